"""makefile() of the modem's sockets on CPython: file objects as socket.makefile() gives, for http.client and the like.

Owns what keeps a connection open while a file over it is: close() of the socket waits for them, as the system's does.
Used by the sockets of the driver (sockets/endpoint.py), which on MicroPython are files themselves, and by tlssocket.py.
"""

import io


class SocketFile(io.RawIOBase):
    """The bytes of a socket, unbuffered.  keeper: has open() and close() called for each file."""

    def __init__(self, sock, readable, writable, keeper):
        self._sock = sock
        self._readable = readable
        self._writable = writable
        self._keeper = keeper
        self._timed_out = False
        keeper.opened()

    def readable(self):
        return self._readable and not self.closed

    def writable(self):
        return self._writable and not self.closed

    def readinto(self, buf):
        """Bytes into buf; the count, 0 at the end, None when a non-blocking socket has none.  Raises as recv_into().

        Raises OSError when a read has timed out before: a buffered file drops the beginning of the line that it waited
        for then.
        """
        self._checkClosed()
        if self._timed_out:
            raise OSError("cannot read from timed out object")
        try:
            return self._sock.recv_into(buf)
        except TimeoutError:
            self._timed_out = True
            raise
        except BlockingIOError:
            return None

    def write(self, buf):
        """Send; the count, None when a non-blocking socket takes nothing.  Raises as write() of the socket."""
        self._checkClosed()
        return self._sock.write(buf)

    def close(self):
        if not self.closed:
            super().close()
            self._keeper.dropped()


class _Keeper:
    """Puts the close() of a socket off until its files are closed."""

    def __init__(self, sock):
        self._sock = sock
        self._files = 0
        self._closing = False

    def opened(self):
        self._files += 1
        self._sock.close = self.close

    def close(self):
        """close() of the socket: when its files are closed."""
        self._closing = True

    def dropped(self):
        self._files -= 1
        if not self._files:
            del self._sock.close  # the class has the real one
            if self._closing:
                self._sock.close()


def makefile(sock, mode="r", buffering=None, encoding=None, errors=None, newline=None):
    """A file over a socket of the modem, as socket.makefile(); it keeps the connection open behind close()."""
    keeper = vars(sock).get("_keeper")
    if keeper is None:
        keeper = sock._keeper = _Keeper(sock)
    return wrapped(sock, keeper, mode, buffering, encoding, errors, newline)


def wrapped(sock, keeper, mode, buffering, encoding, errors, newline):
    """The file object for these arguments of makefile().  Raises ValueError for a mode that none has."""
    if not mode or set(mode) - set("rwb"):
        raise ValueError(f"mode: of r, w and b, not {mode!r}")
    reading, writing, binary = "r" in mode or "w" not in mode, "w" in mode, "b" in mode
    if buffering == 0 and not binary:
        raise ValueError("only binary files can be unbuffered")
    raw = SocketFile(sock, reading, writing, keeper)
    if buffering == 0:
        return raw
    size = buffering if buffering and buffering > 1 else io.DEFAULT_BUFFER_SIZE
    if reading and writing:
        file: "io.BufferedRWPair | io.BufferedWriter | io.BufferedReader" = io.BufferedRWPair(raw, raw, size)
    elif writing:
        file = io.BufferedWriter(raw, size)
    else:
        file = io.BufferedReader(raw, size)
    return file if binary else io.TextIOWrapper(file, encoding, errors, newline)
