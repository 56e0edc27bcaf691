"""Servers beside each other, closed or listening while something else goes on, and what a lost network leaves of them.

The module is test_listener_faults.py's.
"""

import atsock
from cases import cases
from fakes import errno_of, new_modem
from frames import DIALECTS, ERROR, OK, line
from ownline import FIBOCOM
from scenes import answers, attached, settle
from test_given_back import EBUSY, EMFILE, ENETDOWN, OPEN, opens, some_time
from test_ids import TAKEN, start
from test_listener_faults import CLIENT, NUMBERED, SIMCOM, came, listen, listening, say, serving
from test_listener_faults import Module as Server
from test_transparent import ENDS, left
from test_transparent import listening as listening_in_data_mode

EBADF, EINVAL, EADDRINUSE, EISCONN, ETIMEDOUT, EINPROGRESS = 9, 22, 98, 106, 110, 115
_RD, _NVAL = 1, 32
BECOMES = FIBOCOM


def came_to(dialect, server, id, port):
    """A client of this server."""
    number = server._listener.id
    if dialect in BECOMES:
        return came(dialect, number, port)
    if dialect == "bg96":
        return line(b'+QIURC: "incoming",%d,%d,"%s",%d' % (id, number, CLIENT.encode(), port))
    return line(b"+CLIENT: %d,%d,%s:%d" % (id, number, CLIENT.encode(), port))


def stops(module):
    return [command for command in module.commands if command.startswith(b"AT+SERVERSTOP=")]


def is_start(says, command):
    return command.startswith((b"AT+SERVERSTART=", says.open_line(command)))


def hold_starts(tape, says, module):
    """From now on the answers to what begins to listen are kept back, in the list that is returned."""
    held = []

    def answer(command):
        if is_start(says, command):
            held.append(module(command))
            return b""
        return module(command)

    tape.auto = answer
    return held


def with_all_ids(modem, tape, says, server):
    """Fibocom: as many clients as there are ids; the server waits for one."""
    clients = []
    for i in range(says.links):
        tape.input.append([0, "!", came("nl668", server._listener.id, 4000 + i)])
        clients.append(server.accept()[0])
        clients[-1].settimeout(5)
    return clients


# -- two at a time


@cases("dialect", DIALECTS)
def test_each_server_has_its_own_clients(dialect):
    """Closing one leaves the other, and its clients, alone."""
    modem, tape, clock, says, module, one = listening(dialect)
    two = listen(modem, 8081)
    say(modem, tape, came_to(dialect, two, 1, 4002))
    assert not one.ioctl(3, _RD) and two.ioctl(3, _RD)
    client, address = two.accept()
    assert address == (CLIENT, 4002)
    assert not two.ioctl(3, _RD)
    one.close()
    assert client._link.state == OPEN
    assert two._listener.is_running() and not one._listener.is_running()
    closes = len(module.closes())
    say(modem, tape, came_to(dialect, two, 0, 4003))
    other, address = two.accept()
    assert address == (CLIENT, 4003)
    assert len(module.closes()) == closes
    client.close()
    other.close()
    two.close()
    some_time(modem, tape)
    assert not modem._engine.servers
    assert len(stops(module)) == (2 if dialect in SIMCOM else 0)


@cases("dialect", SIMCOM)
def test_as_many_servers_as_the_module_has(dialect):
    """One more is refused here; its number is asked for again when one is closed."""
    modem, tape, clock, says, module, one = listening(dialect)
    count = modem._session.table.SERVER_COUNT
    servers = [one] + [listen(modem, 8081 + i) for i in range(count - 1)]
    assert [server._listener.id for server in servers] == list(range(count))
    n = len(module.commands)
    assert errno_of(listen, modem, 9000) == EMFILE
    assert len(module.commands) == n
    servers[1].close()
    assert listen(modem, 9000)._listener.id == 1


@cases("dialect", SIMCOM)
def test_two_servers_begin_at_once(dialect):
    """The second one takes a number when the first has its own."""
    modem, tape, clock, says = attached(dialect)
    module = tape.auto = Server(dialect, says)
    jobs = []
    for port in (8080, 8081):
        server = modem.socket()
        server.bind(("", port))
        jobs.append((server, modem._session.spawn(server.listen_steps())))
    some_time(modem, tape)
    for i in (0, 1):
        server, job = jobs[i]
        job.result()
        assert job.done and server._listener.id == i
    started = [command for command in module.commands if is_start(says, command)]
    assert started == [b"AT+SERVERSTART=8080,0", b"AT+SERVERSTART=8081,1"]


@cases("dialect", ("a7600",))
def test_a_server_of_the_other_family_may_have_the_port(dialect):
    modem, tape, clock, says, module, one = listening(dialect)
    other = modem.socket(atsock.AF_INET6)
    other.bind(("", 8080))
    other.listen()
    assert other._listener.id == 1
    assert errno_of(listen, modem, 8080) == EADDRINUSE


@cases("dialect", NUMBERED)
def test_a_client_goes_on_from_one_server_to_the_other(dialect):
    """From the same port, on the same id; the end of its first connection got lost."""
    modem, tape, clock, says, module, one = listening(dialect)
    two = listen(modem, 8081)
    id = 1 if dialect == "sim7028" else 2
    say(modem, tape, came_to(dialect, one, id, 4001))
    client, address = one.accept()
    say(modem, tape, came_to(dialect, two, id, 4001))
    other, address = two.accept()
    assert address == (CLIENT, 4001)
    assert other._link.state == OPEN and client._link.state != OPEN


# -- listen()


@cases("dialect", DIALECTS)
def test_what_listen_sends(dialect):
    """No peer: its port is 0."""
    modem, tape, clock, says, module, server = listening(dialect)
    if dialect == "bg96":
        assert module.commands[-1] == b'AT+QIOPEN=1,0,"TCP LISTENER","127.0.0.1",0,8080,0'
    elif dialect in BECOMES:
        assert module.commands[-1] == b'AT+MIPOPEN=1,8080,"127.0.0.1",0,0'
    else:
        assert module.commands[-1] == b"AT+SERVERSTART=8080,0"


@cases("dialect", ("bg96",) + BECOMES)
def test_an_id_that_stays_taken(dialect):
    """It may be the port, too: after a second attempt it is an error, and nothing is left of the server."""
    modem, tape, clock, says, module = start(dialect, TAKEN[dialect][0])
    module.held.append(says.first)
    module.sticky.append(says.first)
    assert errno_of(listen, modem, 8080) == EADDRINUSE
    assert opens(says, module) == [says.first] * 2
    assert not modem._engine.servers


@cases("dialect", (None,) + DIALECTS)
def test_listen_before_attach(dialect):
    """accept() does not wait for a server that could not begin."""
    modem, tape, clock = new_modem(dialect)
    server = modem.socket()
    server.bind(("", 8080))
    assert errno_of(server.listen) == ENETDOWN
    assert errno_of(server.accept) == EINVAL


@cases("dialect", DIALECTS)
def test_listening_once_more_sets_the_backlog(dialect):
    """It did lose its server: a second one was refused, and took the place of the first."""
    modem, tape, clock, says, module, server = listening(dialect)
    n = len(module.commands)
    server.listen(6)
    assert len(module.commands) == n
    assert server._listener.backlog == 6
    server.listen(1)
    assert server._listener.backlog == 4
    say(modem, tape, came(dialect, 1, 4001))
    client, address = server.accept()
    assert address == (CLIENT, 4001)
    client.close()
    server.close()
    assert not modem._engine.servers


@cases("dialect", DIALECTS)
def test_a_connection_does_not_listen(dialect):
    """It stays what it is; its id was never closed."""
    modem, tape, clock, says, module, server, client = serving(dialect)
    n = len(module.commands)
    assert errno_of(client.listen) == EINVAL
    client.close()
    assert module.commands[n:] == [says.close(1)[0][1][:-1]]


@cases("dialect", DIALECTS)
def test_closed_while_listen_waits_for_its_turn(dialect):
    """Nothing of it is left, whether the module had been told or not."""
    modem, tape, clock, says = attached(dialect)
    module = tape.auto = Server(dialect, says)
    server = modem.socket()
    server.bind(("", 8080))
    modem._session.opening = True  # somebody else opens
    job = modem._session.spawn(server.listen_steps())
    settle(modem, tape)
    closing = modem._session.spawn(server.close_steps())
    settle(modem, tape)
    modem._session.opening = False
    some_time(modem, tape)
    modem._session.start_later()
    some_time(modem, tape)
    assert job.done and closing.done
    assert errno_of(job.result) == EBADF
    assert not modem._engine.servers
    started = [command for command in module.commands if is_start(says, command)]
    assert len(started) == len(module.closes()) + len(stops(module))


@cases("dialect", DIALECTS)
def test_closed_while_the_module_begins_to_listen(dialect):
    """What it answers then is undone."""
    modem, tape, clock, says = attached(dialect)
    module = Server(dialect, says)
    held = hold_starts(tape, says, module)
    server = modem.socket()
    server.bind(("", 8080))
    job = modem._session.spawn(server.listen_steps())
    settle(modem, tape)
    closing = modem._session.spawn(server.close_steps())
    settle(modem, tape)
    assert held and not closing.done
    tape.auto = module
    say(modem, tape, held[0])
    some_time(modem, tape)
    modem._session.start_later()
    some_time(modem, tape)
    assert errno_of(job.result) == EBADF
    closing.result()
    assert len(module.closes()) + len(stops(module)) == 1
    assert not modem._engine.servers


@cases("dialect", ("bg96",) + FIBOCOM)
def test_the_id_of_a_server_that_is_closed_while_it_begins_is_waited_for(dialect):
    """All others are in use: connect() takes that one as soon as it is free."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = answers(says)
    sockets = [modem.socket() for _ in range(says.links - 1)]
    for socket in sockets:
        socket.connect((CLIENT, 80))
    held = hold_starts(tape, says, Server(dialect, says))
    server = modem.socket()
    server.bind(("", 8080))
    modem._session.spawn(server.listen_steps())
    settle(modem, tape)
    id = server._listener.id
    closing = modem._session.spawn(server.close_steps())
    settle(modem, tape)
    last = modem.socket()
    last.setblocking(False)
    assert errno_of(last.connect, (CLIENT, 80)) == EINPROGRESS
    settle(modem, tape)
    tape.auto = answers(says)
    say(modem, tape, held[0])
    some_time(modem, tape)
    closing.result()
    assert last._link.state == OPEN and last._link.id == id


@cases("dialect", DIALECTS)
def test_a_closed_server_is_polled(dialect):
    """Its descriptor is none any more, as of a closed connection."""
    modem, tape, clock, says, module, server = listening(dialect)
    server.close()
    assert server.ioctl(3, _RD) == _NVAL
    assert errno_of(server.accept) == EBADF


# -- closing


@cases("dialect", BECOMES)
def test_closed_while_it_begins_to_listen_again(dialect):
    """close() waits for that; the id is closed at the next opportunity."""
    modem, tape, clock, says, module, server = listening(dialect)
    held = hold_starts(tape, says, module)
    server.settimeout(0)
    say(modem, tape, came(dialect, 1, 4001))
    client, address = server.accept()
    settle(modem, tape)
    assert len(held) == 1
    closing = modem._session.spawn(server.close_steps())
    settle(modem, tape)
    assert not closing.done and module.closes() == []
    tape.auto = module
    say(modem, tape, held[0])
    some_time(modem, tape)
    closing.result()
    modem._session.start_later()
    some_time(modem, tape)
    assert module.closes() == [2]
    assert client._link.state == OPEN
    assert not modem._engine.servers
    assert len(opens(says, module)) == 2


@cases("dialect", BECOMES)
def test_closed_while_listening_again_waits_for_its_turn(dialect):
    """close() comes back when that is over, too."""
    modem, tape, clock, says, module, server = listening(dialect)
    server.settimeout(0)
    say(modem, tape, came(dialect, 1, 4001))
    modem._session.opening = True  # somebody else opens
    client, address = server.accept()
    settle(modem, tape)
    closing = modem._session.spawn(server.close_steps())
    some_time(modem, tape)
    assert not closing.done
    modem._session.opening = False
    some_time(modem, tape)
    modem._session.start_later()
    some_time(modem, tape)
    assert closing.done and not modem._engine.servers
    assert len(opens(says, module)) == 1 + len(module.closes())
    assert client._link.state == OPEN


@cases("dialect", BECOMES)
def test_modem_close_with_a_server_that_waits_for_an_id(dialect):
    """The ids that come free are not for it."""
    modem, tape, clock, says, module, server = listening(dialect)
    clients = with_all_ids(modem, tape, says, server)
    n = len(opens(says, module))
    modem.close()
    some_time(modem, tape)
    assert not server._open and len(clients) == len(module.closes())
    assert len(opens(says, module)) == n
    assert not modem._engine.servers


@cases("dialect", BECOMES)
def test_another_access_mode_while_a_server_waits_for_an_id(dialect):
    """It is a socket as others are; when an id comes free accept() waits for that again."""
    modem, tape, clock, says, module, server = listening(dialect)
    clients = with_all_ids(modem, tape, says, server)
    assert list(modem._engine.servers.values()) == [server._listener]
    assert errno_of(modem.socket(access="push").connect, (CLIENT, 80)) == EBUSY
    clients[2].close()
    clients[3].close()
    some_time(modem, tape)
    assert list(modem._engine.servers) == [server._listener.id]
    tape.input.append([0, "!", came(dialect, server._listener.id, 5000)])
    assert server.accept()[1] == (CLIENT, 5000)
    assert server._listener._job.done and len(modem._engine.servers) == 1


@cases("dialect", BECOMES)
def test_accept_does_not_wait_for_a_module_that_hangs(dialect):
    """The client is there; that the module does not listen on another id is no reason to keep it from the program."""
    modem, tape, clock, says, module, server = listening(dialect)
    tape.input.append([0, "!", came(dialect, 1)])
    tape.auto = lambda command: b""
    began = clock.now
    assert server.accept()[1] == (CLIENT, 4000)
    assert 4900 <= clock.now - began <= 5100, clock.now - began


@cases("dialect", DIALECTS)
def test_all_of_the_backlog_is_closed_with_the_server(dialect):
    modem, tape, clock, says, module, server = listening(dialect)
    ids = (0, 1) if dialect == "sim7028" else (1,) if dialect in BECOMES else (1, 2, 3)
    for id in ids:
        module.held.append(id)
        say(modem, tape, came(dialect, id, 4000 + id))
    server.close()
    assert module.closes() == list(ids) + ([0] if dialect == "bg96" else [])
    assert module.held == []
    assert len(stops(module)) == (dialect in SIMCOM)


@cases("dialect", BECOMES)
def test_a_server_that_waits_for_an_id_does_not_connect(dialect):
    """It has no connection id then, and is a server all the same."""
    modem, tape, clock, says, module, server = listening(dialect)
    clients = with_all_ids(modem, tape, says, server)
    before = len(module.commands)
    for timeout in (5, 0):
        server.settimeout(timeout)
        assert errno_of(server.connect, (CLIENT, 80)) == EISCONN
    assert len(module.commands) == before
    clients[2].close()
    some_time(modem, tape)
    assert errno_of(server.connect, (CLIENT, 80)) == EISCONN


@cases("dialect", BECOMES)
def test_the_network_goes_while_a_server_waits_for_an_id(dialect):
    """It waits no longer: accept() says why, and nothing is left under way."""
    modem, tape, clock, says, module, server = listening(dialect)
    clients = with_all_ids(modem, tape, says, server)
    say(modem, tape, says.lost)
    some_time(modem, tape)
    assert errno_of(server.accept) == ENETDOWN and len(clients) == says.links
    assert modem._session.is_idle() and not modem._engine.servers


@cases("dialect", DIALECTS)
def test_a_server_listens_again_when_the_network_is_back(dialect):
    """The same socket, by listen(), without another bind()."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, says.lost)
    assert errno_of(server.accept) == ENETDOWN
    up = says.attach()
    tape.auto = lambda command: up(command) or OK
    modem.attach("internet")
    tape.auto = module
    server.listen()
    say(modem, tape, came_to(dialect, server, 1, 4005))
    assert server.accept()[1] == (CLIENT, 4005)


# -- the sweep of those that are refused


@cases("dialect", ("bg96", "a7600"))
def test_a_refused_client_whose_close_is_not_answered(dialect):
    """The others are closed all the same."""
    modem, tape, clock, says, module, server = listening(dialect)
    for id in range(1, 8):
        module.held.append(id)
        say(modem, tape, came(dialect, id, 4000 + id))
    close = says.close(5)[0][1][:-1]
    tape.auto = lambda command: b"" if command == close else module(command)
    until = clock.now + 200_000
    while clock.now < until and module.closes() != [6, 7]:
        modem.poll(1000)
    assert module.closes() == [6, 7]


@cases("dialect", ("bg96", "a7600"))
def test_a_refused_client_is_told_nothing_and_leaves_nothing(dialect):
    """What it sends is for nobody; it is closed half a second later, once, and its id is free."""
    modem, tape, clock, says = attached(dialect, "push")
    module = tape.auto = Server(dialect, says)
    server = listen(modem, 8080)
    for id in range(1, 7):
        module.held.append(id)
        say(modem, tape, came(dialect, id, 4000 + id))
    assert len(server._listener.queue) == 4
    began = clock.now
    say(modem, tape, says.push("push", 5, b"hello"))
    assert modem._engine.links[5].count == 0
    while not module.closes():
        modem.poll(10)
    assert 400 < clock.now - began < 700
    some_time(modem, tape)
    assert module.closes() == [5, 6]
    assert [link.id for link in server._listener.links] == [1, 2, 3, 4]
    assert modem._session.is_idle()
    say(modem, tape, came(dialect, 5, 5005))  # the backlog is full still
    some_time(modem, tape, 10)
    assert module.closes() == [5, 6, 5]


@cases("dialect", NUMBERED)
def test_a_client_that_is_gone_is_no_reason_to_listen_again(dialect):
    """Where the server has an id, or a number, of its own."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001) + says.closed(1))
    n = len([command for command in module.commands if is_start(says, command)])
    server.settimeout(1)
    assert errno_of(server.accept) == ETIMEDOUT
    some_time(modem, tape, 10)
    assert len([command for command in module.commands if is_start(says, command)]) == n
    assert server._listener.links == []


@cases("dialect", NUMBERED)
def test_a_client_that_comes_again_from_its_port(dialect):
    """Its connection had ended: it is a new one, not the same told twice."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    first, address = server.accept()
    say(modem, tape, says.closed(1) + came(dialect, 1, 4001))
    second, address = server.accept()
    assert address == (CLIENT, 4001)
    assert second._link.state == OPEN and second._link is not first._link


@cases("dialect", DIALECTS)
def test_a_client_without_an_address_that_can_be_read(dialect):
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001).replace(b"4001", b"x"))
    assert server.accept()[1] == ("0.0.0.0", 0)


@cases("dialect", NUMBERED)
def test_rings_of_clients_are_of_the_servers_size(dialect):
    """SO_RCVBUF of the server is theirs, whatever the id had before."""
    modem, tape, clock, says = attached(dialect)
    module = tape.auto = Server(dialect, says)
    server = modem.socket()
    server.settimeout(5)
    server.setsockopt(1, atsock.SO_RCVBUF, 777)
    server.bind(("", 8080))
    server.listen()
    module.rx[1] = b"x"
    say(modem, tape, came(dialect, 1, 4001) + says.notice("buffer", 1))
    client, address = server.accept()
    client.settimeout(5)
    assert client._link.size == 777
    assert client.recv(1) == b"x" and len(client._link.buf) == 777
    server.close()
    client.close()
    second = listen(modem, 8081)
    say(modem, tape, came(dialect, 1, 4001).replace(b"1,0,", b"1,%d," % second._listener.id))
    client, address = second.accept()
    client.settimeout(5)
    module.rx[1] = bytes(range(256)) * 4
    say(modem, tape, says.notice("buffer", 1))
    assert len(client.recv(1024)) == 1024
    assert client._link.size == len(client._link.buf) == 2048


# -- the network goes away, the module restarts


@cases("dialect", BECOMES)
def test_a_waiting_client_and_the_network_is_lost(dialect):
    """accept() says so; the server does not listen again when the network is back."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    say(modem, tape, says.lost)
    modem._session.set_connected("10.0.0.1")
    n = len(opens(says, module))
    assert errno_of(server.accept) == ENETDOWN
    some_time(modem, tape)
    assert len(opens(says, module)) == n
    assert not modem._engine.servers
    assert listen(modem, 8080)._listener.is_running()


@cases("dialect", BECOMES)
def test_a_server_that_waits_for_an_id_and_the_network_is_lost(dialect):
    """It is over as others are, although no id was its own."""
    modem, tape, clock, says, module, server = listening(dialect)
    clients = with_all_ids(modem, tape, says, server)
    say(modem, tape, says.lost)
    modem._session.set_connected("10.0.0.1")
    n = len(opens(says, module))
    for client in clients:
        client.close()
    some_time(modem, tape)
    assert errno_of(server.accept) == ENETDOWN
    assert len(opens(says, module)) == n
    assert not modem._engine.servers


@cases("dialect", SIMCOM)
def test_a_closed_server_whose_network_is_lost_before_its_last_client_goes(dialect):
    """There is nothing to stop any more."""
    modem, tape, clock, says, module, server, client = serving(dialect)
    server.close()
    say(modem, tape, says.lost)
    client.close()
    some_time(modem, tape)
    assert stops(module) == []
    assert not modem._engine.servers


@cases("dialect", SIMCOM)
def test_listen_is_refused_and_then_not_answered(dialect):
    """The servers that nobody knows are stopped, once; accept() does not wait, and the number is free."""
    modem, tape, clock, says = attached(dialect)
    module = Server(dialect, says)
    refusals = [line(b"+CIPERROR: 4") + ERROR, b""]

    def answer(command):
        if command.startswith(b"AT+SERVERSTART="):
            module.commands.append(command)
            return refusals.pop(0)  # the second one is not answered
        return module(command)

    tape.auto = answer
    server = modem.socket()
    server.bind(("", 8080))
    assert errno_of(server.listen) == ETIMEDOUT
    assert errno_of(server.accept) == EINVAL
    assert not modem._engine.servers
    tape.auto = module
    say(modem, tape, OK)
    some_time(modem, tape, 20)
    assert len(stops(module)) == modem._session.table.SERVER_COUNT
    assert listen(modem, 8081)._listener.id == 0


# -- data mode


@cases("dialect", SIMCOM)
def test_gone_before_accept_in_data_mode(dialect):
    """It had the line, so its socket was made at once: accept() gives it with what came."""
    for data in (b"", b"all"):
        modem, tape, clock, says, server = listening_in_data_mode(dialect)
        tape.load([("!", came(dialect, 0, 4001) + line(b"CONNECT 115200") + data + ENDS[dialect])] + left(dialect))
        settle(modem, tape)
        server.settimeout(5)
        client, address = server.accept()
        assert address == (CLIENT, 4001)
        assert client._link.socket is client
        client.settimeout(5)
        assert client.read() == data
        tape.done()


@cases("dialect", DIALECTS)
def test_the_address_of_a_client(dialect):
    """recvfrom() tells it, as accept() has."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    client, address = server.accept()
    client.settimeout(5)
    module.rx[1] = b"hello"
    tape.input.append([0, "!", says.notice("buffer", 1)])
    assert client.recvfrom(10) == (b"hello", address) == (b"hello", (CLIENT, 4001))
    assert modem.socket().recvfrom(0) == (b"", ("0.0.0.0", 0))
