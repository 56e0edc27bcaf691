"""The .mpy build: every file for every kind of board, and what it makes of lib/ works."""

import json
import re
import subprocess
import sys

import pytest
from atsock_host import Simulator

from support import MICROPYTHON, TREE, environment, page_server

import build_mpy
import contents

pytestmark = pytest.mark.slow

NAMES = [path.relative_to(TREE / "lib").with_suffix("").as_posix() for path in contents.modules().values()]
ARCHITECTURES = ["armv6m", "armv7emsp", "xtensawin", "x64", "rv32imc"]
MACHINE_CODE = "atsock/core/_viper"
MPY_VERSION = 6


def compiled(folder):
    return {path.relative_to(folder).with_suffix("").as_posix(): path.read_bytes() for path in folder.rglob("*.mpy")}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_file_for_every_architecture(build, architecture):
    found = compiled(build / architecture)
    assert sorted(found) == sorted(NAMES)
    # Header: "M", version, flags and architecture, bits of a small int (MicroPython documentation, ".mpy files").
    assert {code[:2] for code in found.values()} == {bytes((ord("M"), MPY_VERSION))}
    assert {code[3] for code in found.values()} == {31}  # boards of 32 bits can load them


def test_only_machine_code_differs(build):
    folders = [compiled(build / name) for name in ARCHITECTURES]
    different = {name for name in NAMES if len({folder[name] for folder in folders}) > 1}
    assert different == {MACHINE_CODE}
    assert len({folder[MACHINE_CODE] for folder in folders}) == len(folders)


def test_machine_code_of_rp2040_runs_from_any_address(build):
    """Firmware that has it frozen aligns it to 2 bytes, where a word that stands between instructions is not found.

    Such a word is the way of a jump over more than 2 KB (which MicroPython before 1.26 refuses to compile), and a
    constant of more than 16 bits.  That of how many arguments a function takes is harmless: found 2 bytes off it allows
    more.
    """
    code = (build / "armv6m" / f"{MACHINE_CODE}.mpy").read_bytes()
    # ARMv6-M Architecture Reference Manual, A6.7: LDR Rt, [PC, #0] before ADD PC, R1 or B over the word.
    assert not re.findall(rb"\x00[\x48-\x4f]\x8f\x44", code)
    found = re.findall(rb"\x00[\x48-\x4f]\x01\xe0(.{4})", code, re.DOTALL)
    words = [int.from_bytes(word, "little") for word in found]
    assert words and [word for word in words if word >> 16 != word & 0xFFFF or word >> 17 > 10] == []


def test_one_build_for_all_has_the_machine_code_as_source(build):
    found = compiled(build / "any")
    assert sorted(found) == sorted(set(NAMES) - {MACHINE_CODE})
    assert all(code == compiled(build / "armv6m")[name] for name, code in found.items())
    assert (build / "any" / f"{MACHINE_CODE}.py").read_bytes() == (TREE / "lib" / f"{MACHINE_CODE}.py").read_bytes()


def test_tracebacks_name_the_file_and_not_where_it_was_built(build):
    for name, code in compiled(build / "armv6m").items():
        assert f"{name}.py".encode() in code
        assert str(TREE).encode() not in code


@pytest.mark.parametrize("kind", build_mpy.KINDS)
def test_the_packages_install_from_there(build, kind):
    sources = {path.name: json.loads(path.read_text())["urls"] for path in TREE.glob("package*.json")}
    built = {path.name: json.loads(path.read_text())["urls"] for path in (build / kind).glob("*.json")}
    assert built.keys() == sources.keys()
    for name, urls in sources.items():
        assert [target.rpartition(".")[0] for target, _ in built[name]] == [
            target.rpartition(".")[0] for target, _ in urls]
        assert all(target == url and (build / kind / url).is_file() for target, url in built[name])


IMPORT_ALL = """
import sys
for name in sys.argv[1:]:
    __import__(name)
    print(sys.modules[name].__file__)
from atsock.core import movers
print("atsock.core._plain" in sys.modules and movers.copy is sys.modules["atsock.core._plain"].copy)
"""


def import_all(folder, tmp_path, names):
    script = tmp_path / "import_all.py"
    script.write_text(IMPORT_ALL)
    done = subprocess.run(
        [MICROPYTHON, script, *names], env=environment(folder), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("kind", ["x64", "any"])
def test_all_of_it_loads(build, tmp_path, kind):
    names = sorted(contents.modules())
    found = import_all(build / kind, tmp_path, names)
    assert len(found) == len(names) + 1
    from_source = [path for path in found[: len(names)] if not path.endswith(".mpy")]
    assert [path.rpartition("/")[2] for path in from_source] == (["_viper.py"] if kind == "any" else [])
    assert found[-1] == "False"  # the machine code is in use


def test_machine_code_of_another_board_is_done_without(build, tmp_path):
    names = sorted(set(contents.modules()) - {"atsock.core._viper"})
    assert import_all(build / "armv6m", tmp_path, names)[-1] == "True"


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "sim7028", "nl668", "l610"])
@pytest.mark.parametrize("form", ["source", "mpy", "mpy without machine code", "mpy for any board"])
def test_it_fetches_a_page(build, form, dialect):
    folder = {
        "source": TREE / "lib", "mpy": build / "x64", "mpy without machine code": build / "armv6m",
        "mpy for any board": build / "any"}[form]
    page = bytes(range(256)).replace(b"\r", b"").hex().encode()
    with page_server(page) as server, Simulator(
            dialect, hosts={"example.com": f"127.0.0.1:{server.server_port}"}) as module:
        done = subprocess.run(
            [MICROPYTHON, "boards/examples/first_light.py", module.port, dialect], cwd=TREE,
            env=environment(folder, TREE / "boards" / "unix"), capture_output=True, text=True, timeout=60)
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
