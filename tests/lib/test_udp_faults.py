"""Datagrams come whole or are counted lost, and connect() keeps what waits."""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of, raises
from frames import DIALECTS, OK, PEER, PORT, SYNC, digits, line
from scenes import answers, attached, connect, rest, settle

FIBOCOM = ("nl668", "l610")


def datagrams(dialect, access, cut=0, timeout=5, ring=4096):
    modem, tape, clock, says = attached(dialect, access, cut)
    socket = connect(modem, tape, says, timeout, ring=ring, type=atsock.SOCK_DGRAM)
    return socket, modem, tape, clock, says


def push(dialect, says, data):
    """The pieces of one pushed datagram: header, payload, end."""
    if dialect == "bg96":
        return b'\r\n+QIURC: "recv",0,%d\r\n' % len(data), data, b"\r\n"
    if dialect in FIBOCOM:
        return b"\r\n+MIPRUDP: %s,%d,1,%d," % (PEER.encode(), PORT, len(data)), data, b""
    whole = says.push("push", 0, data)
    return whole[: -len(data)], data, b""


@cases("dialect", DIALECTS)
def test_one_is_read_while_the_next_is_coming_in(dialect):
    """Each of them is whole, and in its place."""
    for cut in CUTS:
        socket, modem, tape, clock, says = datagrams(dialect, "push", cut)
        with Case(dialect, cut):
            one, two, three = b"first" * 20, b"second" * 30, b"third" * 10
            header, data, end = push(dialect, says, two)
            tape.load([
                ("!", b"".join(push(dialect, says, one)) + header + data[:50]), ("~", 300), ("!", data[50:] + end),
                ("!", b"".join(push(dialect, says, three))),
            ])  # fmt: skip
            assert socket.recv(500) == one
            assert socket.recv(500) == two
            assert socket.recv(500) == three
            assert socket.lost == 0


@cases("dialect", DIALECTS)
def test_one_that_does_not_come_whole_is_counted(dialect):
    """The module falls silent inside it; the next one is whole."""
    socket, modem, tape, clock, says = datagrams(dialect, "push", timeout=20)
    header, data, end = push(dialect, says, b"half of this comes")
    tape.load([("!", header + data[:9]), ("~", 15_000), ("!", b"".join(push(dialect, says, b"whole")))])
    assert socket.recv(100) == b"whole"
    assert socket.lost == 1


@cases("dialect", ("bg96", "nl668", "l610"))
def test_one_that_lost_a_byte_is_counted(dialect):
    """Its header names the sender; what stands behind it is no line then."""
    for more, size in ((b"", 20), (b"too much", 20)):
        with Case(more):
            socket, modem, tape, clock, says = datagrams(dialect, "push", timeout=20)
            header, data, end = push(dialect, says, b"x" * size)
            if dialect == "bg96":
                header = header[:-2] + b',"%s",%d\r\n' % (PEER.encode(), PORT)
            text = header + (data + more if more else data[1:]) + b"\r\n" + line(b"+CREG: 1")
            tape.load([("!", text), ("!", b"".join(push(dialect, says, b"whole")))])
            assert socket.recv(100) == b"whole"
            assert socket.lost == 1


@cases("dialect", DIALECTS)
def test_what_has_no_room_is_counted(dialect):
    events = []
    modem, tape, clock, says = attached(dialect, "push", on_event=lambda *event: events.append(event[:2]))
    socket = connect(modem, tape, says, 5, ring=512, type=atsock.SOCK_DGRAM)
    sizes = (200, 200, 200, 50)
    for size in sizes:
        tape.load([("!", b"".join(push(dialect, says, b"x" * size)))])
        settle(modem, tape)
    got = []
    socket.settimeout(0)
    while True:
        try:
            got.append(len(socket.recv(500)))
        except OSError:
            break
    assert got == [200, 200, 50] and socket.lost == 1, (got, socket.lost)
    assert (atsock.EVENT_OVERFLOW, socket) in events
    # The count goes on with another peer, and so does the size of the ring.
    if modem._session.table.OPEN_UDP is not None:
        tape.auto = answers(says)
        socket.setsockopt(1, atsock.SO_RCVBUF, 1024)
        socket.settimeout(5)
        socket.connect(("192.0.2.8", PORT))
        assert socket.lost == 1
        assert socket._link.size == 1024


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_damaged_digits_are_no_datagram(dialect):
    """Hexadecimal: a digit that is none ends the payload before its announced length."""
    data = b"twenty bytes of data"
    text = digits(data)
    for damaged in (
        text[:20] + b"G" + text[21:],
        text[:14] + b"\xff" + text[15:],
        text[:13] + b" " + text[15:],
        text[:-2],
        text[:-1],
        text[:-1] + b"g",
    ):
        for cut in CUTS:
            socket, modem, tape, clock, says = datagrams(dialect, "hex", cut, 30)
            with Case(dialect, damaged, cut):
                good = says.answer("hex", 0, data, 0)
                reads = [good.replace(text, damaged), says.nothing("hex", 0), good]

                def answer(command, says=says, reads=reads):
                    if command + b"\r" == says.ask("hex", 0, says.most["hex"]):
                        return reads.pop(0) if reads else says.nothing("hex", 0)
                    return line(b"+CSQ: 20,0") + OK

                tape.auto = answer
                tape.input.append([0, "!", says.notice("hex", 0)])
                assert socket.recv(100) == data
                assert socket.lost == 1


@cases("dialect", FIBOCOM)
def test_damaged_digits_in_a_push(dialect):
    data = b"twenty bytes of data"
    text = digits(data)
    header = b"\r\n+MIPRUDP: %s,%d,1,0," % (PEER.encode(), PORT)
    for cut in CUTS:
        socket, modem, tape, clock, says = datagrams(dialect, "hex", cut)
        with Case(dialect, cut):
            tape.load([("!", header + text[:20] + b"G" + text[21:] + b"\r\n" + header + text + b"\r\n")])
            assert socket.recv(100) == data
            assert socket.lost == 1


# -- connect() on a socket that has received


class Module:
    """UDP of a BG96 in buffer access: waiting datagrams by id, with their senders."""

    def __init__(self, says):
        self.says = says
        self.waiting = []
        self.commands = []
        self.service = False

    def __call__(self, command):
        self.commands.append(command)
        if command.startswith(b"AT+QIOPEN="):
            self.service = b"UDP SERVICE" in command
            self.waiting = []
            return OK + line(b"+QIOPEN: 0,0")
        if command.startswith(b"AT+QICLOSE"):
            self.waiting = []
        if command.startswith(b"AT+QIRD="):
            if not self.waiting:
                return line(b"+QIRD: 0") + OK
            data, sender = self.waiting.pop(0)
            header = b'+QIRD: %d,"%s",%d' % (len(data), sender, PORT) if self.service else b"+QIRD: %d" % len(data)
            return b"\r\n" + header + b"\r\n" + data + b"\r\n" + OK
        return OK


def test_connect_keeps_what_waits():
    """A DTLS server: bind(), look at who speaks, connect() to that; what has come meanwhile is there."""
    for ring in (512, 2048):
        modem, tape, clock, says = attached("bg96", "buffer")
        module = tape.auto = Module(says)
        socket = modem.socket(type=atsock.SOCK_DGRAM)
        socket.settimeout(5)
        socket.setsockopt(1, atsock.SO_RCVBUF, ring)
        socket.bind(("", 5684))
        hellos = [b"hello %d " % i * 10 for i in range(9)]
        module.waiting = [(hello, PEER.encode()) for hello in hellos]
        tape.input.append([0, "!", line(b'+QIURC: "recv",0')])
        assert socket.recvfrom(2000, 2) == (hellos[0], (PEER, PORT))  # MSG_PEEK
        socket.connect((PEER, PORT))
        assert [socket.recvfrom(2000) for _ in hellos] == [(hello, (PEER, PORT)) for hello in hellos]
        opens = [command for command in module.commands if command.startswith(b"AT+QIOPEN=")]
        assert len(opens) == 2 and b",5684," in opens[1], opens
        module.waiting = [(b"and on", b"")]
        tape.input.append([0, "!", line(b'+QIURC: "recv",0')])
        assert socket.recvfrom(2000) == (b"and on", (PEER, PORT))
        assert socket.lost == 0
        socket.close()


def test_connect_keeps_what_waits_behind_a_large_one():
    """One has been fetched and looked at, the other one waits in the module: there is room for both."""
    modem, tape, clock, says = attached("bg96", "buffer")
    for size in (1300, 1400, 1460):
        with Case(size):
            module = tape.auto = Module(says)
            socket = modem.socket(type=atsock.SOCK_DGRAM)
            socket.settimeout(5)
            socket.bind(("", 5684))
            large = [b"a" * size, b"b" * size]
            module.waiting = [(data, PEER.encode()) for data in large]
            tape.input.append([0, "!", line(b'+QIURC: "recv",0')])
            assert socket.recvfrom(2000, 2) == (large[0], (PEER, PORT))  # MSG_PEEK
            socket.connect((PEER, PORT))
            assert [socket.recvfrom(2000)[0] for _ in large] == large
            socket.close()


@cases("dialect", FIBOCOM)
def test_another_peer_keeps_what_waits(dialect):
    modem, tape, clock, says = attached(dialect, "push")
    socket = connect(modem, tape, says, 5, type=atsock.SOCK_DGRAM)
    tape.load([
        ("!", b"".join(push(dialect, says, b"first")) + b"".join(push(dialect, says, b"second"))),
        (">", b"AT+MIPCLOSE=1\r"), ("<", OK + line(b"+MIPCLOSE: 1,0")),
        (">", b'AT+MIPOPEN=1,,"192.0.2.8",5005,1\r'), ("<", OK + line(b"+MIPOPEN: 1,1")),
    ])  # fmt: skip
    settle(modem, tape)
    socket.connect(("192.0.2.8", PORT))
    assert socket.recvfrom(100) == (b"first", (PEER, PORT))
    assert socket.recvfrom(100) == (b"second", (PEER, PORT))
    tape.done()
    tape.load([
        (">", b"AT+MIPCLOSE=1\r"), ("<", OK + line(b"+MIPCLOSE: 1,0")),
        (">", b'AT+MIPOPEN=1,,"192.0.2.9",5005,1\r'), ("<", OK + line(b"+MIPOPEN: 1,1")),
    ])  # fmt: skip
    socket.connect(("192.0.2.9", PORT))  # and what has been received does not come again
    socket.settimeout(0)
    assert errno_of(socket.recv, 100) == 11
    tape.done()


@cases("access", ("buffer", "push", "hex"))
@cases("dialect", ("a7600", "sim7028"))
def test_part_of_a_datagram_is_none(dialect, access):
    """SIMCom tells that it took less: send() does not return that, as it would for a stream."""
    for taken in (-1, 0, 1, 9):
        with Case(taken):
            socket, modem, tape, clock, says = datagrams(dialect, access)
            command = b'AT+CIPSEND=0,10,"%s",%d\r' % (PEER.encode(), PORT)
            told = line(b"+CIPSEND: 0,10,%d" % taken)
            tape.load([(">", command), ("<", b"\r\n>"), (">", b"0123456789"), ("<", OK + told)])
            assert errno_of(socket.send, b"0123456789") in (104, 107, 110)
            tape.done()


@cases("dialect", ("a7600", "sim7028"))
def test_the_name_of_the_peer_is_looked_up_once(dialect):
    """By connect(); each send tells the address that was found."""
    modem, tape, clock, says = attached(dialect)
    sent = []

    def answer(command):
        if not command.startswith(b"AT"):  # payload, which ends with CR
            return says.result("buffer", 0, len(command) + 1)
        sent.append(command)
        if command.startswith(b"AT+CDNSGIP="):
            return line(b'+CDNSGIP: 1,"name.example","192.0.2.7"') + OK
        if command.startswith(says.open_line(command)):
            return says.opened(command, 0)
        return says.prompt if command.startswith(b"AT+CIPSEND=") else OK

    tape.auto = answer
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(5)
    socket.connect(("name.example", PORT))
    for _ in range(3):
        assert socket.send(b"hello\r") == 6
    assert len([command for command in sent if b"CDNSGIP" in command]) == 1
    assert sent[-3:] == [b'AT+CIPSEND=0,6,"192.0.2.7",%d' % PORT] * 3


@cases("dialect", DIALECTS)
def test_a_closed_socket_says_so_whatever_is_sent(dialect):
    """Not that the datagram is empty, or too long."""
    socket, modem, tape, clock, says = datagrams(dialect, "buffer")
    tape.load(says.close(says.first))
    socket.close()
    for data in (b"hello", b"", bytes(3000)):
        assert errno_of(socket.send, data) == 9
        assert errno_of(socket.write, data) == 9
    tape.done()


def test_another_peer_does_not_pause_as_long_as_the_last():
    """SEND FAIL (2.1.7): the pauses between the offers grow, and begin anew with the connection."""
    socket, modem, tape, clock, says = datagrams("bg96", "buffer", timeout=20)
    script = says.send("buffer", 0, b"again")
    failed = script[:-1] + [("<", line(b"SEND FAIL"))]
    tape.load(failed * 4)
    socket.settimeout(1)
    assert errno_of(socket.send, b"again") == 110
    tape.auto = lambda command: says.opened(command, 0) if command.startswith(b"AT+QIOPEN=") else OK
    socket.settimeout(20)
    socket.connect(("192.0.2.8", PORT))
    rest(tape)
    tape.load(failed + script)
    began = clock.now
    assert socket.send(b"again") == 5
    assert clock.now - began <= 150, clock.now - began
    tape.done()


@cases("dialect", DIALECTS)
def test_a_ring_without_room_for_the_header(dialect):
    """Nothing of that datagram is left behind, neither of its header nor of its sender."""
    socket, modem, tape, clock, says = datagrams(dialect, "push", ring=512)
    for n in range(470, 512):
        with Case(n):
            lost = socket.lost
            for data in (b"x" * n, b"none"):
                tape.load([("!", b"".join(push(dialect, says, data)))])
                settle(modem, tape)
            got = []
            while socket._link.has_datagram():
                got.append(socket.recv(600))
            assert got in ([b"x" * n, b"none"], [b"x" * n], [b"none"]), got
            assert len(got) + socket.lost - lost == 2
            assert socket._link.count == 0


@cases("dialect", DIALECTS)
def test_nothing_is_received_before_the_socket_is_opened(dialect):
    """It has nothing to receive from before bind(), connect() or sendto()."""
    modem, tape, clock, says = attached(dialect)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(1)
    assert errno_of(socket.recv, 10) == 107
    socket.close()
    assert errno_of(socket.recv, 10) == 9
    tape.done()


@cases("dialect", ("bg96",) + FIBOCOM)
def test_another_peer_behind_a_read_that_got_no_answer(dialect):
    """The connection has failed meanwhile; the next one begins anew."""
    socket, modem, tape, clock, says = datagrams(dialect, "buffer", timeout=0)
    tape.input.append([0, "!", says.notice("buffer", says.first)])
    tape.auto = lambda command: b""
    assert errno_of(socket.recv, 100) == 11
    socket._link.fail(104, 0)
    tape.input.append([0, "!", says.nothing("buffer", says.first)])
    settle(modem, tape)

    opened = answers(says)

    def answer(command):
        if command.startswith(says.ask("buffer", 0, 1)[:-4]):
            return says.answer("buffer", socket._link.id, b"data", 0)
        return opened(command)

    tape.auto = answer
    socket.settimeout(20)
    socket.connect(("192.0.2.8", PORT))
    tape.input.append([0, "!", says.notice("buffer", socket._link.id)])
    assert socket.recv(100) == b"data"


@cases("dialect", ("bg96",) + FIBOCOM)
def test_another_peer_while_a_read_is_in_flight(dialect):
    """What it brings is received from the new connection."""
    socket, modem, tape, clock, says = datagrams(dialect, "buffer", timeout=0)
    tape.input.append([0, "!", says.notice("buffer", says.first)])
    opened = answers(says)
    ask = says.ask("buffer", 0, 1)[:-4]
    tape.auto = lambda command: b"" if command.startswith(ask) else opened(command)
    assert errno_of(socket.recv, 100) == 11
    tape.input += [[0, "~", 500], [0, "!", says.answer("buffer", says.first, b"data", 0)]]
    tape.auto = lambda command: says.nothing("buffer", says.first) if command.startswith(ask) else opened(command)
    socket.settimeout(20)
    socket.connect(("192.0.2.8", PORT))
    assert clock.now >= 500
    assert socket.recv(100) == b"data"


@cases("timeout", (0, 1))
def test_another_peer_waits_for_what_waits(timeout):
    """BG96: connect() reads it first, also where nothing else waits; with a timeout not longer than that."""
    socket, modem, tape, clock, says = datagrams("bg96", "buffer", timeout=0)
    tape.load([("!", says.notice("buffer", 0))])
    settle(modem, tape)
    opened = answers(says)
    reads = [says.answer("buffer", 0, b"data", 0), says.nothing("buffer", 0)]

    def answer(command):
        if not command.startswith(b"AT+QIRD="):
            return opened(command)
        tape.input += [[0, "~", 1500], [0, "!", reads.pop(0)]]
        return b""

    tape.auto = answer
    socket.settimeout(timeout)
    if timeout:
        assert errno_of(socket.connect, ("192.0.2.8", PORT)) == 110
        assert clock.now == 1000
        return
    socket.connect(("192.0.2.8", PORT))
    assert clock.now == 3000
    assert socket.recv(100) == b"data"


def test_one_question_finds_the_addresses_of_both_families():
    """The A7600 has no other."""
    modem, tape, clock, says = attached("a7600")
    found = line(b'+CDNSGIP: 1,"name.example","2001:DB8::7"') + OK
    opened = answers(says)
    tape.auto = lambda command: found if b"CDNSGIP" in command else opened(command)
    socket = modem.socket(atsock.AF_INET6, atsock.SOCK_DGRAM)
    socket.settimeout(5)
    socket.connect(("name.example", PORT))
    assert socket._link.state == 2


@cases("dialect", ("bg96", "a7600", "sim7028", "nl668"))
def test_all_stages_of_a_call_have_one_timeout(dialect):
    """The name is looked up, the socket opened, the datagram sent: each of them late, the timeout is the call's."""
    modem, tape, clock, says = attached(dialect)
    asked = []

    def answer(command):
        asked.append(command)
        if b"SEND" in command:
            return b""
        if b"DNS" not in command and b"OPEN" not in command:
            return OK
        clock.now += 1500
        if b"OPEN" in command:
            return answers(says)(command)
        if dialect == "bg96":
            return OK + line(b'+QIURC: "dnsgip",0,1,600') + line(b'+QIURC: "dnsgip","192.0.2.9"')
        if dialect in FIBOCOM:
            return line(b"+MIPDNS: name.example,192.0.2.9") + OK
        return line(b'+CDNSGIP: 1,"name.example","192.0.2.9"') + OK

    socket = modem.socket(atsock.AF_INET, atsock.SOCK_DGRAM)
    socket.settimeout(4)
    tape.auto = answer
    start = clock.now
    assert errno_of(socket.sendto, b"hello", ("name.example", PORT)) == 110
    assert b"SEND" in asked[-1] and clock.now - start <= 4100, (clock.now - start, asked)
    assert socket.gettimeout() == 4


def sends(dialect, says, data):
    """A datagram to the peer; SIMCom's command tells where it goes."""
    script = says.send("buffer", says.first, data)
    if dialect in ("a7600", "sim7028"):
        script[0] = (">", script[0][1][:-1] + b',"%s",%d\r' % (PEER.encode(), PORT))
    return script


@cases("what", ("prompt", "result"))
@cases("dialect", DIALECTS)
def test_the_socket_outlives_a_datagram_that_ran_out_of_time(dialect, what):
    """The prompt comes late, or the result never: nobody knows what became of that one, and the next one is sent."""
    socket, modem, tape, clock, says = datagrams(dialect, "buffer", timeout=2)
    lost = sends(dialect, says, b"lost")
    if what == "prompt":
        script = lost[:1] + [("~", 6000)] + lost[1:]
    else:
        script = lost[:-1] + SYNC
    tape.load(script + sends(dialect, says, b"next"))
    assert errno_of(socket.send, b"lost") == 110
    while clock.now < 30_000:
        modem.poll(1000)
    assert socket.send(b"next") == 4
    tape.done()


@cases("dialect", DIALECTS)
def test_the_socket_outlives_a_datagram_that_was_interrupted(dialect):
    """Ctrl-C before the prompt: the datagram goes out whole when that comes, behind it the next one."""
    socket, modem, tape, clock, says = datagrams(dialect, "buffer")
    first = sends(dialect, says, b"first")
    tape.load(first[:1] + [("~", 500)] + first[1:] + sends(dialect, says, b"next"))
    wait = modem._engine.port.wait

    def stop(ms, writing):
        modem._engine.port.wait = wait
        raise KeyboardInterrupt

    modem._engine.port.wait = stop
    raises(KeyboardInterrupt, socket.send, b"first")
    assert socket.send(b"next") == 4
    tape.done()


def bound(dialect, timeout):
    """(socket, modem, tape, clock): a datagram socket at a port of its own."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = answers(says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(timeout)
    socket.bind(("", 5005))
    rest(tape)
    return socket, modem, tape, clock


STORED = line(b"+MIPSEND: 1,0,2000") + OK
OUT = b'AT+MIPPUSH=1,"%s",%d\r' % (PEER.encode(), PORT)
PUSHED_OUT, NOTHING, FLOWED_OFF = (line(b"+MIPPUSH: 1,%d" % status) + OK for status in (0, 2, 1))
NEXT = [
    (">", b'AT+MIPSEND=1,"6E657874"\r'), ("<", STORED), (">", OUT), ("<", PUSHED_OUT),
]  # fmt: skip


@cases("waits", (True, False), "ab")
@cases("dialect", FIBOCOM)
def test_a_stored_datagram_that_ran_out_of_time_goes_out_by_itself(dialect, waits):
    """1.1.6, 1.1.7: it may be stored, and the next one would be joined to it: it is pushed out first, if it is there;
    also behind a module that is flowed off."""
    for answered in ([PUSHED_OUT], [NOTHING], [FLOWED_OFF, FLOWED_OFF, PUSHED_OUT]):
        with Case(answered):
            socket, modem, tape, clock = bound(dialect, 2)
            tape.load([(">", b'AT+MIPSEND=1,"6C6F7374"\r')] + SYNC)
            assert errno_of(socket.sendto, b"lost", (PEER, PORT)) == 110
            while clock.now < 30_000:
                modem.poll(1000)
            script = []
            for answer in answered:
                script += [(">", OUT), ("<", answer)]
            tape.load(script + NEXT)
            socket.settimeout(20 if waits else 0)
            for _ in range(100):
                try:
                    assert socket.sendto(b"next", (PEER, PORT)) == 4
                    break
                except OSError as error:
                    assert error.args[0] == 11 and not waits, error
                    modem.poll(100)
            while not socket.is_sent():
                modem.poll(100)
            tape.done()


@cases("dialect", FIBOCOM)
def test_a_stored_datagram_that_cannot_be_pushed_out(dialect):
    """A module that does not answer to that either: the call says so, and the next one tries again."""
    socket, modem, tape, clock = bound(dialect, None)
    for text in (b'AT+MIPSEND=1,"6C6F7374"\r', OUT, OUT):
        tape.load([(">", text)] + SYNC)
        assert errno_of(socket.sendto, b"lost", (PEER, PORT)) == 110
        until = clock.now + 200_000
        while clock.now < until:
            modem.poll(10_000)
    tape.load([(">", OUT), ("<", NOTHING)] + NEXT)
    assert socket.sendto(b"next", (PEER, PORT)) == 4
    tape.done()
