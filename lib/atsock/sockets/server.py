"""TCP servers: what a listening socket has beside its link, and the connections that nobody has fetched yet.

Modules number their servers in three ways (SERVERS of the dialect tables): the server takes a connection id of its own
(IN_LINKS, BG96), servers are numbered apart (APART, SIMCom), or the listening id itself becomes the connection
(BECOMES, Fibocom).  The engine tells of each connection by incoming(); everything else here is generators of commands.
"""

from errno import EINVAL

from ..core.command import Command
from ..core.jobs import run_command
from ..core.link import Link
from ..core.movers import const
from ..core.words import APART, BECOMES
from ..errors import EMFILE, ENETDOWN, ModemError
from .endpoint import parse_sender
from .opening import (
    TCP_SERVER,
    access_row,
    close_link,
    drop_link,
    make_like,
    open_link,
    replace_link,
    ring_size,
    use_access,
)

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.jobs import Job
    from ..core.session import Session
    from .stream import StreamSocket

_OPEN = const(2)  # Link.state (words.py)
_LISTENING = const(3)
_GONE = const(4)
_RECV = const(2)  # of a socket's table


class Listener:
    """A TCP server; `queue` holds the accepted links that nobody has fetched yet, the oldest first.

    session: of the module; socket: the listening socket; port: its local port, 0 before listen(); errno: why nobody
    will connect any more (the network went away), 0: all is well.  Raises ModemError ENETDOWN before attach().
    """

    def __init__(self, session: "Session", socket: "StreamSocket"):
        table = session.table
        if table is None:
            raise ModemError(ENETDOWN, "not attached: call attach() first")
        self.session = session
        self.socket = socket
        self.kind = table.SERVERS
        self.id: "int | None" = None  # server id: a connection id, or the number of a server
        self.queue: "list[Link]" = []
        self.port = 0
        self.errno = 0
        self.closed = False
        self._link_count = len(table.LINKS)
        self._row = access_row(session, socket._access)
        self._read = session.filled(table.READ)
        self._sockets: "list[StreamSocket]" = []  # of the links in `queue`, where they are made at once (data mode)
        self._links: "list[Link]" = []  # all accepted links that are not closed
        self._job: "Job" = None  # listens on another id
        self._start: "Command" = None  # command that starts a server apart
        self._waits_for_id = False
        self._stopping = False

    # -- listening

    def listen(self, port):
        """The steps of listen(); raises OSError EINVAL, EADDRINUSE, EMFILE."""
        if not port:
            raise ModemError(EINVAL, "listen() needs the port of bind()")
        self.port = port
        link = None
        try:
            if self.kind == APART:
                link = yield from self._start_apart()
            else:
                link = yield from open_link(self.session, self.socket, TCP_SERVER, None, 0)
        finally:
            if link is None:
                self._forget_start()
                self.socket._release()
        if link not in self._links:  # the first connection may have come already
            link.state = _LISTENING

    def _forget_start(self):
        servers = self.session.engine.servers
        start = self._start
        if start is not None and start.sent and not start.errno:
            self.closed = True  # cancelled: connection_closed() stops it
        elif servers.get(self.id) is self:
            servers.pop(self.id)

    def use_link(self, link: "Link"):
        """This link listens as soon as the module says so."""
        self.id = link.id
        link.listener = self
        self.session.engine.servers[link.id] = self

    def _start_apart(self):
        # A server has no link; the socket gets one that no id stands behind, for its states.
        session = self.session
        yield lambda: not session.opening
        session.opening = True
        try:
            self.id = self._free_id()
            yield from use_access(session, self.socket._access)
            link = Link(None)
            link.socket = self.socket
            link.listener = self
            self.socket._adopt(link, self._row)
            session.engine.servers[self.id] = self
            template = session.filled(session.table.LISTEN, server=self.id, port=self.port)
            self._start = Command(None, template)
            yield from run_command(session, self._start)
        finally:
            session.opening = False
        return link

    def _free_id(self):
        # With DATA_LINK the data mode has one connection, and one server for it.
        count = self.session.table.SERVER_COUNT if self.socket._access != "transparent" else 1
        for n in range(count):
            if n not in self.session.engine.servers:
                return n
        raise ModemError(EMFILE, "all %d servers are in use" % count)

    # -- connections

    def incoming(self, link: "Link", peer):
        """Called by the engine: the module has accepted this link; peer: its address as the module wrote it."""
        socket = self.socket
        pushed = self._row[_RECV] is None
        becomes = self.kind == BECOMES and link.socket is socket and link not in self._links
        if not becomes:
            link = replace_link(self.session, link)
            size = ring_size(socket, pushed)
            if size != link.size:
                link.size = size
                link.buf = None
            link.socket = socket
        link.state = _OPEN
        link.must_close = True
        link.listener = self
        link.peer = peer
        link.pushed = pushed
        # Whether an accepted connection pushes as its server does, or starts buffered, is told in two ways
        # (BG96 2.1.4 and 2.2.4): it can do both.
        link.rx.template = self._read
        self._links.append(link)
        if socket._access == "transparent":  # its data follows at once
            link.rx.template = None
            self._sockets.append(self._socket_for(link))
        if self.closed:  # a server of its own cannot be stopped before its connections (SIMCom 2.15)
            link.socket = None
            self.session.later(drop_link(self.session, link))
        else:
            self.queue.append(link)

    def accept(self):
        """Take the oldest accepted link: (socket, (address, port)); there is one."""
        link = self.queue.pop(0)
        socket = self._sockets.pop(0) if self._sockets else self._socket_for(link)
        self._job = self.session.spawn(self._listen_again())
        return socket, parse_sender(link.peer) or ("0.0.0.0", 0)

    def _socket_for(self, link):
        # An accepted connection's socket is one of the kind that listens.
        socket = link.socket = make_like(self.socket)
        socket._adopt(link, self._row)
        return socket

    def _listen_again(self):
        # Where the listening id became the connection: listen on another one as soon as there is one.
        before = self._job
        if self.kind != BECOMES:
            return
        yield lambda: before is None or before.done
        while not self.closed:
            self.session.engine.servers.pop(self.id, None)
            self.socket._link = None
            try:
                yield from self.listen(self.port)
                return
            except ModemError as error:
                if error.errno != EMFILE:
                    self.errno = error.errno
                    return
            self._waits_for_id = True
            yield self._may_listen
            self._waits_for_id = False

    def _may_listen(self):
        links = self.session.engine.links.values()
        taken = [link for link in links if link.socket is not None]
        return self.closed or len(taken) < self._link_count

    def settled(self):
        """The steps that wait until it listens again, or has to wait for an id."""
        yield lambda: self._waits_for_id or self._job.done

    # -- closing

    def close(self):
        """The steps that close what was accepted and not fetched, then the server; fetched connections stay open."""
        session = self.session
        self.closed = True
        yield lambda: self._job is None or self._job.done
        for link in self.queue:
            yield from self._sockets.pop(0)._close_steps(link) if self._sockets else close_link(session, link)
        self.queue = []
        if self.kind == APART:
            if not self._links:
                yield from self._stop()
        elif session.engine.servers.get(self.id) is self:  # else it waits for an id
            session.engine.servers.pop(self.id)
            link = session.engine.links[self.id]
            if link.state == _LISTENING or link.state == _GONE:
                yield from close_link(session, link)

    def connection_closed(self, link: "Link"):
        """The steps after a connection of this server was closed: stop a closed server whose last one it was.

        SIMCom 2.15 demands that order.
        """
        if link in self._links:
            self._links.remove(link)
        if self.closed and self.kind == APART and not self._links:
            yield from self._stop()

    def _stop(self):
        yield lambda: not self._stopping
        servers = self.session.engine.servers
        if self.errno or servers.get(self.id) is not self:
            return
        self._stopping = True
        try:
            stop = self.session.filled(self.session.table.STOP, server=self.id)
            yield from run_command(self.session, Command(None, stop), False)
        finally:
            self._stopping = False
        if not self._links:  # else somebody connected just before, and it was refused
            servers.pop(self.id, None)
