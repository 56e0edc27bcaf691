"""Unasked lines that are no data: a client came, an open ended, the module restarted, the network is lost; unmatched
lines.

What is done about them.  A line is known as a URC by a row of the dialect's table (rows.py, Engine.dispatch_line()).
Functions of the engine, apart because they are not on the data path.
"""

from errno import ECONNRESET, EIO

from ..errors import EBUSY, ENETDOWN
from . import resync
from .command import announces_payload, is_echo
from .movers import const, copy, field

# words.py
_UNASKED = const((1 << 30) - (1 << 18))
_TIMED_OUT = const(2)
_CONNECT = const(1 << 13)
_OPENED = const(1 << 21)
_INCOMING = const(1 << 22)
_NETWORK_LOST = const(1 << 26)
_RESTARTED = const(1 << 27)
_IDLE = const(0)
_BUSY = const(1)
_FREE = const(0)
_OPENING = const(1)
_OPEN = const(2)
_NO = const(0)
# match() (movers.py)
_EVENT = const(0)
_ID = const(1)
_VALUE = const(2)
_FIELDS = const(5)
_IS_OK = const(6)
_AUX_FIELD = const(7)
# constants.py
_EVENT_CLOSED = const(2)
_EVENT_INCOMING = const(3)
_EVENT_NETWORK_LOST = const(4)
_EVENT_RESTARTED = const(5)
_EVENT_UNKNOWN = const(9)
_EVENT_DATA = const(1)

_SAID = const(1)  # of Engine.unfinished: there is something in `said`; the other bits are events
_DOUBT = const(2)
_LENGTH = const(2)  # in Tokenizer.position
_EVENTS_MAX = const(32)  # queued
_SENDER_MAX = const(64)  # an address and a port


def dispatch(engine, event, link):
    """OPENED, INCOMING, RESTARTED or NETWORK_LOST; True when the line meant that."""
    if event == _OPENED:
        return _on_opened(engine, link)
    if event == _INCOMING:
        return _on_incoming(engine, link, engine.servers.get(engine.matched[_VALUE]))
    if event == _NETWORK_LOST and not engine.matched[_IS_OK]:
        return False
    engine.unfinished |= event  # finish() acts on it
    return True


def finish(engine):
    """Act on what pump() has to do itself, because the stack would be too deep elsewhere.

    RESTARTED, NETWORK_LOST, lines that stood in the stream of data mode (`said`), a doubted result code (resync.py).
    What a full heap stops half way pump() does again.
    """
    if engine.said:
        tokens = engine.tokens
        lines = engine.said.split(b"\r\n")
        engine.said = b""
        begun = tokens.position[_LENGTH]  # bytes of a line that has come since
        kept = bytes(memoryview(tokens.line)[:begun])
        for line in lines:
            if line:
                copy(tokens.line, 0, line, 0, len(line))
                tokens.n = len(line)
                tokens.line[tokens.n] = 0
                engine.dispatch_line(False)
        copy(tokens.line, 0, kept, 0, begun)
    if engine.unfinished & _RESTARTED:
        lose_all(engine, ECONNRESET)
        engine.event(_EVENT_RESTARTED, None, 0)
        engine.restarts += 1
        if engine.command is not None:
            engine.state = _IDLE
            engine.finish(ECONNRESET)
    if engine.unfinished & _NETWORK_LOST:
        engine.pdp_lost = True
        lose_all(engine, ENETDOWN)
        engine.event(_EVENT_NETWORK_LOST, None, 0)
        engine.network_losses += 1
    if engine.unfinished & _DOUBT and engine.doubted:
        resync.begin_to_doubt(engine)
    engine.unfinished = 0


def dispatch_later(engine, said):
    """These lines (bytes) are the module's: pump() finds out what they tell as URCs."""
    engine.said = said
    engine.unfinished |= _SAID


def end(engine, link, is_failure):
    """The connection is closed; is_failure: not by the peer's will, what was on its way may be lost."""
    link.peer_closed(is_failure)
    link.must_close = engine.close_after_peer
    engine.event(_EVENT_CLOSED, link, 0)


def _on_opened(engine, link):
    if link is None:
        return False
    # A peer may be there before the program has seen that the module listens; and another one may take its place.
    if link.listener is not None and engine.matched[_AUX_FIELD] >= 0:
        if _on_incoming(engine, link, link.listener):
            return True
    if link.state != _OPENING:
        return False
    if engine.matched[_IS_OK]:
        link.state = _OPEN
    else:
        link.fail(EIO, engine.matched[_VALUE])
        link.must_close = engine.close_after_peer
    return True


def _on_incoming(engine, link, server):
    # A server accepted a connection; its address stands in field `aux` and behind.
    index = engine.matched[_AUX_FIELD]
    if index < 0:
        return _on_data_mode(engine)
    pos = field(engine.tokens.line, engine.matched[_FIELDS], engine.tokens.n, index)
    if pos < 0:
        return False
    if link is None:
        link = engine.link(engine.matched[_ID])
    if server is None:  # left over from before the host restarted, or closed meanwhile
        if link.state == _OPEN:  # no more
            end(engine, link, False)
            link.rx_pending = _NO
        link.must_close = True
        engine.event(_EVENT_INCOMING, None, 0)
        return True
    server.incoming(link, bytes(memoryview(engine.tokens.line)[pos : engine.tokens.n]))
    engine.event(_EVENT_INCOMING, server, 0)
    return True


def _on_data_mode(engine):
    # A connection that was announced as incoming has taken the line.
    for link in engine.links.values():
        if link.data_filter is not None and link.listener is not None and link.state == _OPEN:
            break
    else:
        return False
    if engine.required & _CONNECT and engine.state == _BUSY:
        return False
    if engine.command is not None:
        engine.finish(EBUSY)
        engine.transmitter.drop()
    engine.enter_data_mode(link.data_filter)
    return True


def lose_all(engine, errno):
    """All connections and servers are gone."""
    for server in engine.servers.values():
        server.errno = errno
    engine.servers.clear()
    for link in engine.links.values():
        if link.state != _FREE:
            link.fail(errno, 0)
            link.must_close = False
            if engine.events is not None:
                queue_event(engine.events, _EVENT_CLOSED, link, 0)


def on_unmatched(engine):
    """A line that no row takes now: a header whose payload nobody asked for, an echo, or something new."""
    tokens = engine.tokens
    if announces_payload(engine):
        _on_stray_payload(engine)
    elif (engine.doubted or engine.state == _TIMED_OUT) and tokens.line.startswith(resync.SYNC_ANSWER):
        engine.answer_begun = True
    elif tokens.line[0] == 62 and tokens.n <= 2:  # a prompt that came too late
        return
    elif engine.events is not None and not is_echo(engine):
        engine.event(_EVENT_UNKNOWN, None, bytes(memoryview(tokens.line)[: tokens.n]))


def _on_stray_payload(engine):
    matched = engine.matched
    if matched[_ID] != -1:
        link = engine.links.get(matched[_ID])
    else:
        link = engine.command.link if engine.command else None
    if link is not None and link.data_filter is not None and not matched[_EVENT] & _UNASKED:
        return  # data mode is suspended: the line only tells what the module holds (L610 1.1.24)
    if link is not None and (link.state == _FREE or link.keeps_borders):
        link = None
    engine.begin_payload(link, matched[_VALUE])


def note_sender(engine):
    """SENDER: whose the payload is that follows.  Allocates the first time only."""
    if not engine.sender:
        engine.sender = bytearray(_SENDER_MAX)
    n = min(engine.tokens.n - engine.matched[_FIELDS], _SENDER_MAX)
    copy(engine.sender, 0, engine.tokens.line, engine.matched[_FIELDS], n)
    engine.sender_n = n


def queue_event(events, event, link, value):
    """Put an event into the application's queue.

    A full one takes no DATA and no UNKNOWN any more, and drops the oldest of those for the others, which must be told.
    """
    if len(events) >= _EVENTS_MAX:
        if event == _EVENT_DATA or event == _EVENT_UNKNOWN:
            return
        for i in range(len(events)):
            if events[i][0] == _EVENT_DATA or events[i][0] == _EVENT_UNKNOWN:
                del events[i]
                break
        else:
            if (event, link, value) in events:  # the same once more says nothing new
                return
    events.append((event, link, value))
