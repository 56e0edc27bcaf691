"""The package files of mip: up to date, complete, and no larger than they need to be."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from support import TREE  # before the tools: it says where they are

import contents
import package

LIB = TREE / "lib"

FILES = sorted(path.name for path in TREE.glob("package*.json"))


def targets(name):
    """Paths on the board of a package in the tree."""
    return {target for target, _ in json.loads((TREE / name).read_text())["urls"]}


def test_nothing_is_out_of_date():
    assert package.stale() == [], "run ./tools/package"


def test_one_package_for_the_driver_and_one_for_the_manuals():
    assert FILES == ["package-manual.json", "package.json"]


@pytest.mark.parametrize("name", FILES)
def test_what_mip_reads(name):
    """Keys and forms of the documentation, addresses below the package file, nothing but .py on a board."""
    found = json.loads((TREE / name).read_text())
    assert found.keys() == {"version", "urls", "deps"} and found["deps"] == []
    for target, url in found["urls"]:
        assert url == f"lib/{target}" and target.startswith("atsock/") and target.endswith(".py")
        assert (TREE / url).is_file()


def test_the_version_is_the_same_everywhere():
    project = re.search(r'^version = "(.+)"$', (TREE / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert {json.loads((TREE / name).read_text())["version"] for name in FILES} == {project}


def test_every_file_of_the_driver_is_in_one_package():
    everything = [path for name in FILES for path in targets(name)]
    assert sorted(everything) == sorted(path.relative_to(LIB).as_posix() for path in (LIB / "atsock").rglob("*.py"))


def test_the_driver_has_all_dialects():
    assert contents.dialects() == ["a7600", "bg96", "l610", "nl668", "sim7028"]
    for name in contents.dialects():
        assert f"atsock/dialects/{name}.py" in targets("package.json")


def test_the_driver_loads_without_the_manuals():
    """What it imports at the top of its files is in package.json."""
    known = contents.modules()
    driver = set(contents.packages(known)["package.json"])
    for name in driver:
        assert contents.imports(name, known, inside_functions=False) <= driver, name


def test_the_manuals_are_an_addition():
    manual = targets("package-manual.json")
    assert manual and all(path.startswith("atsock/manual/") for path in manual)
    assert {"atsock/manual/__init__.py", "atsock/manual/catalogue.py", "atsock/manual/bg96.py"} <= manual


@pytest.fixture
def tree(tmp_path):
    """A small project whose package files are up to date."""
    for name, text in {
        "__init__.py": '__version__ = "7"\nfrom .modem import Modem\n',
        "modem.py": "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from . import nic\n"
                    "def call():\n    from .manual import catalogue\ndef ping():\n    from . import services\n",
        "services.py": "try:\n    from .core._fast import f\nexcept ImportError:\n    from .core._slow import f\n",
        "nic.py": "from .modem import Modem\n", "core/__init__.py": "", "core/_fast.py": "", "core/_slow.py": "",
        "manual/catalogue.py": "from . import load\n", "manual/__init__.py": "",
        "dialects/__init__.py": "", "dialects/old.py": "", "dialects/new.py": "from .old import *\n",
    }.items():
        path = tmp_path / "lib" / "atsock" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "lib" / "atsock" / "modem.pyi").write_text("")
    (tmp_path / "lib" / "atsock" / "py.typed").write_text("")
    package.write(tmp_path)
    return tmp_path


def urls(tree, name):
    return [target.removeprefix("atsock/") for target, _ in json.loads((tree / name).read_text())["urls"]]


def test_what_is_in_which(tree):
    assert urls(tree, "package.json") == [
        "__init__.py", "core/__init__.py", "core/_fast.py", "core/_slow.py", "dialects/__init__.py", "dialects/new.py",
        "dialects/old.py", "modem.py", "nic.py", "services.py"]
    assert urls(tree, "package-manual.json") == ["manual/__init__.py", "manual/catalogue.py"]
    assert json.loads((tree / "package.json").read_text())["version"] == "7"


def test_imports_are_found_wherever_they_stand(tree):
    known = contents.modules(tree / "lib")
    assert contents.imports("atsock.modem", known, inside_functions=False) == set()
    assert contents.imports("atsock.modem", known) == {
        "atsock", "atsock.services", "atsock.manual", "atsock.manual.catalogue"}
    assert contents.imports("atsock.services", known, inside_functions=False) == {
        "atsock", "atsock.core", "atsock.core._fast", "atsock.core._slow"}


def test_it_notices_a_new_file_and_one_that_is_gone(tree):
    assert package.stale(tree) == []
    atsock = tree / "lib" / "atsock"
    (atsock / "timer.py").write_text("")
    assert package.stale(tree) == ["package.json"]
    (atsock / "manual" / "catalogue.py").unlink()
    (tree / "package-other.json").write_text("{}")
    assert package.write(tree) == ["package-manual.json", "package-other.json", "package.json"]
    assert package.stale(tree) == []
    assert not (tree / "package-other.json").exists()


def test_the_order_of_need(tree):
    known = contents.modules(tree / "lib")
    order = contents.in_order_of_need(known)
    assert sorted(order) == sorted(known)
    assert order.index("atsock.core._fast") < order.index("atsock.services")
    assert order.index("atsock.modem") < order.index("atsock.nic")
    assert order.index("atsock.dialects.old") < order.index("atsock.dialects.new")
    assert order[-1] == "atsock"


def test_the_command_checks_and_writes(tree):
    shutil.copytree(TREE / "tools", tree / "tools")

    def run(*arguments):
        return subprocess.run(
            [sys.executable, tree / "tools" / "package.py", *arguments], capture_output=True, text=True)

    assert run("--check").returncode == 0
    (tree / "package.json").write_text("{}")
    done = run("--check")
    assert done.returncode == 1 and done.stderr == "out of date, run ./tools/package: package.json\n"
    assert run().stdout == "package.json\n"
    assert run("--check").returncode == 0
