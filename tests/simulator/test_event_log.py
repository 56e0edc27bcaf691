"""The log of a virtual module: one JSON object a line for all that happens."""

import json
import os
import signal
import socket

import pytest

from atsock_host import Simulator, Simulators
from atsock_host.simulator import SimulatorError
from atsock_host.simulator.eventlog import EventLog, read_log
from atsock_host.simulator.quectel import Bg96

PATIENCE_S = 10


class Host:
    def __init__(self, module):
        self.socket = socket.create_connection(module.tcp_address, PATIENCE_S)

    def ask(self, data, end=b"OK\r\n"):
        self.socket.sendall(data)
        got = b""
        while not got.endswith(end):
            piece = self.socket.recv(4096)
            assert piece, got
            got += piece
        return got

    def close(self):
        self.socket.close()


def logged(module, *events):
    """What the log says of these events, without time and module."""
    return [{name: value for name, value in record.items() if name not in ("time", "module", "event", "ms")}
            for record in module.events() if record["event"] in events]


@pytest.fixture
def bg96(tmp_path):
    with Simulator("bg96", tcp=0, log=tmp_path / "log.jsonl", faults=["recv-length"]) as module:
        host = Host(module)
        host.ask(b"ATE0\r")
        yield module, host
        host.close()


def test_a_session_from_its_start_to_its_end(bg96):
    module, host = bg96
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    host.ask(b"AT+QIACT=1\r")
    host.ask(b'AT+QIOPEN=1,0,"TCP","127.0.0.1",%d,0,0\r' % port, b"+QIOPEN: 0,0\r\n")
    peer, _ = server.accept()
    host.ask(b"AT+QISEND=0,5\r", b"> ")
    host.ask(b"hello", b"SEND OK\r\n")
    assert peer.recv(5, socket.MSG_WAITALL) == b"hello"     # unread, its close would be a reset
    peer.sendall(b"12345678")
    host.ask(b"", b'"recv",0,8\r\n')
    host.ask(b"AT+QIRD=0,1500\r")
    peer.close()
    host.ask(b"", b'"closed",0\r\n')
    host.ask(b"AT+NONSENSE\r", b"ERROR\r\n")
    events = module.events()
    assert [record["time"] for record in events] == sorted(record["time"] for record in events)
    assert {record["module"] for record in events} == {1}
    assert events[0]["event"] == "start" and events[0]["dialect"] == "bg96" and events[0]["port"] == module.port
    assert logged(module, "command")[:2] == [{"text": "ATE0"}, {"text": "AT+QIACT=1"}]
    answers = logged(module, "answer")
    assert answers[0] == {"command": "ATE0", "lines": [], "bytes": 0, "result": "OK"}
    assert {"command": "AT+QIRD=0,1500", "lines": ["+QIRD: 8"], "bytes": 8, "result": "OK"} in answers
    assert answers[-1]["result"] == "ERROR"
    assert logged(module, "prompt", "payload") == [{"count": 5}, {"bytes": 5}]
    assert [record["text"] for record in logged(module, "urc")] == [
        "+QIOPEN: 0,0", '+QIURC: "recv",0,8', '+QIURC: "closed",0']
    assert logged(module, "state") == [
        {"what": "context 1", "value": "active"}, {"what": f"connection 127.0.0.1:{port}", "value": "open"},
        {"what": f"connection 127.0.0.1:{port}", "value": "closed by the peer"}]
    assert logged(module, "fault") == [{"name": "recv-length", "on": True}]
    assert logged(module, "violation") == [{"text": "unknown command or form [AT+NONSENSE]"}]
    server.close()


def test_what_is_done_to_it(bg96):
    module, host = bg96
    module.control("set boot-ms 1")
    module.control("get boot-ms")
    host.ask(b"AT+CREG=1\r")
    module.control("network-lost")
    module.control("network-back")
    module.control("fault drop:1")
    module.control("urc GONE")
    module.control("no-fault drop")
    module.control("restart")
    host.ask(b"", b"APP RDY\r\n")
    module.control("hang")
    module.control("power-off")
    assert [record["text"] for record in logged(module, "control")] == [
        "set boot-ms 1", "network-lost", "network-back", "fault drop:1", "urc GONE", "no-fault drop", "restart", "hang",
        "power-off"]
    assert logged(module, "fault")[1:] == [
        {"name": "drop:1", "on": True}, {"name": "line", "sent": 8, "arrived": 0}, {"name": "drop", "on": False}]
    states = [(record["what"], record["value"]) for record in logged(module, "state")]
    assert states == [("registration", 2), ("registration", 1), ("power", "starting"), ("power", "on"),
                      ("power", "hung"), ("power", "starting"), ("power", "off")]


def test_data_mode_and_a_refused_connection(bg96):
    module, host = bg96
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        host.ask(b"AT+QIACT=1\r")
        host.ask(b'AT+QIOPEN=1,0,"TCP","127.0.0.1",%d,0,2\r' % port, b"CONNECT\r\n")
        peer, _ = server.accept()
        peer.close()
        host.ask(b"", b"NO CARRIER\r\n")
    host.ask(b'AT+QIOPEN=1,1,"TCP","127.0.0.1",%d,0,0\r' % port, b"+QIOPEN: 1,566\r\n")
    states = [(record["what"], record["value"]) for record in logged(module, "state")][1:]
    assert states == [
        (f"connection 127.0.0.1:{port}", "open"), ("data mode", "on"),
        (f"connection 127.0.0.1:{port}", "closed by the peer"), ("data mode", "off"),
        (f"connection 127.0.0.1:{port}", "refused")]
    assert logged(module, "answer")[-2]["result"] == "CONNECT"


def test_whatever_comes_every_line_is_json(bg96):
    module, host = bg96
    host.ask(b"AT" + bytes(set(range(256)) - {8, 10, 13, 127}) + b"\r", b"ERROR\r\n")
    module.control("urc \N{SNOWMAN}")
    host.ask(b"", "\N{SNOWMAN}\r\n".encode())
    lines = open(module.log, "rb").read().split(b"\n")
    assert lines.pop() == b"" and all(line.isascii() and json.loads(line)["time"] >= 0 for line in lines)


def test_one_log_of_several(tmp_path):
    with Simulators([{"dialect": "bg96"}, {"dialect": "l610"}], tcp=0,
                    log=tmp_path / "log.jsonl") as modules:
        modules[1].control("urc RING")
        assert [record["text"] for record in logged(modules[1], "urc")] == ["RING"]
        assert logged(modules[0], "urc") == []
        assert [record["module"] for record in read_log(tmp_path / "log.jsonl")] == [1, 2, 2, 2]


def test_without_a_log(tmp_path):
    with Simulator("bg96") as module, pytest.raises(SimulatorError, match="without log="):
        module.events()


def test_the_log_is_there_when_all_is_over(tmp_path):
    with Simulator("bg96", log=tmp_path / "log.jsonl") as module:
        module.control("ring")
    assert [record["text"] for record in logged(module, "urc")] == ["RING"]


def test_the_log_of_a_process_that_died(tmp_path):
    with Simulator("bg96", log=tmp_path / "log.jsonl") as module:
        module.control("ring")
        os.kill(module.pid, signal.SIGKILL)
        with pytest.raises(SimulatorError, match="has ended by itself"):
            module.wait()
        assert [record["text"] for record in logged(module, "urc")] == ["RING"]


def test_a_line_that_is_being_written_is_left_out(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"time": 0}\n{"ti')
    assert read_log(path) == [{"time": 0}]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
def test_a_full_disk_ends_the_log_and_not_the_module(capfd, bench):
    log = EventLog("/dev/full")
    b = bench(Bg96)
    b.module.log = log.begin(1, lambda: 0.0, "bg96", "-")
    b.tx("ATE0\r")
    assert b.rx().endswith(b"OK\r\n")
    log.close()
    assert capfd.readouterr().err == "/dev/full is not complete: No space left on device\n"


def test_a_log_that_cannot_be_made(tmp_path):
    with pytest.raises(SimulatorError, match="No such file or directory"):
        Simulator("bg96", log=tmp_path / "nowhere" / "log.jsonl")
