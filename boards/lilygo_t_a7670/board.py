"""LilyGO T-A7670 (T-SIM A7670): ESP32 and SIMCom A7670.

All pins, levels and the bit rate: Xinyuan-LilyGO/LilyGO-T-A76XX, examples/ATdebug/utilities.h, LILYGO_T_A7670, and
ATdebug.ino (order of the steps, level of the power key).  RTS and CTS of the module are not wired.
"""

from modules import A7670 as MODULE

UART, BAUD = 1, 115200  # Serial1, MODEM_BAUDRATE
TX, RX = 26, 27  # MODEM_TX_PIN, MODEM_RX_PIN
RTS = CTS = None
RXBUF = 8192  # 711 ms of line: nothing else holds a pushing module back
SUPPLY = 12  # BOARD_POWERON_PIN
PWRKEY, PWRKEY_PRESSED = 4, 1  # BOARD_PWRKEY_PIN
RESET, RESET_PRESSED = 5, 1  # MODEM_RESET_PIN, MODEM_RESET_LEVEL HIGH
DTR = 25  # MODEM_DTR_PIN
