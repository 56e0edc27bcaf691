"""Rows that say what a line means, packed for match(); and templates of commands with their values filled in.

A row of a dialect table (dialects/table.py) is (name, form, event, link, value, ok, kind, aux, fields):
    name      the line begins with it
    form      and this follows, after any blanks
    event     what the line means (words.py); a row counts only while its event is wanted
    link      position of the connection id behind the form (0: the first field); None: that of the command in flight
    value     position of the number that matters
    ok        what that number must be: a number, ANY, ASKED, OWN_CONTEXT, NEVER
    kind      of the payload that follows the line
    aux       RAW, HEX, INLINE: position of what is left in the module; the _FROM kinds: of the sender's address, its
              port is the field behind; for other events see words.py
    fields    how many fields stand behind the form, or ANY
Packed: its length, event, second event, link, value, ok, kind, aux, fields, length of name, length of form, name, form;
255 stands for what is absent or may be anything.  Rows follow each other, a 0 is behind the last.

A template of a command is (text, timeout_ms, required, optional[, follow_up]): text with places in angle brackets;
the events that complete the command, in any order; events it accepts beside them; the template of the command that
follows at once when it succeeded.  <link>, <n> and <payload> are filled in when the command is sent (fill_in()), all
others by filled().
"""

from . import words as w
from .movers import const

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
    (b"OK",                b"",  w.OK,        None, None, w.ANY, w.WORD, None, w.ANY),  # it ends nearly every answer
)
COMMON_LAST = (
    (b"ERROR",             b"",  w.ERROR,     None, None, w.ANY, w.WORD, None, w.ANY),
    (b"+CME ERROR:",       b"",  w.ERROR,     None, 0,    w.ANY, w.NONE, None, w.ANY),
    (b"+CMS ERROR:",       b"",  w.ERROR,     None, 0,    w.ANY, w.NONE, None, w.ANY),
    (b"NO CARRIER",        b"",  w.ERROR,     None, None, w.ANY, w.WORD, None, w.ANY),
    (b"RDY",               b"",  w.RESTARTED, None, None, w.ANY, w.WORD, None, w.ANY),
    (b"POWERED DOWN",      b"",  w.RESTARTED, None, None, w.ANY, w.WORD, None, w.ANY),
    (b"NORMAL POWER DOWN", b"",  w.RESTARTED, None, None, w.ANY, w.WORD, None, w.ANY),
    (b"RING",              b"",  w.NOISE,     None, None, w.ANY, w.NONE, None, w.ANY),
    (b"MISSED_CALL:",      b"",  w.NOISE,     None, None, w.ANY, w.NONE, None, w.ANY),
    (b"APP RDY",           b"",  w.NOISE,     None, None, w.ANY, w.NONE, None, w.ANY),
    (b"SMS",               b"",  w.NOISE,     None, None, w.ANY, w.NONE, None, w.ANY),
    (b"PB DONE",           b"",  w.NOISE,     None, None, w.ANY, w.NONE, None, w.ANY),
    (b"Call Ready",        b"",  w.NOISE,     None, None, w.ANY, w.NONE, None, w.ANY),
    (b"DST:",              b"",  w.NOISE,     None, None, w.ANY, w.NONE, None, w.ANY),
)
# fmt: on

_INLINE = (w.INLINE, w.INLINE_HEX, w.INLINE_FROM, w.INLINE_HEX_FROM)


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
    """The beginnings of all lines whose packed row has one of these events (numbers of bits), each of them once.

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
