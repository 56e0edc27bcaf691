"""What a virtual module wrote down: the log, one JSON object to a line, and text files that may become full.

Owns the form of a record and the files.  What is noted, and when, the module and its parts know: Module.note().
"""

import datetime
import json
import sys

from ..trace import FROM_MODULE, TO_MODULE, SecretFilter, private


class Writer:
    """A text file that only its owner can read.  One that takes no more (a full disk) ends the writing, not the module.

    Raises OSError when it cannot be made.
    """

    def __init__(self, path):
        self._path = path
        self._file = open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n", buffering=1,
                          opener=private)

    def write(self, text):
        if self._file is None:
            return
        try:
            self._file.write(text)
        except OSError as problem:
            self._failed(problem)

    def _failed(self, problem):
        file, self._file = self._file, None
        sys.stderr.write(f"{self._path} is not complete: {problem.strerror}\n")
        try:
            file.close()
        except OSError:         # it tries once more to write what it could not
            return

    def close(self):
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as problem:
                sys.stderr.write(f"{self._path} is not complete: {problem.strerror}\n")


def _without_secrets(value, secrets, direction):
    if isinstance(value, list):
        return [_without_secrets(one, secrets, direction) for one in value]
    if not isinstance(value, str):
        return value
    line = value.encode("utf-8", "surrogatepass") + b"\r"      # which ends there
    return secrets.hide(direction, line)[:-1].decode("utf-8", "surrogatepass")


class EventLog(Writer):
    """The log of a process; begin() gives what its modules note with.

    A record has `time` (seconds since the process began), `module` (1 is the first one), `event`, and what belongs to
    that; docs/simulator.md lists the events.  Passwords and PINs become asterisks.
    """

    def begin(self, number, clock, dialect, port):
        """Note the start of module `number`; returns note(event, fields) for it.  `clock` gives milliseconds."""

        secrets = SecretFilter()

        def note(event, fields):
            direction = TO_MODULE if event == "command" else FROM_MODULE
            shown = {name: _without_secrets(value, secrets, direction) for name, value in fields.items()}
            record = {"time": round(clock() / 1000, 6), "module": number, "event": event, **shown}
            self.write(json.dumps(record) + "\n")

        now = datetime.datetime.now(datetime.timezone.utc)
        note("start", {"dialect": dialect, "port": port, "date": now.isoformat(timespec="milliseconds")})
        return note


def read_log(path):
    """The records of a log as a list of dicts; what is still being written at its end is left out."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]
