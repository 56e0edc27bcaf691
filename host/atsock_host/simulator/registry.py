"""Which class is which dialect; a class is imported when it is asked for."""

import importlib

_CLASSES = {
    "bg96": (".quectel", "Bg96"),
    "a7600": (".simcom", "A7600"),
    "sim7028": (".simcom", "SIM7028"),
    "nl668": (".fibocom", "NL668"),
    "l610": (".fibocom", "L610"),
}

DIALECTS = tuple(_CLASSES)


def module_class(dialect):
    """The module class of a dialect.  KeyError for a name that is none."""
    home, name = _CLASSES[dialect]
    return getattr(importlib.import_module(home, __package__), name)
