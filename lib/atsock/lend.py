"""Modules that are wanted for a moment: loaded by who calls them, and forgotten again when they are .mpy files.

A board keeps only what moves bytes.  What opens, closes, attaches and looks up lives on the heap as long as it runs:
nobody refers to such a module once its functions have returned.  Loading a .mpy again takes as long as reading it, some
milliseconds; a source file would have to be compiled each time, so those are kept.  Knows no modem.
"""

import sys

_FORGETS = __file__.endswith(".mpy")


def borrow(name):
    """The module atsock.`name`.  Allocates.  What else is loaded on its behalf is forgotten together with it.

    The exceptions are not: who caught one must know it again.
    """
    before = list(sys.modules)
    name = "atsock." + name
    __import__(name)
    module = sys.modules[name]
    if _FORGETS:
        for name in list(sys.modules):
            if name.startswith("atsock.") and name not in before and name != "atsock.errors":
                # A slot of a dict keeps the value of a deleted key until it is used again: None frees the module.
                sys.modules[name] = None
                del sys.modules[name]
                package, _, name = name.rpartition(".")
                package = sys.modules.get(package)
                if package is not None:  # else it was forgotten before
                    setattr(package, name, None)
                    delattr(package, name)
    return module


def method(owner, name):
    """The method `name` of `owner`, from the module that places.py names.  Raises AttributeError when none does.  Allocates."""
    module = borrow("places").find(owner, name)
    if module[0] == "+":  # it stays, and gives its methods to the class
        __import__("atsock." + module[1:])
        return getattr(owner, name)
    function = getattr(borrow(module), name)
    return lambda *args, **named: function(owner, *args, **named)
