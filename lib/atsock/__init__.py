"""Sockets over the TCP/IP stack of a cellular module: Quectel BG96, SIMCom A7600 and SIM7028, Fibocom NL668 and
L610.
"""

from .constants import (
    AF_INET,
    AF_INET6,
    EVENT_CLOSED,
    EVENT_DATA,
    EVENT_FLOW_OFF,
    EVENT_FLOW_ON,
    EVENT_INCOMING,
    EVENT_MODEL,
    EVENT_NETWORK_LOST,
    EVENT_OVERFLOW,
    EVENT_RESTARTED,
    EVENT_UNKNOWN,
    SO_RCVBUF,
    SOCK_DGRAM,
    SOCK_STREAM,
)
from .core.movers import const
from .errors import CommandError, ModemError, Restarted, Timeout
from .modem import Modem
from .sockets.base import Socket

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .aio.streams import Server, Stream
    from .modem import Access as Access  # types alone: at run time there are no such names
    from .modem import Dialect as Dialect
    from .nic import NIC
    from .recovery import Keeper

__version__ = "0.1.0"

__all__ = [
    "AF_INET",
    "AF_INET6",
    "CommandError",
    "EVENT_CLOSED",
    "EVENT_DATA",
    "EVENT_FLOW_OFF",
    "EVENT_FLOW_ON",
    "EVENT_INCOMING",
    "EVENT_MODEL",
    "EVENT_NETWORK_LOST",
    "EVENT_OVERFLOW",
    "EVENT_RESTARTED",
    "EVENT_UNKNOWN",
    "Keeper",
    "Modem",
    "ModemError",
    "NIC",
    "Restarted",
    "SOCK_DGRAM",
    "SOCK_STREAM",
    "SO_RCVBUF",
    "Server",
    "Socket",
    "Stream",
    "Timeout",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        # What few programs need is imported when it is first asked for.
        if name == "NIC":
            from .nic import NIC

            return NIC
        if name == "Keeper":
            from .recovery import Keeper

            return Keeper
        if name in ("Stream", "Server"):
            from .aio import streams

            return getattr(streams, name)
        raise AttributeError(name)

    def __dir__():
        return __all__
