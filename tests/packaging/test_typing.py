"""Types of the public interface: strict users are content, and mistakes are found where they are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import TREE

pytestmark = pytest.mark.slow

PROGRAMS = TREE / "tests" / "typing"


def mypy(program, tmp_path):
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--follow-imports=silent",
         "--cache-dir", tmp_path, PROGRAMS / program],
        cwd=tmp_path, capture_output=True, text=True)  # fmt: skip


def pyright(program, tmp_path):
    """{line of an error: what it says}."""
    (tmp_path / program).write_text((PROGRAMS / program).read_text())
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(TREE / "lib"), str(TREE / "host")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [Path(sys.executable).with_name("pyright"), "--outputjson", "--pythonpath", sys.executable, "-p", tmp_path],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    found = report["generalDiagnostics"]
    return {one["range"]["start"]["line"] + 1: one["message"] for one in found if one["severity"] == "error"}


def marked(program):
    lines = (PROGRAMS / program).read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}


def test_a_strict_program(tmp_path):
    done = mypy("right.py", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mistakes_are_found_where_they_are_and_nowhere_else(tmp_path):
    wanted = marked("wrong.py")
    said = mypy("wrong.py", tmp_path).stdout
    found = {int(line.split(":")[1]) for line in said.splitlines() if ": error: " in line}
    assert found == wanted, said


@pytest.mark.slow
def test_pyright_and_a_strict_program(tmp_path):
    assert pyright("right.py", tmp_path) == {}


@pytest.mark.slow
def test_pyright_finds_the_same_mistakes(tmp_path):
    found = pyright("wrong.py", tmp_path)
    assert marked("wrong.py") <= found.keys(), found
    assert any("bufer" in text for text in found.values())


def test_both_packages_say_that_they_are_typed():
    assert (TREE / "lib" / "atsock" / "py.typed").exists()
    assert (TREE / "host" / "atsock_host" / "py.typed").exists()
