"""The UART and the power pins of a board, made from the numbers in its board.py and in modules.py.

Switches the module on, off and on again, resets it.  Knows no AT command but AT, and no dialect.
"""

from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

from atsock import Timeout
from machine import UART, Pin

_ASK_MS = 500  # a module that is on answers AT within a few ms
_AWAKE_MS = 2000  # the first questions may be lost: sleep, automatic bit rate, half a line left in the module
_SUPPLY_MS = 100  # from supply to power key
_REST_MS = 100  # a key is up for so long before it is pressed


class Power:
    """Pins of `board` (a module like pico/board.py), all at rest; `uart` is the line to the module.

    reset: a function for atsock.Modem(reset=...), or None when the board has no pin for it.
    """

    def __init__(self, board):
        self._times = board.MODULE
        # High: the module has supply.  Left as it is: after a soft reset of the board the module may be at work.
        self._supply = None if board.SUPPLY is None else Pin(board.SUPPLY, Pin.OUT)
        self._key = _pin(board.PWRKEY, board.PWRKEY_PRESSED)
        self._key_pressed = board.PWRKEY_PRESSED
        self._button = _pin(board.RESET, board.RESET_PRESSED)
        self._button_pressed = board.RESET_PRESSED
        self._awake = _pin(board.DTR, 1)  # low: the module does not sleep
        self.uart = uart(board)
        self.reset = self._way_to_reset()

    def start(self, modem):
        """Give supply, and press the power key unless the module answers AT; returns when it answers.

        Returns True when the key was pressed.  Raises OSError (Timeout) when there is no answer until boot_ms later.
        """
        if self._supply is not None and not self._supply.value():
            self._supply.value(1)
            sleep_ms(_SUPPLY_MS)
        if self._answers(modem, _AWAKE_MS):
            return False
        if self._key is not None:
            self._press_key(self._times["on_ms"])
        if not self._answers(modem, self._times["boot_ms"]):
            raise Timeout("the module does not answer AT: look at supply, power key, TX and RX, bit rate")
        return self._key is not None

    def _answers(self, modem, ms):
        give_up = ticks_add(ticks_ms(), ms)
        while ticks_diff(give_up, ticks_ms()) > 0:
            try:
                modem.command("AT", timeout_ms=_ASK_MS)
                return True
            except Timeout:
                pass  # off, or still starting: asked again
        return False

    def _way_to_reset(self):
        if self._button is not None and self._times["reset_ms"]:
            return self._press_button
        if self._key is not None and self._times["off_ms"]:
            return self._off_and_on
        return None

    def _press_button(self):
        _press(self._button, self._button_pressed, self._times["reset_ms"])

    def _off_and_on(self):
        self._press_key(self._times["off_ms"])
        sleep_ms(self._times["down_ms"])
        self._press_key(self._times["on_ms"])

    def _press_key(self, ms):
        sleep_ms(_REST_MS)
        _press(self._key, self._key_pressed, ms)


def uart(board):
    """The UART of the board: flow control exactly where its wires are, a buffer for board.RXBUF bytes."""
    wires = {}
    flow = 0  # said even when there is none: RP2040 keeps what an earlier program set, through a soft reset
    if board.RTS is not None:
        wires["rts"] = Pin(board.RTS)
        flow |= UART.RTS
    if board.CTS is not None:
        wires["cts"] = Pin(board.CTS)
        flow |= UART.CTS
    return UART(
        board.UART, board.BAUD, tx=Pin(board.TX), rx=Pin(board.RX), flow=flow, rxbuf=board.RXBUF, timeout=0, **wires)


def _pin(number, pressed):
    return None if number is None else Pin(number, Pin.OUT, value=1 - pressed)


def _press(pin, pressed, ms):
    pin.value(pressed)
    sleep_ms(ms)
    pin.value(1 - pressed)
