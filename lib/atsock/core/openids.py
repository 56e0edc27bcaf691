"""Which connection ids does the module itself call open?  The query OPEN_IDS of the dialect tables, and its answer.

Asked where the driver may believe something else: at attach(), when an id is refused, when the end of a connection may
be that of the one before on the same id (it comes late), and when nothing has come for long: a connection can be gone
although no line has told so.  Which id a new connection gets is chosen in sockets/opening.py.  Generators of commands
(jobs.py).  Off the data path; allocates.
"""

from errno import ECONNRESET

from . import urc
from .command import number_at, query
from .jobs import Job
from .movers import MISSING, const
from .words import BY_FLAG, BY_ID

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .engine import Engine
    from .link import Link
    from .session import Session

_OPENING = const(1)  # Link.state
_OPEN = const(2)
_MAYBE = const(1)  # Link.rx_pending
_QUERIES = const(3)  # an answer that was cut short is asked for again
_RESULT_MS = const(3000)  # for the result of an open that may have failed
_OTHERS_MS = const(10_000)  # for the results of the opens of other connections
_LOOKS = const(6)  # looks into an empty buffer, ten seconds apart, between two questions
_SILENT_LOOKS = const(90)  # before a list is believed that has never shown a connection


def open_ids(session: "Session", connected=False):
    """The steps that ask; they return a list of ids, None when the module does not tell.

    connected: without those whose peer has closed, where the module tells that.
    """
    table = session.table
    for _ in range(_QUERIES):
        command = query(table.OPEN_IDS[0], prefix=table.OPEN_IDS[1])
        yield command
        if command.errno == ECONNRESET or session.engine.unresponsive:
            break
        if not command.errno:
            found = ids_in(command.lines, table)
            if found is not None:
                if found:  # some firmware's list is of no use
                    session.lists_links = True
                if table.OPEN_IDS_BUFFERED is not None:
                    _note_buffered(session.engine, command.lines, *table.OPEN_IDS_BUFFERED)
                return ids_in(command.lines, table, True) if connected else found
    return None


def _note_buffered(engine, lines, pos, value):
    # The client of a server that pushes may be buffered (BG96 2.2.4), and the first notice of its data may be lost.
    for line in lines:
        link = engine.links.get(number_at(line, 0))
        if link is not None and link.pushed and link.listener is not None and number_at(line, pos) == value:
            link.rx_pending = link.rx_pending or _MAYBE


def lists_ends(table) -> bool:
    """True when the list tells a connection that the peer has closed from an open one."""
    return table.OPEN_IDS_GONE is not None or not table.CLOSE_AFTER_PEER


def others_opening(engine: "Engine", link: "Link | None" = None) -> bool:
    """True while the result of an open of another link is to come: some modules are not to be asked then."""
    for other in engine.links.values():
        if other is not link and other.state == _OPENING:
            return True
    return False


def ids_in(lines, table, connected=False):
    """The connection ids in lines of the answer, a list; None when they are not whole.  connected: as open_ids()."""
    form = table.OPEN_IDS[2]
    ids = table.LINKS
    gone = table.OPEN_IDS_GONE if connected else None
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

    is_failure: of the end; flow_off: what it was before; waits: link.tx was queued, and goes back into the queue.
    """
    engine = session.engine
    try:
        if link.state == _OPENING:
            give_up = engine.after_ms(_RESULT_MS)
            yield lambda: link.state != _OPENING or engine.is_past(give_up)
            if link.state == _OPEN:
                return
        give_up = engine.after_ms(_OTHERS_MS)
        yield lambda: not others_opening(engine, link) or engine.is_past(give_up)
        held = yield from open_ids(session, True)
        is_listed = held is not None and link.id in held
        if engine.links.get(link.id) is link and not (is_listed and lists_ends(session.table)):
            urc.end(engine, link, is_failure or is_listed)  # a list of no use: then it is no clean end
    finally:
        link.flow_off = flow_off
        if waits:
            session.submit(link.tx)


# -- an end that nobody has told


def ask_if_open(session: "Session", link: "Link") -> None:
    """Nothing has come for ten seconds more.  Once in a while the module is asked whether the link is still open."""
    link.looks += 1
    if link.looks % _LOOKS == 0:
        session.add(Job(session, _look(session, link, link.looks)))


def _look(session, link, looks):
    engine = session.engine
    give_up = engine.after_ms(_OTHERS_MS)
    yield lambda: not others_opening(engine, link) or engine.is_past(give_up)
    held = yield from open_ids(session, True)
    if held is None or engine.links.get(link.id) is not link or link.state != _OPEN:
        return
    if link.id not in held and (session.lists_links or looks >= _SILENT_LOOKS):
        urc.end(engine, link, True)
