"""TCP servers.  Three kinds of module: the server takes a connection id of its own (BG96), servers are numbered apart
(SIMCom), or the listening id itself becomes the connection (Fibocom)."""

import atsock

from .address import AF_INET6
from .bringup import run
from .command import Command
from .connection import close_link, in_turn, open_link, use_access
from .datagrams import parse_sender
from .errnos import EINVAL, EMFILE
from .lend import borrow
from .link import GONE, LISTENING, OPEN, Link
from .words import A_RECV, APART, BECOMES, TCP_SERVER


class Listener:
    """What a listening socket has beside its link: the queue of accepted links, filled by the engine."""

    def __init__(self, modem, socket):
        self.modem = modem
        self.socket = socket
        self.kind = modem._engine.dialect.SERVERS
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
            if self.kind == APART:
                link = yield from in_turn(self.modem, self._start_apart())
            else:
                nobody = b"0:0:0:0:0:0:0:1" if self.socket._family == AF_INET6 else b"127.0.0.1"  # where a client's address would stand
                link = yield from open_link(self.modem, self.socket, TCP_SERVER, self.socket._access, nobody, 0, port)
        finally:
            if link is None:
                start = self.starting
                if start is not None and start.sent and not start.errno:
                    self.closed = True  # cancelled: forget() stops it
                elif engine.servers.get(self.id) is self:
                    engine.servers.pop(self.id)
                self.socket._release()
        if link not in self.links:  # the first connection may have come already
            link.state = LISTENING

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
        count = engine.dialect.SERVER_COUNT if self.socket._access != "transparent" else 1
        free = [n for n in range(count) if n not in engine.servers]
        if not free:
            raise atsock.ModemError(EMFILE, "all %d servers are in use" % count)
        yield from use_access(modem, self.socket._access)
        link = Link(None)
        link.socket = self.socket
        self.socket._adopt(link, engine.dialect.ACCESS[self.socket._access])
        link.listener = self
        self.id = free[0]
        engine.servers[self.id] = self
        self.starting = Command(None, engine.dialect.LISTEN, (self.id, self.port))
        yield from run(modem, self.starting)
        return link

    def incoming(self, link, peer):
        """The engine: the module accepted this link; peer is its address as the module wrote it."""
        socket = self.socket
        pushed = self.modem._engine.dialect.ACCESS[socket._access][A_RECV] is None
        becomes = self.kind == BECOMES and link.socket is socket and link not in self.links
        if not becomes:
            if link.socket is not None:  # the connection before has ended, and nobody has closed its socket
                link = self.modem._renew(link)
            link.reset(self.modem._ring_size(socket, pushed))
            link.socket = socket
        link.state = OPEN
        link.held = True
        link.listener = self
        link.peer = peer
        link.pushed = pushed
        # Whether an accepted connection pushes as its server does, or starts buffered, is told in two ways
        # (BG96 2.1.4 and 2.2.4): it can do both.
        link.rx.verb = self.modem._engine.dialect.READ
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
        socket = link.socket = borrow("opening").make(type(server), self.modem, server._family, server._access, False)
        socket._adopt(link, self.modem._engine.dialect.ACCESS[server._access])
        return socket

    def listen_again(self):
        """Where the listening id became the connection: listen on another one as soon as there is one."""
        before = self.again
        if self.kind != BECOMES:
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
        return self.closed or len(taken) < engine.dialect.LINKS

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
        if self.kind != APART:
            modem._engine.servers.pop(self.id, None)
            link = self.own_link()
            if link is not None:
                yield from close_link(modem, link)
        elif not self.links:
            yield from self.stop()

    def own_link(self):
        link = self.modem._engine.links.get(self.id)
        return link if link is not None and link.state in (LISTENING, GONE) else None

    def forget(self, link):
        """A connection of this server was closed: stop a closed server whose last one it was.  SIMCom 2.15 demands
        that order."""
        if link in self.links:
            self.links.remove(link)
        if self.closed and self.kind == APART and not self.links:
            yield from self.stop()

    def stop(self):
        engine = self.modem._engine
        if self.errno or engine.servers.get(self.id) is not self:
            return
        yield from run(self.modem, Command(None, engine.dialect.STOP, (self.id,)), False)
        if not self.links:  # else somebody connected just before, and it was refused
            engine.servers.pop(self.id, None)
