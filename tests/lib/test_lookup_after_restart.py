"""A name is refused without a reason: perhaps the module has restarted and nobody has told, so it is asked.

Found by boards/examples/mqtt_months.py: a Fibocom module has no boot word, and a program that connects by name asks for
nothing else.
"""

from cases import cases
from fakes import Case, raises
from frames import ERROR, OK, line
from test_bringup import start

FIBOCOM = ("nl668", "l610")


def lookups_until_down(modem, tape, at_most):
    """Look a name up until the module has said that the context is gone; returns how often that took."""
    for count in range(1, at_most + 1):
        raises(OSError, modem.resolve, "host.example")
        for _ in range(20):
            modem.poll(10)
        if not modem.isconnected():
            return count
    return None


@cases("dialect", FIBOCOM)
def test_a_lookup_that_is_refused_shows_a_lost_context(dialect):
    """The first one is enough: the context is asked for, and attach() activates it."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    normal = module.normal
    up = [False]

    def answer(command):
        if command.startswith((b"AT+MIPCALL=1", b"AT+MIPCALL=2")):
            up[0] = True
        if command == b"AT+MIPCALL?" and not up[0]:
            return line(b"+MIPCALL: 0") + OK
        if command.startswith(b"AT+MIPDNS="):
            return line(b'+MIPDNS: "host.example",10.0.0.9') + OK if up[0] else ERROR
        return normal(command)

    tape.auto = answer
    assert lookups_until_down(modem, tape, 3) == 1
    modem.attach("internet")
    assert modem.isconnected() and up[0]


@cases("dialect", FIBOCOM)
def test_a_name_that_does_not_exist_loses_nothing(dialect):
    """Refused just so, and the context is there: one more question, and the connection to the network stays."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    normal = module.normal
    asked = []

    def answer(command):
        if command == b"AT+MIPCALL?":
            asked.append(command)
        return ERROR if command.startswith(b"AT+MIPDNS=") else normal(command)

    tape.auto = answer
    with Case(dialect):
        assert lookups_until_down(modem, tape, 3) is None
        assert modem.isconnected()
        assert len(asked) == 1
