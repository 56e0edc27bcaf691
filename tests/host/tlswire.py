"""A connected socket in the manner of the modem's, whose other end is TLS in memory: nothing here waits or takes
time.
"""

import ssl

from atsock import Timeout


class Wire:
    """recv(), write() and the rest of what TlsSocket needs; waiting for what is not there raises Timeout at once."""

    def __init__(self, peer):
        self.peer = peer
        self.timeout = None
        self.timeouts = []  # what was set when it was used
        self.room = None  # how many bytes write() takes until somebody makes room; None: all
        self.broken = None  # the error of every write
        self.closed = False

    def gettimeout(self):
        return self.timeout

    def settimeout(self, seconds):
        self.timeout = seconds

    def recv(self, n, flags=0):
        self.timeouts.append(self.timeout)
        data = self.peer.outgoing.read(n)
        if data or self.peer.cut:
            return data
        raise BlockingIOError if self.timeout == 0 else Timeout()

    def write(self, buf):
        assert not self.closed
        if self.broken is not None:
            raise self.broken
        n = len(buf) if self.room is None else min(self.room, len(buf))
        if not n:
            if self.timeout == 0:
                return None
            raise Timeout()
        if self.room is not None:
            self.room -= n
        self.peer.take(bytes(buf[:n]))
        return n

    def ioctl(self, request, asked):
        assert request == 3
        readable = self.peer.outgoing.pending or self.peer.cut
        return asked & ((1 if readable else 0) | (4 if self.room != 0 else 0))

    def fileno(self):
        raise OSError(95, "no descriptor")

    def close(self):
        self.closed = True


class Peer:
    """A TLS server, or a client, in memory; `got` is what came, `ended` whether its end came, too."""

    def __init__(self, context, server_side=True, server_hostname=None):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side, server_hostname)
        self.got = b""
        self.ended = False
        self.cut = False  # the connection ends behind what has been said
        self.error = None
        self._agreed = False
        self._goodbye = False
        self._advance()

    def take(self, data):
        """What the other side sends."""
        self.incoming.write(data)
        self._advance()

    def say(self, data):
        self.tls.write(data)

    def end(self):
        """Ends TLS and the connection."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            self.cut = True

    def _advance(self):
        try:
            if not self._agreed:
                self.tls.do_handshake()
                self._agreed = True
            while data := self.tls.read(65536):
                self.got += data
            self.ended = True
        except ssl.SSLWantReadError:
            return
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as error:
            self.error = error


class Mute:
    """A peer that says something which is no TLS, or nothing, and ends."""

    def __init__(self, words=b""):
        self.outgoing = ssl.MemoryBIO()
        self.outgoing.write(words)
        self.cut = True

    def take(self, data):
        """Nobody listens."""
