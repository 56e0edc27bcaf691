"""Transparent sockets: what is payload and what is the module's, the guard times, the ways in and out of data mode."""

import atsock
from cases import cases
from fakes import CUTS, WIRES, WIRE_NAMES, Case, errno_of, new_modem, raises
from frames import DIALECTS, HOSTILE, OK, PEER, PORT, line, speech
from scenes import attached, settle

EBADF, EBUSY, ENOTCONN, ETIMEDOUT = 9, 16, 107, 110
GONE = (104, 107)  # ECONNRESET, ENOTCONN
ONLINE = {
    "bg96": [(">", b'AT+QICFG="dataformat",0,0\r'), ("<", OK), (">", b'AT+QIOPEN=1,0,"%s","192.0.2.7",5005,%d,2\r'),
     ("<", line(b"CONNECT"))],
    "nl668": [(">", b'AT+GTSET="IPRFMT",5\r'), ("<", OK), (">", b'AT+MIPODM=1,%s,"192.0.2.7",5005,%d\r'),
     ("<", OK + line(b"+MIPODM: 1,1"))],
    "a7600": [
        (">", b"AT+NETCLOSE\r"), ("<", OK + line(b"+NETCLOSE: 0")), (">", b"AT+CIPMODE=1\r"), ("<", OK),
        (">", b"AT+NETOPEN\r"), ("<", OK + line(b"+NETOPEN: 0")), (">", b'AT+CIPOPEN=0,"%s","192.0.2.7",5005%s\r'),
        ("<", line(b"CONNECT 115200")),
    ],
}  # fmt: skip
ONLINE["l610"] = ONLINE["nl668"]
ONLINE["sim7028"] = ONLINE["a7600"]
# What each module writes into the data when the peer closes.
ENDS = {
    "bg96": line(b"NO CARRIER"), "a7600": line(b"CLOSED") + line(b"+IPCLOSE: 0,1"),
    "sim7028": line(b"CLOSED") + line(b"+IPCLOSE: 0,1"),
    "nl668": line(b"+MIPSTAT: 1,1"), "l610": line(b"NO CARRIER"),
}  # fmt: skip
AT = [(">", b"AT\r"), ("<", OK)]
# Is the module in command mode?
ASK = [(">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 20,99") + OK)]
# The module has left data mode by itself: what it is asked then, where its list of connections is asked for as well.
LEFT = [(">", b"+++"), (">", b"+++")] + ASK
LIST = [(">", b"AT+CIPCLOSE?\r"), ("<", line(b"+CIPCLOSE: 0,0,0,0,0,0,0,0,0,0") + OK)]
ESCAPE = [(">", b"+++"), ("~", 1000), ("<", OK)] + ASK
RESUME = {
    "bg96": [(">", b"AT+QISWTMD=0,2\r"), ("<", line(b"CONNECT"))],
    "a7600": [(">", b"ATO\r"), ("<", line(b"CONNECT 115200"))],
    "nl668": AT + [(">", b"ATO\r")],
}
RESUME["l610"] = RESUME["nl668"]
RESUME["sim7028"] = RESUME["a7600"]


def online(dialect, udp=False, timeout=20, attachment=None, damage=b""):
    """(socket, modem, tape, clock) in data mode; the script is blank.  damage: what comes instead of the last LF."""
    modem, tape, clock = attachment or attached(dialect, "transparent")[:3]
    script = list(ONLINE[dialect])
    kind, command = script[-2]
    local = 4444 if udp else 0
    if dialect in ("a7600", "sim7028"):
        command = command % (b"UDP", b",4444") if udp else command % (b"TCP", b"")
    elif dialect == "bg96":
        command = command % (b"UDP" if udp else b"TCP", local)
    else:
        command = command % (b"4444" if udp else b"", int(udp))
    script[-2] = (kind, command)
    if damage:
        script[-1] = ("<", script[-1][1][:-1] + damage)
        script += ESCAPE[:-2]
    tape.load(script)
    socket = modem.socket(type=atsock.SOCK_DGRAM if udp else atsock.SOCK_STREAM)
    socket.settimeout(20)
    if udp:
        socket.bind(("", local))
    socket.connect((PEER, PORT))
    tape.done()
    tape.load(())
    socket.settimeout(timeout)
    return socket, modem, tape, clock


def left(dialect):
    """Script of a module that has left data mode by itself."""
    return LEFT + LIST if dialect in ("a7600", "sim7028") else LEFT


def command_mode(command):
    """What a module says that has left data mode by itself, and holds no connection."""
    if command.endswith(b"AT+CSQ"):
        return line(b"+CSQ: 20,99") + OK
    if command == b"AT+CIPCLOSE?":
        return LIST[1][1]
    return OK + line(b"+MIPCLOSE: 1,0") if b"+MIPCLOSE=" in command else OK


@cases("wire", WIRE_NAMES)
@cases("udp", (False, True), ids=("tcp", "udp"))
@cases("dialect", DIALECTS)
def test_both_ways(dialect, udp, wire):
    """Everything is payload, whatever it looks like, and however it is cut."""
    socket, modem, tape, clock = online(dialect, udp)
    tape.behave(**WIRES[wire])
    tape.load([(">", HOSTILE), ("!", HOSTILE), (">", b"x")])
    assert socket.send(HOSTILE) == len(HOSTILE)
    assert socket.read(len(HOSTILE)) == HOSTILE
    assert socket.send(b"x") == 1
    tape.done()


@cases("dialect", DIALECTS)
def test_data_in_the_line_that_begins_data_mode(dialect):
    """It has lost its LF, so what came up to the next one is gone: connect() fails, and data mode is left."""
    attachment = modem, tape, clock = attached(dialect, "transparent")[:3]
    tape.after = command_mode
    assert errno_of(online, dialect, False, 20, attachment, b"lost\ndata") in (104, 111)
    while modem._session.jobs is not None:
        modem.poll(1000)
    assert modem.command("AT+CGMM") == []


@cases("dialect", DIALECTS)
def test_line_ends_at_the_end(dialect):
    """What stands at the end and could become the module's last words is handed on when nothing more comes."""
    for data in (
        b"\r",
        b"\r\n",
        b"line\r\n",
        b"HTTP/1.0 200 OK\r\nA: b\r\n\r\n",
        b"\r\nNO CARR",
        b"\r\nCLOSE",
        b"\r\n\r\n\r\n",
        b"\r\n+MIPSTAT",
        b"a\r\n\r",
    ):
        for cut in (0, 1):
            with Case(dialect, data, cut):
                socket, modem, tape, clock = online(dialect)
                tape.cut = cut
                tape.load([("!", data)])
                before = clock.now
                assert socket.read(len(data)) == data
                assert clock.now - before < 1000
                tape.load([("!", data), ("~", 5000), ("!", b"more")])
                assert socket.read(len(data) + 4) == data + b"more"
                socket.settimeout(0)
                tape.load([("!", data)])
                got = b""
                while len(got) < len(data):
                    got += socket.read(len(data) - len(got)) or b""
                    clock.now += 100
                assert got == data


@cases("dialect", DIALECTS)
def test_peer_closes(dialect):
    """The module's last words are the end of the stream, not data; the ring is read before."""
    for cut in CUTS:
        for timeout in (None, 20, 0):
            with Case(dialect, cut, timeout):
                socket, modem, tape, clock = online(dialect, timeout=timeout)
                tape.cut = cut
                tape.load([("!", b"the last data" + ENDS[dialect])])
                tape.after = command_mode
                got = b""
                piece = None
                while piece != b"":
                    clock.now += 50
                    piece = socket.read(5)
                    got += piece or b""
                assert got == b"the last data", got
                settle(modem, tape)
                assert modem._engine.state == 0
                assert errno_of(socket.send, b"x") in GONE
                socket.close()
                settle(modem, tape)


@cases("dialect", DIALECTS)
def test_events_of_the_end(dialect):
    """EVENT_CLOSED for the end of the connection; a loss of the network that stands among the last words is one."""
    events = []
    modem, tape, clock, says = attached(
        dialect, "transparent", on_event=lambda event, sock, value: events.append((event, sock))
    )
    socket, modem, tape, clock = online(dialect, attachment=(modem, tape, clock))
    del events[:]
    tape.load([("!", b"x" + ENDS[dialect])] + left(dialect))
    assert socket.read() == b"x"
    settle(modem, tape)
    assert events == [(atsock.EVENT_CLOSED, socket)], events
    assert modem.isconnected()
    if dialect in ("a7600", "sim7028"):
        socket, modem, tape, clock = online(dialect)
        tape.load([("!", b"x" + line(b"CLOSED") + line(b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY"))] + left(dialect))
        assert socket.read(1) == b"x"
        assert errno_of(socket.recv, 1) == 100
        assert not modem.isconnected()


@cases("dialect", DIALECTS)
def test_last_words_with_more_behind(dialect):
    """As soon as something follows them, they were payload."""
    for cut in CUTS:
        with Case(dialect, cut):
            socket, modem, tape, clock = online(dialect)
            tape.cut = cut
            data = b"a" + ENDS[dialect] + b"b" + ENDS[dialect] * 3 + b"\r\nc"
            tape.load([("!", data), ("~", 250), ("!", b"d")])
            assert socket.read(len(data) + 1) == data + b"d"


@cases("udp", (False, True), ids=("tcp", "udp"))
@cases("dialect", DIALECTS)
def test_escape_and_resume(dialect, udp):
    """Guard times, data that comes meanwhile, commands, and back."""
    for cut in CUTS:
        with Case(dialect, udp, cut):
            socket, modem, tape, clock = online(dialect, udp)
            tape.cut = cut
            tape.load([(">", b"x"), ("!", b"before\r\n")])
            socket.send(b"x")
            wrote = clock.now
            settle(modem, tape)
            late = line(b"OKAY\r\nOK?")
            tape.load(
                [("~", 100), ("!", b"first\r\n"), (">", b"+++"), ("~", 500), ("!", late), ("~", 500), ("<", OK)] + ASK
            )
            times = []
            write = tape.write
            tape.write = lambda buf, at, n: (times.append(clock.now), write(buf, at, n))[1]
            socket.escape()
            tape.write = write
            assert times[0] - wrote >= 1000 and times[1] - times[0] >= 1000, (wrote, times)
            socket.escape()  # once is enough
            assert errno_of(socket.send, b"y") == 16
            tape.load([(">", b"ATE0\r"), ("<", OK)])
            modem.command("ATE0")
            tape.load(back(dialect, udp))
            socket.resume()
            socket.resume()
            tape.load([(">", b"z"), ("!", b"behind")])
            socket.send(b"z")
            expected = b"before\r\nfirst\r\n" + late + b"behind"
            assert socket.read(len(expected)) == expected
            tape.done()


def back(dialect, udp):
    script = list(RESUME[dialect])
    if dialect == "sim7028" and udp:
        script[0] = (">", b'AT+CIPOPEN=0,"UDP","192.0.2.7",5005,4444\r')
    if dialect == "bg96":
        script = [(">", b"AT+QIRD=0,1024\r"), ("<", b"\r\n+QIRD: 0\r\n" + OK)] + script
    return script


@cases("dialect", DIALECTS)
def test_escape_resume_escape(dialect):
    """Whether the module says anything when data mode goes on or not, the OK of the next escape is the escape's."""
    answers = [RESUME[dialect][-1]]
    if dialect in ("nl668", "l610"):
        answers = [None, ("!", line(b"CONNECT")), ("!", OK), ("!", line(b"+MIPODM: 1,1"))]
    for answer in answers:
        with Case(dialect, answer):
            socket, modem, tape, clock = online(dialect)
            tape.load(ESCAPE)
            socket.escape()
            script = (
                [item for item in back(dialect, False) if item[0] == ">" or item[1] != answers[0][1]]
                if answers[0]
                else back(dialect, False)
            )
            tape.load(script + [answer] if answer else script)
            socket.resume()
            tape.load(list_of(tape) + ESCAPE)
            socket.escape()
            tape.done()


@cases("dialect", DIALECTS)
def test_closed_right_behind_resume(dialect):
    """The last words, or other data, where the module may answer the resuming command: they are no answer."""
    for data in (b"", b"\r\n+MIPS", b"\r\nCONN\r\n", b"\r\nO\r\n\r\nOK"):
        for cut in CUTS:
            with Case(dialect, data, cut):
                socket, modem, tape, clock = online(dialect)
                tape.cut = cut
                tape.load(ESCAPE)
                socket.escape()
                tape.load(back(dialect, False))
                socket.resume()
                tape.load([("!", data + ENDS[dialect])] + left(dialect))
                assert socket.read() == data
                settle(modem, tape)
                tape.done()


@cases("dialect", DIALECTS)
def test_closed_during_the_escape(dialect):
    """The last words come instead of the OK."""
    socket, modem, tape, clock = online(dialect)
    tape.load([(">", b"+++"), ("~", 1000), ("!", b"data" + ENDS[dialect])] + left(dialect)[1:])
    assert errno_of(socket.escape) in GONE
    assert socket.read() == b"data"
    tape.done()


@cases("dialect", DIALECTS)
def test_no_answer_to_the_escape(dialect):
    socket, modem, tape, clock = online(dialect)
    tape.load([(">", b"+++"), (">", b"+++")] + [(">", b"AT+CSQ\r")] * 4)
    raises(atsock.Timeout, socket.escape)
    tape.load([("!", b"still here"), (">", b"+++"), ("~", 1000), ("<", OK)] + ASK)
    assert socket.read(10) == b"still here"
    socket.escape()
    tape.done()


@cases("dialect", DIALECTS)
def test_gone_while_escaped(dialect):
    """The connection ends while the port is in command mode: resume() says so."""
    socket, modem, tape, clock = online(dialect)
    tape.load(ESCAPE)
    socket.escape()
    if dialect in ("nl668", "l610"):
        tape.load([("!", line(b"+MIPSTAT: 1,1"))])
        settle(modem, tape)
        assert errno_of(socket.read) in GONE
        return
    tape.load(back(dialect, False)[:-1] + [("<", line(b"NO CARRIER"))])
    tape.after = lambda command: line(b"+QIGETERROR: 567, Socket was closed") + OK
    error = raises(atsock.CommandError, socket.resume)
    assert dialect == "bg96" or error.text == "NO CARRIER", error.text
    tape.done()


FLOOD = bytes([65 + i % 26 for i in range(50_000)])


@cases("dialect", DIALECTS)
def test_flood_during_the_escape(dialect):
    """More than the ring holds comes before the OK: it is kept."""
    socket, modem, tape, clock = online(dialect)
    socket._link.resize(4096)
    tape.load([("!", FLOOD[:20_000]), (">", b"+++"), ("!", FLOOD[20_000:40_000]), ("~", 1000), ("<", OK)] + ASK)
    socket.escape()
    tape.load(back(dialect, False))
    socket.resume()
    assert socket.read(40_000) == FLOOD[:40_000]
    tape.done()


@cases("dialect", DIALECTS)
def test_flood_while_sending(dialect):
    """What comes and has no room waits in the UART while a send() waits for the line; nothing is lost."""
    socket, modem, tape, clock = online(dialect)
    socket._link.resize(4096)
    tape.load([("!", FLOOD), (">", b"hello")])
    modem.poll()
    modem.poll()
    write = tape.write
    until = clock.now + 3000
    tape.write = lambda buf, at, n: write(buf, at, n) if clock.now >= until else 0
    plain = clock.wait

    def wait(ms, writing):
        if writing:
            clock.pass_ms(1)
        else:
            plain(ms, writing)

    modem._engine.port.wait = wait
    assert socket.send(b"hello") == 5
    assert socket.read(len(FLOOD)) == FLOOD
    tape.done()


@cases("dialect", DIALECTS)
def test_flood_while_closing(dialect):
    """Nobody wants it any more: it does not hold up the escape."""
    socket, modem, tape, clock = online(dialect)
    socket._link.resize(2048)
    says = speech(dialect)
    tape.load(
        [("!", FLOOD), (">", b"+++"), ("!", FLOOD + b"\r\n"), ("~", 1000), ("<", OK)] + ASK + says.close(says.first)
    )
    socket.close()
    tape.done()


@cases("dialect", DIALECTS)
def test_flood_that_is_too_much(dialect):
    """More than can be kept: dropped, and told by ENOBUFS behind what came before."""
    events = []
    attachment = attached(dialect, "transparent", on_event=lambda event, sock, value: events.append((event, sock)))[:3]
    socket, modem, tape, clock = online(dialect, attachment=attachment)
    socket._link.resize(65536)
    tape.load([("!", FLOOD), ("!", FLOOD), ("!", FLOOD), (">", b"+++"), ("~", 1000), ("!", OK)] + ASK)
    errno_of(socket.escape)
    n = errno = 0
    while not errno:
        try:
            got = socket.recv(4096)
            at = n % len(FLOOD)
            assert (
                got == (FLOOD[at : at + 4096] + FLOOD[:4096])[: len(got)]
            )  # piece by piece: a heap of 2 MB has no large ones left
            n += len(got)
        except OSError as error:
            errno = error.args[0]
    assert errno == 105 and 60_000 <= n < 3 * len(FLOOD)
    modem.poll()
    assert (atsock.EVENT_OVERFLOW, socket) in events


@cases("dialect", DIALECTS)
def test_plus_plus_plus(dialect):
    """A payload of exactly +++ never stands alone between two silences."""
    for parts in ((b"+++",), (b"+", b"+", b"+"), (b"++", b"+"), (b"+", b"++")):
        with Case(dialect, parts):
            socket, modem, tape, clock = online(dialect)
            tape.load([(">", b"+++")])
            written = []
            write = tape.write
            tape.write = lambda buf, at, n: (written.append((clock.now, bytes(buf[at : at + n]))), write(buf, at, n))[1]
            clock.now += 5000
            for part in parts:
                assert socket.send(part) == len(part)
            tape.done()
            assert b"".join([data for _, data in written]) == b"+++"
            assert max([written[i + 1][0] - written[i][0] for i in range(len(written) - 1)]) >= 2000


@cases("dialect", DIALECTS)
def test_close_leaves_data_mode(dialect):
    socket, modem, tape, clock = online(dialect)
    says = speech(dialect)
    tape.load(ESCAPE + says.close(says.first))
    socket.close()
    tape.done()
    assert errno_of(socket.send, b"x") == EBADF


@cases("dialect", DIALECTS)
def test_dropped_in_data_mode(dialect):
    """Nobody has the socket any more: data mode is left in the background, then the connection is closed."""
    socket, modem, tape, clock = online(dialect)
    says = speech(dialect)
    tape.load(ESCAPE + says.close(says.first))
    socket._release()
    modem._session.start_later()
    for _ in range(40):
        modem.poll(100)
    tape.done()


@cases("dialect", DIALECTS)
def test_close_that_does_not_wait(dialect):
    """It comes back when the connection is closed, not when its time is over."""
    says = speech(dialect)
    socket, modem, tape, clock = online(dialect, timeout=0)
    tape.load(ESCAPE + says.close(says.first))
    socket.close()
    tape.done()
    assert 2000 <= clock.now <= 3000, clock.now


@cases("dialect", DIALECTS)
def test_neither_in_data_mode_nor_connected(dialect):
    """escape() and resume() say so."""
    modem, tape, clock, says = attached(dialect, "transparent")
    socket = modem.socket()
    for call in (socket.escape, socket.resume):
        assert errno_of(call) == ENOTCONN
    assert not socket.is_escaped()
    socket.close()
    for call in (socket.escape, socket.resume):
        assert errno_of(call) in (EBADF, ENOTCONN)
    tape.done()


@cases("dialect", DIALECTS)
def test_any_local_port_of_datagrams(dialect):
    """A dynamic one, where the command names it."""
    modem, tape, clock, says = attached(dialect, "transparent")
    opens = []

    def answer(command):
        if command.startswith((b"AT+QIOPEN=", b"AT+MIPODM=", b"AT+CIPOPEN=")):
            opens.append(command)
            return OK + line(b"+MIPODM: 1,1") if b"MIPODM" in command else line(b"CONNECT")
        return says.attach()(command) if b"NET" not in command else OK + line(b"%s: 0" % command[2:])

    tape.auto = answer
    socket = modem.socket(type=atsock.SOCK_DGRAM)
    socket.settimeout(20)
    socket.connect((PEER, PORT))
    port = opens[0].split(b",")[{"bg96": 5, "nl668": 1, "l610": 1}.get(dialect, 4)]
    assert 61000 <= int(port) <= 65535, opens


@cases("dialect", ("nl668", "l610"))
def test_the_end_is_told_while_it_is_resumed(dialect):
    """With the answer to the query before: data mode is not entered, what would be sent there is nobody's."""
    socket, modem, tape, clock = online(dialect)
    tape.load(ESCAPE)
    socket.escape()
    tape.load([(">", b"AT\r"), ("<", line(b"+MIPSTAT: 1,1") + OK)])
    assert errno_of(socket.resume) in GONE
    tape.done()
    assert errno_of(socket.send, b"x") in GONE


@cases("dialect", ("nl668", "l610"))
def test_a_notice_is_on_its_way_when_it_is_resumed(dialect):
    """L610 1.1.24 tells of data that wait, as often as more comes: what stands behind the OK is no data, also when it
    takes its time."""
    notice = line(b"+MIPDATA: 1,30")
    at_once = [("~", 5), ("!", notice)]
    slow = [("~", 5), ("!", notice[:9]), ("~", 30), ("!", notice[9:])] + AT
    for script in (at_once, slow):
        with Case(dialect, script):
            socket, modem, tape, clock = online(dialect)
            tape.load(ESCAPE)
            socket.escape()
            tape.load(AT + script + [(">", b"ATO\r"), ("!", line(b"CONNECT") + b"what waited")])
            socket.resume()
            assert socket.recv(100) == b"what waited"
            tape.done()


def test_notices_of_data_that_wait_cross_the_command_that_resumes():
    """L610 1.1.24: they are no data, whatever the answer is, and whether there is one or not."""
    notice = line(b"+MIPDATA: 1,4")
    for said in (notice, notice + notice):
        for answer in (b"", OK, line(b"CONNECT"), line(b"+MIPODM: 1,1")):
            for cut in (0, 1, -1):
                with Case(said, answer, cut):
                    socket, modem, tape, clock = online("l610")
                    tape.load(ESCAPE)
                    socket.escape()
                    tape.load(AT + [(">", b"ATO\r"), ("!", said + answer + b"data"), (">", b"x")])
                    tape.cut = cut
                    socket.resume()
                    assert socket.read(4) == b"data"
                    assert socket.send(b"x") == 1
                    tape.done()


@cases("dialect", ("nl668", "l610"))
def test_a_notice_crosses_the_command_that_resumes(dialect):
    """What comes is no answer: the module may not be in data mode yet, and would take what is sent for a command."""
    for said, least in ((line(b"+CREG: 1"), 300), (b"data at once", 300), (line(b"CONNECT"), 0), (b"", 2000)):
        with Case(dialect, said):
            socket, modem, tape, clock = online(dialect)
            tape.load(ESCAPE)
            socket.escape()
            tape.load(AT + [(">", b"ATO\r"), ("!", said), ("~", 2500), ("!", b"."), (">", b"x")])
            began = clock.now
            socket.resume()
            assert least <= clock.now - began < least + 150, clock.now - began


def test_what_the_module_buffered_is_refused():
    """BG96: then there is nothing to be read, and data mode goes on."""
    socket, modem, tape, clock = online("bg96")
    tape.load(ESCAPE)
    socket.escape()
    tape.load([(">", b"AT+QIRD=0,1024\r"), ("<", line(b"+CME ERROR: 100"))] + RESUME["bg96"] + [(">", b"x")])
    socket.resume()
    assert socket.send(b"x") == 1
    tape.done()


def test_a_notice_that_gets_lost_while_the_port_is_in_command_mode():
    """BG96 2.1.10: what comes meanwhile is told of; it is asked for when nothing was for 10 s."""
    socket, modem, tape, clock = online("bg96", timeout=30)
    tape.load(ESCAPE)
    socket.escape()
    empty = [(">", b"AT+QIRD=0,1500\r"), ("<", b"\r\n+QIRD: 0\r\n" + OK)]
    tape.load(empty + [(">", b"AT+QIRD=0,1500\r"), ("<", b"\r\n+QIRD: 5\r\nhello\r\n" + OK)])
    began = clock.now
    assert socket.recv(100) == b"hello"
    assert 10_000 <= clock.now - began <= 21_000, clock.now - began
    tape.done()


@cases("dialect", DIALECTS)
def test_left_by_its_name(dialect):
    """call("+++"): as escape() of the socket; Timeout where the module does not answer."""
    socket, modem, tape, clock = online(dialect)
    tape.load(ESCAPE)
    modem.call("+++")
    tape.done()
    assert socket.is_escaped()
    tape.load(back(dialect, False) + [(">", b"x")])
    socket.resume()
    assert socket.send(b"x") == 1
    tape.done()


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_resumed_beside_other_sockets(dialect):
    """call("O"): those that died with the network, that were closed, or whose data mode is over have no part in it."""
    modem, tape, clock, says = attached(dialect, "transparent")
    dead = None
    if dialect == "bg96":
        closed = modem.socket()
        closed.settimeout(20)
        tape.auto = lambda command: line(b"CONNECT") if b"QIOPEN" in command else OK
        closed.connect((PEER, PORT))
        tape.auto = None
        tape.load(ESCAPE + says.close(closed._link.id))
        link = closed._link
        closed.close()
        link.must_close = True  # its id is the last that is used again
        dead = modem.socket(access="buffer")
        tape.auto = lambda command: says.opened(command, says.link_of(command)) if b"QIOPEN" in command else OK
        dead.connect((PEER, PORT))
        assert dead._link.id == 1
        tape.auto = None
        tape.load([("!", says.lost)])
        settle(modem, tape)
        modem._session.set_connected("10.0.0.1")
    opens = []

    def answer(command):
        opens.append(command)
        if command.startswith((b"AT+QIOPEN=", b"AT+CIPOPEN=")):
            return line(b"CONNECT")
        return OK + line(b"%s: 0" % command[2:]) if b"NET" in command else OK

    tape.auto = answer
    socket = modem.socket(access="transparent")
    socket.settimeout(20)
    socket.connect((PEER, PORT))
    tape.auto = None
    tape.load(ESCAPE)
    modem.call("+++")
    tape.load(RESUME[dialect] if dialect != "bg96" else [
        (">", b"AT+QIRD=%d,1024\r" % socket._link.id), ("<", b"\r\n+QIRD: 0\r\n" + OK),
        (">", b"AT+QISWTMD=%d,2\r" % socket._link.id), ("<", line(b"CONNECT")),
    ])  # fmt: skip
    assert modem.call("O") == "CONNECT"
    tape.done()
    assert not socket.is_escaped()


@cases("dialect", ("a7600", "sim7028"))
def test_resumed_when_it_is_over(dialect):
    """call("O") is the module's command then."""
    socket, modem, tape, clock = online(dialect)
    tape.load([("!", ENDS[dialect])] + left(dialect))
    assert socket.read() == b""
    tape.done()
    tape.load([(">", b"ATO\r"), ("<", line(b"NO CARRIER"))])
    raises(OSError, modem.call, "O")
    tape.done()


@cases("dialect", DIALECTS)
def test_a_command_behind_one_that_was_dropped_in_data_mode(dialect):
    """It waits until that has been left."""
    socket, modem, tape, clock = online(dialect)
    says = speech(dialect)
    tape.load(ESCAPE[:3] + [(">", b"AT+CGMM\r"), ("<", line(b"x") + OK)] + ASK + says.close(says.first))
    socket._release()
    assert modem.command("AT+CGMM") == [b"x"]
    for _ in range(5):
        modem.poll(100)
    tape.done()


@cases("dialect", DIALECTS)
def test_port_that_does_not_take_the_escape(dialect):
    """Nothing of it has gone out: nothing is expected that would answer it, and the next one begins anew."""
    for taken in (0, 2):
        with Case(taken):
            socket, modem, tape, clock = online(dialect)
            tape.load([(">", b"+++"[:taken])])
            write = tape.write
            tape.write = lambda buf, at=0, n=-1, tape=tape, write=write, taken=taken: (
                write(buf, at, taken - tape.written) if tape.written < taken else None
            )
            raises(atsock.Timeout, socket.escape)
            assert (socket._guard.unsure == socket._guard.SURE) == (taken == 0)
            tape.write = write
            tape.load([("!", b"+++")])
            assert socket.read(3) == b"+++"
            tape.load(ESCAPE)
            socket.escape()
            tape.done()


@cases("dialect", DIALECTS)
def test_others_are_busy(dialect):
    """One connection owns the line."""
    socket, modem, tape, clock = online(dialect)
    assert errno_of(modem.command, "AT") == 16
    other = modem.socket()
    assert errno_of(other.connect, (PEER, PORT)) in (16, 24)


@cases("dialect", DIALECTS)
def test_left_in_data_mode(dialect):
    """The program before died there: attach() escapes, and SIMCom's module is told to leave that mode altogether."""
    modem, tape, clock = new_modem(dialect)
    says = speech(dialect)
    answers = says.attach()
    lines = []

    def module(command):
        lines.append(command)
        if not lines[-1].startswith(b"+++") and not [line for line in lines if line.startswith(b"+++")]:
            return b""
        if command.startswith(b"+++"):
            return OK + line(b"ERROR")
        if command == b"AT+CIPMODE?":
            return line(b"+CIPMODE: 1") + OK
        if command == b"AT+NETCLOSE":
            return OK + line(b"+NETCLOSE: 0")
        return answers(command)

    answers.state = answers.active
    tape.auto = module
    assert modem.attach("internet") == "10.0.0.1"
    escaped = [i for i in range(len(lines)) if lines[i].startswith(b"+++")]
    assert len(escaped) == 1 and clock.now > 2200
    if dialect in ("a7600", "sim7028"):
        assert lines.index(b"AT+NETCLOSE") < lines.index(b"AT+CIPMODE=0") < lines.index(b"AT+NETOPEN")


@cases("cut", CUTS)
@cases("dialect", ("a7600", "sim7028"))
def test_server(dialect, cut):
    """SIMCom 6.4.1: the accepted connection takes the line; its end gives it back, and the server goes on."""
    modem, tape, clock, says = attached(dialect, "transparent")
    tape.cut = cut
    tape.load(ONLINE[dialect][:6] + [(">", b"AT+SERVERSTART=8080,0\r"), ("<", OK)])
    listener = modem.socket()
    listener.bind(("", 8080))
    listener.listen()
    second = modem.socket()
    second.bind(("", 8081))
    assert errno_of(second.listen) == 24
    tape.load(
        [
            ("!", line(b"+CLIENT: 0,0,192.0.2.9:40000")),
            ("~", 100),
            ("!", line(b"CONNECT 115200") + b"hello\r\n+CLIENT: 1,0\r\n"),
        ]
    )
    listener.settimeout(5)
    socket, address = listener.accept()
    assert address == ("192.0.2.9", 40000)
    socket.settimeout(5)
    tape.load(list_of(tape) + [(">", b"hi")])
    assert socket.send(b"hi") == 2
    assert socket.read(20) == b"hello\r\n+CLIENT: 1,0\r\n"[:20]
    tape.load(ESCAPE + RESUME[dialect] + [(">", b"again")])
    socket.escape()
    socket.resume()
    socket.send(b"again")
    tape.load([("!", b"end" + ENDS[dialect])] + left(dialect))
    assert socket.read()[-3:] == b"end"
    # The next client comes before the first one's socket was closed.
    tape.load([("!", line(b"+CLIENT: 0,0,192.0.2.9:40001") + line(b"CONNECT") + b"me too")])
    other, address = listener.accept()
    assert address[1] == 40001
    socket.close()
    other.settimeout(5)
    assert other.read(6) == b"me too"
    tape.load(ESCAPE + [(">", b"AT+CIPCLOSE=0\r"), ("<", OK + line(b"CLOSED") + line(b"+CIPCLOSE: 0,0"))])
    other.close()
    tape.load([(">", b"AT+SERVERSTOP=0\r"), ("<", line(b"+SERVERSTOP: 0,0") + OK)])
    listener.close()
    tape.done()


def listening(dialect):
    # SIMCom: the mode of all connections is set, and then the server is opened.
    modem, tape, clock, says = attached(dialect, "transparent")
    tape.load(ONLINE[dialect][:6] + [(">", b"AT+SERVERSTART=8080,0\r"), ("<", OK)])
    listener = modem.socket()
    listener.bind(("", 8080))
    listener.listen()
    return modem, tape, clock, says, listener


@cases("ms", (0, 500, 1500, 2200, 2800, 5000))
@cases("dialect", DIALECTS)
def test_three_plus_are_the_first_payload(dialect, ms):
    """However soon behind CONNECT: never exactly those between two silences."""
    socket, modem, tape, clock = online(dialect)
    clock.pass_ms(ms)
    written = []

    def write(buf, start, n):
        written.append((clock.now, bytes(buf[start : start + n])))
        return n

    tape.write = write
    socket.sendall(b"+++")
    assert [data for now, data in written] == [b"++", b"+"]
    assert written[1][0] - written[0][0] >= 2000


@cases("dialect", ("a7600", "sim7028"))
def test_a_client_that_is_gone_before_it_gets_the_line(dialect):
    """CONNECT is nobody's then: commands go on, and so does the server."""
    modem, tape, clock, says, listener = listening(dialect)
    gone = line(b"+CLIENT: 0,0,192.0.2.9:40000") + line(b"+IPCLOSE: 0,1") + line(b"CONNECT 115200")
    tape.load([("!", gone), (">", b"AT+X\r"), ("<", line(b"here") + OK)])
    settle(modem, tape)
    assert modem.command("AT+X") == [b"here"]
    tape.load([("!", line(b"+CLIENT: 0,0,192.0.2.9:40001") + line(b"CONNECT 115200") + b"hello")])
    listener.settimeout(5)
    socket, address = listener.accept()
    if address[1] == 40000:
        socket, address = listener.accept()
    socket.settimeout(5)
    assert socket.read(5) == b"hello"


@cases("dialect", ("a7600", "sim7028"))
def test_nobody_comes(dialect):
    """accept() ends in its time, or at once; the server's own socket has no connection that could be data mode's."""
    modem, tape, clock, says, listener = listening(dialect)
    for timeout in (5, 0):
        listener.settimeout(timeout)
        begun = clock.now
        assert errno_of(listener.accept) == (11 if timeout == 0 else 110)
        assert begun + timeout * 1000 <= clock.now <= begun + timeout * 1000 + 100


@cases("dialect", ("a7600", "sim7028"))
def test_nothing_is_sent_before_the_client_has_the_line(dialect):
    """accept() comes back with its line, and CONNECT has not come yet: the module would take data for a command."""
    for timeout in (5, 0):
        with Case(timeout):
            modem, tape, clock, says, listener = listening(dialect)
            listener.settimeout(timeout)
            tape.load([("!", line(b"+CLIENT: 0,0,192.0.2.9:40000"))])
            settle(modem, tape)
            client, address = listener.accept()
            client.settimeout(timeout)
            began = clock.now
            tape.load([("~", 200), ("!", line(b"CONNECT 115200")), (">", b"hello")])
            if timeout:
                assert client.send(b"hello") == 5
            while not timeout and client.write(b"hello") is None:
                modem.poll(50)
            assert clock.now >= began + 200
            tape.done()


@cases("dialect", ("a7600", "sim7028"))
def test_next_client_is_told_of_with_the_end(dialect):
    """While the program receives: the line of the next client stands behind the end of the one before."""
    modem, tape, clock, says, listener = listening(dialect)
    listener.settimeout(5)
    tape.load([("!", line(b"+CLIENT: 0,0,192.0.2.9:40000") + line(b"CONNECT 115200") + b"hello")])
    first, address = listener.accept()
    first.settimeout(5)
    assert first.recv(5) == b"hello"
    tape.load([("!", b"end" + ENDS[dialect] + line(b"+CLIENT: 0,0,192.0.2.9:40001"))] + left(dialect))
    assert first.recv(10) == b"end"
    assert first.recv(10) == b""
    tape.done()
    tape.load([("!", line(b"CONNECT 115200") + b"me too")])
    second, address = listener.accept()
    assert address == ("192.0.2.9", 40001)
    second.settimeout(5)
    assert second.recv(10) == b"me too"
    first.close()
    tape.load([("!", ENDS[dialect])] + left(dialect))
    assert second.recv(10) == b""
    second.close()  # the module has told that it is over: nothing is asked or closed
    tape.done()


def list_of(tape):
    # What has not been read yet.
    return [(kind, data) for _, kind, data in tape.input[tape.at :]]


@cases("dialect", ("a7600", "sim7028"))
def test_client_that_comes_while_a_command_is_in_flight(dialect):
    """The line is its own at once: the command has failed, and what the port has not taken of it is no payload."""
    came = line(b"+CLIENT: 0,0,192.0.2.9:40000") + line(b"CONNECT 115200") + b"hello"
    for taken in (b"AT+CGMM\r", b"AT+C"):
        with Case(taken):
            modem, tape, clock, says, listener = listening(dialect)
            tape.load([(">", taken), ("!", came)])
            write, engine = tape.write, modem._engine

            def some(buf, at, n, tape=tape, write=write, engine=engine, taken=taken):
                n = min(n, len(taken) - tape.written) if engine.command is not None else n
                return write(buf, at, n) if n else 0

            tape.write = some
            assert errno_of(modem.command, "AT+CGMM", None, 60_000) == 16
            assert clock.now < 1000
            for _ in range(3):
                modem.poll(10)
            socket, address = listener.accept()
            socket.settimeout(5)
            assert socket.read(5) == b"hello"
            tape.done()


@cases("dialect", ("a7600", "sim7028"))
def test_server_closed_first(dialect):
    """Closing the server with a client in the queue closes that first."""
    modem, tape, clock, says, listener = listening(dialect)
    tape.load([("!", line(b"+CLIENT: 0,0,192.0.2.9:40000") + line(b"CONNECT 115200") + b"data")])
    settle(modem, tape)
    closing = [(">", b"AT+CIPCLOSE=0\r"), ("<", OK + line(b"CLOSED") + line(b"+CIPCLOSE: 0,0"))]
    tape.load(ESCAPE + closing + [(">", b"AT+SERVERSTOP=0\r"), ("<", line(b"+SERVERSTOP: 0,0") + OK)])
    listener.close()
    tape.done()


@cases("dialect", ("bg96", "nl668", "l610"))
def test_no_servers(dialect):
    modem, tape, clock, says = attached(dialect, "transparent")
    tape.after = lambda command: OK
    listener = modem.socket()
    listener.bind(("", 8080))
    assert errno_of(listener.listen) == 95
    assert errno_of(modem.socket(type=atsock.SOCK_DGRAM).listen) == 95


@cases("dialect", DIALECTS)
def test_a_command_behind_an_escape_that_is_not_answered(dialect):
    """Data mode goes on, as nobody knows better: the command that waited is not lost in it, but ends in its time."""
    socket, modem, tape, clock = online(dialect)
    tape.auto = lambda command: b""
    socket._release()
    for _ in range(2):
        began = clock.now
        assert errno_of(lambda: modem.command("AT+CGMM", timeout_ms=30_000)) in (ETIMEDOUT, EBUSY)
        assert clock.now - began <= 30_100, clock.now - began


def test_resume_of_a_module_that_has_fallen_silent():
    """BG96 holds data that are read first: when that is not answered, nothing else is tried, and the time is one
    command's."""
    socket, modem, tape, clock = online("bg96")
    tape.load(ESCAPE)
    socket.escape()
    tape.load(())
    tape.auto = lambda command: b""
    start = clock.now
    assert errno_of(socket.resume) == 110
    assert clock.now - start <= 62_100, clock.now - start


@cases("dialect", ("bg96", "nl668", "l610"))
def test_resume_before_the_connection_is_made(dialect):
    """There is nothing to go back to."""
    modem, tape, clock = attached(dialect, "transparent")[:3]
    tape.auto = lambda command: OK
    socket = modem.socket()
    socket.settimeout(0)
    assert errno_of(socket.connect, (PEER, PORT)) == 115
    while socket._link is None:
        modem.poll(10)
    assert errno_of(socket.resume) == ENOTCONN
