"""`atsock`, interrupted by SIGINT at a moment that is counted, not timed: at the N-th call of a function."""

import subprocess
import sys

_HARNESS = """
import os, signal, sys
turns = int(sys.argv.pop(1))
def count(frame, event, argument):
    global turns
    turns -= 1
    if not turns:
        sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGINT)
from atsock_host.__main__ import run
sys.setprofile(count)
run("atsock")
"""


def interrupted_at(moment, *arguments, stdin=subprocess.PIPE):
    """The process `atsock ARGUMENTS`, a Popen with pipes of text."""
    return subprocess.Popen(
        [sys.executable, "-c", _HARNESS, str(moment), *arguments], text=True,
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
