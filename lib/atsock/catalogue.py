"""call(), query() and test() of a Modem: any command of the manual by its name.

Finds the form in the table of the dialect (manual/), has its arguments checked and composed (arguments.py), runs it
and has the answer read (answers.py).  Generators of commands, as in bringup.py.  Knows no vendor word.  Loaded by
the first call only; the sockets do not need it.
"""

from errno import EIO, ETIMEDOUT

import atsock

from . import answers, arguments, packing, tables
from .asking import ask, run
from .command import Command
from .question import Question
from .fast import MISSING, const
from .lend import borrow, once
from .manual import NOTHING, load
from .watch import Watch

_OK = const(1 << 0)
_FIRST_UNASKED = const(18)  # bit of the first event that comes unasked
_NOISE = const(29)
_ABSENT = const(255)

_TEST_MS = 62_000  # test forms do not wait for the network: the longest that a manual allows for any command
_CANCEL_MS = 5_000  # what comes behind ESC is stated nowhere


def call(modem, name, args):
    """Steps of Modem.call()."""
    table = yield from _table(modem)
    name = _name(name)
    if name in ("+++", "O"):
        online = borrow("online")
        if name == "+++":
            return (yield from online.escape(modem))
        if (yield from online.resume(modem)):
            return "CONNECT"
    rows = [row for row in table.FORMS if row[0] == name + "=" or row[0] == name]
    if not rows:
        raise ValueError("%s: no such command in the %s manual" % (name, table.NAME))
    row, line = _choose(rows, args, table.RANGES)
    return (yield from _run(modem, table, row, line, list(args)))


def query(modem, name):
    """Steps of Modem.query()."""
    table = yield from _table(modem)
    name = _name(name)
    for row in table.FORMS:
        if row[0] == name + "?":
            return (yield from _run(modem, table, row, arguments.compose(row[0], "", (), {}), []))
    raise ValueError("%s: no read form in the %s manual" % (name, table.NAME))


def test(modem, name):
    """Steps of Modem.test()."""
    table = yield from _table(modem)
    name = _name(name)
    if name not in table.TESTS:
        raise ValueError("%s: no test form in the %s manual" % (name, table.NAME))
    command = ask(b"AT" + name.encode() + b"=?", _TEST_MS)
    command.rows = _test_row(modem, name.encode() + b":") + b"\0"
    yield from run(modem, command)
    found = [answers.ranges(line) for line in command.lines]
    return found[0] if len(found) == 1 else found


def _test_row(modem, name):
    # Where unasked lines have the same name, the answer is known by its parenthesis.
    form = b""
    rows = modem._engine.rows
    at = 0
    while rows[at]:
        if rows[at + 1] >= _FIRST_UNASKED and packing.name_of(rows, at) == name:
            form = b"("
        at += rows[at]
    return packing.pack(name, form, _NOISE, _NOISE, _ABSENT, _ABSENT, _ABSENT, 0, _ABSENT, _ABSENT)


def _table(modem):
    engine = modem._engine
    if engine.dialect is None:
        yield from once("bringup", "synchronise", modem)
        yield from once("identifying", "identify", modem)
    return load(engine.dialect)


def _name(name):
    # As the manual prints it, with or without "AT" and "+", in any case.
    if not isinstance(name, str):
        raise TypeError("name of a command: a str, not %r" % (name,))
    name = name.upper()
    if name.startswith("AT") and len(name) > 2:
        name = name[2:]
    return name if name == "O" or name[:1] in ("+", "&") else "+" + name


def _choose(rows, args, ranges):
    # The first row that takes the arguments.  When none does, the complaints of those that came nearest.
    nearest = (arguments.TOO_MANY - 1, False)
    complaint = None
    alternatives = []
    for row in rows:
        try:
            return row, arguments.compose(row[0], row[1], args, ranges)
        except arguments.Mismatch as error:
            near = (error.index, error.akin)
            if near > nearest:
                nearest = near
                complaint = error
                alternatives = []
            if near == nearest and error.name == complaint.name and error.allowed not in alternatives:
                alternatives.append(error.allowed)
    kind = TypeError if complaint.wrong_type else ValueError
    raise kind("%s: %s" % (rows[0][0].strip("+="), complaint.text(alternatives)))


def _run(modem, table, row, line, args):
    form, _, ms, answer = row
    if line.cancels:
        ms = _CANCEL_MS
        answer = (answer[0],) + NOTHING[1:]
    elif callable(ms):
        ms = ms(args)
    command = _command(line, ms, answer[0])
    watch = Watch(modem, command, form, answer, args)
    yield command
    if line.cancels and (command.errno == ETIMEDOUT or command.errno == EIO and command.code in (MISSING, table.CANCELLED)):
        return None  # silence, or ERROR for the cancelled send itself
    if command.errno == 0 and not watch.is_complete():
        raise atsock.Timeout("no result of %s in %d s" % (modem._text(command), ms // 1000))
    if command.errno == EIO:
        yield from _ask_reason(modem, command, watch)
    if command.errno or watch.failed:
        raise watch.error()
    modem._heed(line.text)
    if not answer[0] and not command.enters_data:  # it said nothing, as far as the manual tells that is good
        command.enters_data = True
        modem._engine.enter_data(command.link)
    return watch.result()


def _command(line, ms, need):
    text = line.text
    payload = line.payload
    if line.hexdata is not None:
        text += b'\4"'  # the payload's place, see tables.py
        payload = line.hexdata
    command = Question(None, (text, ms, need, _OK))
    if payload is not None:
        command.buf = payload
        command.n = len(payload)
        command.cancel = line.cancel
    return command


def _ask_reason(modem, command, watch):
    # Some modules keep the reason of a refusal for one question.  The engine asks it for what the sockets use.
    why = modem._engine.why
    watch.look()
    line = command.verb[0]
    if why and command.code == watch.code == MISSING and line.startswith(b"AT+") and not line.startswith(tables.of(modem).word(b"WHY_OF")):
        question = Command(None, why)
        yield question
        if question.code:
            command.code = question.code
