"""A small MQTT 3.1.1 client on what socket module is imported: QoS 0 and 1.

In the manner of umqtt: blocking streams.
"""

import socket
import struct

_CONNACK, _PUBLISH, _PUBACK, _SUBACK = 2, 3, 4, 9


class Client:
    """on_message(topic, qos, payload, retained) is called from wait()."""

    def __init__(self, name, host, port, on_message):
        self._number = 0
        self._on_message = on_message
        self._sock = socket.socket()
        self._sock.settimeout(20)
        self._sock.connect(socket.getaddrinfo(host, port)[0][-1])
        self._send(0x10, b"\x00\x04MQTT\x04\x02\x00\x1e" + _text(name))
        assert self._answer(_CONNACK)[1] == 0

    def _send(self, head, body):
        n = len(body)
        start = bytes([head])
        while n > 127:
            start += bytes([n & 127 | 128])
            n >>= 7
        self._sock.write(start + bytes([n]))
        self._sock.write(body)

    def _next(self):
        self._number += 1
        return struct.pack("!H", self._number)

    def _answer(self, kind):
        # Serve what comes until an answer of that kind does; its body.
        while True:
            got, body = self.wait()
            if got == kind:
                return body

    def wait(self):
        """Take in one packet: (its type, its body); messages are acknowledged and handed out."""
        head = self._sock.read(1)
        if not head:
            raise OSError("the broker has closed the connection")
        n = shift = 0
        more = 128
        while more & 128:
            more = self._sock.read(1)[0]
            n |= (more & 127) << shift
            shift += 7
        body = self._sock.read(n)
        if head[0] >> 4 == _PUBLISH:
            self._take(head[0], body)
        return head[0] >> 4, body

    def _take(self, head, body):
        qos = head >> 1 & 3
        at = 2 + struct.unpack("!H", body)[0]
        topic = body[2:at].decode()
        if qos:
            self._send(0x40, body[at : at + 2])
            at += 2
        self._on_message(topic, qos, body[at:], head & 1)

    def subscribe(self, topic, qos):
        """The granted QoS."""
        number = self._next()
        self._send(0x82, number + _text(topic) + bytes([qos]))
        body = self._answer(_SUBACK)
        assert body[:2] == number
        return body[2]

    def publish(self, topic, payload, qos=0, retain=False):
        """Waits for the acknowledgement of QoS 1."""
        number = self._next() if qos else b""
        self._send(0x30 | qos << 1 | retain, _text(topic) + number + payload)
        if qos:
            assert self._answer(_PUBACK) == number

    def disconnect(self):
        self._send(0xE0, b"")
        self._sock.close()


def _text(text):
    text = text.encode()
    return struct.pack("!H", len(text)) + text
