"""How many files a reader walks through: one received byte, one closed connection, attach(), connect().

The files of the driver that run are watched by sys.setprofile(); docs/design.md names the same ones.  core/ below
Session and Job is the byte path, which the first two go through; attach() and connect() count what stands above it.
"""

import gc
import sys
from pathlib import Path

import pytest
from frames import PEER, PORT, read_script, speech
from scenes import answers, connected, new_modem, rest

ROOT = Path(__file__).resolve().parents[2]
DESIGN = ROOT / "docs" / "design.md"
_DRIVER = str(ROOT / "lib" / "atsock") + "/"

ABOVE = ("core/session.py", "core/jobs.py")
# What a path may pass through, by name, and at most how many.
PATHS = {
    "one received byte": (6, (
        "sockets/stream.py", "sockets/base.py", "core/session.py", "core/engine.py", "core/movers.py",
        "core/tokenizer.py")),
    "one closed connection": (5, (
        "modem.py", "core/session.py", "core/engine.py", "core/movers.py", "core/link.py")),
    "attach": (7, ("modem.py", "bringup.py", "registration.py", "checks.py", "errors.py", *ABOVE)),
    "connect": (8, ("sockets/stream.py", "sockets/endpoint.py", "sockets/opening.py", "checks.py", *ABOVE)),
}


def files_of(function, *args):
    """Names of the driver's files whose functions run; core/_plain.py stands for core/movers.py, which chose it."""
    found = set()

    def profile(frame, event, arg):
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(_DRIVER):
            found.add(name[len(_DRIVER):].replace("_plain", "movers"))

    gc.collect()  # what earlier tests have left is not on the way
    gc.disable()
    sys.setprofile(profile)
    try:
        function(*args)
    finally:
        sys.setprofile(None)
        gc.enable()
    return found


def above_the_byte_path(files):
    return {name for name in files if not name.startswith("core/") or name in ABOVE}


def received_byte():
    socket, modem, tape, clock, says = connected("bg96", "push")
    buf = bytearray(1)
    for _ in range(2):  # the first one makes what the second one finds
        tape.load(read_script(says, "bg96", "push", says.first, b"x"))
        found = files_of(socket.recv_into, buf)
        assert buf == b"x"
    return found


def closed_connection():
    socket, modem, tape, clock, says = connected("bg96", "push")
    tape.load([("!", says.closed(says.first))])
    found = files_of(modem.poll)
    assert socket.recv(1) == b""
    return found


def attach():
    modem, tape, clock = new_modem("bg96")
    tape.auto = speech("bg96").attach()
    return above_the_byte_path(files_of(modem.attach, "internet"))


def connect():
    modem, tape, clock = new_modem("bg96")
    says = speech("bg96")
    tape.auto = says.attach()
    modem.attach("internet")
    rest(tape)
    tape.auto = answers(says)
    return above_the_byte_path(files_of(modem.socket().connect, (PEER, PORT)))


RUNS = {
    "one received byte": received_byte, "one closed connection": closed_connection, "attach": attach,
    "connect": connect}


@pytest.mark.parametrize("path", PATHS)
def test_the_way_is_short(path):
    most, files = PATHS[path]
    assert RUNS[path]() == set(files)
    assert len(files) == len(set(files)) <= most


@pytest.mark.parametrize("path", PATHS)
def test_the_way_is_written_down(path):
    """docs/design.md has a line that begins with the path's name and names all of its files."""
    lines = [line for line in DESIGN.read_text().splitlines() if line.lstrip("|-* `").lower().startswith(path)]
    assert any(all(name in line for name in PATHS[path][1]) for line in lines), PATHS[path]


def test_no_two_test_files_have_one_name():
    """pytest loads them by their last part: the second one would stop the whole run before it begins."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
