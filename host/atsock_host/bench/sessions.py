"""Runs one Session: a virtual module, an interpreter with the driver in it, and what that prints.

Owns both processes and their end.  What the transfers are is the business of on_board/.
"""

import json
import os
import subprocess
import threading

from ..limits import RECEIVE, least_seconds
from ..simulator import Simulator
from .cases import ECHO, command

START_S = 60        # attaching, connecting, warming up
SLOWEST = 5         # a transfer that takes so many times its least time has failed
WEIGHED_BYTES = 2048


class SessionFailed(Exception):
    """The driver or the module gave up; the text says where and why."""


def timed(session, repeat, tcp_port, on_step, trace=None):
    """Iterate the transfers of a Session, each `repeat` times, as dicts: access, direction, n, us, commands, heap.

    `on_step(text)` hears how it goes; `trace`: a file for all that is on the line.
    """
    plan = [item for item in session.plan for _ in range(repeat)]
    limit_s = START_S + SLOWEST * sum(
        least_seconds(session.dialect, access, 4096 if direction == ECHO else n, session.baud,
                      RECEIVE if direction == ECHO else direction)
        for access, direction, n in plan)
    yield from _run("timed.py", session, session.baud, plan, tcp_port, on_step, limit_s, trace)


def weighed(session, tcp_port, on_step):
    """Iterate dicts with access, direction, import_bytes, peak_bytes for the Session's transfers, small and unpaced."""
    plan = [(access, direction, 2 if direction == ECHO else WEIGHED_BYTES) for access, direction, _ in session.plan]
    yield from _run("weighed.py", session, 0, plan, tcp_port, on_step, START_S + 2 * len(plan), None)


def _run(script, session, baud, plan, tcp_port, on_step, limit_s, trace):
    with Simulator(session.dialect, baudrate=baud, trace=trace) as module:
        items = [",".join(map(str, item)) for item in plan]
        words, path = command(session.interpreter, script, module.port, session.dialect, tcp_port, *items)
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **path}, text=True, errors="replace")
        alarm = threading.Timer(limit_s, process.kill)
        alarm.start()
        said = []
        try:
            for line in process.stdout:
                word, _, rest = line.rstrip("\n").partition(" ")
                if word == "result":
                    yield json.loads(rest)
                elif word == "step":
                    on_step(rest)
                    said = [rest]
                else:
                    said.append(line.rstrip("\n"))
            status = process.wait()
        finally:
            alarm.cancel()
            process.kill()
            process.wait()
            process.stdout.close()
        complaints = module.violations()
    if status < 0:
        raise SessionFailed(f"not done after {limit_s:.0f} s; it last said: {said[-1] if said else 'nothing'}")
    if status:
        raise SessionFailed("; ".join(said[:1] + said[-1:]) or f"exit status {status}")
    if complaints:
        raise SessionFailed(f"the module complains: {complaints[0]}")
