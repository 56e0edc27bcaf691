"""Sockets over the TCP/IP stack of a cellular module: Quectel BG96, SIMCom A7600 and SIM7028, Fibocom NL668 and L610."""

import sys

from .engine import (
    EVENT_CLOSED, EVENT_DATA, EVENT_FLOW_OFF, EVENT_FLOW_ON, EVENT_INCOMING, EVENT_NETWORK_LOST, EVENT_OVERFLOW,
    EVENT_RESTARTED, EVENT_UNKNOWN,
)  # fmt: skip
from .errors import CommandError, ModemError, Restarted, Timeout
from .modem import Modem
from .address import AF_INET, AF_INET6, SO_RCVBUF, SOCK_DGRAM, SOCK_STREAM
from .sockets import Socket

__version__ = "0.1.0"


def __getattr__(name):
    # Loaded by those who use it only.
    if name == "NIC":
        from .nic import NIC

        return NIC
    # MicroPython asks here before it looks for a submodule (`from . import name`).
    if sys.implementation.name == "micropython":
        try:
            __import__("atsock." + name)
            return sys.modules["atsock." + name]
        except ImportError:
            pass
    raise AttributeError(name)
