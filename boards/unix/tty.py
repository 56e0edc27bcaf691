"""A serial port of Linux or macOS for MicroPython's unix port, with the interface of machine.UART.

    from tty import Tty
    modem = atsock.Modem(Tty("/dev/ttyUSB2"), "bg96")

Raw, and non-blocking by VMIN = VTIME = 0.  The speed is set where termios has a constant for it; a pseudo-terminal
(the simulator's) has none.  Allocates nothing after __init__.
"""

import io
import select
import termios

_GET_FILENO = 10  # the request by which the unix port's poll asks for the descriptor
_EIO = 5
_EINVAL = 22
_MOST = 4096  # what any() says when something is there: how much, only reading tells
_VTIME, _VMIN = 5, 6  # indices of termios' control characters on Linux


class Tty(io.IOBase):
    def __init__(self, path, baudrate=115200):
        self._file = open(path, "r+b", buffering=0)
        fd = self._file.fileno()
        termios.setraw(fd)
        settings = termios.tcgetattr(fd)
        speed = getattr(termios, "B%d" % baudrate, None)
        if speed is None:
            raise ValueError("baudrate: %r is not one of this system's" % (baudrate,))
        settings[4] = settings[5] = speed
        settings[6][_VTIME] = settings[6][_VMIN] = 0
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)

    def any(self):
        """More than 0 when bytes can be read.  Raises OSError EIO when the port is gone (unplugged, closed)."""
        for _, event in self._poll.ipoll(0):
            if event & select.POLLHUP:
                raise OSError(_EIO)
            return _MOST
        return 0

    def readinto(self, buf, n=-1):
        """Up to n bytes that have come into buf; returns the count, 0 when there are none."""
        return self._file.readinto(buf, len(buf) if n < 0 else n)

    def write(self, buf, start=0, n=-1):
        """Write n bytes of buf[start:]; returns how many the port took."""
        return self._file.write(buf, start, len(buf) - start if n < 0 else n)

    def ioctl(self, request, arg):
        return self._file.fileno() if request == _GET_FILENO else -_EINVAL

    def close(self):
        self._file.close()
