"""A command whose answer has information lines that somebody wants.  Loaded by who asks.

The engine offers it each line: takes() before the dialect's rows are looked at, collects() when none of them fits.
Allocates.
"""

from .command import Command
from .fast import const, field, match
from .lend import once

_READY = const(1 << 18)
_NOISE = const(1 << 29)
_ALL = const((1 << 30) - 1)
_NONE = const(0)
_WORD = const(5)
_EVENT = const(0)
_VALUE = const(2)
_KIND = const(4)
_AT = const(5)
_ROW = const(8)
_WANTED = const(9)
# Names begin with one of these; a line of another name than the command's is none of its answer.
_NAMES = b"+*^%"


class Question(Command):
    asks = True

    def __init__(self, link=None, verb=None, timeout_ms=0):
        super().__init__(link, verb, timeout_ms)
        self.lines = []  # the information lines; None: only addresses are wanted
        self.texts = None  # addresses
        self.prefix = None  # only lines that begin with it
        self.rows = None  # or only those that fit one of these rows (tables.py), whatever the dialect makes of them
        self.until = None  # function of the lines: True when the last one has come (it may come after OK)
        self.expect = 0  # how many addresses complete the command
        # A read form, "AT+NAME?": lines of its name are the answer, whatever they look like.
        self.query = verb[0].endswith(b"?")

    def takes(self, engine):
        """Is the engine's line a part of the answer, although the dialect may have a row for it?"""
        if self.rows is not None:
            return self._fits_own(engine)
        if self.lines is None or not self.query or not _has_name(engine):
            return False
        self._keep(engine)
        return True

    def _fits_own(self, engine):
        found = engine.found
        wanted = found[_WANTED]
        found[_WANTED] = _ALL
        fits = match(self.rows, engine.tokens.line, engine.tokens.n, 0, found)
        found[_WANTED] = wanted
        if not fits:
            return False
        engine.got |= found[_EVENT] & ~_NOISE
        if found[_EVENT] & _READY:  # a notice looks the same
            engine._on_ready(engine.links.get(found[_VALUE]))
        self._keep(engine)
        self._collect_payload(engine)
        return True

    def collects(self, engine):
        """Is the line, for which the dialect has nothing or only a payload, a part of the answer?"""
        if self.rows is not None or self.lines is None:
            return False
        line = engine.tokens.line
        if line[0] == 62 and engine.tokens.n <= 2:  # a prompt that came too late
            return True
        if self.prefix is not None:
            if not line.startswith(self.prefix):
                return False
        elif line[0] in _NAMES and not _has_name(engine):
            return False
        if once("strays", "is_echo", engine):
            return True
        announces = engine.announces_payload()
        self._keep(engine)
        if announces:
            self._collect_payload(engine)
        return True

    def _collect_payload(self, engine):
        found = engine.found
        if found[_KIND] != _NONE and found[_KIND] != _WORD:
            engine._payload(Collector(self.lines), found[_VALUE])

    def _keep(self, engine):
        self.lines.append(bytes(memoryview(engine.tokens.line)[: engine.tokens.n]))
        if self.until is not None:
            engine._check()

    def finds(self, engine):
        """An address stands in the field that the row calls value."""
        if self.texts is not None:
            row = engine.found[_ROW]
            self.texts.append(_text(engine, engine.rows[row + 4]))
            self.expect = max(self.expect, 1)

    def is_complete(self, bad):
        """Have all lines come?  bad: a result line told a failure."""
        if self.texts is not None and len(self.texts) < self.expect and not bad:
            return False
        return self.until is None or self.until(self.lines)


class Collector:
    """Sink for the payload behind a line: joins the lines."""

    dst = ()  # it needs no ring
    datagram = False

    def __init__(self, lines):
        self.lines = lines

    def put(self, src, start, n):
        if isinstance(self.lines[-1], bytearray):
            self.lines[-1].extend(memoryview(src)[start : start + n])
        else:
            self.lines.append(bytearray(memoryview(src)[start : start + n]))
        return n

    def fail(self, errno, code):
        """Fewer bytes came than were announced; what came is there."""


def _has_name(engine):
    # Does the line begin with the name that the command in flight begins with?
    line = engine.tokens.line
    tx = engine.tx
    at = 2  # behind "AT"
    while at < engine.tx_n and tx[at] not in b"=?":
        if line[at - 2] != tx[at] and line[at - 2] | 32 != tx[at] | 32:
            return False
        at += 1
    return line[at - 2] in b": ="


def _text(engine, index):
    # Field `index` of the line as bytes without quotes and blanks.
    tokens = engine.tokens
    start = field(tokens.line, engine.found[_AT], tokens.n, index)
    if start < 0:
        return b""
    end = field(tokens.line, start, tokens.n, 1)
    return bytes(memoryview(tokens.line)[start : end - 1 if end >= 0 else tokens.n]).strip(b' "')
