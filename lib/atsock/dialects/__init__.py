"""The dialects by name; identify.py finds out which of them a module speaks.

A dialect is a class (table.py says what it consists of) in a file of its own, which is imported when it is asked for.
An application may register more of them.
"""

from .table import Table

__all__ = ("get", "names", "register")

_BUILT_IN = ("a7600", "bg96", "l610", "nl668", "sim7028")

_registered: "dict[str, type[Table]]" = {}


def names():
    """The names of all dialects (str), sorted, those that were registered included."""
    return sorted(set(_BUILT_IN + tuple(_registered)))


def get(name: str) -> "type[Table]":
    """The dialect of this name, a class; imports it.  Raises ValueError when there is none, naming those there are."""
    if name in _registered:
        return _registered[name]
    if name == "a7600":
        from .a7600 import A7600

        return A7600
    if name == "bg96":
        from .bg96 import BG96

        return BG96
    if name == "l610":
        from .l610 import L610

        return L610
    if name == "nl668":
        from .nl668 import NL668

        return NL668
    if name == "sim7028":
        from .sim7028 import SIM7028

        return SIM7028
    raise ValueError("no dialect %r here; there are: %s" % (name, ", ".join(names())))


def register(table: "type[Table]"):
    """Add a dialect of the application's own: Modem(stream, table.NAME) speaks it, and modules are known by its MODELS.

    table: a class that inherits from dialects.table.Table or from a built-in dialect.  It takes the place of a dialect,
    also a built-in one, that has the same name.  Raises ValueError, which says what is wrong with it.
    """
    if not isinstance(table, type) or not issubclass(table, Table):
        raise ValueError("a dialect is a class that inherits from dialects.table.Table, not %r" % (table,))
    from .shape import check

    check(table)
    _registered[table.NAME] = table
