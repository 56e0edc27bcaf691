"""Modem.attach().  Loaded for the call."""

from .address import AF_INET, AF_INET6
from .fast import const
from .lend import borrow, once

_ATTACH_MS = const(240_000)  # boot, registration and the slowest context (BG96: 150 s)


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
    return modem._run(_attach_steps(modem, apn, user, password, auth, family, pin), timeout_ms, "attach")


def _attach_steps(modem, apn, user, password, auth, family, pin):
    # Checks the arguments at once; returns the steps.
    checks = borrow("checks")
    apn = modem._apn if apn is None else apn
    if apn is not None:
        apn = checks.quoted(apn, "APN", 99)
    user_bytes = checks.quoted(user or "", "user", 64)
    password_bytes = checks.quoted(password or "", "password", 64)
    if auth not in (None, 0, 1, 2, 3):
        raise ValueError("auth: 0 none, 1 PAP, 2 CHAP, 3 either, not %r" % (auth,))
    if auth is not None and modem._engine.dialect is not None:
        auths = once("settings", "look", modem, "numbers", b"AUTHS")
        if auth not in auths:
            raise ValueError("auth: %s for %s, not %d" % (tuple(auths), modem._engine.dialect, auth))
    if pin is not None:
        pin = checks.quoted(pin, "PIN", 8)
        if not pin.isdigit() or len(pin) < 4:
            raise ValueError("PIN: 4 to 8 digits")
    if family not in (AF_INET, AF_INET6):
        raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
    return _attach(modem, (apn, user_bytes, password_bytes, auth, 4 if family == AF_INET else 6, pin))


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
        address = yield from once("bringup", "attach", modem, *args)
        modem._losses = modem._engine.network_losses + modem._engine.restarts
        modem._address = address
    finally:
        modem._attaching = False
    return address
