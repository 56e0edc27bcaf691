"""Numbers of the public interface: address families, socket types, options, flags, events."""

try:  # the platform's own, so that code which imports them from its socket module fits
    from socket import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
except ImportError:  # a board without a network of its own: the numbers of MicroPython's lwIP ports
    AF_INET = 2  # type: ignore[misc, assignment]
    AF_INET6 = 10  # type: ignore[misc, assignment]
    SOCK_STREAM = 1  # type: ignore[misc, assignment]
    SOCK_DGRAM = 2  # type: ignore[misc, assignment]

# Options and flags have Linux's numbers, as in MicroPython.  SO_REUSEADDR, SO_BROADCAST and TCP_NODELAY are taken and
# ignored: no module has them.
SOL_SOCKET = 1
SO_REUSEADDR = 4
SO_BROADCAST = 6
SO_RCVBUF = 8  # bytes of the ring of received data, 512 to 1048576, set before connect()
SO_KEEPALIVE = 9  # for all sockets of a module, with the three times below
IPPROTO_IP = 0
IPPROTO_TCP = 6
IPPROTO_UDP = 17
TCP_NODELAY = 1
TCP_KEEPIDLE = 4  # s until the first probe,
TCP_KEEPINTVL = 5  # s between two,
TCP_KEEPCNT = 6  # and how many without an answer end the connection

# recv(n, flags), recvfrom(n, flags)
MSG_PEEK = 2  # what is returned stays to be received
MSG_DONTWAIT = 64  # this call does not wait, whatever the timeout

# on_event(event, sock, value)
EVENT_DATA = 1  # data waits to be received; value: bytes as far as the module told them, else 0
EVENT_CLOSED = 2  # the connection was closed by the peer or the network
EVENT_INCOMING = 3  # a client connected to a listening socket
EVENT_NETWORK_LOST = 4  # the context is gone
EVENT_RESTARTED = 5  # the module restarted
EVENT_FLOW_OFF = 6  # the module asks to stop sending
EVENT_FLOW_ON = 7
EVENT_OVERFLOW = 8  # pushed data was lost for want of room; value: bytes as far as known
EVENT_UNKNOWN = 9  # a line that no table explains; value: the line (bytes)
EVENT_MODEL = 10  # a model that nobody knows is used as its nearest kin (Modem.dialect); value: its name (str)
