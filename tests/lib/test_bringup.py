"""attach(): its dialogue with each module, and what goes wrong on the way."""

import atsock
from cases import cases
from fakes import WIRE_NAMES, WIRES, Case, errno_of, new_modem, raises
from frames import DIALECTS, ERROR, OK, line, speech
from scenes import connect, echoing, rest

EACCES, ENODEV, ENETDOWN, ETIMEDOUT = 13, 19, 100, 110
ASK = {
    "bg96": b"AT+QIACT?",
    "a7600": b"AT+NETOPEN?",
    "sim7028": b"AT+NETOPEN?",
    "nl668": b"AT+MIPCALL?",
    "l610": b"AT+MIPCALL?",
}


class Module:
    """Answers attach() as speech(dialect) does, but for what `differs` says: {beginning of a command: answer or list of
    answers}."""

    def __init__(self, dialect, differs=None):
        self.normal = speech(dialect).attach()
        self.differs = differs or {}
        self.seen = []

    def __call__(self, command):
        self.seen.append(command)
        # The longest beginning first: MicroPython's dicts keep no order.
        for beginning in sorted(self.differs, key=lambda text: -len(text)):
            answer = self.differs[beginning]
            if command.startswith(beginning):
                if isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                if answer is not None:
                    return answer
        return self.normal(command)

    def count(self, beginning):
        return len([command for command in self.seen if command.startswith(beginning)])


def start(dialect, differs=None, said=None, **options):
    """(modem, tape, clock, module); `said`: the dialect given to Modem."""
    modem, tape, clock = new_modem(dialect if said is None else said or None, **options)
    tape.auto = module = Module(dialect, differs)
    return modem, tape, clock, module


# -- the way it should go


@cases("dialect", DIALECTS)
def test_dialogue(dialect):
    """Synchronised, echo off, SIM, registration, context: in this order, and the address comes back."""
    modem, tape, clock, module = start(dialect)
    assert modem.attach("internet") == "10.0.0.1"
    assert modem.isconnected() and modem.local_address() == "10.0.0.1"
    seen = module.seen
    order = [b"AT", b"ATE0", b"AT+CPIN?", b"AT+CEREG?", ASK[dialect], module.normal.activation]
    at = -1
    for command in order:
        found = [i for i in range(len(seen)) if seen[i].startswith(command) and i > at]
        assert found, (command, seen)
        at = found[0]
    configured = {
        "bg96": b'AT+QICSGP=1,1,"internet","","",0', "a7600": b'AT+CGDCONT=1,"IP","internet"',
        "sim7028": b'AT+CGDCONT=1,"IP","internet"',
        "nl668": b'AT+MIPCALL=1,"internet"', "l610": b'AT+MIPCALL=1,"internet"',
    }  # fmt: skip
    assert configured[dialect] in seen, seen
    assert clock.now < 1000
    n = len(seen)
    assert modem.attach("internet") == "10.0.0.1"
    assert len(seen) == n, "attached already: nothing is sent"


@cases("wire", WIRE_NAMES)
@cases("dialect", DIALECTS)
def test_echo_is_on(dialect, wire):
    """Echo until ATE0: what comes back in front of the answers does no harm."""
    modem, tape, clock, module = start(dialect)
    tape.behave(**WIRES[wire])
    tape.auto, echo = echoing(module)
    assert modem.attach("internet") == "10.0.0.1"


@cases("dialect", DIALECTS)
def test_account(dialect):
    """user, password and auth go where the manual wants them, with values that the manual has."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet", user="me", password="secret", auth=1)
    expected = {
        "bg96": [b'AT+QICSGP=1,1,"internet","me","secret",1'], "nl668": [b'AT+MIPCALL=1,"internet","me","secret",1'],
        "l610": [b'AT+MIPCALL=1,"internet","me","secret",1'], "a7600": [b'AT+CGDCONT=1,"IP","internet"'],
        "sim7028": [b'AT+CGDCONT=1,"IP","internet"'],
    }  # fmt: skip
    for command in expected[dialect]:
        assert command in module.seen, module.seen
    assert [command for command in module.seen if b'"me"' in command and b'"secret"' in command]


def test_nl668_has_no_authentication_3():
    """NL668 1.1.1: <auth> is 0 to 2; without auth= a user is authenticated by one of them."""
    modem, tape, clock, module = start("nl668")
    modem.attach("internet", user="me", password="secret")
    commands = [command for command in module.seen if b'"me"' in command]
    assert commands and commands[0].rsplit(b",", 1)[1] in (b"1", b"2"), commands
    modem, tape, clock, module = start("nl668")
    raises(ValueError, lambda: modem.attach("internet", user="me", password="secret", auth=3))
    assert module.seen == [], module.seen


@cases("dialect", DIALECTS)
def test_stored_apn(dialect):
    """Without an APN what the module has stored is used: no configuration is written."""
    modem, tape, clock, module = start(dialect)
    assert modem.attach() == "10.0.0.1"
    for beginning in (b"AT+QICSGP=", b"AT+CGDCONT=", b"AT+CGAUTH="):
        assert module.count(beginning) == 0
    if dialect in ("nl668", "l610"):
        assert b"AT+MIPCALL=1" in module.seen
    modem, tape, clock, module = start(dialect, apn="given.to.modem")
    assert modem.attach() == "10.0.0.1"
    assert [command for command in module.seen if b"given.to.modem" in command]


@cases("dialect", DIALECTS)
def test_context_is_active_already(dialect):
    """The host restarted, the module did not: what an earlier session left open is closed, nothing is activated."""
    stale = {
        "bg96": {
            b"AT+QISTATE": line(b'+QISTATE: 3,"TCP","1.2.3.4",80,5000,2,1,3,0,"uart1"')
            + line(b'+QISTATE: 11,"TCP INCOMING","1.2.3.4",80,5000,4,1,0,1,"uart1"')
            + OK
        },
        "a7600": {b"AT+CIPCLOSE?": line(b"+CIPCLOSE: 0,1,0,0,0,0,0,0,0,1") + OK, b"AT+CIPCLOSE=": None},
        "sim7028": {b"AT+CIPCLOSE?": line(b"+CIPCLOSE: 0,1") + OK},
        "nl668": {b"AT+MIPCLOSE?": line(b"+MIPCLOSE: 2,6") + OK},
        "l610": {b"AT+MIPCLOSE?": line(b"+MIPCLOSE: 2") + line(b"+MIPCLOSE: 6") + OK},
    }[dialect]
    close = speech(dialect).close(0)[0][1][:-2]
    stale = dict(stale)
    modem, tape, clock, module = start(dialect, stale)
    module.normal.state = module.normal.active
    closed = {"bg96": (3, 11), "a7600": (1, 9), "sim7028": (1,), "nl668": (2, 6), "l610": (2, 6)}[dialect]
    for id in closed:
        stale[close + b"%d" % id] = speech(dialect).close(id)[1][1]
    module.differs = stale
    assert modem.attach("internet") == "10.0.0.1"
    assert [command for command in module.seen if command.startswith(close)] == [close + b"%d" % id for id in closed], (
        module.seen
    )
    assert not [
        command
        for command in module.seen
        if command.startswith(module.normal.activation) and not command.endswith(b"?")
    ]
    assert clock.now < 1000
    assert module.seen.count(ASK[dialect]) == 1 or dialect in ("a7600", "sim7028"), module.seen
    rest(tape)
    assert connect(modem, tape, speech(dialect))._link.id == speech(dialect).first


@cases("dialect", DIALECTS)
def test_nothing_stale(dialect):
    """Nothing open: bare OK or zeros (seen), nothing is closed."""
    none = {
        "bg96": OK,
        "a7600": line(b"+CIPCLOSE: 0,0,0,0,0,0,0,0,0,0") + OK,
        "sim7028": line(b"+CIPCLOSE: 0,0") + OK,
        "nl668": line(b"+MIPCLOSE: 0") + OK,
        "l610": OK,
    }[dialect]
    close = speech(dialect).close(0)[0][1][:-2]
    modem, tape, clock, module = start(dialect, {b"AT+QISTATE": none, close[:-1] + b"?": none})
    module.normal.state = module.normal.active
    assert modem.attach("internet") == "10.0.0.1"
    assert module.count(close) == 0


# -- the SIM


@cases("dialect", DIALECTS)
def test_sim_pin(dialect):
    """SIM PIN: sent once, never a second time; without pin= a clear error and no attempt."""
    modem, tape, clock, module = start(
        dialect, {b"AT+CPIN?": [line(b"+CPIN: SIM PIN") + OK, line(b"+CPIN: READY") + OK]}
    )
    assert modem.attach("internet", pin="1234") == "10.0.0.1"
    assert module.seen.count(b'AT+CPIN="1234"') == 1
    for answer in (ERROR, line(b"+CME ERROR: 16")):
        modem, tape, clock, module = start(dialect, {b"AT+CPIN?": line(b"+CPIN: SIM PIN") + OK, b"AT+CPIN=": answer})
        assert errno_of(lambda: modem.attach("internet", pin="9999")) == EACCES
        assert module.count(b"AT+CPIN=") == 1
    # Accepted, and asked for again all the same: not a second attempt.
    modem, tape, clock, module = start(dialect, {b"AT+CPIN?": line(b"+CPIN: SIM PIN") + OK})
    assert errno_of(lambda: modem.attach("internet", pin="9999")) == EACCES
    assert module.count(b"AT+CPIN=") == 1
    modem, tape, clock, module = start(dialect, {b"AT+CPIN?": line(b"+CPIN: SIM PIN") + OK})
    assert errno_of(modem.attach, "internet") == EACCES
    modem, tape, clock, module = start(dialect, {b"AT+CPIN?": line(b"+CPIN: SIM PUK") + OK})
    error = raises(OSError, lambda: modem.attach("internet", pin="1234"))
    assert error.args[0] == EACCES and "PUK" in str(error)
    assert module.count(b"AT+CPIN=") == 0


@cases("dialect", DIALECTS)
def test_no_sim(dialect):
    """+CME ERROR: 10: at once, and the error says it."""
    modem, tape, clock, module = start(dialect, {b"AT+CPIN?": line(b"+CME ERROR: 10")})
    error = raises(OSError, modem.attach, "internet")
    assert error.args[0] == ENODEV and "SIM" in str(error)
    assert clock.now < 30_000


@cases("dialect", DIALECTS)
def test_sim_busy_after_boot(dialect):
    """SIM busy, SIM failure, verbose or not, for some seconds (seen right after boot): asked again."""
    busy = [
        line(b"+CME ERROR: 14"),
        line(b"+CME ERROR: SIM busy"),
        line(b"+CME ERROR: SIM failure"),
        line(b"+CME ERROR: 13"),
        ERROR,
        line(b"+CPIN: READY") + OK,
    ]
    modem, tape, clock, module = start(dialect, {b"AT+CPIN?": busy})
    assert modem.attach("internet") == "10.0.0.1"
    assert 4000 <= clock.now <= 20_000


# -- registration


@cases("dialect", DIALECTS)
def test_registration_by_and_by(dialect):
    """Searching, then registered (home or roaming, in the form with and without area): attach() goes on."""
    for last in (b"+CEREG: 0,1", b"+CEREG: 0,5", b'+CEREG: 2,1,"1A2B","01C3D4E5",9'):
        with Case(dialect, last):
            searching = line(b"+CEREG: 0,2") + OK
            differs = {
                b"AT+CEREG?": [searching, searching, searching, line(last) + OK],
                b"AT+CREG?": line(b"+CREG: 0,2") + OK,
                b"AT+CGREG?": line(b"+CGREG: 0,0") + OK,
            }
            modem, tape, clock, module = start(dialect, differs)
            assert modem.attach("internet") == "10.0.0.1"
            assert 2000 <= clock.now <= 10_000


@cases("dialect", DIALECTS)
def test_never_registered(dialect):
    """Not registered until the deadline: ETIMEDOUT then, not later; the modem can try again."""
    differs = {
        b"AT+CEREG?": line(b"+CEREG: 0,2") + OK,
        b"AT+CREG?": line(b"+CREG: 0,3") + OK,
        b"AT+CGREG?": line(b"+CGREG: 0,0") + OK,
    }
    modem, tape, clock, module = start(dialect, differs)
    assert errno_of(lambda: modem.attach("internet", timeout_ms=20_000)) == ETIMEDOUT
    assert 20_000 <= clock.now <= 21_000, clock.now
    assert not modem.isconnected()
    module.differs = {}
    assert modem.attach("internet") == "10.0.0.1"


@cases("dialect", DIALECTS)
def test_radio_off(dialect):
    """AT+CFUN? says 4 or 0: AT+CFUN=1."""
    differs = {
        b"AT+CFUN?": line(b"+CFUN: 4") + OK,
        b"AT+CEREG?": [line(b"+CEREG: 0,0") + OK, line(b"+CEREG: 0,1") + OK],
        b"AT+CREG?": line(b"+CREG: 0,0") + OK,
        b"AT+CGREG?": line(b"+CGREG: 0,0") + OK,
    }
    modem, tape, clock, module = start(dialect, differs)
    assert modem.attach("internet") == "10.0.0.1"
    assert module.seen.count(b"AT+CFUN=1") == 1


# -- the context


def test_bg96_activation_refused_though_active():
    """AT+QIACT=1 answers ERROR when the context is active (seen): the address decides."""
    active = line(b'+QIACT: 1,1,1,"10.0.0.1"') + OK
    modem, tape, clock, module = start(
        "bg96",
        {
            b"AT+QIACT=": ERROR,
            b"AT+QIACT?": [OK, active],
            b"AT+QIGETERROR": line(b"+QIGETERROR: 572,Operation not allowed") + OK,
        },
    )
    assert modem.attach("internet") == "10.0.0.1"


@cases("dialect", ("a7600", "sim7028"))
def test_simcom_opened_already(dialect):
    """AT+NETOPEN answers "Network is already opened" and ERROR (seen): NETOPEN? decides."""
    opened = line(b"+NETOPEN: 1") + OK
    refused = line(b"+IP ERROR: Network is already opened") + ERROR
    modem, tape, clock, module = start(
        dialect, {b"AT+NETOPEN?": [line(b"+NETOPEN: 0") + OK, opened], b"AT+NETOPEN": refused}
    )
    assert modem.attach("internet") == "10.0.0.1"


@cases("dialect", DIALECTS)
def test_activation_refused(dialect):
    """The context does not come up: an OSError that names the command; not attached."""
    says = speech(dialect).attach()
    refusals = [ERROR]
    if dialect in ("a7600", "sim7028"):
        refusals += [OK + line(b"+NETOPEN: 1"), OK + line(b"+NETOPEN: failed"), line(b"+NETOPEN: 5") + ERROR]
    if dialect in ("nl668", "l610"):
        refusals += [OK + line(b"+MIPCALL: 0"), line(b"+CME ERROR: 2031")]
    for refusal in refusals:
        with Case(dialect, refusal):
            differs = {
                says.question: says.state,
                says.activation: refusal,
                b"AT+QIGETERROR": line(b"+QIGETERROR: 561, Open PDP context failed") + OK,
            }
            modem, tape, clock, module = start(dialect, differs)
            error = raises(OSError, modem.attach, "internet")
            assert says.activation.decode() in str(error), str(error)
            assert not modem.isconnected() and modem.local_address() is None


@cases("dialect", DIALECTS)
def test_address_forms(dialect):
    """The forms in which the address has been seen."""
    forms = {
        "bg96": [b'+QIACT: 1,1,1,"10.0.0.1"', b'+QIACT:1,1,1,"10.0.0.1"', b"+QIACT: 1,1,1,10.0.0.1"],
        "nl668": [
            b"+MIPCALL: 1,10.0.0.1",
            b'+MIPCALL: 1,"10.0.0.1"',
            b"+MIPCALL:1,10.0.0.1",
            b"+MIPCALL: 1,10.0.0.1,fe80::1",
        ],
    }
    forms["l610"] = forms["nl668"]
    for form in forms.get(dialect, [b"+NETOPEN: 1", b"+NETOPEN:1", b"+NETOPEN: 1,0"]):
        with Case(dialect, form):
            modem, tape, clock, module = start(dialect)
            module.normal.active = line(form) + OK
            assert modem.attach("internet") == "10.0.0.1"


def test_bg96_lists_other_contexts():
    """AT+QIACT? lists contexts of others, and ours with state 0: only ours with state 1 counts."""
    others = line(b'+QIACT: 2,1,1,"10.9.9.9"') + line(b"+QIACT: 1,0,1")
    ours = line(b'+QIACT: 2,1,1,"10.9.9.9"') + line(b'+QIACT: 1,1,1,"10.0.0.1"')
    modem, tape, clock, module = start("bg96", {b"AT+QIACT?": [others + OK, ours + OK]})
    assert modem.attach("internet") == "10.0.0.1"
    assert b"AT+QIACT=1" in module.seen


@cases("dialect", DIALECTS)
def test_detaching(dialect):
    """detach() deactivates the context; the next attach() brings it up again."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    if dialect in ("nl668", "l610"):
        module.differs = {b"AT+MIPCALL=0": OK + line(b"+MIPCALL: 0")}
    if dialect in ("a7600", "sim7028"):
        module.differs = {b"AT+NETCLOSE": OK + line(b"+NETCLOSE: 0")}
    modem.detach()
    assert not modem.isconnected() and modem.local_address() is None
    assert module.seen[-1] == {"bg96": b"AT+QIDEACT=1", "nl668": b"AT+MIPCALL=0", "l610": b"AT+MIPCALL=0"}.get(
        dialect, b"AT+NETCLOSE"
    )
    module.differs = {}
    module.normal = speech(dialect).attach()
    assert modem.attach("internet") == "10.0.0.1"


# -- no answer, wrong module


@cases("dialect", DIALECTS)
def test_module_that_boots(dialect):
    """Silent for some seconds, then its boot words: attach() waits for it."""
    modem, tape, clock, module = start(dialect)
    tape.auto = None
    awake = []

    def answer(command):
        if clock.now < 8000:
            return b""
        if not awake:
            awake.append(1)
            return line(b"RDY") + line(b"+CFUN: 1") + line(b"+CPIN: READY") + line(b"SMS DONE")
        return module(command)

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert clock.now < 20_000


@cases("dialect", DIALECTS)
def test_silent_module(dialect):
    """No answer at all: ETIMEDOUT in bounded time, and the error says what to check."""
    modem, tape, clock, module = start(dialect)
    tape.auto = lambda command: b""
    error = raises(atsock.Timeout, modem.attach, "internet")
    assert error.args[0] == ETIMEDOUT
    assert clock.now <= 40_000, clock.now
    tape.auto = module
    assert modem.attach("internet") == "10.0.0.1"


@cases("dialect", DIALECTS)
def test_noise_before(dialect):
    """Half a line, binary rubbish, or an old answer in the line when attach() begins."""
    for rubbish in (
        b"\x00\xff\xfe\x80\r\n",
        b"half a li",
        b"\r\nOK\r\n",
        b"\r\n> ",
        line(b"+CSQ: 3,99") + OK,
        b"\xff" * 700,
    ):
        for cut in (0, 1):
            with Case(dialect, rubbish[:10], cut):
                modem, tape, clock, module = start(dialect)
                tape.cut = cut
                tape.input.append([0, "!", rubbish])
                assert modem.attach("internet") == "10.0.0.1"


class Interrupt(Exception):
    """What a program may raise into a call that waits."""


@cases("call", ("attach", "recover"))
@cases("dialect", DIALECTS)
def test_interrupted(dialect, call):
    """Ctrl-C in the middle of attach() or recover(): the next attach() begins anew, nothing is taken for being under
    way."""
    modem, tape, clock, module = start(dialect)
    if call == "recover":
        modem.attach("internet")
    module.differs = {b"AT+CPIN?": line(b"+CME ERROR: 14")}
    interrupt_at = clock.now + 5000

    def wait(ms, writing):
        if clock.now > interrupt_at:
            raise Interrupt()
        clock.wait(ms, writing)

    modem._engine.port.wait = wait
    raises(Interrupt, modem.recover if call == "recover" else lambda: modem.attach("internet"))
    modem._engine.port.wait = clock.wait
    module.differs = {}
    assert modem.attach("internet") == "10.0.0.1"


NAMES = {
    "bg96": [(b"BG96", b""), (b"", b"Quectel\r\nBG96\r\nRevision: BG96MAR02A07M1G")],
    "a7600": [
        (b"A7670E-LASA", b""),
        (b"SIMCOM_SIM7600E-H", b""),
        (b"", b"Manufacturer: SIMCOM INCORPORATED\r\nModel: A7672S-FASE\r\nRevision: A7672M7_V1.11.1"),
    ],
    "sim7028": [(b"SIM7028", b""), (b"SIMCOM_SIM7028", b"")],
    "nl668": [(b'+CGMM: "NL668-EU","NL668-EU-00"', b""), (b"NL668-EAU-01", b"")],
    "l610": [(b'+CGMM: "L610-CN","L610-CN-00"', b""), (b"L610", b"")],
}


@cases("dialect", DIALECTS)
def test_identified_by_name(dialect):
    """Modem without a dialect: AT+CGMM or ATI tell which it is."""
    for model, information in NAMES[dialect]:
        with Case(dialect, model, information):
            differs = {b"AT+CGMM": line(model) + OK if model else ERROR, b"ATI": b"\r\n" + information + b"\r\n" + OK}
            modem, tape, clock, module = start(dialect, differs, said="")
            assert modem.attach("internet") == "10.0.0.1"
            assert modem._engine.dialect == dialect


def test_unknown_module_is_named():
    differs = {b"AT+CGMM": line(b"SIM800L") + OK, b"ATI": line(b"SIM800 R14.18") + OK}
    modem, tape, clock, module = start("bg96", differs, said="")
    error = raises(atsock.ModemError, modem.attach, "internet")
    assert error.args[0] == ENODEV and "SIM800" in str(error)
    modem, tape, clock, module = start("bg96", {b"AT+CGMM": ERROR, b"ATI": ERROR}, said="")
    assert errno_of(modem.attach, "internet") == ENODEV
