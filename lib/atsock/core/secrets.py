"""Passwords and PINs: where they stand in a command line, and the line without them.

For the texts of errors and of events.  Knows the 3GPP commands; a dialect names its own in SECRETS.  Allocates.
"""

from .movers import const

# (command, how many of its fields come before what is secret): 27.007 8.3, 7.5, 7.4, 10.1.31.
_NAMES = ((b"+CPIN=", 0), (b"+CPIN2=", 0), (b"+CPWD=", 1), (b"+CLCK=", 2), (b"+CGAUTH=", 2))

_HIDDEN = b"***"
_PIECE = const(4)  # bytes of a secret in a row that give it away


def masked(line, names=()):
    """The line (bytes) with "***" from the first secret field of a command in it on.

    names: as _NAMES, the dialect's own.
    """
    upper = line.upper()
    for name, fields in _NAMES + names:
        pos = upper.find(name)
        if pos >= 0:
            pos = _behind_fields(line, pos + len(name), fields)
            if pos and pos < len(line):
                return line[:pos] + _HIDDEN
    return line


def _behind_fields(line, pos, count):
    # Behind so many commas; 0 when there are fewer.
    while count and pos:
        pos = line.find(b",", pos) + 1
        count -= 1
    return pos


def betrays(line, secret):
    """Does the line (bytes) hold a piece of this secret (bytes or None), as the damaged echo of a command may?"""
    if not secret:
        return False
    n = min(len(secret), _PIECE)
    for pos in range(len(secret) - n + 1):
        if secret[pos : pos + n] in line:
            return True
    return False


def hidden(line, names, secrets):
    """The line as an application may see it: without the secret fields of a command, "***" when it betrays a secret."""
    line = masked(line, names)
    for secret in secrets:
        if betrays(line, secret):
            return _HIDDEN
    return line
