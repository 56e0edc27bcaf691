"""The dialect tables, one text each (how to read them: tables.py); they are found by listing this folder.

A text is a tuple of sections, each with a line "# ---- title" first.  In an .mpy file the same bytes stand as they are: there
they are read line by line, so that the heap holds the one section that is wanted and not all of them.
"""

import os
import sys


def _folder():
    return __path__ if isinstance(__path__, str) else __path__[0]


def names():
    """The dialects that are installed beside this file, sorted (a board may carry only one)."""
    found = {name.split(".")[0] for name in os.listdir(_folder()) if name.endswith((".py", ".mpy"))}
    return sorted([name for name in found if not name.startswith("_")])


def section(name, mark):
    """The section of the dialect `name` that has `mark` at the beginning of a line; b"" when none has."""
    try:
        file = open("%s/%s.mpy" % (_folder(), name), "rb")
    except OSError:  # source, or frozen: the text is not on the heap, or stays there
        full = "atsock.dialects." + name
        try:
            __import__(full)
        except ImportError:
            return b""
        for text in sys.modules[full].TABLE:
            if b"\n" + mark in text:
                return text
        return b""
    with file:
        return _read(file, mark)


def _read(file, mark):
    # Two times over the file: what grew line by line would leave holes all over a small heap.
    start = end = 0
    found = False
    for line in file:
        if line.startswith(b"# ---- "):
            if found:
                break
            start = end - 1  # with the line feed before it
        end += len(line)
        found = found or line.startswith(mark)
    if not found:
        return b""
    file.seek(start)
    return file.read(end - start)
