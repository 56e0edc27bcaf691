"""Methods of TCP sockets that hand out what they receive as new bytes, and sendall().  Loaded by the first call, and kept."""

from errno import ETIMEDOUT

from .fast import const
from .ring import find, look, take
from .sockets import StreamSocket

_MSG_PEEK = const(2)
_MSG_DONTWAIT = const(64)
_AGAIN = const(-11)  # see sockets.py
_NOTHING = bytearray(0)


def recv(socket, n, flags=0):
    """Up to n bytes as bytes; b"" when the peer closed.  Waits and raises as recv_into(); allocates the result.

    flags: MSG_PEEK leaves the bytes where they are, MSG_DONTWAIT does not wait.
    """
    if flags & _MSG_DONTWAIT:
        return socket._at_once(socket.recv, n, flags)
    if n <= 0:
        return b""
    socket._start_clock()
    got = socket._fetch()
    if got < 0:
        socket._fail(-got)
    if not got:
        return b""
    link = socket._link
    return look(link, 0, min(n, got)) if flags & _MSG_PEEK else take(link, n)


def _fetch(socket):
    # Wait until the ring holds something: its count, 0 at the end, or a negative errno.
    got = socket._receive(_NOTHING, 0, 0)
    link = socket._link
    if link is not None and link.count:
        return link.count
    return got


def read(socket, n=-1):
    """n bytes, fewer at the end of the stream; without n, everything up to the end.

    When the timeout passes before, what came is returned; ETIMEDOUT only when nothing did.  Non-blocking: what
    is there, None when nothing.  Allocates.
    """
    socket._start_clock()
    out = b""
    while n < 0 or len(out) < n:
        got = socket._fetch()
        if got <= 0:
            if got < 0 and not out:
                return None if got == _AGAIN else socket._fail(-got)
            break
        out += take(socket._link, got if n < 0 else n - len(out))
    return out


def readline(socket, n=-1):
    """One line with its LF, at most n bytes of it, or what is left at the end of the stream.  Waits as read().  Allocates."""
    socket._start_clock()
    out = b""
    while len(out) != n:
        got = socket._fetch()
        if got <= 0:
            if got < 0 and not out:
                return None if got == _AGAIN else socket._fail(-got)
            break
        link = socket._link
        end = find(link, b"\n", got)
        if 0 <= n < len(out) + (end or got):
            end = n - len(out)
        out += take(link, end or got)
        if end:
            break
    return out


def sendall(socket, buf):
    """Send all of buf or raise; returns None."""
    if isinstance(buf, str):
        buf = buf.encode()
    n = len(buf)
    sent = socket._send_all(buf, 0, n)
    if sent != n:
        link = socket._link
        socket._fail(-sent if sent < 0 else link.errno if link is not None and link.errno else ETIMEDOUT)


StreamSocket.recv = recv
StreamSocket._fetch = _fetch
StreamSocket.read = read
StreamSocket.readline = readline
StreamSocket.sendall = sendall
