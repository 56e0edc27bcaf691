"""Quectel BG96, every command.  Sections: BG96 TCP/IP AT Commands Manual V1.0; columns: __init__.py."""

from ..core.command import number_at
from ..core.words import ANY, NOISE, NONE, OK, PROMPT, RAW, WORD
from . import DATA, LATE, LINE, LIST, MANY, NOTHING, OKAY, ONE, ONLINE, X

NAME = "bg96"
RANGES: "dict[str, str]" = {}
CANCELLED = 571  # chapter 4: the code of a send that ESC has ended

TESTS = (
    "+QICSGP", "+QIACT", "+QIDEACT", "+QIOPEN", "+QICLOSE", "+QISTATE", "+QISEND", "+QIRD", "+QISENDEX", "+QISWTMD",
    "+QPING", "+QNTP", "+QIDNSCFG", "+QIDNSGIP", "+QICFG", "+QISDE", "+QIGETERROR",
)  # fmt: skip

_MS = 62_000  # 1.1: 60 s wherever no other time is printed; 2 s of margin
_TIMEOUT = 569  # a request without reply


def _close_ms(args):
    return 2_000 + 1000 * (args[1] if len(args) > 1 else 10)


def _ping_ms(args):
    timeout_s = args[2] if len(args) > 2 else 4
    count = args[3] if len(args) > 3 else 4
    return _MS + 1000 * timeout_s * count


def _ping_over(lines, args):
    # A reply has 5 fields, the summary 7.  A bare code is a request without reply, or the end of all.
    line = lines[-1]
    count = args[3] if len(args) > 3 else 4
    if line.count(b",") == 0:
        return len(lines) > count or line.find(b"%d" % _TIMEOUT) < 0
    return line.count(b",") > 4


def _names_over(lines, args):
    # '+QIURC: "dnsgip",<err>,<IP_count>,<DNS_ttl>', then a line for each address.
    return number_at(lines[0], 1) != 0 or len(lines) > number_at(lines[0], 2)


_OPENED = (OK, ONE, ((b"", b"$1,", NONE, ANY, NOISE, True),), 1, 0)
_RESULT = (OK, ONE, (LATE,), 0, 0)
_PINGS = (OK, MANY, ((b"", b"", NONE, ANY, NOISE, _ping_over),), 0, 0)
_NAMES = (OK, MANY, ((b"+QIURC:", b'"dnsgip",', NONE, ANY, NOISE, _names_over),), 1, 0)
_SENT = ((b"SEND OK", b"", WORD, ANY, OK, True), (b"SEND FAIL", b"", WORD, ANY, OK, True))
_SENDS = (PROMPT | OK, OKAY, _SENT, X, 0)
_SENDS_HEX = (OK, OKAY, _SENT, X, 0)
_READS = (OK, DATA, ((b"", b"", RAW, 1, NOISE, False), (b"", b"", RAW, 3, NOISE, False)), X, 0)

_OPEN = "contextID:1-16,connectID:0-11,service_type:"

FORMS = (
    # form             parameters                                                        ms        answer
    ("+QICSGP=",      "contextID:1-16",                                                  _MS,      LINE),       # 2.1.1
    ("+QICSGP=",      "contextID:1-16,context_type:1-2,APN:s255,[username:s255,password:s255,[authentication:0-3",
                                                                                         _MS,      NOTHING),
    ("+QIACT?",       "",                                                                _MS,      LIST),       # 2.1.2
    ("+QIACT=",       "contextID:1-16",                                                  152_000,  NOTHING),
    ("+QIDEACT=",     "contextID:1-16",                                                  42_000,   NOTHING),    # 2.1.3
    ("+QIOPEN=",      _OPEN + '"TCP|UDP",address:a255,remote_port:0-65535,[local_port:0-65535,[access_mode:0-1',
                                                                                         152_000,  _OPENED),    # 2.1.4
    ("+QIOPEN=",      _OPEN + '"TCP LISTENER|UDP SERVICE",address:"127.0.0.1",remote_port:0-65535,local_port:0-65535,'
                      "[access_mode:0-1",                                                152_000,  _OPENED),
    ("+QIOPEN=",      _OPEN + '"TCP|UDP",address:a255,remote_port:0-65535,local_port:0-65535,access_mode:2',
                                                                                         152_000,  ONLINE),
    ("+QICLOSE=",     "connectID:0-11,[timeout:1-65535",                                 _close_ms, NOTHING),   # 2.1.5
    ("+QISTATE?",     "",                                                                _MS,      LIST),       # 2.1.6
    ("+QISTATE",      "",                                                                _MS,      LIST),
    ("+QISTATE=",     "query_type:0,contextID:1-16",                                     _MS,      LIST),
    ("+QISTATE=",     "query_type:1,connectID:0-11",                                     _MS,      LINE),
    ("+QISEND=",      "connectID:0-11,send_length:0",                                    _MS,      LINE),       # 2.1.7
    ("+QISEND=",      "connectID:0-11,data:z1460",                                       122_000,  _SENDS),
    ("+QISEND=",      "connectID:0-11,send_length:1-1460,data:#1",                       122_000,  _SENDS),
    ("+QISEND=",      "connectID:0-11,send_length:1-1460,remoteIP:ip4,remote_port:0-65535,data:#1",
                                                                                         122_000,  _SENDS),
    ("+QIRD=",        "connectID:0-11,read_length:0",                                    122_000,  LINE),       # 2.1.8
    ("+QIRD=",        "connectID:0-11,[read_length:1-1500",                              122_000,  _READS),
    ("+QISENDEX=",    "connectID:0-11,hex_string:x512",                                  122_000,  _SENDS_HEX), # 2.1.9
    ("+QISWTMD=",     "connectID:0-11,access_mode:0-1",                                  _MS,      NOTHING),    # 2.1.10
    ("+QISWTMD=",     "connectID:0-11,access_mode:2",                                    _MS,      ONLINE),
    ("+QPING=",       "contextID:1-16,host:a255,[timeout:1-255,[pingnum:1-10",           _ping_ms, _PINGS),     # 2.1.11
    ("+QNTP?",        "",                                                                _MS,      LINE),       # 2.1.12
    ("+QNTP=",        "contextID:1-16,server:a255,[port:1-65535,[autosettime:0-1",       127_000,  _RESULT),
    ("+QIDNSCFG=",    "contextID:1-16",                                                  _MS,      LINE),       # 2.1.13
    ("+QIDNSCFG=",    "contextID:1-16,pridnsaddr:ip,[secdnsaddr:ip",                     _MS,      NOTHING),
    ("+QIDNSGIP=",    "contextID:1-16,hostname:h255",                                    _MS,      _NAMES),     # 2.1.14
    ("+QICFG=",       'option:"transpktsize|transwaittm|dataformat|viewmode|tcp/retranscfg"', _MS, LINE),       # 2.1.15
    ("+QICFG=",       'option:"transpktsize",transpktsize:1-1460',                       _MS,      NOTHING),
    ("+QICFG=",       'option:"transwaittm",transwaittm:0-20',                           _MS,      NOTHING),
    ("+QICFG=",       'option:"dataformat",send_data_format:0-1,recv_data_format:0-1',   _MS,      NOTHING),
    ("+QICFG=",       'option:"viewmode",view_mode:0-1',                                 _MS,      NOTHING),
    ("+QICFG=",       'option:"tcp/retranscfg",max_backoffs:3-20,max_RTO:5-1000',        _MS,      NOTHING),
    ("+QISDE?",       "",                                                                _MS,      LINE),       # 2.1.16
    ("+QISDE=",       "echo:0-1",                                                        _MS,      NOTHING),
    ("+QIGETERROR",   "",                                                                _MS,      LINE),       # 2.1.17
    ("O",             "",                                                                _MS,      ONLINE),     # 1.2
    ("&D1",           "",                                                                _MS,      NOTHING),    # 1.2
    ("+CCLK?",        "",                                                                _MS,      LINE),       # 3.8
)  # fmt: skip
