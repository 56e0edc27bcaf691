"""Opening, as a generator of commands: what every front (blocking, asyncio) runs.

A generator yields a Command (to be run), a function (to be called until it says True) or a number
(milliseconds to wait).  Off the data path; allocates.
"""

import sys
from errno import EADDRINUSE, ECONNREFUSED, EIO, ETIMEDOUT

import atsock

from .command import Command
from .fast import MISSING, const
from .lend import borrow, once
from .link import Link

# Link.state, Link.ready
_OPENING = const(1)
_OPEN = const(2)
_GONE = const(4)
_DEAD = const(5)
_NO = const(0)

_READ = const(3)  # of Table.socket()
_RING = const(2048)  # one read of the largest chunk
# Nothing holds a pushing module back, so there is room for several chunks that come while the program sends.
_PUSH_RING = const(8192)
_PUSH_RING_CPYTHON = const(65536)


def open_link(modem, socket, what, plan, host, port, switch=None):
    """Open `what` (b"TCP", b"UDP", ...) as the plan (plan.py) says; returns the link when it is open, or listens."""
    engine = modem._engine
    access = socket._access
    opens, table, read, pushed, by_sender, becomes, open_ms = plan
    peer = b""
    if by_sender:
        address = yield from once("resolving", "resolve", modem, host)
        peer = b"%s:%d" % (address[0], port)
    kind = Link
    if (what == b"UDP" or what == b"UDP_ANY") and access != "transparent":
        from .datagrams import DatagramLink as kind
    link = yield from in_turn(modem, _take_link(modem, switch, table, socket, access, pushed, kind))
    if pushed:
        link.pushed = True
    if peer:
        link.peer = peer
    link.rx.verb = read
    if what == b"TCP_SERVER":
        socket._listener.takes(link)
    link.held = True
    command = Command(link, opens)
    command.enters_data = access == "transparent"
    try:
        yield command
    finally:
        if not command.sent:
            link.held = False
    if command.errno == 0:
        if link.state == _OPENING and (command.enters_data or becomes):
            link.state = _OPEN
        give_up = engine.after_ms(open_ms)
        yield lambda: link.state != _OPENING or engine.is_past(give_up)
    if link.state == _OPEN or link.state == _GONE:  # GONE: the peer has closed it already; what it sent can be read
        engine.lost = False
        return link
    # Not open.  The module may hold the id (2.1.4 of the BG96 manual says so); others have freed it.
    if command.errno == 0 and link.state == _OPENING:
        link.fail(ETIMEDOUT, 0)
        raise atsock.Timeout("no answer to the open in %d s" % (open_ms // 1000))
    if link.errno == 0:
        link.fail(command.errno, command.code)
        link.held = engine.closes_gone or command.errno != EIO
    elif link.errno == EIO and (command.errno == 0 or command.code == MISSING):  # the line with the number came, then ERROR or nothing
        command.errno = EIO
        command.code = link.code
    elif command.errno == 0:
        # The connection was refused without a number (+MIPSTAT).
        raise atsock.ModemError(ECONNREFUSED, "connection failed")
    error = modem._error(command, EADDRINUSE if what == b"TCP_SERVER" or what == b"UDP_ANY" else ECONNREFUSED)
    if error.errno == borrow("errnos").ENETDOWN:
        engine.lost = True  # whatever the module says of the context when it is asked (seen)
    raise error


def in_turn(modem, steps):
    """Run steps that depend on the access mode staying as it is, or on a connection id staying free."""
    yield lambda: not modem._opening
    modem._opening = True
    try:
        return (yield from steps)
    finally:
        modem._opening = False


def _take_link(modem, switch, table, socket, access, pushed, kind):
    ids = yield from use_access(modem, access, switch)
    before = yield from _allocate(modem, ids)
    link = modem._engine.links[before.id] = kind(before.id)
    size = ring_size(socket, pushed or access == "transparent")
    if kind is Link and size == _RING and size > table[_READ]:  # it is filled when it is empty, by one read
        size = table[_READ]
    if size != link.size:
        link.size = size
    if size == before.size:
        link.buf = before.buf
    link.socket = socket
    link.state = _OPENING
    socket._adopt(link, table)
    return link


def use_access(modem, access, switch=None):
    """Switch the module to this access mode, if it is in another one; raises OSError EBUSY while sockets are open.

    Returns the connection ids that sockets can have in it.
    """
    engine = modem._engine
    if not modem.isconnected():
        raise atsock.ModemError(borrow("errnos").ENETDOWN, "not attached: call attach() first")
    if switch is None or switch[0] != modem._access_now:  # somebody else has switched it meanwhile
        switch = once("switching", "of_switch", modem, access)
    now, steps, ids = switch
    if steps is not None:
        if engine.servers or any([link.socket is not None for link in engine.links.values()]):
            raise atsock.ModemError(borrow("errnos").EBUSY, "the module is in %s access as long as sockets are open, not in %s" % (now, access))
        modem._access_now = None
        yield from once("asking", "run_steps", modem, steps)
        if engine.access != access:
            once("packing", "use", engine, engine.dialect, access)
        modem._access_now = access
    return ids


def _allocate(modem, ids):
    # A connection id that nobody uses; ids that wait for their close come last.
    known = modem._engine.links
    while True:
        modem._close_orphans()
        links = [known[n] for n in ids if n in known]
        # Their close commands go out before any open would, and a read on its way still brings the old connection's bytes.
        yield lambda: not any([link.closing and link.state != _OPENING or link.socket is None and _in_flight(modem, link) for link in links])
        for n in ids:
            link = modem._engine.link(n)
            if link.socket is None and not link.held and not link.closing:
                return link
        closing = [link for link in links if link.closing]
        waiting = [link for link in links if link.socket is None and not link.closing]
        if waiting:
            yield from once("releasing", "close_link", modem, waiting[-1])
        elif closing:
            yield lambda: not all([link.closing for link in closing])
        else:
            modem._renew(_unused([link for link in links if not _in_flight(modem, link)]))


def _in_flight(modem, link):
    command = modem._engine.command
    return command is not None and command.link is link


def _unused(links):
    # One whose connection is gone and read to its end, although nobody closed it: MicroPython has no finalisers, a
    # dropped socket is known by nothing else.
    for link in links:
        if link.state == _DEAD or link.state == _GONE and link.ready == _NO and not link.count:
            return link
    raise atsock.ModemError(borrow("errnos").EMFILE, "all %d connection ids are in use" % len(links))


def ring_size(socket, pushed):
    """Bytes of a socket's receive ring."""
    if socket._rcvbuf or not pushed:
        return socket._rcvbuf or _RING
    return _PUSH_RING if sys.implementation.name == "micropython" else _PUSH_RING_CPYTHON
