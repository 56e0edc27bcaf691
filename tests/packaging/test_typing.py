"""The type stubs: strict users are content, mistakes are found, and the stubs say what the code says."""

import ast
import inspect
import subprocess
import sys

import pytest

import atsock
import atsock_host
from atsock import datagrams, sockets, transparent
from support import TREE

PROGRAMS = TREE / "tests" / "typing"
STUBS = {atsock: TREE / "lib" / "atsock" / "__init__.pyi", atsock_host: TREE / "host" / "atsock_host" / "__init__.pyi"}

# One class in the stubs: what a socket can do is the choice of whoever opens it.
SOCKET_KINDS = (atsock.Socket, sockets.StreamSocket, datagrams.DatagramSocket, transparent.TransparentSocket)


def mypy(program, tmp_path):
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", tmp_path, PROGRAMS / program],
        cwd=tmp_path, capture_output=True, text=True)


def test_a_strict_program(tmp_path):
    done = mypy("right.py", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mistakes_are_found_where_they_are_and_nowhere_else(tmp_path):
    lines = (PROGRAMS / "wrong.py").read_text().splitlines()
    wanted = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    said = mypy("wrong.py", tmp_path).stdout
    found = {int(line.split(":")[1]) for line in said.splitlines() if ": error: " in line}
    assert found == wanted, said


def stub(module):
    """The top level of the module's stub: {name: node}; names that only type checkers see are left out."""
    found = {}
    for node in ast.parse(STUBS[module].read_text()).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found[node.name] = node
        elif isinstance(node, ast.AnnAssign):
            found[node.target.id] = node
    return {name: node for name, node in found.items() if not name.startswith("_") or name == "__version__"}


CLASSES = [(module, name) for module in STUBS for name, node in stub(module).items() if isinstance(node, ast.ClassDef)]
NAMES = [(module, name) for module in STUBS for name in stub(module)]


@pytest.mark.parametrize("module, name", NAMES, ids=str)
def test_every_name_of_the_stub_is_there(module, name):
    assert hasattr(module, name)


def test_every_public_name_is_in_the_stub():
    public = {name for name in dir(atsock) if not name.startswith("_") and not inspect.ismodule(getattr(atsock, name))}
    assert public <= stub(atsock).keys()
    assert set(atsock_host.__all__) <= stub(atsock_host).keys()


def parameters_of_stub(node):
    """[(name, kind, has a default)] of a method or property of a class in a stub, without self."""
    arguments, kinds = node.args, inspect.Parameter
    plain = arguments.posonlyargs + arguments.args
    found = [
        [argument.arg, kinds.POSITIONAL_OR_KEYWORD, index >= len(plain) - len(arguments.defaults)]
        for index, argument in enumerate(plain)]
    if arguments.vararg:
        found.append([arguments.vararg.arg, kinds.VAR_POSITIONAL, False])
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        found.append([argument.arg, kinds.KEYWORD_ONLY, default is not None])
    if arguments.kwarg:
        found.append([arguments.kwarg.arg, kinds.VAR_KEYWORD, False])
    return found[1:]


def parameters_of_code(function):
    return [
        [found.name, found.kind, found.default is not inspect.Parameter.empty]
        for found in inspect.signature(function).parameters.values()][1:]


def implementations(module, name, method):
    """What the code has for a method of the stub: several for a socket, for each kind that has its own."""
    if name == "Socket":
        return [vars(kind)[method] for kind in SOCKET_KINDS if method in vars(kind)]
    found = getattr(getattr(module, name), method, None)
    return [] if found is None else [found]


METHODS = [
    (module, name, node.name, node) for module, name in CLASSES for node in stub(module)[name].body
    if isinstance(node, ast.FunctionDef) and node.name not in ("__exit__", "__getattr__", "__del__")]


@pytest.mark.parametrize("module, name, method, node", METHODS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_method_takes_what_the_stub_says(module, name, method, node):
    found = implementations(module, name, method)
    assert found, f"{name} has no {method}"
    for code in found:
        if isinstance(code, property):
            assert any(getattr(decorator, "id", "") == "property" for decorator in node.decorator_list)
        elif method == "sendto":  # Python's sendto(bytes[, flags], address)
            assert parameters_of_code(code)[0] == parameters_of_stub(node)[0]
        else:
            assert parameters_of_stub(node) == parameters_of_code(code)


@pytest.mark.parametrize("module, name", CLASSES, ids=str)
def test_a_class_has_no_method_that_the_stub_leaves_out(module, name):
    known = {node.name for node in stub(module)[name].body if isinstance(node, ast.FunctionDef)}
    kinds = SOCKET_KINDS if name == "Socket" else (getattr(module, name),)
    public = {method for kind in kinds for method, value in vars(kind).items()
              if not method.startswith("_") and (callable(value) or isinstance(value, property))}
    inherited = {"close", "fileno", "readable", "writable"} if name == "Socket" else set()  # typed by io.RawIOBase
    assert public - inherited <= known


def test_both_packages_say_that_they_are_typed():
    assert all((path.parent / "py.typed").exists() for path in STUBS.values())
