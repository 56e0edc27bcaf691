"""TCP over one link of the modem, with the methods of MicroPython's socket and streams.

The data plane is recv_into(), readinto(), send(), sendall() and write(): each is a loop over one step that never
waits (_recv_step, _send_step) and the modem's wait.  They allocate nothing on MicroPython after the first transfer
in each direction; everything else here may.
"""


from errno import EAGAIN, ETIMEDOUT

from .link import NO
from .sockets import ELSEWHERE, MSG_DONTWAIT, MSG_PEEK, Socket
from .words import A_READ

_NOTHING = bytearray(0)


class StreamSocket(Socket):
    _elsewhere = b" lifecycle: connect listen accept _listen_steps options: unacked" + ELSEWHERE

    # -- receive

    def recv_into(self, buf, n=0):
        """Receive up to n bytes (0: as many as buf holds) into buf; returns the count, 0 when the peer closed.

        Returns what is there, without waiting for more; waits for the first byte, at most the timeout.
        Allocates nothing.  Raises OSError: ETIMEDOUT, EAGAIN (non-blocking), ENOTCONN, ECONNRESET, ENOBUFS
        (pushed data was lost for want of room).  Source: the READ and PUSH rows of the dialect tables.
        """
        if n <= 0 or n > len(buf):
            n = len(buf)
        self._start_clock()
        got = self._recv_wait(buf, n)
        if got < 0:
            self._fail(-got)
        return got

    def readinto(self, buf, n=0):
        """Fill buf (or its first n bytes) and return the count: less only at the end of the stream.

        When the timeout passes before, what came is returned; ETIMEDOUT is raised only when nothing did.
        Non-blocking: what is there, None when nothing.  Allocates nothing.  Raises as recv_into().
        """
        if n <= 0 or n > len(buf):
            n = len(buf)
        self._start_clock()
        got = self._recv_wait(buf, n)
        if got > 0 and got < n:
            got = self._read_on(buf, got, n)
        if got < 0:
            return self._fail_stream(-got)
        return got

    def _read_on(self, buf, got, n):
        # The rest of an exact read: by way of the ring, because only it can be emptied to an offset.
        while got < n:
            more = self._recv_part(buf, got, n - got)
            if more <= 0:
                break
            got += more
        return got

    def _recv_part(self, buf, at, n):
        while True:
            more = self._ring_step(buf, at, n)
            if more != -EAGAIN:
                return more
            if self._timeout_ms == 0 or not self._wait():
                return -ETIMEDOUT

    def _recv_wait(self, buf, n):
        # The count, 0 at the end, or a negative errno.
        if self._timeout_ms == 0:
            return self._recv_now(buf, n)
        while True:
            got = self._recv_step(buf, n)
            if got != -EAGAIN:
                return got
            if not self._wait():
                return self._give_up_read()

    def _recv_now(self, buf, n):
        self._modem._service()
        got = self._recv_step(buf, n)
        if got == -EAGAIN and self._link is not None:
            self._look_again(self._link)
        return got

    def _give_up_read(self):
        link = self._link
        if self._reading and self._direct:
            self._engine.abandon(link.rx)
            self._direct = False
            if link.rx.count:
                return link.rx.count
        return -ETIMEDOUT

    def _recv_step(self, buf, n):
        # One step towards up to n bytes in buf[:n]: the count, 0 at the end, -EAGAIN: wait and call again.
        link = self._link
        if link is None:
            return self._not_yet(link)
        if self._reading:
            got = self._read_result(link)
            if got:
                return got
        if link.ring is not None and link.ring.count:
            return link.ring.get(buf, 0, n)
        if link.ready != NO and link.rx.verb is not None and self._timeout_ms and n >= self._table[A_READ]:
            return self._start_read(link, buf, n)
        return self._next_step(link)

    def _ring_step(self, buf, at, n):
        # As _recv_step, to buf[at:at + n] and always by way of the ring.
        link = self._link
        if link is None:
            return self._not_yet(link)
        if self._reading:
            got = self._read_result(link)
            if got < 0:
                return got
        if link.ring is not None and link.ring.count:
            return link.ring.get(buf, at, n)
        return self._next_step(link)

    def recv(self, n, flags=0):
        """Up to n bytes as bytes; b"" when the peer closed.  Waits and raises as recv_into(); allocates the result.

        flags: MSG_PEEK leaves the bytes where they are, MSG_DONTWAIT does not wait.
        """
        if flags & MSG_DONTWAIT:
            return self._at_once(self.recv, n, flags)
        if n <= 0:
            return b""
        self._start_clock()
        got = self._fetch()
        if got < 0:
            self._fail(-got)
        if not got:
            return b""
        ring = self._link.ring
        return ring.look(0, min(n, got)) if flags & MSG_PEEK else ring.take(n)

    def _fetch(self):
        # Wait until the ring holds something: its count, 0 at the end, or a negative errno.
        if self._timeout_ms == 0:
            self._modem._service()
        while True:
            got = self._ring_step(_NOTHING, 0, 0)
            link = self._link
            if link is not None and link.ring is not None and link.ring.count:
                return link.ring.count
            if got != -EAGAIN:
                return got
            if self._timeout_ms == 0:
                if link is not None:
                    self._look_again(link)
                return got
            if not self._wait():
                return -ETIMEDOUT

    def read(self, n=-1):
        """n bytes, fewer at the end of the stream; without n, everything up to the end.

        When the timeout passes before, what came is returned; ETIMEDOUT only when nothing did.  Non-blocking: what
        is there, None when nothing.  Allocates.
        """
        self._start_clock()
        out = b""
        while n < 0 or len(out) < n:
            got = self._fetch()
            if got <= 0:
                if got < 0 and not out:
                    return self._fail_stream(-got)
                break
            out += self._link.ring.take(got if n < 0 else n - len(out))
        return out

    def readline(self, n=-1):
        """One line with its LF, at most n bytes of it, or what is left at the end of the stream.  Waits as read().  Allocates."""
        self._start_clock()
        out = b""
        while len(out) != n:
            got = self._fetch()
            if got <= 0:
                if got < 0 and not out:
                    return self._fail_stream(-got)
                break
            ring = self._link.ring
            end = ring.find(b"\n", got)
            if 0 <= n < len(out) + (end or got):
                end = n - len(out)
            out += ring.take(end or got)
            if end:
                break
        return out

    # -- send

    def send(self, buf):
        """Send all of buf and return its length; less when an error came in the middle (the next call raises it).

        Counts what the module accepted.  Waits at most the timeout.  Non-blocking: takes what one command can carry, which
        goes out in the background; EAGAIN until the module has accepted that.  Allocates nothing.  Raises OSError: ETIMEDOUT, ENOTCONN, ECONNRESET.
        Source: the SEND rows of the dialect tables.
        """
        if isinstance(buf, str):  # MicroPython's sockets take text, too
            buf = buf.encode()
        self._start_clock()
        sent = self._send_all(buf, 0, len(buf))
        if sent < 0:
            self._fail(-sent)
        return sent

    def write(self, buf, at=None, n=None):
        """As send() for buf, buf[:n] (two arguments) or buf[at:at + n]; non-blocking: None instead of EAGAIN."""
        if isinstance(buf, str):
            buf = buf.encode()
        if at is None:
            at = 0
            n = len(buf)
        elif n is None:
            n = at
            at = 0
        if at + n > len(buf):
            n = len(buf) - at
        self._start_clock()
        sent = self._send_all(buf, at, n)
        if sent < 0:
            return self._fail_stream(-sent)
        return sent

    def sendall(self, buf):
        """Send all of buf or raise; returns None."""
        if isinstance(buf, str):
            buf = buf.encode()
        self._start_clock()
        n = len(buf)
        sent = self._send_all(buf, 0, n)
        if sent != n:
            self._fail(self._why() if sent >= 0 else -sent)

    def _why(self):
        link = self._link
        return link.errno if link is not None and link.errno else ETIMEDOUT

    def _send_all(self, buf, at, n):
        # Bytes accepted, or a negative errno when none was.
        if self._timeout_ms == 0:
            return self._post(buf, at, n) if n else 0
        self._sent = 0
        while n:
            got = self._send_wait(buf, at, n)
            if got < 0:
                return self._sent or got
            self._sent += got
            at += got
            n -= got
        return self._sent

    def _send_wait(self, buf, at, n):
        while True:
            got = self._send_step(buf, at, n)
            if got != -EAGAIN:
                return got
            if not self._wait():
                return self._give_up_send()
