"""A Modem's ways around attach(): detach(), recover(), attach_async().  Loaded for the call."""

from . import checks
from .address import AF_INET
from .command import Command
from .fast import const
from .lend import borrow, once

_ATTACH_MS = const(240_000)  # as attach()


def detach(modem):
    """Deactivate the context; all its connections end.  Raises CommandError, Timeout."""
    if modem._engine.dialect is None:
        return
    _is_down(modem)
    modem._run(once("asking", "run", modem, Command(None, once("tables", "look", modem, "command", b"DEACTIVATE"))), -1, "detach")


def _is_down(modem):
    once("rare", "lose_all", modem._engine, borrow("errnos").ENETDOWN)
    modem._address = None
    modem._access_now = None


def recover(modem):
    """Bring a hung, restarted or detached module back; returns the local address as attach(), with its arguments.

    Sockets that were open raise ECONNRESET.  Attaches anew, then deactivates the context first, then restarts the
    module by command, then by the `reset` given to Modem; each bounded by one to three minutes.  Raises the first error when
    nothing helps, OSError EAGAIN when it was restarted too often lately (BG96 manual 1.1).
    """
    if modem._attached_with[0] is None and modem._apn is not None:
        modem._attached_with = (checks.quoted(modem._apn, "APN", 99),) + modem._attached_with[1:]
    return modem._run(once("recovery", "steps", modem), -1, "recover")


def local_address(modem):
    """The address that attach() returned, None when not attached."""
    return modem._address if modem.isconnected() else None


def attach_async(
    modem, apn=None, *, user=None, password=None, auth=None, family=AF_INET, pin=None, timeout_ms=_ATTACH_MS
):
    """attach() for asyncio: to be awaited."""
    from .ear import of  # stays

    return of(modem).run(modem._attach_steps(apn, user, password, auth, family, pin), timeout_ms, "attach")
