"""Systems that lack what POSIX has: everything here is imported, and a port used, with these names taken away."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

WINDOWS = """
import prompt_toolkit.output.defaults, serial.urlhandler.protocol_loop, serial.urlhandler.protocol_socket
import os, select, signal, socket, sys
for name in ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource"):
    sys.modules[name] = None
for module, names in (
        (select, ("poll", "epoll", "POLLIN", "POLLOUT", "POLLERR", "POLLHUP", "POLLNVAL")),
        (signal, ("SIGHUP", "SIGCHLD", "SIGALRM", "SIGKILL", "sigwait", "pthread_sigmask", "setitimer", "alarm")),
        (os, ("readv", "writev", "fork", "openpty", "getuid", "fchmod", "set_blocking")),
        (socket, ("AF_UNIX", "MSG_DONTWAIT"))):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
"""
MACOS = """
import os, select
del select.poll
"""
IMPORTS = """
import importlib
for name in ("", ".serialport", ".trace", ".tls", ".relay", ".bridge", ".cli", ".cli.bench", ".cli.get", ".cli.info",
             ".cli.net", ".cli.socks", ".cli.term", ".cli.trace"):
    importlib.import_module("atsock_host" + name)
"""
USE = """
from atsock_host import SerialPort
port = SerialPort(sys.argv[1] if len(sys.argv) > 1 else "loop://")
assert port.any() == 0 and port.readinto(bytearray(4)) is None and not port.wait(1)
assert port.write(b"hello", 1, 3) == 3
assert port.wait(1000) and port.ioctl(3, 5) == 5
while port.any() < 3: pass
assert port.read() == b"ell"
port.close()
"""


@pytest.mark.parametrize("lacks", [WINDOWS, MACOS], ids=["windows", "macos"])
def test_imports_and_a_port(lacks):
    done = subprocess.run(
        [sys.executable, "-c", "import sys\nimport subprocess, asyncio\n" + lacks + IMPORTS + USE],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_without_poll():
    """A pseudo-terminal through select.select(): what is written comes out of the other end, a hung-up one is told."""
    program = """
import os, sys, tty
other, mine = os.openpty()
tty.setraw(mine)
sys.argv[1:] = [os.ttyname(mine)]
""" + MACOS + """
from atsock_host import SerialPort
port = SerialPort(sys.argv[1])
assert not port.wait(1) and port.ioctl(3, 5) == 4
os.write(other, b"hello")
assert port.wait(1000) and port.read(9) == b"hello"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


SIMULATOR = """
import socket, threading
from atsock_host import SerialPort, Simulator, Simulators
from atsock_host.simulator import machine
assert not machine.has_terminals()

def answer(module, command, end):
    with SerialPort(module.port) as port:
        port.write(command)
        data = b""
        while not data.endswith(end):
            assert port.wait(10000), data
            data += port.read() or b""
        return data

with Simulator("bg96", hosts={"example.com": "127.0.0.1:1"}) as module:
    assert module.port.startswith("socket://127.0.0.1:"), module.port
    assert answer(module, b"ATE0\\r", b"OK\\r\\n").startswith(b"ATE0")
    assert module.control("status")["alive"]
    assert module.violations() == [] and module.exceptions() == []
with Simulators("l610", count=2, rfc2217=0) as modules:
    assert [module.port[:8] for module in modules] == ["rfc2217:"] * 2
"""
# Python makes a pair of sockets on Windows out of two of TCP.
PAIR = """
def socketpair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname())
        return one, server.accept()[0]
socket.socketpair = socketpair
"""
# The simulator's process is another one: what this system lacks, it lacks, too.
LACKING_PROCESS = """
import os, pathlib, tempfile
folder = tempfile.mkdtemp()
pathlib.Path(folder, "sitecustomize.py").write_text("import subprocess, asyncio\\n" + lacks)
os.environ["PYTHONPATH"] = folder
"""


def lacking(program, *arguments):
    begin = "import sys\nimport subprocess, asyncio, tempfile\nlacks = " + repr(WINDOWS + PAIR) + LACKING_PROCESS
    return subprocess.run([sys.executable, "-c", begin + WINDOWS + program, *arguments], capture_output=True, text=True,
                          timeout=60)


def test_a_virtual_module_without_pseudo_terminals():
    done = lacking(SIMULATOR)
    assert done.returncode == 0, done.stderr


def test_the_command_takes_tcp_when_it_may():
    begin = "import sys\nimport subprocess, asyncio, tempfile\nlacks = " + repr(WINDOWS + PAIR) + LACKING_PROCESS
    process = subprocess.Popen(
        [sys.executable, "-c", begin + WINDOWS + "from atsock_host.__main__ import run\nrun('atsock')", "sim", "bg96",
         "--pty-or-tcp"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().startswith("socket://127.0.0.1:")
        assert process.stderr.readline() == "virtual bg96, Ctrl-C ends it\n"
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("options, status", [((), 2), (("--count", "2"), 2), (("--list-faults",), 0)])
def test_the_command_says_what_to_use_without_pseudo_terminals(options, status):
    done = lacking("from atsock_host.__main__ import run\nrun('atsock')", "sim", "bg96", *options)
    assert done.returncode == status, done.stderr
    assert ("this system has no pseudo-terminals: use --tcp PORT (0: any); what it prints then, "
            "socket://127.0.0.1:PORT, is what a host opens" in " ".join(done.stderr.split())) == bool(status)
