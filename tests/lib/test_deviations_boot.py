"""What real modules do that their manuals do not say: boot and restart.  One test per observation."""

import atsock
from cases import cases
from fakes import CUTS, Case, new_modem, raises
from frames import DIALECTS, ERROR, OK, PEER, PORT, line, speech
from scenes import attached, connected, settle
from test_bringup import start
from test_deviations import events_of


@cases("dialect", DIALECTS)
def test_boot_words(dialect):
    """What modules say when they start: RDY (SIMCom: *ATREADY) is a restart, told once; the others mean nothing."""
    restarts = [b"RDY"] + ([b"*ATREADY: 1"] if dialect in ("a7600", "sim7028") else [])
    for word in restarts + [b"APP RDY", b"SMS DONE", b"PB DONE", b"+CPIN: READY"]:
        for cut in CUTS:
            with Case(dialect, word, cut):
                events, options = events_of()
                socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=5, **options)
                del events[:]
                tape.load([("!", line(word))])
                settle(modem, tape)
                told = [event for event, value in events]
                assert told.count(atsock.EVENT_RESTARTED) == (1 if word in restarts else 0), (word, events)
                assert modem.isconnected() == (word not in restarts)


@cases("dialect", DIALECTS)
def test_unanswered_at_before_the_boot_word(dialect):
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


@cases("dialect", DIALECTS)
def test_restart_with_open_sockets(dialect):
    """No close notice, only boot words without RDY; then commands are refused: an OSError, and recover() helps."""
    for words in (b"", line(b"+CPIN: READY") + line(b"SMS DONE") + line(b"PB DONE")):
        with Case(dialect, words):
            socket, modem, tape, clock, says = connected(dialect, timeout=20)
            refusal = {
                "bg96": ERROR, "a7600": line(b"+CIPERROR: 4") + ERROR, "sim7028": line(b"+CIPERROR: 2") + ERROR,
                "nl668": line(b"+CME ERROR: 2024"), "l610": ERROR,
            }[dialect]  # fmt: skip
            not_open = {
                "bg96": OK,
                "a7600": line(b"+CIPCLOSE: 0,4") + ERROR,
                "sim7028": line(b"+CIPCLOSE: 0,4") + ERROR,
            }.get(dialect, line(b"+CME ERROR: 3"))
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
            assert modem.recover() and modem.local_address() == "10.0.0.1"
            socket = modem.socket()
            socket.settimeout(20)
            socket.connect((PEER, PORT))


@cases("dialect", DIALECTS)
def test_restart_by_command(dialect):
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
    assert modem.recover() and modem.local_address() == "10.0.0.1"
    assert not state["broken"] and modem.isconnected()


@cases("dialect", DIALECTS)
def test_cpin_answer_comes_as_a_notice(dialect):
    """AT+CPIN? ends in +CME ERROR (busy, failure, 13) and +CPIN: READY comes later, or just before."""
    for busy in (
        line(b"+CME ERROR: SIM busy"),
        line(b"+CME ERROR: SIM failure"),
        line(b"+CME ERROR: 13"),
        line(b"+CME ERROR: 14"),
    ):
        for answers in ([busy + line(b"+CPIN: READY")], [busy, line(b"+CPIN: READY") + busy]):
            with Case(dialect, answers):
                modem, tape, clock, module = start(dialect, {b"AT+CPIN?": answers + [line(b"+CPIN: READY") + OK]})
                assert modem.attach("internet") == "10.0.0.1"


def test_error_texts_and_numbers():
    """Verbose or numeric whatever AT+CMEE says; a text may hold a number of its own."""
    for answer, code, text in (
        (b"+CME ERROR: 33", 33, None),
        (b"+CME ERROR:33", 33, None),
        (
            b"+CME ERROR: requested service option not subscribed (#33)",
            None,
            "requested service option not subscribed (#33)",
        ),
        (b"+CME ERROR: SIM failure", None, "SIM failure"),
    ):
        with Case(answer):
            modem, tape, clock = new_modem("a7600", [(">", b"AT+CGACT=1,1\r"), ("<", line(answer))])
            error = raises(atsock.CommandError, modem.command, "AT+CGACT=1,1")
            assert error.code == code and (text is None or error.text == text), (error.code, error.text)


@cases("dialect", DIALECTS)
def test_sim_that_says_not_ready(dialect):
    """+CPIN: NOT READY, as a notice beside the answer or as the answer: asked again."""
    not_ready, ready = line(b"+CPIN: NOT READY"), line(b"+CPIN: READY")
    for first in (
        not_ready + OK,
        not_ready + ready + OK,
        ready + not_ready + OK,
        not_ready + line(b"+CME ERROR: 14"),
        ready + OK + not_ready,
    ):
        for cut in (0, 1):
            with Case(dialect, first, cut):
                modem, tape, clock, module = start(dialect, {b"AT+CPIN?": [first, ready + OK]})
                tape.cut = cut
                assert modem.attach("internet") == "10.0.0.1"


def _late(tape, module, text, ms, n=1):
    """The answers of this module; the n-th one to `text` comes ms later, and so does all else meanwhile."""
    asked = []

    def answer(command):
        asked.append(command)
        if command == text and asked.count(text) == n:
            tape.input.append([0, "~", ms])
        return module(command)

    return answer


@cases("command", (b"AT", b"ATE0", b"AT+CSQ", b"AT+CMEE=1", b"AT+CPIN?"))
@cases("dialect", DIALECTS)
def test_an_answer_that_comes_late_while_it_boots(dialect, command):
    """A module that has said OK to AT falls silent for seconds, starting: attach() asks again."""
    for ms in (400, 900, 1100, 1700, 2500, 4000, 9100, 11_000):
        with Case(dialect, command, ms):
            modem, tape, clock, module = start(dialect)
            tape.auto = _late(tape, module, command, ms)
            assert modem.attach("internet") == "10.0.0.1"
            assert clock.now < ms + 4000, clock.now


@cases("dialect", DIALECTS)
def test_long_lines_at_9600_baud_while_it_boots(dialect):
    """+MSTK lines of 1.5 KB in all take longer than an answer may: between AT, ATE0 and the rest they do no harm."""
    burst = line(b'+MSTK: 11, "' + b"D0" * 60 + b'"') * 11
    for before in (b"AT", b"ATE0", b"AT+CSQ", b"AT+CMEE=1", b"AT+CPIN?"):
        with Case(dialect, before):
            modem, tape, clock, module = start(dialect)
            tape.behave(cut=9, pause=9)
            asked = []

            def answer(command):
                asked.append(command)
                return (burst if command == before and asked.count(before) == 1 else b"") + module(command)

            tape.auto = answer
            assert modem.attach("internet") == "10.0.0.1"


@cases("dialect", DIALECTS)
def test_a_late_answer_while_it_searches(dialect):
    """Some modules answer nothing while they look for a network, for 12 s and more, whatever they were asked."""
    normal = speech(dialect).attach()
    for text in (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?"):
        for n in (1, 3, 4, 5):
            with Case(dialect, text, n):
                modem, tape, clock, module = start(dialect)

                def searching(command):
                    if command in (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?") and clock.now < 20_000:
                        return line(command[2:-1] + b": 0,2") + OK
                    return normal(command)

                tape.auto = _late(tape, searching, text, 12_000, n)
                assert modem.attach("internet", timeout_ms=120_000) == "10.0.0.1"
