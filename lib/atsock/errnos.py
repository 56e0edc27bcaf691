"""The numbers of OSError that the driver uses, by the names of errno.h; and errors that say no more than that."""

import errno
import os


def os_error(errno):
    """OSError with nothing but the errno.  CPython takes that, and the class (BlockingIOError), from two arguments only."""
    return OSError(errno, os.strerror(errno)) if hasattr(os, "strerror") else OSError(errno)


def _number(name, value):
    # MicroPython's errno module leaves some names out; its ports use Linux's numbers.
    return getattr(errno, name, value)


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
