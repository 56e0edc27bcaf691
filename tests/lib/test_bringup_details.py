"""attach(), word by word: its arguments, the steps behind registration, what it begins anew for."""

import atsock
from cases import cases
from fakes import Case, errno_of, raises
from frames import DIALECTS, ERROR, OK, line, speech
from scenes import rest
from test_bringup import ASK, NAMES, start
from test_bringup_field import ASKS, READY, cpin, progress_of
from test_registration_details import next_of
from test_recovery import DEACTIVATE, down

EIO, ENODEV, EAFNOSUPPORT, ENETDOWN = 5, 19, 97, 100
UNKNOWN = {  # what a module without a dialect answers to the question who it is
    dialect: {b"AT+CGMM": line([model for model, _ in NAMES[dialect] if model][0]) + OK} for dialect in DIALECTS
}
REASON = line(b"+QIGETERROR: 572,Operation not allowed") + OK  # BG96: behind a bare ERROR
INACTIVE = {"bg96": b"+QIACT: 1,0,1", "nl668": b"+MIPCALL: 0", "l610": b"+MIPCALL: 0"}  # SIMCom: +NETOPEN: 0


def deactivate(dialect):
    return DEACTIVATE.get(dialect, b"AT+NETCLOSE")


def active(dialect, **differs):
    """A module whose context is active before anybody asks."""
    modem, tape, clock, module = start(dialect, **differs)
    module.normal.state = module.normal.active
    return modem, tape, clock, module


# -- arguments


@cases("said", ("bg96", ""), ("dialect given", "dialect not known"))
def test_auth_that_nobody_has(said):
    """Before a byte is sent, whatever is known of the module."""
    modem, tape, clock, module = start("bg96", UNKNOWN["bg96"], said=said)
    for auth in (4, -1, "1"):
        raises(ValueError, lambda: modem.attach("internet", user="me", password="x", auth=auth))
    assert module.seen == []


@cases("dialect", DIALECTS)
def test_auth_of_a_module_that_is_not_known_yet(dialect):
    """It is looked at when the module has told who it is."""
    modem, tape, clock, module = start(dialect, UNKNOWN[dialect], said="")
    assert modem.attach("internet", user="me", password="x", auth=1) == "10.0.0.1"
    modem, tape, clock, module = start(dialect, UNKNOWN[dialect], said="")
    try:
        assert modem.attach("internet", user="me", password="x", auth=3) == "10.0.0.1"
        assert dialect != "nl668"
    except ValueError:
        assert dialect == "nl668"
        assert not [command for command in module.seen if b'"me"' in command]


def test_a_pin_that_worked_is_sent_again_by_the_program():
    """The module lost it by a restart: attach() with the same PIN."""
    modem, tape, clock, module = start("bg96", cpin(ASKS, READY))
    for n in (1, 2):
        assert modem.attach("internet", pin="1234") == "10.0.0.1"
        assert module.count(b"AT+CPIN=") == n
        modem._session.set_down()
        module.differs = cpin(ASKS, READY)


@cases("first", ("named", None), ("attached by an APN", "attached by what is stored"))
@cases("dialect", DIALECTS)
def test_the_apn_of_a_recovery(dialect, first):
    """The one of attach(); where that was given none, what set_apn() says meanwhile."""
    modem, tape, clock, module = start(dialect)
    modem.attach(first)
    modem.set_apn("later")
    modem._session.set_down()
    module.normal = speech(dialect).attach()
    del module.seen[:]
    modem.recover()
    said = [command for command in module.seen if b"named" in command or b"later" in command]
    assert said and all((b"named" if first else b"later") in command for command in said), module.seen


@cases("family", ((atsock.AF_INET, b"1"), (atsock.AF_INET6, b"6")), ("IPv4", "IPv6"))
def test_family_of_a_context(family):
    """SIM7028 2.1.18: which family NETOPEN is for."""
    modem, tape, clock, module = start("sim7028")
    modem.attach("internet", family=family[0])
    assert b"AT+CSOCKSETPN=1," + family[1] in module.seen, module.seen


def test_no_ipv6():
    """NL668 1.1.1 has no IPv6 context."""
    modem, tape, clock, module = start("nl668")
    error = raises(atsock.ModemError, lambda: modem.attach("internet", family=atsock.AF_INET6))
    assert error.errno == EAFNOSUPPORT and module.count(b"AT+MIPCALL=") == 0, error


def test_commands_before_anything_is_known():
    """A Modem without a dialect sends what it is told, also what may be some dialect's end of the context."""
    for command in ("AT+CGMM", "AT+QIDEACT=1"):
        modem, tape, clock, module = start("bg96", UNKNOWN["bg96"], said="")
        modem.command(command)
        assert module.seen == [command.encode()]


# -- the steps, and how they are told


@cases("dialect", DIALECTS)
def test_steps_behind_registration(dialect):
    """Told as they begin."""
    modem, tape, clock, module = start(dialect)
    told, error = progress_of(modem)
    steps = [pair for pair in told if pair[0] in ("identify", "context")]
    assert steps == [
        ("identify", ""), ("identify", dialect), ("context", ""), ("context", "activating"), ("context", "10.0.0.1"),
    ], steps  # fmt: skip
    if dialect == "bg96":  # 2.1.15, 2.1.16
        assert b"AT+QISDE=0" in module.seen and b'AT+QICFG="viewmode",0' in module.seen


def test_an_unknown_module_is_an_error_of_its_step():
    modem, tape, clock, module = start("bg96", {b"AT+CGMM": line(b"SIM800L") + OK, b"ATI": OK}, said="")
    error = raises(atsock.ModemError, modem.attach, "internet")
    assert error.where == "identify", error


@cases("dialect", DIALECTS)
def test_a_refused_activation_says_what_to_look_at(dialect):
    says = speech(dialect).attach()
    modem, tape, clock, module = start(
        dialect, {says.question: says.state, says.activation: ERROR, b"AT+QIGETERROR": REASON}
    )
    error = raises(atsock.CommandError, modem.attach, "internet")
    assert error.where == "context: activating, check APN, user and password", error.where
    assert str(error).startswith("[Errno %d] %s: AT+" % (error.errno, error.where)), str(error)


@cases("dialect", DIALECTS)
def test_a_context_that_is_lost_is_deactivated_where_it_must_be(dialect):
    """BG96 2.2.5 always; else only when the module still calls it active.  Not when nothing is known of a loss."""
    for told_active in (False, True):
        for lost in (False, True):
            modem, tape, clock, module = (active if told_active else start)(dialect)
            module.differs = {deactivate(dialect): down(dialect)}
            modem._engine.pdp_lost = lost
            told, error = progress_of(modem)
            expected = lost and (told_active or dialect == "bg96")
            assert error is None and module.count(deactivate(dialect)) == expected, (told_active, lost, module.seen)
            assert (("context", "deactivating") in told) == expected, told


@cases("dialect", DIALECTS)
def test_activated_and_not_active(dialect):
    """The activation is answered as it should be, and the module says all the same that the context is not there."""
    says = speech(dialect).attach()
    modem, tape, clock, module = start(dialect, {says.question: says.state})
    error = raises(atsock.ModemError, modem.attach, "internet")
    assert error.errno == ENETDOWN and "not active" in str(error), error


@cases("dialect", ("nl668", "l610"))
def test_a_context_that_changes(dialect):
    """Asked once a second while it is connecting."""
    modem, tape, clock, module = start(dialect)
    module.differs = {b"AT+MIPCALL?": [line(b"+MIPCALL: 2") + OK] * 10 + [module.normal.active]}
    assert modem.attach("internet") == "10.0.0.1"
    assert 10_000 <= clock.now < 12_000 and module.count(b"AT+MIPCALL?") == 11


@cases("dialect", ("a7600", "sim7028"))
def test_connections_of_an_earlier_program_would_take_the_line(dialect):
    """A7600 2.10: CIPMODE=1 was left; set back, which takes a new context, whose address counts."""
    modem, tape, clock, module = active(dialect)
    left = [1]
    addresses = [b"10.0.0.9", b"10.0.0.1"]

    def answer(command):
        if command == b"AT+CIPMODE?":
            module.seen.append(command)
            return line(b"+CIPMODE: %d" % left[-1]) + OK
        if command == b"AT+CIPMODE=0":
            left.append(0)
        if command == b"AT+IPADDR":
            return line(b"+IPADDR: " + addresses[len(left) - 1]) + OK
        return down(dialect) if command == b"AT+NETCLOSE" else module(command)

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert left[-1] == 0 and b"AT+NETOPEN" in module.seen, module.seen


@cases("dialect", ("a7600", "sim7028"))
def test_connections_would_take_the_line_behind_a_lost_network(dialect):
    """A7600 2.10: CIPMODE=1 is still there when the network has gone; set back before the context is activated anew."""
    modem, tape, clock, module = start(dialect)
    module.differs = {b"AT+CIPMODE?": line(b"+CIPMODE: 1") + OK}
    assert modem.attach("internet") == "10.0.0.1"
    at = module.seen.index(b"AT+CIPMODE=0")
    assert at < module.seen.index(b"AT+NETOPEN") and module.count(b"AT+NETCLOSE") == 0, module.seen


@cases("dialect", ("a7600", "sim7028"))
def test_connections_that_do_not_take_the_line(dialect):
    """CIPMODE=0: the context stays as it is."""
    modem, tape, clock, module = active(dialect)
    module.differs = {b"AT+CIPMODE?": line(b"+CIPMODE: 0") + OK}
    assert modem.attach("internet") == "10.0.0.1"
    assert module.count(b"AT+NETCLOSE") == 0, module.seen


@cases("dialect", ("a7600", "sim7028"))
def test_some_firmware_tells_the_address_with_the_state(dialect):
    """It is not asked for then."""
    modem, tape, clock, module = start(dialect)
    module.normal.active = line(b"+NETOPEN: 1,10.0.0.1") + OK
    assert modem.attach("internet") == "10.0.0.1" and module.count(b"AT+IPADDR") == 0


@cases("answer", (b"", line(b"RDY")), ("no answer", "a restart"))
@cases("dialect", ("a7600", "sim7028"))
def test_an_address_that_is_not_told(dialect, answer):
    """Nobody answers, or the module restarts: attach() begins anew at once."""
    modem, tape, clock, module = start(dialect, {b"AT+IPADDR": [answer, line(b"+IPADDR: 10.0.0.1") + OK]})
    assert modem.attach("internet") == "10.0.0.1"
    assert module.count(b"ATE0") == 2 and module.count(b"AT+CGPADDR") == 0, module.seen


@cases("dialect", ("a7600", "sim7028"))
def test_open_without_an_address_is_lost(dialect):
    """AT+IPADDR is refused behind the activation, too: the next attach() opens it anew, although it says that it is."""
    modem, tape, clock, module = start(dialect, {b"AT+IPADDR": line(b"+IP ERROR: Network not opened") + ERROR})
    assert errno_of(modem.attach, "internet") == EIO
    del module.seen[:]
    module.differs = {b"AT+NETCLOSE": down(dialect)}
    assert modem.attach("internet") == "10.0.0.1"
    assert b"AT+NETCLOSE" in module.seen, module.seen


@cases("at", ("AT+QICSGP=", "AT+QIACT=", "AT+QIACT?"))
def test_a_restart_while_the_context_comes_up(at):
    """Begun anew at once, whichever command it was."""
    modem, tape, clock, module = start("bg96")
    boots = [line(b"RDY")]
    hit = []

    def answer(command):
        if boots and command.startswith(at.encode()):
            hit.append(command)
            module.seen.append(command)
            return boots.pop()
        return module(command)

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert next_of(module, hit[0]) == b"AT", module.seen


# -- begun anew, and given up


def lost_at_the_end(dialect, times):
    """A module that tells the loss of its network right behind the last answer to attach(), so often."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    last = module.seen[-1]
    modem, tape, clock, module = start(dialect)
    lost = [speech(dialect).lost] * times

    def answer(command):
        reply = module(command)
        if command == last and b"10.0.0.1" in reply and lost:
            module.normal = speech(dialect).attach()
            return reply + lost.pop()
        return down(dialect) if command.startswith(deactivate(dialect)) else reply

    tape.auto = answer
    return modem, module


@cases("dialect", DIALECTS)
def test_lost_right_behind_the_last_answer(dialect):
    """All is to be done once more, although each command has succeeded; not for ever."""
    modem, module = lost_at_the_end(dialect, 1)
    assert modem.attach("internet") == "10.0.0.1" and modem.isconnected()
    assert module.count(b"ATE0") == 2 and not modem._engine.pdp_lost
    modem, module = lost_at_the_end(dialect, 9)
    error = raises(atsock.ModemError, modem.attach, "internet")
    assert error.errno == ENETDOWN and "lost" in str(error) and not modem.isconnected(), error
    assert module.count(b"ATE0") == 4


@cases("restarts", (3, 4))
def test_restarts_on_the_way(restarts):
    """Three are borne, the fourth is told."""
    modem, tape, clock, module = start("bg96", cpin(*([line(b"RDY")] * restarts + [READY])))
    if restarts == 3:
        assert modem.attach("internet") == "10.0.0.1"
    else:
        raises(atsock.Restarted, modem.attach, "internet")
    assert module.count(b"ATE0") == 4


def test_a_module_that_falls_silent_is_begun_anew_with_once():
    modem, tape, clock, module = start("bg96", {b"AT+QICSGP=": b""})
    error = raises(atsock.Timeout, lambda: modem.attach("internet", timeout_ms=3_000_000))
    assert module.count(b"ATE0") == 2 and module.count(b"AT+QICSGP=") == 2, error


@cases("dialect", DIALECTS)
def test_errors_behind_an_attach_are_not_its_own(dialect):
    """What runs out of time later names nothing of it."""
    modem, tape, clock, module = start(dialect)
    assert modem.attach("internet") == "10.0.0.1"
    tape.auto = lambda command: b""
    socket = modem.socket()
    socket.settimeout(1)
    error = raises(atsock.Timeout, socket.connect, ("192.0.2.7", 5005))
    assert error.where == "" and "connect" in str(error), error


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_the_access_mode_is_set_up_anew_behind_a_restart(dialect):
    """The module has forgotten it."""
    setting = b"AT+QICFG=" if dialect == "bg96" else b"AT+CIPRXGET="
    modem, tape, clock, module = start(dialect)
    for _ in range(2):
        tape.auto = module
        modem.attach("internet")
        rest(tape)
        heard = []
        socket = modem.socket()
        says = speech(dialect)

        def answer(command):
            heard.append(command)
            return says.opened(command, says.link_of(command)) if command.startswith(says.open_line(b"")) else OK

        tape.auto = answer
        socket.connect(("192.0.2.7", 5005))
        assert [command for command in heard if command.startswith(setting)], heard
        rest(tape)
        module.normal = speech(dialect).attach()
        tape.input.append([0, "!", line(b"RDY")])
        modem.poll()


# -- is it there still?


def checked(modem):
    """What comes of the question whether the context is there still."""
    session = modem._session
    job = session.spawn(session.check_attached(session))
    while not job.done:
        modem.poll(1000)
    return job.result()


@cases("answers", (
    (ERROR,), (ERROR, ERROR), (ERROR, ERROR, ERROR), (b"", ERROR), (OK, ERROR), (ERROR, OK),
), "abcdef")  # fmt: skip
@cases("dialect", DIALECTS)
def test_a_question_that_is_refused_is_asked_again(dialect, answers):
    """A refusal tells nothing of the context, nor does one OK without the line."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    del module.seen[:]
    module.differs = {module.normal.question: list(answers) + [module.normal.active], b"AT+QIGETERROR": REASON}
    begin = clock.now
    assert checked(modem) is True and modem.isconnected()
    refused = [answer for answer in answers if answer != OK]
    assert clock.now - begin >= 2000 * len(refused) + 500 * (len(answers) - len(refused)), clock.now - begin
    assert module.seen.count(module.normal.question) == len(answers) + 1, module.seen


@cases("dialect", ("nl668", "l610"))
def test_a_context_that_changes_is_not_lost_yet(dialect):
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    module.differs = {b"AT+MIPCALL?": [line(b"+MIPCALL: 2") + OK] * 3 + [module.normal.active]}
    assert checked(modem) is True and modem.isconnected()


@cases("dialect", DIALECTS)
def test_nothing_is_asked_when_it_is_known(dialect):
    """Detached, or never attached."""
    modem, tape, clock, module = start(dialect)
    assert checked(modem) is False and module.seen == []
    modem.attach("internet")
    modem._session.set_down()
    del module.seen[:]
    assert checked(modem) is False and module.seen == []


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_a_loss_that_is_told_while_it_is_asked_for(dialect):
    """By a notice in front of the answer: told once, and nothing more is asked."""
    events = []
    modem, tape, clock, module = start(dialect, on_event=lambda event, socket, value: events.append(event))
    modem.attach("internet")
    del module.seen[:], events[:]
    inactive = line(INACTIVE.get(dialect, b"+NETOPEN: 0")) + OK
    module.differs = {module.normal.question: speech(dialect).lost + inactive}
    assert checked(modem) is False and events == [atsock.EVENT_NETWORK_LOST]
    assert module.seen == [module.normal.question]


@cases("scene", ("settings kept", "settings not told", "settings refused", "echo of before", "no such setting"))
@cases("dialect", DIALECTS)
def test_what_tells_a_restart_from_a_loss(dialect, scene):
    """Echo, and what AT+CMEE? says now; where that was refused from the beginning nothing tells them apart, and the
    sockets are dead either way."""
    events = []
    modem, tape, clock, module = start(dialect, on_event=lambda event, socket, value: events.append(event))
    if scene == "no such setting":
        module.differs = {b"AT+CMEE": ERROR}
    modem.attach("internet")
    if scene == "echo of before":
        module.differs = {b"AT+X": b"AT+X\r" + OK}
        modem.command("AT+X")
    answers = {"settings kept": line(b"+CMEE: 1") + OK, "settings not told": OK, "echo of before": OK}
    module.differs = {
        module.normal.question: line(INACTIVE.get(dialect, b"+NETOPEN: 0")) + OK,
        b"AT+CMEE?": answers.get(scene, ERROR), b"AT+QIGETERROR": ERROR,
    }  # fmt: skip
    del events[:]
    assert checked(modem) is False and not modem.isconnected()
    expected = atsock.EVENT_RESTARTED if scene == "no such setting" else atsock.EVENT_NETWORK_LOST
    assert [event for event in events if event != atsock.EVENT_UNKNOWN] == [expected], events


@cases("dialect", DIALECTS)
def test_the_line_of_the_address_is_damaged(dialect):
    """One byte of it, behind the activation or where the context is active already: the module is asked once more."""
    asked = b"AT+IPADDR" if dialect in ("a7600", "sim7028") else ASK[dialect]
    for old, new in ((b"10.0.0.1", b"10.0.01"), (b": ", b"; "), (b"+", b"K")):
        for is_active in (False, True):
            with Case(old, is_active):
                modem, tape, clock, module = start(dialect)
                if is_active:
                    module.normal.state = module.normal.active
                answers = []

                def answer(command, module=module, answers=answers, old=old, new=new):
                    said = module(command)
                    if command == asked and b"10.0.0.1" in said:
                        answers.append(said)
                        return said if len(answers) > 1 else said.replace(old, new, 1)
                    return said

                tape.auto = answer
                assert modem.attach("internet") == "10.0.0.1"
                assert clock.now < 5000 and answers
