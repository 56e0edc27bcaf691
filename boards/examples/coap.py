"""UDP: a CoAP GET (RFC 7252), confirmable, sent again as long as no answer comes."""

import os

import atsock
import start

HOST, PORT, PATH = "coap.me", 5683, "hello"
FIRST_S, TRIES = 2, 5  # RFC 7252 4.8: ACK_TIMEOUT; MAX_RETRANSMIT, and the first one


def request_for(path, number, token):
    """The datagram of a GET: version 1, confirmable, a token of two bytes, the parts of the path as options 11."""
    parts, option = b"", 0xB0
    for name in path.split("/"):
        parts += bytes([option | len(name)]) + name.encode()
        option = 0
    return b"\x42\x01" + number + token + parts


def payload_of(answer):
    """What stands behind the options of a datagram."""
    at = 4 + (answer[0] & 15)
    while at < len(answer) and answer[at] != 0xFF:
        delta, length = answer[at] >> 4, answer[at] & 15
        at += 1 + max(0, delta - 12)  # 13: one byte more, 14: two
        if length > 12:
            length = answer[at] + 13 if length == 13 else (answer[at] << 8) + answer[at + 1] + 269
            at += 1 if length < 269 else 2
        at += length
    return answer[at + 1 :]


def get(sock, path):
    """(code, payload) of the answer, ("2.05", b"world").  Raises OSError when none comes."""
    number, token = os.urandom(2), os.urandom(2)
    for attempt in range(TRIES):
        sock.send(request_for(path, number, token))
        sock.settimeout(FIRST_S << attempt)
        try:
            answer = sock.recv(1500)
            while answer[4:6] != token or not answer[1]:  # somebody else's; or an acknowledgement alone
                answer = sock.recv(1500)
        except OSError as error:
            print("nothing yet:", error)
            continue
        if not answer[0] & 0x30:  # it is confirmable itself
            sock.send(b"\x60\x00" + answer[2:4])
        return "%d.%02d" % (answer[1] >> 5, answer[1] & 31), payload_of(answer)
    raise OSError("no answer from " + HOST)


modem = start.modem()
modem.attach(timeout_ms=240_000)
sock = modem.socket(type=atsock.SOCK_DGRAM)
sock.connect((HOST, PORT))
print(*get(sock, PATH))
modem.close()
