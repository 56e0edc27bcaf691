"""SIMCom SIM7028 (NB-IoT): the A7600's commands with two links, and its own.

Sections: SIM7028 Series TCPIP Application Note V1.04; what each attribute means: table.py.
"""

from ..core.words import ADDRESS, APART, CONNECT, OK
from .a7600 import A7600


# fmt: off
class SIM7028(A7600):
    """SIMCom SIM7028."""

    # -- module
    NAME = "sim7028"
    LINKS = range(0, 2)  # 2.1.3
    SERVERS = APART  # 2.1.14
    SERVER_COUNT = 2
    HOST_MAX = 254  # 2.1.17
    REGISTRATION = (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?")  # 3.1.1: NB-IoT, CEREG decides

    # -- context
    CONFIGURE = (
        # command                                  ms     required optional
        (b'AT+CGDCONT=<context>,"<type>","<apn>"', 9_000, OK,      0),
        (b"AT+CSOCKSETPN=1,<family>",              9_000, OK,      0),  # 2.1.18: before NETOPEN
    )

    # -- opening
    #             command                                             ms       required optional
    RESUME_UDP = (b'AT+CIPOPEN=<link>,"UDP","<host>",<port>,<local>', 125_000, CONNECT, 0)  # 3.3.3: opened once more

    # -- sockets
    UDP_MAX = 1400  # 2.1.4: longer ones may be lost in the network

    # -- lookups
    #            command                 ms     required      optional
    RESOLVE =   (b'AT+CDNSGIP="<host>"', 9_000, OK | ADDRESS, 0)  # 2.1.17: 6 s
    RESOLVE_6 = (b'AT+CDNSGIP="<host>"', 9_000, OK | ADDRESS, 0)  # 2.1.18: the family is NETOPEN's

    # -- services
    UNACKED = None  # 2.1.16: the acknowledged count is reserved
    #                command                                   ms     required optional
    KEEPALIVE =     (b"AT+CTCPKA=1,<idle>,<count>,<interval>", 9_000, OK,      0)  # 2.1.19
    KEEPALIVE_OFF = (b"AT+CTCPKA=0,1,1,1",                     9_000, OK,      0)
    #                  idle          interval      count
    KEEPALIVE_RANGE = ((60, 1, 120), (60, 1, 120), (1, 10))  # no range of the interval is printed
