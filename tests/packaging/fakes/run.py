"""Runs in MicroPython: a program of boards/examples as on a board, with a fake machine whose UARTs are serial ports.

    run.py EXAMPLE PORT...
"""

import sys

import machine

sys.modules["machine"] = machine
machine.ports = sys.argv[2:]

__import__(sys.argv[1])
if machine.RTC.set:
    print("clock:", *machine.RTC.set[:3] + machine.RTC.set[4:6])
