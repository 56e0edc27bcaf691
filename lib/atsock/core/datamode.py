"""Data mode: the port belongs to one connection, its bytes go through untouched.

Owns what makes that safe: DataFilter holds back what may be a result code of the module in the stream; EscapeGuard
keeps payload from looking like +++ and knows the guard times; escape() is the way back to command mode, whoever entered
data mode.  What the module may write, and how long the silence is, stands in the dialect's table (DATA_ENDS, GUARD_MS).
Knows no socket.  DataFilter and EscapeGuard never wait and allocate nothing.
"""

from errno import ECONNRESET

from ..errors import Timeout
from .command import number_at, query
from .link import Link
from .movers import const, copy
from .port import ticks_add, ticks_diff
from .resync import SYNC, SYNC_ANSWER
from .rows import name_at
from .tokenizer import Sink
from .words import BY_FLAG

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    from .engine import Engine
    from .session import Session

RING_MAX = 1 << 17  # bytes, for what comes while nobody can read
BLIND_GUARD_MS = 1100  # of a module that is not known yet

_HELD_MAX = const(128)  # bytes of result codes together

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
_ESCAPES = const(2)  # +++ without an OK: one of its bytes may have got lost
_QUESTIONS = const(3)  # to a module that may be in command mode; the first may be spoiled by the +++ before it
_ANSWER_MS = const(2000)
_ESCAPE = b"+++"
_OK_LINE = b"\r\nOK\r\n"
_OK_WORDS = (b"OK",)
_PLUS = const(43)

# Numbers of events, in packed rows (words.py): what a module may say that has left data mode by itself,
_LOSSES = (15, 26, 27)  # ERROR, NETWORK_LOST, RESTARTED
_NOISES = (29,)
_MORE = (b"+", b"*")  # and what may follow, beside noise

# words.py
_NO = const(0)
_OPEN = const(2)
_TIMED_OUT = const(2)
_DATA_MODE = const(3)
_LENGTH = const(2)  # in Tokenizer.position
_EVENT_CLOSED = const(2)  # constants.py


class DataFilter(Sink):
    """The sink of data mode: passes payload on to the link, and holds back what may be result codes of the module.

    They stand at the end of what came: CR LF, a word of `words`, and more up to CR LF, once or several times; behind
    the first one, lines that begin with one of `more` may follow (a module that boots has much to say).  As soon as
    something else follows, they were payload.  Allocates nothing, but for a larger ring in overflow().
    """

    def __init__(self, link: Link, words: "tuple[bytes, ...]", rows: bytes = b"\0"):
        """words: what the module writes when the connection has ended; rows: the dialect's, packed."""
        self.link = link
        self.ends = words
        self.codes = _by_letter(words + _names(rows, _LOSSES))
        self.words = self.codes  # that are looked for now
        self.more = _by_letter(_MORE + _names(rows, _NOISES))
        self.held = bytearray(_HELD_MAX)
        self.n = 0  # bytes held back
        self.whole = 0  # of them: those of whole lines
        self.first: "dict[int, Any]" = {}  # words of a line that is dropped when it comes first, see answer()
        self.echo = b""  # and what may stand before that
        self.echoed = 0  # bytes of it that have come
        self.reply = b""  # what the module may say to +++, see expect()
        self.base = 0  # bytes held back before that
        self.ended = False  # has the end of the line that is looked at come?

    @property
    def socket(self):
        """The socket whose data mode it is, for events."""
        return self.link.socket

    @property
    def complete(self):
        """True while what is held back are whole lines."""
        return self.n > 0 and self.n == self.whole

    def answer(self, words: "tuple[bytes, ...]", echo: bytes = b""):
        """The next line may be the answer to the command that led here: drop it when it begins with one of these.

        echo: of that command, which may stand before.
        """
        self.first = _by_letter(words)
        self.echo = echo
        self.echoed = 0
        self.n = self.whole = 0

    def expect(self, reply: bytes):
        """The module may say this next, or what is left of it when bytes get lost: that is held back.

        b"": not any more.
        """
        if not self.reply:
            self.base = self.n
        self.reply = reply
        self.words = self.codes
        if reply.endswith(_OK_LINE):
            self.words = _by_letter(_OK_WORDS)
            self.words.update(self.codes)

    def clear(self):
        """Forget what is held back: it was no payload."""
        self.n = self.whole = self.base = 0

    def write(self, src, start, n):
        if self.first:
            pos = self._drop_answer(src, start, n)
            if pos:
                return pos
        if self.reply:
            return self._hold_reply(src, start, n)
        if self.n:
            if self._extends(src, start, n):
                return n
            if not self.release():
                return 0
        pos = self._find(src, start, start + n)
        if pos == start and n <= _HELD_MAX:  # _find() has copied it
            self.n = n
            return n
        if pos >= 0:
            # Much has come: what stands before its last part cannot be the end.
            n = n - _HELD_MAX if start + n - pos > _HELD_MAX else pos - start
        self.whole = 0
        return self.link.write(src, start, n)

    def _find(self, src, pos, end):
        # Where in src[pos:end] a result code may begin (it is in `held` then), or so far before the end that nobody
        # has looked; -1: nowhere.
        pos = src.find(b"\r", pos, end)
        while pos >= 0 and end - pos <= _HELD_MAX:
            if end - pos < 3 or src[pos + 2] in self.words:
                copy(self.held, 0, src, pos, end - pos)
                if self._matches(end - pos):
                    break
            pos = src.find(b"\r", pos + 1, end)
        return pos

    def _extends(self, src, start, n):
        # Does it go on behind what is held back as a result code would?  Then it is held back, too.
        if self.n + n > _HELD_MAX:
            return False
        copy(self.held, self.n, src, start, n)
        if not self._matches(self.n + n):
            return False
        self.n += n
        return True

    def _hold_reply(self, src, start, n):
        # One byte after the other, because the reply may begin anywhere; returns how many found room.
        done = 0
        while done < n:
            if self.n == _HELD_MAX and not self._give(1):
                break
            whole = self.whole
            self.held[self.n] = src[start + done]
            if self._matches(self.n + 1):
                pass
            elif self._is_reply(self.base, self.n + 1):
                self.whole = whole
            elif self.n:  # the first of what is held back is payload, then
                self.whole = 0
                if not self._give(self.base or 1):
                    break
                continue
            elif not self.link.discarding and not self.link.write(src, start + done, 1):
                break
            else:
                done += 1
                continue
            self.n += 1
            done += 1
        return done

    def _give(self, n):
        # The first n bytes held back are payload; False while there is no room.
        link = self.link
        if not link.discarding:
            if link.room() < n:
                return False
            link.write(self.held, 0, n)
        self.n -= n
        self.base = 0
        copy(self.held, 0, self.held, n, self.n)
        return True

    def _is_reply(self, pos, end):
        # Is held[pos:end] what is left of the expected reply when some bytes of it got lost?
        i = 0
        while pos < end and i < len(self.reply):
            if self.held[pos] == self.reply[i]:
                pos += 1
            i += 1
        return pos == end

    def _drop_answer(self, src, start, n):
        # How many bytes of src[start:] belong to the answer; `first` is empty as soon as that is over.
        words = self.words
        self.words = self.first
        done = 0
        while done < n and self.first:
            if self.echo and self._echoes(src[start + done]):
                done += 1
                continue
            if self.n < _HELD_MAX:
                self.held[self.n] = src[start + done]
            if self.n == _HELD_MAX or not self._matches(self.n + 1):  # no answer: payload, or a result code
                self.first = {}
                self.words = words
                if not self._matches(self.n):
                    self.release()
                return done
            self.n += 1
            done += 1
            if self.complete:
                self.first = {}
                self.clear()
        self.words = words
        return done

    def _echoes(self, byte):
        # Is it the next byte of the echo?
        if byte == self.echo[self.echoed]:
            self.echoed += 1
            if self.echoed == len(self.echo):
                self.echo = b""
            return True
        if self.echoed:  # it was none
            self.link.write(self.echo, 0, self.echoed)
        self.echo = b""
        return False

    def release(self):
        """What is held back is payload: hand it on; False while the ring has no room for it."""
        link = self.link
        if not link.discarding:
            if link.room() < self.n:
                return False
            link.write(self.held, 0, self.n)
        self.clear()
        return True

    def is_told(self):
        """True when the module, or the peer, has said that data mode is over."""
        return (min(self.whole, self.base) if self.reply else self.whole) > 0

    def ok_at(self):
        """Where in what is held back the OK of an escape stands, the last one; -1: none has come."""
        found = -1
        pos = self.held.find(_OK_LINE, self.base, self.n)
        while pos >= 0:
            found = pos
            pos = self.held.find(_OK_LINE, pos + 1, self.n)
        return found

    def take_ok(self):
        """What stands before that OK is payload, as the module was in data mode; returns what stands behind it."""
        pos = self.ok_at()
        rest = bytes(memoryview(self.held)[pos + len(_OK_LINE) : self.n])
        self.n = pos
        self.force()
        self.clear()
        return rest

    def force(self):
        """What is held back is payload: hand it on, whether there is room or not."""
        if not self.release():
            self.overflow()
            self.release()

    def is_garbled_ok(self):
        """True when something of an OK has come behind +++, and not all of it."""
        return self.n > self.base and self.n > self.whole and self.held[self.n - 1] != _PLUS

    def overflow(self):
        """There is no room, and something else must get through.  False when room could be made.  Allocates."""
        link = self.link
        if link.size < RING_MAX and not link.discarding:
            try:
                link.resize(2 * link.size)
                return False
            except MemoryError:  # then there is no room indeed
                pass
        return link.overflow()

    def _matches(self, n):
        # Is held[:n] a run of lines that are result codes, the last one maybe not whole?
        self.whole = 0
        pos = 0
        while pos < n:
            if self.held[pos] != 13 or n > pos + 1 and self.held[pos + 1] != 10:
                return False
            if n <= pos + 2:
                return True
            end = self.held.find(b"\r\n", pos + 2, n)
            self.ended = end >= 0
            if not self._is_line(pos, end if end >= 0 else n):
                return False
            if end < 0:
                return True
            pos = end + 2
            self.whole = pos
        return True

    def _is_line(self, pos, end):
        # Can a line of the module begin at held[pos:], the first one or a later one?
        words = self.words.get(self.held[pos + 2])
        if words is not None and self._is_code(words, pos + 2, end):
            return True
        words = self.more.get(self.held[pos + 2]) if pos else None
        return words is not None and self._is_code(words, pos + 2, end)

    def _is_code(self, words, pos, end):
        # Does held[pos:end] begin with one of the words, or can it become such a line (a whole one cannot)?
        i = 0
        while i < len(words):
            if self._is_word(words[i], pos, end):
                return True
            i += 1
        return False

    def _is_word(self, word, pos, end):
        if end - pos >= len(word):
            return self.held.find(word, pos, end) == pos
        if self.ended:
            return False
        end -= pos
        while end > 0:
            end -= 1
            if self.held[pos + end] != word[end]:
                return False
        return True


def _by_letter(words):
    # {first byte: the words that begin with it}
    found: "dict[int, tuple[bytes, ...]]" = {}
    for word in words:
        found[word[0]] = found.get(word[0], ()) + (word,)
    return found


def _names(rows, events):
    # Names of the packed rows with one of these events (their numbers).
    found: "tuple[bytes, ...]" = ()
    pos = 0
    while rows[pos]:
        if rows[pos + 1] in events and name_at(rows, pos) not in found:
            found += (name_at(rows, pos),)
        pos += rows[pos]
    return found


def link_without_reader() -> Link:
    """A Link, with its filter, for data mode that a command of the application enters: what comes is dropped."""
    link = Link(-1)
    link.discarding = True
    link.data_filter = DataFilter(link, ())
    return link


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
        self.idle_at = self.wrote_at = self.engine.after_ms(0)  # ticks when the last byte has left, and of its write

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
        return left + self.guard_ms + _GUARD_MARGIN_MS if left <= _AHEAD_MAX_MS else 0

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
        if buf[pos + n] != _PLUS:
            return False
    return True


def escape(session: "Session", guard: EscapeGuard, data_filter: "DataFilter | None" = None):
    """Back to command mode, the connection stays: silence, +++, silence, OK.  A generator of commands (jobs.py).

    Takes a little over two guard times.  What arrives meanwhile goes to the data filter's link.
    data_filter: of the data mode that the engine is in, or was in when an escape was interrupted.  None: nobody knows
    whether the module is in data mode, and whether it confirms is not looked at.
    Nobody's word is believed: what the filter holds back may be the peer's, and so may an OK.  What counts is an OK
    behind +++ and its silences (the module was in data mode, so all that came before is payload), or no OK but the
    answer to a question (it was not).  A question is asked only when two +++ have led to nothing but silence.
    Returns True when the module has left data mode at this word; False when it had left it by itself, because the
    connection ended; None when the filter held something back and more came: it was payload, nothing was sent.
    Raises Timeout when the module does not answer (the engine stays in data mode then).
    """
    return _escape_blindly(session.engine, guard) if data_filter is None else _escape(session, guard, data_filter)


def _escape_blindly(engine, guard):
    yield max(guard.remaining_ms(), 0)
    transmitter = engine.transmitter
    transmitter.send_payload(_ESCAPE, 0, len(_ESCAPE))
    give_up = engine.after_ms(_TAKE_MS)
    yield lambda: not transmitter.left or engine.is_past(give_up)
    if transmitter.left:
        transmitter.drop()
        raise Timeout("the port does not take +++")
    guard.note_written(len(_ESCAPE))
    yield guard.guard_ms
    return True


def _escape(session, guard, data_filter):
    # Flat, because generators must not be nested deep.  An interrupted one leaves guard.unsure, and the filter
    # expecting an OK: the next one goes on from there.
    engine = session.engine
    transmitter = engine.transmitter
    link = data_filter.link
    told = data_filter.is_told()
    answered = confirmed = None
    if engine.state == _DATA_MODE and data_filter.ok_at() < 0:
        while True:  # what is written meanwhile starts the silence anew; so does nothing here
            left = guard.remaining_ms()
            if told and not data_filter.is_told():
                return None
            if left <= 0:
                break
            yield min(left, _LOOK_MS) if told else left
        data_filter.first = {}
        if not told and not data_filter.reply:
            data_filter.force()
        reply = b""
        for _ in range(_ESCAPES):
            reply += _ESCAPE  # some echo it
            data_filter.expect(reply)
            guard.unsure = guard.INTERRUPTED
            transmitter.send_payload(_ESCAPE, 0, len(_ESCAPE))
            give_up = engine.after_ms(_TAKE_MS)
            yield lambda: not transmitter.left or engine.is_past(give_up)  # noqa: B023
            if transmitter.left:
                break
            guard.note_written(len(_ESCAPE))
            # Only behind the second silence can the OK come; before, the same bytes are payload.
            yield guard.guard_ms - _OK_EARLY_MS
            reply += _OK_LINE
            data_filter.expect(reply)
            give_up = engine.after_ms(_OK_EARLY_MS + (_SOON_MS if data_filter.whole else _OK_MS))
            yield lambda: data_filter.ok_at() >= 0 or engine.is_past(give_up)  # noqa: B023
            if data_filter.ok_at() >= 0:
                break
    if transmitter.left:
        left = transmitter.left
        transmitter.drop()
        data_filter.expect(b"")
        guard.unsure = guard.SURE if left == len(_ESCAPE) else guard.UNANSWERED
        raise Timeout("the port does not take +++")
    rest = b""
    if data_filter.ok_at() >= 0:
        yield _SETTLE_MS
        rest = data_filter.take_ok()
        confirmed = True
    told = not confirmed and data_filter.whole > 0
    garbled = not confirmed and data_filter.is_garbled_ok()
    data_filter.expect(b"")
    engine.leave_data_mode()
    _dispatch(engine, rest)
    for _ in range(_QUESTIONS):
        question = query(SYNC[0], _ANSWER_MS, SYNC_ANSWER)
        yield question
        yield lambda: engine.state != _TIMED_OUT
        answered = question.lines or confirmed and not question.errno
        if answered or engine.unresponsive or question.errno == ECONNRESET:
            break
    stands = link.state == _OPEN or link.id < 0  # below 0: a link without a reader
    listed = None
    if answered and not confirmed and link.state == _OPEN and session.table.STALE[2] == BY_FLAG:
        question = query(session.table.STALE[0], prefix=session.table.STALE[1])
        yield question
        for line in question.lines:
            listed = number_at(line, link.id) == 1
    if not answered and not told and stands:
        data_filter.force()
        engine.enter_data_mode(data_filter)
        guard.unsure = guard.UNANSWERED
        raise Timeout("no answer to +++")
    guard.unsure = guard.SURE
    if link.id < 0:
        stands = confirmed
    if stands and (confirmed or garbled or listed or not told and listed is None):
        if garbled:
            data_filter.n = data_filter.whole
        data_filter.force()
        return True
    if not answered:
        session.set_down()
    _connection_ended(engine, data_filter)
    return False


def escape_without_reader(session: "Session", guard_ms: int):
    """escape() from a data mode that a command of the application entered, or that only the module knows of.

    What comes meanwhile is dropped.  The engine is in command mode afterwards.  Returns False when the module was there
    before.  Raises Timeout when it does not answer: nothing is connected any more then.
    """
    engine = session.engine
    data_filter = link_without_reader().data_filter
    engine.enter_data_mode(data_filter)
    try:
        return (yield from _escape(session, EscapeGuard(engine, guard_ms), data_filter))
    except Timeout:
        engine.leave_data_mode()
        session.set_down()
        raise


def _connection_ended(engine, data_filter):
    # What the filter holds back is the module's.
    link = data_filter.link
    said = bytes(memoryview(data_filter.held)[: data_filter.n])
    data_filter.clear()
    _dispatch(engine, said)  # it may tell more than that
    if link.state == _OPEN:
        if [word for word in data_filter.ends if b"\r\n" + word in said]:
            link.peer_closed()
        else:
            link.fail(ECONNRESET, 0)
        link.must_close = engine.close_after_peer
        engine.event(_EVENT_CLOSED, link, 0)
    link.rx_pending = _NO


def _dispatch(engine, said):
    # Lines that stood in the stream: what they tell as URCs.
    tokens = engine.tokens
    begun = tokens.position[_LENGTH]  # bytes of a line that has come since
    kept = bytes(memoryview(tokens.line)[:begun])
    for line in said.split(b"\r\n"):
        if line:
            copy(tokens.line, 0, line, 0, len(line))
            tokens.n = len(line)
            tokens.line[tokens.n] = 0
            engine.dispatch_line(False)
    copy(tokens.line, 0, kept, 0, begun)
