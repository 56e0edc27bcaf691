"""Types of the public interface: strict users are content, and mistakes are found where they are."""

import subprocess
import sys

import atsock
import atsock_host
from support import TREE

PROGRAMS = TREE / "tests" / "typing"


def mypy(program, tmp_path):
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--follow-imports=silent",
         "--cache-dir", tmp_path, PROGRAMS / program],
        cwd=tmp_path, capture_output=True, text=True)  # fmt: skip


def test_a_strict_program(tmp_path):
    done = mypy("right.py", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mistakes_are_found_where_they_are_and_nowhere_else(tmp_path):
    lines = (PROGRAMS / "wrong.py").read_text().splitlines()
    wanted = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    said = mypy("wrong.py", tmp_path).stdout
    found = {int(line.split(":")[1]) for line in said.splitlines() if ": error: " in line}
    assert found == wanted, said


def test_both_packages_say_that_they_are_typed():
    assert (TREE / "lib" / "atsock" / "py.typed").exists()
    assert (TREE / "host" / "atsock_host" / "py.typed").exists()


def test_the_public_names_are_those_that_dir_shows():
    assert dir(atsock) == sorted(atsock.__all__)
    assert all(hasattr(atsock, name) for name in atsock.__all__)
    assert all(hasattr(atsock_host, name) for name in atsock_host.__all__)
