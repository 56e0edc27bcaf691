"""The shapes that logs of AT dialogues come in: traces of this project, terminal captures, debug output of libraries.

Owns taking off what stands before the dialogue's own text (times, levels, names, arrows) and finding out which arrow
means which direction.  Knows of AT only how a command and an answer begin.
"""

import re
from collections import Counter
from typing import NamedTuple

from ..trace import FROM_MODULE, NOTE, TO_MODULE, escape, parse_record

MOST_LINES = 200_000  # of a file; what follows is not read
MOST_CHARACTERS = 4000  # of a line


class Line(NamedTuple):
    """`ms`: when, None: not known; `direction`: > < ! or None (not known); `size`: bytes of the text, 0: not known."""

    ms: "float | None"
    direction: "str | None"
    text: str
    size: int = 0


COMMAND = re.compile(
    r"AT(?:[+#%^*$!@\\].*|(?:[EVQXZIHLMONFT]\d?|&[A-Z]\d?|S\d+(?:=\d*|\?))+|D[\d*#+TPI ,;\"(].*|A|\?|)\s*",
    re.IGNORECASE,
)
RESULT = re.compile(
    r"(?:OK|ERROR|\+CM[ES] ERROR:?.*|NO CARRIER|NO DIALTONE|NO ANSWER|BUSY|CONNECT(?: \d+|FAIL| FAIL| OK)?|SEND OK"
    r"|SEND FAIL|SHUT OK|CLOSE OK|ALREADY CONNECT|DATA ACCEPT:.*|\d, ?(?:CONNECT OK|CONNECT FAIL|SEND OK|SEND FAIL"
    r"|CLOSE OK|ALREADY CONNECT))\s*"
)
ANSWER = re.compile(r"[+*^#%$][A-Z][A-Z0-9_]*(?: ?\d*)?:.*|" + RESULT.pattern)

# What stands before the text: one after the other is taken off.
_TIME = r"(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d)(?:[.,:](?P<f>\d{1,3})(?:,?\d{3})?)?"
_DAY = r"(?:(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2})[T ,]+)?"
_PREFIXES = [
    re.compile(pattern)
    for pattern in (
        r"(?:\[|\()?(?:[A-Z][a-z]{2} )?"
        + _DAY
        + _TIME
        + r"(?: \d{4})?(?: ?[AP]M)?(?:Z|[+-]\d\d:?\d\d)?(?:\]|\))?(?=[\s:|>\]-]|$)[:|]?",
        r"\[ *(?P<sec>\d+\.\d+)\]:?",  # a kernel's
        r"\[ *(?P<ms>\d+) ?(?:ms)?\](?= |\[|$|[<#A-Z])",  # TinyGSM, mbed
        r"(?:\x1b\[[\d;]*m)?[EWIDV] \((?P<esp>\d+)\) [\w.-]+:",  # ESP-IDF
        r"(?P<unit>\d+(?:\.\d+)?) ?(?:ms|s):?(?= )",
        r"[A-Za-z][\w-]*:~\$|\d\d>(?= )",  # shells that a log runs through
        r"<(?:dbg|inf|wrn|err)> ",  # Zephyr
        r"modem_\w+[.:] ?(?=modem_)|modem_\w+:",
        r"\[[DIWEV]/[\w.-]+\]|\[(?:DBG|DEBUG|INFO|TRACE|WARN|ERR|ERROR|VERBOSE) ?\](?:\[\w+\])?:?",  # RT-Thread, mbed
        r"(?:DEBUG|INFO|TRACE|VERBOSE)\b[:|]?(?=\s)",
        r"(?:[\w.-]+ )?[\w./-]+\[\d+\]:",  # syslog
        r"\|",
    )
]
_MARK = re.compile(
    r"(?P<arrow><{1,3}-{1,2}|-{1,3}>{1,3}|={1,2}>{1,2}|<={1,2}|<{1,3}(?=[\s\"'A-Z+*^]|$)|>{1,3}(?=[\s\"'A-Z+*^]|$)|[→←⇒⇐»«⟶⟵]"
    r"|\[(?:TX|RX|SEND|RECV|OUT|IN|WRITE|READ)\]"
    r"|(?:AT )?(?:TX|RX)(?: ?\( *\d+\))?(?=\s*[:>|=\s-]|$)"
    r"|(?:SEND(?:ING|LINE)?|SENT|RECV(?:LINE)?|RECEIVED?|RECEIVING|URCLINE|WRITE|WROTE|READ|OUT|IN|HOST|MCU|MODEM|MODULE|COMMAND"
    r"|CMD|RESPONSE|RESP|REPLY|ANSWER|REQUEST)\s?(?:[:>|=]|-(?=>)))"
    r"[\s:>|=-]*",
    re.IGNORECASE,
)
_SENDS = re.compile(r"(?:AT )?(?:\[?(?:TX|SEND|OUT|WRITE|WROTE|SENT|HOST|MCU|COMMAND|CMD|REQUEST))", re.IGNORECASE)
_HEARS = re.compile(r"(?:AT )?(?:\[?(?:RX|RECV|RECEIV|URC|IN|READ|MODEM|MODULE|RESP|REPLY|ANSWER))", re.IGNORECASE)
_ZEPHYR = re.compile(r"(sending|modem_chat_log_received_command|modem_chat_on_(?:unknown_)?command_received)\s?:\s?")
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
_SPELT = re.compile(r"<CR>|<LF>|<LN>|\[CR\]|\[LF\]|\^M|␍|␊|↵|\\r|\\n", re.IGNORECASE)
_HEX = re.compile(
    r".*?(?P<name>\w+): ?(?P<at>[0-9A-F]{4})-[0-9A-F]{4}:(?P<bytes>(?: +[0-9A-F]{2})+)(?:  .*|$)", re.IGNORECASE
)
_RANGE = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}:", re.IGNORECASE)
_CHATTER = re.compile(r"\[\d+\] ?< ?\d+ ?> ?/.*?/\s*|\[\d+\] ?(?=###)|(?<=\S)\[\d{3,}\] < \d+ > /.*")
_INSIDE = re.compile(r"(?:^|[\s:>\]\"'(])(AT\+[A-Z]\w*(?:[=?].*)?|\+CM[ES] ERROR: .*)$")
_QUOTED = re.compile(r"b?(?P<q>['\"])(?P<in>.*)(?P=q)[,;]?")
_DAY_MS = 86_400_000
_MOST_JOINED = 600  # characters of a line whose line ends may have got lost
_LATEST_MS = 1e12  # of a time that is one


def read_log(data):
    """The Lines of a log, `data` being the whole file (bytes).  Never raises."""
    text = _decoded(data)
    lines = re.split(r"\r*\n|\r", text, maxsplit=MOST_LINES)[:MOST_LINES]
    records = [parse_record(line) for line in lines]
    known = sum(record is not None for record in records)
    if known and known * 2 > sum(bool(line.strip()) and not line.startswith("#") for line in lines):
        return list(_of_trace(lines, records))
    return list(_of_text(lines))


def _decoded(data):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


# -- traces of this project: bytes


def _of_trace(lines, records):
    held = {TO_MODULE: (None, b""), FROM_MODULE: (None, b"")}
    for line, record in zip(lines, records, strict=True):
        if record is None:
            if line.strip() and not line.startswith("#"):
                yield Line(None, NOTE, line[:MOST_CHARACTERS])
        elif record.ms > _LATEST_MS:
            yield Line(None, NOTE, line[:MOST_CHARACTERS])
        elif record.direction == NOTE:
            yield Line(record.ms, NOTE, record.data.decode("utf-8", "replace"))
        else:
            begun, before = held[record.direction]
            ms = record.ms if begun is None else begun
            data, rest = _whole(before + record.data, record.direction)
            held[record.direction] = (ms if rest else None, rest)
            yield from _pieces(ms, record.direction, data)
    for direction, (ms, rest) in held.items():
        yield from _pieces(ms, direction, rest)


def _whole(data, direction):
    # An answer may be cut in the middle of a line: the beginning waits for the rest, unless it is a prompt.
    if direction == TO_MODULE or data.endswith((b"\n", b"> ", b">")) or len(data) > 4096:
        return data, b""
    cut = data.rfind(b"\n") + 1
    return data[:cut], data[cut:]


def _pieces(ms, direction, data):
    end = b"\r" if direction == TO_MODULE and data[:2].upper() == b"AT" else b"\r\n"
    pieces = data.split(end) if direction == FROM_MODULE or data[:2].upper() == b"AT" else [data]
    for piece in pieces:
        piece = piece.strip(b"\r\n") if direction == FROM_MODULE or end == b"\r" else piece
        if not piece:
            continue
        odd = sum(not 0x20 <= c < 0x7F for c in piece)
        if odd * 8 > len(piece):
            yield Line(ms, direction, "", len(piece))
        else:
            yield Line(ms, direction, escape(piece)[:MOST_CHARACTERS], len(piece))


# -- everything else: text


def _of_text(lines):
    parts = [_Part(line) for line in _unfolded(lines)]
    meaning = _arrows(parts)
    clock = _Clock()
    for part in parts:
        ms = clock.ms(part)
        direction = part.spoken or meaning.get(part.mark)
        if part.mark == ">" and direction is None:  # no arrow here, but a prompt with what was typed behind it
            part.text = "> " + part.text
        for text in _split(part.text):
            text = text.strip(" \t\x00\x1a\x1b")
            if text:
                yield Line(ms, direction, text)


def _unfolded(lines):
    # Hexadecimal dumps (RT-Thread) become the lines that they show; the rest stays.
    dump, name = bytearray(), ""
    for line in lines:
        line = _ANSI.sub("", line[:MOST_CHARACTERS])
        match = _HEX.match(line) if _RANGE.search(line) else None
        if match and (int(match["at"], 16) == 0) == (not dump) or match and match["name"] == name and dump:
            dump += bytes.fromhex(match["bytes"])
            name = match["name"]
            continue
        if dump:
            yield from _dumped(name, dump)
            dump = bytearray()
        if match:
            dump += bytes.fromhex(match["bytes"])
            name = match["name"]
        else:
            yield line
    if dump:
        yield from _dumped(name, dump)


def _dumped(name, dump):
    for text in dump.decode("latin-1").replace("\r", "\n").split("\n"):
        if text.strip():
            yield f"{name}: {text}"


class _Part:
    """A line taken apart: `text`, its `mark` (an arrow, a word, ""), its time, and the direction where that is said."""

    def __init__(self, line):
        self.mark, self.spoken = "", None
        self.clock_ms = self.counted_ms = None
        self.plain = line.strip()
        text = _CHATTER.sub("", line).strip()
        for _ in range(8):
            rest = self._stripped(text)
            if rest is None:
                break
            text = rest.lstrip()
        match = _MARK.match(text)
        if match and not _is_prompt(text):
            self.mark = re.sub(r"\(.*", "", match["arrow"]).strip(" []").upper()
            text = text[match.end() :]
        self.text = self._inner(text)

    def _stripped(self, text):
        if zephyr := _ZEPHYR.match(text):
            self.spoken = TO_MODULE if zephyr[1] == "sending" else FROM_MODULE
            return text[zephyr.end() :]
        if ANSWER.fullmatch(text) or COMMAND.fullmatch(text):
            return None
        for pattern in _PREFIXES:
            match = pattern.match(text)
            if match:
                self._keep_time(match.groupdict())
                return text[match.end() :]
        return None

    def _keep_time(self, found):
        if found.get("h"):
            fraction = (found["f"] or "0").ljust(3, "0")
            self.clock_ms = ((int(found["h"]) * 60 + int(found["m"])) * 60 + int(found["s"])) * 1000.0 + int(fraction)
        for name, scale in (("sec", 1000), ("ms", 1), ("esp", 1)):
            if found.get(name):
                self.counted_ms = float(found[name]) * scale

    def _inner(self, text):
        quoted = _QUOTED.fullmatch(text.strip())
        if quoted and re.match(r"AT|[+\\]|OK|ERR|<CR", quoted["in"], re.IGNORECASE):
            text = quoted["in"]
        bare = text.strip()
        if not (ANSWER.fullmatch(bare) or COMMAND.fullmatch(bare) or _SPELT.search(bare) or _begins(bare)):
            inside = _INSIDE.search(bare)
            if inside:
                self.mark = self.mark or ("SENDING" if inside[1].startswith("AT") else "")
                return inside[1].rstrip("\"')")
        return text


def _is_prompt(text):
    return text.strip() == ">"


def _arrows(parts):
    """{mark: direction}: an arrow that only commands stand behind goes to the module, whichever way it points."""
    sent: "Counter[str]" = Counter()
    heard: "Counter[str]" = Counter()
    first: "dict[str, int]" = {}
    for number, part in enumerate(parts):
        if part.mark:
            first.setdefault(part.mark, number)
            texts = [text.strip() for text in _split(part.text) if text.strip()]
            sent[part.mark] += sum(bool(COMMAND.fullmatch(text)) for text in texts[:1])
            heard[part.mark] += sum(bool(ANSWER.fullmatch(text)) for text in texts)
    to_module = {mark for mark in first if sent[mark] and sent[mark] > 2 * heard[mark]}
    meaning = {}
    for mark in first:
        if mark in to_module:
            meaning[mark] = TO_MODULE
        elif heard[mark] and (to_module or not sent[mark]):
            meaning[mark] = FROM_MODULE
        elif _SENDS.match(mark) and not heard[mark]:
            meaning[mark] = TO_MODULE
        elif _HEARS.match(mark) and not sent[mark]:
            meaning[mark] = FROM_MODULE
        elif to_module and not sent[mark]:
            meaning[mark] = FROM_MODULE
    return meaning


def _split(text):
    # Line ends that are spelt out, and those that got lost on the way.
    if _SPELT.search(text):
        return [piece for part in _SPELT.split(text) for piece in _joined(part)]
    return _joined(text)


_NEXT = re.compile(
    r"\s+(?=(?:OK|ERROR)(?:\s|$)|\+CM[ES] ERROR:|[+*^][A-Z][A-Z0-9]+: |AT(?:[+&#%^*$]|E[01]|I|Z|\s|$)"
    r"|SEND OK|NO CARRIER)"
    r"(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)"
)
_STUCK = re.compile(
    r"(AT(?:[+&#^*$][A-Z0-9_&]+|[A-Z]\d?)?(?:[=?][^+]*?)?)((?:\+CM[ES] ERROR: ?.*|[+*^][A-Z0-9]+: ?.*|OK|ERROR))"
)
_TAIL = re.compile(r"([+*^][A-Z0-9]+: ?.*?|\d{15}|[\w.-]+_?\w*)(OK|ERROR)")


def _joined(text):
    bare = text.strip()
    if not bare or len(bare) > _MOST_JOINED or RESULT.fullmatch(bare):
        return [text]
    pieces = [piece for piece in _NEXT.split(bare) if piece] if _NEXT.search(bare) and _begins(bare) else [bare]
    return [each for piece in pieces for each in _unstuck(piece)]


def _begins(text):
    return re.match(r"AT(?:[+&#%^*$]|[A-Z]?\d?\s)|[+*^][A-Z]|OK\s|ERROR\s", text, re.IGNORECASE)


def _unstuck(piece):
    # "AT+CSQ+CSQ: 20,99OK": the line ends are gone altogether.
    found = []
    stuck = _STUCK.fullmatch(piece)
    if stuck and '"' not in stuck[1]:
        found.append(stuck[1])
        piece = stuck[2]
    tail = _TAIL.fullmatch(piece) if piece.endswith(("OK", "ERROR")) else None
    if tail and (found or piece[0] in "+*^"):
        return found + [tail[1], tail[2]]
    return found + [piece]


class _Clock:
    """Makes milliseconds since the first line of times of day, or of a counter."""

    def __init__(self):
        self._first = None
        self._days = 0
        self._last = None

    def ms(self, part):
        if part.clock_ms is not None:
            value = part.clock_ms + self._days
            if self._last is not None and value < self._last - _DAY_MS / 2:
                self._days += _DAY_MS
                value += _DAY_MS
        elif part.counted_ms is not None and part.mark is not None:
            value = part.counted_ms
        else:
            return None
        self._last = value
        if self._first is None:
            self._first = value
        return max(0.0, value - self._first)
