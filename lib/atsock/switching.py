"""What leads from one access mode to another, as the dialect's table has it.  Loaded for the moment."""

from .tables import of

_GROUP = 1  # cells of an access mode (tables.py)
_SETUP = 2
_LEAVE = 9


def of_switch(modem, access, table=None):
    """(access mode the module is in, steps that switch it to `access` or None when it is there, the ids that sockets can have)."""
    table = table or of(modem)
    ids = table.ids()
    if access == "transparent" and table.word(b"DATA_LINK"):
        ids = (table.number(b"DATA_LINK"),)
    cells = table.access(access)
    steps = []
    now = modem._access_now
    if now is not None:
        before = table.access(now)
        if before[_GROUP] == cells[_GROUP]:
            return now, None, ids
        steps = table.steps(before[_LEAVE]) if before[_LEAVE] else steps
    return now, steps + table.steps(cells[_SETUP]), ids
