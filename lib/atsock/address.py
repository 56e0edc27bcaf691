"""Address families and socket types, with the numbers of this platform."""

try:  # so that code which imports them from its own socket module fits
    from socket import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
except ImportError:  # a board without a network of its own: the numbers of MicroPython's lwIP ports
    AF_INET = 2
    AF_INET6 = 10
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
