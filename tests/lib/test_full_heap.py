"""A timeout, a refusal, a notice of a restart and of a close need less than 1 KB of free heap, and load nothing.

On MicroPython the heap is filled up to a last kilobyte before each of them (64 bits: twice of what a board needs).  On
CPython nothing can be filled: the same happens, and the same errors come.
"""

import gc
import sys
from errno import ECONNRESET, ETIMEDOUT

import atsock
from atsock.core.movers import copy
from cases import cases
from frames import ACCESS, DIALECTS, OK, line, pulls
from scenes import connected

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython
    heap_lock = heap_unlock = None

ROOM = 1000  # bytes in one piece
_FILLS = sys.implementation.name == "micropython"
_held = [None] * 4000


def fill_heap(room):
    """Take all of the heap but so many bytes in one piece."""
    gc.collect()
    _held[-1] = bytearray(room)
    at = 0
    gc.disable()  # each MemoryError would collect first
    at = fill(at, 1 << 22)
    gc.enable()
    gc.collect()
    at = fill(at, 1 << 13)  # what those left is garbage
    assert at < len(_held)
    _held[-1] = None
    gc.collect()
    assert gc.mem_free() < room + 300, gc.mem_free()


def fill(at, size):
    """Blocks of that size and smaller ones into _held, from `at` on, while there are any; returns where it ended."""
    while size >= 16:
        try:
            _held[at] = bytearray(size)
            at += 1
        except MemoryError:
            size >>= 1
    return at


def empty_heap():
    for i in range(len(_held)):
        _held[i] = None
    gc.collect()


class Wire:
    """A module that allocates nothing: says `says` once, and `replies` to every command; time passes in wait()."""

    def __init__(self, says, reply):
        self.out = says
        self.at = 0
        self.reply = reply
        self.now = 0

    def any(self):
        return len(self.out) - self.at

    def readinto(self, buf, n):
        if n > len(self.out) - self.at:
            n = len(self.out) - self.at
        copy(buf, 0, self.out, self.at, n)
        self.at += n
        return n

    def write(self, buf, start, n):
        if self.reply and buf[start + n - 1] in b"\r":
            self.out = self.reply
            self.at = 0
        return n

    def wait(self, ms, writing):
        assert ms >= 0
        if self.at == len(self.out):
            self.now += ms

    def ticks_ms(self):
        return self.now


def outcome(wire, modem, function, *args, room=ROOM):
    """(errno that function(*args) raises or 0, its class, modules that it loaded), in a full heap."""
    port = modem._engine.port
    port.stream, port.wait, port.ticks_ms = wire, wire.wait, wire.ticks_ms
    before = len(sys.modules)
    caught = None
    if _FILLS:
        fill_heap(room)
    try:
        function(*args)
    except Exception as error:
        caught = error
    finally:
        if _FILLS:
            empty_heap()
    errno = caught.args[0] if caught is not None and caught.args else 0
    kind = None if caught is None else type(caught)
    return errno, kind, len(sys.modules) - before


def moved(dialect, access):
    """A connected socket that has sent and received, with the wire's silence before it."""
    socket, modem, tape, clock, says = connected(dialect, access)
    tape.load(says.send(access, says.first, b"x"))
    socket.sendall(b"x")
    tape.done()
    return socket, modem, tape, says


BUF = bytearray(64)


def assert_timeout(answer):
    errno, kind, loaded = answer
    assert errno == ETIMEDOUT and issubclass(kind, atsock.Timeout) and loaded == 0, answer


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_timeout_of_a_receive(dialect, access):
    socket, modem, tape, says = moved(dialect, access)
    socket.settimeout(2)
    assert_timeout(outcome(Wire(b"", OK), modem, socket.recv_into, BUF))


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_timeout_of_a_send(dialect, access):
    """The module says nothing at all any more."""
    socket, modem, tape, says = moved(dialect, access)
    socket.settimeout(2)
    assert_timeout(outcome(Wire(b"", b""), modem, socket.send, BUF))


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_refused_send(dialect, access):
    socket, modem, tape, says = moved(dialect, access)
    socket.settimeout(20)
    errno, kind, loaded = outcome(Wire(b"", line(b"ERROR")), modem, socket.sendall, BUF)
    assert errno and issubclass(kind, OSError) and loaded == 0, (errno, kind, loaded)


@cases("dialect", DIALECTS)
def test_refused_command(dialect):
    """command() makes a Query, a list, a Job; its refusal takes less than ROOM beside what it takes anyway."""
    socket, modem, tape, says = moved(dialect, "buffer")
    succeeds, kind = least_room(modem, OK)
    assert kind is None
    refused, kind = least_room(modem, line(b"+CME ERROR: 3"))
    assert issubclass(kind, atsock.CommandError)
    assert refused - succeeds <= ROOM, (succeeds, refused)


def least_room(modem, reply):
    """(room, what it raises): the least of the heap in which modem.command() does not fail for want of it."""
    room = 600
    kind = MemoryError
    while kind is MemoryError:
        room += 200
        errno, kind, loaded = outcome(Wire(b"", reply), modem, modem.command, "AT+NONSENSE=1", room=room)
        assert loaded == 0
    return room, kind


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_restart(dialect, access):
    socket, modem, tape, says = moved(dialect, access)
    socket.settimeout(20)
    answer = outcome(Wire(line(b"RDY"), OK), modem, socket.recv_into, BUF)
    assert answer[0] == ECONNRESET and answer[2] == 0, answer
    assert not modem.isconnected()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_close_notice(dialect, access):
    socket, modem, tape, says = moved(dialect, access)
    told = []
    socket.settimeout(20)
    wire = Wire(says.closed(says.first), says.nothing(access, says.first) if pulls(dialect, access) else OK)
    assert outcome(wire, modem, socket.recv_into, BUF) == (0, None, 0)
    told.append(socket.recv(1))
    assert told == [b""]


@cases("dialect", DIALECTS)
def test_a_notice_that_meets_a_locked_heap_is_not_lost(dialect):
    """A lost context and a restart while nothing at all can be allocated: told when something can be again."""
    for notice, event in (("lost", atsock.EVENT_NETWORK_LOST), ("restart", atsock.EVENT_RESTARTED)):
        events = []
        socket, modem, tape, clock, says = connected(dialect, on_event=lambda event, sock, value: events.append(event))
        wire = Wire(says.lost if notice == "lost" else line(b"RDY"), OK)
        port = modem._engine.port
        port.stream, port.wait, port.ticks_ms = wire, wire.wait, wire.ticks_ms
        locked(modem.poll)
        modem.poll()
        assert event in events, (notice, events)


def locked(function):
    """Call it while the heap is locked; what it cannot do then, a MemoryError tells."""
    if _FILLS:
        heap_lock()
    try:
        function()
    except MemoryError:
        pass
    finally:
        if _FILLS:
            heap_unlock()


class HaltingWire(Wire):
    """Has no more than `limit` bytes until 400 ms have passed."""

    limit = 0

    def any(self):
        end = len(self.out) if self.now >= 400 else self.limit
        return end - self.at

    def readinto(self, buf, n):
        n = min(n, self.any())
        copy(buf, 0, self.out, self.at, n)
        self.at += n
        return n

    def wait(self, ms, writing):
        self.now += ms


@cases("dialect", DIALECTS)
def test_payload_that_pauses(dialect):
    """Where the heap has no room to look for boot words behind a pause, what comes is payload."""
    socket, modem, tape, says = moved(dialect, "push")
    tape.load([("!", says.push("push", says.first, b"x"))])
    assert socket.recv(1) == b"x"
    payload = b"\r\nRDYx" * 10
    data = says.push("push", says.first, payload)
    port = modem._engine.port
    wire = HaltingWire(data, b"")
    wire.limit = len(data) - 55
    port.stream, port.wait, port.ticks_ms = wire, wire.wait, wire.ticks_ms
    receive = socket.recv_into
    got = 0
    if _FILLS:
        heap_lock()
    try:
        while got < 60:
            got += receive(BUF)
    finally:
        if _FILLS:
            heap_unlock()
    assert got == 60
