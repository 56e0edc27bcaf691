"""What the programs of boards/ need of a board's machine, for the unix port.

Pins write down when they changed, UARTs are serial ports, the clock writes down what it was set to, sleep is short.

clock_ms is the fake time; `ports` the paths behind the UARTs, in order; without one nothing is behind it.
"""

from tty import Tty

clock_ms = 0
ports = []
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
        return Tty(ports.pop(0)) if ports else None


class RTC:
    set = ()  # what datetime() was given

    def datetime(self, fields):
        RTC.set = fields


def lightsleep(ms):
    """Back at once."""
    global clock_ms
    clock_ms += ms


def sleep_ms(ms):
    global clock_ms
    clock_ms += ms


def ticks_ms():
    return clock_ms
