"""The engine's rare ways: answers that do not come in time (rule 3 of engine.py), buffers given up, data mode.  Loaded for the moment."""

from errno import ECONNRESET, EIO, ETIMEDOUT

from .port import ticks_add
from .engine import SYNC
from .fast import const, copy

_BUSY = const(1)
_LATE = const(2)
_DATA_MODE = const(3)
_OK2 = const(1 << 1)
_EVENT_OVERFLOW = const(8)
_PROBES = const(3)


def expire(engine):
    """The deadline of the command in flight has passed, or that of the question behind a late one."""
    if engine.state == _BUSY:
        if engine.refused is not None:  # the reason does not come; the refusal stands
            engine._finish(EIO)
            return
        if engine.got & engine.need == engine.need & ~_OK2:  # only the second OK is missing: it was sent
            engine._finish(0)
            return
        if engine.tokens.left:
            payload_lost(engine)
        abandon(engine, engine.command)
        engine.command.errno = ETIMEDOUT
        engine.command.done = True
        engine.state = _LATE
        engine.got = 0
        engine.probes = 0
        engine.questions = int(_is_sync(engine))
        engine.finals = 0
        engine.answered = False
    elif engine.probes >= _PROBES or engine.finals:
        # Nothing at all, or some of the questions were lost on their way and no more answers come.
        engine.silent = engine.finals == 0
        resume(engine)
        return
    engine.probes += 1
    engine.questions += 1
    engine.deadline = ticks_add(engine.port.ticks_ms(), SYNC[1])
    text = SYNC[0]
    copy(engine.tx, 0, text, 0, len(text))
    engine.tx[len(text)] = 13
    engine.tx_n = len(text)
    engine._out(engine.tx, len(text) + 1)
    engine._flush()


def abandon(engine, command):
    """The front stops waiting for it: it stays in flight, but its buffers are the caller's again.

    command.count is then how many bytes a read had put into the caller's buffer.
    """
    if command is not engine.command and command is not engine.refused:
        return
    payload = command.buf
    command.buf = None
    link = command.link
    if link is not None and link.dst is not None:
        command.count = link.detach()
    if engine.out_left and engine.out is payload:
        fill_up(engine, command, engine.out_left)
    if engine.hex_left:
        # The command line is cut short; what the module makes of it is an error, and the stream has a hole.
        engine.hex_left = 0
        link.fail(ECONNRESET, 0)


def fill_up(engine, command, n):
    """The module waits for n more payload bytes and swallows whatever comes: give it zeros (or what cancels the send),
    the connection is of no use any more."""
    if command.link is not None:
        command.link.fail(ECONNRESET, 0)
    data = bytearray(n) if command.cancel is None else command.cancel
    engine._out(data, len(data))


def overflow(engine):
    """Somebody waits for what stands behind payload that has no room: drop that payload, and say so."""
    engine.stalled = False
    link = engine.tokens.sink
    if link.overflow():
        engine.event(_EVENT_OVERFLOW, link, 0)


def enter_data(engine, sink):
    """From the next byte on the port is in data mode, and all that comes is for sink."""
    engine.state = _DATA_MODE
    engine.tokens.raw(sink, 0)


def leave_data(engine):
    """The port is in command mode again."""
    engine.tokens.lines()
    engine._idle()


def reset(engine):
    """Forget the command in flight and all half-read input: before synchronising anew."""
    if engine.command is not None:
        engine.command.errno = ECONNRESET
        engine.command.done = True
    engine.refused = None
    engine.silent = False
    engine.tokens.lines()
    resume(engine)


def resume(engine):
    """No command is in flight any more, whatever was left of it."""
    engine._idle()
    engine.out_left = 0
    engine.hex_left = 0
    engine.tail = -1


def payload_lost(engine):
    """Fewer bytes came than were announced."""
    sink = engine.tokens.sink
    engine.tokens.lines()
    if sink is not None:
        if sink.datagram:
            sink.overflow()
            sink.datagram_ends(0)
        else:
            sink.fail(ECONNRESET, 0)
        engine.event(_EVENT_OVERFLOW, sink, 0)


def final(engine):
    """A final result while LATE: the old command's, or the answer to SYNC."""
    engine.finals += 1
    engine.got = 0
    if engine.answered:
        engine.answered = False
        engine.questions -= 1
    if engine.questions == 0 or engine.finals > engine.probes + 1:
        resume(engine)


def _is_sync(engine):
    text = SYNC[0]
    return engine.tx_n == len(text) and engine.tx.startswith(text)
