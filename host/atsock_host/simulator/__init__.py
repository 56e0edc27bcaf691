"""Virtual modules on pseudo-terminals and TCP ports; their sockets are real sockets of this machine.

Owns what a program in Python has of them: Simulator is one module, Simulators are several in one process.  The
process is process.py from outside and `__main__.py` from inside.
"""

import collections.abc
import contextlib
import json
import os
import tempfile

from .eventlog import read_log
from .models import checked
from .process import Owner, Process, SimulatorError

__all__ = ["Simulator", "SimulatorError", "Simulators", "VirtualModule"]

_OURS = ("--pty-or-tcp", "--json")      # what the process is told beside the caller's words


class VirtualModule:
    """One module of a simulator's process.

    port: its serial line, a path or a URL that SerialPort takes.  control_port: the TCP port for control commands, or
    None.  dialect: which module it is.  log: path of the log, or None.
    """

    def __init__(self, process, number):
        self._process = process
        self._number = number
        place = json.loads(process.line())
        self.dialect = place["dialect"]
        self.port = place["port"]
        self.control_port = place["control_port"]
        self.log = place["log"]

    @property
    def tcp_address(self):
        """(address, port) of a line on a TCP port, for programs that open a socket themselves; None for a path."""
        scheme, mark, rest = self.port.partition("://")
        if not mark:
            return None
        address, _, port = rest.rpartition(":")
        return address, int(port)

    def violations(self):
        """What a well-behaved driver never does and the one on the line did: list of texts."""
        return self.control("violations")

    def exceptions(self):
        """Tracebacks of the simulator's own faults: the module answers ERROR then and lives on."""
        return self.control("exceptions")

    def events(self):
        """What the log says of this module so far: list of dicts.  SimulatorError when there is no log."""
        if self.log is None:
            raise SimulatorError("the simulator was started without log=")
        if not self._process.ended:
            self.control("status")      # what was noted before is in the file then
        return [record for record in read_log(self.log) if record["module"] == self._number]

    def control(self, command):
        """Make something happen to the module and return the answer:

        "violations"; "exceptions"; "status"; "restart" (as by a watchdog); "hang" (only a restart helps); "power-off",
        "power-on", "power-key", "reset-pin"; "network-lost", "network-back"; "urc TEXT" (an unsolicited line);
        "ring [NUMBER]"; "sms [INDEX]"; "set NAME VALUE", "get NAME", "settings"; "fault NAME[:VALUE]", "no-fault NAME",
        "faults"; "answer JSON", "no-answers"; "help" says what each does.  SimulatorError for anything else and when
        the process has ended.
        """
        return self._process.ask(f"module {self._number} {command}")


class Simulator(Owner, VirtualModule):
    """A virtual module in a process of its own; `port` is its serial line: a path, or a URL that SerialPort takes.

    dialect: "bg96", "a7600", "sim7028", "nl668" or "l610" (ValueError for others); None when `model` or `config` says
    it.
    model: "EC25", "A7670", ... (`atsock sim --list-models`; ValueError for others): its answers and its limits.
    hosts: {name: address}, {name: "address:port"}, {name: (address, port)} or {name: "address,address"}: what the
    module can reach beside loopback addresses.  baudrate: speed of the line in bit/s, 0 for no limit.
    latency_ms: delay of everything the module writes.  faults: names of what shall go wrong (`python -m
    atsock_host.simulator --help` lists them).  seed: makes random faults repeatable.
    trace: path of a file that gets all bytes.  log: path of a file that gets what happened as JSON, one record to a
    line; events() reads it.  Passwords and PINs are asterisks in both.
    settings: {name: value}, docs/simulator.md lists the names.  answers: a file of canned answers, or a list of
    {"command": ..., "lines": [...], ...}.  config: a TOML file with any of these.
    tcp, rfc2217: listen on this TCP port instead of making a pseudo-terminal; 0 takes any.  Where the system has no
    pseudo-terminals, tcp=0 is what happens by itself.  dtr: what DTR of RFC 2217 is, "power-key" or "data".
    address: where they listen.  link: path of a symbolic link to the port.  control_port: a TCP port for control
    commands, too, 0 for any; the attribute of that name tells which.
    Raises SimulatorError when the process does not start.
    """

    def __init__(self, dialect=None, *, model=None, hosts=None, baudrate=0, latency_ms=0, faults=(), seed=None,
                 trace=None, log=None, settings=None, answers=(), config=None, tcp=None, rfc2217=None, dtr=None,
                 control_port=None, address=None, link=None):
        if config is None or dialect is not None or model is not None:      # else the file says it
            dialect, _ = checked(dialect, model)
        files = [answers] if isinstance(answers, (str, os.PathLike)) else []
        arguments = [dialect] if dialect else []
        for name, value in (("model", model), ("config", config), ("baud", baudrate or None),
                            ("latency-ms", latency_ms or None), ("seed", seed), ("trace", trace), ("log", log),
                            ("tcp", tcp), ("rfc2217", rfc2217), ("dtr", dtr), ("address", address),
                            ("control", control_port), ("link", link)):
            if value is not None:
                arguments += [f"--{name}", str(value)]
        for option, values in (("host", _pairs("hosts", hosts)), ("fault", _listed(faults, str)),
                               ("set", _pairs("settings", settings)), ("answers", files)):
            for value in values:
                arguments += [f"--{option}", str(value)]
        self._process = Process([*arguments, *_OURS], model or dialect or config)
        try:
            super().__init__(self._process, 1)
            for answer in reversed([] if files else _listed(answers, dict)):
                self.control(f"answer {json.dumps(answer)}")
        except BaseException:
            self.close()
            raise


class Simulators(Owner, collections.abc.Sequence):
    """Several virtual modules in one process: a sequence of VirtualModule.

    Simulators("bg96", count=8)         eight of a kind; their IMEI, ICCID, IMSI and number count up
    Simulators([{"dialect": "bg96"}, {"dialect": "l610", "settings": {"imei": ...}, "count": 2}], baudrate=115200)
    Simulators(config="modules.toml")   what the [[module]] tables of a file say

    A dict has the keywords of Simulator, and `count`; what is given beside the list is for all of them.  A port that
    is given for all is the first one's, and the next module has the next one; files are numbered.
    Raises ConfigError (a ValueError) and its like for what cannot be, SimulatorError when the process does not start.
    """

    def __init__(self, modules=None, *, count=None, config=None, log=None, **for_all):
        from .config import make_all        # here, because a single module does not need it

        named = {"log": os.fspath(log) if log is not None else None, "count": count}
        if modules is None and config is None:
            raise ValueError("say which modules: a dialect, a list, or config=")
        if isinstance(modules, str):
            checked(modules)
            named["dialect"] = modules
        elif modules is not None:
            named["module"] = [_entry(module) for module in modules]
        if modules is not None and config is not None:
            raise ValueError("either modules or config=")
        entry = {**{name: value for name, value in named.items() if value is not None}, **_entry(for_all)}
        self._modules = []
        with _file_of(entry, config) as path:
            plan = make_all({}, path)
            self._process = Process(["--config", path, *_OURS], "several modules")
            try:
                self._modules += [VirtualModule(self._process, number) for number in range(1, len(plan) + 1)]
            except BaseException:
                self.close()
                raise

    def __len__(self):
        return len(self._modules)

    def __getitem__(self, index):
        return self._modules[index]


def _pairs(keyword, table):
    if not isinstance(table or {}, dict):
        raise TypeError(f"{keyword} is a dict, not {table!r}")
    return [f"{name}={_as_text(value)}" for name, value in (table or {}).items()]


def _as_text(value):
    """A value of a table: an address as socket.getsockname() gives it becomes "address:port", a list "one,other"."""
    if isinstance(value, tuple) and len(value) > 1 and isinstance(value[1], int):
        address, port = value[:2]
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return ",".join(map(str, value)) if isinstance(value, (tuple, list)) else value


def _listed(values, alone):
    """The list of what may be given alone, without a list."""
    return [values] if isinstance(values, alone) else list(values)


_OTHERWISE = {"baudrate": "baud", "control_port": "control", "answers": "answer"}      # in a file


def _entry(keywords):
    """Keywords of Simulator as a file of options has them."""
    entry = {_OTHERWISE.get(name, name): os.fspath(value) if isinstance(value, os.PathLike) else value
             for name, value in keywords.items() if value is not None}
    if isinstance(entry.get("answer"), str):
        from .config import read_file

        entry["answer"] = read_file(entry["answer"]).get("answer", [])
    for name, alone in (("answer", dict), ("faults", str)):
        if name in entry:
            entry[name] = _listed(entry[name], alone)
    for name in ("hosts", "settings"):
        if name in entry:
            entry[name] = {key: _as_text(value) for key, value in dict(entry[name]).items()}
    return entry


@contextlib.contextmanager
def _file_of(entry, config):
    """The path of a file of options: `config`, or one that says what `entry` says, for as long as it is needed."""
    if config is not None:
        if entry:
            raise ValueError(f"with config= the file says it all, not {', '.join(entry)}")
        yield os.fspath(config)
        return
    handle, path = tempfile.mkstemp(".json")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(entry, file)
        yield path
    finally:
        os.unlink(path)
