"""Address families and socket types, with the numbers of this platform."""

try:  # so that code which imports them from its own socket module fits
    from socket import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
except ImportError:  # a board without a network of its own: the numbers of MicroPython's lwIP ports
    AF_INET = 2
    AF_INET6 = 10
    SOCK_STREAM = 1
    SOCK_DGRAM = 2

SOL_SOCKET = 1
SO_REUSEADDR = 4
SO_RCVBUF = 8
SO_KEEPALIVE = 9
IPPROTO_TCP = 6
TCP_KEEPIDLE = 4
TCP_KEEPINTVL = 5
TCP_KEEPCNT = 6
MSG_PEEK = 2
MSG_DONTWAIT = 64
