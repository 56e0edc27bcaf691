"""What a non-blocking send has taken and the module has not: one command's worth, copied, on its way in the background.

The caller's buffer may be gone as soon as the call is over (C code hands out memory of its stack).  Stepped as a job of
the session.  What the module refuses for want of room is offered again after a pause; any other failure makes the link
unusable, which the next call reports.  Allocates nothing after the first send.  Knows as well how a module is asked for
room, for all that sends.
It keeps its socket alive as long as it holds something, and no longer: a dropped socket is gone at once on CPython.
"""

from ..core.command import number_at, query
from ..core.jobs import Job
from ..core.movers import const, copy

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from ..core.link import Link
    from ..core.session import Session
    from .base import Socket

# words.py
_AGAIN = const(-11)
_OPEN = const(2)

_CHUNK = const(1)  # of Table.ACCESS

_PROMPT_MS = const(5)  # a send that does not wait gives the module so long to be ready for the payload
_CREDIT_QUERIES = const(8)
_CREDIT_PAUSE_MS = const(50)  # before the first of them, doubled up to
_CREDIT_PAUSE_MAX_MS = const(2000)


class SendBuffer:
    """What one socket has taken for sending; a job of the session while it is not empty."""

    next = None  # in the session's list of jobs

    def __init__(self):
        self.socket: "Socket" = None  # whose it is, while it is not empty
        self.link: "Link" = None  # from the first send on
        self.buf: "bytearray" = None  # likewise
        self.n = 0  # bytes of it that the module has not accepted; 0: empty
        self.lost = False  # bytes were not accepted, and nobody has been told

    def is_empty(self):
        """True when the module has accepted, or refused for good, all that was taken."""
        return self.n == 0

    def copy_in(self, socket: "Socket", buf, pos, n):
        """Copy what fits of buf[pos:pos + n] and start sending it; returns how much it is.  Only while it is empty."""
        # One local more would be heap.
        self.link = socket._link
        if self.buf is None:
            self.buf = bytearray(socket._table[_CHUNK])
        if n > len(self.buf):
            n = len(self.buf)
        if self.link.tx_credit == 0:
            return request_credit(socket._session, self.link)
        if 0 < self.link.tx_credit < n and not self.link.keeps_borders:
            n = self.link.tx_credit
        copy(self.buf, 0, buf, pos, n)
        self.socket = socket
        self.n = n
        if socket._session.stepping or not self.advance():  # else it has its turn at once: the stack is deep here
            socket._session.add(self)
            if socket.takes_in:
                self._let_out()
        return n

    def _let_out(self):
        # Wait until the module is ready for the payload, but for a few ms only: the program may turn to something else
        # for long, and what was taken would lie here.
        engine = self.socket._engine
        give_up = engine.after_ms(_PROMPT_MS)
        while engine.command is self.link.tx and not engine.rx_blocked:
            left = engine.until_ms(give_up)
            if left <= 0 or engine.transmitter.out is self.buf and not engine.transmitter.left:
                return
            # As Session.wait(), but that events and jobs have their turn later.
            engine.port.wait(engine.remaining_ms(left), engine.transmitter.left > 0)
            engine.pump()

    def advance(self):
        """One step, as of a job; True when it is empty again."""
        socket = self.socket
        if not self.n:
            return True
        if socket._writing:
            got = socket._send_result(self.link)
            if got != _AGAIN:  # else it is in flight, or will be offered again
                self._end(got)
        elif self.link.state != _OPEN:
            self._end(0)
        elif not self.link.flow_off and not self._is_pausing(socket):
            tx = self.link.tx
            tx.buf = self.buf
            tx.start = 0
            tx.n = self.n
            socket._writing = True
            socket._session.submit(tx)
        return self.n == 0

    def remaining_ms(self, ms):
        """How long a front may wait before advance() must be called again: ms, or less."""
        socket = self.socket
        if socket is not None and socket._retry_ms and not socket._writing and not self.link.flow_off:
            left = socket._engine.until_ms(socket._retry_at)
            return min(ms, max(left, 0))
        return ms

    def _is_pausing(self, socket):
        # Is this the pause after a refusal?
        return socket._retry_ms and not socket._engine.is_past(socket._retry_at)

    def _end(self, accepted):
        self.lost = accepted != self.n
        self.n = 0
        self.socket = None

    def drop(self):
        """Give up what is in it."""
        socket = self.socket
        socket._session.remove(self)
        if socket._writing and not socket._session.withdraw(self.link.tx):
            socket._engine.abandon(self.link.tx)
        self._end(0)


# -- room for sending, where a module must be asked for it


def request_credit(session: "Session", link: "Link") -> int:
    """The module said that it has room for nothing: ask it in the background until it has.  Returns AGAIN."""
    if not link.querying_credit:
        if session.table.ROOM is None:
            link.tx_credit = -1
        else:
            link.querying_credit = True
            session.add(Job(session, _credit_steps(session, link)))
    return _AGAIN


def _credit_steps(session, link):
    text, prefix = session.table.ROOM
    pause_ms = _CREDIT_PAUSE_MS
    try:
        for _ in range(_CREDIT_QUERIES):
            yield pause_ms
            command = query(text, prefix=prefix)
            yield command
            for line in command.lines:
                if number_at(line, 0) == link.id and number_at(line, 1) > 0:
                    link.tx_credit = number_at(line, 1)
                    return
            pause_ms = min(pause_ms * 2, _CREDIT_PAUSE_MAX_MS)
        link.tx_credit = -1  # some firmware always reports 0 free; let the next send decide
    finally:
        link.querying_credit = False
