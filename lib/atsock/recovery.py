"""Modem.recover(): from a hung, restarted or detached module back to an active context.  Imported when it is used.

A ladder, each rung bounded: attach anew; deactivate the context first; restart the module by command; reset it by
hardware.  Restarts that follow each other too closely are refused, so that a network that is down is not stormed.
"""

from errno import EAGAIN, ECONNRESET

import atsock

from .asking import ask
from .command import Command
from .fast import const
from .lend import once

_FREE = const(0)

# Wait before the n-th restart in a row, in s, the last one for all that follow (BG96 manual 1.1: none for the first
# three and the next, then 10, 30 and 60 minutes; the other manuals say nothing and get the same).
_WAIT_S = (0, 0, 0, 0, 600, 1800, 3600)

_ATTACH_MS = 60_000  # of a module that runs: registered, or soon
_BOOT_MS = 180_000  # with boot and registration
_RESTART_MS = 15_000


def steps(modem):
    """Steps of Modem.recover(); returns the local address."""
    engine = modem._engine
    for link in engine.links.values():
        if link.state != _FREE:
            link.fail(ECONNRESET, 0)
            link.held = False
    engine.reset()
    modem._address = None
    error = None
    for rung, time_ms in ((_nothing, _ATTACH_MS), (_deactivate, _ATTACH_MS), (_restart, _BOOT_MS), (_reset, _BOOT_MS)):
        try:
            return (yield from _within(modem, _climb(modem, rung), time_ms))
        except atsock.ModemError as e:
            error = error or e  # the first one tells why it was lost
            if e.errno == EAGAIN:
                raise
    raise error


def _climb(modem, rung):
    yield from rung(modem)
    address = yield from modem._attach(modem._attached_with)
    modem._restarts = 0
    return address


def _within(modem, steps, time_ms):
    # Steps with a time of their own; returns what they return.
    engine = modem._engine
    give_up = engine.after_ms(time_ms)
    try:
        while True:
            step = next(steps)
            if engine.is_past(give_up):
                steps.close()
                raise atsock.Timeout("not back within %d s" % (time_ms // 1000))
            yield step
    except StopIteration as e:
        return e.value


def _nothing(modem):
    return
    yield


def _deactivate(modem):
    engine = modem._engine
    if engine.dialect is not None:
        engine.reset()
        yield Command(None, once("tables", "look", modem, "command", b"DEACTIVATE"), _RESTART_MS)


def _restart(modem):
    _count_restart(modem)
    modem._engine.reset()
    yield ask(b"AT+CFUN=1,1", _RESTART_MS)  # 27.007 8.2


def _reset(modem):
    if not hasattr(modem, "_reset"):
        raise atsock.Timeout("the module does not come back, and Modem was given no reset")
    modem._engine.reset()
    modem._reset()
    yield 0


def _count_restart(modem):
    now = modem._engine.port.ticks_ms()
    restarts = getattr(modem, "_restarts", 0)  # since it last succeeded
    wait_s = _WAIT_S[min(restarts, len(_WAIT_S) - 1)]
    if wait_s and -modem._engine.until_ms(modem._restarted_at) < wait_s * 1000:
        left = wait_s - -modem._engine.until_ms(modem._restarted_at) // 1000
        raise atsock.ModemError(EAGAIN, "restarted %d times in a row: not again before %d s have passed" % (restarts, left))
    modem._restarts = restarts + 1
    modem._restarted_at = now  # ticks
