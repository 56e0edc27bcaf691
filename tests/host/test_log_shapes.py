"""Logs in the shapes that people paste: whatever stands around it, the same dialogue is found."""

import pytest
from atsock.dialects.identify import KIN
from atsock_host.explain.dialogue import Dialogue
from atsock_host.explain.meaning import Vocabulary, guess_dialect
from atsock_host.explain.shapes import read_log
from hypothesis import example, given, settings, strategies

STORY = [
    (">", "AT+CPIN?"), ("<", "+CPIN: READY"), ("<", "OK"),
    (">", "AT+CGMM"), ("<", "BG96"), ("<", "OK"),
    (">", 'AT+QIOPEN=1,0,"TCP","example.com",80'), ("<", "OK"), ("<", "+QIOPEN: 0,0"),
    (">", "AT+COPS?"), ("<", "+CME ERROR: 30"),
    ("<", '+QIURC: "closed",0'),
]
COMMANDS = [
    ("AT+CPIN?", ["+CPIN: READY"], "OK", []),
    ("AT+CGMM", ["BG96"], "OK", []),
    ('AT+QIOPEN=1,0,"TCP","example.com",80', [], "OK", ["+QIOPEN: 0,0"]),
    ("AT+COPS?", [], "+CME ERROR: 30", []),
]


def found(text):
    dialogue = Dialogue(read_log(text if isinstance(text, bytes) else text.encode()))
    return [
        (each.command, each.information, each.result, [text for text, _ in each.late]) for each in dialogue.exchanges]


def arrows(to, of, echo=False):
    lines = []
    for direction, text in STORY:
        lines.append((to if direction == ">" else of) + text)
        if echo and direction == ">":
            lines.append(of + text)
    return "\n".join(lines)


def told(command, answer):
    return "\n".join((command if direction == ">" else answer) % text for direction, text in STORY)


SHAPES = {
    "a terminal's capture": "".join(
        f"{text}\r\r\n" if direction == ">" else f"\r\n{text}\r\n" for direction, text in STORY),
    "empty lines lost": "\n".join(text for _, text in STORY),
    "carriage returns alone": "\r".join(text for _, text in STORY),
    "arrows": arrows("-> ", "<- "), "arrows from the other side": arrows("<- ", "-> "),
    "long arrows": arrows("---> ", "<--- "), "fat arrows": arrows("=> ", "<= "),
    ">> <<": arrows(">> ", "<< "), ">> << without a blank": arrows(">>", "<<"), "> <": arrows("> ", "< "),
    "with the echo": arrows(">> ", "<< ", echo=True), "unicode": arrows("→ ", "← "),
    "TX RX": arrows("TX: ", "RX: "), "[TX] [RX]": arrows("[TX] - ", "[RX] - "), "send recv": arrows("send: ", "recv: "),
    "words": arrows("Sent: ", "Received: "), "host and module": arrows("HOST> ", "MODEM> "),
    "times": "\n".join(
        f"[2024-03-04 12:34:{n:02}.789] {'->' if d == '>' else '<-'} {t}" for n, (d, t) in enumerate(STORY)),
    "Arduino's monitor": "\n".join(f"23:19:{n:02}.035 -> {text}" for n, (_, text) in enumerate(STORY)),
    "Zephyr": "\n".join(
        f"[00:00:{n:02}.259,155] <dbg> modem_chat: modem_chat_"
        + (f"script_next: sending: {text}" if direction == ">" else f"log_received_command: {text}")
        for n, (direction, text) in enumerate(STORY)),
    "Zephyr in a shell": told(
        "uart:~$ uart:~$ [00:01:24.522,000] <dbg> modem_chat: modem_chat_script_next: sending: %s",
        "uart:~$ [00:01:24.568,000] <dbg> modem_chat: modem_chat_log_received_command: %s"),
    "mbed": told("[00030546ms][INFO][CELL]: AT TX ( 7): %s<cr>",
                 "[00030670ms][INFO][CELL]: AT RX (20): <cr><ln>%s<cr><ln>"),
    "ESP-IDF": told("\x1b[0;32mD (3325) command_lib: sending: %s\x1b[0m", "D (3345) command_lib: Response: %s"),
    "Python": told("2021-03-04 12:34:56,789 DEBUG send: b'%s\\r\\n'",
                   "2021-03-04 12:34:56,799 DEBUG recv: b'\\r\\n%s\\r\\n'"),
    "line ends spelt": told("TX: %s<CR><LF>", "RX: <CR><LF>%s<CR><LF>"),
    "syslog": told("Mar  4 12:34:56 router modemd[123]: > %s", "Mar  4 12:34:56 router modemd[123]: < %s"),
    "RT-Thread": "\n".join(
        f"[D/at.clnt] {'sendline' if direction == '>' else 'recvline'}: 0000-00{len(text) + 1:02X}: "
        + " ".join(f"{c:02X}" for c in (text + "\r\n").encode()) + "    ."
        for direction, text in STORY),
    "a trace of this project": "".join(
        f"{n}.5 {d} {t}\\r\n" if d == ">" else f"{n}.5 {d} \\r\\n{t}\\r\\n\n" for n, (d, t) in enumerate(STORY)),
    "UTF-16": "\n".join(text for _, text in STORY).encode("utf-16"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape(shape):
    assert found(SHAPES[shape]) == COMMANDS


@pytest.mark.parametrize(
    "text, commands",
    [("AT+CSQ +CSQ: 20,99 OK", [("AT+CSQ", ["+CSQ: 20,99"], "OK", [])]),
     ("AT+CSQ+CSQ: 20,99OK", [("AT+CSQ", ["+CSQ: 20,99"], "OK", [])]),
     ("ATE0OK", [("ATE0", [], "OK", [])]), ("AT OK", [("AT", [], "OK", [])]),
     ("AT OK AT+CFUN=1 OK", [("AT", [], "OK", []), ("AT+CFUN=1", [], "OK", [])]),
     ("AT+COPS? +CME ERROR: 30", [("AT+COPS?", [], "+CME ERROR: 30", [])])])
def test_line_ends_that_got_lost(text, commands):
    assert found(text) == commands


def test_what_a_library_prints_in_the_middle_of_a_line():
    """TinyGSM with its debugging on (TinyGSM issue 296 has such a log)."""
    text = (
        "09:11:06.440 -> AT+CGREG?\n09:11:06.440 -> +CGREG:[16926] < 1 > /+CGREG:\n09:11:06.440 ->  0,0\n"
        "09:11:06.473 -> OK\n09:11:06.473 -> [16933] < 1 > /OK/\n")
    assert found(text) == [("AT+CGREG?", ["+CGREG: 0,0"], "OK", [])]


def test_a_command_that_is_printed_and_echoed():
    assert found("AT+CSQ\nAT+CSQ\n\n+CSQ: 99,99\n\nOK\n") == [("AT+CSQ", ["+CSQ: 99,99"], "OK", [])]


@pytest.mark.parametrize("text, expected", [
    ("AT+CIPSEND=0,5 > hello OK +CIPSEND: 0,5,5", [("AT+CIPSEND=0,5", "OK", 5, 0)]),
    ("AT+CIPSEND=0,5 >hello OK", [("AT+CIPSEND=0,5", "OK", 5, 0)]),
    ("AT+CIPSEND=0,7 > hel lo. OK", [("AT+CIPSEND=0,7", "OK", 7, 0)]),
    ("AT+CIPSEND=0,7 > he lo. OK", [("AT+CIPSEND=0,7", "OK", 6, 0)]),      # CR LF has become a blank
    ("AT+CIPSEND=0,5 > OK", [("AT+CIPSEND=0,5", "OK", 0, 0)]),
    ('AT+CIPSEND=0,5,"192.0.2.1",80 > hello OK', [('AT+CIPSEND=0,5,"192.0.2.1",80', "OK", 5, 0)]),
    ("AT+QISEND=0,5 > hello SEND OK", [("AT+QISEND=0,5", "SEND OK", 5, 0)]),
    ("AT+CIPRXGET=2,0,100 +CIPRXGET: 2,0,5,0 world OK", [("AT+CIPRXGET=2,0,100", "OK", 0, 5)]),
    ("AT+QIRD=0,1500 +QIRD: 5 OK OK OK", [("AT+QIRD=0,1500", "OK", 0, 5)]),
    ("AT+MIPREAD=1,5 +MIPDATA: 1,5 world OK", [("AT+MIPREAD=1,5", "OK", 0, 5)]),
    (('AT+QIOPEN=1,0,"TCP","192.0.2.1",80,0,0OK+QIOPEN: 0,0AT+QISEND=0,5>SEND OKAT+QISEND=0,5>helloSEND OK'
      "AT+QISEND=0,5> helloSEND OKAT+QIRD=0,1500+QIRD: 5worldOKAT+QIRD=0,1500+QIRD: 512345OK"),
     [('AT+QIOPEN=1,0,"TCP","192.0.2.1",80,0,0', "OK", 0, 0), ("AT+QISEND=0,5", "SEND OK", 0, 0),
      ("AT+QISEND=0,5", "SEND OK", 5, 0), ("AT+QISEND=0,5", "SEND OK", 5, 0), ("AT+QIRD=0,1500", "OK", 0, 5),
      ("AT+QIRD=0,1500", "OK", 0, 5)]),
    ("AT+CIPSEND=0,5>helloOK+CIPSEND: 0,5,5AT+CIPRXGET=2,0,100+CIPRXGET: 2,0,5,0worldOK",
     [("AT+CIPSEND=0,5", "OK", 5, 0), ("AT+CIPRXGET=2,0,100", "OK", 0, 5)]),
])
def test_payload_where_line_ends_got_lost(text, expected):
    """(command, result, bytes sent, bytes received): a prompt, and payload by its count."""
    exchanges = Dialogue(read_log(text.encode())).exchanges
    assert [(each.command, each.result, each.sent, each.received) for each in exchanges] == expected
    words = Vocabulary("a7600")
    assert not any(complaint for each in exchanges for _, _, complaint in words.parameters(each.command)
                   if each.command.startswith("AT+CIP"))


def test_how_many_bytes_are_left_is_a_number():
    assert Vocabulary("a7600").line("+CIPRXGET: 2,0,5,0 world") == "5 bytes of connection 0 follow"


@pytest.mark.parametrize("mark", ["> ", "> > "])
def test_a_mail_that_quotes_a_dialogue_between_its_words(mark):
    dialogue = ["AT+CPIN?", "+CPIN: SIM PIN", "", "OK", "AT+CSQ", "+CSQ: 20,99", "OK"]
    text = "hello,\nlook at this:\n" + "\n".join((mark + line).rstrip() for line in dialogue) + "\nOK?\nbye\n"
    assert found(text) == [("AT+CPIN?", ["+CPIN: SIM PIN"], "OK", []), ("AT+CSQ", ["+CSQ: 20,99"], "OK", [])]


def test_a_prompt_in_a_quotation_stays_one():
    text = "hello,\n> AT+QISEND=0,5\n> > hello\n> SEND OK\nbye\n"
    each, = Dialogue(read_log(text.encode())).exchanges
    assert (each.command, each.result, each.sent) == ("AT+QISEND=0,5", "SEND OK", 5)


def test_the_times_that_tinygsm_prints_are_times():
    text = ("AT+CSQ\n+CSQ: 20,99\n\nOK\n[10533] ### Unhandled: OK\nAT+CREG?\n+CREG:[16926] < 1 > /+CREG:\n 0,1\n"
            "OK\n[17533] ### Network: 1\n")
    events = Dialogue(read_log(text.encode())).events
    assert [(event.text, event.line.ms) for event in events if event.line.ms is not None] == [
        ("### Unhandled: OK", 0.0), ("+CREG: 0,1", 6393.0), ("### Network: 1", 7000.0)]
    clocked = "12:00:01.000 -> AT\n12:00:02.000 -> OK\n12:00:03.000 -> [10533] ### Unhandled: OK\n"
    assert [event.line.ms for event in Dialogue(read_log(clocked.encode())).events] == [0.0, 1000.0, 2000.0]


PAYLOAD = """AT+QISEND=0,5
> hello
SEND OK
+QIURC: "recv",0
AT+QIRD=0,1500
+QIRD: 9
OK
hello

OK
AT+CIPSEND=0,5
>
AT+OK
OK
+CIPSEND: 0,5,5
"""


def test_payload_is_neither_command_nor_result():
    dialogue = Dialogue(read_log(PAYLOAD.encode()))
    assert [each.command for each in dialogue.exchanges][:2] == ["AT+QISEND=0,5", "AT+QIRD=0,1500"]
    assert [(each.sent, each.received, each.result) for each in dialogue.exchanges[:2]] == [
        (5, 0, "SEND OK"), (0, 7, "OK")]


@pytest.mark.parametrize(
    "text, meaning",
    [("+CSQ: 20,99", "-73 dBm, good"), ("+CSQ: 99,99", "no signal: antenna, band or coverage"),
     ("+CREG: 0,3", "registration DENIED"), ("+CEREG: 2,5,\"1\",\"2\",9", "registered, roaming, NB-IoT"),
     ("+CPIN: SIM PIN", "the SIM card wants its PIN"), ("+QIOPEN: 0,566", "connection 0: Socket connect failed"),
     ("+COPS: 0,0,\"Some Net\",7", "Some Net, LTE"), ("+CGATT: 0", "not attached to packet data"), ("+XYZ: 1", "")])
def test_what_a_line_means(text, meaning):
    assert Vocabulary("bg96").line(text) == meaning


@pytest.mark.parametrize(
    "text, meaning",
    [("ATE0", "echo of commands: off"), ("ATV1", "form of results: results as words"),
     ("ATQ0V1E0", "results on or off: results are said; form of results: results as words; echo of commands: off"),
     ("AT&F", "factory settings"), ("ATZ", "reset to the stored settings"), ("AT&FZ9X", "factory settings"),
     ("AT+CREG=?", "registration (calls): which values are possible?"), ("AT+CSCLK?", "sleep?"),
     ("ATX", "results of calls")])
def test_what_a_command_does(text, meaning):
    assert Vocabulary("bg96").command(text)[0].startswith(meaning)


@pytest.mark.parametrize(
    "text, meaning",
    [("+HTTPACTION: 0,404,9", "404: the server refuses it"), ("+HTTPACTION: 1,200,9", "200: done, 9 bytes"),
     ("+HTTPACTION: 0,601,0", "601: network error"),
     ("+MIPSTAT: 1,0,5", "connection 1: 5 bytes acknowledged by the peer"),
     ("+MIPSTAT: 1,2,3", "connection 1: closed after an alert"), ("+QMTCONN: 0,0,4", "refused: wrong user or password"),
     ("+QPING: 0,4,3,1,5,9,7", "3 of 4 answered"), ("+CMEE: 2", "errors with a text"),
     ("+IFC: 2,0", "RTS and CTS, none")])
def test_what_a_late_or_told_value_means(text, meaning):
    assert Vocabulary("bg96").line(text) == meaning


@pytest.mark.parametrize(
    "text, meaning",
    [('+QIURC: "closed",3', "the peer, or an error of the network, has closed connection 3"),
     ('+QIURC: "pdpdeact",1', "the network has ended context 1: all its connections are gone"),
     ("+CREG: 2", "searching"), ("RDY", "the module has started"), ("+CIPRXGET: 1,4", "data has come for connection 4"),
     ("+IPCLOSE: 2,1", "connection 2: closed by the peer"), ("+IPCLOSE: 2", "connection 2 was closed")])
def test_what_a_notice_means(text, meaning):
    assert Vocabulary("a7600").line(text, unasked=True) == meaning


def test_the_dialect_shows():
    assert guess_dialect(["AT+QIOPEN=1,0", "+QIOPEN: 0,0"]) == "bg96"
    assert guess_dialect(["AT+CIPOPEN=0", "AT+NETOPEN"]) == "a7600"
    assert guess_dialect(["SIM7028", "AT+NETOPEN"]) == "sim7028"
    assert guess_dialect(["L610-CN", "AT+MIPCALL?"]) == "l610"
    assert guess_dialect(["AT", "AT+CSQ"]) is None
    for names, dialect, *_ in KIN:
        for name in names:
            assert guess_dialect([name.decode() + "-EU", "AT"]) == dialect, name


OPEN = 'AT+QIOPEN=1,0,"TCP","192.0.2.1",80'
# command, what comes behind its OK, did it work
ENDS = [
    (OPEN, "+QIOPEN: 0,565", False),
    (OPEN, "+QIOPEN: 0,0", True),
    ("AT+NETOPEN", "+NETOPEN: 1", False),
    ("AT+NETOPEN", "+NETOPEN: 0", True),
    ("AT+NETCLOSE", "+NETCLOSE: 2", False),
    ('AT+CIPOPEN=0,"TCP","192.0.2.1",80', "+CIPOPEN: 0,10", False),
    ("AT+CIPCLOSE=0", "+CIPCLOSE: 0,4", False),
    ("AT+CIPSEND=0,5", "+CIPSEND: 0,5,-1", False),
    ("AT+CIPSEND=0,5", "+CIPSEND: 0,5,5", True),
    ("AT+QISEND=0,5", "SEND FAIL", False),
    ("AT+QISEND=0,5", "SEND OK", True),
    ('AT+CIPSTART="TCP","192.0.2.1",80', "CONNECT FAIL", False),
    ('AT+CIPSTART="TCP","192.0.2.1",80', "ALREADY CONNECT", True),
    ('AT+QPING=1,"192.0.2.1"', "+QPING: 569", False),
    ('AT+QPING=1,"192.0.2.1"', "+QPING: 569\n+QPING: 0,2,1,1,5,5,5", True),
    ('AT+MIPCALL=1', "+MIPCALL: 0", False),
    ("AT+MIPCALL=0", "+MIPCALL: 0", True),
    ("AT+MIPCALL=1", "+MIPCALL: 10.0.0.1", True),
    ('AT+MIPOPEN=1,,"192.0.2.1",80,0', "+MIPOPEN: 1,0", False),
    ('AT+MIPOPEN=1,,"192.0.2.1",80,0', "+MIPOPEN: 1,1", True),
    ('AT+MIPOPEN=1,,"192.0.2.1",80,0', "+MIPSTAT: 1,2", False),
    ('AT+MIPODM=1,,"192.0.2.1",80,0', "+MIPSTAT: 1,1", False),
    ('AT+MIPNTP="192.0.2.1",123', "+MIPNTP: 0", False),
    ('AT+MPING=1,"192.0.2.1"', '+MPINGSTAT: 0,"192.0.2.1",4,0', False),
    ('AT+MPING=1,"192.0.2.1"', '+MPING: "192.0.2.1",0,0,50\n+MPINGSTAT: 0,"192.0.2.1",4,1,50', True),
    ('AT+CDNSGIP="a.example"', "+CDNSGIP: 0,10", False),
    ('AT+MIPDNS="a.example"', '+MIPDNS: "a.example"', False),
    ('AT+QIDNSGIP=1,"a.example"', '+QIURC: "dnsgip",565', False),
    ('AT+QIDNSGIP=1,"a.example"', '+QIURC: "dnsgip",0,1,60\n+QIURC: "dnsgip","192.0.2.1"', True),
    ('AT+QNTP=1,"a.example"', "+QNTP: 565", False),
    ("AT+CNTP", "+CNTP: 61", False),
    ("AT+CNTP", "+CNTP: 1", True),
    ("AT+HTTPACTION=0", "+HTTPACTION: 0,601,0", False),
    ("AT+HTTPACTION=0", "+HTTPACTION: 0,200,5", True),
    ("AT+QHTTPGET=80", "+QHTTPGET: 702", False),
    ('AT+QMTOPEN=0,"a.example",1883', "+QMTOPEN: 0,3", False),
    ('AT+QMTCONN=0,"me"', "+QMTCONN: 0,0,4", False),
    ('AT+QMTCONN=0,"me"', "+QMTCONN: 0,0,0", True),
    ('AT+QSSLOPEN=1,1,4,"a.example",443', "+QSSLOPEN: 4,566", False),
    ('AT+CCHOPEN=0,"a.example",443', "+CCHOPEN: 0,1", False),
    ("AT+SERVERSTOP=0", "+SERVERSTOP: 0,9", False),
]


@pytest.mark.parametrize("command, late, worked", ENDS)
def test_what_comes_behind_ok_tells_how_it_ended(command, late, worked):
    """With times: the command lasts until the late result, and a failure is the line that tells it."""
    times = iter(range(1, 10))
    lines = [f"> {command}", "< OK", *(f"< {text}" for text in late.split("\n"))]
    text = "\n".join(f"12:00:{next(times):02}.000 {line}" for line in lines)
    dialogue = Dialogue(read_log((text + "\n12:01:00.000 > AT\n12:01:00.000 < OK\n").encode()))
    each, last = dialogue.exchanges
    assert each.failed is not worked and each.total_ms == 1000.0 * (len(lines) - 1) and each.took_ms == 1000.0
    assert each.failure == (None if worked else late) and last.late == []
    if not worked:
        assert Vocabulary(guess_dialect([command])).line(late) or late.endswith("FAIL")


def test_a_late_result_belongs_to_the_open_of_its_connection():
    first, second = Dialogue(read_log((
        'AT+QIOPEN=1,0,"TCP","192.0.2.1",80\nOK\nAT+QIOPEN=1,1,"TCP","192.0.2.1",81\n+QIOPEN: 0,566\nOK\n+QIOPEN: 1,0\n'
    ).encode())).exchanges
    assert (first.failed, first.failure, second.failed) == (True, "+QIOPEN: 0,566", False)
    assert [text for text, _ in second.late] == ["+QIOPEN: 1,0"]


def test_a_query_of_the_same_name_has_not_failed():
    query, = Dialogue(read_log(b"AT+NETOPEN?\n+NETOPEN: 1\nOK\n")).exchanges
    assert not query.failed and query.information == ["+NETOPEN: 1"]


def test_what_comes_when_the_result_is_known_is_a_notice():
    """The network ends a context that was up; a socket breaks that was open."""
    dialogue = Dialogue(read_log((
        'AT+MIPCALL=1\nOK\n+MIPCALL: 10.0.0.1\nAT+MIPOPEN=1,,"192.0.2.1",80,0\nOK\n+MIPOPEN: 1,1\n'
        "+MIPSTAT: 1,1\n+MIPCALL: 0\n"
    ).encode()))
    assert [each.failed for each in dialogue.exchanges] == [False, False]
    assert [event.text for event in dialogue.events if event.kind == "notice"] == ["+MIPSTAT: 1,1", "+MIPCALL: 0"]
    assert Vocabulary("nl668").line("+MIPSTAT: 1,1", True) == "connection 1: broken: it failed, or is lost"


def test_the_number_before_error_is_the_failure():
    each, = Dialogue(read_log(b"AT+CIPSEND=0,5\n+CIPERROR: 2\nERROR\n")).exchanges
    assert each.failed and each.failure == "+CIPERROR: 2"


def test_an_address_alone_answers_cifsr():
    log = b"AT+CIFSR\n\n10.0.0.7\n\nAT+CSQ\n+CSQ: 9,0\nOK\nAT+CIFSR\n10.0.0.7\nOK\n"
    first, second, third = Dialogue(read_log(log)).exchanges
    assert (first.result, first.failed, second.result) == ("10.0.0.7", False, "OK")
    assert (third.result, third.information) == ("OK", ["10.0.0.7"])


PIECES = strategies.sampled_from([
    "AT", "+QIRD: 5", "AT+QISEND=0,5", "> ", "OK", "ERROR", "\r\n", "-> ", "<- ", "12:34:56.7 ", "[123] ", "0.5 > ",
    "1.5 < ", "\\x", "\\r", "+CSQ: ", '"', ",", ":", "99999999999999999999", "AT+CGDCONT=", "+CREG:", "²", "'", "b'",
    "sendline: 0000-0001: 41 ", "AT+CIPSEND=0,5>", "+QIRD: 51", "AT+CIFSR", "1.2.3.4", "+QIOPEN: 0,5", "+MIPSTAT: 1,1",
    '+QIURC: "dnsgip",', "+QPING: ", "+MPINGSTAT: 0", "+HTTPACTION: 0,6", "hello", "AT+MIPOPEN=1", "AT+QPING=1",
    "+CIPRXGET: 2,0,", "+++", "<CR>", "\x00", "\x1b[0m", "<dbg> modem_chat: "])


@given(strategies.one_of(
    strategies.binary(max_size=300), strategies.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
    strategies.lists(strategies.one_of(PIECES, strategies.text(max_size=5)), max_size=40).map(
        lambda pieces: "".join(pieces).encode("utf-8", "replace"))))
@example(b"\xff\xfe\x00")
@example(b"9" * 400 + b" > AT\n")
@example(b"AT+QIRD=0\n+QIRD: " + b"9" * 300 + b"\n")
@settings(max_examples=300, deadline=None)
def test_no_input_makes_it_fail(data):
    """Whatever stands in a file, it is read and told."""
    dialogue = Dialogue(read_log(data))
    words = Vocabulary(guess_dialect([event.text for event in dialogue.events]))
    for event in dialogue.events:
        words.command(event.text), words.parameters(event.text), words.result(event.text)
        assert isinstance(words.line(event.text), str) and isinstance(words.line(event.text, True), str)
