"""The command line: choosing a module, exit statuses, error lines, and the commands over a stand-in for the modem."""

import socket
import subprocess
import sys
from types import SimpleNamespace

import click
import pytest
from atsock_host import cli
from atsock_host.cli import advice, session
from click.testing import CliRunner


class StandIn:
    """What the commands use of atsock.Modem; remembers how it was made and what was asked."""

    made = None
    failure = None              # raised by every operation
    strength = (-67, 0)
    lost = 0                    # pings without an answer

    def __init__(self, stream, dialect, *, apn=None, access="buffer", on_event=None):
        self.stream, self.dialect, self.apn, self.access = stream, dialect, apn, access
        self.asked, self.attached, self.closed = [], None, False
        StandIn.made = self

    def attach(self, on_progress=None, **how):
        self.attached = how
        return "10.0.0.1"

    def _answer(self, answer, *asked):
        self.asked.append(asked)
        if StandIn.failure:
            raise StandIn.failure
        return answer

    def command(self, text, prefix=None, timeout_ms=None):
        answers = {
            "AT+CGSN": [b"860000000000017"], "AT+COPS?": [b'+COPS: 0,0,"Some Net",7'], "AT+CPIN?": [b"+CPIN: READY"],
            "AT+CCID": [b"+CCID: 89860000000000000017"], "AT+CGDCONT?": [b'+CGDCONT: 1,"IP","internet"'],
            "AT+CGPADDR": [b'+CGPADDR: 1,"10.0.0.7"']}
        return self._answer(answers.get(text, []), "command", text)

    def identity(self):
        return "Quectel", "BG96", "R1"

    def signal(self):
        return StandIn.strength

    def registration(self):
        return "roaming"

    def ping(self, host, count, size, timeout_ms):
        replies = count - StandIn.lost
        return self._answer(
            SimpleNamespace(sent=count, received=replies, min_ms=10, avg_ms=20, max_ms=31, replies=[]),
            "ping", host, count, size, timeout_ms)

    def resolve(self, name, family=socket.AF_INET):
        return self._answer(["192.0.2.1", "192.0.2.2"], "resolve", name, family)

    def ntp(self, server, port=123):
        return self._answer("2026/11/21,01:02:03+00", "ntp", server, port)

    def close(self):
        self.closed = True


@pytest.fixture
def modem(monkeypatch):
    monkeypatch.setattr(session.atsock, "Modem", StandIn, raising=False)
    monkeypatch.setattr(StandIn, "failure", None)
    monkeypatch.setattr(StandIn, "lost", 0)
    monkeypatch.setattr(StandIn, "made", None)
    return StandIn


def run(*arguments, stdin=None):
    return CliRunner().invoke(cli.main, list(arguments), input=stdin)


def test_help_lists_every_command_with_a_whole_sentence():
    result = run("--help")
    assert result.exit_code == 0
    listed = result.output.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == cli.main.list_commands(None)
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


@pytest.mark.parametrize("name", cli.main.list_commands(None))
def test_every_command_has_help(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")


@pytest.mark.parametrize(
    "arguments, complaint",
    [(["bogus"], "No such command 'bogus'"),
     (["ping", "x"], "say which module: either --port URL or --sim DIALECT"),
     (["ping", "x", "--port", "/dev/x", "--sim", "bg96"], "say which module: either --port URL or --sim DIALECT"),
     (["ping", "--sim", "bg96"], "Missing argument 'HOST'"),
     (["ping", "x", "--sim", "bg97"], "'bg97' is not one of 'bg96', 'a7600'"),
     (["ping", "x", "--port", "pigeon://coop"], "protocol 'pigeon' not known"),
     (["resolve", "x", "--sim", "bg96", "--host", "name"], "--host must be NAME=ADDR[:PORT], not name"),
     (["resolve", "x", "--port", "/dev/x", "--host", "a=b"], "--host goes with --sim"),
     (["get", "ftp://x/", "--sim", "bg96"], "only http:// and https:// can be fetched, not ftp://"),
     (["get", "http:///x", "--sim", "bg96"], "names no host"),
     (["get", "http://x:99999/", "--sim", "bg96"], "Port out of range"),
     (["sim", "bg96", "--fault", "gremlins"], "no fault is called gremlins; there are: "),
     (["sim", "bg96", "--baud", "-1"], "-1 is not in the range")])
def test_wrong_usage_is_2(arguments, complaint):
    result = run(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_that_does_not_exist_is_1():
    result = run("ping", "x", "--port", "/dev/no-such-port")
    assert result.exit_code == 1
    assert result.stderr == "Error: cannot open the module: the port /dev/no-such-port does not exist\n"


def test_a_simulator_that_cannot_start_is_1():
    result = run("resolve", "x", "--sim", "bg96", "--host", "x=1.2.3.4:http")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: cannot open the module: ")
    assert result.stderr.count("\n") == 1


def test_the_choice_reaches_the_modem(modem, tmp_path):
    trace = tmp_path / "trace"
    result = run("resolve", "example.com", "--sim", "l610", "--apn", "internet", "--user", "u", "--password", "p",
                 "--pin", "1234", "--access", "hex", "--trace", str(trace))
    assert result.exit_code == 0, result.output
    assert (modem.made.dialect, modem.made.apn, modem.made.access) == ("l610", "internet", "hex")
    assert modem.made.attached == {"user": "u", "password": "p", "pin": "1234"}
    assert modem.made.closed
    assert trace.read_text().startswith("# atsock trace")


def test_an_explicit_dialect_wins(modem):
    assert run("resolve", "x", "--sim", "l610", "--dialect", "nl668").exit_code == 0
    assert modem.made.dialect == "nl668"


def test_info_attaches_nothing(modem):
    result = run("info", "--sim", "bg96")
    assert result.exit_code == 0
    assert modem.made.attached is None
    assert result.stdout.splitlines() == [
        "manufacturer  Quectel", "model         BG96", "revision      R1", "IMEI          860000000000017",
        "SIM           READY", "ICCID         89860000000000000017", "operator      Some Net", "technology    LTE",
        "signal        -67 dBm", "bit errors    class 0", "registration  roaming", "APN           internet",
        "address       10.0.0.7"]


def test_info_says_what_is_not_known(modem, monkeypatch):
    monkeypatch.setattr(modem, "strength", (None, None))
    monkeypatch.setattr(modem, "_answer", lambda self, answer, *asked: [b"nothing like it"])
    lines = run("info", "--sim", "bg96").stdout.splitlines()
    assert [line.split()[0] for line in lines if line.endswith(" unknown")] == [
        "IMEI", "ICCID", "operator", "technology", "signal", "bit"]
    assert lines[-2:] == ["APN           none stored", "address       none, no context is active"]


def test_what_a_module_says_is_no_escape_sequence(modem, monkeypatch):
    monkeypatch.setattr(modem, "_answer", lambda self, answer, *asked: [b'+COPS: 0,0,"\x1b[31mNet\x07",7'])
    assert "operator      \\x1b[31mNet\\x07\n" in run("info", "--sim", "bg96").stdout


def test_info_of_a_silent_module(modem, monkeypatch):
    monkeypatch.setattr(modem, "failure", session.atsock.Timeout("no answer to AT"))
    result = run("info", "--sim", "bg96")
    assert result.exit_code == 1
    assert result.stderr == f"Error: the module does not tell: no answer to AT; {advice.PORT}\n"
    assert modem.made.asked == [("command", "AT")] * 3


def test_ping(modem):
    result = run("ping", "example.com", "--sim", "bg96", "--count", "3", "--size", "64", "--timeout", "500")
    assert result.exit_code == 0
    assert modem.made.asked == [("ping", "example.com", 3, 64, 500)]
    assert result.stdout == (
        "example.com: 3 sent, 3 received, 0 % lost\nround trip min/avg/max 10/20/31 ms\n")


def test_ping_without_an_answer_is_1(modem, monkeypatch):
    monkeypatch.setattr(modem, "lost", 4)
    result = run("ping", "example.com", "--sim", "bg96")
    assert result.exit_code == 1
    assert result.stdout == "example.com: 4 sent, 0 received, 100 % lost\n"
    assert result.stderr == "Error: example.com did not answer\n"


def test_resolve(modem):
    result = run("resolve", "example.com", "--sim", "bg96")
    assert (result.exit_code, result.stdout) == (0, "192.0.2.1\n192.0.2.2\n")
    assert run("resolve", "-6", "example.com", "--sim", "bg96").exit_code == 0
    assert modem.made.asked == [("resolve", "example.com", socket.AF_INET6)]


def test_ntp(modem):
    result = run("ntp", "--sim", "bg96", "time.example", "--ntp-port", "1123")
    assert (result.exit_code, result.stdout) == (0, "2026/11/21,01:02:03+00\n")
    assert modem.made.asked == [("ntp", "time.example", 1123)]


@pytest.mark.parametrize(
    "failure, words",
    [(OSError(110, "the network does not answer"), "the network does not answer"),
     (OSError(111), "Connection refused"),
     (OSError("in words only"), "in words only")])
def test_a_failing_operation_is_one_line_and_1(modem, monkeypatch, failure, words):
    monkeypatch.setattr(modem, "failure", failure)
    result = run("resolve", "nosuch.example", "--sim", "bg96")
    assert result.exit_code == 1
    assert result.stderr == f"Error: cannot resolve nosuch.example: {words}\n"
    assert result.stdout == ""
    assert modem.made.closed


def test_an_argument_the_driver_refuses_is_wrong_usage(modem, monkeypatch):
    monkeypatch.setattr(modem, "failure", ValueError("a quote in a host name"))
    result = run("resolve", 'a"b', "--sim", "bg96")
    assert result.exit_code == 2
    assert 'cannot resolve a"b: a quote in a host name' in result.stderr


def test_a_close_that_fails_does_not_hide_the_failure(modem, monkeypatch):
    def close(self):
        raise OSError(5, "the port is gone")

    monkeypatch.setattr(modem, "close", close)
    monkeypatch.setattr(modem, "failure", OSError(110, "timed out"))
    assert run("resolve", "x", "--sim", "bg96").stderr == "Error: cannot resolve x: timed out\n"


def test_host_table():
    assert session.host_table(["a=1.2.3.4:80", "b=::1"]) == {"a": "1.2.3.4:80", "b": "::1"}
    for text in ("a", "a=", "=b"):
        with pytest.raises(click.UsageError):
            session.host_table([text])


def test_it_is_a_module_too():
    done = subprocess.run(
        [sys.executable, "-m", "atsock_host", "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, f"atsock {cli.__version__}\n")
