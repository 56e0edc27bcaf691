"""Every dialect table, mechanically: shape, reachability, sizes, deadlines and limits of the manual's specification."""

import json

import tablekeys
from atsock import dialects
from atsock.core import rows, words
from atsock.core.words import CODE, DATA, ERROR, INCOMING, MAY, MUST, OK, OK2, PROMPT, PUSH, PUSHED, REFUSED, SENT
from atsock.dialects import identify
from atsock.dialects.table import Table
from cases import cases
from fakes import Case, raises
from tablekeys import ACCESS, COMMANDS, NAMES, templates_of
from test_match import SPEC, packed_rows, readings

ROWS = 1000  # bytes for the packed rows of an access mode
TX = 320  # the engine's buffer for a command line: an open with a host name of 255 characters


def spec(name):
    with open(SPEC + name + ".json") as file:
        return json.load(file)


def commands(table, context=1):
    """[(attribute, command)] of all of them with the longest values filled in, those that follow another included."""
    return [(name, rows.filled(template, context, COMMANDS[name])) for name, template in templates_of(table)]


def events_of(template):
    return template[2] | template[3]


# -- names


def test_all_are_found():
    assert dialects.names() == list(NAMES)
    assert [dialects.get(name).NAME for name in NAMES] == list(NAMES)
    error = raises(ValueError, dialects.get, "bg95")
    assert "bg95" in str(error) and "a7600, bg96, l610, nl668, sim7028" in str(error)


# -- tables of the application's own


class _EC25(dialects.get("bg96")):
    NAME = "ec25"
    MODELS = (b"EC25",)


class _Own96(dialects.get("bg96")):
    UDP_MAX = 1400
    MODELS = (b"OWN96",)


def _forget():
    dialects._registered.clear()


def test_a_table_can_be_registered():
    try:
        dialects.register(_EC25)
        assert dialects.names() == ["a7600", "bg96", "ec25", "l610", "nl668", "sim7028"]
        assert dialects.get("ec25") is _EC25 and identify.find([b"EC25EFAR06"]) == (_EC25, b"EC25EFAR06")
        assert identify.find([b"BG96"])[0].NAME == "bg96"
        assert "ec25" in str(raises(ValueError, dialects.get, "ec24"))
    finally:
        _forget()
    assert dialects.names() == list(NAMES)


def test_a_registered_table_may_replace_a_built_in_one():
    """Its MODELS count instead of the other's."""
    try:
        dialects.register(_Own96)
        assert dialects.names() == list(NAMES)
        assert dialects.get("bg96") is _Own96 and identify.find([b"OWN96"])[0] is _Own96
        assert identify.find([b"BG96"]) == (None, None)
    finally:
        _forget()
    assert dialects.get("bg96").UDP_MAX == 1460


def test_what_is_no_table_is_not_registered():
    """ValueError says what is wrong."""
    base = dialects.get("bg96")
    for wrong, what in (
        (7, "inherits from"), (int, "inherits from"), (_EC25(), "inherits from"), (Table, "NAME"),
        (type("Own", (base,), {"NAME": b"own"}), "NAME"),
        (type("Own", (Table,), {"NAME": "own"}), "Own.LINKS is missing"),
    ):  # fmt: skip
        with Case(what):
            assert what in str(raises(ValueError, dialects.register, wrong))
    assert dialects.names() == list(NAMES)


# -- shapes


def test_words_have_the_numbers_of_their_order():
    assert [getattr(words, name) for name in tablekeys.EVENTS] == [1 << i for i in range(len(tablekeys.EVENTS))]
    assert [getattr(words, name) for name in tablekeys.KINDS] == list(range(len(tablekeys.KINDS)))


def test_every_attribute_of_a_table_is_described():
    """And no other: what is misspelt in a dialect is found, and what no shape is known of in Table."""
    known = sorted(tablekeys.SHAPES)
    assert tablekeys.attributes(Table) == known
    for name in NAMES:
        assert tablekeys.attributes(dialects.get(name)) == known


@cases("dialect", NAMES)
def test_every_value_is_well_formed(dialect):
    table = dialects.get(dialect)
    for attribute in tablekeys.SHAPES:
        with Case(attribute):
            tablekeys.check(attribute, getattr(table, attribute))


@cases("dialect", NAMES)
def test_what_a_table_must_have(dialect):
    """What the driver reads of one table it may read of each."""
    table = dialects.get(dialect)
    needed = list(tablekeys.ALWAYS)
    for attribute, (other, value) in tablekeys.WHEN.items():
        there = getattr(table, other)
        if there == value if value is not None else there:
            needed.append(attribute)
    for attribute in needed:
        with Case(attribute):
            assert getattr(table, attribute)


def test_the_rows_of_every_module_are_well_formed():
    for row in rows.COMMON_FIRST + rows.COMMON_LAST:
        tablekeys.row("LINES", row)


def test_a_value_that_is_not_well_formed_is_found():
    """What tablekeys.py has no eyes for, no table is checked for: each kind of mistake is one of these."""
    row = (b"+X:", b"", words.OPENED, 0, 1, 0, words.NONE, None, 2)
    data = (b"+X:", b"", DATA, None, 0, words.ANY, words.RAW, None, 1)
    read = (b"AT+R=<link>,<n>", 62_000, OK, DATA | words.EMPTY)
    mode = (read, 256, read, 1500, 0, 2, ((MUST, b"AT+X"),), (row,), None, ())

    def other(value, at, new):
        return value[:at] + (new,) + value[at + 1 :]

    def modes(mode):
        return dict.fromkeys(ACCESS, mode)

    for attribute, value in (
        ("LINES", (row, data)), ("READ", read), ("READ", None), ("ACCESS", modes(mode)),
        ("SETUP", ((MAY, b"AT+X"), (MUST, read))), ("LINKS", range(0, 12)),
        ("ERRNOS", {551: "EAGAIN"}), ("EIGHT_GROUPS", False), ("PING_END", (b"+X:", 0, words.ANY)),
        ("PING_END", (b"+X:", 0, (0, 2))),
    ):  # fmt: skip
        tablekeys.check(attribute, value)
    for attribute, value in (
        ("LINE", (row,)), ("LINES", row), ("LINES", (row[:8],)), ("LINES", (row + (2,),)),
        ("LINES", (other(row, 0, "+X:"),)), ("LINES", (other(row, 0, b""),)),
        ("LINES", (other(row, 1, None),)), ("LINES", (other(row, 2, 1 << 30),)),
        ("LINES", (other(row, 2, words.OPENED | words.UP),)),
        ("LINES", (other(row, 2, 0),)), ("LINES", (other(row, 3, "0"),)), ("LINES", (other(row, 4, words.ANY),)),
        ("LINES", (other(row, 5, None),)),
        ("LINES", (other(row, 5, 256),)), ("LINES", (other(row, 6, 10),)), ("LINES", (other(row, 6, None),)),
        ("LINES", (other(row, 7, words.ANY),)),
        ("LINES", (other(row, 8, None),)), ("LINES", (other(row, 8, 1),)), ("LINES", (other(data, 8, words.ANY),)),
        ("LINES", (other(data, 4, None),)),
        ("LINES", (other(data, 2, SENT),)), ("LINES", (other(data, 6, words.RAW_FROM),)),
        ("LINES", (other(row, 6, words.WORD),)),
        ("LINES", (other(other(row, 4, None), 5, words.ASKED),)),
        ("READ", other(read, 0, b"AT+R=<link>,<m>")), ("READ", other(read, 0, b"AT+R=<link>,<n")),
        ("READ", other(read, 0, b'AT+R="<link>')),
        ("READ", other(read, 0, b"R=<link>")), ("READ", other(read, 0, b"AT+R=<host>")),
        ("READ", other(read, 0, "AT+R")), ("READ", other(read, 1, 62)),
        ("READ", other(read, 2, 0)), ("READ", other(read, 3, OK)), ("READ", other(read, 3, words.READY)),
        ("READ", other(read, 3, None)), ("READ", read[:3]),
        ("READ", read + (read[:3],)), ("READ", read + ("PUSH_TO",)), ("READ", ()), ("READ", (read,)),
        ("CONFIGURE", read),
        ("SETUP", (MAY, b"AT+X")), ("SETUP", ((2, b"AT+X"),)), ("SETUP", ((MAY, b"X"),)),
        ("SETUP", ((MAY, b"AT+X=<n>"),)), ("SETUP", ((b"AT+X", MAY),)),
        ("SETUP", ((MAY,),)), ("LINKS", (0, 12)), ("LINKS", range(0)), ("LINKS", 12), ("ERRNOS", {551: "EWHAT"}),
        ("ERRNOS", {"551": "EAGAIN"}),
        ("EIGHT_GROUPS", None), ("EIGHT_GROUPS", 0), ("UDP_MAX", None), ("UDP_MAX", "1460"), ("MODELS", b"BG96"),
        ("MODELS", ("BG96",)), ("PDP_4", 1),
        ("ACCESS", {"buffer": mode}), ("ACCESS", modes(other(mode, 2, ()))),
        ("ACCESS", modes(other(mode, 1, 0))),
        ("ACCESS", modes(other(mode, 6, ()))),
        ("ACCESS", modes(other(mode, 7, None))),
        ("ACCESS", modes(mode[:9])),
        ("SERVERS", "APART"), ("OPEN_IDS", (b"AT+X?", b"+X:")), ("OPEN_IDS", (b"+X:", b"AT+X?", 0)),
        ("STATE", (b"AT+X?", b"+X:", None, None)),
        ("PING_END", (b"+X:", 0, 0)), ("PROTOCOLS", (4, 0, 1, 2)), ("PROTOCOLS", ((2, 0, 1, 2),)),
    ):  # fmt: skip
        with Case(attribute, value):
            assert str(raises(tablekeys.Malformed, tablekeys.check, attribute, value))


# -- templates


def test_templates_are_filled_in():
    """Where the engine fills in, control bytes stand.  Angle brackets in a value are no place."""
    table = dialects.get("bg96")
    assert rows.filled(table.SEND, 3, {}) == (b"AT+QISEND=\1,\2", 62000, PROMPT | SENT, REFUSED)
    assert rows.filled(table.SEND_HEX, 3, {})[0] == b'AT+QISENDEX=\1,"\4"'
    assert rows.filled(table.ACTIVATE, 3, {})[0] == b"AT+QIACT=3"
    assert rows.filled(table.RESOLVE, 3, {"host": b"<port>"})[0] == b'AT+QIDNSGIP=3,"<port>"'
    assert rows.filled(table.SEND_TO, 3, {"host": b"h", "port": 7})[0] == b'AT+QISEND=\1,\2,"h",7'
    raises(KeyError, rows.filled, table.RESOLVE, 3, {})  # a place that nobody fills
    table = dialects.get("l610")
    first = rows.filled(table.SEND_TO, 1, {"host": b"h", "port": 7})
    assert first[4] == rows.filled(table.PUSH_TO, 1, {"host": b"h", "port": 7})
    assert first[4] == (b'AT+MIPPUSH=\1,"h",7', 5000, OK | PUSHED, 0)
    assert rows.filled(None, 1, {}) is None


@cases("dialect", NAMES)
def test_every_command_can_be_filled_in(dialect):
    for attribute, command in commands(dialects.get(dialect)):
        with Case(attribute, command):
            for byte in command[0]:
                assert 32 <= byte < 127 or byte in (1, 2, 4)


@cases("dialect", NAMES)
def test_longest_arguments_fit(dialect):
    """The longest command of each template fits the engine's buffer, with its CR."""
    table = dialects.get(dialect)
    link = b"%d" % table.LINKS[-1]
    for attribute, command in commands(table, 16):
        for text in command[0].split(b"\4"):
            text = text.replace(b"\1", link).replace(b"\2", b"99999")
            with Case(attribute, command, len(text)):
                assert len(text) + 1 <= TX


@cases("dialect", NAMES)
def test_every_event_is_produced(dialect):
    """Each event that a command waits for comes from a row of that access mode (PROMPT and the second OK apart)."""
    table = dialects.get(dialect)
    for access in ACCESS:
        made = PROMPT | OK2
        for row in readings(dialect, access):
            made |= row.events
        mode = table.ACCESS[access]
        for attribute, template in templates_of(table):
            if template in (mode[0], mode[2], mode[8]) or not attribute.startswith(("SEND", "READ")):
                with Case(access, attribute, template):
                    assert template[2] & ~made == 0
        assert access == "transparent" or mode[2] or made & PUSH
        assert not mode[2] or made & DATA


# -- rows


@cases("dialect", NAMES)
def test_rows_are_packed_as_they_stand(dialect):
    for access in ACCESS:
        packed, pos = packed_rows(dialect, access), 0
        for row in readings(dialect, access):
            with Case(access, row.name, row.form):
                assert row.pos == pos and packed[pos] == row.size() < 256
                assert rows.name_at(packed, pos) == row.name
                assert packed[pos + 11 + len(row.name) : pos + row.size()] == row.form
                assert 1 << packed[pos + 1] | 1 << packed[pos + 2] == row.events
            pos += row.size()
        assert packed[pos:] == b"\0" and len(packed) <= ROWS


@cases("dialect", NAMES)
def test_no_row_hides_a_later_one(dialect):
    """An unconditional row never stands before a longer one that can be wanted at the same time."""
    wanted = [events_of(template) | ERROR | CODE for _, template in templates_of(dialects.get(dialect))]
    wanted.append(tablekeys.URCS)
    for access in ACCESS:
        found = readings(dialect, access)
        for i in range(len(found)):
            row = found[i]
            if row.kind == "WORD" or row.ok != words.ANY:
                continue
            if row.events == INCOMING and row.aux is None:  # counts only behind an announced connection
                continue
            for later in found[i + 1 :]:
                if not (later.name + later.form).startswith(row.name + row.form):
                    continue
                if row.fields not in (words.ANY, later.fields):
                    continue
                together = [w for w in wanted if row.events & w and later.events & w]
                with Case(access, row.name, row.form, later.name, later.form):
                    assert not together or row.events == later.events, "hidden"
                    # An answer is looked for first, but what comes unasked is always looked for.
                    assert not row.is_urc or later.is_urc, "an answer behind a URC"


@cases("dialect", NAMES)
def test_headers_whose_payload_stands_on_their_line(dialect):
    for access in ACCESS:
        expected = b""
        for row in readings(dialect, access):
            if row.kind.startswith("INLINE"):
                expected += bytes((len(row.name),)) + row.name + bytes((row.fields,))
        with Case(access):
            assert rows.headers(packed_rows(dialect, access)) == expected + b"\0"
            assert (expected != b"") == (dialect in ("l610", "nl668") and access in ("push", "hex"))


# -- the manual's specification


@cases("dialect", NAMES)
def test_chunks_are_within_the_manuals_limits(dialect):
    limits = spec(dialect)["limits"]
    for access in ACCESS:
        with Case(access):
            if dialect == "bg96":
                send, read = limits["send_max_bytes"], limits["read_max_bytes"]
                send_hex = limits["hex_string_max_payload_bytes"]
            elif "send_length" in limits:
                send = send_hex = limits["send_length"][1]
                read = limits["rx_read_hex_max"] if access == "hex" else limits["rx_read_bytes_max"]
            else:
                send, send_hex, read = limits["hex_send_max_bytes"], limits["basic_send_max_raw_bytes"], 2048
            template, chunk, _, most = dialects.get(dialect).ACCESS[access][:4]
            assert 0 < chunk <= (send_hex if b"<payload>" in template[0] else send)
            assert 0 < most <= read


@cases("dialect", NAMES)
def test_ids_are_the_manuals(dialect):
    limits = spec(dialect)["limits"]
    first = limits.get("connect_id_min", limits.get("link_min", limits.get("socket_id_min")))
    count = limits.get("max_connections", limits.get("links", limits.get("sockets")))
    assert list(dialects.get(dialect).LINKS) == list(range(first, first + count))


def _longest_ms(known, text, prompts):
    # The longest maximum that the manual (or, where it is silent, the specification) gives for this command and form.
    name = text.split("=")[0].split("?")[0][2:]
    kind = "read" if text.endswith("?") else "write" if "=" in text else "exec"
    longest = 0
    for command in known["commands"]:
        if command["name"] != name:
            continue
        for form in command["forms"]:
            if form["kind"] != kind:
                continue
            if name == "+MIPSEND" and kind == "write" and ('"' in form["syntax"]) == prompts:
                continue  # the quoted form is another command than the prompting one
            # A result that comes behind OK is waited for by OPEN_MS, not by the command.
            longest = max(longest, form.get("timeout_ms") or form.get("recommended_timeout_ms") or 0)
    return longest


@cases("dialect", NAMES)
def test_deadlines_are_not_below_the_manuals_maximum(dialect):
    known, table = spec(dialect), dialects.get(dialect)
    opens = [template for attribute, template in templates_of(table) if attribute.startswith("OPEN_")]
    assert table.OPEN_MS >= max([_longest_ms(known, template[0].decode(), False) for template in opens])
    for attribute, template in templates_of(table):
        longest = _longest_ms(known, template[0].decode(), template[2] & PROMPT != 0)
        if attribute.startswith("OPEN_") and dialect == "bg96":
            longest = 60_000  # 1.1: OK; +QIOPEN has OPEN_MS
        with Case(attribute, template, longest):
            assert template[1] >= longest


@cases("dialect", NAMES)
def test_error_codes_are_the_manuals(dialect):
    errors = spec(dialect)["errors"]
    known = errors.get("tcpip", errors.get("err", errors))
    codes = dialects.get(dialect).ERRNOS
    assert len(codes) > 6
    for code in codes:
        assert str(code) in known, code


@cases("dialect", NAMES)
def test_every_urc_of_the_manual_has_a_row(dialect):
    elsewhere = ("+MPING", "+MPINGSTAT", "+MIPNTP", "+QPING", "+QNTP")  # collected by the service that asked
    found = [row for access in ACCESS for row in readings(dialect, access)]
    for urc in spec(dialect)["urcs"]:
        text = urc["name"].split(",")[0].replace(" ", "").encode()
        if urc["name"] not in elsewhere:
            with Case(text):
                assert [row for row in found if _is_row_of(row, text)]


def _is_row_of(row, text):
    if (row.name + row.form).replace(b" ", b"").rstrip(b",").startswith(text.rstrip(b",")):
        return True
    return text.startswith(row.name.replace(b" ", b"")) and row.form in text
