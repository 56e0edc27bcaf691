"""Every attribute that a dialect table may have: the shape of its value, and which dialects need it.

Written beside the description in dialects/table.py.  Shares nothing with the driver but the numbers of the words.
"""

from atsock.core import words

NAMES = ("a7600", "bg96", "l610", "nl668", "sim7028")
ACCESS = ("buffer", "push", "hex", "transparent")

# Events in order of their bits: those that a command can wait for, and those that come unasked.
ON_RESPONSE = (
    "OK", "OK2", "PROMPT", "SENT", "REFUSED", "DATA", "EMPTY", "CLOSED", "UP", "DOWN", "ADDRESS", "RESOLVED", "STORED",
    "CONNECT", "REASON",
    "ERROR", "CODE", "PUSHED",
)  # fmt: skip
ON_URC = (
    "READY", "PUSH", "PEER_CLOSED", "OPENED", "INCOMING", "CONFIRMED", "FLOW_OFF", "FLOW_ON", "NETWORK_LOST",
    "RESTARTED", "SENDER", "NOISE",
)  # fmt: skip
EVENTS = ON_RESPONSE + ON_URC
RESPONSES = (1 << len(ON_RESPONSE)) - 1
URCS = (1 << len(EVENTS)) - 1 - RESPONSES
KINDS = ("NONE", "RAW", "INLINE", "HEX", "INLINE_HEX", "WORD", "RAW_FROM", "INLINE_FROM", "HEX_FROM", "INLINE_HEX_FROM")
OKS = (words.NEVER, words.OWN_CONTEXT, words.ASKED, words.ANY)
ENGINES = ("link", "n", "payload")  # places that are filled in when the command is sent
ERRNOS = (
    "EADDRINUSE", "EAGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "EISCONN", "EMSGSIZE", "ENETDOWN",
    "ENOTCONN", "ETIMEDOUT",
)  # fmt: skip

# The longest thing that can stand in a command's place.
HOST, APN, NAME, PORT = b"h" * 255, b"a" * 99, b"n" * 64, 65535
_PEER = {"host": HOST, "port": PORT}
_OPEN = {"host": HOST, "port": PORT, "mode": 2, "local": PORT, "protocol": 62}
_ACCOUNT = {"apn": APN, "user": NAME, "password": NAME, "auth": 3, "type": b"IPV4V6", "family": 6}
_PING = {"host": HOST, "count": 255, "size": 1500, "timeout": 255000, "seconds": 255}
_SERVER = {"port": PORT, "server": 3}

# Commands: what stands in their places beside what is filled in when they are sent.
COMMANDS = {
    "CONFIGURE": _ACCOUNT, "CONFIGURE_USER": _ACCOUNT, "ACTIVATE": _ACCOUNT, "ACTIVATE_USER": _ACCOUNT,
    "ACTIVATE_STORED": {}, "DEACTIVATE": {},
    "OPEN_TCP": _OPEN, "OPEN_UDP": _OPEN, "OPEN_TCP_SERVER": _OPEN, "OPEN_UDP_ANY": _OPEN, "DATA_TCP": _OPEN,
    "DATA_UDP": _OPEN, "RESUME": {},
    "RESUME_UDP": _OPEN, "LISTEN": _SERVER, "STOP": {"server": 3}, "CLOSE": {}, "SEND": {}, "SEND_TO": _PEER,
    "PUSH_TO": _PEER, "SEND_HEX": {},
    "PUSH_OUT": {}, "READ": {}, "READ_HEX": {}, "READ_ANY": {}, "RESOLVE": {"host": HOST}, "RESOLVE_6": {"host": HOST},
    "ERROR_QUERY": {},
    "PING": _PING, "PING_6": _PING, "NTP": _PEER, "NTP_6": _PEER, "UNACKED": {},
    "KEEPALIVE": {"idle": 36000, "interval": 750, "count": 50},
    "KEEPALIVE_OFF": {},
}  # fmt: skip


class Malformed(ValueError):
    pass


def need(true, *what):
    if not true:
        raise Malformed(" ".join([str(item) for item in what]))


# -- shapes: functions of (attribute, value)


def number(attribute, value, least=0, most=1 << 28):
    need(type(value) is int and least <= value <= most, "a number of", least, "to", most, "not", repr(value))


def text(attribute, value):
    need(isinstance(value, bytes) and value, "bytes, not", repr(value))


def position(attribute, value):
    need(value is None or type(value) is int and 0 <= value <= 9, "a position, not", repr(value))


def sequence(value, *lengths):
    need(isinstance(value, tuple), "a tuple, not", repr(value))
    need(not lengths or len(value) in lengths, "%d fields where %r belong" % (len(value), lengths))


def template(attribute, value):
    sequence(value, 4, 5)
    line, timeout_ms, required, optional = value[:4]
    _command_line(attribute, line)
    number(attribute, timeout_ms, 500, 300_000)
    for events, known in ((required, RESPONSES), (optional, RESPONSES | words.CONFIRMED)):
        need(type(events) is int and not events & ~known, "no events that a command waits for:", events)
    need(required and not required & optional, "an event twice, or none:", required, optional)
    if len(value) > 4:
        sequence(value[4], 4, 5)
        template("PUSH_TO" if b"<host>" in value[4][0] else "PUSH_OUT", value[4])


def _command_line(attribute, line):
    need(isinstance(line, bytes), "bytes, not", repr(line))
    line = line.decode()
    need(line.startswith("AT") and line.count('"') % 2 == 0, "an open quote, or no AT:", line)
    need(line.count("<") == line.count(">"), "a place is open:", line)
    for piece in line.split("<")[1:]:
        place = piece.split(">")[0]
        need(place in ENGINES or place == "context" or place in COMMANDS[attribute], "no place of this command:", place)
    need(line.count("<payload>") <= 1, "two payloads")


def templates(attribute, value):
    sequence(value)
    for one in value:
        template(attribute, one)


def row(attribute, value):
    sequence(value, 9)
    name, form, event, link, number_at, ok, kind, aux, fields = value
    need(isinstance(name, bytes) and isinstance(form, bytes) and name and len(name) + len(form) < 60, "no name")
    need(not name.endswith(b" ") and not form.startswith(b" "), "blanks before the form are skipped")
    need(type(event) is int and 0 < event <= RESPONSES | URCS, "no event:", event)
    need(event & event - 1 == 0 or event == words.SENT | words.REFUSED, "one event, not", event)
    for one in (link, number_at, aux):
        position(attribute, one)
    need(ok in OKS or type(ok) is int and 0 <= ok < words.NEVER, "ok:", ok)
    need(type(kind) is int and 0 <= kind < len(KINDS), "no kind of payload:", kind)
    need(fields == words.ANY or type(fields) is int and 0 <= fields <= 12, "fields:", fields)
    furthest = max([-1 if one is None else one for one in (link, number_at)])
    if kind == words.WORD:
        need(form == b"" and link is None and number_at is None, "a whole line has no numbers")
    elif kind != words.NONE:
        need(event in (words.DATA, words.PUSH), "no payload follows", event)
        need(number_at is not None, "payload without a length")
        need(fields != words.ANY and furthest < fields, "a header whose fields are not counted")
    if ok == words.ASKED:
        need(number_at is not None, "no number is asked for")
    if fields != words.ANY and kind in (words.NONE, words.RAW, words.HEX):
        need(furthest < max(fields, 1), "no field", furthest)
    if KINDS[kind].endswith("_FROM"):
        need(aux is not None and aux + 1 < fields, "no sender")


def rows(attribute, value):
    sequence(value)
    for one in value:
        row(attribute, one)


def steps(attribute, value):
    sequence(value)
    for step in value:
        sequence(step, 2)
        need(isinstance(step[0], bool), "MUST or MAY, not", step[0])
        if isinstance(step[1], bytes):
            need(step[1].startswith(b"AT+") and b"<" not in step[1], "no command:", step[1])
        else:
            template("ACTIVATE", step[1])


def access(attribute, value):
    need(sorted(value) == sorted(ACCESS), "the access modes are", ACCESS)
    for mode in value.values():
        access_mode(attribute, mode)


def access_mode(attribute, value):
    sequence(value, 10)
    send, chunk, recv, read, mode, group, setup, lines, send_to, leave = value
    template("SEND", send)
    number(attribute, chunk, 1, 2048)
    if recv is not None:
        template("READ", recv)
    number(attribute, read, 1, 2048)
    number(attribute, mode, 0, 2)
    number(attribute, group, 1, 4)
    steps(attribute, setup)
    need(setup, "no steps that lead there")
    rows(attribute, lines)
    if send_to is not None:
        template("SEND_TO", send_to)
    steps(attribute, leave)


def one_of(*allowed):
    def check(attribute, value):
        need(value in allowed and type(value) is type(allowed[0]), "one of", allowed, "not", repr(value))

    return check


def yes_or_no(attribute, value):
    need(isinstance(value, bool), "True or False, not", repr(value))


def word(attribute, value):
    need(isinstance(value, str) and value, "a str, not", repr(value))


def several(shape, *lengths):
    """A tuple of values of this shape, so many or any number."""

    def check(attribute, value):
        sequence(value, *lengths)
        for one in value:
            shape(attribute, one)

    return check


def fields(*shapes):
    """A tuple of values of these shapes."""

    def check(attribute, value):
        sequence(value, len(shapes))
        for i in range(len(shapes)):
            shapes[i](attribute, value[i])

    return check


def begins(start):
    def check(attribute, value):
        need(isinstance(value, bytes) and value.startswith(start), "begins with", start, "not", repr(value))

    return check


def link_ids(attribute, value):
    need(isinstance(value, range) and len(value) > 0 and value[0] >= 0, "a range of ids, not", repr(value))


def any_bytes(attribute, value):
    need(isinstance(value, bytes), "bytes, not", repr(value))


def errnos(attribute, value):
    for code, name in value.items():
        number(attribute, code)
        need(name in ERRNOS, "no errno:", name)


def any_or_numbers(attribute, value):
    if value != words.ANY:
        several(number)(attribute, value)


def _or_none(shape):
    def check(attribute, value):
        if value is not None:
            shape(attribute, value)

    return check


_question = begins(b"AT+")
_name = begins(b"+")
_command = _or_none(template)

SHAPES = {
    "HOST_MAX": number,
    "NAME": word, "VENDOR": one_of("quectel", "simcom", "fibocom"), "MODELS": several(text), "LINKS": link_ids,
    "SECRETS": lambda name, cells: need(all(len(cell) == 2 for cell in cells), "(name, fields)"),
    "SERVERS": one_of(words.IN_LINKS, words.APART, words.BECOMES), "SERVER_COUNT": number,
    "NO_PORT": one_of(b"", b"0"), "LOCAL_LAST": one_of(b"", b",<local>"), "DATA_LINK": _or_none(number),
    "DATA_SETTING": _or_none(fields(_question, _name)), "REGISTRATION": several(_question), "SETUP": steps,
    "AUTHS": several(number),
    "PDP_4": text, "PDP_6": _or_none(text), "STATE": fields(_question, _name, position, number),
    "ADDRESS_OF": _or_none(fields(_question, _name)), "DEACTIVATE_LOST": yes_or_no, "EIGHT_GROUPS": yes_or_no,
    "OPEN_MS": number,
    "PROTOCOLS": several(fields(one_of(4, 6), number, number, number)),
    "OPEN_IDS": fields(_question, _name, one_of(words.BY_LINE, words.BY_ID, words.BY_FLAG)), "CLOSE_OPENING": yes_or_no,
    "OPEN_IDS_GONE": _or_none(fields(number, number)), "OPEN_IDS_BUFFERED": _or_none(fields(number, number)),
    "IN_USE": several(number), "OPEN_ENDS_CLOSED": yes_or_no,
    "CLOSE_AFTER_PEER": yes_or_no,
    "UDP_MAX": number, "STORE_MAX": number, "ROOM": _or_none(fields(_question, _name)),
    "NOTHING_LEFT": _or_none(number), "RETRY": _or_none(number),
    "TELLS_COUNT": _or_none(_name), "PUSH_BY_SENDER": yes_or_no, "ACCESS": access, "GUARD_MS": number,
    "DATA_ENDS": several(text),
    "ESCAPED_READS": yes_or_no, "RESUME_WORDS": several(text), "RESUME_NOTICES": several(text),
    "ERROR_QUERY_FOR": any_bytes,
    "PING_MAX": _or_none(several(number, 3)),
    "PING_REPLY": _or_none(fields(_name, number, several(number), number, number)),
    "PING_END": _or_none(fields(_name, number, any_or_numbers)),
    "PING_FATAL": several(number), "NTP_LINE": _or_none(fields(_name, number, number, position)),
    "UNACKED_LINE": _or_none(fields(_name, position, number)),
    "KEEPALIVE_RANGE": _or_none(fields(several(number, 3), several(number, 3), several(number, 2))),
    "LINES": rows, "ERRNOS": errnos, "FOREIGN_CODES": several(_name),
}  # fmt: skip
SHAPES.update([(command, templates if command == "CONFIGURE" else _command) for command in COMMANDS])

# What a dialect must have although it may be absent in others: when another attribute is this (None: when it is there).
WHEN = {
    "SERVER_COUNT": ("SERVERS", words.APART), "LISTEN": ("SERVERS", words.APART), "STOP": ("SERVERS", words.APART),
    "OPEN_TCP_SERVER": ("SERVERS", words.IN_LINKS), "ERROR_QUERY_FOR": ("ERROR_QUERY", None),
    "PING_MAX": ("PING", None), "PING_REPLY": ("PING", None),
    "PING_END": ("PING", None), "PING_FATAL": ("PING", None), "NTP_LINE": ("NTP", None),
    "UNACKED_LINE": ("UNACKED", None),
    "KEEPALIVE_OFF": ("KEEPALIVE", None), "KEEPALIVE_RANGE": ("KEEPALIVE", None),
}  # fmt: skip
# What every dialect must have.
ALWAYS = (
    "NAME", "VENDOR", "LINKS", "REGISTRATION", "AUTHS", "PDP_4", "ACTIVATE", "ACTIVATE_USER",
    "ACTIVATE_STORED", "DEACTIVATE", "STATE",
    "OPEN_MS", "OPEN_TCP", "DATA_TCP", "DATA_UDP", "RESUME", "RESUME_UDP", "CLOSE", "SEND", "SEND_TO", "READ",
    "OPEN_IDS", "UDP_MAX", "ACCESS",
    "GUARD_MS", "DATA_ENDS", "RESOLVE", "LINES", "ERRNOS",
)  # fmt: skip


def attributes(table):
    """The names of all attributes that a table has or inherits, without the dialect's own, sorted."""
    return sorted([name for name in dir(table) if not name.startswith("_")])


def check(attribute, value):
    """Raises Malformed when the value is none that dialects/table.py describes for this attribute."""
    need(attribute in SHAPES, "no attribute of a table:", attribute)
    SHAPES[attribute](attribute, value)


def templates_of(table):
    """[(attribute, template)] of all commands, those that follow another included."""
    found = []
    for attribute in sorted(COMMANDS):
        value = getattr(table, attribute)
        for one in value if attribute == "CONFIGURE" else () if value is None else (value,):
            while one is not None:
                found.append((attribute, one))
                one = one[4] if len(one) > 4 else None
    return found
