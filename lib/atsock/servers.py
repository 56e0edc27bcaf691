"""TCP servers.  Three kinds of module: the server takes a connection id of its own (BG96), servers are numbered apart
(SIMCom), or the listening id itself becomes the connection (Fibocom)."""

from errno import EINVAL

import atsock

from . import tables
from .address import AF_INET6
from .asking import run
from .command import Command
from .connection import in_turn, open_link, ring_size, use_access
from .datagrams import parse_sender
from .errnos import EMFILE
from .fast import const
from .lend import once
from .link import Link
from .releasing import close_link

_OPEN = const(2)
_LISTENING = const(3)
_GONE = const(4)
_RECV = const(2)  # of a socket's access mode, see Table.socket()
# How a module numbers its TCP servers (SERVERS of the tables); the third way: a server takes a connection id (IN_LINKS).
_APART = b"APART"  # servers have numbers of their own
_BECOMES = b"BECOMES"  # the listening id becomes the connection


class Listener:
    """What a listening socket has beside its link: the queue of accepted links, filled by the engine."""

    def __init__(self, modem, socket):
        self.modem = modem
        self.socket = socket
        table = tables.of(modem)
        self.kind = table.word(b"SERVERS")
        self.ids = len(table.ids())
        self.servers = table.number(b"SERVER_COUNT")
        self.mode = table.socket(socket._access)
        self.read = table.command(b"READ")
        self.id = None  # server id: a connection id, or the number of a server
        self.queue = []  # accepted links that nobody has fetched yet
        self.sockets = []  # theirs, where they are made at once (data mode)
        self.links = []  # all accepted links that are not closed
        self.errno = 0  # the network went away
        self.port = 0
        self.closed = False
        self.again = None  # job that listens on another id
        self.starting = None  # command that starts a server apart
        self.full = False  # which waits for one to become free

    def listen(self, port):
        engine = self.modem._engine
        if not port:
            raise atsock.ModemError(EINVAL, "listen() needs the port of bind()")
        self.port = port
        link = None
        try:
            if self.kind == _APART:
                link = yield from in_turn(self.modem, self._start_apart())
            else:
                nobody = b"0:0:0:0:0:0:0:1" if self.socket._family == AF_INET6 else b"127.0.0.1"  # where a client's address would stand
                plan = once("plan", "of_open", self.modem, self.socket, b"TCP_SERVER", nobody, 0)
                link = yield from open_link(self.modem, self.socket, b"TCP_SERVER", plan, nobody, 0)
        finally:
            if link is None:
                start = self.starting
                if start is not None and start.sent and not start.errno:
                    self.closed = True  # cancelled: forget() stops it
                elif engine.servers.get(self.id) is self:
                    engine.servers.pop(self.id)
                self.socket._release()
        if link not in self.links:  # the first connection may have come already
            link.state = _LISTENING

    def takes(self, link):
        """This link listens as soon as the module says so."""
        self.id = link.id
        link.listener = self
        self.modem._engine.servers[link.id] = self

    def _start_apart(self):
        # A server has no link; the socket gets one that no id stands behind, for its states.
        modem = self.modem
        engine = modem._engine
        # With DATA_LINK the data mode has one connection, and one server for it.
        count = self.servers if self.socket._access != "transparent" else 1
        free = [n for n in range(count) if n not in engine.servers]
        if not free:
            raise atsock.ModemError(EMFILE, "all %d servers are in use" % count)
        yield from use_access(modem, self.socket._access)
        link = Link(None)
        link.socket = self.socket
        self.socket._adopt(link, self.mode)
        link.listener = self
        self.id = free[0]
        engine.servers[self.id] = self
        self.starting = Command(None, tables.of(modem).command(b"LISTEN", server=self.id, port=self.port))
        yield from run(modem, self.starting)
        return link

    def incoming(self, link, peer):
        """The engine: the module accepted this link; peer is its address as the module wrote it."""
        socket = self.socket
        pushed = self.mode[_RECV] is None
        becomes = self.kind == _BECOMES and link.socket is socket and link not in self.links
        if not becomes:
            link = self.modem._renew(link)
            size = ring_size(socket, pushed)
            if size != link.size:
                link.size = size
                link.buf = None
            link.socket = socket
        link.state = _OPEN
        link.held = True
        link.listener = self
        link.peer = peer
        link.pushed = pushed
        # Whether an accepted connection pushes as its server does, or starts buffered, is told in two ways
        # (BG96 2.1.4 and 2.2.4): it can do both.
        link.rx.verb = self.read
        self.links.append(link)
        if socket._access == "transparent":  # its data follows at once
            link.rx.verb = None
            self.sockets.append(self._socket_for(link))
        if self.closed:  # a server of its own cannot be stopped before its connections (SIMCom 2.15)
            link.socket = None
            self.modem._orphans.append(link)
        else:
            self.queue.append(link)

    def accept(self):
        """Take the oldest accepted link: (socket, (address, port)).  listen_again() comes next."""
        link = self.queue.pop(0)
        socket = self.sockets.pop(0) if self.sockets else self._socket_for(link)
        return socket, parse_sender(link.peer) or ("0.0.0.0", 0)

    def _socket_for(self, link):
        # An accepted connection's socket is one of the kind that listens.
        server = self.socket
        socket = link.socket = once("making", "make", type(server), self.modem, server._family, server._access, False)
        socket._adopt(link, self.mode)
        return socket

    def listen_again(self):
        """Where the listening id became the connection: listen on another one as soon as there is one."""
        before = self.again
        if self.kind != _BECOMES:
            return
        yield lambda: before is None or before.done
        while not self.closed:
            self.modem._engine.servers.pop(self.id, None)
            self.socket._link = None
            try:
                yield from self.listen(self.port)
                return
            except atsock.ModemError as e:
                if e.errno != EMFILE:
                    self.errno = e.errno
                    return
            self.full = True
            yield self._may_listen
            self.full = False

    def _may_listen(self):
        engine = self.modem._engine
        taken = [link for link in engine.links.values() if link.socket is not None]
        return self.closed or len(taken) < self.ids

    def settled(self):
        """Wait until it listens again, or has to wait for an id."""
        yield lambda: self.full or self.again.done

    def close(self):
        """Close what was accepted and not fetched, then the server; the fetched connections stay open."""
        modem = self.modem
        self.closed = True
        yield lambda: self.again is None or self.again.done
        for link in self.queue:
            yield from (self.sockets.pop(0)._close_steps(link) if self.sockets else close_link(modem, link))
        self.queue = []
        if self.kind != _APART:
            modem._engine.servers.pop(self.id, None)
            link = self.own_link()
            if link is not None:
                yield from close_link(modem, link)
        elif not self.links:
            yield from self.stop()

    def own_link(self):
        link = self.modem._engine.links.get(self.id)
        return link if link is not None and link.state in (_LISTENING, _GONE) else None

    def forget(self, link):
        """A connection of this server was closed: stop a closed server whose last one it was.  SIMCom 2.15 demands
        that order."""
        if link in self.links:
            self.links.remove(link)
        if self.closed and self.kind == _APART and not self.links:
            yield from self.stop()

    def stop(self):
        engine = self.modem._engine
        if self.errno or engine.servers.get(self.id) is not self:
            return
        yield from run(self.modem, Command(None, tables.of(self.modem).command(b"STOP", server=self.id)), False)
        if not self.links:  # else somebody connected just before, and it was refused
            engine.servers.pop(self.id, None)
