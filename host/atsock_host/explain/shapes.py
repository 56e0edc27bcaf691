"""The shapes that logs of AT dialogues come in: traces of this project, terminal captures, debug output of libraries.

Owns the way from a file to Lines: dumps.py makes lines of hexadecimal, tables.py of tables, prefixes.py takes off what
stands before the text of the dialogue and finds out which arrow means which direction, grammar.py parts what has lost
its line ends.
"""

import html
import re
from collections import Counter
from typing import NamedTuple

from ..trace import FROM_MODULE, NOTE, TO_MODULE, escape, parse_record
from .dumps import unfolded
from .grammar import announced, is_answer, is_command, parted
from .prefixes import LIST, SPELT, Part, directions, learn, listed
from .tables import tabled

MOST_LINES = 200_000  # of a file; what follows is not read
MOST_CHARACTERS = 16000  # of a line


class Line(NamedTuple):
    """`ms`: when, None: not known; `direction`: > < ! or None (not known); `size`: bytes of the text, 0: not known.

    payload: it is sure to be payload, all of what a line before has announced.
    """

    ms: "float | None"
    direction: "str | None"
    text: str
    size: int = 0
    payload: bool = False


_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
_EMPTY = re.compile(r"[ \t]{100,}")
_ENTITY = re.compile(r"&(?:gt|lt|amp|quot|#\d{1,4});")
_QUOTE = re.compile(r"^\s*> ?")
_QUOTES = re.compile(r"^(?:[ \t]*>(?: |$|(?=[>A-Za-z+*^#$%\d\"])))+")
_EXPLAINED = re.compile(r"  # .*$")  # what atsock trace and atsock term have added
_TIME_BEHIND = re.compile(r"\s{2,}[\[(]?\d\d:\d\d:\d\d(?:[.,]\d+)?[\])]?\s*$")
_LONGEST_TIME = 30      # characters, with the blanks before it
_ASKS = re.compile(r"\bAT[+&E#^%]", re.IGNORECASE)
_SAYS = re.compile(r"(?:OK|ERROR(?:: \d+)?|\bCONNECT(?: FAIL| \d+)?|NO CARRIER|\+\w+: .*)\s*$")
_MOST_QUOTED = 2000     # lines that are looked at, for marks of a quotation
_LOOKED_AT = 400        # bytes, for the encoding
_DAY_MS = 86_400_000
_MOST_HELD = 65536  # bytes of an answer that has no end
_LATEST_MS = 1e12  # of a time that is one


def read_log(data):
    """The Lines of a log, `data` being the whole file (bytes).  Never raises."""
    text = _decoded(data)
    lines = _lines(text)
    records = [parse_record(line) for line in lines]
    known = sum(record is not None for record in records)
    if not any(record and (b"\r" in record.data or b"\n" in record.data) for record in records):
        known = 0       # a trace has the line ends; this only looks like one
    if known and known * 2 > sum(bool(line.strip()) and not line.startswith("#") for line in lines):
        return list(_of_trace(lines, records))
    return list(_of_text(lines))


def _lines(text):
    # CR LF and CR CR LF end one line, CR alone ends one, too; at any length in one pass.
    lines: "list[str]" = []
    for line in text.split("\n", MOST_LINES):
        lines += line.rstrip("\r").split("\r", MOST_LINES)
        if len(lines) > MOST_LINES:
            break
    return lines[:MOST_LINES]


def _decoded(data):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    begin = data[:_LOOKED_AT]
    if 2 * begin[1::2].count(0) > len(begin) // 2 > 2 * begin[::2].count(0):
        return data.decode("utf-16-le", "replace")      # as some programs write it, without a mark
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


# -- traces of this project: bytes


def _of_trace(lines, records):
    answers = _Answers()
    for line, record in zip(lines, records, strict=True):
        if record is None:
            if line.strip() and not line.startswith("#"):
                yield Line(None, NOTE, line[:MOST_CHARACTERS])
        elif record.ms > _LATEST_MS:
            yield Line(None, NOTE, line[:MOST_CHARACTERS])
        elif record.direction == NOTE:
            yield Line(record.ms, NOTE, record.data.decode("utf-8", "replace"))
        elif record.direction == TO_MODULE:
            yield from answers.ended_by_return()
            for piece in _commands(record.data):
                answers.command = piece.decode("latin-1")
                yield from _shown(record.ms, TO_MODULE, piece)
        else:
            yield from answers.feed(record.ms, record.data)
    yield from answers.finish()


def _commands(data):
    if data[:2].upper() != b"AT":
        return [data]
    return [piece for piece in (each.strip(b"\r\n") for each in data.split(b"\r")) if piece]


class _Answers:
    """Cuts what the module sends into lines and counted payload; command: the last line that was sent to it."""

    def __init__(self):
        self.command = None
        self._held = bytearray()
        self._ms = None  # when the first of the held bytes came
        self._to_come = 0  # bytes of payload

    def feed(self, ms, data):
        if not self._held:
            self._ms = ms
        self._held += data
        yield from self._cut(ms, len(self._held) > _MOST_HELD)

    def ended_by_return(self):
        """A command comes next: what ends with CR was a result in digits (ATV0)."""
        if self._held.endswith(b"\r"):
            yield from self._cut(self._ms, True)

    def finish(self):
        yield from self._cut(self._ms, True)

    def _cut(self, ms, everything):
        while self._held:
            if self._to_come:
                if len(self._held) < self._digits() and not everything:
                    return
                yield from self._taken(min(self._digits(), len(self._held)), True)
                self._to_come = 0
            else:
                end = self._held.find(b"\n") + 1
                if not end and not everything and not self._held.endswith((b"> ", b">")):
                    return
                yield from self._taken(end or len(self._held), False)
            self._ms = ms

    def _digits(self):
        # Hexadecimal formats count bytes, and two digits come for each.
        line = bytes(self._held[: 2 * self._to_come])
        is_hex = len(line) == 2 * self._to_come and not line.strip(b"0123456789abcdefABCDEF")
        return 2 * self._to_come if is_hex else self._to_come

    def _taken(self, count, payload):
        data = bytes(self._held[:count])
        del self._held[:count]
        if payload:
            yield from _shown(self._ms, FROM_MODULE, data, True)
            return
        data = data.strip(b"\r\n")
        for piece in data.split(b"\r") if data.count(b"\r") else [data]:
            yield from _shown(self._ms, FROM_MODULE, piece)
        self._to_come = announced(data.decode("latin-1"), self.command)


def _shown(ms, direction, piece, payload=False):
    if not piece:
        return
    odd = sum(not (0x20 <= c < 0x7F or c in b"\r\n\t") for c in piece)
    text = "" if odd * 8 > len(piece) else escape(piece)[:MOST_CHARACTERS]
    yield Line(ms, direction, text, len(piece), payload)


# -- everything else: text


def _of_text(lines):
    parts = [Part(line) for line in unfolded(tabled(list(_unquoted(lines))))]
    learn(parts)
    meaning = directions(parts)
    clock = _Clock()
    stream = _Stream(parts)
    if not any(part.clock_ms is not None or part.counted_ms is not None for part in parts):
        for part in parts:
            part.counted_ms = part.library_ms
    before = None  # direction of the line before
    full = [part for part in parts if part.text.strip()]
    monitor = all(part.clock_ms is not None and part.mark == ">" for part in full)  # PlatformIO's "12:00:01.000 > "
    for part in parts:
        ms = clock.ms(part)
        direction = part.spoken or meaning.get(part.mark)
        if part.mark in (">", ">>", ">>>") and direction is None and not monitor:  # no arrow, but a prompt
            part.text = "> " + part.text
        if direction is None and before == FROM_MODULE and stream.continues(part):
            direction = FROM_MODULE
        if part.text.strip():
            before = direction
        for text in stream.texts(part, direction):
            text = text.strip(" \t\x00\x1a\x1b\u25a1")
            if text:
                yield Line(ms, direction, text)
    for direction, text in stream.rest():
        yield Line(None, direction, text)


def _unquoted(lines):
    """The lines without what pasting has put around them: colours, entities of HTML, marks of a quotation, lists."""
    lines = [_ANSI.sub("", _EMPTY.sub(" ", line[:MOST_CHARACTERS])) for line in lines]
    if any(_ENTITY.search(line) for line in lines):
        lines = [html.unescape(line) for line in lines]
    if sum(bool(_EXPLAINED.search(line)) for line in lines) > 1:
        lines = [_EXPLAINED.sub("", line) for line in lines]
    full = [line for line in lines if line.strip()]
    while full and sum(bool(_QUOTE.match(line)) for line in full) > 0.9 * len(full):
        if not (any(_ASKS.search(line) for line in full) and any(_SAYS.search(line) for line in full)):
            break
        lines = [_QUOTE.sub("", line) for line in lines]
        full = [line for line in lines if line.strip()]
    marks = _quoted_in_prose(full)
    if marks:
        lines = [marks.sub("", line) for line in lines]
    if 2 * sum(bool(_TIME_BEHIND.search(line[-_LONGEST_TIME:])) for line in full) > len(full):
        lines = [line[:-_LONGEST_TIME] + _TIME_BEHIND.sub("", line[-_LONGEST_TIME:]) for line in lines]
    for line in lines:
        yield from listed(line) if LIST.fullmatch(line) else (line,)


def _quoted_in_prose(lines):
    """The pattern of the marks before a dialogue that a mail quotes between its own words, None where there is none.

    All commands and most answers stand behind such marks; where > is an arrow or a prompt, one kind of lines does.
    """
    others = [line.strip("< ") for line in lines if not _QUOTES.match(line)]
    if not others or len(others) == len(lines):
        return None
    marked = [
        (match[0].count(">"), Part(line[match.end() :]).text.strip())
        for line in lines[:_MOST_QUOTED] if (match := _QUOTES.match(line))]  # fmt: skip
    depths = [depth for depth, text in marked if is_command(text)]
    answers = sum(is_answer(text) for _, text in marked)
    if not depths or any(map(is_command, others)) or answers <= 2 * sum(map(is_answer, others)):
        return None
    return re.compile(rf"^(?:\s*> ?){{1,{min(depths)}}}")


class _Stream:
    """Joins what was logged piece by piece, where the log shows the line ends."""

    def __init__(self, parts):
        marked = [part for part in parts if part.mark and part.text.strip()]
        exact, count = Counter(part.mark for part in marked if part.exact), Counter(part.mark for part in marked)
        ended = {part.mark for part in marked if SPELT.fullmatch(part.text.strip())}
        # the marks whose texts have their line ends
        self._joins = {mark for mark in count if mark in ended or 2 * exact[mark] > count[mark] > 1}
        self._held = {TO_MODULE: "", FROM_MODULE: "", None: ""}
        self._alone = len(count) == 1
        self._prefixes = sum(part.prefixed for part in parts if part.mark or part.spoken)
        self._marks = len(marked) + sum(bool(part.spoken) for part in parts)

    def continues(self, part):
        """May this be another line of an answer that was logged as one text?"""
        return not part.mark and not part.prefixed and 2 * self._prefixes > self._marks > 2

    def texts(self, part, direction):
        """The texts of the lines that are complete with this part."""
        if part.mark not in self._joins or direction is None and not self._alone:
            return [text for piece in SPELT.split(part.text) for text in parted(piece)]
        *whole, rest = SPELT.split(self._held[direction] + part.text + part.tail)
        self._held[direction] = ""
        if len(rest) > MOST_CHARACTERS or part.spoken or rest.strip() == ">" or not part.mark:
            whole.append(rest)
        else:
            self._held[direction] = rest
        if part.exact and direction == TO_MODULE and self._held[TO_MODULE]:  # payload behind a command, as a whole
            whole.append(self._held[TO_MODULE])
            self._held[TO_MODULE] = ""
        return [text for piece in whole for text in parted(piece)]

    def rest(self):
        """(direction, text) of what has got no end."""
        return [(direction, text) for direction, text in self._held.items() if text.strip()]


class _Clock:
    """Makes milliseconds since the first line of times of day, or of a counter."""

    def __init__(self):
        self._first = None
        self._days = 0
        self._last = None

    def ms(self, part):
        if part.clock_ms is not None:
            value = part.clock_ms + self._days
            if self._last is not None and value < self._last - _DAY_MS / 2:
                self._days += _DAY_MS
                value += _DAY_MS
        elif part.counted_ms is not None:
            value = part.counted_ms
        else:
            return None
        self._last = value
        if self._first is None:
            self._first = value
        return max(0.0, value - self._first)
