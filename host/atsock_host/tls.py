"""TLS over a socket of the modem, on CPython: its ssl module wraps sockets of the operating system only.

    from atsock_host import tls
    sock = tls.wrap(sock, server_hostname="example.com")

The protocol runs in memory (SSLContext.wrap_bio); this file moves the encrypted bytes.  Methods, and what they do
when the socket is non-blocking, are those of the modem's sockets.  On MicroPython its own ssl module does all this.
"""

import ssl

_RECORD = 4096      # bytes encrypted at a time; a non-blocking socket holds no more than that back
_READ = 4096


def wrap(sock, context=None, server_side=False, server_hostname=None, do_handshake_on_connect=True):
    """A TlsSocket over a connected socket of the modem; closing it closes that.

    `context`: an ssl.SSLContext; None or True for ssl.create_default_context(), which checks the certificate of a
    server against the system's authorities and `server_hostname`.  A server needs a context with its certificate.
    Raises ssl.SSLError (an OSError), what the socket raises, ValueError for arguments that do not go together.
    """
    if context in (None, True):
        if server_side:
            raise ValueError("a TLS server needs an SSLContext with its certificate")
        context = ssl.create_default_context()
    tls = TlsSocket(sock, context, server_side, server_hostname)
    if do_handshake_on_connect:
        tls.do_handshake()
    return tls


class TlsSocket:
    def __init__(self, sock, context, server_side, server_hostname):
        self._sock = sock
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side, server_hostname)
        self._pending = b""     # encrypted, and not taken by the socket yet
        self._closed = False

    def do_handshake(self):
        """Agree with the peer; False when a non-blocking socket has to be asked again.  Raises ssl.SSLError."""
        return self._run(self._handshake) or False

    def _handshake(self):
        self._tls.do_handshake()
        return True

    def _run(self, step, *args):
        # One operation; None when it would have to wait.
        while True:
            try:
                result = step(*args)
            except ssl.SSLWantReadError:
                if not self.flush() or not self._feed():
                    return None
            except ssl.SSLError:
                self.flush()    # the alert that tells the peer why
                raise
            else:
                self.flush()
                return result

    def _feed(self):
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
        """Hand what was encrypted to the socket; False when it does not take all of it now."""
        while True:
            self._pending = self._pending or self._outgoing.read()
            if not self._pending:
                return True
            n = self._sock.write(self._pending)
            if n is None:
                return False
            self._pending = self._pending[n:]

    # ---- receive

    def _receive(self, n):
        # Up to n bytes, b"" at the end, None when a non-blocking socket has nothing.
        try:
            return self._run(self._tls.read, n)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):   # ended, in good order or without a word
            return b""

    def recv(self, n, flags=0):
        """Up to n bytes; b"" when the peer closed."""
        data = self._receive(n)
        if data is None:
            raise BlockingIOError("no data yet")
        return data

    def recv_into(self, buf, n=0):
        """Up to n bytes (0: len(buf)) into buf; the count."""
        data = self.recv(n or len(buf))
        memoryview(buf)[:len(data)] = data
        return len(data)

    def read(self, n=-1):
        """n bytes, fewer at the end of the stream; without n, everything up to the end."""
        out = bytearray()
        while n < 0 or len(out) < n:
            data = self._receive(_READ if n < 0 else n - len(out))
            if data is None and not out:
                return None
            if not data:
                break
            out += data
        return bytes(out)

    def readinto(self, buf, n=0):
        """Fill buf (or its first n bytes); the count, less only at the end of the stream."""
        data = self.read(n or len(buf))
        if data is None:
            return None
        memoryview(buf)[:len(data)] = data
        return len(data)

    def readline(self):
        """One line with its LF, or what is left at the end of the stream."""
        out = bytearray()
        while not out.endswith(b"\n"):
            data = self._receive(1)
            if data is None and not out:
                return None
            if not data:
                break
            out += data
        return bytes(out)

    # ---- send

    def write(self, buf, off=None, n=None):
        """Send buf, buf[:off] (two arguments) or buf[off:off + n]; the count.

        Non-blocking: what it takes, None when that is nothing now; then the same bytes have to be offered again.
        """
        view = memoryview(buf)
        if n is not None:
            view = view[off:off + n]
        elif off is not None:
            view = view[:off]
        sent = 0
        while sent < len(view) and self.flush():
            count = self._run(self._tls.write, view[sent:sent + _RECORD])
            if count is None:
                break
            sent += count
        return sent if sent or not len(view) else None

    def send(self, buf):
        """As write(); BlockingIOError instead of None."""
        n = self.write(buf)
        if n is None:
            raise BlockingIOError("the socket takes nothing now")
        return n

    def sendall(self, buf):
        """Send all of buf or raise."""
        view = memoryview(buf)
        while len(view):
            view = view[self.send(view):]

    # ---- the rest

    def settimeout(self, seconds):
        self._sock.settimeout(seconds)

    def gettimeout(self):
        return self._sock.gettimeout()

    def setblocking(self, flag):
        self._sock.setblocking(flag)

    def makefile(self, mode="rb", buffering=0):
        """The socket itself, as on MicroPython."""
        return self

    def getpeercert(self, binary_form=False):
        """The peer's certificate, as ssl.SSLSocket.getpeercert()."""
        return self._tls.getpeercert(binary_form)

    def version(self):
        """"TLSv1.3" or the like, None before the handshake."""
        return self._tls.version()

    def say_goodbye(self):
        """Put the end of the encrypted stream behind what was sent; flush() sends it."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            return      # the peer has not said its own goodbye yet; nobody waits for that

    def close(self):
        """Say goodbye and close the socket below.  Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        try:
            self.say_goodbye()
            self.flush()
        except OSError:     # the connection is gone: nobody is left to say goodbye to
            self._pending = b""
        self._sock.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()
