"""Transparent sockets on the simulated modules: TCP, UDP, and the servers that SIMCom's manuals have (A7600 6.4.1)."""

import errno

import atsock
import pytest
from callbench import attached

PEER = ("192.0.2.10", 80)
WORDS = (
    b"\r\nOK\r\n\r\nNO CARRIER\r\n+++\r\nCLOSED\r\n+IPCLOSE: 0,1\r\n+MIPSTAT: 1,1\r\n"
    b'+QIURC: "closed",0\r\n\r\nCONNECT\r\n\x1a\x1b\x00.'
)


def connected(bench, kind=atsock.SOCK_STREAM):
    socket = bench.modem.socket(type=kind, access="transparent")
    socket.settimeout(5)
    socket.connect(PEER)
    return socket


def arrived(bench, peer):
    """What has reached the peer; some modules gather for a while."""
    for _ in range(3):
        bench.modem.poll(1000)
    return bytes(peer.sent)


def test_stream(bench):
    socket = connected(bench)
    stream = bench.network.streams[-1]
    for data in (WORDS, b"+++", b"++", b"+", b"line\r\n"):
        socket.send(data)
        stream.feed(data)
        assert socket.read(len(data)) == data
    assert arrived(bench, stream) == WORDS + b"+++" + b"+++" + b"line\r\n"
    socket.escape()
    assert bench.modem.signal()[0] is not None
    socket.resume()
    socket.send(b"back")
    stream.feed(b"and forth")
    assert socket.read(9) == b"and forth"
    assert arrived(bench, stream).endswith(b"back")
    socket.close()
    assert stream.ended
    assert bench.modem.signal()[0] is not None
    assert bench.module.violations == []


def test_peer_closes(bench):
    socket = connected(bench)
    stream = bench.network.streams[-1]
    stream.feed(b"the end\r\n")
    stream.close_by_peer()
    assert socket.read() == b"the end\r\n"
    socket.close()
    again = connected(bench)
    again.send(b"again")
    assert arrived(bench, bench.network.streams[-1]) == b"again"
    assert bench.module.violations == []


def test_peer_closes_while_escaped(bench):
    socket = connected(bench)
    socket.escape()
    bench.network.streams[-1].close_by_peer()
    bench.modem.poll(1000)
    with pytest.raises(OSError):
        socket.resume()
        socket.send(b"x")
        socket.recv(1)
        socket.send(b"x")
    socket.close()
    connected(bench).send(b"again")
    assert arrived(bench, bench.network.streams[-1]) == b"again"


def test_datagrams(bench):
    socket = connected(bench, atsock.SOCK_DGRAM)
    peer = bench.network.sockets[-1]
    socket.send(WORDS)
    bench.modem.poll(1000)
    assert peer.sent == [(WORDS, PEER)]
    peer.put_received(b"answer\r\n", *PEER)
    assert socket.read(8) == b"answer\r\n"
    socket.escape()
    socket.resume()
    socket.send(b"more")
    bench.modem.poll(1000)
    assert peer.sent[1:] == [(b"more", PEER)]
    socket.close()
    assert peer.ended
    assert bench.module.violations == []


def test_program_starts_anew_in_data_mode(bench):
    """The program before it died in data mode: attach() finds the module deaf, escapes, and leaves that mode for
    good.
    """
    connected(bench)
    before = bench.network.streams[-1]
    again = atsock.Modem(bench.wire, bench.dialect)
    again._engine.port.ticks_ms, again._engine.port.wait = (
        bench.modem._engine.port.ticks_ms,
        bench.modem._engine.port.wait,
    )
    assert again.attach("internet")
    assert before.ended
    for access in ("buffer", "transparent"):
        socket = again.socket(access=access)
        socket.settimeout(5)
        socket.connect(PEER)
        socket.send(b"hello")
        bench.network.streams[-1].feed(b"answer")
        assert socket.recv(6) == b"answer"
        for _ in range(3):
            again.poll(1000)
        assert bytes(bench.network.streams[-1].sent) == b"hello"
        socket.close()
    assert bench.module.violations == []


def test_refused(bench):
    """A connection that is refused leaves the port in command mode, and the id free."""
    bench.network.refuse.add(PEER[0])
    for _ in range(2):
        with pytest.raises(OSError) as caught:
            connected(bench)
        assert caught.value.args[0] == errno.ECONNREFUSED
        assert bench.modem.signal()[0] is not None
    bench.network.refuse.clear()
    connected(bench).send(b"at last")
    assert arrived(bench, bench.network.streams[-1]) == b"at last"
    assert bench.module.violations == []


def test_back_to_other_access(bench):
    """Behind a transparent socket any other access, and the way back."""
    for access in ("buffer", "transparent", "push", "transparent", "hex"):
        socket = bench.modem.socket(access=access)
        socket.settimeout(5)
        socket.connect(PEER)
        socket.send(access.encode())
        bench.network.streams[-1].feed(b"answer")
        assert socket.recv(6) == b"answer"
        assert arrived(bench, bench.network.streams[-1]) == access.encode()
        socket.close()
    assert bench.module.violations == []


@pytest.mark.parametrize("dialect", ["a7600", "sim7028"])
def test_server(dialect):
    """Clients one after another; the server is stopped after the last connection, as 2.15 demands."""
    b = attached(dialect)
    server = b.modem.socket(access="transparent")
    server.bind(("", 8080))
    server.listen()
    server.settimeout(5)
    for client in (("198.51.100.7", 50001), ("198.51.100.7", 50002)):
        stream = b.network.accept(b.network.listeners[-1], *client)
        stream.feed(b"hello\r\n")
        socket, address = server.accept()
        assert address == client
        socket.settimeout(5)
        socket.send(b"welcome")
        assert socket.read(7) == b"hello\r\n"
        socket.escape()
        assert b.modem.signal()[0] is not None
        socket.resume()
        socket.send(WORDS)
        assert bytes(stream.sent) == b"welcome" + WORDS
        stream.feed(b"bye")
        stream.close_by_peer()
        assert socket.read() == b"bye"
        socket.close()
    last = b.network.accept(b.network.listeners[-1], "198.51.100.7", 50003)
    socket, address = server.accept()
    server.close()
    socket.settimeout(5)
    socket.send(b"still here")
    assert bytes(last.sent) == b"still here"
    assert not b.network.listeners[-1].ended
    socket.close()
    assert last.ended and b.network.listeners[-1].ended
    assert b.modem.signal()[0] is not None
    assert b.module.violations == []
