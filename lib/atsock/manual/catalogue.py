"""call(), query() and test() of a Modem: any command of the manual by its name.

Finds the form in the table of the dialect's manual, has its arguments checked and composed (arguments.py), runs it
and has the answer read (answers.py).  Knows no vendor word.

call(), query() and test() return generators of commands (core/jobs.py).
"""

from errno import EIO, EOPNOTSUPP, ETIMEDOUT

from .. import bringup, registration
from ..core.command import Command, Query
from ..core.jobs import bounded, run_command
from ..core.movers import MISSING, const
from ..core.rows import name_at, pack_row
from ..core.words import ANY, NOISE, NONE, OK
from ..errors import ModemError, Timeout
from ..sockets.transparent import leave_data_mode, resume_data_mode
from . import NOTHING, answers, arguments, load

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.session import Session

_EVENT = const(1)  # in a packed row (core/rows.py)
_FIRST_URC = const(18)  # number of the first event of URCs (core/words.py)

_TEST_MS = const(62_000)  # test forms do not wait for the network: the longest that a manual allows for any command
_CANCEL_MS = const(5_000)  # what comes behind ESC is stated nowhere
_TOTAL_MS = const(30_000)  # the least that a call has in all: the module may be at something else


# These three import the manual's table at once, and not when the generator runs: the stack is not deep yet.


def call(session: "Session", name, args):
    """Steps of Modem.call()."""
    name = full_name(name)
    if session.table is not None:
        if name == "+++":
            return leave_data_mode(session)
        load(session.table.NAME)
    return _call(session, name, args)


def query(session: "Session", name):
    """Steps of Modem.query()."""
    if session.table is not None:
        load(session.table.NAME)
    return _query(session, full_name(name))


def test(session: "Session", name):
    """Steps of Modem.test()."""
    if session.table is not None:
        load(session.table.NAME)
    return _test(session, full_name(name))


def full_name(name):
    """The name as the manual prints it ("+QIACT", "&D1", "O"); given with or without "AT" and "+", in any case."""
    if not isinstance(name, str):
        raise TypeError("name of a command: a str, not %r" % (name,))
    name = name.upper()
    if name.startswith("AT") and len(name) > 2:
        name = name[2:]
    return name if name == "O" or name[:1] in ("+", "&") else "+" + name


def _call(session, name, args):
    yield from _identify(session)
    if name == "+++":
        return (yield from leave_data_mode(session))
    if name == "O" and (yield from resume_data_mode(session)):
        return "CONNECT"
    table = _manual(session)
    rows = [row for row in table.FORMS if row[0] == name + "=" or row[0] == name]
    if not rows:
        raise ValueError("%s: no such command in the %s manual" % (name, table.NAME))
    row, line = choose(rows, args, table.RANGES)
    return (yield from _run(session, table, row, line, list(args)))


def _query(session, name):
    yield from _identify(session)
    table = _manual(session)
    for row in table.FORMS:
        if row[0] == name + "?":
            return (yield from _run(session, table, row, arguments.compose(row[0], "", (), {}), []))
    raise ValueError("%s: no read form in the %s manual" % (name, table.NAME))


def _test(session, name):
    yield from _identify(session)
    table = _manual(session)
    if name not in table.TESTS:
        raise ValueError("%s: no test form in the %s manual" % (name, table.NAME))
    command = Query(None, (b"AT" + name.encode() + b"=?", _TEST_MS, OK, 0))
    command.rows = _test_row(session, name.encode() + b":") + b"\0"
    yield from bounded(session, run_command(session, command), _TEST_MS)
    found = [answers.ranges(line) for line in command.lines]
    return found[0] if len(found) == 1 else found


def _identify(session):
    if session.table is None:
        yield from registration.synchronise(session)
        session.use((yield from session.identify(session)), session.access)


def _manual(session):
    dialect = session.table.NAME
    table = load(dialect)
    if table is None:
        raise ModemError(EOPNOTSUPP, "%s: there is no table of its manual's commands; command() sends any" % dialect)
    return table


def _test_row(session, name):
    # Where URCs have the same name, the answer is known by its parenthesis.
    form = b""
    rows = session.engine.rows
    pos = 0
    while rows[pos]:
        if rows[pos + _EVENT] >= _FIRST_URC and name_at(rows, pos) == name:
            form = b"("
        pos += rows[pos]
    return pack_row(name, form, NOISE, None, None, ANY, NONE, None, ANY)


def choose(rows, args, ranges):
    """(row, arguments.Line): the first of the rows of FORMS that takes the arguments.

    Raises ValueError or TypeError: when none does, with the complaints of those that came nearest.
    """
    nearest = (arguments.TOO_MANY - 1, False)
    complaint = None
    alternatives: "list[str]" = []
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


def _run(session, table, row, line, args):
    form, _, ms, answer = row
    if line.cancels:
        ms = _CANCEL_MS
        answer = (answer[0],) + NOTHING[1:]
    elif callable(ms):
        ms = ms(args)
    command = _command(line, ms, answer[0])
    watch = answers.Watch(session, command, form, answer, args)
    yield from bounded(session, _alone(command), max(ms, _TOTAL_MS))
    if line.cancels and (
        command.errno == ETIMEDOUT or command.errno == EIO and command.code in (MISSING, table.CANCELLED)
    ):
        return None  # silence, or ERROR for the cancelled send itself
    if command.errno == 0 and not watch.is_complete():
        raise Timeout("no result of %s in %d s" % (session.command_text(command), ms // 1000))
    if command.errno == EIO:
        yield from _ask_reason(session, command, watch)
    if command.errno or watch.failed:
        raise watch.error()
    bringup.note_raw_command(session, line.text)
    if not answer[0] and not command.enters_data_mode:  # it said nothing, as far as the manual tells that is good
        command.enters_data_mode = True
        session.engine.enter_data_mode(command.link.data_filter)
    return watch.result()


def _alone(command):
    yield command


def _command(line, ms, required):
    text = line.text
    payload = line.payload
    if line.hexdata is not None:
        text += b'\4"'  # the payload's place, see core/rows.py
        payload = line.hexdata
    command = Query(None, (text, ms, required, OK))
    if payload is not None:
        command.buf = payload
        command.n = len(payload)
        command.abort_sequence = line.abort_sequence
    return command


def _ask_reason(session, command, watch):
    # Some modules keep the reason of a refusal for one query.  The engine asks it for the commands of sockets.
    engine = session.engine
    watch.is_over(command.lines)  # for the reason that they may tell
    text = command.template[0]
    if engine.error_query is None or not text.startswith(b"AT+") or text.startswith(engine.error_query_for):
        return
    if command.code == watch.code == MISSING:
        reason = Command(None, engine.error_query)
        yield reason
        if reason.code:
            command.code = reason.code
