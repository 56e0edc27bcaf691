"""Payload that does not come as announced: its header is damaged, it pauses, some of it is missing, or the module has
restarted in the middle of it.

What is lost is told: the connection fails, or counts a datagram as lost (Link.lost).  Nobody knows then where the
payload ends: all is dropped until the line is quiet.  Functions of the engine, apart because they are not on the data
path.  What looks for damaged headers allocates nothing; a pause in a payload, and what is dropped, take a sink each.
"""

from errno import ECONNRESET

from .movers import MISSING, const, copy, field, match, number
from .tokenizer import Sink, is_odd

# words.py
_BUSY = const(1)
_TIMED_OUT = const(2)
_OK = const(1 << 0)
_OK2 = const(1 << 1)
_URCS = const((1 << 30) - (1 << 18))
_RESTARTED = const(1 << 27)
_MAYBE = const(1)
_OPEN = const(2)
_INLINE = const(2)  # kinds of payload
_INLINE_HEX = const(4)
_RAW_FROM = const(6)
_INLINE_FROM = const(7)
_INLINE_HEX_FROM = const(9)
_DIGITS = (3, 4, 8, 9)  # the kinds of payload that are hexadecimal
_IN_LINE = (2, 4, 7, 9)  # those that stand on the line of their header
_EVENT_OVERFLOW = const(8)  # constants.py
# match() (movers.py)
_ID = const(1)
_VALUE = const(2)
_KIND = const(4)
_FIELDS = const(5)
_ROW = const(8)
_WANTED = const(9)
# In a packed row (rows.py)
_LINK = const(3)
_VALUE_FIELD = const(4)
_ROW_KIND = const(6)
_FIELD_COUNT = const(8)
_NAME = const(11)
_ABSENT = const(255)

_POS = const(0)  # in Tokenizer.position
_STOP = const(1)

_LOST_MS = const(1000)  # for the rest of an answer whose payload is lost
_QUIET_MS = const(300)  # silence behind a payload whose length is damaged
_DROP_MS = const(10_000)  # as long as that is waited for
_BOOT_LINE = const(64)  # bytes, CR LF around it
_IS_PAYLOAD = const(1)  # Tokenizer.kind
_SAID = const(1)  # of Engine.unfinished, see urc.act_on_unfinished()
_DISTRUST = const(8)  # the line is a header that has lost its end
_ECHO = const(16)  # the rest of a payload's echo is expected behind the line
_LENGTH = const(2)  # in Tokenizer.position
_PUSH_BIT = const(19)  # number of the event PUSH
_PUSHED_MAX = const(8192)  # as in engine.py
_TELLING = const(7)  # bytes of a header that are like no other line
_HEADER_MAX = const(64)  # bytes that are looked at, with the longest address


# -- payload that does not come as announced


def payload_pauses(engine, is_lost):
    """Payload has not gone on for a while, although somebody looked; is_lost: for so long that it will not."""
    if is_lost:
        payload_lost(engine)
        # A prompt may have got lost with it: where time ends the input (Fibocom) no query may get into that.
        by_time = engine.tokens.prompt and engine.template[2] & _OK2
        if engine.state == _BUSY and engine.until_ms(engine.deadline) > _LOST_MS and not by_time:
            engine.deadline = engine.after_ms(_LOST_MS)
    elif engine.paused is None and engine.tokens.sink is not None:
        tokens = engine.tokens
        try:
            engine.paused = _AfterPause(engine, tokens.sink)
            # Payload that pauses behind a line may have ended before that, which is the module's then: its header was
            # damaged, or bytes have got lost.  None of it is handed out before more comes.
            if tokens.kind == _IS_PAYLOAD and not tokens.sink.keeps_borders:
                engine.paused.block = tokens.sink.take_back(tokens.taken - tokens.left, b"\r\n")
        except MemoryError:  # a full or locked heap: the next pause tries again
            engine.paused = None
            return
        tokens.sink = engine.paused


class _AfterPause(Sink):
    # Takes payload behind a pause: a module that restarted meanwhile goes on with its boot words.  They stand on a line
    # of their own; what does not look like one is payload.

    def __init__(self, engine, sink):
        self.engine = engine
        self.sink = sink
        self.keeps_borders = sink.keeps_borders
        self.block = b""  # what had come before the pause and is not to be trusted
        self.held = bytearray(_BOOT_LINE)
        self.n = 0
        self.is_line = False  # what is held is a boot line

    def write(self, src, start, n):
        done = 0
        while done < n and not self.is_line:
            if self.n == _BOOT_LINE or not self._may_be_line(src[start + done]):
                if not self.release():
                    return done
                return done + self.sink.write(src, start + done, n - done)
            done += 1
        return n

    def _may_be_line(self, byte):
        # Takes the byte into what is held; False when that cannot become a boot line, then it is not taken.
        n = self.n
        if n < 2:
            if byte != b"\r\n"[n]:
                return False
        elif byte == 10:
            if n < 4 or self.held[n - 1] != 13 or not self._is_boot_line(n - 1):
                return False
            self.is_line = True
        elif byte < 32 and byte != 13:
            return False
        self.held[n] = byte
        self.n = n + 1
        return True

    def goes_on_behind(self):
        # The payload has ended: is what is held the beginning of a boot line, the rest of whose word stands behind?
        # Takes that.
        tokens = self.engine.tokens
        at = tokens.position
        n = self.n
        pos = at[0]
        if pos == at[1] or tokens.window[pos] == 13:  # nothing has come yet, or CR LF, which stands behind any payload
            return False
        while n and not self.is_line and at[0] < at[1] and self.n < _BOOT_LINE:
            if not self._may_be_line(tokens.window[at[0]]):
                break
            at[0] += 1
        if not self.is_line:
            self.n = n
            at[0] = pos
        return self.is_line

    def _is_boot_line(self, end):
        engine = self.engine
        matched = engine.matched
        wanted = matched[_WANTED]
        matched[_WANTED] = _RESTARTED
        line = bytes(memoryview(self.held)[2:end]) + b"\0"
        found = match(engine.rows, line, len(line) - 1, 0, matched)
        matched[_WANTED] = wanted
        return found > 0

    def release(self):
        # What is held is payload; False while there is no room for it.  The sink behind takes the rest itself.
        if self.block:
            self.block = self.block[self.sink.write(self.block, 0, len(self.block)) :]
            if self.block:
                return False
        while self.n:
            taken = self.sink.write(self.held, 0, self.n)
            if not taken:
                return False
            self.n -= taken
            self.held[: self.n] = self.held[taken : taken + self.n]
        return True

    @property
    def socket(self):
        return self.sink.socket

    def overflow(self):
        return self.sink.overflow()


def after_pause(engine):
    """The payload has ended: the sink that it was for.

    None: it has ended with a boot line, so that it was none, or the echo of another payload goes on behind it.
    """
    paused = engine.paused
    if paused.is_line or engine.matched[_KIND] not in _DIGITS and paused.goes_on_behind():
        restarted_in_payload(engine)
        return None
    engine.paused = None
    if not paused.release() and paused.sink.overflow() and not paused.keeps_borders:  # of a datagram end() tells
        engine.event(_EVENT_OVERFLOW, paused.sink, 0)
    taken = engine.tokens.taken
    if engine.echo is None or not expect_rest_of_echo(engine):
        return paused.sink
    if paused.keeps_borders and not paused.sink.end(taken):
        engine.event(_EVENT_OVERFLOW, paused.sink, taken)
    return None


def expect_rest_of_echo(engine):
    """Something has come in the place of a payload's echo (command.py), a URC: the rest of the echo is expected behind
    it.  False when the answer has begun, or the URC's own payload is still to come.
    """
    echo = engine.echo
    tokens = engine.tokens
    if echo is None or engine.command is not echo.command or engine.got != echo.got or engine.state != _BUSY:
        engine.echo = None
        return False
    if tokens.sink is echo:
        return False
    if tokens.kind or tokens.position[_LENGTH]:  # it is not complete
        engine.unfinished |= _ECHO
        if tokens.kind and tokens.sink is not None and engine.paused is None:
            try:
                engine.paused = _AfterPause(engine, tokens.sink)  # takes nothing: only for after_pause(), the end of it
            except MemoryError:
                pass
        return False
    engine.behind = None  # behind what was pushed before it stands the echo
    tokens.raw(echo, 0)
    return True


def restarted_in_payload(engine):
    """What came behind a pause in a payload was a boot line."""
    paused = engine.paused
    engine.paused = None
    engine.tokens.lines()
    engine.said = bytes(memoryview(paused.held)[2 : paused.n - 2])
    engine.unfinished |= _SAID


def payload_lost(engine):
    """Fewer bytes came than were announced."""
    sink = engine.tokens.sink
    if engine.paused is not None:
        sink = engine.paused.sink
        engine.paused = None
    prompt = engine.tokens.prompt  # a send goes on waiting for it
    engine.tokens.lines()
    engine.tokens.prompt = prompt
    if sink is not None:
        miscounted(engine, sink)


def mind_what_came(engine):
    """Something has come behind a pause in a payload, or while the line is to become quiet."""
    if engine.paused is not None and engine.paused.is_line:
        restarted_in_payload(engine)
    elif engine.quiet:
        drop_more(engine)


def look_behind(engine):
    """Something has come behind a payload whose end was the window's."""
    sink = engine.behind
    engine.behind = None
    if engine.tokens.window.find(b"\r\n", 0, 2) and is_odd(engine.tokens) and not sink.keeps_borders:
        miscounted(engine, sink)  # a datagram could not be taken back


def miscounted(engine, sink):
    """Behind payload stands what cannot be there: the line has lost or added bytes, so it was not what was sent."""
    if sink.keeps_borders:
        sink.overflow()
        sink.end(0)
    else:
        sink.discarding = True  # what comes behind the gap is of no use
        sink.fail(ECONNRESET, 0)
    engine.event(_EVENT_OVERFLOW, sink, 0)


def lose(engine, link):
    """Payload for this link is lost of which nothing has come: a datagram, or what leaves a gap in a stream."""
    if link.keeps_borders:
        link.lost += 1
    else:  # as miscounted(): the stack is deep here
        link.discarding = True
        link.fail(ECONNRESET, 0)
    engine.event(_EVENT_OVERFLOW, link, 0)


def distrust(engine, link):
    """A length that cannot be, or is none: nobody knows where the payload ends.  All is dropped until silence."""
    if link is not None:
        if link.keeps_borders:
            link.begin(engine)
        miscounted(engine, link)
    command = engine.command
    if command is not None:
        engine.abandon(command)
        is_lost = link is not None and link.keeps_borders and command is link.rx  # of datagrams only this one
        command.errno = 0 if is_lost else ECONNRESET
        command.done = True
    drop_payload(engine)
    engine.quiet = True
    engine.quiet_until = engine.after_ms(_DROP_MS)
    engine.state = _TIMED_OUT
    engine.got = engine.queries_sent = engine.queries_outstanding = 0
    engine.doubted = engine.answer_begun = engine.answered = False
    engine.matched[_WANTED] = _URCS | _OK
    engine.deadline = engine.after_ms(_QUIET_MS)
    # Notices may be among what is dropped: every connection is looked at once more.
    for other in engine.links.values():
        if other.state == _OPEN and not other.pushed:
            other.rx_pending = other.rx_pending or _MAYBE


def drop_more(engine):
    """More has come that belongs to nobody."""
    if not engine.is_past(engine.quiet_until):
        engine.deadline = engine.after_ms(_QUIET_MS)


# -- a header of which something is wrong or missing


def distrust_soon(engine, sink):
    """The line is the header of a payload for `sink`, and has lost its end: pump() sees to it before the next byte."""
    engine.tokens.sink = sink
    engine.sender_n = 0  # as in _on_push(): it was this one's
    engine.unfinished |= _DISTRUST


def told_code(engine):
    """The number that the line tells of what went wrong; MISSING where it begins with a 0: there the comma behind a 0,
    which tells of no failure, got lost."""
    matched = engine.matched
    if matched[_VALUE] > 0:
        line = engine.tokens.line
        at = field(line, matched[_FIELDS], engine.tokens.n, engine.rows[matched[_ROW] + _VALUE_FIELD])
        if line[at] == 48:
            return MISSING
    return matched[_VALUE]


# Small frames, because larger ones MicroPython puts on the heap; and few, because the stack is deep here.


def is_push_as_notice(engine, link):
    """True when the notice for `link` is the header of a push that has lost the comma behind its id, its length, or its
    LF; a client of a server that pushes may be buffered (BG96 2.2.4), it has notices without a length."""
    line = engine.tokens.line
    if link is not None:
        if link.listener is None or line.find(b"\r", 0, engine.tokens.n) >= 0:
            return link.pushed and link.state == _OPEN
        return False
    return engine.matched[_ID] == MISSING or _lacks_comma(engine)  # MISSING: something else stands there


def is_cut_header(engine, link):
    """True when the header of a push, for `link` (None: for an id that nobody has), has lost its id, the comma behind
    that, or the one before a payload on its line; or been taken to end at a comma of its payload.
    """
    matched = engine.matched
    kind = matched[_KIND]
    if kind in _IN_LINE and matched[_ID] >= 0:  # else it has ended in a comma, which may be the payload's
        if engine.tokens.window[engine.tokens.position[_POS] - 1] != 44:
            return True
    elif matched[_ID] == MISSING or link is None and matched[_VALUE] == MISSING:
        return True
    return link is None and (kind == _INLINE or kind == _INLINE_FROM) and _lacks_comma(engine)


def _lacks_comma(engine):
    # Is the number that stands for the id that of a connection, and a length of up to four digits behind it?
    line = engine.tokens.line
    at = field(line, engine.matched[_FIELDS], engine.tokens.n, engine.rows[engine.matched[_ROW] + _LINK])
    id = 0
    while engine.matched[_ID] < 1_000_000 and 48 <= line[at] <= 57 and 48 <= line[at + 1] <= 57:
        id = id * 10 + line[at] - 48
        at += 1
        link = engine.links.get(id)
        if link is not None and link.pushed and link.state == _OPEN:
            return True
    return False


def header_behind(engine):
    """The line that tells a sender has lost its LF: the header of the payload stands behind its CR, and is to come once
    more.
    """
    tokens = engine.tokens
    line = tokens.line
    at = line.find(b"\r") + 1
    engine.sender_n = min(engine.sender_n, at - 1 - engine.matched[_FIELDS])
    n = tokens.n - at
    copy(line, 0, line, at, n)
    line[n] = 0
    tokens.n = n
    if n + 2 + tokens.position[_STOP] - tokens.position[_POS] > len(tokens.window):
        is_lost_push(engine)
        return
    line[n] = 13
    line[n + 1] = 10
    tokens.put_back(line, n + 2)


def is_lost_push(engine):
    """True when the line is the header of a push of which something is wrong or missing: a connection has lost its
    payload, and is told so."""
    rows = engine.rows
    pos = 0
    while rows[pos]:
        if rows[pos + 1] == _PUSH_BIT:
            at = _behind_damaged(engine, pos + _NAME, pos + rows[pos])
            at = at or _behind_gap(engine, pos + _NAME, pos + rows[pos])
            if at and _fail_pushed(engine, pos, at):
                engine.sender_n = 0
                _drop_pushed(engine, pos, at)
                return True
        pos += rows[pos]
    return False


def _behind_damaged(engine, start, end):
    # Where the first field stands in a line that begins with rows[start:end] but for one byte that is wrong or too
    # many, or what stands there instead of its last ones; 0: it does not.
    pos = _alike(engine, start, end)
    at = _without_blanks(engine.tokens.line, pos - start)
    if pos == end:  # nothing is: what stands behind it is damaged, or got lost
        return at
    if end - start < _TELLING:
        return 0
    return _goes_on(engine, pos + 1, end, at + 1) or _goes_on(engine, pos, end, at + 1) or (at if pos + 2 >= end else 0)


def _behind_gap(engine, start, end):
    # As _behind_damaged(), but for some bytes in a row that are missing.
    pos = _alike(engine, start, end)
    at = _without_blanks(engine.tokens.line, pos - start)
    start = end - start - _TELLING  # so many may be
    while start > 0 and pos < end:
        start -= 1
        pos += 1
        if _goes_on(engine, pos, end, at):
            return _goes_on(engine, pos, end, at)
    return 0


def _alike(engine, pos, end):
    # How far the line is as rows[pos:end].
    line = engine.tokens.line
    at = 0
    while pos < end and line[at] == engine.rows[pos]:
        at += 1
        pos += 1
        while line[at] == 32:
            at += 1
    return pos


def _without_blanks(line, n):
    # Where the line stands behind its first n bytes that are no blanks, and the blanks behind them.
    at = 0
    while n or line[at] == 32:
        if line[at] != 32:
            n -= 1
        at += 1
    return at


def _goes_on(engine, pos, end, at):
    # Where the number begins behind rows[pos:end], if that stands at line[at:]; else 0.
    line = engine.tokens.line
    while pos < end:
        while line[at] == 32:
            at += 1
        if line[at] != engine.rows[pos]:
            return 0
        at += 1
        pos += 1
    while line[at] == 32:
        at += 1
    return at if 48 <= line[at] <= 57 else 0


def _fail_pushed(engine, row, at):
    # The payload of a push to the connection that the line tells is lost; False when nothing is pushed to that.  No
    # connection is known by that number: it was for one of all of them.
    link = engine.links.get(_field(engine, at, engine.rows[row + _LINK]))
    if link is not None:
        if link.pushed and link.state == _OPEN:
            lose(engine, link)
        return link.pushed
    found = False
    is_datagram = engine.rows[row + _ROW_KIND] >= _RAW_FROM
    for link in engine.links.values():
        if link.pushed and link.state == _OPEN and link.keeps_borders == is_datagram:
            found = True
            lose(engine, link)
    return found


def _drop_pushed(engine, row, at):
    # The payload behind that header: as much as it tells, so that what stands behind is understood.
    tokens = engine.tokens
    kind = engine.rows[row + _ROW_KIND]
    n = _field(engine, at, engine.rows[row + _VALUE_FIELD])
    if kind == _INLINE_HEX or kind == _INLINE_HEX_FROM:
        return  # it stands in the line
    if kind == _INLINE or kind == _INLINE_FROM:
        at = field(tokens.line, at, tokens.n, engine.rows[row + _FIELD_COUNT])
        if at < 0 or tokens.n - at != n:  # with a line's end in it
            distrust_soon(engine, None)
    elif 0 < n <= _PUSHED_MAX:
        engine.matched[_KIND] = kind
        engine.begin_payload(None, n)
    else:
        distrust_soon(engine, None)


def _field(engine, at, index):
    # The number in that field of the line behind a name that ends at `at`; below 0: none.
    tokens = engine.tokens
    if index != _ABSENT:
        at = field(tokens.line, at, tokens.n, index)
        if at >= 0:
            return number(tokens.line, at)
    return -1


class _Dropped(Sink):
    # Takes what is dropped behind a damaged header.  A push to another connection that is among it is lost as well.

    def __init__(self, engine):
        self.engine = engine
        self.n = 0  # bytes of a line, in the engine's; longer ones are cut, and no line comes meanwhile

    def write(self, src, start, n):
        line = self.engine.tokens.line
        for i in range(start, start + n):
            if src[i] == 10:
                self.n = 0
            elif self.n < _HEADER_MAX and (self.n or src[i] != 13):
                line[self.n] = src[i]
                self.n += 1
                if src[i] == 13 or src[i] == 44:  # a field is whole
                    self._look()
        return n

    def _look(self):
        engine = self.engine
        rows = engine.rows
        engine.tokens.n = self.n
        engine.tokens.line[self.n] = 0
        pos = 0
        while rows[pos]:
            start = pos + _NAME
            end = pos + rows[pos]
            if rows[pos + 1] == _PUSH_BIT and _alike(engine, start, end) == end:
                at = _without_blanks(engine.tokens.line, end - start)
                if rows[pos + _LINK] == _ABSENT or _field(engine, at, rows[pos + _LINK]) in engine.links:
                    _fail_pushed(engine, pos, at)
                    self.n = _HEADER_MAX  # seen
                    return
            pos = end


def drop_payload(engine):
    """What comes is payload for nobody, for nobody knows how long."""
    engine.tokens.raw(None, 0)
    try:
        engine.tokens.sink = _Dropped(engine)
    except MemoryError:  # what is lost among it stays untold
        pass
