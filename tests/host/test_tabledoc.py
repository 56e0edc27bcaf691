"""docs/dialects.md says what the tables say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_current():
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "tabledoc"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
