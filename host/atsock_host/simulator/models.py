"""The models of the families that a virtual module can be: identity, limits and habits, over its dialect's module.

Owns the table and the class that is made of a row.  "log": an answer of such a module in a public repository or issue.
Revisions are from logs, or made up in the same form where none was found (EG912Y, LE270, MA510, G610).
"""

import contextlib
import functools
from typing import NamedTuple

from .registry import DIALECTS, module_class


class Model(NamedTuple):
    name: str           # of --model; any case
    dialect: str
    calls_itself: str   # AT+CGMM
    revision: str       # AT+CGMR
    constants: dict     # attributes of the module's class
    source: str


class _AsModel:
    """What a model needs beside constants."""

    FORMS: "dict[str, str]" = {}            # command -> its answer, where that is more than the text itself
    LACKS: "tuple[str, ...]" = ()           # commands
    HABITS: "tuple[str, ...]" = ()          # faults that are there from the start

    def __init__(self, clock, network, *, quirks=(), **options):
        super().__init__(clock, network, quirks={*self.HABITS, *quirks}, **options)

    def _collect_handlers(self):
        return {name: handler for name, handler in super()._collect_handlers().items() if name not in self.LACKS}

    def _identity(self, form, args, text):
        shown = self.FORMS.get(self.command_name)
        super()._identity(form, args, text if shown is None else shown.format(m=self))


class UnknownModel(ValueError):
    """No model of that name; the text says what can be done."""


# ---- Quectel

_LTE = {"ACCESS_NAME": "FDD LTE", "ACCESS_TECHNOLOGY": 7}
_LTE_BOOT = {       # log: an EG25-G after AT+CFUN=1,1; drivers of EC21 and EC25 wait for POWERED DOWN after AT+QPOWD
    "BOOT_WORDS": ((0, "RDY"), (100, "+CPIN: READY"), (150, "+QUSIM: 1"), (200, "+CFUN: 1"),
                   (1500, "+QIND: SMS DONE"), (1800, "+QIND: PB DONE")),
    "RESTART_WORDS": (),
}
# EG25GGBR07A08M2G answers AT+QICFG=? so (log).  One manual is for all of these: LTE Standard TCP/IP Application Note.
_STANDARD = {**_LTE, **_LTE_BOOT, "KEEPALIVE_IDLE": 120}
_STANDARD_NOTE = "log; options of an EG25, its kin"
# 2.4.2: contexts 1-7, types 1-3, authentication 0-2; 2.4.1: idle 1-1800
_EC200U = {**_LTE, **_LTE_BOOT, "CONTEXTS": 7, "CONTEXT_TYPES": 3, "AUTH_MAX": 2, "KEEPALIVE_IDLE": 1800}
_EC200U_NOTE = "EC200U&EG915U Series TCP/IP Application Note V1.1"
# Their manual, EC200x&EG800K&EG91xN&EG912Y&EG950A Series TCP/IP Application Note, was not at hand.
_EC200X = {**_LTE, **_LTE_BOOT}
_EC200X_NOTE = "log; the commands are taken to be the BG96's"
# AT+QICSGP=? of BG770AGLAAR01A05: (1-5),(1-3),...,(0-2) (log)
_BG770A = {"CONTEXTS": 5, "CONTEXT_TYPES": 3, "AUTH_MAX": 2}


def _quectel(name, revision, constants, source, calls_itself=None):
    return Model(name, "bg96", calls_itself or name, revision, constants, source)


# ---- SIMCom

_CALLS = "+GCAP: +CGSM,+FCLASS,+DS"
# log; lines of HTTP and MQTT in drivers and logs
_SIM7600 = {"BOOT_WORDS": ((0, "RDY"), (1500, "SMS DONE"), (1800, "PB DONE")), "QUALCOMM": True}
_CGMR = {"+CGMR": "+CGMR: {m.REVISION}"}        # log: A7670E-FASE, A7683E-LBXS


def _simcom(name, calls_itself, revision, shown, *more, maker="INCORPORATED", dialect="a7600", source="log",
            **constants):
    """`shown`: the revision that ATI tells, another one than AT+CGMR."""
    lines = ("Manufacturer: {m.MANUFACTURER}", "Model: {m.MODEL}", f"Revision: {shown}", "IMEI: {m.IMEI}", *more)
    constants = {"MANUFACTURER": maker, "ATI_LINES": lines, **constants}
    return Model(name, dialect, calls_itself, revision, constants, source)


_SIMCOM = "SIMCOM INCORPORATED"

# ---- Fibocom

# AT Command Manual_MBB V2.3, 3.1-3.6: +CGMI: "<manufacturer>", +CGMM: "<model>","<short name>"
_QUOTED = {"FORMS": {"+CGMI": '+CGMI: "{m.MANUFACTURER}"', "+CGMM": '+CGMM: "{m.MODEL}","{m.MODEL}"',
                     "+CGMR": '+CGMR: "{m.REVISION}"'},
           "MANUFACTURER": "Fibocom Wireless Inc."}
# log: NL668T-GL
_ATI = {"ATI_LINES": ("Manufacturer: {m.MANUFACTURER}", "Model: {m.MODEL}", "Revision: {m.REVISION}")}
# G600 GPRS Module AT Command User Manual: sockets 1-4 (MIPKPAL), no MIPKEEPCONF; G620 ... 14.2.2: fewer than 1400
# bytes.  GSM only: no LTE registration.
_GSM = {
    "ACCESS_TECHNOLOGY": 0, "SOCKETS": 4, "SEND_MAX": 1399, "LACKS": ("+CEREG", "+MIPKEEPCONF"),
    "OPEN_TEST": "(1-4),(1-65535),(<IP/URL>),(0-65535),(0-1)", "PROTOCOLS": (0, 1), "MANUFACTURER": "Fibocom",
    "ATI_LINES": ("20130620Thu1600",),      # the date of the build
}


def _gsm(name, revision, habits, source):
    forms = {"+CGMI": '+CGMI: "{m.MANUFACTURER}"', "+CGMR": '+CGMR: "{m.REVISION}"',
             "+CGMM": '+CGMM: "GSM850","GSM900","GSM1800","GSM1900","MODEL={m.MODEL}"'}
    return Model(name, "nl668", name, revision, {**_GSM, "FORMS": forms, "HABITS": habits}, source)


_MODELS = (
    _quectel("BG96", "BG96MAR02A07M1G", {}, "BG96 TCP/IP AT Commands Manual V1.0"),
    _quectel("BG95", "BG95M3LAR02A03", {}, "log", "BG95-M3"),
    _quectel("BG77", "BG77LAR02A04", {}, "log"),
    _quectel("BG770A", "BG770AGLAAR01A05", _BG770A, "log", "BG770A-GL"),
    _quectel("EC20", "EC20CEFAGR08A03M4G", _STANDARD, _STANDARD_NOTE, "EC20F"),
    _quectel("EC21", "EC21EFAR06A02M4G", _STANDARD, _STANDARD_NOTE),
    _quectel("EC25", "EC25EFAR06A06M4G", _STANDARD, _STANDARD_NOTE),
    _quectel("EG25", "EG25GGBR07A08M2G", _STANDARD, "log"),
    _quectel("EG91", "EG91EFBR06A08M4G", _STANDARD, _STANDARD_NOTE),
    _quectel("EG95", "EG95EXGAR08A02M1G", _STANDARD, _STANDARD_NOTE),
    _quectel("EG912Y", "EG912YEMABR01A01M08", _EC200X, _EC200X_NOTE),
    _quectel("EG915U", "EG915UEUABR03A01M08", _EC200U, _EC200U_NOTE),
    _quectel("EC200A", "EC200AEUHAR03A04M16", _EC200X, _EC200X_NOTE),
    _quectel("EC200S", "EC200SCNAAR01A05M16", _EC200X, _EC200X_NOTE),
    _quectel("EC200U", "EC200UCNAAR03A09M08", _EC200U, _EC200U_NOTE),
    _quectel("EC600M", "EC600MCNLER06A08M08", _EC200X, _EC200X_NOTE),
    _quectel("EC800M", "EC800MCNGAR06A05M08", _EC200X, _EC200X_NOTE),
    _quectel("EG800K", "EG800KCNGCR07A04M04", _EC200X, _EC200X_NOTE),
    _quectel("EG800Q", "EG800QEULCR01A03M", _EC200X, _EC200X_NOTE),
    _simcom("A7600", "A7600C1", "A7600C1_B01V01", "A7600C1_B01V01", maker=_SIMCOM, source="A7600 TCPIP manual"),
    _simcom("A7608", "A7608SA-H", "A50C4B08A7600M7", "A50C4B08A7600M7", "A7600M7_B08V02_220929", _CALLS),
    _simcom("A7670", "A7670E-FASE", "A011B07A7670M7_F", "A7670M7_V1.11.1", _CALLS, FORMS=_CGMR),
    _simcom("A7672", "A7672E-LASE", "A7672M7_B19V01_250905", "A7672M7_V1.11.1", _CALLS, FORMS=_CGMR),
    _simcom("A7683", "A7683E-LBXS", "22110B06A7683M6A", "V11.0.01", maker=_SIMCOM, FORMS=_CGMR),
    _simcom("SIM7500", "SIMCOM_SIM7500A", "LE11B04SIM7500A", "LE11B04SIM7500A_CUS_YW03", "+GCAP: +CGSM", maker=_SIMCOM,
            **_SIM7600),
    _simcom("SIM7600", "SIMCOM_SIM7600G-H", "LE20B04SIM7600G22", "SIM7600M22_V2.0", "+GCAP: +CGSM", maker=_SIMCOM,
            **_SIM7600),
    _simcom("SIM7670G", "SIM7670G-MNGV", "2374B04SIM767XM5A_M", "V1.9.05", maker=_SIMCOM, FORMS=_CGMR),
    Model("SIM7022", "sim7028", "SIM7022", "2110B07SIM7022", {"ATI_LINES": ("{m.MODEL} R2110",)},
          "log, and a driver with links 0-1"),
    _simcom("SIM7028", "SIM7028", "2110B07SIM7028", "2110B07SIM7028", maker=_SIMCOM, dialect="sim7028",
            source="SIM7028 Series TCPIP Application Note V1.04"),
    Model("NL668", "nl668", "NL668-EU-00", "19006.1000.00.02.80.07", {**_QUOTED, **_ATI}, "NL668 TCP&UDP AT manual"),
    Model("L610", "l610", "L610-CN-00", "16000.1000.00.09.80.02", {**_QUOTED, **_ATI}, "L610 TCP&UDP manual V1.0.0"),
    Model("L716", "nl668", "L716-EU", "17016.1000.00.38.02.17", {**_QUOTED, **_ATI},
          "log: name and revision; the commands are taken to be the NL668's"),
    Model("LE270", "nl668", "LE270-EU", "1", {**_QUOTED, **_ATI}, "name; the commands are taken to be the NL668's"),
    Model("MA510", "nl668", "MA510-GL", "1", {**_QUOTED, **_ATI, "ACCESS_TECHNOLOGY": 8},
          "name; the commands are taken to be the NL668's"),
    Model("FM150", "nl668", "FM150-AE", "89603.1000.00.01.01.03", {**_QUOTED, **_ATI, "ACCESS_TECHNOLOGY": 13},
          "log: name and revision; the commands are taken to be the NL668's"),
    # log: +TCPIP ERROR lines as final results
    _gsm("G510", "G510_V0D.00.16", ("tcpip-error",), "excerpts of the G600 and G620 AT manuals; log"),
    # log: a G610-A50 gives +MIPOPEN before OK
    _gsm("G610", "G610_V0D.00.16", ("result-before-ok",), "excerpts of the G600 and G620 AT manuals; log"),
)
MODELS = {model.name: model for model in _MODELS}


def find(name):
    """The Model of a name, or of what a model calls itself, in any case of letters; of a series ("EG915") the first.

    UnknownModel for one that is not there.
    """
    asked = str(name).upper().removeprefix("SIMCOM_")
    for model in _MODELS:
        if asked in (model.name, model.calls_itself.upper().removeprefix("SIMCOM_")):
            return model
    for model in _MODELS:
        if asked == model.name[:-1]:
            return model
    raise UnknownModel(
        f"no virtual model is called {name!r}; there are: {', '.join(MODELS)}.  Another one of these families is played"
        f" by its dialect ({', '.join(DIALECTS)}) with the setting model={name}")


def checked(dialect, model=None):
    """(dialect, name of the model or None): the dialect may be left out (None, "") where there is a model.

    ValueError for what cannot be, which UnknownModel is, too.
    """
    if model is not None:
        found = find(model)
        if dialect and dialect != found.dialect:
            raise ValueError(f"the model {found.name} is a {found.dialect}, not a {dialect}")
        return found.dialect, found.name
    if dialect not in DIALECTS:
        hint = ""
        with contextlib.suppress(UnknownModel):
            hint = f"; {find(dialect).name} is a model: model={find(dialect).name!r}"
        raise ValueError(f"no module is called {dialect!r}; there are: {', '.join(DIALECTS)}{hint}")
    return dialect, None


@functools.cache
def model_class(name):
    """The module class of a model."""
    model = find(name)
    base = module_class(model.dialect)
    return type(model.name, (_AsModel, base), {
        "MODEL": model.calls_itself, "REVISION": model.revision, **model.constants})
