"""Fibocom L610, every command: the NL668's, and IPv6.

What differs:

- ranges: IPv6 is a kind of context, of connection and of address; a source port may be any;
- the name servers for IPv6: +MSV6DNS;
- a parameter for the kind of address, the last one of +MIPDNS and +MIPNTP.

Sections: Fibocom L610 AT Commands User Manual TCP&UDP V1.0.0, which numbers 1.1.12 to 1.1.17 one lower than the
NL668's; columns: __init__.py.
"""

from . import LINE, LIST, NOTHING, nl668
from .nl668 import _MS, _OPEN_MS, _TIME

NAME = "l610"
RANGES = {
    "OPERATION": "1-3",             # 1.1.1
    "AUTH": "0-3",
    "SOURCE": "0-65535",            # 1.1.2
    "PROTOCOL": "0|1|2|60|61|62",
    "ODM_PORT": "1-65535",          # 1.1.18
    "PING": "1-2",                  # 1.1.14
    "HOST": "a255",                 # 1.1.2: name, IPv4 or IPv6
    "ADDRESS": "ip",                # 1.1.7
}  # fmt: skip

CANCELLED = nl668.CANCELLED
TESTS = nl668.TESTS + ("+MSV6DNS",)

_OWN = (
    # form               parameters                                                      ms        answer
    ("+MSV6DNS?",       "",                                                              _MS,      LIST),       # 1.1.17
    ("+MSV6DNS=",
     "Socket_ID:1-7,[Primary_DNS_server_IP:ip6,[Secondary_DNS_server_IP:ip6",               _MS,      NOTHING),
    ("+MIPDNS=",        "domain_name:h255,[address_type:0-2",                            _OPEN_MS, LINE),       # 1.1.21
    ("+MIPNTP=",        "Remote_IP:a255,Remote_Port:1-65535,[address_type:0-1",          _OPEN_MS, _TIME),      # 1.1.22
)  # fmt: skip

FORMS = _OWN + tuple([row for row in nl668.FORMS if row[0] not in ("+MIPDNS=", "+MIPNTP=")])
