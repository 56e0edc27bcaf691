"""Connection ids beside opening and closing: room that a module must be asked for, ids used anew, local ports.  Loaded for the call."""

from errno import EAGAIN, EIO

from .lend import once
from .link import Link
from .states import NO


def _ask_room(modem, link):
    # -EAGAIN until the module has told that it has room for more.
    if not link.asking and once("settings", "look", modem, "cells", b"ROOM"):
        link.asking = True
        modem._spawn(_room_steps(modem, link))
    elif not link.asking:
        link.free = -1
    return -EAGAIN


def _room_steps(modem, link):
    try:
        yield from once("releasing", "ask_room", modem, link)
    finally:
        link.asking = False


def _renew(modem, link):
    # A new Link for another connection of this id; a socket that was not closed yet keeps the old one.
    engine = modem._engine
    fresh = engine.links[link.id] = Link(link.id)
    if link.socket is None:
        fresh.size = link.size
        fresh.buf = link.buf
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
