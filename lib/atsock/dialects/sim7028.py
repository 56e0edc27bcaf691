"""SIMCom SIM7028 (NB-IoT): the A7600's commands with two links, and its own.

Sections: SIM7028 Series TCPIP Application Note V1.04; how to read it: tables.py.
"""

TABLE = b"""
# ---- module
BASE             a7600  # what stands there and not here
MODELS           SIM7028 SIMCOM_SIM7028
LINKS            0 2  # 2.1.3: the first id, how many
SERVERS          APART  # 2.1.14
SERVER_COUNT     2
REGISTRATION     AT+CEREG? AT+CGREG? AT+CREG?  # 3.1.1: NB-IoT, CEREG decides
UDP_MOST         1400  # 2.1.4: longer ones may be lost in the network
#                ms      need        also  command
CONFIGURE        9000    OK          -     AT+CGDCONT=<context>,"<type>","<apn>"
CONFIGURE        9000    OK          -     AT+CSOCKSETPN=1,<family>  # 2.1.18: before NETOPEN
RESOLVE          9000    OK ADDRESS  -     AT+CDNSGIP="<host>"  # 2.1.17: 6 s
RESOLVE_6        9000    OK ADDRESS  -     AT+CDNSGIP="<host>"  # 2.1.18: the family is NETOPEN's
RESUME_UDP       125000  CONNECT     -     AT+CIPOPEN=<link>,"UDP","<host>",<port>,<local>  # 3.3.3: opened once more
UNACKED          -  # 2.1.16: the acknowledged count is reserved
KEEPALIVE        9000    OK          -     AT+CTCPKA=1,<idle>,<count>,<interval>  # 2.1.19
KEEPALIVE_OFF    9000    OK          -     AT+CTCPKA=0,1,1,1
KEEPALIVE_MOST   60 120 120 10  # s per unit; idle, interval (no range printed), count
"""
