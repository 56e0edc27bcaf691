"""What a Modem is made of and checks first, and attach().  Loaded for the call."""

import select

from . import checks, dialects
from .address import AF_INET, AF_INET6
from .engine import Engine
from .fast import const
from .lend import borrow
from .port import Port, ticks_ms

_POLLIN = const(1)
_ATTACH_MS = const(240_000)  # boot, registration and the slowest context (BG96: 150 s)


def _begin(modem, stream, dialect=None, *, apn=None, context=1, access="buffer", reset=None, on_event=None):
    """A cellular module on a UART.

    stream: machine.UART, atsock_host.SerialPort or what has their any(), readinto(buf, n) and write(buf, start, n).
    dialect: "bg96", "a7600", "sim7028", "nl668", "l610", or None to ask the module in attach().
    apn: for attach(); context: PDP context id, 1 to 16; access: of the sockets, "buffer", "push", "hex" or "transparent".
    reset: a function that resets the module by hardware; on_event(event, socket, value): see EVENT_...
    Sends nothing.  Raises ValueError, TypeError for arguments that cannot be.
    """
    modem._engine = Engine(_port(stream), context)
    if not isinstance(context, int) or not 1 <= context <= 16:
        raise ValueError("context: 1 to 16, not %r" % (context,))
    _set_apn(modem, apn)
    modem._access = checks.access(access)
    if reset is not None:
        modem._reset = reset
    modem._address = None  # local address while attached
    modem._losses = 0  # engine.network_losses + restarts when it was attached
    modem._access_now = None  # access mode the module is in
    modem._opening = False  # somebody switches it, or takes a connection id
    modem._attaching = False
    modem._attached_with = (None, b"", b"", None, 4, None)  # arguments of the last attach, see bringup.py
    modem._orphans = []  # links whose socket is gone and that the module still holds
    if on_event is not None:
        modem._on_event = on_event
        modem._engine.events = []
    if dialect is not None:
        _use(modem, dialect)


def _port(stream):
    for name in ("any", "readinto", "write"):
        if not hasattr(stream, name):
            raise TypeError("the stream has no %s(): give a machine.UART, or atsock_host.SerialPort on a host" % name)
    port = Port()
    port.stream = stream
    port.ticks_ms = ticks_ms
    # How long a byte takes to leave matters for the silence around +++ only.
    port.baudrate = getattr(stream, "baudrate", None) or 115200
    port.mask = _POLLIN
    try:
        poller = select.poll()  # AttributeError: Windows
        poller.register(stream, _POLLIN)
        poller.poll(0)
        port.poller = poller if hasattr(poller, "ipoll") else _with_ipoll(poller)
    except (OSError, TypeError, ValueError, AttributeError):
        port.poller = None  # a stream that cannot be polled (a plain Python object, a COM port of Windows) is asked instead
    return port


def _with_ipoll(poller):
    from .clock import Poller  # CPython

    return Poller(poller)


def _set_apn(modem, apn):
    if apn is not None:
        checks.quoted(apn, "APN", 99)
    modem._apn = apn


def _use(modem, name):
    dialect = dialects.load(name)
    if modem._access not in dialect.ACCESS:
        raise ValueError("%s has no %s access" % (name, modem._access))
    modem._engine.use(dialect, dialect.ACCESS[modem._access])


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
    apn = modem._apn if apn is None else apn
    if apn is not None:
        apn = checks.quoted(apn, "APN", 99)
    user_bytes = checks.quoted(user or "", "user", 64)
    password_bytes = checks.quoted(password or "", "password", 64)
    if auth not in (None, 0, 1, 2, 3):
        raise ValueError("auth: 0 none, 1 PAP, 2 CHAP, 3 either, not %r" % (auth,))
    dialect = modem._engine.dialect
    if auth is not None and dialect is not None and auth not in dialect.AUTHS:
        raise ValueError("auth: %s for %s, not %d" % (dialect.AUTHS, dialect.NAME, auth))
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
        address = yield from borrow("bringup").attach(modem, *args)
        modem._losses = modem._engine.network_losses + modem._engine.restarts
        modem._address = address
    finally:
        modem._attaching = False
    return address
