"""What the module tells rarely and unasked: a client came, the module restarted, the network is lost.  Loaded for the moment."""

from .engine import BUSY, EVENT_CLOSED, EVENT_INCOMING, EVENT_NETWORK_LOST, EVENT_RESTARTED, IDLE
from .errnos import EBUSY, ECONNRESET, ENETDOWN
from .fast import field
from .states import FREE, OPEN
from .words import CONNECT, INCOMING, NETWORK_LOST, RESTARTED


def happens(engine, row, event, link):
    """INCOMING, RESTARTED or NETWORK_LOST; True when the line meant that."""
    if event == INCOMING:
        return incoming(engine, row, link, engine._number(row[4]))
    if event == RESTARTED:
        lose_all(engine, ECONNRESET)
        engine.restarts += 1
        engine.event(EVENT_RESTARTED, None, 0)
        if engine.command is not None:
            engine.state = IDLE
            engine._finish(ECONNRESET)
    elif event == NETWORK_LOST:
        if not engine._good(row, engine._number(row[4])):
            return False
        lose_all(engine, ENETDOWN)
        engine.network_losses += 1
        engine.lost = True
        engine.event(EVENT_NETWORK_LOST, None, 0)
    return True


def incoming(engine, row, link, server):
    """A server accepted a connection; its address stands in field `extra` and behind."""
    if row[7] < 0:
        return _on_online(engine)
    server = engine.servers.get(server)
    at = field(engine.tokens.line, engine.at, engine.tokens.n, row[7])
    if at < 0:
        return False
    if server is None:  # left over from before the host restarted, or closed meanwhile
        engine.event(EVENT_INCOMING, None, 0)
        return True
    if link is None:
        link = engine.link(engine._number(row[3]))
    server.incoming(link, bytes(memoryview(engine.tokens.line)[at : engine.tokens.n]))
    engine.event(EVENT_INCOMING, server, 0)
    return True


def _on_online(engine):
    # A connection that was announced as incoming has taken the line.
    link = engine.links.get(engine.dialect.DATA_LINK)
    if engine.need & CONNECT and engine.state == BUSY or link is None or link.listener is None or link.state != OPEN:
        return False
    if engine.command is not None:
        engine._finish(EBUSY)
        engine.out_left = engine.hex_left = 0
    engine.enter_data(link.tail)
    return True


def lose_all(engine, errno):
    """All connections and servers are gone."""
    for server in engine.servers.values():
        server.errno = errno
    engine.servers.clear()
    for link in engine.links.values():
        if link.state != FREE:
            link.fail(errno, 0)
            link.held = False
            engine.event(EVENT_CLOSED, link, 0)
