"""What the commands say: nothing that a server, a module or a client sent reaches the terminal as an escape sequence.

Owns the cleaning of texts and the words for exceptions; what to look at is the driver's to say.
"""

import errno
import os

import atsock
import click
from atsock.errors import look_at, refusal

_MEANINGS = {
    errno.ECONNREFUSED: "connection refused, or no way to it", errno.EHOSTUNREACH: "host not found, or no way to it",
    errno.ETIMEDOUT: "timed out", errno.ENETDOWN: "no network", errno.ECONNRESET: "connection lost",
}


def clean(text):
    """`text` (str) with control characters, lone surrogates and direction marks as codes; tabs and line ends stay.

    Terminals obey C0 and C1 control characters; what turns the direction of writing makes one text look like another.
    """
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text])


def _escaped(c):
    return f"\\x{ord(c):02x}" if ord(c) < 0x100 else c.encode("unicode_escape").decode()


def one_line(text):
    """clean(text), without line ends and tabs."""
    return clean(text).replace("\n", "\\n").replace("\t", "\\t")


def say(text, err=False):
    """Print a text that may hold what came from outside."""
    click.echo(one_line(str(text)), err=err)


def sentence(error):
    """What an exception says, in words, on one line: of an OSError without a text, what its number means."""
    return one_line(_sentence(error))


def with_advice(error):
    """sentence(error), and what to look at when a host was not found or not reached."""
    is_host = isinstance(error, atsock.CommandError) and error.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH)
    todo = look_at(error) if is_host else ""
    return f"{sentence(error)}. {todo[0].upper()}{todo[1:]}" if todo else sentence(error)


def _sentence(error):
    if isinstance(error, atsock.CommandError):
        said = refusal(error)       # the module's words, with what its manual makes of them
        meaning = _MEANINGS.get(error.errno)
        if error.errno == errno.ECONNREFUSED and error.code is None:
            meaning = "no connection"       # that is all that the module says
        return f"{meaning} ({said})" if meaning else said
    if isinstance(error, OSError):
        text = getattr(error, "strerror", None)
        if isinstance(text, str):
            return f"{text}: {error.filename}" if error.filename else text
        if len(error.args) == 1 and isinstance(error.args[0], int):
            return os.strerror(error.args[0])
    return str(error) or type(error).__name__
