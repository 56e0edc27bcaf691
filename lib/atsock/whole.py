"""CPython: the classes get all their methods at once, so that help(), inspect and subclasses see them.

Boards look the same functions up one by one (lend.py) and do not load this file.
"""

from . import places
from .lend import borrow
from .modem import Modem
from .sockets import Socket, StreamSocket


def complete(cls, words):
    module = None
    for word in words.decode().split():
        if word.endswith(":"):
            module = borrow(word[:-1].lstrip("+"))
        else:
            setattr(cls, word, getattr(module, word))


complete(Modem, places.MODEM)
complete(Socket, places.SOCKET)
complete(StreamSocket, places.STREAM[: -len(places.SOCKET)])
Modem.__init__ = Modem._begin
Modem.__doc__ = Modem._begin.__doc__
