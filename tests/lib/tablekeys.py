"""Every key that a dialect table may have: the shape of its cells, and who has to have it.

Written beside tables.py's description, and shares no code with it: entries() splits a text by the rules printed there.
"""

import sys

from atsock import packing, tables

EVENTS = tables.EVENTS.decode().split()
ASKED = EVENTS[: EVENTS.index("READY")]  # what a command can wait for
UNASKED = EVENTS[EVENTS.index("READY") :]
KINDS = packing.KINDS.decode().split()
ENGINES = ("link", "n", "payload")  # filled in when the command is sent
ERRNOS = (
    "EADDRINUSE", "EAGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "EISCONN", "EMSGSIZE", "ENETDOWN", "ENOTCONN", "ETIMEDOUT",
)  # fmt: skip

# The longest thing that can stand in a command's place.
HOST, APN, NAME, PORT = b"h" * 255, b"a" * 99, b"n" * 64, 65535
_PEER = {"host": HOST, "port": PORT}
_OPEN = {"host": HOST, "port": PORT, "mode": 2, "local": PORT, "protocol": 62}
_ACCOUNT = {"apn": APN, "user": NAME, "password": NAME, "auth": 3, "type": b"IPV4V6", "family": 6}
_PING = {"host": HOST, "count": 255, "size": 1500, "timeout": 255000, "seconds": 255}
_SERVER = {"port": PORT, "server": 3}

# Commands: what stands in their places beside what the engine fills in.
COMMANDS = {
    "CONFIGURE": _ACCOUNT, "CONFIGURE_USER": _ACCOUNT, "ACTIVATE": _ACCOUNT, "ACTIVATE_USER": _ACCOUNT, "ACTIVATE_STORED": {}, "DEACTIVATE": {},
    "OPEN_TCP": _OPEN, "OPEN_UDP": _OPEN, "OPEN_TCP_SERVER": _OPEN, "OPEN_UDP_ANY": _OPEN, "DATA_TCP": _OPEN, "DATA_UDP": _OPEN, "RESUME": {}, "RESUME_UDP": _OPEN,
    "LISTEN": _SERVER, "STOP": {"server": 3}, "CLOSE": {}, "SEND": {}, "SEND_TO": _PEER, "PUSH_TO": _PEER, "SEND_HEX": {}, "PUSH_OUT": {},
    "READ": {}, "READ_HEX": {}, "READ_ANY": {}, "RESOLVE": {"host": HOST}, "RESOLVE_6": {"host": HOST}, "WHY": {}, "PING": _PING, "PING_6": _PING,
    "NTP": _PEER, "NTP_6": _PEER, "UNACKED": {}, "KEEPALIVE": {"idle": 36000, "interval": 750, "count": 50}, "KEEPALIVE_OFF": {},
}  # fmt: skip


class Malformed(ValueError):
    pass


def need(true, *what):
    if not true:
        raise Malformed(" ".join([str(item) for item in what]))


def number(cell, least=0, most=1 << 28):
    need(cell.isdigit() and least <= int(cell) <= most, "a number of", least, "to", most, "not", repr(cell))


def position(cell):
    need(cell == "-" or cell.isdigit() and int(cell) <= 9, "a position, not", repr(cell))


# -- shapes: functions of (key, cells)


def count(cells, *many):
    need(len(cells) in many, "%d cells where %r belong" % (len(cells), many))


def command(key, cells):
    if cells == ["-"]:
        return
    count(cells, 4, 5)
    number(cells[0], 500, 300_000)
    waited = cells[1].split()
    also = [] if cells[2] == "-" else cells[2].split()
    for word in waited + also:
        need(word in ASKED, "no event that a command waits for:", word)
    need(waited and not set(waited) & set(also), "an event twice:", waited, also)
    _text(key, cells[3])
    need(len(cells) == 4 or cells[4] in COMMANDS, "no command", cells[4:])


def _text(key, text):
    need(text.startswith("AT") and text.count('"') % 2 == 0, "an open quote, or no AT:", text)
    need(text.count("<") == text.count(">"), "a place is open:", text)
    for piece in text.split("<")[1:]:
        place = piece.split(">")[0]
        need(place in ENGINES or place == "context" or place in COMMANDS[key], "no place of this command:", place)
    need(text.count("<payload>") <= 1, "two payloads")


def row(key, cells):
    count(cells, 9)
    name, form, event, link, value, good, kind, extra, fields = cells
    need(name not in ("", "-") and len(name) + len(form) < 60, "no name")
    for word in event.split():
        need(word in EVENTS, "no event:", word)
    need(len(event.split()) == 1 or event == "SENT REFUSED", "one event, not", event)
    position(link)
    position(value)
    position(extra)
    need(good in ("any", "asked", "mine", "bad") or good.isdigit() and int(good) < 252, "good:", good)
    need(kind in KINDS, "no kind of payload:", kind)
    need(fields == "any" or fields.isdigit() and int(fields) <= 12, "fields:", fields)
    furthest = max([int(cell) if cell.isdigit() else -1 for cell in (link, value)])
    if kind == "WORD":
        need(form == link == value == "-", "a whole line has no numbers")
    elif kind != "NONE":
        need(event in ("DATA", "PUSH"), "no payload follows", event)
        need(value != "-", "payload without a length")
        need(fields != "any" and furthest < int(fields), "a header whose fields are not counted")
    if good == "asked":
        need(value != "-", "no number is asked for")
    if fields != "any" and kind in ("NONE", "RAW", "HEX"):
        need(furthest < max(int(fields), 1), "no field", furthest)
    if kind.endswith("_FROM"):
        need(extra != "-" and int(extra) + 1 < int(fields), "no sender")


def step(key, cells):
    if cells == ["-"]:
        return
    count(cells, 2)
    need(cells[0] in ("MUST", "MAY"), "MUST or MAY, not", cells[0])
    need(cells[1].startswith("AT+") or cells[1] in COMMANDS, "no command:", cells[1])


def access(key, cells):
    count(cells, 10)
    mode, group, setup, send, chunk, recv, read, lines, send_to, leave = cells
    number(mode, 0, 2)
    number(group, 1, 4)
    number(chunk, 1, 2048)
    number(read, 1, 2048)
    need(send in COMMANDS, "no command:", send)
    for name in (recv, send_to):
        need(name == "-" or name in COMMANDS, "no command:", name)
    for name in (setup, leave):
        need(name == "-" or KEYS.get(name) is step, "no steps:", name)
    need(lines == "-" or KEYS.get(lines) is row, "no rows:", lines)


def one(*allowed):
    """One cell, a word of these."""

    def check(key, cells):
        count(cells, 1)
        need(cells[0] in allowed, "one of", allowed, "not", cells[0])

    return check


def words(key, cells):
    """One cell, words apart by a blank; or none."""
    count(cells, 1)


def numbers(*many):
    """One cell, so many numbers apart by a blank; or none."""

    def check(key, cells):
        count(cells, 1)
        if cells != ["-"]:
            for word in cells[0].split():
                number(word)
            need(len(cells[0].split()) in many, cells[0], "are not", many, "numbers")

    return check


def cells(*kinds):
    """These cells, or none; of each: what it must be, a function or the beginning of the text."""

    def check(key, found):
        if found != ["-"]:
            count(found, len(kinds))
            for kind, cell in zip(kinds, found):
                if isinstance(kind, str):
                    need(cell.startswith(kind), "begins with", kind, "not", cell)
                else:
                    kind(cell)

    return check


def texts(key, cells):
    """Any number of beginnings of lines."""


def errnos(key, cells):
    for cell in cells:
        code, name = cell.split()
        number(code)
        need(name in ERRNOS, "no errno:", name)


def listed(*allowed):
    def check(cell):
        need(cell in allowed, "one of", allowed, "not", cell)

    return check


def some_numbers(cell):
    for word in cell.split():
        need(word == "any" or word.isdigit(), "no number:", word)


yes_or_no = one("yes", "no")
some = range(1, 40)

KEYS = {
    "BASE": words, "MODELS": words, "LINKS": numbers(2), "SERVERS": one("IN_LINKS", "APART", "BECOMES"), "SERVER_COUNT": numbers(1),
    "NO_PORT": one("-", "0"), "DATA_LINK": numbers(1), "DATA_SETTING": cells("AT+", "+"), "REGISTRATION": words, "SETUP": step, "AUTHS": numbers(*some),
    "PDP_4": words, "PDP_6": words, "STATE": cells("AT+", "+", position, position, position), "ADDRESS_OF": cells("AT+", "+", position), "DEACTIVATE_LOST": yes_or_no,
    "EIGHT_GROUPS": yes_or_no, "OPEN_MS": numbers(1), "PROTOCOLS": cells(listed("4", "6"), number, number, number),
    "STALE": cells("AT+", "+", listed("BY_LINE", "BY_ID", "BY_FLAG")), "CLOSE_OPENING": yes_or_no, "CLOSE_WHEN_GONE": yes_or_no, "UDP_MOST": numbers(1), "STORE_MOST": numbers(1),
    "ROOM": cells("AT+", "+"), "NOTHING_LEFT": numbers(*some), "AGAIN": numbers(*some), "TELLS_COUNT": words, "PUSH_BY_SENDER": yes_or_no,
    "ACCESS_BUFFER": access, "ACCESS_PUSH": access, "ACCESS_HEX": access, "ACCESS_TRANSPARENT": access, "TEXT": step, "HEX": step, "BUFFER": step, "PUSH": step, "DATA": step,
    "LEAVE": step, "GUARD_MS": numbers(1), "DATA_ENDS": texts, "ESCAPED_READS": yes_or_no, "RESUME_WORDS": texts, "WHY_OF": words, "PING_MOST": numbers(3),
    "PING_REPLY": cells("+", position, some_numbers, position, position), "PING_END": cells("+", position, some_numbers), "PING_FATAL": numbers(*some),
    "NTP_LINE": cells("+", position, number, position), "UNACKED_LINE": cells("+", position, position), "KEEPALIVE_MOST": numbers(4),
    "LINES": row, "RAW_LINES": row, "HEX_LINES": row, "PUSH_LINES": row, "DATA_LINES": row, "ERRNOS": errnos, "FOREIGN_CODES": texts,
}  # fmt: skip
KEYS.update([(key, command) for key in COMMANDS])

# What not every table has: it must be there when the cells of another key are these (or merely any), or nobody needs it.
WHEN = {
    "SERVER_COUNT": ("SERVERS", "APART"), "LISTEN": ("SERVERS", "APART"), "STOP": ("SERVERS", "APART"), "OPEN_TCP_SERVER": ("SERVERS", "IN_LINKS"),
    "WHY_OF": ("WHY", ""), "PING_6": ("PING", ""), "PING_MOST": ("PING", ""), "PING_REPLY": ("PING", ""), "PING_END": ("PING", ""), "PING_FATAL": ("PING", ""),
    "NTP_6": ("NTP", ""), "NTP_LINE": ("NTP", ""), "UNACKED_LINE": ("UNACKED", ""), "KEEPALIVE_MOST": ("KEEPALIVE", ""),
}  # fmt: skip
# These have names of the dialect's own choice, or need not be.
FREE = (
    "PDP_6", "OPEN_UDP", "OPEN_UDP_ANY", "PUSH_TO", "SEND_HEX", "PUSH_OUT", "READ_HEX", "TEXT", "HEX", "BUFFER", "PUSH", "DATA", "LEAVE",
    "RAW_LINES", "HEX_LINES", "PUSH_LINES", "DATA_LINES",
)  # fmt: skip


def sections(name):
    """The texts of one dialect, without what it is based on."""
    full = "atsock.dialects." + name
    __import__(full)
    return [text.decode() for text in sys.modules[full].TABLE]


def entries(text):
    """[(key, cells)] of a text; cells are str, "-" for an absent one."""
    found = []
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            line = line.split(" # ")[0].rstrip()
            need("\t" not in line and " " in line, "no cell:", repr(line))
            key = line.split(" ")[0]
            found.append((key, [cell.strip() for cell in line[len(key) :].split("  ") if cell.strip()]))
    return found


def check(key, cells):
    """Raises Malformed when the line says nothing that tables.py describes."""
    need(key in KEYS, "no key of the tables:", key)
    need(cells, key, "has no cells")
    KEYS[key](key, cells)
