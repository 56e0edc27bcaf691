"""The MicroPython half of tools/soak --board: the driver and faultprogram.py on a module that another process plays.

Standard input and output carry one request and one answer at a time, see Remote.  What is printed goes through it, too.
Arguments: dialect, access, number of rounds, seed.
"""

import gc
import struct
import sys

sys.path[:0] = ["lib", "tools"]

import atsock  # noqa: E402
from faultprogram import Program, pattern  # noqa: E402

FAULTS = ("reboot", "silent-reboot", "hang", "pdp-drop", "close")
STEPS = {
    "buffer": ("command", "open", "prompt", "payload", "result", "announce", "counted", "close", "urc"),
    "push": ("command", "open", "prompt", "payload", "result", "counted", "close", "urc"),
    "hex": ("command", "open", "result", "counted", "close", "urc"),
    "transparent": ("open", "stream", "escape", "result", "close"),
}
SAMPLE = 5      # rounds between two looks at the heap


class Remote:
    """The module at the other end of the pipes: UART, clock, peer and faults.

    Request: a letter, two bytes of length, data.  Answer: four bytes of milliseconds, two of length, data.
    """

    baudrate = 115200

    def __init__(self):
        self.now = 0
        self.head = bytearray(6)
        self.request = bytearray(2048 + 3)
        self.data = bytearray(2048)     # of the last answer
        self.at = self.end = 0          # of it, as far as it is the module's and nobody has read it

    def ask(self, letter, buf=b"", start=0, n=None):
        """How many bytes the answer has, in `data`.  Allocates nothing once the request is out."""
        if n is None:
            n = len(buf)
        request = memoryview(self.request)
        request[3 : 3 + n] = memoryview(buf)[start : start + n]
        request[0], request[1], request[2] = ord(letter), n & 255, n >> 8
        sys.stdout.buffer.write(request[: 3 + n])
        self._read(self.head, 6)
        head = self.head
        self.now = head[0] | head[1] << 8 | head[2] << 16 | head[3] << 24
        n = head[4] | head[5] << 8
        if n:
            self._read(self.data, n)
        return n

    def _read(self, buf, n):
        if sys.stdin.buffer.readinto(buf, n) != n:      # a pipe gives whole what was written whole, up to 4 KiB
            sys.exit(3)

    def _take(self, n):
        self.at = 0
        self.end = n

    # ---- the clock

    def ticks_ms(self):
        return self.now

    def wait(self, ms, writing):
        if self.at == self.end:
            self._take(self.ask("W", struct.pack("<I", ms)))

    # ---- machine.UART

    def any(self):
        if self.at == self.end:
            self._take(self.ask("p"))
        return self.end - self.at

    def readinto(self, buf, n):
        n = min(n, self.any())
        buf[:n] = memoryview(self.data)[self.at : self.at + n]
        self.at += n
        return n

    def write(self, buf, start, n):
        n = min(n, 2048)
        self.ask("w", buf, start, n)
        return n

    # ---- the peer

    def say(self, n):
        self.other("s", struct.pack("<I", n))

    def heard(self):
        return struct.unpack("<5I", self.other("h"))

    def other(self, letter, data=b""):
        """What is asked beside the line: its answer, a copy; what the driver has not read stays."""
        kept = bytes(memoryview(self.data)[self.at : self.end])
        n = self.ask(letter, data)
        answer = bytes(memoryview(self.data)[:n])
        self.data[: len(kept)] = kept
        self._take(len(kept))
        return answer


def least(sizes):
    """What is kept whatever happens: between that and the most lie the rings of connections that were given up, as they
    come and go.  Something that leaks raises it."""
    return min(sizes) if sizes else 0


def main(dialect, access, rounds, seed):
    remote = Remote()
    source = pattern() * 2      # as long as the heap has pieces of that size

    def on_event(event, sock, value):
        program.on_event(event, sock, value)

    modem = atsock.Modem(remote, dialect, reset=lambda: remote.other("r"), on_event=on_event)
    port = modem._engine.port
    port.ticks_ms = remote.ticks_ms
    port.wait = remote.wait
    program = Program(modem, access, remote, remote.ticks_ms, source)
    program.attach()
    x = seed * 2654435761 & 0x7FFFFFFF | 1
    heap = []
    happened = recovered = 0
    for i in range(rounds):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        steps = STEPS[access]
        fault = "%s@%s" % (FAULTS[(x >> 8) % len(FAULTS)], steps[(x >> 16) % len(steps)])
        remote.other("f", fault.encode())
        well = program.exchange(200 + (x >> 4) % 1000, 1 + (x >> 12) % 1500)
        met = remote.other("q")[0]
        happened += met
        if not well or met:
            recovered += program.recover()
        if program.problems:
            program.problems.append("round %d, %s" % (i, fault))
            break
        if i % SAMPLE == 0:
            gc.collect()
            if i >= rounds // 2:    # each id of the module has its ring by then
                heap.append(gc.mem_alloc())
    half = len(heap) // 2
    told = {
        "rounds": i + 1, "faults": happened, "recovered": recovered, "recoveries": program.recoveries,
        "connections": program.connections, "bytes up": program.up, "bytes down": program.down, "errors": program.told,
        "longest recovery ms": program.longest_ms, "heap": heap[:: max(1, len(heap) // 16)],
        "heap first": least(heap[:half]), "heap last": least(heap[half:]), "problems": program.problems,
    }  # fmt: skip
    sys.stdout.buffer.write(b"o\0\0" + repr(told).encode())    # up to the end of the output


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
