"""lib/manifest.py freezes what a board needs, by the rules in the documentation of MicroPython's build."""

import ast
import os
import types
from pathlib import Path

import pytest

from support import TREE

import contents

MANIFEST = TREE / "lib" / "manifest.py"


class Options:
    """Keywords of include(), and what the manifest says of those that were not given."""

    def __init__(self, given):
        self._given, self._defaults = given, {}

    def defaults(self, **values):
        self._defaults = values

    def __getattr__(self, name):
        return self._given.get(name, self._defaults.get(name))


def frozen(manifest, **options):
    """([paths as the firmware has them], metadata): paths are relative to the manifest's folder, as in an include()."""
    found, metadata = [], {}

    def package(package_path, files=None, base_path=".", opt=None):
        root = manifest.parent / base_path
        names = [root / package_path / file for file in files] if files else (root / package_path).rglob("*.py")
        assert (root / package_path).is_dir()
        found.extend(path.relative_to(root).as_posix() for path in names)

    def module(module_path, base_path=".", opt=None):
        found.append(Path(base_path, module_path).as_posix())

    rules = {
        "metadata": lambda **values: metadata.update(values), "package": package, "module": module,
        "options": Options(options)}
    before = os.getcwd()
    os.chdir(manifest.parent)
    try:
        exec(manifest.read_text(), rules)
    finally:
        os.chdir(before)
    return found, types.SimpleNamespace(**metadata)


def test_it_lists_the_drivers_files_and_nothing_else():
    files, _ = frozen(MANIFEST)
    assert sorted(files) == sorted(
        path.relative_to(contents.LIB).as_posix() for path in contents.modules().values())
    assert len(files) == len(set(files)) > 30
    assert "manifest.py" not in files and not any("test" in path for path in files)


def test_its_version_is_the_drivers():
    assert frozen(MANIFEST)[1].version == contents.version()


@pytest.mark.parametrize("path", sorted(contents.modules().values()), ids=lambda path: path.stem)
def test_nothing_looks_for_its_own_files(path):
    """A frozen package, or one in a ROMFS or a zip file, has none to open or to list."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "open", node.lineno
        elif isinstance(node, ast.Attribute):
            assert node.attr not in ("listdir", "ilistdir", "scandir", "walk", "stat"), node.lineno
        elif isinstance(node, ast.Name):
            assert node.id not in ("__file__", "__path__", "__import__"), node.lineno
