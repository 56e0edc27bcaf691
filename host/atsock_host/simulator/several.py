"""What several modules of one process have of their own: numbers, ports and files.

Owns how they follow from what the first one has.
"""

import os

from .radio import RadioCommands

PORTS = ("tcp", "rfc2217", "control")
_FILES = ("trace", "link")


def spread(config, index, own):
    """Give the module with this index (0 is the first) what must not be the same for all.

    `own`: what was said for this module alone, with its place among its copies, or None where it has none.
    Ports count up (0 stays: any), names of files get a number, and the identity that nobody has set is the next one.
    """
    for name in PORTS:
        port, place = getattr(config, name), own.get(name, index)
        if port and place:
            setattr(config, name, port + place)
    for name in _FILES:
        path, place = getattr(config, name), own.get(name, index)
        if path is not None and place is not None:
            setattr(config, name, numbered(path, place + 1))
    if index:
        config.settings = {**identity(index), **config.settings}


def numbered(path, number):
    """The name of a file with a number before its ending: trace-2.txt."""
    stem, ending = os.path.splitext(path)
    return f"{stem}-{number}{ending}"


def identity(index):
    """Settings of the numbers that no two modules and SIM cards share, `index` behind the usual ones."""
    return {
        "imei": with_check_digit(_counted(RadioCommands.IMEI[:-1], index)),
        "iccid": _counted(RadioCommands.ICCID, index),
        "imsi": _counted(RadioCommands.IMSI, index),
        "number": "+" + _counted(RadioCommands.NUMBER[1:], index),
    }


def _counted(digits, index):
    return str(int(digits) + index).zfill(len(digits))


def with_check_digit(digits):
    """`digits` of an IMEI with the check digit behind them (3GPP TS 23.003, annex B)."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled // 10 + doubled % 10
    return digits + str(-total % 10)
