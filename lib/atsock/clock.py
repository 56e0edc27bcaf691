"""Milliseconds that wrap: MicroPython's ticks, and the same three functions for CPython.

Knows nothing of modems.  ticks_ms() may wrap at any power of two above a few minutes, so times are
compared with ticks_diff() and moved with ticks_add() only.  Allocates nothing on MicroPython.
"""

try:
    from time import sleep_ms, ticks_add, ticks_diff, ticks_ms
except ImportError:  # CPython
    from time import monotonic, sleep

    def ticks_ms():
        return int(monotonic() * 1000)

    def ticks_add(ticks, delta_ms):
        return ticks + delta_ms

    def ticks_diff(ticks1, ticks2):
        return ticks1 - ticks2

    def sleep_ms(ms):
        sleep(ms / 1000)
