"""Sockets, word by word: calls that do not wait, limits of those that do, what is left of one that failed."""

import asyncio

import atsock
from atsock.aio import waiter
from atsock.core.command import query
from atsock.core.words import BECOMES
from cases import cases
from fakes import WIRES, Case, errno_of, new_modem
from frames import DIALECTS, MODES, OK, PEER, PORT, PULLED, PUSHED, line, read_script, speech
from scenes import answers, attached, connect, connected, rest, settle
from test_listener_faults import Module, came
from test_recovery import lost_without_a_word
from test_transparent import ESCAPE, RESUME, online

EAGAIN, ETIMEDOUT, ECONNRESET = 11, 110, 104
IPPROTO_TCP = 6


# -- calls that do not wait


@cases(("dialect", "access"), PULLED)
def test_a_read_that_does_not_wait_keeps_no_buffer(dialect, access):
    """The caller has it back with EAGAIN: what comes is there with the next call, in that call's buffer."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    most = says.most[access]
    tape.load([("!", says.notice(access, says.first))])
    settle(modem, tape)
    tape.load([
        (">", says.ask(access, says.first, most)), ("~", 100), ("<", says.answer(access, says.first, b"data", 0)),
    ])  # fmt: skip
    first = bytearray(b"-" * 4096)
    assert errno_of(socket.recv_into, first) == EAGAIN
    for _ in range(5):
        modem.poll(50)
    second = bytearray(4096)
    assert socket.recv_into(second) == 4 and second[:4] == b"data"
    assert first == b"-" * 4096


@cases("access", ("buffer", "push"))
@cases("dialect", DIALECTS)
def test_one_byte_is_something_to_read(dialect, access):
    """poll() says so, and does so until it is fetched."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    assert socket.ioctl(3, 1) == 0
    tape.load(read_script(says, dialect, access, says.first, b"x"))
    for _ in range(3):
        socket.ioctl(3, 1)
        settle(modem, tape)
    assert socket.ioctl(3, 1) == 1 and socket.ioctl(3, 4) == 4
    assert socket.recv(10) == b"x"


# -- a slow line


BLOCK = bytes([i * 7 & 255 for i in range(400)])


def in_two_pieces(says, dialect, access, pause_ms):
    """A script by which BLOCK comes, with silence in its middle."""
    script = read_script(says, dialect, access, says.first, BLOCK)
    kind, data = script[-1]
    half = len(data) // 2
    return script[:-1] + [(kind, data[:half]), ("~", pause_ms), (kind, data[half:])]


def is_coming(tape):
    return tape.at < len(tape.input)


@cases(("dialect", "access"), MODES)
def test_what_the_peer_has_sent_at_once_is_received_at_once(dialect, access):
    """However slowly the line brings it; unless less was wanted, or the time is over."""
    with Case("waits"):
        socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
        for receive in (socket.recv, socket.recv, lambda n: socket.recv(n, 2)):
            tape.load(in_two_pieces(says, dialect, access, 100))
            assert receive(1000) == BLOCK
        assert socket.recv_into(bytearray(1000)) == len(BLOCK)
    with Case("wants less"):
        tape.load(in_two_pieces(says, dialect, access, 100))
        assert socket.recv(10) == BLOCK[:10] and is_coming(tape)
        assert socket.readinto(bytearray(20)) == 20 and is_coming(tape)
        assert socket.read(10) == BLOCK[30:40] and is_coming(tape)
        assert socket.recv(1000) == BLOCK[40:]
    with Case("has no time"):
        tape.load(in_two_pieces(says, dialect, access, 100))
        socket.settimeout(0.05)
        part = socket.recv(1000)
        assert 0 < len(part) < len(BLOCK) and is_coming(tape)
        socket.settimeout(5)
        assert part + socket.recv(1000) == BLOCK


@cases(("dialect", "access"), MODES)
def test_a_call_that_does_not_wait_returns_what_is_whole(dialect, access):
    """poll() tells of a block when it has come, and so do the streams."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    for read in (lambda: socket.read(len(BLOCK) - 1), lambda: socket.recv(1000)):
        tape.load(in_two_pieces(says, dialect, access, 100))
        assert socket.ioctl(3, 1) == 0
        while tape.since < 0:
            assert socket.ioctl(3, 1) == 0
            modem.poll(10)
        assert socket.ioctl(3, 1) == 0 and socket.read(1000) is None and socket.readline() is None
        assert errno_of(socket.recv, 1000) == errno_of(socket.recv_into, bytearray(1000)) == EAGAIN
        assert socket.recv(1) == BLOCK[:1]
        modem.poll(200)
        settle(modem, tape)
        assert socket.ioctl(3, 1) == 1
        assert read() == BLOCK[1:]


@cases(("dialect", "access"), PUSHED)
def test_a_block_behind_another_one(dialect, access):
    """The first has come and the second is coming when the program looks: each is received in one piece."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    for receive in (socket.recv, lambda n: socket.recv(n, 2) and socket.recv(n)):
        first = read_script(says, dialect, access, says.first, BLOCK[:100])
        tape.load(first + in_two_pieces(says, dialect, access, 100))
        while tape.since < 0:
            modem.poll(10)
        assert receive(1000) == BLOCK[:100]
        assert receive(1000) == BLOCK


@cases(("dialect", "access"), MODES)
def test_what_is_missing_of_a_read_is_not_waited_for_any_longer(dialect, access):
    """read(n) whose first bytes stood in the block before."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    first = read_script(says, dialect, access, says.first, BLOCK[:100])
    tape.load(first + in_two_pieces(says, dialect, access, 100))
    assert socket.read(250) == BLOCK[:100] + BLOCK[:150] and is_coming(tape)
    assert socket.recv(1000) == BLOCK[150:]


@cases(("dialect", "access"), MODES)
def test_a_block_that_takes_longer_than_its_command_has(dialect, access):
    """As long as bytes come they belong to it, however slowly, and however often calls have run out of time."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0.5)
    script = read_script(says, dialect, access, says.first, BLOCK)
    kind, data = script.pop()
    piece = len(data) // 80
    for i in range(0, len(data), piece):
        script += [(kind, data[i : i + piece]), ("~", 120)]
    tape.load(script)
    got = b""
    while len(got) < len(BLOCK):
        try:
            got += socket.recv(1000)
        except OSError as error:
            assert error.errno == ETIMEDOUT
    assert got == BLOCK
    while is_coming(tape):
        modem.poll(10)
    socket.settimeout(5)
    tape.load(says.send(access, says.first, b"more"))
    socket.send(b"more")
    tape.done()


@cases(("dialect", "access"), MODES)
def test_what_comes_behind_a_pause_fills_the_window(dialect, access):
    """The payload's last 256 bytes are taken in at once, and nothing has come behind them yet."""
    digits = 2 if access == "hex" else 1
    socket, modem, tape, clock, says = connected(dialect, access, timeout=5)
    script = read_script(says, dialect, access, says.first, b"x" * 400)
    kind, data = script.pop()
    end = data.rfind(b"78" if access == "hex" else b"x") + digits
    tape.load(script + [(kind, data[: end - 256]), ("~", 400), (kind, data[end - 256 :])])
    got = b""
    while len(got) < 400:
        got += socket.recv(1000)
    assert got == b"x" * 400


@cases(("dialect", "access"), PUSHED)
def test_a_block_longer_than_its_ring(dialect, access):
    """All of it has come when the program begins to receive: the UART holds what has no room yet."""
    data = BLOCK * 3
    for n in (1, 511, 2000):
        with Case(n):
            modem, tape, clock, says = attached(dialect, access)
            socket = connect(modem, tape, says, 5, ring=512)
            tape.load([("!", says.push(access, says.first, data))])
            got = b""
            while len(got) < len(data):
                got += socket.recv(n)
            assert got == data


@cases("timeout", (20, 0), ("waits", "does not wait"))
@cases("dialect", DIALECTS)
def test_a_failure_that_is_told_at_once(dialect, timeout):
    """A call that does not wait does not wait for what the module says of its context either; others do, 2 s."""
    modem, tape, clock, sockets, events = lost_without_a_word(dialect, [])
    tape.auto = lambda command: b""
    modem._session.suspect()
    link = sockets[0]._link
    link.fail(ECONNRESET, 0)
    sockets[0].settimeout(timeout)
    begin = clock.now
    assert errno_of(sockets[0].send, b"x") == ECONNRESET
    waited = clock.now - begin
    assert waited == 0 if timeout == 0 else 2000 <= waited < 2100, waited


@cases("dialect", DIALECTS)
def test_opening_datagrams_has_the_sockets_limit(dialect):
    """It waits for the module also when non-blocking, else as long as settimeout() says."""
    modem, tape, clock, says = attached(dialect, "push")
    tape.auto = answers(says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.setblocking(False)
    socket.connect((PEER, PORT))
    assert socket._link.state == 2
    modem, tape, clock, says = attached(dialect, "push")
    opening = says.open_line(b"")
    tape.auto = lambda command: b"" if command.startswith(opening) else OK
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(2)
    begin = clock.now
    assert errno_of(socket.connect, (PEER, PORT)) == ETIMEDOUT
    assert 2000 <= clock.now - begin < 2100, clock.now - begin


@cases(("dialect", "access"), PULLED)
def test_closed_with_a_read_that_waits_for_its_turn(dialect, access):
    """It is not sent any more: nobody wants what it would bring."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    tape.load([(">", b"AT+X\r"), ("!", says.notice(access, says.first))])
    busy = modem._session.spawn(slow_command())
    modem.poll()
    settle(modem, tape)
    assert errno_of(socket.recv, 10) == EAGAIN
    tape.load([("~", 500), ("<", OK)] + says.close(says.first))
    socket.close()
    for _ in range(3):
        modem.poll(1000)
    tape.done()
    assert busy.done


def slow_command():
    yield query(b"AT+X", 5000)


@cases("dialect", ("nl668", "l610"))
def test_resume_of_a_module_that_says_nothing(dialect):
    """Whether there is an answer is not stated: it is waited for 2 s, then data goes on."""
    socket, modem, tape, clock = online(dialect)
    tape.load(ESCAPE)
    socket.escape()
    tape.load(RESUME[dialect])
    begin = clock.now
    socket.resume()
    assert not socket.is_escaped() and 2000 <= clock.now - begin < 2200, clock.now - begin


@cases("dialect", ("nl668", "l610"))
def test_a_datagram_is_not_cut_to_the_room_there_is(dialect):
    """The module has room for 5 bytes: one of 10 is offered whole, by a call that does not wait, too."""
    for timeout in (0, 5):
        modem, tape, clock, says = attached(dialect, "push")
        socket = connect(modem, tape, says, timeout, type=atsock.SOCK_DGRAM)
        sent = []

        def answer(command, sent=sent):
            if command.startswith(b"AT+MIPSEND="):
                sent.append(command)
                return says.prompt
            room = 5 if len(sent) == 1 else 2048
            return OK + line(b"+MIPPUSH: 1,0") + line(b"+MIPSEND: 1,0,%d" % room) + OK

        tape.auto = answer
        for payload in (b"0123\r", b"012345678\r"):
            assert socket.send(payload) == len(payload)
            for _ in range(20):
                modem.poll(50)
        assert [command.split(b",")[1] for command in sent] == [b"5", b"10"], sent


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_an_end_before_the_result_of_an_open(dialect):
    """Of a connection that an earlier program had: the open of this one is told by another line (not so Fibocom's)."""
    modem, tape, clock, says = attached(dialect)
    opened = says.opened(b"", says.first)
    tape.auto = lambda command: OK + says.closed(says.first) + opened[len(OK) :]
    socket = modem.socket()
    socket.settimeout(5)
    socket.connect((PEER, PORT))
    rest(tape)
    tape.load(says.send("buffer", says.first, b"x"))
    assert socket.send(b"x") == 1
    tape.done()


# -- options


def test_an_option_of_tcp_with_a_number_of_another_level():
    """SO_KEEPALIVE is 9, and so is TCP_DEFER_ACCEPT: that one is taken and ignored."""
    socket, modem, tape, clock, says = connected("nl668")
    socket.setsockopt(IPPROTO_TCP, 9, 1)
    assert tape.written == 0


@cases("family", (atsock.AF_INET, atsock.AF_INET6), ("IPv4", "IPv6"))
def test_a_socket_of_the_socket_module_is_ipv4(family):
    """As CPython's, whatever the context is; Modem.socket() takes the context's family."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = speech("bg96").attach()
    modem.attach("internet", family=family)
    assert modem.socket_module().socket()._family == atsock.AF_INET
    assert modem.socket()._family == family


# -- rings


@cases("access", ("push", "hex"))
@cases("dialect", DIALECTS)
def test_one_ring_for_datagrams_one_after_the_other(dialect, access):
    """As for streams (test_spare_rings.py), as long as nothing waits in it."""
    modem, tape, clock, says = attached(dialect, access)
    for i in range(2):
        socket = connect(modem, tape, says, 20, type=atsock.SOCK_DGRAM)
        link = socket._link
        link.make_ring() if link.buf is None else None
        tape.load(says.close(link.id))
        socket.close()
        rest(tape)
        link.must_close = True
    assert len([link for link in modem._engine.links.values() if link.buf is not None]) == 1


def test_a_ring_for_the_longest_datagram():
    """BG96, buffer access: one of 1500 bytes comes whole, with its sender, into a ring of the usual size."""
    modem, tape, clock, says = attached("bg96")
    tape.auto = answers(says)
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(5)
    socket.bind(("", 5000))
    rest(tape)
    data = bytes(range(250)) * 6
    header = b'\r\n+QIRD: 1500,"192.0.2.7",5005\r\n'
    tape.load([("!", says.notice("buffer", 0)), (">", b"AT+QIRD=0\r"), ("<", header + data + b"\r\n" + OK)])
    assert socket.recvfrom(2000) == (data, (PEER, PORT)) and socket.lost == 0


# -- asyncio


def test_close_waits_as_long_as_something_goes_out():
    """Each piece takes 20 s, all of them more than the 30 s in which nothing has gone out."""
    modem, tape, clock, says = attached("bg96", "buffer")
    tape.auto = answers(says)
    clock.hurry = 250
    left = [4]
    written = bytearray()
    send = says.send("buffer", says.first, b"x" * 100)[0][1][:-4]

    def answer(command):
        if command.startswith(send):
            return says.prompt
        if not command.startswith(b"AT"):
            written.extend(command + b"\r")
            left[0] -= 1
            tape.input.append([0, "~", 20_000])
            return says.result("buffer", says.first, len(command) + 1)
        return closing(command)

    closing = answers(says)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        tape.auto = answer
        most = says.chunk("buffer")
        for _ in range(left[0]):
            writer.write(b"x" * (most - 1) + b"\r")
        writer.close()
        await writer.wait_closed()
        return most

    most = asyncio.run(asyncio.wait_for(main(), 20))
    assert left == [0] and len(written) == 4 * most and clock.now > 80_000, (left, len(written), clock.now)


def test_no_time_at_all_under_asyncio():
    """timeout_ms=0 is none, and not for ever."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda command: b""
    clock.hurry = 1

    async def main():
        try:
            await asyncio.wait_for(modem.attach_async("internet", timeout_ms=0), 5)
        except atsock.Timeout as error:
            return error

    error = asyncio.run(main())
    assert error is not None


def test_a_task_begins_at_once():
    """Its first command goes out in the loop's next round, and not when the next pause is over."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = speech("bg96").attach()
    sent = []
    answer = tape.auto
    tape.auto = lambda command: sent.append(command) or answer(command)

    async def main():
        for _ in range(2):
            task = asyncio.create_task(modem.attach_async("internet"))
            before = len(sent)
            for _ in range(4):
                await asyncio.sleep(0)
            assert len(sent) > before, "nothing was sent"
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

    asyncio.run(main())


def test_a_port_without_a_descriptor_that_takes_little():
    """It is asked again, not watched."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda command: OK
    tape.behave(**WIRES["reluctant"])
    clock.hurry = 1
    failures = []

    async def main():
        asyncio.get_event_loop().set_exception_handler(lambda loop, context: failures.append(context))
        await waiter.of(modem._session).run(slow_command(), 5000, "command")

    asyncio.run(asyncio.wait_for(main(), 20))
    assert failures == []


@cases("dialect", DIALECTS)
def test_a_server_under_asyncio_never_waits(dialect):
    """Accepting takes no time of the loop, also where the module must be told to listen once more."""
    modem, tape, clock, says = attached(dialect, "push")
    tape.auto = Module(dialect, says)
    clock.hurry = 1
    seen = []

    async def main():
        server = await modem.start_server(lambda reader, writer: seen.append(reader), 8080)
        modem._session.run = modem._session.wait = None  # what blocking calls wait in
        for n in (1, 2):
            listener = server._socket._listener
            tape.input.append([0, "!", came(dialect, listener.id if listener.kind == BECOMES else n, 4000 + n)])
            while len(seen) < n:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.02)
        server.close()
        await server.wait_closed()

    asyncio.run(asyncio.wait_for(main(), 20))
    assert len(seen) == 2


def test_a_port_that_is_back():
    """What it raised is told to those who wait then, and to nobody later."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = speech("bg96").attach()
    clock.hurry = 1
    read = tape.any

    def gone():
        raise OSError(19)

    async def main():
        tape.any = gone
        try:
            await modem.attach_async("internet")
            raise AssertionError("no error")
        except OSError as error:
            assert error.args[0] == 19, error
        tape.any = read
        await asyncio.sleep(0.25)  # MicroPython: until its tasks have seen it
        return await modem.attach_async("internet")

    assert asyncio.run(asyncio.wait_for(main(), 20)) == "10.0.0.1"
