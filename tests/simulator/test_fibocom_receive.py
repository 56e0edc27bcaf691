"""Receiving with the Fibocom modules: the four formats, notices, and what the host can take."""

import pytest
from fibocombench import PEER, MipBench

from atsock_host.simulator.fibocom import L610, NL668

BOTH = pytest.mark.parametrize("module_class", [NL668, L610])


@BOTH
def test_a_long_datagram_comes_in_pieces(module_class):
    b = MipBench(module_class)
    sock = b.open(2, protocol=1, port=5000)
    b.ask("AT+MIPDSETS=2,3,100")
    sock.put_received(b"abcde", PEER, 5000)
    sock.put_received(b"f", "192.0.2.20", 6000)
    assert b.rx() == b"\r\n+MIPRUDP: 192.0.2.10,5000,2,2,616263\r\n"
    b.wait(100)
    assert b.rx() == b"\r\n+MIPRUDP: 192.0.2.10,5000,2,1,6465\r\n"
    b.wait(100)
    assert b.rx() == b"\r\n+MIPRUDP: 192.0.2.20,6000,2,0,66\r\n"


def test_raw_payload_may_look_like_anything():
    payload = b"\r\nOK\r\n\r\n+MIPSTAT: 1,2\r\n>"
    b = MipBench(L610)
    b.ask('AT+GTSET="IPRFMT",2')
    stream = b.open(1)
    stream.feed(payload)
    assert b.rx() == b"\r\n+MIPRTCP: 1,%d," % len(payload) + payload
    b.ask('AT+GTSET="IPRFMT",1')
    stream.feed(payload)
    assert b.rx() == payload


def test_the_host_is_not_flooded():
    b = MipBench(L610)
    b.ask('AT+GTSET="IPRFMT",2')
    stream = b.open(1)
    b.module.tracks_delivery = True
    b.module.delivered(b.module.written)
    stream.feed(b"x" * 10_240)
    taken = b.rx()
    assert len(taken) < 5000 and stream.available() > 6000
    b.module.delivered(len(taken))
    assert stream.available() < 6000


def test_notices_of_buffered_data():
    b = MipBench(NL668)
    b.ask('AT+GTSET="IPRFMT",5')
    stream = b.open(1)
    stream.feed(b"abc")
    stream.feed(b"def")
    assert b.rx() == b"\r\n+MIPREAD: 1,3\r\n"
    assert b.ask("AT+MIPREAD=1,4") == b"\r\n+MIPDATA: 1,4\r\nabcd\r\n\r\nOK\r\n"
    stream.feed(b"g")
    assert b.rx() == b""                    # there is unread data: no notice
    b.ask("AT+MIPREAD=1,100")
    stream.feed(b"h")
    assert b.rx() == b"\r\n+MIPREAD: 1,1\r\n"
    assert b.ask("AT+MIPREAD?") == b"\r\n+MIPREAD: 1,1\r\n\r\nOK\r\n"


def test_buffered_datagrams():
    for quirks, first in (([], b"abc"), (["udp-joined"], b"abcdef"), (["read-each"], b"abc")):
        b = MipBench(L610, quirks=quirks)
        b.ask('AT+GTSET="IPRFMT",5')
        sock = b.open(1, protocol=1)
        sock.put_received(b"abc", PEER, 7)
        sock.put_received(b"def", PEER, 7)
        notices = b"\r\n+MIPREAD: 1,3\r\n" + (b"\r\n+MIPREAD: 1,6\r\n" if "read-each" in quirks else b"")
        assert b.rx() == notices
        assert b.ask("AT+MIPREAD=1,100") == b"\r\n+MIPDATA: 1,%d\r\n" % len(first) + first + b"\r\n\r\nOK\r\n"


def test_changing_the_format_gives_out_what_is_buffered():
    b = MipBench(NL668)
    b.ask('AT+GTSET="IPRFMT",5')
    stream = b.open(1)
    stream.feed(b"abc")
    b.rx()
    assert b.ask('AT+GTSET="IPRFMT",0', until=b"63\r\n") == b"\r\nOK\r\n\r\n+MIPRTCP: 1,0,616263\r\n"
    b.ask("AT+MIPREAD=1,1", until=b"ERROR\r\n")
    assert b.module.violations == ['AT+MIPREAD without AT+GTSET="IPRFMT",5 [AT+MIPREAD=1,1]']
    b.ask('AT+GTSET="IPRFMT",5')
    stream.feed(b"d")
    assert b.rx() == b"\r\n+MIPREAD: 1,1\r\n"


def test_a_notice_between_command_and_answer():
    b = MipBench(L610, quirks=["notice-in-answer"])
    b.ask('AT+GTSET="IPRFMT",5')
    b.open(1).feed(b"abcdef")
    b.open(2).feed(b"xyz")
    b.rx()
    notices = b"\r\n+MIPREAD: 1,6\r\n\r\n+MIPREAD: 2,3\r\n"
    assert b.ask("AT+MIPREAD=1,6") == notices + b"\r\n+MIPDATA: 1,6\r\nabcdef\r\n\r\nOK\r\n"
