"""TCP servers: what a listening socket has beside its link, and the connections that nobody has fetched yet.

Those are few: a client that comes when the backlog is full is closed, one that has gone again and left nothing is
forgotten.  A module's id that is told of anew has a new client, and the one before is gone.

Modules number their servers in three ways (SERVERS of the dialect tables): the server takes a connection id of its own
(IN_LINKS, BG96), servers are numbered apart (APART, SIMCom), or the listening id itself becomes the connection
(BECOMES, Fibocom).  The engine tells of each connection by incoming(); everything else here is generators of commands.
"""

from errno import EADDRINUSE, EBADF, EINVAL, EIO

from ..core.command import Command
from ..core.jobs import Job, check, run_command
from ..core.link import Link
from ..core.movers import const
from ..core.openids import confirm_end, open_ids
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
    until_opened,
    use_access,
    watch,
)

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.session import Session
    from .stream import StreamSocket

_FREE = const(0)  # Link.state (words.py)
_OPENING = const(1)
_OPEN = const(2)
_LISTENING = const(3)
_GONE = const(4)
_DEAD = const(5)
_YES = const(2)  # Link.rx_pending
_BACKLOG = const(4)  # connections that may wait for accept(), whatever the program says: modules accept by themselves
_SWEEP_MS = const(500)  # clients that come and go meanwhile cost no command each
_RECV = const(2)  # of a socket's table


class Listener:
    """A TCP server; `queue` holds the accepted links that nobody has fetched yet, the oldest first; `links` all that
    are not closed.

    session: of the module; socket: the listening socket; port: its local port, 0 before listen(); errno: why nobody
    will connect any more (the network went away), 0: all is well; backlog: how many may wait, 4 at least.
    Raises ModemError ENETDOWN before attach().
    """

    def __init__(self, session: "Session", socket: "StreamSocket", backlog: int = 1):
        table = session.table
        if table is None:
            raise ModemError(ENETDOWN, "not attached: call attach() first")
        self.session = session
        self.socket = socket
        self.kind = table.SERVERS
        self.id: "int | None" = None  # server id: a connection id, or the number of a server
        self.set_backlog(backlog)
        self.links: "list[Link]" = []
        self.port = 0
        self.errno = 0
        self.closed = False
        self.started = False  # the module has listened
        self._link_count = len(table.LINKS)
        self._row = access_row(session, socket._access)
        self._read = session.filled(table.READ)
        self._queue: "list[Link]" = []
        self._sockets: "list[StreamSocket]" = []  # of the links in it, where they are made at once (data mode)
        self._job: "Job" = None  # listens on another id
        self._start: "Command" = None  # command that starts a server apart
        self._sweep: "Job | None" = None  # closes the links that nobody wants
        self._waits_for_id = False
        self._stopping = False

    def set_backlog(self, backlog):
        """So many connections may wait, 4 at least."""
        self.backlog = max(backlog, _BACKLOG)

    # -- listening

    def listen(self, port):
        """The steps of listen(); raises OSError EINVAL, EADDRINUSE, EMFILE."""
        if not port:
            raise ModemError(EINVAL, "listen() needs the port of bind()")
        self.port = port
        link = None
        _check_port(self)
        try:
            if self.kind == APART:
                link = yield from self._start_apart()
            else:
                link = yield from open_link(self.session, self.socket, TCP_SERVER, None, 0)
        finally:
            if link is None:
                self._forget_start()
                self.socket._release()
        self.started = True
        if link not in self.links:  # the first connection may have come already
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
        servers = self.session.engine.servers
        if servers.get(self.id) is self:  # an id that the module has refused
            servers.pop(self.id)
        self.id = link.id
        link.listener = self
        servers[link.id] = self

    def _start_apart(self):
        # A server has no link; the socket gets one that no id stands behind, for its states.
        session = self.session
        yield lambda: not session.opening
        session.opening = True
        try:
            self.id = self._free_id()
            yield from use_access(session, self.socket._access)
            self._check_open()
            link = Link(None)
            link.listener = self
            self.socket._adopt(link, self._row)
            session.engine.servers[self.id] = self
            template = session.filled(session.table.LISTEN, server=self.id, port=self.port)
            self._start = Command(None, template)
            yield self._start
            if self._start.errno == EIO:
                yield from self._stop_left_over()
            check(session, self._start)
            self._check_open()
        finally:
            session.opening = False
        return link

    def _check_open(self):
        # close() may come while listen() waits: what it finds by then it stops, the rest must not begin.
        if self.closed:
            raise ModemError(EBADF, "the socket was closed while it began to listen")

    def _stop_left_over(self):
        # A server of an earlier program may still have the number, or the port: stop those that nobody here knows, and
        # those that could not be stopped when they were closed; before that, clients of whom the line got lost.
        session = self.session
        servers = session.engine.servers
        for n in (yield from open_ids(session)) or ():
            link = session.engine.link(n)
            if link.state == _FREE:
                yield Command(link, session.engine.close_template)
        for n in range(session.table.SERVER_COUNT):
            if n == self.id or n not in servers or servers[n].closed:
                command = Command(None, session.filled(session.table.STOP, server=n))
                yield command
                if n != self.id and not command.errno:
                    servers.pop(n, None)
        yield self._start  # once more

    def _free_id(self):
        # With DATA_LINK the data mode has one connection, and one server for it.
        count = self.session.table.SERVER_COUNT if self.socket._access != "transparent" else 1
        for n in range(count):
            if n not in self.session.engine.servers:
                return n
        raise ModemError(EMFILE, "all %d servers are in use" % count)

    # -- connections

    def link_for(self, before: "Link", peer) -> "Link | None":
        """The Link of a client that comes on the id of this one; None when it has been told of already.

        peer: its address as the module wrote it.
        """
        if before.state == _OPEN and before.peer == peer and before in self.links:
            return None
        if self.kind == BECOMES and before.socket is self.socket and before not in self.links:
            return before
        # Another connection had the id, and is over.
        link = replace_link(self.session, before)
        watch(self.session, link, before)
        command = self.session.engine.command
        if before.closing and command is not None and command.link is before:  # a close on its way, which may hit it
            confirm_end(self.session, link)
        listener = before.listener
        if listener is not None:
            listener.forget(before)
            if listener.closed:
                self.session.add(Job(self.session, listener.connection_closed(before)))
        size = ring_size(self.socket, self._row[_RECV] is None)
        if size != link.size:
            link.size = size
            link.buf = None
        return link

    def incoming(self, link: "Link", peer):
        """The module has accepted a client, which has this link now.  Called by the engine, behind link_for()."""
        socket = link.socket = self.socket
        link.state = _OPEN
        link.must_close = True
        link.listener = self
        link.peer = peer
        link.pushed = self._row[_RECV] is None
        # Whether an accepted connection pushes as its server does, or starts buffered, is told in two ways
        # (BG96 2.1.4 and 2.2.4): it can do both.
        link.rx.template = self._read
        self.links.append(link)
        if socket._access == "transparent":  # its data follows at once
            client = make_like(socket)
            client._adopt(link, self._row)
            link.socket = client
            self._sockets.append(client)
        elif self.closed or len(self.queue) >= self.backlog:
            # A server of its own cannot be stopped before its connections (SIMCom 2.15).
            self._refuse(link)
            return
        self._queue.append(link)

    def forget(self, link: "Link"):
        """This link is closed, or the module has given its id away."""
        if link in self.links:
            self.links.remove(link)
        if link in self._queue:
            self._take(self._queue.index(link))

    def _take(self, i):
        # Takes a link out of the queue; returns its socket, None where that is made later.
        self._queue.pop(i)
        return self._sockets.pop(i) if self._sockets else None

    def _refuse(self, link):
        # Nobody wants it: it is closed in the background.  This may be called while a line is being read, and for
        # thousands of clients: nothing is sent at once.
        link.socket = None
        link.discarding = True
        if self._sweep is None or self._sweep.done:
            self._sweep = Job(self.session, self._close_refused())
            self.session.add(self._sweep)

    def _close_refused(self):
        yield 0 if self.closed else _SWEEP_MS
        tried: "list[Link]" = []
        while True:
            links = [link for link in self.links if link.socket is None and not link.closing and link not in tried]
            if not links:
                return
            tried.append(links[0])
            try:
                yield from drop_link(self.session, links[0])
            except ModemError:  # not answered: its id is closed before it is used again, the others are closed now
                pass

    @property
    def queue(self) -> "list[Link]":
        """The accepted links that nobody has fetched yet, the oldest first; those that are gone are given up."""
        i = 0
        while i < len(self._queue):
            link = self._queue[i]
            if self._sockets or not _is_over(link):
                i += 1
                continue
            self._take(i)
            self._refuse(link)
            if self.kind == BECOMES:
                self._job = Job(self.session, self._listen_again(self._job))
                self.session.add(self._job)
        return self._queue

    def accept(self):
        """Take the oldest accepted link: (socket, (address, port)); there is one."""
        link = self._queue[0]
        socket = self._take(0)
        if socket is None:  # one of the kind that listens
            socket = link.socket = make_like(self.socket)
            socket._adopt(link, self._row)
        self._job = Job(self.session, self._listen_again(self._job))
        self.session.add(self._job)  # its turn comes where the stack is not so deep
        return socket, parse_sender(link.peer) or ("0.0.0.0", 0)

    def _listen_again(self, before):
        # Where the listening id became the connection: listen on another one as soon as there is one.  before: the job
        # that did so last.
        if self.kind != BECOMES:
            return
        yield lambda: before is None or before.done
        while not self.closed and not self.errno:
            self.session.engine.servers.pop(self.id, None)
            self.socket._link = None
            try:
                yield from self.listen(self.port)
                return
            except ModemError as error:
                if error.errno != EMFILE:
                    self.errno = error.errno
                    return
            servers = self.session.engine.servers
            servers[self] = self  # it is one all the same: the network may go away, Modem.close() may come
            self._waits_for_id = True
            yield self._may_listen
            self._waits_for_id = False
            servers.pop(self, None)

    def _may_listen(self):
        links = self.session.engine.links.values()
        taken = [link for link in links if link.socket is not None]
        return self.closed or self.errno or len(taken) < self._link_count

    def settled(self, give_up):
        """The steps that wait until it listens again, or has to wait for an id; no longer than give_up (ticks or None).

        A module that does not answer is asked on in the background.
        """
        past = self.session.engine.is_past
        yield lambda: self._waits_for_id or self._job.done or give_up is not None and past(give_up)

    # -- closing

    def close(self):
        """The steps that close what was accepted and not fetched, then the server; fetched connections stay open."""
        session = self.session
        self.closed = True
        yield lambda: self._job is None or self._job.done
        while self._queue:
            link = self._queue[0]
            socket = self._take(0)
            yield from socket._close_steps(link) if socket is not None else close_link(session, link)
        if self.kind == APART:
            if not self.links:
                yield from self._stop()
        elif session.engine.servers.get(self.id) is self:  # else it waits for an id
            session.engine.servers.pop(self.id)
            link = session.engine.links[self.id]
            if link.state == _OPENING:  # listen() is on its way
                link.closing = True
                try:
                    yield until_opened(session, link)
                finally:
                    link.closing = False
            if link not in self.links and link.state != _FREE and link.state != _DEAD:
                yield from close_link(session, link)

    def is_running(self):
        """True while it has its port."""
        return self.started and not self.closed and not self.errno

    def connection_closed(self, link: "Link"):
        """The steps after a connection of this server was closed: stop a closed server whose last one it was.

        SIMCom 2.15 demands that order.
        """
        self.forget(link)
        if self.closed and self.kind == APART and not self.links:
            yield from self._stop()

    def _stop(self):
        yield lambda: not self._stopping
        servers = self.session.engine.servers
        if servers.get(self.id) is not self:  # it has been stopped, or went away with the network
            return
        self._stopping = True
        try:
            stop = self.session.filled(self.session.table.STOP, server=self.id)
            yield from run_command(self.session, Command(None, stop), False)
        finally:
            self._stopping = False
        if not self.links:  # else somebody connected just before, and it was refused
            servers.pop(self.id, None)


def _is_over(link):
    # Has the client gone, and left nothing to read?
    return link.state == _DEAD or link.state == _GONE and link.rx_pending != _YES and not link.count


def _check_port(listener):
    # One server to a port (of a family).
    engine = listener.session.engine
    others = list(engine.servers.values()) + [link.listener for link in engine.links.values()]
    for other in others:
        if other is None or other is listener or other.port != listener.port or not other.is_running():
            continue
        if other.socket._family == listener.socket._family:
            listener.errno = EADDRINUSE
            raise ModemError(EADDRINUSE, "port %d: another socket listens" % listener.port)
