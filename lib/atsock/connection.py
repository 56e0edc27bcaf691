"""Opening, closing and looking up, as generators of commands: what every front (blocking, asyncio) runs.

A generator yields a Command (to be run), a function (to be called until it says True) or a number
(milliseconds to wait).  Off the data path; allocates.
"""

import atsock

from . import bringup
from .address import AF_INET6
from .checks import eight_groups, is_address
from .command import Command
from .engine import DATA_MODE
from .errnos import EADDRINUSE, EAFNOSUPPORT, EBUSY, ECONNREFUSED, EHOSTUNREACH, EIO, EMFILE, ENETDOWN, EOPNOTSUPP, ETIMEDOUT
from .fast import MISSING
from .link import Link
from .question import Question
from .states import DEAD, FREE, GONE, NO, OPEN, OPENING
from .words import A_GROUP, A_LEAVE, A_MODE, A_RECV, A_SETUP, BECOMES, OPEN_NAMES, TCP_SERVER, TLS, UDP, UDP_ANY


_ROOM_QUESTIONS = 8


def open_link(modem, socket, what, access, host, port, local):
    """Open `what` (TCP, UDP, ...) for the socket; returns the link when it is open, or listens."""
    engine = modem._engine
    dialect = engine.dialect
    protocol = _protocol(dialect, socket, what)
    opens = dialect.OPEN_DATA if access == "transparent" else dialect.OPEN
    if what not in opens:
        raise atsock.ModemError(EOPNOTSUPP, "%s: no %s sockets in %s access" % (dialect.NAME, OPEN_NAMES[what], access))
    table = dialect.ACCESS[access]
    pushed = table[A_RECV] is None
    peer = b""
    if pushed and host is not None and dialect.PUSH_BY_SENDER:
        address = yield from resolve(modem, host)
        peer = b"%s:%d" % (address[0], port)
    kind = Link
    if (what == UDP or what == UDP_ANY) and access != "transparent":
        from .datagrams import DatagramLink as kind
    link = yield from in_turn(modem, _take_link(modem, socket, access, pushed, kind))
    if pushed:
        link.pushed = True
    if peer:
        link.peer = peer
    link.rx.verb = dialect.READ_ANY if what == UDP_ANY and not pushed and dialect.READ_ANY else table[A_RECV]
    if what == TCP_SERVER:
        socket._listener.takes(link)
    link.held = True
    if dialect.EIGHT_GROUPS and host is not None:
        host = eight_groups(host)
    args = (host, port, table[A_MODE], local or dialect.NO_PORT, protocol)
    command = Command(link, opens[what], args)
    command.enters_data = access == "transparent"
    try:
        yield command
    finally:
        if not command.sent:
            link.held = False
    if command.errno == 0:
        if link.state == OPENING and (command.enters_data or what == TCP_SERVER and dialect.SERVERS == BECOMES):
            link.state = OPEN
        give_up = engine.after_ms(dialect.OPEN_MS)
        yield lambda: link.state != OPENING or engine.is_past(give_up)
    if link.state == OPEN or link.state == GONE:  # GONE: the peer has closed it already; what it sent can be read
        engine.lost = False
        return link
    # Not open.  The module may hold the id (2.1.4 of the BG96 manual says so); others have freed it.
    if command.errno == 0 and link.state == OPENING:
        link.fail(ETIMEDOUT, 0)
        raise atsock.Timeout("no answer to the open in %d s" % (dialect.OPEN_MS // 1000))
    if link.errno == 0:
        link.fail(command.errno, command.code)
        link.held = dialect.CLOSE_WHEN_GONE or command.errno != EIO
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


def _take_link(modem, socket, access, pushed, kind):
    dialect = modem._engine.dialect
    yield from use_access(modem, access)
    before = yield from _allocate(modem, dialect, access)
    link = modem._engine.links[before.id] = kind(before.id)
    size = modem._ring_size(socket, pushed or access == "transparent")
    if size != link.size:
        link.size = size
    if size == before.size:
        link.buf = before.buf
    link.socket = socket
    link.state = OPENING
    socket._adopt(link, dialect.ACCESS[access])
    return link


def _protocol(dialect, socket, what):
    # The number of a dialect that numbers protocols, address family and its own TLS included.
    if dialect.PROTOCOLS is None:
        if socket._tls:
            raise atsock.ModemError(EOPNOTSUPP, "%s: no TLS of its own; wrap the socket by ssl" % dialect.NAME)
        return 0
    family = 6 if socket._family == AF_INET6 else 4
    if family not in dialect.PROTOCOLS:
        raise atsock.ModemError(EAFNOSUPPORT, "%s: no IPv6" % dialect.NAME)
    return dialect.PROTOCOLS[family][TLS if socket._tls else what]


def drop_link(modem, link):
    """Close a link that no socket has any more.  An open on its way is not disturbed: its outcome is waited for."""
    engine = modem._engine
    dialect = engine.dialect
    link.closing = True
    try:
        if link.state == OPENING and not dialect.CLOSE_OPENING and link.listener is None:
            give_up = engine.after_ms(dialect.OPEN_MS)
            yield lambda: link.state != OPENING or engine.is_past(give_up)
        if engine.state == DATA_MODE and engine.tokens.sink is link.tail:
            from .online import escape

            yield from escape(modem)
        yield from close_link(modem, link)
    finally:
        link.closing = False


def ask_room(modem, link):
    """The module said that it has room for nothing: ask until it has, before the next block is offered."""
    question, prefix = modem._engine.dialect.ROOM
    pause_ms = 50
    for _ in range(_ROOM_QUESTIONS):
        yield pause_ms
        command = bringup.ask(question, prefix=prefix)
        yield command
        for line in command.lines:
            if bringup.value(line, 0) == link.id and bringup.value(line, 1) > 0:
                link.free = bringup.value(line, 1)
                return
        pause_ms = min(pause_ms * 2, 2000)
    link.free = -1  # it may be one that always says so: let the next block's own result decide


def close_link(modem, link):
    """Close it on the module where the module still holds it, and free the link."""
    link.closing = True
    try:
        yield from _close(modem, link)
    finally:
        link.closing = False


def _close(modem, link):
    link.dropping = True
    if link.held:
        command = Command(link, modem._engine.dialect.CLOSE)
        yield command
        if command.errno and command.errno != EIO:
            # No answer: the id stays out of use until a later close of it succeeds.  A refusal means that it
            # was not open (any more).
            link.fail(command.errno, 0)
            link.socket = None
            raise modem._error(command)
        link.held = False
    link.state = FREE
    link.socket = None
    if link.listener is not None:
        yield from link.listener.forget(link)


def resolve(modem, host, family=0):
    """The addresses of a name, as a list of bytes; a numeric address is returned as it is."""
    if is_address(host):
        return [host]
    dialect = modem._engine.dialect
    verb = dialect.RESOLVE
    if family == AF_INET6:
        verb = dialect.RESOLVE_6
        if verb is None:
            raise atsock.ModemError(EAFNOSUPPORT, "%s: it looks up IPv4 addresses only" % dialect.NAME)
    command = Question(None, verb, (host,))
    command.lines = None
    command.texts = []
    command.expect = 1
    yield command
    if command.errno:
        error = modem._error(command)
        if isinstance(error, atsock.CommandError):  # whatever number a module has for it
            error = atsock.CommandError(EHOSTUNREACH, error.command, error.code, error.text)
        raise error
    return command.texts


def use_access(modem, access):
    """Switch the module to this access mode, if it is in another one; raises OSError EBUSY while sockets are open."""
    engine = modem._engine
    dialect = engine.dialect
    if not modem.isconnected():
        raise atsock.ModemError(ENETDOWN, "not attached: call attach() first")
    table = dialect.ACCESS[access]
    if modem._access_now == access:
        return
    now = modem._access_now
    if now is not None and dialect.ACCESS[now][A_GROUP] == table[A_GROUP]:
        return
    if engine.servers or any([link.socket is not None for link in engine.links.values()]):
        raise atsock.ModemError(EBUSY, "the module is in %s access as long as sockets are open, not in %s" % (now, access))
    if now is not None:
        yield from _switch(modem, dialect.ACCESS[now][A_LEAVE])
    modem._access_now = None
    yield from _switch(modem, table[A_SETUP])
    engine.use(dialect, table)
    modem._access_now = access


def _switch(modem, rows):
    for command, must in rows:
        command = bringup.ask(command) if isinstance(command, bytes) else Command(None, command)
        yield from bringup.run(modem, command, must)


def _allocate(modem, dialect, access):
    # A connection id that nobody uses; ids that wait for their close come last.
    ids = range(dialect.FIRST_LINK, dialect.FIRST_LINK + dialect.LINKS)
    if access == "transparent" and dialect.DATA_LINK is not None:
        ids = (dialect.DATA_LINK,)
    known = modem._engine.links
    while True:
        modem._close_orphans()
        links = [known[n] for n in ids if n in known]
        # Their close commands go out before any open would, and a read on its way still brings the old connection's bytes.
        yield lambda: not any([link.closing and link.state != OPENING or link.socket is None and _in_flight(modem, link) for link in links])
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
        if link.state == DEAD or link.state == GONE and link.ready == NO and not link.count:
            return link
    raise atsock.ModemError(EMFILE, "all %d connection ids are in use" % len(links))
