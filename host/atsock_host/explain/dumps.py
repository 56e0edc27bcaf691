"""Logs that show bytes in hexadecimal, or that show what programs read and wrote, made into lines with TX: and RX:.

Knows the dumps of RT-Thread, ESP-IDF, Zephyr, gammu and of serial monitors, the output of strace and socat.  What is no
dump passes as it is.
"""

import re

_RT_THREAD = re.compile(
    r"(?P<before>.*?)(?P<name>\w+): ?[0-9A-F]{4}-[0-9A-F]{4}:(?P<hex>(?: +[0-9A-F]{2})+)(?:  .*|$)",
    re.IGNORECASE,
)
_COLUMNS = re.compile(
    r"(?P<before>.*?)(?:(?:0x)?[0-9a-f]{4,16}:? {2,}|\s{4,})(?P<hex>[0-9a-f]{2}(?: {1,2}[0-9a-f]{2}){0,31})\s+\|.*",
    re.IGNORECASE,
)
_ESP_IDF = re.compile(r"(?:\S+ )?[EWIDV] \(\d+\) [\w.-]+: ?")
_GAMMU = re.compile(
    r"(?P<before>.*?: |)"
    r"(?P<hex>(?:[0-9A-F]{2}.\|){15}[0-9A-F]{2}.(?= )|(?:[0-9A-F]{2}.?\|){0,14}[0-9A-F]{2}.?(?=\s{2}))\s+\S.*")
_BARE = re.compile(
    r"(?P<before>.*?)(?P<name>\[?\b(?:TX|RX|SEND|SENT|RECV|RECEIVED|WRITE|READ|OUT|IN)\b\]?)[^:>\-]{0,12}[:>-]+\s*"
    r"(?P<hex>(?:0x)?[0-9A-F]{2}(?:[ ,]+(?:0x)?[0-9A-F]{2})+)\s*",
    re.IGNORECASE,
)
_ANY_DUMP = re.compile(r"\b(?:0x)?[0-9a-f]{2}[ ,]{1,2}(?:0x)?[0-9a-f]{2}\b|\b[0-9a-f]{2}\s+\||[0-9a-f]{2}.?\|",
                       re.IGNORECASE)
_SENDS = re.compile(r"\b(?:writing|sending|sent|send(?:line)?|tx|transmit|write|out)\b", re.IGNORECASE)
_HEARS = re.compile(r"\b(?:reading|recv(?:line)?|received?|rx|read|urc(?:line)?|in|incoming)\b", re.IGNORECASE)
_STRACE = re.compile(
    r'(?P<before>.*?)\b(?P<call>write|read)\(\d+(?:<[^>]*>)?, "(?P<text>(?:[^"\\]|\\.)*)"(?:\.\.\.)?, \d+\)\s*=\s*\d+.*'
)
_SOCAT_HEX = re.compile(r"(?: [0-9a-f]{2})+\s*")        # of its option -x
_SOCAT = re.compile(r"(?P<before>(?:.*\\r)?)(?P<arrow>[<>]) \d{4}/\d\d/\d\d (?P<time>\d\d:\d\d:\d\d\.\d{3})\d*"
                    r"\s+length=\d+ from=\d+ to=\d+")
# ESP-IDF: lines that it tells one by one, too; a function that is called like a command
_TOLD_AGAIN = re.compile(r"\bpattern-detection: 0x|\bcommand_lib: at\s*$")
_MOST_HELD = 4096  # bytes of a line


def unfolded(lines):
    """The lines, dumps made into the lines that they show, with what stood before the first of their bytes."""
    reader = _Reader()
    for line in lines:
        yield from reader.take(line)
    yield from reader.finish()


class _Reader:
    def __init__(self):
        self._held = {"TX": b"", "RX": b"", "": b""}  # of a line whose end has not come; "": of a direction not told
        self._before = {"TX": "", "RX": "", "": ""}
        self._told = b""  # the last line of a direction not told
        self._ends = {"TX": False, "RX": False, "": False}  # are line ends among what is dumped?
        self._headed = None  # direction that a line without bytes has announced
        self._by_gammu = False
        self._socat = None  # (time, arrow) of what follows

    def take(self, line):
        if header := _SOCAT.match(line):
            before = [self._socat + header["before"]] if self._socat and header["before"] else []
            self._socat = f"{header['time']} {header['arrow']} "
            return before
        if self._socat is not None:
            if _SOCAT_HEX.fullmatch(line):
                data = bytes.fromhex(line).replace(b"\r", b"\\r").replace(b"\n", b"\\n")
                return [self._socat + data.decode("latin-1")]
            return [self._socat + line] if line.strip() not in ("", "--") else []
        if "(" in line and (call := _STRACE.fullmatch(line)):
            return [f"{call['before']}{'TX' if call['call'] == 'write' else 'RX'}: " + call["text"].replace('\\"', '"')]
        if _TOLD_AGAIN.search(line):
            return []
        if (self._by_gammu or _ANY_DUMP.search(line)) and (found := self._dump(line)):
            return self._feed(*found)
        return [*self._heading(line), line]

    def _heading(self, line):
        # A line that is no dump may announce one; dumps without line ends are lines then.
        if not line.strip() or len(line) > 200:
            return []
        sends, hears = _SENDS.search(line), _HEARS.search(line)
        if bool(sends) == bool(hears):
            return []
        self._headed = "TX" if sends else "RX"
        self._by_gammu = "frame" in line
        return [] if self._ends[self._headed] else [*self._flush(self._headed)]

    def _dump(self, line):
        # (direction, what stood before, bytes) of a line of a dump
        for pattern in (_RT_THREAD, _BARE, _COLUMNS) + ((_GAMMU,) if self._by_gammu else ()):
            if match := pattern.fullmatch(line):
                named = match["before"] + (match["name"] if "name" in match.groupdict() else "")
                direction = "TX" if _SENDS.search(named) else "RX" if _HEARS.search(named) else self._headed
                digits = re.findall(r"(?:^|[|, ]|0x)([0-9A-Fa-f]{2})", match["hex"].replace("0x", ""))
                if direction is None and pattern is _COLUMNS and _ESP_IDF.fullmatch(match["before"]):
                    direction = ""
                if direction is not None and digits:
                    return direction, match["before"], bytes.fromhex("".join(digits))
        return None

    def _feed(self, direction, before, data):
        found = [text for other in self._held if other != direction for text in self._flush(other)]
        if not self._held[direction]:
            self._before[direction] = before
        self._ends[direction] |= b"\r" in data or b"\n" in data
        *whole, rest = re.split(rb"[\r\n]", self._held[direction] + data)
        if len(rest) > _MOST_HELD:
            whole, rest = [*whole, rest], b""
        for text in whole:
            if direction == "" and text:
                is_echo = text == self._told and text[:2].upper() == b"AT"
                self._told = text
                if is_echo:     # nothing else tells what was sent from what came back
                    continue
            if text.strip():
                found.append(self._line(direction, text))
                self._before[direction] = before
        self._held[direction] = rest
        if rest in (b"> ", b">"):
            found += self._flush(direction)
        return found

    def _line(self, direction, data):
        name = f"{direction}: " if direction else ""
        return f"{self._before[direction].rstrip()} {name}{data.decode('latin-1')}".lstrip()

    def _flush(self, direction):
        held, self._held[direction] = self._held[direction], b""
        if held.strip():
            yield self._line(direction, held)

    def finish(self):
        return [text for direction in self._held for text in self._flush(direction)]
