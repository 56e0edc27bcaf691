"""A download that goes on where it was cut off, and is taken only when its SHA-256 is right.

The server has firmware.bin.sha256, too: the digest in hexadecimal.  Over plain HTTP it finds damage, not an attacker.
"""

import os
import time
from hashlib import sha256

import start

HOST, PATH, PART, DONE = "updates.example.com", "/firmware.bin", "firmware.part", "firmware.bin"
modem = start.modem()
buf = memoryview(bytearray(1024))


def pieces(stream):
    n = stream.readinto(buf)
    while n:
        yield buf[:n]
        n = stream.readinto(buf)


def fetch(path, begin, take):
    """Give take() the bytes of the path from `begin` on; returns the HTTP status."""
    with modem.socket() as sock:
        sock.settimeout(60)
        sock.connect((HOST, 80))
        sock.write("GET {} HTTP/1.0\r\nHost: {}\r\nRange: bytes={}-\r\n\r\n".format(path, HOST, begin).encode())
        status = int(sock.readline().split()[1])
        while len(sock.readline()) > 2:
            pass  # headers
        for piece in pieces(sock) if status < 300 else ():
            take(piece)
        return status


wanted = bytearray()
while DONE not in os.listdir():
    try:
        modem.attach(timeout_ms=240_000)
        if len(wanted) < 64:
            fetch(PATH + ".sha256", len(wanted), wanted.extend)
        with open(PART, "ab") as file:
            begin = file.seek(0, 2)
            status = fetch(PATH, begin, file.write)
        found = sha256()
        with open(PART, "rb") as file:
            for piece in pieces(file):
                found.update(piece)
        print("from byte", begin, "to", os.stat(PART)[6])
        if found.digest().hex().encode() == wanted[:64]:
            os.rename(PART, DONE)
        elif status != 206:  # 416: whole, and not it; 200: the server cannot begin in the middle
            os.remove(PART)
    except (OSError, IndexError) as error:  # IndexError: no status in the answer
        print("cut off:", error)
        time.sleep(5)
modem.close()
