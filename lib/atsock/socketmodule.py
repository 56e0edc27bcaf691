"""The modem's sockets under the names of the socket module, for libraries that import that.

    sys.modules["socket"] = modem.socket_module()

What was imported before keeps the module it has.
"""

from . import address, places, socketoptions
from .address import AF_INET, SOCK_STREAM
from .errors import Timeout
from .sockets import Socket, StreamSocket

_GLOBAL_DEFAULT = object()


class SocketModule:
    __name__ = "socket"

    AF_INET = AF_INET
    AF_INET6 = address.AF_INET6
    SOCK_STREAM = SOCK_STREAM
    SOCK_DGRAM = address.SOCK_DGRAM
    SOL_SOCKET = socketoptions.SOL_SOCKET
    SO_REUSEADDR = socketoptions.SO_REUSEADDR
    SO_RCVBUF = socketoptions.SO_RCVBUF
    SO_KEEPALIVE = socketoptions.SO_KEEPALIVE
    IPPROTO_IP = 0
    IPPROTO_TCP = socketoptions.IPPROTO_TCP
    IPPROTO_UDP = 17
    TCP_NODELAY = 1
    TCP_KEEPIDLE = socketoptions.TCP_KEEPIDLE
    TCP_KEEPINTVL = socketoptions.TCP_KEEPINTVL
    TCP_KEEPCNT = socketoptions.TCP_KEEPCNT
    MSG_PEEK = socketoptions.MSG_PEEK
    MSG_DONTWAIT = socketoptions.MSG_DONTWAIT
    SocketType = Socket
    error = OSError
    timeout = Timeout

    def __init__(self, modem):
        class socket(StreamSocket):  # a class, because programs look for methods in it
            """A socket of the modem, see Modem.socket()."""

            def __new__(cls, family=AF_INET, type=SOCK_STREAM, proto=0):
                return modem.socket(family, type, proto)

        for name in places.STREAM.decode().split():
            if name[0] >= "a" and name[-1] != ":" and not hasattr(socket, name):  # MicroPython: it is loaded when it is called
                setattr(socket, name, None)
        self._modem = modem
        self.socket = socket

    def getaddrinfo(self, host, port, af=0, type=0, proto=0, flags=0):
        """As MicroPython's; the module looks the name up.  An empty host is any address of this side."""
        return self._modem.getaddrinfo(host or "0.0.0.0", port, af, type, proto, flags)

    def gethostbyname(self, host):
        """The first IPv4 address (str) of a host name."""
        return self._modem.resolve(host)[0]

    def create_connection(self, address, timeout=_GLOBAL_DEFAULT, source_address=None):
        """A socket connected to address (host, port); timeout in seconds."""
        socket = self.socket()
        try:
            if timeout is not _GLOBAL_DEFAULT:
                socket.settimeout(timeout)
            if source_address is not None:
                socket.bind(source_address)
            socket.connect(address)
        except OSError:
            socket.close()
            raise
        return socket
