"""UART to window: the only file that touches the UART, the clock and waiting.

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


_POLLIN = const(1)
_POLLOUT = const(4)
_ASK_MS = const(1)  # a stream that cannot be polled is asked so often


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
        """Return when bytes can be read, or written if `writing`; after ms milliseconds at the latest."""
        if self.poller is None:
            sleep_ms(_ASK_MS if ms > _ASK_MS else ms)
            return
        mask = _POLLIN | _POLLOUT if writing else _POLLIN
        if mask != self._mask:
            self._mask = mask
            self.poller.modify(self.stream, mask)
        for _ in self.poller.ipoll(ms):
            pass


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
