"""Things to do later, in the order of their deadlines.

Knows only milliseconds of the clock it was given; it never waits.
"""

import heapq
import itertools


class Timer:
    """One thing to do later; `cancel()` forgets it."""

    __slots__ = ("at_ms", "run")

    def __init__(self, at_ms, run):
        self.at_ms = at_ms
        self.run = run

    def cancel(self):
        self.run = None

    @property
    def active(self):
        return self.run is not None


class Timers:
    """`on_error(exception)` is told of what a timer's function raises; without it the exception goes through."""

    def __init__(self, clock, on_error=None):
        self._clock = clock
        self._on_error = on_error
        self._heap = []
        self._order = itertools.count()     # equal deadlines run in the order of their making

    def after(self, ms, run):
        """Run `run()` in `ms` milliseconds; returns a Timer."""
        timer = Timer(self._clock() + ms, run)
        heapq.heappush(self._heap, (timer.at_ms, next(self._order), timer))
        return timer

    def next_deadline_ms(self):
        """Clock time of the next thing to do, or None."""
        while self._heap and not self._heap[0][2].active:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def tick(self):
        """Do everything that is due."""
        while True:
            deadline = self.next_deadline_ms()
            if deadline is None or deadline > self._clock():
                return
            timer = heapq.heappop(self._heap)[2]
            run, timer.run = timer.run, None
            try:
                run()
            except Exception as problem:
                if self._on_error is None:
                    raise
                self._on_error(problem)

    def clear(self):
        for _, _, timer in self._heap:
            timer.cancel()
        self._heap.clear()
