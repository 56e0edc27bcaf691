"""From a silent UART to an active context: synchronise, identify; then registration.py and context.py.

Written as generators: they yield a Command to be run, or a number of milliseconds to wait, and the front
(blocking or asyncio) does that.  3GPP commands stand here, vendor commands in the dialect tables.  Each part is loaded
when its turn comes: together they would take half of a small heap.
"""

import atsock

from .asking import ask, run_steps
from .fast import const
from .lend import borrow

_SYNC_ANSWER = b"+CSQ:"
_AT_MS = const(500)  # one AT during synchronisation
_DEAF = const(5)  # so many unanswered AT
_GUARD_MS = const(1_100)  # silence before and behind +++
_SYNC_MS = const(25_000)  # as long as the slowest of the modules boots (A7600: 24 s)


def attach(modem, apn, user, password, auth, family, pin):
    """All of it; returns the local address as str."""
    yield from synchronise(modem)
    if modem._engine.dialect is None:
        yield from borrow("identifying").identify(modem)
    yield ask(b"AT+CMEE=1")  # numbers in errors; a refusal does no harm
    yield from borrow("registration").register(modem, pin)
    yield from run_steps(modem, borrow("tables").of(modem).steps(b"SETUP"))
    return (yield from borrow("context").activate(modem, apn, user, password, auth, family))


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
