"""The byte port: the only file that touches the UART, the clock and waiting.

A stream is what machine.UART is: any(), readinto(buf, n), write(buf, start, n).  fill() and write() return
at once; wait() returns when something can be read (or written), or when its time is over.  Allocates
nothing after __init__ on MicroPython.
"""

import select

from .clock import sleep_ms, ticks_ms

_POLLIN = 1
_POLLOUT = 4
# Without poll the stream has to be asked: the pause between two questions.
_ASK_MS = 1


class Port:
    def __init__(self, stream):
        for name in ("any", "readinto", "write"):
            if not hasattr(stream, name):
                raise TypeError("the stream has no %s(): give a machine.UART, or atsock_host.SerialPort on a host" % name)
        self.stream = stream
        self.ticks_ms = ticks_ms
        # How long a byte takes to leave matters for the silence around +++ only.
        self.baudrate = getattr(stream, "baudrate", None) or 115200
        self.poller = _poller(stream)
        self.mask = _POLLIN

    def fill(self, window, marks):
        """When the window is used up, read what is there into it; returns the bytes to be looked at, window[marks[0]:marks[1]]."""
        if marks[0] < marks[1]:
            return marks[1] - marks[0]
        # any() first: readinto() of a UART with a timeout would wait for as many bytes as it is asked for.
        n = self.stream.any()
        if n > len(window):
            n = len(window)
        if n:
            n = self.stream.readinto(window, n) or 0
        marks[0] = 0
        marks[1] = n
        return n

    def write(self, buf, start, n):
        """Write up to n bytes of buf[start:]; returns how many the port took, maybe 0."""
        return self.stream.write(buf, start, n) or 0

    def wait(self, ms, writing):
        """Until bytes can be read, or written if `writing`, at most ms milliseconds."""
        if self.poller is None:
            sleep_ms(_ASK_MS if ms > _ASK_MS else ms)
            return
        mask = _POLLIN | _POLLOUT if writing else _POLLIN
        if mask != self.mask:
            self.mask = mask
            self.poller.modify(self.stream, mask)
        _poll(self.poller, ms)


def _poller(stream):
    # A stream that cannot be polled (a plain Python object, a COM port of Windows) is asked instead.
    if not hasattr(select, "poll"):
        return None
    try:
        poller = select.poll()
        poller.register(stream, _POLLIN)
        poller.poll(0)
    except (OSError, TypeError, ValueError, AttributeError):
        return None
    return poller


if hasattr(select, "poll") and hasattr(select.poll(), "ipoll"):

    def _poll(poller, ms):
        for _ in poller.ipoll(ms):
            pass

else:

    def _poll(poller, ms):
        poller.poll(ms)
