"""Modem: the blocking front.  Takes in what comes, and runs generators of commands on the engine until they are done.

What is not needed while bytes move is in the modules that ELSEWHERE names, and loaded when it is called (lend.py).
"""

from .background import Background
from .engine import Engine
from .lend import borrow, method
from .port import Port

ELSEWHERE = (
    b" network: attach attach_async detach recover local_address _attach _attach_steps _set_apn _use _is_down _family"
    b" commands: command call query test identity signal registration _heed"
    b" lookups: resolve getaddrinfo ping ntp _check_attached"
    b" fronts: socket close socket_module open_connection start_server"
    b" links: _ask_room _close_orphans _renew _free_port _ring_size"
    b" failures: _error _text _link_error _gave_up "
)
_FOREVER_MS = 3_600_000


class Modem:
    """A cellular module on a UART.

    stream: machine.UART, atsock_host.SerialPort or what has their any(), readinto(buf, n) and write(buf, start, n).
    dialect: "bg96", "a7600", "sim7028", "nl668", "l610", or None to ask the module in attach().
    apn: for attach(); context: PDP context id, 1 to 16; access: of the sockets, "buffer", "push", "hex" or "transparent".
    reset: a function that resets the module by hardware; on_event(event, socket, value): see EVENT_...
    Sends nothing.  Raises ValueError, TypeError for arguments that cannot be.
    """

    def __init__(self, stream, dialect=None, *, apn=None, context=1, access="buffer", reset=None, on_event=None):
        self._engine = Engine(Port(stream), context)
        self._background = Background(self._engine)
        borrow("network").begin(self, dialect, apn, context, access, reset, on_event)

    def __getattr__(self, name):
        return method(ELSEWHERE, self, name)

    def isconnected(self):
        """True while the context is active as far as the module has said."""
        engine = self._engine
        return self._address is not None and self._losses == engine.network_losses + engine.restarts

    def poll(self, timeout_ms=0):
        """Take in what the module sent and run events; waits at most timeout_ms for something to come."""
        if not self._service() and timeout_ms > 0 and not self._engine.stalled:
            self._pause(timeout_ms)
            self._service()
        self._deliver()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    # -- running

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
        left = self._background.remaining_ms(ms)
        engine.port.wait(engine.remaining_ms(left), engine.out_left > 0 or engine.full)
        return self._service() or left < ms

    def _service(self):
        # Take in what has come and let the background go on; True when something did.  Allocates nothing by itself.
        engine = self._engine
        moved = engine.pump()
        if engine.events and not engine.state:
            self._deliver()
        moved = self._background.step() or moved
        if moved and self._ear is not None:
            self._ear.wake()
        return moved

    def _run(self, steps, timeout_ms, what):
        """Run a generator of commands (see connection.py) to its end; returns what it returns."""
        engine = self._engine
        give_up = engine.after_ms(timeout_ms) if timeout_ms >= 0 else None
        if self._orphans and not engine.silent:
            self._close_orphans()
        job = borrow("jobs").Job(self._background, steps)
        try:
            while not job.advance():
                left = _FOREVER_MS if give_up is None else engine.until_ms(give_up)
                if left <= 0:
                    raise self._gave_up(what, job.step)
                self._wait(job.remaining_ms(left))
        finally:
            job.cancel()
            if engine.events:
                self._deliver()
        return job.result()

    def _deliver(self):
        if self._delivering or not self._engine.events:
            return
        self._delivering = True
        try:
            while self._engine.events:
                event, link, value = self._engine.events.pop(0)
                self._on_event(event, link.socket if link is not None else None, value)
        finally:
            self._delivering = False
