"""Packs the rows of a dialect table for the engine.  Loaded for the moment.

A packed row, for match() of fast.py: its length, event, second event, link, value, good, kind, extra, fields, length of name, of
form, name, form; 255 stands for what is absent or may be anything.  Rows follow each other, a 0 is behind the last.
"""

from .fast import const
from .settings import split
from .tables import EVENTS, Table, index

KINDS = b" NONE RAW INLINE HEX INLINE_HEX WORD RAW_FROM INLINE_FROM HEX_FROM INLINE_HEX_FROM "
GOODS = b" bad mine asked any "  # from 252 on; a position that is absent and "any" are 255, too

# Rows of every module (V.250, 3GPP TS 27.007 9.1, 27.005 3.2.5; boot words: see the hardware manuals), and beginnings of
# lines that mean nothing and are no command's answer: calls, boot words, the network's time.
FIRST = (
    b"FIRST  OK                 -  OK         -  -  any  WORD  -  any",
)
LAST = (
    b"LAST   ERROR              -  ERROR      -  -  any  WORD  -  any",
    b"LAST   +CME ERROR:        -  ERROR      -  0  any  NONE  -  any",
    b"LAST   +CMS ERROR:        -  ERROR      -  0  any  NONE  -  any",
    b"LAST   NO CARRIER         -  ERROR      -  -  any  WORD  -  any",
    b"LAST   RDY                -  RESTARTED  -  -  any  WORD  -  any",
    b"LAST   POWERED DOWN       -  RESTARTED  -  -  any  WORD  -  any",
    b"LAST   NORMAL POWER DOWN  -  RESTARTED  -  -  any  WORD  -  any",
    b"LAST   RING               -  NOISE      -  -  any  NONE  -  any",
    b"LAST   APP RDY            -  NOISE      -  -  any  NONE  -  any",
    b"LAST   SMS                -  NOISE      -  -  any  NONE  -  any",
    b"LAST   PB DONE            -  NOISE      -  -  any  NONE  -  any",
    b"LAST   Call Ready         -  NOISE      -  -  any  NONE  -  any",
    b"LAST   DST:               -  NOISE      -  -  any  NONE  -  any",
)
_ANY = const(255)
_MOST = const(1000)  # bytes of all rows of an access mode and the 0 behind them; a test holds it against the tables


def use(engine, name, access):
    """Let the engine read lines as this dialect tells them in this access mode; None: as every module does."""
    if name is None:
        engine.rows = common()
        return
    table = Table(name, engine.context)
    engine.dialect = name
    engine.access = access
    engine.rows = rows(table, access)
    engine.tokens.in_line = headers(engine.rows)
    engine.why = table.command(b"WHY")
    for name, key in (("again_code", b"AGAIN"), ("nothing_left", b"NOTHING_LEFT")):
        if table.word(key):
            setattr(engine, name, table.number(key))
    engine.closes = table.command(b"CLOSE")
    engine.closes_gone = table.yes(b"CLOSE_WHEN_GONE")


def rows(table, name):
    """The rows of an access mode, in the order in which they are tried."""
    packed = bytearray(_MOST)
    # OK first: it ends nearly every answer.
    at = _put(packed, 0, split(FIRST))
    key = table.access(name)[7]
    if key:
        at = _put(packed, at, table.all(key))
    at = _put(packed, at, table.all(b"LINES"))
    at = _put(packed, at, split(LAST))
    return bytes(memoryview(packed)[: at + 1])


def _put(packed, at, found):
    for row in found:
        row = row_of(row)
        packed[at : at + len(row)] = row
        at += len(row)
    return at


def common():
    """The rows of every module, for as long as the dialect is not known."""
    return b"".join([row_of(row) for row in split(FIRST + LAST)]) + b"\0"


def row_of(cells):
    """One row of a table, packed."""
    name, form, event, link, value, good, kind, extra, fields = cells
    event = [index(EVENTS, word) for word in event.split(b" ")]
    return pack(
        name, form, event[0], event[-1], _position(link), _position(value), _good(good), index(KINDS, kind),
        _position(extra), _position(fields),
    )  # fmt: skip


def pack(name, form, event, or_event, link, value, good, kind, extra, fields):
    """One row of numbers: event: its bit; 255 for what is absent or anything."""
    return bytes((11 + len(name) + len(form), event, or_event, link, value, good, kind, extra, fields, len(name), len(form))) + name + form


def name_of(rows, at):
    """The name of the packed row at rows[at:]."""
    return rows[at + 11 : at + 11 + rows[at + 9]]


def headers(rows):
    """The packed rows whose payload stands on their own line, as scan() of fast.py wants them."""
    inline = [index(KINDS, kind) for kind in (b"INLINE", b"INLINE_HEX", b"INLINE_FROM", b"INLINE_HEX_FROM")]
    found = b""
    at = 0
    while rows[at]:
        if rows[at + 6] in inline:
            name = name_of(rows, at)
            found += bytes((len(name),)) + name + bytes((rows[at + 8],))
        at += rows[at]
    return found + b"\0"


def _position(cell):
    return int(cell) if cell.isdigit() else _ANY


def _good(cell):
    return int(cell) if cell.isdigit() else 252 + index(GOODS, cell)
