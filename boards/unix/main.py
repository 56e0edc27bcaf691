"""First light on MicroPython's unix port: fetches a page over a modem on a serial port, or over a virtual one.

    atsock sim bg96 --link /tmp/modem --host example.com=127.0.0.1:8000
    MICROPYPATH=lib:.frozen micropython boards/unix/main.py /tmp/modem bg96 example.com /

Arguments: port, dialect, host, path; the last ones may be left out.
"""

import sys

import atsock
from tty import Tty

APN = "internet"  # of the SIM's operator
DEFAULTS = ("/dev/ttyUSB2", "bg96", "example.com", "/")

given = tuple(sys.argv[1:])
port, dialect, host, path = given + DEFAULTS[len(given) :]
modem = atsock.Modem(Tty(port), dialect, apn=APN)
print("module:", *modem.identity())
print("signal, dBm:", modem.signal()[0])
print("address:", modem.attach())
sock = modem.socket()
sock.settimeout(30)
sock.connect((host, 80))
sock.write("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n".format(path, host).encode())
page = sock.read()
sock.close()
modem.close()
print(page.decode())
