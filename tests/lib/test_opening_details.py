"""Small things of connections that a change of the code could get wrong unnoticed (./tools/mutate): how much room the
module has, whose end is told, which refusals say that the network is gone, who is told that something came."""

import atsock
from atsock.constants import IPPROTO_TCP, SO_KEEPALIVE, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL
from atsock.sockets.endpoint import parse_sender
from atsock.sockets.endpoint import free_port
from atsock.sockets.opening import close_link
from cases import cases
from fakes import CUTS, Case, errno_of, new_modem, raises
from frames import DIALECTS, ERROR, OK, PEER, PORT, line, read_script
from ownline import FIBOCOM
from scenes import attached, connect, connected, rest, settle, silent_first
from test_listener_faults import Module, came, listen
from test_transparent import online

ASK = b"AT+MIPSEND?\r"
EMSGSIZE, EOPNOTSUPP, EADDRINUSE, ENETDOWN, ENOTCONN, ETIMEDOUT = 90, 95, 98, 100, 107, 110
ECONNREFUSED, EHOSTUNREACH, EINPROGRESS = 111, 113, 115
REFUSALS = {  # (answer to an open, errno)
    "bg96": ((line(b"+QIOPEN: 0,556"), EADDRINUSE), (line(b"+QIOPEN: 0,566"), ECONNREFUSED),
             (line(b"+QIOPEN: 0,565"), EHOSTUNREACH), (line(b"+QIOPEN: 0,561"), ENETDOWN)),
    "a7600": ((line(b"+CIPOPEN: 0,6"), EADDRINUSE), (line(b"+CIPOPEN: 0,11"), EHOSTUNREACH),
              (line(b"+CIPOPEN: 0,2"), ENETDOWN)),
    "nl668": ((line(b"+CME ERROR: 2020"), EMSGSIZE), (line(b"+CME ERROR: 2012"), ECONNREFUSED),
              (line(b"+CME ERROR: 2030"), ENETDOWN)),
}  # fmt: skip


def _without_room(says, payload):
    """A send whose result tells that the module has no room left."""
    script = says.send("buffer", says.first, payload)
    kind, result = script[-1]
    assert result.count(b",2048") == 1
    return script[:-1] + [(kind, result.replace(b",2048", b",0"))]


@cases("dialect", FIBOCOM)
def test_no_room_is_asked_until_there_is_some(dialect):
    """Another connection's room, none, or a line whose number got lost: asked again; then no more is sent than fits."""
    for fields in (b"2,500", b"1,0", b"1", b"1,"):
        for cut in CUTS:
            with Case(fields, cut):
                answer = line(b"+MIPSEND: " + fields)
                socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
                room = line(b"+MIPSEND: 2,7") + line(b"+MIPSEND: 1,100")
                script = _without_room(says, b"hello") + [(">", ASK), ("<", answer + OK), (">", ASK), ("<", room + OK)]
                script += says.send("buffer", says.first, b"x" * 100) + says.send("buffer", says.first, b"x" * 50)
                tape.load(script)
                assert socket.send(b"hello") == 5
                start = clock.now
                assert socket.send(b"x" * 150) == 150
                assert 150 <= clock.now - start <= 400, clock.now - start
                tape.done()


@cases("dialect", FIBOCOM)
def test_no_room_time_and_again(dialect):
    """It is asked for each time, until there is some, and no longer."""
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    for _ in range(3):
        room = [(">", ASK), ("<", line(b"+MIPSEND: 1,1") + OK)]
        tape.load(_without_room(says, b"hello") + room + says.send("buffer", says.first, b"x"))
        assert socket.send(b"hello") == 5
        assert socket.send(b"x") == 1
        for _ in range(10):
            modem.poll(500)
        tape.done()


@cases("dialect", FIBOCOM)
def test_room_that_never_comes(dialect):
    """Some firmware always reports none: after eight questions the next send decides."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    none = [(">", ASK), ("<", line(b"+MIPSEND: 1,0") + OK)]
    tape.load(_without_room(says, b"hello") + none * 8 + says.send("buffer", says.first, b"again"))
    assert socket.send(b"hello") == 5
    start = clock.now
    assert socket.send(b"again") == 5
    assert 7000 <= clock.now - start <= 8500, clock.now - start
    tape.done()


@cases("dialect", DIALECTS)
def test_client_on_a_free_id_ends_nothing(dialect):
    """Each EVENT_CLOSED is the end of a connection that there was."""
    told = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: told.append(event))
    tape.auto = Module(dialect, says)
    server = listen(modem, 8080, 2)
    for id in (1, 2) if dialect not in FIBOCOM else (1,):
        tape.input.append([0, "!", came(dialect, id)])
        settle(modem, tape)
        assert atsock.EVENT_INCOMING in told and atsock.EVENT_CLOSED not in told, told
    client, address = server.accept()
    tape.input.append([0, "!", came(dialect, 1, 4001)])
    settle(modem, tape)
    assert told.count(atsock.EVENT_CLOSED) == 1, told


@cases("dialect", ("bg96", "a7600", "nl668"))
def test_only_a_lost_network_is_attached_anew(dialect):
    """After an open that was refused for another reason attach() finds all well, and writes nothing."""
    for refusal, errno in REFUSALS[dialect]:
        with Case(refusal):
            modem, tape, clock, says = attached(dialect)
            answer = refusal if dialect == "nl668" else OK + refusal
            tape.auto = lambda command: answer if command.startswith(says.open_line(command)) else OK
            socket = modem.socket()
            socket.settimeout(20)
            assert errno_of(socket.connect, (PEER, PORT)) == errno
            settle(modem, tape)
            rest(tape)
            written = []
            tape.auto = written.append
            try:
                modem.attach("internet", timeout_ms=1000)
            except atsock.Timeout:
                pass
            assert bool(written) == (errno == ENETDOWN), written


def test_a_name_that_is_refused():
    """A lookup that the module refuses with a number of no meaning here: the network is there."""
    modem, tape, clock, says = attached("bg96")
    tape.auto = lambda command: line(b"+CME ERROR: 3") if b"DNSGIP" in command else OK
    assert errno_of(modem.resolve, "name.example") == EHOSTUNREACH
    settle(modem, tape)
    rest(tape)
    assert modem.attach("internet") == "10.0.0.1"
    tape.done()


NO_NAME = "is the name right, has this APN a DNS?"
LOOKUPS = {  # (answer to a lookup, errno, what the error ends with)
    "bg96": ((OK + line(b'+QIURC: "dnsgip",565'), EHOSTUNREACH, "565 DNS parse failed; " + NO_NAME),
             (OK + line(b'+QIURC: "dnsgip",570'), ENETDOWN, "570 PDP context broken down; attach() again")),
    "a7600": ((line(b"+CDNSGIP: 0,10") + line(b"ERROR"), EHOSTUNREACH, "10 DNS GENERAL ERROR; " + NO_NAME),),
    "nl668": ((line(b"ERROR"), EHOSTUNREACH, "ERROR; " + NO_NAME),
              (line(b"+CME ERROR: 2030"), ENETDOWN, "; attach() again")),
}  # fmt: skip


@cases("dialect", sorted(LOOKUPS))
def test_a_lookup_that_fails(dialect):
    """Its error names what was looked up and what the module said of it, and what to look at."""
    for answer, errno, end in LOOKUPS[dialect]:
        with Case(answer):
            modem, tape, clock, says = attached(dialect)
            tape.auto = lambda command: answer if b"name.example" in command else OK
            error = raises(atsock.CommandError, modem.resolve, "name.example")
            assert error.errno == errno
            assert '"name.example"' in str(error) and str(error).endswith(end), str(error)


def test_a_lookup_that_finds_no_address():
    """BG96 2.1.14: the number of addresses is told first; behind 0 comes no line, and none is waited for."""
    modem, tape, clock, says = attached("bg96")
    tape.auto = lambda command: OK + line(b'+QIURC: "dnsgip",0,0,600') if b"name.example" in command else OK
    began = clock.now
    error = raises(atsock.ModemError, modem.resolve, "name.example")
    assert error.errno == EHOSTUNREACH and "has no address" in str(error), str(error)
    assert clock.now - began < 1000


class Waiter:
    """In place of asyncio's: how often it was told."""

    def __init__(self):
        self.told = 0

    def notify(self):
        self.told += 1


@cases("dialect", DIALECTS)
def test_tasks_are_told_when_something_came(dialect):
    """And not otherwise."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=20)
    waiter = modem._session.waiter = Waiter()
    modem.poll()
    modem.poll(50)
    assert waiter.told == 0
    tape.load(read_script(says, dialect, "push", says.first, b"hello"))
    modem.poll()
    assert waiter.told > 0
    told = waiter.told
    modem.poll()
    assert waiter.told == told
    assert socket.recv(10) == b"hello"


def test_port_that_takes_little_is_offered_the_rest_soon():
    """One byte with each fourth write: as soon as it takes more, not when the wait for the answer is over."""
    modem, tape, clock = new_modem("bg96", [(">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)])
    tape.behave(take=1, refuse=3)
    assert modem.command("AT+CGMM", None, 20_000) == [b"BG96"]
    assert clock.now < 100, clock.now
    tape.done()


@cases("dialect", ("a7600", "sim7028") + FIBOCOM)
def test_an_open_that_nobody_waits_for_holds_nobody_up(dialect):
    """The module cannot end it; its outcome is waited for in the background, and another id is opened meanwhile."""
    modem, tape, clock, says = attached(dialect)
    tape.auto, opens = silent_first(says)
    first, second = modem.socket(), modem.socket()
    first.setblocking(False)
    errno_of(first.connect, (PEER, PORT))
    settle(modem, tape)
    first.close()
    second.settimeout(20)
    start = clock.now
    second.connect((PEER, PORT))
    assert opens == [says.first, says.first + 1]
    assert clock.now - start < 100, clock.now - start
    # Its outcome has come: it is closed, now.
    rest(tape)
    opened = says.opened(says.open_line(b"") + b"%d" % says.first, says.first)
    tape.load([("!", opened.replace(OK, b""))] + says.close(says.first))
    settle(modem, tape)
    modem.poll(100)
    settle(modem, tape)
    tape.done()


@cases("dialect", DIALECTS)
def test_an_id_is_used_again_as_soon_as_it_is_closed(dialect):
    """The next open waits for a close on its way, and a program with one connection at a time needs one id.

    (Fibocom: that, or the next: test_ids.py.)
    """
    first, modem, tape, clock, says = connected(dialect, timeout=0)
    close, closed = says.close(says.first)
    tape.load([close, ("~", 500), closed])
    closing = modem._session.spawn(close_link(modem._session, first._link))
    opens = []
    second = modem.socket()
    second.setblocking(False)
    errno_of(second.connect, (PEER, PORT))

    def answer(command):
        if command.startswith(says.open_line(command)):
            opens.append(says.link_of(command))
        return OK

    tape.after = answer
    while not opens:
        modem.poll(100)
    assert closing.done and opens == [says.first + (dialect in ("nl668", "l610"))]
    assert clock.now < 1000, clock.now


@cases("dialect", DIALECTS)
def test_an_open_without_a_result(dialect):
    """OK, and nothing more: the manual's time is waited for, and no longer."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: OK
    socket = modem.socket()
    error = raises(atsock.Timeout, socket.connect, (PEER, PORT))
    seconds = modem._session.table.OPEN_MS // 1000
    assert "no answer to the open in %d s" % seconds in str(error), error
    assert seconds <= clock.now / 1000 <= seconds + 10, clock.now


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_tls_of_a_module_without(dialect):
    modem, tape, clock, says = attached(dialect)
    socket = modem.socket(tls=True)
    assert errno_of(socket.connect, (PEER, PORT)) == EOPNOTSUPP
    tape.done()


def _written(dialect, steps):
    """[(ms, bytes)] that reach the module in data mode, of (silence in ms, bytes to send)."""
    socket, modem, tape, clock = online(dialect)
    tape.load([(">", b"".join([data for _, data in steps]))])
    written = []
    write = tape.write
    tape.write = lambda buf, at, n: (written.append((clock.now, bytes(buf[at : at + n]))), write(buf, at, n))[1]
    for silence, data in steps:
        clock.now += silence
        assert socket.send(data) == len(data)
    tape.done()
    return written


@cases("dialect", DIALECTS)
def test_plus_signs_one_by_one(dialect):
    """With little time between them they would be an escape: a long silence stands before the last."""
    for pause in (1, 100, 700):
        with Case(pause):
            written = _written(dialect, ((5000, b"+"), (pause, b"+"), (pause, b"+")))
            assert [data for _, data in written] == [b"+"] * 3
            assert written[1][0] - written[0][0] == pause
            assert written[2][0] - written[1][0] > 1000


@cases("dialect", DIALECTS)
def test_plus_signs_soon_behind_others(dialect):
    """No silence before, no escape: they go out at once."""
    for pause in (0, 1, 100, 700):
        with Case(pause):
            written = _written(dialect, ((5000, b"ab"), (pause, b"+++")))
            assert [data for _, data in written] == [b"ab", b"+++"]
            assert written[1][0] - written[0][0] == pause


@cases("dialect", DIALECTS)
def test_plus_sign_behind_a_call_that_waited(dialect):
    """Looking for data meanwhile does not make the silence before the last one longer than it was."""
    socket, modem, tape, clock = online(dialect)
    tape.load([(">", b"+++")])
    clock.now += 5000
    assert socket.send(b"++") == 2
    began = clock.now
    socket.settimeout((socket._guard.guard_ms + 100) / 1000)
    assert errno_of(socket.recv, 1) == ETIMEDOUT
    socket.settimeout(9)
    assert socket.send(b"+") == 1
    assert clock.now - began >= socket._guard.pause_ms, clock.now - began
    tape.done()


def test_setup_that_is_not_answered():
    """A step that may be refused must be answered all the same."""
    modem, tape, clock, says = attached("bg96")

    def answer(command):
        if b"dataformat" in command:
            return b""
        return says.opened(command, 0) if b"QIOPEN" in command else OK

    tape.auto = answer
    socket = modem.socket()
    socket.settimeout(300)
    assert errno_of(socket.connect, (PEER, PORT)) == ETIMEDOUT
    assert clock.now < 300_000, clock.now


def test_type_that_is_no_number():
    modem, tape, clock = new_modem("bg96")
    assert "SOCK_STREAM or SOCK_DGRAM, not 'x'" in str(raises(TypeError, modem.socket, atsock.AF_INET, "x"))


def test_type_that_is_none():
    modem, tape, clock = new_modem("bg96")
    raises(ValueError, modem.socket, 2, 3)  # SOCK_RAW


def test_family_that_is_none():
    modem, tape, clock = new_modem("bg96")
    assert "AF_INET or AF_INET6, not 77" in str(raises(ValueError, modem.socket, 77))


def test_family_of_the_context():
    """A socket is of the family that the context has, unless it is told another one."""
    modem, tape, clock, says = attached("bg96")
    account = modem._session.attached_with
    for family, expected in ((4, atsock.AF_INET), (6, atsock.AF_INET6)):
        account.family = family
        assert modem.socket()._family == expected
    assert modem.socket(atsock.AF_INET)._family == atsock.AF_INET


@cases("dialect", DIALECTS)
def test_from_one_access_mode_to_the_other(dialect):
    """And back: the lines are read as each tells them."""
    modem, tape, clock, says = attached(dialect)
    for access in ("buffer", "push", "buffer"):
        socket = connect(modem, tape, says, 9, access=access)
        id = socket._link.id
        tape.load(read_script(says, dialect, access, id, b"hello"))
        assert socket.recv(10) == b"hello"
        tape.load(says.close(id))
        socket.close()
        tape.done()


def test_senders_that_are_none():
    """An address and a port, with a comma or a colon between.  One that cannot be is damage: nothing to answer to."""
    assert parse_sender(b'"192.0.2.7", 80') == parse_sender(b"192.0.2.7:80") == ("192.0.2.7", 80)
    for text in (b"", b"5005", b",80", b":80", b"192.0.2.7", b"192.0.2.7:", b"192.0.2.7,http", b"192.0.2.7:65536",
                 b"192.0.2:80", b"192.0.2.7.7:80", b"192.0.2.777,80", b'"192.0.\xff.7",80'):  # fmt: skip
        assert parse_sender(text) is None, text


def test_first_local_port():
    """One of 4096 dynamic ports above those that Linux gives to whoever asks for none, by the time."""
    for now in (0, 4095, 4096, 12_345):
        modem, tape, clock = new_modem("bg96", now=now)
        assert free_port(modem._session) == 61001 + now % 4096


@cases("dialect", FIBOCOM)
def test_keep_alive_is_told_as_it_was_set(dialect):
    """The numbers of an option are those of the level TCP; at another level they mean something else."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    tape.load([
        (">", b"AT+MIPKEEPCONF=1,600,30,5\r"), ("<", OK),
        (">", b"AT+MIPKEEPCONF=0\r"), ("<", OK),
    ])  # fmt: skip
    for option, value in ((TCP_KEEPIDLE, 600), (TCP_KEEPINTVL, 30), (TCP_KEEPCNT, 5)):
        socket.setsockopt(IPPROTO_TCP, option, value)
        socket.setsockopt(0, option, 7)
    socket.setsockopt(1, SO_KEEPALIVE, 1)
    socket.setsockopt(1, SO_KEEPALIVE, 0)
    tape.done()
    for timeout in (0, 1):  # it waits for the module all the same
        socket.settimeout(timeout)
        tape.load([(">", b"AT+MIPKEEPCONF=0\r"), ("~", 3000), ("<", OK)])
        socket.setsockopt(1, SO_KEEPALIVE, 0)
        tape.done()


@cases("dialect", DIALECTS)
def test_a_connect_that_does_not_wait_tells_once_why_it_failed(dialect):
    """To whoever asks next, in the words of connect(); then there is no connection, and another one can be begun."""
    for refused in (True, False):
        for name, argument in (("recv", 9), ("send", b"x"), ("read", 9), ("write", b"x"), ("sendall", b"x")):
            with Case(refused, name):
                modem, tape, clock, says = attached(dialect)

                def answer(command, refused=refused, says=says):
                    if refused and command.startswith(says.open_line(command)):
                        return ERROR
                    if command == b"AT+QIGETERROR":
                        return says.why()[1][1]
                    return line(b"+CSQ: 20,99") + OK if command == b"AT+CSQ" else OK

                tape.auto = answer
                socket = modem.socket()
                socket.setblocking(False)
                assert errno_of(socket.connect, (PEER, PORT)) == EINPROGRESS
                while not socket.ioctl(3, 5) & 8:
                    modem.poll(1000)
                error = raises(OSError, getattr(socket, name), argument)
                if refused:
                    assert error.args[0] == ECONNREFUSED
                else:
                    assert "no answer to the open" in str(error), error
                assert errno_of(getattr(socket, name), argument) == ENOTCONN
                assert errno_of(socket.connect, (PEER, PORT)) == EINPROGRESS


@cases("dialect", DIALECTS)
def test_what_becomes_of_an_open_that_ran_out_of_time_is_nobodys(dialect):
    """The socket has told so, and may be connected anew: none of the first connection's events is its."""
    heard = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: heard.append(sock))
    tape.auto, opens = silent_first(says)
    socket = modem.socket()
    socket.settimeout(1)
    assert errno_of(socket.connect, (PEER, PORT)) == ETIMEDOUT
    opened = says.opened(says.open_line(b"") + b"%d" % says.first, says.first).replace(OK, b"")
    tape.input.append([0, "!", opened + says.notice("buffer", says.first) + says.closed(says.first)])
    settle(modem, tape)
    for _ in range(3):
        modem.poll(100)
    assert heard and socket not in heard
