"""What can be set of a module: identity, operator, registration over time, signal, addresses; what AT&W keeps."""

import pytest

from atsock_host.simulator.canned import AnswerError, from_entries
from atsock_host.simulator.common import CommonModule
from atsock_host.simulator.fibocom import L610
from atsock_host.simulator.quectel import Bg96
from atsock_host.simulator.registry import DIALECTS, module_class
from atsock_host.simulator.settings import SETTINGS, SettingError, change, parsed, shown
from atsock_host.simulator.simcom import A7600, SIM7028
from simbench import Bench, FakeClock, FakeNetwork


def made(module_class=CommonModule, quirks=(), answers=(), **settings):
    """A Bench whose module was started with settings."""
    bench = Bench.__new__(Bench)
    bench.clock, bench.network = FakeClock(), FakeNetwork()
    bench.module = module_class(bench.clock, bench.network, quirks=quirks, settings=settings,
                                answers=from_entries(answers))
    bench.module.RAISES = True
    bench.module.echo = False
    return bench


def line(bench, command):
    """The information lines of an answer, joined by |."""
    answer = bench.ask(f"AT{command}").decode()
    assert answer.endswith("\r\nOK\r\n")
    return "|".join(text for text in answer.split("\r\n")[:-2] if text)


IDENTITY = {"manufacturer": "Maker", "model": "M1", "revision": "R7", "imei": "490154203237518",
            "imsi": "901700000000001", "iccid": "8988303000000000001"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_identity(dialect):
    b = made(module_class(dialect), **IDENTITY)
    for command, name in (("+CGMI", "manufacturer"), ("+CGMM", "model"), ("+CGMR", "revision"), ("+CGSN", "imei"),
                          ("+CIMI", "imsi"), ("+CIMI?", "imsi")):
        assert IDENTITY[name] in line(b, command)
    quote = "" if dialect in ("nl668", "l610") else '"'
    assert line(b, "+CGSN=1") == f"+CGSN: {quote}{IDENTITY['imei']}{quote}"
    assert IDENTITY["model"] in line(b, "I") and IDENTITY["revision"] in line(b, "I")
    card = {"bg96": "+QCCID", "a7600": "+CICCID", "sim7028": "+CICCID"}.get(dialect, "+CCID")
    assert IDENTITY["iccid"] in line(b, card)
    assert b.module.violations == []


def test_operator_and_its_formats():
    b = made(operator="Vodafone D2", operator_short="Voda", plmn="26202", technology="9")
    assert line(b, "+COPS?") == '+COPS: 0,0,"Vodafone D2",9'
    for number, text in ((2, "26202"), (1, "Voda"), (0, "Vodafone D2")):
        line(b, f"+COPS=3,{number}")
        assert line(b, "+COPS?") == f'+COPS: 0,{number},"{text}",9'
    assert line(b, "+COPS=?") == '+COPS: (2,"Vodafone D2","Voda","26202",9),,(0-4),(0-2)'
    assert line(b, '+COPS=1,2,"26202"') == ""
    assert line(b, "+COPS?") == '+COPS: 1,2,"26202",9'
    b.ask('AT+COPS=1,2,"26203"', until=b"ERROR\r\n")
    line(b, "+COPS=2")
    assert (line(b, "+COPS?"), line(b, "+CREG?")) == ("+COPS: 2", "+CREG: 0,0")
    line(b, "+COPS=0")
    assert line(b, "+CREG?") == "+CREG: 0,1"


def test_registration_has_a_course():
    b = made(registration="2,3000:5,9000:3", plmn="26202")
    line(b, "+CEREG=1")
    assert line(b, "+CEREG?") == "+CEREG: 1,2"
    b.wait(3000)
    assert b.rx() == b"\r\n+CEREG: 5\r\n"
    line(b, "+CGACT=1,1")
    b.wait(6000)
    assert b.rx() == b"\r\n+CEREG: 3\r\n"
    assert line(b, "+CGACT?") == "+CGACT: 1,0"
    b.module.restart()
    b.wait(2000)
    b.ask("ATE0")
    b.wait(1000)
    assert line(b, "+CEREG?") == "+CEREG: 0,5"


def test_registration_changes_at_run_time():
    b = made()
    line(b, "+CREG=1")
    change(b.module, "registration", "0:3,500:5")
    b.wait(0)
    assert b.rx() == b"\r\n+CREG: 3\r\n"
    b.wait(500)
    assert b.rx() == b"\r\n+CREG: 5\r\n"
    assert shown(b.module, "registration") == "3,500:5"


def test_signal():
    b = made(Bg96, signal="9", rsrp="-110", rsrq="-15", sinr="-3", band="LTE BAND 20", channel="6300", plmn="26202")
    assert line(b, "+CSQ") == "+CSQ: 9,0"
    assert line(b, "+CESQ") == "+CESQ: 99,99,255,255,10,31"
    assert line(b, "+QCSQ") == '+QCSQ: "CAT-M1",-95,-110,85,-15'
    assert line(b, "+QNWINFO") == '+QNWINFO: "CAT-M1","26202","LTE BAND 20",6300'
    change(b.module, "signal", "99,99")
    assert line(b, "+CSQ") == "+CSQ: 99,99"
    line(b, "+CFUN=4")
    assert (line(b, "+QNWINFO"), line(b, "+QCSQ")) == ("+QNWINFO: No Service", '+QCSQ: "NOSERVICE"')


def test_addresses_and_times():
    b = made(Bg96, address="10.1.2.3", dns="192.0.2.53, 192.0.2.54", activate_ms="700")
    b.tx("AT+QIACT=1\r")
    b.wait(699)
    assert b.rx() == b""
    b.wait(1)
    assert b.rx() == b"\r\nOK\r\n"
    assert line(b, "+QIACT?") == '+QIACT: 1,1,1,"10.1.2.3"'
    assert line(b, "+CGCONTRDP=1") == '+CGCONTRDP: 1,5,"","10.1.2.3","","192.0.2.53","192.0.2.54"'
    assert line(b, "+QIDNSCFG=1") == '+QIDNSCFG: 1,"192.0.2.53","192.0.2.54"'


def test_a_context_is_there_at_the_start():
    assert line(made(), "+CGDCONT?") == '+CGDCONT: 1,"IP","","0.0.0.0",0,0'
    assert line(made(apn="iot.example"), "+CGDCONT?") == '+CGDCONT: 1,"IP","iot.example","0.0.0.0",0,0'
    b = made(L610, apn="iot.example")
    b.ask("AT+MIPCALL=1")
    b.wait(1000)
    assert b.rx() == b"\r\n+MIPCALL: 10.7.157.1\r\n"
    assert b.module.violations == []


@pytest.mark.parametrize("name, value", [
    ("imei", "12"), ("imei", "a" * 15), ("signal", "32"), ("signal", "x"), ("registration", "6"),
    ("registration", "a:1"),
    ("address", "::1"), ("address6", "10.0.0.1"), ("dns", "nobody"), ("boot-ms", "-1"), ("loss", "101"), ("model", ""),
    ("operator", 'a"b'), ("rsrp", "0"), ("nothing", "1")])
def test_values_that_cannot_be(name, value):
    with pytest.raises(SettingError, match=name):
        parsed(name, value)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_setting_can_be_read_and_set_again(dialect):
    module = made(module_class(dialect)).module
    for name, setting in SETTINGS.items():
        value = shown(module, name)
        if value is not None and not setting.network:
            change(module, name, value)
            assert shown(module, name) == value


# ---- what is stored


def test_what_w_stores_comes_back_with_z_and_after_a_restart():
    b = made()
    for command in ("E0", "+CMEE=2", "&D2", "S0=3", "&W", "+CMEE=0", "&D0", "S0=0"):
        line(b, command)
    line(b, "Z")
    assert (line(b, "+CMEE?"), line(b, "S0?"), b.module.dtr_mode) == ("+CMEE: 2", "003", 2)
    b.module.restart()
    b.wait(2000)
    assert b.ask("AT+CMEE?") == b"\r\n+CMEE: 2\r\n\r\nOK\r\n"       # the echo is off, too
    line(b, "&F")
    assert (b.ask("AT+CMEE?"), b.module.echo) == (b"AT+CMEE?\r\r\n+CMEE: 0\r\n\r\nOK\r\n", True)


def test_values_of_flash_survive_a_restart_and_others_do_not():
    b = made(Bg96)
    for command in ('+QCFG="nwscanmode",3', "+QSCLK=1", "+CPSMS=1"):
        line(b, command)
    b.module.restart()
    b.wait(5000)
    b.rx()
    b.ask("ATE0")
    assert line(b, '+QCFG="nwscanmode"') == '+QCFG: "nwscanmode",3'
    assert line(b, "+QSCLK?") == "+QSCLK: 0"
    assert line(b, "+CPSMS?") == '+CPSMS: 1,,,"00101000","00100001"'


def test_contexts_are_kept_over_a_restart_but_not_active():
    b = made(L610)
    line(b, '+CGDCONT=1,"IPV4V6","iot.example"')
    b.ask("AT+MIPCALL=1")
    b.wait(1000)
    b.module.restart()
    b.wait(5000)
    b.rx()
    b.ask("ATE0")
    assert line(b, "+CGDCONT?") == '+CGDCONT: 1,"IPV4V6","iot.example","0.0.0.0",0,0'
    b.ask("AT+MIPCALL=1")
    b.wait(1000)
    assert b.rx().startswith(b"\r\n+MIPCALL: 10.7.157.1")
    assert b.module.violations == []


def test_registration_with_cause_and_power_saving():
    b = made()
    line(b, "+CEREG=4")
    assert line(b, "+CEREG?") == '+CEREG: 4,1,"1A2B","01C3D4E5",7'
    line(b, '+CPSMS=1,,,"00100001","00000011"')
    assert line(b, "+CEREG?") == '+CEREG: 4,1,"1A2B","01C3D4E5",7,,,"00000011","00100001"'
    line(b, "+CEREG=5")
    change(b.module, "registration", "3")
    b.wait(0)
    assert b.rx() == b'\r\n+CEREG: 3,,,,0,15,"00000011","00100001"\r\n'
    line(b, "+CEREG=3")
    assert line(b, "+CEREG?") == "+CEREG: 3,3,,,,0,15"
    b.ask("AT+CREG=4", until=b"ERROR\r\n")


def test_extended_reception():
    b = made(SIM7028)
    assert line(b, "+CEDRXS?") == "+CEDRXS: 0"
    line(b, '+CEDRXS=1,5,"0101"')
    assert (line(b, "+CEDRXS?"), line(b, "+CEDRXRDP")) == ('+CEDRXS: 5,"0101"', '+CEDRXRDP: 5,"0101","0101","0011"')
    b.ask('AT+CEDRXS=1,5,"01012"', until=b"ERROR\r\n")
    b.ask('AT+CEDRXS=1,5,"0102"', until=b"ERROR\r\n")


def test_bands_are_hexadecimal():
    b = made(Bg96)
    assert line(b, '+QCFG="band"') == '+QCFG: "band",0xf,0x400a0e189f,0xa0e189f'
    line(b, '+QCFG="band",1,80084,80084,1')
    assert line(b, '+QCFG="band"') == '+QCFG: "band",0x1,0x80084,0x80084'
    b.ask('AT+QCFG="band",xyz', until=b"ERROR\r\n")


def test_the_time_of_the_network():
    b = made(A7600, zone="8")
    assert line(b, "+CCLK?").startswith('+CCLK: "80/01/06,')
    line(b, "+CTZU=1")
    b.wait(5000)
    assert line(b, "+CCLK?") == '+CCLK: "13/08/19,05:10:15+08"'
    assert line(made(Bg96, zone="-4"), "+QLTS=2") == '+QLTS: "2013/08/19,02:10:10-04,0"'


# ---- answers of a file


def test_canned_answers_come_first():
    b = made(answers=[
        {"command": r"AT\+CSQ", "lines": ["+CSQ: 1,2"], "times": 1},
        {"command": r'AT\+WHAT="(\w+)"', "lines": [r"+WHAT: \1", "+WHAT: 2"], "notices": [
            {"text": "+WHAT: later", "after_ms": 200}]},
        {"command": r"AT\+SLOW", "result": "+CME ERROR: 58", "delay_ms": 1000},
        {"command": r"AT\+SEND=\d+", "raw": "\r\n> "},
        {"command": r"AT\+MUTE", "result": ""},
    ])
    assert line(b, "+CSQ") == "+CSQ: 1,2"
    assert line(b, "+CSQ") == "+CSQ: 23,0"      # it was for once
    assert line(b, '+CMEE?;+what="abc";+CSQ') == "+CMEE: 0|+WHAT: abc|+WHAT: 2|+CSQ: 23,0"
    b.wait(200)
    assert b.rx() == b"\r\n+WHAT: later\r\n"
    b.tx("AT+SLOW\r")
    b.wait(999)
    assert b.rx() == b""
    b.wait(1)
    assert b.rx() == b"\r\n+CME ERROR: 58\r\n"
    b.tx("AT+SEND=5\r")
    assert b.rx() == b"\r\n> "
    b.tx("\x1a\rAT+MUTE\r")
    assert b.rx() == b""
    assert line(b, "") == ""
    assert "unknown" not in str(b.module.violations)


@pytest.mark.parametrize("entry", [{}, {"command": "("}, {"command": "x", "line": []}, {"command": 5}, "x",
                                   {"command": "x", "notices": [{}]}])
def test_answers_that_cannot_be(entry):
    with pytest.raises(AnswerError):
        from_entries([entry])
