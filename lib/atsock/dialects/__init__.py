"""The dialect tables, one module of constants each; they are found by listing this folder."""

import os
import sys


def names():
    """The dialects that are installed beside this file, sorted (a board may carry only one)."""
    folder = __path__ if isinstance(__path__, str) else __path__[0]
    found = {name.split(".")[0] for name in os.listdir(folder) if name.endswith((".py", ".mpy"))}
    return sorted([name for name in found if not name.startswith("_")])


def load(name):
    """The table `name`.  Raises ValueError when there is none, naming those that are installed."""
    if name not in names():
        raise ValueError("no dialect %r here; installed: %s" % (name, ", ".join(names())))
    module = "atsock.dialects." + name
    __import__(module)
    return sys.modules[module]
