"""What stands before the text of a line: times, levels, names, arrows, words.

A Part is one line taken apart.  learn() finds prefixes that nobody has listed here, by what stands behind them;
directions() finds out which mark means which direction.
"""

import re
import string
from collections import Counter

from ..trace import FROM_MODULE, TO_MODULE
from .grammar import begins, is_answer, is_command, parted

_TIME = r"(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d)(?:[.,:](?P<f>\d{1,3})(?:,?\d{3})?)?"
_DAY = (
    r"(?:(?:\d{3,4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4}"
    r"|(?:[A-Za-z]{3} )?[A-Za-z]{3} +\d{1,2}(?: \d{4})?)[T_ ,-]+)?"
)
_LEVEL = r"(?:DBG|DEBUG|INFO|INF|TRACE|WARN|WARNING|WRN|ERR|ERROR|VERBOSE|NOTICE)"
_DIGITS, _LETTERS = string.digits, string.ascii_letters
# (first characters, what is taken off), one after the other.
_PREFIXES = (
    (_LETTERS + _DIGITS + "\"'[(",
     r"[\"']?(?:\[|\()?(?:[A-Z][a-z]{2} )?"
     + _DAY
     + _TIME
     + r"(?: \d{4})?(?: ?[AP]M)?(?:Z|[+-]\d\d:?\d\d)?(?:\]|\))?(?:[\"'],)?"
     r"(?=[\s:|>\]\[,A-Z+\"'\u53d1\u63a5\u6536-]|$)[:|,]?"),
    ("[", r"\[ *(?P<sec>\d+\.\d+)\]:?"),  # a kernel's
    ("[", r"\[ *(?P<ms>\d+) ?(?:ms)?\](?= |\[|$|[<#A-Z])"),  # TinyGSM, mbed
    ("EWIDV\x1b", r"(?:\x1b\[[\d;]*m)?[EWIDV] \((?P<esp>\d+)\) [\w.-]+:"),  # ESP-IDF
    ("EWIDV", r"[EWIDV] \((?P<esp>\d+)\)(?= (?:TX|RX)\b| \[[\w ]+\]:)"),
    (_DIGITS, r"(?P<ms>\d+\.\d) +[+-]\d+\.\d(?= )"),  # atsock trace
    (_DIGITS, r"(?P<unit>\d+(?:\.\d+)?) ?(?:ms|s):?(?= )"),
    (_DIGITS, r"(?P<secs>\d{1,7}\.\d{3})(?= (?:AT|\[|[<>=-]+ ))"),  # Particle
    (_LETTERS + _DIGITS, r"[A-Za-z][\w-]*:~\$|\d\d>(?= )"),  # shells that a log runs through
    ("<", r"<(?:dbg|inf|wrn|err|debug|info|warn|msg)> ?"),  # Zephyr, ModemManager
    ("m", r"modem_\w+[.:] ?(?=modem_)|modem_\w+:"),
    ("([", r"\((?:tty|cdc)[\w/.-]+\):?|\[modem\d*[\w/.-]*\]|\[[\w/]*(?:tty|cdc)[\w/.-]+\]"),  # ModemManager
    ("[", rf"\[[DIWEVC]/[\w.-]+\]|\[{_LEVEL} ?\](?:\[\w+\])?:?"),  # RT-Thread, mbed
    ("[", r"\[[DIWEVC]+\](?:\[[\w. -]+(?::\d+)?\])*:?"),  # ESPHome
    ("DITWEVN", rf"{_LEVEL}\b[:|]?(?=\s)"),
    (_LETTERS, r"[a-z]+\.(?:debug|info|notice|warn|err) ?(?=[\w-]*\[\d+\]:)"),
    (_LETTERS + _DIGITS + "._-/[", r"(?:[\w.-]+ )?[\w./-]*\[\d+\]:"),  # syslog
    ("g", r"gammu:"),
    (_DIGITS, r"\d{1,6}(?:[:|.)]\s|\t| (?=[<>=-]+ ?[A-Z+*^]))"),  # numbers of lines
    ("|", r"\|"),
    (_DIGITS, r"\d{1,9} \d{1,9}(?= \[\w)"),  # FreeRTOS
    ("[", r"\[\w+\](?= (?:>{3,5} ?Start sending|AT (?:un)?solicited Resp) ?\[)"),
    (_LETTERS + _DIGITS + " _[", r"[\w ]{0,20}\[[\w ]+\]:(?= ?AT (?:COMMAND|RESPONSE))"),
)  # fmt: skip
_BY_FIRST = {
    first: [re.compile(pattern) for firsts, pattern in _PREFIXES if first in firsts]
    for first in sorted(set("".join(firsts for firsts, _ in _PREFIXES)))
}
_KIND = r"(?: +(?:AT|CMD|COMMAND|DATA|LINE|RESPONSE|REPLY|TEXT|MSG|MESSAGE|BYTES?|FROM MODEM|TO MODEM))*"
_MARK = re.compile(
    r"(?P<arrow>>{3,5} ?Start sending(?= ?\[)|AT (?:un)?solicited Resp(?= ?\[)"  # FreeRTOS
    r"|(?:modem |MODEM |Modem )?(?:<<|>>)(?=\s)|<{1,3}-{1,4}|-{1,4}>{1,3}|={1,3}>{1,3}|<={1,3}"
    r"|<{1,5}(?=[\s\"'A-Z0-9+*^#%$]|$)(?!\w+(?:\s[^<>]*)?>)|>{1,5}(?=[\s\"'A-Z0-9+*^#%$]|$)|AT[<>](?=\s|$)"
    r"|[\u2192\u2190\u21d2\u21d0\u00bb\u00ab\u27f6\u27f5\u25b6\u25c0\u25ba\u25c4]"
    r"|(?:\u53d1\u9001?|\u63a5?\u6536\u5230?)[\u2192\u2190]?[\u25c7\u25c6:\uff1a]*"  # SSCOM
    r"|AT (?:send|read)(?: +(?:OK|\+|UNK|ERR|ERROR|>|@|CONN))? +\d+(?= +\")"  # Particle
    r"|AT (?:COMMAND|RESPONSE):(?= *\[)"
    r"|generic_command(?:_common)? command(?= )|Handling line: ?>>|Token:(?= *\{)"  # ESP-IDF
    r"|\[(?:TX|RX|SEND|RECV|OUT|IN|WRITE|READ|SENT|RCVD|REC)\](?:\[ *\d+\])?"
    r"|send(?= \(.*\)$)"  # pppd's chat
    r"|(?:AT )?(?:TX|RX|Tx|Rx|TXD|RXD)(?: ?\( *\d+\))?(?=\s*[:><|=\s-]|$)"
    rf"|(?:AT[ _-])?(?:SEND(?:ING|LINE)?|SENT|RECV(?:LINE)?|RCVD|RECEIVED?|RECEIVING|URCLINE|WRITE|WRITING"
    r"|WROTE|READ|GOT|OUT|IN|HOST|MCU|DTE|DCE|MODEM|MODULE|COMMAND|CMD|RESPONSE|RESP|REPLY|ANSWER|REQUEST)"
    rf"{_KIND}(?: ?\([^()]*\))?\s?(?:[:>|=]|-(?=>)))"
    r"(?:[\s:>|=-]|<(?=[\s-]))*",
    re.IGNORECASE,
)
_SENDS = re.compile(
    r"(?:AT[ _-])?(?:\[?(?:TX|SEND|>+ ?START SENDING|OUT|WRIT|WROTE|SENT|HOST|MCU|DTE|COMMAND|CMD|REQUEST"
    r"|GENERIC_COMMAND|\u53d1))",
    re.IGNORECASE,
)
_HEARS = re.compile(
    r"(?:AT[ _-])?(?:\[?(?:RX|RECV|RECEIV|RCVD|REC\b|(?:UN)?SOLICITED|URC|IN\b|READ|GOT|DCE|MODEM\b|MODULE"
    r"|RESP|REPLY|ANSWER|HANDLING|TOKEN|\u63a5?\u6536))",
    re.IGNORECASE,
)
_ZEPHYR = re.compile(r"(sending|modem_chat_log_received_command|modem_chat_on_(?:unknown_)?command_received)\s?:\s?")
SPELT = re.compile(r"<CR>|<LF>|<LN>|<CRLF>|\[CR\]|\[LF\]|\{CR\}|\{LF\}|\^M|\u240d|\u240a|\u21b5|\\r|\\n", re.IGNORECASE)
_CHATTER = re.compile(r"\[\d+\] ?< ?\d+ ?> ?/.*?/\s*|\[\d+\] ?(?=###)|(?<=\S)\[\d{3,}\] < \d+ > /.*")
_LIBRARY_MS = re.compile(r"\[(\d{1,12})\] ?(?:###|< ?\d+ ?> ?/)")  # TinyGSM's millis()
_BEHIND = re.compile(r"\s*\((?:expect \".*\"|got it)\)\.?$")  # KeeneticOS
_FAILED = re.compile(r"(ERROR|BUSY|NO [A-Z]{6,8})Failed \(\1\)")     # chat has found what it was to abort on
_PAUSES = re.compile(r"^(?:\\[A-Za-z])+(?:\+{3})?(?=AT)")    # what chat does not send as it is
_MAY_ANSWER = re.compile(r"[^\w\s]|\b(?:rx|r|recv|received|resp|response|reply|answer)$")   # a prefix
LIST = re.compile(r"\s*\[\s*b?(?P<q>['\"]).*(?P=q)\s*,?\s*\]\s*")
_LISTED = re.compile(r"b?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
_NOISE = re.compile(
    r"(?:esp_modem_dce_\w+ .*|\d+ \".*\"|Checking line: .*|expect \(.*\)|(?:abort|report) on \(.*\)|timeout set to .*"
    r"|failed: AT.*|until the result of .*|-- (?:got it|write|read|failed).*|<<)\s*"
)
_INSIDE = re.compile(r"(?:^|[\s:>\]\"'(])(AT\+[A-Z]\w*(?:[=?].*)?|\+CM[ES] ERROR: [\w ]+)[\])'\"]*$")
_TOLD_OF = re.compile(    # words before a command that speak of it afterwards
    r"\b(?:error|fail\w*|calling|executed|time[d ]*out|suc+es\w*|unknown|unhandled|response to)\b", re.IGNORECASE)
_PROSE = re.compile(r"^[^\"]*(?:\"[^\"]*\"[^\"]*)*(?:\s[a-z]|', )")    # words behind a command, not in quotes
_QUOTED = re.compile(r"b?(?P<q>['\"])(?P<in>.*)(?P=q)[,;]?")
_BRACKETED = re.compile(r"(?:\[(?P<square>.*)\]|\{(?P<curly>.*)\}|\((?P<round>.*)\))")
_MAY_BRACKET = re.compile(r"SEND|RECV|AT (?:COMMAND|RESPONSE)|TOKEN|TX|RX|>+ ?START SENDING|AT (?:UN)?SOLICITED RESP")
_MARKDOWN = re.compile(r"`{0,3}(?P<bold>\*\*)?(?P<in>.*?)(?(bold)\*\*)`{0,3}")
_SPOKEN = re.compile(r"(?:SENDING|SENT|RECEIVED|RECV|SEND): ?AT", re.IGNORECASE)
_SPEAKERS = ("MODEM", "MODULE", "HOST", "MCU", "DTE", "DCE")
_UNIT_MS = {"sec": 1000, "ms": 1, "esp": 1, "secs": 1000}
_MOST_PREFIXES = 10
_MOST_QUOTES = 3
_SEEN_OFTEN = 2


def listed(text):
    """The texts in a list as Python prints it."""
    return [each[each.index(each[-1]) + 1 : -1] for each in _LISTED.findall(text)]


class Part:
    """A line taken apart: `text`, its `mark` (an arrow, a word, ""), its time, and the direction where that is said.

    library_ms: the time that a library has printed into it, which counts where the lines have no other;
    prefixed: something was taken off before the text; inside: it is the end of a longer one, `whole`; exact: it shows
    where a line ends.
    """

    def __init__(self, line):
        self.mark, self.spoken, self.whole = "", None, ""
        self.clock_ms = self.counted_ms = None
        self.prefixed = self.inside = False
        library = _LIBRARY_MS.search(line)
        self.library_ms = float(library[1]) if library else None
        text = _CHATTER.sub("", line).strip()
        text = _BEHIND.sub("", text.rstrip("| ") if text.startswith("|") else text)
        text = _FAILED.sub(r"\1", text)
        for _ in range(_MOST_PREFIXES):
            rest = self._stripped(text)
            if rest is None:
                break
            self.prefixed = True
            text = rest.lstrip()
        if _NOISE.fullmatch(text):
            text = ""
        match = self._mark_of(text)
        if match:
            text = _unbracketed(text[match.end() :], self.mark)
            if (self.mark in _SPEAKERS or _SPOKEN.match(text)) and (second := self._mark_of(text)):  # "modem: tx ..."
                text = _unbracketed(text[second.end() :], self.mark)
        self.text = self._inner(text)
        self.tail = " " * (line.endswith(" ") and not self.text.endswith(" "))   # of a piece of a line
        self.exact = bool(SPELT.search(self.text))

    def _stripped(self, text):
        if zephyr := _ZEPHYR.match(text):
            self.spoken = TO_MODULE if zephyr[1] == "sending" else FROM_MODULE
            return text[zephyr.end() :]
        if is_answer(text) or is_command(text):
            return None
        for pattern in _BY_FIRST.get(text[:1], ()):
            match = pattern.match(text)
            if match and match.end():
                if match.lastgroup:
                    self._keep_time(match.groupdict())
                return text[match.end() :]
        return None

    def _mark_of(self, text):
        match = _MARK.match(text)
        if not match or text.strip() == ">" or is_answer(text) or is_command(text) or SPELT.match(text):
            return None
        self.mark = re.sub(r"\(.*|\[ *\d+\]$| +(?:OK|\+|UNK|ERR|ERROR|>|@|CONN)? *\d+$", "", match["arrow"])
        self.mark = self.mark.strip(" []:").upper()
        if self.mark[:1].isalpha():     # "MCU -> "
            self.mark = self.mark.rstrip(" -=<>")
        return match

    def _keep_time(self, found):
        if found.get("h"):
            fraction = (found["f"] or "0").ljust(3, "0")
            self.clock_ms = ((int(found["h"]) * 60 + int(found["m"])) * 60 + int(found["s"])) * 1000.0 + int(fraction)
        for name, scale in _UNIT_MS.items():
            if found.get(name):
                self.counted_ms = float(found[name]) * scale

    def _inner(self, text):
        if LIST.fullmatch(text):
            return "".join(each + "\\r\\n" for each in listed(text))
        for _ in range(_MOST_QUOTES):
            quoted = _QUOTED.fullmatch(text.strip())
            if quoted and (self.mark or re.match(r"AT|[+\\]|OK|ERR|<CR", quoted["in"], re.IGNORECASE)):
                text = quoted["in"].replace('\\"', '"')
        text = _MARKDOWN.fullmatch(text.strip())["in"] if text.strip()[:1] in ("`", "*") or text.endswith("`") else text
        bare = text.strip()
        if not (is_answer(bare) or is_command(bare) or SPELT.search(bare) or begins(bare)):
            inside = _INSIDE.search(bare)
            if inside and _TOLD_OF.search(bare, 0, inside.start(1)):
                return text
            if inside and (is_command(inside[1]) and not _PROSE.search(inside[1]) or is_answer(inside[1])):
                self.inside, self.whole = True, bare
                self.mark = self.mark or ("SENDING" if inside[1].startswith("AT") else "")
                return _balanced(inside[1])
        return text


def _balanced(text):
    # Without the quote or the parenthesis that was opened before the text began.
    while text and (text[-1] == '"' and text.count('"') % 2 or text[-1] == "'" and text.count("'") % 2
                    or text[-1] == ")" and text.count(")") > text.count("(")):  # fmt: skip
        text = text[:-1]
    return text


def _unbracketed(text, mark):
    # "[AT\r]", "{OK}", "(ATZ^M)"; dots that stand for line ends (AT COMMAND: [AT..])
    match = _BRACKETED.fullmatch(text.strip().removesuffix("<<<<<"))
    if not match or not _MAY_BRACKET.fullmatch(mark):
        return text
    inner = match["square"] or match["curly"] or match["round"] or ""
    inner = _PAUSES.sub("", inner)
    return re.sub(r"\.{2,}", r"\\r\\n", inner) if mark.startswith("AT ") else inner


# -- prefixes that nobody has listed


def learn(parts):
    """Give a mark to parts whose beginning other lines have, too, with commands or with answers behind it."""
    commands: "Counter[str]" = Counter()
    answers: "Counter[str]" = Counter()
    informs: "Counter[str]" = Counter()
    candidates = []
    for part in parts:
        found = None if part.spoken or part.mark and not part.inside else _unknown_prefix(part.whole or part.text)
        candidates.append(found)
        if found:
            key, rest = found
            commands[key] += is_command(rest)
            answers[key] += is_answer(rest)
            informs[key] += rest[:1] in "+*^#%$"
    texts = [part.text.strip() for part in parts if not part.mark and not part.inside]
    bare = any(is_command(text) or is_answer(text) for text in texts)
    often = _SEEN_OFTEN if bare else 1
    to_module = {key for key in commands if commands[key] >= often and commands[key] > 2 * answers[key]}
    marked = [part.text.strip() for part in parts if part.mark]
    asked = bool(to_module) or any(is_command(text) for text in marked)
    # "Modem is OK" is a sentence; "[AT] OK" is a prefix.
    from_module = {
        key for key in answers
        if key not in to_module and answers[key] >= often
        and (informs[key] or asked and _MAY_ANSWER.search(key))}  # fmt: skip
    if often == 1 and not (asked and (from_module or any(is_answer(text) for text in marked))):
        return
    # "[gsm]: AT" once, "[gsm]: => AT" often: the longer one is the prefix.
    to_module -= {
        key for key in to_module
        if any(other.startswith(key) and commands[other] > 2 * commands[key] for other in to_module)}  # fmt: skip
    known = to_module | from_module
    if not known:
        return
    for part in parts:
        if part.spoken or part.mark and not part.inside:
            continue
        text = part.whole or part.text
        for end in reversed(_ends_of_prefix(text)):
            key = _key(text[:end])
            if key in known:
                part.mark, part.text = key, _unquoted(text[end:])
                part.exact = bool(SPELT.search(part.text))
                break


def _unquoted(text):
    for _ in range(_MOST_QUOTES):
        quoted = _QUOTED.fullmatch(text.strip())
        if not quoted:
            break
        text = quoted["in"]
    text = text.strip()
    return text[1:] if text[:1] == '"' and text.count('"') % 2 else text    # the quote ends in another line


def _ends_of_prefix(text):
    return [match.end() for match in re.finditer(r"[:>\]|)=\-#~.]+\s*|\s+", text[:60])][:12]


def _key(prefix):
    return "prefix " + re.sub(r"\d+", "#", prefix).strip().lower()


def _unknown_prefix(text):
    text = text.strip()
    if len(text) > 300 or text.startswith("###") or is_command(text) or is_answer(text) or begins(text):
        return None
    for end in _ends_of_prefix(text):
        if _TOLD_OF.search(text, 0, end):
            break
        rest = SPELT.sub("", _unquoted(text[end:]))
        if is_answer(rest) or is_command(rest) and rest[:2] in ("AT", "at"):
            return _key(text[:end]), rest
    return None


# -- directions


def directions(parts):
    """{mark: direction}: an arrow that only commands stand behind goes to the module, whichever way it points."""
    sent: "Counter[str]" = Counter()
    heard: "Counter[str]" = Counter()
    first: "dict[str, int]" = {}
    before = ("", "")   # mark and text
    for number, part in enumerate(parts):
        if part.mark:
            first.setdefault(part.mark, number)
            is_echo = part.mark != before[0] and part.text.split() == before[1].split()
            before = (part.mark, part.text)
            texts = [text.strip() for piece in SPELT.split(part.text) for text in parted(piece) if text.strip()]
            sent[part.mark] += not is_echo and any(is_command(text) for text in texts[:1])
            heard[part.mark] += sum(is_answer(text) for text in texts)
    # A mark that stands before all lines (a monitor's "12:00:01 ->") says nothing, whatever there is more of.
    alone = {mark for mark in first if heard[mark] and not any(heard[other] for other in first if other != mark)}
    to_module = {mark for mark in first if sent[mark] > 2 * heard[mark] and mark not in alone}
    hears = {mark for mark in first if _HEARS.match(_word(mark))}
    if any(_SENDS.match(_word(mark)) and sent[mark] and not heard[mark] for mark in first):
        # Where echoes come in pieces counting misleads: of TX and RX the words decide.
        to_module -= hears
    meaning = {}
    for mark in first:
        if mark in to_module:
            meaning[mark] = TO_MODULE
        elif heard[mark] and (to_module or not sent[mark]):
            meaning[mark] = FROM_MODULE
        elif _SENDS.match(_word(mark)) and not heard[mark]:
            meaning[mark] = TO_MODULE
        elif mark in hears and (to_module or not sent[mark]):
            meaning[mark] = FROM_MODULE
        elif to_module and not sent[mark]:
            meaning[mark] = FROM_MODULE
    return meaning


def _word(mark):
    # The word that may tell the direction: the last one of a prefix that was learnt.
    words = re.findall(r"[a-z]+", mark) if mark.startswith("prefix ") else ()
    return words[-1] if words else mark
