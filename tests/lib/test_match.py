"""match() of core/movers.py, both twins: against a reading of the rows that splits a line as the manuals say."""

import json
from array import array

from atsock import dialects
from atsock.core import _plain, rows, words
from cases import cases
from fakes import Case, Random
from tablekeys import ACCESS, EVENTS, KINDS, NAMES, RESPONSES, URCS

# CPython has the plain twin only; MicroPython both.
try:
    from atsock.core import _viper
except (ImportError, SyntaxError, ValueError):
    _viper = None
TWINS = (_plain,) if _viper is None else (_plain, _viper)

SPEC = __file__.rsplit("/", 1)[0] + "/../spec/" if "/" in __file__ else "../spec/"

BOUND = 268435450  # from here on a number is none
EVERY = RESPONSES | URCS
ASKED_N, CONTEXT = 10, 1
NOBODY, WHICHEVER = 1000, 1001  # links that may be asked for

# Lines that no vector has: other firmware's spelling, what nearly is another line, and numbers of all sizes.
LINES = (
    b"OK", b"OKAY", b"OK ", b" OK", b"ERROR", b"+CME ERROR: SIM busy", b"+CME ERROR: -7", b"+CME ERROR:3",
    b"+CMS ERROR: 500", b"NO CARRIER", b"NO CARRIER,1", b'+QIURC: "recv",3,1460', b'+QIURC: "recv",0,5,"1.2.3.4",80',
    b'+QIURC:"recv",1', b'+QIURC: "closed",11', b'+QIURC: "pdpdeact",1', b'+QIURC: "pdpdeact",2',
    b'+QIURC: "dnsgip",0,2,600', b'+QIURC: "dnsgip","1.2.3.4"', b'+QIURC: "incoming full"',
    b'+QIURC: "incoming",11,0,"1.2.3.4",5', b"+QIOPEN: 0,563", b"SEND OK", b"SEND FAIL", b"+QIRD: 4,5,6",
    b"+QIRD: 4,fe80::1,50", b"+CIPSEND: 0,10,10", b"+CIPSEND: 0,10,9", b"+CIPSEND: 0,10", b"+CIPRXGET: 1,3",
    b"+CIPRXGET: 1,3,4", b"+IPCLOSE 1,2", b"+IP ERROR: No data", b"+IP ERROR:22", b"+IP ERROR: 223", b"+IPD5",
    b"+IPD 1500", b"+RECEIVE,1,1500", b"RCV FROM:1.2.3.4:5", b"+MIPRTCP: 1,5", b"+MIPRUDP: 1.2.3.4,80,1,5",
    b"+MIPRUDP: 1,80,1,5", b'+MIPRUDP: "fe80::1",80,1,5', b"+MIPREAD: 1,0", b"+MIPREAD: 1,77", b"+MIPREAD: -1,0",
    b"+MIPCALL: 0", b"+MIPCALL: 0,1", b"+MIPCALL: 10.1.2.3", b'+CDNSGIP: 1,"a,b","1.2.3.4"',
    b'+CDNSGIP: 1,"a,b,1.2.3.4', b"CONNECT 115200", b"CONNECT FAIL", b"CLOSED", b"RING", b"RDY",
    b"+QIURC: \"recv\",(0-11),\"7\"", b"+MIPSEND: 1,0,2048", b"+MIPPUSH: 1,0,", b"+MIPOPEN: 1,1", b"+MIPOPEN: ,1",
    b"+CME ERROR: 268435449", b"+CME ERROR: 268435450", b"+CME ERROR: -268435449",
    b"+CME ERROR: 99999999999999999999", b"+CME ERROR: 0000000000000042",
    b"+CIPRXGET: 2,268435449,268435450,-268435449", b"+MIPDATA: 1,268435450", b'+QIOPEN: 1 , "0"',
    b'+QIOPEN: (1),--1', b"+QIOPEN: 1,\0000", b"\0", b"",
)  # fmt: skip
MUTATIONS = b',, "01-(>+:.\0\xff9'


def manual_lines(dialect):
    """Every line that the examples of the dialect's manual have."""
    with open(SPEC + dialect + ".vectors.json") as file:
        vectors = json.load(file)
    found = []
    for vector in vectors:
        for step in vector["steps"]:
            for text in step.get("rx", "").split("\r\n"):
                text = bytes([ord(character) & 255 for character in text])
                if text and len(text) < 300 and text not in found:
                    found.append(text)
    return found


# -- the reading of a row


class Reading:
    """What a row says of a line; pos: where it stands among the packed ones."""

    def __init__(self, row, pos):
        self.name, self.form, self.events, self.link, self.value, self.ok, kind, self.aux, self.fields = row
        self.kind = KINDS[kind]
        self.is_urc = self.events & URCS != 0
        self.pos = pos

    def size(self):
        """Of the row when it is packed."""
        return 11 + len(self.name) + len(self.form)

    def matched(self, line, wanted, asked_link, asked_n, context):
        """As match() fills it; None: it is another line."""
        if not self.events & wanted or not line.startswith(self.name):
            return None
        rest = line[len(self.name) :]
        if self.kind == "WORD":
            if rest:
                return None
            rest = line
        else:
            rest = rest.lstrip(b" ")
            if not rest.startswith(self.form):
                return None
            rest = rest[len(self.form) :]
        fields = split(rest)
        if self.fields != words.ANY and self.fields != (len(fields) if rest.strip(b" ") else 0):
            return None
        if self.kind.endswith("_FROM") and not is_address(fields, self.aux):
            return None
        link = -1 if self.link is None else number(fields, self.link)
        if not self.is_urc and link not in (-1, asked_link) and asked_link != WHICHEVER:
            return None
        value = number(fields, self.value)
        must = {words.ANY: value, words.ASKED: asked_n, words.OWN_CONTEXT: context, words.NEVER: None}
        ok = value == (must[self.ok] if self.ok in must else self.ok)
        kind = KINDS.index(self.kind)
        aux = -1 if self.aux is None else self.aux
        return [self.events, link, value, number(fields, self.aux), kind, len(line) - len(rest), ok, aux, self.pos]


def split(text):
    """The fields: commas inside quotes separate nothing."""
    found = [b""]
    quoted = False
    for i in range(len(text)):
        byte = text[i : i + 1]
        if byte == b'"':
            quoted = not quoted
        if byte == b"," and not quoted:
            found.append(b"")
        else:
            found[-1] += byte
    return found


def number(fields, index):
    """The signed decimal that the field begins with, behind blanks, quotes and brackets, if no letter ends it and no
    other number follows."""
    if index is None or index >= len(fields):
        return words.MISSING
    text = fields[index].lstrip(b' "(')
    digits = b""
    sign = text[:1] == b"-"
    for byte in text[1:] if sign else text:
        if byte > 58:  # a letter, say: damaged
            return words.MISSING
        if not 48 <= byte <= 57:
            break
        digits += bytes((byte,))
    rest = text[sign + len(digits) :]
    if not digits or int(digits) >= BOUND or rest[:1] == b" " and rest.lstrip(b" ")[:1].isdigit():
        return words.MISSING
    return -int(digits) if sign else int(digits)


def is_address(fields, index):
    """Quoted, or with dots or colons: no mere number."""
    piece = fields[index].split(b",")[0] if index < len(fields) else b""
    return any(mark in piece for mark in (b'"', b".", b":"))


def packed_rows(dialect, access):
    """The rows of an access mode as the engine gets them."""
    table = dialects.get(dialect)
    return rows.pack(table.ACCESS[access][7] + table.LINES)


def readings(dialect, access):
    """The rows of an access mode, in the order in which they are tried."""
    table = dialects.get(dialect)
    found = []
    pos = 0
    for row in rows.COMMON_FIRST + table.ACCESS[access][7] + table.LINES + rows.COMMON_LAST:
        found.append(Reading(row, pos))
        pos += found[-1].size()
    return found


# -- the twins against it


def check(packed, read, line, wanted, asked_link):
    """Every row that takes this line, one behind the other, and nothing else."""
    expected = []
    for row in read:
        matched = row.matched(line, wanted, asked_link, ASKED_N, CONTEXT)
        if matched is not None:
            expected.append((row.pos + row.size(), matched))
    expected.append((0, None))
    # What an older, longer line has left stands behind the NUL.
    buf = bytearray(line + b'\0,"7",5,1.2.3.4,9\0')
    for twin in TWINS:
        matched = array("i", [7] * 9 + [wanted, asked_link, ASKED_N, CONTEXT])
        pos = 0
        for end, said in expected:
            pos = twin.match(packed, buf, len(line), pos, matched)
            if pos != end or end and list(matched[:9]) != said:
                what = (twin.__name__, line, pos, list(matched), end, said)
                raise AssertionError("%s of %r: %d %r where %d %r belongs" % what)
            assert list(matched[9:]) == [wanted, asked_link, ASKED_N, CONTEXT]


@cases("access", ACCESS)
@cases("dialect", NAMES)
def test_lines_of_the_manual(dialect, access):
    """The manual's lines and some more, whole and cut at every place, in every access mode."""
    packed, read = packed_rows(dialect, access), readings(dialect, access)
    for line in manual_lines(dialect) + list(LINES):
        with Case(dialect, access, line):
            for link in (0, 1, NOBODY, WHICHEVER):
                check(packed, read, line, EVERY, link)
            check(packed, read, line, URCS, NOBODY)
            check(packed, read, line, RESPONSES, 1)
    for line in manual_lines(dialect) if access == "push" else LINES if access == "hex" else ():
        for cut in range(len(line)):
            check(packed, read, line[:cut], EVERY, 1)


@cases("dialect", NAMES)
def test_only_rows_of_a_wanted_event_count(dialect):
    """Each event alone."""
    lines = manual_lines(dialect) + list(LINES)
    packed, read = packed_rows(dialect, "push"), readings(dialect, "push")
    for bit in range(len(EVENTS)):
        for line in lines[bit % 3 :: 3]:
            check(packed, read, line, 1 << bit, WHICHEVER)


@cases("access", ACCESS)
@cases("dialect", NAMES)
def test_lines_with_wrong_bytes(dialect, access):
    """A byte that is not theirs, one too many or one too few."""
    random = Random(NAMES.index(dialect) * len(ACCESS) + ACCESS.index(access))
    packed, read = packed_rows(dialect, access), readings(dialect, access)
    for line in manual_lines(dialect) + list(LINES):
        line = bytearray(line or b"+")
        for _ in range(1 + random.below(2)):
            pos = random.below(len(line))
            byte = MUTATIONS[random.below(len(MUTATIONS))]
            line = line[:pos] + (bytes((byte,)) if random.below(4) else b"") + line[pos + random.below(2) :]
            line = line or bytearray(b"+")
        check(packed, read, bytes(line), EVERY if random.below(2) else URCS, random.below(3))


# -- single rows


def found_by(row, line, asked_link=1):
    """What both twins find of this row in the line; None: nothing."""
    packed = rows.pack_row(*row)
    results = []
    for twin in TWINS:
        matched = array("i", [0] * 9 + [EVERY, asked_link, ASKED_N, CONTEXT])
        end = twin.match(packed + b"\0", bytearray(line + b"\0"), len(line), 0, matched)
        assert end in (0, len(packed))
        results.append(list(matched[:9]) if end else None)
    assert results.count(results[0]) == len(results), (line, results)
    return results[0]


def test_fields_are_counted():
    """A comma separates fields, not inside quotes; of blanks alone there is none."""
    for text, count in (
        (b"", 0), (b"  ", 0), (b"1", 1), (b"1,2", 2), (b",", 2), (b",,", 3), (b'"a,b",2', 2),
        (b'0,"TCP","1.2.3.4",80,0', 5), (b'"', 1), (b'"a,b', 1), (b" 1,2", 2), (b"1,2,", 3), (b" ,", 2), (b"\0", 1),
    ):  # fmt: skip
        for fields in range(8):
            row = (b"+X:", b"", words.READY, None, None, words.ANY, words.NONE, None, fields)
            assert (found_by(row, b"+X: " + text) is not None) == (fields == count), (text, fields)


def test_numbers_of_28_bits():
    row = (b"+X:", b"", words.PEER_CLOSED, 0, 1, words.ASKED, words.NONE, 2, words.ANY)
    for value in list(range(268435440, 268435470)) + [2684354490, 1 << 31, 1 << 32, (1 << 32) + 5, 10**20]:
        for sign in (1, -1):
            expected = sign * value if value < BOUND else words.MISSING
            line = b"+X: %d,%d,%d" % (sign * value, sign * value, sign * value)
            assert found_by(row, line)[1:4] == [expected] * 3, line
    row = (b"+X:", b"", words.PEER_CLOSED, 0, 1, 10, words.NONE, 2, words.ANY)
    for value, ok in ((10, 1), (-10, 0), (10 + (1 << 32), 0), (10 + (1 << 8), 0)):
        assert found_by(row, b"+X: 1,%d,2" % value)[6] == ok


def test_an_answer_is_of_the_link_that_was_asked_about():
    asked = (b"+X:", b"", words.DATA, 0, 1, words.ANY, words.RAW, None, 2)
    urc = (b"+X:", b"", words.PUSH, 0, 1, words.ANY, words.RAW, None, 2)
    without = (b"+X:", b"", words.DATA, None, 1, words.ANY, words.RAW, None, 2)
    for link in (0, 1, 11, NOBODY):
        line = b"+X: %d,5" % link
        for other in (0, 1, 11, NOBODY, WHICHEVER):
            assert (found_by(asked, line, other) is not None) == (other in (link, WHICHEVER)), (link, other)
            assert found_by(urc, line, other)[:3] == [1 << 19, link, 5]
            assert found_by(without, line, other)[:3] == [1 << 5, -1, 5]
    assert found_by(asked, b"+X: ,5", 1) is None
    assert found_by(asked, b"+X: ,5", WHICHEVER)[1] == words.MISSING


def test_what_makes_a_value_ok():
    for ok, right in (
        (words.ANY, (0, 1, 10)), (words.ASKED, (ASKED_N,)), (words.OWN_CONTEXT, (CONTEXT,)), (words.NEVER, ()),
        (0, (0,)), (129, (129,)),
    ):  # fmt: skip
        row = (b"+X:", b"", words.SENT | words.REFUSED, None, 0, ok, words.NONE, None, 1)
        for value in (0, 1, 10, 129):
            assert found_by(row, b"+X:%d" % value)[6] == (value in right or ok == words.ANY), (ok, value)
        assert found_by(row, b"+X: no")[6] == (ok == words.ANY)
        assert found_by(row, b"+X: 7")[0] == 1 << 3 | 1 << 4
