"""A module of which nothing is certain, for programs of any calls: it says whatever it is told to, and answers commands
as a module does, or not.  In memory, in the time of fakes.Clock.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from frames import OK, speech
from scenes import answers, connected
from test_fuzz import vocabulary
from test_transparent import ENDS, online

LONGEST_MS = 600_000  # of any call: what the manuals allow for an open and the settling behind it
COMMAND_MS = 20  # that the module takes for each
MOST_WAITS = 200_000  # of all calls of a program


class Silent(Exception):
    """A call waits beyond all limits: no error of the driver's."""


class Anything:
    """The UART: `data` can be read; what is written is answered while `answers` is true, in pieces of `cut` bytes."""

    baudrate = 115200

    def __init__(self, clock, answer, prompt, sends, result):
        self.clock = clock
        self.answer = answer
        self.prompt = prompt
        self.sends = sends
        self.result = result
        self.data = b""
        self.answers = False
        self.takes = True
        self.cut = 0
        self.waits = 0
        self.typed = b""
        self.owed = 0  # payload bytes of a send that are still to come
        self.asked = 0

    def any(self):
        return min(len(self.data), self.cut or len(self.data))

    def readinto(self, buf, n):
        n = min(n, self.any())
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def write(self, buf, at, n):
        assert 0 <= at and 0 < n and at + n <= len(buf)
        if not self.takes:
            return None
        if self.answers:
            self._hear(bytes(memoryview(buf)[at : at + n]))
        return n

    def _hear(self, data):
        if self.owed:
            taken = min(self.owed, len(data))
            self.owed -= taken
            data = data[taken:]
            if not self.owed:
                self.data += self.result(self.asked)
        self.typed += data
        while b"\r" in self.typed and not self.owed:
            text, self.typed = self.typed.split(b"\r", 1)
            self.clock.now += COMMAND_MS
            if text.startswith(self.sends) and text[text.rfind(b",") + 1 :].isdigit():
                self.asked = self.owed = int(text[text.rfind(b",") + 1 :])
                self.data += self.prompt
            elif text == b"AT+CSQ":
                self.data += b"\r\n+CSQ: 20,99\r\n" + OK
            elif text.startswith(b"AT"):
                self.data += self.answer(text)
        self.typed = self.typed[-400:]

    def wait(self, ms, writing):
        assert ms >= 0, "a wait of %d ms" % ms
        self.waits += 1
        if self.waits > MOST_WAITS:
            raise Silent("it spins")
        if not self.data:
            self.clock.now += max(ms, 1)
        elif self.cut:
            self.clock.now += 1


def scene(dialect, access):
    """(modem, [socket], Anything, words): attached, with an open socket, in data mode for "transparent"."""
    if access == "transparent":
        socket, modem, tape, clock = online(dialect, timeout=3)
    else:
        socket, modem, tape, clock, _ = connected(dialect, access, timeout=3, on_event=lambda *event: None)
    says = speech(dialect)
    link = says.first
    send = says.send("buffer", link, b"abc")
    line = Anything(
        clock, _answer(says), says.prompt, send[0][1].split(b"=")[0], lambda n: says.result("buffer", link, n))
    port = modem._engine.port
    port.stream, port.wait, port.ticks_ms = line, line.wait, clock.ticks_ms
    clock.tape = None
    words = vocabulary(dialect, "buffer" if access == "transparent" else access)
    words += [ENDS[dialect], b"\r\nNO CARRIER\r\n", b"\r\nCONNECT\r\n", says.lost, b"\r\nAPP RDY\r\n", b"+++"]
    words += [data for _, data in says.close(link) if data.startswith(b"\r")]
    return modem, [socket], line, words


def _answer(says):
    usual = answers(says)

    def answer(text):
        try:
            return usual(text)
        except (IndexError, ValueError):  # a command that was spoilt on its way
            return b"\r\nERROR\r\n"

    return answer


def check_memory(modem, ids):
    """Nothing of the driver's has grown beyond its size."""
    session, engine = modem._session, modem._engine
    assert len(engine.tokens.line) < 1000 and len(engine.transmitter.line) < 1000
    assert len(engine.events or ()) <= 32 and len(engine.links) <= ids
    for link in engine.links.values():
        assert link.buf is None or len(link.buf) <= 1 << 17, len(link.buf)
        if link.data_filter is not None:
            assert len(link.data_filter.held) <= 1 << 13
    for server in engine.servers.values():
        assert len(server.queue) <= 64, len(server.queue)
    assert _length(session.jobs) < 200 and _length(session.queue) < 200


def _length(first):
    n = 0
    while first is not None:
        n += 1
        first = first.next
    return n
