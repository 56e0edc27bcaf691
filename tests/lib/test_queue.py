"""Commands that wait for their turn behind another one."""

from cases import cases
from fakes import errno_of
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
