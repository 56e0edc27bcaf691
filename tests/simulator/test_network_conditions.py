"""A network with a delay, with loss and with a longest datagram; the clock is the test's."""

import socket

import pytest
from test_network import World


class SlowWorld(World):
    """Time stands still but for later(); `on` are settings of the network."""

    def __init__(self, **on):
        super().__init__()
        self.owner.now_ms = lambda: self.owner.ms
        for name, value in on.items():
            setattr(self.network, name, value)

    def look(self):
        """Let the real sockets say what they have, without any time passing."""
        for _ in range(20):
            for key, events in self.network.selector.select(0.002):
                key.data(events)

    def connected(self):
        server = self.server()
        stream = self.network.connect(*server.getsockname())
        self.look()
        self.later(5000)
        assert ("connected", stream, True) in self.owner.events
        peer, _ = server.accept()
        peer.setblocking(False)
        self.sockets.append(peer)
        self.owner.events.clear()
        return stream, peer


@pytest.fixture
def slow():
    made = []

    def make(**on):
        made.append(SlowWorld(**on))
        return made[-1]
    yield make
    for each in made:
        each.close()


def arrived(peer):
    try:
        return peer.recv(65536)
    except BlockingIOError:
        return None


def test_a_connection_takes_its_time(slow):
    world = slow(rtt_ms=100, open_ms=50)
    server = world.server()
    stream = world.network.connect(*server.getsockname())
    world.look()
    world.later(149)
    assert world.owner.events == []
    world.later(1)
    assert world.owner.events == [("connected", stream, True)]


def test_bytes_travel_half_the_round_trip_each_way_and_in_order(slow):
    world = slow(rtt_ms=100)
    stream, peer = world.connected()
    assert stream.send(b"one")
    world.later(10)
    stream.send(b"two")
    assert stream.unacked() == 6
    world.later(39)
    assert arrived(peer) is None
    world.later(1)
    assert arrived(peer) == b"one"
    world.later(10)
    assert arrived(peer) == b"two"
    peer.sendall(b"answer")
    world.look()
    assert (stream.available(), world.owner.events) == (0, [])
    world.later(50)
    assert stream.recv(100) == b"answer"


def test_the_end_comes_behind_the_data(slow):
    world = slow(rtt_ms=100)
    stream, peer = world.connected()
    peer.sendall(b"last")
    peer.close()
    world.look()
    world.later(49)
    assert world.owner.events == [] and not stream.closed
    world.later(1)
    assert [event[0] for event in world.owner.events] == ["data", "closed"]


def test_what_was_sent_goes_out_before_a_close(slow):
    world = slow(rtt_ms=100)
    stream, peer = world.connected()
    stream.send(b"last")
    stream.close()
    world.look()
    assert arrived(peer) is None
    world.later(50)
    assert arrived(peer) == b"last"
    assert arrived(peer) == b""


def test_a_full_buffer_counts_what_is_under_way(slow):
    world = slow(rtt_ms=100)
    stream, peer = world.connected()
    sent = 0
    while sent < 50_000:
        try:
            sent += peer.send(bytes(1000))
        except BlockingIOError:
            break
    world.look()
    assert stream.free_buffer() == 0 and stream.available() == 0
    world.later(50)
    assert stream.available() == 10240


def test_loss_of_a_stream_is_time_and_of_datagrams_is_loss(slow):
    world = slow(loss=100.0)
    stream, peer = world.connected()
    stream.send(b"late")
    assert arrived(peer) is None
    world.later(1000)
    assert arrived(peer) == b"late"
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.setblocking(False)
    world.sockets.append(receiver)
    sock = world.network.datagram(peer=receiver.getsockname())
    assert sock.send(b"gone")
    world.later(1000)
    assert arrived(receiver) is None
    results = []
    world.network.ping("127.0.0.1", 32, 500, lambda ms, ttl: results.append(ms))
    world.later(500)
    assert results == [None]


def test_a_datagram_that_is_too_long_does_not_pass(slow):
    world = slow(mtu=576, rtt_ms=20)
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.setblocking(False)
    world.sockets.append(receiver)
    sock = world.network.datagram(peer=receiver.getsockname())
    sock.send(bytes(549))
    sock.send(bytes(548))
    assert arrived(receiver) is None
    world.later(10)
    assert len(arrived(receiver)) == 548 and arrived(receiver) is None


def test_datagrams_sent_right_before_the_close_still_arrive(slow):
    world = slow(rtt_ms=100)
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.setblocking(False)
    world.sockets.append(receiver)
    sock = world.network.datagram(peer=receiver.getsockname())
    sock.send(b"one")
    world.later(10)
    sock.send(b"two")
    sock.close()
    receiver.sendto(b"nobody hears it", sock.local)
    world.look()
    world.later(50)
    assert arrived(receiver) == b"one" and arrived(receiver) == b"two"
    again = world.network.datagram(local_port=sock.local[1], peer=receiver.getsockname())
    assert again.send(b"last")
    world.network.reset()
    world.later(50)
    assert arrived(receiver) is None
    assert world.owner.events == []


def test_ping_and_names_take_longer(slow):
    world = slow(rtt_ms=300, resolve_ms=700)
    results = []
    world.network.ping("127.0.0.1", 32, 5000, lambda ms, ttl: results.append(ms))
    world.network.resolve("localhost", results.append)
    world.later(312)
    assert results == [312]
    world.later(387)
    assert len(results) == 1
    world.later(1)
    assert results[1] == ["127.0.0.1"]


def test_jitter_is_repeatable_and_keeps_the_order():
    delays = []
    for _ in range(2):
        world = SlowWorld(rtt_ms=10, jitter_ms=100)
        world.network._random.seed(4)
        delays.append([world.network.one_way_ms() for _ in range(5)])
        world.close()
    assert delays[0] == delays[1] and len(set(delays[0])) == 5
    assert all(5 <= ms <= 55 for ms in delays[0])
