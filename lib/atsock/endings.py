"""A link's ring: its storage, and what is done when a reader's patience or the room for what is pushed ends.

Methods of Link (link.py), loaded for the call.
"""

from errno import ENOBUFS

from .fast import const
from .ring import resize

_LEAST = const(256)  # bytes of a ring


def detach(link):
    """The reader gives up its buffer: the rest of what it asked for goes to a ring of that size.

    Returns where in the buffer it would have gone on.
    """
    at = link.dst_at
    left = link.dst_end - at
    link.dst = None
    if link.buf is None:
        need_ring(link)
    if link.size - link.count < left:
        resize(link, link.count + left)
    return at


def need_ring(link):
    """Make the ring's storage; a smaller one where the heap has no piece of that size."""
    while True:
        try:
            link.buf = bytearray(link.size)
            return
        except MemoryError:
            if link.size <= _LEAST:
                raise
            link.size //= 2


def overflow(link):
    """Payload without room, and something else must get through: drop from here on, and say so.  Returns True."""
    link.dropping = True
    link.fail(ENOBUFS, 0)
    return True
