"""Commands with their answers, notices and payload, made of the lines of a log.

Owns the question what belongs to what: which command a result ends, whose late result a line is, what is payload, what
is echo.  Knows how answers end; what they mean is told by meaning.py.
"""

import re
from dataclasses import dataclass, field

from ..trace import FROM_MODULE, NOTE, TO_MODULE
from .grammar import RESULT, announced, is_answer, is_command
from .meaning import name_and_rest
from .shapes import Line

_LATE = (
    "+QIOPEN",
    "+CIPOPEN",
    "+CIPCLOSE",
    "+NETOPEN",
    "+NETCLOSE",
    "+CIPSEND",
    "+MIPOPEN",
    "+MIPCLOSE",
    "+MIPCALL",
    "+MIPSEND",
    "+MIPPUSH",
    "+QPING",
    "+QNTP",
    "+MPING",
    "+MIPNTP",
    "+MIPDNS",
    "+SERVERSTOP",
    "+MIPODM",
    "+QSSLOPEN",
    "+QMTOPEN",
    "+QMTCONN",
    "+QMTPUB",
    "+QMTSUB",
    "+HTTPACTION",
    "+QHTTPGET",
    "+QHTTPPOST",
    "+CCHOPEN",
    "+CAOPEN",
    "+CDNSGIP",
)
# CONNECT is no result of these: data follows in one direction, and then the result.
_UPLOADS = re.compile(r"AT\+(?:QHTTP(?:URL|POST|PUT|GET|READ)\w*|QF(?:UPL|WRITE|READ|DWL)|QSSL(?:UPL|DWL)\w*)\b", re.I)
_DOWNLOADS = re.compile(r"AT\+(?:QHTTPREAD|QF(?:READ|DWL)|QSSLDWL)", re.I)
_UNASKED = re.compile(
    r"\+QIURC|\+IPCLOSE|\+CLIENT|\+CIPEVENT|\+CTZV|\+CMTI|\+CGEV|\+MIPSTAT|\+MIPR(?:TCP|UDP)|\+MIPXO|\+QIND"
    r"|\*?PSUTTZ|DST:|\+PDP|RDY|RING|APP RDY|PB DONE|SMS (?:DONE|Ready)|Call Ready|NORMAL POWER DOWN|POWERED DOWN"
    r"|UNDER-VOLTAGE|OVER-VOLTAGE|\*ATREADY|\+CIPRXGET: 1,|RECV FROM|CLOSED",
    re.IGNORECASE,
)
_CUT = re.compile(r"[+*^][A-Z][A-Z0-9]+:")
_TEXT_OF_PAYLOAD = 200
_MOST_LOOKED_AT = 200  # lines, for the end of a payload


@dataclass
class Event:
    """Something in the log.  kind: "command", "information", "result", "late", "notice", "payload", "prompt", "echo",
    "note" or "text"; `of`: the Exchange that it belongs to, None: to none."""

    kind: str
    line: "object"
    direction: str
    text: str
    of: "Exchange | None" = None
    size: int = 0


@dataclass
class Exchange:
    """A command and what came of it; result None: no final result is in the log."""

    command: str
    ms: "float | None"
    information: "list[str]" = field(default_factory=list)
    result: "str | None" = None
    result_ms: "float | None" = None
    late: "list[str]" = field(default_factory=list)
    sent: int = 0  # bytes of payload behind a prompt
    received: int = 0

    @property
    def took_ms(self):
        """Milliseconds until the final result, None when a time is missing."""
        return None if self.ms is None or self.result_ms is None else self.result_ms - self.ms


class Dialogue:
    """events: all lines of a log in their order; exchanges: the commands with their answers."""

    def __init__(self, lines):
        self.events: "list[Event]" = []
        self.exchanges: "list[Exchange]" = []
        self._open: "Exchange | None" = None  # a command without its final result
        self._said_by: "str | None" = None  # direction of its line
        self._prompted = False  # its payload is expected
        self._to_come = 0  # bytes of a counted payload from the module
        self._payload_lines = 0  # lines that it takes, where that is known
        self._cut: "tuple[Line, str] | None" = None  # a line that was cut behind its colon
        self._lines = list(lines)
        self._at = 0
        self._strict = self._tells_directions()  # what has no direction is no dialogue
        self._echoes = any(
            len(one.text) > 2 and is_command(one.text) and _same(one.text, other.text)
            for one, other in zip(self._lines, self._lines[1:], strict=False)
        )
        for number, line in enumerate(self._lines):
            self._at = number
            self._take(line)
        if self._cut:
            self._sort(*self._cut)

    def _tells_directions(self):
        told = untold = total = 0
        for line in self._lines:
            told += line.direction in (TO_MODULE, FROM_MODULE)
            if is_command(line.text) or is_answer(line.text):
                total += line.direction in (TO_MODULE, FROM_MODULE)
                untold += line.direction is None
        return total > 4 * untold + 2 or not untold and told * 2 > len(self._lines)

    def _take(self, line):
        text = line.text
        if self._cut:
            cut, self._cut = self._cut, None
            if re.match(r"[\d\"(]", text) and line.direction in (None, FROM_MODULE):
                text = cut[1] + " " + text
            else:
                self._sort(*cut)
        if _CUT.fullmatch(text) and line.direction in (None, FROM_MODULE) and not self._to_come:
            self._cut = (line, text)
        else:
            self._sort(line, text)

    def _sort(self, line, text):
        if line.direction == NOTE:
            self._add("note", line, NOTE, text)
        elif text.endswith("+++") and text != "+++" and self._next_text() == "OK":  # behind what came in data mode
            self._add("payload", line, line.direction or FROM_MODULE, text[:-3][:_TEXT_OF_PAYLOAD], None, len(text) - 3)
            self._command(line, "+++")
        elif line.payload:
            self._receive(line, text)
        elif text.startswith("###"):  # TinyGSM's own words
            self._add("text", line, FROM_MODULE, text)
        elif self._to_come and self._is_payload(line, text):
            self._receive(line, text)
        elif line.direction == TO_MODULE:
            self._to_module(line, text)
        elif (is_command(text) or text == "+++") and not (self._strict and line.direction is None):
            self._command_or_echo(line, text)
        elif self._prompted and line.direction is None and not self._ends_payload(text):
            self._payload_of_prompt(line, text.removeprefix(">").strip() if text.startswith(">") else text)
        else:
            self._from_module(line, text)

    def _next_text(self):
        following = self._lines[self._at + 1 : self._at + 2]
        return following[0].text if following else ""

    # -- to the module

    def _to_module(self, line, text):
        if is_command(text) and not (self._prompted and not text.upper().startswith("AT+")) or text == "+++":
            self._command(line, text)
        else:
            self._payload_of_prompt(line, text)

    def _payload_of_prompt(self, line, text):
        size = line.size or len(text)
        if self._open:
            self._open.sent += size
        if text or line.size:
            self._add("payload", line, TO_MODULE, text[:_TEXT_OF_PAYLOAD], self._open, size)

    def _ends_payload(self, text):
        return RESULT.fullmatch(text) or re.match(
            r"\+(?:CIPSEND|CIPERROR|MIPSEND|MIPPUSH|QIURC|IPCLOSE|CM[ES] ERROR)", text
        )

    def _command_or_echo(self, line, text):
        command = self._open
        if command and _same(command.command, text) and not command.information:
            # A library prints what it sends, and the module's echo comes behind; bare ATs look for a module.
            sure = len(text) > 4 or self._echoes and RESULT.fullmatch(self._next_text())
            if line.direction == FROM_MODULE or sure and line.direction == self._said_by:
                self._add("echo", line, FROM_MODULE, text, command)
                return
        self._said_by = line.direction
        self._command(line, text)

    def _command(self, line, text):
        self._open = Exchange(text.strip(), line.ms)
        self.exchanges.append(self._open)
        self._prompted, self._to_come = False, 0
        self._add("command", line, TO_MODULE, text.strip(), self._open)

    # -- from the module

    def _from_module(self, line, text):
        command = self._open
        if text.startswith(">"):
            self._prompt(line, text)
        elif line.size and not text:
            self._add("payload", line, FROM_MODULE, "", command, line.size)
        elif command and text.startswith("CONNECT") and _UPLOADS.match(command.command):
            command.information.append(text)
            self._add("information", line, FROM_MODULE, text, command)
            self._prompted = not _DOWNLOADS.match(command.command)
        elif text == "DOWNLOAD" and command:
            self._prompt(line, ">")
        elif RESULT.fullmatch(text) and not self._is_notice(text):
            self._result(line, text)
        elif _UNASKED.match(text) and not (command and _is_of(text, command)):
            self._add("notice", line, FROM_MODULE, text)
            self._expect_payload(text)
        elif self._strict and line.direction is None and not is_answer(text):
            self._add("text", line, FROM_MODULE, text)
        elif command and (_is_of(text, command) or not re.match(r"[+*^][A-Z]", text)):
            command.information.append(text)
            self._add("information", line, FROM_MODULE, text, command)
            self._expect_payload(text)
        else:
            self._late_or_stray(line, text)

    def _is_notice(self, text):
        return self._open is None and re.match(r"NO CARRIER|CONNECT(?! OK| FAIL)", text)

    def _prompt(self, line, text):
        self._prompted = True
        self._add("prompt", line, FROM_MODULE, ">", self._open)
        rest = text.lstrip("> ")
        if not rest:
            return
        # Behind the prompt stands the echo of the payload, perhaps with the result.
        if self._ends_payload(rest):
            self._from_module(line, rest)
        else:
            self._payload_of_prompt(line, rest)

    def _result(self, line, text):
        command = self._open
        if command is None and self.exchanges and _takes_two(self.exchanges[-1], text):
            command = self.exchanges[-1]
            command.late.append(text)
            self._add("late", line, FROM_MODULE, text, command)
            return
        if command:
            command.result, command.result_ms = text.strip(), line.ms
        self._add("result" if command else "notice", line, FROM_MODULE, text, command)
        self._open, self._prompted, self._to_come = None, False, 0

    def _late_or_stray(self, line, text):
        name = re.match(r"[+*^][A-Z0-9]+|", text)[0]
        for exchange in reversed(self.exchanges[-50:]):
            if name in _LATE and exchange is not self._open and name_and_rest(exchange.command)[0] == name:
                exchange.late.append(text)
                self._add("late", line, FROM_MODULE, text, exchange)
                return
        known = name or self._open is None and text.isupper()
        self._add("notice" if known else "text", line, FROM_MODULE, text)
        self._expect_payload(text)

    # -- payload from the module

    def _expect_payload(self, text):
        following = self._lines[self._at + 1 : self._at + 2]
        if following and following[0].size:  # lines whose bytes are known tell themselves
            return
        command = self._open.command if self._open else "" if self.exchanges else None
        count = announced(text, command)
        if count:
            self._to_come = count
            self._payload_lines = self._fitting()

    def _fitting(self):
        # How many of the lines to come are exactly the payload, as it was counted; 0: no number is.
        size = -2
        for count, line in enumerate(self._lines[self._at + 1 : self._at + 1 + _MOST_LOOKED_AT], 1):
            if line.direction not in (None, FROM_MODULE):
                break
            size += 2 + (line.size or len(line.text))
            if size >= self._to_come:
                return count - self._is_result(line.text, count) if size == self._to_come else 0
        return 0

    def _is_result(self, text, count):
        # The empty lines at the end of a payload may be lost: an OK that fits is the result when no other one comes.
        following = self._lines[self._at + 1 + count : self._at + 2 + count]
        return text in ("OK", "ERROR") and not (following and following[0].text in ("OK", "ERROR"))

    def _is_payload(self, line, text):
        if line.direction == TO_MODULE:
            self._to_come = 0
            return False
        # What is pasted has lost bytes: a line that can only be the module's ends the payload.
        sure = line.size > 0 or self._payload_lines > 0
        if not sure and (text in ("OK", "ERROR") or is_command(text) and text.upper().startswith("AT+")):
            self._to_come = 0
            return False
        return True

    def _receive(self, line, text):
        size = line.size or len(text)
        if self._open:
            self._open.received += size
        self._to_come = max(0, self._to_come - size - 2)  # and the line end behind it
        if self._payload_lines:
            self._payload_lines -= 1
            self._to_come = self._to_come if self._payload_lines else 0
        self._add("payload", line, FROM_MODULE, text[:_TEXT_OF_PAYLOAD], self._open, size)

    def _add(self, kind, line, direction, text, of=None, size=0):
        self.events.append(Event(kind, line, direction, text, of, size))


def _same(one, other):
    return re.sub(r"\s", "", one).upper() == re.sub(r"\s", "", other).upper()


def _is_of(text, exchange):
    # Is it an information line of this command?
    name = name_and_rest(exchange.command)[0]
    if text.upper().startswith("+CIPRXGET: 1,") and not re.match(r"AT\+CIPRXGET\?", exchange.command, re.IGNORECASE):
        return False
    if not name or name[0] not in "+*^#%$":
        return not re.match(r"[+*^][A-Z]", text)
    names = [name, *re.findall(r";\s*([+*^#%$][A-Z0-9]+)", exchange.command, re.IGNORECASE)]
    return any(re.match(re.escape(each) + r"(?![A-Z0-9])", text, re.IGNORECASE) for each in names)


def _takes_two(exchange, text):
    # "OK" and then "SEND OK", "CONNECT OK", ...
    return exchange.result == "OK" and not text.startswith(("OK", "ERROR"))
