"""What a suite that somebody writes from docs/testing.md alone runs into: its mistakes, and xfail, TCP and speed."""

import re
import socket

import pytest
from atsock_host import Simulator, Simulators
from atsock_host.simulator.settings import SettingError, parsed
from simbench import ROOT
from test_pytest_plugin import DRIVER, suite        # noqa: F401 (a fixture)

pytest_plugins = ["pytester"]


def test_a_violation_is_a_failure_of_the_test_that_xfail_knows(suite):      # noqa: F811
    result = suite(DRIVER + """
@pytest.mark.xfail(strict=True)
def test_wrong(virtual_modem):
    ask(virtual_modem, "AT+NONSENSE")
""")
    result.assert_outcomes(xfailed=1)
    assert result.ret == 0


def test_what_the_driver_does_when_it_is_put_away_counts_and_is_told_once(suite):     # noqa: F811
    result = suite(DRIVER + """
@pytest.fixture
def driver(virtual_modem):
    yield
    ask(virtual_modem, "AT+LATE")

def test_good(driver): pass

def test_wrong(virtual_modem, driver):
    ask(virtual_modem, "AT+EARLY")
""")
    result.assert_outcomes(passed=1, failed=1, errors=2)
    said = result.stdout.str()
    assert said.count("    unknown command or form [AT+EARLY]") == 1
    assert said.count("    unknown command or form [AT+LATE]") == 2


def test_a_module_that_the_test_closes_is_asked_too(suite):      # noqa: F811
    result = suite(DRIVER + """
def test_good(make_virtual_modem):
    with make_virtual_modem("bg96") as module:
        ask(module, "AT")

def test_wrong(make_virtual_modem):
    with make_virtual_modem("bg96") as module:
        ask(module, "AT+NONSENSE")
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["    unknown command or form ?AT+NONSENSE?"])


def test_one_fault_one_answer_and_one_allowed_violation_need_no_list(suite):          # noqa: F811
    result = suite(DRIVER + """
@pytest.mark.virtual_modem(faults="cut")
class TestIt:
    @pytest.mark.virtual_modem(faults="sim-missing", allowed="form [AT+NONSENSE]",
                               answers={"command": "AT+FOO?", "lines": ["+FOO: 1"]})
    def test_all(self, virtual_modem):
        assert virtual_modem.control("faults") == ["cut", "sim-missing"]
        assert "+FOO: 1" in ask(virtual_modem, "AT+FOO?")
        ask(virtual_modem, "AT+NONSENSE")

    @pytest.mark.virtual_modem(allowed="form [AT+NONSENSE]")
    def test_other(self, virtual_modem):
        ask(virtual_modem, "AT+OTHER")
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["    unknown command or form ?AT+OTHER?"])


def test_simulators_take_one_alone_too():
    with socket.create_server(("127.0.0.1", 0)) as server:
        hosts = {"peer.test": server.getsockname()}
        answer = {"command": "AT+FOO", "lines": ["+FOO: 1"]}
        with Simulators("bg96", count=1, faults="splice", hosts=hosts, answers=answer, tcp=0) as modules:
            assert modules[0].control("faults") == ["splice"]
            assert "+FOO: 1" in line_of(modules[0], b"AT+FOO\r")
        with Simulator("bg96", hosts=hosts, tcp=0, settings={"dns": ["192.0.2.1", "192.0.2.2"]}) as module:
            assert module.control("get dns") == "192.0.2.1,192.0.2.2"
            said = line_of(module, b"AT+QIACT=1\r", b'AT+QIOPEN=1,0,"TCP","peer.test",%d,0,0\r' % hosts["peer.test"][1],
                           last="+QIOPEN: 0,0\r\n")
            assert "+QIOPEN: 0,0" in said


def line_of(module, *commands, last="OK\r\n"):
    """All that the module says until the last command has its answer."""
    with socket.create_connection(module.tcp_address, 10) as line:
        said = ""
        for command in commands:
            line.sendall(command)
            mark = last if command is commands[-1] else "OK\r\n"
            part = ""
            while mark not in part:
                data = line.recv(4096)
                assert data, said + part
                part += data.decode()
            said += part
    return said


@pytest.mark.parametrize("command, sent", [
    ("AT+FOO", "AT+FOO"), ("AT+FOO?", "AT+FOO?"), ("AT+FOO=.*", "at+foo=1,2"), (r"AT\+FOO=\d", "AT+FOO=1"),
    ("AT+FOO=(1)", "AT+FOO=(1)"),
])
def test_the_plus_of_an_answers_command_is_one(command, sent):
    with Simulator("bg96", answers=[{"command": command, "lines": ["+FOO: 1"]}], tcp=0) as module:
        assert "+FOO: 1" in line_of(module, sent.encode() + b"\r")


def test_an_unknown_control_word_is_answered_with_those_there_are():
    with Simulator("bg96", tcp=0) as module, pytest.raises(RuntimeError, match="'reboot'; there are: .*restart, "):
        module.control("reboot")


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="Linux")
def test_a_command_too_early_is_seen_over_tcp_too():
    """A client without TCP_NODELAY (pyserial's) holds its second small write until the first one is acknowledged."""
    with Simulator("bg96", settings={"activate-ms": 30}, tcp=0) as module, \
            socket.create_connection(module.tcp_address, 10) as line:
        for _ in range(20):     # the system acknowledges the first ones of a connection at once anyhow
            line.sendall(b"ATE0\r")      # an echo would acknowledge, too
            said = b""
            while b"OK" not in said:
                said += line.recv(4096)
        line.sendall(b"AT+QIACT=1\r")
        line.sendall(b"AT+CSQ\r")
        said = b""
        while said.count(b"OK") < 2:
            said += line.recv(4096)
        assert len(module.violations()) == 1


@pytest.mark.parametrize("setting, value, wanted", [
    ("registration", "denied", "3 denied"), ("registration", "soon:1", "MS:STAT"), ("registration", "-5:1", "MS:STAT"),
    ("registration", "9", "STAT is 0-5"), ("signal", "strong", "RSSI"), ("signal", "9,bad", "RSSI"),
    ("rtt-ms", "slow", "a number from 0"), ("loss", "high", "a number from 0 to 100"), ("channel", "1.5", "a number"),
])
def test_a_value_that_cannot_be_is_answered_with_what_can(setting, value, wanted):
    with pytest.raises(SettingError, match=wanted) as refused:
        parsed(setting, value)
    assert "literal" not in str(refused.value) and "convert" not in str(refused.value)


def test_what_the_page_offers_can_be_had():
    page = (ROOT / "docs" / "testing.md").read_text()
    table = page.partition("## What a driver should survive")[2].partition("\n## ")[0]
    keywords = [eval(f"dict({span})") for span in re.findall(r"`((?:faults|settings|answers|latency_ms)=.*?)`", table)]
    assert len(keywords) > 8
    with Simulators([{"dialect": "bg96", **keyword} for keyword in keywords]) as modules:
        for word in re.findall(r'`control\("(.*?)"\)`', table):
            modules[0].control(word)
        assert modules[0].control("status")["alive"] is False      # the last one was "hang"


@pytest.mark.parametrize("dialect, before, command, last", [
    ("bg96", b"AT+QIACT=1\r", b'AT+QIOPEN=1,0,"TCP","%s",80,0,0\r', "+QIOPEN: 0,"),
    ("a7600", b"AT+NETOPEN\r", b'AT+CIPOPEN=0,"TCP","%s",80\r', "+CIPOPEN: 0,"),
    ("l610", b'AT+MIPCALL=1,"internet"\r', b'AT+MIPOPEN=1,,"%s",80,0\r', "+MIPSTAT: 1,"),
])
@pytest.mark.parametrize("peer, why", [
    ("example.com", ("name example.com", "no address")), ("203.0.113.1", ("connection 203.0.113.1:80", "unreachable"))])
def test_the_log_tells_what_the_module_cannot_reach(tmp_path, dialect, before, command, last, peer, why):
    settings = {"activate-ms": 0}
    with Simulator(dialect, settings=settings, tcp=0, log=tmp_path / "log") as module:
        said = line_of(module, b"AT+CMEE=1\r", before, last="OK\r\n")
        assert "ERROR" not in said
        line_of(module, b"AT\r", command % peer.encode(), last=last)
        assert why in [(event["what"], event["value"]) for event in module.events() if event["event"] == "state"]
