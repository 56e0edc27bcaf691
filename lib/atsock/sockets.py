"""What all sockets of the modem share (link, waiting, the two directions of a transfer), and TCP sockets.

Other kinds: datagrams.py, transparent.py; servers.py accepts.  What a socket does once, or rarely, is in the modules
that places.py names.

The data plane is recv_into(), readinto(), send() and write(): each is a loop over one step that never waits
(_next_step, _send_step) and the modem's wait.  They allocate nothing on MicroPython after the first transfer in each
direction; everything else here may.  What a step returns is a count or a negative errno; -EAGAIN: wait, and call again.
"""

import io
from errno import EAGAIN

from .fast import const
from .lend import method

_AGAIN = const(-11)  # -EAGAIN of Linux, whatever this platform's number is
_RING = const(1)  # _reading: link.rx is in flight, or finished and not looked at, its payload goes to the ring,
_DIRECT = const(2)  # or straight into the reader's buffer

# The same numbers as in states.py.
_A_CHUNK = const(1)  # Table.socket() of tables.py
_A_READ = const(3)
_NO = const(0)
_OPEN = const(2)
_GONE = const(4)
_LATE = const(2)

_RETRY_MS = const(100)  # first pause after the module refused data for want of room, doubled up to
_RETRY_MOST_MS = const(2000)
_RECHECK_MS = const(10_000)  # a lost notice is made up for by a read of the module's buffer after so long


# CPython: RawIOBase, so that io.BufferedReader takes a socket; MicroPython: the stream protocol.
class Socket(getattr(io, "RawIOBase", io.IOBase)):
    """One connection.  Made by Modem.socket() (see opening.make()); methods and errors are those of MicroPython's socket."""

    _places = "SOCKET"
    _link = None
    _listener = None  # after listen()
    _job = None  # non-blocking connect() on its way, or failed and not told yet
    _outbox = None  # from the first non-blocking send on
    _local = 0  # port, from bind()
    _rcvbuf = 0
    _retry_ms = 0  # pause before a refused send is offered again
    _open = True

    def __getattr__(self, name):
        return method(self, name)

    # -- the module's buffer -> ring, or reader

    def _next_step(self, buf, at, n):
        # The ring is empty: read the module's buffer, straight to buf[at:at + n] when that waits and holds all that
        # the module gives at once; or say why there is nothing: 0 at the end.
        link = self._link
        if self._reading:
            return _AGAIN
        rx = link.rx
        if link.ready == _NO or rx.verb is None:
            if link.state == _OPEN:
                return _AGAIN
            return 0 if link.state == _GONE else self._no_link()
        rx.n = self._table[_A_READ]
        if n >= rx.n and self._timeout_ms:
            if self._engine.state or self._modem._first is not None:  # somebody has asked before
                return _AGAIN
            link.noticed = False
            link.dst = buf
            link.dst_at = at
            link.dst_end = at + rx.n
            self._reading = _DIRECT if self._engine.start(rx) else 0
        elif self._engine.state != _LATE:  # which may bring what is wanted here
            link.noticed = False
            if link.buf is None:
                link.buf = bytearray(link.size)
            if link.size < rx.n:
                rx.n = link.size
            self._reading = _RING
            self._checked = self._engine.after_ms(0)
            self._modem._submit(rx)
        return _AGAIN

    def _read_result(self, link):
        # 0: nothing to tell (in flight, or its bytes are in the ring), the count of a direct read, or a negative errno.
        rx = link.rx
        reading = self._reading
        if not rx.done:
            return 0 if reading == _RING else _AGAIN
        self._reading = 0
        link.dst = None
        if reading == _DIRECT and rx.count:
            return rx.count
        if rx.errno == 0 or rx.count:  # its payload has come, if only the OK behind it got lost
            return 0
        return self._failed(rx)

    # -- caller -> module

    def _send_step(self, buf, at, n):
        # One step towards sending buf[at:at + n]: the bytes accepted.
        link = self._link
        if link is None:
            return self._no_link()
        if self._outbox is not None and self._outbox.n:
            return _AGAIN
        if self._writing:
            return self._send_result(link)
        if link.state != _OPEN:
            return self._no_link()
        if link.flow_off or self._engine.state or self._modem._first is not None:
            return _AGAIN
        if self._retry_ms and not self._engine.is_past(self._retry_at):
            return _AGAIN
        tx = link.tx
        if not self._given_up:  # else what it stored has not gone out yet
            tx.n = n if n < self._table[_A_CHUNK] else self._table[_A_CHUNK]
            if link.free == 0:
                return self._modem._ask_room(link)
            if 0 < link.free < tx.n and not link.datagram:
                tx.n = link.free
            tx.buf = buf
            tx.start = at
        self._writing = self._engine.start(tx)
        return _AGAIN

    def _send_result(self, link):
        tx = link.tx
        if not tx.done:
            return _AGAIN
        self._writing = False
        tx.buf = None
        if tx.errno == 0 and not self._given_up:
            self._retry_ms = 0
            return tx.n
        if tx.errno != EAGAIN:
            return self._failed(tx)
        # The module has no room: pause before the same block is offered again.
        self._given_up = False
        self._retry_ms = min(self._retry_ms * 2 or _RETRY_MS, _RETRY_MOST_MS)
        self._retry_at = self._engine.after_ms(self._retry_ms)
        return _AGAIN

    # -- waiting

    def _start_clock(self):
        if self._timeout_ms > 0:
            self._deadline = self._engine.after_ms(self._timeout_ms)

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
            link = self._link
            if link is not None and link.state == _OPEN and not link.pushed and not self._writing:
                link.ready = link.ready or 1
        return True


class StreamSocket(Socket):
    """TCP."""

    _places = "STREAM"

    def recv_into(self, buf, n=0):
        """Receive up to n bytes (0: as many as buf holds) into buf; returns the count, 0 when the peer closed.

        Returns what is there, without waiting for more; waits for the first byte, at most the timeout.
        Allocates nothing.  Raises OSError: ETIMEDOUT, EAGAIN (non-blocking), ENOTCONN, ECONNRESET, ENOBUFS
        (pushed data was lost for want of room).  Source: the READ and PUSH rows of the dialect tables.
        """
        if n <= 0 or n > len(buf):
            n = len(buf)
        self._start_clock()
        got = self._receive(buf, 0, n)
        return got if got >= 0 else self._fail(-got)

    def readinto(self, buf, n=0):
        """Fill buf (or its first n bytes) and return the count: less only at the end of the stream.

        When the timeout passes before, what came is returned; ETIMEDOUT is raised only when nothing did.
        Non-blocking: what is there, None when nothing.  Allocates nothing.  Raises as recv_into().
        """
        if n <= 0 or n > len(buf):
            n = len(buf)
        self._start_clock()
        at = 0
        while True:
            got = self._receive(buf, at, n - at)
            if got > 0:
                at += got
            if got <= 0 or at == n:
                break
        if got >= 0 or at:
            return at
        return None if got == _AGAIN else self._fail(-got)

    def _receive(self, buf, at, n):
        # Up to n bytes to buf[at:]: the count, 0 at the end, or a negative errno.
        if not self._timeout_ms:
            self._modem._service()
        while True:
            got = self._recv_step(buf, at, n)
            if got != _AGAIN:
                return got
            if not self._timeout_ms:
                return self._look_again()
            if not self._wait():
                return self._give_up(at)

    def _recv_step(self, buf, at, n):
        link = self._link
        if link is None:
            return self._no_link()
        if self._reading == _DIRECT and not link.rx.done:
            return _AGAIN
        if self._reading:
            got = self._read_result(link)
            if got:
                return got
        if link.count:
            return link.get(buf, at, n)
        return self._next_step(buf, at, n)

    def send(self, buf):
        """Send all of buf and return its length; less when an error came in the middle (the next call raises it).

        Counts what the module accepted.  Waits at most the timeout.  Non-blocking: takes what one command can carry, which
        goes out in the background; EAGAIN until the module has accepted that.  Allocates nothing.  Raises OSError: ETIMEDOUT, ENOTCONN, ECONNRESET.
        Source: the SEND rows of the dialect tables.
        """
        sent = self._send_all(buf, None, None)
        return sent if sent >= 0 else self._fail(-sent)

    def write(self, buf, at=None, n=None):
        """As send() for buf, buf[:n] (two arguments) or buf[at:at + n]; non-blocking: None instead of EAGAIN."""
        sent = self._send_all(buf, at, n)
        if sent >= 0:
            return sent
        return None if sent == _AGAIN else self._fail(-sent)

    def _send_all(self, buf, at, n):
        # The bytes accepted, or a negative errno when none was.
        if isinstance(buf, str):  # MicroPython's sockets take text, too
            buf = buf.encode()
        if n is None:
            n = len(buf) if at is None else at
            at = 0
        if at + n > len(buf):
            n = len(buf) - at
        if not self._timeout_ms:
            return self._post(buf, at, n) if n else 0
        self._start_clock()
        sent = 0
        while n > 0:
            got = self._send_step(buf, at, n)
            if got >= 0:
                sent += got
                at += got
                n -= got
            elif got != _AGAIN:
                return sent or got
            elif not self._wait():
                got = self._give_up(None)
                return sent or got
        return sent
