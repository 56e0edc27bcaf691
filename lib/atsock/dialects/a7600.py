"""SIMCom A7600 series.  Sections: A7600 Series TCPIP AT Command Manual; how to read it: tables.py."""

# Deadlines: 125 s for what involves the network (2.12: 120 s unless CIPTIMEOUT says less), 9 s where no time is printed.
TABLE = b"""
# ---- module
BASE             -
MODELS           A76 SIM7600 SIMCOM_SIM7600 SIM7500 SIM767
LINKS            0 10  # 2.3: the first id, how many
SERVERS          APART  # 2.14
SERVER_COUNT     4
NO_PORT          -
DATA_LINK        0  # 2.10: link 0 only
DATA_SETTING     AT+CIPMODE?  +CIPMODE:  # 1: connections take the line
REGISTRATION     AT+CEREG? AT+CGREG? AT+CREG?

# ---- context
SETUP            -
AUTHS            0 1 2 3  # 3: either
PDP_4            IP
PDP_6            IPV6
#                ms      need            also        command
CONFIGURE        9000    OK              -           AT+CGDCONT=<context>,"<type>","<apn>"  # 6.1.2
CONFIGURE_USER   9000    OK              -           AT+CGAUTH=<context>,<auth>,"<user>","<password>"  # 3GPP TS 27.007 10.1.31
ACTIVATE         125000  OK UP           -           AT+NETOPEN  # 2.1: OK, then +NETOPEN: 0
ACTIVATE_USER    125000  OK UP           -           AT+NETOPEN
ACTIVATE_STORED  125000  OK UP           -           AT+NETOPEN
DEACTIVATE       125000  OK DOWN         -           AT+NETCLOSE  # 2.2
#                question      answer       context  state  address
STATE            AT+NETOPEN?   +NETOPEN:    -        0      -  # 2.1
ADDRESS_OF       AT+IPADDR     +IPADDR:     0  # 2.7
DEACTIVATE_LOST  no
EIGHT_GROUPS     no

# ---- opening
OPEN_MS          125000
PROTOCOLS        -  # by name in the command
#                ms      need            also        command
OPEN_TCP         125000  OK              -           AT+CIPOPEN=<link>,"TCP","<host>",<port>  # 2.3
OPEN_UDP_ANY     125000  OK              -           AT+CIPOPEN=<link>,"UDP",,,<local>
DATA_TCP         125000  CONNECT         -           AT+CIPOPEN=<link>,"TCP","<host>",<port>  # CIPMODE=1
DATA_UDP         125000  CONNECT         -           AT+CIPOPEN=<link>,"UDP","<host>",<port>,<local>  # 6.3.3
RESUME           9000    CONNECT         -           ATO  # 1.2, 6.2.3.3
RESUME_UDP       9000    CONNECT         -           ATO
LISTEN           9000    OK              -           AT+SERVERSTART=<port>,<server>  # 2.14
STOP             125000  OK CLOSED       -           AT+SERVERSTOP=<server>  # 2.15

# ---- transfer
#                ms      need            also        command
CLOSE            125000  OK CLOSED       -           AT+CIPCLOSE=<link>  # 2.6
SEND             125000  PROMPT OK SENT  -           AT+CIPSEND=<link>,<n>  # 2.4
SEND_TO          125000  PROMPT OK SENT  -           AT+CIPSEND=<link>,<n>,"<host>",<port>
READ             8000    OK              DATA EMPTY  AT+CIPRXGET=2,<link>,<n>  # 2.5
READ_HEX         8000    OK              DATA EMPTY  AT+CIPRXGET=3,<link>,<n>
READ_ANY         -  # as connected ones

# ---- sockets
#                question       answer       form
STALE            AT+CIPCLOSE?   +CIPCLOSE:   BY_FLAG  # 2.6
CLOSE_OPENING    no  # 2.3, 2.6: the result of an open comes first
CLOSE_WHEN_GONE  no  # 5: the socket is closed
UDP_MOST         1500
STORE_MOST       0  # no such way
ROOM             -  # not told
NOTHING_LEFT     -
AGAIN            -
TELLS_COUNT      +CIPSEND:  # the line whose number is how many bytes were taken
PUSH_BY_SENDER   yes

# ---- access modes: 2.4, 2.5; sending has no hex form
#                   mode  group  setup    send  chunk  recv      read  lines       send_to  leave
ACCESS_BUFFER       0     1      BUFFER   SEND  1500   READ      1500  -           SEND_TO  -
ACCESS_PUSH         0     2      PUSH     SEND  1500   -         1500  PUSH_LINES  SEND_TO  -
ACCESS_HEX          0     3      BUFFER   SEND  1500   READ_HEX  750   -           SEND_TO  -
ACCESS_TRANSPARENT  0     4      DATA     SEND  1500   -         1500  DATA_LINES  -        LEAVE
BUFFER           MUST  AT+CIPRXGET=1  # 2.5
PUSH             MUST  AT+CIPRXGET=0  # 2.5
PUSH             MAY   AT+CIPHEAD=1  # 2.8: the length is told
PUSH             MAY   AT+CIPSRIP=1  # 2.9: and the sender
PUSH             MAY   AT+CIPCCFG=10,0,0,1,1,0,500  # 2.13 HeaderType 1: and the link; "not finished"
DATA             MAY   DEACTIVATE  # 2.10: CIPMODE must be set before NETOPEN
DATA             MUST  AT+CIPMODE=1
DATA             MUST  ACTIVATE
LEAVE            MAY   DEACTIVATE
LEAVE            MUST  AT+CIPMODE=0
LEAVE            MUST  ACTIVATE

# ---- data mode: 1.2 (4)
GUARD_MS         1000  # silence before and after +++
DATA_ENDS        CLOSED  +IPCLOSE  +CIPCLOSE  NO CARRIER  +CIPEVENT
ESCAPED_READS    no
RESUME_WORDS     -  # CONNECT comes

# ---- lookups
#                ms      need            also        command
RESOLVE          30000   OK ADDRESS      -           AT+CDNSGIP="<host>"  # 2.17
RESOLVE_6        -
WHY              -

# ---- services
#                ms      need            also        command
PING             -  # not in the manual
NTP              -  # not in the manual
UNACKED          62000   OK              -           AT+CIPACK=<link>  # 2.16
#                answer     sent  count
UNACKED_LINE     +CIPACK:   0     1  # sent, acknowledged
KEEPALIVE        -  # not in the manual
KEEPALIVE_OFF    -

# ---- lines
#           name          form            event         link  value  good   kind  extra  fields
LINES       +CIPRXGET:    2,              DATA          0     1      any    RAW   2      3  # 2.5
LINES       +CIPRXGET:    3,              DATA          0     1      any    HEX   2      3
LINES       +CIPRXGET:    1,              READY         0     -      any    NONE  -      1
LINES       +CIPSEND:     -               SENT          0     2      asked  NONE  -      3  # 2.4: link, asked, accepted
LINES       +IPCLOSE:     -               GONE          0     -      any    NONE  -      any  # 5
LINES       +IPCLOSE      -               GONE          0     -      any    NONE  -      2  # older firmware: no colon
LINES       +CIPOPEN:     -               OPENED        0     1      0      NONE  -      2  # 2.3
LINES       +SERVERSTOP:  -               CLOSED        -     1      any    NONE  -      2  # 2.15
LINES       +CIPCLOSE:    -               CLOSED        0     1      any    NONE  -      2  # 2.6
LINES       +IP ERROR:    No data         EMPTY         -     -      any    NONE  -      any  # 2.5, chapter 3
LINES       +IP ERROR:    22              EMPTY         -     -      any    NONE  -      any
LINES       +IP ERROR:    -               CODE          -     0      any    NONE  -      any  # chapter 3
LINES       +CIPERROR:    -               CODE          -     0      any    NONE  -      any  # chapter 4
LINES       +NETOPEN:     -               UP            -     0      0      NONE  -      any  # 2.1
LINES       +NETCLOSE:    -               DOWN          -     0      any    NONE  -      any  # 2.2
LINES       +CDNSGIP:     1,              ADDRESS       -     1      any    NONE  -      any  # 2.17
LINES       +CDNSGIP:     0,              CODE          -     0      any    NONE  -      any
LINES       +CIPEVENT:    NETWORK CLOSED  NETWORK_LOST  -     -      any    NONE  -      any  # 5
LINES       +CLIENT:      -               INCOMING      0     1      any    NONE  2      3  # 2.14
LINES       CONNECT FAIL  -               ERROR         -     -      any    WORD  -      any  # 2.3
LINES       CONNECT       -               CONNECT       -     -      any    NONE  -      any
LINES       +CIPCLOSE:    -               NOISE         0     -      any    NONE  -      2  # 2.2: NETCLOSE tells each link
LINES       CLOSED        -               NOISE         -     -      any    WORD  -      any  # 2.6
LINES       *ATREADY:     -               RESTARTED     -     -      any    NONE  -      any
PUSH_LINES  RECV FROM:    -               SENDER        -     -      any    NONE  -      any  # 2.9
PUSH_LINES  +RECV FROM:   -               SENDER        -     -      any    NONE  -      any  # 1.2
PUSH_LINES  RCV FROM:     -               SENDER        -     -      any    NONE  -      any
PUSH_LINES  +RECEIVE,     -               PUSH          0     1      any    RAW   -      2  # 2.13 HeaderType 1
PUSH_LINES  +IPD          -               PUSH          -     0      any    RAW   -      1  # 2.8
DATA_LINES  CONNECT       -               INCOMING      -     -      any    NONE  -      any  # 6.4.1: behind +CLIENT

# ---- codes (chapter 4) as errno of the same meaning; the others are EIO
ERRNOS  2 ENETDOWN  6 EADDRINUSE  7 EADDRINUSE  8 EAGAIN  9 EISCONN  10 ETIMEDOUT  11 EHOSTUNREACH
FOREIGN_CODES  +CME ERROR:  +CMS ERROR:  +IP ERROR:  # lines whose numbers mean something else
"""
