"""URCs (unsolicited result codes) that are no data: a client came, an open ended, the module restarted, the network is
lost; and lines that no row fits.

What is done about them.  That a line is a URC is seen in engine.py, dispatch_line(): a row of the dialect's table
(dialects/) or one that all share (rows.py) fits it, whose event is one of a URC.
Functions of the engine, apart because they are not on the data path.
"""

from errno import ECONNRESET, EIO

from ..errors import EBUSY, ENETDOWN
from . import damage, resync
from .command import announces_payload, is_echo
from .link import by_sender
from .movers import MISSING, const, copy, field

# words.py
_URCS = const((1 << 30) - (1 << 18))
_TIMED_OUT = const(2)
_FOUND = const(1 << 5 | 1 << 6)  # DATA, EMPTY
_PROMPT = const(1 << 2)
_CONNECT = const(1 << 13)
_CONFIRMED = const(1 << 23)
_OPENED = const(1 << 21)
_INCOMING = const(1 << 22)
_NETWORK_LOST = const(1 << 26)
_RESTARTED = const(1 << 27)
_IDLE = const(0)
_BUSY = const(1)
_RESTING = const(4)
_FREE = const(0)
_OPENING = const(1)
_OPEN = const(2)
_NO = const(0)
# match() (movers.py)
_EVENT = const(0)
_ID = const(1)
_VALUE = const(2)
_AUX = const(3)
_FIELDS = const(5)
_IS_OK = const(6)
_AUX_FIELD = const(7)
_WANTED = const(9)
# constants.py
_EVENT_CLOSED = const(2)
_EVENT_INCOMING = const(3)
_EVENT_NETWORK_LOST = const(4)
_EVENT_RESTARTED = const(5)
_EVENT_UNKNOWN = const(9)
_EVENT_DATA = const(1)

_SAID = const(1)  # of Engine.unfinished: there is something in `said`; the other bits are events
_DOUBT = const(2)
_EARLIER_LINE = const(4)  # the line had begun before the command
_DISTRUST = const(8)  # the line is a header that has lost its end
_ECHO = const(16)  # the rest of a payload's echo is expected behind the line
_LENGTH = const(2)  # in Tokenizer.position
_MOST = const(3)
_TEXT = const(2)  # of Engine.skips_line: the next line is text
_THEN_PROMPT = const(4)  # behind that a prompt is expected
_URC_STARTS = b"+*^%$#&!"  # of a notice that no table knows
_NO_NOISE = const(32)  # bytes of a line that is longer than what noise makes
_TEXTS = (b"+CMT:", b"+CBM:")  # a short message, a cell broadcast (27.005 3.4.1): its text is the next line
# Those, and a delivery report as a PDU (27.005 3.4.1), an answer to USSD (27.007 7.15): lines of text may follow
_MORE_TEXT = _TEXTS + (b"+CDS:", b"+CUSD:")
_TEXT_MS = const(2000)  # for all those lines
_EVENTS_MAX = const(32)  # queued
_SENDER_MAX = const(64)  # an address and a port


def dispatch(engine, event, link):
    """OPENED, INCOMING, RESTARTED or NETWORK_LOST; True when the line meant that."""
    if event == _OPENED:
        # A peer may be there before the program has seen that the module listens; and another one may take its place.
        if link is None or link.listener is None or _client_at(engine) < 0:
            return _on_opened(engine, link)
        event = _INCOMING
    elif event == _INCOMING:
        if engine.matched[_AUX_FIELD] >= 0:
            if _client_at(engine) < 0:
                return False
        elif engine.required & _CONNECT and engine.state == _BUSY or _awaits_line(engine) is None:
            return False
    elif event == _NETWORK_LOST and not engine.matched[_IS_OK]:
        return False
    engine.unfinished |= event  # finish() acts on it
    return True


def act_on_unfinished(engine):
    """Act on what pump() has to do itself, because the stack would be too deep elsewhere.

    A client that came (the engine's line still tells of it), lines that stood in the stream of data mode (`said`),
    RESTARTED, NETWORK_LOST, a doubted result code (resync.py), the damaged header of a payload, an echo that goes on.
    What a full heap stops half way pump() does again, but for the client.
    """
    tokens = engine.tokens
    # Of a line that has come since there may be the beginning.
    kept = bytes(memoryview(tokens.line)[: tokens.position[_LENGTH]]) if engine.said else b""
    try:
        _dispatch_unfinished(engine, tokens)
    finally:
        copy(tokens.line, 0, kept, 0, len(kept))
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
    if engine.unfinished & _DISTRUST:
        damage.distrust(engine, tokens.sink)
    echo = engine.unfinished & _ECHO
    engine.unfinished = 0
    if echo:
        damage.expect_rest_of_echo(engine)


def _dispatch_unfinished(engine, tokens):
    # A client, and the lines of `said`, each of which may tell of one.
    while True:
        if engine.unfinished & _EARLIER_LINE:
            end_earlier_line(engine)
        if engine.unfinished & _INCOMING:
            engine.unfinished &= ~_INCOMING
            if engine.matched[_AUX_FIELD] < 0:
                _give_line(engine)
            else:
                server, link, peer = _client(engine)
                if server is not None:
                    link = server.link_for(link, peer)
                if link is not None and server is not None:
                    server.incoming(link, peer)
                engine.event(_EVENT_INCOMING, server, 0)
        if not engine.said:
            break
        line, _, rest = engine.said.partition(b"\r\n")
        if line:
            tokens.n = min(len(line), tokens.position[_MOST])
            copy(tokens.line, 0, line, 0, tokens.n)
            tokens.line[tokens.n] = 0
            engine.dispatch_line(False)
        engine.said = rest


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
    if link is None or link.state != _OPENING:
        return False
    if engine.state == _BUSY and engine.command.link is link:  # before its OK, or that has got lost
        if engine.matched[_IS_OK]:
            engine.got |= _OPENED
        resync.await_ok(engine)
    if engine.matched[_IS_OK]:
        link.state = _OPEN
    else:
        link.fail(EIO, engine.matched[_VALUE])
        link.must_close = engine.close_after_peer
    return True


def _client_at(engine):
    # Where the address of a client stands in the line, in field `aux` and behind; below 0: the line tells of none.
    index = engine.matched[_AUX_FIELD]
    return index if index < 0 else field(engine.tokens.line, engine.matched[_FIELDS], engine.tokens.n, index)


def _client(engine):
    # (server, link, peer) of the client that the line tells of.  server None: of none that is known here; it is left
    # over from before the host restarted, or closed meanwhile, and the id is seen to.
    matched = engine.matched
    link = engine.link(matched[_ID])
    server = link.listener if matched[_EVENT] == _OPENED else engine.servers.get(matched[_VALUE])
    if server is None:
        if link.state == _OPEN:  # no more
            end(engine, link, False)
            link.rx_pending = _NO
        link.must_close = True
    return server, link, bytes(memoryview(engine.tokens.line)[_client_at(engine) : engine.tokens.n])


def _awaits_line(engine):
    # The link of an accepted connection that has been announced and takes the line, or None.
    for link in engine.links.values():
        if link.data_filter is not None and link.listener is not None and link.state == _OPEN:
            return link
    return None


def _give_line(engine):
    link = _awaits_line(engine)
    if engine.command is not None:
        engine.finish(EBUSY)
        engine.transmitter.drop()
    link.data_filter.since = engine.port.ticks_ms()
    engine.enter_data_mode(link.data_filter)


def lose_all(engine, errno):
    """All connections and servers are gone."""
    engine.sender_n = 0
    for server in engine.servers.values():
        server.errno = errno
    engine.servers.clear()
    for link in engine.links.values():
        if link.state != _FREE:
            link.fail(errno, 0)
            link.must_close = False
            if errno == ECONNRESET:  # restarted: what it held is gone
                link.rx_pending = _NO
            engine.event(_EVENT_CLOSED, link, 0)


def on_unmatched(engine):
    """A line that no row takes now: a header whose payload nobody asked for, an echo, or something new.

    Behind the header of a short message the next line is its text: then that line is skipped.
    """
    tokens = engine.tokens
    if _begins_with(tokens.line, _MORE_TEXT):
        engine.text_until = engine.after_ms(_TEXT_MS)
    if _announces_text(tokens):
        engine.skips_line = _TEXT | _THEN_PROMPT if tokens.prompt else _TEXT
        tokens.prompt = False
    if announces_payload(engine):
        # A header whose number begins with a damaged byte; behind a longer name a colon stands.
        is_damaged = engine.matched[_VALUE] == MISSING and tokens.line.find(b":", 0, tokens.n) < 0
        if is_damaged and damage.is_lost_push(engine):
            return
        _on_stray_payload(engine)
    elif (engine.doubted or engine.state == _TIMED_OUT) and tokens.line.startswith(resync.SYNC_ANSWER):
        engine.answer_begun = True
    elif tokens.line[0] == 62 and tokens.n <= 2:  # a prompt that came too late
        return
    elif is_echo(engine):
        engine.echoes = True
    elif damage.is_lost_push(engine) or engine.sender_n and _has_lost_header(engine):
        return
    else:
        engine.unknown_line_at = engine.deadline  # which tells the command
        if tokens.n >= _NO_NOISE and tokens.line[0] not in _URC_STARTS:
            _doubt_pushed(engine)
        if engine.events is not None:
            engine.event(_EVENT_UNKNOWN, None, bytes(memoryview(tokens.line)[: tokens.n]))


def _doubt_pushed(engine):
    # The line may be payload whose header got lost as a whole: then the end of that connection is no clean one.
    # But not the echo of a long command, the text of a message, nor the late answer to a command of the program's.
    if engine.tokens.line.startswith(b"AT") or 0 < engine.until_ms(engine.text_until) <= _TEXT_MS:
        return
    if engine.state == _TIMED_OUT and engine.command is not None and engine.command.is_query:
        return
    for id in engine.links:  # values() would be heap
        link = engine.links[id]
        if link.pushed and link.state == _OPEN and not link.keeps_borders:
            link.has_gap = True


def _has_lost_header(engine):
    # The line stands where the header of the payload belongs whose sender the line before has told: it is payload.
    # But a notice may come between the two.
    link = None if engine.tokens.line[0] in _URC_STARTS else by_sender(engine)
    if link is None:
        return False
    engine.sender_n = 0
    damage.lose(engine, link)
    damage.distrust_soon(engine, None)
    return True


def is_no_result(engine):
    """True when the result of a send, SENT or PUSHED, is an earlier one's, or CONNECT does not tell its state.

    An earlier one's: this one's payload has not been asked for yet, or the line is about another length.  Where the
    state is damaged the port may well be in data mode: as when the line is lost, nothing but +++ goes out then.
    """
    if engine.matched[_EVENT] == _CONNECT:
        return engine.matched[_VALUE] == MISSING and not engine.matched[_IS_OK]
    if engine.required & ~engine.got & _PROMPT and engine.state == _BUSY and not engine.doubted:
        return True
    matched = engine.matched
    is_other = engine.template[3] & _CONFIRMED and matched[_AUX] != engine.command.n
    return is_other and matched[_AUX] != MISSING and not matched[_IS_OK]


def begin_earlier_line(engine):
    """The line is no answer.  True: nor is it a URC, but the text of a short message, whatever it looks like.

    False: it may be a URC; it had begun before the command in flight was sent.  It is no answer until pump() calls
    end_earlier_line(), when it has been dispatched.
    """
    skips = engine.skips_line
    engine.skips_line = 0
    if skips & _TEXT:
        tokens = engine.tokens
        tokens.prompt = skips & _THEN_PROMPT != 0 and engine.command is not None
        if engine.events is not None:
            engine.event(_EVENT_UNKNOWN, None, bytes(memoryview(tokens.line)[: tokens.n]))
        return True
    engine.earlier_wanted = engine.matched[_WANTED]
    engine.earlier_state = engine.state
    engine.matched[_WANTED] = _URCS
    engine.state = _RESTING
    engine.unfinished |= _EARLIER_LINE
    return False


def end_earlier_line(engine):
    """What comes from now on may be the answer."""
    engine.unfinished &= ~_EARLIER_LINE
    if engine.state == _RESTING:  # else the line has changed it
        engine.state = engine.earlier_state
        engine.matched[_WANTED] = engine.earlier_wanted


def _announces_text(tokens):
    # Does a line of text follow?  A message may be empty.
    at = tokens.position[0]
    if at < tokens.position[1] and tokens.window[at] in b"\r\n":
        return False
    return _begins_with(tokens.line, _TEXTS)


def _begins_with(line, names):
    for name in names:  # startswith() of several is not MicroPython's
        if line.startswith(name):
            return True
    return False


def _on_stray_payload(engine):
    matched = engine.matched
    if matched[_ID] != -1:
        link = engine.links.get(matched[_ID])
        if not matched[_EVENT] & _URCS and _answers_other(engine, link):
            engine.unknown_line_at = engine.deadline  # when no other answer comes, this one's payload is lost
            link = None
    elif engine.template[3] & _FOUND and engine.command is not None:
        link = engine.command.link
    else:
        link = engine.unread
        if link is not None and not link.keeps_borders:  # it may be that one's, and what came since stands behind a gap
            damage.miscounted(engine, link)
        link = engine.unread = None
    if link is not None and link.data_filter is not None and not matched[_EVENT] & _URCS:
        return  # data mode is suspended: the line only tells what the module holds (L610 1.1.24)
    if link is not None and (link.state == _FREE or link.keeps_borders):
        link = None
    engine.begin_payload(link, matched[_VALUE])


def _answers_other(engine, link):
    # The header of a read's answer names `link`: does the command in flight read from another one and has no answer
    # yet?  Then it may be that one's, with a damaged id: what an earlier command is owed comes before another is sent.
    if engine.state != _BUSY or engine.doubted or engine.got & _FOUND or not engine.template[3] & _FOUND:
        return False
    return engine.command.link is not None and engine.command.link is not link


def note_sender(engine):
    """SENDER: whose the payload is that follows.  Allocates the first time only."""
    if not engine.sender:
        engine.sender = bytearray(_SENDER_MAX)
    engine.sender_n = min(engine.tokens.n - engine.matched[_FIELDS], _SENDER_MAX)
    copy(engine.sender, 0, engine.tokens.line, engine.matched[_FIELDS], engine.sender_n)
    if engine.tokens.line.find(b"\r", 0, engine.tokens.n) >= 0:
        damage.header_behind(engine)


def queue_event(engine, event, link, value):
    """Put an event into the application's queue, if it wants any.  Engine.event() itself.

    A full one takes no DATA and no UNKNOWN any more, and drops the oldest of those for the others, which must be told.
    """
    events = engine.events
    if events is None:
        return
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
