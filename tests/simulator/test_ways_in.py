"""Ways to the line of a virtual module: TCP, RFC 2217, standard input and output; speeds; the control channel."""

import contextlib
import json
import os
import select
import selectors
import socket
import subprocess
import sys
import time

import pytest
import serial

from atsock_host import Simulator
from atsock_host.simulator import SimulatorError
from atsock_host.simulator.rfc2217 import Rfc2217End
from simbench import ROOT

PATIENCE_S = 10


class Client:
    """A program on the other side of a TCP connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)

    def ask(self, text, end=b"OK\r\n"):
        self.socket.sendall(text.encode() + b"\r\n")
        return self.read_until(end)

    def read_until(self, end):
        got = b""
        while not got.endswith(end):
            data = self.socket.recv(4096)
            assert data, got
            got += data
        return got

    def close(self):
        self.socket.close()


def tcp_port(sim):
    return int(sim.port.rpartition(":")[2])


def test_tcp_and_a_host_that_comes_again():
    with Simulator("l610", tcp=0) as sim:
        assert sim.port.startswith("socket://127.0.0.1:")
        first = Client(tcp_port(sim))
        assert first.ask("ATE0") == b"ATE0\r\r\nOK\r\n"
        first.close()
        sim.control("urc LOST")         # nobody is there
        second = Client(tcp_port(sim))
        assert second.ask("AT+CSQ") == b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n"
        third = Client(tcp_port(sim))   # the second one may have died without a word
        assert third.ask("AT") == b"\r\nOK\r\n"
        assert second.socket.recv(1) == b""
        second.close()
        third.close()
        assert sim.exceptions() == []


def test_pyserial_opens_the_url():
    with Simulator("bg96", tcp=0) as sim, serial.serial_for_url(sim.port, timeout=PATIENCE_S) as port:
        port.write(b"ATI\r\n")
        assert port.read_until(b"OK\r\n").startswith(b"ATI\r\r\nQuectel\r\n")


def rfc2217(sim, **settings):
    return serial.serial_for_url(sim.port, timeout=PATIENCE_S, **settings)


def test_rfc2217_carries_every_byte():
    server = socket.create_server(("127.0.0.1", 0))
    with Simulator("bg96", rfc2217=0) as sim, rfc2217(sim, baudrate=115200) as port:
        assert sim.port.startswith("rfc2217://127.0.0.1:")
        def ask(text, end=b"OK\r\n"):
            port.write(text.encode() + b"\r\n")
            return port.read_until(end)
        ask("ATE0")
        ask("AT+QISDE=0")
        ask("AT+QIACT=1")
        ask(f'AT+QIOPEN=1,0,"TCP","127.0.0.1",{server.getsockname()[1]},0,2', b"CONNECT\r\n")
        peer, _ = server.accept()
        peer.sendall(bytes(range(256)))
        assert port.read(256) == bytes(range(256))
        port.write(bytes(range(256)))
        got = b""
        while len(got) < 256:
            got += peer.recv(4096)
        assert got == bytes(range(256))
        peer.close()
    server.close()


@pytest.mark.slow
def test_rfc2217_to_a_host_that_reads_late():
    """What the client did not take at once goes out when it does, the last byte, too."""
    sent = bytes(range(256)) * 32768
    selector = selectors.SelectSelector()
    end = Rfc2217End()
    done = 0

    def ready(events):
        nonlocal done
        while events & selectors.EVENT_WRITE and done < len(sent):
            try:
                done += end.write(sent)
            except BlockingIOError:
                break
        end.watch(selectors.EVENT_READ | (selectors.EVENT_WRITE if done < len(sent) else 0))

    end.attach(selector, ready)
    end.watch(selectors.EVENT_READ | selectors.EVENT_WRITE)
    client = socket.create_connection(("127.0.0.1", int(end.port.rpartition(":")[2])), PATIENCE_S)
    client.settimeout(0.001)
    got = bytearray()
    limit = time.monotonic() + 3 * PATIENCE_S
    while got.count(b"\xff\xff") < 32768:     # 0xFF is doubled; telnet's own bytes hold no pair of it
        assert time.monotonic() < limit, (done, len(got))
        for key, events in selector.select(0.01):
            key.data(events)
        if done == len(sent) or done and not selector.select(0):
            with contextlib.suppress(TimeoutError):
                got += client.recv(65536)
    assert done == len(sent)
    client.close()
    end.close()


def test_rfc2217_power_key_and_reset():
    with Simulator("bg96", rfc2217=0, settings={"boot-ms": 10}) as sim, rfc2217(sim) as port:
        port.write(b"AT\r")
        port.read_until(b"OK\r\n")
        assert sim.control("status")["alive"]       # that the port was opened has pressed nothing
        port.dtr = False
        port.dtr = True
        assert port.read_until(b"DOWN\r\n").endswith(b"POWERED DOWN\r\n")
        assert not sim.control("status")["alive"]
        port.dtr = False
        port.dtr = True
        assert port.read_until(b"APP RDY\r\n").startswith(b"\r\nRDY\r\n")
        port.rts = False
        port.rts = True
        assert port.read_until(b"APP RDY\r\n").startswith(b"\r\nRDY\r\n")


def test_rfc2217_dtr_as_the_command_says():
    server = socket.create_server(("127.0.0.1", 0))
    with Simulator("bg96", rfc2217=0, dtr="data") as sim, rfc2217(sim) as port:
        for command in ("ATE0", "AT&D1", "AT+QIACT=1"):
            port.write(command.encode() + b"\r")
            port.read_until(b"OK\r\n")
        port.write(f'AT+QIOPEN=1,0,"TCP","127.0.0.1",{server.getsockname()[1]},0,2\r'.encode())
        port.read_until(b"CONNECT\r\n")
        port.dtr = False
        assert port.read_until(b"OK\r\n") == b"\r\nOK\r\n"
        assert sim.control("status")["alive"]
    server.close()


def test_a_wrong_speed_is_garbage_over_rfc2217():
    with Simulator("bg96", rfc2217=0, baudrate=115200) as sim, rfc2217(sim, baudrate=115200) as port:
        port.write(b"ATE0\r")
        assert port.read_until(b"OK\r\n") == b"ATE0\r\r\nOK\r\n"
        port.write(b"AT+IPR=9600\r")
        assert port.read_until(b"OK\r\n") == b"\r\nOK\r\n"      # still with the old one
        sim.control("urc RING")
        assert b"RING" not in port.read(8)
        port.baudrate = 9600
        port.write(b"\rAT\r")
        assert port.read_until(b"OK\r\n").endswith(b"\r\nOK\r\n")


def test_ipr_changes_the_pace():
    with Simulator("bg96", baudrate=115200, tcp=0) as sim:
        client = Client(tcp_port(sim))
        client.ask("ATE0")
        before = time.monotonic()
        client.ask("AT+CGMR")
        fast = time.monotonic() - before
        client.ask("AT+IPR=1200")
        before = time.monotonic()
        client.ask("AT+CGMR")           # 9 bytes out, 27 back: 300 ms
        slow = time.monotonic() - before
        assert 0.28 < slow and fast < slow / 3
        client.close()


def test_a_pseudo_terminal_minds_the_speed_when_asked_to():
    with Simulator("bg96", baudrate=115200, faults=["wrong-rate"]) as sim:
        with serial.Serial(sim.port, 115200, timeout=PATIENCE_S) as port:
            port.write(b"ATE0\r")
            assert port.read_until(b"OK\r\n").endswith(b"OK\r\n")
            port.baudrate = 9600
            sim.control("urc RING")
            assert b"RING" not in port.read(8)
            sim.control("no-fault wrong-rate")
            port.write(b"\rAT\r")
            assert port.read_until(b"OK\r\n").endswith(b"\r\nOK\r\n")


def test_standard_input_and_output():
    process = subprocess.Popen(
        [sys.executable, "-m", "atsock_host.simulator", "a7600", "--stdio", "--control", "0"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT / "host")})
    control = Client(int(process.stderr.readline().split()[1]))
    process.stdin.write(b"AT+CPIN?\r\n")
    process.stdin.flush()
    expected = b"AT+CPIN?\r\r\n+CPIN: READY\r\n\r\nOK\r\n"
    assert process.stdout.read(len(expected)) == expected
    control.socket.sendall(b"urc RING\n")
    assert json.loads(control.read_until(b"\n")) == {"result": None}
    assert process.stdout.read(8) == b"\r\nRING\r\n"
    control.close()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def test_the_command_runs_on_standard_input_and_output():
    done = subprocess.run([sys.executable, "-m", "atsock_host", "sim", "bg96", "--stdio"], input=b"ATE0\r\nAT\r\n",
                          capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == 0
    assert done.stdout == b"ATE0\r\r\nOK\r\n\r\nOK\r\n"


def test_what_the_input_asked_for_is_answered_before_the_end():
    done = subprocess.run(
        [sys.executable, "-m", "atsock_host.simulator", "bg96", "--stdio", "--baud=9600", "--set=activate-ms=200"],
        input=b"ATE0\r\nAT+QIACT=1\r\n", capture_output=True, timeout=PATIENCE_S,
        env={**os.environ, "PYTHONPATH": str(ROOT / "host")})
    assert done.stdout == b"ATE0\r\r\nOK\r\n\r\nOK\r\n"


# ---- the control channel


def test_control_over_tcp_is_the_same():
    with Simulator("bg96", tcp=0, control_port=0) as sim:
        line, control = Client(tcp_port(sim)), Client(sim.control_port)
        line.ask("ATE0")

        def word(text):
            control.socket.sendall(text.encode() + b"\n")
            return json.loads(control.read_until(b"\n"))
        assert word("ring +15550100") == {"result": None}
        assert line.read_until(b"0\r\n") == b'\r\nRING\r\n\r\n+CLIP: "+15550100",145,,,,0\r\n'
        word("sms 7")
        assert line.read_until(b"7\r\n") == b'\r\n+CMTI: "SM",7\r\n'
        assert word("set signal 5,1") == {"result": None}
        assert line.ask("AT+CSQ") == b"\r\n+CSQ: 5,1\r\n\r\nOK\r\n"
        assert word("get signal") == {"result": "5,1"} == {"result": sim.control("get signal")}
        assert word("set signal 77") == {
            "error": "the setting signal cannot be '77': RSSI[,BER] of AT+CSQ: 0-31 or 99, 0-7 or 99"}
        assert "no setting is called nonsense" in word("set nonsense 1")["error"]
        assert set(word("help")["result"]) >= {"violations", "power-key", "network-lost", "fault", "answer"}
        assert word("settings")["result"]["imei"] == "860000000000017"
        line.close()
        control.close()


def test_faults_come_and_go():
    with Simulator("bg96", tcp=0) as sim:
        line = Client(tcp_port(sim))
        line.ask("ATE0")
        sim.control("fault sim-missing")
        sim.control("fault splice")
        assert sim.control("faults") == ["sim-missing", "splice"]
        sim.control("no-fault splice")
        line.ask("AT+CPIN?", b"+CME ERROR: 10\r\n")
        sim.control("no-fault sim-missing")
        assert sim.control("faults") == []
        with pytest.raises(SimulatorError, match="no fault is called nonsense"):
            sim.control("fault nonsense")
        line.close()


def test_the_power_key():
    with Simulator("a7600", settings={"boot-ms": 1}) as sim:
        for alive in (False, True, False):
            sim.control("power-key")
            limit = time.monotonic() + PATIENCE_S
            while sim.control("status")["alive"] != alive:
                assert time.monotonic() < limit
                select.select([], [], [], 0.01)


def test_one_file_says_it_all(tmp_path):
    path = tmp_path / "module.toml"
    path.write_text("""
        dialect = "l610"
        baud = 921600
        faults = ["boot-rdy"]
        tcp = 0
        [hosts]
        "example.com" = "127.0.0.1:1"
        [settings]
        imei = "867000000000001"
        rtt_ms = 40
        [[answer]]
        command = 'AT\\+GTWHAT=(\\d)'
        lines = ['+GTWHAT: \\1']
    """)
    with Simulator(config=path, settings={"imsi": "001010000000001"}) as sim:
        line = Client(tcp_port(sim))
        line.ask("ATE0")
        assert line.ask("AT+CGSN") == b"\r\n867000000000001\r\n\r\nOK\r\n"
        assert line.ask("AT+CIMI") == b"\r\n001010000000001\r\n\r\nOK\r\n"
        assert line.ask("AT+GTWHAT=5") == b"\r\n+GTWHAT: 5\r\n\r\nOK\r\n"
        assert sim.control("get rtt-ms") == 40 and sim.control("faults") == ["boot-rdy"]
        line.close()


def test_a_file_may_open_the_control_port(tmp_path):
    path = tmp_path / "module.toml"
    path.write_text(f"dialect = 'l610'\ntcp = 0\ncontrol = 0\nlog = '{tmp_path / 'log.jsonl'}'")
    with Simulator(config=path) as sim:
        assert sim.dialect == "l610" and sim.tcp_address == ("127.0.0.1", tcp_port(sim))
        control = Client(sim.control_port)
        control.socket.sendall(b"urc RING\n")
        assert json.loads(control.read_until(b"\n")) == {"result": None}
        assert [event["text"] for event in sim.events() if event["event"] == "urc"] == ["RING"]
        control.close()


@pytest.mark.parametrize("text, words", [
    ("dialect = 'x'", "no module is called 'x'"), ("speed = 1", "speed means nothing; there are: dialect, baud"),
    ("dialect = 'bg96'\nfaults = ['x']", "no fault is called x"),
    ("dialect = 'bg96'\nbaud = 'fast'", "baud cannot be"),
    ("dialect = 'bg96'\n[settings]\nimei = '1'", "the setting imei cannot be '1': 15 digits"), ("x", "module.toml"),
    ("dialect = 'bg96'\n[[answer]]\nlines = []", "an answer has command"),
    ("dialect = 'bg96'\n[[answer]]\ncommand = '('", "missing \\)"),
    ("dialect = 'bg96'\ntcp = 0\nrfc2217 = 0", "one of"),
])
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, words):
    path = tmp_path / "module.toml"
    path.write_text(text)
    with pytest.raises(SimulatorError, match=words):
        Simulator(config=path)
