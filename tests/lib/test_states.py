"""What poll says in every state of a socket, and what calls that must not wait do in it."""

import atsock
from atsock.core.command import query
from atsock.sockets.module import SocketModule
from cases import cases
from fakes import Case, errno_of, raises
from frames import ACCESS, DIALECTS, OK, PEER, PORT, PULLED, line, pulls
from scenes import attached, connect, connected, settle, silent_first

POLL = 3
IN, OUT, ERR, HUP, NVAL = 1, 4, 8, 16, 32
BOTH = IN | OUT
EINVAL, EAGAIN, ENOTCONN, EISCONN, ECONNREFUSED, EALREADY, EINPROGRESS, ETIMEDOUT = 22, 11, 107, 106, 111, 114, 115, 110
ENETDOWN, ECONNRESET = 100, 104
LOST, BOOT = "network lost", "restart"


def _started(dialect, access="buffer"):
    """A socket whose non-blocking connect() is on its way; the module has said nothing yet."""
    modem, tape, clock, says = attached(dialect, access)
    asked = []
    tape.auto = lambda command: asked.append(command) if command.startswith(says.open_line(command)) else OK
    socket = modem.socket()
    socket.setblocking(False)
    assert errno_of(socket.connect, (PEER, PORT)) == EINPROGRESS
    while not asked:
        modem.poll()
    return socket, modem, tape, clock, says, asked[0]


@cases("dialect", DIALECTS)
def test_before_connect(dialect):
    """POLLOUT and POLLHUP, as MicroPython's own sockets before connect(); POLLNVAL after close()."""
    modem, tape, clock, says = attached(dialect)
    socket = modem.socket()
    assert socket.ioctl(POLL, BOTH) == OUT | HUP
    assert socket.ioctl(POLL, IN) == HUP
    socket.close()
    assert socket.ioctl(POLL, BOTH) == NVAL
    datagrams = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
    assert datagrams.ioctl(POLL, BOTH) == OUT
    assert datagrams.ioctl(POLL, IN) == 0


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_while_connecting(dialect, access):
    socket, modem, tape, clock, says, command = _started(dialect, access)
    now = clock.now
    assert socket.ioctl(POLL, BOTH) == 0
    assert errno_of(socket.send, b"x") == EAGAIN
    assert errno_of(socket.recv, 1) == EAGAIN
    assert socket.write(b"x") is None
    assert socket.read(1) is None
    assert socket.readinto(bytearray(1)) is None
    assert errno_of(socket.connect, (PEER, PORT)) == EALREADY
    assert clock.now == now
    tape.input.append([0, "!", says.opened(command, says.link_of(command))])
    settle(modem, tape)
    assert socket.ioctl(POLL, BOTH) == OUT
    assert errno_of(socket.connect, (PEER, PORT)) == EISCONN


@cases("dialect", DIALECTS)
def test_no_id_yet(dialect):
    """Calls that wait while a connect() has not even got an id: their time runs out like any other's."""
    modem, tape, clock, says = attached(dialect)
    modem._session.opening = True  # somebody else is at it
    socket = modem.socket()
    socket.setblocking(False)
    assert errno_of(socket.connect, (PEER, PORT)) == EINPROGRESS
    socket.settimeout(2)
    for call in (lambda: socket.send(b"x"), lambda: socket.recv(1), lambda: socket.readinto(bytearray(1))):
        assert errno_of(call) == ETIMEDOUT
    assert tape.written == 0


@cases("dialect", DIALECTS)
def test_refused(dialect):
    """A connect() that failed: POLLERR and POLLHUP; the next call tells why."""
    socket, modem, tape, clock, says, command = _started(dialect)
    refusals = {
        "bg96": OK + line(b"+QIOPEN: 0,566"),
        "a7600": OK + line(b"+CIPOPEN: 0,1"),
        "sim7028": OK + line(b"+CIPOPEN: 0,1"),
    }
    tape.input.append([0, "!", refusals.get(dialect, OK + line(b"+MIPSTAT: 1,1"))])
    settle(modem, tape)
    assert socket.ioctl(POLL, BOTH) == ERR | HUP
    errno_of(socket.send, b"x")
    assert socket.ioctl(POLL, BOTH) == OUT | HUP
    assert errno_of(socket.send, b"x") == ENOTCONN


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_ends_behind_the_open(dialect, access):
    """The peer closed before the program could look: what it sent can be read, then comes the end."""
    socket, modem, tape, clock, says, command = _started(dialect, access)
    link = says.link_of(command)
    asked = []

    def answer(command):
        if pulls(dialect, access) and command == says.ask(access, link, says.most[access])[:-1]:
            asked.append(command)
            return says.answer(access, link, b"19:04", 0) if len(asked) == 1 else says.nothing(access, link)
        return OK

    tape.auto = answer
    coming = says.notice(access, link) if pulls(dialect, access) else says.push(access, link, b"19:04")
    tape.input.append([0, "!", says.opened(command, link) + coming + says.closed(link)])
    settle(modem, tape)
    socket.setblocking(True)
    assert socket.recv(100) == b"19:04"
    assert socket.recv(100) == b""
    assert socket.ioctl(POLL, BOTH) & (IN | HUP) == IN | HUP
    assert socket.recv(100) == b""


@cases("dialect", DIALECTS)
def test_blocking_connect_to_a_hasty_peer(dialect):
    modem, tape, clock, says = attached(dialect)
    asks = says.ask("buffer", says.first, says.most["buffer"])[:-1]

    def answer(command):
        if command.startswith(says.open_line(command)):
            link = says.link_of(command)
            return says.opened(command, link) + says.closed(link)
        return says.nothing("buffer", says.first) if command.startswith(asks) else OK

    tape.auto = answer
    socket = modem.socket()
    socket.connect((PEER, PORT))
    assert socket.recv(1) == b""


@cases("dialect", DIALECTS)
def test_a_host_that_does_not_answer(dialect):
    """connect() ends with the timeout, and the next one, to another host, does not wait for the first."""
    modem, tape, clock, says = attached(dialect)
    tape.auto, opens = silent_first(says)
    socket = modem.socket()
    socket.settimeout(3)
    before = clock.now
    assert errno_of(socket.connect, (PEER, PORT)) == ETIMEDOUT
    assert clock.now - before == 3000
    other = modem.socket()
    other.settimeout(3)
    other.connect((PEER, PORT))
    assert clock.now - before == 3000
    assert dialect == "bg96" or opens[1] != opens[0], opens  # BG96 can call an open off
    assert other.ioctl(POLL, BOTH) == OUT
    assert socket.ioctl(POLL, BOTH) == OUT | HUP


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_dontwait(dialect, access):
    """MSG_DONTWAIT: one call that does not wait, on a socket that otherwise would."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    now = clock.now
    assert errno_of(socket.recv, 10, SocketModule.MSG_DONTWAIT) == EAGAIN
    assert clock.now == now
    assert socket.gettimeout() == 20
    tape.after = lambda command: says.answer(access, says.first, b"hello", 0)
    coming = says.notice(access, says.first) if pulls(dialect, access) else says.push(access, says.first, b"hello")
    tape.input.append([0, "!", coming])
    settle(modem, tape)
    both = SocketModule.MSG_DONTWAIT | SocketModule.MSG_PEEK
    for attempt in range(5):
        try:
            got = socket.recv(3, both)
            break
        except OSError as error:
            assert error.errno == EAGAIN
    assert got == b"hel"
    assert socket.recv(10, SocketModule.MSG_DONTWAIT) == b"hello"
    assert clock.now == now


@cases("dialect", DIALECTS)
def test_unknown_requests(dialect):
    """ioctl: a negative errno for what it does not know, in every state."""
    modem, tape, clock, says = attached(dialect)
    fresh = modem.socket()
    ready = connect(modem, tape, says)
    for request in (0, 2, 5, 6, 7, 8, 9, 10, 11, 1000):
        for socket in (fresh, ready):
            assert socket.ioctl(request, 0) == -EINVAL, request


def test_the_module_has_a_class():
    """Libraries ask whether socket.socket has a method before they call it, and make sockets of both types."""
    modem, tape, clock, says = attached("bg96")
    module = modem.socket_module()
    assert hasattr(module.socket, "settimeout") and not hasattr(module.socket, "no_such_method")
    assert not isinstance(tape, module.socket)
    stream, datagrams = module.socket(), module.socket(module.AF_INET, module.SOCK_DGRAM)
    assert hasattr(stream, "listen") and errno_of(datagrams.listen) == 95  # EOPNOTSUPP
    assert stream.gettimeout() is None
    assert tape.written == 0


# -- what waits for its turn when the connection is lost


@cases("kind", ("stream", "datagrams"))
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_send_that_waits_when_the_connection_is_lost(dialect, access, kind):
    """AT+GSN is in flight, a send waits behind it.  The network goes, or the module restarts: the send is not written
    any more, and the next call says which of the two it was."""
    type = atsock.SOCK_STREAM if kind == "stream" else atsock.SOCK_DGRAM
    for words, errno, kind_of_error in ((LOST, ENETDOWN, OSError), (BOOT, ECONNRESET, atsock.Restarted)):
        with Case(words):
            modem, tape, clock, says = attached(dialect, access)
            socket = connect(modem, tape, says, 0, type=type)
            words = says.lost if words == LOST else line(b"RDY")
            tape.load([(">", b"AT+GSN\r"), ("~", 100), ("!", words), ("<", line(b"8612") + OK)])
            modem._session.submit(query(b"AT+GSN"))
            assert socket.send(b"late") == 4
            assert not socket.is_sent()
            modem.poll(200)
            settle(modem, tape)
            assert socket.is_sent() and socket.has_lost()
            assert socket.ioctl(POLL, OUT) & ERR
            assert raises(kind_of_error, socket.send, b"more").errno == errno
            assert errno_of(socket.recv, 9) == errno
            tape.done()


@cases("kind", ("stream", "datagrams"))
@cases(("dialect", "access"), PULLED)
def test_read_that_waits_when_the_module_restarts(dialect, access, kind):
    """Data is waiting in the module, the read behind AT+GSN; the module restarts: nothing is asked of what is gone."""
    type = atsock.SOCK_STREAM if kind == "stream" else atsock.SOCK_DGRAM
    modem, tape, clock, says = attached(dialect, access)
    socket = connect(modem, tape, says, 0, type=type)
    notice = says.notice(access, says.first)
    tape.load([(">", b"AT+GSN\r"), ("!", notice), ("~", 100), ("!", line(b"RDY")), ("<", line(b"8612") + OK)])
    modem._session.submit(query(b"AT+GSN"))
    assert errno_of(socket.recv, 9) == EAGAIN
    modem.poll(200)
    settle(modem, tape)
    for _ in range(2):
        assert raises(atsock.Restarted, socket.recv, 9).errno == ECONNRESET
    tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_close_says_what_was_lost(dialect, access):
    """close() waits for what was taken: the send does not go out, the error is that of the network."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    tape.load([(">", b"AT+GSN\r"), ("~", 100), ("!", says.lost), ("<", line(b"8612") + OK)])
    modem._session.submit(query(b"AT+GSN"))
    assert socket.send(b"late") == 4
    socket.settimeout(20)
    assert errno_of(socket.close) == ENETDOWN
    settle(modem, tape)
    tape.done()
