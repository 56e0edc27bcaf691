"""What the dialect's table says of one open: everything that connection.py needs of it, so that neither the table nor its reader
stays on the heap while the module connects.  Loaded for the moment.
"""

from errno import EOPNOTSUPP

import atsock

from . import tables
from .address import AF_INET6
from .lend import borrow, once
from .switching import of_switch

_MODE = 0  # cells of an access mode (tables.py)
_RECV = 5


def of_open(modem, socket, what, host, port):
    """(command, socket's table, command of reads, pushed?, told by the sender?, becomes the connection?, ms for the outcome,
    what switching.py says of the access mode).

    what: b"TCP", b"UDP" (one peer), b"TCP_SERVER" or b"UDP_ANY" (unconnected); host: None for the latter.  Raises ModemError for what
    the dialect has not.
    """
    table = tables.of(modem)
    if table is None:
        raise atsock.ModemError(borrow("errnos").ENETDOWN, "not attached: call attach() first")
    access = socket._access
    protocol = _protocol(modem, table, socket, what)
    if host is not None and table.yes(b"EIGHT_GROUPS"):
        host = once("checks", "eight_groups", host)
    mode = table.access(access)
    open_ = table.command(
        (b"DATA_" if access == "transparent" else b"OPEN_") + what,
        host=host, port=port, mode=mode[_MODE], local=socket._local or table.word(b"NO_PORT"), protocol=protocol,
    )  # fmt: skip
    if open_ is None:
        raise atsock.ModemError(
            EOPNOTSUPP, "%s: no %s sockets in %s access" % (modem._engine.dialect, what.decode().replace("_", " "), access))
    pushed = not mode[_RECV]
    read = None if pushed else what == b"UDP_ANY" and table.command(b"READ_ANY") or table.command(mode[_RECV])
    return (
        open_, table.socket(access), read, pushed, pushed and host is not None and table.yes(b"PUSH_BY_SENDER"),
        what == b"TCP_SERVER" and table.word(b"SERVERS") == b"BECOMES", table.number(b"OPEN_MS"),
        of_switch(modem, access, table),
    )  # fmt: skip


def _protocol(modem, table, socket, what):
    # The number of a dialect that numbers protocols, address family and its own TLS included.
    if not table.cells(b"PROTOCOLS"):
        if socket._tls:
            raise atsock.ModemError(EOPNOTSUPP, "%s: no TLS of its own; wrap the socket by ssl" % modem._engine.dialect)
        return 0
    family = b"6" if socket._family == AF_INET6 else b"4"
    for cells in table.all(b"PROTOCOLS"):
        if cells[0] == family:
            return cells[3 if socket._tls else 2 if what == b"UDP" else 1]
    raise atsock.ModemError(borrow("errnos").EAFNOSUPPORT, "%s: no IPv6" % modem._engine.dialect)
