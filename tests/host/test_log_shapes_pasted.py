"""Logs as people paste them, in shapes that are seldom: damaged quotations, line ends that became blanks, prefixes that
look alike, sentences between the commands.  The dialogues are this file's own."""

import pytest
from atsock_host.explain.dialogue import Dialogue
from atsock_host.explain.meaning import Vocabulary
from atsock_host.explain.shapes import read_log

STORY = [
    (">", "ATE0"), ("<", "OK"),
    (">", "AT+CGSN"), ("<", "860000000000017"), ("<", "OK"),
    (">", "AT+CSQ"), ("<", "+CSQ: 20,99"), ("<", "OK"),
    (">", 'AT+CIPSTART=0,"TCP","example.com",80'), ("<", "OK"), ("<", "0, CONNECT OK"),
    (">", "AT+COPS?"), ("<", "+CME ERROR: 30"),
]
EXPECTED = [
    ("ATE0", "OK", []),
    ("AT+CGSN", "OK", []),
    ("AT+CSQ", "OK", []),
    ('AT+CIPSTART=0,"TCP","example.com",80', "OK", ["0, CONNECT OK"]),
    ("AT+COPS?", "+CME ERROR: 30", []),
]


def dialogue(text):
    return Dialogue(read_log(text.encode()))


def found(text):
    return [(each.command, each.result, [text for text, _ in each.late]) for each in dialogue(text).exchanges]


def results(text):
    return [(each.command, each.result) for each in dialogue(text).exchanges]


def notices(text):
    return [event.text for event in dialogue(text).events if event.kind == "notice"]


def told(to, of):
    return "\n".join((to if direction == ">" else of).replace("%s", text) for direction, text in STORY)


PLAIN = "\n".join(text for _, text in STORY)
SHAPES = {
    "a quotation without blanks": "\n".join(">" + line for line in PLAIN.split("\n")),
    "the same in prose": "Hello,\nthis comes:\n\n" + "\n".join(">" + line for line in PLAIN.split("\n")) + "\n\nWhy?",
    "an arrow behind the word": told("TX -> %s", "RX <- %s"),
    "arrows between two words": told("MCU -> MODEM: %s", "MODEM -> MCU: %s"),
    "arrows without a blank": told(">%s", "<%s"),
    "arrows of two": told(">>%s", "<<%s"),
    "quoted, with the line ends": told("uart tx '%s\\r'", "uart rx '\\r\\n%s\\r\\n'"),
    "quoted twice": told('54380 DEBUG Sending: "b"%s\\r\\n""', '54380 DEBUG Received: "b"\\r\\n%s\\r\\n""'),
    "AT> AT<": told("[DBG] AT> %s", "[DBG] AT< %s"),
    "a shell's prompt": told("$ %s", "%s"),
    "colons": told(":: %s", "%s"),
    "prefixes that begin alike": told("[GSM]:  => %s", "[GSM]:     <= %s").replace(
        "[GSM]:  => AT+CSQ", "[GSM]: Unknown response:\n[GSM]:  'AT'\n[GSM]:  => AT+CSQ"),
    "blanks where line ends were": PLAIN.replace("\nAT", "\r").replace("\n", " ").replace("\r", "\nAT"),
    "blanks everywhere": PLAIN.replace("\n", " "),
    "a date that lost a digit": told("2024/03/04 15:07:36 w: %s", "2024/03/04 15:07:36 r: %s")[1:],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape(shape):
    assert found(SHAPES[shape]) == EXPECTED


@pytest.mark.parametrize("text, expected", [
    ("AT+CIPSHUT SHUT OK AT+CIICR OK", [("AT+CIPSHUT", "SHUT OK"), ("AT+CIICR", "OK")]),
    ("ATD*99# CONNECT\n", [("ATD*99#", "CONNECT")]),
    ("at+csq +CSQ: 1,1 OK at at+creg? +CREG: 0,1 OK", [("at+csq", "OK"), ("at", None), ("at+creg?", "OK")]),
    ('AT+CMGS="+491" > See you +CMS ERROR: 38', [('AT+CMGS="+491"', "+CMS ERROR: 38")]),
    ("AT+CIPSEND=0,5 > hello DATA ACCEPT:0,5", [("AT+CIPSEND=0,5", "DATA ACCEPT:0,5")]),
    ("ATI Maker M1 Revision: 3 OK\nAT+CGMM M1 OK", [("ATI", "OK"), ("AT+CGMM", "OK")]),
    ("AT+SIMCOMATI Maker: X Model: Y +GCAP: +CGSM Z: 1 OK AT OK", [("AT+SIMCOMATI", "OK"), ("AT", "OK")]),
    ("AT+CFUN=0 +PDP 1: DEACT OK", [("AT+CFUN=0", "OK")]),
    # two commands, and what stands between them is stuck to the second
    ("AT+NETOPEN\nOK\n\n+NETOPEN: 0AT+IPADDR\n+IPADDR: 192.0.2.7\nOK", [("AT+NETOPEN", "OK"), ("AT+IPADDR", "OK")]),
    # a dialogue's commands in sentences
    (('AT+CSQ\nERROR\nThen AT+CFUN=0 and AT+CFUN=1 again.\nAT+CMGS="1" gives ERROR and no ">" at all\n'
     "Error while calling AT+CSQ"), [("AT+CSQ", "ERROR")]),
    ("lib: executed AT+CSQ, n = 0\nlib => AT+CSQ\nlib <= +CSQ: 1,1\nlib <= OK", [("AT+CSQ", "OK")]),
    # what comes in pieces, whose quotes and blanks are pieces, too
    (("Got:\"b'AT+CSQ\\r\\r\\n'\"\nGot:\"b'+CSQ: 2'\"\nGot:\"b'0,99\\r\\n'\"\nGot:\"b'OK\\r\\n'\"\nGot:\"b'AT+CPAS'\"\n"
     "Got:\"b'\\r\\r\\n'\"\nGot:\"b'+CME ERROR: 30\\r\\n'\""), [("AT+CSQ", "OK"), ("AT+CPAS", "+CME ERROR: 30")]),
    (("[DBG] RX ( 6): <cr><ln>+CME \n[DBG] RX (11): ERROR: 50<cr><ln>\n[DBG] TX (3): AT<cr>\n"
     "[DBG] RX (6): <cr><ln>OK<cr><ln>\n[DBG] TX (9): AT+CGATT?<cr>\n[DBG] RX ( 6): <cr><ln>+CME \n"
     "[DBG] RX (11): ERROR: 50<cr><ln>"), [("AT", "OK"), ("AT+CGATT?", "+CME ERROR: 50")]),
    (('lib : Send "AT+CSQ"\nlib : waiting\nlib : Receive "AT+CSQ\n+CSQ: 1,1\n\nOK\n"\nlib : Send "AT"\nlib : waiting\n'
     'lib : Receive "AT\nOK\n"\n'), [("AT+CSQ", "OK"), ("AT", "OK")]),
    # the library's words, then what came, with its echo
    (("-|Command issued AT+CSQ\n|- Answer :\n AT+CSQ\n+CSQ: 1,1\nOK\n-|\n-|Command issued AT+CPIN?\n|- Answer :\n"
     " AT+CPIN?\nERROR\n-|\n"), [("AT+CSQ", "OK"), ("AT+CPIN?", "ERROR")]),
    # an error cut behind its colon, the text on the next line
    ("AT+USOWR=0,3\n\n+CME ERROR:[25814] < 3 > /+CME ERROR:\n Operation not allowed\nAT\nOK",
     [("AT+USOWR=0,3", "+CME ERROR: Operation not allowed"), ("AT", "OK")]),
    # pppd's chat: pauses, an abort
    (("box chat[1]: send (\\K\\d+++ATH^M)\nbox chat[1]: OK^M\nbox chat[1]:  -- got it\nbox chat[1]: send (ATZ^M)\n"
     "box chat[1]: ERROR^M\nbox chat[1]:  -- failed"), [("ATH", "OK"), ("ATZ", "ERROR")]),
    ('AT+CGDCONT=1,"IP",""\nERRORFailed (ERROR)\nscript finished', [('AT+CGDCONT=1,"IP",""', "ERROR")]),
    # an echo whose quotes a forum has made nice
    ("TX: AT+CSTT=\u201cnet\u201d\nRX: AT+CSTT=\"net\"\nRX: OK", [("AT+CSTT=\u201cnet\u201d", "OK")]),
])
def test_a_dialogue(text, expected):
    assert results(text) == expected


def test_positions_between_a_command_and_its_echo():
    text = "AT+CGNSSINFO\n$GNRMC,1,V,,*10\nAT+CGNSSINFO\n+CGNSSINFO: ,,\n$GPGSV,1,1,00,0*74\nOK\n"
    assert results(text) == [("AT+CGNSSINFO", "OK")]
    assert notices(text) == ["$GNRMC,1,V,,*10", "$GPGSV,1,1,00,0*74"]


def test_gammu_rows_of_sixteen_bytes():
    """The texts of full rows stand one blank behind the bytes."""
    row = "".join(f"{byte:02X}{chr(byte) if 32 < byte < 127 else ' '}|" for byte in b"AT+CPROT=?\r\r\n\r\n+")
    rest = "".join(f"{byte:02X}{chr(byte) if 32 < byte < 127 else ' '}|" for byte in b"CME ERROR: 4\r\n")
    text = (
        "SENDING frame type 0x00/length 0x0B/11\n"
        '41A|54T|2B+|43C|50P|52R|4FO|54T|3D=|3F?|0D                      AT+CPROT=?.\n1 "AT+CPROT=?"\n'
        f"RECEIVED frame type 0x00/length 0x1D/29\n{row[:-1]} AT+CPROT=?.....+\n{rest[:-1]:<63} CME ERROR: 4..\n")
    assert results(text) == [("AT+CPROT=?", "+CME ERROR: 4")]


def test_lines_that_esp_idf_dumps_before_it_tells_them():
    text = (
        "D (12507) esp-modem: Sending command:AT\n"
        "V (12527) esp-modem: pattern-detection: 0x3ffb7c94   41 54 0d 0d 0a 4f 4b 0d  0a          |AT...OK..|\n"
        "D (12537) esp-modem: Handling line: >>AT\n\n<<\nD (12547) esp-modem: Handling line: >>OK\n\n<<\n")
    assert results(text) == [("AT", "OK")]


@pytest.mark.parametrize("status, failed", [(0, False), (1, True), (2, True)])
def test_what_a_fibocom_says_of_payload(status, failed):
    text = f"AT+MIPSEND=1,4\n>\n3132\nOK\n+MIPPUSH: 1,{status}\n+MIPSEND: 1,{status},2048\nOK\nAT+CSQ\n+CSQ: 1,1\nOK\n"
    send, _ = dialogue(text).exchanges
    assert (send.result, send.failed, [line for line, _ in send.late]) == (
        "OK", failed, [f"+MIPPUSH: 1,{status}", f"+MIPSEND: 1,{status},2048", "OK"])
    push = dialogue(f"AT+MIPPUSH=1\n+MIPPUSH: 1,{status}\nOK\n").exchanges[0]
    assert (push.result, push.failed) == ("OK", failed)


def test_the_result_of_casend():
    (send,) = dialogue("AT+CASEND=0,2\n>hi\nOK\n\n+CASEND: 0,1,0\n").exchanges
    assert send.failed and send.failure == "+CASEND: 0,1,0"


def test_noise_behind_connect_is_no_notice():
    assert notices("ATD*99#\nCONNECT\n~}#!}!} } }6}&} } }\n") == []


DIGITS = [
    (">", "ATV0"), ("<", "0"), (">", "AT+CSQ"), ("<", "+CSQ: 20,99"), ("<", "0"), (">", "AT+COPS=9"), ("<", "4"),
    (">", "AT+CPIN?"), ("<", "+CME ERROR: 10"), (">", "ATV1"), ("<", "OK"), (">", "AT+NSOCL=1"), ("<", "0"),
    ("<", "OK")]


@pytest.mark.parametrize("to, of", [("%s", "%s"), (">> %s", "<< %s"), ("TX: %s\\r", "RX: %s\\r"), (">%s", "<%s")])
def test_results_in_digits(to, of):
    """ATV0 has them come, ATV1 ends it; a digit before a result is an answer."""
    text = "\n".join((to if direction == ">" else of) % text for direction, text in DIGITS)
    found = dialogue(text).exchanges
    assert [(each.result, each.failed) for each in found] == [
        ("0", False), ("0", False), ("4", True), ("+CME ERROR: 10", True), ("OK", False), ("OK", False)]
    assert Vocabulary(None).result("4") == "ERROR"


def test_results_in_digits_without_atv0():
    text = "AT+CSQ\n+CSQ: 20,99\n0\nAT+COPS=9\n4\nAT\n0\n"
    assert results(text) == [("AT+CSQ", "0"), ("AT+COPS=9", "4"), ("AT", "0")]


def test_results_in_digits_of_a_trace():
    """They end with CR alone, and stand before the next command for all that."""
    trace = "0.0 > ATV0\\r\n1.0 < 0\\r\n2.0 > AT+CSQ\\r\n3.0 < \\r\\n+CSQ: 1,1\\r\\n0\\r\n4.0 > AT\\r\n5.0 < 4\\r\n"
    assert results(trace) == [("ATV0", "0"), ("AT+CSQ", "0"), ("AT", "4")]
    assert [each.took_ms for each in dialogue(trace).exchanges] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("text, expected", [
    ('AT+CSTT="a","b"OKAT+CIICR+CME ERROR: operation not allowedAT+CIPSHUTSHUT OK',
     [('AT+CSTT="a","b"', "OK"), ("AT+CIICR", "+CME ERROR: operation not allowed"), ("AT+CIPSHUT", "SHUT OK")]),
    ("AT+XYZ?+XYZ: 1OK\nat+xyz=1OK", [("AT+XYZ?", "OK"), ("at+xyz=1", "OK")]),       # a name that nobody knows
    ("ATRDYATOKATDT*99#CONNECT", [("AT", None), ("AT", "OK"), ("ATDT*99#", "CONNECT")]),
    ("AT+CFUN=0+PDP 1: DEACTOKAT+CIFSR;E010.0.0.7OK", [("AT+CFUN=0", "OK"), ("AT+CIFSR;E0", "OK")]),
    ("AT+QISEND=0,83>of another lengthSEND OKAT+CSQ+CSQ: 1,1OK", [("AT+QISEND=0,83", "SEND OK"), ("AT+CSQ", "OK")]),
])
def test_line_ends_that_are_gone(text, expected):
    assert results(text) == expected


MORE_SHAPES = {
    "an arrow before the first line of an answer": "".join(
        f"-> {command}\n<- {command}\n" + "".join(f"{line}\n" for line in lines)
        for command, lines in (("ATE0", ["OK"]), ("AT+CSQ", ["+CSQ: 20,99", "OK"]), ("AT+COPS?", ["+CME ERROR: 30"]))),
    "seconds": "0.100 > ATE0\n0.173 < OK\n1.200 > AT+CSQ\n1.300 < +CSQ: 20,99\n1.310 < OK\n2.0 > AT+COPS?\n"
    "2.100 < +CME ERROR: 30\n",
    "numbers": "0 > ATE0\n1 < OK\n2 > AT+CSQ\n3 < +CSQ: 20,99\n4 < OK\n5 > AT+COPS?\n6 < +CME ERROR: 30\n",
    "times behind": "> ATE0   [12:00:01]\n< OK   [12:00:01]\n> AT+CSQ   [12:00:02]\n< +CSQ: 20,99   [12:00:03]\n"
    "< OK   [12:00:04]\n> AT+COPS?   [12:00:05]\n< +CME ERROR: 30   [12:00:05]\n",
    "Chinese": (
        "[12:00:01.173]TATE0\n[12:00:01.273]ROK\n[12:00:02.1]TAT+CSQ\n[12:00:02.2]R+CSQ: 20,99\n[12:00:02.2]ROK\n"
        "[12:00:03.1]TAT+COPS?\n[12:00:03.2]R+CME ERROR: 30\n"
    ).replace("]T", "]\u53d1\u9001\uff1a").replace("]R", "]\u63a5\u6536\uff1a"),
    "arrows that a mail quotes": "Hi,\n\n> -> ATE0\n> <- OK\n> -> AT+CSQ\n> <- +CSQ: 20,99\n> <- OK\n> -> AT+COPS?\n"
    "> <- +CME ERROR: 30\n\nRegards\n",
}


@pytest.mark.parametrize("shape", MORE_SHAPES)
def test_a_seldom_shape(shape):
    assert results(MORE_SHAPES[shape]) == [("ATE0", "OK"), ("AT+CSQ", "OK"), ("AT+COPS?", "+CME ERROR: 30")]


def test_a_whole_session_in_one_line():
    """Hundreds of commands in a line; between quotes nothing is cut."""
    one = 'AT+CSQ +CSQ: 20,99 OK AT+CMGW="OK AT+CSQ OK" +CMGW: 1 OK '
    assert results(one * 100) == [("AT+CSQ", "OK"), ('AT+CMGW="OK AT+CSQ OK"', "OK")] * 100


UNITS = [" ", "\t", " " * 39 + "a", "OK ", "ERROR", " OK", "A", "AT", "AT ", "ATI x ", "AT+CSQ x OK ", "AT+X=1,",
         'AT+X="1" gives ',
         '"', "' ,", "x error ", "=1 a", "-> ", "\t>", "RX ", "\\K", "0D |", "AT+QISEND=0,5>"]  # fmt: skip


@pytest.mark.parametrize("before", ["", "AT+X=", 'AT+X="a" gives it ', "x: ", "12:00:00 > AT+CSQ"])
def test_the_longest_lines_of_one_thing(before):
    """None of the patterns takes long for what does not fit it (a second or two in all), and nothing is told twice."""
    for unit in UNITS:
        text = before + unit * (16000 // len(unit)) + "x"
        assert sum(len(event.text) for event in dialogue(text).events) <= len(text)


def test_a_restart_is_a_notice_whatever_was_asked():
    text = (
        "AT+CFUN=1,1\nOK\n\nPOWERED DOWN[6036] ### TinyGSM Version: 0.11\nAT\nRDY\nAT\nOK\n"
        "ATI\nCall Ready\nSIM1\nOK\n")
    assert notices(text) == ["POWERED DOWN", "RDY", "Call Ready"]
    assert results(text) == [("AT+CFUN=1,1", "OK"), ("AT", None), ("AT", "OK"), ("ATI", "OK")]
