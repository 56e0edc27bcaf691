"""A whole dialogue in one line: commands, answers and results whose line ends are gone altogether.

    AT+CGMIQuectelOKAT+CSQ+CSQ: 20,99OK

Where a command ends is told by its name, which is one of those in titles.py or in a module's manual; where an answer
ends, by the result behind it.  A line is taken apart only when all of it can be, and a result is in it.
"""

import re
from functools import cache

from atsock import dialects
from atsock.manual import load

from . import titles

_BASIC = re.compile(r"AT(?:[EVQXZIHA]\d?|&[A-Z]\d?|)", re.IGNORECASE)
_EXTENDED = re.compile(r"AT([+#%^*$][A-Z0-9_]+)", re.IGNORECASE)
_VALUES = re.compile(r'=\?|\?|=(?:"[^"]*"|-?\d[\d.]*|,(?=[-\d",]))*')
_RESULT = re.compile(
    r"OK|\+CM[ES] ERROR: ?(?:\d+|[A-Za-z][A-Za-z ]*?(?=AT[+&E]|[+*^]|$))|ERROR|SEND (?:OK|FAIL)|NO CARRIER"
    r"|CONNECT(?: (?:OK|FAIL|\d+))?")
_INFORMATION = re.compile(r'[+*^][A-Z][A-Z0-9]+: ?(?:"[^"]*"|[^"])*?(?=OK|ERROR|[+*^][A-Z][A-Z0-9]+: |AT[+*^&E]|$)')
_TEXT = re.compile(r"[^+*^].*?(?=OK|ERROR|\+CM[ES] ERROR)")
_END = re.compile(r"OK|ERROR|[+*^]|AT|SEND|NO C|CONN|$")


def pieces(text):
    """The texts that the line is made of (a list), None when it is not such a line."""
    found: "list[str]" = []
    pos, results = 0, 0
    while pos < len(text):
        end = _command(text, pos)
        if not end and found:
            match = _RESULT.match(text, pos)
            results += match is not None
            match = match or _INFORMATION.match(text, pos) or _TEXT.match(text, pos)
            end = match.end() if match else 0
        if not end:
            return None
        piece = text[pos:end]
        if piece != piece.strip():      # there are blanks where the line ends were
            return None
        found.append(piece)
        pos = end
    return found if results and len(found) > 2 else None


def _command(text, pos):
    # Where the command that begins at pos ends, 0 when none does.
    match = _EXTENDED.match(text, pos)
    if match:
        name = _known(match[1].upper())
        if not name:
            return 0
        end = match.start(1) + len(name)
        values = _VALUES.match(text, end)
        return values.end() if values else end
    match = _BASIC.match(text, pos)
    return match.end() if match and (match.end() > pos + 2 or _END.match(text, match.end())) else 0


def _known(text):
    # The longest name that the text begins with, "" when there is none.
    known = names()
    for end in range(len(text), 2, -1):
        if text[:end] in known:
            return text[:end]
    return ""


@cache
def names():
    """The names of all commands that are known here (a frozenset): of the manuals and of titles.py."""
    manuals = [load(dialect) for dialect in dialects.names()]
    forms = [form[0].rstrip("=?") for manual in manuals for form in manual.FORMS]
    return frozenset(titles.COMMANDS) | frozenset(forms) | {name for manual in manuals for name in manual.TESTS}
