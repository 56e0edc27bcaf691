"""Every dialect table, mechanically: shape, reachability, sizes, deadlines and limits of the manual's specification."""

import json

from atsock import dialects, engine, words
from fakes import Case

SPEC = __file__.rsplit("/", 1)[0] + "/../spec/" if "/" in __file__ else "../spec/"

# The longest thing that can stand in a field.
HOST, APN, NAME, PORT = b"h" * 255, b"a" * 99, b"n" * 64, 65535
_ADDRESSED = (HOST, PORT, 2, PORT, 9, 9)
_ACCOUNT = (APN, NAME, NAME, 3, b"IPV4V6", 6)
_NUMBERS = (PORT, 99, PORT, PORT, PORT)
# What the ARG fields of a verb hold, by the name in the table that it stands under.
ARGUMENTS = {
    "OPEN": _ADDRESSED, "OPEN_DATA": _ADDRESSED, "SEND_TO": _ADDRESSED, "PUSH_TO": _ADDRESSED, "RESOLVE": (HOST,), "CONFIGURE": _ACCOUNT,
    "CONFIGURE_USER": _ACCOUNT, "ACTIVATE": _ACCOUNT, "ACTIVATE_USER": _ACCOUNT, "ACTIVATE_STORED": _ACCOUNT, "LISTEN": _NUMBERS, "STOP": _NUMBERS,
    "NTP": (HOST,) + _NUMBERS, "PING": (HOST, 255, 1372, 255000, 255),
}  # fmt: skip
ROW_WIDTH = 9
VERB_EVENTS = (
    words.OK, words.OK2, words.PROMPT, words.SENT, words.REFUSED, words.DATA, words.EMPTY, words.CLOSED, words.UP, words.DOWN, words.ADDRESS,
    words.RESOLVED, words.STORED, words.CONNECT, words.REASON, words.ERROR, words.CODE, words.PUSHED,
)  # fmt: skip


def tables():
    return [dialects.load(name) for name in dialects.names()]


def spec(dialect):
    with open(SPEC + dialect.NAME + ".json") as file:
        return json.load(file)


def is_verb(value):
    if not isinstance(value, tuple) or len(value) not in (4, 5):
        return False
    return isinstance(value[0], tuple) and isinstance(value[0][0], bytes) and isinstance(value[1], int) and isinstance(value[2], int)


def verbs(dialect):
    """(name in the table, verb) of all of them, also those inside other tables and those that follow another."""
    found = []

    def add(name, value):
        if is_verb(value):
            found.append((name, value))
            if len(value) > 4 and value[4]:
                add(name, value[4])
        elif isinstance(value, dict):
            for inner in value.values():
                add(name, inner)
        elif isinstance(value, tuple):
            for inner in value:
                add(name, inner)

    for name in sorted(dialect.__dict__):
        if name == name.upper() and name not in ("LINES", "SYNC", "COMMON"):
            add(name, dialect.__dict__[name])
    return found


def rows_of(dialect, access):
    return dialect.ACCESS[access][words.A_LINES] + dialect.LINES + words.COMMON


def bits(event):
    return [1 << i for i in range(31) if event & 1 << i]


def test_all_are_found():
    assert dialects.names() == ["a7600", "bg96", "l610", "nl668", "sim7028"]


def test_names_of_a_table():
    """What the driver reads of one table it may read of each."""
    first = set([name for name in tables()[0].__dict__ if name == name.upper() and not name.startswith("_")])
    common = ("NAME", "MODELS", "FIRST_LINK", "LINKS", "REGISTRATION", "SETUP", "PDP_TYPES", "CONFIGURE", "STATE", "ACTIVATE", "DEACTIVATE", "OPEN", "CLOSE",
              "STALE", "ACCESS", "RESOLVE", "WHY", "LINES", "ERRNOS", "AGAIN", "OPEN_MS", "CLOSE_WHEN_GONE", "TELLS_COUNT", "PUSH_BY_SENDER")  # fmt: skip
    for name in common:
        assert name in first, name
        for dialect in tables():
            assert name in dialect.__dict__, (dialect.NAME, name)


def test_rows():
    """Nine columns of the right kind; prefixes without a blank behind the colon; events one bit (or SENT with REFUSED)."""
    for dialect in tables():
        for access in dialect.ACCESS:
            for row in rows_of(dialect, access):
                with Case(dialect.NAME, access, row):
                    assert len(row) == ROW_WIDTH
                    name, form, event, link, value, good, kind, extra, fields = row
                    assert isinstance(name, bytes) and name and isinstance(form, bytes)
                    assert not name.endswith(b" ")
                    assert not form.startswith(b" ")
                    assert len(bits(event)) == 1 or event == words.SENT | words.REFUSED
                    assert words.X <= link <= 9 and words.X <= value <= 9 and words.X <= extra <= 9
                    assert good >= words.BAD
                    assert words.NONE <= kind <= words.INLINE_HEX_FROM
                    assert fields == words.ANY or 0 <= fields <= 12
                    if kind not in (words.NONE, words.WORD):
                        assert event in (words.DATA, words.PUSH)
                        assert value >= 0, "payload without a length"
                        assert fields >= 0, "a header whose fields are not counted"
                        assert max(link, value) < fields
                    if kind == words.WORD:
                        assert form == b"" and link == value == words.X
                    if good == words.ASKED:
                        assert value >= 0
                    if fields >= 0 and kind in (words.NONE, words.RAW, words.HEX):
                        assert max(link, value) < max(fields, 1)


def test_no_row_hides_a_later_one():
    """An unconditional row never stands before a longer one that can be wanted at the same time."""
    for dialect in tables():
        for access in dialect.ACCESS:
            rows = rows_of(dialect, access)
            wanted = [verb[2] | verb[3] | words.ERROR | words.CODE for _, verb in verbs(dialect)] + [words.UNASKED]
            for i in range(len(rows)):
                for later in rows[i + 1 :]:
                    row = rows[i]
                    if row[6] == words.WORD or row[5] != words.ANY or row is later:
                        continue
                    if not (later[0] + later[1]).startswith(row[0] + row[1]) or row[8] not in (words.ANY, later[8]):
                        continue
                    together = [w for w in wanted if row[2] & w and later[2] & w]
                    with Case(dialect.NAME, access, row, later):
                        assert not together or row[2] == later[2], "hidden"


def test_verbs():
    for dialect in tables():
        for name, verb in verbs(dialect):
            with Case(dialect.NAME, name, verb):
                pieces, deadline_ms, need, also = verb[:4]
                assert pieces[0].startswith(b"AT")
                for piece in pieces:
                    assert isinstance(piece, (bytes, int)) and not isinstance(piece, bool)
                    if isinstance(piece, bytes):
                        assert b"\r" not in piece and b"\n" not in piece
                    else:
                        assert words.LINK <= piece <= words.PAYLOAD or words.ARG <= piece < words.ARG + 8
                quotes = b"".join([piece for piece in pieces if isinstance(piece, bytes)]).count(b'"')
                assert quotes % 2 == 0, "an open quote"
                assert 500 <= deadline_ms <= 300_000
                assert need and not need & also
                for bit in bits(need | also):
                    assert bit in VERB_EVENTS, bit


def test_every_event_is_produced():
    """Each event that a verb waits for comes from a row that is valid in that access mode (PROMPT and the second OK apart)."""
    for dialect in tables():
        for access, table in dialect.ACCESS.items():
            made = words.PROMPT | words.OK2
            for row in rows_of(dialect, access):
                made |= row[2]
            for name, verb in verbs(dialect):
                with Case(dialect.NAME, access, name, verb):
                    if name in ("ACCESS", "SEND", "SEND_HEX", "READ", "READ_HEX", "READ_FROM", "READ_ANY", "SEND_TO"):
                        continue
                    assert verb[2] & ~made == 0
            for verb in (table[words.A_SEND], table[words.A_RECV], table[words.A_SEND_TO]):
                with Case(dialect.NAME, access, verb):
                    assert verb is None or verb[2] & ~made == 0
            assert access == "transparent" or table[words.A_RECV] is not None or made & words.PUSH


def test_longest_arguments_fit():
    """The longest command of each verb fits the engine's buffer."""
    for dialect in tables():
        for name, verb in verbs(dialect):
            size = 1
            for piece in verb[0]:
                if piece == words.PAYLOAD:
                    size = max(size, 1)
                    continue
                if piece == words.LINK:
                    piece = dialect.FIRST_LINK + dialect.LINKS - 1
                elif piece == words.N:
                    piece = 99999
                elif piece == words.CONTEXT:
                    piece = 16
                elif isinstance(piece, int):
                    piece = ARGUMENTS.get(name, _ADDRESSED)[piece - words.ARG]
                size += len(b"%d" % piece if isinstance(piece, int) else piece)
            with Case(dialect.NAME, name, verb, size):
                assert size <= engine._TX


def test_chunks_are_within_the_manuals_limits():
    for dialect in tables():
        limits = spec(dialect)["limits"]
        for access, table in dialect.ACCESS.items():
            with Case(dialect.NAME, access):
                if dialect.NAME == "bg96":
                    send, read = limits["send_max_bytes"], limits["read_max_bytes"]
                    send_hex = limits["hex_string_max_payload_bytes"]
                elif "send_length" in limits:
                    send = send_hex = limits["send_length"][1]
                    read = limits["rx_read_hex_max"] if access == "hex" else limits["rx_read_bytes_max"]
                else:
                    send, send_hex, read = limits["hex_send_max_bytes"], limits["basic_send_max_raw_bytes"], 2048
                verb = table[words.A_SEND]
                assert 0 < table[words.A_CHUNK] <= (send_hex if words.PAYLOAD in verb[0] else send)
                assert 0 < table[words.A_READ] <= read


def test_ids_are_the_manuals():
    for dialect in tables():
        limits = spec(dialect)["limits"]
        first = limits.get("connect_id_min", limits.get("link_min", limits.get("socket_id_min")))
        count = limits.get("max_connections", limits.get("links", limits.get("sockets")))
        assert (dialect.FIRST_LINK, dialect.LINKS) == (first, count), dialect.NAME


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
    for dialect in tables():
        known = spec(dialect)
        assert dialect.OPEN_MS >= max([_longest_ms(known, verb[0][0].decode(), False) for name, verb in verbs(dialect) if name == "OPEN"])
        for name, verb in verbs(dialect):
            prompts = verb[2] & words.PROMPT != 0
            longest = _longest_ms(known, verb[0][0].decode(), prompts)
            if name == "OPEN" and dialect.NAME == "bg96":
                longest = 60_000  # 1.1: OK; +QIOPEN has OPEN_MS
            with Case(dialect.NAME, name, verb, longest):
                assert verb[1] >= longest


def test_error_codes_are_the_manuals():
    for dialect in tables():
        errors = spec(dialect)["errors"]
        known = errors.get("tcpip", errors.get("err", errors))
        for code in dialect.ERRNOS:
            assert str(code) in known, (dialect.NAME, code)


def test_every_urc_of_the_manual_has_a_row():
    elsewhere = ("+MPING", "+MPINGSTAT", "+MIPNTP", "+QPING", "+QNTP")  # collected by the service that asked
    for dialect in tables():
        rows = dialect.LINES + words.COMMON
        for table in dialect.ACCESS.values():
            rows += table[words.A_LINES]
        for urc in spec(dialect)["urcs"]:
            name = urc["name"].split(",")[0].replace(" ", "").encode()
            if urc["name"] in elsewhere:
                continue
            with Case(dialect.NAME, name):
                found = [row for row in rows if (row[0] + row[1]).replace(b" ", b"").rstrip(b",").startswith(name.rstrip(b",")) or name.startswith(row[0].replace(b" ", b"")) and row[1] in name]
                assert found


def test_setup_rows():
    for dialect in tables():
        rows = dialect.SETUP
        for table in dialect.ACCESS.values():
            rows += table[words.A_SETUP]
        for command, must in rows:
            assert must in (words.MUST, words.MAY)
            text = command if isinstance(command, bytes) else command[0][0]
            assert text.startswith(b"AT+")


def test_models_do_not_overlap():
    """The name of one dialect's models is no beginning of another's."""
    all_models = [(dialect.NAME, model) for dialect in tables() for model in dialect.MODELS]
    for name, model in all_models:
        assert model == model.upper()
        for other, longer in all_models:
            assert name == other or not longer.startswith(model), (name, model, other)
