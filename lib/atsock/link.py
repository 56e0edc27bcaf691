"""One connection of the module as the driver sees it: its state, its ring, the two commands that serve it.

Knows no I/O and no vendor word.  The tokenizer puts payload in, the socket gets it out, the engine moves
the state.
"""


from errno import ECONNRESET, ENOBUFS

try:
    from weakref import ref
except ImportError:  # MicroPython
    ref = None

from .command import Command
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

# A received datagram stands in the ring behind a header: its length (2 bytes), the length of its sender's text
# (1 byte), and that text as the module wrote it.
HEADER = 3
_UNFINISHED = 255  # first byte of the length while the datagram is still coming in; real ones are shorter
_begin = bytearray((_UNFINISHED, 0, 0))


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
        self.closing = False  # somebody is at that
        self.errno = 0  # why it is DEAD
        self.code = 0  # the module's own number for that, 0: none told
        self.ready = NO
        self.noticed = False  # a notice came while a read was in flight
        self.drained = False  # after GONE: the module holds nothing more
        self.pushed = False  # the module pushes data unasked
        self.datagram = False
        self.begun = -1  # a datagram is coming in: ring.count before it, -1: none
        self.flow_off = False  # the module asked to stop sending
        self.free = -1  # bytes the module has room for, below 0: not told
        self.asking = False  # a job asks for it
        self.lost = 0  # bytes that came and had no room
        self.dropping = False
        self.peer = b""  # the peer's address as the module writes it
        self.listener = None  # the Listener that accepted it, or that it serves
        self.tail = None  # sink in data mode, see transparent.py
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
        if self.datagram and not self.ring.room():
            self._drop_datagram(n)
            return n
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

    def datagram_begins(self, line, at, end):
        """A datagram follows, its sender's text is line[at:end]."""
        ring = self.ring
        self.begun = ring.count
        if ring.room() < HEADER + end - at:
            self._drop_datagram(0)
            return
        _begin[2] = end - at
        ring.put_all(_begin, 0, HEADER)
        ring.put_all(line, at, end - at)

    def _drop_datagram(self, n):
        self.ring.cut(self.begun)
        self.lost += n
        self.dropping = True

    def datagram_ends(self, n):
        """All of its n bytes have come; False when it had to be dropped."""
        begun = self.begun
        self.begun = -1
        if self.dropping:
            self.dropping = False
            return False
        self.ring.set(begun, n >> 8)
        self.ring.set(begun + 1, n & 255)
        return True

    def datagrams(self):
        """True when a whole one waits in the ring."""
        return self.ring is not None and self.ring.count > 0 and self.ring.at(0) != _UNFINISHED

    def take_datagram(self, dst, at, n):
        """The oldest datagram's first n bytes to dst[at:], the rest of it is lost; returns the count."""
        ring = self.ring
        size = ring.at(0) << 8 | ring.at(1)
        ring.skip(ring.at(2) + HEADER)
        if n > size:
            n = size
        ring.get_all(dst, at, n)
        ring.skip(size - n)
        return n

    def look_datagram(self, n):
        """Its first n bytes as bytes; it stays.  Allocates."""
        ring = self.ring
        size = ring.at(0) << 8 | ring.at(1)
        return ring.look(HEADER + ring.at(2), min(n, size))

    def sender(self):
        """The oldest datagram's sender as the module wrote it.  Allocates."""
        return self.ring.look(HEADER, self.ring.at(2))

    def overflow(self):
        """Payload without room, and something else must get through: drop from here on, and say so.  Returns True."""
        if self.datagram:
            self._drop_datagram(0)
        else:
            self.dropping = True
            self.fail(ENOBUFS, 0)
        return True

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


if ref is not None:

    class Link(Link):
        """Does not keep its socket alive: a dropped one gives its id back where there are finalisers."""

        _owner = None

        @property
        def socket(self):
            return self._owner and self._owner()

        @socket.setter
        def socket(self, socket):
            self._owner = socket and ref(socket)
