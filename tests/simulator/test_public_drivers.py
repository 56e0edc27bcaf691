"""What drivers in public use send to bring a module up, look at it, use a socket and switch it off: each line is
answered with what its driver waits for.  Written down in the order in which they send it, with CR LF.
"""

import pytest

from atsock_host.simulator.fibocom import L610, NL668
from atsock_host.simulator.models import model_class
from atsock_host.simulator.quectel import Bg96
from atsock_host.simulator.simcom import A7600, SIM7028
from simbench import Bench

OK = "\r\nOK\r\n"

# (line, what the answer ends with, and what it holds); a line alone waits for OK
TINYGSM_BG96 = [
    "AT", "ATE0", "AT+CMEE=0", "AT+CTZR=0", "AT+CTZU=1", ("AT+CPIN?", OK, "+CPIN: READY"), "AT+GMM",
    ("AT+CEREG?", OK, "+CEREG: 0,1"), ("AT+QCCID", OK, "+QCCID: 8986"), ("AT+CGSN", OK), "AT+CIMI", "AT+COPS?",
    "AT+CSQ",
    "AT+QIDEACT=1", 'AT+QICSGP=1,1,"internet","",""', "AT+QIACT=1", "AT+CGATT=1", ("AT+CGATT?", OK, "+CGATT: 1"),
    ("AT+CGPADDR=1", OK, "+CGPADDR: 1,10.7.157.1"), ("AT+QLTS=2", OK, '+QLTS: "2013/08/19,'), "AT+CBC", "AT+QTEMP",
    ('AT+QIOPEN=1,0,"TCP","example.com",80,0,0', "+QIOPEN: 0,0\r\n"), ("AT+QISEND=0,5", "> "), ("hello", "SEND OK\r\n"),
    ("AT+QIRD=0,0", OK, "+QIRD: 0,0,0"), ("AT+QISTATE=1,0", OK, "+QISTATE: 0,"), "AT+QICLOSE=0", "AT+QSCLK=1",
    "AT+QGPS=1", "AT+QGPSEND", 'AT+QCFG="nwscanmode",3,1', "AT&W", "ATZ",
    ("AT+QPOWD=1", "POWERED DOWN\r\n"),
]
FREERTOS_BG96 = [
    "ATE0", "AT&D0", "AT+IFC=0,0", "AT+CMEE=1", "AT+CFUN=4", 'AT+QCFG="band",f,400a0e189f,a0e189f', 'AT+QCFG="band"',
    'AT+QCFG="nwscanseq",020103,1', 'AT+QCFG="iotopmode",2,1', 'AT+QCFG="nwscanmode",3,1',
    'AT+QCFG="servicedomain",2,1',
    'AT+QURCCFG="urcport","uart1"', "AT+CTZR=1", "AT+CFUN=1", "AT+CREG=2", "AT+CGREG=2", "AT+CEREG=2", "AT+CEREG?",
    ("AT+QSIMSTAT?", OK, "+QSIMSTAT: 0,1"), "AT+CPIN?", 'AT+CLCK="SC",2',
    ("AT+CRSM=176,28514,0,0,0", OK, "+CRSM: 144,0,"),
    "AT+COPS?", "AT+COPS=3,2", ("AT+COPS?", OK, '+COPS: 0,2,"00101",8'), ("AT+QCSQ", OK, '+QCSQ: "CAT-M1",'),
    ("AT+QNWINFO", OK, '+QNWINFO: "CAT-M1","00101",'), ("AT+CPSMS?", OK, "+CPSMS: 0"), ("AT+CEDRXS?", OK, "+CEDRXS: 0"),
    "AT+CEDRXRDP", "AT+QPSMS?", 'AT+CPSMS=1,,,"00100001","00000011"', 'AT+CEDRXS=1,4,"0101"',
    ("AT+CEDRXRDP", OK, '+CEDRXRDP: 4,"0101"'), "AT+CGDCONT?", 'AT+CGDCONT=1,"IP","internet"',
    'AT+QICSGP=1,1,"internet","","",0', "AT+QIACT=1", ("AT+QIACT?", OK, '+QIACT: 1,1,1,"10.7.157.1"'),
    'AT+QIDNSCFG=1,"8.8.8.8"', ('AT+QIDNSGIP=1,"example.com"', '192.0.2.10"\r\n'), "AT+CGMI", "AT+CGMR", "AT+CGMM",
    "AT+GSN", "AT+CCLK?", "AT+CSQ", "AT+QIDEACT=1",
]
ZEPHYR_BG9X = [
    "AT", "ATE0", "ATH", "AT+CMEE=1", "AT+CREG=1", "AT+CEREG=1", "AT+CREG?", "AT+CEREG?", "AT+CGSN", "AT+CGMM",
    "AT+CGMI",
    "AT+CGMR", "AT+CIMI", "AT+CFUN=1", 'AT+QICSGP=1,1,"internet","","",1', "AT+QIDEACT=1", "AT+QIACT=1", "AT+COPS=0",
    ("AT+QCCID", OK, "+QCCID: "), ('AT+QIOPEN=1,0,"UDP","192.0.2.10",5000,0,0', "+QIOPEN: 0,0\r\n"),
    ("AT+QISEND=0,3", "> "), ("abc\x1a", "SEND OK\r\n"), "AT+QICLOSE=0",
]
MBED_BG96 = [
    "AT", "ATE0", "AT+CMEE=1", "AT+CFUN=1", "AT+IFC=0,0", "AT+QSSLSTATE", "AT+QSSLCLOSE=0", "AT+QICLOSE=0",
    'AT+QCFG="nwscanmode",0,1', 'AT+QCFG="nwscanseq",00,1', 'AT+QCFG="iotopmode",0,1', 'AT+QCFG="servicedomain",1,1',
    'AT+QSSLCFG="sslversion",0,4', 'AT+QSSLCFG="seclevel",0', "AT+CREG=0", "AT+CGREG=0", "AT+CEREG=2", "AT+COPS=0",
    "AT+CGATT=1", "AT+CGDCONT?", "AT+CGDCONT=?", "AT+CGAUTH=1,0", "AT+CGEREP=1", "AT+QIACT=1", "AT+CGCONTRDP=1",
    "AT+CGPADDR=1", "AT+CMGF=1", "AT+CNMI=2,1", 'AT+CPMS="ME","ME","ME"', "AT+CSDH=1", "AT+CESQ",
    ("AT+QPOWD=0", "POWERED DOWN\r\n"),
]
AT_DEVICE_EC20 = [
    "AT", "ATE0", "ATI", "AT+CPIN?", "AT+CSQ", "AT+CREG?", "AT+CGREG?", "AT+CEREG?", "AT+QCCID", "AT+COPS?",
    'AT+QICSGP=1,1,"CMNET","","",0', "AT+QIDEACT=1", "AT+QIACT=1", "AT+QIACT?", "AT+GSN", "AT+QIDNSCFG=1",
    ('AT+QPING=1,"192.0.2.1",5,1', "+QPING: 0,1,1,0,40,40,40\r\n"), "AT+CCLK?", "AT+QSCLK=1",
    ("AT+QPOWD=1", "POWERED DOWN\r\n"),
]
ESP_MODEM_BG96 = [
    "AT", "ATE0", "AT+CPIN?", "AT+CSQ", "AT+COPS?", "AT+CBC", "AT+CGSN", "AT+CIMI", "AT+CGMM", "AT+IFC=0,0",
    "AT+CMGF=1",
    'AT+CGDCONT=1,"IP","internet"', "AT+CGATT?", "AT+CEREG?", "AT+CFUN?", "AT&F", "AT&W",
    ("AT+QPOWD=1", "POWERED DOWN\r\n"),
]
CANDY_EC21 = [
    "AT+CGDCONT?", 'AT+CGDCONT=1,"IPV4V6","internet"', "AT+CSQ", "AT+COPS?", "AT+CREG?", "AT+CGREG?", "AT+CEREG?",
    ("AT+QNWINFO", OK, '+QNWINFO: "FDD LTE",'), "AT+CIMI", "AT+CNUM", "AT+QCCID", "ATI", "AT+GSN", "AT+CCLK?",
    "AT+CFUN?", "AT+CTZU?",
    "AT+COPS=2", "AT+COPS=1,2,00101", 'AT+QGPSCFG="gpsnmeatype",31', 'AT+QGPSCFG="nmeasrc",1', "AT+QGPS=1,30,50,0,1",
    ("AT+QGPS?", OK, "+QGPS: 1"), "AT+QGPSEND", ("AT+QPOWD", "POWERED DOWN\r\n"),
]
LILYGO_A7670 = [
    "AT", "ATE0", "AT+CMEE=0", "AT+CTZR=0", "AT+CTZU=1", "AT+CPIN?", ("ATI", OK, "Model: A7670E-FASE"), "AT+CGREG?",
    "AT+CNMP=2", 'AT+CGDCONT=1,"IP","internet","0.0.0.0",0,0', "AT+CIPMODE=0", "AT+CIPSENDMODE=0",
    "AT+CIPCCFG=10,0,0,0,1,0,75000", "AT+CIPTIMEOUT=75000,15000,15000", "AT+CGACT=1,1",
    ("AT+NETOPEN", "+NETOPEN: 0\r\n"), ("AT+IPADDR", OK, "+IPADDR: 10."), "AT+CIPRXGET=1",
    ('AT+CIPOPEN=0,"TCP","example.com",80', "+CIPOPEN: 0,0\r\n"), "AT+CIPCLOSE=0", "AT+CIPRXGET=1",
    ("AT+CIPCLOSE?", OK, "+CIPCLOSE: "), ("AT+CGNSSPWR=1", "+CGNSSPWR: READY!\r\n"),
    ("AT+CGNSSPWR?", OK, "+CGNSSPWR: 1,"), "AT+CGNSSPWR=0", ("AT+NETCLOSE", "+NETCLOSE: 0\r\n"), "AT+CPOF",
]
NETOPEN = ("AT+NETOPEN", "+NETOPEN: 0\r\n")
SOCKET = [
    ('AT+CIPOPEN=0,"TCP","example.com",80', "+CIPOPEN: 0,0\r\n"), ("AT+CIPSEND=0,5", ">"),
    ("hello", "+CIPSEND: 0,5,5\r\n"),
    ("AT+CIPCLOSE?", OK, "+CIPCLOSE: 1,0"),
    ("AT+CIPCLOSE=0", "+CIPCLOSE: 0,0\r\n"),
]
TINYGSM_SIM7600 = [
    "AT", "ATE0", "AT+CMEE=0", "AT+CTZR=0", "AT+CTZU=1", "AT+CPIN?", "AT+CGMI", "AT+GMM", "AT+SIMEI?",
    ("AT+CICCID", OK, "+ICCID: 8986"), "AT+CGREG?", "AT+CEREG?", ("AT+CPSI?", OK, "+CPSI: LTE,Online"),
    ("AT+CNMP?", OK, "+CNMP: 2"), "AT+CNMP=38", ("AT+CNMP?", OK, "+CNMP: 38"), ("AT+CNSMOD?", OK, "+CNSMOD: 0,8"),
    'AT+CGDCONT=1,"IP","internet"', "AT+CGAUTH=1,0", "AT+CIPMODE=0", "AT+CIPSENDMODE=0",
    "AT+CIPCCFG=10,0,0,0,1,0,75000", "AT+CIPTIMEOUT=75000,15000,15000", NETOPEN, "AT+CIPRXGET=1",
    ("AT+NETOPEN?", OK, "+NETOPEN: 1"), ("AT+IPADDR", OK, "+IPADDR: 10."), *SOCKET, ("AT+CBC", OK, "+CBC: 3.900V"),
    "AT+CSCLK=0", "AT+CCLK?", ('AT+CNTP="pool.ntp.org",32', OK), ("AT+CNTP", "+CNTP: 0\r\n"),
    ("AT+CPMUTEMP", OK), ("AT+NETCLOSE", "+NETCLOSE: 0\r\n"), "AT+CPOF",
]
AT_DEVICE_SIM76XX = [
    "ATE0", "ATI", "AT+CPIN?", "AT+CSQ", "AT+CREG?", "AT+CGREG?", "AT+CGATT?", "AT+CIPMODE=0", NETOPEN,
    "AT+CSOCKSETPN=1",
    "AT+IPADDR", 'AT+CDNSCFG="8.8.8.8","8.8.4.4"', "AT+CTCPKA=1,2,5,1", 'AT+CDNSGIP="example.com"',
    ('AT+CPING="192.0.2.1",1,1,32,,,64', "+CPING: 3,1,1,0,40,40,40\r\n"), *SOCKET, "AT+SIMCOMATI", "AT+CGSN=1",
    "AT+CIMI?", "AT+CRESET",
]
M5STACK_SIM7028 = [
    "AT", "ATE0", "ATI", "AT+CGSN=1", "AT+CIMI", "AT+CICCID", "AT+CPIN?", "AT+CSQ", "AT+CEREG=5", "AT+CEREG?",
    "AT+COPS?",
    "AT+CSOCKSETPN=1", 'AT+CGDCONT=1,"IP","internet"', "AT+CGATT=1", NETOPEN, "AT+IPADDR", "AT+CTCPKA=1,2,5,1",
    ('AT+CIPOPEN=0,"TCP","example.com",80', "+CIPOPEN: 0,0\r\n"), ("AT+CIPSEND=0,5", ">"),
    ("hello", "+CIPSEND: 0,5,5\r\n"),
    ("AT+CIPCLOSE=0", "+CIPCLOSE: 0,0\r\n"), "AT+CPSMS=0", "AT+CPOF",
]
AT_DEVICE_L610 = [
    "ATE0", "AT+CGSN", "AT+GMR", "AT+CPIN?", "AT+CIMI", "AT+CIMI?", "AT+CSQ", "AT+CGREG?", "AT+CEREG?", "AT+COPS?",
    "AT+CCLK?", 'AT+CGDCONT=1,"IP","cmnet"', ("AT+MIPCALL=1", "+MIPCALL: 10.7.157.1\r\n"),
    ("AT+MIPCALL?", OK, "+MIPCALL: 1,10."),
    'AT+GTSET="IPRFMT",5', ("AT+MIPOPEN?", OK, "+MIPOPEN: 1,2,3"),
    ('AT+MIPOPEN=1,,"192.0.2.10",7,0', "+MIPOPEN: 1,1\r\n"),
    ("AT+MIPSEND=1,5", ">\r\n"), ("hello", "+MIPSEND: 1,0,2048\r\n\r\nOK\r\n"), ("AT+MIPCLOSE=1", "+MIPCLOSE: 1,0\r\n"),
    ('AT+MIPDNS="example.com",0', OK), "AT+CCID", "AT+GTWAKE=1,2", "ATS24=1",
    "AT+GTACT?", ("AT+MIPCALL=0", "+MIPCALL: 0\r\n"), "AT+CPWROFF",
]
LITEOS_NL668 = [
    "AT", "ATE0", "AT+CMEE=1", "AT+CPIN?", "AT+CSQ", "AT+CGREG?", "AT+CCID?", "AT+CFUN?",
    ("AT+MIPCALL?", OK, "+MIPCALL: 0"),
    ('AT+MIPCALL=1,"cmnet"', "+MIPCALL: 10.7.157.1\r\n"), 'AT+GTSET="IPRFMT",2',
    ('AT+MIPOPEN=1,,"192.0.2.10",7,0', "+MIPOPEN: 1,1\r\n"), ("AT+MIPSEND=1,5", ">"),
    ("hello", "+MIPSEND: 1,0,2048\r\n\r\nOK\r\n"),
    ("AT+MIPCLOSE=1", "+MIPCLOSE: 1,0\r\n"), "AT+CPWROFF",
]
SEQUENCES = {
    "TinyGSM BG96": (Bg96, TINYGSM_BG96), "FreeRTOS-Cellular BG96": (Bg96, FREERTOS_BG96),
    "Zephyr bg9x": (Bg96, ZEPHYR_BG9X), "mbed-os BG96": (Bg96, MBED_BG96), "at_device ec20": (Bg96, AT_DEVICE_EC20),
    "esp_modem BG96": (Bg96, ESP_MODEM_BG96), "TinyGSM SIM7600": (A7600, TINYGSM_SIM7600),
    "at_device sim76xx": (A7600, AT_DEVICE_SIM76XX), "M5Stack SIM7028": (SIM7028, M5STACK_SIM7028),
    "at_device l610": (L610, AT_DEVICE_L610), "LiteOS NL668": (NL668, LITEOS_NL668),
    "candy-board EC21": (model_class("EC21"), CANDY_EC21), "LilyGO A7670": (model_class("A7670"), LILYGO_A7670),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_reaches_its_last_step(name):
    module_class, steps = SEQUENCES[name]
    bench = Bench(module_class, echo=True)
    bench.module.data_echo = 0
    for step in steps:
        line, end, *held = (step, OK) if isinstance(step, str) else step
        bench.tx(line + ("\r\n" if line.startswith("AT") else ""))
        got = bench.read_until(end.encode(), 20_000)
        for text in held:
            assert text.encode() in got, (line, got)
    assert [text for text in bench.module.violations if "unknown" in text] == []


@pytest.mark.parametrize("module_class", [Bg96, A7600, SIM7028, NL668, L610])
def test_a_module_lists_its_commands(module_class):
    bench = Bench(module_class)
    lines = bench.ask("AT+CLAC").decode().split("\r\n")
    assert {"AT+CLAC", "AT+CSQ", "ATE"} <= set(lines) and lines[-2] == "OK"
    bench.ask("AT+CLAC=1", until=b"ERROR\r\n")


def test_the_operator_can_be_asked_for_with_a_question_mark():
    bench = Bench(Bg96)
    assert bench.ask("AT+QSPN?") == bench.ask("AT+QSPN") and bench.module.violations == []
