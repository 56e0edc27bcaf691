"""What BG96 and its kin do that the manual does not say.  One test per observation."""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of, raises
from frames import SYNC
from frames import ERROR, HOSTILE, OK, PEER, PORT, line
from scenes import attached, connect, connected, looks_up, opens_when_up_again, rest, settle
from test_bringup import start

ENETDOWN = 100
EIO = 5


def receive(socket, n):
    data = b""
    while len(data) < n:
        got = socket.recv(n - len(data))
        assert got, "end of stream after %r" % data
        data += got
    return data


def test_bare_ok_when_nothing_is_there():
    """AT+QIACT? with nothing active and AT+QISTATE of a closed socket: OK and no line."""
    modem, tape, clock, says = attached("bg96")
    tape.load([(">", b"AT+QIACT?\r"), ("<", OK), (">", b"AT+QISTATE=1,3\r"), ("<", OK)])
    assert modem.command("AT+QIACT?") == []
    assert modem.command("AT+QISTATE=1,3") == []
    tape.done()


def test_activation_refused_without_apn_cured_by_qicsgp():
    """attach() with what the module has stored: ERROR; attach() with an APN configures it, and comes up."""
    configured = []
    modem, tape, clock, module = start("bg96")
    normal = module.normal

    def answer(command):
        if command.startswith(b"AT+QICSGP=1,"):
            configured.append(command)
        if command.startswith(b"AT+QIACT=") and not configured:
            return ERROR
        if command == b"AT+QIGETERROR":
            return line(b"+QIGETERROR: 573,PDP context opening failed") + OK
        return normal(command)

    tape.auto = answer
    raises(OSError, modem.attach)
    assert not modem.isconnected()
    assert modem.attach("internet") == "10.0.0.1"


def test_context_that_is_listed_and_down():
    """AT+QIACT? lists the context, opens fail with 561: attach() deactivates it and activates it again."""
    for told in (b"refused", b"opened"):
        with Case(told):
            modem, tape, clock, module = start("bg96")
            modem.attach("internet")
            normal = module.normal
            down = [True]
            seen = []

            def answer(command):
                seen.append(command)
                if command.startswith(b"AT+QIDEACT="):
                    down[0] = False
                    normal.state = OK
                if command.startswith(b"AT+QIOPEN="):
                    link = int(command.split(b",")[1])
                    if not down[0]:
                        return OK + line(b"+QIOPEN: %d,0" % link)
                    return ERROR if told == b"refused" else OK + line(b"+QIOPEN: %d,561" % link)
                if command == b"AT+QIGETERROR":
                    return line(b"+QIGETERROR: 561,Open PDP context failed") + OK
                return normal(command)

            tape.auto = answer
            opens_when_up_again(modem, ENETDOWN)
            assert b"AT+QIDEACT=1" in seen and b"AT+QIACT=1" in seen, seen
            socket = modem.socket()
            socket.connect((PEER, PORT))
            n = len(seen)
            assert modem.attach("internet") == "10.0.0.1"
            assert len(seen) == n


def test_context_that_came_back_by_itself():
    """An open fails with 561 and a later one succeeds: attach() leaves the connections alone."""
    modem, tape, clock, module = start("bg96")
    modem.attach("internet")
    refused = [True]
    seen = []

    def answer(command):
        seen.append(command)
        if command.startswith(b"AT+QIOPEN="):
            return OK + line(b"+QIOPEN: %d,%d" % (int(command.split(b",")[1]), 561 if refused[0] else 0))
        return module.normal(command)

    tape.auto = answer
    assert errno_of(modem.socket().connect, (PEER, PORT)) == ENETDOWN
    refused[0] = False
    socket = modem.socket()
    socket.connect((PEER, PORT))
    n = len(seen)
    assert modem.attach("internet") == "10.0.0.1"
    assert len(seen) == n, seen[n:]
    socket.close()


@cases("cut", CUTS)
def test_read_of_a_closed_socket_is_refused(cut):
    """The module has forgotten the connection before the last read: end of stream, no error."""
    socket, modem, tape, clock, says = connected("bg96", cut=cut, timeout=20)
    tape.load([
        ("!", line(b'+QIURC: "closed",0')), (">", b"AT+QIRD=0,1500\r"), ("<", ERROR), (">", b"AT+QIGETERROR\r"),
        ("<", line(b"+QIGETERROR: 567,Socket closed") + OK), (">", b"AT+QICLOSE=0\r"), ("<", OK),
    ])  # fmt: skip
    assert socket.recv(10) == b""
    socket.close()
    tape.done()


def test_nothing_to_read_has_no_data_line():
    """CR LF +QIRD: 0 CR LF CR LF OK CR LF, and once more with an empty line between."""
    for answer in (b"\r\n+QIRD: 0\r\n\r\nOK\r\n", b"\r\n+QIRD: 0\r\n\r\n\r\nOK\r\n", b"\r\n+QIRD:0\r\n\r\nOK\r\n"):
        for cut in CUTS:
            with Case(answer, cut):
                socket, modem, tape, clock, says = connected("bg96", cut=cut, timeout=20)
                tape.load([
                    ("!", line(b'+QIURC: "recv",0')), (">", b"AT+QIRD=0,1500\r"), ("<", answer),
                    ("~", 10), ("!", line(b'+QIURC: "recv",0')), (">", b"AT+QIRD=0,1500\r"),
                    ("<", says.answer("buffer", 0, b"data", 0)),
                ])  # fmt: skip
                assert receive(socket, 4) == b"data"
                settle(modem, tape)
                tape.done()


@cases("access", ("buffer", "push", "hex"))
def test_read_statistics_have_the_prefix_of_a_read(access):
    """AT+QIRD=0,0: three numbers and no payload, between two reads of the same connection."""
    for cut in CUTS:
        with Case(access, cut):
            socket, modem, tape, clock, says = connected("bg96", access, cut=cut, timeout=20)
            tape.load(
                [
                    (">", b"AT+QIRD=0,0\r"),
                    ("<", line(b"+QIRD: 1500,1500,0") + OK),
                    (">", b"AT+QIRD=0,0\r"),
                    ("<", line(b"+QIRD: 90,80,10") + OK),
                ]
            )
            assert modem.command("AT+QIRD=0,0") == [b"+QIRD: 1500,1500,0"]
            assert modem.command("AT+QIRD=0,0", "+QIRD:") == [b"+QIRD: 90,80,10"]
            tape.done()


def test_one_notice_until_the_buffer_is_empty():
    """Only the first bytes are told: the driver reads until it is told that nothing is left."""
    socket, modem, tape, clock, says = connected("bg96", timeout=20)
    parts = [b"a" * 1500, b"b" * 1500, b"c" * 7]
    script = [("!", line(b'+QIURC: "recv",0'))]
    for part in parts:
        script += [(">", b"AT+QIRD=0,1500\r"), ("<", says.answer("buffer", 0, part, 0))]
    tape.load(script)
    assert receive(socket, 3007) == b"".join(parts)
    # Bytes that came between the last two reads were told by no notice either.
    tape.load(
        [
            (">", b"AT+QIRD=0,1500\r"),
            ("<", says.answer("buffer", 0, b"d", 0)),
            (">", b"AT+QIRD=0,1500\r"),
            ("<", says.nothing("buffer", 0)),
        ]
    )
    assert receive(socket, 1) == b"d"
    socket.settimeout(0.1)
    raises(OSError, socket.recv, 1)
    tape.done()


def test_more_bytes_than_asked_for():
    """AT+QIRD answers with up to 1500 bytes whatever was asked: none is lost."""
    payload = bytes(range(250)) * 6
    for access in ("buffer", "hex"):
        with Case(access):
            modem, tape, clock, says = attached("bg96", access)
            socket = connect(modem, tape, says, 20, ring=512)
            ask = (">", b"AT+QIRD=0,512\r")
            tape.load(
                [
                    ("!", says.notice(access, 0)),
                    ask,
                    ("<", says.answer(access, 0, payload, 0)),
                    ask,
                    ("<", says.nothing(access, 0)),
                ]
            )
            try:
                data = b""
                while len(data) < 1500:
                    data += socket.recv(100)
                assert data == payload
            except OSError as error:  # no room, but never a gap that nobody is told of
                assert error.args[0] == 105 and payload.startswith(data), error


def test_pushed_payload_ends_the_line_before_the_next_notice():
    """The payload ends in CR LF, the next notice follows with its own CR LF or with none."""
    for between in (b"\r\n", b"", b"\r\n\r\n"):
        for cut in CUTS:
            with Case(between, cut):
                socket, modem, tape, clock, says = connected("bg96", "push", cut=cut, timeout=20)
                first, second = b"HTTP/1.1 200 OK\r\n\r\n", HOSTILE + b"\r\n"
                head = b'+QIURC: "recv",0,%d\r\n'
                tape.load(
                    [
                        (
                            "!",
                            b"\r\n"
                            + head % len(first)
                            + first
                            + between
                            + head % len(second)
                            + second
                            + between
                            + b'+QIURC: "closed",0\r\n',
                        )
                    ]
                )
                assert receive(socket, len(first) + len(second)) == first + second
                assert socket.recv(1) == b""


@cases("cut", CUTS)
def test_notice_behind_send_ok_in_the_same_burst(cut):
    socket, modem, tape, clock, says = connected("bg96", cut=cut, timeout=20)
    script = says.send("buffer", 0, b"ask")
    script[-1] = ("<", line(b"SEND OK") + line(b'+QIURC: "recv",0'))
    tape.load(script + [(">", b"AT+QIRD=0,1500\r"), ("<", says.answer("buffer", 0, b"answer", 0))])
    assert socket.send(b"ask") == 3
    assert receive(socket, 6) == b"answer"


def test_state_3_of_a_client():
    """AT+QISTATE calls working connections of an earlier session "listening": they are closed all the same."""
    stale = line(b'+QISTATE: 0,"TCP","1.2.3.4",1883,0,3,1,0,0,"usbmodem"') + OK
    modem, tape, clock, module = start("bg96", {b"AT+QISTATE": stale})
    module.normal.state = module.normal.active
    assert modem.attach("internet") == "10.0.0.1"
    assert b"AT+QICLOSE=0" in module.seen


def _transparent(answers):
    modem, tape, clock, says = attached("bg96", "transparent")
    tape.load([(">", b'AT+QICFG="dataformat",0,0\r'), ("<", OK)] + answers)
    socket = modem.socket()
    socket.settimeout(20)
    return socket, modem, tape, clock


def test_transparent_open_answers_connect_alone():
    socket, modem, tape, clock = _transparent(
        [
            (">", b'AT+QIOPEN=1,0,"TCP","192.0.2.7",5005,0,2\r'),
            ("<", b"\r\nCONNECT\r\n"),
            ("!", b"\r\nOK\r\n+QIOPEN: 0,5\r\n"),
        ]
    )
    socket.connect((PEER, PORT))
    assert receive(socket, 20) == b"\r\nOK\r\n+QIOPEN: 0,5\r\n"


def test_refused_server_is_552_and_its_text_has_no_quotes():
    for text in (
        b"+QIGETERROR: 552, Invalid parameters",
        b"+QIGETERROR: 552,Invalid parameters",
        b'+QIGETERROR: 552,"Invalid parameters"',
    ):
        with Case(text):
            socket, modem, tape, clock = _transparent([
                (">", b'AT+QIOPEN=1,0,"TCP","192.0.2.7",5005,0,2\r'), ("<", ERROR), (">", b"AT+QIGETERROR\r"),
                ("<", line(text) + OK),
            ])  # fmt: skip
            error = raises(atsock.CommandError, socket.connect, (PEER, PORT))
            assert error.code == 552, error.code


def listening(access):
    """(server, tape, clock, speech) with a server on id 0."""
    modem, tape, clock, says = attached("bg96", access)
    tape.auto = lambda command: OK + line(b"+QIOPEN: 0,0") if command.startswith(b"AT+QIOPEN=") else OK
    server = modem.socket()
    server.settimeout(20)
    server.bind(("0.0.0.0", 8080))
    server.listen(2)
    rest(tape)
    return server, tape, clock, says


def test_accepted_connection_takes_the_highest_id():
    for id in (11, 9, 1):
        with Case(id):
            server, tape, clock, says = listening("buffer")
            tape.load(
                [
                    ("!", line(b'+QIURC: "incoming",%d,0,"192.0.2.9",4000' % id)),
                    ("!", line(b'+QIURC: "recv",%d' % id)),
                    (">", b"AT+QIRD=%d,1500\r" % id),
                    ("<", says.answer("buffer", id, b"hi", 0)),
                ]
            )
            client, address = server.accept()
            client.settimeout(20)
            assert tuple(address)[:2] == ("192.0.2.9", 4000)
            assert receive(client, 2) == b"hi"
            tape.done()


def test_accepted_connection_is_buffered_where_its_server_pushes():
    """2.2.4 against 2.1.4.  As soon as a notice has shown it, one that gets lost is made up for."""
    server, tape, clock, says = listening("push")
    tape.load(
        [
            ("!", line(b'+QIURC: "incoming",11,0,"192.0.2.9",4000') + line(b'+QIURC: "recv",11')),
            (">", b"AT+QIRD=11,1500\r"),
            ("<", says.answer("buffer", 11, b"hi", 0)),
            (">", b"AT+QIRD=11,1500\r"),
            ("<", says.nothing("buffer", 11)),
            (">", b"AT+QIRD=11,1500\r"),
            ("<", says.answer("buffer", 11, b"there", 0)),
        ]
    )
    client, address = server.accept()
    client.settimeout(20)
    assert receive(client, 7) == b"hithere"
    assert clock.now < 15_000, clock.now
    tape.done()


def test_the_first_notice_of_a_buffered_client_is_lost():
    """2.2.4 and 2.1.6.  When nothing has come for a minute the list of connections is asked for: it tells the access
    mode."""
    server, tape, clock, says = listening("push")
    states = line(b'+QISTATE: 0,"TCP LISTENER","127.0.0.1",0,8080,3,1,0,1,"uart1"')
    states += line(b'+QISTATE: %d,"TCP INCOMING","192.0.2.9",4000,8080,2,1,0,%d,"uart1"')
    for id, mode in ((11, 0), (10, 1)):
        with Case(id):
            tape.load([("!", line(b'+QIURC: "incoming",%d,0,"192.0.2.9",4000' % id))])
            client, address = server.accept()
            client.settimeout(80)
            script = [(">", b"AT+QISTATE?\r"), ("<", states % (id, mode) + OK)]
            if mode == 0:
                script += [(">", b"AT+QIRD=%d,1500\r" % id), ("<", says.answer("buffer", id, b"hi", 0))]
            tape.load(script)
            if mode == 0:
                assert receive(client, 2) == b"hi"
            else:
                assert errno_of(client.recv, 2) == 110
            tape.done()


@cases("cut", CUTS)
def test_results_of_older_commands_come_through(cut):
    """A ping's replies between the lines of other commands, and 570 for what a deactivation has aborted."""
    socket, modem, tape, clock, says = connected("bg96", cut=cut, timeout=20)
    old = line(b"+QPING: 569")
    (_, command), (_, prompt), (_, payload), (_, result) = says.send("buffer", 0, b"abc")
    tape.load([
        (">", command), ("<", old + prompt), (">", payload), ("<", old + result), ("!", old), (">", b"AT+QIDEACT=1\r"),
        ("<", OK), ("!", line(b"+QPING: 570") + line(b"+QIOPEN: 3,570") + line(b'+QIURC: "pdpdeact",1')),
        (">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 9,99") + OK),
    ])  # fmt: skip
    assert socket.send(b"abc") == 3
    modem.detach()
    assert modem.command("AT+CSQ") == [b"+CSQ: 9,99"]
    tape.done()
    assert not modem.isconnected()


def test_going_back_to_data_answers_no_carrier():
    """Back to data mode after +++: the connection is gone."""
    socket, modem, tape, clock = _transparent([
        (">", b'AT+QIOPEN=1,0,"TCP","192.0.2.7",5005,0,2\r'), ("<", b"\r\nCONNECT\r\n"), (">", b"+++"), ("~", 1000),
        ("<", OK), SYNC[0], SYNC[1],
        (">", b"AT+QIRD=0,1024\r"), ("<", b"\r\n+QIRD: 0\r\n" + OK), (">", b"AT+QISWTMD=0,2\r"),
        ("<", line(b"NO CARRIER")),
        (">", b"AT+QIGETERROR\r"), ("<", line(b"+QIGETERROR: 567,Socket closed") + OK),
    ])  # fmt: skip
    socket.connect((PEER, PORT))
    socket.escape()
    raises(OSError, socket.resume)
    assert tape.written == len(tape.out)


def test_hexadecimal_on_the_notice_s_own_line():
    """BC260: the pushed data stands in the notice.  Here it is a notice, and the data is read."""
    socket, modem, tape, clock, says = connected("bg96", "hex", timeout=20)
    tape.load(
        [
            ("!", line(b'+QIURC: "recv",0,4,"61626364"')),
            (">", b"AT+QIRD=0,1500\r"),
            ("<", says.answer("hex", 0, b"abcd", 0)),
        ]
    )
    assert receive(socket, 4) == b"abcd"
    tape.done()


def test_addresses_of_both_families_by_line():
    answer = OK + line(b'+QIURC: "dnsgip",0,2,600')
    answer += line(b'+QIURC: "dnsgip","2001:DB8::7"') + line(b'+QIURC: "dnsgip","192.0.2.8"')
    assert looks_up("bg96", answer) == ["192.0.2.8", "2001:DB8::7"]


def test_pings_that_were_lost():
    """The last line of +QPING has no times when all are lost (EC200U, EG800K), and some lost ones have no line."""
    lost = line(b"+QPING: 569")
    one = line(b'+QPING: 0,"192.0.2.7",32,73,255')
    for lines, times in (
        (lost + lost + line(b"+QPING: 0,2,0,2"), []),
        (lost + lost + line(b"+QPING: 0,2,0,2,0,0,0"), []),
        (lost + line(b"+QPING: 0,2,0,2"), []),
        (line(b"+QPING: 0,2,0,2"), []),
        (one + line(b"+QPING: 0,2,1,1,73,73,73"), [73]),
        (line(b'+QPING: 569,"192.0.2.7",32,0,0') + one + line(b"+QPING: 0,2,1,1,73,73,73"), [73]),
        (one + one + line(b"+QPING: 0,2,2,0,73,73,73"), [73, 73]),
        (one.replace(b"192.0.2.7", b"a.test") * 2 + line(b"+QPING: 0,2,2,0,73,73,73"), [73, 73]),
    ):
        with Case(lines):
            modem, tape, clock, says = attached("bg96")
            tape.auto = lambda command: OK + lines
            now = clock.now
            ping = modem.ping("192.0.2.7", 2)
            assert [reply[1] for reply in ping.replies if reply] == times, ping.replies
            assert ping.sent == len(ping.replies) == 2 and clock.now - now < 1000
