"""A close() that fails leaves no socket behind: its id and its ring are there for the next connection."""

from cases import cases
from fakes import errno_of
from frames import DIALECTS, SYNC
from scenes import attached, connect

ETIMEDOUT = 110


class Interrupting:
    """A wait that is interrupted, as by Ctrl-C."""

    def __init__(self, port):
        self.port = port
        self.wait = port.wait
        port.wait = self

    def __call__(self, ms, writing):
        self.port.wait = self.wait
        raise KeyboardInterrupt


@cases("how", ("silence", "interrupted"))
@cases("dialect", DIALECTS)
def test_close_fails(dialect, how):
    modem, tape, clock, says = attached(dialect)
    socket = connect(modem, tape, says, 20)
    link = socket._link
    tape.load(says.close(link.id)[:1] + SYNC[:1])
    if how == "silence":
        assert errno_of(socket.close) == ETIMEDOUT
    else:
        Interrupting(modem._engine.port)
        try:
            socket.close()
        except KeyboardInterrupt:
            pass
        while link.socket is not None:  # it goes on in the background, and fails as well
            modem.poll(10_000)
    assert link.socket is None
    assert link.must_close  # before the id is used again
    assert not link.closing
    socket.close()
