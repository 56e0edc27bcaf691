"""Settings of the socket service of SIMCom modules, and AT+CDNSGIP.

Owns the switches, limits and socket parameters with their ranges (A7600 2.8 to 2.13, 2.17); what they do is
done where it happens.
"""

import re

from ..arguments import BadArguments, Int, Optional, Text
from ..module import at
from .links import NAME_LIMIT
from .service import SocketService
from .state import CLOSED

_DNS_GENERAL_ERROR = 10     # 2.17
_NAME = re.compile(r"(?=.{1,254}\Z)[A-Za-z0-9][A-Za-z0-9-]{0,62}(\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*\Z")

_CONFIG_RANGES = (Int(0, 10), Int(0, 1000), Int(0, 0), Int(0, 1), Int(0, 1), Int(0, 1), Int(500, 120000))
_TIMEOUT_MS = Int(3000, 120000)
_SWITCH_DEFAULTS = {"+CIPHEAD": 1, "+CIPSRIP": 1, "+CIPMODE": 0}    # what the form without "=" sets


class Settings(SocketService):
    TIMEOUTS_AT_LEAST = 1       # values AT+CIPTIMEOUT needs

    @at("+CIPHEAD", "+CIPSRIP", "+CIPMODE", "+CIPSENDMODE")
    def switch(self, form, args):
        name = self.command_name
        if form == "test":
            self.info(f"{name}: (0-1)")
        elif form == "read":
            self.info(f"{name}: {self.switches[name]}")
        else:
            if form == "exec" and name not in _SWITCH_DEFAULTS:
                self.only(form, "test", "read", "write")
            value = _SWITCH_DEFAULTS[name] if form == "exec" else self.match(args, Int(0, 1))[0]
            if name == "+CIPMODE" and self.service != CLOSED:
                self.too_late()
                return
            self.switches[name] = value
        self.ok()

    def too_late(self):
        """Refuse a setting that must be made before AT+NETOPEN (2.10, SIM7028 2.1.18)."""
        if self.opened_by_host:
            self.violation(f"AT{self.command_name} while the socket service is {self.service}")
        self.error()

    @at("+CIPTIMEOUT")
    def ciptimeout(self, form, args):
        self.only(form, "read", "write")
        if form == "read":
            self.info("+CIPTIMEOUT: {},{},{}".format(*self.timeouts_ms))
        else:
            if len(args) < self.TIMEOUTS_AT_LEAST:
                raise BadArguments(f"{len(args)} values, {self.TIMEOUTS_AT_LEAST} are needed")
            self._keep(self.timeouts_ms, args, [_TIMEOUT_MS] * 3)
        self.ok()

    @at("+CIPCCFG")
    def cipccfg(self, form, args):
        if form == "test":
            self.info("+CIPCCFG: (0-10),(0-1000),(0),(0-1),(0-1),(0-1),(500-120000)")
        elif form == "read":
            self.info("+CIPCCFG: " + ",".join(str(value) for value in self.config))
        elif form == "exec":
            self.config = list(self.CONFIG_START)
        else:
            self._keep(self.config, args, _CONFIG_RANGES)
        self.ok()

    def _keep(self, values, args, kinds):
        """Store the arguments; an empty or missing one leaves its value (2.12, 2.13)."""
        given = self.match(args, *(Optional(kind, hole=True) for kind in kinds))
        values[:] = [old if new is None else new for old, new in zip(values, given)]

    # ---- names --------------------------------------------------------------------------------------

    @at("+CDNSGIP")
    def cdnsgip(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.ok()
            return
        (name,) = self.match(args, Text(NAME_LIMIT))
        if not _NAME.match(name):
            raise BadArguments(f"{name!r} is not a host name")
        if self.check_service():
            self.network.resolve(str(name), lambda found: self._found(name, found), self.family)
        else:
            self._found(name, [])

    def _found(self, name, addresses):
        if addresses:
            self.info(f'+CDNSGIP: 1,"{name}","{addresses[0]}"')
            self.ok()
        else:
            self.info(f"+CDNSGIP: 0,{_DNS_GENERAL_ERROR}")
            self.error()
