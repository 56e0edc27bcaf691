"""The byte port: the only file that touches the UART, the clock and waiting.

A stream is what machine.UART is: any(), readinto(buf, n), write(buf, start, n).  fill() and write() return
at once; wait() returns when something can be read (or written), or when its time is over.  Allocates nothing on MicroPython.
"""

try:
    from time import sleep_ms, ticks_add, ticks_diff, ticks_ms
except ImportError:
    from .clock import sleep_ms, ticks_add, ticks_diff, ticks_ms

from .fast import const, fill

_POLLIN = const(1)
_POLLOUT = const(4)
# Without poll the stream has to be asked: the pause between two questions.
_ASK_MS = const(1)


class Port:
    """stream; ticks_ms, a function; baudrate; poller of the stream, None when it cannot be polled; mask that it has.

    Made by network._begin().
    """

    fill = fill  # (window, marks): what is there, see fast.py

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
        for _ in self.poller.ipoll(ms):
            pass
