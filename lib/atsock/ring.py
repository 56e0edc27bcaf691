"""What is done with a link's ring off the data path: whole pieces as new objects, looking ahead, another size.

Loaded by who needs it, and kept by who needs it often.
"""


def room(link):
    """Bytes that it has room for."""
    return link.size - link.count


def skip(link, n):
    """Forget the n oldest bytes (n <= count).  Allocates nothing."""
    link.count -= n
    n += link.head
    if n >= link.size:
        n -= link.size
    link.head = n if link.count else 0


def place(link, i):
    """Where in link.buf the byte is that i others stand before."""
    i += link.head
    return i if i < link.size else i - link.size


def look(link, i, n):
    """n bytes that i others stand before, as a new bytes object; they stay."""
    return bytes([link.buf[place(link, i + k)] for k in range(n)])


def take(link, n):
    """Up to n bytes as a new bytes object."""
    out = bytearray(n if n < link.count else link.count)
    link.get(out, 0, len(out))
    return bytes(out)


def find(link, byte, limit):
    """How many bytes up to and including the first `byte` (a bytes object of length 1) among the
    first `limit`; 0 when it is not there."""
    if limit > link.count:
        limit = link.count
    end = link.head + limit
    at = link.buf.find(byte, link.head, end if end < link.size else link.size)
    if at >= 0:
        return at - link.head + 1
    if end > link.size:
        at = link.buf.find(byte, 0, end - link.size)
        if at >= 0:
            return at + link.size - link.head + 1
    return 0


def resize(link, size):
    """Change the size; keeps what is held (size >= count).  Allocates the new storage."""
    buf = bytearray(size)
    count = link.count
    link.get(buf, 0, count)
    link.count = count
    link.buf = buf
    link.size = size
    link.head = 0
