"""What can go wrong, as OSError with the errno first, so that code written for sockets keeps working."""

import errno
import os
from errno import EAGAIN, ECONNRESET, EIO, ENOBUFS, ENOTCONN, ETIMEDOUT  # the rest: errnos.py

# MicroPython leaves these out; its ports use Linux's numbers.
EBUSY = getattr(errno, "EBUSY", 16)
ENETDOWN = getattr(errno, "ENETDOWN", 100)

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
