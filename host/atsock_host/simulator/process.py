"""The simulator's process as seen from outside: it is started, asked, and ended.

Owns the process and its pipes.  Threads read, because select() of Windows takes no pipes.
"""

import contextlib
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time

START_S = 20
_STOP_S = 5
_ANSWER_S = 10
_LOOK_S = 1.0       # so often wait() lets a Ctrl-C through where a lock does not


class SimulatorError(RuntimeError):
    """The simulator's process could not start, has ended, or did not understand."""


@contextlib.contextmanager
def _signals_for_others():
    """A thread that is started here gets no signal: who waits for one gets it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Process:
    """`python -m atsock_host.simulator` with these arguments; `name` stands in messages.

    Raises SimulatorError when it ends at once.
    """

    def __init__(self, arguments, name):
        self._name = name
        self._lock = threading.Lock()
        self._lines = queue.SimpleQueue()       # of its output; None: there are no more
        self._ended = threading.Event()
        self._stderr = tempfile.TemporaryFile()
        home = str(pathlib.Path(__file__).resolve().parents[2])
        path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH")) if part)
        # a Ctrl-C meant for the program must not stop the module under it
        self._process = subprocess.Popen(
            [sys.executable, "-m", __package__, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._stderr, env={**os.environ, "PYTHONPATH": path}, start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0))
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        with _signals_for_others():
            self._reader.start()

    def _read(self, output):
        for line in output:
            self._lines.put(line)
        self._lines.put(None)
        self._ended.set()

    @property
    def pid(self):
        """Process id, or None after close()."""
        return self._process.pid if self._process else None

    @property
    def ended(self):
        """True when the process is no more."""
        return self._ended.is_set()

    def line(self, seconds=START_S):
        """The next line of its output.  SimulatorError when none comes in so many seconds."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise SimulatorError(f"the simulator of {self._name} gave no answer within {seconds} s") from None
        if line is None:
            self._lines.put(None)       # for whoever asks again
            raise SimulatorError(self._obituary())
        return line.decode().rstrip("\r\n")

    def ask(self, command):
        """The result of a control command.  SimulatorError for one that cannot be."""
        with self._lock:
            if self._process is None:
                raise SimulatorError("the simulator is closed")
            try:
                self._process.stdin.write(command.encode() + b"\n")
                self._process.stdin.flush()
            except OSError:
                raise SimulatorError(self._obituary()) from None
            answer = json.loads(self.line(_ANSWER_S))
        if "error" in answer:
            raise SimulatorError(answer["error"])
        return answer["result"]

    def wait(self, seconds=None):
        """Until the process has ended by itself, which is a SimulatorError; False after `seconds`."""
        until = None if seconds is None else time.monotonic() + seconds
        while not self._ended.wait(_LOOK_S if until is None else min(_LOOK_S, max(0, until - time.monotonic()))):
            if until is not None and time.monotonic() >= until:
                return False
        words = self._last_words()
        raise SimulatorError(f"the simulator of {self._name} has ended by itself{': ' if words else ''}{words}")

    def close(self):
        """End the process; does nothing the second time."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):      # a word to it was still on its way when it died
            process.stdin.close()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join(_STOP_S)
        process.stdout.close()
        self._stderr.close()

    def _obituary(self):
        reason = self._last_words() or f"exit status {self._process.returncode}"
        return f"the simulator of {self._name} has ended: {reason}"

    def _last_words(self):
        self._process.wait(_STOP_S)
        self._stderr.seek(0)
        words = self._stderr.read().decode(errors="replace").strip().splitlines()
        return words[-1].removeprefix(f"python -m {__package__}: error: ") if words else ""


class Owner:
    """What has a Process of its own, in `_process`: a context manager that ends it, as being forgotten does."""

    _process = None         # until it runs

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def __del__(self):
        if self._process is not None:
            self.close()

    @property
    def pid(self):
        """Process id of the simulator, or None after close()."""
        return self._process.pid

    def wait(self, seconds=None):
        """Until the process has ended by itself, which is a SimulatorError; False after `seconds`."""
        return self._process.wait(seconds)

    def close(self):
        """End the process; does nothing the second time."""
        self._process.close()
