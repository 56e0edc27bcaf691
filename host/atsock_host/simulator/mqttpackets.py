"""MQTT 3.1 and 3.1.1 as a client speaks them: packets for the server, and what comes from it.

Owns the framing and the replies that the protocol demands.  Bytes in, bytes out: opens no connection, has no clock and
knows no AT command.  No client library does this: they open sockets of their own, past the module's network.
"""

import struct

CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, PINGRESP = 2, 3, 4, 5, 6, 7, 9, 11, 13
_CONNECT, _SUBSCRIBE, _UNSUBSCRIBE, _PINGREQ, _DISCONNECT = 1, 8, 10, 12, 14

_PROTOCOLS = {3: b"MQIsdp", 4: b"MQTT"}
_LONGEST = 1 << 20      # a packet of the server beyond that is taken for noise
_REFUSED_TOPIC = 0x80   # of SUBACK


class BadPacket(ValueError):
    """What the server sent is no MQTT."""


def _text(data):
    return struct.pack(">H", len(data)) + data


def _packet(kind, flags, body):
    length = bytearray()
    rest = len(body)
    while True:
        rest, digit = divmod(rest, 128)
        length.append(digit | (0x80 if rest else 0))
        if not rest:
            return bytes([kind << 4 | flags]) + bytes(length) + body


class Message:
    """Something published; topic and payload are bytes."""

    def __init__(self, topic, payload, qos=0, retain=False):
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain


class Packets:
    """One connection's packets.  What has to be sent is appended to `outgoing`: the caller sends and clears it."""

    def __init__(self):
        self.outgoing = bytearray()
        self._incoming = bytearray()
        self._last_id = 0
        self._half = set()      # ids of messages with QoS 2 that the server has not released yet

    # ---- to the server; what has an id gives it back

    def connect(self, client_id, keepalive_s, clean, *, user=None, password=None, will=None, version=4):
        flags = 2 if clean else 0
        payload = _text(client_id)
        if will is not None:
            flags |= 4 | will.qos << 3 | (0x20 if will.retain else 0)
            payload += _text(will.topic) + _text(will.payload)
        if user is not None:
            flags |= 0x80
            payload += _text(user)
        if password is not None:
            flags |= 0x40
            payload += _text(password)
        head = _text(_PROTOCOLS[version]) + struct.pack(">BBH", version, flags, min(keepalive_s, 65535))
        self.outgoing += _packet(_CONNECT, 0, head + payload)

    def publish(self, message, duplicate=False):
        number = self._next_id() if message.qos else 0
        flags = (8 if duplicate and message.qos else 0) | message.qos << 1 | (1 if message.retain else 0)
        body = _text(message.topic) + (struct.pack(">H", number) if number else b"") + message.payload
        self.outgoing += _packet(PUBLISH, flags, body)
        return number

    def subscribe(self, topics):
        """`topics`: (topic, qos) of each."""
        number = self._next_id()
        body = b"".join(_text(topic) + bytes([qos]) for topic, qos in topics)
        self.outgoing += _packet(_SUBSCRIBE, 2, struct.pack(">H", number) + body)
        return number

    def unsubscribe(self, topics):
        number = self._next_id()
        self.outgoing += _packet(_UNSUBSCRIBE, 2, struct.pack(">H", number) + b"".join(map(_text, topics)))
        return number

    def ping(self):
        self.outgoing += _packet(_PINGREQ, 0, b"")

    def disconnect(self):
        self.outgoing += _packet(_DISCONNECT, 0, b"")

    def _next_id(self):
        self._last_id = self._last_id % 65535 + 1
        return self._last_id

    # ---- from the server

    def feed(self, data):
        """What these bytes complete, in order: a Message for something published; (CONNACK, return code);
        (PUBACK, id) or (PUBCOMP, id) for a publish that is done, (SUBACK, id, refused), (UNSUBACK, id), (PINGRESP,).
        BadPacket for what is none.
        """
        self._incoming += data
        events = []
        while (packet := self._next_packet()) is not None:
            event = self._event(*packet)
            if event is not None:
                events.append(event)
        return events

    def _next_packet(self):
        """(kind, flags, body) of the oldest whole packet, taken out, or None."""
        length = 0
        for place in range(1, 5):
            if place >= len(self._incoming):
                return None
            length |= (self._incoming[place] & 0x7F) << 7 * (place - 1)
            if not self._incoming[place] & 0x80:
                break
        else:
            raise BadPacket("a length of more than four bytes")
        if length > _LONGEST:
            raise BadPacket(f"a packet of {length} bytes")
        end = place + 1 + length
        if len(self._incoming) < end:
            return None
        first, body = self._incoming[0], bytes(self._incoming[place + 1:end])
        del self._incoming[:end]
        return first >> 4, first & 15, body

    def _event(self, kind, flags, body):
        if kind == PINGRESP:
            return (PINGRESP,)
        if len(body) < 2:
            raise BadPacket(f"packet {kind} is too short")
        if kind == PUBLISH:
            return self._published(flags, body)
        if kind == CONNACK:
            return CONNACK, body[1]
        number = int.from_bytes(body[:2], "big")
        if kind == PUBREC:
            self.outgoing += _packet(PUBREL, 2, body[:2])
            return None
        if kind == PUBREL:
            self._half.discard(body[:2])
            self.outgoing += _packet(PUBCOMP, 0, body[:2])
            return None
        if kind == SUBACK:
            return SUBACK, number, _REFUSED_TOPIC in body[2:]
        if kind in (PUBACK, PUBCOMP, UNSUBACK):
            return kind, number
        raise BadPacket(f"a server sends no packet {kind}")

    def _published(self, flags, body):
        qos, at = flags >> 1 & 3, 2 + int.from_bytes(body[:2], "big")
        start = at + (2 if qos else 0)
        if qos == 3 or start > len(body):
            raise BadPacket("a message without a topic")
        number = body[at:start]
        if qos == 1:
            self.outgoing += _packet(PUBACK, 0, number)
        elif qos == 2:
            self.outgoing += _packet(PUBREC, 0, number)
            if number in self._half:
                return None         # sent again, and told of before
            self._half.add(number)
        return Message(body[2:at], body[start:], qos, bool(flags & 1))
