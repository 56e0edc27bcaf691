"""The table of hosts: which names and addresses a module can reach, and where they really are.

Owns the rule that nothing leaves the machine by accident: only loopback addresses and what the table names can
be reached.  Opens no socket.
"""

import ipaddress
import socket


class Hosts:
    """The table of names: `NAME: "ADDRESS"`, `"ADDRESS:PORT"` (every port of the name goes to PORT), or several
    addresses separated by commas.

    A NAME may be an address too: connections to it then go where the table says.  A name with a PORT
    resolves to an address of 198.18.0.0/15 (RFC 2544), so that it keeps its port when the host connects by
    address.
    """

    def __init__(self, table=None):
        self._addresses = {"localhost": ["127.0.0.1", "::1"]}
        self._routes = {}       # address as the module sees it -> (real address, port or None)
        self.outside = False    # the table leads out of this machine
        for index, (name, target) in enumerate((table or {}).items()):
            self._add(name, target, index)

    def _add(self, name, target, index):
        shown = []
        for part in str(target).split(","):
            address, port = _split_target(part.strip())
            self.outside = self.outside or not ipaddress.ip_address(address).is_loopback
            if is_address(name):
                self._routes[name] = (address, port)
            elif port is None:
                shown.append(address)
                self._routes[address] = (address, None)
            else:
                stand_in = f"198.18.{index // 250}.{index % 250 + 1}"
                self._routes[stand_in] = (address, port)
                shown.append(stand_in)
        if shown:
            self._addresses[name.lower()] = shown

    def resolve(self, name, family=4):
        if is_address(name):
            return [name]
        found = self._addresses.get(name.lower(), [])
        return [address for address in found if (":" in address) == (family == 6)]

    def route(self, address, port):
        """Where (address, port) really is, or None when it cannot be reached."""
        if address in self._routes:
            real, fixed = self._routes[address]
            return real, fixed or port
        if is_address(address) and ipaddress.ip_address(address).is_loopback:
            return address, port
        return None


def _split_target(text):
    """(address, port or None) of "1.2.3.4", "1.2.3.4:80", "::1" or "[::1]:80"."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]")
        return address, int(port[1:]) if port else None
    if text.count(":") == 1:
        address, port = text.split(":")
        return address, int(port)
    return text, None


def is_address(text):
    """True for an IPv4 or IPv6 address, False for a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET
