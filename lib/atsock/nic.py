"""NIC: MicroPython's network interface over a Modem, as network.WLAN or network.PPP are."""

from .core.movers import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    from .modem import Modem

STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_GOT_IP = 3


class NIC:
    """nic = atsock.NIC(modem); nic.active(True); nic.connect("internet"); nic.isconnected()."""

    def __init__(self, modem: "Modem") -> None:
        self._modem = modem
        self._active = False
        self._connecting = False

    def active(self, is_active: "bool | None" = None) -> bool:
        """Switch the interface on or off (off disconnects), or tell whether it is on.

        Sends nothing when switched on.
        """
        if is_active is not None:
            if not is_active and self._modem.isconnected():
                self.disconnect()
            self._active = bool(is_active)
        return self._active

    def connect(self, apn: "str | None" = None, key: "str | None" = None, **settings: "Any") -> None:
        """As Modem.attach(): connect(apn, user=..., password=..., auth=..., pin=..., timeout_ms=...).  Waits.

        key: what programs for WLAN give beside the name: the password when there is a user, else it is ignored.
        Raises OSError as attach(); RuntimeError while the interface is not active.
        """
        if not self._active:
            raise RuntimeError("the interface is not active: active(True) first")
        if key and settings.get("user") and not settings.get("password"):
            settings["password"] = key
        self._connecting = True
        try:
            self._modem.attach(apn, **settings)
        finally:
            self._connecting = False

    def disconnect(self) -> None:
        """As Modem.detach()."""
        self._modem.detach()

    def isconnected(self) -> bool:
        """True while there is an address."""
        return self._modem.isconnected()

    def status(self, what: "str | None" = None) -> "int | None":
        """STAT_IDLE, STAT_CONNECTING or STAT_GOT_IP; status("rssi") the signal in dBm, None when unknown."""
        if what is None:
            return STAT_GOT_IP if self.isconnected() else STAT_CONNECTING if self._connecting else STAT_IDLE
        if what == "rssi":
            return self._modem.signal()[0]
        raise ValueError("status: only 'rssi', not %r" % (what,))

    def ifconfig(self, addresses: "Any" = None) -> "tuple[str, str, str, str]":
        """(address, mask, gateway, DNS): the network gives the address alone, the others are 0.0.0.0.

        Cannot be set.
        """
        if addresses is not None:
            raise ValueError("ifconfig: the network gives the address")
        return (self._modem.local_address() or "0.0.0.0", "255.255.255.255", "0.0.0.0", "0.0.0.0")

    def ipconfig(self, *args: str, **settings: "Any") -> "Any":
        """ipconfig("addr4") or ("addr6"): (address, prefix length) and [(address, ...)]; ("has_dhcp4"), ("gw4").

        Cannot be set.
        """
        if settings or len(args) != 1:
            raise ValueError("ipconfig: one of addr4, addr6, gw4, has_dhcp4, to be asked only")
        address = self._modem.local_address() or ""
        if args[0] == "addr4":
            return (address if "." in address else "0.0.0.0", 32)
        if args[0] == "addr6":
            return [(address, 0, 0, 0)] if ":" in address else []
        if args[0] == "gw4":
            return "0.0.0.0"
        if args[0] == "has_dhcp4":
            return False
        raise ValueError("ipconfig: one of addr4, addr6, gw4, has_dhcp4, not %r" % (args[0],))

    def config(self, *args: str, **settings: "Any") -> "Any":
        """config("apn") asks, config(apn="...") sets what the next connect() takes.  Raises ValueError for others."""
        modem = self._modem
        for name, value in settings.items():
            if name != "apn":
                raise ValueError("config: only apn, not %r" % (name,))
            modem.set_apn(value)
        if args == ("apn",):
            return modem.apn()
        if args:
            raise ValueError("config: only 'apn', not %r" % (args[0],))
        return None
