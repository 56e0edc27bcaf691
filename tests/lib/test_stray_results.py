"""Final result codes that are nobody's answer: a second ERROR, a stray OK, NO CARRIER of a missed call, half a line."""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of, new_modem, raises
from frames import DIALECTS, ERROR, OK, PULLED, SYNC, line, pulls, speech
from scenes import attached, connected, settle

NO_CARRIER = line(b"NO CARRIER")
PROMPTED = ("bg96", "a7600", "nl668")


@cases("cut", CUTS)
def test_stray_error_before_the_answer(cut):
    """One ERROR too many: the module is asked, its own answer comes first, and the next command gets its own."""
    for stray in (ERROR, ERROR + ERROR):
        script = [(">", b"AT+CGMM\r"), ("!", stray), (">", b"AT+CSQ\r"), ("<", line(b"A7600") + OK), ("<", SYNC[1][1])]
        script += [(">", b"AT+CGSN\r"), ("<", line(b"86") + OK)]
        modem, tape, clock = new_modem("a7600", script, cut)
        assert modem.command("AT+CGMM") == [b"A7600"]
        assert modem.command("AT+CGSN") == [b"86"]
        tape.done()


def test_pause_before_the_question():
    """Behind an ERROR nothing is sent for 20 ms: the module's URCs come out first."""
    wrote = []
    script = [(">", b"AT+CGMM\r"), ("!", ERROR), (">", b"AT+CSQ\r"), ("<", SYNC[1][1])]
    modem, tape, clock = new_modem("a7600", script)
    write = tape.write

    def noting(buf, at, n):
        wrote.append(clock.now)
        return write(buf, at, n)

    tape.write = noting
    raises(atsock.CommandError, modem.command, "AT+CGMM")
    assert wrote[1] - wrote[0] >= 20, wrote


def test_error_before_the_command_is_out():
    """The port has taken half of its line: an ERROR is not its answer, and nobody is asked."""
    script = [(">", b"AT+C"), ("!", ERROR), (">", b"GMM\r"), ("<", line(b"A7600") + OK)]
    modem, tape, clock = new_modem("a7600", script)
    write = tape.write
    tape.write = lambda buf, at, n: 0 if tape.any() else write(buf, at, min(n, 4))
    assert modem.command("AT+CGMM") == [b"A7600"]
    tape.done()


def test_error_of_the_question_itself():
    """It is not asked once more.  A command that is as long, or begins as it does, is."""
    modem, tape, clock = new_modem("a7600", [(">", b"AT+CSQ\r"), ("<", ERROR)])
    raises(atsock.CommandError, modem.command, "AT+CSQ")
    tape.done()
    for text in (b"AT+CMD", b"AT+CSQX"):
        script = [(">", text + b"\r"), ("!", ERROR), (">", b"AT+CSQ\r"), ("<", line(b"x") + OK), ("<", SYNC[1][1])]
        modem, tape, clock = new_modem("a7600", script)
        assert modem.command(text.decode()) == [b"x"]
        tape.done()


@cases("dialect", ("a7600", "sim7028"))
def test_stray_error_behind_the_payload(dialect):
    """What the module says of the payload counts, although it is asked by then."""
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    send = says.send("buffer", says.first, b"hello")
    tape.load(send[:-1] + [("!", ERROR), (">", b"AT+CSQ\r"), send[-1], ("<", SYNC[1][1])])
    assert socket.send(b"hello") == 5
    tape.done()


@cases("dialect", PROMPTED)
def test_error_within_the_payload(dialect):
    """The port stands still in the middle of it, and the module has given up: that is an answer."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    send = says.send("buffer", says.first, b"precious")
    tape.load(send[:2] + [(">", b"prec"), ("!", line(b"+CME ERROR: 3"))])
    tape.after = lambda text: line(b"x") + OK
    write = tape.write
    tape.write = lambda buf, at, n: 0 if bytes(buf[at : at + n]) == b"ious" else write(buf, at, min(n, 4))
    raises(OSError, socket.send, b"precious")
    assert clock.now < 3000, clock.now


@cases("cut", CUTS)
def test_error_twice(cut):
    """+CIPERROR and two ERROR: the second one is not the next command's, which has its answer."""
    script = [(">", b"AT+X\r"), ("<", line(b"+CIPERROR: 4") + ERROR)]
    script += [(">", b"AT+CGMM\r"), ("!", ERROR), (">", b"AT+CSQ\r"), ("<", line(b"A7600") + OK), ("<", SYNC[1][1])]
    modem, tape, clock = new_modem("a7600", script, cut)
    error = raises(atsock.CommandError, modem.command, "AT+X")
    assert error.code == 4
    assert modem.command("AT+CGMM") == [b"A7600"]
    tape.done()


@cases("dialect", PROMPTED)
def test_result_that_waits_before_the_command(dialect):
    """It has come before the command, the payload or the read is sent: it is taken in first, and answers nothing."""
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    link = says.first
    for stray in (OK, ERROR, line(b"+CME ERROR: 100"), line(b"SEND FAIL")):
        with Case(stray):
            tape.load([("<", stray), (">", b"AT+CSQ\r"), SYNC[1]])
            assert modem.command("AT+CSQ", "+CSQ:") == [b"+CSQ: 20,99"]
            tape.load([("<", stray)] + says.send("buffer", link, b"hello"))
            assert socket.send(b"hello") == 5
            tape.load([("!", says.notice("buffer", link))])
            settle(modem, tape)
            answer = says.answer("buffer", link, b"data", 0)
            tape.load([("<", stray), (">", says.ask("buffer", link, says.most["buffer"])), ("<", answer)])
            assert socket.recv(10) == b"data"
            tape.done()


def test_result_before_the_prompt():
    """Of an earlier send: it is no word about a payload that the module has not asked for yet, neither good nor bad."""
    for stray in (b"SEND OK", b"SEND FAIL"):
        for result in (b"SEND OK", b"SEND FAIL"):
            with Case(stray, result):
                socket, modem, tape, clock, says = connected("bg96", timeout=5)
                first = says.send("buffer", says.first, b"hello")
                script = first[:1] + [("!", line(stray))] + first[1:-1] + [("<", line(result))]
                tape.load(script + (first if result == b"SEND FAIL" else []))
                assert socket.send(b"hello") == 5
                tape.done()


@cases(("dialect", "access"), PULLED)
def test_stray_ok_to_a_read(dialect, access):
    """OK without data: the module is asked, and the data that comes meanwhile is the reader's."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    link = says.first
    tape.load([
        ("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("!", OK),
        (">", b"AT+CSQ\r"), ("<", says.answer(access, link, b"data", 0)), ("<", SYNC[1][1]),
    ])  # fmt: skip
    assert socket.recv(10) == b"data"
    settle(modem, tape)
    tape.done()


@cases("access", ("buffer", "push", "hex"))
@cases("dialect", DIALECTS)
def test_missed_call(dialect, access):
    """RING, and NO CARRIER on a line of its own when the caller hangs up: neither ends a send or a read."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    send = says.send(access, says.first, b"hello")
    tape.load([("!", line(b"RING"))] + send[:1] + [("!", NO_CARRIER)] + send[1:])
    assert socket.send(b"hello") == 5
    if pulls(dialect, access):
        answer = says.answer(access, says.first, b"data", 0)
        tape.load([
            ("!", says.notice(access, says.first)), (">", says.ask(access, says.first, says.most[access])),
            ("!", NO_CARRIER), ("<", answer),
        ])  # fmt: skip
        assert socket.recv(10) == b"data"
    settle(modem, tape)
    tape.done()


@cases("dialect", PROMPTED)
def test_stray_error_before_the_prompt(dialect):
    """Nothing is written while a prompt may still come; when it comes, the payload goes out and is counted."""
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    send = says.send("buffer", says.first, b"hello")
    tape.load(send[:1] + [("!", ERROR), ("~", 300)] + send[1:])
    assert socket.send(b"hello") == 5
    settle(modem, tape)
    tape.done()


@cases("dialect", ("a7600", "sim7028", "nl668", "l610"))
def test_prompt_behind_the_question(dialect):
    """It comes too late: the module has taken the question for payload, and no second one is written behind it."""
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    send = says.send("buffer", says.first, b"hello")
    tape.load(send[:1] + [("!", ERROR), (">", b"AT+CSQ\r"), ("<", says.prompt), ("~", 500), ("!", SYNC[1][1])])
    errno_of(socket.send, b"hello")
    settle(modem, tape)
    tape.done()


def test_error_instead_of_the_prompt():
    """Behind another one that was settled: the module is asked when a prompt could have come, and nothing else."""
    socket, modem, tape, clock, says = connected("a7600", timeout=60)
    tape.load([(">", b"AT+X\r"), ("<", ERROR)] + SYNC)
    raises(atsock.CommandError, modem.command, "AT+X")
    before = clock.now
    tape.load(says.send("buffer", says.first, b"hello")[:1] + [("<", ERROR)] + SYNC)
    raises(OSError, socket.send, b"hello")
    assert clock.now - before < 3000, clock.now - before
    tape.done()


@cases("dialect", PROMPTED)
def test_prompt_behind_a_refusal(dialect):
    """Nobody waits for it any more: nothing is written."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    tape.load(says.send("buffer", says.first, b"hello")[:1] + [("<", line(b"+CME ERROR: 3")), ("!", says.prompt)])
    raises(OSError, socket.send, b"hello")
    settle(modem, tape)
    tape.done()
    tape.load([("!", line(b"+CREG: 1")), (">", b"AT+CGMM\r"), ("<", line(b"x") + OK)])
    assert modem.command("AT+CGMM") == [b"x"]


@cases("dialect", PROMPTED)
def test_prompt_when_nobody_waits_any_more(dialect):
    """It comes when the send has been given up and the module asked: nothing is written."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    send = says.send("buffer", says.first, b"hello")
    filler = [("!", OK + OK)] if dialect in ("nl668", "l610") else [(">", b"hello"), ("<", send[-1][1])]
    tape.load(send[:1] + [("~", 14_000)] + filler + SYNC + [("~", 1000), ("!", says.prompt)])
    assert errno_of(socket.send, b"hello") == 110
    while clock.now < 40_000:
        modem.poll(500)
    tape.done()


@cases("dialect", PROMPTED)
def test_lost_prompt(dialect):
    """The '>' is lost: the module gets what it waits for, and no command is typed into the connection.

    What it would obey if it waited for nothing is not sent, zeros are.  Fibocom's module may have ended the input by
    then.
    """
    for payload, ended in ((b"hello", False), (b"+at+cfun=0\r", False), (b"hello", dialect == "nl668")):
        socket, modem, tape, clock, says = connected(dialect, timeout=5)
        send = says.send("buffer", says.first, payload)
        result = send[-1][1]
        filler = [(">", payload if payload == b"hello" else b"\0" * len(payload)), ("~", 500), ("<", result)]
        if ended:
            filler = [("!", OK + line(b"+MIPSEND: 1,2,2048") + OK)]
        start = clock.now
        tape.load(send[:1] + [("~", 14_000)] + filler + SYNC + says.close(says.first))
        assert errno_of(socket.send, payload) == 110
        assert clock.now - start == 5000
        socket.settimeout(60)
        socket.close()
        for _ in range(40):
            modem.poll(500)
        assert clock.now - start < 30_000, clock.now - start
        tape.done()


@cases("cut", CUTS)
def test_half_a_line_before_the_command(cut):
    """A line that had begun before the command was sent is none of its answer, whatever it says."""
    script = [("!", b"\r\nERR"), (">", b"AT+CGMM\r"), ("!", b"OR\r\n"), ("<", line(b"A7600") + OK)]
    modem, tape, clock = new_modem("a7600", script, cut)
    modem.poll()
    while tape.any():
        modem.poll()
    assert modem.command("AT+CGMM") == [b"A7600"]
    tape.done()


@cases("dialect", ("bg96", "a7600", "nl668"))
def test_read_that_is_answered_by_ok_alone(dialect):
    """Behind the end of the connection: nothing is left, and it is not asked for over and over."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    ask = says.ask("buffer", says.first, says.most["buffer"])
    tape.load([("!", says.closed(says.first)), (">", ask), ("<", OK)] + SYNC)
    assert socket.recv(10) == b""
    tape.done()


def test_code_without_its_error():
    """+CIPERROR: 4, and the ERROR behind it is lost: seconds, not the command's two minutes."""
    socket, modem, tape, clock, says = connected("a7600", timeout=None)
    send = says.send("buffer", 0, b"hello")
    start = clock.now
    tape.load(send[:1] + [("!", line(b"+CIPERROR: 4")), ("~", 3000), (">", b"hello")] + SYNC)
    raises(OSError, socket.send, b"hello")
    assert clock.now - start < 10_000, clock.now - start


def test_code_without_its_error_is_the_reason():
    """The refusal that the code tells is raised, no Timeout."""
    modem, tape, clock, says = attached("a7600")
    start = clock.now
    tape.load([(">", b"AT+CIPACK=5\r"), ("<", line(b"+CIPERROR: 4"))] + SYNC)
    error = raises(atsock.CommandError, modem.command, "AT+CIPACK=5", None, 120_000)
    assert error.code == 4 and clock.now - start < 10_000, (error.code, clock.now - start)


@cases("dialect", ("nl668", "l610"))
def test_one_ok_behind_a_send(dialect):
    """Older Fibocom firmware: one OK, the status before or behind it; a send takes no seconds for the second one."""
    for result in (
        OK + line(b"+MIPPUSH: 1,0,5"),
        line(b"+MIPPUSH: 1,0") + OK,
        line(b"+MIPSEND: 1,0,2048") + OK,
    ):
        socket, modem, tape, clock, says = connected(dialect, timeout=60)
        send = says.send("buffer", 1, b"hello")
        start = clock.now
        tape.load(send[:-1] + [("<", result)] + send[:-1] + [("<", result)])
        assert socket.send(b"hello") == 5
        assert socket.send(b"hello") == 5
        assert clock.now - start < 3000, (result, clock.now - start)


@cases("dialect", DIALECTS)
def test_port_that_takes_nothing(dialect):
    """A hung module holds CTS: every call ends in its time, none spins."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    tape.write = lambda buf, start=0, n=-1: None
    start = clock.now
    assert errno_of(socket.send, b"hello") == 110
    assert clock.now - start == 5000
    start = clock.now
    assert errno_of(modem.command, "AT+CGMM", None, 3000) == 110
    assert clock.now - start <= 3100
    start = clock.now
    socket.settimeout(5)
    try:
        socket.close()
    except OSError as error:
        assert error.args[0] == 110, error
    assert clock.now - start <= modem._session.table.CLOSE[1] + 100


@cases("prompt", (b"\r\n> ", b"\r\n>", b"> "), ids=("line", "bare", "short"))
@cases("dialect", DIALECTS)
def test_prompt_that_nobody_has_a_text_for(dialect, prompt):
    """AT+CMGS by command(): when its time is over the text is cancelled (27.005 3.5.1), and nothing typed into it."""
    modem, tape, clock, says = attached(dialect)
    script = [(">", b'AT+CMGS="0"\r'), ("<", prompt), (">", b"\x1b"), ("<", OK)] + SYNC
    tape.load(script + [(">", b"AT+CGMM\r"), ("<", line(b"x") + OK)])
    start = clock.now
    assert errno_of(modem.command, 'AT+CMGS="0"', None, 5000) == 110
    assert modem.command("AT+CGMM") == [b"x"]
    assert clock.now - start < 8000, clock.now - start
    tape.done()


@cases("cut", CUTS)
def test_stray_result_before_the_answer_to_the_question(cut):
    """AT+CSQ asked by the program: nothing else can make sure of its result, so its own line is waited for."""
    for stray in (OK, ERROR, ERROR + ERROR):
        for prefix in (None, "+CSQ:"):
            with Case(stray, prefix):
                script = [(">", b"AT+CSQ\r"), ("<", stray), ("~", 900), ("<", line(b"+CSQ: 9,99") + OK)]
                script += [(">", b"AT+CGMM\r"), ("<", line(b"A7600") + OK)]
                modem, tape, clock = new_modem("a7600", script, cut)
                assert modem.command("AT+CSQ", prefix) == [b"+CSQ: 9,99"]
                assert modem.command("AT+CGMM") == [b"A7600"]
                tape.done()


def test_ok_alone_to_the_question():
    """Its line has got lost: two seconds, and what is asked next gets its own answer."""
    modem, tape, clock = new_modem(
        "a7600", [(">", b"AT+CSQ\r"), ("<", OK), (">", b"AT+CGMM\r"), ("<", line(b"x") + OK)]
    )
    assert modem.command("AT+CSQ") == []
    assert clock.now <= 2100
    assert modem.command("AT+CGMM") == [b"x"]
    tape.done()


@cases("dialect", ("a7600", "sim7028"))
def test_stray_ok_long_before_the_prompt(dialect):
    """No payload has been asked for yet: it is no part of the answer, and the prompt has all of its time."""
    script = speech(dialect).send("buffer", 0, b"hello")
    script[1:2] = [("<", OK), ("~", 1500), ("<", b"\r\n>")]
    socket, modem, tape, clock, says = connected(dialect, script=script, timeout=10)
    assert socket.send(b"hello") == 5
    tape.done()


@cases("cut", CUTS)
def test_stray_error_while_a_slow_line_brings_the_confirmation(cut):
    """Fibocom: the first of the two OKs comes soon behind the payload, however the ERROR before it was made sure of."""
    for dialect in ("nl668", "l610"):
        with Case(dialect):
            says = speech(dialect)
            script = [(">", b"AT+MIPSEND=1,5\r"), ("<", says.prompt), (">", b"hello"), ("!", ERROR), ("~", 10)]
            script += [("!", OK), ("~", 15), (">", b"AT+CSQ\r"), ("!", says.result("buffer", 1, 5)[len(OK) :])]
            script += [("<", SYNC[1][1])] + says.send("buffer", 1, b"world")
            socket, modem, tape, clock, says = connected(dialect, script=script, cut=cut, timeout=10)
            assert socket.send(b"hello") == 5
            assert socket.send(b"world") == 5
            tape.done()


def test_refusal_in_one_breath_with_the_prompt():
    """BG96: SEND FAIL is about a payload, and this one has not gone out yet: it goes out once."""
    script = [
        (">", b"AT+QISEND=0,5\r"),
        ("<", b"\r\n> " + line(b"SEND FAIL")),
        (">", b"hello"),
        ("<", line(b"SEND OK")),
    ]
    socket, modem, tape, clock, says = connected("bg96", script=script, timeout=10)
    assert socket.send(b"hello") == 5
    tape.done()


@cases("dialect", ("a7600", "sim7028"))
def test_code_in_one_breath_with_the_prompt(dialect):
    """The module has refused it and waits for no payload: nothing is typed, the next command is its own."""
    script = [(">", b"AT+CIPSEND=0,5\r"), ("<", b"\r\n>" + line(b"+CIPERROR: 4") + ERROR)]
    script += [(">", b"AT+CGMM\r"), ("<", line(b"x") + OK)]
    socket, modem, tape, clock, says = connected(dialect, script=script, timeout=10)
    assert errno_of(socket.send, b"hello") == 104
    assert modem.command("AT+CGMM") == [b"x"]
    tape.done()


@cases("dialect", DIALECTS)
def test_stray_error_in_one_breath_with_the_prompt(dialect):
    """The payload goes out slowly, and the module counts it: what makes sure of the result follows all of it."""
    payload = bytes([65 + i % 23 for i in range(400)])
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    tape.behave(refuse=3, take=1)
    (_, command), (_, prompt), _, (_, result) = says.send("buffer", says.first, payload)
    asked = SYNC
    if dialect == "bg96":
        asked = [(">", b"AT+QIGETERROR\r"), ("<", line(b"+QIGETERROR: 0,operate successfully") + OK)]
    script = [(">", command), ("<", prompt + ERROR), (">", payload), ("!", result)] + asked
    tape.load(script + says.send("buffer", says.first, b"more"))
    assert socket.send(payload) == len(payload)
    assert socket.send(b"more") == 4
    tape.done()
