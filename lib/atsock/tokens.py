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

from .fast import const, scan

# What next() returns, see states.py.
_NOTHING = const(0)
_LINE = const(1)
_PROMPT = const(2)
_END = const(4)
_FULL = const(5)

# Tokenizer.kind: what the next byte belongs to
_LINES = const(0)
_RAW = const(1)  # payload
_HEX = const(2)  # payload as hexadecimal digits

# Tokenizer.marks, which scan() and Port.fill() share
_AT = const(0)  # next byte of the window
_STOP = const(1)  # bytes in the window
_N = const(2)  # bytes of a line whose end has not come
_ROOM = const(320)  # [3]: the longest line that matters, a 254 character name and its address (+CDNSGIP)

_WINDOW = const(256)


class Tokenizer:
    """Of a line: line[:n].  Of payload: sink, the Link that gets it (None: nobody), and how many bytes are `left`, or were
    `taken` when END is told; in hexadecimal 1 is left as long as digits come.  prompt: one is expected.
    """

    def __init__(self):
        self.window = bytearray(_WINDOW)
        self.line = bytearray(_ROOM + 1)
        self.marks = array("i", (0, 0, 0, _ROOM))
        self.in_line = b"\0"  # headers whose payload stands on their own line, see fast.py
        self.digits = None  # Hexadecimal, from the first such payload on
        self.lines()

    def next(self):
        marks = self.marks
        while marks[_AT] < marks[_STOP]:
            if self.kind == _RAW:
                n = marks[_STOP] - marks[_AT]
                if n > self.left > 0:
                    n = self.left
                if self.sink is not None:
                    n = self.sink.put(self.window, marks[_AT], n)
                    if not n:
                        return _FULL
                marks[_AT] += n
                if self.left:
                    self.left -= n
                    if not self.left:
                        self.kind = _LINES  # the sink stays known: the engine looks whose payload ended
                        return _END
            elif self.kind == _LINES:
                n = scan(self.window, self.line, marks, self.in_line, self.prompt)
                if n > 0:
                    self.n = n
                    return _LINE
                if n:
                    self.prompt = False
                    return _PROMPT
            else:
                n = self.digits.move(self, marks)
                if n:
                    return n
        return _NOTHING

    def raw(self, sink, n):
        """The next n bytes are payload for `sink`; 0: everything is until lines() (data mode)."""
        self.sink = sink
        self.left = self.taken = n
        self.kind = _RAW

    def hex(self, sink, lead=False):
        """Payload in hexadecimal digits follows for `sink`; `lead`: some firmware puts an empty line before it."""
        if self.digits is None:
            from .hexadecimal import Hexadecimal  # stays with those who use it

            self.digits = Hexadecimal()
        self.raw(sink, 0)
        self.digits.begin(lead)
        self.left = 1
        self.kind = _HEX

    def lines(self):
        """Back to lines, whatever was going on."""
        self.raw(None, 0)
        self.kind = _LINES
        self.prompt = False
        self.marks[_N] = 0
