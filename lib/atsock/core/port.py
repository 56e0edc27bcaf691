"""UART to window, by fill() of movers.py: what there is of the UART, the clock and waiting.

A stream is what machine.UART is: any(), readinto(buf, n), write(buf, start, n).  fill() and write() return at once;
wait() returns when something can be read (or written), or when its time is over.  Allocates nothing on MicroPython.
"""

import select

from .movers import const, fill

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
_ASK_MS = const(1)  # first pause between two questions to a stream that cannot be polled, doubled up to
_ASK_MAX_MS = const(16)


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
            self._ask(ms)
            return
        mask = _POLLIN | _POLLOUT if writing else _POLLIN
        if mask != self._mask:
            self._mask = mask
            self.poller.modify(self.stream, mask)
        for _ in self.poller.ipoll(ms):
            pass

    def _ask(self, ms):
        pause_ms = _ASK_MS
        while ms > 0:
            if pause_ms > ms:
                pause_ms = ms
            sleep_ms(pause_ms)
            if self.stream.any():
                return
            ms -= pause_ms
            pause_ms = min(2 * pause_ms, _ASK_MAX_MS)


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
