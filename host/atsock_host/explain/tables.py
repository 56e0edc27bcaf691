"""Logs that are tables: exports of logic analysers, CSV, JSON a line, and what was typed at Python's prompt.

Makes lines with TX: and RX: of them, as dumps.py does of hexadecimal.  What is no table passes as it is.
"""

import csv
import json
import re

from .grammar import is_command
from .prefixes import SPELT

_DATA = ("data", "text", "message", "msg", "line", "payload", "raw", "value", "content")
_WHO = ("direction", "dir", "way", "name", "channel", "source", "who", "type", "from")
_WHEN = ("time", "start_time", "timestamp", "ts", "time [s]", "date")
_SENT = ("tx", "txd", "out", "send", "sent", "write", "to module", "to modem", "host", ">", "->", ">>", "cmd",
         "command")
_HEARD = ("rx", "rxd", "in", "recv", "received", "read", "from module", "from modem", "modem", "<", "<-", "<<",
          "response")
_SIGROK = re.compile(r"(?:\d+-\d+ )?uart(?:-\d+)?: (?:(?P<who>[TR]X)(?: data)?: ?)?(?P<cell>\S{0,4}) *")
_CALL = re.compile(
    r"(?:>>> ?)?(?:\w+ ?= ?|print\()?[\w.]+\(\s*b?(?P<q>['\"])(?P<text>AT(?:(?!(?P=q))[^\\]|\\.)*)(?P=q).*\)\s*")
_SPELT = {"\\r": 13, "\\n": 10, "CR": 13, "LF": 10, "' '": 32, "SP": 32, "' ": 32, "": 32, "COMMA": 44, "\\t": 9}
_HEAD_LINES = 40        # in which the names of the columns stand
_MOST_BYTES = 16000     # of a line
_FEWEST = 2             # rows of a table


def tabled(lines):
    """The lines (a list), a table among them made into what it shows."""
    lines = [_called(line) for line in lines]
    for read in (_sigrok, _json, _csv):
        if (found := read(lines)) is not None:
            return found
    return lines


def _called(line):
    call = _CALL.fullmatch(line) if "AT" in line else None
    return "TX: " + call["text"] if call and is_command(SPELT.sub("", call["text"])) else line


def _sigrok(lines):
    found = [match for line in lines if (match := _SIGROK.fullmatch(line))]
    full = sum(bool(line.strip()) for line in lines)
    if len(found) < _FEWEST or 2 * len(found) < full:
        return None
    return _of_bytes([("", match["who"] or "", match["cell"]) for match in found])


def _json(lines):
    rows = []
    full = [line for line in lines if line.strip()]
    for line in full:
        text = line.strip().rstrip(",")
        if text[:1] == "{" and text[-1:] == "}":
            try:
                row = json.loads(text)
            except ValueError:
                continue
            except RecursionError:
                return None
            rows.append({str(key).lower(): value for key, value in row.items()})
    if len(rows) < _FEWEST or 2 * len(rows) < len(full):
        return None
    return _of_rows([{key: str(value) for key, value in row.items()} for row in rows])


def _csv(lines):
    full = [(n, line) for n, line in enumerate(lines) if line.strip()][:_HEAD_LINES]
    for n, line in full:
        for delimiter in ",;\t":
            names = [name.strip(" \"'").lower() for name in line.split(delimiter)]
            if len(names) > 1 and _column(names, _DATA) and (_column(names, _WHO) or _column(names, _WHEN)):
                return _of_csv(lines[n + 1 :], names, delimiter)
    return None


def _of_csv(lines, names, delimiter):
    rows = []
    for line in lines:
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:       # a field that is too long
            return None
        if len(cells) > 1:
            rows.append(dict(zip(names, cells, strict=False)))
    return _of_rows(rows) if len(rows) >= _FEWEST else None


def _column(names, known):
    return next((name for name in known if name in names), None)


def _of_rows(rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    data, when = _column(names, _DATA), _column(names, _WHEN)
    who = next((name for name in _WHO if name in names and any(_direction(row.get(name)) for row in rows)), None)
    if data is None:
        return None
    cells = [(row.get(when, "") if when else "", _direction(row.get(who)), row.get(data, "")) for row in rows]
    if 2 * sum(_byte(cell) is not None for _, _, cell in cells) > len(cells):
        return _of_bytes(cells)
    return [_line(when, who, text.replace("\r", "\\r").replace("\n", "\\n")) for when, who, text in cells]


def _direction(cell):
    word = (cell or "").strip(" []'\"").lower()
    for words, name in ((_SENT, "TX"), (_HEARD, "RX")):
        if word in words or any(word.endswith((" " + each, "_" + each)) for each in words[:2]):
            return name
    return ""


def _byte(cell):
    if cell in _SPELT:
        return _SPELT[cell]
    text = cell.strip().strip("[]")
    if re.fullmatch(r"(?:0x)?[0-9A-Fa-f]{2}", text):
        return int(text, 16)
    return ord(cell) if len(cell) == 1 and ord(cell) < 256 else _SPELT.get(text)


def _of_bytes(cells):
    """Lines of (time, direction, byte); each line has the time of its first byte."""
    found: "list[str]" = []
    held: "dict[str, tuple[str, bytearray]]" = {}
    for when, who, cell in cells:
        byte = _byte(cell)
        if byte is None:
            continue
        first, data = held.setdefault(who, (when, bytearray()))
        if byte not in (13, 10):
            data.append(byte)
        if byte in (13, 10) or len(data) > _MOST_BYTES:
            if data.strip():
                found.append(_line(first, who, data.decode("latin-1")))
            del held[who]
    return found + [_line(first, who, data.decode("latin-1")) for who, (first, data) in held.items() if data.strip()]


def _line(when, who, text):
    if re.fullmatch(r"\d+\.\d+", when):
        when = f"[{when}]"
    return f"{when} {who + ': ' if who else ''}{text}".lstrip()
