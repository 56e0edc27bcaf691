"""The module of this board, switched on: what every program of examples/ begins with.

Needs board.py of the board, modules.py and power.py beside it; a second module is described by a board2.py.
"""

import atsock
from power import Power

APN = "internet"  # of the SIM's operator


def modem(number=1, **options):
    """The Modem of board.py (2: of board2.py), which answers AT; it is not attached yet.

    options: of atsock.Modem.  Waits for the boot; raises OSError (Timeout) when the module does not answer.
    """
    board = __import__("board" if number == 1 else "board%d" % number)
    power = Power(board)
    made = atsock.Modem(power.uart, board.MODULE["dialect"], apn=APN, reset=power.reset, **options)
    print("power key pressed:", power.start(made))
    return made
