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
DIALECTS = sorted(path.stem for path in (LIB / "atsock" / "dialects").glob("[a-z]*.py"))


def targets(name):
    """Paths on the board of a package in the tree."""
    return {target for target, _ in json.loads((TREE / name).read_text())["urls"]}


def test_nothing_is_out_of_date():
    assert package.stale() == [], "run ./tools/package"


def test_one_package_for_each_dialect_one_for_all_and_the_manuals():
    assert FILES == sorted(["package.json", "package-manual.json"] + [f"package-{name}.json" for name in DIALECTS])


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


def test_every_file_of_lib_is_in_a_package():
    """But what only CPython can use."""
    shipped = set().union(*map(targets, FILES))
    rest = {path.relative_to(LIB).as_posix() for path in LIB.rglob("*.py")} - shipped
    assert rest == {name.replace(".", "/") + ".py" for name in contents.CPYTHON} != set()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_board_gets_its_dialect_and_those_it_is_made_of(dialect):
    found = {path for path in targets(f"package-{dialect}.json") if path.startswith("atsock/dialects/")}
    # sim7028 is a variant of a7600, l610 one of nl668
    needed = {"sim7028": {"a7600"}, "l610": {"nl668"}}.get(dialect, set()) | {dialect, "__init__"}
    assert found == {f"atsock/dialects/{name}.py" for name in needed}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_adds_only_dialects_to_the_driver(dialect):
    everything, one = targets("package.json"), targets(f"package-{dialect}.json")
    assert one < everything
    assert all(path.startswith("atsock/dialects/") for path in everything - one)


def test_the_manuals_are_an_addition():
    manual = targets("package-manual.json")
    assert manual.isdisjoint(targets("package.json"))
    assert {"atsock/catalogue.py", "atsock/manual/__init__.py", "atsock/manual/bg96.py"} <= manual


@pytest.fixture
def tree(tmp_path):
    """A small project whose package files are up to date."""
    for name, text in {
        "__init__.py": '__version__ = "7"\nfrom .modem import Modem\n',
        "modem.py": "def call():\n    from .catalogue import run\ndef ping():\n    from . import services\n",
        "services.py": "try:\n    from ._fast import copy\nexcept ImportError:\n    from ._slow import copy\n",
        "_fast.py": "", "_slow.py": "", "catalogue.py": "from .manual import load\n", "manual/__init__.py": "",
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


def test_imports_are_followed_wherever_they_stand(tree):
    assert urls(tree, "package-old.json") == [
        "__init__.py", "_fast.py", "_slow.py", "dialects/__init__.py", "dialects/old.py", "modem.py", "services.py"]
    assert set(urls(tree, "package-new.json")) - set(urls(tree, "package-old.json")) == {"dialects/new.py"}
    assert urls(tree, "package-manual.json") == ["catalogue.py", "manual/__init__.py"]
    assert json.loads((tree / "package.json").read_text())["version"] == "7"


def test_it_notices_a_new_import_a_new_dialect_and_one_that_is_gone(tree):
    assert package.stale(tree) == []
    atsock = tree / "lib" / "atsock"
    (atsock / "timer.py").write_text("")
    (atsock / "modem.py").write_text("from . import timer\n" + (atsock / "modem.py").read_text())
    assert package.stale(tree) == ["package-new.json", "package-old.json", "package.json"]
    (atsock / "dialects" / "newest.py").write_text("")
    (atsock / "dialects" / "new.py").unlink()
    assert package.write(tree) == ["package-new.json", "package-newest.json", "package-old.json", "package.json"]
    assert package.stale(tree) == []
    assert not (tree / "package-new.json").exists()


def test_the_order_of_need(tree):
    known = contents.modules(tree / "lib")
    order = contents.in_order_of_need(known)
    assert sorted(order) == sorted(known)
    assert order.index("atsock._fast") < order.index("atsock.services")
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
