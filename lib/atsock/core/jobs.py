"""Generators of commands: what opens, closes, attaches and looks up is written as one, and a Job steps it.

A generator yields a Command (to be run), a function (to be called until it says True) or a number (milliseconds to
wait).  The same generators serve the blocking and the asyncio front.  Off the data path; allocates.

Behind them those that every layer needs: which connection ids does the module itself call open?  (The query OPEN_IDS
of the dialect tables.)  Asked where the driver may believe something else: at attach(), when an id is refused, when the
end of a connection may be that of the one before on the same id (it comes late), and when nothing has come for long: a
connection can be gone although no line has told so.  Which id a new connection gets is chosen in sockets/opening.py.
"""

from errno import ECONNRESET, EIO

from ..errors import EBUSY, ModemError
from . import urc
from .command import Command, Query, number_at, query
from .movers import MISSING, const
from .rows import BY_FLAG, BY_ID

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .engine import Engine
    from .link import Link
    from .session import Session

_DATA_MODE = const(3)  # Engine.state

_LOOK_MS = const(100)  # a function that says when to go on may look at the clock
_UNRESPONSIVE_MS = const(5000)  # for an answer of a module that did not answer the last queries: not for minutes again

_OPENING = const(1)  # Link.state
_OPEN = const(2)
_QUERIES = const(3)  # an answer that was cut short is asked for again
_RESULT_MS = const(3000)  # for the result of an open that may have failed
_OTHERS_MS = const(10_000)  # for the results of the opens of other connections
_LOOKS = const(6)  # looks into an empty buffer, ten seconds apart, between two questions
_SILENT_LOOKS = const(90)  # before a list is believed that has never shown an open connection


class Job:
    """A generator of commands on its way.  When `done`, result() says what came of it.  Allocates."""

    next = None  # in the session's list

    def __init__(self, session, steps):
        self.session = session
        self.engine = session.engine
        self.steps = steps
        self.step = 0  # what the generator waits for: a Command, ms, or a function
        self.resume = self.engine.port.ticks_ms()  # ticks when the ms are over, or the command must have been sent
        self.running = False
        self.done = False
        self.value = None
        self.error = None

    def advance(self):
        """Go on as far as possible without waiting; True when it is done."""
        if self.done:
            return True
        if self.running:  # the generator itself waits for something, and that led here
            return False
        self.running = True
        try:
            while not self.done and self._is_over(self.step):
                step = self.step = next(self.steps)
                if isinstance(step, Command):
                    if self.engine.unresponsive:
                        step.timeout_ms = _UNRESPONSIVE_MS
                    self.resume = self.engine.after_ms(step.timeout_ms or step.template[1])
                    self.session.submit(step)
                elif isinstance(step, int):
                    self.resume = self.engine.after_ms(step)
        except StopIteration as end:
            self.value = end.value
            self.done = True
        except Exception as error:  # kept for whoever asks what came of the job
            self.error = error
            self.done = True
        finally:
            self.running = False
        return self.done

    def _is_over(self, step):
        if isinstance(step, Command):
            if step.done or step.sent:
                return step.done
            engine = self.engine
            if engine.state == _DATA_MODE and not engine.tokens.sink.is_leaving and self.session.withdraw(step):
                self.steps.close()
                raise ModemError(EBUSY, "the port is in data mode: escape() first")
            if self.engine.is_past(self.resume) and self.session.withdraw(step):  # its turn has not come
                error = self.session.timeout_error("the module is busy", step)  # while the steps tell where they stand
                self.steps.close()
                raise error
            return False
        if isinstance(step, int):
            return self.engine.is_past(self.resume)
        return step()

    def remaining_ms(self, ms):
        """How long a front may wait before advance() must be called again: ms, or less."""
        step = self.step
        if isinstance(step, Command) and (step.sent or step.done):
            return ms
        if isinstance(step, (int, Command)):
            return max(0, min(ms, self.engine.until_ms(self.resume)))
        return min(ms, _LOOK_MS)

    def is_sent(self):
        """True when it is done, or its command is on its way to the module."""
        step = self.step
        return self.done or isinstance(step, Command) and step.sent and not self.engine.transmitter.left

    def cancel(self):
        """End it; a command in flight stays in flight, but its buffers are the caller's again."""
        self.session.remove(self)
        if self.done:
            return
        step = self.step
        if isinstance(step, Command) and not step.done and not self.session.withdraw(step):
            self.engine.abandon(step)
        self.done = True
        self.steps.close()

    def result(self):
        """What the generator returned, or raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.value


def check(session, command, must=True):
    """Raise what became of a command that is done: Timeout, Restarted; CommandError when it was refused and `must`."""
    if command.errno and (must or command.errno != EIO):
        raise session.error(command)


def run_command(session, command, must=True):
    """Generator: run one command and return it; raises CommandError when it was refused and `must`, Timeout."""
    yield command
    check(session, command, must)
    return command


def run_steps(session, steps):
    """Generator: run the steps of a setup, ((MUST or MAY, a line (bytes) or a template), ...)."""
    for must, line in steps:
        command = query(line) if isinstance(line, bytes) else Query(None, session.filled(line))
        yield command
        check(session, command, must)


# -- which connections the module itself calls open


def open_ids(session: "Session", connected=False):
    """The steps that ask; they return a list of ids, None when the module does not tell.

    connected: without those whose peer has closed, where the module tells that.
    """
    table = session.table
    text, prefix, form = table.OPEN_IDS
    gone = table.OPEN_IDS_GONE if connected else None
    for _ in range(_QUERIES):
        command = query(text, prefix=prefix)
        yield command
        if command.errno == ECONNRESET or session.engine.unresponsive:
            break
        if not command.errno:
            found = _ids(command.lines, form, table.LINKS, gone)
            if found is not None:
                return found
    return None


def lists_ends(table) -> bool:
    """True when the list tells a connection that the peer has closed from an open one."""
    return table.OPEN_IDS_GONE is not None or not table.CLOSE_AFTER_PEER


def is_opening(engine: "Engine", link: "Link | None" = None) -> bool:
    """True while the result of an open of another link is to come: some modules are not to be asked then."""
    for other in engine.links.values():
        if other is not link and other.state == _OPENING:
            return True
    return False


def _ids(lines, form, ids, gone):
    # The connection ids in these lines; None when they are not whole.
    if form == BY_FLAG:  # 0 or 1 for each id, in the last line: a late result of that name may have come before
        flags = _numbers(lines[-1]) if lines else ()
        return [ids[0] + i for i in range(len(ids)) if flags[i]] if len(flags) >= len(ids) else None
    found = []
    for line in lines:
        if form == BY_ID:
            line = _with_commas(line)
        numbers = _numbers(line)
        if form == BY_ID:
            found += numbers
        elif not numbers:
            return None
        elif gone is None or number_at(line, gone[0]) != gone[1]:
            found.append(numbers[0])
    return [id for id in found if id in ids]


def _numbers(line):
    # The numbers behind the colon, up to the first field that is none.
    numbers = []
    number = number_at(line, 0)
    while number != MISSING:
        numbers.append(number)
        number = number_at(line, len(numbers))
    return numbers


def _with_commas(line):
    # "+MIPCLOSE: 1 2" as "+MIPCLOSE: 1,2": no manual says what stands between the ids.
    name, colon, rest = line.partition(b":")
    return name + colon + b",".join([part for part in rest.replace(b",", b" ").split(b" ") if part])


# -- an end that may be another connection's


def confirm_end(session: "Session", link: "Link") -> None:
    """Ask whether the link is open, and end it if it is not.  Sends nothing itself."""
    session.add(Job(session, confirm_end_steps(session, link, True, link.flow_off, session.withdraw(link.tx))))
    link.flow_off = True


def confirm_end_steps(session: "Session", link: "Link", is_failure, flow_off, waits):
    """The steps of confirm_end(), while flow_off keeps the program from sending to what may be gone.

    is_failure: of the end; flow_off: what it was before; waits: link.tx did so, and has been withdrawn.
    """
    engine = session.engine
    try:
        if link.state == _OPENING:
            give_up = engine.after_ms(_RESULT_MS)
            yield lambda: link.state != _OPENING or engine.is_past(give_up)
            if link.state == _OPEN:
                return
        give_up = engine.after_ms(_OTHERS_MS)
        yield lambda: not is_opening(engine, link) or engine.is_past(give_up)
        held = yield from open_ids(session, True)
        is_listed = held is not None and link.id in held
        if engine.links.get(link.id) is link and not (is_listed and lists_ends(session.table)):
            urc.end(engine, link, is_failure or is_listed)  # a list of no use: then it is no clean end
    finally:
        link.flow_off = flow_off
        if waits:
            session.submit(link.tx)


# -- an end that nobody has told


def look_for(session: "Session", link: "Link") -> None:
    """Nothing has come for ten seconds more.  Once in a while the module is asked whether the link is still open."""
    link.looks += 1
    if link.looks % _LOOKS == 0:
        session.add(Job(session, _look(session, link, link.looks)))


def _look(session, link, looks):
    engine = session.engine
    give_up = engine.after_ms(_OTHERS_MS)
    yield lambda: not is_opening(engine, link) or engine.is_past(give_up)
    held = yield from open_ids(session, True)
    if held is None or engine.links.get(link.id) is not link or link.state != _OPEN:
        return
    if held:  # some firmware's list is of no use
        session.lists_links = True
    if link.id not in held and (session.lists_links or looks >= _SILENT_LOOKS):
        urc.end(engine, link, True)
