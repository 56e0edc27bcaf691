"""The port of the virtual module as each interpreter has it, with a count of the commands that go out."""

import sys

if sys.implementation.name == "micropython":
    from tty import Tty as Port     # boards/unix
else:
    from atsock_host import SerialPort as Port

_A, _T = 65, 84


class CountingPort(Port):
    commands = 0    # commands written; pattern() has no "AT" in it

    def write(self, buf, start, n):
        if n > 1 and buf[start] == _A and buf[start + 1] == _T:
            self.commands += 1
        return super().write(buf, start, n)
