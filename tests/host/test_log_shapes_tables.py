"""Logs that are tables or dumps: logic analysers, CSV, JSON a line, Python's prompt, socat, frameworks;
odd encodings.
"""

import json
import time

import pytest
from atsock_host.explain.dialogue import Dialogue
from atsock_host.explain.shapes import read_log

STORY = [       # (command, lines of the answer)
    ("ATI", ["Fibocom", "L610", "OK"]),
    ("AT+CPIN?", ["+CPIN: READY", "OK"]),
    ('AT+MIPCALL=1,"internet"', ["OK"]),
    ("AT+MIPCALL?", ["+MIPCALL: 1,10.0.0.1", "OK"]),
    ('AT+MIPOPEN=1,,"server.example",80,0', ["OK"]),
    ("AT+COPS?", ["+CME ERROR: 30"]),
]
EXPECTED = [(command, answer[-1]) for command, answer in STORY]
SAID = [("TX", f"{command}\r", "".join(f"\r\n{line}\r\n" for line in answer)) for command, answer in STORY]
BYTES = [(way, byte) for _, command, answer in SAID
         for way, text in (("TX", command), ("RX", answer)) for byte in text.encode()]
LINES = [line for command, answer in STORY for line in (("TX", command), *(("RX", text) for text in answer))]


def found(text):
    data = text if isinstance(text, bytes) else text.encode()
    return [(each.command, each.result) for each in Dialogue(read_log(data)).exchanges]


def per_line(form):
    return "\n".join(form(n, way, text) for n, (way, text) in enumerate(LINES))


def dumped(data, before, behind=True):
    """Sixteen bytes to a line, as hexadecimal."""
    rows = [data[i:i + 16] for i in range(0, len(data), 16)]
    return "\n".join(
        before + row.hex(" ").ljust(48) + (
            "|" + "".join(chr(c) if 32 <= c < 127 else "." for c in row) + "|" if behind else "") for row in rows)


def esp_idf_dump():
    """The terminal's: what goes out and what comes in look alike, the echo stands there, too."""
    return "\n".join(
        dumped(data.encode(), f"D (1{n}0) usb_terminal: 0x3fca0000   ")
        for n, (_, command, answer) in enumerate(SAID) for data in (command, command, answer))


def socat(data_of):
    return "".join(
        f"{arrow} 2024/05/06 10:11:12.{n:06}  length={len(data)} from=0 to={len(data) - 1}\n{data_of(data)}"
        for n, (_, command, answer) in enumerate(SAID) for arrow, data in ((">", command), ("<", answer)))


SHAPES = {
    "a logic analyser, bytes": "name,type,start_time,duration,data\n" + "\n".join(
        f'"Async {way}","data",{n / 10000:.6f},0.00008,0x{byte:02X}' for n, (way, byte) in enumerate(BYTES)),
    "a logic analyser, characters": "Time [s];Name;Value\n" + "\n".join(
        f"{n / 10000:.6f};{way};{({13: 'CR', 10: 'LF', 32: 'SP', 34: chr(34) * 4}.get(byte, chr(byte)))}"
        for n, (way, byte) in enumerate(BYTES)),
    "sigrok, hexadecimal": "\n".join(f"uart-1: {way}: {byte:02X}" for way, byte in BYTES),
    "sigrok, characters": "\n".join(
        f"uart-1: {way} data: {chr(byte) if byte > 31 else f'[{byte:02X}]'}" for way, byte in BYTES),
    "CSV with names": "time,direction,data\n" + per_line(
        lambda n, way, text: f'{n}.125,{way},"{text.replace(chr(34), chr(34) * 2)}"'),
    "tabs": "timestamp\tdir\tmessage\n" + per_line(
        lambda n, way, text: "\t".join(
            (f"10:00:{n:02}.5", "out" if way == "TX" else "in", f'"{text.replace(chr(34), chr(34) * 2)}"'))),
    "JSON a line": per_line(
        lambda n, way, text: json.dumps({"ts": n, "dir": way.lower(), "data": text + "\r\n"})),
    "Python's prompt": "\n".join(
        f">>> uart.write('{command}\\r\\n')\n{len(command) + 2}\n>>> uart.read()\nb'" + "".join(
            f"\\r\\n{line}\\r\\n" for line in answer) + "'" for command, answer in STORY),
    "socat -x": socat(lambda data: dumped(data.encode(), " ", False).rstrip() + "\n--\n"),
    "socat -v": socat(lambda data: data.replace("\r", "\\r")),
    "PlatformIO's monitor": per_line(lambda n, way, text: f"15:20:{n:02}.012 > {text}"),
    "0x and commas": "\n".join(
        f"{way}: " + ", ".join(f"0x{c:02X}" for c in text.encode())
        for _, command, answer in SAID for way, text in (("TX", command), ("RX", answer))),
    "ESP-IDF's terminal": esp_idf_dump(),
    "ESPHome around ESP-IDF": per_line(
        lambda n, way, text: ("[13:19:36][D][esp-idf:000]: V (4036) command_lib: at\n" if way == "TX" else "")
        + f"[13:19:36][D][esp-idf:000][uart_task]: V (405{n}) command_lib: Token: {{{text}}}"),
    "FreeRTOS": per_line(
        lambda n, way, text: f"{n * 10} {n * 10} [CellularLib] "
        + (f">>>>>Start sending [{text}]<<<<<" if way == "TX" else f"AT solicited Resp[{text}]")),
    "printed and echoed": "".join(f"{command}\n{command}\n" + "\n".join(answer) + "\n" for command, answer in STORY),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape(shape):
    assert found(SHAPES[shape]) == EXPECTED


PLAIN = "".join(f"{command}\r\r\n" + "".join(f"{line}\r\n" for line in answer) for command, answer in STORY)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "latin-1"])
def test_encoding(encoding):
    assert found(PLAIN.encode(encoding)) == EXPECTED


def test_times_of_a_table_are_kept():
    lines = read_log(SHAPES["CSV with names"].encode())
    assert [line.ms for line in lines[:3]] == [0, 1000, 2000]


@pytest.mark.parametrize("data", [
    b"", b"\r" * 200_000, b"\n\r" * 5_000, b"{" * 100_000, b"time,data\n" + b'"' * 200_000 + b"\n1,2\n3,4\n",
    b'{"data":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n" + b'{"data": 1}\n' * 3,
    b"> 2024/05/06 10:11:12.000001  length=3 from=0 to=2\n" + b" 41" * 40_000,
], ids=["nothing", "CR", "LF CR", "braces", "quotes", "deep", "socat"])
def test_what_is_no_dialogue(data):
    """No exception, no exchange, and no time that grows with the square of the length."""
    begin = time.process_time()
    assert found(data) == []
    assert time.process_time() - begin < 10
