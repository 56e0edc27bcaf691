"""recover(): from a hung, restarted or detached module back to an active context.

A ladder: attach anew; deactivate the context first; restart the module by command; reset it by hardware.  Each rung is
bounded.  Where the last recovery did not help, that is, no connection has been opened since, the next one begins a rung
higher.  Restarts that follow each other too closely are refused, so that a network that is down is not stormed.  Knows
no vendor command.  Off the data path; allocates.
"""

from errno import EAGAIN, ECONNRESET

from . import bringup
from .contact import escape_blindly
from .core.command import query
from .core.jobs import Job
from .core.movers import const
from .errors import ModemError, Timeout

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .core.session import Session

_FREE = const(0)  # Link.state
_DATA_MODE = const(3)  # Engine.state

# Wait before the n-th restart in a row, in s, the last one for all that follow (BG96 manual 1.1: none for the first
# three and the next, then 10, 30 and 60 minutes; the other manuals say nothing and get the same).
_WAIT_S = (0, 0, 0, 0, 600, 1800, 3600)

_ATTACH_MS = const(60_000)  # of a module that runs: registered, or soon
_BOOT_MS = const(180_000)  # with boot and registration
_COMMAND_MS = const(15_000)
_NEW_MS = const(120_000)  # a loss so long after a recovery has nothing to do with it
_SHUT_DOWN_MS = const(5000)  # a module that restarts still answers for a moment

# The rungs
_DEACTIVATE = const(1)
_RESTART = const(2)
_RESET = const(3)
_NAMES = ("attach", "deactivate", "restart", "reset")


def recover(session: "Session"):
    """Steps of Modem.recover(), a generator of commands; returns the names of the steps that it took (list of str).

    Raises the first error when nothing helps; ModemError EAGAIN when the module was restarted too often lately.
    """
    engine = session.engine
    rung = _first_rung(session)
    for link in engine.links.values():
        if link.state != _FREE:
            link.fail(ECONNRESET, 0)
            link.must_close = False
    session.address = None
    if engine.state == _DATA_MODE:  # AT would be payload of a connection that stands
        try:
            yield from escape_blindly(engine)
        except Timeout:
            pass
    taken: "list[str]" = []
    error: "ModemError | None" = None
    counted = False
    while rung <= _RESET:
        if rung == _RESET and session.reset is None:
            error = error or Timeout("the module does not come back, and Modem was given no reset")
            break
        if rung >= _RESTART and not counted:
            counted = True
            _count_restart(session)
        taken.append(_NAMES[rung])
        engine.reset()
        if rung == _DEACTIVATE:
            engine.pdp_lost = True  # attach() does it
        elif rung == _RESTART:
            yield query(b"AT+CFUN=1,1", _COMMAND_MS)  # 27.007 8.2
            yield _SHUT_DOWN_MS
        elif rung == _RESET:
            session.reset()
        try:
            yield from bounded(session, bringup.attach_again(session), _BOOT_MS if rung >= _RESTART else _ATTACH_MS)
        except ModemError as e:
            error = error or e  # the first one tells why it was lost
            rung = _next_rung(session, rung, e)
        else:
            session.rung = rung + 1  # until a connection has been opened
            session.recovered_at = engine.after_ms(0)
            return taken
    session.rung = _DEACTIVATE
    raise error


def bounded(session: "Session", steps, ms):
    """Generator: run a generator of commands to its end, as a Job of its own, and return what it returns.

    Raises Timeout when that takes longer than ms milliseconds, whatever it waits for then.
    """
    engine = session.engine
    give_up = engine.after_ms(ms)
    job = Job(session, steps)
    session.add(job)
    try:
        yield lambda: job.done or engine.is_past(give_up)
        if not job.done:
            raise session.timeout_error("not back within %d s" % (ms // 1000), job.step)
        return job.result()
    finally:
        job.cancel()


def _first_rung(session):
    # The one behind that of the last recovery, if that has not helped.
    rung = session.rung
    if not session.is_connected():  # the module has told why it is lost
        if -session.engine.until_ms(session.recovered_at) > _NEW_MS:
            rung = 0
    elif not rung and (session.engine.pdp_lost or session.doubts):
        rung = _DEACTIVATE  # the module says that the context is active, and it carries nothing
    if rung > _RESTART and session.reset is None:
        rung = _RESTART
    if rung > _RESET:
        rung = _RESET
    return _DEACTIVATE if rung >= _RESTART and _wait_s(session) > 0 else rung


def _next_rung(session, rung, error):
    # A module that does not answer AT has to be reset, what is sent to it does not matter.
    if error.where[:4] == "sync" and rung < _RESTART:
        return _RESET if session.reset is not None else _RESTART
    return rung + 1


def _wait_s(session):
    # How long no restart is allowed yet.
    wait_s = _WAIT_S[min(session.restarts, len(_WAIT_S) - 1)]
    return wait_s and wait_s - -session.engine.until_ms(session.restarted_at) // 1000


def _count_restart(session):
    # Raises ModemError EAGAIN when it is too early for another one.
    left_s = _wait_s(session)
    if left_s > 0:
        text = "restarted %d times in a row: not again before %d s have passed"
        raise ModemError(EAGAIN, text % (session.restarts, left_s))
    session.restarts += 1
    session.restarted_at = session.engine.after_ms(0)
