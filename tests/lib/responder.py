"""A module's data plane that allocates nothing: answers reads and sends of one connection, or pushes.

What it sends is SOURCE over and over; what it is sent must be that too.  Written from the manuals as frames.py is.
"""

from atsock.core.movers import copy, fill_in, number
from frames import HOSTILE, digits

SIZE = 1000
SOURCE = bytes([i * 167 + (i >> 3) & 255 for i in range(SIZE - len(HOSTILE))]) + HOSTILE
_TWICE = SOURCE * 4  # from any offset on for as long as one answer
_DIGITS = digits(SOURCE)
_DIGITS_TWICE = _DIGITS * 4
_BURST = 3000  # bytes that arrive from the network at a time

_COMMAND = 0
_PAYLOAD = 1
_HEX = 2
_HEX_END = 3  # behind the digits' closing quote
_CR = 13
_QUOTE = 34
_REFUSALS = 3  # writes in a row that take nothing, of a reluctant line


class Stuck(Exception):
    pass


class Grudge:
    """A reluctant line: takes nothing, 0 or None, a few times, then one byte; after each byte that is read it is silent
    until somebody waits."""

    def __init__(self, harsh):
        self.harsh = harsh
        self.refused = 0
        self.silent = False

    def takes(self, n):
        if not self.harsh or not n:
            return n
        self.refused = (self.refused + 1) % (_REFUSALS + 1)
        if not self.refused:
            return 1
        return 0 if self.refused & 1 else None


class Responder:
    def __init__(self, dialect, access, link, cut, harsh=False):
        self.dialect = dialect
        self.cut = cut
        self.grudge = Grudge(harsh)
        self.typed = bytearray(64)  # a command line that is coming in
        self.typed_n = 0
        self.out = bytearray(2 * 8192)  # what the driver can read: out[out_at:out_n]
        self.out_at = 0
        self.out_n = 0
        self.digits = bytearray(10)  # of a number
        self.mode = _COMMAND
        self.left = 0  # payload bytes of a send still to come
        self.asked = 0
        # Payload (hex: its digits) that came from the driver.
        self.gather = Gatherer(_DIGITS if access == "hex" and dialect not in ("a7600", "sim7028") else SOURCE)
        self.wrong = False  # something came that is no command of the data plane
        self.coming = 0  # bytes that the network still has for the driver
        self.burst = 0  # of them, held by the module
        self.given = 0
        self.idle = 0
        self.pulls = access == "buffer" or access == "hex" and dialect not in ("nl668", "l610")
        self.hex_in = access == "hex"
        self._words(dialect, access, link)

    def _words(self, dialect, access, link):
        # Everything that is said and recognised, as bytes.  Where a number belongs the text ends, and goes on in the
        # next one.
        if dialect == "bg96":
            self.read = b"AT+QIRD=%d," % link
            self.send = b'AT+QISENDEX=%d,"' % link if access == "hex" else b"AT+QISEND=%d," % link
            self.prompt = b"\r\n> "
            self.result, self.result_n = b"\r\nSEND OK\r\n", 0
            self.push_out = b"\xff"
            self.notice = b'\r\n+QIURC: "recv",%d\r\n' % link
            self.header, self.tells_rest = b"\r\n+QIRD: ", False
            self.push, self.push_n, self.push_end = b'\r\n+QIURC: "recv",%d,' % link, b"\r\n", b"\r\n"
            self.empty = b"\r\n+QIRD: 0\r\n\r\nOK\r\n"
        elif dialect in ("a7600", "sim7028"):
            self.read = b"AT+CIPRXGET=%d,%d," % (3 if access == "hex" else 2, link)
            self.send = b"AT+CIPSEND=%d," % link
            self.prompt = b"\r\n>"
            self.result, self.result_n = b"\r\nOK\r\n\r\n+CIPSEND: %d," % link, 2
            self.push_out = b"\xff"
            self.notice = b"\r\n+CIPRXGET: 1,%d\r\n" % link
            self.header, self.tells_rest = b"\r\n+CIPRXGET: %d,%d," % (3 if access == "hex" else 2, link), True
            self.push, self.push_n, self.push_end = b"\r\nRECV FROM:192.0.2.7:5005\r\n+RECEIVE,%d," % link, b"\r\n", b""
            self.empty = b"\r\n+IP ERROR: No data\r\n\r\nERROR\r\n"
        else:
            self.read = b"AT+MIPREAD=%d," % link
            self.send = b'AT+MIPSEND=%d,"' % link if access == "hex" else b"AT+MIPSEND=%d," % link
            self.prompt = b">\r\n"
            self.result, self.result_n = (
                b"\r\nOK\r\n\r\n+MIPPUSH: %d,0\r\n\r\n+MIPSEND: %d,0,2048\r\n\r\nOK\r\n" % (link, link),
                0,
            )
            if access == "hex":
                self.result = b"\r\n+MIPSEND: %d,0,2048\r\n\r\nOK\r\n" % link
            self.push_out = b"AT+MIPPUSH=%d\r" % link
            self.notice = b"\r\n+MIPREAD: %d,10\r\n" % link
            self.header, self.tells_rest = b"\r\n+MIPDATA: %d," % link, False
            self.push, self.push_n, self.push_end = b"\r\n+MIPRTCP: %d," % link, b",", b"\r\n"
            self.empty = b"\r\n+MIPREAD: %d,0\r\n\r\nOK\r\n" % link
        self.pushed = b"\r\n+MIPPUSH: %d,0\r\n\r\nOK\r\n" % link

    # -- machine.UART

    def any(self):
        if self.grudge.silent:
            return 0
        n = self.out_n - self.out_at
        return n if n < self.cut else self.cut

    def readinto(self, buf, n):
        most = self.any()
        if n > most:
            n = most
        copy(buf, 0, self.out, self.out_at, n)
        self.out_at += n
        self.idle = 0
        self.grudge.silent = self.grudge.harsh
        return n

    def write(self, buf, at, n):
        n = self.grudge.takes(n)
        if not n:
            return n
        self.idle = 0
        if self.mode == _COMMAND:
            self._type(buf, at, n)
        elif self.mode == _PAYLOAD:
            self._payload(buf, at, n)
        else:
            self._hex(buf, at, n)
        return n

    def wait(self, ms, writing):
        """Port.wait(): time does not pass, but the network delivers."""
        if ms < 0:
            raise ValueError("a negative wait")
        self.grudge.silent = False
        self.idle += 1
        if self.idle > 1000:
            raise Stuck()
        if self.out_at < self.out_n or not self.coming:
            return
        if not self.pulls:
            self._push()
        elif not self.burst:
            self.burst = _BURST if self.coming > _BURST else self.coming
            self._say(self.notice)

    def ticks_ms(self):
        return 0

    # -- output

    def _say(self, text):
        if self.out_at == self.out_n:
            self.out_at = self.out_n = 0
        copy(self.out, self.out_n, text, 0, len(text))
        self.out_n += len(text)

    def _number(self, value):
        n = fill_in(self.digits, b"\2", 0, 0, value)
        copy(self.out, self.out_n, self.digits, 0, n)
        self.out_n += n

    def _data(self, n):
        # The next n bytes of the source, in the access mode's spelling.
        at = self.given % SIZE
        if self.hex_in:
            copy(self.out, self.out_n, _DIGITS_TWICE, 2 * at, 2 * n)
            self.out_n += 2 * n
        else:
            copy(self.out, self.out_n, _TWICE, at, n)
            self.out_n += n
        self.given += n
        self.coming -= n

    def _push(self):
        n = 700 if self.coming > 700 else self.coming
        self._say(self.push)
        self._number(0 if self.hex_in and self.push_n == b"," else n)
        self._say(self.push_n)
        self._data(n)
        self._say(self.push_end)

    def _answer(self, asked):
        n = asked if asked < self.burst else self.burst
        if not n:
            self._say(self.empty)
            return
        self.burst -= n
        self._say(self.header)
        self._number(n)
        if self.tells_rest:
            self._say(b",")
            self._number(self.burst)
        self._say(b"\r\n")
        self._data(n)
        self._say(b"\r\n\r\nOK\r\n")

    # -- input

    def _type(self, buf, at, n):
        # A command is complete with its CR, or where the digits of a payload begin.
        copy(self.typed, self.typed_n, buf, at, n)
        self.typed_n += n
        last = self.typed[self.typed_n - 1]
        if last == _CR or last == _QUOTE:
            n, self.typed_n = self.typed_n, 0
            self._command(self.typed, n)

    def _command(self, buf, n):
        if buf.find(self.read, 0, n) == 0:
            self._answer(number(buf, len(self.read)))
        elif buf.find(self.send, 0, n) == 0:
            if self.send.endswith(b'"'):
                self.mode = _HEX
            else:
                self.left = self.asked = number(buf, len(self.send))
                self.mode = _PAYLOAD
                self._say(self.prompt)
        elif buf.find(self.push_out, 0, n) == 0:
            self._say(self.pushed)
        else:
            self.wrong = True

    def _payload(self, buf, at, n):
        self._check(buf, at, n)
        self.left -= n
        if not self.left:
            self._finish()

    def _hex(self, buf, at, n):
        if self.mode == _HEX_END or buf[at] == _QUOTE:
            self.mode = _HEX_END
            if buf[at + n - 1] == _CR:
                self._finish()
        else:
            self._check(buf, at, n)

    def _finish(self):
        self.mode = _COMMAND
        self._say(self.result)
        if self.result_n:
            self._number(self.asked)
            self._say(b",")
            self._number(self.asked)
            self._say(b"\r\n")

    def _check(self, buf, at, n):
        # Gather what comes and compare it block by block with what it should be.
        while n:
            piece = self.gather.write(buf, at, n)
            at += piece
            n -= piece


class Gatherer:
    """Puts pieces together and compares each full block with what it should be.

    Its methods, like the Responder's, have frames of at most 11 words: larger ones MicroPython puts on the heap.
    """

    def __init__(self, expected):
        self.expected = expected
        self.block = bytearray(len(expected))
        self.held = 0
        self.n = 0  # all that came
        self.wrong = False

    def write(self, buf, at, n):
        """Take up to n bytes of buf[at:]; returns how many."""
        if n > len(self.block) - self.held:
            n = len(self.block) - self.held
        copy(self.block, self.held, buf, at, n)
        self.n += n
        self.held += n
        if self.held == len(self.block):
            self._compare()
        return n

    def _compare(self):
        self.held = 0
        if self.block != self.expected:
            self.wrong = True
