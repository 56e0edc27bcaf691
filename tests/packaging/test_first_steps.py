"""docs/start-board.md and boards/examples/README.md: their mpremote commands, one after the other, on a "board".

The board is MicroPython's unix port (unixboard.py) with the machine module of fakes/, whose UART leads to a virtual
module.  A board's root is its current folder, which mpremote calls ":"; here that is a folder with a name.
"""

import re
import subprocess

import pytest
from atsock_host import Simulator

from support import MICROPYTHON, TREE, page_server, program
from unixboard import UnixBoard

pytestmark = pytest.mark.slow

LIMIT_S = 120


def commands(page):
    """The lines of its shell blocks that begin with mpremote, as they stand."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (TREE / page).read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("mpremote ")]


@pytest.fixture
def board(tmp_path):
    with UnixBoard(MICROPYTHON, tmp_path) as board:
        yield board


@pytest.mark.parametrize("page", ["docs/start-board.md", "boards/README.md", "boards/examples/README.md"])
def test_the_commands_of_the_page(page, board):
    board.lib.mkdir(parents=True, exist_ok=True)
    fake = (TREE / "tests" / "packaging" / "fakes" / "machine.py").read_text()
    (board.lib / "tty.py").write_text((TREE / "boards" / "unix" / "tty.py").read_text())
    steps = commands(page)
    assert steps[-1] == "mpremote run boards/examples/first_light.py"
    if "mip install package.json" not in "\n".join(steps):
        steps.insert(0, "mpremote mip install package.json")  # the page refers to README for that
    with page_server(b"it works") as server, Simulator(
            "bg96", hosts={"example.com": f"127.0.0.1:{server.server_port}"}) as module:
        (board.lib / "machine.py").write_text(fake.replace("ports = []", f"ports = [{module.port!r}]"))
        for step in steps:
            words = [f":{board.lib}/" if word == ":" else word for word in step.split()[1:]]
            done = subprocess.run(
                [program("mpremote"), "connect", board.port, *words], cwd=TREE, capture_output=True, text=True,
                timeout=LIMIT_S)
            assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"
        assert module.violations() == []
    assert "power key pressed: False" in done.stdout
    assert done.stdout.rstrip().endswith("it works")
