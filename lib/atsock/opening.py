"""What a socket does until it is connected: bind() and connect().  Loaded for the call."""

from errno import EALREADY, EBADF, EINPROGRESS, EINVAL

import atsock

from .lend import borrow, once


def connect(socket, address):
    """Connect to (host, port); host is a name, which the module resolves, or an address.

    Waits at most the socket's timeout, without one as long as the dialect's manual says (75-150 s).  Non-blocking:
    EINPROGRESS; poll says POLLOUT when it is connected, POLLERR when it failed, and the next call raises why.
    Raises ValueError (nothing is sent) for what is no host or port; OSError: ECONNREFUSED, EHOSTUNREACH,
    ETIMEDOUT, ENETDOWN (not attached), EISCONN, EMFILE (all ids in use), EBUSY (access mode).
    """
    host, port = _check_address(socket, address)
    _connect(socket, b"TCP", host, port, socket._timeout_ms)


def bind(socket, address):
    """Take the local port of address (host, port); the host is the module's own whatever it says."""
    _check_open(socket)
    if socket._link is not None:
        raise atsock.ModemError(EINVAL, "bind() comes before connect() and listen()")
    socket._local = once("checks", "port", address[1], 0)


def _check_open(socket):
    if not socket._open:
        raise atsock.ModemError(EBADF, "the socket is closed")


def _check_address(socket, address):
    _check_open(socket)
    if not isinstance(address, (tuple, list)) or len(address) < 2:
        raise TypeError("address: (host, port), not %r" % (address,))
    checks = borrow("checks")
    return checks.host(address[0]), checks.port(address[1])


def _check_job(socket, errno=EALREADY):
    # The outcome of a non-blocking connect(), told once.
    job = socket._job
    if not job.done:
        raise borrow("errnos").os_error(errno)
    socket._job = None
    job.result()


def _connect(socket, what, host, port, timeout_ms):
    if socket._job is not None:
        _check_job(socket)
    if socket._link is not None:
        raise atsock.ModemError(borrow("errnos").EISCONN, "already connected")
    steps = _open_steps(socket, what, host, port)
    if timeout_ms:
        socket._modem._run(steps, timeout_ms, "connect")
        return
    socket._modem._close_orphans()
    socket._job = socket._modem._spawn(steps)
    _check_job(socket, EINPROGRESS)


def _open_steps(socket, what, host, port):
    opened = False
    try:
        plan = once("plan", "of_open", socket._modem, socket, what, host, port)
        yield from once("connection", "open_link", socket._modem, socket, what, plan, host, port)
        opened = True
    finally:
        if not opened:
            _release(socket)


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
