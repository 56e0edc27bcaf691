"""What to raise when a command failed or a connection ended: errno, the command as sent, the manual's words.  Loaded to be raised."""

import errno
from errno import ECONNRESET, EIO, ETIMEDOUT

import atsock

from .printable import printable
from .command import Command
from .errnos import os_error
from .fast import MISSING, fill_in
from .lend import borrow, once


def _error(modem, command, default=EIO):
    # What to raise for a command that failed.
    if command.errno == ETIMEDOUT:
        return atsock.Timeout("no answer to " + _text(modem, command))
    if command.errno == ECONNRESET:
        return atsock.Restarted()
    table = once("settings", "of", modem)
    text = printable(command.text or b"")
    if command.code == MISSING:
        return atsock.CommandError(default, _text(modem, command), None, text)
    number = default
    if table and command.told not in table.cells(b"FOREIGN_CODES"):
        number = _errno(table, command.code, default)
    if table and not text:
        text = _meaning(modem._engine.dialect, command)
    return atsock.CommandError(number, _text(modem, command), command.code, text)


def _errno(table, code, default):
    # The errno that means the same as a code of the module.
    code = b"%d" % code
    for cells in table.all(b"ERRNOS"):
        for cell in cells:
            if cell.split(b" ")[0] == code:
                name = cell.split(b" ")[1].decode()
                return getattr(errno, name, None) or getattr(borrow("errnos"), name)
    return default


def _meaning(name, command):
    # A board may do without the texts of the codes.
    try:
        texts = borrow("manual.texts")
    except ImportError:
        return ""
    return texts.find(name, command.told, command.code)


def _text(modem, command):
    # The command line, for messages.
    text = command.verb[0]
    line = bytearray(len(text) + 20)
    n = fill_in(line, text, 0, command.link.id if command.link else 0, command.n)
    at = text.find(b"\4", 0) + 1
    return printable(line[:n] + (b"..." + text[at:] if at else b""))


def _link_error(modem, link, errno):
    if errno == ECONNRESET and modem._engine.restarts and not modem.isconnected():
        return atsock.Restarted()
    return os_error(errno)


def _gave_up(modem, what, step):
    # A Timeout of the call `what`; step: what it waited for, see jobs.py.
    return atsock.Timeout("%s: %s" % (what, "no answer to %s in time" % _text(modem, step) if isinstance(step, Command) else "timed out"))
