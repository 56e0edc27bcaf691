"""Fibocom NL668.  Sections: NL668 TCP&UDP AT manual; how to read it: tables.py."""

# Deadlines: 5 s where the manual prints < 1 s.
TABLE = b"""
# ---- module
BASE             -
MODELS           NL668
LINKS            1 6  # 1.1.2: the first id, how many
SERVERS          BECOMES  # 1.1.2: the listening socket becomes the connection
NO_PORT          -  # 1.1.2: an empty field, the module chooses
DATA_LINK        -  # any
DATA_SETTING     -  # told when a connection is opened
REGISTRATION     AT+CEREG? AT+CGREG? AT+CREG?

# ---- context
SETUP            -
AUTHS            0 1 2  # 1.1.1: no 3
PDP_4            1  # 1.1.1 <Operation>
#                ms      need           also         command  then
CONFIGURE        -  # the APN is an argument of MIPCALL
CONFIGURE_USER   -
ACTIVATE         32000   OK UP          -            AT+MIPCALL=<type>,"<apn>"  # 1.1.1: 30 s
ACTIVATE_USER    32000   OK UP          -            AT+MIPCALL=<type>,"<apn>","<user>","<password>",<auth>
ACTIVATE_STORED  32000   OK UP          -            AT+MIPCALL=1
DEACTIVATE       32000   OK DOWN        -            AT+MIPCALL=0
#                question      answer       context  state  address
STATE            AT+MIPCALL?   +MIPCALL:    -        0      1  # 1.1.1
ADDRESS_OF       -
DEACTIVATE_LOST  no
EIGHT_GROUPS     yes  # the L610 manual prints no shortened IPv6 address

# ---- opening
OPEN_MS          62000  # 1.1.2: returns in 60 s
#                family  TCP  UDP  TLS
PROTOCOLS        4       0    1    2  # 1.1.2
#                ms      need           also         command  then
OPEN_TCP         62000   OK             -            AT+MIPOPEN=<link>,<local>,"<host>",<port>,<protocol>  # 1.1.2
OPEN_UDP         62000   OK             -            AT+MIPOPEN=<link>,<local>,"<host>",<port>,<protocol>
OPEN_TCP_SERVER  62000   OK             -            AT+MIPOPEN=<link>,<local>,"<host>",0,<protocol>  # remote port 0 listens
DATA_TCP         62000   OK CONNECT     -            AT+MIPODM=<link>,<local>,"<host>",<port>,<protocol>  # 1.1.18
DATA_UDP         62000   OK CONNECT     -            AT+MIPODM=<link>,<local>,"<host>",<port>,<protocol>
RESUME           9000    OK             -            ATO
RESUME_UDP       9000    OK             -            ATO

# ---- transfer
#                ms      need           also         command  then
CLOSE            15000   OK CLOSED      -            AT+MIPCLOSE=<link>  # 1.1.3
SEND             17000   PROMPT OK OK2  SENT PUSHED  AT+MIPSEND=<link>,<n>  # 1.2.3: SENDTIME, 12 s by default, ends the input; older firmware leaves +MIPSEND out
SEND_HEX         5000    OK STORED      -            AT+MIPSEND=<link>,"<payload>"  PUSH_OUT  # 1.1.6
PUSH_OUT         5000    OK PUSHED      -            AT+MIPPUSH=<link>  # 1.1.7
SEND_TO          5000    OK STORED      -            AT+MIPSEND=<link>,"<payload>"  PUSH_TO  # to another peer than the opened one
PUSH_TO          5000    OK PUSHED      -            AT+MIPPUSH=<link>,"<host>",<port>  # 1.1.7
READ             5000    OK             DATA EMPTY   AT+MIPREAD=<link>,<n>  # 1.1.23
READ_ANY         -  # as connected ones

# ---- sockets
#                question       answer       form
STALE            AT+MIPCLOSE?   +MIPCLOSE:   BY_ID  # 1.1.3
CLOSE_OPENING    no  # 1.1.2, 1.1.3: the result of an open comes first
CLOSE_WHEN_GONE  yes  # 1.1.12
UDP_MOST         2048  # 1.2.3
STORE_MOST       1023  # 1.1.4: below 1024, by SEND_TO
ROOM             AT+MIPSEND?  +MIPSEND:  # 1.1.6 read: socket, free
NOTHING_LEFT     2  # +MIPPUSH status 2: it went out by itself (1.1.4)
AGAIN            1  # status 1: flowed off
TELLS_COUNT      -
PUSH_BY_SENDER   no

# ---- access modes: 1.1.4 (hex: < 1024), 1.1.18
#                   mode  group  setup   send      chunk  recv  read  lines       send_to  leave
ACCESS_BUFFER       0     1      BUFFER  SEND      2048   READ  2048  -           SEND_TO  -
ACCESS_PUSH         0     2      PUSH    SEND      2048   -     2048  PUSH_LINES  SEND_TO  -
ACCESS_HEX          0     3      HEX     SEND_HEX  1023   -     2048  HEX_LINES   SEND_TO  -
ACCESS_TRANSPARENT  0     4      BUFFER  SEND      2048   -     2048  -           -        -
BUFFER           MUST  AT+GTSET="IPRFMT",5  # 1.2.4; kept over power loss, so set each time
PUSH             MUST  AT+GTSET="IPRFMT",2
HEX              MUST  AT+GTSET="IPRFMT",0

# ---- data mode: 1.1.18, 3.9; guard times are not stated
GUARD_MS         1000
DATA_ENDS        NO CARRIER  +MIPSTAT:  +MIPCLOSE:
ESCAPED_READS    no
RESUME_WORDS     CONNECT  OK  +MIPODM:  # 1.1.24 of the L610 manual says nothing of an answer

# ---- lookups
#                ms      need           also         command  then
RESOLVE          62000   OK ADDRESS     -            AT+MIPDNS="<host>"  # 1.1.21
RESOLVE_6        -
WHY              -

# ---- services
#                ms      need           also         command  then
PING             76000   OK             -            AT+MPING=1,"<host>",<count>,<size>,64,0,<timeout>  # 1.1.15: TTL, TOS; ms
PING_6           -
PING_MOST        255 1372 255000  # count, size, time
#                of a reply: name  status  good   address  time
PING_REPLY       +MPING:           1       0 129  0        3
#                of the end: name  field  values
PING_END         +MPINGSTAT:       0      0 2
PING_FATAL       2  # +MPINGSTAT status 2: aborted
NTP              62000   OK             -            AT+MIPNTP="<host>",<port>  # 1.1.22
NTP_6            -
#                answer     status  good  time
NTP_LINE         +MIPNTP:   0       1     -
UNACKED          -  # +MIPSTAT: 0 does not say whether it counts per push or in all
KEEPALIVE        5000    OK             -            AT+MIPKEEPCONF=1,<idle>,<interval>,<count>  # 1.1.14: for all sockets, kept over power loss
KEEPALIVE_OFF    5000    OK             -            AT+MIPKEEPCONF=0
KEEPALIVE_MOST   1 36000 750 50  # s per unit; idle, interval, count

# ---- lines
#           name           form  event         link  value  good  kind             extra  fields
LINES       +MIPDATA:      -     DATA          0     1      any   RAW              -      2  # 1.1.23
LINES       +MIPREAD:      -     EMPTY         0     1      0     NONE             -      2  # while reading: nothing buffered
LINES       +MIPREAD:      -     READY         0     -      any   NONE             -      2  # 3.10
LINES       +MIPSEND:      -     SENT          0     1      0     NONE             2      3  # 1.2.3: socket, status, free
LINES       +MIPSEND:      -     STORED        0     1      0     NONE             2      3  # 1.1.6
LINES       +MIPODM:       -     CONNECT       0     1      1     NONE             -      any  # 1.1.18
LINES       +MIPPUSH:      -     PUSHED        0     1      0     NONE             -      any  # 1.1.7, 1.2.3
LINES       +MIPSTAT:      -     GONE          0     1      0     NONE             -      any  # 1.1.12: 0 acknowledges
LINES       +MIPOPEN:      -     OPENED        0     1      1     NONE             2      any  # 1.1.2: 1 active
LINES       +MIPCLOSE:     -     CLOSED        0     1      any   NONE             -      any  # 1.1.3
LINES       +MIPXOFF:      -     FLOW_OFF      0     -      any   NONE             -      any  # 1.1.19
LINES       +MIPXON:       -     FLOW_ON       0     -      any   NONE             -      any  # 1.1.20
LINES       +MIPCALL:      -     DOWN          -     0      any   NONE             -      any  # 1.1.1
LINES       +MIPCALL:      0     UP            -     -      bad   NONE             -      0  # establishing failed
LINES       +MIPCALL:      -     UP            -     -      any   NONE             -      any  # the address
LINES       +MIPCALL:      0     NETWORK_LOST  -     -      any   NONE             -      0  # unasked: the link is gone
LINES       +MIPDNS:       -     ADDRESS       -     1      any   NONE             -      any  # 1.1.21
LINES       +TCPIP ERROR:  -     ERROR         -     0      any   NONE             -      any
LINES       CONNECT        -     CONNECT       -     -      any   NONE             -      any
PUSH_LINES  +MIPRTCP:      -     PUSH          0     1      any   INLINE           -      2  # 1.1.10, IPRFMT 2
PUSH_LINES  +MIPRUDP:      -     PUSH          2     3      any   INLINE_FROM      0      4  # 1.1.9
HEX_LINES   +MIPRTCP:      -     PUSH          0     1      any   INLINE_HEX       -      2  # 1.1.10, IPRFMT 0: socket, left, digits
HEX_LINES   +MIPRUDP:      -     PUSH          2     3      any   INLINE_HEX_FROM  0      4

# ---- codes (chapter 2.3) as errno of the same meaning; the others are EIO
ERRNOS  2002 EHOSTUNREACH  2003 EADDRINUSE  2006 EMSGSIZE  2011 EADDRINUSE  2012 ECONNREFUSED  2017 EADDRINUSE
ERRNOS  2020 EMSGSIZE  2024 ENOTCONN  2030 ENETDOWN  2031 ENETDOWN  2032 ENETDOWN  2007 EAGAIN
FOREIGN_CODES  -  # lines whose numbers mean something else
"""
