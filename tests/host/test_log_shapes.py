"""Logs in the shapes that people paste: whatever stands around it, the same dialogue is found."""

import pytest
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
    return [(each.command, each.information, each.result, each.late) for each in dialogue.exchanges]


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


PIECES = strategies.sampled_from([
    "AT", "+QIRD: 5", "AT+QISEND=0,5", "> ", "OK", "ERROR", "\r\n", "-> ", "<- ", "12:34:56.7 ", "[123] ", "0.5 > ",
    "1.5 < ", "\\x", "\\r", "+CSQ: ", '"', ",", ":", "99999999999999999999", "AT+CGDCONT=", "+CREG:", "²", "'", "b'",
    "sendline: 0000-0001: 41 ", "+CIPRXGET: 2,0,", "+++", "<CR>", "\x00", "\x1b[0m", "<dbg> modem_chat: "])


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
