"""Turns what the UART delivers into tokens: a line, a prompt, the end of a payload.

Owns the window (the last UART read), the line buffer and the payload counter.  Knows CR LF, '>' and
counts; knows no vendor word.  Engine.pump() fills the window; never waits, allocates nothing.

Rules
1. Payload is taken by count (or, in hexadecimal, up to the first byte that is no digit) and never looked at.
2. next() never reads ahead of its token: what the engine decides on a line (payload follows, say) holds from
   the very next byte.
3. The line buffer ends in NUL, so a prefix longer than the line cannot match what an older line left behind.
4. A line longer than the buffer is cut; nothing that arrives can make a buffer grow.
"""

from array import array

from .fast import const, token

# Tokenizer.kind: what the next byte belongs to
_LINES = const(0)
_RAW = const(1)  # payload
_HEX = const(2)  # payload as hexadecimal digits

# Tokenizer.marks: next byte of the window, bytes in the window,
_N = const(2)  # bytes of a line whose end has not come,
_ROOM = const(320)  # the longest line that matters: a 254 character name and its address (+CDNSGIP)

_WINDOW = const(256)


class Tokenizer:
    """Of a line: line[:n].  Of payload: sink, the Link that gets it (None: nobody), and how many bytes are `left`, or were
    `taken` when END is told; in hexadecimal 1 is left as long as digits come.  prompt: one is expected.
    """

    next = token  # (): the next token, see states.py

    def __init__(self):
        self.window = bytearray(_WINDOW)
        self.line = bytearray(_ROOM + 1)
        self.marks = array("i", (0, 0, 0, _ROOM))
        self.in_line = b"\0"  # headers whose payload stands on their own line, see fast.py
        self.n = 0
        self.digits = None  # Hexadecimal, from the first such payload on
        self.lines()

    def raw(self, sink, n):
        """The next n bytes are payload for `sink`; 0: everything is until lines() (data mode)."""
        self.sink = sink
        self.left = self.taken = n
        self.kind = _RAW

    def hex(self, sink, n=0):
        """Payload in hexadecimal digits follows for `sink`, on a line of its own when n is not 0."""
        if self.digits is None:
            from .hexadecimal import Hexadecimal  # stays with those who use it

            self.digits = Hexadecimal()
        self.raw(sink, 0)
        self.digits.start(n)
        self.left = 1
        self.kind = _HEX

    def lines(self):
        """Back to lines, whatever was going on."""
        self.raw(None, 0)
        self.kind = _LINES
        self.prompt = False
        self.marks[_N] = 0
