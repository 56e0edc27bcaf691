"""One command in flight, the set of events it waits for, its deadline; and the routing of all that comes unasked.

The data path, in reading order:
    1 port.py      UART -> window
    2 tokens.py    window -> line, prompt, payload
    3 dialects/    line -> table row (columns: words.py)
    4 engine.py    row -> event of the command in flight, or of a link
    5 link.py      payload -> ring of the connection, or straight into the reader's buffer
    6 sockets.py   ring -> the user

Knows no vendor word and never waits: a front calls pump() whenever the port has something or a deadline is due.

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


from errno import EAGAIN, ECONNRESET, EIO

from .port import ticks_add, ticks_diff
from .command import Command
from .fast import MISSING, copy, field, fields, hexlify, number, put_number
from .lend import borrow
from .link import Link
from .states import END, FREE, FULL, LINE, LISTENING, MAYBE, NO, NOTHING, OPEN, OPENING, PROMPT, YES
from .tokens import Tokenizer
from .words import (
    A_LINES, ADDRESS, ANY, ARG, ASKED, CHATTER, CODE, COMMON, CONNECT, CONTEXT, DATA, EMPTY, ERROR, FLOW_OFF, FLOW_ON, GONE, HEX, HEX_FROM,
    INCOMING, INLINE, INLINE_FROM, INLINE_HEX, INLINE_HEX_FROM, LINK, MINE, N, NETWORK_LOST, NONE, OK, OK2, OPENED, PAYLOAD, PUSH,
    RAW_FROM, READY, REASON, REFUSED, RESOLVED, RESTARTED, SENDER, SENT, SYNC, SYNC_ANSWER, UNASKED, WORD,
)  # fmt: skip
from .words import PROMPT as PROMPTED

# Engine.state
IDLE = 0
BUSY = 1
LATE = 2  # the command's time is over, its answer may still come
DATA_MODE = 3  # the port belongs to one connection (transparent mode)

# Events for the application (API); the engine queues (event, link, value), a front delivers them.
EVENT_DATA = 1
EVENT_CLOSED = 2
EVENT_INCOMING = 3
EVENT_NETWORK_LOST = 4
EVENT_RESTARTED = 5
EVENT_FLOW_OFF = 6
EVENT_FLOW_ON = 7
EVENT_OVERFLOW = 8
EVENT_UNKNOWN = 9

_TX = 320  # the longest command: an open with a host name of 255 characters
_EVENTS = 32  # queued at most; beyond that new ones are dropped
_PIECE = 128  # payload bytes encoded to hexadecimal at a time
_IN_LINE = (INLINE, INLINE_HEX, INLINE_FROM, INLINE_HEX_FROM)
_OK2_MS = 1000  # for the second OK of a command whose result line has come; some firmware leaves it out
_STALL_MS = 5000  # payload that stops coming for so long will not come


class Engine:
    def __init__(self, port, context):
        self.port = port
        self.tokens = Tokenizer()
        self.context = context  # PDP context id
        self.dialect = None
        self.rows = COMMON
        self.links = {}  # by connection id
        self.servers = {}  # Listener by server id
        self.state = IDLE
        self.command = None  # in flight
        self.verb = SYNC  # its verb, or the one that followed it
        self.query = False  # it is a read form ("...?"): lines of its name are the answer, whatever they look like
        self.asks = False  # the module can be asked why it refused the command
        self.refused = None  # the command whose reason is being asked for
        self.need = 0
        self.got = 0
        self.wanted = UNASKED
        self.code = MISSING
        self.told = b""  # name of the line that told the code
        self.bad = False  # a result line told a failure
        self.deadline = 0
        self.probes = 0  # SYNC questions sent since the command became late
        self.questions = 0  # answers to them that are still to come, the late command's own if it was the same question
        self.finals = 0  # final results since then
        self.answered = False  # the answer to one of them has begun
        self.stalled = False  # payload waits in the window for room in its ring
        self.silent = False  # the module does not answer at all
        self.at = 0  # where the fields of the line start
        self.tx = bytearray(_TX)
        self.tx_n = 0
        self.piece = 0  # next command piece to be written
        self.out = None  # what is being written: out[out_at:], out_left bytes
        self.out_at = 0
        self.out_left = 0
        self.full = False  # the port took less than a socket in data mode had for it
        self.hex_left = 0  # payload bytes still to be encoded
        self.sender = bytearray(64)  # address line of the payload that follows
        self.sender_n = 0
        self.events = None  # a list when the application wants events
        self.moved_ms = 0  # when payload moved last
        self.restarts = 0
        self.network_losses = 0
        self.lost = False  # the network took the context away, and it has not been activated since

    def use(self, dialect, access):
        """Read lines by this dialect's tables, in this access mode.  Allocates."""
        self.dialect = dialect
        self.rows = COMMON[:1] + access[A_LINES] + dialect.LINES + COMMON[1:]  # OK first: it ends nearly every answer
        # The comma behind the last field ends a header whose payload stands on the same line.
        self.tokens.in_line = b"".join([bytes((len(row[0]),)) + row[0] + bytes((row[8],)) for row in self.rows if row[6] in _IN_LINE]) + b"\0"

    def link(self, id):
        """The Link of a connection id, made when it is first used."""
        link = self.links.get(id)
        if link is None:
            link = self.links[id] = Link(id)
        return link

    # -- commands

    def start(self, command):
        """Send it.  False when another one is in flight; command.done tells when it is finished."""
        if self.state != IDLE:
            return False
        command.clear()
        command.sent = True
        self.command = command
        self.code = MISSING
        self.told = b""
        self.bad = False
        self.query = command.lines is not None and command.is_query()
        self.state = BUSY
        self._begin(command.again or command.verb, command.timeout_ms)
        return True

    def _begin(self, verb, timeout_ms):
        self.verb = verb
        self.got = 0
        self.tx_n = 0
        self.piece = 0
        self.hex_left = 0
        self.need = verb[2]
        self.wanted = verb[2] | verb[3] | ERROR | CODE | UNASKED
        self.tokens.prompt = verb[2] & PROMPTED != 0
        self.deadline = ticks_add(self.port.ticks_ms(), timeout_ms or verb[1])
        self._flush()

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
        if self.hex_left:
            return self._more_hex()
        pieces = self.verb[0]
        if self.state != BUSY or self.piece > len(pieces):
            return False
        if self.piece == 0 and len(pieces) == 1 and len(pieces[0]) >= _TX or self.piece == 1 and self.out is pieces[0]:
            return self._more_text(pieces[0])
        at = 0
        while self.piece < len(pieces):
            piece = pieces[self.piece]
            self.piece += 1
            if piece == PAYLOAD:
                self.tx_n = at
                self.asks = self._has_reason()
                self.hex_left = self.command.n
                return self._out(self.tx, at)
            at = self._put(piece, at)
        self.tx[at] = 13
        self.piece += 1
        if not self.tx_n:
            self.tx_n = at
            self.asks = self._has_reason()
        return self._out(self.tx, at + 1)

    def _more_text(self, text):
        self.piece += 1
        if self.piece == 1:
            return self._out(text, len(text))
        self.tx[0] = 13
        return self._out(self.tx, 1)

    def _more_hex(self):
        command = self.command
        n = self.hex_left if self.hex_left < _PIECE else _PIECE
        hexlify(self.tx, 0, command.buf, command.start + command.n - self.hex_left, n)
        self.hex_left -= n
        return self._out(self.tx, 2 * n)

    def _out(self, buf, n):
        self.out = buf
        self.out_at = 0
        self.out_left = n
        return n > 0

    def _put(self, piece, at):
        # One piece into tx[at:]; returns the index behind it.
        if piece == LINK:
            piece = self.command.link.id
        elif piece == N:
            piece = self.command.n
        elif piece == CONTEXT:
            piece = self.context
        elif isinstance(piece, int):
            piece = self.command.args[piece - ARG]
        if isinstance(piece, int):
            return put_number(self.tx, at, piece)
        copy(self.tx, at, piece, 0, len(piece))
        return at + len(piece)

    def _has_reason(self):
        why = self.dialect.WHY if self.dialect else None
        return why is not None and self.tx.startswith(why[1])

    def _finish(self, errno):
        command = self.command
        if self.out_left and self.out is command.buf:  # the module has ended the payload by itself (Fibocom 1.2.4: SENDTIME)
            self.out_left = 0
            errno = errno or EIO
        if self.refused is not None:  # this was the question for the reason
            command = self.refused
            self.refused = None
            errno = EIO
        elif errno == EIO and self.asks and self.code == MISSING:
            self._ask_why()
            return
        elif errno == 0 and len(self.verb) > 4:
            self._begin(self.verb[4], 0)
            return
        self._idle()
        # What the module has stored already is not sent again: a refusal of the second verb repeats only that.
        command.again = self.verb if errno == EAGAIN and self.verb is not command.verb else None
        if errno == 0 and command.enters_data:
            self.enter_data(command.link.tail)
        command.errno = errno
        command.code = self.code
        command.told = self.told
        command.done = True

    def _ask_why(self):
        # The module keeps the reason of the last refusal for one question, which must come next.
        self.refused = self.command
        self.command = Command()
        self._begin(self.dialect.WHY[0], 0)

    def abandon(self, command):
        """The front stops waiting for it: it stays in flight, but its buffers are the caller's again.

        command.count is then how many bytes a read had put into the caller's buffer.  Allocates.
        """
        if command is not self.command and command is not self.refused:
            return
        payload = command.buf
        command.buf = None
        link = command.link
        if link is not None and link.dst is not None:
            command.count = link.detach()
        if self.out_left and self.out is payload:
            self._fill_up(command, self.out_left)
        if self.hex_left:
            # The command line is cut short; what the module makes of it is an error, and the stream has a hole.
            self.hex_left = 0
            link.fail(ECONNRESET, 0)

    def _fill_up(self, command, n):
        # The module waits for n more payload bytes and swallows whatever comes: give it zeros (or what cancels the
        # send), the connection is of no use any more.
        if command.link is not None:
            command.link.fail(ECONNRESET, 0)
        data = bytearray(n) if command.cancel is None else command.cancel
        self._out(data, len(data))

    # -- what comes

    def pump(self):
        """Take in what has come, send what can go, mind the deadline; True when anything moved."""
        if self.out_left or self.hex_left:
            self._flush()
        tokens = self.tokens
        self.stalled = False
        moved = self.port.fill(tokens.window, tokens.marks)
        token = tokens.next() if moved else NOTHING
        while token:
            if token == FULL and not self._make_room():
                return False
            self._take(token)
            token = tokens.next()
        if self.state != IDLE or tokens.left:
            self._mind_time(moved)
        return moved > 0

    def _take(self, token):
        if token == LINE:
            self._on_line()
        elif token == END:
            self._on_payload()
        elif token == PROMPT:
            self._on_prompt()

    def _make_room(self):
        # The reader of a pushing link is slow.  As long as nothing else is to come through, the UART may wait
        # (and RTS holds the module); a command in flight cannot.
        self.stalled = self.state == IDLE or self.state == DATA_MODE
        if not self.stalled:
            self.overflow()
        return not self.stalled

    def overflow(self):
        """Somebody waits for what stands behind payload that has no room: drop that payload, and say so."""
        self.stalled = False
        link = self.tokens.sink
        if link.overflow():
            self.event(EVENT_OVERFLOW, link, 0)

    def after_ms(self, ms):
        """The ticks ms milliseconds from now."""
        return ticks_add(self.port.ticks_ms(), ms)

    def until_ms(self, ticks):
        """Milliseconds until then, 0 or less when past."""
        return ticks_diff(ticks, self.port.ticks_ms())

    def is_past(self, ticks):
        return ticks_diff(ticks, self.port.ticks_ms()) <= 0

    def later(self, ticks, n):
        """When n bytes that start to leave the port at `ticks` have left it."""
        return ticks_add(ticks, n * 10_000 // self.port.baudrate + 1)

    def remaining_ms(self, ms):
        """How long a front may wait before pump() must be called again: ms, or less when a deadline is nearer."""
        if self.state == BUSY or self.state == LATE:
            left = ticks_diff(self.deadline, self.port.ticks_ms())
            ms = min(ms, max(left, 0))
        if self.tokens.left and ms > _STALL_MS:
            ms = _STALL_MS
        return ms

    def _on_prompt(self):
        command = self.command
        self.got |= PROMPTED
        if command.buf is None:  # abandoned before the module was ready for the payload
            self._fill_up(command, command.n)
        else:
            self._out(command.buf, command.n)
            self.out_at = command.start
        self._flush()
        self._check()

    def _on_line(self):
        self.silent = False
        if self.state == BUSY and self.command.lines is not None and self.command.takes(self):
            return
        if not self._known():
            self._other_line()

    def _known(self):
        line = self.tokens.line
        for row in self.rows:
            if line.startswith(row[0]) and row[2] & self.wanted and self._fits(row) and self._apply(row):
                return True
        return False

    def _fits(self, row):
        tokens = self.tokens
        at = len(row[0])
        if row[6] == WORD:
            self.at = 0
            return tokens.n == at
        while tokens.line[at] == 32:
            at += 1
        if row[1]:
            if not tokens.line.startswith(row[1], at):
                return False
            at += len(row[1])
        self.at = at
        if row[8] >= 0 and fields(tokens.line, at, tokens.n) != row[8]:
            return False
        return row[6] < RAW_FROM or self._tells_address(row[7])

    def _tells_address(self, index):
        # Is field `index` an address?  Only that tells a datagram's header from a line of as many numbers.
        tokens = self.tokens
        at = field(tokens.line, self.at, tokens.n, index)
        end = field(tokens.line, at, tokens.n, 1)
        return tokens.line[at] == 34 or tokens.line.find(b".", at, end) >= 0 or tokens.line.find(b":", at, end) >= 0

    def _number(self, index):
        # The number in field `index` of the line; MISSING when there is none.
        if index < 0:
            return MISSING
        at = field(self.tokens.line, self.at, self.tokens.n, index)
        return number(self.tokens.line, at) if at >= 0 else MISSING

    def _good(self, row, value):
        good = row[5]
        if good == ANY:
            return True
        if good == ASKED:
            return value == self.command.n
        if good == MINE:
            return value == self.context
        return value == good

    def _apply(self, row):
        # True when the line meant what the row says.
        if row[2] & UNASKED:
            return self._unasked(row, row[2])
        link = self.command.link
        if row[3] >= 0 and (link is None or self._number(row[3]) != link.id):
            return False
        return self._asked(row, row[2], self._number(row[4]))

    # -- events of the command in flight

    def _asked(self, row, event, value):
        if event == ERROR:
            self._on_error(row, value)
            return True
        if event == OK and self.got & OK:
            event = OK2
        elif event == DATA:
            return self._on_data(row, value)
        elif event == EMPTY:
            if not self._good(row, value):  # the same line with a count is a notice
                self._on_ready(self.command.link)
                return True
            self._on_empty()
        elif event == CODE or event == REASON:
            self._on_code(row, value)
        elif event == ADDRESS:
            if self.command.texts is not None:
                self.command.finds(self, row[4])
        elif not self._good(row, value):
            self._on_bad(row, value)
        elif event == SENT:
            self.command.link.free = self._number(row[7])
            if self.need & OK2 and self.got & OK:
                self.deadline = self.after_ms(_OK2_MS)
        elif event == RESOLVED:
            self.command.expect = max(self._number(row[7]), 1)
        self.got |= event
        self._check()
        return True

    def _check(self):
        if self.got & self.need != self.need or self.state != BUSY:
            if self.state == LATE and self.got & OK:
                borrow("late").final(self)
            return
        if (self.command.lines is not None or self.command.texts is not None) and not self.command.is_complete(self.bad):
            return
        if self.got & REFUSED or self.bad and self.code in self.dialect.AGAIN:
            self._finish(EAGAIN)
        elif self.bad and self.verb is not self.command.verb and self.code in self.dialect.NOTHING_LEFT:
            self._finish(0)
        else:
            self._finish(EIO if self.bad else 0)

    def _on_bad(self, row, value):
        # A result line told a failure: what would have followed on success is not waited for.
        self.bad = True
        self.code = value
        self.told = row[0]
        self.need &= ~ADDRESS

    def _on_code(self, row, value):
        # The number of a refusal, told in a line before ERROR; some tell a text instead.
        self.code = value
        self.told = row[0]
        if value == MISSING or value == 0:
            self._keep_text()

    def _keep_text(self):
        tokens = self.tokens
        self.command.text = bytes(memoryview(tokens.line)[self.at : tokens.n])

    def _on_error(self, row, value):
        if self.state == LATE:
            borrow("late").final(self)
            return
        if self.got & EMPTY:
            self._finish(0)
            return
        if value != MISSING:
            self.code = value
            self.told = row[0]
        elif self.code == MISSING and self.tokens.n > 5:  # "+CME ERROR: SIM busy", "NO CARRIER"
            self._keep_text()
        self._finish(EIO)

    # -- payload

    def _on_data(self, row, n):
        # Header of a read's answer.
        link = self.command.link
        if n <= 0:
            self._on_empty()
            return True
        rest = self._number(row[7]) if row[6] < RAW_FROM else MISSING
        if rest == MISSING:
            link.ready = MAYBE
        else:
            link.ready = YES if rest > 0 else MAYBE if link.noticed else NO
        self.got |= DATA
        self._payload(row, link, n)
        return True

    def _on_empty(self):
        link = self.command.link
        if link is not None:
            link.ready = MAYBE if link.noticed else NO
        self.got |= EMPTY

    def _payload(self, row, link, n):
        # Payload of n bytes follows the line; link None: for nobody.
        kind = row[6]
        self.moved_ms = self.port.ticks_ms()
        if link is not None:
            self._make_ready(row, link, n)
        if kind == INLINE_HEX or kind == INLINE_HEX_FROM:  # n is what is left, not what comes
            self.tokens.hex(link)
        elif kind == HEX or kind == HEX_FROM:
            if n > 0:
                self.tokens.hex(link, True)
        elif n > 0:
            self.tokens.raw(link, n)

    def _make_ready(self, row, link, n):
        if link.dst is None and link.buf is None:
            link.buf = bytearray(link.size)
        if link.datagram:
            self._begin_datagram(row, link)

    def _begin_datagram(self, row, link):
        # Its sender stands in the line, or in the address line before, or is not told.
        tokens = self.tokens
        if row[6] < RAW_FROM:
            link.datagram_begins(self.sender, 0, self.sender_n)
            return
        row = row[7]  # small frames: see rule 5
        at = field(tokens.line, self.at, tokens.n, row)
        end = field(tokens.line, at, tokens.n, 2) - 1
        if end < 0:
            end = tokens.n
        link.datagram_begins(tokens.line, at, end)

    def _on_payload(self):
        # All of it has come.
        command = self.command
        sink = self.tokens.sink
        if command is not None and self.got & DATA and sink is command.link:
            command.count = self.tokens.taken
        if sink is not None and sink.datagram and not sink.datagram_ends(self.tokens.taken):
            self.event(EVENT_OVERFLOW, sink, self.tokens.taken)

    # -- events that come unasked

    def _unasked(self, row, event):
        link = None
        if row[3] >= 0:
            link = self.links.get(self._number(row[3]))
        if event == READY:
            self._on_ready(link)
        elif event == PUSH:
            return self._on_push(row, link)
        elif event == SENDER:
            self._on_sender()
        elif event == OPENED:
            return self._on_opened(row, link)
        elif event == GONE:
            self._on_gone(row, link)
        elif event == FLOW_OFF or event == FLOW_ON:
            self._on_flow(event, link)
        elif event & (INCOMING | RESTARTED | NETWORK_LOST):
            return borrow("rare").happens(self, row, event, link)
        return True

    def _on_flow(self, event, link):
        if link is not None:
            link.flow_off = event == FLOW_OFF
            self.event(EVENT_FLOW_OFF if event == FLOW_OFF else EVENT_FLOW_ON, link, 0)

    def _on_ready(self, link):
        if link is not None:
            link.ready = YES
            link.noticed = True
            self.event(EVENT_DATA, link, 0)

    def _on_push(self, row, link):
        if row[3] < 0:
            link = self._by_sender()
        if link is not None and not link.pushed:
            self._on_ready(link)  # a buffered link's notice that tells the length as well
            return True
        n = self._number(row[4])
        if n == MISSING:
            return False
        if link is not None:
            self.event(EVENT_DATA, link, n)
        self._payload(row, link, n)
        self.sender_n = 0
        return True

    def _on_sender(self):
        n = min(self.tokens.n - self.at, len(self.sender))
        copy(self.sender, 0, self.tokens.line, self.at, n)
        self.sender_n = n

    def _by_sender(self):
        # Pushed data without a connection id: the only pushed link, or the one whose peer it came from.
        found = only = None
        for link in self.links.values():
            if link.pushed and link.state != FREE:
                only = link if only is None else False
                if link.state == OPEN and link.peer and len(link.peer) == self.sender_n and self.sender.startswith(link.peer):
                    if found is not None:  # two connections to one peer: nothing tells whose it is
                        found.fail(EIO, 0)
                        link.fail(EIO, 0)
                        return None
                    found = link
        return found or only or None

    def _on_opened(self, row, link):
        if link is None:
            return False
        # A peer may be there before the program has seen that the module listens.
        listens = link.listener is not None and (link.state == LISTENING or link.state == OPENING)
        if listens and row[7] >= 0 and borrow("rare").incoming(self, row, link, link.id):
            return True
        if link.state != OPENING:
            return False
        value = self._number(row[4])
        if self._good(row, value):
            link.state = OPEN
        else:
            link.fail(EIO, value)
            link.held = self.dialect.CLOSE_WHEN_GONE
        return True

    def _on_gone(self, row, link):
        if row[4] >= 0 and self._good(row, self._number(row[4])):
            return
        if link is not None and link.state != FREE:
            link.gone()
            link.held = self.dialect.CLOSE_WHEN_GONE
            self.event(EVENT_CLOSED, link, 0)
            command = self.command
            if command is not None and command.link is link and self.need & CONNECT and self.state == BUSY:
                self.code = self._number(row[4])
                self._finish(EIO)

    # -- other lines

    def _other_line(self):
        # Not in the tables, or not now: an information line that somebody collects, a header whose payload
        # nobody asked for, our own echo, or something new.
        command = self.command
        line = self.tokens.line
        if self.state == LATE and line.startswith(SYNC_ANSWER):
            self.answered = True
            return
        if line[0] == 62 and self.tokens.n <= 2:  # a prompt that came too late
            return
        if self._is_chatter():
            return
        row = self._payload_row()
        if self.state != LATE and command is not None and command.lines is not None and command.collects(self, row):
            return
        if row is not None:
            link = self.links.get(self._number(row[3])) if row[3] >= 0 else command.link if command else None
            if link is not None and link.tail is not None and row[2] & UNASKED == 0:
                return  # data mode is suspended: the line only tells what the module holds (L610 1.1.24)
            if link is not None and (link.state == FREE or link.datagram):
                link = None
            self._payload(row, link, self._number(row[4]))
        elif self.events is not None and not self._is_echo():
            self.event(EVENT_UNKNOWN, None, bytes(memoryview(self.tokens.line)[: self.tokens.n]))

    def _is_chatter(self):
        for word in CHATTER:
            if self.tokens.line.startswith(word):
                return True
        return False

    def _payload_row(self):
        for row in self.rows:
            if row[6] != NONE and row[6] != WORD and self.tokens.line.startswith(row[0]) and self._fits(row):
                return row
        return None

    def _is_echo(self):
        n = self.tokens.n
        return self.tx_n > 0 and n == self.tx_n and bytes(self.tokens.line[:n]) == bytes(self.tx[:n])

    # -- time

    def _mind_time(self, moved):
        now = self.port.ticks_ms()
        if moved:
            self.moved_ms = now
        elif self.tokens.left and ticks_diff(now, self.moved_ms) > _STALL_MS:
            borrow("late").payload_lost(self)
        if (self.state == BUSY or self.state == LATE) and ticks_diff(self.deadline, now) <= 0:
            borrow("late").expire(self)

    def _idle(self):
        self.state = IDLE
        self.command = None
        self.query = False
        self.wanted = UNASKED
        self.tokens.prompt = False

    def _resume(self):
        self._idle()
        self.out_left = 0
        self.hex_left = 0

    def enter_data(self, sink):
        """From the next byte on the port is in data mode, and all that comes is for sink."""
        self.state = DATA_MODE
        self.tokens.raw(sink, 0)

    def leave_data(self):
        """The port is in command mode again."""
        self.tokens.lines()
        self._idle()

    def reset(self):
        """Forget the command in flight and all half-read input: before synchronising anew."""
        if self.command is not None:
            self.command.errno = ECONNRESET
            self.command.done = True
        self.refused = None
        self.silent = False
        self.tokens.lines()
        self._resume()

    def event(self, event, link, value):
        """Queue it for the application."""
        events = self.events
        if events is not None and len(events) < _EVENTS:
            events.append((event, link, value))
