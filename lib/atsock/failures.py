"""What to raise when a command failed or a connection ended: errno, the command as sent, the manual's words.  Loaded to be raised."""

import atsock

from .command import Command
from .errnos import ECONNRESET, EIO, ETIMEDOUT, os_error
from .checks import printable
from .fast import MISSING
from .lend import borrow
from .words import ARG, CONTEXT, LINK, N, PAYLOAD


def _error(modem, command, default=EIO):
    # What to raise for a command that failed.
    if command.errno == ETIMEDOUT:
        return atsock.Timeout("no answer to " + _text(modem, command))
    if command.errno == ECONNRESET:
        return atsock.Restarted()
    dialect = modem._engine.dialect
    text = printable(command.text or b"")
    if command.code == MISSING:
        return atsock.CommandError(default, _text(modem, command), None, text)
    errno = default
    if dialect and command.told not in dialect.FOREIGN_CODES:
        errno = dialect.ERRNOS.get(command.code, default)
    if dialect and not text:
        text = _meaning(dialect.NAME, command)
    return atsock.CommandError(errno, _text(modem, command), command.code, text)


def _meaning(name, command):
    # A board may do without the texts of the codes.
    try:
        texts = borrow("manual.texts")
    except ImportError:
        return ""
    return texts.find(name, command.told, command.code)


def _text(modem, command):
    # The command line, for messages.
    out = b""
    for piece in command.verb[0]:
        if piece == LINK:
            piece = command.link.id
        elif piece == N:
            piece = command.n
        elif piece == CONTEXT:
            piece = modem._engine.context
        elif piece == PAYLOAD:
            piece = b"..."
        elif isinstance(piece, int):
            piece = command.args[piece - ARG]
        out += b"%d" % piece if isinstance(piece, int) else piece
    return printable(out)


def _link_error(modem, link, errno):
    if errno == ECONNRESET and modem._engine.restarts and not modem.isconnected():
        return atsock.Restarted()
    return os_error(errno)


def _gave_up(modem, what, step):
    # A Timeout of the call `what`; step: what it waited for, see jobs.py.
    return atsock.Timeout("%s: %s" % (what, "no answer to %s in time" % _text(modem, step) if isinstance(step, Command) else "timed out"))
