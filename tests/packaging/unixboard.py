"""A "board" on a serial line for mpremote: MicroPython's unix port behind a pseudo-terminal.

The unix port has the REPL of a board, its raw mode included, but ends where a board makes a soft reset (Ctrl-D).
UnixBoard starts it again then, says what a board says, and goes back to the raw mode that the board had.
Nothing else is helped along: what mpremote sends reaches the interpreter as it is.
"""

import os
import pty
import select
import subprocess
import threading
import tty

_PROMPT = b">>> "
_RAW_ON, _RAW_OFF = b"\x01", b"\x02"  # Ctrl-A, Ctrl-B
_SOFT_RESET = b"MPY: soft reboot\r\n"
_START_S = 20


class UnixBoard:
    """Context manager; `port` is the path for mpremote, `lib` where its mip installs by default.

    home: a folder that is the board's file system as far as sys.path is concerned.
    """

    def __init__(self, interpreter, home):
        self.lib = home / ".micropython" / "lib"  # the unix port's default, after ".frozen"
        self.resets = 0
        self._command = [str(interpreter)]
        self._home = home
        self._environment = {name: value for name, value in os.environ.items() if name != "MICROPYPATH"}
        self._environment["HOME"] = str(home)

    def __enter__(self):
        self._line, self._tool = pty.openpty()  # self._tool is what mpremote opens; it stays open between its visits
        tty.setraw(self._tool)
        self.port = os.ttyname(self._tool)
        self._stop, self._stopped = os.pipe()
        self._raw = False
        self._start()
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc):
        os.close(self._stopped)
        self._thread.join()
        self._end()
        for end in (self._line, self._tool, self._stop):
            os.close(end)

    def _start(self):
        self._console, terminal = pty.openpty()
        tty.setraw(terminal)
        self._process = subprocess.Popen(
            self._command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=self._home, env=self._environment,
            start_new_session=True)
        os.close(terminal)
        banner = b""
        while not banner.endswith(_PROMPT):
            if not select.select([self._console], [], [], _START_S)[0]:
                raise TimeoutError("micropython shows no prompt: %r" % banner)
            banner += os.read(self._console, 1024)

    def _end(self):
        self._process.kill()
        self._process.wait()
        os.close(self._console)

    def _relay(self):
        while True:
            ready = select.select([self._line, self._console, self._stop], [], [])[0]
            if self._stop in ready:
                return
            if self._line in ready:
                self._to_board(os.read(self._line, 4096))
            if self._console in ready:
                self._from_board()

    def _to_board(self, data):
        if data[-1:] in (_RAW_ON, _RAW_OFF):  # the modes are switched by a key of their own, at the end of a write
            self._raw = data[-1:] == _RAW_ON
        while data:
            data = data[os.write(self._console, data) :]

    def _from_board(self):
        try:
            data = os.read(self._console, 4096)
        except OSError:  # EIO: the interpreter has ended
            data = b""
        if data:
            self._say(data)
            return
        self._end()
        self.resets += 1
        self._say(_SOFT_RESET)
        self._start()
        if self._raw:
            os.write(self._console, _RAW_ON)
        else:
            self._say(_PROMPT)

    def _say(self, data):
        while data:
            data = data[os.write(self._line, data) :]
