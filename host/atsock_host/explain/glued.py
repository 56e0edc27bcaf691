"""A whole dialogue in one line: commands, answers and results whose line ends are gone altogether.

    AT+CGMIQuectelOKAT+CSQ+CSQ: 20,99OK

Where a command ends is told by its name, which is one of those in titles.py or in a module's manual; where an answer
ends, by the result behind it; where payload ends, by its count.  A line is taken apart only when all of it can be,
and a result is in it.  counted() finds payload in lines that have blanks where the line ends were.
"""

import re
from functools import cache

from atsock import dialects
from atsock.manual import load

from . import titles

_BASIC = re.compile(r"AT(?:[EVQXZIH]\d?|A(?!T)|DT?[\d*#+]+;?|&[A-Z]\d?|)", re.IGNORECASE)
_EXTENDED = re.compile(r"AT([+#%^*$][A-Z0-9_]+)", re.IGNORECASE)
_VALUES = re.compile(r'=\?|\?|= ?(?:"[^"]*"|0x[\dA-F]+|-?\d[\d.]*|, ?(?=[-\d",]))*')
_AND_BASIC = re.compile(r";E[01]")
_RESULT = re.compile(
    r"OK|\+CM[ES] ERROR: ?(?:\d+|[A-Za-z][A-Za-z ]*?(?=AT[+&E]|[+*^]|$))|ERROR|SEND (?:OK|FAIL)|NO CARRIER|SHUT OK"
    r"|\d, ?(?:CONNECT (?:OK|FAIL)|SEND (?:OK|FAIL)|CLOSE OK|ALREADY CONNECT)|CLOSE OK|ALREADY CONNECT"
    r"|DATA ACCEPT:\d,\d+|CONNECT(?: (?:OK|FAIL|\d+))?")
_NOTICE = re.compile(
    r"RDY|SMS (?:DONE|Ready)|PB DONE|Call Ready|NORMAL POWER DOWN|POWERED DOWN|RING|RECV FROM:[\d.]+:\d+")
_INFORMATION = re.compile(
    r'[+*^][A-Z][A-Z0-9]+(?: \d)?: ?(?:"[^"]*"|[^"])*?'
    r"(?=OK|ERROR|[+*^][A-Z][A-Z0-9]+(?: \d)?: |(?:AT|at)[+*^&E]|RDY|RECV FROM|\d, ?CONNECT|$)")
_SENDS = r"AT\+(?:QISEND|CIPSEND|MIPSEND|QSSLSEND|CASEND|CCHSEND)="
_SEND = re.compile(_SENDS + r'(?:\d{1,4},)?(\d{1,5})(?:,"[^"]{0,255}",\d{1,5})?[ \t]{0,4}(?=>)', re.IGNORECASE)
_HEADER = re.compile(
    r'\+QIURC: ?"recv",\d{1,3},(\d{1,5})(?:,"[^"]{0,255}",\d{1,5})?|\+CIPRXGET: ?[23],\d{1,3},(\d{1,5}),\d{1,6}'
    r'|\+QIRD: ?(\d+)(?:,"[^"]{0,255}",\d{1,5})?(?!\d|,\d)|\+MIPDATA: ?\d{1,2},(\d+)|\+QSSLRECV: ?(\d+)'
    r"|\+RECEIVE,\d{1,2},(\d{1,5}):|\+IPD,(\d+):?|\+HTTPREAD: ?(?:DATA,)?(\d+)")
_NAMED = re.compile(r"[=?]|[+*^][A-Z]{2,}\w*: ")    # behind a whole name
_AFTER = re.compile(r"\s*(?:SEND (?:OK|FAIL)|DATA ACCEPT:|OK|ERROR|[+*^][A-Z]{2,}|AT(?:[+&E]|$)|$)")
_RESULT_BEHIND = re.compile(r"\s*(?:SEND (?:OK|FAIL)|DATA ACCEPT:|OK|ERROR)")
_RESULT_LATER = re.compile(r"\s*(?=SEND (?:OK|FAIL)|DATA ACCEPT:\d)|\s+(?=(?:OK|ERROR)(?:\s|$))")
_STUCK_COMMAND = re.compile(r"(?<=[\d\")])AT\+")
_MOST_BLANKS = 4
_MOST_DIGITS = 5  # of a count
_TEXT = re.compile(r"[^+*^].*?(?=OK|ERROR|\+CM[ES] ERROR)")
_END = re.compile(r"OK|ERROR|[+*^]|AT|at|SEND|NO C|CONN|SHUT|RDY|Call|SMS|$")


def pieces(text):
    """The texts that the line is made of (a list), None when it is not such a line."""
    found: "list[str]" = []
    pos, results = 0, 0
    while pos < len(text):
        if ends := _counted_at(text, pos):
            for end in ends:
                found.append(text[pos:end].strip())
                pos = end
            continue
        end = _command(text, pos)
        if not end and found:
            match = _RESULT.match(text, pos)
            results += match is not None
            match = match or _INFORMATION.match(text, pos) or _NOTICE.match(text, pos) or _TEXT.match(text, pos)
            end = match.end() if match else 0
        if not end:
            return None
        piece = text[pos:end]
        if piece != piece.strip():      # there are blanks where the line ends were
            return None
        found.append(piece)
        pos = end
    return found if results and len(found) > 1 else None


def counted(text):
    """The texts of a line that has lost its line ends, [(text, is it whole?)]: what stands before and between is to be
    parted as other lines are.  None when no prompt and no counted payload is in it."""
    found: "list[tuple[str, bool]]" = []
    begun = pos = 0
    while match := _BEGINS.search(text, pos):
        ends = _counted_at(text, match.start())
        pos = match.start() + 1
        if not ends:
            continue
        found.append((text[begun : match.start()], False))
        begun = match.start()
        for end in ends:
            found.append((text[begun:end], True))
            begun = pos = end
    return [*found, (text[begun:], False)] if found else None


_BEGINS = re.compile(_SENDS + r"|\+(?:QIURC|CIPRXGET|QIRD|MIPDATA|QSSLRECV|RECEIVE|IPD|HTTPREAD)[:,]", re.IGNORECASE)


def _counted_at(text, pos):
    # Where the command and its prompt with payload end, or the header and its payload; None for anything else.
    send = _SEND.match(text, pos)
    if send:
        return send.end(), _payload(text, send.end() + 1, int(send[1]), True)
    header = _HEADER.match(text, pos)
    if not header:
        return None
    last, digits = header.lastindex, header[header.lastindex]
    # Digits right behind the count may be payload: 512345 is 5 and 12345.
    is_clear = header.end() > header.end(last)
    for count in (len(digits),) if is_clear else range(min(len(digits), _MOST_DIGITS), 0, -1):
        size, end = int(digits[:count]), header.end() if is_clear else header.start(last) + count
        if size and (behind := _payload(text, end, size, False)):
            return end, behind
    return None


def _payload(text, pos, size, may_lack):
    # Where `size` characters of payload end, with or without blanks before them; 0: there is no such payload.
    # may_lack: behind a prompt; it need not be in the log, and its own line ends may be blanks now.
    behind = _RESULT_BEHIND.match(text, pos) if may_lack else None
    for blanks in range(_MOST_BLANKS):
        if text[pos : pos + blanks].strip():
            break
        end = pos + blanks + size
        if blanks == 0 and text[pos : pos + 1] == " " and _ends(text, end + 1):
            continue  # "> hello": the blank is the prompt's
        if _ends(text, end) and not (behind and (end < behind.end() or not _RESULT_BEHIND.match(text, end))):
            return end
    if not may_lack:
        return 0
    later = None if behind else _RESULT_LATER.search(text, pos, pos + 2 * size + 20)
    return later.start() if later else pos


def _ends(text, pos):
    return pos <= len(text) and _AFTER.match(text, pos) is not None


def _command(text, pos):
    # Where the command that begins at pos ends, 0 when none does.
    match = _EXTENDED.match(text, pos)
    if match:
        name = _known(match[1].upper()) or (match[1] if _NAMED.match(text, match.end()) else "")
        if not name:
            return 0
        end = match.start(1) + len(name)
        if values := _VALUES.match(text, end):
            if values[0] == "=" and text[values.end() : values.end() + 1].isalpha():
                return 0        # a value without quotes: nothing tells where it ends
            end = values.end()
        more = _AND_BASIC.match(text, end)
        return more.end() if more else end
    match = _BASIC.match(text, pos)
    return match.end() if match and (match.end() > pos + 2 or _END.match(text, match.end())) else 0


def is_name(text):
    """Is this the name of a command that is known here, or one of the basic commands?"""
    return not text or text[0] not in "+#%^*$" or text.upper() in names()


def behind_answer(text):
    """Where a command begins that is stuck to the answer before it ("+NETOPEN: 0AT+IPADDR"), 0 when none does."""
    for match in _STUCK_COMMAND.finditer(text):
        if text.count('"', 0, match.start()) % 2 == 0 and _command(text, match.start()) == len(text):
            return match.start()
    return 0


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
