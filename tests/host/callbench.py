"""A Modem on a simulated module in the same process: an in-memory UART and the simulator's fake clock and network.

Nothing sleeps: when the driver waits, the module's clock moves to the next thing that is due.
"""

import sys
from pathlib import Path

import atsock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "simulator"))

from atsock_host.simulator.fibocom import L610, NL668
from atsock_host.simulator.quectel import Bg96
from atsock_host.simulator.simcom import A7600, SIM7028
from simbench import Bench

MODULES = {"bg96": Bg96, "a7600": A7600, "sim7028": SIM7028, "nl668": NL668, "l610": L610}


class Wire:
    """machine.UART on a Bench; `cut` bytes at most per read."""

    baudrate = 115200

    def __init__(self, bench, cut=None):
        self.bench = bench
        self.cut = cut
        self.sent = bytearray()     # all that the driver wrote
        self.received = bytearray()     # and read
        self._held = bytearray()

    def any(self):
        self._held += self.bench.rx()
        return len(self._held) if self.cut is None else min(self.cut, len(self._held))

    def readinto(self, buf, n):
        n = min(n, self.any())
        buf[:n] = self._held[:n]
        self.received += self._held[:n]
        del self._held[:n]
        return n

    def write(self, buf, start, n):
        data = bytes(memoryview(buf)[start:start + n])
        self.sent += data
        self.bench.tx(data)
        return n


class CallBench(Bench):
    """A Bench with a Modem that drives it: `b.modem`, and `b.lines()` for the commands it has sent."""

    def __init__(self, module_class, dialect, *, quirks=(), cut=None):
        super().__init__(module_class, quirks=quirks)
        self.wire = Wire(self, cut)
        self.modem = atsock.Modem(self.wire, dialect)
        port = self.modem._engine.port
        port.ticks_ms = lambda: int(self.clock.ms)
        port.wait = self._wait

    def _wait(self, ms, writing):
        del writing
        deadline = self.module.next_deadline_ms()
        if self.wire.any():
            return
        if deadline is not None and deadline <= self.clock.ms + ms:
            self.clock.ms = max(self.clock.ms, deadline)
            self.module.tick()
        else:
            self.clock.ms += max(ms, 1)

    def lines(self):
        """The command lines that the driver has sent, and payload as it stands between them."""
        return [line.decode("latin-1") for line in bytes(self.wire.sent).split(b"\r") if line]


def attached(dialect, **settings):
    """A CallBench of that dialect's module in a network without TLS: attached, and `b.dialect` says which."""
    b = CallBench(MODULES[dialect], dialect, **settings)
    b.dialect = dialect
    b.network.secure = False
    b.modem.attach("internet")
    return b


class States:
    """The states that calls start from, for one of the modules; a maker's catalogue has its own on top of `plain`."""

    def __init__(self, module_class, dialect):
        self.module_class = module_class
        self.dialect = dialect

    def plain(self, *setup, **settings):
        b = CallBench(self.module_class, self.dialect, **settings)
        b.network.secure = False
        for command in setup:
            b.ask(command)
            b.wait(1000)
        b.rx()
        return b

    def suspended(self, **settings):
        """What `online` makes, and data mode left by +++."""
        b = self.online(**settings)
        b.wait(1100)
        b.tx("+++")
        b.wait(1100)
        assert b.rx() == b"\r\nOK\r\n"
        return b
