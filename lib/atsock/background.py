"""What goes on while the program does something else: commands that wait for their turn, and jobs.

One command is in flight at a time (engine.py).  Whoever can go on without waiting for its own submits it here: first
come, first served.  A job is what is stepped from time to time until it is done: a generator of commands (see
connection.py), or the rest of a non-blocking send.  Every place that takes in what the module says calls step().
Knows no socket and never waits.  Allocates nothing but for new jobs.
"""

from .command import Command
from .engine import DATA_MODE
from .errors import EBUSY, ECONNRESET, ModemError
from .link import GONE

_LOOK_MS = 100  # a function that says when to go on may look at the clock
_SILENT_MS = 5000  # for an answer of a module that did not answer the last questions: not for minutes again


class Background:
    def __init__(self, engine):
        self.engine = engine
        self.first = None  # commands that wait, linked by Command.next
        self.last = None
        self.jobs = []  # None: a free place
        self.count = 0  # jobs in it

    # -- commands

    def submit(self, command):
        """Send it when its turn comes; command.done tells when it is finished."""
        command.clear()
        if self.last is None:
            self.first = command
        else:
            self.last.next = command
        self.last = command
        self._start()

    def withdraw(self, command):
        """Take back what has not been sent; False when it has been."""
        before = None
        at = self.first
        while at is not None and at is not command:
            before = at
            at = at.next
        if at is None:
            return False
        if before is None:
            self.first = at.next
        else:
            before.next = at.next
        if self.last is at:
            self.last = before
        at.next = None
        return True

    def refuse(self, command, errno):
        """Let it fail if it has not been sent."""
        if self.withdraw(command):
            command.errno = errno
            command.done = True

    def _start(self):
        # The oldest one, if nothing is in flight.
        command = self.first
        if command is None:
            return False
        link = command.link
        if link is not None and link.state == GONE and link.tx is command:  # the peer closed while it waited
            self.refuse(command, ECONNRESET)
            return True
        if not self.engine.start(command):
            return False
        self.first = command.next
        if self.first is None:
            self.last = None
        command.next = None
        return True

    # -- jobs

    def add(self, job):
        """Step it from now on until its advance() says that it is done."""
        self.count += 1
        i = 0
        while i < len(self.jobs):
            if self.jobs[i] is None:
                self.jobs[i] = job
                return
            i += 1
        self.jobs.append(job)

    def remove(self, job):
        i = 0
        while i < len(self.jobs):
            if self.jobs[i] is job:
                self.jobs[i] = None
                self.count -= 1
            i += 1

    def run(self, steps):
        """Run a generator of commands behind the program's back; returns its Job."""
        job = Job(self, steps)
        if not job.advance():
            self.add(job)
        return job

    def step(self):
        """Go on as far as that is possible without waiting; True when something did."""
        if self.first is None and not self.count:
            return False
        moved = self._start()
        i = 0
        while self.count and i < len(self.jobs):
            job = self.jobs[i]
            if job is not None and job.advance():
                self.remove(job)
                moved = True
            i += 1
        return self._start() or moved

    def is_idle(self):
        return not self.count and self.first is None

    def remaining_ms(self, ms):
        """How long a front may wait before step() must be called again: ms, or less."""
        i = 0
        while self.count and i < len(self.jobs):
            job = self.jobs[i]
            if job is not None:
                ms = job.remaining_ms(ms)
            i += 1
        return ms


class Job:
    """A generator of commands on its way.  done, then error or value say what came of it.  Allocates."""

    def __init__(self, background, steps):
        self.background = background
        self.engine = background.engine
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
            if not step.done and self.engine.state == DATA_MODE and self.background.withdraw(step):
                self.steps.close()
                raise ModemError(EBUSY, "the port is in data mode: escape() first")
            return step.done
        if isinstance(step, int):
            return self.engine.is_past(self.resume)
        return step()

    def _take(self, step):
        self.step = step
        if isinstance(step, Command):
            if self.engine.silent:
                step.timeout_ms = _SILENT_MS
            self.background.submit(step)
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
        self.background.remove(self)
        if self.done:
            return
        step = self.step
        if isinstance(step, Command) and not step.done and not self.background.withdraw(step):
            self.engine.abandon(step)
        self.done = True
        self.steps.close()

    def result(self):
        """What the generator returned, or raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.value
