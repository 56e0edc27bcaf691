"""CPython: the classes get all their methods at once, so that help(), inspect and subclasses see them.

Boards look the same functions up one by one (lend.py) and do not load this file.
"""

from weakref import ref

from . import places
from .lend import borrow
from .link import Link
from .modem import Modem
from .sockets import Socket, StreamSocket


def complete(cls, words):
    module = None
    for word in words.decode().split():
        if word.endswith(":"):
            module = borrow(word[:-1].lstrip("+"))
        else:
            setattr(cls, word, getattr(module, word))


def _owner(link):
    return link._socket and link._socket()


def _own(link, socket):
    link._socket = socket and ref(socket)


# A link does not keep its socket alive: a dropped one gives its id back where there are finalisers.
Link._socket = None
Link.socket = property(_owner, _own)

complete(Link, places.LINK)
complete(Modem, places.MODEM)
complete(Socket, places.SOCKET)
complete(StreamSocket, places.STREAM[: -len(places.SOCKET)])
Modem.__init__ = Modem._begin
Modem.__doc__ = Modem._begin.__doc__
