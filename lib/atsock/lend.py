"""Modules that are wanted for a moment: loaded by who calls them, and forgotten again when they are .mpy files.

A board keeps only what moves bytes.  What opens, closes, attaches and looks up lives on the heap as long as it runs:
nobody refers to such a module once its functions have returned.  Loading a .mpy again takes as long as reading it, some
milliseconds; a source file would have to be compiled each time, so those are kept.  Knows no modem.
"""

import sys

_FORGETS = __file__.endswith(".mpy")
_PACKAGE = "atsock."


def borrow(name):
    """The module atsock.`name`.  Allocates.  What else is loaded on its behalf is forgotten together with it."""
    before = list(sys.modules)
    name = _PACKAGE + name
    __import__(name)
    module = sys.modules[name]
    if _FORGETS:
        for name in list(sys.modules):
            if name.startswith(_PACKAGE) and name not in before:
                _forget(name)
    return module


def _forget(name):
    # A slot of a dict keeps the value of a deleted key until it is used again: None frees the module.
    sys.modules[name] = None
    del sys.modules[name]
    package, _, name = name.rpartition(".")
    package = sys.modules.get(package)
    if package is not None:  # else it was forgotten before
        setattr(package, name, None)
        delattr(package, name)


def method(places, owner, name):
    """The method `name` of `owner`: a function of the module that `places` lists it for, as b" module: name name ... ".

    Raises AttributeError when it is in none.  Allocates.
    """
    at = places.find(b" " + name.encode() + b" ")
    if at < 0:
        raise AttributeError(name)
    place = places[: places.rfind(b":", 0, at)]
    function = getattr(borrow(place[place.rfind(b" ") + 1 :].decode()), name)
    return lambda *args, **named: function(owner, *args, **named)
