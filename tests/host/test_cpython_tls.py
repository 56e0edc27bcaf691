"""TLS on CPython over sockets that are not the system's: reading, writing, ends, errors, files."""

import http.client
import importlib
import socket
import ssl
import sys

import pytest
import trustme
from tlswire import Mute, Peer, Wire

import atsock
from atsock import Timeout
from atsock_host import SerialPort, tls, tlssocket

NAME = "server.example"
HELD = 4096     # what a non-blocking socket encrypts at a time


class Papers:
    def __init__(self):
        authority = trustme.CA()
        self.client, self.server = tls.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.configure_trust(self.client)
        authority.issue_cert(NAME).configure_cert(self.server)


@pytest.fixture(scope="module")
def papers():
    return Papers()


@pytest.fixture
def pair(papers):
    """(TlsSocket, Wire, Peer) that have agreed."""
    peer = Peer(papers.server)
    wire = Wire(peer)
    return tls.wrap_socket(wire, papers.client, server_hostname=NAME), wire, peer


def test_reading(pair):
    sock, wire, peer = pair
    peer.say(b"a line\nanother one\n" + bytes(20000))
    assert sock.recv(3, socket.MSG_PEEK) == b"a l"
    assert sock.readline() == b"a line\n"
    assert sock.recv(7) == b"another"
    buf = bytearray(10)
    assert sock.recv_into(buf, 5) == 5 and buf == b" one\n" + bytes(5)
    assert sock.readinto(buf) == 10 and buf == bytes(10)
    assert sock.recv(0) == b""
    assert sock.read(15000) == bytes(15000)
    peer.say(b"the end")
    peer.end()
    assert sock.read() == bytes(4990) + b"the end"
    assert sock.read(5) == sock.recv(5) == sock.readline() == sock.read() == b""
    assert sock.readinto(buf) == sock.recv_into(buf) == 0


def test_writing(pair):
    sock, wire, peer = pair
    data = bytes(range(256)) * 300
    assert sock.write(data) == len(data)
    assert sock.send(memoryview(data)) == len(data)
    assert sock.sendall(data) is None
    assert peer.got == data * 3
    assert sock.write(b"abcdef", 2) == 2 and sock.write(b"abcdef", 2, 3) == 3 and sock.write(b"") == 0
    assert peer.got[len(data) * 3:] == b"abcde"
    sock.close()
    sock.close()
    assert peer.ended and wire.closed
    with pytest.raises(OSError, match="closed") as error:
        sock.write(b"x")
    assert error.value.errno == 9


def test_what_it_says_of_the_peer(pair):
    sock, wire, peer = pair
    assert sock.getpeercert()["subjectAltName"] == (("DNS", NAME),)
    assert sock.getpeercert(True).startswith(b"\x30")
    assert sock.version() == sock.cipher()[1] == "TLSv1.3"
    assert sock.selected_alpn_protocol() is None
    assert not hasattr(sock, "fileno")


def test_a_stream_that_is_cut(pair):
    sock, wire, peer = pair
    peer.say(b"some data")
    peer.cut = True
    assert sock.read(100) == b"some data"
    for read in (sock.read, sock.readline, lambda: sock.recv(1), lambda: sock.read(1)):
        with pytest.raises(ssl.SSLEOFError, match="data may be missing") as error:
            read()
        assert error.value.errno == ssl.SSL_ERROR_EOF
    assert sock.ioctl(3, 1) == 1


def test_everything_up_to_the_end_is_not_half_of_it(pair):
    sock, wire, peer = pair
    peer.say(b"some data")
    peer.cut = True
    with pytest.raises(ssl.SSLEOFError, match="data may be missing"):
        sock.read()


def test_a_cut_that_counts_as_the_end(papers):
    peer = Peer(papers.server)
    sock = tls.wrap_socket(Wire(peer), papers.client, server_hostname=NAME, suppress_ragged_eofs=True)
    peer.say(b"some data")
    peer.cut = True
    assert sock.read() == b"some data"
    assert sock.recv(1) == b""


def test_timeouts(pair, monkeypatch):
    sock, wire, peer = pair
    now = [100.0]
    monkeypatch.setattr(tlssocket.time, "monotonic", lambda: now[0])
    sock.settimeout(5)
    assert sock.gettimeout() == 5
    wire.timeouts.clear()
    with pytest.raises(Timeout):
        sock.recv(1)
    assert set(wire.timeouts) == {5}
    peer.say(b"abc")
    assert sock.read(10) == b"abc"
    peer.say(b"abc")
    assert sock.readline() == b"abc"
    peer.say(b"abc")
    assert sock.read() == b"abc"
    take = wire.recv

    def slowly(n):
        now[0] += 2
        return take(1)

    wire.recv = slowly
    wire.timeouts.clear()
    peer.say(b"abc")
    with pytest.raises(Timeout):    # a call takes 5 s, however many bytes come in between
        sock.recv(1)
    assert wire.timeouts == [5, 3, 1]


def test_a_write_that_runs_out_of_time_goes_on_later(pair):
    sock, wire, peer = pair
    sock.settimeout(5)
    wire.room = 1000
    assert sock.write(bytes(10000)) == HELD
    with pytest.raises(Timeout):
        sock.write(b"x")
    with pytest.raises(Timeout):
        sock.sendall(b"x")
    wire.room = None
    sock.sendall(b"behind")
    assert peer.got == bytes(HELD) + b"behind"


def test_sendall_has_sent_all(pair):
    sock, wire, peer = pair
    sock.settimeout(5)
    wire.room = 10
    with pytest.raises(Timeout):
        sock.sendall(b"abc")


def test_non_blocking(pair):
    sock, wire, peer = pair
    sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        sock.recv(1)
    assert sock.read(5) is sock.read() is sock.readline() is sock.readinto(bytearray(5)) is None
    peer.say(b"ab")
    assert sock.read(5) == b"ab"
    peer.say(b"half a line")
    assert sock.readline() == b"half a line"
    wire.room = 1000
    assert sock.write(bytes(10000)) == HELD
    assert sock.write(b"x") is None
    with pytest.raises(BlockingIOError):
        sock.send(b"x")
    with pytest.raises(BlockingIOError):
        sock.sendall(b"x")
    assert not sock.flush()
    wire.room = 5000
    assert sock.flush()
    assert peer.got == bytes(HELD)


def test_close_sends_what_is_held_back(pair):
    sock, wire, peer = pair
    sock.setblocking(False)
    wire.room = 1000
    assert sock.write(bytes(HELD)) == HELD
    wire.room = None
    sock.close()
    assert peer.got == bytes(HELD) and peer.ended and wire.closed and wire.timeout == 0


def test_close_tells_what_got_lost(pair):
    sock, wire, peer = pair
    sock.setblocking(False)
    wire.room = 1000
    assert sock.write(bytes(HELD)) == HELD
    wire.broken = ConnectionResetError(104, "reset")
    with pytest.raises(ConnectionResetError):
        sock.close()
    assert wire.closed
    sock.close()


def test_a_goodbye_that_nobody_gets_is_no_error(pair):
    sock, wire, peer = pair
    sock.write(b"abc")
    wire.broken = ConnectionResetError(104, "reset")
    sock.close()
    assert wire.closed


def test_an_error_in_the_middle_is_told_next(pair):
    sock, wire, peer = pair
    take = wire.write

    def once(buf):
        wire.broken = ConnectionResetError(104, "reset")
        wire.write = take
        return len(buf)

    wire.write = once
    assert sock.write(bytes(10000)) == 2 * HELD
    with pytest.raises(ConnectionResetError):
        sock.write(b"x")


def test_poll(pair):
    sock, wire, peer = pair
    sock.settimeout(7)
    assert sock.ioctl(3, 5) == 4
    peer.say(b"ab")
    assert sock.ioctl(3, 5) == 5 and sock.ioctl(3, 1) == 1
    assert sock.recv(1) == b"a"
    assert sock.ioctl(3, 5) == 5        # decrypted already
    assert sock.recv(1) == b"b"
    wire.room = 0
    assert sock.ioctl(3, 5) == 0
    assert wire.timeout == 7
    assert sock.ioctl(1, 0) == 0 and sock.ioctl(99, 0) == -22
    wire.room = None
    assert sock.ioctl(4, 0) == 0 and wire.closed
    assert sock.ioctl(3, 5) == 16


def test_a_handshake_in_steps(papers):
    peer = Peer(papers.server)
    wire = Wire(peer)
    wire.timeout, wire.room = 0, 100
    sock = tls.wrap_socket(wire, papers.client, server_hostname=NAME)
    assert not sock.do_handshake()
    while not sock.do_handshake():
        wire.room += 10
    assert peer.error is None and sock.version() == "TLSv1.3"


def test_the_first_write_makes_the_handshake(papers):
    peer = Peer(papers.server)
    sock = tls.wrap_socket(Wire(peer), papers.client, server_hostname=NAME, do_handshake_on_connect=False)
    assert sock.version() is None
    sock.sendall(b"abc")
    assert peer.got == b"abc"


def test_certificates_are_checked(papers):
    stranger = trustme.CA().issue_cert(NAME)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    stranger.configure_cert(context)
    for server, name, why in (
        (context, NAME, "the certificate of server.example is refused: unable to get local issuer certificate"),
        (papers.server, "other.example", "the certificate of other.example is refused: Hostname mismatch"),
    ):
        peer = Peer(server)
        with pytest.raises(ssl.SSLCertVerificationError, match=why) as error:
            tls.wrap_socket(Wire(peer), papers.client, server_hostname=name)
        assert error.value.verify_code and isinstance(error.value, OSError)
        assert "ALERT" in str(peer.error)   # and the peer was told
    peer = Peer(papers.server)
    with pytest.raises(ssl.SSLCertVerificationError):   # by default, against the system's authorities
        tls.wrap_socket(Wire(peer), server_hostname=NAME)


def test_peers_that_speak_no_tls(papers):
    with pytest.raises(ssl.SSLEOFError, match="the peer ended the connection during the TLS handshake"):
        tls.wrap_socket(Wire(Mute()), papers.client, server_hostname=NAME)
    with pytest.raises(ssl.SSLError):
        tls.wrap_socket(Wire(Mute(b"HTTP/1.1 400 Bad Request\r\n\r\n")), papers.client, server_hostname=NAME)


def test_a_server(papers):
    peer = Peer(papers.client, False, NAME)
    with tls.wrap_socket(Wire(peer), papers.server, server_side=True) as sock:
        peer.say(b"abc")
        assert sock.read(3) == b"abc"
        sock.sendall(b"def")
        assert peer.got == b"def"
    assert peer.ended


def test_arguments_that_do_not_go_together(papers):
    wire = Wire(Mute())
    with pytest.raises(ValueError, match="needs an SSLContext"):
        tls.wrap_socket(wire, server_side=True)
    with pytest.raises(ValueError, match="server_hostname"):
        tls.wrap_socket(wire, papers.server, server_side=True, server_hostname=NAME)
    with pytest.raises(ValueError, match="none is given"):     # checked, but none given
        tls.wrap_socket(wire, papers.client)


def test_a_context_wraps_both_kinds_of_socket(papers):
    peer = Peer(papers.server)
    assert type(papers.client.wrap_socket(Wire(peer), server_hostname=NAME)) is tlssocket.TlsSocket
    here, there = socket.socketpair()
    with there, papers.client.wrap_socket(here, server_hostname=NAME, do_handshake_on_connect=False) as sock:
        assert type(sock) is ssl.SSLSocket and sock.suppress_ragged_eofs
    assert tls.create_default_context(ssl.Purpose.CLIENT_AUTH).verify_mode == ssl.CERT_NONE
    context = tls.create_default_context()
    assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname


def test_imported_behind_the_modems_socket_module(monkeypatch):
    """A program puts the modem's sockets in place of the system's, and imports tls then."""
    modem = atsock.Modem(SerialPort("loop://"), "bg96")
    monkeypatch.setitem(sys.modules, "socket", modem.socket_module())
    monkeypatch.delitem(sys.modules, "atsock_host.tls")
    late = importlib.import_module("atsock_host.tls")
    with late.create_default_context().wrap_socket(modem.socket(), server_hostname=NAME) as sock:
        assert type(sock) is tlssocket.TlsSocket and sock.handshake_on_connect


def test_files_keep_it_open(pair):
    sock, wire, peer = pair
    text = sock.makefile("rw", encoding="utf-8", newline="\n")
    raw = sock.makefile("rb", buffering=0)
    sock.close()
    assert not wire.closed
    text.write("Gruß\n")
    text.flush()
    assert peer.got == "Gruß\n".encode()
    peer.say("zurück\nrest".encode())
    assert text.readline() == "zurück\n"
    text.close()
    assert not wire.closed
    sock.setblocking(False)
    assert raw.read(5) is None
    raw.close()
    raw.close()
    assert wire.closed and peer.ended


@pytest.mark.parametrize("length", [b"Content-Length: 5\r\n", b""])
def test_http_client(papers, length):
    peer = Peer(papers.server)
    wire = Wire(peer)
    connection = http.client.HTTPSConnection(NAME)
    connection.sock = papers.client.wrap_socket(wire, server_hostname=NAME)
    connection.request("GET", "/")
    assert peer.got.startswith(b"GET / HTTP/1.1\r\nHost: server.example\r\n")
    peer.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + length + b"\r\nhello")
    peer.end()
    with connection.getresponse() as response:
        connection.close()
        assert not wire.closed
        assert response.read() == b"hello"
    assert wire.closed
