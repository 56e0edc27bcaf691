"""match() of fast.py, both twins: against a reading of the tables' own cells that splits a line as the manuals describe it."""

import json
from array import array

from atsock import packing, settings, tables
from fakes import Case, Random, spread
from frames import DIALECTS
from test_fast import TWINS

SPEC = __file__.rsplit("/", 1)[0] + "/../spec/" if "/" in __file__ else "../spec/"
ACCESS = ("buffer", "push", "hex", "transparent")

MISSING = -(1 << 28)
BOUND = 268435450  # from here on a number is none
EVERY = (1 << 30) - 1
FIRST_UNASKED = tables.EVENTS.split().index(b"READY")
UNASKED = EVERY - ((1 << FIRST_UNASKED) - 1)
ASKED_N, CONTEXT = 10, 1
NOBODY, WHICHEVER = 1000, 1001  # links that may be asked for

# Lines that no vector has: other firmware's spelling, what nearly is another line, and numbers of all sizes.
LINES = (
    b"OK", b"OKAY", b"OK ", b" OK", b"ERROR", b"+CME ERROR: SIM busy", b"+CME ERROR: -7", b"+CME ERROR:3", b"+CMS ERROR: 500", b"NO CARRIER", b"NO CARRIER,1",
    b'+QIURC: "recv",3,1460', b'+QIURC: "recv",0,5,"1.2.3.4",80', b'+QIURC:"recv",1', b'+QIURC: "closed",11', b'+QIURC: "pdpdeact",1', b'+QIURC: "pdpdeact",2',
    b'+QIURC: "dnsgip",0,2,600', b'+QIURC: "dnsgip","1.2.3.4"', b'+QIURC: "incoming full"', b'+QIURC: "incoming",11,0,"1.2.3.4",5', b"+QIOPEN: 0,563",
    b"SEND OK", b"SEND FAIL", b"+QIRD: 4,5,6", b"+QIRD: 4,fe80::1,50", b"+CIPSEND: 0,10,10", b"+CIPSEND: 0,10,9", b"+CIPSEND: 0,10", b"+CIPRXGET: 1,3",
    b"+CIPRXGET: 1,3,4", b"+IPCLOSE 1,2", b"+IP ERROR: No data", b"+IP ERROR:22", b"+IP ERROR: 223", b"+IPD5", b"+IPD 1500", b"+RECEIVE,1,1500", b"RCV FROM:1.2.3.4:5",
    b"+MIPRTCP: 1,5", b"+MIPRUDP: 1.2.3.4,80,1,5", b"+MIPRUDP: 1,80,1,5", b'+MIPRUDP: "fe80::1",80,1,5', b"+MIPREAD: 1,0", b"+MIPREAD: 1,77", b"+MIPREAD: -1,0",
    b"+MIPCALL: 0", b"+MIPCALL: 0,1", b"+MIPCALL: 10.1.2.3", b'+CDNSGIP: 1,"a,b","1.2.3.4"', b'+CDNSGIP: 1,"a,b,1.2.3.4', b"CONNECT 115200", b"CONNECT FAIL", b"CLOSED",
    b"RING", b"RDY", b"+QIURC: \"recv\",(0-11),\"7\"", b"+MIPSEND: 1,0,2048", b"+MIPPUSH: 1,0,", b"+MIPOPEN: 1,1", b"+MIPOPEN: ,1",
    b"+CME ERROR: 268435449", b"+CME ERROR: 268435450", b"+CME ERROR: -268435449", b"+CME ERROR: 99999999999999999999", b"+CME ERROR: 0000000000000042",
    b"+CIPRXGET: 2,268435449,268435450,-268435449", b"+MIPDATA: 1,268435450", b'+QIOPEN: 1 , "0"', b'+QIOPEN: (1),--1', b"+QIOPEN: 1,\0000", b"\0", b"",
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


# -- the reading of a table's cells


class Reading:
    """What a row of a table (nine cells of text) says of a line; found: as match() fills it, None: it is another line."""

    def __init__(self, cells, at):
        self.name, self.form, event, link, value, good, self.kind, extra, fields = cells
        words = tables.EVENTS.split()
        self.events = sum([1 << words.index(word) for word in event.split(b" ")])
        self.unasked = self.events >= 1 << FIRST_UNASKED
        self.link, self.value, self.extra = [int(cell) if cell else None for cell in (link, value, extra)]
        self.fields = None if fields == b"any" else int(fields)
        self.good = good
        self.at = at

    def size(self):
        """Of the row when it is packed."""
        return 11 + len(self.name) + len(self.form)

    def found(self, line, wanted, asked_link, asked_n, context):
        if not self.events & wanted or not line.startswith(self.name):
            return None
        rest = line[len(self.name) :]
        if self.kind == b"WORD":
            if rest:
                return None
            rest = line
        else:
            rest = rest.lstrip(b" ")
            if not rest.startswith(self.form):
                return None
            rest = rest[len(self.form) :]
        fields = split(rest)
        if self.fields is not None and self.fields != (len(fields) if rest.strip(b" ") else 0):
            return None
        if self.kind.endswith(b"_FROM") and not is_address(fields, self.extra):
            return None
        link = -1 if self.link is None else number(fields, self.link)
        if not self.unasked and link not in (-1, asked_link) and asked_link != WHICHEVER:
            return None
        value = number(fields, self.value)
        must = {b"any": value, b"asked": asked_n, b"mine": context, b"bad": None}
        good = value == (must[self.good] if self.good in must else int(self.good))
        kind = tables_kinds().index(self.kind)
        extra = -1 if self.extra is None else self.extra
        return [self.events, link, value, number(fields, self.extra), kind, len(line) - len(rest), good, extra, self.at]


def tables_kinds():
    return packing.KINDS.split()


def split(text):
    """The fields: commas inside quotes part nothing."""
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
    """The signed decimal that the field begins with, behind blanks, quotes and brackets."""
    if index is None or index >= len(fields):
        return MISSING
    text = fields[index].lstrip(b' "(')
    digits = b""
    sign = text[:1] == b"-"
    for byte in text[1:] if sign else text:
        if not 48 <= byte <= 57:
            break
        digits += bytes((byte,))
    if not digits or int(digits) >= BOUND:
        return MISSING
    return -int(digits) if sign else int(digits)


def is_address(fields, index):
    """Quoted, or with dots or colons: no mere number."""
    piece = fields[index].split(b",")[0] if index < len(fields) else b""
    return any([mark in piece for mark in (b'"', b".", b":")])


def readings(table, access):
    """The rows of an access mode, in the order in which they are tried."""
    key = table.access(access)[7]
    found = []
    at = 0
    for cells in settings.lines(packing.COMMON, b"FIRST"), table.all(key) if key else (), table.all(b"LINES"), settings.lines(packing.COMMON, b"LAST"):
        for row in cells:
            found.append(Reading(row, at))
            at += found[-1].size()
    return found


# -- the twins against it


def check(rows, read, line, wanted, asked_link):
    """Every row that takes this line, one behind the other, and nothing else."""
    expected = []
    for row in read:
        found = row.found(line, wanted, asked_link, ASKED_N, CONTEXT)
        if found is not None:
            expected.append((row.at + row.size(), found))
    expected.append((0, None))
    # What an older, longer line has left stands behind the NUL.
    buf = bytearray(line + b'\0,"7",5,1.2.3.4,9\0')
    for twin in TWINS:
        found = array("i", [7] * 9 + [wanted, asked_link, ASKED_N, CONTEXT])
        at = 0
        for end, said in expected:
            at = twin.match(rows, buf, len(line), at, found)
            if at != end or end and list(found[:9]) != said:
                raise AssertionError("%s of %r: %d %r where %d %r belongs" % (twin.__name__, line, at, list(found), end, said))
            assert list(found[9:]) == [wanted, asked_link, ASKED_N, CONTEXT]


def manual(dialect):
    """The manual's lines and some more, whole and cut at every place, in every access mode."""
    table = tables.Table(dialect)
    for access in ACCESS:
        rows, read = packing.rows(table, access), readings(table, access)
        for line in manual_lines(dialect) + list(LINES):
            with Case(dialect, access, line):
                for link in (0, 1, NOBODY, WHICHEVER):
                    check(rows, read, line, EVERY, link)
                check(rows, read, line, UNASKED, NOBODY)
                check(rows, read, line, EVERY - UNASKED, 1)
        for line in manual_lines(dialect) if access == "push" else LINES if access == "hex" else ():
            for cut in range(len(line)):
                check(rows, read, line[:cut], EVERY, 1)


def one_event(dialect):
    """Only rows of a wanted event count: each event alone."""
    table = tables.Table(dialect)
    lines = manual_lines(dialect) + list(LINES)
    rows, read = packing.rows(table, "push"), readings(table, "push")
    for bit in range(30):
        for line in lines[bit % 3 :: 3]:
            check(rows, read, line, 1 << bit, WHICHEVER)


def mutated(dialect):
    """Lines with a byte that is not theirs, one too many or one too few."""
    random = Random(len(dialect) + DIALECTS.index(dialect))
    table = tables.Table(dialect)
    for access in ACCESS:
        rows, read = packing.rows(table, access), readings(table, access)
        for line in manual_lines(dialect) + list(LINES):
            line = bytearray(line or b"+")
            for _ in range(1 + random.below(2)):
                at = random.below(len(line))
                byte = MUTATIONS[random.below(len(MUTATIONS))]
                line = line[:at] + (bytes((byte,)) if random.below(4) else b"") + line[at + random.below(2) :]
                line = line or bytearray(b"+")
            check(rows, read, bytes(line), EVERY if random.below(2) else UNASKED, random.below(3))


spread(globals(), DIALECTS, manual, one_event, mutated)


def found_by(row, line, asked_link=1):
    """What both twins find of this row in the line; None: nothing."""
    rows = row + b"\0"
    results = []
    for twin in TWINS:
        found = array("i", [0] * 9 + [EVERY, asked_link, ASKED_N, CONTEXT])
        end = twin.match(rows, bytearray(line + b"\0"), len(line), 0, found)
        assert end in (0, len(row))
        results.append(list(found[:9]) if end else None)
    assert results.count(results[0]) == len(results), (line, results)
    return results[0]


def test_fields_are_counted():
    """A comma parts fields, not inside quotes; of blanks alone there is none."""
    cases = (
        (b"", 0), (b"  ", 0), (b"1", 1), (b"1,2", 2), (b",", 2), (b",,", 3), (b'"a,b",2', 2), (b'0,"TCP","1.2.3.4",80,0', 5), (b'"', 1), (b'"a,b', 1),
        (b" 1,2", 2), (b"1,2,", 3), (b" ,", 2), (b"\0", 1),
    )  # fmt: skip
    for text, count in cases:
        for fields in range(8):
            row = packing.row_of([b"+X:", b"", b"READY", b"", b"", b"any", b"NONE", b"", b"%d" % fields])
            assert (found_by(row, b"+X: " + text) is not None) == (fields == count), (text, fields)


def test_numbers_of_28_bits():
    row = packing.row_of([b"+X:", b"", b"GONE", b"0", b"1", b"asked", b"NONE", b"2", b"any"])
    for value in list(range(268435440, 268435470)) + [2684354490, 1 << 31, 1 << 32, (1 << 32) + 5, 10**20]:
        for sign in (1, -1):
            expected = sign * value if value < BOUND else MISSING
            line = b"+X: %d,%d,%d" % (sign * value, sign * value, sign * value)
            assert found_by(row, line)[1:4] == [expected] * 3, line
    row = packing.row_of([b"+X:", b"", b"GONE", b"0", b"1", b"10", b"NONE", b"2", b"any"])
    for value, good in ((10, 1), (-10, 0), (10 + (1 << 32), 0), (10 + (1 << 8), 0)):
        assert found_by(row, b"+X: 1,%d,2" % value)[6] == good


def test_an_answer_is_of_the_link_that_was_asked_about():
    asked = packing.row_of([b"+X:", b"", b"DATA", b"0", b"1", b"any", b"RAW", b"", b"2"])
    unasked = packing.row_of([b"+X:", b"", b"PUSH", b"0", b"1", b"any", b"RAW", b"", b"2"])
    without = packing.row_of([b"+X:", b"", b"DATA", b"", b"1", b"any", b"RAW", b"", b"2"])
    for link in (0, 1, 11, NOBODY):
        line = b"+X: %d,5" % link
        for other in (0, 1, 11, NOBODY, WHICHEVER):
            assert (found_by(asked, line, other) is not None) == (other in (link, WHICHEVER)), (link, other)
            assert found_by(unasked, line, other)[:3] == [1 << 19, link, 5]
            assert found_by(without, line, other)[:3] == [1 << 5, -1, 5]
    assert found_by(asked, b"+X: ,5", 1) is None
    assert found_by(asked, b"+X: ,5", WHICHEVER)[1] == MISSING


def test_what_makes_a_number_good():
    for good, right in ((b"any", (0, 1, 10)), (b"asked", (ASKED_N,)), (b"mine", (CONTEXT,)), (b"bad", ()), (b"0", (0,)), (b"129", (129,))):
        row = packing.row_of([b"+X:", b"", b"SENT REFUSED", b"", b"0", good, b"NONE", b"", b"1"])
        for value in (0, 1, 10, 129):
            assert found_by(row, b"+X:%d" % value)[6] == (value in right or good == b"any"), (good, value)
        assert found_by(row, b"+X: no")[6] == (good == b"any")
        assert found_by(row, b"+X: 7")[0] == 1 << 3 | 1 << 4
