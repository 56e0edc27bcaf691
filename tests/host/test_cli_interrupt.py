"""Ctrl-C at any moment of any command, a full disk and a closed pipe: one line or none, and no traceback.

The moments are counted, not timed: the program sends itself SIGINT at the N-th call of a function.
"""

import os
import signal
import subprocess
import sys

import pytest
from atsock_host import cli
from interrupts import interrupted_at

pytestmark = pytest.mark.slow

COMMANDS = {
    "bench": ["bench", "--sim", "bg96", "--seconds", "0.05", "--direction", "receive", "--interpreter", "cpython"],
    "doctor": ["doctor", "--sim", "bg96"],
    "get": ["get", "--sim", "bg96", "-o", "-", "http://127.0.0.1:1/"],
    "info": ["info", "--sim", "bg96"],
    "ntp": ["ntp", "--sim", "bg96", "127.0.0.1"],
    "page": ["trace", "-", "--html", "-"],
    "ping": ["ping", "--sim", "bg96", "--count", "1", "127.0.0.1"],
    "resolve": ["resolve", "--sim", "bg96", "--host", "a.example=127.0.0.1", "a.example"],
    "sim": ["sim", "bg96"],
    "socks": ["socks", "--sim", "bg96", "--listen", "0"],
    "term": ["term", "--sim", "bg96"],
    "trace": ["trace", "-"],
}
OUTPUTS = {name: arguments for name, arguments in COMMANDS.items() if name not in ("get", "ntp")}
OUTPUTS |= {"help": ["--help"], "json": ["trace", "-", "--json"], "info --json": ["info", "--sim", "bg96", "--json"]}
MOMENTS = (3, 30, 1000, 20_000, 60_000, 100_000, 130_000, 160_000, 200_000)
FOR_EVER = ("sim", "socks")     # they wait, and nothing is called any more
WAITS = 130_000                 # by this moment
READY_S = 8                     # then they do
TRACE = "0.0 > AT\\r\n1.0 < \\r\\nOK\\r\\n\n"


def atsock(*arguments, stdout=subprocess.PIPE, stdin="AT\n"):
    return subprocess.run([sys.executable, "-m", "atsock_host", *arguments], input=stdin, stdout=stdout,
                          stderr=subprocess.PIPE, text=True, timeout=60)


def interrupted(arguments, moment, stdin):
    """(exit status, standard error) of a command that gets SIGINT at that moment, or when it has begun to wait."""
    process = interrupted_at(moment, *arguments)
    try:
        said = process.communicate(stdin, timeout=READY_S if arguments[0] in FOR_EVER else 60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)
    return process.returncode, said[1]


@pytest.mark.parametrize(
    "name, moment",
    [(name, moment) for name in COMMANDS for moment in MOMENTS if name not in FOR_EVER or moment <= WAITS])
def test_ctrl_c_at_any_moment(name, moment):
    status, said = interrupted(COMMANDS[name], moment, TRACE if name in ("trace", "page") else "AT\n")
    assert "Traceback" not in said and "KeyboardInterrupt" not in said
    if status == 130:
        assert said.count("\n") <= 2 if name in FOR_EVER else said.count("\n") <= 1    # they say how to end them
    else:                       # it was done before so many calls
        assert moment > 1000 and status in (0, 1) and name not in FOR_EVER


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
@pytest.mark.parametrize("name", OUTPUTS)
def test_a_full_disk_behind_the_output(name):
    with open("/dev/full", "w") as full:
        done = atsock(*OUTPUTS[name], stdout=full, stdin=TRACE if "trace" in OUTPUTS[name] else "AT\n")
    assert done.returncode == 1
    assert done.stderr.endswith("No space left on device\n") and done.stderr.count("\n") == 1
    assert done.stderr.startswith("Error: ")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
def test_a_full_disk_behind_the_trace():
    done = atsock("resolve", "--sim", "bg96", "--trace", "/dev/full", "localhost")
    assert done.stdout == "127.0.0.1\n"
    assert done.returncode == 1
    assert done.stderr == "Error: the trace /dev/full is not complete: No space left on device\n"


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_pipe_that_nobody_reads(name):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = atsock(*OUTPUTS[name], stdout=pipe, stdin=TRACE * 10_000 if "trace" in OUTPUTS[name] else "AT\n")
    assert (done.returncode, done.stderr) == (1, "")


def test_every_command_is_interrupted_here():
    assert set(cli.main.list_commands(None)) == set(COMMANDS) - {"page"}
    assert set(cli.main.list_commands(None)) <= set(OUTPUTS) | {"get", "ntp"}     # which fail here, and print nothing


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_ctrl_c_at_the_terminals_prompt():
    import pty

    child, terminal = pty.fork()
    if not child:
        os.environ["TERM"] = "xterm"
        os.execv(sys.executable, [sys.executable, "-m", "atsock_host", "term", "--sim", "bg96"])
    said, pressed = b"", False
    try:
        while data := os.read(terminal, 4096):
            said += data
            if b"\x1b[6n" in data:          # where is the cursor?
                os.write(terminal, b"\x1b[1;1R")
            if b"AT>" in said and not pressed:
                pressed = True
                os.write(terminal, b"\x03")
    except OSError:                         # its end
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130
    assert b"Traceback" not in said
    os.close(terminal)
