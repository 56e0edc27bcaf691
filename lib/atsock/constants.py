"""Names of the public interface that programs look up, and the driver itself does not use."""

from .address import AF_INET, AF_INET6, SO_RCVBUF, SOCK_DGRAM, SOCK_STREAM

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
