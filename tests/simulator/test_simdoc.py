"""docs/simulator.md says what the simulator says."""

import re
import subprocess
import sys

from atsock_host.simulator.config import read_file
from simbench import ROOT

PAGE = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_the_page_is_current():
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "simdoc"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_file_of_the_page_can_be_read(tmp_path):
    path = tmp_path / "module.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", PAGE, re.S)[1])
    assert read_file(path)["dialect"] == "l610"
