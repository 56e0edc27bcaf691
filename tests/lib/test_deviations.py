"""What real modules do that their manuals do not say: framing, boot, restart.  One test per observation.

The other halves: test_deviations_quectel.py, test_deviations_simcom.py, test_deviations_fibocom.py; noise between
answers is test_noise.py's.
"""

import atsock
from fakes import CUTS, Case, new_modem, raises, spread
from frames import ACCESS, DIALECTS, ERROR, OK, PEER, PORT, line, pulls, read_script, speech
from scenes import attached, connect, connected, rest, settle
from test_bringup import start


def _events(**options):
    events = []
    options["on_event"] = lambda event, socket, value: events.append((event, value))
    return events, options


# -- framing, echo, prompt


def test_echo_ends_in_one_cr():
    """The echo and CR, then the answer's CR LF: CR CR LF on the wire.  It is no line of the answer, and nothing unknown."""
    for cut in CUTS:
        with Case(cut):
            events, options = _events()
            modem, tape, clock = new_modem("bg96", [(">", b"AT+CGMR\r"), ("<", b"AT+CGMR\r\r\nR1.0\r\n\r\nOK\r\n")], cut, **options)
            assert modem.command("AT+CGMR") == [b"R1.0"]
            settle(modem, tape)
            tape.done()
            assert events == [], events


def echo_on_again_after_restart(dialect):
    """ATE0 does not survive a restart: attach() turns it off again, and the sockets work."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    tape.input.append([0, "!", line(b"RDY") + line(b"+CPIN: READY")])
    settle(modem, tape)
    assert not modem.isconnected()
    module.normal = speech(dialect).attach()
    echo = [True]

    def answer(command):
        text = command + b"\r" if echo[0] else b""
        if command == b"ATE0":
            echo[0] = False
        return text + module(command)

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert not echo[0]
    rest(tape)
    connect(modem, tape, speech(dialect))


def payload_echoed_behind_the_prompt(dialect):
    """With echo on the payload comes back too, before the result."""
    for access in ACCESS:
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


def urc_between_command_and_echo(dialect):
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


def spellings_of_the_prompt(dialect):
    """With and without CR LF before it, with a blank or CR LF behind it, right behind the echo's CR."""
    for prompt in (b"\r\n> ", b"\r\n>", b">", b"> ", b">\r\n", b"\r\n>\r\n", b"\r\r\n> "):
        for echo in (False, True):
            if echo and prompt == b"> ":  # always behind CR LF
                continue
            for cut in (0, 1):
                with Case(dialect, prompt, echo, cut):
                    socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
                    (_, command), _, (_, payload), (_, result) = says.send("buffer", says.first, b"> a")
                    tape.load([(">", command), ("<", (command if echo else b"") + prompt), (">", payload), ("<", result)] + says.close(says.first))
                    assert socket.send(payload) == 3
                    socket.close()
                    tape.done()


def reply_split_anywhere(dialect):
    """A pause at any place of an answer, within a number or a boot word."""
    for access in ACCESS:
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
                script = [("!", text[:at]), ("~", 20), ("!", text[at:]), (">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 20,99") + OK)]
                modem, tape, clock = new_modem("bg96", script)
                modem.poll(50)
                assert modem.command("AT+CSQ") == [b"+CSQ: 20,99"]
                tape.done()


def several_messages_in_one_read(dialect):
    """The send's result, the notice of the answer and the word that the peer has closed in one burst."""
    for access in ACCESS:
        with Case(dialect, access):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=20)
            link = says.first
            script = says.send(access, link, b"ask")
            kind, result = script[-1]
            if pulls(dialect, access):
                burst = result + says.notice(access, link) + says.closed(link)
                more = [(">", says.ask(access, link, says.most[access])), ("<", says.answer(access, link, b"answer", 0))]
                more += [(">", says.ask(access, link, says.most[access])), ("<", says.nothing(access, link))] if not says.tells_rest else []
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
                script = [(">", b"AT+CGMR\r"), ("<", line(b"R1.0") + damaged), ("~", 300), (">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 7,99") + OK)]
                script += [("~", 2500)] if damaged != b"\r\nOK" else []
                script += [(">", b"AT+CGMM\r"), ("<", line(b"BG96") + OK)]
                modem, tape, clock = new_modem("bg96", script, cut)
                raises(atsock.Timeout, modem.command, "AT+CGMR", None, 200)
                assert modem.command("AT+CGMM") == [b"BG96"]
                tape.done()


def final_result_of_a_read_lost(dialect):
    """The payload has come, the OK behind it not: the bytes are the program's, and the connection goes on."""
    for access in ("buffer", "hex"):
        if not pulls(dialect, access):
            continue
        with Case(dialect, access):
            socket, modem, tape, clock, says = connected(dialect, access, timeout=60)
            link = says.first
            answer = says.answer(access, link, b"data", 0)
            sync = [(">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 7,99") + OK)]
            tape.load(
                [("!", says.notice(access, link)), (">", says.ask(access, link, says.most[access])), ("<", answer[: -len(OK)] + b"\r\nK\r\n")] + sync
            )
            assert socket.recv(100) == b"data"
            while clock.now < 200_000:
                modem.poll(10_000)
            tape.done()
            tape.load(read_script(says, dialect, access, link, b"more"))
            assert socket.recv(100) == b"more"


# -- boot and restart


def boot_words(dialect):
    """What modules say when they start: RDY (SIMCom: *ATREADY) is a restart, told once; the others mean nothing."""
    restarts = [b"RDY"] + ([b"*ATREADY: 1"] if dialect in ("a7600", "sim7028") else [])
    for word in restarts + [b"APP RDY", b"SMS DONE", b"PB DONE", b"+CPIN: READY"]:
        for cut in CUTS:
            with Case(dialect, word, cut):
                events, options = _events()
                socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=5, **options)
                del events[:]
                tape.load([("!", line(word))])
                settle(modem, tape)
                told = [event for event, value in events]
                assert told.count(atsock.EVENT_RESTARTED) == (1 if word in restarts else 0), (word, events)
                assert modem.isconnected() == (word not in restarts)


def unanswered_at_before_the_boot_word(dialect):
    """No echo, no answer to the first ten AT."""
    modem, tape, clock, module = start(dialect)
    asked = []

    def answer(command):
        asked.append(command)
        if len(asked) <= 10:
            return b""
        return (line(b"RDY") + line(b"+CPIN: READY") if len(asked) == 11 else b"") + module(command)

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert len(asked) > 15 and b"ATE0" not in asked[:11], asked
    assert clock.now < 25_000


def restart_with_open_sockets(dialect):
    """No close notice, only boot words without RDY; then commands are refused: an OSError, and recover() helps."""
    for words in (b"", line(b"+CPIN: READY") + line(b"SMS DONE") + line(b"PB DONE")):
        with Case(dialect, words):
            socket, modem, tape, clock, says = connected(dialect, timeout=20)
            refusal = {
                "bg96": ERROR, "a7600": line(b"+CIPERROR: 4") + ERROR, "sim7028": line(b"+CIPERROR: 2") + ERROR,
                "nl668": line(b"+CME ERROR: 2024"), "l610": ERROR,
            }[dialect]  # fmt: skip
            not_open = {"bg96": OK, "a7600": line(b"+CIPCLOSE: 0,4") + ERROR, "sim7028": line(b"+CIPCLOSE: 0,4") + ERROR}.get(
                dialect, line(b"+CME ERROR: 3")
            )
            normal = says.attach()

            def answer(command):
                if command.startswith(says.send("buffer", says.first, b"x")[0][1][:8]):
                    return refusal
                if command.startswith(says.open_line(command)):
                    return says.opened(command, says.link_of(command))
                if command.startswith(says.close(0)[0][1][:-2]):
                    return not_open
                return normal(command)

            tape.input.append([0, "!", words])
            tape.auto = answer
            raises(OSError, socket.send, b"hello")
            socket.close()
            assert modem.recover() == "10.0.0.1"
            socket = modem.socket()
            socket.settimeout(20)
            socket.connect((PEER, PORT))


def restart_by_command(dialect):
    """AT+CFUN=1,1: OK, POWERED DOWN, a notice of the old life, silence, RDY: recover() attaches again."""
    modem, tape, clock, says = attached(dialect)
    module = [says.attach()]
    state = {"broken": True, "until": 0}

    def answer(command):
        if clock.now < state["until"]:
            return b""
        if command == b"AT+CFUN=1,1":
            state["broken"] = False
            state["until"] = clock.now + 5000
            module[0] = speech(dialect).attach()
            last = line(b'+QIURC: "pdpdeact",1') if dialect == "bg96" else says.lost
            return OK + line(b"POWERED DOWN") + last
        if command == b"AT+CPIN?" and state["broken"]:
            return line(b"+CME ERROR: 13")
        if state["until"]:
            state["until"] = 0
            return line(b"RDY") + line(b"APP RDY") + module[0](command)
        return module[0](command)

    tape.auto = answer
    assert modem.recover() == "10.0.0.1"
    assert not state["broken"] and modem.isconnected()


def cpin_answer_comes_as_a_notice(dialect):
    """AT+CPIN? ends in +CME ERROR (busy, failure, 13) and +CPIN: READY comes later, or just before."""
    for busy in (line(b"+CME ERROR: SIM busy"), line(b"+CME ERROR: SIM failure"), line(b"+CME ERROR: 13"), line(b"+CME ERROR: 14")):
        for answers in ([busy + line(b"+CPIN: READY")], [busy, line(b"+CPIN: READY") + busy]):
            with Case(dialect, answers):
                modem, tape, clock, module = start(dialect, {b"AT+CPIN?": answers + [line(b"+CPIN: READY") + OK]})
                assert modem.attach("internet") == "10.0.0.1"


def test_error_texts_and_numbers():
    """Verbose or numeric whatever AT+CMEE says; a text may hold a number of its own."""
    for answer, code, text in (
        (b"+CME ERROR: 33", 33, None),
        (b"+CME ERROR:33", 33, None),
        (b"+CME ERROR: requested service option not subscribed (#33)", None, "requested service option not subscribed (#33)"),
        (b"+CME ERROR: SIM failure", None, "SIM failure"),
    ):
        with Case(answer):
            modem, tape, clock = new_modem("a7600", [(">", b"AT+CGACT=1,1\r"), ("<", line(answer))])
            error = raises(atsock.CommandError, modem.command, "AT+CGACT=1,1")
            assert error.code == code and (text is None or error.text == text), (error.code, error.text)


spread(
    globals(), DIALECTS, echo_on_again_after_restart, payload_echoed_behind_the_prompt, urc_between_command_and_echo, spellings_of_the_prompt,
    reply_split_anywhere, several_messages_in_one_read, final_result_of_a_read_lost, boot_words, unanswered_at_before_the_boot_word,
    restart_with_open_sockets, restart_by_command, cpin_answer_comes_as_a_notice,
)  # fmt: skip
