"""Reads the dialect tables.  Loaded for the moment, like the tables themselves.

A dialect is one text (dialects/NAME.py): lines of `KEY  cell  cell ...`, cells apart by two blanks or more, "-" for none,
" # " before the source in the manual.  What it has not stands in the dialect that it is based on (BASE).

A command     KEY  ms  need  also  command  then
    ms        how long its answer may take
    need      the events that complete it, in any order
    also      events it accepts beside them
    command   <link>, <n> and <payload> are filled in when it is sent, the others (<host>, <port>, ...) by Table.command()
    then      KEY of the command that follows at once when it succeeded
A row, what a line means     KEY  name  form  event  link  value  good  kind  extra  fields
    name      the line begins with it
    form      and this follows, after any blanks
    event     a row counts only while its event is wanted
    link      position of the connection id behind the form (0: the first field); -: the link of the command in flight
    value     position of the number that matters
    good      what that number must be; any; asked: the length the command asked for; mine: the context in use; bad: never
    kind      the payload that follows the line
    extra     RAW, HEX, INLINE: position of what is left in the module; the _FROM kinds: of the sender's address, its port
              is the field behind; for other events see below
    fields    how many fields stand behind the form
A setting     KEY  cells, some of them lists of words apart by one blank
A step        KEY  MUST or MAY  command: MUST: the operation fails when the module refuses it; MAY: an older firmware does not
              know it, or it is the default.  The command is a line or the KEY of one.

Events that a command waits for
    OK                          OK2        the second OK of a command that has two
    PROMPT    ">"               SENT       payload taken; extra: free space left for the next
    REFUSED   payload not taken, connection still up: try again later
    DATA      counted payload   EMPTY      nothing to read
    UP, DOWN  context or network service   CLOSED
    ADDRESS   a resolved one; value: its position
    RESOLVED  outcome of a lookup; extra: how many ADDRESS lines follow
    STORED    payload accepted into a buffer that is pushed later
    CONNECT   data mode begins
    ERROR     final result, failed; value: the code
    CODE      the code of the ERROR that follows; REASON: of the one before; value: its position
    PUSHED    a buffer went out; nobody needs to wait for it
Events that come unasked
    READY     data waits in the module
    PUSH      payload follows   SENDER     address of whoever sent the payload that follows
    GONE      connection closed by peer or network; nothing happened when `value` is `good`
    OPENED    outcome of an open; extra: address of the peer that connected
    INCOMING  a server accepted `link`; value: server id; extra: peer's address, -: it has taken the line (data mode)
    INCOMING_FULL, FLOW_OFF, FLOW_ON, NETWORK_LOST, RESTARTED
    NOISE     known and meaningless
Kinds of payload
    NONE      and WORD: none, and the name is the whole line
    RAW       `value` bytes after the line's CR LF;  INLINE: after the comma that ends the header
    HEX       hexadecimal digits on the next line;   INLINE_HEX: up to the line's end
    _FROM     likewise, and the header tells the sender

The engine gets rows packed (packing.py), and commands as (text, ms, need, also[, then]), the text with a control character
where something is filled in.
"""

from . import settings
from .settings import Settings

# In order of their bits.
EVENTS = (
    b" OK OK2 PROMPT SENT REFUSED DATA EMPTY CLOSED UP DOWN ADDRESS RESOLVED STORED CONNECT REASON ERROR CODE PUSHED"
    b" READY PUSH GONE OPENED INCOMING INCOMING_FULL FLOW_OFF FLOW_ON NETWORK_LOST RESTARTED SENDER NOISE "
)
FILLED_IN = b" link n context payload "  # from 1 on


def look(modem, method, key):
    """One thing that the table of the modem's dialect says: Table.method(key).  The table is not kept."""
    return getattr(of(modem), method)(key)


def of(modem):
    """The Table of the modem's dialect, None as long as it is not known.  Allocates."""
    return settings.of(modem, Table)


class Table(Settings):
    """One dialect with its commands."""

    def command(self, key, **values):
        """(text, ms, need, also[, then]) of a command, with the values (bytes or int) in their places; None when it is absent."""
        found = self.commands(key, **values)
        return found[0] if found else None

    def commands(self, key, **values):
        """All commands of this key."""
        return [self._command(cells, values) for cells in self.all(key) if cells[0]]

    def _command(self, cells, values):
        verb = (self._filled(cells[3], values), int(cells[0]), events(cells[1]), events(cells[2]))
        return verb + (self.command(cells[4], **values),) if len(cells) > 4 else verb

    def _filled(self, text, values):
        # In one go, so that nothing that stands in a value is taken for a place.
        parts = text.split(b"<")
        out = parts[0]
        for part in parts[1:]:
            place, rest = part.split(b">")
            name = place.decode()
            if place == b"context":
                value = self.context
            else:
                value = values[name] if name in values else bytes((index(FILLED_IN, place) + 1,))
            out += (b"%d" % value if isinstance(value, int) else value) + rest
        return out

    def steps(self, key):
        """[(command as a line, or (text, ms, ...), must)] of a setup."""
        found = []
        for must, *line in self.all(key):
            if line:
                line = line[0]
                found.append((line if line.startswith(b"AT") else self.command(line), must == b"MUST"))
        return found

    def socket(self, name):
        """What a socket needs of an access mode: (send, chunk, recv, read)."""
        cells = self.access(name)
        return self.command(cells[3]), int(cells[4]), self.command(cells[5]) if cells[5] else None, int(cells[6])


def events(cell):
    """The events that a cell names, as a sum of their bits."""
    bits = 0
    for word in cell.split(b" "):
        if word:
            bits |= 1 << index(EVENTS, word)
    return bits


def index(words, word):
    at = words.find(b" " + word + b" ")
    if at < 0:
        raise ValueError("not a word of the tables: %r" % word)
    return words[:at].count(b" ")
