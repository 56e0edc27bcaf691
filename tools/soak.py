"""Load, faults, recoveries and losses for as long as asked: nothing may be lost silently, and the heap may not grow.

    tools/soak                             two minutes, every dialect and access mode in turn
    tools/soak --minutes 240 --seed 7      four hours
    tools/soak --board                     MicroPython under a fixed heap, 10 000 rounds: restarts, drops, hangs

Time of the modules is simulated (faultlab.py), so that two minutes are days of theirs.  What is judged is
faultprogram.py's; here comes the heap: what lib/atsock holds after a while and at the end.  Prints a line for each
module and the sums.  Exit status 1 when something did not hold.
"""

import argparse
import ast
import gc
import random
import shutil
import struct
import subprocess
import sys
import time
import tracemalloc

from faultlab import ACCESS, ROOT, Lab, Stuck, combinations
from faultprogram import RECOVER_MS

from atsock_host.simulator.registry import DIALECTS

CHAOS = 150             # steps to one fault
DRIFT = 2048            # bytes that the driver may hold more at the end: what a first event of its kind loads
HEAP = "480k"
ROUNDS = 10_000
GROWTH = 2048           # bytes, between the median of the third quarter of the rounds and that of the last
_RING = 512             # bytes of the smallest one
_MICROPYTHON = ROOT / ".venv" / "bin" / "micropython"
_TELLS = ("rounds", "faults", "errors", "recovered", "longest recovery ms", "heap first", "heap last")


class Worker:
    """One module under load."""

    def __init__(self, dialect, access, seed):
        self.name = f"{dialect} {access}"
        self.random = random.Random(f"{seed} {self.name}")
        self.lab = Lab(dialect, access, f"{seed} {self.name}")
        self.program = self.lab.program
        self.recovered = 0
        self.program.attach()
        modem = self.program.modem
        for id in modem._session.table.LINKS:   # each id keeps its Link: not growth, when faults make others be taken
            modem._engine.link(id)

    def round(self):
        """Some connections with faults, and a recovery when one has failed; False when something did not hold."""
        mishaps, program = self.lab.mishaps, self.program
        mishaps.switch("chaos", CHAOS)
        well = program.exchange(self.random.randrange(1, 4000), self.random.randrange(1, 4000))
        if not well and self.random.random() < 0.25:    # another fault while it comes back
            program.call("recover", RECOVER_MS, program.modem.recover)
        if not well:
            mishaps.quiet()
            self.recovered += program.recover()
        self.lab.rest()
        return not program.problems


def heap():
    """Bytes that the driver's own lines hold, but for the rings: each id keeps one for its next connection."""
    gc.collect()
    snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, str(ROOT / "lib" / "atsock" / "*"))])
    return sum(trace.size for trace in snapshot.traces
               if trace.size < _RING or not trace.traceback[0].filename.endswith("core/link.py"))


def soak(seconds, seed, dialects=(), accesses=(), most=None):
    """(workers, heap after a warm-up, heap at the end); most: rounds of each, whatever the time."""
    tracemalloc.start(1)
    workers = [Worker(dialect, access, seed) for dialect, access in combinations(dialects, accesses)]
    give_up = time.monotonic() + seconds
    at_work = list(workers)
    warm = None
    rounds = 0
    try:
        while at_work and time.monotonic() < give_up and (most is None or rounds < most):
            at_work = [worker for worker in at_work if _round(worker)]     # one that has failed is left as it is
            rounds += 1
            if warm is None and (time.monotonic() > give_up - seconds * 0.7 or most and rounds >= most // 3):
                warm = heap()
        end = heap()
    finally:
        tracemalloc.stop()
    return workers, warm or end, end


def _round(worker):
    try:
        return worker.round()
    except (Stuck, AssertionError, RuntimeError) as problem:
        worker.program.note(f"{type(problem).__name__}: {problem}")
        return False


def print_soak(workers, warm, end):
    """The lines; True when something did not hold."""
    print(f"{'module':20} {'hours':>7} {'connections':>11} {'KiB up':>8} {'KiB down':>8} {'faults':>7} {'errors':>7} "
          f"{'recovered':>9} {'longest s':>9}")
    for worker in workers:
        program = worker.program
        print(f"{worker.name:20} {worker.lab.clock.ms / 3600_000:7.1f} {program.connections:11} "
              f"{program.up // 1024:8} {program.down // 1024:8} {len(worker.lab.mishaps.happened):7} "
              f"{program.told:7} {worker.recovered:9} {program.longest_ms / 1000:9.1f}")
    failing = [worker for worker in workers if worker.program.problems]
    for worker in failing:
        print(f"{worker.name}: {'; '.join(worker.program.problems)} (last fault {worker.lab.mishaps.happened[-1:]})")
    drift = end - warm
    grows = drift > DRIFT * len(workers)
    print(f"heap of the driver {warm} bytes after a third, {end} at the end: {drift:+}{'  GROWS' if grows else ''}")
    return bool(failing) or grows


# ---- MicroPython


def serve(lab, process):
    """Answer a board's requests until it says what it has found: that dict, None when it has died."""
    while True:
        head = process.stdout.read(3)
        if len(head) < 3:
            return None
        letter, n = chr(head[0]), int.from_bytes(head[1:], "little")
        if letter not in "wWpshrfqo":       # MicroPython's own words
            sys.stderr.write((head + process.stdout.read()).decode("utf-8", "replace"))
            return None
        if letter == "o":
            return ast.literal_eval(process.stdout.read().decode())
        data = process.stdout.read(n)
        answer = _answer(lab, letter, data)
        process.stdin.write(struct.pack("<IH", int(lab.clock.ms) & 0x3FFFFFFF, len(answer)) + answer)
        process.stdin.flush()


def _answer(lab, letter, data):
    if letter == "w":
        lab.write(data, 0, len(data))
    elif letter == "W":
        lab.wait(int.from_bytes(data, "little"))
        return _read(lab)
    elif letter == "p":
        lab.ticks_ms()
        return _read(lab)
    elif letter == "s":
        lab.network.say(int.from_bytes(data, "little"))
    elif letter == "h":
        return struct.pack("<5I", *lab.network.heard())
    elif letter == "r":
        lab.reset()
    elif letter == "f":
        lab.rest()
        lab.mishaps.switch(data.decode(), 1)
    elif letter == "q":
        happened = bool(lab.mishaps.happened)
        lab.mishaps.happened.clear()
        lab.mishaps.quiet()
        return bytes([happened])
    return b""


def _read(lab):
    buf = bytearray(2048)
    return bytes(buf[:lab.readinto(buf, len(buf))])


def board(dialect, access, rounds, seed, heapsize=HEAP):
    """What one board has found, see soakboard.py; None when it has died."""
    micropython = str(_MICROPYTHON) if _MICROPYTHON.exists() else shutil.which("micropython")
    if micropython is None:
        sys.exit("no micropython: ./tools/setup_venv installs it")
    command = [micropython, "-X", f"heapsize={heapsize}", "tools/soakboard.py", dialect, access, str(rounds), str(seed)]
    # In a session of its own it does not see Ctrl-C, which it would answer with a traceback.
    with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            return serve(Lab(dialect, access, seed, program=False), process)
        except KeyboardInterrupt:
            process.kill()
            raise
        finally:
            process.stdin.close()


def judge_board(found, growth=GROWTH):
    """What did not hold, as texts."""
    if found is None:
        return ["the board has died"]
    problems = list(found["problems"])
    if found["heap last"] > found["heap first"] + growth:
        problems.append(f"the heap has grown from {found['heap first']} to {found['heap last']} bytes")
    if found["longest recovery ms"] > RECOVER_MS:
        problems.append(f"a recovery took {found['longest recovery ms']} ms")
    return problems


def run_boards(args):
    """All boards, one after the other; True when something did not hold."""
    boards = combinations(args.dialect, args.access)
    each = -(-args.rounds // len(boards))
    total = bad = 0
    for dialect, access in boards:
        found = board(dialect, access, each, args.seed, args.heap)
        problems = judge_board(found)
        bad += bool(problems)
        total += found["faults"] if found else 0
        told = ", ".join(f"{name} {found[name]}" for name in _TELLS) if found else ""
        print(f"{dialect} {access}: {told}{' FAILS: ' if problems else ''}{'; '.join(map(str, problems))}", flush=True)
    print(f"{total} restarts and drops under a heap of {args.heap}, {bad} of {len(boards)} boards fail")
    return bool(bad)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dialect", action="append", choices=DIALECTS, default=[])
    parser.add_argument("--access", action="append", choices=ACCESS, default=[])
    parser.add_argument("--board", action="store_true", help="MicroPython's unix port instead")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of all boards together ({ROUNDS})")
    parser.add_argument("--heap", default=HEAP, help=f"of the board ({HEAP})")
    args = parser.parse_args()
    if args.board:
        return run_boards(args)
    return print_soak(*soak(args.minutes * 60, args.seed, args.dialect, args.access))


if __name__ == "__main__":
    sys.exit(main())
