"""Looking up a name, as a generator of commands (see connection.py).  Off the data path; allocates."""

from errno import EHOSTUNREACH

import atsock

from . import tables
from .address import AF_INET6
from .checks import is_address
from .errnos import EAFNOSUPPORT
from .question import Question


def resolve(modem, host, family=0):
    """The addresses of a name, as a list of bytes; a numeric address is returned as it is."""
    if is_address(host):
        return [host]
    table = tables.of(modem)
    verb = table.command(b"RESOLVE", host=host)
    if family == AF_INET6:
        verb = table.command(b"RESOLVE_6", host=host)
        if verb is None:
            raise atsock.ModemError(EAFNOSUPPORT, "%s: it looks up IPv4 addresses only" % modem._engine.dialect)
    command = Question(None, verb)
    command.lines = None
    command.texts = []
    command.expect = 1
    yield command
    if command.errno:
        error = modem._error(command)
        if isinstance(error, atsock.CommandError):  # whatever number a module has for it
            error = atsock.CommandError(EHOSTUNREACH, error.command, error.code, error.text)
        raise error
    return command.texts
