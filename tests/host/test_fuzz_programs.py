"""tools/fuzz: every input is a program of calls, a failing one is made short, and who has no atheris is told."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from test_any_bytes import CASES, Calls, play

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import fuzz  # noqa: E402


@pytest.mark.parametrize("n", (0, 1, 40, 300))
def test_every_input_is_a_program(n):
    data = random.Random(n).randbytes(n)
    dialect, access, calls = fuzz.program(data, CASES)
    assert (dialect, access) in CASES
    assert len(calls) >= n // 40
    for name, *_ in calls:
        assert callable(getattr(Calls, name))
    assert fuzz.failure(play, dialect, access, calls) is None


def test_all_calls_are_reached():
    names = {name for _, _, calls in [fuzz.program(random.Random(i).randbytes(300), CASES) for i in range(50)]
             for name, *_ in calls}
    assert names == {
        "says", "behaves", "time_passes", "receives", "sends", "polls", "opens", "listens", "accepts", "closes",
        "commands", "leaves_data_mode", "attaches", "resolves"}


def test_a_failing_program_is_made_short():
    def broken(dialect, access, calls):
        names = [name for name, *_ in calls]
        assert not ("opens" in names and "closes" in names[names.index("opens"):])

    calls = (("polls", 1), ("opens", 3), ("polls", 2), ("closes", 0, 0), ("commands",), ("closes", 1, 3))
    kind, trace = fuzz.failure(broken, "bg96", "buffer", calls)
    assert kind[0] == "AssertionError" and "AssertionError" in trace
    assert fuzz.shortened(broken, "bg96", "buffer", calls, kind) == (("opens", 3), ("closes", 0, 0))


def test_without_atheris(tmp_path):
    (tmp_path / "atheris.py").write_text("raise ImportError('none')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "fuzz.py"), "--minutes", "0.1"], cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "pip install atheris" in done.stderr
