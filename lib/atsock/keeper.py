"""Keeper: holds a module attached for months, over restarts, loss of the network, SIM hiccups and brown-outs.

Watches the session, asks now and then whether the context is there still (bringup.py), and lets recover() do the rest
(recovery.py), with longer and longer pauses.  One state machine with two fronts: poll() for a plain loop, run() for
asyncio.  Off the data path; allocates.
"""

from .core.movers import const
from .core.stale import is_opening
from .errors import Timeout
from .recovery import recover

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable

    from .core.jobs import Job
    from .core.session import Session

_CHECK_MS = const(60_000)  # between two questions whether the context is there still
_PAUSES_S = (5, 15, 60, 120, 300)  # before the next attempt, the last one for all that follow
_SILENT_MAX = const(2)  # questions in a row that are not answered
_DATA_MODE = const(3)  # Engine.state


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
        self._seen = (0, 0)  # restarts and losses of the network when it came up
        self.is_up = False
        self.error: "OSError | None" = None

    def poll(self, timeout_ms: int = 0) -> None:
        """Look after the module, as Modem.poll() does, and do what is to be done now.

        Waits at most timeout_ms for something to come; attaching and recovering go on from call to call.  Calls on_up
        and on_down, raises what they raise, and OSError when the port is gone; that the module cannot be attached is in
        `error`.
        """
        session = self._session
        if timeout_ms > 0:
            session.wait(timeout_ms, False)
        else:
            session.service()
        session.deliver()
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
        if is_opening(self._engine):
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
                self._ask()

    def _ask(self):
        self._check = self._engine.after_ms(_CHECK_MS)
        if self._engine.state != _DATA_MODE and not is_opening(self._engine):
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
            self._seen = (engine.restarts, engine.network_losses)
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
        restarts, losses = self._seen
        if engine.restarts != restarts:
            return "the module restarted"
        if self._silent >= _SILENT_MAX:
            return "the module does not answer"
        if engine.network_losses != losses or engine.pdp_lost:
            return "the network is lost"
        return "detached"
