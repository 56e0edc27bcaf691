"""Numbers that files which stay on a board repeat as const(): each list has them once, and every file has the list's."""

import ast
import re
from pathlib import Path

import atsock
from atsock import fast, packing, states, tables

LIB = Path(states.__file__).parent
_EVENTS = tables.EVENTS.decode().split()
EVENTS = {name: 1 << i for i, name in enumerate(_EVENTS)}
ASKED_FOR = sum(EVENTS[name] for name in _EVENTS[: _EVENTS.index("READY")])

# {name: number} of each list that holds wherever a file has one of its names.
LISTS = {
    "states.py": {name: value for name, value in vars(states).items() if name.isupper()},
    "Engine.state": {"IDLE": 0, "BUSY": 1, "LATE": 2, "DATA_MODE": 3},
    "kinds of payload (packing.py)": {name: i for i, name in enumerate(packing.KINDS.decode().split())},
    "found of match() (fast.py)": {"EVENT": 0, "ID": 1, "VALUE": 2, "REST": 3, "KIND": 4, "AT": 5, "GOOD": 6, "FIELD": 7, "ROW": 8, "WANTED": 9,
                                   "ASKED_LINK": 10, "ASKED_N": 11, "CONTEXT": 12},
    "links asked for (fast.py)": {"NOBODY": 1000, "WHICHEVER": 1001},
    "Table.socket()": {"SEND": 0, "CHUNK": 1, "RECV": 2, "READ": 3, "A_SEND": 0, "A_CHUNK": 1, "A_RECV": 2, "A_READ": 3},
    "constants.py": {f"EVENT_{name}": getattr(atsock, f"EVENT_{name}")
                     for name in "DATA CLOSED INCOMING NETWORK_LOST RESTARTED FLOW_OFF FLOW_ON OVERFLOW UNKNOWN".split()},
    "what reads and sends return (sockets.py)": {"AGAIN": -11, "DIRECT": 2},
    "poll() (polling.py)": {"RD": 1, "WR": 4, "ERR": 8, "HUP": 16, "NVAL": 32, "POLLIN": 1, "POLLOUT": 4, "MSG_PEEK": 2, "MSG_DONTWAIT": 64},
    "number() (fast.py)": {"MISSING": fast.MISSING},
}  # fmt: skip
# Those that hold in these files, and there before the others.
HERE = {
    ("tokens.py", "hexadecimal.py"): {"LINES": 0, "RAW": 1, "HEX": 2, "AT": 0, "STOP": 1, "N": 2},  # Tokenizer.kind and .marks
    ("catalogue.py",): {"FIRST_UNASKED": _EVENTS.index("READY"), "NOISE": _EVENTS.index("NOISE"), "ABSENT": 255},  # as rows are packed
    ("plan.py", "switching.py"): {"MODE": 0, "GROUP": 1, "SETUP": 2, "SEND": 3, "CHUNK": 4, "RECV": 5, "READ": 6, "LINES": 7, "SEND_TO": 8, "LEAVE": 9},  # Table.access()
    ("connection.py",): {"RING": 2048},  # bytes
    ("sockets.py", "troubles.py"): {"RING": 1},  # Socket._reading
}
# Sums of events: what their names mean.
SUMS = {
    "ALL": sum(EVENTS.values()), "UNASKED": sum(EVENTS.values()) - ASKED_FOR, "PROMPTED": EVENTS["PROMPT"], "FLOW": EVENTS["FLOW_OFF"] | EVENTS["FLOW_ON"],
    "PAYLOADS": EVENTS["DATA"] | EVENTS["PUSH"],
    "RARE": EVENTS["ADDRESS"] | EVENTS["RESOLVED"] | EVENTS["REASON"] | EVENTS["CODE"],
}  # fmt: skip


def constants():
    """[(file, name, number, is it written as bits?)] of every _NAME = const(number)."""
    found = []
    for path in LIB.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "const":
                (target,), (argument,) = node.targets, node.value.args
                number = eval(compile(ast.Expression(argument), path.name, "eval"), {})  # noqa: S307  of numbers only
                bits = any(isinstance(part, ast.LShift) for part in ast.walk(argument)) and number > 0
                found.append((path.name, target.id.removeprefix("_"), number, bits))
    return found


def allowed(file, name, bits):
    """The numbers that this name may have in this file, None: it stands in no list."""
    for files, numbers in HERE.items():
        if file in files and name in numbers:
            return {numbers[name]}
    if bits:
        return {numbers[name] for numbers in (EVENTS, SUMS) if name in numbers}
    found = {numbers[name] for numbers in LISTS.values() if name in numbers}
    return found or None


def test_every_file_has_the_lists_numbers():
    checked = set()
    for file, name, number, bits in constants():
        numbers = allowed(file, name, bits)
        if numbers is not None:
            assert number in numbers, f"{file}: _{name} = {number}"
            checked.add(name)
    assert checked >= {"OPEN", "NO", "LINE", "END", "IDLE", "LATE", "OK", "ERROR", "UNASKED", "WORD", "HEX", "VALUE", "WANTED", "NOBODY", "A_CHUNK", "EVENT_DATA"}
    assert len(checked) > 80


def test_bits_are_events():
    """What is written as 1 << n is an event, or a sum that is listed here."""
    for file, name, _, bits in constants():
        if bits:
            assert name in EVENTS or name in SUMS or name in HERE.get((file,), {}), f"{file}: _{name}"


def test_a_name_of_several_files_is_one_number():
    """Also where no list has it; but a time may be each file's own."""
    numbers = {}
    for file, name, number, bits in constants():
        if allowed(file, name, bits) is None and not name.endswith("_MS"):
            assert numbers.setdefault(name, number) == number, f"{file}: _{name}"
    assert numbers


def test_no_name_is_of_two_lists():
    """Or a file could have either number; but events, which are written as bits, and those that hold in some files."""
    names = [name for numbers in LISTS.values() for name in numbers]
    assert sorted(set(names)) == sorted(names)
    for numbers in HERE.values():
        for name in numbers:
            assert name == "NOISE" or name not in EVENTS


def test_numbers_of_one_kind_differ():
    listed = LISTS["states.py"]
    groups = [group.split() for group in ("FREE OPENING OPEN LISTENING GONE DEAD", "NO MAYBE YES", "NOTHING LINE PROMPT END FULL")]
    assert sorted(sum(groups, [])) == sorted(listed)
    for group in groups + [LISTS["Engine.state"], LISTS["found of match() (fast.py)"], LISTS["constants.py"]]:
        numbers = [next(one[name] for one in LISTS.values() if name in one) for name in group]
        assert len(set(numbers)) == len(numbers)


def test_the_places_of_found_are_those_of_the_description():
    """The head of fast.py numbers what match() leaves and takes."""
    text = fast.__doc__[fast.__doc__.index("match() leaves") :]
    words = {"EVENT": "event", "ID": "link", "VALUE": "value", "REST": "number in field `extra`", "KIND": "kind", "AT": "where the fields start", "GOOD": "is the value good",
             "FIELD": "`extra`", "ROW": "where the row starts", "WANTED": "events wanted", "ASKED_LINK": "link of the command in flight",
             "ASKED_N": "length that was asked for", "CONTEXT": "context id"}  # fmt: skip
    places = {int(number): said for number, said in re.findall(r"\b(\d\d?) (.+?)(?=, \d|\n|$| \(|\?)", text)}
    for name, place in LISTS["found of match() (fast.py)"].items():
        assert places[place].startswith(words[name]), (name, places)


def test_the_columns_of_an_access_mode():
    table = tables.Table("bg96")
    cells = table.access("buffer")
    assert table.socket("buffer") == (table.command(cells[3]), int(cells[4]), table.command(cells[5]), int(cells[6]))
    send, chunk, recv, read = (LISTS["Table.socket()"][name] for name in ("SEND", "CHUNK", "RECV", "READ"))
    found = table.socket("buffer")
    assert b"QISEND=" in found[send][0] and found[chunk] == 1460 and b"QIRD=" in found[recv][0] and found[read] == 1500
