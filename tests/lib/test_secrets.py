"""Passwords and PINs: in no text, args or command of an error, in no event, whatever goes wrong on the way."""

import atsock
from atsock.errors import hidden, masked
from cases import cases
from fakes import Case, new_modem, raises
from frames import DIALECTS, ERROR, OK, line
from scenes import attached
from test_bringup import Module, start

PASSWORD = "s3cretPW"
PIN = "4711"
ACCOUNT = {"user": "u", "password": PASSWORD}
CARRIER = {"bg96": b"AT+QICSGP=", "nl668": b"AT+MIPCALL=1", "l610": b"AT+MIPCALL=1"}
ASKS = line(b"+CPIN: SIM PIN") + OK
REASONS = {b"AT+QIGETERROR": line(b"+QIGETERROR: 552,x") + OK, b"AT+QIACT?": OK, b"AT+QIACT=": ERROR}


def everything(error):
    """All that a program, a log or a traceback can show of an error."""
    shown = []
    while error is not None:
        shown += [str(error), repr(error), repr(error.args), str(getattr(error, "command", ""))]
        shown += [str(getattr(error, "text", "")), str(getattr(error, "strerror", ""))]
        error = getattr(error, "__cause__", None) or getattr(error, "__context__", None)
    return " | ".join(shown)


def is_quiet(error):
    text = everything(error)
    for secret in (PASSWORD, PIN, PASSWORD[1:5], "p\xe4ss"):
        assert secret not in text, text
    return text


@cases("dialect", DIALECTS)
def test_password_refused_or_unanswered(dialect):
    """The command that carries it fails, in each way; the text still names the command and the APN."""
    carrier = CARRIER.get(dialect, b"AT+CGAUTH=")
    quoting = line(b'+CME ERROR: bad AT+X="u","%s"' % PASSWORD.encode())
    for answer in (ERROR, line(b"+CME ERROR: 2009"), line(b"+CME ERROR: wrong"), quoting, b""):
        for timeout_ms in (240_000, 3000):
            if not answer or timeout_ms == 240_000:
                modem, tape, clock, module = start(dialect, REASONS)
                module.differs = dict(REASONS)
                module.differs[carrier] = answer
                options = dict(ACCOUNT)
                options["timeout_ms"] = timeout_ms
                with Case(dialect, answer, timeout_ms):
                    text = is_quiet(raises(OSError, lambda: modem.attach("internet", **options)))
                    assert "context" in text
                    if answer:
                        assert carrier.split(b"=")[0].decode() in text and "***" in text


def test_line_that_nobody_knows():
    """It may be what is left of a command's echo, of one that the program has sent by itself, too."""
    heard = []
    modem, tape, clock = new_modem("bg96", [("!", line(b'T+CPIN="4711"'))], on_event=lambda *event: heard.append(event))
    modem.poll()
    assert heard == [(atsock.EVENT_UNKNOWN, None, b"T+CPIN=***")], heard


@cases("dialect", DIALECTS)
def test_pin(dialect):
    for answer in (ERROR, line(b"+CME ERROR: 16"), b""):
        for timeout_ms in (240_000, 3000):
            modem, tape, clock, module = start(dialect, {b"AT+CPIN?": ASKS, b"AT+CPIN=": answer})
            is_quiet(raises(OSError, lambda: modem.attach("internet", pin=PIN, timeout_ms=timeout_ms)))


def test_arguments_that_cannot_be():
    """ValueError and TypeError say what is wrong, not with what."""
    modem, tape, clock = new_modem("bg96")
    for wrong in (
        {"password": "p\xe4ss"}, {"password": PASSWORD + '"'}, {"password": PASSWORD + "\r"},
        {"password": PASSWORD * 20}, {"pin": PIN + "x"},
        {"pin": PIN * 3}, {"pin": int(PIN)}, {"password": [PASSWORD]}, {"pin": PIN + "\u0664"},
    ):  # fmt: skip
        options = {"user": "u"}
        options.update(wrong)
        for kind in (ValueError, TypeError):
            try:
                modem.attach("internet", **options)
            except kind as error:
                is_quiet(error)
                break
            except (ValueError, TypeError):
                pass
        else:
            raise AssertionError("taken: %r" % wrong)
    assert not tape.written


@cases("text", (
    b'AT+CPIN="4711"', b"AT+CPIN=4711", b'at+cpin="4711","4711"', b'AT+CLCK="SC",1,"4711"',
    b'AT+CPWD="SC","4711","4712"',
    b'AT+CGAUTH=1,1,"u","s3cretPW"', b'AT+QICSGP=1,1,"internet","u","s3cretPW",1', b"AT+CMEE=2;+CPIN=4711",
    b'AT+CPIN = "4711"', b'AT+MIPCALL=1,"internet","u","s3cretPW",1', b'AT+QMTCONN=0,"id","u","s3cretPW"',
    b'AT+CMQTTCONNECT=0,"tcp://host:1883",60,1,"u","s3cretPW"', b'AT+MQTTUSER=1,"u","s3cretPW"',
    b'AT+QFTPCFG="account","u","s3cretPW"', b'AT+CFTPSLOGIN="host",21,"u","s3cretPW",0',
    b'AT+QHTTPCFG="auth","u:s3cretPW"', b'AT+QSMTPCFG="account","u","s3cretPW"', b'AT+CSMTPSAUTH=1,"u","s3cretPW"',
    b'AT+CNCFG=0,1,"apn","u","s3cretPW",1', b'AT+XGAUTH=1,1,"u","s3cretPW"', b'AT$QCPDPP=1,1,"s3cretPW","u"',
    b'AT*MCGDEFCONT="IP","apn","u","s3cretPW"', b'AT+CSTT="apn","u","s3cretPW"', b'AT+CSSLCFG="password",0,"s3cretPW"',
    b'AT+CGAUTH=1,1,"u","s3cretPW";+CPIN=4711', b'AT+CPIN=4711;+CGAUTH=1,1,"u","s3cretPW"',
    b'AT+QICSGP=1,1,"a","u","s3cretPW",1;+CGAUTH=1,1,"u","s3cretPW";+CPIN?',
), "abcdefghijklmnopqrstuvwxyzA")  # fmt: skip
def test_commands_of_the_program(text):
    """command() shows them no more than attach() does: refused, or not answered; to a module of any family."""
    for dialect, answer in (("bg96", ERROR), ("bg96", b""), ("sim7028", ERROR), ("l610", b"")):
        modem, tape, clock, says = attached(dialect)
        tape.auto = lambda command: answer
        shown = is_quiet(raises(OSError, modem.command, text))
        assert "AT" in shown.upper() and "***" in shown


@cases("dialect", ("nl668", "l610"))
def test_calls_by_name(dialect):
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: line(b"+CME ERROR: 2009")
    is_quiet(raises(OSError, modem.call, "+MIPCALL", 1, "internet", "u", PASSWORD, 1))
    is_quiet(raises(ValueError, modem.call, "+MIPCALL", 1, "internet", "u", PASSWORD * 20, 1))
    is_quiet(raises(ValueError, modem.call, "+MIPCALL", 1, "internet", "u", PASSWORD + '"', 1))


def test_calls_by_name_bg96():
    modem, tape, clock, says = attached("bg96")
    tape.auto = lambda command: ERROR
    is_quiet(raises(OSError, modem.call, "+QICSGP", 1, 1, "internet", "u", PASSWORD, 1))
    is_quiet(raises(ValueError, modem.call, "+QICSGP", 1, 1, "internet", "u", PASSWORD * 40, 1))


@cases("cut", (0, 1, 7))
@cases("dialect", DIALECTS)
def test_events(dialect, cut):
    """The echo of a line that noise has spoilt is an unknown line: told without the secret."""
    carrier = CARRIER.get(dialect, b"AT+CGAUTH=")
    for spoil in (
        lambda echo: b"\xff" + echo, lambda echo: echo[3:], lambda echo: echo.replace(b"+", b"\xff"),
        lambda echo: echo[: len(echo) // 2] + b"\x00" + echo[len(echo) // 2 :], lambda echo: echo[1:-3],
        lambda echo: echo.replace(b'"u"', b'"\x80'),
    ):  # fmt: skip
        seen = []
        modem, tape, clock = new_modem(dialect, on_event=lambda event, sock, value: seen.append((event, value)))
        tape.cut = cut
        module = Module(dialect, {b"AT+CPIN?": [ASKS, line(b"+CPIN: READY") + OK]})

        def answer(command):
            if command.startswith((carrier)) or command.startswith(b"AT+CPIN="):
                return spoil(command) + b"\r" + module(command)
            return module(command)

        tape.auto = answer
        modem.attach("internet", pin=PIN, **ACCOUNT)
        modem.poll()
        unknown = [value for event, value in seen if event == atsock.EVENT_UNKNOWN]
        assert unknown, "the line was not told at all"
        for value in unknown:
            for secret in (PASSWORD.encode(), PIN.encode(), PASSWORD.encode()[:5]):
                assert secret not in value, value


def test_masked():
    """What stands in front of a secret is shown, nothing behind it."""
    for sent, shown in (
        (b"AT+CPIN=", b"AT+CPIN="), (b"+CPIN=1234", b"+CPIN=***"),
        (b"AT+CPIN?", b"AT+CPIN?"), (b'AT+CPIN="1"', b"AT+CPIN=***"), (b"AT+CLCK=?", b"AT+CLCK=?"),
        (b'AT+CLCK="SC",2', b'AT+CLCK="SC",2'), (b'AT+CLCK="SC",1,"1"', b'AT+CLCK="SC",1,***'),
        (b"AT+CGAUTH=1,0", b"AT+CGAUTH=1,0"), (b'AT+CGAUTH=1,1,"a","b"', b"AT+CGAUTH=1,1,***"), (b"AT+CSQ", b"AT+CSQ"),
    ):  # fmt: skip
        assert masked(sent) == shown, masked(sent)
    names = ((b"+X=", 1),)
    assert masked(b"AT+X=1,2,3", names) == b"AT+X=1,***"
    assert hidden(b'ab"s3cretPW"', (), (PASSWORD.encode(), None)) == b"***"
    assert hidden(b"s3c", (), (PASSWORD.encode(), b"")) == b"s3c"


def test_nothing_shows_the_account():
    """repr() of what a program may log."""
    modem, tape, clock, module = start("bg96")
    modem.attach("internet", **ACCOUNT)
    for thing in (modem, modem._session, modem._session.attached_with, modem.socket()):
        assert PASSWORD not in repr(thing)
