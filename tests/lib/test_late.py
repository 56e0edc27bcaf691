"""A command that runs out of time: its late answer is never another command's, and its payload finds its link."""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of, new_modem, raises
from frames import DIALECTS, ERROR, OK, PULLED, SYNC, line, lines_of
from scenes import connect, connected, settle

_ETIMEDOUT = 110

LATE_LINES = (
    b"",
    line(b"+CGSN: 1") + OK,
    line(b"86") + OK,
    line(b"ERROR"),
    line(b"+CME ERROR: 100"),
    OK,
    line(b"SEND OK"),
)


def test_late_line_is_not_the_next_commands():
    """Whatever the late answer is, after the SYNC question each command gets its own."""
    for late in LATE_LINES:
        for cut in CUTS:
            with Case(late, cut):
                script = [
                    (">", b"AT+CGSN\r"),
                    ("~", 300),
                    (">", b"AT+CSQ\r"),
                    ("<", late),
                    ("<", line(b"+CSQ: 7,99") + OK),
                ]
                script += [
                    (">", b"AT+CGMM\r"),
                    ("<", line(b"BG96") + OK),
                    (">", b"AT+CSQ\r"),
                    ("<", line(b"+CSQ: 8,99") + OK),
                ]
                modem, tape, clock = new_modem("bg96", script, cut)
                raises(atsock.Timeout, modem.command, "AT+CGSN", None, 200)
                assert clock.now == 200
                assert modem.command("AT+CGMM") == [b"BG96"]
                assert clock.now < 1000, clock.now
                assert modem.command("AT+CSQ") == [b"+CSQ: 8,99"]
                settle(modem, tape)
                tape.done()


@cases("cut", CUTS)
def test_late_answer_of_the_sync_question_itself(cut):
    """The command that ran out of time was AT+CSQ: its answer is not taken for that of the SYNC question."""
    script = [
        (">", b"AT+CSQ\r"),
        ("~", 300),
        (">", b"AT+CSQ\r"),
        ("<", line(b"+CSQ: 1,99") + OK),
        ("~", 50),
        ("<", line(b"+CSQ: 2,99") + OK),
    ]
    script += [(">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)]
    modem, tape, clock = new_modem("bg96", script, cut)
    raises(atsock.Timeout, modem.command, "AT+CSQ", None, 200)
    assert modem.command("AT+CGMM") == [b"BG96"]
    tape.done()


def test_a_moment_of_silence_behind_the_sync_question():
    """What the module has to say at once behind its answer comes before the next command is sent."""
    script = [(">", b"AT+CGSN\r"), ("~", 300), (">", b"AT+CSQ\r"), ("<", line(b"86") + OK + line(b"+CSQ: 7,99") + OK)]
    script += [("~", 10), ("<", OK), (">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)]
    modem, tape, clock = new_modem("bg96", script)
    raises(atsock.Timeout, modem.command, "AT+CGSN", None, 200)
    assert modem.command("AT+CGMM") == [b"BG96"]
    tape.done()


def test_an_answer_that_is_cut_short_begins_no_other():
    """The OK behind +CSQ is lost: the OK of the next command is not taken for it."""
    script = [(">", b"AT+CGSN\r"), (">", b"AT+CSQ\r"), ("!", OK + line(b"+CSQ: 7,99"))]
    script += [(">", b"AT+CGMM\r"), ("!", ERROR), (">", b"AT+CSQ\r"), ("<", line(b"A7600") + OK)]
    script += [("<", line(b"+CSQ: 8,99") + OK)]
    modem, tape, clock = new_modem("a7600", script)
    raises(atsock.Timeout, modem.command, "AT+CGSN", None, 200)
    for _ in range(4):
        modem.poll(1000)
    assert modem.command("AT+CGMM") == [b"A7600"]
    tape.done()


@cases("cut", CUTS)
def test_answers_of_several_sync_questions(cut):
    """A module that slept through two questions answers all three lines at once: none is the next command's."""
    answers_late(cut, b"")


@cases("cut", CUTS)
def test_stray_result_between_two_late_answers(cut):
    """A caller hangs up behind the first one: that is not the end of the second one."""
    answers_late(cut, line(b"NO CARRIER"))


def answers_late(cut, between):
    """All three answers come at once, and this in between; the next command gets its own."""
    script = [(">", b"AT+CGSN\r"), (">", b"AT+CSQ\r"), (">", b"AT+CSQ\r"), ("~", 50), ("<", line(b"86") + OK)]
    script += [("<", line(b"+CSQ: 1,99") + OK + between), ("~", 50), ("<", line(b"+CSQ: 1,99") + OK)]
    script += [(">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)]
    modem, tape, clock = new_modem("bg96", script, cut)
    raises(atsock.Timeout, modem.command, "AT+CGSN", None, 200)
    assert modem.command("AT+CGMM") == [b"BG96"]
    tape.done()


@cases("cut", CUTS)
def test_late_answer_that_looks_like_the_sync_questions(cut):
    """AT+CSQ=? ran out of time: its answer has the same name, and that of the question is waited for."""
    script = [(">", b"AT+CSQ=?\r"), (">", b"AT+CSQ\r"), ("<", line(b"+CSQ: (0-31,99),(0-7,99)") + OK), ("~", 50)]
    script += [("<", line(b"+CSQ: 1,99") + OK), (">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)]
    modem, tape, clock = new_modem("bg96", script, cut)
    raises(atsock.Timeout, modem.command, "AT+CSQ=?", None, 200)
    assert modem.command("AT+CGMM") == [b"BG96"]
    tape.done()


def test_sync_question_that_is_refused():
    """A module that answers it by ERROR is there, all the same."""
    script = [(">", b"AT+CGSN\r"), (">", b"AT+CSQ\r"), ("<", ERROR), (">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)]
    modem, tape, clock = new_modem("bg96", script)
    raises(atsock.Timeout, modem.command, "AT+CGSN", None, 200)
    assert modem.command("AT+CGMM") == [b"BG96"]
    tape.done()


@cases("cut", CUTS)
def test_late_answer_to_the_question_about_an_error(cut):
    """ERROR, and the module sleeps: it answers both questions at once, and neither is the next command's answer."""
    answer = line(b"+CSQ: 1,99") + OK
    script = [(">", b"AT+CIPACK=5\r"), ("<", ERROR), (">", b"AT+CSQ\r"), (">", b"AT+CSQ\r")]
    script += [("<", answer), ("~", 50), ("<", answer), (">", b"AT+CGMM\r"), ("<", line(b"x") + OK)]
    modem, tape, clock = new_modem("a7600", script, cut)
    raises(atsock.CommandError, modem.command, "AT+CIPACK=5")
    assert modem.command("AT+CGMM") == [b"x"]
    tape.done()


@cases("dialect", ("a7600", "sim7028", "nl668", "l610"))
def test_late_line_that_ends_nothing(dialect):
    """The line behind the OK of a close comes while the module is asked: it is no answer, and it is asked again."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    command, (_, answer) = says.close(says.first)
    sync = line(b"+CSQ: 1,99") + OK
    late = [part for part in lines_of(answer) if part != OK]
    tape.load(
        [command, ("<", OK), (">", b"AT+CSQ\r"), ("!", b"".join(late)), (">", b"AT+CSQ\r"), ("<", sync), ("~", 50)]
        + [("<", sync), (">", b"AT+CGMM\r"), ("<", line(b"x") + OK)]
    )
    errno_of(socket.close)
    assert modem.command("AT+CGMM") == [b"x"]
    tape.done()


def test_silent_module_ends_in_timeouts():
    """A module that says nothing any more: each call ends in ETIMEDOUT, in bounded time, and is sent again when it is
    back."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda line: b""
    for attempt in range(3):
        before = clock.now
        raises(atsock.Timeout, modem.command, "AT+CGMM", None, 1000)
        assert clock.now - before <= 12_000, clock.now - before
    tape.auto = lambda text: line(b"+CSQ: 9,99") + OK if text == b"AT+CSQ" else line(b"BG96") + OK
    assert modem.command("AT+CGMM") == [b"BG96"]


@cases("dialect", ("bg96", "nl668"))
def test_sockets_without_a_timeout_of_a_silent_module(dialect):
    """Their calls end by the time of the command that would have to go out."""
    socket, modem, tape, clock, says = connected(dialect)
    tape.load(says.send("buffer", says.first, b"first"))
    assert socket.send(b"first") == 5
    tape.auto = lambda command: b""
    for call in (socket.recv, socket.recv_into, socket.recv):
        socket._link.rx_pending = 1
        start = clock.now
        assert errno_of(call, bytearray(3000) if call == socket.recv_into else 10) == _ETIMEDOUT
        assert clock.now - start < 140_000, clock.now - start
    assert modem._engine.unresponsive
    start = clock.now
    assert errno_of(socket.send, b"precious") == _ETIMEDOUT
    assert clock.now - start < 140_000, clock.now - start


def test_any_line_shows_that_the_module_is_there():
    """One that has answered nothing, and says something unasked: it is waited for as ever."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda command: b""
    for _ in range(2):
        raises(atsock.Timeout, modem.command, "AT+CGMM", None, 8000)
    assert modem._engine.unresponsive
    tape.input.append([0, "!", line(b"RING")])
    settle(modem, tape)
    assert not modem._engine.unresponsive


def test_each_command_is_followed_by_its_own_sync_questions():
    """Three of them, however many the one before has needed."""
    for answered in (1, 2, 3):
        with Case(answered):
            modem, tape, clock = new_modem("bg96")
            asked = []

            def answer(text, asked=asked, answered=answered):
                if text != b"AT+CSQ":
                    return b""
                asked.append(text)
                return line(b"+CSQ: 1,99") + OK if len(asked) == answered else b""

            tape.auto = answer
            for _ in range(2):
                raises(atsock.Timeout, modem.command, "AT+CGSN", None, 200)
                for _ in range(40):
                    modem.poll(500)
            assert len(asked) == answered + 3, len(asked)


@cases(("dialect", "access"), PULLED)
def test_abandoned_read_keeps_its_payload(dialect, access):
    """recv() that ran out of time: what comes later is in the next recv(), whether it comes before the deadline or
    after SYNC."""
    for cut in CUTS:
        for beyond in (False, True):
            with Case(dialect, access, cut, "after the deadline" if beyond else "before"):
                _abandoned_read(dialect, access, cut, beyond)


def _abandoned_read(dialect, access, cut, beyond):
    socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=1)
    link = says.first
    payload = b"late \r\nOK\r\n payload"
    script = [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access]))]
    if beyond:
        script += [("~", 1), (">", b"AT+CSQ\r")]
    else:
        script += [("~", 2000)]
    script.append(("<", says.answer(access, link, payload, 0)))
    if beyond:
        script.append(("<", line(b"+CSQ: 1,99") + OK))
    tape.load(script)
    assert errno_of(socket.recv, 100) == _ETIMEDOUT
    assert clock.now == 1000
    socket.settimeout(200)
    if beyond:  # the module has broken its own word: that read ends, and the next one finds the bytes
        assert errno_of(socket.recv, 100) == _ETIMEDOUT
        assert clock.now < 130_000
    data = b""
    while len(data) < len(payload):
        data += socket.recv(100)
    assert data == payload
    settle(modem, tape)
    tape.done()


@cases(("dialect", "access"), PULLED)
def test_abandoned_read_that_is_not_answered(dialect, access):
    """Nobody waits for it any more: a few seconds later the next command goes out."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=1)
    tape.load(
        [("!", says.notice(access, says.first)), (">", says.ask(access, says.first, says.most[access]))]
        + [(">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 1,99") + OK), (">", b"AT+CGMM\r"), ("<", line(b"x") + OK)]
    )
    assert errno_of(socket.recv_into, bytearray(says.most[access])) == _ETIMEDOUT
    assert modem.command("AT+CGMM", None, 60_000) == [b"x"]
    assert clock.now < 6000, clock.now
    tape.done()


@cases(("dialect", "access"), PULLED)
def test_module_that_hangs_in_a_read(dialect, access):
    """It answers all that it has heard at once, half a minute later: nobody gets what another socket was sent."""
    one, modem, tape, clock, says = connected(dialect, access, timeout=3)
    two = connect(modem, tape, says, says.first + 1, access=access)
    two.settimeout(3)
    waits = {says.first: b"for one", says.first + 1: b"for two"}
    tape.load([("!", b"".join([says.notice(access, link) for link in waits]))])
    settle(modem, tape)
    asks = {says.ask(access, link, says.most[access])[:-1]: link for link in waits}
    heard = []
    module = says.attach()
    module.state = module.active

    def answers(text):
        link = asks.get(text)
        if link is None:
            return module(text)
        data, waits[link] = waits[link], b""
        return says.answer(access, link, data, 0) if data else says.nothing(access, link)

    tape.auto = heard.append
    got = {one: b"", two: b""}
    while clock.now < 60_000:
        if clock.now > 30_000 and tape.auto != answers:
            tape.input += [[0, "!", answers(text)] for text in heard]
            tape.auto = answers
        for socket in (two, one) if clock.now else (one,):
            try:
                got[socket] += socket.recv(100)
            except OSError as error:
                assert error.errno == _ETIMEDOUT
    assert (got[one], got[two]) == (b"for one", b"for two")


@cases(("dialect", "access"), PULLED)
def test_read_of_a_module_that_hangs(dialect, access):
    """Nothing but the question goes out before it answers again: what it says then is for the read and the questions,
    and no other command's."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=1)
    answers = says.answer(access, says.first, b"late", 0) + 4 * (line(b"+CSQ: 1,99") + OK)
    tape.load(
        [("!", says.notice(access, says.first)), (">", says.ask(access, says.first, says.most[access]))]
        + [(">", b"AT+CSQ\r")] * 4
        + [("~", 5000), ("<", answers), (">", b"AT+CGMM\r"), ("<", line(b"x") + OK)]
    )
    assert errno_of(socket.recv_into, bytearray(says.most[access])) == _ETIMEDOUT
    assert modem.command("AT+CGMM", None, 60_000) == [b"x"]
    assert clock.now < 16_000, clock.now
    assert socket.recv(100) == b"late"
    tape.done()


@cases(("dialect", "access"), PULLED)
def test_direct_read_that_ran_out_of_time(dialect, access):
    """recv_into() of a large buffer gets its bytes directly; those that come after its timeout are not lost, however
    small the ring is."""
    for came, ring in ((0, 4096), (1, 4096), (5, 4096), (0, 4), (5, 4)):
        with Case(dialect, access, came, ring):
            _direct_read(dialect, access, came, ring)


def _direct_read(dialect, access, came, ring):
    socket, modem, tape, clock, says = connected(dialect, access, timeout=1)
    socket._link.size = ring
    link = says.first
    most = says.most[access]
    payload = b"0123456789"
    answer = says.answer(access, link, payload, 0)
    head = len(says.header(access, link, len(payload), 0)) + came * (2 if access == "hex" else 1)
    tape.load(
        [
            ("!", says.notice(access, link)),
            (">", says.ask(access, link, most)),
            ("<", answer[:head]),
            ("~", 2000),
            ("<", answer[head:]),
        ]
    )
    buf = bytearray(most)
    data = b""
    if came:
        n = socket.recv_into(buf)
        data = bytes(buf[:n])
        assert data == payload[:came]
    else:
        assert errno_of(socket.recv_into, buf) == _ETIMEDOUT
    assert clock.now == 1000
    buf[:] = b"-" * most
    while len(data) < len(payload):
        n = socket.recv_into(buf)
        data += bytes(buf[:n])
    assert data == payload
    settle(modem, tape)
    tape.done()


@cases("access", ("buffer", "push"))
@cases("dialect", DIALECTS)
def test_abandoned_send(dialect, access):
    """send() that ran out of time before the prompt: the module gets what it was promised, the link is dead."""
    for silence in (2000, 6000):
        with Case(silence):
            _abandoned_send(dialect, access, silence, True)


@cases("dialect", DIALECTS)
def test_abandoned_send_without_a_result(dialect):
    """The prompt comes late and the result not at all: the next command goes out a few seconds later."""
    socket, modem, tape, clock = _abandoned_send(dialect, "buffer", 2000, False)
    before = clock.now
    tape.after = lambda text: line(b"+CSQ: 1,99") + OK if text == b"AT+CSQ" else line(b"x") + OK
    assert modem.command("AT+CGMM", None, 60_000) == [b"x"]
    assert clock.now - before < 5000, clock.now - before


def _abandoned_send(dialect, access, silence, has_result):
    socket, modem, tape, clock, says = connected(dialect, access, timeout=1)
    (_, command), (_, prompt), (_, payload), (_, result) = says.send(access, says.first, b"precious")
    tape.load([(">", command), ("~", silence), ("<", prompt), (">", payload), ("<", result if has_result else b"")])
    assert errno_of(socket.send, payload) == _ETIMEDOUT
    assert clock.now == 1000
    modem.poll(silence - 500)
    settle(modem, tape)
    modem.poll(1)
    tape.done()
    assert (socket._link.errno, socket._link.code) == (104, 0)
    socket.settimeout(5)
    if has_result:
        assert errno_of(socket.send, b"more") in (104, 110)
        tape.done()
    return socket, modem, tape, clock


@cases("access", ("buffer", "push", "hex"))
@cases("dialect", DIALECTS)
def test_late_result_of_a_send(dialect, access):
    """send() that ran out of time behind its payload: the late result is not the next send's."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=1)
    script = says.send(access, says.first, b"precious")
    tape.load(script[:-1] + [("~", 2000)] + script[-1:] + says.send(access, says.first, b"more"))
    assert errno_of(socket.send, b"precious") == _ETIMEDOUT
    assert socket._link.tx.buf is None  # the program's again
    socket.settimeout(60)
    try:
        assert socket.send(b"more") == 4
        tape.done()
    except OSError as error:  # a driver may as well give the connection up
        assert error.args[0] in (104, 110), error


@cases("access", ("buffer", "hex"))
@cases("dialect", ("bg96", "a7600", "nl668"))
def test_late_result_behind_a_block_that_was_told(dialect, access):
    """send() that returned the count of its first block: the next call tells that the second one may have gone out,
    too, or a program would send it twice."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=1)
    first = b"a" * socket._table[1]
    script = says.send(access, says.first, b"rest")
    tape.load(says.send(access, says.first, first) + script[:-1] + [("~", 2000)] + script[-1:])
    assert socket.send(first + b"rest") == len(first)
    socket.settimeout(60)
    assert errno_of(socket.send, b"rest") == _ETIMEDOUT
    tape.load(says.send(access, says.first, b"more"))
    assert socket.send(b"more") == 4  # it has been told
    tape.done()


@cases("dialect", DIALECTS)
def test_close_behind_an_unanswered_send(dialect):
    """close() does not wait for the deadline of a send() that ran out of time: it goes out behind the late result."""
    for timeout in (1, 60):
        with Case(dialect, timeout):
            socket, modem, tape, clock, says = connected(dialect, timeout=1)
            script = says.send("buffer", says.first, b"precious")
            tape.load(script[:-1] + [("~", 3000)] + script[-1:] + says.close(says.first))
            assert errno_of(socket.send, b"precious") == _ETIMEDOUT
            before = clock.now
            socket.settimeout(timeout)
            socket.close()
            assert clock.now - before <= 2000
            for _ in range(20):
                modem.poll(1000)
            settle(modem, tape)
            tape.done()
            assert modem._engine.link(says.first).state == 0


@cases("dialect", DIALECTS)
def test_payload_ended_by_the_module(dialect):
    """The line stands still in the middle of a payload, and the module goes on without the rest (SENDTIME): the
    connection has
    a hole and is dead, the next command is whole."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    script = says.send("buffer", says.first, b"precious")
    tape.load(
        script[:2]
        + [(">", b"prec"), ("~", 12_000)]
        + script[-1:]
        + (says.why() if dialect == "bg96" else [])
        + says.close(says.first)
    )
    write = tape.write
    tape.write = lambda buf, at, n: (
        write(buf, at, min(n, 4))
        if bytes(buf[at : at + 8]) == b"precious"
        else 0
        if bytes(buf[at : at + n]) == b"ious"
        else write(buf, at, n)
    )
    error = raises(OSError, socket.send, b"precious")
    assert error.args[0] == 104, error
    if dialect == "bg96":
        settle(modem, tape)
    socket.close()
    tape.done()


def test_data_that_come_when_nobody_asks_for_them():
    """BG96's answer to a read names no connection.  When it comes after the module has answered something else, the
    data may be those of the last read that was not answered: there is a gap in that stream."""
    socket, modem, tape, clock, says = connected("bg96", timeout=2)
    ask = says.ask("buffer", 0, says.most["buffer"])
    late = [("!", says.answer("buffer", 0, b"late", 0))]
    tape.load([("!", says.notice("buffer", 0)), (">", ask)] + SYNC + late)
    assert errno_of(socket.recv, 9) == 110
    modem.poll(9000)
    settle(modem, tape)
    tape.done()
    tape.load([("!", says.notice("buffer", 0)), (">", ask), ("<", says.answer("buffer", 0, b"more", 0))])
    tape.after = lambda command: says.nothing("buffer", 0)
    socket.settimeout(20)
    assert errno_of(socket.recv, 9) == 104
