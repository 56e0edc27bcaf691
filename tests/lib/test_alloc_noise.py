"""Unsolicited lines during transfers under heap_lock(): what the module says beside its answers needs no heap
either."""

import test_alloc as alloc
from atsock.core.tokenizer import Tokenizer, is_odd
from cases import cases
from fakes import Case
from frames import ACCESS, DIALECTS, line
from responder import SIZE, SOURCE, Responder
from test_alloc import LOCKS, Taker, heap_lock, heap_unlock, mem_total, readinto, recv_into, send

LINES = (
    line(b"RING"), b"\r\n\r\n", line(b"+CREG: 2"), line(b'+CEREG: 1,"1A2B","01234567",7'), line(b"SMS DONE"),
    line(b"*PSUTTZ: 26/11/21,03:00:00"),
    line(b"^SIMST: 1"), line(b"%NWSEARCH"), line(b'+QIND: "csq",20,99'), line(b'+QIURC: "xyz",1'), line(b"+CTZV: +32"),
    line(b"AT+CSQ"), line(b">"),
    line(b'+MSTK: 11, "' + b"D0" * 200 + b'"'), line(b"+CIPERROR: 2"), line(b"+QPING: 569"), line(b"+MIPPUSH: 6,0,5"),
    line(b"Call Ready"),
)  # fmt: skip


class Chatty(Responder):
    """Says one of LINES before each of its own."""

    turn = 0

    def _chat(self):
        self.turn = (self.turn + 1) % len(LINES)
        self._say(LINES[self.turn])

    def _answer(self, asked):
        self._chat()
        Responder._answer(self, asked)
        self._chat()

    def _push(self):
        self._chat()
        Responder._push(self)

    def _finish(self):
        self._chat()
        Responder._finish(self)
        self._chat()


class Begun(Responder):
    """Begins a line behind each of its answers, and ends it when it has to say something else."""

    begun = False

    def _say(self, text):
        if self.begun:
            self.begun = False
            Responder._say(self, b"1,99\r\n")
        Responder._say(self, text)

    def _answer(self, asked):
        Responder._answer(self, asked)
        self._begin()

    def _finish(self):
        Responder._finish(self)
        self._begin()

    def _begin(self):
        self._say(b'\r\n+QIND: "csq",3')
        self.begun = True


def _send(socket, module, taker, buf, n):
    send(socket, n)


def _recv_into(socket, module, taker, buf, n):
    module.coming += n
    recv_into(socket, taker, buf, taker.n + n)


def _readinto(socket, module, taker, buf, n):
    module.coming += n
    readinto(socket, taker, buf, taker.n + n)


def _run(dialect, access, transfer, lock, kind=Chatty):
    socket, module = alloc._prepare(dialect, access, 64, kind)
    taker = Taker(SOURCE)
    buf = bytearray(300)
    transfer(socket, module, taker, buf, 2 * SIZE)
    before = mem_total()
    if lock:
        heap_lock()
    try:
        transfer(socket, module, taker, buf, 20 * SIZE)
    finally:
        if lock:
            heap_unlock()
    assert mem_total() == before, "%d bytes allocated" % (mem_total() - before)
    assert not module.wrong and not module.gather.wrong and not taker.wrong


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_heap_is_locked_among_notices(dialect, access):
    for transfer in (_send, _recv_into, _readinto):
        with Case(dialect, access, transfer):
            _run(dialect, access, transfer, LOCKS[0])


@cases("dialect", DIALECTS)
def test_lines_that_begin_before_a_command_take_no_heap(dialect):
    for transfer in (_send, _recv_into, _readinto):
        for lock in LOCKS:
            with Case(dialect, transfer, lock):
                _run(dialect, "buffer", transfer, lock, Begun)


def test_what_stands_behind_a_payload_is_looked_at_without_heap():
    """Of a line, a prompt or an echo that has come as far as its first byte or two, and of what is odd there."""
    tokens = Tokenizer()
    for data, odd in ((b"\r", False), (b"\n\r", True), (b"+M", False), (b"> ", False), (b"AT", False), (b"xy", True)):
        tokens.window[: len(data)] = data
        tokens.position[0], tokens.position[1] = 0, len(data)
        if LOCKS:
            heap_lock()
        try:
            found = is_odd(tokens)
        except MemoryError:
            found = None
        finally:
            if LOCKS:
                heap_unlock()
        assert found == odd, data
