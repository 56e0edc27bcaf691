"""BG96 contexts, services, errors, boot and the loss of the network."""

import pytest

from atsock_host.simulator.faults import all_quirks
from atsock_host.simulator.quectel import Bg96
from atsock_host.simulator.quectel.errors import TEXTS
from bg96bench import SERVER, connected, make
from simbench import SPEC, Bench

import json


def error_code(b):
    return int(b.ask("AT+QIGETERROR").split(b": ")[1].split(b",")[0])


def test_error_texts_are_those_of_the_manual():
    printed = json.loads((SPEC / "bg96.json").read_text(encoding="utf-8"))["errors"]
    assert {str(code): text.lower() for code, text in TEXTS.items()} \
        == {code: text.lower() for code, text in printed.items()}


def test_inactive_contexts_are_not_listed():
    b = Bench(Bg96)
    assert b.ask("AT+QIACT?") == b"\r\nOK\r\n"
    b.ask("AT+QIACT=3")
    b.ask("AT+QIACT=1")
    assert b.ask("AT+QIACT?") == (b'\r\n+QIACT: 1,1,1,"10.7.157.1"\r\n+QIACT: 3,1,1,"10.7.157.1"\r\n'
                                  b"\r\nOK\r\n")


def test_active_context_cannot_be_activated():
    b = make()
    assert b.ask("AT+QIACT=1", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b = make(quirks=("qiact-active-ok",))
    assert b.ask("AT+QIACT=1") == b"\r\nOK\r\n"
    assert b.module.violations == []


def test_three_contexts_at_most():
    b = make("AT+QIACT=2", "AT+QIACT=3")
    assert b.ask("AT+QIACT=4", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert error_code(b) == 561


def test_apn_can_be_required():
    b = Bench(Bg96, quirks=("apn-required",))
    assert b.ask("AT+QIACT=1", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert error_code(b) == 573
    b.ask('AT+QICSGP=1,1,"internet","","",0')
    assert b.ask("AT+QIACT=1") == b"\r\nOK\r\n"


def test_username_needs_a_password():
    b = Bench(Bg96)
    assert b.ask('AT+QICSGP=1,1,"internet","user"', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.ask('AT+QICSGP=1,1,"internet"') == b"\r\nOK\r\n"


def test_ipv6_context():
    b = Bench(Bg96)
    b.ask('AT+QICSGP=1,2,"internet","","",0')
    b.ask("AT+QIACT=1")
    assert b.ask("AT+QIACT?") == b'\r\n+QIACT: 1,1,2,"2001:db8:7::9d1"\r\n\r\nOK\r\n'


def test_deactivation_closes_its_sockets_only():
    b = make("AT+QIACT=2", f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0', f'AT+QIOPEN=2,1,"TCP",{SERVER},0,0')
    assert b.ask("AT+QIDEACT=1") == b"\r\nOK\r\n"
    assert b.ask("AT+QISTATE").count(b"+QISTATE: ") == 1
    assert b.network.streams[0].ended and not b.network.streams[1].ended


def test_deactivation_ends_a_ping_behind_its_ok():
    b = make()
    b.ask('AT+QPING=1,"192.0.2.7",4,4')
    b.network.round_trips = [None]
    assert b.ask("AT+QIDEACT=1", until=b"570\r\n").endswith(b"\r\nOK\r\n\r\n+QPING: 570\r\n")


def test_lost_network():
    b = connected()
    b.module.network_lost()
    assert b.rx() == b'\r\n+QIURC: "pdpdeact",1\r\n'
    assert b.ask("AT+QIACT?") == b"\r\nOK\r\n"
    assert b.ask("AT+QISEND=0,4", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert error_code(b) == 570
    assert b.ask("AT+QIDEACT=1") == b"\r\nOK\r\n"
    assert b.ask("AT+QISTATE") == b"\r\nOK\r\n"
    assert b.ask("AT+QIACT=1", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.module.set_searching(False)
    assert b.ask("AT+QIACT=1") == b"\r\nOK\r\n"
    assert b.module.violations == []


def test_a_context_that_another_command_ends_takes_its_sockets_along():
    b = connected()
    assert b.ask("AT+CGACT=0,2") == b"\r\nOK\r\n"
    assert b.ask("AT+CGACT=0,1", until=b"1\r\n") == b'\r\nOK\r\n\r\n+QIURC: "pdpdeact",1\r\n'
    assert b.network.streams[0].ended
    b.ask("AT+QIDEACT=1")
    b.ask("AT+QIACT=1")
    b.ask(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0', until=b"+QIOPEN: 0,0\r\n")


def test_a_context_in_use_cannot_be_taken_back():
    b = connected()
    b.ask("AT+CGDCONT=1", until=b"+CME ERROR: 3\r\n")
    assert b"10.7.157.1" in b.ask("AT+CGPADDR=1")
    b.ask("AT+QIDEACT=1")
    b.ask("AT+CGDCONT=1")
    assert b.ask("AT+CGDCONT?") == b"\r\nOK\r\n"


def test_activation_before_deactivation_after_a_loss():
    b = make()
    b.module.network_lost()
    b.module.set_searching(False)
    assert b.ask("AT+QIACT=1", until=b"ERROR\r\n").endswith(b"\r\nERROR\r\n")
    assert b.module.violations == ["+QIACT after pdpdeact without +QIDEACT [AT+QIACT=1]"]


def test_silent_loss():
    b = make("AT+CREG=1", f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0', quirks=("silent-network-loss",))
    b.module.network_lost()
    assert b.rx() == b'\r\n+CREG: 2\r\n\r\n+QIURC: "closed",0\r\n'
    assert b.ask("AT+QIACT?") == b'\r\n+QIACT: 1,1,1,"10.7.157.1"\r\n\r\nOK\r\n'
    assert b.ask("AT+CREG?") == b"\r\n+CREG: 1,2\r\n\r\nOK\r\n"
    b.ask("AT+QICLOSE=0")
    b.ask(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0')
    assert b.read_until(b"\r\n") == b"\r\n+QIOPEN: 0,566\r\n"


def test_names():
    b = make()
    b.network.names["example.com"] = ["192.0.2.80", "192.0.2.81"]
    b.ask('AT+QIDNSGIP=1,"example.com"')
    assert b.ask('AT+QIDNSGIP=1,"example.com"', until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert error_code(b) == 564
    b.wait(100)
    assert b.rx() == (b'\r\n+QIURC: "dnsgip",0,2,600\r\n\r\n+QIURC: "dnsgip","192.0.2.80"\r\n'
                      b'\r\n+QIURC: "dnsgip","192.0.2.81"\r\n')
    b.network.unknown.add("nosuch.invalid")
    b.ask('AT+QIDNSGIP=1,"nosuch.invalid"')
    b.wait(100)
    assert b.rx() == b'\r\n+QIURC: "dnsgip",565\r\n'
    b.ask('AT+QIDNSGIP=1,"192.0.2.7"')
    b.wait(100)
    assert b.rx() == b'\r\n+QIURC: "dnsgip",0,1,600\r\n\r\n+QIURC: "dnsgip","192.0.2.7"\r\n'
    assert b.module.violations == []


def test_lost_pings():
    b = make()
    b.network.round_trips = [10, None, 30]
    b.ask('AT+QPING=1,"192.0.2.7",1,3')
    b.wait(5000)
    assert b.rx() == (b'\r\n+QPING: 0,"192.0.2.7",32,10,255\r\n\r\n+QPING: 569\r\n'
                      b'\r\n+QPING: 0,"192.0.2.7",32,30,255\r\n\r\n+QPING: 0,3,2,1,10,30,20\r\n')
    b.network.round_trips = [None]
    b.ask('AT+QPING=1,"192.0.2.7",1,1')
    b.wait(5000)
    assert b.rx() == b"\r\n+QPING: 569\r\n\r\n+QPING: 569\r\n"
    b.network.unknown.add("nosuch.invalid")
    b.ask('AT+QPING=1,"nosuch.invalid"')
    b.wait(5000)
    assert b.rx() == b"\r\n+QPING: 565\r\n"


def test_time_without_setting_the_clock():
    b = make()
    before = b.ask("AT+CCLK?")
    b.ask('AT+QNTP=1,"202.120.2.101",123,0')
    assert b.ask("AT+QNTP?") == b'\r\n+QNTP: "202.120.2.101",123\r\n\r\nOK\r\n'
    b.wait(200)
    assert b.rx() == b'\r\n+QNTP: 0,"2013/08/19,03:10:10+00"\r\n'
    assert b.ask("AT+QNTP?") == b"\r\nOK\r\n"
    assert b.ask("AT+CCLK?")[:20] == before[:20]
    b.network.time = None
    b.ask('AT+QNTP=1,"202.120.2.101",123')
    b.wait(200)
    assert b.rx() == b"\r\n+QNTP: 569\r\n"


def test_dns_servers_belong_to_the_activation():
    b = make()
    b.ask('AT+QIDNSCFG=1,"192.0.2.53"')
    assert b.ask("AT+QIDNSCFG=1") == b'\r\n+QIDNSCFG: 1,"192.0.2.53","218.4.4.4"\r\n\r\nOK\r\n'
    b.ask("AT+QIDEACT=1")
    b.ask("AT+QIACT=1")
    assert b.ask("AT+QIDNSCFG=1") == b'\r\n+QIDNSCFG: 1,"218.2.2.2","218.4.4.4"\r\n\r\nOK\r\n'


def test_options_answer_with_their_values():
    b = make()
    for option, values in (("transpktsize", "1024"), ("transwaittm", "2"), ("dataformat", "0,0"),
                           ("viewmode", "0"), ("tcp/retranscfg", "8,600")):
        assert b.ask(f'AT+QICFG="{option}"') == f'\r\n+QICFG: "{option}",{values}\r\n\r\nOK\r\n'.encode()
    assert b.ask('AT+QICFG="dataformat",1', until=b"ERROR\r\n") == b"\r\nERROR\r\n"


def test_restart_loses_everything_and_says_the_boot_words():
    b = connected()
    b.ask('AT+QICFG="viewmode",1')
    assert b.ask("AT+CFUN=1,1", until=b"DOWN\r\n") == b"\r\nOK\r\n\r\nPOWERED DOWN\r\n"
    b.tx("AT\r")
    b.wait(1999)
    assert b.rx() == b""
    b.wait(1000)
    assert b.rx() == b"\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\nAPP RDY\r\n"
    assert b.ask("ATE0") == b"ATE0\r\r\nOK\r\n"     # the echo is on again
    assert b.ask("AT+QISTATE;+QIACT?") == b"\r\nOK\r\n"
    assert b.ask('AT+QICFG="viewmode"') == b'\r\n+QICFG: "viewmode",0\r\n\r\nOK\r\n'
    assert b.module.violations == []


def test_digits_of_a_configuration_come_back_as_they_were_written():
    b = make()
    for digits in ("020103", "00"):
        b.ask(f'AT+QCFG="nwscanseq",{digits},1')
        assert b.ask('AT+QCFG="nwscanseq"') == f'\r\n+QCFG: "nwscanseq",{digits},1\r\n\r\nOK\r\n'.encode()


def test_gnss_is_on_between_its_commands():
    b = make("AT+CMEE=1")
    assert b.ask("AT+QGPSEND", until=b"505\r\n") == b"\r\n+CME ERROR: 505\r\n"
    b.ask("AT+QGPS=1,30,50,0,1")
    assert b.ask("AT+QGPS?") == b"\r\n+QGPS: 1\r\n\r\nOK\r\n"
    assert b.ask("AT+QGPS=1", until=b"504\r\n") == b"\r\n+CME ERROR: 504\r\n"
    b.ask("AT+QGPSLOC=2", until=b"516\r\n")
    b.ask("AT+QGPSEND=?")
    b.ask("AT+QGPSEND")
    assert b.ask("AT+QGPS?") == b"\r\n+QGPS: 0\r\n\r\nOK\r\n"
    b.ask("AT+QGPSLOC=2", until=b"505\r\n")
    assert b.module.violations == []


def test_boot_quirks():
    b = make(quirks=("pdpdeact-in-boot", "no-app-rdy"))
    b.ask("AT+CFUN=1,1", until=b"DOWN\r\n\r\n+QIURC: \"pdpdeact\",1\r\n")
    b.wait(5000)
    assert b.rx() == b"\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n"


@pytest.mark.parametrize("quirk, told", [
    ("sim-missing", b"+CPIN: NOT INSERTED"), ("sim-pin", b"+CPIN: SIM PIN"), ("boot", b"+CPIN: READY"),
    ("sim-busy", b"APP RDY\r\n\r\n+CPIN: READY")])
def test_the_start_says_what_the_card_is_like(quirk, told):
    b = Bench(Bg96, quirks=(quirk,))
    b.module.power_on()
    b.wait(9000)
    said = b.rx()
    assert told in said and said.count(b"+CPIN") == 1


def test_power_down():
    b = make()
    assert b.ask("AT+QPOWD", until=b"DOWN\r\n") == b"\r\nOK\r\n\r\nPOWERED DOWN\r\n"
    b.wait(60_000)
    b.tx("AT\r")
    assert b.rx() == b""
    b.module.power_on()
    b.wait(5000)
    assert b.rx().startswith(b"\r\nRDY\r\n")


@pytest.mark.parametrize("text", [
    "AT+QIOPEN =1,0", 'AT+QIOPEN=1, 0,"TCP","192.0.2.1",80', 'AT+QIOPEN=1,,"TCP","192.0.2.1",80',
    'AT+QIOPEN=1,0,TCP,"192.0.2.1",80', 'AT+QIOPEN=1,0,"TCP,"192.0.2.1",80', 'AT+QIOPEN=1,0,"TCP","192.0.2.1"',
    'AT+QIOPEN=1,12,"TCP","192.0.2.1",80', 'AT+QIOPEN=1,0,"tcp","192.0.2.1",80', "AT+QIOPEN", "AT+QIOPEN?",
    "AT+QSSLOPEN=1", "AT+QIACT", "AT+QIRD?",
])
def test_malformed_commands_are_violations(text):
    b = make()
    b.tx(text + "\r")
    b.wait(100)
    assert b.module.violations


def test_every_quirk_has_a_description():
    assert all(len(text) > 15 for text in all_quirks(Bg96).values())
