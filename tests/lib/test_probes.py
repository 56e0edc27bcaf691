"""Two probes that drivers of this kind fail: payload made of protocol words, and notices inside dialogues.

Every dialect, every access mode, whole, byte by byte and in odd pieces.
"""

from cases import cases
from fakes import CUTS, WIRE_NAMES, Case
from frames import ACCESS, DIALECTS, HOSTILE, PULLED, lines_of, pulls, read_script
from scenes import connect, connected, recv_exactly, settle


@cases("wire", WIRE_NAMES)
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_receives_protocol_words(dialect, access, wire):
    """What looks like a line is payload as long as the count says so; the line behind it is a line again."""
    socket, modem, tape, clock, says = connected(dialect, access, wire=wire, timeout=20)
    link = says.first
    script = read_script(says, dialect, access, link, HOSTILE) + read_script(says, dialect, access, link, b"tail")
    script.append(("!", says.closed(link)))
    if pulls(dialect, access):
        script += [(">", says.ask(access, link, says.most[access])), ("<", says.nothing(access, link))]
    tape.load(script)
    assert recv_exactly(socket, len(HOSTILE)) == HOSTILE
    assert recv_exactly(socket, 4) == b"tail"
    assert socket.recv(1) == b""
    settle(modem, tape)
    tape.done()


@cases("wire", ("whole", "trickle", "reluctant"))
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_sends_protocol_words(dialect, access, wire):
    """Whatever the payload looks like it goes out unchanged, and the next command is in step."""
    socket, modem, tape, clock, says = connected(dialect, access, wire=wire, timeout=20)
    script = []
    chunk = says.chunk(access)
    payload = HOSTILE * (1 + chunk // len(HOSTILE))
    for at in range(0, len(payload), chunk):
        script += says.send(access, says.first, payload[at : at + chunk])
    tape.load(script + says.close(says.first))
    assert socket.send(payload) == len(payload)
    socket.close()
    tape.done()


def _spliced(parts, at, extra):
    # The module's parts as script items, `extra` said before part `at`.
    script = [("<", part) for part in parts]
    script.insert(at, ("<" if at < len(parts) else "!", extra))
    return script


@cases(("dialect", "access"), PULLED)
def test_notice_inside_a_read(dialect, access):
    """A notice between a read command and its answer, before OK or behind it: no byte is lost, and it is remembered."""
    for cut in CUTS:
        for other in (0, 1):
            for at in (0, 1, 2):
                with Case(dialect, access, "cut", cut, "link +%d" % other, "before part", at):
                    _notice_inside_a_read(dialect, access, cut, other, at)


def _notice_inside_a_read(dialect, access, cut, other, at):
    socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=9)
    second = connect(modem, tape, says, timeout=9)
    link = says.first
    most = says.most[access]
    answer = says.answer(access, link, HOSTILE, 0)
    ok = lines_of(b"OK")[0]
    parts = [answer[: -len(ok)], ok]
    tape.load(
        [("!", says.notice(access, link)), (">", says.ask(access, link, most))]
        + _spliced(parts, at, says.notice(access, link + other))
    )
    assert recv_exactly(socket, len(HOSTILE)) == HOSTILE
    settle(modem, tape)
    tape.done()
    # What the notice told is fetched without another one.
    tape.load([(">", says.ask(access, link + other, most)), ("<", says.answer(access, link + other, b"more", 0))])
    assert recv_exactly(second if other else socket, 4) == b"more"
    settle(modem, tape)
    tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_push_inside_a_send(dialect, access):
    """Payload pushed, or a notice, between any two lines of a send: the send ends well and the payload is there."""
    for cut in CUTS:
        for other in (0, 1):
            with Case(dialect, access, "cut", cut, "link +%d" % other):
                _push_inside_a_send(dialect, access, cut, other)


def _push_inside_a_send(dialect, access, cut, other):
    socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=9)
    second = connect(modem, tape, says, timeout=9)
    link = says.first
    pushes = 0
    items = []
    for kind, data in says.send(access, link, b"abc> "):
        for part in [data] if kind == ">" or data == says.prompt else lines_of(data):
            if kind == "<":
                pushed = (
                    says.notice(access, link + other)
                    if pulls(dialect, access)
                    else says.push(access, link + other, b"OK\r\n>%d" % pushes)
                )
                items.append(("<", pushed))
                pushes += 1
            items.append((kind, part))
    tape.load(items)
    assert socket.send(b"abc> ") == 5
    tape.done()
    reader = second if other else socket
    if pulls(dialect, access):
        tape.load(read_script(says, dialect, access, link + other, b"data")[1:])
        assert recv_exactly(reader, 4) == b"data"
    else:
        expected = b"".join([b"OK\r\n>%d" % n for n in range(pushes)])
        assert recv_exactly(reader, len(expected)) == expected
