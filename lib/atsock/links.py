"""Connection ids beside opening and closing: room that a module must be asked for, ids given back, ids used anew.  Loaded for the call."""

import sys

from .errnos import EAGAIN, EIO
from .lend import borrow
from .link import Link
from .states import NO

_RING = 2048  # one read of the largest chunk
# Nothing holds a pushing module back, so there is room for several chunks that come while the program sends.
_PUSH_RING = 8192 if sys.implementation.name == "micropython" else 65536


def _ask_room(modem, link):
    # -EAGAIN until the module has told that it has room for more.
    if not link.asking and modem._engine.dialect.ROOM is not None:
        link.asking = True
        modem._spawn(_room_steps(modem, link))
    elif not link.asking:
        link.free = -1
    return -EAGAIN


def _room_steps(modem, link):
    try:
        yield from borrow("connection").ask_room(modem, link)
    finally:
        link.asking = False


def _close_orphans(modem):
    # An error here belongs to no call of the program: the link stays held, and is closed again before its id is used.
    while modem._orphans:
        modem._spawn(borrow("connection").drop_link(modem, modem._orphans.pop()))


def _renew(modem, link, socket=None, pushed=False, kind=Link):
    # A new Link for another connection of this id; a socket that was not closed yet keeps the old one.
    engine = modem._engine
    fresh = engine.links[link.id] = kind(link.id)
    if socket is not None:
        size = _ring_size(modem, socket, pushed)
        if size != fresh.size:
            fresh.size = size
        if link.socket is None and link.size == size:
            fresh.buf = link.buf
        fresh.socket = socket
    fresh.held = link.held
    link.held = False
    link.ready = NO
    # Whatever is answered from now on is the new connection's.
    modem._refuse(link.rx, EIO)
    modem._refuse(link.tx)
    if engine.command is link.rx:
        link.rx.link = fresh
    return fresh


def _free_port(modem):
    # A local port for a UDP socket that needs one and was not bound (the dynamic ports, RFC 6335).
    last = getattr(modem, "_last_port", 0) or 49152 + modem._engine.port.ticks_ms() % 8192
    modem._last_port = 49152 if last >= 65535 else last + 1
    return modem._last_port


def _ring_size(modem, socket, pushed):
    return socket._rcvbuf or (_PUSH_RING if pushed else _RING)
