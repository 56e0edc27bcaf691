"""attach() and the question of a Keeper when the network has gone and the module's words do not fit together."""

import asyncio

from cases import cases
from frames import DIALECTS, ERROR, OK, line, speech
from loops import run
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
