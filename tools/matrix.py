"""Each mishap of the simulator at each step of the protocol, for each dialect and access mode: does the driver hold?

    tools/matrix                                     all of it
    tools/matrix --dialect bg96 --access push        a part
    tools/matrix --fault reboot --step prompt --traffic
    tools/matrix --json

A cell is one program (faultprogram.py): attach, connect, send, receive, data mode's escape, again, close; then it
recovers and carries data over a new connection.  Time is the simulator's (faultlab.py): nothing sleeps.  Prints a
table, a line for each cell that does not hold, and the sums.  Exit status 1 when one does not hold.
"""

import argparse
import collections
import json
import multiprocessing
import os
import signal
import sys

from faultlab import ACCESS, Lab, combinations
from faultprogram import RECOVER_MS

from atsock_host.simulator.mishaps import FAULTS
from atsock_host.simulator.registry import DIALECTS

SEED = 14
# name of the step -> (phase of the program in which the fault is armed, step of mishaps.py)
STEPS = {
    "open": ("connect", "open"), "open-result": ("connect", "result"), "open-urc": ("connect", "urc"),
    "command": ("send", "command"), "prompt": ("send", "prompt"), "payload": ("send", "payload"),
    "result": ("send", "result"), "send-urc": ("send", "urc"),
    "announce": ("receive", "announce"), "read": ("receive", "command"), "counted": ("receive", "counted"),
    "read-result": ("receive", "result"), "stream": ("receive", "stream"),
    "escape": ("escape", "escape"), "escaped": ("escape", "command"), "resumed": ("escape", "result"),
    "close": ("close", "close"), "close-result": ("close", "result"), "close-urc": ("close", "urc"),
}
# Bytes that the line loses or adds in data mode are nobody's to notice: all of them are payload.
_UNTOLD = {("lost-byte", "stream"), ("garbage", "stream"), ("garbage", "escape")}
HOLDS, FAILS, ABSENT = "holds", "fails", "absent"


def attach_steps(dialect):
    """What attach() asks a module that has just started, in order: ["attach +CPIN", ...], each once."""
    lab = Lab(dialect)
    asked = []
    lab.mishaps.command = lambda name: asked.append(name)
    lab.program.attach()
    return [f"attach {name}" for name in dict.fromkeys(asked) if name]


class Cell(collections.namedtuple("Cell", "dialect access step fault")):
    __slots__ = ()

    def __str__(self):
        return " ".join((self.dialect, self.access, self.step, self.fault))


class Run:
    """One cell."""

    def __init__(self, cell, seed=SEED, traffic=False):
        self.cell = cell
        self.lab = Lab(cell.dialect, cell.access, f"{seed} {cell}")
        if traffic:
            self.lab.traffic = []
        self.program = self.lab.program
        if cell.step.startswith("attach "):
            self._phase, self._step = "attach", cell.step.partition(" ")[2]
        else:
            self._phase, self._step = STEPS[cell.step]

    def go(self):
        """(HOLDS, FAILS or ABSENT, list of problems)."""
        try:
            self._steps()
        except Exception as problem:    # a loop without end, or the simulator's own
            self.program.note(f"{type(problem).__name__}: {problem}")
        if self.program.problems:
            return FAILS, self.program.problems
        return (HOLDS if self.lab.mishaps.happened else ABSENT), []

    def _arm(self, phase):
        if phase == self._phase:
            self.lab.mishaps.switch(f"{self.cell.fault}@{self._step}", 1)

    def _steps(self):
        program = self.program
        self._arm("attach")
        if program.attach():
            self._arm("connect")
            connection = program.connect()
            if connection is not None:
                self._transfer(connection)
                self._arm("close")
                program.close(connection)
                program.judge(connection)
        if not self.lab.mishaps.happened:
            return
        self.lab.mishaps.quiet()
        program.recover()
        if self.lab.module.exceptions:
            program.note("the simulator is at fault: " + self.lab.module.exceptions[0])

    def _transfer(self, connection):
        program = self.program
        self._arm("send")
        program.send(connection)
        self._arm("receive")
        program.receive(connection)
        if self.cell.access == "transparent" and not (connection.failed or connection.ended):
            self._arm("escape")
            program.escape(connection)
        if not (connection.failed or connection.ended):
            program.send(connection)
            program.receive(connection)


def cells(dialects=(), accesses=(), steps=(), faults=()):
    """All cells, or those of the given dialects, access modes, steps ("attach": all of its steps) and faults."""
    for dialect, access in combinations(dialects, accesses):
        of_attach = attach_steps(dialect) if access == "buffer" else []     # the same whatever the access
        for step in [*of_attach, *STEPS]:
            if not steps or step in steps or step.partition(" ")[0] in steps:
                for fault in sorted(FAULTS):
                    if (not faults or fault in faults) and (fault, step) not in _UNTOLD:
                        yield Cell(dialect, access, step, fault)


def outcome(cell):
    """(cell, HOLDS, FAILS or ABSENT, problems, names of the errors, longest recovery in ms)."""
    run = Run(cell)
    state, problems = run.go()
    return cell, state, problems, run.program.errors, run.program.longest_ms


def table(results):
    """Lines: a row for dialect, access and step; a mark for each fault."""
    faults = sorted({result[0].fault for result in results})
    marks = {HOLDS: ".", FAILS: "X", ABSENT: " "}
    rows = collections.defaultdict(dict)
    for cell, state, *_ in results:
        rows[cell.dialect, cell.access, cell.step][cell.fault] = marks[state]
    numbers = " ".join(f"{i:2}" for i in range(1, len(faults) + 1))
    yield f"{'dialect':8} {'access':12} {'step':20} {numbers}"
    for (dialect, access, step), found in rows.items():
        if set(found.values()) != {" "}:
            cells_of = " ".join(found.get(fault, " ").rjust(2) for fault in faults)
            yield f"{dialect:8} {access:12} {step:20} {cells_of}"
    yield ""
    yield "faults: " + ", ".join(f"{i} {fault}" for i, fault in enumerate(faults, 1))
    yield ". holds, X does not hold, blank: the step is not reached"


def summary(results):
    """Sums as a dict."""
    states = collections.Counter(state for _, state, *_ in results)
    reached = states[HOLDS] + states[FAILS]
    return {"cells": len(results), "reached": reached, "hold": states[HOLDS], "fail": states[FAILS],
            "longest recovery ms": max((result[4] for result in results), default=0), "budget ms": RECOVER_MS}


def run_all(wanted, jobs=1):
    """The outcomes of the cells, in their order."""
    if jobs == 1:
        return [outcome(cell) for cell in wanted]
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)       # Ctrl-C goes to the processes that are made now, too
    processes = [_start(wanted[n::jobs]) for n in range(jobs)]
    signal.signal(signal.SIGINT, before)
    results = [None] * len(wanted)
    try:
        for n, (_, reader) in enumerate(processes):
            results[n::jobs] = reader.recv()
    finally:
        for process, _ in processes:
            process.kill()
    return results


def _start(part):
    reader, writer = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_work, args=(part, writer), daemon=True)
    process.start()
    writer.close()      # so that the end of the process is the end of the pipe
    return process, reader


def _work(part, writer):
    writer.send([outcome(cell) for cell in part])


def show_traffic(cell):
    """What was on the line in one cell."""
    run = Run(cell, traffic=True)
    run.go()
    for ms, way, data in run.lab.traffic:
        print(f"{ms:12.0f} {way} {data[:160]!r}{'...' if len(data) > 160 else ''}")
    print(run.program.errors, run.lab.mishaps.happened)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dialect", action="append", choices=DIALECTS, default=[])
    parser.add_argument("--access", action="append", choices=ACCESS, default=[])
    parser.add_argument("--step", action="append", default=[],
                        help='"attach" for all of its steps, or: ' + ", ".join(STEPS))
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), default=[])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (as many as processors)")
    parser.add_argument("--json", action="store_true", help="one object: summary, and the cells that were reached")
    parser.add_argument("--traffic", action="store_true", help="of cells that do not hold: what was on the line")
    args = parser.parse_args()
    wanted = list(cells(args.dialect, args.access, args.step, args.fault))
    if not wanted:
        parser.error("no such cells")
    results = run_all(wanted, args.jobs)
    if args.json:
        print(json.dumps({"summary": summary(results), "cells": [
            {**cell._asdict(), "state": state, "problems": problems, "errors": errors, "recovery_ms": ms}
            for cell, state, problems, errors, ms in results if state != ABSENT]}, indent=1))
    else:
        for line in table(results):
            print(line)
        for cell, state, problems, errors, _ in results:
            if state == FAILS:
                print(f"{cell}: {'; '.join(problems)} ({', '.join(errors)})")
                if args.traffic:
                    show_traffic(cell)
        print(", ".join(f"{name} {value}" for name, value in summary(results).items()))
    return any(state == FAILS for _, state, *_ in results)


if __name__ == "__main__":
    sys.exit(main())
