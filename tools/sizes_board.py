"""Runs in MicroPython: how much heap stays taken when parts of the driver are loaded and used.

    sizes_board.py files MODULE...               each module on its own, in this order; what a module imports comes
                                                 before it, and the package is an empty one
    sizes_board.py use PORT DIALECT TCP_PORT     one step after the other, with an echo server at 127.0.0.1:TCP_PORT

    sizes_board.py transfer PORT DIALECT TCP_PORT KIB    KIB kilobytes to the echo server and back, nothing counted

Prints a JSON list of [what, bytes that stay, bytes allocated meanwhile].  A block of heap is 32 bytes in the 64-bit
unix port.  The names that a module brings are interned in pools that grow by jumps: single files vary by a few
hundred bytes with their order, sums do not.
"""

import gc
import json
import sys

from micropython import mem_total
from tty import Tty

found = []
modem = sock = line = name = port = stayed = allocated = None  # made before measuring: a growing dict is heap too
buf = bytearray(16)


def resident():
    gc.collect()
    gc.collect()  # what the first one freed may have held others
    return gc.mem_alloc()


def note(what):
    """Count what has come since the last note."""
    global stayed, allocated
    now, total = resident(), mem_total()
    if what:
        found.append((what, now - stayed, total - allocated))
    stayed, allocated = resident(), mem_total()


def files(names):
    __import__("atsock")
    note(None)
    for name in names:
        __import__(name)
        note(name)


def use(path, dialect, tcp_port):
    global modem, sock, line
    port = int(tcp_port)
    line = Tty(path)
    note(None)
    import atsock

    note("core")
    modem = atsock.Modem(line, dialect)
    note("Modem")
    modem.attach(apn="internet")
    note("attached")
    sock = modem.socket()
    sock.connect(("127.0.0.1", port))
    note("connected")
    sock.write(buf)
    if sock.readinto(buf) != len(buf):
        raise OSError("the echo is too short")
    note("first transfer")


def transfer(path, dialect, tcp_port, kib):
    import atsock

    source, back = bytearray(range(256)), bytearray(256)
    modem = atsock.Modem(Tty(path), dialect)
    modem.attach(apn="internet")
    sock = modem.socket()
    sock.connect(("127.0.0.1", int(tcp_port)))
    for _ in range(4 * int(kib)):
        sock.write(source)
        if sock.readinto(back) != 256 or back != source:
            raise OSError("the echo is not what was sent")
    sock.close()


{"files": lambda *names: files(names), "use": use, "transfer": transfer}[sys.argv[1]](*sys.argv[2:])
print(json.dumps(found))
