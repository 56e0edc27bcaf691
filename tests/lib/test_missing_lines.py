"""Answers without their information line, or with a damaged one: an OSError with a clear text, never anything else."""

import atsock
from atsock.manual import load
from cases import cases
from fakes import Case, new_modem, raises
from frames import DIALECTS, ERROR, OK, PEER, PORT, line
from scenes import answers, attached

EIO = 5
ODD = (
    OK, line(b"+CSQ: ") + OK, ERROR, line(b"+CME ERROR: \xff\xfe\x00"), line(b"+CME ERROR: 99999999999999999999"),
    b"\r\n\x00\xff\r\nOK\r\n", line(b"+CREG: ") + line(b"+CEREG: x,y") + OK, OK + line(b'+QIURC: "dnsgip"'),
    OK + line(b"+MIPDNS:") + line(b"+CDNSGIP:"), line(b"+QNTP:") + line(b"+MIPNTP: ") + OK,
    OK + line(b"+QNTP: 0") + line(b"+MIPNTP: 1"), line(b"+CIPACK:") + line(b"+QISEND:") + OK,
    OK + line(b"+QPING:") + line(b"+MPING:") + line(b"+MPINGSTAT:"), line(b"+CDNSGIP: 1") + OK,
    line(b"+QIACT: ,,,") + line(b"+MIPCALL: ,") + line(b"+NETOPEN: ,") + OK,
    line(b"+QIACT: 1,1,1,") + line(b"+MIPCALL: 1,,") + line(b"+NETOPEN: 1") + line(b"+IPADDR:") + OK,
)  # fmt: skip


def unacked(modem):
    socket = modem.socket()
    socket.settimeout(2)
    socket.connect((PEER, PORT))
    return socket.unacked()


def attach(modem):
    modem._session.set_down()
    return modem.attach("internet", timeout_ms=60_000)


CALLS = {
    "ntp": lambda modem: modem.ntp("pool.ntp.org"), "signal": lambda modem: modem.signal(),
    "identity": lambda modem: modem.identity(), "registration": lambda modem: modem.registration(),
    "ping": lambda modem: modem.ping("example.com", 2), "resolve": lambda modem: modem.resolve("example.com"),
    "getaddrinfo": lambda modem: modem.getaddrinfo("example.com", 80), "unacked": unacked, "attach": attach,
    "attach: who": attach, "recover": lambda modem: modem.recover(),
}  # fmt: skip
NAMES = sorted(CALLS)
GENERAL = (b"AT", b"ATE0", b"AT+CSQ", b"AT+CPIN?", b"AT+CEREG?", b"AT+CREG?", b"AT+CGREG?")


@cases("call", NAMES)
@cases("dialect", DIALECTS)
def test_nothing_but_oserror(dialect, call):
    """Whatever the module says instead of the line, the call returns or raises an OSError with a text."""
    for odd in ODD:
        with Case(dialect, call, odd):
            modem, tape, clock, says = attached(dialect)
            opens = answers(says)
            attaches = says.attach()

            def answer(command):
                if call == "unacked" and command.startswith(says.open_line(command)):
                    return opens(command)
                if call in ("attach", "recover") and command in GENERAL:
                    return attaches(command)
                return odd

            tape.auto = answer
            clock.end = clock.now + 3_600_000
            try:
                CALLS[call](modem)
            except OSError as error:
                assert error.args[0] and len(str(error)) > 12, repr(error)


@cases("dialect", DIALECTS)
def test_every_read_and_test_form(dialect):
    """query() and test() of all commands of the manual."""
    table = load(dialect)
    reads = sorted({row[0][:-1] for row in table.FORMS if row[0].endswith("?")})
    modem, tape, clock, says = attached(dialect)
    clock.end = 1 << 30
    for name in reads:
        own = name.encode()
        damaged = (line(own + b":") + OK, line(own + b": ,,,") + OK, line(own + b': "') + OK, line(own) + OK)
        for odd in ODD[:6] + damaged:
            with Case(dialect, name, odd):
                tape.auto = lambda command: odd
                try:
                    modem.query(name)
                except OSError as error:
                    assert error.args[0], repr(error)
    for name in sorted(table.TESTS):
        for odd in ODD[:6] + (line(name.encode() + b": (") + OK, line(name.encode() + b":") + OK):
            with Case(dialect, name, odd):
                tape.auto = lambda command: odd
                try:
                    modem.test(name)
                except OSError as error:
                    assert error.args[0], repr(error)


CALLED = {
    "bg96": (("+QIRD", 0, 10), ("+QISTATE", 1, 0), ("+QIDNSGIP", 1, "a.b"), ("+QPING", 1, "a.b"), ("+QNTP", 1, "a.b")),
    "a7600": (("+CIPRXGET", 2, 0, 10), ("+CIPOPEN", 0, "TCP", "a.b", 80), ("+CDNSGIP", "a.b"), ("+CIPACK", 0)),
    "sim7028": (("+CIPRXGET", 2, 0, 10), ("+CIPOPEN", 0, "TCP", "a.b", 80), ("+CDNSGIP", "a.b")),
    "nl668": (("+MIPREAD", 1, 10), ("+MIPOPEN", 1, None, "a.b", 80, 0), ("+MIPDNS", "a.b"), ("+MIPNTP", "a.b", 123)),
}
CALLED["l610"] = CALLED["nl668"]


@cases("dialect", DIALECTS)
def test_calls_by_name(dialect):
    for args in CALLED[dialect]:
        own = args[0].encode()
        late = (OK + line(own + b":"), OK + line(own + b": ,"), OK + line(own + b": 99,99,99"), line(own + b": x") + OK)
        for odd in ODD + late:
            with Case(dialect, args, odd):
                modem, tape, clock, says = attached(dialect)
                tape.auto = lambda command: odd
                try:
                    modem.call(*args)
                except OSError as error:
                    assert error.args[0], repr(error)


@cases("call", ("signal", "identity", "registration", "ntp"))
@cases("dialect", ("bg96", "l610"))
def test_the_text_says_what_is_missing(dialect, call):
    """OK alone: EIO, and the text names the question."""
    modem, tape, clock, says = attached(dialect)
    told = {b"AT+MIPNTP": OK + line(b"+MIPNTP: 1"), b"AT+QNTP": OK + line(b"+QNTP: 0")}
    tape.auto = lambda command: told.get(command.split(b"=")[0], OK)
    error = raises(atsock.ModemError, lambda: CALLS[call](modem))
    assert error.errno == EIO and "did not tell" in str(error) and "AT+C" in str(error), str(error)


def test_registration_of_a_module_without_lte():
    """AT+CEREG? is refused by a module that has no LTE: the others tell it."""
    modem, tape, clock, says = attached("bg96")
    told = {b"AT+CEREG?": ERROR, b"AT+CREG?": line(b"+CREG: 0,5") + OK, b"AT+CSQ": line(b"+CSQ: 9,99") + OK}
    tape.auto = lambda command: told.get(command, OK)
    assert modem.registration() == "roaming"
    told[b"AT+CREG?"] = told[b"AT+CGREG?"] = line(b"+CME ERROR: 3")
    told[b"AT+CEREG?"] = line(b"+CME ERROR: 3")
    assert raises(atsock.CommandError, modem.registration).code == 3


def test_who_answers_is_asked_twice():
    """The name got lost once: asked again before the module is called unknown."""
    from test_bringup import start

    modem, tape, clock, module = start("bg96", {b"AT+CGMM": [OK, line(b"BG96") + OK], b"ATI": OK}, said="")
    assert modem.attach("internet") == "10.0.0.1" and modem.dialect == "bg96"


@cases("dialect", ("bg96", "a7600", "nl668"))
def test_an_answer_that_does_not_end(dialect):
    """A hundred thousand lines: what is kept is bounded, the error says so, and the next command has its own answer."""
    modem, tape, clock = new_modem(dialect)
    many = line(b'+CMGL: 1,"REC READ"') * 50
    left = [2000]

    def answer(command):
        if command == b"AT+CGMM":
            return line(b"x") + OK
        left[0] -= 1
        tape.input.append([0, "!", many])
        return b""

    any_ = tape.any

    def anything():
        if not any_() and left[0]:
            left[0] -= 1
            tape.input = [[0, "!", many if left[0] else OK]]
            tape.at = 0
        return any_()

    tape.auto = answer
    tape.any = anything
    command = []
    submit = modem._session.submit
    modem._session.submit = lambda c: (command.append(c), submit(c))[1]
    error = raises(atsock.CommandError, modem.command, "AT+CMGL=4")
    assert "too long" in str(error), error
    assert sum([len(text) for text in command[0].lines]) <= 1 << 20
    tape.any = any_
    assert modem.command("AT+CGMM") == [b"x"]
