"""Takes passwords and PINs out of the command line that other users of this computer see (ps, /proc).

Owns the process's own copy of its arguments, on Linux; elsewhere there is no way to it, and nothing is done.
"""

import contextlib
import ctypes
import sys

_ARG_START = 47 - 2         # of /proc/self/stat, behind the name in brackets: proc(5)


def hide(options):
    """Overwrite what stands behind each of these options (--name VALUE, --name=VALUE) with asterisks."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, ValueError, IndexError):     # no /proc here, or another one
            _overwrite([option.encode() for option in options])


def _overwrite(options):
    with open("/proc/self/stat", "rb") as file:
        start = int(file.read().rpartition(b")")[2].split()[_ARG_START])
    with open("/proc/self/cmdline", "rb") as file:
        arguments = file.read().split(b"\0")[:-1] if start else []     # 0: proc(5) does not tell it here
    is_value = False
    for argument in arguments:
        name, equals, value = argument.partition(b"=")
        if is_value:
            ctypes.memset(start, ord("*"), len(argument))
        elif equals and name in options:
            ctypes.memset(start + len(name) + 1, ord("*"), len(value))
        is_value = argument in options and not is_value
        start += len(argument) + 1
