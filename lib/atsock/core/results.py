"""What the lines of an answer say beside that they came: codes, reasons, addresses; ERROR; what became of a payload.

The last is told behind OK by some modules (CONFIRMED), perhaps not before the peer reads: others are sent meanwhile.
Functions of the engine, apart because most are not on the data path.
"""

from errno import ECONNRESET, EIO, ETIMEDOUT

from . import resync
from .movers import MISSING, const
from .rows import name_at

# words.py
_OPEN = const(2)
_TIMED_OUT = const(2)
_EMPTY = const(1 << 6)
_ADDRESS = const(1 << 10)
_RESOLVED = const(1 << 11)
_REASON = const(1 << 14)
# match() (movers.py)
_VALUE = const(2)
_AUX = const(3)
_FIELDS = const(5)
_ROW = const(8)

_ERROR_N = const(5)  # letters of a bare ERROR
_LAST_WORD_MS = const(1000)  # for the confirmation when the connection has ended
_LONGEST_MS = const(150_000)  # more than any: a time further ahead is one long past


def on_detail(engine, event):
    """ADDRESS, RESOLVED, REASON, or CODE without a number."""
    command = engine.command
    if event == _ADDRESS:
        if command.is_query:
            command.on_address(engine)
    elif event == _RESOLVED:
        if command.is_query:
            command.expected = max(engine.matched[_AUX], 1)
    elif event == _REASON and engine.matched[_VALUE] == 0:
        pass  # "operate successfully": no reason of a refusal
    else:  # some tell a text instead of a number
        note_code(engine)
        if engine.code == MISSING or engine.code == 0:
            _keep_error_text(engine)


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
    engine.code = engine.matched[_VALUE]
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
