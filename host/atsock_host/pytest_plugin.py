"""For pytest: virtual cellular modules as fixtures.

virtual_modem       a virtual module (Simulator) on a pseudo-terminal, or on a TCP port where the system has none
modem               atsock's own driver on it, attached to the network
make_virtual_modem  makes more of them

What the driver under test did and a well-behaved one never does fails the test when it is over, and the report of a
test that failed shows what went over the line.  docs/testing.md is the page about it.  The only file that imports
pytest.
"""

import inspect
import re

import pytest

from .simulator import Simulator, SimulatorError
from .simulator.eventlog import read_log

DIALECT = "bg96"        # when nobody says another one
BAUDRATE = 115200       # likewise, for the fixture `modem`; a line without a speed of its own takes any
_SHOWN = 60             # records of the log, in the report of a test that failed
_MADE = pytest.StashKey[list]()
_ALONE: "dict[str, type]" = {"faults": str, "allowed": str, "answers": dict}    # one of them, without a list
_FIRST = {"virtual_modem": "dialect", "modem": "apn"}       # marker: the keyword that may stand without its name
_MARKERS = (
    ("virtual_modem(dialect, *, settings={}, faults=[], hosts={}, allowed=[], ...): what the virtual module of the "
     "test is: the keywords of atsock_host.Simulator; `allowed`: violations that do not count, as they are or as "
     "regular expressions"),
    "modem(apn='internet', *, attach=True, ...): keywords of atsock.Modem for the fixture `modem`",
)


def pytest_addoption(parser):
    group = parser.getgroup("atsock", "virtual cellular modules")
    group.addoption("--atsock-tcp", action="store_true", help="virtual modules are on TCP ports, not pseudo-terminals")
    group.addoption("--atsock-dialect", metavar="DIALECT", help="what they are where a test does not say it")
    parser.addini("atsock_dialect", "what virtual modules are where a test does not say it", default=DIALECT)


def pytest_configure(config):
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


def _said(node, name):
    """Keywords of all markers of a name, outermost first: lists and tables are added, other values replaced."""
    said: "dict[str, object]" = {}
    for marker in reversed(list(node.iter_markers(name))):
        if len(marker.args) > 1:
            raise pytest.UsageError(f"{node.nodeid}: the marker {name} takes one value without a name")
        _add(said, {**dict(zip([_FIRST[name]], marker.args, strict=False)), **marker.kwargs})
    return said


def _add(said, more):
    for name, given in more.items():
        value = [given] if isinstance(given, _ALONE.get(name, ())) else given
        before = said.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            said[name] = {**before, **value}
        elif isinstance(value, (list, tuple)) and isinstance(before, (list, tuple)):
            said[name] = [*before, *value]
        else:
            said[name] = value


def _cannot_be(said, problem):
    """Why a virtual module cannot be what a marker says, for whoever wrote the marker."""
    known = [name for name in inspect.signature(Simulator).parameters if name != "dialect"]
    unknown = [name for name in said if name not in (*known, "dialect", "allowed")]
    if unknown:
        return f"the marker has no keyword {', '.join(unknown)}; there are: dialect, allowed, {', '.join(known)}"
    return str(problem)


class _Made:
    """One virtual module of a test, the speed of its line, and the violations that are allowed to its driver."""

    def __init__(self, module, baudrate, allowed):
        self.module = module
        self.baudrate = baudrate
        self.allowed = [re.compile(f"{pattern}|{re.escape(pattern)}")
                        for pattern in ([allowed] if isinstance(allowed, str) else allowed)]
        self._told = [0, 0]     # how many violations and exceptions complaints() has seen
        self._ended = False

    def _whole(self):
        """Violations and exceptions so far; those of a module that the test has closed are in its log."""
        if self.module.pid is not None or self.module.log is None:
            return self.module.violations(), self.module.exceptions()
        records = read_log(self.module.log)
        return [[record["text"] for record in records if record["event"] == event]
                for event in ("violation", "exception")]

    def complaints(self):
        """Why the test has to fail, as texts: what is new since the last call."""
        if self._ended:
            return []
        try:
            told, whole = self._told, self._whole()
        except SimulatorError as problem:
            self._ended = True
            return [str(problem)]
        self._told = [len(texts) for texts in whole]
        violations, exceptions = (texts[seen:] for texts, seen in zip(whole, told, strict=True))
        found = [text for text in violations if not any(pattern.search(text) for pattern in self.allowed)]
        complaints = [f"the simulator itself was at fault:\n{text}" for text in exceptions]
        if found:
            lines = "\n".join(f"    {text}" for text in found)
            complaints.append(
                f"the driver did what a well-behaved driver never does (virtual {self.module.dialect or 'module'}):\n"
                f"{lines}")
        return complaints


@pytest.fixture
def make_virtual_modem(request, tmp_path_factory):
    """Makes virtual modules: make_virtual_modem("l610", settings={...}, faults=[...]), the keywords of Simulator.

    Returns a Simulator; it ends with the test, and its driver's violations fail the test unless `allowed` has them, or
    a part of them, as they are or as a regular expression.
    Without a dialect it is that of --atsock-dialect or the ini-file.
    """
    config = request.config
    made = request.node.stash.setdefault(_MADE, [])

    def make(dialect=None, *, allowed=(), **keywords):
        if dialect is None and "config" not in keywords and "model" not in keywords:
            dialect = config.getoption("--atsock-dialect") or config.getini("atsock_dialect")
        if config.getoption("--atsock-tcp") and "rfc2217" not in keywords:
            keywords.setdefault("tcp", 0)
        keywords.setdefault("log", tmp_path_factory.mktemp("virtual_modem") / "log.jsonl")
        module = Simulator(dialect, **keywords)
        made.append(_Made(module, keywords.get("baudrate") or BAUDRATE, allowed))
        return module

    yield make
    complaints = []
    for one in made:
        complaints += one.complaints()
        one.module.close()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


@pytest.fixture
def virtual_modem(request, make_virtual_modem):
    """A virtual module as the markers `virtual_modem` of the test say: `port` is what a driver opens.

    It can be parametrized with indirect=True: each value is a dialect, or a dict of keywords.
    """
    said = _said(request.node, "virtual_modem")
    param = getattr(request, "param", None)
    if param is not None:
        _add(said, param if isinstance(param, dict) else {"dialect": param})
    try:
        return make_virtual_modem(**said)
    except (SimulatorError, TypeError, ValueError) as problem:
        why = _cannot_be(said, problem)
    return pytest.fail(f"the virtual modem of {request.node.nodeid} cannot be made: {why}", pytrace=False)


@pytest.fixture
def modem(request, virtual_modem):
    """An atsock.Modem on the virtual module of the test, attached to the network; closed at the end."""
    import atsock

    from .serialport import SerialPort

    said = {"apn": "internet", **_said(request.node, "modem")}
    attach = said.pop("attach", True)
    baudrate = next(one.baudrate for one in request.node.stash[_MADE] if one.module is virtual_modem)
    with SerialPort(virtual_modem.port, baudrate) as port:
        driver = atsock.Modem(port, said.pop("dialect", virtual_modem.dialect), **said)
        if attach:
            driver.attach()
        yield driver
        driver.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """The test itself fails by what its driver did, so that xfail and reruns know; what comes later is an error."""
    result = yield
    complaints = [text for one in item.stash.get(_MADE, ()) for text in one.complaints()]
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
    return result


# ---- the report of a test that failed


def _told(record):
    """One record of the log as a line for people."""
    event = record["event"]
    if event == "command":
        text = f"> {record['text']}"
    elif event == "answer":
        payload = [f"({record['bytes']} bytes)"] if record["bytes"] else []
        text = "< " + " | ".join([*record["lines"], *payload, record["result"]])
    elif event == "urc":
        text = f"< {record['text']}"
    elif event == "violation":
        text = f"! {record['text']}"
    else:
        rest = {name: value for name, value in record.items() if name not in ("time", "module", "event")}
        text = f"# {event}: " + " ".join(map(str, rest.values()))
    return f"{record['time']:9.3f} {text}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for one in (one for one in item.stash.get(_MADE, ()) if one.module.log is not None):
            records = read_log(one.module.log)
            lines = ["..."] if len(records) > _SHOWN else []
            lines += map(_told, records[-_SHOWN:])
            report.sections.append((f"virtual {one.module.dialect or 'module'}, {call.when}", "\n".join(lines)))
    return report
