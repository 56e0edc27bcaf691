"""Transparent sockets: one connection owns the UART, its bytes go through untouched.

Knows how a socket enters data mode, leaves it and comes back.  What is payload and what is the module's, the guard
times and the escape itself are in core/datamode.py.
"""

from errno import ENOTCONN, EOPNOTSUPP

from ..core.command import Command, query
from ..core.datamode import (
    RING_MAX,
    DataFilter,
    EscapeGuard,
    after_connection_ended,
    escape,
    escape_without_reader,
)
from ..core.jobs import run_command
from ..core.movers import const
from ..errors import EBUSY, ModemError
from .opening import TCP, UDP, close_link, free_port
from .stream import StreamSocket

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.link import Link
    from ..core.session import Session

# words.py
_DATA_MODE = const(3)  # Engine.state
_AGAIN = const(-11)
_NO = const(0)  # Link.rx_pending
_MAYBE = const(1)
_OPEN = const(2)  # Link.state

_LOOK_MS = const(10_000)  # without a byte
_QUIET_MS = const(300)  # behind what may be result codes; more payload would have come by then
_READ_OUT = const(1024)  # bytes per read of what the module buffered while data mode was left
_AT_MS = const(2000)


class TransparentSocket(StreamSocket):
    """A StreamSocket whose connection takes the whole UART; other sockets raise EBUSY meanwhile.

    escape() leads to command mode with the connection kept, resume() back.  A payload of exactly "+++" after a
    second of silence is sent with a second before its last byte, so that the module cannot take it for the escape.
    """

    _what = TCP
    _linger_ms = 15_000  # a close in the background begins with two silences

    def connect(self, address):
        """Connect to (host, port); the port is in data mode afterwards.

        Waits and raises as StreamSocket.connect().  Source: the DATA_TCP row of the dialect tables.
        """
        host, port = self.check_address(address)
        self._connect(self._what, host, port, self._timeout_ms)

    def _adopt(self, link: "Link", table):
        super()._adopt(link, table)
        rules = self._session.table
        self._guard = EscapeGuard(self._engine, rules.GUARD_MS)
        self._escaped = False
        self._reads_when_escaped = rules.ESCAPED_READS
        if link.buf is None:
            link.make_ring()
        link.data_filter = DataFilter(link, rules.DATA_ENDS)

    # -- receive

    def _next_step(self, buf, pos, n):
        link = self._link
        if self._escaped:
            if link.state == _OPEN and not self._reads_when_escaped:
                return _AGAIN
        elif self._engine.state == _DATA_MODE and link.data_filter.n and link.state == _OPEN:
            return self._recv_step(buf, pos, n) if self._was_payload(link) else _AGAIN
        # By way of the ring also where the buffer is large: the filter puts payload there.
        return super()._next_step(buf, pos, 0)

    def _was_payload(self, link):
        # What the filter holds back may be result codes: True when it was payload, which is in the ring now.
        if not self._is_quiet():
            return False
        if link.data_filter.complete:
            self._session.spawn(after_connection_ended(self._session, link.data_filter))
            return False
        link.data_filter.release()
        return True

    def _is_quiet(self):
        engine = self._engine
        return not engine.pump() and -engine.until_ms(engine.last_rx_ms) >= _QUIET_MS

    def _wait(self):
        # As all sockets', but data mode has no notice that could have been lost.
        link = self._link
        if link is None or self._escaped:
            return super()._wait()
        ms = self._retry_ms or _LOOK_MS
        if self._timeout_ms > 0:
            left = self._engine.until_ms(self._deadline)
            if left <= 0:
                return False
            ms = min(ms, left)
        if link.data_filter.n or self._engine.rx_blocked:
            # What comes and has no room can wait: what is to be sent does not need it.
            self._session.wait(min(ms, _QUIET_MS), False)
        else:
            self._session.wait(ms)
        return True

    # -- send

    def _send_step(self, buf, pos, n):
        link = self._link
        if link is None:
            return self._no_link()
        if self._escaped:
            raise ModemError(EBUSY, "the socket is in command mode: resume() first")
        if link.state != _OPEN:
            return super()._send_step(buf, pos, n)
        if self._engine.state != _DATA_MODE or self._engine.transmitter.left:  # one local more would be heap
            return _AGAIN  # accepted, and CONNECT has not come yet; or an escape is on its way
        n = self._guard.allowed(buf, pos, n)
        self._retry_ms = 0 if n else self._guard.pause_ms
        return self._write(buf, pos, n) if n else _AGAIN

    def _write(self, buf, pos, n):
        engine = self._engine
        n = engine.port.write(buf, pos, n)
        engine.tx_blocked = n == 0
        if not n:
            return _AGAIN
        self._guard.note_written(n)
        return n

    def _post(self, buf, pos, n):
        self._session.service()
        return self._send_step(buf, pos, n)

    # -- leaving and entering data mode

    def escape(self):
        """Leave data mode, keep the connection: silence, +++, silence (guard times of the manual), OK.

        Data that arrives meanwhile is kept.  Takes a little over two seconds whatever the timeout.  Does nothing in
        command mode.  Allocates.  Raises Timeout when the module does not answer, OSError ENOTCONN, ECONNRESET when the
        connection has ended.  Source: BG96 TCP/IP 2.1.10, A7600 1.2, L610 1.1.24 (GUARD_MS, DATA_ENDS of the tables).
        """
        link = self._link
        if link is None:
            self._fail(ENOTCONN)
        if not self._escaped:
            self._session.run(self.escape_steps(link), -1, "escape")
            if link.state != _OPEN:
                self._fail(link.errno or ENOTCONN)

    def resume(self):
        """Back to data mode after escape(); does nothing when it is there.

        Where the module has buffered data meanwhile they are read first.  Waits for the module's answer, whatever the
        timeout.  Allocates.  Raises CommandError when the connection is gone meanwhile, Timeout, OSError ENOTCONN.
        Source: the RESUME row of the dialect tables.
        """
        link = self._link
        if link is None:
            self._fail(ENOTCONN)
        if self._escaped:
            self._session.run(self.resume_steps(link), -1, "resume")

    def is_escaped(self):
        """True between escape() and resume()."""
        return self._escaped

    def escape_steps(self, link: "Link"):
        """The generator of commands behind escape()."""
        if (yield from escape(self._session, self._guard, link.data_filter)):
            self._escaped = True
            if link.state == _OPEN:
                link.rx_pending = _MAYBE

    def resume_steps(self, link: "Link"):
        """The generator of commands behind resume()."""
        if self._reads_when_escaped:
            # What the module buffered meanwhile would be lost, or come late: read it out.
            while link.rx_pending != _NO:
                _make_room(link)
                link.rx.n = _READ_OUT
                link.rx_notified = False
                yield link.rx
                if link.rx.errno:
                    break
        words = self._session.table.RESUME_WORDS
        if words:
            yield from self._resume_unanswered(link, words)
        else:
            command = Command(link, self._resume_template())
            command.enters_data_mode = True
            yield from run_command(self._session, command)
        self._escaped = False
        self._guard.start()

    def _resume_unanswered(self, link, words):
        # Whether anything is said before the data goes on is not stated: take either.
        engine = self._engine
        yield from run_command(self._session, query(b"AT", _AT_MS))  # takes in all notices that have come
        if link.state != _OPEN:
            self._fail(link.errno or ENOTCONN)
        link.data_filter.answer(words)
        engine.enter_data_mode(link.data_filter)
        engine.transmitter.send_text(self._session.table.RESUME[0])
        yield lambda: not engine.transmitter.left

    def _resume_template(self):
        return self._session.filled(self._session.table.RESUME)

    # -- closing

    def _is_told(self, job):
        return job.done

    def _close_steps(self, link):
        if self._listener is not None:
            yield from self._listener.close()
            return
        if not self._escaped and link.state == _OPEN and self._engine.state == _DATA_MODE:
            link.discarding = True
            yield from escape(self._session, self._guard, link.data_filter)
        yield from close_link(self._session, link)


def _make_room(link):
    # Nobody reads meanwhile, and what comes must not be lost.
    if link.room() < _READ_OUT and link.size < RING_MAX:
        link.resize(link.size * 2)


class TransparentDatagrams(TransparentSocket):
    """UDP in data mode: what goes out becomes datagrams as the module sees fit, and borders are not told."""

    _what = UDP

    def connect(self, address):
        """Send to, and receive from, (host, port) only; the port is in data mode afterwards.

        Waits and raises as StreamSocket.connect().  Source: the DATA_UDP row of the dialect tables.
        """
        host, port = self.check_address(address)
        self._local = self._local or free_port(self._session)
        self._peer = (host, port)
        self._connect(self._what, host, port, self._timeout_ms)

    def listen(self, backlog=1):
        """Raises OSError EOPNOTSUPP."""
        raise ModemError(EOPNOTSUPP, "listen() is for TCP")

    def _resume_template(self):
        # Some modules open once more (SIM7028 3.3.3).
        host, port = self._peer
        return self._session.filled(self._session.table.RESUME_UDP, host=host, port=port, local=self._local)


# -- for commands of the application that leave and enter data mode, and for links without a socket


def leave_data_mode(session: "Session"):
    """Back to command mode, whoever has entered data mode.  A generator of commands.

    A transparent socket escapes; what a command of the application entered is left with nobody reading.
    Raises Timeout when the module does not answer; the engine is in command mode then, but for a socket's data mode.
    """
    engine = session.engine
    for link in engine.links.values():
        if link.data_filter is not None and link.socket is not None and engine.tokens.sink is link.data_filter:
            yield from link.socket.escape_steps(link)
            return
    yield from escape_without_reader(session, session.table.GUARD_MS)


def resume_data_mode(session: "Session"):
    """Back to data mode with the transparent socket that left it; False: there is none.  A generator of commands."""
    for link in session.engine.links.values():
        if link.data_filter is not None and link.socket is not None and link.socket.is_escaped():
            yield from link.socket.resume_steps(link)
            return True
    return False
