"""The ways into data mode and out of it when something goes wrong: escape, resume, close and connect.

Each cell is a dialect, a step and a fault.  Whatever happens: no call waits for ever, nothing is lost in silence, no
word of the module is data, no byte of the program is a command, and nothing of the driver's goes to the peer.
"""

import atsock
from atsock.registration import escape_blindly
from atsock.core.datafilter import RING_MAX
from atsock.core.link import Link
from atsock.sockets.transparent import _make_room
from cases import cases
from fakes import Case, errno_of, new_modem, raises
from frames import DIALECTS, OK, PEER, PORT, line, speech
from ownline import FIBOCOM, GONE, Line, on_line, works
from scenes import attached
from test_data_mode_faults import boots, losses
from test_transparent import ENDS, ONLINE

ECONNRESET = 104


# -- escape


OKS = (
    b"\r\nK\r\n",
    b"\r\nO\r\n",
    b"OK\r\n",
    b"\nOK\r\n",
    b"\r\nOK",
    b"\r\nOK\r",
    b"",
)


@cases("dialect", DIALECTS)
def test_bytes_of_the_ok_get_lost(dialect):
    for ok in OKS:
        with Case(ok):
            socket, modem, module = on_line(dialect)
            module.ok = ok
            module.say(b"data\r\n")
            socket.escape()
            assert modem.signal()[0] is not None
            socket.resume()
            module.ok = OK
            assert socket.read(6) == b"data\r\n"
            works(socket, module)


@cases("dialect", DIALECTS)
def test_slow_ok(dialect):
    for ms in (10, 500, 2500, 4000):
        with Case(ms):
            socket, modem, module = on_line(dialect)
            module.ok_ms = ms
            socket.escape()
            assert modem.signal()[0] is not None
            socket.resume()
            works(socket, module)


@cases("dialect", DIALECTS)
def test_slow_ok_where_a_peer_says_the_words(dialect):
    for ms in (10, 400, 1200):
        with Case(ms):
            socket, modem, module = on_line(dialect)
            module.ok_ms = ms
            module.say(ENDS[dialect])
            assert socket.read(len(ENDS[dialect])) == ENDS[dialect]
            works(socket, module)
            assert module.peer == b"ping"


@cases("dialect", DIALECTS)
def test_notice_behind_the_ok(dialect):
    """What waits comes in the same breath as OK, and is a line."""
    notice = {"bg96": line(b'+QIURC: "recv",0'), "l610": line(b"+MIPDATA: 1,5")}.get(dialect, line(b"+CEREG: 1"))
    socket, modem, module = on_line(dialect)
    module.ok = OK + notice
    socket.escape()
    assert modem.signal()[0] is not None
    socket.resume()
    works(socket, module)


@cases("dialect", DIALECTS)
def test_long_line_behind_the_ok(dialect):
    """Only its beginning is kept, as of any line."""
    for n in (300, 320, 321, 1500):
        with Case(n):
            socket, modem, module = on_line(dialect)
            module.ok = OK + line(b"+CUSD: " + b"x" * (n - 7)) + line(b"+CEREG: 1")
            socket.escape()
            assert modem.signal()[0] is not None
            socket.resume()
            works(socket, module)


@cases("dialect", DIALECTS)
def test_something_unknown_behind_the_ok(dialect):
    """A line that nobody knows, or noise, a moment behind OK: neither that nor the OK is data."""
    for behind in (line(b"^MODE: 5,4"), b"\r\n", b"\xff", b"\0\x80\r", b"a" * 700):
        with Case(behind):
            socket, modem, module = on_line(dialect)
            module.say(b"data\r\n", 1900)
            module.behind = behind
            socket.escape()
            assert modem.signal()[0] is not None
            socket.resume()
            assert socket.read(6) == b"data\r\n"
            works(socket, module)


@cases("dialect", DIALECTS)
def test_loss_behind_the_ok(dialect):
    """The network goes away as data mode is left."""
    socket, modem, module = on_line(dialect)
    module.ok = OK + losses(dialect)
    assert errno_of(socket.escape) == 100
    assert not modem.isconnected()


@cases("dialect", DIALECTS)
def test_end_in_command_mode(dialect):
    """Where the module cannot be asked for what came there the end is a failure: nothing is lost in silence."""
    closed = {"bg96": b'+QIURC: "closed",0'}.get(dialect, b"+MIPSTAT: 1,1" if dialect in FIBOCOM else b"+IPCLOSE: 0,1")
    for when in ("behind the OK", "at the question", "escaped"):
        for asked in (True, False):
            with Case(when, asked):
                socket, modem, module = on_line(dialect)
                if when == "behind the OK":
                    module.ok = OK + line(closed)
                elif when == "at the question":
                    answer = module.answer
                    module.answer = lambda text: answer(text) + (line(closed) if text == b"AT+CSQ" else b"")
                if asked:
                    try:
                        socket.escape()
                    except OSError as error:
                        assert error.args[0] in GONE
                    words = b""
                else:  # by the driver itself, because of what a peer says
                    if when == "escaped":
                        continue
                    words = ENDS[dialect]
                    module.say(words)
                module.connected = False
                if when == "escaped":
                    module.say(line(closed))
                    modem.poll(100)
                got = b""
                while len(got) < len(words):
                    got += socket.recv(100)
                assert got == words
                if dialect == "bg96":
                    assert socket.recv(100) == b""
                else:
                    assert errno_of(socket.recv, 100) in GONE


@cases("dialect", DIALECTS)
def test_line_before_an_ok_that_is_not_whole(dialect):
    socket, modem, module = on_line(dialect)
    module.ok = b"OK\r\n"
    module.say(b"a line\r\n", 1700)
    module.clock.pass_ms(30)
    socket.escape()
    socket.resume()
    assert socket.read(8) == b"a line\r\n"
    works(socket, module)


@cases("dialect", DIALECTS)
def test_plus_plus_plus_right_behind_resume(dialect):
    """The module has heard nothing since ATO: a payload of +++ would be the escape."""
    socket, modem, module = on_line(dialect)
    socket.escape()
    module.resume_ms = 1500
    socket.resume()
    assert socket.send(b"+++") == 3
    module.clock.pass_ms(5000)
    modem.poll(10)
    assert module.data_mode
    works(socket, module)


@cases("dialect", DIALECTS)
def test_slow_port(dialect):
    """The silence before +++ begins when the last byte has left, not when the port has taken it."""
    socket, modem, module = on_line(dialect)
    modem._engine.port.baudrate = 9600
    module.clock.pass_ms(5000)
    for n in (960, 480):
        assert socket.send(b"x" * n) == n
    began = module.clock.now
    socket.escape()
    assert module.clock.now - began >= 1500 + 1000 + 1000
    assert module.clock.now - began < 4000


@cases("dialect", DIALECTS)
def test_a_plus_gets_lost(dialect):
    """Two + are payload to the module; the second escape is whole."""
    socket, modem, module = on_line(dialect)
    module.lose = 1
    socket.escape()
    assert module.peer == b"++"
    assert not [text for text in module.commands if text != b"AT+CSQ"]
    socket.resume()
    works(socket, module)


@cases("dialect", DIALECTS)
def test_restart_during_the_escape(dialect):
    socket, modem, module = on_line(dialect)
    module.say(b"data")

    def answer():
        module.end(line(b"RDY"))
        return b""

    tick = module._tick

    def ticked():
        if module.escape_at and module.clock.now >= module.escape_at - 200:
            module.escape_at = 0
            answer()
        tick()

    module._tick = ticked
    assert errno_of(socket.escape) == ECONNRESET
    assert socket.read(4) == b"data"
    raises(atsock.Restarted, socket.recv, 1)
    socket.close()


@cases("dialect", DIALECTS)
def test_silence(dialect):
    """A module that hears nothing any more: Timeout, in time; nothing is sent until an escape has found out."""
    socket, modem, module = on_line(dialect)
    module.alive = False
    before = module.clock.now
    raises(atsock.Timeout, socket.escape)
    assert module.clock.now - before < 20_000
    module.alive = True
    module.say(b"still here")
    assert socket.read(10) == b"still here"
    wrote_at = module.wrote_at
    socket.settimeout(10)
    raises(atsock.Timeout, socket.recv, 1)
    assert module.wrote_at == wrote_at
    socket.settimeout(60)
    socket.escape()
    socket.resume()
    works(socket, module)


@cases("dialect", DIALECTS)
def test_silence_and_send(dialect):
    """Bytes of the program do not follow an escape that nobody has answered."""
    socket, modem, module = on_line(dialect)
    module.ok = b""
    module.alive = False
    raises(atsock.Timeout, socket.escape)
    module.alive = True
    module.data_mode = False  # it had heard the +++
    module.typed = b""
    assert socket.send(b"AT+CFUN=0\r") == 10
    assert module.peer == b"AT+CFUN=0\r"
    assert b"AT+CFUN=0" not in module.commands


@cases("dialect", DIALECTS)
def test_interrupted_escape(dialect):
    """Ctrl-C at any moment of it: data go on afterwards, as if there had been none."""
    for at in (1, 5, 40, 60, 80, 95, 100, 104, 106, 107, 108, 109, 110):
        for what in ("send", "receive", "escape", "poll"):
            with Case(at, what):
                socket, modem, module = on_line(dialect)
                socket.send(b"x")
                module.interrupt = module.waits + at
                try:
                    socket.escape()
                except KeyboardInterrupt:
                    pass
                module.interrupt = 0
                if what == "escape":
                    socket.escape()
                    assert modem.signal()[0] is not None
                elif what == "poll":
                    modem.poll(3000)
                    modem.poll(3000)
                elif what == "send" and not socket.is_escaped():
                    assert socket.send(b"more") == 4
                    assert module.peer == b"xmore", module.peer
                elif not socket.is_escaped():
                    module.say(b"data", 10_000)
                    assert socket.read(4) == b"data"
                if socket.is_escaped():
                    socket.resume()
                works(socket, module)
                assert module.commands.count(b"AT+CSQ") <= 3


@cases("dialect", DIALECTS)
def test_uart_that_takes_nothing(dialect):
    socket, modem, module = on_line(dialect)
    module.takes = False
    before = module.clock.now
    raises(atsock.Timeout, socket.escape)
    assert module.clock.now - before < 6000
    module.takes = True
    works(socket, module)
    socket.escape()
    socket.resume()
    works(socket, module)


# -- resume


@cases("dialect", DIALECTS)
def test_late_answer_to_resume(dialect):
    """Nothing is sent before the way back is known: a module that is not there yet loses it."""
    for ms in (10, 300, 1500):
        for echo in (False, True):
            with Case(ms, echo):
                socket, modem, module = on_line(dialect)
                socket.escape()
                module.echo = echo
                module.resume_ms = ms
                socket.resume()
                assert socket.send(b"+++first") == 8
                assert module.peer == b"+++first", module.peer
                module.echo = False
                works(socket, module)


@cases("dialect", FIBOCOM)
def test_echo_of_resume(dialect):
    """Echo that stayed on is not data."""
    for resumed in (b"", line(b"CONNECT"), OK, line(b"+MIPODM: 1,1")):
        with Case(resumed):
            socket, modem, module = on_line(dialect)
            socket.escape()
            module.echo = True
            module.resumed = resumed
            socket.resume()
            module.echo = False
            module.say(b"AT is how this begins")
            assert socket.read(21) == b"AT is how this begins"
            works(socket, module)


@cases("dialect", DIALECTS)
def test_echo_is_switched_off_before_data_mode(dialect):
    """A module that has restarted in the middle of attach() without a word echoes again: what the program sends would
    come back as data when the connection ends."""
    modem, tape, clock, says = attached(dialect, "transparent")
    tape.auto = lambda command: command + b"\r" + line(b"+CSQ: 20,99") + OK
    modem.command("AT+CSQ")
    socket, commands = modem.socket(), []
    opening = [data for kind, data in ONLINE[dialect] if kind == ">"][-1][:10]

    def answer(command):
        commands.append(command)
        if command == b"ATE0":
            return command + b"\r" + OK
        if command.startswith(opening):
            return line(b"CONNECT") if dialect not in FIBOCOM else OK + line(b"+MIPODM: 1,1")
        return OK + line(command[2:] + b": 0")

    tape.auto = answer
    socket.connect((PEER, PORT))
    assert commands[-2] == b"ATE0" and commands[-1].startswith(opening), commands


class Opening(Line):
    """It is in command mode, and echoes from the command on that opens the connection."""

    def __init__(self, dialect, modem, clock):
        super().__init__(dialect, modem, clock)
        self.data_mode = self.connected = False
        script = [data for kind, data in ONLINE[dialect]]
        self.answers = {script[i][:10]: script[i + 1] for i in range(0, len(script), 2)}
        self.opens = script[-2][:10]

    def _type(self, data):
        self.echo = self.echo or self.opens in data
        super()._type(data)

    def answer(self, text):
        if text == b"ATE0":
            self.echo = False
        if text.startswith(self.opens):
            self.data_mode = self.connected = True
        return self.answers.get((text + b"\r")[:10]) or super().answer(text)


@cases("dialect", DIALECTS)
def test_echo_that_first_shows_in_the_open_is_switched_off(dialect):
    """Nothing told before that the module echoes; what it would echo behind the connection's end is no data."""
    modem, tape, clock, says = attached(dialect, "transparent")
    module = Opening(dialect, modem, clock)
    socket = modem.socket()
    socket.settimeout(60)
    socket.connect((PEER, PORT))
    assert module.commands.count(b"ATE0") == 1 and not module.echo and module.data_mode, module.commands
    works(socket, module)
    module.echo_ms = 20
    module.end(ENDS[dialect], 5)
    assert socket.send(b"typed into command mode") == 23
    assert socket.read() == b""


@cases("dialect", DIALECTS)
def test_echo_is_switched_off_before_data_goes_on(dialect):
    socket, modem, module = on_line(dialect)
    socket.escape()
    module.echo = True
    modem.command("AT")
    del module.commands[:]
    socket.resume()
    assert b"ATE0" in module.commands[:-1], module.commands
    module.echo = False
    works(socket, module)


@cases("dialect", FIBOCOM)
def test_data_like_the_echo(dialect):
    for data in (b"AT", b"ATO", b"ATx", b"ATO\n"):
        with Case(data):
            socket, modem, module = on_line(dialect)
            socket.escape()
            module.resumed = data
            socket.resume()
            module.say(b".")
            assert socket.read(len(data) + 1) == data + b"."
            works(socket, module)


@cases("dialect", DIALECTS)
def test_resume_is_refused(dialect):
    """The connection ended meanwhile: an error, and the socket is dead."""
    socket, modem, module = on_line(dialect)
    socket.escape()
    module.connected = False
    try:
        socket.resume()
        assert dialect in FIBOCOM
    except OSError:
        pass
    assert errno_of(socket.send, b"AT+CFUN=0\r") in GONE
    assert b"AT+CFUN=0" not in module.commands
    socket.close()
    assert modem.signal()[0] is not None


# -- close


@cases("dialect", DIALECTS)
def test_close_that_fails_gives_its_id_back(dialect):
    socket, modem, module = on_line(dialect)
    module.alive = False
    before = module.clock.now
    raises(atsock.Timeout, socket.close)
    assert module.clock.now - before < 25_000
    assert not [link for link in modem._engine.links.values() if link.socket is not None]
    assert not modem.isconnected()
    assert modem._engine.state != 3


@cases("dialect", DIALECTS)
def test_close_while_the_words_are_unclear(dialect):
    for ended in (False, True):
        with Case(ended):
            socket, modem, module = on_line(dialect)
            if ended:
                module.end(ENDS[dialect])
            else:
                module.say(ENDS[dialect])
            modem.poll(50)
            socket.settimeout(0)
            assert socket.recv_into is not None
            try:
                socket.recv(1)
            except OSError:
                pass
            socket.settimeout(60)
            socket.close()
            assert module.peer == b""
            assert modem.signal()[0] is not None


@cases("dialect", DIALECTS)
def test_an_end_that_is_told_in_the_next_connection(dialect):
    """The connection has ended without a word, close() has seen it; the word comes late and is not data."""
    for data in (b"", b"data"):
        for ended in (True, False):
            with Case(data, ended):
                socket, modem, module = on_line(dialect)
                if ended:
                    module.end(b"")
                socket.close()
                answer = module.answer
                module.answer = lambda text, module=module, answer=answer: _opens(module, text) or answer(text)
                socket = modem.socket()
                socket.settimeout(30)
                socket.connect((PEER, PORT))
                module.say(data + ENDS[dialect])
                got = b""
                wanted = data if ended else data + ENDS[dialect]
                while len(got) < len(wanted):
                    got += socket.recv(100)
                assert got == wanted
                works(socket, module)
                module.say(ENDS[dialect])  # a second time it is the peer's
                assert socket.read(len(ENDS[dialect])) == ENDS[dialect]


def _opens(module, text):
    if b"OPEN=" in text and b"PEER" not in text or b"+MIPODM=" in text:
        module.connected = module.data_mode = True
        return OK + line(b"+MIPODM: %s,1" % text[10:11]) if module.dialect in FIBOCOM else line(b"CONNECT")
    return b""


@cases("dialect", DIALECTS)
def test_close_tells_what_was_lost_with_the_connection(dialect):
    """The network has gone behind a send() that nothing has followed: close() raises if no error was told before."""
    for told in (False, True):
        for said in (losses(dialect),) + boots(dialect)[:2]:
            with Case(told, said):
                socket, modem, module = on_line(dialect)
                socket.send(b"data")
                module.end(said)
                if told:
                    assert errno_of(socket.recv, 10) in GONE + (100,)
                    socket.close()
                else:
                    assert errno_of(socket.close) in GONE + (100,)  # ENETDOWN
                    socket.close()


@cases("dialect", DIALECTS)
def test_close_of_a_lost_connection_that_has_sent_nothing(dialect):
    for said in (losses(dialect),) + boots(dialect)[:2]:
        socket, modem, module = on_line(dialect)
        module.end(said)
        socket.close()


@cases("dialect", DIALECTS)
def test_the_silence_before_an_escape_begins_with_data_mode(dialect):
    """However long the module has taken for the open: what came before that is no silence to it."""
    socket, modem, module = on_line(dialect)
    socket.close()
    began = []
    answer = module.answer

    def slow(text):
        told = _opens(module, text)
        if told:
            module.say(told, 5000)
            began.append(module.clock.now + 5000)
            return b""
        return answer(text)

    module.answer = slow
    socket = modem.socket()
    socket.settimeout(30)
    socket.connect((PEER, PORT))
    module.wrote_at = began[0]  # as a module does that counts from there
    socket.escape()
    assert module.peer == b""


# -- open


def _connect_fails(dialect, timeout, on_open):
    """connect() in data mode ends by its time, on_open(module, command) is what the module does; all is well behind it,
    and the peer has got nothing."""
    first, modem, module = on_line(dialect)
    first.close()
    answer = module.answer

    def answers(text):
        if b"OPEN=" in text and b"PEER" not in text or b"+MIPODM=" in text:
            on_open(module, text)
            return OK if dialect in FIBOCOM else b""
        return answer(text)

    module.answer = answers
    socket = modem.socket()
    socket.settimeout(timeout)
    raises(atsock.Timeout, socket.connect, (PEER, PORT))
    assert modem.signal()[0] == -73
    modem.poll(5000)
    assert module.peer == b""
    assert not module.data_mode and not module.connected, module.commands[-6:]
    assert modem.signal()[0] == -73


@cases("dialect", DIALECTS)
def test_connect_answers_too_late(dialect):
    """The program has given up: the connection that comes all the same is left and closed."""

    def slow(module, text):
        module.resume_ms = 8000
        module.resumed = line(b"+MIPODM: %s,1" % text[10:11] if dialect in FIBOCOM else b"CONNECT")
        module.connected = True
        module._resume()

    _connect_fails(dialect, 3, slow)


@cases("dialect", DIALECTS)
def test_the_line_that_begins_data_mode_is_lost(dialect):
    """What the driver asks then would reach the peer: +++ goes out first, and the connection is closed."""

    def silent(module, text):
        module.data_mode = module.connected = True

    _connect_fails(dialect, 200, silent)


@cases("state", (",", ",,1", ".1", ",q"))
@cases("dialect", FIBOCOM)
def test_the_line_that_begins_data_mode_is_damaged(dialect, state):
    """It does not tell the state any more: that is no refusal, the port may be in data mode."""

    def damaged(module, text):
        module.say(line(b"+MIPODM: " + text[10:11] + state.encode()), 50)
        module.data_mode = module.connected = True

    _connect_fails(dialect, 200, damaged)


@cases("dialect", [dialect for dialect in DIALECTS if dialect not in FIBOCOM])
def test_the_line_that_resumes_data_mode_is_lost(dialect):
    """(Fibocom's manuals tell of none.)"""
    socket, modem, module = on_line(dialect)
    socket.escape()
    module.resumed = b""
    raises(atsock.Timeout, socket.resume)
    assert modem.signal()[0] == -73
    socket.close()
    assert module.peer == b""
    assert not module.data_mode and not module.connected, module.commands[-6:]


# -- the clock


@cases("dialect", DIALECTS)
def test_quiet_for_longer_than_ticks_tell(dialect):
    """Times that are long past seem to lie ahead: they hold up nothing."""
    socket, modem, module = on_line(dialect)
    guard = socket._guard
    for ahead in (1_000_000, 1 << 27, (1 << 28) - 1):
        module.clock.pass_ms(5000)
        guard.idle_at = guard.wrote_at = module.clock.now + ahead
        assert guard.remaining_ms() <= 0
        guard.plus = -1
        assert guard.allowed(b"+++", 0, 3) == 2  # it came after a silence
        before = module.clock.now
        socket.escape()
        assert module.clock.now - before < 4000
        socket.resume()
        guard.idle_at = guard.wrote_at = module.clock.now + ahead
        guard.keep_time()
        assert 2000 < -guard.engine.until_ms(guard.idle_at) < 600_000  # may grow old, too
        guard.plus = -1
    works(socket, module)


def test_the_blind_escape_takes_no_longer_than_its_silences():
    """Of a module that nobody knows anything of; the port has taken +++ at once."""
    modem, tape, clock = new_modem("bg96", [(">", b"+++")])
    modem._session.run(escape_blindly(modem._engine), -1, "escape")
    assert clock.now < 2500, clock.now
    tape.done()


def test_room_for_what_the_module_buffered_has_a_limit():
    """Read out before data mode goes on: a ring that is full grows, the largest does not."""
    for size, grown in ((RING_MAX // 2, RING_MAX), (RING_MAX, RING_MAX)):
        link = Link(0)
        link.size = size
        link.make_ring()
        link.count = size
        _make_room(link)
        assert link.size == grown


# -- recover


@cases("dialect", DIALECTS)
def test_recover_leaves_data_mode(dialect):
    """The connection still has the line: its peer is not told AT."""
    socket, modem, module = on_line(dialect)
    attach = speech(dialect).attach()
    answer = module.answer
    module.answer = lambda text: answer(text) if b"CLOSE" in text else attach(text)
    assert modem.recover()[0] == "attach"
    assert module.peer == b""
    assert not module.data_mode and modem.isconnected()
    assert errno_of(socket.send, b"x") in GONE


# -- when it is not clear who has the line, and then nobody answers


def stop_when(modem, ready):
    """Ctrl-C in the first wait that finds it so."""
    port = modem._engine.port
    wait = port.wait

    def stop(ms, writing):
        if ready():
            port.wait = wait
            raise KeyboardInterrupt
        wait(ms, writing)

    port.wait = stop


def interrupted(dialect):
    """As on_line(), behind an escape() that was interrupted while it waited for its OK."""
    socket, modem, module = on_line(dialect, 90)
    stop_when(modem, lambda: module.escape_at)
    raises(KeyboardInterrupt, socket.escape)
    return socket, modem, module


@cases("dialect", DIALECTS)
def test_interrupted_and_deaf(dialect):
    """Nobody can say whether the connection stands: it is lost, and so is the module, until it is attached again."""
    socket, modem, module = interrupted(dialect)
    module.alive = False
    assert errno_of(socket.recv, 10) in (ECONNRESET, 100)
    assert not modem.isconnected()
    assert modem._engine.state != 3, "in data mode"
    assert errno_of(socket.send, b"x") in (ECONNRESET, 100)


@cases("dialect", FIBOCOM)
def test_interrupted_and_the_way_back_is_refused(dialect):
    """The module answers, so it is there; the connection has no line any more."""
    socket, modem, module = interrupted(dialect)
    answer = module.answer
    module.answer = lambda text: line(b"ERROR") if text == b"AT" else answer(text)
    module.ok = OK
    assert errno_of(socket.recv, 10) == ECONNRESET
    assert modem.isconnected()
    assert modem._engine.state != 3, "in data mode"
    assert errno_of(socket.send, b"x") == ECONNRESET
    assert not socket.is_escaped() and socket._link.code == 0
    del module.commands[:]
    assert errno_of(socket.resume) == errno_of(socket.escape) == ECONNRESET
    assert not module.commands


@cases("dialect", DIALECTS)
def test_interrupted_while_the_module_is_asked(dialect):
    """The OK has come, and command mode is not certain yet: the next escape() makes sure of it."""
    socket, modem, module = on_line(dialect)
    answer = module.answer
    module.answer = lambda text: module.say(answer(text), 200)
    stop_when(modem, lambda: module.commands)
    raises(KeyboardInterrupt, socket.escape)
    module.answer = answer
    assert not socket.is_escaped()
    socket.escape()
    assert socket.is_escaped()
    assert module.peer == b""
    socket.resume()
    works(socket, module)


@cases("dialect", DIALECTS)
def test_interrupted_resume_that_has_led_there(dialect):
    """Nothing is typed into the connection by the next one."""
    for then in ("resume", "escape"):
        with Case(then):
            socket, modem, module = on_line(dialect)
            module.resume_ms = 500
            socket.escape()
            stop_when(modem, lambda module=module: hasattr(module, "resume_at"))
            raises(KeyboardInterrupt, socket.resume)
            for _ in range(5):
                module.clock.pass_ms(200)
                modem.poll()
            assert module.data_mode
            if then == "resume":
                socket.resume()
            else:
                module.wrote_at = module.clock.now  # for the module the silence begins with data mode
                socket.escape()
                assert socket.is_escaped()
                socket.resume()
            assert module.peer == b""
            works(socket, module)
