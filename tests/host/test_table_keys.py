"""Every key of the dialect tables is read by the driver, and every key that the driver reads is one of theirs."""

import ast
import re
import sys
from pathlib import Path

from atsock import settings

LIB = Path(settings.__file__).parent
sys.path.insert(0, str(LIB.parents[1] / "tests" / "lib"))

import tablekeys  # noqa: E402

FILES = [path for path in LIB.glob("*.py")]
READERS = {"all", "cells", "word", "words", "number", "numbers", "yes", "command", "commands", "steps"}
# Put together where they are read: the pieces, each of which stands in the driver.
MADE = {
    "OPEN_TCP": ("OPEN_", "TCP"), "OPEN_TCP_SERVER": ("OPEN_", "TCP_SERVER"), "DATA_TCP": ("DATA_", "TCP"), "DATA_UDP": ("DATA_", "UDP"),
    "PING_6": ("PING", "_6"), "NTP_6": ("NTP", "_6"), "PDP_4": ("PDP_%d",), "PDP_6": ("PDP_%d",),
    "ACCESS_BUFFER": ("ACCESS_",), "ACCESS_PUSH": ("ACCESS_",), "ACCESS_HEX": ("ACCESS_",), "ACCESS_TRANSPARENT": ("ACCESS_",),
}  # fmt: skip
KEY = re.compile(rb"[A-Z][A-Z_0-9]+")


def constants():
    """All bytes of the driver that stand outside the dialects."""
    found = set()
    for path in FILES:
        found |= {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant) and isinstance(node.value, bytes)}
    return {value.decode("latin-1") for value in found}


def asked_for():
    """{key: files} of the calls that name a key: table.word(b"KEY"), look(modem, "word", b"KEY")."""
    found = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            reads = isinstance(node.func, ast.Attribute) and node.func.attr in READERS
            looks = any(isinstance(one, ast.Constant) and one.value in READERS for one in node.args)
            for one in (node.args if looks else node.args[:1] if reads else ()):
                if isinstance(one, ast.Constant) and isinstance(one.value, bytes) and KEY.fullmatch(one.value):
                    found.setdefault(one.value.decode(), set()).add(path.name)
    return found


def cells_of_all():
    """Every cell of every table: the driver reads what a cell names (steps, rows, the command that follows)."""
    return {cell for name in settings.names() for text in tablekeys.sections(name) for _, cells in tablekeys.entries(text) for cell in cells}


def test_every_key_is_read():
    known, named = constants(), cells_of_all()
    for key in tablekeys.KEYS:
        pieces = MADE.get(key)
        if pieces:
            assert known >= set(pieces), key
        else:
            assert key in known or key in named, key


def test_what_is_read_is_a_key():
    found = asked_for()
    assert len(found) > 50
    for key, files in found.items():
        assert key in tablekeys.KEYS, (key, files)


def test_every_key_stands_in_a_table():
    there = {key for name in settings.names() for text in tablekeys.sections(name) for key, _ in tablekeys.entries(text)}
    assert there == set(tablekeys.KEYS)
