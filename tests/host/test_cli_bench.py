"""atsock bench over a stand-in for the modem whose sockets are the system's, and its far end."""

import socket
import subprocess
import sys

import pytest
from atsock_host import cli
from atsock_host.bench_server import TAKEN, BenchServer, pattern, request
from atsock_host.cli import session
from click.testing import CliRunner

WAIT_S = 10


class Cut:
    """A socket whose received bytes pass through `spoil`."""

    spoil = staticmethod(lambda data: data)

    def __init__(self):
        self._sock = socket.socket()
        for name in ("settimeout", "connect", "sendall", "close"):
            setattr(self, name, getattr(self._sock, name))

    def recv_into(self, buf, n):
        data = Cut.spoil(self._sock.recv(n))
        buf[:len(data)] = data
        return len(data)

    def recv(self, n):
        return Cut.spoil(self._sock.recv(n))


class StandIn:
    def __init__(self, stream, dialect, **how):
        self.asked = []

    def attach(self, **how):
        return "127.0.0.1"

    def socket(self, access):
        if access == "hex":
            raise ValueError("no hex access")
        return Cut()

    def close(self):
        """Nothing is open."""


@pytest.fixture
def modem(monkeypatch):
    monkeypatch.setattr(session.atsock, "Modem", StandIn, raising=False)
    monkeypatch.setattr(Cut, "spoil", staticmethod(lambda data: data))


def bench(*arguments):
    return CliRunner().invoke(cli.main, ["bench", "--kib", "10", *arguments])


def test_one_row_per_direction(modem):
    result = bench("--sim", "bg96")
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == "access bytes seconds B/s % of limit".split()
    assert [row[:3] for row in rows[1:]] == [["buffer", "receive", "10240"], ["buffer", "send", "10240"]]
    assert [row[-1] for row in rows[1:]] == ["-", "-"]      # a line without a speed has no limit


def test_all_modes_the_module_has_and_a_limit(modem):
    result = bench("--sim", "bg96", "--all", "--baud", "115200")
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert [row[:2] for row in rows] == [
        ["buffer", "receive"], ["buffer", "send"], ["push", "receive"], ["push", "send"]]
    assert all(row[-1].endswith("%") for row in rows)


def test_a_server_of_ones_own(modem):
    with BenchServer() as server:
        assert bench("--sim", "bg96", "--server", f"127.0.0.1:{server.port}").exit_code == 0


@pytest.mark.parametrize(
    "arguments, complaint",
    [(["--port", "/dev/x"], "say where the far end is"),
     (["--sim", "bg96", "--server", "nowhere"], "--server must be HOST:PORT, not nowhere"),
     (["--sim", "bg96", "--server", ":80"], "--server must be HOST:PORT, not :80")])
def test_wrong_usage(modem, arguments, complaint):
    result = bench(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


@pytest.mark.parametrize(
    "spoil, complaint",
    [(lambda data: data.replace(b"\x42", b"\x43"), "cannot receive with buffer access: wrong bytes came between 0 and"),
     (lambda data: b"", "cannot receive with buffer access: the connection ended after 0 of 10240 bytes"),
     (lambda data: b"?" if data == TAKEN else data, "cannot send with buffer access: the far end did not get all")])
def test_what_does_not_come_through_is_1(modem, monkeypatch, spoil, complaint):
    monkeypatch.setattr(Cut, "spoil", staticmethod(spoil))
    result = bench("--sim", "bg96")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {complaint}") and result.stderr.count("\n") == 1


def talk(port, data):
    """What the server answers to `data` until it closes."""
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        return answer


@pytest.fixture
def server():
    with BenchServer() as server:
        yield server


@pytest.mark.parametrize("n", [0, 1, 4096, 10000])
def test_the_server_sends_the_pattern(server, n):
    assert talk(server.port, request(b"R", n)) == pattern(n)


@pytest.mark.parametrize("n", [0, 1, 4096, 10000])
def test_the_server_confirms_what_it_got(server, n):
    assert talk(server.port, request(b"S", n) + pattern(n)) == TAKEN


@pytest.mark.parametrize(
    "data", [b"", b"GET / HTTP", request(b"X", 5), b"R0000", request(b"S", 5) + b"wrong", request(b"S", 5) + pattern(4)])
def test_the_server_ends_what_it_does_not_understand(server, data):
    assert talk(server.port, data) == b""


def test_the_pattern_goes_on_where_it_stopped():
    assert pattern(10000) == pattern(1000) + pattern(5000, 1000) + pattern(4000, 6000)


def test_the_server_as_a_program():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-m", "atsock_host.bench_server", "--host", "127.0.0.1", str(taken.getsockname()[1])],
            capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 1
    assert done.stderr.startswith("cannot listen on 127.0.0.1:") and "Address already in use" in done.stderr
