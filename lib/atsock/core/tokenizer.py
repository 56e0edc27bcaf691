"""Turns window bytes into tokens: a line, a prompt, the end of a payload.

Owns the window (the last UART read), the line buffer and the payload counter.  Knows CR LF, '>' and counts; knows no
vendor word.  Fed by Engine.pump(), never waits, allocates nothing.

Rules
1. Payload is taken by count (or, in hexadecimal, up to the first byte that is no digit) and never looked at.
2. next() never reads ahead of its token: what the engine decides on a line (payload follows, say) holds from
   the very next byte.
3. The line buffer ends in NUL, so a prefix longer than the line cannot match what an older line left behind.
4. A line longer than the buffer is cut; nothing that arrives can make a buffer grow.
"""

from array import array

from .movers import const, token, unhex

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

# Tokenizer.kind: what the next byte belongs to
_LINES = const(0)
_PAYLOAD = const(1)
_DIGITS = const(2)  # payload as hexadecimal digits

# Tokenizer.position: next byte of the window, bytes in the window,
_POS = const(0)
_STOP = const(1)
_LENGTH = const(2)  # bytes of a line whose end has not come, and [3]: how many of it are kept at most
_LINE_MAX = const(320)  # the longest line that matters: a 254 character name and its address (+CDNSGIP)

_WINDOW = const(256)

# What next() returns (words.py)
_END = const(4)
_FULL = const(5)
# Payload that begins on the next line (words.py)
_ON_NEXT_LINE = (1, 3, 6, 8)  # RAW, HEX and their _FROM kinds
# What may stand behind payload: CR LF, CR CR LF, > CR, > blank, AT, at, RECV FROM, RCV FROM
_BEHIND = (0x0D0A, 0x0D0D, 0x3E0D, 0x3E20, 0x4154, 0x6174, 0x5245, 0x5243)


class Tokenizer:
    """line[:n] is the line; payload goes to `sink` (a Sink, None: nobody), `left` bytes of it are still to come.

    `taken` tells at END how many came; in hexadecimal 1 is left as long as digits come.  prompt: one is expected.
    """

    next = token  # (): the next token, see movers.py

    def __init__(self):
        self.window = bytearray(_WINDOW)
        self.line = bytearray(_LINE_MAX + 1)
        self.position = array("i", (0, 0, 0, _LINE_MAX))
        self.in_line = b"\0"  # headers whose payload stands on their own line, see movers.py
        self.n = 0
        self.digits = None  # Hexadecimal, made with the first such payload
        self.lines()

    def raw(self, sink, n):
        """The next n bytes are payload for `sink`; 0: everything is until lines() (data mode)."""
        self.sink = sink
        self.left = self.taken = n
        self.kind = _PAYLOAD

    def hex(self, sink, n=0):
        """Payload in hexadecimal digits follows for `sink`, on a line of its own when n is not 0."""
        if self.digits is None:
            self.digits = Hexadecimal()
        digits = self.digits
        digits.own_line = n > 0
        digits.nibble = digits.decoded = digits.behind = 0
        self.sink = sink
        self.left = 1
        self.taken = 0
        self.kind = _DIGITS

    def lines(self):
        """Back to lines, whatever was going on."""
        self.raw(None, 0)
        self.kind = _LINES
        self.prompt = False
        self.position[_LENGTH] = 0

    def put_back(self, data, n):
        """The first n bytes of data come once more, before the rest of the window, if it has room for them."""
        position = self.position
        rest = position[_STOP] - position[_POS]
        if n + rest <= _WINDOW:
            self.window[n : n + rest] = self.window[position[_POS] : position[_STOP]]
            self.window[:n] = data[:n]
            position[_POS] = 0
            position[_STOP] = n + rest


class Sink:
    """What takes payload from the tokenizer: the interface, and what most sinks answer.

    Sinks are Link (link.py), DatagramLink (sockets/datagram.py), DataFilter (datafilter.py), what keeps the payload of
    a Query and what takes an echo (command.py), what takes payload behind a pause and what is dropped (damage.py).
    Nothing here may allocate where payload goes to a socket.
    """

    dst: "Any" = b""  # a buffer that payload goes to; None: to a ring, which is made when it is first needed
    buf: "Any" = None  # storage of that ring
    keeps_borders = False  # begin() and end() are called around each payload
    pushed = False  # the module pushes its payload unasked
    looks = 0  # times in a row that no payload had come for ten seconds, see openids.py
    unanswered = 0  # 1: a read of data that a notice had told of was not answered, and no payload has come since

    def write(self, src, start, n):
        """Take n bytes of src[start:]; returns how many found room, the rest is offered again."""
        return n

    def take_back(self, n, end):
        """The last n bytes that it was given, if they end in `end` and it has them still: then they are not its own any
        more, as if they had not come; else b"".
        """
        return b""

    def begin(self, engine):
        """A payload follows the engine's line."""

    def end(self, n):
        """The payload is complete; n: its bytes.  False when it had to be dropped."""
        return True

    def overflow(self):
        """There is no room and something else must get through.

        False when room was made, True when bytes are dropped.
        """
        return True

    def fail(self, errno, code):
        """Fewer bytes came than were announced, or the connection is of no use any more."""


class Hexadecimal:
    """Decodes payload that comes as digits, in the window, and hands it on from there.

    Takes digit pairs up to the first byte that is none, knows no length.
    """

    own_line = False  # the payload stands on a line of its own: some firmware puts an empty one before the first digit
    nibble = 0  # first half of a digit pair that the window's end cut in two, as its ASCII code
    decoded = 0  # bytes at the window's next byte that the ring had no room for
    behind = 0  # where the digits go on behind them

    def next(self, tokens, position):
        """One step with what the window holds; END, FULL, or 0: go on."""
        if self.decoded:
            return self._give(tokens, position)
        if self.nibble:
            return self._join(tokens, position)
        n = unhex(tokens.window, position[_POS], position[_STOP])
        if not n:
            return self._no_pair(tokens, position, tokens.window[position[_POS]])
        # window[pos:pos + n] is decoded now; the digits behind it are spent.
        self.decoded = n
        self.behind = position[_POS] + 2 * n
        return self._give(tokens, position)

    def _no_pair(self, tokens, position, byte):
        if byte > 32 and position[_STOP] - position[_POS] == 1:
            self.nibble = byte
        elif byte != 32 and not (self.own_line and not tokens.taken and byte < 32):
            return self._end(tokens)
        position[_POS] += 1
        return 0

    def _end(self, tokens):
        tokens.kind = _LINES
        tokens.left = 0
        return _END

    def _give(self, tokens, position):
        n = self.decoded
        if tokens.sink is not None:
            n = tokens.sink.write(tokens.window, position[_POS], n)
            if not n:
                return _FULL
        position[_POS] += n
        self.decoded -= n
        tokens.taken += n
        if not self.decoded:
            position[_POS] = self.behind
        return 0

    def _join(self, tokens, position):
        # A pair cut in two by the window's end: put it together in front of what has come since.  unhex() wants both
        # in a row, and the first byte of a new window is the second half.
        line = tokens.line
        line[0] = self.nibble
        line[1] = tokens.window[position[_POS]]
        if not unhex(line, 0, 2):  # the half pair stays: the digits are cut
            return self._end(tokens)
        self.nibble = 0
        tokens.window[position[_POS]] = line[0]
        self.decoded = 1
        self.behind = position[_POS] + 1
        return self._give(tokens, position)


def is_odd(tokens):
    """True when the window goes on with what cannot stand behind payload; only a line, a prompt and an echo can."""
    pos = tokens.position[0]
    first = tokens.window[pos]
    if pos + 1 == tokens.position[1]:
        return first not in b"\r+>AaR"
    second = tokens.window[pos + 1]
    if first == 43:  # +, of a module that puts nothing between
        return not 65 <= second <= 90
    return first << 8 | second not in _BEHIND


def has_text_behind(tokens, kind):
    """True when the header of a payload of this kind goes on behind its numbers: with what belongs on the next line.

    Some firmware puts a colon or a blank there.
    """
    last = tokens.line[tokens.n - 1]
    has_text = kind in _ON_NEXT_LINE and last != 32 and not 48 <= last <= 58
    return has_text or tokens.line.find(b"\r", 0, tokens.n) >= 0
