"""TLS over blocking sockets: bulk both ways, certificates that are refused, ends of streams; then a TLS server."""

import common
import secure

PORT, SERVE_PORT, SIZE = int(common.arguments[0]), int(common.arguments[1]), int(common.arguments[2])
CA, STRANGER, CHAIN, KEY = common.arguments[3:7]


def connected(modem, host, context):
    sock = modem.socket()
    sock.settimeout(10)
    sock.connect((host, PORT))
    try:
        return secure.wrap(sock, context, server_hostname=host)
    except (OSError, ValueError):
        sock.close()
        raise


def refused(modem, host, context):
    try:
        connected(modem, host, context)
    except (OSError, ValueError) as error:
        return secure.reason(error)


def bulk(modem, context):
    """All of it there, then all of it back."""
    data = common.seeded(SIZE, 1)
    stream = connected(modem, secure.NAME, context)
    stream.write(b"keep %d\n" % SIZE)
    at = 0
    while at < SIZE:
        at += stream.write(memoryview(data)[at:])
    got = bytearray(SIZE)
    assert stream.readinto(got) == SIZE
    assert got == data
    stream.write(b"echo 11\na line\nrest")
    assert stream.readline() == b"a line\n"
    assert stream.read(4) == b"rest"
    stream.close()
    return len(got)


def ends(modem, context, how):
    """What comes before the peer ends, and how that shows."""
    stream = connected(modem, secure.NAME, context)
    stream.write(how + b" 5000\n")
    got = b""
    try:
        while True:
            piece = stream.read(1000)
            if not piece:
                return [len(got), "end"]
            got += piece
    except OSError as error:
        return [len(got), secure.reason(error)]
    finally:
        stream.close()


def serve(modem, context):
    server = modem.socket()
    server.bind(("0.0.0.0", SERVE_PORT))
    server.listen()
    print("listening")
    sock, peer = server.accept()
    stream = secure.wrap(sock, context, server_side=True)
    got = stream.read(SIZE)
    stream.write(got)
    stream.close()
    server.close()
    return len(got)


modem = common.attached()
trusting = secure.client_context(CA)
done = [
    bulk(modem, trusting),
    refused(modem, secure.NAME, secure.client_context(STRANGER)),
    refused(modem, secure.OTHER, trusting),
    ends(modem, trusting, b"end"),
    ends(modem, trusting, b"cut"),
    serve(modem, secure.server_context(CHAIN, KEY)),
]
modem.close()
common.result(done)
