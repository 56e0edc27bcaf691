"""Time passes while the driver works, too: a deadline that is over before it is looked at again is never a negative
wait.

fakes.Clock.wait() refuses one: poll() would wait for ever.  Each look at the clock takes some ms here, and the module
says something that nobody needs shortly before the deadline, at every distance from it, so that the driver is awake
then.
"""

import atsock
from cases import cases
from fakes import Case, errno_of, new_modem, raises
from frames import ACCESS, DIALECTS, OK, line
from scenes import attached, connect, connected, settle
from test_bringup import start

ETIMEDOUT = 110
BEFORE = range(0, 40)  # ms before the deadline
HURRIES = (3, 7)  # ms that each look at the clock takes
RING = line(b"RING")


def _rings(ms, before):
    # A script that rings so long before the ms are over, twice.
    return [("~", ms - before), ("!", RING), ("~", 4), ("!", RING)]


def _sweep(act):
    for hurry in HURRIES:
        for before in BEFORE:
            with Case("each look takes", hurry, "ms before", before):
                act(hurry, before)


def test_command():
    def act(hurry, before):
        modem, tape, clock = new_modem("bg96", [(">", b"AT+CGMM\r")] + _rings(200, before))
        clock.hurry = hurry
        tape.after = lambda text: line(b"+CSQ: 9,99") + OK if text == b"AT+CSQ" else b""
        raises(atsock.Timeout, modem.command, "AT+CGMM", None, 200)
        assert 200 <= clock.now <= 260, clock.now
        modem.poll(100)

    _sweep(act)


def test_command_behind_one_that_timed_out():
    """The SYNC query's own time."""

    def act(hurry, before):
        script = [(">", b"AT+CGMM\r"), ("~", 200), (">", b"AT+CSQ\r")] + _rings(2000, before)
        modem, tape, clock = new_modem("bg96", script)
        clock.hurry = hurry
        tape.after = lambda text: line(b"+CSQ: 9,99") + OK if text == b"AT+CSQ" else line(b"BG96") + OK
        raises(atsock.Timeout, modem.command, "AT+CGMM", None, 200)
        assert modem.command("AT+CGMM") == [b"BG96"]
        assert clock.now < 5000, clock.now

    _sweep(act)


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_recv(dialect, access):
    def act(hurry, before):
        socket, modem, tape, clock, says = connected(dialect, access, timeout=0.3)
        tape.load(_rings(300, before))
        clock.hurry = hurry
        begin = clock.now
        assert errno_of(socket.recv, 10) == ETIMEDOUT
        assert clock.now - begin <= 400, clock.now - begin

    _sweep(act)


@cases("dialect", DIALECTS)
def test_ticks_that_have_wrapped(dialect):
    """The end of a pause twelve days ago seems to lie ahead again: nothing waits for it."""
    for timeout in (20, 0):
        with Case(timeout):
            socket, modem, tape, clock, says = connected(dialect, timeout=timeout)
            socket._retry_at = modem._engine.after_ms(5000)
            began = clock.now
            tape.load(says.send("buffer", says.first, b"abc"))
            assert socket.ioctl(3, 4) == 4  # poll()
            assert socket.send(b"abc") == 3
            settle(modem, tape)
            assert clock.now - began < 100, clock.now - began
            tape.done()


@cases("dialect", DIALECTS)
def test_connect(dialect):
    def act(hurry, before):
        modem, tape, clock, says = attached(dialect)
        tape.auto = lambda text: OK if text.startswith(says.open_line(text)) else says.close(says.first)[1][1]
        for kind, data in _rings(300, before):
            tape.input.append([0, kind, data])
        socket = modem.socket()
        socket.settimeout(0.3)
        clock.hurry = hurry
        begin = clock.now
        assert errno_of(socket.connect, ("192.0.2.7", 80)) == ETIMEDOUT
        assert clock.now - begin <= 500, clock.now - begin

    _sweep(act)


def _refused_once(says, payload):
    script = says.send("buffer", 0, payload)
    return script[:-1] + [("<", line(b"SEND FAIL"))], script


def test_pause_before_a_send_is_offered_again():
    def act(hurry, before):
        socket, modem, tape, clock, says = connected("bg96", timeout=20)
        failed, script = _refused_once(says, b"again")
        tape.load(failed + _rings(100, before) + script)
        clock.hurry = hurry
        assert socket.send(b"again") == 5
        tape.done()

    _sweep(act)


def test_pause_of_a_send_that_does_not_wait():
    def act(hurry, before):
        socket, modem, tape, clock, says = connected("bg96", timeout=0)
        failed, script = _refused_once(says, b"again")
        tape.load(failed + _rings(100, before) + script)
        clock.hurry = hurry
        assert socket.send(b"again") == 5
        for _ in range(100):
            modem.poll(50)
        tape.done()

    _sweep(act)


@cases("hurry", range(2, 12))
def test_pause_of_a_job(hurry):
    """attach() asks once a second whether the module is registered; the port comes back from each wait after 1 ms."""
    searching = line(b"+CEREG: 0,2") + OK
    differs = {
        b"AT+CEREG?": [searching, searching, searching, line(b"+CEREG: 0,1") + OK],
        b"AT+CREG?": line(b"+CREG: 0,2") + OK, b"AT+CGREG?": line(b"+CGREG: 0,2") + OK,
    }  # fmt: skip
    modem, tape, clock, module = start("bg96", differs)
    clock.hurry = hurry
    clock.nap = 1
    assert modem.attach("internet") == "10.0.0.1"
    assert clock.now <= 10_000, clock.now


@cases("hurry", range(2, 12))
def test_close_that_does_not_wait(hurry):
    """Another socket's send is not answered: close() gives up telling the module after 2 s, and goes on in the
    background."""
    modem, tape, clock, says = attached("bg96")
    first, second = connect(modem, tape, says, 0), connect(modem, tape, says, 0)
    tape.load(says.send("buffer", 0, b"hello")[:1])
    assert first.write(b"hello") == 5
    clock.hurry = hurry
    clock.nap = 1
    begin = clock.now
    second.close()
    assert 2000 <= clock.now - begin <= 2200, clock.now - begin


def test_poll():
    def act(hurry, before):
        modem, tape, clock = new_modem("bg96", _rings(100, before))
        clock.hurry = hurry
        modem.poll(100)
        modem.poll(100)
        assert clock.now <= 300

    _sweep(act)
