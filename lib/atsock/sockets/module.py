"""The modem's sockets under the names of the socket module, for libraries that import that.

    sys.modules["socket"] = modem.socket_module()

What was imported before keeps the module it has.
"""

from ..constants import (
    AF_INET,
    AF_INET6,
    IPPROTO_IP,
    IPPROTO_TCP,
    IPPROTO_UDP,
    MSG_DONTWAIT,
    MSG_PEEK,
    SO_BROADCAST,
    SO_KEEPALIVE,
    SO_RCVBUF,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_KEEPCNT,
    TCP_KEEPIDLE,
    TCP_KEEPINTVL,
    TCP_NODELAY,
)
from ..errors import Timeout
from .base import Socket
from .stream import StreamSocket

_NOT_GIVEN = object()


class SocketModule:
    """What `import socket` gives to a library; modem: a Modem."""

    __name__ = "socket"

    AF_INET = AF_INET
    AF_INET6 = AF_INET6
    SOCK_STREAM = SOCK_STREAM
    SOCK_DGRAM = SOCK_DGRAM
    SOL_SOCKET = SOL_SOCKET
    SO_REUSEADDR = SO_REUSEADDR
    SO_BROADCAST = SO_BROADCAST
    SO_RCVBUF = SO_RCVBUF
    SO_KEEPALIVE = SO_KEEPALIVE
    IPPROTO_IP = IPPROTO_IP
    IPPROTO_TCP = IPPROTO_TCP
    IPPROTO_UDP = IPPROTO_UDP
    TCP_NODELAY = TCP_NODELAY
    TCP_KEEPIDLE = TCP_KEEPIDLE
    TCP_KEEPINTVL = TCP_KEEPINTVL
    TCP_KEEPCNT = TCP_KEEPCNT
    MSG_PEEK = MSG_PEEK
    MSG_DONTWAIT = MSG_DONTWAIT
    SocketType = Socket
    error = OSError
    timeout = Timeout

    def __init__(self, modem):
        class socket(StreamSocket):  # a class, because programs look for methods in it
            """A socket of the modem, see Modem.socket()."""

            def __new__(cls, family=AF_INET, type=SOCK_STREAM, proto=0):
                return modem.socket(family, type, proto)

        self._modem = modem
        self.socket = socket

    def getaddrinfo(self, host, port, af=0, type=0, proto=0, flags=0):
        """As MicroPython's; the module looks the name up.  An empty host is any address of this side."""
        return self._modem.getaddrinfo(host or "0.0.0.0", port, af, type, proto, flags)

    def gethostbyname(self, host):
        """The first IPv4 address (str) of a host name."""
        return self._modem.resolve(host)[0]

    def create_connection(self, address, timeout=_NOT_GIVEN, source_address=None):
        """A socket connected to address (host, port); timeout in seconds.  Raises as Modem.socket() and connect()."""
        socket = self.socket()
        try:
            if timeout is not _NOT_GIVEN:
                socket.settimeout(timeout)
            if source_address is not None:
                socket.bind(source_address)
            socket.connect(address)
        except OSError:
            socket.close()
            raise
        return socket
