"""boards/: every board file with a fake `machine`, in MicroPython: the line, the power key, first light."""

import json
import subprocess

import pytest
from atsock_host import Simulator

from support import MICROPYTHON, TREE, environment, page_server

pytestmark = pytest.mark.slow

BOARDS = TREE / "boards"
FAKES = TREE / "tests" / "packaging" / "fakes"
NAMES = sorted(path.parent.name for path in BOARDS.glob("*/board.py"))

GARBAGE_COLLECTION_MS = 23  # the longest on an RP2040 with a full heap
HIGH, LOW = 1, 0

# What the sources named in boards/modules.py allow, in ms: (least, most) of the press, None: no limit.
SWITCHES_ON = {
    "BG96": (500, 649), "BG95": (500, 649), "A7670": (50, 2499), "A7608": (50, 2499), "NL668": (2000, None),
    "L610": (2000, None),
}
SWITCHES_OFF = {"BG95": (650, 1500)}
RESETS = {"BG96": (150, 460), "A7670": (2000, None), "A7608": (2000, None)}


def run(board, script, *arguments):
    path = environment(FAKES, BOARDS / board, BOARDS, BOARDS / "examples", BOARDS / "unix", TREE / "lib")
    done = subprocess.run(
        [MICROPYTHON, FAKES / script, *map(str, arguments)], capture_output=True, text=True, env=path, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def press(board, late_ms):
    return json.loads(run(board, "press.py", late_ms))


def data(board):
    """The names of board.py, and the name of its module."""
    names = {}
    source = (BOARDS / board / "board.py").read_text()
    modules = {}
    exec((BOARDS / "modules.py").read_text(), modules)
    exec("\n".join(line for line in source.splitlines() if not line.startswith("from modules")), names)
    module = source.split("from modules import ")[1].split()[0]
    return names | {"name": module, "times": modules[module]}


def presses(observed, pin, pressed):
    """[(from, until)] in ms of each press of the pin."""
    found, since = [], None
    for ms, number, level in observed["changes"]:
        if number == pin and level == pressed:
            since = ms
        elif number == pin and since is not None:
            found.append((since, ms))
            since = None
    assert since is None, "left pressed"
    return found


def is_within(window, press):
    least, most = window
    return press[1] - press[0] >= least and (most is None or press[1] - press[0] <= most)


def test_there_are_boards():
    assert {"pico", "esp32", "esp32s3"} < set(NAMES)


@pytest.mark.parametrize("board", NAMES)
def test_the_line(board):
    number, baud, rest = press(board, -1)["uart"]
    wanted = data(board)
    assert (number, baud, rest["tx"], rest["rx"]) == (wanted["UART"], wanted["BAUD"], wanted["TX"], wanted["RX"])
    assert rest["timeout"] == 0
    # Flow control as wired, and said to be off where it is not: RP2040 keeps an older setting.
    assert rest["flow"] == (1 if wanted["RTS"] is not None else 0) | (2 if wanted["CTS"] is not None else 0)
    assert rest.get("rts") == wanted["RTS"] and rest.get("cts") == wanted["CTS"]
    assert rest["rxbuf"] >= GARBAGE_COLLECTION_MS * baud / 10 / 1000


@pytest.mark.parametrize("board", NAMES)
def test_no_pin_has_two_jobs(board):
    jobs = data(board)
    pins = ("TX", "RX", "RTS", "CTS", "SUPPLY", "PWRKEY", "RESET", "DTR")
    used = [jobs[job] for job in pins if jobs[job] is not None]
    assert len(used) == len(set(used))


@pytest.mark.parametrize("board", NAMES)
def test_all_pins_are_at_rest_before_anything_is_asked(board):
    wanted, seen = data(board), press(board, -1)["rest"]
    levels = {number: level for _, number, level in seen["changes"]}
    for pin, pressed in (("PWRKEY", "PWRKEY_PRESSED"), ("RESET", "RESET_PRESSED")):
        if wanted[pin] is not None:
            assert levels[wanted[pin]] == 1 - wanted[pressed]
    if wanted["DTR"] is not None:
        assert levels[wanted["DTR"]] == LOW
    assert wanted["SUPPLY"] not in levels  # a module at work keeps its supply


@pytest.mark.parametrize("board", NAMES)
def test_a_module_that_answers_is_left_alone(board):
    wanted, seen = data(board), press(board, -1)["start"]
    assert seen["answer"] is False
    changes = [] if wanted["SUPPLY"] is None else [[wanted["SUPPLY"], HIGH]]
    assert [change[1:] for change in seen["changes"]] == changes


@pytest.mark.parametrize("board", [name for name in NAMES if data(name)["PWRKEY"] is not None])
def test_the_power_key_is_pressed_once_and_as_long_as_the_manual_says(board):
    wanted, seen = data(board), press(board, 4000)["start"]
    assert seen["answer"] is True
    found = presses(seen, wanted["PWRKEY"], wanted["PWRKEY_PRESSED"])
    assert len(found) == 1 and is_within(SWITCHES_ON[wanted["name"]], found[0])
    assert found[0][1] + 4000 <= seen["ms"] < found[0][1] + 5000  # heard soon after it was there
    if wanted["SUPPLY"] is not None:
        assert seen["changes"][0] == [0, wanted["SUPPLY"], HIGH]


@pytest.mark.parametrize("board", NAMES)
def test_a_module_that_never_answers(board):
    wanted, seen = data(board), press(board, 0)["start"]
    assert "does not answer AT" in seen["answer"]
    assert wanted["times"]["boot_ms"] <= seen["ms"] <= wanted["times"]["boot_ms"] + 10_000
    assert len(presses(seen, wanted["PWRKEY"], wanted["PWRKEY_PRESSED"])) == (wanted["PWRKEY"] is not None)


@pytest.mark.parametrize("board", NAMES)
def test_reset(board):
    wanted, seen = data(board), press(board, -1)["reset"]
    if wanted["RESET"] is not None and wanted["times"]["reset_ms"]:
        found = presses(seen, wanted["RESET"], wanted["RESET_PRESSED"])
        assert len(found) == 1 and is_within(RESETS[wanted["name"]], found[0])
    elif wanted["PWRKEY"] is not None and wanted["times"]["off_ms"]:
        off, on = presses(seen, wanted["PWRKEY"], wanted["PWRKEY_PRESSED"])
        assert is_within(SWITCHES_OFF[wanted["name"]], off) and is_within(SWITCHES_ON[wanted["name"]], on)
        assert on[0] - off[1] >= wanted["times"]["down_ms"]
    else:
        assert seen is None


@pytest.mark.parametrize("module", ["BG96", "BG95", "A7670", "A7608", "SIM7028", "NL668", "L610"])
def test_any_module_on_a_pico(module, tmp_path):
    """Only the line of board.py that says what is wired to it is changed."""
    source = (BOARDS / "pico" / "board.py").read_text()
    changed = source.replace("import BG96 as MODULE", f"import {module} as MODULE")
    (tmp_path / "board.py").write_text(changed)
    path = environment(FAKES, tmp_path, BOARDS, BOARDS / "unix", TREE / "lib")
    done = subprocess.run([MICROPYTHON, FAKES / "press.py", "-1"], capture_output=True, text=True, env=path, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (changed == source) == (module == "BG96")


@pytest.mark.parametrize("board", NAMES)
def test_the_table_of_pins_says_the_same(board):
    wanted = data(board)
    keys = [f"{wanted[name]}, {'high' if wanted[name + '_PRESSED'] else 'low'}" if wanted[name] is not None else "-"
            for name in ("PWRKEY", "RESET")]
    cells = [f"`{board}`", *(str(wanted[name]) if wanted[name] is not None else "-"
                             for name in ("UART", "TX", "RX", "RTS", "CTS")),
             *keys, *(str(wanted[name]) if wanted[name] is not None else "-" for name in ("SUPPLY", "DTR"))]
    assert f"| {' | '.join(cells)} |" in (BOARDS / "README.md").read_text()


@pytest.mark.parametrize("board", NAMES)
def test_first_light(board):
    with page_server(b"it works") as server, Simulator(
            data(board)["times"]["dialect"], hosts={"example.com": f"127.0.0.1:{server.server_port}"}) as module:
        said = run(board, "run.py", "first_light", module.port)
        assert module.violations() == []
    assert "power key pressed: False" in said
    assert "address: 10." in said
    assert said.rstrip().endswith("it works")
