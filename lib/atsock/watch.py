"""Looks at the lines of one catalogue command as they come: which belong to it, which is the last, did it work?

The engine calls over(); the table's column `answer` (manual/__init__.py) says what to expect.  Knows no vendor word.
"""

from errno import EIO

from . import answers, packing
from .fast import MISSING
from .lend import once
from .manual import ANY, DATA_MODE, FAILS, HEX, HEX_FROM, NOT_ZERO, RAW

_NOISE = 29  # bit of the event that means nothing
_ABSENT = 255

_ONLINE = b"CONNECT"
_FAILURES = (b"CONNECT FAIL", b"SEND FAIL")  # results that have no number


class Watch:
    def __init__(self, modem, command, form, answer, args):
        self.modem = modem
        self.command = command
        self.name = form.rstrip("=?").encode() + b":"
        self.need, self.shape, lines, self.outcome, self.good = answer
        self.args = args
        self.lasts = []  # column `last` of each expected line
        self.skip = 0  # first fields that belong to the name
        self.seen = 0  # lines looked at
        self.final = None  # the last line, when it has come
        self.code = MISSING
        self.failed = False
        self.rows = [self._row(line) for line in lines]
        command.rows = b"".join(self.rows) + b"\0"
        command.until = self.over
        if self._may_go_online():
            command.link = once("online", "Nobody")

    def _row(self, line):
        name, form, kind, fields, event, last = line
        at = form.find(b"$")
        if at >= 0:
            form = form[:at] + b"%d" % self.args[int(form[at + 1 : at + 2])] + form[at + 2 :]
        elif form[:1] == b'"':
            self.skip = 1
        name = name or self.name
        self.lasts.append(last)
        bit = _NOISE
        if event:
            bit = 0
            while event >> bit != 1:
                bit += 1
        return packing.pack(
            name, form, bit, bit, _ABSENT, 0, _ABSENT, self._kind(name, kind), _ABSENT, _ABSENT if fields == ANY else fields
        )

    def _kind(self, name, kind):
        # Some modules have hexadecimal access as a setting: the dialect's rows of the mode in use show it.
        if kind == RAW:
            rows = self.modem._engine.rows
            at = 0
            while rows[at]:
                if rows[at + 6] in (HEX, HEX_FROM) and not rows[at + 10] and packing.name_of(rows, at) == name:
                    return HEX
                at += rows[at]
        return kind

    def _may_go_online(self):
        for row in self.rows:
            if packing.name_of(row, 0) == _ONLINE:
                return True
        return self.shape == DATA_MODE

    def over(self, lines):
        """Has the last line come?  The engine asks when everything else of the answer has."""
        self.look()
        if not self.is_complete():
            return False
        if not self.need and self.final is None and not self.modem._engine.got:
            return False
        if self.shape == DATA_MODE or self.final is not None and self.final.startswith(_ONLINE):
            self.command.enters_data = not self.failed
        return True

    def look(self):
        """Take in the lines that have come since."""
        lines = self.command.lines
        while self.seen < len(lines):
            line = lines[self.seen]
            self.seen += 1
            last = self._last(line)
            if callable(last):
                last = last(lines[: self.seen], self.args)
            if last:
                self.final = line
                self._judge(line, last)

    def _last(self, line):
        for index in range(len(self.lasts)):
            row = self.rows[index]
            name = packing.name_of(row, 0)
            if line.startswith(name) and line[len(name) :].lstrip().startswith(row[11 + len(name) :]):
                return self.lasts[index]
        return False  # payload

    def is_complete(self):
        """All lines of the answer have come, as far as the table knows."""
        return self.final is not None or not self.need or not [last for last in self.lasts if last]

    def _judge(self, line, last):
        found = answers.fields(line)
        value = found[self.outcome] if 0 <= self.outcome < len(found) else None
        if last == FAILS or line in _FAILURES:
            self.failed = True
        elif isinstance(value, int):
            self.failed = value == 0 if self.good == NOT_ZERO else value != self.good
            if self.failed and self.good == 0:
                self.code = value

    def error(self):
        """What to raise."""
        command = self.command
        if self.code != MISSING:
            command.code = self.code
            command.told = self.name
        elif self.failed:
            command.text = self.final
        command.errno = command.errno or EIO
        return self.modem._error(command)

    def result(self):
        """The value of the answer."""
        if self.command.enters_data:
            return _ONLINE.decode()
        return answers.result(self.shape, self.command.lines, self.skip)
