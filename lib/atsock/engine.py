"""One command in flight, the set of events it waits for, its deadline; and the routing of all that comes unasked.

The data path, in reading order:
    1 port.py      UART -> window
    2 tokens.py    window -> line, prompt, payload
    3 dialects/    line -> table row (tables.py, packed by packing.py; found by match() of fast.py)
    4 engine.py    row -> event of the command in flight, or of a link
    5 link.py      payload -> ring of the connection, or straight into the reader's buffer
    6 sockets.py   ring -> the user

Knows no vendor word and never waits: a front calls pump() whenever the port has something or a deadline is due.  What
is not on the data path is in answers of another kind (outcome.py), rare notices (rare.py), lines that nobody expects
(strays.py) and what becomes of commands that are not answered (late.py), loaded when they are needed.

Rules
1. One command at a time.  It is finished when all events of its verb's `need` have come, in any order, or
   with an ERROR; nothing else may be sent before.
2. A solicited row counts only while its event is wanted and its link is the command's: a late answer is
   never taken for another command's.
3. A command that ran out of time stays in flight as LATE: its rows still count (a late payload goes to its
   link), and nothing is sent but the SYNC question, until the answer to that shows that both sides are in step (late.py).
4. Payload is consumed by count whoever asked for it, or nobody.
5. pump(), start() and what they call on the data path allocate nothing; methods are short because MicroPython
   puts frames of more than 11 words on the heap.
"""

from array import array
from errno import EAGAIN, EIO

from .fast import MISSING, const, copy, fill_in, hexlify, match
from .lend import once, method
from .link import Link
from .port import ticks_add, ticks_diff
from .tokens import Tokenizer

# Engine.state
_IDLE = const(0)
_BUSY = const(1)
_LATE = const(2)  # the command's time is over, its answer may still come
_DATA_MODE = const(3)  # the port belongs to one connection (transparent mode)

# What Tokenizer.next() returns.
_LINE = const(1)
_PROMPT = const(2)
_END = const(4)
_FULL = const(5)

# Events of the tables (tables.py)
_OK = const(1 << 0)
_OK2 = const(1 << 1)
_PROMPTED = const(1 << 2)
_SENT = const(1 << 3)
_REFUSED = const(1 << 4)
_DATA = const(1 << 5)
_EMPTY = const(1 << 6)
_ADDRESS = const(1 << 10)
_CONNECT = const(1 << 13)
_ERROR = const(1 << 15)
_CODE = const(1 << 16)
_RARE = const(1 << 10 | 1 << 11 | 1 << 14 | 1 << 16)  # ADDRESS, RESOLVED, REASON, CODE
_READY = const(1 << 18)
_PUSH = const(1 << 19)
_GONE = const(1 << 20)
_FLOW_OFF = const(1 << 24)
_FLOW = const(1 << 24 | 1 << 25)  # FLOW_OFF, FLOW_ON
_SENDER = const(1 << 28)
_NOISE = const(1 << 29)
_UNASKED = const((1 << 30) - (1 << 18))

# Kinds of payload (tables.py)
_NONE = const(0)
_HEX = const(3)
_INLINE_HEX = const(4)
_WORD = const(5)
_RAW_FROM = const(6)
_HEX_FROM = const(8)
_INLINE_HEX_FROM = const(9)

# What match() finds and is told (fast.py)
_EVENT = const(0)
_ID = const(1)
_VALUE = const(2)
_REST = const(3)
_KIND = const(4)
_AT = const(5)
_GOOD = const(6)
_ROW = const(8)
_WANTED = const(9)
_ASKED_LINK = const(10)
_ASKED_N = const(11)
_CONTEXT = const(12)
_PAYLOADS = const(1 << 5 | 1 << 19)  # DATA, PUSH
_WHICHEVER = const(1001)
_NOBODY = const(1000)  # a command without a link: no row with one is its answer

# Link.state and Link.ready (link.py)
_FREE = const(0)
_NO = const(0)
_MAYBE = const(1)
_YES = const(2)

# Events for the application (constants.py)
_EVENT_DATA = const(1)
_EVENT_CLOSED = const(2)
_EVENT_FLOW_OFF = const(6)
_EVENT_FLOW_ON = const(7)
_EVENT_OVERFLOW = const(8)

_TX = const(320)  # the longest command: an open with a host name of 255 characters
_EVENTS = const(32)  # queued at most; beyond that new ones are dropped
_PIECE = const(128)  # payload bytes encoded to hexadecimal at a time
_SENDER_MOST = const(64)  # an address and a port
_OK2_MS = const(1000)  # for the second OK of a command whose result line has come; some firmware leaves it out
_STALL_MS = const(5000)  # payload that stops coming for so long will not come

# A question whose answer no other command gives: brings both sides into step after a timeout.
SYNC = (b"AT+CSQ", 2000, _OK, 0)


class Engine:
    _places = "ENGINE"
    # What is not written on the data path.
    by_sender = None  # see senders.py
    sender = b""  # address line of the payload that follows, a bytearray as soon as one comes
    dialect = None  # its name, as soon as it is known
    access = None  # mode that the rows are for
    why = None  # command that asks the module why it refused the last one
    again_code = None  # of a result line: not now, try again later; None: there is no such code
    nothing_left = None  # of a second command's result line: there was nothing to do any more
    closes = None  # command that closes a connection
    closes_gone = False  # a connection that is gone must still be closed
    refused = None  # the command whose reason is being asked for
    probes = 0  # SYNC questions sent since the command became late
    questions = 0  # answers to them that are still to come, the late command's own if it was the same question
    finals = 0  # final results since then
    answered = False  # the answer to one of them has begun
    full = False  # the port took less than a socket in data mode had for it
    events = None  # a list when the application wants events: (event, link, value), delivered by a front
    restarts = 0
    network_losses = 0
    lost = False  # the network took the context away, and it has not been activated since

    def __init__(self, port, context):
        self.port = port
        self.tokens = Tokenizer()
        self.context = context  # PDP context id
        self.rows = b"\0"  # of the dialect, packed (packing.py)
        self.found = array("i", [0] * 13)  # what match() makes of a line
        self.found[_WANTED] = _UNASKED
        self.found[_CONTEXT] = context
        self.links = {}  # by connection id
        self.servers = {}  # Listener by server id
        self.state = _IDLE
        self.command = None  # in flight
        self.verb = SYNC  # its verb, or the one that followed it
        self.need = 0
        self.got = 0
        self.bad = False  # a result line told a failure
        self.code = MISSING
        self.told = -1  # row of the line that told the code
        self.deadline = 0
        self.stalled = False  # payload waits in the window for room in its ring
        self.silent = False  # the module does not answer at all
        self.tx = bytearray(_TX)
        self.tx_n = 0
        self.tail = 0  # where the command line goes on behind the payload; -1: it is complete
        self.out = None  # what is being written: out[out_at:], out_left bytes
        self.out_at = 0
        self.out_left = 0
        self.hex_left = 0  # payload bytes still to be encoded
        self.sender_n = 0
        self.moved_ms = 0  # when payload moved last

    def link(self, id):
        """The Link of a connection id, made when it is first used."""
        link = self.links.get(id)
        if link is None:
            link = self.links[id] = Link(id)
        return link

    # -- commands

    def start(self, command):
        """Send it.  False when another one is in flight; command.done tells when it is finished."""
        if self.state != _IDLE:
            return False
        command.clear()
        command.sent = True
        self.command = command
        self.code = MISSING
        self.told = -1
        self.bad = False
        self.state = _BUSY
        self._begin(command.again or command.verb, command.timeout_ms)
        return True

    def _begin(self, verb, timeout_ms):
        command = self.command
        found = self.found
        self.verb = verb
        self.got = 0
        self.hex_left = 0
        self.need = verb[2]
        found[_WANTED] = verb[2] | verb[3] | _ERROR | _CODE | _UNASKED
        found[_ASKED_LINK] = _NOBODY if command.link is None or command.link.id is None else command.link.id
        found[_ASKED_N] = command.n
        self.tokens.prompt = verb[2] & _PROMPTED != 0
        self.deadline = ticks_add(self.port.ticks_ms(), timeout_ms or verb[1])
        self._compose(verb[0], 0)
        self._flush()

    def _compose(self, text, at):
        # The command line from text[at:] on, up to the payload's place, or to the end and CR.
        if not at and len(text) >= _TX:  # of the application: nothing is filled in
            self.tail = len(text)
            self.tx_n = 0
            return self._out(text, len(text))
        n = fill_in(self.tx, text, at, self.found[_ASKED_LINK], self.found[_ASKED_N])
        if not at:
            self.tx_n = n
        self.tail = text.find(b"\4", at) + 1
        if self.tail:
            self.hex_left = self.command.n
        else:
            self.tail = -1
            self.tx[n] = 13
            n += 1
        return self._out(self.tx, n)

    def _flush(self):
        # Write what the port takes; True when everything is out.
        while self.out_left or self._more():
            n = self.port.write(self.out, self.out_at, self.out_left)
            if not n:
                return False
            self.out_at += n
            self.out_left -= n
        return True

    def _more(self):
        # The next part of the command for `out`; False when it is complete.
        n = self.hex_left
        if not n:
            return self.tail > 0 and self.state == _BUSY and self._compose(self.verb[0], self.tail)
        if n > _PIECE:
            n = _PIECE
        command = self.command
        hexlify(self.tx, 0, command.buf, command.start + command.n - self.hex_left, n)
        self.hex_left -= n
        return self._out(self.tx, 2 * n)

    def _out(self, buf, n):
        self.out = buf
        self.out_at = 0
        self.out_left = n
        return n > 0

    def _finish(self, errno):
        command = self.command
        if self.out_left and self.out is command.buf:  # the module has ended the payload by itself (Fibocom 1.2.4: SENDTIME)
            self.out_left = 0
            errno = errno or EIO
        if self.refused is not None or errno == EIO and self.why is not None and self.code == MISSING:
            command = once("outcome", "reason", self)
            if command is None:  # it is being asked for
                return
            errno = EIO
        elif errno == 0 and len(self.verb) > 4:
            self._begin(self.verb[4], 0)
            return
        self._idle()
        # What the module has stored already is not sent again: a refusal of the second verb repeats only that.
        again = self.verb if errno == EAGAIN and self.verb is not command.verb else None
        if again is not command.again:
            command.again = again
        if errno == 0 and command.enters_data:
            self.enter_data(command.link.tail)
        command.errno = errno
        command.code = self.code
        if errno == EIO and self.told >= 0:
            once("outcome", "tell", self, command)
        command.done = True

    def _idle(self):
        self.state = _IDLE
        self.command = None
        self.found[_WANTED] = _UNASKED
        self.tokens.prompt = False

    # -- what comes

    def pump(self):
        """Take in what has come, send what can go, mind the deadline; True when anything moved."""
        if self.out_left or self.hex_left:
            self._flush()
        tokens = self.tokens
        self.stalled = False
        ended = False
        moved = n = self.port.fill(tokens.window, tokens.marks)
        while n:
            token = tokens.next()
            if token == _LINE:
                self._on_line()
            elif token == _END:
                ended = True
                self._on_payload()
            elif token == _PROMPT:
                self._on_prompt()
            elif token == _FULL:
                if not self._make_room():
                    return False
            else:  # the window is used up; when a payload goes on and more of it has come meanwhile, take it in at once,
                # but no other one: its reader must have its turn before there is no room any more
                n = 0 if ended else tokens.left and self.port.fill(tokens.window, tokens.marks)
        if self.state != _IDLE or tokens.left:
            self._mind_time(moved)
        return moved > 0

    def _mind_time(self, moved):
        now = self.port.ticks_ms()
        if moved:
            self.moved_ms = now
        elif self.tokens.left and ticks_diff(now, self.moved_ms) > _STALL_MS:
            once("late", "payload_lost", self)
        if (self.state == _BUSY or self.state == _LATE) and ticks_diff(self.deadline, now) <= 0:
            once("late", "expire", self)

    def _make_room(self):
        # The reader of a pushing link is slow.  As long as nothing else is to come through, the UART may wait
        # (and RTS holds the module); a command in flight cannot.
        self.stalled = self.state == _IDLE or self.state == _DATA_MODE
        if not self.stalled:
            self.overflow()
        return not self.stalled

    def after_ms(self, ms):
        """The ticks ms milliseconds from now."""
        return ticks_add(self.port.ticks_ms(), ms)

    def until_ms(self, ticks):
        """Milliseconds until then, 0 or less when past."""
        return ticks_diff(ticks, self.port.ticks_ms())

    def is_past(self, ticks):
        return ticks_diff(ticks, self.port.ticks_ms()) <= 0

    def remaining_ms(self, ms):
        """How long a front may wait before pump() must be called again: ms, or less when a deadline is nearer."""
        if self.state == _BUSY or self.state == _LATE:
            left = ticks_diff(self.deadline, self.port.ticks_ms())
            ms = min(ms, max(left, 0))
        if self.tokens.left and ms > _STALL_MS:
            ms = _STALL_MS
        return ms

    def _on_prompt(self):
        command = self.command
        self.got |= _PROMPTED
        if command.buf is None:  # abandoned before the module was ready for the payload
            once("late", "fill_up", self, command, command.n)
        else:
            self._out(command.buf, command.n)
            self.out_at = command.start
        self._flush()
        self._check()

    def _on_line(self):
        self.silent = False
        asks = self.state == _BUSY and self.command.asks
        if asks and self.command.takes(self) or self.knows():
            return
        if not asks or not self.command.collects(self):
            self._stray()

    def _stray(self):
        # In no table, or not now: a header whose payload nobody asked for must be seen even so, the rest matters to few.
        announces = self.announces_payload()
        if announces or self.events is not None or self.state == _LATE:
            once("strays", "line", self, announces)

    def announces_payload(self):
        """Does the line announce payload, whether that is wanted or not?  Then `found` tells which."""
        found = self.found
        wanted = found[_WANTED]
        link = found[_ASKED_LINK]
        found[_WANTED] = _PAYLOADS
        found[_ASKED_LINK] = _WHICHEVER
        at = match(self.rows, self.tokens.line, self.tokens.n, 0, found)
        while at and (found[_KIND] == _NONE or found[_KIND] == _WORD):
            at = match(self.rows, self.tokens.line, self.tokens.n, at, found)
        found[_WANTED] = wanted
        found[_ASKED_LINK] = link
        return at > 0

    def knows(self):
        """Act on the line as the rows say; False when no row takes it."""
        at = 0
        while True:
            at = match(self.rows, self.tokens.line, self.tokens.n, at, self.found)
            if not at:
                return False
            event = self.found[_EVENT]
            if self._unasked(event) if event & _UNASKED else self._asked(event):
                return True

    # -- events of the command in flight

    def _asked(self, event):
        found = self.found
        link = self.command.link
        if event == _OK:
            if self.got & _OK:
                event = _OK2
        elif event == _DATA:
            return self._on_data(link, found[_VALUE])
        elif event == _EMPTY:
            if not found[_GOOD]:  # the same line with a count is a notice
                return self._on_ready(link)
            self._on_empty(link)
        elif event == _ERROR:
            if not self.got & _EMPTY or self.state == _LATE:
                return once("outcome", "error", self)
            self._finish(0)
            return True
        elif not found[_GOOD] or event == _CODE and found[_VALUE] > 0:
            self.code = found[_VALUE]
            self.told = found[_ROW]
            if event != _CODE:  # what would have followed on success is not waited for
                self.bad = True
                self.need &= ~_ADDRESS
        elif event & _RARE:
            once("outcome", "happens", self, event)
        elif event == _SENT:
            link.free = found[_REST]
            if self.need & _OK2 and self.got & _OK:
                self.deadline = self.after_ms(_OK2_MS)
        self.got |= event
        self._check()
        return True

    def _check(self):
        if self.got & self.need != self.need or self.state != _BUSY:
            if self.state == _LATE and self.got & _OK:
                once("late", "final", self)
        elif not self.command.asks or self.command.is_complete(self.bad):
            if self.got & _REFUSED or self.bad and self.code == self.again_code:
                self._finish(EAGAIN)
            elif self.bad and (self.code != self.nothing_left or self.verb is self.command.verb):
                self._finish(EIO)
            else:
                self._finish(0)

    # -- payload

    def _on_data(self, link, n):
        # Header of a read's answer.
        if n <= 0:
            self._on_empty(link)
            return True
        rest = self.found[_REST] if self.found[_KIND] < _RAW_FROM else MISSING
        if rest > 0:
            link.ready = _YES
        else:
            link.ready = _MAYBE if rest == MISSING or link.noticed else _NO
        self.got |= _DATA
        self._payload(link, n)
        return True

    def _on_empty(self, link):
        if link is not None:
            link.ready = _MAYBE if link.noticed else _NO
        self.got |= _EMPTY

    def _payload(self, link, n):
        # Payload of n bytes follows the line; link None: for nobody.
        self.moved_ms = self.port.ticks_ms()
        if link is not None:
            if link.dst is None and link.buf is None:
                link.need_ring()
            if link.datagram:
                link.begins(self)
        kind = self.found[_KIND]
        if kind == _INLINE_HEX or kind == _INLINE_HEX_FROM:  # n is what is left, not what comes
            self.tokens.hex(link)
        elif n > 0:
            if kind == _HEX or kind == _HEX_FROM:
                self.tokens.hex(link, n)
            else:
                self.tokens.raw(link, n)

    def _on_payload(self):
        # All of it has come.
        command = self.command
        sink = self.tokens.sink
        if command is not None and self.got & _DATA and sink is command.link:
            command.count = self.tokens.taken
        if sink is not None and sink.datagram and not sink.datagram_ends(self.tokens.taken):
            self.event(_EVENT_OVERFLOW, sink, self.tokens.taken)

    # -- events that come unasked

    def _unasked(self, event):
        link = self.links.get(self.found[_ID])
        if event == _READY:
            self._on_ready(link)
        elif event == _PUSH:
            return self._on_push(link, self.found[_VALUE])
        elif event == _SENDER:
            if not self.sender:
                self.sender = bytearray(_SENDER_MOST)
            n = min(self.tokens.n - self.found[_AT], _SENDER_MOST)
            copy(self.sender, 0, self.tokens.line, self.found[_AT], n)
            self.sender_n = n
        elif event & _FLOW:
            if link is not None:
                link.flow_off = event == _FLOW_OFF
                self.event(_EVENT_FLOW_OFF if link.flow_off else _EVENT_FLOW_ON, link, 0)
        elif event == _GONE:
            self._on_gone(link)
        elif event != _NOISE:
            return once("rare", "happens", self, event, link)
        return True

    def _on_gone(self, link):
        found = self.found
        if link is None or link.state == _FREE or found[_GOOD] and found[_VALUE] != MISSING:  # the last one: it acknowledges
            return
        link.gone()
        link.held = self.closes_gone
        self.event(_EVENT_CLOSED, link, 0)
        if self.need & _CONNECT and self.state == _BUSY and self.command.link is link:
            self.code = found[_VALUE]
            self._finish(EIO)

    def _on_ready(self, link):
        if link is not None:
            link.ready = _YES
            link.noticed = True
            self.event(_EVENT_DATA, link, 0)
        return True

    def _on_push(self, link, n):
        if self.found[_ID] == -1:
            if self.by_sender is None:
                from .senders import by_sender  # stays with those whose module does not tell the link

                self.by_sender = by_sender
            link = self.by_sender(self)
        if link is not None and not link.pushed:
            return self._on_ready(link)  # a buffered link's notice that tells the length as well
        if n == MISSING:
            return False
        if link is not None:
            self.event(_EVENT_DATA, link, n)
        self._payload(link, n)
        self.sender_n = 0
        return True

    def event(self, event, link, value):
        """Queue it for the application."""
        events = self.events
        if events is not None and len(events) < _EVENTS:
            events.append((event, link, value))

    def __getattr__(self, name):
        return method(self, name)
