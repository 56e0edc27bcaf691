"""Modem.call(), query() and test(): what is sent, what comes back, what is refused before a byte is sent."""

import atsock
from atsock import dialects
from atsock.manual import answers, load, texts
from cases import cases
from fakes import CUTS, WIRE_NAMES, Case, raises
from frames import SYNC
from frames import DIALECTS, ERROR, OK, line
from scenes import attached, settle

PROMPT = b"\r\n> "
HOSTILE = b"\r\nOK\r\n+QIRD: 3\r\nERROR\r\n\x1a\x1b\x03\x00\xff"
N = len(HOSTILE)

# dialect, method, arguments, script, value
USES = (
    ("bg96", "call", ("QIACT", 1), [(">", b"AT+QIACT=1\r"), ("<", OK)], None),
    ("bg96", "query", ("QIACT",),
     [(">", b"AT+QIACT?\r"), ("<", b'\r\n+QIACT: 1,1,1,"10.0.0.1"\r\n+QIACT: 2,0,1\r\n\r\nOK\r\n')],
     [(1, 1, 1, "10.0.0.1"), (2, 0, 1)]),
    ("bg96", "test", ("QIACT",), [(">", b"AT+QIACT=?\r"), ("<", line(b"+QIACT: (1-16)") + OK)], ["(1-16)"]),
    ("bg96", "test", ("QISTATE",), [(">", b"AT+QISTATE=?\r"), ("<", OK)], []),
    ("bg96", "call", ("QIRD", 0, 1500),
     [(">", b"AT+QIRD=0,1500\r"), ("<", b"\r\n+QIRD: %d\r\n" % N + HOSTILE + b"\r\n" + OK)], (N, HOSTILE)),
    ("bg96", "call", ("QIRD", 0, 0), [(">", b"AT+QIRD=0,0\r"), ("<", line(b"+QIRD: 10,5,5") + OK)], (10, 5, 5)),
    ("bg96", "call", ("QISEND", 0, N, HOSTILE),
     [(">", b"AT+QISEND=0,%d\r" % N), ("<", PROMPT), (">", HOSTILE), ("<", line(b"SEND OK"))], None),
    ("bg96", "call", ("QISEND", 0, b"abc"),
     [(">", b"AT+QISEND=0\r"), ("<", PROMPT), (">", b"abc\x1a"), ("<", line(b"SEND OK"))], None),
    ("bg96", "call", ("QISENDEX", 0, "00ff" * 128),
     [(">", b'AT+QISENDEX=0,"' + b"00FF" * 128 + b'"\r'), ("<", line(b"SEND OK"))], None),
    ("bg96", "call", ("QIOPEN", 1, 2, "TCP", "example.com", 80),
     [(">", b'AT+QIOPEN=1,2,"TCP","example.com",80\r'), ("<", OK), ("~", 3000),
      ("!", line(b"+QIOPEN: 3,0") + line(b"+QIOPEN: 2,0"))], (2, 0)),
    ("bg96", "call", ("QPING", 1, "h"),
     [(">", b'AT+QPING=1,"h"\r'), ("<", OK), ("!", line(b'+QPING: 0,"192.0.2.1",32,9,64') * 4),
      ("!", line(b"+QPING: 0,4,4,0,9,9,9"))],
     [(0, "192.0.2.1", 32, 9, 64)] * 4 + [(0, 4, 4, 0, 9, 9, 9)]),
    ("bg96", "call", ("QIDNSGIP", 1, "h"),
     [(">", b'AT+QIDNSGIP=1,"h"\r'), ("<", OK),
      ("!", line(b'+QIURC: "dnsgip",0,1,600') + line(b'+QIURC: "dnsgip","192.0.2.1"'))],
     [(0, 1, 600), ("192.0.2.1",)]),
    ("bg96", "call", ("QICSGP", 1), [(">", b"AT+QICSGP=1\r"), ("<", line(b'+QICSGP: 1,"a,b (c","","x",3') + OK)],
     (1, "a,b (c", "", "x", 3)),
    ("a7600", "call", ("NETOPEN",), [(">", b"AT+NETOPEN\r"), ("<", OK), ("~", 20000), ("!", line(b"+NETOPEN: 0"))],
     (0,)),
    ("a7600", "call", ("CIPOPEN", 1, "UDP", None, None, 5000),
     [(">", b'AT+CIPOPEN=1,"UDP",,,5000\r'), ("<", line(b"+CIPOPEN: 1,0") + OK)], (1, 0)),
    ("a7600", "call", ("CIPSEND", 0, b"a\x03\x1a\x1b"),
     [(">", b"AT+CIPSEND=0\r"), ("<", b"\r\n>"), (">", b"a\x03\x03\x03\x1a\x03\x1b\x1a"),
      ("<", OK + line(b"+CIPSEND: 0,4,4"))], (0, 4, 4)),
    ("a7600", "call", ("CIPRXGET", 2, 0),
     [(">", b"AT+CIPRXGET=2,0\r"), ("!", line(b"+CIPRXGET: 1,0")),
      ("<", b"\r\n+CIPRXGET: 2,0,%d,7\r\n" % N + HOSTILE + b"\r\n" + OK)],
     (2, 0, N, 7, HOSTILE)),
    ("a7600", "call", ("CIPRXGET", 3, 1),
     [(">", b"AT+CIPRXGET=3,1\r"), ("<", b"\r\n+CIPRXGET: 3,1,2,0\r\n00FF\r\n" + OK)], (3, 1, 2, 0, b"\x00\xff")),
    ("a7600", "query", ("CIPRXGET",),
     [(">", b"AT+CIPRXGET?\r"), ("!", line(b"+CIPRXGET: 1,0")), ("<", line(b"+CIPRXGET: 1") + OK)], (1,)),
    ("a7600", "call", ("CIPTIMEOUT", None, 3000, None), [(">", b"AT+CIPTIMEOUT=,3000\r"), ("<", OK)], None),
    ("sim7028", "call", ("CIPTIMEOUT", None, 3000, None), [(">", b"AT+CIPTIMEOUT=,3000,\r"), ("<", OK)], None),
    ("sim7028", "query", ("CDNSCFG",),
     [(">", b"AT+CDNSCFG?\r"),
      ("<", b"\r\nPrimary IPv4 DNS: 192.0.2.1,Secondary IPv4 DNS: \r\n"
       b"Primary IPv6 DNS: 2001:db8::1,Secondary IPv6 DNS: ::\r\n" + OK)],
     [("192.0.2.1", None), ("2001:db8::1", "::")]),
    ("sim7028", "call", ("cipclose", 0),
     [(">", b"AT+CIPCLOSE=0\r"), ("<", OK + line(b"CLOSED") + line(b"+CIPCLOSE: 0,0"))], (0, 0)),
    ("nl668", "call", ("MIPCALL", 1, "net"),
     [(">", b'AT+MIPCALL=1,"net"\r'), ("<", OK), ("~", 9000), ("!", line(b"+MIPCALL: 10.0.0.1"))], ("10.0.0.1",)),
    ("nl668", "call", ("MIPCALL", 0), [(">", b"AT+MIPCALL=0\r"), ("<", OK + line(b"+MIPCALL: 0"))], (0,)),
    ("nl668", "query", ("MIPOPEN",), [(">", b"AT+MIPOPEN?\r"), ("<", line(b"+MIPOPEN: 1 2,4") + OK)], (1, 2, 4)),
    ("nl668", "query", ("MIPCLOSE",), [(">", b"AT+MIPCLOSE?\r"), ("<", line(b"+MIPCLOSE: 0") + OK)], ()),
    ("nl668", "call", ("MIPOPEN", 2, None, "h", 7, 0),
     [(">", b'AT+MIPOPEN=2,,"h",7,0\r'), ("<", line(b"+MIPOPEN: 2,1") + OK)], (2, 1)),
    ("nl668", "call", ("MIPSEND", 1, 3, b"OK\r"),
     [(">", b"AT+MIPSEND=1,3\r"), ("<", b">\r\n"), (">", b"OK\r"),
      ("<", OK + line(b"+MIPPUSH: 1,0") + line(b"+MIPSEND: 1,0,2048") + OK)], (1, 0, 2048)),
    ("nl668", "call", ("MIPSEND", 1, "0aFF" * 300),
     [(">", b'AT+MIPSEND=1,"' + b"0AFF" * 300 + b'"\r'), ("<", line(b"+MIPSEND: 1,0,1448") + OK)],
     (1, 0, 1448)),
    ("l610", "call", ("MIPREAD", 1, 100),
     [(">", b"AT+MIPREAD=1,100\r"), ("<", b"\r\n+MIPDATA:1,%d\r\n" % N + HOSTILE + b"\r\n" + OK)], (1, N, HOSTILE)),
    ("l610", "call", ("MIPREAD", 1, 100), [(">", b"AT+MIPREAD=1,100\r"), ("<", line(b"+MIPREAD:1,0") + OK)],
     (1, 0, b"")),
    ("l610", "call", ("MPING", 1, "h", 2),
     [(">", b'AT+MPING=1,"h",2\r'), ("<", OK), ("!", line(b'+MPING: "192.0.2.1",0,0,35')),
      ("!", line(b'+MPINGSTAT: 1')), ("!", line(b'+MPINGSTAT: 0,"192.0.2.1",2,1,35'))],
     [("192.0.2.1", 0, 0, 35), (1,), (0, "192.0.2.1", 2, 1, 35)]),
    ("l610", "call", ("MIPDNS", "h", 2),
     [(">", b'AT+MIPDNS="h",2\r'),
      ("<", line(b'+MIPDNS: "h",192.0.2.1') + line(b'+MIPDNS: "h",2001:DB8:0:0:0:0:0:1') + OK)],
     [("h", "192.0.2.1"), ("h", "2001:DB8:0:0:0:0:0:1")]),
)  # fmt: skip


def _named(uses):
    # bg96-call-QIRD, bg96-call-QIRD-2 ...
    names = []
    for dialect, method, arguments, _, _ in uses:
        name = "%s-%s-%s" % (dialect, method, arguments[0])
        n = 1 + len([other for other in names if other.split("#")[0] == name])
        names.append(name if n == 1 else "%s#%d" % (name, n))
    return names


@cases(("dialect", "method", "arguments", "script", "value"), USES, _named(USES))
def test_uses(dialect, method, arguments, script, value):
    """The answer is the same however the line cuts it, and wherever it pauses."""
    for wire in WIRE_NAMES:
        with Case(wire):
            modem, tape, clock, says = attached(dialect, wire=wire)
            tape.load(script)
            got = getattr(modem, method)(*arguments)
            assert got == value, got
            settle(modem, tape)
            tape.done()


@cases("dialect", DIALECTS)
def test_nothing_is_sent_when_arguments_are_wrong(dialect):
    """ValueError, TypeError for bool and float; the script is empty, so a byte would be a failure."""
    first = {"bg96": "QICLOSE", "a7600": "CIPCLOSE", "sim7028": "CIPCLOSE", "nl668": "MIPCLOSE", "l610": "MIPCLOSE"}[
        dialect
    ]
    modem, tape, clock, says = attached(dialect)
    for value in (-1, 12, "0", None, b"0", (), 1 << 40):
        with Case(first, value):
            assert first in str(raises(ValueError, modem.call, first, value))
    for value in (True, 0.0):
        raises(TypeError, modem.call, first, value)
    for arguments in ((), (1, 2, 3, 4)):
        raises(ValueError, modem.call, first, *arguments)
    raises(ValueError, modem.call, "NONSENSE")
    raises(ValueError, modem.query, "NONSENSE")
    raises(ValueError, modem.test, "NONSENSE")
    raises(TypeError, modem.call, 1)
    tape.done()


@cases("dialect", DIALECTS)
def test_refusal(dialect):
    """A refused command raises CommandError; the manual's text stands in it."""
    for answer, code, text in (
        (b"+CME ERROR: 10", 10, "SIM not inserted"),
        (b"+CME ERROR: SIM busy", None, "SIM busy"),
    ):
        modem, tape, clock, says = attached(dialect)
        tape.load([(">", b"AT&D1\r" if dialect[0] in "bas" else b"AT+MIPREAD?\r"), ("<", line(answer))])
        call = (modem.call, "AT&D1") if dialect[0] in "bas" else (modem.query, "MIPREAD")
        error = raises(atsock.CommandError, *call)
        assert (error.code, error.text) == (code, text), (error.code, error.text)
        tape.done()


@cases("dialect", DIALECTS)
def test_silence(dialect):
    """A module that says nothing: Timeout after the form's deadline, and the driver comes back into step."""
    modem, tape, clock, says = attached(dialect)
    tape.load([])
    tape.after = lambda command: b""
    name = "MIPREAD" if dialect in ("nl668", "l610") else "CCLK" if dialect == "bg96" else "CIPTIMEOUT"
    raises(atsock.Timeout, modem.query, name)


def test_late_result_that_never_comes():
    """OK and then nothing: Timeout when the manual's time is over, and the next command goes out at once."""
    modem, tape, clock, says = attached("bg96")
    tape.load(
        [(">", b'AT+QNTP=1,"h",123\r'), ("<", OK), ("~", 127_000), (">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)]
    )
    before = clock.now
    raises(atsock.Timeout, modem.call, "QNTP", 1, "h", 123)
    assert 126_000 <= clock.now - before <= 128_000, clock.now - before
    assert modem.command("AT+CGMM") == [b"BG96"]
    tape.done()


def test_result_that_tells_a_failure():
    """A late line with a code: CommandError with the text of the table and the errno of its meaning."""
    modem, tape, clock, says = attached("bg96")
    tape.load([(">", b'AT+QIOPEN=1,0,"TCP","h",80\r'), ("<", OK), ("!", line(b"+QIOPEN: 0,566"))])
    error = raises(atsock.CommandError, modem.call, "QIOPEN", 1, 0, "TCP", "h", 80)
    assert (error.code, error.text, error.errno) == (566, "Socket connect failed", 111), error.args
    assert error.command == 'AT+QIOPEN=1,0,"TCP","h",80'
    tape.done()


@cases("cut", CUTS)
def test_failure_line_before_error(cut):
    """SIMCom: +CIPOPEN: 1,4 and then ERROR."""
    modem, tape, clock, says = attached("a7600", "buffer", cut)
    tape.load([(">", b'AT+CIPOPEN=1,"TCP","h",80\r'), ("<", line(b"+CIPOPEN: 1,4") + ERROR)])
    error = raises(atsock.CommandError, modem.call, "CIPOPEN", 1, "TCP", "h", 80)
    assert (error.code, error.text) == (4, "Operation not supported"), error.args
    tape.done()


@cases("cut", CUTS)
def test_data_mode_and_back(cut):
    """CONNECT hands the line over from the very next byte on; call("+++") keeps the guard times."""
    modem, tape, clock, says = attached("a7600", "buffer", cut)
    tape.load([(">", b"ATO\r"), ("<", b"\r\nCONNECT 115200\r\n\r\nOK\r\n+CIPRXGET: 1,0\r\n")])
    assert modem.call("ATO") == "CONNECT"
    raises(OSError, modem.query, "CIPMODE")
    before = clock.now
    tape.load([(">", b"+++"), ("~", 1000), ("<", OK)] + SYNC)
    assert modem.call("+++") is None
    assert clock.now - before >= 2000
    tape.done()


def test_fields():
    """Numbers, quoted texts, empty fields, texts that only look like numbers."""
    for text, value in (
        (b'+X: 1,-2,"3",,a b,10.0.0.1', (1, -2, "3", None, "a b", "10.0.0.1")),
        (b"+X:", ()),
        (b'+X: ""', ("",)),
        (b"+X: 566, invalid parameters", (566, "invalid parameters")),
        (b'+X: "a,b","c(d"', ("a,b", "c(d")),
    ):
        assert answers.fields(text) == value, answers.fields(text)


def test_damaged_text_is_still_text():
    assert answers.fields(b'+X: "\xff\xfe"') in (("\xff\xfe",), ("\ufffd\ufffd",))


def test_texts_of_codes():
    """Each table's first, last and missing codes."""
    for dialect, source, code, text in (
        ("bg96", b"", 550, "Unknown error"),
        ("bg96", b"+QIGETERROR:", 574, "Port busy"),
        ("bg96", b"", 575, ""),
        ("a7600", b"+CIPERROR:", 12, "Unknown error"),
        ("a7600", b"+IP ERROR:", 0, "Connection time out"),
        ("sim7028", b"+IP ERROR:", 22, "No data"),
        ("sim7028", b"+CDNSGIP:", 10, "DNS GENERAL ERROR"),
        ("nl668", b"+CME ERROR:", 2000, "TCPIP Param wrong"),
        ("nl668", b"+TCPIP ERROR:", 2033, "TCPIP not def4"),
        ("l610", b"+CME ERROR:", 1283, "CCBS possible"),
        ("l610", b"+CMS ERROR:", 543, "SMS rejected By SMS CONTROL"),
        ("l610", b"+CMS ERROR:", 2, ""),
    ):
        assert texts.find(dialects.get(dialect), source, code) == text, (dialect, source, code)


@cases("dialect", DIALECTS)
def test_every_row_is_sound(dialect):
    """Forms end as they should, parameters parse, answers have five columns and lines six."""
    table = load(dialect)
    for form, params, ms, answer in table.FORMS:
        with Case(dialect, form):
            assert form[-1] in "=?" or not params
            assert callable(ms) or 1000 < ms < 400_000
            assert len(answer) == 5
            for item in params.split(",") if params else ():
                name, kind = item.lstrip("[").split(":", 1)
                assert name.strip("?") and kind
                assert table.RANGES.get(kind, kind)[0] in '0123456789"shadbixn#zyet', kind
            for expected in answer[2]:
                assert len(expected) == 6
    assert len(set(table.TESTS)) == len(table.TESTS)
