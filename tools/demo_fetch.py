"""Fetches one file by HTTP over a modem and prints how it went.  CPython and MicroPython run this same file.

    demo_fetch.py PORT DIALECT HOST TCP_PORT PATH

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
    from micropython import mem_total
    from time import ticks_diff, ticks_ms
    from tty import Tty as Port     # boards/unix

    def flush():
        """MicroPython holds nothing back."""
else:
    from atsock_host import SerialPort as Port

    flush = sys.stdout.flush

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
        flush()
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


def main(path, dialect, host, port, file):
    print("attaching")
    modem = atsock.Modem(Port(path), dialect, access=ACCESS)   # a pseudo-terminal has no speed
    address = modem.attach(apn="internet")
    result = fetch(modem, host, int(port), file)
    modem.close()
    result["address"] = address
    print("result " + json.dumps(result))


main(*sys.argv[1:])
