"""ESP32-S3 with a module on a breakout: UART1 with flow control, power key, reset.

Pins: any will do for a UART (ESP32-S3 Technical Reference Manual, 6 "IO MUX and GPIO matrix"); these are no strapping
pins (0, 3, 45, 46), not USB (19, 20), and not those of flash and PSRAM (26 to 37).  Levels: see pico/board.py.
"""

from modules import BG96 as MODULE  # what is wired to it

UART, BAUD = 1, 115200
TX, RX = 17, 18
RTS, CTS = 15, 16  # to RTS and CTS of the module; None: not wired
RXBUF = 4096  # 355 ms of line
SUPPLY = None  # pin that switches the module's supply, high: on
PWRKEY, PWRKEY_PRESSED = 4, 1  # pin and its level while pressed; None: not wired
RESET, RESET_PRESSED = 5, 1
DTR = None  # low: the module does not sleep
