"""recover(): from a hung, restarted or detached module back to an active context.

A ladder, each rung bounded: attach anew; deactivate the context first; restart the module by command; reset it by
hardware.  Restarts that follow each other too closely are refused, so that a network that is down is not stormed.
Knows no vendor command.  Off the data path; allocates.
"""

from errno import EAGAIN, ECONNRESET

from . import bringup
from .core.command import Command, query
from .core.movers import const
from .errors import ModemError, Timeout

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .core.session import Session

_FREE = const(0)  # Link.state

# Wait before the n-th restart in a row, in s, the last one for all that follow (BG96 manual 1.1: none for the first
# three and the next, then 10, 30 and 60 minutes; the other manuals say nothing and get the same).
_WAIT_S = (0, 0, 0, 0, 600, 1800, 3600)

_ATTACH_MS = const(60_000)  # of a module that runs: registered, or soon
_BOOT_MS = const(180_000)  # with boot and registration
_COMMAND_MS = const(15_000)


def recover(session: "Session"):
    """Steps of Modem.recover(), a generator of commands; returns the local address (str).

    Raises the first error when nothing helps; ModemError EAGAIN when the module was restarted too often lately.
    """
    engine = session.engine
    for link in engine.links.values():
        if link.state != _FREE:
            link.fail(ECONNRESET, 0)
            link.must_close = False
    engine.reset()
    session.address = None
    error = None
    for rung, time_ms in ((None, _ATTACH_MS), (_deactivate, _ATTACH_MS), (_restart, _BOOT_MS), (_reset, _BOOT_MS)):
        give_up = engine.after_ms(time_ms)
        steps = bringup.attach_again(session)
        try:
            if rung is not None:
                yield rung(session)
            for step in steps:
                if engine.is_past(give_up):
                    raise Timeout("not back within %d s" % (time_ms // 1000))
                yield step
            session.restarts = 0
            return session.address
        except ModemError as e:
            error = error or e  # the first one tells why it was lost
            if e.errno == EAGAIN:
                raise
        finally:
            steps.close()
    raise error


# Each rung does what it can at once, and returns the step (core/jobs.py) after which attach() is tried.


def _deactivate(session):
    if session.table is None:
        return 0
    session.engine.reset()
    return Command(None, session.filled(session.table.DEACTIVATE), _COMMAND_MS)


def _restart(session):
    _count_restart(session)
    session.engine.reset()
    return query(b"AT+CFUN=1,1", _COMMAND_MS)  # 27.007 8.2


def _reset(session):
    if session.reset is None:
        raise Timeout("the module does not come back, and Modem was given no reset")
    session.engine.reset()
    session.reset()
    return 0


def _count_restart(session):
    # Raises ModemError EAGAIN when it is too early for another one.
    engine = session.engine
    wait_s = _WAIT_S[min(session.restarts, len(_WAIT_S) - 1)]
    if wait_s:
        left_s = wait_s - -engine.until_ms(session.restarted_at) // 1000
        if left_s > 0:
            raise ModemError(
                EAGAIN, "restarted %d times in a row: not again before %d s have passed" % (session.restarts, left_s)
            )
    session.restarts += 1
    session.restarted_at = engine.after_ms(0)
