"""A7600 and SIM7028: every example session of the manuals, every derived one, and every form of every command."""

import json
import re

import pytest

from simbench import SPEC, Bench, vectors
from simcom_scenes import (
    BUFFERED, LINK, MODULES, SERVER, doing, feeds, quiet, says, scene, service, tcp, transparent, udp)

DIALECTS = tuple(MODULES)


def derived(dialect):
    """The derived vectors of a dialect that prove something (not those marked as readings)."""
    return [vector for vector in vectors("simcom.derived")
            if dialect in vector["dialects"] and not vector.get("reading")]


ALL = [(dialect, vector["id"]) for dialect in DIALECTS for vector in vectors(dialect) + derived(dialect)]


def chain(dialect, name):
    """The vector and those of its session that come first, in order."""
    known = {vector["id"]: vector for vector in vectors(dialect) + derived(dialect)}
    found = []

    def add(wanted):
        for needed in known[wanted].get("requires") or ():
            add(needed)
        if known[wanted] not in found:
            found.append(known[wanted])

    add(name)
    return found


def play(dialect, name):
    """Play a vector with all it needs; returns its bench."""
    sessions = [(vector, scene(dialect, vector["id"])) for vector in chain(dialect, name)]
    quirks = [quirk for _, its in sessions for quirk in its.quirks]
    bench = Bench(MODULES[dialect], quirks=quirks)
    expected = []
    for vector, its in sessions:
        its.before(bench)
        bench.play(vector["steps"], its.peer(bench, vector["steps"]))
        expected += its.violations
    reports = bench.module.violations
    assert len(reports) == len(expected), reports
    for report, words in zip(reports, expected):
        assert words in report
    return bench


@pytest.mark.parametrize("dialect, name", ALL, ids=[f"{dialect}-{name}" for dialect, name in ALL])
def test_vector(dialect, name):
    play(dialect, name)


def test_there_are_as_many_vectors_as_the_specification_says():
    assert [len(vectors(dialect)) for dialect in DIALECTS] == [32, 65]
    assert len(vectors("simcom.derived")) == 30


@pytest.mark.parametrize("dialect, name, payload", [
    ("a7600", "6.2.1.2", b"HELLOHELLOWORLD"), ("a7600", "6.2.3.2", b"HELLO SERVER"),
    ("sim7028", "3.2.1b", b"HELLO"), ("sim7028", "3.2.3b", b"HELLO SERVER"),
    ("a7600", "D12", b"A\x03\x1a\x1bB"), ("a7600", "D13", b"\x1a\x1b\x03\x00\r"),
])
def test_what_the_session_sends_reaches_the_peer(dialect, name, payload):
    assert play(dialect, name).network.streams[0].sent == payload


@pytest.mark.parametrize("dialect, name", [("a7600", "6.3.1.2"), ("sim7028", "3.3.1b")])
def test_datagrams_of_the_session_reach_the_peer(dialect, name):
    sent = play(dialect, name).network.sockets[0].sent
    assert sent == [(b"HELLOSERVER", ("117.131.85.139", 5254)), (b"HELLO", ("117.131.85.139", 5254))]


@pytest.mark.parametrize("dialect, name", [("a7600", "6.3.3.2"), ("sim7028", "3.3.3b")])
def test_transparent_datagrams_reach_the_peer(dialect, name):
    bench = play(dialect, name)
    bench.wait(100)
    assert bench.network.sockets[0].sent == [(b"HELLO SERVER", ("117.131.85.139", 5254))]


# ---- forms the sessions do not show -------------------------------------------------------------------------

RANGES = {"a7600": ("0-9", "0-3"), "sim7028": ("0-1", "0-1")}
OK = "OK"

# (before, command, answer as lines; L and S stand for the ranges of links and servers)
FORMS = [
    (None, "+NETOPEN?", ["+NETOPEN: 0", OK]),
    (None, "+CIPOPEN=?", ['+CIPOPEN: (L),("TCP","UDP")', OK]),
    (service, '+CIPOPEN=0,"TCP","10.0.0.1",80,4000', [OK, "", "+CIPOPEN: 0,0"]),
    (None, "+CIPSEND=?", ["+CIPSEND: (L),(1-1500)", OK]),
    (None, "+CIPRXGET=?", ["+CIPRXGET: (0-4),(L),(1-1500)", OK]),
    (None, "+CIPRXGET?", ["+CIPRXGET: 0", OK]),
    (None, "+CIPRXGET=0", [OK]),
    (quiet(BUFFERED, feeds(b"abc")), "+CIPRXGET=2,0,2", ["+CIPRXGET: 2,0,2,1", "ab", OK]),
    (quiet(BUFFERED, feeds(b"\x00\xff")), "+CIPRXGET=3,0", ["+CIPRXGET: 3,0,2,0", "00FF", OK]),
    (BUFFERED, "+CIPRXGET=4,0", ["+CIPRXGET: 4,0,0", OK]),
    (None, "+CIPCLOSE=?", ["+CIPCLOSE: (L)", OK]),
    (None, "+CIPHEAD=?", ["+CIPHEAD: (0-1)", OK]),
    (None, "+CIPHEAD?", ["+CIPHEAD: 1", OK]),
    (None, "+CIPHEAD=0", [OK]),
    (None, "+CIPHEAD", [OK]),
    (None, "+CIPSRIP=?", ["+CIPSRIP: (0-1)", OK]),
    (None, "+CIPSRIP?", ["+CIPSRIP: 1", OK]),
    (None, "+CIPSRIP=0", [OK]),
    (None, "+CIPSRIP", [OK]),
    (None, "+CIPMODE=?", ["+CIPMODE: (0-1)", OK]),
    (None, "+CIPMODE?", ["+CIPMODE: 0", OK]),
    (None, "+CIPMODE", [OK]),
    (None, "+CIPSENDMODE=?", ["+CIPSENDMODE: (0-1)", OK]),
    (None, "+CIPSENDMODE?", ["+CIPSENDMODE: 0", OK]),
    (None, "+CIPSENDMODE=1", [OK]),
    (says("AT+CIPTIMEOUT=3000,,4000"), "+CIPTIMEOUT?", ["+CIPTIMEOUT: 3000,120000,4000", OK]),
    (None, "+CIPTIMEOUT=5000,6000,7000", [OK]),
    (None, "+CIPCCFG=?", ["+CIPCCFG: (0-10),(0-1000),(0),(0-1),(0-1),(0-1),(500-120000)", OK]),
    (says("AT+CIPCCFG=,,,,1"), "+CIPCCFG?", ["+CIPCCFG: 10,0,0,1,1,0,500", OK]),
    (None, "+CIPCCFG=10,0,0,0,0,0,500", [OK]),
    (None, "+CIPCCFG", [OK]),
    (None, "+SERVERSTART=?", ["+SERVERSTART: (0-65535),(S)", OK]),
    (SERVER, "+SERVERSTART?", ["+SERVERSTART: 0,8080", OK]),
    (service, "+SERVERSTART=9000,1,3", [OK]),
    (None, "+CIPACK=?", ["+CIPACK: (L)", OK]),
    (quiet(LINK, feeds(b"abc")), "+CIPACK=0", ["+CIPACK: 0,0,3", OK]),
    (None, "+CDNSGIP=?", [OK]),
    (service, '+CDNSGIP="example.com"', ['+CDNSGIP: 1,"example.com","192.0.2.10"', OK]),
    (None, "&D1", [OK]),
]
SIM7028_FORMS = [
    (None, "+NETCLOSE=?", [OK]),
    (None, "+IPADDR=?", [OK]),
    (None, "+CTCPKA=?", [OK]),
    (None, "+CDNSCFG=?", ['+CDNSCFG: ("Primary DNS"),("Secondary DNS"),type', OK]),
    (says("AT+CDNSCFG=::1,1"), "+CDNSCFG?",
     ["Primary IPv4 DNS: 183.230.126.224,Secondary IPv4 DNS: 183.230.126.225",
      "Primary IPv6 DNS: ::1,Secondary IPv6 DNS: ", OK]),
]
CASES = [(dialect, *case) for dialect in DIALECTS
         for case in FORMS + (SIM7028_FORMS if dialect == "sim7028" else [])]


def frame(lines, dialect):
    """Bytes of an answer: information lines share a CR LF, an empty line stands before OK."""
    text = "" if lines[0] == OK else "\r\n"
    for line in lines:
        text += "\r\nOK\r\n" if line == OK else line + "\r\n"
    links, servers = RANGES[dialect]
    return text.replace("(L)", f"({links})").replace("(S)", f"({servers})").encode("latin-1")


@pytest.mark.parametrize("dialect, before, command, lines", CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES])
def test_form(dialect, before, command, lines):
    bench = Bench(MODULES[dialect])
    if before:
        before(bench)
    expected = frame(lines, dialect)
    assert bench.ask(f"AT{command}", expected[-8:]) == expected
    assert bench.module.violations == []


def test_every_form_of_the_specification_is_played():
    for dialect in DIALECTS:
        lines = [step["tx"].rstrip("\r") for vector in vectors(dialect) + derived(dialect)
                 for step in vector["steps"] if "tx" in step and not step.get("data")]
        lines += [f"AT{case[2]}" for case in CASES if case[0] == dialect]
        commands = json.loads((SPEC / f"{dialect}.json").read_text(encoding="utf-8"))["commands"]
        forms = [form for command in commands for form in command["forms"]]
        assert (len(commands), len(forms)) == {"a7600": (20, 55), "sim7028": (23, 66)}[dialect]
        missing = [form["id"] for form in forms if not any(re.match(form["match"], line) for line in lines)]
        assert missing == []


# ---- refusals ---------------------------------------------------------------------------------------------------

IP_ERROR = "\r\n+IP ERROR: {}\r\n\r\nERROR\r\n".format
CIP_ERROR = "\r\n+CIPERROR: {}\r\n\r\nERROR\r\n".format
ERROR = "\r\nERROR\r\n"
UDP = doing(service, udp(0))
BOTH = [
    (service, "+IPADDR=1", ERROR, "no write form"),
    (None, "+IPADDR", IP_ERROR("Network not opened"), None),
    (None, "+NETCLOSE", "\r\n+NETCLOSE: 2\r\n\r\nERROR\r\n", None),
    (service, '+CIPOPEN=0,"TCP",10.0.0.1,80', "\r\n+CIPOPEN: 0,3\r\n\r\nERROR\r\n", "quoted"),
    (service, '+CIPOPEN=0,"SCTP","10.0.0.1",80', "\r\n+CIPOPEN: 0,3\r\n\r\nERROR\r\n", "SCTP"),
    (service, '+CIPOPEN=0,"TCP","10.0.0.1",0', "\r\n+CIPOPEN: 0,3\r\n\r\nERROR\r\n", "argument 4 is 0"),
    (service, '+CIPOPEN=0,"UDP","10.0.0.1",80,5000', "\r\n+CIPOPEN: 0,3\r\n\r\nERROR\r\n", "no address"),
    (LINK, '+CIPOPEN=0,"TCP","10.0.0.1",80', "\r\n+CIPOPEN: 0,4\r\n\r\nERROR\r\n", "in use"),
    (doing(says("AT+CIPMODE=1"), service), '+CIPOPEN=1,"TCP","10.0.0.1",80',
     "\r\n+CIPOPEN: 1,3\r\n\r\nERROR\r\n", "only link 0"),
    (None, "+CIPSEND=0,5", CIP_ERROR(2), "service is closed"),
    (LINK, "+CIPSEND=0,0", CIP_ERROR(3), "argument 2 is 0"),
    (LINK, "+CIPSEND=0,1501", CIP_ERROR(3), "argument 2 is 1501"),
    (LINK, "+CIPSEND=99,5", CIP_ERROR(3), "argument 1 is 99"),
    (LINK, '+CIPSEND=0,5,"10.0.0.1",80', CIP_ERROR(3), "TCP takes no address"),
    (UDP, "+CIPSEND=0,5", CIP_ERROR(3), "UDP needs one"),
    (UDP, '+CIPSEND=0,5,"10.0.0.1"', CIP_ERROR(3), "without a port"),
    (UDP, "+CIPACK=0", IP_ERROR("Operation not supported"), "of a UDP link"),
    (service, "+CIPACK=0", IP_ERROR("Connection is not created"), "link 0 is not open"),
    (service, "+CIPACK=55", IP_ERROR("Invalid parameter"), "argument 1 is 55"),
    (transparent, "+CIPSEND=0,5", CIP_ERROR(4), "link of the transparent mode"),
    (LINK, "+CIPRXGET=2,0", IP_ERROR("Operation not supported"), "while AT+CIPRXGET is 0"),
    (BUFFERED, "+CIPRXGET=2,0,1501", IP_ERROR("Invalid parameter"), "argument 3 is 1501"),
    (BUFFERED, "+CIPRXGET=3,0,751", IP_ERROR("Invalid parameter"), "argument 3 is 751"),
    (BUFFERED, "+CIPRXGET=2,10", IP_ERROR("Invalid parameter"), "argument 2 is 10"),
    (service, "+CIPCLOSE=12", "\r\n+CIPCLOSE: 12,3\r\n\r\nERROR\r\n", "link number 12"),
    (service, "+CIPMODE=1", ERROR, "while the socket service is open"),
    (None, "+CIPMODE=2", ERROR, "argument 1 is 2"),
    (None, "+CIPSENDMODE", ERROR, "no exec form"),
    (None, "+CIPTIMEOUT=2999,3000,3000", ERROR, "2999"),
    (None, "+CIPCCFG=10,0,1", ERROR, "argument 3 is 1"),
    (None, "+SERVERSTART?", CIP_ERROR(2), None),
    (None, "+SERVERSTART=80,0", CIP_ERROR(2), "service is closed"),
    (service, "+SERVERSTART=80,7", CIP_ERROR(3), "argument 2 is 7"),
    (service, "+SERVERSTOP=0", "\r\n+SERVERSTOP: 0,4\r\n\r\nERROR\r\n", "server 0 is not started"),
    (service, '+CDNSGIP="not a name"', ERROR, "not a host name"),
    (None, '+CDNSGIP="example.com"', "\r\n+CDNSGIP: 0,10\r\n\r\nERROR\r\n", "service is closed"),
    (service, "O", ERROR, "ATO without a link"),
]
ONE = {
    "a7600": [
        (None, "+NETCLOSE=?", ERROR, None),
        (None, "+CTCPKA?", ERROR, "unknown command"),
        (UDP, '+CIPSEND=0,5,"example.com",80', CIP_ERROR(3), "must be an address"),
        (LINK, "+CIPSEND=0,5,", CIP_ERROR(3), "without a port"),
    ],
    "sim7028": [
        (service, "+CSOCKSETPN=1,6", ERROR, "while the socket service is open"),
        (None, "+CSOCKSETPN=1,4", ERROR, "not 4"),
        (None, "+CTCPKA=1,2,5,1", ERROR, "service is closed"),
        (None, "+CDNSCFG=example.com", ERROR, "example.com"),
        (None, "+CDNSCFG=10.0.0.1,::1", ERROR, "different families"),
        (None, "+CIPTIMEOUT=3000", ERROR, "3 are needed"),
    ],
}
REFUSALS = [(dialect, *case) for dialect in DIALECTS for case in BOTH + ONE[dialect]]


@pytest.mark.parametrize("dialect, before, command, answer, report", REFUSALS,
                         ids=[f"{case[0]}-{case[2]}" for case in REFUSALS])
def test_refusal(dialect, before, command, answer, report):
    bench = Bench(MODULES[dialect])
    if before:
        before(bench)
    assert bench.ask(f"AT{command}", b"ERROR\r\n") == answer.encode()
    reports = bench.module.violations
    assert len(reports) == (report is not None)
    assert report is None or report in reports[0]


def test_link_numbers_and_servers_end_where_the_manuals_say():
    for dialect, last in (("a7600", 9), ("sim7028", 1)):
        bench = Bench(MODULES[dialect])
        service(bench)
        tcp(last)(bench)
        assert bench.module.violations == []
        assert bench.ask(f'AT+CIPOPEN={last + 1},"TCP","10.0.0.1",80', b"ERROR\r\n") == IP_ERROR(
            "Invalid parameter").encode()
