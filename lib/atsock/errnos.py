"""The numbers of OSError that MicroPython's errno module leaves out (its ports use Linux's); and errors that say no more than that."""

import errno
import os


def os_error(number):
    """OSError with nothing but the errno.  CPython takes that, and the class (BlockingIOError), from two arguments only."""
    return OSError(number, os.strerror(number)) if hasattr(os, "strerror") else OSError(number)


EBUSY = getattr(errno, "EBUSY", 16)
EMFILE = getattr(errno, "EMFILE", 24)
EMSGSIZE = getattr(errno, "EMSGSIZE", 90)
EAFNOSUPPORT = getattr(errno, "EAFNOSUPPORT", 97)
ENETDOWN = getattr(errno, "ENETDOWN", 100)
EISCONN = getattr(errno, "EISCONN", 106)
