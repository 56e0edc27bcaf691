"""A program that carries data over one connection after the other, and judges what the driver does when things fail.

Runs on CPython (tools/matrix, tools/soak) and MicroPython (tools/soak --board).  Knows the driver's public interface
and a `peer`, who holds the other end: say(n) sends the next n bytes of the pattern; heard() is (how many bytes came,
how many of them are the pattern's, how many zeros follow those, how many bytes the module has taken from it, how many
single bytes are missing in what came).  Every call is timed with the clock that it was given.

What must hold: a call ends within its own time and 100 ms; what was counted as sent has arrived, or an error or an
event told of the loss; what is received is the pattern from its beginning, or the socket tells an error; none of it is
the module's words; an end of the stream comes behind all of it; errors are OSErrors.
"""

SLACK_MS = 100
ATTACH_MS = 60_000
CONNECT_MS = 30_000
TRANSFER_MS = 20_000
RECOVER_MS = 500_000     # four rungs: twice a minute, twice three minutes, and the pauses between them
ATTEMPTS = 4
_LOSSES = (2, 4, 5, 8)      # EVENT_CLOSED, EVENT_NETWORK_LOST, EVENT_RESTARTED, EVENT_OVERFLOW
UP, DOWN = 700, 900
WORDS = (
    "OK", "RDY", "READY", "+Q", "+CIP", "+MIP", "+IP", "RING", "+CREG", "CLOSED", "CARRIER", "+++", "ERROR",
)  # fmt: skip
PERIOD = 4093


def pattern(length=PERIOD):
    """Bytes whose place can be told from any few of them; none is like another one nearby."""
    made = bytearray(length)
    x = 12345
    for i in range(length):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        made[i] = x >> 16 & 255
    return bytes(made)


class Connection:
    """A socket with what has gone through it."""

    def __init__(self, socket):
        self.socket = socket
        self.up = 0         # bytes counted as sent
        self.tried = 0      # and offered
        self.down = 0       # received
        self.said = 0       # by the peer
        self.failed = False     # a call has told an error
        self.ended = False      # recv() has told the end
        self.losses = 0     # what Program.losses was before
        self.damaged = ""       # what came that was not sent: a line may do that, but the socket must fail


class Program:
    """`modem`: a Modem; `access`: of its sockets; `clock()`: milliseconds; `problems`: what did not hold, as texts."""

    def __init__(self, modem, access, peer, clock, source=None):
        self.modem = modem
        self.access = access
        self.peer = peer
        self.clock = clock
        self.problems = []
        self.errors = []        # names of the errors that were told, the last ones in order
        self.told = 0           # and how many
        self.connections = 0
        self.up = self.down = 0     # bytes
        self.recoveries = 0
        self.longest_ms = 0     # recovery
        self.source = source or pattern() * 2
        self.losses = 0         # that on_event was told of
        self.buf = bytearray(512)

    def note(self, text):
        self.problems.append(text)

    def call(self, what, limit_ms, function, *args):
        """Its value, None when it raised OSError; (its second value) True when it returned."""
        since = self.clock()
        value, well = None, False
        try:
            value = function(*args)
            well = True
        except OSError as error:
            self.errors.append("%s: %s" % (what, type(error).__name__))
            if len(self.errors) > 20:
                self.errors.pop(0)
            self.told += 1
        except Exception as error:
            self.note("%s raised %r" % (what, error))
        took = self.clock() - since
        if limit_ms is not None and took > limit_ms + SLACK_MS:
            self.note("%s took %d ms of %d" % (what, took, limit_ms))
        return value, well

    def on_event(self, event, sock, value):
        """For Modem(on_event=...)."""
        if event in _LOSSES:
            self.losses += 1

    # ---- steps

    def attach(self):
        return self.call("attach", ATTACH_MS, lambda: self.modem.attach("internet", timeout_ms=ATTACH_MS))[1]

    def connect(self):
        """A Connection, None when it fails."""
        socket = self.modem.socket(access=self.access)
        socket.settimeout(CONNECT_MS / 1000)
        connection = Connection(socket)
        connection.losses = self.losses
        if self.call("connect", CONNECT_MS, socket.connect, ("192.0.2.10", 80))[1]:
            socket.settimeout(TRANSFER_MS / 1000)
            return connection
        connection.failed = True
        self.close(connection)
        return None

    def send(self, connection, n=UP):
        left = n
        while left and not connection.failed:
            at = connection.up % PERIOD
            piece = self.source[at : at + min(left, PERIOD)]
            connection.tried = connection.up + len(piece)
            taken, well = self.call("send", TRANSFER_MS, connection.socket.send, piece)
            if not well:
                connection.failed = True
            elif not taken:
                self.note("send returned %r" % taken)
                connection.failed = True
            else:
                connection.up += taken
                left -= taken

    def receive(self, connection, n=DOWN):
        self.peer.say(n)
        connection.said += n
        while connection.down < connection.said and not (connection.failed or connection.ended):
            got, well = self.call("recv", TRANSFER_MS, connection.socket.recv_into, self.buf)
            if not well:
                connection.failed = True
            elif not got:
                connection.ended = True
            else:
                self._received(connection, got)

    def _received(self, connection, got):
        at = connection.down % PERIOD
        if self.buf[:got] != self.source[at : at + got]:
            connection.damaged = connection.damaged or "behind %d: %r" % (connection.down, bytes(self.buf[:got]))
        connection.down += got

    def escape(self, connection):
        """Data mode: out and in again."""
        for what, function in (("escape", connection.socket.escape), ("signal", self.modem.signal),
                               ("resume", connection.socket.resume)):
            limit = 60_000 if what == "signal" else TRANSFER_MS
            if not connection.failed and not self.call(what, limit, function)[1]:
                connection.failed = what != "signal"

    def close(self, connection):
        limit = connection.socket._close_limit_ms()
        if not self.call("close", limit if limit >= 0 else None, connection.socket.close)[1]:
            connection.failed = True

    def judge(self, connection):
        """Of a closed connection, with what the peer has heard."""
        self.connections += 1
        self.up += connection.up
        self.down += connection.down
        heard, fits, zeros, said, missing = self.peer.heard()
        if connection.ended and connection.down < said:
            self.note("an end of the stream behind %d of %d bytes" % (connection.down, said))
        is_told = connection.failed or self.losses > connection.losses
        if connection.damaged and not is_told:
            self.note("received other bytes than were sent, and no error: " + connection.damaged)
        for word in WORDS:
            if word in connection.damaged:
                self.note("received the module's words: " + connection.damaged)
                break
        is_told = is_told or connection.ended or not self.modem.isconnected()
        if heard < connection.up and not is_told:
            self.note("%d bytes counted as sent, %d arrived, no error" % (connection.up, heard))
        if fits > connection.tried or fits + zeros < heard or (zeros or missing) and not connection.failed:
            self.note("the peer got %d bytes, %d as sent, of %d" % (heard, fits, connection.tried))

    # ---- together

    def exchange(self, up=UP, down=DOWN):
        """One connection with data both ways; True when all of it went well."""
        connection = self.connect()
        if connection is None:
            return False
        self.send(connection, up)
        self.receive(connection, down)
        well = not connection.failed and not connection.ended
        self.close(connection)
        self.judge(connection)
        return well and not connection.failed

    def recover(self):
        """What a program does when something has failed, until data goes through; False when nothing helps."""
        since = self.clock()
        for attempt in range(ATTEMPTS):
            if attempt:
                self.recoveries += 1
                self.call("recover", RECOVER_MS, self.modem.recover)
            elif not self.attach():
                continue
            if self.exchange(300, 300):
                self.longest_ms = max(self.longest_ms, self.clock() - since)
                return True
        self.note("not recovered")
        return False
