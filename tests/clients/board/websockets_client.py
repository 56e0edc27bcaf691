"""The WebSocket protocol of the package websockets, as it is on PyPI, over a modem.  CPython.

The package keeps the protocol apart from the transport ("Sans-I/O"): bytes of the socket go in, bytes for it come out.
"""

import common
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.uri import parse_uri

PORT = int(common.arguments[0])
modem = common.attached()
sock = modem.socket_module().create_connection(("echo.example", PORT), 20)
protocol = ClientProtocol(parse_uri("ws://echo.example:%d/" % PORT), max_size=None)


def send():
    for data in protocol.data_to_send():
        if data:
            sock.sendall(data)


def receive():
    data = sock.recv(4096)
    if data:
        protocol.receive_data(data)
    else:
        protocol.receive_eof()
    send()
    return protocol.events_received()


def message():
    """The next message, put together from its frames."""
    whole = b""
    while True:
        while not frames:
            frames.extend(receive())
        frame = frames.pop(0)
        whole += frame.data
        if frame.fin:
            return frame.opcode, whole


frames = []
protocol.send_request(protocol.connect())
send()
answer = None
while answer is None:
    events = receive()
    if events:
        answer, *frames = events
assert protocol.handshake_exc is None, protocol.handshake_exc
sizes = []
for n in (0, 5, 125, 126, 2000, 66000):
    data = common.seeded(n, n)
    protocol.send_binary(data)
    send()
    opcode, got = message()
    assert got == data and opcode == Opcode.BINARY, n
    sizes.append(len(got))
protocol.send_text("Grüße".encode())
send()
text = message()[1].decode()
protocol.send_ping(b"are you there")
send()
opcode, pong = message()
assert opcode == Opcode.PONG
protocol.send_close(1000)
send()
while protocol.close_rcvd is None:
    receive()
sock.close()
modem.close()
common.result([sizes, text, pong.decode(), protocol.close_rcvd.code])
