"""Random programs on a transparent socket: what one side writes the other one reads, whatever it looks like."""

import random

import pytest
from callbench import MODULES, attached

pytestmark = pytest.mark.slow

WORDS = (
    b"\r\n", b"OK", b"\r\nOK\r\n", b"\r\nNO CARRIER\r\n", b"NO CARR", b"+++", b"+", b"++", b"\r\nCLOSED\r\n",
    b"CLOSED", b"+MIPSTAT: 1,1", b"x",
    b"\r", b"\n", b"ATO\r", b"\x00\xff", b"y" * 300, b"\r\n+IPCLOSE: 0,1", b"CONNECT",
)  # fmt: skip
READS_ESCAPED = ("bg96",)  # QIRD reads what has come meanwhile; the others give it when data mode goes on
SEEDS = range(20)


class Program:
    def __init__(self, dialect, seed):
        self.random = random.Random(seed)
        self.bench = attached(dialect, cut=self.random.choice([None, None, 1, 3, 17]))
        self.reads_escaped = dialect in READS_ESCAPED
        self.socket = self.bench.modem.socket(access="transparent")
        self.socket.settimeout(8)
        self.socket.connect(("192.0.2.10", 80))
        self.stream = self.bench.network.streams[-1]
        self.up, self.down, self.got = b"", b"", 0
        self.escaped = False

    def words(self):
        return b"".join(self.random.choice(WORDS) for _ in range(self.random.randrange(1, 8)))

    def send(self):
        data = self.words()
        sent = 0
        while sent < len(data) and not self.escaped:
            sent += self.socket.send(data[sent:])
        self.up += data[:sent]

    def feed(self):
        # Neither at its beginning nor at its end what the module itself could say there.
        data = b"." + self.words() + b"."
        if len(data) <= self.stream.free_buffer():
            self.stream.feed(data)
            self.down += data

    def receive(self, n=None):
        left = len(self.down) - self.got
        if left and (self.reads_escaped or not self.escaped):
            n = n or self.random.randrange(1, left + 1)
            assert self.socket.read(n) == self.down[self.got : self.got + n]
            self.got += n

    def switch(self):
        if self.escaped:
            self.socket.resume()
        else:
            self.socket.escape()
        self.escaped = not self.escaped

    def ask(self):
        if self.escaped:
            assert self.bench.modem.signal()[0] is not None

    def idle(self):
        self.bench.modem.poll(self.random.choice([10, 400, 2000]))

    def end(self):
        if self.escaped:
            self.switch()
        self.receive(len(self.down) - self.got)
        for _ in range(4):
            self.bench.modem.poll(2000)
        assert bytes(self.stream.sent) == self.up
        if self.random.random() < 0.5:
            self.stream.close_by_peer()
            assert self.socket.read() == b""
        self.socket.close()
        assert self.bench.modem.signal()[0] is not None
        assert self.bench.module.violations == []


@pytest.mark.parametrize("dialect", MODULES)
@pytest.mark.parametrize("seed", SEEDS)
def test_program(dialect, seed):
    program = Program(dialect, seed)
    actions = (
        program.send,
        program.send,
        program.feed,
        program.feed,
        program.receive,
        program.switch,
        program.ask,
        program.idle,
    )
    for _ in range(program.random.randrange(3, 14)):
        program.random.choice(actions)()
    program.end()
