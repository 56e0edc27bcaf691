"""Fetches one file by HTTP over a modem and prints how it went.  CPython and MicroPython run this same file.

    demo_fetch.py PORT BAUD DIALECT HOST TCP_PORT PATH

Prints a line per step and a dot per 2 KiB while the file comes in; the last line is "result " and a JSON object:
address, access, sent and received (bytes of the HTTP request and of its answer), body (bytes), sha256, ms (from the
request to the last byte), heap (bytes that receiving allocated, null where the interpreter cannot tell).
"""

import binascii
import hashlib
import json
import sys
import time

import atsock

ACCESS = "buffer"
DOT = 2048          # bytes of the file per dot
TIMEOUT_S = 30

if sys.implementation.name == "micropython":
    import io
    import termios

    from micropython import mem_total
    from time import ticks_diff, ticks_ms

    class UnixPort(io.IOBase):
        """A terminal of this machine with the interface of machine.UART (the unix port has no UART)."""

        def __init__(self, path):
            self.file = open(path, "r+b", buffering=0)
            termios.setraw(self.file.fileno())
            settings = termios.tcgetattr(self.file.fileno())
            settings[6][5] = settings[6][6] = 0     # VTIME, VMIN: read what is there, wait for nothing
            termios.tcsetattr(self.file.fileno(), termios.TCSANOW, settings)
            self.ahead = bytearray(4096)            # read ahead: the only way to know how much is there
            self.pos = 0
            self.end = 0

        def any(self):
            if self.pos == self.end:
                self.pos = 0
                self.end = self.file.readinto(self.ahead) or 0
            return self.end - self.pos

        def readinto(self, buf, n):
            n = min(n, self.any())
            i = 0
            while i < n:
                buf[i] = self.ahead[self.pos]
                self.pos += 1
                i += 1
            return n or None

        def write(self, buf, off, n):
            return self.file.write(buf, off, n)

        def ioctl(self, request, arg):
            return self.file.fileno() if request == 10 else -22     # the descriptor, for poll

    def open_port(path, baud):
        return UnixPort(path)       # a pseudo-terminal has no speed of its own: the simulator paces the line

else:
    from atsock_host import SerialPort as open_port

    def mem_total():
        return 0

    def ticks_ms():
        return int(time.monotonic() * 1000)

    def ticks_diff(later, earlier):
        return later - earlier


def fetch(modem, host, port, path):
    print("connecting to", host)
    sock = modem.socket()
    sock.settimeout(TIMEOUT_S)
    sock.connect((host, port))
    request = ("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (path, host)).encode()
    print("receiving")
    begun = ticks_ms()
    sock.write(request)
    buf = bytearray(DOT)
    view = memoryview(buf)
    digest = hashlib.sha256()
    head = b""          # the answer up to the empty line, then None
    received = body = heap = dots = 0
    length = None
    while length is None or body < length:
        before = mem_total()
        n = sock.recv_into(buf, DOT)
        heap += mem_total() - before
        if not n:
            break
        received += n
        piece = view[:n]
        if head is not None:
            head += piece
            cut = head.find(b"\r\n\r\n")
            if cut < 0:
                continue
            piece = head[cut + 4:]
            length = content_length(head[:cut])
            head = None
        body += len(piece)
        digest.update(piece)
        while dots < body // DOT:
            dots += 1
            sys.stdout.write(".")
        sys.stdout.flush() if hasattr(sys.stdout, "flush") else None
    ms = ticks_diff(ticks_ms(), begun)
    print()
    sock.close()
    return {
        "access": ACCESS, "sent": len(request), "received": received, "body": body, "ms": ms,
        "sha256": binascii.hexlify(digest.digest()).decode(),
        "heap": heap if sys.implementation.name == "micropython" else None,
    }


def content_length(head):
    lines = head.decode().split("\r\n")
    if " 200 " not in lines[0]:
        raise OSError("the server answered " + lines[0])
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    raise OSError("the server did not say how long the file is")


def main(path, baud, dialect, host, port, file):
    print("attaching")
    modem = atsock.Modem(open_port(path, int(baud)), dialect, access=ACCESS)
    address = modem.attach(apn="internet")
    result = fetch(modem, host, int(port), file)
    modem.close()
    result["address"] = address
    print("result " + json.dumps(result))


main(*sys.argv[1:])
