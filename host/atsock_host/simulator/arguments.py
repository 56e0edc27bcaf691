"""Splits one command line into commands and checks their arguments.

Owns the grammar of V.250 5.2 (basic and extended commands, `;`, `=`, `?`, `=?`) and the description of an
argument (range, quoting, optional).  Knows no command by name and writes nothing: what is wrong is reported
as text, the module decides what to answer.
"""

import re

_BASIC = re.compile(r"([&\\]?[A-Z])([0-9]*)", re.IGNORECASE | re.ASCII)
_S_REGISTER = re.compile(r"(S[0-9]+)(=[0-9]*|\?)?", re.IGNORECASE | re.ASCII)
_EXTENDED = re.compile(r"([+*#$%^][A-Z][A-Z0-9_]*)(\s*)(=\?|\?|=|)", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"-?[0-9]+\Z")


class Quoted(str):
    """An argument that stood in double quotes; the quotes are not part of it."""


class Number(int):
    """A bare decimal number; `text` is how it was written, with the zeros at its front."""

    text: str

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


class BadArguments(Exception):
    """The arguments of a command are not what its manual allows; the text says which and why."""


class Command:
    """One command of a line: name (upper case), form, parsed arguments and their text as written."""

    __slots__ = ("name", "form", "args", "text", "source")

    def __init__(self, name, form, args, text, source="AT"):
        self.name = name
        self.form = form    # "test" | "read" | "write" | "exec"
        self.args = args    # Number, Quoted, str (bare text) or None (empty field)
        self.text = text    # what stood after the "="
        self.source = source    # the command as written, with AT before it

    def __repr__(self):
        return f"AT{self.name} {self.form} {self.args!r}"


def split_fields(text, problems):
    """Arguments of `text`: bare number -> Number, quoted -> Quoted, other -> str, empty -> None.

    Blanks around a field are dropped and named in `problems`.  Raises BadArguments for a quote that does
    not close or text behind a closing quote.
    """
    fields = []
    at = 0
    while True:
        while text[at:at + 1] == " ":
            problems.append("blank in the argument list")
            at += 1
        if text[at:at + 1] == '"':
            end = text.find('"', at + 1)
            if end < 0:
                raise BadArguments("a quoted argument does not end")
            fields.append(Quoted(text[at + 1:end]))
            at = end + 1
            while text[at:at + 1] == " ":
                problems.append("blank in the argument list")
                at += 1
            if at < len(text) and text[at] != ",":
                raise BadArguments(f"text behind a quoted argument: {text[at:at + 12]!r}")
        else:
            end = text.find(",", at)
            end = len(text) if end < 0 else end
            bare = text[at:end]
            if bare != bare.rstrip():
                problems.append("blank in the argument list")
                bare = bare.rstrip()
            if '"' in bare:
                raise BadArguments(f"quote inside an unquoted argument: {bare!r}")
            fields.append(None if not bare else Number(bare) if _NUMBER.match(bare) else bare)
            at = end
        if at >= len(text):
            return fields
        at += 1     # the comma


def _semicolon(text, start):
    """Index of the first `;` outside quotes from `start`, or the length of the text."""
    quoted = False
    for i in range(start, len(text)):
        if text[i] == '"':
            quoted = not quoted
        elif text[i] == ";" and not quoted:
            return i
    return len(text)


def split_line(body, problems):
    """Commands of a line (`body` is what follows "AT"); an empty body is the command named "".

    Raises BadArguments for text that is no command; adds smaller slips to `problems`.
    """
    if not body.strip():
        return [Command("", "exec", [], "")]
    commands = []
    at = 0
    while at < len(body):
        if body[at] in " ;":
            at += 1
            continue
        match = _EXTENDED.match(body, at)
        if match:
            name, blank, mark = match.groups()
            end = _semicolon(body, match.end())
            text = body[match.end():end]
            if blank and mark:
                problems.append("blank in the command name")
            if mark == "=" and text == "?":
                mark, text = "=?", ""
            if mark == "=":
                form, args = "write", split_fields(text, problems)
            elif text.strip():
                raise BadArguments(f"text behind the command: {text[:12]!r}")
            else:
                form, args, text = {"=?": "test", "?": "read", "": "exec"}[mark], [], ""
            commands.append(Command(name.upper(), form, args, text, "AT" + body[at:end]))
            at = end
            continue
        register = _S_REGISTER.match(body, at)
        match = register or _BASIC.match(body, at)
        if not match:
            raise BadArguments(f"not a command: {body[at:at + 12]!r}")
        tail = match.group(2) or ""
        if register:
            form = "read" if tail == "?" else "write" if tail else "exec"
            args = [int(tail[1:] or 0)] if form == "write" else []
        else:
            form, args = "exec", [int(tail)] if tail else []
        commands.append(Command(match.group(1).upper(), form, args, tail, "AT" + match.group()))
        at = match.end()
    return commands or [Command("", "exec", [], "")]


class Int:
    """A bare decimal number from low to high."""

    def __init__(self, low, high):
        self.low = low
        self.high = high

    def check(self, value, place):
        if not isinstance(value, int):
            raise BadArguments(f"argument {place} must be a number, not {value!r}")
        if not self.low <= value <= self.high:
            raise BadArguments(f"argument {place} is {value}, allowed is {self.low}-{self.high}")
        return value


class Text:
    """A quoted string; `choices` lists the allowed ones, `limit` the longest length, `bare` allows it unquoted."""

    def __init__(self, limit=None, choices=None, bare=False):
        self.limit = limit
        self.choices = choices
        self.bare = bare

    def check(self, value, place):
        if isinstance(value, Quoted) or (self.bare and isinstance(value, (str, int))):
            text = value.text if isinstance(value, Number) else str(value)
        else:
            raise BadArguments(f"argument {place} must be a quoted string, not {value!r}")
        if self.limit is not None and len(text) > self.limit:
            raise BadArguments(f"argument {place} has {len(text)} characters, allowed are {self.limit}")
        if self.choices is not None and text not in self.choices:
            raise BadArguments(f"argument {place} is {text!r}, allowed is {', '.join(self.choices)}")
        return Quoted(text)


class Host(Text):
    """A host name or an address: a string that is not empty."""

    def check(self, value, place):
        text = super().check(value, place)
        if not text:
            raise BadArguments(f"argument {place} names no host")
        return text


class Optional:
    """An argument that may be left out at the end; with `hole` also left empty between commas."""

    def __init__(self, kind, default=None, hole=False):
        self.kind = kind
        self.default = default
        self.hole = hole

    def check(self, value, place):
        if value is None:
            if self.hole:
                return self.default
            raise BadArguments(f"argument {place} is empty")
        return self.kind.check(value, place)


def match(args, *kinds):
    """The arguments checked against `kinds`, missing optional ones replaced by their defaults.

    Raises BadArguments with the place (counted from 1) of the first argument that does not fit.
    """
    if len(args) > len(kinds):
        raise BadArguments(f"{len(args)} arguments, at most {len(kinds)} are allowed")
    values = []
    for place, kind in enumerate(kinds, 1):
        if place <= len(args):
            if args[place - 1] is None and not isinstance(kind, Optional):
                raise BadArguments(f"argument {place} is empty")
            values.append(kind.check(args[place - 1], place))
        elif isinstance(kind, Optional):
            values.append(kind.default)
        else:
            raise BadArguments(f"{len(args)} arguments, argument {place} is missing")
    return values
