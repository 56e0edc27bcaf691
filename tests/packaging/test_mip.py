"""Installing by mip, for real: from a computer over a serial line (mpremote), and by a board's own mip.

The "board" is MicroPython's unix port: behind a pseudo-terminal for mpremote (unixboard.py), with its own network for
its own mip.  What was installed then fetches a page through a virtual module.
"""

import subprocess

import pytest
from atsock_host import Simulator

from support import MICROPYTHON, TREE, environment, file_server, page_server, program
from unixboard import UnixBoard

pytestmark = pytest.mark.slow

DIALECTS = ["bg96", "a7600", "sim7028", "nl668", "l610"]
PAGE = b"installed and working"
LIMIT_S = 120


@pytest.fixture
def board(tmp_path):
    with UnixBoard(MICROPYTHON, tmp_path) as board:
        yield board


def mpremote(board, *words):
    done = subprocess.run(
        [program("mpremote"), "connect", board.port, *map(str, words)], cwd=TREE, capture_output=True, text=True,
        timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def fetch_over_the_serial_line(board, dialect):
    """first light (boards/unix) on the board, by mpremote alone."""
    with page_server(PAGE) as server, Simulator(
            dialect, hosts={"example.com": f"127.0.0.1:{server.server_port}"}) as module:
        arguments = ["first_light.py", module.port, dialect]
        return mpremote(
            board, "cp", "boards/unix/tty.py", f":{board.lib}/tty.py", "+",
            "cp", "boards/unix/start.py", f":{board.lib}/start.py", "+",
            "exec", f"import sys; sys.argv[:] = {arguments!r}", "+", "run", "boards/examples/first_light.py")


def fetch(lib, dialect):
    """first light in a MicroPython that imports from `lib` and nowhere else."""
    with page_server(PAGE) as server, Simulator(
            dialect, hosts={"example.com": f"127.0.0.1:{server.server_port}"}) as module:
        done = subprocess.run(
            [MICROPYTHON, "boards/examples/first_light.py", module.port, dialect], cwd=TREE,
            env=environment(lib, TREE / "boards" / "unix"), capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_mpremote_from_this_tree(board):
    """The command of the README.  mpremote resets the board first, as it does by default."""
    said = mpremote(board, "mip", "install", "package.json")
    assert said.rstrip().endswith("Done") and board.resets == 1
    for path in files(board.lib):
        assert (board.lib / path).read_bytes() == (TREE / "lib" / path).read_bytes()
    assert "atsock/dialects/bg96.py" in files(board.lib) and "atsock/manual/bg96.py" not in files(board.lib)
    assert fetch_over_the_serial_line(board, "bg96").rstrip().endswith(PAGE.decode())


def test_mpremote_from_a_build(board, build):
    mpremote(board, "mip", "install", build / "x64" / "package.json")
    assert all(path.endswith(".mpy") for path in files(board.lib))
    assert fetch_over_the_serial_line(board, "l610").rstrip().endswith(PAGE.decode())


def test_mpremote_from_a_web_server_into_a_folder_of_ones_own(board, tmp_path):
    target = tmp_path / "elsewhere"
    with file_server(TREE) as server:
        mpremote(board, "mip", "install", "--target", target, f"{server.url}/package.json")
        assert server.asked[0] == "/package.json" and len(server.asked) == len(files(target)) + 1
    said = mpremote(board, "exec", f"import sys; sys.path.insert(0, {str(target)!r}); import atsock.dialects as d; "
                    "print(d.names())")
    assert said.split() == str(sorted(DIALECTS)).split()


def test_the_manuals_come_on_top(board):
    mpremote(board, "mip", "install", "package.json", "package-manual.json")
    with Simulator("nl668") as module:
        said = mpremote(
            board, "cp", "boards/unix/tty.py", f":{board.lib}/tty.py", "+", "exec",
            f"import atsock; from tty import Tty; m = atsock.Modem(Tty({module.port!r}), 'nl668'); "
            "m.attach(apn='internet'); print(m.query('+MIPCALL'))")
    assert "10." in said


def test_without_the_manuals_call_says_what_is_missing(board):
    mpremote(board, "mip", "install", "package.json")
    with Simulator("nl668") as module:
        said = mpremote(
            board, "cp", "boards/unix/tty.py", f":{board.lib}/tty.py", "+", "exec",
            f"import atsock; from tty import Tty; m = atsock.Modem(Tty({module.port!r}), 'nl668')\n"
            "try:\n    m.call('+MIPCALL')\nexcept ImportError as error:\n    print(error)")
    assert "manual" in said


def own_mip(*words):
    return subprocess.run(
        [MICROPYTHON, "-m", "mip", *words], env=environment(), capture_output=True, text=True, timeout=LIMIT_S)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder into which the unix port's own mip installed package.json over HTTP."""
    folder = tmp_path_factory.mktemp("installed")
    with file_server(TREE) as server:
        done = own_mip("install", "--target", str(folder), f"{server.url}/package.json")
    assert done.returncode == 0 and done.stdout.rstrip().endswith("Done"), done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_boards_own_mip(installed, dialect):
    assert fetch(installed, dialect).rstrip().endswith(PAGE.decode())


def test_the_package_imports_nothing_it_lacks(installed, tmp_path):
    """Every module of it, those that only some calls load included."""
    names = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in files(installed)]
    script = tmp_path / "import_all.py"
    script.write_text("import sys\nfor name in sys.argv[1:]:\n    __import__(name)\nprint('all')\n")
    done = subprocess.run(
        [MICROPYTHON, script, *names], env=environment(installed), capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout == "all\n", done.stderr


def test_own_mip_takes_the_folder(tmp_path):
    with file_server(TREE) as server:
        done = own_mip("install", "--target", str(tmp_path / "lib"), server.url + "/")
        assert done.returncode == 0 and server.asked[0] == "/package.json"
    assert fetch(tmp_path / "lib", "sim7028").rstrip().endswith(PAGE.decode())


def test_own_mip_from_a_build(build, tmp_path):
    with file_server(build / "x64") as server:
        done = own_mip("install", "--target", str(tmp_path / "lib"), f"{server.url}/package.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(path.endswith(".mpy") for path in files(tmp_path / "lib"))
    assert fetch(tmp_path / "lib", "a7600").rstrip().endswith(PAGE.decode())


def test_installing_again_replaces(board):
    mpremote(board, "mip", "install", "package.json")
    (board.lib / "atsock" / "modem.py").write_text("an older version")
    mpremote(board, "mip", "install", "package.json")
    assert (board.lib / "atsock" / "modem.py").read_bytes() == (TREE / "lib/atsock/modem.py").read_bytes()
    assert board.resets == 2
