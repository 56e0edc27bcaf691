"""What only those need who do not wait: poll() of a socket, and calls that come back at once.  Loaded when a timeout of 0
is set, or by the first poll, and kept; allocates nothing then.

The answers to poll are those of MicroPython's stream protocol (py/stream.h).
"""

from .fast import const
from .sockets import Socket

# Requests of ioctl; the others: options.py.
_POLL = const(3)

_RD = const(1)
_WR = const(4)
_ERR = const(8)
_HUP = const(16)
_NVAL = const(32)

# See sockets.py.
_AGAIN = const(-11)
_NO = const(0)
_OPENING = const(1)
_OPEN = const(2)
_GONE = const(4)
_DEAD = const(5)
_RECHECK_MS = const(10_000)
_MSG_DONTWAIT = const(64)


def ioctl(socket, request, arg):
    """MicroPython's stream requests: FLUSH, POLL, CLOSE; others answer -EINVAL.  POLL allocates the first time only.

    POLL: the requested events that hold now; HUP and ERR also when they were not requested.
    """
    if request != _POLL:
        return socket._control(request)
    socket._modem._service()
    if socket._listener is not None:
        return _listening(socket._listener, arg)
    link = socket._link
    if link is None or link.state == _OPENING:
        return _unconnected(socket, arg)
    got = 0
    if arg & _RD and _readable(socket, link):
        got = _RD
    if arg & _WR and _writable(socket, link):
        got |= _WR
    if link.state == _DEAD:
        got |= _ERR | _HUP
    elif link.state == _GONE and link.ready == _NO and not socket._reading and not socket._holds(link):
        got |= _HUP
    return got


def _listening(listener, asked):
    if listener.errno:
        return _ERR | _HUP
    return asked & _RD if listener.queue else 0


def _unconnected(socket, asked):
    job = socket._job
    if not socket._open:
        return _NVAL
    if job is None:  # before connect(): a stream says POLLHUP, as MicroPython's own
        return asked & _WR | (_HUP if socket._places == "STREAM" else 0)
    if not job.done:
        return 0
    return _ERR | _HUP


def _readable(socket, link):
    # recv() would not wait: something is in the ring (fetch it there if it is not), or the end is reached.
    if socket._reading and socket._read_result(link) < 0:
        return True
    if socket._holds(link) or socket._next_step(b"", 0, 0) != _AGAIN:
        return True
    socket._look_again()
    return False


def _writable(socket, link):
    # send() would not wait: there is room for a command's worth, or it fails at once.
    if socket._outbox is not None and socket._outbox.n:
        return False
    if link.state != _OPEN:
        return link.state == _GONE
    if link.flow_off or socket._writing:
        return False
    return not socket._retry_ms or socket._engine.is_past(socket._retry_at)


def _holds(socket, link):
    return link.count > 0


def _look_again(socket):
    # Nothing is there.  When it has been so for long, a notice may have been lost.
    link = socket._link
    if link is not None and link.state == _OPEN and not link.pushed and socket._engine.until_ms(socket._checked) < -_RECHECK_MS:
        link.ready = link.ready or 1
    return _AGAIN


def _fail_stream(socket, errno):
    # What a stream's method returns or raises.
    return None if errno == -_AGAIN else socket._fail(errno)


def _at_once(socket, receive, n, flags):
    # MSG_DONTWAIT: receive() as a non-blocking socket would.
    timeout_ms = socket._timeout_ms
    socket._timeout_ms = 0
    try:
        return receive(n, flags & ~_MSG_DONTWAIT)
    finally:
        socket._timeout_ms = timeout_ms


Socket.ioctl = ioctl
Socket._holds = _holds
Socket._look_again = _look_again
Socket._fail_stream = _fail_stream
Socket._at_once = _at_once
