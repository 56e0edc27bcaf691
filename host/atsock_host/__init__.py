"""The host side of atsock: serial ports, virtual modules and the command line, for CPython.

Owns the public names.  They are imported when first asked for, so that the simulator's process, which needs the
standard library only, loads neither pyserial nor the command line.
"""

import importlib

__version__ = "0.1.0"
__all__ = [
    "Bridge", "PortError", "SerialPort", "Simulator", "SimulatorError", "Simulators", "TracePort", "VirtualModule",
    "read_trace",
]

_HOMES = {
    "Bridge": ".bridge",
    "PortError": ".serialport",
    "SerialPort": ".serialport",
    "Simulator": ".simulator",
    "SimulatorError": ".simulator",
    "Simulators": ".simulator",
    "TracePort": ".trace",
    "VirtualModule": ".simulator",
    "read_trace": ".trace",
}


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def __dir__():
    return sorted(__all__)
