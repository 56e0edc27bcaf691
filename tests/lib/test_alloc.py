"""The promise of API.md: after a socket's first transfer in each direction send, write, recv_into and readinto allocate
nothing.

On MicroPython the transfers run under heap_lock(), where nothing can be allocated, and once more with mem_total()
looked at, which
also sees the frames of methods that are too large for the C stack (MicroPython falls back silently when the heap is
locked).
On CPython neither can be measured: the same transfers run, and the bytes are compared.
ATSOCK_TEST_BYTES sets how much goes through each case (1048576: the promise's own size; some minutes).
"""

import os

from atsock.core.movers import copy
from cases import cases
from fakes import Case
from frames import ACCESS, DIALECTS
from responder import SIZE, SOURCE, Gatherer, Grudge, Responder
from scenes import connected
from test_datagrams import reception, send_script, udp
from test_transparent import online

LOCKS = (True, False)
try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython
    LOCKS = (False,)

    def heap_lock():
        pass

    def heap_unlock():
        pass


try:
    from micropython import mem_total
except ImportError:  # CPython, and ports without MEM_STATS

    def mem_total():
        return 0


BYTES = int(os.getenv("ATSOCK_TEST_BYTES") or 6 * SIZE)
# Bytes per read of the UART, the fraction of BYTES for it, and is the line reluctant (responder.py)?
WINDOWS = ((256, 1, False), (64, 1, False), (7, 4, False), (1, 12, True))

_small = bytearray(100)
_large = bytearray(2048)


class Taker(Gatherer):
    """Compares what was received with SOURCE."""

    def take(self, buf, n):
        at = 0
        while at < n:
            at += self.write(buf, at, n - at)


def send(socket, n):
    while n > 0:
        n -= socket.send(SOURCE)


def write(socket, n):
    # In two parts, so that the offset counts.
    while n > 0:
        n -= socket.write(SOURCE, 0, 300)
        n -= socket.write(SOURCE, 300, SIZE - 300)


# Small frames here too: what the test allocates would be counted.


def recv_into(socket, taker, buf, n):
    while taker.n < n:
        _recv_into(socket, taker, buf, n - taker.n)


def _recv_into(socket, taker, buf, n):
    n = socket.recv_into(buf, n)
    taker.take(buf, n)


def readinto(socket, taker, buf, n):
    while taker.n < n:
        _readinto(socket, taker, buf, n - taker.n)


def _readinto(socket, taker, buf, n):
    n = socket.readinto(buf, n)
    taker.take(buf, n)


def _prepare(dialect, access, cut, kind=Responder, harsh=False):
    socket, modem, tape, clock, says = connected(dialect, access, timeout=None)
    port = modem._engine.port
    module = kind(dialect, access, says.first, 256)
    port.stream = module
    port.wait = module.wait
    port.ticks_ms = module.ticks_ms
    # First transfers: buffers are made.
    send(socket, 2 * SIZE)
    write(socket, 2 * SIZE)
    for buf in (_small, _large):
        for receive in (recv_into, readinto):
            taker = Taker(SOURCE)
            module.coming += 2 * SIZE
            receive(socket, taker, buf, 2 * SIZE)
    # They were easy; what is measured is not, and finds everything made all the same.
    module.cut = cut
    module.grudge = Grudge(harsh)
    return socket, module


def _sends(dialect, access, method, lock):
    for cut, part, harsh in WINDOWS:
        n = max(BYTES // part // SIZE, 1) * SIZE
        with Case(dialect, access, "window", cut, "locked" if lock else "counted"):
            socket, module = _prepare(dialect, access, cut, harsh=harsh)
            before = mem_total()
            if lock:
                heap_lock()
            try:
                method(socket, n)
            finally:
                if lock:
                    heap_unlock()
            assert mem_total() == before, "%d bytes allocated" % (mem_total() - before)
            assert not module.wrong and not module.gather.wrong, "not what was sent"
            assert module.gather.n == (n + 4 * SIZE) * len(module.gather.block) // SIZE


def _receptions(dialect, access, method, buf, lock):
    for cut, part, harsh in WINDOWS:
        n = max(BYTES // part // SIZE, 1) * SIZE
        with Case(dialect, access, "window", cut, "buffer", len(buf), "locked" if lock else "counted"):
            socket, module = _prepare(dialect, access, cut, harsh=harsh)
            taker = Taker(SOURCE)
            module.coming += n
            before = mem_total()
            if lock:
                heap_lock()
            try:
                method(socket, taker, buf, n)
            finally:
                if lock:
                    heap_unlock()
            assert mem_total() == before, "%d bytes allocated" % (mem_total() - before)
            assert taker.n == n and not taker.wrong, "not what the module gave"


def _write_at_once(socket, module, n):
    at = 0
    while n > 0:
        taken = socket.write(SOURCE, at, SIZE - at)
        if taken is None:
            module.wait(0, False)
        else:
            n -= taken
            at = (at + taken) % SIZE
    while not socket.ioctl(3, 4):
        module.wait(0, False)


def _read_at_once(socket, module, taker, n):
    while taker.n < n:
        taken = socket.readinto(_small)
        if taken is None:
            module.wait(0, False)
        else:
            taker.take(_small, taken)


def _both_at_once(socket, module, taker, n):
    _write_at_once(socket, module, n)
    _read_at_once(socket, module, taker, n)


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_not_waiting_allocates_nothing(dialect, access):
    """A non-blocking socket, polled: the same promise once it has sent and received."""
    for lock in LOCKS:
        with Case(dialect, access, "locked" if lock else "counted"):
            socket, module = _prepare(dialect, access, 256)
            socket.setblocking(False)
            taker = Taker(SOURCE)
            module.coming += 8 * SIZE
            _both_at_once(socket, module, taker, 2 * SIZE)
            before = mem_total()
            if lock:
                heap_lock()
            try:
                _both_at_once(socket, module, taker, 8 * SIZE)
            finally:
                if lock:
                    heap_unlock()
            assert mem_total() == before, "%d bytes allocated" % (mem_total() - before)
            assert taker.n == 8 * SIZE and not taker.wrong, "not what the module gave"
            assert not module.wrong and not module.gather.wrong, "not what was sent"


class Pipe:
    """A UART in data mode: gives SOURCE over and over, in pieces and with silences, and takes it."""

    def __init__(self, cut, harsh=False):
        self.cut = cut
        self.grudge = Grudge(harsh)
        self.coming = 0
        self.at = 0
        self.now = 0
        self.gather = Gatherer(SOURCE)

    def any(self):
        if self.grudge.silent:
            return 0
        return self.coming if self.coming < self.cut else self.cut

    def readinto(self, buf, n):
        n = min(n, self.any(), SIZE - self.at)
        copy(buf, 0, SOURCE, self.at, n)
        self.at = (self.at + n) % SIZE
        self.coming -= n
        self.grudge.silent = self.grudge.harsh
        return n

    def write(self, buf, at, n):
        n = self.grudge.takes(n)
        return self.gather.write(buf, at, n) if n else n

    def wait(self, ms, writing):
        if ms < 0:
            raise ValueError("a negative wait")
        self.grudge.silent = False
        if not self.any():
            self.now += 1 if writing else ms

    def ticks_ms(self):
        return self.now


@cases("dialect", DIALECTS)
def test_transparent_allocates_nothing(dialect):
    """Data mode: SOURCE ends in what could be the module's last words, which are waited for and handed on."""
    for cut, _, harsh in WINDOWS:
        for lock in LOCKS:
            with Case(dialect, cut, "locked" if lock else "counted"):
                socket, modem, tape, clock = online(dialect, timeout=None)
                pipe = Pipe(cut, harsh)
                port = modem._engine.port
                port.stream, port.wait, port.ticks_ms = pipe, pipe.wait, pipe.ticks_ms
                send(socket, SIZE)
                write(socket, SIZE)
                taker = Taker(SOURCE)
                pipe.coming += SIZE
                recv_into(socket, taker, _small, SIZE)
                pipe.coming += 4 * SIZE
                before = mem_total()
                if lock:
                    heap_lock()
                try:
                    send(socket, 2 * SIZE)
                    write(socket, 2 * SIZE)
                    recv_into(socket, taker, _small, 3 * SIZE)
                    readinto(socket, taker, _large, 5 * SIZE)
                finally:
                    if lock:
                        heap_unlock()
                assert mem_total() == before, "%d bytes allocated" % (mem_total() - before)
                assert taker.n == 5 * SIZE and not taker.wrong and pipe.gather.n == 6 * SIZE and not pipe.gather.wrong


class Loop:
    """A module that says and takes the same again and again: a script of fakes.Tape without silences."""

    def __init__(self, script):
        self.script = script
        self.i = 0
        self.at = 0

    def any(self):
        kind, data = self.script[self.i]
        return 0 if kind == ">" else len(data) - self.at

    def readinto(self, buf, n):
        if n > self.any():
            n = self.any()
        copy(buf, 0, self.script[self.i][1], self.at, n)
        return self._on(n)

    def write(self, buf, at, n):
        if self.script[self.i][0] != ">":
            raise ValueError("written before it was read")
        if n > len(self.script[self.i][1]) - self.at:
            n = len(self.script[self.i][1]) - self.at
        return self._on(n)

    def _on(self, n):
        self.at += n
        if self.at == len(self.script[self.i][1]):
            self.at = 0
            self.i = (self.i + 1) % len(self.script)
        return n


def _repeat(n, method, argument):
    while n:
        method(argument)
        n -= 1


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_datagrams_allocate_nothing(dialect, access):
    """send() and recv_into() of UDP: the sender's address is kept, too."""
    for lock in LOCKS:
        with Case(dialect, access, "locked" if lock else "counted"):
            socket, modem, tape, clock, says = udp(dialect, access)
            port = modem._engine.port
            payload = SOURCE[:200]
            script = reception(says, dialect, access, payload)
            if script[-1][0] == "<" and not says.tells_rest:  # a short read is followed by another
                script += [script[1], ("<", says.nothing(access, says.first))]
            receive, send = socket.recv_into, socket.send  # making a bound method allocates
            sends = Loop(send_script(says, dialect, access, payload))
            comes = Loop(script)
            for _ in range(2):
                port.stream = sends
                socket.send(payload)
                port.stream = comes
                assert socket.recv_into(_large) == 200 and _large[:200] == payload
            before = mem_total()
            if lock:
                heap_lock()
            try:
                _repeat(5, receive, _large)
                port.stream = sends
                _repeat(5, send, payload)
            finally:
                if lock:
                    heap_unlock()
            assert mem_total() == before, "%d bytes allocated" % (mem_total() - before)


@cases("method", (send, write), ("send", "write"))
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_sending_allocates_nothing(dialect, access, method):
    for lock in LOCKS:
        _sends(dialect, access, method, lock)


@cases("method", (recv_into, readinto), ("recv_into", "readinto"))
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_receiving_allocates_nothing(dialect, access, method):
    for buf in (_small, _large):
        for lock in LOCKS:
            _receptions(dialect, access, method, buf, lock)


def test_the_measure_works():
    """What allocates is seen, or the tests above would prove nothing.  On CPython there is nothing to see."""
    before = mem_total()
    assert len(bytearray(1000)) == 1000
    counted = mem_total() - before
    heap_lock()
    failed = False
    try:
        bytearray(1000)
    except MemoryError:
        failed = True
    heap_unlock()
    assert failed == (len(LOCKS) == 2)
    assert counted >= 1000 or mem_total() == 0
