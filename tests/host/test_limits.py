"""The yardstick of the demo, counted by hand here and compared with the exchanges that the manuals print."""

import json
from pathlib import Path

import pytest
from atsock_host import limits
from atsock_host.limits import ACCESS, DIALECTS, RECEIVE, SEND, explain, least_seconds, line_bytes

SPEC = Path(__file__).parent.parent / "spec"
ALL = [(dialect, access, direction) for dialect in DIALECTS for access in ACCESS for direction in (RECEIVE, SEND)]


def count(*texts):
    return sum(map(len, texts))


def test_bg96_buffer_read_by_hand():
    full = count("AT+QIRD=0,1500\r", "\r\n+QIRD: 1500\r\n", "\r\n\r\nOK\r\n")
    assert full == 38
    assert line_bytes("bg96", "buffer", 1500) == 1500 + full
    # The last read asks for 1500 as well, but one digit less comes back.
    assert line_bytes("bg96", "buffer", 2000) == 2000 + 2 * full - 1


def test_the_demos_64_kib():
    assert line_bytes("bg96", "buffer", 65536) == 65536 + 44 * 38
    assert least_seconds("bg96", "buffer", 65536, 115200) == pytest.approx((65536 + 44 * 38) / 11520)


def test_sending_by_hand():
    assert line_bytes("bg96", "push", 10, SEND) == 10 + count("AT+QISEND=0,10\r", "\r\n> ", "\r\nSEND OK\r\n")
    assert line_bytes("a7600", "buffer", 5, SEND) == 5 + count(
        "AT+CIPSEND=0,5\r", "\r\n>", "\r\nOK\r\n", "\r\n+CIPSEND: 0,5,5\r\n")


def test_hexadecimal_doubles_the_payload():
    assert line_bytes("sim7028", "hex", 750) == 1500 + count(
        "AT+CIPRXGET=3,0,750\r", "\r\n+CIPRXGET: 3,0,750,0\r\n", "\r\n\r\nOK\r\n")
    assert line_bytes("bg96", "hex", 256, SEND) == 512 + count('AT+QISENDEX=0,""\r', "\r\nSEND OK\r\n")


def test_a_push_command_is_shared_by_two_blocks():
    one = count('AT+MIPSEND=1,""\r', "\r\n+MIPSEND: 1,0,2\r\n\r\nOK\r\n")
    push = count("AT+MIPPUSH=1\r", "\r\n+MIPPUSH: 1,0\r\n\r\nOK\r\n")
    assert line_bytes("l610", "hex", 1023, SEND) == 2046 + one + push
    assert line_bytes("l610", "hex", 2046, SEND) == 4092 + 2 * one + push
    assert line_bytes("l610", "hex", 2047, SEND) == 4094 + 3 * one + 2 * push


# One exchange of each kind as a manual prints it, without its payload, for a row of the same size.
PRINTED = [
    ("bg96", "3.2.3", "buffer", RECEIVE, 5, ["AT+QIRD=0,1500\r", "\r\n+QIRD: 5\r\ntest1\r\n\r\nOK\r\n"]),
    ("bg96", "3.4.2", "push", SEND, 5, ["AT+QISEND=0,5\r", "\r\n> ", "test2", "\r\nSEND OK\r\n"]),
    ("a7600", "6.2.2.2", "buffer", SEND, 5,
     ["AT+CIPSEND=1,5\r", "\r\n>", "hello", "\r\nOK\r\n", "\r\n+CIPSEND: 1,5,5\r\n"]),
    ("nl668", "3.3b", "push", SEND, 10,
     ["AT+MIPSEND=1,10\r", "\r\n>", "1234567890",
      "\r\nOK\r\n\r\n+MIPPUSH: 1,0\r\n\r\n+MIPSEND: 1,0,2048\r\n\r\nOK\r\n"]),
    ("l610", "1.1.10-fmt0", "hex", RECEIVE, 5, ["\r\n+MIPRTCP: 1,0,68656C6C6F\r\n"]),
]


@pytest.mark.parametrize("dialect, vector, access, direction, n, exchange", PRINTED)
def test_rows_agree_with_the_manuals(dialect, vector, access, direction, n, exchange):
    steps = next(v for v in json.loads((SPEC / f"{dialect}.vectors.json").read_text()) if v["id"] == vector)["steps"]
    texts = [step.get("tx", step.get("rx")) for step in steps]
    at = texts.index(exchange[0])
    assert texts[at:at + len(exchange)] == exchange
    assert line_bytes(dialect, access, n, direction) == count(*exchange)


@pytest.mark.parametrize("dialect, access, direction", ALL)
def test_every_row_is_sound(dialect, access, direction):
    row = limits.exchange(dialect, access, direction)
    assert line_bytes(dialect, access, 0, direction) == 0
    sizes = [1, row.chunk - 1, row.chunk, row.chunk + 1] if access != "transparent" else [1, 65536]
    counts = [line_bytes(dialect, access, n, direction) for n in sizes]
    assert counts == sorted(counts)
    for n, total in zip(sizes, counts):
        assert total >= n * row.factor
    assert (counts[0] == 1) == (access == "transparent")
    assert "%" in explain(dialect, access, direction) and row.source in explain(dialect, access, direction)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_transparent_has_no_overhead_and_push_less_than_buffer(dialect):
    assert line_bytes(dialect, "transparent", 12345) == 12345
    assert line_bytes(dialect, "push", 12345) < line_bytes(dialect, "buffer", 12345)
    assert least_seconds(dialect, "transparent", 11520, 115200) == 1.0
