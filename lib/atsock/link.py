"""One connection of the module as the driver sees it: its state, its ring, the two commands that serve it.

Knows no I/O and no vendor word.  The tokenizer puts payload in, the socket gets it out, the engine moves
the state.  A Link is made anew for each connection; what a connection rarely sets is a default of the class.  What may be set
for the first time while bytes move is not: an attribute more is heap.
"""

from errno import ECONNRESET

from .command import Command
from .fast import const, get, take_in
from .lend import method

_FREE = const(0)
_OPENING = const(1)
_OPEN = const(2)
_LISTENING = const(3)
_GONE = const(4)
_DEAD = const(5)
_NO = const(0)
_MAYBE = const(1)


class Link:
    _places = "LINK"
    pushed = False  # the module pushes data unasked
    datagram = False  # it is a DatagramLink (datagrams.py)
    held = False  # the module must be told to close it before the id can be used again
    code = 0  # the module's own number for an errno, 0: none told
    closing = False  # somebody is at that
    dropping = False  # payload is for nobody any more
    free = -1  # bytes the module has room for, below 0: not told
    asking = False  # a job asks for it
    peer = b""  # the peer's address as the module writes it
    socket = None  # who owns it; on CPython it is not kept alive by that, see whole.py
    listener = None  # the Listener that accepted it, or that it serves
    tail = None  # sink in data mode, see transparent.py
    put = take_in  # (src, start, n): payload from the tokenizer; returns how many bytes found room (the rest waits in the window)
    get = get  # (dst, at, n): hands out up to n bytes of the ring to dst[at:], returns how many
    buf = None  # storage of the ring, bytearray(size), made when it is first needed; what else is done with it is in ring.py
    size = 2048

    def __init__(self, id):
        self.id = id
        self.rx = Command(self)
        self.tx = Command(self)
        self.state = _FREE  # see states.py
        self.ready = _NO  # likewise: does data wait in the module?
        self.noticed = False  # a notice came while a read was in flight
        self.flow_off = False  # the module asked to stop sending
        self.errno = 0  # why it is DEAD
        self.head = 0  # index of the ring's oldest byte
        self.count = 0  # bytes that it holds
        self.dst = None  # where payload goes instead of the ring: dst[dst_at:dst_end]
        self.dst_at = self.dst_end = 0

    def __getattr__(self, name):
        return method(self, name)

    def fail(self, errno, code):
        """The connection is of no use any more; the ring's bytes can still be read."""
        if self.state != _FREE:
            self.state = _DEAD
        self.errno = errno
        if code or self.code:
            self.code = code

    def gone(self):
        """The connection is closed, or was never made."""
        if self.state == _OPENING:
            self.fail(ECONNRESET, 0)
        elif self.state == _OPEN or self.state == _LISTENING:
            self.state = _GONE
            # A notice may have been lost or overtaken: read once more before end of stream.
            if self.ready == _NO and not self.pushed and not self.datagram:
                self.ready = _MAYBE
