"""The .mpy build: every file for every kind of board, and what it makes of lib/ works."""

import json
import subprocess
import sys

import pytest
from atsock_host import Simulator

from support import MICROPYTHON, TREE, environment, page_server

import build_mpy
import contents

pytestmark = pytest.mark.slow

NAMES = [path.relative_to(TREE / "lib").with_suffix("").as_posix() for path in contents.modules().values()]
MPY_VERSION = 6


def compiled(folder):
    return {path.relative_to(folder).with_suffix("").as_posix(): path.read_bytes() for path in folder.rglob("*.mpy")}


@pytest.mark.parametrize("architecture", ["armv6m", "armv7emsp", "xtensawin", "x64", "rv32imc"])
def test_every_file_for_every_architecture(build, architecture):
    found = compiled(build / architecture)
    assert sorted(found) == sorted(NAMES)
    # Header: "M", version, flags and architecture, bits of a small int (MicroPython documentation, ".mpy files").
    assert {code[:2] for code in found.values()} == {bytes((ord("M"), MPY_VERSION))}
    assert {code[3] for code in found.values()} == {31}  # boards of 32 bits can load them


def test_only_machine_code_differs(build):
    folders = [compiled(build / name) for name in build_mpy.ARCHITECTURES]
    different = {name for name in NAMES if len({folder[name] for folder in folders}) > 1}
    assert different == {"atsock/_viper"}
    assert len({folder["atsock/_viper"] for folder in folders}) == len(folders)


def test_tracebacks_name_the_file_and_not_where_it_was_built(build):
    for name, code in compiled(build / "armv6m").items():
        title = name.removesuffix("/__init__").rpartition("/")[2]  # a name that the driver has anyway
        assert title.encode() in code and f"{title}.py".encode() not in code
        assert str(TREE).encode() not in code


@pytest.mark.parametrize("architecture", build_mpy.ARCHITECTURES)
def test_the_packages_install_from_there(build, architecture):
    sources = {path.name: json.loads(path.read_text())["urls"] for path in TREE.glob("package*.json")}
    built = {path.name: json.loads(path.read_text())["urls"] for path in (build / architecture).glob("*.json")}
    for name, urls in sources.items():
        assert built[name] == [[target.replace(".py", ".mpy")] * 2 for target, _ in urls]
        assert all((build / architecture / url).is_file() for _, url in built[name])
    assert built.keys() == sources.keys()


IMPORT_ALL = """
import sys
for name in sys.argv[1:]:
    __import__(name)
    print(sys.modules[name].__file__)
from atsock import fast
print("atsock._plain" in sys.modules and fast.copy is sys.modules["atsock._plain"].copy)
"""


def import_all(folder, tmp_path, names):
    script = tmp_path / "import_all.py"
    script.write_text(IMPORT_ALL)
    done = subprocess.run(
        [MICROPYTHON, script, *names], env=environment(folder), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_all_of_it_loads(build, tmp_path):
    names = sorted(contents.modules())
    found = import_all(build / "x64", tmp_path, names)
    assert len(found) == len(names) + 1
    assert all(path.endswith(".mpy") for path in found[: len(names)])
    assert found[-1] == "False"  # the machine code is in use


def test_machine_code_of_another_board_is_done_without(build, tmp_path):
    names = sorted(set(contents.modules()) - {"atsock._viper"})
    assert import_all(build / "armv6m", tmp_path, names)[-1] == "True"


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "sim7028", "nl668", "l610"])
@pytest.mark.parametrize("form", ["py", "mpy", "mpy without machine code"])
def test_it_fetches_a_page(build, form, dialect):
    folder = {"py": TREE / "lib", "mpy": build / "x64", "mpy without machine code": build / "armv6m"}[form]
    page = bytes(range(256)).replace(b"\r", b"").hex().encode()
    with page_server(page) as server, Simulator(
            dialect, hosts={"page.example": f"127.0.0.1:{server.server_port}"}) as module:
        done = subprocess.run(
            [MICROPYTHON, "boards/unix/main.py", module.port, dialect, "page.example", "/"], cwd=TREE,
            env=environment(folder), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().encode().endswith(page)


def test_a_file_that_does_not_compile(tmp_path):
    lib = tmp_path / "lib"
    (lib / "atsock").mkdir(parents=True)
    (lib / "atsock" / "__init__.py").write_text("def (")
    with pytest.raises(build_mpy.BuildError, match="(?s)atsock/__init__.py for any board: .*SyntaxError"):
        build_mpy.build(tmp_path / "build", ["x64"], lib)


def test_the_command(tmp_path):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, TREE / "tools" / "build_mpy.py", "--into", tmp_path, *arguments],
            capture_output=True, text=True)

    done = run("armv6m")
    assert done.returncode == 0 and f"{len(NAMES)} files" in done.stdout and "RP2040" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["armv6m"]
    assert run("z80").returncode == 2
