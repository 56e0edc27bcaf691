"""One connection of the module as the driver sees it: its state, its ring, the two commands that serve it.

Knows no I/O and no vendor word.  The tokenizer puts payload in, the socket gets it out, the engine moves the state.
A Link is made anew for each connection; what a connection rarely sets is a default of the class.  What may be set for
the first time while bytes move is not: one attribute more is heap.
"""

import sys
from errno import ECONNRESET, EIO, ENOBUFS

from .command import Command
from .movers import const, get, put, take_in
from .tokenizer import Sink

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

# words.py
_FREE = const(0)
_OPENING = const(1)
_OPEN = const(2)
_LISTENING = const(3)
_GONE = const(4)
_DEAD = const(5)
_NO = const(0)
_MAYBE = const(1)

_RING_MIN = const(256)  # bytes, where the heap has no piece of the size that was wanted

if sys.implementation.name != "micropython":
    from weakref import ref


class Link(Sink):
    """What is known of a connection id, and what it has received.  id: None for a server apart, below 0: no reader."""

    dst = None  # where payload goes instead of the ring: dst[dst_at:dst_end]
    must_close = False  # the module must be told to close it before the id can be used again
    code = 0  # the module's own number for an errno, 0: none told
    closing = False  # a job closes it now
    moved: "Any" = None  # Command in flight that was another connection's, which had the id before
    closed_at: "int | None" = None  # ticks when the module was told to, while it was open
    # function(is it a failure): the module says that the connection has ended, which may be about the one before it on
    # this id; True: that is seen to, see core/openids.py.  None: there is no doubt.
    doubt: "Any" = None
    ended = False  # the module has said that it is closed
    discarding = False  # payload is for nobody any more
    tx_credit = -1  # bytes the module has room for, below 0: not told
    querying_credit = False  # a job asks for it
    peer = b""  # the peer's address as the module writes it
    listener: "Any" = None  # the Listener that accepted it, or that it serves
    data_filter: "Any" = None  # DataFilter, the sink in data mode, see datafilter.py
    size = 2048  # bytes of the ring

    write = take_in  # (src, start, n): payload from the tokenizer; returns how many bytes found room
    get = get  # (dst, at, n): hands out up to n bytes of the ring to dst[at:], returns how many

    if sys.implementation.name != "micropython":
        # A link does not keep its socket alive: a dropped one gives its id back where there are finalisers.
        _socket: "Any" = None

        @property
        def socket(self):
            """Who owns it, None: nobody any more."""
            return self._socket and self._socket()

        @socket.setter
        def socket(self, socket):
            self._socket = socket and ref(socket)

    else:
        socket = None

    def __init__(self, id):
        self.id = id
        self.rx = Command(self)
        self.tx = Command(self)
        # Ticks until when it is told what became of what `tx` has sent, None: nothing is to be told (command.py).
        self.tx_until = None
        self.state = _FREE  # FREE, OPENING, OPEN, LISTENING, GONE, DEAD
        self.rx_pending = _NO  # does data wait in the module?  NO, MAYBE, YES
        self.rx_notified = False  # a notice came while a read was in flight
        self.looks = self.unanswered = 0
        self.flow_off = False  # the module asked to stop sending
        self.has_gap = False  # lines have come that may be payload pushed to it
        self.errno = 0  # why it is DEAD
        self.head = 0  # index of the ring's oldest byte
        self.count = 0  # bytes that it holds
        self.dst = None
        self.dst_at = self.dst_end = 0

    # -- state

    def fail(self, errno, code):
        """The connection is of no use any more; the ring's bytes can still be read.  code: the module's, 0: none."""
        if self.state != _FREE:
            self.state = _DEAD
        self.errno = errno
        if code or self.code:
            self.code = code

    def peer_closed(self, is_failure=False):
        """The connection is closed, or was never made; is_failure: not by the peer's will, something may be lost."""
        self.ended = True
        if self.listener is not None and self.state == _LISTENING:
            self.listener.errno = ECONNRESET
        if self.state == _OPENING or is_failure and self.state == _OPEN:
            self.fail(ECONNRESET, 0)
        elif self.state == _OPEN or self.state == _LISTENING:
            self.state = _GONE
        # A notice may have been lost or overtaken: read once more before the end is told.
        if self.rx_pending == _NO and not self.pushed and not self.keeps_borders and self.state != _FREE:
            self.rx_pending = _MAYBE

    def overflow(self):
        """Payload without room, and something else must get through: discard from here on, and say so.

        Returns True.
        """
        self.discarding = True
        self.fail(ENOBUFS, 0)
        return True

    def detach(self):
        """The reader gives up its buffer: the rest of what it asked for goes to a ring of that size.

        Returns how many bytes of this read the buffer has got.  Allocates where the ring has to grow.
        """
        left = self.dst_end - self.dst_at
        self.dst = None
        if self.buf is None:
            self.make_ring()
        if self.size - self.count < left:
            self.resize(self.count + left)
        return self.rx.n - left

    def take_back(self, n, end):
        """See Sink; what the reader has got of them already stays with that.  Allocates nothing when it returns b""."""
        if self.dst is None:
            buf = self.buf
            at = self.head + self.count
            n = min(n, self.count)
        else:
            buf = self.dst
            at = self.dst_at
        if self.discarding or n < len(end):
            return b""
        for i in range(len(end)):
            if buf[(at - len(end) + i) % len(buf)] != end[i]:
                return b""
        data = bytes([buf[(at - n + i) % len(buf)] for i in range(n)])
        if self.dst is None:
            self.count -= n
        else:
            self.dst_at -= n
        return data

    # -- the ring, off the data path

    def make_ring(self):
        """Make its storage; a smaller one where the heap has no piece of that size.

        Raises MemoryError below 256 bytes.
        """
        while True:
            try:
                self.buf = bytearray(self.size)
                return
            except MemoryError:
                if self.size <= _RING_MIN:
                    raise
                self.size //= 2

    def room(self):
        """Bytes that it has room for."""
        return self.size - self.count

    def skip(self, n):
        """Forget the n oldest bytes (n <= count).  Allocates nothing."""
        self.count -= n
        n += self.head
        if n >= self.size:
            n -= self.size
        self.head = n if self.count else 0

    def place(self, i):
        """Where in `buf` the byte is that i others stand before."""
        i += self.head
        return i if i < self.size else i - self.size

    def peek(self, i, n):
        """n bytes that i others stand before, as a new bytes object; they stay."""
        return bytes([self.buf[self.place(i + k)] for k in range(n)])

    def take(self, n):
        """Up to n bytes as a new bytes object."""
        out = bytearray(n if n < self.count else self.count)
        self.get(out, 0, len(out))
        return bytes(out)

    def push_back(self, data):
        """Put bytes before those that the ring holds: they come next again.  Allocates."""
        rest = self.take(self.count) if self.count else b""
        if self.buf is None:
            self.make_ring()
        if self.size < len(data) + len(rest):
            self.resize(len(data) + len(rest))
        put(self, data, 0, len(data))
        put(self, rest, 0, len(rest))

    def find(self, byte, limit):
        """How many bytes up to and including the first `byte` (bytes of length 1) among the first `limit`; 0: none."""
        if limit > self.count:
            limit = self.count
        end = self.head + limit
        pos = self.buf.find(byte, self.head, end if end < self.size else self.size)
        if pos >= 0:
            return pos - self.head + 1
        if end > self.size:
            pos = self.buf.find(byte, 0, end - self.size)
            if pos >= 0:
                return pos + self.size - self.head + 1
        return 0

    def resize(self, size):
        """Change the size; keeps what is held (size >= count).  Allocates the new storage."""
        buf = bytearray(size)
        count = self.count
        self.get(buf, 0, count)
        self.count = count
        self.buf = buf
        self.size = size
        self.head = 0


def by_sender(engine):
    """Whose is pushed data that comes without a connection id (SIMCom's +IPD)?

    The only pushed link's, or that of the link whose peer the line before has named; None: nobody's.  Allocates
    nothing.
    """
    found = only = None
    for link in engine.links.values():
        if link.pushed and link.state != _FREE:
            only = link if only is None else False
            named = link.peer and len(link.peer) == engine.sender_n and engine.sender.startswith(link.peer)
            if link.state == _OPEN and named:
                if found is not None:  # two connections to one peer: nothing tells whose it is
                    found.fail(EIO, 0)
                    link.fail(EIO, 0)
                    return None
                found = link
    return found or only or None
