"""Small things around failures that a change of the code could get wrong unnoticed (./tools/mutate)."""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of
from frames import ACCESS, DIALECTS, OK, PEER, PORT, line
from scenes import attached, connect, connected, recv_exactly, settle

EINPROGRESS, ECONNRESET = 115, 104
RING = 512
# As the begin of a boot word, and longer than any: CR LF and no control byte before the end.
LIKE_A_LINE = b"\r\nRD" + b"abcdefghij" * 10


@cases("dialect", DIALECTS)
def test_connect_that_does_not_wait_begins_at_once(dialect):
    """The first command is on its way when connect() comes back, not only when somebody looks at the module again."""
    modem, tape, clock, says = attached(dialect)
    written = []
    tape.auto = written.append
    socket = modem.socket()
    socket.setblocking(False)
    assert errno_of(socket.connect, (PEER, PORT)) == EINPROGRESS
    assert written, "nothing has been sent"
    assert clock.now == 0


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_nothing_is_lost_before_it_is(dialect, access):
    """has_lost() of what is on its way, and of what was not even taken; close() has nothing to complain of."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    script = says.send(access, says.first, b"hello")
    tape.load(script[:1] + [("~", 3000)] + script[1:] + says.close(says.first))
    assert socket.write(b"hello") == 5
    assert not socket.has_lost() and not socket.is_sent()
    while not socket.is_sent():
        modem.poll(100)
    assert not socket.has_lost()
    socket.settimeout(20)
    socket.close()
    tape.done()


@cases("dialect", DIALECTS)
def test_write_while_connecting(dialect):
    """Nothing of it was taken, so nothing of it is lost."""
    modem, tape, clock, says = attached(dialect)
    opens = []
    tape.auto = lambda command: opens.append(command) if command.startswith(says.open_line(command)) else OK
    socket = modem.socket()
    socket.setblocking(False)
    assert errno_of(socket.connect, (PEER, PORT)) == EINPROGRESS
    settle(modem, tape)
    assert socket.write(b"hello") is None
    assert not socket.has_lost()
    tape.input.append([0, "!", says.opened(opens[0], says.link_of(opens[0]))])
    settle(modem, tape)
    tape.auto = lambda command: says.close(says.first)[1][1]
    socket.settimeout(20)
    socket.close()


@cases("dialect", DIALECTS)
def test_no_room_behind_a_pause(dialect):
    """What was held back as a possible boot word is payload, and its ring has room for a part of it only."""
    for room in (0, 1, 2, 3, 40, 63, 64, 65):
        for cut in CUTS:
            with Case(room, cut):
                modem, tape, clock, says = attached(dialect, "push", cut)
                socket = connect(modem, tape, says, 20, RING)
                payload = b"-" * (RING - room) + LIKE_A_LINE + b"\0" + LIKE_A_LINE + b"\0"
                data = says.push("push", says.first, payload)
                middle = data.index(payload) + RING - room
                tape.load([("!", data[:middle]), ("~", 1500), ("!", data[middle:] + line(b"+CREG: 1"))])
                for ms in (1, 1, 1400, 1000):
                    settle(modem, tape)
                    modem.poll(ms)
                assert recv_exactly(socket, len(payload)) == payload
                settle(modem, tape)
                tape.done()


def _pushed(dialect, cut):
    """(socket, modem, tape, speech, overflows): on_event adds to the last one what it is told of lost bytes."""
    overflows = []

    def on_event(event, sock, value):
        if event == atsock.EVENT_OVERFLOW:
            overflows.append(sock)

    socket, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20, on_event=on_event)
    return socket, modem, tape, says, overflows


@cases("dialect", DIALECTS)
def test_what_stands_behind_a_payload_harms_nothing(dialect):
    """A line with or without CR LF before it, an echo: the connection goes on, and nobody is told of lost bytes."""
    for behind in (line(b"+CREG: 1"), b"+AAA: 1\r\n", b"+ZZZ: 1\r\n", b"AT+X\r\r\n", b"at+x\r\r\n"):
        for cut in CUTS:
            with Case(behind, cut):
                socket, modem, tape, says, overflows = _pushed(dialect, cut)
                script = says.send("push", says.first, b"hello")
                tape.load([("!", says.push("push", says.first, b"0123456789") + behind)] + script)
                settle(modem, tape)
                assert socket.recv(100) == b"0123456789"
                assert socket.send(b"hello") == 5
                assert not overflows
                tape.done()


@cases("dialect", DIALECTS)
def test_prompt_right_behind_a_payload(dialect):
    """Data is pushed while the module gets ready for a payload."""
    for prompt in (b"> ", b">\r\n", line(b"+CREG: 1") + b">"):
        for cut in CUTS:
            with Case(prompt, cut):
                socket, modem, tape, says, overflows = _pushed(dialect, cut)
                first, _, payload, result = says.send("push", says.first, b"hello")
                pushed = says.push("push", says.first, b"0123456789")
                tape.load([first, ("<", pushed + prompt), payload, result] + says.send("push", says.first, b"more"))
                assert socket.send(b"hello") == 5
                assert socket.recv(100) == b"0123456789"
                assert socket.send(b"more") == 4
                assert not overflows
                tape.done()


@cases("dialect", ("a7600", "sim7028", "nl668", "l610"))
def test_what_cannot_stand_behind_a_payload(dialect):
    """Next to what can: the payload has lost or won bytes, and the connection is of no use."""
    odd = (b"\r\r", b"\rA", b"\n\n", b">>", b">\n", b"AU", b"At", b"aT", b"ta", b"+@", b"+[", b"B", b"\0")
    for behind in odd:
        with Case(behind):
            socket, modem, tape, says, overflows = _pushed(dialect, 0)
            tape.load([("!", says.push("push", says.first, b"0123456789") + behind + b"\r\n")])
            settle(modem, tape)
            assert overflows == [socket]
            assert socket.recv(100) == b"0123456789"
            assert errno_of(socket.recv, 100) == ECONNRESET
