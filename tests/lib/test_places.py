"""Methods that are loaded when they are called: every place that is named has them, and what stays is in its class afterwards."""

from atsock import places
from atsock.lend import borrow
from atsock.modem import Modem
from atsock.sockets import Socket, StreamSocket

CLASSES = (
    (Modem, places.MODEM),
    (Socket, places.SOCKET),
    (StreamSocket, places.STREAM[: -len(places.SOCKET)]),
)


def entries(table):
    module = None
    for word in table.decode().split():
        if word.endswith(":"):
            module = word[:-1]
        else:
            yield module, word


def test_every_place_has_what_is_looked_for():
    for owner, table in CLASSES:
        for module, name in entries(table):
            if module[0] == "+":
                __import__("atsock." + module[1:])
                assert hasattr(owner, name), name
            else:
                assert callable(getattr(borrow(module), name)), name


def test_no_name_stands_in_two_places():
    for table in (places.MODEM, places.STREAM):
        names = [name for _, name in entries(table)]
        assert len(names) == len(set(names))
