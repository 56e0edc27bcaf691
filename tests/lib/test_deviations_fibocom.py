"""What the Fibocom modules do that their manuals do not say.  One test per observation, for NL668 and L610."""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of, raises
from frames import SYNC
from frames import ERROR, HOSTILE, OK, PEER, PORT, line
from scenes import attached, connect, connected, looks_up, opens_when_up_again, settle
from test_bringup import start
from test_deviations_quectel import receive

FIBOCOM = ("nl668", "l610")
EHOSTUNREACH = 113


def _opening(dialect, answers, cut=0):
    # A socket whose connect() meets these answers; the first open sets the access mode.
    modem, tape, clock, says = attached(dialect)
    first = connect(modem, tape, says)
    tape.load([(">", b'AT+MIPOPEN=2,,"192.0.2.7",5005,0\r')] + answers)
    tape.cut = cut
    socket = modem.socket()
    socket.settimeout(90)
    return socket, first, modem, tape, clock, says


@cases("dialect", FIBOCOM)
def test_order_of_the_open_s_result(dialect):
    """OK and then +MIPOPEN (A20), or the other way round (A50); with the peer's address, quoted or not."""
    for result in (
        b"+MIPOPEN: 2,1",
        b"+MIPOPEN:2,1",
        b'+MIPOPEN: 2,1,"192.0.2.7",5005',
        b"+MIPOPEN: 2,1,192.0.2.7,5005",
    ):
        for answers in (
            [("<", OK), ("~", 900), ("!", line(result))],
            [("<", line(result) + OK)],
            [("<", OK + line(result))],
        ):
            for cut in (0, 1):
                with Case(dialect, result, cut, answers):
                    socket, first, modem, tape, clock, says = _opening(dialect, answers, cut)
                    socket.connect((PEER, PORT))
                    tape.done()


@cases("dialect", FIBOCOM)
def test_failed_open_is_told_by_mipstat(dialect):
    """+MIPSTAT: 2,1 behind OK instead of +MIPOPEN: 2,0; the id is closed before it is used again."""
    for result in (b"+MIPSTAT: 2,1", b"+MIPOPEN: 2,0", b"+MIPSTAT: 2,2"):
        for cut in CUTS:
            with Case(dialect, result, cut):
                socket, first, modem, tape, clock, says = _opening(dialect, [("<", OK), ("!", line(result))], cut)
                raises(OSError, socket.connect, (PEER, PORT))
                tape.load([
                    (">", b"AT+MIPCLOSE=2\r"), ("<", OK + line(b"+MIPCLOSE: 2,0")),
                    (">", b'AT+MIPOPEN=2,,"192.0.2.7",5005,0\r'), ("<", OK), ("!", line(b"+MIPOPEN: 2,1")),
                ])  # fmt: skip
                socket.close()
                socket = modem.socket()
                socket.connect((PEER, PORT))
                settle(modem, tape)
                tape.done()


@cases("dialect", FIBOCOM)
def test_shapes_of_mipcall(dialect):
    """address / status,address / status / address,address6, and the name servers behind it (clones); before or behind
    OK."""
    for result in (
        b"+MIPCALL: 10.0.0.1", b"+MIPCALL:10.0.0.1", b'+MIPCALL: "10.0.0.1"', b"+MIPCALL: 1,10.0.0.1", b"+MIPCALL: 1",
        b"+MIPCALL: 10.0.0.1,2001:db8::1",
        b"+MIPCALL: 1,10.0.0.1,8.8.8.8,8.8.4.4",
    ):  # fmt: skip
        for answer in (OK + line(result), line(result) + OK):
            for listed in (
                b"+MIPCALL: 1,10.0.0.1",
                b"+MIPCALL:1,10.0.0.1",
                b"+MIPCALL: 1,10.0.0.1,2001:db8::1",
                b'+MIPCALL: 1,"10.0.0.1"',
            ):
                with Case(dialect, answer, listed):
                    modem, tape, clock, module = start(
                        dialect,
                        {b"AT+MIPCALL=": answer, b"AT+MIPCALL?": [line(b"+MIPCALL: 0") + OK, line(listed) + OK]},
                    )
                    assert modem.attach("internet") == "10.0.0.1"


@cases("cut", CUTS)
@cases("dialect", FIBOCOM)
def test_release_is_told_by_mipcall_0(dialect, cut):
    """AT+MIPCALL=0: OK, +MIPCALL: 0; the same line unasked means that the network took the context away."""
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
    tape.load([(">", b"AT+MIPCALL=0\r"), ("<", OK + line(b"+MIPCALL: 0"))])
    modem.detach()
    tape.done()
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
    tape.load([("!", line(b"+MIPCALL: 0"))])
    raises(OSError, socket.recv, 1)
    assert not modem.isconnected()


@cases("access", ("buffer", "push"))
@cases("dialect", FIBOCOM)
def test_mippush_with_acknowledged_bytes(dialect, access):
    """+MIPPUSH: 1,0,5 comes unasked, before, within and behind a send; +MIPSEND may be absent."""
    for cut in CUTS:
        for result in (
            OK + line(b"+MIPPUSH: 1,0,5") + OK, OK + line(b"+MIPSEND: 1,0,2048") + line(b"+MIPPUSH: 1,0,5") + OK,
            OK + line(b"+MIPPUSH: 1,0,5") + line(b"+MIPSEND: 1,0,2048") + OK,
            OK + line(b"+MIPSEND: 1,0,2048") + OK,
        ):  # fmt: skip
            with Case(dialect, access, cut, result):
                socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=20)
                push = line(b"+MIPPUSH: 1,0,5")
                tape.load(
                    [
                        ("!", push),
                        (">", b"AT+MIPSEND=1,5\r"),
                        ("<", push + b"\r\n>"),
                        (">", b"hello"),
                        ("<", result),
                        ("!", push),
                    ]
                    + says.close(1)
                )
                assert socket.send(b"hello") == 5
                socket.close()
                tape.done()


@cases("dialect", FIBOCOM)
def test_second_ok_left_out(dialect):
    """OK, +MIPSEND and nothing more: the send is done a moment later."""
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    tape.load(
        [
            (">", b"AT+MIPSEND=1,5\r"),
            ("<", b">"),
            (">", b"hello"),
            ("<", OK + line(b"+MIPPUSH: 1,0") + line(b"+MIPSEND: 1,0,2048")),
        ]
    )
    assert socket.send(b"hello") == 5
    assert clock.now < 5000, clock.now


@cases("dialect", FIBOCOM)
def test_fourth_field_of_miprudp(dialect):
    """What is left with hexadecimal data, the length with raw data."""
    for access, text in (
        ("hex", b"+MIPRUDP: 192.0.2.7,5005,1,0,68690D0A"),
        ("push", b"+MIPRUDP: 192.0.2.7,5005,1,4,hi\r\n"),
        ("push", b'+MIPRUDP: "192.0.2.7",5005,1,4,hi\r\n'),
        ("hex", b'+MIPRUDP:"192.0.2.7",5005,1,7,68690D0A'),
    ):
        for cut in CUTS:
            with Case(dialect, access, text, cut):
                modem, tape, clock, says = attached(dialect, access, cut)
                tape.auto = lambda command: says.opened(command, 1) if command.startswith(b"AT+MIPOPEN=") else OK
                socket = modem.socket(type=atsock.SOCK_DGRAM)
                socket.settimeout(20)
                socket.connect((PEER, PORT))
                tape.auto = None
                tape.load([("!", line(text)), ("!", line(text))])
                for _ in range(2):
                    data, address = socket.recvfrom(100)
                    assert data == b"hi\r\n" and tuple(address)[:2] == (PEER, PORT), (data, address)
                settle(modem, tape)
                tape.done()


@cases("dialect", FIBOCOM)
def test_close_of_what_is_not_open(dialect):
    """+CME ERROR: 3, alone; or the module's own numbers; the id is free then."""
    for answer in (
        line(b"+CME ERROR: 3"),
        ERROR,
        line(b"+CME ERROR: 2024"),
        line(b"+TCPIP ERROR: 631"),
        line(b"+MIPCLOSE: 1,0") + OK,
        OK + line(b"+MIPCLOSE: 1,1024,2"),
        OK + line(b"+MIPCLOSE:1,0"),
    ):
        for cut in CUTS:
            with Case(dialect, answer, cut):
                socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
                script = [("!", line(b"+MIPSTAT: 1,1")), (">", b"AT+MIPCLOSE=1\r"), ("<", answer)]
                tape.load(script + (SYNC if answer == ERROR else []))
                modem.poll(10)
                settle(modem, tape)
                socket.close()
                settle(modem, tape)
                tape.done()
                connect(modem, tape, says)


@cases("dialect", FIBOCOM)
def test_list_of_open_sockets(dialect):
    """AT+MIPCLOSE? -> 0, or the ids behind each other, or a line each: what an earlier session left is closed."""
    for answer, ids in (
        (line(b"+MIPCLOSE: 0") + OK, ()),
        (line(b"+MIPCLOSE: 1,2") + OK, (1, 2)),
        (line(b"+MIPCLOSE:1 2") + OK, (1,)),
        (line(b"+MIPCLOSE: 1") + line(b"+MIPCLOSE: 4") + OK, (1, 4)),
    ):
        with Case(dialect, answer):
            modem, tape, clock, module = start(
                dialect, {b"AT+MIPCLOSE?": answer, b"AT+MIPCLOSE=": line(b"+CME ERROR: 3")}
            )
            module.normal.state = module.normal.active
            assert modem.attach("internet") == "10.0.0.1"
            for id in ids:
                assert b"AT+MIPCLOSE=%d" % id in module.seen, module.seen


@cases("dialect", FIBOCOM)
def test_errors_of_the_stack(dialect):
    """+TCPIP ERROR with a number or a text is a final result as +CME ERROR is; the next command has its own answer."""
    for text, code in (
        (b"+TCPIP ERROR: 631", 631),
        (b"+TCPIP ERROR: TCPIP mipcall not active", None),
        (b"+TCPIP ERROR: TCPIP socket used", None),
        (b"+CME ERROR: 2004", 2004),
        (b"+TCPIP ERROR:617", 617),
    ):
        for cut in CUTS:
            with Case(dialect, text, cut):
                script = [("<", line(text))]
                if code is None:  # a text does not tell a program why: is the id taken?
                    script += [(">", b"AT+MIPCLOSE?\r"), ("<", line(b"+MIPCLOSE: 1") + OK)]
                elif code != 631:  # it may be: closed, and tried once more
                    opening = b'AT+MIPOPEN=2,,"192.0.2.7",5005,0\r'
                    script += [(">", b"AT+MIPCLOSE=2\r"), ("<", line(b"+CME ERROR: 3")), (">", opening)] + script
                socket, first, modem, tape, clock, says = _opening(dialect, script, cut)
                error = raises(atsock.CommandError, socket.connect, (PEER, PORT))
                assert error.code == code, error.code
                assert code or error.text in text.decode() and error.text, error.text
                tape.load(
                    [
                        (">", b"AT+MIPCLOSE=2\r"),
                        ("<", line(b"+CME ERROR: 3")),
                        (">", b"AT+CSQ\r"),
                        ("<", line(b"+CSQ: 9,99") + OK),
                    ]
                )
                socket.close()
                modem.poll(10)
                assert modem.command("AT+CSQ") == [b"+CSQ: 9,99"]
                tape.done()


@cases("dialect", FIBOCOM)
def test_context_that_is_gone_without_a_word(dialect):
    """Opens are refused because no context is active: attach() activates it."""
    for refusal in (line(b"+CME ERROR: 2031"), line(b"+TCPIP ERROR: 2031")):
        with Case(dialect, refusal):
            modem, tape, clock, module = start(dialect)
            modem.attach("internet")
            normal = module.normal
            up = [False]

            def answer(command):
                if command == b"AT+MIPCALL=0":
                    return OK + line(b"+MIPCALL: 0")
                if command.startswith(b"AT+MIPCALL="):
                    up[0] = True
                if command == b"AT+MIPCALL?" and not up[0]:
                    return line(b"+MIPCALL: 0") + OK
                if command.startswith(b"AT+MIPOPEN="):
                    return OK + line(b"+MIPOPEN: 1,1") if up[0] else refusal
                if command.startswith(b"AT+MIPCLOSE="):
                    return line(b"+CME ERROR: 3")
                return normal(command)

            tape.auto = answer
            opens_when_up_again(modem)
            assert up[0]
            modem.socket().connect((PEER, PORT))


@cases("cut", CUTS)
@cases("dialect", FIBOCOM)
def test_no_blank_behind_the_colon(dialect, cut):
    """Clones print +MIPREAD:1,8 and +MIPDATA:1,8; the notice may be told for each packet, with the sum."""
    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
    tape.load([
        ("!", line(b"+MIPREAD:1,400") + line(b"+MIPREAD:1,%d" % len(HOSTILE))), (">", b"AT+MIPREAD=1,2048\r"),
        ("<", b"\r\n+MIPDATA:1,%d\r\n" % len(HOSTILE) + HOSTILE + b"\r\n" + OK),
    ])  # fmt: skip
    assert receive(socket, len(HOSTILE)) == HOSTILE
    settle(modem, tape)
    tape.done()


@cases("dialect", FIBOCOM)
def test_two_addresses_of_mipdns(dialect):
    for told in (b"192.0.2.8,192.0.2.7", b'"192.0.2.8","192.0.2.7"'):
        answer = line(b'+MIPDNS: "a.test",' + told) + OK
        assert looks_up(dialect, answer) == ["192.0.2.8", "192.0.2.7"], told


@cases("dialect", FIBOCOM)
def test_a_name_without_an_address(dialect):
    """+MIPDNS tells 0.0.0.0 for a name that was not found (L610): that is nothing to connect to."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: line(b'+MIPDNS: "a.test",0.0.0.0') + OK
    assert errno_of(modem.resolve, "a.test") == EHOSTUNREACH


@cases("cut", CUTS)
@cases("dialect", FIBOCOM)
def test_the_time_among_other_lines(dialect, cut):
    """What a module says of a call or its supply between AT+CCLK? and its answer is not the time."""
    for said in (b"MISSED_CALL: 04:30AM 0170", b"NO ANSWER", b"UNDER-VOLTAGE WARNING", b"AT READY", b"+CTZV: +32"):
        with Case(dialect, cut, said):
            modem, tape, clock, says = attached(dialect, cut=cut)
            tape.load([
                (">", b'AT+MIPNTP="a.test",123\r'), ("<", OK + line(b"+MIPNTP: 1")), (">", b"AT+CCLK?\r"),
                ("<", line(said) + line(b'+CCLK: "26/11/30,04:30:00+04"') + OK),
            ])  # fmt: skip
            assert modem.ntp("a.test") == "26/11/30,04:30:00+04"
            tape.done()
