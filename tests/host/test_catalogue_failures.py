"""What Modem.call() raises when the module refuses, when a result tells a failure, and when no result comes."""

import errno

import atsock
import catalogue_bg96 as bg96
import pytest
from atsock import dialects
from atsock.dialects.bg96 import BG96
from atsock_host.simulator.quectel import Bg96
from callbench import CallBench
from catalogue_fibocom import _l610, _nl668
from catalogue_simcom import PEER, _a7600, _sim7028

SERVER = "220.180.239.212"


def fails(bench, *arguments, code=None, text="", number=None):
    """Expect a CommandError with this code and text, and maybe this errno."""
    with pytest.raises(atsock.CommandError) as caught:
        bench.modem.call(*arguments)
    error = caught.value
    assert (error.code, error.text) == (code, text)
    assert error.command.startswith("AT")
    if number is not None:
        assert error.errno == number
    assert bench.modem.command("AT") == []      # and both sides are in step
    return error


def refusing(bench, address=SERVER):
    bench.network.refuse.add(address)
    return bench


def nameless(bench):
    bench.network.unknown.add("nowhere.example")
    return bench


def timeless(bench):
    bench.network.time = None
    return bench


def without_replies(bench, *round_trips):
    bench.network.round_trips = list(round_trips)
    return bench


# ---- BG96


def test_bg96_open_that_fails_later():
    fails(refusing(bg96.active()), "QIOPEN", 1, 0, "TCP", SERVER, 8009, code=566, text="Socket connect failed",
          number=errno.ECONNREFUSED)


@pytest.mark.parametrize("quirks", ((), ("qiopen-error-at-once",)))
def test_bg96_open_of_an_id_in_use(quirks):
    """As a late result, or as ERROR whose reason is asked for."""
    bench = bg96.connected(quirks=quirks)
    fails(bench, "QIOPEN", 1, 0, "TCP", SERVER, 8009, code=563, text="Socket identity has been used",
          number=errno.EADDRINUSE)
    assert ("AT+QIGETERROR" in bench.lines()) == bool(quirks)


def test_bg96_transparent_open_that_fails():
    fails(refusing(bg96.active()), "QIOPEN", 1, 0, "TCP", SERVER, 8009, 0, 2, code=566, text="Socket connect failed")


def test_bg96_open_without_result():
    bench = bg96.active(quirks=("qiopen-silent",))
    before = bench.clock.ms
    with pytest.raises(atsock.Timeout, match="no result of AT.QIOPEN.* in 152 s"):
        bench.modem.call("QIOPEN", 1, 0, "TCP", SERVER, 8009)
    assert 150_000 <= bench.clock.ms - before < 155_000
    assert bench.modem.command("AT") == []


def test_bg96_ping():
    fails(nameless(bg96.active()), "QPING", 1, "nowhere.example", 1, 2, code=565, text="DNS parse failed")
    fails(without_replies(bg96.active(), None, None), "QPING", 1, SERVER, 1, 2, code=569, text="Operation timeout",
          number=errno.ETIMEDOUT)
    bench = without_replies(bg96.active(), None, 30)
    assert bench.modem.call("QPING", 1, SERVER, 1, 2) == [(569,), (0, SERVER, 32, 30, 255), (0, 2, 1, 1, 30, 30, 30)]


def test_bg96_services_without_context():
    """QPING and QNTP: plain ERROR, the reason is asked for."""
    for arguments in (("QPING", 1, SERVER), ("QNTP", 1, SERVER, 123)):
        bench = bg96.plain()
        fails(bench, *arguments, code=561, text="Open PDP context failed", number=errno.ENETDOWN)
        assert "AT+QIGETERROR" in bench.lines()[1:3]


def test_bg96_late_failures():
    fails(nameless(bg96.active()), "QIDNSGIP", 1, "nowhere.example", code=565, text="DNS parse failed")
    fails(timeless(bg96.active()), "QNTP", 1, SERVER, 123, code=569, text="Operation timeout")


def test_bg96_send_and_read():
    bench = bg96.connected(quirks=("send-fail",))
    bench.modem.call("QISEND", 0, 2, b"hi")
    bench.modem.call("QISENDEX", 0, "6869")
    fails(bench, "QISEND", 0, 2, b"hi", text="SEND FAIL")
    fails(bg96.active(), "QISEND", 0, 2, b"hi", code=567, text="Socket has been closed")
    fails(bg96.active(), "QIRD", 0, 10, code=567, text="Socket has been closed")


def test_cancelled_sends():
    """ESC ends a send without an error, whatever the module answers; a link that is not open is an error still."""
    for bench in (bg96.connected(), _a7600.open(), _a7600.open(quirks=("esc-ok",)), _sim7028.open()):
        name = "QISEND" if bench.module.MODEL == "BG96" else "CIPSEND"
        assert bench.modem.call(name, 0, None) is None
        # A bare ERROR behind ESC is made sure of.
        assert bytes(bench.wire.sent).removesuffix(b"AT+CSQ\r").endswith(b"\x1b")
        assert bench.modem.command("AT") == []
        assert bytes(bench.network.streams[0].sent) == b""
    fails(bg96.active(), "QISEND", 0, None, code=567, text="Socket has been closed")
    fails(_a7600.up(), "CIPSEND", 0, None, code=4, text="Operation not supported")


def test_ato_with_nothing_to_resume():
    fails(bg96.active(), "ATO", text="NO CARRIER")
    for states in (_a7600, _sim7028):
        fails(states.plain(), "ATO")
    for states in (_nl668, _l610):
        fails(states.plain(), "ATO", text="NO CARRIER")


def test_escape_in_command_mode():
    """Nothing answers: Timeout, and the line is in step afterwards."""
    bench = bg96.plain()
    with pytest.raises(atsock.Timeout, match=r"\+\+\+"):
        bench.modem.call("+++")
    assert bench.modem.query("QISDE") == (0,)


# ---- SIMCom


@pytest.mark.parametrize("states", (_a7600, _sim7028), ids=lambda states: states.dialect)
class TestSimcom:
    def test_service(self, states):
        fails(states.up(), "NETOPEN", text="Network is already opened")
        fails(states.up(quirks=("numeric-errors",)), "NETOPEN",
              code=4, text="Network is already opened", number=errno.EIO)
        fails(states.plain(), "NETCLOSE", code=2, text="Network not opened", number=errno.ENETDOWN)
        fails(states.plain(), "IPADDR", text="Network not opened")
        fails(states.plain(quirks=("netopen-error",)), "NETOPEN")

    def test_open(self, states):
        fails(states.plain(), "CIPOPEN", 1, "TCP", PEER, 80, code=2, text="Network not opened", number=errno.ENETDOWN)
        fails(refusing(states.up(), PEER), "CIPOPEN", 1, "TCP", PEER, 80, code=1, text="Network failure")
        fails(refusing(states.mode1(), PEER), "CIPOPEN", 0, "TCP", PEER, 80, text="CONNECT FAIL")

    def test_links_that_are_not_open(self, states):
        not_supported = {"code": 4, "text": "Operation not supported"}
        fails(states.up(), "CIPSEND", 0, 2, b"hi", **not_supported)
        fails(states.up(), "CIPCLOSE", 1, **not_supported)
        fails(states.up(), "SERVERSTOP", 0, **not_supported)
        fails(states.up(), "CIPACK", 0, text="Connection is not created")

    def test_reading_an_empty_buffer(self, states):
        bench = states.open("AT+CIPRXGET=1")
        fails(bench, "CIPRXGET", 2, 0, 10, text="No data")
        fails(bench, "CIPRXGET", 3, 0, text="No data")

    def test_unknown_name(self, states):
        fails(nameless(states.up()), "CDNSGIP", "nowhere.example", code=10, text="DNS GENERAL ERROR")


# ---- Fibocom


@pytest.mark.parametrize("states", (_nl668, _l610), ids=lambda states: states.dialect)
class TestFibocom:
    def test_open(self, states):
        fails(states.plain(), "MIPOPEN", 1, None, PEER, 7, 0)
        fails(refusing(states.up(), PEER), "MIPOPEN", 1, None, PEER, 7, 0, text="+MIPSTAT: 1,1")
        fails(refusing(states.up(), PEER), "MIPODM", 1, None, PEER, 7, 0, text="+MIPSTAT: 1,1")

    def test_codes(self, states):
        for quirk, code, text, number in (
            ("cme-codes", 2024, "TCPIP socket not opened", errno.ENOTCONN),
            ("tcpip-error", None, "TCPIP socket not opened", None),
            ("close-cme3", 3, "operation not allowed", None),
        ):
            fails(states.up(quirks=(quirk,)), "MIPCLOSE", 1, code=code, text=text, number=number)

    def test_services(self, states):
        fails(nameless(states.up()), "MIPDNS", "nowhere.example")
        fails(timeless(states.up()), "MIPNTP", PEER, 123, text="+MIPNTP: 0")
        fails(states.up(), "MPING", 0)
        fails(nameless(states.up()), "MPING", 1, "nowhere.example", 2, text="+MPINGSTAT: 2")
        bench = without_replies(states.up(), None, None)
        assert bench.modem.call("MPING", 1, PEER, 2) == [(1,), (1,), (0, PEER, 2, 0)]

    def test_send_without_its_result_line(self, states):
        bench = states.open(quirks=("no-mipsend-line",))
        assert bench.modem.call("MIPSEND", 1, 2, b"hi") is None


# ---- any


def test_dialect_that_is_asked_for():
    """Without a dialect the module is identified first."""
    bench = CallBench(Bg96, None)
    assert bench.modem.query("QISDE") == (1,)
    assert bench.lines()[:3] == ["AT", "ATE0", "AT+CSQ"]


@pytest.mark.parametrize("method, arguments, what", (
    ("call", ("QIFOO", 1), "QIFOO: no such command in the bg96 manual"),
    ("call", ("", 1), "no such command"),
    ("call", ("QIDEACT",), "QIDEACT: contextID: missing"),
    ("call", ("QIGETERROR", 1), "QIGETERROR: arguments: 0 at most, not 1"),
    ("call", ("QISEND", 0, 5, b"four"), "QISEND: data: 5 bytes as announced, not 4"),
    ("call", ("QISEND", 0, 1461, b"x" * 1461), "QISEND: send_length: 0 or 1 to 1460, not 1461"),
    ("call", ("QISEND", 0, b"x" * 1461), "QISEND: data: 1 to 1460 bytes, not 1461"),
    ("call", ("QISEND", 0, b"a\x1ab"),
     "QISEND: data: without 0x1A and 0x1B, which would end it (send such bytes with their length), not b'a"),
    ("call", ("QISEND", 0, 4, 1234), "QISEND: data: bytes, not 1234"),
    ("call", ("QISENDEX", 0, "313"), "QISENDEX: hex_string: pairs of hexadecimal digits, not '313'"),
    ("call", ("QIOPEN", 1, 12, "TCP", SERVER, 80), "QIOPEN: connectID: 0 to 11, not 12"),
    ("call", ("QIOPEN", 1, 1, "SCTP", SERVER, 80),
     'QIOPEN: service_type: "TCP" or "UDP" or "TCP LISTENER" or "UDP SERVICE", not \'SCTP\''),
    ("call", ("QISTATE", 2, 1), "QISTATE: query_type: 0 or 1, not 2"),
    ("call", ("QISEND", 0, 1461), "QISEND: send_length: 0 or 1 to 1460, not 1461"),
    ("query", ("QIOPEN",), "QIOPEN: no read form in the bg96 manual"),
    ("test", ("ATO",), "O: no test form in the bg96 manual"),
))
def test_what_is_told_of_wrong_calls(method, arguments, what):
    bench = bg96.plain()
    with pytest.raises(ValueError) as caught:
        getattr(bench.modem, method)(*arguments)
    assert what in str(caught.value)
    assert bench.wire.sent == b""


def test_dialect_without_a_manual(monkeypatch):
    """A dialect of the application's own: command() works, call() says what it lacks and sends nothing."""
    monkeypatch.setattr(dialects, "_registered", {})
    dialects.register(type("Mine", (BG96,), {"NAME": "mine"}))
    bench = CallBench(Bg96, "mine")
    for method, arguments in (("call", ("QIACT", 1)), ("query", ("QIACT",)), ("test", ("QIACT",))):
        with pytest.raises(atsock.ModemError, match="mine: there is no table of its manual's commands") as caught:
            getattr(bench.modem, method)(*arguments)
        assert caught.value.errno == errno.EOPNOTSUPP
    assert bench.wire.sent == b""
    assert bench.modem.command("AT+QIACT?") == []


def test_name_must_be_text():
    with pytest.raises(TypeError, match="name of a command"):
        bg96.plain().modem.call(b"QIACT", 1)
