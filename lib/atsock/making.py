"""Modem.socket().  Loaded for the call."""

from .address import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
from .lend import once


def socket(modem, family=None, type=SOCK_STREAM, proto=0, *, access=None, tls=False):
    """A socket that is not connected yet; sends nothing.

    family: AF_INET, AF_INET6 or None, the one that attach() was given; type: SOCK_STREAM or SOCK_DGRAM; access: "buffer", "push", "hex" or "transparent" (default: the modem's).
    Raises ValueError for what the dialect has not.
    """
    family = family or (AF_INET6 if modem._attached_with[4] == 6 else AF_INET)  # of the context
    access = once("checks", "access", access or modem._access)
    if family not in (AF_INET, AF_INET6):
        raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
    if type != SOCK_STREAM and type != SOCK_DGRAM:
        raise ValueError("type: SOCK_STREAM or SOCK_DGRAM, not %r" % (type,))
    if access == "transparent" or type != SOCK_STREAM:
        kind = once("fronts", "kind", access, type)
    else:
        from .sockets import StreamSocket as kind
    return make(kind, modem, family, access, tls)


def make(kind, modem, family, access, tls):
    """A new socket of this class."""
    socket = kind()
    socket._modem = modem
    socket._engine = modem._engine
    socket._family = family
    socket._access = access
    socket._tls = tls
    socket._timeout_ms = -1  # -1: wait for ever, 0: never wait
    return socket
