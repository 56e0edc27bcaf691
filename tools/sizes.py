"""Prints what the driver takes of a board, module by module and step by step, against budgets of bytes.

A plain TCP client (sizes_board.py) runs in two interpreters: MicroPython's unix port, with words of 64 bits, and npm's
webassembly port, with words of 32 bits as most boards have (wasm.py; left out where there is no node).  In four forms:

source        the .py files, as they are
.mpy          compiled by tools/build_mpy
ROMFS         the .mpy files in an image that stays in flash; the image is not counted
frozen-like   what running the modules' bodies leaves on the heap, when their code is there already: bytecode and
              constants of frozen modules are in flash.  Measured with compile() and exec(), without a firmware

The 32-bit port has no ROMFS: there the 64-bit figure is scaled by what the two ports take frozen, and marked with ~.
Machine code (core/_viper) counts in none of them: the unix port keeps it outside of its heap, the 32-bit port has none
and loads core/_plain.  On a board it is on the heap, unless it is frozen.
"""

import argparse
import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import build_mpy
import contents
import wasm

SOURCE, MPY, ROMFS, FROZEN = "source", ".mpy", "ROMFS", "frozen-like"
FORMS = (SOURCE, MPY, ROMFS, FROZEN)
STEPS = ("import", "Modem", "attach", "connect", "first transfer")
BOARD = (contents.TREE / "tools" / "sizes_board.py", contents.TREE / "tests" / "lib" / "frames.py")

# Ceilings, in bytes, for every dialect: a little above what it takes at present, so that growth is seen.  With their
# 1270th name MicroPython begins another pool of names, for 1280 more: 14 KB with words of 64 bits, 8 KB of 32.  The
# driver and the program that measures have about so many.
KEPT = {
    (64, SOURCE): 222_000, (64, MPY): 222_000, (64, ROMFS): 138_000, (64, FROZEN): 77_000,
    (32, SOURCE): 183_000, (32, MPY): 155_000, (32, ROMFS): 78_000, (32, FROZEN): 44_000,
}
# Heaps in which the client works, import included.
HEAPS = {(64, MPY): 312_000, (64, ROMFS): 218_000, (32, MPY): 194_000}
FLASH = 188_500  # the .mpy files of package.json

_LIMIT_S = 120
_POOL = {64: 10_000, 32: 6_000}     # bytes: the first pool of names that is larger has room for 1280
_ROOM = 8 << 20
_TRANSFERS = 64


class Tree(NamedTuple):
    """The driver in all its forms, in a folder of its own."""

    source: Path
    mpy: Path
    romfs: Path         # file
    empty: Path         # the same modules, without a line in them


@contextlib.contextmanager
def tree():
    """A Tree, in a temporary folder."""
    with tempfile.TemporaryDirectory() as scratch:
        yield make_tree(Path(scratch))


def make_tree(folder):
    build_mpy.build(folder, ["x64"])
    mpy, romfs, empty = folder / "x64", folder / "atsock.romfs", folder / "empty"
    make_romfs(mpy, romfs)
    for path in contents.modules().values():
        target = empty / path.relative_to(contents.LIB)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    return Tree(contents.LIB, mpy, romfs, empty)


def make_romfs(folder, image):
    """Write a ROMFS image with the .mpy files of the folder, by the command that a user would take."""
    done = subprocess.run(
        [Path(sys.executable).with_name("mpremote"), "romfs", "--output", image, "build", folder],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LIMIT_S)
    if done.returncode or not image.exists():
        raise RuntimeError(done.stdout + done.stderr)


class Failed(Exception):
    """The client did not get through, say for want of heap; the text says how."""


def unix(pieces, path, heap=_ROOM):
    """The last line that the pieces print in the 64-bit port, from JSON.  path: folders to import from."""
    folders = [*path, *dict.fromkeys(file.parent for file in BOARD)]
    interpreter = Path(sys.executable).with_name("micropython")
    done = subprocess.run(
        [interpreter, "-X", f"heapsize={heap}", "-c", "\n".join(pieces)],
        env={**os.environ, "MICROPYPATH": ":".join(map(str, folders)) + ":.frozen"}, capture_output=True, text=True,
        timeout=_LIMIT_S)
    if done.returncode:
        raise Failed(done.stdout + done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def wasm32(pieces, folders, heap=_ROOM, lines=1):
    """The same in the 32-bit port; folders: {name inside: folder}, a piece puts those to import from on the path."""
    files = {f"/lib/{file.name}": file for file in BOARD}
    for inside, folder in folders.items():
        files.update({
            f"{inside}/{path.relative_to(folder).as_posix()}": path
            for path in folder.rglob("*") if path.suffix in (".py", ".mpy")})
    found = [json.loads(line) for line in wasm.run(pieces, files, heap)[-lines:]]
    return found[0] if lines == 1 else found


def _steps(first):
    # Pieces: the steps of the client, counted; `first` is what imports the driver.
    for name in STEPS:
        yield first if name == "import" else f"b.step({name!r})"
        yield "b.collect()"
        yield f"b.note({name!r})"
    yield "b.report()"


def _start(dialect):
    return [
        f"import gc, sys, sizes_board as b; b.begin({dialect!r})", "b.collect()", "b.note(None)", "b.collect()",
        "b.note(None)"]


@functools.cache
def use(tree, bits, form, dialect):
    """{"steps": [[step, bytes that stay, bytes allocated meanwhile (64 bits only)], ...], "modules": [...]}."""
    if form == FROZEN:
        return _use_frozen(tree, bits, dialect)
    folder = tree.source if form == SOURCE else tree.mpy
    pieces = [*_start(dialect), *_steps("b.step('import')")]
    if form == ROMFS:
        return unix([*_mounted(tree), *pieces], [])
    if bits == 64:
        return unix(pieces, [folder])
    return wasm32(["import sys; sys.path.insert(0, '/driver')", *pieces], {"/driver": folder})


def _mounted(tree):
    return [
        "import sys, vfs", f"with open({str(tree.romfs)!r}, 'rb') as file: image = file.read()",
        "vfs.mount(vfs.VfsRom(image), '/rom'); sys.path.insert(0, '/rom')"]


def _use_frozen(tree, bits, dialect):
    known = contents.modules()
    loaded = use(tree, bits, SOURCE, dialect)["modules"]
    names = [name for name in contents.in_order_of_need(known) if name in loaded]
    sources = [(name, f"/{known[name].relative_to(contents.LIB).as_posix()}") for name in names]
    folder = str(tree.source) if bits == 64 else "/source"
    pieces = [
        f"import gc, sys, sizes_board as b; b.begin({dialect!r})", f"b.compile_all({folder!r}, {sources!r})",
        *_start(dialect), *_steps(f"b.run_bodies({names!r})")]
    if bits == 64:
        return unix(pieces, [tree.empty])
    empty = ["import sys; sys.path.insert(0, '/empty')"]
    return wasm32(empty + pieces, {"/empty": tree.empty, "/source": tree.source})


def works_in(tree, bits, form, dialect, heap):
    """True when the client and some transfers get through with so much heap, the import included."""
    if bits == 32:
        return _works_in_32(tree, dialect, heap)
    pieces = [
        *(_mounted(tree) if form == ROMFS else ()), f"import sizes_board as b; b.begin({dialect!r})",
        *(f"b.step({name!r})" for name in STEPS), f"b.transfer({_TRANSFERS})", "b.report()"]
    if form == ROMFS:   # the image stands for flash
        heap += tree.romfs.stat().st_size
    try:
        unix(pieces, [] if form == ROMFS else [tree.source if form == SOURCE else tree.mpy], heap)
    except Failed as failure:
        if "memory" not in str(failure).lower():
            raise
        return False
    return True


def _works_in_32(tree, dialect, heap):
    # Garbage is collected between pieces only, so the modules are imported one by one; what this port could not hold
    # otherwise, it grows for.  A board collects whenever it has to: it needs no more than this.
    known = contents.modules()
    loaded = use(tree, 32, MPY, dialect)["modules"]
    order = [name for name in contents.in_order_of_need(known)[:-1] if name in loaded]
    pieces = [
        "import sys; sys.path.insert(0, '/one_by_one')", f"import sizes_board as b; b.begin({dialect!r})",
        "b.collect()", "b.report_heap()", *(f"__import__({name!r})" for name in order),
        "b.give('atsock', 'Modem', 'atsock.modem')", *(f"b.step({name!r})" for name in STEPS[1:]),
        *["b.transfer(1)"] * _TRANSFERS, "b.report_heap()"]
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch)
        shutil.copytree(tree.mpy / "atsock", package / "atsock")
        (package / "atsock" / "__init__.mpy").unlink()
        (package / "atsock" / "__init__.py").touch()
        pieces = [*pieces[:2], *(line for piece in pieces[2:] for line in (piece, "b.collect()"))]
        before, after = wasm32(pieces, {"/one_by_one": package}, heap, lines=2)
    return before == after


def smallest_heap(tree, bits, form, dialect, step=2048):
    """The least heap, in steps, in which the client gets through."""
    low, high = 0, 512 * 1024 // step
    while high - low > 1:
        middle = (low + high) // 2
        if works_in(tree, bits, form, dialect, middle * step):
            high = middle
        else:
            low = middle
    return high * step


def file_heap(tree, bits, order):
    """{module: bytes that stay when its .mpy file is imported, behind those that it imports itself}."""
    known = contents.modules()
    if bits == 32:
        order = [name for name in order if not build_mpy.has_machine_code(known[name])]
    pieces = [f"import gc, sys, sizes_board as b; import atsock; b.fill_pool_of_names({_POOL[bits]})"]
    for name in ["", *order]:
        pieces += [f"__import__({name!r})" if name else "pass", "b.collect()", f"b.note({name!r})"]
    pieces.append("b.report()")
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch)
        shutil.copytree(tree.mpy / "atsock", package / "atsock")
        (package / "atsock" / "__init__.mpy").unlink()
        (package / "atsock" / "__init__.py").touch()    # an empty one: the real one brings the others
        if bits == 64:
            found = unix(pieces, [package])
        else:
            found = wasm32(["import sys; sys.path.insert(0, '/driver')", *pieces], {"/driver": package})
    return {name: stays for name, stays, _ in found["steps"]}


def flash(tree, names=None):
    """Bytes of the .mpy files of these modules; all of package.json by default."""
    known = contents.modules()
    names = contents.packages(known)["package.json"] if names is None else names
    return sum(
        (tree.mpy / known[name].relative_to(contents.LIB)).with_suffix(".mpy").stat().st_size for name in names)


def measure(tree, dialect, is_32=True):
    """{(bits, form): what use() returns}; of 32-bit ROMFS {"estimate": bytes that stay}."""
    found = {(64, form): use(tree, 64, form, dialect) for form in FORMS}
    if is_32:
        found.update({(32, form): use(tree, 32, form, dialect) for form in FORMS if form != ROMFS})
        scale = kept(found[32, FROZEN]) / kept(found[64, FROZEN])
        found[32, ROMFS] = {"estimate": round(kept(found[64, ROMFS]) * scale)}
    return found


def kept(found):
    """Bytes that stay, of all steps."""
    return found["estimate"] if "estimate" in found else sum(stays for _, stays, _ in found["steps"])


def _print_files(tree, is_32):
    order = contents.in_order_of_need(contents.modules())[:-1]
    wide = file_heap(tree, 64, order)
    narrow = file_heap(tree, 32, order) if is_32 else {}
    print(f"{'module':28} {'.mpy file':>10} {'heap, 64 bits':>14} {'heap, 32 bits':>14}")
    for name in order:
        print(f"{name:28} {flash(tree, [name]):10} {wide[name]:14} {narrow.get(name, ''):14}")
    print(f"\nflash: all .mpy files of package.json {flash(tree)} of {FLASH}\n")


def _print_use(dialect, found):
    print(f"{dialect:9}{'form':14}" + "".join(f"{step:>16}" for step in STEPS) + f"{'kept':>10}{'of':>8}")
    over = False
    for (bits, form), taken in sorted(found.items(), key=lambda item: (-item[0][0], FORMS.index(item[0][1]))):
        row = "".join(f"{stays:16}" for _, stays, _ in taken.get("steps", ()))
        whole, budget = kept(taken), KEPT[bits, form]
        over = over or whole > budget
        print(f"{bits:4} bits {form:14}{row:{16 * len(STEPS)}}{'~' if 'estimate' in taken else ' '}{whole:9}{budget:8}"
              f"{'  OVER' if whole > budget else ''}")
    print()
    return over


def _print_heaps(tree, is_32):
    over = False
    for (bits, form), budget in HEAPS.items():
        if bits == 64 or is_32:
            heap = smallest_heap(tree, bits, form, "bg96")
            over = over or heap > budget
            print(f"smallest heap, {bits} bits, {form:6} {heap:8} of {budget:7}{'  OVER' if heap > budget else ''}")
    print()
    return over


def main():
    parser = argparse.ArgumentParser(prog="./tools/sizes", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit status 1 when a budget is exceeded")
    parser.add_argument("dialects", nargs="*", metavar="DIALECT", help="default: all")
    given = parser.parse_args()
    try:
        wasm.package()
        is_32 = True
    except wasm.Missing as missing:
        print(f"no figures for 32 bits: {missing}\n")
        is_32 = False
    with tree() as made:
        _print_files(made, is_32)
        over = flash(made) > FLASH
        for dialect in given.dialects or contents.dialects():
            over = _print_use(dialect, measure(made, dialect, is_32)) or over
        over = _print_heaps(made, is_32) or over
    import steps    # the fakes of tests/lib, which the figures above do without

    over = steps.print_table() or over
    return 1 if given.check and over else 0


if __name__ == "__main__":
    sys.exit(main())
