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

# (line, what the answer ends with, and what it holds); a line alone waits for OK; a call is what the network does


def peer_sends(data):
    return lambda bench: bench.network.streams[-1].feed(data)


def time_passes(bench):
    bench.wait(500)


def a_datagram_comes(data):
    return lambda bench: bench.network.sockets[-1].put_received(data, "192.0.2.10", 7)


TINYGSM_BG96 = [
    "AT", "AT&FZE0", "ATE0", "AT+CMEE=0", "AT+CTZR=0", "AT+CTZU=1", ("AT+CPIN?", OK, "+CPIN: READY"), "AT+GMM",
    ("AT+CEREG?", OK, "+CEREG: 0,1"), ("AT+QCCID", OK, "+QCCID: 8986"), ("AT+CGSN", OK), "AT+CIMI", "AT+COPS?",
    "AT+CSQ",
    "AT+QIDEACT=1", 'AT+QICSGP=1,1,"internet","",""', "AT+QIACT=1", "AT+CGATT=1", ("AT+CGATT?", OK, "+CGATT: 1"),
    ("AT+CGPADDR=1", OK, "+CGPADDR: 1,10.7.157.1"), ("AT+QLTS=2", OK, '+QLTS: "2013/08/19,'), "AT+CBC", "AT+QTEMP",
    ('AT+QIOPEN=1,0,"TCP","example.com",80,0,0', "+QIOPEN: 0,0\r\n"), ("AT+QISEND=0,5", "> "), ("hello", "SEND OK\r\n"),
    ("AT+QIRD=0,0", OK, "+QIRD: 0,0,0"), peer_sends(b"answer"), ("AT+QIRD=0,0", OK, "+QIRD: 6,0,6"),
    ("AT+QIRD=0,64", OK, "+QIRD: 6\r\nanswer\r\n"), ("AT+QISTATE=1,0", OK, "+QISTATE: 0,"), "AT+QICLOSE=0",
    "AT+QSCLK=1", "AT+QGPS=1", "AT+QGPSEND", 'AT+QCFG="nwscanmode",3,1', "AT&FZE0&W", "AT+IPR=0", "AT&W", "ATZ",
    ("AT+CFUN=0", 'pdpdeact",1\r\n'), "AT+CFUN=1",
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
    ('AT+QIOPEN=1,1,"TCP","192.0.2.10",5000,0,0', "+QIOPEN: 1,0\r\n"), peer_sends(b"answer"),
    ("AT+QIRD=1,1500", OK, "+QIRD: 6\r\nanswer\r\n"), "AT+QICLOSE=1", 'AT+QICSGP=1,1,"internet","", "",1',
]
CELLULAR_INIT = [       # up to its AT+CMUX, and what it sends on the channel for commands up to its ATD
    "ATE0", "AT+CFUN=4", "AT+CMEE=1", "AT+CREG=1", "AT+CGREG=1", "AT+CEREG=1", ("AT+CREG?", OK, "+CREG: 1,"),
    ("AT+CEREG?", OK, "+CEREG: 1,"), ("AT+CGREG?", OK, "+CGREG: 1,"), "AT+CGSN", "AT+CGMM", "AT+CGMI", "AT+CGMR",
]
CELLULAR_DIAL = [
    ("AT+CGACT=0,1", "\r\n"), 'AT+CGDCONT=1,"IP","internet"', ("AT+CFUN=1", "+CEREG: 1\r\n", "\r\nOK\r\n"),
    ("AT+CREG?", OK, "+CREG: 1,1"), ("AT+CEREG?", OK, "+CEREG: 1,1"), ("AT+CGREG?", OK, "+CGREG: 1,1"),
    ("AT+CSQ", OK, "+CSQ: "),
]
ZEPHYR_CELLULAR_QUECTEL = [*CELLULAR_INIT, "AT+CIMI", *CELLULAR_DIAL]
ZEPHYR_CELLULAR_SIMCOM = ["AT", "AT", "AT", "AT", *CELLULAR_INIT, *CELLULAR_DIAL]
MBED_BG96 = [
    "AT", "ATE0", "AT+CMEE=1", "AT+CFUN=1", "AT+IFC=0,0", "AT+QSSLSTATE", "AT+QSSLCLOSE=0", "AT+QICLOSE=0",
    'AT+QCFG="nwscanmode",0,1', 'AT+QCFG="nwscanseq",00,1', 'AT+QCFG="iotopmode",0,1', 'AT+QCFG="servicedomain",1,1',
    'AT+QSSLCFG="sslversion",0,4', 'AT+QSSLCFG="seclevel",0', "AT+CREG=0", "AT+CGREG=0", "AT+CEREG=2", "AT+COPS=0",
    "AT+CGATT=1", "AT+CGDCONT?", "AT+CGDCONT=?", "AT+CGAUTH=1,0", "AT+CGEREP=1", "AT+QIACT=1", "AT+CGCONTRDP=1",
    ('AT+QIOPEN=1,0,"UDP SERVICE","127.0.0.1",0,50000,0', "+QIOPEN: 0,0\r\n"), ("AT+QISEND=0,0", OK, "+QISEND: 0,"),
    ('AT+QISEND=0,5,"192.0.2.10",7', "> "), ("hello", "SEND OK\r\n"), ("AT+QISEND=0,0", OK, "+QISEND: 5,"),
    a_datagram_comes(b"answer"), ("AT+QIRD=0", OK, '+QIRD: 6,"192.0.2.10",7\r\nanswer\r\n'), "AT+QICLOSE=0",
    ('AT+QIOPEN=1,1,"UDP","192.0.2.10",7', "+QIOPEN: 1,0\r\n"), "AT+QICLOSE=1",
    ('AT+QIOPEN=1,2,"TCP","192.0.2.10",7,50000,0', "+QIOPEN: 2,0\r\n"), ("AT+QISEND=2,5", "> "),
    ("hello", "SEND OK\r\n"), ("AT+QIRD=2,1500", OK, "+QIRD: 0\r\n"),
    ('AT+QIDNSGIP=1,"example.com"', '192.0.2.10"\r\n'), "AT+QICLOSE=2",
    "AT+CGPADDR=1", "AT+CMGF=1", "AT+CNMI=2,1", 'AT+CPMS="ME","ME","ME"', "AT+CSDH=1", "AT+CESQ",
    ("AT+QPOWD=0", "POWERED DOWN\r\n"),
]
AT_DEVICE_EC20 = [
    "AT", "ATE0", "ATI", "AT+CPIN?", "AT+CSQ", "AT+CREG?", "AT+CGREG?", "AT+CEREG?", "AT+QCCID", "AT+COPS?",
    'AT+QICSGP=1,1,"CMNET","","",0', "AT+QIDEACT=1", "AT+QIACT=1", "AT+QIACT?", "AT+GSN", "AT+QIDNSCFG=1",
    ('AT+QIOPEN=1,0,"TCP","192.0.2.10",7,0,1', "+QIOPEN: 0,0\r\n"), ("AT+QISEND=0,5", "> "), ("hello", "SEND OK\r\n"),
    ("AT+QISEND=0,0", OK, "+QISEND: 5,"), "AT+QICLOSE=0,1",
    ('AT+QIOPEN=1,0,"UDP","192.0.2.10",7,0,1', "+QIOPEN: 0,0\r\n"), "AT+QICLOSE=0,1",
    ('AT+QIDNSGIP=1,"example.com"', '192.0.2.10"\r\n'),
    ('AT+QPING=1,"192.0.2.1",5,1', "+QPING: 0,1,1,0,40,40,40\r\n"), "AT+CCLK?", "AT+QSCLK=1",
    ("AT+QPOWD=1", "POWERED DOWN\r\n"),
]
ESP_MODEM_BG96 = [
    "AT", "ATE0", "AT+CPIN?", "AT+CSQ", "AT+COPS?", "AT+CBC", "AT+CGSN", "AT+CIMI", "AT+CGMM", "AT+IFC=0,0",
    "AT+CMGF=1",
    'AT+CGDCONT=1,"IP","internet"', "AT+CGATT?", "AT+CEREG?", "AT+CFUN?", ("AT+QCCID", OK, "+QCCID: "), "AT+QGMR",
    "AT+CRSM=176,28514,0,0,0", "ATH", 'AT+CSCS="GSM"', "AT+IPR=115200", "AT&F", "AT&W",
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
TINYGSM_SIM7600_STOP = [        # stop() and connect(), which stops first: it waits for OK or ERROR only
    NETOPEN, "AT+CIPRXGET=1", ('AT+CIPOPEN=0,"TCP","example.com",80', "+CIPOPEN: 0,0\r\n"),
    peer_sends(b"answer"), ("AT+CIPRXGET=4,0", OK, "+CIPRXGET: 4,0,6\r\n"),
    ("AT+CIPRXGET=2,0,6", OK, "+CIPRXGET: 2,0,6,0\r\nanswer\r\n"), ("AT+CIPCLOSE=0", "\r\nOK\r\n"),
    ("AT+CIPCLOSE=0", "ERROR\r\n"), "AT+CIPRXGET=1", ('AT+CIPOPEN=0,"TCP","example.com",80', "+CIPOPEN: 0,0\r\n"),
    ("AT+CIPCLOSE=0", "\r\nOK\r\n"), ('AT+CIPOPEN=0,"TCP","example.com",80', "+CIPOPEN: 0,0\r\n"),
]
TINYGSM_A7672X = [      # with its debug output; without, it sends ATV0.  It waits for DATA ACCEPT of the SIM800 at last
    "AT", "ATE0", "ATV1", ("AT+CPIN?", OK, "+CPIN: READY"), "AT+CGMM", ("AT+CICCID", OK, "+ICCID: "), "AT+CREG?",
    ("AT+NETCLOSE", "ERROR\r\n"), 'AT+CGDCONT=1,"IP","internet"', "AT+CGACT=1,1", "AT+CGATT=1", "AT+CIPRXGET=1",
    ("AT+CGPADDR=1", OK, "+CGPADDR: 1,10."), 'AT+CDNSCFG="8.8.8.8","8.8.4.4"', ("AT+CIPCLOSE=0,1", "ERROR\r\n"),
    "AT+CTCPKA=1,2,5,1", ("AT+NETOPEN", "\r\nOK\r\n\r\n+NETOPEN: 0\r\n"), ("AT+NETOPEN?", OK, "+NETOPEN: 1"),
    ('AT+CIPOPEN=0,"TCP","example.com",80', "+CIPOPEN: 0,0\r\n"), ("AT+CIPSEND=0,5", ">"),
    ("hello", "+CIPSEND: 0,5,5\r\n"), peer_sends(b"answer"), ("AT+CIPRXGET=4,0", OK, "+CIPRXGET: 4,0,6\r\n"),
    ("AT+CIPRXGET=2,0,6", OK, "+CIPRXGET: 2,0,6,0\r\nanswer\r\n"), ("AT+CIPRXGET=4,0", OK, "+CIPRXGET: 4,0,0\r\n"),
    "AT+CLVL=50", ("AT+CLVL?", OK, "+CLVL: 50"), "AT+CSCLK=0", "AT+CBC", "AT+CCLK?", "AT&FZE0&W", "AT+IPR=0",
    "AT+IFC=0,0", "AT+ICF=3,3", "AT&W", ("AT+NETCLOSE", "+NETCLOSE: 0\r\n"), "AT+CGATT=0", "AT+CFUN=0",
    ("AT+CFUN=1,1", "PB DONE\r\n"),
]
M5STACK_SIM7600 = [     # an empty line goes before each command
    "ATE0", "AT+CIPRXGET=1", "AT+CIPMODE=0", "AT+NETOPEN", time_passes, 'AT+CSSLCFG="sslversion",0,4',
    'AT+CSSLCFG="authmode",0,0', "AT+CCHSET=1,1", ("AT+CCHSTART", "+CCHSTART: 0\r\n"), "AT", "AT+CPIN?",
    ("AT+CGREG?", OK, "+CGREG: 0,1\r\n"),
    "AT+CSQ", ("AT+CGMM", OK, "\r\nSIMCOM_SIM7600G-H\r\n"), ("AT+CGATT?", OK, "+CGATT: 1\r\n"), "AT+CGATT=1",
    'AT+CGDCONT=1,"IP","internet"', ("AT+CGPADDR=1", OK, "+CGPADDR: 1,10."), "AT+COPS?", "AT+CGSN",
    ("AT+ICCID", OK, "+ICCID: "), ("AT+CGDCONT?", OK, '+CGDCONT: 1,"IP","internet"'),
    ('AT+CDNSGIP="example.com"', OK, '"example.com","192.0.2.10"'),
    ('AT+CIPOPEN=0,"TCP","192.0.2.10",80', "+CIPOPEN: 0,0\r\n"), ("AT+CIPSEND=0,5", ">"),
    ("hello", "+CIPSEND: 0,5,5\r\n"), peer_sends(b"answer"), ("AT+CIPRXGET=4,0", OK, "+CIPRXGET: 4,0,6\r\n"),
    ("AT+CIPRXGET=2,0,6", OK, "+CIPRXGET: 2,0,6,0\r\nanswer\r\n"), "AT+CIPCLOSE=0",
    ('AT+CIPOPEN=0,"UDP",,,1024', OK), ('AT+CIPSEND=0,5,"192.0.2.10",7', ">"), ("hello", "+CIPSEND: 0,5,5\r\n"),
    "AT+CIPCLOSE=0",
]
AT_DEVICE_SIM76XX = [
    "ATE0", "ATI", "AT+CPIN?", "AT+CSQ", "AT+CIPSRIP=0", "AT+CREG?", "AT+CGREG?", "AT+CGATT?", "AT+CIPMODE=0", NETOPEN,
    "AT+CSOCKSETPN=1",
    "AT+IPADDR", 'AT+CDNSCFG="8.8.8.8","8.8.4.4"', "AT+CTCPKA=1,2,5,1", 'AT+CDNSGIP="example.com"',
    ('AT+CPING="192.0.2.1",1,1,32,,,64', "+CPING: 3,1,1,0,40,40,40\r\n"), *SOCKET, "AT+SIMCOMATI",
    ('AT+CIPOPEN=1,"UDP",,,5000', OK, "+CIPOPEN: 1,0"), ('AT+CIPSEND=1,5,"192.0.2.10",7', ">"),
    ("hello", "+CIPSEND: 1,5,5\r\n"), ("AT+CIPCLOSE?", OK, "+CIPCLOSE: 0,1,0"), "AT+CIPCLOSE=1",
    ("AT+NETOPEN?", OK, "+NETOPEN: 1"), ("AT+NETCLOSE", "\r\nOK\r\n"),
    ("AT+NETOPEN?", OK, "+NETOPEN: "), ("AT+NETOPEN", "+NETOPEN: 0\r\n"), "AT+CGSN=1",
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
    "ATI", "AT+CREG?", ("AT+CSQ?", OK, "+CSQ: "),
    "AT+CCLK?", 'AT+CGDCONT=1,"IP","cmnet"', ("AT+MIPCALL=1", "+MIPCALL: 10.7.157.1\r\n"),
    ("AT+MIPCALL?", OK, "+MIPCALL: 1,10."),
    'AT+GTSET="IPRFMT",5', ("AT+MIPOPEN?", OK, "+MIPOPEN: 1,2,3"),
    ('AT+MIPOPEN=1,,"192.0.2.10",7,0', "+MIPOPEN: 1,1\r\n"),
    ("AT+MIPSEND=1,5", ">\r\n"), ("hello", "+MIPSEND: 1,0,2048\r\n\r\nOK\r\n", "+MIPPUSH: 1,0"), peer_sends(b"answer"),
    ("AT+MIPREAD=1,6", OK, "+MIPREAD: 1,6\r\n", "+MIPDATA: 1,6\r\nanswer\r\n"), ("AT+MIPCLOSE=1", "+MIPCLOSE: 1,0\r\n"),
    ('AT+MIPDNS="example.com",0', OK, "192.0.2.10"), ('AT+MIPDNS="example.com",2', OK, "192.0.2.10"),
    ('AT+MPING=1,"192.0.2.1",1,32,64,0,5000', ",40\r\n", '+MPING: "192.0.2.1",0,0,40'), "AT+CCID",
    "AT+GTWAKE=1,2", "ATS24=1", "AT+GTWAKE=0,2",
    "AT+GTACT?", ("AT+MIPCALL=0", "+MIPCALL: 0\r\n"), "AT+CPWROFF",
]
LITEOS_NL668 = [        # it ends its commands with CR, but not all of them
    "AT\r", "ATE0\r", 'AT+GTSET="SENDTIME",1', 'AT+GTSET="IPRFMT",2', ("AT+CGSN=1\r", OK, "+CGSN: 86"),
    ("AT+CIMI?\r", OK, "+CIMI: 00101"), ("AT+CSQ?\r", OK, "\r\n+CSQ: 23,0"), "AT+CGATT=1\r",
    ("AT+CGATT?\r", OK, "+CGATT: 1"), "AT+CMEE=1", "AT+CPIN?\r", "AT+CGREG?", "AT+CCID?", "AT+CFUN?",
    ("AT+MIPCALL?", OK, "+MIPCALL: 0"), ('AT+MIPCALL=1,"cmnet"', "+MIPCALL: 10.7.157.1\r\n"),
    ("AT+MIPCALL?\r", OK, "+MIPCALL: 1,10.7.157.1"), ('AT+MIPOPEN=1,,"192.0.2.10",7,0', "+MIPOPEN: 1,1\r\n"),
    ("AT+MIPSEND=1,5", ">"), ("hello", "+MIPSEND: 1,0,2048\r\n\r\nOK\r\n"), ("AT+MIPPUSH=1", OK, "+MIPPUSH: 1,"),
    peer_sends(b"answer"), ("AT", OK, "\r\n+MIPRTCP: 1,6,answer"), ("AT+MIPCLOSE=1,1", "+MIPCLOSE: 1,0\r\n"),
    "AT+CPWROFF",
]
SEQUENCES = {
    "TinyGSM BG96": (Bg96, TINYGSM_BG96), "FreeRTOS-Cellular BG96": (Bg96, FREERTOS_BG96),
    "Zephyr bg9x": (Bg96, ZEPHYR_BG9X), "mbed-os BG96": (Bg96, MBED_BG96), "at_device ec20": (Bg96, AT_DEVICE_EC20),
    "esp_modem BG96": (Bg96, ESP_MODEM_BG96), "TinyGSM SIM7600": (A7600, TINYGSM_SIM7600),
    "at_device sim76xx": (A7600, AT_DEVICE_SIM76XX), "M5Stack SIM7028": (SIM7028, M5STACK_SIM7028),
    "at_device l610": (L610, AT_DEVICE_L610), "LiteOS NL668": (NL668, LITEOS_NL668),
    "Zephyr modem_cellular BG95": (model_class("BG95"), ZEPHYR_CELLULAR_QUECTEL),
    "Zephyr modem_cellular EG25-G": (model_class("EG25"), ZEPHYR_CELLULAR_QUECTEL),
    "Zephyr modem_cellular SIMCom": (A7600, ZEPHYR_CELLULAR_SIMCOM),
    "TinyGSM SIM7600 stop()": (model_class("SIM7600"), TINYGSM_SIM7600_STOP),
    "TinyGSM A7672X": (model_class("A7672"), TINYGSM_A7672X),
    "M5Stack SIM7600": (model_class("SIM7600"), M5STACK_SIM7600),
    "candy-board EC21": (model_class("EC21"), CANDY_EC21), "LilyGO A7670": (model_class("A7670"), LILYGO_A7670),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_reaches_its_last_step(name):
    module_class, steps = SEQUENCES[name]
    before = "\r\n" if steps is M5STACK_SIM7600 else ""
    bench = Bench(module_class, echo=True)
    bench.module.data_echo = 0
    for step in steps:
        if callable(step):
            step(bench)
            continue
        line, end, *held = (step, OK) if isinstance(step, str) else step
        if before and line.startswith("AT"):
            bench.tx(before)
        bench.tx(line + ("\r\n" if line.startswith("AT") and not line.endswith("\r") else ""))
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


@pytest.mark.parametrize("module_class, setup, command", [
    (Bg96, "AT+QIACT=1", 'AT+QIDNSGIP=1,""'), (Bg96, "AT+QIACT=1", 'AT+QPING=1,""'),
    (Bg96, "AT+QIACT=1", 'AT+QNTP=1,""'), (A7600, "AT+CGACT=1,1;+NETOPEN", 'AT+CIPOPEN=0,"TCP","",80'),
    (A7600, "AT+CGACT=1,1;+NETOPEN", 'AT+CPING="",1'), (A7600, "AT+CCHSTART", 'AT+CCHOPEN=0,"",443,1'),
    (NL668, 'AT+MIPCALL=1,"x"', 'AT+MPING=1,""'), (L610, 'AT+MIPCALL=1,"x"', 'AT+MPING=1,""'),
])
def test_no_host_has_an_empty_name(module_class, setup, command):
    bench = Bench(module_class)
    bench.tx(setup + "\r")
    bench.wait(2000)
    bench.rx()
    bench.ask(command, until=b"ERROR\r\n", ms=0)


@pytest.mark.parametrize("quirk, number, name", [
    ("sim-missing", b"+CME ERROR: 10\r\n", b"+CME ERROR: 10\r\n"), ("sim-pin", b"OK\r\n", b"+CME ERROR: 11\r\n"),
    ("sim-busy", b"+CME ERROR: 14\r\n", b"+CME ERROR: 14\r\n")])
@pytest.mark.parametrize("module_class, command", [
    (Bg96, "AT+QCCID"), (A7600, "AT+CICCID"), (SIM7028, "AT+ICCID"), (L610, "AT+CCID?"), (NL668, "AT+CCID")])
def test_what_the_card_tells_needs_a_card(module_class, command, quirk, number, name):
    bench = Bench(module_class, quirks=[quirk])
    bench.ask("AT+CMEE=1")
    bench.ask(command, until=number)
    bench.ask("AT+CNUM", until=name)
    bench.ask("AT+CNUM=?")
