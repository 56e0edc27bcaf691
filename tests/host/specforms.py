"""The forms of every command as the specifications (tests/spec/*.json) list them, in one shape for all dialects."""

import json
import re
from pathlib import Path
from typing import NamedTuple

SPEC = Path(__file__).resolve().parents[1] / "spec"
DIALECTS = ("bg96", "a7600", "sim7028", "nl668", "l610")

_FIELD = r'(?:"[^"]*"|[^",]*)'


class Form(NamedTuple):
    id: str             # "QICSGP.set", "+CIPOPEN/write/udp", "+MIPSEND/write/length"
    command: str        # "+QICSGP"
    kind: str           # "test", "read", "write", "exec", "escape"
    section: str
    pattern: str        # of the command line
    params: tuple       # of the specification: dicts with name, type, min, max, ...


def forms(dialect):
    """All of them, in the manual's order."""
    data = json.loads((SPEC / f"{dialect}.json").read_text(encoding="utf-8"))
    found = []
    for command in data["commands"]:
        for form in command["forms"]:
            found.append(_form(command, form))
    for item in data.get("auxiliary", ()):
        found.append(Form(item["name"], item["name"], item["kind"], item["section"], re.escape(item["name"]), ()))
    return found


def _form(command, form):
    parts = [command["name"], form["kind"], form.get("variant")]
    number = form.get("id") or "/".join(part for part in parts if part)
    pattern = form.get("match") or _pattern(form["syntax"])
    return Form(number, command["name"], form["kind"], command["section"], pattern, tuple(form.get("params", ())))


def _pattern(syntax):
    """A regular expression out of a syntax line: <x> a field, [...] may be missing, the rest as it stands."""
    out = ""
    for part in re.findall(r'"<[^>]*>"|<[^>]*>(?:\|<[^>]*>)*|\[|\]|.', syntax):
        if part.startswith('"<'):
            out += '"[^"]*"'
        elif part.startswith("<"):
            out += _FIELD
        else:
            out += {"[": "(?:", "]": ")?"}.get(part, re.escape(part))
    return out
