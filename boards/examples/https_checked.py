"""HTTPS with a checked certificate: who answers is who it says, and nobody between can read or change a byte.

Needs authority.der on the board, the certificate of the authority that signed the server's (DER form), and the right
time, which comes from the network here.  MicroPython; on a computer see docs/sockets.md.
"""

import ssl
import time

import start

HOST, PATH = "example.com", "/"


def set_clock(modem):
    """The board's clock from the module's, in UTC: a certificate is good from one day to another."""
    try:
        from machine import RTC
    except ImportError:
        return  # a computer: its clock is right
    # +CCLK: "26/11/28,19:30:00+04": local time, and how many quarters of an hour it is ahead of UTC (27.007 8.15)
    text = modem.command("AT+CCLK?", "+CCLK:")[0].decode().split('"')[1]
    year, month, day, hour, minute, second, zone = (int(text[i : i + 2 + i // 17]) for i in range(0, 20, 3))
    if not 24 <= year < 80:
        raise OSError("the network has not told the time: try modem.ntp('pool.ntp.org')")
    utc = time.mktime((2000 + year, month, day, hour, minute, second, 0, 0)) - zone * 900
    year, month, day, hour, minute, second = time.gmtime(utc)[:6]
    RTC().datetime((year, month, day, 0, hour, minute, second, 0))


context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_REQUIRED
with open("authority.der", "rb") as file:
    context.load_verify_locations(cadata=file.read())

modem = start.modem()
modem.command("AT+CTZU=1")  # the module's clock follows the network's (27.007 8.40)
modem.attach(timeout_ms=240_000)
set_clock(modem)
sock = modem.socket()
sock.settimeout(60)
sock.connect((HOST, 443))
secure = context.wrap_socket(sock, server_hostname=HOST)  # ValueError here or below: the certificate is not good
secure.write("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n".format(PATH, HOST).encode())
status = secure.readline()
while secure.readline() not in (b"\r\n", b""):
    pass  # headers
print(status.decode().strip())
print(secure.read().decode())
secure.close()
modem.close()
