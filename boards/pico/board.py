"""Raspberry Pi Pico (RP2040) with a module on a breakout: UART1 with flow control, power key, reset.

Pins: RP2040 Datasheet, 1.4.3 "GPIO functions": UART1 TX 4, RX 5, CTS 6, RTS 7.  Key and reset are free to choose.
A breakout that brings out the module's own pins needs 1.8 V levels and an open collector for key and reset (a
transistor or BSS138: then high presses); most have both on board.
"""

from modules import BG96 as MODULE  # what is wired to it

UART, BAUD = 1, 115200
TX, RX = 4, 5
RTS, CTS = 7, 6  # RTS of the board goes to RTS of the module (DCE names), likewise CTS; None: not wired
RXBUF = 4096  # 355 ms of line; a garbage collection of RP2040 takes up to 23 ms
SUPPLY = None  # pin that switches the module's supply, high: on
PWRKEY, PWRKEY_PRESSED = 2, 1  # pin and its level while pressed; None: not wired
RESET, RESET_PRESSED = 3, 1
DTR = None  # low: the module does not sleep
