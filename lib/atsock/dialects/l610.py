"""Fibocom L610: the NL668's commands, and IPv6.

Sections: Fibocom L610 AT Commands User Manual TCP&UDP V1.0.0; how to read it: tables.py.
"""

TABLE = b"""
# ---- module
BASE             nl668  # what stands there and not here
MODELS           L610
AUTHS            0 1 2 3  # 1.1.1
PDP_6            2  # 1.1.1 <Operation>
#                family  TCP  UDP  TLS
PROTOCOLS        4       0    1    2  # 1.1.2
PROTOCOLS        6       60   61   62
#                ms      need        also  command
RESOLVE_6        62000   OK ADDRESS  -     AT+MIPDNS="<host>",1  # 1.1.21
PING_6           76000   OK          -     AT+MPING=2,"<host>",<count>,<size>,64,0,<timeout>  # 1.1.14
NTP_6            62000   OK          -     AT+MIPNTP="<host>",<port>,1  # 1.1.22
"""
