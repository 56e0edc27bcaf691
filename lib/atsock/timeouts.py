"""Timeouts of a socket.  Loaded by the first call, and kept: some programs change them again and again."""

from .sockets import Socket


def settimeout(socket, seconds):
    """Seconds to wait in each call: None for ever, 0 never (then OSError EAGAIN, or None from streams)."""
    if seconds is None:
        socket._timeout_ms = -1
    elif seconds < 0:
        raise ValueError("timeout: None or seconds from 0 on, not %r" % (seconds,))
    else:
        socket._timeout_ms = int(seconds * 1000)
        if not socket._timeout_ms:
            from . import polling  # stays with those who do not wait


def setblocking(socket, flag):
    """settimeout(None) or settimeout(0)."""
    settimeout(socket, None if flag else 0)


def gettimeout(socket):
    """What settimeout() was given, in seconds."""
    return None if socket._timeout_ms < 0 else socket._timeout_ms / 1000


Socket.settimeout = settimeout
Socket.setblocking = setblocking
Socket.gettimeout = gettimeout
