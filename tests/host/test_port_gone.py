"""A port that goes away ends every wait: the unix board's Tty tells it at once."""

import os
import pty
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
sys.path[:0] = ["lib", "boards/unix"]
import atsock
from tty import Tty
modem = atsock.Modem(Tty(sys.argv[1]), "bg96")
print("open")
try:
    modem.attach()
except OSError as error:
    print(error.errno)
"""


def test_the_other_side_closes(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ours, theirs = pty.openpty()
    micropython = Path(sys.executable).with_name("micropython")
    with subprocess.Popen(
        [micropython, program, os.ttyname(theirs)], cwd=TREE, stdout=subprocess.PIPE, text=True
    ) as board:
        assert board.stdout.readline() == "open\n"
        os.close(theirs)
        os.close(ours)
        assert board.communicate(timeout=20)[0] == "5\n"
