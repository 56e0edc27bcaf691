"""Modem: the blocking front.  Takes in what comes, and lets go on what is to be done behind the program's back.

That is commands that wait for their turn (one is in flight at a time, see engine.py): first come, first served; and jobs
(background.py).  Every place that takes in what the module says lets them go on.

What is not needed while bytes move is in the modules that places.py names, and loaded when it is called (lend.py).
"""

from .fast import const
from .lend import once, method

_GONE = const(4)  # link.py


class Modem:
    """A cellular module on a UART; Modem(stream, dialect=None, ...): see network._begin()."""

    _places = "MODEM"
    _first = None  # of the commands that wait, linked by Command.next
    _jobs = None  # the first one, linked by their next
    _ear = None  # what asyncio's tasks wait with, see ear.py

    def __init__(self, *args, **named):
        dialect = once("network", "_begin", self, *args, **named)
        once("packing", "use", self._engine, dialect, self._access)

    def __getattr__(self, name):
        return method(self, name)

    def isconnected(self):
        """True while the context is active as far as the module has said."""
        engine = self._engine
        return self._address is not None and self._losses == engine.network_losses + engine.restarts

    def _wait(self, ms):
        # Take in what comes, at most ms milliseconds long; False when nothing came.  Allocates nothing.
        if self._service():
            return True
        if self._engine.stalled:
            self._engine.overflow()
            return True
        return self._pause(ms)

    def _pause(self, ms):
        # Until something comes, at most ms milliseconds; False when they have passed.
        engine = self._engine
        left = ms if self._jobs is None else self._remaining_ms(ms)
        engine.port.wait(engine.remaining_ms(left), engine.out_left > 0 or engine.full)
        return self._service() or left < ms

    def _service(self):
        # Take in what has come and go on as far as possible without waiting; True when something moved.
        # Allocates nothing by itself.
        engine = self._engine
        moved = engine.pump()
        if engine.events and not engine.state:
            self._deliver()
        if self._first is not None:
            moved = self._start() or moved
        if self._jobs is not None:
            moved = self._step() or moved
        if moved and self._ear is not None:
            self._ear.wake()
        return moved

    # -- commands that wait

    def _submit(self, command):
        # Send it when its turn comes; command.done tells when it is finished.
        command.clear()
        at = self._first
        if at is None:
            self._first = command
        else:
            while at.next is not None:
                at = at.next
            at.next = command
        self._start()

    def _start(self):
        # The oldest one, if nothing is in flight; True when there was something to be done.
        command = self._first
        link = command.link
        if link is not None and link.state == _GONE and link.tx is command:  # the peer closed while it waited
            self._refuse(command)
            return True
        if not self._engine.start(command):
            return False
        self._first = command.next
        command.next = None
        return True
