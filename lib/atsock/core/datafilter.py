"""What is payload in data mode, and what may be the module's: the sink that all bytes pass through.

Owns what is held back until it is clear whose it is.  Who decides that, by silences and by questions, is datamode.py;
what the module may write stands in the dialect's table (DATA_ENDS, and the rows of restarts and losses).  Knows no
socket, never waits, allocates nothing where payload passes.
"""

from .link import Link
from .movers import const, copy
from .rows import beginnings_of
from .tokenizer import Sink

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

RING_MAX = 1 << 17  # bytes, for what comes while nobody can read
OK_LINE = b"\r\nOK\r\n"

# Bytes of result codes together: how a connection ended, and what a module in command mode answers to what the program
# had sent before it knew.
_HELD_MAX = const(512)
_FIRST_MAX = const(128)  # of the first piece of them: what stands before is payload.  Each CR in it is looked at
_LINES_MAX = const(4096)  # with unsolicited lines behind them, or behind the OK of an escape
_OK_WORDS = (b"OK",)
_ANY_PLUS = const(128)  # among the keys of words: every line that begins with "+" is one
_NO_WORDS: "tuple[bytes, ...]" = ()
_NOTHING: "dict[int, tuple[bytes, ...]]" = {}

# Numbers of events, in packed rows (words.py): what a module may say that has left data mode by itself,
_LOSSES = (15, 26, 27, 29)  # ERROR, NETWORK_LOST, RESTARTED, NOISE
_OUTAGES = (26, 27)
_NOISES = (29,)
_MORE = (b"+", b"*", b"RING", b"OK")  # and what may follow, beside noise; OK: the program had sent a command line


class DataFilter(Sink):
    """The sink of data mode: passes payload on to the link, and holds back what may be result codes of the module.

    They stand at the end of what came: CR LF, a word of `words`, and more up to CR LF, once or several times; behind
    the first one, lines that begin with one of `more` may follow (a module that boots has much to say).  As soon as
    something else follows, they were payload.  Allocates nothing, but for a larger ring in overflow().
    """

    def __init__(self, link: Link, words: "tuple[bytes, ...]", rows: bytes = b"\0"):
        """words: what the module writes when the connection has ended; rows: the dialect's, packed."""
        self.link = link
        self.ends = words
        self.losses = beginnings_of(rows, _OUTAGES)
        self.codes = _by_letter(words + beginnings_of(rows, _LOSSES))
        self.words = self.codes  # that are looked for now
        self.more = _MORE + beginnings_of(rows, _NOISES)
        self.later = _by_letter(self.more, self.codes)  # in the lines behind the first one
        self.held = bytearray(_HELD_MAX)
        self.n = 0  # bytes held back
        self.whole = 0  # of them: those of whole lines
        self.first: "dict[int, Any]" = {}  # words of a line that is dropped when it comes first, see answer()
        self.notices = _NO_WORDS  # of them: those that others may follow
        self.echo = b""  # and what may stand before that
        self.echoed = 0  # bytes of it that have come
        self.answered = False  # has that line come?
        self.reply = b""  # what the module may say to +++, see expect()
        self.reply_later = b""
        self.is_due: "Any" = None
        self.settles = False  # the OK has come: what comes now stands behind it, or the last OK is the right one
        self.base = 0  # bytes held back before that
        self.left = False  # it is being left
        self.since: "int | None" = None  # ticks when data mode began, until an escape has looked at that
        self.ended = False  # has the end of the line that is looked at come?

    @property
    def socket(self):
        """The socket whose data mode it is, for events."""
        return self.link.socket

    @property
    def is_leaving(self):
        """True when nobody has this data mode any more: commands wait until it has been left."""
        link = self.link
        return self.left or link.id >= 0 and link.socket is None

    @property
    def complete(self):
        """True while what is held back, if there is anything, are whole lines."""
        return self.n == self.whole

    def answer(self, words: "tuple[bytes, ...]", echo: bytes = b"", notices: "tuple[bytes, ...]" = _NO_WORDS):
        """The next line may be the answer to the command that led here: drop it when it begins with one of these.

        echo: of that command, which may stand before; notices: so may lines that begin with these.
        """
        self.first = _by_letter(words + notices)
        self.notices = notices
        self.echo = echo
        self.echoed = 0
        self.answered = False
        self.n = self.whole = 0

    def expect(self, reply: bytes, more: bytes = b"", is_due=None):
        """The module may say this next, or what is left of it when bytes get lost: that is held back.

        more: what it may say behind that as soon as is_due() says True.  reply b"": nothing any more.
        """
        if not self.reply:
            self.base = self.n
        self.reply = reply
        self.reply_later = more
        self.is_due = is_due
        self.words = _by_letter(_OK_WORDS, self.codes) if reply.endswith(OK_LINE) else self.codes
        self.later = _by_letter(self.more, self.words)

    def expect_more(self):
        """The later part of the reply may come now; what has come before the first OK can is no part of it."""
        if self.reply_later:
            if OK_LINE not in self.reply:
                self.base = self.n
            self.expect(self.reply + self.reply_later)

    def clear(self):
        """Forget what is held back: it was no payload."""
        self.n = self.whole = self.base = 0

    def write(self, src, start, n):
        if self.first:
            pos = self._drop_answer(src, start, n)
            if pos:
                return pos
        if self.reply:
            return self._hold_reply(src, start, n)
        while self.n:
            if self._extends(src, start, n):
                return n
            if not self._release_line():
                return 0
        pos = self._find(src, start, start + n)
        if pos == start and n <= _FIRST_MAX:  # _find() has copied it
            self.n = n
            return n
        if pos >= 0:
            # Much has come: what stands before its last part cannot be the end.
            n = n - _FIRST_MAX if start + n - pos > _FIRST_MAX else pos - start
        self.whole = 0
        return self.link.write(src, start, n)

    def _find(self, src, pos, end):
        # Where in src[pos:end] a result code may begin (it is in `held` then), or so far before the end that nobody
        # has looked; -1: nowhere.
        pos = src.find(b"\r", pos, end)
        while pos >= 0 and end - pos <= _FIRST_MAX:
            if end - pos < 3 or src[pos + 2] in self.words:
                copy(self.held, 0, src, pos, end - pos)
                if self._matches(end - pos):
                    break
            pos = src.find(b"\r", pos + 1, end)
        return pos

    def _extends(self, src, start, n):
        # Does it go on behind what is held back as a result code would?  Then it is held back, too.
        if self.n + n > len(self.held) and not (self.whole and self._grow()):
            return False
        copy(self.held, self.n, src, start, n)
        if not self._matches(self.n + n):
            return False
        self.n += n
        return True

    def _hold_reply(self, src, start, n):
        # One byte after the other, because the reply may begin anywhere; returns how many found room.
        if self.reply_later and self.is_due():
            self.expect_more()
        done = 0
        while done < n:
            if self.n == len(self.held) and not self._grow() and not self._give(1):
                break
            whole = self.whole
            self.held[self.n] = src[start + done]
            if self._matches(self.n + 1):
                pass
            elif self.settles or self._is_reply(self.base, self.n + 1):
                self.whole = whole
            elif self.n:  # the first of what is held back is payload, then
                self.whole = 0
                if not self._give(self.base or 1):
                    break
                continue
            elif not self.link.write(src, start + done, 1):
                break
            else:
                done += 1
                continue
            self.n += 1
            done += 1
        return done

    def _grow(self):
        # For unsolicited lines; they may be payload, so they must find room in the ring.
        size = len(self.held) + _HELD_MAX
        if size > _LINES_MAX or size > self.link.size or not self.whole and OK_LINE not in self.held:
            return False
        try:
            self.held += bytearray(_HELD_MAX)
        except MemoryError:
            return False
        return True

    def _give(self, n):
        # The first n bytes held back are payload; False while there is no room.
        link = self.link
        if not link.discarding:
            if link.room() < n:
                return False
            link.write(self.held, 0, n)
        self.n -= n
        self.base = 0
        copy(self.held, 0, self.held, n, self.n)
        return True

    def _is_reply(self, pos, end):
        # Is held[pos:end] what is left of the expected reply when some bytes of it got lost?
        i = 0
        while pos < end and i < len(self.reply):
            if self.held[pos] == self.reply[i]:
                pos += 1
            i += 1
        return pos == end

    def _drop_answer(self, src, start, n):
        # How many bytes of src[start:] belong to the answer; `first` is empty as soon as that is over.
        words = self.words
        self.words = self.first
        done = 0
        while done < n and self.first:
            if self.echo and self._echoes(src[start + done]):
                done += 1
                continue
            if self.n < _HELD_MAX:
                self.held[self.n] = src[start + done]
            if self.n == _HELD_MAX or not self._matches(self.n + 1):  # no answer: payload, or a result code
                self.first = _NOTHING
                self.words = words
                while not self._matches(self.n) and self._release_line():
                    pass
                return done
            self.n += 1
            done += 1
            if self.complete:
                if not _begins(bytes(self.held[2 : self.n]), self.notices):
                    self.first = _NOTHING
                    self.answered = True
                self.clear()
        self.words = words
        return done

    def _echoes(self, byte):
        # Is it the next byte of the echo?
        if byte == self.echo[self.echoed]:
            self.echoed += 1
            if self.echoed == len(self.echo):
                self.echo = b""
            return True
        if self.echoed:  # it was none
            self.link.write(self.echo, 0, self.echoed)
        self.echo = b""
        return False

    def release(self):
        """What is held back is payload: hand it on; False while the ring has no room for it."""
        link = self.link
        if not link.discarding:
            if link.size - link.count < self.n:
                return False
            link.write(self.held, 0, self.n)
        if self.n:  # no answer comes first any more
            self.first = _NOTHING
        self.n = self.whole = self.base = 0
        return True

    def _release_line(self):
        # What is held back does not go on as result codes do: hand it on, up to its last line, which may be the first
        # of them.  False while the ring has no room for it.
        pos = self.held.rfind(b"\r", 1, self.n)
        if pos < 0:
            return self.release()
        self.whole = 0
        return self._give(pos)

    def is_told(self):
        """True when the module, or the peer, has said that data mode is over, maybe with the line's end lost."""
        if self.reply:
            return min(self.whole, self.base) > 0
        self.ended = True
        return self.whole > 0 or self.n > 2 and self._is_line(0, self.n)

    def ok_at(self):
        """Where in what is held back the OK of an escape stands, the last one; -1: none has come, or is expected."""
        found = -1
        if not self.reply:
            return found
        pos = self.held.find(OK_LINE, max(self.base - 2, 0), self.n)  # its CR LF may be what was there before
        while pos >= 0:
            found = pos
            pos = self.held.find(OK_LINE, pos + 1, self.n)
        return found

    def take_ok(self):
        """What stands before that OK is payload, as the module was in data mode; returns what stands behind it."""
        pos = self.ok_at()
        rest = bytes(memoryview(self.held)[pos + len(OK_LINE) : self.n])
        self.n = max(pos, self.base)
        self.force()
        return rest

    def drop_ends(self):
        """What stands before the reply is the end of a connection before, told late: drop it.

        False, and nothing is done, when it is anything else than whole lines of that kind.
        """
        lines = bytes(memoryview(self.held)[: self.base]).split(b"\r\n")
        while lines and not lines[-1]:
            lines.pop()
        ends = [line for line in lines if _begins(line, self.ends)]
        if not ends or len(ends) != len([line for line in lines if line]) or self.ok_at() < self.base:
            return False
        self.n -= self.base
        copy(self.held, 0, self.held, self.base, self.n)
        self.base = self.whole = 0
        return True

    def force(self):
        """What is held back is payload: hand it on, whether there is room or not."""
        if not self.release():
            self.overflow()
            self.release()

    def release_before_end(self):
        """The connection has ended: hand on what stands before the words with which the module may have said so.

        It says them at once and each once.  So what stands before, and the first of two that are alike, a peer has said
        last.  A loss of the network or a restart stays, however often it is told: it makes the end a failure, which
        loses nothing in silence.
        """
        begins: "list[tuple[bytes, int]]" = []
        ended = False
        pos = 0
        for line in bytes(memoryview(self.held)[: self.n]).split(b"\r\n"):
            is_end = _begins(line, self.ends)
            is_loss = _begins(line, self.losses)
            if not is_loss:
                for i, begin in enumerate(begins):
                    if begin[0] == line:
                        del begins[: i + 1]
                        break
            if is_end or is_loss:
                begins.append((line, pos - 2))
            ended = ended or is_end
            pos += len(line) + 2
        n = begins[0][1] if ended else 0
        if n > 0:
            if self.link.room() < n:
                self.overflow()
            self._give(n)

    def is_garbled_ok(self):
        """True when something of an OK has come behind +++, a letter at least, and not all of it."""
        pos = max(self.base, self.whole)
        if bytes(memoryview(self.held)[self.base : pos]).strip() == b"OK":  # its first CR LF got lost
            self.whole = self.base  # no word of the stream
            return True
        return self.held.find(b"O", pos, self.n) >= 0 or self.held.find(b"K", pos, self.n) >= 0

    def overflow(self):
        """There is no room, and something else must get through.  False when room could be made.  Allocates."""
        link = self.link
        if link.size < RING_MAX and not link.discarding:
            try:
                link.resize(2 * link.size)
                return False
            except MemoryError:  # then there is no room indeed
                pass
        return link.overflow()

    def _matches(self, n):
        # Is held[:n] a run of lines that are result codes, the last one maybe not whole?
        self.whole = 0
        pos = 0
        while pos < n:
            if self.reply and self.held[pos] == 43:  # an echo of +++, lines may stand behind it
                pos += 1
                continue
            if self.held[pos] != 13 or n > pos + 1 and self.held[pos + 1] != 10:
                return False
            if n <= pos + 2:
                return True
            end = self.held.find(b"\r\n", pos + 2, n)
            self.ended = end >= 0
            if not self._is_line(pos, end if end >= 0 else n):
                if not pos or self.held[pos + 2] != 13:
                    return False
                end = pos  # an empty line
            if end < 0:
                return True
            pos = end + 2
            self.whole = pos
        return True

    def _is_line(self, pos, end):
        # Does held[pos:end] begin with CR LF and one of the words, or can it become such a line (a whole one cannot)?
        words = self.later if pos else self.words
        letter = self.held[pos + 2]
        if letter == 43 and end - pos > 3 and _ANY_PLUS not in words:
            letter = self.held[pos + 3] | 128
        words = words.get(letter, _NO_WORDS)
        i = 0
        while i < len(words):
            if self._is_word(words[i], pos + 2, end):
                return True
            i += 1
        return False

    def _is_word(self, word, pos, end):
        if end - pos >= len(word):
            return self.held.find(word, pos, end) == pos
        if self.ended:
            return False
        end -= pos
        while end > 0:
            end -= 1
            if self.held[pos + end] != word[end]:
                return False
        return True


def _begins(line, words):
    for word in words:
        if line.startswith(word):
            return True
    return False


def _by_letter(words, others=_NOTHING):
    # {first byte: the words that begin with it}, and what is in others.  Most begin with "+": those also by the second
    # byte, with its highest bit set.
    found: "dict[int, tuple[bytes, ...]]" = dict(others)
    for word in words:
        found[word[0]] = found.get(word[0], _NO_WORDS) + (word,)
        if word[0] == 43:
            letter = word[1] | 128 if len(word) > 1 else _ANY_PLUS
            found[letter] = found.get(letter, _NO_WORDS) + (word,)
    return found


def link_without_reader() -> Link:
    """A Link, with its filter, for data mode that a command of the application enters: what comes is dropped."""
    link = Link(-1)
    link.discarding = True
    link.data_filter = DataFilter(link, ())
    return link
