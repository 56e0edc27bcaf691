"""SIMCom's pushed data (+IPD) has no connection id: the line before names the sender (A7600 1.2)."""

from cases import cases
from fakes import CUTS
from frames import PORT, line
from scenes import answers, connected, rest, settle
from test_deviations_quectel import receive

SIMCOM = ("a7600", "sim7028")


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_pushed_data_of_connections_to_different_peers(dialect, cut):
    """The sender tells whose it is; what nobody sent is nobody's, also while one of the two is closed."""
    first, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20)
    second = modem.socket()
    tape.auto = answers(says)
    tape.cut = 0
    second.connect(("192.0.2.77", PORT))
    rest(tape)
    tape.cut = cut
    second.settimeout(20)
    tape.load([("!", says.push_ipd(b"other", b"192.0.2.77:%d" % PORT)), ("!", says.push_ipd(b"mine"))])
    assert receive(first, 4) == b"mine" and receive(second, 5) == b"other"
    tape.load([("!", says.push_ipd(b"whose", b"192.0.2.99:%d" % PORT)), ("!", says.push_ipd(b"mine"))])
    assert receive(first, 4) == b"mine"
    tape.load([("!", line(b"+IPCLOSE: 1,1")), ("!", says.push_ipd(b"whose", b"192.0.2.99:%d" % PORT))])
    settle(modem, tape)
    assert second.recv(10) == b""
    tape.load([("!", says.push_ipd(b"mine"))])
    assert receive(first, 4) == b"mine"
    tape.done()
