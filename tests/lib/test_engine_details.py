"""Small things of answers and notices that a change of the engine could get wrong unnoticed (./tools/mutate)."""

import atsock
from atsock.core import damage
from atsock.core.command import query
from atsock.core.jobs import run_command
from atsock.core.openids import ask_if_open
from atsock.core.urc import dispatch_later
from cases import cases
from fakes import CUTS, Case, errno_of, new_modem, raises
from frames import DIALECTS, ERROR, OK, PEER, PORT, PULLED, PUSHED, SYNC, line, read_script, speech
from scenes import answers, attached, connect, connected, recv_exactly, settle
from test_datagrams import reception
from test_transparent import ESCAPE, online

EIO, ECONNRESET, ENOBUFS, ETIMEDOUT = 5, 104, 105, 110
OPEN, GONE = 2, 4  # Link.state


# -- reads


@cases(("dialect", "access"), [mode for mode in PULLED if mode[0] in ("a7600", "sim7028")])
@cases("rest", (1, 2))
def test_what_the_module_still_holds_is_fetched(dialect, access, rest):
    """Told by the answer before (SIMCom's fourth number), and by no notice any more."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    script = read_script(says, dialect, access, says.first, b"hello", rest)
    tape.load(script + read_script(says, dialect, access, says.first, b"!!"[:rest])[1:])
    assert socket.recv(5) == b"hello"
    assert socket.recv(5) == b"!!"[:rest]
    tape.done()


@cases("dialect", ("bg96",))
def test_a_notice_that_tells_the_length(dialect):
    """Newer firmware in buffer access: it is a notice all the same, and nothing else is told of it."""
    heard = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: heard.append(event))
    socket = connect(modem, tape, says, 5)
    tape.load([("!", line(b'+QIURC: "recv",0,5'))] + read_script(says, dialect, "buffer", 0, b"hello")[1:])
    assert socket.recv(5) == b"hello"
    tape.done()
    assert heard == [atsock.EVENT_DATA]


@cases("dialect", DIALECTS)
def test_a_notice_while_a_read_is_in_flight(dialect):
    """It is no answer and nothing unknown (Fibocom's begins as that of a read that finds nothing), and it counts also
    where the answer behind it says that nothing is left."""
    heard = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: heard.append(event))
    socket = connect(modem, tape, says, 5)
    script = read_script(says, dialect, "buffer", says.first, b"hello")
    script[-1] = ("<", says.notice("buffer", says.first) + script[-1][1])
    tape.load(script + read_script(says, dialect, "buffer", says.first, b"more")[1:])
    assert socket.recv(5) == b"hello"
    assert socket.recv(5) == b"more"
    tape.done()
    assert set(heard) == {atsock.EVENT_DATA}


# BG96, AT+QIRD=0,1500: (access, number of the header, bytes that the program gets; 0: such a length is not believed)
LENGTHS = (
    ("buffer", 1500, 1500), ("buffer", 1501, 0), ("buffer", 3000, 0), ("buffer", 3001, 0),
    ("hex", 1500, 1500), ("hex", 1502, 751), ("hex", 3000, 1500), ("hex", 3002, 0),
)  # fmt: skip


@cases(("access", "told", "n"), LENGTHS)
def test_the_longest_answer_of_a_read(access, told, n):
    """More than was asked for is a damaged length, but for the number of digits, which some firmware tells."""
    heard = []
    modem, tape, clock, says = attached("bg96", access, on_event=lambda event, sock, value: heard.append(event))
    socket = connect(modem, tape, says, 5)
    payload = bytes(range(250)) * 6
    answer = says.answer(access, 0, payload[:n] if n else payload, 0)
    answer = b"\r\n+QIRD: %d" % told + answer[answer.index(b"\r\n", 2) :]
    tape.load([("!", says.notice(access, 0)), (">", says.ask(access, 0, 1500)), ("<", answer)])
    if n:
        assert recv_exactly(socket, n) == payload[:n]
        tape.done()
        assert heard == [atsock.EVENT_DATA]
        return
    tape.after = lambda command: line(b"+CSQ: 20,99") + OK if command == b"AT+CSQ" else OK
    assert errno_of(socket.recv, 500) == ECONNRESET
    assert modem.command("AT+X") == []
    assert heard == [atsock.EVENT_DATA, atsock.EVENT_OVERFLOW]
    assert clock.now < 3000, clock.now


def test_lines_that_come_long_before_the_ok():
    """As long as the command waits for a certain one of them it has its whole time."""
    modem, tape, clock = new_modem("bg96")
    command = query(b"AT+X", 9000)
    command.until = lambda lines: len(lines) == 2
    tape.load([(">", b"AT+X\r"), ("<", line(b"a")), ("~", 5000), ("<", line(b"b") + OK)])
    modem._session.submit(command)
    while not command.done:
        modem.poll(1000)
    assert (command.errno, command.lines) == (0, [b"a", b"b"])
    tape.done()


@cases("dialect", DIALECTS)
def test_a_long_payload_leaves_the_program_its_turn(dialect):
    """However fast it comes, a look at the module takes in some 8 KB of it; and no second payload behind it."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=5)
    socket._link.size = 1 << 15
    payload = bytes(range(256)) * 31
    tape.load([("!", says.push("push", says.first, payload))] * 3)
    modem.poll(0)
    assert 0 < socket._link.count <= len(payload)
    modem.poll(0)
    assert len(payload) < socket._link.count <= 2 * len(payload)
    settle(modem, tape)
    assert socket._link.count == 3 * len(payload)


# -- sends


@cases("dialect", ("nl668", "l610"))
@cases("stray", (b"ERROR", b"OK", b"+MIPPUSH: 1,0,9"))
def test_what_comes_between_the_two_commands_of_a_send(dialect, stray):
    """AT+MIPPUSH follows in any case: what has come before it was sent is no answer to it."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=5)
    script = says.send("hex", 1, b"hello")
    script[1] = ("<", script[1][1] + line(stray))
    tape.load(script)
    assert socket.send(b"hello") == 5
    tape.done()


@cases("dialect", ("nl668", "l610"))
@cases(("status", "follows"), ((0, True), (2, False), (3, False)))
def test_what_became_of_a_send_that_has_two_commands(dialect, status, follows):
    """Its first part was taken; behind the second one status 2 says that there was nothing to do (1.1.4), any other
    that it has failed.  In the first part no status but 0 is good."""
    for part in (0, 1):
        with Case(part):
            socket, modem, tape, clock, says = connected(dialect, "hex", timeout=5)
            script = says.send("hex", 1, b"hello")
            if part:
                script[3] = ("<", line(b"+MIPPUSH: 1,%d" % status) + OK)
            else:
                script[1] = ("<", line(b"+MIPSEND: 1,%d,2043" % status) + OK)
                script = script if follows else script[:2]
            tape.load(script)
            if status == 0 or part and status == 2:
                assert socket.send(b"hello") == 5
            else:
                assert errno_of(socket.send, b"hello")
            tape.done()


@cases("dialect", DIALECTS)
def test_pushed_data_while_a_send_waits_for_its_result(dialect):
    """They are nothing of its answer: it may take its time."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=30)
    script = says.send("push", says.first, b"hello")
    pushed = says.push("push", says.first, b"0123456789")
    tape.load(script[:-1] + [("<", pushed), ("~", 8000), script[-1]])
    assert socket.send(b"hello") == 5
    tape.done()
    assert socket.recv(10) == b"0123456789"
    assert (socket._link.tx.count, socket._link.state) == (0, OPEN)


@cases("dialect", DIALECTS)
@cases("is_late", (False, True))
def test_the_result_of_a_send_behind_data_without_room(dialect, is_late):
    """Nobody reads, and nobody waits: those data are dropped, and told, so that the result gets through; also where
    it comes so late that the module has been asked whether it is there."""
    heard = []
    modem, tape, clock, says = attached(dialect, "push", on_event=lambda event, sock, value: heard.append(event))
    socket = connect(modem, tape, says, 0, 512)
    script = says.send("push", says.first, b"hello")
    pushed = says.push("push", says.first, b"x" * 700)
    if is_late:
        script[-1] = (">", SYNC[0][1])
        tape.load(script + [("<", pushed + says.result("push", says.first, 5) + SYNC[1][1])])
    else:
        tape.load(script[:-1] + [("<", pushed + script[-1][1])])
    socket.send(b"hello")
    for _ in range(400 if is_late else 20):
        modem.poll(1000)
    assert socket.is_sent()
    assert heard.count(atsock.EVENT_OVERFLOW) == 1
    tape.load([(">", b"AT+X\r"), ("<", OK)])
    modem.command("AT+X")
    tape.done()
    assert recv_exactly(socket, 512) == b"x" * 512
    assert errno_of(socket.recv, 9) == ENOBUFS


def test_a_restart_while_the_digits_of_a_payload_go_out():
    """What is left of them is not typed into the module that begins anew."""
    socket, modem, tape, clock, says = connected("bg96", "hex", timeout=0)
    tape.auto = lambda command: None
    tape.behave(take=100, refuse=3)
    assert socket.send(b"\xa5" * 256) == 256
    modem.poll(10)
    assert 0 < len(tape.line) < 200
    tape.input.append([0, "!", line(b"RDY")])
    for _ in range(20):
        modem.poll(100)
    assert len(tape.line) < 300, tape.line
    assert socket.has_lost()


def test_a_command_behind_one_that_failed():
    """It is sent 20 ms later: what the module has to say of the failure comes first."""
    modem, tape, clock = new_modem("bg96")
    sent = []

    def answer(command):
        sent.append((command, clock.now))
        return line(b"+CME ERROR: 3") if command == b"AT+A" else OK

    tape.auto = answer
    commands = [query(b"AT+A"), query(b"AT+B"), query(b"AT+C")]
    for command in commands:
        modem._session.submit(command)
    while not commands[-1].done:
        modem.poll(1000)
    assert sent == [(b"AT+A", 0), (b"AT+B", 20), (b"AT+C", 20)], sent


# -- what the application is told


@cases("dialect", ("nl668", "l610"))
def test_flow_control_is_told(dialect):
    heard = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: heard.append((event, sock)))
    socket = connect(modem, tape, says, 5)
    tape.load([("!", line(b"+MIPXOFF: 1") + line(b"+MIPXON: 1") + line(b"+MIPXOFF: 5"))])
    settle(modem, tape)
    assert heard == [(atsock.EVENT_FLOW_OFF, socket), (atsock.EVENT_FLOW_ON, socket)]


@cases("dialect", DIALECTS)
def test_the_end_of_a_connection_is_told_once(dialect):
    """Not again when the module says it once more behind the close."""
    heard = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: heard.append(event))
    socket = connect(modem, tape, says, 5)
    tape.auto = answers(says)
    tape.input.append([0, "!", says.closed(says.first)])
    settle(modem, tape)
    assert heard == [atsock.EVENT_CLOSED]
    socket.close()
    clock.now += 20_000
    tape.input.append([0, "!", says.closed(says.first)])
    settle(modem, tape)
    assert heard == [atsock.EVENT_CLOSED]


@cases("dialect", DIALECTS)
def test_a_loss_of_the_network_is_told_for_each_connection(dialect):
    heard = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: heard.append((event, sock)))
    sockets = [connect(modem, tape, says, 5), connect(modem, tape, says, 5)]
    tape.load([("!", says.lost)])
    settle(modem, tape)
    closed = [sock for event, sock in heard if event == atsock.EVENT_CLOSED]
    assert len(closed) == 2 and sockets[0] in closed and sockets[1] in closed
    assert [event for event, sock in heard if sock is None] == [atsock.EVENT_NETWORK_LOST]


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_a_restart_behind_a_loss_of_the_network(dialect):
    """Each of the two counts: the module is not attached again by the other one."""
    modem, tape, clock, says = attached(dialect)
    boot = line(b"RDY") if dialect == "bg96" else line(b"*ATREADY: 1")
    for said in (says.lost, boot, says.lost, boot):
        tape.load([("!", said)])
        settle(modem, tape)
        assert not modem.isconnected()


def test_the_loss_of_another_context():
    """It is none of the driver's."""
    heard = []
    modem, tape, clock, says = attached("bg96", on_event=lambda *event: heard.append(event))
    socket = connect(modem, tape, says, 5)
    tape.load([("!", line(b'+QIURC: "pdpdeact",2'))])
    settle(modem, tape)
    assert heard == [(atsock.EVENT_UNKNOWN, None, b'+QIURC: "pdpdeact",2')]
    assert socket._link.state == OPEN and modem.isconnected()


@cases(("dialect", "access"), PUSHED)
def test_datagrams_that_arrive_are_no_loss(dialect, access):
    heard = []
    modem, tape, clock, says = attached(dialect, access, on_event=lambda event, sock, value: heard.append(event))
    socket = connect(modem, tape, says, 5, type=atsock.SOCK_DGRAM)
    del heard[:]
    for payload in (b"hello", b"more"):
        tape.load(reception(says, dialect, access, payload))
        assert socket.recv(100) == payload
    assert set(heard) == {atsock.EVENT_DATA}
    assert socket.lost == 0


# -- waiting


def test_another_connection_ends_while_one_gets_the_line():
    """The open in data mode goes on."""
    socket, modem, tape, clock, says = connected("bg96", timeout=5)
    other = modem.socket(access="transparent")
    other.settimeout(20)
    tape.auto = lambda command: says.closed(0) + line(b"CONNECT") if b"QIOPEN" in command else OK
    other.connect((PEER, PORT))
    assert (socket._link.state, other._link.state) == (GONE, OPEN)


@cases("dialect", DIALECTS)
def test_data_mode_has_no_deadline(dialect):
    """The time of the command that led there is long over: the driver sleeps until something comes."""
    socket, modem, tape, clock = online(dialect, timeout=5)
    clock.now += 300_000
    looks = clock.looks
    assert errno_of(socket.recv, 1) == ETIMEDOUT
    assert clock.looks - looks < 60


# What announces pushed payload on the first id, with the length as it comes.
ANNOUNCED = {
    "bg96": b'+QIURC: "recv",0,%s\r\n', "a7600": b"+RECEIVE,0,%s\r\n", "nl668": b"+MIPRTCP: 1,%s,",
}  # fmt: skip


@cases("dialect", sorted(ANNOUNCED))
@cases(("told", "events"), (
    (b"8192", [atsock.EVENT_DATA]), (b"8193", [atsock.EVENT_OVERFLOW]),
))  # fmt: skip
def test_lengths_of_pushed_data(dialect, told, events):
    """Up to 8 KB; a longer one is damaged, and what follows is dropped."""
    heard = []
    modem, tape, clock, says = attached(
        dialect, "push", on_event=lambda event, sock, value: heard.append((event, sock, value))
    )
    socket = connect(modem, tape, says, 5, 1 << 14)
    tape.load([("!", ANNOUNCED[dialect] % told + b"." * 8192)])
    settle(modem, tape)
    assert [event for event, sock, value in heard] == events
    assert heard[0][1] is socket
    if events == [atsock.EVENT_DATA]:
        assert recv_exactly(socket, 8192) == b"." * 8192
    else:
        tape.auto = lambda command: OK
        modem.command("AT+X")
        assert errno_of(socket.recv, 9) == ECONNRESET
        assert len(heard) == 1


# -- a connection that has failed


@cases("dialect", DIALECTS)
def test_the_end_of_a_connection_that_has_failed(dialect):
    """It stays a failure: what got lost is not told as a clean end of the stream."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=5)
    socket._link.fail(ECONNRESET, 0)
    tape.load([("!", says.closed(says.first))])
    settle(modem, tape)
    assert errno_of(socket.recv, 5) == ECONNRESET


def test_the_number_of_an_earlier_failure():
    """It is not told with another one, which has none."""
    socket, modem, tape, clock, says = connected("bg96")
    link = socket._link
    link.fail(111, 566)
    assert link.code == 566
    link.fail(ECONNRESET, 0)
    assert (link.errno, link.code) == (ECONNRESET, 0)


# -- echo


def test_the_echo_of_the_sync_question():
    """As that of every command it is told to nobody."""
    heard = []
    script = [(">", b"AT+X\r"), (">", b"AT+CSQ\r")]
    script += [("<", b"AT+CSQ\r" + SYNC[1][1]), (">", b"AT+Y\r"), ("<", b"AT+Y\r" + OK)]
    modem, tape, clock = new_modem("bg96", script, on_event=lambda *event: heard.append(event))
    raises(atsock.Timeout, modem.command, "AT+X", None, 2000)
    for _ in range(4):
        modem.poll(1000)
    modem.command("AT+Y")
    tape.done()
    assert heard == []


@cases("text", (b"AT+NAME=1", b"at+name=1", b"At+nAME?"))
def test_lines_of_the_commands_name(text):
    """Also where its letters are small; those of a name that differs in one letter are none."""
    answer = b"".join([line(name + b": 1") for name in (b"+NAME", b"+NAMF", b"+OAME", b"+name", b"+NAM", b"+NAMES")])
    modem, tape, clock = new_modem("bg96", [(">", text + b"\r"), ("<", answer + OK)])
    assert modem.command(text) == [b"+NAME: 1", b"+name: 1"]
    tape.done()


SEVERAL = (
    b"AT+NAME;+OTHER?", b"AT+X=1,2;+name=1;+Other", b"ATE0;+NAME;+OTHER",
    b"ATE0V1+NAME; +OTHER ?", b"AT +NAME;&C1+OTHER=1",
)  # fmt: skip


@cases("text", SEVERAL)
def test_lines_of_several_commands(text):
    """V.250 5.2.1: a line may hold several commands, and blanks; the lines of each are the answer, of no other."""
    answer = line(b"+NAME: 1") + line(b"+NAM: 1") + line(b"+OTHER: 1;2") + line(b"+NAMES: 1")
    modem, tape, clock = new_modem("bg96", [(">", text + b"\r"), ("<", answer + OK)])
    assert modem.command(text) == [b"+NAME: 1", b"+OTHER: 1;2"]
    tape.done()


@cases("cut", CUTS)
def test_several_payloads_in_the_answer_of_a_command(cut):
    """Each stands behind its line, in one piece however it comes."""
    answer = b"\r\n+QIRD: 5\r\nhello\r\n+QIRD: 3\r\nabc\r\n" + OK
    modem, tape, clock, says = attached("bg96", cut=cut)
    tape.load([(">", b"AT+QIRD=0,1500\r"), ("<", answer)])
    assert modem.command("AT+QIRD=0,1500") == [b"+QIRD: 5", b"hello", b"+QIRD: 3", b"abc"]


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_digits_that_got_lost_altogether(dialect):
    """The OK behind their header is seen: the connection has failed, and the module is at once free for others."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=5)
    script = read_script(says, dialect, "hex", says.first, b"hello")
    tape.load(script[:-1] + [("<", says.header("hex", says.first, 5, 0) + OK), (">", b"AT+X\r"), ("<", OK)])
    assert errno_of(socket.recv, 5) == ECONNRESET
    modem.command("AT+X")
    assert clock.now < 100, clock.now
    tape.done()


@cases(("dialect", "access"), PULLED)
@cases("rest_comes", (True, False))
def test_a_read_behind_one_whose_payload_pauses(dialect, access, rest_comes):
    """Or stalls for good.  The next one, into a buffer of the program's own, arrives whole, and counts."""
    modem, tape, clock, says = attached(dialect, access)
    first, second = connect(modem, tape, says, 30), connect(modem, tape, says, 30)
    script = read_script(says, dialect, access, says.first, b"x" * 300)
    answer = script[-1][1]
    at = answer.index(says.header(access, says.first, 300, 0)) + 100
    tape.load(script[:-1] + [("<", answer[:at])] + [("~", 2000), ("<", answer[at:])] * rest_comes)
    if rest_comes:
        assert recv_exactly(first, 300) == b"x" * 300
        tape.done()
    else:
        tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else says.nothing(access, says.first)
        raises(OSError, recv_exactly, first, 300)
        for _ in range(10):
            modem.poll(1000)
        assert first._link.errno == ECONNRESET
    tape.auto = tape.after = None
    tape.load(read_script(says, dialect, access, says.first + 1, b"second"))
    buf = bytearray(says.most[access])
    assert second.recv_into(buf) == 6 and buf[:6] == b"second"
    tape.done()


def test_a_payload_that_pauses_while_the_heap_is_full():
    """What may be boot words cannot be held back then: it is payload."""

    def nothing(*arguments):
        raise MemoryError

    socket, modem, tape, clock, says = connected("bg96", timeout=5)
    script = read_script(says, "bg96", "buffer", 0, b"0123456789")
    answer = script[-1][1]
    at = answer.index(b"5678")
    tape.load(script[:-1] + [("<", answer[:at]), ("~", 1000), ("<", answer[at:])])
    before = damage._AfterPause
    damage._AfterPause = nothing
    try:
        assert recv_exactly(socket, 10) == b"0123456789"
    finally:
        damage._AfterPause = before
    tape.done()


def test_a_full_heap_between_lines_that_stood_in_the_stream():
    """What is not acted on stays, and what a line that is coming has begun with stays, too."""
    for at in (1, 2):
        with Case(at):
            modem, tape, clock, says = attached("a7600", "push")
            engine = modem._engine
            dispatch_line = engine.dispatch_line
            calls = []

            def no_heap(note=True, calls=calls, dispatch_line=dispatch_line, at=at):
                calls.append(1)
                if len(calls) == at:
                    raise MemoryError
                dispatch_line(note)

            tape.input.append([0, "!", b"\r\n+CIPOPEN: 0,"])
            engine.pump()
            dispatch_later(engine, b"\r\nSMS DONE\r\nRDY\r\n")
            engine.dispatch_line = no_heap
            raises(MemoryError, engine.pump)
            engine.dispatch_line = dispatch_line
            before = engine.restarts
            engine.pump()
            assert engine.restarts == before + 1 and not engine.said
            assert bytes(engine.tokens.line[:12]) == b"+CIPOPEN: 0,"


@cases("dialect", DIALECTS)
def test_an_end_that_comes_while_the_list_is_asked_for(dialect):
    """The module has been asked because nothing had come for long: the end is told once, and is a clean one."""
    heard = []
    modem, tape, clock, says = attached(dialect, "push", on_event=lambda event, sock, value: heard.append(event))
    socket = connect(modem, tape, says, 5)
    socket._link.looks = 5
    ask_if_open(modem._session, socket._link)
    asked = []
    tape.auto = lambda command: asked.append(command)
    settle(modem, tape)
    assert asked == [modem._session.table.OPEN_IDS[0]]
    lists = {
        "bg96": b"",
        "a7600": line(b"+CIPCLOSE: " + b",".join([b"0"] * says.links)),
        "nl668": line(b"+MIPCLOSE: 0"),
    }
    lists["sim7028"], lists["l610"] = lists["a7600"], lists["nl668"]
    tape.input.append([0, "!", says.closed(says.first) + lists[dialect] + OK])
    for _ in range(3):
        modem.poll(1000)
    assert heard == [atsock.EVENT_CLOSED]
    assert socket.recv(5) == b""


@cases("dialect", DIALECTS)
def test_a_prompt_that_got_lost_with_a_pushed_payload(dialect):
    """When that has stalled for 5 s the payload follows a second later; Fibocom's module, whose time ends its input,
    must have it ended by then, so it gets none for 15 s."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=0)
    pushed = says.push("push", says.first, b"x" * 300)
    tape.load(says.send("push", says.first, b"hello")[:1] + [("<", pushed[: pushed.index(b"xxx") + 100])])
    socket.send(b"hello")
    modem.poll(10)
    written = []

    def write(buf, start, n):
        written.append((clock.now, bytes(buf[start : start + n])))
        return n

    tape.write = write
    while clock.now < 14_000:
        modem.poll(1000)
    if dialect in ("nl668", "l610"):
        assert written == []
    else:
        assert written[0][1] == b"hello" and 5000 < written[0][0] < 7000, written


@cases("dialect", DIALECTS)
def test_a_job_in_the_background_is_no_reason_to_look(dialect):
    """A reader that waits looks into the module's buffer after ten seconds, however often others wake it."""
    socket, modem, tape, clock, says = connected(dialect, timeout=9)

    def steps():
        while True:
            yield 500

    job = modem._session.spawn(steps())
    assert errno_of(socket.recv, 9) == ETIMEDOUT  # and nothing was written: the script is empty
    job.cancel()
    tape.done()


# -- data mode


@cases("dialect", DIALECTS)
def test_plus_behind_other_payload(dialect):
    """No silence is between them: they go out at once, however they are written."""
    socket, modem, tape, clock = online(dialect)
    clock.pass_ms(5000)
    began = clock.now
    tape.load([(">", b"hello+++++++")])
    for data in (b"hello", b"+", b"+", b"+", b"++", b"++"):
        socket.sendall(data)
    tape.done()
    assert clock.now == began


@cases("dialect", DIALECTS)
def test_three_plus_that_the_port_has_left_over(dialect):
    """It has taken what stands before them, and nothing more for so long that they stand behind a silence."""
    socket, modem, tape, clock = online(dialect)
    written = []

    def write(buf, start, n):
        n = n if written and clock.now >= 4000 else 0 if written else 5
        if n:
            written.append((clock.now, bytes(buf[start : start + n])))
        return n

    tape.write = write
    socket.sendall(b"hello+++")
    assert [data for now, data in written] == [b"hello", b"++", b"+"]
    assert written[2][0] - written[1][0] >= 2000


@cases("dialect", ("a7600", "sim7028", "nl668", "l610"))
def test_the_end_right_behind_the_ok_of_an_escape(dialect):
    """What had come since that OK is in the module for good: escape() says that something may be lost."""
    socket, modem, tape, clock = online(dialect)
    tape.load(ESCAPE[:2] + [("<", OK + speech(dialect).closed(socket._link.id))] + ESCAPE[3:])
    assert errno_of(socket.escape) == ECONNRESET
    assert not socket.is_escaped()
    tape.done()


@cases("dialect", DIALECTS)
def test_an_escape_that_the_port_takes_byte_by_byte(dialect):
    socket, modem, tape, clock = online(dialect)
    tape.load(ESCAPE)
    tape.behave(take=1, refuse=3)
    socket.escape()
    tape.done()
    assert socket.is_escaped()


# -- failures


def test_a_command_whose_turn_does_not_come():
    """The one before it may take a minute; it gives up after its own time, 20 s at least, and is not sent any more."""
    modem, tape, clock = new_modem("bg96", [(">", b"AT+A\r"), ("~", 30_000), ("<", OK), (">", b"AT+C\r"), ("<", OK)])
    session = modem._session
    before = session.spawn(run_command(session, query(b"AT+A", 60_000)))
    job = session.spawn(run_command(session, query(b"AT+B", 5000)))
    while not job.done:
        modem.poll(1000)
    assert 20_000 <= clock.now < 21_001
    assert "busy" in str(raises(atsock.Timeout, job.result))
    while not before.done:
        modem.poll(1000)
    before.result()
    modem.command("AT+C")
    tape.done()


@cases("dialect", DIALECTS)
def test_a_module_in_data_mode_that_answers_nothing(dialect):
    """call("+++") says so: nobody knows whether it has worked."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: b""
    raises(atsock.Timeout, modem.call, "+++")
    assert not modem.isconnected()


@cases("dialect", ("a7600", "sim7028"))
def test_numbers_that_mean_something_else(dialect):
    """ERRNOS are those of +CIPOPEN and its like; the same number behind +CME ERROR or +IP ERROR is none of them."""
    modem, tape, clock, says = attached(dialect)
    first, second = line(b"+CME ERROR: 10"), line(b"+IP ERROR: 10") + ERROR
    tape.load([(">", b"AT+A\r"), ("<", first), (">", b"AT+B\r"), ("<", second)] + SYNC)
    for text in ("AT+A", "AT+B"):
        error = raises(atsock.CommandError, modem.command, text)
        assert (error.errno, error.code) in ((EIO, 10), (EIO, None)), error


@cases("dialect", DIALECTS)
def test_attach_that_has_no_time(dialect):
    """Before a question is late, and where nothing can be looked at, it just says so, and where it stood."""
    modem, tape, clock = new_modem(dialect)
    tape.auto = lambda command: b""
    text = str(raises(atsock.Timeout, lambda: modem.attach("internet", timeout_ms=100)))
    assert "timed out" in text and "attach: " not in text, text


@cases("dialect", DIALECTS)
def test_a_message_announced_before_attach(dialect):
    """attach() begins anew: the next line is no text of that message, but the answer to its first command."""
    took = []
    for before in (b"", b'\r\n+CMT: "+49170",,"26/01/01,00:00:00+04"\r\n'):
        modem, tape, clock = new_modem(dialect)
        tape.auto = speech(dialect).attach()
        tape.input.append([0, "!", before])
        settle(modem, tape)
        modem.attach("internet")
        took.append(clock.now)
    assert took[0] == took[1]


@cases("dialect", DIALECTS)
def test_failures_before_the_context_was_up(dialect):
    """They are no reason to doubt it: the first failure of a connection asks nothing."""
    modem, tape, clock, says = attached(dialect)
    silent = [b"AT+X"]
    sent = []
    attach = says.attach()

    def answer(command):
        sent.append(command)
        return b"" if command in silent else attach(command)

    tape.auto = answer
    modem._session.set_down()
    raises(atsock.Timeout, modem.command, "AT+X", None, 2000)
    for _ in range(9):
        modem.poll(1000)
    assert modem.attach("internet") == "10.0.0.1"
    del sent[:]
    raises(atsock.Timeout, modem.command, "AT+X", None, 2000)
    for _ in range(9):
        modem.poll(1000)
    assert set(sent) == {b"AT+X", b"AT+CSQ"}, sent


def test_the_end_of_a_connection_whose_open_ran_out_of_time():
    """Told in command mode: it ends no command, the module still owes its answer."""
    modem, tape, clock, says = attached("bg96", "transparent")
    tape.auto = lambda command: None if b"QIOPEN" in command else OK
    socket = modem.socket()
    socket.settimeout(2)
    error = raises(atsock.Timeout, socket.connect, (PEER, PORT))
    assert 'no answer to AT+QIOPEN=1,0,"TCP"' in str(error) and str(error).endswith(" in time"), str(error)
    engine = modem._engine
    command = engine.command
    while engine.state != 2:  # TIMED_OUT
        modem.poll(1000)
    tape.input.append([0, "!", line(b'+QIURC: "closed",0')])
    engine.pump()
    assert engine.state == 2 and engine.command is command and command is not None
