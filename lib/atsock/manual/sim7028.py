"""SIMCom SIM7028, every command: the A7600's with two links, and its own.

Sections: SIM7028 Series TCPIP Application Note V1.04, where the A7600's 2.1 is 2.1.1 and so on; columns: __init__.py.
"""

from ..core.words import ANY, NOISE, NONE, OK
from . import LINE, LIST, MANY, NOTHING, X, a7600
from .a7600 import _CLOSED, _FOUND, _MS, _NET_MS, _SENDS

NAME = "sim7028"
RANGES = {
    "LINK": "0-1",
    "SERVER": "0-1",
    "HOST": "a255",     # 2.1.3
    "PEER": "a255",     # 2.1.4: also a name
}  # fmt: skip

CANCELLED = a7600.CANCELLED
TESTS = a7600.TESTS + ("+NETCLOSE", "+IPADDR", "+CSOCKSETPN", "+CTCPKA", "+CDNSCFG")

_DNS = (OK, MANY, ((b"Primary IPv", b"", NONE, ANY, NOISE, False),), X, 0)

_OWN = (
    # form               parameters                                                      ms        answer
    ("+CIPSEND=",       "link_num:LINK,serverIP:PEER,serverPort:0-65535,data:e1500",     _NET_MS,  _SENDS),     # 2.1.4
    ("+CIPTIMEOUT=",    "?netopen_timeout:3000-120000,?cipopen_timeout:3000-120000,?cipsend_timeout:3000-120000",
                                                                                         _MS,      NOTHING),    # 2.1.12
    ("+SERVERSTOP=",    "server_index:SERVER",                                           _MS,      _CLOSED),    # 2.1.15
    ("+CDNSGIP=",       "domain_name:d254",                                              8_000,    _FOUND),     # 2.1.17
    ("+CSOCKSETPN?",    "",                                                              _MS,      LINE),       # 2.1.18
    ("+CSOCKSETPN=",    "profile_num:1,[ip_family:1|6",                                  _MS,      NOTHING),
    ("+CTCPKA?",        "",                                                              _MS,      LINE),       # 2.1.19
    ("+CTCPKA=",        "keepalive:0-1,keepidle:1-120,keepcount:1-10,keepinterval:1-65535", _MS,   NOTHING),
    ("+CDNSCFG?",       "",                                                              _MS,      _DNS),       # 2.1.20
    ("+CDNSCFG=",       "pri_dns:bip,[?sec_dns:bip,[type:0-1",                           _MS,      NOTHING),
    ("+CPIN?",          "",                                                              22_000,   LINE),       # 1.2
    ("+CFUN?",          "",                                                              _MS,      LINE),
    ("+CEREG?",         "",                                                              _MS,      LINE),
    ("+CGDCONT?",       "",                                                              _MS,      LIST),       # 4.1
)  # fmt: skip


def _is_replaced(row):
    return row[0] in ("+CIPTIMEOUT=", "+SERVERSTOP=", "+CDNSGIP=") or row[0] == "+CIPSEND=" and "none" in row[1]


FORMS = _OWN + tuple([row for row in a7600.FORMS if not _is_replaced(row)])
