"""The stream socket in every dialect and access mode: what it returns, when it waits, what it raises."""

import gc
import sys

import atsock
from atsock.core.command import query
from cases import cases
from fakes import CUTS, WIRE_NAMES, Case, errno_of, new_modem, raises
from frames import ACCESS, DIALECTS, ERROR, OK, PEER, PORT, PULLED, PUSHED, line, pulls, read_script
from scenes import answers, attached, connect, connected, recv_exactly, settle

EBADF, EAGAIN, EBUSY, EMFILE, ENETDOWN, ECONNRESET, ENOBUFS, EISCONN, ENOTCONN, ETIMEDOUT = (
    9,
    11,
    16,
    24,
    100,
    104,
    105,
    106,
    107,
    110,
)

FINALISERS = sys.implementation.name != "micropython"


def ask(says, access, link):
    return (">", says.ask(access, link, says.most[access]))


@cases("wire", WIRE_NAMES)
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_life_of_a_connection(dialect, access, wire):
    """connect, send, recv, close: byte for byte what the manuals print."""
    socket, modem, tape, clock, says = connected(dialect, access, wire=wire, timeout=20)
    link = says.first
    script = says.send(access, link, b"GET / HTTP/1.0\r\n\r\n") + read_script(
        says, dialect, access, link, b"HTTP/1.0 200 OK\r\n"
    )
    tape.load(script + says.close(link))
    assert socket.write(b"GET / HTTP/1.0\r\n\r\n") == 18
    assert recv_exactly(socket, 17) == b"HTTP/1.0 200 OK\r\n"
    settle(modem, tape)
    socket.close()
    socket.close()
    tape.done()
    assert errno_of(socket.recv, 1) in (EBADF, ENOTCONN)
    assert errno_of(socket.send, b"x") in (EBADF, ENOTCONN)
    assert errno_of(socket.connect, (PEER, PORT)) in (EBADF, ENOTCONN)


@cases("dialect", DIALECTS)
def test_open_command(dialect):
    """The open commands of the manuals' syntax tables, letter by letter."""
    commands = []
    modem, tape, clock, says = attached(dialect)

    def answer(text):
        if text.startswith(says.open_line(text)):
            commands.append(text)
            return says.opened(text, says.link_of(text))
        return OK

    tape.auto = answer
    modem.socket().connect(("192.0.2.10", 7))
    if dialect == "bg96":
        assert commands == [b'AT+QIOPEN=1,0,"TCP","192.0.2.10",7,0,0']
    elif dialect in ("nl668", "l610"):
        assert commands == [b'AT+MIPOPEN=1,,"192.0.2.10",7,0']
    else:
        assert commands == [b'AT+CIPOPEN=0,"TCP","192.0.2.10",7']


# -- receive


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_short_reads(dialect, access):
    """recv(n) returns what is there, at most n; the rest stays for the next call."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    tape.load(read_script(says, dialect, access, says.first, b"0123456789"))
    assert socket.recv(4) == b"0123"
    settle(modem, tape)
    buf = bytearray(4)
    assert socket.recv_into(buf) == 4
    assert buf == b"4567"
    assert socket.recv_into(buf, 1) == 1
    assert bytes(buf) == b"8567"
    assert socket.recv(100) == b"9"
    tape.done()


@cases("wire", WIRE_NAMES)
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_exact_reads(dialect, access, wire):
    """read(n), readinto() and readline() put together what came in several pieces."""
    socket, modem, tape, clock, says = connected(dialect, access, wire=wire, timeout=30)
    script = []
    for piece in (b"abc", b"de\nfg", b"h", b"ijkl"):
        script += read_script(says, dialect, access, says.first, piece)
    tape.load(script)
    buf = bytearray(4)
    assert socket.readinto(buf) == 4
    assert buf == b"abcd"
    assert socket.readline() == b"e\n"
    assert socket.read(6) == b"fghijk"
    assert recv_exactly(socket, 1) == b"l"
    settle(modem, tape)
    tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_end_of_stream_after_all_data(dialect, access):
    """The peer closed while the module holds data: all of it is read first, then b"" again and again; then close()."""
    for cut in (0, 1, -1):
        with Case(dialect, access, cut):
            socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=60)
            link = says.first
            if pulls(dialect, access):
                most = says.most[access]
                script = [("!", says.notice(access, link)), ("!", says.closed(link))]
                script += [ask(says, access, link), ("<", says.answer(access, link, b"a" * most, 7))]
                script += [ask(says, access, link), ("<", says.answer(access, link, b"b" * 7, 0))]
                if not says.tells_rest:
                    script += [ask(says, access, link), ("<", says.nothing(access, link))]
                expected = b"a" * most + b"b" * 7
            else:
                script = [
                    ("!", says.push(access, link, b"a" * 700)),
                    ("!", says.push(access, link, b"b" * 7)),
                    ("!", says.closed(link)),
                ]
                expected = b"a" * 700 + b"b" * 7
            tape.load(script)
            assert socket.read() == expected
            assert socket.recv(10) == b""
            assert socket.read(10) == b""
            assert socket.readinto(bytearray(3)) == 0
            assert socket.readline() == b""
            settle(modem, tape)
            tape.done()
            assert errno_of(socket.send, b"x") == ECONNRESET


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_closed_while_waiting(dialect, access):
    """The peer closes while recv() waits and nothing is left: b"", after one look into the module's buffer."""
    for cut in (0, 1):
        with Case(dialect, access, cut):
            socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=60)
            script = [("~", 3000), ("!", says.closed(says.first))]
            if pulls(dialect, access):
                script += [ask(says, access, says.first), ("<", says.nothing(access, says.first))]
            tape.load(script)
            assert socket.recv(10) == b""
            assert clock.now < 4000
            settle(modem, tape)
            tape.done()


@cases(("dialect", "access"), PULLED)
def test_read_refused_after_the_end(dialect, access):
    """The module has forgotten a connection that the peer closed, and refuses the read (seen on BG96): b"", no
    error."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
    tape.load([("!", says.closed(says.first)), ask(says, access, says.first), ("<", ERROR)] + says.why())
    assert socket.recv(10) == b""
    tape.done()


@cases(("dialect", "access"), PULLED)
def test_empty_answers(dialect, access):
    """A notice whose data has gone, and the last short read: the socket goes on waiting, the next notice counts."""
    for cut in CUTS:
        with Case(dialect, access, cut):
            socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=9)
            link = says.first
            script = [
                ("!", says.notice(access, link)),
                ask(says, access, link),
                ("<", says.nothing(access, link)),
                ("~", 2000),
            ]
            tape.load(script + read_script(says, dialect, access, link, b"now"))
            assert recv_exactly(socket, 3) == b"now"
            settle(modem, tape)
            tape.done()


@cases(("dialect", "access"), PULLED)
def test_lost_notice(dialect, access):
    """A notice that never came: the module's buffer is looked at after some seconds of waiting all the same."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
    tape.load([ask(says, access, says.first), ("<", says.answer(access, says.first, b"quiet", 0))])
    assert socket.recv(100) == b"quiet"
    assert clock.now <= 15_000


@cases(("dialect", "access"), PULLED)
def test_lost_notice_and_short_timeouts(dialect, access):
    """The same when no call waits that long, but the program calls again; and the module is not asked at each call."""
    for timeout, n in ((0.5, 100), (0.5, 3000), (4, 100), (10, 3000)):
        with Case(timeout, n):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=timeout)
            link = says.first
            tape.load(
                [
                    ask(says, access, link),
                    ("<", says.nothing(access, link)),
                    ("~", 9000),
                    ask(says, access, link),
                    ("<", says.answer(access, link, b"quiet", 0)),
                ]
            )
            buf = bytearray(n)
            got = 0
            while not got:
                assert clock.now <= 45_000
                try:
                    got = socket.recv_into(buf)
                except OSError as error:
                    assert error.args[0] == ETIMEDOUT
            assert buf[:got] == b"quiet" and clock.now >= 19_000


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_timeouts(dialect, access):
    """settimeout(): ETIMEDOUT after that long, EAGAIN (None from the stream methods) at once with 0."""
    socket, modem, tape, clock, says = connected(dialect, access)
    tape.after = lambda text: says.nothing(access, says.first)
    socket.settimeout(1.5)
    before = clock.now
    assert errno_of(socket.recv, 10) == ETIMEDOUT
    assert clock.now - before == 1500
    socket.settimeout(0)
    before = clock.now
    assert errno_of(socket.recv, 10) == EAGAIN
    assert errno_of(socket.recv_into, bytearray(10)) == EAGAIN
    assert socket.read(10) is None
    assert socket.readinto(bytearray(10)) is None
    assert socket.readline() is None
    assert clock.now == before
    raises(ValueError, socket.settimeout, -1)


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_partial_reads_keep_everything(dialect, access):
    """readinto(), read(n), readline() that run out of time return what came, and the rest comes with the next call."""
    for cut in (0, 1):
        for read in ("readinto", "read", "readline"):
            with Case(dialect, access, cut, read):
                socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=5)
                link = says.first
                script = read_script(says, dialect, access, link, b"half ")
                if pulls(dialect, access) and not says.tells_rest:
                    script += [ask(says, access, link), ("<", says.nothing(access, link))]
                script += [("~", 8000)] + read_script(says, dialect, access, link, b"whole")
                tape.load(script)
                if read == "readinto":
                    buf = bytearray(10)
                    assert socket.readinto(buf) == 5
                    assert buf[:5] == b"half "
                elif read == "read":
                    assert socket.read(10) == b"half "
                else:
                    assert socket.readline() == b"half "
                assert clock.now == 5000
                assert recv_exactly(socket, 5) == b"whole"
                settle(modem, tape)
                tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_lines_of_limited_length(dialect, access):
    """readline(n): at most n bytes of a line, what is over comes next."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    tape.load(read_script(says, dialect, access, says.first, b"one\ntwo and three\nend"))
    tape.after = lambda text: says.nothing(access, says.first)
    got = [socket.readline(n) for n in (100, 3, 0, 4, -1, 2)]
    assert got == [b"one\n", b"two", b"", b" and", b" three\n", b"en"], got


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_text_is_sent_as_utf_8(dialect, access):
    """send(), sendall() and write() take str, as MicroPython's sockets do."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    for method in (socket.send, socket.write, socket.sendall):
        tape.load(says.send(access, says.first, "Gr\u00fc\u00dfe".encode()))
        assert method("Gr\u00fc\u00dfe") in (7, None)
        settle(modem, tape)
        tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_non_blocking_read(dialect, access):
    """With settimeout(0) calls never wait: None or EAGAIN until the data is in the ring, then the data."""
    for cut in CUTS:
        with Case(dialect, access, cut):
            socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=0)
            tape.load(read_script(says, dialect, access, says.first, b"0123456789"))
            tape.after = lambda text: says.nothing(access, says.first)
            data = b""
            for attempt in range(300):
                modem.poll()
                piece = socket.read(100)
                data += piece or b""
                if len(data) == 10:
                    break
            assert data == b"0123456789", data
            assert clock.now < 1000


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_non_blocking_read_alone(dialect, access):
    """A loop of non-blocking reads, and nothing else, gets the data: each call takes in what has come."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    tape.load(read_script(says, dialect, access, says.first, b"0123456789"))
    tape.after = lambda text: says.nothing(access, says.first)
    data = b""
    for attempt in range(50):
        data += socket.read(100) or b""
    assert data == b"0123456789", data
    assert clock.now == 0


# -- send


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_non_blocking_send(dialect, access):
    """write() with settimeout(0) gives the module 5 ms to be ready: what it takes goes out once, None until the module
    has it."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    script = says.send(access, says.first, b"hello")
    tape.load(script[:1] + [("~", 3000)] + script[1:])
    assert socket.write(b"hello") == 5
    assert clock.now == 5
    for attempt in range(40):
        before = clock.now
        if socket.ioctl(3, 4) == 4:
            break
        assert socket.write(b"again") is None
        assert clock.now == before, "waited %d ms" % (clock.now - before)
        modem.poll(100)
    assert clock.now >= 3000
    tape.done()


@cases("kind", (atsock.SOCK_STREAM, atsock.SOCK_DGRAM), ids=("stream", "datagram"))
@cases("dialect", ("bg96", "nl668"))
def test_non_blocking_send_to_a_module_that_is_ready(dialect, kind):
    """The payload is out when the call is over, although the program comes to the modem no more."""
    modem, tape, clock, says = attached(dialect)
    socket = connect(modem, tape, says, 0, type=kind)
    for ms in (0, 3):
        with Case(ms):
            before = clock.now
            script = says.send("buffer", says.first, b"hello")
            tape.load(script[:1] + ([("~", ms)] if ms else []) + script[1:-1])
            assert socket.write(b"hello") == 5
            tape.done()
            assert clock.now - before == ms
            tape.load([("!", script[-1][1])])
            settle(modem, tape)


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_large_sends(dialect, access):
    """send() cuts what is longer than the manual's limit into several commands."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
    chunk = says.chunk(access)
    data = bytes([i & 255 for i in range(2 * chunk + 5)])
    script = []
    for at in range(0, len(data), chunk):
        script += says.send(access, says.first, data[at : at + chunk])
    tape.load(script + says.send(access, says.first, data[5:9]) + says.send(access, says.first, data[:3]))
    assert socket.send(data) == len(data)
    assert socket.write(data, 5, 4) == 4
    assert socket.write(data, 3) == 3
    assert socket.send(b"") == 0
    tape.done()


@cases("access", ("buffer", "push", "hex"))
def test_bg96_send_fail_is_offered_again(access):
    """SEND FAIL: the buffer is full (2.1.7); the same block after a pause, at growing distance."""
    socket, modem, tape, clock, says = connected("bg96", access, timeout=60)
    script = says.send(access, 0, b"again")
    failed = script[:-1] + [("<", line(b"SEND FAIL"))]
    tape.load(failed + failed + failed + script)
    assert socket.send(b"again") == 5
    tape.done()
    assert 300 <= clock.now <= 20_000, clock.now


@cases("dialect", ("nl668", "l610"))
def test_fibocom_status_1_is_offered_again(dialect):
    """+MIPSEND: id,1,free: flowed off (1.1.6, 1.2.3); the same block after a pause."""
    for access in ("buffer", "push"):
        socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
        script = says.send(access, 1, b"again")
        refused = line(b"+MIPPUSH: 1,1") + line(b"+MIPSEND: 1,1,2000")
        tape.load(script[:-1] + [("<", OK + refused + OK)] + script)
        assert socket.send(b"again") == 5
        tape.done()
        assert 50 <= clock.now <= 20_000, clock.now
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=60)
    script = says.send("hex", 1, b"again")
    tape.load(script[:1] + [("<", line(b"+MIPSEND: 1,1,0") + OK)] + script)
    assert socket.send(b"again") == 5
    tape.done()


@cases("dialect", ("nl668", "l610"))
def test_fibocom_push_that_has_to_wait(dialect):
    """+MIPPUSH: id,1 behind data that was stored: only the push is repeated, or the data would go out twice."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=60)
    script = says.send("hex", 1, b"once")
    tape.load(script[:3] + [("<", line(b"+MIPPUSH: 1,1") + OK)] + script[2:])
    assert socket.send(b"once") == 4
    tape.done()


@cases("free", (0, 3))
@cases("dialect", ("nl668", "l610"))
def test_no_room_in_the_module_for_what_does_not_wait(dialect, free):
    """It told that it has none (1.1.6): it is asked until it has, then as much is taken; one that always says 0 is not
    believed for ever."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    script = says.send("buffer", says.first, b"hello")
    kind, result = script[-1]
    assert result.count(b",0,2048") == 1
    others = line(b"+MIPSEND: 0,5") + line(b"+MIPSEND: 2,5")
    none = [(">", b"AT+MIPSEND?\r"), ("<", others + line(b"+MIPSEND: 1,0") + OK)]
    room = [(">", b"AT+MIPSEND?\r"), ("<", line(b"+MIPSEND: 1,%d" % free) + OK)]
    taken = free or 4
    tape.load(
        script[:-1] + [(kind, result.replace(b",0,2048", b",0,0"))]
        + none * (1 if free else 7) + room + says.send("buffer", says.first, b"more"[:taken])
    )  # fmt: skip
    assert socket.write(b"hello") == 5
    while not socket.is_sent():
        modem.poll(10)
    got = socket.write(b"more")
    assert got is None
    began = clock.now
    while got is None:
        modem.poll(10)
        got = socket.write(b"more")
    assert got == taken
    assert 100 <= clock.now - began < 10_000
    while not socket.is_sent():
        modem.poll(10)
    assert not socket.has_lost()
    tape.done()


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_a_module_that_cannot_be_asked_for_room(dialect):
    """It has told of none, for whatever reason: the next send decides."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    socket._link.tx_credit = 0
    tape.load(says.send("buffer", says.first, b"hello"))
    assert socket.write(b"hello") is None
    assert socket.write(b"hello") == 5
    while not socket.is_sent():
        modem.poll(10)
    assert clock.now < 1000
    tape.done()


@cases(("dialect", "access"), PULLED)
def test_refused_read(dialect, access):
    """The connection is of no use any more, and says so; a socket that has been told stays so."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    tape.load([
        ("!", says.notice(access, says.first)), (">", says.ask(access, says.first, says.most[access])),
        ("<", line(b"+CME ERROR: 100")),
    ])  # fmt: skip
    for _ in range(2):  # asked once
        assert errno_of(socket.recv, 10) == 104
        assert errno_of(socket.send, b"x") == 104
        assert socket.ioctl(3, 1) == 1 | 8 | 16
    tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_lost_is_told_once(dialect, access):
    """A socket that has never sent has lost nothing; what was taken and found the connection gone is lost."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    assert not socket.has_lost()
    tape.load([(">", b"AT+GSN\r"), ("~", 50), ("!", says.closed(says.first)), ("<", OK)])
    modem._session.submit(query(b"AT+GSN"))
    assert socket.write(b"hello") == 5
    settle(modem, tape)
    for _ in range(20):
        modem.poll(100)
    assert socket.has_lost()
    assert not socket.has_lost()


@cases("dialect", ("nl668", "l610"))
def test_fibocom_push_with_nothing_left(dialect):
    """+MIPPUSH: id,2 behind data that was stored: the module has sent it by itself already (1.1.4); no error."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=60)
    script = says.send("hex", 1, b"gone")
    tape.load(script[:3] + [("<", line(b"+MIPPUSH: 1,2") + OK)])
    assert socket.send(b"gone") == 4
    tape.done()


@cases("dialect", ("nl668", "l610"))
def test_fibocom_flow_control(dialect):
    """+MIPXOFF stops sending on that socket until +MIPXON; the other socket is not affected; 0 timeout: EAGAIN."""
    events = []
    socket, modem, tape, clock, says = connected(dialect, timeout=5, on_event=lambda e, s, v: events.append((e, s)))
    second = connect(modem, tape, says, 5)
    tape.load(
        [("!", line(b"+MIPXOFF: 1"))]
        + says.send("buffer", 2, b"two")
        + [("~", 3000), ("!", line(b"+MIPXON: 1"))]
        + says.send("buffer", 1, b"one")
    )
    settle(modem, tape)
    assert second.send(b"two") == 3
    assert socket.send(b"one") == 3
    assert clock.now >= 3000
    tape.done()
    modem.poll()
    assert (atsock.EVENT_FLOW_OFF, socket) in events and (atsock.EVENT_FLOW_ON, socket) in events
    tape.load([("!", line(b"+MIPXOFF: 1"))])
    settle(modem, tape)
    before = clock.now
    assert errno_of(socket.send, b"x") == ETIMEDOUT
    assert clock.now - before == 5000
    socket.settimeout(0)
    assert errno_of(socket.send, b"x") == EAGAIN
    assert socket.write(b"x") is None
    assert clock.now - before == 5000


@cases("dialect", ("a7600", "sim7028"))
def test_simcom_short_confirmation(dialect):
    """+CIPSEND: link,asked,accepted with less accepted: what was accepted is told, and the connection is over (2.4)."""
    for accepted, returned in ((4, 4), (1, 1), (9, 9), (0, None), (-1, None)):
        for access in ACCESS:
            with Case(dialect, accepted, access):
                socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
                script = says.send(access, 0, b"0123456789")
                tape.load(script[:-1] + [("<", OK + line(b"+CIPSEND: 0,10,%d" % accepted))])
                if returned is None:
                    assert errno_of(socket.send, b"0123456789") == ECONNRESET
                else:
                    assert socket.send(b"0123456789") == returned
                assert errno_of(socket.send, b"more") == ECONNRESET
                tape.load(says.close(0))
                socket.close()
                tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_send_refused(dialect, access):
    """ERROR instead of the prompt, the connection is gone: ECONNRESET (or what the code says), no payload is
    written."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
    answer = [("<", line(b"+CIPERROR: 4") + ERROR)] if dialect in ("a7600", "sim7028") else [("<", ERROR)] + says.why()
    if dialect in ("nl668", "l610") and access != "hex":  # a prompt may still come: nothing is written meanwhile
        answer.insert(1, ("~", 1500))
    tape.load(says.send(access, says.first, b"x")[:1] + answer)
    raises(OSError, socket.send, b"x")
    tape.done()
    raises(OSError, socket.send, b"x")
    tape.load(says.close(says.first))
    socket.close()


# -- pushed data without room


@cases(("dialect", "access"), PUSHED)
def test_pushed_data_waits_while_idle(dialect, access):
    """More pushed data than the ring holds, nothing else to do: it waits in the UART, and nothing is lost."""
    for cut in (0, -1):
        with Case(dialect, access, cut):
            events = []
            socket, modem, tape, clock, says = connected(
                dialect, access, cut=cut, timeout=5, on_event=lambda *a: events.append(a[0])
            )
            data = bytes([i * 7 & 255 for i in range(9000)])
            tape.load([("!", says.push(access, says.first, data[at : at + 1000])) for at in range(0, 9000, 1000)])
            for attempt in range(50):
                modem.poll()
            assert recv_exactly(socket, 9000) == data
            tape.done()
            assert atsock.EVENT_OVERFLOW not in events


@cases(("dialect", "access"), PUSHED)
def test_overflow_is_reported(dialect, access):
    """A command has to get through while the ring is full: what had no room is lost, and recv() says so: ENOBUFS."""
    for cut in (0, -1):
        with Case(dialect, access, cut):
            events = []
            socket, modem, tape, clock, says = connected(
                dialect, access, cut=cut, timeout=5, on_event=lambda e, s, v: events.append((e, s))
            )
            second = connect(modem, tape, says, 5)
            data = bytes([i * 7 & 255 for i in range(9000)])
            script = [("!", says.push(access, says.first, data[at : at + 1000])) for at in range(0, 9000, 1000)]
            tape.load(script + says.send(access, says.first + 1, b"abc"))
            assert second.send(b"abc") == 3
            got = b""
            error = 0
            while not error:
                try:
                    piece = socket.recv(1000)
                    assert piece, "end of stream instead of ENOBUFS"
                    got += piece
                except OSError as e:
                    error = e.args[0]
            assert error == ENOBUFS, error
            assert data.startswith(got)
            assert len(got) >= 2048
            modem.poll()
            assert (atsock.EVENT_OVERFLOW, socket) in events


# -- ids, access modes, arguments


@cases("dialect", DIALECTS)
def test_ids_used_up(dialect):
    """All connection ids are in use: EMFILE, nothing is sent; after a close there is one again."""
    modem, tape, clock, says = attached(dialect)
    sockets = [connect(modem, tape, says) for _ in range(says.links)]
    tape.load(())
    assert errno_of(modem.socket().connect, (PEER, PORT)) == EMFILE
    tape.load(says.close(says.first))
    sockets[0].close()
    connect(modem, tape, says)


def test_ids_used_up_by_an_open_on_its_way():
    """It counts, too."""
    modem, tape, clock, says = attached("sim7028")
    kept = connect(modem, tape, says)
    tape.load([(">", b'AT+CIPOPEN=1,"TCP","%s",%d\r' % (PEER.encode(), PORT))])
    opening, late = modem.socket(), modem.socket()
    opening.setblocking(False)
    late.settimeout(5)
    assert errno_of(opening.connect, (PEER, PORT)) == 115
    assert "all 2 connection ids" in str(raises(OSError, late.connect, (PEER, PORT)))
    assert kept._link.state == 2


@cases("dialect", DIALECTS)
def test_access_modes_exclude_each_other(dialect):
    """Another access mode while a socket is open: EBUSY where the module has one for all, nothing is sent; free
    afterwards."""
    socket, modem, tape, clock, says = connected(dialect, "buffer")
    other = "hex" if dialect == "bg96" else "push"  # BG96: buffer and push are a matter of each socket
    tape.load(())
    assert errno_of(modem.socket(access=other).connect, (PEER, PORT)) == EBUSY
    tape.load(says.close(says.first))
    socket.close()
    connect(modem, tape, says, access=other)


@cases("dialect", DIALECTS)
def test_arguments_that_cannot_be_sent(dialect):
    """Hosts, ports, names and commands that would break the command line: ValueError or TypeError, not a byte is
    sent."""
    modem, tape, clock, says = attached(dialect)
    hosts = [
        "",
        'a"b',
        "a\rb",
        "a\nAT",
        "a b",
        "a,b",
        "x" * 256,
        "\x00",
        "\x1a",
        "h\u00f6st",
        b'\xff"',
        "a;b",
        "a\x7fb",
        None,
        7,
    ]
    for host in hosts:
        with Case(host):
            raises((ValueError, TypeError), modem.socket().connect, (host, 80))
            raises((ValueError, TypeError), modem.resolve, host)
    for port in (0, -1, 65536, "80", None, 1.5, 99999999999, True):
        with Case(port):
            raises((ValueError, TypeError), modem.socket().connect, ("example.com", port))
    for text in ("", "AT\r", "AT+X\nAT", "AT\x1a", "AT\x00", "AT\u00e9"):
        with Case(text):
            raises((ValueError, TypeError), modem.command, text)
    for address in (None, "example.com", ("a",), 5):
        with Case(address):
            raises((ValueError, TypeError), modem.socket().connect, address)
    assert tape.written == 0
    modem, tape, clock = new_modem(dialect)
    for apn in ('a"b', "a\r", "x" * 100, "\x1a", "\u00e9"):
        with Case(apn):
            raises(ValueError, modem.attach, apn)
            raises(ValueError, lambda: atsock.Modem(tape, dialect, apn=apn))
    for options in (
        {"user": 'a"'},
        {"user": "u" * 65},
        {"password": "\r"},
        {"pin": "12"},
        {"pin": "12a4"},
        {"pin": '1"23'},
        {"auth": 7},
        {"family": 99},
    ):
        with Case(options):
            raises(ValueError, lambda: modem.attach("internet", **options))
    raises(ValueError, lambda: atsock.Modem(tape, dialect, access="nonsense"))
    raises(ValueError, lambda: atsock.Modem(tape, dialect, context=0))
    raises(ValueError, lambda: atsock.Modem(tape, "nonsense"))
    raises(TypeError, lambda: atsock.Modem(None, dialect))
    assert tape.written == 0


def test_module_that_is_not_known_yet():
    modem, tape, clock = new_modem(None)
    assert errno_of(modem.socket().connect, (PEER, PORT)) == ENETDOWN
    assert tape.written == 0


@cases("dialect", DIALECTS)
def test_time_is_over_in_the_middle_of_a_fill(dialect):
    """readinto() returns what stood in the ring and what has come of the read that is not complete; the rest comes
    next."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    link, most = says.first, says.most["buffer"]
    first, second = b"in the ring ", bytes([i * 7 & 255 for i in range(1000)])
    more = says.answer("buffer", link, second, 0)
    cut = len(says.header("buffer", link, len(second), 0)) + 400
    tape.load(read_script(says, dialect, "buffer", link, first) + [("!", says.notice("buffer", link))])
    socket.settimeout(0)
    while not socket.ioctl(3, 1):
        modem.poll(100)
    socket.settimeout(1)
    ask = (">", says.ask("buffer", link, most))
    tape.load([("!", says.notice("buffer", link)), ask, ("<", more[:cut]), ("~", 1500), ("<", more[cut:])])
    buf = bytearray(b"-" * 4096)
    n = socket.readinto(buf)
    assert bytes(buf[:n]) == first + second[:400], (n, clock.now)
    assert recv_exactly(socket, 600) == second[400:]
    tape.done()


@cases("dialect", DIALECTS)
def test_not_attached(dialect):
    """Before attach(): connect() and resolve() are ENETDOWN, nothing is sent; command() works."""
    modem, tape, clock = new_modem(dialect)
    assert errno_of(modem.socket().connect, (PEER, PORT)) == ENETDOWN
    assert errno_of(modem.resolve, "example.com") == ENETDOWN
    socket = modem.socket()
    assert errno_of(socket.recv, 5) == ENOTCONN
    assert errno_of(socket.send, b"x") == ENOTCONN
    tape.load([(">", b"AT+CGMM\r"), ("<", line(b"x") + OK)])
    assert modem.command("AT+CGMM") == [b"x"]


@cases("dialect", DIALECTS)
def test_connected_already(dialect):
    socket, modem, tape, clock, says = connected(dialect)
    assert errno_of(socket.connect, (PEER, PORT)) == EISCONN


@cases("dialect", DIALECTS)
def test_nothing_is_wanted(dialect):
    """recv(0) and empty buffers wait for nothing; on a closed socket they say so, as all calls do."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    assert socket.recv(0) == b"" and socket.recv_into(bytearray(0)) == 0 and socket.readinto(bytearray(0)) == 0
    assert clock.now == 0
    tape.load(says.close(says.first))
    socket.close()
    for call, argument in (
        (socket.recv, 0), (socket.recv_into, bytearray(0)), (socket.readinto, bytearray(0)), (socket.read, 0),
        (socket.readline, 0), (socket.listen, 1), (socket.send, b""), (socket.sendall, b"x"), (socket.write, b""),
    ):  # fmt: skip
        assert errno_of(call, argument) == EBADF
    for call in (socket.accept, socket.unacked):
        assert errno_of(call) == EBADF
    assert errno_of(socket.bind, ("", 80)) == errno_of(socket.setsockopt, 1, atsock.SO_RCVBUF, 512) == EBADF
    tape.done()


@cases("dialect", DIALECTS)
def test_less_than_nothing_is_wanted(dialect):
    """A negative size is a mistake of the program, as for the system's sockets: b"" would be the end of the stream."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    for call in (socket.recv, socket.recvfrom, modem.socket(type=atsock.SOCK_DGRAM).recv):
        raises(ValueError, call, -1)
    assert clock.now == 0


@cases("dialect", DIALECTS)
def test_a_stream_has_one_peer(dialect):
    """recvfrom() tells that of connect(), by its name; sendto() goes there whatever address it is given."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    tape.load(read_script(says, dialect, "buffer", says.first, b"hello") + says.send("buffer", says.first, b"you"))
    assert socket.recvfrom(100) == (b"hello", (PEER, PORT))
    socket._link.rx_pending = 0
    assert socket.sendto(b"you", ("192.0.2.99", 9)) == 3
    tape.done()
    unconnected = modem.socket()
    assert errno_of(unconnected.recvfrom, 1) == errno_of(unconnected.sendto, b"x", (PEER, PORT)) == ENOTCONN


@cases("dialect", DIALECTS)
def test_write_goes_no_further_than_the_buffer(dialect):
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    for arguments, sent in (((1, 9), b"bc"), ((9,), b"abc"), ((2, 1), b"c")):
        with Case(arguments):
            tape.load(says.send("buffer", says.first, sent))
            assert socket.write(b"abc", *arguments) == len(sent)
            tape.done()
    assert socket.write(b"abc", 3, 1) == socket.write(b"", 0, 9) == 0


def test_timeouts_as_they_were_set():
    modem, tape, clock, says = attached("bg96")
    socket = modem.socket()
    assert socket.gettimeout() is None
    for timeout in (0, 1.5, None, 3):
        socket.settimeout(timeout)
        assert socket.gettimeout() == timeout
    socket.setblocking(False)
    assert socket.gettimeout() == 0
    socket.setblocking(True)
    assert socket.gettimeout() is None
    raises(ValueError, socket.settimeout, -1)


@cases("dialect", DIALECTS)
def test_why_not_all_was_sent(dialect):
    """sendall() whose first part went out: the next one is refused, or not answered; the peer ends the connection, or
    the socket is closed then.
    """
    for fault, errno in (("refused", ECONNRESET), ("silent", ETIMEDOUT), ("ended", ECONNRESET), ("closed", EBADF)):
        with Case(fault):
            events = []

            def on_event(event, sock, value, events=events):
                if events:
                    events.pop()()

            socket, modem, tape, clock, says = connected(dialect, timeout=5, on_event=on_event)
            data = bytes([i * 7 & 255 for i in range(2500)])
            most = says.chunk("buffer")
            second = says.send("buffer", says.first, data[most:])
            tape.load(says.send("buffer", says.first, data[:most]) + second[:-1])
            if fault == "closed":
                events.append(socket.close)
                notice = [("!", says.notice("buffer", says.first))]
                tape.load(says.send("buffer", says.first, data[:most]) + notice + second + says.close(says.first))
            elif fault == "ended":
                first = says.send("buffer", says.first, data[:most])
                tape.load(first[:-1] + [("!", says.closed(says.first)), first[-1]])
            elif fault == "refused":
                tape.after = lambda command: line(b"+CSQ: 20,99") + OK
                refusal = line(b"SEND FAIL") if dialect == "bg96" else line(b"+CIPERROR: 4") + ERROR
                refusal = [("<", refusal)] if dialect != "bg96" else [("<", ERROR)] + says.why()
                tape.load(says.send("buffer", says.first, data[:most]) + second[:-1] + refusal)
            else:
                tape.after = lambda command: b""
            assert errno_of(socket.sendall, data) == errno


@cases("dialect", DIALECTS)
def test_what_is_told_of_a_part_is_told_once(dialect):
    """The module accepts late what sendall() had no time for: the next call sends its own bytes."""
    socket, modem, tape, clock, says = connected(dialect, timeout=1)
    data = bytes([i * 7 & 255 for i in range(2500)])
    most = says.chunk("buffer")
    second = says.send("buffer", says.first, data[most : 2 * most])
    late = second[:-1] + [("~", 3000), second[-1]]
    tape.load(says.send("buffer", says.first, data[:most]) + late + says.send("buffer", says.first, b"more"))
    assert errno_of(socket.sendall, data) == ETIMEDOUT
    socket.settimeout(20)
    socket.sendall(b"more")
    tape.done()


@cases("dialect", DIALECTS)
def test_more_than_a_socket_takes_that_does_not_wait(dialect):
    """sendall() says EAGAIN when it has not taken all."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    data = bytes([i * 7 & 255 for i in range(2500)])
    tape.load(says.send("buffer", says.first, data[: says.chunk("buffer")]))
    assert errno_of(socket.sendall, data) == EAGAIN
    settle(modem, tape)
    tape.done()


@cases("dialect", DIALECTS)
def test_a_limited_line_in_two_pieces(dialect):
    """readline(n): not more than n bytes in all, wherever they come apart."""
    socket, modem, tape, clock, says = connected(dialect, "push", timeout=5)
    whole = b"0123456789abc\n"
    for limit in (10, 6, 5, 12, 20):
        line_ = whole[:limit]
        with Case(limit):
            first, second = (("!", says.push("push", says.first, data)) for data in (b"01234", b"56789abc\nnext"))
            tape.load([first, ("~", 100), second])
            assert socket.readline(limit) == line_
            settle(modem, tape)
            modem.poll(200)
            settle(modem, tape)
            assert socket.recv(100) == b"0123456789abc\nnext"[len(line_) :] or limit == 5


@cases("dialect", DIALECTS)
def test_closed_while_a_read_to_the_callers_buffer_is_in_flight(dialect):
    """By what interrupts the wait (a signal's handler): nothing is written to the buffer any more."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    link = says.first
    answer = says.answer("buffer", link, b"0123456789", 0)
    cut = answer.index(b"0123") + 4
    tape.load([
        ("!", says.notice("buffer", link)), (">", says.ask("buffer", link, says.most["buffer"])),
        ("<", answer[:cut]), ("~", 100), ("<", answer[cut:]),
    ] + says.close(link))  # fmt: skip
    buf = bytearray(b"-" * 2048)
    before = []
    wait = modem._engine.port.wait

    def interrupt(ms, writing):
        if tape.since >= 0 and not before:
            before.append(bytes(buf))
            socket.settimeout(0)
            socket.close()
        wait(ms, writing)

    modem._engine.port.wait = interrupt
    assert errno_of(socket.recv_into, buf) == EBADF
    settle(modem, tape)
    assert before == [bytes(buf)]
    tape.done()


def test_what_is_left_of_a_send_that_ran_out_of_time_is_refused():
    """SEND FAIL (2.1.7) behind it: its bytes are given up, and the next send sends its own."""
    socket, modem, tape, clock, says = connected("bg96", timeout=1)
    first, second = says.send("buffer", 0, b"first"), says.send("buffer", 0, b"second")
    for waits in (True, False):
        with Case(waits):
            tape.load(first[:-1] + [("~", 3000), ("<", line(b"SEND FAIL"))] + second)
            socket.settimeout(1)
            assert errno_of(socket.send, b"first") == ETIMEDOUT
            assert socket.ioctl(3, 4) == 0
            socket.settimeout(20 if waits else 0)
            while not waits and socket.write(b"second") is None:
                assert not socket.ioctl(3, 4)
                modem.poll(200)
            assert not waits or socket.send(b"second") == 6
            while not socket.is_sent():
                modem.poll(100)
            tape.done()


@cases("access", ("buffer", "push", "hex"))
@cases("dialect", DIALECTS)
def test_poll_behind_a_send_that_ran_out_of_time(dialect, access):
    """No POLLOUT while its result is owed; POLLOUT when it has come, though no call has looked at it."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=1)
    slow = says.send(access, says.first, b"slow")
    tape.load(slow[:-1] + [("~", 3000), slow[-1]] + says.send(access, says.first, b"next"))
    assert errno_of(socket.send, b"slow") == ETIMEDOUT
    assert socket.ioctl(3, 4) == 0
    while clock.now < 4000:
        modem.poll(500)
    assert socket.ioctl(3, 5) == 4
    socket.setblocking(False)
    assert socket.send(b"next") == 4
    while not socket.is_sent():
        modem.poll(100)
    tape.done()


@cases("dialect", ("nl668", "l610"))
def test_poll_while_nothing_may_be_sent(dialect):
    """+MIPXOFF (1.1.19): no POLLOUT before +MIPXON."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    assert socket.ioctl(3, 4) == 4
    tape.load([("!", line(b"+MIPXOFF: 1"))])
    settle(modem, tape)
    assert socket.ioctl(3, 4) == 0
    tape.load([("!", line(b"+MIPXON: 1"))])
    settle(modem, tape)
    assert socket.ioctl(3, 4) == 4


def test_nothing_is_taken_on_top_of_what_waits():
    """Behind a refusal, when the pause is over and nobody has looked at the module yet (as a task of asyncio)."""
    socket, modem, tape, clock, says = connected("bg96", timeout=0)
    script = says.send("buffer", 0, b"first")
    tape.load(script[:-1] + [("<", line(b"SEND FAIL"))] + script)
    assert socket.write(b"first") == 5
    settle(modem, tape)
    clock.pass_ms(1000)
    socket.takes_in = False
    assert socket.write(b"other") is None
    while not socket.is_sent():
        modem.poll(100)
    tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_a_send_that_does_not_wait_takes_one_command(dialect, access):
    """As much as it can carry; the rest is the caller's."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    most = says.chunk(access)
    data = bytes([i * 7 & 255 for i in range(3000)])
    tape.load(says.send(access, says.first, data[:most]))
    assert socket.send(data) == most
    while not socket.is_sent():
        modem.poll(100)
    tape.done()


def test_a_refused_send_that_nobody_waits_for_is_offered_again_after_its_pause():
    """SEND FAIL (2.1.7): whoever waits for the module wakes up when it is over."""
    socket, modem, tape, clock, says = connected("bg96", timeout=0)
    script = says.send("buffer", says.first, b"again")
    failed = script[:-1] + [("<", line(b"SEND FAIL"))]
    tape.load(failed * 3 + script)
    assert socket.send(b"again") == 5
    for _ in range(30):
        modem.poll(10_000)
        if socket.is_sent():
            break
    assert socket.is_sent() and not socket.has_lost()
    assert 700 <= clock.now <= 800, clock.now
    tape.done()


@cases("dialect", DIALECTS)
def test_requests_of_streams(dialect):
    """MicroPython's: 1 is flush, 4 is close; another one is refused, and raises nothing."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    tape.load(says.close(says.first))
    assert socket.ioctl(1, 0) == 0 and socket.ioctl(2, 0) == -22
    assert tape.written == 0
    assert socket.ioctl(4, 0) == 0
    tape.done()
    assert errno_of(socket.recv, 1) == EBADF


@cases("dialect", ("bg96", "a7600"))
def test_what_the_peer_has_not_acknowledged(dialect):
    """Asked of the module, for as long as the timeout allows."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    question = {"bg96": b"AT+QISEND=0,0\r", "a7600": b"AT+CIPACK=0\r"}[dialect]
    told = {"bg96": b"+QISEND: 10,7,3", "a7600": b"+CIPACK: 10,7,0"}[dialect]
    tape.load([(">", question), ("<", line(told) + OK), (">", question), ("~", 20_000)])
    assert socket.unacked() == 3
    assert errno_of(socket.unacked) == ETIMEDOUT
    assert clock.now == 5000
    assert errno_of(modem.socket().unacked) == ENOTCONN


@cases("dialect", DIALECTS)
def test_bind_comes_first(dialect):
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    assert errno_of(socket.bind, ("", 80)) == 22
    tape.done()


@cases("dialect", DIALECTS)
def test_a_connection_from_a_port_of_its_own(dialect):
    """bind() before connect(): the port is in the command that opens, where each manual has it."""
    modem, tape, clock, says = attached(dialect)
    opens = []
    answer = answers(says)

    def auto(command):
        if b"OPEN=" in command:
            opens.append(command.strip(b"\r"))
        return answer(command)

    tape.auto = auto
    socket = modem.socket()
    socket.settimeout(5)
    socket.bind(("", 5050))
    socket.connect((PEER, PORT))
    form = {"bg96": b",%d,5050,0", "a7600": b",%d,5050", "sim7028": b",%d,5050"}.get(dialect, b',5050,"192.0.2.7",%d,0')
    assert opens[-1].endswith(form % PORT), opens


def test_a_ring_of_an_impossible_size():
    """SO_RCVBUF: 512 to 1048576 bytes."""
    socket, modem, tape, clock, says = connected("bg96")
    for size in (0, 511, 1048577, -512, "4096", None, 512.0):
        raises(ValueError, socket.setsockopt, 1, atsock.SO_RCVBUF, size)
    for size in (512, 1048576):
        socket.setsockopt(1, atsock.SO_RCVBUF, size)


def test_what_a_file_like_object_is_asked():
    socket, modem, tape, clock, says = connected("bg96")
    assert socket.readable() and socket.writable()


@cases("dialect", DIALECTS)
def test_unanswered_close(dialect):
    """close() that is not answered raises ETIMEDOUT in bounded time; the id is closed again before it is used again."""
    socket, modem, tape, clock, says = connected(dialect, timeout=5)
    tape.load(says.close(says.first)[:1])
    tape.after = lambda text: line(b"+CSQ: 1,99") + OK if text == b"AT+CSQ" else b""
    assert errno_of(socket.close) == ETIMEDOUT
    assert clock.now <= 130_000
    settle(modem, tape)
    others = [connect(modem, tape, says) for n in range(says.links - 1)]
    seen = []

    def answer(text):
        seen.append(text + b"\r")
        if text.startswith(says.open_line(text)):
            return says.opened(text, says.link_of(text))
        return says.close(says.first)[1][1]

    tape.auto = answer
    modem.socket().connect((PEER, PORT))
    assert seen[0] == says.close(says.first)[0][1], seen
    assert len(others) == says.links - 1


@cases("dialect", DIALECTS)
def test_dropped_socket_is_closed_later(dialect):
    """A socket that was dropped without close(): its id is given back by the next operation that waits."""
    socket, modem, tape, clock, says = connected(dialect)
    if FINALISERS:
        socket = None
        gc.collect()
    else:
        socket.__del__()
    tape.load(says.close(says.first) + [(">", b"AT+CGMM\r"), ("<", line(b"x") + OK)])
    assert modem.command("AT+CGMM") == [b"x"]
    tape.done()


@cases("kind", (atsock.SOCK_STREAM, atsock.SOCK_DGRAM), "sd")
@cases("dialect", DIALECTS)
def test_bind_comes_once(dialect, kind):
    """EINVAL the second time, also behind port 0; behind an open that has failed another port may be tried."""
    modem, tape, clock, says = attached(dialect)
    for port in (0, 5050):
        tape.auto = answers(says)
        socket = modem.socket(type=kind)
        socket.bind(("", port))
        assert errno_of(socket.bind, ("", 5051)) == 22
        socket.close()
    if kind == atsock.SOCK_DGRAM:
        return
    socket = modem.socket()
    socket.bind(("", 5050))
    tape.auto = lambda command: ERROR if b"OPEN=" in command else answers(says)(command)
    assert errno_of(socket.connect, (PEER, PORT))
    socket.bind(("", 5051))
    tape.auto = answers(says)
    socket.connect((PEER, PORT))
    assert errno_of(socket.bind, ("", 5052)) == 22
