"""SIMCom A7600 series, every command.  Sections: A7600 Series TCPIP AT Command Manual; columns: __init__.py."""

from ..core.words import ANY, HEX, MISSING, NOISE, NONE, OK, PROMPT, RAW
from . import CONNECTED, DATA, LATE, LATE_OF_FIRST, LINE, LIST, NOTHING, ONE, ONLINE, X

NAME = "a7600"
RANGES = {
    "LINK": "0-9",
    "SERVER": "0-3",
    "HOST": "h255",     # 2.3
    "PEER": "ip4",      # 2.4: destination of a datagram
}  # fmt: skip

CANCELLED = MISSING  # the answer to ESC is not printed

TESTS = (
    "+CIPOPEN", "+CIPSEND", "+CIPRXGET", "+CIPCLOSE", "+CIPHEAD", "+CIPSRIP", "+CIPMODE", "+CIPSENDMODE", "+CIPCCFG",
    "+SERVERSTART", "+CIPACK", "+CDNSGIP",
)  # fmt: skip

_MS = 11_000  # no time printed; SIM7028: 9 s
_NET_MS = 125_000  # 2.12: 120 s unless CIPTIMEOUT says less

_RESULT = (OK, ONE, (LATE,), 0, 0)
_OPENED = (OK, ONE, (LATE_OF_FIRST, CONNECTED), 1, 0)  # CONNECT when CIPMODE is 1
_CLOSED = (OK, ONE, (LATE_OF_FIRST,), 1, 0)
_SENDS = (PROMPT | OK, ONE, (LATE_OF_FIRST,), X, 0)
_MODE = (OK, ONE, ((b"", b"", NONE, 1, NOISE, False),), X, 0)  # "+CIPRXGET: 1,<link>" is a notice
_READS = (OK, DATA, ((b"", b"2,$1,", RAW, 2, NOISE, False),), X, 0)
_READS_HEX = (OK, DATA, ((b"", b"3,$1,", HEX, 2, NOISE, False),), X, 0)
_REST = (OK, ONE, ((b"", b"4,$1,", NONE, 1, NOISE, False),), X, 0)
_FOUND = (OK, ONE, ((b"", b"1,", NONE, ANY, NOISE, False),), X, 0)

FORMS = (
    # form               parameters                                                      ms        answer
    ("+NETOPEN?",       "",                                                              _MS,      LINE),       # 2.1
    ("+NETOPEN",        "",                                                              _NET_MS,  _RESULT),
    ("+NETCLOSE",       "",                                                              _NET_MS,  _RESULT),    # 2.2
    ("+CIPOPEN?",       "",                                                              _MS,      LIST),       # 2.3
    ("+CIPOPEN=",       'link_num:LINK,type:"TCP",serverIP:HOST,serverPort:0-65535,[localPort:0-65535',
                                                                                         _NET_MS,  _OPENED),
    ("+CIPOPEN=",       'link_num:LINK,type:"UDP",?serverIP:none,?serverPort:none,localPort:0-65535',
                                                                                         _NET_MS,  _OPENED),
    ("+CIPOPEN=",       'link_num:0,type:"UDP",serverIP:HOST,serverPort:0-65535,localPort:0-65535',
                                                                                         _NET_MS,  _OPENED),    # 6.3.3
    ("+CIPSEND=",       "link_num:LINK,data:e1500",                                      _NET_MS,  _SENDS),     # 2.4
    ("+CIPSEND=",       "link_num:LINK,length:1-1500,data:#1",                           _NET_MS,  _SENDS),
    ("+CIPSEND=",       "link_num:LINK,?length:none,serverIP:PEER,serverPort:0-65535,data:e1500", _NET_MS, _SENDS),
    ("+CIPSEND=",       "link_num:LINK,length:1-1500,serverIP:PEER,serverPort:0-65535,data:#1", _NET_MS, _SENDS),
    ("+CIPRXGET?",      "",                                                              _MS,      _MODE),      # 2.5
    ("+CIPRXGET=",      "mode:0-1",                                                      _MS,      NOTHING),
    ("+CIPRXGET=",      "mode:2,link_num:LINK,[len:1-1500",                              _MS,      _READS),
    ("+CIPRXGET=",      "mode:3,link_num:LINK,[len:1-750",                               _MS,      _READS_HEX),
    ("+CIPRXGET=",      "mode:4,link_num:LINK",                                          _MS,      _REST),
    ("+CIPCLOSE?",      "",                                                              _MS,      LINE),       # 2.6
    ("+CIPCLOSE=",      "link_num:LINK",                                                 _NET_MS,  _CLOSED),
    ("+IPADDR",         "",                                                              _MS,      LINE),       # 2.7
    ("+CIPHEAD?",       "",                                                              _MS,      LINE),       # 2.8
    ("+CIPHEAD=",       "mode:0-1",                                                      _MS,      NOTHING),
    ("+CIPHEAD",        "",                                                              _MS,      NOTHING),
    ("+CIPSRIP?",       "",                                                              _MS,      LINE),       # 2.9
    ("+CIPSRIP=",       "mode:0-1",                                                      _MS,      NOTHING),
    ("+CIPSRIP",        "",                                                              _MS,      NOTHING),
    ("+CIPMODE?",       "",                                                              _MS,      LINE),       # 2.10
    ("+CIPMODE=",       "mode:0-1",                                                      _MS,      NOTHING),
    ("+CIPMODE",        "",                                                              _MS,      NOTHING),
    ("+CIPSENDMODE?",   "",                                                              _MS,      LINE),       # 2.11
    ("+CIPSENDMODE=",   "mode:0-1",                                                      _MS,      NOTHING),
    ("+CIPTIMEOUT?",    "",                                                              _MS,      LINE),       # 2.12
    ("+CIPTIMEOUT=",    "?netopen_timeout:3000-120000,[?cipopen_timeout:3000-120000,[?cipsend_timeout:3000-120000",
                                                                                         _MS,      NOTHING),
    ("+CIPCCFG?",       "",                                                              _MS,      LINE),       # 2.13
    ("+CIPCCFG=",       ("?NmRetry:0-10,[?DelayTm:0-1000,[?Ack:0,[?errMode:0-1,[?HeaderType:0-1,[?AsyncMode:0-1,"
                         "[?TimeoutVal:500-120000"),                                     _MS,      NOTHING),
    ("+CIPCCFG",        "",                                                              _MS,      NOTHING),
    ("+SERVERSTART?",   "",                                                              _MS,      LIST),       # 2.14
    ("+SERVERSTART=",   "port:0-65535,server_index:SERVER,[backlog:1-3",                 _MS,      NOTHING),
    ("+SERVERSTOP=",    "server_index:SERVER",                                           _NET_MS,  _CLOSED),    # 2.15
    ("+CIPACK=",        "link_num:LINK",                                                 _MS,      LINE),       # 2.16
    ("+CDNSGIP=",       "domain_name:d254",                                              32_000,   _FOUND),     # 2.17
    ("O",               "",                                                              _MS,      ONLINE),     # 1.2
    ("&D1",             "",                                                              _MS,      NOTHING),    # 1.2
    ("+CSQ",            "",                                                              _MS,      LINE),       # 6.1.1
    ("+CREG?",          "",                                                              _MS,      LINE),
    ("+CGREG?",         "",                                                              _MS,      LINE),
    ("+CPSI?",          "",                                                              _MS,      LINE),
    ("+CGDCONT=",       'cid:1-16,PDP_type:"IP|IPV6|IPV4V6",APN:s99',                    _MS,      NOTHING),    # 6.1.2
)  # fmt: skip
