"""The models that a virtual module can be: what each calls itself, and what it does otherwise than its dialect's."""

import pytest

from atsock_host.simulator.models import MODELS, UnknownModel, find, model_class
from atsock_host.simulator.registry import DIALECTS
from simbench import Bench

FAILED = (b"ERROR\r\n", b"OK\r\n")


def lines(b, command):
    """The lines of an answer, without empty ones."""
    return [text for text in b.ask(command, until=FAILED).decode().split("\r\n") if text]


@pytest.fixture(params=MODELS)
def named(request):
    """(Model, Bench) of each."""
    return MODELS[request.param], Bench(model_class(request.param))


def test_identity(named):
    """AT+CGMM names the model, AT+CGMR its revision, AT+CGMI a maker; nothing is refused."""
    model, b = named
    assert model.calls_itself in lines(b, "AT+CGMM")[0]
    assert model.revision in lines(b, "AT+CGMR")[0]
    assert lines(b, "AT+CGMI")[-1] == lines(b, "ATI")[-1] == "OK"
    assert b.module.violations == []


def test_what_is_set_is_shown(named):
    """The setting `model` goes before the model's own name, whatever the form of the answer."""
    _, b = named
    b.module.set_constant("MODEL", "XY999")
    assert "XY999" in lines(b, "AT+CGMM")[0]


def test_it_starts_with_its_words(named):
    model, b = named
    b.module.power_on()
    b.wait(10_000)
    words = b.rx().decode()
    for _, word in model_class(model.name).BOOT_WORDS:
        assert word in words


def test_an_lte_module_says_that_it_goes_off_but_not_that_it_restarts():
    b = Bench(model_class("EC25"))
    assert b.ask("AT+CFUN=1,1") == b"\r\nOK\r\n"
    b.wait(1999)
    assert b.rx() == b""
    b.wait(10_000)
    assert b.rx().startswith(b"\r\nRDY\r\n")
    assert b.ask("AT+QPOWD", b"DOWN\r\n") == b"AT+QPOWD\r\r\nOK\r\n\r\nPOWERED DOWN\r\n"


def test_names_are_found():
    """In any case of letters; by what the module calls itself; of a series the first."""
    for name, model in (("ec25", "EC25"), ("A7670", "A7670"), ("A7670E-FASE", "A7670"), ("SIM7600G-H", "SIM7600"),
                        ("simcom_sim7600g-h", "SIM7600"), ("EG915", "EG915U"), ("EC600", "EC600M"),
                        ("EG800", "EG800K")):
        assert find(name) is MODELS[model]
    for name in ("SARA-R410", "EC9", "", "bg96x", "EG", "SIM7600E-H"):
        with pytest.raises(UnknownModel) as caught:
            find(name)
        text = str(caught.value)
        assert repr(name) in text and "EC25, " in text and all(dialect in text for dialect in DIALECTS)


FORMS = (
    ("EC25", "ATI", ["Quectel", "EC25", "Revision: EC25EFAR06A06M4G", "OK"]),
    ("A7670", "ATI", ["Manufacturer: INCORPORATED", "Model: A7670E-FASE", "Revision: A7670M7_V1.11.1",
                      "IMEI: 860000000000017", "+GCAP: +CGSM,+FCLASS,+DS", "OK"]),
    ("A7683", "AT+CGMR", ["+CGMR: 22110B06A7683M6A", "OK"]),
    ("SIM7022", "ATI", ["SIM7022 R2110", "OK"]),
    ("SIM7600", "AT+CGMM", ["SIMCOM_SIM7600G-H", "OK"]),
    ("L610", "AT+CGMM", ['+CGMM: "L610-CN-00","L610-CN-00"', "OK"]),
    ("FM150", "AT+CGMI", ['+CGMI: "Fibocom Wireless Inc."', "OK"]),
    ("G510", "AT+CGMM", ['+CGMM: "GSM850","GSM900","GSM1800","GSM1900","MODEL=G510"', "OK"]),
    ("G510", "AT+CEREG?", ["ERROR"]),
    ("G510", "AT+MIPKEEPCONF=0", ["ERROR"]),
    ("G510", "AT+MIPOPEN=?", ["+MIPOPEN: (1-4),(1-65535),(<IP/URL>),(0-65535),(0-1)", "OK"]),
    ("BG770A", "AT+QICSGP=?", ["+QICSGP: (1-5),(1-3),<APN>,<username>,<password>,(0-2)", "OK"]),
    ("BG770A", "AT+QIACT=?", ["+QIACT: (1-5)", "OK"]),
    ("BG96", "AT+QICSGP=?", ["+QICSGP: (1-16),(1,2),<APN>,<username>,<password>,(0-3)", "OK"]),
    ("EC200U", 'AT+QICSGP=1,1,"a","b","c",3', ["ERROR"]),
    ("EC200U", 'AT+QICSGP=7,3,"a","b","c",2', ["OK"]),
    ("EC200U", 'AT+QICSGP=8,1,"a"', ["ERROR"]),
    ("EC200U", 'AT+QICFG="tcp/keepalive",1,1800,25,3', ["OK"]),
    ("EC25", 'AT+QICFG="tcp/keepalive",1,121,25,3', ["ERROR"]),
    ("EC25", 'AT+QICFG="tcp/keepalive",0', ["OK"]),
    ("EC25", 'AT+QICFG="tcp/keepalive"', ['+QICFG: "tcp/keepalive",0,1,30,3', "OK"]),
    ("BG96", 'AT+QICFG="tcp/keepalive",0', ["ERROR"]),
)


@pytest.mark.parametrize("name, command, answer", FORMS)
def test_forms_and_limits(name, command, answer):
    assert lines(Bench(model_class(name)), command) == answer


def test_types_of_contexts():
    """A context for both versions is told as such (EC200U 2.4.2)."""
    b = Bench(model_class("EC200U"))
    b.ask('AT+QICSGP=2,3,"internet"')
    assert lines(b, "AT+QICSGP=2") == ['+QICSGP: 3,"internet","","",0', "OK"]


def test_keep_alive_is_shown_by_the_test_form():
    assert '+QICFG: "tcp/keepalive",(0,1),(1-120),(25-100),(3-10)' in lines(Bench(model_class("EC25")), "AT+QICFG=?")


def test_habits_are_faults_that_can_be_switched():
    b = Bench(model_class("G510"))
    assert b.module.quirk("tcpip-error") and not b.module.quirk("tight-colon")
    b = Bench(model_class("G510"), quirks=["tight-colon"])
    assert b.module.quirk("tcpip-error") and b.module.quirk("tight-colon")
