"""SIMCom A7600 series.  Sections: A7600 Series TCPIP AT Command Manual; what each attribute means: table.py.

Deadlines: 125 s for what involves the network (2.12: 120 s unless CIPTIMEOUT says less), 9 s where no time is printed.
"""

from ..core.words import (
    ADDRESS,
    ANY,
    APART,
    ASKED,
    BY_FLAG,
    CLOSED,
    CODE,
    CONFIRMED,
    CONNECT,
    DATA,
    DOWN,
    EMPTY,
    ERROR,
    HEX,
    INCOMING,
    MAY,
    MUST,
    NETWORK_LOST,
    NOISE,
    NONE,
    OK,
    OPENED,
    PEER_CLOSED,
    PROMPT,
    PUSH,
    RAW,
    READY,
    RESTARTED,
    SENDER,
    SENT,
    UP,
    WORD,
)
from .table import Table


# fmt: off
class A7600(Table):
    """SIMCom A7600 series, and the SIM7500, SIM7600 and SIM767 series with the same commands."""

    # -- module
    NAME = "a7600"
    VENDOR = "simcom"
    LINKS = range(0, 10)  # 2.3
    SERVERS = APART  # 2.14
    SERVER_COUNT = 4
    DATA_LINK = 0  # 2.10: link 0 only
    HOST_MAX = 254  # 2.17
    #               question        prefix
    DATA_SETTING = (b"AT+CIPMODE?", b"+CIPMODE:")  # 1: connections take the line
    REGISTRATION = (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?")

    # -- context
    AUTHS = (0, 1, 2, 3)  # 3: either
    PDP_4 = b"IP"
    PDP_6 = b"IPV6"
    CONFIGURE: "tuple[tuple, ...]" = (
        # command                                  ms     required optional
        (b'AT+CGDCONT=<context>,"<type>","<apn>"', 9_000, OK,      0),  # 6.1.2
    )
    #                 command                                              ms     required optional
    CONFIGURE_USER = (b'AT+CGAUTH=<context>,<auth>,"<user>","<password>"', 9_000, OK,      0)  # 3GPP TS 27.007 10.1.31
    #                  command         ms       required   optional
    ACTIVATE =        (b"AT+NETOPEN",  125_000, OK | UP,   0)  # 2.1: OK, then +NETOPEN: 0
    ACTIVATE_USER =   (b"AT+NETOPEN",  125_000, OK | UP,   0)
    ACTIVATE_STORED = (b"AT+NETOPEN",  125_000, OK | UP,   0)
    DEACTIVATE =      (b"AT+NETCLOSE", 125_000, OK | DOWN, 0)  # 2.2
    #        question        prefix        context state
    STATE = (b"AT+NETOPEN?", b"+NETOPEN:", None,   0)  # 2.1
    #             question      prefix
    ADDRESS_OF = (b"AT+IPADDR", b"+IPADDR:")  # 2.7
    DEACTIVATE_LOST = False
    EIGHT_GROUPS = False

    # -- opening
    OPEN_MS = 125_000
    PROTOCOLS = ()  # by name in the command
    LOCAL_LAST = b",<local>"  # 2.3
    #               command                                             ms       required     optional
    OPEN_TCP =     (b'AT+CIPOPEN=<link>,"TCP","<host>",<port>',         125_000, OK,          0)  # 2.3
    OPEN_UDP_ANY = (b'AT+CIPOPEN=<link>,"UDP",,,<local>',               125_000, OK,          0)
    DATA_TCP =     (b'AT+CIPOPEN=<link>,"TCP","<host>",<port>',         125_000, CONNECT,     0)  # CIPMODE=1
    DATA_UDP =     (b'AT+CIPOPEN=<link>,"UDP","<host>",<port>,<local>', 125_000, CONNECT,     0)  # 6.3.3
    RESUME =       (b"ATO",                                             9_000,   CONNECT,     0)  # 1.2, 6.2.3.3
    RESUME_UDP =   (b"ATO",                                             9_000,   CONNECT,     0)
    LISTEN =       (b"AT+SERVERSTART=<port>,<server>",                  9_000,   OK,          0)  # 2.14
    STOP =         (b"AT+SERVERSTOP=<server>",                          125_000, OK | CLOSED, 0)  # 2.15

    # -- transfer
    #           command                                   ms       required            optional
    CLOSE =    (b"AT+CIPCLOSE=<link>",                    125_000, OK | CLOSED,        0)  # 2.6
    SEND =     (b"AT+CIPSEND=<link>,<n>",                 125_000, PROMPT | OK | SENT, CONFIRMED)  # 2.4
    SEND_TO =  (b'AT+CIPSEND=<link>,<n>,"<host>",<port>', 125_000, PROMPT | OK | SENT, CONFIRMED)
    READ =     (b"AT+CIPRXGET=2,<link>,<n>",              8_000,   OK,                 DATA | EMPTY)  # 2.5
    READ_HEX = (b"AT+CIPRXGET=3,<link>,<n>",              8_000,   OK,                 DATA | EMPTY)
    READ_ANY = None  # as connected ones

    # -- sockets
    #        question         prefix         form
    OPEN_IDS = (b"AT+CIPCLOSE?", b"+CIPCLOSE:", BY_FLAG)  # 2.6
    IN_USE = (4, 7, 9)  # chapter 4; a number that is taken gets 4 (SIM7600, A7670)
    OPEN_ENDS_CLOSED = False
    CLOSE_OPENING = False  # 2.3, 2.6: the result of an open comes first
    CLOSE_AFTER_PEER = False  # 5: the socket is closed
    UDP_MAX = 1500
    STORE_MAX = 0  # no such way
    ROOM = None  # not told
    TELLS_COUNT = b"+CIPSEND:"  # the line whose number is how many bytes were taken
    PUSH_BY_SENDER = True

    # -- access modes: 2.4, 2.5; sending has no hex form
    _BUFFER = ((MUST, b"AT+CIPRXGET=1"),)  # 2.5
    _PUSH = (
        (MUST, b"AT+CIPRXGET=0"),  # 2.5
        (MAY, b"AT+CIPHEAD=1"),  # 2.8: the length is told
        (MAY, b"AT+CIPSRIP=1"),  # 2.9: and the sender
        (MAY, b"AT+CIPCCFG=10,0,0,1,1,0,500"),  # 2.13 HeaderType 1: and the link; "not finished"
    )
    _DATA = (
        (MAY, DEACTIVATE),  # 2.10: CIPMODE must be set before NETOPEN
        (MUST, b"AT+CIPMODE=1"),
        (MUST, ACTIVATE),
    )
    _LEAVE = (
        (MAY, DEACTIVATE),
        (MUST, b"AT+CIPMODE=0"),
        (MUST, ACTIVATE),
    )
    #    name            form event     link  value ok   kind  aux   fields
    _PUSH_LINES = (
        (b"RECV FROM:",  b"", SENDER,   None, None, ANY, NONE, None, ANY),  # 2.9
        (b"+RECV FROM:", b"", SENDER,   None, None, ANY, NONE, None, ANY),  # 1.2
        (b"RCV FROM:",   b"", SENDER,   None, None, ANY, NONE, None, ANY),
        (b"+RECEIVE,",   b"", PUSH,     0,    1,    ANY, RAW,  None, 2),  # 2.13 HeaderType 1
        (b"+IPD",        b"", PUSH,     None, 0,    ANY, RAW,  None, 1),  # 2.8
    )
    #    name            form event     link  value ok   kind  aux   fields
    _DATA_LINES = (
        (b"CONNECT",     b"", INCOMING, None, None, ANY, NONE, None, ANY),  # 6.4.1: behind +CLIENT
    )
    #                   send  chunk recv      read  mode group setup    lines        send_to  leave
    ACCESS = {
        "buffer":      (SEND, 1500, READ,     1500, 0,   1,    _BUFFER, (),          SEND_TO, ()),
        "push":        (SEND, 1500, None,     1500, 0,   2,    _PUSH,   _PUSH_LINES, SEND_TO, ()),
        "hex":         (SEND, 1500, READ_HEX, 750,  0,   3,    _BUFFER, (),          SEND_TO, ()),
        "transparent": (SEND, 1500, None,     1500, 0,   4,    _DATA,   _DATA_LINES, None,    _LEAVE),
    }

    # -- data mode: 1.2 (4)
    GUARD_MS = 1000  # silence before and after +++
    DATA_ENDS = (b"CLOSED", b"+IPCLOSE", b"+CIPCLOSE", b"NO CARRIER", b"+CIPEVENT")
    ESCAPED_READS = False
    RESUME_WORDS = ()  # CONNECT comes

    # -- lookups
    #          command                 ms      required      optional
    RESOLVE = (b'AT+CDNSGIP="<host>"', 30_000, OK | ADDRESS, 0)  # 2.17

    # -- services
    PING = None  # not in the manual
    NTP = None  # not in the manual
    #          command              ms      required optional
    UNACKED = (b"AT+CIPACK=<link>", 62_000, OK,      0)  # 2.16
    #               name         sent count
    UNACKED_LINE = (b"+CIPACK:", 0,   1)  # sent, acknowledged
    KEEPALIVE: "tuple | None" = None  # not in the manual

    # -- lines
    #    name             form               event         link  value ok     kind  aux   fields
    LINES = (
        (b"+CIPRXGET:",   b"2,",             DATA,         0,    1,    ANY,   RAW,  2,    3),  # 2.5
        (b"+CIPRXGET:",   b"3,",             DATA,         0,    1,    ANY,   HEX,  2,    3),
        (b"+CIPRXGET:",   b"1,",             READY,        0,    None, ANY,   NONE, None, 1),
        # 2.4: link, asked, accepted
        (b"+CIPSEND:",    b"",               SENT,         0,    2,    ASKED, NONE, 1,    3),
        (b"+CIPSEND:",    b"",               CONFIRMED,    0,    2,    ANY,   NONE, 1,    3),
        (b"+IPCLOSE:",    b"",               PEER_CLOSED,  0,    None, ANY,   NONE, 1,    ANY),  # 5
        # older firmware: no colon
        (b"+IPCLOSE",     b"",               PEER_CLOSED,  0,    None, ANY,   NONE, 1,    2),
        (b"+CIPOPEN:",    b"",               OPENED,       0,    1,    0,     NONE, None, 2),  # 2.3
        (b"+SERVERSTOP:", b"",               CLOSED,       None, 1,    ANY,   NONE, None, 2),  # 2.15
        (b"+CIPCLOSE:",   b"",               CLOSED,       0,    1,    ANY,   NONE, None, 2),  # 2.6
        (b"+IP ERROR:",   b"No data",        EMPTY,        None, None, ANY,   NONE, None, ANY),  # 2.5, chapter 3
        (b"+IP ERROR:",   b"22",             EMPTY,        None, None, ANY,   NONE, None, ANY),
        (b"+IP ERROR:",   b"",               CODE,         None, 0,    ANY,   NONE, None, ANY),  # chapter 3
        (b"+CIPERROR:",   b"",               CODE,         None, 0,    ANY,   NONE, None, ANY),  # chapter 4
        (b"+NETOPEN:",    b"",               UP,           None, 0,    0,     NONE, None, ANY),  # 2.1
        (b"+NETCLOSE:",   b"",               DOWN,         None, 0,    ANY,   NONE, None, ANY),  # 2.2
        (b"+CDNSGIP:",    b"1,",             ADDRESS,      None, 1,    ANY,   NONE, None, ANY),  # 2.17
        (b"+CDNSGIP:",    b"0,",             CODE,         None, 0,    ANY,   NONE, None, ANY),
        (b"+CIPEVENT:",   b"NETWORK CLOSED", NETWORK_LOST, None, None, ANY,   NONE, None, ANY),  # 5
        (b"+CLIENT:",     b"",               INCOMING,     0,    1,    ANY,   NONE, 2,    3),  # 2.14
        (b"CONNECT FAIL", b"",               ERROR,        None, None, ANY,   WORD, None, ANY),  # 2.3
        (b"CONNECT",      b"",               CONNECT,      None, None, ANY,   NONE, None, ANY),
        # 2.2: NETCLOSE tells each link
        (b"+CIPCLOSE:",   b"",               NOISE,        0,    None, ANY,   NONE, None, 2),
        (b"CLOSED",       b"",               NOISE,        None, None, ANY,   WORD, None, ANY),  # 2.6
        (b"*ATREADY:",    b"",               RESTARTED,    None, None, ANY,   NONE, None, ANY),
    )

    # -- codes (chapter 4) as errno of the same meaning; the others are EIO
    ERRNOS = {
        2: "ENETDOWN",
        6: "EADDRINUSE",
        7: "EADDRINUSE",
        8: "EAGAIN",
        9: "EISCONN",
        10: "ETIMEDOUT",
        11: "EHOSTUNREACH",
    }
    FOREIGN_CODES = (b"+CME ERROR:", b"+CMS ERROR:", b"+IP ERROR:")  # lines whose numbers mean something else
