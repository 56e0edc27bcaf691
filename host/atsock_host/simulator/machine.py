"""A virtual module put together: clock, network, module, line and control, served by a loop.

Owns which part gets what of a Config.  Starts no process and reads no option.
"""

import os

from .config import ConfigError
from .control import Control, ControlPort
from .ends import PtyEnd, StdioEnd, TcpEnd
from .eventlog import Writer
from .faults import Wire, sort_out
from .line import EventClock, Line
from .mishaps import Mishaps
from .network import SocketNetwork

_AHEAD_MS = 2.0     # above what a command takes to compute
_FINISH_MS = 5000   # longest wait behind the end of standard input
NO_TERMINALS = ("this system has no pseudo-terminals: use --tcp PORT (0: any); what it prints then, "
                "socket://127.0.0.1:PORT, is what a host opens")


def has_terminals():
    """True where the system has pseudo-terminals."""
    try:
        import termios
        import tty
    except ImportError:
        return False
    return hasattr(os, "openpty") and hasattr(termios, "tcgetattr") and hasattr(tty, "setraw")


class Machine:
    """One module of the process; `log` is an EventLog for all of them, or None, and `number` its number there."""

    def __init__(self, config, loop, log=None, number=1):
        self.clock = EventClock(loop.began)
        self._end_ms = None
        share = loop.add(self)
        try:
            network = SocketNetwork(config.hosts, share, config.seed)
        except ValueError as problem:
            raise ConfigError(f"--host: {problem}") from problem
        self._trace = Writer(config.trace) if config.trace else None
        trace = self._trace.write if self._trace else None
        kind = config.module_class
        faults, quirks = sort_out(config.faults, kind)
        self.module = kind(self.clock, network, quirks=quirks, trace=trace, settings=config.settings,
                           answers=config.answers)
        self.module.rate = config.baud or self.module.rate
        self.wire = Wire(seed=config.seed)
        self.wire.mishaps = self.module.mishaps = Mishaps(self.module, config.seed)
        self.wire.on_change = self._faults_changed
        for name, value in faults.items():
            self.wire.switch(name, value)
        self.line = Line(self.module, self.clock, share, baudrate=config.baud,
                         latency_ms=config.latency_ms, wire=self.wire, trace=trace, ahead_ms=_AHEAD_MS,
                         end=self._end(config))
        self.control = Control(self.module, self.wire)
        self.control_port = None
        if config.control is not None:
            self.control_port = ControlPort(self.control, share, config.control, config.address)
        if log is not None:
            self.module.log = log.begin(number, self.clock, config.dialect, self.line.port)
            for fault in config.faults:
                self.module.note("fault", name=fault, on=True)

    def _end(self, config):
        if config.stdio:
            return StdioEnd(self._finish)
        if config.rfc2217 is not None:
            from .rfc2217 import Rfc2217End     # needs pyserial
            return Rfc2217End(config.address, config.rfc2217,
                              lambda wire, level: self._wire_changed(config, wire, level))
        if config.tcp is not None:
            return TcpEnd(config.address, config.tcp)
        if not has_terminals():
            if not config.pty_or_tcp:
                raise ConfigError(NO_TERMINALS)
            return TcpEnd(config.address, 0)
        return PtyEnd()

    def _faults_changed(self):
        self.module.splice = self.wire.splice

    def _wire_changed(self, config, wire, level):
        """A wire of RFC 2217: DTR and RTS press keys while they are off."""
        if wire == "dtr" and not level:
            self.module.dtr_off()
        elif wire == "dtr" and config.dtr == "power-key":
            self.module.press_power_key()
        elif wire == "rts" and level:
            self.module.restart(off_words=())

    # ---- for the loop

    def due_ms(self):
        """Time of the clock when something is to be done, infinity for nothing."""
        due = self.line.next_event_ms()
        deadline = self.module.next_deadline_ms()
        if deadline is not None:
            due = min(due, deadline - self.line.ahead_ms)
        return due if self._end_ms is None else min(due, self._end_ms)

    def finished(self):
        """True when the input has ended, the command in progress has its result and the line has carried it."""
        return self._end_ms is not None and (
            self.clock.wall_ms() >= self._end_ms or not self.module.busy and self.line.is_idle())

    def _finish(self):
        self._end_ms = self.clock.wall_ms() + _FINISH_MS

    def close(self):
        self.line.close()
        if self.control_port is not None:
            self.control_port.close()
        if self._trace is not None:
            self._trace.close()
