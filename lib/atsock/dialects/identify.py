"""Which dialect a module speaks: by the model that it names, or by the commands that it knows.

Owns the models of the families: which dialect each speaks and what it does differently; what tells an unknown one; and
modules of other families, with what can be done about them.  Literals, the functions that read them, and the generator
of commands (core/jobs.py) that asks.  Loaded where a module has to be identified, never where its dialect is named.
A source in parentheses is a document of the maker's, or what such a module was seen to answer.  Allocates.
"""

from errno import ENODEV

from ..constants import EVENT_MODEL
from ..core.command import query, split_fields, text_at
from ..core.jobs import check
from ..core.movers import const
from ..core.words import OK
from ..errors import ModemError, printable
from . import _registered, get

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    from ..core.session import Session
    from .table import Table

# -- Quectel: SO_KEEPALIVE
_KEEPALIVE = (b'AT+QICFG="tcp/keepalive",1,<idle>,<interval>,<count>', 62_000, OK, 0)
_KEEPALIVE_OFF = (b'AT+QICFG="tcp/keepalive",0', 62_000, OK, 0)

# What is known by its name, the first row that fits: what the words of AT+CGMM or ATI begin with, in capitals; the
# dialect; how many connection ids and bytes of a send there are (0: as in the dialect); attributes of table.py that
# differ.
# fmt: off
KIN: "tuple[tuple[tuple[bytes, ...], str, int, int, dict[str, Any]], ...]" = (
    # names                                          dialect    ids send  differences
    # BG770A-GL BG770AGLAAR01A05 answers AT+QICSGP=? by (1-5),(1-3),...,(0-2): there is no authentication 3.
    ((b"BG770", b"BG950", b"BG951", b"BG953"),       "bg96",    0,  0,    {"AUTHS": (0, 1, 2)}),
    ((b"BG96", b"BG95", b"BG77", b"BG600"),          "bg96",    0,  0,    {}),
    # (EC200U&EG915U Series TCP/IP Application Note V1.1: 2.4.2 authentication 0-2; 2.4.1 idle 1-1800 s, interval
    # 25-100 s, 3-10 probes)
    ((b"EC200U", b"EG915U"),                         "bg96",    0,  0,    {
        "AUTHS": (0, 1, 2), "KEEPALIVE": _KEEPALIVE, "KEEPALIVE_OFF": _KEEPALIVE_OFF,
        "KEEPALIVE_RANGE": ((1, 1, 1800), (1, 25, 100), (3, 10)),
    }),
    # Their manual, EC200x&EG800K&EG91xN&EG912Y&EG950A Series TCP/IP Application Note, was not at hand: as the dialect.
    ((b"EC200", b"EC600", b"EC800", b"EG800", b"EG91N", b"EG912", b"EG915", b"EG916", b"EG950"),
                                                     "bg96",    0,  0,    {}),
    # One manual is for all of these (LTE Standard TCP/IP Application Note).  EG25GGBR07A08M2G answers AT+QICFG=? by
    # "tcp/keepalive",(0,1),(1-120),(25-100),(3-10); the first range is minutes.
    ((b"EC20", b"EC21", b"EC25", b"EG21", b"EG25", b"EG91", b"EG95"),
                                                     "bg96",    0,  0,    {
        "KEEPALIVE": _KEEPALIVE, "KEEPALIVE_OFF": _KEEPALIVE_OFF,
        "KEEPALIVE_RANGE": ((60, 1, 120), (1, 25, 100), (3, 10)),
    }),
    # Two links (0-1) as the SIM7028; drivers in the field configure it by AT+CGDCONT alone, without AT+CSOCKSETPN.
    ((b"SIM7022",),                                  "sim7028", 0,  0,    {
        "CONFIGURE": ((b'AT+CGDCONT=<context>,"<type>","<apn>"', 9_000, OK, 0),),
    }),
    ((b"SIM7028",),                                  "sim7028", 0,  0,    {}),
    ((b"A76", b"SIM75", b"SIM76"),                   "a7600",   0,  0,    {}),
    ((b"L610",),                                     "l610",    0,  0,    {}),
    # Taken to be as the NL668: L710 is seen to be read by MIPREAD and MIPDATA, of the others the name is known.
    ((b"NL668", b"L710", b"L716", b"L718", b"LE270", b"MA510"),
                                                     "nl668",   0,  0,    {}),
    # Cells of a 5G core are AT+C5GREG's (3GPP TS 27.007 10.1.47).
    ((b"FM150",),                                    "nl668",   0,  0,    {
        "REGISTRATION": (b"AT+CEREG?", b"AT+C5GREG?", b"AT+CGREG?", b"AT+CREG?"),
    }),
    # (G600 GPRS Module AT Command User Manual: MIPKPAL in place of MIPKEEPCONF, for sockets 1-4; G620 GPRS Module AT
    # Command User Manual 14.2.2: fewer than 1400 bytes)  GSM only: no AT+CEREG?.
    ((b"G510", b"G520", b"G600", b"G610", b"G620"),  "nl668",   4,  1399, {
        "REGISTRATION": (b"AT+CGREG?", b"AT+CREG?"), "KEEPALIVE": None,
    }),
)

# What an unknown module is asked, and the name of the answer's line.
TEST_COMMANDS = (
    (b"AT+QIOPEN=?",  b"+QIOPEN:"),
    (b"AT+CIPOPEN=?", b"+CIPOPEN:"),
    (b"AT+MIPOPEN=?", b"+MIPOPEN:"),
    (b"AT+MIPCALL=?", b"+MIPCALL:"),
)
_FAMILIES: "tuple[tuple[tuple[int, ...], int, str, bytes, str], ...]" = (
    # TEST_COMMANDS that it knows, field of the connection ids in the first of them, dialect, sign of a nearer one, that
    ((0,),   1, "bg96",  b"",      ""),
    ((1,),   0, "a7600", b"(0-1)", "sim7028"),
    ((2, 3), 0, "nl668", b",60",   "l610"),  # protocols of IPv6
)

# Modules of other families: what a word of theirs begins with, in capitals; what there is to say.
OTHERS = (
    ((b"U-BLOX", b"SARA-", b"LARA-", b"TOBY-", b"LENA-", b"LISA-"),       "u-blox: its sockets are AT+USOCR"),
    ((b"SIERRA", b"HL78", b"HL76", b"HL85", b"WP7", b"RC7", b"EM7", b"MC7"),
     "Sierra Wireless: its sockets, where it has any, are AT+KTCPCFG"),
    ((b"TELIT", b"ME910", b"ME310", b"LE910", b"LE310", b"GE910", b"HE910", b"UE910"), "Telit: its sockets are AT#SD"),
    ((b"CINTERION", b"GEMALTO", b"THALES", b"EHS", b"PLS", b"ELS61", b"BGS"), "Cinterion: its sockets are AT^SISO"),
    ((b"NORDIC", b"NRF9"),                                               "Nordic: its sockets are AT#XSOCKET"),
    ((b"SEQUANS", b"GM01", b"GM02"),                                     "Sequans: its sockets are AT+SQNSD"),
    ((b"ESP8", b"ESP32", b"ESP-"),                                       "ESP-AT: that is Wi-Fi, not cellular"),
    ((b"SIM80", b"SIM86", b"SIM90", b"AIR7", b"AIR8"),                   "its sockets are AT+CIPSTART"),
    ((b"SIM700", b"SIM707", b"SIM708"),                                  "its sockets are AT+CAOPEN or AT+CIPSTART"),
    ((b"SIM7020",),                                                      "its sockets are AT+CSOC"),
    ((b"BC6", b"BC2", b"BC9", b"M95", b"M66", b"M72", b"MC60"),
     "an older or NB-IoT Quectel module: its AT+QIOPEN has another form"),
    ((b"ONEMO", b"CMCC", b"ML30", b"MN31", b"MN32", b"M53"),             "OneMO: its AT+MIPOPEN has another form"),
)
# fmt: on
_HINT = (
    "; what can be done: atsock.dialects.register() takes a table of its commands; PPP (MicroPython: network.PPP) works"
    ' with most cellular modules; one that does speak a dialect can be told so: Modem(uart, "%s")'
)

_AGAIN_MS = const(1000)
# 27.007 5.1 to 5.3, V.250 6.1.  b"": once more, a line may have got lost or come late.
_IDENTITY_COMMANDS = (b"AT+CGMM", b"ATI", b"", b"AT+CGMM", b"ATI", b"AT+CGMI", b"AT+GMR")


def identify(session: "Session"):
    """Ask the module what it is; returns the dialect to be used.  session.model is its name then.

    A model that is not known, of a module that has the commands of one of the families, is told as EVENT_MODEL.  Raises
    ModemError ENODEV for a module of another family, Timeout, Restarted.
    """
    said: "list[bytes]" = []
    other = None
    for text in _IDENTITY_COMMANDS:
        if not text:
            yield _AGAIN_MS
            continue
        command = query(text)
        yield command
        said += [line for line in command.lines if line not in said]
        if session.model is None and text == b"AT+CGMM" and command.lines:
            session.model = printable(_name(command.lines[0]))
        table, model = find(command.lines)
        if table is not None:
            if text == b"AT+CGMM" or session.model is None:
                session.model = printable(model)
            return table
        other = other_family(command.lines)
        if other is not None:
            break
    # Here, and not in a generator of its own: they are nested deeply enough.
    known: "list[bytes | None]" = []
    for text, prefix in () if other is not None else TEST_COMMANDS:
        command = query(text, prefix=prefix)
        yield command
        check(session, command, False)
        known.append(None if command.errno else command.lines[0] if command.lines else b"")
    what = printable(b" / ".join(said)) if said else "nothing"
    table = nearest(known) if known else None
    if table is None:
        raise ModemError(ENODEV, refusal(what, other))
    session.model = session.model or what
    if session.progress is not None:
        session.progress.tell("identify", "unknown model %s" % session.model)
    session.engine.event(EVENT_MODEL, None, session.model)
    return table


def _name(line):
    # BG96, +CGMM: BG96 and +CGMM: "BG96",1
    return text_at(line if b":" in line else b":" + line, 0) or line


def find(lines):
    """(dialect, model) of the first of these lines (bytes) that names a model which is known; (None, None).

    dialect: a class, with the model's differences; model: the word, as it stands in the line (bytes).
    """
    for line in lines:
        for word in _words(line):
            for table in _registered.values():
                if _begins(word, table.MODELS):
                    return table, word
            for names, dialect, ids, most, differences in KIN:
                own = _registered.get(dialect)
                if (own is None or not own.MODELS) and _begins(word, names):
                    return derived(own or get(dialect), ids, most, differences), word
    return None, None


def other_family(lines):
    """What there is to say of a module of another family that these lines (bytes) name; None."""
    for line in lines:
        for word in _words(line):
            for names, text in OTHERS:
                if _begins(word, names):
                    return text
    return None


def _words(line):
    for mark in (b":", b",", b'"', b"=", b"(", b")"):
        line = line.replace(mark, b" ")
    return line.split()


def _begins(word, names):
    # Does it begin with one of them, perhaps behind the maker's name and "_"?
    word = word.upper()
    behind = word[word.find(b"_") + 1 :]
    for name in names:
        if word.startswith(name) or behind.startswith(name):
            return True
    return False


def derived(table: "type[Table]", ids, most, differences) -> "type[Table]":
    """The dialect with another number of connection ids, sends of at most `most` bytes (0: the same), and other
    attributes.
    """
    changes = dict(differences)
    if ids:
        changes["LINKS"] = range(table.LINKS[0], table.LINKS[0] + ids)
    if most:
        changes["ACCESS"] = {
            access: mode[:1] + (min(mode[1], most),) + mode[2:] for access, mode in table.ACCESS.items()
        }
        changes["UDP_MAX"] = min(table.UDP_MAX, most)
    return type(table.__name__, (table,), changes) if changes else table


def nearest(known) -> "type[Table] | None":
    """The dialect of a module that answers TEST_COMMANDS so; None when it knows none, or by another syntax.

    known: for each probe the line of its answer (bytes), b"" when there was but OK; None when it was refused.
    """
    mute = []  # families that it knows by OK alone: one that says OK to everything knows nothing
    for probes, field, dialect, sign, nearer in _FAMILIES:
        line = known[probes[0]]
        if None in [known[probe] for probe in probes]:
            continue
        ids = _ids(line, field)
        if ids is None:
            mute.append(dialect)
            continue
        table = get(nearer if sign and sign in line else dialect)
        if ids and ids[0] == table.LINKS[0]:
            return derived(table, len(ids) if len(ids) < len(table.LINKS) else 0, 0, {})
    return get(mute[0]) if len(mute) == 1 else None


def _ids(line, field):
    # The range of connection ids in this field of the line: None when there is no line, empty when it has another form.
    if not line:
        return None
    fields = split_fields(line[line.find(b":") + 1 :])
    ends = fields[field].strip(b" ()").split(b"-") if field < len(fields) else []
    if len(ends) != 2 or not (ends[0].isdigit() and ends[1].isdigit()):
        return range(0)
    return range(int(ends[0]), int(ends[1]) + 1)


def refusal(said, other):
    """Why there is no dialect for a module that calls itself `said` (str), and what can be done.

    other: what other_family() has to say, or None.
    """
    if other is None:
        asked = ", ".join([text[:-2].decode() for text, _ in TEST_COMMANDS])
        other = "and it is not known by its answers to " + asked
    return "no dialect for this module, it calls itself: %s (%s)" % (said, other) + _HINT % _FAMILIES[0][2]
