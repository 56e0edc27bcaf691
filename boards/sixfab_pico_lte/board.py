"""Sixfab Pico LTE: RP2040 (Pico W) and Quectel BG95-M3.

UART, pins and bit rate: sixfab/pico_lte_micropython-sdk, pico_lte/utils/atcom.py; power key (high presses):
pico_lte/modules/base.py, class Base at commit 079119b (SDKs for prototypes of the board have other pins there).
RTS and CTS are not used there.
"""

from modules import BG95 as MODULE

UART, BAUD = 0, 115200
TX, RX = 0, 1
RTS = CTS = None
RXBUF = 8192  # 711 ms of line: nothing else holds a pushing module back
SUPPLY = None
PWRKEY, PWRKEY_PRESSED = 19, 1
RESET, RESET_PRESSED = None, 1
DTR = None
