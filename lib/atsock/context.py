"""Bring-up, third part: the context configured and active, what an earlier session left open closed.  Loaded for the moment."""

import atsock

from .asking import ask, run, run_steps, text, value
from .checks import printable
from .command import Command
from .errnos import EAFNOSUPPORT, ENETDOWN
from .fast import MISSING
from .lend import borrow


def activate(modem, apn, user, password, auth, family):
    """The context is active; returns the local address as str."""
    engine = modem._engine
    address = yield from _address(modem)
    if engine.lost and (address is not None or _table(modem).yes(b"DEACTIVATE_LOST")):
        # What the module may still call active is not, or it must be told even so.
        yield Command(None, _table(modem).command(b"DEACTIVATE"))
        address = None
    if address is None:
        yield from _activate(modem, apn, user, password, auth, family)
        address = yield from _address(modem)
        if address is None:
            raise atsock.ModemError(ENETDOWN, "the context is not active although the module said so")
        engine.lost = False
    else:
        # The host restarted and the module did not: close what an earlier session left open.
        yield from _close_stale(modem)
        setting = _table(modem).cells(b"DATA_SETTING")
        if setting:
            command = ask(setting[0], prefix=setting[1])
            yield command
            if command.lines and value(command.lines[0], 0) == 1:  # every connection would take the line
                yield from run_steps(modem, _table(modem).steps(b"LEAVE"))
                address = yield from _address(modem)
    return printable(address)


def _table(modem):
    # Not kept: it would be on the heap while the module is waited for.
    return borrow("tables").of(modem)


def _address(modem):
    # The local address as bytes, None while the context is not active.
    question, prefix, context, state, address = _table(modem).cells(b"STATE")
    command = ask(question, prefix=prefix)
    yield command
    for line in command.lines:
        if context and value(line, int(context)) != modem._engine.context:
            continue
        if value(line, int(state)) == 1:
            if address:
                return text(line, int(address))
            question, prefix, index = _table(modem).cells(b"ADDRESS_OF")
            command = yield from run(modem, ask(question, prefix=prefix))
            return text(command.lines[0], int(index)) if command.lines else b""
    return None


def _activate(modem, apn, user, password, auth, family):
    *configure, last = _configuration(modem, apn, user, password, auth, family)
    for verb in configure:
        yield from run(modem, Command(None, verb))
    command = Command(None, last)
    yield command
    if command.errno:
        # Some firmware refuses because the context is active already.
        address = yield from _address(modem)
        if address is None:
            raise modem._error(command)


def _configuration(modem, apn, user, password, auth, family):
    # The commands that configure the context, and the one that activates it.
    table = _table(modem)
    kind = table.word(b"PDP_%d" % family)
    if not kind:
        raise atsock.ModemError(EAFNOSUPPORT, "%s: no IPv6" % modem._engine.dialect)
    auths = table.numbers(b"AUTHS")
    if auth is None:
        auth = 0 if not user else 3 if 3 in auths else 1
    elif auth not in auths:  # the dialect was not known when attach() looked at its arguments
        raise ValueError("auth: %s for %s, not %d" % (tuple(auths), modem._engine.dialect, auth))
    found = []
    for key in (b"CONFIGURE", b"CONFIGURE_USER", b"ACTIVATE_STORED" if apn is None else b"ACTIVATE_USER" if user else b"ACTIVATE"):
        if key[:9] == b"CONFIGURE" and (apn is None or key != b"CONFIGURE" and not user):
            continue
        found += table.commands(
            key, apn=apn or b"", user=user, password=password, auth=auth, type=kind, family=6 if family == 6 else 1)
    return found


def _close_stale(modem):
    question, prefix, form = _table(modem).cells(b"STALE")
    command = ask(question, prefix=prefix)
    yield command
    ids = _table(modem).ids()
    stale = []
    for line in command.lines:
        index = 0
        n = value(line, 0)
        while n != MISSING:
            if form == b"BY_FLAG":  # the fields are 1 or 0, in order of the ids
                if n:
                    stale.append(ids[0] + index)
            elif form == b"BY_ID" or index == 0:  # BY_LINE: a line each, the id is the first field
                stale.append(n)
            index += 1
            n = value(line, index)
    for n in stale:
        if n in ids:
            yield Command(modem._engine.link(n), _table(modem).command(b"CLOSE"))
