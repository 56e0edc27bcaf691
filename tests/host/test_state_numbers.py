"""The numbers of states.py, which files that stay on a board repeat as const()."""

import re
from pathlib import Path

from atsock import states

LIB = Path(states.__file__).parent
CONST = re.compile(r"^_([A-Z_]+) = const\((\d+)\)", re.MULTILINE)
LISTED = {name: value for name, value in vars(states).items() if name.isupper()}


def test_every_file_has_the_same():
    found = set()
    for path in LIB.rglob("*.py"):
        for name, value in CONST.findall(path.read_text()):
            if name in LISTED:
                assert int(value) == LISTED[name], f"{path.name}: _{name}"
                found.add(name)
    assert {"OPEN", "NO", "GONE"} <= found


def test_numbers_of_one_kind_differ():
    groups = [group.split() for group in ("FREE OPENING OPEN LISTENING GONE DEAD", "NO MAYBE YES", "NOTHING LINE PROMPT END FULL")]
    assert sorted(sum(groups, [])) == sorted(LISTED)
    for group in groups:
        assert len({LISTED[name] for name in group}) == len(group)
