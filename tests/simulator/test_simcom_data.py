"""SIMCom modules: received data in its three ways, sending, and what ends a link."""

import pytest

from simbench import Bench
from simcom_scenes import (
    BUFFERED, LINK, MODULES, PEER, datagram, doing, feeds, peer_stalls, quiet, says, sent, service, tcp, transparent,
    udp)

DIALECTS = tuple(MODULES)
ADDRESS = {"a7600": b"RECV FROM:10.0.0.1:80\r\n", "sim7028": b"RCV FROM:10.0.0.1:80\r\n"}


@pytest.fixture(params=DIALECTS)
def dialect(request):
    return request.param


@pytest.fixture
def make(dialect):
    """make(act, quirks=()): a bench of each module with `act` done."""
    def build(act, quirks=()):
        bench = Bench(MODULES[dialect], quirks=quirks)
        act(bench)
        return bench
    return build


def settle(bench, ms=50):
    bench.wait(ms)
    return bench.rx()


def close_by_peer(bench):
    bench.network.streams[-1].close_by_peer()


# ---- direct push ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("head", [0, 1])
@pytest.mark.parametrize("address", [0, 1])
@pytest.mark.parametrize("kind", [0, 1])
def test_frame_of_pushed_data(make, dialect, head, address, kind):
    b = make(doing(LINK, says(f"AT+CIPHEAD={head}"), says(f"AT+CIPSRIP={address}"), says(f"AT+CIPCCFG=,,,,{kind}")))
    feeds(b"HELLO")(b)
    header = (b"+RECEIVE,0,5\r\n" if kind else b"+IPD5\r\n") if head else b""
    assert b.rx() == b"\r\n" + (ADDRESS[dialect] if address else b"") + header + b"HELLO"


def test_pushed_blocks_have_at_most_1500_bytes(make, dialect):
    b = make(LINK)
    feeds(bytes(1700))(b)
    head = b"\r\n" + ADDRESS[dialect]
    assert b.rx() == head + b"+IPD1500\r\n" + bytes(1500) + head + b"+IPD200\r\n" + bytes(200)


def test_push_waits_for_the_line_and_the_peer_for_the_module(make):
    b = make(LINK)
    b.module.tracks_delivery = True
    feeds(bytes(10240))(b)
    stream = b.network.streams[0]
    got = b""
    while stream.available():
        before = stream.available()
        piece = b.rx()
        assert 0 < len(piece) < 5000
        assert stream.available() == before, "what the line has not carried yet holds the rest back"
        b.module.delivered(len(piece))
        got += piece
    assert (got + b.rx()).count(b"\0") == 10240


def test_nothing_is_pushed_between_prompt_and_payload(make, dialect):
    b = make(LINK)
    assert b.ask("AT+CIPSEND=0,4", b">") == b"\r\n>"
    feeds(b"push")(b)
    close_by_peer(b)
    assert b.rx() == b""
    b.tx("data")
    assert settle(b) == (b"\r\nOK\r\n\r\n" + ADDRESS[dialect] + b"+IPD4\r\npush"
                         b"\r\n+IPCLOSE: 0,1\r\n\r\n+CIPSEND: 0,4,-1\r\n")
    tcp(0)(b)  # with all of that, the result of the send included, the host may open the link anew
    assert b.module.violations == []


def test_delay_of_pushed_data(make, dialect):
    b = make(doing(LINK, says("AT+CIPCCFG=10,500")))
    feeds(b"late")(b)
    b.wait(499)
    assert b.rx() == b""
    b.wait(1)
    assert b.rx().endswith(b"+IPD4\r\nlate")


def test_end_of_stream_comes_after_the_last_pushed_byte(make, dialect):
    b = make(LINK)
    feeds(bytes(4000))(b)
    close_by_peer(b)
    got = b"".join(iter(b.rx, b""))
    assert got.count(b"\0") == 4000
    assert got.endswith(b"\0\r\n+IPCLOSE: 0,1\r\n")


# ---- buffer -------------------------------------------------------------------------------------------------

def test_notice_comes_once_until_the_buffer_is_empty(make):
    b = make(BUFFERED)
    feeds(b"abc")(b)
    assert b.rx() == b"\r\n+CIPRXGET: 1,0\r\n"
    feeds(b"def")(b)
    assert b.rx() == b""
    assert b.ask("AT+CIPRXGET=2,0,3").startswith(b"\r\n+CIPRXGET: 2,0,3,3\r\nabc\r\n")
    feeds(b"ghi")(b)
    assert b.rx() == b""
    assert b.ask("AT+CIPRXGET=2,0").startswith(b"\r\n+CIPRXGET: 2,0,6,0\r\ndefghi\r\n")
    feeds(b"jkl")(b)
    assert b.rx() == b"\r\n+CIPRXGET: 1,0\r\n"


def test_buffered_data_outlives_the_connection(make):
    b = make(quiet(BUFFERED, feeds(b"last words")))
    close_by_peer(b)
    assert b.rx() == b"\r\n+IPCLOSE: 0,1\r\n"
    assert b.ask("AT+CIPCLOSE?").startswith(b"\r\n+CIPCLOSE: 0,0")
    assert b.ask("AT+CIPRXGET=2,0").startswith(b"\r\n+CIPRXGET: 2,0,10,0\r\nlast words\r\n")
    assert b.ask("AT+CIPRXGET=2,0", b"ERROR\r\n") == b"\r\n+IP ERROR: No data\r\n\r\nERROR\r\n"
    assert b.module.violations == []


def test_leaving_buffer_mode_pushes_what_is_buffered(make, dialect):
    b = make(quiet(BUFFERED, feeds(b"kept")))
    b.tx("AT+CIPRXGET=0\r")
    assert b.rx() == b"\r\nOK\r\n\r\n" + ADDRESS[dialect] + b"+IPD4\r\nkept"


def test_a_read_ends_with_its_datagram(make):
    b = make(quiet(service, says("AT+CIPRXGET=1"), udp(0), datagram(b"first"), datagram(b"second")))
    assert b.ask("AT+CIPRXGET=4,0").startswith(b"\r\n+CIPRXGET: 4,0,11\r\n")
    assert b.ask("AT+CIPRXGET=2,0").startswith(b"\r\n+CIPRXGET: 2,0,5,6\r\nfirst\r\n")
    assert b.ask("AT+CIPRXGET=2,0").startswith(b"\r\n+CIPRXGET: 2,0,6,0\r\nsecond\r\n")


def test_read_lengths(make):
    b = make(quiet(BUFFERED, feeds(bytes(4000))))
    assert b.ask("AT+CIPRXGET=2,0").startswith(b"\r\n+CIPRXGET: 2,0,1500,2500\r\n" + bytes(1500) + b"\r\n")
    assert b.ask("AT+CIPRXGET=3,0").startswith(b"\r\n+CIPRXGET: 3,0,750,1750\r\n" + b"00" * 750 + b"\r\n")


# ---- sending ---------------------------------------------------------------------------------------------------

def test_escape_cancels_a_send(make):
    b = make(LINK)
    b.ask("AT+CIPSEND=0", b">")
    b.tx(b"half\x1b")
    assert settle(b) == b"\r\nERROR\r\n"
    assert b.network.streams[0].sent == b""


def test_payload_that_does_not_come_ends_the_send(make):
    b = make(doing(LINK, says("AT+CIPTIMEOUT=3000,3000,3000")))
    b.ask("AT+CIPSEND=0,5", b">")
    b.tx(b"1234")
    assert settle(b, 3000) == b"\r\nERROR\r\n"
    assert "5 were announced" in b.module.violations[0]


def test_variable_length_ends_at_1500_bytes(make):
    b = make(LINK)
    b.ask("AT+CIPSEND=0", b">")
    b.tx(b"x" * 1501 + b"\x1a")
    assert settle(b) == b"\r\nOK\r\n\r\n+CIPSEND: 0,1500,1500\r\n"
    assert "longer than the limit" in b.module.violations[0]


def test_send_waits_for_room(make):
    b = make(doing(LINK, peer_stalls))
    b.ask("AT+CIPSEND=0,5", b">")
    b.tx("HELLO")
    assert settle(b) == b"\r\nOK\r\n"
    stream = b.network.streams[0]
    stream.pending = 0
    stream.room_again()
    assert b.rx() == b"\r\n+CIPSEND: 0,5,5\r\n"
    assert stream.sent == b"HELLO"


def test_send_without_room_kills_the_link(make):
    b = make(doing(LINK, says("AT+CIPTIMEOUT=3000,3000,3000"), peer_stalls))
    b.ask("AT+CIPSEND=0,5", b">")
    b.tx("HELLO")
    assert settle(b, 3000) == b"\r\nOK\r\n\r\n+CIPSEND: 0,5,0\r\n"
    assert b.module.violations == []
    assert b.ask("AT+CIPSEND=0,5", b"ERROR\r\n") == b"\r\n+CIPERROR: 4\r\n\r\nERROR\r\n"
    assert "serves no more" in b.module.violations[0]
    assert b.ask("AT+CIPCLOSE=0", b"0,0\r\n") == b"\r\nOK\r\n\r\n+CIPCLOSE: 0,0\r\n"


def test_acknowledged_send_mode(make):
    b = make(doing(LINK, says("AT+CIPSENDMODE=1")))
    b.network.streams[0].pending = 5
    b.ask("AT+CIPSEND=0,5", b">")
    b.tx("HELLO")
    assert settle(b) == b"\r\nOK\r\n"
    b.network.streams[0].pending = 0
    assert settle(b) == b"\r\n+CIPSEND: 0,5,5\r\n"


def test_counters(make, dialect):
    b = make(doing(LINK, sent(0, b"0123456789")))
    b.network.streams[0].pending = 3
    acknowledged = 7 if dialect == "a7600" else 0
    assert b.ask("AT+CIPACK=0") == f"\r\n+CIPACK: 10,{acknowledged},0\r\n\r\nOK\r\n".encode()


def test_datagram_to_a_name():
    b = Bench(MODULES["sim7028"])
    doing(service, udp(0))(b)
    b.ask('AT+CIPSEND=0,3,"example.com",53', b">")
    b.tx("abc")
    assert settle(b) == b"\r\nOK\r\n\r\n+CIPSEND: 0,3,3\r\n"
    assert b.network.sockets[0].sent == [(b"abc", ("192.0.2.10", 53))]


@pytest.mark.parametrize("command", ["+CIPSEND=0,", "+CIPSEND=0,3,", '+CIPSEND=1,,"10.0.0.1",9'])
def test_commas_that_sim7028_takes(command):
    b = Bench(MODULES["sim7028"])
    doing(LINK, udp(1))(b)
    assert b.ask(f"AT{command}", b">") == b"\r\n>"
    assert b.module.violations == []


# ---- transparent mode --------------------------------------------------------------------------------------------

def in_data_mode(bench):
    transparent(bench)
    bench.ask("ATO", b"CONNECT 115200\r\n")


def test_plus_signs_without_guard_times_are_data(make):
    b = make(in_data_mode)
    b.tx("abc+++")
    b.wait(1500)
    b.tx("+++x")
    b.wait(1500)
    assert b.network.streams[0].sent == b"abc++++++x"
    assert b.rx() == b""


def test_peer_ends_the_transparent_link(make):
    b = make(in_data_mode)
    feeds(b"bye")(b)
    close_by_peer(b)
    assert b.rx() == b"bye\r\nCLOSED\r\n\r\n+IPCLOSE: 0,1\r\n"
    assert b.ask("AT") == b"\r\nOK\r\n"
    assert b.ask("ATO", b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.module.violations == []


def test_data_of_the_command_mode_waits_for_resume(make):
    b = make(transparent)
    feeds(b"waiting")(b)
    close_by_peer(b)
    assert b.rx() == b""
    b.tx("ATO\r")
    assert b.rx() == b"\r\nCONNECT 115200\r\nwaiting\r\nCLOSED\r\n\r\n+IPCLOSE: 0,1\r\n"


def test_line_is_held_while_the_peer_takes_nothing(make):
    b = make(doing(in_data_mode, peer_stalls))
    b.tx(bytes(9000))
    assert b.module.input_paused
    stream = b.network.streams[0]
    stream.pending = 0
    stream.room_again()
    assert not b.module.input_paused
    assert stream.sent == bytes(9000)


@pytest.mark.parametrize("mode, answer", [
    (0, b""), (1, b"\r\nOK\r\n"), (2, b"\r\nCLOSED\r\n\r\n+IPCLOSE: 0,2\r\n")])
def test_dtr(make, mode, answer):
    b = make(doing(says(f"AT&D{mode}"), in_data_mode))
    b.module.dtr_off()
    assert b.rx() == answer
    assert b.module.in_data_mode == (mode == 0)


def open_udp_and_escape(bench):
    bench.ask("AT+CIPMODE=1")
    service(bench)
    bench.ask('AT+CIPOPEN=0,"UDP","10.0.0.1",80,5000', b"CONNECT 115200\r\n")
    bench.wait(1000)
    bench.tx("+++")
    bench.read_until(b"OK\r\n")


def test_way_back_to_transparent_udp(make, dialect):
    again, refused = ('ATO', 'AT+CIPOPEN=0,"UDP","10.0.0.1",80,5000')
    if dialect == "sim7028":
        again, refused = refused, again
    assert make(open_udp_and_escape).ask(again, b"CONNECT 115200\r\n") == b"\r\nCONNECT 115200\r\n"
    assert make(open_udp_and_escape).ask(refused, b"ERROR\r\n").endswith(b"ERROR\r\n")


def test_transparent_datagrams_end_with_silence(make):
    b = make(open_udp_and_escape)
    again = 'AT+CIPOPEN=0,"UDP","10.0.0.1",80,5000' if b.module.LINKS == 2 else "ATO"
    b.ask(again, b"CONNECT 115200\r\n")
    for piece in (b"one ", b"datagram"):
        b.tx(piece)
        b.wait(10)
    b.wait(20)
    b.tx(b"another")
    b.wait(30)
    b.network.sockets[0].put_received(b"answer", *PEER)
    assert [data for data, _ in b.network.sockets[0].sent] == [b"one datagram", b"another"]
    assert b.rx() == b"answer"


def test_transparent_open_that_fails(make):
    b = make(doing(says("AT+CIPMODE=1"), service))
    b.network.unknown.add("nohost.invalid")
    assert b.ask('AT+CIPOPEN=0,"TCP","nohost.invalid",80', b"FAIL\r\n") == b"\r\nCONNECT FAIL\r\n"
    assert b.ask("AT") == b"\r\nOK\r\n"


@pytest.mark.parametrize("command, answer", [("ATX0", b"CONNECT"), ("ATX4", b"CONNECT 115200")])
def test_text_of_connect(make, command, answer):
    b = make(doing(says(command), says("AT+CIPMODE=1"), service))
    b.tx('AT+CIPOPEN=0,"TCP","10.0.0.1",80\r')
    assert settle(b) == b"\r\n" + answer + b"\r\n"


def test_two_links_do_not_mix(make, dialect):
    b = make(doing(service, says("AT+CIPRXGET=1"), tcp(0), tcp(1, "10.0.0.2", 81)))
    b.network.streams[0].feed(b"zero")
    b.network.streams[1].feed(b"one")
    assert b.rx() == b"\r\n+CIPRXGET: 1,0\r\n\r\n+CIPRXGET: 1,1\r\n"
    assert b"\r\none\r\n" in b.ask("AT+CIPRXGET=2,1")
    assert b"\r\nzero\r\n" in b.ask("AT+CIPRXGET=2,0")
