"""Opening, as a generator of commands: what every front (blocking, asyncio) runs.

A generator yields a Command (to be run), a function (to be called until it says True) or a number
(milliseconds to wait).  Off the data path; allocates.
"""

import atsock

from . import tables
from .address import AF_INET6
from .command import Command
from .errnos import EADDRINUSE, EAFNOSUPPORT, EBUSY, ECONNREFUSED, EIO, EMFILE, ENETDOWN, EOPNOTSUPP, ETIMEDOUT
from .fast import MISSING, const
from .lend import borrow
from .link import Link
from .releasing import close_link

# Link.state, Link.ready
_OPENING = const(1)
_OPEN = const(2)
_GONE = const(4)
_DEAD = const(5)
_NO = const(0)
# Cells of an access mode (tables.py)
_MODE = const(0)
_GROUP = const(1)
_SETUP = const(2)
_RECV = const(5)
_LEAVE = const(9)
# What an open opens, the word behind OPEN_ and DATA_ in the tables.
TCP = b"TCP"
UDP = b"UDP"  # one peer
TCP_SERVER = b"TCP_SERVER"
UDP_ANY = b"UDP_ANY"  # unconnected


def open_link(modem, socket, what, access, host, port, local):
    """Open `what` (TCP, UDP, ...) for the socket; returns the link when it is open, or listens."""
    engine = modem._engine
    table = tables.of(modem)
    protocol = _protocol(table, socket, what)
    key = (b"DATA_" if access == "transparent" else b"OPEN_") + what
    if not table.cells(key):
        raise atsock.ModemError(EOPNOTSUPP, "%s: no %s sockets in %s access" % (engine.dialect, what.decode().replace("_", " "), access))
    mode = table.access(access)
    pushed = not mode[_RECV]
    peer = b""
    if pushed and host is not None and table.yes(b"PUSH_BY_SENDER"):
        address = yield from borrow("resolving").resolve(modem, host)
        peer = b"%s:%d" % (address[0], port)
    kind = Link
    if (what == UDP or what == UDP_ANY) and access != "transparent":
        from .datagrams import DatagramLink as kind
    link = yield from in_turn(modem, _take_link(modem, table, socket, access, pushed, kind))
    if pushed:
        link.pushed = True
    if peer:
        link.peer = peer
    link.rx.verb = None if pushed else what == UDP_ANY and table.command(b"READ_ANY") or table.command(mode[_RECV])
    if what == TCP_SERVER:
        socket._listener.takes(link)
    link.held = True
    if host is not None and table.yes(b"EIGHT_GROUPS"):
        host = borrow("checks").eight_groups(host)
    local = local or table.word(b"NO_PORT")
    command = Command(link, table.command(key, host=host, port=port, mode=mode[_MODE], local=local, protocol=protocol))
    command.enters_data = access == "transparent"
    try:
        yield command
    finally:
        if not command.sent:
            link.held = False
    open_ms = table.number(b"OPEN_MS")
    if command.errno == 0:
        if link.state == _OPENING and (command.enters_data or what == TCP_SERVER and table.word(b"SERVERS") == b"BECOMES"):
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
    error = modem._error(command, EADDRINUSE if what == TCP_SERVER or what == UDP_ANY else ECONNREFUSED)
    if error.errno == ENETDOWN:
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


def _take_link(modem, table, socket, access, pushed, kind):
    yield from use_access(modem, table, access)
    before = yield from _allocate(modem, table, access)
    link = modem._engine.links[before.id] = kind(before.id)
    size = modem._ring_size(socket, pushed or access == "transparent")
    if size != link.size:
        link.size = size
    if size == before.size:
        link.buf = before.buf
    link.socket = socket
    link.state = _OPENING
    socket._adopt(link, table.socket(access))
    return link


def _protocol(table, socket, what):
    # The number of a dialect that numbers protocols, address family and its own TLS included.
    numbers = table.all(b"PROTOCOLS")
    if not numbers[0][0]:
        if socket._tls:
            raise atsock.ModemError(EOPNOTSUPP, "%s: no TLS of its own; wrap the socket by ssl" % table.name())
        return 0
    family = b"6" if socket._family == AF_INET6 else b"4"
    for cells in numbers:
        if cells[0] == family:
            return cells[3 if socket._tls else 2 if what == UDP else 1]
    raise atsock.ModemError(EAFNOSUPPORT, "%s: no IPv6" % table.name())


def use_access(modem, table, access):
    """Switch the module to this access mode, if it is in another one; raises OSError EBUSY while sockets are open."""
    engine = modem._engine
    if not modem.isconnected():
        raise atsock.ModemError(ENETDOWN, "not attached: call attach() first")
    now = modem._access_now
    if now == access or now is not None and table.access(now)[_GROUP] == table.access(access)[_GROUP]:
        return
    if engine.servers or any([link.socket is not None for link in engine.links.values()]):
        raise atsock.ModemError(EBUSY, "the module is in %s access as long as sockets are open, not in %s" % (now, access))
    run_steps = borrow("asking").run_steps
    if now is not None:
        yield from run_steps(modem, table.steps(table.access(now)[_LEAVE]))
    modem._access_now = None
    yield from run_steps(modem, table.steps(table.access(access)[_SETUP]))
    tables.use(engine, engine.dialect, access)
    modem._access_now = access


def _allocate(modem, table, access):
    # A connection id that nobody uses; ids that wait for their close come last.
    ids = table.ids()
    if access == "transparent" and table.word(b"DATA_LINK"):
        ids = (table.number(b"DATA_LINK"),)
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
            yield from close_link(modem, waiting[-1])
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
    raise atsock.ModemError(EMFILE, "all %d connection ids are in use" % len(links))
