"""SIMCom's pushed data (+IPD) has no connection id: the line before names the sender (A7600 1.2)."""

from cases import cases
from fakes import CUTS, Case, errno_of
from frames import OK, PEER, PORT, line
from scenes import answers, attached, connected, rest, settle
from test_deviations_quectel import receive

SIMCOM = ("a7600", "sim7028")
ETIMEDOUT = 110


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


def _two(dialect, first_port, second_port):
    """Two sockets in push access whose peers differ in their ports, or in nothing."""
    modem, tape, clock, says = attached(dialect, "push")
    tape.auto = answers(says)
    sockets = []
    for port in (first_port, second_port):
        socket = modem.socket()
        socket.settimeout(5)
        socket.connect((PEER, port))
        sockets.append(socket)
    rest(tape)
    return sockets, modem, tape, says


def _push(modem, tape, data):
    tape.load([("!", data)])
    settle(modem, tape)


@cases("dialect", SIMCOM)
def test_pushed_data_when_one_peer_begins_like_the_other(dialect):
    """Ports 500 and 5005 of one host."""
    (first, second), modem, tape, says = _two(dialect, 500, 5005)
    _push(modem, tape, says.push_ipd(b"mine", b"192.0.2.7:500") + says.push_ipd(b"other", b"192.0.2.7:5005"))
    assert (first.recv(9), second.recv(9)) == (b"mine", b"other")


@cases("dialect", SIMCOM)
def test_pushed_data_without_a_sender(dialect):
    """The lone connection's; with a second one nobody's, and that harms neither."""
    (first, second), modem, tape, says = _two(dialect, 500, 5005)
    first._link.peer = second._link.peer = b""
    _push(modem, tape, b"\r\n+IPD5\r\nwhose")
    first._link.peer = b"192.0.2.7:500"
    _push(modem, tape, says.push_ipd(b"first", b"192.0.2.7:500"))
    assert first.recv(9) == b"first"
    _push(modem, tape, b"\r\n+IPD5\r\nwhose")  # the line before the one before named another payload's
    assert errno_of(first.recv, 9) == ETIMEDOUT
    tape.auto = answers(says)
    first.close()
    rest(tape)
    _push(modem, tape, b"\r\n+IPD4\r\nmine")
    assert second.recv(9) == b"mine"


@cases("dialect", SIMCOM)
@cases("how", ("ended", "failed", "closed"))
def test_pushed_data_of_a_peer_that_had_another_connection(dialect, how):
    """That one is over: what comes is for the one that stands."""
    (first, second), modem, tape, says = _two(dialect, PORT, PORT)
    if how == "closed":
        tape.auto = answers(says)
        first.close()
        rest(tape)
    elif how == "ended":
        _push(modem, tape, says.closed(first._link.id))
    else:
        first._link.fail(104, 0)
    _push(modem, tape, says.push_ipd(b"mine"))
    assert second.recv(9) == b"mine"


@cases("dialect", ("a7600", "sim7028"))
def test_a_header_without_its_length(dialect):
    """A damaged byte stands where the length begins: the connection has lost its payload, and is told so."""
    for header in (b"+IPDx30", b"+IPDx", b"+IPD\xff3"):
        with Case(header):
            socket, modem, tape, clock, says = connected(dialect, "push", timeout=5)
            tape.load([("!", line(says.sender + b":192.0.2.7:5005") + header + b"\r\n" + b"A" * 30), ("~", 400)])
            tape.after = lambda command: line(b"+CSQ: 9,99") + OK
            assert errno_of(socket.recv, 100) == 104
            assert modem.command("AT+CSQ") == [b"+CSQ: 9,99"]
