r"""Answers out of a file, for commands that the simulator does not have or has otherwise.

    [[answer]]
    command = 'AT+QENG="(\w+)"'             # the whole command, or a regular expression; capitals do not matter
    lines = ['+QENG: "\1","SEARCH"']        # information lines; \1 is what the first parentheses held
    result = "OK"                           # the final result, "" for none
    delay_ms = 100                          # before it all
    notices = [{ text = "+QIND: 1", after_ms = 500 }]   # unsolicited lines, counted from the result
    times = 2                               # then the module answers itself again; 0: always

`raw` instead of `lines` and `result` are bytes as they are ("\r\n> "), for answers of another form.  An answer is
tried on the whole line and on each command of it, before the module's own; the first one that fits is given.
"""

import re

_KEYS = {"command", "lines", "result", "raw", "delay_ms", "notices", "times"}
_GROUP = re.compile(r"\\([1-9])")
_AT, _LITERAL = re.compile(r"^AT\+(?=\w)", re.IGNORECASE), r"AT\\+"      # nobody means A, T, T, T


class AnswerError(ValueError):
    """An entry of the file that cannot be used; the text says which and why."""


class CannedAnswer:
    def __init__(self, command, lines=(), result="OK", raw=None, delay_ms=0, notices=(), times=0):
        try:
            self.pattern = re.compile(f"{_AT.sub(_LITERAL, command)}|{re.escape(command)}", re.IGNORECASE)
        except (re.error, TypeError) as problem:
            raise AnswerError(f"the answer to {command!r}: {problem}") from problem
        self.command = command
        self.lines = (lines,) if isinstance(lines, str) else tuple(lines)
        self.result = result
        self.raw = raw
        self.delay_ms = delay_ms
        self.notices = tuple((notice["text"], notice.get("after_ms", 0)) for notice in notices)
        self.times = times
        self._given = 0

    def give(self, module, text):
        """Answer the command `text`; False when it is another one."""
        match = self.pattern.fullmatch(text)
        if match is None or (self.times and self._given >= self.times):
            return False
        self._given += 1
        if self.delay_ms:
            module.after(self.delay_ms, lambda: self._answer(module, match))
        else:
            self._answer(module, match)
        return True

    def _answer(self, module, match):
        def filled(text):
            return _GROUP.sub(lambda group: match.group(int(group[1])) or "", text)

        if self.raw is not None:
            module.raw(filled(self.raw).encode("latin-1", "replace"))
            module.end_silently()
        else:
            for line in self.lines:
                module.info(filled(line))
            if self.result == "OK":
                module.ok()
            elif self.result:
                module.final(filled(self.result))
            else:
                module.end_silently()
        for text, after_ms in self.notices:
            module.after(after_ms, lambda text=text: module.urc(filled(text)))


def from_entries(entries):
    """CannedAnswers of a list of tables.  AnswerError for what is none."""
    answers = []
    for entry in entries:
        if not isinstance(entry, dict) or "command" not in entry or entry.keys() - _KEYS:
            more = ", ".join(sorted(_KEYS - {"command"}))
            raise AnswerError(f"an answer has command and may have {more}, not {entry!r}")
        try:
            answers.append(CannedAnswer(**entry))
        except (KeyError, TypeError, AttributeError) as problem:
            raise AnswerError(f"the answer to {entry['command']!r}: {problem!r}") from problem
    return answers
