"""asyncio over the modem's sockets: connections and servers, many at a time on one module.

Stream has the methods of asyncio's StreamReader and StreamWriter, on both interpreters.  Everything runs on the same
non-blocking sockets and generators of commands as the blocking calls; waiter.py waits.  On CPython the TLS of a stream
is in the package atsock_host (host/); MicroPython's ssl wraps the sockets themselves.
"""

import asyncio
import sys
from errno import EBADF, ECONNRESET, EOPNOTSUPP

from ..checks import room, source
from ..constants import SOCK_STREAM
from ..core.jobs import Job
from ..core.movers import const
from ..errors import ModemError, Timeout
from ..sockets.opening import make_socket
from . import waiter

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from ..core.session import Session
    from ..sockets.stream import StreamSocket

_READ = const(2048)  # bytes asked for where no count is given
_HANDSHAKE_MS = 60_000
_GOODBYE_MS = 30_000  # for what was written, and for the end of TLS behind it
_LAST_WORDS_S = const(2)
_MICROPYTHON = sys.implementation.name == "micropython"

# Socket.ioctl() (MicroPython py/stream.h)
_POLL = const(3)
_POLL_RD = const(1)


async def open_connection(session: "Session", host, port, ssl=None, server_hostname=None):
    """Connect to (host, port); returns (reader, writer), which are one Stream.

    Waits as long as the dialect's manual allows an open (60 to 150 s), with TLS up to 60 s more for the handshake (on
    MicroPython the first read or drain() makes it).  Cancelled, it gives everything back in the background.
    ssl: None, an SSLContext for TLS, or True: CPython checks the certificate, MicroPython does not; server_hostname:
    the name in the certificate, if it is not host.  Allocates.
    Raises ValueError before a byte is sent for what is no host or port; OSError as StreamSocket.connect(), and ssl's.
    """
    socket = make_socket(session, None, SOCK_STREAM, 0, None, False)
    host_bytes, port = socket.check_address((host, port))
    try:
        await waiter.of(session).run(socket.connect_steps(host_bytes, port), -1, "connect")
    except BaseException:  # cancelled, perhaps when it was open already
        _close(session, socket)
        raise
    stream = Stream(session, socket, (host_bytes.decode(), port))
    try:
        if ssl:
            await stream.start_tls(ssl, False, server_hostname or host)
    except BaseException:  # cancelled, too
        stream.close()
        raise
    return stream, stream


async def start_server(session: "Session", callback, port, backlog=5, ssl=None):
    """Listen on port (1 to 65535); returns a Server that calls callback(reader, writer) for each connection.

    callback: a function or a coroutine function; backlog: as of StreamSocket.listen(); ssl: None, or an SSLContext with
    the server's certificate.  Waits for the module.  Allocates.
    Raises ValueError for ssl=True; OSError as StreamSocket.listen().
    """
    if ssl is True:
        raise ValueError("ssl: a server needs an SSLContext with its certificate")
    socket = make_socket(session, None, SOCK_STREAM, 0, None, False)
    socket.bind(("0.0.0.0", port))
    try:
        await waiter.of(session).run(socket.listen_steps(backlog), -1, "listen")
    except BaseException:
        _close(session, socket)
        raise
    return Server(session, callback, socket, ssl)


def _close(session, socket):
    # In the background; what the module says to that is of no interest.
    steps = socket.close_steps()
    if steps is not None:
        session.spawn(steps)
        waiter.of(session).listen()


class Stream:
    """Both directions of a connection: reader and writer at once.  Everything here may allocate."""

    def __init__(self, session: "Session", socket: "StreamSocket", peer):
        socket.setblocking(False)
        socket.takes_in = False  # the waiter services the UART: the stack would be too deep
        self._session = session
        self._waiter = waiter.of(session)
        self._raw = socket  # the modem's socket
        self._socket: "Any" = socket  # that, or TLS over it
        self._extra = {"peername": peer, "socket": socket}
        self._received = b""  # has been read and not been handed out: a cancelled read loses nothing
        self._ended = False  # the peer's end has been read
        self._written = bytearray()  # by the program, and not offered to the socket yet
        self._sending: "bytes | memoryview" = b""  # what the socket is being offered; TLS wants the same bytes again
        self._flowing = False
        self._flow_job: "Job" = None
        self._error: "Exception" = None  # why writing failed
        self._close_job: "Job" = None

    async def start_tls(self, ssl, server_side, hostname):
        """Speak TLS from now on; ssl: an SSLContext, or True; hostname: the name in the server's certificate.

        On CPython the handshake is made here, in at most 60 s.  Raises Timeout, OSError, ssl's errors, and OSError
        EOPNOTSUPP on CPython without the package atsock_host.
        """
        if _MICROPYTHON:  # the first read or write makes the handshake
            if ssl is True:
                from ssl import PROTOCOL_TLS_CLIENT, SSLContext

                ssl = SSLContext(PROTOCOL_TLS_CLIENT)
            self._socket = ssl.wrap_socket(
                self._raw, server_side=server_side, server_hostname=hostname, do_handshake_on_connect=False
            )
        else:
            await self._handshake(ssl, server_side, hostname)
        self._extra["ssl_object"] = self._socket

    async def _handshake(self, ssl, server_side, hostname):
        try:
            from atsock_host.tlssocket import TlsSocket, default_context
        except ImportError as error:
            raise ModemError(EOPNOTSUPP, "TLS on CPython needs the package atsock_host: %s" % error)
        self._socket = TlsSocket(self._raw, default_context() if ssl is True else ssl, server_side, hostname)
        engine = self._session.engine
        give_up = engine.after_ms(_HANDSHAKE_MS)
        while not self._socket.do_handshake():
            if engine.is_past(give_up):
                raise Timeout("TLS handshake: timed out")
            await self._waiter.wait()

    # -- reader

    async def read(self, n: int = -1) -> bytes:
        """Up to n bytes as soon as there are any, b"" at the end of the stream; n < 0: everything up to the end.

        Waits without limit.  Raises OSError: ECONNRESET, ENOBUFS (pushed data was lost), ENETDOWN; ssl's errors.
        """
        if n < 0:
            while await self._receive(_READ):
                pass
            return self._hand_out(len(self._received))
        if n and not self._received:
            await self._receive(n)
        return self._hand_out(n)

    async def readexactly(self, n: int) -> bytes:
        """n bytes; EOFError (on CPython asyncio.IncompleteReadError, which is one) when the stream ends before.

        Waits without limit; raises as read().
        """
        while len(self._received) < n:
            if not await self._receive(n - len(self._received)):
                partial = self._hand_out(len(self._received))
                raise EOFError("end of stream") if _MICROPYTHON else asyncio.IncompleteReadError(partial, n)
        return self._hand_out(n)

    def readline(self) -> "Coroutine[Any, Any, bytes]":
        """One line with its LF, or what is left at the end of the stream.  Waits without limit; raises as read()."""
        return self._line(False)

    async def _line(self, must):
        # must: there is one, or StopAsyncIteration is raised.
        start = 0
        while True:
            pos = self._received.find(b"\n", start)
            if pos >= 0:
                return self._hand_out(pos + 1)
            start = len(self._received)
            if not await self._receive(_READ):
                break
        if must and not start:
            raise StopAsyncIteration
        return self._hand_out(start)

    async def readinto(self, buf: "bytearray | memoryview") -> int:
        """Receive what is there into buf; returns the count, 0 at the end.  Waits without limit; raises as read()."""
        buf = room(buf)
        if self._received:
            data = self._hand_out(len(buf))
            buf[: len(data)] = data
            return len(data)
        try:
            n = self._socket.readinto(buf)
            while n is None:
                await self._waiter.wait()
                n = self._socket.readinto(buf)
        except (OSError, ValueError):
            await self._last_words()
            raise
        if self._session.engine.rx_blocked:  # there is room now
            self._waiter.listen()
            self._waiter.service_soon()
        return n

    def at_eof(self) -> bool:
        """True when the end of the stream has been read."""
        return self._ended and not self._received

    def __aiter__(self) -> "Stream":
        return self

    def __anext__(self) -> "Coroutine[Any, Any, bytes]":
        return self._line(True)

    async def _receive(self, n):
        # Wait for up to n bytes more, and keep them; returns how many, 0 at the end.
        try:  # as readinto(): in one method for both the stack would be too deep
            data = self._socket.read(n)
            while data is None:
                await self._waiter.wait()
                data = self._socket.read(n)
        except (OSError, ValueError):
            await self._last_words()
            raise
        if self._session.engine.rx_blocked:  # there is room now
            self._waiter.listen()
            self._waiter.service_soon()
        self._ended = not data
        self._received = self._received + data if self._received else data
        return len(data)

    def _hand_out(self, n):
        data = self._received
        if n < len(data):
            self._received = data[n:]
            return data[:n]
        self._received = b""
        return data

    # -- writer

    def write(self, data: "bytes | bytearray | memoryview") -> None:
        """Take data (bytes) for sending and return at once; it goes out in the background, in order.

        drain() waits for that and tells what went wrong.  Raises OSError EBADF after close().
        """
        if self._close_job is not None:
            raise ModemError(EBADF, "the stream is closed")
        self._written += source(data)
        if not self._flow() and (self._flow_job is None or self._flow_job.done):
            self._flow_job = self._session.spawn(self._flow_steps())
        self._waiter.listen()

    def writelines(self, lines: "Any") -> None:
        """write() of all lines, one after the other."""
        # As write(): the stack is deep below.
        if self._close_job is not None:
            raise ModemError(EBADF, "the stream is closed")
        self._written.extend(b"".join(lines))
        if not self._flow() and (self._flow_job is None or self._flow_job.done):
            self._flow_job = self._session.spawn(self._flow_steps())
        self._waiter.listen()

    async def drain(self) -> None:
        """Wait until the module has taken all that was written.

        Without limit.  Raises OSError when it could not be sent: ECONNRESET, ENETDOWN; ssl's errors.
        """
        await asyncio.sleep(0)  # a loop of write() and drain() lets others run
        await self._waiter.until(self._is_sent)
        if self._error is not None:
            await self._last_words()
            raise self._error

    async def _last_words(self):
        # TLS that fails tells the peer why.  The program may end its loop as soon as it knows: that goes out before.
        if not self._raw.is_sent():
            try:
                await asyncio.wait_for(self._waiter.until(self._raw.is_sent), _LAST_WORDS_S)
            except asyncio.TimeoutError:
                pass

    def can_write_eof(self) -> bool:
        """False: no module can close one direction."""
        return False

    def is_closing(self) -> bool:
        """True after close()."""
        return self._close_job is not None

    def close(self) -> None:
        """Close in the background when what was written is out, or when nothing of it has gone out for 30 s.

        Returns at once; wait_closed() waits for that and tells what went wrong.
        """
        if self._close_job is None:
            self._waiter.listen()
            if self._left():
                self._close_job = Job(self._session, self._close_steps())
                self._session.add(self._close_job)
                self._waiter.service_soon()  # not now: the stack is deep already
            else:
                self._close_job = self._session.spawn(self._close_steps())
            self._waiter.notify()

    async def wait_closed(self) -> None:
        """close(), and wait until the module has closed the connection.

        Raises OSError: ECONNRESET when not everything went out, ETIMEDOUT when the module does not answer.
        """
        self.close()
        await self._waiter.until(lambda: self._close_job.done)
        self._close_job.result()

    async def awrite(self, data: "Any", pos: int = 0, n: int = -1) -> None:
        """write() of data, or of n bytes from pos on, and drain().

        MicroPython's streams still have this name of old, awritestr() and aclose(), and programs ask for them.
        """
        if pos or n >= 0:
            data = memoryview(data)[pos : len(data) if n < 0 else pos + n]
        self.write(data)
        await self.drain()

    awritestr = awrite

    def aclose(self) -> "Coroutine[Any, Any, None]":
        """As wait_closed(), which closes."""
        return self.wait_closed()

    def get_extra_info(self, name: str, default: "Any" = None) -> "Any":
        """What has this name: "peername", (host, port); "socket", the modem's; "ssl_object", the TLS over it."""
        return self._extra.get(name, default)

    async def __aenter__(self) -> "Stream":
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await self.wait_closed()

    # -- from the program to the socket

    def _flow_steps(self):
        yield self._flow

    def _flow(self):
        # Offer the socket what is left; True when nothing is, or when it cannot be sent any more.
        if self._flowing:  # the socket's write() came by here
            return False
        self._flowing = True
        try:
            while self._sending or self._written:
                if not self._sending:
                    self._sending = memoryview(self._written)
                    self._written = bytearray()
                n = self._socket.write(self._sending)
                if n is None:
                    return False
                self._sending = self._sending[n:]
            return self._is_flushed()
        except (OSError, ValueError) as error:  # ValueError: a certificate that MicroPython's ssl refuses
            self._error = error
            self._drop()
        finally:
            self._flowing = False
        return True

    def _drop(self):
        self._sending = b""
        self._written = bytearray()

    def _is_flushed(self):
        return self._socket is self._raw or _MICROPYTHON or self._socket.flush()

    def _is_sent(self):
        # The module has taken everything, or never will.
        offered = not self._left() and self._flow()  # what is left is offered by a job
        if self._error is None and self._raw.has_lost():
            self._error = ModemError(ECONNRESET, "not all that was written went out")
        return self._error is not None or offered and self._raw.is_sent()

    def _left(self):
        return len(self._sending) + len(self._written)

    # -- closing

    def _close_steps(self):
        error = None
        while not self._flow():
            left = self._left()
            yield self._moved_or_stuck(left)
            if self._left() == left and not self._flow():
                self._drop()
                error = self._error = ModemError(ECONNRESET, "not all that was written went out")
                break
        tls = self._socket if self._socket is not self._raw else None
        if tls is not None and not _MICROPYTHON:
            error = yield from self._goodbye_steps(tls)
        steps = self._raw.close_steps()
        if steps is not None:
            yield from steps
        if tls is not None and _MICROPYTHON:
            tls.close()  # frees the buffers of TLS; the socket is closed
        if error is not None:
            raise error

    def _moved_or_stuck(self, left):
        # A step of a job: true when less than that is left, everything has gone out, or nothing has for 30 s.
        engine = self._session.engine
        give_up = engine.after_ms(_GOODBYE_MS)
        return lambda: self._flow() or self._left() != left or engine.is_past(give_up)

    def _goodbye_steps(self, tls):
        # The end of TLS behind what was written; returns why that did not go out.
        engine = self._session.engine
        give_up = engine.after_ms(_GOODBYE_MS)
        yield lambda: self._is_sent() or engine.is_past(give_up)
        error = self._error
        if error is None:
            tls.say_goodbye()
            yield lambda: self._is_sent() or engine.is_past(give_up)  # nobody minds when that gets lost
        return error


class Server:
    """Calls callback(reader, writer), a function or a coroutine function, for each connection; see start_server()."""

    def __init__(self, session: "Session", callback, socket: "StreamSocket", ssl):
        socket.setblocking(False)
        self._session = session
        self._waiter = waiter.of(session)
        self._callback = callback
        self._socket = socket
        self._ssl = ssl
        self._close_job: "Job" = None
        self._tasks: "list[asyncio.Task]" = []  # so that CPython does not collect them
        self._task = asyncio.create_task(self._serve())

    async def _serve(self):
        while self._close_job is None:
            if self._socket.ioctl(_POLL, _POLL_RD):  # somebody waits, or accept() raises why nobody will
                socket, peer = self._socket.accept()
                self._tasks = [task for task in self._tasks if not task.done()]
                self._tasks.append(asyncio.create_task(self._handle(socket, peer)))
            else:
                await self._waiter.wait()

    async def _handle(self, socket, peer):
        # What the callback raises closes the connection, and is the loop's business.
        stream = Stream(self._session, socket, peer)
        try:
            if self._ssl:
                await stream.start_tls(self._ssl, True, None)
            result = self._callback(stream, stream)
            if hasattr(result, "send"):  # a coroutine
                await result
        except BaseException:  # cancelled, too
            stream.close()
            raise

    def is_serving(self) -> bool:
        """True until close(), or until the network went away."""
        return self._close_job is None and not self._task.done()

    async def serve_forever(self) -> None:
        """Wait until close(); cancelled, it closes.  Raises OSError when the network goes away."""
        try:
            await self._task
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening, in the background; connections that were handed out stay open."""
        if self._close_job is None:
            self._close_job = self._session.spawn(self._socket.close_steps() or iter(()))  # Modem.close() came before
            self._waiter.listen()
            self._waiter.notify()

    async def wait_closed(self) -> None:
        """Wait until the module has stopped listening, after close().  Raises OSError when it does not answer."""
        await self._waiter.until(lambda: self._close_job is not None and self._close_job.done)
        self._close_job.result()

    async def __aenter__(self) -> "Server":
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        self.close()
        await self.wait_closed()
