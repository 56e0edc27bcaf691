"""The OK of an answer gets lost, or comes late: what else has been said counts, and the module is soon of use again."""

from atsock.core.command import query
from cases import cases
from fakes import Case, errno_of, new_modem
from frames import DIALECTS, OK, PEER, PORT, PULLED, SYNC, line, speech
from scenes import answers, attached, connected, rest, settle

FIBOCOM = ("nl668", "l610")
TIMED_OUT = 2  # Engine.state
ETIMEDOUT, ECONNRESET = 110, 104


def without_ok(data):
    return data.replace(OK, b"")


@cases("dialect", DIALECTS)
def test_open(dialect):
    """The result of the open has come."""
    modem, tape, clock, says = attached(dialect)
    answer = answers(says)
    tape.auto = lambda command: (
        without_ok(answer(command)) if command.startswith(says.open_line(command)) else answer(command)
    )
    socket = modem.socket()
    socket.settimeout(10)
    socket.connect((PEER, PORT))
    assert clock.now < 5000, clock.now
    assert socket._link.state == 2
    settle(modem, tape)
    rest(tape)
    tape.load(says.send("buffer", says.first, b"hello"))
    assert socket.send(b"hello") == 5


@cases(("dialect", "access"), PULLED)
def test_read_that_finds_nothing(dialect, access):
    """It is no error of the connection, and the next notice is read as ever."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
    link = says.first
    empty = says.nothing(access, link)
    if not empty.endswith(OK):
        return  # SIMCom's ends with ERROR
    ask = (">", says.ask(access, link, says.most[access]))
    tape.load(
        [("!", says.notice(access, link)), ask, ("!", without_ok(empty)), ("~", 2900)]
        + SYNC
        + [("!", says.notice(access, link)), ask, ("<", says.answer(access, link, b"data", 0))]
    )
    assert socket.recv(10) == b"data"
    assert clock.now < 10_000, clock.now


@cases("dialect", DIALECTS)
def test_read_that_goes_on_where_another_one_ended(dialect):
    """readinto() returns what has come, however much was in the buffer before the read that lost its OK."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", timeout=8)
    link = says.first
    ask = (">", says.ask("buffer", link, says.most["buffer"]))
    notice = ("!", says.notice("buffer", link))
    answer = says.answer("buffer", link, b"data", 0)
    tape.load(
        [notice, ask, ("<", says.answer("buffer", link, b"more", 0)), notice, ask]
        + [("!", answer[: answer.rfind(OK)]), ("~", 2900)]
        + SYNC
        + [ask, ("!", says.nothing("buffer", link))]
    )
    buf = bytearray(4096)
    assert socket.readinto(buf) == 8
    assert buf[:9] == b"moredata\0"


@cases("dialect", FIBOCOM)
def test_send_whose_first_half_alone_is_told(dialect):
    """+MIPSEND stores the digits, its OK is lost, and +MIPPUSH has not been sent: nothing has gone out yet."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=60)
    command, stored = says.send("hex", says.first, b"precious")[:2]
    tape.load([command, ("!", without_ok(stored[1]))])
    tape.after = lambda text: SYNC[1][1]
    assert errno_of(socket.send, b"precious") == ETIMEDOUT
    assert clock.now < 10_000, clock.now


def test_lines_that_take_their_time():
    """A long answer: each line, and the OK behind the last one, may be seconds behind the one before."""
    script = [(">", b"AT+CMGL=4\r")]
    for i in range(4):
        script += [("~", 2000), ("<", line(b"+CMGL: %d,1" % i))]
    modem, tape, clock = new_modem("bg96", script + [("~", 2000), ("<", OK)])
    assert modem.command("AT+CMGL=4", "+CMGL:", 60_000) == [b"+CMGL: %d,1" % i for i in range(4)]
    tape.done()


def test_lines_without_an_end():
    """They are no reason to wait longer than the command's own time, nor to hold up the next one."""
    script = [(">", b"AT+CMGL=4\r")]
    for i in range(12):
        script += [("~", 2000), ("!", line(b"+CMGL: %d,1" % i))]
    modem, tape, clock = new_modem("bg96", script[:17] + [SYNC[0]] + script[17:] + SYNC[1:])
    assert errno_of(modem.command, "AT+CMGL=4", "+CMGL:", 15_000) == ETIMEDOUT
    assert 14_000 <= clock.now <= 15_100, clock.now
    modem.poll(1000)
    assert modem._engine.state == TIMED_OUT


def test_line_that_was_asked_for():
    """The OK behind it does not come: that is seen in seconds."""
    modem, tape, clock = new_modem("bg96", [(">", b"AT+CGSN\r"), ("<", line(b"+CGSN: 1")), ("~", 3000)] + SYNC)
    assert errno_of(modem.command, "AT+CGSN", "+CGSN:", 60_000) == ETIMEDOUT
    assert clock.now < 4000, clock.now


@cases("dialect", FIBOCOM)
def test_data_mode(dialect):
    """What comes behind the line that tells of data mode is data; an OK that is late after all is none."""
    for late in (b"", OK):
        modem, tape, clock, says = attached(dialect, "transparent")
        answer = answers(says)
        tape.auto = lambda command, late=late: (
            line(b"+MIPODM: 1,1") + late + b"hello" if command.startswith(b"AT+MIPODM=") else answer(command)
        )
        socket = modem.socket()
        socket.settimeout(10)
        socket.connect((PEER, PORT))
        assert socket.recv(10) == b"hello"


@cases("dialect", FIBOCOM)
def test_data_mode_told_twice(dialect):
    """The line that tells of data mode is a URC, and may come twice: it is no data.  Only right behind itself."""
    begins = line(b"+MIPODM: 1,1")
    for data, expected in (
        (begins + b"hello", b"hello"),
        (b"\r\n+MIPODM: 1,0\r\n", b"\r\n+MIPODM: 1,0\r\n"),
        (b"hello" + begins, b"hello" + begins),
        (begins * 2 + b"hello", begins + b"hello"),
    ):
        with Case(data):
            modem, tape, clock, says = attached(dialect, "transparent")
            answer = answers(says)
            tape.auto = lambda command, data=data, answer=answer: (
                OK + begins + data if command.startswith(b"AT+MIPODM=") else answer(command)
            )
            socket = modem.socket()
            socket.settimeout(10)
            socket.connect((PEER, PORT))
            assert socket.read(len(expected)) == expected


@cases("dialect", DIALECTS)
def test_send_and_close(dialect):
    """Nothing is said to a payload: the next connection is there a few seconds after send() has given up."""
    socket, modem, tape, clock, says = connected(dialect, timeout=2)
    script = says.send("buffer", says.first, b"precious")
    tape.load(script[:-1])
    assert errno_of(socket.send, b"precious") == ETIMEDOUT
    began = clock.now
    answer = answers(says)
    tape.auto = lambda command: line(b"+CSQ: 20,0") + OK if command == b"AT+CSQ" else answer(command)
    socket.close()
    second = modem.socket()
    second.settimeout(20)
    second.connect((PEER, PORT))
    most = 17_000 if dialect in FIBOCOM else 5000  # Fibocom's may wait for a byte that got lost
    assert clock.now - began < most, clock.now - began


@cases("what", ("attach", "recover"))
@cases("dialect", DIALECTS)
def test_what_is_in_flight_is_waited_for(dialect, what):
    """Nobody waits for a background job's command: its answer comes before the first AT all the same."""
    modem, tape, clock = new_modem(dialect, apn="internet")
    attachment = speech(dialect).attach()
    held = []

    def answer(command):
        if command == b"AT+GSN":
            tape.input.append([0, "~", 600])
            tape.input.append([0, "!", line(b"1") + OK])
            return b""
        held.append((command, tape.input and tape.at < len(tape.input)))
        return attachment(command)

    tape.auto = answer
    modem._session.submit(query(b"AT+GSN"))
    if what == "attach":
        modem.attach()
    else:
        modem.recover()
    assert modem.isconnected() and held[0][0] == b"AT"
    assert not held[0][1], "AT before the answer to what is in flight"


@cases("dialect", DIALECTS)
def test_what_is_in_flight_and_is_not_answered(dialect):
    """It has failed when attach() begins anew."""
    modem, tape, clock = new_modem(dialect, apn="internet")
    attachment = speech(dialect).attach()
    tape.auto = lambda command: b"" if command == b"AT+GSN" else attachment(command)
    command = query(b"AT+GSN")
    modem._session.submit(command)
    modem.attach()
    assert command.done and command.errno == ECONNRESET


@cases("dialect", DIALECTS)
def test_attach_when_the_module_answers_nothing(dialect):
    """It may be in data mode: attach() finds out, although nobody has told that the context is lost."""
    socket, modem, tape, clock, says = connected(dialect, timeout=1)
    assert modem.isconnected()
    tape.auto = lambda command: b""
    for _ in range(3):
        errno_of(modem.signal)
    assert modem._engine.unresponsive
    asked = []
    attachment = says.attach()

    def answer(command):
        asked.append(command)
        return attachment(command) if len(asked) > 3 else b""

    tape.auto = answer
    start = clock.now
    assert modem.attach("internet") == "10.0.0.1"
    assert asked[0] == b"AT" and clock.now - start < 10_000, clock.now - start  # it answers the fourth one at once
