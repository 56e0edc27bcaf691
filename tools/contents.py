"""What a board gets: the modules of lib/, which of the two packages each belongs to, and what imports what.

package.json is the driver with all its dialects; package-manual.json adds what call(), query() and test() need and the
texts of error codes.  Reads the sources, runs none of them.
"""

import ast
import re
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
LIB = TREE / "lib"

MANUAL = "atsock.manual"


def modules(lib=LIB):
    """{dotted name: path} of every module of the driver below `lib`; a package stands for its __init__.py."""
    found = {}
    for path in sorted((lib / "atsock").rglob("*.py")):
        parts = path.relative_to(lib).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def packages(known=None):
    """{file name of the package: sorted names of its modules}."""
    known = known or modules()
    manual = {name for name in known if MANUAL in _with_parents(name)}
    return {"package.json": sorted(known.keys() - manual), "package-manual.json": sorted(manual)}


def dialects(lib=LIB):
    """The names of the dialects: ["a7600", ...]."""
    files = (lib / "atsock" / "dialects").glob("[a-z]*.py")
    return sorted(path.stem for path in files if path.stem not in ("identify", "shape", "table"))


def imports(name, known, inside_functions=True):
    """The modules of `known` that the module `name` imports, the packages around them included."""
    package = name if known[name].name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in _imports(ast.parse(known[name].read_text()), inside_functions):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        else:
            base = _base(node, package)
            wanted = [base] + [f"{base}.{alias.name}" for alias in node.names]
        for target in wanted:
            found.update(part for part in _with_parents(target) if part in known)
    return found - {name}


def _imports(tree, inside_functions):
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting.extend(node.orelse)
        elif inside_functions or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def _base(node, package):
    if not node.level:
        return node.module
    parts = package.split(".")
    return ".".join(parts[: len(parts) - node.level + 1] + ([node.module] if node.module else []))


def _with_parents(name):
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


def in_order_of_need(known):
    """All modules, each behind those that it imports when it is loaded; `atsock` itself comes last."""
    order, begun = [], {"atsock"}

    def visit(name):
        if name not in begun:
            begun.add(name)
            for other in sorted(imports(name, known, inside_functions=False)):
                visit(other)
            order.append(name)

    for name in sorted(known):
        visit(name)
    return order + ["atsock"]


def version(lib=LIB):
    """The version that lib/atsock/__init__.py names."""
    return re.search(r'^__version__ = "([^"]+)"$', (lib / "atsock" / "__init__.py").read_text(), re.MULTILINE)[1]
