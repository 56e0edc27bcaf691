"""The main loop of the simulator's process: waits for the line, the sockets and the control input."""

import ctypes
import selectors
import sys

_SPIN_MS = 0.15             # a wait whose end matters is not slept to its end: waking up takes about as long
_FINISH_MS = 5000           # longest wait behind the end of standard input
_PR_SET_TIMERSLACK = 29     # Linux prctl(2)


def sharpen_timers():
    """Let select() end when it should: Linux adds 50 us by default, five byte times at 921600 baud."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)


class Loop:
    """`selector` maps every file to the function that serves it; stop() ends run(), finish() does when all is out."""

    def __init__(self, clock):
        self.selector = selectors.SelectSelector()  # the only selector whose timeout is finer than 1 ms
        self._clock = clock
        self._running = True
        self._end_ms = None

    def stop(self):
        self._running = False

    def finish(self):
        """End run() when the command in progress has its result and the line has carried it, at most soon."""
        self._end_ms = self._clock.wall_ms() + _FINISH_MS

    def _finished(self, module, line):
        return self._end_ms is not None and (
            self._clock.wall_ms() >= self._end_ms or not module.busy and line.is_idle())

    def run(self, module, line):
        while self._running and not self._finished(module, line):
            due = line.next_event_ms()
            deadline = module.next_deadline_ms()
            if deadline is not None:
                due = min(due, deadline - line.ahead_ms)
            if self._end_ms is not None:
                due = min(due, self._end_ms)
            ready = self._wait(due, line.is_due_sharply())
            self._clock.wake()
            line.run()      # what was due comes before what came just now
            for key, events in ready:
                # an event served before may have closed this file
                if self.selector.get_map().get(key.fd) == key:
                    self._clock.move(self._clock.wall_ms())
                    self._serve(key, events, module)
                    line.collect()
            line.run()

    def _serve(self, key, events, module):
        try:
            key.data(events)
        except Exception as problem:
            module.crashed(problem)
            if self.selector.get_map().get(key.fd) == key:      # it would only fail again
                self.selector.unregister(key.fileobj)

    def _wait(self, due, sharply):
        """Until a file is ready or the clock shows `due`; `sharply`: not a moment longer."""
        wait_ms = due - self._clock.wall_ms() - (_SPIN_MS if sharply else 0)
        ready = self.selector.select(None if wait_ms == float("inf") else max(0.0, wait_ms / 1000))
        while sharply and not ready and self._clock.wall_ms() < due:
            pass
        return ready
