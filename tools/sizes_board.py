"""Runs in MicroPython: a plain TCP client step by step, and how much heap stays taken after each of them.

Imported by a piece of Python of its own for each call (tools/sizes.py), because the webassembly port collects garbage
only between such pieces:

    begin(dialect); step(name); collect(); note(name); ...; report()

The module at the other end is a few lines of the manuals' words (tests/lib/frames.py) in memory: it attaches, opens a
connection and echoes one payload.  Shares nothing with the driver's tables.
"""

import gc
import json
import sys

import frames

try:
    from micropython import mem_total
except ImportError:  # only builds that count have it

    def mem_total():
        return 0


PAYLOAD = b"sixteen bytes ok"
STEPS = ("import", "Modem", "attach", "connect", "first transfer")

# Made before anything is measured: a growing dict is heap, too.
dialect = modem = sock = line = codes = None
stayed = allocated = 0
found = []
back = bytearray(len(PAYLOAD))


class Module:
    """What Modem needs of machine.UART, with the module behind it."""

    def __init__(self, dialect):
        says = self.says = frames.speech(dialect)
        link = says.first
        self.attach = says.attach()
        self.line = b""
        self.out = b""
        sent = says.send("buffer", link, PAYLOAD)  # command, prompt, payload, result
        self.replies = {sent[0][1]: sent[1][1], PAYLOAD: sent[3][1] + says.notice("buffer", link)}
        self.ask = says.ask("buffer", link, 0)[:-2]  # without how many: a small heap makes a small ring
        self.answer = says.answer("buffer", link, PAYLOAD, 0)
        self.nothing = says.nothing("buffer", link)
        self.waiting = False  # the echo has not been read

    def any(self):
        return len(self.out)

    def readinto(self, buf, n):
        n = min(n, len(self.out))
        buf[:n] = self.out[:n]
        self.out = self.out[n:]
        return n

    def write(self, buf, start, n):
        self.line += bytes(buf[start : start + n])
        if self.line in self.replies:
            self.waiting = self.line == PAYLOAD
            self._say(self.replies[self.line])
        elif self.line.endswith(b"\r"):
            self._say(self._answer_to(self.line[:-1]))
        return n

    def _answer_to(self, command):
        if command.startswith(self.ask):
            waiting, self.waiting = self.waiting, False
            return self.answer if waiting else self.nothing
        if command.startswith(self.says.open_line(command)):
            return self.says.opened(command, self.says.link_of(command))
        return self.attach(command)

    def _say(self, answer):
        self.line = b""
        self.out += answer


def begin(name):
    """Everything that is not the driver's is made here."""
    global dialect, line
    dialect = name
    line = Module(name)
    note(None)


def collect():
    """Twice, for what the first one frees may have held others; on the webassembly port it happens after the piece."""
    gc.collect()
    gc.collect()


def note(what):
    """Count what has come since the last note."""
    global stayed, allocated
    now, total = gc.mem_alloc(), mem_total()
    if what:
        found.append((what, now - stayed, total - allocated))
    stayed, allocated = gc.mem_alloc(), mem_total()


def step(name):
    """One step of a plain TCP client."""
    global modem, sock
    if name == "import":
        import atsock  # noqa: F401
    elif name == "Modem":
        modem = sys.modules["atsock"].Modem(line, dialect)
    elif name == "attach":
        modem.attach("internet")
    elif name == "connect":
        sock = modem.socket()
        sock.connect((frames.PEER, frames.PORT))
    else:
        transfer(1)


def transfer(times):
    """The payload there and back, so many times."""
    for _ in range(times):
        sock.write(PAYLOAD)
        if sock.readinto(back) != len(back) or back != PAYLOAD:
            raise OSError("the echo is not what was sent")


def give(package, attribute, module):
    """Put into an empty package what its own __init__ would have."""
    setattr(sys.modules[package], attribute, getattr(sys.modules[module], attribute))


def compile_all(folder, names):
    """Compile these modules' sources: what frozen code has in flash is on the heap then, before counting begins.

    Names that an import makes of its own (of the modules, of their files) are in flash, too: the empty modules are
    imported once and forgotten.
    """
    global codes
    codes = []
    for name, path in names:
        with open(folder + path) as file:
            codes.append((name, compile(file.read(), path, "exec")))
        __import__(name)
    for name in modules():
        del sys.modules[name]
    fill_pool_of_names()


def fill_pool_of_names(least=1024):
    """Make names until there is a new pool for them, of so many bytes: so none is made by chance while something is
    counted."""
    n = 0
    grown = 0
    while grown < least and n < 10_000:
        before = gc.mem_alloc()
        for _ in range(16):  # mem_alloc() walks through the heap; sixteen names are much less than a pool
            getattr(sys, "spare%d" % n, None)
            n += 1
        grown = gc.mem_alloc() - before


def run_bodies(names):
    """Run the bodies of what compile_all() compiled: what an import of frozen code leaves on the heap.

    The modules exist already, empty (from a tree of empty files), so that they find each other.
    """
    for name in names:
        __import__(name)
    for name, code in codes:
        exec(code, sys.modules[name].__dict__)


def modules():
    """The driver's modules that are loaded."""
    return sorted([name for name in sys.modules if name.split(".")[0] == "atsock"])


def report():
    print(json.dumps({"steps": found, "modules": modules()}))


def report_heap():
    """Total size of the heap: the webassembly port counts what it could grow by as free."""
    growth = 128 << 20 if sys.platform == "webassembly" else 0
    print(json.dumps(gc.mem_alloc() + gc.mem_free() - growth))
