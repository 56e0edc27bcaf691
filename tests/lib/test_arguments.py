"""What programs hand over: buffers of every kind, names and lines at their limits, families, ports; what cannot be is
refused before a byte is sent, and nothing that is refused harms a connection.
"""

import sys
from array import array

import atsock
from atsock import checks
from cases import cases
from fakes import Case, errno_of, new_modem, raises
from frames import ACCESS, DIALECTS, PEER, PORT, line, read_script
from scenes import attached, connected, recv_exactly

CPYTHON = sys.implementation.name != "micropython"
EIO, EAGAIN, EAFNOSUPPORT = 5, 11, 97
NUMBERS = array("H", (1, 2, 770))
HOST_MAX = {"bg96": 255, "a7600": 254, "sim7028": 254, "nl668": 255, "l610": 255}
DOWN = {
    "bg96": b"AT+QIDEACT=1",
    "a7600": b"AT+NETCLOSE",
    "sim7028": b"AT+NETCLOSE",
    "nl668": b"AT+MIPCALL=0",
    "l610": b"AT+MIPCALL=0",
}


# -- buffers


@cases("call", ("send", "sendall", "write"))
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_what_is_sent_is_counted_in_bytes(dialect, access, call):
    """An array goes out as its bytes: as many as the command has announced, for the rest would be commands."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    function = {"send": socket.send, "sendall": socket.sendall, "write": socket.write}[call]
    for given in (NUMBERS, memoryview(NUMBERS)) if CPYTHON else (NUMBERS,):
        tape.load(says.send(access, says.first, b"\1\0\2\0\2\3"))
        assert function(given) == (None if call == "sendall" else 6)
        tape.done()
    if CPYTHON:
        tape.load(says.send(access, says.first, b"ace"))
        function(memoryview(b"abcdef")[::2])
        tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_what_is_no_buffer_sends_nothing(dialect, access):
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    before = tape.written
    for function in (socket.send, socket.sendall, socket.write):
        for given in (None, 5, [1, 2], (1, 2)):
            raises(TypeError, function, given)
    assert tape.written == before
    tape.load(says.send(access, says.first, b"abc"))
    assert socket.send(bytearray(b"abc")) == 3
    tape.done()


@cases("call", ("recv_into", "readinto"))
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_what_cannot_be_filled_takes_nothing(dialect, access, call):
    """A buffer that is read only, or none, costs neither the data nor the connection."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    function = {"recv_into": socket.recv_into, "readinto": socket.readinto}[call]
    tape.load(read_script(says, dialect, access, says.first, b"abcdef"))
    for given in (b"123", memoryview(b"123"), "123", [1, 2, 3], None, 5, bytes(3000)):
        raises(TypeError, function, given)
    assert recv_exactly(socket, 6) == b"abcdef"
    tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_an_array_is_filled(dialect, access):
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    buf = array("B", bytes(4)) if not CPYTHON else array("H", (0, 0))
    tape.load(read_script(says, dialect, access, says.first, b"abcd"))
    assert socket.readinto(buf) == 4 and bytes(buf) == b"abcd"
    tape.done()


@cases("dialect", DIALECTS)
def test_no_room_needs_no_data(dialect):
    """MicroPython's readinto(buf, 0) takes nothing, and says so at once."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    then = clock.now
    assert socket.readinto(bytearray(4), 0) == 0 and socket.readinto(bytearray(0)) == 0
    assert socket.recv_into(bytearray(0)) == 0
    assert clock.now == then


@cases("dialect", DIALECTS)
def test_read_none(dialect):
    """read(None) is read(): everything that comes until the end, or until the time is over."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=1)
    tape.load(read_script(says, dialect, "push", says.first, b"abcd"))
    assert socket.read(None) == b"abcd"


@cases("dialect", DIALECTS)
def test_a_short_timeout_waits(dialect):
    """What is less than a millisecond is not "never wait"."""
    socket, modem, tape, clock, says = connected(dialect)
    socket.settimeout(0.0001)
    raises(atsock.Timeout, socket.recv, 1)
    socket.settimeout(0.0)
    assert errno_of(socket.recv, 1) == EAGAIN


# -- datagrams


def datagrams(dialect):
    modem, tape, clock, says = attached(dialect)

    def answer(command):
        if command.startswith(says.open_line(command)):
            return says.opened(command, says.link_of(command))
        return b"\r\nOK\r\n"

    tape.auto = answer
    socket = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
    socket.connect((PEER, PORT))
    tape.auto = None
    sent = []
    socket._guarded_send = lambda buf: sent.append(bytes(buf)) or socket._tx_end
    return socket, sent


@cases("dialect", DIALECTS)
def test_datagrams_of_any_buffer(dialect):
    socket, sent = datagrams(dialect)
    for function in (socket.send, socket.write, lambda buf: socket.sendto(buf, (PEER, PORT))):
        socket._sending = False
        assert function("\u00e4") == 2 and sent.pop() == b"\xc3\xa4"
        socket._sending = False
        assert function(NUMBERS) == 6 and sent.pop() == b"\1\0\2\0\2\3"
        for given in (None, 5, [1, 2]):
            raises(TypeError, function, given)
    for given in (b"123", "123", [1, 2, 3], None):
        raises(TypeError, socket.recv_into, given)
        raises(TypeError, socket.readinto, given)


@cases("dialect", DIALECTS)
def test_stream_methods_of_datagrams_say_none(dialect):
    """read(), readinto() and write() of a non-blocking socket give None where recv() and send() raise EAGAIN."""
    socket, sent = datagrams(dialect)
    socket.setblocking(False)
    assert socket.read() is None and socket.read(-1) is None and socket.readinto(bytearray(5)) is None
    assert errno_of(socket.recv, 5) == EAGAIN
    socket._post = lambda buf, pos, n: -EAGAIN
    assert socket.write(b"abc") is None
    assert errno_of(socket.send, b"abc") == EAGAIN
    assert errno_of(socket.sendto, b"abc", (PEER, PORT)) == EAGAIN


# -- names, ports, families, lines


@cases("dialect", DIALECTS)
def test_the_longest_host_name(dialect):
    """As long as the manual allows; what is longer is refused before a byte is sent."""
    for ask in (
        lambda modem, name: modem.socket().connect((name, 80)),
        lambda modem, name: modem.resolve(name),
        lambda modem, name: modem.getaddrinfo(name, 80),
    ):
        modem, tape, clock, says = attached(dialect)
        sent = []
        tape.auto = lambda command: sent.append(command) or b"\r\nERROR\r\n" if b"xxx" in command else b"\r\nOK\r\n"
        raises(ValueError, ask, modem, "x" * (HOST_MAX[dialect] + 1))
        assert not sent
        raises(OSError, ask, modem, "x" * HOST_MAX[dialect])
        assert sent


@cases("dialect", DIALECTS)
def test_getaddrinfo(dialect):
    """Port 0 where only the address is wanted; no list without an address, and no family that is none."""
    modem, tape, clock, says = attached(dialect)
    before = tape.written
    assert modem.getaddrinfo("192.0.2.1", 0)[0][4] == ("192.0.2.1", 0)
    assert errno_of(modem.getaddrinfo, "192.0.2.1", 80, atsock.AF_INET6) == EAFNOSUPPORT
    assert errno_of(modem.getaddrinfo, "2001:db8::1", 80, atsock.AF_INET) == EAFNOSUPPORT
    assert errno_of(modem.resolve, "192.0.2.1", atsock.AF_INET6) == EAFNOSUPPORT
    for family in (99, None, "2"):
        raises(ValueError, modem.resolve, "x.test", family)
    raises(ValueError, modem.getaddrinfo, "x.test", 80, 99)
    assert tape.written == before


def test_a_time_that_is_none():
    """command() took 0 for its 60 s, attach() waited 27 s for less than none."""
    modem, tape, clock, says = attached("bg96")
    before, began = tape.written, clock.now
    for wrong, kind in ((-1, ValueError), (2.5, TypeError), ("9", TypeError), (True, TypeError)):
        with Case(wrong):
            raises(kind, modem.command, "AT", None, wrong)
            raises(kind, lambda: modem.attach(timeout_ms=wrong))
            raises(kind, lambda: modem.attach_async(timeout_ms=wrong))
    raises(ValueError, modem.command, "AT", None, 0)
    assert modem.attach(timeout_ms=0) == "10.0.0.1"
    assert (tape.written, clock.now) == (before, began)


def test_all_addresses_of_a_name():
    """BG96 tells how many there are (2.1.13), each on a line of its own."""
    modem, tape, clock, says = attached("bg96")
    found = line(b'+QIURC: "dnsgip",0,2,600') + line(b'+QIURC: "dnsgip","192.0.2.1"')
    tape.load([
        (">", b'AT+QIDNSGIP=1,"x.test"\r'), ("<", b"\r\nOK\r\n" + found), ("~", 200),
        ("!", line(b'+QIURC: "dnsgip","192.0.2.2"')),
    ])  # fmt: skip
    assert modem.resolve("x.test") == ["192.0.2.1", "192.0.2.2"]
    tape.done()


def test_resolve_gives_the_family_that_was_asked_for():
    """SIM7028 looks up what its context is; an IPv4 address is no answer to the other question."""
    modem, tape, clock, says = attached("sim7028")
    tape.auto = lambda command: line(b'+CDNSGIP: 1,"x.test","192.0.2.1"') + b"\r\nOK\r\n"
    assert modem.resolve("x.test") == ["192.0.2.1"]
    assert errno_of(modem.resolve, "x.test", atsock.AF_INET6) == EAFNOSUPPORT


def test_an_address_that_is_damaged():
    """A byte of it got lost or came on top: it is none, and no socket is sent to a place that cannot be."""
    for text in (b"1920.2.1", b"192..2.1", b"192.02.1", b"192.0.2.", b"192.0.2", b"192.0.2.1000", b"192.0.2.A1"):
        with Case(text):
            modem, tape, clock, says = attached("a7600")
            tape.auto = lambda command: line(b'+CDNSGIP: 1,"x.test","' + text + b'"') + b"\r\nOK\r\n"
            assert errno_of(modem.resolve, "x.test") == EIO


def test_a_line_has_an_end():
    modem, tape, clock = new_modem("bg96")
    raises(ValueError, modem.command, "AT+" + "X" * 2558)
    assert tape.written == 0
    tape.auto = lambda command: b"\r\nERROR\r\n"
    raises(atsock.CommandError, modem.command, "AT+" + "X" * 2557)


def test_what_is_no_address_or_function():
    modem, tape, clock, says = attached("bg96")
    for address in (80, None, "ab", ("",), (None, 80), (5, 80), ("", 80, 1), ("", 80, 1, 2, 3)):
        raises(TypeError, modem.socket().bind, address)
        raises(TypeError, modem.socket().connect, address)
    raises(TypeError, lambda: atsock.Modem(tape, on_event=5))
    raises(TypeError, lambda: atsock.Modem(tape, reset=True))
    raises(TypeError, modem.ping, PEER, 1.5)


def test_numeric_addresses():
    """What inet_pton() makes of what is none: never bytes of another length."""
    modem, tape, clock, says = attached("bg96")
    made = modem.socket_module()
    wrong = OSError if CPYTHON else ValueError
    for text in (
        "1:2",
        "1:2:3:4:5:6:7:8:9",
        "1::2:3:4:5:6:7:8",
        ":::",
        "12345::",
        "-1::",
        "::1.2.3.400",
        "::g",
        "1:2:3:",
    ):
        raises(wrong, made.inet_pton, atsock.AF_INET6, text)
    for text in ("::", "1::", "::1", "1:2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "::ffff:1.2.3.4"):
        assert len(made.inet_pton(atsock.AF_INET6, text)) == 16
    assert made.inet_pton(atsock.AF_INET6, "fe80::1:ffff") == b"\xfe\x80" + bytes(10) + b"\0\1\xff\xff"


# -- detach()


@cases("dialect", DIALECTS)
def test_detaching_twice(dialect):
    """A module refuses because there is nothing to be deactivated: no fault.  One that was active may not refuse."""
    modem, tape, clock, says = attached(dialect)
    sent = []
    tape.auto = lambda command: sent.append(command) or b"\r\nERROR\r\n"
    assert errno_of(modem.detach) == EIO
    modem.detach()
    atsock.NIC(modem).disconnect()
    assert sent.count(DOWN[dialect]) == 3


def test_buffers_as_they_are():
    """The usual ones are handed through, not copied."""
    for buf in (b"abc", bytearray(3), memoryview(bytearray(3))):
        assert checks.source(buf) is buf
    for buf in (bytearray(3), bytearray(0)):
        assert checks.room(buf) is buf
    view = memoryview(bytearray(b"abc"))
    checks.room(view)[0:1] = b"x"
    assert bytes(view) == b"xbc"


def test_contexts_of_a_modem():
    """1 to 16, as the manuals count them."""
    for context in (1, 16):
        assert new_modem("bg96", context=context)[0]._engine.context == context
    for context in (0, 17, "1", None):
        raises(ValueError, lambda: new_modem("bg96", context=context))
