"""tools/soak: a few rounds of every module in the suite, a board under a fixed heap, and what the judges see."""

import shutil
import sys

import pytest
from simbench import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import soak
from atsock_host.simulator.registry import DIALECTS

FOUND = {"rounds": 9, "faults": 9, "errors": 3, "recovered": 9, "longest recovery ms": 100, "heap first": 1000,
         "heap last": 1000, "problems": []}
BOARDS = [("bg96", "buffer"), ("a7600", "push"), ("sim7028", "hex"), ("nl668", "buffer"), ("l610", "transparent")]
HOUR = 3600     # rounds are counted, so that a slow machine does the same as a quick one
needs_micropython = pytest.mark.skipif(
    not (ROOT / ".venv" / "bin" / "micropython").exists() and shutil.which("micropython") is None,
    reason="needs micropython")


def problems(workers):
    return [f"{worker.name}: {worker.program.problems} {worker.lab.mishaps.happened[-2:]}"
            for worker in workers if worker.program.problems]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_some_rounds(dialect):
    workers, _, _ = soak.soak(HOUR, 11, [dialect], most=12)
    assert problems(workers) == []
    assert sum(len(worker.lab.mishaps.happened) for worker in workers) > 1
    assert all(worker.program.connections >= 12 for worker in workers)


@pytest.mark.slow
def test_many_rounds_and_no_drift(capsys):
    workers, warm, end = soak.soak(HOUR, 12, most=36)
    assert not soak.print_soak(workers, warm, end), capsys.readouterr().out
    assert sum(worker.recovered for worker in workers) > 15


@needs_micropython
@pytest.mark.parametrize("dialect,access", BOARDS[:2])
def test_board(dialect, access):
    found = soak.board(dialect, access, 40, 5)
    assert soak.judge_board(found, 16384) == []     # what is loaded when it is first needed counts, too
    assert found["faults"] > 30 and found["recovered"] == found["faults"]


@needs_micropython
@pytest.mark.slow
@pytest.mark.parametrize("dialect,access", BOARDS)
def test_board_for_longer(dialect, access):
    found = soak.board(dialect, access, 120, 6)
    assert soak.judge_board(found, 16384) == []     # a ring that grows late in so few rounds counts, too


def test_judges(capsys):
    assert soak.judge_board(FOUND) == []
    assert soak.judge_board(None) == ["the board has died"]
    assert len(soak.judge_board({**FOUND, "problems": ["lost"]})) == 1
    assert "grown" in soak.judge_board({**FOUND, "heap last": 1000 + soak.GROWTH + 1})[0]
    assert "took" in soak.judge_board({**FOUND, "longest recovery ms": soak.RECOVER_MS + 1})[0]
    workers, _, _ = soak.soak(5, 1, ["bg96"], ["buffer"], most=1)
    assert not soak.print_soak(workers, 1000, 1000)
    assert soak.print_soak(workers, 1000, 1001 + soak.DRIFT)
    assert "GROWS" in capsys.readouterr().out
    workers[0].program.note("lost")
    assert soak.print_soak(workers, 1000, 1000)


@needs_micropython
def test_a_board_that_dies_is_told_of(capfd):
    assert soak.board("bg96", "buffer", 1, 1, heapsize="48k") is None
    assert "MemoryError" in capfd.readouterr().err
