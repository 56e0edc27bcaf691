"""Ctrl-C in the programs of tools/ and in an example that runs for ever: exit status 130 and no traceback, while they
are being loaded and while they are at work.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from atsock_host import Simulator

TOOLS = Path(__file__).resolve().parents[2] / "tools"

# Runs a tool and says when the function that does its work is called.
TELL = """
import pkgutil, runpy, sys
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


def interrupted(process, stream, begin):
    """(exit status, standard error) of a process that gets SIGINT when it has said a line that begins so."""
    try:
        while not (line := stream.readline()).startswith(begin):
            assert line, "it has ended"
        os.killpg(process.pid, signal.SIGINT)       # as a terminal does: to the children, too
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    return process.returncode, errors


@pytest.mark.parametrize("function, tool, arguments", [
    ("fetch", "demo_run.py", []),
    ("soak", "soak.py", ["--minutes", "1"]),
    ("serve", "soak.py", ["--board", "--dialect", "bg96", "--access", "push"]),
    ("recv", "matrix.py", ["--jobs", "2", "--dialect", "bg96"]),
    ("namedtuple", "matrix.py", []),
], ids=["demo", "soak", "board", "matrix", "loading"])
def test_ctrl_c(function, tool, arguments):
    process = subprocess.Popen([sys.executable, "-c", TELL, function, str(TOOLS / "run.py"), tool, *arguments],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    assert interrupted(process, process.stderr, b"at work\n") == (130, b"")


def test_ctrl_c_in_an_example():
    """What ./tools/example runs."""
    process = subprocess.Popen([sys.executable, str(TOOLS / "run.py"), "example_run.py", "tcp_server"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    status, errors = interrupted(process, process.stdout, b"listening on ")
    assert status == 130 and errors.startswith(b"$ ") and errors.count(b"\n") == 1, errors


@pytest.mark.parametrize("program", [str(Path(sys.executable).with_name("micropython")), sys.executable],
                         ids=["micropython", "cpython"])
def test_ctrl_c_in_an_example_by_hand(program):
    tree = TOOLS.parent
    path = f"{tree}/lib:{tree}/boards/unix"
    with Simulator("bg96") as module:
        process = subprocess.Popen(
            [program, tree / "boards/unix/run.py", tree / "boards/examples/tcp_server.py", module.port, "bg96"],
            env={**os.environ, "MICROPYPATH": f"{path}:.frozen", "PYTHONPATH": f"{path}:{tree}/host",
                 "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        assert interrupted(process, process.stdout, b"listening on ") == (130, b"")
