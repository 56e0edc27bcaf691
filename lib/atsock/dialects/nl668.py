"""Fibocom NL668.  Sections: NL668 TCP&UDP AT manual; columns: words.py."""

from ..errnos import EADDRINUSE, EAGAIN, ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, ENETDOWN, ENOTCONN
from ..words import *

NAME = "nl668"
MODELS = (b"NL668",)

FIRST_LINK, LINKS = 1, 6                # 1.1.2
SERVERS = BECOMES                       # 1.1.2: the listening socket becomes the connection
NO_PORT = b""                           # 1.1.2: an empty field, the module chooses
DATA_LINK = None                        # any
DATA_SETTING = None                        # told when a connection is opened
REGISTRATION = (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?")

_ANY_MS = 5_000                         # the manual prints < 1 s
_UP_MS = 32_000                         # 1.1.1: 30 s
_SEND_MS = 17_000                       # 1.2.3: SENDTIME, 12 s by default, ends the input; and margin

# ---- bring-up
SETUP = ()
AUTHS = (0, 1, 2)                       # 1.1.1: no 3
PDP_TYPES = {4: 1}                      # 1.1.1 <Operation>
CONFIGURE = ()                          # the APN is an argument of MIPCALL
CONFIGURE_USER = None
#             command         answer        context state address
STATE      = (b"AT+MIPCALL?", b"+MIPCALL:", X,      0,    1)        # 1.1.1
ADDRESS_OF = None
ACTIVATE   = ((b"AT+MIPCALL=", PDP_TYPE, b',"', APN, b'"'),             _UP_MS, OK | UP, 0)    # 1.1.1
ACTIVATE_USER = ((b"AT+MIPCALL=", PDP_TYPE, b',"', APN, b'","', USER, b'","', PASSWORD, b'",', AUTH), _UP_MS, OK | UP, 0)
ACTIVATE_STORED = ((b"AT+MIPCALL=1",),                                  _UP_MS, OK | UP, 0)
DEACTIVATE = ((b"AT+MIPCALL=0",),                                       _UP_MS, OK | DOWN, 0)

EIGHT_GROUPS = True                     # the L610 manual prints no shortened IPv6 address
DEACTIVATE_LOST = False
# ---- sockets
OPEN_MS = 62_000                        # 1.1.2: returns in 60 s
_OPEN = (b"AT+MIPOPEN=", LINK, b",")
#                                                                          ms       need also
PROTOCOLS = {4: {TCP: 0, UDP: 1, TLS: 2, TCP_SERVER: 0}}      # 1.1.2
OPEN = {                                # 1.1.2; remote port 0 listens
    TCP:        (_OPEN + (LOCAL, b',"', HOST, b'",', PORT, b",", PROTOCOL),   OPEN_MS, OK, 0),
    UDP:        (_OPEN + (LOCAL, b',"', HOST, b'",', PORT, b",", PROTOCOL),   OPEN_MS, OK, 0),
    TCP_SERVER: (_OPEN + (LOCAL, b',"', HOST, b'",0,', PROTOCOL),              OPEN_MS, OK, 0),
}
_ODM = (b"AT+MIPODM=", LINK, b",", LOCAL, b',"', HOST, b'",', PORT, b",", PROTOCOL)
OPEN_DATA = {TCP: (_ODM, OPEN_MS, OK | CONNECT, 0), UDP: (_ODM, OPEN_MS, OK | CONNECT, 0)}    # 1.1.18
RESUME          = ((b"ATO",),                                9_000,    OK, 0)
RESUME_UDP      = RESUME
RESUME_WORDS    = (b"CONNECT", b"OK", b"+MIPODM:")         # 1.1.24 of the L610 manual says nothing of an answer
CLOSE           = ((b"AT+MIPCLOSE=", LINK),                  15_000,   OK | CLOSED, 0)                  # 1.1.3
STALE           = (b"AT+MIPCLOSE?", b"+MIPCLOSE:", BY_ID)                                # 1.1.3
CLOSE_OPENING   = False                  # 1.1.2, 1.1.3: the result of an open comes first
CLOSE_WHEN_GONE = True                                                                                  # 1.1.12
SEND            = ((b"AT+MIPSEND=", LINK, b",", N),          _SEND_MS, PROMPT | OK | OK2, SENT | PUSHED)  # 1.2.3; older firmware leaves +MIPSEND out
PUSH_OUT        = ((b"AT+MIPPUSH=", LINK),                   _ANY_MS,  OK | PUSHED, 0)                  # 1.1.7
SEND_HEX        = ((b"AT+MIPSEND=", LINK, b',"', PAYLOAD, b'"'), _ANY_MS, OK | STORED, 0, PUSH_OUT)     # 1.1.6
# A datagram to another peer than the opened one: stored, then pushed to it (1.1.7).
PUSH_TO         = ((b"AT+MIPPUSH=", LINK, b',"', HOST, b'",', PORT), _ANY_MS, OK | PUSHED, 0)
SEND_TO         = ((b"AT+MIPSEND=", LINK, b',"', PAYLOAD, b'"'), _ANY_MS, OK | STORED, 0, PUSH_TO)
READ            = ((b"AT+MIPREAD=", LINK, b",", N),          _ANY_MS,  OK, DATA | EMPTY)                # 1.1.23
READ_ANY        = None                                       # as connected ones
UDP_MOST        = 2048                                       # 1.2.3
STORE_MOST      = 1023                                       # 1.1.4: below 1024, by SEND_TO
ROOM            = (b"AT+MIPSEND?", b"+MIPSEND:")             # 1.1.6 read: socket, free
NOTHING_LEFT    = (2,)                                       # +MIPPUSH status 2: it went out by itself (1.1.4)
AGAIN           = (1,)                                       # status 1: flowed off

_PUSH_LINES = (
    #  name           form  event link value good kind    extra fields
    (b"+MIPRTCP:",    b"",  PUSH, 0,   1,    ANY, INLINE, X,    2),                 # 1.1.10, IPRFMT 2
    (b"+MIPRUDP:",    b"",  PUSH, 2,   3,    ANY, INLINE_FROM, 0, 4),               # 1.1.9
)
_HEX_LINES = (
    (b"+MIPRTCP:",    b"",  PUSH, 0,   1,    ANY, INLINE_HEX, X, 2),                # 1.1.10, IPRFMT 0: socket, left, digits
    (b"+MIPRUDP:",    b"",  PUSH, 2,   3,    ANY, INLINE_HEX_FROM, 0, 4),
)
_BUFFER = ((b'AT+GTSET="IPRFMT",5', MUST),)     # 1.2.4; kept over power loss, so set each time
_PUSH   = ((b'AT+GTSET="IPRFMT",2', MUST),)
_HEX    = ((b'AT+GTSET="IPRFMT",0', MUST),)
ACCESS = {
    #               mode group setup    send      chunk recv  read  lines        send to  leave
    "buffer":      (0,   1,    _BUFFER, SEND,     2048, READ, 2048, (),          SEND_TO, ()),
    "push":        (0,   2,    _PUSH,   SEND,     2048, None, 2048, _PUSH_LINES, SEND_TO, ()),
    "hex":         (0,   3,    _HEX,    SEND_HEX, 1023, None, 2048, _HEX_LINES,  SEND_TO, ()),      # 1.1.4: < 1024
    "transparent": (0,   4,    _BUFFER, SEND,     2048, None, 2048, (),          None,    ()),      # 1.1.18
}
# ---- data mode: 1.1.18, 3.9; guard times are not stated
GUARD_MS  = 1000
DATA_ENDS = (b"NO CARRIER", b"+MIPSTAT:", b"+MIPCLOSE:")
ESCAPED_READS = False
TELLS_COUNT     = False
PUSH_BY_SENDER  = False

# ---- lookups
RESOLVE = ((b'AT+MIPDNS="', HOST, b'"'), 62_000, OK | ADDRESS, 0)                   # 1.1.21
RESOLVE_6 = None
WHY     = None

# ---- services
UNACKED = None                              # +MIPSTAT: 0 does not say whether it counts per push or in all
# 1.1.14: s, s, count; for all sockets, kept over power loss
KEEPALIVE     = ((b"AT+MIPKEEPCONF=1,", ARG, b",", ARG + 1, b",", ARG + 2), _ANY_MS, OK, 0)
KEEPALIVE_OFF = ((b"AT+MIPKEEPCONF=0",), _ANY_MS, OK, 0)
KEEPALIVE_MOST = (1, 36000, 750, 50)        # seconds per unit; idle, interval, count
# 1.1.15: host, count, size, TTL, TOS, timeout in ms
PING       = ((b'AT+MPING=1,"', HOST, b'",', ARG + 1, b",", ARG + 2, b",64,0,", ARG + 3), 76_000, OK, 0)
PING_MOST  = (255, 1372, 255_000)           # count, size, time
#             collected  a reply: name  status good      address time  the end: name, field, values
PING_LINES = (b"+MPING", (b"+MPING:",   1,     (0, 129), 0,      3),   (b"+MPINGSTAT:", 0, (0, 2)))
PING_FATAL = (2,)                           # +MPINGSTAT status 2: aborted
PING_6 = NTP_6 = None
NTP        = ((b'AT+MIPNTP="', HOST, b'",', PORT), 62_000, OK, 0)                   # 1.1.22
NTP_LINE   = (b"+MIPNTP:", 0, 1, X)         # answer, status, good, no time

LINES = (
    #  name           form  event     link value good kind  extra fields
    (b"+MIPDATA:",    b"",  DATA,     0,   1,    ANY, RAW,  X,    2),               # 1.1.23
    (b"+MIPREAD:",    b"",  EMPTY,    0,   1,    0,   NONE, X,    2),               # while reading: nothing buffered
    (b"+MIPREAD:",    b"",  READY,    0,   X,    ANY, NONE, X,    2),               # 3.10
    (b"+MIPSEND:",    b"",  SENT,     0,   1,    0,   NONE, 2,    3),               # 1.2.3: socket, status, free
    (b"+MIPSEND:",    b"",  STORED,   0,   1,    0,   NONE, 2,    3),               # 1.1.6
    (b"+MIPODM:",     b"",  CONNECT,  0,   1,    1,   NONE, X,    ANY),             # 1.1.18
    (b"+MIPPUSH:",    b"",  PUSHED,   0,   1,    0,   NONE, X,    ANY),             # 1.1.7, 1.2.3
    (b"+MIPSTAT:",    b"",  GONE,     0,   1,    0,   NONE, X,    ANY),             # 1.1.12: 0 acknowledges
    (b"+MIPOPEN:",    b"",  OPENED,   0,   1,    1,   NONE, 2,    ANY),             # 1.1.2: 1 active
    (b"+MIPCLOSE:",   b"",  CLOSED,   0,   1,    ANY, NONE, X,    ANY),             # 1.1.3
    (b"+MIPXOFF:",    b"",  FLOW_OFF, 0,   X,    ANY, NONE, X,    ANY),             # 1.1.19
    (b"+MIPXON:",     b"",  FLOW_ON,  0,   X,    ANY, NONE, X,    ANY),             # 1.1.20
    (b"+MIPCALL:",    b"",  DOWN,     X,   0,    ANY, NONE, X,    ANY),             # 1.1.1
    (b"+MIPCALL:",    b"0", UP,       X,   X,    BAD, NONE, X,    0),               # establishing failed
    (b"+MIPCALL:",    b"",  UP,       X,   X,    ANY, NONE, X,    ANY),             # the address
    (b"+MIPCALL:",    b"0", NETWORK_LOST, X, X,  ANY, NONE, X,    0),               # unasked: the link is gone
    (b"+MIPDNS:",     b"",  ADDRESS,  X,   1,    ANY, NONE, X,    ANY),             # 1.1.21
    (b"+TCPIP ERROR:", b"", ERROR,    X,   0,    ANY, NONE, X,    ANY),
    (b"CONNECT",      b"",  CONNECT,  X,   X,    ANY, NONE, X,    ANY),
)

FOREIGN_CODES = ()                      # lines whose numbers mean something else
# Codes (chapter 2.3) as errno of the same meaning; the others are EIO.
ERRNOS = {
    2002: EHOSTUNREACH, 2003: EADDRINUSE, 2006: EMSGSIZE, 2011: EADDRINUSE, 2012: ECONNREFUSED, 2017: EADDRINUSE,
    2020: EMSGSIZE, 2024: ENOTCONN, 2030: ENETDOWN, 2031: ENETDOWN, 2032: ENETDOWN, 2007: EAGAIN,
}
