"""What goes out: the command line, and the payload at its place, as fast as the port takes it.

Owns the line buffer of the command in flight and how far it has been written.  Knows no answers; the engine tells it
what to write, and flushes whenever the port is looked at.  Never waits, allocates nothing.
"""

from .movers import const, fill_in, hexlify

_LINE_ROOM = const(320)  # the longest command: an open with a host name of 255 characters
_PIECE = const(128)  # payload bytes encoded to hexadecimal at a time
_CR = const(13)
_PAYLOAD_PLACE = b"\4"


class Transmitter:
    def __init__(self, port):
        self.port = port
        self.line = bytearray(_LINE_ROOM)
        self.line_n = 0  # bytes of the command line up to the payload's place: what an echo of it would be
        self.left = 0  # bytes still to be written: out[pos:pos + left]
        self.out = None
        self.pos = 0
        self.hex_left = 0  # payload bytes still to be encoded
        self._text = b""  # of the template
        self.rest = -1  # where its text goes on behind the payload; -1: it is complete
        self._link = 0
        self._command = None

    def send_line(self, command, text, link):
        """Write the command's line; link: the number for its place.

        A payload in the line is the command's, as digits.
        """
        self._command = command
        self._text = text
        self._link = link
        self.hex_left = 0
        self.pos = 0
        if len(text) >= _LINE_ROOM:  # of the application: nothing is filled in
            self.line_n = 0
            self.rest = len(text)
            self.out = text
            self.left = len(text)
        else:
            n = fill_in(self.line, text, 0, link, command.n)
            self.line_n = n
            self.rest = text.find(_PAYLOAD_PLACE) + 1
            if self.rest:
                self.hex_left = command.n
            else:
                self.rest = -1
                self.line[n] = _CR
                n += 1
            self.out = self.line
            self.left = n
        self.flush()

    def send_payload(self, buf, start, n):
        """Write n bytes of buf[start:]."""
        self.out = buf
        self.pos = start
        self.left = n
        self.flush()

    def queue(self, data):
        """These bytes go out with the next flush()."""
        self.out = data
        self.pos = 0
        self.left = len(data)

    def send_text(self, text):
        """Write a line that is no command of the program's, text and CR."""
        self.queue_line(text)
        self.flush()

    def queue_line(self, text):
        """A line that is no command of the program's, text and CR, goes out with the next flush()."""
        n = len(text)
        self.line[:n] = text
        self.line_n = n
        self.rest = -1
        self.hex_left = 0
        self.out = text + b"\r"
        self.pos = 0
        self.left = n + 1

    def drop(self):
        """What is left is not sent any more."""
        self.left = 0
        self.hex_left = 0
        self.rest = -1

    def is_sending(self, buf):
        """True while bytes of this buffer are left."""
        return self.left > 0 and self.out is buf

    def flush(self):
        """Write what the port takes; True when everything is out."""
        while self.left or (self.hex_left or self.rest > 0) and self._more():
            n = self.port.write(self.out, self.pos, self.left)
            if not n:
                return False
            self.pos += n
            self.left -= n
        return True

    def _more(self):
        # The next part of the line for `out`; False when it is complete.
        n = self.hex_left
        self.out = self.line
        self.pos = 0
        if n:
            if n > _PIECE:
                n = _PIECE
            command = self._command
            hexlify(self.line, 0, command.buf, command.start + command.n - self.hex_left, n)
            self.hex_left -= n
            self.left = 2 * n
        elif self.rest > 0:  # what stands behind the payload
            n = fill_in(self.line, self._text, self.rest, self._link, self._command.n)
            self.line[n] = _CR
            self.left = n + 1
            self.rest = -1
        return self.left > 0
