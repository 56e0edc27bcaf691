"""Bring-up, third part: the context's address, its activation, and what an earlier session left open.  Loaded for the moment."""

from .command import Command
from .fast import MISSING
from .lend import once


def address(modem, asking):
    """The local address as bytes, None while the context is not active."""
    question, prefix, context, state, told = once("settings", "look", modem, "cells", b"STATE")
    command = asking.ask(question, prefix=prefix)
    yield command
    for line in command.lines:
        if context and asking.value(line, int(context)) != modem._engine.context:
            continue
        if asking.value(line, int(state)) == 1:
            if told:
                return asking.text(line, int(told))
            question, prefix, index = once("settings", "look", modem, "cells", b"ADDRESS_OF")
            command = yield from asking.run(modem, asking.ask(question, prefix=prefix))
            return asking.text(command.lines[0], int(index)) if command.lines else b""
    return None


def activate(modem, asking, verbs):
    """Configure it and activate it: the commands in order, the last one activates."""
    for verb in verbs[:-1]:
        yield from asking.run(modem, Command(None, verb))
    command = Command(None, verbs[-1])
    yield command
    if command.errno:
        # Some firmware refuses because the context is active already.
        if (yield from address(modem, asking)) is None:
            raise modem._error(command)


def take_over(modem, asking):
    """The host restarted and the module did not: close what an earlier session left open.  True: the context was activated anew."""
    yield from _close_stale(modem, asking)
    setting = once("settings", "look", modem, "cells", b"DATA_SETTING")
    if not setting:
        return False
    command = asking.ask(setting[0], prefix=setting[1])
    yield command
    if not command.lines or asking.value(command.lines[0], 0) != 1:
        return False
    # Every connection would take the line.
    yield from asking.run_steps(modem, once("tables", "look", modem, "steps", b"LEAVE"))
    return True


def _close_stale(modem, asking):
    question, prefix, form = once("settings", "look", modem, "cells", b"STALE")
    command = asking.ask(question, prefix=prefix)
    yield command
    ids = once("settings", "of", modem).ids()
    stale = []
    for line in command.lines:
        index = 0
        n = asking.value(line, 0)
        while n != MISSING:
            if form == b"BY_FLAG":  # the fields are 1 or 0, in order of the ids
                if n:
                    stale.append(ids[0] + index)
            elif form == b"BY_ID" or index == 0:  # BY_LINE: a line each, the id is the first field
                stale.append(n)
            index += 1
            n = asking.value(line, index)
    for n in stale:
        if n in ids:
            yield Command(modem._engine.link(n), modem._engine.closes)
