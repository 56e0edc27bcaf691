"""A clock that tests move, a network that tests feed, and a player for the manuals' example sessions."""

import datetime
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "host"))

from atsock_host.simulator.endpoints import (  # noqa: E402
    DatagramSocket, Listener, Network, NetworkError, Stream)

SPEC = ROOT / "tests" / "spec"
PATIENCE_MS = 200_000       # longest wait for an answer; the longest time of the manuals is 150 s


class FakeClock:
    """Milliseconds that only move when a test says so."""

    def __init__(self):
        self.ms = 0.0

    def __call__(self):
        return self.ms


class FakeStream(Stream):
    def __init__(self, network, peer, local):
        super().__init__(network, peer, local)
        self.sent = bytearray()     # what reached the peer
        self.pending = 0            # bytes the peer has not acknowledged (set by a test)
        self.aborted = False
        self.ended = False          # the module closed it

    def unacked(self):
        return self.pending

    def _transmit(self, data):
        self.sent += data

    def close(self):
        self.ended = True

    def abort(self):
        self.ended = self.aborted = True

    def feed(self, data):
        """Bytes from the peer.  A test that feeds more than free_buffer() is wrong."""
        assert len(data) <= self.free_buffer(), "the module's receive buffer has no room for that"
        self.put_received(data)

    def close_by_peer(self, reset=False):
        self.closed = True
        self.told.on_closed(self, reset)


class FakeListener(Listener):
    ended = False

    def close(self):
        self.ended = True


class FakeDatagramSocket(DatagramSocket):
    def __init__(self, network, local, peer=None):
        super().__init__(network, local, peer)
        self.sent = []              # (data, (address, port))
        self.ended = False

    def _transmit(self, data, target):
        self.sent.append((bytes(data), target))
        return True

    def close(self):
        self.ended = True


class FakeNetwork(Network):
    """Every address connects and every name resolves, unless a test says otherwise."""

    def __init__(self):
        self.streams = []           # made by connect(), in order
        self.listeners = []
        self.sockets = []           # made by datagram()
        self.names = {}             # name -> list of addresses; others resolve to 192.0.2.10
        self.unknown = set()        # names that do not resolve
        self.refuse = set()         # addresses that refuse to connect
        self.silent = set()         # addresses that never answer
        self.taken_ports = set()    # local ports that cannot be bound
        self.round_trips = []       # ms of the next pings; None: no answer; empty: 40 ms
        self.time = datetime.datetime(2013, 8, 19, 3, 10, 10)   # None: the time server is silent
        self.connect_ms = 20
        self.ttl = 255
        self._port = 49152

    def reset(self):
        self.streams, self.listeners, self.sockets = [], [], []

    def resolve(self, name, done, family=4):
        found = [] if name in self.unknown else self.names.get(name, ["192.0.2.10"])
        self.owner.after(30, lambda: done(list(found)))

    def _local(self, port):
        if port in self.taken_ports:
            raise NetworkError("bind")
        if not port:
            self._port += 1
        return self.owner.LOCAL_ADDRESS, port or self._port

    def connect(self, address, port, local_port=0):
        stream = FakeStream(self, (address, port), self._local(local_port))
        self.streams.append(stream)
        if address not in self.silent:
            self.owner.after(self.connect_ms, lambda: self._connected(stream))
        return stream

    def _connected(self, stream):
        if stream.ended:
            return
        stream.connected = stream.peer[0] not in self.refuse
        stream.closed = not stream.connected
        stream.told.on_connected(stream, stream.connected)

    def listen(self, port, family=4):
        self._local(port)
        listener = FakeListener(self, port)
        self.listeners.append(listener)
        return listener

    def accept(self, listener, address, port):
        """A peer connects to a listener of the module; returns the stream."""
        stream = FakeStream(self, (address, port), (self.owner.LOCAL_ADDRESS, listener.port))
        stream.connected = True
        self.streams.append(stream)
        self.owner.on_accept(listener, stream)
        return stream

    def datagram(self, local_port=0, peer=None, family=4):
        sock = FakeDatagramSocket(self, self._local(local_port), peer)
        self.sockets.append(sock)
        return sock

    def ping(self, address, size, timeout_ms, done):
        ms = self.round_trips.pop(0) if self.round_trips else 40
        if ms is None:
            self.owner.after(timeout_ms, lambda: done(None, 0))
        else:
            self.owner.after(ms, lambda: done(ms, self.ttl))

    def ntp(self, server, port, done):
        self.owner.after(100, lambda: done(self.time))

    def utc_now(self):
        return self.time or datetime.datetime(2013, 8, 19, 3, 10, 10)


class Bench:
    """One module with its fake clock and network, and what a test does with them.

    `bench.tx(b"AT\\r")` sends; `bench.rx()` returns what the module has written so far; `bench.wait(ms)`
    moves the clock and runs what is due on the way.
    """

    def __init__(self, module_class, *, quirks=(), echo=False):
        self.clock = FakeClock()
        self.network = FakeNetwork()
        self.module = module_class(self.clock, self.network, quirks=quirks)
        self.module.RAISES = True
        self.module.echo = echo

    def tx(self, data):
        self.module.receive(data.encode("latin-1") if isinstance(data, str) else data)

    def rx(self):
        got = b""
        while data := self.module.take():       # taking makes room, and the module may go on
            got += data
        return got

    def wait(self, ms):
        """Move the clock by `ms`, stopping at every deadline on the way."""
        end = self.clock.ms + ms
        while True:
            deadline = self.module.next_deadline_ms()
            if deadline is None or deadline > end:
                break
            self.clock.ms = max(self.clock.ms, deadline)
            self.module.tick()
        self.clock.ms = end

    def ask(self, text, until=b"OK\r\n", ms=PATIENCE_MS):
        """Send a command line (CR is added) and return what came up to and with `until`."""
        self.tx(text + "\r")
        return self.read_until(until, ms)

    def read_until(self, until, ms=PATIENCE_MS):
        """Move the clock until the module's output ends with `until`; fails when it never does."""
        got = self.rx()
        limit = self.clock.ms + ms
        while not got.endswith(until):
            deadline = self.module.next_deadline_ms()
            assert deadline is not None and deadline <= limit, f"waited for {until!r}, got {got!r}"
            self.clock.ms = max(self.clock.ms, deadline)
            self.module.tick()
            got += self.rx()
        return got

    def read_exactly(self, expected, ms=PATIENCE_MS):
        """Move the clock until `len(expected)` bytes came and compare; returns what came beyond."""
        got = self.rx()
        limit = self.clock.ms + ms
        while len(got) < len(expected):
            deadline = self.module.next_deadline_ms()
            if deadline is None or deadline > limit:
                break
            self.clock.ms = max(self.clock.ms, deadline)
            self.module.tick()
            got += self.rx()
        assert got[:len(expected)] == expected
        return got[len(expected):]

    def play(self, steps, peer=None):
        """Play the steps of a vector: send each `tx`, wait each delay, compare each `rx` byte by byte.

        `peer` maps the index of a step to a function called before that step (what the network does).
        Consecutive `rx` steps may come in one burst.  Nothing may be left over when a command is sent and
        at the end.
        """
        peer = peer or {}
        rest = b""
        for index, step in enumerate(steps):
            if index in peer:
                peer[index]()
            if "tx" in step:
                assert rest + self.rx() == b"", f"left over before step {index}"
                self.tx(step["tx"])
            elif "rx" in step:
                expected = step["rx"].encode("latin-1")
                known = min(len(rest), len(expected))
                assert rest[:known] == expected[:known], f"step {index}"
                rest = rest[known:]
                if known < len(expected):
                    rest = self.read_exactly(expected[known:])
            else:
                self.wait(step.get("wait_ms", step.get("delay_ms")))
        assert rest + self.rx() == b"", "left over at the end"


def vectors(name):
    """The vectors of tests/spec/<name>.vectors.json."""
    return json.loads((SPEC / f"{name}.vectors.json").read_text(encoding="utf-8"))
