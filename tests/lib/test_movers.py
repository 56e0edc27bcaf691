"""The byte movers: viper and plain twin against each other, and both against Python's own operations.

match(), which reads lines by the tables' rows, is in test_match.py.
"""

from array import array

from atsock.core import _plain, movers
from atsock.core.link import Link
from atsock.core.port import Port
from atsock.core.tokenizer import Tokenizer
from fakes import Case, Random, raises

# CPython has the plain twin only; MicroPython both.
try:
    from atsock.core import _viper
except (ImportError, SyntaxError, ValueError):
    _viper = None
TWINS = (_plain,) if _viper is None else (_plain, _viper)

DIGITS = b"0123456789ABCDEFabcdef"


def _bytes(random, n):
    return bytes([random.below(256) for _ in range(n)])


def test_twins_have_the_same_functions():
    names = (
        "copy",
        "put",
        "get",
        "take_in",
        "scan",
        "fill",
        "token",
        "number",
        "field",
        "hexlify",
        "unhex",
        "match",
        "fill_in",
    )
    for twin in TWINS:
        for name in names:
            assert callable(getattr(twin, name))
    for name in names:
        assert callable(getattr(movers, name))


def test_copy():
    random = Random(1)
    for twin in TWINS:
        for _ in range(200):
            n = random.below(40)
            start, at = random.below(20), random.below(20)
            src = _bytes(random, start + n + 3)
            dst = bytearray(_bytes(random, at + n + 3))
            expected = dst[:at] + src[start : start + n] + dst[at + n :]
            twin.copy(dst, at, src, start, n)
            assert dst == expected
            twin.copy(dst, 0, memoryview(src), 0, 3)
            assert dst[:3] == src[:3]


def test_copy_moves_down_in_place():
    for twin in TWINS:
        buf = bytearray(b"..0123456789")
        twin.copy(buf, 0, buf, 2, 10)
        assert buf[:10] == b"0123456789"


def test_fill_in():
    """Link and number where \\1 and \\2 stand; the text ends where the payload belongs, and goes on behind it."""
    cases = (
        (b"AT", 0, 0, 0, b"AT"), (b"AT+QIRD=\1,\2", 0, 11, 1500, b"AT+QIRD=11,1500"),
        (b"AT+CIPRXGET=2,\1,\2", 0, 0, 0, b"AT+CIPRXGET=2,0,0"),
        (b'AT+QISENDEX=\1,"\4"', 0, 3, 256, b'AT+QISENDEX=3,"'), (b'AT+QISENDEX=\1,"\4"', 16, 3, 256, b'"'),
        (b'AT+MIPSEND=\1,"\4"', 14, 6, 1023, b""), (b'AT+MIPSEND=\1,"\4",\2', 15, 6, 1023, b'",1023'),
        (b"\2\2\1", 1, 1000, 99999, b"999991000"),
        (b"", 0, 1, 1, b""), (b"\4", 0, 1, 1, b""),
    )  # fmt: skip
    for twin in TWINS:
        for text, start, link, n, expected in cases:
            with Case(twin.__name__, text, start):
                dst = bytearray(b"." * 40)
                assert twin.fill_in(dst, text, start, link, n) == len(expected)
                assert dst == expected + b"." * (40 - len(expected))


def test_fill_in_writes_every_number():
    for twin in TWINS:
        for value in (
            0,
            1,
            9,
            10,
            11,
            99,
            100,
            101,
            999,
            1000,
            1460,
            1500,
            2048,
            65535,
            99999,
            100000,
            1000000,
            123456789,
            268435449,
        ):
            digits = b"%d" % value
            for text, expected in ((b"\2", digits), (b"\1", b"7"), (b"a\1b\2c", b"a7b" + digits + b"c")):
                dst = bytearray(b"x" * 20)
                assert twin.fill_in(dst, text, 0, 7, value) == len(expected), (value, text)
                assert dst == expected + b"x" * (20 - len(expected)), (value, dst)


def test_put_get_and_take_in():
    """Random payloads through a link's ring and into a reader's buffer: each twin does what a queue does."""
    for twin in TWINS:
        random = Random(11)
        for size in (1, 5, 16):
            link = Link(0)
            link.size = size
            link.buf = bytearray(size)
            held = b""
            for _ in range(150):
                n = random.below(size + 3)
                src = _bytes(random, n + 2)
                link.dst = None
                link.discarding = False
                choice = random.below(5)
                with Case(twin.__name__, size, choice, n):
                    if choice == 0:
                        out = bytearray(n + 2)
                        done = twin.get(link, out, 1, n)
                        assert done == min(n, len(held))
                        assert out == b"\0" + held[:done] + bytes(n + 1 - done)
                        held = held[done:]
                    elif choice == 1:
                        link.dst, link.dst_at, link.dst_end = bytearray(b"." * 9), 2, 2 + random.below(7)
                        done = twin.take_in(link, src, 1, n)
                        most = link.dst_end - 2
                        assert done == min(n, most) == link.dst_at - 2
                        assert link.dst == b".." + src[1 : 1 + done] + b"." * (7 - done)
                    elif choice == 2:
                        link.discarding = True
                        assert twin.take_in(link, src, 1, n) == n
                    else:
                        done = (twin.put if choice == 3 else twin.take_in)(link, src, 1, n)
                        assert done == min(n, size - len(held))
                        held += src[1 : 1 + done]
                    assert link.count == len(held)
                    assert bytes([link.buf[(link.head + i) % size] for i in range(link.count)]) == held


def _scanned(twin, data, window_n, room, in_line, prompt):
    # Everything that scan() makes of data which comes in windows of window_n bytes.
    line = bytearray(room + 1)
    position = array("i", (0, 0, 0, room))
    found = []
    for start in range(0, len(data), window_n):
        window = bytearray(data[start : start + window_n])
        position[0], position[1] = 0, len(window)
        while position[0] < position[1]:
            n = twin.scan(window, line, position, in_line, prompt)
            if n > 0:
                assert line[n] == 0
            found.append((n, bytes(line[:n]) if n > 0 else b"", position[0], position[2]))
    return found


def test_scan_of_whole_lines():
    """A line ends before CR LF, or behind a header's last comma; a prompt stands at a line's start, or last behind an
    echo."""
    data = b"\r\nOK\r\n\r\r\n \n+QIRD: 4\r\nabcd\n> x\r\n+MIPRTCP: 1,5,>\r\n\nlonger than the room for it\r\nAT\r>"
    header = b"\x09+MIPRTCP:\x02\0"
    for twin in TWINS:
        for window_n in (1, 2, 3, 7, 256):
            with Case(twin.__name__, window_n):
                lines = [text or n for n, text, _, _ in _scanned(twin, data, window_n, 16, b"\0", False) if n]
                assert lines == [b"OK", b"+QIRD: 4", b"abcd", b"> x", b"+MIPRTCP: 1,5,>", b"longer than the "]
                lines = [text or n for n, text, _, _ in _scanned(twin, data, window_n, 16, header, False) if n]
                assert lines == [b"OK", b"+QIRD: 4", b"abcd", b"> x", b"+MIPRTCP: 1,5", b">", b"longer than the "]
                lines = [text or n for n, text, _, _ in _scanned(twin, data, window_n, 16, header, True) if n]
                assert lines == [b"OK", b"+QIRD: 4", b"abcd", -1, b"x", b"+MIPRTCP: 1,5", -1, b"longer than the ", -1]


def test_scan_is_one_for_both_twins():
    """Random lines of what lines are made of: the same tokens at the same places."""
    random = Random(13)
    pieces = (
        b"\r",
        b"\n",
        b"\r\n",
        b">",
        b"> ",
        b" ",
        b",",
        b"+IPD",
        b"+MIPRTCP: ",
        b"+MIPRUDP:",
        b"1",
        b'"',
        b"\0",
        b"x",
        b"+M",
        b"\xff",
    )
    header = b"\x09+MIPRTCP:\x02\x09+MIPRUDP:\x04\0"
    for _ in range(600):
        data = b"".join([pieces[random.below(len(pieces))] for _ in range(random.below(30))])
        window_n, room, prompt = 1 + random.below(12), 8 + random.below(20), random.below(2) == 1
        results = [_scanned(twin, data, window_n, room, header, prompt) for twin in TWINS]
        assert results.count(results[0]) == len(results), (data, results)
        texts = b"".join([text for _, text, _, _ in results[0]])
        assert b"\n" not in texts and len(texts) <= len(data)


def test_number():
    cases = (
        (b"0\0", 0), (b"7,8\0", 7), (b" 42\0", 42), (b'"99"\0', 99), (b"(1-5)\0", 1), (b"-1\0", -1), (b"- 1\0", None),
        (b"\0", None),
        (b"a1\0", None), (b",1\0", None), (b"1500\r\0", 1500), (b"0042\0", 42), (b"268435449\0", 268435449),
        (b"999999999\0", None),
        (b"99999999999999999999\0", None), (b"-268435449\0", -268435449), (b"-99999999999\0", None), (b"+5\0", None),
        (b"7 5\0", None), (b"7  5\0", None), (b"7 ,5\0", 7), (b"7 \0", 7), (b"7 x5\0", 7), (b"7 \r5\0", 7),
    )  # fmt: skip
    for twin in TWINS:
        for text, value in cases:
            with Case(twin.__name__, text):
                expected = movers.MISSING if value is None else value
                assert twin.number(text, 0) == expected, twin.number(text, 0)
                assert twin.number(bytearray(b"xy" + text), 2) == expected
                assert twin.number(memoryview(text), 0) == expected


def test_numbers_around_the_bound():
    for twin in TWINS:
        for value in range(268435440, 268435470):
            got = twin.number(b"%d\0" % value, 0)
            assert got in (value, movers.MISSING)
            assert got == TWINS[0].number(b"%d\0" % value, 0)
            minus = twin.number(b"-%d\0" % value, 0)
            assert minus == (-value if got == value else movers.MISSING)


def test_field():
    cases = (
        (b"", 1), (b"  ", 1), (b"1", 1), (b"1,2", 2), (b",", 2), (b",,", 3), (b'"a,b",2', 2),
        (b'0,"TCP","1.2.3.4",80,0', 5), (b'"', 1), (b'"a,b', 1),
        (b' 1,2', 2), (b"1,2,", 3),
    )  # fmt: skip
    for twin in TWINS:
        for text, count in cases:
            with Case(twin.__name__, text):
                line = bytearray(b"ab" + text + b"\0")
                end = 2 + len(text)
                for index in range(count):
                    at = twin.field(line, 2, end, index)
                    assert 2 <= at <= end
                    assert index == 0 or line[at - 1] == 44
                assert twin.field(line, 2, end, count) == -1
        assert twin.field(b'0,"a,b",7\0', 0, 9, 2) == 8


def test_hexlify_and_unhex():
    random = Random(3)
    for twin in TWINS:
        for n in (0, 1, 2, 3, 16, 127, 128, 200):
            data = _bytes(random, n)
            text = bytearray(b"##" + b"." * 2 * n + b"#")
            twin.hexlify(text, 2, b"zz" + data, 2, n)
            digits = bytes(text[2 : 2 + 2 * n])
            assert text == b"##" + digits + b"#"
            assert digits == digits.upper()
            for spelling in (digits, bytearray(digits).lower() if hasattr(bytearray, "lower") else digits):
                buf = bytearray(b"<<") + spelling + b">>"
                assert twin.unhex(buf, 2, 2 + 2 * n) == n
                assert buf[2 : 2 + n] == data
                assert buf[-2:] == b">>"


def test_unhex_stops_at_what_is_no_digit():
    cases = (
        (b"41420D", 3), (b"4142\r\n", 2), (b"4142 43", 2), (b"414", 1), (b"4", 0), (b"", 0), (b"4g", 0), (b"g4", 0),
        (b"41\x0041", 1), (b"41:;", 1),
        (b"41@A", 1), (b"41`a", 1), (b"41/0", 1), (b"410/", 1), (b"41Ga", 1), (b"\x10\x1141", 0), (b"41\x11\x12", 1),
        (b"41\xff\xff", 1), (b"4\r", 0),
        (b"41\x01F", 1), (b"  41", 0),
    )  # fmt: skip
    for twin in TWINS:
        for text, n in cases:
            with Case(twin.__name__, text):
                buf = bytearray(text)
                assert twin.unhex(buf, 0, len(text)) == n
                assert buf[:n] == b"AB\r"[:n]
                assert buf[2 * n :] == text[2 * n :] if n == 0 else True


def test_twins_agree_on_anything():
    """Random bytes with many digits, commas, quotes: every function gives the same."""
    random = Random(7)
    alphabet = DIGITS + b',," \r\n-(\0xyz\xff'
    for _ in range(1500):
        n = random.below(24)
        text = bytes([alphabet[random.below(len(alphabet))] for _ in range(n)])
        results = []
        for twin in TWINS:
            buf = bytearray(text + b"\0")
            made = twin.unhex(buf, 0, n)
            results.append(
                (
                    twin.number(text + b"\0", 0),
                    [twin.field(text + b"\0", 0, n, i) for i in range(5)],
                    made,
                    bytes(buf[:made]),
                )
            )
        assert results.count(results[0]) == len(results), (text, results)


class _Stream:
    def __init__(self):
        self.has = 0
        self.gives = 0

    def any(self):
        return self.has

    def write(self, buf, start, n):
        raise NotImplementedError()

    def readinto(self, buf, n):
        self.asked = n
        return min(n, self.gives) if self.gives is not None else None


def test_fill():
    """No more than the window holds is asked for, nothing as long as it is not used up, and a stream may give less, or
    None."""
    for twin in TWINS:
        for start, stop, has, gives, expected in (
            (0, 0, 0, 9, (0, 0, 0)), (3, 3, 5, 5, (5, 0, 5)), (3, 3, 50, 50, (16, 0, 16)), (3, 3, 5, 2, (2, 0, 2)),
            (3, 3, 5, 0, (0, 0, 0)),
            (3, 3, 5, None, (0, 0, 0)), (2, 7, 5, 5, (5, 2, 7)),
        ):  # fmt: skip
            stream = _Stream()
            port = Port(stream)
            stream.has, stream.gives, stream.asked = has, gives, None
            position = array("i", (start, stop, 4, 5))
            assert (twin.fill(port, bytearray(16), position), position[0], position[1]) == expected
            assert stream.asked == (None if start < stop or not has else min(has, 16))
            assert position[2] == 4 and position[3] == 5


class _Sink:
    def __init__(self, random):
        self.random = random
        self.data = b""

    def write(self, src, start, n):
        n = min(n, self.random.below(5))
        self.data += bytes(src[start : start + n])
        return n


def test_tokens_of_both_twins():
    """Random bytes of which lines, prompts, headers and payloads are made, in random pieces."""
    alphabet = b"\r\n\r\n> ,,:+AB\r\n\0\xff"
    for seed in range(60):
        found = []
        for twin in TWINS:
            random = Random(seed)
            sink = _Sink(Random(seed))
            tokens = Tokenizer()
            tokens.in_line = b"\2+A\1\2+B\2\0" if seed & 1 else b"\0"
            tokens.position[3] = 12
            seen = []
            for _ in range(60):
                n = random.below(12)
                for i in range(n):
                    tokens.window[i] = alphabet[random.below(len(alphabet))]
                tokens.position[0], tokens.position[1] = 0, n
                if random.below(4) == 0:
                    tokens.prompt = True
                token = twin.token(tokens)
                while token:
                    seen.append((token, bytes(tokens.line[: tokens.n + 1]), tokens.position[0], tokens.left))
                    if token == 1 and random.below(3) == 0:
                        tokens.raw(sink if random.below(2) else None, 1 + random.below(9))
                    token = twin.token(tokens)
                seen.append((tokens.kind, tokens.prompt, tokens.position[2]))
            found.append((seen, sink.data))
        assert len([item for item in found[0][0] if len(item) == 4]) > 5
        assert found.count(found[0]) == len(found), seed


def test_missing_is_no_number_of_a_line():
    assert movers.MISSING < -(10**8)
    raises(TypeError, movers.number, None, 0)
