"""Fibocom NL668, every command.  Sections: NL668 TCP&UDP AT manual; columns: __init__.py."""

from ..core.command import number_at
from ..core.words import ANY, MISSING, NOISE, NONE, OK, OK2, PROMPT, RAW, READY
from . import (
    CONNECTED, DATA, DATA_MODE, FAILS, IDS, LATE, LATE_OF_FIRST, LATEST, LINE, LIST, MANY, NOT_ZERO, NOTHING, ONE,
    OWN, X,
)  # fmt: skip

NAME = "nl668"
RANGES = {
    "OPERATION": "1",           # 1.1.1
    "AUTH": "0-2",
    "SOURCE": "1-65535",        # 1.1.2
    "PROTOCOL": "0|1|2",
    "ODM_PORT": "0-65535",      # 1.1.18
    "PING": "1",                # 1.1.15
    "HOST": "h255",             # 1.1.2: name or IPv4
    "ADDRESS": "ip4",           # 1.1.7
}  # fmt: skip

CANCELLED = MISSING  # there is no ESC

TESTS = (
    "+MIPCALL", "+MIPOPEN", "+MIPCLOSE", "+MIPSETS", "+MIPDSETS", "+MIPPUSH", "+MIPFLUSH", "+MIPCONF", "+MIPKEEPCONF",
    "+MPING", "+MSDNS", "+MIPODM", "+MIPNTP",
)  # fmt: skip

_MS = 7_000  # the manual prints less than 1 s nearly everywhere
_LINK_MS = 32_000  # 1.1.1: 30 s
_OPEN_MS = 62_000  # 1.1.2: 60 s, also for what looks a name up
_SEND_MS = 37_000  # 1.2.4: SENDTIME is 30 s at most


def _close_ms(args):
    return 247_000 if args[1:] == [2] else 17_000  # mode 2 waits for 2 MSL


def _odm_ms(args):
    return 3_600_000 if args[3] == 0 else _OPEN_MS  # port 0: until a peer comes


def _ping_ms(args):
    count = args[2] if len(args) > 2 else 4
    timeout_ms = args[6] if len(args) > 6 else 4000
    return _OPEN_MS + count * timeout_ms


def _run_over(lines, args):
    # +MPINGSTAT 1: no answer in time, 3 and 4: flow control; 0 and 2 end the run, 2 tells that it broke off.
    status = number_at(lines[-1], 0)
    return FAILS if status == 2 else status == 0


_OWN_FIRST = (b"", b"$0,", NONE, ANY, NOISE, False)
_FAILED = (  # 0: an acknowledgement
    (b"+MIPSTAT:", b"$0,1", NONE, ANY, NOISE, FAILS),
    (b"+MIPSTAT:", b"$0,2", NONE, ANY, NOISE, FAILS),
)
_RELEASED = (OK, ONE, (LATE,), X, 0)
_UP = (OK, ONE, (LATE,), 0, NOT_ZERO)
_OPENED = (OK, ONE, (LATE_OF_FIRST,) + _FAILED, 1, 1)
_CLOSED = (OK, ONE, (LATE_OF_FIRST,), X, 0)
_SENDS = (PROMPT | OK | OK2, ONE, (_OWN_FIRST,), X, 0)
_READS = (OK, DATA, ((b"+MIPDATA:", b"$0,", RAW, 1, NOISE, False), (b"", b"$0,0", NONE, 0, NOISE, False)), X, 0)
_ODM = (OK, DATA_MODE, (LATE_OF_FIRST,) + _FAILED, 1, 1)
# Whether anything is said is not stated.
_RESUMED = (0, DATA_MODE, (CONNECTED, (b"+MIPODM:", b"", NONE, ANY, OK, True)), X, 0)
_PINGS = (OK, MANY, (OWN, (b"+MPINGSTAT:", b"", NONE, ANY, NOISE, _run_over)), X, 0)
_WAITING = (OK, LATEST, ((b"", b"", NONE, 2, READY, False),), X, 0)  # a notice in between looks the same
_TIME = (OK, ONE, (LATE,), 0, 1)

_ACCOUNT = "[User_name:s64,Password:s64,[auth:AUTH"
_TO = "Socket_ID:1-6,?Source_Port:SOURCE,Remote_IP:HOST,"

FORMS = (
    # form               parameters                                                      ms        answer
    ("+MIPCALL?",       "",                                                              _MS,      LINE),       # 1.1.1
    ("+MIPCALL=",       "Operation:0",                                                   _LINK_MS, _RELEASED),
    ("+MIPCALL=",       "Operation:1,[cid:0-255," + _ACCOUNT,                            _LINK_MS, _UP),
    ("+MIPCALL=",       "Operation:OPERATION,APN:s99," + _ACCOUNT,                       _LINK_MS, _UP),
    ("+MIPOPEN?",       "",                                                              _MS,      IDS),        # 1.1.2
    ("+MIPOPEN=",       _TO + "Remote_Port:1-65535,Protocol:PROTOCOL",                   _OPEN_MS, _OPENED),
    ("+MIPOPEN=",       _TO + "Remote_Port:0,Protocol:PROTOCOL",                         _OPEN_MS, NOTHING),  # listens
    ("+MIPCLOSE?",      "",                                                              _MS,      IDS),        # 1.1.3
    ("+MIPCLOSE=",      "Socket_ID:1-6,[Mode:0-2",                                       _close_ms, _CLOSED),
    ("+MIPSETS?",       "",                                                              _MS,      LIST),       # 1.1.4
    ("+MIPSETS=",       "Socket_ID:1-6,Size:1-2048,[Timeout:0-1000",                     _MS,      LINE),
    ("+MIPDSETS?",      "",                                                              _MS,      LIST),       # 1.1.5
    ("+MIPDSETS=",      "Socket_ID:1-6,Size:1-2048,[Time_span:0-1000",                   _MS,      LINE),
    ("+MIPSEND?",       "",                                                              _MS,      LIST),       # 1.1.6
    ("+MIPSEND=",       "Socket_ID:1-6,Data:x2046",                                      _MS,      LINE),  # <1024 bytes
    ("+MIPSEND=",       "Socket_ID:1-6,data:y2048",                                      _SEND_MS, _SENDS),     # 1.2.1
    ("+MIPSEND=",       'Socket_ID:1-6,data:t2048,end:"SENDTIME"',                       _SEND_MS, _SENDS),     # 1.2.2
    ("+MIPSEND=",       "Socket_ID:1-6,Data_len:1-2048,data:#1",                         _SEND_MS, _SENDS),     # 1.2.3
    ("+MIPPUSH?",       "",                                                              _MS,      IDS),        # 1.1.7
    ("+MIPPUSH=",       "Socket_ID:1-6,[Destination_IP:ADDRESS,Destination_Port:0-65535", _MS,     LINE),
    ("+MIPFLUSH?",      "",                                                              _MS,      IDS),        # 1.1.8
    ("+MIPFLUSH=",      "Socket_ID:1-6",                                                 _MS,      LINE),
    ("+MIPCONF?",       "",                                                              _MS,      LIST),       # 1.1.13
    ("+MIPCONF=",       ("Socket_ID:1-6,[?retr_num:1-12,[?min_TO:1-10,[?max_TO:10-600,[?max_close_delay:1-75,"
                         "[?is_nack_ind_req:0-2"),                                       _MS,      NOTHING),
    ("+MIPKEEPCONF?",   "",                                                              _MS,      LINE),       # 1.1.14
    ("+MIPKEEPCONF=",   "mode:0,[keepidle:1-36000,keepintvl:1-750,keepcnt:1-50",         _MS,      NOTHING),
    ("+MIPKEEPCONF=",   "mode:1,keepidle:1-36000,keepintvl:1-750,keepcnt:1-50",          _MS,      NOTHING),
    ("+MPING?",         "",                                                              _MS,      LINE),       # 1.1.15
    ("+MPING=",         "mode:0",                                                        _MS,      NOTHING),
    ("+MPING=",         ("mode:PING,Destination_IP/hostname:HOST,[count:1-255,[size:0-1372,[TTL:1-255,[TOS:0-255,"
                         "[TimeOut:0-3600000"),                                          _ping_ms, _PINGS),
    ("+MSDNS?",         "",                                                              _MS,      LIST),       # 1.1.17
    ("+MSDNS=",         "Socket_ID:1-7,[Primary_DNS_server_IP:ip4,[Secondary_DNS_server_IP:ip4", _MS, NOTHING),
    ("+MIPODM?",        "",                                                              _MS,      IDS),        # 1.1.18
    ("+MIPODM=",        _TO + "Remote_Port:ODM_PORT,Protocol:PROTOCOL,[Pseudo-Command_Mode:0-1", _odm_ms, _ODM),
    ("+MIPDNS=",        "domain_name:h255",                                              _OPEN_MS, LINE),       # 1.1.21
    ("+MIPNTP?",        "",                                                              _MS,      LINE),       # 1.1.22
    ("+MIPNTP=",        "Remote_IP:h255,Remote_Port:1-65535",                            _OPEN_MS, _TIME),
    ("+MIPREAD?",       "",                                                              _MS,      _WAITING),   # 1.1.23
    ("+MIPREAD=",       "Socket_ID:1-6,ReadDataLen:1-2048",                              _MS,      _READS),
    ("+GTSET=",         'feature:"SENDTIME",value:1-30',                                 _MS,      NOTHING),    # 1.2.4
    ("+GTSET=",         'feature:"IPRFMT",value:0|1|2|5',                                _MS,      NOTHING),
    ("O",               "",                                                              2_000,    _RESUMED),
)  # fmt: skip
