"""Modems and sockets in a `with` statement.  Kept once it is loaded: the statement holds __exit__ to its end."""

from .modem import Modem
from .sockets import Socket


def __enter__(owner):
    return owner


def __exit__(owner, kind, error, trace):
    owner.close()


for _owner in (Modem, Socket):
    _owner.__enter__ = __enter__
    _owner.__exit__ = __exit__
