"""Calls that an exception interrupts while they give something back: close(), a switch of the access mode; detach().

What is left to be done is done later: the id, the port (data mode) and the module's mode are nobody's for long.
"""

from atsock.core.command import query
from cases import cases
from fakes import Case, errno_of, raises
from frames import DIALECTS, OK, PEER, PORT, line
from ownline import on_line, works
from scenes import answers, attached, connect, connected, settle
from test_data_mode_ways import stop_when
from test_interrupted import stop, stopped
from test_listener_faults import Module as Server
from test_listener_faults import came, listen, say

EBUSY = 16


def stopped_at(modem, wait, function):
    """The call is interrupted in its wait of that number, counted from 1."""
    port = modem._engine.port
    usual = port.wait
    left = [wait]

    def trap(ms, writing):
        left[0] -= 1
        if not left[0]:
            port.wait = usual
            stop()
        usual(ms, writing)

    port.wait = trap
    stopped(function)


@cases("dialect", DIALECTS)
def test_close_that_sends_what_was_taken(dialect):
    """Ctrl-C while close() waits until what a non-blocking send has taken can go out: it goes out, then the close."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    link = says.first
    tape.load(
        [(">", b"AT+GSN\r"), ("~", 5000), ("<", line(b"1") + OK)]
        + says.send("buffer", link, b"taken")
        + says.close(link)
    )
    modem._session.submit(query(b"AT+GSN", 100_000))
    assert socket.send(b"taken") == 5
    socket.settimeout(60)
    stopped_at(modem, 2, socket.close)
    for _ in range(100):
        modem.poll(100)
    tape.done()
    fresh = connect(modem, tape, says, 20)
    assert len([link for link in modem._engine.links.values() if link.socket is not None]) == 1
    assert fresh._link.socket is fresh


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_close_of_a_server(dialect):
    """Ctrl-C while close() closes the clients that nobody has fetched: none is left on the module, or at an id."""
    modem, tape, clock, says = attached(dialect)
    module = tape.auto = Server(dialect, says)
    server = listen(modem, 8080)
    clients = (10, 11) if dialect == "bg96" else (0, 1)
    for client in clients:
        module.held.append(client)
        say(modem, tape, came(dialect, client))
    reply = tape.auto
    slow = []
    tape.auto = lambda command: slow.append(command) or b""
    stopped_at(modem, 1, server.close)
    tape.auto = reply
    for command in slow:
        say(modem, tape, reply(command))
    for _ in range(20):
        modem.poll(500)
        settle(modem, tape)
    assert sorted(module.closes()) == [0] * (dialect == "bg96") + list(clients), module.commands
    assert [link.id for link in modem._engine.links.values() if link.socket is not None] == []
    assert not modem._engine.servers


@cases("dialect", DIALECTS)
def test_close_in_data_mode(dialect):
    """Ctrl-C at any moment of it: the line is given back, and the next socket waits for that."""
    for wait in (1, 3, 40, 90, 100, 106):
        with Case(wait):
            socket, modem, module = on_line(dialect)
            module.interrupt = module.waits + wait
            raises(KeyboardInterrupt, socket.close)
            module.interrupt = 0
            fresh = modem.socket()
            fresh.settimeout(20)
            steps = fresh.connect_steps(PEER.encode(), PORT)
            opening = modem._session.spawn(steps)
            for _ in range(1000):
                if not module.connected:
                    break
                assert not opening.done, opening.error
                modem.poll(100)
            assert not module.connected and not module.data_mode
            assert module.peer == b"", module.peer
            assert [text for text in module.commands if b"CLOSE=" in text]


def stopped_in_write(modem, text, function):
    """The call is interrupted while the port does not take this text yet."""
    stream = modem._engine.port.stream
    usual = stream.write

    def trap(buf, start, n):
        if bytes(buf[start : start + n]).startswith(text):
            stream.write = usual
            stop()
        return usual(buf, start, n)

    stream.write = trap
    stopped(function)


@cases("dialect", DIALECTS)
def test_close_whose_command_is_being_written(dialect):
    """Ctrl-C in the write of the close command: it is answered, and the id is free at once."""
    socket, modem, tape, clock, says = connected(dialect)
    tape.load(says.close(says.first))
    stopped_in_write(modem, says.close(says.first)[0][1][:6], socket.close)
    settle(modem, tape)
    tape.done()
    link = modem._engine.link(says.first)
    assert link.socket is None and not link.closing and not link.must_close
    assert modem._session.jobs is None
    connect(modem, tape, says, 20)


@cases("dialect", DIALECTS)
def test_close_in_data_mode_whose_escape_is_being_written(dialect):
    """Ctrl-C in the write of +++: the next call gives the line back."""
    socket, modem, module = on_line(dialect)
    stopped_in_write(modem, b"+++", socket.close)
    assert modem.signal()[0] == -73
    for _ in range(200):
        modem.poll(100)
    assert not module.connected and not module.data_mode and module.peer == b""
    assert [link.id for link in modem._engine.links.values() if link.socket is not None] == []
    assert modem._session.may_open()


@cases("dialect", DIALECTS)
def test_detach_in_data_mode(dialect):
    """It says EBUSY, and the connection goes on as if nobody had asked."""
    socket, modem, module = on_line(dialect)
    for _ in range(2):
        assert errno_of(modem.detach) == EBUSY
        assert modem.isconnected()
        works(socket, module)
    assert module.commands == []


@cases("dialect", ("a7600", "sim7028"))
def test_data_mode_that_was_not_reached(dialect):
    """2.10: CIPMODE=1 is set, and NETOPEN is not answered in time, or the call is interrupted: it is set back."""
    for how in ("timeout", "stop"):
        with Case(how):
            modem, tape, clock, says = attached(dialect)
            sent = []
            late = []

            def answer(command, says=says, sent=sent, late=late):
                sent.append(command)
                if command == b"AT+NETOPEN" and not late:
                    late.append(True)
                    return b""
                if command.startswith(b"AT+NET"):
                    return OK + line(command[2:] + b": 0")
                return answers(says)(command)

            tape.auto = answer
            socket = modem.socket(access="transparent")
            socket.settimeout(3)
            if how == "stop":
                stop_when(modem, lambda late=late: late)
                raises(KeyboardInterrupt, socket.connect, (PEER, PORT))
            else:
                assert errno_of(socket.connect, (PEER, PORT)) == 110
            socket.close()
            say(modem, tape, OK + line(b"+NETOPEN: 0"))
            n = len(sent)
            fresh = modem.socket()
            fresh.settimeout(20)
            fresh.connect((PEER, PORT))
            assert sent[n : n + 4] == [b"AT+NETCLOSE", b"AT+CIPMODE=0", b"AT+NETOPEN", b"AT+CIPRXGET=1"], sent[n:]
            assert fresh._link.state == 2


@cases("dialect", DIALECTS)
def test_modem_close_while_the_mode_is_changed_for_a_connection(dialect):
    """It has no id yet when Modem.close() looks; it is closed all the same, and the next one can be opened."""
    modem, tape, clock, says = attached(dialect)

    def answer(command):
        if command.startswith(b"AT+NET"):
            return OK + line(command[2:] + b": 0")
        if command.startswith(says.open_line(command)):
            return says.opened(command, says.link_of(command))
        return says.close(says.first)[1][1] if b"CLOSE=" in command else OK

    tape.auto = answer
    socket = modem.socket(access="push")
    socket.setblocking(False)
    assert errno_of(socket.connect, (PEER, PORT)) == 115
    modem.close()
    assert errno_of(socket.send, b"x") == 9
    assert [link.id for link in modem._engine.links.values() if link.socket is not None] == []
