"""Which commands lead from one access mode to another, as the dialect's table has them.  Loaded for the moment."""

from .lend import once
from .settings import of

_GROUP = 1  # cells of an access mode (tables.py)
_SETUP = 2
_LEAVE = 9


def of_switch(modem, access):
    """(steps that switch the module to this access mode, None when it is there; the ids that sockets can have)."""
    table = of(modem)
    ids = table.ids()
    if access == "transparent" and table.word(b"DATA_LINK"):
        ids = (table.number(b"DATA_LINK"),)
    now = modem._access_now
    if now is not None:
        if table.access(now)[_GROUP] == table.access(access)[_GROUP]:
            return None, ids
        return _steps(modem, table.access(now)[_LEAVE]) + _steps(modem, table.access(access)[_SETUP]), ids
    return _steps(modem, table.access(access)[_SETUP]), ids


def _steps(modem, key):
    return once("tables", "look", modem, "steps", key) if key else []
