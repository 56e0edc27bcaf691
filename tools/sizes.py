"""Prints what the driver takes of a board, file by file and step by step, against budgets; counts bytes, no clocks.

Heap is measured in MicroPython's 64-bit unix port (sizes_board.py): pointers of 8 bytes, blocks of 32.  Boards of
32 bits need about half.  On a board machine code (_viper) is on the heap too; the unix port keeps it outside.
"""

import argparse
import json
import os
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import build_mpy
import contents
import steps as python_steps
from atsock_host import Simulator

RESIDENT = "driver, one dialect, one Modem, one connected socket, from .mpy: heap"
FLASH = "driver and one dialect as .mpy: files"
# Ceilings a little above what it takes at present, so that growth is seen.  The aim for the heap is 32 KiB.
BUDGETS = {RESIDENT: 36 * 1024, FLASH: 120 * 1024}

SCRIPT = contents.TREE / "tools" / "sizes_board.py"
STEPS = ("core", "Modem", "attached", "connected", "first transfer")
_LIMIT_S = 120


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


def micropython(lib, *arguments, heap=None):
    """What sizes_board.py prints with `lib` as the driver; heap: its size, as "64k"."""
    interpreter = Path(sys.executable).with_name("micropython")
    environment = {**os.environ, "MICROPYPATH": f"{lib}:{contents.TREE / 'boards' / 'unix'}:.frozen"}
    done = subprocess.run(
        [interpreter, *(("-X", f"heapsize={heap}") if heap else ()), SCRIPT, *arguments], env=environment, capture_output=True, text=True, timeout=_LIMIT_S)
    if done.returncode:
        sys.exit(f"{' '.join(arguments[:3])}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def file_heap(lib, names):
    """{module: bytes that stay when it is imported}, with an empty package around them."""
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch) / "atsock"
        shutil.copytree(lib / "atsock", package)
        for path in package.glob("__init__.*"):
            path.unlink()
        (package / "__init__.py").write_text("")
        return {name: heap for name, heap, _ in micropython(scratch, "files", *names)}


def use(lib, dialect):
    """{step: (bytes that stay, bytes allocated meanwhile)} from nothing to a connected socket."""
    return {step: (stays, allocated) for step, stays, allocated in _with_echo(lib, "use", dialect)}


def transfer(lib, dialect, kib, heap):
    """Import, attach, connect, and so many KiB to an echo server and back, in a heap of that size."""
    return _with_echo(lib, "transfer", dialect, str(kib), heap=heap)


def _with_echo(lib, what, dialect, *arguments, heap=None):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server, Simulator(dialect) as module:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return micropython(lib, what, module.port, dialect, str(server.server_address[1]), *arguments, heap=heap)
        finally:
            server.shutdown()


def resident(steps):
    return sum(stays for stays, _ in steps.values())


def flash(folder, known, names):
    """Bytes of the .mpy files of these modules."""
    return sum((folder / known[name].relative_to(contents.LIB)).with_suffix(".mpy").stat().st_size for name in names)


def against_budgets(folder, steps):
    """[(what, dialect, bytes, budget)] for every dialect in `steps`, {dialect: what use() returns}."""
    known = contents.modules()
    packages = contents.packages(known)
    found = []
    for dialect, taken in steps.items():
        counts = {
            RESIDENT: resident(taken),
            FLASH: flash(folder, known, packages[f"package-{dialect}.json"]),
        }
        found += [(what, dialect, count, BUDGETS[what]) for what, count in counts.items()]
    return found


def print_files(mpy, known, order):
    from_mpy, from_py = file_heap(mpy, order), file_heap(contents.LIB, order)
    print(f"{'module':28} {'.mpy file':>10} {'heap (.mpy)':>12} {'heap (.py)':>12}")
    for name in order:
        print(f"{name:28} {flash(mpy, known, [name]):10} {from_mpy[name]:12} {from_py[name]:12}")


def print_use(form, steps):
    print(f"\nheap that stays, from {form:5}" + "".join(f"{step:>15}" for step in STEPS) + f"{'together':>11}{'churned':>10}")
    for dialect, taken in steps.items():
        churned = taken["core"][1] + taken["Modem"][1]
        row = "".join(f"{taken[step][0]:15}" for step in STEPS)
        print(f"{dialect:28}{row}{resident(taken):11}{churned:10}")


def main():
    parser = argparse.ArgumentParser(prog="./tools/sizes", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit status 1 when a budget is exceeded")
    given = parser.parse_args()
    known = contents.modules()
    order = contents.in_order_of_need(known)[:-1]
    with tempfile.TemporaryDirectory() as scratch:
        build_mpy.build(Path(scratch), ["x64"])
        mpy = Path(scratch) / "x64"
        print_files(mpy, known, order)
        steps = {dialect: use(mpy, dialect) for dialect in contents.dialects(known)}
        print_use(".mpy", steps)
        print_use(".py", {dialect: use(contents.LIB, dialect) for dialect in steps})
        print("churned: all bytes allocated while the core was imported and Modem was made, its dialect's table read\n")
        over = False
        for what, dialect, count, budget in against_budgets(mpy, steps):
            over = over or count > budget
            print(f"{what:70} {dialect:8} {count:8} of {budget:6} {'OVER' if count > budget else 'ok'}")
    print()
    over = python_steps.print_table() or over
    return 1 if given.check and over else 0


if __name__ == "__main__":
    sys.exit(main())
