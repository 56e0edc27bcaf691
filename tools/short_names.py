"""Names of the compiled driver: what only the driver calls by name gets a name that MicroPython has in its ROM already.

MicroPython keeps every name of a module for ever, also of one that is loaded for a moment: some 22 bytes each.  Names of the
ROM (rom_names.txt) are there anyway.  Only .mpy files are written with such names; build_mpy writes the list, to read tracebacks by.

A name is replaced when the driver itself gives it to something (a function, a class, an argument, an attribute, a global) and
nobody else can know it: not in the stubs (*.pyi), no file of the package, no name of the ROM (then it may be somebody else's,
too), not in a string by itself (getattr), no argument given by name, not of a module whose names are looked up as text.  The same name is replaced
everywhere by the same one (but for what one file alone knows), and what replaces it stands nowhere in the driver.
"""

import ast
import io
import keyword
import re
import tokenize
from pathlib import Path

ROM = Path(__file__).with_name("rom_names.txt").read_text().split()
LOOKED_UP = ("errnos", "errors", "constants", "address")   # by names that stand in tables or come from the program
METHODS = "places"              # its tables name methods and the modules they are in
_COMPILER = {"self", "micropython", "viper", "native", "const", "ptr", "ptr8", "ptr16", "ptr32", "uint"}
WORDS = re.compile(r"[A-Za-z_]\w*")


def plan(paths, stubs):
    """{path: {name: name of the ROM}} for the sources in `paths`; stubs: what is public."""
    trees = {path: ast.parse(path.read_text(), str(path)) for path in paths}
    words = {path: set(WORDS.findall(path.read_text())) for path in paths}
    bound = {path: _bound(tree) for path, tree in trees.items()}
    kept = set(ROM) | _COMPILER | {path.stem for path in paths} | {path.parent.name for path in paths} | {"whole"}
    members = set()
    for path in stubs:
        kept |= _bound(ast.parse(path.read_text()), inside_functions=False)
    for path, tree in trees.items():
        kept |= _texts(tree) | _constants(tree) | {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
        members |= _members(tree)
        if path.stem in LOOKED_UP:
            kept |= bound[path]
    files = {}
    for path in paths:
        for name in bound[path] - kept:
            if not name.startswith("__") and not keyword.iskeyword(name):
                files[name] = [other for other in paths if name in words[other]]
    # What one file alone knows, and is no attribute of anything, may be called the same in every file.
    alone = {path: sorted(name for name, found in files.items() if found == [path] and name not in members) for path in paths}
    free = [name for name in ROM if not any(name in found for found in words.values())]
    count = max(len(names) for names in alone.values())
    rest = sorted(set(files).difference(*alone.values()), key=lambda name: (-min(len(files[name]), 3), name))
    common = dict(zip(rest, free[count:]))
    return {path: {**common, **dict(zip(alone[path], free))} for path in paths}


def _members(tree):
    # Names of attributes, and what stands in a class.
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found |= _bound(node)
    return found


def _bound(tree, inside_functions=True):
    # Names that the source gives to something others can see; variables of a function are no names at run time.
    found = set()

    def visit(node, in_function):
        for child in ast.iter_child_nodes(node):
            inside = in_function
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(child.name)
                inside = not isinstance(child, ast.ClassDef)
            if isinstance(child, ast.arg):
                found.add(child.arg)
            elif isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Store):
                found.add(child.attr)
            elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store) and not in_function:
                found.add(child.id)
            elif isinstance(child, ast.Global):
                found.update(child.names)
            visit(child, inside)

    visit(tree, False)
    return found


def _texts(tree):
    # Strings that are a name: somebody looks it up.
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()}


def _constants(tree):
    # _NAME = const(...) is gone when it is compiled.
    return {
        node.targets[0].id for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id[0] == "_"
        and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "const"
    }


def apply(path, names):
    """The source at `path` with these names replaced, line by line as it was."""
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        new = token.string
        if token.type == tokenize.NAME:
            new = names.get(new, new)
        elif token.type == tokenize.STRING and path.stem == METHODS and new[0] == "b":
            new = re.sub(r"[A-Za-z_]\w*(?![\w:])", lambda word: names.get(word.group(), word.group()), new)
        if new != token.string:
            row, start = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:start] + new + line[start + len(token.string):]
    return "".join(lines)


def listing(names, lib):
    """What replaces what, as text: names that one file alone has below its own heading."""
    common = dict(set.intersection(*[set(found.items()) for found in names.values()]))
    lines = [f"{new} = {old}" for old, new in sorted(common.items(), key=lambda item: item[1])]
    for path, found in names.items():
        own = sorted((new, old) for old, new in found.items() if old not in common)
        if own:
            lines += ["", path.relative_to(lib).as_posix()] + [f"{new} = {old}" for new, old in own]
    return "\n".join(lines) + "\n"
