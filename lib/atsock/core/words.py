"""Numbers that the driver's files share, each written once.

Dialects and files off the data path import them by name.  Files on the data path repeat them as `_NAME = const(n)`,
which MicroPython compiles into the code; tests/host/test_state_numbers.py compares those with this list.
"""

# -- events of the dialects' rows: bits
# A command waits for these.
OK = 1 << 0
OK2 = 1 << 1  # the second OK of a command that has two
PROMPT = 1 << 2  # ">"
SENT = 1 << 3  # payload taken; aux: free space left for the next; where CONFIRMED may come, how much was asked for
REFUSED = 1 << 4  # payload not taken, the connection is still up: try again later
DATA = 1 << 5  # counted payload
EMPTY = 1 << 6  # nothing to read
CLOSED = 1 << 7
UP = 1 << 8  # context or network service
DOWN = 1 << 9
ADDRESS = 1 << 10  # a resolved one; value: its position
RESOLVED = 1 << 11  # result of a lookup; aux: how many ADDRESS lines follow
STORED = 1 << 12  # payload accepted into a buffer that is pushed later
CONNECT = 1 << 13  # data mode begins
REASON = 1 << 14  # code of the ERROR before; value: its position
ERROR = 1 << 15  # final result code, failed; value: the code
CODE = 1 << 16  # code of the ERROR that follows
PUSHED = 1 << 17  # a buffer went out; nobody needs to wait for it
# These are unsolicited (URC).
READY = 1 << 18  # data waits in the module
PUSH = 1 << 19  # payload follows
# connection closed by peer or network; nothing happened when `value` is `ok`; aux: why, 2 and more are failures
PEER_CLOSED = 1 << 20
OPENED = 1 << 21  # result of an open; aux: address of the peer that connected
INCOMING = 1 << 22  # a server accepted `link`; value: server id; aux: peer's address, None: it has the port now
# SENT, told later: `value` bytes of the `aux` that were taken went out.  As `optional` of a template: that is possible.
CONFIRMED = 1 << 23
FLOW_OFF = 1 << 24
FLOW_ON = 1 << 25
NETWORK_LOST = 1 << 26
RESTARTED = 1 << 27
SENDER = 1 << 28  # address of whoever sent the payload that follows
NOISE = 1 << 29  # known and meaningless

# -- kinds of payload behind a line
NONE = 0
RAW = 1  # `value` bytes after the line's CR LF
INLINE = 2  # after the comma that ends the header
HEX = 3  # hexadecimal digits on the next line
INLINE_HEX = 4  # hexadecimal digits up to the line's end
WORD = 5  # none, and the name is the whole line
RAW_FROM = 6  # _FROM: likewise, and the header tells the sender
INLINE_FROM = 7
HEX_FROM = 8
INLINE_HEX_FROM = 9

# -- column `ok` of a row: a number up to 251, or
ANY = 255
ASKED = 254  # the length that the command asked for
OWN_CONTEXT = 253  # the context in use
NEVER = 252
MISSING = -(1 << 28)  # where a line has no number

# -- steps of a setup
MUST = True  # the operation fails when the module refuses it
MAY = False  # an older firmware does not know it, or it is the default

# -- Link.state
FREE = 0  # the module knows nothing of this id
OPENING = 1  # asked for, result open
OPEN = 2
LISTENING = 3
GONE = 4  # closed by peer or network; what the module still holds can be read
DEAD = 5  # unusable, `errno` says why; the module may still hold the id

# -- Link.rx_pending: does data wait in the module?
NO = 0
MAYBE = 1  # the last read was short: ask once more before waiting for a notice
YES = 2

# -- what Tokenizer.next() returns
NOTHING = 0  # the window is used up
LINE = 1  # line[:n] is a line
PROMPT_TOKEN = 2
END = 4  # the payload is complete; `taken` bytes of it came
FULL = 5  # payload waits in the window, its ring has no room

# -- Engine.state
IDLE = 0
BUSY = 1  # a command is in flight
TIMED_OUT = 2  # its time is over, its answer may still come (resync.py)
DATA_MODE = 3  # the port belongs to one connection
RESTING = 4  # nothing is sent for a moment

# -- what a step of a transfer returns for "wait, and call again": -EAGAIN of Linux, whatever this platform's number is
AGAIN = -11

# -- Table.SERVERS: how a module numbers its TCP servers
IN_LINKS = 0  # a server takes a connection id
APART = 1  # servers have numbers of their own
BECOMES = 2  # the listening id becomes the connection

# -- Table.OPEN_IDS: how a module lists its open connections
BY_LINE = 0  # a line each, the id is the first field
BY_ID = 1  # the fields are the ids
BY_FLAG = 2  # the fields are 1 or 0, in order of the ids
