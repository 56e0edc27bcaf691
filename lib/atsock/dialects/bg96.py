"""Quectel BG96.  Sections: BG96 TCP/IP AT Commands Manual V1.0; columns: words.py."""

from ..errnos import EADDRINUSE, EAGAIN, ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETDOWN, ETIMEDOUT
from ..words import *

NAME = "bg96"
MODELS = (b"BG96", b"BG95", b"BG77")  # what AT+CGMM answers begins with

FIRST_LINK, LINKS = 0, 12  # 2.1.4
SERVERS = IN_LINKS                      # 2.1.4
NO_PORT = 0                             # 2.1.4: the module chooses
DATA_LINK = None                        # any
DATA_SETTING = None                        # told when a connection is opened
REGISTRATION = (b"AT+CEREG?", b"AT+CREG?", b"AT+CGREG?")

# 1.1: 60 s wherever no other time is printed; 2 s of margin for the line.
_ANY_MS = 62_000

# ---- bring-up
SETUP = (
    (b"AT+QISDE=0",             MAY),   # 2.1.16: no echo of payload
    (b'AT+QICFG="viewmode",0',  MAY),   # 2.1.15: header, CR LF, data
)
AUTHS = (0, 1, 2, 3)                    # 2.1.1
PDP_TYPES = {4: 1, 6: 2}                # 2.1.1
CONFIGURE = (                           # 2.1.1
    ((b"AT+QICSGP=", CONTEXT, b",", PDP_TYPE, b',"', APN, b'","', USER, b'","', PASSWORD, b'",', AUTH), _ANY_MS, OK, 0),
)
CONFIGURE_USER = None                   # part of QICSGP
#             command        answer      context state address
STATE      = (b"AT+QIACT?",  b"+QIACT:", 0,      1,    3)       # 2.1.2
ADDRESS_OF = None
ACTIVATE   = ((b"AT+QIACT=", CONTEXT),   152_000, OK, 0)        # 2.1.2: 150 s
ACTIVATE_USER = ACTIVATE_STORED = ACTIVATE
DEACTIVATE = ((b"AT+QIDEACT=", CONTEXT), 42_000,  OK, 0)        # 2.1.3: 40 s

EIGHT_GROUPS = False
DEACTIVATE_LOST = True                         # 2.2.5: QIDEACT even then
# ---- sockets
OPEN_MS = 152_000                       # 2.1.4: the URC comes within 150 s
_OPEN = (b"AT+QIOPEN=", CONTEXT, b",", LINK, b',"')
#                                                                                        ms       need  also
PROTOCOLS = None                        # by name in the command
OPEN = {
    TCP:        (_OPEN + (b'TCP","',                    HOST, b'",', PORT, b",", LOCAL, b",", MODE), _ANY_MS, OK, 0),
    UDP:        (_OPEN + (b'UDP","',                    HOST, b'",', PORT, b",", LOCAL, b",", MODE), _ANY_MS, OK, 0),
    TCP_SERVER: (_OPEN + (b'TCP LISTENER","127.0.0.1",0,', LOCAL, b",", MODE),               _ANY_MS, OK, 0),
    UDP_ANY:    (_OPEN + (b'UDP SERVICE","127.0.0.1",0,',  LOCAL, b",", MODE),               _ANY_MS, OK, 0),
}
OPEN_DATA = {TCP: (OPEN[TCP][0], 152_000, CONNECT, 0), UDP: (OPEN[UDP][0], 152_000, CONNECT, 0)}    # mode 2: CONNECT
RESUME          = ((b"AT+QISWTMD=", LINK, b",2"),             62_000,  CONNECT, 0)      # 2.1.10
RESUME_UDP      = RESUME
RESUME_WORDS    = ()                                          # CONNECT comes
CLOSE           = ((b"AT+QICLOSE=", LINK),                    12_000,  OK, 0)           # 2.1.5: 10 s
STALE           = (b"AT+QISTATE?", b"+QISTATE:", BY_LINE)                                # 2.1.6
CLOSE_OPENING   = True                   # 2.1.4, 2.1.5: an open without result is ended by QICLOSE
CLOSE_WHEN_GONE = True                                                                  # 2.2.1: state stays Closing
SEND            = ((b"AT+QISEND=", LINK, b",", N),            62_000,  PROMPT | SENT, REFUSED)  # 2.1.7
SEND_TO         = ((b"AT+QISEND=", LINK, b",", N, b',"', HOST, b'",', PORT), 62_000,  PROMPT | SENT, REFUSED)
SEND_HEX        = ((b"AT+QISENDEX=", LINK, b',"', PAYLOAD, b'"'), 62_000,  SENT, REFUSED)       # 2.1.9
READ            = ((b"AT+QIRD=", LINK, b",", N),              62_000,  OK, DATA | EMPTY)        # 2.1.8
READ_FROM       = ((b"AT+QIRD=", LINK),                       62_000,  OK, DATA | EMPTY)        # 2.1.8 UDP SERVICE
READ_ANY        = READ_FROM
UDP_MOST        = 1460                                        # 2.1.7
STORE_MOST      = 0                                           # no such way
ROOM            = None                                        # SEND FAIL says it
NOTHING_LEFT    = ()
AGAIN           = ()                                          # REFUSED says it

_TEXT = ((b'AT+QICFG="dataformat",0,0', MAY),)                # 2.1.15; the default, and old firmware has no option
_HEX  = ((b'AT+QICFG="dataformat",1,1', MUST),)

_RAW_LINES = (
    #  name           form       event   link value good kind      extra fields
    (b"+QIRD:",       b"",       DATA,   X,   0,    ANY, RAW,      X,    1),        # 2.1.8
    (b"+QIRD:",       b"",       DATA,   X,   0,    ANY, RAW_FROM, 1,    3),        # UDP SERVICE; 3 numbers: a query
    (b"+QIURC:",      b'"recv",', PUSH,  0,   1,    ANY, RAW,      X,    2),        # 2.2.2 direct push
    (b"+QIURC:",      b'"recv",', PUSH,  0,   1,    ANY, RAW_FROM, 2,    4),        # UDP SERVICE
)
_HEX_LINES = (
    # Whether the length counts bytes or digits is not stated: the digits are taken up to the line's end.
    (b"+QIRD:",       b"",       DATA,   X,   0,    ANY, HEX,      X,    1),
    (b"+QIRD:",       b"",       DATA,   X,   0,    ANY, HEX_FROM, 1,    3),
    (b"+QIURC:",      b'"recv",', PUSH,  0,   1,    ANY, HEX,      X,    2),
    (b"+QIURC:",      b'"recv",', PUSH,  0,   1,    ANY, HEX_FROM, 2,    4),
)
ACCESS = {
    #               mode group setup  send      chunk recv  read  lines       send to  leave
    "buffer":      (0,   1,    _TEXT, SEND,     1460, READ, 1500, _RAW_LINES, SEND_TO, ()),     # 2.1.7, 2.1.8
    "push":        (1,   1,    _TEXT, SEND,     1460, None, 1500, _RAW_LINES, SEND_TO, ()),
    "hex":         (0,   2,    _HEX,  SEND_HEX, 256,  READ, 1500, _HEX_LINES, None,    ()),     # 2.1.9: 512 digits, no UDP SERVICE
    "transparent": (2,   1,    _TEXT, SEND,     1460, READ, 1500, _RAW_LINES, None,    ()),
}
# ---- data mode: chapter 1.2
GUARD_MS  = 1000                        # silence before and after +++
DATA_ENDS = (b"NO CARRIER",)            # 1.2: what the module writes when the connection is lost
ESCAPED_READS = True                    # leaving data mode lands in buffer access: READ works
TELLS_COUNT     = False
PUSH_BY_SENDER  = False

# ---- lookups
RESOLVE = ((b"AT+QIDNSGIP=", CONTEXT, b',"', HOST, b'"'), 62_000, OK | RESOLVED | ADDRESS, 0)   # 2.1.14
RESOLVE_6 = None
WHY     = (((b"AT+QIGETERROR",), 62_000, OK | REASON, 0), b"AT+QI")                             # 2.1.17

# ---- services
UNACKED = ((b"AT+QISEND=", LINK, b",0"), b"+QISEND:", X, 2)   # 2.1.7 query: total, acknowledged, unacknowledged
KEEPALIVE = None                            # not in the manual
# 2.1.11: host, timeout in seconds, count; a line per reply, then the summary
PING       = ((b"AT+QPING=", CONTEXT, b',"', HOST, b'",', ARG + 4, b",", ARG + 1), 62_000, OK, 0)
PING_6 = NTP_6 = None                       # as for IPv4
PING_MOST  = (10, 32, 255_000)              # count, size (not settable), time
#             collected  a reply: name  status good  address time    the end: name, field, values
PING_LINES = (b"+QPING:", (b"+QPING:",  0,     (0,), 1,      3),     (b"+QPING:", 6, None))
PING_FATAL = (552, 561, 564, 565, 570, 572, 573)
NTP        = ((b"AT+QNTP=", CONTEXT, b',"', HOST, b'",', PORT), 127_000, OK, 0)     # 2.1.12: 125 s
NTP_LINE   = (b"+QNTP:", 0, 0, 1)           # answer, status, good, field of the time

LINES = (
    #  name           form          event          link value good kind  extra fields
    (b"SEND OK",      b"",          SENT,          X,   X,    ANY, WORD, X,    ANY),     # 2.1.7
    (b"SEND FAIL",    b"",          SENT | REFUSED, X,  X,    ANY, WORD, X,    ANY),
    (b"CONNECT",      b"",          CONNECT,       X,   X,    ANY, NONE, X,    ANY),     # 2.1.4, 2.1.10
    (b"+QIURC:",      b'"recv",',   READY,         0,   X,    ANY, NONE, X,    ANY),     # 2.2.2
    (b"+QIURC:",      b'"closed",', GONE,          0,   X,    ANY, NONE, X,    ANY),     # 2.2.1
    (b"+QIOPEN:",     b"",          OPENED,        0,   1,    0,   NONE, X,    2),       # 2.1.4
    (b"+QIURC:",      b'"incoming",', INCOMING,    0,   1,    ANY, NONE, 2,    4),       # 2.2.4
    (b"+QIURC:",      b'"incoming full"', INCOMING_FULL, X, X, ANY, NONE, X,   ANY),     # 2.2.3
    (b"+QIURC:",      b'"pdpdeact",', NETWORK_LOST, X,  0,    MINE, NONE, X,   ANY),     # 2.2.5
    (b"+QIURC:",      b'"dnsgip","', ADDRESS,      X,   0,    ANY, NONE, X,    ANY),     # 2.1.14: an address
    (b"+QIURC:",      b'"dnsgip",', RESOLVED,      X,   0,    0,   NONE, 1,    ANY),     # its header
    (b"+QIGETERROR:", b"",          REASON,        X,   0,    ANY, NONE, X,    ANY),     # 2.1.17
)

FOREIGN_CODES = ()                      # lines whose numbers mean something else
# Codes (chapter 4) as errno of the same meaning; the others are EIO.
ERRNOS = {
    551: EAGAIN, 553: EAGAIN, 556: EADDRINUSE, 561: ENETDOWN, 563: EADDRINUSE, 564: EAGAIN, 565: EHOSTUNREACH,
    566: ECONNREFUSED, 567: ECONNRESET, 568: EAGAIN, 569: ETIMEDOUT, 570: ENETDOWN, 574: EADDRINUSE,
}
