"""Sleep and wake: sends a value, switches the module's radio off, sleeps, and begins again.

With the radio off (AT+CFUN=0, 3GPP TS 27.007 8.2) a module takes a milliampere or so and still answers on its serial
line.  Less: its power key (boards/power.py), or PSM, where it sleeps by itself: modem.command('AT+CPSMS=1').
"""

import time

import start

HOST, PORT = "collector.example.com", 9000
PAUSE_S = 300


def sleep():
    try:
        from machine import lightsleep
    except ImportError:
        time.sleep(PAUSE_S)  # a computer
    else:
        lightsleep(PAUSE_S * 1000)  # memory and program stay; the board's serial port may lose what comes


def send(text):
    sock = modem.socket()
    try:
        sock.settimeout(30)
        sock.connect((HOST, PORT))
        sock.write(text + "\n")
    finally:
        sock.close()


modem = start.modem()
number = 0
while True:
    begun = time.time()
    try:
        modem.command("AT+CFUN=1")
        modem.attach(timeout_ms=240_000)
        number += 1
        send("value {}".format(number))
        modem.detach()
    except OSError as error:
        print("not sent:", error)
    try:
        modem.command("AT+CFUN=0")
        print("awake for", round(time.time() - begun), "s; asleep")
    except OSError as error:
        print("the module stays awake:", error)
    sleep()
