"""Sending with the Fibocom modules: accumulating buffer, HEX mode, flow control, and the strict checker."""

import pytest
from fibocombench import PEER, MipBench

from atsock_host.simulator.fibocom import L610, NL668

BOTH = pytest.mark.parametrize("module_class", [NL668, L610])


# ---- basic mode ----


@pytest.mark.parametrize("module_class, sent, free", [(NL668, b"\x11" * 512, 1848), (L610, b"\x11" * 712, 2048)])
def test_passing_the_watermark(module_class, sent, free):
    b = MipBench(module_class)
    stream = b.open(1)
    b.ask("AT+MIPSETS=1,512,200")
    b.ask('AT+MIPSEND=1,"' + 500 * "11" + '"')
    assert stream.sent == b""
    b.tx('AT+MIPSEND=1,"' + 212 * "11" + '"\r')
    assert b.rx() == f"\r\n+MIPSEND: 1,0,{free}\r\n\r\nOK\r\n".encode()
    assert stream.sent == sent
    b.wait(200)
    assert stream.sent == b"\x11" * 712  # the rest of the NL668 goes by time
    assert b.rx() == b"" and b.module.violations == []


def test_new_data_restarts_the_countdown():
    b = MipBench(NL668)
    stream = b.open(1)
    b.ask("AT+MIPSETS=1,2048,100")
    b.ask('AT+MIPSEND=1,"01"')
    b.wait(90)
    b.ask('AT+MIPSEND=1,"02"')
    b.wait(90)
    assert stream.sent == b""
    b.wait(10)
    assert stream.sent == b"\x01\x02"


def test_the_default_watermark_is_the_whole_buffer():
    b = MipBench(NL668)
    stream = b.open(1)
    b.ask('AT+MIPSEND=1,"' + 1023 * "AB" + '"')
    b.ask('AT+MIPSEND=1,"' + 1023 * "AB" + '"')
    assert stream.sent == b"" and b.ask("AT+MIPSEND?") == b"\r\n+MIPSEND: 1,2\r\n\r\nOK\r\n"
    b.ask('AT+MIPSEND=1,"AB"')
    b.ask('AT+MIPSEND=1,"AB"')
    assert len(stream.sent) == 2048
    assert b.ask("AT+MIPSEND?") == b"\r\n+MIPSEND: 1,2048\r\n\r\nOK\r\n"


def test_more_than_fits_is_refused_and_reported():
    b = MipBench(L610)
    b.open(1)
    b.ask('AT+MIPSEND=1,"' + 1023 * "AB" + '"')
    b.ask("AT+MIPSEND=1,1026", until=b"ERROR\r\n")
    assert b.module.violations == ["1026 bytes for a buffer with 1025 free [AT+MIPSEND=1,1026]"]


def test_small_hexadecimal_letters_are_reported():
    b = MipBench(L610)
    b.open(1)
    assert b.ask('AT+MIPSEND=1,"0d0a"') == b"\r\n+MIPSEND: 1,0,2046\r\n\r\nOK\r\n"
    assert b.module.violations == ['<Data> has small letters [AT+MIPSEND=1,"0d0a"]']


def test_flush_and_close_throw_the_buffer_away():
    b = MipBench(NL668)
    stream = b.open(1)
    b.ask('AT+MIPSEND=1,"0102"')
    b.ask("AT+MIPFLUSH=1")
    assert b.ask("AT+MIPPUSH=1") == b"\r\n+MIPPUSH: 1,2\r\n\r\nOK\r\n"
    b.ask('AT+MIPSEND=1,"0102"')
    b.ask("AT+MIPCLOSE=1")
    b.wait(100)
    assert stream.sent == b""


def test_push_lengths():
    for quirks, lengths in (([], (b"2", b"1")), (["push-total"], (b"2", b"3"))):
        b = MipBench(L610, quirks=quirks)
        b.open(1)
        for data, length in zip(("0102", "03"), lengths):
            b.ask(f'AT+MIPSEND=1,"{data}"')
            assert b.ask("AT+MIPPUSH=1") == b"\r\n+MIPPUSH: 1,0," + length + b"\r\n\r\nOK\r\n"


def test_datagrams_and_their_targets():
    b = MipBench(L610)
    sock = b.open(1, protocol=1, port=5000)
    for line in (
        'AT+MIPSEND=1,"01"',
        "AT+MIPPUSH=1",
        'AT+MIPSEND=1,"02"',
        'AT+MIPPUSH=1,"192.0.2.20",6000',
        'AT+MIPSEND=1,"03"',
        "AT+MIPPUSH=1",
    ):
        b.ask(line)
    b.send(b"\x04")
    assert sock.sent == [
        (b"\x01", (PEER, 5000)),
        (b"\x02", ("192.0.2.20", 6000)),
        (b"\x03", ("192.0.2.20", 6000)),
        (b"\x04", ("192.0.2.20", 6000)),
    ]


def test_a_datagram_socket_without_a_target():
    b = MipBench(NL668)
    b.ask('AT+MIPOPEN=1,5000,"0.0.0.0",0,1')
    assert b.read_until(b"\r\n") == b"\r\n+MIPOPEN: 1,1\r\n"
    b.ask("AT+MIPSEND=1,1", until=b"ERROR\r\n")
    assert b.module.violations == ["socket 1 has no target [AT+MIPSEND=1,1]"]
    b.ask('AT+MIPSEND=1,"01"')
    assert b.ask('AT+MIPPUSH=1,"192.0.2.20",6000') == b"\r\n+MIPPUSH: 1,0,1\r\n\r\nOK\r\n"


# ---- HEX mode ----


def test_the_first_ok_is_not_the_last():
    b = MipBench(NL668)
    b.open(1)
    b.tx("AT+MIPSEND=1,3\r")
    b.rx()
    b.tx("abc")
    assert b.rx() == b"\r\nOK\r\n"
    b.tx("AT\r")
    assert b.module.violations == ["bytes before the final result of the command: b'AT\\r' [AT+MIPSEND=1,3]"]
    assert b.read_until(b"OK\r\n\r\nOK\r\n") == (b"\r\n+MIPPUSH: 1,0\r\n\r\n+MIPSEND: 1,0,2048\r\n\r\nOK\r\n\r\nOK\r\n")


@BOTH
def test_too_few_bytes_end_by_time(module_class):
    b = MipBench(module_class)
    stream = b.open(1)
    b.ask('AT+GTSET="SENDTIME",3')
    b.prompted("AT+MIPSEND=1,10")
    b.tx("abc")
    b.wait(2999)
    assert b.rx() == b""
    b.wait(10)
    assert b.rx() == b"\r\nOK\r\n\r\n+MIPPUSH: 1,0\r\n\r\n+MIPSEND: 1,0,2048\r\n\r\nOK\r\n"
    assert stream.sent == b"abc"
    assert b.module.violations == ["payload of 3 bytes, 10 were announced [AT+MIPSEND=1,10]"]


@pytest.mark.parametrize("surplus, report", [("defg", ["4 bytes more than announced [AT+MIPSEND=1,3]"]), ("\x1a", [])])
def test_surplus_bytes_are_lost(surplus, report):
    b = MipBench(NL668)
    stream = b.open(1)
    b.prompted("AT+MIPSEND=1,3")
    b.tx("abc" + surplus)
    b.wait(10)
    assert b.rx().endswith(b"2048\r\n\r\nOK\r\n")
    assert b.ask("AT") == b"\r\nOK\r\n"
    assert stream.sent == b"abc" and b.module.violations == report


def test_every_byte_but_ctrl_z_is_payload_without_a_length():
    b = MipBench(NL668)
    stream = b.open(1)
    payload = bytes(range(256)).replace(b"\x1a", b"")
    b.prompted("AT+MIPSEND=1")
    b.tx(payload + b"\x1a")
    b.wait(10)
    assert stream.sent == payload and b.module.violations == []


def test_more_than_the_free_size_without_a_length():
    b = MipBench(NL668)
    stream = b.open(1)
    b.prompted("AT+MIPSEND=1")
    b.tx(b"x" * 2050 + b"\x1a")
    b.wait(10)
    assert len(stream.sent) == 2048
    assert b.module.violations == ["payload longer than the limit by 2 bytes [AT+MIPSEND=1]"]


def test_a_length_of_0_has_nothing_to_send():
    b = MipBench(NL668)
    b.open(1)
    b.tx("AT+MIPSEND=1,0\r")
    assert b.read_until(b"2048\r\n\r\nOK\r\n") == (
        b"\r\n>\r\nOK\r\n\r\n+MIPPUSH: 1,2\r\n\r\n+MIPSEND: 1,2,2048\r\n\r\nOK\r\n"
    )
    assert b.module.violations == ["a length of 0 [AT+MIPSEND=1,0]"]


def test_lines_wait_for_the_end_of_the_payload():
    b = MipBench(NL668)
    stream = b.open(1)
    b.tx("AT+MIPSEND=1,3\r")
    stream.feed(b"hi")
    assert b.rx() == b"\r\n>"
    b.tx("abc")
    b.wait(10)
    assert b.rx() == (b"\r\nOK\r\n\r\n+MIPPUSH: 1,0\r\n\r\n+MIPSEND: 1,0,2048\r\n\r\nOK\r\n\r\n+MIPRTCP: 1,0,6869\r\n")


def test_the_peer_goes_while_the_payload_comes():
    b = MipBench(L610)
    stream = b.open(1)
    b.tx("AT+MIPSEND=1,3\r")
    b.rx()
    b.tx("abc")
    stream.close_by_peer(reset=True)
    b.wait(10)
    assert b.rx() == b"\r\nOK\r\n\r\n+MIPSTAT: 1,1\r\n\r\nERROR\r\n"
    assert b.module.violations == []


def test_quirks_of_the_hex_mode():
    for quirks, answer in (
        (["no-mipsend-line"], b"\r\nOK\r\n\r\n+MIPPUSH: 1,0\r\n\r\nOK\r\n"),
        (["tight-colon"], b"\r\nOK\r\n\r\n+MIPPUSH:1,0\r\n\r\n+MIPSEND:1,0,2048\r\n\r\nOK\r\n"),
        (["push-ack"], b"\r\nOK\r\n\r\n+MIPPUSH: 1,0\r\n\r\n+MIPSEND: 1,0,2048\r\n\r\nOK\r\n\r\n+MIPPUSH: 1,0,5\r\n"),
    ):
        b = MipBench(NL668, quirks=quirks)
        b.open(1)
        got = b.send(b"hello")
        b.wait(100)
        assert got + b.rx() == answer
    for module_class, quirks in ((NL668, ["push-tables"]), (L610, [])):
        b = MipBench(module_class, quirks=quirks)
        b.open(2, protocol=1)
        assert b.send(b"hello", 2) == b"\r\nOK\r\n\r\n+MIPSEND: 2,0,2048\r\n\r\nOK\r\n"
    b = MipBench(L610, quirks=["push-udp"])
    b.open(2, protocol=1)
    assert b"+MIPPUSH: 2,0\r\n" in b.send(b"hello", 2)


# ---- flow control ----


@BOTH
def test_flow_control(module_class):
    b = MipBench(module_class)
    stream = b.open(1)
    stream.pending = 9000
    assert b.send(b"x" * 1000).endswith(b"1,0,2048\r\n\r\nOK\r\n\r\n+MIPXOFF: 1\r\n")
    assert b.send(b"y" * 10) == b"\r\nOK\r\n\r\n+MIPPUSH: 1,1\r\n\r\n+MIPSEND: 1,1,2048\r\n\r\nOK\r\n"
    assert b.module.violations == []  # it may have crossed +MIPXOFF
    assert b.ask('AT+MIPSEND=1,"00"') == b"\r\n+MIPSEND: 1,1,2048\r\n\r\nOK\r\n"
    assert b.module.violations == ['socket 1 is flowed off by +MIPXOFF [AT+MIPSEND=1,"00"]']
    stream.pending = 0
    b.wait(20)
    assert b.rx() == b"\r\n+MIPXON: 1\r\n"
    b.send(b"z")
    assert stream.sent == b"x" * 1000 + b"z"  # what was refused is not kept


def test_flow_control_of_one_socket_leaves_the_others_alone():
    b = MipBench(NL668)
    b.open(1).pending = 9000
    b.open(2)
    b.send(b"x", 1)
    assert b.send(b"y", 2).endswith(b"2,0,2048\r\n\r\nOK\r\n")
    assert b.module.violations == []


def test_refused_data_is_kept_with_the_quirk():
    b = MipBench(NL668, quirks=["flow-kept"])
    stream = b.open(1)
    stream.pending = 10_240
    assert b.send(b"abc") == (b"\r\nOK\r\n\r\n+MIPPUSH: 1,1\r\n\r\n+MIPSEND: 1,1,2045\r\n\r\nOK\r\n\r\n+MIPXOFF: 1\r\n")
    stream.pending = 0
    b.wait(20)
    assert b.rx() == b"\r\n+MIPXON: 1\r\n" and stream.sent == b"abc"


def test_a_refused_push_goes_out_with_xon():
    b = MipBench(L610)
    stream = b.open(1)
    b.ask('AT+MIPSEND=1,"414243"')
    stream.pending = 10_240
    assert b.ask("AT+MIPPUSH=1", until=b"XOFF: 1\r\n") == b"\r\n+MIPPUSH: 1,1\r\n\r\nOK\r\n\r\n+MIPXOFF: 1\r\n"
    stream.pending = 0
    b.wait(20)
    assert b.rx() == b"\r\n+MIPXON: 1\r\n" and stream.sent == b"ABC"


def test_acknowledgements_are_told():
    b = MipBench(NL668)
    b.ask("AT+MIPCONF=1,,,,,2")
    stream = b.open(1)
    stream.pending = 5
    b.send(b"hello")
    b.wait(1000)
    assert b.rx() == b""
    stream.pending = 0
    b.wait(20)
    assert b.rx() == b"\r\n+MIPSTAT: 1,0,5\r\n"
    b.send(b"world")
    b.wait(100)
    assert b.rx() == b"\r\n+MIPSTAT: 1,0,10\r\n"
    b.ask("AT+MIPCONF=1,5", until=b"ERROR\r\n")
    assert b.module.violations == ["+MIPCONF for socket 1, which is open [AT+MIPCONF=1,5]"]


def test_every_third_payload_fails():
    b = MipBench(NL668, quirks=["send-error"])
    stream = b.open(1)
    assert [b.send(data).endswith(b"OK\r\n") for data in (b"a", b"b", b"c", b"d")] == [True, True, False, True]
    assert stream.sent == b"abd"
