"""M5Stack CoreS3 (ESP32-S3) with a Unit NB-IoT2 (SIMCom SIM7028) on its port C.

Pins of port C, bit rate: m5stack/uiflow-micropython, unit/nbiot2.py and its example for the CoreS3 (port=(18, 17),
receiving first).  What the unit does not wire (RTS, CTS, RESET, DTR): M5Stack, schematic of the Unit NB-IoT2 (U111-B).
"""

from modules import SIM7028 as MODULE

UART, BAUD = 2, 115200
TX, RX = 17, 18
RTS = CTS = None
RXBUF = 8192  # 711 ms of line: nothing else holds a pushing module back
SUPPLY = None
PWRKEY, PWRKEY_PRESSED = None, 1
RESET, RESET_PRESSED = None, 1
DTR = None
