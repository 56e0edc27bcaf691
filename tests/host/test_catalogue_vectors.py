"""Every command line of the manuals' example sessions can be said through call(), query() and test(), byte by byte."""

import json
import re

import pytest
from atsock.manual import catalogue, load
from specforms import DIALECTS, SPEC

COMMAND = re.compile(r"AT(\+\w+|&D1|O)(=\?|\?|=)?(.*)\r", re.DOTALL)
FIELD = re.compile(r'(?:^|,)("[^"]*"|[^,]*)')
# What the manuals send to show a refusal, or print with a slip.
REFUSED = {
    'AT+QIOPEN=1,"TCP","220.180.239.212",8009,0,1\r', "AT+CIPRXGET=2,2\r", "AT+SERVERSTART=8080, 0\r",
    'AT+GTSET="IPRFMT",9\r',
}


def lines(dialect):
    vectors = json.loads((SPEC / f"{dialect}.vectors.json").read_text(encoding="utf-8"))
    sent = [step["tx"] for vector in vectors for step in vector["steps"] if "tx" in step]
    return sorted({line for line in sent if COMMAND.fullmatch(line)})


def value_of(text):
    if text.startswith('"'):
        return text.strip('"')
    if text.isdigit():
        return int(text)
    return text or None


def composed(table, line):
    """What the driver makes of the line's own name and arguments; payload is made up where the form wants some."""
    name, kind, rest = COMMAND.fullmatch(line).groups()
    if kind == "=?":
        return f"AT{name}=?\r" if name in table.TESTS else None
    if kind == "?":
        return f"AT{name}?\r" if any(row[0] == name + "?" for row in table.FORMS) else None
    values = [value_of(text) for text in FIELD.findall(rest)] if kind else []
    rows = [row for row in table.FORMS if row[0] in (name, name + "=")]
    try:
        _, made = catalogue.choose(rows, values, table.RANGES)
    except ValueError:
        counts = [value for value in values[1:2] if isinstance(value, int)]
        _, made = catalogue.choose(rows, values + [b"x" * (counts or [1])[0]], table.RANGES)
    digits = "" if made.hexdata is None else made.hexdata.hex().upper() + '"'
    return made.text.decode() + digits + "\r"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_line_of_the_examples(dialect):
    table = load(dialect)
    sent = set(lines(dialect)) - (REFUSED if dialect != "a7600" else REFUSED - {"AT+CIPRXGET=2,2\r"})
    assert len(sent) > 15
    for line in sent:
        assert composed(table, line) == line


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_manuals_show_as_refused_is_not_sent(dialect):
    table = load(dialect)
    for line in set(lines(dialect)) & (REFUSED if dialect != "a7600" else REFUSED - {"AT+CIPRXGET=2,2\r"}):
        with pytest.raises(ValueError):
            composed(table, line)
