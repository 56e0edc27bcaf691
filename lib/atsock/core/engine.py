"""One command in flight, the set of events it waits for, its deadline; and the dispatch of URCs.

The data path, in reading order:
    1 port.py        UART -> window
    2 tokenizer.py   window -> line, prompt, payload
    3 movers.py      line -> row of the dialect (match(); packed by rows.py)
    4 engine.py      row -> event of the command in flight, or of a link
    5 link.py        payload -> ring of the connection, or straight into the reader's buffer
    6 sockets/       ring -> the program

Knows no vendor word and never waits: a front calls pump() whenever the port has something or a deadline is due.
Beside it: Transmitter of port.py (what goes out), command.py (codes and reasons in an answer), urc.py (URCs that are no
data), resync.py (answers that do not come), damage.py (payload that does not come as announced).

Rules
1. One command at a time.  It is finished when all events that its template requires have come, in any order, or
   with an ERROR; nothing else may be sent before.
2. A solicited row counts only while its event is wanted and its link is the command's: a late answer is
   never taken for another command's.
3. A final result code that says nothing (ERROR without a number, OK without what was asked for) may be a stray one:
   it is believed when the answer to the SYNC query shows that the module has nothing else to say (resync.py).
4. A command that ran out of time stays in flight as TIMED_OUT: its rows still count (a late payload goes to its
   link), and nothing is sent but the SYNC query, until the answers to that show that both sides are in step, however
   long they take (resync.py).
5. Payload is consumed by count whoever asked for it, or nobody.
6. pump(), start() and what they call on the data path allocate nothing; methods are short because MicroPython
   puts frames of more than 11 words on the heap.
"""

from array import array
from errno import EAGAIN, EIO

from . import damage, resync, urc
from .command import begin_data, is_before_prompt, is_cut
from .command import note_code, note_input_end, note_prompt, on_confirmed, on_detail, on_error, on_prompt
from .link import Link, by_sender
from .movers import MISSING, const, match
from .port import Deadlines, Transmitter, ticks_add, ticks_diff
from .rows import name_at
from .tokenizer import Tokenizer, has_text_behind, is_odd

# Numbers of words.py: Engine.state
_IDLE = const(0)
_BUSY = const(1)
_TIMED_OUT = const(2)
_DATA_MODE = const(3)
_RESTING = const(4)
_EARLIER_LINE = const(4)  # of Engine.unfinished
_TEXT = const(2)  # of Engine.skips_line
# What Tokenizer.next() returns.
_NOTHING = const(0)
_LINE = const(1)
_PROMPT_TOKEN = const(2)
_END = const(4)
# Events
_OK = const(1 << 0)
_OK2 = const(1 << 1)
_PROMPT = const(1 << 2)
_SENT = const(1 << 3)
_REFUSED = const(1 << 4)
_DATA = const(1 << 5)
_EMPTY = const(1 << 6)
_ADDRESS = const(1 << 10)
_CONNECT = const(1 << 13)
_REASON = const(1 << 14)
_ERROR = const(1 << 15)
_CODE = const(1 << 16)
_TAKEN = const(1 << 3 | 1 << 17)  # SENT, PUSHED
_TELLS = const(1 << 3 | 1 << 13 | 1 << 17)  # SENT, CONNECT, PUSHED
_ENDS_SEND = const(1 << 0 | 1 << 3)  # OK, SENT
_DETAILS = const(1 << 10 | 1 << 11 | 1 << 14 | 1 << 16)  # ADDRESS, RESOLVED, REASON, CODE
_READY = const(1 << 18)
_PUSH = const(1 << 19)
_PEER_CLOSED = const(1 << 20)
_FLOW_OFF = const(1 << 24)
_FLOW = const(1 << 24 | 1 << 25)  # FLOW_OFF, FLOW_ON
_SENDER = const(1 << 28)
_CONFIRMED = const(1 << 23)
_NOISE = const(1 << 29)
_URCS = const((1 << 30) - (1 << 18))
# Kinds of payload
_HEX = const(3)
_RAW_FROM = const(6)
_DIGITS = (3, 4, 8, 9)  # the kinds of payload that are hexadecimal,
_UNCOUNTED = (4, 9)  # of them: those whose header tells what is left, not what comes
_HEX_FROM = const(8)
_IN_LINE = (2, 4, 7, 9)  # the kinds that stand on the line of their header
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
_IS_OK = const(6)
_WANTED = const(9)
_ASKED_LINK = const(10)
_ASKED_N = const(11)
_CONTEXT = const(12)
_FAILURE = const(2)  # the least number of PEER_CLOSED's reasons that is one
_NO_LINK = const(1000)  # a command without a link: no row with one is its answer

# Events for the application (constants.py)
_EVENT_DATA = const(1)
_EVENT_CLOSED = const(2)
_EVENT_FLOW_OFF = const(6)
_EVENT_FLOW_ON = const(7)
_EVENT_OVERFLOW = const(8)

# For a second OK behind a result line (some firmware has none), and for what OK or SENT of a payload leave to be told.
_OK2_MS = const(500)
_CODE_MS = const(3000)  # for the ERROR behind a line that told its code
_PROMPT_MS = const(15_000)  # for a prompt; the manuals print no time of its own, and a lost one must not cost a minute
_PAUSE_MS = const(150)  # payload that has paused so long may be followed by boot words
_STALL_MS = const(5000)  # payload that stops coming for so long will not come
_WINDOWS = const(32)  # of payload are taken in at a time
_READ_MAX = const(1500)  # bytes of a read's answer that old BG96 firmware gives although fewer were asked for
_PUSHED_MAX = const(8192)  # bytes of one pushed payload: more is a damaged length


class Engine(Deadlines):
    """The protocol of one port, by the rules above.  port: a Port; context: PDP context id."""

    dialect = access = None  # their names, as soon as the rows are those of a dialect
    sender: "bytes | bytearray" = b""  # address line of the payload that follows, a bytearray as soon as one comes
    error_query = None  # template of the command that asks the module why it refused the last one
    error_query_for = b""  # how the commands begin that it tells about
    retry_code = None  # of a result line: not now, try again later; None: there is no such code
    nothing_left_code = None  # of a follow-up's result line: there was nothing to do any more
    close_template = None  # of the command that closes a connection
    close_after_peer = False  # a connection that the peer closed must still be closed
    behind = None  # sink of a payload behind which nothing has come yet
    paused = None  # sink that payload goes to after a pause, see damage.after_pause()
    skips_line = 0  # the next line is no answer: 1, it had begun before the command was sent; 2, 4: see urc.py
    quiet = False  # what comes is dropped until the line is quiet, see damage.distrust()
    quiet_until = 0  # ticks
    follow_up = None  # template that pump() sends next, behind what has come: the stack is deep
    tx_blocked = False  # the port took less than a socket in data mode had for it
    echoes = False  # the module echoes what is sent,
    echo = None  # a payload, too: what takes that (command.py)
    events: "list | None" = None  # a list when the application wants events: (event, link, value), delivered by a front

    event = urc.queue_event  # (event, link, value): queue it for the application

    def __init__(self, port, context):
        self.port = port
        self.tokens = Tokenizer()
        self.transmitter = Transmitter(port)
        self.context = context  # PDP context id
        self.rows = b"\0"  # of the dialect, packed (rows.py)
        self.matched = array("i", [0] * 13)  # what match() makes of a line
        self.matched[_WANTED] = _URCS
        self.matched[_CONTEXT] = context
        self.links: "dict[int, Link]" = {}  # by connection id
        self.servers = {}  # Listener by server id; by itself while it waits for one
        self.state = _IDLE
        self.command = None  # in flight
        self.template = resync.SYNC  # its template, or the one that followed it
        self.required = self.got = 0
        self.failed = False  # a result line told a failure
        self.code = MISSING
        self.code_row = -1  # row of the line that told the code
        self.rx_blocked: "int" = False  # payload waits in the window for room in its ring
        self.unresponsive = False  # the module does not answer at all
        self.deadline = self.sender_n = self.text_until = 0  # text_until: ticks, see urc.on_unmatched()
        # Made here, because a full heap has no room for an attribute more.
        self.doubted = False  # a final result code may be a stray one, see resync.doubt()
        self.settled = False  # the doubt is over: it was the command's
        self.doubt_query_sent = False  # the query that settles the doubt is out
        self.doubt_failed = False  # the doubted result code is ERROR
        self.doubt_query = resync.SYNC  # template of that query
        self.doubt_got = 0  # `got` when the doubt began
        self.doubt_left = 0  # bytes of a payload that were left when that query was due
        self.abandoned = self.unread = None  # command in flight that nobody waits for; link of a read without an answer
        self.prompted = None  # command that the module is ready for the payload of, until it has been given that
        self.failed_command = None  # the last one that failed; somebody looks at it and forgets it
        self.queries_sent = 0  # SYNC queries since the command timed out
        self.queries_outstanding = 0  # answers to them that are to come, the command's own if it was the same query
        self.answer_begun = False  # the answer to a SYNC query has begun
        self.answered = False  # a final result code has come since then
        self.restarts = self.network_losses = 0
        self.unknown_line_at = 0  # `deadline` when a line came that nobody knows, see resync.doubt()
        self.pdp_lost = False  # the network took the context away, and it has not been activated since
        self.unfinished = 0  # RESTARTED, NETWORK_LOST that are not acted on yet, and more, see urc.act_on_unfinished()
        self.said = b""  # lines that stood in the stream of data mode
        self.last_rx_ms = 0  # ticks when payload moved last
        self.earlier_wanted = self.earlier_state = 0  # see urc.begin_earlier_line()

    def link(self, id):
        """The Link of a connection id, made when it is first used."""
        link = self.links.get(id)
        if link is None:
            link = self.links[id] = Link(id)
        return link

    # -- time

    def remaining_ms(self, ms):
        """How long a front may wait before pump() must be called again: ms, or less when a deadline is nearer."""
        if self.state != _IDLE and self.state != _DATA_MODE:
            left = ticks_diff(self.deadline, self.port.ticks_ms())
            ms = min(ms, max(left, 0))
        return max(min(ms, _PAUSE_MS + 1) if self.tokens.left else ms, 0)

    # -- commands

    def start(self, command, follow_up=None):
        """Send it.  False when another one is in flight; command.done tells when it is finished.

        follow_up: the template that follows the one that the command began with.
        """
        template = follow_up
        if template is None:
            if self.state != _IDLE or self.transmitter.left:
                return self.unresponsive and resync.ask_first(self, command)
            command.clear()
            command.sent = True
            self.command = command
            self.abandoned = None
            self.code = MISSING
            self.code_row = -1
            self.failed = self.settled = False
            self.state = _BUSY
            self.skips_line = self.skips_line & _TEXT | (self.tokens.position[2] > 0)
            template = command.resume_from or command.template
        self.template = template
        self.got = 0
        self.required = template[2]
        self.matched[_WANTED] = template[2] | template[3] | _ERROR | _CODE | _URCS
        self.matched[_ASKED_LINK] = _NO_LINK if command.link is None or command.link.id is None else command.link.id
        self.matched[_ASKED_N] = command.n
        self.tokens.prompt = template[2] & _PROMPT != 0
        ms = _PROMPT_MS if self.tokens.prompt else follow_up is None and command.timeout_ms or template[1]
        self.deadline = ticks_add(self.port.ticks_ms(), ms)
        self.transmitter.send_line(command, template[0], self.matched[_ASKED_LINK])
        return True

    def finish(self, errno):
        """The command in flight has come to its end: 0, or why it failed."""
        command = self.command
        sent = self.transmitter
        if sent.left and sent.out is command.buf:  # the module ended the payload by itself (Fibocom 1.2.4: SENDTIME)
            sent.left = 0
            errno = errno or EIO
        if errno == EIO and self.code == MISSING and resync.doubt(self, True):
            return
        if errno == 0 and len(self.template) > 4:
            self.follow_up = self.template[4]
            self.matched[_WANTED] = _URCS
            return
        # As set_idle(): the stack is deep here.
        self.state = _IDLE
        self.command = None
        self.matched[_WANTED] = _URCS
        self.tokens.prompt = self.doubted = False
        if sent.hex_left or sent.rest > 0:
            sent.hex_left = 0
            sent.rest = -1
        # What the module has stored already is not sent again: a refusal of the follow-up repeats only that.
        resume = self.template if errno == EAGAIN and self.template is not command.template else None
        if resume is not command.resume_from:
            command.resume_from = resume
        if errno == 0 and command.enters_data_mode:
            self.state = _DATA_MODE  # as enter_data_mode()
            begin_data(self, command.link)
        command.errno = errno
        command.code = self.code
        if errno == EIO and self.code_row >= 0:
            command.error_source = name_at(self.rows, self.code_row)  # of the line that told the code
        command.done = True
        if errno and errno != EAGAIN:
            self.failed_command = command
            self.state = _RESTING  # as rest()
            self.deadline = self.after_ms(resync.REST_MS)

    def rest(self):
        """Send nothing for a moment: what the module still has to say comes first."""
        self.state = _RESTING
        self.deadline = self.after_ms(resync.REST_MS)

    def set_idle(self):
        """No command is in flight any more."""
        self.state = _IDLE
        self.command = None
        self.follow_up = None
        self.matched[_WANTED] = _URCS
        self.tokens.prompt = self.doubted = self.tx_blocked = False
        sent = self.transmitter
        sent.hex_left = 0  # a line that the module did not wait for is cut short
        sent.rest = -1

    def abandon(self, command):
        """The front stops waiting for it: it stays in flight, but its buffers are the caller's again."""
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
        if self.unfinished:
            urc.act_on_unfinished(self)
        tokens = self.tokens
        ended = self.rx_blocked = 0
        moved = n = self.port.fill(tokens.window, tokens.position)
        if self.behind is not None and n:
            damage.look_behind(self)
        while n:
            token = tokens.next()
            if token == _NOTHING:
                # The window is used up.  When a payload goes on and more of it has come meanwhile, take that in at
                # once, but no other one: its reader must have its turn before there is no room any more.
                ended += 1
                n = 0 if ended > _WINDOWS else tokens.left and self.port.fill(tokens.window, tokens.position)
            elif token == _LINE:
                self.dispatch_line()
                if self.unfinished:  # that allocates
                    (urc.end_earlier_line if self.unfinished == _EARLIER_LINE else urc.act_on_unfinished)(self)
            elif token == _END:
                ended = _WINDOWS
                self._on_payload()
            elif token == _PROMPT_TOKEN:
                note_prompt(self)
            elif not self._make_room():
                return False
        if self.prompted is not None:
            on_prompt(self)
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
            if self.quiet or self.paused is not None:
                damage.mind_what_came(self)
                if self.unfinished:
                    urc.act_on_unfinished(self)
        elif self.tokens.left and ticks_diff(now, self.last_rx_ms) > _PAUSE_MS:
            damage.payload_pauses(self, ticks_diff(now, self.last_rx_ms) > _STALL_MS)
        if self.state != _IDLE and self.state != _DATA_MODE and ticks_diff(self.deadline, now) <= 0:
            resync.expire(self)
            self.transmitter.flush()  # what that has queued, which may be dropped when the command's end is seen

    def _make_room(self):
        # The reader of a pushing link is slow.  As long as nothing else is to come through, the UART may wait
        # (and RTS holds the module); a command in flight cannot.
        self.rx_blocked = self.state != _BUSY and self.state != _TIMED_OUT
        if not self.rx_blocked:
            self.overflow()
        return not self.rx_blocked

    def overflow(self):
        """Somebody waits for what stands behind payload that has no room: drop that payload, and say so."""
        self.rx_blocked = False
        sink = self.tokens.sink
        if sink.overflow():
            self.event(_EVENT_OVERFLOW, sink, 0)

    def dispatch_line(self, note_unmatched=True):
        """Act on the line as the command in flight and the rows say; note_unmatched: tell of one that nobody knows."""
        if self.unresponsive:
            resync.on_sign_of_life(self)
        if self.skips_line and urc.begin_earlier_line(self):
            return
        if self.state == _BUSY and self.command.is_query and self.command.claims(self):
            resync.on_information_text(self, self.command)
            return
        pos = 0
        while True:
            pos = match(self.rows, self.tokens.line, self.tokens.n, pos, self.matched)
            if not pos:
                break
            event = self.matched[_EVENT]
            if self._on_urc(event) if event & _URCS else self._on_response(event):
                return
        if self.state == _BUSY and self.command.is_query and self.command.collects(self):
            resync.on_information_text(self, self.command)
        elif note_unmatched:
            urc.on_unmatched(self)

    # -- events of the command in flight

    def _on_response(self, event):
        if event == _OK:
            if self.doubted and (self.answer_begun or self.got & _REASON):
                resync.end_doubt(self)
                return True
            if is_before_prompt(self):
                return True
            if self.got & _OK:
                event = _OK2
            elif self.required & _OK2:
                note_input_end(self)
        elif event == _DATA:
            return self._on_data(self.command.link, self.matched[_VALUE])
        elif event == _EMPTY:
            if not self.matched[_IS_OK]:  # the same line with a count is a notice
                return self.on_ready(self.command.link)
            self._on_empty(self.command.link)
        elif event == _ERROR:
            if on_error(self):
                self.finish(EIO)
            return True
        elif event & _TELLS and (not self.matched[_IS_OK] or not self.got & _PROMPT) and urc.is_no_result(self):
            return True
        elif not self.matched[_IS_OK] or event == _CODE and self.matched[_VALUE] > 0:
            note_code(self)
            if event != _CODE:  # what would have followed on success is not waited for
                self.failed = True
                self.required &= ~_ADDRESS
            elif self.until_ms(self.deadline) > _CODE_MS:
                self.deadline = self.after_ms(_CODE_MS)
        elif event & _DETAILS:
            on_detail(self, event)
        elif event & _SENT and not self.template[3] & _CONFIRMED:
            self.command.link.tx_credit = self.matched[_AUX]
        self.got |= event
        if self.required & _OK2 and self.got & _OK and self.got & _TAKEN and not self.got & _OK2:
            self.deadline = self.after_ms(_OK2_MS)
        elif self.template[3] & _CONFIRMED and self.got & _PROMPT and event & _ENDS_SEND and not self.transmitter.left:
            self.deadline = ticks_add(self.port.ticks_ms(), _OK2_MS)
        self.check_complete()
        return True

    def check_complete(self):
        """Finish the command in flight if all of its answer has come."""
        if self.got & self.required != self.required or self.state != _BUSY:
            if self.state == _TIMED_OUT and self.got & _OK:
                resync.on_final_result(self)
            elif self.got & ~_PROMPT and self.required & ~self.got == _OK:
                resync.await_ok(self)
        elif not self.doubted and (not self.command.is_query or self.command.is_complete(self.failed)):
            if self.got & _REFUSED or self.failed and self.code == self.retry_code:
                self.finish(EAGAIN)
            elif self.failed and (self.code != self.nothing_left_code or self.template is self.command.template):
                self.finish(EIO)
            elif not self.command.says_nothing(self) or not resync.doubt(self, False):
                self.finish(0)

    # -- payload

    def _on_data(self, link, n):
        # Header of a read's answer.
        if n == 0:
            self._on_empty(link)
            return True
        if n < 0 or n > _READ_MAX and n > self.command.n and (n > 2 * self.command.n or self.matched[_KIND] != _HEX):
            damage.distrust_soon(self, link)
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
            link.unanswered &= self.state == _BUSY  # a late answer is one
        self.got |= _EMPTY
        resync.await_ok(self)

    def begin_payload(self, sink, n):
        """Payload of n bytes follows the line, of the kind that `matched` says; sink None: for nobody."""
        self.last_rx_ms = self.port.ticks_ms()
        if has_text_behind(self.tokens, self.matched[_KIND]):  # its CR or LF got lost, and payload with it
            damage.distrust_soon(self, sink)
            return
        if sink is not None:
            sink.looks = sink.unanswered = 0
        if sink is not None and (sink.dst is None or sink.keeps_borders):
            if sink.dst is None and sink.buf is None:
                sink.make_ring()
            if sink.keeps_borders:
                sink.begin(self)
        kind = self.matched[_KIND]
        if n > 0 and kind < _HEX:
            self.tokens.raw(sink, n)
        elif kind in _UNCOUNTED:
            self.tokens.hex(sink)
        elif n > 0 and (kind == _HEX or kind == _HEX_FROM):
            self.tokens.hex(sink, n)
        elif n > 0:
            self.tokens.raw(sink, n)

    def _on_payload(self):
        # All of it has come.
        command = self.command
        sink = self.tokens.sink if self.paused is None else damage.after_pause(self)
        if command is not None and self.got & _DATA and sink is command.link:
            command.count = self.tokens.taken
            self.deadline = ticks_add(self.port.ticks_ms(), _CODE_MS)  # for the OK, which may have got lost
        if sink is not None and self.matched[_KIND] not in _DIGITS:
            at = self.tokens.position
            if at[0] == at[1]:
                self.behind = sink
            elif self.tokens.window.find(b"\r\n", at[0], at[1]) != at[0] and is_odd(self.tokens):
                damage.miscounted(self, sink)
                return
        elif sink is not None and is_cut(self):
            damage.miscounted(self, sink)
            return
        if sink is not None and sink.keeps_borders and not sink.end(self.tokens.taken):
            self.event(_EVENT_OVERFLOW, sink, self.tokens.taken)

    # -- URCs

    def _on_urc(self, event):
        link = self.links.get(self.matched[_ID])
        if event == _PUSH:
            if link is None or self.matched[_KIND] in _IN_LINE:
                if self.matched[_ID] != -1 and damage.is_cut_header(self, link):
                    return damage.is_lost_push(self)
            return self._on_push(link, self.matched[_VALUE])
        if event == _READY:
            if (link is None or link.pushed) and damage.is_push_as_notice(self, link) and damage.is_lost_push(self):
                return True
            self.on_ready(link)
        elif event == _SENDER:
            urc.note_sender(self)
        elif event == _CONFIRMED:
            return on_confirmed(self, link)
        elif event & _FLOW:
            if link is not None:
                link.flow_off = event == _FLOW_OFF
                self.event(_EVENT_FLOW_OFF if link.flow_off else _EVENT_FLOW_ON, link, 0)
        elif event == _PEER_CLOSED:
            self._on_peer_closed(link)
        elif event != _NOISE:
            return urc.dispatch(self, event, link)
        return True

    def _on_peer_closed(self, link):
        matched = self.matched
        if link is None or link.state == _FREE or matched[_IS_OK] and matched[_VALUE] != MISSING:  # that acknowledges
            return
        # 0 < VALUE < 3: a reason that is no failure; what has become anything else may have been an acknowledgement.
        is_failure = not (matched[_IS_OK] or 0 < damage.told_code(self) < 3)
        is_failure = is_failure or link.has_gap or matched[_AUX] >= _FAILURE
        if link.doubt is not None and link.doubt(is_failure):
            return
        link.peer_closed(is_failure)  # as urc.end(): the stack is deep here
        link.must_close = self.close_after_peer
        if self.events is not None:
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
        link = by_sender(self) if self.matched[_ID] < 0 else link
        if link is not None and not link.pushed:
            return self.on_ready(link)  # a buffered link's notice that tells the length as well
        if n < 0 or n > _PUSHED_MAX:
            if n == MISSING and (link is None or self.matched[_ID] < 0 or self.matched[_KIND] in _UNCOUNTED):
                return False
            damage.distrust_soon(self, link)
            return True
        if link is not None and self.events is not None:
            self.event(_EVENT_DATA, link, n)
        self.begin_payload(link, n)
        self.sender_n = 0
        return True
