"""Answers that do not come in time, or that may not be answers; buffers given up; and the way back into
step.

Functions of the engine, apart because they are not on the data path (rules 3 and 4 of engine.py).  The SYNC query is a
command whose answer no other command gives: a module that answers it has nothing else to say any more.
"""

from errno import ECONNRESET, EIO, ETIMEDOUT

from . import damage
from .movers import const
from .port import HORIZON_MS

# words.py
_BUSY = const(1)
_TIMED_OUT = const(2)
_RESTING = const(4)
_OK = const(1 << 0)
_OK2 = const(1 << 1)
_PROMPT = const(1 << 2)
_SENT = const(1 << 3)
_CONNECT = const(1 << 13)
_CONFIRMED = const(1 << 23)
_REASON = const(1 << 14)
_NO = const(0)
_MAYBE = const(1)
_YES = const(2)
_DEAD = const(5)
_WANTED = const(9)
_LENGTH = const(2)  # in Tokenizer.position

SYNC = (b"AT+CSQ", 2000, _OK, 0)
SYNC_ANSWER = b"+CSQ:"
_PAUSE_MS = const(150)  # as in engine.py
_QUERIES = const(3)  # so many are sent, one after the other
_ESCAPE = b"+++"  # nothing has been written before it for long
_ESCAPED_MS = const(3000)  # for the silence behind it and its OK
_FILLED_MS = const(1000)  # for the result of a payload that was filled up
CANCEL = b"\x1b"  # ends an input that has no length: a send (BG96 2.1.7, A7600 2.4), a short message (27.005 3.5.1)
REST_MS = const(20)  # behind a failure: the module's URCs come out before the next command (u-blox' advice)
_PROMPT_GRACE_MS = const(1500)  # behind an ERROR: a prompt that is still to come has come by then
_TAKES_MS = const(500)  # for the port to take something of what is left
_ABANDONED_MS = const(3000)  # for the rest of an answer that nobody waits for any more
_OK_MS = const(3000)  # for the OK behind all else of an answer
_DOUBT = const(2)
_FOUND = const(1 << 5 | 1 << 6)  # DATA, EMPTY
_COMMANDS = (b"AT", b"At", b"aT", b"at", b"A/", b"a/")  # what a command line begins with (V.250 5.2.1)
_CALLS = b"DOA"  # ATD, ATO, ATA may end with NO CARRIER (V.250)


# -- a command whose time is over


def expire(engine):
    """The engine's deadline has passed: of the command in flight, of the pause behind a failure, or of a SYNC query."""
    if engine.state == _RESTING:
        engine.set_idle()
        return
    if engine.quiet:  # silence at last
        engine.quiet = False
        engine.tokens.lines()
    if engine.state == _BUSY:
        if engine.tokens.left and engine.until_ms(engine.last_rx_ms) > -_PAUSE_MS:  # payload on a slow line
            engine.deadline = engine.after_ms(_PAUSE_MS)
            return
        if engine.doubted and not engine.doubt_query_sent:
            _send_doubt_query(engine)
            return
        if engine.doubted and engine.transmitter.line_n == len(SYNC[0]) and _is_sync(engine):  # it was its own result
            end_doubt(engine)
            return
        missing = engine.required & ~engine.got
        if missing == _SENT and engine.template[3] & _CONFIRMED:
            _await_confirmation(engine)
            return
        if missing == _OK2 or missing == _OK and engine.got & _SENT:  # what became of it has been told
            engine.required &= ~missing
            engine.check_complete()
            return
        if not missing:
            engine.finish(0)
            return
        _give_up(engine)
        return
    if engine.queries_sent and engine.answered:  # some of the queries were lost on their way, no more answers come
        drop_command(engine)
        engine.rest()  # a job that waits for this goes first: it may enter data mode, where no command is in flight
    elif engine.queries_sent >= _QUERIES:  # nothing at all; when it answers one day, it answers these first
        engine.unresponsive = True
        engine.transmitter.drop()
        engine.deadline = engine.after_ms(HORIZON_MS)
    else:
        engine.queries_sent += 1
        engine.queries_outstanding += 1
        engine.deadline = engine.after_ms(SYNC[1])
        if not engine.transmitter.left:  # else the port takes nothing
            engine.transmitter.queue_line(SYNC[0])


def ask_first(engine, command):
    """The module answers nothing: before the command is sent it must have answered all that it was asked, or what comes
    late would be taken for the command's.  True: its time is over, it has failed."""
    if engine.state != _TIMED_OUT:
        return False
    if command.waits_until is None:
        command.clear()
        command.waits_until = engine.after_ms(command.timeout_ms or command.template[1])
        if not engine.transmitter.left:
            engine.queries_outstanding += 1
            engine.transmitter.queue_line(SYNC[0])
    elif engine.is_past(command.waits_until):
        command.clear()
        command.errno = ETIMEDOUT
        command.done = True
        engine.failed_command = command
        return True
    if engine.until_ms(command.waits_until) < engine.until_ms(engine.deadline):
        engine.deadline = command.waits_until
    return False


def hear_late(engine, event):
    """Between two commands: `event` (a word of words.py) of one that is not waited for any more sets `failed` when it
    tells a failure."""
    engine.failed = False
    engine.matched[_WANTED] |= event


def on_sign_of_life(engine):
    """A module that answered nothing says something."""
    engine.unresponsive = False
    if engine.state == _TIMED_OUT:
        engine.queries_sent = 1
        engine.deadline = engine.after_ms(SYNC[1])


def _await_confirmation(engine):
    # What became of the payload of a link's `tx` is not told yet, maybe not before the peer reads: other commands go
    # out meanwhile (command.py).
    command = engine.command
    command.buf = None
    command.link.tx_until = engine.after_ms(engine.template[1])
    engine.set_idle()


def _give_up(engine):
    # The command is not waited for any more; the module may still be at it.
    command = engine.command
    told = engine.required & ~engine.got == _OK and engine.got and len(engine.template) <= 4
    if engine.tokens.left:
        damage.payload_lost(engine)
        told = False
    command.errno = EIO if engine.doubted and engine.doubt_failed else ETIMEDOUT
    if told and not engine.failed:  # all but its OK has come
        command.errno = 0
    if not engine.doubted and engine.failed or engine.code_row >= 0:  # its code has come, and the ERROR got lost
        command.errno = EIO
        command.code = engine.code
    ended = engine.template[2] & _OK2 and engine.got & _OK  # by time: Fibocom 1.2.4
    abandon(engine, command)
    if engine.got & _OK:
        command.accepted = True
    command.done = True
    if command.errno:
        engine.failed_command = command
    if engine.template[3] & _FOUND:
        engine.unread = command.link
    engine.state = _TIMED_OUT
    engine.unresponsive = False
    engine.got = 0
    engine.queries_sent = 0
    engine.queries_outstanding = int(_is_sync(engine) or engine.doubted)
    engine.doubted = engine.answer_begun = engine.answered = False
    engine.matched[_WANTED] |= _OK
    if engine.tokens.prompt and (command.abort_sequence is not None or not ended):
        # The prompt got lost, perhaps: what is written next is payload to the module.
        fill_up(engine, command, harmless(command), command.n)
        if command.abort_sequence is not None:
            engine.tokens.prompt = False
        engine.deadline = engine.after_ms(_FILLED_MS)
    elif engine.transmitter.left:
        engine.deadline = engine.after_ms(_FILLED_MS)
    elif _is_prompt(engine.tokens):  # of a command that nobody has a text for (AT+CMGS by Modem.command())
        engine.transmitter.queue(CANCEL)
        engine.deadline = engine.after_ms(_FILLED_MS)
    elif command.enters_data_mode:
        # Perhaps the line got lost that begins data mode: what is written next would go to the peer.
        engine.transmitter.queue(_ESCAPE)
        engine.deadline = engine.after_ms(_ESCAPED_MS)
    else:
        expire(engine)


def _is_prompt(tokens):
    # Is what has come of the next line a prompt that was not expected?
    return tokens.line[0] == 62 and 0 < tokens.position[_LENGTH] <= 2


def on_information_text(engine, query):
    """A line of the query's answer has come."""
    if engine.got & _PROMPT and engine.required & ~engine.got == _OK:  # it tells what became of the payload
        await_ok(engine)
    if query.until is not None:  # it may have been what the query waits for
        engine.check_complete()
    elif query.prefix is not None:  # the next line, or the OK, comes soon; and all of them within its time
        if query.give_up is None:
            query.give_up = engine.deadline
        engine.deadline = query.give_up
        if engine.until_ms(query.give_up) > _OK_MS:
            engine.deadline = engine.after_ms(_OK_MS)


def await_ok(engine):
    """All of an answer but its OK has come, which follows at once if it has not got lost."""
    if engine.required & _CONNECT and engine.command.enters_data_mode:
        engine.required = _CONNECT  # the OK may have got lost; begin_data() knows that it may come yet
        engine.check_complete()
    elif engine.until_ms(engine.deadline) > _OK_MS:
        engine.deadline = engine.after_ms(_OK_MS)


def _is_sync(engine):
    # Or one whose answer looks the same, AT+CSQ=?.
    sent = engine.transmitter
    text = SYNC[0]
    return sent.line_n >= len(text) and sent.line.startswith(text)


def on_final_result(engine):
    """A final result code while TIMED_OUT: the old command's, or the answer to SYNC."""
    engine.answered = True
    if engine.queries_sent:
        engine.deadline = engine.after_ms(SYNC[1])
    engine.got = 0
    if engine.answer_begun:
        engine.answer_begun = False
        engine.queries_outstanding -= 1
    if engine.queries_sent and engine.queries_outstanding <= 0:
        drop_command(engine)
        engine.rest()


# -- a final result code that may be a stray one


def is_nobodys(engine):
    """True for an ERROR that cannot be the answer: the command is not out yet, or NO CARRIER tells of a missed call."""
    sent = engine.transmitter
    if engine.got & engine.required == 0 and sent.left:
        return True
    if engine.tokens.line[0] != 78 or engine.required & _CONNECT:  # "N"
        return False
    return sent.line[2] not in _CALLS


def doubt(engine, failed):
    """True when the final result code is not believed yet: the module is asked, and end_doubt() decides.

    failed: it was ERROR without a number; else it was OK without what was asked for.
    """
    if engine.doubted:
        return True
    command = engine.command
    if engine.settled:
        link = command.link
        if not failed and link is not None:  # a read
            if link.rx_pending == _YES or engine.unknown_line_at:
                # Data was told of, or what came was no line that is known: header and payload have got lost.
                damage.lose(engine, link)
            link.rx_pending = _MAYBE if link.rx_notified else _NO
            engine.unread = link
        return False
    # Some modules keep the reason of a refusal for one query.  No other one may come before.
    query = engine.error_query if failed and engine.template[0].startswith(engine.error_query_for) else None
    if query is None:
        # It is the answer when words came with it, or a line that told of the failure.
        told = command.error_text is not None or command.link is not None and command.link.state == _DEAD
        told = told or engine.got & engine.required & ~(_OK | _PROMPT) != 0 or command.is_query and bool(command.lines)
        # As _is_sync(), because the stack is deep here; but AT+CSQ=? is another query.
        sent = engine.transmitter
        if told and failed:
            return False
        if sent.line_n == len(SYNC[0]) and sent.line.startswith(SYNC[0]):
            return _await_own_answer(engine, failed)
    if engine.unknown_line_at != engine.deadline:  # it came before the command was sent
        engine.unknown_line_at = 0
    engine.doubted = True
    engine.doubt_failed = failed
    engine.doubt_query = query or SYNC
    engine.doubt_got = engine.got
    engine.answer_begun = False
    engine.doubt_query_sent = False
    engine.doubt_left = 0
    engine.unfinished |= _DOUBT
    return True


def _await_own_answer(engine, failed):
    # The command in flight is the SYNC query itself: the line that only it brings comes soon, or the result was its.
    if not engine.command.is_query or engine.command.lines:
        return False
    engine.doubted = engine.doubt_query_sent = True
    engine.doubt_failed = failed
    engine.doubt_got = engine.got
    if engine.until_ms(engine.deadline) > SYNC[1]:
        engine.deadline = engine.after_ms(SYNC[1])
    return True


def on_own_answer(engine):
    """A line of the answer has come while a result is doubted: where that is the SYNC query's, it was a stray one."""
    sent = engine.transmitter
    if sent.line_n == len(SYNC[0]) and sent.line.startswith(SYNC[0]):
        engine.doubted = False
        engine.settled = True
        engine.got &= ~_OK


def begin_to_doubt(engine):
    """What settles the doubt is asked for by pump(): the stack is not so deep there."""
    if engine.tokens.prompt:  # nothing may be written while it may still come
        engine.deadline = engine.after_ms(_PROMPT_GRACE_MS)
    elif engine.doubt_failed:  # as behind any failure
        engine.deadline = engine.after_ms(REST_MS)
    else:
        _send_doubt_query(engine)


def _send_doubt_query(engine):
    left = engine.transmitter.left
    if left and left != engine.doubt_left:  # the payload is still going out, and the module counts it
        engine.doubt_left = left
        engine.deadline = engine.after_ms(_TAKES_MS)
        return
    template = engine.doubt_query
    engine.doubt_query_sent = True
    engine.tokens.prompt = False
    engine.matched[_WANTED] |= template[2]
    engine.deadline = engine.after_ms(SYNC[1])
    engine.transmitter.queue(template[0] + b"\r")


def end_doubt(engine):
    """The query behind a doubted result has been answered: the module is at nothing else any more."""
    engine.doubted = engine.answer_begun = False
    engine.settled = True
    got = engine.got & ~_REASON
    if not engine.doubt_failed or got & engine.required == engine.required and got != engine.doubt_got:
        engine.check_complete()
    else:
        engine.finish(EIO)


# -- buffers given up


def abandon(engine, command, is_secret=False):
    """The front stops waiting for the command: it stays in flight, but its buffers are the caller's again.

    command.count is then how many bytes a read had put into the caller's buffer.  is_secret: what has not gone out yet
    is nothing for the connection that has the id now.
    """
    if command is not engine.command:
        return
    engine.abandoned = command
    payload = command.buf
    command.buf = None
    link = command.link
    if link is not None and link.dst is not None:
        command.count = link.detach()
    sent = engine.transmitter
    awaits_payload = engine.tokens.prompt
    if payload is not None and awaits_payload:
        # The module swallows whatever comes behind its prompt: then it gets what it was to have.
        command.buf = None if is_secret else _copied(payload, command.start, command.n)
    elif payload is not None and sent.is_sending(payload):
        fill_up(engine, command, None if is_secret else _copied(payload, sent.pos, sent.left), sent.left)
    if sent.hex_left:
        # The command line ends here, without its closing quote: the module refuses it, and the stream has a hole.
        sent.hex_left = 0
        sent.rest = len(engine.template[0])
        link.fail(ECONNRESET, 0)
    if not awaits_payload and _answer_is_due(engine) and engine.until_ms(engine.deadline) > _ABANDONED_MS:
        engine.deadline = engine.after_ms(_ABANDONED_MS)


def _answer_is_due(engine):
    # A read, or a payload that is out: the answer comes soon, or some of it has got lost.  Not so where a byte of the
    # payload may have got lost, whose place any command would take until the module's time for it is over.
    if engine.transmitter.left:
        return False
    template = engine.template
    if template[2] & _OK2:
        return engine.got & _OK
    return template[2] & _SENT or template[3] & _FOUND


def _copied(buf, start, n):
    # None when the heap has no room for it.
    try:
        return bytes(memoryview(buf)[start : start + n])
    except MemoryError:
        return None


def harmless(command):
    """The payload that is left, if it holds nothing that a module in command mode would obey; else None."""
    data = command.buf
    if data is None:
        return None
    for text in _COMMANDS:
        if text in data:
            return None
    return data


def fill_up(engine, command, data, n):
    """The module waits for n more payload bytes and swallows whatever comes: give it what it was to have, `data`.

    data None: that is not known any more, or would be obeyed by a module that waits for nothing: zeros then.  Or what
    cancels the send, where there is such a thing.  The connection is of no use any more, but for datagrams.
    """
    if command.link is not None and not command.link.keeps_borders:
        command.link.fail(ECONNRESET, 0)
    if command.abort_sequence is not None:
        data = command.abort_sequence
    engine.transmitter.queue(bytearray(n) if data is None else data)


def on_late_prompt(engine, command):
    """The module is ready for a payload that nobody waits for any more."""
    fill_up(engine, command, command.buf, command.n)
    engine.deadline = engine.after_ms(_ABANDONED_MS)


def reset(engine):
    """See Engine.reset()."""
    command = engine.command
    sent = engine.transmitter
    owed = 0  # payload bytes that the module may still wait for
    if command is not None:
        awaits_payload = engine.tokens.prompt
        if not awaits_payload and sent.left and sent.out is not sent.line:
            owed = sent.left
            data = _copied(sent.out, sent.pos, owed)
        abandon(engine, command)
        if awaits_payload:
            owed = command.n
            data = harmless(command)
        command.errno = ECONNRESET
        command.done = True
    engine.unresponsive = False
    engine.quiet = False
    engine.paused = engine.behind = None
    engine.skips_line = 0
    engine.tokens.lines()
    drop_command(engine)
    if owed:
        sent.queue(data or bytearray(owed))


def drop_command(engine):
    """No command is in flight any more, whatever was left of it."""
    engine.set_idle()
    engine.transmitter.drop()
