"""Talks to a peer over a simulated module.  CPython and MicroPython run this same file.

    exchange.py PORT DIALECT ACCESS HOST TCP_PORT BYTES

Sends BYTES seeded bytes, receives as many, and the protocol's own words both ways; prints "result " and JSON.  The
peer (peer.py) answers "S<n>\\n" with n seeded bytes, "H<n>\\n" and n bytes with their SHA-256, "E<n>\\n" and n bytes
with those bytes, and "Q\\n" by closing.
"""

import binascii
import hashlib
import json
import sys

import atsock

WORDS = (
    b'\r\nOK\r\nERROR\r\n\r\nERROR\r\n\r\n> +QIURC: "closed",0\r\n+IPD5\r\n\r\nNO CARRIER\r\n'
    b"+++\x1a\x1b\x00\xff\r\n+CIPRXGET: 1,0\r\n+MIPSTAT: 1,1\r\n"
)

if sys.implementation.name == "micropython":
    from tty import Tty as open_port
else:
    from atsock_host import SerialPort as open_port


def seeded(n):
    """n bytes of a small linear congruential generator (Numerical Recipes' constants)."""
    out = bytearray(n)
    state = 1
    for i in range(n):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = state >> 24
    return out


def main(path, dialect, access, host, port, size):
    size = int(size)
    modem = atsock.Modem(open_port(path), dialect, access=access)
    modem.attach(apn="internet", timeout_ms=30_000)
    sock = modem.socket()
    sock.settimeout(30)
    sock.connect((host, int(port)))
    data = seeded(size)
    expected = binascii.hexlify(hashlib.sha256(data).digest()).decode()

    sock.sendall(b"H%d\n" % size)
    sock.sendall(data)
    up = sock.read(64).decode()

    sock.sendall(b"S%d\n" % size)
    digest = hashlib.sha256()
    got = 0
    buf = bytearray(1024)
    view = memoryview(buf)
    while got < size:
        n = sock.recv_into(buf, min(1024, size - got))
        if not n:
            break
        digest.update(view[:n])
        got += n
    down = binascii.hexlify(digest.digest()).decode()

    words = (
        WORDS * 4 + b"."
    )  # in data mode the module's own last words cannot be told from a payload that ends with them
    sock.sendall(b"E%d\n" % len(words))
    sock.sendall(words)
    echoed = sock.read(len(words)) == words

    sock.sendall(b"Q\n")
    end = sock.recv(10)
    sock.close()
    modem.close()
    print("result " + json.dumps({"up": up == expected, "down": down == expected, "words": echoed, "end": end == b""}))


if __name__ == "__main__":
    main(*sys.argv[1:])
