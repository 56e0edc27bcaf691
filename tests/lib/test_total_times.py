"""Calls that have no timeout of their own end when their command may have taken its time, whatever stands before it;
and a call that does not wait never does."""

import atsock
from cases import cases
from fakes import Case, errno_of, raises
from frames import DIALECTS, OK, PORT, line
from scenes import answers, attached, connect, connected

EAGAIN = 11
ETIMEDOUT = 110
# ms: as long as the manual allows, 30 s at least
LOOK_UP = {"bg96": 62_000, "a7600": 30_000, "sim7028": 30_000, "nl668": 62_000, "l610": 62_000}
NTP = {"bg96": 127_000, "nl668": 62_000, "l610": 62_000}
CLOSE = {"bg96": 12_000, "a7600": 125_000, "sim7028": 125_000, "nl668": 15_000, "l610": 15_000}
FIBOCOM = ("nl668", "l610")


def took(clock, function, *args):
    """ms until function(*args) has run out of time."""
    start = clock.now
    assert errno_of(function, *args) == ETIMEDOUT
    return clock.now - start


@cases("dialect", DIALECTS)
def test_calls_behind_a_lost_prompt(dialect):
    """The prompt of a send has got lost, and the module answers nothing any more."""
    for name, call, limits in (
        ("resolve", lambda modem: modem.resolve("name.example"), LOOK_UP),
        ("getaddrinfo", lambda modem: modem.getaddrinfo("name.example", 80), LOOK_UP),
        ("ping", lambda modem: modem.ping("name.example", 2, 32, 1000), dict.fromkeys(NTP, 64_000)),
        ("ntp", lambda modem: modem.ntp("name.example"), NTP),
        ("identity", lambda modem: modem.identity(), dict.fromkeys(DIALECTS, 60_000)),
        ("registration", lambda modem: modem.registration(), dict.fromkeys(DIALECTS, 60_000)),
    ):
        if dialect not in limits:
            continue
        with Case(name):
            socket, modem, tape, clock, says = connected(dialect, timeout=1)
            tape.auto = lambda command: b""
            assert errno_of(socket.send, b"hello") == ETIMEDOUT
            assert took(clock, call, modem) <= limits[dialect] + 100


@cases("dialect", DIALECTS)
def test_names_are_found_behind_a_lost_prompt(dialect):
    """As soon as the module is in step again, long before the look-up's time is over."""
    socket, modem, tape, clock, says = connected(dialect, timeout=1)
    tape.auto = lambda command: b""
    assert errno_of(socket.send, b"hello") == ETIMEDOUT
    told = {
        "bg96": OK + line(b'+QIURC: "dnsgip",0,1,600') + line(b'+QIURC: "dnsgip","192.0.2.9"'),
        "nl668": line(b"+MIPDNS: name.example,192.0.2.9") + OK,
    }

    def answer(command):
        if command.endswith(b"AT+CSQ"):
            return line(b"+CSQ: 9,99") + OK
        if b"SEND" in command or b"name.example" not in command:
            return b""
        return told.get(
            "nl668" if dialect in FIBOCOM else dialect, line(b'+CDNSGIP: 1,"name.example","192.0.2.9"') + OK
        )

    tape.auto = answer
    start = clock.now
    assert modem.resolve("name.example") == ["192.0.2.9"]
    assert clock.now - start < 22_000, clock.now - start


@cases("dialect", DIALECTS)
def test_modem_close_of_a_silent_module(dialect):
    """The first close has its time; all others have 30 s together."""
    modem, tape, clock, says = attached(dialect)
    sockets = [connect(modem, tape, says, 5) for _ in range(2)]
    tape.auto = lambda command: b""
    assert took(clock, modem.close) <= CLOSE[dialect] + 30_100
    for socket in sockets:
        assert errno_of(socket.send, b"x") == 9


@cases("dialect", ("bg96", "nl668", "l610"))
def test_another_peer_for_datagrams_of_a_silent_module(dialect):
    """connect() once more closes the connection first, and that has no more time than the call; it can be repeated."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = answers(says)
    socket = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
    socket.settimeout(3)
    socket.connect(("192.0.2.7", PORT))
    tape.auto = lambda command: b""
    assert took(clock, socket.connect, ("192.0.2.8", PORT)) <= 3100
    tape.auto = answers(says)
    modem.poll(10_000)
    socket.settimeout(30)
    socket.connect(("192.0.2.8", PORT))


@cases("dialect", DIALECTS)
def test_sendto_that_does_not_wait(dialect):
    """The socket is opened, and the name looked up, in the background: EAGAIN until then, and nothing is sent twice."""
    modem, tape, clock, says = attached(dialect)
    sent = []

    def answer(command):
        if b"SEND" in command:
            sent.append(command)
            return b""
        if b"OPEN" in command:
            return answers(says)(command)
        if b"name.example" not in command:
            return OK
        if dialect == "bg96":
            return OK + line(b'+QIURC: "dnsgip",0,1,600') + line(b'+QIURC: "dnsgip","192.0.2.9"')
        if dialect in FIBOCOM:
            return line(b"+MIPDNS: name.example,192.0.2.9") + OK
        return line(b'+CDNSGIP: 1,"name.example","192.0.2.9"') + OK

    tape.auto = answer
    socket = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
    socket.setblocking(False)
    assert errno_of(socket.sendto, b"hello", ("name.example", PORT)) == EAGAIN
    assert clock.now <= 10 and not socket.ioctl(3, 4)
    for _ in range(20):
        if errno_of_or_count(socket) == 5:
            break
        modem.poll(100)
    else:
        raise AssertionError("never sent")
    modem.poll(100)
    assert len(sent) == 1, sent


@cases("dialect", DIALECTS)
def test_sendto_of_a_silent_module_does_not_wait(dialect):
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: b""
    socket = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
    socket.setblocking(False)
    for _ in range(5):
        start = clock.now
        assert errno_of(socket.sendto, b"hello", ("name.example", PORT)) == EAGAIN
        assert clock.now - start <= 10, clock.now - start
        modem.poll(500)
    assert not socket.ioctl(3, 4), "writable"


def errno_of_or_count(socket):
    try:
        return socket.sendto(b"hello", ("name.example", PORT))
    except OSError as error:
        assert error.args[0] == EAGAIN, error
        return None


@cases("dialect", DIALECTS)
def test_sendto_that_does_not_wait_tells_what_failed(dialect):
    """The open is refused: the next call says so, the one after it opens anew.  close() ends a look-up on its way."""
    modem, tape, clock, says = attached(dialect)
    opens = []

    def answer(command):
        if b"OPEN" in command:
            opens.append(command)
            return line(b"+CME ERROR: 50")
        return line(b"+CSQ: 9,99") + OK if command == b"AT+CSQ" else answers(says)(command)

    tape.auto = answer
    socket = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
    socket.setblocking(False)
    assert errno_of(socket.sendto, b"hello", ("192.0.2.9", PORT)) == EAGAIN
    for _ in range(30):
        modem.poll(100)
    assert errno_of(socket.sendto, b"hello", ("192.0.2.9", PORT)) not in (EAGAIN, 115)
    before = len(opens)
    assert errno_of(socket.sendto, b"hello", ("192.0.2.9", PORT)) == EAGAIN
    for _ in range(30):
        modem.poll(100)
    assert len(opens) > before
    socket.close()
    raises(OSError, socket.sendto, b"hello", ("192.0.2.9", PORT))


@cases("call", ("sendto", "connect"))
@cases("dialect", DIALECTS)
def test_a_call_that_waits_behind_one_that_does_not(dialect, call):
    """It waits for what that has begun; also when its time is over before."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: b""
    socket = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
    socket.setblocking(False)
    assert errno_of(socket.sendto, b"hello", ("192.0.2.9", PORT)) == EAGAIN
    socket.settimeout(3)
    waits = (socket.connect, ("192.0.2.9", PORT)) if call == "connect" else (socket.sendto, b"x", ("192.0.2.9", PORT))
    assert took(clock, *waits) <= 3100
    sent = []

    def answer(command):
        if b"SEND" in command:
            sent.append(command)
            return b""
        return answers(says)(command)

    tape.auto = answer
    tape.input.append([0, "!", OK])  # to the first command of those that open
    if call == "connect":
        socket.connect(("192.0.2.9", PORT))
    else:
        assert errno_of(socket.sendto, b"x", ("192.0.2.9", PORT)) == ETIMEDOUT
        assert len(sent) == 1, "not sent"
