"""Random programs on a transparent socket whose peer speaks as modules do, with one or two kinds of fault each.

What one side writes the other one reads, in order and once; nothing of the driver's reaches the peer, and no byte of
the program is a command.  ATSOCK_SEEDS=FROM:TO in the environment plays other programs, as many as asked for.
"""

import os
import random
import sys
from pathlib import Path

import atsock
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from frames import DIALECTS, ERROR, OK, line
from ownline import on_line
from test_transparent import ENDS

pytestmark = pytest.mark.slow

PIECES = (
    b"\r\n", b"OK", OK, line(b"NO CARRIER"), b"NO CARR", b"+", b"++", b"+++", line(b"CLOSED"), b"x", line(b"RDY"),
    line(b"+MIPSTAT: 1,1"), line(b"+CSQ: 20,0"), ERROR, b"y" * 300, b"\r", b"\n", line(b'+QIURC: "pdpdeact",1'),
    line(b"CONNECT"), b"ATO\r", b"AT\r", line(b"+CFUN: 1"), line(b"PB DONE"),
)  # fmt: skip
ASKED = (b"AT", b"AT+CSQ", b"AT+CIPCLOSE?", b"ATO", b"AT+QISWTMD=0,2", b"AT+QIRD=0,1024")
FAULTS = ("none", "interrupted", "lost", "slow", "idle")
SEEDS = range(40)
TWO = [f"{one} {other}" for i, one in enumerate(FAULTS[1:]) for other in FAULTS[i + 2 :]]
SEEDS_OF_TWO = range(12)
# Programs that have lost data once: the CR LF that the peer said before the OK could come was taken for the OK's own.
FOUND = [("bg96", "interrupted lost", 15)]
if "ATSOCK_SEEDS" in os.environ:
    SEEDS = SEEDS_OF_TWO = range(*map(int, os.environ["ATSOCK_SEEDS"].split(":")))


class Program:
    def __init__(self, dialect, fault, seed):
        self.random = random.Random(f"{dialect} {fault} {seed}")
        self.fault = fault
        self.often = 0.5 if " " in fault else 1  # does an OK get lost?
        self.socket, self.modem, self.module = on_line(dialect, None)
        self.up = self.down = self.got = b""
        self.unsaid = b""  # of the peer, as long as the module is in command mode

    def pieces(self):
        return b"".join(self.random.choice(PIECES) for _ in range(self.random.randrange(1, 5)))

    def online(self):
        if self.socket.is_escaped():
            self.socket.settimeout(None)
            self.socket.resume()

    def say(self):
        if self.module.data_mode:
            self.module.say(self.unsaid)
            self.unsaid = b""

    def try_(self, function, *args):
        """Call it, and interrupt that somewhere where this is the fault."""
        if "interrupted" in self.fault and self.random.random() < 0.5:
            self.module.interrupt = self.module.waits + self.random.randrange(1, 140)
        try:
            function(*args)
        except KeyboardInterrupt:
            pass
        self.module.interrupt = 0

    def receive(self, timeout):
        self.socket.settimeout(timeout)
        try:
            self.got += self.socket.recv(4096)
        except atsock.Timeout:
            pass

    # -- actions

    def send(self):
        self.online()
        data = self.pieces()
        self.socket.settimeout(None)
        assert self.socket.send(data) == len(data)
        self.up += data

    def feed(self):
        data = self.pieces()
        self.down += data
        self.unsaid += data
        self.say()

    def read(self):
        self.online()
        self.say()
        self.try_(self.receive, self.random.choice((0.5, 3, 10)))

    def escape(self):
        if self.socket.is_escaped():
            self.online()
            return
        if "lost" in self.fault and self.random.random() < self.often:
            self.module.ok = self.random.choice((b"\r\nK\r\n", b"\r\nO\r\n", b"OK\r\n", b"\nOK\r\n", b"\r\nOK"))
        if "slow" in self.fault:
            self.module.ok_ms = self.random.choice((0, 10, 300))
            self.module.resume_ms = self.random.choice((0, 100, 1500))
        self.try_(self.socket.escape)
        self.module.ok = OK

    def idle(self):
        if "idle" in self.fault:
            self.module.clock.pass_ms(self.random.choice((5, 350, 1500, 3000)))
        self.modem.poll(self.random.choice((0, 10, 1000)))

    def end(self, dialect):
        for _ in range(40):
            self.online()
            self.say()
            if not self.unsaid and len(self.got) >= len(self.down):
                break
            self.receive(10)
        self.socket.settimeout(None)
        self.socket.send(b".")
        assert self.module.peer == self.up + b"."
        assert self.got == self.down
        self.module.end(b"bye" + ENDS[dialect])
        assert self.socket.read() == b"bye"
        assert not [text for text in self.module.commands if text not in ASKED]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_program(dialect, fault):
    for seed in SEEDS:
        play(dialect, fault, seed)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("faults", TWO)
def test_program_with_two_faults(dialect, faults):
    for seed in SEEDS_OF_TWO:
        play(dialect, faults, seed)


@pytest.mark.parametrize("dialect, faults, seed", FOUND)
def test_program_that_has_lost_data(dialect, faults, seed):
    play(dialect, faults, seed)


def play(dialect, fault, seed):
    program = Program(dialect, fault, seed)
    actions = (program.send, program.feed, program.feed, program.read, program.escape, program.idle)
    for _ in range(program.random.randrange(3, 14)):
        program.random.choice(actions)()
    program.end(dialect)
