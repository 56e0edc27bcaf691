"""SIMCom SIM7028 (NB-IoT): the A7600's commands with two links, and its own.

Sections: SIM7028 Series TCPIP Application Note V1.04; columns: words.py.
"""

from .a7600 import *
from .a7600 import _SET_MS

NAME = "sim7028"
MODELS = (b"SIM7028", b"SIMCOM_SIM7028")

FIRST_LINK, LINKS = 0, 2                # 2.1.3
SERVERS, SERVER_COUNT = APART, 2        # 2.1.14
UDP_MOST = 1400                         # 2.1.4: longer ones may be lost in the network
REGISTRATION = (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?")    # 3.1.1: NB-IoT, CEREG decides

RESOLVE = RESOLVE_6 = ((b'AT+CDNSGIP="', HOST, b'"'), 9_000, OK | ADDRESS, 0)   # 2.1.17: 6 s; the family is NETOPEN's (2.1.18)

RESUME_UDP = OPEN_DATA[UDP]             # 3.3.3: opened once more
CONFIGURE = CONFIGURE + (((b"AT+CSOCKSETPN=1,", IP_FAMILY), _SET_MS, OK, 0),)   # 2.1.18: before NETOPEN
UNACKED = None                          # 2.1.16: the acknowledged count is reserved
# 2.1.19: minutes, count, minutes
KEEPALIVE      = ((b"AT+CTCPKA=1,", ARG, b",", ARG + 2, b",", ARG + 1), _SET_MS, OK, 0)
KEEPALIVE_OFF  = ((b"AT+CTCPKA=0,1,1,1",), _SET_MS, OK, 0)
KEEPALIVE_MOST = (60, 120, 120, 10)     # seconds per unit; idle, interval (no range printed), count
