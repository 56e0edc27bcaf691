"""A line that loses or adds bytes where nothing can be read again: in a counted payload, behind an escape, in a send.

The bytes that came cannot be told from right ones; what stands behind them can, and then the socket fails.
"""

import atsock
from cases import cases
from fakes import CUTS, Case, errno_of
from frames import DIALECTS, ERROR, OK, SYNC, digits, line
from ownline import FIBOCOM, SIMCOM, on_line, works
from scenes import attached, connect, connected, recv_exactly, settle

ECONNRESET = 104
ETIMEDOUT = 110
COUNTED = [(dialect, access) for dialect in DIALECTS for access in ("buffer", "push")]
PAYLOAD = b"0123456789" * 30
STORM = b"".join([line(text) for text in (b"RING", b"+CREG: 1", b'+CMTI: "SM",3', b"+CEREG: 1")] * 10)


def damaged(says, access, payload):
    """A script in which PAYLOAD is announced and something else comes."""
    link = says.first
    if access == "push":
        return [("!", says.push(access, link, PAYLOAD).replace(PAYLOAD, payload) + line(b"+CREG: 1"))]
    answer = says.answer(access, link, PAYLOAD, 0).replace(PAYLOAD, payload)
    return [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", answer)]


def read_to_the_error(socket):
    """(what came, errno)."""
    data = b""
    while len(data) < 10000:
        try:
            got = socket.recv(100)
        except OSError as error:
            return data, error.args[0]
        assert got, "the stream ends as if nothing had happened"
        data += got
    raise AssertionError("no end of data")


@cases(("dialect", "access"), COUNTED)
def test_a_byte_is_missing(dialect, access):
    for cut in CUTS:
        for at in (0, 150, len(PAYLOAD) - 1):
            with Case(cut, at):
                socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=20)
                tape.load(damaged(says, access, PAYLOAD[:at] + PAYLOAD[at + 1 :]))
                start = clock.now
                data, errno = read_to_the_error(socket)
                assert errno == ECONNRESET
                assert data[:at] == PAYLOAD[:at]
                assert clock.now - start < 1000
                assert errno_of(socket.send, b"x") == ECONNRESET


@cases(("dialect", "access"), COUNTED)
def test_bytes_too_many(dialect, access):
    for cut in CUTS:
        for junk in (b"nothing", b"+4", b"A7", b">x", b"\rx"):
            if cut and junk != b"nothing":
                continue  # its first byte alone is nothing odd
            with Case(cut, junk):
                events = []
                socket, modem, tape, clock, says = connected(
                    dialect, access, cut=cut, timeout=20, on_event=lambda *event: events.append(event)
                )
                tape.load(damaged(says, access, PAYLOAD + junk))
                assert read_to_the_error(socket)[1] == ECONNRESET
                settle(modem, tape)
                assert [event[1] for event in events if event[0] == atsock.EVENT_OVERFLOW] == [socket]


@cases("dialect", DIALECTS)
def test_digits_that_are_missing(dialect):
    """In hexadecimal: two digits less than the header says; one less; a byte among them that is none."""
    text = digits(PAYLOAD)
    wrong = [text[:200] + b"?" + text[201:], text[:201] + b"\xff" + text[202:], text[:-1] + b" ", text[:-1]]
    if dialect not in FIBOCOM:  # whose header does not count them
        wrong += [text[:200] + text[202:], text[:-2], text + b"3030"]
    for damage in wrong:
        for cut in CUTS:
            with Case(damage[180:220], cut):
                socket, modem, tape, clock, says = connected(dialect, "hex", cut=cut, timeout=20)
                link = says.first
                if dialect in FIBOCOM:
                    tape.load([("!", says.push("hex", link, PAYLOAD).replace(text, damage) + line(b"+CREG: 1"))])
                else:
                    answer = says.answer("hex", link, PAYLOAD, 0).replace(text, damage)
                    ask = says.ask("hex", link, says.most["hex"])
                    tape.load([("!", says.notice("hex", link)), (">", ask), ("<", answer)])
                data, errno = read_to_the_error(socket)
                assert errno == ECONNRESET and data[:100] == PAYLOAD[:100]


def pushing_and_sending(dialect):
    """(modem, tape, a connection, another one, what is pushed on the first, the script of a send on the other)"""
    modem, tape, clock, says = attached(dialect, "push")
    broken = connect(modem, tape, says, 30)
    socket = connect(modem, tape, says, 30)
    pushed = says.push("push", broken._link.id, PAYLOAD)
    return modem, tape, broken, socket, pushed, says.send("push", socket._link.id, PAYLOAD)


@cases("dialect", DIALECTS)
def test_a_prompt_behind_a_push_that_broke_off(dialect):
    """It is still waited for: the payload of the other connection goes out."""
    modem, tape, broken, socket, pushed, script = pushing_and_sending(dialect)
    tape.load(script[:1] + [("!", pushed[: len(pushed) - 100]), ("~", 5500)] + script[1:])
    assert socket.send(PAYLOAD) == len(PAYLOAD)
    tape.done()
    assert read_to_the_error(broken)[1] == ECONNRESET


@cases("dialect", FIBOCOM)
def test_a_prompt_inside_a_push_that_lost_bytes(dialect):
    """The module waits for the payload, 12 s at most: no query gets into that."""
    modem, tape, broken, socket, pushed, script = pushing_and_sending(dialect)
    nothing = line(b"+MIPPUSH: 2,2") + line(b"+MIPSEND: 2,0,2048") + OK
    tape.load(script[:1] + [("!", pushed[:-20] + script[1][1]), ("~", 12_000), ("!", OK + nothing)] + SYNC)
    assert errno_of(socket.send, PAYLOAD) in (ECONNRESET, ETIMEDOUT)
    settle(modem, tape)
    tape.done()


@cases("dialect", DIALECTS)
def test_what_may_stand_behind_a_push(dialect):
    """A line, the echo of a command that went out meanwhile, an answer."""
    for echo in (b"", b"AT+CSQ\r", b"at+csq\r"):
        for cut in CUTS:
            with Case(echo, cut):
                socket, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20)
                pushed = says.push("push", says.first, PAYLOAD)
                tape.load([("!", pushed + echo), SYNC[0], SYNC[1]])
                assert modem.signal()[0] == -73
                assert socket.recv(len(PAYLOAD)) == PAYLOAD
                tape.done()


@cases("dialect", SIMCOM)
def test_pushes_with_nothing_between(dialect):
    """The address line follows the payload at once (A7600 2.5 prints no CR LF before it)."""
    for cut in CUTS:
        with Case(cut):
            socket, modem, tape, clock, says = connected(dialect, "push", cut=cut, timeout=20)
            push = says.push("push", says.first, PAYLOAD)
            for more in (push[2:], b"+" + push[2:]):
                tape.load([("!", push)])
                assert recv_exactly(socket, len(PAYLOAD)) == PAYLOAD
                tape.load([("!", more)])
                assert recv_exactly(socket, len(PAYLOAD)) == PAYLOAD
                tape.load([("!", push + more)])
                assert recv_exactly(socket, 2 * len(PAYLOAD)) == PAYLOAD + PAYLOAD


@cases("access", ("buffer", "push"))
@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_restart_soon_after_a_payload_broke_off(dialect, access):
    """Nobody looks between the last byte and the boot words but at the moment that the driver has chosen."""
    boot = line(b"RDY") if dialect == "bg96" else line(b"*ATREADY: 1")
    for ms in (1100, 1500, 2000, 2001, 2999):
        with Case(ms):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
            script = damaged(says, access, PAYLOAD)
            kind, data = script[-1]
            script[-1] = (kind, data[: data.index(PAYLOAD) + 100])
            tape.load(script + [("~", ms), ("!", boot)])
            data, errno = read_to_the_error(socket)
            assert (data, errno) == (PAYLOAD[:100], ECONNRESET)


@cases("dialect", DIALECTS)
def test_pause_in_a_push_that_finds_no_room(dialect):
    """The program is told which of its sockets has lost bytes."""
    events = []
    modem, tape, clock, says = attached(dialect, "push", on_event=lambda *event: events.append(event))
    socket = connect(modem, tape, says, 20, 512)
    data = says.push("push", says.first, PAYLOAD * 5)
    middle = data.index(PAYLOAD) + 300
    tape.load([("!", data[:middle]), ("~", 1500), ("!", data[middle:]), SYNC[0], SYNC[1]])
    modem.poll(1)
    modem.poll(1400)
    assert modem.signal()[0] == -73
    modem.poll()
    assert [event[1] for event in events if event[0] == atsock.EVENT_OVERFLOW] == [socket]


@cases("dialect", FIBOCOM)
def test_payload_that_time_has_ended(dialect):
    """A byte of it got lost, the module waited 12 s for it, sent the rest and says that all is well."""
    for ms, fails in ((900, False), (5000, False), (12000, True)):
        with Case(ms):
            socket, modem, tape, clock, says = connected(dialect, timeout=20)
            script = says.send("buffer", says.first, PAYLOAD)
            tape.load(script[:3] + [("~", ms)] + script[3:] + ([] if fails else script))
            if fails:
                assert errno_of(socket.send, PAYLOAD) == ECONNRESET
            else:
                assert socket.send(PAYLOAD) == len(PAYLOAD)
                assert socket.send(PAYLOAD) == len(PAYLOAD)
            tape.done()


@cases("dialect", FIBOCOM)
def test_stray_ok_long_before_the_prompt(dialect):
    """It is not the first of the two behind a payload: nothing of that has been sent, so nothing has got lost."""
    socket, modem, tape, clock, says = connected(dialect, timeout=20)
    script = says.send("buffer", says.first, PAYLOAD)
    tape.load(script[:1] + [("~", 9000), ("!", OK)] + script[1:] + script)
    assert socket.send(PAYLOAD) == len(PAYLOAD)
    assert socket.send(PAYLOAD) == len(PAYLOAD)
    settle(modem, tape)
    tape.done()


@cases("dialect", DIALECTS)
def test_many_lines_behind_the_ok_of_an_escape(dialect):
    """What the module has held back while data mode lasted: it is no data, however much it is."""
    for times in (1, 2):
        with Case(times):
            socket, modem, module = on_line(dialect)
            module.ok = OK + STORM * times
            socket.escape()
            assert modem.signal()[0] is not None
            socket.resume()
            works(socket, module)


@cases("dialect", SIMCOM)
def test_restart_whose_words_stand_around_the_echo(dialect):
    """The echo is on again: +++ comes back, and the words of the start go on behind it."""
    socket, modem, module = on_line(dialect)
    module.say(b"data")
    module.echo = True
    module.end(line(b"*ATREADY: 1") + line(b"+CPIN: READY"), 500)
    for ms, text in ((2200, b"SMS DONE"), (2400, b"PB DONE")):
        module.say(line(text), ms)
    data, errno = read_to_the_error(socket)
    assert data == b"data"
    assert errno == ECONNRESET
    socket.close()


def test_a_refusal_is_no_payload():
    """The damaged answer of one read does not change how the next command is understood."""
    socket, modem, tape, clock, says = connected("bg96", "buffer", timeout=20)
    tape.load(damaged(says, "buffer", PAYLOAD[1:]) + [(">", b"AT+X\r"), ("<", ERROR)] + SYNC)
    assert read_to_the_error(socket)[1] == ECONNRESET
    assert isinstance(command_error(modem), atsock.CommandError)
    tape.done()


def command_error(modem):
    try:
        modem.command("AT+X")
    except OSError as error:
        return error
    return None
