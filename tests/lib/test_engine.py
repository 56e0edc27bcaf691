"""One command in flight: orders of results, refusals, stray and wrong lines, restarts, lines without end."""

from errno import EAGAIN, ECONNRESET

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of, new_modem, raises
from frames import ACCESS, DIALECTS, ERROR, HOSTILE, OK, PULLED, PUSHED, SYNC
from frames import digits, line, lines_of, pulls, read_script, speech
from scenes import answers, attached, connect, connected, recv_exactly, settle


def permutations(items):
    if len(items) < 2:
        return [items]
    found = []
    for i in range(len(items)):
        for rest in permutations(items[:i] + items[i + 1 :]):
            if [items[i]] + rest not in found:
                found.append([items[i]] + rest)
    return found


# -- order of results


@cases("access", ("buffer", "hex"))
@cases("dialect", DIALECTS)
def test_send_results_in_any_order(dialect, access):
    """OK before the result line or behind it: a send ends when all of them have come."""
    script = connected(dialect, access)[4].send(access, 0, b"")
    link = 1 if dialect in ("nl668", "l610") else 0
    _, _, _, _, says = connected(dialect, access)
    script = says.send(access, link, b"abc")
    last = lines_of(script[-1][1])
    for order in permutations(last):
        for cut in (0, 1):
            with Case(dialect, access, order, cut):
                socket, modem, tape, clock, says = connected(
                    dialect, access, script[:-1] + [("<", part) for part in order], cut, 30
                )
                assert socket.send(b"abc") == 3
                settle(modem, tape)
                tape.done()
                assert clock.now < 1000


@cases("cut", (0, 1))
@cases("dialect", DIALECTS)
def test_open_result_before_ok(dialect, cut):
    """+QIOPEN, +CIPOPEN, +MIPOPEN before OK: seen on firmware, and the rule for SIMCom's UDP."""
    modem, tape, clock, says = attached(dialect, "buffer", cut)

    def answer(command):
        if command.startswith(says.open_line(command)):
            parts = lines_of(says.opened(command, says.link_of(command)))
            return b"".join(parts[1:] + parts[:1])
        return OK

    tape.auto = answer
    socket = modem.socket()
    socket.connect(("192.0.2.7", 80))
    assert clock.now < 1000


# -- refusals


@cases("cut", CUTS)
def test_bg96_reason_is_asked_for_at_once(cut):
    """After ERROR of a QI command AT+QIGETERROR tells why (2.1.17); the code is in the exception."""
    modem, tape, clock, says = attached("bg96", "buffer", cut)
    other = connect(modem, tape, says, 5)
    tape.load([(">", b'AT+QIOPEN=1,1,"TCP","192.0.2.7",80,0,0\r'), ("<", ERROR)] + says.why() + says.close(1))
    error = raises(atsock.CommandError, modem.socket().connect, ("192.0.2.7", 80))
    assert error.code == 566 and error.args[0] == 111, error.args
    assert other.gettimeout() == 5


def test_numbered_and_spoken_errors():
    """+CME ERROR with a number or a text, +CMS ERROR, bare ERROR: CommandError with what was told."""
    for answer, code, text in (
        (b"+CME ERROR: 13", 13, "SIM failure"),
        (b"+CME ERROR:13", 13, "SIM failure"),
        (b"+CME ERROR: SIM busy", None, "SIM busy"),
        (b"+CMS ERROR: 500", 500, ""),
        (b"ERROR", None, ""),
    ):
        for cut in (0, 1):
            with Case(answer, cut):
                script = [(">", b"AT+CPIN?\r"), ("<", line(answer))]
                if answer == b"ERROR":  # it may be a stray one
                    script += SYNC
                modem, tape, clock = new_modem("a7600", script, cut)
                error = raises(atsock.CommandError, modem.command, "AT+CPIN?")
                assert error.code == code, error.code
                assert error.text == text, error.text
                assert error.command == "AT+CPIN?"
                tape.done()


def test_simcom_reason_stands_before_error():
    """+CIPERROR: n, +IP ERROR: text, the command's own name with a code: then ERROR, sometimes twice (all seen)."""
    for reason, code, text in (
        (b"+CIPERROR: 4", 4, "Operation not supported"),
        (b"+IP ERROR: Operation not supported", None, "Operation not supported"),
    ):
        for extra in (b"", ERROR):
            with Case(reason, extra):
                modem, tape, clock, says = attached("a7600")
                tape.load(
                    [
                        (">", b"AT+CIPACK=0\r"),
                        ("<", line(reason) + ERROR + extra),
                        (">", b"AT+CGMM\r"),
                        ("<", line(b"A7670E") + OK),
                    ]
                )
                error = raises(atsock.CommandError, modem.command, "AT+CIPACK=0")
                assert error.code == code, error.code
                assert error.text == text, error.text
                assert modem.command("AT+CGMM") == [b"A7670E"]
                tape.done()


@cases("dialect", DIALECTS)
def test_open_refused_at_once(dialect):
    """Refused at once, with and without a code line: an OSError, and the id can be used again."""
    if dialect == "bg96":
        answers = [
            [("<", ERROR), (">", b"AT+QIGETERROR\r"), ("<", line(b"+QIGETERROR: 561,Open PDP context failed") + OK)]
        ]
    elif dialect in ("nl668", "l610"):
        # Without a number that says why, the module is asked whether it holds the id.
        nothing_open = [(">", b"AT+MIPCLOSE?\r"), ("<", line(b"+MIPCLOSE: 0") + OK)]
        answers = [
            [("<", ERROR)] + SYNC + nothing_open,
            [("<", line(b"+CME ERROR: 2012"))],
            [("<", line(b"+TCPIP ERROR: 2012"))],
            [("<", line(b"+TCPIP ERROR: TCPIP mipcall not active"))] + nothing_open,
        ]
    else:
        nothing_open = [(">", b"AT+CIPCLOSE?\r"), ("<", line(b"+CIPCLOSE: 0,0,0,0,0,0,0,0,0,0") + OK)]
        answers = [
            [("<", ERROR)] + SYNC + nothing_open,
            [("<", line(b"+CIPOPEN: 0,2") + ERROR)],
            [("<", line(b"+IP ERROR: Network not opened") + ERROR)] + nothing_open,
        ]
    for answer in answers:
        for cut in (0, 1):
            with Case(dialect, answer, cut):
                _open_fails(dialect, answer, cut)


@cases("dialect", DIALECTS)
def test_open_fails_later(dialect):
    """OK, and the failure as a result line."""
    if dialect == "bg96":
        answers = [[("<", OK), ("<", line(b"+QIOPEN: 0,566"))]]
    elif dialect in ("nl668", "l610"):
        answers = [[("<", OK), ("<", line(b"+MIPSTAT: 1,1"))], [("<", OK), ("<", line(b"+MIPOPEN: 1,0"))]]
    else:
        answers = [
            [("<", OK), ("<", line(b"+CIPOPEN: 0,10"))],
            [("<", OK), ("~", 100_000), ("<", line(b"+CIPOPEN: 0,11"))],
        ]
    for answer in answers:
        for cut in (0, 1):
            with Case(dialect, answer, cut):
                _open_fails(dialect, answer, cut)


def _open_fails(dialect, answer, cut):
    modem, tape, clock, says = attached(dialect, "buffer", cut)
    seen = []

    class Refuser:
        # Answers by itself up to the open command, then by the script.
        def __call__(self, command):
            if not command.startswith(says.open_line(command)):
                return OK
            seen.append(command)
            tape.auto = None
            tape.load([(">", b"")] + answer)
            return b""

    tape.auto = Refuser()
    tape.load(())
    raises(OSError, modem.socket().connect, ("192.0.2.7", 80))
    assert len(seen) == 1
    settle(modem, tape)
    tape.done()
    socket = connect(modem, tape, says)
    assert socket._link.id == says.first


# -- stray and wrong lines


@cases("dialect", DIALECTS)
def test_stray_results_between_commands(dialect):
    """OK, ERROR, > and lines of the tables while nothing is in flight: nothing happens."""
    for cut in CUTS:
        for stray in (
            OK,
            ERROR,
            line(b"SEND OK"),
            line(b"+CME ERROR: 3"),
            line(b"SEND FAIL"),
            line(b"+QIRD: 0"),
            line(b"CONNECT"),
        ):
            with Case(dialect, cut, stray):
                socket, modem, tape, clock, says = connected(dialect, "buffer", [("!", stray)], cut, timeout=5)
                settle(modem, tape)
                tape.load([(">", b"AT+CGMM\r"), ("<", line(b"x") + OK)] + says.send("buffer", says.first, b"abc"))
                assert modem.command("AT+CGMM") == [b"x"]
                assert socket.send(b"abc") == 3
                tape.done()


@cases("cut", CUTS)
def test_stray_prompt(cut):
    """A prompt that nobody waits for (left over from a send that was given up) is no part of the next command's
    answer, and nothing new to the program."""
    for stray in (b"\r\n> ", b"\r\n>", b">\r\n", b"\r\n> \r\n"):
        with Case(cut, stray):
            heard = []
            script = [("!", stray), (">", b"AT+CGMM\r"), ("<", line(b"x") + line(b"> y") + OK)]
            modem, tape, clock = new_modem("bg96", script, cut, on_event=lambda *event: heard.append(event))
            settle(modem, tape)
            assert modem.command("AT+CGMM") == [b"x", b"> y"]  # a line
            tape.done()
            assert not heard, heard


@cases(("dialect", "access"), [mode for mode in PULLED if mode[0] != "bg96"])  # +QIRD tells no link
def test_answer_of_another_link(dialect, access):
    """A counted answer for a link that was not asked: its payload is swallowed by count and not ours; ours follows."""
    for cut in CUTS:
        with Case(dialect, access, cut):
            socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=5)
            link = says.first
            wrong = says.answer(access, link + 1, b"\r\nOK\r\nwrong", 0)[: -len(OK)]
            right = says.answer(access, link, b"right", 0)
            tape.load(
                [
                    ("!", says.notice(access, link)),
                    (">", says.ask(access, link, says.most[access])),
                    ("<", wrong),
                    ("<", right),
                ]
            )
            data = b""
            while len(data) < 5:
                data += socket.recv(100)
            assert data == b"right", data
            settle(modem, tape)
            tape.done()


@cases(("dialect", "access"), [mode for mode in PULLED if mode[0] != "bg96"])
def test_answer_that_names_another_connection(dialect, access):
    """A read's only answer names another connection: a damaged digit.  That one is given nothing of it; the one that
    was read fails, for its data is lost, whether a notice had told of them or not."""
    for cut in CUTS:
        for told in (True, False):
            with Case(dialect, access, cut, told):
                socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=3 if told else 100)
                link = says.first
                other = connect(modem, tape, says, timeout=0)
                script = [("!", says.notice(access, link))] if told else []
                script += [(">", says.ask(access, link, says.most[access]))]
                tape.load(script + [("<", says.answer(access, link + 1, b"lost", 0))] + SYNC)
                assert errno_of(socket.recv, 100) == ECONNRESET
                tape.done()
                tape.auto = answers(says)
                assert errno_of(other.recv, 100) == EAGAIN


@cases(("dialect", "access"), PUSHED)
def test_payload_for_nobody(dialect, access):
    """Pushed payload for a link that is not open, or out of range: counted, dropped, and the next line is a line."""
    for cut in CUTS:
        for id in (2, 9, 99, 12345678):
            with Case(dialect, access, cut, id):
                socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=5)
                tape.load(
                    [("!", says.push(access, id, b"\r\nOK\r\n+x: 1\r\n"))]
                    + read_script(says, dialect, access, says.first, b"mine")
                )
                data = b""
                while len(data) < 4:
                    data += socket.recv(100)
                assert data == b"mine"
                tape.done()


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_result_of_an_open_while_another_command_is_in_flight(dialect):
    """It says nothing of that command, which is waited for as long as ever."""
    modem, tape, clock, says = attached(dialect)
    opens = []
    tape.auto = lambda command: opens.append(command) or OK
    socket = modem.socket()
    socket.setblocking(False)
    errno_of(socket.connect, ("192.0.2.7", 80))
    settle(modem, tape)
    tape.auto = None
    result = says.opened(opens[-1], says.link_of(opens[-1])).replace(OK, b"")
    tape.load([(">", b"AT+CGMM\r"), ("!", result), ("~", 5000), ("<", line(b"x") + OK)])
    assert modem.command("AT+CGMM", None, 60_000) == [b"x"]
    assert socket._link.state == 2
    tape.done()


# -- payload that stops, lines without end


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_payload_that_pauses(dialect, access):
    """Silence behind the header and between any two bytes, longer in all than payload may stand still: nothing is
    lost."""
    payload = b"0123456789"
    # More than 5 s in all; but a read of Fibocom's is over after so long (1.1.23), whether its payload moves or not.
    silence = 1500 if pulls(dialect, access) and dialect in ("nl668", "l610") else 1900
    for first in range(9):  # bytes before the second silence; one more before the third
        with Case(first):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
            script = read_script(says, dialect, access, says.first, payload)
            kind, data = script.pop()
            spelt = digits(payload) if access == "hex" else payload
            header = data.find(spelt)
            at = [header] + [header + n * len(spelt) // len(payload) for n in (first, first + 1)] + [len(data)]
            script.append((kind, data[:header]))
            for i in range(3):
                script += [("~", silence), (kind, data[at[i] : at[i + 1]])]
            tape.load(script)
            clock.nap = 100  # and it is looked at meanwhile
            assert recv_exactly(socket, len(payload)) == payload
            settle(modem, tape)
            tape.done()
            assert clock.now >= 3 * silence


@cases(("dialect", "access"), PULLED)
def test_payload_that_stops_as_its_time_ends(dialect, access):
    """It began late: what comes behind it, when the module is asked, is none of it."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=300)
    kind, data = read_script(says, dialect, access, says.first, b"0123456789")[-1]
    at = data.find(b"3031323" if access == "hex" else b"0123") + 4
    script = read_script(says, dialect, access, says.first, b"0123456789")[:-1]
    tape.load(script + [("~", 1000), ("!", data[:at])])
    tape.after = lambda text: line(b"+CSQ: 1,99") + OK
    with_data = recv_exactly(socket, 2 if access == "hex" else 4)
    assert b"0123".startswith(with_data)
    assert errno_of(socket.recv, 100) in (104, 110)
    assert clock.now < 20_000, clock.now


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_counted_payload_that_stops(dialect, access):
    """Fewer bytes than announced, then silence: what came can be read, then an OSError; other commands go on."""
    for cut in (0, 1):
        with Case(dialect, access, cut):
            socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=300)
            link = says.first
            script = read_script(says, dialect, access, link, b"0123456789")
            kind, data = script[-1]
            digits = data.find(b"30313233")
            at = digits + 5 if digits >= 0 else data.find(b"0123") + 4
            script[-1] = (kind, data[:at])
            tape.load(script)
            tape.after = lambda text: line(b"+CSQ: 1,99") + OK if text == b"AT+CSQ" else line(b"alive") + OK
            got = b""
            error = 0
            while not error:
                try:
                    piece = socket.recv(100)
                    assert piece, "end of stream instead of an error"
                    got += piece
                except OSError as e:
                    error = e.args[0]
            assert b"0123456789".startswith(got), got
            assert error in (104, 110), error
            assert clock.now < 200_000
            # The driver is usable after it.
            assert modem.command("AT+CGMM") == [b"alive"]


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_endless_line(dialect, access):
    """A line of 5000 bytes, words of the tables in it: passes, in constant memory; the next one counts."""
    for begin in (b"+CUSD: ", b"OK", b"ERROR ", b"x"):
        for cut in (0, -1, 7):
            with Case(dialect, cut, begin, access):
                long = b"\r\n" + begin + b'OK ERROR > +QIURC: "closed",0' * 170 + b"\r\n"
                socket, modem, tape, clock, says = connected(dialect, access, [("!", long)], cut, timeout=5)
                settle(modem, tape)
                tape.load([(">", b"AT+CGMM\r"), ("<", b"\r\n+CUSD: " + b"z" * 900), ("<", b"\r\n" + line(b"x") + OK)])
                assert modem.command("AT+CGMM") == [b"x"]
                assert len(modem._engine.tokens.line) < 1000
                tape.load(says.send(access, says.first, b"abc"))
                assert socket.send(b"abc") == 3


# -- restart, loss of the network


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_restart_during_a_command(dialect, access):
    """RDY (or *ATREADY) while a read or a send is in flight: ECONNRESET at once, all sockets are dead, not attached any
    more."""
    boot = line(b"RDY") if dialect not in ("a7600", "sim7028") else line(b"*ATREADY: 1")
    for cut in (0, 1):
        with Case(dialect, access, cut):
            events = []
            socket, modem, tape, clock, says = connected(
                dialect, access, cut=cut, timeout=300, on_event=lambda *a: events.append(a[0])
            )
            second = connect(modem, tape, says, 5)
            script = says.send(access, says.first, b"abc")
            tape.load(script[:1] + [("<", boot), ("!", line(b"+CPIN: READY") + line(b"SMS DONE") + line(b"PB DONE"))])
            assert errno_of(socket.send, b"abc") == 104
            settle(modem, tape)
            assert clock.now < 1000
            assert errno_of(second.recv, 10) == 104
            assert errno_of(second.send, b"x") == 104
            assert not modem.isconnected()
            assert atsock.EVENT_RESTARTED in events
            # Nothing is sent for connections that the module has forgotten.
            socket.close()
            second.close()
            tape.done()


@cases("cut", (0, 1))
@cases("dialect", DIALECTS)
def test_network_lost(dialect, cut):
    """The context went down: sockets end with ENETDOWN or ECONNRESET, attach() is needed."""
    events = []
    socket, modem, tape, clock, says = connected(
        dialect, "buffer", cut=cut, timeout=5, on_event=lambda *a: events.append(a[0])
    )
    tape.load([("!", says.lost)])
    assert errno_of(socket.recv, 10) in (100, 104)
    assert not modem.isconnected()
    settle(modem, tape)
    assert atsock.EVENT_NETWORK_LOST in events
    assert errno_of(modem.socket().connect, ("192.0.2.7", 80)) == 100


def test_loss_of_another_context_is_none_of_ours():
    socket, modem, tape, clock, says = connected("bg96", "buffer", [("!", line(b'+QIURC: "pdpdeact",2'))])
    settle(modem, tape)
    assert modem.isconnected()


# -- writing


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_slow_port(dialect, access):
    """A port that takes one byte, or three, per write: everything goes out in order."""
    for take in (1, 3):
        with Case(dialect, access, take):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=60, take=take)
            data = bytes(range(256)) * 2
            script = []
            for at in range(0, len(data), says.chunk(access)):
                script += says.send(access, says.first, data[at : at + says.chunk(access)])
            tape.load(script)
            assert socket.send(data) == len(data)
            tape.done()


@cases("cut", (0, 1))
@cases("dialect", DIALECTS)
def test_echo_of_payload(dialect, cut):
    """Echo on: command and payload come back before the result (seen on BG77): the send ends well."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", cut=cut, timeout=20)
    (_, command), (_, prompt), (_, payload), (_, result) = says.send("buffer", says.first, b"hello world")
    tape.load([(">", command), ("<", command + b"\r\n" + prompt), (">", payload), ("<", payload + result)])
    assert socket.send(b"hello world") == 11
    settle(modem, tape)
    tape.done()


@cases("cut", CUTS)
@cases("dialect", DIALECTS)
def test_echo_of_payload_that_looks_like_answers(dialect, cut):
    """What the echo says counts for nothing, what the module says behind it does; with echo on and none, too."""
    for echoes in (True, False):
        for payload in (HOSTILE, b'\r\n+QIURC: "closed",0\r\nERROR\r\n', b"x" + says_closed(dialect)):
            with Case(dialect, cut, echoes, payload):
                socket, modem, tape, clock, says = connected(dialect, "buffer", cut=cut, timeout=20)
                (_, command), (_, prompt), _, (_, result) = says.send("buffer", says.first, payload)
                echo = payload if echoes else b""
                tape.load([(">", command), ("<", command + b"\r\n" + prompt), (">", payload), ("<", echo + result)])
                assert socket.send(payload) == len(payload)
                settle(modem, tape)
                tape.done()
                assert socket._link.state == 2


@cases("cut", CUTS)
@cases("dialect", DIALECTS)
def test_echo_of_payload_behind_a_prompt_that_follows_the_echo(dialect, cut):
    """The first sign that echo is on is the command's own, and its prompt comes with no line end before it: what the
    echo of the payload says counts for nothing all the same."""
    for prompt in (b">", b"> "):
        for payload in (HOSTILE, b"x" + says_closed(dialect)):
            with Case(dialect, cut, prompt, payload):
                socket, modem, tape, clock, says = connected(dialect, "buffer", cut=cut, timeout=20)
                (_, command), _, _, (_, result) = says.send("buffer", says.first, payload)
                tape.load([(">", command), ("<", command + prompt), (">", payload), ("<", payload + result)])
                assert socket.send(payload) == len(payload)
                settle(modem, tape)
                tape.done()
                assert socket._link.state == 2


@cases("dialect", DIALECTS)
def test_a_notice_behind_the_prompt_that_follows_the_echo(dialect):
    """All three come at once: the echo is noticed, and that of the payload is no answer."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", timeout=20)
    (_, command), _, _, (_, result) = says.send("buffer", says.first, HOSTILE)
    tape.load([(">", command), ("<", command + b"> " + line(b"+CREG: 1")), (">", HOSTILE), ("<", HOSTILE + result)])
    assert socket.send(HOSTILE) == len(HOSTILE)
    settle(modem, tape)
    tape.done()
    assert socket._link.state == 2


@cases("cut", CUTS)
@cases("dialect", DIALECTS)
def test_payload_that_begins_as_the_answer_and_no_echo(dialect, cut):
    """Commands are echoed, payload is not: what the module says is no echo because the payload begins so, too."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", cut=cut, timeout=20)
    (_, command), (_, prompt), _, (_, result) = says.send("buffer", says.first, bytes(40))
    for n in (2, 4, 8):
        with Case(dialect, cut, n):
            payload = (result[:n] + b"!" * 40)[:40]
            tape.load([(">", command), ("<", command + b"\r\n" + prompt), (">", payload), ("<", result)])
            assert socket.send(payload) == len(payload)
            assert clock.now < 1000
            settle(modem, tape)
            tape.done()


@cases("cut", CUTS)
@cases("dialect", DIALECTS)
def test_notices_between_the_prompt_and_the_echo_of_the_payload(dialect, cut):
    """What the module says at once, before and inside the echo, counts; the echo around it does not."""
    notices = (line(b"+CREG: 2"), line(b"RING") + line(b"+CREG: 1"))
    for at in (0, 40, len(HOSTILE) - 1):
        for said in notices:
            with Case(dialect, cut, at, said):
                socket, modem, tape, clock, says = connected(dialect, "buffer", cut=cut, timeout=20)
                (_, command), (_, prompt), _, (_, result) = says.send("buffer", says.first, HOSTILE)
                said += says.notice("buffer", says.first)
                echo = HOSTILE[:at] + said + HOSTILE[at:]
                tape.load([(">", command), ("<", command + b"\r\n" + prompt), (">", HOSTILE), ("<", echo + result)])
                assert socket.send(HOSTILE) == len(HOSTILE)
                assert clock.now < 1000
                settle(modem, tape)
                assert socket._link.state == 2 and socket._link.rx_notified
                assert modem.isconnected()


@cases("cut", CUTS)
@cases("dialect", DIALECTS)
def test_pushed_data_between_the_prompt_and_the_echo_of_the_payload(dialect, cut):
    """They are received, and what the echo around them says counts for nothing."""
    for at in (0, 40):
        with Case(dialect, cut, at):
            socket, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20)
            payload = HOSTILE[:300]
            (_, command), (_, prompt), _, (_, result) = says.send("push", says.first, payload)
            pushed = says.push("push", says.first, b"\r\nRDY\r\n8") + says.push("push", says.first, b"90")
            echo = payload[:at] + pushed + payload[at:]
            tape.load([(">", command), ("<", command + b"\r\n" + prompt), (">", payload), ("<", echo + result)])
            assert socket.send(payload) == len(payload)
            assert clock.now < 1000
            settle(modem, tape)
            tape.done()
            assert recv_exactly(socket, 10) == b"\r\nRDY\r\n890"
            assert socket._link.state == 2


@cases("access", ("buffer", "push"))
@cases("dialect", DIALECTS)
def test_what_has_begun_when_the_payload_goes_out(dialect, access):
    """Behind the prompt come the first bytes of a notice, or of pushed data, and the payload goes out before the rest
    has come: the echo stands behind that."""
    says = speech(dialect)
    said = says.notice(access, says.first) if access == "buffer" else says.push(access, says.first, b"1234567890")
    for n in range(len(said) + 1):
        with Case(dialect, access, n):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
            (_, command), (_, prompt), (_, payload), (_, result) = says.send(access, says.first, b"x" + HOSTILE)
            script = [(">", command), ("<", command + b"\r\n" + prompt + said[:n]), (">", payload)]
            tape.load(script + [("<", said[n:] + payload + result)])
            assert socket.send(payload) == len(payload)
            assert clock.now < 1000
            settle(modem, tape)
            tape.done()
            assert socket._link.state == 2 and modem.isconnected()
            if access == "push":
                assert recv_exactly(socket, 10) == b"1234567890"
            else:
                assert socket._link.rx_notified


@cases("cut", CUTS)
@cases("dialect", DIALECTS)
def test_notices_before_an_answer_that_the_payload_begins_like(dialect, cut):
    """Commands are echoed, payload is not, and a notice stands before the result."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", cut=cut, timeout=20)
    (_, command), (_, prompt), _, (_, result) = says.send("buffer", says.first, bytes(40))
    for n in (2, 4, 8):
        with Case(dialect, cut, n):
            payload = (result[:n] + b"!" * 40)[:40]
            answer = line(b"RING") + line(b"+CREG: 1") + result
            tape.load([(">", command), ("<", command + b"\r\n" + prompt), (">", payload), ("<", answer)])
            assert socket.send(payload) == len(payload)
            assert clock.now < 1000
            settle(modem, tape)
            tape.done()


def says_closed(dialect):
    return speech(dialect).closed(speech(dialect).first)


@cases("dialect", DIALECTS)
def test_hexadecimal_goes_out_in_pieces_of_the_line_buffer(dialect):
    """However long the payload: no piece of its digits is longer than the buffer, and that keeps its size."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=60)
    buffer = modem._engine.transmitter.line
    size = len(buffer)
    payload = HOSTILE * 2
    script = []
    for at in range(0, len(payload), says.chunk("hex")):
        script += says.send("hex", says.first, payload[at : at + says.chunk("hex")])
    tape.load(script)
    write = tape.write
    ends = []

    def watched(buf, at, n):
        ends.append(at + n if buf is buffer else 0)
        return write(buf, at, n)

    tape.write = watched
    assert socket.send(payload) == len(payload)
    tape.done()
    assert len(buffer) == size < len(digits(payload)) and max(ends) <= size, (size, max(ends))


@cases("dialect", DIALECTS)
def test_a_flood_of_notices_is_cut(dialect):
    """Events wait while a command is in flight, and no more than 32 of them; those behind are dropped, not the
    answer."""
    events = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: events.append((event, value)))
    del events[:]
    flood = b"".join([line(b"+NEW: %d" % n) for n in range(200)])
    tape.load([(">", b"AT+CGMM\r"), ("!", flood), ("<", line(b"x") + OK)])
    assert modem.command("AT+CGMM") == [b"x"]
    settle(modem, tape)
    assert events == [(atsock.EVENT_UNKNOWN, b"+NEW: %d" % n) for n in range(32)], events
    # There is room again.
    tape.load([("!", line(b"+NEW: behind"))])
    settle(modem, tape)
    assert events[32:] == [(atsock.EVENT_UNKNOWN, b"+NEW: behind")]


@cases("dialect", DIALECTS)
def test_unknown_lines_are_events(dialect):
    """EVENT_UNKNOWN carries the line; echo and known noise are none."""
    events = []
    modem, tape, clock, says = attached(dialect, on_event=lambda event, sock, value: events.append((event, value)))
    del events[:]
    tape.load([("!", line(b"+NEW: 1,2") + line(b"SMS DONE"))])
    settle(modem, tape)
    assert events == [(atsock.EVENT_UNKNOWN, b"+NEW: 1,2")], events
