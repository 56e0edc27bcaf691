"""The module's network as real, non-blocking sockets of this machine.

Owns listeners, datagram sockets and the making of streams; an address that hosts.py does not allow is
unreachable after a short while.  Names and time come from the table and the machine's clock, not from the
net.  Knows no AT command.
"""

import datetime
import errno
import os
import random
import selectors
import socket

from .endpoints import DatagramSocket, Listener, Network, NetworkError
from .hosts import Hosts, family_of
from .stream import SocketStream, Way

RESOLVE_MS = 20             # a name of the table is known after this long, unless somebody sets another time
_HEADERS = 28               # of IPv4 and UDP
UNREACHABLE_MS = 300        # an address nobody may reach fails after this long
PING_MS, PING_TTL = 12, 64  # an echo of a reachable address
NTP_MS = 40


class _Watched:
    """An endpoint whose socket of the system is read when it has something: `_ready(events)` is called then."""

    def _watch(self, sock):
        self._sock = sock
        self._watching = self.network.watch(sock, 0, selectors.EVENT_READ, self._ready)

    def close(self):
        if self._sock is not None:
            self.network.watch(self._sock, self._watching, 0, self._ready)
            self._sock.close()
            self._sock = None
        self.network.forget(self)

    abort = close


class SocketListener(_Watched, Listener):
    def __init__(self, network, port, sock):
        super().__init__(network, port)
        self._watch(sock)

    def _ready(self, events):
        del events
        try:
            sock, peer = self._sock.accept()
        except BlockingIOError:
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = SocketStream(self.network, peer[:2], sock.getsockname()[:2], sock)
        self.network.remember(stream)
        stream.established()
        stream.accepted()
        self.network.owner.on_accept(self, stream)


class SocketDatagrams(_Watched, DatagramSocket):
    def __init__(self, network, local, peer, sock):
        super().__init__(network, local, peer)
        self._back = {}     # real (address, port) -> the address the module sent to
        self._outgoing, self._incoming = Way(network), Way(network)
        self._closing = False   # the module has closed it; what it sent before is still under way
        self._watch(sock)

    def close(self):
        self._closing = True
        if self._outgoing.carries and self._sock is not None:
            self._watching = self.network.watch(self._sock, self._watching, 0, self._ready)
        else:
            super().close()

    def abort(self):
        self._closing = True
        super().close()

    def _transmit(self, data, target):
        route = self.network.hosts.route(*target)
        if route is None:
            return True     # UDP into nowhere succeeds
        self._back[route] = target
        if self.network.loses(len(data)):
            return True
        delay = self.network.one_way_ms()
        if delay:
            self._outgoing.carry(delay, lambda: self._arrive_outside(data, route))
            return True
        return self._send(data, route)

    def _arrive_outside(self, data, route):
        if self._sock is not None:
            self._send(data, route)
            if self._closing:
                self.close()

    def _send(self, data, route):
        try:
            self._sock.sendto(data, route)
        except OSError as failure:
            if failure.errno in (errno.EMSGSIZE, errno.EAFNOSUPPORT, errno.EINVAL):
                return False
            # refused by the peer earlier, or no room: lost on the way, as datagrams may be
        return True

    def _ready(self, events):
        del events
        try:
            data, peer = self._sock.recvfrom(65535)
        except BlockingIOError:
            return
        except ConnectionError:
            return          # an ICMP answer to an earlier datagram
        address, port = self._back.get(peer[:2], peer[:2])
        if self.network.loses(len(data)):
            return
        delay = self.network.one_way_ms()
        if delay:
            self._incoming.carry(delay, lambda: self._closing or self.put_received(data, address, port))
        else:
            self.put_received(data, address, port)


class SocketNetwork(Network):
    """Real sockets, registered at `selector`; a key's data is the function to call with the events."""

    # what settings.py can set
    resolve_ms = RESOLVE_MS
    open_ms = rtt_ms = jitter_ms = 0
    loss = 0.0
    mtu = 65535
    server_address = "127.0.0.1"        # where servers of the module listen, and datagrams come in

    def __init__(self, hosts=None, selector=None, seed=None):
        self.hosts = Hosts(hosts)
        self.selector = selector if selector is not None else selectors.SelectSelector()
        self._endpoints = set()
        self._random = random.Random(seed)

    # ---- the way through the network

    def round_trip_ms(self):
        """Of the next packet and its answer."""
        return self.rtt_ms + (self._random.random() * self.jitter_ms if self.jitter_ms else 0)

    def one_way_ms(self):
        """Of the next packet in either direction."""
        return self.round_trip_ms() / 2

    def loses(self, size=0):
        """True when the next packet, a datagram of `size` bytes, does not arrive."""
        return size + _HEADERS > self.mtu or bool(self.loss) and self._random.random() * 100 < self.loss

    # ---- bookkeeping

    def watch(self, sock, before, events, ready):
        """Wait for `events` of a socket instead of `before`; returns `events`."""
        if events == before:
            return events
        if not before:
            self.selector.register(sock, events, ready)
        elif not events:
            self.selector.unregister(sock)
        else:
            self.selector.modify(sock, events, ready)
        return events

    def remember(self, endpoint):
        self._endpoints.add(endpoint)

    def forget(self, endpoint):
        self._endpoints.discard(endpoint)

    def reset(self):
        for endpoint in list(self._endpoints):
            endpoint.abort()

    def peers_end(self):
        for endpoint in list(self._endpoints):
            if isinstance(endpoint, SocketStream):
                endpoint.peer_ends()

    # ---- what a module asks

    def resolve(self, name, done, family=4):
        found = self.hosts.resolve(name, family)
        if not found:
            self.owner.note("state", what=f"name {name}", value="no address")
        self.owner.after(self.resolve_ms if found else UNREACHABLE_MS, lambda: done(found))

    def connect(self, address, port, local_port=0):
        route = self.hosts.route(address, port)
        if route is None:
            stream = SocketStream(self, (address, port), ("", local_port), None)
            self.owner.after(UNREACHABLE_MS, lambda: self._unreachable(stream))
            return stream
        sock = socket.socket(family_of(route[0]), socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if local_port:
            self._bind(sock, _any_address(sock.family), local_port)
        stream = SocketStream(self, (address, port), ("", local_port), sock)
        self.remember(stream)
        failure = sock.connect_ex(route)
        if failure in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):    # the last one is Windows'
            stream.connecting()
        else:
            stream.abort()
            self.owner.after(UNREACHABLE_MS, lambda: self._unreachable(stream))
        return stream

    def _unreachable(self, stream):
        if not stream.closing:
            stream.unreachable()
            stream.told.on_connected(stream, False)

    def _home(self, af):
        return "::1" if af == socket.AF_INET6 else self.server_address

    @staticmethod
    def _bind(sock, address, port):
        if os.name != "nt":     # there it would let two sockets have one port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, port))
        except OSError as failure:
            sock.close()
            raise NetworkError("bind", str(failure)) from failure

    def listen(self, port, family=4):
        af = socket.AF_INET6 if family == 6 else socket.AF_INET
        sock = socket.socket(af, socket.SOCK_STREAM)
        sock.setblocking(False)
        self._bind(sock, self._home(af), port)
        try:
            sock.listen(16)
        except OSError as failure:
            sock.close()
            raise NetworkError("listen", str(failure)) from failure
        listener = SocketListener(self, sock.getsockname()[1], sock)
        self.remember(listener)
        return listener

    def datagram(self, local_port=0, peer=None, family=4):
        if peer is not None:
            route = self.hosts.route(*peer)
            af = family_of(route[0] if route else peer[0])
        else:
            af = socket.AF_INET6 if family == 6 else socket.AF_INET
        sock = socket.socket(af, socket.SOCK_DGRAM)
        sock.setblocking(False)
        self._bind(sock, _any_address(af) if self.hosts.outside else self._home(af), local_port)
        endpoint = SocketDatagrams(self, sock.getsockname()[:2], peer, sock)
        self.remember(endpoint)
        return endpoint

    def ping(self, address, size, timeout_ms, done):
        ms = PING_MS + int(self.round_trip_ms())
        if self.hosts.route(address, 0) is None or self.loses(size) or ms > timeout_ms:
            self.owner.after(timeout_ms, lambda: done(None, 0))
        else:
            self.owner.after(ms, lambda: done(ms, PING_TTL))

    def ntp(self, server, port, done):
        del port
        known = any(self.hosts.route(address, 0) for address in self.hosts.resolve(server))
        if known:
            self.owner.after(NTP_MS, lambda: done(self.utc_now()))
        else:
            self.owner.after(UNREACHABLE_MS, lambda: done(None))

    def utc_now(self):
        return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def _any_address(af):
    return "::" if af == socket.AF_INET6 else "0.0.0.0"
