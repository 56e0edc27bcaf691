"""SIMCom modules: the socket service, opening and closing, servers, deferred results, and every quirk."""

import pytest

from atsock_host.simulator.common import CommonModule
from atsock_host.simulator.faults import all_quirks
from atsock_host.simulator.simcom import Simcom
from simbench import Bench
from simcom_scenes import (
    BUFFERED, CLIENT, LINK, MODULES, SERVER, client, datagram, doing, feeds, network, quiet, says, sent, service, tcp,
    transparent, udp)

DIALECTS = tuple(MODULES)
TCP0 = 'AT+CIPOPEN=0,"TCP","10.0.0.1",80'


@pytest.fixture(params=DIALECTS)
def dialect(request):
    return request.param


@pytest.fixture
def make(dialect):
    """make(act, quirks=()): a bench of each module with `act` done."""
    def build(act=None, quirks=()):
        bench = Bench(MODULES[dialect], quirks=quirks)
        if act:
            act(bench)
        return bench
    return build


def settle(bench, ms=50):
    bench.wait(ms)
    return bench.rx()


def late(first, second):
    """OK and a result behind it, in one text."""
    return b"\r\n" + first + b"\r\n\r\n" + second + b"\r\n"


# ---- service ------------------------------------------------------------------------------------------------

def test_service_needs_a_network(make):
    b = make(quirks=["not-registered"])
    assert b.ask("AT+NETOPEN", b"OPEN: 1\r\n") == late(b"OK", b"+NETOPEN: 1")
    assert b.ask("AT+NETOPEN?") == b"\r\n+NETOPEN: 0\r\n\r\nOK\r\n"


def test_closing_the_service_closes_everything(make):
    b = make(doing(SERVER, tcp(0), udp(1)))
    assert b.ask("AT+NETCLOSE", b"CLOSE: 0\r\n") == late(b"OK", b"+NETCLOSE: 0")
    assert b.network.streams[0].ended and b.network.sockets[0].ended and b.network.listeners[0].ended
    service(b)
    assert b"+CIPCLOSE: 0,0" in b.ask("AT+CIPCLOSE?")
    assert b.ask("AT+SERVERSTART?") == b"\r\nOK\r\n"
    assert b.module.violations == []


@pytest.mark.parametrize("command", ["AT+CFUN=0", "AT+CGATT=0", "AT+CGACT=0,1"])
def test_service_falls_with_its_context(make, command):
    b = make(LINK)
    b.tx(command + "\r")
    assert settle(b).startswith(b"\r\nOK\r\n\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n")
    assert b.network.streams[0].ended
    assert b"+CIPCLOSE: 0,0" in b.ask("AT+CIPCLOSE?")
    assert b"+NETOPEN: 1\r\n" in b.ask("AT+NETOPEN?")
    assert b.module.violations == []


def test_network_loss_pays_what_is_owed(make):
    b = make(doing(LINK, lambda bench: setattr(bench.network.streams[0], "pending", 10240),
                   network(silent={"10.0.0.2"})))
    b.ask('AT+CIPOPEN=1,"TCP","10.0.0.2",80')
    b.ask("AT+CIPSEND=0,5", b">")
    b.tx("HELLO")
    assert settle(b) == b"\r\nOK\r\n"
    b.module.network_lost()
    assert b.rx() == (b"\r\n+CIPSEND: 0,5,-1\r\n\r\n+CIPOPEN: 1,1\r\n"
                      b"\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n")


def test_network_loss_ends_the_data_mode(make):
    b = make(doing(transparent, lambda bench: bench.ask("ATO", b"115200\r\n")))
    b.module.network_lost()
    assert b.rx() == b"\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n"
    assert not b.module.in_data_mode


def test_restart(make, dialect):
    b = make(doing(says("AT+CIPRXGET=1"), LINK))
    assert b.ask("AT+CFUN=1,1") == b"\r\nOK\r\n"
    b.tx("AT\r")
    words = settle(b, 10_000)
    assert words.startswith(b"\r\n*ATREADY: 1\r\n\r\n+CPIN: READY\r\n")
    assert words.endswith(b"PB DONE\r\n") == (dialect == "a7600")
    b.module.echo = False
    assert b.ask("AT+NETOPEN?") == b"\r\n+NETOPEN: 0\r\n\r\nOK\r\n"
    assert b.ask("AT+CIPRXGET?") == b"\r\n+CIPRXGET: 0\r\n\r\nOK\r\n"


def test_ipv6_needs_its_context():
    b = Bench(MODULES["sim7028"])
    says("AT+CSOCKSETPN=1,6")(b)
    assert b.ask("AT+NETOPEN", b"OPEN: 1\r\n") == late(b"OK", b"+NETOPEN: 1")


# ---- opening and closing ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("settings, address, err", [
    ({"refuse": {"10.0.0.1"}}, "10.0.0.1", 1),
    ({"silent": {"10.0.0.1"}}, "10.0.0.1", 10),
    ({"unknown": {"nohost.invalid"}}, "nohost.invalid", 11),
    ({"taken_ports": {4000}}, "10.0.0.1", 6),
])
def test_open_that_fails_leaves_the_link_free(make, settings, address, err):
    b = make(doing(says("AT+CIPTIMEOUT=3000,3000,3000"), service, network(**settings)))
    b.tx(f'AT+CIPOPEN=0,"TCP","{address}",80,4000\r')
    assert settle(b, 3000) == late(b"OK", f"+CIPOPEN: 0,{err}".encode())
    network(refuse=set(), silent=set(), taken_ports=set())(b)
    tcp(0)(b)
    assert b.module.violations == []


def test_udp_port_that_is_taken(make):
    b = make(doing(service, network(taken_ports={5000})))
    assert b.ask('AT+CIPOPEN=0,"UDP",,,5000', b"ERROR\r\n") == b"\r\n+CIPOPEN: 0,6\r\n\r\nERROR\r\n"


def test_list_shows_every_kind_of_link(make, dialect):
    b = make(quiet(SERVER, client(0), udp(1)))
    free = b"".join(f"+CIPOPEN: {number}\r\n".encode() for number in range(2, b.module.LINKS))
    assert b.ask("AT+CIPOPEN?") == (b'\r\n+CIPOPEN: 0,"TCP","192.168.108.5",57202,0\r\n'
                                    b'+CIPOPEN: 1,"UDP","0.0.0.0",0,-1\r\n' + free + b"\r\nOK\r\n")


def test_name_is_listed_as_address(make):
    b = make(doing(service, tcp(0, "example.com")))
    assert b'+CIPOPEN: 0,"TCP","192.0.2.10",80,-1\r\n' in b.ask("AT+CIPOPEN?")


def test_gnss_tells_when_it_is_ready(make):
    b = make()
    assert b.ask("AT+CGNSSPWR=1", b"READY!\r\n") == late(b"OK", b"+CGNSSPWR: READY!")
    assert b.ask("AT+CGNSSPWR?") == b"\r\n+CGNSSPWR: 1,0,0\r\n\r\nOK\r\n"
    b.ask("AT+CGNSSPWR=0")
    b.ask("AT+CGNSSPWR=1")
    b.ask("AT+CGNSSPWR=0")
    assert settle(b, 60_000) == b""
    assert b.ask("AT+CGNSSPWR?") == b"\r\n+CGNSSPWR: 0,0,0\r\n\r\nOK\r\n"


# ---- deferred results ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("command, answer", [
    ("AT+CIPCLOSE=0", b"\r\n+CIPCLOSE: 0,8\r\n\r\nERROR\r\n"),
    ("AT+CIPSEND=0,5", b"\r\n+CIPERROR: 4\r\n\r\nERROR\r\n"),
    (TCP0, b"\r\n+CIPOPEN: 0,8\r\n\r\nERROR\r\n"),
])
def test_link_whose_open_is_outstanding(make, command, answer):
    b = make(doing(service, network(silent={"10.0.0.1"})))
    b.ask(TCP0)
    assert b.ask(command, b"ERROR\r\n") == answer
    assert "before the deferred result +CIPOPEN of link 0" in b.module.violations[0]
    assert settle(b, 120_000) == b"\r\n+CIPOPEN: 0,10\r\n"


CLOSED0 = b"\r\n+CIPCLOSE: 0,0\r\n"


def test_a_close_that_has_begun_ends_before_the_next_close_is_looked_at(make):
    b = make(doing(LINK, lambda bench: bench.ask("AT+CIPCLOSE=0")))
    assert b.ask("AT+CIPCLOSE=0", b"ERROR\r\n") == CLOSED0 + b"\r\n+CIPCLOSE: 0,4\r\n\r\nERROR\r\n"
    assert settle(b, 1000) == b""


def test_an_open_right_behind_a_close_opens(make):
    """TinyGSM's stop() and connect(): two closes and an open, each as soon as the answer before is there."""
    b = make(doing(LINK, lambda bench: bench.ask("AT+CIPCLOSE=0")))
    assert b.ask(TCP0, b"+CIPOPEN: 0,0\r\n") == CLOSED0 + late(b"OK", b"+CIPOPEN: 0,0")
    b.ask("AT+CIPCLOSE=0")
    assert b.ask('AT+CIPOPEN=0,"UDP",,,5000') == CLOSED0 + b"\r\n+CIPOPEN: 0,0\r\n\r\nOK\r\n"
    assert len(b.network.streams) == 2


def test_a_server_stops_when_its_links_have_closed(make):
    b = make(doing(SERVER, client(0), client(0)))
    b.rx()
    b.ask("AT+CIPCLOSE=0")
    b.ask("AT+CIPCLOSE=1")
    assert b.ask("AT+SERVERSTOP=0") == (
        CLOSED0 + late(b"+CIPCLOSE: 1,0", b"+SERVERSTOP: 0,0") + b"\r\nOK\r\n")
    assert b.module.violations == []


def test_an_open_that_waits_for_a_close_when_the_network_is_lost(make):
    b = make(doing(LINK, lambda bench: bench.ask("AT+CIPCLOSE=0")))
    b.tx(TCP0 + "\r")
    b.module.network_lost()
    assert b.rx().startswith(CLOSED0 + b"\r\n+CIPOPEN: 0,2\r\n\r\nERROR\r\n")


def test_the_service_is_opened_right_behind_its_close(make):
    b = make(doing(service, lambda bench: bench.ask("AT+NETCLOSE")))
    assert b.ask("AT+NETOPEN", b"+NETOPEN: 0\r\n") == b"\r\n+NETCLOSE: 0\r\n" + late(b"OK", b"+NETOPEN: 0")
    b.ask("AT+NETCLOSE")
    assert b.ask("AT+NETCLOSE", b"ERROR\r\n") == b"\r\n+NETCLOSE: 0\r\n\r\n+NETCLOSE: 2\r\n\r\nERROR\r\n"


def test_a_context_that_is_active_makes_the_service_open_at_once(make):
    b = make()
    b.ask("AT+CGACT=1,1")
    assert b.ask("AT+NETOPEN", b"+NETOPEN: 0\r\n", ms=0) == late(b"OK", b"+NETOPEN: 0")
    assert b.ask("AT+NETOPEN?") == b"\r\n+NETOPEN: 1\r\n\r\nOK\r\n"


def test_a_host_may_act_on_the_last_character_of_a_deferred_result(make):
    b = make(service)
    b.module.tracks_delivery = True
    b.tx(TCP0 + "\r")
    b.wait(100)
    made = b.module.take()
    assert made.endswith(b"+CIPOPEN: 0,0\r\n")
    b.module.delivered(len(made) - 2)
    b.tx("AT+CIPSEND=0,5\r")
    assert b.module.violations == []


@pytest.mark.parametrize("dialect, states", [("a7600", "1,0,0,0,0,0,0,0,0,0"), ("sim7028", "1,0")])
def test_only_an_answer_that_looks_like_the_result_is_a_violation(make, dialect, states):
    b = make(doing(LINK, lambda bench: bench.ask("AT+CIPCLOSE=0")))
    assert b.ask("AT+NETOPEN?") == b"\r\n+NETOPEN: 1\r\n\r\nOK\r\n"
    assert b"+CIPOPEN: 0," in b.ask("AT+CIPOPEN?")
    assert b.module.violations == []
    assert b.ask("AT+CIPCLOSE?") == b"\r\n+CIPCLOSE: " + states.encode() + b"\r\n\r\nOK\r\n"
    told = ["query while the deferred result +CIPCLOSE of link 0 is to come [AT+CIPCLOSE?]"]
    assert b.module.violations == (told if dialect == "sim7028" else [])


def test_a_query_waits_for_a_result_of_its_own_name_only(make):
    b = make(LINK)
    b.ask("AT+NETCLOSE")
    b.ask("AT+NETOPEN?")
    assert b.module.violations == []


def test_query_during_netopen(make):
    b = make()
    b.ask("AT+NETOPEN")
    b.ask("AT+NETOPEN?")
    assert "query while the deferred result +NETOPEN of service" in b.module.violations[0]


def test_a_result_counts_when_the_host_can_have_read_it(make):
    b = make(service)
    b.ask(TCP0)
    b.wait(100)
    b.tx("AT+CIPSEND=0,5\r")
    assert b.rx() == b"\r\n+CIPOPEN: 0,0\r\n\r\n>"
    assert "before the deferred result +CIPOPEN of link 0" in b.module.violations[0]


def test_socket_before_the_result_of_netopen(make):
    b = make()
    b.ask("AT+NETOPEN")
    assert b.ask(TCP0, b"ERROR\r\n") == b"\r\n+CIPOPEN: 0,2\r\n\r\nERROR\r\n"
    assert b.module.violations


def test_other_links_go_on_while_one_opens(make):
    b = make(doing(service, network(silent={"10.0.0.1"}), udp(1)))
    b.ask(TCP0)
    assert b.ask('AT+CIPSEND=1,5,"10.0.0.9",9', b">") == b"\r\n>"
    b.tx("HELLO")
    assert settle(b) == late(b"OK", b"+CIPSEND: 1,5,5")
    assert b.module.violations == []


# ---- servers ---------------------------------------------------------------------------------------------------

def test_clients_get_the_lowest_free_link_until_none_is_left(make):
    b = make(doing(SERVER, tcp(0)))
    for number in range(1, b.module.LINKS):
        client(0)(b)
        assert b.rx() == f"\r\n+CLIENT: {number},0,192.168.108.5:57202\r\n".encode()
    assert b.network.accept(b.module.listeners[0], *CLIENT).aborted
    assert b.rx() == b""


def test_transparent_client_waits_for_the_command_in_progress(make):
    b = make(doing(says("AT+CIPMODE=1"), SERVER))
    b.tx('AT+CDNSGIP="example.com"\r')
    client(0)(b)
    assert settle(b) == (b'\r\n+CLIENT: 0,0,192.168.108.5:57202\r\n\r\n+CDNSGIP: 1,"example.com","192.0.2.10"\r\n'
                         b'\r\nOK\r\n\r\nCONNECT 115200\r\n')


def test_variable_length_on_an_accepted_link_is_reported(make):
    b = make(quiet(SERVER, client(0)))
    b.ask("AT+CIPSEND=0", b">")
    assert "with a length only" in b.module.violations[0]


# ---- quirks ----------------------------------------------------------------------------------------------------

OPEN_LINK = quiet(LINK)


def third_send(answer):
    def run(bench):
        bench.ask("AT+CIPSEND=0,4", b">")
        bench.tx("data")
        assert settle(bench) == answer
    return run


def says_exactly(command, answer, ms=50):
    def run(bench):
        bench.tx(command + "\r")
        assert settle(bench, ms) == answer
    return run


def writes(act, answer, ms=50):
    def run(bench):
        act(bench)
        assert settle(bench, ms) == answer
    return run


def closes(bench):
    bench.network.streams[-1].close_by_peer()


def escape_at_prompt(bench):
    bench.ask("AT+CIPSEND=0", b">")
    bench.tx(b"\x1b")
    assert settle(bench) == b"\r\nOK\r\n"


def list_ends_with_cr(bench):
    assert b'+CIPOPEN: 1\r\r\n' in bench.ask("AT+CIPOPEN?")


def lists_the_last_server(bench):
    last = bench.module.SERVERS - 1
    assert f'+CIPOPEN: 0,"TCP","192.168.108.5",57202,{last}\r\n'.encode() in bench.ask("AT+CIPOPEN?")


def network_goes_and_comes(bench):
    assert settle(bench, 2000) == b"\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n"
    assert bench.ask("AT+NETCLOSE", b"0\r\n") == late(b"OK", b"+NETCLOSE: 0")
    bench.wait(3000)
    LINK(bench)
    assert settle(bench, 60_000) == b""


def restarts_once(bench):
    assert settle(bench, 4500).startswith(b"\r\n*ATREADY: 1\r\n")
    bench.module.echo = False
    settle(bench, 5000)
    LINK(bench)
    assert settle(bench, 60_000) == b""


def pushes_with_plus(bench):
    feeds(b"HELLO")(bench)
    assert bench.rx() in (b"\r\n+RECV FROM:10.0.0.1:80\r\n+IPD5\r\nHELLO",
                          b"\r\n+RCV FROM:10.0.0.1:80\r\n+IPD5\r\nHELLO")


TWO_SENT = doing(OPEN_LINK, sent(0, b"one"), sent(0, b"two"))
ERRORS = b"\r\nERROR\r\n"
NO_DATA = b"\r\n+IP ERROR: 22\r\n\r\nERROR\r\n"

# quirk -> (what comes first, what is different then)
QUIRKS = {
    "address-plus": (OPEN_LINK, pushes_with_plus),
    "ato-no-carrier": (service, says_exactly("ATO", b"\r\nNO CARRIER\r\n")),
    "connect-plain": (doing(says("AT+CIPMODE=1"), service), says_exactly(TCP0, b"\r\nCONNECT\r\n")),
    "error-twice": (service, says_exactly("AT+CIPSEND=0,5", b"\r\n+CIPERROR: 4\r\n" + ERRORS * 2)),
    "esc-ok": (OPEN_LINK, escape_at_prompt),
    "hex-blank-line": (quiet(BUFFERED, feeds(b"A")),
                       says_exactly("AT+CIPRXGET=3,0", b"\r\n+CIPRXGET: 3,0,1,0\r\n\r\n41\r\n\r\nOK\r\n")),
    "ipclose-plain": (OPEN_LINK, writes(closes, b"\r\n+IPCLOSE 0,1\r\n")),
    "list-cr": (service, list_ends_with_cr),
    "list-index": (quiet(SERVER, client(0)), lists_the_last_server),
    "netclose-names-links": (doing(OPEN_LINK, udp(1)), says_exactly(
        "AT+NETCLOSE", late(b"OK", b"+CIPCLOSE: 0,0") + late(b"+CIPCLOSE: 1,0", b"+NETCLOSE: 0"), 100)),
    "netopen-error": (None, doing(says_exactly("AT+NETOPEN", ERRORS), says_exactly("AT+NETOPEN", ERRORS))),
    "netopen-error-once": (None, doing(says_exactly("AT+NETOPEN", ERRORS),
                                       says_exactly("AT+NETOPEN", late(b"OK", b"+NETOPEN: 0"), 200))),
    "netopen-two-values": (None, says_exactly("AT+NETOPEN", late(b"OK", b"+NETOPEN: 0,0"), 200)),
    "network-lost": (OPEN_LINK, network_goes_and_comes),
    "notice-in-reply": (quiet(BUFFERED, tcp(1), feeds(b"A")), says_exactly(
        "AT+CIPRXGET=4,1", b"\r\n+CIPRXGET: 1,0\r\n\r\n+CIPRXGET: 1,1\r\n\r\n+CIPRXGET: 4,1,1\r\n\r\nOK\r\n")),
    "numeric-errors": (BUFFERED, says_exactly("AT+CIPRXGET=2,0", NO_DATA)),
    "query-not-open-error": (doing(says("AT+CIPRXGET=1"), service), says_exactly(
        "AT+CIPRXGET=4,0", b"\r\n+IP ERROR: Connection is not created\r\n\r\nERROR\r\n")),
    "prompt-blank": (OPEN_LINK, says_exactly("AT+CIPSEND=0,5", b"\r\n> ")),
    "receive-colon": (doing(OPEN_LINK, says("AT+CIPSRIP=0"), says("AT+CIPCCFG=,,,,1")),
                      writes(feeds(b"A"), b"\r\n+RECEIVE,0,1:\r\nA")),
    "result-first": (service, says_exactly(TCP0, b"\r\n+CIPOPEN: 0,0\r\n\r\nOK\r\n")),
    "self-restart": (OPEN_LINK, restarts_once),
    "send-lost": (TWO_SENT, third_send(late(b"OK", b"+CIPSEND: 0,4,-1"))),
    "send-short": (TWO_SENT, third_send(late(b"OK", b"+CIPSEND: 0,4,2"))),
    "service-open": (None, says_exactly("AT+NETOPEN", b"\r\n+IP ERROR: Network is already opened\r\n\r\nERROR\r\n")),
    "serverstop-late": (SERVER, says_exactly("AT+SERVERSTOP=0", late(b"OK", b"+SERVERSTOP: 0,0"))),
    "serverstop-open": (quiet(SERVER, client(0)),
                        says_exactly("AT+SERVERSTOP=0", b"\r\n+SERVERSTOP: 0,0\r\n\r\nOK\r\n")),
    "udp-close-late": (doing(service, udp(0)), says_exactly("AT+CIPCLOSE=0", late(b"OK", b"+CIPCLOSE: 0,0"))),
    "udp-joined": (quiet(service, says("AT+CIPRXGET=1"), udp(0), datagram(b"AB"), datagram(b"CD")), says_exactly(
        "AT+CIPRXGET=2,0,3", b"\r\n+CIPRXGET: 2,0,3,1\r\nABC\r\n\r\nOK\r\n")),
}


@pytest.mark.parametrize("name", QUIRKS)
def test_quirk(make, name):
    before, difference = QUIRKS[name]
    difference(make(before, quirks=[name]))


@pytest.mark.parametrize("name", QUIRKS)
def test_without_the_quirk_it_is_not_so(make, name):
    before, difference = QUIRKS[name]
    bench = make(before)
    with pytest.raises(AssertionError):
        difference(bench)


def test_failed_send_may_close_the_link(make):
    b = make(TWO_SENT, quirks=["send-short", "ipclose-unsent"])
    third_send(b"\r\nOK\r\n\r\n+CIPSEND: 0,4,2\r\n\r\n+IPCLOSE: 0,2\r\n")(b)


def test_every_quirk_is_tested():
    assert set(all_quirks(Simcom)) - set(all_quirks(CommonModule)) == set(QUIRKS) | {"ipclose-unsent"}
