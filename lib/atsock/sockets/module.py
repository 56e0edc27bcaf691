"""The modem's sockets under the names of the socket module, for libraries that import that.

    sys.modules["socket"] = modem.socket_module()

What was imported before keeps the module it has.  On CPython the names that are not here are those of the system's
module, so that libraries find gaierror, has_ipv6, socketpair() and what else they ask for.
"""

import sys

from ..checks import is_address
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
from ..core.movers import const
from ..errors import EAFNOSUPPORT, ModemError, Timeout
from .base import Socket
from .stream import StreamSocket

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

_NOT_GIVEN = object()
_system: "Any" = None  # CPython's own module
_Kind: "Any" = None  # CPython: the class of the class
_Timeout: "Any" = Timeout

if sys.implementation.name != "micropython":
    import socket as _system

    class _AsksAll(type(StreamSocket)):  # type: ignore[misc]
        def __instancecheck__(cls, instance):
            if cls.__module__ != "socket":  # one derived from it: ssl.SSLSocket, when ssl is imported after it
                return super().__instancecheck__(instance)
            return isinstance(instance, Socket)  # whatever its type; also what accept() returned

    _Kind = _AsksAll
    _Timeout = TimeoutError  # which Timeout is


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
    timeout = _Timeout

    def __init__(self, modem):
        self._modem = modem
        self._timeout = None
        self.socket = _socket_class(modem, self)

    def __getattr__(self, name):
        # CPython: the system's; MicroPython asks here for what is nowhere, too.
        if _system is None or name.startswith("__"):
            raise AttributeError(name)
        return getattr(_system, name)

    def __dir__(self):
        return sorted(set(object.__dir__(self)) | set(() if _system is None else dir(_system)))

    def getaddrinfo(self, host, port, family=0, type=0, proto=0, flags=0):
        """As MicroPython's; the module looks the name up.  An empty host is any address of this side."""
        return self._modem.getaddrinfo(host or "0.0.0.0", port, family, type, proto, flags)

    def gethostbyname(self, host):
        """The first IPv4 address (str) of a host name."""
        return self._modem.resolve(host)[0]

    def gethostbyname_ex(self, host):
        """(host, [], [addresses])."""
        return host, [], self._modem.resolve(host)

    def setdefaulttimeout(self, seconds):
        """The timeout of sockets to come, as settimeout() takes it."""
        self._timeout = seconds

    def getdefaulttimeout(self):
        """What setdefaulttimeout() was given."""
        return self._timeout

    def create_connection(self, address, timeout=_NOT_GIVEN, source_address=None, **more):
        """A socket connected to address (host, port); timeout in seconds.  Raises as Modem.socket() and connect().

        more: CPython's all_errors, which is ignored.
        """
        socket = self.socket()
        try:
            if timeout is not _NOT_GIVEN:
                socket.settimeout(timeout)
            if source_address is not None:
                socket.bind(source_address)
            socket.connect(address)
        except BaseException:
            socket.close()
            raise
        return socket

    def create_server(self, address, family=AF_INET, backlog=None, reuse_port=False, dualstack_ipv6=False):
        """A socket that listens on the port of address; backlog: as of listen().  Raises as listen().

        reuse_port and dualstack_ipv6 are ignored: no module has them.
        """
        socket = self.socket(family)
        try:
            socket.bind(address)
            socket.listen(1 if backlog is None else backlog)
        except BaseException:
            socket.close()
            raise
        return socket

    def inet_pton(self, family, text):
        """The bytes of a numeric address.  Raises OSError EAFNOSUPPORT, ValueError for what is no address (CPython:
        OSError).
        """
        if _system is not None:
            return _system.inet_pton(family, text)
        if family == AF_INET and text.count(".") == 3 and is_address(text.encode()):
            return bytes([int(part) for part in text.split(".")])
        if family == AF_INET6 and ":" in text and is_address(text.encode()):
            return _pack_ipv6(text)
        if family not in (AF_INET, AF_INET6):
            raise ModemError(EAFNOSUPPORT, "family: AF_INET or AF_INET6")
        raise ValueError("invalid IP address")

    def inet_ntop(self, family, data):
        """The text of an address of 4 or 16 bytes.  Raises OSError EAFNOSUPPORT, ValueError."""
        if _system is not None:
            return _system.inet_ntop(family, data)
        if family not in (AF_INET, AF_INET6):
            raise ModemError(EAFNOSUPPORT, "family: AF_INET or AF_INET6")
        if len(data) != (4 if family == AF_INET else 16):
            raise ValueError("invalid length of a packed IP address")
        if family == AF_INET:
            return ".".join([str(byte) for byte in data])
        return _shortened(["%x" % (data[n] << 8 | data[n + 1]) for n in range(0, 16, 2)])


def _socket_class(modem, module):
    # A class, because programs look for methods in it, and ask whether something is of it.
    def make(cls, family=-1, type=SOCK_STREAM, proto=0, fileno=None):
        if _system is None and issubclass(cls, Socket):  # one of _kinds(), which is given what every kind of socket is
            return object.__new__(cls)
        if family is None:
            raise TypeError("family: AF_INET or AF_INET6, not None")
        if type == -1:
            type = SOCK_STREAM
        made = modem.socket(AF_INET if family == -1 else family, type, 0 if proto == -1 else proto)
        if module._timeout is not None:
            made.settimeout(module._timeout)
        return made

    names: "Any" = {"__new__": make, "__module__": "socket", "__doc__": "A socket of the modem, see Modem.socket()."}
    if _system is not None:
        socket = _Kind("socket", (StreamSocket,), names)
    else:
        for name in dir(StreamSocket):
            if name not in names:
                names[name] = getattr(StreamSocket, name)
        socket = type("socket", (), names)
        modem._session.kind_of = _kinds(socket)
    return socket


def _kinds(socket):
    # MicroPython asks no class whether something is of it: the modem's sockets are made of classes below this one.
    made = {}

    def kind_of(kind):
        if kind not in made:
            made[kind] = type("socket", (kind, socket), {})
        return made[kind]

    return kind_of


def _pack_ipv6(text):
    if "." in text:  # the last two groups as an IPv4 address
        head, _, tail = text.rpartition(":")
        if not is_address(tail.encode()):
            raise ValueError("invalid IP address")
        a, b, c, d = [int(part) for part in tail.split(".")]
        text = "%s:%x:%x" % (head, a << 8 | b, c << 8 | d)
    left, gap, right = text.partition("::")
    before = left.split(":") if left else []
    behind = right.split(":") if right else []
    groups = before + ["0"] * (8 - len(before) - len(behind) if gap else 0) + behind
    if len(groups) != 8 or gap and len(before) + len(behind) > 7:
        raise ValueError("invalid IP address")
    for group in groups:
        if not 0 < len(group) < 5 or group.strip("0123456789abcdefABCDEF"):
            raise ValueError("invalid IP address")
    return b"".join([int(group, 16).to_bytes(2, "big") for group in groups])


def _shortened(groups):
    # The longest run of zeros, of two at least, becomes "::" (RFC 5952).
    best = (0, 1)
    start = None
    for pos in range(9):
        if pos < 8 and groups[pos] == "0":
            start = pos if start is None else start
        elif start is not None:
            best = (start, pos - start) if pos - start > best[1] else best
            start = None
    first, count = best
    if count < 2:
        return ":".join(groups)
    return ":".join(groups[:first]) + "::" + ":".join(groups[first + count :])
