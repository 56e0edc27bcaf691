"""Data mode's way from the UART to the link: payload goes through, the module's own last words are held back.

Knows what such words may look like from the dialect table (DATA_ENDS), no socket and no guard time.
"""

from .fast import copy
from .ring import resize, room

_MOST = 64  # bytes of such lines together
RING_MOST = 1 << 17  # bytes, for what comes while nobody can read


class Tail:
    """Sink of data mode: passes payload on to the link, and holds back what may be the module's last words.

    They stand at the end of what came: CR LF, a word of `words`, and more up to CR LF, once or several times.  As
    soon as something else follows, they were payload.  Allocates nothing.
    """

    dst = ()
    datagram = False

    def __init__(self, link, words):
        self.link = link
        self.words = words
        self.hold = bytearray(_MOST)
        self.n = 0  # bytes held back
        self.start = 0  # where the line that is being matched starts
        self.complete = False  # all of them are whole lines
        self.first = ()  # words of a line that is dropped when it comes first, see answer()

    def answer(self, words):
        """The next line may be the answer to the command that led here: drop it when it begins with one of these."""
        self.first = words
        self.n = 0

    def _drop_answer(self, src, start, n):
        words = self.words
        self.words = self.first
        done = 0
        while done < n and self.first:
            self.hold[self.n] = src[start + done]
            if not self._matches(self.n + 1):  # no answer: payload, or the last words
                self.first = ()
                self.words = words
                if not self._matches(self.n):
                    self.release()
                return done + self.put(src, start + done, n - done)
            self.n += 1
            done += 1
            if self.complete:
                self.first = ()
                self.n = 0
                self.complete = False
        self.words = words
        return done

    def put(self, src, start, n):
        if self.first:
            return self._drop_answer(src, start, n)
        if self.n:
            return self._go_on(src, start, n)
        at = self._find(src, start, start + n)
        if at == start and n <= _MOST:
            return self._begin(src, start, n)
        if at < 0:
            return self.link.put(src, start, n)
        if start + n - at > _MOST:
            # Much has come: what stands before its last part cannot be the end.
            n = n - _MOST if n > _MOST else 1
        else:
            n = at - start
        return self.link.put(src, start, n)

    def _find(self, src, at, end):
        # Where in src[at:end] the last words may begin, or so far before the end that nobody has looked; -1: nowhere.
        at = src.find(b"\r", at, end)
        while at >= 0 and end - at <= _MOST and not self._may_end(src, at, end - at):
            at = src.find(b"\r", at + 1, end)
        return at

    def _begin(self, src, start, n):
        copy(self.hold, 0, src, start, n)
        self.n = n
        self.start = 0
        return n

    def _may_end(self, src, at, n):
        # Could the n bytes from src[at:] be the module's last words, or a beginning of them?
        copy(self.hold, 0, src, at, n)
        self.start = 0
        return self._matches(n)

    def _go_on(self, src, start, n):
        if self.n + n <= _MOST:
            copy(self.hold, self.n, src, start, n)
            if self._matches(self.n + n):
                self.n += n
                return n
        if not self.release():
            return 0
        return self.put(src, start, n)

    def release(self):
        """What is held back is payload: hand it on; False while the ring has no room for it."""
        link = self.link
        if not link.dropping:
            if room(link) < self.n:
                return False
            link.put(self.hold, 0, self.n)
        self.n = 0
        self.complete = False
        return True

    def overflow(self):
        """There is no room, and something else must get through.  False when room could be made."""
        link = self.link
        if link.size < RING_MOST and not link.dropping:
            try:
                resize(link, 2 * link.size)
                return False
            except MemoryError:  # then there is no room indeed
                pass
        return link.overflow()

    @property
    def socket(self):
        return self.link.socket

    def _matches(self, n):
        # hold[:n] is a run of lines, the last one maybe not whole.
        self.complete = False
        at = 0
        while at < n:
            end = self._line(at, n)
            if end < 0:
                return False
            at = end
        return True

    def _line(self, at, n):
        # The end of the line at hold[at:n], n when it may still become one, -1 when it cannot.
        hold = self.hold
        if hold[at] != 13 or n > at + 1 and hold[at + 1] != 10:
            return -1
        if n <= at + 2:
            return n
        end = hold.find(b"\r\n", at + 2, n)
        if not self._word(at + 2, end if end >= 0 else n, end >= 0):
            return -1
        if end < 0:
            return n
        self.complete = end + 2 == n
        return end + 2

    def _word(self, at, end, whole):
        i = 0
        while i < len(self.words):
            if self._is_word(self.words[i], at, end, whole):
                return True
            i += 1
        return False

    def _is_word(self, word, at, end, whole):
        # hold[at:end] begins with the word, or is a beginning of it (a whole line cannot become more).
        n = len(word)
        if end - at < n:
            if whole:
                return False
            n = end - at
        i = 0
        while i < n:
            if self.hold[at + i] != word[i]:
                return False
            i += 1
        return True
