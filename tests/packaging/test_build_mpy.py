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
import short_names

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


SAY_ALL = """
import sys
from atsock import packing, settings, tables
dialect, keys = sys.argv[1], sys.argv[2:]
print(settings.names())
table = tables.Table(dialect)
for key in keys + ["NO_SUCH_KEY"]:
    print(key, list(tables.Table(dialect).all(key.encode())), list(table.all(key.encode())))
for access in ("buffer", "push", "hex", "transparent"):
    print(packing.rows(table, access))
try:
    tables.Table("bg95").word(b"MODELS")
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "sim7028", "nl668", "l610"])
def test_a_table_is_the_same_in_each_form(build, tmp_path, dialect):
    """From .mpy files a table is read line by line; key by key it says what the source says."""
    script = tmp_path / "say_all.py"
    script.write_text(SAY_ALL)
    known = contents.modules()
    short = short_names.plan(list(known.values()), list(contents.LIB.rglob("*.pyi")))[known["atsock.tables"]]
    compiled_script = tmp_path / "say_all_short.py"
    compiled_script.write_text(short_names.apply(script, short))
    texts = [path.read_text() for path in (TREE / "lib" / "atsock" / "dialects").glob("[a-z]*.py")]
    keys = sorted(set(re.findall(r"^([A-Z][A-Z_0-9]*)  ", "\n".join(texts), re.MULTILINE)))
    assert len(keys) > 80
    found = []
    for folder, run in ((TREE / "lib", script), (build / "x64", compiled_script)):
        done = subprocess.run(
            [MICROPYTHON, run, dialect, *keys], env=environment(folder), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        found.append(done.stdout.splitlines())
    source, compiled_form = found
    assert len(source) == 1 + len(keys) + 1 + 4 + 1
    assert source == compiled_form
    assert "bg95" in source[-1]


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


TWO_ERRORS = """
import sys
import atsock


class Silence:
    def any(self):
        return 0

    def readinto(self, buf, n):
        return 0

    def write(self, buf, start, n):
        return n


modem = atsock.Modem(Silence(), "bg96")
seen = []
for _ in range(2):
    try:
        modem.socket().connect(("192.0.2.1", 80))
    except atsock.ModemError as error:
        seen.append(error)
print(len(seen), type(seen[0]) is type(seen[1]) is atsock.ModemError)
print("atsock.opening" in sys.modules, "atsock.network" in sys.modules, "atsock.errors" in sys.modules)
"""


def test_modules_are_forgotten_and_exceptions_are_not(build, tmp_path):
    script = tmp_path / "two_errors.py"
    script.write_text(TWO_ERRORS)
    done = subprocess.run([MICROPYTHON, script], env=environment(build / "x64"), capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["2 True", "False False True"], done.stderr


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
    assert sorted(path.name for path in tmp_path.iterdir()) == ["armv6m", "names.txt"]
    assert run("z80").returncode == 2
