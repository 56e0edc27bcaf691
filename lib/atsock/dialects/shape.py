"""What is wrong with a table that an application registers: what is misspelt, missing, or of another shape.

Such a thing would fail late otherwise, in the middle of a connection and far from the table.  table.py tells what each
attribute means.  Loaded by register(), in no other program.
"""

from ..checks import ACCESSES
from .table import Table

# Places in the text of a template, by what it does (see rows.py and table.py).
_ANY = (b"context", b"link", b"n", b"payload")
_CONTEXT = _ANY + (b"apn", b"user", b"password", b"auth", b"type", b"family")
_OPEN = _ANY + (b"host", b"port", b"local", b"mode", b"protocol", b"server")
_PEER = _ANY + (b"host", b"port")
_PING = _ANY + (b"host", b"count", b"size", b"timeout", b"seconds")
_KEEPALIVE = _ANY + (b"idle", b"interval", b"count")


def check(table: "type[Table]") -> None:
    """Raise ValueError, which names the attribute and what it must be, when something is wrong with it."""
    where = table.__name__
    known = dir(Table)
    for name in dir(table):
        if not name.startswith("_") and name not in known:
            raise ValueError("%s.%s: a dialect has no such attribute" % (where, name))
    if not isinstance(table.NAME, str) or not table.NAME:
        raise ValueError("%s.NAME: the name of the dialect, a str, not %r" % (where, table.NAME))
    if not isinstance(table.MODELS, (tuple, list)) or not all(isinstance(model, bytes) for model in table.MODELS):
        raise ValueError("%s.MODELS: a tuple of bytes, not %r" % (where, table.MODELS))
    _check_missing(where, table)
    if not isinstance(table.LINKS, (range, tuple, list)) or not all(isinstance(link, int) for link in table.LINKS):
        raise ValueError("%s.LINKS: the connection ids, a range or a tuple of int, not %r" % (where, table.LINKS))
    _check_lengths(where, table)
    _check_templates(where, table)
    rows = _rows(where, "LINES", table.LINES)
    for access, mode in table.ACCESS.items():
        name = "ACCESS[%r]" % (access,)
        if access not in ACCESSES:
            raise ValueError("%s.%s: the access modes are %s" % (where, name, ", ".join(ACCESSES)))
        if not isinstance(mode, tuple) or len(mode) != 10:
            raise ValueError("%s.%s: 10 fields, not %r" % (where, name, mode))
        send, chunk, recv, read, _, _, setup, lines, send_to, leave = mode
        for template in (send, recv, send_to):
            _check_template(where, name, template, _PEER)
        if not isinstance(chunk, int) or not isinstance(read, int):
            raise ValueError("%s.%s: chunk and read are numbers of bytes, not %r, %r" % (where, name, chunk, read))
        _check_steps(where, name, setup)
        _check_steps(where, name, leave)
        rows += _rows(where, name, lines)
    for row in rows:
        if not isinstance(row, tuple) or len(row) != 9 or not isinstance(row[0], bytes):
            raise ValueError("%s: a row is a tuple of 9 fields, name first, not %r" % (where, row))


def _check_missing(where, table):
    for name, value in (
        ("LINKS", table.LINKS), ("PDP_4", table.PDP_4), ("ACTIVATE", table.ACTIVATE),
        ("ACTIVATE_USER", table.ACTIVATE_USER), ("ACTIVATE_STORED", table.ACTIVATE_STORED),
        ("DEACTIVATE", table.DEACTIVATE), ("STATE", table.STATE), ("OPEN_MS", table.OPEN_MS), ("CLOSE", table.CLOSE),
        ("OPEN_IDS", table.OPEN_IDS), ("ACCESS", table.ACCESS), ("LINES", table.LINES),
    ):  # fmt: skip
        if not value:
            raise ValueError("%s.%s is missing" % (where, name))


def _check_lengths(where, table):
    for name, value, length in (
        ("STATE", table.STATE, 4), ("ADDRESS_OF", table.ADDRESS_OF, 2), ("OPEN_IDS", table.OPEN_IDS, 3),
        ("OPEN_IDS_GONE", table.OPEN_IDS_GONE, 2), ("OPEN_IDS_BUFFERED", table.OPEN_IDS_BUFFERED, 2),
        ("ROOM", table.ROOM, 2), ("DATA_SETTING", table.DATA_SETTING, 2),
        ("PING_MAX", table.PING_MAX, 3), ("PING_REPLY", table.PING_REPLY, 5), ("PING_END", table.PING_END, 3),
        ("NTP_LINE", table.NTP_LINE, 4), ("UNACKED_LINE", table.UNACKED_LINE, 3),
        ("KEEPALIVE_RANGE", table.KEEPALIVE_RANGE, 3),
    ):  # fmt: skip
        if value is not None and (not isinstance(value, tuple) or len(value) != length):
            raise ValueError("%s.%s: a tuple of %d fields, not %r" % (where, name, length, value))
    for name, words in (("REGISTRATION", table.REGISTRATION), ("DATA_ENDS", table.DATA_ENDS)):
        if not isinstance(words, tuple) or not all(isinstance(word, bytes) for word in words):
            raise ValueError("%s.%s: a tuple of bytes, not %r" % (where, name, words))


def _check_templates(where, table):
    if not isinstance(table.CONFIGURE, tuple):
        raise ValueError("%s.CONFIGURE: a tuple of templates, not %r" % (where, table.CONFIGURE))
    for template in table.CONFIGURE:
        _check_template(where, "CONFIGURE", template, _CONTEXT)
    for places, templates in (
        (_CONTEXT, (
            ("CONFIGURE_USER", table.CONFIGURE_USER), ("ACTIVATE", table.ACTIVATE),
            ("ACTIVATE_USER", table.ACTIVATE_USER), ("ACTIVATE_STORED", table.ACTIVATE_STORED),
            ("DEACTIVATE", table.DEACTIVATE),
        )),
        (_OPEN, (
            ("OPEN_TCP", table.OPEN_TCP), ("OPEN_UDP", table.OPEN_UDP), ("OPEN_UDP_ANY", table.OPEN_UDP_ANY),
            ("OPEN_TCP_SERVER", table.OPEN_TCP_SERVER), ("DATA_TCP", table.DATA_TCP), ("DATA_UDP", table.DATA_UDP),
            ("RESUME", table.RESUME), ("RESUME_UDP", table.RESUME_UDP), ("LISTEN", table.LISTEN),
            ("STOP", table.STOP),
        )),
        (_PEER, (
            ("CLOSE", table.CLOSE), ("SEND", table.SEND), ("SEND_TO", table.SEND_TO), ("SEND_HEX", table.SEND_HEX),
            ("PUSH_OUT", table.PUSH_OUT), ("PUSH_TO", table.PUSH_TO), ("READ", table.READ),
            ("READ_HEX", table.READ_HEX), ("READ_ANY", table.READ_ANY), ("RESOLVE", table.RESOLVE),
            ("RESOLVE_6", table.RESOLVE_6), ("ERROR_QUERY", table.ERROR_QUERY), ("NTP", table.NTP),
            ("NTP_6", table.NTP_6), ("UNACKED", table.UNACKED),
        )),
        (_PING, (("PING", table.PING), ("PING_6", table.PING_6))),
        (_KEEPALIVE, (("KEEPALIVE", table.KEEPALIVE), ("KEEPALIVE_OFF", table.KEEPALIVE_OFF))),
    ):  # fmt: skip
        for name, template in templates:
            _check_template(where, name, template, places)
    _check_steps(where, "SETUP", table.SETUP)


def _check_template(where, name, template, places):
    if template is None:
        return
    if not isinstance(template, tuple) or len(template) not in (4, 5):
        raise ValueError("%s.%s: (text, timeout_ms, required, optional), not %r" % (where, name, template))
    text = template[0]
    if not isinstance(text, bytes) or not all(isinstance(number, int) for number in template[1:4]):
        raise ValueError("%s.%s: (bytes, int, int, int), not %r" % (where, name, template))
    for part in text.split(b"<")[1:]:
        place, end, _ = part.partition(b">")
        if not end or place not in places:
            raise ValueError(
                "%s.%s: no place <%s>; there are %s"
                % (where, name, str(place, "latin-1"), str(b", ".join(places), "ascii"))
            )
    if len(template) == 5:
        _check_template(where, name, template[4], places)


def _check_steps(where, name, steps):
    for step in steps:
        if not isinstance(step, tuple) or len(step) != 2 or not isinstance(step[1], (bytes, tuple)):
            raise ValueError("%s.%s: a step is (MUST or MAY, a line or a template), not %r" % (where, name, step))
        if isinstance(step[1], tuple):
            _check_template(where, name, step[1], _OPEN)


def _rows(where, name, rows):
    if not isinstance(rows, tuple):
        raise ValueError("%s.%s: a tuple of rows, not %r" % (where, name, rows))
    return rows
