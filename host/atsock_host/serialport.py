"""A serial port with the interface of MicroPython's machine.UART, over pyserial.

Owns opening, the errors of opening and the byte transfer, which never waits.  Knows nothing of AT commands.

Serial devices and socket:// URLs are read and written through their file descriptor, straight from and into the
caller's buffer: pyserial's own write() spins while a non-blocking port takes nothing.  Every other URL (rfc2217://,
loop://, spy://, ...) and every port on systems without such descriptors goes through pyserial's read() and write().
"""

import array
import errno
import io
import os
import select
import stat
import time

import serial
from serial.urlhandler import protocol_socket

try:
    import fcntl
    import termios
except ImportError:     # no POSIX descriptors here: pyserial's methods do all the work
    fcntl = termios = None

# Requests and bits of MicroPython's stream protocol (py/stream.h).
_FLUSH, _POLL, _CLOSE, _GET_FILENO = 1, 3, 4, 10
POLL_READ, POLL_WRITE, POLL_ERROR, POLL_GONE = 0x01, 0x04, 0x08, 0x10   # select's numbers, too, where it has poll()
_NO_DESCRIPTOR = 0x20

_CONTROL_ERRORS = (OSError, termios.error) if termios else (OSError,)
_GENERIC_PAUSE_S = 0.001    # how often wait() looks at a port that has no file descriptor


class PortError(OSError):
    """The port cannot be opened, or went away; `errno` says which, the text says it to a person."""


class _Descriptor:
    """Transfer through the file descriptor of a terminal or a socket."""

    def __init__(self, port, name):
        self._port = port
        self._name = name
        self._fd = port.fileno()
        self._is_socket = stat.S_ISSOCK(os.fstat(self._fd).st_mode)
        self._waiting = array.array("i", [0])

    def fileno(self):
        return self._fd

    def any(self):
        try:
            fcntl.ioctl(self._fd, termios.FIONREAD, self._waiting)
        except OSError as error:
            raise self._gone() from error
        return self._waiting[0]

    def readinto(self, view):
        try:
            n = os.readv(self._fd, (view,))
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._gone() from error
        if n == 0 and len(view):
            # A terminal (VMIN 0) answers 0 for "nothing yet" as well as after the device was pulled out.
            if self._is_socket or self._hung_up():
                raise self._gone()
            return None
        return n

    def write(self, view):
        try:
            return os.write(self._fd, view)
        except BlockingIOError:
            return None
        except OSError as error:
            raise self._gone() from error

    def ready(self, timeout_ms, events=POLL_READ):
        if not hasattr(select, "poll"):     # macOS may have none
            return self._selected(timeout_ms, events)
        poller = select.poll()
        poller.register(self._fd, events)
        found = poller.poll(timeout_ms)
        return found[0][1] if found else 0

    def _selected(self, timeout_ms, events):
        reads, writes = [self._fd] if events & POLL_READ else [], [self._fd] if events & POLL_WRITE else []
        try:
            readable, writable, _ = select.select(reads, writes, [], timeout_ms / 1000)
        except (OSError, ValueError):       # the descriptor is no more
            return POLL_ERROR
        return (POLL_READ if readable else 0) | (POLL_WRITE if writable else 0)

    def _hung_up(self):
        return self.ready(0, 0) & (POLL_ERROR | POLL_GONE | _NO_DESCRIPTOR)

    def _gone(self):
        return PortError(errno.EIO, f"the port {self._name} is gone: it was unplugged or its other end was closed")


class _Methods:
    """Transfer through pyserial's own methods, for URLs and systems without a descriptor.  Writes complete."""

    def __init__(self, port, name):
        self._port = port
        self._name = name

    def fileno(self):
        raise io.UnsupportedOperation(f"the port {self._name} has no file descriptor")

    def any(self):
        return self._do(lambda: self._port.in_waiting)

    def readinto(self, view):
        most = min(self.any(), len(view))
        count = 0
        while count < most:
            # With timeout 0 some handlers (rfc2217://) give a byte at a time whatever they are asked for.
            data = self._do(lambda: self._port.read(most - count))  # noqa: B023  (called at once)
            if not data:
                break
            view[count:count + len(data)] = data
            count += len(data)
        return count or None

    def write(self, view):
        return self._do(lambda: self._port.write(view))

    def ready(self, timeout_ms, events=POLL_READ):
        until = time.monotonic() + timeout_ms / 1000
        while not self.any() and time.monotonic() < until:
            time.sleep(_GENERIC_PAUSE_S)
        return (POLL_READ if self.any() else 0) | (events & POLL_WRITE)

    def _do(self, step):
        try:
            return step()
        except OSError as error:    # SerialException is one
            raise PortError(errno.EIO, f"the port {self._name} is gone: {error}") from error


class SerialPort:
    """A pyserial port or URL that behaves like `machine.UART` with timeout 0: no call waits for bytes.

    `url`: a device name ("/dev/ttyUSB2", "COM5") or a URL of pyserial ("socket://host:port", "rfc2217://...").
    `baudrate` in bit/s.  `rtscts` switches hardware flow control.  Other keywords (`bytesize`, `parity`,
    `stopbits`, `xonxoff`, `dsrdtr`) go to pyserial as they are.  The port is locked against other programs where
    the system can do that.

    Raises PortError (an OSError) when the port cannot be opened, ValueError for a wrong setting or URL.
    """

    def __init__(self, url, baudrate=115200, rtscts=False, **settings):
        self.url = url
        self._serial = None
        self._transfer = None
        self._settings = settings
        self.init(baudrate, rtscts)

    def init(self, baudrate=115200, rtscts=False):
        """(Re)open the port with these settings."""
        self.deinit()
        self.baudrate = baudrate
        try:
            self._serial = serial.serial_for_url(
                self.url, baudrate=baudrate, rtscts=rtscts, timeout=0, exclusive=True, **self._settings)
        except serial.SerialException as error:
            raise PortError(*_explain(self.url, error)) from error
        native = fcntl is not None and type(self._serial) in (serial.Serial, protocol_socket.Serial)
        self._transfer = (_Descriptor if native else _Methods)(self._serial, self.url)

    def deinit(self):
        """Close the port; closing a closed port does nothing."""
        if self._serial is not None:
            self._serial.close()
            self._serial = self._transfer = None

    close = deinit

    def _open(self):
        if self._transfer is None:
            raise PortError(errno.EBADF, f"the port {self.url} is closed")
        return self._transfer

    def any(self):
        """The number of bytes that can be read now (some URLs know only 0 and 1)."""
        return self._open().any()

    def readinto(self, buf, n=None):
        """Read what is there, at most `n` bytes (default: len(buf)), into `buf`; the count, None when nothing came."""
        view = memoryview(buf)
        return self._open().readinto(view if n is None else view[:n])

    def read(self, n=None):
        """What is there, at most `n` bytes, as bytes; None when nothing came."""
        transfer = self._open()
        buf = bytearray(transfer.any() if n is None else n)
        count = transfer.readinto(memoryview(buf)) if buf else None
        return bytes(buf[:count]) if count else None

    def write(self, buf, off=None, n=None):
        """Write `buf`, or `write(buf, n)`, or `write(buf, off, n)`; the bytes taken, which may be fewer; None when
        the port takes nothing now."""
        view = memoryview(buf)
        if n is not None:
            view = view[off:off + n]
        elif off is not None:
            view = view[:off]
        return self._open().write(view)

    def flush(self):
        """Wait until everything written has left the port."""
        self._control(lambda: self._serial.flush())

    def sendbreak(self):
        """Send a break condition (a quarter of a second)."""
        self._control(lambda: self._serial.send_break())

    def _control(self, step):
        self._open()
        try:
            step()
        except _CONTROL_ERRORS as error:
            raise PortError(errno.EIO, f"the port {self.url} refused: {error}") from error

    def fileno(self):
        """The file descriptor, for select; io.UnsupportedOperation (an OSError) where the port has none."""
        return self._open().fileno()

    def wait(self, timeout_ms):
        """Wait until something can be read, at most `timeout_ms`; True when there is."""
        return bool(self._open().ready(timeout_ms))

    def ioctl(self, request, arg):
        """MicroPython's stream requests: poll, flush, close, descriptor; -EINVAL for others."""
        if request == _POLL:
            return self._open().ready(0, arg & (POLL_READ | POLL_WRITE)) & (arg | POLL_ERROR | POLL_GONE)
        if request == _FLUSH:
            self.flush()
            return 0
        if request == _CLOSE:
            self.close()
            return 0
        if request == _GET_FILENO and isinstance(self._open(), _Descriptor):
            return self.fileno()
        return -errno.EINVAL

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def __repr__(self):
        return f"SerialPort({self.url!r}, {self.baudrate}{'' if self._serial else ', closed'})"


def _explain(url, error):
    """(errno, sentence) for what pyserial said about opening `url`."""
    code = error.errno
    if code == errno.ENOENT or "FileNotFoundError" in str(error):
        return errno.ENOENT, f"the port {url} does not exist"
    if code in (errno.EACCES, errno.EPERM) or "PermissionError" in str(error):
        return errno.EACCES, f"no permission to open {url} (on Linux: be in the group that owns it, often dialout)"
    if code in (errno.EBUSY, errno.EAGAIN):
        return errno.EBUSY, f"the port {url} is in use by another program"
    if "configure port" in str(error):
        return errno.ENOTTY, f"{url} is not a serial port"
    return code or errno.EIO, f"cannot open the port {url}: {error.strerror or error}"
