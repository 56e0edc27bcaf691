"""A small WebSocket client (RFC 6455) on what socket module is imported."""

import os
import socket
import struct
from binascii import b2a_base64

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class WebSocket:
    def __init__(self, host, port, path="/"):
        self._sock = socket.socket()
        self._sock.settimeout(20)
        self._sock.connect(socket.getaddrinfo(host, port)[0][-1])
        key = b2a_base64(os.urandom(16)).decode().strip()
        self._sock.write(
            "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" % (path, host, port)
        )
        self._sock.write("Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n" % key)
        assert b" 101 " in self._sock.readline()
        while self._sock.readline() != b"\r\n":
            pass

    def send(self, kind, data):
        """One frame; clients mask what they send."""
        n = len(data)
        head = bytes([128 | kind])
        if n < 126:
            head += bytes([128 | n])
        elif n < 65536:
            head += struct.pack("!BH", 128 | 126, n)
        else:
            head += struct.pack("!BQ", 128 | 127, n)
        mask = os.urandom(4)
        masked = bytearray(data)
        for i in range(n):
            masked[i] ^= mask[i & 3]
        self._sock.write(head + mask)
        self._sock.write(masked)

    def receive(self):
        """(kind, data) of the next message."""
        whole = b""
        kind = 0
        while True:
            first, n = self._sock.read(2)
            if n == 126:
                n = struct.unpack("!H", self._sock.read(2))[0]
            elif n == 127:
                n = struct.unpack("!Q", self._sock.read(8))[0]
            kind = kind or first & 15
            whole += self._sock.read(n) if n else b""
            if first & 128:
                return kind, whole

    def close(self):
        """Says goodbye and returns the number in the peer's goodbye."""
        self.send(CLOSE, struct.pack("!H", 1000))
        kind, data = self.receive()
        assert kind == CLOSE and self._sock.read(1) == b""
        self._sock.close()
        return struct.unpack("!H", data)[0]
