"""What the lines of an answer say beside that they came: codes, reasons, addresses; and ERROR.

Functions of the engine for the command in flight, apart because they are not on the data path.
"""

from errno import EIO

from . import resync
from .movers import MISSING, const

# words.py
_TIMED_OUT = const(2)
_EMPTY = const(1 << 6)
_ADDRESS = const(1 << 10)
_RESOLVED = const(1 << 11)
# match() (movers.py)
_VALUE = const(2)
_AUX = const(3)
_FIELDS = const(5)
_ROW = const(8)

_ERROR_N = const(5)  # letters of a bare ERROR


def on_detail(engine, event):
    """ADDRESS, RESOLVED, REASON, or CODE without a number."""
    command = engine.command
    if event == _ADDRESS:
        if command.is_query:
            command.on_address(engine)
    elif event == _RESOLVED:
        if command.is_query:
            command.expected = max(engine.matched[_AUX], 1)
    else:  # some tell a text instead of a number
        note_code(engine)
        if engine.code == MISSING or engine.code == 0:
            _keep_error_text(engine)


def on_error(engine):
    """The final result code ERROR; True: the line is done with."""
    if engine.state == _TIMED_OUT:
        resync.on_final_result(engine)
        return True
    if resync.is_nobodys(engine):
        return True
    if engine.got & _EMPTY:  # some refuse a read that finds nothing
        engine.finish(0)
        return True
    if engine.matched[_VALUE] != MISSING:
        note_code(engine)
    elif engine.code == MISSING and engine.tokens.n > _ERROR_N:  # "+CME ERROR: SIM busy"
        _keep_error_text(engine)
    engine.finish(EIO)
    return True


def note_code(engine):
    """The line tells the number of what went wrong."""
    engine.code = engine.matched[_VALUE]
    engine.code_row = engine.matched[_ROW]


def _keep_error_text(engine):
    tokens = engine.tokens
    engine.command.error_text = bytes(memoryview(tokens.line)[engine.matched[_FIELDS] : tokens.n])
