"""How a command, an answer and a final result look, and how to part them where the line ends got lost.

Knows nothing of the shapes of logs (shapes.py) and of what belongs to what (dialogue.py).
"""

import re
from functools import lru_cache

from . import glued

_LONG = 400  # characters of a line that is not kept for the next of its kind
MOST_JOINED = 16000  # characters of a line whose line ends may have got lost

_BASIC = r"(?:[EVQXZIHLMONTWYBCGF]\d+|&[A-Z]\d?|\\[A-Z]\d|S\d+(?:=\d*|\?)?)"
COMMAND = re.compile(
    rf"(?:AT(?:\s?{_BASIC}|[EVQZIH](?=&|[A-Z]\d))*(?:[EVQZIHO]{{0,2}}|[XLMNTA])"
    r"(?:;?\s?[+#%^*$!@_]\s?[A-Z]\w*(?:\s*[=;].*|\s*\?\s*(?:;.*)?|\s+[\d\"].*|[^\w\s:.,()\"'>=?;-].*)?"
    r"|D[\d*#+TPI ,;\"(].*|\?)?|A/)\s*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(     # a command that words follow: 'AT+CMGS="1" gives no prompt'
    r"[Aa][Tt][+^#%$*]\w+=(?:\"[^\"]*\"|[-\d.,])*\s+[a-z]+(?:'[a-z]+)?\s+[A-Za-z]+\b[^=\"]*(?:\"[^\"]*\"[^=\"]*)*")
RESULT = re.compile(
    r"(?:OK|ERROR|\+CM[ES] ERROR:?.*|NO CARRIER|NO DIAL ?TONE|NO ANSWER|BUSY|CONNECT(?: \d[\w/.:-]*|FAIL| FAIL| OK)?"
    r"|SEND OK|SEND FAIL|SHUT OK|CLOSE OK|ALREADY CONNECT|DATA ACCEPT:.*|COMMAND NOT SUPPORT|TOO MANY PARAMETERS"
    r"|\d, ?(?:CONNECT OK|CONNECT FAIL|SEND OK|SEND FAIL|CLOSE OK|ALREADY CONNECT))\s*"
)
ANSWER = re.compile(r"[+*^#%$][A-Z][A-Z0-9_]*(?: ?\d*)?:.*|" + RESULT.pattern)

_FIRST_OF_ANSWERS = frozenset("+*^#%$OENBCSADT0123456789")

# lines that announce bytes: (the command they answer, None: any; the line)
_ANNOUNCED = [
    (None if command is None else re.compile(command, re.IGNORECASE), re.compile(line))
    for command, line in (
        (r"AT\+QIRD=", r"\+QIRD: ?(\d+)(?!,\d+,\d)"),
        (None, r'\+QIURC: ?"recv",\d+,(\d+)'),
        (r"AT\+CIPRXGET=", r"\+CIPRXGET: ?[23],\d+,(\d+)"),
        (None, r"\+RECEIVE,\d+,(\d+):?|\+IPD,?(\d+)"),
        (r"AT\+MIPREAD=", r"\+MIPDATA: ?\d+,(\d+)"),
        (r"AT\+CARECV=", r"\+CARECV: ?(\d+)"),
        (r"AT\+QSSLRECV=", r"\+QSSLRECV: ?(\d+)"),
        (r"AT\+HTTPREAD", r"\+HTTPREAD: ?(?:DATA,)?(\d+)"),
    )
]

_NEXT = re.compile(
    r"(?<!\sSHUT)(?<!\sSEND)(?<!\sCLOSE)(?<!\sCONNECT)(?<!\d,)\s+(?=(?:OK|ERROR)(?:\s|$)|\+CM[ES] ERROR:"
    r"|[+*^][A-Z][A-Z0-9]+(?: \d)?: |AT(?:[+&#%^*$]|E[01]|E\s|I|Z|H|O|D|A|\s|$)|at(?:\+|\s|$)"
    r"|(?:\d, ?)?(?:CONNECT OK|CONNECT FAIL|SEND OK|SEND FAIL|CLOSE OK|ALREADY CONNECT)(?:\s|$)"
    r"|SHUT OK|RECV FROM:|(?<=[\d\"]\s)> |NO CARRIER|(?:Call Ready|SMS Ready|RDY|SMS DONE|PB DONE|POWERED DOWN)(?:\s|$)"
    r"|CONNECT(?: \d+)?(?:\s+AT|\s*$)|DATA ACCEPT:)"
)
_STUCK = re.compile(
    r"(AT(?:[+&#^*$][A-Z0-9_&]+|[A-Z]\d?)?(?:[=?][^+]*?)?)((?:\+CM[ES] ERROR: ?.*|[+*^][A-Z0-9]+: ?.*|OK|ERROR))"
)
_TAIL = re.compile(r"([+*^][A-Z0-9]+: ?.*?|\d{15}|[\w.-]+_?\w*)(OK|ERROR)")
_WORDS_OF_NAMES = re.compile(r"AT[+^]\w*GETERROR", re.IGNORECASE)
_TEXT_BEHIND = re.compile(r"(AT(?:[+^#%*$][A-Z0-9_]+|I\d?|&V|)(?:;E\d)?)\s+([^\s=?;+&].*)", re.IGNORECASE)
_BEHIND_RESULT = re.compile(r"(.*?)(OK|ERROR|READY|DOWN)(AT(?:[+&#%^*$][A-Z].*|E[01]|I|Z)?)")
_BEHIND_WORDS = re.compile(r".*[a-z.:!)\]](AT[+#%^*$][A-Z]{2,}\w*(?:[=?].*)?)")
_ANSWERED = re.compile(
    r"(AT[^>|→]*?)\s*(?:-{1,3}>|={1,2}>|→|\||:)\s*((?:OK|ERROR|\+?[A-Z]+:|[+*^#][A-Z]).*)", re.IGNORECASE
)
_ARROWED = re.compile(r"(AT[^>\u2192]*?)\s*(?:-{1,3}>|={1,2}>|\u2192)\s*(.+)", re.IGNORECASE)
_QUOTED = re.compile(r"'([+*^][^']*|OK|ERROR)'")
_NEXT_COMMAND = re.compile(r"(?<=OK)(?=AT(?:[+&#^%]|E[01]|I))|(?<=[^T]ERROR)(?=AT\+)")
_EMPTY = re.compile(r"\s{40}")  # these blanks are no line ends
_SEPARATOR = re.compile(r"\s*(?:\s[|/;]\s|\s?\\n\s?)\s*")


def announced(text, command):
    """How many bytes of payload follow this line of the module.  command: the one that is open, None: not known."""
    for asked, line in _ANNOUNCED:
        if (match := line.match(text)) and (asked is None or command is None or asked.match(command)):
            return int(match[match.lastindex])
    return 0


def is_command(text):
    """Is this text, all of it, a command line?"""
    return text[:1] in ("A", "a") and COMMAND.fullmatch(text) is not None and not _SENTENCE.fullmatch(text)


def is_answer(text):
    """Is this text a final result, or an information line with a name?"""
    return text[:1] in _FIRST_OF_ANSWERS and ANSWER.fullmatch(text) is not None


def begins(text):
    """Does the text begin as a command or an answer does?"""
    return re.match(r"(?i:AT(?:[+&#%^*$]|[A-Z]?\d?\s|DT?[*\d])|[+*^][A-Z])|OK\s|ERROR\s", text)


def parted(text):
    """The texts that a line is made of (a tuple): one as a rule, more where line ends got lost."""
    return _parted_before(text) if len(text) < _LONG else tuple(_parted(text))


@lru_cache(maxsize=8192)
def _parted_before(text):
    return tuple(_parted(text))


def _parted(text):
    bare = text.strip()
    if _SENTENCE.fullmatch(bare):
        return [text]
    if (words := bare.find("### ")) > 0:    # of TinyGSM
        return [*_parted(bare[:words]), bare[words:]]
    if bare[:2] in ("AT", "at") and (whole := glued.pieces(bare)):
        return whole
    if begins(bare) and (pieces := glued.counted(bare)):
        rest = [(text,) if is_whole else parted(text) for text, is_whole in pieces if text.strip()]
        return [each.strip() for group in rest for each in group]
    if not bare or len(bare) > MOST_JOINED or _EMPTY.search(bare) or RESULT.fullmatch(bare):
        return [text]
    for pattern in (_ANSWERED, _ARROWED):
        if (answered := pattern.fullmatch(bare)) and is_command(answered[1]):
            texts = _QUOTED.findall(answered[2]) or _SEPARATOR.split(answered[2].strip())
            if is_answer(texts[0]) or pattern is _ARROWED and (RESULT.fullmatch(texts[-1]) or texts == [">"]):
                return [answered[1]] + [each for text in texts for each in parted(text)]
    if len(commands := _NEXT_COMMAND.split(bare)) > 1 and '"' not in bare:
        return [each for command in commands for each in parted(command)]
    pieces = _pieces(bare) if begins(bare) else [bare]
    pieces = [each for piece, behind in zip(pieces, [*pieces[1:], ""]) for each in _with_text(piece, behind)]
    return [each for piece in pieces for each in _unstuck(piece)]


def _pieces(text):
    # The text cut at blanks where something begins, but not between quotes.
    found, begun, quotes, counted = [], 0, 0, 0
    for match in _NEXT.finditer(text):
        quotes += text.count('"', counted, match.start())
        counted = match.start()
        if quotes % 2 == 0:
            found.append(text[begun : match.start()])
            begun = match.end()
    return [piece for piece in [*found, text[begun:]] if piece]


def _with_text(piece, behind):
    # "AT+GSN 860000000000017" before a result or another line: a command, and an answer without a name.
    match = _TEXT_BEHIND.fullmatch(piece) if is_answer(behind) else None
    return [match[1], match[2]] if match and glued.is_name(match[1][2:].partition(";")[0]) else [piece]


def _unstuck(piece):
    # "AT+CSQ+CSQ: 20,99OK": the line ends are gone altogether.
    if _WORDS_OF_NAMES.fullmatch(piece):
        return [piece]
    behind = _BEHIND_RESULT.fullmatch(piece)
    if behind and '"' not in behind[1]:
        return [each for each in (*_unstuck(behind[1] + behind[2]), behind[3]) if each]
    if piece[:1] in ("+", "*", "^") and (pos := glued.behind_answer(piece)):
        return [piece[:pos], piece[pos:]]
    words = _BEHIND_WORDS.fullmatch(piece)
    if words and not is_command(piece) and not is_answer(piece):
        return [words[1]]
    found = []
    stuck = _STUCK.fullmatch(piece)
    if stuck and '"' not in stuck[1]:
        found.append(stuck[1])
        piece = stuck[2]
    tail = _TAIL.fullmatch(piece) if piece.endswith(("OK", "ERROR")) else None
    if tail and (found or piece[0] in "+*^"):
        return found + [tail[1], tail[2]]
    return found + [piece]
