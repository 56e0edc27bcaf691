"""call() and command() on a script: what they change for the sockets, and how a send that nobody waits for any more
ends."""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of, raises
from frames import SYNC, DIALECTS, OK, line
from scenes import attached, connect, connected, rest

DOWN = {
    "bg96": (("QIDEACT", 1), b"AT+QIDEACT=1", OK),
    "nl668": (("MIPCALL", 0), b"AT+MIPCALL=0", OK + line(b"+MIPCALL: 0")),
    "a7600": (("NETCLOSE",), b"AT+NETCLOSE", OK + line(b"+NETCLOSE: 0")),
}  # fmt: skip
DOWN["l610"] = DOWN["nl668"]
DOWN["sim7028"] = DOWN["a7600"]
# A send without a count, what cancels it, and what the module says to that.
SENDS = {
    "bg96": (("QISEND", 3, b"abc"), b"AT+QISEND=3", b"\x1b", OK),
    "a7600": (("CIPSEND", 3, b"abc"), b"AT+CIPSEND=3", b"\x1b", b""),
    "sim7028": (("CIPSEND", 1, b"abc"), b"AT+CIPSEND=1", b"\x1b", line(b"ERROR")),
    "nl668": (("MIPSEND", 3, b"abc"), b"AT+MIPSEND=3", b"\x1a", OK + line(b"+MIPSEND: 3,0,2048") + OK),
}  # fmt: skip
SENDS["l610"] = SENDS["nl668"]
CSQ = [(">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 20,99") + OK)]


@cases("dialect", DIALECTS)
def test_deactivated_by_hand(dialect):
    """What detach() does, done by call() or command(), is detaching: sockets fail, and attach() attaches again."""
    arguments, text, answer = DOWN[dialect]
    for by_call in (True, False):
        with Case(dialect, by_call):
            socket, modem, tape, clock, says = connected(dialect)
            other = connect(modem, tape, says)
            tape.load([(">", text + b"\r"), ("<", answer)])
            if by_call:
                modem.call(*arguments)
            else:
                modem.command(text.decode())
            tape.done()
            assert not modem.isconnected() and modem.local_address() is None
            for one in (socket, other):
                assert errno_of(one.send, b"x") == 100
                assert errno_of(one.recv, 1) == 100
                one.close()
            assert errno_of(modem.resolve, "example.com") == 100
            tape.auto = says.attach()
            assert modem.attach("internet") == "10.0.0.1"
            rest(tape)


@cases("dialect", DIALECTS)
def test_refused_deactivation_changes_nothing(dialect):
    arguments, text, answer = DOWN[dialect]
    socket, modem, tape, clock, says = connected(dialect)
    tape.load([(">", text + b"\r"), ("<", line(b"ERROR"))] + says.why())
    raises(atsock.CommandError, modem.call, *arguments)
    tape.done()
    assert modem.isconnected()


@cases("dialect", DIALECTS)
def test_abandoned_before_the_prompt(dialect):
    """The prompt comes when the call has given up: the send is cancelled as the manual says, and both are in step
    after."""
    arguments, text, cancel, answer = SENDS[dialect]
    for cut in (0, 1):
        with Case(dialect, cut):
            modem, tape, clock, says = attached(dialect)
            tape.cut = cut
            script = [
                (">", text + b"\r"),
                (">", cancel),  # the prompt may have got lost
                ("!", b"\r\n>" + answer),
                (">", b"AT+CSQ\r"),
                ("!", line(b"+CSQ: 20,99") + OK),
            ]
            tape.load(script)
            raises(atsock.Timeout, modem.call, *arguments)
            for _ in range(3000):
                modem.poll(100)
            tape.done()
            tape.load(CSQ)
            assert modem.command("AT+CSQ") == [b"+CSQ: 20,99"]
            tape.done()


@cases("dialect", DIALECTS)
def test_prompt_behind_the_echo(dialect):
    """With echo on, the prompt stands behind the lone CR of the echo, with or without a line end of its own."""
    for prompt in (b">", b">\r\n", b"\n>", b"\r\n>", b"\r\n> \r\n"):
        for cut in CUTS:
            with Case(dialect, prompt, cut):
                socket, modem, tape, clock, says = connected(dialect)
                script = says.send("buffer", says.first, b"hello")
                echo = script[0][1]
                script[1] = ("<", echo + prompt)
                tape.load(script)
                tape.cut = cut
                socket.settimeout(5)
                assert socket.send(b"hello") == 5
                tape.done()


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_a_send_that_takes_its_time(dialect):
    """The prompt alone is no answer that only lacks its OK: the result is waited for, also for half a minute."""
    name, told, result = "CIPSEND", OK + line(b"+CIPSEND: 0,5,5"), (0, 5, 5)
    if dialect == "bg96":
        name, told, result = "QISEND", line(b"SEND OK"), None
    socket, modem, tape, clock, says = connected(dialect)
    command = b"AT+" + name.encode() + b"=0,5\r"
    tape.load([(">", command), ("<", b"\r\n>"), (">", b"hello"), ("~", 30_000), ("<", told)])
    assert modem.call(name, 0, 5, b"hello") == result
    tape.done()


@cases("dialect", DIALECTS)
def test_own_words(dialect):
    """A refusal without a number is told in the module's own words."""
    for answer, text in ((b"NO CARRIER", "NO CARRIER"), (b"+CME ERROR: SIM busy", "SIM busy"), (b"ERROR", "")):
        with Case(dialect, answer):
            modem, tape, clock, says = attached(dialect)
            tape.load([(">", b"ATD123\r"), ("<", line(answer))] + (SYNC if answer == b"ERROR" else []))
            error = raises(atsock.CommandError, modem.command, "ATD123")
            assert (error.code, error.text) == (None, text), (error.code, error.text)


@cases("dialect", DIALECTS)
def test_arguments_come_first(dialect):
    """ValueError and TypeError before anything else: not attached, or a module that has no such thing."""
    for attach in (False, True):
        modem, tape, clock, says = attached(dialect)
        if not attach:
            modem._session.set_down()
        for arguments in (
            ("bad host",),
            ("",),
            ("host", 0),
            ("host", 1000),
            ("host", 1, -1),
            ("host", 1, 9999),
            ("host", 1, 32, 0),
        ):
            with Case(dialect, attach, arguments):
                raises(ValueError, modem.ping, *arguments)
        for arguments in (("bad host",), ("host", 0), ("host", 65536)):
            raises(ValueError, modem.ntp, *arguments)
        raises(ValueError, modem.resolve, 'a"b')
        raises(TypeError, modem.ntp, "host", "123")
        raises(ValueError, modem.getaddrinfo, "host", 70000)
        if dialect in ("a7600", "sim7028") or not attach:
            wanted = 95 if attach else 100
            assert errno_of(modem.ping, "host") == wanted and errno_of(modem.ntp, "host") == wanted
        tape.done()
