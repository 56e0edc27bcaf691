"""Commands with their answers, notices and payload, made of the lines of a log.

Owns the question what belongs to what: which command a result ends, whose late result a line is, what is payload, what
is echo.  Knows how answers end; outcomes.py tells what a late result says, meaning.py what lines mean.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from ..trace import FROM_MODULE, NOTE, TO_MODULE
from . import outcomes
from .fields import fields_of, name_and_rest
from .grammar import RESULT, announced, is_answer, is_command
from .shapes import Line

# CONNECT is no result of these: data follows in one direction, and then the result.
_TRIED = ("AT", "ATE0", "ATE1", "ATZ")     # what looks for a module, again and again
_UPLOADS = re.compile(r"AT\+(?:QHTTP(?:URL|POST|PUT|GET|READ)\w*|QF(?:UPL|WRITE|READ|DWL)|QSSL(?:UPL|DWL)\w*)\b", re.I)
_DOWNLOADS = re.compile(r"AT\+(?:QHTTPREAD|QF(?:READ|DWL)|QSSLDWL)", re.I)
_UNASKED = re.compile(
    r"\+QIURC|\+IPCLOSE|\+CLIENT|\+CIPEVENT|\+CTZV|\+CMTI|\+CGEV|\+MIPSTAT|\+MIPR(?:TCP|UDP)|\+MIPXO|\+QIND"
    r"|\*?PSUTTZ|DST:|\+PDP|RDY|RING|APP RDY|PB DONE|SMS (?:DONE|Ready)|Call Ready|NORMAL POWER DOWN|POWERED DOWN"
    r"|\$G[A-Z]{4},|UNDER-VOLTAGE|OVER-VOLTAGE|\*ATREADY|\+CIPRXGET: 1,|RECV FROM|CLOSED",
    re.IGNORECASE,
)
_MODES = re.compile(r"AT(?:[A-Z]\d*\s*|&[A-Z]\d*\s*)*?(V\d?|Z|&F)(?!.*V\d)", re.IGNORECASE)
_CUT = re.compile(r"[+*^][A-Z][A-Z0-9]+:|\+CM[ES] ERROR:")
_TEXT_OF_PAYLOAD = 200
_MOST_LOOKED_AT = 200  # lines, for the end of a payload
_MOST_ASKED = 50  # commands that a late result may belong to
_REASON = re.compile(r"\+(?:CIPERROR|IP ERROR|TCPIP ERROR): ?\w")  # of the ERROR that comes behind it
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}", re.IGNORECASE)


@dataclass
class Event:
    """Something in the log.  kind: "command", "information", "result", "late", "notice", "payload", "prompt", "echo",
    "note" or "text"; `of`: the Exchange that it belongs to, None: to none; failed: it tells that this went wrong."""

    kind: str
    line: "object"
    direction: str
    text: str
    of: "Exchange | None" = None
    size: int = 0
    failed: bool = False


@dataclass
class Exchange:
    """A command and what came of it; result None: no final result is in the log.

    late: (text, milliseconds or None) of what came behind the final result; decided: what the lines behind or before
    the final result told: True success, False failure, None nothing; by: the line that did.
    """

    command: str
    ms: "float | None"
    information: "list[str]" = field(default_factory=list)
    result: "str | None" = None
    result_ms: "float | None" = None
    late: "list[tuple[str, float | None]]" = field(default_factory=list)
    sent: int = 0  # bytes of payload behind a prompt
    received: int = 0
    decided: "bool | None" = None
    by: "str | None" = None
    _by_ms: "float | None" = None

    @cached_property
    def name(self):
        """The name of the command, in capitals."""
        return name_and_rest(self.command)[0]

    @cached_property
    def fields(self):
        """The fields of its command line."""
        return fields_of(name_and_rest(self.command)[1][1:])

    def decide(self, text, ms, good):
        """A line has told whether it worked."""
        self.decided, self.by, self._by_ms = good, text, ms

    @property
    def refused(self):
        """Does the final result itself tell a failure?"""
        return self.result is not None and outcomes.is_failure(self.result)

    @property
    def failed(self):
        """Did it go wrong, by the final result or by a line that told it later?"""
        return self.refused or self.decided is False

    @property
    def answered(self):
        """Did anything tell how it ended?"""
        return self.result is not None or self.decided is not None

    @property
    def failure(self):
        """The line that tells the failure, None when there is none; of two, what says more than ERROR."""
        if self.decided is False and not (self.refused and self.result != "ERROR"):
            return self.by
        return self.result if self.refused else None

    @property
    def took_ms(self):
        """Milliseconds until the final result, None when a time is missing."""
        return None if self.ms is None or self.result_ms is None else self.result_ms - self.ms

    @property
    def total_ms(self):
        """Milliseconds until the late result, where one has come, else until the final one; None: a time is missing."""
        ends_ms = [ms for ms in (self.result_ms, self._by_ms) if ms is not None]
        return None if self.ms is None or not ends_ms else max(ends_ms) - self.ms


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
        self._digits = self._speaks_in_digits()     # ATV0
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

    def _speaks_in_digits(self):
        commands = results = 0
        for number, line in enumerate(self._lines):
            if line.text in ("OK", "ERROR"):
                return False
            commands += is_command(line.text)
            if line.text in outcomes.DIGITS:
                results += all(is_command(following.text) for following in self._lines[number + 1 : number + 2])
        return 2 * results >= commands and results > 1

    def _take(self, line):
        text = line.text
        if self._cut:
            cut, self._cut = self._cut, None
            if re.match(r"[\d\"(]" if " " not in cut[1] else r"\d|[A-Za-z][a-z]", text) and line.direction in (
                    None, FROM_MODULE) and not is_command(text):
                text = cut[1] + " " + text
                line = line if line.ms is not None else line._replace(ms=cut[0].ms)
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
        if command and _same(command.command, text) and not any(map(is_answer, command.information)):
            # A library prints what it sends, and the module's echo comes behind; others look for a module.
            sure = text.upper() not in _TRIED or self._echoes and RESULT.fullmatch(self._next_text())
            printed = self._said_by == TO_MODULE and line.direction is None     # and this is what came
            again = not command.information and line.direction == self._said_by
            if line.direction == FROM_MODULE or sure and (printed or again):
                self._add("echo", line, FROM_MODULE, text, command)
                return
        self._command(line, text)

    def _command(self, line, text):
        if modes := _MODES.match(text):
            self._digits = modes[1].upper() == "V0"
        self._said_by = line.direction
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
        elif RESULT.fullmatch(text) and not self._is_notice(text) or self._is_digit(text):
            self._result(line, text)
        elif command and _REASON.match(text):
            self._told_of(line, text, command, False)
        elif asked := self._asked(text):
            self._told_of(line, text, *asked)
        elif _UNASKED.match(text) and not (command and _is_of(text, command)):
            self._add("notice", line, FROM_MODULE, text)
            self._expect_payload(text)
        elif self._strict and line.direction is None and not is_answer(text):
            self._add("text", line, FROM_MODULE, text)
        elif command and command.name == "+CIFSR" and not command.result and _ADDRESS.fullmatch(text):
            command.result, command.result_ms = text, line.ms  # SIM800: all that is said, but an OK may come
            self._add("result", line, FROM_MODULE, text, command)
        elif command and (_is_of(text, command) or not re.match(r"[+*^][A-Z]", text)):
            command.information.append(text)
            self._add("information", line, FROM_MODULE, text, command)
            self._expect_payload(text)
        else:
            self._stray(line, text)

    def _is_digit(self, text):
        return self._digits and self._open and text in outcomes.DIGITS and self._next_text() not in outcomes.DIGITS

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
        earlier = self._waits_for_second(text)
        if earlier:
            earlier.late.append((text, line.ms))
            bad = outcomes.is_failure(text)
            if bad or text != "OK" and outcomes.gives_second_result(earlier.command, text):
                earlier.decide(text, line.ms, not bad)
            self._add("late", line, FROM_MODULE, text, earlier, failed=bad)
            return
        if command:
            if command.result:  # an address alone was taken for it
                command.information.append(command.result)
            command.result, command.result_ms = text.strip(), line.ms
        bad = command is not None and outcomes.is_failure(text)
        self._add("result" if command else "notice", line, FROM_MODULE, text, command, failed=bad)
        self._open, self._prompted, self._to_come = None, False, 0

    def _waits_for_second(self, text):
        # The exchange whose "OK" was not all: "SEND OK", "CONNECT FAIL", ...
        if self._open is None:
            return self.exchanges[-1] if self.exchanges and _takes_two(self.exchanges[-1], text) else None
        if text in ("OK", "ERROR") or outcomes.gives_second_result(self._open.command, text):
            return None
        for exchange in reversed(self.exchanges[-_MOST_ASKED:]):
            if exchange.result == "OK" and exchange.decided is None:
                if outcomes.gives_second_result(exchange.command, text):
                    return exchange
        return None

    # -- late results

    def _asked(self, text):
        # (exchange, True, False or None) for a line that is, or may be, the late result of a command.
        rule = outcomes.rule(text)
        if not rule:
            return None
        fields = outcomes.fields_of_line(text)
        for exchange in reversed(self.exchanges[-_MOST_ASKED:]):
            if exchange.name not in rule.commands or not rule.fits(exchange.command, fields):
                continue
            if exchange.decided is not None and not rule.repeated or exchange.refused and exchange is not self._open:
                continue
            good = rule.judge(fields, exchange.fields)
            if good is not None or exchange.name == name_and_rest("AT" + text.partition(":")[0])[0]:
                return exchange, good
        return None

    def _told_of(self, line, text, exchange, good):
        if good is not None:
            exchange.decide(text, line.ms, good)
        if exchange is self._open:
            exchange.information.append(text)
        else:
            exchange.late.append((text, line.ms))
        kind = "information" if exchange is self._open else "late"
        self._add(kind, line, FROM_MODULE, text, exchange, failed=good is False)
        self._expect_payload(text)

    def _stray(self, line, text):
        known = re.match(r"[+*^][A-Z0-9]", text) or self._open is None and re.fullmatch(r"[A-Z][A-Z\d .,:+-]+", text)
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

    def _add(self, kind, line, direction, text, of=None, size=0, failed=False):
        self.events.append(Event(kind, line, direction, text, of, size, failed))


def _same(one, other):
    return _bare(one) == _bare(other)


def _bare(text):
    return re.sub(r"[\u201c-\u201f\u2033]", '"', re.sub(r"\s", "", text)).upper()


def _is_of(text, exchange):
    # Is it an information line of this command?
    name = name_and_rest(exchange.command)[0]
    if text.upper().startswith("+CIPRXGET: 1,") and not re.match(r"AT\+CIPRXGET\?", exchange.command, re.IGNORECASE):
        return False
    if not name or name[0] not in "+*^#%$":
        return not re.match(r"[+*^][A-Z]", text) and not _UNASKED.match(text)
    names = [name, *re.findall(r";\s*([+*^#%$][A-Z0-9]+)", exchange.command, re.IGNORECASE)]
    return any(re.match(re.escape(each) + r"(?![A-Z0-9])", text, re.IGNORECASE) for each in names)


def _takes_two(exchange, text):
    # "OK" and then "SEND OK", "CONNECT OK", ...
    if text in ("OK", "ERROR"):     # the second one of AT+MIPSEND comes behind its line
        return bool(exchange.late) and exchange.late[-1][0].startswith("+MIPSEND:")
    return exchange.result == "OK"
