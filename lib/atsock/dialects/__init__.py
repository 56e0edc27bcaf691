"""The dialect tables, one module of constants each; they are found by listing this folder."""

import os

from ..lend import borrow


class Table:
    """The constants of one dialect, without the vocabulary that they are written in (words.py)."""


def names():
    """The dialects that are installed beside this file, sorted (a board may carry only one)."""
    folder = __path__ if isinstance(__path__, str) else __path__[0]
    found = {name.split(".")[0] for name in os.listdir(folder) if name.endswith((".py", ".mpy"))}
    return sorted([name for name in found if not name.startswith("_")])


def load(name):
    """The Table of the dialect `name`.  Raises ValueError when there is none, naming those that are installed.  Allocates."""
    if name not in names():
        raise ValueError("no dialect %r here; installed: %s" % (name, ", ".join(names())))
    words = borrow("words").__dict__
    table = Table()
    for key, value in borrow("dialects." + name).__dict__.items():
        if key not in words and not key.startswith("_"):
            setattr(table, key, value)
    return table
