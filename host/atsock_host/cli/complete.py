"""Completion for atsock term: the commands of the manual, their forms, their parameters and what each may be.

Knows prompt_toolkit's completers and the notation of the manual's tables (atsock.manual); no terminal, no port.
"""

import re

from prompt_toolkit.completion import Completer, Completion

from ..explain.meaning import PAYLOAD, fields_of

MOST_VALUES = 12        # of a range that are offered one by one
_BEGUN = re.compile(r"(?:AT)?([+&#^*%$][A-Z0-9]*|[A-Z]?)", re.IGNORECASE)
_KINDS = {"a": "address or name", "h": "host name", "d": "domain name", "s": "text", "x": "hexadecimal digits"}


def allowed(kind):
    """What a parameter may be, in words; "" when that is not known."""
    if not kind:
        return ""
    if kind == "none":
        return "empty"
    if kind[0] == '"':
        return " or ".join(kind.strip('"').split("|"))
    if kind[0].isdigit():
        return kind.replace("|", ", ") if "|" in kind else kind.replace("-", " to ")
    if kind[0] in PAYLOAD:
        return "payload, behind the prompt"
    if kind.lstrip("b").startswith("ip"):
        return {"ip": "IP address", "ip4": "IPv4 address", "ip6": "IPv6 address"}.get(kind.lstrip("b"), "")
    return f"{_KINDS.get(kind[0], 'text')}, up to {kind[1:]}" if kind[1:].isdigit() else ""


def values(kind):
    """The values of a parameter that has few, as they are typed."""
    if not kind or kind[0] not in '"0123456789':
        return []
    if kind[0] == '"':
        return [f'"{value}"' for value in kind.strip('"').split("|")]
    if "|" in kind:
        return kind.split("|")
    low, _, high = kind.partition("-")
    most = int(high or low)
    return [str(n) for n in range(int(low), most + 1)] if most - int(low) < MOST_VALUES else []


def position(text):
    """(number of the parameter that the end of a command line is in, what of it is typed)."""
    behind = text.partition("=")[2]
    fields = fields_of(behind) if behind else [""]
    if behind.rstrip().endswith(",") and behind.count('"') % 2 == 0 and fields[-1:] != [""]:
        fields.append("")
    return len(fields) - 1, fields[-1] if fields else ""


class CommandCompleter(Completer):
    """Completes command lines.

    words: a function that returns the Vocabulary in use; own: {line of the terminal itself: what it does}.
    """

    def __init__(self, words, own):
        self._words = words
        self._own = own

    def get_completions(self, document, complete_event):
        """prompt_toolkit's: the Completions of what stands before the cursor."""
        text = document.text_before_cursor
        if text.startswith(":"):
            for line, meaning in self._own.items():
                if line.startswith(text):
                    yield Completion(line.split(" ")[0], -len(text), display=line, display_meta=meaning)
        elif "=" in text:
            yield from self._values(text)
        else:
            yield from self._commands(text)

    def _commands(self, text):
        match = _BEGUN.fullmatch(text)
        if not match or not text:
            return
        words = self._words()
        for name, forms in sorted(words.names().items()):
            if name.upper().startswith(match[1].upper()):
                title = words.command("AT" + name)[0]
                for form in sorted(forms, key=_turn):
                    yield Completion(f"AT{form}", -len(text), display_meta=words.command("AT" + form)[0] or title)

    def _values(self, text):
        number, begun = position(text)
        offered = {value: name for name, kind in self._words().kinds(text, number) for value in values(kind)}
        for value, name in offered.items():
            if value.upper().startswith(begun.upper()) and value != begun:
                yield Completion(value, -len(begun), display_meta=name)


def _turn(form):
    # What Tab takes first is what most is typed for: the parameters; then the action, the question, the test.
    return ("=", "", "?", "=?").index(form[len(form.rstrip("=?")):])


def hint(words, text):
    """[(style, text)] about the command line that is being typed: title, parameters, and what is wrong with it."""
    if not text.upper().startswith("AT"):
        return []
    title, source = words.command(text)
    form, (number, _) = words.form(text), position(text)
    complaints = [f"{name}: {said}" for name, _, said in words.parameters(text) if said] if "=" in text else []
    parts = [("fg:ansired", f"{complaint}  ") for complaint in complaints]
    parts += [("", f"{title} ({source})  " if source else f"{title}  ")] if title else []
    for n, (name, kind, optional) in enumerate(form):
        said = f"{name}: {allowed(kind)}" if allowed(kind) and n >= number else name
        parts.append(("bold" if n == number else "", f"[{said}]  " if optional else f"{said}  "))
    return parts
