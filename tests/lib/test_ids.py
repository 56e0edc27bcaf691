"""Connection ids: where the module and the driver believe different things, they are brought together.

The module is a function of its commands that keeps a list of the ids it holds, as AT+QISTATE?, AT+CIPCLOSE? and
AT+MIPCLOSE? tell it.
"""

from errno import ECONNRESET

import atsock
from atsock import dialects
from atsock.core.command import query
from atsock.core.jobs import run_command
from atsock.core.openids import ids_in, open_ids
from cases import cases
from fakes import CUTS, Case, errno_of, raises
from frames import DIALECTS, ERROR, OK, PEER, PORT, line
from scenes import answers, attached, connect, rest, settle

OPENING, OPEN = 1, 2  # Link.state
SIMCOM = ("a7600", "sim7028")
FIBOCOM = ("nl668", "l610")
LISTS = (b"AT+QISTATE?", b"AT+CIPCLOSE?", b"AT+MIPCLOSE?")

# How an open of an id that is taken is refused: the lines for that id.
TAKEN = {
    "bg96": (
        lambda id: OK + line(b"+QIOPEN: %d,563" % id),
        lambda id: ERROR,  # and AT+QIGETERROR says 563
    ),
    "a7600": (
        lambda id: line(b"+CIPOPEN: %d,4" % id) + ERROR,
        lambda id: line(b"+IP ERROR: Connection is already created") + ERROR,
        lambda id: ERROR,
    ),
    "nl668": (
        lambda id: line(b"+CME ERROR: 2017"),
        lambda id: line(b"+CME ERROR: 2004"),
        lambda id: line(b"+CME ERROR: 3"),
        lambda id: line(b"+TCPIP ERROR: TCPIP socket used"),
        lambda id: ERROR,
    ),
}
TAKEN["sim7028"] = TAKEN["a7600"]
TAKEN["l610"] = TAKEN["nl668"]


class Module:
    """Answers by itself; held: the ids that it calls open; sticky: those that a close does not free."""

    def __init__(self, dialect, says, taken=None):
        self.dialect = dialect
        self.says = says
        self.taken = taken
        self.held = []
        self.sticky = []
        self.commands = []
        self.close = says.close(0)[0][1][:-2]

    def __call__(self, command):
        says = self.says
        self.commands.append(command)
        if command.startswith(says.open_line(command)):
            id = says.link_of(command)
            if id in self.held:
                return self.taken(id)
            self.held.append(id)
            return says.opened(command, id)
        if command in LISTS:
            return self.list() + OK
        if command.startswith(self.close):
            id = int(command.split(b"=")[1])
            if id in self.held and id not in self.sticky:
                self.held.remove(id)
            return says.close(id)[1][1]
        if command == b"AT+QIGETERROR":
            return line(b"+QIGETERROR: 563, Socket identity has been used") + OK
        if command == b"AT+CSQ":
            return line(b"+CSQ: 20,0") + OK
        if command.startswith((b"AT+QIRD=", b"AT+CIPRXGET=2", b"AT+MIPREAD=")):
            return says.nothing("buffer", int(command.replace(b"GET=2,", b"=").split(b"=")[1].split(b",")[0]))
        return OK

    def list(self):
        if self.dialect == "bg96":
            form = b'+QISTATE: %d,"TCP","192.0.2.7",5005,4097,2,1,0,0,"uart1"'
            return b"".join([line(form % id) for id in self.held])
        if self.dialect in FIBOCOM:
            return line(b"+MIPCLOSE: " + (b",".join([b"%d" % id for id in self.held]) or b"0"))
        return line(b"+CIPCLOSE: " + b",".join([b"%d" % (id in self.held) for id in range(self.says.links)]))

    def count(self, start):
        return len([command for command in self.commands if command.startswith(start)])


def start(dialect, taken=None):
    modem, tape, clock, says = attached(dialect)
    module = tape.auto = Module(dialect, says, taken)
    return modem, tape, clock, says, module


def opened(modem, timeout=30):
    socket = modem.socket()
    socket.settimeout(timeout)
    socket.connect((PEER, PORT))
    return socket


def say(tape, data):
    tape.input.append([0, "!", data])


# -- an id that the module holds and the driver takes for free


@cases("dialect", DIALECTS)
def test_taken_id_is_closed_and_opened_again(dialect):
    for taken in TAKEN[dialect]:
        modem, tape, clock, says, module = start(dialect, taken)
        module.held.append(says.first)
        with Case(dialect, taken(says.first)):
            socket = opened(modem)
            assert socket._link.id == says.first
            assert module.count(module.close) == 1
            socket.close()
            assert module.held == []


@cases("dialect", DIALECTS)
def test_next_id_when_it_stays_taken(dialect):
    for taken in TAKEN[dialect]:
        modem, tape, clock, says, module = start(dialect, taken)
        module.held.append(says.first)
        module.sticky.append(says.first)
        with Case(dialect, taken(says.first)):
            assert opened(modem)._link.id == says.first + 1


@cases("dialect", DIALECTS)
def test_the_result_of_an_open_that_was_forgotten(dialect):
    """It comes just before the refusal of the next one on its id: nobody gets the connection of another program."""
    for taken in TAKEN[dialect]:
        modem, tape, clock, says, module = start(dialect)
        first = says.first
        module.held.append(first)
        module.taken = lambda id, taken=taken, says=says: says.opened(b"", id).replace(OK, b"") + taken(id)
        with Case(taken(first)):
            if dialect == "bg96" and taken(first).startswith(OK):
                continue  # its result is the same line
            try:
                socket = opened(modem)
            except OSError:
                socket = opened(modem)
            assert module.count(module.close) == 1
            assert module.held == [socket._link.id]


@cases("dialect", DIALECTS)
def test_all_ids_stay_taken(dialect):
    """An error in the end, after a bounded number of commands."""
    taken = TAKEN[dialect][0]
    modem, tape, clock, says, module = start(dialect, taken)
    module.held = [says.first + i for i in range(says.links)]
    module.sticky = module.held
    raises(OSError, opened, modem)
    assert len(module.commands) <= 6 * says.links, len(module.commands)


@cases("dialect", DIALECTS)
def test_a_refusal_with_nothing_open_is_the_programs(dialect):
    """Refused for another reason: no second open."""
    refusals = {"bg96": OK + line(b"+QIOPEN: 0,566"), "a7600": line(b"+CIPOPEN: 0,10") + ERROR}
    refusals["sim7028"] = refusals["a7600"]
    refusal = refusals.get(dialect) or line(b"+CME ERROR: 2012")
    modem, tape, clock, says, module = start(dialect)

    def answer(command):
        module.commands.append(command)
        return refusal if command.startswith(says.open_line(command)) else OK

    tape.auto = answer
    raises(OSError, opened, modem)
    assert module.count(says.open_line(b"")) == 1


@cases("dialect", SIMCOM)
def test_list_cut_short_at_take_over(dialect):
    """The answer to AT+CIPCLOSE? stops in mid-line: it is asked for again, and what is open is closed."""
    modem, tape, clock, says = attached(dialect)
    module = Module(dialect, says)
    module.held.append(1)
    cut = [line(b"+CIPCLOSE: 0,")[:-2], line(b"+CIPCLOSE: 0") + OK]
    attach = says.attach()

    def answer(command):
        if command == b"AT+NETOPEN?":
            return line(b"+NETOPEN: 1") + OK
        if command == b"AT+CIPCLOSE?" and cut:
            return cut.pop(0)
        return module(command) if b"CIPCLOSE" in command else attach(command)

    tape.auto = answer
    modem._session.set_down()
    modem.attach("internet")
    assert module.held == []


# -- ends that come late


def late(dialect, id):
    """How the module tells of an end."""
    return {
        "bg96": (line(b'+QIURC: "closed",%d' % id),),
        "nl668": (line(b"+MIPSTAT: %d,1" % id), line(b"+MIPCLOSE: %d,1" % id), line(b"+MIPCLOSE: %d,9,2" % id)),
    }.get({"l610": "nl668"}.get(dialect, dialect), (line(b"+IPCLOSE: %d,1" % id), line(b"+IPCLOSE: %d,0" % id)))


@cases("dialect", DIALECTS)
def test_late_end_behind_the_next_open(dialect):
    """Of the connection before, closed by the driver just now: the new one on its id lives on.

    Fibocom's list does not tell what the peer has closed: the new one gets another id.
    """
    first = attached(dialect)[3].first
    for text in late(dialect, first):
        modem, tape, clock, says, module = start(dialect)
        with Case(dialect, text):
            opened(modem).close()
            socket = opened(modem)
            assert socket._link.id == first + (dialect in FIBOCOM)
            say(tape, text)
            settle(modem, tape)
            modem.poll(10)
            settle(modem, tape)
            assert dialect in FIBOCOM or [command for command in module.commands if command in LISTS]
            assert socket._link.state == 2
            socket.close()
            assert module.held == []


@cases("dialect", DIALECTS)
def test_late_end_before_the_result_of_the_next_open(dialect):
    """The result counts, and nobody is asked.  Fibocom uses the same id only where no other is free."""
    first = attached(dialect)[3].first
    for text in late(dialect, first):
        modem, tape, clock, says, module = start(dialect)
        with Case(dialect, text):
            for _ in range(says.links if dialect in FIBOCOM else 1):
                opened(modem).close()

            def answer(command, module=module, says=says, text=text, tape=tape):
                parts = module(command)
                if not command.startswith(says.open_line(command)):
                    return parts
                tape.input += [[0, "!", OK + text], [0, "~", 900], [0, "!", parts.replace(OK, b"")]]
                return b""

            tape.auto = answer
            socket = opened(modem)
            link = socket._link
            modem.poll(10)
            assert socket.ioctl(3, 4) == 4  # poll(): it may be sent
            for _ in range(5):
                modem.poll(1000)
            assert (link.id, link.state) == (first, OPEN)
            assert not [command for command in module.commands if command in LISTS]


@cases("dialect", ("bg96", "a7600", "sim7028"))
@cases("stands", (True, False))
def test_a_send_that_waits_for_its_turn_when_an_end_comes_late(dialect, stands):
    """It goes out when the list has said that the new connection is there, once; else it is lost."""
    modem, tape, clock, says, module = start(dialect)
    opened(modem).close()
    socket = opened(modem)
    script = says.send("buffer", says.first, b"hello\r")
    sent = []

    def answer(command):
        if command == b"AT+X":
            return b""
        if command + b"\r" == script[0][1]:
            return says.prompt
        if command == b"hello":
            sent.append(command)
            return script[-1][1]
        return module(command)

    tape.auto = answer
    job = modem._session.spawn(run_command(modem._session, query(b"AT+X")))
    socket.settimeout(0)
    assert socket.send(b"hello\r") == 6
    if not stands:
        module.held.remove(says.first)
    say(tape, late(dialect, says.first)[0])
    settle(modem, tape)
    assert sent == []
    say(tape, OK)
    for _ in range(9):
        modem.poll(100)
    assert job.done
    assert sent == [b"hello"] * stands
    assert (socket._link.state == OPEN) == stands
    assert socket.has_lost() == (not stands)


@cases("dialect", DIALECTS)
def test_an_end_that_the_list_confirms(dialect):
    """The new connection itself was closed by its peer at once."""
    modem, tape, clock, says, module = start(dialect)
    opened(modem).close()
    socket = opened(modem)
    id = socket._link.id
    module.held.remove(id)
    say(tape, late(dialect, id)[0])
    assert socket.recv(10) == b""


@cases("dialect", FIBOCOM)
def test_failed_open_behind_a_close(dialect):
    """+MIPSTAT may be the open's own: that is believed three seconds later, on an id that was closed just before."""
    for closes in (1, 6):
        modem, tape, clock, says, module = start(dialect)
        for _ in range(closes):
            opened(modem).close()

        def answer(command, module=module):
            if not command.startswith(b"AT+MIPOPEN="):
                return module(command)
            return OK + line(b"+MIPSTAT: %d,1" % says.link_of(command))

        tape.auto = answer
        began = clock.now
        raises(OSError, opened, modem)
        assert clock.now - began < (4000 if closes == 6 else 100)


@cases("dialect", FIBOCOM)
def test_an_end_that_the_list_does_not_tell(dialect):
    """The list has the id until it is closed, whoever has ended the connection.

    While there is another id its end is clear; else the connection fails, and what waits can be read.
    """
    for closes in (1, 6):
        modem, tape, clock, says, module = start(dialect)
        for _ in range(closes):
            opened(modem).close()
        socket = opened(modem)
        id = socket._link.id
        assert id == (2 if closes == 1 else 1)
        reads = [says.answer("buffer", id, b"last", 0)]

        def answer(command, module=module, reads=reads):
            if not command.startswith(b"AT+MIPREAD="):
                return module(command)
            return reads.pop() if reads else says.nothing("buffer", id)

        tape.auto = answer
        say(tape, line(b"+MIPSTAT: %d,1" % id))
        settle(modem, tape)
        modem.poll(100)
        assert socket.recv(10) == b"last"
        if closes == 1:
            assert socket.recv(10) == b""
        else:
            assert errno_of(socket.recv, 10) == ECONNRESET


@cases("bound", (False, True))
@cases("dialect", FIBOCOM)
def test_datagrams_leave_an_id_that_was_closed_just_now(dialect, bound):
    """The late end of the connection before would be theirs; one that datagrams had before has no end to tell."""
    modem, tape, clock, says, module = start(dialect)
    opened(modem).close()
    for id in (2, 2):
        socket = modem.socket(type=atsock.SOCK_DGRAM)
        socket.settimeout(5)
        if bound:
            socket.bind(("", 5005))
        else:
            socket.connect((PEER, PORT))
        assert socket._link.id == id
        say(tape, line(b"+MIPSTAT: 1,1"))
        settle(modem, tape)
        modem.poll(100)
        assert socket._link.errno == 0
        socket.close()


@cases("dialect", FIBOCOM)
def test_an_end_long_after_an_id_was_used_again(dialect):
    """More than 10 s after the close before it is this connection's own, and a clean one."""
    modem, tape, clock, says, module = start(dialect)
    for _ in range(6):
        opened(modem).close()
    socket = opened(modem)
    assert socket._link.id == 1
    clock.now += 10_001
    say(tape, line(b"+MIPSTAT: 1,1"))
    assert socket.recv(10) == b""


@cases("dialect", FIBOCOM)
def test_the_id_that_was_closed_longest_ago(dialect):
    """Where each may tell of an end still."""
    modem, tape, clock, says, module = start(dialect)
    sockets = [opened(modem) for _ in range(6)]
    for id in (5, 2, 3):
        sockets[id - 1].close()
        clock.now += 100
    assert [opened(modem)._link.id for _ in range(3)] == [5, 2, 3]


@cases("dialect", FIBOCOM)
def test_a_server_leaves_an_id_that_was_closed_just_now(dialect):
    """Its client's end could not be told from that of the connection before."""
    modem, tape, clock, says, module = start(dialect)
    opened(modem).close()
    server = modem.socket()
    server.bind(("", 8080))
    server.listen()
    assert server._listener.id == 2


# -- ends of other forms


@cases("dialect", FIBOCOM)
def test_closed_by_peer_as_mipclose(dialect):
    """Unasked and not 0: the peer has closed.  0 is what a close of the driver's own has done."""
    for text in (b"+MIPCLOSE: 1,1", b"+MIPCLOSE: 1,2", b"+MIPCLOSE: 1,1024,2", b"+MIPCLOSE:1,2"):
        modem, tape, clock, says, module = start(dialect)
        with Case(dialect, text):
            socket = opened(modem)
            say(tape, line(b"+MIPCLOSE: 1,0") + line(b"+MIPCLOSE: 1,77,0"))
            settle(modem, tape)
            assert socket._link.state == 2
            say(tape, line(text))
            began = clock.now
            assert socket.recv(10) == b""
            assert clock.now - began < 3000


@cases("dialect", SIMCOM)
def test_reason_of_an_end(dialect):
    """+IPCLOSE: 1 is the peer's close; 2, a send that timed out, is an error.  Without a reason: a close."""
    for text in (b"+IPCLOSE: 0,1", b"+IPCLOSE 0,1", b"+IPCLOSE: 0"):
        modem, tape, clock, says, module = start(dialect)
        socket = opened(modem)
        say(tape, line(text))
        assert socket.recv(10) == b"", text
    modem, tape, clock, says, module = start(dialect)
    socket = opened(modem)
    say(tape, line(b"+IPCLOSE: 0,1") + line(b"+IPCLOSE: 0,3"))
    assert socket.recv(10) == b"", "the first one tells"
    for text in (b"+IPCLOSE: 0,2", b"+IPCLOSE 0,2", b"+IPCLOSE: 0,3"):
        modem, tape, clock, says, module = start(dialect)
        socket = opened(modem)
        say(tape, line(text))
        assert errno_of(socket.recv, 10) == ECONNRESET, text
        assert errno_of(socket.send, b"x") == ECONNRESET, text


@cases("dialect", SIMCOM)
def test_what_came_before_an_error_is_read(dialect):
    """+IPCLOSE: 2 while data waits in the module: first the data, then the error."""
    modem, tape, clock, says, module = start(dialect)
    socket = opened(modem)
    reads = [says.answer("buffer", 0, b"last words", 0)]

    def answer(command):
        return reads.pop(0) if reads and command.startswith(b"AT+CIPRXGET=2") else module(command)

    tape.auto = answer
    say(tape, line(b"+CIPRXGET: 1,0") + line(b"+IPCLOSE: 0,2"))
    assert socket.recv(100) == b"last words"
    assert errno_of(socket.recv, 100) == ECONNRESET


@cases("other_state", (OPEN, OPENING), ids=("open", "opening"))
@cases("dialect", DIALECTS)
def test_vanished_without_a_word(dialect, other_state):
    """A reader that waits sees the end, although nothing tells of it: the list is asked once in a while.

    The result of another one that is being opened is waited for first, but not for ever.
    """
    modem, tape, clock, says, module = start(dialect)
    socket = opened(modem, None)
    other = opened(modem, None)
    module.held.remove(says.first)
    other._link.state = other_state
    began = clock.now
    assert errno_of(socket.recv, 10) == ECONNRESET
    assert clock.now - began < 120_000, clock.now - began
    assert other._link.state == other_state


@cases("dialect", DIALECTS)
def test_a_quiet_connection_stays(dialect):
    """One that the list has is left alone, however long nothing comes; the module is asked once a minute."""
    modem, tape, clock, says, module = start(dialect)
    socket = opened(modem, 1205)
    asked = len([command for command in module.commands if command in LISTS])
    raises(atsock.Timeout, socket.recv, 10)
    assert socket._link.state == 2
    assert len([command for command in module.commands if command in LISTS]) - asked == 20


@cases("access", ("buffer", "push"))
@cases("dialect", DIALECTS)
def test_a_connection_that_is_not_quiet_is_not_asked_for(dialect, access):
    """Something comes before the minute is over, each time: nothing hints at a connection that has gone."""
    modem, tape, clock, says = attached(dialect, access)
    module = Module(dialect, says)
    due = [0]

    def answers(command):
        if command.startswith((b"AT+QIRD=", b"AT+CIPRXGET=2", b"AT+MIPREAD=")) and 0 < due[0] <= clock.now:
            due[0] = 0
            return says.answer(access, says.first, b"abc", 0)
        return module(command)

    tape.auto = answers
    socket = opened(modem, 65)
    del module.commands[:]
    for _ in range(10):
        due[0] = clock.now + 45_000
        if access == "push":  # else the driver looks by itself
            tape.input += [[0, "~", 45_000], [0, "!", says.push(access, says.first, b"abc") + line(b"+CREG: 1")]]
        assert socket.recv(10) == b"abc"
    assert not [command for command in module.commands if command in LISTS]
    raises(atsock.Timeout, socket.recv, 10)
    assert len([command for command in module.commands if command in LISTS]) == 1


def test_vanished_and_the_list_says_so():
    """BG96 2.1.6: the connection is still listed, as Closing (4).  That is as good as a list that has shown it open."""
    modem, tape, clock, says, module = start("bg96")
    socket = opened(modem, None)
    module.list = lambda: line(b'+QISTATE: 0,"TCP","192.0.2.7",5005,4097,4,1,0,0,"uart1"')
    assert errno_of(socket.recv, 10) == ECONNRESET
    assert clock.now < 120_000, clock.now


@cases("dialect", DIALECTS)
def test_a_list_of_no_use(dialect):
    """Firmware whose list has never shown a connection is not believed for a quarter of an hour."""
    modem, tape, clock, says, module = start(dialect)
    socket = opened(modem, 600)
    module.held.clear()
    raises(atsock.Timeout, socket.recv, 10)
    socket.settimeout(None)
    assert errno_of(socket.recv, 10) == ECONNRESET
    assert clock.now < 1_000_000, clock.now


# -- the lists


@cases("dialect", DIALECTS)
def test_lists(dialect):
    """What stands between the lines of the answer is none of it; a line without a number makes it of no use."""
    modem, tape, clock, says = attached(dialect)
    lists = {"bg96": [line(b'+QISTATE: 1,"TCP","192.0.2.7"') + line(b'+QISTATE: 2,"UDP","192.0.2.8"')]}
    lists["nl668"] = [line(b"+MIPCLOSE: 1,2"), line(b"+MIPCLOSE: 1, 2"), line(b"+MIPCLOSE: 1 2")]
    lists["l610"] = lists["nl668"]
    flags = line(b"+CIPCLOSE: 0,1,1" + b",0" * (says.links - 3)) if says.links > 2 else line(b"+CIPCLOSE: 0,1")
    for told in lists.get(dialect, [flags]):
        for other in (line(b"RING"), line(b"+CREG: 1")):
            with Case(told, other):
                question = (">", modem._session.table.OPEN_IDS[0] + b"\r")
                tape.load([question, ("<", other + told + OK)])
                job = modem._session.spawn(open_ids(modem._session))
                settle(modem, tape)
                modem.poll()
                assert job.done and job.result() == ([1, 2] if says.links > 2 else [1])
                tape.done()
    if dialect == "bg96":
        tape.load([question, ("<", line(b"+QISTATE: x") + OK), question, ("<", told + OK)])
        job = modem._session.spawn(open_ids(modem._session))
        for _ in range(3):
            settle(modem, tape)
            modem.poll()
        assert job.result() == [1, 2]
        tape.done()


def test_flags_of_ids_that_begin_at_1():
    """A table of an application's own may number its connections so."""
    own = type("Own", (dialects.get("a7600"),), {"LINKS": range(1, 5)})
    assert ids_in([b"+CIPCLOSE: 0,1,0,1"], own) == [2, 4]
    assert ids_in([b"+CIPCLOSE: 0,1"], own) is None
    assert ids_in([], own) is None


@cases("dialect", DIALECTS)
def test_an_id_that_has_vanished_is_closed_where_the_module_keeps_it(dialect):
    """Before it is used again; elsewhere nothing is sent."""
    modem, tape, clock, says, module = start(dialect)
    socket = opened(modem, None)
    other = opened(modem, None)
    module.held.remove(says.first)
    assert errno_of(socket.recv, 10) == ECONNRESET
    del module.commands[:]
    socket.close()
    opened(modem)
    close = module.close + b"%d" % says.first
    assert (close in module.commands) == (dialect not in SIMCOM), module.commands
    assert other._link.state == 2


# -- an open that never went out


@cases("dialect", DIALECTS)
def test_cancelled_before_it_was_sent(dialect):
    """A non-blocking connect() behind another command, closed before its turn: no command, and its id is free at
    once."""
    for cut in CUTS:
        modem, tape, clock, says = attached(dialect, cut=cut)
        first = connect(modem, tape, says)
        tape.auto = answers(says)
        first.close()
        rest(tape)
        tape.load([(">", b"AT+GSN\r"), ("~", 50), ("<", line(b"1") + OK)])
        modem._session.submit(query(b"AT+GSN"))
        socket = modem.socket()
        socket.setblocking(False)
        errno_of(socket.connect, (PEER, PORT))
        began = clock.now
        socket.close()
        assert clock.now == began
        modem.close()
        assert clock.now - began < 1000, clock.now - began
        modem.poll(100)
        settle(modem, tape)
        tape.done()
        began = clock.now
        socket = connect(modem, tape, says)
        assert socket._link.id == says.first + (dialect in FIBOCOM)
        assert clock.now - began < 1000


@cases("dialect", DIALECTS)
def test_a_silent_connection_while_another_one_opens(dialect):
    """The list is asked for when that has its outcome, or ten seconds later: not while it is under way."""
    for opens, outcome, asked in ((False, None, 61), (True, 64, 65), (True, None, 71)):
        with Case(opens, outcome):
            modem, tape, clock, says, module = start(dialect)
            socket = opened(modem)
            id = says.first + 1
            tape.auto = lambda command: OK if command.startswith(says.open_line(command)) else module(command)
            began = clock.now
            socket.settimeout(1)
            while not [command for command in module.commands if command in LISTS]:
                errno_of(socket.recv, 1)
                seconds = (clock.now - began) // 1000
                if opens and seconds == 50:
                    module.held.append(id)
                    other = modem.socket()
                    other.setblocking(False)
                    errno_of(other.connect, (PEER, PORT))
                if seconds == outcome:
                    say(tape, says.opened(b"", id).replace(OK, b""))
                assert seconds < 99
            assert abs(seconds - asked) <= 1, seconds
            assert socket._link.state == OPEN
