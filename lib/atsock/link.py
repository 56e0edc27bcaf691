"""One connection of the module as the driver sees it: its state, its ring, the two commands that serve it.

Knows no I/O and no vendor word.  The tokenizer puts payload in, the socket gets it out, the engine moves
the state.
"""

from .command import Command
from .errors import ECONNRESET, ENOBUFS
from .fast import copy
from .ring import Ring

# Link.state
FREE = 0  # the module knows nothing of this id
OPENING = 1  # asked for, outcome open
OPEN = 2
LISTENING = 3
GONE = 4  # closed by peer or network; what the module still holds can be read
DEAD = 5  # unusable, `errno` says why; the module may still hold the id

# Link.ready: does data wait in the module?
NO = 0
MAYBE = 1  # the last read was short: ask once more before waiting for a notice
YES = 2

# A received datagram stands in the ring behind a header of this many bytes: length (2), length of the
# sender's text (1), and that text.
_HEADER = 3


class Link:
    def __init__(self, id):
        self.id = id
        self.rx = Command(self)
        self.tx = Command(self)
        self.ring = None  # Ring, from the first reception on
        self.socket = None  # who owns it
        self.reset(2048)

    def reset(self, ring_size):
        """Make it new for another connection."""
        self.state = FREE
        self.held = False  # the module must be told to close it before the id can be used again
        self.errno = 0  # why it is DEAD
        self.code = 0  # the module's own number for that, 0: none told
        self.ready = NO
        self.noticed = False  # a notice came while a read was in flight
        self.drained = False  # after GONE: the module holds nothing more
        self.pushed = False  # the module pushes data unasked
        self.datagram = False
        self.flow_off = False  # the module asked to stop sending
        self.free = -1  # bytes the module has room for, -1: not told
        self.lost = 0  # bytes that came and had no room
        self.dropping = False
        self.peer = b""  # "address:port", to know pushed data by its sender
        self.dst = None  # where payload goes instead of the ring
        self.dst_at = 0
        self.dst_end = 0
        self.ring_size = ring_size
        if self.ring is not None:
            if self.ring.size != ring_size:
                self.ring = None
            else:
                self.ring.skip(self.ring.count)

    def need_ring(self):
        if self.ring is None:
            self.ring = Ring(self.ring_size)

    def put(self, src, start, n):
        """Payload from the tokenizer: returns how many bytes found room (the rest waits in the window)."""
        if self.dropping:
            self.lost += n
            return n
        if self.dst is not None:
            return self._put_direct(src, start, n)
        return self.ring.put(src, start, n)

    def _put_direct(self, src, start, n):
        if n > self.dst_end - self.dst_at:
            n = self.dst_end - self.dst_at
        copy(self.dst, self.dst_at, src, start, n)
        self.dst_at += n
        return n

    def direct(self, dst, n):
        """Let payload go straight to dst[:n]."""
        self.dst = dst
        self.dst_at = 0
        self.dst_end = n

    def detach(self):
        """The reader gives up its buffer: the rest of what it asked for goes to a ring of that size.

        Returns how many bytes the buffer holds already.  Allocates.
        """
        n = self.dst_at
        self.dst = None
        self.need_ring()
        if self.ring.room() < self.dst_end - n:
            self.ring.resize(self.ring.count + self.dst_end - n)
        return n

    def datagram_begins(self, n, line, at, end):
        """A datagram of n bytes follows, its sender's text is line[at:end]: put the header, or drop it all."""
        ring = self.ring
        self.dropping = ring.room() < _HEADER + end - at + n
        if self.dropping:
            return False
        line[0] = n >> 8  # the line is spent: its first bytes carry the header
        line[1] = n & 255
        line[2] = end - at
        ring.put_all(line, 0, _HEADER)
        ring.put_all(line, at, end - at)
        return True

    def overflow(self):
        """Payload without room, and something else must get through: drop from here on, and say so."""
        self.dropping = True
        if not self.datagram:
            self.fail(ENOBUFS, 0)

    def fail(self, errno, code):
        """The connection is of no use any more; the ring's bytes can still be read."""
        if self.state != FREE:
            self.state = DEAD
        self.errno = errno
        self.code = code

    def gone(self):
        if self.state == OPENING:
            self.fail(ECONNRESET, 0)
        elif self.state == OPEN or self.state == LISTENING:
            self.state = GONE
            # A notice may have been lost or overtaken: read once more before end of stream.
            self.drained = self.pushed or self.datagram
            if not self.drained and self.ready == NO:
                self.ready = MAYBE
