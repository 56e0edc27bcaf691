"""ESP32 (not -S2, -S3, -C3) with a module on a breakout: UART2 with flow control, power key, reset.

Pins: any will do for a UART (ESP32 Technical Reference Manual, 4.2 "GPIO matrix"); these are no strapping pins, not
those of flash (6 to 11) or of a WROVER's PSRAM (16, 17), and not input-only (34 to 39).  Levels: see pico/board.py.
"""

from modules import BG96 as MODULE  # what is wired to it

UART, BAUD = 2, 115200
TX, RX = 26, 27
RTS, CTS = 25, 33  # to RTS and CTS of the module; None: not wired
RXBUF = 4096  # 355 ms of line
SUPPLY = None  # pin that switches the module's supply, high: on
PWRKEY, PWRKEY_PRESSED = 32, 1  # pin and its level while pressed; None: not wired
RESET, RESET_PRESSED = 23, 1
DTR = None  # low: the module does not sleep
