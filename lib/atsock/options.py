"""Options and small questions of a socket.  Loaded for the call."""

from errno import EINVAL, ENOTCONN, EOPNOTSUPP

from .errnos import os_error
from .fast import const
from .lend import once
from .socketoptions import IPPROTO_TCP, SO_KEEPALIVE, SO_RCVBUF, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL

# Requests of ioctl (MicroPython py/stream.h); POLL is in polling.py.
_FLUSH = const(1)
_CLOSE = const(4)

_KEEPALIVE = (7200, 75, 9)  # idle s, interval s, count: Linux's defaults


def setsockopt(socket, level, option, value):
    """SO_RCVBUF (before connect(): bytes of the receive ring), SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL (s) and
    TCP_KEEPCNT set before it (for all sockets of the module).

    Others are taken and ignored, as on MicroPython.  Raises ValueError, OSError EOPNOTSUPP where the dialect has no
    keep-alive, CommandError.
    """
    if option == SO_KEEPALIVE and level != IPPROTO_TCP:
        modem = socket._modem
        modem._run(once("services", "keepalive", modem, value, getattr(socket, "_keepalive", _KEEPALIVE)), -1, "keep-alive")
    elif level == IPPROTO_TCP and option in (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT):
        keep = list(getattr(socket, "_keepalive", _KEEPALIVE))
        keep[option - TCP_KEEPIDLE] = value
        socket._keepalive = tuple(keep)
    elif option == SO_RCVBUF:
        if not isinstance(value, int) or not 512 <= value <= 1 << 20:
            raise ValueError("SO_RCVBUF: 512 to 1048576 bytes, not %r" % (value,))
        socket._rcvbuf = value


def makefile(socket, mode="rb", buffering=0):
    """The socket itself, as on MicroPython."""
    return socket


def fileno(socket):
    """Raises OSError: there is no descriptor of the operating system behind this socket."""
    raise os_error(EOPNOTSUPP)


def unacked(socket):
    """How many of the bytes sent so far the peer has not acknowledged, as the module tells it.

    Raises OSError EOPNOTSUPP where it does not (SIM7028, Fibocom), ENOTCONN, CommandError.
    Source: AT+QISEND=<id>,0 (BG96 2.1.7), AT+CIPACK (A7600 2.16).
    """
    if socket._link is None:
        socket._fail(ENOTCONN)
    return socket._modem._run(once("services", "unacked", socket._modem, socket._link), socket._timeout_ms, "unacked")


def _control(socket, request):
    if request == _CLOSE:
        socket.close()
        return 0
    return 0 if request == _FLUSH else -EINVAL


def readable(socket):
    return True


def writable(socket):
    return True
