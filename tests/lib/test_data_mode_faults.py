"""Data mode when the stream says that it is over: by the module, or by a peer that speaks as the module does.

Each cell is a dialect, a step and a fault.  Whatever happens: no call waits for ever, nothing is lost in silence, no
word of the module is data, no byte of the program is a command, and nothing of the driver's goes to the peer.
"""

import atsock
from cases import cases
from fakes import Case, errno_of, raises
from frames import DIALECTS, ERROR, OK, line
from ownline import FIBOCOM, GONE, SIMCOM, on_line, works
from scenes import attached
from test_transparent import ENDS

ENETDOWN = 100
POLL, POLLIN, POLLOUT = 3, 1, 4  # of ioctl(): MicroPython's stream protocol


def losses(dialect):
    return {"bg96": line(b'+QIURC: "pdpdeact",1'), "nl668": line(b"+MIPCALL: 0"), "l610": line(b"+MIPCALL: 0")}.get(
        dialect, line(b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")
    )


BOOTS = (
    line(b"RDY"),
    line(b"POWERED DOWN"),
    line(b"RDY") + line(b"+CFUN: 1") + line(b"+CPIN: READY") + line(b"SMS DONE") + line(b"PB DONE"),
)


def boots(dialect):
    return BOOTS + (line(b"*ATREADY: 1") + line(b"+CPIN: READY"),) if dialect in SIMCOM else BOOTS


# -- a peer says the words


ANSWERS = {
    "silent": None,
    "OK": lambda data: OK,
    "CSQ": lambda data: line(b"+CSQ: 20,0") + OK,
    "echo": lambda data: data,
}


@cases("answer", ("silent", "OK", "CSQ", "echo"))
@cases("udp", (False, True), ids=("tcp", "udp"))
@cases("dialect", DIALECTS)
def test_peer_says_that_it_is_over(dialect, udp, answer):
    """What a peer says is data, whatever it is, and nothing of the driver's reaches it."""
    end = ENDS[dialect]
    for said in (end, losses(dialect), line(b"NO CARRIER"), line(b"ERROR"), end + OK) + boots(dialect):
        with Case(dialect, said):
            socket, modem, module = on_line(dialect, udp=udp)
            module.on_peer = ANSWERS[answer]
            module.say(b"data" + said)
            assert socket.read(4 + len(said)) == b"data" + said
            assert module.peer == b""
            assert modem.isconnected()
            module.on_peer = None
            works(socket, module)


@cases("dialect", DIALECTS)
def test_peer_says_so_to_a_sender(dialect):
    """A program that only sends goes on when it is clear whose the words were."""
    socket, modem, module = on_line(dialect)
    module.say(ENDS[dialect])
    modem.poll(10)
    assert socket.send(b"more") == 4
    assert module.peer == b"more"
    assert socket.read(len(ENDS[dialect])) == ENDS[dialect]
    works(socket, module)


@cases("dialect", DIALECTS)
def test_an_end_of_a_module_that_echoes_again(dialect):
    """It has restarted, echo was off: what it had for the program is lost, and words that name no connection are no
    clean end of the stream."""
    socket, modem, module = on_line(dialect)
    module.end(line(b"CLOSED") if dialect in SIMCOM else line(b"NO CARRIER"))
    module.echo = True
    assert errno_of(socket.recv, 10) in GONE


@cases("dialect", DIALECTS)
def test_an_end_of_a_module_whose_echo_is_on(dialect):
    """It does not obey ATE0: the end is as clean as without."""
    socket, modem, module = on_line(dialect)
    socket.escape()
    module.echo = True
    modem.command("ATE1")
    socket.resume()
    assert b"ATE0" in module.commands
    module.say(b"the last")
    module.end(ENDS[dialect])
    assert socket.read() == b"the last"
    assert socket.read() == b""
    socket.close()


@cases("dialect", FIBOCOM)
def test_the_answer_is_over_when_something_was_handed_out(dialect):
    """What looks like the line that led to data mode is data then."""
    socket, modem, module = on_line(dialect)
    module.say(b"\r\n")
    assert socket.recv(9) == b"\r\n"
    module.say(line(b"+MIPODM: 1,1"))
    assert socket.read(16) == line(b"+MIPODM: 1,1")


@cases("dialect", FIBOCOM)
def test_an_escape_that_a_restarted_module_echoes(dialect):
    """Nothing else tells of the restart: the echo of +++ is no data, and the connection is gone."""
    socket, modem, module = on_line(dialect)
    module.end(b"")
    module.echo = True
    try:
        socket.escape()
        socket.resume()
        got = socket.recv(10)
    except OSError as error:
        got = error.errno
    assert got in GONE


def waits_for_the_port(modem):
    """A list of what each wait is told: does it end when the port takes more?"""
    port = modem._engine.port
    wait = port.wait
    told = []

    def noted(ms, writing):
        told.append(writing)
        wait(ms, writing)

    port.wait = noted
    return told


@cases("dialect", DIALECTS)
def test_what_is_not_up_to_the_port_is_no_wait_for_it(dialect):
    """The port took nothing; what then holds up the sender, or somebody else, is waited for without looking at it all
    the time."""
    socket, modem, module = on_line(dialect)
    module.takes = False
    socket.settimeout(0)
    assert errno_of(socket.send, b"more") == 11
    module.takes = True
    module.say(ENDS[dialect])  # whose words are these?
    modem.poll(10)
    told = waits_for_the_port(modem)
    socket.settimeout(60)
    assert socket.send(b"more") == 4
    assert told and True not in told
    assert socket.read(len(ENDS[dialect])) == ENDS[dialect]
    module.takes = False
    socket.settimeout(1)
    raises(atsock.Timeout, socket.send, b"more")
    module.takes = True
    del told[:]
    raises(atsock.Timeout, socket.recv, 1)
    assert told and True not in told
    works(socket, module)


@cases("dialect", DIALECTS)
def test_the_end_of_a_line_holds_up_no_sender(dialect):
    """CR LF alone may be the begin of the module's words, but not all of them."""
    socket, modem, module = on_line(dialect)
    module.say(b"line\r\n")
    modem.poll(10)
    assert socket._link.data_filter.n == 2
    began = module.clock.now
    assert socket.send(b"answer") == 6
    assert module.clock.now == began and module.peer == b"answer"


@cases("dialect", DIALECTS)
def test_peer_says_so_and_goes_on(dialect):
    """More data while the silence before +++ lasts: it was payload, and no +++ is needed."""
    socket, modem, module = on_line(dialect)
    socket.send(b"x")
    module.say(ENDS[dialect])
    module.say(b"more", 600)
    began = module.clock.now
    assert socket.read(len(ENDS[dialect]) + 4) == ENDS[dialect] + b"more"
    assert module.clock.now - began < 800, "the whole silence is waited for"
    assert module.data_mode and module.peer == b"x"
    works(socket, module)
    assert not module.commands


@cases("dialect", DIALECTS)
def test_peer_answers_for_the_module(dialect):
    """OK of a peer behind +++: the module's own comes, too, and the peer's is data."""
    socket, modem, module = on_line(dialect)
    module.beside = OK
    socket.escape()
    assert modem.signal()[0] is not None
    socket.resume()
    assert socket.read(len(OK)) == OK
    works(socket, module)


# -- the module says the words


@cases("dialect", DIALECTS)
def test_module_says_that_it_is_over(dialect):
    for timeout in (None, 60, 0):
        for receives in (True, False):
            with Case(timeout, receives):
                socket, modem, module = on_line(dialect, timeout)
                module.end(b"bye" + ENDS[dialect])
                if receives:
                    got = b""
                    piece = None
                    while piece != b"":
                        piece = socket.read(100)
                        got += piece or b""
                        if not timeout:
                            module.clock.pass_ms(10)
                    assert got == b"bye"
                else:
                    modem.poll(100)
                    errno = 0
                    while not errno:
                        # What would be a command must not reach a module that is in command mode.
                        try:
                            socket.send(b"AT+CFUN=0\r")
                        except OSError as error:
                            errno = error.args[0] if error.args[0] != 11 else 0
                            module.clock.pass_ms(10)
                    assert errno in GONE, errno
                    assert b"AT+CFUN=0" not in module.commands
                    assert socket.read() == b"bye"
                socket.close()
                assert modem.isconnected()


# What a peer may say last that only looks like the module's, by what else the module says of other modes.
LAST_WORDS = (
    line(b"ERROR"), line(b"ERROR: no such user"), line(b"RING"), line(b"+CME ERROR: 3"),
    line(b"ERROR") + line(b"+CREG: 1"), line(b'+QIURC: "closed",0'),
    line(b'+QIURC:"incoming full"') + line(b"ERROR"), line(b"+MIPREAD: 1,5") + line(b"RING"),
)  # fmt: skip


@cases("dialect", DIALECTS)
def test_peer_says_last_what_the_module_may_say(dialect):
    """Right before the module's own words of the end: it says each of them once, and nothing before them."""
    end = ENDS[dialect]
    for words in LAST_WORDS + (end, end + line(b"ERROR"), end + OK, line(b"ERROR") + b"\r\n", end + end):
        for at_once in (True, False):
            with Case(words, at_once):
                socket, modem, module = on_line(dialect)
                if at_once:
                    module.end(b"bye" + words + end)
                else:
                    module.say(b"bye" + words)
                    module.end(end, 100)
                got = bytearray()
                while len(got) < 3 + len(words):
                    piece = socket.recv(100)
                    assert piece, bytes(got)
                    got += piece
                assert got == b"bye" + words and socket.recv(100) == b""
                assert modem.isconnected()


@cases("dialect", DIALECTS)
def test_long_line_behind_the_end(dialect):
    """The peer says the words and a long line, and the connection has ended: only the beginning of the line is kept."""
    socket, modem, module = on_line(dialect)
    module.say(ENDS[dialect])
    module.end(line(b"+" + b"x" * 1500), 10)
    assert socket.recv(100) == b""
    assert modem.signal()[0] is not None


@cases("dialect", DIALECTS)
def test_loss_or_restart_before_the_end(dialect):
    """Whose words these are is unclear, so the end is a failure: nothing is lost in silence, and none is data."""
    for words in (losses(dialect),) + boots(dialect):
        with Case(words):
            socket, modem, module = on_line(dialect)
            module.end(b"bye" + words + ENDS[dialect])
            assert socket.recv(100) == b"bye"
            assert errno_of(socket.recv, 100) in GONE + (ENETDOWN,)


@cases("dialect", DIALECTS)
def test_loss_that_is_told_twice(dialect):
    """Once in the data and once more behind the +++: the module's all the same."""
    socket, modem, module = on_line(dialect)
    module.end(b"bye" + ENDS[dialect] + losses(dialect) * 2)
    assert socket.recv(100) == b"bye"
    assert errno_of(socket.recv, 100) in GONE + (ENETDOWN,)
    assert not modem.isconnected()


@cases("dialect", DIALECTS)
def test_payload_that_ends_as_a_word_of_the_module_begins(dialect):
    """It is held back, and so is the module's own word behind it: that one only is dropped."""
    word = losses(dialect)[2:]
    for end in (b"\r", b"\r\n", b"\r\n" + word[:-6], b"\r\n" + word[:-2], b"\r\nN", b"\r\nNO\r\nNO"):
        for size in (1, 3, 100):
            with Case(end, size):
                socket, modem, module = on_line(dialect)
                said = b"bye" + end + ENDS[dialect]
                module.end(b"")
                for i in range(0, len(said), size):
                    module.say(said[i : i + size], i // size)
                assert socket.read() == b"bye" + end
                socket.close()
                assert modem.isconnected()


@cases("dialect", DIALECTS)
def test_module_answers_what_was_on_its_way(dialect):
    """What was sent before the end was known are lines to a module in command mode: its answers are no data."""
    refused = line(b"+CME ERROR: 100")
    empty = b"\r\n"
    for said in (refused * 15, refused + empty + refused, ERROR * 15, empty + ERROR, OK, ERROR + OK):
        for pause_ms in (0, 40):
            with Case(said, pause_ms):
                socket, modem, module = on_line(dialect)
                module.end(b"bye" + ENDS[dialect])
                for i in range(0, len(said), 19):
                    module.say(said[i : i + 19], i // 19 * pause_ms)
                assert socket.read() == b"bye"
                socket.close()
                assert modem.isconnected()


@cases("dialect", DIALECTS)
def test_restart(dialect):
    """Boot words: Restarted, told once, and nothing of them is data."""
    for said in boots(dialect):
        for echo in (False, True):
            with Case(said, echo):
                events = []
                socket, modem, module = on_line(
                    dialect,
                    attachment=attached(dialect, "transparent", on_event=lambda *event: events.append(event))[:3],
                )
                module.echo = echo
                module.end(b"data" + said)
                assert socket.read(4) == b"data"
                raises(atsock.Restarted, socket.recv, 10)
                raises(atsock.Restarted, socket.send, b"x")
                assert not modem.isconnected()
                modem.poll(50)
                assert [event for event, _, _ in events].count(atsock.EVENT_RESTARTED) == 1, events
                socket.close()


@cases("dialect", FIBOCOM)
def test_restart_that_only_the_sim_tells(dialect):
    """Some firmware has no other word: nothing of it is data, and the context is looked at."""
    for said in (line(b"+SIM READY"), line(b"+SIM READY") + line(b"+CREG: 1")):
        with Case(said):
            socket, modem, module = on_line(dialect)
            module.end(b"data" + said)
            module.states[b"AT+MIPCALL?"] = line(b"+MIPCALL: 0") + OK
            assert socket.read(4) == b"data"
            assert errno_of(socket.recv, 10) in GONE
            modem.poll(1000)
            assert not modem.isconnected()
    socket, modem, module = on_line(dialect)
    module.say(said)
    assert socket.read(len(said)) == said
    works(socket, module)


@cases("dialect", DIALECTS)
def test_restart_of_a_module_that_is_deaf_for_long(dialect):
    socket, modem, module = on_line(dialect, 90)
    module.end(line(b"RDY"))
    module.alive = False
    raises(atsock.Restarted, socket.recv, 10)
    assert not modem.isconnected()


@cases("dialect", DIALECTS)
def test_over_and_deaf(dialect):
    """The words, and nobody who could confirm them: no clean end, and attach() has to find out."""
    socket, modem, module = on_line(dialect, 90)
    module.end(b"data" + ENDS[dialect])
    module.alive = False
    assert socket.read(4) == b"data"
    assert errno_of(socket.recv, 10) == ENETDOWN
    assert not modem.isconnected()


@cases("dialect", DIALECTS)
def test_network_lost(dialect):
    for said in (losses(dialect), ENDS[dialect] + losses(dialect)):
        with Case(said):
            socket, modem, module = on_line(dialect)
            module.end(b"data" + said)
            assert socket.read(4) == b"data"
            assert errno_of(socket.recv, 10) == ENETDOWN
            assert not modem.isconnected()


@cases("dialect", DIALECTS)
def test_left_without_a_word(dialect):
    """The module is in command mode, and has said nothing: ERROR to the program's bytes shows it."""
    socket, modem, module = on_line(dialect)
    module.end(b"")
    socket.send(b"a line\r")
    module.say(ERROR)
    assert errno_of(socket.recv, 10) in GONE
    assert errno_of(socket.send, b"x") in GONE
    socket.close()
    assert modem.command("AT+CSQ")


@cases("dialect", DIALECTS)
def test_the_end_of_the_line_gets_lost(dialect):
    """The words are whole, and what ends their line has not come."""
    for cut in (1, 2):
        for ended in (False, True):
            with Case(cut, ended):
                said = ENDS[dialect][:-cut]
                socket, modem, module = on_line(dialect)
                if ended:
                    module.end(said)
                    assert socket.read() == b""
                else:
                    module.say(said)
                    assert socket.read(len(said)) == said
                    works(socket, module)


@cases("dialect", DIALECTS)
def test_the_rest_of_the_end_comes_while_close_is_silent(dialect):
    """The program has what it wanted, and closes: what it has sent may be lost, and is told of as lost."""
    for n in (1, 3, 6, len(ENDS[dialect]) - 1):
        with Case(n):
            told = []
            modem, tape, clock, says = attached(
                dialect, "transparent", on_event=lambda event, sock, value: told.append(event)
            )
            socket, modem, module = on_line(dialect, attachment=(modem, tape, clock))
            del told[:]
            assert socket.send(b"to nobody") == 9
            module.end(b"bye" + ENDS[dialect][:n])
            module.say(ENDS[dialect][n:], 300)
            assert socket.read(3) == b"bye"
            socket.close()
            modem.poll()
            assert told == [atsock.EVENT_CLOSED], told
            assert modem.isconnected()


@cases("dialect", DIALECTS)
def test_poll_while_it_is_unclear(dialect):
    """Nothing can be sent, so poll() does not say so."""
    socket, modem, module = on_line(dialect)
    assert socket.ioctl(POLL, POLLIN | POLLOUT) == POLLOUT
    module.say(ENDS[dialect])
    polls = 0
    while not socket.ioctl(POLL, POLLIN | POLLOUT):
        module.clock.pass_ms(20)
        polls += 1
    assert polls > 50
    assert socket.recv(100) == ENDS[dialect]
    assert module.peer == b""
    works(socket, module)
    module.end(b"")
    module.say(ENDS[dialect])
    for _ in range(500):
        socket.ioctl(POLL, POLLOUT)
        module.clock.pass_ms(20)
    assert socket.ioctl(POLL, POLLIN) & POLLIN
    assert socket.recv(1) == b""


@cases("dialect", DIALECTS)
def test_poll_tells_of_what_was_held_back(dialect):
    """A line's end that might have been the module's, and a moment of silence: it is payload, and can be read."""
    socket, modem, module = on_line(dialect)
    module.say(b"\r\n")
    assert socket.ioctl(POLL, POLLIN) == 0
    module.clock.pass_ms(400)
    assert socket.ioctl(POLL, POLLIN) == POLLIN
    assert socket.recv(10) == b"\r\n"


@cases("dialect", DIALECTS)
def test_words_that_nobody_has_read(dialect):
    """They came while the program was busy: what it sends next is not a command."""
    for timeout in (60, 0):
        with Case(timeout):
            socket, modem, module = on_line(dialect, timeout)
            assert socket.send(b"x") == 1
            module.end(ENDS[dialect])
            module.clock.pass_ms(5000)
            sent = 0
            try:
                while True:
                    sent += socket.write(b"AT+CFUN=0\r") or 0
                    module.clock.pass_ms(10)
            except OSError as error:
                assert error.args[0] in GONE
            assert not sent and b"AT+CFUN=0" not in module.commands


@cases("dialect", DIALECTS)
def test_bytes_of_the_ok_get_lost_as_well(dialect):
    """The peer says the words, and the module's OK is not whole: it was in data mode all the same."""
    for ok in (b"\r\nK\r\n", b"\r\nO\r\n", b"OK\r\n", b"\r\nOK"):
        with Case(ok):
            socket, modem, module = on_line(dialect)
            module.ok = ok
            module.say(ENDS[dialect])
            assert socket.read(len(ENDS[dialect])) == ENDS[dialect]
            module.ok = OK
            works(socket, module)


@cases("dialect", DIALECTS)
def test_begin_of_the_words_and_a_sender(dialect):
    """Three bytes may be the begin of the end: nothing goes out before it is clear."""
    for n in (3, 4, 8):
        with Case(n):
            socket, modem, module = on_line(dialect)
            module.end(ENDS[dialect][:n])
            module.say(ENDS[dialect][n:], 100)
            modem.poll(10)
            assert errno_of(socket.send, b"AT+CFUN=0\r") in GONE
            assert b"AT+CFUN=0" not in module.commands


@cases("dialect", DIALECTS)
def test_program_that_looks_seldom(dialect):
    """It polls every few seconds: what has come meanwhile is told apart all the same."""
    for pause in (700, 1100, 3000):
        with Case(pause):
            socket, modem, module = on_line(dialect, 0)
            module.say(ENDS[dialect])
            got = b""
            for _ in range(20):
                module.clock.pass_ms(pause)
                got += socket.read(100) or b""
            assert got == ENDS[dialect], got
            socket.settimeout(60)
            works(socket, module)


@cases("dialect", DIALECTS)
def test_resume_while_it_is_unclear(dialect):
    """Data mode goes on by itself; a resume() of the program's waits for that."""
    socket, modem, module = on_line(dialect, 0)
    module.resume_ms = 500
    module.say(ENDS[dialect])
    got = b""
    while not module.commands:
        got += socket.read(100) or b""
        assert not socket.is_escaped()
        module.clock.pass_ms(10)
    socket.resume()
    socket.settimeout(60)
    assert got + socket.read(len(ENDS[dialect]) - len(got)) == ENDS[dialect]
    works(socket, module)


@cases("dialect", DIALECTS)
def test_a_full_port_is_forgotten_with_data_mode(dialect):
    """The peer closed while the port took nothing: poll() waits then, it does not come back because it could write."""
    socket, modem, module = on_line(dialect)
    module.takes = False
    socket.settimeout(0)
    errno_of(socket.send, b"x" * 100)
    assert modem._engine.tx_blocked
    module.takes = True
    module.end(ENDS[dialect])
    socket.settimeout(20)
    try:
        while socket.recv(100):
            pass
    except OSError:
        pass
    assert not modem._engine.tx_blocked
