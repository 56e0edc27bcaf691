"""Options from the environment and the config file, secrets off the command line, words for the terminal."""

import io
import os
import subprocess
import sys

import pytest
from atsock_host import cli
from atsock_host.cli import session, words
from atsock_host.trace import TracePort, TraceWriter, hide_secrets, read_trace
from click.testing import CliRunner


class Opened(Exception):
    """What a command would have opened, as its `choice`."""


@pytest.fixture
def choice_of(monkeypatch, tmp_path):
    """choice_of(*arguments, config="", stdin="", **environment): the choice of `atsock resolve x`, or its result."""

    def opened_modem(choice):
        raise Opened(choice)

    def run(*arguments, config=None, stdin="", **environment):
        file = tmp_path / "config.toml"
        if config is not None:
            file.write_text(config)
            environment["ATSOCK_CONFIG"] = str(file)
        monkeypatch.setattr("atsock_host.cli.net.opened_modem", opened_modem)
        monkeypatch.setattr("click.get_app_dir", lambda name: str(tmp_path / "nothing"))
        result = CliRunner().invoke(cli.main, ["resolve", *arguments, "x"], input=stdin, env=environment)
        return result.exception.args[0] if isinstance(result.exception, Opened) else result

    return run


def test_the_environment_stands_in(choice_of):
    choice = choice_of(
        ATSOCK_PORT="/dev/ttyUSB7", ATSOCK_APN="iot.example", ATSOCK_BAUD="9600", ATSOCK_DIALECT="l610",
        ATSOCK_USER="u", ATSOCK_PASSWORD="p", ATSOCK_PIN="0000", ATSOCK_RTSCTS="1", ATSOCK_ACCESS="push")
    assert (choice.port, choice.apn, choice.baud, choice.dialect) == ("/dev/ttyUSB7", "iot.example", 9600, "l610")
    assert session.account(choice) == {"user": "u", "password": "p", "pin": "0000"}
    assert choice.rtscts is True and choice.access == "push"


def test_so_does_the_config_file(choice_of):
    choice = choice_of(config='port = "COM5"\nbaud = 9600\nrtscts = true\napn = "a"\npin = "0123"\n')
    assert (choice.port, choice.baud, choice.rtscts, choice.apn, choice.pin) == ("COM5", 9600, True, "a", "0123")


def test_the_command_line_wins_then_the_environment(choice_of):
    config = 'port = "c"\napn = "c"\nuser = "c"\n'
    choice = choice_of("--port", "l", config=config, ATSOCK_PORT="e", ATSOCK_APN="e")
    assert (choice.port, choice.apn, choice.user) == ("l", "e", "c")


def test_what_belongs_to_the_port_is_not_a_virtual_modules(choice_of):
    config = 'port = "c"\ndialect = "l610"\nbaud = 9600\nuser = "u"\n'
    choice = choice_of("--sim", "bg96", config=config, ATSOCK_APN="a")
    assert (choice.sim, choice.port, choice.dialect, choice.baud, choice.user) == ("bg96", None, None, None, None)
    assert choice.apn == "a"


@pytest.mark.parametrize(
    "config, complaint",
    [("port = ", "Invalid value"), ('bad = "x"', "bad is none of port, baud"), ("baud = 10", "10 is not in the range"),
     ('dialect = "bg97"', "'bg97' is not one of"), ("apn = [1]", "apn is one value"), ("rtscts = 3", "rtscts: ")])
def test_a_wrong_config_file_is_wrong_usage(choice_of, config, complaint):
    result = choice_of(config=config)
    assert result.exit_code == 2
    assert "config.toml: " in result.stderr and complaint in result.stderr


def test_a_wrong_environment_is_wrong_usage(choice_of):
    assert "ATSOCK_BAUD: baud: 'fast' is not a valid" in choice_of(ATSOCK_BAUD="fast").stderr
    assert "there is no /nowhere" in choice_of(ATSOCK_CONFIG="/nowhere").stderr


def test_without_any_of_them_no_module_is_chosen(choice_of):
    assert choice_of().exit_code == 2


def test_secrets_are_asked_for_and_not_shown(choice_of):
    choice = choice_of("--sim", "bg96", "--ask-password", "--ask-pin", stdin="s3cret\n4711\n")
    assert session.account(choice) == {"user": None, "password": "s3cret", "pin": "4711"}


def test_nobody_to_ask(choice_of):
    assert choice_of("--sim", "bg96", "--ask-pin").exit_code in (1, 130)


@pytest.mark.parametrize(
    "line, written",
    [(b'AT+CPIN="4711"\r', b'AT+CPIN="****"\r'),
     (b"at+cpin=4711\r", b"at+cpin=****\r"),
     (b'AT+CLCK="SC",1,"4711"\r', b'AT+CLCK="SC",1,"****"\r'),
     (b'AT+QICSGP=1,1,"internet","u","s3cret",3\r', b'AT+QICSGP=1,1,"internet","u","******",*\r'),
     (b'\xffAT+CGAUTH=1,3,"u","s3cret"\r\r\nOK\r\n', b'\xffAT+CGAUTH=1,3,"*","******"\r\r\nOK\r\n'),
     (b'AT+MIPCALL=1,"internet","u","s3cret"\r', b'AT+MIPCALL=1,"internet","*","******"\r'),
     (b'AT+CMEE=2;+CPIN="4711"\r', b'AT+CMEE=2;+CPIN="****"\r'),
     (b'AT+CPIN = "4711"\r', b'AT+CPIN = "****"\r'),
     (b'\xffT+CPIN="4711"\r', b'\xffT+CPIN="****"\r'),
     (b'AT+MQTTUSER=1,"u","s3cret"\r', b'AT+MQTTUSER=1,"u","******"\r'),
     (b'AT+QHTTPCFG="auth","u:s3cret"\r', b'AT+QHTTPCFG="auth","********"\r'),
     (b'AT*MCGDEFCONT="IP","apn","u","s3cret"\r', b'AT*MCGDEFCONT="IP","apn","*","******"\r'),
     (b'AT$QCPDPP=1,1,"s3cret","u"\r', b'AT$QCPDPP=1,1,"******","*"\r'),
     (b'AT+CNCFG=0,1,"apn","u","s3cret",1\r', b'AT+CNCFG=0,1,"apn","u","******",*\r'),
     (b'AT+CSSLCFG="password",0,"s3cret"\r', b'AT+CSSLCFG="password",0,"******"\r'),
     (b'AT+CSSLCFG="cacert",0,"ca.pem"\r', b'AT+CSSLCFG="cacert",0,"ca.pem"\r'),
     (b'AT+CSMTPSAUTH=1,"u","s3cret"\r', b'AT+CSMTPSAUTH=1,"u","******"\r'),
     (b'\r\n+QICSGP: 1,"internet","u","s3cret",3\r\n', b'\r\n+QICSGP: 1,"internet","u","******",*\r\n'),
     (b'\r\n+CGAUTH: 1,1,"u","s3cret"\r\n', b'\r\n+CGAUTH: 1,1,"*","******"\r\n'),
     (b"AT+CPIN?\r", b"AT+CPIN?\r"),
     (b"\r\n+CPIN: SIM PIN\r\n", b"\r\n+CPIN: SIM PIN\r\n"),
     (b"AT+QISEND=0,4\r", b"AT+QISEND=0,4\r")])
def test_secrets_are_not_in_a_trace(line, written):
    assert hide_secrets(line) == written


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no way to the arguments elsewhere")
def test_secrets_are_not_in_the_process_list():
    """Of a command that goes on: what ps shows of its options."""
    arguments = [sys.executable, "-c", ("import time\nfrom atsock_host.cli import argv\n"
                 "argv.hide(('--password', '--pin'))\nprint(flush=True)\ntime.sleep(60)"),
                 "--password", "s3cret", "--apn", "internet", "--pin=4711", "--pin", "--pin", "4711"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            with open(f"/proc/{process.pid}/cmdline", "rb") as file:
                shown = file.read().split(b"\0")[3:-1]
        finally:
            process.kill()
    assert shown == [b"--password", b"******", b"--apn", b"internet", b"--pin=****", b"--pin", b"*****", b"4711"]


def test_the_command_line_hides_them(monkeypatch):
    """The arguments of the process, not those that a program gives to main()."""
    seen = []
    monkeypatch.setattr(cli.argv, "hide", seen.append)
    monkeypatch.setattr(sys, "argv", ["atsock", "--version"])
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert not seen
    with pytest.raises(SystemExit):
        cli.main()
    assert seen == [("--password", "--pin")]


def pieces(file, now, said):
    """Write a trace of (seconds of silence before it, direction, bytes); what stands in it, without times and ends."""
    writer = TraceWriter(file, lambda: now[0])
    for pause, direction, data in said:
        now[0] += pause
        writer.record(direction, data)
    writer.flush()
    return "".join(record.data.decode("latin-1") for record in read_trace(file.getvalue().split("\n")))


@pytest.mark.parametrize("pause", (0.0, 1.0))
@pytest.mark.parametrize("size", (1, 2, 5, 100))
@pytest.mark.parametrize("spoilt", (b"AT+CPIN=", b"\xffT+CPIN=", b"+CPIN="))
def test_secrets_are_not_in_a_trace_in_pieces(pause, size, spoilt):
    """What the port takes and gives in pieces with silences between; the other direction stands between them, too."""
    sent, echo = b'AT+CPIN="4711"\r', spoilt + b'"4711"\r\r\nOK\r\n'
    said = []
    for at in range(0, len(echo), size):
        said += [(pause, ">", sent[at:at + size]), (pause, "<", echo[at:at + size])]
    shown = pieces(io.StringIO(), [0.0], [(wait, way, data) for wait, way, data in said if data])
    assert not set("47") & set(shown), shown
    assert shown.count("*") == 8


def test_an_answer_that_quotes_a_secret():
    """In whatever form: until the next command, which may have the same bytes for another reason."""
    shown = pieces(io.StringIO(), [0.0], [
        (0, ">", b"AT+CPIN=4711\r"), (1, "<", b"\r\nwrong: 4711\r\n"), (1, ">", b"AT+CSQ\r"), (1, "<", b"4711")])
    assert shown == "AT+CPIN=****\r\r\nwrong: ****\r\nAT+CSQ\r4711"


def test_a_trace_is_the_owners_only(tmp_path):
    path = tmp_path / "trace"
    path.write_text("an old one")
    path.chmod(0o644)

    class Port:
        def write(self, buf):
            return len(buf)

        def close(self):
            pass

    with TracePort(Port(), path) as port:
        port.write(b'AT+CPIN="4711"\r')
    assert path.stat().st_mode & 0o777 == 0o600 or os.name == "nt"
    assert "4711" not in path.read_text() and "old" not in path.read_text()


def test_escape_sequences_stay_text():
    said = words.one_line("a\x1b[31mred\x07\x9b1m\u202e\n\tb\udc80ü€")
    assert said == "a\\x1b[31mred\\x07\\x9b1m\\u202e\\n\\tb\\udc80ü€"
    assert words.clean("two\nlines\x7f") == "two\nlines\\x7f"
    assert words.sentence(OSError(5, "no\x1b]0;title\x07\nway")) == "no\\x1b]0;title\\x07\\nway"
    assert words.sentence(ValueError("\x1b")) == "\\x1b"
