"""Every dialect table, mechanically: shape, reachability, sizes, deadlines and limits of the manual's specification."""

import json

import tablekeys
from atsock import packing, settings, tables
from fakes import Case, raises
from tablekeys import COMMANDS, Malformed
from test_match import ACCESS, SPEC, readings

ROWS = 1000  # bytes for the rows of an access mode: what grows beyond them has no end any more
TX = 320  # the engine's buffer for a command line: an open with a host name of 255 characters
OK, OK2, PROMPT, SENT, REFUSED, DATA, ERROR, CODE, PUSHED, PUSH, INCOMING = [
    1 << tables.index(tables.EVENTS, word)
    for word in (b"OK", b"OK2", b"PROMPT", b"SENT", b"REFUSED", b"DATA", b"ERROR", b"CODE", b"PUSHED", b"PUSH", b"INCOMING")
]
ASKED = (1 << len(tablekeys.ASKED)) - 1
UNASKED = (1 << len(tablekeys.EVENTS)) - 1 - ASKED
NAMES = ("a7600", "bg96", "l610", "nl668", "sim7028")


def spec(name):
    with open(SPEC + name + ".json") as file:
        return json.load(file)


def verbs(table):
    """(key, command) of all of them, with the longest arguments, also those that follow another."""
    found = []
    for key in sorted(COMMANDS):
        for verb in table.commands(key.encode(), **COMMANDS[key]):
            while verb:
                found.append((key, verb))
                verb = verb[4] if len(verb) > 4 else None
    return found


def bits(event):
    return [1 << i for i in range(31) if event & 1 << i]


def test_all_are_found():
    assert settings.names() == list(NAMES)
    error = raises(ValueError, tables.Table("bg95").words, b"MODELS")
    assert "bg95" in str(error) and "a7600, bg96, l610, nl668, sim7028" in str(error)


# -- the text


def test_every_line_is_well_formed():
    """Only keys that are known, each with the cells that it must have; the reader splits them as the test does."""
    for name in NAMES:
        for key, cells in tablekeys.entries(tablekeys.text(name)):
            with Case(name, key, cells):
                tablekeys.check(key, cells)
        for key in tablekeys.KEYS:
            with Case(name, key):
                assert list(tables.Table(name).all(key.encode())) == tablekeys.lines(name, key)


def test_lines_of_one_key_follow_each_other():
    """The reader stops at the first line that is another's, and be it a remark."""
    for name in NAMES:
        last, seen = "", set()
        for line in tablekeys.text(name).split("\n"):
            key = line.split(" ")[0]
            with Case(name, line):
                assert key == last or key not in seen or not key or key.startswith("#")
                assert key == "#" or not key.startswith("#") or line[1] == " "
            last = key
            seen.add(key)


def test_a_key_of_one_line_has_one():
    many = (tablekeys.row, tablekeys.step, tablekeys.errnos)
    for name in NAMES:
        for key in tablekeys.KEYS:
            with Case(name, key):
                assert len(tablekeys.lines(name, key)) <= 1 or tablekeys.KEYS[key] in many or key in ("CONFIGURE", "PROTOCOLS")


def test_the_rows_of_every_module_are_well_formed():
    for rows, key in ((packing.FIRST, "FIRST"), (packing.LAST, "LAST")):
        found = tablekeys.entries(b"\n".join(rows).decode())
        assert len(found) == len(rows) > 0
        for name, cells in found:
            assert name == key
            tablekeys.row("LINES", cells)


def test_a_line_that_is_not_is_refused():
    """Unknown words and keys, cells too many, too few or parted by one blank, places that nobody fills."""
    good = (
        "LINES  +QIOPEN:  -  OPENED  0  1  0  NONE  -  2", "READ  62000  OK  DATA EMPTY  AT+QIRD=<link>,<n>", "LINKS  0 12", "SETUP  MAY  AT+QISDE=0",
        "ERRNOS  551 EAGAIN  553 EAGAIN", "ACCESS_HEX  0  2  HEX  SEND_HEX  256  READ  1500  HEX_LINES  -  -", "EIGHT_GROUPS  no",
    )  # fmt: skip
    bad = (
        "LINE  +QIOPEN:  -  OPENED  0  1  0  NONE  -  2", "LINES  +QIOPEN:  -  OPEND  0  1  0  NONE  -  2", "LINES  +QIOPEN:  -  OPENED  0  1  0  NONE  -",
        "LINES  +QIOPEN:  -  OPENED  0  1  0  NONE  -  2  2", "LINES  +QIOPEN:  -  OPENED  0  1  0  NIL  -  2", "LINES  +QIOPEN:  -  OPENED  x  1  0  NONE  -  2",
        "LINES  +QIOPEN:  -  OPENED  0  1  good  NONE  -  2", "LINES  +QIOPEN:  -  OPENED  0  1  253  NONE  -  2", "LINES  +QIOPEN:  -  OPENED  0 1  0  NONE  -  2",
        "LINES  +QIOPEN:  -  OPENED  0  1  0  NONE  -  two", "LINES  +QIOPEN:  -  OPENED GONE  0  1  0  NONE  -  2", "LINES  +QIRD:  -  DATA  -  0  any  RAW  -  any",
        "LINES  +QIRD:  -  DATA  -  -  any  RAW  -  1", "LINES  +QIRD:  -  SENT  -  0  any  RAW  -  1", "LINES  +QIRD:  -  DATA  -  0  any  RAW_FROM  -  3",
        "LINES  +QIRD:  -  DATA  0  3  any  NONE  -  2", "LINES  RDY  -  RESTARTED  0  -  any  WORD  -  any",
        "READ  62000  OK  DATA EMPTY  AT+QIRD=<link>,<m>", "READ  62000  OK  DATA EMPTY  AT+QIRD=<link>,<n", "READ  62000  OK  DATA OK  AT+QIRD=<link>",
        "READ  62000  OK  READY  AT+QIRD=<link>", "READ  62  OK  DATA  AT+QIRD=<link>", "READ  62000  OK  AT+QIRD=<link>", 'READ  62000  OK  -  AT+QIRD="<link>',
        "READ  62000  -  OK  AT+QIRD=<link>", "READ  62000  OK  -  QIRD", "READ  62000  OK  -  AT+QIRD=<host>", "READ  62000  OK  -  AT+QIRD=<link>  NEXT",
        "LINKS  0  12", "LINKS  0", "LINKS  0 x", "LINKS", "SETUP  CAN  AT+QISDE=0", "SETUP  MAY  QISDE", "SETUP  AT+QISDE=0", "ERRNOS  551  EAGAIN", "ERRNOS  551 EWHAT",
        "ACCESS_HEX  0  2  HEX  SEND_HEX  256  READ  1500  HEX_LINES  -", "ACCESS_HEX  0  2  HEX  SEND_HEX  256  READ  1500  HEX  -  -", "EIGHT_GROUPS  maybe",
        "ACCESS_HEX  0  2  HEX  SND_HEX  256  READ  1500  HEX_LINES  -  -", "ACCESS_HEX  0  2  HEX  SEND_HEX  256  READ  0  HEX_LINES  -  -", "eight_groups  no",
    )  # fmt: skip
    for line in good:
        (found,) = tablekeys.entries("\n" + line + "\n")
        tablekeys.check(*found)
    for line in bad:
        with Case(line):
            assert str(raises(ValueError, _check, line))


def _check(line):
    (found,) = tablekeys.entries("\n" + line + "\n")
    tablekeys.check(*found)


def test_the_reader_refuses_words_that_it_does_not_know():
    for cells in ([b"+X:", b"", b"OPEND"], [b"+X:", b"", b"OK OPEND"]):
        assert "OPEND" in str(raises(ValueError, packing.row_of, cells + [b"", b"", b"any", b"NONE", b"", b"any"]))
    assert "RAWS" in str(raises(ValueError, packing.row_of, [b"+X:", b"", b"OK", b"", b"", b"any", b"RAWS", b"", b"any"]))
    assert "some" in str(raises(ValueError, packing.row_of, [b"+X:", b"", b"OK", b"", b"", b"some", b"NONE", b"", b"any"]))
    raises(ValueError, packing.row_of, [b"+X:", b"", b"OK", b"", b"", b"any", b"NONE", b""])
    assert "OPEND" in str(raises(ValueError, tables.events, b"OK OPEND"))
    assert "host" in str(raises(ValueError, tables.Table("bg96").command, b"RESOLVE"))  # a place that nobody fills


def test_what_a_table_must_have():
    """What the driver reads of one table it may read of each."""
    for name in NAMES:
        for key in tablekeys.KEYS:
            when = tablekeys.WHEN.get(key)
            must = key not in tablekeys.FREE
            if when:
                value = tables.Table(name).word(when[0].encode()).decode()
                must = value == when[1] if when[1] else value != ""
            with Case(name, key):
                assert tablekeys.lines(name, key) or not must


def test_what_a_cell_names_is_there():
    """Steps, rows and commands that an access mode, a step or a command speaks of."""
    for name in NAMES:
        table = tables.Table(name)
        for access in ACCESS:
            mode, group, setup, send, chunk, recv, read, lines, send_to, leave = table.access(access)
            with Case(name, access):
                assert table.steps(setup) and (not leave or table.steps(leave))
                assert table.command(send) and (not recv or table.command(recv))
                assert not send_to or table.command(send_to, **COMMANDS[send_to.decode()])
                assert not lines or list(table.all(lines))
                verb, most, reading, read_most = table.socket(access)
                assert (verb, reading) == (table.command(send), table.command(recv) if recv else None)
                assert (most, read_most) == (int(chunk), int(read))
        for key in tablekeys.KEYS:
            if tablekeys.KEYS[key] is tablekeys.step:
                for line, must in table.steps(key.encode()):
                    with Case(name, key):
                        assert (line if isinstance(line, bytes) else line[0]).startswith(b"AT+")
                        assert isinstance(must, bool)
    assert tables.Table("bg96").access("no such mode") is None


def test_commands_as_the_engine_gets_them():
    """Control characters where the engine fills in, text where Table.command() does; nothing of a value is taken for a place."""
    table = tables.Table("bg96", 3)
    assert table.command(b"SEND") == (b"AT+QISEND=\1,\2", 62000, PROMPT | SENT, REFUSED)
    assert table.command(b"SEND_HEX")[0] == b'AT+QISENDEX=\1,"\4"'
    assert table.command(b"ACTIVATE")[0] == b"AT+QIACT=3"
    assert table.command(b"RESOLVE", host=b"<port>")[0] == b'AT+QIDNSGIP=3,"<port>"'
    assert table.command(b"SEND_TO", host=b"h", port=7)[0] == b'AT+QISEND=\1,\2,"h",7'
    first, then = tables.Table("l610").command(b"SEND_TO", host=b"h", port=7), tables.Table("nl668").command(b"PUSH_TO", host=b"h", port=7)
    assert first[4] == then and then[0] == b'AT+MIPPUSH=\1,"h",7' and then[2] == OK | PUSHED
    assert table.command(b"RESOLVE_6") is None and table.commands(b"CONFIGURE_USER") == []
    assert len(tables.Table("sim7028").commands(b"CONFIGURE", **COMMANDS["CONFIGURE"])) == 2


# -- rows


def test_rows_are_packed_as_they_stand():
    for name in NAMES:
        table = tables.Table(name)
        for access in ACCESS:
            rows, at = packing.rows(table, access), 0
            for row in readings(name, access):
                with Case(name, access, row.name, row.form):
                    assert row.at == at and rows[at] == row.size() < 256
                    assert packing.name_of(rows, at) == row.name and not row.name.endswith(b" ")
                    assert rows[at + 11 + len(row.name) : at + row.size()] == row.form and not row.form.startswith(b" ")
                    assert 1 << rows[at + 1] | 1 << rows[at + 2] == row.events
                at += row.size()
            assert rows[at:] == b"\0" and len(rows) <= ROWS


def test_no_row_hides_a_later_one():
    """An unconditional row never stands before a longer one that can be wanted at the same time."""
    for name in NAMES:
        table = tables.Table(name)
        wanted = [verb[2] | verb[3] | ERROR | CODE for _, verb in verbs(table)] + [UNASKED]
        for access in ACCESS:
            rows = readings(name, access)
            for i in range(len(rows)):
                for later in rows[i + 1 :]:
                    row = rows[i]
                    if row.kind == b"WORD" or row.good != b"any":
                        continue
                    if row.events == INCOMING and row.extra is None:  # counts only behind an announced connection
                        continue
                    if not (later.name + later.form).startswith(row.name + row.form) or row.fields not in (None, later.fields):
                        continue
                    together = [w for w in wanted if row.events & w and later.events & w]
                    with Case(name, access, row.name, row.form, later.name, later.form):
                        assert not together or row.events == later.events, "hidden"
                        # An answer is looked for first, but what comes unasked is always looked for.
                        assert not row.unasked or later.unasked, "an answer behind a notice"


def test_headers_whose_payload_stands_on_their_line():
    for name in NAMES:
        table = tables.Table(name)
        for access in ACCESS:
            expected = b""
            for row in readings(name, access):
                if row.kind.startswith(b"INLINE"):
                    expected += bytes((len(row.name),)) + row.name + bytes((row.fields,))
            with Case(name, access):
                assert packing.headers(packing.rows(table, access)) == expected + b"\0"
                assert (expected != b"") == (name in ("l610", "nl668") and access in ("push", "hex"))


# -- commands


def test_verbs():
    for name in NAMES:
        for key, verb in verbs(tables.Table(name)):
            with Case(name, key, verb):
                text, deadline_ms, must, also = verb[:4]
                assert text.startswith(b"AT")
                for byte in text:
                    assert 32 <= byte < 127 or byte in (1, 2, 4)
                assert text.count(b'"') % 2 == 0, "an open quote"
                assert 500 <= deadline_ms <= 300_000
                assert must and not must & also
                assert not (must | also) & ~ASKED


def test_every_event_is_produced():
    """Each event that a verb waits for comes from a row that is valid in that access mode (PROMPT and the second OK apart)."""
    for name in NAMES:
        table = tables.Table(name)
        for access in ACCESS:
            made = PROMPT | OK2
            for row in readings(name, access):
                made |= row.events
            cells = table.access(access)
            used = [cell.decode() for cell in (cells[3], cells[5], cells[8]) if cell]
            for key, verb in verbs(table):
                if key in used or not key.startswith(("SEND", "READ")):
                    with Case(name, access, key, verb):
                        assert verb[2] & ~made == 0
            assert access == "transparent" or cells[5] or made & PUSH
            assert not cells[5] or made & DATA


def test_longest_arguments_fit():
    """The longest command of each verb fits the engine's buffer, with its CR."""
    for name in NAMES:
        table = tables.Table(name, 16)
        link = b"%d" % table.ids()[-1]
        for key, verb in verbs(table):
            for text in verb[0].split(b"\4"):
                text = text.replace(b"\1", link).replace(b"\2", b"99999")
                with Case(name, key, verb, len(text)):
                    assert len(text) + 1 <= TX


def test_chunks_are_within_the_manuals_limits():
    for name in NAMES:
        limits = spec(name)["limits"]
        for access in ACCESS:
            with Case(name, access):
                if name == "bg96":
                    send, read = limits["send_max_bytes"], limits["read_max_bytes"]
                    send_hex = limits["hex_string_max_payload_bytes"]
                elif "send_length" in limits:
                    send = send_hex = limits["send_length"][1]
                    read = limits["rx_read_hex_max"] if access == "hex" else limits["rx_read_bytes_max"]
                else:
                    send, send_hex, read = limits["hex_send_max_bytes"], limits["basic_send_max_raw_bytes"], 2048
                verb, chunk, _, most = tables.Table(name).socket(access)
                assert 0 < chunk <= (send_hex if b"\4" in verb[0] else send)
                assert 0 < most <= read


def test_ids_are_the_manuals():
    for name in NAMES:
        limits = spec(name)["limits"]
        first = limits.get("connect_id_min", limits.get("link_min", limits.get("socket_id_min")))
        count = limits.get("max_connections", limits.get("links", limits.get("sockets")))
        assert list(tables.Table(name).ids()) == list(range(first, first + count)), name


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
            # A result that comes behind OK is waited for by OPEN_MS, not by the verb.
            longest = max(longest, form.get("timeout_ms") or form.get("recommended_timeout_ms") or 0)
    return longest


def test_deadlines_are_not_below_the_manuals_maximum():
    for name in NAMES:
        known, table = spec(name), tables.Table(name)
        opens = [verb for key, verb in verbs(table) if key.startswith("OPEN_")]
        assert table.number(b"OPEN_MS") >= max([_longest_ms(known, verb[0].decode(), False) for verb in opens])
        for key, verb in verbs(table):
            longest = _longest_ms(known, verb[0].decode(), verb[2] & PROMPT != 0)
            if key.startswith("OPEN_") and name == "bg96":
                longest = 60_000  # 1.1: OK; +QIOPEN has OPEN_MS
            with Case(name, key, verb, longest):
                assert verb[1] >= longest


def test_error_codes_are_the_manuals():
    for name in NAMES:
        errors = spec(name)["errors"]
        known = errors.get("tcpip", errors.get("err", errors))
        table = tables.Table(name)
        codes = [cell.split()[0].decode() for cells in table.all(b"ERRNOS") for cell in cells]
        assert len(set(codes)) == len(codes) > 6
        for code in codes:
            assert code in known, (name, code)


def test_every_urc_of_the_manual_has_a_row():
    elsewhere = ("+MPING", "+MPINGSTAT", "+MIPNTP", "+QPING", "+QNTP")  # collected by the service that asked
    for name in NAMES:
        table = tables.Table(name)
        rows = [row for access in ACCESS for row in readings(name, access)]
        for urc in spec(name)["urcs"]:
            text = urc["name"].split(",")[0].replace(" ", "").encode()
            if urc["name"] in elsewhere:
                continue
            with Case(name, text):
                found = [
                    row for row in rows
                    if (row.name + row.form).replace(b" ", b"").rstrip(b",").startswith(text.rstrip(b",")) or text.startswith(row.name.replace(b" ", b"")) and row.form in text
                ]  # fmt: skip
                assert found


def test_models_do_not_overlap():
    """The name of one dialect's models is no beginning of another's."""
    all_models = [(name, model) for name in NAMES for model in tables.Table(name).words(b"MODELS")]
    for name, model in all_models:
        assert model == model.upper()
        for other, longer in all_models:
            assert name == other or not longer.startswith(model), (name, model, other)
