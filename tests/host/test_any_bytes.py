"""Whatever bytes arrive, in whatever order a program makes its calls: each call comes back within its time, memory
stays bounded, and the error is one of the driver's (OSError with an errno).

Hypothesis finds the programs, the same ones in each run; ATSOCK_EXAMPLES=N in the environment tries N other ones a
dialect and access mode.  What it has found is kept in FOUND, as calls.
"""

import os

import pytest
from anybytes import LONGEST_MS, check_memory, scene
from frames import ACCESS, DIALECTS, speech
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("ATSOCK_EXAMPLES", 0))
STEPS = 30
TIMEOUTS = (0, 0.5, 3, 20)
NUMBERS = st.integers(0, 60)
RAW = st.binary(max_size=30)

CASES = [(dialect, access) for dialect in DIALECTS for access in (*ACCESS, "transparent")]


class Calls(RuleBasedStateMachine):
    """What a program may do, and what a line may do to it."""

    case = ("bg96", "buffer")

    @initialize()
    def begin(self):
        self.modem, self.sockets, self.line, self.words = scene(*self.case)
        self.ids = speech(self.case[0]).links + 16  # servers have ids of their own

    def call(self, function, *args, extra_ms=0):
        """Call it: back within its time, or with an error of ours."""
        before = self.line.clock.now
        try:
            result = function(*args)
        except OSError as error:
            assert isinstance(error.args[0], int) and error.args[0] > 0, error.args
            result = None
        took = self.line.clock.now - before
        assert took <= LONGEST_MS + extra_ms, (function, took)
        return result

    def socket(self, which):
        return self.sockets[which % len(self.sockets)]

    # -- the line

    @rule(which=st.integers(0, 200), cut=st.integers(0, 1500), raw=RAW)
    def says(self, which, cut=0, raw=b""):
        word = self.words[which % len(self.words)]
        self.line.data += (word[: cut % (len(word) + 1)] if cut else word) + raw

    @rule(answers=st.booleans(), takes=st.sampled_from((True, True, True, False)), cut=st.sampled_from((0, 1, 7, 100)))
    def behaves(self, answers, takes=True, cut=0):
        self.line.answers, self.line.takes, self.line.cut = answers, takes, cut

    @rule(ms=st.sampled_from((10, 400, 3000, 70_000, 1 << 29)))
    def time_passes(self, ms):
        self.line.clock.now += ms

    # -- the program

    @rule(which=NUMBERS, n=st.sampled_from((1, 10, 1500, 4000)), seconds=st.sampled_from(TIMEOUTS))
    def receives(self, which, n, seconds=3):
        socket = self.socket(which)
        socket.settimeout(seconds)
        got = self.call(socket.recv, n)
        assert got is None or len(got) <= n

    @rule(which=NUMBERS, n=st.sampled_from((1, 3, 500, 4000)), seconds=st.sampled_from(TIMEOUTS))
    def sends(self, which, n, seconds=3):
        socket = self.socket(which)
        socket.settimeout(seconds)
        got = self.call(socket.send, bytes(range(256)) * (n // 256) + b"+" * (n % 256))
        assert got is None or 0 <= got <= n

    @rule(which=NUMBERS)
    def polls(self, which):
        assert 0 <= self.call(self.socket(which).ioctl, 3, 5) < 64
        self.call(self.modem.poll, 20)

    @rule(seconds=st.sampled_from((0, 3, 20)))
    def opens(self, seconds=3):
        if len(self.sockets) < 5:
            socket = self.modem.socket()
            socket.settimeout(seconds)
            self.sockets.append(socket)
            self.call(socket.connect, ("192.0.2.7", 80))

    @rule(seconds=st.sampled_from((0, 3)))
    def listens(self, seconds=3):
        if len(self.sockets) < 5:
            socket = self.modem.socket()
            socket.settimeout(seconds)
            self.sockets.append(socket)
            self.call(socket.bind, ("", 5000 + len(self.sockets)))
            self.call(socket.listen, 2)

    @rule(which=NUMBERS)
    def accepts(self, which):
        socket = self.socket(which)
        socket.settimeout(1)
        accepted = self.call(socket.accept)
        if accepted is not None:
            self.sockets.append(accepted[0])

    @rule(which=NUMBERS, seconds=st.sampled_from((0, 3)))
    def closes(self, which, seconds=3):
        if len(self.sockets) > 1:
            socket = self.sockets.pop(which % len(self.sockets))
            socket.settimeout(seconds)
            self.call(socket.close)

    @rule()
    def commands(self):
        self.call(self.modem.command, "AT+CGMR", None, 2000)

    @rule(which=NUMBERS, back=st.booleans())
    def leaves_data_mode(self, which, back=False):
        socket = self.socket(which)
        if self.case[1] == "transparent" and hasattr(socket, "resume"):
            self.call(socket.resume if back else socket.escape)

    @rule()
    def attaches(self):
        self.call(self.modem.attach, extra_ms=LONGEST_MS)

    @rule()
    def resolves(self):
        self.call(self.modem.resolve, "example.com")

    @invariant()
    def stays_small(self):
        if hasattr(self, "modem"):
            check_memory(self.modem, self.ids)

    def teardown(self):
        if not hasattr(self, "modem"):
            return
        self.line.answers = self.line.takes = True
        for socket in self.sockets:
            socket.settimeout(1)
            self.call(socket.close)
            try:
                socket.recv(1)
            except OSError:
                continue
            raise AssertionError("a closed socket receives")


@pytest.mark.parametrize("dialect, access", CASES)
def test_any_bytes(dialect, access):
    machine = type("Calls_%s_%s" % (dialect, access), (Calls,), {"case": (dialect, access)})
    run_state_machine_as_test(machine, settings=settings(
        max_examples=EXAMPLES or 12, stateful_step_count=STEPS, deadline=None, derandomize=not EXAMPLES,
        database=None, suppress_health_check=list(HealthCheck), print_blob=True))


# (dialect, access, calls): programs that were found.  A notice of data, and each read is answered by OK alone.
FOUND = [(dialect, access, (("behaves", True), ("says", 14), ("receives", 0, 1, 20), ("polls", 0)))
         for dialect, access in CASES]
# By tools/fuzz: data mode, a line's end, silence, poll().
FOUND.append(("a7600", "transparent", (("says", 54, 163), *(("polls", 59),) * 15, ("polls", 0))))
# A module that answers nothing while ids are given back.
SILENT = (("closes", 14, 0), ("listens", 0), ("receives", 12, 1, 0.5), ("listens", 3), ("listens", 0))
FOUND += [(dialect, "push", SILENT) for dialect in DIALECTS]


def play(dialect, access, calls):
    """A program without Hypothesis; tools/fuzz makes such ones as well."""
    machine = type("Found", (Calls,), {"case": (dialect, access)})()
    machine.begin()
    for name, *arguments in calls:
        getattr(machine, name)(*arguments)
        machine.stays_small()
    machine.teardown()


@pytest.mark.parametrize("dialect, access, calls", FOUND)
def test_found(dialect, access, calls):
    play(dialect, access, calls)
