"""Modem's questions to the network: resolve(), getaddrinfo(), ping(), ntp().  Loaded for the call."""

import atsock

from . import checks
from .address import AF_INET, AF_INET6, SOCK_STREAM
from .printable import printable
from .lend import borrow, once


def resolve(modem, host, family=AF_INET):
    """The addresses (list of str) of a host name, asked of the module's DNS.  Raises CommandError, Timeout."""
    host = checks.host(host)
    _check_attached(modem)
    return [printable(address) for address in modem._run(once("resolving", "resolve", modem, host, family), -1, "resolve")]


def getaddrinfo(modem, host, port, af=0, type=0, proto=0, flags=0):
    """As socket.getaddrinfo(): a list of (family, type, proto, name, (address, port)); the module resolves."""
    checks.port(port)
    found = []
    for address in resolve(modem, host, af or (AF_INET6 if modem._attached_with[4] == 6 else AF_INET)):
        family = AF_INET6 if ":" in address else AF_INET
        if af in (0, family):
            found.append((family, type or SOCK_STREAM, proto, "", (address, port)))
    return found


def ping(modem, host, count=4, size=32, timeout_ms=4000):
    """Ping a host from the module; returns an object with sent, received, min_ms, avg_ms, max_ms and replies.

    A lost answer is no error.  Raises CommandError (no such name, ...), Timeout, OSError EOPNOTSUPP where the
    dialect has no ping (SIMCom).  BG96 has no size.  Source: AT+QPING 2.1.11, AT+MPING 1.1.15.
    """
    return modem._run(once("services", "ping", modem, host, count, size, timeout_ms), -1, "ping")


def ntp(modem, server, port=123):
    """Set the module's clock from an NTP server; returns the time that the module reports (str).

    Raises CommandError, Timeout, OSError EOPNOTSUPP where the dialect has no NTP (SIMCom).
    Source: AT+QNTP 2.1.12, AT+MIPNTP 1.1.22.
    """
    return modem._run(once("services", "ntp", modem, server, port), -1, "NTP")


def _check_attached(modem):
    if not modem.isconnected():
        raise atsock.ModemError(borrow("errnos").ENETDOWN, "not attached: call attach() first")
