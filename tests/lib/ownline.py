"""A module in data mode for tests: command mode, data mode, the escape with its silences, a peer, and their faults.

Runs on CPython and MicroPython, in the time of fakes.Clock.
"""

from frames import ERROR, OK, line, speech
from test_transparent import online

GUARD_MS = 1000
GONE = (104, 107)  # ECONNRESET, ENOTCONN
FIBOCOM = ("nl668", "l610")
SIMCOM = ("a7600", "sim7028")


class Line:
    """A module whose connection has the line: command mode, data mode, the escape with its silences, and a peer."""

    baudrate = 115200

    def __init__(self, dialect, modem, clock):
        self.dialect = dialect
        self.clock = clock
        self.data_mode = True
        self.alive = True  # does it listen at all?
        self.takes = True  # does the UART take anything?
        self.connected = True
        self.attached = True
        self.echo = False
        self.echo_ms = 0  # it comes so late
        self.out = []  # [ms when it can be read, bytes]
        self.typed = b""
        self.commands = []
        self.peer = b""  # what has reached the peer
        self.on_peer = None  # its answer to what reaches it
        attachment = speech(dialect).attach()
        self.states = {attachment.question: attachment.active}  # answers to these commands
        self.wrote_at = clock.now - 10_000
        self.escape_at = 0  # ms, 0: no +++ is on its way
        self.beside = b""  # what the peer says right before the OK
        self.ok = OK
        self.ok_ms = 0  # the module is so slow
        self.behind = b""  # what comes a moment behind the OK
        self.lose = 0  # the next +++ loses so many of its bytes
        self.resumed = line(b"CONNECT")
        self.resume_ms = 0
        self.waits = 0
        self.interrupt = 0  # this wait, counted from 1, is interrupted
        port = modem._engine.port
        port.stream, port.wait, port.ticks_ms = self, self.wait, self.ticks_ms

    # -- the clock

    def ticks_ms(self):
        return self.clock.now

    def wait(self, ms, writing):
        assert ms >= 0
        self.waits += 1
        if self.waits == self.interrupt:
            raise KeyboardInterrupt
        if not self.any():
            self.clock.pass_ms(max(1, min(ms, 20)))

    # -- machine.UART

    def any(self):
        self._tick()
        return len(self.out[0][1]) if self.out and self.out[0][0] <= self.clock.now else 0

    def readinto(self, buf, n):
        n = min(n, self.any())
        if n:
            data = self.out[0][1]
            buf[:n] = data[:n]
            self.out[0][1] = data[n:]
            if not self.out[0][1]:
                self.out.pop(0)
        return n

    def write(self, buf, start, n):
        if not self.takes:
            return None
        self._tick()
        data = bytes(memoryview(buf)[start : start + n])
        silence = self.clock.now - self.wrote_at
        self.wrote_at = self.clock.now
        if self.escape_at:  # it was none
            self.escape_at = 0
            self.reach(b"+++")
        if not self.alive:
            return n
        if not self.data_mode:
            self._type(data)
        elif data == b"+++" and silence >= GUARD_MS and not self.lose:
            self.escape_at = self.clock.now + GUARD_MS
            self.say(self.beside, GUARD_MS - 20)
        else:
            if data == b"+++":
                data = data[self.lose :]
                self.lose = 0
            self.reach(data)
        return n

    def _tick(self):
        if self.escape_at and self.clock.now >= self.escape_at:
            self.escape_at = 0
            self.data_mode = False
            self.say(self.ok, self.ok_ms)
            self.say(self.behind, self.ok_ms + 10)

    # -- both sides

    def say(self, data, ms=0):
        if data:
            self._put(self.clock.now + ms, data)

    def _put(self, at, data):
        i = len(self.out)
        while i and self.out[i - 1][0] > at:
            i -= 1
        self.out.insert(i, [at, data])

    def reach(self, data):
        self.peer += data
        if self.on_peer:
            self.say(self.on_peer(data))

    def end(self, said, ms=0):
        """The connection is gone, and this is what the module says of it."""
        self.data_mode = self.connected = False
        self.say(said, ms)

    # -- command mode

    def _type(self, data):
        if self.echo:
            self.say(data, self.echo_ms)
        self.typed += data
        while b"\r" in self.typed:
            text, self.typed = self.typed.split(b"\r", 1)
            at = text.find(b"AT")
            if at >= 0:
                self.commands.append(text[at:])
                self.say(self.answer(text[at:]))

    def answer(self, text):
        if text in (b"ATO", b"AT+QISWTMD=0,2") or text.startswith(b'AT+CIPOPEN=0,"UDP"'):
            return self._resume()
        if text in self.states:
            return self.states[text]
        if text == b"AT+CSQ":
            return line(b"+CSQ: 20,99") + OK
        if text == b"AT+CIPCLOSE?":
            return line(b"+CIPCLOSE: %d,0,0,0,0,0,0,0,0,0" % self.connected) + OK
        if text == b"AT+QISTATE?" or text == b"AT+MIPCLOSE?":
            return OK
        if text.startswith(b"AT+QIRD="):
            return line(b"+QIRD: 0") + OK
        if text == b"AT+QIGETERROR":
            return line(b"+QIGETERROR: 567,Socket has been closed") + OK
        if b"CLOSE=" in text:
            self.connected = False
            return speech(self.dialect).close(int(text.split(b"=")[1]))[1][1]
        return OK

    def _resume(self):
        if not self.connected:
            return ERROR if self.dialect in ("bg96", "a7600") else line(b"NO CARRIER")
        self.data_mode = True
        if self.resume_ms:
            # The bytes that come before are a command line to it.
            self.data_mode = False
            self.say(self.resumed, self.resume_ms)
            self.resume_at = self.clock.now + self.resume_ms
            tick = self._tick

            def later():
                tick()
                if self.clock.now >= self.resume_at:
                    self.data_mode = True
                    self._tick = tick

            self._tick = later
            return b""
        return self.resumed


def on_line(dialect, timeout=60, udp=False, **options):
    """(socket, modem, Line): connected, in data mode."""
    socket, modem, tape, clock = online(dialect, udp, timeout, **options)
    return socket, modem, Line(dialect, modem, clock)


def works(socket, module):
    """Data goes both ways."""
    before = len(module.peer)
    assert socket.send(b"ping") == 4
    module.say(b"pong")
    assert socket.read(4) == b"pong"
    assert module.peer[before:] == b"ping", module.peer
