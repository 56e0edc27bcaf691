"""A command whose answer has information lines that somebody wants.  Loaded by who asks.

The engine offers it each line: takes() before the dialect's rows are looked at, collects() when none of them fits.
Allocates.
"""

from .command import Command
from .fast import field
from .words import NAMES, NONE, READY, WORD


class Question(Command):
    def __init__(self, link=None, verb=None, args=(), timeout_ms=0):
        super().__init__(link, verb, args, timeout_ms)
        self.lines = []  # the information lines; None: only addresses are wanted
        self.prefix = None  # only those that begin with it
        self.rows = None  # or only those that fit one of these rows (words.py), whatever the dialect makes of them
        self.until = None  # function of the lines: True when the last one has come (it may come after OK)
        self.expect = 0  # how many addresses (texts) complete the command

    def is_query(self):
        """A read form, "AT+NAME?": lines of its name are the answer, whatever they look like."""
        last = self.verb[0][-1]
        return self.rows is None and not isinstance(last, int) and last.endswith(b"?")

    def takes(self, engine):
        """Is the engine's line a part of the answer, although the dialect may have a row for it?"""
        if self.rows is not None:
            return self._fits_own(engine)
        if not engine.query or not _has_name(engine):
            return False
        self._keep(engine)
        return True

    def _fits_own(self, engine):
        for row in self.rows:
            if engine.tokens.line.startswith(row[0]) and engine._fits(row):
                engine.got |= row[2]
                if row[2] & READY:  # a notice looks the same
                    engine._on_ready(engine.links.get(engine._number(row[4])))
                self._keep(engine)
                if row[6] != NONE and row[6] != WORD:
                    engine._payload(row, Collector(self.lines), engine._number(row[4]))
                return True
        return False

    def collects(self, engine, row):
        """Is the line, for which the dialect has nothing or only a payload (row), a part of the answer?"""
        if self.rows is not None:
            return False
        line = engine.tokens.line
        if self.prefix is not None:
            if not line.startswith(self.prefix):
                return False
        elif line[0] in NAMES and not _has_name(engine):
            return False
        if engine._is_echo():
            return True
        self._keep(engine)
        if row is not None:
            engine._payload(row, Collector(self.lines), engine._number(row[4]))
        return True

    def _keep(self, engine):
        self.lines.append(bytes(memoryview(engine.tokens.line)[: engine.tokens.n]))
        if self.until is not None:
            engine._check()

    def finds(self, engine, index):
        """An address stands in field `index` of the line."""
        if self.texts is not None:
            self.texts.append(_text(engine, index))
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
    start = field(tokens.line, engine.at, tokens.n, index)
    if start < 0:
        return b""
    end = field(tokens.line, start, tokens.n, 1)
    return bytes(memoryview(tokens.line)[start : end - 1 if end >= 0 else tokens.n]).strip(b' "')
