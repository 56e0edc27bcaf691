"""Payload that is not what its header says: more than can be, cut by a restart, with pauses in it."""

import atsock
from cases import cases
from fakes import Case, errno_of, raises
from frames import DIALECTS, MODES, OK, PULLED, SYNC, digits, line, read_script, speech
from scenes import answers, attached, connect, connected, recv_exactly, settle
from test_datagrams import reception

OPEN, DEAD = 2, 5  # Link.state
BOOT = {"bg96": b"RDY", "a7600": b"*ATREADY: 1", "sim7028": b"*ATREADY: 1"}


@cases(("dialect", "access"), [case for case in PULLED if case[1] == "buffer"])
def test_header_that_is_damaged(dialect, access):
    """A digit too many, or its LF lost and the payload's first line with it: the module's own words are not handed out,
    the socket says so, the next command works."""
    for good, bad in ((b"380", b"9380"), (b"\r\nx", b"\rx")):
        with Case(good):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
            link = says.first
            answer = says.answer(access, link, b"x" * 380, 0).replace(good, bad, 1)
            start = clock.now
            tape.load(
                [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", answer)]
                + SYNC
                + [(">", b"AT+CGMM\r"), ("<", line(b"x") + OK)]
            )
            assert errno_of(socket.recv, 500) == 104
            assert modem.command("AT+CGMM") == [b"x"]
            assert clock.now - start < 3000, clock.now - start
            settle(modem, tape)
            tape.done()


def test_header_of_a_push_without_its_lf():
    """What comes next is no payload of it."""
    socket, modem, tape, clock, says = connected("bg96", "push", timeout=20)
    push = says.push("push", says.first, b"x" * 20)
    tape.load([("!", push.replace(b"\r\nx", b"\rx", 1))] + SYNC + SYNC)
    assert errno_of(socket.recv, 500) == 104
    assert modem.signal()[0] == -73
    settle(modem, tape)
    tape.done()


@cases("what", ("length", "loss", "notice"))
@cases(("dialect", "access"), [case for case in PULLED if case[1] == "buffer"])
def test_payload_that_is_shorter_than_its_header_says(dialect, access, what):
    """A digit has become another, or bytes got lost: OK comes where payload is due, maybe a notice, and then nothing.
    None of it is handed out, neither when the time is over nor later; then the socket says that something is lost."""
    for into in (False, True):  # the ring, the caller's buffer
        with Case(into):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=1)
            link = says.first
            answer = says.answer(access, link, b"x" * 380, 0)
            answer = answer.replace(b"x" * 20, b"", 1) if what == "loss" else answer.replace(b"380", b"980", 1)
            if what == "notice":
                answer += line(b"RING")
            tape.load(
                [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", answer)]
            )
            buf = bytearray(3000)
            receive = (lambda: socket.recv_into(buf)) if into else (lambda: socket.recv(500))
            assert errno_of(receive) == 110
            tape.after = lambda command: SYNC[1][1]
            socket.settimeout(20)
            start = clock.now
            assert errno_of(receive) == 104
            assert clock.now - start < 5000, clock.now - start
            assert modem.signal()[0] == -73


@cases("into", (False, True), ids=("ring", "buffer"))
@cases(("dialect", "access"), [case for case in PULLED if case[1] == "buffer"])
def test_payload_that_pauses_behind_ok(dialect, access, into):
    """It is the peer's: it goes on, and all of it is handed out."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    link = says.first
    payload = b"200\r\n\r\nOK\r\n" + b"x" * 300
    answer = says.answer(access, link, payload, 0)
    cut = answer.find(b"xxx")
    tape.load(
        [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", answer[:cut])]
        + [("~", 1000), ("<", answer[cut:])]
    )
    buf = bytearray(3000)
    if into:
        assert bytes(buf[: socket.recv_into(buf)]) == payload
    else:
        assert recv_exactly(socket, len(payload)) == payload
    tape.done()


@cases("dialect", DIALECTS)
def test_a_push_that_is_shorter_than_its_header_says(dialect):
    """What the module says behind it, a notice, is not handed out with it."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=20)
    push = says.push("push", says.first, b"x" * 80).replace(b"80", b"98", 1)
    tape.load([("!", push + line(b"RING"))])
    tape.after = lambda command: SYNC[1][1]
    assert errno_of(socket.recv, 500) == 104
    assert modem.signal()[0] == -73


COUNTED = [mode for mode in MODES if mode not in (("nl668", "hex"), ("l610", "hex"))]  # those tell what is left


def _damaged(dialect, access, number, receive, options):
    """(socket, modem, tape, clock, speech, what on_event hears) before data whose length has become `number`."""
    heard = []
    modem, tape, clock, says = attached(dialect, access, on_event=lambda event, sock, value: heard.append(event))
    socket = connect(modem, tape, says, 3, **options)
    script = receive(says, dialect, access, b"x" * 380)
    assert b"380" in script[-1][1]
    script[-1] = (script[-1][0], script[-1][1].replace(b"380", number, 1))
    del heard[:]
    tape.load(script)
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else says.nothing(access, says.first)
    return socket, modem, tape, clock, says, heard


@cases("number", (b"x80", b"x", b"-5", b"\0", b"7 380"), ids=("digit", "all", "sign", "nul", "two"))
@cases(("dialect", "access"), COUNTED)
def test_a_length_that_is_no_number(dialect, access, number):
    """The stream has a hole where that payload belongs: its socket fails, and no line is made of it."""

    def receive(says, dialect, access, payload):
        return read_script(says, dialect, access, says.first, payload)

    socket, modem, tape, clock, says, heard = _damaged(dialect, access, number, receive, {})
    assert errno_of(socket.recv, 500) == 104
    assert socket._link.state == DEAD
    tape.auto = lambda command: OK
    modem.command("AT+X")
    assert set(heard) <= {atsock.EVENT_DATA, atsock.EVENT_OVERFLOW}
    assert heard.count(atsock.EVENT_OVERFLOW) == 1
    assert clock.now < 4000, clock.now


@cases("number", (b"x80", b"9380"))
@cases(("dialect", "access"), COUNTED)
def test_a_datagram_of_a_length_that_cannot_be(dialect, access, number):
    """One is lost and counted, the socket receives the next one."""
    options = {"type": atsock.SOCK_DGRAM}
    socket, modem, tape, clock, says, heard = _damaged(dialect, access, number, reception, options)
    assert errno_of(socket.recv, 500) == 110
    assert (socket.lost, heard.count(atsock.EVENT_OVERFLOW), socket._link.state) == (1, 1, OPEN)
    tape.auto = None
    tape.load(reception(says, dialect, access, b"hello"))
    assert socket.recv(500) == b"hello"
    assert set(heard) == {atsock.EVENT_DATA, atsock.EVENT_OVERFLOW}


@cases(("dialect", "access"), COUNTED)
def test_a_datagram_whose_header_has_lost_its_lf(dialect, access):
    """Nobody knows where it ends: it is lost and counted, be it the first one or not, and the next one comes whole."""
    for received in (0, 1):
        modem, tape, clock, says = attached(dialect, access)
        socket = connect(modem, tape, says, 3, type=atsock.SOCK_DGRAM)
        for _ in range(received):
            tape.load(reception(says, dialect, access, b"hello"))
            assert socket.recv(500) == b"hello"
        script = reception(says, dialect, access, b"x" * 38)
        kind, data = script[-1]
        start = data.find(b"78" if access == "hex" else b"xx")
        if data[start - 1] != 10:  # payload on the line of its header
            return
        script[-1] = (kind, data[: start - 1] + b"\xf5" + data[start:])
        tape.load(script + [("!", line(b"+CREG: 1"))])  # some put nothing behind payload
        tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else says.nothing(access, says.first)
        assert errno_of(socket.recv, 500) == 110
        assert (socket.lost, socket._link.state) == (1, OPEN)
        tape.auto = None
        tape.load(reception(says, dialect, access, b"again"))
        assert socket.recv(500) == b"again"


@cases("text", (b"x", b"tail", b"7 of 9;"))
@cases(("dialect", "access"), COUNTED)
def test_text_behind_a_length(dialect, access, text):
    """The end of the header has got lost, and payload with it: what comes is not handed out for it."""
    script = read_script(speech(dialect), dialect, access, speech(dialect).first, b"x" * 38)
    kind, data = script[-1]
    start = data.find(b"78" if access == "hex" else b"xx")
    if data[start - 1] != 10:  # payload on the line of its header
        return
    script[-1] = (kind, data[: start - 2] + text + data[start + 8 :])
    socket, modem, tape, clock, says = connected(dialect, access, script + [("!", line(b"+CREG: 1"))], timeout=20)
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else says.nothing(access, says.first)
    assert errno_of(socket.recv, 500) == 104
    assert socket._link.state == DEAD


@cases("dialect", ("nl668", "l610"))
def test_digits_that_are_all_missing(dialect):
    """A push of nothing is none."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=3)
    tape.load([("!", line(b"+MIPRTCP: 1,0,"))])
    assert errno_of(socket.recv, 9) == 104


@cases("dialect", ("nl668", "l610"))
def test_what_is_left_is_no_number(dialect):
    """Digits end with their line, however many they are said to be: the data are whole."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=3)
    tape.load([("!", says.push("hex", 1, b"hello").replace(b"1,0,", b"1,x,"))])
    assert socket.recv(9) == b"hello"


@cases(("dialect", "access"), PULLED)
def test_answer_without_its_header(dialect, access):
    """A read that is answered by OK alone: payload has got lost where a notice had told of it, or where the header is
    there but damaged; else there was nothing."""
    for notice, header, errno in ((True, b"", 104), (False, b"\r\n+Q\xffRD: 5\r\nabcde\r\n", 104), (False, b"", 110)):
        with Case(notice, header):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
            link = says.first
            if not notice:
                socket._link.rx_pending = 1
            told = [("!", says.notice(access, link))] if notice else []
            tape.load(told + [(">", says.ask(access, link, says.most[access])), ("<", header + OK)] + SYNC)
            assert errno_of(socket.recv, 500) == errno
            assert modem._engine.link(link).state == (5 if errno == 104 else OPEN)
            tape.done()


@cases(("dialect", "access"), PULLED)
def test_answer_that_got_lost_as_a_whole(dialect, access):
    """A notice told of data, the read that asked for them is not answered, the next one finds none: the socket fails.
    It does not where the read had never arrived, nor where no notice had come."""
    for notice, later, errno in ((True, b"", 104), (True, b"hello", None), (False, b"", 110)):
        with Case(notice, later):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=30)
            link = says.first
            reads = []
            if not notice:
                socket._link.rx_pending = 1

            def answer(command):
                if command + b"\r" != says.ask(access, link, says.most[access]):
                    return SYNC[1][1] if command == b"AT+CSQ" else OK
                reads.append(command)
                if len(reads) == 1:
                    return None
                return says.answer(access, link, later, 0) if later and len(reads) == 2 else says.nothing(access, link)

            tape.load([("!", says.notice(access, link))] if notice else [])
            settle(modem, tape)
            tape.auto = answer
            for _ in range(6):
                try:
                    found = None
                    assert socket.recv(500) == later and later
                    break
                except OSError as error:
                    found = error.args[0]
                    if found != 110:
                        break
            assert found == errno, found
            assert socket._link.state == (DEAD if errno == 104 else OPEN)


@cases("access", ("buffer", "hex"))
def test_answer_that_comes_during_another_ones_send(access):
    """BG96's header names no connection: the payload is not taken for that of the command in flight; the connection
    whose read brought nothing fails."""
    socket, modem, tape, clock, says = connected("bg96", access, timeout=5)
    other = connect(modem, tape, says, 5, access=access)
    socket._link.rx_pending = 1
    tape.load([(">", says.ask(access, 0, says.most[access])), ("<", OK)] + SYNC)
    assert errno_of(socket.recv, 500) == 110
    script = says.send(access, 1, b"x")
    tape.load(script[:1] + [("!", says.answer(access, 0, b"late", 0))] + script[1:])
    assert other.send(b"x") == 1
    assert errno_of(socket.recv, 500) == 104
    assert other._link.count == 0 and other._link.state == OPEN
    tape.done()


@cases(("dialect", "access"), [case for case in PULLED if case[1] == "buffer"])
def test_notice_among_what_is_dropped(dialect, access):
    """Behind a damaged length a notice of another connection is dropped with the rest: that one is asked all the same,
    and at once."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    other = connect(modem, tape, says, 20)
    link = says.first
    answer = says.answer(access, link, b"x" * 380, 0).replace(b"380", b"9380", 1)
    tape.load(
        [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access]))]
        + [("<", answer + says.notice(access, link + 1))]
        + SYNC
        + [(">", says.ask(access, link + 1, says.most[access])), ("<", says.answer(access, link + 1, b"abc", 0))]
    )
    assert errno_of(socket.recv, 500) == 104
    start = clock.now
    assert other.recv(500) == b"abc"
    assert clock.now - start < 3000, clock.now - start
    settle(modem, tape)


@cases(("dialect", "access"), [case for case in PULLED if case[1] == "buffer"])
def test_answer_with_a_pause_behind_what_is_dropped(dialect, access):
    """The silence that ended the dropped bytes was theirs: the next command's answer may pause for longer."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    link = says.first
    answer = says.answer(access, link, b"x" * 380, 0).replace(b"380", b"9380", 1)
    tape.load(
        [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", answer)]
        + SYNC
        + [(">", b"AT+CGMM\r"), ("<", line(b"x")), ("~", 1000), ("<", OK)]
    )
    assert errno_of(socket.recv, 500) == 104
    assert modem.command("AT+CGMM") == [b"x"]
    settle(modem, tape)
    tape.done()


@cases("access", ("buffer", "push"))
@cases("dialect", sorted(BOOT))
def test_restart_inside_a_payload(dialect, access):
    """Boot words come where payload was announced: they are no data, and the reader learns of the restart at once."""
    for cut, boot_ms in ((0, 3000), (1, 3000), (7, 3000), (0, 300)):
        socket, modem, tape, clock, says = connected(dialect, access, timeout=60, cut=cut)
        link = says.first
        boot = line(BOOT[dialect])
        if access == "buffer":
            answer = says.answer(access, link, b"x" * 700, 0)
            head = answer[: answer.index(b"x" * 300) + 300]
            script = [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", head)]
        else:
            pushed = says.push(access, link, b"x" * 700)
            script = [("!", pushed[: pushed.index(b"x" * 300) + 300])]
        tape.load(script + [("~", boot_ms), ("!", boot + line(b"+CPIN: READY"))])
        data = b""
        start = clock.now
        try:
            while True:
                data += socket.recv(100)
        except OSError as error:
            assert error.args[0] == 104, error
            assert isinstance(error, atsock.Restarted)
        assert data.strip(b"x") == b"", data
        assert clock.now - start < 4000
        assert not modem.isconnected()


@cases("access", ("buffer", "push"))
@cases("dialect", sorted(BOOT))
def test_restart_before_the_last_bytes_of_a_payload(dialect, access):
    """Fewer bytes are missing than the boot line has: what stands in their place is no data."""
    for missing in range(1, 5):
        socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
        link = says.first
        answer = says.answer(access, link, b"x" * 300, 0) if access == "buffer" else says.push(access, link, b"x" * 300)
        head = answer[: answer.index(b"x" * 300) + 300 - missing]
        script = [("!", head)]
        if access == "buffer":
            script[:0] = [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access]))]
        tape.load(script + [("~", 3000), ("!", line(BOOT[dialect]))])
        data = b""
        with Case(dialect, missing):
            try:
                while True:
                    data += socket.recv(100)
            except OSError as error:
                assert error.args[0] == 104, error
            assert data.strip(b"x") == b"", data


@cases(("dialect", "access"), [case for case in PULLED if case[1] == "buffer"])
def test_pause_inside_a_payload(dialect, access):
    """A module that pauses inside a payload, right before bytes that look like boot words: all of it is payload."""
    payload = b"begin" + line(b"RDY") + b"\r\n" + line(b"POWERED DOW") + b"\r\nRDYx\n\r\nend"
    for at in range(len(payload)):
        socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
        link = says.first
        answer = says.answer(access, link, payload, 0)
        at += answer.index(b"begin")
        if payload[at - answer.index(b"begin") :].startswith(line(b"RDY")):
            continue  # that is a restart, as far as anybody can tell
        tape.load([
            ("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])),
            ("<", answer[:at]), ("~", 2000), ("<", answer[at:]),
        ])  # fmt: skip
        data = b""
        while len(data) < len(payload):
            data += socket.recv(100)
        assert data == payload, (at, data)
        settle(modem, tape)
        tape.done()


@cases("dialect", ("a7600", "sim7028", "nl668", "l610"))
def test_a_length_that_cannot_be_of_an_id_that_nobody_has(dialect):
    """The answer that is waited for is among what is dropped: that command fails, the connection stands."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
    pushed = says.push("push", says.first + 1, b"x" * 380).replace(b"380", b"9380", 1)
    tape.load([(">", b"AT+X\r"), ("<", pushed + OK)])
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else OK
    assert errno_of(modem.command, "AT+X") == 104
    assert modem.command("AT+Y") == []
    assert socket._link.state == OPEN
    assert clock.now < 3000, clock.now


@cases("access", ("buffer", "push"))
@cases("dialect", sorted(BOOT))
def test_a_boot_line_behind_a_pause_at_the_end_of_a_payload(dialect, access):
    """It is a restart, as anywhere in a payload: nothing is missing in the stream without a word."""
    for behind in (b"", b"z", b"\r\n", line(b"+CPIN: READY")):
        for cut in (0, 1, 7):
            with Case(behind, cut):
                socket, modem, tape, clock, says = connected(dialect, access, timeout=60, cut=cut)
                script = read_script(says, dialect, access, says.first, b"begin" + line(BOOT[dialect]) + behind)
                kind, whole = script[-1]
                at = whole.index(b"begin") + 5
                tape.load(script[:-1] + [(kind, whole[:at]), ("~", 1000), ("!", whole[at:])])
                tape.after = lambda command: OK
                assert recv_exactly(socket, 5) == b"begin"
                assert isinstance(raises(OSError, socket.recv, 100), atsock.Restarted)
                assert not modem.isconnected()


@cases(("dialect", "access"), [case for case in PULLED if case[1] == "buffer"])
def test_line_ends_behind_a_pause_at_the_end_of_a_payload(dialect, access):
    """They are payload."""
    for end in (b"\r", b"\r\n", b"\r\n\r", b"\r\n\r\n", b"\r\nR"):
        with Case(end):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
            script = read_script(says, dialect, access, says.first, b"begin" + end)
            kind, whole = script[-1]
            at = whole.index(b"begin") + 5
            tape.load(script[:-1] + [(kind, whole[:at]), ("~", 1000), ("<", whole[at:])])
            assert recv_exactly(socket, 5 + len(end)) == b"begin" + end
            tape.done()


@cases("dialect", ("a7600", "sim7028", "nl668", "l610"))
def test_an_answer_that_nobody_waits_for_any_more(dialect):
    """It names its connection: that one gets the bytes, which the module has not any more; those of an id that nobody
    has are dropped, whatever they look like."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", timeout=5)
    free = says.first + 1
    tape.load([("!", says.answer("buffer", says.first, b"hello", 0))])
    assert socket.recv(100) == b"hello"
    tape.load([("!", says.answer("buffer", free, says.closed(says.first), 0))])
    tape.load([(">", b"AT+CGMM\r"), ("<", line(b"x") + OK)])
    modem.poll(10)
    assert modem.command("AT+CGMM") == [b"x"]
    assert socket._link.state == OPEN and modem._engine.link(free).count == 0
    tape.done()


@cases("dialect", ("a7600", "sim7028", "nl668", "l610"))
def test_a_datagram_that_nobody_has_asked_for(dialect):
    """Whose it was is not known any more: no part of it is taken for one, or for the next one."""
    modem, tape, clock, says = attached(dialect)
    socket = connect(modem, tape, says, 3, type=atsock.SOCK_DGRAM)
    tape.load([("!", says.answer("buffer", says.first, b"hello", 0))])
    settle(modem, tape)
    tape.load(reception(says, dialect, "buffer", b"next"))
    assert socket.recv(100) == b"next"
    tape.done()


@cases("dialect", ("bg96", "a7600", "nl668"))
def test_an_unasked_length_that_cannot_be_behind_a_send(dialect):
    """No command is in flight: the OK of the query behind it is that query's."""
    modem, tape, clock, says = attached(dialect, "push")
    socket = connect(modem, tape, says, 3)
    tape.load(says.send("push", says.first, b"hello"))
    assert socket.send(b"hello") == 5
    pushed = says.push("push", says.first, b"x" * 380)
    assert b"380" in pushed
    tape.load([("!", pushed.replace(b"380", b"-80", 1))] + SYNC)
    for _ in range(4):
        modem.poll(500)
    tape.done()
    assert errno_of(socket.recv, 500) == 104
    tape.load([(">", b"AT+X\r"), ("<", OK)])
    modem.command("AT+X")


def _damaged_header(data, end):
    """`data` with each byte up to `end` wrong, missing, or a byte more before it; and with some in a row missing."""
    for i in range(2, end):
        if data[i] != 32:
            yield data[:i] + b"\x15" + data[i + 1 :]
            yield data[:i] + data[i + 1 :]
        yield data[:i] + b"\x15" + data[i:]
    for i in range(end - 1, end + 8):  # with its payload's beginning
        if data[i + 1] != 44:  # else it is like another line
            yield data[: end - 1] + data[i + 1 :]
    yield data[:6] + data[8:]
    yield data[:2] + data[4:]


@cases(
    ("dialect", "access"), [mode for mode in MODES if mode[1] == "push" or mode in (("nl668", "hex"), ("l610", "hex"))]
)
def test_header_of_a_push_whose_name_is_damaged(dialect, access):
    """The payload behind it is lost: the socket fails, and the module's next words are understood."""
    says = speech(dialect)
    push = says.push(access, says.first, b"x" * 30)
    front, data = (b"", push) if dialect not in ("a7600", "sim7028") else push.split(b"5005\r\n", 1)
    if front:
        front, data = front + b"5005", b"\r\n" + data
    end = data.find(b'recv",') + 6 if dialect == "bg96" else data.find(b",") + 1 if front else data.find(b":") + 1
    for damaged in _damaged_header(data, end):
        with Case(damaged):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
            tape.load([("!", front + damaged + b"\r\n")])
            tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else OK
            assert errno_of(socket.recv, 500) == 104
            assert modem.signal()[0] == -73


@cases("dialect", DIALECTS)
def test_lines_that_are_like_the_header_of_a_push(dialect):
    """They are none."""
    for text in (b"+QIND: SMS DONE", b'+QIURC: "other",1', b"+RECV: 1", b"+REC: 0,1", b"+MIPX: 1", b"+IPX: 3",
                 b"+MIPTCP", b"RECEIVED 3", b'"recv"', b"+QIURC", b"+IPDNS: 1", b"+CMTI: 1"):  # fmt: skip
        with Case(text):
            socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
            tape.load([("!", line(text) + says.push("push", says.first, b"hello"))])
            assert socket.recv(9) == b"hello"


@cases(("dialect", "access"), PULLED)
def test_late_answer_that_nothing_was_there(dialect, access):
    """It has come, so nothing is lost: the next read that finds nothing is no failure."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=80)
    link = says.first
    ask = says.ask(access, link, says.most[access])
    ms = {"bg96": 70_000, "nl668": 8000, "l610": 8000}.get(dialect, 12_000)
    tape.load([("!", says.notice(access, link)), (">", ask), ("~", ms), ("!", says.nothing(access, link))])
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else says.nothing(access, link)
    for _ in range(2):
        assert errno_of(socket.recv, 9) == 110
        socket.settimeout(20)
    assert socket._link.state == OPEN


@cases(
    ("dialect", "access"), [mode for mode in MODES if mode[1] == "push" or mode in (("nl668", "hex"), ("l610", "hex"))]
)
def test_header_with_a_damaged_name_costs_no_other_connection(dialect, access):
    """What is pushed right behind it comes, and a send that waits for its result succeeds."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    other = connect(modem, tape, says, timeout=20)
    pushes = [says.push(access, says.first + i, b"xy"[i : i + 1] * 30) for i in range(2)]
    if dialect in ("a7600", "sim7028"):
        pushes = [line(b"+RECEIVE,%d,30" % i) + b"xy"[i : i + 1] * 30 + b"\r\n" for i in range(2)]
    damaged = pushes[0].replace(b"recv", b"re\x15v").replace(b"EIVE", b"EI\x15E").replace(b"RTCP", b"RTC\x15")
    sent = says.send(access, says.first + 1, b"ping")
    tape.load(sent[:-1] + [("<", damaged + pushes[1] + sent[-1][1])])
    assert other.send(b"ping") == 4
    assert other.recv(50) == b"y" * 30
    assert errno_of(socket.recv, 50) == 104


@cases(
    ("dialect", "access"), [mode for mode in MODES if mode[1] == "push" or mode in (("nl668", "hex"), ("l610", "hex"))]
)
@cases("id", ("x", "%dx", "%d\xb1", "x%d", "%d0x"))
def test_header_of_a_push_whose_id_is_damaged(dialect, access, id):
    """Nobody knows whose the payload was: it is given to none, each connection is told, and the next words are seen."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    other = connect(modem, tape, says, timeout=20)
    link = says.first
    push = says.push(access, link, b"x" * 30)
    if dialect in ("a7600", "sim7028"):
        push = line(b"+RECEIVE,%d,30" % link) + b"x" * 30 + b"\r\n"
    text = (id % link if "%" in id else id).encode("latin-1")
    if dialect == "bg96":
        damaged = push.replace(b'recv",%d' % link, b'recv",' + text)
    elif dialect in ("a7600", "sim7028"):
        damaged = push.replace(b"RECEIVE,%d" % link, b"RECEIVE," + text)
    else:
        damaged = push.replace(b": %d," % link, b": " + text + b",")
    assert damaged != push
    tape.load([("!", damaged)])
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else OK
    for one in (socket, other):
        assert errno_of(one.recv, 500) == 104
    assert modem.signal()[0] == -73


def _pushed(dialect, says, access, link, data):
    if dialect in ("a7600", "sim7028"):
        return line(b"+RECEIVE,%d,%d" % (link, len(data))) + data + b"\r\n"
    return says.push(access, link, data)


@cases(
    ("dialect", "access"), [mode for mode in MODES if mode[1] == "push" or mode in (("nl668", "hex"), ("l610", "hex"))]
)
@cases("data", (b"x" * 30, b"\r\nOK\r\n\r\n", b"200", b"2,3,4\r\n"), ids=("text", "lines", "number", "numbers"))
def test_header_of_a_push_without_a_comma(dialect, access, data):
    """The comma behind the id, or the one before a payload on the same line, is missing, or something else stands
    there: the connection has lost its payload and is told so, and the module's next words are understood."""
    says = speech(dialect)
    link = says.first
    push = _pushed(dialect, says, access, link, data)
    front = push.find(b": %d," % link) + 3 if b"MIP" in push else push.find(b",%d," % link) + 2
    damaged = [push[:front] + byte + push[front + 1 :] for byte in (b"", b"\n,", b"l", b"<")]
    if b"MIP" in push and access == "push" and b"," not in data:  # else it is another length
        at = push.find(b",", front + 1)
        damaged.append(push[:at] + push[at + 1 :])
    for header in damaged:
        with Case(header):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
            tape.load([("!", header + b"\r\n"), ("~", 500)])
            tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else says.nothing("buffer", link)
            assert errno_of(socket.recv, 500) == 104
            assert modem.signal()[0] == -73


@cases("cut", (0, 1, 3))
@cases("dialect", ("a7600", "sim7028"))
def test_sender_of_a_push_without_its_lf(dialect, cut):
    """The header stands on the same line then; the payload comes all the same."""
    for header in (b"+RECEIVE,0,5:", b"+RECEIVE,0,5", b"+IPD5"):
        with Case(header):
            socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
            tape.cut = cut
            tape.load([("!", b"\r\nRECV FROM:192.0.2.7:5005\r" + header + b"\r\nhello\r\n")])
            assert socket.recv(9) == b"hello"


@cases("dialect", ("a7600", "sim7028"))
def test_sender_of_a_push_without_its_header(dialect):
    """Behind RECV FROM stands payload at once: the connection that it was for has lost it, and is told so."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=20)
    tape.load([("!", b"\r\nRECV FROM:192.0.2.7:5005\r\nHTTP/1.1 200 OK\r\n\r\nhello\r\n" + says.closed(0)), ("~", 500)])
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else OK
    assert errno_of(socket.recv, 500) == 104


@cases("dialect", ("a7600", "sim7028"))
def test_a_notice_between_the_sender_of_a_push_and_its_header(dialect):
    """It is no payload; what was pushed is received."""
    for notice in (b"+CREG: 5", b"^MODE: 1", b'+CMTI: "SM",1'):
        with Case(notice):
            socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
            push = says.push("push", 0, b"hello")
            at = push.find(b"+RECEIVE")
            tape.load([("!", push[:at] + line(notice) + push[at:] + b"\r\n")])
            assert socket.recv(9) == b"hello"


@cases("dialect", ("a7600", "sim7028"))
@cases("header", (b"+RECXIVE,0,5\r\nhello\r\n", b"+RECEIVE,0,99930\r\nhello\r\n", b"\r\nRDY\r\n"))
def test_a_notice_long_after_a_push_whose_header_was_damaged(dialect, header):
    """The connection that was pushed to has failed, or the module has restarted in between; the sender's address counts
    for nothing more."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
    other = connect(modem, tape, says, timeout=3)
    tape.load([("!", line(says.sender + b":192.0.2.9:77") + header)])
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else OK
    for _ in range(10):
        settle(modem, tape)
        modem.poll(500)
    is_up = modem.isconnected()
    tape.auto = answers(says) if is_up else says.attach()
    socket.close()
    if not is_up:
        other.close()
        modem.attach("internet")
        other = connect(modem, tape, says, timeout=3)
    tape.auto = None
    tape.load([("!", line(b"NO SUCH NOTICE") + says.push("push", other._link.id, b"more") + b"\r\n")])
    assert other.recv(9) == b"more"


@cases("dialect", ("bg96", "nl668", "l610"))
def test_push_whose_header_got_lost_as_a_whole(dialect):
    """What is left of it are lines that nobody knows: no clean end follows them.  Noise, which is short, notices that
    nobody knows, and the echo of a long command are none."""
    for text, end in (
        (b"Content-Type: text/html; charset=utf-8", 104),
        (b"\x20\x02\0\0" * 10, 104),
        (b"\x81\xfe\0" * 10, 0),
        (b"+NEW: " + b"1," * 20, 0),
        (b"*NEW: " + b"1," * 20, 0),
        (b"^NEW:" + b"1," * 20, 0),
        (b"AT+NEW=" + b"1" * 320, 0),
    ):
        with Case(text):
            socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
            push = says.push("push", says.first, b"good")
            tape.load([("!", push + b"\r\n" + text + b"\r\n" + push + b"\r\n" + says.closed(says.first))])
            assert recv_exactly(socket, 8) == b"goodgood"
            if end:
                assert errno_of(socket.recv, 9) == end
            else:
                assert socket.recv(9) == b""


MESSAGES = (
    line(b'+CUSD: 0,"Your balance is 5.00\r\nDial *100# for more and for all our tariffs",15'),
    line(b'+CMT: "+123",,"26/12/01,00:00:00+04"\r\nDear customer,\r\nyour invoice of this month is in your account'),
    line(b"+CDS: 25\r\n06010A91214365870921436587092143658709214365870900"),
    line(b"MISSED_CALL: 10:23AM 01234567890123"),
)


@cases("dialect", ("bg96", "nl668", "l610"))
def test_text_of_a_message_is_no_payload_without_its_header(dialect):
    """An answer to USSD, a short message, a delivery report, a missed call: the clean end of a connection stays one."""
    for said in MESSAGES:
        with Case(said):
            socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
            tape.load([("!", said + says.closed(says.first))])
            assert socket.recv(9) == b""
            socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
            text = line(b"Content-Type: text/html; charset=utf-8")
            tape.load([("!", said), ("~", 5000), ("!", text + says.closed(says.first))])
            assert errno_of(socket.recv, 9) == 110
            assert errno_of(socket.recv, 9) == 104


@cases("dialect", ("bg96", "nl668", "l610"))
def test_late_answer_of_a_command_is_no_payload_without_its_header(dialect):
    """command() has run out of time when the lines come; the clean end of a connection stays one."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=3)
    tape.load([(">", b"ATI\r"), ("~", 600), ("<", line(b"Manufacturer: SOMEBODY INCORPORATED") + OK)])
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else OK
    assert errno_of(lambda: modem.command("ATI", timeout_ms=500)) == 110
    for _ in range(10):
        modem.poll(500)
    tape.load([("!", says.closed(says.first))])
    assert socket.recv(9) == b""


@cases("data", (b'{"a":1,"b":2}\r\n', b"1,2,3\r\n"))
def test_header_of_a_push_without_its_lf_before_commas(data):
    """It is no notice of a buffered connection: the socket fails."""
    socket, modem, tape, clock, says = connected("bg96", "push", timeout=20)
    tape.load([("!", says.push("push", says.first, data).replace(b"\r\n" + data, b"\r" + data, 1)), ("~", 500)])
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else says.nothing("buffer", says.first)
    assert errno_of(socket.recv, 500) == 104


@cases("dialect", ("nl668", "l610"))
@cases("text", (b"1", b"1,", b"1,x", b"1,030", b"1,,30", b"1,\xff0,30", b"1,010", b"1,02"))
def test_acknowledgement_that_is_damaged(dialect, text):
    """+MIPSTAT: 1,0,30 tells that the peer has received; what has become of it is no end by the peer's will."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", timeout=3)
    tape.load([("!", line(b"+MIPSTAT: " + text))])
    tape.after = lambda command: says.nothing("buffer", says.first)
    assert errno_of(socket.recv, 9) == 104


@cases("dialect", ("nl668", "l610"))
def test_status_of_a_send_without_the_comma_behind_it(dialect):
    """+MIPPUSH: 1,0,1 without the second comma is no status 1 (offer it again): the byte goes out once."""
    socket, modem, tape, clock, says = connected(dialect, "buffer", timeout=3)
    sent = says.send("buffer", says.first, b"a")
    tape.load(sent[:-1] + [("<", OK + line(b"+MIPPUSH: 1,01") + line(b"+MIPSEND: 1,0,2048") + OK)])
    seen = []

    def after(command):
        seen.append(command)
        return SYNC[1][1] if command == b"AT+CSQ" else OK

    tape.after = after
    assert errno_of(socket.send, b"a") == 104
    settle(modem, tape)
    assert b"AT+MIPSEND=1,1" not in seen


def test_notice_of_an_id_that_nobody_has():
    """It begins like the id of a connection that is pushed to only where a length is behind it."""
    socket, modem, tape, clock, says = connected("bg96", "push", timeout=3)
    for id in (5, 9, 11):
        with Case(id):
            tape.load([("!", line(b'+QIURC: "recv",%d' % id) + says.push("push", 0, b"more"))])
            assert socket.recv(9) == b"more"


@cases("dialect", ("nl668", "l610"))
@cases("access", ("push", "hex"))
def test_header_of_a_datagram_with_a_damaged_name_costs_no_stream(dialect, access):
    """A datagram is lost."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=3)
    datagrams = connect(modem, tape, says, timeout=3, type=atsock.SOCK_DGRAM)
    data = b"hello" if access == "push" else digits(b"hello")
    tape.load([("!", line(b"+MIPRUXP: 1.0.2.7,5005,%d,5," % (says.first + 1) + data))])
    settle(modem, tape)
    assert socket._link.state == OPEN
    assert datagrams._link.lost == 1
    tape.load([("!", says.push(access, says.first, b"more"))])
    assert socket.recv(9) == b"more"


@cases("text", (b'+QIURC: "rexv",1', b'+QIURC: "recvX,1'))
def test_damaged_notice_of_a_buffered_connection(text):
    """It is no push to another one."""
    socket, modem, tape, clock, says = connected("bg96", "push", timeout=3)
    connect(modem, tape, says, access="buffer")
    tape.load([("!", line(text) + says.push("push", 0, b"more"))])
    assert socket.recv(9) == b"more"


def test_damaged_push_to_a_connection_that_is_closed():
    """No other one has lost anything."""
    socket, modem, tape, clock, says = connected("bg96", "push", timeout=3)
    other = connect(modem, tape, says)
    tape.auto = lambda command: OK
    other.close()
    tape.auto = None
    tape.load([("!", line(b'+QIURC: "rexv",1,5') + b"hello" + b"\r\n" + says.push("push", 0, b"more"))])
    assert socket.recv(9) == b"more"


@cases("dialect", DIALECTS)
def test_what_is_dropped_behind_a_damaged_length_is_told(dialect):
    """Another connection whose push is among it fails, one that nothing came for does not."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=20)
    others = [connect(modem, tape, says, timeout=3) for _ in range(1 if dialect == "sim7028" else 2)]
    pushes = [says.push("push", says.first + i, b"x" * 30) for i in range(2)]
    if dialect in ("a7600", "sim7028"):
        pushes = [line(b"+RECEIVE,%d,30" % i) + b"x" * 30 + b"\r\n" for i in range(2)]
    tape.load([("!", pushes[0].replace(b",30", b",99930", 1) + pushes[1])])
    tape.after = lambda command: SYNC[1][1] if command == b"AT+CSQ" else OK
    assert errno_of(socket.recv, 50) == 104
    assert errno_of(others[0].recv, 50) == 104
    for other in others[1:]:
        assert errno_of(other.recv, 50) == 110
