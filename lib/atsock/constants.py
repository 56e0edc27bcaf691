"""What most programs look up once or never: constants and classes of the public interface.  Loaded for the moment."""

from .address import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
from .socketoptions import SO_RCVBUF

# Events for Modem's on_event; the engine has the same numbers.
EVENT_DATA = 1
EVENT_CLOSED = 2
EVENT_INCOMING = 3
EVENT_NETWORK_LOST = 4
EVENT_RESTARTED = 5
EVENT_FLOW_OFF = 6
EVENT_FLOW_ON = 7
EVENT_OVERFLOW = 8
EVENT_UNKNOWN = 9


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
