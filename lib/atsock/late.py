"""What the engine does when an answer does not come in time (rule 3 of engine.py).  Loaded for the moment."""

from errno import ECONNRESET, EIO, ETIMEDOUT

from .port import ticks_add
from .engine import BUSY, EVENT_OVERFLOW, LATE
from .fast import copy
from .words import OK2, SYNC

_PROBES = 3


def expire(engine):
    """The deadline of the command in flight has passed, or that of the question behind a late one."""
    if engine.state == BUSY:
        if engine.refused is not None:  # the reason does not come; the refusal stands
            engine._finish(EIO)
            return
        if engine.got & engine.need == engine.need & ~OK2:  # only the second OK is missing: it was sent
            engine._finish(0)
            return
        if engine.tokens.left:
            payload_lost(engine)
        engine.abandon(engine.command)
        engine.command.errno = ETIMEDOUT
        engine.command.done = True
        engine.state = LATE
        engine.query = False
        engine.got = 0
        engine.probes = 0
        engine.questions = int(_is_sync(engine))
        engine.finals = 0
        engine.answered = False
    elif engine.probes >= _PROBES or engine.finals:
        # Nothing at all, or some of the questions were lost on their way and no more answers come.
        engine.silent = engine.finals == 0
        engine._resume()
        return
    engine.probes += 1
    engine.questions += 1
    engine.deadline = ticks_add(engine.port.ticks_ms(), SYNC[1])
    text = SYNC[0][0]
    copy(engine.tx, 0, text, 0, len(text))
    engine.tx[len(text)] = 13
    engine.tx_n = len(text)
    engine._out(engine.tx, len(text) + 1)
    engine._flush()


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
        engine.event(EVENT_OVERFLOW, sink, 0)


def final(engine):
    """A final result while LATE: the old command's, or the answer to SYNC."""
    engine.finals += 1
    engine.got = 0
    if engine.answered:
        engine.answered = False
        engine.questions -= 1
    if engine.questions == 0 or engine.finals > engine.probes + 1:
        engine._resume()


def _is_sync(engine):
    text = SYNC[0][0]
    return engine.tx_n == len(text) and engine.tx.startswith(text)
