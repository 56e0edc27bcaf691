"""Sockets over the TCP/IP stack of a cellular module: Quectel BG96, SIMCom A7600 and SIM7028, Fibocom NL668 and L610."""

import sys

from .lend import borrow as _borrow
from .lend import rehearse as _rehearse
from .lend import tidy as _tidy

# In order of need, and swept behind each: what stays lies side by side then, see lend.py.
from . import fast

_tidy()
from . import port, tokens

_tidy()
from . import link

_tidy()
from . import engine

_tidy()
from .modem import Modem

_rehearse("ATTACH")

__version__ = "0.1.0"

if sys.implementation.name != "micropython":
    from . import whole


def __getattr__(name):
    if "A" <= name < "[":
        return _borrow("constants").find(name)
    # MicroPython asks here before it looks for a submodule (`from . import name`).
    if sys.implementation.name == "micropython":
        try:
            __import__("atsock." + name)
            return sys.modules["atsock." + name]
        except ImportError:
            pass
    raise AttributeError(name)
