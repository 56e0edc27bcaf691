"""CPython: what port.py needs of MicroPython's time and select.  Boards do not load this file.

Ticks are milliseconds that wrap on MicroPython, at any power of two above a few minutes, so times are compared with
ticks_diff() and moved with ticks_add() only.
"""

from time import monotonic, sleep


def ticks_ms():
    return int(monotonic() * 1000)


def ticks_add(ticks, delta_ms):
    return ticks + delta_ms


def ticks_diff(ticks1, ticks2):
    return ticks1 - ticks2


def sleep_ms(ms):
    sleep(ms / 1000)


class Poller:
    """select.poll() with MicroPython's ipoll()."""

    def __init__(self, poller):
        self.ipoll = poller.poll
        self.modify = poller.modify
