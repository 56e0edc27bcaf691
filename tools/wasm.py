"""A 32-bit MicroPython: npm's webassembly port under node, to measure what a board of 32 bits would take.

It has no machine code (core/_plain runs), no ROMFS and no UART; its heap grows when it is full, and garbage is
collected only between calls from JavaScript.  Installed once into build/npm/, where node and npm exist.
"""

import fcntl
import json
import shutil
import subprocess

import contents

PACKAGE = "@micropython/micropython-webassembly-pyscript"
VERSION = "1.27.0"
FOLDER = contents.TREE / "build" / "npm"
_LIMIT_S = 300


class Missing(Exception):
    """There is no node or npm here, or npm's registry cannot be reached; the text says which."""


def package():
    """The folder of the npm package, which is installed first when it is not there.  Raises Missing."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Missing(f"there is no {program} here")
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = FOLDER / VERSION / "node_modules" / PACKAGE
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (found / "micropython.mjs").exists():
            done = subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--prefix", FOLDER / VERSION, f"{PACKAGE}@{VERSION}"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LIMIT_S)
            if done.returncode:
                raise Missing(f"npm could not install {PACKAGE}: {done.stderr.strip()}")
    return found


def run(pieces, files, heap):
    """What the pieces of Python print, as lines.  files: {path inside: path outside}; heap: bytes to begin with."""
    job = json.dumps({"heap": heap, "files": {inside: str(path) for inside, path in files.items()}, "pieces": pieces})
    done = subprocess.run(
        ["node", contents.TREE / "tools" / "wasm.mjs", package()], input=job, capture_output=True, text=True,
        timeout=_LIMIT_S)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout.splitlines()
