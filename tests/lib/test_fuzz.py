"""Whatever bytes arrive: pump() returns, memory stays bounded, and what a call raises is an OSError.

Seeded, so that a failure can be seen again; ATSOCK_TEST_ROUNDS sets how many rounds (default 25 for each dialect and
access mode).
"""

import os

import atsock
from cases import cases
from fakes import Case, Clock, Random, Stuck, plug
from frames import ACCESS, DIALECTS, HOSTILE, pulls, speech
from scenes import connected

ROUNDS = int(os.getenv("ATSOCK_TEST_ROUNDS") or 25)


class Babbler:
    """A UART on which a module talks rubbish: pieces of its language, cut, swapped and mixed with noise."""

    def __init__(self, words, seed):
        self.random = Random(seed)
        self.words = words
        self.data = b""
        self.left = 6000  # bytes that it says in all
        self.written = 0

    def any(self):
        if not self.data and self.left > 0 and self.random.below(4):
            self.data = self._say()
            self.left -= len(self.data)
        return min(len(self.data), 1 + self.random.below(300))

    def _say(self):
        word = self.words[self.random.below(len(self.words))]
        how = self.random.below(6)
        if how == 0:
            return word[: self.random.below(len(word)) + 1]
        if how == 1:
            at = self.random.below(len(word))
            return word[:at] + bytes([self.random.below(256)]) + word[at:]
        if how == 2:
            return bytes([self.random.below(256) for _ in range(self.random.below(40) + 1)])
        return word

    def readinto(self, buf, n):
        n = min(n, self.any(), len(self.data))
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def write(self, buf, at, n):
        assert 0 <= at and 0 < n and at + n <= len(buf)
        taken = 1 + self.random.below(n)
        self.written += taken
        return taken


def vocabulary(dialect, access):
    says = speech(dialect)
    link = says.first
    words = [
        b"\r\nOK\r\n",
        b"\r\nOK\r\n",
        b"\r\nERROR\r\n",
        b"\r\n> ",
        b">",
        b"\r\n",
        b"RDY\r\n",
        b"+CME ERROR: 3\r\n",
        b"x" * 700,
        b"\r\n+CSQ: 9,99\r\n\r\nOK\r\n",
        b'"',
        b",",
        b"-1",
        HOSTILE,
    ]
    for n in (link, link + 1, 99):
        words += [
            says.notice(access, n),
            says.closed(n),
            says.push(access, n, b"0123456789"),
            says.push(access, n, b"y" * 1500),
            says.opened(b'"UDP"', n),
        ]
        if pulls(dialect, access):
            words += [
                says.answer(access, n, b"payload", 3),
                says.answer(access, n, HOSTILE * 2, 0),
                says.nothing(access, n),
                says.header(access, n, 1500, 0),
                says.header(access, n, 99999999, 0),
            ]
        words += [data for kind, data in says.send(access, n, b"abc") if kind == "<"]
    return words


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_rubbish(dialect, access):
    words = vocabulary(dialect, access)
    for seed in range(ROUNDS):
        with Case(dialect, access, "seed", seed):
            _round(dialect, access, words, seed)


def _round(dialect, access, words, seed):
    socket, modem, tape, clock, says = connected(dialect, access, timeout=3, on_event=lambda *event: None)
    babbler = Babbler(words, seed)
    modem._engine.port.stream = babbler
    clock.tape = None
    clock.end = clock.now + 3_000_000
    random = Random(seed + 1000)
    buf = bytearray(2048)
    data = HOSTILE * 3
    acts = (
        lambda: socket.recv(random.below(200) + 1), lambda: socket.recv_into(buf),
        lambda: socket.readinto(buf, random.below(300) + 1), lambda: socket.readline(),
        lambda: socket.send(data[: random.below(len(data)) + 1]), lambda: socket.write(data, random.below(100), 50),
        lambda: modem.command("AT+CGMR", None, 2000),
        lambda: modem.poll(5), lambda: socket.ioctl(3, 5), lambda: socket.settimeout(random.below(3)),
        lambda: modem.resolve("example.com"),
    )  # fmt: skip
    for _ in range(25):
        act = random.below(len(acts))
        try:
            got = acts[act]()
            if act < 3 and not isinstance(got, bytes) and got is not None:
                assert 0 <= got <= len(buf)
            if act == 4:
                assert 0 <= got <= len(data)
        except OSError as error:
            assert isinstance(error.args[0], int) and error.args[0] > 0, error.args
    engine = modem._engine
    # Memory: nothing of the driver's has grown beyond its size.
    assert len(engine.tokens.line) < 1000 and len(engine.transmitter.line) < 1000 and len(engine.events) <= 32
    assert len(engine.links) <= says.links
    for link in engine.links.values():
        assert link.buf is None or len(link.buf) <= 8192, len(
            link.buf
        )  # 4096 and what a read that was given up asked for
    # And when the module comes to its senses, so does the driver.
    babbler.left = 0
    socket.settimeout(1)
    for _ in range(3):
        try:
            socket.close()
        except OSError:
            pass  # allowed: the module has not answered
    assert errors_only(lambda: socket.recv(1))


def errors_only(function):
    try:
        function()
    except OSError:
        return True
    return False


def test_noise_without_anything_open():
    """A modem that was never attached reads rubbish for a while."""
    for seed in range(ROUNDS):
        with Case(seed):
            clock = Clock(0, 3_000_000)
            modem = atsock.Modem(Babbler(vocabulary("nl668", "push"), seed), "nl668", access="push")
            plug(modem, clock)
            clock.tape = None
            for _ in range(300):
                modem.poll(2)
            assert not modem._engine.links or len(modem._engine.links) <= 6


def test_stuck_is_no_oserror():
    """The tests' own alarm cannot be taken for an error of the driver."""
    assert not issubclass(Stuck, OSError)
