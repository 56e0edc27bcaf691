"""atsock bench over a stand-in for the modem whose sockets are the system's; its far end; its figures and its
drawing.
"""

import json
import socket
import subprocess
import sys

import pytest
from atsock_host import cli, limits
from atsock_host.bench import cases, chart, figures, sessions, table
from atsock_host.bench.on_board.transfers import TAKEN, pattern, request
from atsock_host.bench_server import BenchServer
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
        buf[: len(data)] = data
        return len(data)

    def readinto(self, buf, n):
        data = self._sock.recv(n, socket.MSG_WAITALL)
        buf[: len(data)] = data
        return len(data)


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


def run(*arguments):
    return CliRunner().invoke(cli.main, ["bench", *arguments])


@pytest.fixture
def bench(modem):
    """bench(...): the command on a port, with a far end."""
    with BenchServer() as server:
        yield lambda *arguments: run(
            "--port", "loop://", "--server", f"127.0.0.1:{server.port}", "--kib", "10", *arguments
        )


def test_one_row_per_direction(bench):
    result = bench()
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == table.heading()
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert [row[:5] for row in rows] == [
        ["?", "cpython", "buffer", way, "115200"] for way in ("receive", "send", "echo")
    ]
    assert [row[6] for row in rows] == ["-"] * 3  # without a dialect there is no limit


def test_several_modes_a_limit_and_json(bench, tmp_path):
    file = tmp_path / "figures.json"
    result = bench(
        "--dialect", "bg96", "--access", "buffer", "--access", "push", "--direction", "send", "--json", str(file)
    )
    assert result.exit_code == 0, result.output
    rows = json.loads(file.read_text())
    assert [(row["access"], row["direction"], row["bytes"]) for row in rows] == [
        ("buffer", "send", 10240),
        ("push", "send", 10240),
    ]
    assert all(row["percent_of_limit"] > 100 for row in rows)  # there is no line


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--port", "/dev/x"], "say where the far end is"),
        (["--port", "loop://", "--server", "nowhere"], "--server must be HOST:PORT, not nowhere"),
        (["--port", "loop://", "--server", ":80"], "--server must be HOST:PORT, not :80"),
        (["--port", "loop://", "--sim", "bg96"], "either --port URL or --sim DIALECT"),
        (["--port", "loop://", "--dialect", "bg96", "--dialect", "l610"], "one --dialect with --port"),
        (["--sim", "bg96", "--trace", "x"], "--trace is for one dialect"),
    ],
)
def test_wrong_usage(modem, arguments, complaint):
    result = run(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


@pytest.mark.parametrize(
    "spoil, complaint",
    [
        (
            lambda data: data.replace(b"\x42", b"\x43"),
            "cannot receive with buffer access: wrong bytes came between 0 and",
        ),
        (lambda data: b"", "cannot receive with buffer access: the connection ended after 0 of 10240 bytes"),
        (lambda data: b"?" if data == TAKEN else data, "cannot send with buffer access: the far end did not get all"),
    ],
)
def test_what_does_not_come_through_is_1(bench, monkeypatch, spoil, complaint):
    monkeypatch.setattr(Cut, "spoil", staticmethod(spoil))
    result = bench()
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {complaint}") and result.stderr.count("\n") == 1


def test_an_access_mode_that_is_not_there(bench):
    assert "cannot use hex access: no hex access" in bench("--access", "hex").stderr


def test_explain_measures_nothing():
    result = run("--explain", "--sim", "l610", "--access", "push")
    assert result.exit_code == 0
    assert limits.explain("l610", "push") in result.stdout and "% of limit       limit / time taken" in result.stdout
    assert "bg96" not in result.stdout


# -- figures


RESULT = {"access": "buffer", "direction": "receive", "n": 3000, "us": 500_000, "commands": 4, "heap": 0}


def test_figures_by_hand():
    """A request of 9 bytes, and two reads of 1500, counted as the manuals print them."""
    opening = len("AT+QISEND=0,9\r\r\n> \r\nSEND OK\r\n") + 9
    read = len("AT+QIRD=0,1500\r\r\n+QIRD: 1500\r\n\r\n\r\nOK\r\n") + 1500
    limit_s = (opening + 2 * read) / 11520
    row = figures.figures("bg96", "micropython", 115200, RESULT, {"peak_bytes": 7, "import_bytes": 5})
    assert row["limit_seconds"] == pytest.approx(limit_s)
    assert row["percent_of_limit"] == pytest.approx(200 * limit_s)
    assert row["goodput_bytes_per_second"] == 6000 and row["commands_per_second"] == 8
    assert row["added_ms_per_command"] == pytest.approx((500 - 1000 * limit_s) / 4)
    assert (row["heap_bytes_per_kib"], row["peak_heap_bytes"], row["import_heap_bytes"]) == (0, 7, 5)


def test_an_echo_counts_both_ways():
    row = figures.figures("l610", "cpython", 115200, {**RESULT, "direction": "echo", "n": 20, "heap": None})
    assert row["bytes"] == 20 * 128
    assert row["limit_seconds"] == pytest.approx(
        20
        * (
            limits.least_seconds("l610", "buffer", 64, 115200)
            + limits.least_seconds("l610", "buffer", 64, 115200, "send")
        )
    )
    assert "times the line's own time" in table.row(row)


def test_what_cannot_be_known_is_a_dash():
    row = figures.figures(None, "cpython", None, {**RESULT, "commands": None, "heap": None})
    assert table.row(row).split()[4:] == ["?", "6000", "-", "-", "-", "-", "-", "-"]


def test_amounts_take_the_time_that_was_wanted():
    for way in ("receive", "send"):
        n = cases.amount("bg96", "hex", way, 115200, 2.0)
        assert limits.least_seconds("bg96", "hex", n, 115200, way) == pytest.approx(2.0, rel=0.1)


def test_transparent_access_comes_last_in_a_session():
    (only,) = cases.sessions(["l610"], ["transparent", "buffer"], ["send"], [9600], ["cpython"], 1, kib=3)
    assert only.plan == (("buffer", "send", 3072), ("transparent", "send", 3072))


def test_the_drawing_has_a_bar_and_a_number_for_each_share():
    rows = [
        {
            "dialect": dialect,
            "access": "push",
            "direction": way,
            "baud": 9600,
            "interpreter": "cpython",
            "percent_of_limit": share,
        }
        for dialect, way, share in (
            ("bg96", "receive", 99.5),
            ("bg96", "send", 88.25),
            ("l610", "receive", None),
            ("l610", "echo", 50),
        )
    ]
    svg = chart.drawing(rows).as_svg()
    assert svg.count("99.5") == 1 and svg.count("88.2") == 1 and "l610" not in svg
    assert "CPython, 9600 baud" in svg and svg.count('height="8"') == 2


@pytest.mark.slow
def test_a_session_that_fails_says_where():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    plan = (("push", "receive", 1024),)
    with pytest.raises(sessions.SessionFailed, match="^push receive; .*Error: "):
        list(sessions.timed(cases.Session("bg96", 921600, "cpython", plan), 1, port, lambda text: None))


@pytest.mark.slow
@pytest.mark.parametrize("interpreter", cases.INTERPRETERS)
@pytest.mark.parametrize("dialect", limits.DIALECTS)
def test_virtual_modules(dialect, interpreter, tmp_path):
    """Every access mode and direction; the shares are those of an undisturbed line only on a quiet machine."""
    found, drawing = tmp_path / "figures.json", tmp_path / "shares.svg"
    result = run(
        "--sim",
        dialect,
        "--interpreter",
        interpreter,
        "--baud",
        "921600",
        "--kib",
        "4",
        "--repeat",
        "1",
        "--json",
        str(found),
        "--svg",
        str(drawing),
    )
    assert result.exit_code == 0, result.output
    rows = json.loads(found.read_text())
    assert [(row["access"], row["direction"]) for row in rows] == [
        (access, direction) for access in limits.ACCESS for direction in cases.DIRECTIONS
    ]
    for row in rows:
        assert 0 < row["percent_of_limit"] <= 101
        assert row["peak_heap_bytes"] > row["import_heap_bytes"] > 0
        assert row["heap_bytes_per_kib"] == (0 if interpreter == "micropython" else None)
        assert row["commands"] > 0 or row["access"] == "transparent"
    assert drawing.read_text().startswith("<?xml")


# -- the far end


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


def test_the_server_sends_back(server):
    assert talk(server.port, request(b"E", 5) + b"hello" + request(b"R", 3)) == b"hello" + pattern(3)


@pytest.mark.parametrize("n", [0, 1, 4096, 10000])
def test_the_server_confirms_what_it_got(server, n):
    assert talk(server.port, request(b"S", n) + pattern(n)) == TAKEN


@pytest.mark.parametrize(
    "data", [b"", b"GET / HTTP", request(b"X", 5), b"R0000", request(b"S", 5) + b"wrong", request(b"S", 5) + pattern(4)]
)
def test_the_server_ends_what_it_does_not_understand(server, data):
    assert talk(server.port, data) == b""


def test_the_pattern_goes_on_where_it_stopped():
    assert pattern(10000) == pattern(1000) + pattern(5000, 1000) + pattern(4000, 6000)


def test_the_server_as_a_program():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-m", "atsock_host.bench_server", "--host", "127.0.0.1", str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("cannot listen on 127.0.0.1:") and "Address already in use" in done.stderr
