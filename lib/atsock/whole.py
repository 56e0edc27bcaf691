"""CPython: the classes get all their methods at once, so that help(), inspect and subclasses see them.

Boards look the same functions up one by one (lend.py) and do not load this file.
"""

from functools import wraps
from weakref import ref

from . import places
from .engine import Engine
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

complete(Engine, places.ENGINE)
complete(Link, places.LINK)
complete(Modem, places.MODEM)
complete(Socket, places.SOCKET)
complete(StreamSocket, places.STREAM[: -len(places.SOCKET)])
_init = Modem.__init__


@wraps(Modem._begin)  # for its arguments
def _init_modem(modem, *args, **named):
    _init(modem, *args, **named)


Modem.__init__ = _init_modem
Modem.__doc__ = Modem._begin.__doc__
