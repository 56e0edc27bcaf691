"""ruff, mypy and import-linter find nothing; how they are set up stands in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[1]
MISSPELT = TREE / "tests" / "typing" / "misspelt.py"


def run(program, *arguments):
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *map(str, arguments)], cwd=TREE, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def test_ruff():
    status, said = run("ruff", "check", "--output-format", "concise", ".")
    assert status == 0, said


@pytest.mark.slow
def test_mypy():
    status, said = run("mypy")
    assert status == 0, said


def test_layers():
    """An arrow between the driver's rooms points down, and virtual modules know nothing of the driver."""
    status, said = run("lint-imports", "--cache-dir", TREE / "build" / "importlinter")
    assert status == 0, said


@pytest.mark.slow
def test_a_misspelt_attribute_is_an_error():
    """Of a Modem, an Engine, a Link, a Session or a socket: each line that says so, and no other."""
    lines = MISSPELT.read_text().splitlines()
    wanted = {number for number, line in enumerate(lines, 1) if line.endswith("# misspelt")}
    assert wanted
    _, said = run("mypy", MISSPELT)
    found = {int(line.split(":")[1]): line for line in said.splitlines() if ": error: " in line}
    assert found.keys() == wanted, said
    assert all("has no attribute" in line or "[attr-defined]" in line for line in found.values())
