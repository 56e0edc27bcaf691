"""The programs here run as those of ../fronts do: its helpers are on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fronts"))
