"""docs/examples/virtual_modem: every program there runs against a virtual module as its comments say."""

import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading

import pytest

from atsock_host import Simulator
from simbench import ROOT

EXAMPLES = ROOT / "docs" / "examples" / "virtual_modem"
PAGE = bytes(range(256)) * 23
PATIENCE_S = 60
# Systems without pseudo-terminals: pyserial is loaded before their parts are taken away, as it has other ones there.
NO_TERMINALS = """
import os, sys, serial, serial.urlhandler.protocol_socket
for name in ("pty", "tty", "termios", "fcntl"):
    sys.modules[name] = None
del os.openpty
"""
SHOWS_PORTS = """
import pytest
@pytest.fixture(autouse=True)
def shown(virtual_modem):
    print("port", virtual_modem.port)
"""


class _OnePage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *args):
        """Nothing: what the client got is looked at."""


@pytest.fixture(scope="module")
def web_server():
    """The address of a web server with one page."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _OnePage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def program(name):
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


def built(tmp_path, compiler, *arguments):
    """A program out of sources: warnings are errors."""
    target = tmp_path / "program"
    done = subprocess.run([program(compiler), "-Wall", "-Wextra", "-Werror", "-O1", "-o", target, *arguments],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def fetched(dialect, web_server, *command, tcp=None, faults=()):
    """What a program writes when it is given the port of a virtual module; its driver has done nothing wrong."""
    with Simulator(dialect, hosts={"example.com": web_server}, tcp=tcp, faults=faults) as module:
        done = subprocess.run([part or module.port for part in command], capture_output=True, timeout=PATIENCE_S)
        assert done.returncode == 0, (done.stderr, done.stdout[:300])
        assert module.violations() == [] and module.exceptions() == []
        return done.stdout


@pytest.mark.parametrize("tcp", [None, 0], ids=["pseudo-terminal", "tcp"])
def test_c(tmp_path, web_server, tcp):
    get = built(tmp_path, "cc", "-std=c99", EXAMPLES / "c" / "get.c")
    page = fetched("bg96", web_server, get, None, "example.com", "80", "/", tcp=tcp)
    assert page.startswith(b"HTTP/1.0 200 OK\r\n") and page.endswith(b"\r\n\r\n" + PAGE)


def test_c_without_an_answer(tmp_path):
    get = built(tmp_path, "cc", "-std=c99", EXAMPLES / "c" / "get.c")
    with Simulator("bg96") as module:
        done = subprocess.run([get, module.port, "nowhere.example", "80", "/"], capture_output=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stderr) == (1, b"get: the connection is refused\n")


def test_node(web_server):
    page = fetched("a7600", web_server, program("node"), EXAMPLES / "node" / "get.js", None, "example.com", "80", "/",
                   tcp=0)
    assert page.startswith(b"HTTP/1.0 200 OK\r\n") and page.endswith(b"\r\n\r\n" + PAGE)


def test_arduino(tmp_path, web_server):
    folder = EXAMPLES / "arduino"
    sketch = built(tmp_path, "g++", "-std=c++11", folder / "host.cpp", folder / "sketch.cpp")
    page = fetched("l610", web_server, sketch, None, tcp=0)
    assert page.startswith(b"HTTP/1.0 200 OK\r\n") and page.endswith(b"\r\n\r\n" + PAGE)


@pytest.mark.slow
@pytest.mark.parametrize("masked", [False, True], ids=["as it is", "without pseudo-terminals"])
def test_ten_tests_of_a_driver(tmp_path, masked):
    """The suite that somebody new has written from docs/testing.md alone."""
    folder = tmp_path / "suite"
    shutil.copytree(EXAMPLES / "python", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "conftest.py").write_text(SHOWS_PORTS)
    (tmp_path / "sitecustomize.py").write_text(NO_TERMINALS)
    path = [str(ROOT / "host"), str(ROOT / "lib"), *([str(tmp_path)] if masked else [])]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", "-p", "atsock_host.pytest_plugin", "-s"],
        cwd=folder, capture_output=True, text=True, timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b10 passed\b", done.stdout), done.stdout
    assert done.stdout.count("port socket://127.0.0.1:" if masked else "port /dev/") == 10


# ---- the container's file


def instructions():
    """[(instruction, rest)] of the file, as its syntax has them: comments, and lines continued with a backslash."""
    text = (EXAMPLES / "Containerfile").read_text().replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.strip().partition(" ")
            found.append((word, rest.strip()))
    return found


def test_the_containers_file():
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
    found = instructions()
    assert found[0][0] == "FROM" and {word for word, _ in found} <= known
    stages = {rest.split()[-1] for word, rest in found if word == "FROM" and " AS " in rest}
    for word, rest in found:
        assert rest, word
        if word == "FROM":
            assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim( AS \w+)?", rest)
        elif word == "COPY":
            *sources, _ = [part for part in rest.split() if not part.startswith("--from=")]
            stage = re.search(r"--from=(\w+)", rest)
            assert sources and (not stage or stage[1] in stages)
            assert stage or all((ROOT / source).exists() for source in sources), rest
    ports = [rest.split() for word, rest in found if word == "EXPOSE"]
    command = dict(found)["CMD"]
    assert all(json.dumps(port) in command for port in ports[0])


def test_the_containers_command_runs():
    """As it stands, but for the ports, which may be taken here."""
    said = dict(instructions())
    command = [*json.loads(said["ENTRYPOINT"]), *json.loads(said["CMD"])]
    assert command[0] == "atsock"
    command = [re.sub(r"^555[56]$", "0", part) for part in command[1:]]
    process = subprocess.Popen([sys.executable, "-m", "atsock_host", *command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        port = process.stdout.readline().strip()
        control = process.stdout.readline().split()
        assert port.startswith("socket://0.0.0.0:") and control[0] == "control"
        with socket.create_connection(("127.0.0.1", int(port.rpartition(":")[2])), PATIENCE_S) as line:
            line.sendall(b"AT\r")
            assert line.makefile("rb").readline() == b"AT\r\r\n"
        with socket.create_connection(("127.0.0.1", int(control[1])), PATIENCE_S) as line:
            line.sendall(b"violations\n")
            assert json.loads(line.makefile().readline()) == {"result": []}
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("page", ["docs/testing.md", "docs/simulator.md"])
def test_what_the_pages_name_is_there(page):
    """Links of the page, and the options of `atsock sim` in it."""
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target
    known = subprocess.run([sys.executable, "-m", "atsock_host", "sim", "--help"], capture_output=True, text=True,
                           env={**os.environ, "COLUMNS": "200"}).stdout
    for line in re.findall(r"atsock sim [^\n`]*", text):
        for option in re.findall(r"--[a-z0-9-]+", line):
            assert option in known, line
