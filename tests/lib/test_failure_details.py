"""Small things around failures that a change of the code could get wrong unnoticed (./tools/mutate)."""

import asyncio

import atsock
from atsock.aio.streams import Stream
from atsock.core.command import split_fields
from atsock.core.port import Port
from atsock.core.openids import open_ids
from cases import cases
from fakes import CUTS, Case, errno_of
from frames import ACCESS, DIALECTS, ERROR, OK, PEER, PORT, SYNC, line, read_script, speech
from ownline import FIBOCOM
from scenes import answers, attached, connect, connected, recv_exactly, settle
from test_recovery import Field
from test_transparent import ESCAPE, back, online

EINPROGRESS, EALREADY, ECONNRESET, ENETDOWN, ENOTCONN = 115, 114, 104, 100, 107
OPEN, GONE, DEAD = 2, 4, 5
RING = 512
# As the begin of a boot word, and longer than any: CR LF and no control byte before the end.
LIKE_A_LINE = b"\r\nRD" + b"abcdefghij" * 10


@cases("dialect", DIALECTS)
def test_connect_that_does_not_wait_begins_at_once(dialect):
    """The first command is on its way when connect() comes back, not only when somebody looks at the module again."""
    modem, tape, clock, says = attached(dialect)
    written = []
    tape.auto = written.append
    socket = modem.socket()
    socket.setblocking(False)
    assert errno_of(socket.connect, (PEER, PORT)) == EINPROGRESS
    assert written, "nothing has been sent"
    assert clock.now == 0


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_nothing_is_lost_before_it_is(dialect, access):
    """has_lost() of what is on its way, and of what was not even taken; close() has nothing to complain of."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=0)
    script = says.send(access, says.first, b"hello")
    tape.load(script[:1] + [("~", 3000)] + script[1:] + says.close(says.first))
    assert socket.write(b"hello") == 5
    assert not socket.has_lost() and not socket.is_sent()
    while not socket.is_sent():
        modem.poll(100)
    assert not socket.has_lost()
    socket.settimeout(20)
    socket.close()
    tape.done()


@cases("dialect", DIALECTS)
def test_write_while_connecting(dialect):
    """Nothing of it was taken, so nothing of it is lost."""
    modem, tape, clock, says = attached(dialect)
    opens = []
    tape.auto = lambda command: opens.append(command) if command.startswith(says.open_line(command)) else OK
    socket = modem.socket()
    socket.setblocking(False)
    assert errno_of(socket.connect, (PEER, PORT)) == EINPROGRESS
    settle(modem, tape)
    assert socket.write(b"hello") is None
    assert not socket.has_lost()
    tape.input.append([0, "!", says.opened(opens[0], says.link_of(opens[0]))])
    settle(modem, tape)
    tape.auto = lambda command: says.close(says.first)[1][1]
    socket.settimeout(20)
    socket.close()


@cases("dialect", DIALECTS)
def test_no_room_behind_a_pause(dialect):
    """What was held back as a possible boot word is payload, and its ring has room for a part of it only."""
    for room in (0, 1, 2, 3, 40, 63, 64, 65):
        for cut in CUTS:
            with Case(room, cut):
                modem, tape, clock, says = attached(dialect, "push", cut)
                socket = connect(modem, tape, says, 20, RING)
                payload = b"-" * (RING - room) + LIKE_A_LINE + b"\0" + LIKE_A_LINE + b"\0"
                data = says.push("push", says.first, payload)
                middle = data.index(payload) + RING - room
                tape.load([("!", data[:middle]), ("~", 1500), ("!", data[middle:] + line(b"+CREG: 1"))])
                for _ in range(20):  # what has no room is not read meanwhile, so settle() would not end
                    modem.poll(100)
                assert recv_exactly(socket, len(payload)) == payload
                settle(modem, tape)
                tape.done()


@cases("dialect", DIALECTS)
def test_no_room_for_the_end_behind_a_pause(dialect):
    """It looks like the begin of a boot word, and ends the payload: what finds no room is told as lost."""
    for n in (3, 7, 60):
        with Case(n):
            heard = []

            def on_event(event, sock, value, heard=heard):
                heard.append(event)

            modem, tape, clock, says = attached(dialect, "push", on_event=on_event)
            socket = connect(modem, tape, says, 5, RING)
            payload = b"-" * RING + LIKE_A_LINE[:n]
            data = says.push("push", says.first, payload)
            middle = data.index(payload) + RING
            tape.load([("!", data[:middle]), ("~", 1500), ("!", data[middle:] + line(b"+CREG: 1"))])
            for _ in range(30):
                modem.poll(100)
            assert heard.count(atsock.EVENT_OVERFLOW) == 1
            assert recv_exactly(socket, RING) == b"-" * RING
            assert errno_of(socket.recv, 9) == 105


@cases("dialect", DIALECTS)
def test_poll_drops_nothing(dialect):
    """More is pushed than there is room for: nobody waits for what stands behind it, so it may wait."""
    modem, tape, clock, says = attached(dialect, "push")
    socket = connect(modem, tape, says, 20, RING)
    payload = bytes([65 + i % 26 for i in range(RING + 100)])
    tape.load([("!", says.push("push", says.first, payload))])
    for _ in range(10):
        modem.poll(100)
    assert recv_exactly(socket, len(payload)) == payload


def _pushed(dialect, cut):
    """(socket, modem, tape, speech, overflows): on_event adds to the last one what it is told of lost bytes."""
    overflows = []

    def on_event(event, sock, value):
        if event == atsock.EVENT_OVERFLOW:
            overflows.append(sock)

    socket, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20, on_event=on_event)
    return socket, modem, tape, says, overflows


A_CALL = b"\r\r\nRING\r\r\n"  # as SIMCom's modules say it


@cases("dialect", DIALECTS)
def test_what_stands_behind_a_payload_harms_nothing(dialect):
    """A line with or without CR LF before it, an echo: the connection goes on, and nobody is told of lost bytes."""
    for behind in (line(b"+CREG: 1"), b"+AAA: 1\r\n", b"+ZZZ: 1\r\n", b"AT+X\r\r\n", b"at+x\r\r\n", A_CALL):
        for cut in CUTS:
            with Case(behind, cut):
                socket, modem, tape, says, overflows = _pushed(dialect, cut)
                script = says.send("push", says.first, b"hello")
                tape.load([("!", says.push("push", says.first, b"0123456789") + behind)] + script)
                settle(modem, tape)
                assert socket.recv(100) == b"0123456789"
                assert socket.send(b"hello") == 5
                assert not overflows
                tape.done()


@cases("dialect", DIALECTS)
def test_prompt_right_behind_a_payload(dialect):
    """Data is pushed while the module gets ready for a payload."""
    for prompt in (b"> ", b">\r\n", line(b"+CREG: 1") + b">"):
        for cut in CUTS:
            with Case(prompt, cut):
                socket, modem, tape, says, overflows = _pushed(dialect, cut)
                first, _, payload, result = says.send("push", says.first, b"hello")
                pushed = says.push("push", says.first, b"0123456789")
                tape.load([first, ("<", pushed + prompt), payload, result] + says.send("push", says.first, b"more"))
                assert socket.send(b"hello") == 5
                assert socket.recv(100) == b"0123456789"
                assert socket.send(b"more") == 4
                assert not overflows
                tape.done()


@cases("dialect", ("a7600", "sim7028", "nl668", "l610"))
def test_what_cannot_stand_behind_a_payload(dialect):
    """Next to what can: the payload has lost or won bytes, and the connection is of no use."""
    odd = (b"\rA", b"\n\n", b">>", b">\n", b"AU", b"At", b"aT", b"ta", b"+@", b"+[", b"B", b"\0")
    for behind in odd:
        with Case(behind):
            socket, modem, tape, says, overflows = _pushed(dialect, 0)
            tape.load([("!", says.push("push", says.first, b"0123456789") + behind + b"\r\n")])
            settle(modem, tape)
            assert overflows == [socket]
            assert socket.recv(100) == b"0123456789"
            assert errno_of(socket.recv, 100) == ECONNRESET


# -- what is told, closed, asked and counted once


@cases("dialect", DIALECTS)
def test_what_is_lost_is_told_once(dialect):
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    tape.auto = lambda command: b""
    assert socket.write(b"hello") == 5
    tape.input.append([0, "!", says.closed(says.first) + says.lost])
    settle(modem, tape)
    while not socket.is_sent():
        modem.poll(1000)
    assert socket.has_lost()
    assert not socket.has_lost()


@cases("dialect", DIALECTS)
def test_an_id_whose_open_was_refused(dialect):
    """Where a failed connection keeps its id it is closed before the id is used again; elsewhere nothing is sent."""
    modem, tape, clock, says = attached(dialect)
    refusals = {"bg96": OK + line(b"+QIOPEN: 0,566"), "nl668": line(b"+CME ERROR: 2012")}
    refusals["l610"] = refusals["nl668"]
    refusal = [refusals.get(dialect, ERROR)]  # SIMCom: without a number
    sent = []
    opens = answers(says)

    def answer(command):
        sent.append(command)
        if command.startswith(says.open_line(command)) and refusal:
            return refusal.pop()
        if command == b"AT+CSQ":
            return line(b"+CSQ: 20,99") + OK
        if command == b"AT+CIPCLOSE?":
            return line(b"+CIPCLOSE: " + b",".join([b"0"] * says.links)) + OK
        return opens(command)

    tape.auto = answer
    for _ in range(2):
        socket = modem.socket()
        socket.settimeout(5)
        try:
            socket.connect((PEER, PORT))
        except OSError:
            socket.close()
    assert socket._link.id == says.first and socket._link.state == OPEN
    close = says.close(0)[0][1][:-2]
    closed = [command for command in sent if command.startswith(close)]
    assert closed == ([] if dialect in ("a7600", "sim7028") else [close + b"%d" % says.first])


@cases("dialect", DIALECTS)
def test_restarted_while_it_is_asked_which_ids_are_open(dialect):
    """What it held is gone: it is not asked again."""
    modem, tape, clock, says = attached(dialect)
    asked = []

    def answer(command):
        asked.append(command)
        return line(b"RDY")

    tape.auto = answer
    job = modem._session.spawn(open_ids(modem._session))
    for _ in range(100):
        modem.poll(100)
    assert job.done and job.result() is None
    assert len([command for command in asked if command == modem._session.table.OPEN_IDS[0]]) == 1


@cases("dialect", DIALECTS)
def test_a_keeper_that_is_stopped_sends_nothing_more(dialect):
    field = Field(dialect, with_reset=False)
    field.modem._session.set_down()
    field.dead = True
    keeper = field.modem.keep()
    keeper.poll(1000)
    assert keeper._job is not None
    keeper.stop()
    assert keeper._job is None
    sent = []
    field.tape.auto = lambda command: sent.append(command) or OK
    for _ in range(30):
        field.modem.poll(1000)
    assert sent == []
    keeper.stop()


@cases("access", ("buffer", "push"))
@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_a_miscounted_payload_has_no_number_of_the_module(dialect, access):
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    payload = bytes(range(97, 117))
    script = read_script(says, dialect, access, says.first, payload)
    whole = script[-1][1]
    tape.load(
        script[:-1]
        + [(script[-1][0], whole.replace(payload, payload[:9] + payload[10:])), ("~", 100), ("!", line(b"+CSQ: 20,99"))]
    )
    while True:
        try:
            assert socket.recv(100), "no end of stream"
        except OSError as error:
            assert error.args[0] == ECONNRESET
            break
    assert socket._link.code == 0


@cases("dialect", ("bg96",))
def test_a_connection_with_data_now_and_then_is_not_asked_about(dialect):
    """Also when they go straight into the program's buffer: only long silence is a reason."""
    socket, modem, tape, clock, says = connected(dialect, timeout=60)
    waiting = []
    asked = []

    def answer(command):
        asked.append(command)
        if not command.startswith(says.ask("buffer", says.first, 1)[:-3]):
            return OK
        return says.answer("buffer", says.first, waiting.pop(), 0) if waiting else says.nothing("buffer", says.first)

    tape.auto = answer
    buf = bytearray(says.most["buffer"])
    for i in range(8):
        waiting.append(b"data %d" % i)
        tape.input += [[0, "~", 15_000], [0, "!", says.notice("buffer", says.first)]]
        assert socket.recv_into(buf) == 6
    assert modem._session.table.OPEN_IDS[0] not in asked


@cases("ring", (RING, 4096))
def test_room_for_what_came_while_data_mode_was_left(ring):
    """BG96: resume() reads it out, whatever the ring's size."""
    socket, modem, tape, clock = online("bg96")
    socket._link.resize(ring)
    tape.load(ESCAPE)
    socket.escape()
    payload = bytes(range(256)) * 12
    tape.load(whole(payload) + back("bg96", False))
    socket.resume()
    assert recv_exactly(socket, len(payload)) == payload
    assert socket._link.size == 4096
    tape.done()


def whole(payload):
    # Script of the reads that bring it.
    script = []
    for i in range(0, len(payload), 1024):
        answered = speech("bg96").answer("buffer", 0, payload[i : i + 1024], 0)
        script += [(">", b"AT+QIRD=0,1024\r"), ("<", answered)]
    return script


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_resumed_by_its_name(dialect):
    """call("O") brings the socket that has left data mode back, and nothing else is sent."""
    socket, modem, tape, clock = online(dialect)
    tape.load(ESCAPE)
    socket.escape()
    tape.after = lambda command: b""
    tape.load(back(dialect, False))
    assert modem.call("O") == "CONNECT"
    tape.done()
    assert not socket.is_escaped()


@cases("dialect", DIALECTS)
def test_every_state_of_registration_has_its_word(dialect):
    """27.007 10.1.22; what it does not name is told as a number."""
    modem, tape, clock, says = attached(dialect)
    for stat, word in ((0, "not searching"), (1, "home"), (5, "roaming"), (8, "emergency calls only"), (9, "state 9")):
        tape.auto = lambda command: line(command[2:-1] + b": 0,%d" % stat) + OK
        assert modem.registration() == word


@cases("dialect", ("nl668", "l610"))
def test_a_send_that_was_refused_waits_while_nothing_may_be_sent(dialect):
    """+MIPXOFF behind a refusal (1.1.19): what non-blocking sends have taken is offered again only after +MIPXON."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    script = says.send("buffer", 1, b"again")
    refused = OK + line(b"+MIPPUSH: 1,1") + line(b"+MIPSEND: 1,1,2000") + OK
    tape.load(script[:-1] + [("<", refused + line(b"+MIPXOFF: 1")), ("~", 9000), ("<", line(b"+MIPXON: 1"))] + script)
    assert socket.send(b"again") == 5
    for _ in range(40):
        modem.poll(500)
    assert socket.is_sent() and not socket.has_lost()
    tape.done()


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_a_known_loss_is_told_at_once(dialect):
    """The module is being asked whether the context is there, and says by itself that it is not."""
    modem, tape, clock, says = attached(dialect)
    asked = []
    tape.auto = lambda command: asked.append(command) or b""
    modem._session.suspect()
    settle(modem, tape)
    tape.input.append([0, "!", says.lost])
    settle(modem, tape)
    assert len(asked) == 1 and not modem._session.check.done
    began = clock.now
    socket = modem.socket()
    socket.settimeout(20)
    assert errno_of(socket.connect, (PEER, PORT)) == ENETDOWN
    assert clock.now - began < 100, clock.now - began


@cases("dialect", FIBOCOM)
def test_why_data_mode_does_not_go_on(dialect):
    """The connection has failed, or its peer has ended it, in data mode or while the port was in command mode."""
    for state, errno in ((DEAD, ECONNRESET), (GONE, ENOTCONN)):
        with Case(errno):
            socket, modem, tape, clock = online(dialect)
            link = socket._link
            for escapes in (False, True):
                link.state = OPEN
                if escapes:
                    tape.load(ESCAPE)
                    socket.escape()
                    tape.auto = lambda command: OK
                if state == DEAD:
                    link.fail(errno, 0)
                link.state = state
                assert errno_of(socket.resume) == errno
            assert errno_of(socket.escape) == errno


FOUND = {
    "bg96": OK + line(b'+QIURC: "dnsgip",0,1,600') + line(b'+QIURC: "dnsgip","192.0.2.9"'),
    "a7600": line(b'+CDNSGIP: 1,"name.example","192.0.2.9"') + OK,
    "sim7028": line(b'+CDNSGIP: 1,"name.example","192.0.2.9"') + OK,
    "nl668": line(b'+MIPDNS: "name.example",192.0.2.9') + OK,
    "l610": line(b'+MIPDNS: "name.example",192.0.2.9') + OK,
}


@cases("dialect", DIALECTS)
def test_a_name_that_is_found_is_waited_for_no_longer(dialect):
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: FOUND[dialect] if b"name.example" in command else OK
    began = clock.now
    assert modem.resolve("name.example") == ["192.0.2.9"]
    assert clock.now - began < 100, clock.now - began


@cases("dialect", DIALECTS)
def test_the_end_of_the_stream_before_all_has_come(dialect):
    """readexactly() of asyncio says so; on CPython it tells what has come."""
    modem, tape, clock, says = attached(dialect, "push")
    tape.auto = answers(says)
    clock.hurry = 1

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        tape.input.append([0, "!", says.push("push", says.first, b"abc") + says.closed(says.first)])
        try:
            await reader.readexactly(5)
        except EOFError as error:
            return getattr(error, "partial", b"abc")

    assert asyncio.run(main()) == b"abc"


@cases("dialect", DIALECTS)
def test_close_tells_what_was_lost_before_the_network(dialect):
    """Also when it does not wait: nothing is to be sent, so it is over at once."""
    socket, modem, tape, clock, says = connected(dialect, timeout=0)
    tape.auto = lambda command: SYNC[1][1] if command == b"AT+CSQ" else ERROR
    assert socket.write(b"hello") == 5
    while not socket.is_sent():
        modem.poll(500)
    tape.input.append([0, "!", says.lost])
    settle(modem, tape)
    assert errno_of(socket.close) in (ECONNRESET, ENETDOWN)


@cases("dialect", DIALECTS)
def test_connect_while_it_connects(dialect):
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: b""
    socket = modem.socket()
    socket.setblocking(False)
    for errno in (EINPROGRESS, EALREADY):
        assert errno_of(socket.connect, (PEER, PORT)) == errno


class Silent:
    """A stream that cannot be polled and has nothing."""

    def any(self):
        return 0

    readinto = write = any


def test_a_port_that_cannot_be_polled_sleeps():
    port = Port(Silent())
    began = port.ticks_ms()
    port.wait(20, False)
    assert port.ticks_ms() - began >= 15


def test_commas_that_part_nothing():
    """Within quotes and parentheses."""
    assert split_fields(b'1,(2,3),"a,b",4') == [b"1", b"(2,3)", b'"a,b"', b"4"]
    assert split_fields(b"") == []


def test_the_name_in_the_certificate():
    """That of server_hostname, else the host's."""
    names = []

    async def start_tls(self, ssl, server_side, hostname):
        names.append(hostname)

    modem, tape, clock, says = attached("bg96")
    tape.auto = answers(says)
    clock.hurry = 1
    before = Stream.start_tls
    Stream.start_tls = start_tls
    try:
        for name in ("name.example", None):
            asyncio.run(modem.open_connection(PEER, PORT, True, name))
    finally:
        Stream.start_tls = before
    assert names == ["name.example", PEER]
