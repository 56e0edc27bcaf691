"""Fibocom L610: the NL668's commands, and IPv6.

Sections: Fibocom L610 AT Commands User Manual TCP&UDP V1.0.0; what each attribute means: table.py.  The forms of
payload, the notices, the ids (1 to 6) and all limits are the NL668's: the two manuals agree in them.  What differs:

- the context can be IPv6, and CHAP or PAP is the module's choice;
- connections name their family in <protocol>;
- between +++ and ATO the module tells of data that wait;
- names, ping and time take an IPv6 host by a parameter that the NL668 does not know.
"""

from ..core.words import ADDRESS, OK
from .nl668 import NL668


# fmt: off
class L610(NL668):
    """Fibocom L610."""

    # -- module
    NAME = "l610"

    # -- context
    AUTHS = (0, 1, 2, 3)  # 1.1.1
    PDP_6 = b"2"  # 1.1.1 <Operation>

    # -- opening
    PROTOCOLS = (
        # family TCP UDP TLS
        (4,      0,  1,  2),  # 1.1.2
        (6,      60, 61, 62),
    )

    # -- data mode
    RESUME_NOTICES = (b"+MIPDATA:",)  # 1.1.24

    # -- lookups
    #            command                  ms      required      optional
    RESOLVE_6 = (b'AT+MIPDNS="<host>",1', 62_000, OK | ADDRESS, 0)  # 1.1.21

    # -- services
    #         command                                               ms      required optional
    PING_6 = (b'AT+MPING=2,"<host>",<count>,<size>,64,0,<timeout>', 76_000, OK,      0)  # 1.1.14
    NTP_6 =  (b'AT+MIPNTP="<host>",<port>,1',                       62_000, OK,      0)  # 1.1.22
