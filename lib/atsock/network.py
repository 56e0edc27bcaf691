"""What a Modem is made of, and checks first.  Loaded for the call."""

import select

from . import checks
from .engine import Engine
from .fast import const
from .port import Port, ticks_ms

_POLLIN = const(1)


def _begin(modem, stream, dialect=None, *, apn=None, context=1, access="buffer", reset=None, on_event=None):
    """A cellular module on a UART.

    stream: machine.UART, atsock_host.SerialPort or what has their any(), readinto(buf, n) and write(buf, start, n).
    dialect: "bg96", "a7600", "sim7028", "nl668", "l610", or None to ask the module in attach().
    apn: for attach(); context: PDP context id, 1 to 16; access: of the sockets, "buffer", "push", "hex" or "transparent".
    reset: a function that resets the module by hardware; on_event(event, socket, value): see EVENT_...
    Sends nothing.  Raises ValueError, TypeError for arguments that cannot be.
    """
    if not isinstance(context, int) or not 1 <= context <= 16:
        raise ValueError("context: 1 to 16, not %r" % (context,))
    modem._engine = Engine(_port(stream), context)
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
    return dialect


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
