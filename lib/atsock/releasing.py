"""Closing, as generators of commands (see connection.py).  Off the data path; allocates."""

from errno import EIO

from .command import Command
from .fast import const
from .lend import borrow, once

_FREE = const(0)
_OPENING = const(1)
_DATA_MODE = const(3)
_ROOM_QUESTIONS = const(8)


def drop_link(modem, link):
    """Close a link that no socket has any more.  An open on its way is not disturbed: its outcome is waited for."""
    engine = modem._engine
    link.closing = True
    try:
        if link.state == _OPENING and link.listener is None and not once("settings", "look", modem, "yes", b"CLOSE_OPENING"):
            give_up = engine.after_ms(once("settings", "look", modem, "number", b"OPEN_MS"))
            yield lambda: link.state != _OPENING or engine.is_past(give_up)
        if engine.state == _DATA_MODE and engine.tokens.sink is link.tail:
            yield from once("online", "escape", modem)
        yield from close_link(modem, link)
    finally:
        link.closing = False


def close_link(modem, link):
    """Close it on the module where the module still holds it, and free the link."""
    link.closing = True
    try:
        yield from _close(modem, link)
    finally:
        link.closing = False


def _close(modem, link):
    link.dropping = True
    if link.held:
        command = Command(link, modem._engine.closes)
        yield command
        if command.errno and command.errno != EIO:
            # No answer: the id stays out of use until a later close of it succeeds.  A refusal means that it
            # was not open (any more).
            link.fail(command.errno, 0)
            link.socket = None
            raise modem._error(command)
        link.held = False
    link.state = _FREE
    link.socket = None
    if link.listener is not None:
        yield from link.listener.forget(link)


def ask_room(modem, link):
    """The module said that it has room for nothing: ask until it has, before the next block is offered."""
    asking = borrow("asking")
    question, prefix = once("settings", "look", modem, "cells", b"ROOM")
    pause_ms = 50
    for _ in range(_ROOM_QUESTIONS):
        yield pause_ms
        command = asking.ask(question, prefix=prefix)
        yield command
        for line in command.lines:
            if asking.value(line, 0) == link.id and asking.value(line, 1) > 0:
                link.free = asking.value(line, 1)
                return
        pause_ms = min(pause_ms * 2, 2000)
    link.free = -1  # it may be one that always says so: let the next block's own result decide


def _close_orphans(modem):
    # An error here belongs to no call of the program: the link stays held, and is closed again before its id is used.
    while modem._orphans:
        modem._spawn(drop_link(modem, modem._orphans.pop()))
