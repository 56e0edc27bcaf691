"""Arbitrary bytes and calls for the driver, led by what they reach of its code: atheris (libFuzzer for Python).

    tools/fuzz                                     five minutes, all dialects and access modes in one
    tools/fuzz --minutes 60 --dialect nl668 --access push

What is run are the programs of tests/host/test_any_bytes.py: the input's first bytes choose the module, the others the
calls, what the line says and how it behaves.  What has to hold stands there: each call comes back within its time, with
an error of ours, and nothing grows.  A program that breaks this is made as short as it gets, and printed the way
FOUND of that file wants it.  Inputs that reached something new stay in build/fuzz, and the next run begins with them.
"""

import argparse
import os
import subprocess
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "fuzz"
STALL_S = 60            # that one input may take: else it spins without a look at the clock
MEMORY_MB = 1500
LONGEST = 600           # bytes of an input: some eighty calls
NO_ATHERIS = "atheris is not installed: .venv/bin/pip install atheris (there are wheels for Linux on x86-64)"
sys.path += [str(ROOT / "tests" / "host"), str(ROOT / "tests" / "lib")]


class Reader:
    """Numbers of an input; 0 behind its end."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def left(self):
        return self.at < len(self.data)

    def below(self, n):
        value = int.from_bytes(self.data[self.at : self.at + (1 if n <= 256 else 2)], "big")
        self.at += 1 if n <= 256 else 2
        return value % n

    def one_of(self, values):
        return values[self.below(len(values))]

    def bytes(self, n):
        self.at += n
        return bytes(self.data[self.at - n : self.at])


def a_call(reader):
    """(name of a rule of Calls, its arguments)."""
    timeouts = (0, 0.5, 3, 20)
    kind = reader.below(20)
    if kind < 6:
        return "says", reader.below(201), reader.one_of((0, 0, 1, reader.below(1500)))
    if kind < 8:  # one byte of a word, and the input's own
        return "says", reader.below(201), 1, reader.bytes(reader.below(31))
    if kind == 8:
        return "behaves", bool(reader.below(2)), reader.one_of((True, True, True, False)), reader.one_of((0, 1, 7, 100))
    if kind == 9:
        return "time_passes", reader.one_of((10, 400, 3000, 70_000, 1 << 29))
    if kind < 12:
        return "receives", reader.below(61), reader.one_of((1, 10, 1500, 4000)), reader.one_of(timeouts)
    if kind < 14:
        return "sends", reader.below(61), reader.one_of((1, 3, 500, 4000)), reader.one_of(timeouts)
    if kind == 14:
        return "opens", reader.one_of((0, 3, 20))
    if kind == 15:
        return reader.one_of((("listens", 3), ("listens", 0), ("accepts", reader.below(61))))
    if kind == 16:
        return "closes", reader.below(61), reader.one_of((0, 3))
    if kind == 17:
        return "leaves_data_mode", reader.below(61), bool(reader.below(2))
    if kind == 18:
        return reader.one_of((("commands",), ("attaches",), ("resolves",)))
    return "polls", reader.below(61)


def program(data, cases):
    """(dialect, access, calls) that an input stands for; cases: what there is to choose from."""
    reader = Reader(data)
    dialect, access = reader.one_of(cases)
    calls = []
    while reader.left():
        calls.append(a_call(reader))
    return dialect, access, tuple(calls)


def failure(play, dialect, access, calls):
    """What is wrong with this program: (kind, the last place in the driver), its traceback; None: nothing."""
    try:
        play(dialect, access, calls)
        return None
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/lib/atsock/" in frame.filename]
        place = (Path(frames[-1].filename).name, frames[-1].name) if frames else ("", "")
        return (type(error).__name__, *place), traceback.format_exc()


def shortened(play, dialect, access, calls, kind):
    """The program without the calls that the failure does not need."""
    i = len(calls) - 1
    while i >= 0:
        fewer = calls[:i] + calls[i + 1 :]
        found = failure(play, dialect, access, fewer)
        if found is not None and found[0] == kind:
            calls = fewer
        i -= 1
    return calls


class Target:
    """What atheris calls; each kind of failure is told once, and the search goes on."""

    def __init__(self, play, cases):
        self.play = play
        self.cases = cases
        self.known = set()

    def __call__(self, data):
        dialect, access, calls = program(data, self.cases)
        found = failure(self.play, dialect, access, calls)
        if found is None or found[0] in self.known:
            return
        kind, trace = found
        self.known.add(kind)
        calls = shortened(self.play, dialect, access, calls, kind)
        text = f"{trace}\nFOUND: {(dialect, access, calls)!r}\n"
        print(text, flush=True)
        (PLACE / "found" / f"{len(self.known)}.txt").write_text(text)


def search(cases, seconds, seed):
    """Runs until the time is over; does not come back."""
    import atheris

    with atheris.instrument_imports(include=["atsock"]):
        import atsock.aio.waiter
        import atsock.sockets.datagram
        import atsock.sockets.server
        import atsock.sockets.transparent  # noqa: F401
    from test_any_bytes import play

    options = [f"-max_total_time={seconds}", f"-timeout={STALL_S}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}",
               f"-seed={seed}", "-len_control=0", "-verbosity=0", "-print_final_stats=1",
               f"-artifact_prefix={PLACE / 'found'}/", str(PLACE / "inputs")]
    atheris.Setup([sys.argv[0], *options], Target(play, cases))
    atheris.Fuzz()


def main():
    from frames import ACCESS, DIALECTS

    parser = argparse.ArgumentParser(prog="./tools/fuzz", description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=5, help="how long (5)")
    parser.add_argument("--dialect", choices=DIALECTS, help="only this one")
    parser.add_argument("--access", choices=(*ACCESS, "transparent"), help="only this one")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    arguments = parser.parse_args()
    cases = [(dialect, access) for dialect in DIALECTS for access in (*ACCESS, "transparent")
             if arguments.dialect in (None, dialect) and arguments.access in (None, access)]
    if os.environ.get("ATSOCK_FUZZ"):
        search(cases, int(arguments.minutes * 60), arguments.seed)
    try:
        import atheris  # noqa: F401
    except ImportError:
        print(NO_ATHERIS, file=sys.stderr)
        return 2
    (PLACE / "inputs").mkdir(parents=True, exist_ok=True)
    (PLACE / "found").mkdir(exist_ok=True)
    for path in (PLACE / "found").iterdir():
        path.unlink()
    # libFuzzer ends its process by itself, whatever is still to be done there.
    done = subprocess.run([sys.executable, __file__, *sys.argv[1:]], env={**os.environ, "ATSOCK_FUZZ": "1"}, cwd=ROOT)
    found = sorted(path.name for path in (PLACE / "found").iterdir())
    print(f"found: {', '.join(found) or 'nothing'} ({PLACE / 'found'})")
    return 1 if found or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
