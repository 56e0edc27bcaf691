"""What the modem offers beside sockets, on a script: ping, NTP, keep-alive, names, who the module is, close()."""

import atsock
from atsock.constants import IPPROTO_TCP, SO_KEEPALIVE, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL
from cases import cases
from fakes import Case, errno_of, new_modem, raises
from frames import DIALECTS, OK, PEER, line
from ownline import FIBOCOM
from scenes import attached, connect

EIO, EOPNOTSUPP, EAFNOSUPPORT, ENETDOWN, ETIMEDOUT, EHOSTUNREACH = 5, 95, 97, 100, 110, 113
ABLE = ("bg96",) + FIBOCOM  # SIMCom's TCP/IP manuals have neither ping nor NTP


def asks_ping(dialect, count, size, ms):
    if dialect == "bg96":
        return b'AT+QPING=1,"192.0.2.7",%d,%d\r' % ((ms + 999) // 1000, count)
    return b'AT+MPING=1,"192.0.2.7",%d,%d,64,0,%d\r' % (count, size, ms)


def reply(dialect, ms):
    """Of a ping; None: it did not come back."""
    if dialect == "bg96":
        return line(b"+QPING: 569") if ms is None else line(b'+QPING: 0,"192.0.2.7",32,%d,255' % ms)
    if ms is None:
        return line(b'+MPING: "192.0.2.7",1,0,0')
    return line(b'+MPING: "192.0.2.7",0,0,%d,64' % ms)


def end(dialect, sent, received):
    if dialect == "bg96":
        return line(b"+QPING: 0,%d,%d,%d,10,30,20" % (sent, received, sent - received))
    return line(b"+MPINGSTAT: 0,%d,%d" % (sent, received))


@cases("dialect", ABLE)
def test_ping(dialect):
    """Until the end is told, or as many replies have come as were asked for and one line more."""
    for times in ((20,), (10, 30), (10, None, 30), (None, None)):
        with Case(times):
            modem, tape, clock, says = attached(dialect)
            back = [ms for ms in times if ms is not None]
            said = b"".join([reply(dialect, ms) for ms in times])
            tape.load([
                (">", asks_ping(dialect, len(times), 32, 2500)), ("<", OK), ("~", 500), ("<", said), ("~", 500),
                ("<", end(dialect, len(times), len(back))),
            ])  # fmt: skip
            found = modem.ping(PEER, len(times), 32, 2500)
            assert found.replies == [None if ms is None else (PEER, ms) for ms in times], found.replies
            assert (found.sent, found.received) == (len(times), len(back))
            wanted = (min(back), sum(back) // len(back), max(back)) if back else (None, None, None)
            assert (found.min_ms, found.avg_ms, found.max_ms) == wanted
            assert "%d sent, %d received, %s/%s/%s ms" % ((len(times), len(back)) + wanted) in repr(found)
            assert clock.now == 1000
            tape.done()


@cases("dialect", ABLE)
def test_a_ping_whose_time_cannot_be(dialect):
    """A round trip of less than nothing is a damaged line: no reply."""
    modem, tape, clock, says = attached(dialect)
    said = reply(dialect, -4) + reply(dialect, 20) + end(dialect, 2, 2)
    tape.auto = lambda command: OK + said if b"PING" in command else OK
    found = modem.ping(PEER, 2, 32, 2500)
    assert (found.received, found.min_ms, found.replies) == (1, 20, [None, (PEER, 20)]), found


@cases("dialect", ABLE)
def test_a_ping_whose_end_is_not_told(dialect):
    """As long as all replies may take, and the name's lookup before; what has come by then is told."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: OK + reply(dialect, 20) if b"PING" in command else line(b"+CSQ: 20,0") + OK
    assert modem.ping(PEER, 2, 32, 2500).replies == [(PEER, 20), None]
    assert clock.now == 67_000


@cases("dialect", ABLE)
def test_a_ping_that_is_given_up_by_the_module(dialect):
    """A name that is not found, say: the error, not a list of losses."""
    modem, tape, clock, says = attached(dialect)
    said = line(b"+QPING: 565") if dialect == "bg96" else line(b"+MPINGSTAT: 2,0,0")
    tape.auto = lambda command: OK + said if b"PING" in command else OK
    error = raises(atsock.CommandError, modem.ping, PEER, 3)
    assert error.code == (565 if dialect == "bg96" else None), error
    assert error.args[0] == (EHOSTUNREACH if dialect == "bg96" else EIO)
    assert clock.now < 1000


@cases("dialect", ABLE)
def test_a_ping_of_which_nothing_is_told(dialect):
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: OK if b"PING" in command else line(b"+CSQ: 20,0") + OK
    assert errno_of(modem.ping, PEER, 1, 32, 1000) in (EIO, ETIMEDOUT)


@cases("dialect", DIALECTS)
def test_limits_of_ping(dialect):
    """Nothing is sent."""
    modem, tape, clock, says = attached(dialect)
    most = {"bg96": (10, 32)}.get(dialect, (255, 1372 if dialect in FIBOCOM else 1500))
    for count, size, ms in (
        (0, 32, 1000), (most[0] + 1, 32, 1000), (4, -1, 1000), (4, most[1] + 1, 1000), (4, 32, 0), (4, 32, 255_001),
    ):  # fmt: skip
        raises(ValueError, modem.ping, PEER, count, size, ms)
    for count, size, ms in (("4", 32, 1000), (4, None, 1000), (4, 32, 2.5)):
        raises(TypeError, modem.ping, PEER, count, size, ms)
    if dialect not in ABLE:
        for call in (modem.ping, modem.ntp):
            assert errno_of(call, PEER) == EOPNOTSUPP
    assert tape.written == 0
    for call in (new_modem(dialect)[0], new_modem(None)[0]):
        assert errno_of(call.ping, PEER, most[0], most[1], 255_000) == errno_of(call.ntp, PEER) == ENETDOWN
        assert errno_of(call.ping, PEER, 1, 0, 1) == ENETDOWN


def test_ping_and_ntp_over_ipv6():
    """L610: commands of their own (1.1.14, 1.1.22), for an address and for names of a context of that family."""
    modem, tape, clock, says = attached("l610")
    sent = []
    tape.auto = lambda command: sent.append(command) or OK + reply("l610", 20) + end("l610", 1, 1)
    modem.ping("2001:db8::1", 1, 32, 1000)
    assert sent.pop() == b'AT+MPING=2,"2001:db8:0:0:0:0:0:1",1,32,64,0,1000'
    modem.ping("name.example", 1, 32, 1000)
    assert sent.pop() == b'AT+MPING=1,"name.example",1,32,64,0,1000'
    modem._session.attached_with.family = 6
    modem.ping("name.example", 1, 32, 1000)
    assert sent.pop() == b'AT+MPING=2,"name.example",1,32,64,0,1000'

    def answer(command):
        sent.append(command)
        return OK + line(b"+MIPNTP: 1") if b"NTP" in command else line(b'+CCLK: "24/02/29,23:59:58"') + OK

    tape.auto = answer
    modem.ntp("name.example")
    assert sent[0] == b'AT+MIPNTP="name.example",123,1'


@cases("dialect", ABLE)
def test_ntp(dialect):
    """The time as the module tells it, with the answer or when it is asked for its clock."""
    modem, tape, clock, says = attached(dialect)
    time = b"24/02/29,23:59:58"
    if dialect == "bg96":
        tape.load([
            (">", b'AT+QNTP=1,"192.0.2.7",123\r'), ("<", OK), ("~", 3000), ("<", line(b'+QNTP: 0,"%s"' % time)),
        ])  # fmt: skip
    else:
        tape.load([
            (">", b'AT+MIPNTP="192.0.2.7",123\r'), ("<", OK), ("~", 3000), ("<", line(b"+MIPNTP: 1")),
            (">", b"AT+CCLK?\r"), ("<", line(b'+CCLK: "%s"' % time) + OK),
        ])  # fmt: skip
    assert modem.ntp(PEER) == time.decode()
    assert clock.now == 3000
    tape.done()


@cases("dialect", ABLE)
def test_ntp_that_fails(dialect):
    modem, tape, clock, says = attached(dialect)
    said = line(b"+QNTP: 567") if dialect == "bg96" else line(b"+MIPNTP: 0")
    tape.auto = lambda command: OK + said
    error = raises(atsock.CommandError, modem.ntp, PEER)
    assert error.code == (567 if dialect == "bg96" else None), error
    # Set, and the clock does not tell.
    tape.auto = lambda command: OK + (line(b"+QNTP: 0") + line(b"+MIPNTP: 1") if b"NTP" in command else b"")
    assert errno_of(modem.ntp, PEER) == EIO


@cases("dialect", DIALECTS)
def test_limits_of_keep_alive(dialect):
    """Each number in the manual's range; where the manual has none, the option is refused.  Nothing is sent."""
    modem, tape, clock, says = attached(dialect)
    socket = connect(modem, tape, says, 5)
    if dialect in ("bg96", "a7600"):
        assert errno_of(socket.setsockopt, 1, SO_KEEPALIVE, 1) == EOPNOTSUPP
        return
    idle, interval, (least_count, most_count) = modem._session.table.KEEPALIVE_RANGE
    for option, wrong, right in (
        (TCP_KEEPIDLE, (0, idle[0] * idle[2] + 1), (1, idle[0] * idle[2])),
        (TCP_KEEPINTVL, (0, interval[0] * interval[2] + 1), (1, interval[0] * interval[2])),
        (TCP_KEEPCNT, (least_count - 1, most_count + 1), (least_count, most_count)),
    ):
        socket.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 120)
        socket.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 60)
        socket.setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 5)
        for value in wrong:
            with Case(option, value):
                tape.load(())
                socket.setsockopt(IPPROTO_TCP, option, value)
                error = raises(ValueError, socket.setsockopt, 1, SO_KEEPALIVE, 1)
                assert "%d to %d" % right in str(error), error
        for value in right:
            with Case(option, value):
                tape.auto = lambda command: OK
                socket.setsockopt(IPPROTO_TCP, option, value)
                socket.setsockopt(1, SO_KEEPALIVE, 1)
                tape.auto = None


def test_keep_alive_of_a_module_that_is_not_known():
    modem, tape, clock = new_modem(None)
    assert errno_of(modem.socket().setsockopt, 1, SO_KEEPALIVE, 1) == EOPNOTSUPP


@cases("dialect", ("bg96", "a7600"))
def test_what_is_not_acknowledged_is_not_told(dialect):
    modem, tape, clock, says = attached(dialect)
    socket = connect(modem, tape, says, 5)
    for answer in (OK, line(b"+QISEND: 1,x") + line(b"+CIPACK: ") + OK):
        tape.auto = lambda command: answer
        assert errno_of(socket.unacked) == EIO


@cases("dialect", DIALECTS)
def test_a_name_that_is_refused(dialect):
    """For whatever reason: it is not found."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: line(b"+CME ERROR: 50")
    assert errno_of(modem.resolve, "name.example") == EHOSTUNREACH
    raises(ValueError, modem.resolve, "name.example", 3)
    if modem._session.table.RESOLVE_6 is None:
        sent = []
        tape.auto = lambda command: sent.append(command) or OK
        assert errno_of(modem.resolve, "name.example", atsock.AF_INET6) == EAFNOSUPPORT
        assert not sent


@cases("dialect", DIALECTS)
def test_an_answer_that_is_no_address(dialect):
    """Neither resolve() nor a datagram to that name lets what the module says into a command line."""
    for text in (
        b"192.0.2.1\rAT+EVIL=1\r",
        b'192.0.2.1"\x1a\x1bAT+EVIL',
        b"192.0.2.1;+EVIL",
        b"2001:db8::1\rAT+EVIL",
        b"",
    ):
        with Case(text):
            modem, tape, clock, says = attached(dialect)
            sent = []

            def answer(command, text=text, sent=sent):
                sent.append(command)
                if b"DNS" not in command:
                    return OK
                if dialect == "bg96":
                    return OK + line(b'+QIURC: "dnsgip",0,1,600') + line(b'+QIURC: "dnsgip","%s"' % text)
                if dialect in FIBOCOM:
                    return line(b"+MIPDNS: name.example," + text) + OK
                return line(b'+CDNSGIP: 1,"name.example","%s"' % text) + OK

            tape.auto = answer
            raises(OSError, modem.resolve, "name.example")
            socket = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
            socket.settimeout(1)
            raises(OSError, socket.sendto, b"x", ("name.example", 7))
            assert not [command for command in sent if b"EVIL" in command], sent


def test_what_getaddrinfo_gives():
    modem, tape, clock, says = attached("bg96")
    assert modem.getaddrinfo(PEER, 80) == [(atsock.AF_INET, atsock.SOCK_STREAM, 0, "", (PEER, 80))]
    assert modem.getaddrinfo(PEER, 0, 0, atsock.SOCK_DGRAM, 17)[0][:3] == (atsock.AF_INET, atsock.SOCK_DGRAM, 17)
    assert errno_of(modem.getaddrinfo, PEER, 80, atsock.AF_INET6) == EAFNOSUPPORT
    raises(ValueError, modem.getaddrinfo, PEER, 65_536)
    assert tape.written == 0


@cases("dialect", DIALECTS)
def test_who_the_module_is(dialect):
    modem, tape, clock, says = attached(dialect)
    told = {b"AT+CGMI": b"Maker", b"AT+CGMM": b"Model", b"AT+CGMR": b"Revision"}
    tape.auto = lambda command: line(told[command]) + OK
    assert modem.identity() == ("Maker", "Model", "Revision")
    assert modem.model == "Model"


@cases("dialect", DIALECTS)
def test_the_signal(dialect):
    modem, tape, clock, says = attached(dialect)
    for told, found in ((b"20,3", (-73, 3)), (b"0,0", (-113, 0)), (b"31,7", (-51, 7)), (b"99,99", (None, None))):
        tape.auto = lambda command: line(b"+CSQ: " + told) + OK
        assert modem.signal() == found


@cases("dialect", DIALECTS)
def test_close_goes_on_behind_an_error(dialect):
    """All sockets are closed, then the first error is raised; so does the end of a with block."""
    for with_block in (False, True):
        with Case(with_block):
            modem, tape, clock, says = attached(dialect)
            sockets = [connect(modem, tape, says, 5) for _ in range(2)]
            ids = [socket._link.id for socket in sockets]
            closes = []

            def answer(command, says=says, closes=closes, with_block=with_block):
                if not command.startswith(says.close(0)[0][1][:-2]):
                    return line(b"+CSQ: 20,0") + OK
                closes.append(int(command.split(b"=")[1]))
                return b"" if len(closes) == 1 + with_block else says.close(closes[-1])[1][1]

            tape.auto = answer
            if with_block:
                with raises_timeout():
                    with modem as same:
                        closes.append(same is modem)
                assert closes.pop(0)
            else:
                assert errno_of(modem.close) == ETIMEDOUT
            assert sorted(closes) == ids
            for socket in sockets:
                assert errno_of(socket.send, b"x") == 9


def test_close_raises_the_first_error():
    modem, tape, clock, says = attached("bg96")
    sockets = [connect(modem, tape, says, 5) for _ in range(3)]
    errors = [OSError(1), OSError(2)]
    closed = []

    def close(socket):
        closed.append(socket)
        socket._link.socket = None
        if errors:
            raise errors.pop(0)

    kind = type(sockets[0])
    before = kind.close
    kind.close = close
    try:
        assert errno_of(modem.close) == 1
    finally:
        kind.close = before
    assert len(closed) == 3


class raises_timeout:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        assert isinstance(error, OSError) and error.args[0] == ETIMEDOUT, error
        return True


@cases("dialect", DIALECTS)
def test_the_registration_takes_the_time_that_the_module_takes(dialect):
    modem, tape, clock, says = attached(dialect)
    states = line(b"+CEREG: 0,5") + line(b"+CREG: 0,5") + line(b"+CGREG: 0,5") + OK

    def slowly(command):
        tape.input += [[0, "~", 3000], [0, "!", states]]

    tape.auto = slowly
    assert modem.registration() == "roaming"
    assert clock.now >= 3000
