"""Turns what the UART delivers into tokens: a line, a prompt, a piece of payload.

Owns the window (the last UART read), the line buffer and the payload counter.  Knows CR LF, '>' and
counts; knows no vendor word.  Fed by Engine.pump(), never waits, allocates nothing.

Rules
1. Payload is taken by count (or, in hexadecimal, up to the first byte that is no digit) and never looked at.
2. next() never reads ahead of its token: what the engine decides on a line (payload follows, say) holds from
   the very next byte.
3. The line buffer ends in NUL, so a prefix longer than the line cannot match what an older line left behind.
4. A line longer than the buffer is cut and flagged `overlong`; nothing that arrives can make a buffer grow.
"""

from .fast import copy, unhex

# What next() returns.
NOTHING = 0  # the window is used up
LINE = 1  # line[:n] is a line; `overlong` when its end was cut off
PROMPT = 2
PIECE = 3  # payload moved, more to come
END = 4  # the payload is complete; `taken` bytes of it came
FULL = 5  # payload waits in the window, its ring has no room

_IN_LINE = 0
_IN_RAW = 1
_IN_HEX = 2
_IN_STREAM = 3

_WINDOW = 256
_LINE = 320  # the longest line that matters: a 254 character name and its address (+CDNSGIP)


class Tokenizer:
    def __init__(self, port):
        self.port = port
        self.window = bytearray(_WINDOW)
        self.pos = 0  # next byte of the window
        self.end = 0  # bytes in the window
        self.line = bytearray(_LINE + 1)
        self.room = _LINE
        self.n = 0  # bytes of the line so far
        self.added = 0  # how many of them came from the present window
        self.overlong = False
        self.state = _IN_LINE
        self.in_line = ()  # (name, commas) of headers whose payload stands on their own line
        self.prompt = False  # a prompt is expected
        self.fresh = True  # at the start of a line
        self.sink = None  # Link that gets the payload, None: nobody
        self.left = 0  # payload bytes still to come; 1 as long as hexadecimal digits come
        self.taken = 0  # payload bytes so far
        self.nibble = 0  # first half of a digit pair that the window's end cut in two, as its ASCII code
        self.digits = 0  # where the digits go on behind the decoded bytes
        self.held = 0  # decoded bytes at window[pos:] that the ring had no room for
        self.lead = False  # an empty line may stand before the first digit

    def fill(self):
        """Read the UART when the window is used up; returns the bytes to be looked at."""
        if self.pos >= self.end:
            self.pos = 0
            self.end = self.port.fill(self.window)
        return self.end - self.pos

    def next(self):
        if self.pos >= self.end:
            return NOTHING
        state = self.state
        if state == _IN_LINE:
            return self._next_line()
        if state == _IN_RAW:
            return self._next_raw()
        if state == _IN_HEX:
            return self._next_hex()
        return self._next_stream()

    def raw(self, sink, n):
        """The next n bytes are payload for `sink`."""
        self.sink = sink
        self.left = n
        self.taken = 0
        self.state = _IN_RAW

    def hex(self, sink, lead=False):
        """Payload in hexadecimal digits follows for `sink`; `lead`: some firmware puts an empty line before it."""
        self.sink = sink
        self.lead = lead
        self.taken = 0
        self.nibble = 0
        self.held = 0
        self.left = 1
        self.state = _IN_HEX

    def stream(self, sink):
        """Everything from the next byte on is for `sink`, until lines() (transparent mode)."""
        self.sink = sink
        self.left = 0
        self.state = _IN_STREAM

    def lines(self):
        """Back to lines, whatever was going on."""
        self.state = _IN_LINE
        self.left = 0
        self.sink = None
        self.prompt = False
        self.start_line()

    def start_line(self):
        self.n = 0
        self.overlong = False
        self.fresh = True

    # -- lines

    def _next_line(self):
        if self.fresh:
            self._skip_blank()
            if self.pos >= self.end:
                return NOTHING
            if self.prompt and self.window[self.pos] == 62:
                self.prompt = False
                self.pos += 1
                return PROMPT
            self.start_line()
            self.fresh = False
        at = self.window.find(b"\n", self.pos, self.end)
        self._append((at if at >= 0 else self.end) - self.pos)
        if self.in_line and self._header():
            self.fresh = True
            return LINE
        if at < 0:
            self.pos = self.end
            return PROMPT if self.prompt and self._behind_echo() else NOTHING
        self.pos = at + 1
        self.fresh = True
        while self.n and self.line[self.n - 1] == 13:  # CR LF, and CR CR LF behind an echo
            self.n -= 1
        self.line[self.n] = 0
        if self.prompt and self._behind_echo():
            return PROMPT
        return LINE if self.n else self.next()

    def _behind_echo(self):
        # Is it an echo, which ends in a lone CR, and the prompt directly behind?
        if self.n < 3 or self.line[self.n - 1] != 62 or self.line[self.n - 2] != 13:
            return False
        self.prompt = False
        self.start_line()
        return True

    def _skip_blank(self):
        # CR and LF before a line, and the blank that some firmware sends behind a prompt.
        window = self.window
        pos = self.pos
        while pos < self.end and window[pos] in b"\r\n ":
            pos += 1
        self.pos = pos

    def _append(self, n):
        if n > self.room - self.n:
            n = self.room - self.n
            self.overlong = True
        copy(self.line, self.n, self.window, self.pos, n)
        self.n += n
        self.added = n
        self.line[self.n] = 0

    def _header(self):
        # Is the line a header with its payload behind a comma?  Then cut it there and give the rest back.
        for row in self.in_line:
            if self.line.startswith(row[0]):
                return self._cut(len(row[0]), row[1])
        return False

    def _cut(self, at, commas):
        while commas:
            at = self.line.find(b",", at, self.n) + 1
            if not at:
                return False
            commas -= 1
        # Only this window's bytes can stand behind the last comma: the check ran after each window before.
        self.pos += self.added - (self.n - at)
        self.n = at - 1
        self.line[self.n] = 0
        return True

    # -- payload

    def _next_raw(self):
        n = self.end - self.pos
        if n > self.left:
            n = self.left
        if self.sink is not None:
            n = self.sink.put(self.window, self.pos, n)
            if not n:
                return FULL
        self.pos += n
        self.taken += n
        self.left -= n
        if self.left:
            return PIECE
        self._leave()
        return END

    def _next_stream(self):
        n = self.sink.put(self.window, self.pos, self.end - self.pos)
        if not n:
            return FULL
        self.pos += n
        return PIECE

    def _leave(self):
        self.state = _IN_LINE  # the sink stays known: the engine looks whose payload ended
        self.left = 0
        self.start_line()

    def _next_hex(self):
        if self.held:
            return self._give()
        if self.nibble:
            return self._join()
        window = self.window
        n = unhex(window, self.pos, self.end)
        if n:
            # window[pos:pos + n] is decoded now; the digits behind it are spent.
            self.held = n
            self.digits = self.pos + 2 * n
            return self._give()
        if self.end - self.pos == 1 and window[self.pos] > 32:
            self.nibble = window[self.pos]
            self.pos = self.end
            return NOTHING
        if window[self.pos] == 32 or self.lead and not self.taken and window[self.pos] < 32:
            self.pos += 1
            return PIECE
        self._leave()
        return END

    def _give(self):
        n = self.held
        if self.sink is not None:
            n = self.sink.put(self.window, self.pos, n)
            if not n:
                return FULL
        self.pos += n
        self.held -= n
        self.taken += n
        if not self.held:
            self.pos = self.digits
        return PIECE

    def _join(self):
        # A pair cut in two by the window's end: put it together in front of what has come since.  unhex()
        # wants both in a row, and the first byte of a new window is the second half.
        line = self.line
        line[0] = self.nibble
        line[1] = self.window[self.pos]
        self.nibble = 0
        if not unhex(line, 0, 2):
            self._leave()
            return END
        self.window[self.pos] = line[0]
        self.held = 1
        self.digits = self.pos + 1
        return self._give()
