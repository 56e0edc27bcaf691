"""The link, opening, closing and their ends: what is not in the manuals' examples, and the strict checker."""

import pytest
from fibocombench import PEER, MipBench

from atsock_host.simulator.fibocom import L610, NL668

BOTH = pytest.mark.parametrize("module_class", [NL668, L610])


# ---- +MIPCALL ----


def test_calling_again_needs_a_release_first():
    b = MipBench(NL668)
    assert b.ask('AT+MIPCALL=1,"apn"', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.ask("AT+MIPCALL=0")
    assert b.read_until(b"0\r\n") == b"\r\n+MIPCALL: 0\r\n"
    assert b.ask("AT+MIPCALL=0", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.call()
    assert b.module.violations == []


def test_a_link_without_apn_needs_a_context():
    b = MipBench(NL668, link=False)
    assert b.ask("AT+MIPCALL=1", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert "not defined" in b.module.violations[0]
    b.ask('AT+CGDCONT=1,"IP","internet"')
    b.call("AT+MIPCALL=1")
    assert b.ask("AT+CGDCONT?").startswith(b'\r\n+CGDCONT: 1,"IP","internet","10.7.157.1"')


def test_a_call_that_fails_says_0():
    b = MipBench(L610, quirks=["not-registered"], link=False)
    b.ask('AT+MIPCALL=1,"apn"')
    assert b.read_until(b"\r\n") == b"\r\n+MIPCALL: 0\r\n"
    assert b.ask("AT+MIPCALL?") == b"\r\n+MIPCALL: 0\r\n\r\nOK\r\n"
    assert b.module.violations == []


def test_nothing_may_be_sent_during_a_call():
    b = MipBench(L610, link=False)
    b.ask('AT+MIPCALL=1,"apn"')
    b.ask("AT+CSQ")
    assert b.module.violations == ["command while the result of AT+MIPCALL is outstanding [AT+CSQ]"]


def test_ipv6_only_link():
    b = MipBench(L610, link=False)
    b.ask('AT+MIPCALL=2,"apn"')
    assert b.read_until(b"\r\n") == b"\r\n+MIPCALL: 2001:DB8:7:0:0:0:0:9D1\r\n"
    b.ask("AT+MIPCALL=0")
    b.wait(200)
    b.rx()
    assert b.ask("AT+MIPCALL=2,1", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.module.violations == ["operation 2 needs an <APN> [AT+MIPCALL=2,1]"]


@pytest.mark.parametrize("lose", ["AT+CFUN=4", "AT+CGACT=0,1", "AT+CGATT=0"])
def test_a_lost_link_takes_the_sockets(lose):
    b = MipBench(NL668)
    stream = b.open(1)
    b.tx(lose + "\r")
    assert b.rx() == b"\r\nOK\r\n\r\n+MIPCALL: 0\r\n"
    assert stream.aborted
    assert b.ask("AT+MIPCALL?") == b"\r\n+MIPCALL: 0\r\n\r\nOK\r\n"
    assert b.ask("AT+MIPOPEN?") == b"\r\n+MIPOPEN: 1,2,3,4,5,6\r\n\r\nOK\r\n"


def test_commands_that_cross_a_link_loss_are_forgiven():
    b = MipBench(NL668)
    b.open(1)
    b.module.network_lost()
    assert b.ask("AT+MIPSEND=1,5", until=b"ERROR\r\n") == b"\r\n+MIPCALL: 0\r\n\r\nERROR\r\n"
    assert b.module.violations == []
    b.ask("AT+MIPSEND=1,5", until=b"ERROR\r\n")
    assert b.module.violations == ["socket 1 is not open [AT+MIPSEND=1,5]"]


def test_sockets_need_the_link():
    b = MipBench(L610, link=False)
    for line in (
        f'AT+MIPOPEN=1,,"{PEER}",7,0',
        f'AT+MIPODM=1,,"{PEER}",7,0',
        'AT+MIPDNS="example.com"',
        'AT+MIPNTP="ntp.example.com",123',
        f'AT+MPING=1,"{PEER}"',
        "AT+MIPCONF=1,5",
    ):
        assert b.ask(line, until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert all("link is not up" in text for text in b.module.violations) and len(b.module.violations) == 6


def test_mixing_with_the_other_packet_commands_is_reported():
    b = MipBench(NL668)
    b.ask("AT+CGATT=1")
    assert b.module.violations == ["AT+CGATT is not to be mixed with the MIP commands [AT+CGATT=1]"]


# ---- opening ----


@BOTH
def test_a_name_that_does_not_resolve(module_class):
    b = MipBench(module_class)
    b.network.unknown.add("nosuch.invalid")
    b.ask('AT+MIPOPEN=1,,"nosuch.invalid",7,0')
    assert b.read_until(b"\r\n") == b"\r\n+MIPSTAT: 1,1\r\n"


def test_a_peer_that_never_answers_takes_60_s():
    b = MipBench(NL668)
    b.network.silent.add(PEER)
    b.ask(f'AT+MIPOPEN=1,,"{PEER}",7,0')
    b.wait(59_900)
    assert b.rx() == b""
    b.wait(100)
    assert b.rx() == b"\r\n+MIPSTAT: 1,1\r\n"


def test_addresses_of_all_spellings():
    b = MipBench(L610)
    assert b.open(1, host="192.000.002.010").peer == ("192.0.2.10", 7)
    assert b.open(2, 60, "2001:DB8:0:0:0:0:0:10").peer == ("2001:db8::10", 7)
    assert b.open(3, host="example.com").peer == ("192.0.2.10", 7)
    assert b.module.violations == []
    b.open(4, 60, "2001:DB8::10")
    assert b.module.violations == [
        'an IPv6 address has eight groups in these manuals [AT+MIPOPEN=4,,"2001:DB8::10",7,60]'
    ]


def test_source_port_that_is_taken():
    b = MipBench(NL668)
    b.network.taken_ports.add(5000)
    opened = b.ask(f'AT+MIPOPEN=1,5000,"{PEER}",7,0', until=b"1,1\r\n")
    assert opened == b"\r\nOK\r\n\r\n+MIPSTAT: 1,1\r\n"
    assert b.ask('AT+MIPOPEN=2,5000,"0.0.0.0",0,0', until=b"ERROR\r\n") == b"\r\nERROR\r\n"


def test_lists_of_sockets():
    b = MipBench(NL668)
    b.open(2)
    b.open(5)
    assert b.ask("AT+MIPOPEN?") == b"\r\n+MIPOPEN: 1,3,4,6\r\n\r\nOK\r\n"
    assert b.ask("AT+MIPODM?") == b"\r\n+MIPODM: 1,3,4,6\r\n\r\nOK\r\n"
    for name in (b"+MIPCLOSE", b"+MIPPUSH", b"+MIPFLUSH"):
        assert b.ask(f"AT{name.decode()}?") == b"\r\n" + name + b": 2,5\r\n\r\nOK\r\n"
    for quirk, shown in (
        ("list-blanks", b"\r\n+MIPCLOSE: 1 2\r\n"),
        ("list-lines", b"\r\n+MIPCLOSE: 1\r\n\r\n+MIPCLOSE: 2\r\n"),
    ):
        b = MipBench(NL668, quirks=[quirk])
        b.open(1)
        b.open(2)
        assert b.ask("AT+MIPCLOSE?") == shown + b"\r\nOK\r\n"


@pytest.mark.parametrize(
    "quirk, failed", [("open-state-0", b"\r\n+MIPOPEN: 1,0\r\n"), (None, b"\r\n+MIPSTAT: 1,1\r\n")]
)
def test_a_failed_open_keeps_its_number_until_it_is_closed(quirk, failed):
    b = MipBench(NL668, quirks=[quirk] if quirk else [])
    b.network.refuse.add(PEER)
    b.ask(f'AT+MIPOPEN=1,,"{PEER}",7,0')
    assert b.read_until(b"\r\n") == failed
    b.network.refuse.clear()
    assert b.ask(f'AT+MIPOPEN=1,,"{PEER}",7,0', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.ask("AT+MIPCLOSE=1")
    assert b.read_until(b"\r\n") == b"\r\n+MIPCLOSE: 1,0\r\n"
    b.open(1)
    assert b.module.violations == []


def test_quirk_stat_frees():
    b = MipBench(L610, quirks=["stat-frees"])
    b.open(1).close_by_peer()
    assert b.rx() == b"\r\n+MIPSTAT: 1,2\r\n"
    assert b.ask("AT+MIPCLOSE=1", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.open(1)
    assert b.module.violations == []


def test_a_link_waits_for_its_result():
    b = MipBench(NL668)
    b.ask(f'AT+MIPOPEN=1,,"{PEER}",7,0')
    b.ask("AT+MIPOPEN?")
    b.ask("AT+MIPSETS=1,512", until=b"ERROR\r\n")
    assert b.module.violations == [
        "query while the result of AT+MIPOPEN is outstanding [AT+MIPOPEN?]",
        "socket 1: the result of AT+MIPOPEN is outstanding [AT+MIPSETS=1,512]",
    ]
    b.read_until(b"1,1\r\n")
    b.ask("AT+MIPOPEN?")
    assert len(b.module.violations) == 2


def test_an_open_may_be_given_up():
    b = MipBench(NL668)
    b.network.silent.add(PEER)
    b.ask(f'AT+MIPOPEN=1,,"{PEER}",7,0')
    b.ask("AT+MIPCLOSE=1")
    assert b.read_until(b"\r\n") == b"\r\n+MIPCLOSE: 1,0\r\n"
    b.wait(70_000)
    assert b.rx() == b""
    assert len(b.module.violations) == 1


# ---- listening ----


@BOTH
def test_listening_serves_one_peer(module_class):
    b = MipBench(module_class)
    assert b.ask('AT+MIPOPEN=1,5000,"0.0.0.0",0,0') == b"\r\nOK\r\n"
    listener = b.network.listeners[0]
    b.wait(100_000)
    assert b.rx() == b""
    b.open(2)
    stream = b.network.accept(listener, "192.0.2.77", 40000)
    assert b.rx() == b"\r\n+MIPOPEN: 1,1,192.0.2.77,40000\r\n"
    assert listener.ended
    stream.feed(b"hi")
    assert b.rx() == b"\r\n+MIPRTCP: 1,0,6869\r\n"
    assert b.module.violations == []


def test_quirks_of_listening():
    b = MipBench(NL668, quirks=["listen-at-once", "quoted-addresses"])
    assert b.ask('AT+MIPOPEN=1,5000,"0.0.0.0",0,0', until=b"1,1\r\n") == b"\r\nOK\r\n\r\n+MIPOPEN: 1,1\r\n"
    b.network.accept(b.network.listeners[0], "192.0.2.77", 40000)
    assert b.rx() == b'\r\n+MIPOPEN: 1,1,"192.0.2.77",40000\r\n'


def test_a_listening_socket_can_be_closed():
    b = MipBench(NL668)
    b.ask('AT+MIPOPEN=1,5000,"0.0.0.0",0,0')
    b.ask("AT+MIPCLOSE=1")
    assert b.read_until(b"\r\n") == b"\r\n+MIPCLOSE: 1,0\r\n"
    assert b.network.listeners[0].ended
    assert b.module.violations == []
    b.ask('AT+MIPOPEN=1,5000,"0.0.0.0",0,0')
    b.ask("AT+MIPSEND=1,1", until=b"ERROR\r\n")
    assert b.module.violations == ["socket 1 is not open [AT+MIPSEND=1,1]"]


# ---- quirks of the late results ----


def test_results_before_ok():
    b = MipBench(L610, quirks=["result-before-ok"], link=False)
    assert b.ask('AT+MIPCALL=1,"apn"') == b"\r\n+MIPCALL: 10.7.157.1\r\n\r\nOK\r\n"
    assert b.ask(f'AT+MIPOPEN=1,,"{PEER}",7,0') == b"\r\n+MIPOPEN: 1,1\r\n\r\nOK\r\n"
    b.network.refuse.add(PEER)
    assert b.ask(f'AT+MIPOPEN=2,,"{PEER}",7,0') == b"\r\n+MIPSTAT: 2,1\r\n\r\nOK\r\n"
    assert b.ask("AT+MIPCLOSE=1") == b"\r\n+MIPCLOSE: 1,0\r\n\r\nOK\r\n"
    assert b.ask('AT+MIPNTP="ntp.example.com",123') == b"\r\n+MIPNTP: 1\r\n\r\nOK\r\n"
    assert b.module.violations == []


def test_shapes_of_the_call_result():
    for quirks, line in (
        (["call-status"], b"\r\n+MIPCALL: 1,10.7.157.1\r\n"),
        (["call-dns"], b"\r\n+MIPCALL: 10.7.157.1,10.0.0.53,10.0.0.54\r\n"),
        (["tight-colon"], b"\r\n+MIPCALL:10.7.157.1\r\n"),
    ):
        b = MipBench(NL668, quirks=quirks, link=False)
        b.ask('AT+MIPCALL=1,"apn"')
        assert b.read_until(b"\r\n") == line


def test_calling_again_with_the_quirk():
    b = MipBench(NL668, quirks=["call-again-ok"])
    assert b.ask('AT+MIPCALL=1,"apn"', until=b"1\r\n") == b"\r\nOK\r\n\r\n+MIPCALL: 10.7.157.1\r\n"
    for _ in range(2):
        b.ask("AT+MIPCALL=0")
        assert b.read_until(b"0\r\n") == b"\r\n+MIPCALL: 0\r\n"
    assert b.module.violations == []


def test_quirks_of_restart_and_loss():
    b = MipBench(NL668, quirks=["boot-rdy", "link-lost"])
    b.open(1)
    b.wait(5000)
    assert b.rx() == b"\r\n+MIPCALL: 0\r\n"
    b.module.restart()
    b.wait(b.module.BOOT_MS)
    assert b.rx() == b"\r\nRDY\r\n"


def test_only_the_host_has_restarted():
    b = MipBench(L610, quirks=["host-restarted"], link=False)
    assert b.ask("AT+MIPCALL?") == b"\r\n+MIPCALL: 1,10.7.157.1\r\n\r\nOK\r\n"
    assert b.ask("AT+MIPCLOSE?") == b"\r\n+MIPCLOSE: 1,2\r\n\r\nOK\r\n"
    assert b.ask(f'AT+MIPOPEN=1,,"{PEER}",7,0', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.ask("AT+MIPCLOSE=1")
    b.read_until(b"1,0\r\n")
    b.open(1)
    assert b.module.violations == []


def test_an_open_without_a_result_may_be_given_up_after_its_time():
    b = MipBench(NL668, quirks=["open-silent"])
    b.ask(f'AT+MIPOPEN=1,,"{PEER}",7,0')
    b.wait(60_000)
    assert b.rx() == b""
    b.ask("AT+MIPCLOSE=1")
    assert b.read_until(b"\r\n") == b"\r\n+MIPCLOSE: 1,0\r\n"
    assert b.module.violations == []


def test_a_module_that_restarts_by_itself():
    b = MipBench(NL668, quirks=["self-restart"])
    b.open(1)
    b.wait(2000)
    b.tx("AT\r")
    b.wait(b.module.BOOT_MS)
    assert b.rx() == b""
    b.tx("AT+MIPCLOSE=1\r")
    assert b.rx() == b"AT+MIPCLOSE=1\r\r\nERROR\r\n"
