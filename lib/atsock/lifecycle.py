"""What a socket does once: bind, connect, listen, accept, close.  Loaded for the call."""

from . import checks, errors
from .errnos import EAGAIN, EALREADY, EBADF, ECONNRESET, EINPROGRESS, EINVAL, EISCONN, ETIMEDOUT, os_error
from .lend import borrow
from .words import TCP

_FLUSH_MS = 30_000  # close() waits so long for what non-blocking sends have taken


def connect(socket, address):
    """Connect to (host, port); host is a name, which the module resolves, or an address.

    Waits at most the socket's timeout, without one as long as the dialect's manual says (75-150 s).  Non-blocking:
    EINPROGRESS; poll says POLLOUT when it is connected, POLLERR when it failed, and the next call raises why.
    Raises ValueError (nothing is sent) for what is no host or port; OSError: ECONNREFUSED, EHOSTUNREACH,
    ETIMEDOUT, ENETDOWN (not attached), EISCONN, EMFILE (all ids in use), EBUSY (access mode).
    """
    host, port = socket._check_address(address)
    socket._connect(TCP, host, port, socket._timeout_ms)


def listen(socket, backlog=1):
    """Accept connections to the port of bind().  Waits for the module also when non-blocking: nothing else is asked.

    Raises OSError: EINVAL without bind(), EADDRINUSE, EMFILE.
    """
    socket._modem._run(socket._listen_steps(), socket._timeout_ms or -1, "listen")


def _listen_steps(socket):
    from .servers import Listener  # stays, as long as there are servers

    socket._check_open()
    socket._listener = Listener(socket._modem, socket)
    return socket._listener.listen(socket._local)


def accept(socket):
    """Wait for a connection; returns (socket, (address, port)).  Raises OSError: ETIMEDOUT, EAGAIN, EINVAL."""
    socket._check_open()
    if socket._listener is None:
        raise errors.ModemError(EINVAL, "accept() comes after listen()")
    socket._start_clock()
    listener = socket._listener
    if socket._timeout_ms == 0:
        socket._modem._service()
    while not listener.queue:
        if listener.errno:
            socket._fail(listener.errno)
        if socket._timeout_ms == 0:
            raise os_error(EAGAIN)
        if not socket._wait():
            socket._fail(ETIMEDOUT)
    accepted = listener.accept()
    listener.again = socket._modem._background.run(listener.listen_again())
    if socket._timeout_ms:
        socket._modem._run(listener.settled(), -1, "accept")
    return accepted


def bind(socket, address):
    """Take the local port of address (host, port); the host is the module's own whatever it says."""
    socket._check_open()
    if socket._link is not None:
        raise errors.ModemError(EINVAL, "bind() comes before connect() and listen()")
    socket._local = checks.port(address[1], 0)


def _check_address(socket, address):
    socket._check_open()
    if not isinstance(address, (tuple, list)) or len(address) < 2:
        raise TypeError("address: (host, port), not %r" % (address,))
    return checks.host(address[0]), checks.port(address[1])


def _check_job(socket, unfinished=EALREADY):
    # The outcome of a non-blocking connect(), told once.
    job = socket._job
    if not job.done:
        raise os_error(unfinished)
    socket._job = None
    job.result()


def _connect(socket, what, host, port, timeout_ms):
    if socket._job is not None:
        socket._check_job()
    if socket._link is not None:
        raise errors.ModemError(EISCONN, "already connected")
    steps = socket._open_steps(what, host, port)
    if timeout_ms:
        socket._modem._run(steps, timeout_ms, "connect")
        return
    socket._modem._close_orphans()
    socket._job = socket._modem._background.run(steps)
    socket._check_job(EINPROGRESS)


def _open_steps(socket, what, host, port):
    opened = False
    try:
        yield from borrow("connection").open_link(socket._modem, socket, what, socket._access, host, port, socket._local)
        opened = True
    finally:
        if not opened:
            socket._release()


def close(socket):
    """Close the connection.  Waits for the module's word (BG96: up to 10 s, Fibocom: 15 s).

    What non-blocking sends have taken goes out first.  A non-blocking socket waits until the module has been told,
    what it answers is taken in later; so does one whose send() ran out of time and is unanswered still, but for 2 s
    only.  Closing twice is fine.  Raises OSError when the module does not answer, or
    when something that was taken got lost; the socket is closed all the same.
    """
    steps = socket._end()
    if steps is None:
        return
    if socket._timeout_ms and not socket._given_up:
        socket._modem._run(steps, -1, "close")
    else:
        socket._hand_over(socket._modem._background.run(steps))


def _end(socket):
    # The steps that close it; None when there is nothing to be done.
    if not socket._open:
        return None
    socket._open = False
    if socket._job is not None:
        socket._job.cancel()
        socket._job = None
    link = socket._link
    socket._link = None
    if link is None:
        return None
    if socket._reading and not socket._modem._background.withdraw(link.rx):
        socket._engine.abandon(link.rx)
    return socket._end_steps(link)


def _end_steps(socket, link):
    outbox = socket._outbox
    lost = 0
    if outbox is not None:
        give_up = socket._engine.after_ms(_FLUSH_MS)
        yield lambda: outbox.is_empty() or socket._engine.is_past(give_up)
        if outbox.n:
            outbox.drop()
        if outbox.lost:
            lost = link.errno or ECONNRESET
    yield from socket._close_steps(link)
    if lost:
        raise errors.ModemError(lost, "not all that was taken for sending went out")


def _close_steps(socket, link):
    if socket._listener is not None:
        return socket._listener.close()
    return borrow("connection").close_link(socket._modem, link)


def _is_told(socket, job):
    return job.is_sent() if socket._listener is None else job.done


def _hand_over(socket, job):
    give_up = socket._engine.after_ms(socket._hand_over_ms)
    while not socket._is_told(job) and not socket._engine.is_past(give_up):
        socket._modem._wait(job.remaining_ms(socket._engine.until_ms(give_up)))
    if job.done:
        job.result()


def _check_open(socket):
    if not socket._open:
        raise errors.ModemError(EBADF, "the socket is closed")
