"""Opening and closing: connection ids, access modes, local ports.  Generators of commands (core/jobs.py).

Owns which connection id a socket gets, when the module is switched to another access mode, and what of a connection
must be closed before its id is used again.  Knows the link and the dialect's table; waits for nothing itself: a front
(blocking or asyncio) runs the generators.  Off the data path; allocates.
"""

import sys
from errno import EADDRINUSE, EBADF, ECONNREFUSED, ECONNRESET, EIO, EOPNOTSUPP, ETIMEDOUT

from ..checks import access as checked_access
from ..checks import eight_groups
from ..constants import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
from ..core.command import Command
from ..core.jobs import Job, run_steps
from ..core.link import Link
from ..core.movers import MISSING, const
from ..core.resync import abandon
from ..core.openids import confirm_end_steps, lists_ends, open_ids
from ..core.urc import end
from ..core.words import BECOMES
from ..errors import EAFNOSUPPORT, EBUSY, EMFILE, ENETDOWN, NO_REASON, CommandError, ModemError, Timeout
from ..registration import echo_off

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    from ..core.session import Session
    from .endpoint import Endpoint

# What is opened
TCP = "TCP"
UDP = "UDP"  # towards one peer
TCP_SERVER = "TCP_SERVER"
UDP_ANY = "UDP_ANY"  # bound to a port

# words.py
_FREE = const(0)
_OPENING = const(1)
_OPEN = const(2)
_GONE = const(4)
_DEAD = const(5)
_NO = const(0)
_YES = const(2)
_DATA_MODE = const(3)

# Of an entry of Table.ACCESS
_SEND = const(0)
_CHUNK = const(1)
_RECV = const(2)
_READ = const(3)
_MODE = const(4)
_GROUP = const(5)
_SETUP = const(6)
_LEAVE = const(9)

_ERROR_LINE = b"ERROR:"  # how the names of all lines end that tell why a command failed
_GENERAL = b"+CME ERROR:"  # 27.007 9.2: its numbers up to 255 are of no use here
_LISTEN_MS = const(1000)  # UDP without a peer: Fibocom tells at once, or behind a datagram (1.1.2 leaves it open)
_LATE_MS = const(10_000)  # so long after a close the module may still tell of the connection's end
_FLUSH_MS = 30_000  # close() waits so long for what non-blocking sends have taken (no const: a test shortens it)
_RING = const(2048)  # one read of the largest chunk
# Nothing holds a pushing module back, so there is room for several chunks that come while the program sends.
_PUSH_RING = 8192 if sys.implementation.name == "micropython" else 65536


# -- new sockets


def make_socket(session: "Session", family, type, proto, access, tls) -> "Any":
    """A socket that is not connected yet, see Modem.socket().  Sends nothing.  Raises ValueError, TypeError."""
    account = session.attached_with
    family = family or (AF_INET6 if account is not None and account.family == 6 else AF_INET)  # of the context
    access = checked_access(access or session.access)
    if not isinstance(family, int):
        raise TypeError("family: AF_INET or AF_INET6, not %r" % (family,))
    if not isinstance(type, int):
        raise TypeError("type: SOCK_STREAM or SOCK_DGRAM, not %r" % (type,))
    if family not in (AF_INET, AF_INET6):
        raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
    if type != SOCK_STREAM and type != SOCK_DGRAM:
        raise ValueError("type: SOCK_STREAM or SOCK_DGRAM, not %r" % (type,))
    if access == "transparent":
        from .transparent import TransparentDatagrams, TransparentSocket

        kind: "Any" = TransparentSocket if type == SOCK_STREAM else TransparentDatagrams
    elif type == SOCK_DGRAM:
        from .datagram import DatagramSocket as kind
    else:
        from .stream import StreamSocket as kind
    return session.kind_of(kind)(session, family, access, tls)


def make_like(socket: "Endpoint") -> "Any":
    """A new socket of the same kind, family and access mode: for an accepted connection."""
    return type(socket)(socket._session, socket._family, socket._access, False)


# -- opening


def open_link(session: "Session", socket: "Endpoint", what, host, port):
    """The steps that open a connection, or a server, for the socket; they return the link when it is open, or listens.

    what: TCP, UDP, TCP_SERVER or UDP_ANY; host (bytes) and port of the peer, None and 0 for the latter two.  When the
    open fails or is cancelled the socket has no link, and what the module may still hold is closed in the background.
    Raises at once ModemError ENETDOWN, EOPNOTSUPP, EAFNOSUPPORT for what the dialect has not; the steps raise
    CommandError, Timeout, ModemError EMFILE, EBUSY.
    """
    if session.table is None:
        raise ModemError(ENETDOWN, "not attached: call attach() first")
    row = access_row(session, socket._access)
    look_up: "Any" = None
    if host is not None and row[_RECV] is None and session.table.PUSH_BY_SENDER:
        from ..services import resolve as look_up
    return _open_steps(session, socket, what, host, port, row, look_up)


def access_row(session: "Session", access) -> "tuple[Any, ...]":
    """What a socket needs of its access mode: the entry of Table.ACCESS, its templates for send and recv filled in."""
    row = session.table.ACCESS[access]
    return (session.filled(row[_SEND]), row[_CHUNK], session.filled(row[_RECV])) + row[_READ:]


def _open_steps(session, socket, what, host, port, row, look_up):
    engine = session.engine
    opened = False
    refused: "dict[int, bool]" = {}  # ids that the module has refused: has it closed something there?
    try:
        template = _open_template(session, socket, what, host, port, row)
        peer = b""
        if look_up is not None:  # what is pushed names its sender, not its link
            addresses = yield from look_up(session, host)
            peer = b"%s:%d" % (addresses[0], port)
        while True:
            # Nobody else may switch the access mode, or take the id, before the link has it.
            yield session.may_open
            session.opening = True
            try:
                ids = yield from use_access(session, socket._access)
                before = yield from _free_link(session, _not_given_up(ids, refused), what)
                link = _new_link(socket, before, what, row)
            finally:
                session.opening = False
            if peer:
                link.peer = peer
            if what == TCP:
                socket._peer = (host, port)
            elif what == TCP_SERVER:
                socket._listener.use_link(link)
            link.must_close = True
            command = Command(link, template)
            command.enters_data_mode = socket._access == "transparent"
            echoed = engine.echoes
            try:
                yield command
            finally:
                if not command.sent:  # the module knows nothing of it
                    link.must_close = False
                    link.state = _FREE
            if command.errno == 0:
                listens = host is None and session.table.SERVERS == BECOMES
                if listens and what == UDP_ANY:
                    yield until_opened(session, link, _LISTEN_MS)
                if link.state == _OPENING and (command.enters_data_mode or listens):
                    link.state = _OPEN
                yield until_opened(session, link)
                if command.enters_data_mode and engine.echoes and not echoed and link.state == _OPEN:
                    yield from socket.echo_off_steps(link)
            if command.errno == EIO and link.state == _OPEN:  # the result of an open before this one, which is refused
                link.fail(EIO, MISSING)
            if link.state == _OPEN or link.state == _GONE:
                # GONE: the peer has closed it already; what it sent can be read.
                if not socket._open:  # by Modem.close(), which closes the link, too
                    if what == TCP_SERVER and not link.closing:  # but not that of one that was to listen again
                        socket._link = link
                    raise ModemError(EBADF, "the socket was closed while it was being opened")
                if what == TCP:
                    session.note_success()
                engine.pdp_lost = False
                opened = True
                if not was_closed(session, before):
                    link.doubt = None
                return link
            at_once = command.errno == EIO
            error = _open_error(session, link, command, what)
            if not socket._open:
                raise error
            yield from _give_back(session, socket, link, command, at_once, error, refused)
    finally:
        if not opened:
            socket._release()


def until_opened(session: "Session", link: Link, ms=None) -> "Any":
    """A function that says True when it is told what became of the open, or when the time (the table's) is over."""
    engine = session.engine
    give_up = engine.after_ms(ms or session.table.OPEN_MS)
    return lambda: link.state != _OPENING or engine.is_past(give_up)


def _not_given_up(ids, refused):
    return [n for n in ids if n not in refused or refused[n] is not None]


def _give_back(session, socket, link, command, at_once, error, refused):
    # The open of this link has failed.  Returns when it may be tried once more, else raises the error: the module holds
    # the id (or the port) for a connection that nobody here knows of, and has been told to close that.  at_once: the
    # command was refused.
    is_current = session.engine.links.get(link.id) is link  # else a server has accepted a client there meanwhile
    if is_current:
        in_use = _is_in_use(session.table, command, at_once)
        if in_use is None:
            held = yield from open_ids(session)
            in_use = held is not None and link.id in held
        if not in_use:
            raise error
    again = is_current and link.id not in refused
    if not again:
        if is_current and (not refused[link.id] or socket._local):  # nothing was open there, or it is the port
            raise error
        refused[link.id] = None
        if link.data_filter is not None or not _not_given_up(session.table.LINKS, refused):
            raise error
    socket._link = None
    link.socket = None
    if again:
        closing = Command(link, session.engine.close_template)
        yield closing
        refused[link.id] = not closing.errno
        link.must_close = False
    elif is_current:
        link.must_close = True  # before it is used again


def _is_in_use(table, command, at_once):
    # Does the module refuse the open because it holds the id for another connection?  None: it does not say why, or in
    # words that every command uses.
    code = command.code
    is_own = command.error_source not in table.FOREIGN_CODES
    if is_own and command.errno == EIO and code in table.IN_USE:
        return True
    says_why = code != MISSING and is_own and (code in table.ERRNOS or command.error_source != _GENERAL)
    return False if says_why or not at_once else None


def _open_template(session, socket, what, host, port, row):
    table = session.table
    protocol = _protocol(table, socket, what)
    if socket._access == "transparent":
        template = {TCP: table.DATA_TCP, UDP: table.DATA_UDP}.get(what)
    else:
        templates = {TCP: table.OPEN_TCP, UDP: table.OPEN_UDP, UDP_ANY: table.OPEN_UDP_ANY}
        template = templates.get(what, table.OPEN_TCP_SERVER)
    if template is None:
        name = what.replace("_", " ")
        raise ModemError(EOPNOTSUPP, "%s: no %s sockets in %s access" % (table.NAME, name, socket._access))
    if host is None:  # where a client's address would stand
        host = b"0:0:0:0:0:0:0:1" if socket._family == AF_INET6 else b"127.0.0.1"
    elif table.EIGHT_GROUPS:
        host = eight_groups(host)
    if socket._local and what == TCP and table.LOCAL_LAST:
        template = (template[0] + table.LOCAL_LAST,) + tuple(template[1:])
    local = socket._local or table.NO_PORT
    return session.filled(template, host=host, port=port, local=local, mode=row[_MODE], protocol=protocol)


def _protocol(table, socket, what):
    # The number of a dialect that numbers protocols, address family and its own TLS included.
    if not table.PROTOCOLS:
        if socket._tls:
            raise ModemError(EOPNOTSUPP, "%s: no TLS of its own; wrap the socket by ssl" % table.NAME)
        return 0
    for family, tcp, udp, tls in table.PROTOCOLS:
        if family == (6 if socket._family == AF_INET6 else 4):
            return tls if socket._tls else udp if what == UDP or what == UDP_ANY else tcp
    raise ModemError(EAFNOSUPPORT, "%s: no IPv6" % table.NAME)


def _open_error(session, link, command, what):
    # The exception for an open that failed.  The module may hold the id (BG96 2.1.4 says so); others have freed it.
    engine = session.engine
    default = EADDRINUSE if what == TCP_SERVER or what == UDP_ANY else ECONNREFUSED
    if command.errno == 0 and link.state == _OPENING:
        link.fail(ETIMEDOUT, 0)
        session.doubts += 1
        return Timeout("no answer to the open in %d s" % (session.table.OPEN_MS // 1000))
    if link.errno == 0:
        link.fail(command.errno, command.code)
        link.must_close = engine.close_after_peer or command.errno != EIO
    elif link.errno == EIO and (command.errno == 0 or command.code == MISSING):
        # The line with the number came, then ERROR or nothing.
        command.errno = EIO
        command.code = link.code
    elif command.errno == 0:
        if not session.is_connected():  # the module restarted, or lost the network, while it was at it
            return session.link_error(link.errno)
        return _without_reason(session, command, default)
    if _tells_state(session, command):
        return _without_reason(session, command, default)
    error = session.error(command, default)
    session.note_failure(error)  # whatever the module says of the context when it is asked (seen)
    return error


def _tells_state(session, command):
    # Is what the module has told no number of an error, but the state of the connection?
    is_state = session.table.OPEN_ENDS_CLOSED and not command.error_source.endswith(_ERROR_LINE)
    return is_state and command.errno == EIO and command.code != MISSING


def _without_reason(session, command, errno):
    # Fibocom's manuals: the connection is not there, and nothing says whether name, server or network are to blame.
    return CommandError(errno, session.command_text(command), None, NO_REASON)


# -- access modes


def use_access(session: "Session", access):
    """The steps that switch the module to this access mode, if it is in another one; they return the ids for sockets.

    Only while session.opening is the caller's.  Raises ModemError EBUSY while sockets are open, ENETDOWN.
    """
    table = session.table
    if not session.is_connected():
        raise ModemError(ENETDOWN, "not attached: call attach() first")
    now = session.access_now
    if now is None or table.ACCESS[now][_GROUP] != table.ACCESS[access][_GROUP]:
        _check_unused(session, access)
        session.access_now = None
        if session.access_begun is not None:  # also where the switch to it has failed, or was interrupted
            yield from run_steps(session, table.ACCESS[session.access_begun][_LEAVE])
        session.access_begun = access
        yield from run_steps(session, table.ACCESS[access][_SETUP])
        if session.engine.access != access:
            session.use(table, access)
        session.access_now = access
    if access == "transparent":
        yield from echo_off(session.engine)
    return (table.DATA_LINK,) if access == "transparent" and table.DATA_LINK is not None else table.LINKS


def _check_unused(session, access):
    engine = session.engine
    if engine.servers or any(_is_used(link) for link in engine.links.values()):
        text = "the module is in %s access as long as sockets are open, not in %s"
        raise ModemError(EBUSY, text % (session.access_now, access))


def _is_used(link):
    # A connection that died with the module or its network needs no mode, although its socket is not closed yet.
    return link.socket is not None and link.state != _DEAD


# -- connection ids


def _free_link(session, ids, what):
    # The Link of a connection id that nobody uses; ids that wait for their close come last.
    engine = session.engine
    is_bound = what == TCP_SERVER or what == UDP_ANY  # to a port, which one of those may hold: they are closed first
    while True:
        session.start_later()
        links = [engine.links[n] for n in ids if n in engine.links]
        # Their close commands go out before any open would; a read on its way still brings the old connection's bytes.
        yield lambda links=links: engine.unresponsive or not any(_is_busy(session, link) for link in links)
        waiting = [link for link in links if link.socket is None and link.must_close and not link.closing]
        found = None
        for n in () if is_bound and waiting else ids:
            link = engine.link(n)
            if link.socket is None and not link.must_close:  # those that are being closed still must
                no_end = link.keeps_borders and what in (UDP, UDP_ANY)  # nobody ends datagrams
                if no_end or lists_ends(session.table) or not was_closed(session, link):
                    return link
                if found is None or engine.until_ms(link.closed_at) < engine.until_ms(found.closed_at):
                    found = link  # an end of the connection before may come yet, and nobody could tell whose
        if found is not None:
            return found
        closing = [link for link in links if link.closing]
        if waiting:
            yield from close_link(session, waiting[-1])
        elif closing:
            yield lambda closing=closing: not all(link.closing for link in closing)
        else:
            replace_link(session, _unused(session, links))


def _is_busy(session, link):
    if link.closing:
        return link.state != _OPENING
    return link.socket is None and _is_in_flight(session, link)


def _is_in_flight(session, link):
    command = session.engine.command
    return command is not None and command.link is link


def _unused(session, links):
    # One whose connection is gone and read to its end, although nobody closed it: MicroPython has no finalisers, a
    # dropped socket is known by nothing else.
    for link in links:
        is_read = link.state == _GONE and link.rx_pending == _NO and not link.count
        if (link.state == _DEAD or is_read) and not _is_in_flight(session, link):
            return link
    raise ModemError(EMFILE, "all %d connection ids are in use" % len(links))


def _take_spare(session, link):
    # The ring of another id that nobody uses: a program with one connection at a time needs one, whatever its id.
    for other in session.engine.links.values():
        if other.socket is None and other.size == link.size and other.buf is not None:
            keeps = other.keeps_borders and other.count  # datagrams that the socket's next connection gets
            if not (keeps or other.closing or _is_in_flight(session, other)):
                link.buf = other.buf
                other.buf = None
                return


def _new_link(socket, before, what, row):
    # A Link for the socket, in the place of an unused one whose storage it takes over.
    session = socket._session
    kind = socket._link_kind
    link = session.engine.links[before.id] = kind(before.id)
    pushed = row[_RECV] is None
    size = ring_size(socket, pushed or socket._access == "transparent")
    if kind is Link and size == _RING:  # it is filled when it is empty, by one read
        size = row[_READ]
    if size != link.size:
        link.size = size
    if size == before.size:
        link.buf = before.buf
    if link.buf is None:
        _take_spare(session, link)
    link.socket = socket
    link.state = _OPENING
    watch(session, link, before)
    if pushed:
        link.pushed = True
    elif what == UDP_ANY and session.table.READ_ANY is not None:
        link.rx.template = session.filled(session.table.READ_ANY)
    else:
        link.rx.template = row[_RECV]
    socket._adopt(link, row)
    return link


def was_closed(session: "Session", link: Link) -> bool:
    """True when the module was told to close it so short a time ago that it may still tell of the end."""
    return link.closed_at is not None and -_LATE_MS <= session.engine.until_ms(link.closed_at) <= 0


def watch(session: "Session", link: Link, before: Link) -> None:
    """From now on an end of this link that may be that of `before`, the last one on its id, is doubted."""
    link.closed_at = before.closed_at

    def doubt(is_failure):
        if link.state == _OPENING and not session.table.OPEN_ENDS_CLOSED:
            return True  # the result of the open is told by another line
        if not was_closed(session, link):
            return False
        link.doubt = None
        # As confirm_end() of core/openids.py: the stack is deep here.
        session.add(
            Job(session, confirm_end_steps(session, link, is_failure, link.flow_off, session.withdraw(link.tx)))
        )
        link.flow_off = True
        return True

    if was_closed(session, link) or link.state == _OPENING and not session.table.OPEN_ENDS_CLOSED:
        link.doubt = doubt


def replace_link(session: "Session", link: Link) -> Link:
    """A new Link for another connection of the same id; a socket that was not closed yet keeps the old one."""
    engine = session.engine
    fresh = engine.links[link.id] = Link(link.id)
    if link.socket is None:
        fresh.size = link.size
        fresh.buf = link.buf
    fresh.must_close = link.must_close
    if link.state == _OPEN or link.state == _OPENING:  # it has ended without a word
        end(engine, link, False)
    link.must_close = False
    link.rx_pending = _NO
    # Whatever is answered from now on is the new connection's, and what was to be sent for the old one would be, too.
    command = session.queue
    while command is not None:
        following = command.next
        if command.link is link:
            session.refuse(command, EIO)
        command = following
    if engine.command is link.rx:
        link.rx = _move_command(link.rx, fresh)
    elif engine.command is link.tx:
        sending = link.tx
        link.tx = _move_command(sending, fresh)
        abandon(engine, sending, True)
    elif link.moved is not None and engine.command is link.moved:
        _move_command(link.moved, fresh)
    return fresh


def _move_command(command, link):
    # A command in flight whose id this link has now: what comes of it is no longer for the socket that has sent it.
    # Returns what that socket is to find instead.
    found = Command(command.link, command.template)
    found.count = command.count
    found.errno = EIO
    found.done = True
    command.link = link
    link.moved = command
    return found


def ring_size(socket: "Endpoint", pushed) -> int:
    """Bytes of a socket's receive ring."""
    return socket._rcvbuf or (_PUSH_RING if pushed else _RING)


# -- closing


def end_link(socket: "Endpoint", link: Link):
    """The steps of close(): what non-blocking sends have taken goes out first, for at most 30 s."""
    engine = socket._engine
    waiting = socket._send_buffer
    lost = 0
    if waiting is not None:
        give_up = engine.after_ms(_FLUSH_MS)
        yield lambda: waiting.is_empty() or engine.is_past(give_up)
        if waiting.n:
            waiting.drop()
        if waiting.lost:
            lost = link.errno or ECONNRESET
    yield from socket._close_steps(link)
    if lost:
        raise ModemError(lost, "not all that was taken for sending went out")


def close_link(session: "Session", link: Link):
    """The steps that close a connection on the module, where that still holds it, and free the link.

    An open on its way is not disturbed where the module cannot end it: its outcome is waited for.
    Raises Timeout, Restarted; the id stays out of use then until a later close of it succeeds.
    """
    link.closing = True
    try:
        link.discarding = True
        if link.state == _OPENING and _has_outcome(session, link):
            yield until_opened(session, link)
        if _may_be_kept(session, link):
            held = (link.id,) if link.rx_pending == _YES else (yield from open_ids(session))
            if session.engine.links.get(link.id) is link:
                link.must_close = held is not None and link.id in held
        if link.must_close:
            if link.state == _OPEN or link.state == _DEAD and (link.rx.sent or link.tx.sent):
                link.closed_at = session.engine.after_ms(0)
            command = Command(link, session.engine.close_template)
            yield command
            if command.errno and command.errno != EIO:  # a refusal means that it was not open (any more)
                raise session.error(command)
            link.must_close = False
        link.state = _FREE
        if link.listener is not None:
            yield from link.listener.connection_closed(link)
    finally:
        link.closing = False
        link.socket = None  # also when close() has run out of time or was interrupted: nobody will ask again


def _has_outcome(session, link):
    # Must the result of this link's open come before its close?  That of a server or of data mode comes otherwise.
    return link.listener is None and link.data_filter is None and not session.table.CLOSE_OPENING


def _may_be_kept(session, link):
    # May the module keep the id of a client that has left?  With data unread it does, and some firmware always: its
    # server would run out of ids.  What has been given to another client meanwhile is not to be closed.
    is_over = link.ended and not link.must_close and link.listener is not None and link.data_filter is None
    return is_over and session.engine.links.get(link.id) is link and session.is_connected()


def drop_link(session: "Session", link: Link):
    """The steps that close a link that no socket has any more."""
    engine = session.engine
    link.closing = True
    try:
        if link.data_filter is not None:  # an open that nobody waits for any more may still lead to data mode
            yield lambda: engine.unresponsive or not _is_in_flight(session, link)
        if engine.state == _DATA_MODE and engine.tokens.sink is link.data_filter:
            from ..core.datamode import escape_without_reader

            yield from escape_without_reader(session, session.table.GUARD_MS)
        yield from close_link(session, link)
    finally:
        link.closing = False
