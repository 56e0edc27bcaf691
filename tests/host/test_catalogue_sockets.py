"""Modem.call() and query() beside open sockets: neither takes what belongs to the other."""

import errno

import pytest

PEER = ("192.0.2.10", 80)
# A question about the first link while 5 bytes wait in it, and its answer.
WAITING = {
    "bg96": ("call", ("QIRD", 0, 0), (5, 0, 5)),
    "a7600": ("call", ("CIPRXGET", 4, 0), (4, 0, 5)),
    "sim7028": ("call", ("CIPRXGET", 4, 0), (4, 0, 5)),
    "nl668": ("query", ("MIPREAD",), [(1, 5)]),
    "l610": ("query", ("MIPREAD",), [(1, 5)]),
}
SETTING = {
    "bg96": "QISDE", "a7600": "CIPSENDMODE", "sim7028": "CIPSENDMODE", "nl668": "MIPKEEPCONF", "l610": "MIPKEEPCONF"}


def connected(bench, **options):
    socket = bench.modem.socket(**options)
    socket.settimeout(5)
    socket.connect(PEER)
    return socket


def test_data_notice_during_a_question(bench):
    """The notice that came while a question was answered still leads to the data."""
    socket = connected(bench)
    method, arguments, value = WAITING[bench.dialect]
    bench.network.streams[0].feed(b"hello")
    assert getattr(bench.modem, method)(*arguments) == value
    assert socket.recv(100) == b"hello"
    assert bench.module.violations == []


def test_closed_by_peer_during_a_question(bench):
    socket = connected(bench)
    bench.network.streams[0].feed(b"last")
    bench.network.streams[0].close_by_peer()
    bench.modem.query(SETTING[bench.dialect])
    assert socket.recv(100) == b"last"
    assert socket.recv(100) == b""


def test_calls_between_sends(bench):
    socket = connected(bench)
    for n in range(5):
        socket.send(b"%d" % n)
        bench.modem.query(SETTING[bench.dialect])
        bench.modem.test(SETTING[bench.dialect])
    socket.close()
    assert bytes(bench.network.streams[0].sent) == b"01234"
    assert bench.module.violations == []


def test_transparent_socket(bench):
    """call("+++") and call("ATO") are escape() and resume() of the socket that has the line."""
    socket = connected(bench, access="transparent")
    socket.send(b"there")
    with pytest.raises(OSError) as caught:
        bench.modem.query(SETTING[bench.dialect])
    assert caught.value.errno == errno.EBUSY
    assert bench.modem.call("+++") is None
    assert bench.modem.query(SETTING[bench.dialect]) is not None
    assert bench.modem.call("ATO") == "CONNECT"
    bench.network.streams[-1].feed(b"back")
    assert socket.recv(10) == b"back"
    assert bytes(bench.network.streams[-1].sent) == b"there"
    assert bench.module.violations == []
