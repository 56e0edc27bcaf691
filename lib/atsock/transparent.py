"""Transparent (data) mode: one connection owns the UART, its bytes go through untouched.

Owns the guard times of +++ and the rule that payload never looks like it; tail.py recognises the lines by which a
module says in band that data mode is over.
"""

from errno import ENOTCONN, EOPNOTSUPP

import atsock

from . import tables
from .asking import ask, run
from .command import Command
from .errnos import EBUSY
from .fast import const, copy
from .lend import once
from .port import ticks_add
from .releasing import close_link
from .ring import resize, room
from .sockets import StreamSocket
from .states import NO, OPEN
from .tail import RING_MOST, Tail

_DATA_MODE = const(3)  # Engine.state
_EVENT_CLOSED = const(2)
_AGAIN = const(-11)  # see sockets.py
_GUARD_MARGIN_MS = 30  # on top of the manual's silence, for the clock's grain
_OK_MS = 3_000  # for the OK behind the second silence
_QUIET_MS = 300  # after a line that may end data mode: more payload would have come by then
_EARLY_MS = 200  # silence this much below the guard time may be taken for one by the module
_GAP_MS = 1000  # and this much above it surely breaks a +++ apart, however a module counts (SIMCom: 900 ms between two)
_PLUS = b"+++"


def _hear(engine, line):
    # A line that stood in the stream: what it tells unasked.
    tokens = engine.tokens
    copy(tokens.line, 0, line, 0, len(line))
    tokens.n = len(line)
    tokens.line[tokens.n] = 0
    if line:
        engine.knows()


class TransparentSocket(StreamSocket):
    """A StreamSocket whose connection takes the whole UART; other sockets raise EBUSY meanwhile.

    escape() leads to command mode with the connection kept, resume() back.  A payload of exactly "+++" after a
    second of silence is sent with a second between its bytes, so that the module cannot take it for the escape.
    """

    _free_at = 0  # ticks when the last byte that was written has left the line
    _wrote_at = 0  # ticks of the last write
    _plus = -1  # '+' bytes since the last silence with nothing else, -1: something else came
    _out = False  # escaped
    _what = b"TCP"
    _again = {}  # where a RESUME_UDP that opens once more goes to

    def connect(self, address):
        """As StreamSocket.connect(); the port is in data mode afterwards."""
        host, port = self._check_address(address)
        self._connect(self._what, host, port, self._timeout_ms)

    def _adopt(self, link, table):
        once("adopting", "_adopt", self, link, table)
        self._free_at = self._wrote_at = self._engine.after_ms(0)
        if link.buf is None:
            link.buf = bytearray(link.size)
        rules = tables.of(self._modem)
        self._guard_ms = rules.number(b"GUARD_MS")
        self._ends = tuple(rules.cells(b"DATA_ENDS"))
        self._escaped_reads = rules.yes(b"ESCAPED_READS")
        link.tail = Tail(link, self._ends)
        self._out = False

    # -- data

    def _next_step(self, buf, at, n):
        link = self._link
        if self._out:
            if link.state == OPEN and not self._escaped_reads:
                return _AGAIN
        elif self._engine.state == _DATA_MODE and link.tail.n and link.state == OPEN:
            return self._recv_step(buf, at, n) if self._is_released(link) else _AGAIN
        # By way of the ring also where the buffer is large: the tail is minded there.
        return super()._next_step(buf, at, 0)

    def _is_released(self, link):
        # What may be the module's last words: is it payload?
        if not self._is_quiet():
            return False
        if link.tail.complete:
            self._modem._spawn(self._ended(link))
            return False
        link.tail.release()
        return True

    def _is_quiet(self):
        # Has the module been silent behind what may be its last words?
        engine = self._engine
        return not engine.pump() and -engine.until_ms(engine.moved_ms) >= _QUIET_MS

    def _wait(self):
        link = self._link
        if link is None or self._out or not link.tail.n and not self._engine.stalled:
            return super()._wait()
        if self._timeout_ms > 0 and self._engine.is_past(self._deadline):
            return False
        # What comes and has no room can wait: what is to be sent does not need it.
        self._modem._pause(_QUIET_MS)
        return True

    def _ended(self, link):
        # The module has left data mode by itself; the connection is gone.
        engine = self._engine
        tail = link.tail
        engine.leave_data()
        for line in bytes(memoryview(tail.hold)[: tail.n]).split(b"\r\n"):
            _hear(engine, line)  # they may tell more than that
        tail.n = 0
        tail.complete = False
        if link.state == OPEN:
            link.gone()
            link.held = engine.closes_gone
            engine.event(_EVENT_CLOSED, link, 0)
        link.ready = NO
        yield from run(self._modem, ask(b"AT", 2000), False)

    def _send_step(self, buf, at, n):
        link = self._link
        if link is None:
            return self._no_link()
        if self._out:
            raise atsock.ModemError(EBUSY, "the socket is in command mode: resume() first")
        if link.state != OPEN:
            return super()._send_step(buf, at, n)
        if self._engine.state != _DATA_MODE:  # accepted, and CONNECT has not come yet
            return _AGAIN
        self._look_back()
        if self._plus >= 0:
            n = self._spoil_escape(buf, at, n)
            if not n:
                return _AGAIN
        n = self._engine.port.write(buf, at, n)
        self._engine.full = n == 0
        if not n:
            return _AGAIN
        self._count_out(n)
        return n

    def _look_back(self):
        # Silence as early as it can have begun (a fast line) may make an escape; to break one apart it must be long
        # enough on the slowest.
        engine = self._engine
        guard = self._guard_ms
        if self._plus == 2:
            if -engine.until_ms(self._free_at) > guard + _GAP_MS:
                self._plus = 0
        elif -engine.until_ms(self._wrote_at) > guard - _EARLY_MS:
            self._plus = 0

    def _post(self, buf, at, n):
        self._modem._service()
        return self._send_step(buf, at, n)

    def _spoil_escape(self, buf, at, n):
        # Nothing but '+' has gone out since the last silence: never let there be exactly three.
        if n > 3 or self._plus + n > 3:
            self._plus = -1
            return n
        i = 0
        while i < n:
            if buf[at + i] != 43:
                self._plus = -1
                return n
            i += 1
        if self._plus + n < 3:
            self._plus += n
            return n
        n = 2 - self._plus
        self._plus = 2
        if not n:
            self._retry_ms = self._guard_ms + _GAP_MS  # the third one after another silence
        return n

    def _count_out(self, n):
        engine = self._engine
        self._retry_ms = 0
        self._wrote_at = engine.after_ms(0)
        if engine.is_past(self._free_at):
            self._free_at = engine.after_ms(0)
        self._free_at = ticks_add(self._free_at, n * 10_000 // engine.port.baudrate + 1)

    # -- leaving and entering data mode

    def escape(self):
        """Leave data mode, keep the connection: silence, +++, silence (guard times of the manual), OK.

        Data that arrives meanwhile is kept.  Takes a little over two seconds.  Raises Timeout when the module does not
        answer, OSError ENOTCONN.
        """
        if self._link is None:
            self._fail(ENOTCONN)
        if not self._out:
            self._modem._run(self._escape_steps(self._link), -1, "escape")
            if self._link.state != OPEN:
                self._fail(self._link.errno or ENOTCONN)

    def _escape_steps(self, link):
        engine = self._engine
        guard = self._guard_ms
        tail = link.tail
        while True:  # whatever is written in between starts the silence anew; so does nothing here
            left = engine.until_ms(self._free_at) + guard + _GUARD_MARGIN_MS
            if left <= 0:
                break
            yield left
        if tail.complete:  # its last words, and a second of silence behind them
            yield from self._ended(link)
            return
        tail.first = ()
        tail.release()
        self._write_now(_PLUS)
        self._count_out(3)
        yield guard - 50
        # Only now can the OK come; before, the same bytes are payload.
        tail.words = (b"OK",) + self._ends
        give_up = engine.after_ms(_OK_MS)
        yield lambda: tail.complete or engine.is_past(give_up)
        tail.words = self._ends
        if not tail.complete:
            raise atsock.Timeout("no answer to +++")
        if not tail.hold.startswith(b"\r\nOK"):  # its last words came meanwhile
            yield from self._ended(link)
            return
        tail.n = 0
        tail.complete = False
        engine.leave_data()
        self._out = True
        if link.state == OPEN:
            link.ready = 1
        yield from run(self._modem, ask(b"AT", 2000), False)

    def _write_now(self, data):
        written = 0
        while written < len(data):
            written += self._engine.port.write(data, written, len(data) - written)

    def _make_room(self, link):
        # Nobody reads meanwhile, and what comes must not be lost.
        if room(link) < 1024 and link.size < RING_MOST:
            resize(link, link.size * 2)

    def resume(self):
        """Back to data mode after escape().  Raises CommandError when the connection is gone meanwhile, Timeout."""
        link = self._link
        if link is None:
            self._fail(ENOTCONN)
        if self._out:
            self._modem._run(self._resume_steps(link), -1, "resume")

    def _resume_steps(self, link):
        table = tables.of(self._modem)
        words = tuple(table.cells(b"RESUME_WORDS"))
        if self._escaped_reads:
            # What the module buffered meanwhile would be lost, or come late: read it out.
            while link.ready != NO:
                self._make_room(link)
                link.rx.n = 1024
                link.noticed = False
                yield link.rx
                if link.rx.errno:
                    break
        if words:
            # Whether anything is said before the data goes on is not stated: take either.
            engine = self._engine
            yield from run(self._modem, ask(b"AT", 2000))  # takes in all notices that have come
            if link.state != OPEN:
                self._fail(link.errno or ENOTCONN)
            link.tail.answer(words)
            engine.enter_data(link.tail)
            self._write_now(table.command(b"RESUME")[0] + b"\r")
        else:
            command = Command(link, table.command(b"RESUME") if self._what == b"TCP" else table.command(b"RESUME_UDP", **self._again))
            command.enters_data = True
            yield from run(self._modem, command)
        self._out = False
        self._free_at = self._wrote_at = self._engine.after_ms(0)

    _hand_over_ms = 15_000  # it begins with two silences

    def _is_told(self, job):
        return job.done

    def _close_steps(self, link):
        if self._listener is not None:
            yield from self._listener.close()
            return
        if not self._out and link.state == OPEN and self._engine.state == _DATA_MODE:
            link.dropping = True
            yield from self._escape_steps(link)
        yield from close_link(self._modem, link)


class TransparentDatagrams(TransparentSocket):
    """UDP in data mode: what goes out becomes datagrams as the module sees fit, and borders are not told."""

    _what = b"UDP"

    def connect(self, address):
        """Send to, and receive from, (host, port) only.  Raises as for TCP."""
        host, port = self._check_address(address)
        self._local = self._local or self._modem._free_port()
        self._again = {"host": host, "port": port, "local": self._local}
        self._connect(b"UDP", host, port, self._timeout_ms)

    def listen(self, backlog=1):
        raise atsock.ModemError(EOPNOTSUPP, "listen() is for TCP")
