"""Data mode: the port belongs to one connection, its bytes go through untouched; and the way out of it.

Owns what makes that safe: EscapeGuard keeps payload from looking like +++ and knows the guard times; escape() is the
way back to command mode, whoever entered data mode, and finds out whether the connection stands.  What may be the
module's in the stream is held back by datafilter.py.  How long the silence is stands in the dialect's table
(GUARD_MS); for a module that is not known yet, in registration.py.  Knows no socket.  EscapeGuard never waits and
allocates nothing.
"""

from errno import ECONNRESET

from ..errors import Timeout
from .command import Query, query
from .datafilter import OK_LINE, DataFilter, link_without_reader
from .movers import const
from .openids import ids_in
from .port import ticks_add, ticks_diff
from .resync import SYNC, SYNC_ANSWER
from .urc import dispatch_later, end
from .words import BY_FLAG, OK

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .engine import Engine
    from .session import Session

_GUARD_MARGIN_MS = const(30)  # on top of the manual's silence, for the clock's grain
_EARLY_MS = const(200)  # silence this much below the guard time may be taken for one by the module
_GAP_MS = const(1000)  # and this much above it surely breaks a +++ apart (SIMCom counts 900 ms between two bytes)
_AHEAD_MAX_MS = const(600_000)  # what has been written is out by then; a time further ahead is one long past

_OK_EARLY_MS = const(50)  # an OK so much before the second silence is over is the escape's, by the clock's grain
_TAKE_MS = const(3000)  # for the port to take +++
_OK_MS = const(3000)  # for the OK behind the second silence
_SOON_MS = const(500)  # for the same, where the connection has probably ended and no OK will come
_SETTLE_MS = const(30)  # behind an OK: if it was payload the module's own comes now
_LOOK_MS = const(50)
_END_LATE_MS = const(30_000)  # within which the word of an end may come that was found out without it
_ESCAPES = const(2)  # +++ without an OK: one of its bytes may have got lost
_SYNC_QUERIES = const(3)  # to a module that may be in command mode; the first may be spoiled by the +++ before it
_ANSWER_MS = const(2000)
_ESCAPE = b"+++"
_SYNC_QUERY = (SYNC[0], _ANSWER_MS, OK, 0)

# words.py
_NO = const(0)
_OPEN = const(2)
_GONE = const(4)
_TIMED_OUT = const(2)
_DATA_MODE = const(3)


class EscapeGuard:
    """The silences around +++: when the last byte has left, and how payload is kept from looking like the escape.

    A payload of exactly +++ after a silence is sent with a longer one before its third byte, so that the module cannot
    take it for the escape.
    """

    # unsure: is the module still in data mode?
    SURE = 0
    INTERRUPTED = 1  # an escape has begun, and nobody waits for its OK
    UNANSWERED = 2  # an escape was not answered

    def __init__(self, engine: "Engine", guard_ms: int):
        self.engine = engine
        self.guard_ms = guard_ms  # silence before and behind +++
        self.pause_ms = guard_ms + _GAP_MS  # that breaks a +++ apart
        self.plus = -1  # '+' bytes since the last silence with nothing else, -1: something else went out
        self.start()

    def start(self):
        """Nothing is on its way to the module now."""
        self.unsure = self.SURE
        now = self.engine.port.ticks_ms()
        self.idle_at = now  # ticks when the last byte has left,
        self.wrote_at = ticks_add(now, -self.pause_ms)  # and of its write, or earlier: CONNECT may take its time

    def count_from(self, ticks):
        """Data mode began then: the module counts no silence before."""
        if ticks_diff(ticks, self.idle_at) > 0:
            self.idle_at = ticks

    def note_written(self, n):
        """n bytes have been given to the port."""
        port = self.engine.port
        now = self.wrote_at = port.ticks_ms()
        left = ticks_diff(self.idle_at, now)
        if left <= 0 or left > _AHEAD_MAX_MS:
            self.idle_at = now
        self.idle_at = ticks_add(self.idle_at, n * 1000 // (port.baudrate // 10) + 1)

    def remaining_ms(self):
        """How long the silence before +++ must still last."""
        left = self.engine.until_ms(self.idle_at)
        return left + self.guard_ms + _GUARD_MARGIN_MS if left <= _AHEAD_MAX_MS else -_AHEAD_MAX_MS

    def keep_time(self):
        """To be called now and then: ticks that are too old would lie ahead."""
        if not 0 <= -self.engine.until_ms(self.wrote_at) < _AHEAD_MAX_MS and self.remaining_ms() <= 0:
            self.idle_at = self.wrote_at = self.engine.after_ms(-_AHEAD_MAX_MS // 2)

    def allowed(self, buf, pos, n):
        """How many of the n payload bytes at buf[pos:] may be written now; 0: none before pause_ms have passed."""
        if n > 3:
            self.plus = -1
            return n
        self._look_back()
        if self.plus < 0:
            return n
        if self.plus + n > 3 or not _is_plus(buf, pos, n):
            self.plus = -1
            return n
        if self.plus + n < 3:
            self.plus += n
            return n
        n = 2 - self.plus  # nothing but '+' since the last silence: never let there be exactly three
        self.plus = 2
        return n

    def _look_back(self):
        # Silence as early as it can have begun (a fast line) may make an escape; to break one apart it must be long
        # enough on the slowest.
        engine = self.engine
        if self.plus == 2:
            if self.remaining_ms() < self.guard_ms + _GUARD_MARGIN_MS - self.pause_ms:
                self.plus = 0
        elif not 0 <= -engine.until_ms(self.wrote_at) <= self.guard_ms - _EARLY_MS:
            self.plus = 0


def _is_plus(buf, pos, n):
    while n > 0:
        n -= 1
        if buf[pos + n] != 43:
            return False
    return True


def escape(session: "Session", guard: EscapeGuard, data_filter: "DataFilter"):
    """Back to command mode, the connection stays: silence, +++, silence, OK.  A generator of commands (jobs.py).

    Takes a little over two guard times.  What arrives meanwhile goes to the data filter's link.
    data_filter: of the data mode that the engine is in, or was in when an escape was interrupted.
    Nobody's word is believed: what the filter holds back may be the peer's, and so may an OK.  What counts is an OK
    behind +++ and its silences (the module was in data mode, so all that came before is payload), or no OK but the
    answer to a query (it was not).  A query is sent only when two +++ have led to nothing but silence.
    Returns True when the module has left data mode at this word; False when it had left it by itself, because the
    connection ended; None when the filter held something back and more came: it was payload, nothing was sent.
    Raises Timeout when the module does not answer (the engine stays in data mode then).
    """
    # Flat, because generators must not be nested deep.  An interrupted one leaves guard.unsure, and the filter
    # expecting an OK: the next one goes on from there.
    engine = session.engine
    transmitter = engine.transmitter
    link = data_filter.link
    told = data_filter.is_told()
    echoed = engine.echoes
    answered = confirmed = None
    if data_filter.since is not None:
        guard.count_from(data_filter.since)
        data_filter.since = None
    if engine.state == _DATA_MODE:
        reply = b""
        if guard.unsure:  # the OK of the one before may come yet
            reply = _ESCAPE + OK_LINE
            if not data_filter.reply:
                data_filter.expect(reply)
        while True:  # what is written meanwhile starts the silence anew; so does nothing here
            left = guard.remaining_ms()
            before = told
            told = data_filter.is_told()  # the rest of what was held back may have come
            if before and not told:
                return None
            if left <= 0:
                break
            yield min(left, _LOOK_MS) if told or reply else left
        data_filter.first = {}
        if not told and not reply:
            data_filter.force()
        through = False
        try:
            for _ in range(_ESCAPES):
                if data_filter.ok_at() >= 0:
                    break
                reply += _ESCAPE  # some echo it
                due = engine.after_ms(guard.guard_ms - _OK_EARLY_MS)
                # Only behind the second silence can the OK come; before, the same bytes are payload.
                data_filter.expect(reply, OK_LINE, lambda: engine.is_past(due))  # noqa: B023
                guard.unsure = guard.INTERRUPTED
                transmitter.send_payload(_ESCAPE, 0, len(_ESCAPE))
                give_up = engine.after_ms(_TAKE_MS)
                yield lambda: not transmitter.left or engine.is_past(give_up)  # noqa: B023
                if transmitter.left:
                    break
                guard.note_written(len(_ESCAPE))
                yield guard.guard_ms - _OK_EARLY_MS
                data_filter.expect_more()
                reply += OK_LINE
                give_up = engine.after_ms(_OK_EARLY_MS + (_SOON_MS if data_filter.whole else _OK_MS))
                yield lambda: data_filter.ok_at() >= 0 or engine.is_past(give_up)  # noqa: B023
            through = True
        finally:
            if not through:  # interrupted: what is left of the +++ still goes out, and its OK comes when it is due
                guard.note_written(len(_ESCAPE))
    if transmitter.left:
        left = transmitter.left
        transmitter.drop()
        data_filter.expect(b"")
        guard.unsure = guard.SURE if left == len(_ESCAPE) else guard.UNANSWERED
        raise Timeout("the port does not take +++")
    rest = b""
    if data_filter.ok_at() >= 0:
        data_filter.settles = True
        yield _SETTLE_MS
        owed = session.end_owed_by
        if owed is not None and owed is not data_filter and not engine.is_past(session.end_owed_until):
            data_filter.drop_ends()
        session.end_owed_by = None
        rest = data_filter.take_ok()
        data_filter.settles = False
        confirmed = True
    told = not confirmed and data_filter.n > 0 and (told or data_filter.whole > 0)
    garbled = not confirmed and data_filter.is_garbled_ok()
    base = data_filter.base
    data_filter.expect(b"")
    engine.leave_data_mode()
    dispatch_later(engine, rest)
    yield lambda: not engine.unfinished
    for _ in range(_SYNC_QUERIES):
        command = Query(None, _SYNC_QUERY)
        command.prefix = SYNC_ANSWER
        yield command
        yield lambda: engine.state != _TIMED_OUT or engine.unresponsive
        answered = command.lines or confirmed and not command.errno
        if answered or engine.unresponsive or command.errno == ECONNRESET:
            break
    stands = link.state == _OPEN or link.id < 0  # below 0: a link without a reader
    listed = None
    if answered and not confirmed and link.state == _OPEN and session.table.OPEN_IDS[2] == BY_FLAG:
        command = query(session.table.OPEN_IDS[0], prefix=session.table.OPEN_IDS[1])
        yield command
        ids = ids_in(command.lines, session.table)
        listed = None if ids is None else link.id in ids
    if not answered and not told and stands:
        engine.leave_data_mode()
        data_filter.force()
        engine.enter_data_mode(data_filter)
        guard.unsure = guard.UNANSWERED
        raise Timeout("no answer to +++")
    guard.unsure = guard.SURE
    if not confirmed and not told:  # the connection has ended, perhaps, and the word for that comes late
        session.end_owed_by = data_filter
        session.end_owed_until = engine.after_ms(_END_LATE_MS)
    if link.id < 0:
        stands = confirmed
    echoed = engine.echoes and not echoed  # echo was off: it has restarted, and what came behind +++ is its echo
    if not confirmed and echoed:
        data_filter.n = max(base, data_filter.whole)
        stands = False
    if stands and (confirmed or garbled or listed or not told and listed is None):
        if garbled:
            data_filter.n = max(base, data_filter.whole)
        data_filter.force()
        return True
    # What the filter holds back is the module's; it may tell more than that the connection has ended.
    data_filter.release_before_end()
    said = bytes(memoryview(data_filter.held)[: data_filter.n])
    data_filter.clear()
    dispatch_later(engine, said)
    yield lambda: not engine.unfinished
    _end_in_data_mode(session, data_filter, said, answered, confirmed, echoed)
    return False


def _end_in_data_mode(session, data_filter, said, answered, confirmed, echoed):
    # The connection has ended, or will not be used any more.  said: what the module's last words were; answered: it
    # answers again; confirmed: it left data mode at +++ all the same; echoed: it echoes, which it did not before.
    link = data_filter.link
    if not answered and session.is_connected():
        session.set_down()
    if confirmed and link.state == _GONE and not link.discarding and not session.table.ESCAPED_READS:
        link.fail(ECONNRESET, 0)  # it ended in command mode: what came since the OK is in the module for good
    if link.state == _OPEN:
        # A module that echoes again has restarted, whatever it says.
        is_failure = echoed or not [word for word in data_filter.ends if b"\r\n" + word in said]
        end(session.engine, link, is_failure)
        if is_failure:  # perhaps it has restarted, and has no word for that
            session.suspect()
    link.rx_pending = _NO


def escape_without_reader(session: "Session", guard_ms: int):
    """escape() from a data mode that a command of the application entered, or that only the module knows of.

    What comes meanwhile is dropped.  The engine is in command mode afterwards.  Returns False when the module was there
    before.  Raises Timeout when it does not answer: nothing is connected any more then.
    """
    engine = session.engine
    data_filter = link_without_reader().data_filter
    data_filter.left = True
    engine.enter_data_mode(data_filter)
    try:
        return (yield from escape(session, EscapeGuard(engine, guard_ms), data_filter))
    except Timeout:
        engine.leave_data_mode()
        session.set_down()
        raise
