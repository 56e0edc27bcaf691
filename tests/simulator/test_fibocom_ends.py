"""How sockets of the Fibocom modules end: by the peer (+MIPSTAT) and by +MIPCLOSE."""

import pytest
from fibocombench import MipBench

from atsock_host.simulator.fibocom import L610, NL668

BOTH = pytest.mark.parametrize("module_class", [NL668, L610])


@BOTH
def test_data_comes_before_the_end(module_class):
    b = MipBench(module_class)
    b.ask("ATE0")
    stream = b.open(1)
    b.ask("AT+MIPDSETS=1,4,50")
    stream.feed(b"abcdefgh")
    stream.close_by_peer()
    b.wait(100)
    assert b.rx() == b"\r\n+MIPRTCP: 1,4,61626364\r\n\r\n+MIPRTCP: 1,0,65666768\r\n\r\n+MIPSTAT: 1,2\r\n"


def test_buffered_data_can_be_read_after_the_end():
    b = MipBench(L610)
    b.ask('AT+GTSET="IPRFMT",5')
    stream = b.open(1)
    stream.feed(b"last words")
    stream.close_by_peer()
    assert b.rx() == b"\r\n+MIPREAD: 1,10\r\n\r\n+MIPSTAT: 1,2\r\n"
    assert b.ask("AT+MIPREAD=1,4") == b"\r\n+MIPDATA: 1,4\r\nlast\r\n\r\nOK\r\n"
    assert b.ask("AT+MIPREAD=1,100") == b"\r\n+MIPDATA: 1,6\r\n words\r\n\r\nOK\r\n"
    assert b.ask("AT+MIPREAD=1,100") == b"\r\n+MIPREAD: 1,0\r\n\r\nOK\r\n"
    assert b.module.violations == []
    b.ask("AT+MIPSEND=1,1", until=b"ERROR\r\n")
    assert b.module.violations == ["socket 1 has been ended by +MIPSTAT [AT+MIPSEND=1,1]"]


def test_a_command_that_crosses_the_end_is_forgiven():
    b = MipBench(L610)
    b.open(1).close_by_peer()
    assert b.ask("AT+MIPSEND=1,1", until=b"ERROR\r\n") == b"\r\n+MIPSTAT: 1,2\r\n\r\nERROR\r\n"
    assert b.module.violations == []


def test_lost_bytes_are_told_with_nack_indication():
    b = MipBench(NL668)
    b.ask("AT+MIPCONF=1,,,,,1")
    stream = b.open(1)
    b.send(b"0123456789")
    stream.pending = 4
    stream.close_by_peer(reset=True)
    assert b.rx() == b"\r\n+MIPSTAT: 1,1,6\r\n"


def test_close_modes():
    b = MipBench(NL668)
    stream = b.open(1)
    stream.pending = 5
    b.ask("AT+MIPCLOSE=1,1")
    b.wait(30)
    assert b.rx() == b"\r\n+MIPCLOSE: 1,0\r\n" and stream.ended and not stream.aborted
    stream = b.open(1)
    b.ask("AT+MIPCLOSE=1,2")
    b.wait(239_000)
    assert b.rx() == b""
    b.ask("AT+MIPCLOSE?")
    assert b.module.violations == ["query while the result of AT+MIPCLOSE is outstanding [AT+MIPCLOSE?]"]
    assert b.read_until(b"\r\n") == b"\r\n+MIPCLOSE: 1,0\r\n"


def test_the_close_delay_is_mipconfs():
    b = MipBench(NL668)
    b.ask("AT+MIPCONF=1,,,,10")
    stream = b.open(1)
    stream.pending = 5
    b.ask("AT+MIPCLOSE=1")
    b.wait(990)
    assert b.rx() == b""
    b.wait(30)
    assert b.rx() == b"\r\n+MIPCLOSE: 1,1\r\n" and stream.aborted


@pytest.mark.parametrize("quirk, answer", [
    (None, b"\r\nERROR\r\n"), ("cme-codes", b"\r\n+CME ERROR: 2024\r\n"), ("close-cme3", b"\r\n+CME ERROR: 3\r\n"),
    ("tcpip-error", b"\r\n+TCPIP ERROR: TCPIP socket not opened\r\n")])
def test_closing_what_is_not_open(quirk, answer):
    b = MipBench(NL668, quirks=[quirk] if quirk else [])
    assert b.ask("AT+MIPCLOSE=3", until=b"\r\n") == answer
    assert b.module.violations == []
