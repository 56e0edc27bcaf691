"""What all sockets of the modem share: link, timeout, waiting, errors, polling.

The kinds: streams.py (TCP), datagrams.py (UDP), servers.py (accept), transparent.py.
"""

import io
from errno import EAGAIN, ECONNRESET, EIO, ENOTCONN, ETIMEDOUT

from .engine import LATE
from .errnos import os_error
from .lend import method
from .link import GONE, NO, OPEN, OPENING
from .words import A_CHUNK, A_READ, A_SEND

# Requests and answers of ioctl (MicroPython py/stream.h).
_POLL = 3
MSG_PEEK = 2
MSG_DONTWAIT = 64

_RETRY_MS = 100  # first pause after the module refused data for want of room, doubled up to
_RETRY_MOST_MS = 2000
_RECHECK_MS = 10_000  # a lost notice is made up for by a read of the module's buffer after so long

# CPython: RawIOBase, so that io.BufferedReader takes a socket; MicroPython: the stream protocol.
_Base = getattr(io, "RawIOBase", io.IOBase)


ELSEWHERE = (
    b" lifecycle: bind close _check_address _check_job _check_open _connect _open_steps _end _end_steps _close_steps _is_told _hand_over"
    b" options: gettimeout _control _raise setsockopt makefile fileno "
)


class Socket(_Base):
    """One connection.  Made by Modem.socket(); methods and errors are those of MicroPython's socket."""

    _new = 16  # what poll says before connect(): POLLOUT and this, POLLHUP, as MicroPython's own
    _keepalive = (7200, 75, 9)  # idle s, interval s, count: Linux's defaults
    _listener = None  # after listen()
    _hand_over_ms = 2000  # a non-blocking close() waits so long for its command to go out
    _elsewhere = ELSEWHERE

    def __init__(self, modem, family, access, tls):
        self._modem = modem
        self._engine = modem._engine
        self._family = family
        self._access = access
        self._tls = tls
        self._link = None
        self._table = None  # of the access mode, see words.py
        self._timeout_ms = -1  # -1: wait for ever, 0: never wait
        self._deadline = 0
        self._reading = False  # link.rx is in flight, or finished and not looked at
        self._direct = False  # and its payload goes to the reader's buffer
        self._writing = False  # link.tx likewise
        self._given_up = False  # link.tx is what is left of a send() that ran out of time
        self._sent = 0  # bytes of the present call that the module accepted
        self._retry_ms = 0
        self._retry_at = 0
        self._rcvbuf = 0
        self._local = 0  # port, from bind()
        self._job = None  # non-blocking connect() on its way, or failed and not told yet
        self._outbox = None  # from the first non-blocking send on
        self._poll = None  # from the first poll on
        self._checked = 0  # ticks of the last look into the module's buffer
        self._open = True

    def __getattr__(self, name):
        return method(self._elsewhere, self, name)

    # -- connection

    def _adopt(self, link, table):
        self._link = link
        self._table = table
        self._reading = False
        self._writing = False
        self._checked = self._engine.after_ms(0)
        link.tx.verb = table[A_SEND]

    def _release(self):
        # Failed to open: tell the module if it holds the id; what that says is of no interest any more.
        link = self._link
        self._link = None
        if link is None:
            return
        link.socket = None
        self._modem._orphans.append(link)

    def __del__(self):
        # Dropped without close(): give the id back at the next opportunity; nothing is sent from a finaliser.
        if getattr(self, "_link", None) is not None:
            self._release()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    def settimeout(self, seconds):
        """Seconds to wait in each call: None for ever, 0 never (then OSError EAGAIN, or None from streams)."""
        if seconds is None:
            self._timeout_ms = -1
        elif seconds < 0:
            raise ValueError("timeout: None or seconds from 0 on, not %r" % (seconds,))
        else:
            self._timeout_ms = int(seconds * 1000)

    def setblocking(self, flag):
        """settimeout(None) or settimeout(0)."""
        self._timeout_ms = -1 if flag else 0

    # -- the module's buffer -> ring

    def _next_step(self, link):
        # The ring is empty: read the module's buffer, or say why there is nothing.
        if self._reading:
            return -EAGAIN
        if link.ready != NO and link.rx.verb is not None:
            return self._fetch_to_ring(link)
        if link.state == OPEN or link.state == OPENING:
            return -EAGAIN
        if link.state == GONE:
            return 0
        return -(link.errno or ENOTCONN)

    def _start_read(self, link, buf, n):
        # Straight into the reader's buffer, when it waits and nobody else has asked before.
        if self._engine.state or self._modem._background.first is not None:
            return -EAGAIN
        rx = link.rx
        most = self._table[A_READ]
        link.noticed = False
        rx.n = n if n < most else most
        link.direct(buf, rx.n)
        self._direct = True
        self._reading = self._engine.start(rx)
        return -EAGAIN

    def _fetch_to_ring(self, link):
        if self._engine.state == LATE:  # perhaps with what is wanted here
            return -EAGAIN
        rx = link.rx
        link.noticed = False
        link.need_ring()
        rx.n = link.ring.size if link.ring.size < self._table[A_READ] else self._table[A_READ]
        self._direct = False
        self._reading = True
        self._checked = self._engine.after_ms(0)
        self._modem._background.submit(rx)
        return -EAGAIN

    def _look_again(self, link):
        # Polled and nothing came for long: a notice may have been lost.
        if link.state == OPEN and not link.pushed and self._engine.until_ms(self._checked) < -_RECHECK_MS:
            link.ready = link.ready or 1

    def _read_result(self, link):
        # 0: nothing to tell (in flight, or its bytes are in the ring), the count of a direct read, or -errno.
        rx = link.rx
        if not rx.done:
            return 0 if not self._direct else -EAGAIN
        self._reading = False
        link.dst = None
        if self._direct and rx.count:
            return rx.count
        if rx.errno == 0 or rx.count:  # its payload has come, if only the OK behind it got lost
            return 0
        if rx.errno == EIO and link.state == GONE:  # refused: the module has forgotten the connection
            link.ready = NO
            return 0
        if link.state == OPEN and rx.errno == EIO:
            link.fail(ECONNRESET, rx.code)
        return -rx.errno if rx.errno == ETIMEDOUT else -(link.errno or rx.errno)

    # -- caller -> module

    def _send_step(self, buf, at, n):
        # One step towards sending buf[at:at + n]: bytes accepted, or -EAGAIN: wait and call again.
        link = self._link
        if link is None or self._outbox is not None and self._outbox.n:
            return self._not_yet(link)
        if self._writing:
            return self._send_result(link)
        if link.state != OPEN:
            return self._not_open(link)
        if link.flow_off or self._engine.state or self._modem._background.first is not None or self._resting():
            return -EAGAIN
        tx = link.tx
        if self._given_up:  # and what it stored has not gone out yet
            self._writing = self._engine.start(tx)
            return -EAGAIN
        tx.n = n if n < self._table[A_CHUNK] else self._table[A_CHUNK]
        if link.free == 0:
            return self._modem._ask_room(link)
        if link.free > 0 and link.free < tx.n and not link.datagram:
            tx.n = link.free
        tx.buf = buf
        tx.start = at
        self._writing = self._engine.start(tx)
        return -EAGAIN

    def _not_yet(self, link):
        # -EAGAIN while a connect() or an earlier send is on its way, else why there is no connection.
        job = self._job
        if link is not None or job is not None and not job.done:
            return -EAGAIN
        if job is None or job.error is None:
            return -ENOTCONN
        return -(getattr(job.error, "errno", None) or EIO)

    def _not_open(self, link):
        if link.state == OPENING:
            return -EAGAIN
        return -(link.errno or (ECONNRESET if link.state == GONE else ENOTCONN))

    def _post(self, buf, at, n):
        # Non-blocking: the count that was taken, or -errno.
        return self._box().post(buf, at, n)

    def _box(self):
        if self._outbox is None:
            from .outbox import Outbox  # stays with those who do not block

            self._outbox = Outbox(self)
        return self._outbox

    def _send_result(self, link):
        tx = link.tx
        if not tx.done:
            return -EAGAIN
        self._writing = False
        tx.buf = None
        if self._given_up:  # an earlier send() ran out of time; it has told so
            self._given_up = False
            if tx.errno == 0:
                return -EAGAIN if link.state == OPEN else -link.errno
        if tx.errno == 0:
            self._retry_ms = 0
            return tx.n
        if tx.errno == EAGAIN:
            self._rest()
            return -EAGAIN
        # Refused or unanswered: the connection cannot be trusted with more.  A module that tells how many bytes
        # it took (+CIPSEND) is believed.
        link.fail(ECONNRESET if tx.errno == EIO else tx.errno, tx.code)
        return tx.code if 0 < tx.code < tx.n and tx.told == self._engine.dialect.TELLS_COUNT else -link.errno

    def _give_up_send(self):
        tx = self._link.tx
        self._engine.abandon(tx)
        self._given_up = self._writing or tx.again is not None
        return -ETIMEDOUT

    def _rest(self):
        # The module has no room: pause before the same block is offered again.
        self._retry_ms = min(self._retry_ms * 2 or _RETRY_MS, _RETRY_MOST_MS)
        self._retry_at = self._engine.after_ms(self._retry_ms)

    def _resting(self):
        return self._retry_ms and not self._engine.is_past(self._retry_at)

    # -- waiting and errors

    def _start_clock(self):
        if self._timeout_ms > 0:
            self._deadline = self._engine.after_ms(self._timeout_ms)

    def _at_once(self, receive, n, flags):
        # MSG_DONTWAIT: receive() as a non-blocking socket would.
        timeout_ms = self._timeout_ms
        self._timeout_ms = 0
        try:
            return receive(n, flags & ~MSG_DONTWAIT)
        finally:
            self._timeout_ms = timeout_ms

    def _wait(self):
        # Until something came or a pause is over; False when the timeout has passed.
        ms = _RECHECK_MS
        if self._retry_ms:
            ms = self._retry_ms
        if self._timeout_ms > 0:
            left = self._engine.until_ms(self._deadline)
            if left <= 0:
                return False
            if left < ms:
                ms = left
        if not self._modem._wait(ms) and ms == _RECHECK_MS:
            self._recheck()
        return True

    def _recheck(self):
        link = self._link
        if link is not None and link.state == OPEN and not link.pushed and not self._writing:
            link.ready = link.ready or 1

    def _fail(self, errno):
        # Raise what stands behind a negative result.
        if errno == EAGAIN:
            raise os_error(EAGAIN)
        self._raise(errno)

    def _fail_stream(self, errno):
        if errno == EAGAIN:
            return None
        self._fail(errno)

    # -- the rest of the interface

    def _holds(self, link):
        return link.ring is not None and link.ring.count > 0

    def ioctl(self, request, arg):
        """MicroPython's stream requests: FLUSH, POLL, CLOSE; others answer -EINVAL.  POLL allocates the first time only."""
        if request != _POLL:
            return self._control(request)
        if self._poll is None:
            from .polling import poll  # stays with those who poll

            self._poll = poll
        return self._poll(self, arg)

    def readable(self):
        return True

    def writable(self):
        return True
