"""One AT command with what it asks and what came of it.  A record: the engine fills it in.

Two of them live in every link (read, send) and are used again and again; the others are made where
they are needed (attach, open, resolve), off the data path.
"""

from .fast import MISSING


class Command:
    # What few commands set: an attribute of the object would be heap in all of them.
    cancel = None  # what ends a send whose payload nobody has any more; None: the count that the module waits for
    asks = False  # it is a Question (question.py): lines of its answer are collected
    timeout_ms = 0  # 0: the verb's
    enters_data = False  # on success the port is in data mode, from the very next byte
    again = None  # verb to begin with when it is started once more
    told = b""  # name of the line that told the code
    text = None  # and its words when it has no number

    def __init__(self, link=None, verb=None, timeout_ms=0):
        self.verb = verb  # (text, ms, need, also[, then]), see tables.py
        self.link = link
        self.n = 0  # bytes to send or to ask for
        self.buf = None  # what to send, from buf[start:]
        self.start = 0
        self.next = None  # in the line of those that wait for their turn
        if timeout_ms:
            self.timeout_ms = timeout_ms
        self.clear()

    def clear(self):
        self.sent = False  # the engine has taken it
        self.done = False
        self.errno = 0  # 0: it succeeded
        self.code = MISSING  # the module's number for what went wrong, or a bad result's value
        self.count = 0  # bytes read
        if self.told or self.text is not None:
            self.told = b""
            self.text = None
