"""Which connection ids does the module itself call open?  The question STALE of the dialect tables, and its answer.

Asked where the driver may believe something else: at attach(), when an id is refused, when the end of a connection may
be another one's.  Which id a new connection gets is chosen in sockets/opening.py.  A generator of commands (jobs.py).
Off the data path; allocates.
"""

from errno import ECONNRESET

from .command import number_at, query
from .movers import MISSING, const
from .words import BY_FLAG, BY_ID

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .engine import Engine
    from .link import Link
    from .session import Session

_OPENING = const(1)  # Link.state
_QUERIES = const(3)  # an answer that was cut short is asked for again


def open_ids(session: "Session", connected=False):
    """The steps that ask; they return a list of ids, None when the module does not tell.

    connected: without those whose peer has closed, where the module tells that.
    """
    table = session.table
    text, prefix, form = table.STALE
    gone = table.STALE_GONE if connected else None
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
