"""What a non-blocking send has taken and the module has not: one command's worth, copied, on its way in the background.

The caller's buffer may be gone as soon as the call is over (C code hands out memory of its stack).  Stepped as a job
(background.py).  What the module refuses for want of room is offered again after a pause; any other failure makes
the link unusable, which the next call reports.  Loaded by the first non-blocking send, and kept; allocates nothing after that.
"""

from .fast import const, copy
from .sockets import Socket

# See sockets.py.
_AGAIN = const(-11)
_A_CHUNK = const(1)
_OPEN = const(2)


class Outbox:
    next = None  # job of the modem

    def __init__(self, socket):
        self.socket = socket
        self.link = None
        self.buf = None  # from the first send on
        self.n = 0  # bytes of it that the module has not accepted; 0: empty
        self.lost = False  # bytes were not accepted, and nobody has been told

    def is_empty(self):
        return self.n == 0

    def may_post(self):
        """0 when a command's worth can be taken, or a negative errno."""
        socket = self.socket
        socket._modem._service()
        link = socket._link
        if link is None:
            return socket._no_link()
        if self.n:
            return _AGAIN
        if socket._writing or socket._given_up:
            return socket._send_step(None, 0, 0)  # what a send() that ran out of time has left
        if link.state != _OPEN:
            return socket._no_link()
        return _AGAIN if link.flow_off or self._rests() else 0

    def take(self, link, buf, at, n):
        """Copy what fits of buf[at:at + n] and let it go; returns how much it is.  Only while it is empty."""
        if self.buf is None:
            self.buf = bytearray(self.socket._table[_A_CHUNK])
        if n > len(self.buf):
            n = len(self.buf)
        if link.free == 0:
            return self.socket._modem._ask_room(link)
        if link.free > 0 and link.free < n and not link.datagram:
            n = link.free
        copy(self.buf, 0, buf, at, n)
        self.link = link
        self.n = n
        self._go()
        return n

    def _go(self):
        if not self.advance():
            self.socket._modem._add(self)

    def advance(self):
        """One step; True when it is empty again."""
        socket = self.socket
        if not self.n:
            return True
        if socket._writing:
            got = socket._send_result(self.link)
            if got != _AGAIN:  # else it is in flight, or will be offered again
                self._end(got)
        elif self.link.state != _OPEN:
            self._end(0)
        elif not self.link.flow_off and not self._rests():
            self._send(socket, self.link.tx)
        return self.n == 0

    def _rests(self):
        # Is this a pause after a refusal?
        socket = self.socket
        return socket._retry_ms and not socket._engine.is_past(socket._retry_at)

    def _send(self, socket, tx):
        tx.buf = self.buf
        tx.start = 0
        tx.n = self.n
        socket._writing = True
        socket._modem._submit(tx)

    def _end(self, accepted):
        self.lost = accepted != self.n
        self.n = 0

    def drop(self):
        """Give up what is in it."""
        socket = self.socket
        socket._modem._remove(self)
        if socket._writing and not socket._modem._withdraw(self.link.tx):
            socket._engine.abandon(self.link.tx)
        self._end(0)

    def remaining_ms(self, ms):
        socket = self.socket
        if socket._retry_ms and not socket._writing:
            left = socket._engine.until_ms(socket._retry_at)
            return min(ms, max(left, 0))
        return ms


def _box(socket):
    if socket._outbox is None:
        socket._outbox = Outbox(socket)
    return socket._outbox


def _post(socket, buf, at, n):
    # Non-blocking: the count that was taken, or a negative errno.
    got = socket._box().may_post()
    return got or socket._outbox.take(socket._link, buf, at, n)


Socket._box = _box
Socket._post = _post
