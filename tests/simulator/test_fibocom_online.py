"""Online data mode of the Fibocom modules: spooling, escape, suspension, resumption and ends."""

import pytest
from fibocombench import PEER, MipBench

from atsock_host.simulator.fibocom import L610, NL668
from atsock_host.simulator.fibocom.online import SPOOL_MS

BOTH = pytest.mark.parametrize("module_class", [NL668, L610])


@BOTH
def test_bytes_go_through_untouched(module_class):
    b = MipBench(module_class)
    stream = b.online()
    everything = bytes(range(256))
    b.tx(everything)
    assert stream.sent == b""
    b.wait(SPOOL_MS)
    assert stream.sent == everything
    stream.feed(everything)
    assert b.rx() == everything
    b.tx(b"x" * 8192)
    assert len(stream.sent) == 256 + 8192       # a full buffer goes at once
    assert b.module.violations == []


def test_the_line_is_held_while_the_stack_is_full():
    b = MipBench(NL668)
    stream = b.online()
    stream.pending = 8000
    b.tx(b"x" * 5000)
    b.wait(SPOOL_MS)
    assert len(stream.sent) == 2240 and b.module.input_paused
    stream.pending = 0
    b.wait(10)
    assert len(stream.sent) == 5000 and not b.module.input_paused


def test_suspended_data_is_told_by_the_l610():
    b = MipBench(L610)
    stream = b.online()
    b.tx("ping")
    b.suspend()
    assert stream.sent == b"ping"
    stream.feed(b"hello")
    stream.feed(b"!!")
    assert b.rx() == b"\r\n+MIPDATA: 1,5\r\n\r\n+MIPDATA: 1,2\r\n"
    assert b.ask("AT+CSQ") == b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n"
    b.tx("ATO\r")
    assert b.rx() == b"hello!!"
    stream.feed(b"more")
    assert b.rx() == b"more"
    assert b.module.violations == []


def test_suspended_data_is_not_told_by_the_nl668():
    b = MipBench(NL668)
    stream = b.online()
    b.suspend()
    stream.feed(b"hello")
    assert b.rx() == b""
    b.tx("ATO\r")
    assert b.rx() == b"hello"


@pytest.mark.parametrize("quirk, answer", [("ato-connect", b"\r\nCONNECT 115200\r\n"), ("ato-ok", b"\r\nOK\r\n")])
def test_answers_to_ato(quirk, answer):
    b = MipBench(L610, quirks=[quirk])
    stream = b.online()
    b.suspend()
    stream.feed(b"hello")
    b.rx()
    b.tx("ATO\r")
    assert b.rx() == answer + b"hello"


def test_ato_without_a_connection():
    b = MipBench(L610)
    assert b.ask("ATO", until=b"\r\n") == b"\r\nNO CARRIER\r\n"
    assert b.module.violations == ["ATO without a connection to go back to [ATO]"]


def test_ato_that_crosses_the_end_is_forgiven():
    b = MipBench(L610)
    stream = b.online()
    b.suspend()
    stream.close_by_peer()
    assert b.ask("ATO", until=b"ER\r\n") == b"\r\n+MIPSTAT: 1,2\r\n\r\nNO CARRIER\r\n"
    assert b.module.violations == []


def test_the_end_waits_for_suspended_data():
    b = MipBench(L610)
    stream = b.online()
    b.suspend()
    stream.feed(b"bye")
    stream.close_by_peer()
    assert b.rx() == b"\r\n+MIPDATA: 1,3\r\n"
    b.tx("ATO\r")
    assert b.rx() == b"bye\r\n+MIPSTAT: 1,2\r\n"
    assert not b.module.in_data_mode


@pytest.mark.parametrize("quirks, end", [([], b"\r\n+MIPSTAT: 1,1\r\n"),
                                         (["odm-no-carrier"], b"\r\nNO CARRIER\r\n\r\n+MIPSTAT: 1,1\r\n")])
def test_the_peer_ends_it(quirks, end):
    b = MipBench(NL668, quirks=quirks)
    stream = b.online()
    stream.feed(b"bye")
    stream.close_by_peer(reset=True)
    assert b.rx() == b"bye" + end
    assert b.ask("AT") == b"\r\nOK\r\n"
    b.ask("AT+MIPCLOSE=1")
    assert b.read_until(b"\r\n") == b"\r\n+MIPCLOSE: 1,2\r\n"


def test_disabled_pseudo_command_mode_has_no_escape():
    b = MipBench(L610)
    stream = b.online(mode=",1")
    b.wait(1000)
    b.tx("+++")
    b.wait(2000)
    assert stream.sent == b"+++" and b.rx() == b"" and b.module.in_data_mode


def test_escape_without_silence_is_payload():
    b = MipBench(L610)
    stream = b.online()
    b.tx("data")
    b.wait(10)
    b.tx("+++")
    b.wait(2000)
    assert stream.sent == b"data+++" and b.module.in_data_mode


def test_other_sockets_wait_for_command_mode():
    b = MipBench(NL668)
    other = b.open(2)
    b.online()
    other.feed(b"abc")
    assert b.rx() == b""
    b.wait(1000)
    b.tx("+++")
    assert b.read_until(b"63\r\n") == b"\r\nOK\r\n\r\n+MIPRTCP: 2,0,616263\r\n"


def test_one_socket_in_online_data_mode():
    b = MipBench(NL668)
    b.online()
    b.suspend()
    assert b.ask(f'AT+MIPODM=2,,"{PEER}",7,0', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.ask("AT+MIPSEND=1,5", until=b"ERROR\r\n")
    assert b.module.violations == ["socket 1 is in online data mode [AT+MIPSEND=1,5]"]
    b.ask("AT+MIPCLOSE=1")
    b.wait(100)
    b.rx()
    assert b.ask(f'AT+MIPODM=2,,"{PEER}",7,0', until=b"2,1\r\n").endswith(b"\r\n+MIPODM: 2,1\r\n")


def test_commands_before_the_line_changes_hands_are_reported():
    b = MipBench(L610)
    b.ask(f'AT+MIPODM=1,,"{PEER}",7,0')
    b.ask("AT")
    assert b.module.violations == ["command while the result of AT+MIPODM is outstanding [AT]"]


def test_a_prompt_delays_the_change():
    b = MipBench(NL668)
    b.open(2)
    b.ask(f'AT+MIPODM=1,,"{PEER}",7,0')
    b.tx("AT+MIPSEND=2,3\r")
    b.wait(100)
    assert b.rx() == b"\r\n>"
    b.network.streams[-1].feed(b"early")
    b.network.streams[-1].close_by_peer()
    b.tx("abc")
    b.wait(20)
    assert b.rx().endswith(b"2048\r\n\r\nOK\r\n\r\n+MIPODM: 1,1\r\nearly\r\n+MIPSTAT: 1,2\r\n")


def test_listening_online():
    b = MipBench(NL668)
    b.ask('AT+MIPODM=1,5000,"0.0.0.0",0,0')
    stream = b.network.accept(b.network.listeners[0], "192.0.2.77", 40000)
    assert b.rx() == b"\r\n+MIPODM: 1,1,192.0.2.77,40000\r\n"
    stream.feed(b"hi")
    assert b.rx() == b"hi"


def test_datagrams_online():
    b = MipBench(L610)
    b.ask(f'AT+MIPODM=1,,"{PEER}",7,1')
    assert b.read_until(b"1,1\r\n") == b"\r\n+MIPODM: 1,1\r\n"
    b.tx("ping")
    b.wait(50)
    sock = b.network.sockets[0]
    assert sock.sent == [(b"ping", (PEER, 7))]
    sock.put_received(b"pong", PEER, 7)
    assert b.rx() == b"pong"


def test_a_lost_link_ends_it():
    b = MipBench(L610)
    b.online()
    b.module.network_lost()
    assert b.rx() == b"\r\n+MIPCALL: 0\r\n"
    assert not b.module.in_data_mode
