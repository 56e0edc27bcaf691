"""What goes on while the program does something else: commands that wait for their turn, and jobs.

One command is in flight at a time (engine.py).  Whoever can go on without waiting for its own submits it here: first
come, first served.  A job is what is stepped from time to time until it is done: a generator of commands
(jobs.py), or the rest of a non-blocking send.  Every place that takes in what the module says calls step().
Knows no socket and never waits.  Allocates nothing but for new jobs.
"""

from errno import ECONNRESET

from .link import GONE


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
        from .jobs import Job

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
