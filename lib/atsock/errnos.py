"""The numbers of OSError that MicroPython's errno module leaves out (its ports use Linux's); and errors that say no more than that."""

import errno as _errno
import os

_TEXT = getattr(os, "strerror", None)


def os_error(errno):
    """OSError with nothing but the errno.  CPython takes that, and the class (BlockingIOError), from two arguments only."""
    return OSError(errno, _TEXT(errno)) if _TEXT else OSError(errno)


EBUSY = getattr(_errno, "EBUSY", 16)
EMFILE = getattr(_errno, "EMFILE", 24)
EMSGSIZE = getattr(_errno, "EMSGSIZE", 90)
EAFNOSUPPORT = getattr(_errno, "EAFNOSUPPORT", 97)
ENETDOWN = getattr(_errno, "ENETDOWN", 100)
EISCONN = getattr(_errno, "EISCONN", 106)
