"""Runs in MicroPython: boards/main.py with a fake machine whose UART is the serial port PORT.

    light.py PORT
"""

import sys

import machine

sys.modules["machine"] = machine
machine.port = sys.argv[1]

import main  # noqa: E402, F401  boards/main.py
