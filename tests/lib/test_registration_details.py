"""The first steps of attach(), word by word: getting in step, the SIM and its PIN, registration."""

import atsock
from cases import cases
from fakes import new_modem, raises
from frames import ERROR, OK, line, speech
from scenes import connect, echoing, rest
from test_bringup import start
from test_bringup_field import ASKS, READY, cpin, filler_of, progress_of, stats

EACCES, ENODEV = 13, 19


def details(told, step):
    """What was told of this step, the beginning aside."""
    return [detail for name, detail in told if name == step and detail]


def next_of(module, command):
    """What was sent right behind this command."""
    return module.seen[module.seen.index(command) + 1]


# -- in step


def slow(tape, clock, module, boots_ms, each_ms, until_ms):
    """The module answers all that it hears, in turn: nothing until boots_ms, then one answer in each_ms, from until_ms
    on at once.  Returns how many answers were outstanding when AT+CMEE=1 came."""
    outstanding = []

    def answer(command):
        if command == b"AT+CMEE=1":
            left = [item for item in tape.input[tape.at :] if item[1] != "~" and item[2].strip()]
            outstanding.append(len(left))
        if clock.now < until_ms:
            begins = boots_ms - clock.now if not tape.input else 0
            tape.input.append([0, "~", max(begins, 0) + each_ms])
        tape.input.append([0, "!", module(command)])

    tape.auto = answer
    return outstanding


@cases("until_ms", (2500, 4100, 5000, 8000))
@cases("each_ms", (20, 100, 250, 400))
def test_in_step_before_it_goes_on(each_ms, until_ms):
    """A module that boots answers what it has heard, one after the other: the first question about itself comes when
    nothing of that is outstanding."""
    for boots_ms in (700, 2000, 3000):
        modem, tape, clock, module = start("bg96")
        outstanding = slow(tape, clock, module, boots_ms, each_ms, until_ms)
        assert modem.attach("internet") == "10.0.0.1"
        assert outstanding == [0], (boots_ms, outstanding)


def test_a_moment_for_what_a_booting_module_answers_late():
    """Its answers come within 300 ms: one ATE0 is enough then."""
    modem, tape, clock, module = start("bg96")
    slow(tape, clock, module, 1800, 60, 2000)
    assert modem.attach("internet") == "10.0.0.1"
    assert module.count(b"ATE0") == 1, module.seen


@cases("late", (600, 1000))
def test_a_query_whose_ok_comes_late(late):
    """Its line alone does not show that nothing is outstanding."""
    modem, tape, clock, module = start("bg96")
    lines = [line(b"+CSQ: 20,99")]
    ends = []

    def answer(command):
        if command == b"AT+CSQ" and lines:
            ends.append(clock.now + late)
            tape.input.extend([[0, "!", lines.pop()], [0, "~", late], [0, "!", OK]])
            return b""
        if command == b"AT+CMEE=1":
            assert clock.now >= ends[0], (clock.now, ends)
        return module(command)

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert ends


def test_errors_and_then_nothing():
    """ERROR, then silence: what it has said last is told, and it is not given a filler."""
    answers = [ERROR]
    n, text = filler_of(lambda command: answers.pop() if answers else b"")
    assert n == 0 and "it answers ERROR" in text, text


@cases("heard", (
    (b"~~~~\r\n", "other words"), (b"a b c d \r\n", "other words"), (b"\t\ta\t\r\n", "other words"),
    (b"abc\x80", "unreadable"), (b"abcd\x80", "other words"), (b"abc\x7f", "unreadable"), (b"abc\x1f", "unreadable"),
), "abcdefg")  # fmt: skip
def test_text_is_told_from_rubbish(heard):
    """A quarter of bytes that are no text is too much."""
    said = [heard[0] * 5]
    modem, tape, clock, module = start("bg96")
    tape.auto = lambda command: said.pop() if said else module(command)
    told, error = progress_of(modem)
    assert error is None and heard[1] in details(told, "sync")[0], told


def written(tape, clock):
    """[(bytes, ms), ...] of what the driver writes from now on."""
    sent = []
    write = tape.write

    def note(buf, at=0, n=-1):
        n = len(buf) - at if n < 0 else n
        took = write(buf, at, n)
        sent.append((bytes(buf[at : at + (took or 0)]), clock.now))
        return took

    tape.write = note
    return sent


def test_silence_before_and_behind_the_escape():
    """+++ is one for a module only when nothing comes for a second before and behind it."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda command: b""
    sent = written(tape, clock)
    raises(atsock.Timeout, modem.attach, "internet")
    at = [i for i in range(len(sent)) if sent[i][0] == b"+++"]
    assert len(at) == 1, sent
    assert sent[at[0]][1] - sent[at[0] - 1][1] >= 1000, sent[at[0] - 1 :][:3]
    assert sent[at[0] + 1][1] - sent[at[0]][1] >= 1000, sent[at[0] :][:3]


def test_a_slow_port_takes_all_of_the_filler():
    """And it is not waited for longer than that takes."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda command: b""
    tape.behave(take=16, refuse=1)
    sent = written(tape, clock)
    raises(atsock.Timeout, modem.attach, "internet")
    fill = [i for i in range(len(sent)) if b"\0" in sent[i][0]]
    assert sum([sent[i][0].count(b"\0") for i in fill]) == 2048
    behind = [at for data, at in sent[fill[-1] + 1 :] if data == b"AT\r"][0]
    assert behind - sent[fill[0]][1] < 1000, (sent[fill[0]], behind)


@cases("access", ("buffer", "push"))
def test_echo_that_was_on(access):
    """Switched off by attach(): what comes behind a prompt later is no echo, although it is what was sent."""
    says = speech("bg96")
    modem, tape, clock, module = start("bg96", access=access)
    tape.auto, echo = echoing(module)
    assert modem.attach("internet") == "10.0.0.1"
    rest(tape)
    socket = connect(modem, tape, says, 5)
    data = line(b"SEND OK")
    tape.load(says.send(access, says.first, data))
    assert socket.send(data) == len(data)
    tape.done()


# -- the SIM


@cases("answer", (
    (line(b"+CPIN: NOT READY") + line(b"+CME ERROR: 14"), "NOT READY (+CME ERROR: 14)"),
    (line(b"+CPIN: NOT READY") + ERROR, "NOT READY"), (line(b"+CPIN: NOT INSERTED") + OK, "no SIM inserted"),
    (line(b"+CME ERROR: 10"), "no SIM inserted (+CME ERROR: 10)"), (line(b"+CME ERROR: SIM busy"), "SIM busy"),
    (ERROR, "ERROR"), (OK, "nothing"),
), "abcdefg")  # fmt: skip
def test_why_a_sim_does_not_become_ready(answer):
    """What +CPIN: says, else the error's words; its number behind them."""
    modem, tape, clock, module = start("bg96", cpin(answer[0]))
    error = raises(atsock.ModemError, modem.attach, "internet")
    assert error.errno == ENODEV and str(error).endswith(answer[1]), str(error)


# -- the PIN


def test_a_restart_instead_of_the_answer_to_the_pin():
    """Begun anew at once: echo is on again, and nothing else that was set holds."""
    modem, tape, clock, module = start("bg96", {b"AT+CPIN?": [ASKS, READY], b"AT+CPIN=": line(b"RDY")})
    assert modem.attach("internet", pin="1234") == "10.0.0.1"
    assert next_of(module, b'AT+CPIN="1234"') == b"AT", module.seen


def test_a_sim_has_its_time_anew_behind_its_pin():
    """15 s until it asks for the PIN, 15 s until it is ready."""
    busy = [line(b"+CME ERROR: 14")] * 15
    modem, tape, clock, module = start("bg96", cpin(*(busy + [ASKS] + busy + [READY])))
    assert modem.attach("internet", pin="1234") == "10.0.0.1"
    assert 29_000 < clock.now < 40_000


def test_a_sim_that_says_late_that_it_has_its_pin():
    """It may go on asking for 5 s: that is no refusal."""
    modem, tape, clock, module = start("bg96", cpin(*([ASKS] * 6 + [READY])))
    assert modem.attach("internet", pin="1234") == "10.0.0.1"
    assert module.count(b"AT+CPIN=") == 1


@cases("answer", (line(b"+CME ERROR: 16"), line(b"+CME ERROR: 3"), ERROR), "abc")
def test_a_refused_pin_is_told_soon(answer):
    """At once when the module says that it is wrong, else when the SIM has been asked once more."""
    modem, tape, clock, module = start("bg96", {b"AT+CPIN?": ASKS, b"AT+CPIN=": answer})
    error = raises(atsock.ModemError, lambda: modem.attach("internet", pin="1234"))
    assert error.errno == EACCES and "refused the PIN" in str(error)
    assert ("(+CME ERROR: 16)" in str(error)) == (b"16" in answer), str(error)
    assert module.count(b"AT+CPIN?") == (1 if b"16" in answer else 2), module.seen


@cases("answer", (line(b"+CME ERROR: 14"), line(b"+CME ERROR: SIM busy")), "ab")
def test_a_sim_that_is_too_busy_for_its_pin(answer):
    """It may have taken it all the same and say so seconds later; else that is told, and it is no refusal."""
    modem, tape, clock, module = start("bg96", {b"AT+CPIN?": [ASKS] * 5 + [READY], b"AT+CPIN=": answer})
    assert modem.attach("internet", pin="1234") == "10.0.0.1"
    modem, tape, clock, module = start("bg96", {b"AT+CPIN?": ASKS, b"AT+CPIN=": answer})
    error = raises(atsock.ModemError, lambda: modem.attach("internet", pin="1234"))
    assert error.errno == EACCES and "busy" in str(error) and "refused" not in str(error), str(error)
    raises(OSError, modem.recover)
    assert module.count(b"AT+CPIN=") == 1


def test_a_pin_that_was_not_heard_is_sent_again_by_the_program():
    """Nobody knows what became of it: that is the program's to decide.  recover() does not."""
    modem, tape, clock, module = start("bg96", {b"AT+CPIN?": ASKS, b"AT+CPIN=": b""})
    raises(atsock.Timeout, lambda: modem.attach("internet", pin="1234"))
    raises(OSError, modem.recover)
    assert module.count(b"AT+CPIN=") == 1
    module.differs = cpin(ASKS, READY)
    assert modem.attach("internet", pin="1234") == "10.0.0.1" and module.count(b"AT+CPIN=") == 2


# -- registration


def asked(*answers):
    """Each of the questions for registration is answered so, in turn."""
    return {b"AT+" + name + b"?": list(answers) for name in (b"CEREG", b"CREG", b"CGREG")}


def test_a_restart_instead_of_the_registration():
    modem, tape, clock, module = start("bg96")
    module.differs = asked(line(b"RDY"), line(b"+CEREG: 0,1") + OK)
    assert modem.attach("internet") == "10.0.0.1"
    first = [command for command in module.seen if b"REG?" in command][0]
    assert next_of(module, first) == b"AT", module.seen


@cases("answers", (
    ((b"", OK), "no answer to"), ((ERROR, OK), "not told"), ((OK, b""), "no answer to"),
), "abc")  # fmt: skip
def test_a_registration_that_is_not_told(answers):
    """Not answered, and answered without a word of it, are told as what they are, each time anew."""
    first, second = answers[0]
    modem, tape, clock, module = start("bg96")
    module.differs = asked(first, second, line(b"+CEREG: 0,1") + OK)
    told, error = progress_of(modem)
    assert error is None
    found = details(told, "register")
    expected = ["no answer to AT+C" if answer == b"" else "not told" for answer in answers[0]]
    if expected[0] == expected[1]:
        expected.pop()
    assert [detail[: len(text)] for detail, text in zip(found, expected)] == expected, found
    assert found[-1] == "home" and len(found) == len(expected) + 1, found


@cases("text", (b"+CEREG: 0,9", b"+CEREG: 0,77", b"+CEREG: 5", b'+CEREG: 2,"0005","01C3D4E5",9'), "abcd")
def test_a_state_of_registration_that_is_none(text):
    """A number that nobody knows, and the line of a change that comes in between (its area is no state)."""
    modem, tape, clock, module = start("bg96")
    module.differs = asked(line(text) + OK, line(text) + OK, line(b"+CEREG: 0,1") + OK)
    told, error = progress_of(modem)
    assert error is None and details(told, "register") == ["not told", "home"], told


def test_a_module_that_does_not_tell_its_registration_is_begun_anew_with():
    """For 25 s: it may have restarted without a word.  Once."""
    modem, tape, clock, module = start("bg96")
    module.differs = asked(OK)
    told, error = progress_of(modem)
    assert isinstance(error, atsock.Timeout) and "no network was found" in str(error), error
    assert module.count(b"ATE0") == 2 and 50_000 <= clock.now < 60_000, clock.now


def test_registration_asks_what_the_dialect_has():
    """Without a dialect what every module knows: AT+CREG?."""
    modem, tape, clock, module = start("bg96", stats(3), said="")
    assert modem.registration() == "denied"
    assert [command for command in module.seen if b"REG?" in command] == [b"AT+CREG?"]
    modem, tape, clock, module = start("bg96", {b"AT+CREG?": line(b"+CREG: 0,3") + OK})
    assert modem.registration() == "home"


STATES = (
    (0, "not searching"), (2, "searching"), (3, "denied"), (4, "unknown"), (6, "SMS only"), (7, "SMS only, roaming"),
    (8, "emergency calls only"),
)  # fmt: skip


@cases("state", STATES, [str(number) for number, _ in STATES])
def test_states_of_registration_in_words(state):
    """27.007 7.2, by attach() and by registration()."""
    number, word = state
    modem, tape, clock, module = start("bg96")
    module.differs = asked(line(b"+CEREG: 0,%d" % number) + OK, line(b"+CEREG: 0,1") + OK)
    told, error = progress_of(modem)
    assert error is None and details(told, "register") == [word, "home"], told
    module.differs = asked(line(b"+CEREG: 0,%d" % number) + OK)
    assert modem.registration() == word


@cases("pair", ((3, 8), (8, 2), (2, 7), (7, 6), (6, 4), (4, 0)), "abcdef")
def test_the_domains_differ(pair):
    """What needs to be known first is told, whichever question it answers."""
    for first, second in (pair, (pair[1], pair[0])):
        modem, tape, clock, module = start("bg96")
        module.differs = asked(line(b"+CREG: 0,%d" % second) + OK, line(b"+CREG: 0,1") + OK)
        module.differs[b"AT+CEREG?"] = [line(b"+CEREG: 0,%d" % first) + OK, line(b"+CEREG: 0,1") + OK]
        told, error = progress_of(modem)
        assert error is None and details(told, "register") == [dict(STATES)[pair[0]], "home"], told


def test_a_module_that_knows_no_other_query():
    """Silent at first, then AT+CMEE? is answered by OK alone and AT+CFUN? refused: AT+CSQ shows that it is in step."""
    modem, tape, clock = new_modem("bg96")
    module = speech("bg96").attach()
    asked = []

    def answer(command):
        asked.append(command)
        if len(asked) < 3:
            return b""
        return {b"AT+CMEE?": OK, b"AT+CFUN?": ERROR}.get(command) or module(command)

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert b"AT+CMEE?" in asked and b"AT+CFUN?" in asked
