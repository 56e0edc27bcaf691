"""A send that is given up half way: the module gets the bytes that it waits for, and the connection is of no use.

Else what is written next, a command, would be payload to it.
"""

from cases import cases
from fakes import Case, errno_of, new_modem
from frames import DIALECTS, ERROR, OK, SYNC, digits, line
from scenes import attached, connect, connected, settle

ETIMEDOUT, ECONNRESET = 110, 104
PAYLOAD = b"0123456789"
PROMPTED = ("bg96", "a7600", "sim7028", "nl668", "l610")


def stops_after(tape, n):
    """The port takes n bytes more, and then nothing; what is returned lets it go on."""
    write = tape.write
    left = [n]

    def some(buf, start=0, n=-1):
        n = min(n if n >= 0 else len(buf) - start, left[0])
        if not n:
            return None
        left[0] -= n
        return write(buf, start, n)

    def go_on():
        tape.write = write

    tape.write = some
    return go_on


@cases("dialect", PROMPTED)
def test_port_that_stops_within_the_payload(dialect):
    """The call ends in its time; the rest goes out as soon as the port takes it, as it was when the call ended."""
    for taken, wait_ms in ((1, 0), (9, 0), (1, 10_000)):
        with Case(taken, wait_ms):
            socket, modem, tape, clock, says = connected(dialect, timeout=5)
            first, prompt, payload, result = says.send("buffer", says.first, PAYLOAD)
            tape.load([first, prompt, (">", PAYLOAD), result] + SYNC)
            go_on = stops_after(tape, len(first[1]) + taken)
            buf = bytearray(PAYLOAD)
            assert errno_of(socket.send, buf) == ETIMEDOUT
            assert clock.now == 5000
            buf[:] = b"?" * len(buf)
            while clock.now < 5000 + wait_ms:
                modem.poll(100)
            go_on()
            settle(modem, tape)
            assert errno_of(socket.send, PAYLOAD) == ECONNRESET
            for _ in range(20):
                modem.poll(500)
            assert tape.written >= len(first[1]) + len(PAYLOAD)


def test_port_that_stops_within_the_line():
    """The command's time passes: its line goes out whole once the port takes it, and its answer is no other one's."""
    stops_within_the_line([(">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)] + SYNC, 1500)


def test_port_that_stops_for_long_within_the_line():
    """What is left of it is not sent any more; the next command goes out when the module answers again."""
    stops_within_the_line([(">", b"AT+C")] + SYNC, 12_000)


def stops_within_the_line(script, go_on_at):
    """AT+CGMM goes out as the script says, another command behind it."""
    modem, tape, clock = new_modem("bg96", script + [(">", b"AT+CGSN\r"), ("<", line(b"86") + OK)])
    go_on = stops_after(tape, 4)
    assert errno_of(modem.command, "AT+CGMM", None, 1000) == ETIMEDOUT
    while clock.now < go_on_at:
        modem.poll(100)
    go_on()
    assert modem.command("AT+CGSN") == [b"86"]
    tape.done()


@cases("dialect", ("bg96", "nl668", "l610"))
def test_port_that_stops_within_the_digits(dialect):
    """A command line in hexadecimal ends where it is: the connection says so, and the next command need not wait."""
    socket, modem, tape, clock, says = connected(dialect, "hex", timeout=4)
    payload = PAYLOAD * 20
    command = says.send("hex", says.first, payload)[0][1]
    at = command.index(digits(PAYLOAD)) + 6
    tape.load([(">", command[:at])])
    go_on = stops_after(tape, at)
    buf = bytearray(payload)
    assert errno_of(socket.send, buf) == ETIMEDOUT
    assert errno_of(socket.recv, 10) == ECONNRESET
    assert clock.now == 4000
    buf[:] = b"?" * len(buf)
    go_on()
    seen = []

    def answers(text):
        seen.append(text)
        return ERROR if len(seen) == 1 else SYNC[1][1]

    tape.auto = answers
    assert modem.command("AT+CSQ", "+CSQ:", 3000) == [b"+CSQ: 20,99"]
    whole = command[at:-1]
    assert whole.startswith(seen[0]) and len(seen[0]) < len(whole) - 100
    assert seen[-1] == b"AT+CSQ" and all(not text.startswith(digits(PAYLOAD)) for text in seen[1:])


@cases("dialect", PROMPTED)
def test_recovery_while_the_module_waits_for_a_payload(dialect):
    """It gets its bytes before the first AT, and not one more."""
    for prompted in (False, True):
        with Case(prompted):
            modem, tape, clock, says = attached(dialect)
            socket = connect(modem, tape, says, 0)
            command, prompt = says.send("buffer", says.first, PAYLOAD)[:2]
            tape.load([command] + ([prompt] if prompted else []))
            go_on = stops_after(tape, len(command[1]))
            assert socket.send(PAYLOAD) == len(PAYLOAD)
            settle(modem, tape)
            assert tape.written == len(command[1])
            answer = says.attach()
            seen = []

            def answers(text):
                seen.append(text)
                return answer(text[text.index(b"AT") :])

            go_on()
            tape.auto = answers
            modem.recover()
            assert seen[0] == PAYLOAD + b"AT", seen[0]
            assert errno_of(socket.send, b"x") == ECONNRESET


@cases("dialect", PROMPTED)
def test_recovery_while_the_port_stops_within_the_payload(dialect):
    """The module gets the rest of its bytes before the first AT, when the port takes them again in time."""
    modem, tape, clock, says = attached(dialect)
    socket = connect(modem, tape, says, 0)
    command, prompt = says.send("buffer", says.first, PAYLOAD)[:2]
    tape.load([command, prompt, (">", PAYLOAD[:3])])
    stops_after(tape, len(command[1]) + 3)
    assert socket.send(PAYLOAD) == len(PAYLOAD)
    settle(modem, tape)
    tape.done()
    answer = says.attach()
    seen = []

    def answers(text):
        seen.append(text)
        return answer(text[text.index(b"AT") :])

    tape.auto = answers
    engine, write = modem._engine, type(tape).write
    tape.write = lambda buf, start=0, n=-1: None if engine.command is socket._link.tx else write(tape, buf, start, n)
    modem.recover()
    assert seen[0] == PAYLOAD[3:] + b"AT", seen[0]
    assert errno_of(socket.send, b"x") == ECONNRESET


@cases("dialect", DIALECTS)
def test_a_payload_that_ends_as_boot_words_begin(dialect):
    """It has paused before them, and they find no room until the program reads: nothing is lost."""
    for room in (0, 3):
        with Case(room):
            modem, tape, clock, says = attached(dialect, "push")
            socket = connect(modem, tape, says, 20, 512)
            payload = b"-" * (512 - room) + b"\r\nRDY"
            data = says.push("push", says.first, payload)
            middle = data.index(payload) + 512 - room
            tape.load([("!", data[:middle]), ("~", 1500), ("!", data[middle:] + line(b"+CREG: 1"))])
            for ms in (1, 1, 1400, 1000):
                settle(modem, tape)
                modem.poll(ms)
            got = b""
            while len(got) < len(payload):
                got += socket.recv(1000)
            assert got == payload


def test_half_a_line_is_forgotten():
    """Once it has been dispatched nothing of it is left to be done; and what it has changed meanwhile stands."""
    socket, modem, tape, clock, says = connected("bg96", "push", timeout=20)
    engine = modem._engine
    tape.load([("!", b"\r\n+CR"), (">", b"AT+CGMM\r"), ("!", b"EG: 1\r\n"), ("~", 100), ("<", line(b"BG96") + OK)])
    settle(modem, tape)
    assert modem.command("AT+CGMM") == [b"BG96"]
    assert engine.unfinished == 0
    # A length that cannot be: the engine waits for silence, and takes nothing of what comes for an answer.
    tape.load(
        [("!", b'\r\n+QIURC: "recv",0,9'), (">", b"AT+CGMM\r"), ("!", b"9999\r\n"), ("!", line(b"x") + OK)]
        + SYNC
        + SYNC
    )
    settle(modem, tape)
    assert errno_of(modem.command, "AT+CGMM") == ECONNRESET
    assert errno_of(socket.recv, 10) == ECONNRESET
    settle(modem, tape)
    assert modem.signal()[0] == -73


@cases("dialect", ("nl668", "l610"))
def test_a_byte_of_the_payload_may_have_got_lost(dialect):
    """Any command would take its place: none is sent before the module's own time for the payload is over (1.2.4).

    With the first OK the module has all of it.
    """
    for came, least, most in ((b"", 12_000, 70_000), (OK, 1000, 6000)):
        with Case(came):
            socket, modem, tape, clock, says = connected(dialect, timeout=1)
            seen = []
            tape.load(says.send("buffer", says.first, PAYLOAD)[:3] + [("<", came)])
            tape.after = lambda text, seen=seen, clock=clock: seen.append(clock.now) or SYNC[1][1]
            assert errno_of(socket.send, PAYLOAD) == ETIMEDOUT
            assert modem.command("AT+CSQ", "+CSQ:", 200_000) == [b"+CSQ: 20,99"]
            assert least <= seen[0] <= most, seen
