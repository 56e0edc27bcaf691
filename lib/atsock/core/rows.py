"""The words of the dialect tables: rows that say what a line means, packed for match(); templates of commands, with
their values filled in; and the numbers that the driver's files share, each written once.

Dialects and files off the data path import the numbers by name.  Files on the data path repeat them as
`_NAME = const(n)`, which MicroPython compiles into the code; tests/host/test_state_numbers.py compares those with this
list.

A row of a dialect table (dialects/table.py) is (name, form, event, link, value, ok, kind, aux, fields):
    name      the line begins with it
    form      and this follows, after any blanks
    event     what the line means (a bit below); a row counts only while its event is wanted
    link      position of the connection id behind the form (0: the first field); None: that of the command in flight
    value     position of the number that matters
    ok        what that number must be: a number, ANY, ASKED, OWN_CONTEXT, NEVER
    kind      of the payload that follows the line
    aux       RAW, HEX, INLINE: position of what is left in the module; the _FROM kinds: of the sender's address, its
              port is the field behind; for other events see there
    fields    how many fields stand behind the form, or ANY
Packed: its length, event, second event, link, value, ok, kind, aux, fields, length of name, length of form, name, form;
255 stands for what is absent or may be anything.  Rows follow each other, a 0 is behind the last.

A template of a command is (text, timeout_ms, required, optional[, follow_up]): text with places in angle brackets;
the events that complete the command, in any order; events it accepts beside them; the template of the command that
follows at once when it succeeded.  <link>, <n> and <payload> are filled in when the command is sent (fill_in()), all
others by filled().
"""

from .movers import const

# -- events of the dialects' rows: bits
# A command waits for these.
OK = 1 << 0
OK2 = 1 << 1  # the second OK of a command that has two
PROMPT = 1 << 2  # ">"
SENT = 1 << 3  # payload taken; aux: free space left for the next
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
INCOMING = 1 << 22  # a server accepted `link`; value: server id; aux: peer's address, None: it has taken the line
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

_ABSENT = const(255)
_KIND = const(6)
_FIELDS = const(8)
_NAME_LENGTH = const(9)
_NAME = const(11)

# Rows of every module (V.250, 3GPP TS 27.007 9.1, 27.005 3.2.5; boot words: the hardware manuals), and beginnings of
# lines that mean nothing and are no command's answer: calls, boot words, the network's time.
# fmt: off
#    name                  form  event        link  value ok     kind    aux   fields
COMMON_FIRST = (
    (b"OK",                b"",  OK,        None, None, ANY, WORD, None, ANY),  # it ends nearly every answer
)
COMMON_LAST = (
    (b"ERROR",             b"",  ERROR,     None, None, ANY, WORD, None, ANY),
    (b"+CME ERROR:",       b"",  ERROR,     None, 0,    ANY, NONE, None, ANY),
    (b"+CMS ERROR:",       b"",  ERROR,     None, 0,    ANY, NONE, None, ANY),
    (b"NO CARRIER",        b"",  ERROR,     None, None, ANY, WORD, None, ANY),
    (b"RDY",               b"",  RESTARTED, None, None, ANY, WORD, None, ANY),
    (b"POWERED DOWN",      b"",  RESTARTED, None, None, ANY, WORD, None, ANY),
    (b"NORMAL POWER DOWN", b"",  RESTARTED, None, None, ANY, WORD, None, ANY),
    (b"RING",              b"",  NOISE,     None, None, ANY, NONE, None, ANY),
    (b"APP RDY",           b"",  NOISE,     None, None, ANY, NONE, None, ANY),
    (b"SMS",               b"",  NOISE,     None, None, ANY, NONE, None, ANY),
    (b"PB DONE",           b"",  NOISE,     None, None, ANY, NONE, None, ANY),
    (b"Call Ready",        b"",  NOISE,     None, None, ANY, NONE, None, ANY),
    (b"DST:",              b"",  NOISE,     None, None, ANY, NONE, None, ANY),
)
# fmt: on

_INLINE = (INLINE, INLINE_HEX, INLINE_FROM, INLINE_HEX_FROM)


def pack(rows):
    """All these rows, packed, with the common ones before and behind them, in the order in which they are tried."""
    return b"".join([pack_row(*row) for part in (COMMON_FIRST, rows, COMMON_LAST) for row in part]) + b"\0"


def pack_row(name, form, event, link, value, ok, kind, aux, fields):
    """One row, packed."""
    first, last = _bits(event)
    numbers = [_ABSENT if number is None else number for number in (link, value, ok, kind, aux, fields)]
    length = _NAME + len(name) + len(form)
    return bytes([length, first, last] + numbers + [len(name), len(form)]) + name + form


def _bits(event):
    # The numbers of the lowest and the highest bit.
    first = 0
    while not event >> first & 1:
        first += 1
    last = first
    while event >> last > 1:
        last += 1
    return first, last


def name_at(rows, pos):
    """The name of the packed row at rows[pos:]."""
    return rows[pos + _NAME : pos + _NAME + rows[pos + _NAME_LENGTH]]


def beginnings_of(rows, events):
    """How the lines begin that the packed rows with one of these events (their numbers) mean, each once.

    Between the name and the form may be a blank or none.
    """
    found: "tuple[bytes, ...]" = ()
    pos = 0
    while rows[pos]:
        if rows[pos + 1] in events:
            name = name_at(rows, pos)
            form = rows[pos + _NAME + len(name) : pos + rows[pos]]
            for begin in (name + form, name + b" " + form) if form else (name,):
                if begin not in found:
                    found += (begin,)
        pos += rows[pos]
    return found


def headers(rows):
    """The packed rows whose payload stands on their own line, as scan() wants them."""
    found = b""
    pos = 0
    while rows[pos]:
        if rows[pos + _KIND] in _INLINE:
            name = name_at(rows, pos)
            found += bytes((len(name),)) + name + bytes((rows[pos + _FIELDS],))
        pos += rows[pos]
    return found + b"\0"


_SENT_PLACES = {b"link": b"\1", b"n": b"\2", b"payload": b"\4"}  # for fill_in()


def filled(template, context, values):
    """The template with its values (bytes or int, by the name of their place) filled in; context: PDP context id.

    In one go, so that nothing that stands in a value is taken for a place.  None for None.  Allocates.
    """
    if template is None:
        return None
    parts = template[0].split(b"<")
    text = parts[0]
    for part in parts[1:]:
        place, rest = part.split(b">")
        if place == b"context":
            value = context
        elif place.decode() in values:
            value = values[place.decode()]
        else:
            value = _SENT_PLACES[place]
        text += (b"%d" % value if isinstance(value, int) else value) + rest
    whole = (text,) + template[1:4]
    return whole + (filled(template[4], context, values),) if len(template) > 4 else whole
