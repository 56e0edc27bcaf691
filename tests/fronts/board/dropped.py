"""Sockets that are dropped without close(): their ids come back where the interpreter has finalisers, and where the
connection is gone and read to its end in any case."""

import gc
import sys

import common

ENDS, STAYS = int(common.arguments[0]), int(common.arguments[1])
modem = common.attached()
links = common.ids(modem)


def open_all(port):
    """As many sockets as there are ids, each greeted by the server."""
    socks = []
    for n in range(links):
        sock = modem.socket()
        sock.settimeout(20)
        sock.connect(("server.example", port))
        socks.append(sock)
        assert sock.recv(5) == b"hello"
    return socks


opened = 0
for turn in range(3):  # the server ends these
    for sock in open_all(ENDS):
        assert sock.recv(1) == b""
        opened += 1
    sock = None
    gc.collect()
if sys.implementation.name != "micropython":
    for turn in range(2):
        opened += len(open_all(STAYS))
        gc.collect()
kept = open_all(STAYS)
opened += len(kept)
try:
    modem.socket().connect(("server.example", STAYS))
    errno = 0
except OSError as error:
    errno = error.errno
for sock in kept:  # all of them are still good
    sock.send(b"?")
    assert sock.recv(1) == b"!"
modem.close()
common.result([opened // links, errno])
