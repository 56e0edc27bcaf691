"""recover() and keep(), step by step: on which rung a recovery begins, what each does, what a Keeper asks and tells."""

import asyncio

import atsock
from atsock import bringup
from atsock.core.command import query
from cases import cases
from fakes import errno_of, raises
from frames import DIALECTS, ERROR, OK, line, speech
from test_bringup import ASK
from test_keeper import Kept, cancelled, until
from test_recovery import RESTART, Field
from test_transparent import online

EAGAIN, ENODEV, EACCES, ENETDOWN = 11, 19, 13, 100
NAMES = (b"CEREG", b"CREG", b"CGREG")


def lose(field):
    """The module tells that the network is gone."""
    field.module.normal = speech(field.dialect).attach()
    field.tape.input.append([0, "!", speech(field.dialect).lost])
    field.modem.poll()


def wait(field, s):
    """A program that does nothing but poll, for so long."""
    field.clock.end += s * 1000
    end = field.clock.now + s * 1000
    while field.clock.now < end:
        field.modem.poll(min(1000, end - field.clock.now))


# -- the rungs


@cases("dialect", DIALECTS)
def test_the_second_rung_deactivates(dialect):
    """Although the module calls its context active, and nobody has told that it is not."""
    field = Field(dialect)
    assert field.modem.recover() == ["attach"]
    assert not [command for command in field.module.seen if command.startswith(field.deactivate)]
    assert field.modem.recover() == ["deactivate"]
    assert [command for command in field.module.seen if command.startswith(field.deactivate)], field.module.seen


def test_a_restart_takes_its_time():
    """A module that restarts still answers for a moment: it is left alone for 5 s.  It boots and registers in less than
    3 minutes."""
    field = Field("bg96")
    assert field.modem.recover() == ["attach"] and field.modem.recover() == ["deactivate"]
    restarted = []
    heard = []
    answer = field.tape.auto

    def restarts(command):
        if restarted:
            heard.append(field.clock.now - restarted[0])
        if command == RESTART:
            restarted.append(field.clock.now)
        for name in NAMES:
            if restarted and command == b"AT+" + name + b"?" and field.clock.now - restarted[0] < 120_000:
                return line(b"+" + name + b": 0,2") + OK
        return answer(command)

    field.tape.auto = restarts
    assert field.modem.recover() == ["restart"]
    assert heard[0] >= 5000 and heard[-1] >= 120_000, heard[:3]


def test_the_first_error_is_raised():
    """It tells why the context was lost; what the later rungs meet is their own."""
    field = Field("bg96")
    field.modem._session.set_down()
    field.module.normal = speech("bg96").attach()
    denied = {b"AT+" + name + b"?": line(b"+" + name + b": 0,3") + OK for name in NAMES}
    field.wrong = dict(denied)
    answer = field.tape.auto

    def no_sim_behind_the_restart(command):
        if command == RESTART:
            field.wrong = {b"AT+CPIN?": line(b"+CME ERROR: 10")}
        return answer(command)

    field.tape.auto = no_sim_behind_the_restart
    error = raises(atsock.ModemError, field.modem.recover)
    assert error.errno == EACCES and RESTART in field.module.seen, error


@cases("s", (10, 119, 121, 600))
def test_a_loss_soon_behind_a_recovery_is_the_same_one(s):
    """Within two minutes, and no connection was opened meanwhile: one rung higher."""
    field = Field("bg96")
    wait(field, 1000)
    lose(field)
    assert field.modem.recover() == ["attach"]
    wait(field, s)
    lose(field)
    assert field.modem.recover() == (["deactivate"] if s < 120 else ["attach"])


@cases("reason", ("the context is lost", "a lookup that failed"))
def test_it_climbs_on_when_the_context_carries_nothing(reason):
    """Deactivating it has not helped: it is not tried twice."""
    field = Field("bg96")
    assert field.modem.recover() == ["attach"] and field.modem.recover() == ["deactivate"]
    if reason == "the context is lost":
        field.modem._session.note_failure(atsock.ModemError(ENETDOWN, "no network"))
    else:
        field.wrong = {b"AT+QIDNSGIP": ERROR, b"AT+QIGETERROR": line(b"+QIGETERROR: 565,DNS parse failed") + OK}
        raises(OSError, field.modem.resolve, "example.com")
        field.wrong = {}
    assert field.modem.recover() == ["restart"]


def test_while_no_restart_is_allowed():
    """What does not need one is tried all the same: the context is deactivated."""
    field = Field("bg96", False)
    steps = [field.modem.recover() for _ in range(6)]
    assert steps == [["attach"], ["deactivate"]] + [["restart"]] * 4
    assert field.modem.recover() == ["deactivate"]
    field.module.differs = {b"AT+CPIN?": line(b"+CME ERROR: 10")}
    assert errno_of(field.modem.recover) == EAGAIN
    assert field.module.count(RESTART) == 4


# -- the Keeper


@cases("dialect", DIALECTS)
def test_the_program_attaches_meanwhile(dialect):
    """keep() waits for that, and does not begin anew in the middle of it."""
    kept = Kept(dialect, attach=False)
    session = kept.modem._session

    job = session.spawn(bringup.attach_again(session))
    del kept.field.module.seen[1:]
    kept.run(30)
    assert job.result() == "10.0.0.1" and kept.told == ["10.0.0.1"]
    assert kept.field.module.count(b"ATE0") == 1
    assert kept.modem.recover() == ["attach"], "there was no recovery so far"


@cases("after_ms", (100, 3000))
def test_cancelled_in_the_middle_of_a_recovery(after_ms):
    """run() leaves nothing under way: nothing more is sent, and attach() works."""
    kept = Kept("bg96", attach=False)
    kept.field.wrong = {b"AT+CPIN?": line(b"+CME ERROR: 14")}

    async def scene():
        task = asyncio.create_task(kept.keeper.run())
        end = kept.clock.now + after_ms
        await until(kept.modem, kept.clock, lambda: kept.clock.now >= end)
        assert not kept.modem._session.is_idle()
        await cancelled(task)

    asyncio.run(scene())
    kept.modem.poll(1000)
    del kept.field.module.seen[:]
    wait(kept.field, 5)
    assert kept.modem._session.is_idle() and kept.field.module.seen == []
    kept.field.wrong = {}
    assert kept.modem.attach("internet") == "10.0.0.1"


def silent_once(kept):
    """One question of the Keeper's is not answered."""
    kept.field.dead = True
    before = kept.keeper._silent
    while kept.keeper._silent == before and kept.keeper.is_up:
        kept.keeper.poll(1000)
    kept.field.dead = False


def test_silences_of_before_do_not_count():
    """One question without an answer, a loss and a recovery, one more: the module is not called silent."""
    kept = Kept("bg96")
    kept.run(1)
    silent_once(kept)
    kept.context_is_gone()
    kept.says(speech("bg96").lost)
    kept.run(30)
    silent_once(kept)
    kept.run(30)
    assert kept.told == ["10.0.0.1", "down: the network is lost", "10.0.0.1"], kept.told


def test_two_silences_are_enough():
    """The second question that is not answered ends it: within three and a half minutes, not only five."""
    kept = Kept("bg96")
    kept.run(1)
    kept.field.dead = True
    kept.run(210)
    assert kept.told == ["10.0.0.1", "down: the module does not answer"], kept.told


def test_no_question_right_behind_an_attempt():
    """It has just been asked."""
    kept = Kept("bg96", attach=False)
    kept.field.wrong = {b"AT+CPIN?": line(b"+CME ERROR: 10")}
    kept.run(600)
    kept.field.wrong = {}
    while not kept.keeper.is_up:
        kept.keeper.poll(1000)
    del kept.field.module.seen[:]
    kept.run(50)
    assert kept.field.module.seen == []
    kept.run(20)
    assert kept.field.module.seen == [ASK["bg96"]]


def test_the_pause_behind_a_failure_is_over_with_the_next_loss():
    """The program has attached by itself meanwhile: what is lost then is looked after at once."""
    kept = Kept("bg96", attach=False)
    kept.field.wrong = {b"AT+CPIN?": line(b"+CME ERROR: 10")}
    while kept.keeper._failures < 5:
        kept.keeper.poll(1000)
    kept.field.wrong = {}
    assert kept.modem.attach("internet") == "10.0.0.1"
    kept.run(1)
    kept.context_is_gone()
    kept.says(speech("bg96").lost)
    kept.run(20)
    assert kept.told == ["10.0.0.1", "down: the network is lost", "10.0.0.1"], kept.told


def test_a_question_whose_turn_does_not_come():
    """Behind a command that takes minutes: nothing is known then, and poll() goes on."""
    kept = Kept("bg96")
    kept.run(1)
    kept.field.wrong = {b"AT+X": b""}
    job = kept.modem._session.spawn(slow_command())
    kept.run(90)
    assert isinstance(kept.keeper.error, atsock.Timeout) and kept.told == ["10.0.0.1"], kept.keeper.error
    job.cancel()


def slow_command():
    yield query(b"AT+X", 200_000)


def test_lost_again_as_soon_as_it_is_up():
    """on_up is called when it is up, and not for what was over before anybody could use it."""
    kept = Kept("bg96", attach=False)
    lost = [speech("bg96").lost]
    ask = ASK["bg96"]
    answer = kept.field.tape.auto

    def loses(command):
        reply = answer(command)
        if command == ask and b"10.0.0.1" in reply and lost:
            kept.context_is_gone()
            return reply + lost.pop()
        return reply

    kept.field.tape.auto = loses
    kept.run(60)
    assert kept.told == ["10.0.0.1"] and not lost, kept.told


@cases("dialect", DIALECTS)
def test_no_question_in_data_mode(dialect):
    """It would be payload: what is known is the answer, and keep() asks nothing."""
    socket, modem, tape, clock = online(dialect)
    keeper = modem.keep()
    assert asyncio.run(keeper.ask()) is True
    session = modem._session
    job = session.spawn(session.check_attached(session))
    end = clock.now + 150_000
    while clock.now < end:
        keeper.poll(5000)
    assert job.result() is True and keeper.is_up and keeper.error is None
    tape.done()
