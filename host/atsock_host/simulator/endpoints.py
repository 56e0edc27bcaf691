"""What a module sees of its network: streams, listeners, datagram sockets, and the buffers a real module has.

Owns the receive buffer with its back-pressure and the send buffer with its limit.  Knows neither AT
commands nor operating system sockets: network.py moves the bytes for the simulator, the tests' fake
network does it by hand.

Calls to the owner (the module; `link` of an endpoint is the owner's to use), the first four of a stream to its `user`
if it has one:
    on_connected(stream, ok)    the result of connect()
    on_data(stream)             new bytes are in the receive buffer; fetch with recv()
    on_room(stream)             bytes left the send buffer, after send() was refused
    on_closed(stream, reset)    the peer ended the stream (reset: broken off); buffered bytes stay readable
    on_accept(listener, stream) a peer has connected; keep the stream or abort() it
    on_datagram(sock)           a datagram is in the queue; fetch with recv()
    note(event, **fields)       something for the log
"""

from collections import deque

RECEIVE_BUFFER = 10240      # bytes one socket of a module holds; beyond that the peer has to wait
SEND_BUFFER = 10240         # bytes not yet acknowledged by the peer


class NetworkError(Exception):
    """An endpoint could not be made; `reason` is "bind", "listen" or "create"."""

    def __init__(self, reason, text=""):
        super().__init__(text or reason)
        self.reason = reason


class Stream:
    """A TCP connection as the module's stack sees it."""

    CARRIES = True      # False: another stream carries its bytes

    def __init__(self, network, peer, local):
        self.network = network
        self.peer = peer                # (address, port)
        self.local = local
        self.link = None                # whatever the owner wants to find here
        self.user = None                # who is told of it in the owner's place
        self.connected = False
        self.closed = False             # the peer has ended it, or it broke
        self.total_received = 0         # bytes ever put into the receive buffer
        self.total_sent = 0             # bytes ever taken by send()
        self._received = bytearray()
        self._refused = False           # send() found no room since the last on_room

    # ---- for the owner

    def available(self):
        """Bytes waiting in the receive buffer."""
        return len(self._received)

    def recv(self, n):
        """Up to `n` bytes out of the receive buffer."""
        data = bytes(self._received[:n])
        del self._received[:n]
        if data:
            self._buffer_read()
        return data

    def unacked(self):
        """Bytes sent which the peer has not acknowledged."""
        return 0

    def room(self):
        """Bytes that send() takes now."""
        return 0 if self.closed else max(0, SEND_BUFFER - self.unacked())

    def send(self, data):
        """Take all of `data` for sending, or nothing (False) when the send buffer has no room for it."""
        if len(data) > self.room():
            self._refused = True
            return False
        self.total_sent += len(data)
        if self.CARRIES:
            self.network.bytes_sent += len(data)
        self._transmit(data)
        return True

    def close(self):
        """End the stream: what send() took still goes out.  No more calls to the owner."""

    def abort(self):
        """Break the stream off.  No more calls to the owner."""

    # ---- for the network

    @property
    def told(self):
        """Who is told of what happens to it."""
        return self.network.owner if self.user is None else self.user

    def free_buffer(self):
        return RECEIVE_BUFFER - len(self._received)

    def put_received(self, data):
        self._received += data
        self.total_received += len(data)
        if self.CARRIES:
            self.network.bytes_received += len(data)
        self.told.on_data(self)

    def room_again(self):
        if self._refused:
            self._refused = False
            self.told.on_room(self)

    def _transmit(self, data):
        raise TypeError("a stream of some network transmits, not this one")

    def _buffer_read(self):
        """The owner took bytes out of the receive buffer."""


class Listener:
    """A TCP server socket of the module."""

    def __init__(self, network, port):
        self.network = network
        self.port = port
        self.link = None

    def close(self):
        """Stop listening; accepted streams stay."""


class DatagramSocket:
    """A UDP socket of the module."""

    def __init__(self, network, local, peer=None):
        self.network = network
        self.local = local          # (address, port)
        self.peer = peer            # default (address, port) of send(), or None
        self.link = None
        self.total_received = 0
        self.total_sent = 0
        self._queue = deque()       # (data, address, port)
        self._queued = 0

    def available(self):
        """Bytes waiting in all queued datagrams."""
        return self._queued

    def recv(self):
        """The oldest datagram as (data, address, port), or None."""
        if not self._queue:
            return None
        datagram = self._queue.popleft()
        self._queued -= len(datagram[0])
        return datagram

    def send(self, data, address=None, port=None):
        """Send one datagram to (address, port), or to the peer; False when it cannot be sent."""
        target = self.peer if address is None else (address, port)
        if target is None:
            return False
        self.total_sent += len(data)
        self.network.bytes_sent += len(data)
        return self._transmit(data, target)

    def close(self):
        """Forget the socket."""

    def put_back(self, data, address, port):
        """Queue a datagram that recv() gave, without telling the owner."""
        self._queue.append((data, address, port))
        self._queued += len(data)

    def put_received(self, data, address, port):
        """Queue a datagram; dropped when the queue is full, as UDP does."""
        if self._queued + len(data) > RECEIVE_BUFFER:
            return
        self._queue.append((bytes(data), address, port))
        self._queued += len(data)
        self.total_received += len(data)
        self.network.bytes_received += len(data)
        self.network.owner.on_datagram(self)

    def _transmit(self, data, target):
        raise TypeError("a socket of some network transmits, not this one")


class Network:
    """What a module asks of its network.  Every answer comes later, from the owner's timers or the selector."""

    owner = None        # the Module
    bytes_sent = 0      # of all streams and sockets there have been
    bytes_received = 0
    secure = True       # a TLS connection needs its handshake; tests may leave it out

    def reset(self):
        """Forget every endpoint and every answer under way, as a restart of the module does."""

    def resolve(self, name, done, family=4):
        """Look `name` up; `done(list of address strings)`, empty when it is not known."""

    def connect(self, address, port, local_port=0):
        """A Stream on its way to (address, port); the owner's on_connected() tells the outcome.

        Raises NetworkError("bind") when the local port is taken.
        """

    def listen(self, port, family=4):
        """A Listener on the local port; NetworkError("bind"/"listen")."""

    def datagram(self, local_port=0, peer=None, family=4):
        """A DatagramSocket bound to the local port (0: any); NetworkError("bind")."""

    def peers_end(self):
        """The peers of all streams end them now."""

    def ping(self, address, size, timeout_ms, done):
        """One echo request; `done(milliseconds, ttl)`, or `done(None, 0)` after the timeout."""

    def ntp(self, server, port, done):
        """Ask a time server (name or address); `done(datetime in UTC)` or `done(None)`."""

    def utc_now(self):
        """The true time, a naive datetime in UTC."""
