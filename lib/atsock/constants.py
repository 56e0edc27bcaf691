"""What most programs look up once or never: constants and classes of the public interface.  Loaded for the moment."""

from .address import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
from .engine import (
    EVENT_CLOSED, EVENT_DATA, EVENT_FLOW_OFF, EVENT_FLOW_ON, EVENT_INCOMING, EVENT_NETWORK_LOST, EVENT_OVERFLOW,
    EVENT_RESTARTED, EVENT_UNKNOWN,
)  # fmt: skip
from .socketoptions import SO_RCVBUF


def find(name):
    """atsock.`name`.  The classes stay: everybody must see the same ones.  Raises AttributeError."""
    if name in ("CommandError", "ModemError", "Restarted", "Timeout"):
        from . import errors as place
    elif name == "NIC":
        from . import nic as place
    elif name == "Socket":
        from . import sockets as place
    else:
        if name not in globals():
            raise AttributeError(name)
        return globals()[name]
    return getattr(place, name)
