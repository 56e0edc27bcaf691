"""Transparent access mode of the BG96: escape, return, packets, loss of the connection (1.2, 2.1.10, 2.1.15)."""

import pytest

from bg96bench import SERVER, connected, make


def escape(b):
    b.wait(1000)
    b.tx("+++")
    b.wait(1000)
    return b.rx()


def test_escape_and_return():
    b = connected(2)
    stream = b.network.streams[0]
    b.tx("payload")
    assert escape(b) == b"\r\nOK\r\n"
    assert stream.sent == b"payload"
    assert b.ask("AT+QISTATE=1,0").count(b',2,1,0,0,"usbmodem"') == 1     # connected, buffer mode
    stream.feed(b"buffered")
    assert b.rx() == b'\r\n+QIURC: "recv",0\r\n'
    assert b.ask("ATO", until=b"CONNECT\r\nbuffered") == b"\r\nCONNECT\r\nbuffered"
    assert escape(b) == b"\r\nOK\r\n"
    assert b.ask("AT+QISWTMD=0,2", until=b"CONNECT\r\n") == b"\r\nCONNECT\r\n"
    assert b.module.violations == []


def test_return_without_anything_to_return_to():
    b = make()
    assert b.ask("ATO", until=b"CARRIER\r\n") == b"\r\nNO CARRIER\r\n"
    b = connected(2)
    escape(b)
    b.ask("AT+QICLOSE=0")
    assert b.ask("ATO", until=b"CARRIER\r\n") == b"\r\nNO CARRIER\r\n"


def test_plus_signs_in_the_payload_pass():
    b = connected(2)
    for data in ("a+++b", "+++ with more behind", "++", "+"):
        b.tx(data)
    b.wait(1500)
    b.tx("++")
    b.wait(1500)
    b.tx("+x")
    b.wait(1500)
    assert b.network.streams[0].sent == b"a+++b+++ with more behind+++" + b"+++x"
    assert b.rx() == b""
    assert b.module.violations == []


def test_escape_in_three_single_bytes():
    b = connected(2)
    b.wait(1000)
    for _ in range(3):
        b.tx("+")
        b.wait(100)
    b.wait(900)
    assert b.rx() == b"\r\nOK\r\n"
    assert b.network.streams[0].sent == b""


def test_escape_without_a_guard_time_is_payload_and_a_violation():
    b = connected(2)
    b.tx("x")
    b.wait(500)
    b.tx("+++")
    b.wait(3000)
    assert b.rx() == b""
    assert b.network.streams[0].sent == b"x+++"
    assert b.module.violations == ["+++ without a guard time before it"]
    b = connected(2)
    b.wait(1000)
    b.tx("+++")
    b.wait(500)
    b.tx("AT\r")
    b.wait(3000)
    assert b.network.streams[0].sent == b"+++AT\r"
    assert b.module.violations == ["+++ without a guard time after it"]


def test_packets_by_size_and_by_time():
    b = make('AT+QICFG="transpktsize",100', 'AT+QICFG="transwaittm",5', f'AT+QIOPEN=1,0,"TCP",{SERVER},0,2')
    stream = b.network.streams[0]
    b.tx(bytes(250))
    assert len(stream.sent) == 200
    b.wait(499)
    assert len(stream.sent) == 200
    b.wait(1)
    assert len(stream.sent) == 250


def test_full_send_buffer_stops_the_line():
    b = connected(2)
    stream = b.network.streams[0]
    stream.pending = 10240
    b.tx(bytes(1024))
    assert b.module.input_paused
    stream.pending = 0
    stream.room_again()
    assert not b.module.input_paused
    assert len(stream.sent) == 1024


def test_received_bytes_wait_while_the_line_is_full():
    b = connected(2)
    b.module.tracks_delivery = True
    b.network.streams[0].feed(bytes(10000))
    first = b.module.take()
    assert len(first) == 3000
    b.module.delivered(len(first))
    assert len(b.module.take()) == 3000


def test_lost_connection_says_no_carrier_behind_the_last_byte():
    b = connected(2)
    stream = b.network.streams[0]
    stream.feed(b"last")
    stream.close_by_peer()
    assert b.rx() == b"last\r\nNO CARRIER\r\n"
    b.tx("payload that crossed\r")
    assert b.rx() == b""
    assert b.module.violations == []
    b.wait(1000)
    assert b.ask("ATO", until=b"CARRIER\r\n") == b"\r\nNO CARRIER\r\n"
    assert b',4,1,0,0,"usbmodem"' in b.ask("AT+QISTATE=1,0")
    assert b.ask("AT+QICLOSE=0") == b"\r\nOK\r\n"


def test_other_sockets_are_silent_until_command_mode():
    b = make(f'AT+QIOPEN=1,3,"TCP",{SERVER},0,0', f'AT+QIOPEN=1,4,"TCP",{SERVER},0,1',
             f'AT+QIOPEN=1,0,"TCP",{SERVER},0,2')
    b.network.streams[0].feed(b"three")
    b.network.streams[1].feed(b"four")
    b.network.streams[2].feed(b"mine")
    assert b.rx() == b"mine"
    assert escape(b) == (b'\r\nOK\r\n\r\n+QIURC: "recv",3\r\n\r\n+QIURC: "recv",4,4\r\nfour\r\n')


def test_lost_context_ends_transparent_mode():
    b = connected(2)
    b.module.network_lost()
    assert b.rx() == b'\r\nNO CARRIER\r\n\r\n+QIURC: "pdpdeact",1\r\n'


def test_dtr_leaves_transparent_mode_when_it_was_allowed_to():
    b = connected(2)
    b.module.dtr_off()
    assert b.rx() == b""
    b = make("AT&D1", f'AT+QIOPEN=1,0,"TCP",{SERVER},0,2')
    b.module.dtr_off()
    assert b.rx() == b"\r\nOK\r\n"


def test_connect_with_speed():
    b = make(quirks=("connect-speed",))
    assert b.ask(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,2', until=b"CONNECT 115200\r\n")


@pytest.mark.parametrize("way", ["push", "transparent"])
def test_a_notice_from_before_another_mode_keeps_no_later_one_back(way):
    b = connected()
    b.network.streams[0].feed(b"abc")
    assert b.rx() == b'\r\n+QIURC: "recv",0\r\n'
    if way == "push":
        b.ask("AT+QISWTMD=0,1", until=b"abc\r\n")
    else:
        b.ask("AT+QISWTMD=0,2", until=b"CONNECT\r\nabc")
        b.wait(1000)
        b.tx("+++")
        b.wait(1000)
        b.rx()
    b.ask("AT+QISWTMD=0,0")
    b.network.streams[0].feed(b"def")
    assert b.rx() == b'\r\n+QIURC: "recv",0\r\n'
    assert b.ask("AT+QIRD=0,10") == b"\r\n+QIRD: 3\r\ndef\r\n\r\nOK\r\n"
