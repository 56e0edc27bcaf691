"""The UART in both directions, the clock, and waiting: what comes goes to the window, by fill() of movers.py; what goes
out is the command line with the payload at its place, as fast as the stream takes it.

A stream is what machine.UART is: any(), readinto(buf, n), write(buf, start, n).  fill(), write() and flush() return at
once; wait() returns when something can be read (or written), or when its time is over.  Knows no answers: the engine
tells the Transmitter what to write, and flushes whenever the port is looked at.  Allocates nothing on MicroPython.
"""

import select

from .movers import const, fill, fill_in, hexlify

try:
    from time import sleep_ms, ticks_add, ticks_diff, ticks_ms  # type: ignore[attr-defined]
except ImportError:  # CPython
    from time import monotonic, sleep

    # MicroPython's ticks wrap at a power of two above a few minutes, so the driver compares them with ticks_diff()
    # and moves them with ticks_add() only.
    def ticks_ms():
        return int(monotonic() * 1000)

    def ticks_add(ticks, delta):
        return ticks + delta

    def ticks_diff(ticks1, ticks2):
        return ticks1 - ticks2

    def sleep_ms(ms):
        sleep(ms / 1000)


# No time of the driver's lies further ahead (3 days); what seems to is older than half of the clock's period, which is
# 2^30 ms (12 days) on most boards.
HORIZON_MS = 1 << 28

_POLLIN = const(1)
_POLLOUT = const(4)
_LOOK_MS = const(1)  # first pause between two questions to a stream that cannot be polled, doubled up to
_LOOK_MAX_MS = const(16)

_LINE_ROOM = const(320)  # the longest command: an open with a host name of 255 characters
_PIECE = const(128)  # payload bytes encoded to hexadecimal at a time
_CR = const(13)
_END = b"\r"
_PAYLOAD_PLACE = b"\4"


class _Poller:
    """CPython: select.poll() with MicroPython's ipoll()."""

    def __init__(self, poller):
        self.ipoll = poller.poll
        self.modify = poller.modify


class Port:
    """A stream, with the clock that belongs to it.

    stream: machine.UART or what has its any(), readinto(buf, n) and write(buf, start, n); baudrate: of the stream, for
    the silence around +++.  Raises TypeError when a method is missing.
    """

    fill = fill  # (window, position): read what is there, see movers.py

    def __init__(self, stream):
        for name in ("any", "readinto", "write"):
            if not hasattr(stream, name):
                raise TypeError("the stream has no %s(): give a machine.UART, on a host atsock_host.SerialPort" % name)
        self.stream = stream
        self.ticks_ms = ticks_ms
        self.baudrate = getattr(stream, "baudrate", None) or 115200
        self.poller = _poller_of(stream)  # None: it cannot be polled
        self._mask = _POLLIN

    def write(self, buf, start, n):
        """Write up to n bytes of buf[start:]; returns how many the port took, maybe 0."""
        return self.stream.write(buf, start, n) or 0

    def wait(self, ms, writing):
        """Return when bytes can be read, or written if `writing`; after ms milliseconds at the latest (0: at once)."""
        if self.poller is None:
            self._wait_unpolled(ms)
            return
        mask = _POLLIN | _POLLOUT if writing else _POLLIN
        if mask != self._mask:
            self._mask = mask
            self.poller.modify(self.stream, mask)
        for _ in self.poller.ipoll(ms):
            pass

    def _wait_unpolled(self, ms):
        pause_ms = _LOOK_MS
        while ms > 0:
            if pause_ms > ms:
                pause_ms = ms
            sleep_ms(pause_ms)
            if self.stream.any():
                return
            ms -= pause_ms
            pause_ms = min(2 * pause_ms, _LOOK_MAX_MS)


def _poller_of(stream):
    # A plain Python object, or a COM port of Windows, cannot be polled; Windows has no select.poll() at all.
    if not hasattr(select, "poll"):
        return None
    try:
        poller = select.poll()
        poller.register(stream, _POLLIN)
        poller.poll(0)
    except (OSError, TypeError, ValueError, AttributeError):
        return None
    return poller if hasattr(poller, "ipoll") else _Poller(poller)


class Deadlines:
    """Times of whoever has a `port`: ticks that wrap, compared as they must be."""

    port: "Port"

    def after_ms(self, ms):
        """The ticks ms milliseconds from now; 3 days at most."""
        return ticks_add(self.port.ticks_ms(), ms if ms < HORIZON_MS else HORIZON_MS)

    def until_ms(self, ticks):
        """Milliseconds until then, 0 or less when past, also when that is so long ago that the ticks have wrapped."""
        left = ticks_diff(ticks, self.port.ticks_ms())
        return left if left <= HORIZON_MS else -HORIZON_MS

    def is_past(self, ticks):
        """True when that time has come."""
        return self.until_ms(ticks) <= 0


class Transmitter:
    """Owns the line buffer of the command in flight and how far it has been written."""

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
            self.line[:] = memoryview(text)[:_LINE_ROOM]  # as much as an echo or a name is compared with
            self.line_n = _LINE_ROOM
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
        self.line[n] = _CR
        self.line_n = n
        self.rest = -1
        self.hex_left = 0
        self.out = self.line  # no payload, should it never get out
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
        elif self.rest == len(self._text):  # `line` stays what was sent
            self.out = _END
            self.left = len(_END)
            self.rest = -1
        elif self.rest > 0:  # what stands behind the payload
            n = fill_in(self.line, self._text, self.rest, self._link, self._command.n)
            self.line[n] = _CR
            self.left = n + 1
            self.rest = -1
        return self.left > 0
