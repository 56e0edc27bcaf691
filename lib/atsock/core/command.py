"""One AT command: what it asks, what came of it, and the fields of the lines that answered.

A Command is a record that the engine fills in.  Two of them live in every link (read, send) and are used again and
again; others are made where they are needed, off the data path.  A Query keeps the information text of its answer.
What the lines of an answer say beside that they came (ERROR, codes, reasons, addresses, what became of a payload) are
functions of the engine, apart because most are not on the data path.  URCs are urc.py's, answers that do not come
resync.py's.
"""

import sys
from errno import ECONNRESET, EIO, ETIMEDOUT

from . import damage, resync
from .movers import MISSING, const, field, match, number
from .rows import name_at
from .tokenizer import Sink
from .words import OK

_GENERAL_MS = const(9000)  # general commands; 27.007 prints no times

# words.py
_OPEN = const(2)
_BUSY = const(1)
_TIMED_OUT = const(2)
_OK2 = const(1 << 1)
_PROMPT = const(1 << 2)
_EMPTY = const(1 << 6)
_ADDRESS = const(1 << 10)
_RESOLVED = const(1 << 11)
_REASON = const(1 << 14)
_FOUND = const(1 << 5 | 1 << 6)  # DATA, EMPTY
_PAYLOADS = const(1 << 5 | 1 << 19)  # DATA, PUSH
_READY = const(1 << 18)
_NOISE = const(1 << 29)
_ALL = const((1 << 30) - 1)
_NONE = const(0)
_HEX = const(3)
_INLINE_HEX = const(4)
_WORD = const(5)
_HEX_FROM = const(8)
# What match() leaves and takes (movers.py)
_EVENT = const(0)
_VALUE = const(2)
_AUX = const(3)
_KIND = const(4)
_FIELDS = const(5)
_ROW = const(8)
_WANTED = const(9)
_ASKED_LINK = const(10)
_ANY_LINK = const(1001)
_ROW_VALUE = const(4)  # in a packed row (rows.py)
_ECHO = const(16)  # of Engine.unfinished (urc.py)
_SURELY_ECHO = const(24)  # bytes in a row that are those of the payload: no answer is so long and like it
# Names of information lines begin with one of these; a line of another name than the command's is no part of its
# answer.
_NAME_STARTS = b"+*^%"
_BASIC = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789&"  # of basic commands, which may stand before: ATE0+CSQ (V.250 5.2.1)

# Bytes of an answer that are kept, with what a line costs beside its text: nothing that a module says makes it grow.
_ANSWER_MAX = 32_768 if sys.implementation.name == "micropython" else 1 << 20
_LINE_COST = const(48)
_TOO_LONG = b"the answer is too long to be kept"

_ERROR_N = const(5)  # letters of a bare ERROR
_PROMPT_MS = const(15_000)  # as in engine.py
_INPUT_MS = const(9500)  # a module that waits for a lost byte of a payload does so for 12 s (Fibocom 1.2.4)
_LAST_WORD_MS = const(1000)  # for the confirmation when the connection has ended
_LONGEST_MS = const(150_000)  # more than any: a time further ahead is one long past


class Command:
    """template: (text, timeout_ms, required, optional[, follow_up]), see rows.py; link: the one it is about, or
    None.
    """

    # What few commands set: an attribute of the object would be heap in all of them.
    abort_sequence = None  # what ends a send whose payload nobody has any more; None: as many zeros as were announced
    is_query = False  # it is a Query
    timeout_ms = 0  # 0: the template's
    enters_data_mode = False  # on success the port is in data mode, from the very next byte
    resume_from = None  # template to begin with when it is started once more
    error_source = b""  # name of the line that told the code
    error_text: "bytes | None" = None  # and its words when it has no number
    accepted = False  # its time was over behind its OK: what it has begun may still go on

    def __init__(self, link=None, template=None):
        self.template = template
        self.link = link
        self.n = 0  # bytes to send or to ask for
        self.buf = None  # what to send, from buf[start:]
        self.start = 0
        self.next = None  # in the queue of those that wait for their turn
        # As clear(), which would be one frame more where the stack is deep.
        self.sent = self.done = False
        self.errno = self.count = 0
        self.code = MISSING
        self.waits_until = None

    def clear(self):
        """Forget what came of it."""
        self.sent = self.done = False  # the engine has taken it; it is over
        self.errno = 0  # 0: it succeeded
        self.code = MISSING  # the module's number for what went wrong, or a bad result's value
        self.count = 0  # bytes read
        self.waits_until = None  # ticks: it fails then if the module still answers nothing, see resync.ask_first()
        if self.error_source or self.error_text is not None:
            self.error_source = b""
            self.error_text = None

    def says_nothing(self, engine):
        """True for an OK without anything of what was asked for: it may be the OK of something else."""
        return engine.template[3] & _FOUND and not engine.got & _FOUND


class Query(Command):
    """A command whose information text somebody wants.

    The engine offers it each line: claims() before the dialect's rows are looked at, collects() when none of them fits.
    Allocates.
    """

    is_query = True
    left = _ANSWER_MAX  # bytes that the answer may still have

    def __init__(self, link=None, template=None):
        super().__init__(link, template)
        self.lines = []  # the information lines; None: only addresses are wanted
        self.addresses = None  # a list: the addresses that ADDRESS rows find
        self.prefix = None  # only lines that begin with it
        self.asks = False  # an OK without any line may be a stray one
        self.rows = None  # or only those that fit one of these packed rows, whatever the dialect makes of them
        self.until = None  # function of the lines: True when the last one has come (it may come after OK)
        self.give_up = None  # ticks when its time is over, as soon as a line has come
        self.expected = 0  # how many addresses complete the command
        # A read form, "AT+NAME?": lines of its name are the answer, whatever they look like.
        self.is_read_form = template[0].endswith(b"?")

    def claims(self, engine):
        """True when the engine's line is a part of the answer, although the dialect may have a row for it."""
        if self.rows is not None:
            return self._fits_own(engine)
        if self.lines is None or not self.is_read_form or not self._has_name(engine):
            return False
        self._keep(engine)
        return True

    def _fits_own(self, engine):
        matched = engine.matched
        wanted = matched[_WANTED]
        matched[_WANTED] = _ALL
        fits = match(self.rows, engine.tokens.line, engine.tokens.n, 0, matched)
        matched[_WANTED] = wanted
        if not fits:
            return False
        engine.got |= matched[_EVENT] & ~_NOISE
        if matched[_EVENT] & _READY:  # a URC looks the same
            engine.on_ready(engine.links.get(matched[_VALUE]))
        self._keep(engine)
        self._collect_payload(engine)
        return True

    def collects(self, engine):
        """True when the line, for which the dialect has nothing or only a payload, is a part of the answer."""
        if self.rows is not None or self.lines is None:
            return False
        line = engine.tokens.line
        if line[0] == 62 and engine.tokens.n <= 2:  # a prompt that came too late
            return True
        if self.prefix is not None:
            if not line.startswith(self.prefix):
                return False
        elif line[0] in _NAME_STARTS and not self._has_name(engine):
            return False
        if is_echo(engine):  # urc.on_unmatched() sees to it
            return False
        announces = announces_payload(engine)
        self._keep(engine)
        if announces:
            self._collect_payload(engine)
        return True

    def _collect_payload(self, engine):
        matched = engine.matched
        if matched[_KIND] != _NONE and matched[_KIND] != _WORD:
            engine.begin_payload(_Collector(engine, self), matched[_VALUE])

    def _keep(self, engine):
        if engine.doubted:
            resync.on_own_answer(engine)
        if self.has_room(engine, engine.tokens.n + _LINE_COST):
            self.lines.append(bytes(memoryview(engine.tokens.line)[: engine.tokens.n]))

    def has_room(self, engine, n):
        """True when n bytes more of the answer can be kept; else the command fails when it is over."""
        self.left -= n
        if self.left < 0:
            engine.failed = True
            self.error_text = _TOO_LONG
        return self.left >= 0

    def on_address(self, engine):
        """An address stands in the field that the row calls value, and others may stand behind it."""
        if self.addresses is None:
            return
        line = engine.tokens.line
        index = engine.rows[engine.matched[_ROW] + _ROW_VALUE]
        address = _text(line, engine.matched[_FIELDS], engine.tokens.n, index)
        while address:
            self.addresses.append(address)
            index += 1
            address = _text(line, engine.matched[_FIELDS], engine.tokens.n, index)

    def is_complete(self, failed):
        """True when all lines have come; failed: a result line told a failure."""
        if self.addresses is not None and len(self.addresses) < self.expected and not failed:
            return False
        return self.until is None or self.until(self.lines)

    def says_nothing(self, engine):
        """True when lines of a certain name were asked for and none has come."""
        return (self.asks or self.prefix is not None) and not self.lines and self.until is None

    def _has_name(self, engine):
        # Does the line begin with the name of the command in flight, or of one of several (V.250 5.2.1: AT+CSQ;+CEREG?)
        line = engine.tokens.line
        for text in bytes(memoryview(engine.transmitter.line)[2 : engine.transmitter.line_n]).split(b";"):
            name = text.split(b"=")[0].rstrip(b"?").replace(b" ", b"").upper().lstrip(_BASIC)
            n = len(name)
            if n and bytes(memoryview(line)[:n]).upper() == name and line[n] in b": =":
                return True
        return False


class _Collector(Sink):
    # Takes the payload behind a line of a Query: joins the lines, as a bytearray.

    def __init__(self, engine, query):
        self.engine = engine
        self.query = query

    def write(self, src, start, n):
        lines = self.query.lines
        if not self.query.has_room(self.engine, n):
            pass
        elif lines and isinstance(lines[-1], bytearray):
            lines[-1].extend(memoryview(src)[start : start + n])
        else:
            lines.append(bytearray(memoryview(src)[start : start + n]))
        return n


def announces_payload(engine):
    """True when the engine's line announces payload, whether that is wanted or not; `matched` tells which then."""
    matched = engine.matched
    wanted = matched[_WANTED]
    link = matched[_ASKED_LINK]
    matched[_WANTED] = _PAYLOADS
    matched[_ASKED_LINK] = _ANY_LINK
    # One local more, and the frame would be heap.
    pos = match(engine.rows, engine.tokens.line, engine.tokens.n, 0, matched)
    while pos and (matched[_KIND] == _NONE or matched[_KIND] == _WORD):
        pos = match(engine.rows, engine.tokens.line, engine.tokens.n, pos, matched)
    matched[_WANTED] = wanted
    matched[_ASKED_LINK] = link
    return pos > 0


def is_cut(engine):
    """True when payload in digits has ended before its line does, or is not as long as its header says.

    Some firmware announces how many digits they are.
    """
    tokens = engine.tokens
    pos = tokens.position[0]
    kind = engine.matched[_KIND]
    if kind == _INLINE_HEX and not tokens.taken:  # nobody pushes nothing
        return True
    if tokens.digits.nibble or pos < tokens.position[1] and tokens.window[pos] != 13 and tokens.window[pos] != 10:
        return True
    n = engine.matched[_VALUE]
    return (kind == _HEX or kind == _HEX_FROM) and tokens.taken != n and 2 * tokens.taken != n


def is_echo(engine):
    """True when the engine's line is the command that was sent last.  Allocates nothing."""
    return engine.tokens.n == engine.transmitter.line_n and _begins_with_command(engine)


def _begins_with_command(engine):
    # Does the line buffer begin with the command that was sent last?
    n = engine.transmitter.line_n
    while n > 0:
        n -= 1
        if engine.tokens.line[n] != engine.transmitter.line[n]:
            return False
    return True


def note_prompt(engine):
    """The prompt has come.  on_prompt() is next, behind what the module says in the same breath: that is not about
    this payload.
    """
    engine.prompted = engine.command
    engine.doubted = False  # the module has not refused it, then
    if engine.tokens.line[engine.transmitter.line_n] == 13 and _begins_with_command(engine):
        engine.echoes = True  # right behind the echo, of which no line end has made a line


def on_prompt(engine):
    """The module is ready for the payload of the command `prompted`: give it that."""
    command = engine.prompted
    engine.prompted = None
    if command is not engine.command:  # it has refused it in the same breath
        return
    engine.got |= _PROMPT
    if not engine.doubted:
        engine.deadline = engine.after_ms(command.timeout_ms or engine.template[1])
    if command is engine.abandoned:  # before the module was ready for the payload
        resync.on_late_prompt(engine, command)
    else:
        if engine.echoes:
            expect_echo(engine, command)
        engine.transmitter.send_payload(command.buf, command.start, command.n)
    engine.check_complete()


def expect_echo(engine, command):
    """The payload goes out to a module that may echo it (BG96 2.1.16): that is no answer, whatever stands in it."""
    try:
        data = bytes(memoryview(command.buf)[command.start : command.start + command.n])
        engine.echo = _Echo(engine, data)
    except MemoryError:
        return
    damage.expect_rest_of_echo(engine)  # behind a notice, or what is pushed, of which the beginning has come


class _Echo(Sink):
    # Takes the echo of a payload, up to the first byte that is none; damage.expect_rest_of_echo() goes on behind that.

    def __init__(self, engine, data):
        self.engine = engine
        self.command = engine.command
        self.got = engine.got  # more, and the answer has begun
        self.data = data
        self.n = 0  # bytes of it that have come,
        self.known = 0  # and of those the ones that were echo for sure: behind them something else came

    def write(self, src, start, n):
        done = 0
        while done < n and self.n < len(self.data):
            byte = src[start + done]
            if byte == self.data[self.n]:
                self.n += 1
            elif byte not in b" \r\n" or self.data[self.known : self.n].strip():  # those may stand behind the prompt
                break
            else:
                self.n = self.known + int(byte == self.data[self.known])
            done += 1
        return done

    def overflow(self):
        # Something else comes.  What was taken is no echo but an answer when the payload only begins like it.
        engine = self.engine
        tokens = engine.tokens
        tokens.lines()
        if self.n == len(self.data):
            engine.echo = None
        else:
            if self.n - self.known < _SURELY_ECHO:
                tokens.put_back(self.data[self.known : self.n], self.n - self.known)
                self.n = self.known
            self.known = self.n
            engine.unfinished |= _ECHO
        return False


def query(text, timeout_ms=_GENERAL_MS, prefix=None):
    """A Query that sends `text` (bytes) and keeps the lines that begin with `prefix` (None: see Modem.command())."""
    command = Query(None, (text, timeout_ms, OK, 0))
    command.prefix = prefix
    return command


def read_form(text):
    """The Query of a read form, AT+NAME?, whose answer begins with +NAME: (other lines may come between)."""
    command = Query(None, (text, _GENERAL_MS, OK, 0))
    command.prefix = text[2:-1] + b":"
    return command


# -- what the lines of an answer say


def on_detail(engine, event):
    """ADDRESS, RESOLVED, REASON, or CODE without a number."""
    command = engine.command
    if event == _ADDRESS:
        if command.is_query:
            command.on_address(engine)
    elif event == _RESOLVED:
        if command.is_query:
            count = engine.matched[_AUX]
            if count == 0:  # none was found, no line follows
                engine.required &= ~_ADDRESS
            command.expected = 1 if count < 0 else count
    elif event == _REASON and engine.matched[_VALUE] == 0:
        pass  # "operate successfully": no reason of a refusal
    else:  # some tell a text instead of a number
        note_code(engine)
        if engine.code == MISSING or engine.code == 0:
            _keep_error_text(engine)


def begin_data(engine, link):
    """The command has led to data mode: what comes next is data.

    But the module's OK may come behind the line that said so, and that line once more if it is a URC.  When it has lost
    its LF, data was taken for its end.
    """
    tokens = engine.tokens
    if tokens.line.find(b"\r", 0, tokens.n) >= 0:
        link.discarding = True
        link.fail(ECONNRESET, 0)
    words: "tuple[bytes, ...]" = (b"OK",) if engine.template[2] & ~engine.got & OK else ()
    if tokens.line[0] == 43:  # "+"
        words += (bytes(memoryview(tokens.line)[: tokens.n]),)
    if words:
        link.data_filter.answer(words)
    link.data_filter.since = engine.port.ticks_ms()
    tokens.raw(link.data_filter, 0)


def is_before_prompt(engine):
    """True for an OK that comes before the prompt: a stray one, for no payload has been asked for.

    But where time ends the input, it may do so when the prompt has got lost.
    """
    if engine.state != _BUSY or not engine.required & ~engine.got & _PROMPT:
        return False
    return not engine.required & _OK2 or engine.doubted or _PROMPT_MS - engine.until_ms(engine.deadline) < _INPUT_MS


def note_input_end(engine):
    """The first of two OKs behind a payload: so late that time has ended the payload, a byte of it got lost."""
    late = engine.got & _PROMPT and engine.template[1] - engine.until_ms(engine.deadline) > _INPUT_MS
    if not late or engine.doubted:  # doubted: the deadline is that of the question about a stray result code
        return
    link = engine.command.link
    # None: Modem.call(); a datagram that is given up counts for nobody.
    if link is not None and not (link.keeps_borders and engine.abandoned is engine.command):
        link.fail(ECONNRESET, 0)
        engine.failed = True


def on_error(engine):
    """The final result code ERROR; True: the command in flight has failed."""
    if engine.state == _TIMED_OUT:
        resync.on_final_result(engine)
        return False
    if resync.is_nobodys(engine):
        return False
    if engine.got & _EMPTY:  # some refuse a read that finds nothing
        engine.finish(0)
        return False
    if engine.matched[_VALUE] != MISSING:
        note_code(engine)
    elif engine.code == MISSING and engine.tokens.n > _ERROR_N:  # "+CME ERROR: SIM busy"
        _keep_error_text(engine)
    return True


def note_code(engine):
    """The line tells the number of what went wrong."""
    engine.code = damage.told_code(engine)
    engine.code_row = engine.matched[_ROW]


def _keep_error_text(engine):
    tokens = engine.tokens
    engine.command.error_text = bytes(memoryview(tokens.line)[engine.matched[_FIELDS] : tokens.n])


def on_confirmed(engine, link):
    """The line tells what became of a payload whose command is not in flight any more; True: that was waited for."""
    matched = engine.matched
    if link is None or link.tx_until is None or link.tx.n != matched[_AUX]:
        return False
    tx = link.tx
    link.tx_until = None
    if matched[_VALUE] != tx.n:
        tx.errno = EIO
        tx.code = matched[_VALUE]
        tx.error_source = name_at(engine.rows, matched[_ROW])
        engine.failed_command = tx
    tx.done = True
    return True


def is_overdue(engine, link):
    """True when the confirmation of the link's `tx` will not come any more; the command has failed then.

    A connection that has ended is given a moment more.
    """
    left = engine.until_ms(link.tx_until)
    if 0 < left <= _LONGEST_MS:
        if link.state != _OPEN and left > _LAST_WORD_MS:
            link.tx_until = engine.after_ms(_LAST_WORD_MS)
        return False
    tx = link.tx
    link.tx_until = None
    tx.errno = ETIMEDOUT if link.state == _OPEN else link.errno or ECONNRESET
    tx.done = True
    engine.failed_command = tx
    return True


# -- fields of an information line


def number_at(line, index):
    """The number in field `index` behind the colon of an information line (bytes); MISSING when there is none."""
    line = line + b"\0"
    pos = field(line, line.find(b":") + 1, len(line) - 1, index)
    return number(line, pos) if pos >= 0 else MISSING


def text_at(line, index):
    """Field `index` behind the colon as bytes without quotes and blanks; b"" when there is none."""
    return _text(line, line.find(b":") + 1, len(line), index)


def _text(line, pos, end, index):
    start = field(line, pos, end, index)
    if start < 0:
        return b""
    stop = field(line, start, end, 1)
    return bytes(memoryview(line)[start : stop - 1 if stop >= 0 else end]).strip(b' "')


def split_fields(text):
    """The parts of `text` (bytes) between the commas that stand outside quotes and parentheses; [] for an empty
    text.
    """
    parts = []
    start = depth = 0
    quoted = False
    for pos in range(len(text)):
        byte = text[pos]
        if byte == 34:
            quoted = not quoted
        elif quoted:
            pass
        elif byte == 40:
            depth += 1
        elif byte == 41 and depth:
            depth -= 1
        elif byte == 44 and not depth:
            parts.append(text[start:pos])
            start = pos + 1
    parts.append(text[start:])
    return parts if text else []
