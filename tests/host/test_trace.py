"""The trace format, the port that writes it and the reader."""

import io

import pytest
from atsock_host import TracePort, read_trace
from atsock_host.trace import Record, escape, unescape
from hypothesis import given, strategies


class Clock:
    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


class Script:
    """A port that reads back what it is given, a piece per call, and takes at most `room` bytes per write."""

    def __init__(self, *pieces, room=100):
        self.pieces = list(pieces)
        self.room = room
        self.closed = False
        self.flavour = "of the wrapped port"

    def any(self):
        return len(self.pieces[0]) if self.pieces else 0

    def readinto(self, buf, n=None):
        if not self.pieces:
            return None
        piece = self.pieces.pop(0)
        buf[:len(piece)] = piece
        return len(piece)

    def read(self, n=None):
        return self.pieces.pop(0) if self.pieces else None

    def write(self, buf, off=0, n=None):
        return min(self.room, len(buf) if n is None else n)

    def close(self):
        self.closed = True


def traced(*pieces, **options):
    file, clock = io.StringIO(), Clock()
    return TracePort(Script(*pieces, **options), file, clock), file, clock


def records(file):
    file.seek(0)
    return list(read_trace(file))


def test_a_command_and_its_answer():
    port, file, clock = traced(b"\r\nO", b"K\r\n")
    buf = bytearray(16)
    clock.seconds += 0.0015
    assert port.write(b"AT\r") == 3
    clock.seconds += 0.010
    assert port.readinto(buf, 16) == 3
    assert port.readinto(buf) == 3
    assert port.readinto(buf) is None
    port.close()
    assert file.getvalue().splitlines()[1:] == ["      1.500 > AT\\r", "     11.500 < \\r\\nOK\\r\\n"]


def test_a_pause_begins_a_new_line():
    port, file, clock = traced(b"one", b"two", b"three")
    port.read()
    clock.seconds += 0.019
    port.read(5)
    clock.seconds += 0.5
    port.read()
    port.close()
    assert [record.data for record in records(file)] == [b"onetwo", b"three"]


def test_an_ended_burst_is_written_while_the_line_is_idle():
    port, file, clock = traced()
    port.write(b"AT\r")
    port.any()
    assert "AT" not in file.getvalue()
    clock.seconds += 1
    assert port.any() == 0
    assert file.getvalue().endswith("> AT\\r\n")


def test_only_what_the_port_took_is_recorded():
    port, file, _ = traced(room=2)
    assert port.write(bytearray(b"--ABC--"), 2, 3) == 2
    assert port.write(b"XYZ") == 2
    port.close()
    assert records(file) == [Record(0.0, ">", b"ABXY")]


def test_a_path_is_opened_and_closed(tmp_path):
    path = tmp_path / "session.trace"
    inner = Script(b"\x00\xff\\")
    with TracePort(inner, path) as port:
        port.read()
    assert inner.closed
    with open(path, encoding="ascii") as file:
        assert [(record.direction, record.data) for record in read_trace(file)] == [("<", b"\x00\xff\\")]


def test_the_rest_is_the_wrapped_ports():
    port, _, _ = traced()
    assert port.flavour == "of the wrapped port"


@given(strategies.binary())
def test_escapes_are_reversible_and_stay_on_one_line(data):
    text = escape(data)
    assert unescape(text) == data
    assert text.isascii() and text.isprintable()


def test_remarks_blank_lines_and_notes():
    lines = ["# remark\n", "\n", "5 > A T\n", "6.5 ! command before the final result: ü\n"]
    assert list(read_trace(lines)) == [
        Record(5.0, ">", b"A T"), Record(6.5, "!", "command before the final result: ü".encode())]


def test_the_simulators_own_traces():
    assert list(read_trace(["> 0.001500 AT\\r\n", "! 2.5 unknown command AT+X\n"])) == [
        Record(1.5, ">", b"AT\r"), Record(2500.0, "!", b"unknown command AT+X")]


@pytest.mark.parametrize(
    "line, complaint",
    [("hello", "line 1 of the trace is not a record: 'hello'"),
     ("1.0 > \\q", r"line 1 of the trace: unknown escape '\\q'"),
     ("1.0 > AT\\", "line 1 of the trace: unknown escape"),
     ("1.0 > €", "line 1 of the trace: a byte above 255")])
def test_what_is_no_trace(line, complaint):
    with pytest.raises(ValueError) as caught:
        list(read_trace([line]))
    assert complaint in str(caught.value)
