"""UDP on the simulated modules: connected and not, borders, senders, sizes, in each access mode."""

import atsock
import pytest

FIBOCOM = ("nl668", "l610")
PEER, OTHER = ("192.0.2.10", 5000), ("192.0.2.20", 6000)
WORDS = b'\r\nOK\r\n+QIURC: "recv",0\r\n> +MIPRUDP: 1.2.3.4,5,1,5,hello\r\nRECV FROM:1.2.3.4:5\r\n+IPD5\r\n\x1a\x1b\x00'
MOST = {"bg96": 1460, "a7600": 1500, "sim7028": 1400, "nl668": 2048, "l610": 2048}
EMSGSIZE, EOPNOTSUPP, ETIMEDOUT, EAGAIN, ENOTCONN = 90, 95, 110, 11, 107


def made(bench, access="buffer"):
    socket = bench.modem.socket(type=atsock.SOCK_DGRAM, access=access)
    socket.settimeout(5)
    return socket


def tells_senders(bench, access):
    """Buffer access of SIMCom and Fibocom tells neither border nor sender."""
    return bench.dialect == "bg96" or access == "push" or access == "hex" and bench.dialect in FIBOCOM


@pytest.mark.parametrize("access", ["buffer", "push", "hex"])
def test_connected(bench, access):
    socket = made(bench, access)
    with pytest.raises(OSError) as caught:
        socket.send(b"x")
    assert caught.value.args[0] == ENOTCONN
    socket.connect(PEER)
    peer = bench.network.sockets[-1]
    for n in (1, 200, len(WORDS)):
        data = (WORDS * 3)[:n]
        assert socket.send(data) == n
        assert peer.sent.pop() == (data, PEER) and not peer.sent
        peer.put_received(data, *PEER)
        assert socket.recvfrom(2000) == (data, PEER)
    if tells_senders(bench, access):
        for data in (b"one", WORDS, b"three"):
            peer.put_received(data, *PEER)
        bench.modem.poll(100)
        assert [socket.recv(3), socket.recv(1000), socket.recv(2)] == [b"one", WORDS, b"th"]
    socket.settimeout(0)
    with pytest.raises(OSError) as caught:
        socket.recv(10)
    assert caught.value.args[0] == EAGAIN
    socket.close()
    for _ in range(5):
        bench.modem.poll(1000)
    assert peer.ended and bench.module.violations == []


@pytest.mark.parametrize("access", ["buffer", "push", "hex"])
def test_sendto(bench, access):
    """To several addresses, a name among them, and back to the first."""
    socket = made(bench, access)
    if bench.dialect == "bg96" and access == "hex":
        with pytest.raises(OSError) as caught:
            socket.sendto(b"x", PEER)
        assert caught.value.args[0] == EOPNOTSUPP  # 2.1.9: no QISENDEX for UDP SERVICE
        return
    bench.network.names["peer.example"] = ["192.0.2.30"]
    for target, real in (
        (PEER, PEER),
        (OTHER, OTHER),
        (PEER, PEER),
        (("peer.example", 7000), ("192.0.2.30", 7000)),
        (PEER, PEER),
    ):
        assert socket.sendto(WORDS, target) == len(WORDS)
        peer = bench.network.sockets[-1]
        assert peer.sent.pop() == (WORDS, real)
        if tells_senders(bench, access):
            peer.put_received(b"answer", *real)
            assert socket.recvfrom(100) == (b"answer", real)
    assert len(bench.network.sockets) == 1
    socket.close()
    assert bench.module.violations == []


@pytest.mark.parametrize("access", ["buffer", "push"])
def test_bound(bench, access):
    """recvfrom() first, as a server does."""
    socket = made(bench, access)
    socket.bind(("", 4000))
    peer = bench.network.sockets[-1]
    assert peer.local[1] == 4000
    for client in (PEER, OTHER):
        peer.put_received(WORDS, *client)
        data, sender = socket.recvfrom(1000)
        assert data == WORDS
        if tells_senders(bench, access):
            assert sender == client
        socket.sendto(b"reply", client)
        assert peer.sent.pop() == (b"reply", client)
    assert bench.module.violations == []


def test_longest(bench):
    socket = made(bench)
    socket.connect(PEER)
    peer = bench.network.sockets[-1]
    most = MOST[bench.dialect]
    data = (WORDS * 30)[:most]
    assert socket.send(data) == most and peer.sent.pop() == (data, PEER)
    for call in (
        lambda: socket.send(data + b"x"),
        lambda: socket.sendto(data + b"x", PEER),
        lambda: socket.sendto(data + b"x", OTHER),
    ):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.args[0] == EMSGSIZE
    assert not peer.sent
    assert socket.send(b"still of use") == 12
    if bench.dialect in FIBOCOM:
        with pytest.raises(OSError) as caught:
            socket.sendto(data[:1024], OTHER)  # 1.1.4: below 1024 when it is stored first
        assert caught.value.args[0] == EMSGSIZE
    assert bench.module.violations == []


def test_empty(bench):
    """A datagram without a byte: no manual has a form for it."""
    socket = made(bench)
    socket.connect(PEER)
    for call in (lambda: socket.send(b""), lambda: socket.sendto(b"", PEER), lambda: socket.sendto(b"", OTHER)):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.args[0] == EOPNOTSUPP
    assert socket.send(b"x") == 1
    assert bench.module.violations == []


def test_beside_streams(bench):
    stream = bench.modem.socket()
    stream.settimeout(5)
    stream.connect(("192.0.2.10", 80))
    socket = made(bench)
    socket.connect(PEER)
    for n in range(3):
        bench.network.sockets[-1].put_received(b"datagram", *PEER)
        bench.network.streams[-1].feed(b"stream")
        assert socket.recv(100) == b"datagram"
        assert stream.recv(100) == b"stream"
        socket.send(b"%d" % n)
        stream.send(b"%d" % n)
    assert bytes(bench.network.streams[-1].sent) == b"012"
    assert [data for data, _ in bench.network.sockets[-1].sent] == [b"0", b"1", b"2"]
    assert bench.module.violations == []
