"""start.py of a computer: the module on the serial port that the command line names.

    MICROPYPATH=lib:boards/unix:.frozen micropython boards/unix/run.py boards/examples/first_light.py /dev/ttyUSB2 bg96
    PYTHONPATH=boards/unix python boards/unix/run.py boards/examples/first_light.py /dev/ttyUSB2 bg96

Two more words name a second module.
"""

import sys

import atsock

if sys.implementation.name == "micropython":
    from tty import Tty as Port
else:
    from atsock_host import SerialPort as Port

APN = "internet"  # of the SIM's operator
DEFAULTS = ["/dev/ttyUSB2", "bg96"]


def modem(number=1, **options):
    """The Modem of the first (2: second) port and dialect of the command line; nothing has been sent."""
    port, dialect = (sys.argv[1:] or DEFAULTS)[2 * number - 2 : 2 * number]
    return atsock.Modem(Port(port), dialect, apn=APN, **options)
