"""Is this connection open?  Where the driver and the module may differ, the module is asked.

A line that tells of an end may be about the connection before, on the same id: it comes late.  And a connection can be
gone although no line has told so.  Knows links and the question of core/stale.py; off the data path; allocates.
"""

from ..core import urc
from ..core.jobs import Job
from ..core.movers import const
from ..core.stale import is_opening, open_ids

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.link import Link
    from ..core.session import Session

# words.py
_OPENING = const(1)
_OPEN = const(2)

_RESULT_MS = const(3000)  # for the result of an open that may have failed
_OTHERS_MS = const(10_000)  # for the results of the opens of other connections
_LOOK_MS = const(9900)
_LOOKS = const(6)  # looks into an empty buffer, ten seconds apart, between two questions
_SILENT_LOOKS = const(90)  # before a list is believed that has never shown an open connection


# -- an end that may be another connection's


def settle(session: "Session", link: "Link") -> None:
    """Ask whether the link is open, and end it if it is not.  Sends nothing itself."""
    session.add(Job(session, settle_steps(session, link, True, link.flow_off, session.withdraw(link.tx))))
    link.flow_off = True


def settle_steps(session: "Session", link: "Link", is_failure, flow_off, waits):
    """The steps of settle(), while flow_off keeps the program from sending to what may be gone.

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
        if engine.links.get(link.id) is link and (held is None or link.id not in held):
            urc.end(engine, link, is_failure)
    finally:
        link.flow_off = flow_off
        if waits:
            session.submit(link.tx)


# -- an end that nobody has told


def look_for(session: "Session", link: "Link") -> None:
    """Nothing has come for ten seconds more.  Once in a while the module is asked whether the link is still open."""
    engine = session.engine
    if link.looked_at is not None and engine.until_ms(link.looked_at) > -_LOOK_MS:
        return
    link.looked_at = engine.after_ms(0)
    if link.rx.count or link.looked_pos != link.head + link.count:
        link.looked_pos = link.head + link.count
        link.looks = 0
        return
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
