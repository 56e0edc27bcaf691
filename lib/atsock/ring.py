"""What is done with a link's ring (link.py) off the data path: whole pieces as new objects, looking ahead, another size.

Loaded by who needs it, and kept by who needs it often.
"""


def room(ring):
    """Bytes that it has room for."""
    return ring.size - ring.count


def skip(ring, n):
    """Forget the n oldest bytes (n <= count).  Allocates nothing."""
    ring.count -= n
    n += ring.head
    if n >= ring.size:
        n -= ring.size
    # An empty ring starts at 0 again, so that the next put() is one copy, not two.
    ring.head = n if ring.count else 0


def place(ring, i):
    """Where in ring.buf the byte is that i others stand before."""
    i += ring.head
    return i if i < ring.size else i - ring.size


def look(ring, i, n):
    """n bytes that i others stand before, as a new bytes object; they stay."""
    return bytes([ring.buf[place(ring, i + k)] for k in range(n)])


def take(ring, n):
    """Up to n bytes as a new bytes object."""
    out = bytearray(n if n < ring.count else ring.count)
    ring.get(out, 0, len(out))
    return bytes(out)


def find(ring, byte, limit):
    """How many bytes up to and including the first `byte` (a bytes object of length 1) among the
    first `limit`; 0 when it is not there."""
    if limit > ring.count:
        limit = ring.count
    end = ring.head + limit
    at = ring.buf.find(byte, ring.head, end if end < ring.size else ring.size)
    if at >= 0:
        return at - ring.head + 1
    if end > ring.size:
        at = ring.buf.find(byte, 0, end - ring.size)
        if at >= 0:
            return at + ring.size - ring.head + 1
    return 0


def resize(ring, size):
    """Change the size; keeps what is held (size >= count).  Allocates the new storage."""
    buf = bytearray(size)
    count = ring.count
    ring.get(buf, 0, count)
    ring.count = count
    ring.buf = buf
    ring.size = size
    ring.head = 0
