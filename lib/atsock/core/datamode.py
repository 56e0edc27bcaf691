"""Data mode: the port belongs to one connection, its bytes go through untouched.

Owns what makes that safe: DataFilter holds back what may be a result code of the module in the stream; EscapeGuard
keeps payload from looking like +++ and knows the guard times; escape() is the way back to command mode, whoever entered
data mode.  What the module may write, and how long the silence is, stands in the dialect's table (DATA_ENDS, GUARD_MS).
Knows no socket.  DataFilter and EscapeGuard never wait and allocate nothing.
"""

from errno import EIO

from ..errors import Timeout
from .command import query
from .link import Link
from .movers import const, copy
from .port import ticks_add
from .tokenizer import Sink

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .engine import Engine
    from .session import Session

RING_MAX = 1 << 17  # bytes, for what comes while nobody can read
BLIND_GUARD_MS = 1100  # of a module that is not known yet

_HELD_MAX = const(64)  # bytes of result codes together

_GUARD_MARGIN_MS = const(30)  # on top of the manual's silence, for the clock's grain
_EARLY_MS = const(200)  # silence this much below the guard time may be taken for one by the module
_GAP_MS = const(1000)  # and this much above it surely breaks a +++ apart (SIMCom counts 900 ms between two bytes)
_OK_EARLY_MS = const(50)  # an OK so much before the second silence is over is the escape's, by the clock's grain
_OK_MS = const(3000)  # for the OK behind the second silence
_AT_MS = const(2000)
_ESCAPE = b"+++"
_OK_WORDS = (b"OK",)
_OK_LINE = b"\r\nOK"

# words.py
_NO = const(0)
_OPEN = const(2)
_EVENT_CLOSED = const(2)  # constants.py


class DataFilter(Sink):
    """The sink of data mode: passes payload on to the link, and holds back what may be result codes of the module.

    They stand at the end of what came: CR LF, a word of `words`, and more up to CR LF, once or several times.  As soon
    as something else follows, they were payload.  Allocates nothing, but for a larger ring in overflow().
    """

    def __init__(self, link: Link, words: "tuple[bytes, ...]"):
        self.link = link
        self.words = words
        self.held = bytearray(_HELD_MAX)
        self.n = 0  # bytes held back
        self.complete = False  # all of them are whole lines
        self.first: "tuple[bytes, ...]" = ()  # words of a line that is dropped when it comes first, see answer()

    @property
    def socket(self):
        """The socket whose data mode it is, for events."""
        return self.link.socket

    def answer(self, words: "tuple[bytes, ...]"):
        """The next line may be the answer to the command that led here: drop it when it begins with one of these."""
        self.first = words
        self.n = 0

    def clear(self):
        """Forget what is held back: it was no payload."""
        self.n = 0
        self.complete = False

    def write(self, src, start, n):
        if self.first:
            pos = self._drop_answer(src, start, n)
            if pos:
                return pos
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
        return self.link.write(src, start, n)

    def _find(self, src, pos, end):
        # Where in src[pos:end] a result code may begin (it is in `held` then), or so far before the end that nobody
        # has looked; -1: nowhere.
        pos = src.find(b"\r", pos, end)
        while pos >= 0 and end - pos <= _HELD_MAX:
            copy(self.held, 0, src, pos, end - pos)
            if self._matches(end - pos):
                break
            pos = src.find(b"\r", pos + 1, end)
        return pos

    def _extends(self, src, start, n):
        # Does it go on behind what is held back as a result code would?  Then it is held back, too.
        self.complete = False
        if self.n + n > _HELD_MAX:
            return False
        copy(self.held, self.n, src, start, n)
        if not self._matches(self.n + n):
            return False
        self.n += n
        return True

    def _drop_answer(self, src, start, n):
        # How many bytes of src[start:] belong to the answer; `first` is () as soon as that is over.
        words = self.words
        self.words = self.first
        done = 0
        while done < n and self.first:
            if self.n < _HELD_MAX:
                self.held[self.n] = src[start + done]
            if self.n == _HELD_MAX or not self._matches(self.n + 1):  # no answer: payload, or a result code
                self.first = ()
                self.words = words
                if not self._matches(self.n):
                    self.release()
                return done
            self.n += 1
            done += 1
            if self.complete:
                self.first = ()
                self.clear()
        self.words = words
        return done

    def release(self):
        """What is held back is payload: hand it on; False while the ring has no room for it."""
        link = self.link
        if not link.discarding:
            if link.room() < self.n:
                return False
            link.write(self.held, 0, self.n)
        self.clear()
        return True

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
        self.complete = False
        pos = 0
        while pos < n:
            if self.held[pos] != 13 or n > pos + 1 and self.held[pos + 1] != 10:
                return False
            if n <= pos + 2:
                return True
            end = self.held.find(b"\r\n", pos + 2, n)
            if end < 0:
                return self._is_code(pos + 2, n, False)
            if not self._is_code(pos + 2, end, True):
                return False
            pos = end + 2
        self.complete = n > 0
        return True

    def _is_code(self, pos, end, whole):
        # Does held[pos:end] begin with one of the words, or can it become such a line (a whole one cannot)?
        i = k = 0
        while i < len(self.words):
            if k == len(self.words[i]) or pos + k == end and not whole:
                return True
            if pos + k < end and self.held[pos + k] == self.words[i][k]:
                k += 1
            else:
                i += 1
                k = 0
        return False


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

    def __init__(self, engine: "Engine", guard_ms: int):
        self.engine = engine
        self.guard_ms = guard_ms  # silence before and behind +++
        self.pause_ms = guard_ms + _GAP_MS  # that breaks a +++ apart
        self.plus = -1  # '+' bytes since the last silence with nothing else, -1: something else went out
        self.start()

    def start(self):
        """Nothing is on its way to the module now."""
        self.idle_at = self.wrote_at = self.engine.after_ms(0)  # ticks when the last byte has left, and of its write

    def note_written(self, n):
        """n bytes have been given to the port."""
        engine = self.engine
        self.wrote_at = engine.after_ms(0)
        if engine.is_past(self.idle_at):
            self.idle_at = self.wrote_at
        self.idle_at = ticks_add(self.idle_at, n * 1000 // (engine.port.baudrate // 10) + 1)

    def remaining_ms(self):
        """How long the silence before +++ must still last."""
        return self.engine.until_ms(self.idle_at) + self.guard_ms + _GUARD_MARGIN_MS

    def allowed(self, buf, pos, n):
        """How many of the n payload bytes at buf[pos:] may be written now; 0: none before pause_ms have passed."""
        self._look_back()
        if self.plus < 0:
            return n
        if n > 3 or self.plus + n > 3 or not _is_plus(buf, pos, n):
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
            if -engine.until_ms(self.idle_at) > self.pause_ms:
                self.plus = 0
        elif -engine.until_ms(self.wrote_at) > self.guard_ms - _EARLY_MS:
            self.plus = 0


def _is_plus(buf, pos, n):
    while n > 0:
        n -= 1
        if buf[pos + n] != 43:
            return False
    return True


def escape(session: "Session", guard: EscapeGuard, data_filter: "DataFilter | None" = None):
    """Back to command mode, the connection stays: silence, +++, silence, OK.  A generator of commands (jobs.py).

    Takes a little over two guard times.  What arrives meanwhile goes to the data filter's link.  Returns True when the
    module has confirmed; False when it had left data mode by itself, because the connection ended.
    data_filter: of the data mode that the engine is in.  None: nobody knows whether the module is in data mode, and
    whether it confirms is not looked at.
    Raises Timeout when the module does not answer (the engine stays in data mode then).
    """
    engine = session.engine
    while True:  # what is written meanwhile starts the silence anew; so does nothing here
        left = guard.remaining_ms()
        if left <= 0:
            break
        yield left
    confirmed = False
    if data_filter is None or not data_filter.complete:  # else the connection has ended, and a silence followed
        if data_filter is not None:
            data_filter.first = ()
            data_filter.release()
        transmitter = engine.transmitter
        transmitter.send_payload(_ESCAPE, 0, len(_ESCAPE))
        give_up = engine.after_ms(_OK_MS)
        yield lambda: not transmitter.left or engine.is_past(give_up)
        if transmitter.left:
            transmitter.drop()
            raise Timeout("the port does not take +++")
        guard.note_written(len(_ESCAPE))
        if data_filter is None:
            yield guard.guard_ms
            return True
        yield guard.guard_ms - _OK_EARLY_MS
        # Only now can the OK come; before, the same bytes are payload.
        words = data_filter.words
        data_filter.words = _OK_WORDS + words
        give_up = engine.after_ms(_OK_MS)
        try:
            yield lambda: data_filter.complete or engine.is_past(give_up)
        finally:
            data_filter.words = words
        if not data_filter.complete:
            raise Timeout("no answer to +++")
        confirmed = data_filter.held.startswith(_OK_LINE)
    if confirmed:
        data_filter.clear()
        engine.leave_data_mode()
    else:
        _connection_ended(engine, data_filter)
    command = query(b"AT", _AT_MS)
    yield command
    _check(session, command)
    return confirmed


def escape_without_reader(session: "Session", guard_ms: int):
    """escape() from a data mode that a command of the application entered, or that only the module knows of.

    What comes meanwhile is dropped.  The engine is in command mode afterwards, also when the module did not answer.
    """
    engine = session.engine
    data_filter = link_without_reader().data_filter
    engine.enter_data_mode(data_filter)
    error = None
    try:
        yield from escape(session, EscapeGuard(engine, guard_ms), data_filter)
    except Timeout as e:
        error = e
    if error is not None:
        engine.leave_data_mode()
        command = query(b"AT", _AT_MS)
        yield command
        _check(session, command)
        raise error


def after_connection_ended(session: "Session", data_filter: DataFilter):
    """The module has left data mode by itself: what the filter holds are its result codes.  A generator of commands."""
    _connection_ended(session.engine, data_filter)
    command = query(b"AT", _AT_MS)
    yield command
    _check(session, command)


def _connection_ended(engine, data_filter):
    link = data_filter.link
    engine.leave_data_mode()
    for line in bytes(memoryview(data_filter.held)[: data_filter.n]).split(b"\r\n"):
        _dispatch(engine, line)  # they may tell more than that
    data_filter.clear()
    if link.state == _OPEN:
        link.peer_closed()
        link.must_close = engine.close_after_peer
        engine.event(_EVENT_CLOSED, link, 0)
    link.rx_pending = _NO


def _dispatch(engine, line):
    # A line that stood in the stream: what it tells as a URC.
    tokens = engine.tokens
    copy(tokens.line, 0, line, 0, len(line))
    tokens.n = len(line)
    tokens.line[tokens.n] = 0
    if line:
        engine.dispatch_line(False)


def _check(session, command):
    # The AT behind data mode takes in all notices that have come; whether the module refuses it does not matter.
    if command.errno and command.errno != EIO:
        raise session.error(command)
