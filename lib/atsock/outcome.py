"""Answers that are no plain success: refusals and their reasons, and what lookups find.  Loaded for the moment."""

from errno import EIO

from .command import Command
from .fast import MISSING, const
from .lend import once

_CODE = const(1 << 16)
_REASON = const(1 << 14)
_ADDRESS = const(1 << 10)
_RESOLVED = const(1 << 11)
_LATE = const(2)
_VALUE = const(2)
_REST = const(3)
_AT = const(5)
_ROW = const(8)


def happens(engine, event):
    """CODE without a number, REASON, ADDRESS or RESOLVED."""
    value = engine.found[_VALUE]
    if event == _CODE or event == _REASON:
        # The number of a refusal, told in a line before ERROR; some tell a text instead.
        _tell(engine, value)
        if value == MISSING or value == 0:
            _keep_text(engine)
    elif event == _ADDRESS:
        if engine.command.asks:
            engine.command.finds(engine)
    elif event == _RESOLVED and engine.command.asks:
        engine.command.expect = max(engine.found[_REST], 1)


def error(engine):
    """The final result ERROR; True."""
    if engine.state == _LATE:
        once("late", "final", engine)
        return True
    value = engine.found[_VALUE]
    if value != MISSING:
        _tell(engine, value)
    elif engine.code == MISSING and engine.tokens.n > 5:  # "+CME ERROR: SIM busy", "NO CARRIER"
        _keep_text(engine)
    engine._finish(EIO)
    return True


def reason(engine):
    """The command that was refused; None when the module is being asked why: it keeps the reason for one question."""
    refused = engine.refused
    if refused is not None:
        engine.refused = None
        return refused
    if not engine.verb[0].startswith(once("settings", "Settings", engine.dialect).word(b"WHY_OF")):
        return engine.command
    engine.refused = engine.command
    engine.command = Command()
    engine._begin(engine.why, 0)
    return None


def tell(engine, command):
    """The name of the line that told the code of a failure."""
    row = engine.told
    command.told = bytes(engine.rows[row + 11 : row + 11 + engine.rows[row + 9]])


def _tell(engine, value):
    engine.code = value
    engine.told = engine.found[_ROW]


def _keep_text(engine):
    tokens = engine.tokens
    engine.command.text = bytes(memoryview(tokens.line)[engine.found[_AT] : tokens.n])
