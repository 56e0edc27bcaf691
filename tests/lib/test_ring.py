"""The ring against a plain bytearray, with every position of its ends."""

from atsock.core import link as link_module
from atsock.core.link import Link
from atsock.core.movers import put
from fakes import Case, Random


def make(size):
    link = Link(0)
    link.size = size
    link.buf = bytearray(size)
    return link


def test_against_a_queue():
    """Random puts and gets of all sizes: what goes in comes out, in order; the counts are right."""
    for size in (1, 2, 3, 7, 16, 50):
        with Case(size):
            ring = make(size)
            random = Random(size)
            held = bytearray()
            next_byte = 0
            for _ in range(400):
                n = random.below(size + 3)
                if random.below(2):
                    data = bytes([(next_byte + i) & 255 for i in range(n)])
                    done = put(ring, b"##" + data, 2, n)
                    assert done == min(n, size - len(held))
                    held += data[:done]
                    next_byte += done
                else:
                    out = bytearray(n + 2)
                    done = ring.get(out, 1, n)
                    assert done == min(n, len(held))
                    assert out[1 : 1 + done] == held[:done]
                    assert out[0] == 0 and out[done + 1 :] == bytearray(n + 1 - done)
                    held = held[done:]
                assert ring.count == len(held)
                assert ring.room() == size - len(held)


def test_whole_transfers_over_the_end():
    for head in range(10):
        ring = make(10)
        put(ring, b"x" * head, 0, head)
        put(ring, b"?", 0, 1)
        ring.skip(head)
        put(ring, b"0123456789", 0, 9)
        out = bytearray(10)
        ring.get(out, 0, 10)
        assert out == b"?012345678"
        assert ring.count == 0


def test_find():
    """The count up to and including the byte, wherever the storage's end is."""
    for head in range(12):
        ring = make(12)
        put(ring, b"." * head, 0, head)
        put(ring, b"a", 0, 1)
        ring.skip(head)
        put(ring, b"bcd\nef\ngh", 0, 9)
        with Case(head):
            assert ring.find(b"a", 12) == 1
            assert ring.find(b"\n", 12) == 5
            assert ring.find(b"\n", 5) == 5
            assert ring.find(b"\n", 4) == 0
            assert ring.find(b"h", 12) == 10
            assert ring.find(b"z", 12) == 0
            assert ring.find(b".", 12) == 0  # what was there before
    assert make(5).find(b"a", 5) == 0


def test_take_and_resize():
    for head in range(8):
        ring = make(8)
        put(ring, b"-" * head, 0, head)
        put(ring, b"a", 0, 1)
        ring.skip(head)
        put(ring, b"bcdef", 0, 5)
        assert ring.take(2) == b"ab"
        ring.resize(20)
        assert (ring.count, ring.room()) == (4, 16)
        put(ring, b"0123456789abcdef", 0, 16)
        ring.resize(20)
        assert ring.take(100) == b"cdef0123456789abcdef"
        assert ring.take(100) == b""


def test_skip_to_the_end():
    ring = make(4)
    put(ring, b"abcd", 0, 4)
    ring.skip(3)
    put(ring, b"xyz", 0, 3)
    ring.skip(4)
    assert (ring.count, ring.room(), ring.take(9)) == (0, 4, b"")


def test_skipped_bytes_over_the_end():
    for head in range(8):
        for n in range(9):
            with Case(head, n):
                ring = make(8)
                put(ring, b"x" * head, 0, head)
                put(ring, b"?"[: 8 - head], 0, min(1, 8 - head))
                ring.skip(head)
                put(ring, b"0123456", 0, 7)
                ring.skip(n if n < ring.count else ring.count)
                assert ring.head < 8
                assert ring.take(8) == b"?0123456"[n:]


def test_more_is_put_back_than_there_is_room_for():
    """It comes before what is held, and the ring grows."""
    for held in (b"", b"01234567"):
        ring = make(8)
        put(ring, held, 0, len(held))
        ring.push_back(b"abcdef" * 3)
        assert ring.take(100) == b"abcdef" * 3 + held


def test_bytes_behind_the_end_are_looked_at():
    """They stay where they are."""
    for head in range(8):
        ring = make(8)
        put(ring, b"x" * head, 0, head)
        put(ring, b"?"[: 8 - head], 0, 1)
        ring.skip(head)
        put(ring, b"0123456", 0, 7)
        for i in range(8):
            with Case(head, i):
                assert ring.peek(i, 8 - i) == b"?0123456"[i:]
                assert ring.buf[ring.place(i)] == b"?0123456"[i]
                assert 0 <= ring.place(i) < 8
        assert ring.take(9) == b"?0123456"


def test_a_ring_where_the_heap_has_no_large_piece():
    """It becomes as large as there is room for, down to 256 bytes."""

    def small(most):
        def made(n):
            if n > most:
                raise MemoryError
            return bytearray(n)

        return made

    for most, size in ((4096, 2048), (2047, 1024), (300, 256), (256, 256), (255, 0)):
        with Case(most):
            ring = Link(0)
            link_module.bytearray = small(most)
            try:
                ring.make_ring()
                assert size, "a ring of %d bytes" % ring.size
            except MemoryError:
                assert not size
            finally:
                del link_module.bytearray
            if size:
                assert (ring.size, ring.room(), len(ring.buf)) == (size, size, size)
