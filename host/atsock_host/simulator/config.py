"""What a virtual module is started with: options of a command line, a TOML file, or both.

    dialect = "bg96"                # may be left out where the command names it
    model = "EC25"                  # models.py; then the dialect need not be named
    baud = 115200
    latency_ms = 5                  # delay of everything the module writes
    faults = ["cut", "drop:500"]
    seed = 1
    tcp = 5555                      # or rfc2217 = 5555; neither: a pseudo-terminal
    control = 5556                  # TCP port for control commands

    [hosts]
    "example.com" = "127.0.0.1:8080"

    [settings]                      # settings.py
    imei = "867000000000001"
    registration = "2,3000:5"

    [[answer]]                      # canned.py
    command = "AT\\\\+QTEMP"
    lines = ["+QTEMP: 40,41,40"]

    [[module]]                      # several in one process: what stands outside of these tables is for all of them
    settings = { imei = "867000000000001" }

    [[module]]
    dialect = "l610"
    count = 3                       # three of this kind

An option of the command line comes before what the file says; hosts, faults, settings and answers are added.  A file
whose name ends with .json holds the same as JSON.
"""

import dataclasses
import json
import sys
import tomllib

from .canned import from_entries
from .faults import sort_out
from .models import checked, model_class
from .registry import DIALECTS, module_class
from .settings import normal, parsed
from .several import PORTS, spread


class ConfigError(ValueError):
    """The configuration cannot be used; the text says what is wrong."""


@dataclasses.dataclass
class Config:
    dialect: str = ""
    model: "str | None" = None
    baud: int = 0
    latency_ms: float = 0
    seed: "int | None" = None
    trace: "str | None" = None
    log: "str | None" = None            # of all modules of the process
    link: "str | None" = None
    tcp: "int | None" = None            # 0: any port
    rfc2217: "int | None" = None
    address: str = "127.0.0.1"          # where tcp, rfc2217 and control listen
    stdio: bool = False
    pty_or_tcp: bool = False            # TCP where the system has no pseudo-terminals
    control: "int | None" = None
    dtr: str = "power-key"              # RFC 2217: what DTR is, "power-key" or "data"
    hosts: dict = dataclasses.field(default_factory=dict)
    faults: list = dataclasses.field(default_factory=list)
    settings: dict = dataclasses.field(default_factory=dict)
    answers: list = dataclasses.field(default_factory=list)

    def check(self):
        """ConfigError, UnknownFault, SettingError or AnswerError for what cannot be."""
        if not self.dialect and self.model is None:
            raise ConfigError(f"say which module: one of {', '.join(DIALECTS)}, or a model")
        try:
            self.dialect, self.model = checked(self.dialect, self.model)
        except ValueError as problem:
            raise ConfigError(str(problem)) from None
        if self.baud < 0 or self.latency_ms < 0:
            raise ConfigError("baud and latency_ms must not be negative")
        if sum((self.tcp is not None, self.rfc2217 is not None, self.stdio)) > 1:
            raise ConfigError("one of tcp, rfc2217 and stdio")
        if self.stdio and _ONLY_SOCKETS:
            raise ConfigError("standard input and output cannot be the line on this system: use --tcp PORT")
        for name in PORTS:
            port = getattr(self, name)
            if port is not None and not 0 <= port <= _LAST_PORT:
                raise ConfigError(f"{name}: ports are 0 to {_LAST_PORT}, not {port}")
        if self.dtr not in ("power-key", "data"):
            raise ConfigError("dtr is power-key or data")
        sort_out(self.faults, self.module_class)
        for name, value in self.settings.items():
            parsed(name, value)
        return self

    @property
    def module_class(self):
        return model_class(self.model) if self.model else module_class(self.dialect)


_SIMPLE = {"dialect": str, "baud": int, "latency_ms": (int, float), "seed": int, "trace": str, "log": str, "link": str,
           "tcp": int, "rfc2217": int, "address": str, "control": int, "dtr": str, "model": str}
_TABLES = {"hosts": dict, "faults": list, "settings": dict, "answer": list}
_ONLY_SOCKETS = sys.platform == "win32"     # select() takes nothing else there
_SEVERAL = {"module": list, "count": int}
NAMES = tuple(_SIMPLE)
_OF_ALL = ("log", "module")     # they do not stand in a [[module]] table
_WAYS = ("tcp", "rfc2217")
_KINDS = ("dialect", "model")
_LAST_PORT = 65535
MOST_MODULES = 64               # select() takes 1024 files, and a module may have 14


def read_file(path):
    """The tables of a TOML file; ConfigError for one that cannot be read or has names that mean nothing."""
    try:
        with open(path, "rb") as file:
            found = json.load(file) if str(path).endswith(".json") else tomllib.load(file)
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror}") from problem
    except ValueError as problem:
        raise ConfigError(f"{path}: {problem}") from problem
    _look_at(found, path, {**_SIMPLE, **_TABLES, **_SEVERAL})
    for module in found.get("module", []):
        _look_at(module, path, {name: kind for name, kind in {**_SIMPLE, **_TABLES, **_SEVERAL}.items()
                                if name not in _OF_ALL})
    return found


def _look_at(found, path, kinds):
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: {found!r} is no table")
    for name, value in found.items():
        if name not in kinds:
            raise ConfigError(f"{path}: {name} means nothing; there are: {', '.join(kinds)}")
        if not isinstance(value, kinds[name]) or isinstance(value, bool):
            raise ConfigError(f"{path}: {name} cannot be {value!r}")


def answers_of(path):
    """CannedAnswers of a file that holds nothing but [[answer]] tables."""
    found = read_file(path)
    if found.keys() - {"answer"}:
        raise ConfigError(f"{path}: a file of answers holds [[answer]] tables only")
    return from_entries(found.get("answer", []))


def _make(options, found):
    """A checked Config of `options` (None and empty ones were not given) over what a file says."""
    config = Config()
    for name in _SIMPLE:
        value = options.get(name)
        if value is None:
            value = found.get(name)
        if value is not None:
            setattr(config, name, value)
    config.stdio = bool(options.get("stdio"))
    config.pty_or_tcp = bool(options.get("pty_or_tcp"))
    if config.stdio or any(options.get(way) is not None for way in _WAYS):
        config.tcp, config.rfc2217 = map(options.get, _WAYS)    # the file's way in is another one
    config.hosts = {**found.get("hosts", {}), **options.get("hosts", {})}
    config.faults = [*found.get("faults", []), *options.get("faults", [])]
    config.settings = {normal(name): value for name, value in
                       [*found.get("settings", {}).items(), *options.get("settings", {}).items()]}
    config.answers = [answer for path in options.get("answers", []) for answer in answers_of(path)]
    config.answers += from_entries(found.get("answer", []))
    return config.check()


def make_all(options, file=None):
    """Checked Configs of all modules of a process; `options` may have `count`.

    The first module has a port, a trace and a link as they are given for all; with more than one the next port is the
    next module's, and files are numbered (several.py).
    """
    found = read_file(file) if file else {}
    entries = found.pop("module", None) or [{}]
    copies_there = found.pop("count", 1)
    copies = options.get("count") or copies_there
    plan = [(entry, copy) for entry in entries for copy in range(entry.get("count", copies))]
    if not 1 <= len(plan) <= MOST_MODULES:
        raise ConfigError(f"1 to {MOST_MODULES} modules, not {len(plan)}")
    if len(plan) == 1:
        return [_make(options, _joined(found, plan[0][0]))]
    if options.get("stdio"):
        raise ConfigError("standard input and output are the line of one module")
    configs = []
    for index, (entry, copy) in enumerate(plan):
        config = _make(options, _joined(found, entry))
        own = [name for name in entry if options.get(name) is None]
        spread(config, index, {name: copy if entry.get("count", copies) > 1 else None for name in own})
        configs.append(config.check())
    return configs


def _joined(found, entry):
    """What a file says of one module: `found` is for all of them."""
    joined = {**found, **{name: value for name, value in entry.items() if name != "count"}}
    if any(way in entry for way in _WAYS):
        joined = {name: value for name, value in joined.items() if name not in _WAYS or name in entry}
    if "model" in entry or "dialect" in entry:
        joined = {name: value for name, value in joined.items() if name not in _KINDS or name in entry}
    for name, kind in _TABLES.items():
        if name in found and name in entry:
            joined[name] = {**found[name], **entry[name]} if kind is dict else [*found[name], *entry[name]]
    return joined
