"""Every block of code in README and docs runs as it stands: Python, MicroPython, shell, TOML, JSON.

Put in place of the world: /dev/ttyUSB2 and machine.UART are virtual modules, example.com is a server of this computer
that speaks HTTP and HTTPS, port 18000 a free one, and /tmp the test's own folder.  Commands that cannot run here stand
in not_run.py, with the reason.
"""

import contextlib
import http.server
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
import tomllib
import types
from pathlib import Path

import atsock
import pytest
from freeport import free_port
import trustme
from atsock import dialects
from atsock_host import SerialPort, Simulator
from markdown_it import MarkdownIt
from not_run import ASKS, FOR_EVER, NOT_RUN
from sybil import Document
from sybil.parsers.markdown import CodeBlockParser

TREE = Path(__file__).resolve().parents[2]
READER = Path(__file__).resolve().parent / "reader"
PAGES = sorted([
    TREE / "README.md", TREE / "CONTRIBUTING.md", TREE / "boards" / "README.md", TREE / "boards/examples/README.md",
    *(TREE / "docs").rglob("*.md")])
RUN = ("python", "sh", "toml", "json")
# Of the site's builder; plain text; programs of docs/examples that their own tests run.
SHOWN = ("{toctree}", "{eval-rst}", "text")
PORT, WEB = "/dev/ttyUSB2", "18000"
LIMIT_S = 60

MICROPYTHON = """\
import sys
import atsock
from tty import Tty

class machine:
    UART = lambda *args, **settings: Tty({port!r})

sys.modules["machine"] = machine
if {attached}:
    modem = atsock.Modem(Tty({port!r}), "bg96")
    modem.attach("internet")
"""


class _Both(http.server.ThreadingHTTPServer):
    """HTTP, and HTTPS for those whose first byte is that of TLS."""

    daemon_threads = True

    def finish_request(self, request, address):
        request.settimeout(LIMIT_S)
        if request.recv(1, socket.MSG_PEEK) == b"\x16":
            request = self.context.wrap_socket(request, server_side=True)
        with contextlib.closing(request):
            super().finish_request(request, address)

    def handle_error(self, request, address):
        """A client that goes away is no error of the page."""


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args):
        """Nobody reads it."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Server, authority (files of both forms) and environment of all pages."""
    folder = tmp_path_factory.mktemp("world")
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("example.com").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    text = (folder / "authority.pem").read_text()
    (folder / "authority.der").write_bytes(ssl.PEM_cert_to_DER_cert(text))
    with _Both(("127.0.0.1", 0), _Page) as server:
        server.context = context
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield types.SimpleNamespace(folder=folder, port=server.server_port)
        server.shutdown()


class Reader:
    """One who does what a page says, from its first block to its last."""

    def __init__(self, page, world, folder, port, other_port):
        self.page, self.folder = page, folder
        self._port, self._other_port = port, other_port
        starts_its_own = re.search(rf"^python3? -m http.server {WEB} .*&$", page.read_text(), re.MULTILINE)
        self._web = free_port() if starts_its_own else world.port
        self._running, self._lines, self._tests = [], [], []
        self.names = {"__name__": "page", **self._what_a_reader_has()}
        self.machine = types.ModuleType("machine")
        self.machine.UART = lambda *args, **settings: self._line()
        beside = str(Path(sys.executable).parent)
        path = os.pathsep.join([str(TREE / "lib"), str(TREE / "boards" / "unix")])
        self.environment = {
            **os.environ,
            "PATH": beside + os.pathsep + os.environ["PATH"],
            "SSL_CERT_FILE": str(world.folder / "authority.pem"),
            "PYTHONPATH": os.pathsep.join([str(TREE / "lib"), str(TREE / "host")]),
            "MICROPYPATH": path + ":.frozen",
            "HOME": str(folder),
            "COLUMNS": "100",
        }
        (folder / "authority.der").write_bytes((world.folder / "authority.der").read_bytes())
        for name in ("boards", "lib", "host", "tools", "package.json"):
            (folder / name).symlink_to(TREE / name)
        (folder / "session.trace").write_text("0.000 > AT\\r\n0.010 < \\r\\nOK\\r\\n\n")

    def _what_a_reader_has(self):
        """What a page calls by name because it is the reader's own: a driver, and what it is run by."""

        def run_my_driver(port):
            with SerialPort(port) as line:
                line.write(b"AT\r")
                assert line.wait(LIMIT_S * 1000)

        def run_my_drivers(ports):
            for port in ports:
                run_my_driver(port)

        return {"run_my_driver": run_my_driver, "run_my_drivers": run_my_drivers}

    def _line(self):
        self._lines.append(SerialPort(self._port))
        return self._lines[-1]

    def here(self, text):
        text = text.replace(PORT, self._port).replace(WEB, str(self._web))
        return text.replace("/tmp/", f"{self.folder}/")

    # -- the kinds of block

    def python(self, example):
        source = example.parsed
        before = example.document.text[: example.start].rstrip()
        if before.endswith("<!-- micropython -->"):
            self._micropython(source)
        elif re.search(r"^def test_|pytest|virtual_modem", source, re.MULTILINE):
            self._pytest(source)
        else:
            if "\nmodem" not in source and "as modem" not in source and re.search(r"\bmodem\b", source):
                self._has_a_modem()
            exec(compile(self.here(source), f"{self.page.name}:{example.line}", "exec"), self.names)

    def _has_a_modem(self):
        """A block that goes on with the modem of one before it, or of the reader's program."""
        if "modem" not in self.names:
            self.names["modem"] = atsock.Modem(self._line(), "bg96")
            self.names["modem"].attach("internet")

    def _put_away(self):
        """The program of the blocks so far has ended."""
        modem = self.names.pop("modem", None)
        if modem is not None and self._lines:
            modem.close()
        while self._lines:
            self._lines.pop().close()

    def _micropython(self, source):
        attached = "Modem(" not in source
        program = self.folder / "block.py"
        program.write_text(MICROPYTHON.format(port=self._other_port, attached=attached) + source)
        self._done(["micropython", str(program)])

    def _pytest(self, source):
        """To be run by finish() as a file of tests, beside the driver that a reader of the page has (reader/)."""
        if not re.search(r"^def test_", source, re.MULTILINE):
            source = "def test_block(virtual_modem, driven):\n" + textwrap.indent(source, "    ")
        self._tests.append("import pytest\nfrom my_project import *\n" + source)

    def finish(self):
        """What waits for the end of the page."""
        if self._tests:
            tests = self.folder / "tests"
            tests.mkdir()
            for path in READER.glob("*.py"):
                (tests / path.name).write_text(path.read_text())
            for number, source in enumerate(self._tests):
                (tests / f"test_block_{number}.py").write_text(source)
            self._done([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)])

    def _done(self, command):
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LIMIT_S)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def sh(self, example):
        self._put_away()
        for line in example.parsed.replace("\\\n", " ").splitlines():
            line = re.sub(r"\s+#.*", "", line).strip()
            if line and not line.startswith(tuple(key.rstrip("\n") for key in NOT_RUN if is_it(key, line))):
                self._run(self.here(line))

    def _run(self, line):
        background = line.endswith("&")
        if background or line.startswith(FOR_EVER):
            process = subprocess.Popen(
                ["bash", "-c", "exec " + line.rstrip("& ")], cwd=self.folder, env=self.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self._running.append(process)
            if background:
                self._await_the_port()
            else:
                assert process.stdout.readline().strip(), line
                self._end(process)
            return
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=LIMIT_S)
        assert done.returncode == 0 or line.startswith(ASKS), f"{line}: {done.returncode} {done.stdout}{done.stderr}"

    def _await_the_port(self):
        give_up = time.monotonic() + LIMIT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._web), 1).close()
                return
            except ConnectionRefusedError:
                assert time.monotonic() < give_up
                time.sleep(0.02)

    def _end(self, process):
        """Ctrl-C; what goes on for ever ends with one line or none, and no traceback."""
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=LIMIT_S)
        assert "Traceback" not in said, said
        self._running.remove(process)

    def close(self):
        with contextlib.suppress(OSError):
            self._put_away()
        for process in self._running:
            process.kill()
            process.communicate()

    def toml(self, example):
        kept = tomllib.loads(example.parsed)
        if "module" in kept:
            (self.folder / "modules.toml").write_text(example.parsed)

    def json(self, example):
        json.loads(example.parsed)

    def parsers(self):
        return [CodeBlockParser(language, getattr(self, language)) for language in RUN]


def is_it(key, line):
    """Does a line begin with this key?  A key that ends with a newline is the whole line."""
    return line == key[:-1] if key.endswith("\n") else line.startswith(key)


def blocks(page):
    tokens = MarkdownIt("commonmark").parse(page.read_text())
    return [token for token in tokens if token.type in ("fence", "code_block")]


def with_code(pages):
    return [page for page in pages if any(token.info.strip() in RUN for token in blocks(page))]


def name_of(page):
    return str(page.relative_to(TREE))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_what_it_is(page):
    for token in blocks(page):
        assert token.type == "fence", f"line {token.map[0] + 1}: an indented block; say what it is by ```sh or the like"
        language = token.info.split()[0] if token.info.strip() else ""
        assert language in RUN + SHOWN, f"line {token.map[0] + 1}: {language!r}"


@pytest.fixture
def no_new_dialects():
    kept = dict(dialects._registered)
    yield
    dialects._registered.clear()
    dialects._registered.update(kept)


@pytest.mark.slow
@pytest.mark.usefixtures("no_new_dialects")     # docs/another-module.md registers one
@pytest.mark.parametrize("page", with_code(PAGES), ids=name_of)
def test_page(page, world, tmp_path, monkeypatch):
    hosts = {"example.com": f"127.0.0.1:{world.port}"}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(world.folder / "authority.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(world.folder / "authority.pem"))
    with Simulator("bg96", hosts=hosts) as module, Simulator("bg96", hosts=hosts) as other:
        reader = Reader(page, world, tmp_path, module.port, other.port)
        monkeypatch.setitem(sys.modules, "machine", reader.machine)
        for name in ("socket", "usocket"):  # docs/sockets.md replaces them
            monkeypatch.setitem(sys.modules, name, socket)
        try:
            document = Document.parse(str(page), *reader.parsers())
            examples = list(document.examples())
            assert examples
            for example in examples:
                example.evaluate()
            reader.finish()
        finally:
            reader.close()


def test_what_is_not_run_is_on_a_page():
    """And has a reason: the list holds nothing that is gone."""
    lines = [line.strip() for page in PAGES for token in blocks(page) if token.info.strip() == "sh"
             for line in re.sub(r"[ \t]+#.*", "", token.content).splitlines()]
    for key, reason in NOT_RUN.items():
        assert reason
        assert any(is_it(key, line) for line in lines), key
