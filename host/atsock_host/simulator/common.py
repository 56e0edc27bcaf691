"""What every one of the five modules has beside its TCP/IP commands.

The parts: v250.py (command line settings), radio.py (identity, SIM, registration), packet.py (contexts),
clock.py, general.py (the rest of 3GPP that drivers send).  The vendor files stand on CommonModule.
"""

from .clock import ClockCommands
from .general import GeneralCommands
from .module import Module
from .packet import PacketCommands
from .radio import RadioCommands
from .v250 import V250Commands


class CommonModule(V250Commands, RadioCommands, GeneralCommands, PacketCommands, ClockCommands, Module):
    """A module without TCP/IP."""
