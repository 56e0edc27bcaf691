"""atsock doctor and info: set-ups that work, and one for each thing that can be wrong with one."""

import contextlib
import datetime
import json
import os
import re
import socket
import ssl
import threading
import tty
from pathlib import Path

import pytest
import trustme
from atsock_host import Simulator, cli
from atsock_host.cli import advice as texts
from atsock_host.cli import doctor, probe
from click.testing import CliRunner


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """What is waited for in vain is waited for briefly."""
    for module, name, value in (
            (doctor, "REGISTER_S", 0.2), (doctor, "SIM_S", 0.1), (doctor, "POLL_S", 0.02), (probe, "TURN_S", 0.2),
            (probe, "GUARD_S", 0.2), (probe, "SPEEDS", (115200, 9600))):
        monkeypatch.setattr(module, name, value)


def run(*arguments):
    return CliRunner().invoke(cli.main, list(arguments))


def diagnosis(*arguments):
    """(exit status, {step: [state, detail, advice, source]})."""
    result = run("doctor", "--json", *arguments)
    report = json.loads(result.stdout)
    steps = {step["step"]: [step[name] for name in ("state", "detail", "advice", "source")] for step in report["steps"]}
    assert report["ok"] == (result.exit_code == 0) and (report["failed"] is None) == report["ok"]
    if report["failed"]:
        assert result.stderr.startswith(f"Error: {report['failed']}: ") and result.stderr.count("\n") == 1
    return report["failed"], steps


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "sim7028", "nl668", "l610"])
def test_a_set_up_that_works(dialect):
    failed, steps = diagnosis("--sim", dialect)
    assert failed is None
    for name in ("port", "speed", "echo", "identity", "SIM", "signal", "registration", "APN", "context"):
        assert steps[name][0] == "ok", steps[name]
    assert steps["SIM"][1] == "ready, number 89860000000000000017"
    assert steps["DNS"][0] == "skipped"


def test_what_a_person_sees():
    lines = run("doctor", "--sim", "bg96").stdout.splitlines()
    assert lines[0] == "ok      port          virtual bg96 opens"
    assert any(line.startswith("ok      context       active, address ") for line in lines)


FAULTS = [      # fault, step that fails, what is said, words of the advice
    ("sim-missing", "SIM", "SIM not inserted", "put a SIM card in"),
    ("sim-pin", "SIM", "the SIM card wants its PIN", "--ask-pin"),
    ("not-registered", "registration", "searching", "antenna"),
]


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "nl668"])
@pytest.mark.parametrize("fault, step, said, advice", FAULTS)
def test_what_is_wrong(dialect, fault, step, said, advice):
    with Simulator(dialect, faults=[fault]) as module:
        failed, steps = diagnosis("--port", module.port, "--apn", "internet")
    assert failed == step
    assert said in steps[step][1] and advice in steps[step][2] and "27.007" in steps[step][3]


def test_a_pin_that_is_given():
    with Simulator("bg96", faults=["sim-pin"]) as module:
        failed, steps = diagnosis("--port", module.port, "--apn", "internet", "--pin", "1234")
    assert failed == "DNS" and steps["context"][0] == "ok"      # the virtual module knows no example.com
    assert steps["SIM"][1] == "ready with its PIN, number 89860000000000000017"
    assert steps["registration"][0] == "ok"


@pytest.mark.parametrize("how, warned", [({"model": "G510"}, False), ({"settings": {"model": "X1"}}, True)])
def test_a_model_that_is_not_known(how, warned):
    with Simulator("nl668", faults=["sim-missing"], **how) as module:
        failed, steps = diagnosis("--port", module.port)
    assert failed == "SIM" and ("dialect" in steps) == warned


def test_an_apn_that_is_missing():
    with Simulator("bg96", faults=["apn-required"]) as module:
        failed, steps = diagnosis("--port", module.port)
    assert failed == "context" and steps["APN"][0] == "warning"
    assert "which APN does this card have" in steps["context"][2] and steps["context"][3].startswith("BG96 TCP/IP")


@pytest.mark.parametrize("dialect, activation", [("bg96", "QIACT=1"), ("sim7028", "NETOPEN"), ("l610", "MIPCALL=1.*")])
def test_an_apn_that_the_network_refuses(dialect, activation):
    with Simulator(dialect, answers=[{"command": rf"AT\+{activation}", "result": "ERROR"}]) as module:
        failed, steps = diagnosis("--port", module.port, "--apn", "elsewhere")
    assert failed == "context" and "is 'elsewhere' the APN of this card" in steps["context"][2]
    assert steps["context"][1].startswith("activating, check APN, user and password: AT+")


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "l610"])
def test_a_pin_that_is_wrong(dialect):
    """It is told once, and nothing behind it: the last line is that of the SIM card.  The third one locks the card."""
    with Simulator(dialect, faults=["sim-pin"]) as module:
        failed, steps = diagnosis("--port", module.port, "--apn", "internet", "--pin", "9999")
        assert failed == "SIM" and "refused the PIN" in steps["SIM"][1] and "three wrong ones" in steps["SIM"][2]
        assert "9999" not in str(steps) and list(steps)[-1] == "SIM"
        result = run("doctor", "--port", module.port, "--apn", "internet", "--pin", "9998")
    said = [line for line in result.stdout.splitlines() if not line.startswith("ok")]
    assert [line.split()[:2] for line in said] == [["FAILED", "SIM"], ["what", "to"], ["written", "in:"]]
    assert said[2].strip() == "written in: 3GPP TS 27.007 8.3 and 9.2"
    assert result.stderr == "Error: the step SIM failed\n"      # the words themselves stand above


def test_a_pin_that_is_none_is_not_sent():
    """It would cost one of three."""
    with Simulator("bg96", faults=["sim-pin"]) as module:
        failed, steps = diagnosis("--port", module.port, "--pin", "12a4")
        assert failed == "SIM" and steps["SIM"][1] == "the PIN that is given has not 4 to 8 digits"
        assert diagnosis("--port", module.port, "--apn", "internet", "--pin", "1234")[1]["SIM"][0] == "ok"
        assert module.violations() == []


def test_a_network_that_refuses_the_card():
    with Simulator("nl668", settings={"registration": "3"}) as module:
        failed, steps = diagnosis("--port", module.port, "--apn", "internet")
    assert failed == "registration" and steps["registration"][1] == "denied"
    assert "is the contract active" in steps["registration"][2]


def test_a_name_that_does_not_exist():
    with Simulator("bg96", hosts={"there.example": "127.0.0.1"}) as module:
        failed, steps = diagnosis("--port", module.port, "--apn", "internet", "--name", "nowhere.example")
    assert failed == "DNS" and "nowhere.example" in steps["DNS"][1]


def test_a_server_that_does_not_listen(monkeypatch):
    monkeypatch.setattr(doctor, "TCP_PORT", 1)
    failed, steps = diagnosis("--sim", "bg96", "--host", "there.example=127.0.0.1", "--name", "there.example")
    assert failed == "TCP" and steps["DNS"][1] == "there.example is 127.0.0.1"
    assert steps["TCP"][1].startswith("there.example:1: ")


class Server:
    """A server of this computer at which `greet` looks: it takes a connection and does what it likes with it."""

    def __init__(self, greet):
        self._greet = greet
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):      # until it is closed
            while True:
                client = self._listening.accept()[0]
                with contextlib.closing(client), contextlib.suppress(OSError):
                    self._greet(client)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._listening.close()


def plain(client):
    client.recv(1000)
    client.sendall(b"HTTP/1.0 400 Bad request\r\n\r\n")


def ends(client):
    client.recv(1000)


def test_a_virtual_module_with_one_plain_server():
    """As the pages say it: --host NAME=ADDRESS:PORT, and a web server without TLS behind that.  All is well."""
    with Server(plain) as server:
        failed, steps = diagnosis("--sim", "bg96", "--host", f"example.com=127.0.0.1:{server.port}")
    assert failed is None and steps["TCP"][0] == "ok"
    assert steps["TLS"][:2] == ["skipped", "your server behind --host example.com=... speaks no TLS"]


@pytest.mark.parametrize("greet, what", [(plain, texts.NO_TLS), (ends, texts.BROKEN_OFF)])
def test_a_peer_without_tls(greet, what):
    with Server(greet) as server, Simulator("bg96", hosts={"example.com": f"127.0.0.1:{server.port}"}) as module:
        failed, steps = diagnosis("--port", module.port, "--apn", "internet")
        assert failed == "TLS" and steps["TLS"][1].startswith(f"example.com:443: {what[0]} (")
        assert steps["TLS"][2] == what[1] and "_ssl.c" not in steps["TLS"][1] and "clock" not in steps["TLS"][2]
        failed, steps = diagnosis("--port", module.port, "--apn", "internet", "--no-tls")
        assert failed is None and steps["TLS"][:2] == ["skipped", "--no-tls"]


DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.timezone.utc)
CERTIFICATES = [        # of trustme: name, how it differs; what is said
    ("example.com", {}, None),
    ("example.com", {"not_before": NOW - 2 * DAY, "not_after": NOW - DAY}, texts.EXPIRED),
    ("example.com", {"not_before": NOW + DAY, "not_after": NOW + 2 * DAY}, texts.TOO_EARLY),
    ("elsewhere.example", {}, texts.OTHER_NAME),
    ("example.com", {"ours": False}, texts.UNKNOWN_ISSUER),
]


@pytest.mark.parametrize("name, terms, what", CERTIFICATES)
def test_certificates(tmp_path, monkeypatch, name, terms, what):
    authority, stranger = trustme.CA(), trustme.CA()
    terms = dict(terms)
    issuer = authority if terms.pop("ours", True) else stranger
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert(name, **terms).configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    def greet(client):
        context.wrap_socket(client, server_side=True).close()

    with Server(greet) as server:
        failed, steps = diagnosis("--sim", "bg96", "--host", f"example.com=127.0.0.1:{server.port}")
    if what is None:
        assert failed is None and steps["TLS"][1].endswith("the certificate of example.com is good")
    else:
        assert failed == "TLS" and steps["TLS"][1].startswith(f"example.com:443: {what[0]} (")
        assert steps["TLS"][2] == what[1]


def test_a_port_that_does_not_exist():
    failed, steps = diagnosis("--port", "/dev/no-such-port")
    assert failed == "port" and "does not exist" in steps["port"][1]


@pytest.mark.parametrize("fault", ["echo-stays", "prompt-bare", "cut"])
def test_what_does_no_harm(fault):
    with Simulator("bg96", faults=[fault]) as module:
        assert diagnosis("--port", module.port, "--apn", "internet")[1]["context"][0] == "ok"


class Line:
    """A pseudo-terminal whose other end answers whatever comes by `answer` (bytes to bytes)."""

    def __init__(self, answer):
        self._mine, other = os.openpty()
        tty.setraw(other)
        self.port = os.ttyname(other)
        self._other, self._answer = other, answer
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            while data := os.read(self._mine, 100):
                os.write(self._mine, self._answer(data))
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        os.close(self._other)
        os.close(self._mine)


@pytest.mark.parametrize(
    "answer, said, advice",
    [(lambda data: b"", "silence (tried 115200, 9600 bit/s)", "TX wired to RX"),
     (lambda data: data, "only the echo comes back", "TX and RX may be joined"),
     (lambda data: b"\xf0\x9e\x00\xfe\xf8", "what comes is no text (f0 9e 00 fe f8", "another speed"),
     (lambda data: b"\r\nERROR\r\n", "answers AT with ERROR", "switch it off and on"),
     (lambda data: b"$GPRMC,,V,,,,,,,,,,N*53\r\n", "something speaks, but does not answer AT: '$GPRMC", "other ports")])
def test_a_line_without_a_module(answer, said, advice):
    with Line(answer) as line:
        failed, steps = diagnosis("--port", line.port)
    assert failed == "answer" and said in steps["answer"][1] and advice in steps["answer"][2]


def test_a_port_in_data_mode():
    """What an earlier program has left: AT goes to its connection until +++ is said."""
    state = {"data": True}

    def answer(data):
        if state["data"]:
            state["data"] = data != b"+++"
            return b"" if state["data"] else b"\r\nOK\r\n"
        return b"\r\nOK\r\n" if data == b"AT\r" else b"\r\nERROR\r\n"

    with Line(answer) as line:
        failed, steps = diagnosis("--port", line.port)
    assert steps["data mode"][0] == "warning" and failed == "identity"
    assert steps["speed"][:2] == ["ok", "115200 bit/s"]         # and no other one is tried


def test_no_port_at_all(monkeypatch):
    monkeypatch.setattr(doctor.list_ports, "comports", lambda: [])
    failed, steps = diagnosis()
    assert failed == "port" and "no serial port" in steps["port"][1] and "--sim" in steps["port"][2]


def test_the_port_is_found(monkeypatch):
    class Port:
        def __init__(self, device):
            self.device, self.description = device, "n/a"

        def __lt__(self, other):
            return self.device < other.device

    with Simulator("a7600") as module, Line(lambda data: b"") as silent:
        monkeypatch.setattr(doctor.list_ports, "comports", lambda: [Port(silent.port), Port(module.port)])
        failed, steps = diagnosis("--apn", "internet")
    assert failed == "DNS" and steps["identity"][1].startswith("SIMCOM")


def test_info_as_json():
    found = json.loads(run("info", "--sim", "sim7028", "--json").stdout)
    assert (found["model"], found["SIM"], found["ICCID"]) == ("SIM7028", "READY", "89860000000000000017")
    assert (found["operator"], found["technology"], found["signal"]) == ("Simulated", "NB-IoT", -67)
    assert found["bit_errors"] == 0 and found["APN"] is None


def test_info_without_a_sim_card():
    with Simulator("bg96", faults=["sim-missing"]) as module:
        said = run("info", "--port", module.port).stdout
    assert "\nSIM           SIM not inserted\n" in said


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "sim7028", "nl668", "l610"])
def test_info_of_a_module_that_nobody_has_attached(dialect):
    """That there is none, is known."""
    said = run("info", "--sim", dialect).stdout
    assert "\nAPN           none stored\n" in said and "\naddress       none, no context is active\n" in said
    assert json.loads(run("info", "--sim", dialect, "--json").stdout)["address"] is None


def test_info_without_a_network():
    with Simulator("bg96", faults=["not-registered"]) as module:
        assert "\noperator      none\ntechnology    none\n" in run("info", "--port", module.port).stdout


def test_info_of_a_module_that_does_not_tell():
    refused = [{"command": rf"AT\+{name}", "result": "ERROR"} for name in (r"CGDCONT\?", "CGPADDR")]
    with Simulator("bg96", answers=refused) as module:
        said = run("info", "--port", module.port).stdout
    assert "\nAPN           unknown\n" in said and said.endswith("\naddress       unknown\n")


def test_info_of_a_module_with_an_apn():
    with Simulator("bg96", settings={"apn": "internet"}) as module:
        assert "\nAPN           internet\n" in run("info", "--port", module.port).stdout


PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.*?) \| `?(--.*?|leave.*?)`? \| `(\w+) (\w+)` \|$", PAGE.partition("how to make it\n")[2],
                  re.MULTILINE)


def test_the_rows_of_the_page_are_all_there():
    assert len(ROWS) == 11 and ROWS[0] == ("no SIM card", "--fault sim-missing", "FAILED", "SIM")


@pytest.mark.parametrize("what, options, state, step", ROWS, ids=[row[0] for row in ROWS])
def test_what_goes_wrong_and_how_to_make_it(what, options, state, step):
    """The table of docs/simulator.md does what it says."""
    given = dict(re.findall(r"--(\w+) ([^ `]+)", options))
    settings = dict([given["set"].split("=")]) if "set" in given else {}
    hosts = dict([given["host"].split("=")]) if "host" in given else {}
    answers = [{"command": r"AT\+QIACT=1", "result": "ERROR"}] if "answers" in given else []
    faults = [given["fault"]] if "fault" in given else []
    apn = () if what.startswith("no APN") else ("--apn", "internet")
    with Simulator("bg96", faults=faults, settings=settings, hosts=hosts, answers=answers,
                   baudrate=int(given.get("baud", 0))) as module:
        failed, steps = diagnosis("--port", module.port, *apn)
    assert steps[step][0] == state.lower() and failed == (step if state == "FAILED" else "DNS")
