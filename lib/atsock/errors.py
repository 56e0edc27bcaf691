"""What can go wrong: OSError with the errno first, so that code written for sockets keeps working.

Owns the exception classes, the errno of a command that failed (error_of(); what a module's codes mean stands in
ERRNOS of its dialect, and Session.error() brings the two together), what to look at when an open or a lookup failed,
what of a line no message may show (hidden()), and the errno numbers that MicroPython's errno module leaves out.  Knows
nobody.
"""

import errno
import os
import sys

# MicroPython's ports use Linux's numbers.
EBUSY = getattr(errno, "EBUSY", 16)
EMFILE = getattr(errno, "EMFILE", 24)
EMSGSIZE = getattr(errno, "EMSGSIZE", 90)
EAFNOSUPPORT = getattr(errno, "EAFNOSUPPORT", 97)
ENETDOWN = getattr(errno, "ENETDOWN", 100)
EISCONN = getattr(errno, "EISCONN", 106)

# Names that a dialect's ERRNOS may use, by the number they have here.
NUMBERS = {
    "EADDRINUSE": errno.EADDRINUSE,
    "EAGAIN": errno.EAGAIN,
    "ECONNREFUSED": errno.ECONNREFUSED,
    "ECONNRESET": errno.ECONNRESET,
    "EHOSTUNREACH": errno.EHOSTUNREACH,
    "EIO": errno.EIO,
    "EISCONN": EISCONN,
    "EMSGSIZE": EMSGSIZE,
    "ENETDOWN": ENETDOWN,
    "ENOTCONN": errno.ENOTCONN,
    "ETIMEDOUT": errno.ETIMEDOUT,
}

NO_REASON = "it failed, the module does not say why"
# Of a command that failed: what to look at
_NAME = "is the name right, has this APN a DNS?"
_HOST = "is the host right, can it be reached?"
_SERVER = "does a server listen there, does the APN let it through?"
_HOST_OR_SERVER = "are host and port right, does a server listen there, does the APN let it through?"
_NETWORK = "attach() again"

# Passwords and PINs: (command in capitals, how many of its fields come before what is secret): 27.007 8.3, 7.5, 7.4,
# 10.1.31.
_SECRETS = ((b"+CPIN=", 0), (b"+CPIN2=", 0), (b"+CPWD=", 1), (b"+CLCK=", 2), (b"+CGAUTH=", 2))
_HIDDEN = b"***"
_PIECE = 4  # bytes of a secret in a row that give it away


def os_error(number):
    """An OSError that carries nothing but the errno (CPython chooses the subclass of it, BlockingIOError for
    EAGAIN).
    """
    return OSError(number, os.strerror(number)) if hasattr(os, "strerror") else OSError(number)


def printable(data):
    """Bytes from the wire as str, for messages: what is not printable ASCII becomes "?"."""
    text = bytearray(data)  # two blocks, however long it is: a full heap may have just these
    for i in range(len(text)):
        if not 32 <= text[i] < 127:
            text[i] = 63
    return str(text, "ascii")


if sys.implementation.name != "micropython":

    class _Base(OSError):
        """CPython: an instance of the built-in class of its errno, too (TimeoutError, ConnectionRefusedError, ...)."""

        _combined: "dict[tuple[type, type], type]" = {}

        def __new__(cls, number=None, *args):
            kind = type(OSError(number, "")) if isinstance(number, int) else OSError
            if cls is Timeout:
                kind = TimeoutError
            elif cls is Restarted:
                kind = ConnectionResetError
            if kind is OSError or issubclass(cls, kind):
                return super().__new__(cls)
            combined = _Base._combined.get((cls, kind))
            if combined is None:
                combined = type(cls.__name__, (cls, kind), {"__module__": cls.__module__, "__doc__": cls.__doc__})
                _Base._combined[cls, kind] = combined
            return super().__new__(combined)

        def __init__(self, number=None, *args):
            # OSError's own does nothing where a class has a __new__.
            self.args = (number,) + args
            self.errno = number
            self.strerror = args[0] if args else None

else:
    _Base = OSError  # type: ignore[misc, assignment]


class ModemError(_Base):
    """The modem cannot do it: no SIM, not registered, unknown module.  args: errno, what and why.

    where: the step of attach() that failed and what was last known of it, "" elsewhere; the text begins with it.
    """

    where = ""

    def at(self, where):
        """Say in which step it happened, in front of the text; the first one to say so is right."""
        if self.where:
            return
        self.where = where
        self.strerror = "%s: %s" % (where, self.args[1])
        self.args = (self.args[0], self.strerror)

    def __str__(self):
        return "[Errno %d] %s" % (self.args[0], self.args[1] if len(self.args) > 1 else "")


class CommandError(ModemError):
    """The module refused a command.

    command: the command as sent, without payload (str); code: the module's number (int), None when it gave none;
    text: what the manual's table says for that number, or the module's own words.  Looking the text up may import the
    tables of error codes (manual/), raising the error does not.
    """

    def __init__(self, errno: int, command: str, code: "int | None" = None, text: str = "", explain=None):
        why = text or "ERROR" if code is None else ("%d %s" % (code, text)).rstrip()
        hint = _hint(errno, code, text)  # MicroPython's tracebacks show the arguments, not str()
        super().__init__(errno, "%s: %s%s" % (command, why, hint and "; " + hint))
        self.command = command
        self.code = code
        self._text = text
        self._explain = explain  # a function (code) -> str that looks the text up, None: there is no more to say

    @property
    def text(self) -> str:
        """What the manual says of the code, or the module's own words; "" when neither says anything (str)."""
        if not self._text and self._explain is not None and self.code is not None:
            self._text = self._explain(self.code)
            self._explain = None
        return self._text

    def __str__(self):
        todo = look_at(self)
        return "[Errno %d] %s%s" % (self.errno, refusal(self), todo and "; " + todo)


def refusal(error):
    """What this CommandError says without its errno and what to look at (str): where, the command, why."""
    if error.code is None:
        why = error.text or "ERROR"
    else:
        why = ("%d %s" % (error.code, error.text)).rstrip()
    return "%s%s: %s" % (error.where and error.where + ": ", error.command, why)


def look_at(error):
    """What to look at after this CommandError (str), "" when that depends on the command; str(error) ends with it."""
    if error.errno == ENETDOWN:
        return "" if error.where else _NETWORK
    return _hint(error.errno, error.code, error.text)


def _hint(number, code, text):
    if number == errno.EHOSTUNREACH:
        return _NAME
    if number == errno.ECONNREFUSED:
        return _HOST_OR_SERVER if code is None else _SERVER
    return _HOST if code is None and text == NO_REASON else ""


class Timeout(ModemError):
    """The module or the network did not answer in time (ETIMEDOUT)."""

    def __init__(self, text="timed out"):
        super().__init__(errno.ETIMEDOUT, text)


class Restarted(ModemError):
    """The module restarted by itself; its sockets are gone (ECONNRESET)."""

    def __init__(self, text="the module restarted"):
        super().__init__(errno.ECONNRESET, text)


def error_of(command, line, code, errnos, default, refusal=None, explain=None):
    """The exception for a command (core/command.py) that failed.

    line: as sent (str); code: the module's number, None when it gave none; errnos: what such numbers mean,
    {number: name in NUMBERS}; default: errno of a refusal whose code is not among them; refusal: errno of every
    refusal, whatever its code is; explain: as CommandError takes it.
    """
    if command.errno == errno.ETIMEDOUT:
        return Timeout("no answer to " + line)
    if command.errno == errno.ECONNRESET:
        return Restarted()
    if command.errno == EBUSY:  # a connection that was accepted has taken the port meanwhile
        return ModemError(EBUSY, "the port is in data mode, no answer to " + line)
    text = printable(command.error_text or b"")
    number = refusal or default
    if not refusal and code in errnos:
        number = NUMBERS[errnos[code]]
    return CommandError(number, line, code, text, None if code is None else explain)


# -- passwords and PINs: the line without them, for the texts of errors and of events


def masked(line, names=()):
    """The line (bytes) with "***" from the first secret field of a command in it on.

    names: as _SECRETS, the dialect's own.
    """
    while b" =" in line:  # blanks count for nothing there (V.250 5.2.1)
        line = line.replace(b" =", b"=")
    upper = line.upper()
    cut = len(line)
    for several in (_SECRETS, names):  # joined they would take more of a heap that may be full
        for name, fields in several:  # several commands of one line may have one each
            pos = upper.find(name)
            if pos >= 0:
                pos = _behind_fields(line, pos + len(name), fields)
                if pos and pos < cut:
                    cut = pos
    return line[:cut] + _HIDDEN if cut < len(line) else line


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
