"""What is measured: one case per dialect, access mode, direction, speed of the line and interpreter.

Owns the choice, the amounts of data, and which interpreters there are.  Runs nothing.
"""

import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import atsock

from ..limits import RECEIVE, SEND, line_bytes

ECHO = "echo"
DIRECTIONS = (RECEIVE, SEND, ECHO)
BAUDS = (115200, 921600)
ECHO_ROUNDS = 20
MICROPYTHON, CPYTHON = "micropython", "cpython"
INTERPRETERS = (MICROPYTHON, CPYTHON)

_LIB = Path(atsock.__file__).resolve().parent.parent
_BOARD = Path(__file__).resolve().parents[3] / "boards" / "unix"     # in the source tree; a wheel has no boards
_HOST = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).resolve().parent / "on_board"


class Case(NamedTuple):
    dialect: str
    access: str
    direction: str
    baud: int
    interpreter: str


class Session(NamedTuple):
    """What one interpreter does with one virtual module; `plan`: (access, direction, n)."""

    dialect: str
    baud: int
    interpreter: str
    plan: tuple


def amount(dialect, access, direction, baud, seconds):
    """Bytes that the line carries in about so many seconds, in whole exchanges of this kind; echo: rounds."""
    if direction == ECHO:
        return ECHO_ROUNDS
    trial = 1 << 16
    n = int(trial * seconds * baud / 10 / line_bytes(dialect, access, trial, direction))
    return max(1024, n >> 10 << 10)


def sessions(dialects, accesses, directions, bauds, interpreters, seconds, kib=None):
    """The Sessions of these choices; `kib`: an amount for all transfers instead of what `seconds` come to."""
    for dialect in dialects:
        for interpreter in interpreters:
            for baud in bauds:
                plan = []
                # Transparent access last: leaving it takes two seconds.
                for access in sorted(accesses, key="transparent".__eq__):
                    for direction in directions:
                        n = amount(dialect, access, direction, baud, seconds)
                        plan.append((access, direction, n if direction == ECHO or kib is None else kib * 1024))
                yield Session(dialect, baud, interpreter, tuple(plan))


def program(interpreter):
    """The path of an interpreter; None when it, or what it needs, is not there."""
    if interpreter == CPYTHON:
        return sys.executable
    beside = Path(sys.executable).with_name("micropython")
    found = str(beside) if beside.exists() else shutil.which("micropython")
    return found if _BOARD.is_dir() else None


def command(interpreter, script, *arguments):
    """(command, changes of the environment) that run a file of on_board/."""
    path = {"PYTHONPATH": f"{_LIB}:{_HOST}"}
    if interpreter == MICROPYTHON:
        path = {"MICROPYPATH": f"{_LIB}:{_BOARD}:{_HERE}:.frozen"}
    return [program(interpreter), str(_HERE / script), *map(str, arguments)], path
