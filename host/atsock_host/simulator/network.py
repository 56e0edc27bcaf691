"""The module's network as real, non-blocking sockets of this machine.

Owns the table of hosts and the rule that nothing leaves the machine by accident: only loopback addresses
and what the table names can be reached; everything else is unreachable after a short while.  Names and
time come from the table and the machine's clock, not from the net.  Knows no AT command.
"""

import array
import datetime
import errno
import fcntl
import ipaddress
import selectors
import socket
import termios

from .endpoints import SEND_BUFFER, DatagramSocket, Listener, Network, NetworkError, Stream

RESOLVE_MS = 20             # a name of the table is known after this long
UNREACHABLE_MS = 300        # an address nobody may reach fails after this long
PING_MS, PING_TTL = 12, 64  # an echo of a reachable address
NTP_MS = 40
_ROOM_POLL_MS = 5           # the kernel tells nobody when the peer has acknowledged
_CHUNK = 4096


class Hosts:
    """The table of names: `NAME: "ADDRESS"`, `"ADDRESS:PORT"` (every port of the name goes to PORT), or several
    addresses separated by commas.

    A NAME may be an address too: connections to it then go where the table says.  A name with a PORT
    resolves to an address of 198.18.0.0/15 (RFC 2544), so that it keeps its port when the host connects by
    address.
    """

    def __init__(self, table=None):
        self._addresses = {"localhost": ["127.0.0.1", "::1"]}
        self._routes = {}       # address as the module sees it -> (real address, port or None)
        self.outside = False    # the table leads out of this machine
        for index, (name, target) in enumerate((table or {}).items()):
            self._add(name, target, index)

    def _add(self, name, target, index):
        shown = []
        for part in str(target).split(","):
            address, port = _split_target(part.strip())
            self.outside = self.outside or not ipaddress.ip_address(address).is_loopback
            if _is_address(name):
                self._routes[name] = (address, port)
            elif port is None:
                shown.append(address)
                self._routes[address] = (address, None)
            else:
                stand_in = f"198.18.{index // 250}.{index % 250 + 1}"
                self._routes[stand_in] = (address, port)
                shown.append(stand_in)
        if shown:
            self._addresses[name.lower()] = shown

    def resolve(self, name, family=4):
        if _is_address(name):
            return [name]
        found = self._addresses.get(name.lower(), [])
        return [address for address in found if (":" in address) == (family == 6)]

    def route(self, address, port):
        """Where (address, port) really is, or None when it cannot be reached."""
        if address in self._routes:
            real, fixed = self._routes[address]
            return real, fixed or port
        if _is_address(address) and ipaddress.ip_address(address).is_loopback:
            return address, port
        return None


def _split_target(text):
    """(address, port or None) of "1.2.3.4", "1.2.3.4:80", "::1" or "[::1]:80"."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]")
        return address, int(port[1:]) if port else None
    if text.count(":") == 1:
        address, port = text.split(":")
        return address, int(port)
    return text, None


def _is_address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class SocketStream(Stream):
    """A Stream over a TCP socket; `sock` is None for a stream that is going to fail."""

    def __init__(self, network, peer, local, sock):
        super().__init__(network, peer, local)
        self._sock = sock
        self._unsent = bytearray()      # taken by send(), not yet by the operating system
        self._watching = 0
        self._closing = False
        self._ended = False             # the peer sends no more
        self._room_timer = None         # looks again after send() found no room

    def unacked(self):
        if self._sock is None:
            return 0
        queued = array.array("i", [0])
        fcntl.ioctl(self._sock, termios.TIOCOUTQ, queued)   # Linux: sent, not acknowledged (tcp(7), SIOCOUTQ)
        return len(self._unsent) + queued[0]

    def connecting(self):
        self._watch(selectors.EVENT_WRITE)

    def established(self):
        self.connected = True
        self._watch(selectors.EVENT_READ)

    def send(self, data):
        taken = super().send(data)
        if not taken and not self.closed and self._room_timer is None:
            self._room_timer = self.network.owner.after(_ROOM_POLL_MS, self._look_for_room)
        return taken

    def _look_for_room(self):
        self._room_timer = None
        if self._sock is None or self.closed:
            return
        if self.room() >= SEND_BUFFER // 2:
            self.room_again()
        else:
            self._room_timer = self.network.owner.after(_ROOM_POLL_MS, self._look_for_room)

    def close(self):
        self._closing = True
        if self._unsent:
            self._watch(selectors.EVENT_WRITE)
        else:
            self._drop()

    def abort(self):
        if self._sock is not None:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._drop()

    def _transmit(self, data):
        self._unsent += data
        self._push()

    def _push(self):
        while self._unsent and self._sock is not None:
            try:
                n = self._sock.send(self._unsent)
            except BlockingIOError:
                break
            except OSError:
                self._broken()
                return
            del self._unsent[:n]
        if self._closing and not self._unsent:
            self._drop()
        elif self._sock is not None:
            self._rewatch()

    def _rewatch(self):
        read = selectors.EVENT_READ if self.free_buffer() and not (self._closing or self._ended) else 0
        write = selectors.EVENT_WRITE if self._unsent else 0
        self._watch(read | write)

    def _watch(self, events):
        self._watching = self.network.watch(self._sock, self._watching, events, self._ready)

    def _ready(self, events):
        if not self.connected:
            self._connect_result()
            return
        if events & selectors.EVENT_WRITE:
            self._push()
        if events & selectors.EVENT_READ and self._sock is not None and not self._closing:
            self._pull()

    def _connect_result(self):
        failure = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failure:
            self.closed = True
            self._drop()
        else:
            self.local = self._sock.getsockname()[:2]
            self.established()
        self.network.owner.on_connected(self, not failure)

    def _pull(self):
        try:
            data = self._sock.recv(min(_CHUNK, self.free_buffer()))
        except BlockingIOError:
            return
        except OSError:
            self._broken()
            return
        if data:
            self.put_received(data)
            if self._sock is not None:
                self._rewatch()
        else:
            self._ended = self.closed = True
            self._rewatch()
            self.network.owner.on_closed(self, False)

    def _broken(self):
        already = self.closed
        self.closed = True
        quiet = self._closing
        self._drop()
        if not already and not quiet:
            self.network.owner.on_closed(self, True)

    def _buffer_read(self):
        if self._sock is not None and self.connected:
            self._rewatch()

    def _drop(self):
        if self._sock is not None:
            self._watch(0)
            self._sock.close()
            self._sock = None
        self.network.forget(self)


class SocketListener(Listener):
    def __init__(self, network, port, sock):
        super().__init__(network, port)
        self._sock = sock
        self._watching = network.watch(sock, 0, selectors.EVENT_READ, self._ready)

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
        self.network.owner.on_accept(self, stream)

    def close(self):
        if self._sock is not None:
            self.network.watch(self._sock, self._watching, 0, self._ready)
            self._sock.close()
            self._sock = None
        self.network.forget(self)

    abort = close


class SocketDatagrams(DatagramSocket):
    def __init__(self, network, local, peer, sock):
        super().__init__(network, local, peer)
        self._sock = sock
        self._back = {}     # real (address, port) -> the address the module sent to
        self._watching = network.watch(sock, 0, selectors.EVENT_READ, self._ready)

    def _transmit(self, data, target):
        route = self.network.hosts.route(*target)
        if route is None:
            return True     # UDP into nowhere succeeds
        self._back[route] = target
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
        self.put_received(data, address, port)

    def close(self):
        if self._sock is not None:
            self.network.watch(self._sock, self._watching, 0, self._ready)
            self._sock.close()
            self._sock = None
        self.network.forget(self)

    abort = close


class SocketNetwork(Network):
    """Real sockets, registered at `selector`; a key's data is the function to call with the events."""

    def __init__(self, hosts=None, selector=None):
        self.hosts = Hosts(hosts)
        self.selector = selector if selector is not None else selectors.SelectSelector()
        self._endpoints = set()

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

    # ---- what a module asks

    def resolve(self, name, done, family=4):
        found = self.hosts.resolve(name, family)
        self.owner.after(RESOLVE_MS if found else UNREACHABLE_MS, lambda: done(found))

    def connect(self, address, port, local_port=0):
        route = self.hosts.route(address, port)
        if route is None:
            stream = SocketStream(self, (address, port), ("", local_port), None)
            self.owner.after(UNREACHABLE_MS, lambda: self._unreachable(stream))
            return stream
        sock = socket.socket(_family(route[0]), socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if local_port:
            self._bind(sock, _any_address(sock.family), local_port)
        stream = SocketStream(self, (address, port), ("", local_port), sock)
        self.remember(stream)
        failure = sock.connect_ex(route)
        if failure in (0, errno.EINPROGRESS):
            stream.connecting()
        else:
            stream.abort()
            self.owner.after(UNREACHABLE_MS, lambda: self._unreachable(stream))
        return stream

    def _unreachable(self, stream):
        if not stream._closing:
            stream.closed = True
            self.owner.on_connected(stream, False)

    @staticmethod
    def _bind(sock, address, port):
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
        self._bind(sock, _loopback(af), port)
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
            af = _family(route[0] if route else peer[0])
        else:
            af = socket.AF_INET6 if family == 6 else socket.AF_INET
        sock = socket.socket(af, socket.SOCK_DGRAM)
        sock.setblocking(False)
        self._bind(sock, _any_address(af) if self.hosts.outside else _loopback(af), local_port)
        endpoint = SocketDatagrams(self, sock.getsockname()[:2], peer, sock)
        self.remember(endpoint)
        return endpoint

    def ping(self, address, size, timeout_ms, done):
        del size
        if self.hosts.route(address, 0) is None:
            self.owner.after(timeout_ms, lambda: done(None, 0))
        else:
            self.owner.after(PING_MS, lambda: done(PING_MS, PING_TTL))

    def ntp(self, server, port, done):
        del port
        known = any(self.hosts.route(address, 0) for address in self.hosts.resolve(server))
        if known:
            self.owner.after(NTP_MS, lambda: done(self.utc_now()))
        else:
            self.owner.after(UNREACHABLE_MS, lambda: done(None))

    def utc_now(self):
        return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def _loopback(af):
    return "::1" if af == socket.AF_INET6 else "127.0.0.1"


def _any_address(af):
    return "::" if af == socket.AF_INET6 else "0.0.0.0"
