"""Listening sockets on the simulated modules: several connections at once, the order of closing, what is refused."""

import itertools

import pytest
from atsock.core import urc

CLIENTS = [("198.51.100.7", 50001), ("198.51.100.8", 50002), ("198.51.100.9", 50003)]
WORDS = (
    b'\r\nOK\r\n+CLIENT: 0,0,1.2.3.4:5\r\n+QIURC: "incoming",1,0\r\n\r\nERROR\r\n> '
    b"+MIPSTAT: 1,1\r\n+IPCLOSE: 0,1\r\nCLOSED\r\n\x1a\x1b"
)
EAGAIN, EADDRINUSE, EMFILE, EINVAL = 11, 98, 24, 22
ONE_BY_ONE = ("nl668", "l610")  # one connection per listening id
POSSIBLE = {"bg96": 3, "a7600": 3, "sim7028": 2, "nl668": 3, "l610": 3}


def listening(bench, access="buffer", port=8080):
    server = bench.modem.socket(access=access)
    server.bind(("", port))
    server.listen()
    server.settimeout(5)
    return server


def come(bench, client):
    """A client connects to what listens now."""
    listener = [listener for listener in bench.network.listeners if not listener.ended][-1]
    return bench.network.accept(listener, *client)


def accepted(bench, server, n):
    """[(stream, socket)] of n clients, that come all at once where the module can have that."""
    streams = []
    if bench.dialect not in ONE_BY_ONE:
        streams = [come(bench, client) for client in CLIENTS[:n]]
    found = []
    for i in range(n):
        if bench.dialect in ONE_BY_ONE:
            streams.append(come(bench, CLIENTS[i]))
        socket, address = server.accept()
        assert address == CLIENTS[i]
        socket.settimeout(5)
        found.append((streams[i], socket))
    return found


@pytest.mark.parametrize("access", ["buffer", "push", "hex"])
def test_several_at_once(bench, access):
    server = listening(bench, access)
    pairs = accepted(bench, server, POSSIBLE[bench.dialect])
    for turn in range(2):
        for i, (stream, socket) in enumerate(pairs):
            stream.feed(WORDS + b"%d" % i)
        for i, (stream, socket) in enumerate(pairs):
            assert socket.read(len(WORDS) + 1) == WORDS + b"%d" % i
            socket.sendall(b"%d" % i + WORDS)
    for i, (stream, socket) in enumerate(pairs):
        assert bytes(stream.sent) == 2 * (b"%d" % i + WORDS)
    first = pairs[0]
    first[0].feed(b"the end")
    first[0].close_by_peer()
    assert first[1].read() == b"the end"
    for stream, socket in pairs[1:]:
        stream.feed(b"still there")
        assert socket.read(11) == b"still there"
        socket.close()
        assert stream.ended
    first[1].close()
    server.close()
    assert all(listener.ended for listener in bench.network.listeners)
    assert bench.module.violations == []


@pytest.mark.parametrize("order", list(itertools.permutations(("server", 0, 1))))
def test_order_of_closing(bench, order):
    """Whatever the program closes first: the module is told in the order that it demands (SIMCom 2.15)."""
    server = listening(bench)
    pairs = accepted(bench, server, 2)
    left = [0, 1]
    for what in order:
        if what == "server":
            server.close()
        else:
            pairs[what][1].close()
            left.remove(what)
        for i in left:
            pairs[i][0].feed(b"x")
            assert pairs[i][1].recv(5) == b"x"
    assert all(stream.ended for stream, _ in pairs)
    assert all(listener.ended for listener in bench.network.listeners)
    again = listening(bench)
    ((stream, socket),) = accepted(bench, again, 1)
    socket.send(b"again")
    assert bytes(stream.sent) == b"again"
    assert bench.module.violations == []


def test_queue_is_closed_with_the_server(bench):
    server = listening(bench)
    streams = [come(bench, client) for client in CLIENTS[: 1 if bench.dialect in ONE_BY_ONE else 2]]
    bench.modem.poll(100)
    server.close()
    assert all(stream.ended for stream in streams)
    assert all(listener.ended for listener in bench.network.listeners)
    assert bench.module.violations == []


@pytest.mark.parametrize("bench", ONE_BY_ONE, indirect=True)
def test_closed_while_it_waits_for_an_id(bench):
    """A server that cannot listen again before an id is free, and is closed then, never listens again: where it takes
    an id of the connections.
    """
    server = listening(bench)
    pairs = []
    while not all(listener.ended for listener in bench.network.listeners) or not pairs:
        stream = come(bench, CLIENTS[0])
        pairs.append((stream, server.accept()[0]))
    before = len(bench.network.listeners)
    server.close()
    for _, socket in pairs:
        socket.close()
    for _ in range(20):
        bench.modem.poll(100)
    assert len(bench.network.listeners) == before
    assert bench.modem._session.is_idle()
    assert bench.module.violations == []


def test_beside_clients(bench):
    """A connection of its own beside accepted ones."""
    server = listening(bench)
    ((stream, socket),) = accepted(bench, server, 1)
    own = bench.modem.socket()
    own.settimeout(5)
    own.connect(("192.0.2.10", 80))
    own.send(b"own")
    socket.send(b"accepted")
    assert bytes(stream.sent) == b"accepted"
    assert bytes(bench.network.streams[-1].sent) == b"own"
    for one in (own, socket, server):
        one.close()
    assert bench.module.violations == []


def test_not_waiting(bench):
    server = listening(bench)
    server.setblocking(False)
    with pytest.raises(OSError) as caught:
        server.accept()
    assert caught.value.args[0] == EAGAIN
    assert not server.ioctl(3, 1)
    come(bench, CLIENTS[0])
    bench.modem.poll(100)
    assert server.ioctl(3, 1)
    socket, address = server.accept()
    assert address == CLIENTS[0]
    socket.close()
    for _ in range(20):
        bench.modem.poll(100)
    come(bench, CLIENTS[1])
    bench.modem.poll(100)
    assert server.accept()[1] == CLIENTS[1]
    assert bench.module.violations == []


def test_refused(bench):
    server = bench.modem.socket()
    with pytest.raises(OSError) as caught:
        server.listen()
    assert caught.value.args[0] == EINVAL
    bench.network.taken_ports.add(8080)
    server.bind(("", 8080))
    with pytest.raises(OSError) as caught:
        server.listen()
    assert caught.value.args[0] == EADDRINUSE
    bench.network.taken_ports.clear()
    listening(bench).close()


def test_network_lost(bench):
    server = listening(bench)
    ((stream, socket),) = accepted(bench, server, 1)
    urc.lose_all(bench.modem._engine, 100)
    for call in (server.accept, lambda: socket.recv(1), lambda: socket.send(b"x")):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.args[0] == 100
    socket.close()
    server.close()
