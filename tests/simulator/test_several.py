"""Several virtual modules in one process, each on an address of its own."""

import json
import socket
import sys
import threading
import time

import pytest
from freeport import free_port

from atsock_host import Simulator, Simulators
from atsock_host.simulator import SimulatorError
from atsock_host.simulator import config as config_file
from atsock_host.simulator.config import ConfigError, make_all
from atsock_host.simulator.several import identity, with_check_digit

PATIENCE_S = 30
SIZE = 1 << 20
EIGHT = [{"dialect": dialect} for dialect in ("bg96", "a7600", "bg96", "a7600", "bg96", "a7600", "bg96", "a7600")]


class Line:
    """A host of one module, over TCP."""

    def __init__(self, module):
        self.socket = socket.create_connection(module.tcp_address, PATIENCE_S)
        self.file = self.socket.makefile("rb")

    def ask(self, command, end=b"OK\r\n"):
        """Send a command; the lines up to the one that is `end`."""
        self.socket.sendall(command.encode() + b"\r")
        lines = []
        while not lines or lines[-1] != end:
            lines.append(self.file.readline())
            assert lines[-1], lines
        return [line.strip().decode() for line in lines if line.strip()]

    def close(self):
        self.file.close()
        self.socket.close()


@pytest.fixture
def echo_server():
    """The port of a TCP server on loopback that sends everything back."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(peer):
        with peer:
            while data := peer.recv(65536):
                peer.sendall(data)

    def accept():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return      # the fixture has closed the server
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def online(line, dialect, port):
    """Bring the line into data mode to the server."""
    line.ask("ATE0")
    if dialect == "bg96":
        line.ask("AT+QIACT=1")
        line.ask(f'AT+QIOPEN=1,0,"TCP","127.0.0.1",{port},0,2', b"CONNECT\r\n")
    else:
        line.ask("AT+CIPMODE=1")
        line.ask("AT+NETOPEN", b"+NETOPEN: 0\r\n")
        line.ask(f'AT+CIPOPEN=0,"TCP","127.0.0.1",{port}', b"CONNECT 115200\r\n")


def carry(module, port, number, results):
    """1 MiB to the server and back; what came back."""
    line = Line(module)
    online(line, module.dialect, port)
    sent = bytes((number + i) & 0xFF for i in range(251)) * (SIZE // 251) + bytes(SIZE % 251)
    writer = threading.Thread(target=line.socket.sendall, args=(sent,))
    writer.start()
    got = line.file.read(SIZE)
    writer.join()
    results[number] = len(got) == SIZE and got == sent
    line.close()


def test_eight_carry_a_mebibyte_each_at_once(echo_server, record_property):
    began = time.monotonic()
    with Simulators(EIGHT, tcp=0) as modules:
        started = time.monotonic()
        assert len(modules) == 8 and len({module.port for module in modules}) == 8
        results = {}
        threads = [threading.Thread(target=carry, args=(module, echo_server, number, results))
                   for number, module in enumerate(modules)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        carried = time.monotonic()
        assert results == dict.fromkeys(range(8), True)
        assert [module.violations() for module in modules] == [[]] * 8
        assert [module.exceptions() for module in modules] == [[]] * 8
    record_property("start_s", round(started - began, 2))
    record_property("carry_s", round(carried - started, 2))
    print(f"eight modules: {started - began:.2f} s to start, {carried - started:.2f} s for 1 MiB each, there and back")


@pytest.mark.slow
def test_a_paced_line_keeps_its_speed_beside_others(echo_server):
    """Seven busy modules do not make the eighth faster than its line, and it carries every byte."""
    with Simulators([*EIGHT[:7], {"dialect": "bg96", "baudrate": 115200}], tcp=0) as modules:
        results = {}
        threads = [threading.Thread(target=carry, args=(module, echo_server, number, results))
                   for number, module in enumerate(modules[:7])]
        for thread in threads:
            thread.start()
        line = Line(modules[7])
        online(line, "bg96", echo_server)
        began = time.monotonic()
        line.socket.sendall(bytes(5760))
        assert line.file.read(5760) == bytes(5760)
        assert time.monotonic() - began >= 5760 * 10 / 115200
        line.close()
        for thread in threads:
            thread.join()
        assert results == dict.fromkeys(range(7), True)


def test_each_has_its_own_state_and_numbers():
    with Simulators("l610", count=3, tcp=0, control_port=0) as modules:
        lines = [Line(module) for module in modules]
        for line in lines:
            line.ask("ATE0")
        numbers = [[line.ask(command)[0] for command in ("AT+CGSN", "AT+CIMI")] for line in lines]
        assert numbers[0] == ["860000000000017", "001010123456789"]
        assert len({imei for imei, _ in numbers}) == len({imsi for _, imsi in numbers}) == 3
        modules[1].control("fault sim-missing")
        modules[2].control("urc RING")
        assert lines[2].file.readline() + lines[2].file.readline() == b"\r\nRING\r\n"
        assert [module.control("faults") for module in modules] == [[], ["sim-missing"], []]
        lines[1].ask("AT+CPIN?", b"ERROR\r\n")
        lines[0].ask("AT+CPIN?")
        lines[0].ask("AT+NONSENSE", b"ERROR\r\n")
        assert [len(module.violations()) for module in modules] == [1, 0, 0]
        assert len({module.control_port for module in modules}) == 3
        with socket.create_connection(("127.0.0.1", modules[1].control_port), PATIENCE_S) as control:
            control.sendall(b"faults\n")
            assert json.loads(control.recv(100)) == {"result": ["sim-missing"]}
        for line in lines:
            line.close()


def test_one_that_restarts_or_hangs_leaves_the_others_alone():
    with Simulators("bg96", count=2, tcp=0) as modules:
        modules[0].control("hang")
        line = Line(modules[1])
        line.ask("ATE0")
        modules[0].control("restart")
        assert line.ask("AT") == ["OK"]
        assert modules[1].control("status")["alive"]
        line.close()


def test_the_end_of_the_process_is_the_end_of_all():
    modules = Simulators("bg96", count=2)
    assert modules.wait(0) is False
    modules.close()
    modules.close()
    assert modules.pid is None
    with pytest.raises(SimulatorError, match="closed"):
        modules[1].violations()


def test_a_file_says_what_each_is(tmp_path):
    path = tmp_path / "modules.toml"
    path.write_text("""
        baud = 115200
        tcp = 0
        settings = { signal = "7" }
        faults = ["cme-verbose"]
        [[module]]
        dialect = "bg96"
        settings = { imei = "490154203237518" }
        [[module]]
        dialect = "nl668"
        count = 2
        faults = ["boot-rdy"]
        baud = 0
    """)
    with Simulators(config=path) as modules:
        assert [module.dialect for module in modules] == ["bg96", "nl668", "nl668"]
        assert [module.control("get imei") for module in modules] == [
            "490154203237518", *(identity(index)["imei"] for index in (1, 2))]
        assert [module.control("get signal") for module in modules] == ["7,0"] * 3
        assert [module.control("faults") for module in modules] == [
            ["cme-verbose"], *[["boot-rdy", "cme-verbose"]] * 2]


def test_python_says_what_each_is(tmp_path):
    """Values as Python has them: tuples, numbers, paths, canned answers from a list and from a file."""
    answers = tmp_path / "answers.toml"
    answers.write_text("[[answer]]\ncommand = 'AT\\+TWO'\nlines = ['two']")
    with Simulators(({"answers": ({"command": r"AT\+ONE", "lines": ["one"]},), "faults": ("sim-busy",)},
                     {"dialect": "l610", "answers": answers, "settings": {"signal": 5}, "latency_ms": 1.5}),
                    dialect="bg96", tcp=0, settings={"rtt_ms": 20}, trace=tmp_path / "trace.txt") as modules:
        lines = [Line(module) for module in modules]
        assert lines[0].ask("AT+ONE") == ["AT+ONE", "one", "OK"]
        assert lines[1].ask("AT+TWO") == ["AT+TWO", "two", "OK"]
        assert lines[0].ask("AT+TWO", b"ERROR\r\n") and lines[1].ask("AT+ONE", b"ERROR\r\n")
        assert [module.control("get rtt-ms") for module in modules] == [20, 20]
        assert [module.control("faults") for module in modules] == [["sim-busy"], []]
        assert modules[1].control("get signal") == "5,0"
        for line in lines:
            line.close()
    assert "two" in (tmp_path / "trace-2.txt").read_text() and "one" in (tmp_path / "trace-1.txt").read_text()


def test_a_file_may_be_json(tmp_path):
    path = tmp_path / "one.json"
    path.write_text('{"dialect": "a7600", "tcp": 0, "settings": {"signal": 9}}')
    with Simulator(config=path) as module:
        assert module.control("get signal") == "9,0"


def test_ports_follow_each_other_and_files_are_numbered():
    plan = make_all({"dialect": "bg96", "count": 3, "tcp": 5000, "control": 6000, "trace": "t.txt",
                     "link": "/dev/modem"})
    assert [config.tcp for config in plan] == [5000, 5001, 5002]
    assert [config.control for config in plan] == [6000, 6001, 6002]
    assert [config.trace for config in plan] == ["t-1.txt", "t-2.txt", "t-3.txt"]
    assert [config.link for config in plan] == ["/dev/modem-1", "/dev/modem-2", "/dev/modem-3"]
    alone, = make_all({"dialect": "bg96", "trace": "t.txt", "tcp": 5000})
    assert (alone.trace, alone.tcp, alone.settings) == ("t.txt", 5000, {})


def test_what_one_module_says_of_itself_is_its_own(tmp_path):
    path = tmp_path / "modules.json"
    path.write_text(json.dumps({"dialect": "bg96", "rfc2217": 5000, "module": [
        {"link": "one"}, {"tcp": 7000, "count": 2, "trace": "b.txt"}, {"rfc2217": 8000}]}))
    plan = make_all({}, path)
    assert [(config.tcp, config.rfc2217) for config in plan] == [(None, 5000), (7000, None), (7001, None), (None, 8000)]
    assert [config.trace for config in plan] == [None, "b-1.txt", "b-2.txt", None]
    assert [config.link for config in plan] == ["one", None, None, None]


@pytest.mark.parametrize("said, words", [
    ({"count": 3, "tcp": 65534}, "tcp: ports are 0 to 65535, not 65536"), ({"control": -1}, "control: ports are 0 to"),
    ({"count": 65}, "1 to 64 modules, not 65"), ({"count": 0}, "1 to 64 modules, not 0"),
    ({"module": [{"log": "x"}]}, "log means nothing"), ({"module": ["bg96"]}, "is no table"),
    ({"module": [{"module": []}]}, "module means nothing"), ({"count": "two"}, "count cannot be"),
    ({"module": [{"dialect": "x"}]}, "no module is called 'x'"), ({"dialect": ""}, "say which module: one of bg96, "),
])
def test_what_cannot_be_several(tmp_path, said, words):
    path = tmp_path / "modules.json"
    path.write_text(json.dumps({"dialect": "bg96", **said}))
    with pytest.raises(ConfigError, match=words):
        make_all({}, path)


def test_what_python_cannot_ask_for():
    with pytest.raises(ConfigError, match="one module"):
        make_all({"dialect": "bg96", "count": 2, "stdio": True})
    with pytest.raises(ValueError, match="say which modules"):
        Simulators()
    with pytest.raises(ValueError, match="no module is called 'sim800'"):
        Simulators("sim800", count=2)
    with pytest.raises(ConfigError, match="speed means nothing"):
        Simulators("bg96", count=2, speed=9600)


def test_standard_input_and_output_where_select_takes_sockets_only(monkeypatch):
    monkeypatch.setattr(config_file, "_ONLY_SOCKETS", True)
    with pytest.raises(ConfigError, match="use --tcp PORT"):
        make_all({"dialect": "bg96", "stdio": True})


def test_a_number_of_a_module_has_its_check_digit():
    assert with_check_digit("49015420323751") == "490154203237518"      # the example everybody knows
    assert identity(0)["imei"] == "860000000000017"
    assert len({identity(index)["imei"] for index in range(64)}) == 64


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have 127.0.0.1 only")
def test_servers_of_two_modules_on_one_port():
    port = free_port()
    with Simulators([{"settings": {"server-address": f"127.0.0.{n}"}} for n in (1, 2)], dialect="bg96",
                    tcp=0) as modules:
        for number, module in enumerate(modules, 1):
            line = Line(module)
            line.ask("AT+QIACT=1")
            line.ask(f'AT+QIOPEN=1,1,"TCP LISTENER","127.0.0.1",0,{port},1', b"+QIOPEN: 1,0\r\n")
            with socket.create_connection((f"127.0.0.{number}", port), PATIENCE_S):
                line.file.readline()
                assert line.file.readline().startswith(b'+QIURC: "incoming",11,1,"127.0.0.1",')
            line.close()
