"""Quectel BG96.  Sections: BG96 TCP/IP AT Commands Manual V1.0; how to read it: tables.py."""

# Deadlines: 60 s wherever the manual prints no other time (1.1); and 2 s of margin for the line.
TABLE = b"""
# ---- module
BASE             -
MODELS           BG96 BG95 BG77
LINKS            0 12  # 2.1.4: the first id, how many
SERVERS          IN_LINKS  # 2.1.4
NO_PORT          0  # 2.1.4: the module chooses
DATA_LINK        -  # any
DATA_SETTING     -  # told when a connection is opened
REGISTRATION     AT+CEREG? AT+CREG? AT+CGREG?

# ---- context
SETUP            MAY  AT+QISDE=0  # 2.1.16: no echo of payload
SETUP            MAY  AT+QICFG="viewmode",0  # 2.1.15: header, CR LF, data
AUTHS            0 1 2 3  # 2.1.1
PDP_4            1  # 2.1.1
PDP_6            2
#                ms      need                 also        command
CONFIGURE        62000   OK                   -           AT+QICSGP=<context>,<type>,"<apn>","<user>","<password>",<auth>  # 2.1.1
CONFIGURE_USER   -  # in QICSGP
ACTIVATE         152000  OK                   -           AT+QIACT=<context>  # 2.1.2: 150 s
ACTIVATE_USER    152000  OK                   -           AT+QIACT=<context>
ACTIVATE_STORED  152000  OK                   -           AT+QIACT=<context>
DEACTIVATE       42000   OK                   -           AT+QIDEACT=<context>  # 2.1.3: 40 s
#                question     answer     context  state  address
STATE            AT+QIACT?    +QIACT:    0        1      3  # 2.1.2
ADDRESS_OF       -
DEACTIVATE_LOST  yes  # 2.2.5: QIDEACT even then
EIGHT_GROUPS     no

# ---- opening
OPEN_MS          152000  # 2.1.4: the URC comes within 150 s
PROTOCOLS        -  # by name in the command
#                ms      need                 also        command
OPEN_TCP         62000   OK                   -           AT+QIOPEN=<context>,<link>,"TCP","<host>",<port>,<local>,<mode>  # 2.1.4
OPEN_UDP         62000   OK                   -           AT+QIOPEN=<context>,<link>,"UDP","<host>",<port>,<local>,<mode>
OPEN_TCP_SERVER  62000   OK                   -           AT+QIOPEN=<context>,<link>,"TCP LISTENER","127.0.0.1",0,<local>,<mode>
OPEN_UDP_ANY     62000   OK                   -           AT+QIOPEN=<context>,<link>,"UDP SERVICE","127.0.0.1",0,<local>,<mode>
DATA_TCP         152000  CONNECT              -           AT+QIOPEN=<context>,<link>,"TCP","<host>",<port>,<local>,<mode>  # mode 2: CONNECT
DATA_UDP         152000  CONNECT              -           AT+QIOPEN=<context>,<link>,"UDP","<host>",<port>,<local>,<mode>
RESUME           62000   CONNECT              -           AT+QISWTMD=<link>,2  # 2.1.10
RESUME_UDP       62000   CONNECT              -           AT+QISWTMD=<link>,2

# ---- transfer
#                ms      need                 also        command
CLOSE            12000   OK                   -           AT+QICLOSE=<link>  # 2.1.5: 10 s
SEND             62000   PROMPT SENT          REFUSED     AT+QISEND=<link>,<n>  # 2.1.7
SEND_TO          62000   PROMPT SENT          REFUSED     AT+QISEND=<link>,<n>,"<host>",<port>
SEND_HEX         62000   SENT                 REFUSED     AT+QISENDEX=<link>,"<payload>"  # 2.1.9
READ             62000   OK                   DATA EMPTY  AT+QIRD=<link>,<n>  # 2.1.8
READ_ANY         62000   OK                   DATA EMPTY  AT+QIRD=<link>  # UDP SERVICE

# ---- sockets
#                question      answer      form
STALE            AT+QISTATE?   +QISTATE:   BY_LINE  # 2.1.6
CLOSE_OPENING    yes  # 2.1.4, 2.1.5: an open without result is ended by QICLOSE
CLOSE_WHEN_GONE  yes  # 2.2.1: the state stays Closing
UDP_MOST         1460  # 2.1.7
STORE_MOST       0  # no such way
ROOM             -  # SEND FAIL says it
NOTHING_LEFT     -
AGAIN            -  # SEND FAIL says it
TELLS_COUNT      -
PUSH_BY_SENDER   no

# ---- access modes: 2.1.7-2.1.9; QISENDEX takes 512 digits, and no UDP SERVICE
#                   mode  group  setup  send      chunk  recv  read  lines      send_to  leave
ACCESS_BUFFER       0     1      TEXT   SEND      1460   READ  1500  RAW_LINES  SEND_TO  -
ACCESS_PUSH         1     1      TEXT   SEND      1460   -     1500  RAW_LINES  SEND_TO  -
ACCESS_HEX          0     2      HEX    SEND_HEX  256    READ  1500  HEX_LINES  -        -
ACCESS_TRANSPARENT  2     1      TEXT   SEND      1460   READ  1500  RAW_LINES  -        -
TEXT             MAY   AT+QICFG="dataformat",0,0  # 2.1.15; the default, and old firmware has no option
HEX              MUST  AT+QICFG="dataformat",1,1

# ---- data mode: chapter 1.2
GUARD_MS         1000  # silence before and after +++
DATA_ENDS        NO CARRIER  # what the module writes when the connection is lost
ESCAPED_READS    yes  # leaving data mode lands in buffer access: READ works
RESUME_WORDS     -  # CONNECT comes

# ---- lookups
#                ms      need                 also        command
RESOLVE          62000   OK RESOLVED ADDRESS  -           AT+QIDNSGIP=<context>,"<host>"  # 2.1.14
RESOLVE_6        -
WHY              62000   OK REASON            -           AT+QIGETERROR  # 2.1.17
WHY_OF           AT+QI  # what it tells about

# ---- services
#                ms      need                 also        command
PING             62000   OK                   -           AT+QPING=<context>,"<host>",<seconds>,<count>  # 2.1.11
PING_6           -  # as for IPv4
PING_MOST        10 32 255000  # count, size (not settable), time
#                of a reply: name  status  good  address  time
PING_REPLY       +QPING:           0       0     1        3  # a line per reply, then the summary
#                of the end: name  field  values
PING_END         +QPING:           6      any
PING_FATAL       552 561 564 565 570 572 573
NTP              127000  OK                   -           AT+QNTP=<context>,"<host>",<port>  # 2.1.12: 125 s
NTP_6            -
#                answer   status  good  time
NTP_LINE         +QNTP:   0       0     1
UNACKED          62000   OK                   -           AT+QISEND=<link>,0  # 2.1.7: query
#                answer     sent  count
UNACKED_LINE     +QISEND:   -     2  # total, acknowledged, unacknowledged
KEEPALIVE        -  # not in the manual
KEEPALIVE_OFF    -

# ---- lines
#          name          form               event         link  value  good  kind      extra  fields
LINES      SEND OK       -                  SENT          -     -      any   WORD      -      any  # 2.1.7
LINES      SEND FAIL     -                  SENT REFUSED  -     -      any   WORD      -      any
LINES      CONNECT       -                  CONNECT       -     -      any   NONE      -      any  # 2.1.4, 2.1.10
LINES      +QIURC:       "recv",            READY         0     -      any   NONE      -      any  # 2.2.2
LINES      +QIURC:       "closed",          GONE          0     -      any   NONE      -      any  # 2.2.1
LINES      +QIOPEN:      -                  OPENED        0     1      0     NONE      -      2  # 2.1.4
LINES      +QIURC:       "incoming",        INCOMING      0     1      any   NONE      2      4  # 2.2.4
LINES      +QIURC:       "incoming full"    INCOMING_FULL  -    -      any   NONE      -      any  # 2.2.3
LINES      +QIURC:       "pdpdeact",        NETWORK_LOST  -     0      mine  NONE      -      any  # 2.2.5
LINES      +QIURC:       "dnsgip","         ADDRESS       -     0      any   NONE      -      any  # 2.1.14: an address
LINES      +QIURC:       "dnsgip",          RESOLVED      -     0      0     NONE      1      any  # its header
LINES      +QIGETERROR:  -                  REASON        -     0      any   NONE      -      any  # 2.1.17
RAW_LINES  +QIRD:        -                  DATA          -     0      any   RAW       -      1  # 2.1.8
RAW_LINES  +QIRD:        -                  DATA          -     0      any   RAW_FROM  1      3  # UDP SERVICE; 3 numbers: a query
RAW_LINES  +QIURC:       "recv",            PUSH          0     1      any   RAW       -      2  # 2.2.2 direct push
RAW_LINES  +QIURC:       "recv",            PUSH          0     1      any   RAW_FROM  2      4  # UDP SERVICE
# Whether the length counts bytes or digits is not stated: the digits are taken up to the line's end.
HEX_LINES  +QIRD:        -                  DATA          -     0      any   HEX       -      1
HEX_LINES  +QIRD:        -                  DATA          -     0      any   HEX_FROM  1      3
HEX_LINES  +QIURC:       "recv",            PUSH          0     1      any   HEX       -      2
HEX_LINES  +QIURC:       "recv",            PUSH          0     1      any   HEX_FROM  2      4

# ---- codes (chapter 4) as errno of the same meaning; the others are EIO
ERRNOS  551 EAGAIN  553 EAGAIN  556 EADDRINUSE  561 ENETDOWN  563 EADDRINUSE  564 EAGAIN  565 EHOSTUNREACH  566 ECONNREFUSED
ERRNOS  567 ECONNRESET  568 EAGAIN  569 ETIMEDOUT  570 ENETDOWN  574 EADDRINUSE
FOREIGN_CODES  -  # lines whose numbers mean something else
"""
