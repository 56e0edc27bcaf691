"""SIMCom tells what became of a payload behind OK (+CIPSEND), which may take until the peer reads: other sockets go on
meanwhile, and what the module refuses at last is not counted."""

import atsock
from cases import cases
from fakes import CUTS, errno_of, raises
from frames import ERROR, OK, line, read_script
from scenes import attached, connect, connected, settle

SIMCOM = ("a7600", "sim7028")
ACCESS = ("buffer", "push")
_EAGAIN = 11
_ECONNRESET = 104
_ETIMEDOUT = 110
_ENETDOWN = 100
TEXT = b"ten bytes."
ENDS = (
    (b"+IPCLOSE: 0,1", _ECONNRESET),
    (b"+IPCLOSE: 0,2", _ECONNRESET),
    (b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY", _ENETDOWN),
    (b"*ATREADY: 1", _ECONNRESET),
)
WRONG = (b"+CIPSEND: 1,10,10", b"+CIPSEND: 0,9,9", b"+CIPSEND: 0,9,0")


def sends(says, link, payload):
    """The script of a send whose peer does not read: prompt, payload, OK."""
    return says.send("buffer", link, payload)[:-1] + [("<", OK)]


def confirmed(link, asked, taken):
    return line(b"+CIPSEND: %d,%d,%d" % (link, asked, taken))


def two(dialect, access="buffer", cut=0, timeout=1):
    modem, tape, clock, says = attached(dialect, access, cut)
    first = connect(modem, tape, says, timeout)
    second = connect(modem, tape, says, timeout)
    return first, second, modem, tape, clock, says


@cases(("dialect", "access", "cut"), [(d, a, c) for d in SIMCOM for a in ACCESS for c in CUTS])
def test_the_other_socket_goes_on(dialect, access, cut):
    """The peer of the first socket does not read: the second one receives and sends at once, and the first one's send
    counts when it is told."""
    first, second, modem, tape, clock, says = two(dialect, access, cut)
    second.settimeout(10)
    tape.load(sends(says, 0, TEXT))
    assert raises(OSError, first.send, TEXT).args[0] == _ETIMEDOUT
    assert first._link.tx.buf is None  # the program's again
    before = clock.now
    tape.load(read_script(says, dialect, access, 1, b"hello") + says.send("buffer", 1, b"answer"))
    assert second.recv(5) == b"hello" and second.send(b"answer") == 6
    assert clock.now - before < 700, clock.now - before
    tape.load([("!", confirmed(0, 10, 10))] + says.send("buffer", 0, b"more"))
    first.settimeout(10)
    assert first.send(b"more") == 4
    settle(modem, tape)
    tape.done()


@cases("dialect", SIMCOM)
def test_the_other_sockets_send_has_its_own_time(dialect):
    """The first socket's send gives up while the second one's is in flight: that one is waited for as long as ever."""
    first, second, modem, tape, clock, says = two(dialect, "push")
    second.settimeout(0)
    modem._engine.events = []
    modem._session._on_event = lambda event, socket, value: event == atsock.EVENT_DATA and second.send(b"answer")
    others = says.send("buffer", 1, b"answer")
    tape.load(sends(says, 0, TEXT) + [("!", says.push("push", 1, b"x"))] + others[:-1] + [("~", 6000), others[-1]])
    assert errno_of(first.send, TEXT) == _ETIMEDOUT
    while not second.is_sent():
        modem.poll(1000)
    assert not second.has_lost()
    tape.done()


@cases(("dialect", "cut"), [(d, c) for d in SIMCOM for c in CUTS])
def test_confirmed_within_the_timeout(dialect, cut):
    """It takes three seconds, and send() returns the count then."""
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=10)
    tape.load(sends(says, 0, TEXT) + [("~", 3000), ("!", confirmed(0, 10, 10))])
    assert socket.send(TEXT) == 10
    assert 3000 <= clock.now <= 3100 + 200 * len(tape.input), clock.now
    tape.done()


@cases("dialect", SIMCOM)
def test_long_after_it_was_confirmed(dialect):
    """The time for the confirmation is that send's: a later one whose prompt takes a moment has its own."""
    heard = []
    socket, modem, tape, clock, says = connected(dialect, timeout=60, on_event=lambda *event: heard.append(event))
    tape.load(sends(says, 0, TEXT) + [("~", 3000), ("!", confirmed(0, 10, 10))])
    assert socket.send(TEXT) == 10
    assert not heard, heard
    while clock.now < 200_000:
        modem.poll(10_000)
    script = says.send("buffer", 0, TEXT)
    tape.load(script[:1] + [("~", 1000)] + script[1:])
    assert socket.send(TEXT) == 10
    tape.done()


@cases(("dialect", "taken"), [(d, n) for d in SIMCOM for n in (-1, 0, 4)])
def test_refused_at_last(dialect, taken):
    """<cnfSendLength> below what was asked for: what was taken is told, and the connection is of no more use."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    tape.load(sends(says, 0, TEXT) + [("~", 20_000), ("!", confirmed(0, 10, taken))])
    if taken > 0:
        assert socket.send(TEXT) == taken
    else:
        assert errno_of(socket.send, TEXT) == _ECONNRESET
    assert clock.now < 21_000
    assert modem._session.strange_at is not None  # a second one would be a reason to look at the context
    assert errno_of(socket.send, TEXT) == _ECONNRESET
    tape.done()


@cases("dialect", SIMCOM)
def test_refused_behind_the_timeout(dialect):
    """send() has told its timeout: what the module says then makes the connection unusable, and nothing counts."""
    socket, modem, tape, clock, says = connected(dialect, timeout=1)
    tape.load(sends(says, 0, TEXT))
    assert errno_of(socket.send, TEXT) == _ETIMEDOUT
    tape.load([("!", confirmed(0, 10, 0))])
    assert errno_of(socket.send, b"more") == _ECONNRESET
    tape.done()


@cases(("dialect", "wrong"), [(d, w) for d in SIMCOM for w in WRONG])
def test_a_confirmation_of_something_else(dialect, wrong):
    """The line of another connection, or of another length, confirms nothing."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    tape.load(sends(says, 0, TEXT) + [("~", 1000), ("!", line(wrong))])
    assert errno_of(socket.send, TEXT) == _ETIMEDOUT
    tape.load([("!", confirmed(0, 10, 10))] + says.send("buffer", 0, b"more"))
    assert socket.send(b"more") == 4
    tape.done()


@cases(("dialect", "access"), [(d, a) for d in SIMCOM for a in ACCESS])
def test_never_confirmed(dialect, access):
    """The line got lost: without a timeout of its own send() ends when the manual's time is over, and close() works."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=None)
    tape.load(sends(says, 0, TEXT))
    assert errno_of(socket.send, TEXT) == _ETIMEDOUT
    assert 125_000 <= clock.now <= 136_000, clock.now
    tape.load(says.close(0))
    socket.close()
    tape.done()
    assert modem._session.strange_at is not None  # a second one would be a reason to look at the context


@cases(("dialect", "end", "errno"), [(d, e, errno) for d in SIMCOM for e, errno in ENDS])
def test_the_connection_ends_unconfirmed(dialect, end, errno):
    """The connection, the network or the module goes: send() waits a moment for the last word, not for two minutes."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    tape.load(sends(says, 0, TEXT) + [("~", 2000), ("!", line(end))])
    error = raises(OSError, socket.send, TEXT)
    assert error.args[0] == errno, error
    assert clock.now < 15_000, clock.now
    tape.done()


@cases("dialect", SIMCOM)
def test_the_last_word_behind_the_end(dialect):
    """+IPCLOSE, and the confirmation comes behind it: all went out."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    ends = [("~", 2000), ("!", line(b"+IPCLOSE: 0,1")), ("~", 300), ("!", confirmed(0, 10, 10))]
    tape.load(sends(says, 0, TEXT) + ends)
    assert socket.send(TEXT) == 10
    tape.done()


@cases("dialect", SIMCOM)
def test_non_blocking(dialect):
    """What a non-blocking send has taken is unsent until it is confirmed; then the next one goes out."""
    first, second, modem, tape, clock, says = two(dialect)
    first.settimeout(0)
    tape.load(sends(says, 0, TEXT) + [("~", 5000), ("!", confirmed(0, 10, 10))])
    assert first.send(TEXT) == 10
    modem.poll(1000)
    assert not first.is_sent() and errno_of(first.send, b"more") == _EAGAIN
    while not first.is_sent():
        modem.poll(1000)
    assert not first.has_lost() and 5000 <= clock.now <= 7500, clock.now
    tape.load(says.send("buffer", 0, b"more"))
    assert first.send(b"more") == 4
    while not first.is_sent():
        modem.poll(100)
    tape.done()


@cases("dialect", SIMCOM)
def test_non_blocking_and_refused(dialect):
    """It is refused at last: lost, and told so."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    tape.load(sends(says, 0, TEXT) + [("~", 5000), ("!", confirmed(0, 10, 0))])
    assert socket.send(TEXT) == 10
    while not socket.is_sent():
        modem.poll(1000)
    assert socket.has_lost()
    tape.done()


@cases("dialect", SIMCOM)
def test_closed_unconfirmed(dialect):
    """close() does not wait for it, and the next connection of the id is not touched by the late line."""
    socket, modem, tape, clock, says = connected(dialect, timeout=1)
    tape.load(sends(says, 0, TEXT))
    assert errno_of(socket.send, TEXT) == _ETIMEDOUT
    tape.load(says.close(0))
    socket.close()
    settle(modem, tape)
    assert clock.now < 2500, clock.now
    tape.done()
    socket = connect(modem, tape, says, 10)
    tape.load([("!", confirmed(0, 10, -1))] + says.send("buffer", 0, TEXT))
    settle(modem, tape)
    assert socket.send(TEXT) == 10
    tape.done()


@cases("dialect", SIMCOM)
def test_a_stray_ok_in_the_payload(dialect):
    """An OK while the payload is still on its way is not the module's word that it has taken it."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    script = says.send("buffer", 0, b"precious")
    tape.load(script[:2] + [(">", b"prec"), ("!", OK), ("~", 1500), (">", b"ious")] + script[-1:])
    write = tape.write
    held = []

    def reluctant(buf, at, n):
        if bytes(buf[at : at + n]) == b"ious" and clock.now < 1200:
            held.append(n)
            return 0
        return write(buf, at, min(n, 4) if bytes(buf[at : at + 8]) == b"precious" else n)

    tape.write = reluctant
    assert socket.send(b"precious") == 8
    assert held


@cases("dialect", SIMCOM)
def test_a_lost_ok(dialect):
    """The OK got lost, +CIPSEND came: half a second later the next command goes out."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    tape.load(says.send("buffer", 0, TEXT)[:-1] + [("<", confirmed(0, 10, 10))] + says.send("buffer", 0, b"more"))
    assert socket.send(TEXT) == 10 and socket.send(b"more") == 4
    assert clock.now < 2000, clock.now
    tape.done()


@cases("dialect", ("nl668", "l610"))
def test_a_lost_second_ok_does_not_make_a_refusal_a_success(dialect):
    """+MIPSEND: <id>,1 (flowed off), and the second OK got lost: the same block is offered once more."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    script = says.send("buffer", says.first, TEXT)
    tape.load(script[:-1] + [("<", OK + line(b"+MIPSEND: %d,1,0" % says.first)), ("~", 600)] + script)
    assert socket.send(TEXT) == 10
    assert clock.now < 5000
    tape.done()


def test_a_command_of_the_application():
    """modem.command() whose answer has such a line keeps it: nobody else waits for it."""
    modem, tape, clock, says = attached("a7600")
    tape.load([(">", b"AT+CIPSEND?\r"), ("<", line(b"+CIPSEND: 0,5,5") + OK)])
    assert modem.command("AT+CIPSEND?") == [b"+CIPSEND: 0,5,5"]
    tape.load([(">", b"AT+CIPSEND=?\r"), ("<", line(b"+CIPSEND: (0-9),(1-1500)") + OK)])
    assert modem.command("AT+CIPSEND=?") == [b"+CIPSEND: (0-9),(1-1500)"]
    tape.load([(">", b"AT+CIPMODE=2\r"), ("<", ERROR), (">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 9,99") + OK)])
    raises(atsock.CommandError, modem.command, "AT+CIPMODE=2")
    tape.done()


@cases(("dialect", "cut"), [(d, c) for d in SIMCOM for c in CUTS])
def test_told_twice(dialect, cut):
    """The confirmation of a send comes once more when the next one, of another length, has been asked for."""
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=10)
    tape.load(says.send("buffer", 0, TEXT))
    assert socket.send(TEXT) == 10
    script = says.send("buffer", 0, b"more")
    tape.load(script[:1] + [("<", confirmed(0, 10, 10))] + script[1:])
    assert socket.send(b"more") == 4
    tape.done()


@cases(("dialect", "cut", "taken"), [(d, c, n) for d in SIMCOM for c in CUTS for n in (10, 3)])
def test_told_behind_the_prompt_of_the_next_one(dialect, cut, taken):
    """What the line says of another length is no result of this send."""
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=10)
    tape.load(sends(says, 0, b"more")[:-1] + [("<", confirmed(0, 10, taken) + OK + confirmed(0, 4, 4))])
    assert socket.send(b"more") == 4
    tape.load(sends(says, 0, b"more")[:-1] + [("<", OK + confirmed(0, 10, taken) + confirmed(0, 4, 3))])
    assert socket.send(b"more") == 3
    tape.done()


@cases("dialect", SIMCOM)
def test_a_code_before_its_error(dialect):
    """The module tells why it refuses the payload, a second before ERROR: that was not accepted."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", timeout=10)
    tape.load(says.send("buffer", 0, TEXT)[:-1] + [("<", line(b"+CIPERROR: 4")), ("~", 1000), ("<", ERROR)])
    assert errno_of(socket.send, TEXT) == _ECONNRESET
    assert 1000 <= clock.now < 1500, clock.now
    tape.done()
