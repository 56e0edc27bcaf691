"""What opens and closes that go wrong give back, and what they leave alone: ids, rings, access modes, local ports.

The module answers by itself and keeps a list of the ids it holds (test_ids.py); servers are test_listener_faults.py's.
"""

from errno import EADDRINUSE, EBADF, ECONNREFUSED

import atsock
from atsock.core.command import query
from atsock.core.jobs import run_command
from atsock.sockets.endpoint import free_port
from cases import cases
from fakes import Case, errno_of, raises
from frames import DIALECTS, ERROR, OK, PEER, PORT, line, read_script
from ownline import FIBOCOM
from scenes import answers, attached, connect, connected, recv_exactly, settle
from test_ids import LISTS, TAKEN, late, opened, start
from test_listener_faults import CLIENT, NUMBERED, SIMCOM, came, listen, listening, say
from test_listener_faults import Module as Server

EBUSY, EMFILE, ENETDOWN = 16, 24, 100
OPEN = 2
_ERR, _HUP = 8, 16


def opens(says, module):
    return [says.link_of(command) for command in module.commands if command.startswith(says.open_line(command))]


def some_time(modem, tape, n=5):
    for _ in range(n):
        modem.poll(100)
        settle(modem, tape)


# -- an id that is taken


@cases("dialect", DIALECTS)
def test_an_id_that_stays_taken_is_left_alone(dialect):
    """The next connection does not try it again as long as there are others, and what it cannot do is not asked."""
    modem, tape, clock, says, module = start(dialect, TAKEN[dialect][0])
    first = says.first
    module.held.append(first)
    module.sticky.append(first)
    socket = opened(modem)
    assert opens(says, module) == [first, first, first + 1]
    if says.links > 2:
        opened(modem)
        assert opens(says, module)[3:] == [first + 2]
        return
    module.sticky.clear()
    opened(modem)  # there is no other one: it is closed first
    assert opens(says, module)[3:] == [first]
    assert module.count(module.close) == 2
    socket.close()


@cases("dialect", DIALECTS)
def test_all_ids_stay_taken(dialect):
    """The error is the module's, not that the program holds too many."""
    modem, tape, clock, says, module = start(dialect, TAKEN[dialect][0])
    module.held = [says.first + i for i in range(says.links)]
    module.sticky = module.held
    assert errno_of(opened, modem) in (EADDRINUSE, ECONNREFUSED)
    assert len(opens(says, module)) == 2 * says.links


@cases("dialect", DIALECTS)
def test_a_local_port_that_stays_taken(dialect):
    """It is the port, then: no other id is tried."""
    modem, tape, clock, says, module = start(dialect, TAKEN[dialect][0])
    module.held = [says.first + i for i in range(says.links)]
    module.sticky = module.held
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(30)

    def bind():
        socket.bind(("", 7000))
        socket.connect((PEER, PORT))

    assert errno_of(bind) == EADDRINUSE
    assert opens(says, module) == [says.first] * 2


@cases("dialect", SIMCOM)
def test_data_mode_has_one_id(dialect):
    """It stays taken: the error says so, and no other id is tried.  One that waits for its close is closed first."""
    modem, tape, clock, says = attached(dialect, "transparent")
    modem._engine.link(0).must_close = True
    sent = []

    def answer(command):
        sent.append(command)
        if command.startswith(says.open_line(command)):
            return line(b"+CIPOPEN: 0,4") + ERROR
        if command in LISTS:
            return line(b"+CIPCLOSE: " + b",".join([b"1"] + [b"0"] * (says.links - 1))) + OK
        if command.startswith((b"AT+NETOPEN", b"AT+NETCLOSE")):
            return OK + line(b"+%s: 0" % command[3:])
        return answers(says)(command)

    tape.auto = answer
    socket = modem.socket()
    socket.settimeout(30)
    assert errno_of(socket.connect, (PEER, PORT)) not in (EMFILE, EBUSY)
    assert [command[:13] for command in sent if b"CIPOPEN" in command or b"CIPCLOSE=" in command] == [
        b"AT+CIPCLOSE=0",
        b"AT+CIPOPEN=0,",
        b"AT+CIPCLOSE=0",
        b"AT+CIPOPEN=0,",
    ]


@cases("dialect", DIALECTS)
def test_a_refusal_that_tells_why_is_believed(dialect):
    """Nobody is asked which ids are open; where nothing can be learnt by that, it is the program's error."""
    told = {"bg96": OK + line(b"+QIOPEN: 0,566"), "nl668": line(b"+CME ERROR: 2012")}
    told["l610"] = told["nl668"]
    for refusal in (told.get(dialect, line(b"+CIPOPEN: 0,11") + ERROR), ERROR):
        with Case(refusal):
            modem, tape, clock, says, module = start(dialect)

            def answer(command):
                module.commands.append(command)
                if command.startswith(says.open_line(command)):
                    return refusal
                if command == b"AT+CSQ":
                    return line(b"+CSQ: 20,99") + OK
                return ERROR if command in LISTS or command == b"AT+QIGETERROR" else OK

            tape.auto = answer
            raises(OSError, opened, modem)
            assert opens(says, module) == [says.first]
            assert module.count(module.close) == 0
            asked = [command for command in module.commands if command in LISTS]
            assert bool(asked) == (refusal == ERROR), asked


@cases("dialect", SIMCOM + FIBOCOM)
def test_a_number_that_means_nothing_here(dialect):
    """+CME ERROR of 27.007 to an open: the list decides, and the taken id is closed."""
    for number in (3, 7, 10):
        with Case(number):
            modem, tape, clock, says, module = start(dialect, lambda id: line(b"+CME ERROR: %d" % number))
            module.held.append(says.first)
            assert opened(modem)._link.id == says.first
            assert module.count(module.close) == 1


@cases("dialect", DIALECTS)
def test_nothing_is_told_while_it_is_tried_again(dialect):
    """A non-blocking connect() goes on: poll() says neither that it failed nor that it is over."""
    modem, tape, clock, says, module = start(dialect, TAKEN[dialect][0])
    module.held.append(says.first)
    silent = []

    def answer(command):
        if command.startswith(module.close) and not silent:
            silent.append(module(command))
            return b""
        return module(command)

    tape.auto = answer
    socket = modem.socket()
    socket.setblocking(False)
    errno_of(socket.connect, (PEER, PORT))
    while not silent:
        modem.poll(10)
    assert socket.ioctl(3, 5 | _ERR | _HUP) & (_ERR | _HUP) == 0
    say = [0, "!", silent[0]]
    tape.input.append(say)
    some_time(modem, tape)
    assert socket._link.state == OPEN


@cases("outcome", ("refused", "none"))
@cases("dialect", NUMBERED)
def test_a_client_gets_the_id_that_is_being_opened(dialect, outcome):
    """The module was faster: the client keeps it, nothing is closed, and the open takes the next id."""
    modem, tape, clock, says, module, server = listening(dialect)
    taken = []

    def answer(command):
        if not command.startswith(says.open_line(command)):
            return module(command)
        id = says.link_of(command)
        if taken:
            return says.opened(command, id)
        taken.append(id)
        module.held.append(id)
        return OK + came(dialect, id) if outcome == "none" else came(dialect, id) + TAKEN[dialect][0](id)

    tape.auto = answer
    socket = modem.socket()
    socket.settimeout(30)
    began = clock.now
    socket.connect((PEER, PORT))
    assert clock.now - began < 5000
    assert socket._link.id != taken[0]
    assert module.closes() == []
    client, address = server.accept()
    assert address[0] == CLIENT
    assert client._link.id == taken[0]
    assert client._link.state == OPEN


# -- an open without an outcome


@cases("dialect", DIALECTS)
def test_an_open_that_ran_out_of_time(dialect):
    """Its outcome has been waited for long enough: it is closed at once, and the network is doubted."""
    modem, tape, clock, says, module = start(dialect)

    def answer(command):
        module(command)
        return OK if command.startswith(says.open_line(command)) else says.close(says.first)[1][1]

    tape.auto = answer
    raises(atsock.Timeout, opened, modem, None)
    assert modem._session.doubts == 1  # recover() begins with the context
    began = clock.now
    some_time(modem, tape)
    modem._session.start_later()
    some_time(modem, tape)
    assert module.count(module.close) == 1
    assert clock.now - began < 3000


@cases("dialect", DIALECTS)
def test_an_open_that_was_not_answered(dialect):
    """The module may hold the id: it is closed before it is used again."""
    modem, tape, clock, says, module = start(dialect)
    deaf = [True]

    def answer(command):
        if deaf[0] and command.startswith(says.open_line(command)):
            module.commands.append(command)
            return b""
        return module(command)

    tape.auto = answer
    raises(atsock.Timeout, opened, modem, None)
    deaf[0] = False
    some_time(modem, tape)
    opened(modem)
    assert [command for command in module.commands if command.startswith((module.close, says.open_line(b"")))][1:2] == [
        module.close + b"%d" % says.first
    ]


@cases("dialect", DIALECTS)
def test_the_network_is_lost_during_an_open(dialect):
    """That is what the error says; the open itself was accepted."""
    modem, tape, clock, says, module = start(dialect)
    tape.auto = lambda command: OK + says.lost if command.startswith(says.open_line(command)) else OK
    assert errno_of(opened, modem) == ENETDOWN


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_the_module_restarts_during_an_open(dialect):
    modem, tape, clock, says, module = start(dialect)
    boot = b"\r\nRDY\r\n" if dialect == "bg96" else b"\r\n*ATREADY: 1\r\n"
    tape.auto = lambda command: OK + boot if command.startswith(says.open_line(command)) else OK
    raises(atsock.Restarted, opened, modem)


# What Fibocom's modules say of a connection that is not made: the state of one, no number of an error.
STATES = {
    "MIPSTAT": (b"AT+MIPOPEN=", "buffer", OK + line(b"+MIPSTAT: 1,1")),
    "state 0": (b"AT+MIPOPEN=", "buffer", OK + line(b"+MIPOPEN: 1,0")),
    "data mode": (b"AT+MIPODM=", "transparent", OK + line(b"+MIPSTAT: 1,1")),
    "data mode, state 0": (b"AT+MIPODM=", "transparent", OK + line(b"+MIPODM: 1,0")),
    "ERROR": (b"AT+MIPOPEN=", "buffer", line(b"ERROR")),
}


@cases("said", sorted(STATES))
@cases("dialect", FIBOCOM)
def test_refused_without_a_number(dialect, said):
    """The error names the command with host and port, shows no state as the number of an error, and what to look at."""
    command, access, answer = STATES[said]
    modem, tape, clock, says, module = start(dialect)
    tape.auto = lambda line: answer if line.startswith(command) else module(line)
    socket = modem.socket(access=access)
    socket.settimeout(20)
    error = raises(atsock.CommandError, socket.connect, (PEER, PORT))
    assert (error.errno, error.code) == (ECONNREFUSED, None)
    why = "ERROR" if said == "ERROR" else "it failed, the module does not say why"
    assert error.text == ("" if said == "ERROR" else why), error.text
    said = str(error)
    line_sent = '%s1,,"192.0.2.7",5005,0: %s; ' % (command.decode(), why)
    assert said.find(line_sent) >= 0 and said.endswith(
        "are host and port right, does a server listen there, does the APN let it through?"
    ), said


def test_ids_whose_opens_have_no_outcome_yet():
    """All of them: the next open waits for one, and closes nothing that is still being opened."""
    dialect = "sim7028"
    modem, tape, clock, says = attached(dialect)
    sent = []

    def answer(command):
        sent.append(command)
        return OK if command.startswith(b"AT+CIPOPEN=") else answers(says)(command)

    tape.auto = answer
    sockets = [modem.socket() for _ in range(3)]
    for socket in sockets:
        socket.setblocking(False)
        errno_of(socket.connect, (PEER, PORT))
        settle(modem, tape)
        if socket is not sockets[2]:
            socket.close()
    some_time(modem, tape, 20)
    assert [command[:13] for command in sent] == [b"AT+CIPRXGET=1", b"AT+CIPOPEN=0,", b"AT+CIPOPEN=1,"]
    tape.input.append([0, "!", line(b"+CIPOPEN: 1,0")])
    some_time(modem, tape)
    assert [command[:13] for command in sent[3:]] == [b"AT+CIPCLOSE=1", b"AT+CIPOPEN=1,"]


# -- what an open says of the network


def test_datagrams_say_nothing_of_the_network():
    """A UDP socket opens without it: recover() doubts the context as before.  But there is one, attach() finds."""
    modem, tape, clock, says = attached("bg96")
    tape.auto = lambda command: OK + line(b"+QIOPEN: 0,561") if b'"TCP"' in command else answers(says)(command)
    assert errno_of(opened, modem) == ENETDOWN
    assert modem._session.doubts == 1 and modem._engine.pdp_lost
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(9)
    socket.connect((PEER, PORT))
    assert modem._session.doubts == 1 and not modem._engine.pdp_lost


@cases("dialect", SIMCOM)
def test_names_are_looked_up_where_the_sender_counts(dialect):
    """In push access only: what is pushed names its sender."""
    for access in ("buffer", "push"):
        with Case(access):
            modem, tape, clock, says = attached(dialect, access)
            sent = []

            def answer(command):
                sent.append(command)
                if b"CDNSGIP" in command:
                    return line(b'+CDNSGIP: 1,"name.example","192.0.2.7"') + OK
                return answers(says)(command)

            tape.auto = answer
            socket = modem.socket()
            socket.settimeout(9)
            socket.connect(("name.example", PORT))
            assert len([command for command in sent if b"CDNSGIP" in command]) == (access == "push")
            assert socket._link.peer == (b"192.0.2.7:5005" if access == "push" else b"")


def test_an_address_goes_out_as_it_was_given():
    """Only the L610 manual has no shortened ones."""
    modem, tape, clock, says = attached("bg96")
    sent = []

    def answer(command):
        sent.append(command)
        return answers(says)(command)

    tape.auto = answer
    socket = modem.socket(atsock.AF_INET6)
    socket.settimeout(9)
    socket.connect(("2001:db8::1", PORT))
    assert [command for command in sent if b'"2001:db8::1"' in command]


@cases(
    ("dialect", "what"),
    (("bg96", "server"), ("bg96", "datagrams"), ("nl668", "server"), ("a7600", "datagrams"), ("sim7028", "datagrams")),
)
def test_refusals_of_a_local_port(dialect, what):
    """A number that has no errno of its own: the port is taken, as for every bind()."""
    modem, tape, clock, says = attached(dialect)
    refusal = {"bg96": OK + line(b"+QIOPEN: 0,550"), "nl668": line(b"+CME ERROR: 2001")}
    refusal = refusal.get(dialect, line(b"+CIPOPEN: 0,1") + ERROR)
    tape.auto = lambda command: refusal if command.startswith(says.open_line(command)) else OK
    if what == "server":
        assert errno_of(listen, modem, 8080) == EADDRINUSE
    else:
        socket = modem.socket(type=atsock.SOCK_DGRAM)
        assert errno_of(socket.bind, ("", 7000)) == EADDRINUSE


# -- access modes


@cases("dialect", FIBOCOM)
def test_a_mode_that_was_not_entered(dialect):
    """The setup of another access mode is refused half way: the first one's is sent again."""
    modem, tape, clock, says = attached(dialect)
    sent = []

    def answer(command):
        sent.append(command)
        return line(b"+CME ERROR: 3") if command.endswith(b'"IPRFMT",2') else answers(says)(command)

    tape.auto = answer
    opened(modem).close()
    socket = modem.socket(access="push")
    socket.settimeout(9)
    raises(OSError, socket.connect, (PEER, PORT))
    opened(modem)
    assert [command[-1:] for command in sent if b"IPRFMT" in command] == [b"5", b"2", b"5"]


@cases("dialect", SIMCOM)
def test_a_server_keeps_its_mode(dialect):
    """Nobody is connected; but its clients will come in it."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = Server(dialect, says)
    listen(modem, 8080)
    socket = modem.socket(access="push")
    socket.settimeout(9)
    assert errno_of(socket.connect, (PEER, PORT)) == EBUSY


@cases("dialect", DIALECTS)
def test_a_connection_that_nobody_has_needs_no_mode(dialect):
    """It was dropped, and is closed before the other mode is used."""
    modem, tape, clock, says, module = start(dialect)
    opened(modem)._release()
    socket = modem.socket(access="hex" if dialect == "bg96" else "push")
    socket.settimeout(9)
    socket.connect((PEER, PORT))
    assert socket._link.state == OPEN
    assert module.count(module.close) == 1


# -- ids whose connection is over


@cases("dialect", SIMCOM)
def test_an_id_is_not_free_before_its_socket_is_closed(dialect):
    """The peer has closed, and the module needs no close: what came before is still to be read."""
    socket, modem, tape, clock, says = connected(dialect, timeout=9)
    tape.load([("!", says.notice("buffer", 0)), ("!", says.closed(0))])
    settle(modem, tape)
    other = connect(modem, tape, says, 9)
    assert other._link.id == 1
    tape.load([(">", says.ask("buffer", 0, 1500)), ("<", says.answer("buffer", 0, b"last words", 0))])
    assert socket.recv(20) == b"last words"


def test_ids_of_dropped_sockets():
    """All are in use: one whose connection is over and read to its end is given to the next; no other one."""
    dialect = "sim7028"
    for reads in (0, 5, 10):
        with Case(reads):
            sockets = [connected(dialect, timeout=9)]
            first, modem, tape, clock, says = sockets[0]
            second = connect(modem, tape, says, 9)
            tape.load([("!", says.notice("buffer", 0)), ("!", says.closed(0))])
            settle(modem, tape)
            if reads:
                ask = (">", says.ask("buffer", 0, 1500))
                tape.load([("!", says.notice("buffer", 0)), ask, ("<", says.answer("buffer", 0, b"0123456789", 0)),
                           ("!", says.closed(0))])  # fmt: skip
                assert first.recv(reads) == b"0123456789"[:reads]
                settle(modem, tape)
            if reads == 10:
                tape.load([ask, ("<", says.nothing("buffer", 0))])
                assert first.recv(10) == b""
            tape.auto = answers(says)
            third = modem.socket()
            third.settimeout(9)
            if reads < 10:
                assert errno_of(third.connect, (PEER, PORT)) == EMFILE
            else:
                third.connect((PEER, PORT))
                assert third._link.id == 0
            assert second._link.state == OPEN


def test_ids_of_dropped_sockets_with_pushed_data():
    """What was pushed is still to be read: nobody gets the id before."""
    first, modem, tape, clock, says = connected("sim7028", "push", timeout=9)
    second = connect(modem, tape, says, 9)
    tape.load([("!", says.push("push", 0, b"unread")), ("!", says.closed(0))])
    settle(modem, tape)
    third = modem.socket()
    third.settimeout(9)
    assert errno_of(third.connect, (PEER, PORT)) == EMFILE
    assert first.recv(10) == b"unread"
    tape.auto = answers(says)
    third.connect((PEER, PORT))
    assert third._link.id == 0 and second._link.state == OPEN


def test_a_read_in_flight_keeps_its_id():
    """The connection is broken, all ids are in use: the answer that is to come is nobody else's."""
    dialect = "sim7028"
    first, modem, tape, clock, says = connected(dialect, timeout=0)
    second = connect(modem, tape, says, 9)
    ask = says.ask("buffer", 0, 1500)
    tape.load([("!", says.notice("buffer", 0)), (">", ask)])
    settle(modem, tape)
    errno_of(first.recv, 10)
    tape.done()
    tape.load([("!", line(b"+IPCLOSE: 0,2"))])
    settle(modem, tape)
    third = modem.socket()
    third.setblocking(False)
    assert errno_of(third.connect, (PEER, PORT)) == EMFILE
    assert second._link.state == OPEN


# -- rings


@cases("dialect", DIALECTS)
def test_a_ring_with_data_in_it_is_nobody_elses(dialect):
    first, modem, tape, clock, says = connected(dialect, "push", timeout=9)
    tape.load(read_script(says, dialect, "push", says.first, b"of the first", 0))
    settle(modem, tape)
    second = connect(modem, tape, says, 9)
    tape.load(read_script(says, dialect, "push", says.first + 1, b"of the second", 0))
    settle(modem, tape)
    assert first.recv(20) == b"of the first"
    assert second.recv(20) == b"of the second"


@cases("dialect", DIALECTS)
def test_a_ring_of_another_size(dialect):
    """Not taken over, neither on the same id nor on the next."""
    for keeps_id in (True, False):
        with Case(keeps_id):
            modem, tape, clock, says = attached(dialect, "push")
            first = connect(modem, tape, says, 9, ring=512)
            tape.load(read_script(says, dialect, "push", says.first, b"x", 0))
            settle(modem, tape)
            link = first._link
            tape.load(says.close(link.id))
            first.close()
            link.must_close = not keeps_id
            link.closed_at = None  # as if that was long ago
            second = connect(modem, tape, says, 9, ring=4096)
            id = second._link.id
            assert (id == link.id) == keeps_id
            tape.load([("!", says.push("push", id, b"y" * 1000)), ("!", says.push("push", id, b"z" * 1000))])
            settle(modem, tape)
            assert recv_exactly(second, 2000) == b"y" * 1000 + b"z" * 1000
            assert len(second._link.buf) == second._link.size == 4096


# -- ends


@cases("dialect", DIALECTS)
def test_an_end_long_after_the_close_before(dialect):
    """It is the new connection's: nobody is asked.  And nothing of its open is kept."""
    modem, tape, clock, says, module = start(dialect)
    opened(modem).close()
    clock.now += 10_001
    socket = opened(modem)
    assert socket._link.doubt is None
    n = len(module.commands)
    say(modem, tape, late(dialect, says.first)[0])
    assert socket._link.state != OPEN
    assert module.commands[n:] == []


@cases("dialect", NUMBERED)
def test_new_client_while_a_read_of_the_old_one_waits_for_its_turn(dialect):
    """The read does not go out; the old one's reader sees the end."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    first, address = server.accept()
    tape.auto = lambda command: b""
    job = modem._session.spawn(iter([query(b"AT+GSN")]))
    say(modem, tape, says.notice("buffer", 1))
    first.setblocking(False)
    errno_of(first.recv, 10)
    say(modem, tape, came(dialect, 1, 4002) + OK)
    tape.auto = module
    n = len(module.commands)
    some_time(modem, tape)
    assert job.done
    assert [command for command in module.commands[n:] if command.startswith(module.read)] == []
    assert first.recv(10) == b""


def test_local_ports_of_udp_sockets():
    """One after the other; behind the last one the first that the driver gives out."""
    modem, tape, clock, says = attached("bg96")
    session = modem._session
    port = free_port(session)
    assert 61000 <= port < 65536
    assert free_port(session) == port + 1
    session.last_port = 65534
    assert [free_port(session) for _ in range(3)] == [65535, 61000, 61001]


@cases("dialect", FIBOCOM)
def test_first_client_is_gone_before_the_program_sees_that_it_listens(dialect):
    """Its id is no live connection: it listens on another one."""
    modem, tape, clock, says = attached(dialect)
    module = Server(dialect, says)

    def answer(command):
        tape.auto = module
        return module(command) + came(dialect, 1, 4001) + says.closed(1)

    tape.auto = lambda command: answer(command) if command.startswith(b"AT+MIPOPEN=") else OK
    server = listen(modem, 8080)
    server.settimeout(1)
    errno_of(server.accept)
    assert len(opens(says, module)) == 2


@cases("clients", (1, 2, 3))
@cases("dialect", NUMBERED)
def test_new_clients_while_a_read_of_the_old_one_is_in_flight(dialect, clients):
    """They come and go before the answer: it brings what waits for the last of them."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    first, address = server.accept()
    first.settimeout(5)
    server.settimeout(5)
    some = [came(dialect, 1, 5000 + i) + says.closed(1) for i in range(1, clients)]

    def answer(command):
        if not command.startswith(module.read):
            return module(command)
        tape.auto = module
        return b"".join(some) + came(dialect, 1, 6000) + says.answer("buffer", 1, b"of the last", 0)

    tape.auto = answer
    tape.input.append([0, "!", says.notice("buffer", 1)])
    assert first.recv(20) == b""
    last, address = server.accept()
    while address[1] != 6000:
        last, address = server.accept()
    last.settimeout(5)
    assert last.recv(20) == b"of the last"


@cases("dialect", NUMBERED)
def test_new_client_behind_the_payload_of_a_read_of_the_old_one(dialect):
    """Before the OK of the read: what came is the old one's, and its reader gets it."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    first, address = server.accept()
    first.settimeout(5)

    def answer(command):
        if not command.startswith(module.read):
            return module(command)
        tape.auto = module
        whole = says.answer("buffer", 1, b"of the first", 0)
        return whole[: -len(OK)] + came(dialect, 1, 4002) + OK

    tape.auto = answer
    tape.input.append([0, "!", says.notice("buffer", 1)])
    buf = bytearray(2048)
    assert first.recv_into(buf) == 12
    assert bytes(buf[:12]) == b"of the first"
    assert first.recv_into(buf) == 0
    assert server.accept()[1] == (CLIENT, 4002)


@cases("dialect", DIALECTS)
def test_new_client_while_the_old_one_has_data_unread(dialect):
    """Each has a ring of its own.  The old one's socket closes nothing, and asks nothing: the id is not its own."""
    modem, tape, clock, says = attached(dialect, "push")
    module = tape.auto = Server(dialect, says)
    server = listen(modem, 8080)
    clients = []
    for text in (b"of the first", b"of the second"):
        say(modem, tape, came(dialect, 1, 4000 + len(text)) + says.push("push", 1, text))
        clients.append(server.accept()[0])
        clients[-1].settimeout(5)
    say(modem, tape, says.push("push", 1, b", too"))
    assert clients[0].recv(40) == b"of the first"
    assert clients[1].recv(40) == b"of the second, too"
    n = len(module.commands)
    clients[0].close()
    assert [command for command in module.commands[n:] if b"CLOSE" in command or command in LISTS] == []


def test_a_dropped_socket_whose_id_the_module_holds():
    """All ids are in use; the one whose peer has closed is closed before it is opened anew (BG96 2.2.1)."""
    modem, tape, clock, says, module = start("bg96")
    sockets = [opened(modem) for _ in range(says.links)]
    say(modem, tape, says.closed(3))
    tape.auto = lambda command: says.nothing("buffer", 3) if command.startswith(b"AT+QIRD=3") else module(command)
    assert sockets[3].recv(10) == b""
    n = len(module.commands)
    assert opened(modem)._link.id == 3
    assert [command[:13] for command in module.commands[n:]] == [b"AT+QICLOSE=3", b"AT+QIOPEN=1,3"]


# -- close()


@cases("dialect", DIALECTS)
def test_close_does_not_wait_for_ever_for_what_was_taken(dialect):
    """A non-blocking send behind a command that takes its time: half a minute; then it is dropped, and that is told."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    tape.load([(">", b"AT+GSN\r"), ("~", 40_000), ("<", line(b"1") + OK)])
    modem._session.submit(query(b"AT+GSN", 100_000))
    assert socket.send(b"never sent") == 10
    sent = []
    tape.after = lambda command: sent.append(command) or answers(says)(command)
    socket.settimeout(60)
    assert errno_of(socket.close) == 104
    assert 40_000 <= clock.now < 41_000, clock.now
    assert sent == [says.close(says.first)[0][1][:-1]]


@cases("dialect", DIALECTS)
def test_close_tells_why_what_was_taken_is_lost(dialect):
    """The peer has closed meanwhile; or the send was not answered."""
    for errno in (104, 110):
        with Case(errno):
            socket, modem, tape, clock, says = connected(dialect, timeout=0)
            tape.load([(">", b"AT+GSN\r")])
            modem._session.submit(query(b"AT+GSN"))
            assert socket.send(b"never sent") == 10
            tape.auto = lambda command: b"" if b"SEND" in command else answers(says)(command)
            say(modem, tape, (says.closed(says.first) if errno == 104 else b"") + line(b"1") + OK)
            socket.settimeout(60)
            error = raises(OSError, socket.close)
            assert error.errno == errno, error


@cases("dialect", DIALECTS)
def test_what_comes_while_it_is_closed(dialect):
    """Nobody wants it: it needs no room, and no overflow is told."""
    told = []
    modem, tape, clock, says = attached(dialect, "push", on_event=lambda event, sock, value: told.append(event))
    socket = connect(modem, tape, says, 9, ring=512)
    close, closed = says.close(says.first)
    more = [("!", says.push("push", says.first, b"x" * 400))] * 4
    tape.load([close] + more + [("~", 500), closed])
    socket.close()
    assert atsock.EVENT_OVERFLOW not in told
    tape.done()


@cases("dialect", DIALECTS)
def test_whom_a_close_asks(dialect):
    """SIMCom's list tells whether the id of a client that has left is held still; unread data say so by themselves, and
    where the id stays until its close nobody is asked."""
    for reads in (True, False):
        with Case(reads):
            modem, tape, clock, says, module, server = listening(dialect)
            say(modem, tape, came(dialect, 1, 4001))
            client, address = server.accept()
            client.settimeout(5)
            tape.input.append([0, "!", b"" if reads else says.notice("buffer", 1)])
            tape.input.append([0, "!", says.closed(1)])
            if reads:
                assert client.recv(10) == b""
            else:
                settle(modem, tape)
            n = len(module.commands)
            client.close()
            asked = [command for command in module.commands[n:] if command in LISTS]
            assert bool(asked) == (reads and dialect in SIMCOM), asked
            assert module.closes() == ([] if reads and dialect in SIMCOM else [1])


@cases("how", ("client", "refused", "lost"))
@cases("dialect", SIMCOM)
def test_the_id_goes_to_another_client_while_the_list_is_asked_for(dialect, how):
    """That one is not closed; nor is one whose list is refused, or that the network has taken along."""
    modem, tape, clock, says = attached(dialect)
    module = Server(dialect, says)

    def answer(command):
        if command not in LISTS:
            return module(command)
        if how == "refused":
            return line(b"+CME ERROR: 3")
        module.held.append(0)
        return came(dialect, 0, 4002) + module(command)

    tape.auto = answer
    server = listen(modem, 8080)
    server.settimeout(5)
    tape.input.append([0, "!", came(dialect, 0, 4000)])
    client, address = server.accept()
    say(modem, tape, says.closed(0) + (says.lost if how == "lost" else b""))
    n = len(module.commands)
    client.close()
    assert module.closes() == []
    if how == "lost":
        assert module.commands[n:] == []
    elif how == "client":
        assert server.accept()[1] == (CLIENT, 4002)


@cases("dialect", DIALECTS)
def test_a_late_end_of_one_that_failed(dialect):
    """It was read from, failed, and was closed: its end, which comes late, is not the next one's."""
    for was_used in (True, False):
        with Case(was_used):
            modem, tape, clock, says, module = start(dialect)
            socket = opened(modem)
            if was_used:
                socket.settimeout(0)
                say(modem, tape, says.notice("buffer", says.first))
                errno_of(socket.recv, 10)
                settle(modem, tape)
            socket._link.fail(104, 0)
            socket.settimeout(9)
            socket._link.must_close = True
            socket.close()
            other = opened(modem)
            say(modem, tape, late(dialect, says.first)[0])
            some_time(modem, tape)
            assert (other._link.state == OPEN) == was_used


def test_a_dropped_open_is_ended():
    """BG96 ends an open by its close (2.1.5): its outcome is not waited for."""
    modem, tape, clock, says, module = start("bg96")
    tape.auto = lambda command: module(command) and OK
    socket = modem.socket()
    socket.setblocking(False)
    errno_of(socket.connect, (PEER, PORT))
    settle(modem, tape)
    socket.close()
    modem._session.start_later()
    some_time(modem, tape)
    assert module.count(module.close) == 1


@cases("dialect", SIMCOM + FIBOCOM)
def test_a_dropped_open_that_never_has_an_outcome(dialect):
    """It is closed when the manual's time is over; a server's open has none that could be waited for."""
    for what in ("client", "server")[: 1 if dialect in SIMCOM else 2]:
        with Case(what):
            modem, tape, clock, says, module = start(dialect)
            silent = [what == "server"]

            def answer(command):
                module(command)
                return b"" if silent[0] and command.startswith(says.open_line(command)) else OK

            tape.auto = answer
            socket = modem.socket()
            if what == "client":
                socket.setblocking(False)
                errno_of(socket.connect, (PEER, PORT))
                settle(modem, tape)
                socket.close()
            else:
                socket.bind(("", 8080))
                job = modem._session.spawn(socket.listen_steps())
                settle(modem, tape)
                job.cancel()
                tape.input.append([0, "!", OK])
            modem._session.start_later()
            some_time(modem, tape)
            waits = what == "client"
            assert module.count(module.close) == (not waits)
            clock.now += 125_000
            some_time(modem, tape)
            assert module.count(module.close) == 1


@cases("dialect", DIALECTS)
def test_the_modem_is_closed_while_a_task_opens(dialect):
    """The result of the open comes before the close of its id (BG96's close ends an open), and the task is told."""
    for outcome in ("opened", "failed") if dialect != "bg96" else ("ended",):
        with Case(outcome):
            modem, tape, clock, says, module = start(dialect)
            told = []

            def answer(command):
                result = module(command)
                if not command.startswith(says.open_line(command)) or outcome == "ended":
                    told.append((command[: len(module.close)], clock.now))
                    return result if command.startswith(module.close) else OK
                result = says.opened(command, says.first)[len(OK) :] if outcome == "opened" else failed(dialect)
                tape.input += [[0, "!", OK], [0, "~", 5000], [0, "!", result]]
                return b""

            tape.auto = answer
            socket = modem.socket()
            socket.setblocking(False)
            job = modem._session.spawn(socket.connect_steps(*socket.check_address((PEER, PORT))))
            settle(modem, tape)
            began = clock.now
            modem.close()
            closes = [at - began for command, at in told if command == module.close]
            is_held = outcome != "failed" or dialect in FIBOCOM  # which keep an id until it is closed (1.1.12)
            assert closes == ([0 if outcome == "ended" else 5000] if is_held else []), told
            assert errno_of(job.result) == (EBADF if outcome == "opened" else ECONNREFUSED)
            assert modem._session.is_idle() and [link.state for link in modem._engine.links.values()] == [0]


def failed(dialect):
    return line(b"+MIPSTAT: 1,1" if dialect in FIBOCOM else b"+CIPOPEN: 0,3")


@cases("dialect", DIALECTS)
def test_what_was_taken_does_not_go_out_behind_the_close(dialect):
    """It has waited for its turn behind a command for 30 s: it is given up, and close() says so."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    sent = []
    close = says.close(says.first)

    def answer(command):
        sent.append(command)
        return close[1][1] if command == close[0][1][:-1] else b""

    tape.auto = answer
    busy = modem._session.spawn(run_command(modem._session, query(b"AT+X", 100_000)))
    assert socket.send(b"hello\r") == 6
    closing = modem._session.spawn(socket.close_steps())
    while clock.now < 40_000:
        modem.poll(1000)
    assert not busy.done and not closing.done
    tape.input.append([0, "!", OK])
    for _ in range(100):
        modem.poll(1000)
    assert sent == [b"AT+X", close[0][1][:-1]], sent
    assert closing.error.args[0] == 104


@cases("dialect", DIALECTS)
def test_the_network_is_lost_while_what_was_taken_waits_for_its_prompt(dialect):
    """It never comes: the next send() says at once that the connection has ended, as poll() and recv() do."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    tape.load(says.send("buffer", says.first, b"taken")[:1])
    assert socket.send(b"taken") == 5
    say(modem, tape, says.lost)
    before = clock.now
    assert socket.ioctl(3, _ERR | _HUP) == _ERR | _HUP
    assert errno_of(socket.send, b"more") == ENETDOWN
    assert errno_of(socket.recv, 5) == ENETDOWN
    assert clock.now == before
