"""Payload that comes as hexadecimal digits: decoded in the window, handed on from there.

Takes digit pairs up to the first byte that is none, knows no length.  Loaded by the tokenizer with the first such
payload, and kept; allocates nothing then.
"""

from .fast import const, unhex

_AT = const(0)  # Tokenizer.marks: next byte of the window
_STOP = const(1)  # bytes in the window
_LINES = const(0)  # Tokenizer.kind
_END = const(4)  # see states.py
_FULL = const(5)


class Hexadecimal:
    def start(self, n):
        self.lead = n > 0  # on a line of its own: some firmware puts an empty one before the first digit
        self.nibble = 0  # first half of a digit pair that the window's end cut in two, as its ASCII code
        self.held = 0  # decoded bytes at the window's next byte that the ring had no room for
        self.behind = 0  # where the digits go on behind them

    def next(self, tokens, marks):
        """One step with what the window holds; END, FULL, or 0: go on."""
        if self.held:
            return self._give(tokens, marks)
        if self.nibble:
            return self._join(tokens, marks)
        n = unhex(tokens.window, marks[_AT], marks[_STOP])
        if not n:
            return self._no_pair(tokens, marks, tokens.window[marks[_AT]])
        # window[at:at + n] is decoded now; the digits behind it are spent.
        self.held = n
        self.behind = marks[_AT] + 2 * n
        return self._give(tokens, marks)

    def _no_pair(self, tokens, marks, byte):
        if byte > 32 and marks[_STOP] - marks[_AT] == 1:
            self.nibble = byte
        elif byte != 32 and not (self.lead and not tokens.taken and byte < 32):
            return self._end(tokens)
        marks[_AT] += 1
        return 0

    def _end(self, tokens):
        tokens.kind = _LINES
        tokens.left = 0
        return _END

    def _give(self, tokens, marks):
        n = self.held
        if tokens.sink is not None:
            n = tokens.sink.put(tokens.window, marks[_AT], n)
            if not n:
                return _FULL
        marks[_AT] += n
        self.held -= n
        tokens.taken += n
        if not self.held:
            marks[_AT] = self.behind
        return 0

    def _join(self, tokens, marks):
        # A pair cut in two by the window's end: put it together in front of what has come since.  unhex()
        # wants both in a row, and the first byte of a new window is the second half.
        line = tokens.line
        line[0] = self.nibble
        line[1] = tokens.window[marks[_AT]]
        self.nibble = 0
        if not unhex(line, 0, 2):
            return self._end(tokens)
        tokens.window[marks[_AT]] = line[0]
        self.held = 1
        self.behind = marks[_AT] + 1
        return self._give(tokens, marks)
