"""Datagrams through the proxy (SOCKS5 UDP ASSOCIATE), over a virtual module of every dialect."""

import contextlib
import socket
import threading

import pytest
import socks
from atsock_host import Simulator
from atsock_host.cli import datagrams
from fronts import DIALECTS
from libraries import NAME
from test_proxy import proxy_over


@contextlib.contextmanager
def udp_echo(answer):
    """The port of a server that sends back answer(datagram)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    data, peer = server.recvfrom(4000)
                    server.sendto(answer(data), peer)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=pytest.mark.slow) for name in DIALECTS[2:]]
                         + list(DIALECTS[:2]))
def test_two_far_ends(dialect):
    with udp_echo(bytes.upper) as port, udp_echo(lambda data: data[::-1]) as other, \
            Simulator(dialect, hosts={NAME: "127.0.0.1"}) as module, proxy_over(module) as proxy, \
            socks.socksocket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.set_proxy(socks.SOCKS5, *proxy.address, rdns=True)
        sock.settimeout(20)
        for turn in range(3):
            sock.sendto(b"question %d" % turn, ("127.0.0.1", port))
            assert sock.recvfrom(2000) == (b"QUESTION %d" % turn, ("127.0.0.1", port)), proxy.said
        sock.sendto(bytes(range(256)) * 4, (NAME, other))
        data, sender = sock.recvfrom(2000)
        assert data == (bytes(range(256)) * 4)[::-1] and sender[0] in (NAME, NAME.encode()) and sender[1] == other
        sock.sendto(b"again", ("127.0.0.1", port))
        assert sock.recv(2000) == b"AGAIN"
    assert proxy.said == []


@pytest.mark.parametrize(
    "far", [(datagrams.IPV4, "192.0.2.1", 53), (datagrams.IPV6, "2001:db8::1", 5683), (datagrams.NAME, "a.example", 1)])
def test_headers(far):
    assert datagrams.parse(datagrams.header(*far) + b"payload") == (far, b"payload")
    for n in range(len(datagrams.header(*far))):
        assert datagrams.parse(datagrams.header(*far)[:n]) is None
    fragment = bytearray(datagrams.header(*far))
    fragment[2] = 1
    assert datagrams.parse(bytes(fragment)) is None
