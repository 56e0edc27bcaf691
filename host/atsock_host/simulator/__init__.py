"""Virtual modules on pseudo-terminals; their sockets are real sockets of this machine.

Owns the life of the simulator's process as seen from outside.  The process itself is `__main__.py`.
"""

import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

from .registry import DIALECTS

__all__ = ["Simulator", "SimulatorError"]

_START_S = 20
_STOP_S = 5
_ANSWER_S = 10


def _pairs(table):
    return [f"{name}={value}" for name, value in (table or {}).items()]


class SimulatorError(RuntimeError):
    """The simulator's process could not start, has ended, or did not understand."""


class Simulator:
    """A virtual module in a process of its own; `port` is its serial line: a path, or a URL that SerialPort takes.

    dialect: "bg96", "a7600", "sim7028", "nl668" or "l610" (ValueError for others); None when `config` names it.
    hosts: {name: address}, {name: "address:port"} or {name: "address,address"}: what the module can reach
    beside loopback addresses.  baudrate: speed of the line in bit/s, 0 for no limit.  latency_ms: delay of
    everything the module writes.  faults: names of what shall go wrong (`python -m atsock_host.simulator
    --help` lists them).  seed: makes random faults repeatable.  trace: path of a file that gets all bytes.
    settings: {name: value}, docs/simulator.md lists the names.  answers: a file of canned answers, or a list of
    {"command": ..., "lines": [...], ...}.  config: a TOML file with any of these.
    tcp, rfc2217: listen on this TCP port instead of making a pseudo-terminal; 0 takes any.  dtr: what DTR of RFC 2217
    is, "power-key" or "data".  address: where they listen.  control_port: a TCP port for control commands, too, 0 for
    any; the attribute of that name tells which.
    Raises SimulatorError when the process does not start.
    """

    def __init__(self, dialect=None, *, hosts=None, baudrate=0, latency_ms=0, faults=(), seed=None, trace=None,
                 settings=None, answers=(), config=None, tcp=None, rfc2217=None, dtr=None, control_port=None,
                 address=None):
        if dialect not in DIALECTS and (dialect is not None or config is None):
            raise ValueError(f"no module is called {dialect!r}; there are: {', '.join(DIALECTS)}")
        self.dialect = dialect
        files = [answers] if isinstance(answers, (str, os.PathLike)) else []
        command = [sys.executable, "-m", __name__, *([dialect] if dialect else [])]
        for name, value in (("config", config), ("baud", baudrate or None), ("latency-ms", latency_ms or None),
                            ("seed", seed), ("trace", trace), ("tcp", tcp), ("rfc2217", rfc2217), ("dtr", dtr),
                            ("address", address), ("control", control_port)):
            if value is not None:
                command += [f"--{name}", str(value)]
        for option, values in (("host", _pairs(hosts)), ("fault", faults), ("set", _pairs(settings)),
                               ("answers", files)):
            for value in values:
                command += [f"--{option}", str(value)]
        self._pending = b""
        self._stderr = tempfile.TemporaryFile()
        home = str(pathlib.Path(__file__).resolve().parents[2])
        path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH")) if part)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True)     # a Ctrl-C meant for the program must not stop the module under it
        try:
            self.port = self._read_line(_START_S).decode()
            self.control_port = int(self._read_line(_START_S).split()[1]) if control_port is not None else None
            for answer in reversed([] if files else list(answers)):
                self.control(f"answer {json.dumps(answer)}")
        except SimulatorError:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def __del__(self):
        if getattr(self, "_process", None) is not None:
            self.close()

    @property
    def pid(self):
        """Process id of the simulator, or None after close()."""
        return self._process.pid if self._process else None

    def close(self):
        """End the process; does nothing the second time."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.stdin.close()
        except BrokenPipeError:     # a word to it was still on its way when it died
            pass
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        self._stderr.close()

    def violations(self):
        """What a well-behaved driver never does and the one on the line did: list of texts."""
        return self.control("violations")

    def exceptions(self):
        """Tracebacks of the simulator's own faults: the module answers ERROR then and lives on."""
        return self.control("exceptions")

    def control(self, command):
        """Make something happen to the module and return the answer:

        "violations"; "exceptions"; "status"; "restart" (as by a watchdog); "hang" (only a restart helps); "power-off",
        "power-on", "power-key", "reset-pin"; "network-lost", "network-back"; "urc TEXT" (an unsolicited line);
        "ring [NUMBER]"; "sms [INDEX]"; "set NAME VALUE", "get NAME", "settings"; "fault NAME[:VALUE]", "no-fault NAME",
        "faults"; "answer JSON", "no-answers"; "help" says what each does.  SimulatorError for anything else and when
        the process has ended.
        """
        if self._process is None:
            raise SimulatorError("the simulator is closed")
        try:
            self._process.stdin.write(command.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise SimulatorError(self._obituary()) from None
        answer = json.loads(self._read_line(_ANSWER_S))
        if "error" in answer:
            raise SimulatorError(answer["error"])
        return answer["result"]

    def _read_line(self, seconds):
        output = self._process.stdout.fileno()
        deadline = time.monotonic() + seconds
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise SimulatorError(f"the simulator of {self.dialect} gave no answer within {seconds} s")
            data = os.read(output, 65536)
            if not data:
                raise SimulatorError(self._obituary())
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _obituary(self):
        self._process.wait(_STOP_S)
        self._stderr.seek(0)
        words = self._stderr.read().decode(errors="replace").strip().splitlines()
        reason = words[-1] if words else f"exit status {self._process.returncode}"
        return f"the simulator of {self.dialect} has ended: {reason}"
