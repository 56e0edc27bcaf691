"""poll() of a socket: would recv() or send() wait?  Loaded by the first poll, and kept; allocates nothing then.

The answers are those of MicroPython's stream protocol (py/stream.h).
"""

from errno import EAGAIN

from .link import DEAD, GONE, NO, OPEN, OPENING

RD = 1
WR = 4
ERR = 8
HUP = 16
NVAL = 32


def poll(socket, asked):
    """The requested events that hold now; HUP and ERR also when they were not requested."""
    socket._modem._service()
    if socket._listener is not None:
        return _listening(socket._listener, asked)
    link = socket._link
    if link is None or link.state == OPENING:
        return _unconnected(socket, asked)
    got = 0
    if asked & RD and _readable(socket, link):
        got = RD
    if asked & WR and _writable(socket, link):
        got |= WR
    if link.state == DEAD:
        got |= ERR | HUP
    elif link.state == GONE and link.ready == NO and not socket._reading and not socket._holds(link):
        got |= HUP
    return got


def _listening(listener, asked):
    if listener.errno:
        return ERR | HUP
    return asked & RD if listener.queue else 0


def _unconnected(socket, asked):
    job = socket._job
    if not socket._open:
        return NVAL
    if job is None:
        return asked & WR | socket._new
    if not job.done:
        return 0
    return ERR | HUP


def _readable(socket, link):
    # recv() would not wait: something is in the ring (fetch it there if it is not), or the end is reached.
    if socket._reading and socket._read_result(link) < 0:
        return True
    if socket._holds(link) or socket._next_step(link) != -EAGAIN:
        return True
    socket._look_again(link)
    return False


def _writable(socket, link):
    # send() would not wait: there is room for a command's worth, or it fails at once.
    if socket._outbox is not None and socket._outbox.n:
        return False
    return link.state == GONE or link.state == OPEN and not link.flow_off and not socket._writing and not socket._resting()
