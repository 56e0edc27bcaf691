"""How much Python the driver runs for a kilobyte: calls and lines, counted, so that no clock and no load matter.

The modules are those of tests/lib (responder.py, and test_alloc.Pipe for data mode): in memory, no line, no time.
Owns the counting, the table that ./tools/sizes prints, and the ceilings that a test holds it against.

A call is one of the driver's own functions or methods; those of _plain.py stand for machine code on a board and are
counted apart.  A line is a line of the driver's source outside _plain.py.  CPython counts; the path is MicroPython's.
"""

import gc
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "tests" / "lib")]

from frames import DIALECTS  # noqa: E402
from responder import SIZE, SOURCE, Responder  # noqa: E402
from scenes import connect, connected  # noqa: E402
from test_alloc import Pipe, Taker  # noqa: E402
from test_transparent import online  # noqa: E402

ACCESS = ("buffer", "push", "hex", "transparent")
RECEIVE, SEND = "receive", "send"
WINDOW = 256        # bytes that are there whenever the driver looks
KIB = 12            # counted per case: a whole number of exchanges and a little

# Ceilings, per KiB: a little above what it takes at present, so that growth is seen.
CALLS = {
    ("buffer", RECEIVE): 38, ("push", RECEIVE): 40, ("hex", RECEIVE): 93, ("transparent", RECEIVE): 142,
    ("buffer", SEND): 28, ("push", SEND): 28, ("hex", SEND): 104, ("transparent", SEND): 10,
}
LINES = {
    ("buffer", RECEIVE): 303, ("push", RECEIVE): 300, ("hex", RECEIVE): 705, ("transparent", RECEIVE): 960,
    ("buffer", SEND): 216, ("push", SEND): 216, ("hex", SEND): 920, ("transparent", SEND): 39,
}

_DRIVER = str(ROOT / "lib" / "atsock")
_MOVERS = str(ROOT / "lib" / "atsock" / "core" / "_plain.py")


class Count(NamedTuple):
    """Per KiB of payload."""

    calls: float
    movers: float       # calls of _plain.py
    builtins: float     # calls of built-in functions and methods
    lines: float


class _Counter:
    """Counts while it is entered; what is not the driver's is not looked at."""

    def __init__(self):
        self.calls = self.movers = self.builtins = self.lines = 0

    def __enter__(self):
        gc.collect()
        gc.disable()        # a finaliser of some other socket is not this transfer's
        sys.setprofile(self._profile)
        sys.settrace(self._trace)
        return self

    def __exit__(self, *exc):
        sys.settrace(None)
        sys.setprofile(None)
        gc.enable()

    def _profile(self, frame, event, arg):
        file = frame.f_code.co_filename
        if file == _MOVERS:
            self.movers += event == "call"
        elif file.startswith(_DRIVER):
            self.calls += event == "call"
            self.builtins += event == "c_call"

    def _trace(self, frame, event, arg):
        file = frame.f_code.co_filename
        return self._line if file.startswith(_DRIVER) and file != _MOVERS else None

    def _line(self, frame, event, arg):
        self.lines += event == "line"
        return self._line


def prepared(dialect, access, sockets=1, window=WINDOW):
    """(a connected socket, its module or Pipe) after first transfers, with so many sockets open."""
    if access == "transparent":
        socket, modem, _, _ = online(dialect, timeout=None)
        module = Pipe(window)
    else:
        socket, modem, tape, _, says = connected(dialect, access, timeout=None)
        others = [connect(modem, tape, says) for _ in range(sockets - 1)]
        module = Responder(dialect, access, says.first, window)
        module.others = others      # dropped ones would be closed
    port = modem._engine.port
    port.stream, port.wait, port.ticks_ms = module, module.wait, module.ticks_ms
    receive(socket, module, 2 * SIZE)
    send(socket, 2 * SIZE)
    return socket, module


def receive(socket, module, n):
    """n bytes by recv_into() with a buffer of 2 KiB."""
    taker, buf = Taker(SOURCE), bytearray(2048)
    module.coming += n
    while taker.n < n:
        taker.take(buf, socket.recv_into(buf))


def send(socket, n):
    """n bytes by one sendall()."""
    socket.sendall(SOURCE * (n // SIZE))


def count(dialect, access, direction, kib=KIB, sockets=1, window=WINDOW):
    """The Count of one transfer."""
    socket, module = prepared(dialect, access, sockets, window)
    n = kib * 1024 // SIZE * SIZE
    with _Counter() as counter:
        if direction == RECEIVE:
            receive(socket, module, n)
        else:
            send(socket, n)
    return Count(*(total * 1024 / n for total in (counter.calls, counter.movers, counter.builtins, counter.lines)))


def over(access, direction, counted):
    """True when a Count exceeds its ceilings."""
    return counted.calls > CALLS[access, direction] or counted.lines > LINES[access, direction]


def print_table():
    """Prints all cases; True when one is over its ceiling."""
    print(f"{'Python per KiB':14} {'access':12} {'direction':10} {'calls':>7} {'of':>5} {'lines':>7} {'of':>5} "
          f"{'movers':>8} {'built-ins':>10}")
    bad = False
    for dialect in DIALECTS:
        for access in ACCESS:
            for direction in (RECEIVE, SEND):
                found = count(dialect, access, direction)
                exceeds = over(access, direction, found)
                bad = bad or exceeds
                print(f"{dialect:14} {access:12} {direction:10} {found.calls:7.0f} {CALLS[access, direction]:5} "
                      f"{found.lines:7.0f} {LINES[access, direction]:5} {found.movers:8.0f} {found.builtins:10.0f}"
                      f"{'  OVER' if exceeds else ''}")
    return bad


if __name__ == "__main__":
    sys.exit(print_table())
