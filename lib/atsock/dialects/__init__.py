"""The dialect tables, one text each (how to read them: tables.py); they are found by listing this folder.

In an .mpy file the text stands as it is: there it is read line by line, so that the heap holds what was looked for and
not the whole table.
"""

import os
import sys


def names():
    """The dialects that are installed beside this file, sorted (a board may carry only one)."""
    found = {name.split(".")[0] for name in os.listdir(_folder()) if name.endswith((".py", ".mpy"))}
    return sorted([name for name in found if not name.startswith("_")])


def _folder():
    return __path__ if isinstance(__path__, str) else __path__[0]


def lines(name, mark):
    """The lines of the dialect `name` that begin with `mark`, which follow each other; [] when there are none."""
    try:
        file = open("%s/%s.mpy" % (_folder(), name), "rb")
    except OSError:  # source, or frozen: then the text is not on the heap
        full = "atsock.dialects." + name
        try:
            __import__(full)
        except ImportError:
            return []
        return _in_text(sys.modules[full].TABLE, mark)
    with file:
        return _in_file(file, mark)


def _in_text(text, mark):
    found = []
    at = text.find(b"\n" + mark) + 1
    while at and text.startswith(mark, at):
        end = text.find(b"\n", at)
        found.append(text[at:end])
        at = end + 1
    return found


def _in_file(file, mark):
    found = []
    for line in file:
        if line.startswith(mark):
            found.append(line)
        elif found:
            break
    return found
