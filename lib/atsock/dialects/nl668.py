"""Fibocom NL668.  Sections: NL668 TCP&UDP AT manual; what each attribute means: table.py.

Deadlines: 5 s where the manual prints < 1 s.
"""

from ..core.words import (
    ADDRESS,
    ANY,
    BECOMES,
    BY_ID,
    CLOSED,
    CONNECT,
    DATA,
    DOWN,
    EMPTY,
    ERROR,
    FLOW_OFF,
    FLOW_ON,
    INLINE,
    INLINE_FROM,
    INLINE_HEX,
    INLINE_HEX_FROM,
    MUST,
    NETWORK_LOST,
    NEVER,
    NOISE,
    NONE,
    OK,
    OK2,
    OPENED,
    PEER_CLOSED,
    PROMPT,
    PUSH,
    PUSHED,
    RAW,
    READY,
    SENT,
    STORED,
    UP,
    WORD,
)
from .table import Table


# fmt: off
class NL668(Table):
    """Fibocom NL668."""

    # -- module
    NAME = "nl668"
    VENDOR = "fibocom"
    LINKS = range(1, 7)  # 1.1.2
    SERVERS = BECOMES  # 1.1.2: the listening socket becomes the connection
    NO_PORT = b""  # 1.1.2: an empty field, the module chooses
    DATA_LINK = None  # any
    DATA_SETTING = None  # told when a connection is opened
    REGISTRATION = (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?")

    # -- context
    AUTHS: "tuple[int, ...]" = (0, 1, 2)  # 1.1.1: no 3
    PDP_4 = b"1"  # 1.1.1 <Operation>
    CONFIGURE = ()  # the APN is an argument of MIPCALL
    #                  command                                                    ms      required   optional
    ACTIVATE =        (b'AT+MIPCALL=<type>,"<apn>"',                              32_000, OK | UP,   0)  # 1.1.1: 30 s
    ACTIVATE_USER =   (b'AT+MIPCALL=<type>,"<apn>","<user>","<password>",<auth>', 32_000, OK | UP,   0)
    ACTIVATE_STORED = (b"AT+MIPCALL=1",                                           32_000, OK | UP,   0)
    DEACTIVATE =      (b"AT+MIPCALL=0",                                           32_000, OK | DOWN, 0)
    #        question        prefix        context state
    STATE = (b"AT+MIPCALL?", b"+MIPCALL:", None,   0)  # 1.1.1
    DEACTIVATE_LOST = False
    EIGHT_GROUPS = True  # the L610 manual prints no shortened IPv6 address

    SECRETS = ((b"+MIPCALL=", 2),)  # 1.1.1: user and password stand behind the APN

    # -- opening
    OPEN_MS = 62_000  # 1.1.2: returns in 60 s
    PROTOCOLS: "tuple[tuple[int, int, int, int], ...]" = (
        # family TCP UDP TLS
        (4,      0,  1,  2),  # 1.1.2
    )
    #                  command                                                  ms      required      optional
    OPEN_TCP =        (b'AT+MIPOPEN=<link>,<local>,"<host>",<port>,<protocol>', 62_000, OK,           0)  # 1.1.2
    OPEN_UDP =        (b'AT+MIPOPEN=<link>,<local>,"<host>",<port>,<protocol>', 62_000, OK,           0)
    # remote port 0 listens
    OPEN_UDP_ANY =    (b'AT+MIPOPEN=<link>,<local>,"<host>",0,<protocol>',      62_000, OK,           0)
    OPEN_TCP_SERVER = (b'AT+MIPOPEN=<link>,<local>,"<host>",0,<protocol>',      62_000, OK,           0)
    DATA_TCP =        (b'AT+MIPODM=<link>,<local>,"<host>",<port>,<protocol>',  62_000, OK | CONNECT, 0)  # 1.1.18
    DATA_UDP =        (b'AT+MIPODM=<link>,<local>,"<host>",<port>,<protocol>',  62_000, OK | CONNECT, 0)
    RESUME =          (b"ATO",                                                  9_000,  OK,           0)
    RESUME_UDP =      (b"ATO",                                                  9_000,  OK,           0)

    # -- transfer
    #           command                               ms      required           optional       follow_up
    CLOSE =    (b"AT+MIPCLOSE=<link>",                15_000, OK | CLOSED,       0)  # 1.1.3
    PUSH_OUT = (b"AT+MIPPUSH=<link>",                 5_000,  OK | PUSHED,       0)  # 1.1.7
    PUSH_TO =  (b'AT+MIPPUSH=<link>,"<host>",<port>', 5_000,  OK | PUSHED,       0)  # 1.1.7
    # 1.2.3: SENDTIME, 12 s by default, ends the input; older firmware leaves +MIPSEND out
    SEND =     (b"AT+MIPSEND=<link>,<n>",             17_000, PROMPT | OK | OK2, SENT | PUSHED)
    # to another peer than the opened one
    SEND_TO =  (b'AT+MIPSEND=<link>,"<payload>"',     5_000,  OK | STORED,       0,             PUSH_TO)
    SEND_HEX = (b'AT+MIPSEND=<link>,"<payload>"',     5_000,  OK | STORED,       0,             PUSH_OUT)  # 1.1.6
    READ =     (b"AT+MIPREAD=<link>,<n>",             5_000,  OK,                DATA | EMPTY)  # 1.1.23
    READ_ANY = None  # as connected ones

    # -- sockets
    #        question         prefix         form
    OPEN_IDS = (b"AT+MIPCLOSE?", b"+MIPCLOSE:", BY_ID)  # 1.1.3
    # 2.3: number limited, invalid operation, bind fail, socket used; +TCPIP ERROR of older modules counts 1400 less
    IN_USE = (2003, 2004, 2011, 2017, 603, 604, 611, 617)
    OPEN_ENDS_CLOSED = True  # 1.1.2: +MIPSTAT
    CLOSE_OPENING = False  # 1.1.2, 1.1.3: the result of an open comes first
    CLOSE_AFTER_PEER = True  # 1.1.12
    UDP_MAX = 2048  # 1.2.3
    STORE_MAX = 1023  # 1.1.4: below 1024, by SEND_TO
    #       question        prefix
    ROOM = (b"AT+MIPSEND?", b"+MIPSEND:")  # 1.1.6 read: socket, free
    NOTHING_LEFT = 2  # +MIPPUSH status 2: it went out by itself (1.1.4)
    RETRY = 1  # status 1: flowed off
    PUSH_BY_SENDER = False

    # -- access modes: 1.1.4 (hex: < 1024), 1.1.18
    _BUFFER = ((MUST, b'AT+GTSET="IPRFMT",5'),)  # 1.2.4; kept over power loss, so set each time
    _PUSH = ((MUST, b'AT+GTSET="IPRFMT",2'),)
    _HEX = ((MUST, b'AT+GTSET="IPRFMT",0'),)
    #    name          form event link value ok   kind             aux   fields
    _PUSH_LINES = (
        (b"+MIPRTCP:", b"", PUSH, 0,   1,    ANY, INLINE,          None, 2),  # 1.1.10, IPRFMT 2
        (b"+MIPRUDP:", b"", PUSH, 2,   3,    ANY, INLINE_FROM,     0,    4),  # 1.1.9
    )
    #    name          form event link value ok   kind             aux   fields
    _HEX_LINES = (
        (b"+MIPRTCP:", b"", PUSH, 0,   1,    ANY, INLINE_HEX,      None, 2),  # 1.1.10, IPRFMT 0: socket, left, digits
        (b"+MIPRUDP:", b"", PUSH, 2,   3,    ANY, INLINE_HEX_FROM, 0,    4),
    )
    #                   send      chunk recv  read  mode group setup    lines        send_to  leave
    ACCESS = {
        "buffer":      (SEND,     2048, READ, 2048, 0,   1,    _BUFFER, (),          SEND_TO, ()),
        "push":        (SEND,     2048, None, 2048, 0,   2,    _PUSH,   _PUSH_LINES, SEND_TO, ()),
        "hex":         (SEND_HEX, 1023, None, 2048, 0,   3,    _HEX,    _HEX_LINES,  SEND_TO, ()),
        "transparent": (SEND,     2048, None, 2048, 0,   4,    _BUFFER, (),          None,    ()),
    }

    # -- data mode: 1.1.18, 3.9; guard times are not stated
    GUARD_MS = 1000
    DATA_ENDS = (b"NO CARRIER", b"+MIPSTAT:", b"+MIPCLOSE:")
    ESCAPED_READS = False
    RESUME_WORDS = (b"CONNECT", b"OK", b"+MIPODM:")  # 1.1.24 of the L610 manual says nothing of an answer

    # -- lookups
    #          command                ms      required      optional
    RESOLVE = (b'AT+MIPDNS="<host>"', 62_000, OK | ADDRESS, 0)  # 1.1.21

    # -- services
    #                command                                               ms      required optional
    PING =          (b'AT+MPING=1,"<host>",<count>,<size>,64,0,<timeout>', 76_000, OK,      0)  # 1.1.15: TTL, TOS; ms
    NTP =           (b'AT+MIPNTP="<host>",<port>',                         62_000, OK,      0)  # 1.1.22
    # 1.1.14: for all sockets, kept over power loss
    KEEPALIVE =     (b"AT+MIPKEEPCONF=1,<idle>,<interval>,<count>",        5_000,  OK,      0)
    KEEPALIVE_OFF = (b"AT+MIPKEEPCONF=0",                                  5_000,  OK,      0)
    PING_MAX = (255, 1372, 255_000)  # count, size, time
    #             name        status good      address time
    PING_REPLY = (b"+MPING:", 1,     (0, 129), 0,      3)
    #           name            field values
    PING_END = (b"+MPINGSTAT:", 0,    (0, 2))
    PING_FATAL = (2,)  # +MPINGSTAT status 2: aborted
    #           name         status good time
    NTP_LINE = (b"+MIPNTP:", 0,     1,   None)
    UNACKED = None  # +MIPSTAT: 0 does not say whether it counts per push or in all
    #                  idle            interval     count
    KEEPALIVE_RANGE = ((1, 1, 36_000), (1, 1, 750), (1, 50))

    # -- lines
    #    name              form  event         link  value ok     kind  aux   fields
    LINES = (
        (b"+MIPDATA:",     b"",  DATA,         0,    1,    ANY,   RAW,  None, 2),  # 1.1.23
        (b"+MIPREAD:",     b"",  EMPTY,        0,    1,    0,     NONE, None, 2),  # while reading: nothing buffered
        (b"+MIPREAD:",     b"",  READY,        0,    None, ANY,   NONE, None, 2),  # 3.10
        (b"+MIPSEND:",     b"",  SENT,         0,    1,    0,     NONE, 2,    3),  # 1.2.3: socket, status, free
        (b"+MIPSEND:",     b"",  STORED,       0,    1,    0,     NONE, 2,    3),  # 1.1.6
        (b"+MIPODM:",      b"",  CONNECT,      0,    1,    1,     NONE, None, ANY),  # 1.1.18
        (b"+MIPPUSH:",     b"",  PUSHED,       0,    1,    0,     NONE, None, ANY),  # 1.1.7, 1.2.3
        (b"+MIPSTAT:",     b"",  PEER_CLOSED,  0,    1,    0,     NONE, None, ANY),  # 1.1.12: 0 acknowledges
        (b"+MIPOPEN:",     b"",  OPENED,       0,    1,    1,     NONE, 2,    ANY),  # 1.1.2: 1 active
        (b"+MIPCLOSE:",    b"",  CLOSED,       0,    1,    ANY,   NONE, None, ANY),  # 1.1.3
        # unsolicited: the peer closed (L610 firmware); 0 is what a close of the driver's own has done
        (b"+MIPCLOSE:",    b"",  PEER_CLOSED,  0,    1,    0,     NONE, None, 2),
        (b"+MIPCLOSE:",    b"",  PEER_CLOSED,  0,    2,    0,     NONE, None, 3),  # 1: acknowledged bytes
        (b"+MIPXOFF:",     b"",  FLOW_OFF,     0,    None, ANY,   NONE, None, ANY),  # 1.1.19
        (b"+MIPXON:",      b"",  FLOW_ON,      0,    None, ANY,   NONE, None, ANY),  # 1.1.20
        (b"+MIPCALL:",     b"",  DOWN,         None, 0,    ANY,   NONE, None, ANY),  # 1.1.1
        (b"+MIPCALL:",     b"0", UP,           None, None, NEVER, NONE, None, 0),  # establishing failed
        (b"+MIPCALL:",     b"",  UP,           None, None, ANY,   NONE, None, ANY),  # the address
        (b"+MIPCALL:",     b"0", NETWORK_LOST, None, None, ANY,   NONE, None, 0),  # unsolicited: the link is gone
        (b"+MIPDNS:",      b"",  ADDRESS,      None, 1,    ANY,   NONE, None, ANY),  # 1.1.21
        (b"+TCPIP ERROR:", b"",  ERROR,        None, 0,    ANY,   NONE, None, ANY),
        (b"CONNECT",       b"",  CONNECT,      None, None, ANY,   NONE, None, ANY),
        # of a module that boots, and of a SIM that was put in or unlocked (seen): no proof of a restart
        (b"+SIM READY",    b"",  NOISE,        None, None, ANY,   WORD, None, ANY),
    )

    # -- codes (chapter 2.3) as errno of the same meaning; the others are EIO
    ERRNOS = {
        2002: "EHOSTUNREACH",
        2003: "EADDRINUSE",
        2006: "EMSGSIZE",
        2007: "EAGAIN",
        2011: "EADDRINUSE",
        2012: "ECONNREFUSED",
        2017: "EADDRINUSE",
        2020: "EMSGSIZE",
        2024: "ENOTCONN",
        2030: "ENETDOWN",
        2031: "ENETDOWN",
        2032: "ENETDOWN",
    }
