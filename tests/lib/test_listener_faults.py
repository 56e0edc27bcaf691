"""Servers whose clients come and go as they like: nothing of one client reaches another, ids come back, nothing grows.

The module is a function of its commands; what it says of clients is put in by each test.
"""

import gc
from errno import EADDRINUSE, ECONNRESET

from atsock.core.command import query
from cases import cases
from fakes import Case, errno_of
from frames import DIALECTS, ERROR, OK, line
from scenes import attached, settle

SIMCOM = ("a7600", "sim7028")
FIBOCOM = ("nl668", "l610")
NUMBERED = ("bg96", "a7600", "sim7028")  # clients get an id of their own
CLIENT = "192.0.2.9"
OPEN = 2


class Module:
    """Answers by itself; rx: bytes that wait for each id; held: ids that it calls open."""

    def __init__(self, dialect, says):
        self.dialect = dialect
        self.says = says
        self.rx = {}
        self.held = []
        self.commands = []
        self.sent = {}
        self.sending = None
        self.read = says.ask("buffer", 0, 1)[:-4]  # up to the id
        self.close = says.close(0)[0][1][:-2]

    def __call__(self, command):
        says = self.says
        if self.sending:  # payload, which these tests end with CR
            id, self.sending = self.sending, None
            self.sent[id] = self.sent.get(id, b"") + command
            return says.result("buffer", id, len(command) + 1)
        self.commands.append(command)
        if command.startswith(says.open_line(command)):
            return OK + (line(b"+QIOPEN: %d,0" % says.link_of(command)) if self.dialect == "bg96" else b"")
        if command.startswith(self.read):
            return self._read(int(command[len(self.read) :].split(b",")[0]))
        if command.startswith(says.send("buffer", 0, b"x")[0][1][:-4]):
            self.sending = int(command.split(b"=")[1].split(b",")[0])
            return says.prompt
        if command.startswith(self.close):
            id = int(command.split(b"=")[1])
            if id in self.held:
                self.held.remove(id)
            return says.close(id)[1][1]
        if command == b"AT+CIPCLOSE?":
            return line(b"+CIPCLOSE: " + b",".join([b"%d" % (i in self.held) for i in range(says.links)])) + OK
        if command.startswith(b"AT+SERVERSTOP="):
            return OK + line(b"+SERVERSTOP: %s,0" % command[14:])
        if command == b"AT+CSQ":
            return line(b"+CSQ: 20,0") + OK
        return OK

    def _read(self, id):
        data = self.rx.pop(id, b"")
        return self.says.answer("buffer", id, data, 0) if data else self.says.nothing("buffer", id)

    def closes(self):
        return [int(command.split(b"=")[1]) for command in self.commands if command.startswith(self.close)]


def came(dialect, id, port=4000):
    """A client, as the module tells of it."""
    if dialect == "bg96":
        return line(b'+QIURC: "incoming",%d,0,"%s",%d' % (id, CLIENT.encode(), port))
    if dialect in FIBOCOM:
        return line(b"+MIPOPEN: %d,1,%s,%d" % (id, CLIENT.encode(), port))
    return line(b"+CLIENT: %d,0,%s:%d" % (id, CLIENT.encode(), port))


def listening(dialect, backlog=1):
    modem, tape, clock, says = attached(dialect)
    module = tape.auto = Module(dialect, says)
    server = listen(modem, 8080, backlog)
    return modem, tape, clock, says, module, server


def listen(modem, port, backlog=1):
    server = modem.socket()
    server.settimeout(5)
    server.bind(("", port))
    server.listen(backlog)
    return server


def serving(dialect):
    """listening(), and the client that it has accepted."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    return modem, tape, clock, says, module, server, server.accept()[0]


def say(modem, tape, data):
    tape.input.append([0, "!", data])
    settle(modem, tape)


# -- an id that is told of anew has a new client


@cases("dialect", DIALECTS)
def test_new_client_on_an_id_believed_open(dialect):
    """The one before ends; none of its bytes go to the new one, nor the other way round."""
    modem, tape, clock, says, module, server = listening(dialect)
    id = 1
    say(modem, tape, came(dialect, id, 4001))
    first, address = server.accept()
    first.settimeout(5)
    assert address == (CLIENT, 4001)
    first.send(b"to the first\r")
    say(modem, tape, came(dialect, id, 4002))
    assert errno_of(first.send, b"to the first, too\r") == ECONNRESET
    module.rx[id] = b"from the second"
    say(modem, tape, says.notice("buffer", id))
    assert first.recv(100) == b""
    second, address = server.accept()
    second.settimeout(5)
    assert address == (CLIENT, 4002)
    closes = len(module.closes())
    first.close()
    assert len(module.closes()) == closes  # the id is the second one's
    assert second.recv(100) == b"from the second"
    second.send(b"to the second\r")
    assert module.sent == {id: b"to the firstto the second"}
    second.close()
    assert len(module.closes()) == closes + 1


@cases("dialect", DIALECTS)
def test_a_client_told_twice_is_one(dialect):
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001) + came(dialect, 1, 4001))
    first, address = server.accept()
    say(modem, tape, came(dialect, 1, 4001))
    assert first._link.state == OPEN
    server.settimeout(1)
    errno_of(server.accept)


@cases("dialect", NUMBERED)
def test_new_client_while_the_id_of_the_old_one_is_being_closed(dialect):
    """The close had not gone out: it never does."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    first, address = server.accept()
    held = []
    tape.auto = lambda command: held.append(command) or b""  # it takes its time
    modem._session.submit(query(b"AT+GSN"))
    first.setblocking(False)
    job = modem._session.spawn(first.close_steps())
    tape.input.append([0, "!", came(dialect, 1, 4002)])
    settle(modem, tape)
    tape.auto = module
    say(modem, tape, OK)
    modem.poll(10)
    settle(modem, tape)
    assert job.done
    assert module.closes() == []
    second, address = server.accept()
    assert address == (CLIENT, 4002)
    assert second._link.state == OPEN


@cases("dialect", NUMBERED)
def test_new_client_while_a_send_to_the_old_one_waits_for_its_prompt(dialect):
    """The payload does not go out: the send fails, and so does the new connection, which the module takes for its
    target."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    first, address = server.accept()
    first.settimeout(5)

    def answer(command):
        if command.startswith(says.send("buffer", 1, b"x")[0][1][:-3]):
            tape.input.append([0, "!", came(dialect, 1, 4002) + says.prompt])
            return b""
        return module(command)

    tape.auto = answer
    secret = b"for the first only\r"
    began = clock.now
    assert errno_of(first.send, secret) == ECONNRESET
    assert clock.now - began < 1000
    settle(modem, tape)
    assert b"first" not in b"".join(module.commands) + tape.line
    tape.input.append([0, "!", says.result("buffer", 1, len(secret))])
    tape.line = b""
    settle(modem, tape)


@cases("dialect", NUMBERED)
def test_new_client_while_a_read_of_the_old_one_is_in_flight(dialect):
    """What it brings is the new one's."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001))
    first, address = server.accept()
    first.settimeout(5)

    def answer(command):
        if command.startswith(module.read):
            tape.auto = module
            return came(dialect, 1, 4002) + says.answer("buffer", 1, b"second's", 0)
        return module(command)

    tape.auto = answer
    tape.input.append([0, "!", says.notice("buffer", 1)])
    buf = bytearray(2048)
    assert first.recv_into(buf) == 0
    assert not bytes(buf).strip(b"\0")
    second, address = server.accept()
    second.settimeout(5)
    assert second.recv(100) == b"second's"


# -- clients that leave


@cases("dialect", SIMCOM)
def test_ids_of_clients_that_left_with_data_unread(dialect):
    """The module keeps the id until it is closed: it is closed with the socket, or when nobody has accepted it."""
    modem, tape, clock, says, module, server = listening(dialect)
    for i in range(5 * says.links):
        id = [n for n in range(says.links) if n not in module.held][0]
        module.held.append(id)
        module.rx[id] = b"request %d" % i
        say(modem, tape, came(dialect, id, 4000 + i) + says.notice("buffer", id) + says.closed(id))
        client, address = server.accept()
        client.settimeout(5)
        assert address[1] == 4000 + i
        if i % 3:
            assert client.recv(100) == b"request %d" % i
        client.close()
        assert module.held == [], i


@cases("dialect", SIMCOM)
def test_ids_that_the_module_keeps_although_all_was_read(dialect):
    modem, tape, clock, says, module, server = listening(dialect)
    for i in range(3 * says.links):
        id = [n for n in range(says.links) if n not in module.held][0]
        module.held.append(id)
        say(modem, tape, came(dialect, id, 4000 + i))
        client, address = server.accept()
        client.settimeout(5)
        say(modem, tape, says.closed(id))
        assert client.recv(100) == b""
        client.close()
        assert module.held == [], i


@cases("dialect", NUMBERED)
def test_accept_passes_over_those_that_are_gone(dialect):
    """Who has left something to read is not gone yet."""
    modem, tape, clock, says, module, server = listening(dialect)
    module.rx[0 if dialect == "sim7028" else 2] = b"bye"
    second = 0 if dialect == "sim7028" else 2
    say(modem, tape, came(dialect, 1, 4001) + says.closed(1))
    say(modem, tape, came(dialect, second, 4002) + says.notice("buffer", second) + says.closed(second))
    client, address = server.accept()
    client.settimeout(5)
    assert address[1] == 4002
    assert client.recv(100) == b"bye"
    assert client.recv(100) == b""
    server.settimeout(1)
    errno_of(server.accept)


@cases("dialect", FIBOCOM)
def test_listens_again_when_the_only_client_is_gone(dialect):
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, came(dialect, 1, 4001) + says.closed(1))
    server.settimeout(1)
    errno_of(server.accept)
    assert len([command for command in module.commands if command.startswith(b"AT+MIPOPEN=")]) == 2
    id = server._listener.id
    say(modem, tape, came(dialect, id, 4002))
    client, address = server.accept()
    assert address[1] == 4002


@cases("dialect", ("bg96", "a7600"))
def test_more_clients_than_the_backlog(dialect):
    """The later ones are closed; those that wait are live."""
    modem, tape, clock, says, module, server = listening(dialect)
    for id in range(1, 9):
        module.held.append(id)
        say(modem, tape, came(dialect, id, 4000 + id))
    while not modem._session.is_idle():
        modem.poll(1000)
    assert sorted(module.closes()) == [5, 6, 7, 8]
    for id in range(1, 5):
        client, address = server.accept()
        assert address[1] == 4000 + id
        assert client._link.state == OPEN
        client.close()
    server.close()
    modem, tape, clock, says, module, server = listening(dialect, 7)
    for id in range(1, 8):
        say(modem, tape, came(dialect, id, 4000 + id))
    assert len(server._listener.queue) == 7


@cases("dialect", ("bg96", "a7600"))
def test_a_flood_of_clients(dialect):
    """They connect and go, or stay, and nobody accepts: memory stays, and a live one is accepted in the end."""
    modem, tape, clock, says, module, server = listening(dialect)
    sizes = []
    for i in range(900):
        id = 1 + i % 9
        say(modem, tape, came(dialect, id, 1024 + i) + (says.closed(id) if i % 3 else b""))
        if i % 100 == 99:
            while not modem._session.is_idle():
                modem.poll(1000)
            module.commands.clear()
            tape.load(())
            if hasattr(gc, "mem_alloc"):
                gc.collect()
                sizes.append(gc.mem_alloc())
        assert len(server._listener.queue) <= 4
        assert len(server._listener.links) <= 10
    if sizes:
        assert sizes[-1] - sizes[1] < 1000, sizes
    say(modem, tape, came(dialect, 3, 5003))
    ports = []
    while 5003 not in ports:
        client, address = server.accept()
        ports.append(address[1])
        assert client._link.state == OPEN
        client.close()
    assert len(ports) <= 5


# -- servers


@cases("dialect", DIALECTS)
def test_one_server_to_a_port(dialect):
    modem, tape, clock, says, module, server = listening(dialect)
    other = modem.socket()
    other.bind(("", 8080))
    n = len(module.commands)
    assert errno_of(other.listen) == EADDRINUSE
    assert len(module.commands) == n
    assert errno_of(other.accept) == EADDRINUSE
    other.close()
    server.close()
    listen(modem, 8080).close()


@cases("dialect", SIMCOM)
def test_server_left_over_from_an_earlier_program(dialect):
    """Its number and port are taken: it is stopped."""
    for refusal in (line(b"+CIPERROR: 7") + ERROR, line(b"+CIPERROR: 4") + ERROR):
        with Case(refusal):
            modem, tape, clock, says = attached(dialect)
            module = Module(dialect, says)
            running = [True]

            def answer(command, module=module, running=running, refusal=refusal):
                if command.startswith(b"AT+SERVERSTART=") and running[0]:
                    return refusal
                if command == b"AT+SERVERSTOP=0":
                    running[0] = False
                return module(command)

            tape.auto = answer
            server = listen(modem, 8080)
            say(modem, tape, came(dialect, 1, 4001))
            assert server.accept()[1][1] == 4001
            server.close()


@cases("dialect", ("bg96", "nl668", "l610"))
def test_listening_id_is_closed(dialect):
    """accept() says so."""
    modem, tape, clock, says, module, server = listening(dialect)
    say(modem, tape, says.closed(server._link.id))
    assert errno_of(server.accept) == ECONNRESET
    server.close()
    listen(modem, 8080).close()


@cases("dialect", NUMBERED)
def test_client_of_a_server_that_nobody_knows(dialect):
    """Left over from an earlier program: it takes an id, which is closed before it is used."""
    modem, tape, clock, says = attached(dialect)
    module = tape.auto = Module(dialect, says)
    first = says.first
    say(modem, tape, came(dialect, first, 4001))

    def answer(command):
        parts = module(command)
        return says.opened(command, says.link_of(command)) if command.startswith(says.open_line(command)) else parts

    tape.auto = answer
    socket = modem.socket()
    socket.settimeout(5)
    socket.connect((CLIENT, 80))
    if socket._link.id == first:
        assert module.closes() == [first]
    else:
        assert module.closes() == []
