"""attach() in the field: SIMs that start, a radio left off, addresses in all forms, errors that say where it stood."""

import atsock
from atsock import bringup, registration
from cases import cases
from fakes import WIRES, Case, errno_of, new_modem, raises
from frames import DIALECTS, ERROR, OK, line, speech
from test_bringup import start

EACCES, ENODEV, EIO, ETIMEDOUT, ENETDOWN = 13, 19, 5, 110, 100


def cpin(*answers):
    return {b"AT+CPIN?": list(answers)}


READY = line(b"+CPIN: READY") + OK
ASKS = line(b"+CPIN: SIM PIN") + OK
STARTING = (
    line(b"+CME ERROR: 10"), line(b"+CME ERROR: 13"), line(b"+CME ERROR: 14"), line(b"+CME ERROR: SIM busy"),
    line(b"+CME ERROR: SIM not inserted"), line(b"+CME ERROR: SIM failure"), line(b"+CPIN: NOT READY") + OK,
    line(b"+CPIN: NOT INSERTED") + OK, line(b"+CPIN: NOT READY") + line(b"+CME ERROR: 14"),
    line(b"+CFUN: 1") + line(b"+CME ERROR: 10"), ERROR, line(b"+CPIN: REA\xffDY") + OK, line(b"+CME ERROR: 515"),
)  # fmt: skip


# -- the SIM


@cases("dialect", DIALECTS)
def test_whatever_a_sim_says_while_it_starts(dialect):
    """10, 13, 14, their texts, NOT READY, NOT INSERTED, for three seconds: waited for."""
    for answer in STARTING:
        with Case(dialect, answer):
            modem, tape, clock, module = start(dialect, cpin(answer, answer, answer, READY))
            assert modem.attach("internet") == "10.0.0.1"
            assert 3000 <= clock.now < 8000, clock.now


@cases("answer", (
    (line(b"+CME ERROR: 10"), "no SIM inserted"), (line(b"+CPIN: NOT INSERTED") + OK, "no SIM inserted"),
    (line(b"+CME ERROR: SIM not inserted"), "no SIM inserted"), (line(b"+CME ERROR: 13"), "SIM failure"),
    (line(b"+CME ERROR: SIM busy"), "SIM busy"), (line(b"+CPIN: NOT READY") + OK, "NOT READY"),
), "abcdef")  # fmt: skip
def test_a_sim_that_does_not_start(answer):
    """It is told as what it is, in bounded time, with the step."""
    answer, word = answer
    modem, tape, clock, module = start("bg96", {b"AT+CPIN?": answer})
    error = raises(atsock.ModemError, modem.attach, "internet")
    assert error.errno == ENODEV and word in str(error) and "sim" in str(error), str(error)
    assert 20_000 <= clock.now < 30_000
    assert module.seen.count(b"AT+CFUN?") <= 4  # whether the radio is on is asked now and then only


def test_a_sim_that_asks_for_its_pin_in_words():
    """AT+CMEE=1 was refused, or is not known: the error tells a text."""
    modem, tape, clock, module = start("bg96", cpin(line(b"+CME ERROR: SIM PIN required")))
    error = raises(OSError, modem.attach, "internet")
    assert error.args[0] == 13 and "asks for its PIN" in str(error), error


def test_a_sim_of_which_nothing_is_said():
    modem, tape, clock, module = start("bg96", cpin(b""))
    error = raises(atsock.Timeout, modem.attach, "internet")
    assert "no answer to AT+CPIN?" in str(error), error


def test_the_second_pin_is_not_needed():
    modem, tape, clock, module = start("bg96", cpin(line(b"+CPIN: SIM PIN2") + OK))
    assert modem.attach("internet") == "10.0.0.1"


@cases("dialect", DIALECTS)
@cases("off", (0, 4))
def test_radio_left_off(dialect, off):
    """An earlier program left CFUN=0 or 4, and there is no SIM then: the radio is switched on, the SIM waited for."""
    module = None

    def answer(command):
        on = b"AT+CFUN=1" in module.seen
        if command == b"AT+CFUN?":
            return line(b"+CFUN: %d" % (1 if on else off)) + OK
        if command == b"AT+CPIN?" and not on:
            return line(b"+CME ERROR: 10")
        return module(command)

    modem, tape, clock, module = start(dialect)
    tape.auto = answer
    told, error = progress_of(modem)
    assert error is None and ("sim", "radio off") in told
    assert module.seen.count(b"AT+CFUN=1") == 1 and clock.now < 10_000


@cases("dialect", DIALECTS)
def test_radio_that_goes_off_while_the_sim_starts(dialect):
    """It is switched on then, and the SIM has its time from there on."""
    modem, tape, clock, module = start(dialect)
    radio = [1, 0]
    on_at = []

    def answer(command):
        if command == b"AT+CFUN?":
            return line(b"+CFUN: %d" % radio.pop(0)) + OK
        if command == b"AT+CFUN=1":
            on_at.append(clock.now)
        if command == b"AT+CPIN?" and not (on_at and clock.now - on_at[0] > 15_000):
            return line(b"+CME ERROR: 14")
        return module(command)

    tape.auto = answer
    radio += [1] * 9
    assert modem.attach("internet") == "10.0.0.1"
    assert len(on_at) == 1 and clock.now > 22_000


# -- the PIN


def pin_scene(differs):
    modem, tape, clock, module = start("bg96", differs)
    return modem, module, lambda: modem.attach("internet", pin="1234")


def test_pin_not_heard_but_taken():
    """AT+CPIN= is not answered, then the SIM is ready: attached, and the PIN was sent once."""
    modem, module, attach = pin_scene({b"AT+CPIN=": b"", b"AT+CPIN?": [ASKS, READY]})
    assert attach() == "10.0.0.1"
    assert module.count(b"AT+CPIN=") == 1


def test_pin_not_heard():
    """Not answered, and still asked for: that is a Timeout and no refusal; it is not sent twice."""
    modem, module, attach = pin_scene({b"AT+CPIN=": b"", b"AT+CPIN?": ASKS})
    error = raises(atsock.Timeout, attach)
    assert "PIN" in str(error) and "refused" not in str(error)
    assert module.count(b"AT+CPIN=") == 1


def test_pin_refused_though_taken():
    """ERROR (a SIM that is busy, a stray one), then READY: what the SIM says counts."""
    for answer in (ERROR, line(b"+CME ERROR: 14"), line(b"+CME ERROR: 3")):
        modem, module, attach = pin_scene({b"AT+CPIN=": answer, b"AT+CPIN?": [ASKS, READY]})
        assert attach() == "10.0.0.1"


def test_a_refused_pin_is_never_sent_again():
    """Not by attach(), not by recover(), not by keep(): three wrong ones lock the SIM."""
    modem, module, attach = pin_scene({b"AT+CPIN=": line(b"+CME ERROR: 16"), b"AT+CPIN?": ASKS})
    assert errno_of(attach) == EACCES
    assert errno_of(attach) == EACCES
    assert errno_of(modem.recover) == EACCES
    assert module.count(b"AT+CPIN=") == 1
    module.differs = {b"AT+CPIN?": [ASKS, READY]}
    assert modem.attach("internet", pin="4321") == "10.0.0.1"  # another one is the program's word


def test_a_pin_that_worked_is_sent_after_each_restart():
    modem, module, attach = pin_scene({b"AT+CPIN?": [ASKS, READY]})
    assert attach() == "10.0.0.1"
    module.differs = {b"AT+CPIN?": [ASKS, READY]}
    modem._session.set_down()
    assert modem.recover() == ["attach"]
    assert module.count(b"AT+CPIN=") == 2


# -- in step


@cases("held", (1, 3, 7))
@cases("dialect", DIALECTS)
def test_a_booting_module_answers_all_at_once(dialect, held):
    """It hears AT while it boots, and answers all of them when it is up: each answer finds its question, also that of
    who it is."""
    for ms in range(700, 6000, 370):
        with Case(dialect, held, ms):
            modem, tape, clock, module = start(dialect, said="")
            names = {"bg96": b"BG96", "a7600": b"A7670E", "sim7028": b"SIM7028", "nl668": b"NL668", "l610": b"L610"}
            module.differs = {b"AT+CGMM": line(names[dialect]) + OK}
            heard = []

            def answer(command):
                if clock.now < ms:
                    heard.append(command)
                    return b""
                answers = b"".join([module(text) for text in heard[-held:]])
                del heard[:]
                return answers + module(command)

            tape.auto = answer
            assert modem.attach("internet") == "10.0.0.1"
            assert modem.dialect == dialect


@cases("missing", (1, 60, 700, 2048))
@cases("dialect", DIALECTS)
def test_host_restarts_behind_a_prompt(dialect, missing):
    """An earlier program left the module waiting for payload: it is filled up, once."""
    modem, tape, clock, module = start(dialect)
    left = [missing]
    write = tape.write

    def swallow(buf, at=0, n=-1):
        n = len(buf) - at if n < 0 else n
        took = min(n, left[0])
        left[0] -= took
        if took and not left[0]:
            tape.input.append([0, "!", line(b"SEND OK")])
        if took < n:
            write(buf, at + took, n - took)
        return n

    tape.write = swallow
    assert modem.attach("internet") == "10.0.0.1"
    assert clock.now < 12_000, clock.now


@cases("dialect", DIALECTS)
def test_host_restarts_in_an_input_without_a_length(dialect):
    """AT+QISEND=0, AT+CMGS: text is taken until Ctrl-Z or ESC.  It is cancelled, nothing of it is sent."""
    modem, tape, clock, module = start(dialect)
    write = tape.write
    ended = []

    def swallow(buf, at=0, n=-1):
        n = len(buf) - at if n < 0 else n
        for pos in range(at, at + n):
            if ended:
                write(buf, pos, 1)
            elif buf[pos] in b"\x1a\x1b":
                ended.append(buf[pos])
                tape.input.append([0, "!", OK])
        return n

    tape.write = swallow
    assert modem.attach("internet") == "10.0.0.1"
    assert ended == [0x1B] and clock.now < 12_000, clock.now


def filler_of(answer):
    """How many NULs a module gets that answers AT so."""
    modem, tape, clock = new_modem("bg96")
    sent = []
    tape.auto = answer
    write = tape.write

    def count(buf, at=0, n=-1):
        sent.append(bytes(buf[at : at + n]).count(b"\0"))
        return write(buf, at, n)

    tape.write = count
    error = raises(atsock.Timeout, modem.attach, "internet")
    return sum(sent), str(error)


def test_what_comes_instead_of_an_answer():
    """Silence, rubbish, other words and ERROR are told apart; the filler goes out once at most."""
    n, silence = filler_of(lambda command: b"")
    assert n == 2048 and "not a byte" in silence and "sync" in silence
    n, rubbish = filler_of(lambda command: b"\x80\xfe\x00\xf8\x98\xe6\x06\x1e")
    assert n <= 2048 and "baud" in rubbish and "115200" in rubbish
    n, words = filler_of(lambda command: b"$GPGGA,123519,4807.038,N,01131.000,E\r\n")
    assert "GPGGA" in words
    n, echo = filler_of(lambda command: command + b"\r")
    assert "but the echo" in echo and "other words" not in echo
    n, control = filler_of(lambda command: b"\1\2\3\4")
    assert "unreadable" in control, control
    n, refused = filler_of(lambda command: ERROR)
    assert n == 0 and "it answers ERROR" in refused


@cases("turn", (0, 1, 2, 3))
def test_rubbish_that_looks_like_text_now_and_then(turn):
    """At a wrong speed a few bytes are letters by chance, whenever they come: what came before them tells."""
    turns = [turn]

    def answer(command):
        turns[0] += 1
        return b"O|m" if turns[0] & 2 else b"\xf8\x98\xe6"

    n, rubbish = filler_of(answer)
    assert "unreadable" in rubbish and "baud" in rubbish, rubbish


def test_a_port_that_does_not_take_the_filler():
    """It is asked on, and nothing of the filler goes out later."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda command: b""
    write = tape.write
    tape.write = lambda buf, at, n: write(buf, at, n) if b"AT" in bytes(buf[at : at + n]) or buf[at] == 43 else None
    error = raises(atsock.Timeout, modem.attach, "internet")
    assert "not a byte" in str(error) and clock.now < 45_000, (error, clock.now)


def test_a_port_that_does_not_take_the_escape():
    """As before: it is asked on, and +++ does not go out later."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda command: b""
    write = tape.write
    tape.write = lambda buf, at, n: None if buf[at] == 43 else write(buf, at, n)
    error = raises(atsock.Timeout, modem.attach, "internet")
    assert "not a byte" in str(error) and 25_000 < clock.now < 45_000, (error, clock.now)


def test_a_moment_behind_the_filler():
    """What a module makes of it has come before the next AT is sent."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = lambda command: b""
    write = tape.write
    sent = []

    def note(buf, at=0, n=-1):
        sent.append((bytes(buf[at : at + n]), clock.now))
        return write(buf, at, n)

    tape.write = note
    raises(atsock.Timeout, modem.attach, "internet")
    filled = max([i for i in range(len(sent)) if b"\0" in sent[i][0]])
    assert sent[filled + 1][0] == b"\x1b\r"
    assert sent[filled + 2][0] == b"AT\r" and sent[filled + 2][1] - sent[filled + 1][1] >= 100


def test_a_reluctant_port_and_a_module_in_data_mode():
    """It takes a byte now and then: +++ goes out whole all the same."""
    modem, tape, clock = new_modem("bg96")
    tape.behave(**WIRES["reluctant"])
    tape.auto = lambda command: b""
    write = tape.write
    taken = bytearray()

    def note(buf, at=0, n=-1):
        done = write(buf, at, n)
        taken.extend(bytes(buf[at : at + (done or 0)]))
        return done

    tape.write = note
    raises(atsock.Timeout, modem.attach, "internet")
    assert b"+++" in taken
    assert b"\0" not in taken[: taken.index(b"+++")], "a question that did not get out is no payload"


@cases("dialect", DIALECTS)
def test_what_comes_instead_of_an_answer_is_told(dialect):
    """While it is asked again, and not twice."""
    instead = [b"$GPGGA,123519\r\n", b"", ERROR, b"\x80\xfe\x00\xf8\x98\xe6\x06\x1e\r\n"]
    modem, tape, clock, module = start(dialect)
    tape.auto = lambda command: instead.pop(0) if command.endswith(b"AT") and instead else module(command)
    told, error = progress_of(modem)
    assert error is None
    details = [detail for step, detail in told if step == "sync"]
    other = "no answer, but other words"
    assert details == ["", other, "ERROR", "unreadable bytes"], details
    instead = [b""]
    modem, tape, clock, module = start(dialect)
    tape.auto = lambda command: instead.pop(0) if command.endswith(b"AT") and instead else module(command)
    told, error = progress_of(modem)
    assert [detail for step, detail in told if step == "sync"] == ["", "no answer"]


# -- the context


@cases("dialect", ("nl668", "l610"))
def test_forms_of_mipcall(dialect):
    """ip; status,ip; status,ip,ip6; quoted; 2 (busy) first; an address that only AT+CGPADDR tells."""
    for answers in (
        [b"+MIPCALL: 10.0.0.1"], [b"+MIPCALL: 1,10.0.0.1"], [b"+MIPCALL: 10.0.0.1,2001:db8::5"],
        [b'+MIPCALL: 1,"10.0.0.1","2001:db8::5"'], [b"+MIPCALL: 2", b"+MIPCALL: 2", b"+MIPCALL: 1,10.0.0.1"],
        [b"+MIPCALL: 1"], [b"+MIPCALL: 1,0.0.0.0"], [b"+MIPCALL:10.0.0.1"],
    ):  # fmt: skip
        with Case(dialect, answers):
            modem, tape, clock, module = start(dialect, {
                b"AT+MIPCALL?": [line(text) + OK for text in answers],
                b"AT+CGPADDR=1": line(b"+CGPADDR: 1,10.0.0.1") + line(b"+CGPADDR: 1") + OK,
            })  # fmt: skip
            assert modem.attach("internet") == "10.0.0.1"
            assert module.count(b"AT+MIPCALL=") == 0  # it was active


def test_ipv6_addresses():
    """The context's own family is taken; sixteen numbers with dots are one (27.007 10.1.1)."""
    for text in (b"+MIPCALL: 1,10.0.0.1,2001:db8::5", b"+MIPCALL: 1,2001:db8::5", b"+MIPCALL: 10.0.0.1,2001:db8::5"):
        modem, tape, clock, module = start("l610", {b"AT+MIPCALL?": line(text) + OK})
        assert modem.attach("internet", family=atsock.AF_INET6) == "2001:db8::5"
    dotted = b"+MIPCALL: 1,32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.5"
    modem, tape, clock, module = start("l610", {b"AT+MIPCALL?": line(dotted) + OK})
    assert modem.attach("internet", family=atsock.AF_INET6) == "2001:db8:0:0:0:0:0:5"
    two = b"+MIPCALL: 1,10.0.0.1,10.0.0.2"  # none of the family: the first one
    modem, tape, clock, module = start("l610", {b"AT+MIPCALL?": line(two) + OK})
    assert modem.attach("internet", family=atsock.AF_INET6) == "10.0.0.1"


@cases("dialect", DIALECTS)
def test_active_and_no_address(dialect):
    """Active, and neither the state nor AT+CGPADDR tells an address: an error that says so."""
    active = {"bg96": b"+QIACT: 1,1,1", "nl668": b"+MIPCALL: 1", "l610": b"+MIPCALL: 1"}.get(dialect, b"+NETOPEN: 1")
    says = speech(dialect).attach()
    modem, tape, clock, module = start(dialect, {says.question: line(active) + OK, b"AT+IPADDR": OK})
    error = raises(atsock.ModemError, modem.attach, "internet")
    assert error.errno == EIO and "address" in str(error) and not modem.isconnected()


@cases("dialect", DIALECTS)
def test_refused_because_active_already(dialect):
    """The state was not told at first (a lost line); each command of the context is refused, because it is active."""
    says = speech(dialect).attach()
    configure = {"bg96": b"AT+QICSGP=", "nl668": b"AT+MIPCALL=", "l610": b"AT+MIPCALL="}.get(dialect, b"AT+CGDCONT=")
    for refused in (configure, says.activation):
        modem, tape, clock, module = start(
            dialect, {refused: ERROR, says.question: [OK, says.active], b"AT+QIGETERROR": OK}
        )
        assert modem.attach("internet") == "10.0.0.1"


# -- where it stands


def progress_of(modem, *args, **options):
    told = []
    try:
        modem.attach("internet", *args, on_progress=lambda step, detail: told.append((step, detail)), **options)
    except OSError as error:
        return told, error
    return told, None


@cases("dialect", DIALECTS)
def test_on_progress(dialect):
    """Each step is told, in its order, and what changes in it."""
    searching = line(b"+CEREG: 0,2") + OK
    modem, tape, clock, module = start(dialect, {
        b"AT+CPIN?": [line(b"+CME ERROR: 14"), READY], b"AT+CREG?": OK, b"AT+CGREG?": OK,
        b"AT+CEREG?": [searching, searching, line(b"+CEREG: 0,3") + OK, line(b"+CEREG: 0,5") + OK],
    })  # fmt: skip
    told, error = progress_of(modem)
    assert error is None
    steps = []
    for step, detail in told:
        assert isinstance(detail, str)
        if step not in steps:
            steps.append(step)
    assert steps == ["sync", "identify", "sim", "register", "context"], told
    details = [detail for step, detail in told if step == "register"]
    assert details == ["", "searching", "denied", "roaming"], told
    assert [detail for step, detail in told if step == "sim"] == ["", "SIM busy", "ready"], told
    assert told[-1] == ("context", "10.0.0.1")
    assert len(told) == len(set(told))
    n = len(told)
    modem.attach("internet", on_progress=lambda step, detail: told.append(1))
    assert len(told) == n  # attached already: there is nothing to tell


@cases("stat", ((2, "searching"), (3, "denied"), (0, "not searching"), (8, "emergency")), "abcd")
@cases("dialect", DIALECTS)
def test_not_registered(dialect, stat):
    """The error of an attach() that runs out of time names the step and what was last known of it."""
    for latency in (0, 150):
        modem, tape, clock, module = start(dialect)
        for name in (b"CEREG", b"CREG", b"CGREG"):
            module.differs[b"AT+" + name + b"?"] = line(b"+%s: 0,%d" % (name, stat[0])) + OK
        if latency:
            tape.behave(pause=latency)
        told, error = progress_of(modem, timeout_ms=30_000)
        hopeless = {"denied": EACCES, "not searching": ENETDOWN}
        assert error.errno == hopeless.get(stat[1], ETIMEDOUT), error
        assert isinstance(error, atsock.Timeout) or stat[1] in hopeless
        assert "register" in str(error) and stat[1] in str(error), str(error)
        assert "no answer" not in str(error), str(error)


def stats(*values):
    return {
        b"AT+" + name + b"?": [line(b"+%s: 0,%d" % (name, stat)) + OK for stat in values]
        for name in (b"CEREG", b"CREG", b"CGREG")
    }


@cases("dialect", DIALECTS)
@cases("stat", ((3, EACCES), (0, ENETDOWN)), "ab")
def test_what_stays_hopeless_is_told_soon(dialect, stat):
    """Refused, or not even searching, for 25 s: attach() does not wait for its deadline."""
    modem, tape, clock, module = start(dialect, stats(stat[0]))
    told, error = progress_of(modem)
    assert error.errno == stat[1] and not isinstance(error, atsock.Timeout), error
    assert 25_000 <= clock.now <= 30_000, clock.now
    module.differs = {}
    assert modem.attach("internet") == "10.0.0.1"


@cases("dialect", DIALECTS)
@cases("stat", ((2, "searching"), (4, "unknown"), (8, "emergency calls only")), "abc")
@cases("rssi", ((99, ", no signal"), (31, ", signal -51 dBm"), (32, "")), "abc")
def test_no_network_is_told_soon(dialect, stat, rssi):
    """Searching for 25 s: attach() says so, with the signal and what to do; with timeout_ms it goes on until then."""
    modem, tape, clock, module = start(dialect, stats(stat[0]))
    module.differs[b"AT+CSQ"] = line(b"+CSQ: %d,99" % rssi[0]) + OK
    told, error = progress_of(modem)
    assert isinstance(error, atsock.Timeout), error
    assert error.where == "register: " + stat[1] + rssi[1], error.where
    assert "no network was found" in str(error) and "give timeout_ms" in str(error), str(error)
    assert 25_000 <= clock.now <= 30_000, clock.now
    assert module.count(b"ATE0") == 1, "attach() began anew"
    begin = clock.now
    told, error = progress_of(modem, timeout_ms=100_000)
    assert isinstance(error, atsock.Timeout) and 100_000 <= clock.now - begin <= 100_100, (error, clock.now - begin)
    assert error.where == "register: " + stat[1] + rssi[1] and "no network was found" in str(error), str(error)
    module.differs.update(stats(*([stat[0]] * 60 + [1])))
    assert modem.attach("internet", timeout_ms=100_000) == "10.0.0.1"


def test_no_time_at_all():
    """timeout_ms=0 is none, and not the usual one."""
    modem, tape, clock, module = start("bg96")
    tape.auto = lambda command: b""
    error = raises(OSError, lambda: modem.attach("internet", timeout_ms=0))
    assert error.errno == ETIMEDOUT and clock.now <= 100, (error, clock.now)


@cases("dialect", DIALECTS)
def test_recovery_waits_for_a_network(dialect):
    """What a recover() attaches again waits longer than a plain attach()."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    module.differs.update(stats(*([2] * 40 + [1])))
    module.differs[b"AT+NETCLOSE"] = OK + line(b"+NETCLOSE: 0")
    modem.detach()
    assert "attach" in modem.recover()
    assert modem.isconnected() and clock.now >= 40_000, clock.now


@cases("answer", (
    (line(b'+COPS: 0,0,"Blue \x1bNet",7') + OK, "home, Blue ?Net"), (line(b"+COPS: 0") + OK, "home"),
    (line(b"+CME ERROR: 30"), "home"),
), "abc")  # fmt: skip
def test_the_operator_is_told(answer):
    """Registered: on_progress is told with whom.  Where nobody listens, the module is not asked."""
    for listens in (True, False):
        modem, tape, clock, module = start("bg96", {b"AT+COPS?": answer[0]})
        if listens:
            told, error = progress_of(modem)
            assert error is None and ("register", answer[1]) in told, told
        else:
            modem.attach("internet")
        assert module.count(b"AT+COPS?") == listens


@cases("dialect", DIALECTS)
def test_what_changes_is_not_hopeless(dialect):
    """20 s not searching, 10 s searching, 20 s refused, 20 s not searching: then the network is found."""
    modem, tape, clock, module = start(dialect, stats(*([0] * 20 + [2] * 10 + [3] * 20 + [0] * 20 + [5])))
    assert modem.attach("internet") == "10.0.0.1"
    assert clock.now > 60_000


@cases("dialect", DIALECTS)
def test_left_by_an_earlier_program(dialect):
    """AT+COPS? says 2: the module was told to leave the network.  AT+COPS=0, once; a chosen operator is not touched."""
    for answer, asked in ((b"+COPS: 2", 1), (b"+COPS: 0", 0), (b'+COPS: 1,2,"26201"', 0)):
        module_says = dict(stats(*([0] * 12 + [1])))
        module_says[b"AT+COPS?"] = [line(answer) + OK, line(b"+COPS: 0") + OK]
        modem, tape, clock, module = start(dialect, module_says)
        told, error = progress_of(modem)
        assert error is None and module.count(b"AT+COPS=") == asked, module.seen
        assert (("register", "deregistered") in told) == bool(asked)


@cases("dialect", DIALECTS)
@cases("answer", (OK, ERROR), "ab")
def test_searching_anew_takes_its_time(dialect, answer):
    """The 25 s begin behind AT+COPS=0, whatever came of it; AT+COPS? was refused while the module started."""
    module_says = dict(stats(*([0] * 33 + [1])))
    module_says[b"AT+COPS?"] = [ERROR, line(b"+COPS: 2") + OK, line(b"+COPS: 0") + OK]
    module_says[b"AT+COPS=0"] = answer
    modem, tape, clock, module = start(dialect, module_says)
    assert modem.attach("internet") == "10.0.0.1"
    assert 30_000 < clock.now < 45_000, clock.now


def test_registration_is_not_answered():
    """A module that says nothing to the questions: then that is what the error tells."""
    modem, tape, clock, module = start("bg96", {b"AT+CEREG?": b"", b"AT+CREG?": b"", b"AT+CGREG?": b""})
    told, error = progress_of(modem, timeout_ms=60_000)
    assert "register" in str(error) and "no answer to AT+C" in str(error), str(error)


@cases("dialect", DIALECTS)
def test_each_step_is_in_its_error(dialect):
    """SIM, registration, context: refused, the text begins with the step; errno, args and strerror go with it."""
    says = speech(dialect).attach()
    for step, differs in (
        ("sim", {b"AT+CPIN?": line(b"+CPIN: SIM PUK") + OK}),
        ("context", {says.question: says.state, says.activation: ERROR, b"AT+QIGETERROR": OK}),
    ):
        modem, tape, clock, module = start(dialect, differs)
        told, error = progress_of(modem)
        assert told[-1][0] == step and step in str(error) and error.args[1].startswith(step), str(error)
        assert error.args[1] == error.args[1].strip(), error.args
        assert error.args[0] == error.errno


def test_what_on_progress_raises_comes_out():
    modem, tape, clock, module = start("bg96")
    raises(KeyError, lambda: modem.attach("internet", on_progress=lambda step, detail: {}[step]))
    assert modem.attach("internet") == "10.0.0.1"


@cases("call", ("attach", "recover"))
@cases("dialect", DIALECTS)
def test_on_progress_that_calls_what_would_wait_for_it(dialect, call):
    """EBUSY at once, at each step before the address is there, and attach() goes on."""
    modem, tape, clock, module = start(dialect)
    found = []

    def told(step, detail):
        if not modem.isconnected():
            found.append(errno_of(getattr(modem, call)))

    assert modem.attach("internet", on_progress=told) == "10.0.0.1"
    assert len(found) >= 4 and set(found) == {16}, found
    assert clock.now < 5000, clock.now
    assert modem.attach("internet") == "10.0.0.1"


# -- restarts on the way


@cases("at", (b"AT+CPIN?", b"AT+CEREG?", b"activation"))
@cases("dialect", DIALECTS)
def test_restart_in_the_middle(dialect, at):
    """A boot word instead of an answer, at any step: attach() begins anew, and echo is off again."""
    modem, tape, clock, module = start(dialect)
    if at == b"activation":
        at = module.normal.activation
    boots = [line(b"RDY")]

    def answer(command):
        if boots and (command == at or command.startswith(at) and not command.endswith(b"?")):
            module.normal = speech(dialect).attach()
            return boots.pop()
        return module(command)

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1"
    assert module.count(b"ATE0") == 2 and not boots


@cases("dialect", DIALECTS)
def test_restart_right_behind_the_last_answer(dialect):
    """All is to be done once more, although each command has succeeded."""
    modem, tape, clock, module = start(dialect)
    modem.attach("internet")
    last = len(module.seen)
    modem, tape, clock, module = start(dialect)

    def answer(command):
        reply = module(command)
        if len(module.seen) == last:
            module.normal = speech(dialect).attach()
            return reply + line(b"RDY")
        return reply

    tape.auto = answer
    assert modem.attach("internet") == "10.0.0.1" and modem.isconnected()
    assert module.count(b"ATE0") == 2 and module.count(b"AT+CMEE=1") == 2


@cases("dialect", DIALECTS)
def test_two_that_attach_at_once(dialect):
    """The second one waits for the first one, and finds nothing to do."""
    modem, tape, clock, module = start(dialect)
    session = modem._session
    jobs = [session.spawn(bringup.attach_with(session, bringup.Account(b"internet"))) for _ in range(2)]
    for _ in range(50):
        modem.poll(100)
    assert [job.result() for job in jobs] == ["10.0.0.1"] * 2
    assert module.count(b"ATE0") == 1


@cases("dialect", DIALECTS)
def test_a_signal_that_is_not_told(dialect):
    """While the network is searched for: nothing of it stands behind the state."""
    signal = line(b"+CSQ: 20,0") + OK
    for answers, detail in (([signal, ERROR], "searching"), ([signal], "searching, signal -73 dBm")):
        searching = line(b"+CEREG: 0,2") + OK
        modem, tape, clock, module = start(dialect, {
            b"AT+CREG?": line(b"+CREG: 0,2") + OK, b"AT+CGREG?": line(b"+CGREG: 0,0") + OK, b"AT+CSQ": answers,
            b"AT+CEREG?": [searching] * 6 + [line(b"+CEREG: 0,1") + OK],
        })  # fmt: skip
        told, error = progress_of(modem)
        assert error is None
        assert [text for step, text in told if text.startswith("searching")][-1] == detail, told
        assert module.count(b"AT+COPS") <= 1, "it searches"


@cases("dialect", DIALECTS)
def test_silent_restart_in_the_middle(dialect):
    """No boot word, only silence for some seconds while the context comes up: begun anew, once."""
    modem, tape, clock, module = start(dialect)
    until = []

    def answer(command):
        if command.startswith(module.normal.activation) and command != module.normal.question and not until:
            until.append(clock.now + 8000)
            return b""
        return b"" if until and clock.now < until[0] else module(command)

    tape.auto = answer
    assert modem.attach("internet", timeout_ms=400_000) == "10.0.0.1"
    assert module.count(b"ATE0") == 2


def test_a_module_that_restarts_for_ever():
    modem, tape, clock, module = start("bg96", {b"AT+CPIN?": line(b"RDY")})
    assert isinstance(raises(OSError, modem.attach, "internet"), atsock.Restarted)


def test_success_is_no_reason():
    """AT+QIACT=1: ERROR, and AT+QIGETERROR says 0, operate successfully: the error is that of the command alone."""
    says = speech("bg96").attach()
    for reason in (b"+QIGETERROR: 0,operate successfully", b"+QIGETERROR: 0"):
        modem, tape, clock, module = start(
            "bg96", {says.question: says.state, says.activation: ERROR, b"AT+QIGETERROR": line(reason) + OK}
        )
        error = raises(atsock.CommandError, modem.attach, "internet")
        assert error.code is None and str(error).endswith("AT+QIACT=1: ERROR"), str(error)


def test_a_line_that_ends_between_two_commands_holds_nothing_up():
    """What came at a wrong speed, or before the program began, has its line's end while nothing is asked."""
    for rest in (b"\r\n", b" READY\r\n", b"\xe3\r\n\xf3"):
        modem, tape, clock = new_modem("bg96", [
            (">", b"AT\r"), (">", b"AT+CSQ\r"), ("!", b"\xf3\x8c"),
            (">", b"AT\r"), (">", b"AT+CSQ\r"), ("~", 50), ("!", rest),
            (">", b"AT\r"), ("<", OK), (">", b"ATE0\r"), ("<", OK),
            (">", b"AT+CMEE?\r"), ("<", line(b"+CMEE: 0") + OK),
        ])  # fmt: skip
        modem._session.run(registration.synchronise(modem._session), 30_000, "attach")
        tape.done()
        assert clock.now < 2000, clock.now


@cases("dialect", ("bg96", "nl668", "l610"))
def test_a_context_that_is_not_answered(dialect):
    """attach() that runs out of time tells which command has no answer."""
    activation = speech(dialect).attach().activation
    modem, tape, clock, module = start(dialect, {activation: b""})
    told, error = progress_of(modem, timeout_ms=10_000)
    assert "no answer to " + activation.decode() in str(error), str(error)
