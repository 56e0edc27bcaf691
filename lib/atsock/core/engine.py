"""One command in flight, the set of events it waits for, its deadline; and the dispatch of all that comes unasked.

The data path, in reading order:
    1 port.py        UART -> window
    2 tokenizer.py   window -> line, prompt, payload
    3 rows.py        line -> row of the dialect (found by match() of movers.py)
    4 engine.py      row -> event of the command in flight, or of a link
    5 link.py        payload -> ring of the connection, or straight into the reader's buffer
    6 sockets/       ring -> the program

Knows no vendor word and never waits: a front calls pump() whenever the port has something or a deadline is due.
Beside it: transmitter.py (what goes out), urc.py (unasked events that are no data), resync.py (answers that do not
come).

Rules
1. One command at a time.  It is finished when all events that its template requires have come, in any order, or
   with an ERROR; nothing else may be sent before.
2. A solicited row counts only while its event is wanted and its link is the command's: a late answer is
   never taken for another command's.
3. A command that ran out of time stays in flight as TIMED_OUT: its rows still count (a late payload goes to its
   link), and nothing is sent but the SYNC query, until the answer to that shows that both sides are in step
   (resync.py).
4. Payload is consumed by count whoever asked for it, or nobody.
5. pump(), start() and what they call on the data path allocate nothing; methods are short because MicroPython
   puts frames of more than 11 words on the heap.
"""

from array import array
from errno import EAGAIN, EIO

from . import resync, urc
from .command import Command
from .link import Link, by_sender
from .movers import MISSING, const, copy, match
from .port import ticks_add, ticks_diff
from .rows import name_at
from .tokenizer import Tokenizer
from .transmitter import Transmitter

# Numbers of words.py.
# Engine.state
_IDLE = const(0)
_BUSY = const(1)
_TIMED_OUT = const(2)
_DATA_MODE = const(3)
# What Tokenizer.next() returns.
_LINE = const(1)
_PROMPT_TOKEN = const(2)
_END = const(4)
_FULL = const(5)
# Events
_OK = const(1 << 0)
_OK2 = const(1 << 1)
_PROMPT = const(1 << 2)
_SENT = const(1 << 3)
_REFUSED = const(1 << 4)
_DATA = const(1 << 5)
_EMPTY = const(1 << 6)
_ADDRESS = const(1 << 10)
_RESOLVED = const(1 << 11)
_CONNECT = const(1 << 13)
_ERROR = const(1 << 15)
_CODE = const(1 << 16)
_DETAILS = const(1 << 10 | 1 << 11 | 1 << 14 | 1 << 16)  # ADDRESS, RESOLVED, REASON, CODE
_READY = const(1 << 18)
_PUSH = const(1 << 19)
_PEER_CLOSED = const(1 << 20)
_FLOW_OFF = const(1 << 24)
_FLOW = const(1 << 24 | 1 << 25)  # FLOW_OFF, FLOW_ON
_SENDER = const(1 << 28)
_NOISE = const(1 << 29)
_UNASKED = const((1 << 30) - (1 << 18))
_PAYLOADS = const(1 << 5 | 1 << 19)  # DATA, PUSH
# Kinds of payload
_NONE = const(0)
_HEX = const(3)
_INLINE_HEX = const(4)
_WORD = const(5)
_RAW_FROM = const(6)
_HEX_FROM = const(8)
_INLINE_HEX_FROM = const(9)
# Link.state and Link.rx_pending
_FREE = const(0)
_NO = const(0)
_MAYBE = const(1)
_YES = const(2)

# What match() leaves in `matched` and takes from it (movers.py)
_EVENT = const(0)
_ID = const(1)
_VALUE = const(2)
_AUX = const(3)
_KIND = const(4)
_FIELDS = const(5)
_IS_OK = const(6)
_ROW = const(8)
_WANTED = const(9)
_ASKED_LINK = const(10)
_ASKED_N = const(11)
_CONTEXT = const(12)
_ANY_LINK = const(1001)
_NO_LINK = const(1000)  # a command without a link: no row with one is its answer

# Events for the application (constants.py)
_EVENT_DATA = const(1)
_EVENT_CLOSED = const(2)
_EVENT_FLOW_OFF = const(6)
_EVENT_FLOW_ON = const(7)
_EVENT_OVERFLOW = const(8)

_EVENTS_MAX = const(32)  # queued; beyond that new ones are dropped
_SENDER_MAX = const(64)  # an address and a port
_OK2_MS = const(1000)  # for the second OK of a command whose result line has come; some firmware leaves it out
_STALL_MS = const(5000)  # payload that stops coming for so long will not come


class Engine:
    # What is not written on the data path.
    dialect = None  # its name, as soon as it is known
    access = None  # access mode that the rows are for
    sender: "bytes | bytearray" = b""  # address line of the payload that follows, a bytearray as soon as one comes
    error_query = None  # template of the command that asks the module why it refused the last one (AT+QIGETERROR)
    error_query_for = b""  # how the commands begin that it tells about
    retry_code = None  # of a result line: not now, try again later; None: there is no such code
    nothing_left_code = None  # of a follow-up's result line: there was nothing to do any more
    close_template = None  # of the command that closes a connection
    close_after_peer = False  # a connection that the peer closed must still be closed
    refused = None  # the command whose reason is being asked for
    follow_up = None  # template of the command in flight that is to be sent next
    queries_sent = 0  # SYNC queries since the command timed out
    queries_outstanding = 0  # answers to them that are still to come, the command's own if it was the same query
    final_results = 0  # final result codes since then
    answer_begun = False  # the answer to one of them has begun
    tx_blocked = False  # the port took less than a socket in data mode had for it
    events: "list | None" = None  # a list when the application wants events: (event, link, value), delivered by a front
    restarts = 0
    network_losses = 0
    pdp_lost = False  # the network took the context away, and it has not been activated since

    def __init__(self, port, context):
        self.port = port
        self.tokens = Tokenizer()
        self.transmitter = Transmitter(port)
        self.context = context  # PDP context id
        self.rows = b"\0"  # of the dialect, packed (rows.py)
        self.matched = array("i", [0] * 13)  # what match() makes of a line
        self.matched[_WANTED] = _UNASKED
        self.matched[_CONTEXT] = context
        self.links: "dict[int, Link]" = {}  # by connection id
        self.servers = {}  # Listener by server id
        self.state = _IDLE
        self.command = None  # in flight
        self.template = resync.SYNC  # its template, or the one that followed it
        self.required = 0
        self.got = 0
        self.failed = False  # a result line told a failure
        self.code = MISSING
        self.code_row = -1  # row of the line that told the code
        self.deadline = 0
        self.rx_blocked = False  # payload waits in the window for room in its ring
        self.unresponsive = False  # the module does not answer at all
        self.sender_n = 0
        self.last_rx_ms = 0  # ticks when payload moved last

    def link(self, id):
        """The Link of a connection id, made when it is first used."""
        link = self.links.get(id)
        if link is None:
            link = self.links[id] = Link(id)
        return link

    # -- time

    def after_ms(self, ms):
        """The ticks ms milliseconds from now."""
        return ticks_add(self.port.ticks_ms(), ms)

    def until_ms(self, ticks):
        """Milliseconds until then, 0 or less when past."""
        return ticks_diff(ticks, self.port.ticks_ms())

    def is_past(self, ticks):
        """True when that time has come."""
        return ticks_diff(ticks, self.port.ticks_ms()) <= 0

    def remaining_ms(self, ms):
        """How long a front may wait before pump() must be called again: ms, or less when a deadline is nearer."""
        if self.state == _BUSY or self.state == _TIMED_OUT:
            left = ticks_diff(self.deadline, self.port.ticks_ms())
            ms = min(ms, max(left, 0))
        if self.tokens.left and ms > _STALL_MS:
            ms = _STALL_MS
        return ms

    # -- commands

    def start(self, command, follow_up=None):
        """Send it.  False when another one is in flight; command.done tells when it is finished.

        follow_up: the template that follows the one that the command began with.
        """
        template = follow_up
        if template is None:
            if self.state != _IDLE:
                return False
            command.clear()
            command.sent = True
            self.command = command
            self.code = MISSING
            self.code_row = -1
            self.failed = False
            self.state = _BUSY
            template = command.resume_from or command.template
        matched = self.matched
        self.template = template
        self.got = 0
        self.required = template[2]
        matched[_WANTED] = template[2] | template[3] | _ERROR | _CODE | _UNASKED
        matched[_ASKED_LINK] = _NO_LINK if command.link is None or command.link.id is None else command.link.id
        matched[_ASKED_N] = command.n
        self.tokens.prompt = template[2] & _PROMPT != 0
        self.deadline = ticks_add(self.port.ticks_ms(), follow_up is None and command.timeout_ms or template[1])
        self.transmitter.send_line(command, template[0], matched[_ASKED_LINK])
        return True

    def finish(self, errno):
        """The command in flight has come to its end: 0, or why it failed."""
        command = self.command
        if self.transmitter.is_sending(command.buf):  # the module ended the payload by itself (Fibocom 1.2.4: SENDTIME)
            self.transmitter.left = 0
            errno = errno or EIO
        if self.refused is not None or errno == EIO and self.error_query is not None and self.code == MISSING:
            command = self._with_reason()
            if command is None:  # it is being asked for
                return
            errno = EIO
        elif errno == 0 and len(self.template) > 4:
            self._follow_up(self.template[4])
            return
        self.set_idle()
        # What the module has stored already is not sent again: a refusal of the follow-up repeats only that.
        resume = self.template if errno == EAGAIN and self.template is not command.template else None
        if resume is not command.resume_from:
            command.resume_from = resume
        if errno == 0 and command.enters_data_mode:
            self.enter_data_mode(command.link.data_filter)
        command.errno = errno
        command.code = self.code
        if errno == EIO and self.code_row >= 0:
            command.error_source = name_at(self.rows, self.code_row)  # of the line that told the code
        command.done = True

    def _with_reason(self):
        # The command that was refused; None when the module is being asked why: it keeps the reason for one query.
        refused = self.refused
        if refused is not None:
            self.refused = None
            return refused
        if not self.template[0].startswith(self.error_query_for):
            return self.command
        self.refused = self.command
        self.command = Command()
        self._follow_up(self.error_query)
        return None

    def _follow_up(self, template):
        # pump() sends it when it has taken in what has come: here the stack is deep.
        self.follow_up = template
        self.matched[_WANTED] = _UNASKED

    def set_idle(self):
        """No command is in flight any more."""
        self.state = _IDLE
        self.command = None
        self.follow_up = None
        self.matched[_WANTED] = _UNASKED
        self.tokens.prompt = False
        sent = self.transmitter
        sent.hex_left = 0  # a line that the module did not wait for is cut short
        sent.rest = -1

    def abandon(self, command):
        """The front stops waiting for it: it stays in flight, but its buffers are the caller's again.

        command.count is then how many bytes a read had put into the caller's buffer.
        """
        resync.abandon(self, command)

    def reset(self):
        """Forget the command in flight and all half-read input: before synchronising anew."""
        resync.reset(self)

    def enter_data_mode(self, sink):
        """From the next byte on the port is in data mode, and all that comes is for sink."""
        self.state = _DATA_MODE
        self.tokens.raw(sink, 0)

    def leave_data_mode(self):
        """The port is in command mode again."""
        self.tokens.lines()
        self.set_idle()

    # -- what comes

    def pump(self):
        """Take in what has come, send what can go, mind the deadline; True when anything moved."""
        if self.transmitter.left or self.transmitter.hex_left:
            self.transmitter.flush()
        tokens = self.tokens
        self.rx_blocked = False
        ended = False
        moved = n = self.port.fill(tokens.window, tokens.position)
        while n:
            token = tokens.next()
            if token == _LINE:
                self.dispatch_line()
            elif token == _END:
                ended = True
                self._on_payload()
            elif token == _PROMPT_TOKEN:
                self._on_prompt()
            elif token == _FULL:
                if not self._make_room():
                    return False
            else:
                # The window is used up.  When a payload goes on and more of it has come meanwhile, take that in at
                # once, but no other one: its reader must have its turn before there is no room any more.
                n = 0 if ended else tokens.left and self.port.fill(tokens.window, tokens.position)
        if self.state != _IDLE or tokens.left:
            self._mind_time(moved)
        if self.follow_up is not None:
            template = self.follow_up
            self.follow_up = None
            self.start(self.command, template)
        return moved > 0

    def _mind_time(self, moved):
        now = self.port.ticks_ms()
        if moved:
            self.last_rx_ms = now
        elif self.tokens.left and ticks_diff(now, self.last_rx_ms) > _STALL_MS:
            resync.payload_lost(self)
        if (self.state == _BUSY or self.state == _TIMED_OUT) and ticks_diff(self.deadline, now) <= 0:
            resync.expire(self)

    def _make_room(self):
        # The reader of a pushing link is slow.  As long as nothing else is to come through, the UART may wait
        # (and RTS holds the module); a command in flight cannot.
        self.rx_blocked = self.state == _IDLE or self.state == _DATA_MODE
        if not self.rx_blocked:
            self.overflow()
        return not self.rx_blocked

    def overflow(self):
        """Somebody waits for what stands behind payload that has no room: drop that payload, and say so."""
        self.rx_blocked = False
        sink = self.tokens.sink
        if sink.overflow():
            self.event(_EVENT_OVERFLOW, sink, 0)

    def _on_prompt(self):
        command = self.command
        self.got |= _PROMPT
        if command.buf is None:  # abandoned before the module was ready for the payload
            resync.fill_up(self, command, command.n)
        else:
            self.transmitter.send_payload(command.buf, command.start, command.n)
        self.check_complete()

    def dispatch_line(self, note_unmatched=True):
        """Act on the line as the command in flight and the rows say; note_unmatched: tell of one that nobody knows."""
        self.unresponsive = False
        query = self.command if self.state == _BUSY and self.command.is_query else None
        if query is not None and query.claims(self):
            self._on_information_text(query)
            return
        pos = 0
        while True:
            pos = match(self.rows, self.tokens.line, self.tokens.n, pos, self.matched)
            if not pos:
                break
            event = self.matched[_EVENT]
            if self._on_urc(event) if event & _UNASKED else self._on_response(event):
                return
        if query is not None and query.collects(self):
            self._on_information_text(query)
        elif note_unmatched:
            urc.on_unmatched(self)

    def _on_information_text(self, query):
        if query.until is not None:  # it may have been what the query waits for
            self.check_complete()

    def announces_payload(self):
        """True when the line announces payload, whether that is wanted or not; `matched` tells which then."""
        matched = self.matched
        wanted = matched[_WANTED]
        link = matched[_ASKED_LINK]
        matched[_WANTED] = _PAYLOADS
        matched[_ASKED_LINK] = _ANY_LINK
        pos = match(self.rows, self.tokens.line, self.tokens.n, 0, matched)
        while pos and (matched[_KIND] == _NONE or matched[_KIND] == _WORD):
            pos = match(self.rows, self.tokens.line, self.tokens.n, pos, matched)
        matched[_WANTED] = wanted
        matched[_ASKED_LINK] = link
        return pos > 0

    def is_echo(self):
        """True when the line is the command that was sent last."""
        n = self.tokens.n
        sent = self.transmitter
        return sent.line_n > 0 and n == sent.line_n and self.tokens.line[:n] == sent.line[:n]

    # -- events of the command in flight

    def _on_response(self, event):
        matched = self.matched
        link = self.command.link
        if event == _OK:
            if self.got & _OK:
                event = _OK2
        elif event == _DATA:
            return self._on_data(link, matched[_VALUE])
        elif event == _EMPTY:
            if not matched[_IS_OK]:  # the same line with a count is a notice
                return self.on_ready(link)
            self._on_empty(link)
        elif event == _ERROR:
            return self._on_error()
        elif not matched[_IS_OK] or event == _CODE and matched[_VALUE] > 0:
            self._note_code(matched[_VALUE])
            if event != _CODE:  # what would have followed on success is not waited for
                self.failed = True
                self.required &= ~_ADDRESS
        elif event & _DETAILS:
            self._on_detail(event)
        elif event == _SENT:
            link.tx_credit = matched[_AUX]
            if self.required & _OK2 and self.got & _OK:
                self.deadline = self.after_ms(_OK2_MS)
        self.got |= event
        self.check_complete()
        return True

    def _on_detail(self, event):
        value = self.matched[_VALUE]
        if event == _ADDRESS:
            if self.command.is_query:
                self.command.on_address(self)
        elif event == _RESOLVED:
            if self.command.is_query:
                self.command.expected = max(self.matched[_AUX], 1)
        else:  # REASON; CODE without a number: some tell a text instead
            self._note_code(value)
            if value == MISSING or value == 0:
                self._keep_error_text()

    def _on_error(self):
        if self.state == _TIMED_OUT:
            resync.on_final_result(self)
            return True
        if self.got & _EMPTY:  # some refuse a read that finds nothing
            self.finish(0)
            return True
        value = self.matched[_VALUE]
        if value != MISSING:
            self._note_code(value)
        elif self.code == MISSING and self.tokens.n > 5:  # "+CME ERROR: SIM busy", "NO CARRIER"
            self._keep_error_text()
        self.finish(EIO)
        return True

    def _note_code(self, code):
        self.code = code
        self.code_row = self.matched[_ROW]

    def _keep_error_text(self):
        tokens = self.tokens
        self.command.error_text = bytes(memoryview(tokens.line)[self.matched[_FIELDS] : tokens.n])

    def check_complete(self):
        """Finish the command in flight if all of its answer has come."""
        if self.got & self.required != self.required or self.state != _BUSY:
            if self.state == _TIMED_OUT and self.got & _OK:
                resync.on_final_result(self)
        elif not self.command.is_query or self.command.is_complete(self.failed):
            if self.got & _REFUSED or self.failed and self.code == self.retry_code:
                self.finish(EAGAIN)
            elif self.failed and (self.code != self.nothing_left_code or self.template is self.command.template):
                self.finish(EIO)
            else:
                self.finish(0)

    # -- payload

    def _on_data(self, link, n):
        # Header of a read's answer.
        if n <= 0:
            self._on_empty(link)
            return True
        left = self.matched[_AUX] if self.matched[_KIND] < _RAW_FROM else MISSING
        if left > 0:
            link.rx_pending = _YES
        else:
            link.rx_pending = _MAYBE if left == MISSING or link.rx_notified else _NO
        self.got |= _DATA
        self.begin_payload(link, n)
        return True

    def _on_empty(self, link):
        if link is not None:
            link.rx_pending = _MAYBE if link.rx_notified else _NO
        self.got |= _EMPTY

    def begin_payload(self, sink, n):
        """Payload of n bytes follows the line, of the kind that `matched` says; sink None: for nobody."""
        self.last_rx_ms = self.port.ticks_ms()
        if sink is not None:
            if sink.dst is None and sink.buf is None:
                sink.make_ring()
            if sink.keeps_borders:
                sink.begin(self)
        kind = self.matched[_KIND]
        if kind == _INLINE_HEX or kind == _INLINE_HEX_FROM:  # n is what is left, not what comes
            self.tokens.hex(sink)
        elif n > 0:
            if kind == _HEX or kind == _HEX_FROM:
                self.tokens.hex(sink, n)
            else:
                self.tokens.raw(sink, n)

    def _on_payload(self):
        # All of it has come.
        command = self.command
        sink = self.tokens.sink
        if command is not None and self.got & _DATA and sink is command.link:
            command.count = self.tokens.taken
        if sink is not None and sink.keeps_borders and not sink.end(self.tokens.taken):
            self.event(_EVENT_OVERFLOW, sink, self.tokens.taken)

    # -- events that come unasked

    def _on_urc(self, event):
        link = self.links.get(self.matched[_ID])
        if event == _READY:
            self.on_ready(link)
        elif event == _PUSH:
            return self._on_push(link, self.matched[_VALUE])
        elif event == _SENDER:
            self._note_sender()
        elif event & _FLOW:
            if link is not None:
                link.flow_off = event == _FLOW_OFF
                self.event(_EVENT_FLOW_OFF if link.flow_off else _EVENT_FLOW_ON, link, 0)
        elif event == _PEER_CLOSED:
            self._on_peer_closed(link)
        elif event != _NOISE:
            return urc.dispatch(self, event, link)
        return True

    def _note_sender(self):
        if not self.sender:
            self.sender = bytearray(_SENDER_MAX)
        n = min(self.tokens.n - self.matched[_FIELDS], _SENDER_MAX)
        copy(self.sender, 0, self.tokens.line, self.matched[_FIELDS], n)
        self.sender_n = n

    def _on_peer_closed(self, link):
        matched = self.matched
        if link is None or link.state == _FREE or matched[_IS_OK] and matched[_VALUE] != MISSING:  # that acknowledges
            return
        link.peer_closed()
        link.must_close = self.close_after_peer
        self.event(_EVENT_CLOSED, link, 0)
        if self.required & _CONNECT and self.state == _BUSY and self.command.link is link:
            self.code = matched[_VALUE]
            self.finish(EIO)

    def on_ready(self, link):
        """Data waits in the module for this link; True."""
        if link is not None:
            link.rx_pending = _YES
            link.rx_notified = True
            self.event(_EVENT_DATA, link, 0)
        return True

    def _on_push(self, link, n):
        if self.matched[_ID] == -1:
            link = by_sender(self)
        if link is not None and not link.pushed:
            return self.on_ready(link)  # a buffered link's notice that tells the length as well
        if n == MISSING:
            return False
        if link is not None:
            self.event(_EVENT_DATA, link, n)
        self.begin_payload(link, n)
        self.sender_n = 0
        return True

    def event(self, event, link, value):
        """Queue it for the application."""
        events = self.events
        if events is not None and len(events) < _EVENTS_MAX:
            events.append((event, link, value))
