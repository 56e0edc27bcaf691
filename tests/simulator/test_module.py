"""The core of a module: command line, framing, prompt, data mode, boot, strict checker, common commands."""

import pytest

from atsock_host.simulator.arguments import BadArguments, Int, Optional, Quoted, Text, match, split_fields, split_line
from atsock_host.simulator.canned import CannedAnswer
from atsock_host.simulator.common import CommonModule
from atsock_host.simulator.module import at
from atsock_host.simulator.simcom import A7600
from simbench import Bench


class Sample(CommonModule):
    """A module with a few commands that show what the core does."""

    BOOT_WORDS = ((0, "RDY"),)

    @at("+SLOW")
    def slow(self, form, args):
        self.after(1000, self.ok)

    @at("+LIST")
    def list(self, form, args):
        self.info("+LIST: 1")
        self.info("+LIST: 2", b"\r\nOK\r\n")
        self.ok()

    @at("+TAKE")
    def take_payload(self, form, args):
        (count,) = self.match(args, Optional(Int(0, 10)))
        self.prompt(self.taken, count=count, etx=True, limit=10, timeout_ms=5000, on_timeout="send")

    def taken(self, data):
        self.got = data
        self.ok()

    @at("+DATA")
    def data(self, form, args):
        self.stream = []
        self.data_mode(self.stream.append, result="CONNECT")


def sample(**settings):
    return Bench(Sample, **settings)


# ---- arguments


def test_fields():
    problems = []
    assert split_fields('1,"a,b",,10.0.0.1,-5', problems) == [1, "a,b", None, "10.0.0.1", -5]
    assert isinstance(split_fields('"x"', problems)[0], Quoted)
    assert split_fields("", problems) == [None]
    assert problems == []
    assert split_fields('1, "a" ,2', problems) == [1, "a", 2]
    assert problems == ["blank in the argument list"] * 2


@pytest.mark.parametrize("text", ['"open', '"a"b', 'a"b"', '1,"a" x'])
def test_fields_that_make_no_sense(text):
    with pytest.raises(BadArguments):
        split_fields(text, [])


def test_commands_of_a_line():
    found = split_line('E0+CMEE=2;+CPIN?;+COPS=?;&D1S3=13S5?+QISEND=0,";"', [])
    assert [(c.name, c.form, c.args) for c in found] == [
        ("E", "exec", [0]), ("+CMEE", "write", [2]), ("+CPIN", "read", []), ("+COPS", "test", []),
        ("&D", "exec", [1]), ("S3", "write", [13]), ("S5", "read", []), ("+QISEND", "write", [0, ";"])]


def test_match_fills_in_defaults():
    kinds = (Int(0, 5), Optional(Text(limit=3), "d"), Optional(Int(1, 2), 9, hole=True))
    assert match([5], *kinds) == [5, "d", 9]
    assert match([0, Quoted("abc"), None], *kinds) == [0, "abc", 9]
    for bad in ([], [6], [None], ["5"], [0, Quoted("abcd")], [0, "bare"], [0, None], [0, Quoted("a"), 3], [1] * 4):
        with pytest.raises(BadArguments):
            match(bad, *kinds)


# ---- command line


def test_frames():
    b = sample()
    assert b.ask("AT") == b"\r\nOK\r\n"
    assert b.ask("AT+LIST") == b"\r\n+LIST: 1\r\n+LIST: 2\r\n\r\nOK\r\n\r\n\r\nOK\r\n"


def test_echo_is_the_line_and_one_cr():
    b = sample(echo=True)
    assert b.ask("at+csq") == b"at+csq\r\r\n+CSQ: 23,0\r\n\r\nOK\r\n"
    assert b.ask("ATE0") == b"ATE0\r\r\nOK\r\n"
    assert b.ask("AT") == b"\r\nOK\r\n"


def test_any_cut_of_a_command_and_a_line_feed_after_it():
    b = sample()
    for byte in b"AT+CSQ\r\nAT\r\n":
        b.tx(bytes([byte]))
    assert b.rx() == b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n\r\nOK\r\n"


def test_repeat():
    b = sample()
    b.ask("AT+CSQ")
    b.tx("A/")
    assert b.rx() == b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n"


def test_concatenated_commands_end_at_the_first_error():
    b = sample()
    assert b.ask("ATE0V1+CSQ;+CREG?") == b"\r\n+CSQ: 23,0\r\n\r\n+CREG: 0,1\r\n\r\nOK\r\n"
    assert b.ask("AT+CSQ;+CREG=9;+CSQ", until=b"ERROR\r\n") == b"\r\n+CSQ: 23,0\r\n\r\nERROR\r\n"


def test_numeric_results():
    b = sample()
    assert b.ask("ATV0", until=b"0\r") == b"0\r"
    assert b.ask("AT+CSQ", until=b"0\r") == b"+CSQ: 23,0\r\n0\r"


def test_unknown_command():
    b = sample()
    assert b.ask("AT+NOPE=1", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.module.violations == ["unknown command or form [AT+NOPE=1]"]


def test_to_ask_whether_there_is_a_command_is_no_violation():
    b = sample()
    assert b.ask("AT+NOPE=?", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    a7600 = Bench(A7600)
    assert a7600.ask("AT+NETCLOSE=?", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert a7600.ask("AT+CTCPKA=?", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.module.violations == a7600.module.violations == []
    b.ask("AT+NOPE?", until=b"ERROR\r\n")
    assert b.module.violations == ["unknown command or form [AT+NOPE?]"]


def test_a_text_without_quotes_keeps_the_zeros_at_its_front():
    b = sample(quirks=("sim-pin",))
    b.module.SIM_PIN = "0042"
    assert b.ask("AT+CPIN=0042", until=b"READY\r\n") == b"\r\nOK\r\n\r\n+CPIN: READY\r\n"
    b.ask("AT+COPS=2")
    assert b.ask("AT+COPS=1,2,00101") == b"\r\nOK\r\n"
    assert b.module.violations == []


def test_text_that_is_no_command():
    b = sample()
    b.tx("hello\r")
    assert b.rx() == b""
    assert b.ask("\x1aAT") == b"\r\nOK\r\n"
    assert b.module.violations == ["text that is no command: 'hello'", "text before a command: '\\x1a'"]


def test_blanks_are_understood_and_reported():
    b = sample()
    assert b.ask("AT+CFUN=1, 0") == b"\r\nOK\r\n"
    assert b.module.violations == ["blank in the argument list [AT+CFUN=1, 0]"]


def test_long_line():
    for text in ("A" * 2600 + "\r", "AT+X=" + "1" * 2600):
        b = sample()
        b.tx(text)
        assert b.rx().endswith(b"\r\nERROR\r\n")
        assert b.module.violations == ["command line longer than 2560 characters"]


@pytest.mark.parametrize("again", ["A/", "a/", "A/\r", "A/\r\n", "a/\n"])
def test_the_last_line_again_with_whatever_line_end(again):
    for pieces in ([again], list(again)):
        b = sample()
        b.ask("AT+CSQ")
        for piece in pieces:
            b.tx(piece)
        assert b.rx() == b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n"
        assert b.ask("AT") == b"\r\nOK\r\n"
        assert b.module.violations == []


def test_the_line_end_behind_a_repeated_line_that_takes_its_time_is_no_command():
    b = sample()
    b.ask("AT+SLOW")
    b.tx("A/\r\n")
    b.wait(1000)
    assert b.rx() == b"\r\nOK\r\n"
    assert b.module.violations == []


def test_a_repeated_line_that_prompts_takes_what_comes_behind():
    b = sample()
    b.tx("AT+TAKE=3\r")
    b.tx("abc")
    b.tx("A/\r\nx")
    assert b.rx().endswith(b"\r\n> \r\nOK\r\n") and b.module.got == b"\r\nx"


def test_a_line_that_is_too_long_repeats_nothing():
    b = sample()
    b.ask("AT+CSQ")
    b.tx("AT" + "x" * 3000)
    b.rx()
    b.tx("A/")
    assert b.rx() == b""


def test_blanks_at_the_end_do_no_harm():
    b = sample()
    assert b.ask("AT+CSQ ") == b.ask("AT +CSQ") == b.ask("AT+CSQ; +CREG? ").replace(b"+CREG: 0,1\r\n\r\n", b"")
    assert b.module.violations == []
    b.ask("AT+CREG ?")
    assert b.module.violations == ["blank in the command name [AT+CREG ?]"]


def test_the_speed_is_one_that_lines_have():
    b = sample()
    b.ask("AT+IPR=9600")
    b.ask("AT+IPR=12345", until=b"ERROR\r\n")
    assert b.ask("AT+IPR?") == b"\r\n+IPR: 9600\r\n\r\nOK\r\n"


def test_each_speed_of_the_list_is_taken():
    b = sample()
    rates = b.ask("AT+IPR=?").decode().split("(")[2].split(")")[0].split(",")
    assert {"0", "9600", "115200", "921600", "3000000"} <= set(rates)
    for rate in rates:
        assert b.ask(f"AT+IPR={rate}") == b"\r\nOK\r\n"


# ---- strict checker


def test_command_before_the_final_result():
    b = sample()
    b.tx("AT+SLOW\rAT+CSQ\r")
    assert b.rx() == b""
    b.wait(1000)
    assert b.rx() == b"\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n"
    assert b.module.violations == ["bytes before the final result of the command: b'AT+CSQ\\r' [AT+SLOW]"]


def test_command_before_the_final_result_was_read():
    b = sample()
    b.module.tracks_delivery = True
    b.tx("AT\r")
    made = b.module.take()
    b.module.delivered(len(made) - 3)
    b.tx("AT\r")
    assert b.module.violations == ["command before the final result was out: b'AT\\r'"]
    made = b.module.take()
    b.module.delivered(len(made) + 3)
    b.tx("AT\r")
    assert len(b.module.violations) == 1


@pytest.mark.parametrize("verbose, command, answer", [
    (True, "AT", b"\r\nOK\r\n"), (False, "AT", b"0\r"), (True, "AT+LIST?", None),
    (True, "AT+SPELLED", b"\r\nSEND OK\r\n")])
def test_a_host_may_act_on_the_last_character_of_a_result(verbose, command, answer):
    b = sample()
    b.module.answers.append(CannedAnswer("AT+SPELLED", raw="\r\nSEND OK\r\n"))
    b.module.verbose = verbose
    b.module.tracks_delivery = True
    b.tx(command + "\r")
    made = b.module.take()
    assert answer in (None, made)
    b.module.delivered(len(made.rstrip(b"\r\n")))
    b.tx("AT\r")
    assert b.module.violations == []


def test_a_host_may_act_on_the_last_character_of_the_result_of_an_escape():
    b = sample()
    b.ask("AT+DATA", until=b"CONNECT\r\n")
    b.module.tracks_delivery = True
    b.wait(1000)
    b.tx("+++")
    b.wait(1000)
    b.module.delivered(len(b.module.take()) - 2)
    b.tx("AT\r")
    assert b.module.violations == []


def test_an_unread_unsolicited_line_is_no_reason_to_wait():
    b = sample()
    b.module.tracks_delivery = True
    b.module.urc("RING")
    b.tx("AT\r")
    assert b.module.violations == []


def test_payload_before_the_prompt_was_read():
    b = sample()
    b.module.tracks_delivery = True
    b.tx("AT+TAKE=3\r")
    b.tx("abc")
    assert b.module.violations == ["payload before the prompt was out: b'abc' [AT+TAKE=3]"]


# ---- prompt


def test_counted_payload_takes_every_byte():
    b = sample()
    assert b.ask("AT+TAKE=4", until=b"> ") == b"\r\n> "
    for byte in b"\x1a\x1b\r\x03":
        b.tx(bytes([byte]))
    assert b.rx() == b"\r\nOK\r\n"
    assert b.module.got == b"\x1a\x1b\r\x03"


def test_too_much_payload():
    b = sample()
    b.ask("AT+TAKE=2", until=b"> ")
    b.tx("abcAT\r")
    assert b.rx() == b"\r\nOK\r\n\r\nOK\r\n"
    assert b.module.violations == ["text before a command: 'c'"]


def test_too_little_payload():
    b = sample()
    b.ask("AT+TAKE=5", until=b"> ")
    b.tx("abc")
    b.wait(5000)
    assert b.rx() == b"\r\nOK\r\n"
    assert b.module.got == b"abc"
    assert b.module.violations == ["payload of 3 bytes, 5 were announced [AT+TAKE=5]"]


def test_no_payload_at_all():
    b = sample()
    assert b.ask("AT+TAKE=0") == b"\r\n> \r\nOK\r\n"
    assert b.module.got == b""


def test_payload_up_to_ctrl_z_with_escaped_bytes():
    b = sample()
    b.ask("AT+TAKE", until=b"> ")
    b.tx("a\x03\x1a\x03\x03\x03\x1bb\x1a")
    assert b.module.got == b"a\x1a\x03\x1bb"
    assert b.rx() == b"\r\nOK\r\n"
    b.ask("AT+TAKE", until=b"> ")
    b.tx("abc\x1b")
    assert b.module.got is None
    assert b.rx() == b"\r\nOK\r\n"
    b.ask("AT+TAKE", until=b"> ")
    b.tx("0123456789ab\x1a")
    assert b.module.got == b"0123456789"
    assert b.module.violations == ["payload longer than the limit by 2 bytes [AT+TAKE]"]


def test_unsolicited_lines_wait_for_the_prompt_to_end():
    b = sample()
    b.ask("AT+TAKE=2", until=b"> ")
    b.module.urc("RING")
    assert b.rx() == b""
    b.tx("ab")
    assert b.rx() == b"\r\nOK\r\n\r\nRING\r\n"


# ---- data mode


def test_data_mode_and_escape():
    b = sample()
    assert b.ask("AT+DATA", until=b"CONNECT\r\n") == b"\r\nCONNECT\r\n"
    b.tx("AT\r")
    b.module.raw(b"\r\nOK\r\n")
    assert b.rx() == b"\r\nOK\r\n"
    assert b"".join(b.module.stream) == b"AT\r"
    b.wait(1000)
    b.tx("+++")
    b.wait(1000)
    assert b.rx() == b"\r\nOK\r\n"
    assert b.ask("AT") == b"\r\nOK\r\n"
    assert b.module.violations == []


def test_escape_in_command_mode_is_forgotten():
    b = sample()
    b.tx("+++")
    b.wait(1000)
    assert b.ask("AT") == b"\r\nOK\r\n"
    assert b.module.violations == []


# ---- boot


def test_restart_is_silent_and_starts_with_the_echo_on():
    b = sample()
    b.tx("AT+SLOW\r")
    b.module.restart()
    b.tx("AT\r")
    b.wait(1999)
    assert b.rx() == b""
    b.wait(1)
    assert b.rx() == b"\r\nRDY\r\n"
    assert b.ask("AT") == b"AT\r\r\nOK\r\n"


def test_boot_from_the_start():
    b = sample(quirks=("boot",))
    b.tx("AT\r")
    b.wait(2000)
    assert b.rx() == b"\r\nRDY\r\n"


def test_hang_ends_with_power():
    b = sample()
    b.module.hang()
    b.tx("AT\r")
    b.wait(60_000)
    assert b.rx() == b""
    b.module.power_on()
    b.wait(2000)
    assert b.rx() == b"\r\nRDY\r\n"


# ---- splice


def test_spliced_lines_leave_payload_alone():
    b = sample()
    b.module.splice = lambda: "RING"
    b.tx("AT+LIST\r")
    assert b.rx() == (
        b"\r\n+LIST: 1\r\n\r\nRING\r\n\r\n+LIST: 2\r\n\r\nOK\r\n\r\n\r\nRING\r\n\r\nOK\r\n\r\nRING\r\n")
    assert b.ask("AT+TAKE=1", until=b"> ") == b"\r\nRING\r\n\r\n> "
    b.tx("x")
    assert b.rx() == b"\r\nOK\r\n\r\nRING\r\n"


# ---- common commands


def test_identity():
    b = sample()
    assert b.ask("ATI") == b"\r\nSimulated\r\nModule\r\nRevision: 1\r\n\r\nOK\r\n"
    assert b.ask("AT+CGMM") == b"\r\nModule\r\n\r\nOK\r\n"
    assert b.ask("AT+CGSN") == b"\r\n860000000000017\r\n\r\nOK\r\n"


def test_sim_with_a_pin():
    b = sample(quirks=("sim-pin",))
    b.ask("AT+CMEE=1")
    assert b.ask("AT+CPIN?") == b"\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n"
    assert b.ask("AT+CREG?") == b"\r\n+CREG: 0,0\r\n\r\nOK\r\n"
    assert b.ask('AT+CPIN="0000"', until=b"16\r\n") == b"\r\n+CME ERROR: 16\r\n"
    assert b.ask('AT+CPIN="1234"', until=b"READY\r\n") == b"\r\nOK\r\n\r\n+CPIN: READY\r\n"
    assert b.ask("AT+CREG?") == b"\r\n+CREG: 0,1\r\n\r\nOK\r\n"


def test_sim_errors_as_cmee_says():
    b = sample(quirks=("sim-missing",))
    assert b.ask("AT+CPIN?", until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    b.ask("AT+CMEE=1")
    assert b.ask("AT+CPIN?", until=b"10\r\n") == b"\r\n+CME ERROR: 10\r\n"
    b.ask("AT+CMEE=2")
    assert b.ask("AT+CPIN?", until=b"inserted\r\n") == b"\r\n+CME ERROR: SIM not inserted\r\n"


def test_busy_sim():
    b = sample(quirks=("sim-busy",))
    b.ask("AT+CMEE=1")
    assert b.ask("AT+CPIN?", until=b"14\r\n") == b"\r\n+CME ERROR: 14\r\n"
    b.wait(3000)
    assert b.rx() == b"\r\n+CPIN: READY\r\n"


def test_slow_registration():
    b = sample(quirks=("slow-registration",))
    b.ask("AT+CREG=1")
    b.ask("AT+CEREG=2")
    assert b.ask("AT+CREG?") == b"\r\n+CREG: 1,2\r\n\r\nOK\r\n"
    b.wait(3000)
    assert b.rx() == b'\r\n+CREG: 1\r\n\r\n+CEREG: 1,"1A2B","01C3D4E5",7\r\n'
    assert b.ask("AT+CEREG?") == b'\r\n+CEREG: 2,1,"1A2B","01C3D4E5",7\r\n\r\nOK\r\n'


def test_contexts():
    b = sample()
    b.ask('AT+CGDCONT=1,"IP","internet"')
    assert b.ask("AT+CGDCONT?") == b'\r\n+CGDCONT: 1,"IP","internet","0.0.0.0",0,0\r\n\r\nOK\r\n'
    b.ask("AT+CGACT=1,1")
    assert b.ask("AT+CGPADDR=1") == b"\r\n+CGPADDR: 1,10.7.157.1\r\n\r\nOK\r\n"
    b.ask("AT+CFUN=0")
    assert b.ask("AT+CGACT?") == b"\r\n+CGACT: 1,0\r\n\r\nOK\r\n"
    assert b.ask("AT+CGACT=1,1", until=b"ERROR\r\n") == b"\r\nERROR\r\n"


def test_words_of_the_network_wait_for_the_result_that_brings_them():
    b = sample()
    b.ask("AT+CREG=1;+CGREG=1")
    b.tx("AT+CFUN=4\r")
    assert b.rx() == b"\r\nOK\r\n\r\n+CREG: 0\r\n\r\n+CGREG: 0\r\n"
    b.tx("AT+CFUN=1;+COPS=2;+CSQ\r")
    assert b.rx().startswith(b"\r\n+CSQ: 23,0\r\n\r\nOK\r\n\r\n+CREG: ")
    b.tx("AT+COPS=0;+COPS=1,2,\"99999\"\r")     # also behind a result that is an error
    assert b.rx() == b"\r\nERROR\r\n\r\n+CREG: 1\r\n\r\n+CGREG: 1\r\n"


def test_clock():
    b = sample()
    b.ask('AT+CCLK="24/05/01,12:00:00+08"')
    b.wait(61_000)
    assert b.ask("AT+CCLK?") == b'\r\n+CCLK: "24/05/01,12:01:01+08"\r\n\r\nOK\r\n'
    assert b.ask('AT+CCLK="nonsense"', until=b"ERROR\r\n") == b"\r\nERROR\r\n"


def test_settings_are_read_back():
    b = sample()
    for command, answer in (("+IFC=2,2", "+IFC: 2,2"), ("+IPR=921600", "+IPR: 921600"), ("+CMEE=2", "+CMEE: 2"),
                            ("+CFUN=4", "+CFUN: 4"), ("+CREG=2", "+CREG: 2,0")):
        b.ask(f"AT{command}")
        name = command.split("=")[0]
        assert b.ask(f"AT{name}?") == f"\r\n{answer}\r\n\r\nOK\r\n".encode()
