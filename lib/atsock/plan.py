"""What the dialect's table says of one open: everything that connection.py needs of it, so that neither the table nor its reader
stays on the heap while the module connects.  Loaded for the moment.
"""

import atsock

from . import tables
from .address import AF_INET6
from .errnos import EAFNOSUPPORT, ENETDOWN, EOPNOTSUPP
from .lend import borrow

_MODE = 0  # cells of an access mode (tables.py)
_GROUP = 1
_SETUP = 2
_RECV = 5
_LEAVE = 9


def of_open(modem, socket, what, access, host, port, local):
    """(command, socket's table, command of reads, pushed?, told by the sender?, becomes the connection?, ms for the outcome).

    what: b"TCP", b"UDP" (one peer), b"TCP_SERVER" or b"UDP_ANY" (unconnected); host: None for the latter.  Raises ModemError for what
    the dialect has not.
    """
    table = tables.of(modem)
    if table is None:
        raise atsock.ModemError(ENETDOWN, "not attached: call attach() first")
    protocol = _protocol(modem, table, socket, what)
    if host is not None and table.yes(b"EIGHT_GROUPS"):
        host = borrow("checks").eight_groups(host)
    mode = table.access(access)
    open_ = table.command(
        (b"DATA_" if access == "transparent" else b"OPEN_") + what,
        host=host, port=port, mode=mode[_MODE], local=local or table.word(b"NO_PORT"), protocol=protocol,
    )  # fmt: skip
    if open_ is None:
        raise atsock.ModemError(
            EOPNOTSUPP, "%s: no %s sockets in %s access" % (modem._engine.dialect, what.decode().replace("_", " "), access))
    pushed = not mode[_RECV]
    read = None if pushed else what == b"UDP_ANY" and table.command(b"READ_ANY") or table.command(mode[_RECV])
    return (
        open_, table.socket(access), read, pushed, pushed and host is not None and table.yes(b"PUSH_BY_SENDER"),
        what == b"TCP_SERVER" and table.word(b"SERVERS") == b"BECOMES", table.number(b"OPEN_MS"),
    )  # fmt: skip


def of_switch(modem, access):
    """(steps that switch the module to this access mode, None when it is there; the ids that sockets can have)."""
    table = tables.of(modem)
    ids = table.ids()
    if access == "transparent" and table.word(b"DATA_LINK"):
        ids = (table.number(b"DATA_LINK"),)
    now = modem._access_now
    if now is not None:
        if table.access(now)[_GROUP] == table.access(access)[_GROUP]:
            return None, ids
        return table.steps(table.access(now)[_LEAVE]) + table.steps(table.access(access)[_SETUP]), ids
    return table.steps(table.access(access)[_SETUP]), ids


def _protocol(modem, table, socket, what):
    # The number of a dialect that numbers protocols, address family and its own TLS included.
    numbers = table.all(b"PROTOCOLS")
    if not numbers[0][0]:
        if socket._tls:
            raise atsock.ModemError(EOPNOTSUPP, "%s: no TLS of its own; wrap the socket by ssl" % modem._engine.dialect)
        return 0
    family = b"6" if socket._family == AF_INET6 else b"4"
    for cells in numbers:
        if cells[0] == family:
            return cells[3 if socket._tls else 2 if what == b"UDP" else 1]
    raise atsock.ModemError(EAFNOSUPPORT, "%s: no IPv6" % modem._engine.dialect)
