"""The sink of data mode by itself: every byte that comes is payload or held back, once, and in order."""

from atsock.core import datafilter
from atsock.core.link import Link
from fakes import Case, Random

WORDS = (b"CLOSED", b"NO CARRIER")
CLOSED = b"\r\nCLOSED\r\n"
OK = b"\r\nOK\r\n"
ESCAPE = b"+++"
OPEN = 2
RING = 1200
HELD_MAX, LINES_MAX = 512, 4096
# What the module says, broken anywhere, and what the peer says.
PIECES = (
    b"\r", b"\n", b"\r\n", b"+", b"+++", b"O", b"K\r\n", b"OK\r\n", OK, CLOSED, CLOSED[:5], b"CLOSED", b"\r\nNO",
    b" CARRIER\r\n", b"\r\n+CREG: 1\r\n", b"x", b"payload", b"\r\nCLOSEx", b"\r\r\n\r\n", b"." * 100, b"\r\nCLOSED" * 9,
)  # fmt: skip


def make(size=RING):
    link = Link(0)
    link.state = OPEN
    link.size = size
    link.make_ring()
    link.data_filter = datafilter.DataFilter(link, WORDS)
    return link, link.data_filter


def put(link, data, got):
    """Everything finds room, in as many writes as it takes; `got` grows by what had to be read meanwhile."""
    at = 0
    while at < len(data):
        done = link.data_filter.write(data, at, len(data) - at)
        if not done:
            assert link.count, "nothing is taken, and nothing can be read"
            got += link.take(link.count)
        at += done


def hold(data):
    """The filter, which holds this back as the module's."""
    link, held = make()
    put(link, data, bytearray())
    assert link.count == 0 and held.n == len(data)
    return link, held


def test_more_lines_than_can_be_held_back():
    """A peer that says the module's words for long: all of it is payload in the end, also where nobody reads."""
    said = CLOSED + b"\r\n+CREG: 1\r\n" * 60
    for reply in (b"", ESCAPE + OK):
        with Case(reply):
            link, held = make(600)
            got = bytearray()
            put(link, b"x" * 600, got)
            held.expect(reply)
            for at in range(0, len(said), 50):
                put(link, said[at : at + 50], got)
            assert len(held.held) == HELD_MAX
            held.expect(b"")
            assert got + link.take(link.count) + held.held[: held.n] == b"x" * 600 + said


def test_nobody_reads_any_more():
    """What comes then finds room without end."""
    for reply in (b"", ESCAPE + OK):
        link, held = make(16)
        link.discarding = True
        held.expect(reply)
        for piece in (b"x" * 100, CLOSED + b"x" * 100, b"y"):
            put(link, piece, None)
        assert link.count <= 16


def test_the_same_word_from_the_peer_and_from_the_module():
    """The peer's is payload, and its ring grows for it."""
    link, held = make(16)
    put(link, b"x" * 16, None)
    put(link, CLOSED + CLOSED, None)
    held.release_before_end()
    assert link.take(link.count) == b"x" * 16 + CLOSED
    assert bytes(held.held[: held.n]) == CLOSED
    assert not held.overflow()  # there is room now


def test_one_line_is_the_answer():
    """What comes behind it is payload, although it looks the same; so is what was no echo after all."""
    link, held = make()
    held.answer((b"CONNECT",))
    said = b"\r\nCONNECT 1\r\n" + b"\r\nCONNECT 2\r\ndata"
    put(link, said, None)
    assert link.take(link.count) == said[13:]
    for _ in range(2):
        held.answer((b"CONNECT",), b"ATO\r")
        put(link, b"ATO\r\r\nCONNECT\r\ndata", None)
        assert link.take(link.count) == b"data"
    held.answer((b"CONNECT",), b"ATO\r")
    put(link, b"AT\r\nCONNECT\r\ndata", None)
    assert link.take(link.count) == b"ATdata"


def test_nothing_is_lost_or_doubled():
    """Whatever comes while an escape is begun, waited for and given up."""
    for seed in range(25):
        with Case(seed):
            random = Random(seed)
            link, held = make()
            sent = bytearray()
            got = bytearray()
            for _ in range(150):
                step = random.below(14)
                if step == 0:
                    held.expect(ESCAPE, OK, lambda: random.below(2))
                elif step == 1:
                    held.expect(ESCAPE + OK)
                elif step == 2:
                    held.expect_more()
                elif step == 3:
                    held.expect(b"")
                elif step == 4:
                    got += link.take(random.below(300))
                elif step == 5 and not held.reply:
                    held.force()
                piece = PIECES[random.below(len(PIECES))]
                put(link, piece, got)
                sent += piece
            held.expect(b"")
            held.force()
            assert got + link.take(link.count) == sent


def test_what_was_held_back_before_an_escape_stays_told():
    """The words came, then +++ went out: what comes from then on may be its reply, and is no word of the end."""
    link, held = hold(CLOSED)
    assert held.is_told()
    held.expect(ESCAPE + OK)
    assert held.is_told()
    put(link, ESCAPE, bytearray())
    assert held.is_told()
    link, held = hold(b"\r\n")
    held.expect(ESCAPE + OK)
    put(link, CLOSED[2:], bytearray())
    assert held.n == len(CLOSED)
    link, held = make()
    held.expect(ESCAPE + OK)
    put(link, CLOSED, bytearray())
    assert not held.is_told()


def test_the_end_behind_much_payload():
    """In one piece with it, which begins as a line does: the words are held back all the same."""
    for begin in (b"\r", b"x", b"\r\n", b"\r\nCLOSE"):
        for n in (100, 117, 118, 140, 240):
            with Case(begin, n):
                link, held = make()
                put(link, begin + b"x" * n + CLOSED, bytearray())
                assert held.is_told()
                assert link.take(999) == begin + b"x" * n


def test_a_line_longer_than_can_be_held_back():
    """It begins as the module's do, and is payload all the same: it is not kept for ever."""
    link, held = make()
    said = CLOSED[:-2] + b"x" * 700
    for at in range(0, len(said), 50):
        put(link, said[at : at + 50], bytearray())
    assert not held.is_told() and held.n <= HELD_MAX == len(held.held)
    assert link.take(2000) + bytes(held.held[: held.n]) == said


def test_words_that_do_not_stand_on_a_line_of_their_own():
    for begin in (b"\rx", b"\r\r", b"\n\n", b"x\n", b"\r\n ", b"\r\nx"):
        with Case(begin):
            link, held = make()
            for byte in begin + CLOSED[2:] + b"x":
                put(link, bytes([byte]), bytearray())
                assert not held.is_told()
            assert link.take(999) == begin + CLOSED[2:] + b"x"


def test_room_for_unsolicited_lines():
    """It grows for those behind a result code or the OK of an escape, but not for ever, and not beyond the ring."""
    for first, reply in ((OK, ESCAPE + OK), (CLOSED, ESCAPE + OK), (CLOSED, b"")):
        for pairs, ring, most in (
            (40, 6000, 1024), (100, 6000, 2048), (250, 6000, LINES_MAX), (100, 1200, 1024), (100, 1024, 1024)
        ):  # fmt: skip
            with Case(first, reply, pairs, ring):
                link, held = make(ring)
                held.expect(reply)
                said = first + b"\r\n+CREG: 1\r\n\r\nRING\r\n" * pairs
                got = bytearray()
                for at in range(0, len(said), 50):
                    put(link, said[at : at + 50], got)
                assert len(held.held) == most
                assert (held.n == len(said)) == (most > len(said))
                held.expect(b"")
                held.force()
                assert got + link.take(6000) == said


def test_no_memory_for_the_lines_behind_the_ok():
    def full(n):
        raise MemoryError

    link, held = make(4000)
    held.expect(ESCAPE + OK)
    said = OK + b"\r\n+CREG: 1\r\n" * 80
    datafilter.bytearray = full
    try:
        put(link, said, bytearray())
    finally:
        del datafilter.bytearray
    held.expect(b"")
    held.force()
    assert link.take(4000) == said
    assert len(held.held) == HELD_MAX


def test_no_room_for_what_was_held_back():
    """It waits until the reader has made room for all of it; then nothing is missing."""
    for room in (0, 1, 6, 7, 9, 10):
        with Case(room):
            link, held = make(300)
            put(link, b"." * (300 - room), bytearray())
            put(link, CLOSED[:7], bytearray())
            assert held.n == 7
            done = held.write(b"xyz", 0, 3)
            assert done == max(min(room - 7, 3), 0)
            assert held.n == (7 if room < 7 else 0)
            link.take(100)
            while done < 3:
                done += held.write(b"xyz", done, 3 - done)
            assert link.take(300)[200 - room :] == CLOSED[:7] + b"xyz"


def test_no_room_while_a_reply_is_awaited():
    """What was held back before goes on whole or not at all."""
    link, held = make(300)
    put(link, b"." * 297, bytearray())
    put(link, CLOSED[:5], bytearray())
    held.expect(ESCAPE)
    assert held.write(b"xyz", 0, 3) == 0
    assert (link.count, held.n, held.base) == (297, 5, 5)
    link.take(2)
    assert held.write(b"xyz", 0, 3) == 0, "there is room for all that was held back, and for nothing more"
    assert (link.count, held.n, held.base) == (300, 0, 0)
    link.take(100)
    assert held.write(b"xyz", 0, 3) == 3
    assert link.take(300)[195:] == CLOSED[:5] + b"xyz"


def test_what_cannot_be_kept_is_told():
    """force() finds a ring that cannot grow: the connection fails, and nothing is held back any more."""
    link, held = make(datafilter.RING_MAX)
    link.count = link.size  # full
    put(link, CLOSED, bytearray())
    held.force()
    assert held.n == 0
    assert link.discarding and link.errno == 105


def test_force_makes_room():
    link, held = make(300)
    put(link, b"." * 295, bytearray())
    put(link, CLOSED, bytearray())
    held.force()
    assert (link.size, held.n, link.errno) == (600, 0, 0)
    assert link.take(400) == b"." * 295 + CLOSED


def test_answer_of_the_command_that_led_here():
    """Its echo and its line are dropped, however they are cut; what only looks like them is payload."""
    for echo in (b"", b"ATO\r"):
        for said in (b"\r\nCONNECT 115200\r\n", b""):
            for data in (b"data", b"\r\nCONx", b"\r\n\r\n", b"ATx"):
                if not said and data == b"ATx" and not echo:
                    continue
                for piece in (1, 2, 100):
                    with Case(echo, said, data, piece):
                        link, held = make()
                        held.answer((b"CONNECT",), b"ATO\r")
                        came = echo + said + data
                        for at in range(0, len(came), piece):
                            put(link, came[at : at + piece], bytearray())
                        held.force()
                        assert link.take(100) == data
                        assert bool(held.first) == (not said and data == b"")


def test_an_answer_longer_than_what_can_be_held():
    """It is none."""
    link, held = make()
    held.answer((b"CONNECT",))
    said = b"\r\nCONNECT " + b"9" * 600
    put(link, said, bytearray())
    held.force()
    assert link.take(1200) == said
    assert not held.first


def test_an_ok_whose_begin_got_lost():
    """It is one also when it seems to go on with the words that were held back before, and those are payload then."""
    for before in (b"\r\nNO CARRIER", b"\r\nNO CARRIER\r\n", b""):
        for ok, garbled in ((b"OK\r\n", True), (b"O", True), (b"", False)):
            with Case(before, ok):
                link, held = hold(before)
                held.expect(ESCAPE, OK, lambda: True)
                put(link, ok, bytearray())
                held.expect_more()
                if before.endswith(b"\r\n") and ok == b"OK\r\n":
                    assert held.ok_at() == len(before) - 2  # with the end of that line it is whole
                    continue
                assert held.ok_at() == -1
                assert held.is_garbled_ok() == garbled
                assert held.base == len(before)
                assert held.whole == (len(before) if before.endswith(b"\r\n") or ok == b"OK\r\n" else 0)


def test_an_end_with_payload_behind_it_is_none():
    """In one piece, nothing of which is held back."""
    link, held = make()
    put(link, CLOSED + b"is what the peer wrote", bytearray())
    assert held.n == 0 and not held.is_told()
