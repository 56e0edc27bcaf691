"""A simulated module in this process, with a clock that only moves when the driver waits: nothing sleeps.

The other end of every connection is here too: a peer that sends a pattern and compares what it gets with it.  The
module is the simulator's, with its mishaps.  Owns time, wire and peers; faultprogram.py is the program.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "host"), str(ROOT / "tests" / "simulator"), str(ROOT / "tools")]

import atsock  # noqa: E402
from atsock_host.simulator.mishaps import Mishaps  # noqa: E402
from atsock_host.simulator.registry import DIALECTS, module_class  # noqa: E402
from faultprogram import PERIOD, Program, pattern  # noqa: E402
from simbench import FakeClock, FakeNetwork, FakeStream  # noqa: E402

ACCESS = ("buffer", "push", "hex", "transparent")       # of every dialect
_IDLE = 200_000         # questions of the driver without any wait: it spins
_LONGEST_MS = 6 * 3600_000


def combinations(dialects=(), accesses=()):
    """[(dialect, access), ...]: all, or those of the given dialects and access modes."""
    return [(dialect, access) for dialect in DIALECTS for access in ACCESS
            if (not dialects or dialect in dialects) and (not accesses or access in accesses)]


class Stuck(Exception):
    """The driver does not come back."""


class PeerStream(FakeStream):
    """Feeds the pattern as far as the module has room."""

    def __init__(self, network, peer, local):
        super().__init__(network, peer, local)
        self.waiting = 0        # bytes still to be said
        self.said = 0

    def say(self, n):
        self.waiting += n
        self._go_on()

    def _buffer_read(self):
        self._go_on()

    def _go_on(self):
        n = min(self.waiting, self.free_buffer())
        if n and not (self.closed or self.ended):
            at = self.said % PERIOD
            data = (self.network.source * 2)[at:at + min(n, PERIOD)]
            self.waiting -= len(data)
            self.said += len(data)
            self.feed(data)

    def heard(self):
        """See faultprogram.py."""
        came = bytes(self.sent)
        whole = self.network.source * (len(came) // PERIOD + 1)
        fits = next((i for i, byte in enumerate(came) if byte != whole[i]), len(came))
        if fits < len(came) and (whole + whole[:2])[fits + 1:].startswith(came[fits:]):
            return len(came), len(came), 0, self.said, 1
        return len(came), fits, len(came[fits:]) - len(came[fits:].lstrip(b"\0")), self.said, 0


class PeerNetwork(FakeNetwork):
    secure = False

    def __init__(self):
        super().__init__()
        self.source = pattern()
        self.newest = None

    def connect(self, address, port, local_port=0):
        self.streams = [stream for stream in self.streams if not (stream.ended or stream.closed)]
        stream = self.newest = PeerStream(self, (address, port), self._local(local_port))
        self.streams.append(stream)
        self.owner.after(self.connect_ms, lambda: self._connected(stream))
        return stream

    def reset(self):
        for stream in self.streams:
            stream.ended = True
        super().reset()

    def peers_end(self):
        for stream in list(self.streams):
            if stream.connected and not (stream.closed or stream.ended):
                stream.close_by_peer()

    # ---- for the program

    def say(self, n):
        if self.newest is not None:
            self.newest.say(n)

    def heard(self):
        return self.newest.heard() if self.newest is not None else (0, 0, 0, 0, 0)


class Lab:
    """A module and what drives it; also the UART of the driver.  `program` is a Program with a Modem on it."""

    baudrate = 115200

    def __init__(self, dialect, access="buffer", seed=0, *, quirks=(), program=True):
        self.clock = FakeClock()
        self.network = PeerNetwork()
        self.module = module_class(dialect)(self.clock, self.network, quirks=quirks)
        self.module.RAISES = True
        self.module.echo = True
        self.mishaps = self.module.mishaps = Mishaps(self.module, seed)
        self.commands = []      # names of the commands that were taken
        self._rx = bytearray()
        self._idle = 0
        self._limit_ms = _LONGEST_MS
        self.traffic = None     # a list: everything on the line, in order
        if program:
            self.modem = atsock.Modem(self, dialect, access="buffer", reset=self.reset, on_event=self._on_event)
            port = self.modem._engine.port
            port.ticks_ms = self.ticks_ms
            port.wait = self.wait
            self.program = Program(self.modem, access, self.network, self.ticks_ms)

    def _on_event(self, event, sock, value):
        self.program.on_event(event, sock, value)

    # ---- the clock

    def ticks_ms(self):
        self._idle += 1
        if self._idle > _IDLE or self.clock.ms > self._limit_ms:
            raise Stuck("the driver does not come back")
        return int(self.clock.ms)

    def wait(self, ms, writing=False):
        del writing
        self._idle = 0
        if self.any():
            return
        deadline = self.module.next_deadline_ms()
        if deadline is not None and deadline <= self.clock.ms + ms:
            self.clock.ms = max(self.clock.ms, deadline)
            self.module.tick()
        else:
            self.clock.ms += max(ms, 1)

    def reset(self):
        """The module's reset input."""
        self.module.restart(off_words=())

    def rest(self):
        """A program has made a round: no clock runs for ever, and what was counted up to here is forgotten."""
        self._idle = 0
        self._limit_ms = self.clock.ms + _LONGEST_MS

    # ---- the UART

    def _take(self):
        self.module.tick()      # what is due now
        while data := self.module.take():
            self._rx += data
            if self.traffic is not None:
                self.traffic.append((self.clock.ms, "<", data))

    def any(self):
        self._take()
        return len(self._rx)

    def readinto(self, buf, n):
        self._take()
        n = min(n, len(self._rx))
        buf[:n] = self._rx[:n]
        del self._rx[:n]
        return n

    def write(self, buf, start, n):
        data = bytes(memoryview(buf)[start:start + n])
        if self.traffic is not None:
            self.traffic.append((self.clock.ms, ">", data))
        self.module.tick()
        self.module.receive(data)
        return n
