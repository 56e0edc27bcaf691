"""Which module it is: the answers that modules gave, in logs that are public; kin that nobody knows; other families.

The answers are those of AT+CGMM and ATI, line by line, as found in repositories, issues and manuals.  Serial numbers
are made up; so are the revisions of EG912Y and BG600L, and all but the name of LE270, MA510, G610 and FM150.
"""

import atsock
import tablekeys
from atsock import dialects
from atsock.core import rows
from atsock.dialects import identify
from cases import cases
from fakes import Case, new_modem, raises
from frames import ERROR, OK, PEER, PORT, line, speech
from scenes import answers, rest
from test_bringup import Module

ENODEV = 19
IMEI = b"IMEI: 860000000000017"


def _quectel(model, revision, dialect="bg96"):
    return (model, dialect, model.encode(), (b"Quectel", model.encode(), b"Revision: " + revision))


def _simcom(model, revision, maker=b"INCORPORATED", more=(b"+GCAP: +CGSM,+FCLASS,+DS",), dialect="a7600"):
    name = model.encode()
    return (model, dialect, name, (b"Manufacturer: " + maker, b"Model: " + name, b"Revision: " + revision, IMEI) + more)


_SIMCOM = b"SIMCOM INCORPORATED"
# (model, dialect, answer to AT+CGMM, lines of ATI)
RECORDED = (
    _quectel("BG96", b"BG96MAR02A07M1G"),
    _quectel("BG95-M3", b"BG95M3LAR02A03"),
    _quectel("BG77", b"BG77LAR02A04"),
    _quectel("BG600L-M3", b"BG600LM3LAR02A04"),
    _quectel("BG770A-GL", b"BG770AGLAAR01A05"),
    _quectel("EC20F", b"EC20CEFAGR08A03M4G"),
    _quectel("EC21", b"EC21ECGAR06A04M1G"),
    _quectel("EC25", b"EC25EFAR06A06M4G"),
    _quectel("EG25", b"EG25GGBR07A08M2G"),
    _quectel("EG91", b"EG91EFBR06A08M4G"),
    _quectel("EG95", b"EG95EXGAR08A02M1G"),
    _quectel("EG912Y", b"EG912YEMABR01A01M08"),
    _quectel("EG915U", b"EG915UEUABR03A01M08"),
    _quectel("EC200A", b"EC200AEUHAR03A04M16"),
    _quectel("EC200S", b"EC200SCNAAR01A05M16"),
    _quectel("EC200U", b"EC200UCNAAR03A09M08"),
    _quectel("EC600M", b"EC600MCNLER06A08M08"),
    _quectel("EC800M", b"EC800MCNGAR06A05M08"),
    _quectel("EG800K", b"EG800KCNGCR07A04M04"),
    _quectel("EG800Q", b"EG800QEULCR01A03M"),
    _simcom("A7670E-FASE", b"A7670M7_V1.11.1"),
    _simcom("A7672E-LASE", b"A7672M7_V1.11.1"),
    _simcom("A7608SA-H", b"A50C4B08A7600M7", more=(b"A7600M7_B08V02_220929", b"+GCAP: +CGSM,+FCLASS,+DS")),
    _simcom("A7683E-LBXS", b"V11.0.01", _SIMCOM, ()),
    _simcom("SIM7670G-MNGV", b"V1.9.01", _SIMCOM, ()),
    _simcom("SIMCOM_SIM7500A", b"LE11B04SIM7500A_CUS_YW03", _SIMCOM, (b"+GCAP: +CGSM",)),
    _simcom("SIMCOM_SIM7600A-H", b"SIM7600A-H_V1.1", _SIMCOM, (b"SVN: 03", b"+GCAP: +CGSM")),
    _simcom("SIMCOM_SIM7600G-H", b"SIM7600M22_V2.0", _SIMCOM, (b"+GCAP: +CGSM",)),
    ("SIM7022", "sim7028", b"SIM7022", (b"SIM7022 R2110",)),
    _simcom("SIM7028", b"2110B07SIM7028", _SIMCOM, (), "sim7028"),
    ("L610-CN", "l610", b'+CGMM: "L610-CN","L610-CN-00"', (b"Fibocom", b"L610", b"16000.1000.00.09.80.02")),
    ("NL668T-GL", "nl668", b"NL668T-GL",
        (b"Manufacturer: Fibocom Wireless Inc.", b"Model: NL668T-GL", b"Revision: 19906.5090.00.02.00.23")),
    ("NL668-EU", "nl668", b'+CGMM: "NL668-EU","NL668-EU-00"', ()),
    ("L716-EU", "nl668", b"L716-EU", (b"Fibocom", b"L716-EU", b"17016.1000.00.38.02.17")),
    ("LE270-EU", "nl668", b'+CGMM: "LE270-EU"', ()),
    ("MA510-GL", "nl668", b'+CGMM: "MA510-GL"', ()),
    ("FM150-AE", "nl668", b"FM150-AE", (b"Manufacturer: Fibocom Wireless Inc.", b"Model: FM150-AE")),
    ("G510", "nl668", b'+CGMM: "GSM850","GSM900","GSM1800","GSM1900","MODEL=G510"', (b"20130620Thu1600",)),
    ("G610", "nl668", b'+CGMM: "GSM900","GSM1800","MODEL=G610"', ()),
)  # fmt: skip
# Models of the families that each of these names stands for.
FAMILIES = (
    "BG95 BG77 BG770A EC21 EC25 EG91 EG95 EG915 EC200A EC200S EC200U EC600 EG800 SIM7500 SIM7600 SIM7670G A7670 A7672"
    " A7608 A7683 SIM7022 L716 LE270 MA510 FM150 G510 G610"
)


def _identifies(cgmm, ati):
    """Answers to the questions by which a module is known: one line, and several."""
    return {
        b"AT+CGMM": line(cgmm) + OK if cgmm else ERROR,
        b"ATI": (b"\r\n" + b"\r\n".join(ati) + b"\r\n" + OK) if ati else ERROR,
        b"AT+CGMI": ERROR, b"AT+GMR": ERROR, b"AT+QIOPEN=?": ERROR, b"AT+CIPOPEN=?": ERROR, b"AT+MIPOPEN=?": ERROR,
        b"AT+MIPCALL=?": ERROR,
    }  # fmt: skip


def _start(dialect, differs):
    """(modem, tape, module, events): a Modem without a dialect on a module that otherwise answers as this dialect."""
    events = []
    modem, tape, clock = new_modem(None, on_event=lambda event, socket, value: events.append((event, value)))
    tape.auto = module = Module(dialect, differs)
    return modem, tape, module, events


def _connects(modem, tape, dialect):
    """A connection opens and closes by the commands of this dialect."""
    tape.auto = answers(speech(dialect))
    socket = modem.socket()
    socket.connect((PEER, PORT))
    socket.close()
    rest(tape)


# -- known models


@cases(("model", "dialect", "cgmm", "ati"), RECORDED, [row[0] for row in RECORDED])
def test_a_model_is_known_by_name(model, dialect, cgmm, ati):
    """By AT+CGMM; by ATI, when that is not answered.  Nothing is tried on it, and no event is made of it."""
    for differs in (_identifies(cgmm, ati), _identifies(b"", ati)) if ati else (_identifies(cgmm, ati),):
        if not identify.find(ati)[0] and differs[b"AT+CGMM"] == ERROR:
            continue
        modem, tape, module, events = _start(dialect, differs)
        assert modem.model is None and modem.dialect is None
        assert modem.attach("internet") == "10.0.0.1"
        assert modem.dialect == dialect
        assert modem.model == model if differs[b"AT+CGMM"] != ERROR else model.startswith(modem.model)
        assert not module.count(b"AT+QIOPEN=?") and not [event for event, _ in events if event == atsock.EVENT_MODEL]
        _connects(modem, tape, dialect)


def test_the_families_models_are_there():
    known = " ".join([row[0] for row in RECORDED])
    for name in FAMILIES.split():
        assert name in known, name
        assert identify.find([name.encode()])[1] == name.encode()


def test_names_are_found_in_any_line():
    """In any case of letters, behind a name or a maker's, the first line that names a model; not inside a word."""
    for dialect, lines, model in (
        ("bg96", (b"Quectel", b"bg95-m3", b"Revision: BG96MAR02A07M1G"), b"bg95-m3"),
        ("a7600", (b'+CGMM: "SIMCOM_SIM7600E-H"',), b"SIMCOM_SIM7600E-H"),
        ("sim7028", (b"+CGMM: sim7028",), b"sim7028"), ("sim7028", (b"SIMCOM_SIM7028",), b"SIMCOM_SIM7028"),
        ("l610", (b'+CGMM: "l610-CN-00-00",1',), b"l610-CN-00-00"), ("l610", (b"", b"Fibocom", b"L610"), b"L610"),
        ("bg96", (b"Quectel_EC25",), b"Quectel_EC25"),
    ):  # fmt: skip
        with Case(dialect, lines):
            table, word = identify.find(lines)
            assert (table.NAME, word) == (dialect, model)
    for lines in ((), (b"",), (b"EC9",), (b"XBG96",), (b"Quectel", b"RM500Q")):
        assert identify.find(lines) == (None, None)


def test_every_name_is_reached():
    """None stands behind a shorter one of another row, and none is a module of another family."""
    for names, dialect, _, _, differences in identify.KIN:
        for name in names:
            with Case(name):
                table = identify.find([name])[0]
                assert name == name.upper() and table.NAME == dialect
                for attribute, value in differences.items():
                    assert getattr(table, attribute) == value
                assert identify.other_family([name]) is None
    for names, text in identify.OTHERS:
        for name in names:
            assert identify.find([name]) == (None, None) and identify.other_family([name]) == text


def test_ids_and_sends_of_the_kin():
    """As in the dialect, but for the GSM modules: sockets 1-4, fewer than 1400 bytes (G600, G620 manuals)."""
    for names, dialect, _, _, _ in identify.KIN:
        for name in names:
            with Case(name):
                table, base = identify.find([name])[0], dialects.get(dialect)
                is_gsm = name[:2] in (b"G5", b"G6")
                assert list(table.LINKS) == ([1, 2, 3, 4] if is_gsm else list(base.LINKS))
                assert table.UDP_MAX == (1399 if is_gsm else base.UDP_MAX)
                for access, mode in table.ACCESS.items():
                    assert mode[1] == (min(1399, base.ACCESS[access][1]) if is_gsm else base.ACCESS[access][1])


def test_what_differs_is_well_formed():
    """As in the dialects' own tables; and it does differ."""
    for names, dialect, ids, most, differences in identify.KIN:
        with Case(names):
            table = identify.find(names)[0]
            base = dialects.get(dialect)
            assert (table is base) == (not ids and not most and not differences)
            assert tablekeys.attributes(table) == tablekeys.attributes(base)
            for attribute in tablekeys.SHAPES:
                tablekeys.check(attribute, getattr(table, attribute))
            for name, template in tablekeys.templates_of(table):
                assert rows.filled(template, 1, tablekeys.COMMANDS[name])
            for attribute, value in differences.items():
                assert getattr(base, attribute) != value, attribute
            assert len(table.LINKS) == (ids or len(base.LINKS)) and table.LINKS[0] == base.LINKS[0]
            for access, mode in table.ACCESS.items():
                assert mode[1] == min(base.ACCESS[access][1], most or 9999)
                assert mode[:1] + mode[2:] == base.ACCESS[access][:1] + base.ACCESS[access][2:]


def test_differences_are_used():
    """EC200U has no authentication 3: a user is authenticated by PAP.  G510 has 4 connections."""
    modem, tape, module, _ = _start("bg96", _identifies(b"EC200U", ()))
    modem.attach("internet", user="me", password="secret")
    assert module.count(b'AT+QICSGP=1,1,"internet","me","secret",1') == 1
    modem, tape, module, _ = _start("nl668", _identifies(b'+CGMM: "MODEL=G510"', ()))
    modem.attach("internet")
    assert not module.count(b"AT+CEREG?")
    tape.auto = answers(speech("nl668"))
    sockets = [modem.socket() for _ in range(5)]
    for socket in sockets[:4]:
        socket.connect((PEER, PORT))
    assert raises(OSError, sockets[4].connect, (PEER, PORT)).args[0] == 24  # EMFILE


# -- kin that nobody knows

# (dialect, number of connections, {question: answer of the manuals' form})
UNKNOWN = (
    ("bg96", 12, {b"AT+QIOPEN=?": b'+QIOPEN: (1-16),(0-11),"TCP/UDP/TCP LISTENER/UDP SERVICE",'
        b'"<IP_address>/<domain_name>",<remote_port>,<local_port>,(0-2)'}),
    ("bg96", 6, {b"AT+QIOPEN=?": b'+QIOPEN: (1-7),(0-5),"TCP/UDP",<host>,<remote_port>,<local_port>,(0-2),(0-11)'}),
    ("bg96", 12, {b"AT+QIOPEN=?": b""}),
    ("a7600", 10, {b"AT+CIPOPEN=?": b'+CIPOPEN: (0-9),("TCP","UDP")'}),
    ("sim7028", 2, {b"AT+CIPOPEN=?": b'+CIPOPEN: (0-1),("TCP","UDP")'}),
    ("nl668", 6, {b"AT+MIPOPEN=?": b'+MIPOPEN: (1-6),(1-65535),("Destination_IP"),(0-65535),(0-2)',
        b"AT+MIPCALL=?": b"+MIPCALL: (0-1)"}),
    ("nl668", 4, {b"AT+MIPOPEN=?": b"+MIPOPEN: (1-4),(1-65535),(1-65535),(0-1)", b"AT+MIPCALL=?": b""}),
    ("l610", 6, {b"AT+MIPOPEN=?": b"+MIPOPEN: (1-6),(0-65535),(<IP/URL>),(0-65535),(0-2,60-62)",
        b"AT+MIPCALL=?": b"+MIPCALL: (0-3)"}),
)  # fmt: skip


@cases(("dialect", "count", "knows"), UNKNOWN, ["%s-%d-%d" % (row[0], row[1], n) for n, row in enumerate(UNKNOWN)])
def test_an_unknown_model_is_its_nearest_kin(dialect, count, knows):
    """Known by which of the four questions it understands; told once, by an event."""
    differs = _identifies(b"XY999-EU", (b"Maker", b"XY999-EU", b"Revision: 1"))
    for question, answer in knows.items():
        differs[question] = (line(answer) if answer else b"") + OK
    modem, tape, module, events = _start(dialect, differs)
    told = []
    assert modem.attach("internet", on_progress=lambda *what: told.append(what)) == "10.0.0.1"
    assert (modem.dialect, modem.model) == (dialect, "XY999-EU")
    assert ("identify", "unknown model XY999-EU") in told and ("identify", dialect) in told
    _connects(modem, tape, dialect)
    tape.auto = module
    modem._session.set_down()
    assert modem.attach("internet") == "10.0.0.1"
    assert events.count((atsock.EVENT_MODEL, "XY999-EU")) == 1
    assert [module.count(question) for question, _ in identify.TEST_COMMANDS] == [1, 1, 1, 1]
    table, base = modem._session.table, dialects.get(dialect)
    assert len(table.LINKS) == count and table.ACCESS == base.ACCESS and table.UDP_MAX == base.UDP_MAX


@cases("answer", (b'+CGMM: "XY999-EU","XY999-EU-00"', b"+CGMM: XY999-EU", b'+CGMM:"XY999-EU"', b"XY999-EU"), "abcd")
def test_how_an_unknown_model_says_its_name(answer):
    """With the name of the command or without, quoted or not: the name alone is told."""
    differs = _identifies(answer, ())
    differs[b"AT+CIPOPEN=?"] = line(b'+CIPOPEN: (0-9),("TCP","UDP")') + OK
    modem, tape, module, events = _start("a7600", differs)
    assert modem.attach("internet") == "10.0.0.1"
    assert modem.model == "XY999-EU" and events == [(atsock.EVENT_MODEL, "XY999-EU")], (modem.model, events)


def test_an_unknown_model_without_a_name():
    """It may refuse to say what it is, and still be of use."""
    differs = _identifies(b"", ())
    differs[b"AT+QIOPEN=?"] = line(b'+QIOPEN: (1-16),(0-11),"TCP/UDP",<host>,<port>,<port>,(0-2)') + OK
    modem, tape, module, events = _start("bg96", differs)
    modem.attach("internet")
    assert (modem.dialect, modem.model) == ("bg96", "nothing")
    assert [event for event, _ in events] == [atsock.EVENT_MODEL]


def test_a_restart_while_it_is_asked():
    """What came instead of the answer refuses nothing: attach() begins anew."""
    differs = _identifies(b"XY999", ())
    answer = line(b'+QIOPEN: (1-16),(0-11),"TCP/UDP",<host>,<port>,<port>,(0-2)') + OK
    differs[b"AT+QIOPEN=?"] = [line(b"RDY"), answer]
    modem, tape, module, events = _start("bg96", differs)
    assert modem.attach("internet") == "10.0.0.1" and modem.dialect == "bg96"


def test_a_registered_table_comes_first():
    class Own(dialects.get("bg96")):
        NAME = "own"
        MODELS = (b"XY9", b"EC25")

    try:
        dialects.register(Own)
        for model in (b"XY999", b"EC25"):
            modem, tape, module, events = _start("bg96", _identifies(model, ()))
            modem.attach("internet")
            assert (modem.dialect, modem.model, events) == ("own", model.decode(), [])
    finally:
        dialects._registered.clear()


# -- other families

REFUSED = (
    ("u-blox", b"SARA-R410M-02B", (), {}),
    ("u-blox", b"", (b"Manufacturer: u-blox",), {}),
    ("Sierra", b"HL7802", (), {}),
    ("Sierra", b"EM7455", (b"Manufacturer: Sierra Wireless, Incorporated", b"Model: EM7455"), {}),
    ("Telit", b"ME910C1-E1", (b"332",), {}),
    ("Telit", b"XE910", (), {b"AT+CGMI": b"Telit"}),
    ("Cinterion", b"", (b"Cinterion", b"PLS62-W", b"REVISION 02.000"), {}),
    ("Nordic", b"nRF9160-SICA", (), {}),
    ("Nordic", b"", (), {b"AT+CGMI": b"Nordic Semiconductor ASA"}),
    ("Sequans", b"GM02S", (), {}),
    ("Wi-Fi", b"", (), {b"AT+GMR": b"AT version:2.2.0.0(s-b097cdf - ESP8266 - Jun 17 2021 12:58:29)"}),
    ("Wi-Fi", b"", (), {b"AT+GMR": b"AT version:2.4.0.0(4c6eb5e - ESP32C3 - May 20 2022 03:11:59)"}),
    ("AT+CIPSTART", b"SIMCOM_SIM800L", (b"SIM800 R14.18",), {}),
    ("AT+CAOPEN", b"SIM7080G", (), {}),
    ("AT+CSOC", b"SIM7020E", (), {}),
    ("NB-IoT", b"BC66", (b"Quectel_Ltd", b"Quectel_BC66"), {}),
    ("NB-IoT", b"Quectel_M72", (), {}),
    ("OneMO", b"ML307R", (), {b"AT+MIPOPEN=?": b'+MIPOPEN: (0-5),("TCP","UDP"),,(1-65535),(1-60),(0-2),(0-65535)'}),
)  # fmt: skip


@cases(("family", "cgmm", "ati", "says"), REFUSED, ["%s-%d" % (row[0], n) for n, row in enumerate(REFUSED)])
def test_another_family_is_refused_by_name(family, cgmm, ati, says):
    """The error says what it calls itself, whose it is and what can be done; nothing else is tried on it."""
    differs = _identifies(cgmm, ati)
    for question, answer in says.items():
        differs[question] = line(answer) + OK
    modem, tape, module, events = _start("bg96", differs)
    error = raises(atsock.ModemError, modem.attach, "internet")
    text = str(error)
    assert error.args[0] == ENODEV and family in text and "register()" in text and "PPP" in text, text
    for name in [cgmm.decode()] + [answer.decode() for answer in says.values() if b"MIP" not in answer]:
        assert name in text, text
    assert not [command for command in module.seen if b"OPEN" in command or b"CPIN" in command]
    assert modem.dialect is None and events == []


ANOTHER_SYNTAX = (
    {b"AT+MIPOPEN=?": b'+MIPOPEN: (0-5),("TCP","UDP"),,(1-65535),(1-60),(0-2),(0-65535)', b"AT+MIPCALL=?": b""},
    {b"AT+MIPOPEN=?": b"+MIPOPEN: (1-6),(1-65535),(1-65535),(0-2)"},
    {b"AT+QIOPEN=?": b'+QIOPEN: (0-5),("TCP","UDP"),("(0-255).(0-255).(0-255).(0-255)"),(1-65535)'},
    {b"AT+CIPOPEN=?": b'+CIPOPEN: ("TCP","UDP"),("host")'},
    {b"AT+QIOPEN=?": b"+QIOPEN: 1"},
    {b"AT+QIOPEN=?": b"+QIOPEN: (1-16),(x-11)"},
    {b"AT+QIOPEN=?": b"+QIOPEN: (1-16),(0-x)"},
    {b"AT+QIOPEN=?": b"+QIOPEN: (1-16),(0-5-11)"},
    {b"AT+QIOPEN=?": b"", b"AT+CIPOPEN=?": b"", b"AT+MIPOPEN=?": b"", b"AT+MIPCALL=?": b""},  # OK to everything
    {},
)


@cases("knows", ANOTHER_SYNTAX, [str(n) for n in range(len(ANOTHER_SYNTAX))])
def test_commands_of_another_form_are_no_kinship(knows):
    differs = _identifies(b"XY999", (b"Maker", b"XY999"))
    for question, answer in knows.items():
        differs[question] = (line(answer) if answer else b"") + OK
    modem, tape, module, events = _start("bg96", differs)
    error = raises(atsock.ModemError, modem.attach, "internet")
    text = str(error)
    assert error.args[0] == ENODEV and "XY999" in text and "AT+QIOPEN" in text and "register()" in text, text
    assert modem.dialect is None and modem.model == "XY999" and events == []


def test_a_dialect_that_is_named_asks_nothing():
    modem, tape, clock = new_modem("bg96")
    tape.auto = module = Module("bg96")
    modem.attach("internet")
    assert modem.dialect == "bg96" and modem.model is None
    assert not module.count(b"AT+CGMM") and not module.count(b"ATI")
