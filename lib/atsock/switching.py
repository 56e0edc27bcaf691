"""What leads from one access mode to another, as the dialect's table has it.  Loaded for the moment."""

from .settings import of

_GROUP = 1  # cells of an access mode (tables.py)
_SETUP = 2
_LEAVE = 9


def of_switch(modem, access):
    """(KEYs of the steps that switch the module to this access mode, None when it is there; the ids that sockets can have)."""
    table = of(modem)
    ids = table.ids()
    if access == "transparent" and table.word(b"DATA_LINK"):
        ids = (table.number(b"DATA_LINK"),)
    cells = table.access(access)
    leave = b""
    if modem._access_now is not None:
        now = table.access(modem._access_now)
        if now[_GROUP] == cells[_GROUP]:
            return None, ids
        leave = now[_LEAVE]
    return [key for key in (leave, cells[_SETUP]) if key], ids
