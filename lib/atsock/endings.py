"""How a link goes on when something ends: a reader's patience, the connection, the room for what is pushed.

Methods of Link (link.py), loaded for the call.
"""

from errno import ECONNRESET, ENOBUFS

from .ring import resize
from .states import GONE, LISTENING, MAYBE, NO, OPEN, OPENING


def detach(link):
    """The reader gives up its buffer: the rest of what it asked for goes to a ring of that size.

    Returns where in the buffer it would have gone on.
    """
    at = link.dst_at
    left = link.dst_end - at
    link.dst = None
    if link.buf is None:
        link.buf = bytearray(link.size)
    if link.size - link.count < left:
        resize(link, link.count + left)
    return at


def overflow(link):
    """Payload without room, and something else must get through: drop from here on, and say so.  Returns True."""
    link.dropping = True
    link.fail(ENOBUFS, 0)
    return True


def gone(link):
    """The connection is closed, or was never made."""
    if link.state == OPENING:
        link.fail(ECONNRESET, 0)
    elif link.state == OPEN or link.state == LISTENING:
        link.state = GONE
        # A notice may have been lost or overtaken: read once more before end of stream.
        if link.ready == NO and not link.pushed and not link.datagram:
            link.ready = MAYBE
