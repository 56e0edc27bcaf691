"""The simulator's real sockets: the table of hosts, streams with back-pressure, listeners, datagrams."""

import selectors
import socket
import time

import pytest

from atsock_host.simulator.endpoints import RECEIVE_BUFFER, NetworkError
from atsock_host.simulator.hosts import Hosts
from atsock_host.simulator.network import PING_MS, PING_TTL, SocketNetwork
from atsock_host.simulator.timers import Timers

PATIENCE_S = 5


class Owner:
    """Notes what the network reports."""

    def __init__(self, network):
        network.owner = self
        self.ms = 0.0
        self.timers = Timers(lambda: self.ms)
        self.after = self.timers.after
        self.events = []
        self.notes = []

    def note(self, event, **fields):
        self.notes.append((event, fields))

    def on_connected(self, stream, ok):
        self.events.append(("connected", stream, ok))

    def on_data(self, stream):
        self.events.append(("data", stream))

    def on_room(self, stream):
        self.events.append(("room", stream))

    def on_closed(self, stream, reset):
        self.events.append(("closed", stream, reset))

    def on_accept(self, listener, stream):
        self.events.append(("accept", listener, stream))

    def on_datagram(self, sock):
        self.events.append(("datagram", sock))


class World:
    def __init__(self, hosts=None):
        self.network = SocketNetwork(hosts)
        self.owner = Owner(self.network)
        self.sockets = []

    def serve(self, done):
        """Run the network and its timers until `done()` holds."""
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, f"gave up; events: {self.owner.events}"
            for key, events in self.network.selector.select(0.02):
                key.data(events)
            self.later(5)

    def wait_for(self, kind):
        self.serve(lambda: any(event[0] == kind for event in self.owner.events))
        found = [event for event in self.owner.events if event[0] == kind][0]
        self.owner.events.remove(found)
        return found

    def later(self, ms):
        self.owner.ms += ms
        self.owner.timers.tick()

    def server(self):
        sock = socket.create_server(("127.0.0.1", 0))
        self.sockets.append(sock)
        return sock

    def connected(self):
        """(our stream, the peer's socket)"""
        server = self.server()
        stream = self.network.connect(*server.getsockname())
        assert self.wait_for("connected") == ("connected", stream, True)
        peer, _ = server.accept()
        peer.settimeout(PATIENCE_S)
        self.sockets.append(peer)
        return stream, peer

    def close(self):
        self.network.reset()
        for sock in self.sockets:
            sock.close()


@pytest.fixture
def world():
    made = []

    def make(hosts=None):
        made.append(World(hosts))
        return made[-1]
    yield make
    for each in made:
        each.close()


def test_table_of_hosts():
    hosts = Hosts({"example.com": "127.0.0.1:8080", "two.example": "127.0.0.1,127.0.0.2",
                   "192.0.2.9": "127.0.0.1:99", "six.example": "::1", "far.example": "192.0.2.50"})
    (stand_in,) = hosts.resolve("Example.COM")
    assert stand_in.startswith("198.18.")
    assert hosts.route(stand_in, 80) == ("127.0.0.1", 8080)
    assert hosts.resolve("two.example") == ["127.0.0.1", "127.0.0.2"]
    assert hosts.resolve("six.example") == [] and hosts.resolve("six.example", 6) == ["::1"]
    assert hosts.route("192.0.2.9", 80) == ("127.0.0.1", 99)
    assert hosts.route("192.0.2.50", 80) == ("192.0.2.50", 80)
    assert hosts.route("192.0.2.51", 80) is None
    assert hosts.route("127.0.0.5", 80) == ("127.0.0.5", 80)
    assert hosts.resolve("localhost") == ["127.0.0.1"]
    assert hosts.resolve("nosuch.invalid") == []
    assert hosts.outside and not Hosts({"a": "127.0.0.1"}).outside


def test_target_that_is_no_address():
    with pytest.raises(ValueError):
        Hosts({"example.com": "elsewhere"})


def test_stream_both_ways_and_close_by_the_peer(world):
    w = world()
    stream, peer = w.connected()
    assert stream.send(b"hello")
    assert peer.recv(100) == b"hello"
    peer.sendall(b"world")
    w.wait_for("data")
    assert stream.available() == 5 and stream.recv(3) == b"wor" and stream.recv(10) == b"ld"
    peer.close()
    assert w.wait_for("closed") == ("closed", stream, False)
    assert stream.room() == 0 and not stream.send(b"x")
    assert (stream.total_sent, stream.total_received) == (5, 5)


def test_received_data_stays_with_the_peer_when_the_buffer_is_full(world):
    w = world()
    stream, peer = w.connected()
    peer.setblocking(False)
    sent = 0
    try:
        while sent < 50_000_000:
            sent += peer.send(bytes(65536))
    except BlockingIOError:
        pass
    w.serve(lambda: stream.free_buffer() == 0)
    assert stream.available() == RECEIVE_BUFFER
    assert w.network.selector.select(0) == []
    assert len(stream.recv(1500)) == 1500
    w.serve(lambda: stream.free_buffer() == 0)


def test_peer_that_does_not_read_fills_the_send_buffer(world):
    w = world()
    stream, peer = w.connected()
    while stream.send(bytes(4096)):
        assert stream.total_sent < 100_000_000
    assert stream.unacked() > 4096

    def drained():
        peer.setblocking(False)
        try:
            peer.recv(1 << 20)
        except BlockingIOError:
            pass
        return any(event[0] == "room" for event in w.owner.events)
    w.serve(drained)
    assert stream.send(b"more")


def test_close_sends_what_was_taken(world):
    w = world()
    stream, peer = w.connected()
    stream.send(b"last words")
    stream.close()
    assert peer.recv(100) == b"last words"
    assert peer.recv(100) == b""
    assert w.owner.events == []


def test_abort_resets_the_peer(world):
    w = world()
    stream, peer = w.connected()
    stream.abort()
    with pytest.raises(ConnectionResetError):
        peer.recv(100)


def test_reset_by_the_peer(world):
    w = world()
    stream, peer = w.connected()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    assert w.wait_for("closed") == ("closed", stream, True)


def test_refused_and_unreachable(world):
    w = world()
    server = w.server()
    address = server.getsockname()
    server.close()
    stream = w.network.connect(*address)
    assert w.wait_for("connected") == ("connected", stream, False)
    stream = w.network.connect("192.0.2.1", 80)
    assert w.owner.events == []
    w.later(1000)
    assert w.owner.events == [("connected", stream, False)]
    stream = w.network.connect("192.0.2.1", 80)
    stream.close()
    w.later(1000)
    assert len(w.owner.events) == 1


def test_listener(world):
    w = world()
    listener = w.network.listen(0)
    peer = socket.create_connection(("127.0.0.1", listener.port), PATIENCE_S)
    w.sockets.append(peer)
    _, found, stream = w.wait_for("accept")
    assert found is listener and stream.peer == peer.getsockname()
    peer.sendall(b"hello")
    w.wait_for("data")
    assert stream.recv(10) == b"hello"
    with pytest.raises(NetworkError) as failure:
        w.network.listen(listener.port)
    assert failure.value.reason in ("bind", "listen")
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listener.port), PATIENCE_S)


def test_datagrams_show_the_address_the_module_knows(world):
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    peer.settimeout(PATIENCE_S)
    w = world({"time.example": f"127.0.0.1:{peer.getsockname()[1]}"})
    w.sockets.append(peer)
    (address,) = w.network.hosts.resolve("time.example")
    sock = w.network.datagram()
    assert sock.send(b"ping", address, 123)
    data, source = peer.recvfrom(100)
    assert data == b"ping"
    peer.sendto(b"pong", source)
    w.wait_for("datagram")
    assert sock.recv() == (b"pong", address, 123)
    assert sock.recv() is None
    assert not sock.send(b"nobody")
    assert sock.send(b"lost", "192.0.2.1", 9)


def test_names_ping_and_time(world):
    w = world({"example.com": "127.0.0.1:80"})
    answers = []
    w.network.resolve("example.com", answers.append)
    w.network.resolve("nosuch.invalid", answers.append)
    w.network.ping("127.0.0.1", 32, 1000, lambda ms, ttl: answers.append((ms, ttl)))
    w.network.ping("192.0.2.1", 32, 1000, lambda ms, ttl: answers.append(ms))
    w.network.ntp("example.com", 123, answers.append)
    w.network.ntp("nosuch.invalid", 123, answers.append)
    assert answers == []
    w.later(2000)
    assert answers.count(None) == 2 and answers.count([]) == 1
    assert ["198.18.0.1"] in answers and (PING_MS, PING_TTL) in answers
    (moment,) = [answer for answer in answers if hasattr(answer, "year")]
    assert abs((moment - w.network.utc_now()).total_seconds()) < 60


def test_restart_of_the_module_breaks_everything_off(world):
    w = world()
    _, peer = w.connected()
    listener = w.network.listen(0)
    w.network.reset()
    with pytest.raises(ConnectionResetError):
        peer.recv(100)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listener.port), PATIENCE_S)
    assert len(w.network.selector.get_map()) == 0


def test_any_selector_will_do():
    selector = selectors.DefaultSelector()
    assert SocketNetwork(selector=selector).selector is selector
    selector.close()
