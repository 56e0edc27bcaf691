"""Small things of answers and notices that a change of the engine could get wrong unnoticed (./tools/mutate)."""

import atsock
from cases import cases
from fakes import errno_of, new_modem, raises
from frames import DIALECTS, OK, PULLED, SYNC, line, read_script
from scenes import attached, connect, connected, settle

ECONNRESET = 104


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
