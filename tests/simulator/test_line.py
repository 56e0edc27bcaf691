"""The serial line: pacing of both directions, latency, faults of the wire, a host that does not read."""

import os
import select
import selectors
import tty

import pytest

from atsock_host.simulator.faults import Splicer, UnknownFault, Wire, sort_out
from atsock_host.simulator.line import EventClock, Line
from atsock_host.simulator.quectel import Bg96

PATIENCE_S = 5


class ManualClock(EventClock):
    """A clock whose time of day a test sets."""

    def __init__(self):
        super().__init__()
        self.wall = 0.0

    def wall_ms(self):
        return self.wall


class Echo:
    """Stands in for a module: notes what comes and when, and answers every CR with `answer`."""

    def __init__(self, clock, answer=b""):
        self.clock = clock
        self.answer = answer
        self.input_paused = False
        self.tracks_delivery = False
        self.received = []          # (ms, bytes)
        self.output = bytearray()
        self.total_delivered = 0

    def receive(self, data):
        self.received.append((self.clock(), data))
        if data.endswith(b"\r"):
            self.output += self.answer

    def take(self):
        data = bytes(self.output)
        self.output.clear()
        return data

    def delivered(self, n):
        self.total_delivered += n

    def next_deadline_ms(self):
        return None

    def tick(self):
        raise AssertionError("no timer was set")

    def note(self, event, **fields):
        self.noted = event, fields


class Rig:
    """A line with a stand-in module, a clock to set and the host's end of the pty."""

    def __init__(self, baudrate, answer=b"", **settings):
        self.clock = ManualClock()
        self.module = Echo(self.clock, answer)
        self.selector = selectors.SelectSelector()
        self.line = Line(self.module, self.clock, self.selector, baudrate=baudrate, **settings)
        self.host = os.open(self.line.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.host)

    def close(self):
        os.close(self.host)
        self.line.close()

    def write(self, data):
        """The host writes; waits until the line has noticed."""
        os.write(self.host, data)
        ready = self.selector.select(PATIENCE_S)
        assert ready
        for key, events in ready:
            key.data(events)

    def at(self, ms):
        """Let the time of day be `ms`, and return what the host can read then."""
        self.clock.wall = ms
        before = self.module.total_delivered
        self.line.run()
        self.expected = self.module.total_delivered - before
        return self.read(self.expected)

    def read(self, n):
        """`n` bytes at the host's end (a pty hands over what was written with a little delay)."""
        got = b""
        while len(got) < n:
            assert select.select([self.host], [], [], PATIENCE_S)[0]
            got += os.read(self.host, 65536)
        return got


@pytest.fixture
def rig():
    rigs = []

    def make(*args, **settings):
        rigs.append(Rig(*args, **settings))
        return rigs[-1]
    yield make
    for each in rigs:
        each.close()


@pytest.mark.parametrize("baudrate", [9600, 115200, 921600])
def test_bytes_to_the_module_take_their_time(rig, baudrate):
    r = rig(baudrate)
    byte_ms = 10_000 / baudrate
    r.write(b"AT+QISTATE\r")
    r.at(11 * byte_ms - 0.01)
    assert b"".join(data for _, data in r.module.received) != b"AT+QISTATE\r"
    r.at(11 * byte_ms + 0.01)
    assert b"".join(data for _, data in r.module.received) == b"AT+QISTATE\r"
    assert r.module.received[-1][0] == pytest.approx(11 * byte_ms)


@pytest.mark.parametrize("baudrate", [9600, 115200, 921600])
def test_answer_is_timed_from_the_cr_and_not_from_the_computing(rig, baudrate):
    r = rig(baudrate, answer=b"\r\nOK\r\n")
    byte_ms = 10_000 / baudrate
    r.write(b"AT\r")
    late = 3 * byte_ms + 4.5 * byte_ms      # this process was busy while the answer already travelled
    assert r.at(late) == b"\r\nOK"
    assert r.at(9 * byte_ms - 0.001) == b"\r"
    assert r.at(9 * byte_ms + 0.001) == b"\n"


def test_nothing_is_handed_over_early(rig):
    r = rig(115200, answer=b"x" * 1000)
    byte_ms = 10_000 / 115200
    r.write(b"AT\r")
    total = 0
    for ms in range(0, 100):
        total += len(r.at(ms))
        assert total <= max(0.0, ms - 3 * byte_ms) / byte_ms + 1e-6
        assert total >= min(1000, (ms - 3 * byte_ms) / byte_ms - 1)
    assert total == 1000


def test_both_directions_run_at_the_same_time(rig):
    r = rig(115200, answer=b"y" * 500)
    byte_ms = 10_000 / 115200
    r.write(b"AT\r")
    r.at(3 * byte_ms)
    r.write(b"z" * 400)
    got = len(r.at(3 * byte_ms + 400 * byte_ms + 0.01))
    assert got == 400
    assert sum(len(data) for _, data in r.module.received) == 403


def test_no_speed_means_no_waiting(rig):
    r = rig(0, answer=b"\r\nOK\r\n")
    r.write(b"AT\r")
    assert r.at(0) == b"\r\nOK\r\n"


def test_latency_delays_everything_the_module_writes(rig):
    r = rig(115200, answer=b"\r\nOK\r\n", latency_ms=50)
    r.write(b"AT\r")
    assert r.at(50) == b""
    assert r.at(51) == b"\r\nOK\r\n"


def test_next_event_is_at_most_a_tick_away_while_bytes_travel(rig):
    r = rig(115200, answer=b"x" * 100)
    assert r.line.next_event_ms() == float("inf")
    r.write(b"AT\r")
    assert r.line.next_event_ms() == pytest.approx(3 * 10_000 / 115200)
    r.at(r.line.next_event_ms())
    assert r.line.next_event_ms() - r.clock.wall <= 1.0


def test_a_host_that_does_not_read_stops_the_line(rig):
    r = rig(0, answer=b"x" * 2_000_000)
    r.write(b"AT\r")
    r.clock.wall = 1
    r.line.run()
    assert r.line.next_event_ms() == float("inf")
    taken = r.module.total_delivered
    assert 0 < taken < 2_000_000
    r.read(taken)
    ready = r.selector.select(PATIENCE_S)
    assert ready
    for key, events in ready:
        key.data(events)
    r.line.run()
    assert r.module.total_delivered > taken


def test_input_waits_while_the_module_is_paused(rig):
    r = rig(115200)
    r.write(b"abc")
    r.module.input_paused = True
    r.at(100)
    assert r.module.received == []
    r.module.input_paused = False
    r.at(101)
    assert b"".join(data for _, data in r.module.received) == b"abc"


def test_cut_writes_small_pieces(rig):
    r = rig(0, answer=b"0123456789" * 3, wire=Wire({"cut": 1000}, seed=1))
    r.write(b"AT\r")
    pieces = []
    ms = 0.0
    while sum(map(len, pieces)) < 30:
        pieces.append(r.at(ms))
        ms += 0.2
    assert b"".join(pieces) == b"0123456789" * 3
    assert all(1 <= len(piece) <= 7 for piece in pieces)
    assert len(pieces) > 4


def test_drop_and_flip_are_repeatable():
    data = bytes(range(256)) * 40
    dropped = Wire({"drop": 100}, seed=3).spoil(data)
    assert dropped == Wire({"drop": 100}, seed=3).spoil(data)
    assert 0 < len(data) - len(dropped) < 400
    flipped = Wire({"flip": 100}, seed=3).spoil(data)
    wrong = [(a ^ b).bit_count() for a, b in zip(data, flipped) if a != b]
    assert len(flipped) == len(data) and set(wrong) == {1}
    assert Wire({"cut": 1000}).spoil(data) == data


def test_fault_names():
    assert sort_out(["drop:50", "cut", "qiclose-slow"], Bg96) == ({"drop": 50, "cut": 1000}, ["qiclose-slow"])
    for name in ("nonsense", "drop:x"):
        with pytest.raises(UnknownFault) as failure:
            sort_out([name], Bg96)
        assert name.partition(":")[0] in str(failure.value)


def test_spliced_lines_are_lines():
    splicer = Splicer(seed=1)
    assert all("\r" not in text and text for text in (splicer() for _ in range(50)))


def test_trace_shows_both_directions(rig):
    lines = []
    r = rig(0, answer=b"\r\nOK\r\n\xff", trace=lines.append)
    r.write(b"AT\r")
    r.at(0)
    assert lines == ["> 0.000000 AT\\r\n", "< 0.000000 \\r\\nOK\\r\\n\\xff\n"]


def test_what_is_computed_ahead_is_not_handed_over_early(rig):
    r = rig(9600, answer=b"\r\nOK\r\n", ahead_ms=5.0)
    byte_ms = 10_000 / 9600
    r.write(b"AT\r")
    assert r.line.next_event_ms() <= 0
    assert r.at(0.0) == b""
    assert r.module.received[-1] == (pytest.approx(3 * byte_ms), b"\r")     # it has it already, at its own time
    assert r.at(4 * byte_ms - 0.01) == b""
    assert r.at(9 * byte_ms + 0.01) == b"\r\nOK\r\n"


def test_only_the_end_of_all_output_is_due_sharply(rig):
    r = rig(9600, answer=b"\r\nOK\r\n")
    byte_ms = 10_000 / 9600
    r.write(b"AT\r")
    assert not r.line.is_due_sharply()
    r.at(3 * byte_ms + 0.01)
    assert not r.line.is_due_sharply()
    r.at(8 * byte_ms + 0.02)
    assert r.line.is_due_sharply()
    r.at(9 * byte_ms + 0.02)
    assert not r.line.is_due_sharply()
