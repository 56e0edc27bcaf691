"""Answers that do not come in time, buffers given up, and the way back into step (rule 3 of engine.py).

Functions of the engine, apart because they are not on the data path.
"""

from errno import ECONNRESET, EIO, ETIMEDOUT

from .movers import const

# words.py
_BUSY = const(1)
_TIMED_OUT = const(2)
_OK = const(1 << 0)
_OK2 = const(1 << 1)
_EVENT_OVERFLOW = const(8)  # constants.py

# A query whose answer no other command gives: brings both sides into step after a timeout.
SYNC = (b"AT+CSQ", 2000, _OK, 0)
SYNC_ANSWER = b"+CSQ:"
_QUERIES = const(3)  # so many are sent, one after the other


def expire(engine):
    """The deadline of the command in flight has passed, or that of the SYNC query behind one that timed out."""
    if engine.state == _BUSY:
        if engine.refused is not None:  # the reason does not come; the refusal stands
            engine.finish(EIO)
            return
        if engine.got & engine.required == engine.required & ~_OK2:  # only the second OK is missing: it was sent
            engine.finish(0)
            return
        if engine.tokens.left:
            payload_lost(engine)
        abandon(engine, engine.command)
        engine.command.errno = ETIMEDOUT
        engine.command.done = True
        engine.state = _TIMED_OUT
        engine.got = 0
        engine.queries_sent = 0
        engine.queries_outstanding = int(_is_sync(engine))
        engine.final_results = 0
        engine.answer_begun = False
    elif engine.queries_sent >= _QUERIES or engine.final_results:
        # Nothing at all, or some of the queries were lost on their way and no more answers come.
        engine.unresponsive = engine.final_results == 0
        resume(engine)
        return
    engine.queries_sent += 1
    engine.queries_outstanding += 1
    engine.deadline = engine.after_ms(SYNC[1])
    engine.transmitter.send_text(SYNC[0])


def _is_sync(engine):
    sent = engine.transmitter
    text = SYNC[0]
    return sent.line_n == len(text) and sent.line.startswith(text)


def on_final_result(engine):
    """A final result code while TIMED_OUT: the old command's, or the answer to SYNC."""
    engine.final_results += 1
    engine.got = 0
    if engine.answer_begun:
        engine.answer_begun = False
        engine.queries_outstanding -= 1
    if engine.queries_outstanding == 0 or engine.final_results > engine.queries_sent + 1:
        resume(engine)


def abandon(engine, command):
    """See Engine.abandon()."""
    if command is not engine.command and command is not engine.refused:
        return
    payload = command.buf
    command.buf = None
    link = command.link
    if link is not None and link.dst is not None:
        command.count = link.detach()
    sent = engine.transmitter
    if payload is not None and sent.is_sending(payload):
        fill_up(engine, command, sent.left)
    if sent.hex_left:
        # The command line is cut short; what the module makes of it is an error, and the stream has a hole.
        sent.hex_left = 0
        link.fail(ECONNRESET, 0)


def fill_up(engine, command, n):
    """The module waits for n more payload bytes and swallows whatever comes: give it zeros (or what cancels the send).

    The connection is of no use any more.
    """
    if command.link is not None:
        command.link.fail(ECONNRESET, 0)
    data = bytearray(n) if command.abort_sequence is None else command.abort_sequence
    engine.transmitter.send_payload(data, 0, len(data))


def payload_lost(engine):
    """Fewer bytes came than were announced."""
    sink = engine.tokens.sink
    engine.tokens.lines()
    if sink is not None:
        if sink.keeps_borders:
            sink.overflow()
            sink.end(0)
        else:
            sink.fail(ECONNRESET, 0)
        engine.event(_EVENT_OVERFLOW, sink, 0)


def reset(engine):
    """See Engine.reset()."""
    if engine.command is not None:
        engine.command.errno = ECONNRESET
        engine.command.done = True
    engine.refused = None
    engine.unresponsive = False
    engine.tokens.lines()
    resume(engine)


def resume(engine):
    """No command is in flight any more, whatever was left of it."""
    engine.set_idle()
    engine.transmitter.drop()
