"""The driver against the simulated modules, real sockets behind them: every dialect, access mode and interpreter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from peer import Peer

from atsock_host.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
DIALECTS = ("bg96", "a7600", "sim7028", "nl668", "l610")
ACCESS = ("buffer", "push", "hex")
INTERPRETERS = {
    "cpython": [sys.executable],
    "micropython": [str(Path(sys.executable).parent / "micropython")],
}
DEADLINE_S = 120


@pytest.fixture(scope="module")
def peer():
    with Peer() as peer:
        yield peer


def exchange(interpreter, dialect, access, peer, size, **options):
    """What exchange.py says, and what the strict checker of the module saw."""
    path = os.pathsep.join([str(ROOT / "lib"), str(ROOT / "boards" / "unix"), str(ROOT / "host")])
    environment = dict(os.environ, PYTHONPATH=path, MICROPYPATH=path)
    with Simulator(dialect, hosts={"peer.example": "127.0.0.1"}, **options) as module:
        command = INTERPRETERS[interpreter] + [str(HERE / "exchange.py"), module.port, dialect, access, "peer.example"]
        done = subprocess.run(
            command + [str(peer.port), str(size)], env=environment, capture_output=True, text=True, timeout=DEADLINE_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.split("result ")[1]), module.violations()


ALL_RIGHT = {"up": True, "down": True, "words": True, "end": True}


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize(
    "access", ["buffer", pytest.param("push", marks=pytest.mark.slow), pytest.param("hex", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_both_ways(dialect, access, interpreter, peer):
    assert exchange(interpreter, dialect, access, peer, 32 * 1024) == (ALL_RIGHT, [])


@pytest.mark.slow
@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_cut_in_pieces_with_lines_in_between(dialect, access, interpreter, peer):
    found = exchange(interpreter, dialect, access, peer, 8 * 1024, faults=("cut", "splice"), seed=7)
    assert found == (ALL_RIGHT, [])


@pytest.mark.slow
@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("access", ("buffer", "push"))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_quarter_of_a_megabyte(dialect, access, interpreter, peer):
    assert exchange(interpreter, dialect, access, peer, 256 * 1024) == (ALL_RIGHT, [])


@pytest.mark.slow
@pytest.mark.parametrize(
    "dialect, interpreter", [(dialect, "micropython") for dialect in DIALECTS] + [("bg96", "cpython")]
)
def test_transparent(dialect, interpreter, peer):
    """Data mode, on a line that cuts what comes in pieces."""
    assert exchange(interpreter, dialect, "transparent", peer, 32 * 1024, faults=("cut",), seed=3) == (ALL_RIGHT, [])
