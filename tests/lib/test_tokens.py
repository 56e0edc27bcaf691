"""The tokenizer alone: every kind of token, whole, byte by byte and in odd pieces."""

from atsock.core.port import Port
from atsock.core.tokenizer import Tokenizer
from atsock.core.words import END, FULL, LINE, NOTHING, PROMPT_TOKEN
from cases import cases
from fakes import CUTS, Case, Clock, Random, Tape
from frames import HOSTILE, digits


class Sink:
    """Takes what it is given, up to `room` bytes at a time."""

    def __init__(self, room=10**6):
        self.data = b""
        self.room = room

    def write(self, src, start, n):
        n = min(n, self.room)
        self.data += bytes(src[start : start + n])
        return n


class Reluctant(Sink):
    """Takes 0 to 2 bytes at a time."""

    def __init__(self):
        super().__init__()
        self.random = Random(5)

    def write(self, src, start, n):
        self.room = self.random.below(3)
        return super().write(src, start, n)


class _Fed(Tokenizer):
    """Reads the stream as Engine.pump() has the port do it."""

    def __init__(self, stream):
        super().__init__()
        self.port = Port(stream)

    def fill(self):
        return self.port.fill(self.window, self.position)


def tokens_of(data, cut, react=None, in_line=b"\0", prompt=False):
    """(tokens, tokenizer): lines as bytes, other tokens as numbers; react(tokenizer, line) is called at each line."""
    tape = Tape(Clock(), [("!", data)], cut)
    tokens = _Fed(tape)
    tokens.in_line = in_line
    tokens.prompt = prompt
    found = []
    while tokens.fill():
        token = tokens.next()
        while token:
            if token == LINE:
                text = bytes(tokens.line[: tokens.n])
                found.append(text)
                if react:
                    react(tokens, text)
            else:
                found.append(token)
            assert token != FULL
            token = tokens.next()
    return found, tokens


def test_lines():
    """CR LF on both sides, blank lines, CR CR LF behind an echo, LF alone, leading blanks, bytes above 127 and NUL."""
    cases = (
        (b"\r\nOK\r\n", [b"OK"]),
        (b"\r\n+X: 1\r\n+X: 2\r\n\r\nOK\r\n", [b"+X: 1", b"+X: 2", b"OK"]),
        (b"AT\r\r\nOK\r\n", [b"AT", b"OK"]),
        (b"AT+X=1\r\r\n\r\n+X: 5\r\r\n\r\nOK\r\n", [b"AT+X=1", b"+X: 5", b"OK"]),
        (b"volt\nOK\n", [b"volt", b"OK"]),
        (b"\r\n\r\n\r\n \r\n  OK\r\n", [b"OK"]),
        (b"\r\nab\x00c\xff\r\n", [b"ab\x00c\xff"]),
        (b"\r\nno end", []),
        (b"", []),
        (b"\r\r\r\n\n\n", []),
        (b"a\r\nb\r\nc\r\n", [b"a", b"b", b"c"]),
    )
    for data, lines in cases:
        for cut in CUTS:
            with Case(data, cut):
                assert tokens_of(data, cut)[0] == lines


def test_prompt():
    """With and without blank and CR LF in front and behind; only where one is expected, only at a line's start, only
    once."""
    for before in (b"", b"\r\n", b"\r\n\r\n", b"AT+QISEND=0,4\r\r\n"):
        for after in (b"", b" ", b"\r\n", b" \r\n"):
            for cut in CUTS:
                with Case(before, after, cut):
                    found, tokens = tokens_of(before + b">" + after + b"\r\nSEND OK\r\n", cut, prompt=True)
                    lines = [b"AT+QISEND=0,4"] if before.startswith(b"AT") else []
                    assert found == lines + [PROMPT_TOKEN, b"SEND OK"], found
    for echo in (b"AT+QISEND=0,4\r>", b"AT+QISEND=0,4\r> "):  # without CR LF before the prompt
        for cut in CUTS:
            assert tokens_of(echo, cut, prompt=True)[0] == [PROMPT_TOKEN], echo
    for cut in CUTS:
        assert tokens_of(b"\r\na > b\r\n", cut, prompt=True)[0] == [b"a > b"]
        assert tokens_of(b"\r\n> 1\r\n", cut)[0] == [b"> 1"]
        assert tokens_of(b"> > x\r\n", cut, prompt=True)[0] == [PROMPT_TOKEN, b"> x"]
        assert tokens_of(b"\r\nERROR\r\n", cut, prompt=True)[0] == [b"ERROR"]


def test_overlong_line():
    """Cut at the buffer's size; what follows it is read as if nothing had been."""
    for n in (319, 320, 321, 322, 640, 5000):
        for cut in (0, 1, 7, -1):
            with Case(n, cut):
                found, tokens = tokens_of(b"\r\n" + b"x" * n + b"\r\nOK\r\n", cut)
                assert found[1] == b"OK"
                assert found[0] == b"x" * min(n, len(found[0]))
                assert len(found[0]) >= 319
                assert len(tokens.line) < 400


@cases("cut", CUTS)
def test_line_buffer_ends_in_nul(cut):
    """A prefix longer than the line never matches what an older line left behind."""
    seen = []
    tokens_of(
        b'\r\n+QIURC: "closed",0\r\n\r\n+QI\r\n',
        cut,
        lambda tokens, text: seen.append(tokens.line.startswith(b"+QIURC")),
    )
    assert seen == [True, False]


def test_counted_payload():
    """Every length around the window's size, with what looks like lines in it; the next byte is a line's again."""
    for n in (1, 2, 255, 256, 257, 1500):
        payload = (HOSTILE * 5)[:n]
        for cut in CUTS:
            with Case(n, cut):
                sink = Sink()

                def react(tokens, text):
                    if text == b"+D":
                        tokens.raw(sink, n)

                found, tokens = tokens_of(b"\r\n+D\r\n" + payload + b"\r\n\r\nOK\r\n", cut, react)
                assert found == [b"+D", END, b"OK"], found
                assert sink.data == payload
                assert tokens.taken == n


@cases("cut", CUTS)
def test_payload_without_taker(cut):
    """Payload for nobody is counted and dropped."""
    found, tokens = tokens_of(
        b"\r\n+D\r\nOK\r\n!OK\r\n", cut, lambda tokens, text: tokens.raw(None, 5) if text == b"+D" else None
    )
    assert found == [b"+D", END, b"OK"]


def test_header_on_the_payloads_line():
    """name, then so many commas: the byte behind the last one is payload, whatever the cut; quotes may hold none."""
    in_line = b"\x09+MIPRTCP:\x02\x09+MIPRUDP:\x04\0"
    for header, commas in ((b"+MIPRTCP: 1,5,", 2), (b"+MIPRTCP:1,5,", 2), (b"+MIPRUDP: 192.0.2.10,5000,2,5,", 4)):
        for payload in (b"a\r\nb,", b",,,,,", b"\r\nOK\r", b"\n\n\n\n\n", b"+MIPR"):
            for cut in CUTS:
                with Case(header, payload, cut):
                    sink = Sink()
                    found, tokens = tokens_of(
                        b"\r\n" + header + payload + header[: -len(b"5,")] + b"5," + payload + b"\r\nOK\r\n", cut,
                        lambda tokens, text: tokens.raw(sink, 5) if text.startswith(b"+MIPR") else None, in_line,
                    )  # fmt: skip
                    assert found == [header[:-1], END, header[:-1], END, b"OK"], found
                    assert sink.data == payload + payload


@cases("cut", CUTS)
def test_header_without_its_payload(cut):
    """A line that begins like such a header and has fewer commas is a line."""
    assert tokens_of(b"\r\n+MIPRTCP: 1\r\n\r\nOK\r\n", cut, None, b"\x09+MIPRTCP:\x02\0")[0] == [b"+MIPRTCP: 1", b"OK"]


def test_hexadecimal():
    """Digits up to the first byte that is none, in every cut, also in the middle of a pair; either case."""
    for payload in (b"", b"a", HOSTILE, bytes(range(256)) * 3):
        for text in (digits(payload), digits(payload).lower()):
            for lead in (b"", b" "):
                for cut in CUTS + (2, 3):
                    with Case(len(payload), lead, cut):
                        sink = Sink()
                        found, tokens = tokens_of(
                            b"\r\n+D\r\n" + lead + text + b"\r\nOK\r\n",
                            cut,
                            lambda tokens, line: tokens.hex(sink) if line == b"+D" else None,
                        )
                        assert found == [b"+D", END, b"OK"], found
                        assert sink.data == payload
                        assert tokens.taken == len(payload)


def test_bad_digits():
    """An odd digit, a byte that is none: the payload ends there, what is left of the line is a line, the next one
    counts."""
    for text, made in (
        (b"414", b"A"),
        (b"4142zz", b"AB"),
        (b"4g42", b""),
        (b"zz", b""),
        (b"41\x00\xff", b"A"),
        (b"4142,1", b"AB"),
        (b"4\xff", b""),
    ):
        for cut in CUTS:
            with Case(text, cut):
                sink = Sink()
                found, tokens = tokens_of(
                    b"\r\n+D\r\n" + text + b"\r\nOK\r\n",
                    cut,
                    lambda tokens, line: tokens.hex(sink) if line == b"+D" else None,
                )
                assert sink.data == made, sink.data
                assert found[0] == b"+D" and found[1] == END and found[-1] == b"OK", found
                assert found.count(b"OK") == 1


def test_sink_without_room():
    """FULL: the payload stays in the window, and goes on where it stopped when there is room again."""
    for kind in ("raw", "hex"):
        for cut in CUTS:
            with Case(kind, cut):
                payload = HOSTILE[:100]
                text = payload if kind == "raw" else digits(payload)
                tape = Tape(Clock(), [("!", b"\r\n+D\r\n" + text + b"\r\nOK\r\n")], cut)
                tokens = _Fed(tape)
                sink = Reluctant()
                lines = []
                for _ in range(3000):
                    tokens.fill()
                    token = tokens.next()
                    if token == LINE:
                        lines.append(bytes(tokens.line[: tokens.n]))
                        if lines[-1] == b"+D":
                            tokens.raw(sink, 100) if kind == "raw" else tokens.hex(sink)
                assert sink.data == payload
                assert lines == [b"+D", b"OK"]


@cases("cut", CUTS)
def test_stream_and_back(cut):
    """Everything is payload in a stream; lines() returns to lines from the next byte on."""
    sink = Sink()
    tape = Tape(Clock(), [("!", HOSTILE)], cut)
    tokens = _Fed(tape)
    tokens.raw(sink, 0)
    while tokens.fill():
        assert tokens.next() == NOTHING
    assert sink.data == HOSTILE
    tape.load([("!", b"\r\nOK\r\n")])
    tokens.lines()
    found = []
    while tokens.fill():
        if tokens.next() == LINE:
            found.append(bytes(tokens.line[: tokens.n]))
    assert found == [b"OK"]


def test_nothing():
    tokens = _Fed(Tape(Clock(), [], 0))
    assert tokens.fill() == 0
    assert tokens.next() == NOTHING


def test_what_was_taken_comes_once_more():
    """Before what the window holds, where both find room: else it is dropped, and nothing else is."""
    for rest in (0, 1, 200, 255, 256):
        for n in (0, 1, 55, 56, 57):
            with Case(rest, n):
                tokens = Tokenizer()
                window = bytes(range(256))
                tokens.window[:] = window
                tokens.position[0], tokens.position[1] = 256 - rest, 256
                tokens.put_back(b"=" * 60, n)
                came = bytes(tokens.window[tokens.position[0] : tokens.position[1]])
                put = b"=" * n if n + rest <= 256 else b""
                assert came == put + window[256 - rest :]
                assert len(tokens.window) == 256
