"""How much Python runs for a kilobyte, counted by tools/steps.py against its ceilings; and that it is the same
for much data.
"""

import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PATH = Path(__file__).resolve().parents[2] / "tools" / "steps.py"


def load():
    spec = importlib.util.spec_from_file_location("python_steps", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


steps = load()
WAYS = pytest.mark.parametrize("direction", [steps.RECEIVE, steps.SEND])
SOCKETS = {"bg96": 12, "a7600": 10, "sim7028": 2, "nl668": 6, "l610": 6}


@WAYS
@pytest.mark.parametrize("access", steps.ACCESS)
@pytest.mark.parametrize("dialect", steps.DIALECTS)
def test_ceilings(dialect, access, direction):
    found = steps.count(dialect, access, direction)
    assert found.calls and found.lines
    assert not steps.over(access, direction, found), found


@WAYS
@pytest.mark.parametrize("dialect", steps.DIALECTS)
def test_the_count_is_one(dialect, direction):
    """Nothing random is in it: what the ceilings see is growth."""
    assert steps.count(dialect, "buffer", direction) == steps.count(dialect, "buffer", direction)


@WAYS
@pytest.mark.parametrize("access", ["buffer", "push", "hex"])
@pytest.mark.parametrize("dialect", steps.DIALECTS)
def test_other_open_sockets_cost_nothing(dialect, access, direction):
    alone = steps.count(dialect, access, direction)
    assert steps.count(dialect, access, direction, sockets=SOCKETS[dialect]) == alone


@pytest.mark.slow
@WAYS
@pytest.mark.parametrize("access", steps.ACCESS)
@pytest.mark.parametrize("dialect", ["bg96", "a7600", "nl668"])
def test_a_kilobyte_costs_the_same_later_on(dialect, access, direction):
    """Receiving and sending 24 times as much takes as much per KiB; short transfers end in a short exchange."""
    few = steps.count(dialect, access, direction, kib=10)
    many = steps.count(dialect, access, direction, kib=240)
    assert many.calls <= few.calls * 1.01 + 1 and many.lines <= few.lines * 1.01 + 5


@pytest.mark.slow
@WAYS
@pytest.mark.parametrize("access", ["buffer", "push"])
def test_a_kilobyte_of_four_mebibytes(access, direction):
    first = steps.count("bg96", access, direction, kib=250)
    assert steps.count("bg96", access, direction, kib=4096).calls == pytest.approx(first.calls, rel=0.02)


@pytest.mark.parametrize("dialect", steps.DIALECTS)
@pytest.mark.parametrize("access", ["buffer", "push", "hex"])
def test_what_is_there_is_given_at_once(dialect, access):
    """Five bytes wait and 1024 are asked for: five come, and nobody waits for more."""
    socket, module = steps.prepared(dialect, access)
    socket.settimeout(10)
    module.coming += 5
    while module.coming:
        module.wait(1, False)  # the network delivers, the program does something else
        socket._session.service()
        if module.pulls:
            break
    asleep = []
    socket._session.engine.port.wait = lambda ms, writing: asleep.append(ms)
    assert socket.recv(1024) == steps.SOURCE[module.given % steps.SIZE - 5 :][:5]
    assert asleep == []
