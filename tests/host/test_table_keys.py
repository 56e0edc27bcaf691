"""Every attribute of the dialect tables is read by the driver, and what the driver reads of a table is one of them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import atsock
import pytest
from atsock import dialects
from atsock.dialects.table import Table

LIB = Path(atsock.__file__).parent
sys.path.insert(0, str(LIB.parents[1] / "tests" / "lib"))

import tablekeys  # noqa: E402

TABLES = [LIB / "dialects" / (name + ".py") for name in tablekeys.NAMES]
DRIVER = [path for path in sorted(LIB.rglob("*.py")) if path.parent.name != "dialects"]
ATTRIBUTE = re.compile("[A-Z][A-Z_0-9]*")
# Read where a table's own row or template names them.
BY_TABLES = {"SEND", "SEND_TO", "SEND_HEX", "PUSH_OUT", "PUSH_TO", "READ_HEX"}
BY_IDENTIFICATION = {"MODELS"}  # of tables that are registered: dialects/identify.py


def trees(paths):
    return [(path.relative_to(LIB), ast.parse(path.read_text())) for path in paths]


def is_table(node):
    """True for an expression that gives a table: table, session.table, self._session.table, rules."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in ("table", "rules")


def read_attributes():
    """{attribute: files} of what the driver reads of a table.  The manual's tables of commands are other classes."""
    found = {}
    for path, tree in trees(DRIVER):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and is_table(node.value) and ATTRIBUTE.fullmatch(node.attr):
                found.setdefault(node.attr, set()).add(str(path))
    return found


def test_every_attribute_is_read():
    read = read_attributes()
    for attribute in tablekeys.attributes(Table):
        assert attribute in read or attribute in BY_TABLES | BY_IDENTIFICATION, attribute


def test_what_only_tables_read_is_read_by_a_table():
    """In the class body of a dialect: as a name behind the assignment."""
    nodes = [node for _, tree in trees(TABLES) for node in ast.walk(tree)]
    assert BY_TABLES <= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert not BY_TABLES & set(read_attributes())


def test_what_is_read_is_an_attribute():
    known = tablekeys.attributes(Table)
    found = read_attributes()
    assert len(found) > 60
    for attribute, files in found.items():
        assert attribute in known or all(file.startswith("manual/") for file in files), (attribute, files)


def test_every_attribute_is_set_in_a_dialect():
    """An attribute that no dialect sets is one too many."""
    classes = {one for name in tablekeys.NAMES for one in dialects.get(name).__mro__} - {Table, object}
    found = {attribute for one in classes for attribute in vars(one)}
    assert found >= set(tablekeys.attributes(Table)) - BY_IDENTIFICATION


def test_what_is_the_dialects_own_is_used():
    """A name with "_" in front stands in several places of its table, or is in the way."""
    for path, tree in trees(TABLES):
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id.startswith("_")]
        stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        loaded = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        assert stored == loaded, path


ASK = """
import sys
from atsock import dialects
dialects.names()
assert [key for key in sys.modules if key.startswith("atsock.dialects.")] == ["atsock.dialects.table"]
if sys.argv[2] == "named":
    print(dialects.get(sys.argv[1]).NAME)
else:
    from atsock.dialects import identify
    identify.find([b"EC999"])
    identify.other_family([b"EC999"])
    print(identify.find([sys.argv[1].upper().encode()])[0].NAME)
print(*sorted(key for key in sys.modules if key.startswith("atsock.dialects.")))
"""


@pytest.mark.parametrize(
    "name, base", [("bg96", ""), ("a7600", ""), ("sim7028", "a7600"), ("nl668", ""), ("l610", "nl668")]
)
@pytest.mark.parametrize("how", ["named", "found"])
def test_a_dialect_is_imported_when_it_is_asked_for(name, base, how):
    """Alone, or with the one that it is based on; to know the module imports no other, and who names it needs no table
    of models."""
    command = [sys.executable, "-c", ASK, name, how]
    done = subprocess.run(command, cwd=LIB.parent, capture_output=True, text=True, check=True)
    found, modules = done.stdout.splitlines()
    assert found == name
    loaded = {name, base, "table", "identify" if how == "found" else ""} - {""}
    assert modules.split() == ["atsock.dialects." + one for one in sorted(loaded)]


NAMED = """
import sys
sys.path[:0] = sys.argv[2:]
from fakes import new_modem
from frames import speech
modem, tape, clock = new_modem(sys.argv[1])
tape.auto = speech(sys.argv[1]).attach()
modem.attach("internet")
print(modem.dialect, *[key for key in sys.modules if key == "atsock.dialects.identify"])
"""


def test_who_names_the_dialect_loads_no_models():
    command = [sys.executable, "-c", NAMED, "bg96", str(LIB.parent), str(LIB.parents[1] / "tests" / "lib")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == ["bg96"]
