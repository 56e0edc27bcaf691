"""The commands end to end: command line, driver, pseudo-terminal, virtual module, real sockets; all dialects."""

import hashlib
import http.server
import threading

import pytest
from atsock_host import Simulator, cli, read_trace
from atsock_host.limits import DIALECTS
from click.testing import CliRunner

pytestmark = pytest.mark.slow

CONTENT = hashlib.shake_128(b"file").digest(20000)

everywhere = pytest.mark.parametrize("dialect", DIALECTS)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *args):
        """Silent."""


@pytest.fixture(scope="module")
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"web.example=127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments):
    return CliRunner().invoke(cli.main, list(arguments))


@everywhere
def test_info(dialect):
    result = run("info", "--sim", dialect)
    assert result.exit_code == 0, result.output
    said = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if "bit errors" not in line)
    assert said["registration"] in ("home", "roaming")
    assert said["signal"].endswith(" dBm")
    assert said["IMEI"].isdigit()


@everywhere
def test_resolve(dialect):
    result = run("resolve", "--sim", dialect, "--host", "web.example=127.0.0.5", "web.example")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "127.0.0.5\n", "")


@everywhere
def test_resolve_what_is_not_there(dialect):
    result = run("resolve", "--sim", dialect, "nosuch.example")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: cannot resolve nosuch.example: ") and result.stderr.count("\n") == 1


@everywhere
@pytest.mark.parametrize("access", ["buffer", "push", "hex"])
def test_get(dialect, access, web, tmp_path):
    output, trace = tmp_path / "out", tmp_path / "trace"
    result = run("get", "http://web.example/file", "--sim", dialect, "--host", web, "--output", str(output),
                 "--access", access, "--trace", str(trace))
    assert result.exit_code == 0, result.output
    assert output.read_bytes() == CONTENT
    with open(trace, encoding="ascii") as file:
        records = list(read_trace(file))
    assert records[0].data.startswith(b"AT") and {record.direction for record in records} == {">", "<"}
    carried = sum(len(record.data) for record in records if record.direction == "<")
    assert carried > len(CONTENT) * (2 if access == "hex" else 1)


@everywhere
def test_a_module_that_is_asked_what_it_is(dialect, web, tmp_path):
    with Simulator(dialect, hosts=dict([web.split("=")])) as module:
        result = run("get", "http://web.example/file", "--port", module.port, "--apn", "internet",
                     "--output", str(tmp_path / "out"))
        assert result.exit_code == 0, result.output
        assert (tmp_path / "out").read_bytes() == CONTENT
        assert module.violations() == []


@pytest.mark.parametrize("dialect", ["bg96", "nl668", "l610"])
def test_ping(dialect):
    result = run("ping", "--sim", dialect, "localhost", "--count", "2")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("localhost: 2 sent, 2 received, 0 % lost\nround trip min/avg/max ")


@pytest.mark.parametrize("dialect", ["bg96", "nl668", "l610"])
def test_ntp(dialect):
    result = run("ntp", "--sim", dialect, "localhost")
    assert result.exit_code == 0, result.output
    assert any(character.isdigit() for character in result.stdout)


@pytest.mark.parametrize("dialect", ["a7600", "sim7028"])
@pytest.mark.parametrize("command", ["ping", "ntp"])
def test_what_a_manual_does_not_have_is_said_in_one_line(dialect, command):
    result = run(command, "--sim", dialect, "localhost")
    assert result.exit_code == 1
    assert "manual has no" in result.stderr and len(result.stderr.splitlines()) == 1


@everywhere
def test_bench(dialect):
    result = run("bench", "--sim", dialect, "--interpreter", "cpython", "--baud", "921600", "--access", "buffer",
                 "--direction", "send", "--kib", "8")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 4     # what it does, the heading, a row, how long it took
