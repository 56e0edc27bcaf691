"""Ctrl-C in tools/demo and tools/soak: exit status 130 and no traceback, while they are at work."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"

# Runs a tool and says when the function that does its work is called.
TELL = """
import runpy, sys
name, tool = sys.argv[1], sys.argv[2]
sys.path.insert(0, tool.rpartition("/")[0])
sys.argv = sys.argv[2:]
def tell(frame, event, arg):
    if event == "call" and frame.f_code.co_name == name:
        sys.setprofile(None)
        print("at work", file=sys.stderr, flush=True)
sys.setprofile(tell)
runpy.run_path(tool, run_name="__main__")
"""


@pytest.mark.parametrize("function, tool, arguments", [
    ("fetch", "demo_run.py", []),
    ("soak", "soak.py", ["--minutes", "1"]),
], ids=["demo", "soak"])
def test_ctrl_c(function, tool, arguments):
    process = subprocess.Popen([sys.executable, "-c", TELL, function, str(TOOLS / tool), *arguments],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stderr.readline() == b"at work\n"
        os.killpg(process.pid, signal.SIGINT)       # as a terminal does: to the children, too
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors) == (130, b"")
