"""paho-mqtt, as it is on PyPI, over a modem: QoS 0 and 1, retained messages.  CPython.

Its network loop belongs to the program ("external event loop"): loop_read(), loop_write() and loop_misc() are called
when poll says so.  The modem's sockets have no descriptor that select could watch, so this program asks them.
"""

import time

import common
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

HOST, PORT = "broker.example", int(common.arguments[0])
POLL, IN, OUT = 3, 1, 4
DEADLINE_S = 20


class OverModem(Client):
    def _create_socket_connection(self):
        return socket_module.create_connection((self.host, self.port), self.connect_timeout)


def until(condition, what):
    """Serve the client until condition() is true."""
    give_up = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < give_up, what
        client.loop_misc()
        sock = client.socket()
        ready = sock.ioctl(POLL, IN | OUT if client.want_write() else IN)
        if ready & OUT:
            client.loop_write()
        if ready & ~OUT:
            client.loop_read()
        if not ready:
            modem.poll(20)


modem = common.attached()
socket_module = modem.socket_module()
connected, granted, acknowledged, received = [], [], [], []
client = OverModem(CallbackAPIVersion.VERSION2, client_id="atsock-paho")
client.on_connect = lambda client, data, flags, reason, properties: connected.append(reason.value)
client.on_subscribe = lambda client, data, number, reasons, properties: granted.extend(r.value for r in reasons)
client.on_publish = lambda client, data, number, reason, properties: acknowledged.append(number)
client.on_message = lambda client, data, message: received.append(
    [message.topic, message.qos, message.payload.hex(), message.retain]
)
client.connect(HOST, PORT, keepalive=30)
until(lambda: connected, "CONNACK")
client.publish("test/kept", b"kept", qos=1, retain=True)
until(lambda: acknowledged, "PUBACK")
client.subscribe([("test/#", 1)])
until(lambda: granted, "SUBACK")
until(lambda: received, "the retained message")
large = common.seeded(6000, 7)
client.publish("test/zero", b"quick", qos=0)
client.publish("test/one", large, qos=1)
client.publish("test/kept", b"", qos=1, retain=True)  # forget it
until(lambda: len(received) == 4 and len(acknowledged) == 4, "the messages and their PUBACKs")
client.disconnect()
modem.close()
received[2][2] = bytes.fromhex(received[2][2]) == large
common.result([connected, granted, received])
