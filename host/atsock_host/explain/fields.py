"""The name of a command, and the fields of a command or of a line: texts and numbers, no meaning."""

import re

_NAME = re.compile(r"AT([+#%^*$!@\\]+[A-Z0-9_]+|&?[A-Z]|)(.*)", re.IGNORECASE | re.DOTALL)
_FIELD = re.compile(r'\s*("[^"]*"?|[^,]*)\s*(?:,|$)')


def name_and_rest(command):
    """("+QIOPEN", "=1,0") of a command line; ("", ...) of a bare AT."""
    if command.strip() == "+++":
        return "+++", ""
    match = _NAME.fullmatch(command.strip())
    return (match[1].upper(), match[2].strip()) if match else ("", "")


def fields_of(text):
    """The fields of a list: texts keep their quotes."""
    found: "list[str]" = []
    pos = 0
    while pos <= len(text) and len(found) < 100:
        match = _FIELD.match(text, pos)
        found.append(match[1].strip())
        if match.end() == pos or match.end() == len(text) and not text.endswith(","):
            break
        pos = match.end()
    return found if text.strip() else []


def number(fields, index):
    """The number in a field, None when there is none."""
    try:
        return int(fields[index].strip('"'))
    except (IndexError, ValueError):
        return None
