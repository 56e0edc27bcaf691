"""Numbers of socket options and flags: Linux's, as MicroPython has them."""

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
