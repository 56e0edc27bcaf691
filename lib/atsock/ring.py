"""A byte ring of fixed size between the tokenizer, which puts, and the socket, which gets.

Owns the storage and two indices; knows neither lines nor links.  Nothing here allocates after
__init__ but take() and resize(), which say so.
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
        """Take in up to n bytes of src[start:]; returns how many there was room for."""
        if n > self.size - self.count:
            n = self.size - self.count
        at = self.head + self.count
        if at >= self.size:
            at -= self.size
        first = self.size - at
        if first >= n:
            copy(self.buf, at, src, start, n)
        else:
            copy(self.buf, at, src, start, first)
            copy(self.buf, 0, src, start + first, n - first)
        self.count += n
        return n

    def get(self, dst, at, n):
        """Hand out up to n bytes to dst[at:]; returns how many there were."""
        n = self.peek(dst, at, n)
        self.skip(n)
        return n

    def peek(self, dst, at, n):
        """As get(), but the bytes stay."""
        if n > self.count:
            n = self.count
        first = self.size - self.head
        if first >= n:
            copy(dst, at, self.buf, self.head, n)
        else:
            copy(dst, at, self.buf, self.head, first)
            copy(dst, at + first, self.buf, 0, n - first)
        return n

    def skip(self, n):
        """Forget the n oldest bytes (n <= count)."""
        self.count -= n
        at = self.head + n
        if at >= self.size:
            at -= self.size
        # An empty ring starts at 0 again, so that the next put() is one copy, not two.
        self.head = at if self.count else 0

    def take(self, n):
        """Up to n bytes as a new bytes object; allocates it."""
        out = bytearray(n if n < self.count else self.count)
        self.get(out, 0, len(out))
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
        self.peek(buf, 0, self.count)
        self.buf = buf
        self.size = size
        self.head = 0
