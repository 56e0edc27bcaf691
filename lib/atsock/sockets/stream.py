"""TCP sockets.

The data plane is recv_into(), readinto(), send() and write(): the loops and steps of base.py, which allocate nothing on
MicroPython after the first transfer in each direction.  What hands out new bytes allocates them.
"""

from errno import EINVAL, ENOTCONN, ETIMEDOUT

from ..checks import room, source
from ..core.movers import const
from ..errors import ModemError
from .base import Socket
from .endpoint import parse_sender
from .opening import TCP, open_link

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any, Self

    Bytes = bytes | bytearray | memoryview

_AGAIN = const(-11)  # words.py
_OPEN = const(2)
_DIRECT = const(2)  # of _reading, see base.py
_HUP = const(16)  # of poll(), see base.py
_MSG_PEEK = const(2)
_MSG_DONTWAIT = const(64)
_IS_PAYLOAD = const(1)  # Tokenizer.kind
_MORE_MAX = const(1 << 29)  # more bytes than there are
_NO_BUFFER = bytearray(0)


class StreamSocket(Socket):
    """A TCP connection, or a server after bind() and listen()."""

    _unconnected_events = _HUP  # as MicroPython's own streams

    # -- opening

    def connect(self, address: "tuple[str, int]") -> None:
        """Connect to (host, port); host is a name, which the module resolves, or an address.

        Waits at most the socket's timeout, without one as long as the dialect's manual says (60-150 s).  Non-blocking:
        EINPROGRESS; poll says POLLOUT when it is connected, POLLERR when it failed, and the next call raises why.
        Allocates.  Raises ValueError (nothing is sent) for what is no host or port; OSError: ECONNREFUSED,
        EHOSTUNREACH, ETIMEDOUT, ENETDOWN (not attached), EISCONN, EMFILE (all ids in use), EBUSY (access mode).
        Source: the OPEN_TCP command of the dialect tables.
        """
        host, port = self.check_address(address)
        self._connect(TCP, host, port, self._timeout_ms)

    def connect_steps(self, host: bytes, port: int):
        """The generator of commands behind connect(), for other fronts; host and port: of check_address()."""
        return open_link(self._session, self, TCP, host, port)

    def listen(self, backlog: int = 1) -> None:
        """Accept connections to the port of bind().  backlog: how many may wait for accept(), 4 at least; more are
        closed.  Called again it sets the backlog only.

        Waits for the module also when non-blocking: nothing else is asked.  Allocates.  Raises OSError: EINVAL without
        bind() and on a connection, EADDRINUSE, EMFILE.
        Source: the OPEN_TCP_SERVER, LISTEN commands of the dialect tables.
        """
        self._session.run(self.listen_steps(backlog), self._timeout_ms or -1, "listen")

    def listen_steps(self, backlog=1):
        """The generator of commands behind listen(), for other fronts."""
        from .server import Listener

        self._check_open()
        listener = self._listener
        if listener is not None and listener.is_running():
            listener.set_backlog(backlog)
            return iter(())
        if self._link is not None and (listener is None or not listener.errno):
            raise ModemError(EINVAL, "listen() and connect() exclude each other")
        self._listener = Listener(self._session, self, backlog)
        return self._listener.listen(self._local)

    def accept(self) -> "tuple[Self, tuple[str, int]]":
        """Wait for a connection; returns (socket, (address, port)).

        Waits at most the timeout.  Allocates.  Raises OSError: ETIMEDOUT, EAGAIN (non-blocking), EINVAL before
        listen(), ENETDOWN and ECONNRESET when the network or the module went away, EBADF.
        Source: the INCOMING rows of the dialect tables.
        """
        self._check_open()
        listener = self._listener
        if listener is None or not listener.started and not listener.errno:  # or that has failed
            raise ModemError(EINVAL, "accept() comes after listen()")
        self._start_clock()
        if self._timeout_ms == 0:
            self._session.service()
        while not listener.queue:
            if listener.errno:
                self._fail(listener.errno)
            if self._timeout_ms == 0:
                self._fail(-_AGAIN)
            if not self._wait():
                self._fail(ETIMEDOUT)
        accepted = listener.accept()
        if self._timeout_ms:
            give_up = self._deadline if self._timeout_ms > 0 else None
            self._session.run(listener.settled(give_up), -1, "accept")
        return accepted

    # -- receiving

    def recv_into(self, buf: "bytearray | memoryview", n: int = 0) -> int:
        """Receive up to n bytes (0: as many as buf holds) into buf; returns the count, 0 when the peer closed.

        Waits for the first byte, at most the timeout, and returns what is there; what the module hands out at once is
        not torn by a slow line.  Allocates nothing.  Raises OSError: ETIMEDOUT, EAGAIN (non-blocking), ENOTCONN,
        ECONNRESET, ENOBUFS (pushed data was lost for want of room), EBADF.
        Source: the READ command, the PUSH rows of the dialect tables.
        """
        if type(buf) is not bytearray or not buf:
            buf = room(buf)
            if not len(buf):
                return self._nothing()
        n = n if 0 < n <= len(buf) else len(buf)
        self._begin_receiving(n)
        got = self._guarded_receive(buf)
        self._receiving = False
        return got if got >= 0 else self._fail(-got)

    def readinto(self, buf: "Any", n: int = -1) -> "int | None":
        """Fill buf (or its first n bytes; below 0: all of it) and return the count: less only at the end of the stream.

        When the timeout passes before, what came is returned; ETIMEDOUT is raised only when nothing did.
        Non-blocking: what is there, None when nothing.  Allocates nothing.  Raises as recv_into().
        """
        if type(buf) is not bytearray:
            buf = room(buf)
        n = n if 0 <= n <= len(buf) else len(buf)
        if not n:
            return self._nothing()
        self._begin_receiving(n)
        got = self._guarded_fill(buf)
        self._receiving = False
        return self._filled if got >= 0 or self._filled else self._none_or_fail(got)

    def _nothing(self):
        # Nothing is wanted, or there is no room: nobody waits for data.
        self._check_open()
        return 0

    def _guarded_fill(self, buf):
        # One local more, and the frame would be heap.
        try:
            while True:
                self._came = self._receive(buf, self._filled, self._wanted - self._filled)
                if self._came <= 0:
                    return self._came
                self._filled += self._came
                if self._filled == self._wanted:
                    return self._came
        except BaseException:
            self._interrupt_receiving(buf)
            raise

    def recv(self, n: int, flags: int = 0) -> bytes:
        """Up to n bytes; b"" when the peer closed.  Waits and raises as recv_into(); allocates the result.

        flags: MSG_PEEK leaves the bytes where they are, MSG_DONTWAIT does not wait.
        """
        if n <= 0:
            self._check_open()
            if n < 0:
                raise ValueError("negative size of recv()")  # b"" would be the end
            return b""
        self._begin_receiving(n)
        timeout_ms = self._timeout_ms
        if flags & _MSG_DONTWAIT:
            self._timeout_ms = 0
        try:
            got = self._in_ring(self._receive(_NO_BUFFER, 0, 0))
            if got < 0:
                self._fail(-got)
        finally:
            self._timeout_ms = timeout_ms
            self._receiving = False
        if not got:
            return b""
        n = min(n, got)
        return self._link.peek(0, n) if flags & _MSG_PEEK else self._link.take(n)

    def recvfrom(self, n: int, flags: int = 0) -> "tuple[bytes, tuple[str, int]]":
        """(recv(n, flags), (address, port) of the peer).  The address is the name that connect() was given."""
        data = self.recv(n, flags)
        peer = parse_sender(self._link.peer) if self._link is not None else None
        if peer is None and self._peer is not None:
            peer = (self._peer[0].decode(), self._peer[1])
        return data, peer or ("0.0.0.0", 0)

    def read(self, n: "int | None" = -1) -> "bytes | None":
        """n bytes, fewer at the end of the stream; without n (or None), everything up to the end.

        When the timeout passes before, what came is returned; ETIMEDOUT only when nothing did.  Non-blocking: what is
        there, None when nothing.  Allocates.  Raises as recv_into().
        """
        return self._gather(-1 if n is None else n, False)

    def readline(self, n: "int | None" = -1) -> "bytes | None":
        """One line with its LF, at most n bytes of it, or what is left at the end of the stream.

        Waits, returns None and raises as read().  Allocates.
        """
        return self._gather(-1 if n is None else n, True)

    def _gather(self, n, is_line):
        self._check_open()
        self._begin_receiving(n if n >= 0 and not is_line else _MORE_MAX)
        out = b""
        got = end = 0
        try:
            while not end and (n < 0 or len(out) < n):
                got = self._in_ring(self._receive(_NO_BUFFER, 0, 0))
                if got <= 0:
                    break
                limit = got if n < 0 else min(got, n - len(out))
                if is_line:
                    end = self._link.find(b"\n", limit)
                out += self._link.take(end or limit)
                self._filled = len(out)
        except BaseException:
            self._push_back(out)
            raise
        finally:
            self._receiving = False
        if out or got >= 0:
            return out
        return None if got == _AGAIN else self._fail(-got)  # as _none_or_fail(): the stack is deep here

    def _push_back(self, data):
        # The call was interrupted: what it has received comes next again.
        if data and self._link is not None:
            self._link.push_back(data)

    def _in_ring(self, got):
        # What _receive() says of no bytes at all, as what the ring holds: the count, 0 at the end, or a negative errno.
        link = self._link
        if link is None or not link.count or got == _AGAIN:
            return got
        return link.count if got < 0 else self._whole(link, self._wanted - self._filled)

    def _recv_step(self, buf, pos, n):
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
            if not self._engine.tokens.left:
                return link.get(buf, pos, n)
            got = self._whole(link, self._wanted - self._filled)
            if got < n:  # in the call below it would be one word too much for the stack
                n = got
            return link.get(buf, pos, n) if got else _AGAIN
        return self._next_step(buf, pos, n)

    def _whole(self, link, wanted):
        # How much of what the ring holds is handed out: all, but for what has come of the block that is still coming
        # in, when that is not enough.  What the peer has sent at once would come in pieces on a slow line.
        tokens = self._engine.tokens
        if not tokens.left or tokens.sink is not link or link.count >= wanted or link.count == link.size:
            return link.count
        return max(0, link.count - tokens.taken + (tokens.left if tokens.kind == _IS_PAYLOAD else 0))

    def _holds(self, link):
        return self._whole(link, _MORE_MAX) > 0

    def _part(self, buf, pos, n):
        link = self._link
        return link is not None and link.count and link.get(buf, pos, n) or -ETIMEDOUT

    # -- sending

    def send(self, buf: "Bytes | str") -> int:
        """Send all of buf and return its length; less when an error came in the middle (the next call raises it).

        Counts what the module accepted.  Waits at most the timeout.  Non-blocking: takes what one command can carry,
        which goes out in the background; EAGAIN until the module has accepted that.  Allocates nothing.
        Raises OSError: ETIMEDOUT, ENOTCONN, ECONNRESET, EBADF.
        Source: the SEND command of the dialect tables.
        """
        if type(buf) is not bytes:
            buf = source(buf)
        sent = self._begin_sending(buf, 0, len(buf))
        if sent is None:
            sent = self._guarded_send(buf)
        return sent if sent >= 0 else self._fail(-sent)

    def sendall(self, buf: "Bytes | str") -> None:
        """Send all of buf or raise, also when a part of it was sent; returns None.  Waits, allocates, raises as send().

        Non-blocking: EAGAIN when the socket does not take all of it now.
        """
        if type(buf) is not bytes:
            buf = source(buf)
        n = len(buf)
        sent = self._begin_sending(buf, 0, n)
        if sent is None:
            sent = self._guarded_send(buf)
        if sent != n:
            self._fail(-(sent if sent < 0 else self._why_less()))

    def _why_less(self):
        # Why only a part was sent, as a negative errno.
        link = self._link
        if link is None or link.state != _OPEN:
            return self._no_link()
        self._send_timed_out = bool(self._send_timed_out)  # else as _UNTOLD: this call tells of it
        return -ETIMEDOUT if self._timeout_ms else _AGAIN

    def sendto(self, buf: "Bytes | str", flags: "Any" = 0, address: "tuple[str, int] | None" = None) -> int:
        """As send(): a stream has one peer, the address is ignored (BSD)."""
        return self.send(buf)

    def write(self, buf: "Any", pos: "int | None" = None, n: "int | None" = None) -> "int | None":
        """As send() for buf, buf[:n] (two arguments) or buf[pos:pos + n]; non-blocking: None instead of EAGAIN."""
        if type(buf) is not bytes:
            buf = source(buf)
        if n is None:
            n = len(buf) if pos is None else pos
            pos = 0
        if pos + n > len(buf):
            n = len(buf) - pos
        sent = self._begin_sending(buf, pos, n)
        if sent is None:
            sent = self._guarded_send(buf)
        return sent if sent >= 0 else self._none_or_fail(sent)

    def unacked(self) -> int:
        """How many of the bytes sent so far the peer has not acknowledged, as the module tells it.

        Waits for the module, at most the timeout.  Allocates.  Raises OSError EOPNOTSUPP where it does not tell
        (SIM7028, Fibocom), ENOTCONN, EBADF, CommandError.
        Source: AT+QISEND=<id>,0 (BG96 2.1.7), AT+CIPACK (A7600 2.16).
        """
        from ..services import unacked

        self._check_open()
        if self._link is None:
            self._fail(ENOTCONN)
        return self._session.run(unacked(self._session, self._link), self._timeout_ms, "unacked")
