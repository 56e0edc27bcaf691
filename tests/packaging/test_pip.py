"""pip install . into a fresh virtual environment: the two packages, the command, the types."""

import subprocess
import sys
import venv
import zipfile

import pytest

from support import TREE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """bin/ of a virtual environment in which nothing but the project and what it needs is installed."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(TREE),
        folder=folder)
    return folder / "bin"


def run(*command, folder):
    done = subprocess.run(
        list(map(str, command)), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_both_packages_come_from_there(fresh, tmp_path):
    said = run(
        fresh / "python", "-c",
        "import atsock, atsock_host; print(atsock.__version__, atsock.__file__, atsock_host.__file__);"
        "from atsock.dialects import names; print(names())", folder=tmp_path)
    assert said.count(str(fresh.parent)) == 2
    assert "['a7600', 'bg96', 'l610', 'nl668', 'sim7028']" in said


def test_the_command(fresh, tmp_path):
    said = run(fresh / "atsock", "resolve", "--sim", "bg96", "--host", "server=127.0.0.1", "server", folder=tmp_path)
    assert said.split() == ["127.0.0.1"]
    assert "sim" in run(fresh / "python", "-m", "atsock_host", "--help", folder=tmp_path)


def test_nothing_for_tests_is_pulled_in(fresh, tmp_path):
    installed = run(fresh / "python", "-m", "pip", "list", "--format", "freeze", folder=tmp_path)
    assert {"click", "pyserial", "rich"} <= {line.split("==")[0] for line in installed.splitlines()}
    assert "pytest" not in installed and "mypy" not in installed


def test_what_the_wheel_holds(tmp_path):
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--disable-pip-version-check", "-w", tmp_path,
        str(TREE), folder=tmp_path)
    wheel, = tmp_path.glob("atsock-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        entries, = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        assert "[pytest11]\natsock = atsock_host.pytest_plugin" in archive.read(entries).decode()
    expected = {
        path.relative_to(parent).as_posix()
        for parent, package in ((TREE / "lib", "atsock"), (TREE / "host", "atsock_host"))
        for path in (parent / package).rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert names == expected
    assert {"atsock/py.typed", "atsock_host/__init__.pyi", "atsock_host/py.typed"} <= names
