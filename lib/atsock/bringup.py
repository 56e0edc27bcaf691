"""From a silent UART to an active context: synchronise, identify; then registration.py and context.py.

Written as generators: they yield a Command to be run, or a number of milliseconds to wait, and the front
(blocking or asyncio) does that.  3GPP commands stand here, vendor commands in the dialect tables.  Each part is loaded
when its turn comes, and is given the module asking.py: together, or with one of it each, they would take half of a small heap.
"""

import atsock

from . import asking
from .asking import ask
from .command import Command
from .fast import const
from .lend import borrow, once
from .printable import printable

_SYNC_ANSWER = b"+CSQ:"
_AT_MS = const(500)  # one AT during synchronisation
_DEAF = const(5)  # so many unanswered AT
_GUARD_MS = const(1_100)  # silence before and behind +++
_SYNC_MS = const(25_000)  # as long as the slowest of the modules boots (A7600: 24 s)


def attach(modem, apn, user, password, auth, family, pin):
    """All of it; returns the local address as str."""
    yield from synchronise(modem)
    if modem._engine.dialect is None:
        yield from once("identifying", "identify", modem)
    yield ask(b"AT+CMEE=1")  # numbers in errors; a refusal does no harm
    yield from once("registration", "register", modem, asking, pin)
    yield from asking.run_steps(modem, once("tables", "look", modem, "steps", b"SETUP"))
    return (yield from _context(modem, apn, user, password, auth, family))


def _context(modem, apn, user, password, auth, family):
    # The context is active; returns the local address as str.
    engine = modem._engine
    address = yield from once("context", "address", modem, asking)
    if engine.lost and (address is not None or once("settings", "look", modem, "yes", b"DEACTIVATE_LOST")):
        # What the module may still call active is not, or it must be told even so.
        yield Command(None, once("tables", "look", modem, "command", b"DEACTIVATE"))
        address = None
    if address is None:
        verbs = once("configuration", "commands", modem, apn, user, password, auth, family)
        yield from once("context", "activate", modem, asking, verbs)
        address = yield from once("context", "address", modem, asking)
        if address is None:
            raise atsock.ModemError(borrow("errnos").ENETDOWN, "the context is not active although the module said so")
        engine.lost = False
    elif (yield from once("context", "take_over", modem, asking)):
        address = yield from once("context", "address", modem, asking)
    return printable(address)


def synchronise(modem):
    """AT until OK, echo off, and one question whose answer shows that no older answer is on its way."""
    engine = modem._engine
    engine.reset()
    start = engine.port.ticks_ms()
    silent = 0
    while True:
        command = ask(b"AT", _AT_MS)
        yield command
        if not command.errno:
            command = ask(b"ATE0", _AT_MS)
            yield command
            command = ask(b"AT+CSQ", _AT_MS, _SYNC_ANSWER)
            yield command
            if not command.errno and command.lines:
                return
        engine.reset()
        if -engine.until_ms(start) > _SYNC_MS:
            raise atsock.Timeout("the module does not answer AT: check power, wiring and the baud rate")
        yield 100
        silent += 1
        if silent == _DEAF:  # perhaps it is in data mode, from before this program was started
            yield _GUARD_MS
            engine.port.write(b"+++", 0, 3)
            yield _GUARD_MS
