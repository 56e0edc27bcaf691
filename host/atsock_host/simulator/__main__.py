"""The simulator's process: `python -m atsock_host.simulator DIALECT`.

Prints what a host opens as its first line, with --control the port for that as the second, and so on for every module
(--count, --config).  Ends when its standard input ends, on SIGTERM, and on Ctrl-C with 130.  Lines on standard input
are control commands (control.py, controlinput.py), unless it is the line itself (--stdio).
"""

import argparse
import contextlib
import gc
import json
import os
import pathlib
import signal
import sys

from .canned import AnswerError
from .config import MOST_MODULES, ConfigError, make_all
from .controlinput import ControlInput
from .eventlog import EventLog
from .faults import WIRE_FAULTS, UnknownFault, all_quirks
from .loop import Loop, sharpen_timers
from .machine import Machine
from .models import MODELS
from .registry import DIALECTS, module_class
from .settings import SETTINGS, SettingError, split_option

INTERRUPTED = 130       # 128 + SIGINT, as shells have it


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
        print("\nmodels (--model NAME):")
        _print_faults({name: f"{model.dialect}, {model.calls_itself}" for name, model in MODELS.items()})
        print("\nsettings (--set NAME=VALUE):")
        _print_faults({name: setting.text for name, setting in SETTINGS.items()})
        parser.exit()


def _print_faults(faults):
    for name, text in sorted(faults.items()):
        print(f"  {name:24} {text}")


def make_parser():
    parser = argparse.ArgumentParser(prog="python -m atsock_host.simulator", add_help=False,
                                     description="A virtual cellular module on a serial line.")
    parser.add_argument("-h", "--help", action=_Help)
    parser.add_argument("dialect", nargs="?", choices=DIALECTS, help="which module to be (the file may say it)")
    parser.add_argument("--model", metavar="NAME", help="which model of its family to be; then DIALECT may be left out")
    parser.add_argument("--config", metavar="FILE", help="TOML file with all of this")
    parser.add_argument("--count", type=int, metavar="N",
                        help=f"so many modules, at most {MOST_MODULES}, on ports that follow each other")
    parser.add_argument("--tcp", type=int, metavar="PORT", help="listen there, no pseudo-terminal; 0: any port")
    parser.add_argument("--rfc2217", type=int, metavar="PORT",
                        help="the same with RFC 2217: DTR is the power key, RTS the reset; the speed counts")
    parser.add_argument("--address", metavar="ADDR", help="where --tcp, --rfc2217 and --control listen (127.0.0.1)")
    parser.add_argument("--pty-or-tcp", action="store_true",
                        help="a pseudo-terminal, or --tcp 0 where the system has none")
    parser.add_argument("--dtr", choices=("power-key", "data"), help="what DTR of RFC 2217 is (power-key; data: AT&D)")
    parser.add_argument("--stdio", action="store_true", help="standard input and output are the line")
    parser.add_argument("--control", type=int, metavar="PORT", help="TCP port for control commands; 0: any")
    parser.add_argument("--host", action="append", default=[], metavar="NAME=ADDR[:PORT]",
                        help="a name or address that the module can reach, beside loopback addresses")
    parser.add_argument("--baud", type=int, metavar="N", help="speed of the line in bit/s, 0 for no limit (0)")
    parser.add_argument("--latency-ms", type=float, metavar="MS", help="delay of everything the module writes")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="a setting: identity, operator, signal, times, ...")
    parser.add_argument("--answers", action="append", default=[], metavar="FILE",
                        help="TOML file of answers that come before the module's own")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[:VALUE]", help="something to go wrong")
    parser.add_argument("--seed", type=int, metavar="N", help="makes random faults repeatable")
    parser.add_argument("--trace", metavar="FILE",
                        help="file for all bytes (>, <) but passwords and PINs, and violations (!)")
    parser.add_argument("--json", action="store_true",
                        help="say where the modules are as JSON, an object a line: dialect, port, control_port, log")
    parser.add_argument("--log", metavar="FILE",
                        help="file for commands, answers, notices, states, faults, violations as JSON, one to a line")
    parser.add_argument("--link", metavar="PATH", help="symbolic link to the port, removed at the end")
    return parser


def _hosts(texts):
    table = {}
    for text in texts:
        name, mark, target = text.partition("=")
        if not (name and mark and target):
            raise ConfigError(f"--host must be NAME=ADDRESS[:PORT], not {text}")
        table[name] = target
    return table


def _configs(options):
    given = vars(options)
    return make_all({**given, "hosts": _hosts(options.host), "faults": options.fault,
                     "settings": dict(map(split_option, options.set))}, options.config)


def _end(number, frame):
    # an exception ends select(), a flag would not
    raise SystemExit(INTERRUPTED if number == signal.SIGINT else 0)


def _place(config, machine):
    return {"dialect": config.dialect, "port": machine.line.port, "log": config.log,
            "control_port": machine.control_port.port if machine.control_port else None}


class _Machines:
    """The modules of this process, their links and their log."""

    def __init__(self, configs, options):
        self.loop = Loop()
        self._configs, self._stdio, self._json = configs, options.stdio, options.json
        self._links = []
        with contextlib.ExitStack() as undo:
            undo.callback(self._unlink)
            log = EventLog(configs[0].log) if configs[0].log else None
            if log is not None:
                undo.callback(log.close)
            self.machines = []
            for number, config in enumerate(configs, 1):
                self.machines.append(Machine(config, self.loop, log, number))
                undo.callback(self.machines[-1].close)
                if config.link:
                    self._link(config.link, self.machines[-1].line.port)
            self._undo = undo.pop_all()

    def _link(self, path, port):
        if os.path.islink(path):
            os.unlink(path)
        os.symlink(port, path)
        self._links.append(path)

    def _unlink(self):
        for path in self._links:
            pathlib.Path(path).unlink(missing_ok=True)

    def tell(self):
        """Say where the lines and the control ports are."""
        output = sys.stderr if self._stdio else sys.stdout
        for config, machine in zip(self._configs, self.machines):
            if self._json:
                print(json.dumps(_place(config, machine)), file=output)
                continue
            if not self._stdio:
                print(machine.line.port, file=output)
            if machine.control_port is not None:
                print(f"control {machine.control_port.port}", file=output)
        output.flush()

    def run(self):
        if not self._stdio:
            ControlInput([machine.control for machine in self.machines], self.loop.share_of_all(), self.loop.stop)
        self.loop.run()

    def close(self):
        self._undo.close()


def main(arguments=None):
    parser = make_parser()
    options = parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        machines = _Machines(_configs(options), options)
    except (ConfigError, UnknownFault, SettingError, AnswerError, OSError) as problem:
        parser.error(str(problem))
    try:
        machines.tell()
        sharpen_timers()
        gc.freeze()         # the tables stay: a later collection need not look at them
        machines.run()
    finally:
        machines.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
