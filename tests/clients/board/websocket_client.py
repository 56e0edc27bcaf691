"""The small WebSocket client over a modem, by way of sys.modules["socket"]."""

import sys

import common

PORT = int(common.arguments[0])
modem = common.attached()
sys.modules["socket"] = modem.socket_module()

from small_websocket import BINARY, PING, PONG, TEXT, WebSocket  # noqa: E402  which imports socket

connection = WebSocket("echo.example", PORT)
sizes = []
for n in (0, 5, 125, 126, 2000, 66000):
    data = common.seeded(n, n)
    connection.send(BINARY, data)
    kind, got = connection.receive()
    assert got == data and kind == BINARY, n
    sizes.append(len(got))
connection.send(TEXT, "Grüße".encode())
text = connection.receive()[1].decode()
connection.send(PING, b"are you there")
kind, pong = connection.receive()
assert kind == PONG
code = connection.close()
modem.close()
common.result([sizes, text, pong.decode(), code])
