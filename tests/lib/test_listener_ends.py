"""Servers that are refused, given up, closed, or that cannot listen again; and clients that come meanwhile.

The module is test_listener_faults.py's; where it keeps a list of its ids, test_ids.py's.
"""

from errno import ECONNRESET, ETIMEDOUT

import atsock
from atsock.core.command import query
from cases import cases
from fakes import Case, errno_of, raises
from frames import DIALECTS, ERROR, OK, line
from ownline import FIBOCOM
from scenes import answers, attached, connected, settle
from test_given_back import ENETDOWN, LISTS, OPEN, opens, some_time
from test_ids import Module
from test_listener_faults import CLIENT, NUMBERED, SIMCOM, came, listen, listening, say, serving
from test_listener_faults import Module as Server

GONE = 4


def test_a_server_needs_a_port():
    modem, tape, clock, says = attached("a7600")
    assert errno_of(modem.socket().listen) == 22
    tape.done()


@cases("dialect", SIMCOM)
def test_a_server_that_is_refused(dialect):
    """Servers that nobody here knows are stopped, and no other; refused again it is an error, its number is free."""
    modem, tape, clock, says = attached(dialect)
    module = Server(dialect, says)
    refuses = [False]

    def answer(command):
        answered = module(command)
        refused = refuses[0] and command.startswith(b"AT+SERVERSTART=")
        return line(b"+CIPERROR: 7") + ERROR if refused else answered

    tape.auto = answer
    server = listen(modem, 8080)
    refuses[0] = True
    second = modem.socket()
    second.settimeout(9)
    second.bind(("", 8081))
    errno_of(second.listen)
    second._check_open()
    assert second._link is None  # it may be tried again
    stopped = [command[-1:] for command in module.commands if command.startswith(b"AT+SERVERSTOP=")]
    assert stopped == [b"%d" % n for n in range(1, modem._session.table.SERVER_COUNT)]
    refuses[0] = False
    other = listen(modem, 8082)
    assert other._listener.id == 1
    assert server._listener.is_running()
    assert len([command for command in module.commands if command.startswith(b"AT+SERVERSTOP=1")]) == 1


@cases("dialect", SIMCOM)
def test_a_server_that_is_not_answered(dialect):
    """Nothing is stopped: nobody knows what the module made of it."""
    modem, tape, clock, says = attached(dialect)
    sent = []
    tape.auto = lambda command: sent.append(command) or (b"" if command.startswith(b"AT+SERVERSTART=") else OK)
    server = modem.socket()
    server.bind(("", 8080))
    raises(atsock.Timeout, server.listen)
    assert [command for command in sent if command.startswith(b"AT+SERVERSTOP=")] == []


@cases("has_client", (True, False))
@cases("dialect", SIMCOM)
def test_listen_is_given_up(dialect, has_client):
    """The module starts the server all the same: it is stopped as soon as it has said so, or has a client."""
    modem, tape, clock, says = attached(dialect)
    module = Server(dialect, says)
    tape.auto = lambda command: b"" if command.startswith(b"AT+SERVERSTART=") else module(command)
    server = modem.socket()
    server.bind(("", 8080))
    job = modem._session.spawn(server.listen_steps())
    settle(modem, tape)
    job.cancel()
    tape.auto = module
    tape.input.append([0, "!", OK + (came(dialect, 1, 4001) if has_client else b"")])
    modem._session.start_later()
    some_time(modem, tape, 10)
    assert module.closes() == ([1] if has_client else [])
    assert module.commands[-1] == b"AT+SERVERSTOP=0"
    assert not modem._engine.servers


@cases("dialect", SIMCOM)
def test_listen_is_given_up_before_it_is_sent(dialect):
    """Behind another command: nothing is to be stopped, and its number is free."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = Server(dialect, says)
    listen(modem, 8080).close()
    tape.auto = None
    tape.load([(">", b"AT+GSN\r")])
    modem._session.submit(query(b"AT+GSN"))
    server = modem.socket()
    server.bind(("", 8080))
    job = modem._session.spawn(server.listen_steps())
    settle(modem, tape)
    job.cancel()
    assert not modem._engine.servers
    module = tape.auto = Server(dialect, says)
    say(modem, tape, OK)
    assert listen(modem, 8080)._listener.id == 0
    assert [command for command in module.commands if b"SERVERSTOP" in command] == []


@cases("dialect", SIMCOM)
def test_a_client_of_a_server_that_is_being_closed(dialect):
    """It came before the server was stopped: it is closed at once, and only then the server is stopped."""
    modem, tape, clock, says, module, server, client = serving(dialect)
    server.close()
    assert not [command for command in module.commands if b"SERVERSTOP" in command]
    began = clock.now
    tape.input.append([0, "!", came(dialect, 0, 4002)])
    modem.poll()
    modem.poll(50)
    settle(modem, tape)
    assert module.closes() == [0] and clock.now - began < 200
    client.close()
    some_time(modem, tape)
    assert module.commands[-2:] == [b"AT+CIPCLOSE=1", b"AT+SERVERSTOP=0"]
    assert len([command for command in module.commands if b"SERVERSTOP" in command]) == 1


@cases("dialect", NUMBERED)
def test_a_client_on_an_id_whose_close_is_on_its_way(dialect):
    """The close may hit it: the module is asked whether it is there, and here it is not."""
    modem, tape, clock, says = attached(dialect)
    module = Module(dialect, says)
    waiting = Server(dialect, says)
    tape.auto = waiting
    server = listen(modem, 8080)
    say(modem, tape, came(dialect, 1, 4001))
    first, address = server.accept()

    def answer(command):
        if command.startswith(waiting.close) and not module.commands:
            return came(dialect, 1, 4002) + says.close(1)[1][1]
        return module(command)  # holds no id

    tape.auto = answer
    first.close()
    some_time(modem, tape)
    assert [command for command in module.commands if command in LISTS]
    server.settimeout(1)
    assert errno_of(server.accept) == 110


@cases("dialect", SIMCOM)
def test_an_id_of_a_closed_servers_client_has_a_client_of_another(dialect):
    """The closed server had no other client: now it is stopped.  A server that runs is not."""
    for is_closed in (True, False):
        with Case(is_closed):
            modem, tape, clock, says = attached(dialect)
            module = tape.auto = Server(dialect, says)
            one, two = listen(modem, 8080), listen(modem, 8081)
            say(modem, tape, came(dialect, 1, 4001))
            client, address = one.accept()
            if is_closed:
                one.close()
            tape.input.append([0, "!", came(dialect, 1, 4002).replace(b"1,0,", b"1,1,")])
            some_time(modem, tape)
            stopped = [command for command in module.commands if b"SERVERSTOP" in command]
            assert stopped == ([b"AT+SERVERSTOP=0"] if is_closed else [])
            assert two.accept()[1] == (CLIENT, 4002)


@cases("dialect", NUMBERED)
def test_a_waiting_client_is_replaced(dialect):
    """It has not been fetched: accept() gives the new one only."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = Server(dialect, says)
    server = listen(modem, 8080)
    say(modem, tape, came(dialect, 1, 4001) + says.notice("buffer", 1) + came(dialect, 1, 4002))
    assert server.accept()[1] == (CLIENT, 4002)
    server.settimeout(1)
    errno_of(server.accept)


@cases("dialect", FIBOCOM)
def test_listening_again_is_refused(dialect):
    """accept() says why, once what was accepted is fetched; while all ids are in use it waits for one."""
    for how in ("refused", "full"):
        with Case(how):
            modem, tape, clock, says = attached(dialect)
            module = Server(dialect, says)
            refuses = [False]

            def answer(command):
                if refuses[0] and command.startswith(b"AT+MIPOPEN="):
                    return line(b"+CME ERROR: 2031")
                return module(command)

            tape.auto = answer
            server = listen(modem, 8080)
            server.settimeout(1)
            refuses[0] = how == "refused"
            clients = []
            for i in range(1 if how == "refused" else says.links):
                tape.input.append([0, "!", came(dialect, server._listener.id, 4000 + i)])
                clients.append(server.accept()[0])
            if how == "refused":
                assert errno_of(server.accept) == ENETDOWN
                continue
            assert errno_of(server.accept) == 110
            assert errno_of(listen, modem, 8080) == 98  # it has its port all the same
            listens = len(opens(says, module))
            clients[2].settimeout(5)
            clients[2].close()
            some_time(modem, tape)
            assert len(opens(says, module)) == listens + 1
            tape.input.append([0, "!", came(dialect, 3, 5000)])
            assert server.accept()[1] == (CLIENT, 5000)


@cases("dialect", ("bg96",) + FIBOCOM)
def test_a_server_is_closed_whose_id_is_a_connection(dialect):
    """What was fetched stays open, what was not is closed, and the listening id as well."""
    modem, tape, clock, says, module, server = listening(dialect)
    fetched = []
    for port in (4001, 4002):
        id = server._listener.id if dialect in FIBOCOM else port - 4000
        say(modem, tape, came(dialect, id, port))
        if not fetched:
            fetched.append(server.accept()[0])
    server.close()
    assert fetched[0]._link.state == OPEN
    assert module.closes() == ([2, 0] if dialect == "bg96" else [2])
    assert not modem._engine.servers
    fetched[0].close()
    listen(modem, 8080).close()


@cases("dialect", SIMCOM)
def test_a_server_whose_stop_is_refused(dialect):
    """It is not there any more, then: no error."""
    modem, tape, clock, says = attached(dialect)
    module = Server(dialect, says)
    stop = line(b"+CIPERROR: 4") + ERROR
    tape.auto = lambda command: stop if command.startswith(b"AT+SERVERSTOP") else module(command)
    listen(modem, 8080).close()
    assert not modem._engine.servers


@cases("dialect", SIMCOM)
def test_the_port_of_a_server_that_the_network_took_along(dialect):
    """Its client's socket is still there; the port is free all the same."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = Server(dialect, says)
    server = listen(modem, 8080)
    tape.input.append([0, "!", came(dialect, 1, 4001)])
    client, address = server.accept()
    say(modem, tape, says.lost)
    modem._session.set_connected("10.0.0.1")
    listen(modem, 8080)
    assert errno_of(server.accept) == ENETDOWN
    client.close()


@cases("dialect", SIMCOM + ("bg96",))
def test_a_client_that_left_something_pushed(dialect):
    """It has gone before it was accepted; what it sent is there."""
    modem, tape, clock, says = attached(dialect, "push")
    tape.auto = Server(dialect, says)
    server = listen(modem, 8080)
    say(modem, tape, came(dialect, 1, 4001) + says.push("push", 1, b"bye") + says.closed(1))
    client, address = server.accept()
    client.settimeout(5)
    assert client.recv(10) == b"bye"
    assert client.recv(10) == b""


@cases("dialect", SIMCOM)
def test_a_late_end_of_the_client_before(dialect):
    """Closed just now, on the same id: the list says that the new client is there."""
    modem, tape, clock, says, module, server = listening(dialect)
    for port in (4001, 4002):
        module.held.append(1)
        tape.input.append([0, "!", came(dialect, 1, port)])
        client, address = server.accept()
        assert address[1] == port
        if port == 4001:
            client.close()
    tape.input.append([0, "!", says.closed(1)])
    some_time(modem, tape)
    assert client._link.state == OPEN


@cases("dialect", NUMBERED)
def test_a_waiting_client_is_replaced_whose_data_were_pushed(dialect):
    """Its connection is over, and nobody has fetched it: accept() gives the new one only."""
    modem, tape, clock, says = attached(dialect, "push")
    tape.auto = Server(dialect, says)
    server = listen(modem, 8080)
    say(modem, tape, came(dialect, 1, 4001) + says.push("push", 1, b"unread") + came(dialect, 1, 4002))
    assert server.accept()[1] == (CLIENT, 4002)
    server.settimeout(1)
    errno_of(server.accept)


@cases("dialect", ("bg96", "a7600"))
def test_many_clients_that_nobody_wants(dialect):
    """One job closes them all, and a later one those that come later."""
    modem, tape, clock, says = attached(dialect)
    module = tape.auto = Server(dialect, says)
    listen(modem, 8080)
    for ids in (range(1, 9), range(5, 9)):
        for id in ids:
            say(modem, tape, came(dialect, id, 4000 + id))
        assert modem._session.jobs is not None and modem._session.jobs.next is None
        module.commands.clear()
        some_time(modem, tape, 20)
        assert sorted(module.closes()) == [5, 6, 7, 8]
        assert modem._session.is_idle()


@cases("dialect", ("bg96",) + FIBOCOM)
def test_a_server_is_closed_whose_id_the_module_has_closed(dialect):
    """The module keeps such an id until it is told to close it."""
    modem, tape, clock, says, module, server = listening(dialect)
    id = server._listener.id
    say(modem, tape, says.closed(id))
    server.close()
    assert module.closes() == [id]


@cases("dialect", DIALECTS)
def test_a_server_is_closed_whose_only_client_waits(dialect):
    """First the client is closed, then the server, once."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    server.close()
    assert module.closes() == ([1, 0] if dialect == "bg96" else [1])
    assert len([command for command in module.commands if b"SERVERSTOP" in command]) == (dialect in SIMCOM)
    assert not modem._engine.servers


@cases("dialect", FIBOCOM)
def test_a_server_that_waits_for_an_id_is_closed(dialect):
    """At once; and nothing is left of it when its clients are closed, too: another access mode may be used."""
    modem, tape, clock, says, module, server = listening(dialect)
    clients = []
    for i in range(says.links):
        tape.input.append([0, "!", came(dialect, server._listener.id, 4000 + i)])
        clients.append(server.accept()[0])
    began = clock.now
    server.close()
    assert clock.now - began < 1000
    for client in clients:
        client.close()
    assert sorted(module.closes()) == list(range(1, says.links + 1))
    socket = modem.socket(access="push")
    socket.settimeout(5)
    tape.auto = lambda command: says.opened(command, 1) if command.startswith(says.open_line(command)) else OK
    socket.connect((CLIENT, 80))
    assert socket._link.state == OPEN


@cases("dialect", DIALECTS)
def test_poll_of_a_server(dialect):
    """POLLIN where a client waits, if that is asked for; POLLERR and POLLHUP when the network is gone."""
    modem, tape, clock, says, module, server = listening(dialect)
    assert server.ioctl(3, 5) == 0
    say(modem, tape, came(dialect, 1, 4001))
    assert server.ioctl(3, 5) == 1 and server.ioctl(3, 4) == 0
    client, address = server.accept()
    say(modem, tape, says.lost)
    assert server.ioctl(3, 5) == server.ioctl(3, 0) == 24
    server.close()
    assert server.ioctl(3, 5) == 32


def test_the_port_of_a_server_that_was_refused():
    """It never had it: another one may."""
    modem, tape, clock, says = attached("bg96")
    module = Server("bg96", says)
    refusal = OK + line(b"+QIOPEN: 0,556")
    tape.auto = lambda command: refusal if command.startswith(b"AT+QIOPEN=") else module(command)
    first = modem.socket()
    first.settimeout(5)
    first.bind(("", 8080))
    assert errno_of(first.listen) == 98
    tape.auto = module
    assert listen(modem, 8080)._listener.is_running()


@cases("dialect", NUMBERED)
def test_an_id_in_use_has_a_client_of_a_server_that_nobody_knows(dialect):
    """Of an earlier program: what had the id before is over."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    tape.auto = lambda command: OK
    say(modem, tape, came(dialect, says.first))
    assert socket._link.state == GONE
    assert socket.recv(10) == b""


@cases("dialect", SIMCOM)
def test_nothing_is_sent_while_an_end_is_doubted(dialect):
    """It may be the new client's; when the module has said that it is not, the program goes on."""
    modem, tape, clock, says, module, server = listening(dialect)
    for port in (4001, 4002):
        module.held.append(1)
        tape.input.append([0, "!", came(dialect, 1, port)])
        client, address = server.accept()
        if port == 4001:
            client.close()
    assert client._link.doubt(False)
    client.settimeout(0)
    assert errno_of(client.send, b"x") == 11
    some_time(modem, tape)
    assert not client._link.flow_off and client._link.state == OPEN


@cases("dialect", DIALECTS)
def test_recover_ends_a_server(dialect):
    """As every socket: accept() says so, and it keeps no other socket from opening."""
    modem, tape, clock, says, module, server = listening(dialect)
    tape.auto = says.attach()
    modem.recover()
    tape.auto = module
    for timeout in (0, 1):
        server.settimeout(timeout)
        assert errno_of(server.accept) == ECONNRESET
    assert not modem._engine.servers
    tape.auto = answers(says)
    client = modem.socket()
    client.settimeout(9)
    client.connect((CLIENT, 80))
    client.close()


@cases("dialect", DIALECTS)
def test_the_port_of_a_server_that_could_not_be_closed(dialect):
    """The module did not answer: it listens still, and is told once more before another one gets the port."""
    modem, tape, clock, says, module, server = listening(dialect)
    running = [True]
    stop = b"AT+SERVERSTOP=0" if dialect in SIMCOM else says.close(says.first)[0][1][:-1]

    def answer(command):
        if command == stop:
            running[0] = False
        if running[0] and command.startswith(b"AT+SERVERSTART="):
            return line(b"+CIPERROR: 7") + ERROR
        assert not running[0] or not command.startswith(says.open_line(command)), command
        return module(command)

    settle(modem, tape)
    tape.auto = lambda command: b""
    assert errno_of(server.close) == ETIMEDOUT
    tape.auto = answer
    other = listen(modem, 8080)
    assert other._listener.is_running() and not running[0]
    assert list(modem._engine.servers.values()) == [other._listener]


@cases("dialect", SIMCOM)
def test_a_client_of_whom_the_line_got_lost(dialect):
    """The module does not stop a server before its clients are closed (A7600 2.15): not the next one on the port."""
    modem, tape, clock, says, module, server = listening(dialect)
    running = [True]
    module.held.append(1)

    def answer(command):
        if command == b"AT+SERVERSTOP=0":
            if module.held:
                return line(b"+SERVERSTOP: 0,9") + ERROR
            running[0] = False
        if running[0] and command.startswith(b"AT+SERVERSTART="):
            return line(b"+CIPERROR: 7") + ERROR
        return module(command)

    tape.auto = answer
    server.close()
    assert running[0]
    assert listen(modem, 8080)._listener.is_running()
    assert not running[0] and module.closes() == [1]


@cases("dialect", SIMCOM)
def test_a_closed_server_is_stopped_once(dialect):
    """Its last client is being closed, and the module gives the id to a client of another server meanwhile."""
    modem, tape, clock, says = attached(dialect)
    module = Server(dialect, says)
    held = []

    def answer(command):
        if command == b"AT+CIPCLOSE=1" and not held:
            held.append(module(command))
            return b""
        return module(command)

    tape.auto = answer
    one, two = listen(modem, 8080), listen(modem, 8081)
    say(modem, tape, came(dialect, 1, 4001))
    client, address = one.accept()
    one.close()
    client.settimeout(0)
    client.close()
    settle(modem, tape)
    assert held
    tape.input.append([0, "!", came(dialect, 1, 4002).replace(b"1,0,", b"1,1,")])
    settle(modem, tape)
    tape.input.append([0, "!", held[0]])
    some_time(modem, tape)
    assert [command for command in module.commands if b"SERVERSTOP" in command] == [b"AT+SERVERSTOP=0"]
    assert two._listener.is_running()


def begins_to_listen():
    """(modem, tape, module, server, job of listen()): the result of the open is to come."""
    modem, tape, clock, says = attached("bg96")
    module = Server("bg96", says)
    tape.auto = lambda command: OK if command.startswith(b"AT+QIOPEN=") else module(command)
    server = modem.socket()
    server.bind(("", 8080))
    listens = modem._session.spawn(server.listen_steps())
    settle(modem, tape)
    return modem, tape, module, server, listens


def test_a_close_is_interrupted_while_its_server_begins_to_listen():
    """The id is none that somebody closes: it is not waited for."""
    modem, tape, module, server, listens = begins_to_listen()
    closes = modem._session.spawn(server.close_steps())
    modem.poll(100)
    assert modem._engine.links[0].closing
    closes.cancel()
    assert not modem._engine.links[0].closing


def test_a_server_is_closed_while_it_begins_to_listen():
    """BG96 2.1.4: the result of the open comes behind its OK, and is waited for; then the id is closed."""
    modem, tape, module, server, listens = begins_to_listen()
    closes = modem._session.spawn(server.close_steps())
    for _ in range(10):
        modem.poll(100)
    assert not closes.done and not module.closes()
    say(modem, tape, line(b"+QIOPEN: 0,0"))
    for _ in range(10):
        modem.poll(100)
    assert closes.done and closes.error is None
    assert module.closes() == [0]
    assert listens.error.args[0] == 9
    assert not modem._engine.servers and not modem._engine.links[0].closing
