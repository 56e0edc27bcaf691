"""What the transfers of all sockets share: receiving, sending, poll().

A transfer is a loop over a step that never waits (_recv_step, _send_step) and the session's wait.  There is one such
loop for receiving (_receive) and one for sending (_send_loop); stream.py, datagram.py and transparent.py stand on them.

What a step returns is a count or a negative errno; AGAIN: wait, and call again.  Steps, loops and poll() allocate
nothing on MicroPython after the first transfer in each direction; everything else here may.
"""

from errno import EAGAIN, EBADF, ECONNRESET, EINVAL, EIO, ETIMEDOUT

from ..core.command import is_overdue
from ..core.damage import lose
from ..core.movers import const
from ..core.openids import ask_if_open
from ..errors import EBUSY
from .endpoint import Endpoint
from .sendbuffer import SendBuffer, request_credit

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.command import Command
    from ..core.link import Link

# words.py
_AGAIN = const(-11)
_NO = const(0)
_MAYBE = const(1)
_YES = const(2)
_OPEN = const(2)
_GONE = const(4)
_DEAD = const(5)
_TIMED_OUT = const(2)

_CHUNK = const(1)  # of Table.ACCESS
_READ = const(3)

_RING = const(1)  # _reading: link.rx is in flight, or finished and not looked at; its payload goes to the ring,
_DIRECT = const(2)  # or straight into the reader's buffer

_UNTOLD = const(2)  # _send_timed_out: the call has returned the count of what had gone out before

_RETRY_MS = const(100)  # first pause after the module refused data for want of room, doubled up to
_RETRY_MAX_MS = const(2000)
_LOOK_AGAIN_MS = const(10_000)  # a lost notice is made up for by a read of the module's buffer after so long

# Requests of ioctl() and events of poll(): MicroPython's stream protocol (py/stream.h).
_FLUSH = const(1)
_POLL = const(3)
_CLOSE = const(4)
_RD = const(1)
_WR = const(4)
_ERR = const(8)
_HUP = const(16)
_NVAL = const(32)


class Socket(Endpoint):
    """One connection.  Made by Modem.socket(); methods and errors are those of MicroPython's socket."""

    # -- waiting

    def _start_clock(self):
        if self._timeout_ms > 0:
            self._deadline = self._engine.after_ms(self._timeout_ms)

    def _wait(self):
        # Until something moved or a pause is over; False when the timeout has passed.
        ms = self._retry_ms or _LOOK_AGAIN_MS
        if self._timeout_ms > 0:
            left = self._engine.until_ms(self._deadline)
            if left <= 0:
                return False
            if left < ms:
                ms = left
        # As Session.wait(): the stack is deep below.
        if self._session.service() or self._engine.rx_blocked and self._receiving and self._is_full():
            return True
        if self._session.pause(ms) or self._session.service():
            return True
        if not self._writing:
            self._look_again()
        return True

    def _is_full(self):
        # Has as much come as the ring holds, and more waits?  It is received now: pause() would drop that.
        link = self._link
        return link is not None and link.count == link.size

    def _look_again(self):
        # Nothing is there.  When it has been so for 10 s, a notice may have been lost: ask the module once more.
        link = self._link
        if link is not None and link.state == _OPEN and self._engine.until_ms(self._checked) <= -_LOOK_AGAIN_MS:
            self._checked = self._engine.after_ms(0)
            if not link.pushed or link.rx.done:  # has been read: a buffered client of a server that pushes (BG96 2.2.4)
                link.rx_pending = link.rx_pending or _MAYBE
            if not self._reading:
                ask_if_open(self._session, link)

    # -- receiving: the module's buffer -> ring, or the reader's buffer

    def _receive(self, buf, pos, n):
        # Waits until there is something to receive: what _recv_step() says then, or a negative errno.
        if not self._timeout_ms and self.takes_in:
            self._session.service()
        while True:
            got = self._recv_step(buf, pos, n)
            if got != _AGAIN:
                return got
            if not self._timeout_ms:
                self._look_again()
                return _AGAIN
            if not self._wait():
                return self._give_up_receiving() or self._part(buf, pos, n)

    def _begin_receiving(self, n):
        # A call that receives up to n bytes begins.  Another one in the middle of it (from on_event) cannot.
        if self._receiving:
            self._fail(EBUSY)
        self._receiving = True
        self._wanted = n
        self._filled = 0
        self._start_clock()

    def _guarded_receive(self, buf):
        # _receive() that may be interrupted by an exception.  Few arguments: the frame stays off the heap.
        try:
            return self._receive(buf, 0, self._wanted)
        except BaseException:
            self._interrupt_receiving(buf)
            raise

    def _interrupt_receiving(self, buf):
        # The call ends in an exception: the buffer is the caller's again, what has come to it is received once more.
        link = self._link
        self._receiving = False
        if link is None:
            return
        end = self._filled
        if self._reading == _DIRECT:
            if link.rx.done:
                end += link.rx.count
                self._reading = 0
                link.dst = None
            else:
                end = link.dst_at
                self._engine.abandon(link.rx)
                self._reading = _RING
        if end:
            link.push_back(bytes(memoryview(buf)[:end]))

    def _recv_step(self, buf, pos, n):
        # One step of receiving up to n bytes to buf[pos:].
        raise NotImplementedError

    def _next_step(self, buf, pos, n):
        # The ring is empty: read the module's buffer, straight to buf[pos:pos + n] when that waits and holds all that
        # the module gives at once; or say why there is nothing: 0 at the end.
        link = self._link
        if self._reading:
            return _AGAIN
        rx = link.rx
        if link.rx_pending == _NO or link.discarding or rx.template is None:
            if link.state == _OPEN:
                return _AGAIN
            return 0 if link.state == _GONE else self._no_link()
        rx.n = self._table[_READ]
        if n >= rx.n and self._timeout_ms and not self._engine.unresponsive and not self._engine.port.stream.any():
            if self._engine.state or self._session.queue is not None:  # somebody has asked before
                return _AGAIN
            link.rx_notified = False
            link.dst = buf
            link.dst_at = pos
            link.dst_end = pos + rx.n
            self._reading = _DIRECT if self._engine.start(rx) else 0
        elif self._engine.state != _TIMED_OUT or self._engine.unresponsive:  # its answer may bring what is wanted here
            link.rx_notified = False
            if link.buf is None:
                link.make_ring()
            if link.size < rx.n:
                rx.n = link.size
            self._reading = _RING
            self._checked = self._engine.after_ms(0)
            self._session.submit(rx)
        return _AGAIN

    def _read_result(self, link):
        # 0: nothing to tell (in flight, or its bytes are in the ring), the count of a direct read, or a negative errno.
        rx = link.rx
        reading = self._reading
        if not rx.done:
            return 0 if reading == _RING else _AGAIN
        self._reading = 0
        link.dst = None
        if rx.count:  # its payload has come, if only the OK behind it got lost
            return rx.count if reading == _DIRECT else 0
        if rx.errno:
            return self._read_failed(link, rx)
        return self._answer_lost(link) if link.unanswered else 0

    def _answer_lost(self, link):
        # A notice told of data, the answer of the read that asked for them never came, and now there are none.
        link.unanswered = 0
        lose(self._engine, link)
        return 0 if link.keeps_borders else -ECONNRESET

    def _read_failed(self, link, rx):
        if rx.errno == ETIMEDOUT and link.rx_pending == _YES:
            link.unanswered = 1
        if rx.errno == EIO:  # refused: the module has forgotten the connection
            link.rx_pending = _NO
            if link.state == _GONE:
                return 0
            if link.state == _OPEN:
                link.fail(ECONNRESET, rx.code)
        return -(link.errno or rx.errno)

    def _give_up_receiving(self):
        # The time is over: the count of what has come to the caller's buffer all the same, 0 when the rest is to be
        # looked at.
        link = self._link
        if link is not None and self._reading:
            self._engine.abandon(link.rx)
            if self._reading == _DIRECT:
                self._reading = _RING
                if link.rx.count:
                    return link.rx.count
        return 0

    def _part(self, buf, pos, n):
        # The time is over in the middle of a block: what there is of it, or -ETIMEDOUT.
        return -ETIMEDOUT

    # -- sending: the caller's buffer -> module

    def _begin_sending(self, buf, pos, n):
        # A call that sends buf[pos:pos + n] begins: None, and _guarded_send() is next; else what has come of it.
        if n <= 0:
            return 0 if self._open else -EBADF
        if self._sending:  # from on_event, in the middle of another call
            return -EBUSY
        if not self._timeout_ms:
            return self._post(buf, pos, n)
        self._sending = True
        self._tx_pos = pos
        self._tx_end = pos + n
        self._start_clock()
        return None

    def _guarded_send(self, buf):
        # Waits until all is sent: the bytes accepted, or a negative errno when none was.  What is in flight when the
        # call is interrupted stays so, with no hold on the buffer.
        try:
            return self._send_loop(buf)
        except BaseException:
            self._sending = False
            self._give_up_sending()
            raise

    def _send_loop(self, buf):
        start = self._tx_pos
        self._engine.pump()  # what has come before the command is sent is no answer to it
        while self._tx_pos < self._tx_end:
            got = self._send_step(buf, self._tx_pos, self._tx_end - self._tx_pos)
            if got >= 0:
                self._tx_pos += got
            elif got != _AGAIN:
                break
            elif not self._wait():
                got = self._give_up_sending()
                if self._send_timed_out and self._tx_pos > start:
                    self._send_timed_out = _UNTOLD
                break
        self._sending = False
        return self._tx_pos - start or got

    def _post(self, buf, pos, n):
        # Non-blocking: the count that was taken, or a negative errno.
        got = self._can_accept()
        return got or self._send_buffer.copy_in(self, buf, pos, n)

    def _can_accept(self):
        # 0 when the send buffer can take a command's worth, or a negative errno.  Takes in what has come.
        waiting = self._send_buffer
        if waiting is None:
            waiting = self._send_buffer = SendBuffer()
        if self.takes_in:
            self._session.service()
        link = self._link
        if link is None:
            return self._no_link()
        if waiting.n:
            return _AGAIN if link.state == _OPEN else self._no_link()  # what is on its way may hang for long
        if self._writing or self._send_timed_out:
            got = self._send_step(None, 0, 0)  # what a send() that ran out of time has left
            return _AGAIN if got == 0 and self._send_timed_out else got
        if link.state != _OPEN:
            return self._no_link()
        if link.flow_off or self._retry_ms and not self._engine.is_past(self._retry_at):
            return _AGAIN
        return 0

    def is_sent(self) -> bool:
        """True when the module has accepted, or refused for good, all that non-blocking sends have taken."""
        return self._send_buffer is None or self._send_buffer.n == 0

    def has_lost(self) -> bool:
        """True when something that non-blocking sends have taken did not go out; told once."""
        lost = self._send_buffer is not None and self._send_buffer.lost
        if lost:
            self._send_buffer.lost = False
        return lost

    def _send_step(self, buf, pos, n):
        # One step towards sending buf[pos:pos + n]: the bytes accepted.
        link = self._link
        if link is None:
            return self._no_link()
        if self._send_buffer is not None and self._send_buffer.n:
            return _AGAIN if link.state == _OPEN else self._no_link()
        if self._writing:
            return self._send_result(link)
        if link.state != _OPEN:
            return self._no_link()
        if link.flow_off or self._engine.state and not self._engine.unresponsive or self._session.queue is not None:
            return _AGAIN
        if self._retry_ms and not self._engine.is_past(self._retry_at):
            return _AGAIN
        tx = link.tx
        if not self._send_timed_out:  # else what it stored has not gone out yet
            tx.n = n if n < self._table[_CHUNK] else self._table[_CHUNK]
            if link.tx_credit == 0:
                return request_credit(self._session, link)
            if 0 < link.tx_credit < tx.n and not link.keeps_borders:
                tx.n = link.tx_credit
            tx.buf = buf
            tx.start = pos
        self._writing = self._engine.start(tx)
        return _AGAIN

    def _send_result(self, link):
        tx = link.tx
        if not tx.done and (link.tx_until is None or not is_overdue(self._engine, link)):
            return _AGAIN
        self._writing = False
        tx.buf = None
        if tx.errno == 0 and not self._send_timed_out:
            self._retry_ms = 0
            return tx.n
        if tx.errno != EAGAIN:
            return self._send_failed(link, tx)
        # The module has no room: pause before the same block is offered again, or pushed out where it was stored.
        if tx.resume_from is None:
            self._send_timed_out = False
        self._retry_ms = min(self._retry_ms * 2 or _RETRY_MS, _RETRY_MAX_MS)
        self._retry_at = self._engine.after_ms(self._retry_ms)
        return _AGAIN

    def _send_failed(self, link: "Link", tx: "Command"):
        # An earlier send() that ran out of time is over, which has told so; or this one was refused or not answered.
        if self._send_timed_out:
            untold = self._send_timed_out == _UNTOLD or tx.errno and tx.resume_from is not None
            self._send_timed_out = False
            if tx.errno == 0 or self._may_go_on(link, tx):
                return -link.errno if link.state != _OPEN else -ETIMEDOUT if untold else 0
        if self._may_go_on(link, tx):
            return -ETIMEDOUT
        # The connection cannot be trusted with more.  A module that tells how many bytes it took (+CIPSEND) is right; a
        # part of a datagram is none.
        link.fail(ECONNRESET if tx.errno == EIO else tx.errno, tx.code)
        if link.keeps_borders or tx.error_source != self._session.table.TELLS_COUNT or not 0 < tx.code < tx.n:
            return -link.errno
        return tx.code

    def _may_go_on(self, link, tx):
        # A datagram may have got lost, and the next one may not.  Where the module stores them first, it may be stored:
        # it is pushed out before the next one, which would be joined to it.
        if tx.errno != ETIMEDOUT or not link.keeps_borders:
            return False
        if len(tx.template) > 4:
            tx.resume_from = tx.template[4]
            self._send_timed_out = True
        return True

    def _give_up_sending(self):
        # The time is over: -ETIMEDOUT; what is in flight stays so.
        link = self._link
        if link is not None:
            self._engine.abandon(link.tx)
            link.tx.waits_until = None
            self._send_timed_out = self._writing or link.tx.resume_from is not None
        return -ETIMEDOUT

    # -- poll()

    def ioctl(self, request: int, arg: int = 0) -> int:
        """MicroPython's stream requests: FLUSH, POLL, CLOSE; others answer -EINVAL (and raise nothing).

        POLL: the requested events that hold now; HUP and ERR also when they were not requested.  Takes in what has
        come, does not wait.  Allocates the first time only.
        """
        if request == _POLL:
            return self._poll(arg)
        if request == _CLOSE:
            self.close()
            return 0
        return 0 if request == _FLUSH else -EINVAL

    def _poll(self, wanted):
        self._session.service()
        if self._listener is not None and self._open:
            if self._listener.errno:
                return _ERR | _HUP
            return wanted & _RD if self._listener.queue else 0
        link = self._link
        if link is None or self._is_connecting():
            return self._poll_unconnected(wanted)
        events = 0
        if wanted & _RD and self._is_readable(link):
            events = _RD
        if wanted & _WR and self._is_writable(link):
            events |= _WR
        if link.state == _DEAD:
            events |= _ERR | _HUP
        elif link.state == _GONE and link.rx_pending == _NO and not self._reading and not link.count:
            events |= _HUP
        return events

    def _poll_unconnected(self, wanted):
        if not self._open:
            return _NVAL
        if self._job is None:
            return wanted & _WR | self._unconnected_events
        return _ERR | _HUP if self._job.done else 0

    def _is_readable(self, link):
        # recv() would not wait: something is in the ring (fetch it there if it is not), or the end is reached.
        if self._reading and self._read_result(link) < 0:
            return True
        if self._holds(link) or self._next_step(b"", 0, 0) != _AGAIN:
            return True
        self._look_again()
        return False

    def _is_writable(self, link):
        # send() would not wait: there is room for a command's worth, or it fails at once.
        if self._send_buffer is not None and self._send_buffer.n:
            return False
        if link.state != _OPEN:
            return link.state == _GONE
        if link.flow_off or self._writing and not self._is_over(link):
            return False
        return not self._retry_ms or self._engine.is_past(self._retry_at)

    def _is_over(self, link):
        # Has the module answered to what a send() that ran out of time has left?  The next one looks what.
        if not self._send_timed_out or not link.tx.done:
            return False
        if link.tx.errno == EAGAIN:  # there is a pause first
            self._send_result(link)
        return True

    def _holds(self, link):
        # Is there something in the ring that recv() would return?
        return link.count > 0
