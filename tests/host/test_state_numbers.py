"""Numbers that files on the data path repeat as _NAME = const(number): they are those of core/words.py, and of
constants.py.

What is written in neither, the places in `matched` and the columns of an access mode, is listed here once.
"""

import ast
import re
from pathlib import Path

import pytest

import atsock
from atsock import constants, dialects
from atsock.core import movers, words

LIB = Path(atsock.__file__).parent

WORDS = {name: value for name, value in vars(words).items() if name[0].isupper()}
KINDS_BEGIN = list(WORDS).index("NONE")
EVENTS = {name: WORDS[name] for name in list(WORDS)[:KINDS_BEGIN]}  # bits, in their order
URCS = sum(value for value in EVENTS.values() if value >= words.READY)
MASKS = {
    "ALL": sum(EVENTS.values()), "URCS": URCS,
    "PAYLOADS": words.DATA | words.PUSH, "FLOW": words.FLOW_OFF | words.FLOW_ON,
    "ENDS_SEND": words.OK | words.SENT,
    "TAKEN": words.SENT | words.PUSHED, "TELLS": words.SENT | words.PUSHED | words.CONNECT,
    "FOUND": words.DATA | words.EMPTY, "DETAILS": words.ADDRESS | words.RESOLVED | words.REASON | words.CODE,
}  # fmt: skip
FOR_PROGRAMS = {name: getattr(constants, name) for name in dir(constants) if name.startswith("EVENT_")}
# What match() leaves and takes, numbered in the head of core/movers.py; ROW_VALUE: a byte of a packed row
# (core/rows.py).
MATCHED = {
    "EVENT": 0, "ID": 1, "VALUE": 2, "AUX": 3, "KIND": 4, "FIELDS": 5, "IS_OK": 6, "AUX_FIELD": 7, "ROW": 8,
    "WANTED": 9, "ASKED_LINK": 10, "ASKED_N": 11, "CONTEXT": 12,
}  # fmt: skip
LINKS = {"NO_LINK": 1000, "ANY_LINK": 1001}
PACKED = {"KIND": 6, "FIELDS": 8, "NAME_LENGTH": 9, "FORM_LENGTH": 10, "NAME": 11, "ABSENT": 255}
PACKED_ROWS = ("core/rows.py", "manual/answers.py")  # there they are numbers of bytes in a packed row
ACCESS = {
    "SEND": 0, "CHUNK": 1, "RECV": 2, "READ": 3, "MODE": 4, "GROUP": 5, "SETUP": 6, "LINES": 7, "SEND_TO": 8,
    "LEAVE": 9,
}  # fmt: skip


def constants_of(path):
    """[(name, number, is it written in bits?)] of every _NAME = const(number)."""
    found = []
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if getattr(node.value.func, "id", "") == "const":
                (target,), (argument,) = node.targets, node.value.args
                number = eval(compile(ast.Expression(argument), path.name, "eval"), {})
                bits = any(isinstance(part, ast.LShift) for part in ast.walk(argument)) and number > 0
                found.append((target.id.removeprefix("_"), number, bits))
    return found


FILES = {str(path.relative_to(LIB)): constants_of(path) for path in sorted(LIB.rglob("*.py"))}
FILES = {file: found for file, found in FILES.items() if found}


@pytest.mark.parametrize("file", FILES)
def test_numbers_are_those_of_the_lists(file):
    """A name of core/words.py, constants.py or MASKS has their number in every file."""
    wanted = WORDS | MASKS | FOR_PROGRAMS
    for name, number, _ in FILES[file]:
        assert number == wanted.get(name, number), f"_{name} = {number}"


@pytest.mark.parametrize("file", FILES)
def test_what_is_written_in_bits_is_an_event(file):
    for name, _, bits in FILES[file]:
        # A size or a time may be written so, too.
        assert not bits or name in EVENTS | MASKS or name.endswith(("_MAX", "_MS")), f"_{name}"


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith(("core/", "sockets/"))])
def test_places_are_those_of_the_description(file):
    """Where `matched`, a packed row or an access mode are looked into by number."""
    wanted = PACKED if file in PACKED_ROWS else MATCHED | LINKS if file.startswith("core/") else MATCHED | ACCESS
    for name, number, _ in FILES[file]:
        if name not in ("LINES",):  # of Tokenizer.kind
            assert number == wanted.get(name, number), f"_{name} = {number}"


def test_all_lists_are_used():
    """Or these tests would prove little."""
    names = {name for found in FILES.values() for name, _, _ in found}
    assert names >= {"OK", "READY", "URCS", "OPEN", "END", "TIMED_OUT", "EVENT_DATA", "VALUE", "ANY_LINK", "CHUNK"}
    assert len(names & set(WORDS)) > 40


def test_the_head_of_movers_numbers_matched():
    text = movers.__doc__[movers.__doc__.index("match() leaves") :]
    said = {
        "EVENT": "event", "ID": "link", "VALUE": "value", "AUX": "number in field `aux`", "KIND": "kind",
        "FIELDS": "where the fields start", "IS_OK": "is the value ok", "AUX_FIELD": "`aux`",
        "ROW": "where the row starts", "WANTED": "events wanted", "ASKED_LINK": "link of the command in flight",
        "ASKED_N": "length that was asked for", "CONTEXT": "context id",
    }  # fmt: skip
    places = {int(number): what for number, what in re.findall(r"\b(\d\d?) (.+?)(?=, \d|\n|$| \(|\?)", text)}
    for name, place in MATCHED.items():
        assert places[place].startswith(said[name]), (name, places)
    for name, number in LINKS.items():
        assert str(number) in text, name


def test_the_columns_of_an_access_mode():
    mode = dialects.get("bg96").ACCESS["buffer"]
    assert len(mode) == len(ACCESS)
    assert b"QISEND=" in mode[ACCESS["SEND"]][0] and mode[ACCESS["CHUNK"]] == 1460
    assert b"QIRD=" in mode[ACCESS["RECV"]][0] and mode[ACCESS["READ"]] == 1500
    assert b"QISEND=" in mode[ACCESS["SEND_TO"]][0]


def test_numbers_of_one_kind_differ():
    groups = (
        "NONE RAW INLINE HEX INLINE_HEX WORD RAW_FROM INLINE_FROM HEX_FROM INLINE_HEX_FROM",
        "ANY ASKED OWN_CONTEXT NEVER", "FREE OPENING OPEN LISTENING GONE DEAD", "NO MAYBE YES",
        "NOTHING LINE PROMPT_TOKEN END FULL", "IDLE BUSY TIMED_OUT DATA_MODE RESTING", "IN_LINKS APART BECOMES",
        "BY_LINE BY_ID BY_FLAG",
    )  # fmt: skip
    for group in groups:
        numbers = [WORDS[name] for name in group.split()]
        assert len(set(numbers)) == len(numbers), group
    assert list(EVENTS.values()) == [1 << n for n in range(30)]
    assert len(set(FOR_PROGRAMS.values())) == len(FOR_PROGRAMS)
    listed = set(" ".join(groups).split()) | set(EVENTS)
    assert set(WORDS) - listed == {"MISSING", "MUST", "MAY", "AGAIN"}
