"""What a socket does until it is connected: Modem.socket(), bind() and connect().  Loaded for the call."""

import sys

import atsock

from . import checks
from .address import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
from .errnos import EALREADY, EBADF, EINPROGRESS, EINVAL, EISCONN, os_error
from .fast import const
from .lend import borrow
from .words import A_SEND, TCP

_RING = const(2048)  # one read of the largest chunk
# Nothing holds a pushing module back, so there is room for several chunks that come while the program sends.
_PUSH_RING = const(8192)
_PUSH_RING_CPYTHON = const(65536)


def socket(modem, family=None, type=SOCK_STREAM, proto=0, *, access=None, tls=False):
    """A socket that is not connected yet; sends nothing.

    family: AF_INET, AF_INET6 or None, the one that attach() was given; type: SOCK_STREAM or SOCK_DGRAM; access: "buffer", "push", "hex" or "transparent" (default: the modem's).
    Raises ValueError for what the dialect has not.
    """
    family = family or (AF_INET6 if modem._attached_with[4] == 6 else AF_INET)  # of the context
    dialect = modem._engine.dialect
    access = checks.access(access or modem._access)
    if dialect is not None:
        checks.access(access, sorted(dialect.ACCESS))
    if family not in (AF_INET, AF_INET6):
        raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
    if type != SOCK_STREAM and type != SOCK_DGRAM:
        raise ValueError("type: SOCK_STREAM or SOCK_DGRAM, not %r" % (type,))
    if access == "transparent" or type != SOCK_STREAM:
        kind = borrow("fronts").kind(access, type)
    else:
        from .sockets import StreamSocket as kind
    return make(kind, modem, family, access, tls)


def make(kind, modem, family, access, tls):
    """A new socket of this class."""
    socket = kind()
    socket._modem = modem
    socket._engine = modem._engine
    socket._family = family
    socket._access = access
    socket._tls = tls
    socket._timeout_ms = -1  # -1: wait for ever, 0: never wait
    return socket


def connect(socket, address):
    """Connect to (host, port); host is a name, which the module resolves, or an address.

    Waits at most the socket's timeout, without one as long as the dialect's manual says (75-150 s).  Non-blocking:
    EINPROGRESS; poll says POLLOUT when it is connected, POLLERR when it failed, and the next call raises why.
    Raises ValueError (nothing is sent) for what is no host or port; OSError: ECONNREFUSED, EHOSTUNREACH,
    ETIMEDOUT, ENETDOWN (not attached), EISCONN, EMFILE (all ids in use), EBUSY (access mode).
    """
    host, port = _check_address(socket, address)
    _connect(socket, TCP, host, port, socket._timeout_ms)


def bind(socket, address):
    """Take the local port of address (host, port); the host is the module's own whatever it says."""
    _check_open(socket)
    if socket._link is not None:
        raise atsock.ModemError(EINVAL, "bind() comes before connect() and listen()")
    socket._local = checks.port(address[1], 0)


def _check_open(socket):
    if not socket._open:
        raise atsock.ModemError(EBADF, "the socket is closed")


def _check_address(socket, address):
    _check_open(socket)
    if not isinstance(address, (tuple, list)) or len(address) < 2:
        raise TypeError("address: (host, port), not %r" % (address,))
    return checks.host(address[0]), checks.port(address[1])


def _check_job(socket, errno=EALREADY):
    # The outcome of a non-blocking connect(), told once.
    job = socket._job
    if not job.done:
        raise os_error(errno)
    socket._job = None
    job.result()


def _connect(socket, what, host, port, timeout_ms):
    if socket._job is not None:
        _check_job(socket)
    if socket._link is not None:
        raise atsock.ModemError(EISCONN, "already connected")
    steps = _open_steps(socket, what, host, port)
    if timeout_ms:
        socket._modem._run(steps, timeout_ms, "connect")
        return
    _close_orphans(socket._modem)
    socket._job = socket._modem._spawn(steps)
    _check_job(socket, EINPROGRESS)


def _open_steps(socket, what, host, port):
    opened = False
    try:
        yield from borrow("connection").open_link(socket._modem, socket, what, socket._access, host, port, socket._local)
        opened = True
    finally:
        if not opened:
            _release(socket)


def _adopt(socket, link, table):
    # The socket has this link from now on; table: of its access mode, see words.py.
    socket._link = link
    socket._table = table
    socket._reading = 0  # what link.rx is doing, see sockets.py
    socket._writing = False  # link.tx is in flight, or finished and not looked at
    socket._given_up = False  # it is what is left of a send() that ran out of time
    socket._deadline = 0
    socket._retry_ms = 0
    socket._retry_at = 0
    socket._checked = socket._engine.after_ms(0)  # ticks of the last look into the module's buffer
    link.tx.verb = table[A_SEND]


def _release(socket):
    # Failed to open: tell the module if it holds the id; what that says is of no interest any more.
    link = socket._link
    socket._link = None
    if link is None:
        return
    link.socket = None
    socket._modem._orphans.append(link)


def __del__(socket):
    # CPython: dropped without close(): give the id back at the next opportunity; nothing is sent from a finaliser.
    if socket._link is not None:
        _release(socket)


def _close_orphans(modem):
    # An error here belongs to no call of the program: the link stays held, and is closed again before its id is used.
    while modem._orphans:
        modem._spawn(borrow("connection").drop_link(modem, modem._orphans.pop()))


def _ring_size(modem, socket, pushed):
    # Bytes of a socket's receive ring.
    if socket._rcvbuf or not pushed:
        return socket._rcvbuf or _RING
    return _PUSH_RING if sys.implementation.name == "micropython" else _PUSH_RING_CPYTHON
