"""Waiting for the module inside asyncio: takes in what comes while tasks wait, and wakes them when something happened.

One Ear per modem serves all its tasks on the running loop.  No call here lasts longer than taking in what the UART holds.
CPython watches the port's file descriptor; MicroPython has a task in asyncio's IO queue.  A port that can be neither
watched nor polled is asked again and again.  Knows no socket.
"""

import asyncio
import sys

import atsock

_BURST = 4  # windows of input at a time, the loop goes on in between
_BUSY_MS = 20  # how often deadlines are looked at while something is on its way
_IDLE_MS = 200  # and while everybody only waits for the module to speak
_ASK_MS = 1  # pause between two questions to a port that cannot say when it has something


class Ear:
    """loop: the one whose tasks wait here; waiting: how many."""

    def __init__(self, modem):
        self.modem = modem
        self.loop = None
        self.event = None
        self.waiting = 0
        self.error = None  # what the port raised

    async def wait(self):
        """Return when something has happened; raises what the port raised."""
        self.listen()
        self.waiting += 1
        try:
            await self.event.wait()
        finally:
            self.waiting -= 1
        if self.error is not None:
            raise self.error

    async def until(self, ready):
        """Return when ready() is true."""
        while not ready():
            await self.wait()

    async def run(self, steps, timeout_ms, what):
        """Run a generator of commands (see connection.py) to its end; returns what it returns.

        Cancelled, it ends at once, and what it held is given back in the background.  timeout_ms: -1 for no limit.
        """
        modem = self.modem
        engine = modem._engine
        give_up = engine.after_ms(timeout_ms) if timeout_ms >= 0 else None
        modem._close_orphans()
        job = modem._spawn(steps)
        try:
            await self.until(lambda: job.done or give_up is not None and engine.is_past(give_up))
            if not job.done:
                raise atsock.Timeout("%s: timed out" % what)
        finally:
            job.cancel()
            modem._close_orphans()
        return job.result()

    def wake(self):
        """Something has happened: all that wait look again."""
        if self.waiting:
            self.event.set()
            self.event.clear()

    def listen(self):
        """Take in what comes from now on, as long as tasks wait or the background is at work."""
        loop = self._running()
        if loop is not self.loop:
            self.loop = loop
            self.event = asyncio.Event()
            self.waiting = 0
            self._move()
        self._start()

    def _is_needed(self):
        return self.waiting > 0 or self._is_busy()

    def _is_busy(self):
        return self.modem._first is not None or self.modem._jobs is not None

    def _serve(self):
        # One UART service.
        try:
            n = 0
            while n < _BURST and self.modem._service():  # which wakes
                n += 1
        except Exception as error:  # the port is gone, or a job's bug: it is raised in the tasks that wait
            self.error = error
            self.wake()

    def _pause_ms(self):
        modem = self.modem
        if not modem._engine.state and not self._is_busy():
            return _IDLE_MS
        return modem._remaining_ms(_BUSY_MS)

    def _on_time(self):
        self._serve()
        self.wake()


class TaskEar(Ear):
    """MicroPython: one task in the IO queue on the UART, one that minds the time."""

    def _running(self):
        return asyncio.core._io_queue  # new_event_loop() makes another one

    def _move(self):
        self.hearing = False
        self.timing = False

    def _start(self):
        if not self.hearing:
            self.hearing = True
            self.error = None
            asyncio.create_task(self._hear())
        if not self.timing:
            self.timing = True
            asyncio.create_task(self._mind_time())

    async def _hear(self):
        engine = self.modem._engine
        pollable = engine.port.poller is not None
        while self._is_needed() and self.error is None:
            # What the port did not take, or what has no room yet, shows by no byte coming.
            if not pollable or engine.out_left or engine.full or engine.stalled:
                await asyncio.sleep_ms(_ASK_MS)
            else:
                await _readable(engine.port.stream)
            self._serve()
        self.hearing = False

    async def _mind_time(self):
        while self._is_needed() and self.error is None:
            await asyncio.sleep_ms(self._pause_ms())
            self._on_time()
        self.timing = False


def _readable(stream):
    # MicroPython awaits generators.
    yield asyncio.core._io_queue.queue_read(stream)


class CallbackEar(Ear):
    """CPython: callbacks of the loop, registered while somebody waits and a moment longer."""

    def _running(self):
        return asyncio.get_running_loop()

    def _move(self):
        self.timer = None
        self.writing = False
        try:
            self.fd = self.modem._engine.port.stream.fileno()
        except (AttributeError, OSError):  # it has none
            self.fd = None

    def _start(self):
        if self.timer is not None:
            return
        self.error = None
        if self.fd is not None:
            try:
                self.loop.add_reader(self.fd, self._hear)
            except NotImplementedError:  # Windows' proactor loop watches no descriptor: the timer asks the port instead
                self.fd = None
        self._set_timer()

    def _set_timer(self):
        pause_ms = _ASK_MS if self.fd is None else self._pause_ms()
        self.timer = self.loop.call_later(pause_ms / 1000, self._ring)

    def _hear(self):
        self._serve()
        self._watch_writing()
        if self.error is not None:
            self._stop()

    def _ring(self):
        self._on_time()
        if self.error is not None or not self._is_needed():
            self._stop()
        else:
            self._set_timer()
            self._watch_writing()

    def _watch_writing(self):
        engine = self.modem._engine
        blocked = bool(engine.out_left or engine.full)
        if self.fd is None or blocked == self.writing:
            return
        self.writing = blocked
        if blocked:
            self.loop.add_writer(self.fd, self._hear)
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


def of(modem):
    """The Ear of this modem."""
    if modem._ear is None:
        kind = TaskEar if sys.implementation.name == "micropython" else CallbackEar
        modem._ear = kind(modem)
    return modem._ear
