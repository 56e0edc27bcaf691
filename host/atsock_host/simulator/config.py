"""What a virtual module is started with: options of a command line, a TOML file, or both.

    dialect = "bg96"                # may be left out where the command names it
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

An option of the command line comes before what the file says; hosts, faults, settings and answers are added.
"""

import dataclasses
import tomllib

from .canned import from_entries
from .faults import sort_out
from .registry import DIALECTS, module_class
from .settings import normal, parsed


class ConfigError(ValueError):
    """The configuration cannot be used; the text says what is wrong."""


@dataclasses.dataclass
class Config:
    dialect: str = ""
    baud: int = 0
    latency_ms: float = 0
    seed: "int | None" = None
    trace: "str | None" = None
    link: "str | None" = None
    tcp: "int | None" = None            # 0: any port
    rfc2217: "int | None" = None
    address: str = "127.0.0.1"          # where tcp and rfc2217 listen
    stdio: bool = False
    control: "int | None" = None
    dtr: str = "power-key"              # RFC 2217: what DTR is, "power-key" or "data"
    hosts: dict = dataclasses.field(default_factory=dict)
    faults: list = dataclasses.field(default_factory=list)
    settings: dict = dataclasses.field(default_factory=dict)
    answers: list = dataclasses.field(default_factory=list)

    def check(self):
        """ConfigError, UnknownFault, SettingError or AnswerError for what cannot be."""
        if self.dialect not in DIALECTS:
            raise ConfigError(f"no module is called {self.dialect!r}; there are: {', '.join(DIALECTS)}")
        if self.baud < 0 or self.latency_ms < 0:
            raise ConfigError("baud and latency_ms must not be negative")
        if sum((self.tcp is not None, self.rfc2217 is not None, self.stdio)) > 1:
            raise ConfigError("one of tcp, rfc2217 and stdio")
        if self.dtr not in ("power-key", "data"):
            raise ConfigError("dtr is power-key or data")
        sort_out(self.faults, module_class(self.dialect))
        for name, value in self.settings.items():
            parsed(name, value)
        return self


_SIMPLE = {"dialect": str, "baud": int, "latency_ms": (int, float), "seed": int, "trace": str, "link": str, "tcp": int,
           "rfc2217": int, "address": str, "control": int, "dtr": str}
_TABLES = {"hosts": dict, "faults": list, "settings": dict, "answer": list}


def read_file(path):
    """The tables of a TOML file; ConfigError for one that cannot be read or has names that mean nothing."""
    try:
        with open(path, "rb") as file:
            found = tomllib.load(file)
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror}") from problem
    except ValueError as problem:
        raise ConfigError(f"{path}: {problem}") from problem
    for name, value in found.items():
        kind = _SIMPLE.get(name) or _TABLES.get(name)
        if kind is None:
            raise ConfigError(f"{path}: {name} means nothing; there are: {', '.join([*_SIMPLE, *_TABLES])}")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ConfigError(f"{path}: {name} cannot be {value!r}")
    return found


def answers_of(path):
    """CannedAnswers of a file that holds nothing but [[answer]] tables."""
    found = read_file(path)
    if found.keys() - {"answer"}:
        raise ConfigError(f"{path}: a file of answers holds [[answer]] tables only")
    return from_entries(found.get("answer", []))


def make(options, file=None):
    """A checked Config of `options` (None and empty ones were not given) over what the file says."""
    config = Config()
    found = read_file(file) if file else {}
    for name in _SIMPLE:
        value = options.get(name)
        if value is None:
            value = found.get(name)
        if value is not None:
            setattr(config, name, value)
    config.stdio = bool(options.get("stdio"))
    if options.get("tcp") is not None or options.get("rfc2217") is not None or config.stdio:
        config.tcp, config.rfc2217 = options.get("tcp"), options.get("rfc2217")     # the file's way in is another one
    config.hosts = {**found.get("hosts", {}), **options.get("hosts", {})}
    config.faults = [*found.get("faults", []), *options.get("faults", [])]
    config.settings = {normal(name): value for name, value in
                       [*found.get("settings", {}).items(), *options.get("settings", {}).items()]}
    config.answers = [answer for path in options.get("answers", []) for answer in answers_of(path)]
    config.answers += from_entries(found.get("answer", []))
    return config.check()
