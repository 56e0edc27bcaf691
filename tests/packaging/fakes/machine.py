"""machine.Pin and machine.UART for the unix port: pins write down when they changed, the UART is a serial port.

clock_ms is the fake time; `port` the path behind every UART, None: nothing is behind it.
"""

from tty import Tty

clock_ms = 0
port = None
changes = []  # (clock_ms, pin number, level), the level given at creation included
uarts = []  # (id, bit rate, the other arguments with the numbers of their pins)


class Pin:
    IN, OUT = 0, 1

    def __init__(self, number, mode=IN, value=None):
        self.number = number
        self.level = 0
        if mode == Pin.OUT and value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
        changes.append((clock_ms, self.number, level))


class UART:
    RTS, CTS = 1, 2

    def __new__(cls, id, baudrate, **others):
        numbers = {name: value.number if isinstance(value, Pin) else value for name, value in others.items()}
        uarts.append((id, baudrate, numbers))
        return Tty(port) if port else None


def sleep_ms(ms):
    global clock_ms
    clock_ms += ms


def ticks_ms():
    return clock_ms
