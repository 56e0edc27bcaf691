"""Fibocom L610: the NL668's commands, and IPv6.

Sections: Fibocom L610 AT Commands User Manual TCP&UDP V1.0.0; columns: words.py.
"""

from .nl668 import *

NAME = "l610"
MODELS = (b"L610",)

AUTHS = (0, 1, 2, 3)                    # 1.1.1
PDP_TYPES = {4: 1, 6: 2}                # 1.1.1 <Operation>
PROTOCOLS = {                           # 1.1.2
    4: {TCP: 0,  UDP: 1,  TLS: 2,  TCP_SERVER: 0},
    6: {TCP: 60, UDP: 61, TLS: 62, TCP_SERVER: 60},
}
RESOLVE_6 = ((b'AT+MIPDNS="', HOST, b'",1'), 62_000, OK | ADDRESS, 0)   # 1.1.21
PING_6 = ((b'AT+MPING=2,"', HOST, b'",', ARG + 1, b",", ARG + 2, b",64,0,", ARG + 3), 76_000, OK, 0)   # 1.1.14
NTP_6 = ((b'AT+MIPNTP="', HOST, b'",', PORT, b",1"), 62_000, OK, 0)     # 1.1.22
