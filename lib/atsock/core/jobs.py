"""Generators of commands: opens, closes, attach() and lookups are written as generators; a Job runs one of them.

A generator yields a Command (to be run), a function (to be called until it says True) or a number (milliseconds to
wait).  The same generators serve the blocking and the asyncio front.  Off the data path; allocates.
"""

from errno import EIO

from ..errors import EBUSY, ModemError
from .command import Command, Query, query
from .movers import const

_DATA_MODE = const(3)  # Engine.state

_LOOK_MS = const(100)  # a function that says when to go on may look at the clock
_TURN_MS = const(20_000)  # for a command's turn: one before it whose prompt has got lost takes 16 s
_UNRESPONSIVE_MS = const(5000)  # for an answer of a module that did not answer the last queries: not for minutes again


class Job:
    """A generator of commands on its way.  When `done`, result() says what came of it.  Allocates."""

    next = None  # in the session's list

    def __init__(self, session, steps):
        self.session = session
        self.engine = session.engine
        self.steps = steps
        self.step = 0  # what the generator waits for: a Command, ms, or a function
        self.resume = self.engine.port.ticks_ms()  # ticks when the ms are over, or the command must have been sent
        self.running = False
        self.done = False
        self.value = None
        self.error = None

    def advance(self):
        """Go on as far as possible without waiting; True when it is done."""
        if self.done:
            return True
        if self.running:  # the generator itself waits for something, and that led here
            return False
        self.running = True
        try:
            while not self.done and self._is_over(self.step):
                step = self.step = next(self.steps)
                if isinstance(step, Command):
                    if self.engine.unresponsive:
                        step.timeout_ms = _UNRESPONSIVE_MS
                    self.resume = self.engine.after_ms(step.timeout_ms or max(step.template[1], _TURN_MS))
                    self.session.submit(step)
                elif isinstance(step, int):
                    self.resume = self.engine.after_ms(step)
        except StopIteration as end:
            self.value = end.value
            self.done = True
        except Exception as error:  # kept for whoever asks what came of the job
            self.error = error
            self.done = True
        finally:
            self.running = False
        return self.done

    def _is_over(self, step):
        if isinstance(step, Command):
            if step.done or step.sent:
                return step.done
            engine = self.engine
            if engine.state == _DATA_MODE and not engine.tokens.sink.is_leaving and self.session.withdraw(step):
                self.steps.close()
                check_port(engine)
            if self.engine.is_past(self.resume) and self.session.withdraw(step):  # its turn has not come
                error = self.session.timeout_error("the module is busy", step)  # while the steps tell where they stand
                self.steps.close()
                raise error
            return False
        if isinstance(step, int):
            return self.engine.is_past(self.resume)
        return step()

    def remaining_ms(self, ms):
        """How long a front may wait before advance() must be called again: ms, or less."""
        step = self.step
        if isinstance(step, Command) and (step.sent or step.done):
            return ms
        if isinstance(step, (int, Command)):
            return max(0, min(ms, self.engine.until_ms(self.resume)))
        return min(ms, _LOOK_MS)

    def is_sent(self):
        """True when it is done, or its command is on its way to the module."""
        step = self.step
        return self.done or isinstance(step, Command) and step.sent and not self.engine.transmitter.left

    def cancel(self):
        """End it; a command in flight stays in flight, but its buffers are the caller's again."""
        self.session.remove(self)
        if self.done:
            return
        step = self.step
        if isinstance(step, Command) and not step.done and not self.session.withdraw(step):
            self.engine.abandon(step)
        self.done = True
        self.steps.close()

    def result(self):
        """What the generator returned, or raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.value


def check_port(engine):
    """Raises ModemError EBUSY when no command can be sent, because a connection has the port and keeps it."""
    if engine.state == _DATA_MODE and not engine.tokens.sink.is_leaving:
        raise ModemError(EBUSY, "the port is in data mode: escape() first")


def check(session, command, must=True):
    """Raise what became of a command that is done: Timeout, Restarted; CommandError when it was refused and `must`."""
    if command.errno and (must or command.errno != EIO):
        raise session.error(command)


def run_command(session, command, must=True):
    """Generator: run one command and return it; raises CommandError when it was refused and `must`, Timeout."""
    yield command
    check(session, command, must)
    return command


def bounded(session, steps, ms):
    """Generator: run a generator of commands to its end, as a Job of its own, and return what it returns.

    Raises Timeout when that takes longer than ms milliseconds, whatever it waits for then.
    """
    engine = session.engine
    give_up = engine.after_ms(ms)
    job = Job(session, steps)
    session.add(job)
    try:
        yield lambda: job.done or engine.is_past(give_up)
        if not job.advance():
            raise session.timeout_error("not done within %d s" % (ms // 1000), job.step)
        return job.result()
    finally:
        job.cancel()


def run_steps(session, steps):
    """Generator: run the steps of a setup, ((MUST or MAY, a line (bytes) or a template), ...)."""
    for must, line in steps:
        command = query(line) if isinstance(line, bytes) else Query(None, session.filled(line))
        yield command
        check(session, command, must)
