"""LilyGO T-A7608-S3: ESP32-S3 and SIMCom A7608.

All pins, levels and the bit rate: Xinyuan-LilyGO/LilyGO-T-A76XX, examples/ATdebug/utilities.h, LILYGO_T_A7608X_S3,
and ATdebug.ino (level of the power key).  RTS and CTS of the module are not wired.
"""

from modules import A7608 as MODULE

UART, BAUD = 1, 115200  # Serial1, MODEM_BAUDRATE
TX, RX = 17, 18  # MODEM_TX_PIN, MODEM_RX_PIN
RTS = CTS = None
RXBUF = 8192  # 711 ms of line: nothing else holds a pushing module back
SUPPLY = None  # always on
PWRKEY, PWRKEY_PRESSED = 15, 1  # BOARD_PWRKEY_PIN
RESET, RESET_PRESSED = 16, 0  # MODEM_RESET_PIN, MODEM_RESET_LEVEL LOW
DTR = 7  # MODEM_DTR_PIN
