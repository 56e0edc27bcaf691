"""asyncio over the modem's sockets: connections and servers, many at a time on one module.

Streams have the methods of asyncio's StreamReader and StreamWriter, on both interpreters.  Everything runs on the same
non-blocking sockets and generators of commands as the blocking front; ear.py waits.  Imported when it is used.
"""

from errno import EBADF, ECONNRESET
import asyncio
import sys

import atsock

from . import ear

_READ = 2048  # bytes asked for where no count is given
_HANDSHAKE_MS = 60_000
_GOODBYE_MS = 30_000  # for what was written and the end of TLS behind it
_MICROPYTHON = sys.implementation.name == "micropython"


async def open_connection(modem, host, port, ssl=None, server_hostname=None):
    """Connect to (host, port); returns (reader, writer).  See Modem.open_connection()."""
    socket = modem.socket()
    host_bytes, port = socket._check_address((host, port))
    await _open(modem, socket, socket._open_steps(b"TCP", host_bytes, port), "connect")
    stream = Stream(modem, socket, (host_bytes.decode(), port))
    try:
        if ssl:
            await stream._wrap(ssl, False, server_hostname or host)
    except BaseException:  # cancelled, too
        stream.close()
        raise
    return stream, stream


async def start_server(modem, callback, port, backlog=5, ssl=None):
    """Listen; returns a Server.  See Modem.start_server()."""
    if ssl is True:
        raise ValueError("ssl: a server needs an SSLContext with its certificate")
    socket = modem.socket()
    socket.bind(("0.0.0.0", port))
    await _open(modem, socket, socket._listen_steps(), "listen")
    return Server(modem, callback, socket, ssl)


async def _open(modem, socket, steps, what):
    hear = ear.of(modem)
    try:
        await hear.run(steps, -1, what)
    except BaseException:  # cancelled, perhaps when it was open already
        steps = socket._end()
        if steps is not None:
            modem._spawn(steps)
            hear.listen()
        raise


class Stream:
    """Both directions of a connection: reader and writer at once."""

    def __init__(self, modem, socket, peer):
        socket.setblocking(False)
        self._modem = modem
        self._ear = ear.of(modem)
        self._raw = socket  # the modem's socket
        self._socket = socket  # that, or TLS over it
        self._extra = {"peername": peer, "socket": socket}
        self._held = b""  # has been read and not been handed out: a cancelled read loses nothing
        self._ended = False
        self._out = bytearray()  # has been written and waits behind
        self._sending = b""  # what the socket is being offered; TLS wants the very same bytes again
        self._flowing = False
        self._flow_job = None
        self._error = None  # why writing failed
        self._close_job = None

    async def _wrap(self, ssl, server_side, hostname):
        if _MICROPYTHON:  # the first read or write makes the handshake
            if ssl is True:
                from ssl import PROTOCOL_TLS_CLIENT, SSLContext

                ssl = SSLContext(PROTOCOL_TLS_CLIENT)
            self._socket = ssl.wrap_socket(self._raw, server_side=server_side, server_hostname=hostname, do_handshake_on_connect=False)
        else:
            from .cpython_tls import TlsSocket, default_context

            self._socket = TlsSocket(self._raw, default_context() if ssl is True else ssl, server_side, hostname)
            engine = self._modem._engine
            give_up = engine.after_ms(_HANDSHAKE_MS)
            while not self._socket.do_handshake():
                if engine.is_past(give_up):
                    raise atsock.Timeout("TLS handshake: timed out")
                await self._ear.wait()
        self._extra["ssl_object"] = self._socket

    # -- reader

    async def _more(self, n):
        # Up to n bytes as soon as there are any; b"" at the end.
        data = self._socket.read(n)
        while data is None:
            await self._ear.wait()
            data = self._socket.read(n)
        self._ended = not data
        return data

    async def _hold_more(self, n):
        data = await self._more(n)
        self._held += data
        return len(data)

    def _hand_out(self, n):
        data = self._held[:n]
        self._held = self._held[n:]
        return data

    async def read(self, n=-1):
        """Up to n bytes as soon as there are any, b"" at the end; without n, everything up to the end."""
        if n < 0:
            while await self._hold_more(_READ):
                pass
            return self._hand_out(len(self._held))
        if self._held or not n:
            return self._hand_out(n)
        return await self._more(n)

    async def readexactly(self, n):
        """n bytes; EOFError (on CPython asyncio.IncompleteReadError, which is one) when the stream ends before."""
        while len(self._held) < n:
            if not await self._hold_more(n - len(self._held)):
                partial = self._hand_out(len(self._held))
                raise EOFError("end of stream") if _MICROPYTHON else asyncio.IncompleteReadError(partial, n)
        return self._hand_out(n)

    async def readline(self):
        """One line with its LF, or what is left at the end of the stream."""
        start = 0
        while True:
            at = self._held.find(b"\n", start)
            if at >= 0:
                return self._hand_out(at + 1)
            start = len(self._held)
            if not await self._hold_more(_READ):
                return self._hand_out(len(self._held))

    async def readinto(self, buf):
        """What is there, into buf; the count, 0 at the end."""
        if self._held:
            data = self._hand_out(len(buf))
            buf[: len(data)] = data
            return len(data)
        n = self._socket.readinto(buf)
        while n is None:
            await self._ear.wait()
            n = self._socket.readinto(buf)
        return n

    def at_eof(self):
        """True when the end has been read."""
        return self._ended and not self._held

    def __aiter__(self):
        return self

    async def __anext__(self):
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line

    # -- writer

    def write(self, data):
        """Take data for sending; it goes out in the background.  drain() waits for that, and tells what went wrong."""
        if self._close_job is not None:
            raise atsock.ModemError(EBADF, "the stream is closed")
        self._out.extend(data)
        if not self._flow() and (self._flow_job is None or self._flow_job.done):
            self._flow_job = self._modem._spawn(self._flow_steps())
        self._ear.listen()

    def writelines(self, lines):
        self.write(b"".join(lines))

    def _flow_steps(self):
        yield self._flow

    def _flow(self):
        # Offer the socket what is left; True when nothing is, or when it cannot be sent any more.
        if self._flowing:  # the socket's write() came by here
            return False
        self._flowing = True
        try:
            while self._sending or self._out:
                if not self._sending:
                    self._sending = memoryview(self._out)
                    self._out = bytearray()
                n = self._socket.write(self._sending)
                if n is None:
                    return False
                self._sending = self._sending[n:]
            return self._is_flushed()
        except (OSError, ValueError) as error:  # ValueError: a certificate that MicroPython's ssl refuses
            self._error = error
            self._sending = b""
            self._out = bytearray()
        finally:
            self._flowing = False
        return True

    def _is_out(self):
        taken = self._flow()
        outbox = self._raw._outbox
        if self._error is None and outbox is not None and outbox.lost:
            outbox.lost = False
            self._error = atsock.ModemError(ECONNRESET, "not all that was written went out")
        return self._error is not None or taken and (outbox is None or outbox.is_empty())

    def _is_flushed(self):
        return self._socket is self._raw or _MICROPYTHON or self._socket.flush()

    async def drain(self):
        """Wait until the module has taken all that was written.  Raises OSError when it could not be sent."""
        await asyncio.sleep(0)  # a loop of write() and drain() lets others run
        await self._ear.until(self._is_out)
        if self._error is not None:
            raise self._error

    def can_write_eof(self):
        return False

    def is_closing(self):
        return self._close_job is not None

    def close(self):
        """Close when what was written is out, or when nothing of it has gone out for 30 s; wait_closed() waits for that."""
        if self._close_job is None:
            self._close_job = self._modem._spawn(self._close_steps())
            self._ear.listen()
            self._ear.wake()

    def _close_steps(self):
        engine = self._modem._engine
        error = None
        while not self._flow():
            left = self._left()
            give_up = engine.after_ms(_GOODBYE_MS)
            yield lambda: self._flow() or self._left() != left or engine.is_past(give_up)
            if self._left() == left and engine.is_past(give_up):
                self._sending = b""
                self._out = bytearray()
                error = self._error = atsock.ModemError(ECONNRESET, "not all that was written went out")
        tls = self._socket if self._socket is not self._raw else None
        if tls is not None and not _MICROPYTHON:
            error = yield from self._goodbye_steps(tls)
        steps = self._raw._end()
        if steps is not None:
            yield from steps
        if tls is not None and _MICROPYTHON:
            tls.close()  # frees the buffers of TLS; the socket is closed
        if error is not None:
            raise error

    def _left(self):
        return len(self._sending) + len(self._out)

    def _goodbye_steps(self, tls):
        # The end of TLS behind what was written; returns why that did not go out.
        engine = self._modem._engine
        give_up = engine.after_ms(_GOODBYE_MS)
        is_over = lambda: self._is_out() or engine.is_past(give_up)
        yield is_over
        error = self._error
        if error is None:
            tls.say_goodbye()
            yield is_over  # nobody minds when that gets lost
        return error

    async def wait_closed(self):
        """Wait until the module has closed the connection.  Raises OSError when not everything went out."""
        self.close()
        await self._ear.until(lambda: self._close_job.done)
        self._close_job.result()

    def get_extra_info(self, name, default=None):
        """"peername": (host, port); "socket"; "ssl_object": the TLS over it."""
        return self._extra.get(name, default)

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, trace):
        await self.wait_closed()


class Server:
    """Calls callback(reader, writer), a function or a coroutine function, for each connection."""

    def __init__(self, modem, callback, socket, ssl):
        socket.setblocking(False)
        self._modem = modem
        self._ear = ear.of(modem)
        self._callback = callback
        self._socket = socket
        self._ssl = ssl
        self._close_job = None
        self._tasks = []  # so that CPython does not collect them
        self._task = asyncio.create_task(self._serve())

    async def _serve(self):
        listener = self._socket._listener
        while self._close_job is None:
            if listener.queue:
                self._tasks = [task for task in self._tasks if not task.done()]
                self._tasks.append(asyncio.create_task(self._handle(*self._socket.accept())))
            elif listener.errno:
                self._socket._fail(listener.errno)
            else:
                await self._ear.wait()

    async def _handle(self, socket, peer):
        stream = Stream(self._modem, socket, peer)
        try:
            if self._ssl:
                await stream._wrap(self._ssl, True, None)
        except BaseException:
            stream.close()
            raise
        result = self._callback(stream, stream)
        if hasattr(result, "send"):  # a coroutine
            await result

    def is_serving(self):
        return self._close_job is None and not self._task.done()

    async def serve_forever(self):
        """Until close(); raises OSError when the network goes away."""
        try:
            await self._task
        finally:
            self.close()

    def close(self):
        """Stop listening; connections that were handed out stay open."""
        if self._close_job is None:
            self._close_job = self._modem._spawn(self._socket._end())
            self._ear.listen()
            self._ear.wake()

    async def wait_closed(self):
        """Wait until the module has stopped listening."""
        await self._ear.until(lambda: self._close_job is not None and self._close_job.done)
        self._close_job.result()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, trace):
        self.close()
        await self.wait_closed()
