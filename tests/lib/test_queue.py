"""Commands that wait for their turn behind another one, and events that wait for the application."""

import atsock
from atsock.core.command import query
from cases import cases
from fakes import errno_of, new_modem, raises
from frames import DIALECTS, OK, line
from scenes import attached, connect, settle

ECONNRESET = 104


@cases("dialect", DIALECTS)
def test_send_whose_peer_closed_meanwhile(dialect):
    """It waited behind another socket's send: nothing is sent to a connection that is gone, and the next call tells."""
    modem, tape, clock, says = attached(dialect)
    first, second = connect(modem, tape, says, 0), connect(modem, tape, says, 0)
    script = says.send("buffer", says.first, b"hello")
    tape.load(script[:1] + [("~", 9)] + script[1:-1] + [("<", says.closed(says.first + 1)), script[-1]])
    assert first.write(b"hello") == 5
    assert second.write(b"too late") == 8
    modem.poll(9)
    settle(modem, tape)
    tape.done()
    assert errno_of(second.write, b"again") == ECONNRESET


def test_withdrawn_and_sent_later():
    """It takes none of those with it that once stood behind it."""
    a, b, c, d = [query(b"AT+" + name) for name in (b"A", b"B", b"C", b"D")]
    script = []
    for name in (b"A", b"C", b"D", b"B"):
        script += [(">", b"AT+" + name + b"\r"), ("<", line(name) + OK)]
    modem, tape, clock = new_modem("bg96", script)
    session = modem._session
    for command in (a, b, c):
        session.submit(command)
    assert not session.is_idle()
    assert session.withdraw(b) and not session.withdraw(b) and not session.withdraw(a)
    while not c.done:
        modem.poll(10)
    assert session.is_idle()
    session.submit(d)
    session.submit(b)
    while not b.done:
        modem.poll(10)
    for _ in range(3):
        modem.poll(10)
    tape.done()
    assert [command.lines for command in (a, b, c, d)] == [[b"A"], [b"B"], [b"C"], [b"D"]]


def test_sent_once_more():
    """A command that had its turn takes none of those with it that stood behind it then."""
    a, b, c = [query(b"AT+" + name) for name in (b"A", b"B", b"C")]
    script = []
    for name in (b"A", b"B", b"C", b"A", b"B"):
        script += [(">", b"AT+" + name + b"\r"), ("<", OK)]
    modem, tape, clock = new_modem("bg96", script)
    session = modem._session
    for commands in ((a, b, c), (a, b)):
        for command in commands:
            session.submit(command)
        while not session.is_idle() or not commands[-1].done:
            modem.poll(10)
    for _ in range(3):
        modem.poll(10)
    tape.done()


def test_events_of_a_call_that_fails():
    """They are told when it comes back, not with the next one."""
    heard = []
    script = [(">", b"AT+X\r"), ("!", line(b"+FOO: 1")), (">", b"AT+CSQ\r")]
    modem, tape, clock = new_modem("bg96", script, on_event=lambda *event: heard.append(event))
    raises(atsock.Timeout, modem.command, "AT+X", "+X:", 1000)
    assert heard == [(atsock.EVENT_UNKNOWN, None, b"+FOO: 1")], heard


def test_event_while_one_is_told():
    """The program looks at the module meanwhile: the next one is told behind it, not within it."""
    heard = []

    def on_event(event, socket, value):
        heard.append((b"begin", value))
        tape.input.append([0, "!", line(b"+BAR: 1")] if len(heard) == 1 else [0, "!", b""])
        modem.poll(10)
        heard.append((b"end", value))

    modem, tape, clock = new_modem("bg96", [("!", line(b"+FOO: 1"))], on_event=on_event)
    modem.poll(10)
    modem.poll(10)
    assert heard == [(what, value) for value in (b"+FOO: 1", b"+BAR: 1") for what in (b"begin", b"end")], heard


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
