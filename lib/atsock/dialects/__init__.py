"""The dialect tables, one text each (how to read them: tables.py); they are found by listing this folder."""

import os


def names():
    """The dialects that are installed beside this file, sorted (a board may carry only one)."""
    folder = __path__ if isinstance(__path__, str) else __path__[0]
    found = {name.split(".")[0] for name in os.listdir(folder) if name.endswith((".py", ".mpy"))}
    return sorted([name for name in found if not name.startswith("_")])
