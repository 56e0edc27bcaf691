"""attach() and the question of a Keeper when the network has gone and the module's words do not fit together."""

import asyncio

import atsock
from cases import cases
from fakes import Case, raises
from frames import DIALECTS, ERROR, OK, line, speech
from loops import run
from test_bringup import start
from test_keeper import Kept, until
from test_recovery import Field


@cases("dialect", ["a7600", "sim7028"])
def test_a_service_that_is_open_without_its_network(dialect):
    """+NETOPEN: 1, but no address: the service is closed and opened anew."""
    field = Field(dialect)
    field.tape.input.append([0, "!", speech(dialect).lost])
    field.modem.poll()
    no_address = line(b"+IP ERROR: Network not opened") + ERROR
    field.wrong = {b"AT+IPADDR": no_address, b"AT+NETOPEN?": line(b"+NETOPEN: 1") + OK}
    field.cure = b"AT+NETCLOSE"
    assert field.modem.attach() == "10.0.0.1"
    assert field.cure is None and field.modem.isconnected()


@cases("dialect", DIALECTS)
def test_a_question_finds_a_loss_without_a_word(dialect):
    kept = Kept(dialect)
    kept.run(1)

    async def main():
        assert await kept.keeper.ask()
        kept.context_is_gone()
        question = asyncio.create_task(kept.keeper.ask())
        await until(kept.modem, kept.clock, question.done)
        assert await question is False

    run(main)
    assert not kept.modem.isconnected()
    kept.run(10)
    assert len(kept.told) == 3 and kept.told[1].startswith("down: "), kept.told


@cases("dialect", DIALECTS)
def test_no_question_before_the_result_of_an_open(dialect):
    kept = Kept(dialect)
    kept.run(1)
    link = kept.modem._session.engine.link(1)
    link.state = 1  # opening
    del kept.field.module.seen[:]
    assert run(kept.keeper.ask)
    kept.run(130)
    assert kept.field.module.seen == [] and kept.keeper.is_up
    link.state = 0
    kept.run(70)
    assert kept.field.module.seen


@cases("dialect", DIALECTS)
def test_a_question_behind_a_command_that_is_not_answered(dialect):
    """No answer is an answer, too: the module is not there."""
    kept = Kept(dialect)
    kept.run(1)
    kept.field.dead = True

    async def main():
        opening = asyncio.create_task(kept.modem.open_connection("192.0.2.1", 80))
        await asyncio.sleep(0)
        question = asyncio.create_task(kept.keeper.ask())
        await until(kept.modem, kept.clock, question.done)
        assert await question is False
        opening.cancel()
        try:
            await opening
        except (OSError, asyncio.CancelledError):
            pass

    run(main)


LATE = ("a7600", "sim7028", "nl668", "l610")  # what came of an activation is told behind its OK
RESULTS = {"nl668": (b"AT+MIPCALL=1", b"+MIPCALL: 10.0.0.1", b"+MIPCALL: 0")}
RESULTS["l610"] = RESULTS["nl668"]


def activating(dialect, told, active):
    """A module whose activation is answered by OK alone; the line `told` comes behind the answer to the second question
    about the context.  active: the context is, soon or from then on."""
    modem, tape, clock, module = start(dialect)
    activation = RESULTS.get(dialect, (b"AT+NETOPEN",))[0]
    states = {b"AT+NETOPEN?": b"+NETOPEN: %d", b"AT+MIPCALL?": b"+MIPCALL: %d,10.0.0.1"}
    asked = []

    def answer(command):
        text = command[:-1] if command.endswith(b"\r") else command
        if text not in states:
            if text.startswith(activation):
                module.seen.append(text)
                return OK
            return module(command)
        if module.count(activation):  # as a question does, too
            asked.append(text)
        is_up = active and len(asked) > (3 if told else 0)
        state = line(states[text] % 1) if is_up else line((states[text] % 0).split(b",")[0])
        module.seen.append(b"")
        if not told or len(asked) != 2:
            return state + OK
        tape.input.append([0, "!", state + OK])
        tape.input.append([0, "~", 3000])
        tape.input.append([0, "!", line(told)])
        return b""

    tape.auto = answer
    return modem, clock, module


@cases("dialect", LATE)
def test_the_result_of_an_activation_gets_lost(dialect):
    """OK has come, and nothing else in 20 s: the module is asked."""
    modem, clock, module = activating(dialect, None, True)
    assert modem.attach("internet") == "10.0.0.1"
    assert clock.now < 25_000, clock.now


@cases("dialect", LATE)
def test_the_result_of_an_activation_comes_late(dialect):
    """Between the questions, at last: what it says counts, good or bad, and the module is told once only."""
    activation, good, bad = RESULTS.get(dialect, (b"AT+NETOPEN", b"+NETOPEN: 0", b"+NETOPEN: 9"))
    modem, clock, module = activating(dialect, good, True)
    assert modem.attach("internet") == "10.0.0.1"
    assert clock.now < 40_000 and module.count(activation) == 1
    modem, clock, module = activating(dialect, bad, False)
    error = raises(atsock.CommandError, modem.attach, "internet")
    assert "context" in str(error) and clock.now < 35_000, (error, clock.now)


BAD = {"nl668": (b"+MIPCALL: 0",), "l610": (b"+MIPCALL: 0",)}


@cases("dialect", LATE)
def test_the_result_of_an_activation_comes_inside_an_answer(dialect):
    """A second line of the same name, in front of the answer's own or behind it: +NETOPEN: 1 may be a failure, or the
    state, so the next answer counts."""
    good = RESULTS.get(dialect, (0, b"+NETOPEN: 0"))[1]
    for told in BAD.get(dialect, (b"+NETOPEN: 1", b"+NETOPEN: 9")) + (good,):
        for is_first in (True, False):
            with Case(told, is_first):
                modem, clock, module = activating(dialect, None, False)
                quiet = modem._engine.port.stream.auto
                up = []
                asked = []

                def answer(command, told=told, is_first=is_first, quiet=quiet, up=up, asked=asked):
                    state = quiet(command)
                    if not command.endswith(b"?") or command[:9] not in (b"AT+NETOPE", b"AT+MIPCAL"):
                        return (
                            line(b"+IP ERROR: Network not opened") + ERROR
                            if command == b"AT+IPADDR" and not up
                            else state
                        )
                    asked.append(command)
                    if up:
                        return line(b"+NETOPEN: 1" if b"NET" in command else b"+MIPCALL: 1,10.0.0.1") + OK
                    if len(asked) != 3:
                        return state
                    if told == good:
                        up.append(True)
                    return line(told) + state if is_first else state[: -len(OK)] + line(told) + OK

                modem._engine.port.stream.auto = answer
                if told == good:
                    assert modem.attach("internet") == "10.0.0.1"
                else:
                    error = raises(atsock.CommandError, modem.attach, "internet")
                    assert "check APN" in str(error), error
                assert clock.now < 28_000, clock.now


@cases("dialect", DIALECTS)
def test_a_context_that_gets_its_address_a_moment_later(dialect):
    """0.0.0.0 until then: it is asked again."""
    modem, tape, clock, module = start(dialect)

    def answer(command):
        text = module(command)
        return text.replace(b"10.0.0.1", b"0.0.0.0") if clock.now < 2500 else text

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert 2500 <= clock.now < 5000, clock.now
    modem, tape, clock, module = start(dialect)
    tape.auto = lambda command: module(command).replace(b"10.0.0.1", b"0.0.0.0")
    error = raises(OSError, modem.attach, "internet")
    assert "address" in str(error) and clock.now < 12_000, (error, clock.now)


@cases("dialect", ("nl668", "l610"))
def test_a_loss_inside_the_answer_to_a_question(dialect):
    """+MIPCALL: 0 right behind the line that calls the context active, before the OK: it is asked again."""
    kept = Kept(dialect)
    kept.run(1)
    usual = kept.field.tape.auto
    lost = []

    def answer(command):
        if command != b"AT+MIPCALL?":
            return usual(command)
        lost.append(True)
        return (line(b"+MIPCALL: 1,10.0.0.1") if len(lost) == 1 else b"") + line(b"+MIPCALL: 0") + OK

    kept.field.tape.auto = answer

    async def main():
        question = asyncio.create_task(kept.keeper.ask())
        await until(kept.modem, kept.clock, question.done)
        assert await question is False

    run(main)
    assert len(lost) > 1 and not kept.modem.isconnected()


def test_a_setting_of_the_context_whose_ok_gets_lost():
    """It is made again."""
    modem, tape, clock, module = start("bg96", {b'AT+QICSGP=1,1,"internet","","",0': [b"", OK]})
    assert modem.attach("internet") == "10.0.0.1"
    assert clock.now < 12_000, clock.now
