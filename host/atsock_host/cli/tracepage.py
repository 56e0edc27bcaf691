"""atsock trace --html: one page with a timeline and the explained lines, which needs nothing but itself.

Owns what the page is given; page/ has its markup, style and program.  A log is hostile input: jinja2 escapes what
stands in the markup and in the data block, the program writes texts as texts only, and the page's own policy lets no
other program run and nothing be fetched.
"""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

import jinja2

from ..trace import FROM_MODULE, TO_MODULE, hide_secrets_in_text
from . import tracewords
from .words import one_line

KINDS = ("command", "information", "result", "late", "notice", "payload", "prompt", "note", "text")
GOOD, FAILED, UNANSWERED = 0, 1, 2      # how an exchange ended
NO_SOCKET = -1
_DIRECTIONS = {TO_MODULE: 1, FROM_MODULE: 2}
_FOLDER = Path(__file__).with_name("page")
# The connection that a command, or a line of the module, speaks of.
_SOCKET_OF_COMMAND = re.compile(
    r'AT\+(?:(?:QISEND|QIRD|QISENDEX|QICLOSE|CIPSEND|CIPCLOSE|CIPOPEN|MIPSEND|MIPREAD|MIPPUSH|MIPCLOSE|MIPOPEN'
    r'|QSSLSEND|QSSLRECV|CASEND|CARECV|CCHSEND|CCHRECV)=|CIPRXGET=[1-4],|QIOPEN=\d+,)"?(\d{1,3})', re.IGNORECASE)
_SOCKET_OF_LINE = re.compile(
    r'\+(?:QIURC: ?"(?:recv|closed|incoming)",|CIPRXGET: ?[1-4],|RECEIVE,|(?:MIPRTCP|MIPREAD|MIPSTAT|IPCLOSE|QIOPEN'
    r'|CIPOPEN|MIPOPEN|CIPSEND|CIPCLOSE): ?)(\d{1,3})', re.IGNORECASE)


def write_page(dialogue, words, name):
    """The page as a text.  name: of the file, for the title."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True)
    style, program = (_FOLDER / "page.css").read_text("utf-8"), (_FOLDER / "page.js").read_text("utf-8")
    return environment.get_template("page.html").render(
        name=one_line(name), length=tracewords.length(dialogue, words), data=page_data(dialogue, words),
        style=style, program=program, style_hash=_hash(style), program_hash=_hash(program))


def _hash(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page_data(dialogue, words):
    """What the program of the page draws: rows, exchanges, and the texts that they share."""
    texts = _Texts()
    events = [event for event in dialogue.events if event.kind != "echo"]
    numbers = {id(each): number for number, each in enumerate(dialogue.exchanges)}
    exchanges = [
        [-1, -1, _end_of(each), None if each.total_ms is None else round(each.total_ms, 3), NO_SOCKET, [], -1]
        for each in dialogue.exchanges]
    parameters = lru_cache(maxsize=None)(lambda text: [
        [texts.number(name), texts.number(_with_meaning(value, words.value(text, index, value))),
         texts.number(complaint)]
        for index, (name, value, complaint) in enumerate(words.parameters(text))])
    rows, spoken_of = [], NO_SOCKET
    for number, event in enumerate(events):
        mine = numbers.get(id(event.of), -1)
        text = hide_secrets_in_text(tracewords.shown(event))
        socket = _socket(event, spoken_of, exchanges[mine][4] if mine >= 0 else NO_SOCKET)
        if socket != NO_SOCKET:
            spoken_of = socket
        if event.kind == "command":
            exchanges[mine][0], exchanges[mine][4], exchanges[mine][5] = number, socket, parameters(
                hide_secrets_in_text(event.text))
        elif event.kind == "result":
            exchanges[mine][1] = number
        elif event.kind == "late" or event.failed:
            exchanges[mine][6] = number
        ms = None if event.line.ms is None else round(event.line.ms, 3)
        rows.append([
            ms, KINDS.index(event.kind), _DIRECTIONS.get(event.direction, 0), texts.number(text),
            texts.number(hide_secrets_in_text(tracewords.said(event, words))),
            mine, event.size, socket, int(event.failed)])
    return {"kinds": KINDS, "rows": rows, "exchanges": exchanges, "texts": texts.all}


def _end_of(exchange):
    if exchange.failed:
        return FAILED
    return GOOD if exchange.answered else UNANSWERED


def _with_meaning(value, meaning):
    return f"{value}: {meaning}" if meaning else value


def _socket(event, spoken_of, of_command):
    """The number of the connection that a line belongs to.

    spoken_of: that of the line before that had one; of_command: that of the command it belongs to.
    """
    if event.kind == "payload":
        return of_command if event.direction == TO_MODULE else spoken_of
    match = (_SOCKET_OF_COMMAND if event.kind == "command" else _SOCKET_OF_LINE).match(event.text)
    if match:
        return int(match[1])
    return of_command if event.kind == "information" else NO_SOCKET


class _Texts:
    """Texts, each of them once and clean; the rows have their numbers."""

    def __init__(self):
        self.all = []
        self._numbers = {}

    def number(self, text):
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.all)
            self.all.append(one_line(text))
        return number
