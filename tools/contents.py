"""What a board gets: the modules of lib/, and which of them make up which package.

A package is a root module and all that it imports, at the top of a file or inside a function.  What only call(),
query(), test() and the texts of errors need is a package of its own.  Imports by a computed name (dialects, manuals)
cannot be followed: those modules are roots.  Reads the sources, runs none of them.
"""

import ast
import re
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
LIB = TREE / "lib"

CORE = "atsock"
DIALECTS = "atsock.dialects"
MANUAL = "atsock.manual"
CATALOGUE = "atsock.catalogue"
CPYTHON = {"atsock.cpython_tls", "atsock.clock", "atsock.whole"}  # of no use on a board


def modules(lib=LIB):
    """{dotted name: path} of every module below `lib` that is for boards; a package stands for its __init__.py."""
    found = {}
    for path in sorted(lib.rglob("*.py")):
        parts = path.relative_to(lib).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: path for name, path in found.items() if name not in CPYTHON}


def dialects(known):
    """The names of the dialects, without their package: ["a7600", ...]."""
    return [name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == DIALECTS]


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
    if inside_functions:
        found.update(f"{CORE}.{borrowed}" for borrowed in _borrowed(known[name]) if f"{CORE}.{borrowed}" in known)
    base = re.search(r"^BASE +([a-z0-9]+)", known[name].read_text(), re.MULTILINE)
    if base and name.startswith(DIALECTS + "."):  # what a dialect's table has not stands in another one
        found.add(f"{DIALECTS}.{base[1]}")
    return found - {name}


def _borrowed(path):
    # Modules that lend.py loads: borrow("name"), once("name", ...), and the tables of methods, b" module: name name +module: name ".
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.lstrip("_") in ("borrow", "once"):
            yield from (argument.value for argument in node.args if isinstance(argument, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, bytes):
            yield from re.findall(r"[ +]([a-z_]+):(?= )", node.value.decode("latin-1"))


def _imports(tree, inside_functions):
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
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


def closure(roots, known, without=()):
    """The roots, the packages around them and all they import, but nothing of `without`."""
    found, waiting = set(), [part for root in roots for part in _with_parents(root)]
    while waiting:
        name = waiting.pop()
        if name not in found and name not in without:
            found.add(name)
            waiting.extend(imports(name, known))
    return found


def in_order_of_need(known):
    """All modules, each behind those that it imports when it is loaded; packages last of a circle."""
    order, begun = [], set()

    def visit(name):
        if name in begun:
            return
        begun.add(name)
        for other in sorted(imports(name, known, inside_functions=False) - {CORE}):
            visit(other)
        order.append(name)

    for name in sorted(set(known) - {CORE}):
        visit(name)
    return order + [CORE]


def packages(known=None):
    """{file name of the package: sorted names of its modules}.

    package.json: the driver with all dialects; package-DIALECT.json: the driver with one; package-manual.json: an
    addition to either.
    """
    known = known or modules()
    optional = {name for name in known if name == CATALOGUE or MANUAL in _with_parents(name)}
    core = closure([CORE], known, optional)
    found = {"package.json": set(core)}
    for dialect in dialects(known):
        one = closure([f"{DIALECTS}.{dialect}"], known, optional) | core
        found[f"package-{dialect}.json"] = one
        found["package.json"] |= one
    found["package-manual.json"] = closure(optional, known) - core
    return {file: sorted(names) for file, names in sorted(found.items())}


def version(lib=LIB):
    """The version that lib/atsock/__init__.py names."""
    return re.search(r'^__version__ = "([^"]+)"$', (lib / "atsock" / "__init__.py").read_text(), re.MULTILINE)[1]
