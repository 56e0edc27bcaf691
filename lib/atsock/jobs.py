"""A generator of commands on its way: what opens, closes, attaches and looks up is written as one (see connection.py).

With what Modem does with such jobs, and with commands that wait for their turn, off the data path.  Loaded for the call.
"""

from errno import ECONNRESET

import atsock

from .command import Command
from .fast import const
from .lend import borrow

_DATA_MODE = const(3)  # Engine.state

_LOOK_MS = const(100)  # a function that says when to go on may look at the clock
_FOREVER_MS = const(3_600_000)
_SILENT_MS = const(5000)  # for an answer of a module that did not answer the last questions: not for minutes again


class Job:
    """A generator of commands on its way.  done, then error or value say what came of it.  Allocates."""

    next = None  # job of the modem

    def __init__(self, modem, steps):
        self.modem = modem
        self.engine = modem._engine
        self.steps = steps
        self.step = 0  # what the generator waits for: a Command, ms, or a function
        self.resume = self.engine.after_ms(0)  # ticks when the ms are over
        self.running = False
        self.done = False
        self.value = None
        self.error = None

    def advance(self):
        """Go on as far as possible; True when it is done."""
        if self.running:  # the generator itself waits for something, and that led here
            return False
        self.running = True
        try:
            while not self.done and self._is_over(self.step):
                self._take(next(self.steps))
        except StopIteration as e:
            self.value = e.value
            self.done = True
        except Exception as error:  # kept for whoever asks what came of the job
            self.error = error
            self.done = True
        finally:
            self.running = False
        return self.done

    def _is_over(self, step):
        if isinstance(step, Command):
            if not step.done and self.engine.state == _DATA_MODE and self.modem._withdraw(step):
                self.steps.close()
                raise atsock.ModemError(borrow("errnos").EBUSY, "the port is in data mode: escape() first")
            return step.done
        if isinstance(step, int):
            return self.engine.is_past(self.resume)
        return step()

    def _take(self, step):
        self.step = step
        if isinstance(step, Command):
            if self.engine.silent:
                step.timeout_ms = _SILENT_MS
            self.modem._submit(step)
        elif isinstance(step, int):
            self.resume = self.engine.after_ms(step)

    def remaining_ms(self, ms):
        step = self.step
        if isinstance(step, Command):
            return ms
        if isinstance(step, int):
            return max(0, min(ms, self.engine.until_ms(self.resume)))
        return min(ms, _LOOK_MS)

    def is_sent(self):
        """Is it done, or is its command on its way to the module?"""
        step = self.step
        return self.done or isinstance(step, Command) and step.sent and not self.engine.out_left

    def cancel(self):
        """End it; a command in flight stays in flight, but its buffers are the caller's again."""
        if self.modem._jobs is not None:
            self.modem._remove(self)
        if self.done:
            return
        step = self.step
        if isinstance(step, Command) and not step.done and not self.modem._withdraw(step):
            self.engine.abandon(step)
        self.done = True
        self.steps.close()

    def result(self):
        """What the generator returned, or raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.value


def _run(modem, steps, timeout_ms, what):
    """Run a generator of commands to its end; returns what it returns."""
    engine = modem._engine
    give_up = engine.after_ms(timeout_ms) if timeout_ms >= 0 else None
    if modem._orphans and not engine.silent:
        modem._close_orphans()
    job = Job(modem, steps)
    try:
        while not job.advance():
            left = _FOREVER_MS if give_up is None else engine.until_ms(give_up)
            if left <= 0:
                raise modem._gave_up(what, job.step)
            modem._wait(job.remaining_ms(left))
    finally:
        job.cancel()
        if engine.events:
            modem._deliver()
    return job.result()


def _spawn(modem, steps):
    """Run a generator of commands behind the program's back; returns its Job."""
    job = Job(modem, steps)
    if not job.advance():
        modem._add(job)
    return job


def _withdraw(modem, command):
    """Take back what has not been sent; False when it has been."""
    before = None
    at = modem._first
    while at is not None and at is not command:
        before = at
        at = at.next
    if at is None:
        return False
    if before is None:
        modem._first = at.next
    else:
        before.next = at.next
    at.next = None
    return True


def _refuse(modem, command, errno=ECONNRESET):
    """Let it fail if it has not been sent."""
    if _withdraw(modem, command):
        command.errno = errno
        command.done = True
