"""The simulator's process: `python -m atsock_host.simulator DIALECT`.

Prints the path of the serial line as its first line.  Ends when its standard input ends, on SIGTERM and on
Ctrl-C.  Lines on standard input are control commands (control.py).
"""

import argparse
import gc
import os
import pathlib
import selectors
import signal
import sys

from .control import Control
from .faults import WIRE_FAULTS, Splicer, UnknownFault, Wire, all_quirks, sort_out
from .line import EventClock, Line
from .loop import Loop, sharpen_timers
from .network import SocketNetwork
from .registry import DIALECTS, module_class

_AHEAD_MS = 2.0     # above what a command takes to compute


class _Help(argparse.Action):
    """Shows the usual help and the faults, which are only known when the modules are loaded."""

    def __init__(self, option_strings, dest, **settings):
        super().__init__(option_strings, dest, nargs=0, help="show this help and end")

    def __call__(self, parser, namespace, values, option_string=None):
        print(parser.format_help())
        print("faults of the line (all modules):")
        _print_faults(WIRE_FAULTS)
        shown = {}
        for dialect in DIALECTS:
            quirks = {name: text for name, text in all_quirks(module_class(dialect)).items()
                      if shown.get(name) != text}
            shown.update(quirks)
            if quirks:
                print(f"\nfaults of {dialect}:" if dialect != DIALECTS[0] else
                      f"\nfaults of the modules ({dialect}; the others have those that are not its own too):")
                _print_faults(quirks)
        parser.exit()


def _print_faults(faults):
    for name, text in sorted(faults.items()):
        print(f"  {name:24} {text}")


def _parser():
    parser = argparse.ArgumentParser(prog="python -m atsock_host.simulator", add_help=False,
                                     description="A virtual cellular module on a pseudo-terminal.")
    parser.add_argument("-h", "--help", action=_Help)
    parser.add_argument("dialect", choices=DIALECTS)
    parser.add_argument("--host", action="append", default=[], metavar="NAME=ADDRESS[:PORT]",
                        help="a name (or address) the module can reach, beside loopback; repeat for more")
    parser.add_argument("--baud", type=int, default=0, help="speed of the line in bit/s; 0: no limit")
    parser.add_argument("--latency-ms", type=float, default=0, help="delay of everything the module writes")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[:VALUE]", help="see below")
    parser.add_argument("--seed", type=int, help="makes random faults repeatable")
    parser.add_argument("--trace", metavar="FILE", help="file for all bytes (>, <) and violations (!)")
    parser.add_argument("--link", metavar="PATH", help="symbolic link to the port, removed at the end")
    return parser


def _hosts(texts, parser):
    table = {}
    for text in texts:
        name, mark, target = text.partition("=")
        if not (name and mark and target):
            parser.error(f"--host must be NAME=ADDRESS[:PORT], not {text}")
        table[name] = target
    return table


class _ControlInput:
    """Standard input as lines of control commands; its end ends the process."""

    def __init__(self, control, loop):
        self._control = control
        self._loop = loop
        self._pending = b""
        loop.selector.register(0, selectors.EVENT_READ, self.ready)

    def ready(self, events):
        del events
        data = os.read(0, 65536)
        if not data:
            self._loop.stop()
            return
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            print(self._control.answer(line.decode()), flush=True)


def _end(number, frame):
    raise SystemExit(0)     # an exception ends select(), a flag would not


def main(arguments=None):
    parser = _parser()
    options = parser.parse_args(arguments)
    kind = module_class(options.dialect)
    try:
        wire_faults, quirks = sort_out(options.fault, kind)
    except UnknownFault as problem:
        parser.error(str(problem))
    if options.baud < 0 or options.latency_ms < 0:
        parser.error("--baud and --latency-ms must not be negative")
    try:
        clock = EventClock()
        loop = Loop(clock)
        network = SocketNetwork(_hosts(options.host, parser), loop.selector)
    except ValueError as problem:
        parser.error(f"--host: {problem}")
    trace = None
    if options.trace:
        trace = open(options.trace, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    module = kind(clock, network, quirks=quirks, trace=trace.write if trace else None)
    if "splice" in wire_faults:
        module.splice = Splicer(options.seed)
    module.rate = options.baud or module.rate
    line = Line(module, clock, loop.selector, baudrate=options.baud, latency_ms=options.latency_ms,
                wire=Wire(wire_faults, options.seed) if wire_faults else None,
                trace=trace.write if trace else None, ahead_ms=_AHEAD_MS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    link = pathlib.Path(options.link) if options.link else None
    if link:
        link.unlink(missing_ok=True)
        link.symlink_to(line.port)
    print(line.port, flush=True)
    _ControlInput(Control(module), loop)
    sharpen_timers()
    gc.freeze()         # the tables stay: a later collection need not look at them
    try:
        loop.run(module, line)
    finally:
        if link:
            link.unlink(missing_ok=True)
        line.close()
        if trace:
            trace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
