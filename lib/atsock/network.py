"""Modem's methods around the network: what its constructor checks, attach(), detach(), recover().  Loaded for the call."""

from . import checks, tables
from .address import AF_INET, AF_INET6
from .command import Command
from .errnos import ENETDOWN
from .lend import borrow

_ATTACH_MS = 240_000  # boot, registration and the slowest context (BG96: 150 s)


def begin(modem, dialect, apn, context, access, reset, on_event):
    """Modem's constructor."""
    if not isinstance(context, int) or not 1 <= context <= 16:
        raise ValueError("context: 1 to 16, not %r" % (context,))
    _set_apn(modem, apn)
    modem._restarts = 0  # by recover(), since it last succeeded
    modem._restarted_at = 0  # ticks
    modem._access = checks.access(access)
    modem._reset = reset
    modem._on_event = on_event
    modem._ear = None  # what asyncio's tasks wait with, see ear.py
    modem._address = None  # local address while attached
    modem._losses = 0  # engine.network_losses + restarts when it was attached
    modem._access_now = None  # access mode the module is in
    modem._opening = False  # somebody switches it, or takes a connection id
    modem._attaching = False
    modem._attached_with = (None, b"", b"", None, 4, None)  # arguments of the last attach, see bringup.py
    modem._orphans = []  # links whose socket is gone and that the module still holds
    modem._delivering = False
    modem._next_port = 49152 + modem._engine.port.ticks_ms() % 8192
    if on_event is not None:
        modem._engine.events = []
    if dialect is not None:
        _use(modem, dialect)


def _set_apn(modem, apn):
    if apn is not None:
        checks.quoted(apn, "APN", 99)
    modem._apn = apn


def _use(modem, name):
    tables.use(modem._engine, name, modem._access)


def attach(
    modem, apn=None, *, user=None, password=None, auth=None, family=AF_INET, pin=None, timeout_ms=_ATTACH_MS
):
    """Bring the module up and return the local address (str); when attached already, only return it.

    Synchronises, switches echo off, waits for SIM and registration, configures and activates the context.
    apn: up to 99 characters, None: the one given to Modem, or what the module has stored.  user, password: up to 64;
    auth: 0 none, 1 PAP, 2 CHAP, 3 either (default with a user; PAP where the dialect has no 3).  pin: digits.  Raises ValueError before a byte
    is sent, Timeout, ModemError, CommandError.
    """
    if modem.isconnected() and not modem._engine.lost:
        return modem._address
    return modem._run(modem._attach_steps(apn, user, password, auth, family, pin), timeout_ms, "attach")


def attach_async(
    modem, apn=None, *, user=None, password=None, auth=None, family=AF_INET, pin=None, timeout_ms=_ATTACH_MS
):
    """attach() for asyncio: to be awaited."""
    from .ear import of

    return of(modem).run(modem._attach_steps(apn, user, password, auth, family, pin), timeout_ms, "attach")


def _attach_steps(modem, apn, user, password, auth, family, pin):
    # Checks the arguments at once; returns the steps.
    apn = modem._apn if apn is None else apn
    if apn is not None:
        apn = checks.quoted(apn, "APN", 99)
    user_bytes = checks.quoted(user or "", "user", 64)
    password_bytes = checks.quoted(password or "", "password", 64)
    if auth not in (None, 0, 1, 2, 3):
        raise ValueError("auth: 0 none, 1 PAP, 2 CHAP, 3 either, not %r" % (auth,))
    if auth is not None and modem._engine.dialect is not None:
        auths = tables.of(modem).numbers(b"AUTHS")
        if auth not in auths:
            raise ValueError("auth: %s for %s, not %d" % (tuple(auths), modem._engine.dialect, auth))
    if pin is not None:
        pin = checks.quoted(pin, "PIN", 8)
        if not pin.isdigit() or len(pin) < 4:
            raise ValueError("PIN: 4 to 8 digits")
    if family not in (AF_INET, AF_INET6):
        raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
    return modem._attach((apn, user_bytes, password_bytes, auth, 4 if family == AF_INET else 6, pin))


def _attach(modem, args):
    yield lambda: not modem._attaching
    if modem.isconnected():
        if not modem._engine.lost:
            return modem._address
        modem._is_down()  # an open has shown it
    modem._attaching = True
    try:
        modem._attached_with = args
        modem._access_now = None
        address = yield from borrow("bringup").attach(modem, *args)
        modem._losses = modem._engine.network_losses + modem._engine.restarts
        modem._address = address
    finally:
        modem._attaching = False
    return address


def detach(modem):
    """Deactivate the context; all its connections end.  Raises CommandError, Timeout."""
    if modem._engine.dialect is None:
        return
    modem._is_down()
    modem._run(borrow("asking").run(modem, Command(None, tables.of(modem).command(b"DEACTIVATE"))), -1, "detach")


def _family(modem):
    # Of the context.
    return AF_INET6 if modem._attached_with[4] == 6 else AF_INET


def _is_down(modem):
    borrow("rare").lose_all(modem._engine, ENETDOWN)
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
    return modem._run(borrow("recovery").steps(modem), -1, "recover")


def local_address(modem):
    """The address that attach() returned, None when not attached."""
    return modem._address if modem.isconnected() else None
