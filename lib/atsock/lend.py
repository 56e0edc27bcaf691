"""Modules that are wanted for a moment: loaded by who calls them, and forgotten again when they are .mpy files.

A board keeps only what moves bytes.  What opens, closes, attaches and looks up lives on the heap as long as it runs:
nobody refers to such a module once its functions have returned.  Loading a .mpy again takes as long as reading it, some
milliseconds; a source file would have to be compiled each time, so those are kept.  Knows no modem.
"""

import gc
import sys

_FORGETS = __file__.endswith(".mpy")
# What stays must not be strewn between what is dropped: a small heap would have room and no piece of it large enough.  A large
# one is not collected each time, that would take too long.
_SMALL = _FORGETS and gc.mem_alloc() + gc.mem_free() < 150_000


def tidy():
    """Collect what is dropped, on a small heap."""
    if _SMALL:
        gc.collect()


def rehearse(what):
    """On a small heap: load each module once that `what` ("ATTACH", "CONNECT") will need, one after the other.

    The names in it, which stay for ever, lie side by side then, and not strewn over the heap by the time it gets tight.
    """
    if _SMALL:
        for name in getattr(borrow("places"), what).split():
            borrow(name.decode())


def borrow(name):
    """The module atsock.`name`.  Allocates.  What else is loaded on its behalf is forgotten together with it.

    The exceptions are not: who caught one must know it again.
    """
    name = "atsock." + name
    if not _FORGETS:
        __import__(name)
        return sys.modules[name]
    tidy()
    before = list(sys.modules)
    __import__(name)
    module = sys.modules[name]
    tidy()
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


def once(module, name, *args, **named):
    """What the function `name` of the module atsock.`module` returns; the module is forgotten as soon as it has.

    MicroPython's collector takes what an expression has left on the stack for in use as long as the function runs that it
    stands in, and a generator keeps it even longer: borrow(module).name() would hold the module there.
    """
    return getattr(borrow(module), name)(*args, **named)


def method(owner, name):
    """The method `name` of `owner`, from the module that places.py names.  Raises AttributeError when none does.  Allocates."""
    module = once("places", "find", owner, name)
    if module[0] == "+":  # it stays, and gives its methods to the class
        __import__("atsock." + module[1:])
        return getattr(owner, name)
    return lambda *args, **named: once(module, name, owner, *args, **named)
