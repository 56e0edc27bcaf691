"""First light, on every board of this folder: switches the module on, says who it is, fetches a page.

Needs board.py of the board, modules.py and power.py beside it.
"""

import atsock
import board
from power import Power

APN = "internet"  # of the SIM's operator
HOST, PATH = "example.com", "/"

power = Power(board)
modem = atsock.Modem(power.uart, board.MODULE["dialect"], apn=APN, reset=power.reset)
print("power key pressed:", power.start(modem))
print("module:", *modem.identity())
print("signal, dBm:", modem.signal()[0])
print("address:", modem.attach())
sock = modem.socket()
sock.settimeout(30)
sock.connect((HOST, 80))
sock.write("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n".format(PATH, HOST).encode())
page = sock.read()
sock.close()
print(page.decode())
