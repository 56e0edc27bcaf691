"""atsock sim: a virtual module in the foreground, as a process with signals."""

import json
import os
import select
import signal
import socket
import subprocess
import sys

import pytest
from atsock_host import SerialPort, cli
from atsock_host.cli.sim import sim_command
from atsock_host.limits import DIALECTS
from atsock_host.simulator.__main__ import make_parser
from click.testing import CliRunner
from interrupts import interrupted_at

WAIT_S = 20


class Foreground:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atsock_host", "sim", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
        assert select.select([self.process.stdout], [], [], WAIT_S)[0], "it said nothing"
        self.port = self.process.stdout.readline().strip()
        self.said = self.process.stderr.readline()      # the last before it waits

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.said + self.process.communicate(timeout=WAIT_S)[1], self.process.returncode

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start():
    running = []

    def start(*arguments):
        running.append(Foreground(*arguments))
        return running[-1]

    yield start
    for one in running:
        one.close()


def answer(path, command):
    with SerialPort(path) as port:
        port.write(command)
        data = b""
        while not data.endswith((b"OK\r\n", b"ERROR\r\n")):
            assert port.wait(WAIT_S * 1000), f"only {data!r} came"
            data += port.read() or b""
        return data


@pytest.mark.parametrize("number, expected", [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, 0)])
def test_it_runs_until_a_signal(start, number, expected):
    module = start("bg96")
    assert answer(module.port, b"AT\r").endswith(b"\r\nOK\r\n")
    words, status = module.end(number)
    assert status == expected
    assert words == "virtual bg96, Ctrl-C ends it\n"


def test_it_tells_what_a_driver_should_not_have_done(start):
    module = start("bg96")
    answer(module.port, b"AT+NONSENSE\r")
    words, status = module.end()
    assert status == 130
    assert "\n! " in words and "NONSENSE" in words


def test_the_link_is_there_meanwhile(start, tmp_path):
    link = tmp_path / "modem"
    link.symlink_to("left-over")
    module = start("bg96", "--link", str(link))
    assert os.readlink(link) == module.port
    assert answer(str(link), b"AT\r").endswith(b"OK\r\n")
    module.end()
    assert not os.path.lexists(link)


def test_a_link_that_would_replace_a_file(tmp_path):
    path = tmp_path / "precious"
    path.write_text("x")
    result = CliRunner().invoke(cli.main, ["sim", "bg96", "--link", str(path)])
    assert result.exit_code == 1
    assert "File exists" in result.stderr
    assert path.read_text() == "x"


def test_its_end_is_noticed(start):
    module = start("bg96")
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(module.process.pid)], capture_output=True, text=True, check=True)
    os.kill(int(children.stdout), signal.SIGKILL)
    words, status = module.process.communicate(timeout=WAIT_S)[1], module.process.returncode
    assert status == 1
    assert "Error: cannot run the module: the simulator of bg96 has ended by itself\n" in words


def test_the_list_of_faults():
    result = CliRunner().invoke(cli.main, ["sim", "bg96", "--list-faults"])
    assert result.exit_code == 0
    assert "\ncut  " in result.output and "\nsplice  " in result.output


def test_the_list_of_faults_without_a_module():
    """Those of all modules; that there are more, and where."""
    def names(*arguments):
        done = CliRunner().invoke(cli.main, ["sim", *arguments, "--list-faults"])
        assert done.exit_code == 0
        return done.output, {line.split()[0] for line in done.output.splitlines() if "  " in line}

    said, common = names()
    others = [names(dialect)[1] for dialect in DIALECTS]
    assert common == set.intersection(*others) and {"cut", "sim-pin", "reboot@STEP", "chaos"} <= common
    assert f"bg96 {len(others[0]) - len(common)}," in said and said.endswith("atsock sim DIALECT --list-faults\n")


OF_THE_SIMULATOR = [("doctor", "--sim", "bg96", "--fault", "sim-pin"), ("info", "--sim", "bg96", "--set", "signal=3"),
                    ("get", "--sim", "l610", "--latency-ms", "5", "http://a.example/"), ("term", "--answers", "file")]


@pytest.mark.parametrize("arguments", OF_THE_SIMULATOR)
def test_other_commands_say_where_an_option_of_it_goes(arguments):
    result = CliRunner().invoke(cli.main, list(arguments))
    option = next(each for each in arguments[1:] if each not in ("--sim", "bg96", "l610"))
    assert result.exit_code == 2
    assert f"{option} is an option of atsock sim: start `atsock sim" in result.stderr and "--port" in result.stderr


def test_what_is_no_option_at_all():
    result = CliRunner().invoke(cli.main, ["doctor", "--sim", "bg96", "--flaut", "sim-pin"])
    assert result.exit_code == 2 and "No such option" in result.stderr and "atsock sim" not in result.stderr
    assert "atsock sim:" not in CliRunner().invoke(cli.main, ["trace", "--fault", "sim-pin"]).stderr


def test_it_has_the_options_of_the_process():
    process = {action.option_strings[-1] for action in make_parser()._actions if action.option_strings}
    command = {option.opts[0] for option in sim_command.params if option.param_type_name == "option"}
    assert command - process == {"--list-faults", "--list-models", "--list-settings"}
    assert process - command == {"--help"}


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        result = CliRunner().invoke(cli.main, ["sim", "bg96", "--tcp", str(server.getsockname()[1])])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: cannot run the module: the simulator of bg96 has ended: [Errno ")
    assert "in use" in result.stderr and result.stderr.count("\n") == 1


def test_json_for_programs(start):
    module = start("l610", "--tcp", "0", "--control", "0", "--json", "--count", "2")
    for line in (module.port, module.process.stdout.readline()):
        place = json.loads(line)
        assert place.keys() == {"dialect", "port", "log", "control_port"} and place["dialect"] == "l610"
        with socket.create_connection(("127.0.0.1", place["control_port"]), WAIT_S) as control:
            control.sendall(b"get signal\n")
            assert json.loads(control.makefile().readline()) == {"result": "23,0"}
    assert module.end()[1] == 130


def test_several_modules_and_their_links(start, tmp_path):
    module = start("bg96", "--count", "3", "--link", str(tmp_path / "modem"), "--log", str(tmp_path / "log.jsonl"))
    ports = [module.port, *(module.process.stdout.readline().strip() for _ in range(2))]
    links = [tmp_path / f"modem-{number}" for number in (1, 2, 3)]
    assert [os.readlink(link) for link in links] == ports
    answer(ports[2], b"AT+NONSENSE\r")
    words, status = module.end()
    assert status == 130
    assert words.startswith("virtual 3 modules, Ctrl-C ends it\n! module 3: unknown command")
    assert not any(map(os.path.lexists, links))


@pytest.mark.parametrize("option", ["--trace", "--log"])
def test_files_are_for_their_owner_only(start, tmp_path, option):
    path = tmp_path / "file"
    path.write_text("left from before")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        module = start("bg96", option, str(path))
        answer(module.port, b"ATI\r")
    finally:
        os.umask(before)
    module.end()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Quectel" in path.read_text() and "before" not in path.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("moment", [3, 30, 1000, 20_000, 60_000, 90_000, 120_000, 150_000, 180_000])
def test_ctrl_c_at_any_moment(moment):
    """Counted in calls of functions; when it has started by then, the signal comes while it runs."""
    process = interrupted_at(moment, "sim", "bg96", "--count", "2", stdin=subprocess.DEVNULL)
    try:
        first = process.stderr.readline()
        if first == "virtual 2 modules, Ctrl-C ends it\n":
            process.send_signal(signal.SIGINT)
            first = ""
        words = first + process.communicate(timeout=WAIT_S)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    assert words.strip() == "" and words.count("\n") <= 1


def test_ctrl_c_while_standard_input_is_the_line():
    process = subprocess.Popen([sys.executable, "-m", "atsock_host", "sim", "bg96", "--stdio"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b"ATE0\r")
    process.stdin.flush()
    assert process.stdout.read(len(b"ATE0\r\r\nOK\r\n")).endswith(b"OK\r\n")
    process.send_signal(signal.SIGINT)
    words = process.communicate(timeout=WAIT_S)[1]
    assert (process.returncode, words.strip()) == (130, b"")
