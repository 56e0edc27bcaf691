"""The runner of the examples and its servers live in tools/, the board's fake machine with the packaging tests, what
waits for a program's lines in ../fronts.
"""

import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE / "tools"), str(TREE / "tests" / "packaging"), str(TREE / "tests" / "fronts")]
