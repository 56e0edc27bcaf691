"""The vocabulary of the dialect tables: events, payload kinds, command pieces, and the rows every module shares.

A dialect is a module of constants written in these words (see dialects/bg96.py for the columns side by
side).  The engine reads the tables and knows no vendor word.

A *verb* says how to ask:     (pieces, deadline_ms, need, also[, then])
    pieces   bytes go out as they are, numbers are fields: LINK, N, CONTEXT, ARG + i (see Command.args)
    need     the events that complete it, in any order
    also     events it accepts beside them
    then     the verb that follows at once when it succeeded
A *row* says what a line means:  (name, form, event, link, value, good, kind, extra, fields)
    name     the line begins with it
    form     and this follows, after any blanks
    event    one word of the lists below; a row counts only while its event is wanted
    link     position of the connection id behind the form (0 = first field); X: the link of the command in flight
    value    position of the number that matters; X: none
    good     what that number must be; ANY: whatever it is; ASKED: the length the command asked for
    kind     NONE, or the payload that follows the line
    extra    RAW, HEX, INLINE: position of what is left in the module, X: not told
             the _FROM kinds: position of the sender's address, its port is the field behind it
             other events: see their list below
    fields   how many fields stand behind the form; ANY: whatever
"""

X = -1  # absent
ANY = -2  # not checked
ASKED = -3  # good: equal to the N that the command asked for
MINE = -4  # good: equal to the PDP context id in use
BAD = -5  # good: never, the line itself tells a failure

# Command pieces.
LINK = 1  # connection id
N = 2  # byte count
CONTEXT = 3  # PDP context id
PAYLOAD = 4  # the payload itself in hexadecimal digits
ARG = 8  # ARG + i: args[i] of the command
HOST = ARG  # of the open verbs: name or address, without quotes
PORT = ARG + 1
MODE = ARG + 2  # of the access mode, see ACCESS below
LOCAL = ARG + 3  # local port
PROTOCOL = ARG + 4  # as PROTOCOLS of the dialect says

# Of the verbs that bring up a context.
APN = ARG
USER = ARG + 1
PASSWORD = ARG + 2
AUTH = ARG + 3  # 0 none, 1 PAP, 2 CHAP, 3 either
PDP_TYPE = ARG + 4  # as PDP_TYPES of the dialect says
IP_FAMILY = ARG + 5  # 1: IPv4, 6: IPv6

TLS = 4  # key of PROTOCOLS only: a TCP client with the module's own TLS
OPEN_NAMES = ("TCP", "connected UDP", "TCP server", "unconnected UDP")

# Rows of SETUP and A_SETUP are (command, MUST or MAY): what happens when the module refuses it.
MUST = 1  # the operation fails
MAY = 0  # nothing: an older firmware does not know it, or it is the default

# What an open verb opens (keys of OPEN).
TCP = 0
UDP = 1  # one peer
TCP_SERVER = 2
UDP_ANY = 3  # unconnected

# How the module lists its open connections (STALE = command, answer, one of these).
BY_LINE = 0  # a line each, the id is the first field
BY_ID = 1  # the fields are ids
BY_FLAG = 2  # the fields are 1 or 0, in order of the ids

# An access mode is a tuple (ACCESS["buffer"], ...) of
A_MODE = 0  # the number for MODE
A_GROUP = 1  # sockets of different groups cannot be open together
A_SETUP = 2  # commands that switch the module to it, as in SETUP
A_SEND = 3  # verb
A_CHUNK = 4  # bytes per send at most
A_RECV = 5  # verb, None: the module pushes
A_READ = 6  # bytes per read at most
A_LINES = 7  # rows valid in this mode only
A_SEND_TO = 8  # verb for a datagram to any address, None: there is no way
A_LEAVE = 9  # commands that switch the module back, as in SETUP, before another group is set up

# How a module numbers its TCP servers (SERVERS).
IN_LINKS = 0  # a server takes a connection id
APART = 1  # servers have numbers of their own
BECOMES = 2  # the listening id becomes the connection

# Payload kinds.
NONE = 0
RAW = 1  # `value` bytes after the line's CR LF
INLINE = 2  # `value` bytes after the comma that ends the header
HEX = 3  # hexadecimal digits on the next line
INLINE_HEX = 4  # hexadecimal digits up to the line's end
WORD = 5  # no payload, and the name is the whole line
RAW_FROM = 6  # as RAW, INLINE, ... and the header tells the sender
INLINE_FROM = 7
HEX_FROM = 8
INLINE_HEX_FROM = 9

# Events a command can wait for (need, also).
OK = 1 << 0
OK2 = 1 << 1  # the second OK of a command that has two
PROMPT = 1 << 2  # '>'
SENT = 1 << 3  # payload taken; extra: free space left for the next
REFUSED = 1 << 4  # payload not taken, connection still up: try again later
DATA = 1 << 5  # counted payload of a read
EMPTY = 1 << 6  # nothing to read
CLOSED = 1 << 7
UP = 1 << 8  # context or network service is up
DOWN = 1 << 9
ADDRESS = 1 << 10  # a resolved address; value: its position
RESOLVED = 1 << 11  # outcome of a lookup; extra: how many ADDRESS lines follow
STORED = 1 << 12  # payload accepted into a buffer that is pushed later
CONNECT = 1 << 13  # data mode begins
REASON = 1 << 14  # the code of the error before; value: its position
ERROR = 1 << 15  # final result, failed; value: the code
CODE = 1 << 16  # the code of the ERROR that follows; value: its position
PUSHED = 1 << 17  # a buffer went out; nobody needs to wait for it

# Events that come unasked.
READY = 1 << 18  # data waits in the module
PUSH = 1 << 19  # payload follows
GONE = 1 << 20  # connection closed by peer or network; nothing happened when `value` is `good`
OPENED = 1 << 21  # outcome of an open; extra: address of the peer that connected
INCOMING = 1 << 22  # a server accepted `link`; value: server id; extra: peer's address, X: it has taken the line (data mode)
INCOMING_FULL = 1 << 23
FLOW_OFF = 1 << 24
FLOW_ON = 1 << 25
NETWORK_LOST = 1 << 26
RESTARTED = 1 << 27
SENDER = 1 << 28  # address of whoever sent the payload that follows
NOISE = 1 << 29  # known and meaningless

UNASKED = READY | PUSH | GONE | OPENED | INCOMING | INCOMING_FULL | FLOW_OFF | FLOW_ON | NETWORK_LOST | RESTARTED | SENDER | NOISE

# Rows of every module (V.250, 3GPP TS 27.007 9.1, 27.005 3.2.5; boot words: see the hardware manuals).
#         name              form  event      link value good kind  extra fields
COMMON = (
    (b"OK",                 b"",  OK,        X,   X,    ANY, WORD, X,    ANY),
    (b"ERROR",              b"",  ERROR,     X,   X,    ANY, WORD, X,    ANY),
    (b"+CME ERROR:",        b"",  ERROR,     X,   0,    ANY, NONE, X,    ANY),
    (b"+CMS ERROR:",        b"",  ERROR,     X,   0,    ANY, NONE, X,    ANY),
    (b"NO CARRIER",         b"",  ERROR,     X,   X,    ANY, WORD, X,    ANY),
    (b"RDY",                b"",  RESTARTED, X,   X,    ANY, WORD, X,    ANY),
    (b"POWERED DOWN",       b"",  RESTARTED, X,   X,    ANY, WORD, X,    ANY),
    (b"NORMAL POWER DOWN",  b"",  RESTARTED, X,   X,    ANY, WORD, X,    ANY),
)  # fmt: skip

# Beginnings of lines that mean nothing and are no command's answer: calls, boot words, the network's time.
CHATTER = (b"RING", b"APP RDY", b"SMS ", b"PB DONE", b"Call Ready", b"DST: ")
# Names begin with one of these; a line of another name than the command's is none of its answer.
NAMES = b"+*^%"

# A question whose answer no other command gives: brings both sides into step after a timeout.
SYNC = ((b"AT+CSQ",), 2000, OK, 0)
SYNC_ANSWER = b"+CSQ:"
