"""SIMCom A7600 series.  Sections: A7600 Series TCPIP AT Command Manual; columns: words.py."""

from ..errnos import EADDRINUSE, EAGAIN, EHOSTUNREACH, EISCONN, ENETDOWN, ETIMEDOUT
from ..words import *

NAME = "a7600"
MODELS = (b"A76", b"SIM7600", b"SIMCOM_SIM7600", b"SIM7500", b"SIM767")

FIRST_LINK, LINKS = 0, 10               # 2.3
SERVERS, SERVER_COUNT = APART, 4        # 2.14
NO_PORT = b""
DATA_LINK = 0                           # 2.10: link 0 only
DATA_SETTING = (b"AT+CIPMODE?", b"+CIPMODE:")  # 1: connections take the line
REGISTRATION = (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?")

_NET_MS = 125_000                       # 2.12: 120 s unless CIPTIMEOUT says less; and the deferred line
_SET_MS = 9_000                         # no time printed

# ---- bring-up
SETUP = ()
AUTHS = (0, 1, 2, 3)                    # 3: either
PDP_TYPES = {4: b"IP", 6: b"IPV6"}
CONFIGURE = (                           # 6.1.2; the account: 3GPP TS 27.007 10.1.31
    ((b"AT+CGDCONT=", CONTEXT, b',"', PDP_TYPE, b'","', APN, b'"'), _SET_MS, OK, 0),
)
CONFIGURE_USER = ((b"AT+CGAUTH=", CONTEXT, b",", AUTH, b',"', USER, b'","', PASSWORD, b'"'), _SET_MS, OK, 0)
#             command         answer        context state address
STATE      = (b"AT+NETOPEN?", b"+NETOPEN:", X,      0,    X)        # 2.1
ADDRESS_OF = (b"AT+IPADDR",   b"+IPADDR:",  0)                      # 2.7
ACTIVATE   = ((b"AT+NETOPEN",),  _NET_MS, OK | UP, 0)               # 2.1: OK, then +NETOPEN: 0
ACTIVATE_USER = ACTIVATE_STORED = ACTIVATE
DEACTIVATE = ((b"AT+NETCLOSE",), _NET_MS, OK | DOWN, 0)             # 2.2

EIGHT_GROUPS = False
DEACTIVATE_LOST = False
# ---- sockets
OPEN_MS = 125_000
_OPEN = (b"AT+CIPOPEN=", LINK)
#                                                                              ms       need also
PROTOCOLS = None                        # by name in the command
OPEN = {                                # 2.3
    TCP:     (_OPEN + (b',"TCP","', HOST, b'",', PORT),                        _NET_MS, OK, 0),
    UDP_ANY: (_OPEN + (b',"UDP",,,', LOCAL),                                   _NET_MS, OK, 0),
}
OPEN_DATA = {                           # CIPMODE=1; UDP: 6.3.3
    TCP:     (_OPEN + (b',"TCP","', HOST, b'",', PORT),                        _NET_MS, CONNECT, 0),
    UDP:     (_OPEN + (b',"UDP","', HOST, b'",', PORT, b",", LOCAL),           _NET_MS, CONNECT, 0),
}
RESUME          = ((b"ATO",),                                 9_000,   CONNECT, 0)              # 1.2, 6.2.3.3
RESUME_UDP      = RESUME
RESUME_WORDS    = ()                                          # CONNECT comes
LISTEN          = ((b"AT+SERVERSTART=", ARG + 1, b",", ARG),  _SET_MS, OK, 0)                   # 2.14: port, server
STOP            = ((b"AT+SERVERSTOP=", ARG),                  _NET_MS, OK | CLOSED, 0)          # 2.15
CLOSE           = ((b"AT+CIPCLOSE=", LINK),                   _NET_MS, OK | CLOSED, 0)          # 2.6
STALE           = (b"AT+CIPCLOSE?", b"+CIPCLOSE:", BY_FLAG)                              # 2.6
CLOSE_OPENING   = False                  # 2.3, 2.6: the result of an open comes first
CLOSE_WHEN_GONE = False                                                                         # 5: the socket is closed
SEND            = ((b"AT+CIPSEND=", LINK, b",", N),           _NET_MS, PROMPT | OK | SENT, 0)   # 2.4
SEND_TO         = ((b"AT+CIPSEND=", LINK, b",", N, b',"', HOST, b'",', PORT), _NET_MS, PROMPT | OK | SENT, 0)
READ            = ((b"AT+CIPRXGET=2,", LINK, b",", N),        8_000,   OK, DATA | EMPTY)        # 2.5
READ_HEX        = ((b"AT+CIPRXGET=3,", LINK, b",", N),        8_000,   OK, DATA | EMPTY)
READ_ANY        = None                                        # as connected ones
UDP_MOST        = 1500
STORE_MOST      = 0                                           # no such way
ROOM            = None                                        # not told
NOTHING_LEFT    = ()
AGAIN           = ()

_BUFFER = ((b"AT+CIPRXGET=1", MUST),)                         # 2.5
_PUSH   = (
    (b"AT+CIPRXGET=0",              MUST),                    # 2.5
    (b"AT+CIPHEAD=1",               MAY),                     # 2.8: the length is told
    (b"AT+CIPSRIP=1",               MAY),                     # 2.9: and the sender
    (b"AT+CIPCCFG=10,0,0,1,1,0,500", MAY),                    # 2.13 HeaderType 1: and the link; "not finished"
)
_PUSH_LINES = (
    #  name           form    event   link value good kind extra fields
    (b"RECV FROM:",   b"",    SENDER, X,   X,    ANY, NONE, X,   ANY),      # 2.9
    (b"+RECV FROM:",  b"",    SENDER, X,   X,    ANY, NONE, X,   ANY),      # 1.2
    (b"RCV FROM:",    b"",    SENDER, X,   X,    ANY, NONE, X,   ANY),
    (b"+RECEIVE,",    b"",    PUSH,   0,   1,    ANY, RAW,  X,   2),        # 2.13 HeaderType 1
    (b"+IPD",         b"",    PUSH,   X,   0,    ANY, RAW,  X,   1),        # 2.8
)
_DATA_LINES = (
    (b"CONNECT",      b"",    INCOMING, X, X,   ANY, NONE, X,   ANY),      # 6.4.1: behind +CLIENT
)
# 2.10: CIPMODE must be set before NETOPEN.
_DATA  = ((DEACTIVATE, MAY), (b"AT+CIPMODE=1", MUST), (ACTIVATE, MUST))
_LEAVE = ((DEACTIVATE, MAY), (b"AT+CIPMODE=0", MUST), (ACTIVATE, MUST))
ACCESS = {
    #               mode group setup    send  chunk recv      read  lines        send to  leave
    "buffer":      (0,   1,    _BUFFER, SEND, 1500, READ,     1500, (),          SEND_TO, ()),      # 2.4, 2.5
    "push":        (0,   2,    _PUSH,   SEND, 1500, None,     1500, _PUSH_LINES, SEND_TO, ()),
    "hex":         (0,   3,    _BUFFER, SEND, 1500, READ_HEX, 750,  (),          SEND_TO, ()),      # 2.5 mode 3; sending has no hex form
    "transparent": (0,   4,    _DATA,   SEND, 1500, None,     1500, _DATA_LINES, None,    _LEAVE),
}
# ---- data mode: 1.2 (4)
GUARD_MS  = 1000                        # silence before and after +++
DATA_ENDS = (b"CLOSED", b"+IPCLOSE", b"+CIPCLOSE", b"NO CARRIER", b"+CIPEVENT")
ESCAPED_READS = False
TELLS_COUNT     = b"+CIPSEND:"               # the line whose number is how many bytes were taken
PUSH_BY_SENDER  = True

# ---- lookups
RESOLVE = ((b'AT+CDNSGIP="', HOST, b'"'), 30_000, OK | ADDRESS, 0)          # 2.17
RESOLVE_6 = None
WHY     = None

# ---- services
UNACKED = ((b"AT+CIPACK=", LINK), b"+CIPACK:", 0, 1)          # 2.16: sent, acknowledged
KEEPALIVE = None                            # not in the manual
PING = NTP = None                           # not in the manual

LINES = (
    #  name           form          event        link value good   kind  extra fields
    (b"+CIPRXGET:",   b"2,",        DATA,        0,   1,    ANY,   RAW,  2,    3),       # 2.5
    (b"+CIPRXGET:",   b"3,",        DATA,        0,   1,    ANY,   HEX,  2,    3),
    (b"+CIPRXGET:",   b"1,",        READY,       0,   X,    ANY,   NONE, X,    1),
    (b"+CIPSEND:",    b"",          SENT,        0,   2,    ASKED, NONE, X,    3),       # 2.4: link, asked, accepted
    (b"+IPCLOSE:",    b"",          GONE,        0,   X,    ANY,   NONE, X,    ANY),     # 5
    (b"+IPCLOSE",     b"",          GONE,        0,   X,    ANY,   NONE, X,    2),       # older firmware: no colon
    (b"+CIPOPEN:",    b"",          OPENED,      0,   1,    0,     NONE, X,    2),       # 2.3
    (b"+SERVERSTOP:", b"",          CLOSED,      X,   1,    ANY,   NONE, X,    2),       # 2.15
    (b"+CIPCLOSE:",   b"",          CLOSED,      0,   1,    ANY,   NONE, X,    2),       # 2.6
    (b"+IP ERROR:",   b"No data",   EMPTY,       X,   X,    ANY,   NONE, X,    ANY),     # 2.5, chapter 3
    (b"+IP ERROR:",   b"22",        EMPTY,       X,   X,    ANY,   NONE, X,    ANY),
    (b"+IP ERROR:",   b"",          CODE,        X,   0,    ANY,   NONE, X,    ANY),     # chapter 3
    (b"+CIPERROR:",   b"",          CODE,        X,   0,    ANY,   NONE, X,    ANY),     # chapter 4
    (b"+NETOPEN:",    b"",          UP,          X,   0,    0,     NONE, X,    ANY),     # 2.1
    (b"+NETCLOSE:",   b"",          DOWN,        X,   0,    ANY,   NONE, X,    ANY),     # 2.2
    (b"+CDNSGIP:",    b"1,",        ADDRESS,     X,   1,    ANY,   NONE, X,    ANY),     # 2.17
    (b"+CDNSGIP:",    b"0,",        CODE,        X,   0,    ANY,   NONE, X,    ANY),
    (b"+CIPEVENT:",   b"NETWORK CLOSED", NETWORK_LOST, X, X, ANY,  NONE, X,    ANY),     # 5
    (b"+CLIENT:",     b"",          INCOMING,    0,   1,    ANY,   NONE, 2,    3),       # 2.14
    (b"CONNECT FAIL", b"",          ERROR,       X,   X,    ANY,   WORD, X,    ANY),     # 2.3
    (b"CONNECT",      b"",          CONNECT,     X,   X,    ANY,   NONE, X,    ANY),
    (b"+CIPCLOSE:",   b"",          NOISE,       0,   X,    ANY,   NONE, X,    2),       # 2.2: NETCLOSE tells each link
    (b"CLOSED",       b"",          NOISE,       X,   X,    ANY,   WORD, X,    ANY),     # 2.6
    (b"*ATREADY:",    b"",          RESTARTED,   X,   X,    ANY,   NONE, X,    ANY),
)

FOREIGN_CODES = (b"+CME ERROR:", b"+CMS ERROR:", b"+IP ERROR:")     # lines whose numbers mean something else
# Codes (chapter 4) as errno of the same meaning; the others are EIO.
ERRNOS = {2: ENETDOWN, 6: EADDRINUSE, 7: EADDRINUSE, 8: EAGAIN, 9: EISCONN, 10: ETIMEDOUT, 11: EHOSTUNREACH}
