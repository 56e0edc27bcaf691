"""What can go wrong, as OSError with the errno first, so that code written for sockets keeps working."""

import errno as _errno
import os


def _number(name, linux):
    # MicroPython's errno module leaves some names out; its ports use Linux's numbers.
    return getattr(_errno, name, linux)


EIO = _number("EIO", 5)
EAGAIN = _number("EAGAIN", 11)
EBUSY = _number("EBUSY", 16)
EINVAL = _number("EINVAL", 22)
EACCES = _number("EACCES", 13)
ENODEV = _number("ENODEV", 19)
EBADF = _number("EBADF", 9)
EMFILE = _number("EMFILE", 24)
EMSGSIZE = _number("EMSGSIZE", 90)
EOPNOTSUPP = _number("EOPNOTSUPP", 95)
EAFNOSUPPORT = _number("EAFNOSUPPORT", 97)
EADDRINUSE = _number("EADDRINUSE", 98)
ENETDOWN = _number("ENETDOWN", 100)
ECONNABORTED = _number("ECONNABORTED", 103)
ECONNRESET = _number("ECONNRESET", 104)
ENOBUFS = _number("ENOBUFS", 105)
EISCONN = _number("EISCONN", 106)
ENOTCONN = _number("ENOTCONN", 107)
ETIMEDOUT = _number("ETIMEDOUT", 110)
ECONNREFUSED = _number("ECONNREFUSED", 111)
EHOSTUNREACH = _number("EHOSTUNREACH", 113)
EALREADY = _number("EALREADY", 114)
EINPROGRESS = _number("EINPROGRESS", 115)

_TEXT = getattr(os, "strerror", None)


def os_error(errno):
    """OSError with nothing but the errno.  CPython takes that, and the class (BlockingIOError), from two arguments only."""
    return OSError(errno, _TEXT(errno)) if _TEXT else OSError(errno)


def printable(data):
    """Bytes of the wire as str, for messages: what is no printable ASCII becomes "?"."""
    return "".join([chr(byte) if 32 <= byte < 127 else "?" for byte in data])


class ModemError(OSError):
    """The modem cannot do it: no SIM, not registered, unknown module.  args: errno, what and why."""


class CommandError(ModemError):
    """The module refused a command.

    command: the command as sent, without payload (str); code: the module's number (int) or None when it
    gave none; text: what the manual's table says for that number, or the module's own words.
    """

    def __init__(self, errno, command, code=None, text=""):
        why = text or "ERROR"
        super().__init__(errno, "%s: %s" % (command, why if code is None else "%d %s" % (code, text)))
        self.command = command
        self.code = code
        self.text = text


class Timeout(ModemError):
    """The module or the network did not answer in time (ETIMEDOUT)."""

    def __init__(self, text="timed out"):
        super().__init__(ETIMEDOUT, text)


class Restarted(ModemError):
    """The module restarted by itself; its sockets are gone (ECONNRESET)."""

    def __init__(self, text="the module restarted"):
        super().__init__(ECONNRESET, text)
