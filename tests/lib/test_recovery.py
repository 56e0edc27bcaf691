"""recover(): which steps it takes, that each is bounded, that it climbs; and losses that no notice tells."""

import atsock
from cases import cases
from fakes import Case, Stuck, errno_of, raises
from frames import DIALECTS, ERROR, OK, PEER, PORT, line, speech
from scenes import answers, attached, connect
from test_bringup import ASK, start

EAGAIN, EACCES, ENETDOWN, ECONNRESET = 11, 13, 100, 104
DEACTIVATE = {"bg96": b"AT+QIDEACT=", "nl668": b"AT+MIPCALL=0", "l610": b"AT+MIPCALL=0"}
RESTART = b"AT+CFUN=1,1"


def down(dialect):
    return {"bg96": OK, "nl668": OK + line(b"+MIPCALL: 0"), "l610": OK + line(b"+MIPCALL: 0")}.get(
        dialect, OK + line(b"+NETCLOSE: 0")
    )


class Field:
    """A module that is attached, and what may happen to it.

    dead: it answers nothing; wrong: {beginning of a command: its answer}; both until `cure` has been done (a command,
    or b"reset").
    """

    def __init__(self, dialect, with_reset=True, **options):
        self.dialect = dialect
        self.deactivate = DEACTIVATE.get(dialect, b"AT+NETCLOSE")
        if with_reset:
            options["reset"] = lambda: self.done(b"reset")
        self.modem, self.tape, self.clock, self.module = start(dialect, None, **options)
        assert self.modem.attach("internet") == "10.0.0.1"
        self.dead = False
        self.wrong = {}
        self.cure = None
        self.tape.auto = self.answer
        del self.module.seen[:]

    def answer(self, command):
        self.done(command)
        if self.dead:
            return b""
        if command.startswith(self.deactivate):
            self.module.normal = speech(self.dialect).attach()
            self.module.seen.append(command)
            return down(self.dialect)
        if command == RESTART:
            self.module.normal = speech(self.dialect).attach()
            self.module.seen.append(command)
            return OK + line(b"RDY")
        for beginning, answer in self.wrong.items():
            if command.startswith(beginning):
                self.module.seen.append(command)
                return answer
        return self.module(command)

    def done(self, what):
        if self.cure is not None and what == self.cure:
            self.cure = None
            self.dead = False
            self.wrong = {}
            self.module.normal = speech(self.dialect).attach()

    def open(self):
        """The outcome of a connect()."""
        socket = self.modem.socket()
        says = speech(self.dialect)
        opens = answers(says)
        auto = self.tape.auto
        self.tape.auto = lambda command: (opens if command.startswith(says.open_line(b"")) else auto)(command)
        try:
            socket.connect((PEER, PORT))
            return socket
        finally:
            self.tape.auto = auto


# -- the steps


@cases("dialect", DIALECTS)
def test_attach_is_enough(dialect):
    """After a loss that the module has told: the first step, and its name."""
    for lost in (speech(dialect).lost, line(b"RDY")):
        field = Field(dialect)
        field.module.normal = speech(dialect).attach()
        field.tape.input.append([0, "!", lost])
        field.modem.poll()
        assert not field.modem.isconnected()
        assert field.modem.recover() == ["attach"]
        assert field.modem.isconnected() and field.modem.local_address() == "10.0.0.1"


@cases("dialect", DIALECTS)
def test_deactivated_when_it_carries_nothing(dialect):
    """The module calls the context active; an open fails because it is not: it is deactivated first."""
    codes = {"bg96": ERROR, "a7600": line(b"+CIPOPEN: 0,2") + ERROR, "sim7028": line(b"+CIPOPEN: 0,2") + ERROR}
    refusal = codes.get(dialect, line(b"+CME ERROR: 2031"))
    field = Field(dialect)
    field.wrong = {speech(dialect).open_line(b""): refusal, b"AT+QIGETERROR": line(b"+QIGETERROR: 561,x") + OK}
    assert errno_of(field.modem.socket().connect, (PEER, PORT)) == ENETDOWN
    field.wrong = {}
    assert field.modem.recover() == ["deactivate"]
    assert [command for command in field.module.seen if command.startswith(field.deactivate)], field.module.seen
    assert field.modem.isconnected()


@cases("dialect", DIALECTS)
def test_deactivated_when_no_name_is_found(dialect):
    field = Field(dialect)
    field.wrong = {b"AT+QIDNSGIP": ERROR, b"AT+CDNSGIP": line(b"+CDNSGIP: 0,10") + ERROR, b"AT+MIPDNS": ERROR}
    raises(OSError, field.modem.resolve, "example.com")
    field.wrong = {}
    assert field.modem.recover() == ["deactivate"]


@cases("dialect", DIALECTS)
def test_it_climbs_as_long_as_nothing_works(dialect):
    """The context comes up each time and carries nothing: attach, deactivate, restart, reset; an open that works ends
    it."""
    field = Field(dialect)
    assert field.modem.recover() == ["attach"]
    assert field.modem.recover() == ["deactivate"]
    assert field.modem.recover() == ["restart"]
    assert RESTART in field.module.seen
    assert field.modem.recover() == ["reset"]
    field.open()
    assert field.modem.recover() == ["attach"]


@cases("dialect", DIALECTS)
def test_it_climbs_to_the_last_step_and_stays_there(dialect):
    """That is a restart by command where there is no reset."""
    for with_reset in (False, True):
        field = Field(dialect, with_reset)
        steps = [field.modem.recover() for _ in range(6)]
        assert steps[:3] == [["attach"], ["deactivate"], ["restart"]]
        assert steps[3] == (["reset"] if with_reset else ["restart"]), steps


@cases("dialect", DIALECTS)
def test_where_nothing_has_helped_it_begins_below(dialect):
    """The SIM asks for a PIN, which no step changes: the first error is raised, and nothing is restarted next time."""
    field = Field(dialect)
    assert field.modem.recover() == ["attach"] and field.modem.recover() == ["deactivate"]
    field.wrong = {b"AT+CPIN?": line(b"+CPIN: SIM PIN") + OK}
    assert raises(OSError, field.modem.recover).args[0] == EACCES
    field.wrong = {}
    assert field.modem.recover() == ["deactivate"]


@cases("dialect", DIALECTS)
def test_deactivated_when_the_network_is_known_to_be_lost(dialect):
    field = Field(dialect)
    field.modem._engine.pdp_lost = True
    assert field.modem.recover() == ["deactivate"]


@cases("dialect", DIALECTS)
def test_ids_are_free_after_a_recovery(dialect):
    """Nothing is left to be closed."""
    field = Field(dialect)
    socket = field.open()
    says = speech(dialect)
    field.tape.input.append([0, "!", says.closed(says.first)])
    field.modem.poll()
    assert field.modem.recover() == ["attach"]
    del field.module.seen[:]
    socket.close()
    assert field.open()._link.id == says.first
    close = says.close(says.first)[0][1][:-1]
    assert close not in field.module.seen


@cases("dialect", DIALECTS)
def test_a_loss_much_later_is_another_one(dialect):
    field = Field(dialect)
    for _ in range(3):
        field.clock.pass_ms(600_000)
        field.module.normal = speech(dialect).attach()
        field.tape.input.append([0, "!", speech(dialect).lost])
        field.modem.poll()
        assert field.modem.recover() == ["attach"]


@cases("dialect", DIALECTS)
def test_each_cure(dialect):
    """A module that is helped by one step only: recover() gets there, and says which it took."""
    active = speech(dialect).attach().activation
    for wrong, cure, steps in (
        ({active: ERROR}, RESTART, ["attach", "deactivate", "restart"]),
        ({active: ERROR}, b"reset", ["attach", "deactivate", "restart", "reset"]),
        ({b"AT+CEREG?": ERROR, b"AT+CREG?": ERROR, b"AT+CGREG?": ERROR}, RESTART, ["attach", "deactivate", "restart"]),
        ({b"AT+CPIN?": line(b"+CME ERROR: 13")}, b"reset", ["attach", "deactivate", "restart", "reset"]),
    ):
        with Case(dialect, cure):
            field = Field(dialect)
            field.modem._session.set_down()
            field.module.normal = speech(dialect).attach()
            field.wrong = dict(wrong)
            if active in field.wrong:
                field.wrong[ASK[dialect]] = field.module.normal.state
            field.cure = cure
            assert field.modem.recover() == steps
            assert field.modem._session.restarts == 1  # whatever steps it took
            assert field.modem.isconnected()


@cases("dialect", DIALECTS)
def test_a_hung_module_is_reset(dialect):
    """It answers nothing: what is sent to it is in vain, the hardware's reset follows at once."""
    field = Field(dialect)
    field.dead = True
    field.cure = b"reset"
    begin = field.clock.now
    assert field.modem.recover() == ["attach", "reset"]
    assert field.clock.now - begin < 60_000


@cases("with_reset", (False, True))
@cases("dialect", DIALECTS)
def test_each_step_is_bounded(dialect, with_reset):
    """Nothing helps: the module is silent, denied, or never answers the activation.  8 minutes at most, then the first
    error."""
    denied = {b"AT+" + name + b"?": line(b"+" + name + b": 0,3") + OK for name in (b"CEREG", b"CREG", b"CGREG")}
    active = speech(dialect).attach().activation
    for wrong, word in ((None, "sync"), (denied, "denied"), ({active: b""}, "context")):
        with Case(dialect, word):
            field = Field(dialect, with_reset)
            field.modem._session.set_down()
            field.dead = wrong is None
            field.wrong = dict(wrong or {})
            if active in field.wrong:
                field.wrong[ASK[dialect]] = speech(dialect).attach().state
            begin = field.clock.now
            error = raises(OSError, field.modem.recover)
            assert field.clock.now - begin <= 500_000, field.clock.now - begin
            assert word in str(error), str(error)
            assert not field.modem.isconnected()


def test_restarts_in_a_row_wait():
    """BG96 manual 1.1: after four in a row 10, 30 and 60 minutes pass before the next one."""
    field = Field("bg96", False)
    field.modem._session.set_down()
    field.wrong = {b"AT+CPIN?": line(b"+CME ERROR: 13")}
    for wait_s in (0, 0, 0, 0, 600, 1800, 3600, 3600):
        if wait_s:
            field.clock.pass_ms((wait_s - 400) * 1000)
            assert errno_of(field.modem.recover) == EAGAIN
            field.clock.pass_ms(400 * 1000)
        begin = field.module.count(RESTART)
        assert errno_of(field.modem.recover) != EAGAIN
        assert field.module.count(RESTART) == begin + 1
        field.clock.end += 3_600_000


def test_a_step_under_way_is_given_up():
    """The activation hangs for its 150 s: the next step does not wait for that."""
    field = Field("bg96")
    field.modem._session.set_down()
    field.wrong = {b"AT+QIACT=": b"", b"AT+QIACT?": OK}
    field.cure = RESTART
    begin = field.clock.now
    assert field.modem.recover() == ["attach", "deactivate", "restart"]
    assert field.clock.now - begin < 140_000


# -- losses without a word


def lost_without_a_word(dialect, echo, cmee=1):
    """(modem, tape, clock, two sockets) of a module that has restarted, or lost its context, without a notice."""
    events = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: events.append(event))
    sockets = [connect(modem, tape, says, 20) for _ in range(2)]
    fresh = says.attach()
    refused = {"bg96": ERROR, "nl668": line(b"+CME ERROR: 3"), "l610": line(b"+CME ERROR: 2030")}
    del events[:]

    def answer(command):
        text = command + b"\r" if echo and modem._session.attached_with is not None and not echo.count(command) else b""
        if command == b"ATE0":
            del echo[:]
        if command == b"AT+CMEE?":
            return text + line(b"+CMEE: %d" % cmee) + OK
        if command == b"AT+QIGETERROR":
            return text + line(b"+QIGETERROR: 550,Unknown error") + OK
        for beginning in (b"AT+QISEND", b"AT+CIPSEND", b"AT+MIPSEND", b"AT+QICLOSE", b"AT+CIPCLOSE=", b"AT+MIPCLOSE="):
            if command.startswith(beginning):
                return text + refused.get(dialect, line(b"+CIPERROR: 4") + ERROR)
        return text + (answers(says)(command) if command.startswith(says.open_line(b"")) else fresh(command))

    tape.auto = answer
    return modem, tape, clock, sockets, events


def look_after(modem):
    for _ in range(40):
        modem.poll(100)


@cases("dialect", DIALECTS)
def test_restart_without_a_boot_word(dialect):
    """Echo is back and the context is gone: after the second failure the module is asked; then it is a restart, told
    once, to each socket, and the program can go on although it has closed none of them."""
    modem, tape, clock, sockets, events = lost_without_a_word(dialect, ["on"])
    for socket in sockets:
        raises(OSError, socket.send, b"x")
    look_after(modem)
    assert not modem.isconnected()
    assert events.count(atsock.EVENT_RESTARTED) == 1 and atsock.EVENT_NETWORK_LOST not in events
    for socket in sockets:
        assert isinstance(raises(OSError, socket.send, b"x"), atsock.Restarted)
    assert modem.attach("internet") == "10.0.0.1"
    access = "push" if dialect != "bg96" else "hex"  # another mode of the module: dead sockets do not hold the old one
    socket = modem.socket(access=access)
    socket.connect((PEER, PORT))
    assert socket._link.id == speech(dialect).first or dialect != "sim7028"


@cases("dialect", DIALECTS)
def test_error_format_is_back(dialect):
    """No echo, but AT+CMEE? says what attach() has not set."""
    modem, tape, clock, sockets, events = lost_without_a_word(dialect, [], cmee=2)
    for socket in sockets:
        raises(OSError, socket.send, b"x")
    look_after(modem)
    assert not modem.isconnected() and events.count(atsock.EVENT_RESTARTED) == 1


@cases("dialect", DIALECTS)
def test_network_lost_without_a_notice(dialect):
    """The module's settings are as they were, the context is gone."""
    modem, tape, clock, sockets, events = lost_without_a_word(dialect, [])
    for socket in sockets:
        raises(OSError, socket.send, b"x")
    look_after(modem)
    assert not modem.isconnected()
    assert events.count(atsock.EVENT_NETWORK_LOST) == 1 and atsock.EVENT_RESTARTED not in events
    assert errno_of(sockets[0].send, b"x") in (ENETDOWN, ECONNRESET)


@cases("dialect", DIALECTS)
def test_silent_for_a_boot(dialect):
    """It answers nothing for 15 s, then everything is gone: told, without a boot word."""
    modem, tape, clock, sockets, events = lost_without_a_word(dialect, ["on"])
    awake = tape.auto
    since = clock.now
    tape.auto = lambda command: awake(command) if clock.now - since > 15_000 else b""
    for socket in sockets:
        raises(OSError, socket.send, b"x")
    for _ in range(100):
        modem.poll(500)
    assert not modem.isconnected() and events.count(atsock.EVENT_RESTARTED) == 1


@cases("dialect", DIALECTS)
def test_nothing_is_lost(dialect):
    """Refused twice for reasons of their own: the context is there, the answer says so, the program is not told
    anything."""
    modem, tape, clock, sockets, events = lost_without_a_word(dialect, [])
    active = speech(dialect).attach().active
    awake = tape.auto
    tape.auto = lambda command: active if command == ASK[dialect] else awake(command)
    for socket in sockets:
        raises(OSError, socket.send, b"x")
    for _ in range(10):
        modem.poll(500)
    assert modem.isconnected()
    assert not [event for event in events if event in (atsock.EVENT_RESTARTED, atsock.EVENT_NETWORK_LOST)]


@cases("dialect", DIALECTS)
def test_failures_that_are_a_reason_to_ask(dialect):
    """Two commands within three minutes that are not answered; each time anew.  The calls wait 2 s for it."""
    field = Field(dialect)
    silent = [b"AT+X"]
    answer = field.tape.auto
    field.tape.auto = lambda command: b"" if command in silent else answer(command)
    question = ASK[dialect]

    def fails():
        began = field.clock.now
        raises(atsock.Timeout, field.modem.command, "AT+X", None, 1000)
        assert field.clock.now - began < 3200, field.clock.now - began
        for _ in range(4):
            field.modem.poll(1000)
        return field.module.seen.count(question)

    assert fails() == 0
    end = field.clock.now + 181_000
    while field.clock.now < end:
        field.modem.poll(10_000)
    assert fails() == 0
    assert fails() == 1
    assert fails() == 2
    silent.append(question)
    fails()
    assert field.modem.isconnected()


@cases("dialect", ("a7600", "sim7028"))
def test_only_the_restart_itself_is_told_as_one(dialect):
    """A connection that fails long after it, and after the next attach(), was not lost by it."""
    field = Field(dialect)
    first = field.open()
    field.module.normal = speech(dialect).attach()
    field.tape.input.append([0, "!", line(b"RDY")])
    raises(atsock.Restarted, first.send, b"x")
    field.modem.attach()
    first.close()
    second = field.open()
    field.tape.input.append([0, "!", line(b"+IPCLOSE: %d,2" % second._link.id)])
    field.modem.poll()
    error = raises(OSError, second.send, b"x")
    assert error.args[0] == ECONNRESET and not isinstance(error, atsock.Restarted)


@cases("dialect", DIALECTS)
def test_a_question_that_finds_the_context_gone(dialect):
    """Asked again where the line is missing; then it is told as a loss of the network."""
    inactive = {"bg96": b"+QIACT: 1,0,1", "nl668": b"+MIPCALL: 0", "l610": b"+MIPCALL: 0"}.get(dialect, b"+NETOPEN: 0")
    for answer, times in ((OK, 2), (line(inactive) + OK, 1)):
        with Case(answer):
            field = Field(dialect)
            socket = field.open()
            session = field.modem._session
            field.wrong = {ASK[dialect]: answer, b"AT+CMEE?": line(b"+CMEE: %d" % session.cmee) + OK}
            job = session.spawn(session.check_attached(session))
            for _ in range(10):
                field.modem.poll(1000)
            assert job.result() is False
            assert field.module.seen.count(ASK[dialect]) == times
            assert socket._link.errno == ENETDOWN
            assert session.engine.pdp_lost and not field.modem.isconnected()


@cases("dialect", DIALECTS)
def test_a_bare_ok_is_asked_again(dialect):
    """The line of the state may have got lost: one OK without it is no loss."""
    modem, tape, clock, sockets, events = lost_without_a_word(dialect, [])
    active = [OK, speech(dialect).attach().active]
    awake = tape.auto
    tape.auto = lambda command: active.pop(0) if command == ASK[dialect] and active else awake(command)
    modem._session.suspect()
    for _ in range(10):
        modem.poll(1000)
    assert modem.isconnected() and not active


@cases("dialect", DIALECTS)
def test_a_module_that_stays_silent_is_not_called_lost(dialect):
    """Nobody knows: the calls say Timeout, and the driver asks no longer than half a minute or so."""
    modem, tape, clock, sockets, events = lost_without_a_word(dialect, [])
    asked = []
    tape.auto = lambda command: asked.append(command)
    modem._session.suspect()
    for _ in range(200):
        modem.poll(1000)
    assert modem.isconnected() and asked.count(ASK[dialect]) <= 4
    raises(Stuck, lambda: modem.poll(7_200_000))
