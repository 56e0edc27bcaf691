"""An exception nobody expected ends neither the module nor its process: ERROR, a report, a count."""

import os
import subprocess
import sys

import pytest

from atsock_host import Simulator
from atsock_host.simulator import SimulatorError
from atsock_host.simulator.common import CommonModule
from atsock_host.simulator.fibocom import L610, NL668
from atsock_host.simulator.module import at, printable
from atsock_host.simulator.simcom import SIM7028
from fibocombench import MipBench
from simbench import ROOT, Bench


class Faulty(CommonModule):
    @at("+FAULT")
    def fault(self, form, args):
        raise KeyError("\xb5 missing")

    @at("+LATE")
    def late(self, form, args):
        self.after(100, lambda: self.nothing)

    @at("+TAKE")
    def taken(self, form, args):
        self.prompt(lambda data: data.nothing, count=2, timeout_ms=5000)


def faulty():
    b = Bench(Faulty)
    b.module.RAISES = False
    b.reports = []
    b.module.trace = b.reports.append
    return b


@pytest.mark.parametrize("steps", [["AT+FAULT\r"], ["AT+LATE\r", 100], ["AT+TAKE\r", "ab"], ["AT+CSQ;+FAULT;+CSQ\r"]])
def test_the_command_ends_with_error_and_the_module_goes_on(steps, capsys):
    b = faulty()
    for step in steps:
        b.tx(step) if isinstance(step, str) else b.wait(step)
    assert b.rx().endswith(b"\r\nERROR\r\n")
    assert b.ask("AT") == b"\r\nOK\r\n"
    b.wait(10_000)
    assert b.rx() == b""
    assert b.module.exceptions_seen == 1
    assert "Traceback" in b.module.exceptions[0] and "[AT+" in b.module.exceptions[0]
    assert b.module.exceptions[0] in capsys.readouterr().err
    assert all(line.isascii() and line[:2] in ("# ", "! ") for report in b.reports for line in report.splitlines())


def test_reports_are_counted_and_not_kept_without_end():
    b = faulty()
    for _ in range(300):
        b.ask("AT+FAULT", until=b"ERROR\r\n")
    assert (b.module.exceptions_seen, len(b.module.exceptions)) == (300, 100)
    for _ in range(1500):
        b.ask("AT+NONSENSE", until=b"ERROR\r\n")
    assert (len(b.module.violations), b.module.violations_left_out) == (1000, 500)


def test_lines_that_were_the_end_of_a_process():
    b = Bench(SIM7028)
    for line in ('AT+CDNSCFG=""', "AT;", "AT&W", "AT\xdf+CSQ?", "AT+CMEE=\xb2", "ATS5=" + "9" * 2000,
                 '\xdfAT+CREG="\xff"'):
        b.tx(line + "\r")
        assert b.rx().endswith((b"OK\r\n", b"ERROR\r\n")), line


@pytest.mark.parametrize("module_class", [NL668, L610])
def test_asking_for_data_while_a_listener_closes(module_class):
    b = MipBench(module_class)
    b.ask('AT+GTSET="IPRFMT",5')
    b.ask('AT+MIPOPEN=1,5000,"0.0.0.0",0,0')
    b.wait(100)
    b.ask("AT+MIPCLOSE=1")
    b.rx()
    assert b.ask("AT+MIPREAD?") == b"\r\nOK\r\n"


def test_text_for_traces():
    assert printable("a\x00\x85\xff\u20ac\\") == "a\\x00\\x85\\xff\\u20ac\\"


def test_a_trace_takes_whatever_comes(tmp_path):
    path = tmp_path / "trace"
    with Simulator("bg96", trace=path) as sim:
        line = os.open(sim.port, os.O_RDWR | os.O_NOCTTY)
        os.write(line, bytes(range(14, 256)) + b"AT+\xff\x85\xdf=\xb5\r")
        assert sim.control("urc caf\u00e9 \u20ac") is None
        sim.control("status")
        os.close(line)
        assert sim.control("exceptions") == []
        assert any("\\x85" in text for text in sim.violations())
    lines = path.read_text(encoding="ascii").splitlines()
    assert all(line[:2] in ("> ", "< ", "! ") for line in lines)


def test_a_control_word_that_fails_is_answered():
    with Simulator("bg96") as sim:
        with pytest.raises(SimulatorError, match="unknown control command '__class__'"):
            sim.control("__class__")
        assert sim.control("status")["alive"]


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "sim7028", "nl668", "l610"])
def test_every_byte_at_every_place_of_a_line(dialect):
    """The process answers to the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "atsock_host.simulator", dialect], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "host")})
    line = os.open(process.stdout.readline().strip(), os.O_RDWR | os.O_NOCTTY)
    for char in range(256):
        os.write(line, b"AT%c\rAT+%c\r%c\r" % (char, char, char))
        os.read(line, 65536)
    process.stdin.write(b"status\n")
    process.stdin.flush()
    assert b'"alive": true' in process.stdout.readline()
    os.close(line)
    process.communicate(timeout=10)
    assert process.returncode == 0
