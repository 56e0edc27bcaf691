"""Fibocom L610: the NL668's commands, and IPv6.

Sections: Fibocom L610 AT Commands User Manual TCP&UDP V1.0.0; columns: words.py.
"""

from .nl668 import *

NAME = "l610"
MODELS = (b"L610",)

PDP_TYPES = {4: 1, 6: 2}                # 1.1.1 <Operation>
