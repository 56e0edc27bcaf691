"""The main loop of the simulator's process: waits for lines, sockets and control input of all its modules."""

import ctypes
import selectors
import sys
import time

_SPIN_MS = 0.15             # a wait whose end matters is not slept to its end: waking up takes about as long
_PR_SET_TIMERSLACK = 29     # Linux prctl(2)
_NEVER = float("inf")


def sharpen_timers():
    """Let select() end when it should: Linux adds 50 us by default, five byte times at 921600 baud."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)


class Share:
    """The loop's selector as one machine has it: a file is registered with the function that serves it."""

    def __init__(self, selector, machine):
        self._selector = selector
        self._machine = machine

    def register(self, file, events, serve):
        return self._selector.register(file, events, (self._machine, serve))

    def modify(self, file, events, serve):
        return self._selector.modify(file, events, (self._machine, serve))

    def unregister(self, file):
        return self._selector.unregister(file)


class Loop:
    """Serves machines (machine.py); `began` is time.monotonic() of the moment from which their clocks count.

    stop() ends run(); so does a machine that has finished, when it is the last one.
    """

    def __init__(self):
        self.began = time.monotonic()
        self._selector = selectors.SelectSelector()     # the only selector whose timeout is finer than 1 ms
        self._machines = []
        self._running = True

    def add(self, machine):
        """Serve one machine more; returns its share of the selector."""
        self._machines.append(machine)
        return Share(self._selector, machine)

    def share_of_all(self):
        """A share for a file that may have to do with any machine."""
        return Share(self._selector, None)

    def stop(self):
        self._running = False

    def run(self):
        while self._running and self._machines:
            ready, now = self._wait()
            # what was due comes before what came just now
            at_work = [machine for machine in self._machines if machine.due_ms() <= now]
            for machine in at_work:
                machine.clock.wake()
                machine.line.run()
            for key, events in ready:
                # an event served before may have closed this file
                if self._selector.get_map().get(key.fd) == key:
                    self._serve(key, events, at_work)
            for machine in at_work:
                machine.line.run()
                if machine.finished():
                    self._machines.remove(machine)

    def _serve(self, key, events, at_work):
        owner, serve = key.data
        concerned = self._machines if owner is None else [owner]
        for machine in concerned:
            if machine not in at_work:
                machine.clock.wake()
                at_work.append(machine)
            machine.clock.move(machine.clock.wall_ms())
        try:
            serve(events)
        except Exception as problem:
            concerned[0].module.crashed(problem)
            if self._selector.get_map().get(key.fd) == key:     # it would only fail again
                self._selector.unregister(key.fileobj)
        for machine in concerned:
            machine.line.collect()

    def _wait(self):
        """Until a file is ready or something is due; what is ready, and the time of the clocks."""
        first, due = self._machines[0], self._machines[0].due_ms()
        for machine in self._machines[1:]:
            if machine.due_ms() < due:
                first, due = machine, machine.due_ms()
        clock = first.clock
        sharply = first.line.is_due_sharply()   # not a moment longer
        wait_ms = due - clock.wall_ms() - (_SPIN_MS if sharply else 0)
        ready = self._selector.select(None if wait_ms == _NEVER else max(0.0, wait_ms / 1000))
        while sharply and not ready and clock.wall_ms() < due:
            pass
        return ready, clock.wall_ms()
