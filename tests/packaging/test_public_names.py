"""What pydoc, dir(), help() and pdoc show: the public names, all of them with a docstring, and only those."""

import importlib
import inspect
import pydoc
import re

import atsock
import atsock_host
import pdoc.doc
import pytest
from atsock.dialects.table import Table
from atsock.services import Ping
from atsock.sockets.datagram import DatagramSocket
from atsock.sockets.module import SocketModule
from atsock.sockets.stream import StreamSocket
from atsock.sockets.transparent import TransparentSocket

PACKAGES = [atsock, atsock_host]
MODULES = [*PACKAGES, importlib.import_module("atsock.dialects"), importlib.import_module("atsock_host.tls")]
# Classes whose objects a program gets without having named them.
GIVEN = [StreamSocket, DatagramSocket, TransparentSocket, SocketModule, Ping, Table]


def name_of(module):
    return module.__name__


@pytest.mark.parametrize("package", PACKAGES, ids=name_of)
def test_dir_shows_what_all_names(package):
    assert dir(package) == sorted(package.__all__)
    assert len(set(package.__all__)) == len(package.__all__)


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_every_name_is_there(module):
    for name in module.__all__:
        assert not name.startswith("_")
        getattr(module, name)


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_import_of_everything(module):
    names = {}
    exec(f"from {module.__name__} import *", names)
    assert set(names) - {"__builtins__"} == set(module.__all__)


@pytest.mark.parametrize("package", PACKAGES, ids=name_of)
def test_a_name_that_is_not_there(package):
    with pytest.raises(AttributeError, match="nothing_like_this"):
        package.nothing_like_this  # noqa: B018
    with pytest.raises(ImportError):
        exec(f"from {package.__name__} import nothing_like_this")


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_pydoc(module):
    """help() has a section for every public class and function, and for no other."""
    text = pydoc.plain(pydoc.render_doc(module))
    public = {name for name in module.__all__ if inspect.isclass(getattr(module, name))}
    shown = set(re.findall(r"^    class (\w+)", text, re.MULTILINE))
    assert shown == public
    functions = {name for name in module.__all__ if inspect.isfunction(getattr(module, name))}
    _, _, rest = text.partition("\nFUNCTIONS\n")
    assert set(re.findall(r"^    (\w+)\(", rest, re.MULTILINE)) == functions


@pytest.mark.filterwarnings("ignore")  # it does not look behind __getattr__, and names what it cannot show
@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_pdoc(module):
    assert set(pdoc.doc.Module(module).members) == set(module.__all__)


def things(module):
    """(name, object) of every public class, function, and of every public method and property of the classes."""
    for name in module.__all__:
        yield from of(f"{module.__name__}.{name}", getattr(module, name))


def of(name, thing):
    if inspect.isclass(thing):
        yield name, thing
        own = {member: value for kind in reversed(thing.__mro__) if kind.__module__.startswith("atsock")
               for member, value in vars(kind).items()}
        for member, value in own.items():
            if not member.startswith("_") and (callable(value) or isinstance(value, (property, staticmethod))):
                yield f"{name}.{member}", getattr(thing, member)
    elif callable(thing):
        yield name, thing


def test_every_public_thing_says_what_it_does():
    found = [thing for module in MODULES for thing in things(module)]
    found += [thing for given in GIVEN for thing in of(given.__name__, given)]
    assert len(found) > 150
    silent = [name for name, thing in found if not (inspect.getdoc(thing) or "").strip()]
    assert silent == []
