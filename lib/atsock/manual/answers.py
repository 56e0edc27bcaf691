"""The answer of one command of the catalogue: which lines belong to it, which is the last, did it work, what Python
values are they?

The column `answer` of the manual's table (__init__.py) says what to expect; the command's Query asks is_over() as the
lines come.  Knows the notation of AT answers and no vendor word.
"""

from errno import EIO

from ..core.command import split_fields
from ..core.datafilter import link_without_reader
from ..core.movers import MISSING, const
from ..core.rows import name_at, pack_row
from ..core.words import ANY, HEX, HEX_FROM, RAW
from . import DATA, DATA_MODE, FAILS, LATEST, MANY, NOT_ZERO, NUMBERS, OKAY

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.command import Query
    from ..core.session import Session

_CONNECT = b"CONNECT"
_FAILURES = (b"CONNECT FAIL", b"SEND FAIL")  # results that have no number

# In a packed row (core/rows.py)
_KIND = const(6)
_FORM_LENGTH = const(10)


class Watch:
    """Watches `command`; form: of FORMS; answer: its column; args: of the call, numbers stand for "$0" in the lines."""

    def __init__(self, session: "Session", command: "Query", form, answer, args):
        self.session = session
        self.command = command
        self.name = form.rstrip("=?").encode() + b":"
        self.required, self.shape, lines, self.result_field, self.ok = answer
        self.args = args
        self.lasts: "list" = []  # (name, form, column `last`) of each expected line
        self.skip = 0  # first fields that belong to the name
        self.seen = 0  # lines looked at
        self.final = None  # the last line, when it has come
        self.code = MISSING
        self.failed = False
        self.rows = [self._row(*line) for line in lines]
        command.rows = b"".join(self.rows) + b"\0"
        command.until = self.is_over
        if self._may_begin_data_mode():
            command.link = link_without_reader()

    def _row(self, name, form, kind, fields, event, last):
        pos = form.find(b"$")
        if pos >= 0:
            form = form[:pos] + b"%d" % self.args[int(form[pos + 1 : pos + 2])] + form[pos + 2 :]
        elif form[:1] == b'"':
            self.skip = 1
        name = name or self.name
        self.lasts.append((name, form, last))
        return pack_row(name, form, event, None, 0, ANY, self._kind(name, kind), None, fields)

    def _kind(self, name, kind):
        # Some modules have hexadecimal access as a setting: the dialect's rows of the mode in use show it.
        if kind == RAW:
            rows = self.session.engine.rows
            pos = 0
            while rows[pos]:
                if rows[pos + _KIND] in (HEX, HEX_FROM) and not rows[pos + _FORM_LENGTH] and name_at(rows, pos) == name:
                    return HEX
                pos += rows[pos]
        return kind

    def _may_begin_data_mode(self):
        for row in self.rows:
            if name_at(row, 0) == _CONNECT:
                return True
        return self.shape == DATA_MODE

    def is_over(self, lines):
        """True when the last line has come; takes note of those that have come since.

        Asked when everything else of the answer has come.
        """
        # All of it in one place: the stack is deep here.
        while self.seen < len(lines):
            line = lines[self.seen]
            self.seen += 1
            last = self._last(line)
            if callable(last):
                last = last(lines[: self.seen], self.args)
            if not last:
                continue
            self.final = line
            found = fields(line)
            value = found[self.result_field] if 0 <= self.result_field < len(found) else None
            if last == FAILS or line in _FAILURES:
                self.failed = True
            elif isinstance(value, int):
                self.failed = value == 0 if self.ok == NOT_ZERO else value != self.ok
                if self.failed and self.ok == 0:
                    self.code = value
        if not self.is_complete():
            return False
        if not self.required and self.final is None and not self.session.engine.got:
            return False
        if self.shape == DATA_MODE or self.final is not None and self.final.startswith(_CONNECT):
            self.command.enters_data_mode = not self.failed
        return True

    def _last(self, line):
        for name, form, last in self.lasts:
            if line.startswith(name) and line[len(name) :].lstrip().startswith(form):
                return last
        return False  # payload

    def is_complete(self):
        """True when all lines of the answer have come, as far as the table knows."""
        return self.final is not None or not self.required or not [last for _, _, last in self.lasts if last]

    def error(self):
        """The exception that the answer means."""
        command = self.command
        if self.code != MISSING:
            command.code = self.code
            command.error_source = self.name
        elif self.failed:
            command.error_text = self.final
        command.errno = command.errno or EIO
        return self.session.error(command)

    def result(self):
        """The value of the answer."""
        if self.command.enters_data_mode:
            return _CONNECT.decode()
        return result(self.shape, self.command.lines, self.skip)


# -- lines as values


def fields(line):
    """The fields behind the colon of an information line (bytes): a tuple of int, str without quotes, None if empty."""
    found = []  # the stack is deep here: no comprehension
    for text in split_fields(_behind_name(line)):
        found.append(_value(text))
    return tuple(found)


def ranges(line):
    """The fields of a test form's line as a list of str; a list in parentheses is one field."""
    found = [_str(text.strip(b' "')) for text in split_fields(_behind_name(line))]
    if found and not found[-1]:  # a comma behind the last one
        found.pop()
    return found


def result(shape, lines, skip):
    """What the lines become, by the shape of the answer; skip: so many of their first fields belong to the name."""
    if shape == OKAY:
        return None
    if shape == NUMBERS:
        return tuple([number for line in lines for number in _numbers(line) if number])
    rows = []
    if shape == DATA:
        rows = _with_payload(lines)
    else:
        for line in lines:
            rows.append(fields(line)[skip:])
    if shape == LATEST:
        rows = [row for row in rows if row]  # a damaged line has no fields
        ids = [row[0] for row in rows]
        return [row for index, row in enumerate(rows) if row[0] not in ids[index + 1 :]]
    if shape == MANY and rows == [(0,)]:  # how some modules say that there is none
        return []
    if shape == MANY or len(rows) > 1:
        return rows
    return rows[0] if rows else None


def _numbers(line):
    # All numbers behind the colon, whatever stands between them.
    digits = bytes([byte if 48 <= byte <= 57 else 32 for byte in _behind_name(line)])
    return [int(text) for text in digits.split()]


def _with_payload(lines):
    # A payload is a bytearray in the list, behind its header; a header without one announces nothing.
    rows: "list[tuple]" = []
    for line in lines:
        if isinstance(line, bytearray) and rows:
            rows[-1] = rows[-1][:-1] + (bytes(line),)
        else:
            rows.append(fields(line) + (b"",))
    return rows


def _behind_name(line):
    # Behind "+NAME:", or behind "+NAME," and "+IPD" where no colon stands.
    return line[line.find(b":") + 1 :].strip()


def _value(text):
    text = text.strip()
    if not text:
        return None
    if text[:1] == b'"':
        text = text.strip(b'"')
    else:
        label = text.rfind(b": ")  # a field may have one of its own
        if label >= 0:
            text = text[label + 2 :].strip()
        elif text[-1:] == b":" and b" " in text:
            return None
        digits = text[1:] if text[:1] == b"-" else text
        if digits.isdigit():
            return int(text)
    try:  # as _str(), which would be one frame more
        return text.decode()
    except UnicodeError:
        return _str(text)


def _str(text):
    try:
        return text.decode()
    except UnicodeError:  # damaged on the line
        return "".join([chr(byte) for byte in text])
