"""Logs as public forums and issue trackers show them: the shapes of libraries, tools and monitors, and what goes wrong
when they are pasted.  Where a shape was seen stands beside it; the dialogue in them is this file's own."""

import json
import re
from pathlib import Path

import pytest
from atsock_host.cli.tracepage import write_page
from atsock_host.cli.tracewords import summary
from atsock_host.explain.dialogue import Dialogue
from atsock_host.explain.meaning import Vocabulary, guess_dialect
from atsock_host.explain.shapes import read_log
from atsock_host.trace import escape
from hypothesis import given, settings, strategies

SPEC = Path(__file__).parents[1] / "spec"
STORY = [
    (">", "AT+CPIN?"),
    ("<", "+CPIN: READY"),
    ("<", "OK"),
    (">", "AT+CGMM"),
    ("<", "BG96"),
    ("<", "OK"),
    (">", 'AT+QIOPEN=1,0,"TCP","example.com",80'),
    ("<", "OK"),
    ("<", "+QIOPEN: 0,0"),
    (">", "AT+COPS?"),
    ("<", "+CME ERROR: 30"),
    ("<", '+QIURC: "closed",0'),
]
EXPECTED = [
    ("AT+CPIN?", ["+CPIN: READY"], "OK", []),
    ("AT+CGMM", ["BG96"], "OK", []),
    ('AT+QIOPEN=1,0,"TCP","example.com",80', [], "OK", ["+QIOPEN: 0,0"]),
    ("AT+COPS?", [], "+CME ERROR: 30", []),
]


def exchanges(text):
    return Dialogue(read_log(text if isinstance(text, bytes) else text.encode())).exchanges


def found(text):
    return [(each.command, each.information, each.result, [text for text, _ in each.late]) for each in exchanges(text)]


def results(text):
    return [(each.command, each.result) for each in exchanges(text)]


def told(to, of):
    """Each line of the story in one of two forms: %s its text, %q with quotes escaped, %n its length, %h its bytes."""
    lines = []
    for direction, text in STORY:
        form = to if direction == ">" else of
        form = form.replace("%q", text.replace('"', '\\"')).replace("%n", str(len(text) + 2))
        lines.append(form.replace("%h", digits(text.encode() + b"\r\n").upper()).replace("%s", text))
    return "\n".join(lines)


def grouped():
    """[command, answers] of the story."""
    groups = []
    for direction, text in STORY:
        if direction == ">":
            groups.append((text, []))
        else:
            groups[-1][1].append(text)
    return groups


def digits(data):
    return " ".join(f"{byte:02x}" for byte in data)


def column(data):
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def esp_dump(to, of, heads=None):
    """ESP-IDF's ESP_LOG_BUFFER_HEXDUMP (esp-idf issue 3697, esp-protocols issues 669 and 789)."""
    lines, ms = [], 900
    for direction, text in STORY:
        data = text.encode() + b"\r" if direction == ">" else b"\r\n" + text.encode() + b"\r\n"
        ms += 10
        if heads:
            lines.append(f"D ({ms}) esp-modem: {heads[direction]}")
        for at in range(0, len(data), 16):
            row = data[at : at + 16]
            hexadecimal = digits(row[:8]) + ("  " + digits(row[8:]) if len(row) > 8 else "")
            tag = to if direction == ">" else of
            lines.append(f"D ({ms}) {tag}: 0x3f40{ms + at:04x}   {hexadecimal:<49}|{column(row)}|")
    return "\n".join(lines)


def zephyr_dump():
    """Zephyr's modem_cmd_handler (zephyr issue 35175)."""
    lines = []
    for direction, text in STORY:
        lines.append(f"[00:00:05.873,000] <dbg> modem_cmd_handler: {'SENT DATA' if direction == '>' else 'RECV'}")
        lines += [
            f"{'':44}{digits(text[at : at + 8].encode()):<33}|{text[at : at + 8]}" for at in range(0, len(text), 8)
        ]
        if direction == "<":
            lines.append(
                "[00:00:05.876,000] <dbg> modem_cmd_handler.cmd_handler_process_rx_buf: "
                f"match cmd [{text[:4]}] (len:{len(text)})"
            )
    return "\n".join(lines)


def gammu(before=""):
    """gammu's log (gammu issues 126 and 488)."""
    lines = []

    def dump(data):
        for at in range(0, len(data), 16):
            row = data[at : at + 16]
            shown = "|".join(f"{byte:02X}" + (chr(byte) if 32 < byte < 127 else " ") for byte in row)
            lines.append(f"{before}{shown:<64} {column(row)}")

    for command, answers in grouped():
        lines.append(f"{before}SENDING frame type 0x00/length 0x09/9")
        dump(command.encode() + b"\r")
        lines += [f'{before}{n} "{text}"' for n, text in enumerate([command, *answers], 1)]
        lines += [f"{before}Checking line: {answers[-1]}", f"{before}RECEIVED frame type 0x00/length 0x1F/31"]
        dump(command.encode() + b"\r" + b"".join(b"\r\n" + text.encode() + b"\r\n" for text in answers))
        lines.append(f"{before}Parsing {answers[0]} with @r")
    return "\n".join(lines)


def mbed(echo):
    """mbed OS, which logs single bytes (mbed-os issue 11192, mbed-os-example-cellular issue 218)."""
    lines = []
    for direction, text in STORY:
        if direction == ">":
            lines += [
                f"[00001062ms][INFO][CELL]: AT TX ({len(text):2}): {text}",
                "[00001063ms][INFO][CELL]: AT TX ( 1): <cr>",
            ]
            pieces = [text + "<cr>"] if echo else []
        else:
            pieces = ["<cr><ln>", text[:1], text[1:3], text[3:], "<cr>", "<ln>"]
        lines += [f"[00001064ms][INFO][CELL]: AT RX ({len(piece):2}): {piece}" for piece in pieces if piece]
    return "\n".join(lines)


def listed(end):
    return "\n".join(repr([command + end + end, *(text + end for text in answers)]) for command, answers in grouped())


PLAIN = "\n".join(text for _, text in STORY)
ARROWS = told("-> %s", "<- %s")
SHAPES = {
    "ESP-IDF, bytes, announced": esp_dump("esp-modem", "esp-modem", {">": "writing:", "<": "reading:"}),
    "ESP-IDF, bytes, TX RX": esp_dump("TX", "RX"),
    "ESP-IDF, bytes, uart-tx": esp_dump("uart-tx", "uart-rx"),
    "esp_modem, command_lib": "".join(  # esp-protocols issue 181
        f"D (29) command_lib: generic_command command {command}\n\nD (99) command_lib: Response: {command}\n"
        + "\n".join(answers)
        + "\n\nI (5) app: ok\n"
        for command, answers in grouped()
    ),
    "esp_modem, tokens, by ESPHome": "\n".join(  # esphome pull request 6721
        f"[13:19:36][D][esp-idf:000][uart_task]: V ({n}) command_lib: Token: {{{text}}}"
        for n, (_, text) in enumerate(STORY)
    ),
    "esp_modem, lines": told(  # esp-protocols issue 351
        "D (12507) esp-modem: Sending command:%s\n",
        "D (12547) esp-modem: Handling line: >>%s\n\n<<\n"
        "I (12547) dce_service: esp_modem_dce_handle_response_default %s\n",
    ),
    "a column of a spreadsheet": told(
        '"5/9/2023 1:38:59 PM",D (12507) esp-modem: Sending command:%s',
        '"5/9/2023 1:38:59 PM",D (12547) esp-modem: Handling line: >>%s',
    ),
    "X-CUBE-CELLULAR": told(  # iot-middleware-freertos-samples issue 381
        "[2024-01-22_10:55:54:432]    ATParser:*** SEND (size=%n) ***\n\n[2024-01-22_10:55:54:432]%s<CR>",
        "[2024-01-22_10:55:54:459]\n[2024-01-22_10:55:54:459]    <CR><LF>\n\n[2024-01-22_10:55:54:459]    %s<CR><LF>\n",
    ),
    "embedded-wireless-framework": told("[SEND][  %n][%s\\r]", "[RECV][  %n][\\r\\n%s\\r\\n]"),  # its issue 20
    "embedded-wireless-framework, pieces": re.sub(
        r"\[SEND\]\[  9\]\[(.*)(.)\\r\]",
        r"[SEND][   8][\1]\n[SEND][   1][\2]\n[SEND][   1][\\r]",
        told("[SEND][  9][%s\\r]", "[RECV][  %n][\\r\\n%s\\r\\n]"),
    ),
    "mbed": mbed(False),
    "mbed with echo": mbed(True),
    "Zephyr, bytes": zephyr_dump(),
    "ModemManager": told(
        "<debug> (ttyHS2): --> '%s<CR>'", "<debug> (ttyHS2): <-- '<CR><LF>%s<CR><LF>'"
    ),  # wammu issue 27
    "ModemManager on OpenWrt": told(  # openwrt packages issue 15290
        "Sat Apr  3 16:13:16 2021 daemon.debug [6358]: <debug> [1617466396.498397] [modem0/ttyUSB0/at] --> '%s<CR>'",
        "Sat Apr  3 16:13:16 2021 daemon.debug [6358]: <debug> [1617466396.595586] [modem0/ttyUSB0/at] "
        "<-- '<CR><LF>%s<CR><LF>'",
    ),
    "gammu": gammu(),
    "gammu-smsd": gammu("Mon 2015/08/17 18:14:41 gammu-smsd[1902]: gammu: "),
    "pppd's chat": "".join(  # qtmoko issue 142
        f"Nov 17 12:15:40 box chat[2609]: send ({command}^M)\nNov 17 12:15:41 box chat[2609]: expect (OK)\n"
        + "".join(f"Nov 17 12:15:41 box chat[2609]: ^M\nNov 17 12:15:41 box chat[2609]: {text}^M\n" for text in answers)
        + "Nov 17 12:15:41 box chat[2609]:  -- got it \n"
        for command, answers in grouped()
    ),
    "Particle": told('20.853 AT send 11 "%q\\r\\n"', '20.858 AT read OK 6 "\\r\\n%q\\r\\n"'),  # its cloud debug notes
    "LoBo's PPPoS client": told(
        "I (1748) [PPPOS CLIENT]: AT COMMAND: [%s..]", "I (1772) [PPPOS CLIENT]: AT RESPONSE: [..%s..]"
    ),
    "Adafruit FONA": told("\t---> %s", "\t<--- %s"),  # SIM7000-LTE-Shield issue 273
    "nRF Connect": told("2021-03-04T12:34:56.789Z DEBUG modem << %s", "2021-03-04T12:34:56.789Z DEBUG modem >> %s"),
    "atat": told('TRACE Write: "%q\\r\\n"', 'DEBUG Received response: "%q"'),
    "SSCOM": told("[15:02:08.218]发→◇%s\n□", "[15:02:08.223]收←◆\n%s\n"),
    "SSCOM on one line": told("[15:02:08.218]发→◇%s\n□", "[15:02:08.223]收←◆%s"),
    "QCOM": told("[2023-03-15_10:22:11:123]%s", "[2023-03-15_10:22:11:123]%s"),
    "Tera Term": told("[Mon Mar 04 12:34:56.789 2024] %s", "[Mon Mar 04 12:34:56.789 2024] %s"),
    "Docklight": told("12/03/2023 10:22:33.123 [TX] - %s<CR>", "12/03/2023 10:22:33.223 [RX] - <CR><LF>\n%s<CR><LF>"),
    "Docklight, bytes": told("12/03/2023 10:22:33.123 [TX] - %h", "12/03/2023 10:22:33.223 [RX] - %h"),
    "bytes only": told("TX: %h", "RX: %h"),
    "socat": told(
        "> 2023/03/04 12:34:56.123456  length=%n from=0 to=7\n%s\\r",
        "< 2023/03/04 12:34:56.223456  length=%n from=0 to=7\n\\r\n%s\\r",
    ),
    "strace": told('write(3, "%q\\r", %n) = %n', 'read(3, "\\r\\n%q\\r\\n", 256) = %n'),
    "minicom": "Welcome to minicom 2.8\n\nOPTIONS: I18n\nPort /dev/ttyUSB2, 10:00:00\n\nPress CTRL-A Z for help\n\n"
    + "".join(text + ("\r\r\n" if direction == ">" else "\r\n\r\n") for direction, text in STORY),
    "PuTTY": "=~=~=~= PuTTY log 2024.03.04 12:34:56 =~=~=~=\n" + PLAIN,
    "TinyGSM": "09:11:06.440 -> [100] ### TinyGSM Version: 0.11.5\n" + told("09:11:06.440 -> %s", "09:11:06.440 -> %s"),
    "Android's RIL": told("D/AT      (  123): AT> %s", "D/AT      (  123): AT< %s"),
    "logcat": told(
        "03-04 12:34:56.789  1234  1250 D RILC    : [w] %s", "03-04 12:34:56.789  1234  1250 D RILC    : [r] %s"
    ),
    "Node-RED": told("4 Mar 12:34:56 - [info] [debug:tx] %s", "4 Mar 12:34:56 - [info] [debug:rx] %s"),
    "ISO times": told("2024-03-04T12:34:56.789+01:00 > %s", "2024-03-04T12:34:56.889+01:00 < %s"),
    "microseconds": told('12:34:56.789123 [D] modem: tx "%q"', '12:34:56.789123 [D] modem: rx "%q"'),
    "Python's logging": told("DEBUG:modem:>>> %s", "DEBUG:modem:<<< %s"),
    "a quotation": "\n".join("> " + line for line in PLAIN.replace("\n", "\n\n").split("\n")),
    "a quotation of arrows": "\n".join("> " + line for line in ARROWS.split("\n")),
    "entities of HTML": told("-&gt; %s", "&lt;- %s").replace('"', "&quot;"),
    "numbered lines": "\n".join(f"{n:4}: {line}" for n, line in enumerate(PLAIN.split("\n"))),
    "numbered arrows": "\n".join(f"{n:4}: {line}" for n, line in enumerate(ARROWS.split("\n"))),
    "Python's lists": listed(""),
    "Python's lists with line ends": listed("\r\n"),
    "Python's bytes": "\n".join(
        repr(command.encode() + b"\r\r\n" + b"".join(b"\r\n" + text.encode() + b"\r\n" for text in answers))
        for command, answers in grouped()
    ),
    "one line each": "\n".join(f"{command} -> {' / '.join(answers)}" for command, answers in grouped()),
    "who to whom": told("MCU->BG96: %s", "BG96->MCU: %s"),
    "TX> RX<": told("TX> %s", "RX< %s"),
    "names of devices": told("Arduino: %s", "SIM7600: %s"),
    "speakers": told("Me: %s", "Modem: %s"),
    "sent and got": told("Sending: %s", "Got: %s"),
    "AT command, AT response": told("AT command: %s", "AT response: %s"),
    "send AT command": told("send AT command: %s", "recv: %s"),
    "columns": told("host | %s", "mod | %s"),
    "a table": told("| 12:00:01 | TX | %s |", "| 12:00:01 | RX | %s |"),
    "bullets": told("- %s", "    %s"),
    "bold": told("**%s**", "%s"),
    "code": "`" + PLAIN.replace("\n", "\n\n") + "`",
    "a fence": f"```\n{PLAIN}\n```",
    "triangles": told("▶ %s", "◀ %s"),
    "three": told(">>> %s", "<<< %s"),
    "words that nobody knows": told("[1234] [CELLULAR] AT cmd sent %s", "[1240] [CELLULAR] AT resp %s"),
    "letters": told("0.250000 T %s", "0.500000 R %s"),
    "tags": told("[AT-TX] %s", "[AT-RX] %s"),
    "what atsock term shows": told("AT> %s", "20:38:14.140 %s  # what it means"),
    "what atsock trace shows": told(
        "       34.9       +0.9  >  %s  # what it does (27.007 5.1)\n                           name = 1",
        "       42.2       +7.4  <  %s  # what it means",
    )
    + "\nfailed: AT+COPS?: +CME ERROR: 30\n      7.4 ms until the result of AT+CGMM\n",
    "what a program says stuck before it": told("Waiting for network...%s", "%s"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape(shape):
    assert found(SHAPES[shape]) == EXPECTED


DIALOGUES = {
    # TinyGSM issue 475: results and commands on one line, words of the library between
    "AT+QISEND=0,83\n\n>\x10MQTT*****\nSEND OKAT+QIRD=0,0\n\n+QIRD: 4,0,4\n"
    "[37238] ### DATA AVAILABLE: 4 on 0\n\nOK\nAT+QIRD=0,4\n\n"
    "+QIRD: 4\n \n\nOK\n**AT+QICLOSE=0**\n\nOK\n[40783] ### Unhandled: OK\n": [
        ("AT+QISEND=0,83", "SEND OK"),
        ("AT+QIRD=0,0", "OK"),
        ("AT+QIRD=0,4", "OK"),
        ("AT+QICLOSE=0", "OK"),
    ],
    # TinyGSM issue 157: echoes, a library that looks for its module
    "1:00:01.1 -> AT\n1:00:01.1 -> AT\n\n1:00:01.2 -> OK\n1:00:01.2 -> AT+CFUN=1,1\n"
    "1:00:01.2 -> AT+CFUN=1,1\n\n1:00:01.3 -> OK\n"
    "1:00:02.1 -> AT\n1:00:02.2 -> AT\n1:00:02.3 -> RDY\n1:00:03.3 -> AT&FZE0\n1:00:03.4 -> AT&FZE0\n\n"
    "1:00:03.5 -> OK\n": [
        ("AT", "OK"),
        ("AT+CFUN=1,1", "OK"),
        ("AT", None),
        ("AT", None),
        ("AT&FZE0", "OK"),
    ],
    # T-SIM7600X issue 90: small letters, commands without a result
    "at+csq\n+CSQ: 31,99\n\nOK\nat\nat+creg?\n+CREG: 0,1\n\nOK\nat+cgact=?\n+CGACT: (0,1)\n\nat+netopen\nERROR\n": [
        ("at+csq", "OK"),
        ("at", None),
        ("at+creg?", "OK"),
        ("at+cgact=?", None),
        ("at+netopen", "ERROR"),
    ],
    # Wvdial prints what it sends, and then comes the echo
    "--> Sending: ATZ\nATZ\nOK\n--> Sending: ATQ0 V1 E1 S0=0 &C1 &D2 +FCLASS=0\nATQ0 V1 E1 S0=0 &C1 &D2 +FCLASS=0\nOK\n"
    "--> Modem initialized.\n": [("ATZ", "OK"), ("ATQ0 V1 E1 S0=0 &C1 &D2 +FCLASS=0", "OK")],
    # luci-app-3ginfo-lite issue 43: several in a line
    'AT+CSQ;+CPIN?;+COPS?\n+CSQ: 5,6\n\n+CPIN: READY\n\n+COPS: 0,0,"X",7\n\nOK\n': [("AT+CSQ;+CPIN?;+COPS?", "OK")],
    # data in both directions between CONNECT and OK
    "AT+QHTTPURL=23,80\nCONNECT\nhttp://www.example.com/\nOK\nAT+QHTTPREAD=80\nCONNECT\n<html>ATTENTION\n"
    "OK then\n</html>\nOK\n\n"
    "+QHTTPREAD: 0\n": [("AT+QHTTPURL=23,80", "OK"), ("AT+QHTTPREAD=80", "OK")],
    'AT+HTTPDATA=15,5000\nDOWNLOAD\n{"a":"b","c":1}\nOK\nAT+HTTPREAD=0,500\nOK\n\n+HTTPREAD: 12\n'
    "hello world!\n+HTTPREAD:0\n": [
        ("AT+HTTPDATA=15,5000", "OK"),
        ("AT+HTTPREAD=0,500", "OK"),
    ],
    # messages that look like commands and results
    'AT+CMGS="+123456"\n> Hello there\nAT home at last\x1a\n+CMGS: 12\n\nOK\nAT+CMGL="ALL"\n'
    '+CMGL: 1,"REC READ","+12"\nOK see you\n\nOK\n': [
        ('AT+CMGS="+123456"', "OK"),
        ('AT+CMGL="ALL"', "OK"),
    ],
    # names that end like results; line ends that are gone
    "AT+QIGETERROR\n+QIGETERROR: 552\nOK\n": [("AT+QIGETERROR", "OK")],
    "AT+CGATT?+CGATT: 1OKAT+CSQ+CSQ: 20,99OK": [("AT+CGATT?", "OK"), ("AT+CSQ", "OK")],
    "AT+CGMIQuectelOK": [("AT+CGMI", "OK")],
    "ATE0OKATI0Quectel_EC25Revision: EC25EFAR06A01M4GOKAT+CGSN860000000000017OKATI": [
        ("ATE0", "OK"), ("ATI0", "OK"), ("AT+CGSN", "OK"), ("ATI", None)],
    'AT+COPS?+CME ERROR: no networkAT+COPS?+CME ERROR: 30AT+CNUM+CNUM: "OK now","+49",145OK': [
        ("AT+COPS?", "+CME ERROR: no network"), ("AT+COPS?", "+CME ERROR: 30"), ("AT+CNUM", "OK")],
    'AT+QIOPEN=1,0,"TCP","192.0.2.1",80,0,0OK+QIOPEN: 0,0AT+QIGETERROR+QIGETERROR: 0,operate successfullyOK': [
        ('AT+QIOPEN=1,0,"TCP","192.0.2.1",80,0,0', "OK"), ("AT+QIGETERROR", "OK")],
    "AT+CGMIQuectel OK": [("AT+CGMIQuectel", "OK")],        # a blank where the line ends were: nobody's name
    # SIM800: a second result
    'AT+CIPSTART="TCP","1.2.3.4",80\n\nOK\n\nCONNECT OK\nAT+CIPSEND=5\n\n> hello\nSEND OK\nAT+CIPCLOSE\n\nCLOSE OK\n': [
        ('AT+CIPSTART="TCP","1.2.3.4",80', "OK"),
        ("AT+CIPSEND=5", "SEND OK"),
        ("AT+CIPCLOSE", "CLOSE OK"),
    ],
    # what was typed into MicroPython's prompt
    ">>> uart.write('AT+CSQ\\r\\n')\n8\n>>> uart.read()\nb'AT+CSQ\\r\\r\\n+CSQ: 20,99\\r\\n\\r\\nOK\\r\\n'\n": [
        ("AT+CSQ", "OK")
    ],
    # data mode, ended behind payload
    "ATO\nCONNECT 115200\nHELLO CLIENT+++\nOK\nATH\nOK\n": [("ATO", "CONNECT 115200"), ("+++", "OK"), ("ATH", "OK")],
    # words that begin as a command does
    "ATTENTION\nat home\nAT+CSQ failed\nAT+CSQ\n+CSQ: 1,99\nOK\n": [("AT+CSQ", "OK")],
    # python-gsmmodem issue 97: answers as lists, notices
    "DEBUG: write: AT+CUSD=1,\"8\",15\nDEBUG: response: ['+CREG: 1, 5C9, 39E5', 'OK']\n"
    "DEBUG: notification: ['+CME ERROR: 258']\nDEBUG: write: AT+CSQ\nDEBUG: response: ['+CSQ: 20,99', 'OK']\n": [
        ('AT+CUSD=1,"8",15', "OK"),
        ("AT+CSQ", "OK"),
    ],
    # modemfeed issue 9: KeeneticOS says what it waits for
    '[I] May 22 15:57:36 ndm: Mobile: "Lte0": tty0 <-- "AT+CGDCONT=1,"IP","pro"" (expect "OK"). \n'
    '[I] May 22 15:57:36 ndm: Mobile: "Lte0": tty0 --> "OK" (got it). \n'
    '[I] May 22 15:57:37 ndm: Mobile: "Lte0": tty0 <-- "AT+CGACT=1,1" (expect "OK"). \n'
    '[I] May 22 15:57:38 ndm: Mobile: "Lte0": tty0 --> "+CME ERROR: 30" (got it). \n': [
        ('AT+CGDCONT=1,"IP","pro"', "OK"),
        ("AT+CGACT=1,1", "+CME ERROR: 30"),
    ],
    # lwcell issue 7: a line that loses characters
    "ATE1\nOK\nAT+CREG}1\n+CME ERROR: 100\nAT+CPI\n+CME ERROR: 100\n": [
        ("ATE1", "OK"),
        ("AT+CREG}1", "+CME ERROR: 100"),
        ("AT+CPI", "+CME ERROR: 100"),
    ],
    # SIM7000-LTE-Shield issue 251: a library that prints the first line of an answer only
    '\t---> AT+CPMS="SM"\n\t<--- +CPMS: 3,10\nFONA is OK\nFound \t---> AT+GSN\n\t<--- 865235030116418\n'
    "Module IMEI: 865235030116418\n\t---> AT+CIPSHUT\n\t<--- SHUT OK\n": [
        ('AT+CPMS="SM"', None),
        ("AT+GSN", None),
        ("AT+CIPSHUT", "SHUT OK"),
    ],
    # mbed-os issue 11505: an echo in pieces
    "[INFO][CELL]: AT TX ( 4): ATE0\n[INFO][CELL]: AT TX ( 1): <cr>\n[INFO][CELL]: AT RX ( 2): AT\n"
    "[INFO][CELL]: AT RX ( 2): E0\n[INFO][CELL]: AT RX ( 1): <cr>\n[INFO][CELL]: AT RX ( 6): <cr><ln>OK<cr><ln>\n"
    "[DBG ][CELL]: Init => Device ready\n[INFO][CELL]: AT TX ( 9): AT+CMEE=1\n[INFO][CELL]: AT TX ( 1): <cr>\n"
    "[INFO][CELL]: AT RX ( 1): <cr>\n[INFO][CELL]: AT RX ( 5): <ln>OK<cr><ln>\n": [("ATE0", "OK"), ("AT+CMEE=1", "OK")],
    # TinyGSM issue 309: a notice between a command and its echo
    "AT+CIPRXGET=4,1\n\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\nAT+CIPRXGET=4,1\n+CIPRXGET: 4,1,0\n\nOK\n": [
        ("AT+CIPRXGET=4,1", "OK")
    ],
    # one exchange between words that nobody knows
    "Me: at+mipsend=1,10\nModem: OK\n": [("at+mipsend=1,10", "OK")],
}


@pytest.mark.parametrize("text", DIALOGUES)
def test_a_dialogue(text):
    assert results(text) == DIALOGUES[text]


def vectors(path):
    for vector in json.loads(path.read_text("utf-8")):
        steps = [
            (kind, step[kind].encode("latin-1", "replace"))
            for step in vector["steps"]
            for kind in ("tx", "rx")
            if isinstance(step.get(kind), str)
        ]
        if steps:
            yield vector["id"], steps


def renders(steps):
    """The same steps as people paste them."""
    lines = [(kind, line) for kind, data in steps for line in re.split(rb"[\r\n]", data) if line.strip()]
    yield b"".join(data for _, data in steps)
    yield b"".join(data + b"\n" if kind == "tx" else data for kind, data in steps).replace(b"\r", b"\n")
    for to, of in (
        (b"-> ", b"<- "),
        (b"<- ", b"-> "),
        (b">> ", b"<< "),
        (b"> ", b"< "),
        (b"TX: ", b"RX: "),
        (b"", b""),
    ):
        yield b"\n".join((to if kind == "tx" else of) + line for kind, line in lines)
    yield b"\n".join(b"[12:00:%02d.123] " % (n % 60) + line for n, (_, line) in enumerate(lines))
    yield b"\n".join(
        (line + b"\n") * (1 + (kind == "tx" and line[:3] == b"AT+" and len(line) > 8)) for kind, line in lines
    )


@pytest.mark.parametrize("path", sorted(SPEC.glob("*.vectors.json")), ids=lambda path: path.name)
def test_the_manuals_examples_plain_and_with_arrows(path):
    """The commands and results of a trace, which has every byte, are found whatever is lost of it."""
    for name, steps in vectors(path):
        trace = "\n".join(
            f"{n}.0 {'>' if kind == 'tx' else '<'} {escape(data)}" for n, (kind, data) in enumerate(steps)
        )
        for text in renders(steps):
            assert results(text) == results(trace), (name, text)


@pytest.mark.parametrize(
    "payload", [b"OK\r\n", b"\r\n\r\nOK\r\n\r\n", b"AT+CSQ\r\nERROR\r\n", b"+QIRD: 99\r\n", b"\x00\xff\r\n\r\n"]
)
def test_payload_of_a_trace_is_counted(payload):
    """Payload with line ends and results in it, from modules that answer a read and from those that push."""
    size = len(payload)
    text = escape(payload)
    trace = (
        f"0.0 > AT+QIRD=0,1500\\r\n1.0 < \\r\\n+QIRD: {size}\\r\\n{text}\\r\\n\\r\\nOK\\r\\n\n"
        f'2.0 > AT\\r\n3.0 < \\r\\n+QIURC: "recv",1,{size}\\r\\n{text}\\r\\nOK\\r\\n\n'
    )
    read, pushed = exchanges(trace)
    assert (read.command, read.result, read.received) == ("AT+QIRD=0,1500", "OK", size)
    assert (pushed.command, pushed.result, pushed.received) == ("AT", "OK", size)


def test_payload_of_a_trace_comes_in_pieces():
    trace = "0.0 > AT+QIRD=0,1500\\r\n1.0 < \\r\\n+QIRD: 6\\r\\nab\n2.0 < \\r\\ncd\\r\\n\\r\\nO\n3.0 < K\\r\\n\n"
    assert [(each.result, each.result_ms, each.received) for each in exchanges(trace)] == [("OK", 2.0, 6)]


HARD = [
    "A",
    " ",
    "a:",
    "a: ",
    "41 ",
    "41|",
    "&A1",
    "AT&A1",
    "AT+",
    '"',
    "'",
    "[",
    "'a',",
    "<CR>",
    "[1]",
    "1: ",
    ">",
    "- ",
    "OK ",
    "AT+A=1OK",
    "+A: 1 ",
    "\\r",
    "\\",
    "`",
    "**",
    "TX: 41 ",
    "12:00:00 ",
    "a.b:",
    "\t|",
    "0000-0000: 41 ",
    "/ ",
    "AT+A -> ",
    "AT+QISEND=0,5>",
    "AT+QISEND=0,9999>",
    "at+qisend=0,3>abc",
    "+QIRD: 1",
    "+QIRD: 1111",
    '+QIURC: "recv",0,1,"',
    "> > ",
    "[1] ###",
]


@pytest.mark.parametrize("before", ["", "AT ", "[SEND] ", "+CSQ: ", "D (1) x: "])
def test_long_lines_of_one_thing_are_read(before):
    """None of the patterns takes long for what does not fit it (tenths of a second in all); nothing comes twice."""
    for unit in HARD:
        text = before + unit * (4000 // len(unit))
        assert sum(len(event.text) for event in Dialogue(read_log(text.encode())).events) <= len(text)


LINES = strategies.sampled_from([line for text in SHAPES.values() for line in text.split("\n")] + HARD)
ODD = strategies.one_of(
    strategies.text(max_size=20), strategies.sampled_from(["</script>", "&lt;", "\x1b[1m", "\x00", "\u202e"])
)


@given(
    strategies.lists(strategies.tuples(LINES, ODD, strategies.integers(0, 60)), max_size=30),
    strategies.sampled_from(["\n", "\r\n", "\r", "\r\r\n", ""]),
)
@settings(max_examples=150, deadline=None)
def test_shapes_mixed_cut_and_damaged(pieces, end):
    """Whatever is read of it, it is told, on the terminal and as a page, in which nothing of the log is markup."""
    text = end.join(line[:cut] + odd + line[cut:] for line, odd, cut in pieces)
    dialogue = Dialogue(read_log(text.encode("utf-8", "replace")))
    words = Vocabulary(guess_dialect([event.text for event in dialogue.events]))
    assert all(isinstance(line, str) for line in summary(dialogue, words))
    page = write_page(dialogue, words, "<b>")
    data = page.split('id="data">')[1].split("</script>")[0]
    assert "<" not in data and len(json.loads(data)["rows"]) <= len(dialogue.events)
