"""The simulator as a process: start, end, port, control, hosts, faults, trace."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import tty

import pytest
from freeport import free_port

from atsock_host import Simulator
from atsock_host.simulator import SimulatorError
from simbench import ROOT

PATIENCE_S = 10


class Host:
    """The driver's end of a simulator's line."""

    def __init__(self, port):
        self.fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)
        self.buffer = b""

    def close(self):
        os.close(self.fd)

    def write(self, data):
        os.write(self.fd, data)

    def read_until(self, end):
        limit = time.monotonic() + PATIENCE_S
        while end not in self.buffer:
            assert select.select([self.fd], [], [], max(0, limit - time.monotonic()))[0], self.buffer
            self.buffer += os.read(self.fd, 65536)
        at = self.buffer.index(end) + len(end)
        got, self.buffer = self.buffer[:at], self.buffer[at:]
        return got

    def ask(self, text, end=b"OK\r\n"):
        self.write(text.encode() + b"\r")
        return self.read_until(end)


@pytest.fixture
def start():
    opened = []

    def make(*args, **settings):
        sim = Simulator(*args, **settings)
        host = Host(sim.port)
        opened.append((sim, host))
        return sim, host
    yield make
    for sim, host in opened:
        host.close()
        sim.close()


@pytest.fixture
def echo_server():
    """The port of a TCP server on loopback that sends everything back."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return      # the fixture has closed the server
            with peer:
                while data := peer.recv(65536):
                    peer.sendall(data)
    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_a_session_over_real_sockets(start, echo_server):
    sim, host = start("bg96", hosts={"example.com": f"127.0.0.1:{echo_server}"})
    assert host.ask("ATE0") == b"ATE0\r\r\nOK\r\n"
    host.ask("AT+QISDE=0")
    host.ask("AT+QIACT=1")
    host.ask('AT+QIOPEN=1,0,"TCP","example.com",80,0,0', b"+QIOPEN: 0,0\r\n")
    host.ask("AT+QISEND=0,5", b"> ")
    host.write(b"hello")
    assert host.read_until(b'"recv",0\r\n') == b'\r\nSEND OK\r\n\r\n+QIURC: "recv",0\r\n'
    assert host.ask("AT+QIRD=0,1500") == b"\r\n+QIRD: 5\r\nhello\r\n\r\nOK\r\n"
    assert host.ask("AT+QICLOSE=0") == b"\r\nOK\r\n"
    assert sim.violations() == []


def test_a_server_on_the_module(start):
    sim, host = start("bg96")
    host.ask("ATE0")
    host.ask("AT+QIACT=1")
    port = free_port()
    host.ask(f'AT+QIOPEN=1,1,"TCP LISTENER","127.0.0.1",0,{port},1', b"+QIOPEN: 1,0\r\n")
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
        host.read_until(b'"incoming",11,1,"127.0.0.1",%d\r\n' % client.getsockname()[1])
        client.sendall(b"hello")
        assert host.read_until(b"hello\r\n").endswith(b'+QIURC: "recv",11,5\r\nhello\r\n')
    host.read_until(b'+QIURC: "closed",11\r\n')
    assert sim.violations() == []


@pytest.mark.parametrize("baudrate", [115200, 921600])
def test_throughput_is_that_of_the_line(start, echo_server, baudrate):
    sim, host = start("bg96", baudrate=baudrate)
    host.ask("ATE0")
    host.ask("AT+QIACT=1")
    host.ask(f'AT+QIOPEN=1,0,"TCP","127.0.0.1",{echo_server},0,2', b"CONNECT\r\n")
    size = baudrate // 20       # half a second
    begin = time.monotonic()
    host.write(bytes(size))
    host.read_until(bytes(size))
    took_s = time.monotonic() - begin
    # every byte has to travel to the module before it can be echoed; both directions overlap
    assert took_s >= size * 10 / baudrate
    assert took_s < size * 10 / baudrate + 3     # a busy machine and 200 ms for the last packet (transwaittm)


def test_violations_and_control(start):
    sim, host = start("bg96")
    host.ask("ATE0")
    host.ask("AT+NOPE", b"ERROR\r\n")
    assert sim.violations() == ["unknown command or form [AT+NOPE]"]
    assert sim.control("urc RING") is None
    host.read_until(b"\r\nRING\r\n")
    assert sim.control("status") == {"alive": True, "busy": False, "data_mode": False, "violations": 1}
    host.ask("AT+QIACT=1")
    sim.control("network-lost")
    host.read_until(b'+QIURC: "pdpdeact",1\r\n')
    sim.control("network-back")
    sim.control("hang")
    assert sim.control("status")["alive"] is False
    sim.control("restart")
    host.read_until(b"\r\nAPP RDY\r\n")
    with pytest.raises(SimulatorError, match="unknown control command 'nonsense'"):
        sim.control("nonsense")


def test_faults_reach_the_module(start):
    sim, host = start("bg96", faults=["splice", "qiclose-unknown-error"], seed=1)
    host.ask("ATE0")
    assert b"\r\nERROR\r\n" in host.ask("AT+QICLOSE=3", b"ERROR\r\n")


def test_trace_file(start, tmp_path):
    trace = tmp_path / "trace.txt"
    sim, host = start("bg96", trace=trace)
    host.ask("ATE0")
    host.ask("AT+NOPE", b"ERROR\r\n")
    host.close()
    sim.close()
    host.fd = os.open(os.devnull, os.O_RDONLY)
    kinds = [(line.split(" ", 2)[0], line.split(" ", 2)[2]) for line in trace.read_text().splitlines()]
    assert ("!", "unknown command or form [AT+NOPE]") in kinds
    assert ("<", "\\r\\nERROR\\r\\n") in kinds
    assert "".join(text for kind, text in kinds if kind == ">") == "ATE0\\rAT+NOPE\\r"


def test_neither_trace_nor_log_has_passwords(start, tmp_path, capfd):
    """Asterisks stand for them in commands, answers and complaints, also of a host that writes byte by byte."""
    trace, log = tmp_path / "trace.txt", tmp_path / "log.jsonl"
    told = [{"command": 'AT+CPIN="98765"', "lines": ['+CPIN: "98765"']}]
    sim, host = start("bg96", trace=trace, log=log, answers=told)
    for byte in 'AT+CPIN="98765"':
        host.write(byte.encode())
    host.ask("")
    host.ask('AT+QICSGP=1,1,"internet","user","Geheim77"')
    host.ask('AT+CPWD="SC","13579","24680"', b"ERROR\r\n")
    sim.close()
    written = trace.read_text() + log.read_text() + str(sim.violations) + "".join(capfd.readouterr())
    assert "+CPIN" in written and "QICSGP" in written and "CPWD" in written
    for secret in ("98765", "Geheim77", "13579", "24680"):
        assert secret not in written, secret


def test_close_ends_the_process_and_can_be_repeated():
    sim = Simulator("bg96")
    pid = sim.pid
    sim.close()
    sim.close()
    assert sim.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(SimulatorError, match="closed"):
        sim.violations()


def test_context_manager():
    with Simulator("bg96") as sim:
        assert os.path.exists(sim.port)
        pid = sim.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="no module is called 'sim800'"):
        Simulator("sim800")
    with pytest.raises(SimulatorError, match="no fault is called nonsense; there are: .*qiclose-slow"):
        Simulator("bg96", faults=["nonsense"])
    with pytest.raises(SimulatorError, match="--host"):
        Simulator("bg96", hosts={"example.com": "elsewhere"})


def test_a_process_that_died():
    with Simulator("bg96") as sim:
        os.kill(sim.pid, signal.SIGKILL)
        with pytest.raises(SimulatorError, match="has ended"):
            sim.violations()


def command(*arguments):
    return subprocess.Popen([sys.executable, "-m", "atsock_host.simulator", *arguments], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": str(ROOT / "host")})


def test_process_prints_its_port_keeps_a_link_and_ends_with_its_input(tmp_path):
    link = tmp_path / "modem"
    process = command("bg96", "--link", str(link))
    port = process.stdout.readline().strip()
    assert os.path.realpath(link) == port
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert not link.is_symlink()


def test_process_ends_on_sigterm():
    process = command("bg96")
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def test_help_lists_the_faults():
    out, _ = command("--help").communicate(timeout=PATIENCE_S)
    for word in ("--baud", "splice", "qiact-active-ok", "pdpdeact-in-boot", "sim-pin"):
        assert word in out
