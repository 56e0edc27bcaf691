"""Options and small questions of a socket, and what to raise.  Loaded for the call."""

from . import errors
from .address import IPPROTO_TCP, SO_KEEPALIVE, SO_RCVBUF, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL
from .errnos import EINVAL, ENOTCONN, EOPNOTSUPP, ETIMEDOUT, os_error
from .lend import borrow

# Requests of ioctl (MicroPython py/stream.h); POLL is in polling.py.
_FLUSH = 1
_CLOSE = 4


def gettimeout(socket):
    """What settimeout() was given, in seconds."""
    return None if socket._timeout_ms < 0 else socket._timeout_ms / 1000


def setsockopt(socket, level, option, value):
    """SO_RCVBUF (before connect(): bytes of the receive ring), SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL (s) and
    TCP_KEEPCNT set before it (for all sockets of the module).

    Others are taken and ignored, as on MicroPython.  Raises ValueError, OSError EOPNOTSUPP where the dialect has no
    keep-alive, CommandError.
    """
    if option == SO_KEEPALIVE and level != IPPROTO_TCP:
        modem = socket._modem
        modem._run(borrow("services").keepalive(modem, value, socket._keepalive), -1, "keep-alive")
    elif level == IPPROTO_TCP and option in (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT):
        keep = list(socket._keepalive)
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
    return socket._modem._run(borrow("services").unacked(socket._modem, socket._link), socket._timeout_ms, "unacked")


def _control(socket, request):
    if request == _CLOSE:
        socket.close()
        return 0
    return 0 if request == _FLUSH else -EINVAL


def _raise(socket, errno):
    if errno == ETIMEDOUT:
        raise errors.Timeout()
    if socket._job is not None and socket._job.done:
        socket._check_job()
    if socket._outbox is not None:
        socket._outbox.lost = False
    raise socket._modem._link_error(socket._link, errno)
