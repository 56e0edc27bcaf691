"""TLS over a connected socket of the modem, on CPython, whose ssl module wraps sockets of the operating system only.

The protocol runs in memory (ssl.SSLContext.wrap_bio); this file moves the encrypted bytes.  What is checked of a
certificate is the context's business.  MicroPython's ssl takes the modem's sockets as they are, so no board needs this.
Used by tls.py, and by atsock.aio where it runs on CPython.
"""

import ssl
import time
from errno import EAGAIN, EBADF, EINVAL

from atsock.errors import ModemError, Timeout
from atsock.sockets.endpoint import Endpoint

from .files import wrapped

_RECORD = 4096  # bytes encrypted at a time; a non-blocking socket holds no more than that back
_READ = 4096
_LINGER_S = 30  # close() waits so long for what is held back

# Requests, events and flags, as of the modem's sockets (MicroPython py/stream.h).
_FLUSH, _POLL, _CLOSE = 1, 3, 4
_POLL_RD, _POLL_WR, _POLL_HUP = 1, 4, 16
_MSG_PEEK = 2


default_context = ssl.create_default_context


def is_connected(sock):
    """False when connect() of a socket of the modem is still to come."""
    return not isinstance(sock, Endpoint) or sock.has_link()


class TlsSocket:
    """TLS over `sock`, with the methods of the modem's sockets; closing it closes `sock`.

    context: an ssl.SSLContext; server_side, server_hostname: as for its wrap_bio().  The handshake is made by
    do_handshake(), or by the first read or write.
    A connection that ends without the end of TLS (close_notify) raises ssl.SSLEOFError behind the data that came
    before, because anybody on the way can cut it so; with suppress_ragged_eofs it counts as the end.
    Everything raises OSError: ssl.SSLError and what the socket raises.  ValueError: no name is given and the context
    checks it.
    """

    def __init__(self, sock, context, server_side=False, server_hostname=None, suppress_ragged_eofs=False):
        if context.check_hostname and not server_side and not server_hostname:  # wrap_bio() would check none
            raise ValueError("server_hostname: the context checks the name of the server, and none is given")
        self._sock = sock
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side, server_hostname)
        self._suppress_ragged_eofs = suppress_ragged_eofs
        self._timeout = sock.gettimeout()
        self._deadline = None  # of the present call
        self._plain = bytearray()  # decrypted, and not handed out yet
        self._ended = False
        self._error = None  # why nothing can be received any more
        self._pending = memoryview(b"")  # encrypted, and not taken by the socket yet
        self._flushing = False
        self._owing = False  # the program's bytes are among what is pending
        self._files = 0  # of makefile(), open
        self._closing = False  # close() was called
        self._closed = False  # and no file is left
        self.handshake_on_connect = False

    def connect(self, address):
        """Connect the socket below, and make the handshake if wrap_socket() was to make one.  Waits and raises as both.

        Non-blocking: raises BlockingIOError as the socket does; the handshake is made by the first read or write.
        """
        if self._closed:
            raise ModemError(EBADF, "the socket is closed")
        self._sock.settimeout(self._timeout)  # the whole of it
        self._sock.connect(address)
        if self.handshake_on_connect:
            self.do_handshake()

    def connect_ex(self, address):
        """As connect(), with the errno as its result, 0 when it is connected."""
        try:
            self.connect(address)
        except OSError as error:
            return error.errno
        return 0

    # ---- the protocol

    def do_handshake(self):
        """Agree with the peer; False when a non-blocking socket has to be asked again."""
        self._begin()
        try:
            done = self._run(self._handshake)
        except ssl.SSLEOFError as error:
            error.strerror = "the peer ended the connection during the TLS handshake"
            raise
        return bool(done and self._flush())

    def _handshake(self):
        self._tls.do_handshake()
        return True

    def _run(self, step, *args):
        # One operation of the protocol; None when it would have to wait.
        while True:
            try:
                return step(*args)
            except ssl.SSLWantReadError:
                self._flush()
                if not self._feed():
                    return None
            except ssl.SSLError as error:
                if isinstance(error, ssl.SSLCertVerificationError):
                    name = self._tls.server_hostname or "the peer"
                    error.strerror = "the certificate of %s is refused: %s" % (name, error.verify_message)
                self._try_to_flush()  # the alert that tells the peer what is wrong
                raise

    def _feed(self):
        # Take in encrypted bytes; False when a non-blocking socket has none.
        self._set_timeout()
        try:
            data = self._sock.recv(_READ)
        except BlockingIOError:
            return False
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return True

    def flush(self):
        """Hand what is encrypted to the socket; False when a non-blocking one does not take all of it now.

        Raises OSError when bytes of the program get lost; what gets lost of TLS's own shows when something is received.
        """
        self._start_clock()
        try:
            return self._flush()
        except OSError as error:
            if self._owing or isinstance(error, Timeout):
                raise
            return True

    def _flush(self):
        if self._flushing:  # the socket's write() came by here
            return False
        self._flushing = True
        try:
            while True:
                self._pending = self._pending or memoryview(self._outgoing.read())
                if not self._pending:
                    self._owing = False
                    return True
                self._set_timeout()
                n = self._sock.write(self._pending)
                if n is None:
                    return False
                self._pending = self._pending[n:]
        finally:
            self._flushing = False

    def _try_to_flush(self):
        # What is left stays pending: the next call that sends meets the same error.
        try:
            return self._flush()
        except OSError:
            return False

    def _begin(self):
        if self._closed:
            raise ModemError(EBADF, "the socket is closed")
        self._start_clock()

    def _start_clock(self):
        self._deadline = time.monotonic() + self._timeout if self._timeout else None

    def _set_timeout(self):
        # The timeout counts for a call of the program, whatever that takes below.
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise Timeout()
            self._sock.settimeout(max(left, 0.001))

    # ---- receive

    def _fill(self):
        # Wait for data: how much there is, 0 at the end, None when a non-blocking socket has nothing.
        if self._plain:
            return len(self._plain)
        if self._error is not None:
            raise self._error
        if not self._ended:
            try:
                data = self._run(self._tls.read, _READ)
            except ssl.SSLError as error:
                data = self._end_of(error)
            if data is None:
                return None
            self._ended = not data
            self._plain += data
        return len(self._plain)

    def _end_of(self, error):
        # b"" for an end of the stream, or raises.
        if isinstance(error, ssl.SSLZeroReturnError):
            return b""
        if isinstance(error, ssl.SSLEOFError):
            if self._suppress_ragged_eofs:
                return b""
            error.strerror = "the connection ended before TLS did: data may be missing"
        self._error = error
        raise error

    def _take(self, n):
        data = bytes(self._plain[:n])
        del self._plain[:n]
        return data

    def recv(self, n, flags=0):
        """Up to n bytes; b"" when the peer ended.  flags: MSG_PEEK leaves the bytes where they are."""
        self._begin()
        if n <= 0:
            return b""
        if self._fill() is None:
            raise BlockingIOError(EAGAIN, "nothing has come yet")
        return bytes(self._plain[:n]) if flags & _MSG_PEEK else self._take(n)

    def recv_into(self, buf, n=0):
        """Up to n bytes (0: as many as buf holds) into buf; the count, 0 when the peer ended."""
        view = memoryview(buf).cast("B")
        data = self.recv(n if 0 < n < len(view) else len(view))
        view[: len(data)] = data
        return len(data)

    def read(self, n=-1):
        """n bytes, fewer at the end of the stream; without n, everything up to the end.

        When the timeout passes before, what came is returned.  Non-blocking: what is there, None when nothing.
        A stream that was cut raises: with n, at the next call if something came; without n, at once.
        """
        self._begin()
        if n is None:
            n = -1
        out = bytearray()
        while n < 0 or len(out) < n:
            got = self._fill_on(out, n < 0)
            if not got:
                return None if got is None and not out else bytes(out)
            out += self._take(got if n < 0 else n - len(out))
        return bytes(out)

    def _fill_on(self, out, whole=False):
        # As _fill(); what has come before an error is not lost for it: the next call raises that.
        try:
            return self._fill()
        except OSError as error:
            if not out or whole and not isinstance(error, Timeout):
                raise
            return 0

    def readinto(self, buf, n=-1):
        """Fill buf (or its first n bytes; below 0: all of it); the count.

        It is less at the end of the stream or when the timeout passes.  Non-blocking: what is there, None when nothing.
        """
        view = memoryview(buf).cast("B")
        data = self.read(n if 0 <= n < len(view) else len(view))
        if data is None:
            return None
        view[: len(data)] = data
        return len(data)

    def readline(self):
        """One line with its LF, or what is left at the end of the stream.  Waits as read()."""
        self._begin()
        out = bytearray()
        while not out.endswith(b"\n"):
            got = self._fill_on(out)
            if not got:
                return None if got is None and not out else bytes(out)
            out += self._take(self._plain.find(b"\n") + 1 or got)
        return bytes(out)

    # ---- send

    def write(self, buf, off=None, n=None):
        """Send buf, buf[:off] (two arguments) or buf[off:off + n]; the count, less when an error came in the middle.

        Non-blocking: what it takes, None when that is nothing now.  It holds up to a record back; flush() or the next
        call sends that.
        """
        view = memoryview(buf).cast("B")
        if n is not None:
            view = view[off : off + n]
        elif off is not None:
            view = view[:off]
        self._begin()
        sent = 0
        while sent < len(view):
            try:
                count = self._write_some(view[sent:])
            except OSError:
                if not sent:
                    raise
                break  # the next call raises it
            if count is None:
                break
            sent += count
        return sent if sent or not view else None

    def _write_some(self, view):
        # One record: how many bytes went into it, None when nothing can be taken now.
        if not self._flush():
            return None
        count = self._run(self._tls.write, view[:_RECORD])
        if count:
            self._owing = True
            self._try_to_flush()
        return count

    def send(self, buf):
        """As write(); BlockingIOError instead of None."""
        n = self.write(buf)
        if n is None:
            raise BlockingIOError(EAGAIN, "the socket takes nothing now")
        return n

    def sendall(self, buf):
        """Send all of buf or raise."""
        view = memoryview(buf).cast("B")
        self._begin()
        while view:
            count = self._write_some(view)
            if count is None:
                raise BlockingIOError(EAGAIN, "the socket does not take all of it now")
            view = view[count:]
        if self._timeout != 0:
            self._flush()

    # ---- the end

    def say_goodbye(self):
        """Put the end of TLS (close_notify) behind what was sent; flush() sends it."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            return  # the peer has not said its own goodbye yet, and nobody waits for that; or TLS never came about

    def close(self):
        """End TLS and close the socket below, when the files of makefile() are closed, too.  Closing twice is fine.

        Waits up to 30 s, also when non-blocking, for what is held back; raises OSError when that got lost.
        """
        self._closing = True
        if self._closed or self._files:
            return
        self._closed = True
        timeout = self._timeout
        try:
            self.settimeout(_LINGER_S)
            self._start_clock()
            if self._owing:
                self._flush()
            self.say_goodbye()
            self._try_to_flush()
        finally:
            self.settimeout(timeout)
            self._sock.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    # ---- files

    def makefile(self, mode="r", buffering=-1, *, encoding=None, errors=None, newline=None):
        """A file over the connection, as socket.makefile(): it keeps the connection open when the socket is closed."""
        return wrapped(self, self, mode, buffering, encoding, errors, newline)

    def opened(self):
        """A file was opened (files.py)."""
        self._files += 1

    def dropped(self):
        """A file was closed (files.py)."""
        self._files -= 1
        if self._closing:
            self.close()

    # ---- the rest of the interface

    def settimeout(self, seconds):
        """Seconds that each call may take: None for ever, 0 never wait."""
        self._sock.settimeout(seconds)
        self._timeout = seconds

    def gettimeout(self):
        """Seconds, None: for ever."""
        return self._timeout

    def setblocking(self, flag):
        """True: settimeout(None); False: settimeout(0)."""
        self.settimeout(None if flag else 0)

    def setsockopt(self, level, option, value):
        """As the modem's sockets."""
        self._sock.setsockopt(level, option, value)

    def getpeercert(self, binary_form=False):
        """The peer's certificate, as ssl.SSLSocket.getpeercert()."""
        return self._tls.getpeercert(binary_form)

    def version(self):
        """"TLSv1.3" or the like, None before the handshake."""
        return self._tls.version()

    def cipher(self):
        """(name, protocol, secret bits), None before the handshake."""
        return self._tls.cipher()

    def selected_alpn_protocol(self):
        """What both sides agreed on, None when there is no such protocol."""
        return self._tls.selected_alpn_protocol()

    def ioctl(self, request, arg):
        """MicroPython's stream requests: FLUSH, POLL, CLOSE; others answer -EINVAL."""
        if request == _POLL:
            return self._poll(arg)
        if request == _CLOSE:
            self.close()
        return 0 if request in (_FLUSH, _CLOSE) else -EINVAL

    def _poll(self, asked):
        if self._closed:
            return _POLL_HUP
        timeout = self._timeout
        self.settimeout(0)
        try:
            self._start_clock()
            got = self._sock.ioctl(_POLL, asked) & ~_POLL_RD
            if asked & _POLL_RD and self._is_readable():
                got |= _POLL_RD
            if not self._try_to_flush():
                got &= ~_POLL_WR
        finally:
            self.settimeout(timeout)
        return got

    def _is_readable(self):
        # recv() would not wait.
        try:
            return self._fill() is not None
        except OSError:  # recv() will say which
            return True
