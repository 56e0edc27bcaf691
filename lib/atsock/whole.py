"""CPython: the classes get all their methods at once, so that help(), inspect and subclasses see them.

Boards look the same functions up one by one (lend.py) and do not load this file.
"""

from .lend import borrow
from .modem import ELSEWHERE, Modem
from .sockets import Socket
from .streams import StreamSocket


def complete(cls, places):
    module = None
    for word in places.decode().split():
        if word.endswith(":"):
            module = borrow(word[:-1])
        else:
            setattr(cls, word, getattr(module, word))


complete(Modem, ELSEWHERE)
complete(Socket, Socket._elsewhere)
complete(StreamSocket, StreamSocket._elsewhere)
