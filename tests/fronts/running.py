"""A program at work: its lines can be waited for, and it is ended when the test has seen enough."""

import queue
import subprocess
import threading
import time

DEADLINE_S = 100  # of what hangs; nothing here waits for it to pass


class Running:
    """command, environment, folder of the program.  A context manager; leaving it kills the program."""

    def __init__(self, command, environment, folder=None):
        self.said = []
        self._lines = queue.Queue()
        self._process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self, start):
        """The next line that begins with `start`, without it; AssertionError with all it said when none comes."""
        give_up = time.monotonic() + DEADLINE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0, give_up - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {start!r} in {DEADLINE_S} s, but:\n" + "\n".join(self.said)) from None
            assert line is not None, f"no {start!r}, but:\n" + "\n".join(self.said)
            self.said.append(line)
            if line.startswith(start):
                return line[len(start) :]

    def lines(self):
        """All lines of a program that ends by itself, successfully."""
        while (line := self._lines.get(timeout=DEADLINE_S)) is not None:
            self.said.append(line)
        self.ended()
        return self.said

    def ended(self):
        """It ends by itself, successfully."""
        assert self._process.wait(DEADLINE_S) == 0, "\n".join(self.said)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
