"""call(), query() and test() of a Modem: any command of the manual by its name.

Finds the form in the table of the dialect (manual/), has its arguments checked and composed (arguments.py), runs it
and has the answer read (answers.py).  Generators of commands, as in bringup.py.  Knows no vendor word.  Loaded by
the first call only; the sockets do not need it.
"""

from . import answers, arguments, bringup
from .command import Command
from .errors import EIO, ETIMEDOUT, CommandError, Timeout
from .fast import MISSING
from .manual import ANY, DATA, DATA_MODE, NOT_ZERO, ONE, load
from .words import HEX, HEX_FROM, OK, PAYLOAD, PROMPT, RAW, X

_TEST_MS = 62_000  # test forms do not wait for the network; the longest that a manual allows for any command
_CANCEL_MS = 5_000  # what comes after ESC is stated nowhere
_FAILURES = (b"CONNECT FAIL", b"SEND FAIL")  # results that are lines of their own


def call(modem, name, args):
    """Steps of Modem.call()."""
    table = yield from _table(modem)
    name = _name(name)
    rows = [row for row in table.FORMS if row[0] == name + "=" or row[0] == name and not args]
    if not rows:
        raise ValueError("%s: %s" % (name, "takes no arguments" if _has(table, name) else "no such command in the %s manual" % table.NAME))
    row, line = _choose(rows, args, table.RANGES)
    return (yield from _run(modem, row, line, list(args)))


def query(modem, name):
    """Steps of Modem.query()."""
    table = yield from _table(modem)
    name = _name(name)
    for row in table.FORMS:
        if row[0] == name + "?":
            return (yield from _run(modem, row, arguments.compose(row[0], "", (), ()), []))
    raise ValueError("%s: no read form in the %s manual" % (name, table.NAME))


def test(modem, name):
    """Steps of Modem.test()."""
    table = yield from _table(modem)
    name = _name(name)
    if name not in table.TESTS:
        raise ValueError("%s: no test form in the %s manual" % (name, table.NAME))
    command = bringup.ask(b"AT" + name.encode() + b"=?", _TEST_MS)
    yield from bringup.run(modem, command)
    found = [answers.ranges(line) for line in command.lines]
    return found[0] if len(found) == 1 else found


def _table(modem):
    engine = modem._engine
    if engine.dialect is None:
        yield from bringup.synchronise(modem)
        yield from bringup.identify(modem)
    return load(engine.dialect.NAME)


def _name(name):
    # As the manual prints it, with or without "AT" and "+", in any case.
    if not isinstance(name, str):
        raise TypeError("name of the command: a str, not %r" % (name,))
    name = name.upper()
    if name.startswith("AT") and len(name) > 2:
        name = name[2:]
    return name if not name or name == "O" or name[0] in "+&" else "+" + name


def _has(table, name):
    return [row for row in table.FORMS if row[0].rstrip("=?") == name]


def _choose(rows, args, ranges):
    # The first row that takes the arguments.  When none does, the complaint of the one that came nearest.
    complaint = None
    nearest = (-1, False)
    for row in rows:
        try:
            return row, arguments.compose(row[0], row[1], args, ranges)
        except arguments.Mismatch as error:
            near = (error.index, _takes(row[1], len(args)))
            if near > nearest:
                nearest = near
                complaint = error
    name = rows[0][0].lstrip("+").rstrip("=")
    raise ValueError("%s: %s" % (name, complaint))


def _takes(params, n):
    items = params.split()
    return n == len(items) or n < len(items) and items[n][0] == "["


def _run(modem, row, line, args):
    form, _, ms, (need, shape, lines, outcome, good) = row
    if line.cancels:
        ms, shape, lines = _CANCEL_MS, 0, ()
    elif callable(ms):
        ms = ms(args)
    command = _command(modem, line, ms, need)
    watch = _Watch(modem._engine, command, need, shape, outcome, good)
    command.rows = [watch.expect(expected, form, args) for expected in lines]
    command.until = watch.over
    yield command
    if command.errno == 0 and watch.missing:
        raise Timeout("no result of %s in %d s" % (modem._text(command), ms // 1000))
    if command.errno and line.cancels:
        return None
    if command.errno == EIO and command.code == MISSING:
        yield from _find_reason(modem, command, watch)
    if command.errno or watch.failed:
        raise watch.error(modem)
    return "CONNECT" if shape == DATA_MODE or command.enters_data else answers.result(shape, command.lines, watch.skip)


def _command(modem, line, ms, need):
    pieces = (line.text,)
    payload = line.payload
    if line.hexdata is not None:
        pieces = (line.text, PAYLOAD, b'"')
        payload = line.hexdata
    command = Command(None, (pieces, ms, need, 0))
    command.lines = []
    if payload is not None:
        command.buf = payload
        command.n = len(payload)
    return command


class _Watch:
    """Looks at the lines of one answer as they come: which is the last, and did it work?"""

    def __init__(self, engine, command, need, shape, outcome, good):
        self.engine = engine
        self.command = command
        self.shape = shape
        self.outcome = outcome
        self.good = good
        self.names = []  # of the expected lines
        self.ends = []  # for each: is it the last one?
        self.skip = 0
        self.missing = False  # the last line has not come yet
        self.failed = False
"""
