"""Names of the compiled driver: who may get another one, and that it is one of MicroPython's own."""

import ast
import importlib
import re

import pytest
import support  # noqa: F401  tools/ on the path

contents = importlib.import_module("contents")
short_names = importlib.import_module("short_names")

KNOWN = contents.modules()
STUBS = sorted(contents.LIB.rglob("*.pyi"))
PLAN = short_names.plan(list(KNOWN.values()), STUBS)
WORD = re.compile(r"[A-Za-z_]\w*")


def planned(tmp_path, sources, stub=""):
    paths = []
    for name, text in sources.items():
        paths.append(tmp_path / (name + ".py"))
        paths[-1].write_text(text)
    (tmp_path / "stub.pyi").write_text(stub)
    names = short_names.plan(paths, [tmp_path / "stub.pyi"])
    return {path.stem: short_names.apply(path, names[path]) for path in paths}, {path.stem: found for path, found in names.items()}


def test_what_replaces_stands_nowhere_else():
    """A new name is one of the ROM, and no file of the driver uses it for something of its own."""
    words = set().union(*[set(WORD.findall(path.read_text())) for path in KNOWN.values()])
    for found in PLAN.values():
        assert len(set(found.values())) == len(found)
        assert not set(found.values()) & words
        assert set(found.values()) <= set(short_names.ROM)


def test_public_names_stay():
    public = {node.name for path in STUBS for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert {"Modem", "attach", "recv_into", "CommandError"} <= public
    for found in PLAN.values():
        assert not public & set(found)
        assert not {"self", "ptr8", "viper", "errno"} & set(found)


def test_a_name_of_two_files_is_the_same_in_both():
    everywhere = {}
    for path, found in PLAN.items():
        words = set(WORD.findall(path.read_text()))
        for old, new in found.items():
            if old in words:
                everywhere.setdefault(old, set()).add(new)
    assert [old for old, found in everywhere.items() if len(found) > 1] == []
    assert len(everywhere) > 300


def test_source_is_otherwise_as_it_was():
    """Line by line: tracebacks tell the same lines."""
    for path, found in list(PLAN.items())[:20]:
        new = short_names.apply(path, found)
        assert len(new.splitlines()) == len(path.read_text().splitlines())
        back = {new: old for old, new in found.items()}
        assert ast.dump(ast.parse(path.read_text())) == ast.dump(ast.parse(short_names.WORDS.sub(lambda word: back.get(word.group(), word.group()), new)))


@pytest.mark.parametrize("kept", [
    "def spoken(): pass\nspoken()", "class A:\n    def spoken(self): pass", "x = getattr(y, 'spoken')\nspoken = 1", "spoken(spoken=1)\ndef spoken(): pass",
    "_SPOKEN = const(1)",
])
def test_kept(tmp_path, kept):
    stub = "def spoken() -> None: ...\n" if "getattr" not in kept and "=1" not in kept else ""
    found, names = planned(tmp_path, {"one": kept, "two": "import one"}, stub)
    assert found["one"].lower().count("spoken") == kept.lower().count("spoken")
    assert not {"spoken", "_SPOKEN"} & set(names["one"])


def test_replaced(tmp_path):
    found, names = planned(tmp_path, {
        "one": "def helper(number):\n    local = number  # helper\n    return local\n", "two": "from one import helper\nprint('helper here', helper(2))\n",
        "places": 'A = b" one: helper helpers "\n',
    })
    new = names["one"]["helper"]
    assert names["two"]["helper"] == new and new in short_names.ROM
    assert found["two"] == f"from one import {new}\nprint('helper here', {new}(2))\n"
    assert found["places"].endswith(f'b" one: {new} helpers "\n')
    assert "# helper" in found["one"] and "local" in found["one"]


def test_listing(tmp_path):
    """names.txt: what stands for what."""
    text = short_names.listing(PLAN, contents.LIB)
    path, found = next(iter(PLAN.items()))
    assert all(f"{new} = {old}\n" in text for old, new in found.items())
