"""A byte ring of fixed size between the tokenizer, which puts, and the socket, which gets.

Owns the storage and two indices; knows neither lines nor links.  Nothing here allocates after
__init__ but look(), take() and resize(), which say so.
"""

from .fast import copy


class Ring:
    def __init__(self, size):
        self.buf = bytearray(size)
        self.size = size
        self.head = 0  # index of the oldest byte
        self.count = 0  # bytes held

    def room(self):
        return self.size - self.count

    def put(self, src, start, n):
        """Take in up to n bytes of src[start:]; returns how many.  May be fewer than there is room for, because
        the storage ends here and goes on at its beginning: put the rest by another call."""
        if n > self.size - self.count:
            n = self.size - self.count
        at = self.head + self.count
        if at >= self.size:
            at -= self.size
        if n > self.size - at:
            n = self.size - at
        copy(self.buf, at, src, start, n)
        self.count += n
        return n

    def put_all(self, src, start, n):
        """Take in n bytes (n <= room())."""
        done = self.put(src, start, n)
        self.put(src, start + done, n - done)

    def get(self, dst, at, n):
        """Hand out up to n bytes to dst[at:]; returns how many.  Like put() it stops where the storage ends."""
        if n > self.count:
            n = self.count
        if n > self.size - self.head:
            n = self.size - self.head
        copy(dst, at, self.buf, self.head, n)
        self.skip(n)
        return n

    def get_all(self, dst, at, n):
        """Hand out n bytes (n <= count)."""
        done = self.get(dst, at, n)
        self.get(dst, at + done, n - done)

    def skip(self, n):
        """Forget the n oldest bytes (n <= count)."""
        self.count -= n
        at = self.head + n
        if at >= self.size:
            at -= self.size
        # An empty ring starts at 0 again, so that the next put() is one copy, not two.
        self.head = at if self.count else 0

    def at(self, i):
        """The byte that i others stand before (i < count)."""
        i += self.head
        return self.buf[i if i < self.size else i - self.size]

    def set(self, i, byte):
        i += self.head
        self.buf[i if i < self.size else i - self.size] = byte

    def cut(self, count):
        """Forget the youngest bytes, down to `count`."""
        self.count = count

    def look(self, i, n):
        """n bytes that i others stand before, as a new bytes object; they stay."""
        return bytes([self.at(i + k) for k in range(n)])

    def take(self, n):
        """Up to n bytes as a new bytes object; allocates it."""
        out = bytearray(n if n < self.count else self.count)
        self.get_all(out, 0, len(out))
        return bytes(out)

    def find(self, byte, limit):
        """How many bytes up to and including the first `byte` (a bytes object of length 1) among the
        first `limit`; 0 when it is not there."""
        if limit > self.count:
            limit = self.count
        end = self.head + limit
        at = self.buf.find(byte, self.head, end if end < self.size else self.size)
        if at >= 0:
            return at - self.head + 1
        if end > self.size:
            at = self.buf.find(byte, 0, end - self.size)
            if at >= 0:
                return at + self.size - self.head + 1
        return 0

    def resize(self, size):
        """Change the size; keeps what is held (size >= count).  Allocates the new storage."""
        buf = bytearray(size)
        count = self.count
        self.get_all(buf, 0, count)
        self.count = count
        self.buf = buf
        self.size = size
        self.head = 0
