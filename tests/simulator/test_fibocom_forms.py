"""Every command and form of the NL668 and L610 specifications is there, and its arguments are checked."""

import json
import re

import pytest
from fibocombench import PEER, MipBench
from simbench import SPEC

from atsock_host.simulator.fibocom import L610, NL668

MODULES = {"nl668": NL668, "l610": L610}
V6 = "2001:DB8:0:0:0:0:0:10"

# A command line for every write form, to be accepted when socket 1 (TCP) and 2 (UDP) are open.
WRITES = {
    ("+MIPCALL", None): "AT+MIPCALL=0",
    ("+MIPOPEN", None): f'AT+MIPOPEN=3,,"{PEER}",7,0',
    ("+MIPCLOSE", None): "AT+MIPCLOSE=1,0",
    ("+MIPSETS", None): "AT+MIPSETS=1,512,200",
    ("+MIPDSETS", None): "AT+MIPDSETS=1,512,200",
    ("+MIPSEND", "basic"): 'AT+MIPSEND=1,"0A0B"',
    ("+MIPPUSH", None): f'AT+MIPPUSH=2,"{PEER}",9',
    ("+MIPFLUSH", None): "AT+MIPFLUSH=1",
    ("+MIPCONF", None): "AT+MIPCONF=4,5,5,600,75,2",
    ("+MIPKEEPCONF", None): "AT+MIPKEEPCONF=1,7200,65,9",
    ("+MPING", None): f'AT+MPING=1,"{PEER}",4,32,64,0,4000',
    ("+MSDNS", None): 'AT+MSDNS=7,"192.0.2.53","192.0.2.54"',
    ("+MSV6DNS", None): f'AT+MSV6DNS=7,"{V6}"',
    ("+MIPODM", None): f'AT+MIPODM=3,,"{PEER}",7,0,0',
    ("+MIPDNS", None): 'AT+MIPDNS="example.com"',
    ("+MIPNTP", None): 'AT+MIPNTP="ntp.example.com",123',
    ("+MIPREAD", None): "AT+MIPREAD=1,100",
    ("+MIPSEND", "ctrl-z"): "AT+MIPSEND=1",
    ("+MIPSEND", "timeout"): "AT+MIPSEND=1",
    ("+MIPSEND", "length"): "AT+MIPSEND=1,10",
    ("+GTSET", "SENDTIME"): 'AT+GTSET="SENDTIME",30',
    ("+GTSET", "IPRFMT"): 'AT+GTSET="IPRFMT",2',
}


def specified():
    found = []
    for dialect in MODULES:
        for command in json.loads((SPEC / f"{dialect}.json").read_text(encoding="utf-8"))["commands"]:
            for form in command["forms"]:
                variant = command.get("variant") if command["name"] == "+MIPSEND" else form.get("variant")
                name = f"{dialect}-{command['name']}-{form['kind']}-{variant}"
                found.append(pytest.param(dialect, command["name"], form["kind"], variant, id=name))
    return found


def test_the_specifications_are_complete():
    counts = {dialect: sum(case.values[0] == dialect for case in specified()) for dialect in MODULES}
    assert counts == {"nl668": 49, "l610": 52}


@pytest.mark.parametrize("dialect, name, kind, variant", specified())
def test_form_is_answered_without_a_violation(dialect, name, kind, variant):
    b = MipBench(MODULES[dialect])
    if name == "+MIPREAD":
        b.ask('AT+GTSET="IPRFMT",5')
    b.open(1)
    b.open(2, protocol=1)
    line = {"test": f"AT{name}=?", "read": f"AT{name}?"}.get(kind) or WRITES[name, variant]
    prompts = kind == "write" and variant in ("ctrl-z", "timeout", "length")
    answer = b.ask(line, until=b.module.PROMPT.encode() if prompts else b"OK\r\n")
    assert b"ERROR" not in answer
    if kind in ("test", "read") and answer != b"\r\nOK\r\n":
        assert answer.startswith(f"\r\n{name}:".encode())
    assert b.module.violations == []


@pytest.mark.parametrize("module_class", [NL668, L610])
def test_every_form_not_in_the_manual_is_refused(module_class):
    b = MipBench(module_class)
    lines = ["AT+MIPREAD=?", "AT+MIPDNS=?", "AT+MIPDNS?", "AT+GTSET?", "AT+GTSET=?", "AT+MIPSEND=?", "AT+MIPOPEN"]
    if module_class is NL668:
        lines.append("AT+MSV6DNS?")
    for line in lines:
        assert b.ask(line, until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.module.violations == [      # to ask whether there is a command is none
        f"unknown command or form [{line}]" for line in lines if not line.endswith("=?")]


REFUSED = [
    "AT+MIPCALL=4", 'AT+MIPCALL=1,"apn","user"', 'AT+MIPCALL=1,"apn","user","pass",4',
    'AT+MIPOPEN=0,,"192.0.2.10",7,0', 'AT+MIPOPEN=7,,"192.0.2.10",7,0', "AT+MIPOPEN=2,,192.0.2.10,7,0",
    'AT+MIPOPEN=2,"192.0.2.10",7,0', 'AT+MIPOPEN=2,,"192.0.2.10",65536,0', 'AT+MIPOPEN=2,,"192.0.2.10",7,3',
    'AT+MIPOPEN=2,,"",7,0', 'AT+MIPOPEN=2,,"192.0.2.256",7,0', f'AT+MIPOPEN=2,,"{V6}",7,0',
    'AT+MIPOPEN=2,,"192.0.2.10",0,0',
    "AT+MIPCLOSE=1,3", "AT+MIPCLOSE=0", "AT+MIPSETS=1,0", "AT+MIPSETS=1,2049", "AT+MIPSETS=1,1,1001",
    "AT+MIPDSETS=1,2049", "AT+MIPSEND=1,2049", "AT+MIPSEND=1,AB", 'AT+MIPSEND=1,"A"', 'AT+MIPSEND=1,"GG"',
    'AT+MIPSEND=1,""', 'AT+MIPSEND=1,"' + 1024 * "00" + '"', "AT+MIPSEND=", "AT+MIPSEND=1,1,1",
    'AT+MIPPUSH=1,"192.0.2.10",7', 'AT+MIPPUSH=1,"192.0.2.10"', "AT+MIPFLUSH=1,1",
    "AT+MIPCONF=1", "AT+MIPCONF=2,13", "AT+MIPCONF=2,5,11", "AT+MIPCONF=2,5,5,9",
    "AT+MIPKEEPCONF=1", "AT+MIPKEEPCONF=1,7200", "AT+MIPKEEPCONF=2", "AT+MIPKEEPCONF=1,0,65,9",
    "AT+MPING=1", 'AT+MPING=0,"192.0.2.10"', 'AT+MPING=1,"192.0.2.10",0', 'AT+MPING=1,"192.0.2.10",4,1373',
    "AT+MSDNS=8", 'AT+MSDNS=1,"dns.example.com"', f'AT+MSDNS=1,"{V6}"',
    'AT+MIPODM=1,,"192.0.2.10",7', 'AT+MIPODM=2,,"192.0.2.10",7,0,2', 'AT+MIPDNS=example.com', 'AT+MIPDNS=""',
    'AT+MIPNTP="ntp.example.com"', 'AT+MIPNTP="ntp.example.com",0', "AT+MIPREAD=1,0", "AT+MIPREAD=1,100",
    'AT+GTSET="SENDTIME",0', 'AT+GTSET="SENDTIME",31', 'AT+GTSET="IPRFMT",3', 'AT+GTSET="iprfmt",1',
]


@pytest.mark.parametrize("module_class", [NL668, L610])
@pytest.mark.parametrize("line", REFUSED)
def test_wrong_arguments_are_refused_and_reported(module_class, line):
    b = MipBench(module_class)
    b.open(1)
    assert b.ask(line, until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert len(b.module.violations) == 1


@pytest.mark.parametrize("line", [
    'AT+MIPCALL=2,"apn"', f'AT+MIPOPEN=2,,"{V6}",7,60', 'AT+MIPOPEN=2,0,"192.0.2.10",7,0',
    'AT+MPING=2,"example.com"', 'AT+MIPDNS="example.com",0', 'AT+MIPNTP="ntp.example.com",123,0',
])
def test_what_only_the_l610_has(line):
    b = MipBench(NL668)
    assert b.ask(line, until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert len(b.module.violations) == 1
    other = MipBench(L610, link="MIPCALL" not in line)
    assert other.ask(line).endswith(b"\r\nOK\r\n")
    assert other.module.violations == []


def test_listening_in_online_data_mode_is_the_nl668s():
    line = 'AT+MIPODM=1,5000,"0.0.0.0",0,0'
    assert MipBench(NL668).ask(line) == b"\r\nOK\r\n"
    assert MipBench(L610).ask(line, until=b"ERROR\r\n") == b"\r\nERROR\r\n"


def test_test_forms_of_both_modules():
    for module_class, sockets in ((NL668, '(1-6),(1-65535),("Destination_IP"),(0-65535),(0-2)'),
                                  (L610, "(1-6),(0-65535),(<IP/URL>),(0-65535),(0-2,60-62)")):
        b = MipBench(module_class)
        assert b.ask("AT+MIPOPEN=?") == f"\r\n+MIPOPEN: {sockets}\r\n\r\nOK\r\n".encode()
        assert b.ask("AT+MIPKEEPCONF=?") == b"\r\n+MIPKEEPCONF: (0-1),(1-36000),(1-750),(1-50),\r\n\r\nOK\r\n"


def test_settings_can_be_read_back():
    b = MipBench(L610)
    b.ask("AT+MIPCONF=2,3,,,10,")
    assert b"+MIPCONF: 2,3,5,600,10,0\r\n" in b.ask("AT+MIPCONF?")
    b.ask('AT+MSDNS=3,"192.0.2.53","192.0.2.54"')
    b.ask('AT+MSDNS=3,"192.000.002.099"')
    servers = b.ask("AT+MSDNS?")
    assert b"+MSDNS: 3,192.0.2.99,192.0.2.54\r\n" in servers and b"+MSDNS: 7,0.0.0.0,0.0.0.0\r\n" in servers
    b.ask("AT+MSDNS=3")
    assert b"+MSDNS: 3,0.0.0.0,0.0.0.0\r\n" in b.ask("AT+MSDNS?")
    b.ask(f'AT+MSV6DNS=1,"{V6}"')
    assert f"+MSV6DNS: 1,{V6},0:0:0:0:0:0:0:0\r\n".encode() in b.ask("AT+MSV6DNS?")
    b.ask(f'AT+MPING=1,"{PEER}",1,64')
    b.read_until(b"1,1,40\r\n")
    assert b.ask("AT+MPING?") == b"\r\n+MPING: 1,64,64,0,4000\r\n\r\nOK\r\n"
    b.ask('AT+MIPNTP="ntp.example.com",124')
    b.read_until(b"+MIPNTP: 1\r\n")
    assert b.ask("AT+MIPNTP?") == b"\r\n+MIPNTP: ntp.example.com,124\r\n\r\nOK\r\n"
    assert b"13/08/19,03:10:10" in b.ask("AT+CCLK?")


def test_what_survives_a_restart():
    b = MipBench(NL668)
    b.open(1)
    for line in ('AT+GTSET="IPRFMT",5', "AT+MIPKEEPCONF=1,10,20,3", 'AT+MSDNS=1,"192.0.2.53"', "AT+MIPCONF=2,3"):
        b.ask(line)
    b.ask("AT+CFUN=1,1")
    b.wait(b.module.BOOT_MS)
    b.tx("ATE0\r")
    assert b.rx() == b"ATE0\r\r\nOK\r\n"        # echo is on again, no boot word
    assert b.ask("AT+MIPKEEPCONF?") == b"\r\n+MIPKEEPCONF:1,10,20,3\r\n\r\nOK\r\n"
    assert b.ask("AT+MIPREAD?") == b"\r\nOK\r\n"
    assert b"+MSDNS: 1,0.0.0.0" in b.ask("AT+MSDNS?")
    assert b"+MIPCONF: 2,5,5,600,75,0" in b.ask("AT+MIPCONF?")
    assert b.ask("AT+MIPCALL?") == b"\r\n+MIPCALL: 0\r\n\r\nOK\r\n"
    assert b.ask("AT+MIPCLOSE?") == b"\r\n+MIPCLOSE: 0\r\n\r\nOK\r\n"
    assert b.module.violations == []


def test_identity_says_which_module_it_is():
    for module_class, model in ((NL668, b"NL668"), (L610, b"L610")):
        b = MipBench(module_class)
        assert b"\r\nFibocom\r\n" in b.ask("AT+CGMI")
        assert model in b.ask("AT+CGMM")
        assert re.search(rb"\r\nRevision: [0-9.]+\r\n", b.ask("ATI"))
    b = MipBench(L610, quirks=["identity-prefix"])
    assert b.ask("AT+CGMM") == b'\r\n+CGMM: "L610-CN-00"\r\n\r\nOK\r\n'


def test_nothing_works_without_a_sim():
    b = MipBench(L610, quirks=["sim-missing"], link=False)
    assert b.ask("AT+MIPCALL?", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.ask("AT+CMEE=1")
    assert b.ask('AT+MIPCALL=1,"apn"', until=b"10\r\n") == b"\r\n+CME ERROR: 10\r\n"
