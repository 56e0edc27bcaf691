"""Looks at the heap while the driver is imported and used.  CPython and MicroPython run this same file.

    weighed.py PORT DIALECT TCP_PORT [ACCESS,DIRECTION,N]...

Prints "result " and a JSON object for each transfer: access, direction, import_bytes (what importing the driver and
the dialect keeps), peak_bytes (the most that was in use at any command or read from connecting to the end of the
transfer, the import included).  What this file itself needs is taken before and not counted.
"""

import gc
import json
import sys

from ports import Port
from transfers import Transfers, now_us

MICROPYTHON = sys.implementation.name == "micropython"
if MICROPYTHON:
    def in_use():
        gc.collect()
        gc.collect()    # what the first one freed may have held others
        return gc.mem_alloc()
else:
    import tracemalloc

    def in_use():
        gc.collect()
        return tracemalloc.get_traced_memory()[0]


class WeighingPort(Port):
    """A port that looks at the heap at every write and every read.  CPython keeps the maximum by itself."""

    peak = 0

    def look(self):
        self.peak = max(self.peak, in_use())

    def write(self, buf, start, n):
        if MICROPYTHON:
            self.look()
        return super().write(buf, start, n)

    def readinto(self, buf, n):
        if MICROPYTHON:
            self.look()
        return super().readinto(buf, n)

    def restart(self):
        if not MICROPYTHON:
            tracemalloc.reset_peak()
        self.peak = 0

    def most(self):
        return self.peak if MICROPYTHON else tracemalloc.get_traced_memory()[1]


class Unconnected:
    """A socket's place while there is none: what Transfers needs is made before the counting begins."""


def main(path, dialect, tcp_port, *plan):
    port = WeighingPort(path)
    transfers = Transfers(Unconnected())
    print("step importing")
    now_us()
    if not MICROPYTHON:
        tracemalloc.start()
    before = in_use()
    import atsock

    __import__("atsock.dialects." + dialect)
    kept = in_use() - before
    modem = atsock.Modem(port, dialect)
    print("step attaching")
    modem.attach("internet")
    access = sock = None
    for item in plan:
        wanted, direction, n = item.split(",")
        print("step", wanted, direction)
        port.restart()
        if wanted != access:
            if sock is not None:
                sock.close()
            sock = modem.socket(access=wanted)
            sock.settimeout(30)
            sock.connect(("127.0.0.1", int(tcp_port)))
            transfers.sock, access = sock, wanted
        getattr(transfers, direction)(int(n))
        print("result", json.dumps({
            "access": access, "direction": direction, "import_bytes": kept, "peak_bytes": port.most() - before}))


main(*sys.argv[1:])
