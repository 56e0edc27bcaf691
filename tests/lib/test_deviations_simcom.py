"""What the SIMCom modules do that their manuals do not say.  One test per observation, for A7600 and SIM7028."""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of, raises
from frames import SYNC
from frames import ERROR, HOSTILE, OK, PEER, PORT, line
from scenes import attached, connect, connected, looks_up, opens_when_up_again, rest, settle
from test_bringup import start
from test_deviations_quectel import receive

SIMCOM = ("a7600", "sim7028")
ECONNREFUSED, EIO, ENETDOWN, ECONNRESET = 111, 5, 100, 104


def _socket(dialect, answers, access="buffer", cut=0):
    # A socket whose connect() meets these answers; the first open sets the access mode.
    modem, tape, clock, says = attached(dialect, access)
    tape.first = connect(modem, tape, says)
    tape.load([(">", b'AT+CIPOPEN=1,"TCP","192.0.2.7",5005\r')] + answers)
    tape.cut = cut
    socket = modem.socket()
    socket.settimeout(20)
    return socket, modem, tape, clock, says


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_results_behind_ok_and_before_error(dialect, cut):
    """Success: OK, then +CIPOPEN: 1,0.  Failure: +CIPOPEN: 1,4, then ERROR."""
    socket, modem, tape, clock, says = _socket(dialect, [("<", OK), ("~", 700), ("!", line(b"+CIPOPEN: 1,0"))], cut=cut)
    socket.connect((PEER, PORT))
    refusal = line(b"+CIPOPEN: 1,4") + ERROR  # 4 may mean that the number is taken: it is closed, and tried once more
    script = [
        ("<", refusal), (">", b"AT+CIPCLOSE=1\r"), ("<", line(b"+CIPCLOSE: 1,4") + ERROR),
        (">", b'AT+CIPOPEN=1,"TCP","192.0.2.7",5005\r'), ("<", refusal),
    ]  # fmt: skip
    socket, modem, tape, clock, says = _socket(dialect, script, cut=cut)
    error = raises(atsock.CommandError, socket.connect, (PEER, PORT))
    assert error.code == 4, error.code
    settle(modem, tape)
    tape.done()
    # Closing: OK, then the result; or the result and ERROR when it was not open.
    for answer in (OK + line(b"+CIPCLOSE: 0,0"), line(b"+CIPCLOSE: 0,4") + ERROR):
        socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
        tape.load([(">", b"AT+CIPCLOSE=0\r"), ("<", answer)])
        socket.close()
        tape.done()


@cases("dialect", SIMCOM)
def test_netopen_refused_without_a_number(dialect):
    """AT+NETOPEN: bare ERROR.  When the service is open all the same attach() goes on, else it raises."""
    closed, opened = line(b"+NETOPEN: 0") + OK, line(b"+NETOPEN: 1") + OK
    for refusal in (
        ERROR,
        line(b"+IP ERROR: Network is already opened") + ERROR,
        line(b"+IP ERROR: 4") + ERROR,
        line(b"+NETOPEN: 1") + ERROR,
    ):
        with Case(dialect, refusal):
            modem, tape, clock, module = start(dialect, {b"AT+NETOPEN?": [closed, opened], b"AT+NETOPEN": refusal})
            assert modem.attach("internet") == "10.0.0.1"
            modem, tape, clock, module = start(dialect, {b"AT+NETOPEN?": closed, b"AT+NETOPEN": refusal})
            raises(OSError, modem.attach, "internet")
            assert not modem.isconnected()


@cases("dialect", SIMCOM)
def test_send_refused_without_prompt(dialect):
    """+CIPERROR: n and ERROR instead of the prompt; the number is no count of bytes that went out."""
    for number in (1, 2, 4, 5, 9):
        for errors in (1, 2):
            for cut in (0,) if errors == 2 else CUTS:
                with Case(dialect, number, errors, cut):
                    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
                    tape.load(
                        [
                            (">", b"AT+CIPSEND=0,12\r"),
                            ("<", line(b"+CIPERROR: %d" % number) + ERROR * errors),
                            (">", b"AT+CIPCLOSE=0\r"),
                            ("<", line(b"+CIPCLOSE: 0,4") + ERROR),
                        ]
                    )
                    raises(OSError, socket.send, b"twelve bytes")
                    raises(OSError, socket.send, b"twelve bytes")
                    socket.close()
                    settle(modem, tape)
                    tape.done()


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_error_lines_between_dialogues(dialect, cut):
    """+CIPERROR lines that belong to nothing."""
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
    noise = line(b"+CIPERROR: 2") + line(b"+CIPERROR: 8")
    (_, command), (_, prompt), (_, payload), (_, result) = says.send("buffer", 0, b"abc")
    tape.load(
        [("!", noise), (">", command), ("<", noise + prompt), (">", payload), ("<", noise + result), ("!", noise)]
        + says.close(0)
    )
    assert socket.send(b"abc") == 3
    socket.close()
    tape.done()


@cases("dialect", SIMCOM)
def test_spellings_of_pushed_data(dialect):
    """RECV FROM: with no blank and no link, +IPD with data right behind its CR LF, +RECEIVE with a colon behind the
    length."""
    for sender in (
        b"RECV FROM:192.0.2.7:5005",
        b"RCV FROM:192.0.2.7:5005",
        b"+RECV FROM:192.0.2.7:5005",
        b"RECV FROM: 192.0.2.7:5005",
        None,
    ):
        for header in (b"+IPD%d", b"+RECEIVE,0,%d", b"+RECEIVE,0,%d:"):
            for cut in CUTS:
                with Case(dialect, sender, header, cut):
                    socket, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20)
                    text = b""
                    for payload in (b"\r\nOK\r\n", HOSTILE, b"x"):
                        text += (
                            b"\r\n" + (sender + b"\r\n" if sender else b"") + header % len(payload) + b"\r\n" + payload
                        )
                    tape.load([("!", text), ("!", says.closed(0))])
                    assert receive(socket, 7 + len(HOSTILE)) == b"\r\nOK\r\n" + HOSTILE + b"x"
                    assert socket.recv(1) == b""
                    settle(modem, tape)
                    tape.done()


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_pushed_data_of_two_connections_to_one_peer(dialect, cut):
    """Without the link's number nothing tells whose it is: an error for both, never the other one's bytes."""
    first, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20)
    second = connect(modem, tape, says, timeout=20)
    tape.load([("!", says.push("push", 1, b"second")), ("!", says.push("push", 0, b"first"))])
    assert receive(first, 5) == b"first" and receive(second, 6) == b"second"
    tape.load([("!", says.push_ipd(b"whose"))])
    for socket in (first, second):
        assert errno_of(socket.recv, 10) == EIO
    settle(modem, tape)
    tape.done()
    # Closed, and one alone: its own again.
    tape.load(says.close(0) + says.close(1))
    first.close()
    second.close()
    tape.done()
    alone = connect(modem, tape, says, timeout=20)
    tape.load([("!", says.push_ipd(b"mine"))])
    assert receive(alone, 4) == b"mine"


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_closing_the_network_tells_each_link(dialect, cut):
    """AT+NETCLOSE: OK, +CIPCLOSE: 0,0 for each connection, +NETCLOSE: 0."""
    for answer in (
        OK + line(b"+CIPCLOSE: 0,0") + line(b"+CIPCLOSE: 1,0"),
        OK + line(b"CLOSED") + line(b"+CIPCLOSE: 0,0"),
        line(b"+CIPCLOSE: 0,0") + OK,
    ):
        with Case(dialect, cut, answer):
            socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
            tape.load(
                [
                    (">", b"AT+NETCLOSE\r"),
                    ("<", answer + line(b"+NETCLOSE: 0")),
                    (">", b"AT+CSQ\r"),
                    ("<", line(b"+CSQ: 9,99") + OK),
                ]
            )
            modem.detach()
            assert modem.command("AT+CSQ") == [b"+CSQ: 9,99"]
            assert errno_of(socket.recv, 1) == ENETDOWN
            tape.done()


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_network_closed_unexpectedly(dialect, cut):
    """All connections are gone and none is told; data pushed or read before is there, then ENETDOWN; attach() opens the
    network again."""
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
    tape.load([("!", line(b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY"))])
    assert errno_of(socket.recv, 1) == ENETDOWN
    assert errno_of(socket.send, b"x") == ENETDOWN
    assert not modem.isconnected()
    rest(tape)
    module = says.attach()
    module.state = line(b"+NETOPEN: 0") + OK
    tape.auto = module
    socket.close()
    assert modem.attach("internet") == "10.0.0.1"
    rest(tape)
    connect(modem, tape, says)


@cases("dialect", SIMCOM)
def test_open_without_network(dialect):
    """+CIPOPEN: 0,2: the service is closed although nobody has said so; attach() opens it."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    normal = module.normal
    state = [False]

    def answer(command):
        if command == b"AT+NETOPEN":
            state[0] = True
        if command == b"AT+NETOPEN?" and not state[0]:
            return line(b"+NETOPEN: 0") + OK
        if command.startswith(b"AT+CIPOPEN="):
            return OK + line(b"+CIPOPEN: 0,0") if state[0] else line(b"+CIPOPEN: 0,2") + ERROR
        return normal(command)

    tape.auto = answer
    opens_when_up_again(modem, ENETDOWN)
    assert state[0]
    modem.socket().connect((PEER, PORT))


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_what_is_left_of_a_closed_link(dialect, cut):
    """AT+CIPRXGET=4 of a closed link answers 0 and OK; a read of nothing: +IP ERROR: No data, ERROR."""
    for nothing in (
        line(b"+IP ERROR: No data") + ERROR,
        line(b"+IP ERROR: 22") + ERROR,
        line(b"+CIPRXGET: 2,0,0,0") + OK,
        ERROR,
    ):
        with Case(dialect, cut, nothing):
            socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
            tape.load([
                (">", b"AT+CIPRXGET=4,0\r"), ("<", line(b"+CIPRXGET: 4,0,0") + OK),
                ("!", says.notice("buffer", 0)), ("!", says.closed(0)), (">", b"AT+CIPRXGET=2,0,1500\r"),
                ("<", nothing),
            ] + (SYNC if nothing == ERROR else []))  # fmt: skip
            assert modem.command("AT+CIPRXGET=4,0") == [b"+CIPRXGET: 4,0,0"]
            assert socket.recv(10) == b""
            socket.close()
            tape.done()


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_answer_that_stops_in_the_line(dialect, cut):
    """A query's answer ends in mid-line and no OK comes; the next command has its own answer."""
    modem, tape, clock, says = attached(dialect, cut=cut)
    tape.load([
        (">", b"AT+CIPCLOSE?\r"), ("<", b"\r\n+CIPCLOSE: 0,0,"), ("~", 500), (">", b"AT+CSQ\r"),
        ("<", line(b"+CSQ: 7,99") + OK), ("~", 2500),
        (">", b"AT+CIPCLOSE?\r"), ("<", line(b"+CIPCLOSE: 1,0") + OK),
    ])  # fmt: skip
    raises(atsock.Timeout, modem.command, "AT+CIPCLOSE?", None, 400)
    assert modem.command("AT+CIPCLOSE?") == [b"+CIPCLOSE: 1,0"]
    tape.done()


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_notices_inside_the_answer_of_a_read(dialect, cut):
    """One or more +CIPRXGET: 1,n before the expected +CIPRXGET: 2 line, for this link and for another."""
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
    other = connect(modem, tape, says, timeout=20)
    notices = line(b"+CIPRXGET: 1,0") + line(b"+CIPRXGET: 1,1") + line(b"+CIPRXGET: 1,0")
    tape.load([
        ("!", line(b"+CIPRXGET: 1,0")), (">", b"AT+CIPRXGET=2,0,1500\r"),
        ("<", notices + says.answer("buffer", 0, HOSTILE, 0)),
        (">", b"AT+CIPRXGET=2,1,1500\r"), ("<", notices + says.answer("buffer", 1, b"other", 0)),
    ])  # fmt: skip
    assert receive(socket, len(HOSTILE)) == HOSTILE
    assert receive(other, 5) == b"other"


@cases("cut", CUTS)
@cases("dialect", SIMCOM)
def test_query_lines_that_end_in_cr_cr_lf(dialect, cut):
    """AT+CIPOPEN? on SIM7600."""
    modem, tape, clock, says = attached(dialect, cut=cut)
    tape.load(
        [(">", b"AT+CIPOPEN?\r"), ("<", b'\r\n+CIPOPEN: 0\r\r\n+CIPOPEN: 1,"TCP","192.0.2.7",80,-1\r\r\n\r\nOK\r\n')]
    )
    assert modem.command("AT+CIPOPEN?") == [b"+CIPOPEN: 0", b'+CIPOPEN: 1,"TCP","192.0.2.7",80,-1']
    tape.done()


@cases("dialect", SIMCOM)
def test_accepted_connection(dialect):
    """+CLIENT: 1,0,10.0.0.30:51774: a blank behind the colon, none behind the comma, no quotes."""
    for address in (b"10.0.0.30:51774", b'"10.0.0.30:51774"', b"10.0.0.30:51774\r"):
        for space in (b" ", b""):
            with Case(dialect, address, space):
                modem, tape, clock, says = attached(dialect)
                tape.auto = lambda command: OK
                server = modem.socket()
                server.settimeout(20)
                server.bind(("0.0.0.0", 8080))
                server.listen(1)
                rest(tape)
                tape.load(
                    [
                        ("!", line(b"+CLIENT:" + space + b"1,0," + address)),
                        ("!", line(b"+SIMCARD: NOT AVAILABLE")),
                        ("!", line(b"+CIPRXGET: 1,1")),
                        (">", says.ask("buffer", 1, 1500)),
                        ("<", says.answer("buffer", 1, b"hi", 0)),
                        ("!", line(b"+IPCLOSE: 1,1")),
                    ]
                )
                client, peer = server.accept()
                client.settimeout(20)
                assert tuple(peer)[:2] == ("10.0.0.30", 51774), peer
                assert receive(client, 2) == b"hi"
                settle(modem, tape)
                tape.done()


@cases("dialect", SIMCOM)
def test_extra_empty_line_before_hexadecimal(dialect):
    """SIM7028: an empty line between header and digits; small letters."""
    for lead in (b"\r\n", b"\r\n\r\n"):
        for digits in (b"6A6B0D0A", b"6a6b0d0a"):
            for cut in CUTS:
                with Case(dialect, lead, digits, cut):
                    socket, modem, tape, clock, says = connected(dialect, "hex", cut=cut, timeout=20)
                    tape.load(
                        [
                            ("!", line(b"+CIPRXGET: 1,0")),
                            (">", b"AT+CIPRXGET=3,0,750\r"),
                            ("<", b"\r\n+CIPRXGET: 3,0,4,0" + lead + digits + b"\r\n" + OK),
                        ]
                    )
                    assert receive(socket, 4) == b"jk\r\n"
                    settle(modem, tape)
                    tape.done()


@cases("dialect", SIMCOM)
def test_colon_left_out(dialect):
    """Older firmware: +IPCLOSE 0,1 and +IPCLOSE:0,1."""
    for text in (b"+IPCLOSE 0,1", b"+IPCLOSE:0,1", b"+IPCLOSE: 0,1", b"+IPCLOSE:0, 1"):
        for cut in CUTS:
            with Case(dialect, text, cut):
                socket, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20)
                tape.load([("!", line(text))])
                assert socket.recv(1) == b""
                tape.done()


@cases("dialect", SIMCOM)
def test_fewer_bytes_confirmed_than_asked_for(dialect):
    """+CIPSEND: 0,12,7: seven went out."""
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    tape.load(
        [(">", b"AT+CIPSEND=0,12\r"), ("<", says.prompt), (">", b"twelve bytes"), ("<", OK + line(b"+CIPSEND: 0,12,7"))]
    )
    assert socket.send(b"twelve bytes") == 7
    tape.done()


@cases("dialect", SIMCOM)
def test_several_addresses_in_one_line(dialect):
    """+CDNSGIP with two IPv4 addresses, with an IPv6 one behind or in front (SIM7600, A7670; by operator)."""
    for told, found in (
        (b'"192.0.2.8","192.0.2.7"', ["192.0.2.8", "192.0.2.7"]),
        (b'"192.0.2.8","2001:DB8::7"', ["192.0.2.8", "2001:DB8::7"]),
        (b'"2001:DB8::7","192.0.2.8"', ["192.0.2.8", "2001:DB8::7"]),
        (b'"2001:DB8::7"', ["2001:DB8::7"]),
    ):
        for answer in (line(b'+CDNSGIP: 1,"a.test",' + told) + OK, OK + line(b'+CDNSGIP: 1,"a.test",' + told)):
            with Case(dialect, answer):
                assert looks_up(dialect, answer) == found
    if dialect == "sim7028":
        answer = line(b'+CDNSGIP: 1,"a.test","192.0.2.8","2001:DB8::7"') + OK
        assert looks_up(dialect, answer, atsock.AF_INET6) == ["2001:DB8::7"]
