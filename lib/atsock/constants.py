"""The constants of the public interface.  Loaded to be looked up."""

from .address import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
from .engine import (
    EVENT_CLOSED, EVENT_DATA, EVENT_FLOW_OFF, EVENT_FLOW_ON, EVENT_INCOMING, EVENT_NETWORK_LOST, EVENT_OVERFLOW,
    EVENT_RESTARTED, EVENT_UNKNOWN,
)  # fmt: skip
from .socketoptions import SO_RCVBUF
