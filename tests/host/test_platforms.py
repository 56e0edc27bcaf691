"""Systems that lack what POSIX has: everything here is imported, and a port used, with these names taken away."""

import os
import socket
import subprocess
import sys
import threading

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
import importlib, pkgutil, atsock_host
found = [module.name for module in pkgutil.walk_packages(atsock_host.__path__, "atsock_host.")]
assert len(found) > 40
for name in found:
    if ".on_board" not in name:         # scripts, which MicroPython runs, too
        importlib.import_module(name)
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


# The whole command line, the simulator's process included: a sitecustomize, which Python runs first, takes names away.


@pytest.fixture(params=[WINDOWS + PAIR, MACOS], ids=["windows", "macos"])
def atsock(request, tmp_path):
    """atsock(*arguments, stdin="") on such a system: what subprocess.run() says."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nimport subprocess, asyncio\n" + request.param)
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)}

    def run(*arguments, stdin=""):
        return subprocess.run([sys.executable, "-m", "atsock_host", *arguments], input=stdin, env=env,
                              capture_output=True, text=True, timeout=60)

    def python(program):
        return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60)

    run.windows, run.python = request.param is not MACOS, python
    return run


@pytest.mark.parametrize(
    "arguments, stdin, says",
    [(["resolve", "--sim", "bg96", "--host", "a.example=127.0.0.1", "a.example"], "", "127.0.0.1\n"),
     (["info", "--sim", "a7600", "--json"], "", '"SIMCOM'),
     (["term", "--sim", "l610"], "ATE0\nAT+CSQ\n", "+CSQ: "),
     (["trace", "-"], "AT+CSQ\n+CSQ: 20,99\nOK\n", "-73 dBm, good"),
     (["trace", "-", "--html", "-"], "AT+CSQ\n+CSQ: 20,99\nOK\n", "-73 dBm, good"),
     (["--help"], "", "Commands:")],
    ids=["resolve", "info", "term", "trace", "page", "help"])
def test_a_command(atsock, arguments, stdin, says):
    done = atsock(*arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout and done.stderr == ""


def test_a_page_is_fetched(atsock):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)

        def serve():
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")

        thread = threading.Thread(target=serve)
        thread.start()
        done = atsock("get", "--sim", "bg96", "-o", "-", f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert (done.returncode, done.stdout) == (0, "hello"), done.stderr


def test_a_virtual_module_listens_where_there_are_no_terminals(atsock):
    """What Simulator() gives as its port: a URL on Windows, a pseudo-terminal on macOS."""
    program = "from atsock_host import Simulator\nwith Simulator('bg96') as module: print(module.port)"
    done = atsock.python(program)
    assert done.stdout.startswith("socket://127.0.0.1:" if atsock.windows else "/dev/"), done.stderr
