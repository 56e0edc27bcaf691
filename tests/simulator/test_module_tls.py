"""TLS of a module's own: handshake, data, back-pressure and ends over a stream that the tests feed."""

import pathlib
import ssl

import pytest
from fibocombench import MipBench

from atsock_host.simulator.fibocom import L610, NL668

CERTIFICATE = pathlib.Path(__file__).with_name("tls_server.pem")


class TlsPeer:
    """The server at the other end of a FakeStream."""

    def __init__(self, bench, stream):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        context.sni_callback = self._named
        self.name = None
        self._bench = bench
        self._stream = stream
        self._taken = 0
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def _named(self, connection, name, context):
        del connection, context
        self.name = name

    def _take(self):
        self._incoming.write(bytes(self._stream.sent[self._taken:]))
        self._taken = len(self._stream.sent)

    def give(self):
        """Hand over what TLS has to say, as far as the module's buffer has room."""
        while self._outgoing.pending:
            room = self._stream.free_buffer()
            assert room, "the module does not take what the peer sends"
            self._stream.feed(self._outgoing.read(room))

    def handshake(self):
        for _ in range(4):
            self._take()
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.give()
                self._bench.wait(1)
                continue
            self.give()
            return
        raise AssertionError("the handshake does not end")

    def read(self):
        self._take()
        return self.tls.read(65536)


def opened(module_class, *, host="test.example", setting=None):
    b = MipBench(module_class)
    b.network.secure = True
    if setting:
        b.ask(setting)
    b.ask(f'AT+MIPOPEN=1,,"{host}",443,2')
    b.wait(100)
    assert b.rx() == b""            # connected, but the handshake is not done
    peer = TlsPeer(b, b.network.streams[-1])
    peer.handshake()
    assert b.rx() == b"\r\n+MIPOPEN: 1,1\r\n"
    return b, peer


def test_data_both_ways():
    b, peer = opened(NL668)
    assert peer.name == "test.example"
    b.send(b"hello")
    assert peer.read() == b"hello"
    assert b"hello" not in b.network.streams[-1].sent
    peer.tls.write(b"world")
    peer.give()
    assert b.rx() == b"\r\n+MIPRTCP: 1,0,776F726C64\r\n"
    assert b.module.violations == []


@pytest.mark.parametrize("host", ["a..b", ".example", "x" * 64 + ".example", "www\x84+++.example"])
def test_what_no_host_can_be_called_is_no_server_name(host):
    _, peer = opened(NL668, host=host)
    assert peer.name is None


def test_an_address_is_no_server_name():
    _, peer = opened(L610, host="192.0.2.10")
    assert peer.name is None


def test_more_than_the_buffer_waits_at_the_peer():
    b, peer = opened(L610, setting='AT+GTSET="IPRFMT",5')
    stream = b.network.streams[-1]
    payload = bytes(range(256)) * 160
    for start in range(0, len(payload), 4096):
        peer.tls.write(payload[start:start + 4096])
    got = b""
    while len(got) < len(payload):
        if stream.free_buffer() and peer._outgoing.pending:
            stream.feed(peer._outgoing.read(stream.free_buffer()))
        b.wait(1)
        answer = b.ask("AT+MIPREAD=1,2048")
        header, _, rest = answer[answer.index(b"+MIPDATA: "):].partition(b"\r\n")
        got += rest[:int(header.split(b",")[1])]
        held = b.module.sockets[1].endpoint.available()
        assert held <= 10_240
    assert got == payload


def test_close_notify_is_an_orderly_end():
    b, peer = opened(NL668)
    peer.tls.write(b"bye")
    try:
        peer.tls.unwrap()
    except ssl.SSLWantReadError:
        peer.give()
    assert b.rx() == b"\r\n+MIPRTCP: 1,0,627965\r\n\r\n+MIPSTAT: 1,2\r\n"
    b.ask("AT+MIPCLOSE=1")
    assert b.read_until(b"\r\n") == b"\r\n+MIPCLOSE: 1,0\r\n"


def test_the_stream_ends_without_close_notify():
    for reset, status in ((False, b"2"), (True, b"1")):
        b, _ = opened(NL668)
        b.network.streams[-1].close_by_peer(reset)
        assert b.rx() == b"\r\n+MIPSTAT: 1," + status + b"\r\n"


def test_the_module_says_goodbye():
    b, peer = opened(L610)
    b.send(b"last")
    b.ask("AT+MIPCLOSE=1")
    b.wait(100)
    assert b.network.streams[-1].ended
    peer._take()
    assert peer.tls.read(100) == b"last"
    assert peer.tls.read(100) == b""        # close_notify


def test_a_peer_that_speaks_no_tls():
    b = MipBench(NL668)
    b.network.secure = True
    b.ask('AT+MIPOPEN=1,,"192.0.2.10",443,2')
    b.wait(100)
    b.network.streams[-1].feed(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert b.rx() == b"\r\n+MIPSTAT: 1,1\r\n"


def test_a_peer_that_ends_during_the_handshake():
    b = MipBench(NL668)
    b.network.secure = True
    b.ask('AT+MIPOPEN=1,,"192.0.2.10",443,2')
    b.wait(100)
    b.network.streams[-1].close_by_peer()
    assert b.rx() == b"\r\n+MIPSTAT: 1,1\r\n"


def test_a_full_send_buffer():
    b, peer = opened(L610)
    stream = b.network.streams[-1]
    stream.pending = 9000
    assert b.send(b"x" * 1000).endswith(b"+MIPXOFF: 1\r\n")
    stream.pending = 0
    b.wait(20)
    assert b.rx() == b"\r\n+MIPXON: 1\r\n"
    b.send(b"y")
    assert peer.read() + peer.read() == b"x" * 1000 + b"y"
