"""docs/errors.md: what it says that attach() says is what attach() says."""

import re
from pathlib import Path

import atsock
import pytest
from atsock_host import SerialPort, Simulator

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "errors.md").read_text()
ROWS = [row for row in re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE) if ":" in row]
LIMIT_MS = 3000

# What brings each of them about: options of the virtual module, a word to it, the port's speed.
CAUSES = {
    "sync: no answer": ({}, "hang", 115200),
    "sync: unreadable bytes": ({"baudrate": 115200, "faults": ["wrong-rate"]}, None, 9600),
    "sim: SIM not inserted": ({"faults": ["sim-missing"]}, None, 115200),
    "sim: SIM PIN": ({"faults": ["sim-pin"]}, None, 115200),
    "register: searching": ({"faults": ["not-registered"]}, None, 115200),
    "register: denied": ({"settings": {"registration": "3"}}, None, 115200),
    "context: activating, check APN, user and password": ({"faults": ["apn-required"]}, None, 115200),
}
# Of which there is no virtual module; tests/lib/test_bringup*.py has them.
ELSEWHERE = {"sync: no answer, but other words", "sync: ERROR", "sim: SIM PUK", "register: radio off",
             "register: not searching", "register: deregistered"}


def test_every_row_is_tried():
    assert set(ROWS) == set(CAUSES) | ELSEWHERE


@pytest.mark.parametrize("said", [pytest.param(said, marks=pytest.mark.slow) for said in CAUSES])
def test_attach_says_it(said):
    options, word, speed = CAUSES[said]
    with Simulator("bg96", **options) as module, SerialPort(module.port, speed) as port:
        if word:
            module.control(word)
        with pytest.raises(OSError) as caught:
            atsock.Modem(port, "bg96").attach(
                apn=None if "apn-required" in options.get("faults", ()) else "internet", timeout_ms=LIMIT_MS)
    assert f"{said}: " in str(caught.value)
