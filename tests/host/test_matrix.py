"""tools/matrix: a part of its cells in every run of the suite, more of them in the whole suite; and its own parts."""

import random
import sys

import pytest
from simbench import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import matrix
from atsock_host.simulator.registry import DIALECTS
from faultlab import ACCESS, Lab
from faultprogram import Connection, Program, pattern
from matrix import ABSENT, FAILS, HOLDS, STEPS, Cell, Run, outcome

CELLS = list(matrix.cells())
QUICK, SLOW = 160, 900


def sample(number, seed):
    return random.Random(seed).sample(CELLS, number)


def failing(cells):
    return [f"{cell}: {problems}" for cell, state, problems, *_ in map(outcome, cells) if state == FAILS]


def test_some_cells_hold():
    assert failing(sample(QUICK, 1)) == []


@pytest.mark.slow
def test_many_cells_hold():
    assert failing(sample(SLOW, 2)) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_step_is_reached(dialect):
    """A fault that nothing could tell from none, at every step: some access mode of the dialect gets there."""
    reached = {step for access in ACCESS for step in STEPS
               if outcome(Cell(dialect, access, step, "echo-on"))[1] == HOLDS}
    assert set(STEPS) - reached <= {"send-urc", "close-urc", "announce"}
    assert all(outcome(Cell(dialect, "buffer", step, "echo-on"))[1] == HOLDS
               for step in matrix.attach_steps(dialect)[1:])


def test_selection():
    cells = list(matrix.cells(["l610"], ["push", "hex"], ["open"], ["hang", "reboot"]))
    assert [str(cell) for cell in cells] == [
        "l610 push open hang", "l610 push open reboot", "l610 hex open hang", "l610 hex open reboot"]
    steps = {cell.step for cell in matrix.cells(["bg96"], [], ["attach"])}
    assert {"attach +CPIN", "attach +QIACT"} <= steps and all(step.startswith("attach ") for step in steps)


def test_table_and_summary():
    results = [
        (Cell("bg96", "buffer", "open", "hang"), HOLDS, [], [], 20),
        (Cell("bg96", "buffer", "open", "reboot"), FAILS, ["lost"], [], 10),
        (Cell("bg96", "push", "open", "hang"), ABSENT, [], [], 0),
    ]
    lines = list(matrix.table(results))
    assert lines[1].split() == ["bg96", "buffer", "open", ".", "X"]
    assert not any(line.startswith("bg96     push") for line in lines)
    assert "faults: 1 hang, 2 reboot" in lines
    told = matrix.summary(results)
    assert (told["cells"], told["reached"], told["hold"], told["fail"]) == (3, 2, 1, 1)
    assert told["longest recovery ms"] == 20


# ---- the judge sees what it is there for


class Peer:
    def __init__(self, *heard):
        self.answer = heard

    def heard(self):
        return self.answer


class Up:
    @staticmethod
    def isconnected():
        return True


def judged(heard, **of_connection):
    program = Program(Up(), "buffer", Peer(*heard), lambda: 0)
    connection = Connection(None)
    for name, value in of_connection.items():
        setattr(connection, name, value)
    program.judge(connection)
    return program.problems


def test_judge():
    assert judged((700, 700, 0, 900, 0), up=700, tried=700, down=900) == []
    assert judged((500, 500, 0, 0, 0), up=700, tried=700, failed=True) == []
    assert judged((700, 500, 200, 0, 0), up=500, tried=700, failed=True) == []      # filled up with zeros
    for heard, of_connection in (
        ((600, 600, 0, 0, 0), {"up": 700, "tried": 700}),                           # counted, and lost
        ((700, 700, 0, 900, 0), {"up": 700, "tried": 700, "down": 899, "ended": True}),     # an end too early
        ((710, 700, 0, 0, 0), {"up": 700, "tried": 700}),                           # something else was sent
        ((710, 700, 0, 0, 0), {"up": 700, "tried": 700, "failed": True}),
        ((700, 700, 0, 0, 1), {"up": 700, "tried": 701}),                           # a byte is missing
        ((0, 0, 0, 0, 0), {"damaged": "behind 0"}),
        ((0, 0, 0, 0, 0), {"damaged": "behind 0: RDY", "failed": True}),
    ):
        assert len(judged(heard, **of_connection)) == 1, of_connection


def test_late_calls_and_other_exceptions_are_problems():
    now = [0]
    program = Program(Up(), "buffer", Peer(), lambda: now[0])

    def slow(ms):
        now[0] += ms

    program.call("slow", 1000, slow, 1100)
    assert program.problems == []
    program.call("slow", 1000, slow, 1101)
    assert program.problems == ["slow took 1101 ms of 1000"]
    program.call("wrong", 1000, int, "x")
    assert "ValueError" in program.problems[1]
    assert program.call("refused", 1000, open, "/nowhere/at/all") == (None, False)
    assert program.told == 1 and len(program.problems) == 2


def test_what_the_peer_tells():
    lab = Lab("bg96")
    lab.program.attach()
    lab.program.connect()
    stream = lab.network.newest
    source = pattern()
    for sent, told in (
        (source[:100], (100, 100, 0)),
        (source[:100] + bytes(5), (105, 100, 5)),
        (source[:100] + b"AT\r", (103, 100, 0)),
        (source * 2, (2 * len(source), 2 * len(source), 0)),
    ):
        stream.sent = bytearray(sent)
        assert lab.network.heard()[:3] == told
    stream.sent = bytearray(source[:50] + source[51:90])
    assert lab.network.heard() == (89, 89, 0, 0, 1)


def test_a_driver_that_spins_is_stopped():
    run = Run(Cell("bg96", "buffer", "open", "hang"))
    run.lab.wait = lambda ms, writing=False: None
    run.program.modem._engine.port.wait = run.lab.wait
    state, problems = run.go()
    assert state == FAILS and "does not come back" in problems[-1]
