"""atsock sim: a virtual module in the foreground, as a process with signals."""

import os
import select
import signal
import subprocess
import sys

import pytest
from atsock_host import SerialPort, cli
from click.testing import CliRunner

WAIT_S = 20


class Foreground:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atsock_host", "sim", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
        assert select.select([self.process.stdout], [], [], WAIT_S)[0], "it said nothing"
        self.port = self.process.stdout.readline().strip()

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.communicate(timeout=WAIT_S)[1], self.process.returncode

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_runs_until_a_signal(start, number):
    module = start("bg96")
    assert answer(module.port, b"AT\r").endswith(b"\r\nOK\r\n")
    words, status = module.end(number)
    assert status == 0
    assert words == "virtual bg96, Ctrl-C ends it\n"


def test_it_tells_what_a_driver_should_not_have_done(start):
    module = start("bg96")
    answer(module.port, b"AT+NONSENSE\r")
    words, status = module.end()
    assert status == 0
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
