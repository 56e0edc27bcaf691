"""What the module tells rarely and unasked: a client came, the module restarted, the network is lost.  Loaded for the moment."""

from errno import ECONNRESET, EIO

from .fast import const, field
from .lend import borrow

_CONNECT = const(1 << 13)
_OPENED = const(1 << 21)
_INCOMING = const(1 << 22)
_NETWORK_LOST = const(1 << 26)
_RESTARTED = const(1 << 27)
_ID = const(1)
_VALUE = const(2)
_AT = const(5)
_GOOD = const(6)
_FIELD = const(7)
_IDLE = const(0)
_BUSY = const(1)
_FREE = const(0)
_OPENING = const(1)
_OPEN = const(2)
_LISTENING = const(3)
_EVENT_CLOSED = const(2)
_EVENT_INCOMING = const(3)
_EVENT_NETWORK_LOST = const(4)
_EVENT_RESTARTED = const(5)


def happens(engine, event, link):
    """OPENED, INCOMING, RESTARTED or NETWORK_LOST; True when the line meant that."""
    if event == _OPENED:
        return _opened(engine, link)
    elif event == _INCOMING:
        return _incoming(engine, link, engine.found[_VALUE])
    elif event == _RESTARTED:
        lose_all(engine, ECONNRESET)
        engine.restarts += 1
        engine.event(_EVENT_RESTARTED, None, 0)
        if engine.command is not None:
            engine.state = _IDLE
            engine._finish(ECONNRESET)
    elif event == _NETWORK_LOST:
        if not engine.found[_GOOD]:
            return False
        lose_all(engine, borrow("errnos").ENETDOWN)
        engine.network_losses += 1
        engine.lost = True
        engine.event(_EVENT_NETWORK_LOST, None, 0)
    return True


def _opened(engine, link):
    if link is None:
        return False
    # A peer may be there before the program has seen that the module listens.
    listens = link.listener is not None and (link.state == _LISTENING or link.state == _OPENING)
    if listens and engine.found[_FIELD] >= 0 and _incoming(engine, link, link.id):
        return True
    if link.state != _OPENING:
        return False
    if engine.found[_GOOD]:
        link.state = _OPEN
    else:
        link.fail(EIO, engine.found[_VALUE])
        link.held = engine.closes_gone
    return True


def _incoming(engine, link, server):
    # A server accepted a connection; its address stands in field `extra` and behind.
    index = engine.found[_FIELD]
    if index < 0:
        return _on_online(engine)
    server = engine.servers.get(server)
    at = field(engine.tokens.line, engine.found[_AT], engine.tokens.n, index)
    if at < 0:
        return False
    if server is None:  # left over from before the host restarted, or closed meanwhile
        engine.event(_EVENT_INCOMING, None, 0)
        return True
    if link is None:
        link = engine.link(engine.found[_ID])
    server.incoming(link, bytes(memoryview(engine.tokens.line)[at : engine.tokens.n]))
    engine.event(_EVENT_INCOMING, server, 0)
    return True


def _on_online(engine):
    # A connection that was announced as incoming has taken the line.
    for link in engine.links.values():
        if link.tail is not None and link.listener is not None and link.state == _OPEN:
            break
    else:
        return False
    if engine.need & _CONNECT and engine.state == _BUSY:
        return False
    if engine.command is not None:
        engine._finish(borrow("errnos").EBUSY)
        engine.out_left = engine.hex_left = 0
    engine.enter_data(link.tail)
    return True


def lose_all(engine, errno):
    """All connections and servers are gone."""
    for server in engine.servers.values():
        server.errno = errno
    engine.servers.clear()
    for link in engine.links.values():
        if link.state != _FREE:
            link.fail(errno, 0)
            link.held = False
            engine.event(_EVENT_CLOSED, link, 0)
