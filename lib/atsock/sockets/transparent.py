"""Transparent sockets: one connection owns the UART, its bytes go through untouched.

Knows how a socket enters data mode, leaves it and comes back.  What is payload and what is the module's, the guard
times and the escape itself are in core/datamode.py and core/datafilter.py.
"""

from errno import ECONNRESET, ENOTCONN, EOPNOTSUPP, ETIMEDOUT

from ..core.command import Command, query
from ..core.datafilter import RING_MAX, DataFilter
from ..core.datamode import EscapeGuard, escape, escape_without_reader
from ..core.jobs import Job, check
from ..core.movers import const
from ..core.resync import REST_MS
from ..errors import EBUSY, ModemError, Timeout
from ..registration import echo_off
from .endpoint import free_port
from .opening import TCP, UDP, close_link, drop_link
from .stream import StreamSocket

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.link import Link
    from ..core.session import Session

# words.py
_IDLE = const(0)  # Engine.state
_DATA_MODE = const(3)
_AGAIN = const(-11)
_NO = const(0)  # Link.rx_pending
_MAYBE = const(1)
_OPEN = const(2)  # Link.state
_GONE = const(4)
_DEAD = const(5)
_INTERRUPTED = const(1)  # EscapeGuard.unsure
_LENGTH = const(2)  # of Tokenizer.position

_LOOK_MS = const(10_000)  # without a byte
_QUIET_MS = const(300)  # behind what may be result codes; more payload would have come by then
_READ_OUT = const(1024)  # bytes per read of what the module buffered while data mode was left
_PARTIAL = const(2)  # bytes held back: no more than that may be the end of any line
_AT_MS = const(2000)
_RESTS = const(5)  # tries to find the module with nothing more to say
_TAKE_MS = const(5000)  # for the port to take a command
_BACK_MS = const(2000)  # for the answer to the resuming command, where it is not stated whether there is one


class TransparentSocket(StreamSocket):
    """A StreamSocket whose connection takes the whole UART; other sockets raise EBUSY meanwhile.

    escape() leads to command mode with the connection kept, resume() back.  A payload of exactly "+++" after a
    second of silence is sent with two seconds before its last byte, so that the module cannot take it for the escape.
    """

    _what = TCP
    _linger_ms = 15_000  # a close in the background begins with two silences
    _close_extra_ms = 15_000  # two silences around +++
    _settling: "Job | None" = None  # finds out whether the connection stands
    _escaped = False  # a server's own socket never has the line

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
        self._settling = None
        self._untold = False
        self._reads_when_escaped = rules.ESCAPED_READS
        if link.buf is None:
            link.make_ring()
        link.data_filter = DataFilter(link, rules.DATA_ENDS, self._engine.rows)

    # -- receive

    def _next_step(self, buf, pos, n):
        link = self._link
        if link.state == _OPEN:
            if self._is_unclear(link):
                if not self._was_payload(link):
                    return _AGAIN
                return self._recv_step(buf, pos, n) if n else 0  # poll() only wants to know, and has no buffer
            if not self._escaped or not self._reads_when_escaped:
                return _AGAIN
        elif link.state == _GONE:
            if not self._has_settled():
                return _AGAIN  # it may turn out to be a failure
            if self._escaped:
                self._fail_unread(link)
        # By way of the ring also where the buffer is large: the filter puts payload there.
        return super()._next_step(buf, pos, 0)

    def _fail_unread(self, link):
        # It has ended in command mode: where the module cannot be asked for what came meanwhile that is lost.
        if link.state == _GONE and not self._reads_when_escaped:
            link.fail(ECONNRESET, 0)

    def _is_unclear(self, link):
        # May what comes next not be payload?
        if self._settling is not None or self._guard.unsure == _INTERRUPTED:
            return True
        return link.data_filter.n > 0 and not self._escaped

    def _was_payload(self, link):
        # What the filter holds back may be result codes: True when it was payload, which is in the ring now.
        if self._is_settled(link):
            return link.data_filter.n > 0 and link.data_filter.release()
        return False

    def _is_settled(self, link):
        # False while nobody knows whether the module is in data mode: what is held back may say that it is not.
        if self._settling is not None:
            if self._settling.done:
                self._settling = None
            return False
        if not self._guard.unsure:
            if not self._is_quiet():
                return False
            if not link.data_filter.is_told():
                return True
        self._settling = Job(self._session, self._settle(link))
        self._session.add(self._settling)
        return False

    def _settle(self, link):
        # The generator of commands that finds it out; data mode goes on when the connection stands.
        session = self._session
        try:
            if (yield from escape(session, self._guard, link.data_filter)):
                self._escaped = True
                link.rx_pending = _MAYBE
                yield from self.resume_steps(link)
        except OSError as error:
            if self._escaped:
                self._fail_unread(link)
            self._escaped = False
            if self._engine.state == _DATA_MODE:
                self._engine.leave_data_mode()
            if isinstance(error, Timeout):
                session.set_down()
            if link.state == _OPEN:
                link.fail(ECONNRESET, 0)

    def _is_quiet(self):
        engine = self._engine
        return not 0 <= -engine.until_ms(engine.last_rx_ms) < _QUIET_MS

    def _start_clock(self):
        super()._start_clock()
        self._engine.pump()  # what the module has said counts before anything is sent

    def _wait(self):
        # As all sockets'; but data mode has no notice that could have been lost.  One local more would be heap.
        link = None if self._escaped else self._link
        if link is not None:
            self._guard.keep_time()
        ms = self._retry_ms or _LOOK_MS
        if self._timeout_ms > 0:
            left = self._engine.until_ms(self._deadline)
            if left <= 0:
                return False
            ms = min(ms, left)
        # What comes and has no room can wait: what is to be sent does not need it.
        holds = link is not None and (link.data_filter.n or self._engine.rx_blocked)
        if holds:
            ms = min(ms, _QUIET_MS)
        # As Session.wait(): the stack is deep below.
        if self._session.service() or self._session.pause(ms, not holds) or self._session.service():
            return True
        if link is None and not self._writing:
            self._look_again()
        return True

    # -- send

    def _send_step(self, buf, pos, n):
        link = self._link
        if link is None:
            return self._no_link()
        if link.state != _OPEN:
            return super()._send_step(buf, pos, n)
        if not self._may_send(link):
            return self._later()
        if self._escaped:
            raise ModemError(EBUSY, "the socket is in command mode: resume() first")
        if self._engine.state != _DATA_MODE or self._engine.transmitter.left:  # one local more would be heap
            return self._later()  # accepted, and CONNECT has not come yet; or an escape is on its way
        n = self._guard.allowed(buf, pos, n)
        self._retry_ms = 0 if n else self._guard.pause_ms
        return self._write(buf, pos, n) if n else self._later()

    def _later(self):
        # What it waits for now is not up to the port: that would be looked at without a pause.
        self._engine.tx_blocked = False
        return _AGAIN

    def _may_send(self, link):
        # False while the module may be in command mode: it would obey what is sent.
        if self._settling is None and not self._guard.unsure and link.data_filter.n <= _PARTIAL:
            return True
        return self._is_settled(link)

    def _is_writable(self, link):
        if link.state == _OPEN and not self._may_send(link):
            return False
        return super()._is_writable(link)

    def _write(self, buf, pos, n):
        self._untold = True
        engine = self._engine
        n = engine.port.write(buf, pos, n)
        engine.tx_blocked = n == 0
        if not n:
            return _AGAIN
        self._guard.note_written(n)
        return n

    def _give_up_sending(self):
        self._engine.tx_blocked = False  # nobody waits for the port to take more
        return super()._give_up_sending()

    def _post(self, buf, pos, n):
        if self.takes_in:
            self._session.service()
        return self._send_step(buf, pos, n)

    # -- leaving and entering data mode

    def escape(self):
        """Leave data mode, keep the connection: silence, +++, silence (guard times of the manual), OK.

        Data that arrives meanwhile is kept.  Takes a little over two seconds whatever the timeout, up to 20 s when the
        module does not answer.  Does nothing in command mode.  Where the module does not give out there what has come
        (all but BG96), a connection that ends there fails with ECONNRESET.  Allocates.  Raises Timeout when it does
        not answer (what is sent then waits until an escape has found out), OSError ENOTCONN, ECONNRESET when the
        connection has ended.
        Source: BG96 TCP/IP 2.1.10, A7600 1.2, L610 1.1.24 (GUARD_MS, DATA_ENDS of the tables).
        """
        link = self._link
        if link is None:
            self._fail(ENOTCONN)
        self._session.run(self.escape_steps(link), -1, "escape")
        if link.state != _OPEN:
            self._fail(link.errno or ENOTCONN)

    def resume(self):
        """Back to data mode after escape(); does nothing when it is there.

        Where the module has buffered data meanwhile they are read first.  Waits for the module's answer, whatever the
        timeout; where it may have none, 2 s.  Allocates.  Raises CommandError when the connection is gone meanwhile,
        Timeout, OSError ENOTCONN.
        Source: the RESUME row of the dialect tables.
        """
        link = self._link
        if link is None:
            self._fail(ENOTCONN)
        self._session.run(self._resume_settled(link), -1, "resume")
        if link.state != _OPEN:
            self._fail(link.errno or ENOTCONN)

    def is_escaped(self):
        """True between escape() and resume()."""
        return self._escaped and self._has_settled()

    def _is_online(self, link):
        # Is the port in this connection's data mode?  An interrupted resume() may have led there all the same.
        engine = self._engine
        if engine.state != _DATA_MODE or engine.tokens.sink is not link.data_filter:
            return False
        if self._escaped:
            self._escaped = False
            self._guard.start()
        return True

    def escape_steps(self, link: "Link"):
        """The generator of commands behind escape()."""
        yield self._has_settled
        give_up = self._engine.after_ms(_TAKE_MS)
        # An accepted connection has the line as soon as CONNECT has come.
        yield lambda: self._is_online(link) or self._escaped or self._guard.unsure or self._engine.is_past(give_up)
        online = self._is_online(link)
        while link.state == _OPEN and not self._escaped and (online or self._guard.unsure):
            escaped = yield from escape(self._session, self._guard, link.data_filter)
            if escaped:
                self._escaped = True
                if link.state == _OPEN:
                    link.rx_pending = _MAYBE
            if escaped is not None:
                break

    def echo_off_steps(self, link: "Link"):
        """The generator of commands behind an open that was the first command to come back: see echo_off()."""
        yield from self.escape_steps(link)
        yield from self.resume_steps(link)

    def _has_settled(self):
        return self._settling is None or self._settling.done

    def _resume_settled(self, link):
        yield self._has_settled
        yield from self.resume_steps(link)

    def resume_steps(self, link: "Link"):
        """The generator of commands behind resume()."""
        session = self._session
        engine = self._engine
        if not self._escaped or self._is_online(link):
            return
        while self._reads_when_escaped and link.rx_pending != _NO and link.state == _OPEN:
            # What the module buffered meanwhile would be lost, or come late: read it out.
            _make_room(link)
            link.rx.n = _READ_OUT
            link.rx_notified = False
            yield link.rx
            if link.rx.errno == ETIMEDOUT:
                check(session, link.rx)
            if link.rx.errno:
                break
        yield from echo_off(engine)
        words = session.table.RESUME_WORDS
        if words:
            # Whether anything is said before the data goes on is not stated: take either.
            for _ in range(_RESTS):
                command = query(b"AT", _AT_MS)  # takes in all notices that have come,
                yield command
                check(session, command)
                yield REST_MS  # and one that is on its way would be data (L610 1.1.24 tells of data that wait)
                if engine.state == _IDLE and session.queue is None and not engine.tokens.position[_LENGTH]:
                    break
            else:
                command = query(b"AT", _AT_MS)
                yield command
                check(session, command)
            if link.state != _OPEN:
                self._fail(link.errno or ENOTCONN)
            text = session.table.RESUME[0]
            link.data_filter.answer(words, text + b"\r", session.table.RESUME_NOTICES)
            engine.enter_data_mode(link.data_filter)
            engine.transmitter.send_text(text)
            give_up = engine.after_ms(_TAKE_MS)
            yield lambda: not engine.transmitter.left or engine.is_past(give_up)
            give_up = engine.after_ms(_BACK_MS)
            yield lambda: not link.data_filter.first or engine.is_past(give_up)
            if not link.data_filter.answered and not engine.is_past(give_up):
                yield _QUIET_MS  # if it was a notice all the same, the module is not in data mode yet
        else:
            command = Command(link, self._resume_template())
            command.enters_data_mode = True
            yield command
            if command.errno and link.state == _OPEN:
                link.fail(ECONNRESET, command.code)
            check(session, command)
        self._escaped = False
        self._guard.start()

    def _resume_template(self):
        return self._session.filled(self._session.table.RESUME)

    # -- closing

    def _is_told(self, job):
        return job.done

    def _close_steps(self, link):
        if self._listener is not None:
            yield from self._listener.close()
            return
        yield self._has_settled
        link.discarding = True
        try:
            if self._is_online(link) or self._guard.unsure and not self._escaped:
                escaped = None
                while escaped is None:
                    escaped = yield from escape(self._session, self._guard, link.data_filter)
        except Timeout:
            # The module answers nothing at all: what it believes is found out when it is attached again.
            self._engine.leave_data_mode()
            self._session.set_down()
            link.socket = None
            raise
        except BaseException:  # out of time, or Ctrl-C in a write: the line is given back at the next opportunity
            link.socket = None
            self._session.later(drop_link(self._session, link))
            raise
        errno = link.errno if self._untold and link.state == _DEAD else 0
        yield from close_link(self._session, link)
        if errno:
            raise self._session.link_error(errno)


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
    if not (yield from escape_without_reader(session, session.table.GUARD_MS)):
        raise Timeout("no answer to +++")


def resume_data_mode(session: "Session"):
    """Back to data mode with the transparent socket that left it; False: there is none.  A generator of commands."""
    for link in session.engine.links.values():
        if link.data_filter is not None and link.socket is not None and link.socket.is_escaped():
            yield from link.socket.resume_steps(link)
            return True
    return False
