"""What the tests of lib/atsock put in place of the world: a clock, a scripted UART, and a Modem on both.

Runs on CPython and MicroPython.  Knows no dialect: what modules say is in frames.py.
"""

import atsock

CUTS = (0, 1, -1, -2, 7)  # bytes per read: 0 all there is, below 0 odd pieces by that seed

# Serial lines, from the easiest to the worst: what Tape.behave() takes.
WIRES = {
    "whole": {},
    "pauses": {"cut": -2, "pause": 20},  # ms of silence between any two pieces, wherever they part
    "trickle": {"cut": 1, "pause": 7},
    "reluctant": {"cut": 7, "take": 1, "refuse": 3},  # a write takes nothing three times, then one byte
}
WIRE_NAMES = ("whole", "pauses", "trickle", "reluctant")  # a dict of MicroPython keeps no order


class Stuck(Exception):
    """The driver waits for something that never comes."""


class Random:
    """The same small numbers on every interpreter."""

    def __init__(self, seed):
        self.state = seed * 2654435761 & 0x7FFFFFFF | 1

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 12) % n


class Clock:
    """Milliseconds that pass only when somebody waits for them; more than `most` of them are a failure, so is a
    negative wait."""

    def __init__(self, now=0, most=3_600_000):
        self.now = now
        self.end = now + most
        self.tape = None
        self.looks = 0  # how often the driver has asked for the time
        self.hurry = 0  # ms that pass with each look at the clock: the driver is slow itself
        self.nap = 0  # ms after which a wait is over although nothing came, as of a port that cannot be polled; 0: none

    def ticks_ms(self):
        self.looks += 1
        if self.hurry:
            self.pass_ms(self.hurry)
        return self.now

    def pass_ms(self, ms):
        self.now += ms
        if self.now > self.end:
            raise Stuck("nothing happens any more at %d ms" % self.now)

    def wait(self, ms, writing):
        """As Port.wait(): back at once when the tape has something to read, soon when it takes more, else when the time
        is over."""
        assert ms >= 0, "a wait of %d ms: poll() would wait for ever" % ms
        if self.tape is not None:
            if self.tape.any():
                return
            ms = self.tape.until(min(ms, 1) if writing else ms)
        if self.nap:
            ms = min(ms, self.nap)
        self.pass_ms(ms or 1)


class Tape:
    """A scripted stream with machine.UART's interface; the script is a list of

    (">", bytes)  the driver writes this next
    ("<", bytes)  the module's answer: must be read before the driver writes on
    ("!", bytes)  what the module says unasked: may be read late
    ("~", ms)     silence

    What comes is readable only after everything that stands before it was written.  How hard the line makes it for the
    driver is a matter of behave().
    """

    def __init__(self, clock, script=(), cut=0, take=0):
        self.clock = clock
        clock.tape = self
        self.behave(cut, take)
        self.auto = None  # a function of a command line: bytes of the answer; while set, the script rests
        self.after = None  # the same, for what is written behind the script's end
        self.line = b""
        self.load(script)

    def behave(self, cut=0, take=0, pause=0, refuse=0):
        """From here on: bytes per read (see CUTS) and per write (0: all), ms of silence behind each read, and how many
        writes in a row take nothing before one does."""
        self.cut = cut
        self.take = take
        self.pause = pause
        self.refuse = refuse
        self.random = Random(-cut if cut < 0 else 1)
        self.piece = 0  # bytes of the read to come, 0: not decided
        self.quiet_until = 0
        self.refused = 0

    def behaviour(self):
        """What behave() needs to have it so again."""
        return self.cut, self.take, self.pause, self.refuse

    def load(self, script):
        self.out = b"".join([data for kind, data in script if kind == ">"])
        self.written = 0
        self.input = []  # [bytes written before it, kind, data]
        before = 0
        for kind, data in script:
            if kind == ">":
                before += len(data)
            else:
                self.input.append([before, kind, data])
        self.at = 0
        self.since = -1

    # -- the script's state

    def _ready(self):
        """The bytes that can be read now."""
        while self.at < len(self.input):
            before, kind, data = self.input[self.at]
            if before > self.written:
                return b""
            if kind != "~" and data:
                return data
            if kind != "~":
                self.at += 1
                continue
            if self.since < 0:
                self.since = self.clock.now
            if self.clock.now - self.since < data:
                return b""
            self.since = -1
            self.at += 1
        return b""

    def until(self, ms):
        """ms, or less when a silence of the script ends before."""
        if self._ready() and self.is_pausing():
            ms = min(ms, self.quiet_until - self.clock.now)
        if self.since >= 0:
            ms = min(ms, self.since + self.input[self.at][2] - self.clock.now)
        return ms

    def is_pausing(self):
        """Is there something to read, if only after a moment of silence?"""
        return self.clock.now < self.quiet_until and len(self._ready()) > 0

    def done(self):
        """Was everything written and read?"""
        rest = self.out[self.written :]
        assert not rest, "not written: %r" % rest[:80]
        left = [item[2] for item in self.input[self.at :] if item[1] == "~" or item[2].strip(b"\r\n ")]
        assert not left, "not read: %r" % left[:3]

    # -- machine.UART

    def any(self):
        n = 0 if self.clock.now < self.quiet_until else len(self._ready())
        if self.cut == 0 or n == 0:
            return n
        if self.piece == 0:
            self.piece = self.cut if self.cut > 0 else 1 + self.random.below(9)
        return min(n, self.piece)

    def readinto(self, buf, n=-1):
        if n < 0:
            n = len(buf)
        n = min(n, self.any())
        if n == 0:
            return None
        item = self.input[self.at]
        buf[:n] = item[2][:n]
        item[2] = item[2][n:]
        self.piece = 0
        self.quiet_until = self.clock.now + self.pause
        if not item[2]:
            self.at += 1
        return n

    def write(self, buf, start=0, n=-1):
        if n < 0:
            n = len(buf) - start
        if self.refuse:
            self.refused = (self.refused + 1) % (self.refuse + 1)
            if self.refused:
                return 0 if self.refused & 1 else None
        if self.take and n > self.take:
            n = self.take
        data = bytes(buf[start : start + n])
        if self.auto is None and self.after is not None and self.written == len(self.out):
            self.auto = self.after
        if self.auto is not None:
            self._answer(data)
            return n
        for before, kind, rest in self.input[self.at :]:
            if kind == "<" and before <= self.written and rest.strip(b"\r\n "):
                raise AssertionError("%r is written before %r has been read" % (data[:80], rest[:80]))
        expected = self.out[self.written : self.written + n]
        if data != expected:
            raise AssertionError("written %r where %r belongs" % (data[:80], self.out[self.written :][:80]))
        self.written += n
        return n

    def _answer(self, data):
        self.line += data
        while b"\r" in self.line:
            line, self.line = self.line.split(b"\r", 1)
            reply = self.auto(line)
            if reply:
                self.input.append([0, "!", reply])


def plug(modem, clock):
    """Let the driver live by this clock."""
    port = modem._engine.port
    port.wait = clock.wait
    port.ticks_ms = clock.ticks_ms


def new_modem(dialect, script=(), cut=0, take=0, now=0, **options):
    """(modem, tape, clock); nothing has been sent."""
    clock = Clock(now)
    tape = Tape(clock, script, cut, take)
    modem = atsock.Modem(tape, dialect, **options)
    plug(modem, clock)
    return modem, tape, clock


class Case:
    """Names the case in which a test of many fails."""

    def __init__(self, *what):
        self.what = what

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            print("in the case", self.what)
        return False


def raises(kind, function, *args):
    """The exception of this kind that function(*args) raises; anything else is a failure."""
    try:
        got = function(*args)
    except kind as error:
        return error
    raise AssertionError("%s expected, came back with %r" % (kind.__name__, got))


def errno_of(function, *args):
    """The errno of the OSError that function(*args) raises."""
    return raises(OSError, function, *args).args[0]
