"""ruff, mypy and import-linter find nothing; how they are set up stands in pyproject.toml."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[1]
NOT_PUBLIC = {      # and in the source all the same
    "atsock_host.Bridge.getaddrinfo", "atsock_host.Bridge.gethostbyname", "atsock_host.Bridge.gethostbyname_ex",
    "atsock_host.VirtualModule.__init__", "atsock_host.tls.TlsSocket.dropped", "atsock_host.tls.TlsSocket.opened",
}
MISSPELT = TREE / "tests" / "typing" / "misspelt.py"


def run(program, *arguments):
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *map(str, arguments)], cwd=TREE, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def test_ruff():
    status, said = run("ruff", "check", "--output-format", "concise", ".")
    assert status == 0, said


def test_ruff_has_set_the_lines_of_the_driver():
    status, said = run("ruff", "format", "--check", "lib")
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
def test_the_stubs_say_what_the_source_says():
    """atsock_host/__init__.pyi and tls.pyi: the public names, and what they take and give."""
    _, said = run("stubtest", "--concise", "--mypy-config-file", "pyproject.toml", "atsock_host")
    found = [line for line in said.splitlines() if re.match(r"atsock_host\.(?:tls\.|[A-Z_]|read_trace)", line)]
    assert [line for line in found if line.split()[0] not in NOT_PUBLIC] == [], said
    assert {line.split()[0] for line in found} == NOT_PUBLIC, said      # stubtest has looked, and the list is no longer


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
