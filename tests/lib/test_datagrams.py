"""UDP sockets: borders, senders, sizes, in every dialect and access mode."""

import atsock
from cases import cases
from fakes import CUTS, WIRE_NAMES, Case, errno_of, new_modem, raises
from frames import ACCESS, DIALECTS, ERROR, HOSTILE, OK, PEER, PORT, PULLED, PUSHED, digits, line, pulls
from scenes import attached, connect, settle

EMSGSIZE, EOPNOTSUPP, ENETDOWN, ECONNRESET, ETIMEDOUT, EAGAIN = 90, 95, 100, 104, 110, 11


def udp(dialect, access, cut=0, timeout=9, wire=None, **options):
    """(socket, modem, tape, clock, speech) of a datagram socket connected to the peer."""
    modem, tape, clock, says = attached(dialect, access, cut, wire=wire, **options)
    return connect(modem, tape, says, timeout, type=atsock.SOCK_DGRAM), modem, tape, clock, says


def send_script(says, dialect, access, payload):
    """One datagram to the connected peer: SIMCom names the peer in each send."""
    script = says.send(access, says.first, payload)
    if dialect in ("a7600", "sim7028"):
        script[0] = (">", b'AT+CIPSEND=0,%d,"192.0.2.7",5005\r' % len(payload))
    return script


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_read_and_recv(dialect, access):
    """Both give one datagram, without its sender; read() all of it, if nothing else is said."""
    socket, modem, tape, clock, says = udp(dialect, access)
    for receive, arguments, got in (
        (socket.recv, (100,), b"datagram"), (socket.read, (100,), b"datagram"), (socket.read, (), b"datagram"),
        (socket.read, (-1,), b"datagram"), (socket.read, (None,), b"datagram"), (socket.read, (4,), b"data"),
        (socket.read, (0,), b""),
    ):  # fmt: skip
        with Case(arguments):
            tape.load(reception(says, dialect, access, b"datagram"))
            assert receive(*arguments) == got
            settle(modem, tape)


@cases("dialect", DIALECTS)
def test_send_behind_a_connect_that_was_refused(dialect):
    """There is nothing to send by, whatever the size."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: ERROR if command.startswith(says.open_line(command)) else OK
    for timeout in (9, 0):
        with Case(timeout):
            socket = modem.socket(type=atsock.SOCK_DGRAM)
            socket.settimeout(9)
            raises(OSError, socket.connect, (PEER, PORT))
            socket.settimeout(timeout)
            for n in (1, 100_000):
                assert errno_of(socket.send, bytes(n)) == 107
                assert errno_of(socket.write, bytes(n)) == 107
            socket.close()
            assert errno_of(socket.send, b"x") == 9


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_write_of_a_part(dialect, access):
    """write(buf), write(buf, n), write(buf, pos, n): each is one datagram of that part."""
    socket, modem, tape, clock, says = udp(dialect, access)
    for arguments, sent in (((), b"0123456789"), ((4,), b"0123"), ((3, 5), b"34567"), ((0, 2), b"01")):
        with Case(arguments):
            tape.load(send_script(says, dialect, access, sent))
            assert socket.write(b"0123456789", *arguments) == len(sent)
            tape.done()


def reception(says, dialect, access, payload):
    """One datagram from the peer."""
    if pulls(dialect, access):
        return [
            ("!", says.notice(access, says.first)),
            (">", says.ask(access, says.first, says.most[access])),
            ("<", says.answer(access, says.first, payload, 0)),
        ]
    if dialect in ("nl668", "l610"):
        if access == "hex":
            return [("!", line(b"+MIPRUDP: 192.0.2.7,5005,1,0," + digits(payload)))]
        return [("!", b"\r\n+MIPRUDP: 192.0.2.7,5005,1,%d," % len(payload) + payload)]
    return [("!", says.push(access, says.first, payload))]


def keeps_borders(dialect, access):
    """Buffer access of SIMCom and Fibocom tells none (C.3, c.5); everything else does."""
    return dialect == "bg96" or not pulls(dialect, access)


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_sends_one_datagram_each(dialect, access):
    for cut in (0, 1):
        with Case(dialect, access, cut):
            socket, modem, tape, clock, says = udp(dialect, access, cut)
            payload = HOSTILE[:200]
            tape.load(
                send_script(says, dialect, access, payload)
                + send_script(says, dialect, access, b"x")
                + says.close(says.first)
            )
            assert socket.send(payload) == 200
            assert socket.send(b"x") == 1
            socket.close()
            tape.done()


@cases("wire", WIRE_NAMES)
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_receives_with_borders_and_sender(dialect, access, wire):
    """Each datagram whole, its sender told; protocol words in it; what does not fit the caller's buffer is lost
    (BSD)."""
    socket, modem, tape, clock, says = udp(dialect, access, wire=wire, timeout=20)
    script = []
    for payload in (HOSTILE, b"second", b"third one", b"4"):
        script += reception(says, dialect, access, payload)
    tape.load(script)
    assert socket.recvfrom(1500) == (HOSTILE, (PEER, PORT))
    assert socket.recvfrom(1500) == (b"second", (PEER, PORT))
    if keeps_borders(dialect, access):
        assert socket.recv(5) == b"third"
        buf = bytearray(9)
        assert socket.recv_into(buf) == 1
        assert buf[:1] == b"4"
        settle(modem, tape)
        tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_too_long_for_one(dialect, access):
    """A datagram longer than the module takes in one send: EMSGSIZE, nothing is sent."""
    socket, modem, tape, clock, says = udp(dialect, access)
    tape.load(())
    assert errno_of(socket.send, bytes(2049)) == EMSGSIZE
    assert errno_of(socket.sendto, bytes(2049), (PEER, PORT)) == EMSGSIZE
    assert tape.written == 0


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_waiting(dialect, access):
    socket, modem, tape, clock, says = udp(dialect, access, timeout=2)
    tape.after = lambda text: says.nothing(access, says.first)
    before = clock.now
    assert errno_of(socket.recvfrom, 100) == ETIMEDOUT
    assert clock.now - before == 2000
    socket.settimeout(0)
    assert errno_of(socket.recv, 100) == EAGAIN
    assert socket.readinto(bytearray(9)) is None


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_one_call_that_does_not_wait(dialect, access):
    """MSG_DONTWAIT: EAGAIN at once; the next call waits as long as before."""
    socket, modem, tape, clock, says = udp(dialect, access, timeout=2)
    tape.after = lambda text: says.nothing(access, says.first)
    assert errno_of(socket.recv, 100, 64) == EAGAIN
    assert clock.now == 0
    assert errno_of(socket.recv, 100) == ETIMEDOUT
    assert clock.now == 2000


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_an_empty_datagram_cannot_be_sent(dialect, access):
    socket, modem, tape, clock, says = udp(dialect, access)
    for call in (socket.send, socket.sendall, socket.write):
        assert errno_of(call, b"") == EOPNOTSUPP
    assert errno_of(socket.sendto, b"", (PEER, PORT)) == EOPNOTSUPP
    assert tape.written == 0


@cases("dialect", DIALECTS)
def test_sendall_is_one_datagram(dialect):
    socket, modem, tape, clock, says = udp(dialect, "buffer")
    tape.load(send_script(says, dialect, "buffer", b"hello"))
    assert socket.sendall(b"hello") is None
    tape.done()
    assert errno_of(socket.sendall, bytes(2049)) == EMSGSIZE


@cases("dialect", DIALECTS)
def test_poll_tells_of_a_whole_datagram(dialect):
    """Not of one that is still coming in."""
    socket, modem, tape, clock, says = udp(dialect, "push")
    whole = reception(says, dialect, "push", b"datagram")[0][1]
    tape.load([("!", whole[:-6]), ("~", 100), ("!", whole[-6:])])
    settle(modem, tape)
    assert socket.ioctl(3, 1) == 0
    modem.poll(100)
    settle(modem, tape)
    assert socket.ioctl(3, 1) == 1
    assert socket.recv(100) == b"datagram"
    assert socket.ioctl(3, 1) == 0


@cases("dialect", (None,) + DIALECTS, ids=("unknown",) + DIALECTS)
def test_not_attached(dialect):
    modem, tape, clock = new_modem(dialect)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    assert errno_of(socket.bind, (PEER, PORT)) == ENETDOWN
    assert errno_of(socket.connect, (PEER, PORT)) == ENETDOWN
    assert errno_of(socket.sendto, b"x", (PEER, PORT)) == ENETDOWN
    if dialect is None:
        assert errno_of(socket.recv, 10) == ENETDOWN
    assert tape.written == 0


@cases("dialect", DIALECTS)
def test_sendto_opens_the_socket(dialect):
    """For everybody, where the module can; at Fibocom towards that address, and again for nobody else."""
    modem, tape, clock, says = attached(dialect, "buffer")
    lines = commands_of(modem, tape, says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(9)
    for peer in ("192.0.2.1", "192.0.2.2"):
        assert socket.sendto(b"abc\r", (peer, 5000)) == 4
    opens = [line for line in lines if line.startswith(says.open_line(line))]
    assert len(opens) == 1, lines
    if dialect in ("nl668", "l610"):
        assert b'"192.0.2.1",5000' in opens[0]
        assert lines[-1] == b'AT+MIPPUSH=1,"192.0.2.2",5000'
    else:
        assert lines[-1].endswith(b',4,"192.0.2.2",5000')


def test_sendto_of_a_mode_that_has_none():
    """BG96: hexadecimal sends name no peer."""
    socket, modem, tape, clock, says = udp("bg96", "hex")
    assert errno_of(socket.sendto, b"x", ("192.0.2.1", 1)) == EOPNOTSUPP
    assert tape.written == 0


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_buffers_of_the_caller(dialect, access):
    """recv_into() and readinto() fill as much of it as they are told, at most all; the rest of the datagram is lost."""
    socket, modem, tape, clock, says = udp(dialect, access)
    for call in (socket.recv_into, socket.readinto):
        for size, n, got in ((9, 0, 8), (8, 8, 8), (4, 0, 4), (9, 4, 4), (9, 1, 1), (4, 9, 4), (9, -1, 8)):
            with Case(size, n):
                buf = bytearray(b"-" * size)
                tape.load(reception(says, dialect, access, b"datagram"))
                assert call(buf, n) == got
                assert bytes(buf) == b"datagram"[:got] + b"-" * (size - got)
                settle(modem, tape)


@cases("dialect", DIALECTS)
def test_each_call_waits_as_long(dialect):
    """However long ago the one before was; and where nothing is there readinto() and read() return None at once."""
    socket, modem, tape, clock, says = udp(dialect, "buffer", timeout=2)
    tape.after = lambda text: says.nothing("buffer", says.first)
    for call, argument in (
        (socket.recv_into, bytearray(9)), (socket.readinto, bytearray(9)), (socket.read, 9), (socket.recvfrom, 9),
    ):  # fmt: skip
        for timeout in (2, 0):
            with Case(call, timeout):
                socket.settimeout(timeout)
                clock.pass_ms(5000)
                began = clock.now
                if timeout == 0 and call in (socket.readinto, socket.read):
                    assert call(argument) is None
                else:
                    assert errno_of(call, argument) == (ETIMEDOUT if timeout else EAGAIN)
                assert clock.now - began == timeout * 1000


@cases(("dialect", "access"), PULLED)
def test_refused_read(dialect, access):
    """The connection is of no use any more, and says so."""
    socket, modem, tape, clock, says = udp(dialect, access, timeout=60)
    ask = (">", says.ask(access, says.first, says.most[access]))
    refusal = line(b"+IP ERROR: Operation not supported") + ERROR
    script = [("!", says.notice(access, says.first)), ask]
    if dialect in ("a7600", "sim7028"):
        tape.load(script + [("<", refusal)])
    else:
        tape.load(script + [("<", ERROR)] + says.why())
    assert errno_of(socket.recv, 10) == ECONNRESET
    assert errno_of(socket.recv, 10) == ECONNRESET
    tape.done()


@cases("dialect", DIALECTS)
def test_what_is_sent_is_counted_in_bytes(dialect):
    """A text is sent as UTF-8; too much of it is refused before the socket is opened."""
    socket, modem, tape, clock, says = udp(dialect, "buffer")
    text = "h\u00e9llo"
    tape.load(send_script(says, dialect, "buffer", text.encode()) + send_script(says, dialect, "buffer", b"llo"))
    assert socket.write(text) == 6
    assert socket.write(text, 3, 3) == 3
    tape.load(())
    other = modem.socket(type=atsock.SOCK_DGRAM)
    other.settimeout(9)
    assert errno_of(other.sendto, "\u00e9" * 1100, (PEER, PORT)) == EMSGSIZE
    assert errno_of(other.sendto, bytes(2049), (PEER, PORT)) == EMSGSIZE
    assert other.lost == 0
    assert tape.written == 0


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_bind_waits_for_the_module(dialect):
    """Also where nothing else does; with a timeout not longer than that.  Any port will do: it is a dynamic one."""
    for timeout in (0, 1):
        with Case(timeout):
            modem, tape, clock, says = attached(dialect)
            opens = []

            def answer(command, tape=tape, says=says, opens=opens, timeout=timeout):
                if not command.startswith(says.open_line(command)):
                    return OK
                opens.append(command)
                tape.input.append([0, "~", 3000])
                tape.input.append([0, "!", says.opened(command, says.first)])

            tape.auto = answer
            socket = modem.socket(type=atsock.SOCK_DGRAM)
            socket.settimeout(timeout)
            if timeout:
                assert errno_of(socket.bind, ("", 0)) == ETIMEDOUT
                assert clock.now == 1000
            else:
                socket.bind(("", 0))
                assert clock.now == 3000
            port = int(opens[0].split(b",")[5 if dialect == "bg96" else 4])
            assert 61000 <= port <= 65535, opens


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_sends_that_do_not_wait_go_to_their_own_address(dialect):
    modem, tape, clock, says = attached(dialect)
    lines = commands_of(modem, tape, says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.bind(("", 4000))
    socket.settimeout(0)
    for peer in ("192.0.2.1", "192.0.2.2", "192.0.2.1"):
        assert socket.sendto(b"abc\r", (peer, 5000)) == 4
        while not socket.is_sent():
            modem.poll(100)
        assert lines[-1].endswith(b',4,"%s",5000' % peer.encode()), lines


@cases("dialect", ("nl668", "l610"))
def test_another_peer_is_the_default_again(dialect):
    """What was sent elsewhere before does not matter for the new connection; nor what waited for the one before."""
    modem, tape, clock, says = attached(dialect, "push")
    lines = commands_of(modem, tape, says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(9)
    socket.connect(("192.0.2.1", 5000))
    socket.sendto(b"abcd", ("192.0.2.2", 6000))
    tape.input.append([0, "!", reception(says, dialect, "push", b"waits")[0][1]])
    settle(modem, tape)
    socket.connect(("192.0.2.3", 5000))
    assert socket.recv(100) == b"waits"
    del lines[:]
    socket.send(b"abc\r")
    assert lines == [b"AT+MIPSEND=1,4"], lines
    socket.connect(("192.0.2.4", 5000))
    socket.settimeout(0)
    assert errno_of(socket.recv, 100) == EAGAIN


def test_l610_eight_groups_of_an_address_that_is_told_with_each_datagram():
    modem, tape, clock, says = attached("l610", "buffer")
    lines = commands_of(modem, tape, says)
    socket = modem.socket(atsock.AF_INET6, atsock.SOCK_DGRAM)
    socket.settimeout(9)
    socket.connect(("2001:db8::1", 80))
    socket.sendto(b"abcd", ("2001:db8::2", 81))
    assert lines[-1] == b'AT+MIPPUSH=1,"2001:db8:0:0:0:0:0:2",81', lines


@cases("dialect", ("nl668", "l610"))
def test_a_datagram_of_somebody_else(dialect):
    """Its sender is told."""
    socket, modem, tape, clock, says = udp(dialect, "push")
    tape.load([("!", b"\r\n+MIPRUDP: 192.0.2.99,4711,1,5,hello")])
    assert socket.recvfrom(100) == (b"hello", ("192.0.2.99", 4711))


@cases("cut", (0, 1))
@cases("dialect", DIALECTS)
def test_datagrams_between_the_prompt_and_the_echo_of_another(dialect, cut):
    """The module echoes what is sent, and pushes before that: both datagrams are received, the one sent is sent."""
    socket, modem, tape, clock, says = udp(dialect, "push", cut)
    for at in (0, 40):
        with Case(dialect, cut, at):
            payload = HOSTILE[:200]
            (_, command), (_, prompt), _, (_, result) = send_script(says, dialect, "push", payload)
            ((_, one),) = reception(says, dialect, "push", b"one")
            ((_, two),) = reception(says, dialect, "push", b"two")
            echo = payload[:at] + one + two + payload[at:]
            tape.load([(">", command), ("<", command + b"\r\n" + prompt), (">", payload), ("<", echo + result)])
            assert socket.send(payload) == 200
            settle(modem, tape)
            tape.done()
            assert (socket.recv(9), socket.recv(9), socket.lost) == (b"one", b"two", 0)


@cases(("dialect", "access"), PUSHED)
def test_full_ring_drops_whole_datagrams(dialect, access):
    """Nobody reads and the ring is full: whole datagrams are lost and reported, those that are there stay whole."""
    for cut in (0, -1):
        with Case(dialect, access, cut):
            events = []
            socket, modem, tape, clock, says = udp(dialect, access, cut, on_event=lambda e, s, v: events.append((e, s)))
            script = []
            for i in range(12):
                script += reception(says, dialect, access, bytes([65 + i]) * 700)
            tape.load(script)
            for _ in range(9000 if cut else 200):
                modem.poll()
            got = []
            socket.settimeout(0)
            while True:
                try:
                    got.append(socket.recv(1500))
                except OSError as error:
                    assert error.args[0] == EAGAIN, error
                    break
            assert len(got) >= 4
            for datagram in got:
                assert datagram == datagram[:1] * 700, len(datagram)
            lost = 12 - len(got)
            assert (atsock.EVENT_OVERFLOW, socket) in events or not lost


def commands_of(modem, tape, says):
    """Answers by itself from here on; the list of command lines that the driver writes."""
    lines = []

    def answer(command):
        lines.append(command)
        if command.startswith(says.open_line(command)):
            return says.opened(command, says.link_of(command))
        if b"CLOSE=" in command:
            return says.close(int(command.split(b"=")[1]))[1][1]
        if (
            command.startswith((b"AT+QISEND=", b"AT+CIPSEND="))
            or command.startswith(b"AT+MIPSEND=")
            and b'"' not in command
        ):
            tape.line = b""
            tape.auto = payload
            return b"\r\n>"
        if command.startswith(b"AT+MIPSEND="):
            return b"\r\n+MIPSEND: 1,0,2048\r\n\r\nOK\r\n"
        if command.startswith(b"AT+MIPPUSH="):
            return b"\r\n+MIPPUSH: 1,0,4\r\n\r\nOK\r\n"
        return b"\r\nOK\r\n"

    def payload(line):
        tape.auto = answer
        return says.result("buffer", says.first, 4)

    tape.auto = answer
    return lines


@cases("dialect", DIALECTS)
def test_bind_and_connect(dialect):
    """bind(), then connect(), then to another peer; what is sent goes to the one of the last connect()."""
    modem, tape, clock, says = attached(dialect, "buffer")
    lines = commands_of(modem, tape, says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(9)
    socket.bind(("", 4000))
    for peer in ("192.0.2.1", "192.0.2.2"):
        del lines[:]
        socket.connect((peer, 5000))
        socket.send(b"abc\r")
        opens = [line for line in lines if line.startswith(says.open_line(line))]
        if dialect in ("a7600", "sim7028"):
            assert not opens and lines == [b'AT+CIPSEND=0,4,"%s",5000' % peer.encode()], lines
        else:
            assert len(opens) == 1 and b'"%s",5000' % peer.encode() in opens[0] and b"4000" in opens[0], lines
            assert lines[-1] in (b"AT+QISEND=0,4", b"AT+MIPSEND=1,4")
    socket.close()


@cases("access", ACCESS)
@cases("dialect", ("nl668", "l610"))
def test_fibocom_goes_back_to_its_peer(dialect, access):
    """A push to another address changes where the next datagram goes without one (1.1.7): from then on it is told each
    time."""
    modem, tape, clock, says = attached(dialect, access)
    lines = commands_of(modem, tape, says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(9)
    socket.connect(("192.0.2.1", 5000))
    socket.sendto(b"abcd", ("192.0.2.2", 6000))
    assert lines[-1] == b'AT+MIPPUSH=1,"192.0.2.2",6000'
    socket.send(b"abcd")
    assert lines[-1] == b'AT+MIPPUSH=1,"192.0.2.1",5000', lines
    socket.sendto(b"abcd", ("192.0.2.1", 5000))
    assert lines[-1] == b'AT+MIPPUSH=1,"192.0.2.1",5000', lines


@cases("dialect", ("nl668", "l610"))
def test_fibocom_datagram_that_waits_goes_to_its_own_address(dialect):
    """sendto() that ran out of time behind a push that was flowed off: the next sendto() pushes it where it belongs."""
    modem, tape, clock, says = attached(dialect)
    commands_of(modem, tape, says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.connect((PEER, PORT))
    tape.auto = None
    stored = ("<", line(b"+MIPSEND: 1,0,2000") + OK)
    flowed_off = ("<", line(b"+MIPPUSH: 1,1") + OK)
    pushed = ("<", line(b"+MIPPUSH: 1,0") + OK)
    one, two = (">", b'AT+MIPPUSH=1,"192.0.2.1",1\r'), (">", b'AT+MIPPUSH=1,"192.0.2.2",2\r')
    tape.load([(">", b'AT+MIPSEND=1,"%s"\r' % digits(b"one")), stored] + [one, flowed_off] * 4)
    socket.settimeout(1.4)  # pauses of 100, 200, 400 ms; the next one is longer
    assert errno_of(socket.sendto, b"one", ("192.0.2.1", 1)) == ETIMEDOUT
    tape.done()
    tape.load([one, pushed, (">", b'AT+MIPSEND=1,"%s"\r' % digits(b"two")), stored, two, pushed])
    socket.settimeout(20)
    assert socket.sendto(b"two", ("192.0.2.2", 2)) == 3
    tape.done()


def test_l610_numbers_of_the_protocols():
    """1.1.2: 60, 61, 62 over IPv6, with eight groups; a server's address is of its family."""
    modem, tape, clock, says = attached("l610", "buffer")
    lines = commands_of(modem, tape, says)
    for kind, tls, wanted in (
        (atsock.SOCK_STREAM, False, 60),
        (atsock.SOCK_DGRAM, False, 61),
        (atsock.SOCK_STREAM, True, 62),
    ):
        socket = modem.socket(atsock.AF_INET6, kind, tls=tls)
        socket.connect(("2001:db8::1", 80))
        assert lines[-1].endswith(b',"2001:db8:0:0:0:0:0:1",80,%d' % wanted), lines[-1]
        socket.close()
    for family, address, wanted in ((atsock.AF_INET, b"127.0.0.1", 0), (atsock.AF_INET6, b"0:0:0:0:0:0:0:1", 60)):
        server = modem.socket(family)
        server.bind(("", 8080))
        server.settimeout(2)
        tape.auto = lambda command: lines.append(command) or b"\r\nOK\r\n"
        server.listen()
        assert lines[-1].endswith(b',8080,"%s",0,%d' % (address, wanted)), lines[-1]
    modem, tape, clock, says = attached("l610", "buffer")
    lines = commands_of(modem, tape, says)
    modem.socket(atsock.AF_INET6, atsock.SOCK_DGRAM).bind(("", 8080))
    assert lines[-1].endswith(b',8080,"0:0:0:0:0:0:0:1",0,61'), lines[-1]


@cases("cut", CUTS)
def test_bg96_service_tells_each_sender(cut):
    """UDP SERVICE (2.1.8): read without a length, address and port in the header; sendto() names the peer (2.1.7)."""
    modem, tape, clock, says = attached("bg96", "buffer")
    tape.auto = lambda text: says.opened(text, 0) if text.startswith(b"AT+QIOPEN=") else b"\r\nOK\r\n"
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.bind(("0.0.0.0", 3030))
    socket.settimeout(9)
    tape.auto = None
    tape.cut = cut
    script = [
        ("!", line(b'+QIURC: "recv",0')),
        (">", b"AT+QIRD=0\r"),
        ("<", b'\r\n+QIRD: 4,"10.7.76.34",7687\r\nOK\r\n\r\n\r\nOK\r\n'),
    ]
    tape.load(
        script
        + [
            (">", b'AT+QISEND=0,10,"10.7.89.10",6969\r'),
            ("<", says.prompt),
            (">", b"1234567890"),
            ("<", line(b"SEND OK")),
        ]
    )
    assert socket.recvfrom(100) == (b"OK\r\n", ("10.7.76.34", 7687))
    settle(modem, tape)
    socket._link.rx_pending = 0
    assert socket.sendto(b"1234567890", ("10.7.89.10", 6969)) == 10
    tape.done()


@cases("told", ("at once", "with the first datagram"))
@cases("access", ("buffer", "push"))
def test_fibocom_receives_from_anybody_at_a_bound_port(access, told):
    """Remote port 0 (1.1.2), whenever the module tells of it; what comes is answered by its sender's address."""
    modem, tape, clock, says = attached("nl668", access)
    lines = commands_of(modem, tape, says)
    answer = tape.auto
    if told != "at once":
        tape.auto = lambda command: lines.append(command) or OK
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(2)
    socket.bind(("", 4000))
    assert lines[-1] == b'AT+MIPOPEN=1,4000,"127.0.0.1",0,1'
    assert clock.now == (0 if told == "at once" else 1000)
    tape.auto = None
    late = [] if told == "at once" else [("!", line(b'+MIPOPEN: 1,1,"192.0.2.7",5005'))]
    tape.load(late + reception(says, "nl668", access, b"datagram"))
    sender = (PEER, PORT) if access == "push" else ("0.0.0.0", 0)  # not told there
    assert socket.recvfrom(100) == (b"datagram", sender)
    settle(modem, tape)
    tape.auto = answer
    for peer in (PEER, "192.0.2.8"):
        assert socket.sendto(b"abcd", (peer, PORT)) == 4
        assert lines[-2:] == [b'AT+MIPSEND=1,"61626364"', b'AT+MIPPUSH=1,"%s",5005' % peer.encode()]
    assert errno_of(socket.sendto, bytes(1024), (PEER, PORT)) == EMSGSIZE


@cases("refusal", (ERROR, OK + line(b"+MIPSTAT: 1,1")), ids=("ERROR", "MIPSTAT"))
def test_fibocom_without_ports_for_anybody(refusal):
    """bind() only keeps the port then: there is nothing to receive until the first peer is known."""
    modem, tape, clock, says = attached("nl668", "push")
    opens = []
    otherwise = says.attach()

    def answer(command):
        if command.startswith(b"AT+MIPCLOSE="):
            return says.close(1)[1][1]
        if not command.startswith(b"AT+MIPOPEN="):
            return otherwise(command)
        opens.append(command)
        return refusal if b",0,1" in command else says.opened(command, 1)

    tape.auto = answer
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(2)
    socket.bind(("", 4000))
    assert errno_of(socket.recv, 10) == EOPNOTSUPP
    socket.connect((PEER, PORT))
    assert opens[-1] == b'AT+MIPOPEN=1,4000,"192.0.2.7",5005,1'
    settle(modem, tape)
    tape.auto = None
    tape.load(reception(says, "nl668", "push", b"datagram"))
    assert socket.recv(10) == b"datagram"


def test_fibocom_port_that_is_taken():
    modem, tape, clock, says = attached("nl668")
    tape.auto = lambda command: line(b"+CME ERROR: 2011") if command.startswith(b"AT+MIPOPEN=") else OK
    assert errno_of(modem.socket(type=atsock.SOCK_DGRAM).bind, ("", 4000)) == 98
