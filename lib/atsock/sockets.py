"""What all sockets of the modem share: link, timeout, waiting, errors, polling.

The kinds: streams.py (TCP), datagrams.py (UDP), servers.py (accept), transparent.py.
"""

import io

from . import checks
from .address import IPPROTO_TCP, SO_KEEPALIVE, SO_RCVBUF, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL
from .connection import close_link, open_link
from .engine import LATE
from .errors import (
    EAGAIN, EALREADY, EBADF, ECONNRESET, EINPROGRESS, EINVAL, EIO, EISCONN, ENOTCONN, EOPNOTSUPP, ETIMEDOUT, ModemError,
    Timeout, os_error,
)  # fmt: skip
from .link import DEAD, GONE, NO, OPEN, OPENING
from .outbox import Outbox
from .words import A_CHUNK, A_READ, A_SEND

# Requests and answers of ioctl (MicroPython py/stream.h).
_FLUSH = 1
_POLL = 3
_CLOSE = 4
POLL_RD = 1
POLL_WR = 4
POLL_ERR = 8
POLL_HUP = 16
POLL_NVAL = 32

MSG_PEEK = 2
MSG_DONTWAIT = 64

_RETRY_MS = 100  # first pause after the module refused data for want of room, doubled up to
_RETRY_MOST_MS = 2000
_RECHECK_MS = 10_000  # a lost notice is made up for by a read of the module's buffer after so long
_FLUSH_MS = 30_000  # close() waits so long for what non-blocking sends have taken

# CPython: RawIOBase, so that io.BufferedReader takes a socket; MicroPython: the stream protocol.
_Base = getattr(io, "RawIOBase", io.IOBase)


class Socket(_Base):
    """One connection.  Made by Modem.socket(); methods and errors are those of MicroPython's socket."""

    _new = POLL_HUP  # what poll says before connect(): POLLOUT and this, as MicroPython's own
    _keepalive = (7200, 75, 9)  # idle s, interval s, count: Linux's defaults

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
        self._checked = 0  # ticks of the last look into the module's buffer
        self._open = True

    # -- connection

    def _connect(self, what, host, port, timeout_ms):
        if self._job is not None:
            self._check_job()
        if self._link is not None:
            raise ModemError(EISCONN, "already connected")
        steps = self._open_steps(what, host, port)
        if timeout_ms:
            self._modem._run(steps, timeout_ms, "connect")
            return
        self._modem._close_orphans()
        self._job = self._modem._background.run(steps)
        self._check_job(EINPROGRESS)

    def _check_job(self, unfinished=EALREADY):
        # The outcome of a non-blocking connect(), told once.
        job = self._job
        if not job.done:
            raise os_error(unfinished)
        self._job = None
        job.result()

    def _open_steps(self, what, host, port):
        opened = False
        try:
            yield from open_link(self._modem, self, what, self._access, host, port, self._local)
            opened = True
        finally:
            if not opened:
                self._release()

    def _check_address(self, address):
        self._check_open()
        if not isinstance(address, (tuple, list)) or len(address) < 2:
            raise TypeError("address: (host, port), not %r" % (address,))
        return checks.host(address[0]), checks.port(address[1])

    def bind(self, address):
        """Take the local port of address (host, port); the host is the module's own whatever it says."""
        self._check_open()
        if self._link is not None:
            raise ModemError(EINVAL, "bind() comes before connect() and listen()")
        self._local = checks.port(address[1], 0)

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

    def close(self):
        """Close the connection.  Waits for the module's word (BG96: up to 10 s, Fibocom: 15 s).

        What non-blocking sends have taken goes out first.  A non-blocking socket waits until the module has been told,
        what it answers is taken in later; so does one whose send() ran out of time and is unanswered still, but for 2 s
        only.  Closing twice is fine.  Raises OSError when the module does not answer, or
        when something that was taken got lost; the socket is closed all the same.
        """
        steps = self._end()
        if steps is None:
            return
        if self._timeout_ms and not self._given_up:
            self._modem._run(steps, -1, "close")
        else:
            self._hand_over(self._modem._background.run(steps))

    def _end(self):
        # The steps that close it; None when there is nothing to be done.
        if not self._open:
            return None
        self._open = False
        if self._job is not None:
            self._job.cancel()
            self._job = None
        link = self._link
        self._link = None
        if link is None:
            return None
        if self._reading and not self._modem._background.withdraw(link.rx):
            self._engine.abandon(link.rx)
        return self._end_steps(link)

    def _end_steps(self, link):
        outbox = self._outbox
        lost = 0
        if outbox is not None:
            give_up = self._engine.after_ms(_FLUSH_MS)
            yield lambda: outbox.is_empty() or self._engine.is_past(give_up)
            if outbox.n:
                outbox.drop()
            if outbox.lost:
                lost = link.errno or ECONNRESET
        yield from self._close_steps(link)
        if lost:
            raise ModemError(lost, "not all that was taken for sending went out")

    def _close_steps(self, link):
        return close_link(self._modem, link)

    def _is_told(self, job):
        return job.is_sent()

    _hand_over_ms = 2000  # a non-blocking close() waits so long for its command to go out

    def _hand_over(self, job):
        give_up = self._engine.after_ms(self._hand_over_ms)
        while not self._is_told(job) and not self._engine.is_past(give_up):
            self._modem._wait(job.remaining_ms(self._engine.until_ms(give_up)))
        if job.done:
            job.result()

    def __del__(self):
        # Dropped without close(): give the id back at the next opportunity; nothing is sent from a finaliser.
        if getattr(self, "_link", None) is not None:
            self._release()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    def _check_open(self):
        if not self._open:
            raise ModemError(EBADF, "the socket is closed")

    def settimeout(self, seconds):
        """Seconds to wait in each call: None for ever, 0 never (then OSError EAGAIN, or None from streams)."""
        if seconds is None:
            self._timeout_ms = -1
        elif seconds < 0:
            raise ValueError("timeout: None or seconds from 0 on, not %r" % (seconds,))
        else:
            self._timeout_ms = int(seconds * 1000)

    def gettimeout(self):
        """What settimeout() was given, in seconds."""
        return None if self._timeout_ms < 0 else self._timeout_ms / 1000

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
        # Non-blocking: copy what one command takes, and let it go out in the background.  The count, or -errno.
        got = self._may_post()
        if got:
            return got
        if self._outbox is None:
            self._outbox = Outbox(self, self._table[A_CHUNK])
        return self._outbox.take(self._link, buf, at, n)

    def _may_post(self):
        # 0 when a command's worth can be taken, or -errno.
        self._modem._service()
        link = self._link
        if link is None or self._outbox is not None and self._outbox.n:
            return self._not_yet(link)
        if self._writing or self._given_up:
            return self._send_step(None, 0, 0)  # what a send() that ran out of time has left
        if link.state != OPEN:
            return self._not_open(link)
        return -EAGAIN if link.flow_off or self._resting() else 0

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
        link = self._link
        if errno == ETIMEDOUT:
            raise Timeout()
        if errno == EAGAIN:
            raise os_error(EAGAIN)
        if self._job is not None and self._job.done:
            self._check_job()
        if self._outbox is not None:
            self._outbox.lost = False
        raise self._modem._link_error(link, errno)

    def _fail_stream(self, errno):
        if errno == EAGAIN:
            return None
        self._fail(errno)

    # -- the rest of the interface

    def makefile(self, mode="rb", buffering=0):
        """The socket itself, as on MicroPython."""
        return self

    def setsockopt(self, level, option, value):
        """SO_RCVBUF (before connect(): bytes of the receive ring), SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL (s) and
        TCP_KEEPCNT set before it (for all sockets of the module).

        Others are taken and ignored, as on MicroPython.  Raises ValueError, OSError EOPNOTSUPP where the dialect has no
        keep-alive, CommandError.
        """
        if option == SO_KEEPALIVE and level != IPPROTO_TCP:
            from .services import keepalive

            modem = self._modem
            modem._run(keepalive(modem, value, self._keepalive), -1, "keep-alive")
        elif level == IPPROTO_TCP and option in (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT):
            keep = list(self._keepalive)
            keep[option - TCP_KEEPIDLE] = value
            self._keepalive = tuple(keep)
        elif option == SO_RCVBUF:
            if not isinstance(value, int) or not 512 <= value <= 1 << 20:
                raise ValueError("SO_RCVBUF: 512 to 1048576 bytes, not %r" % (value,))
            self._rcvbuf = value

    def ioctl(self, request, arg):
        """MicroPython's stream requests: FLUSH, POLL, CLOSE; others answer -EINVAL.  Allocates nothing for POLL."""
        if request == _POLL:
            return self._poll(arg)
        if request == _CLOSE:
            self.close()
            return 0
        if request == _FLUSH:
            return 0
        return -EINVAL

    def _poll(self, asked):
        self._modem._service()
        link = self._link
        if link is None or link.state == OPENING:
            return self._poll_unconnected(asked)
        got = 0
        if asked & POLL_RD and self._readable(link):
            got = POLL_RD
        if asked & POLL_WR and self._writable(link):
            got |= POLL_WR
        if link.state == DEAD:
            got |= POLL_ERR | POLL_HUP
        elif link.state == GONE and link.ready == NO and not self._reading and not self._holds(link):
            got |= POLL_HUP
        return got

    def _poll_unconnected(self, asked):
        job = self._job
        if not self._open:
            return POLL_NVAL
        if job is None:
            return asked & POLL_WR | self._new
        if not job.done:
            return 0
        return POLL_ERR | POLL_HUP

    def _readable(self, link):
        # recv() would not wait: something is in the ring (fetch it there if it is not), or the end is reached.
        if self._reading and self._read_result(link) < 0:
            return True
        if self._holds(link) or self._next_step(link) != -EAGAIN:
            return True
        self._look_again(link)
        return False

    def _holds(self, link):
        return link.ring is not None and link.ring.count > 0

    def _writable(self, link):
        # send() would not wait: there is room for a command's worth, or it fails at once.
        if self._outbox is not None and self._outbox.n:
            return False
        return link.state == GONE or link.state == OPEN and not link.flow_off and not self._writing and not self._resting()

    def fileno(self):
        """Raises OSError: there is no descriptor of the operating system behind this socket."""
        raise os_error(EOPNOTSUPP)

    def readable(self):
        return True

    def writable(self):
        return True

