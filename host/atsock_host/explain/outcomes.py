"""How commands really ended: which line behind "OK" tells it, and whether that line tells a success or a failure.

    AT+QIOPEN=1,0,"TCP","192.0.2.1",80 / OK / +QIOPEN: 0,565

Owns the rules of those lines, one for each name, and the words of results that fail.  Knows nothing of times and of
other lines.  Sources: the manuals of the five modules (docs/dialects.md), the vendors' MQTT, HTTP and TLS manuals.
"""

import re
from typing import Callable, NamedTuple

from .fields import fields_of, name_and_rest, number

_NAME = re.compile(r"[+*^][A-Z][A-Z0-9]*")
_DNS_NOTICE = re.compile(r'\+QIURC: ?"dnsgip",')
_SENDS = re.compile(r"AT\+(?:QISEND|QISENDEX|CIPSEND|QSSLSEND)\b", re.IGNORECASE)
_OPENS = re.compile(r"AT\+CIPSTART\b", re.IGNORECASE)
_ENDS_TWICE = re.compile(r"AT\+MIPSEND=\d(?:,\d+)?$", re.IGNORECASE)   # OK behind the payload, OK behind +MIPSEND:
_HTTP_ERRORS = 400  # and what is above: of the server; 600 and more: of the module
# final results of ATV0 (V.250 6.2.6)
DIGITS = {
    "0": "OK", "1": "CONNECT", "2": "RING", "3": "NO CARRIER", "4": "ERROR", "6": "NO DIALTONE", "7": "BUSY",
    "8": "NO ANSWER"}  # fmt: skip
_MIP_BROKEN = (1, 2)  # +MIPSTAT: 1 the connection is broken, 2 an error of it; 0 acknowledges data


class Rule(NamedTuple):
    """What a late line says.

    commands: the names of those it may belong to; of_command, of_line: which field is the number of the connection,
    None: there is none; judge: (fields, fields of the command) to True (success), False (failure) or None (neither);
    repeated: several lines come, and the last one counts.
    """

    commands: "tuple[str, ...]"
    of_command: "int | None"
    of_line: "int | None"
    judge: "Callable"
    repeated: bool = False

    def fits(self, command, fields):
        """May a line with these fields be a late result of the command?"""
        name, rest = name_and_rest(command)
        if name not in self.commands or rest.startswith(("?", "=?")):
            return False
        if self.of_command is None:
            return True
        asked, told = number(fields_of(rest[1:]), self.of_command), number(fields, self.of_line)
        return asked is None or told is None or asked == told


def rule(text):
    """The Rule of a line, None for a line that is no late result."""
    match = _NAME.match(text)
    if not match:
        return None
    return _DNS if _DNS_NOTICE.match(text) else _RULES.get(match[0])


def fields_of_line(text):
    """The fields behind the colon; [] without one."""
    _, colon, rest = text.partition(":")
    return fields_of(rest) if colon else []


def is_failure(result):
    """Does this final result tell a failure?"""
    if result in DIGITS:
        return DIGITS[result] not in ("OK", "CONNECT", "RING")
    return any(word in result for word in ("ERROR", "FAIL", "NO ", "BUSY", "NOT SUPPORT", "TOO MANY"))


def gives_second_result(command, text):
    """Is this text what comes behind the "OK" of the command: SEND OK, CONNECT FAIL and the like?"""
    if text.strip() == "OK":
        return _ENDS_TWICE.match(command) is not None
    bare = re.sub(r"^\d, ?", "", text)
    if bare.startswith("SEND"):
        return _SENDS.match(command) is not None
    return bare.startswith(("CONNECT OK", "CONNECT FAIL", "ALREADY CONNECT")) and _OPENS.match(command) is not None


# -- judges


def _is(index, *good):
    def judge(fields, asked):
        value = number(fields, index)
        return None if value is None else value in good

    return judge


def _all_taken(fields, asked):
    wanted, taken = number(fields, 1), number(fields, 2)
    return None if wanted is None or taken is None else wanted == taken


def _has_address(fields, asked):
    # +MIPCALL: 0 is what was wanted when the link was to be released.
    return number(asked, 0) == 0 or number(fields, 0) != 0 if fields else None


def _broken(fields, asked):
    return False if number(fields, 1) in _MIP_BROKEN else None


def _resolved(fields, asked):
    return len(fields) > 1 and bool(fields[1]) if fields else None


def _quectel_ping(fields, asked):
    if len(fields) > 3 and number(fields, 1) is not None:  # the sum: code, sent, received, lost, ...
        return number(fields, 0) == 0 and (number(fields, 2) or 0) > 0
    return _is(0, 0)(fields, asked)


def _simcom_ping(fields, asked):
    kind = number(fields, 0)  # 1 an answer, 2 none in time, 3 the sum: sent, received, lost, ...
    return (number(fields, 2) or 0) > 0 if kind == 3 else {1: True, 2: False}.get(kind)


def _fibocom_ping(fields, asked):
    return True if number(fields, 1) == 0 else None  # type 0 of ICMP: an echo


def _fibocom_ping_over(fields, asked):
    status = number(fields, 0)  # 0 the end: address, sent, received; 1 no answer in time; 2 broken off
    return (number(fields, 3) or 0) > 0 if status == 0 else False if status == 2 else None


def _http(fields, asked):
    status = number(fields, 1)
    return None if status is None else status < _HTTP_ERRORS


def _quectel_http(fields, asked):
    error, status = number(fields, 0), number(fields, 1)
    return None if error is None else error == 0 and (status is None or status < _HTTP_ERRORS)


def _mqtt_login(fields, asked):
    result, refused = number(fields, 1), number(fields, 2)
    return None if result in (None, 1) else result == 0 and not refused  # 1: it is sent once more


def _mqtt_sent(fields, asked):
    result = number(fields, 2)
    return None if result in (None, 1) else result == 0


def _looked_up(fields, asked):
    # '+QIURC: "dnsgip",<err>,<count>,<ttl>', then '+QIURC: "dnsgip","<address>"'
    error = number(fields, 1) if len(fields) > 1 and not fields[1].startswith('"') else None
    return (True if len(fields) > 1 else None) if error is None else error == 0


def _own(name, judge, of_command=None, of_line=None, repeated=False):
    return {name: Rule((name,), of_command, of_line, judge, repeated)}


_DNS = Rule(("+QIDNSGIP",), None, None, _looked_up, True)
_OF_FIRST = {name: Rule((name,), 0, 0, _is(1, 0)) for name in (
    "+CIPOPEN", "+CIPCLOSE", "+SERVERSTOP", "+QMTOPEN", "+QMTCLOSE", "+QMTDISC", "+CCHOPEN", "+CCHCLOSE", "+CCHSEND",
    "+CAOPEN", "+CASEND", "+CMQTTACCQ", "+CMQTTCONNECT", "+CMQTTDISC", "+CMQTTPUB", "+CMQTTSUB")}  # fmt: skip
_ALONE = {name: Rule((name,), None, None, _is(0, 0)) for name in (
    "+NETOPEN", "+NETCLOSE", "+QNTP", "+CCHSTART", "+CCHSTOP", "+CMQTTSTART", "+CMQTTSTOP", "+QHTTPREAD",
    "+QFTPOPEN", "+QFTPCLOSE")}  # fmt: skip
_RULES = {
    **_OF_FIRST,
    **_ALONE,
    **_own("+QIOPEN", _is(1, 0), 1, 0),
    **_own("+QSSLOPEN", _is(1, 0), 2, 0),
    **_own("+CIPSEND", _all_taken, 0, 0),
    **_own("+MIPCALL", _has_address),
    **_own("+MIPOPEN", _is(1, 1), 0, 0),
    **_own("+MIPODM", _is(1, 1), 0, 0),
    **_own("+MIPCLOSE", lambda fields, asked: True if fields else None, 0, 0),  # however: it is closed
    "+MIPSEND": Rule(("+MIPSEND",), 0, 0, _is(1, 0), True),     # 1 flowed off, 2 nothing to send
    "+MIPPUSH": Rule(("+MIPPUSH", "+MIPSEND"), 0, 0, _is(1, 0), True),
    **_own("+MIPNTP", _is(0, 1)),
    **_own("+MIPDNS", _resolved),
    **_own("+CNTP", _is(0, 0, 1)),  # success is 1 on older modules, 0 on newer ones
    **_own("+CDNSGIP", _is(0, 1)),
    **_own("+QPING", _quectel_ping, repeated=True),
    **_own("+CPING", _simcom_ping, repeated=True),
    **_own("+MPING", _fibocom_ping, repeated=True),
    **_own("+HTTPACTION", _http),
    **_own("+QHTTPGET", _quectel_http),
    **_own("+QHTTPPOST", _quectel_http),
    **_own("+QHTTPPUT", _quectel_http),
    **_own("+QMTCONN", _mqtt_login, 0, 0),
    **_own("+QMTPUB", _mqtt_sent, 0, 0),
    **_own("+QMTPUBEX", _mqtt_sent, 0, 0),
    **_own("+QMTSUB", _mqtt_sent, 0, 0),
    **_own("+QMTUNS", _mqtt_sent, 0, 0),
    "+MIPSTAT": Rule(("+MIPOPEN", "+MIPODM"), 0, 0, _broken),
    "+MPINGSTAT": Rule(("+MPING",), None, None, _fibocom_ping_over, True),
}
