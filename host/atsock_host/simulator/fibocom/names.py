"""Names, time and the settings of the stack of a Fibocom module: +MIPDNS, +MSDNS, +MSV6DNS, +MIPNTP,
+MIPCONF, +MIPKEEPCONF.

Owns those settings.  Section numbers: NL668 and L610 TCP&UDP manuals.
"""

from ..arguments import BadArguments, Host, Int, Optional, Text
from .base import mip
from .socket import parse_address, shown_address

_SHARED_SLOT = 7                # of +MPING, +MIPDNS and +MIPNTP
_UNSET = {4: "0.0.0.0", 6: "::"}


class StackSettings:
    """What +MIPCONF sets for one socket; times in units of 100 ms."""

    RANGES = ((1, 12), (1, 10), (10, 600), (1, 75), (0, 2))

    def __init__(self):
        self.values = [5, 5, 600, 75, 0]

    @property
    def close_delay_ms(self):
        return 100 * self.values[3]

    @property
    def nack_indication(self):
        """0 off, 1 acknowledged bytes are told when a connection is lost or closed, 2 at every acknowledgement."""
        return self.values[4]


class NamesMixin:
    HAS_ADDRESS_TYPE = False            # last argument of +MIPDNS and +MIPNTP
    HAS_MSV6DNS = False
    KEEPCONF_NAME = "+MIPKEEPCONF: "    # as printed before the answer to the read form
    NTP_NAME = "+MIPNTP: "

    def __init__(self, clock, network, **options):
        self._keep_alive = [0, 7200, 65, 9]     # 1.1.14 (L610 1.1.13): "will be saved"
        self._time_server = ("0.0.0.0", 123)
        super().__init__(clock, network, **options)

    def reset(self):
        super().reset()
        self.stack_settings = {number: StackSettings() for number in range(1, self.SOCKETS + 1)}
        self._name_servers = {family: {slot: [_UNSET[family]] * 2 for slot in range(1, _SHARED_SLOT + 1)}
                              for family in (4, 6)}
        self._ntp_asked = False

    # ---- +MIPCONF (NL668 1.1.13, L610 1.1.12) -------------------------------------------------------

    @mip("+MIPCONF")
    def mipconf(self, form, args):
        if form == "test":
            ranges = ",".join(f"({low}-{high})" for low, high in StackSettings.RANGES)
            self.info(f"+MIPCONF: (1-{self.SOCKETS}),{ranges}")
            self.ok()
        elif form == "read":
            for number, settings in self.stack_settings.items():
                self.info(f"+MIPCONF: {number}," + ",".join(map(str, settings.values)))
            self.ok()
        elif form == "write":
            number, *values = self.match(args, Int(1, self.SOCKETS),
                                         *(Optional(Int(*limits), hole=True) for limits in StackSettings.RANGES))
            self._configure(number, values)
        else:
            self.unknown()

    def _configure(self, number, values):
        if not self.link_up():
            return
        if number in self.sockets:
            self.violation(f"+MIPCONF for socket {number}, which is open")    # "before socket activation"
            self.fail(2017)
            return
        settings = self.stack_settings[number].values
        for place, value in enumerate(values):
            if value is not None:
                settings[place] = value
        self.ok()

    def close_limit_ms(self, socket):
        return self.stack_settings[socket.number].close_delay_ms

    # ---- +MIPKEEPCONF (NL668 1.1.14, L610 1.1.13) ---------------------------------------------------

    @mip("+MIPKEEPCONF")
    def mipkeepconf(self, form, args):
        if form == "test":
            self.info("+MIPKEEPCONF: (0-1),(1-36000),(1-750),(1-50),")      # the last comma is printed
            self.ok()
        elif form == "read":
            shown = self._keep_alive if self._keep_alive[0] else self._keep_alive[:1]
            self.info(self.KEEPCONF_NAME + ",".join(map(str, shown)))
            self.ok()
        elif form == "write":
            values = self.match(args, Int(0, 1), Optional(Int(1, 36000)), Optional(Int(1, 750)),
                                Optional(Int(1, 50)))
            if None in values[1:] and (values[0] == 1 or len(args) > 1):
                raise BadArguments("<keepidle>, <keepintvl> and <keepcnt> belong together")
            self._keep_alive = [new if new is not None else old for new, old in zip(values, self._keep_alive)]
            self.ok()
        else:
            self.unknown()

    # ---- +MSDNS (NL668 1.1.17, L610 1.1.16), +MSV6DNS (L610 1.1.17) ---------------------------------

    @mip("+MSDNS")
    def msdns(self, form, args):
        self._dns_servers(form, args, 4)

    @mip("+MSV6DNS")
    def msv6dns(self, form, args):
        if self.HAS_MSV6DNS:
            self._dns_servers(form, args, 6)
        else:
            self.unknown()

    def _dns_servers(self, form, args, family):
        name = self.command_name
        slots = self._name_servers[family]
        if form == "test":
            self.info(f"{name}: (1-{_SHARED_SLOT}),(<IP>),(<IP>)")
        elif form == "read":
            for slot, servers in slots.items():
                texts = ",".join(self.address_text(shown_address(server)) for server in servers)
                self.info(f"{name}: {slot},{texts}")
        elif form == "write":
            slot, *texts = self.match(args, Int(1, _SHARED_SLOT), Optional(Text(39)), Optional(Text(39)))
            addresses = [self._server_address(text, family) for text in texts]
            if len(args) == 1:
                slots[slot] = [_UNSET[family]] * 2      # "set Socket_ID parameter only, clear"
            else:
                slots[slot] = [new or old for new, old in zip(addresses, slots[slot])]
        else:
            self.unknown()
            return
        self.ok()

    @staticmethod
    def _server_address(text, family):
        if text is None:
            return None
        try:
            literal, address = parse_address(str(text))
        except ValueError as problem:
            raise BadArguments(str(problem)) from problem
        if literal != family:
            raise BadArguments(f"{str(text)!r} is no IPv{family} address")
        return address

    # ---- +MIPDNS (1.1.21) ---------------------------------------------------------------------------

    @mip("+MIPDNS")
    def mipdns(self, form, args):
        if form != "write":
            self.unknown()
            return
        kinds = [Text(255)] + ([Optional(Int(0, 2), 0)] if self.HAS_ADDRESS_TYPE else [])
        name, *kind = self.match(args, *kinds)
        if not name:
            raise BadArguments("<domain name> is empty")
        if self.link_up():
            families = {0: [4], 1: [6], 2: [4, 6]}[kind[0] if kind else 0]
            self._resolve_next(str(name), families, [])

    def _resolve_next(self, name, families, found):
        """Look the name up for one family after the other, then answer."""
        if families:
            family, *rest = families
            self.network.resolve(name, lambda more: self._resolve_next(name, rest, found + more[:1]), family)
            return
        for address in found:
            self.info(f'+MIPDNS: "{name}",{shown_address(address)}')
        if found:
            self.ok()
        else:
            self.fail(2002)

    # ---- +MIPNTP (1.1.22) ---------------------------------------------------------------------------

    @mip("+MIPNTP")
    def mipntp(self, form, args):
        if form == "test":
            self.info("+MIPNTP: (<IP/URL>),(1-65535)")
            self.ok()
        elif form == "read":
            if self._ntp_asked:
                self.violation("query while the result of AT+MIPNTP is outstanding")
            self.check_query("+MIPNTP")
            server, port = self._time_server
            self.info(f"{self.NTP_NAME}{self.address_text(server)},{port}")
            self.ok()
        elif form == "write":
            kinds = [Host(255), Int(1, 65535)] + ([Optional(Int(0, 1), 0)] if self.HAS_ADDRESS_TYPE else [])
            server, port, *_ = self.match(args, *kinds)
            if not server:
                raise BadArguments("<Remote_IP> is empty")
            if self.link_up():
                self._synchronise(str(server), port)
        else:
            self.unknown()

    def _synchronise(self, server, port):
        if self.outstanding("+MIPNTP") or self._ntp_asked:
            self.violation("the result of AT+MIPNTP is outstanding")
            self.fail(2004)
            return
        self._time_server = (server, port)
        self._ntp_asked = True
        self.accepted("+MIPNTP")
        self.network.ntp(server, port, self._time_came)

    def _time_came(self, moment):
        self._ntp_asked = False
        if moment is not None:
            self.set_utc(moment, self.zone_quarters)
        self.late("+MIPNTP", f"+MIPNTP: {int(moment is not None)}", "+MIPNTP")
