"""A virtual module put together: clock, loop, network, module, line and control.

Owns which part gets what of a Config.  Starts no process and reads no option.
"""

import os

from .config import ConfigError
from .control import Control, ControlPort
from .ends import PtyEnd, StdioEnd, TcpEnd
from .faults import Wire, sort_out
from .line import EventClock, Line
from .loop import Loop
from .network import SocketNetwork
from .registry import module_class

_AHEAD_MS = 2.0     # above what a command takes to compute


class Machine:
    def __init__(self, config):
        self.clock = EventClock()
        self.loop = Loop(self.clock)
        try:
            network = SocketNetwork(config.hosts, self.loop.selector, config.seed)
        except ValueError as problem:
            raise ConfigError(f"--host: {problem}") from problem
        self._trace = None
        if config.trace:
            self._trace = open(config.trace, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
        trace = self._trace.write if self._trace else None
        kind = module_class(config.dialect)
        faults, quirks = sort_out(config.faults, kind)
        self.module = kind(self.clock, network, quirks=quirks, trace=trace, settings=config.settings,
                           answers=config.answers)
        self.module.rate = config.baud or self.module.rate
        self.wire = Wire(faults, config.seed)
        self.wire.on_change = self._faults_changed
        self._faults_changed()
        self.line = Line(self.module, self.clock, self.loop.selector, baudrate=config.baud,
                         latency_ms=config.latency_ms, wire=self.wire, trace=trace, ahead_ms=_AHEAD_MS,
                         end=self._end(config))
        self.control = Control(self.module, self.wire)
        self.control_port = None
        if config.control is not None:
            self.control_port = ControlPort(self.control, self.loop.selector, config.control)

    def _end(self, config):
        if config.stdio:
            return StdioEnd(self.loop.finish)
        if config.tcp is not None:
            return TcpEnd(config.address, config.tcp)
        if config.rfc2217 is not None:
            from .rfc2217 import Rfc2217End     # needs pyserial
            return Rfc2217End(config.address, config.rfc2217,
                              lambda wire, level: self._wire_changed(config, wire, level))
        if not hasattr(os, "openpty"):
            raise ConfigError("this system has no pseudo-terminals: --tcp PORT")
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

    def run(self):
        """Until the loop is stopped."""
        self.loop.run(self.module, self.line)

    def close(self):
        self.line.close()
        if self.control_port is not None:
            self.control_port.close()
        if self._trace is not None:
            self._trace.close()
