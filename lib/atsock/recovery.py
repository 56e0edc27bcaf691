"""recover(): from a hung, restarted or detached module back to an active context.  Keeper: does so for months.

A ladder: attach anew; deactivate the context first; restart the module by command; reset it by hardware.  Each rung is
bounded.  Where the last recovery did not help, that is, no connection has been opened since, the next one begins a rung
higher.  Restarts that follow each other too closely are refused, so that a network that is down is not stormed.

A Keeper watches the session, asks now and then whether the context is there still (bringup.py), and climbs the ladder
when it is not, with longer and longer pauses.  One state machine with two fronts: poll() for a plain loop, run() for
asyncio.  Knows no vendor command.  Off the data path; allocates.
"""

from errno import EAGAIN, ECONNRESET

from . import bringup
from .registration import check_telling, escape_blindly, start_anew
from .core import urc
from .core.command import query
from .core.jobs import Job, bounded
from .core.movers import const
from .core.openids import others_opening
from .errors import ModemError, Timeout

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable

    from .core.session import Session

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

# The Keeper
_CHECK_MS = const(60_000)  # between two questions whether the context is there still
_PAUSES_S = (5, 15, 60, 120, 300)  # before the next attempt, the last one for all that follow
_SILENT_MAX = const(2)  # questions in a row that are not answered


def recover(session: "Session"):
    """Steps of Modem.recover(), a generator of commands; returns the names of the steps that it took (list of str).

    Raises the first error when nothing helps; ModemError EAGAIN when the module was restarted too often lately.
    """
    check_telling(session)
    engine = session.engine
    rung = _first_rung(session)
    urc.lose_all(engine, ECONNRESET)  # servers, too
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
            break
        if rung >= _RESTART and not counted:
            counted = True
            _count_restart(session)
        taken.append(_NAMES[rung])
        yield from start_anew(session)
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
    if not wait_s:  # restarted_at may be so old that its ticks have wrapped
        return 0
    return wait_s - -session.engine.until_ms(session.restarted_at) // 1000


def _count_restart(session):
    # Raises ModemError EAGAIN when it is too early for another one.
    left_s = _wait_s(session)
    if left_s > 0:
        text = "restarted %d times in a row: not again before %d s have passed"
        raise ModemError(EAGAIN, text % (session.restarts, left_s))
    session.restarts += 1
    session.restarted_at = session.engine.after_ms(0)


class Keeper:
    """See Modem.keep().  is_up: what on_up and on_down were told last; error: why the last attempt failed, or None."""

    def __init__(
        self,
        session: "Session",
        on_up: "Callable[[str], object] | None" = None,
        on_down: "Callable[[str], object] | None" = None,
    ) -> None:
        self._session = session
        self._engine = session.engine
        self._on_up = on_up
        self._on_down = on_down
        self._job: "Job | None" = None  # of recover(), or the question whether the context is there still
        self._recovering = False  # which of the two
        self._resume = self._engine.after_ms(0)  # ticks when the next attempt may begin
        self._check = self._engine.after_ms(_CHECK_MS)  # ticks of the next question
        self._failures = 0  # attempts in a row
        self._silent = 0  # questions in a row that were not answered
        self._seen = 0  # restarts when it came up
        self.is_up = False
        self.error: "OSError | None" = None

    def poll(self, timeout_ms: int = 0) -> None:
        """Look after the module, as Modem.poll() does, and do what is to be done now.

        Waits at most timeout_ms for something to come; attaching and recovering go on from call to call.  Calls on_up
        and on_down, raises what they raise, and OSError when the port is gone; that the module cannot be attached is in
        `error`.
        """
        self._session.poll(timeout_ms)
        self._step()

    async def run(self) -> None:
        """Look after the module until the task is cancelled.  Raises as poll()."""
        from .aio import waiter

        front = waiter.of(self._session)
        try:
            while True:
                self._step()
                await front.until(self._is_due)
        finally:
            self.stop()

    async def ask(self) -> bool:
        """Ask the module whether it is attached still, as run() does now and then; the answer.

        For a loss that nobody tells, when something has failed.  False also when it does not answer, after 30 s or so.
        While a connection is being opened nothing is asked: what is known is the answer.
        """
        if others_opening(self._engine):
            return self._session.is_connected()
        from .aio import waiter

        session = self._session
        try:
            return await waiter.of(session).run(session.check_attached(session), -1, "ask") is True
        except Timeout:  # other commands are not answered either
            return False

    def stop(self) -> None:
        """Give up what is under way.  The module stays as it is."""
        job = self._job
        if job is not None:
            self._job = None
            job.cancel()

    def _is_due(self):
        # Is there something for _step() to do?
        if self._job is not None:
            return self._job.done
        if self._is_attached() != self.is_up:
            return True
        return self._engine.is_past(self._check) if self.is_up else self._may_begin()

    def _is_attached(self):
        return self._session.is_connected() and not self._engine.pdp_lost

    def _may_begin(self):
        return self._engine.is_past(self._resume) and not self._session.attaching

    def _step(self):
        if self._job is not None:
            if self._job.done:
                self._finish()
        elif not self._is_attached():
            self._note_down()
            if self._may_begin():
                self._recovering = True
                self._job = self._session.spawn(recover(self._session))
        else:
            self._note_up()
            if self._engine.is_past(self._check):
                self._check_context()

    def _check_context(self):
        self._check = self._engine.after_ms(_CHECK_MS)
        if self._engine.state != _DATA_MODE and not others_opening(self._engine):
            self._recovering = False
            self._job = self._session.spawn(self._session.check_attached(self._session))

    def _finish(self):
        job = self._job
        self._job = None
        try:
            result = job.result()
            self.error = None
        except OSError as error:
            result = None
            self.error = error
        if not self._recovering:
            self._judge(result)
        elif self.error is None:
            self._failures = 0
            self._note_up()
        else:
            pause_s = _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
            self._failures += 1
            self._resume = self._engine.after_ms(pause_s * 1000)

    def _judge(self, attached):
        # What came of the question whether the context is there still; None: no answer.
        self._silent = self._silent + 1 if attached is None else 0
        if self._silent >= _SILENT_MAX and self._is_attached():
            self._session.set_down()
        if not self._is_attached():
            self._note_down()

    def _note_up(self):
        if not self.is_up and self._is_attached():
            engine = self._engine
            self.is_up = True
            self._silent = 0
            self._seen = engine.restarts
            self._check = engine.after_ms(_CHECK_MS)
            if self._on_up is not None:
                self._on_up(self._session.address)

    def _note_down(self):
        if self.is_up:
            self.is_up = False
            self._resume = self._engine.after_ms(0)
            if self._on_down is not None:
                self._on_down(self._reason())

    def _reason(self):
        engine = self._engine
        if engine.restarts != self._seen:
            return "the module restarted"
        if self._silent >= _SILENT_MAX:
            return "the module does not answer"
        if engine.pdp_lost:
            return "the network is lost"
        return "detached"
