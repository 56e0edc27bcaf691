"""Commands that wait for their turn behind another one, and events that wait for the application."""

import atsock
from cases import cases
from fakes import errno_of, new_modem
from frames import DIALECTS
from scenes import attached, connect, settle

ECONNRESET = 104


@cases("dialect", DIALECTS)
def test_send_whose_peer_closed_meanwhile(dialect):
    """It waited behind another socket's send: nothing is sent to a connection that is gone, and the next call tells."""
    modem, tape, clock, says = attached(dialect)
    first, second = connect(modem, tape, says, 0), connect(modem, tape, says, 0)
    script = says.send("buffer", says.first, b"hello")
    tape.load(script[:-1] + [("<", says.closed(says.first + 1)), script[-1]])
    assert first.write(b"hello") == 5
    assert second.write(b"too late") == 8
    settle(modem, tape)
    tape.done()
    assert errno_of(second.write, b"again") == ECONNRESET


def test_more_events_than_there_is_room_for():
    """What must be told drops the oldest of what need not; the same is not told twice, and the rest is left out."""
    modem, tape, clock = new_modem("bg96", on_event=lambda *event: None)
    engine = modem._engine
    lost, restarted = atsock.EVENT_NETWORK_LOST, atsock.EVENT_RESTARTED
    engine.event(lost, None, -1)
    engine.event(atsock.EVENT_UNKNOWN, None, b"first")
    engine.event(atsock.EVENT_DATA, None, 0)
    for i in range(29):
        engine.event(lost, None, i)
    assert len(engine.events) == 32
    engine.event(atsock.EVENT_DATA, None, 1)
    engine.event(atsock.EVENT_UNKNOWN, None, b"second")
    assert len(engine.events) == 32 and engine.events[1][2] == b"first"
    for i in range(2):
        engine.event(restarted, None, i)
    assert [event[0] for event in engine.events] == [lost] * 30 + [restarted] * 2
    for i in range(2):
        engine.event(restarted, None, i)
    assert len(engine.events) == 32
    engine.event(restarted, None, 2)
    assert len(engine.events) == 33
