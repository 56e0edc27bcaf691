"""One module, and what the host is doing with it: the queue of commands, the jobs, the dialect in use, the attachment.

service() services the UART, starts queued commands (one is in flight at a time, see engine.py) and steps background
jobs; wait() does so until something has moved or its time is over.  All that the module says comes in by service().
Modem and the sockets stand on this; asyncio's waiter calls the same service().
"""

from errno import ECONNRESET, EHOSTUNREACH, EIO, ETIMEDOUT

from ..errors import ENETDOWN, Restarted, Timeout, error_of, hidden, masked, os_error, printable
from . import urc
from .command import Command
from .engine import Engine
from .jobs import Job
from .movers import MISSING, const, fill_in
from .port import Port
from .rows import filled, headers, pack

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

_GONE = const(4)  # Link.state
_DEAD = const(5)
_NO = const(0)  # Link.rx_pending
_EVENT_UNKNOWN = const(9)  # constants.py
_DATA_MODE = const(3)  # Engine.state
_CHECK_PAUSE_MS = const(2000)  # between two looks whether the context is there still
_STRANGE_MS = const(180_000)  # two failures so close to each other are a reason for one
_VERDICT_MS = const(2000)  # a call that failed waits so long for what that look finds
_LATE_MS = const(2000)  # a question that is unanswered for so long is worth a word
_FOREVER_MS = const(3_600_000)
_NAME_ROOM = const(20)  # digits that fill_in() may put in place of a control byte


class Session:
    """stream: see Port; context: PDP context id; on_event(event, sock, value): the application's, or None."""

    restarts = 0  # of recover(), since it has last succeeded
    restarted_at = 0  # ticks of the last one
    rung = 0  # of the ladder that recover() takes first (recovery.py)
    recovered_at = 0  # ticks when it last succeeded
    doubts = 0  # opens and lookups that the network failed, since one has worked
    progress: "Any" = None  # where attach() stands (bringup.py), while somebody attaches
    identify: "Any" = None  # function (session) -> steps that return the dialect, where none was named
    check_attached: "Any" = None  # function (session) -> steps that ask whether the context is there still (bringup.py)
    strange_at: "int | None" = None  # ticks of the last failure that a lost context would explain
    check: "Any" = None  # Job of the last look whether the context is there still
    check_next = 0  # ticks when there may be another one
    secrets: "tuple[tuple[bytes, int], ...]" = ()  # vendors' commands with a password, as Table.SECRETS
    end_owed_by: "Any" = None  # filter of a data mode that may have ended, which nobody has told,
    end_owed_until = 0  # ticks until which that may come yet
    lists_links = False  # the answer to OPEN_IDS has shown a connection (openids.py)
    host_max = 255  # characters of a host name
    cmee: "int | None" = None  # format of errors (AT+CMEE) that attach() has set, None: not known

    def __init__(self, stream, context=1, access="buffer", on_event=None):
        self.engine = Engine(Port(stream), context)
        self.table = None  # of the dialect, a class of dialects/; None as long as it is not known
        self.access = access  # of sockets that are not given another one
        self.access_now = None  # access mode the module is in, None: not known
        self.access_begun = None  # the one that it was told of last, None: none since attach() has looked
        self.opening = False  # somebody switches it, or takes a connection id
        self.last_port = 0  # local port that a socket was given last (sockets/opening.py)
        self.attaching = False
        self.attached_with = None  # Account of the last attach() (bringup.py)
        self.kind_of = lambda kind: kind  # class of a socket -> the one to make it of (sockets/module.py)
        self.apn = None  # what Modem was given (str)
        self.model = None  # what the module calls itself (str), as far as it was asked
        self.reset = None  # a function that resets the module by hardware
        self.address = None  # local address while attached
        self.losses = 0  # engine.network_losses + restarts when it was attached (note_losses())
        self.stepping = False  # service() steps the jobs: the stack is deep
        self.queue = None  # the first of the commands that wait, linked by their next
        self.jobs = None  # the first job, linked by their next
        self.waiter = None  # what asyncio's tasks wait with (aio/waiter.py)
        self.explain = None  # function (table, source, code) -> what the manual says of an error code
        self._running = None  # job of the innermost run()
        self._dropped = []  # generators that somebody left behind, see later()
        self._on_event = on_event
        self._delivering = False
        if on_event is not None:
            self.engine.events = []

    # -- the dialect and the attachment

    def use(self, table, access):
        """Let the engine read lines as this dialect tells them in this access mode; None: as every module does.

        Allocates.
        """
        engine = self.engine
        self.table = table
        if table is None:
            engine.rows = pack(())
            return
        self.host_max = table.HOST_MAX
        engine.dialect = table.NAME
        engine.access = access
        engine.rows = pack(table.ACCESS[access][7] + table.LINES)
        engine.tokens.in_line = headers(engine.rows)
        engine.error_query = filled(table.ERROR_QUERY, engine.context, {})
        engine.error_query_for = table.ERROR_QUERY_FOR
        engine.retry_code = table.RETRY
        engine.nothing_left_code = table.NOTHING_LEFT
        engine.close_template = filled(table.CLOSE, engine.context, {})
        engine.close_after_peer = table.CLOSE_AFTER_PEER

    def filled(self, template, **values):
        """A template of the table with its values (bytes or int) in their places, see rows.filled().  Allocates."""
        return filled(template, self.engine.context, values)

    def is_connected(self):
        """True while the context is active as far as the module has said."""
        return self.address is not None and not self.has_lost()

    def has_lost(self):
        """Has the module restarted, or told that the network is lost, since note_losses()?"""
        return self.losses != self.engine.network_losses + self.engine.restarts

    def note_losses(self):
        """Losses from now on count."""
        self.losses = self.engine.network_losses + self.engine.restarts

    def set_connected(self, address):
        """The context is active, with this local address (str)."""
        self.note_losses()
        self.address = address

    def set_down(self):
        """The context is not active any more: all connections are gone."""
        urc.lose_all(self.engine, ENETDOWN)
        self.address = None

    def note_success(self):
        """The context carries something."""
        self.doubts = self.rung = self.restarts = 0
        self.engine.pdp_lost = False

    def note_failure(self, error):
        """An open or a lookup has failed (OSError): perhaps the context carries nothing, whatever the module says."""
        if error.errno == ENETDOWN:
            self.engine.pdp_lost = True
        if error.errno in (ENETDOWN, ETIMEDOUT, EHOSTUNREACH):
            self.doubts += 1

    def may_open(self):
        """False while somebody takes a connection id, or a closed connection has the port still (data mode)."""
        for link in self.engine.links.values():
            if link.discarding and link.data_filter is not None and link.socket is not None:
                return False
        return not self.opening

    # -- taking in what comes

    def wait(self, ms):
        """Take in what comes, for at most ms milliseconds; False when nothing came.  Allocates nothing by itself."""
        if self.service():
            return True
        is_shorter = self.pause(ms)
        return self.service() or is_shorter

    def pause(self, ms, must_move=True):
        """What wait() does between two service(), for those who have no frame to spare.

        must_move: payload that has no room is dropped now, because the caller waits for what stands behind it.  True
        when something had to move, or something in the background is due before.
        """
        engine = self.engine
        if engine.rx_blocked and must_move:
            engine.overflow()
            return True
        left = ms if self.jobs is None else self.remaining_ms(ms)
        engine.port.wait(engine.remaining_ms(left), engine.transmitter.left > 0 or engine.tx_blocked)
        return left < ms

    def poll(self, timeout_ms):
        """Take in what comes, for at most timeout_ms, and run the application's on_event for it."""
        if not self.service() and timeout_ms > 0:
            self.pause(timeout_ms, False)
            self.service()
        self.deliver()

    def service(self):
        """Take in what has come and go on as far as possible without waiting; True when something moved."""
        engine = self.engine
        moved = engine.pump()
        if engine.events and not engine.state:
            self.deliver()
        if engine.failed_command is not None:
            self._consider()
        if self.queue is not None:
            moved = self._start_next() or moved
        if self.jobs is not None:
            self.stepping = True
            job = self.jobs
            while job is not None:  # not in a method of its own: the stack is deep below
                if job is not self._running and job.advance():  # run() itself steps that one
                    self.remove(job)
                    moved = True
                job = job.next
            self.stepping = False
        if moved and self.waiter is not None:
            self.waiter.notify()
        return moved

    def deliver(self):
        """Run the application's on_event for all queued events, one after the other."""
        events = self.engine.events
        if self._delivering or not events:
            return
        self._delivering = True
        try:
            while events:
                event, link, value = events.pop(0)
                if event == _EVENT_UNKNOWN:
                    value = self._without_secrets(value)
                self._on_event(event, link.socket if link is not None else None, value)
        finally:
            self._delivering = False

    # -- a module that restarts without a boot word, or loses the network without a notice

    def _consider(self):
        # A command was not answered, or refused in a way that a lost context would explain: once may be chance.
        engine = self.engine
        command = engine.failed_command
        engine.failed_command = None
        if self.address is None:
            return
        if command.errno == ETIMEDOUT or command.errno == EIO and self._is_strange(command):
            if self.strange_at is not None and -engine.until_ms(self.strange_at) < _STRANGE_MS:
                self.suspect()
            self.strange_at = engine.after_ms(0)

    def _is_strange(self, command):
        # Was it about a connection, and refused for no reason that the peer or the network may have?
        if command.link is None or command.template is self.engine.close_template:
            return False
        link = command.link
        code = command.code
        in_use = code in self.table.IN_USE or link.code in self.table.IN_USE
        if in_use and command is not link.rx and command is not link.tx:  # an open, of an id that is taken
            return False
        return code == MISSING or self.table.ERRNOS.get(code, "ENOTCONN") in ("ENETDOWN", "ENOTCONN")

    def suspect(self):
        """Ask the module in the background whether the context is there still; a loss is told as if it had said so."""
        engine = self.engine
        if self.check_attached is None or self.attaching or not self.is_connected() or engine.state == _DATA_MODE:
            return
        if self.check is None or self.check.done and engine.is_past(self.check_next):
            self.check_next = engine.after_ms(_CHECK_PAUSE_MS)
            self.check = Job(self, self.check_attached(self))
            self.add(self.check)

    def await_verdict(self, give_up):
        """A call has failed: wait for what a look at the context finds, if there is to be one.

        At most 2 s, and until give_up (ticks or None).
        """
        give_up = self._verdict_at(give_up)
        while give_up is not None and not self.check.done and not self.engine.is_past(give_up):
            self.wait(self.check.remaining_ms(max(0, self.engine.until_ms(give_up))))

    def _verdict_at(self, give_up):
        # Until when (ticks) a call that has failed waits for the look at the context; None: there is none.
        engine = self.engine
        if engine.failed_command is not None:
            self._consider()
        if self.check is None or self.check.done or not self.is_connected():  # a loss is known
            return None
        if give_up is None or engine.until_ms(give_up) > _VERDICT_MS:
            return engine.after_ms(_VERDICT_MS)
        return give_up

    # -- commands that wait for their turn

    def submit(self, command):
        """Send it when its turn comes; command.done tells when it is finished."""
        command.clear()
        at = self.queue
        if at is not None:
            while at.next is not None:
                at = at.next
            at.next = command
        elif self.engine.port.stream.any() or self.engine.unresponsive:
            self.queue = command  # what has come before it is sent is no answer to it: service() takes that in first
        elif self._is_void(command) or not self.engine.start(command):
            self.queue = command

    def _is_void(self, command):
        # Is the connection closed, or lost, that it would send to, or read from where nothing waits any more?
        link = command.link
        if link is None or link.state != _GONE and link.state != _DEAD:
            return False
        return link.tx is command or link.rx is command and link.rx_pending == _NO and link.state == _DEAD

    def _start_next(self):
        # Starts the oldest one, if nothing is in flight; True when there was something to be done.
        command = self.queue
        if self._is_void(command):
            self.refuse(command, command.link.errno or ECONNRESET)
            return True
        if not self.engine.start(command):
            return False
        self.queue = command.next
        command.next = None
        return True

    def withdraw(self, command):
        """Take back what has not been sent; False when it has been."""
        before = None
        at = self.queue
        while at is not None and at is not command:
            before = at
            at = at.next
        if at is None:
            return False
        if before is None:
            self.queue = at.next
        else:
            before.next = at.next
        at.next = None
        return True

    def refuse(self, command, errno):
        """Let it fail if it has not been sent."""
        if self.withdraw(command):
            command.errno = errno
            command.done = True

    # -- jobs: generators of commands (jobs.py), and the rest of a non-blocking send (sockets/sendbuffer.py)

    def run(self, steps, timeout_ms, what, goes_on=False):
        """Run a generator of commands to its end; returns what it returns.

        timeout_ms: -1 for no limit; what: for its Timeout; goes_on: in the background, when the call is interrupted
        (Ctrl-C, an exception out of on_event).
        """
        engine = self.engine
        give_up = engine.after_ms(timeout_ms) if timeout_ms >= 0 else None
        if not engine.unresponsive:
            self.start_later()
        job = Job(self, steps)
        outer = self._running
        self._running = job
        try:
            if not job.advance():
                self.add(job)  # so that it goes on while a callback of the program waits for something else
            while not job.advance():
                left = _FOREVER_MS if give_up is None else engine.until_ms(give_up)
                if left <= 0:
                    goes_on = False
                    raise self.timeout_error(what, job.step)
                if not self.service():  # as wait(): the stack is deep below
                    self.pause(left)
                    self.service()
        finally:
            self._running = outer
            if job.done or not goes_on:
                job.cancel()
            else:
                self.add(job)  # in its first step, too
            self.deliver()
        if job.error is not None:
            # As await_verdict(): the stack is deep below.
            give_up = self._verdict_at(give_up)
            while give_up is not None and not self.check.done and not engine.is_past(give_up):
                if not self.service():
                    self.pause(self.check.remaining_ms(max(0, engine.until_ms(give_up))))
                    self.service()
        return job.result()

    def spawn(self, steps):
        """Run a generator of commands in the background; returns its Job."""
        job = Job(self, steps)
        if not job.advance():
            self.add(job)
        return job

    def later(self, steps):
        """Run a generator of commands at the next opportunity.  Sends nothing, so a finaliser may call it."""
        self._dropped.append(steps)

    def start_later(self):
        """Spawn what later() was given.  An error there belongs to no call of the program."""
        while self._dropped:
            job = Job(self, self._dropped.pop())
            if not job.advance():
                self.add(job)

    def add(self, job):
        """Step it from now on until its advance() says that it is done.  Allocates nothing."""
        at = self.jobs
        if at is None:
            job.next = None
            self.jobs = job
            return
        while at is not job:
            if at.next is None:
                job.next = None
                at.next = job
            at = at.next

    def remove(self, job):
        """Step it no more.  Its own next stays: somebody may be on the way along the list."""
        at = self.jobs
        if at is job:
            self.jobs = job.next
        while at is not None:
            if at.next is job:
                at.next = job.next
            at = at.next

    def remaining_ms(self, ms):
        """How long a front may wait before the jobs must be looked at again: ms, or less."""
        job = self.jobs
        while job is not None:
            ms = job.remaining_ms(ms)
            job = job.next
        return ms

    def is_idle(self):
        """True when nothing waits or works in the background."""
        job = self.jobs
        if job is self._running and job is not None:
            job = job.next
        return job is None and self.queue is None

    # -- what to raise

    def error(self, command, default=EIO, refusal=None):
        """The exception for a command that failed.

        default: errno of a refusal whose code has none; refusal: errno of every refusal, whatever its code is.
        """
        table = self.table
        source = command.error_source
        errnos = {} if table is None or source in table.FOREIGN_CODES else table.ERRNOS
        code = None if command.code == MISSING else command.code
        if command.error_text is not None:
            command.error_text = self._without_secrets(command.error_text)
        return error_of(command, self.command_text(command), code, errnos, default, refusal, self._explainer(source))

    def _explainer(self, source):
        explain = self.explain
        if explain is None:
            return None
        table = self.table
        return lambda code: explain(table, source, code)

    def command_text(self, command):
        """The command line as sent (str), for messages; "..." stands for its payload, "***" for what is secret."""
        text = command.template[0]
        line = bytearray(len(text) + _NAME_ROOM)
        n = fill_in(line, text, 0, command.link.id or 0 if command.link else 0, command.n)
        pos = text.find(b"\4") + 1
        sent = bytes(line[:n]) + (b"..." + text[pos:] if pos else b"")
        return printable(masked(sent, self._secret_names()))

    def _secret_names(self):
        return self.secrets if self.table is None else self.secrets + self.table.SECRETS

    def _without_secrets(self, line):
        # What the module has said that nobody knows: it may be the damaged echo of a command, or quote one.
        account = self.attached_with
        known = () if account is None else (account.password, account.pin)
        return hidden(line, self._secret_names(), known)

    def link_error(self, errno):
        """The exception for a connection that is dead with this errno."""
        if errno == ECONNRESET and self.engine.restarts and not self.is_connected():
            return Restarted()
        return os_error(errno)

    def timeout_error(self, what, step):
        """A Timeout of the call `what`; step: what it waited for, see jobs.py."""
        progress = self.progress
        why = "timed out"
        if isinstance(step, Command) and (progress is None or self._is_late(step)):  # one has nearly always been asked
            why = "no answer to %s in time" % self.command_text(step)
        elif progress is not None:
            why = progress.hint or why
        if progress is None:
            return Timeout("%s: %s" % (what, why))
        error = Timeout(why if what == "attach" else "%s: %s" % (what, why))
        error.at(progress.where())
        return error

    def _is_late(self, command):
        # Has the answer been waited for so long that it is worth a word?
        engine = self.engine
        if engine.command is not command:
            return False
        return (command.timeout_ms or command.template[1]) - engine.until_ms(engine.deadline) > _LATE_MS
