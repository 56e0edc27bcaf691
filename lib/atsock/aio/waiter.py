"""Waiting for the module inside asyncio: services the UART while tasks wait, and notifies them when something moved.

One Waiter per session serves all its tasks on the running loop.  No call here lasts longer than taking in what the UART
holds.  CPython watches the port's file descriptor; MicroPython has a task in asyncio's IO queue.  A port that can be
neither watched nor polled is asked every millisecond.  Knows no socket.
"""

import asyncio
import sys

from ..core.jobs import Job
from ..core.movers import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    from ..core.session import Session

_SERVICES = const(4)  # windows of input that are taken in at a time; the loop goes on in between
_BUSY_MS = const(50)  # deadlines are looked at so often while something is on its way,
_IDLE_MS = const(200)  # and so often while everybody only waits for the module to speak
_ASK_MS = const(1)  # pause between two questions to a port that cannot say when it has something

_IDLE = const(0)  # Engine.state (words.py)


class Waiter:
    """What the tasks of one session wait with; see of().

    session: whose UART it services; loop: the event loop whose tasks wait here, None: none has yet.
    """

    def __init__(self, session: "Session"):
        self.session = session
        self.loop: "Any" = None
        self.event: "asyncio.Event" = None  # of that loop
        self.waiting = 0  # tasks in wait()
        self.error: "Exception" = None  # what the port raised

    async def wait(self):
        """Return when something has moved; the caller looks whether it was what it waits for.

        No timeout.  Raises what the port raised (OSError), and the bug of a background job.  Allocates.
        """
        self.listen()
        self.waiting += 1
        try:
            await self.event.wait()
        finally:
            self.waiting -= 1
        if self.error is not None:
            raise self.error

    async def until(self, ready):
        """Return when ready() is true; raises as wait()."""
        while not ready():
            await self.wait()

    async def run(self, steps, timeout_ms, what):
        """Run a generator of commands (core/jobs.py) to its end; returns what it returns, raises what it raises.

        Cancelled, it ends at once, and what it held is given back in the background.  timeout_ms: -1 for no limit, else
        Timeout is raised when they have passed, see Session.timeout_error().
        """
        session = self.session
        engine = session.engine
        give_up = engine.after_ms(timeout_ms) if timeout_ms >= 0 else None
        session.start_later()
        job = Job(session, steps)
        session.add(job)
        self.listen()
        self.service_soon()  # not now: the stack is deep already
        try:
            while not job.done:
                if give_up is not None and engine.is_past(give_up):
                    raise session.timeout_error(what, job.step)
                await self.wait()
        finally:
            job.cancel()
            session.start_later()
        return job.result()

    def notify(self):
        """Something has moved: all tasks that wait look again.  Called by the session.  Allocates nothing by itself."""
        if self.waiting:
            self.event.set()
            self.event.clear()

    def listen(self):
        """Service the UART from now on, as long as tasks wait or the background is at work."""
        loop = self._running_loop()
        if loop is not self.loop:
            self.loop = loop
            self.event = asyncio.Event()
            self.waiting = 0
            self._reset()
        self._start()

    def on_readable(self, is_timer=False):
        """Service the UART: it has something, or takes more; is_timer: a pause is over.  Called by the loop."""
        try:
            n = 0
            while n < _SERVICES and self.session.service():  # which notifies
                n += 1
        except Exception as error:  # the port is gone, or a job's bug: it is raised in the tasks that wait
            self.error = error
        if is_timer or self.error is not None:
            self.notify()
        self._after_service(is_timer)

    def _is_needed(self):
        return self.waiting > 0 or self._is_busy()

    def _is_busy(self):
        return self.session.queue is not None or self.session.jobs is not None

    def _pause_ms(self):
        session = self.session
        if session.engine.state == _IDLE and not self._is_busy():
            return _IDLE_MS
        return session.remaining_ms(_BUSY_MS)

    # -- of the interpreter

    def _running_loop(self):
        raise NotImplementedError

    def _reset(self):
        # Another loop runs: nothing of it is registered.
        raise NotImplementedError

    def _start(self):
        # Register with the loop what is not registered yet.
        raise NotImplementedError

    def service_soon(self):
        """Call on_readable() in the loop's next round; behind listen()."""
        raise NotImplementedError

    def _after_service(self, is_timer):
        pass


class TaskWaiter(Waiter):
    """MicroPython: one task in the IO queue on the UART, one that minds the time."""

    def _running_loop(self):
        return asyncio.core._io_queue  # type: ignore[attr-defined]  # new_event_loop() makes another one

    def _reset(self):
        self.reading = False
        self.timing = False

    def _start(self):
        if not self.reading:
            self.reading = True
            self.error = None
            asyncio.create_task(self._read())
        if not self.timing:
            self.timing = True
            asyncio.create_task(self._mind_time())

    def service_soon(self):
        asyncio.create_task(self._service_once())

    async def _service_once(self):
        self.on_readable()

    async def _read(self):
        engine = self.session.engine
        pollable = engine.port.poller is not None
        while self._is_needed() and self.error is None:
            # What the port did not take, or what has no room yet, shows by no byte coming.
            if not pollable or engine.transmitter.left or engine.tx_blocked or engine.rx_blocked:
                await asyncio.sleep_ms(_ASK_MS)  # type: ignore[attr-defined]
            else:
                await _readable(engine.port.stream)
            self.on_readable()
        self.reading = False

    async def _mind_time(self):
        while self._is_needed() and self.error is None:
            await asyncio.sleep_ms(self._pause_ms())  # type: ignore[attr-defined]
            self.on_readable(True)
        self.timing = False


def _readable(stream):
    # MicroPython awaits generators.
    yield asyncio.core._io_queue.queue_read(stream)  # type: ignore[attr-defined]


class CallbackWaiter(Waiter):
    """CPython: callbacks of the loop, registered while somebody waits and a moment longer."""

    def _running_loop(self):
        return asyncio.get_running_loop()

    def _reset(self):
        self.timer = None
        self.writing = False  # on_readable() is called when the port takes more, too
        try:
            self.fd = self.session.engine.port.stream.fileno()
        except (AttributeError, OSError):  # it has none
            self.fd = None

    def _start(self):
        if self.timer is not None:
            return
        self.error = None
        if self.fd is not None:
            try:
                self.loop.add_reader(self.fd, self.on_readable)
            except NotImplementedError:  # Windows' proactor loop watches no descriptor: the timer asks the port instead
                self.fd = None
        self._set_timer()

    def _set_timer(self):
        pause_ms = _ASK_MS if self.fd is None else self._pause_ms()
        self.timer = self.loop.call_later(pause_ms / 1000, self.on_readable, True)

    def service_soon(self):
        self.loop.call_soon(self.on_readable)

    def _after_service(self, is_timer):
        if self.error is not None or is_timer and not self._is_needed():
            self._stop()
            return
        if is_timer:
            self._set_timer()
        self._watch_writing()

    def _watch_writing(self):
        engine = self.session.engine
        blocked = bool(engine.transmitter.left or engine.tx_blocked)
        if self.fd is None or blocked == self.writing:
            return
        self.writing = blocked
        if blocked:
            self.loop.add_writer(self.fd, self.on_readable)
        else:
            self.loop.remove_writer(self.fd)

    def _stop(self):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.fd is not None:
            self.loop.remove_reader(self.fd)
            self.loop.remove_writer(self.fd)
            self.writing = False


def of(session: "Session") -> Waiter:
    """The Waiter of this session, made with the first call and kept in session.waiter."""
    if session.waiter is None:
        kind = TaskWaiter if sys.implementation.name == "micropython" else CallbackWaiter
        session.waiter = kind(session)
    return session.waiter
