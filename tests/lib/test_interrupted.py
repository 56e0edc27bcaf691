"""Calls that an exception interrupts, and calls from inside on_event: nothing is lost, doubled or left behind."""

import atsock
from cases import cases
from fakes import Case, errno_of
from frames import DIALECTS, PULLED, line, read_script
from scenes import attached, connect, connected, settle

EBUSY = 16


class Stop(BaseException):
    """As KeyboardInterrupt: no Exception."""


class Trap:
    """An on_event that does something once, when it is armed."""

    def __init__(self):
        self.then = None
        self.events = []

    def __call__(self, event, sock, value):
        self.events.append(event)
        then, self.then = self.then, None
        if then is not None:
            then()


def stop():
    raise Stop()


def stopped(function, *args):
    try:
        function(*args)
    except Stop:
        return
    raise AssertionError("was not interrupted")


def trapped(dialect, access="buffer", **options):
    trap = Trap()
    modem, tape, clock, says = attached(dialect, access, on_event=trap, **options)
    return connect(modem, tape, says, 20), modem, tape, clock, says, trap


@cases(("dialect", "access"), PULLED)
def test_interrupted_read(dialect, access):
    """The exception comes while the answer to a direct read is on its way: the next call has all, in its own buffer."""
    for came in (0, 1, 3):
        socket, modem, tape, clock, says, trap = trapped(dialect, access)
        link = says.first
        answer = says.answer(access, link, b"0123456789", 0)
        cut = len(says.header(access, link, 10, 0)) + came * (2 if access == "hex" else 1)
        tape.load([
            ("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", answer[:cut]),
            ("~", 500), ("<", answer[cut:]),
        ])  # fmt: skip
        first, second = bytearray(b"-" * 4096), bytearray(4096)
        wait = modem._engine.port.wait

        def interrupt(ms, writing):
            if tape.since >= 0:  # the silence inside the answer
                modem._engine.port.wait = wait
                stop()
            wait(ms, writing)

        modem._engine.port.wait = interrupt
        stopped(socket.recv_into, first)
        before = bytes(first)
        got = b""
        while len(got) < 10:
            n = socket.recv_into(second)
            got += bytes(second[:n])
        assert got == b"0123456789", got
        assert bytes(first) == before
        settle(modem, tape)
        tape.done()


@cases("dialect", ("bg96", "nl668", "l610"))
def test_interrupted_when_all_has_come(dialect):
    """The exception comes with the next notice, right behind the answer to a direct read."""
    socket, modem, tape, clock, says, trap = trapped(dialect)
    ask = says.ask("buffer", says.first, says.most["buffer"])
    notice = says.notice("buffer", says.first)
    tape.load([("!", notice), (">", ask), ("<", says.answer("buffer", says.first, b"0123456789", 0) + notice)])

    def arm():
        trap.then = stop

    trap.then = arm
    buf = bytearray(4096)
    stopped(socket.recv_into, buf)
    tape.auto = lambda command: says.nothing("buffer", says.first)
    settle(modem, tape)
    small = bytearray(4)
    assert socket.recv_into(small) == 4 and small == b"0123"
    tape.load([(">", ask), ("<", says.answer("buffer", says.first, b"and on", 0))])
    tape.auto = None
    tape.input.insert(0, [0, "!", notice])
    assert socket.recv(100) == b"456789"
    assert socket.recv_into(buf) == 6 and buf[:6] == b"and on"


@cases("dialect", DIALECTS)
def test_interrupted_by_what_has_closed_the_socket(dialect):
    """close() in a callback that raises then: the socket is closed, and that is all."""
    for name, argument in (("recv_into", bytearray(10)), ("readinto", bytearray(10)), ("read", 9), ("readline", 9)):
        with Case(name):
            socket, modem, tape, clock, says, trap = trapped(dialect)

            def close(socket=socket):
                socket.close()
                stop()

            trap.then = close
            tape.load([("!", says.notice("buffer", says.first))] + says.close(says.first))
            stopped(getattr(socket, name), argument)
            assert errno_of(socket.recv, 10) == 9
            settle(modem, tape)
            tape.done()


@cases("call", ("readinto", "read", "readline"))
@cases("dialect", DIALECTS)
def test_closed_between_the_pieces(dialect, call):
    """The same when the call has got some bytes already: nobody receives them any more."""
    socket, modem, tape, clock, says, trap = trapped(dialect, "push")

    def close():
        socket.close()
        stop()

    tape.load([
        ("!", says.push("push", says.first, b"abc")), ("~", 300), ("!", line(b"+UNKNOWN: 1")),
    ] + says.close(says.first))  # fmt: skip
    trap.then = None
    modem._session._on_event = lambda event, sock, value: close() if event == atsock.EVENT_UNKNOWN else None
    stopped(getattr(socket, call), bytearray(10) if call == "readinto" else 10)
    assert errno_of(socket.recv, 10) == 9
    settle(modem, tape)
    tape.done()


@cases("call", ("readinto", "read", "readline"))
@cases("dialect", DIALECTS)
def test_interrupted_between_the_pieces(dialect, call):
    """The call has got some bytes and waits for more when the exception comes: they come next again, once."""
    socket, modem, tape, clock, says, trap = trapped(dialect, "push")
    link = says.first
    tape.load([("!", says.push("push", link, b"01234"))])
    wait = modem._engine.port.wait

    def interrupt(ms, writing):
        if not tape.any() and ms > 1000:
            modem._engine.port.wait = wait
            stop()
        wait(ms, writing)

    modem._engine.port.wait = interrupt
    stopped(getattr(socket, call), bytearray(10) if call == "readinto" else 10)
    tape.load([])
    assert socket.recv(100) == b"01234"
    tape.load([("!", says.push("push", link, b"56789"))])
    assert socket.recv(100) == b"56789"


@cases("dialect", DIALECTS)
def test_interrupted_send(dialect):
    """The exception comes while the module has not answered: the next send() sends its own bytes, or says why not."""
    socket, modem, tape, clock, says, trap = trapped(dialect)
    first = says.send("buffer", says.first, b"first")
    second = says.send("buffer", says.first, b"next")
    tape.load(first[:-1] + [("~", 300), first[-1]] + second)
    wait = modem._engine.port.wait

    def interrupt(ms, writing):
        if tape.since >= 0:
            modem._engine.port.wait = wait
            stop()
        wait(ms, writing)

    modem._engine.port.wait = interrupt
    stopped(socket.send, b"first")
    assert socket.send(b"next") == 4
    tape.done()


@cases("dialect", DIALECTS)
def test_calls_from_on_event(dialect):
    """send() works in a callback that comes while recv() waits; another recv() of that socket is EBUSY."""
    socket, modem, tape, clock, says, trap = trapped(dialect)
    link = says.first
    seen = []

    def answer():
        seen.append(errno_of(socket.recv, 10))
        seen.append(socket.send(b"hello"))

    trap.then = answer
    script = read_script(says, dialect, "buffer", link, b"data")
    tape.load(script[:1] + says.send("buffer", link, b"hello") + script[1:])
    assert socket.recv(10) == b"data"
    assert seen == [EBUSY, 5], seen
    settle(modem, tape)
    tape.done()


@cases("dialect", DIALECTS)
def test_send_from_on_event_while_it_sends(dialect):
    """EBUSY: the bytes would go out in the middle of the others."""
    socket, modem, tape, clock, says, trap = trapped(dialect)
    seen = []
    trap.then = lambda: seen.append(errno_of(socket.send, b"more"))
    script = says.send("buffer", says.first, b"hello")
    tape.load(script[:1] + [("!", says.notice("buffer", says.first))] + script[1:])
    assert socket.send(b"hello") == 5
    assert seen == [EBUSY], seen
    tape.load(says.send("buffer", says.first, b"more"))
    assert socket.send(b"more") == 4
    tape.done()


@cases("dialect", DIALECTS)
def test_connect_from_on_event(dialect):
    """connect() in a callback that comes while another connect() waits: both end, none waits for ever."""
    trap = Trap()
    modem, tape, clock, says = attached(dialect, on_event=trap)
    other = []

    def answers(command):
        from scenes import answers

        return answers(says)(command)

    tape.auto = answers
    trap.then = lambda: other.append(modem.socket())
    first = connect(modem, tape, says, 20)
    tape.auto = answers
    second = modem.socket()
    second.settimeout(20)

    def inner():
        third = modem.socket()
        third.settimeout(20)
        if len(modem._session.table.LINKS) > 2:
            third.connect(("192.0.2.7", 80))
        else:  # all ids are taken
            assert errno_of(third.connect, ("192.0.2.7", 80)) == 24
        other.append(third)

    trap.then = inner
    tape.input.append([0, "!", says.notice("buffer", says.first)])
    second.connect(("192.0.2.7", 80))
    modem.poll()
    assert isinstance(first, atsock.Socket) and len(other) >= 1


@cases("dialect", DIALECTS)
def test_close_from_on_event(dialect):
    """close() in a callback while recv() of that socket waits: recv() ends with an error."""
    socket, modem, tape, clock, says, trap = trapped(dialect)
    trap.then = socket.close
    tape.load([("!", says.notice("buffer", says.first))] + says.close(says.first))
    assert errno_of(socket.recv, 10) == 9
    settle(modem, tape)
    tape.done()


@cases("dialect", DIALECTS)
def test_command_behind_a_dead_one(dialect):
    """command(timeout_ms=3000) behind one that is not answered ends in 3 s, close() in the manual's time."""
    socket, modem, tape, clock, says = connected(dialect, timeout=1)
    other = connect(modem, tape, says, timeout=1)
    tape.auto = lambda line: b""
    errno_of(socket.send, b"x")
    start = clock.now
    assert errno_of(modem.command, "AT+CGMM", None, 3000) == 110
    assert clock.now - start <= 3100, clock.now - start
    start = clock.now
    errno_of(other.close)
    assert clock.now - start <= modem._session.table.CLOSE[1] + 100, clock.now - start
