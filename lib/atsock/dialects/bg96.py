"""Quectel BG96.  Sections: BG96 TCP/IP AT Commands Manual V1.0; what each attribute means: table.py.

Deadlines: 60 s wherever the manual prints no other time (1.1); and 2 s of margin for the line.
"""

from ..core.words import (
    ADDRESS,
    ANY,
    BY_LINE,
    CONNECT,
    DATA,
    EMPTY,
    HEX,
    HEX_FROM,
    INCOMING,
    IN_LINKS,
    MAY,
    MUST,
    NETWORK_LOST,
    NOISE,
    NONE,
    OK,
    OPENED,
    OWN_CONTEXT,
    PEER_CLOSED,
    PROMPT,
    PUSH,
    RAW,
    RAW_FROM,
    READY,
    REASON,
    REFUSED,
    RESOLVED,
    SENT,
    WORD,
)
from .table import Table


# fmt: off
class BG96(Table):
    """Quectel BG96, BG95, BG77."""

    # -- module
    NAME = "bg96"
    VENDOR = "quectel"
    LINKS = range(0, 12)  # 2.1.4
    SERVERS = IN_LINKS  # 2.1.4
    NO_PORT = b"0"  # 2.1.4: the module chooses
    DATA_LINK = None  # any
    DATA_SETTING = None  # told when a connection is opened
    REGISTRATION = (b"AT+CEREG?", b"AT+CREG?", b"AT+CGREG?")

    # -- context
    SETUP = (
        (MAY, b"AT+QISDE=0"),  # 2.1.16: no echo of payload
        (MAY, b'AT+QICFG="viewmode",0'),  # 2.1.15: header, CR LF, data
    )
    AUTHS = (0, 1, 2, 3)  # 2.1.1
    PDP_4 = b"1"  # 2.1.1
    PDP_6 = b"2"
    CONFIGURE = (
        # command                                                            ms      required optional
        (b'AT+QICSGP=<context>,<type>,"<apn>","<user>","<password>",<auth>', 62_000, OK, 0),  # 2.1.1
    )
    CONFIGURE_USER = None  # in QICSGP
    #                  command                  ms       required optional
    ACTIVATE =        (b"AT+QIACT=<context>",   152_000, OK,      0)  # 2.1.2: 150 s
    ACTIVATE_USER =   (b"AT+QIACT=<context>",   152_000, OK,      0)
    ACTIVATE_STORED = (b"AT+QIACT=<context>",   152_000, OK,      0)
    DEACTIVATE =      (b"AT+QIDEACT=<context>", 42_000,  OK,      0)  # 2.1.3: 40 s
    #        question      prefix      context state
    STATE = (b"AT+QIACT?", b"+QIACT:", 0,      1)  # 2.1.2
    DEACTIVATE_LOST = True  # 2.2.5: QIDEACT even then
    EIGHT_GROUPS = False

    SECRETS = ((b"+QICSGP=", 3),)  # 2.1.1: user and password stand behind the APN

    # -- opening
    OPEN_MS = 152_000  # 2.1.4: the URC comes within 150 s
    PROTOCOLS = ()  # by name in the command
    #             command                                                             ms       required optional
    OPEN_TCP =   (b'AT+QIOPEN=<context>,<link>,"TCP","<host>",<port>,<local>,<mode>', 62_000,  OK,      0)  # 2.1.4
    OPEN_UDP =   (b'AT+QIOPEN=<context>,<link>,"UDP","<host>",<port>,<local>,<mode>', 62_000,  OK,      0)
    # mode 2: CONNECT
    DATA_TCP =   (b'AT+QIOPEN=<context>,<link>,"TCP","<host>",<port>,<local>,<mode>', 152_000, CONNECT, 0)
    DATA_UDP =   (b'AT+QIOPEN=<context>,<link>,"UDP","<host>",<port>,<local>,<mode>', 152_000, CONNECT, 0)
    RESUME =     (b"AT+QISWTMD=<link>,2",                                             62_000,  CONNECT, 0)  # 2.1.10
    RESUME_UDP = (b"AT+QISWTMD=<link>,2",                                             62_000,  CONNECT, 0)
    OPEN_TCP_SERVER = (b'AT+QIOPEN=<context>,<link>,"TCP LISTENER","127.0.0.1",0,<local>,<mode>', 62_000, OK,      0)
    OPEN_UDP_ANY =    (b'AT+QIOPEN=<context>,<link>,"UDP SERVICE","127.0.0.1",0,<local>,<mode>',  62_000, OK,      0)

    # -- transfer
    #           command                                  ms      required       optional
    CLOSE =    (b"AT+QICLOSE=<link>",                    12_000, OK,            0)  # 2.1.5: 10 s
    SEND =     (b"AT+QISEND=<link>,<n>",                 62_000, PROMPT | SENT, REFUSED)  # 2.1.7
    SEND_TO =  (b'AT+QISEND=<link>,<n>,"<host>",<port>', 62_000, PROMPT | SENT, REFUSED)
    SEND_HEX = (b'AT+QISENDEX=<link>,"<payload>"',       62_000, SENT,          REFUSED)  # 2.1.9
    READ =     (b"AT+QIRD=<link>,<n>",                   62_000, OK,            DATA | EMPTY)  # 2.1.8
    READ_ANY = (b"AT+QIRD=<link>",                       62_000, OK,            DATA | EMPTY)  # UDP SERVICE

    # -- sockets
    #        question        prefix        form
    OPEN_IDS = (b"AT+QISTATE?", b"+QISTATE:", BY_LINE)  # 2.1.6
    OPEN_IDS_GONE = (5, 4)  # socket_state: Closing
    OPEN_IDS_BUFFERED = (8, 0)  # access_mode
    IN_USE = (563, 574)  # chapter 4: identity used, port busy
    OPEN_ENDS_CLOSED = False
    CLOSE_OPENING = True  # 2.1.4, 2.1.5: an open without result is ended by QICLOSE
    CLOSE_AFTER_PEER = True  # 2.2.1: the state stays Closing
    UDP_MAX = 1460  # 2.1.7
    STORE_MAX = 0  # no such way
    ROOM = None  # SEND FAIL says it
    RETRY = None  # SEND FAIL says it
    PUSH_BY_SENDER = False

    # -- access modes: 2.1.7-2.1.9; QISENDEX takes 512 digits, and no UDP SERVICE
    _TEXT = ((MAY, b'AT+QICFG="dataformat",0,0'),)  # 2.1.15; the default, and old firmware has no option
    _HEX = ((MUST, b'AT+QICFG="dataformat",1,1'),)
    #    name        form        event link  value ok   kind      aux   fields
    _RAW_LINES = (
        (b"+QIRD:",  b"",        DATA, None, 0,    ANY, RAW,      None, 1),  # 2.1.8
        (b"+QIRD:",  b"",        DATA, None, 0,    ANY, RAW_FROM, 1,    3),  # UDP SERVICE; 3 numbers: a query
        (b"+QIURC:", b'"recv",', PUSH, 0,    1,    ANY, RAW,      None, 2),  # 2.2.2 direct push
        (b"+QIURC:", b'"recv",', PUSH, 0,    1,    ANY, RAW_FROM, 2,    4),  # UDP SERVICE
    )
    #    name        form        event link  value ok   kind      aux   fields
    _HEX_LINES = (
        (b"+QIRD:",  b"",        DATA, None, 0,    ANY, HEX,      None, 1),
        (b"+QIRD:",  b"",        DATA, None, 0,    ANY, HEX_FROM, 1,    3),
        (b"+QIURC:", b'"recv",', PUSH, 0,    1,    ANY, HEX,      None, 2),
        (b"+QIURC:", b'"recv",', PUSH, 0,    1,    ANY, HEX_FROM, 2,    4),
    )
    #                   send      chunk recv  read  mode group setup  lines       send_to  leave
    ACCESS = {
        "buffer":      (SEND,     1460, READ, 1500, 0,   1,    _TEXT, _RAW_LINES, SEND_TO, ()),
        "push":        (SEND,     1460, None, 1500, 1,   1,    _TEXT, _RAW_LINES, SEND_TO, ()),
        "hex":         (SEND_HEX, 256,  READ, 1500, 0,   2,    _HEX,  _HEX_LINES, None,    ()),
        "transparent": (SEND,     1460, READ, 1500, 2,   1,    _TEXT, _RAW_LINES, None,    ()),
    }

    # -- data mode: chapter 1.2
    GUARD_MS = 1000  # silence before and after +++
    DATA_ENDS = (b"NO CARRIER",)  # what the module writes when the connection is lost
    ESCAPED_READS = True  # leaving data mode lands in buffer access: READ works
    RESUME_WORDS = ()  # CONNECT comes

    # -- lookups
    #              command                            ms      required                 optional
    RESOLVE =     (b'AT+QIDNSGIP=<context>,"<host>"', 62_000, OK | RESOLVED | ADDRESS, 0)  # 2.1.14
    ERROR_QUERY = (b"AT+QIGETERROR",                  62_000, OK | REASON,             0)  # 2.1.17
    ERROR_QUERY_FOR = b"AT+QI"  # what it tells about

    # -- services
    #          command                                           ms       required optional
    PING =    (b'AT+QPING=<context>,"<host>",<seconds>,<count>', 62_000,  OK,      0)  # 2.1.11
    NTP =     (b'AT+QNTP=<context>,"<host>",<port>',             127_000, OK,      0)  # 2.1.12: 125 s
    UNACKED = (b"AT+QISEND=<link>,0",                            62_000,  OK,      0)  # 2.1.7: query
    PING_6 = None  # as for IPv4
    KEEPALIVE = None  # not in the manual
    PING_MAX = (10, 32, 255_000)  # count, size (not settable), time
    #             name        status good address time
    PING_REPLY = (b"+QPING:", 0,    (0,), 1,      3)  # a line per reply, then the summary
    #           name        field values
    PING_END = (b"+QPING:", 3,    ANY)  # without times when all are lost: 0,4,0,4
    PING_FATAL = (552, 561, 564, 565, 570, 572, 573)
    #           name       status good time
    NTP_LINE = (b"+QNTP:", 0,     0,   1)
    #               name         sent  count
    UNACKED_LINE = (b"+QISEND:", None, 2)  # total, acknowledged, unacknowledged

    # -- lines
    #    name             form                event           link  value ok           kind  aux   fields
    LINES = (
        (b"SEND OK",      b"",                SENT,           None, None, ANY,         WORD, None, ANY),  # 2.1.7
        (b"SEND FAIL",    b"",                SENT | REFUSED, None, None, ANY,         WORD, None, ANY),
        # 2.1.4, 2.1.10
        (b"CONNECT",      b"",                CONNECT,        None, None, ANY,         NONE, None, ANY),
        (b"+QIURC:",      b'"recv",',         READY,          0,    None, ANY,         NONE, None, ANY),  # 2.2.2
        (b"+QIURC:",      b'"closed",',       PEER_CLOSED,    0,    None, ANY,         NONE, None, ANY),  # 2.2.1
        (b"+QIOPEN:",     b"",                OPENED,         0,    1,    0,           NONE, None, 2),  # 2.1.4
        (b"+QIURC:",      b'"incoming",',     INCOMING,       0,    1,    ANY,         NONE, 2,    4),  # 2.2.4
        (b"+QIURC:",      b'"incoming full"', NOISE,          None, None, ANY,         NONE, None, ANY),  # 2.2.3
        (b"+QIURC:",      b'"pdpdeact",',     NETWORK_LOST,   None, 0,    OWN_CONTEXT, NONE, None, ANY),  # 2.2.5
        # 2.1.14: an address
        (b"+QIURC:",      b'"dnsgip","',      ADDRESS,        None, 0,    ANY,         NONE, None, ANY),
        (b"+QIURC:",      b'"dnsgip",',       RESOLVED,       None, 0,    0,           NONE, 1,    ANY),  # its header
        (b"+QIGETERROR:", b"",                REASON,         None, 0,    ANY,         NONE, None, ANY),  # 2.1.17
    )

    # -- codes (chapter 4) as errno of the same meaning; the others are EIO
    ERRNOS = {
        551: "EAGAIN",
        553: "EAGAIN",
        556: "EADDRINUSE",
        561: "ENETDOWN",
        563: "EADDRINUSE",
        564: "EAGAIN",
        565: "EHOSTUNREACH",
        566: "ECONNREFUSED",
        567: "ECONNRESET",
        568: "EAGAIN",
        569: "ETIMEDOUT",
        570: "ENETDOWN",
        574: "EADDRINUSE",
    }
