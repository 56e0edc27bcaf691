"""The small MQTT client over a modem, by way of sys.modules["socket"]: QoS 0 and 1, retained messages."""

import sys

import common

PORT = int(common.arguments[0])
modem = common.attached()
sys.modules["socket"] = modem.socket_module()

from small_mqtt import Client  # noqa: E402  which imports socket

received = []
large = common.seeded(6000, 7)
client = Client(
    "atsock-small",
    "broker.example",
    PORT,
    lambda topic, qos, payload, kept: received.append([topic, qos, payload, bool(kept)]),
)
client.publish("test/kept", b"kept", 1, True)
granted = client.subscribe("test/#", 1)
while not received:
    client.wait()
client.publish("test/zero", b"quick")
client.publish("test/one", large, 1)
client.publish("test/kept", b"", 1, True)  # forget it
while len(received) < 4:
    client.wait()
client.disconnect()
modem.close()
received[2][2] = received[2][2] == large
for message in received[:2] + received[3:]:
    message[2] = message[2].hex()
common.result([[0], [granted], received])
