"""What real modules do that their manuals do not say: framing, echo, prompt, lost bytes.  One test per observation.

The others: test_deviations_boot.py, test_deviations_quectel.py, test_deviations_simcom.py, test_deviations_fibocom.py;
noise between
answers is test_noise.py's.
"""

import atsock
from cases import cases
from fakes import CUTS, Case, new_modem, raises
from frames import ACCESS, DIALECTS, OK, PULLED, PUSHED, line, pulls, read_script, speech
from scenes import connect, connected, echoing, recv_exactly, rest, settle
from test_bringup import start


def events_of(**options):
    events = []
    options["on_event"] = lambda event, socket, value: events.append((event, value))
    return events, options


# -- framing, echo, prompt


@cases("cut", CUTS)
def test_echo_ends_in_one_cr(cut):
    """The echo and CR, then the answer's CR LF: CR CR LF on the wire.  It is no line of the answer, and nothing
    unknown."""
    events, options = events_of()
    modem, tape, clock = new_modem(
        "bg96", [(">", b"AT+CGMR\r"), ("<", b"AT+CGMR\r\r\nR1.0\r\n\r\nOK\r\n")], cut, **options
    )
    assert modem.command("AT+CGMR") == [b"R1.0"]
    settle(modem, tape)
    tape.done()
    assert events == [], events


@cases("dialect", DIALECTS)
def test_echo_on_again_after_restart(dialect):
    """ATE0 does not survive a restart: attach() turns it off again, and the sockets work."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    tape.input.append([0, "!", line(b"RDY") + line(b"+CPIN: READY")])
    settle(modem, tape)
    assert not modem.isconnected()
    module.normal = speech(dialect).attach()
    tape.auto, echo = echoing(module)
    assert modem.attach("internet") == "10.0.0.1"
    assert not echo[0]
    rest(tape)
    connect(modem, tape, speech(dialect))


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_payload_echoed_behind_the_prompt(dialect, access):
    """With echo on the payload comes back too, before the result."""
    for cut in (0, 1):
        for payload in (b"hello", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n", b"\x00\xff\x1a" * 30):
            with Case(dialect, access, cut, payload):
                socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=20)
                script = []
                for kind, data in says.send(access, says.first, payload):
                    if kind == ">":
                        script += [(kind, data), ("<", data)]
                    else:
                        script.append((kind, b"\r\n" + data if data.startswith(b">") else data))
                tape.load(script + says.close(says.first))
                assert socket.send(payload) == len(payload)
                socket.close()
                tape.done()


@cases("dialect", DIALECTS)
def test_urc_between_command_and_echo(dialect):
    """A notice stands between the command and its echo."""
    for cut in CUTS:
        with Case(dialect, cut):
            socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
            link = says.first
            most = says.most["buffer"]
            tape.load([
                (">", b"AT+CGMR\r"), ("<", says.notice("buffer", link) + b"AT+CGMR\r\r\nR1.0\r\n\r\nOK\r\n"),
                (">", says.ask("buffer", link, most)),
                ("<", line(b"+CREG: 2") + says.ask("buffer", link, most) + says.answer("buffer", link, b"data", 0)),
            ])  # fmt: skip
            assert modem.command("AT+CGMR") == [b"R1.0"]
            data = b""
            while len(data) < 4:
                data += socket.recv(10)
            assert data == b"data"
            settle(modem, tape)
            tape.done()


@cases("dialect", DIALECTS)
def test_spellings_of_the_prompt(dialect):
    """With and without CR LF before it, with a blank or CR LF behind it, right behind the echo's CR."""
    for prompt in (b"\r\n> ", b"\r\n>", b">", b"> ", b">\r\n", b"\r\n>\r\n", b"\r\r\n> "):
        for echo in (False, True):
            if echo and prompt == b"> ":  # always behind CR LF
                continue
            for cut in (0, 1):
                with Case(dialect, prompt, echo, cut):
                    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
                    (_, command), _, (_, payload), (_, result) = says.send("buffer", says.first, b"> a")
                    tape.load(
                        [(">", command), ("<", (command if echo else b"") + prompt), (">", payload), ("<", result)]
                        + says.close(says.first)
                    )
                    assert socket.send(payload) == 3
                    socket.close()
                    tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_reply_split_anywhere(dialect, access):
    """A pause at any place of an answer, within a number or a boot word."""
    says = speech(dialect)
    script = read_script(says, dialect, access, says.first, b"0123\r\nOK\r\n89")
    at = 0
    whole = script[-1][1]
    while at < len(whole):
        with Case(dialect, access, at):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
            kind = script[-1][0]
            tape.load(script[:-1] + [(kind, whole[:at]), ("~", 30), (kind, whole[at:])])
            data = b""
            while len(data) < 12:
                data += socket.recv(100)
            assert data == b"0123\r\nOK\r\n89"
            settle(modem, tape)
            clock.pass_ms(100)
            settle(modem, tape)
            tape.done()
        at += 1


def test_boot_word_split():
    for word in (b"SMS DONE", b"PB DONE", b"+CPIN: READY"):
        for at in range(1, len(word) + 4):
            with Case(word, at):
                text = line(word)
                script = [
                    ("!", text[:at]),
                    ("~", 20),
                    ("!", text[at:]),
                    (">", b"AT+CSQ\r"),
                    ("<", line(b"+CSQ: 20,99") + OK),
                ]
                modem, tape, clock = new_modem("bg96", script)
                modem.poll(50)
                assert modem.command("AT+CSQ") == [b"+CSQ: 20,99"]
                tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_several_messages_in_one_read(dialect, access):
    """The send's result, the notice of the answer and the word that the peer has closed in one burst."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
    link = says.first
    script = says.send(access, link, b"ask")
    kind, result = script[-1]
    if pulls(dialect, access):
        burst = result + says.notice(access, link) + says.closed(link)
        more = [(">", says.ask(access, link, says.most[access])), ("<", says.answer(access, link, b"answer", 0))]
        more += (
            [(">", says.ask(access, link, says.most[access])), ("<", says.nothing(access, link))]
            if not says.tells_rest
            else []
        )
    else:
        burst = result + says.push(access, link, b"answer") + says.closed(link)
        more = []
    tape.load(script[:-1] + [("<", burst)] + more)
    assert socket.send(b"ask") == 3
    assert socket.recv(100) == b"answer"
    assert socket.recv(100) == b""
    settle(modem, tape)
    tape.done()


def test_lost_and_flipped_bytes():
    """OK comes as K, O or nothing: that command runs out of time, the next one gets its own answer."""
    for damaged in (b"\r\nK\r\n", b"\r\nO", b"K\r\n", b"", b"\r\n\x4f\xcb\r\n", b"\r\nOK"):
        for cut in CUTS:
            with Case(damaged, cut):
                script = [
                    (">", b"AT+CGMR\r"),
                    ("<", line(b"R1.0") + damaged),
                    ("~", 300),
                    (">", b"AT+CSQ\r"),
                    ("<", line(b"+CSQ: 7,99") + OK),
                ]
                script += [("~", 2500)] if damaged != b"\r\nOK" else []
                script += [(">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)]
                modem, tape, clock = new_modem("bg96", script, cut)
                raises(atsock.Timeout, modem.command, "AT+CGMR", None, 200)
                assert modem.command("AT+CGMM") == [b"BG96"]
                tape.done()


@cases(("dialect", "access"), PULLED)
def test_final_result_of_a_read_lost(dialect, access):
    """The payload has come, the OK behind it not: the bytes are the program's, and the connection goes on."""
    socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
    link = says.first
    answer = says.answer(access, link, b"data", 0)
    sync = [(">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 7,99") + OK)]
    tape.load(
        [
            ("!", says.notice(access, link)),
            (">", says.ask(access, link, says.most[access])),
            ("<", answer[: -len(OK)] + b"\r\nK\r\n"),
        ]
        + sync
    )
    assert socket.recv(100) == b"data"
    while clock.now < 200_000:
        modem.poll(10_000)
    tape.done()
    tape.load(read_script(says, dialect, access, link, b"more"))
    assert socket.recv(100) == b"more"


@cases(("dialect", "access"), PULLED + PUSHED)
def test_cr_cr_lf_behind_payload(dialect, access):
    """SIM7600 tells calls as CR CR LF RING CR CR LF: behind payload that is as good as CR LF."""
    if access == "hex":
        return
    for cut in CUTS:
        with Case(dialect, access, cut):
            socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=20)
            link = says.first
            if pulls(dialect, access):
                answer = says.answer(access, link, b"abc", 0)
                at = answer.rfind(b"abc") + 3
                answer = answer[:at] + answer[at:].replace(b"\r\n", b"\r\r\n")
                tape.load(
                    [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", answer)]
                )
            else:
                push = says.push(access, link, b"abc")
                tape.load(
                    [("!", push[: push.rfind(b"abc") + 3] + b"\r\r\nRING\r\r\n" + says.push(access, link, b"def"))]
                )
            assert recv_exactly(socket, 3) == b"abc"
            if not pulls(dialect, access):
                assert recv_exactly(socket, 3) == b"def"
            settle(modem, tape)
            tape.done()
