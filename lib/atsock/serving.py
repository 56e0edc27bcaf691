"""listen() and accept() of TCP sockets.  Loaded for the call."""

from errno import EAGAIN, EINVAL, ETIMEDOUT

import atsock

from .errnos import os_error


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
        raise atsock.ModemError(EINVAL, "accept() comes after listen()")
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
    listener.again = socket._modem._spawn(listener.listen_again())
    if socket._timeout_ms:
        socket._modem._run(listener.settled(), -1, "accept")
    return accepted
