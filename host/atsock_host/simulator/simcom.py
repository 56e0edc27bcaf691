"""The SIMCom modules A7600 and SIM7028, written from their TCP/IP manuals.

Owns the socket service, its settings, name resolution and what distinguishes the two modules.  The layers
below: simcom_servers (servers), simcom_send (sending), simcom_links (opening, closing), simcom_transparent
(data mode), simcom_push (received data), simcom_state (links, errors, deferred results).

Sections in comments are of the A7600 manual; SIM7028 has the same commands in its chapter 2.1.
"""

import ipaddress
import re

from .arguments import BadArguments, Int, Optional, Text
from .module import at
from .simcom_links import NAME_LIMIT
from .simcom_servers import Servers
from .simcom_state import (
    BUSY, CLOSED, CLOSING, ENDED, FREE, LOST, NETWORK_FAILURE, NETWORK_NOT_OPENED, OPEN, OPENING, SERVICE, SUCCESS)

_NETOPEN_MS = 200           # from the OK of AT+NETOPEN to its result
_NETOPEN_FAIL_MS = 2000     # the same when there is no network
_NETCLOSE_MS = 100
_SIM_REPORT_MS = 300        # +CPIN: READY after the first boot word
_CID = 1                    # the context AT+NETOPEN activates
_DNS_GENERAL_ERROR = 10     # 2.17
_NAME = re.compile(r"(?=.{1,254}\Z)[A-Za-z0-9][A-Za-z0-9-]{0,62}(\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*\Z")

_CONFIG_RANGES = (Int(0, 10), Int(0, 1000), Int(0, 0), Int(0, 1), Int(0, 1), Int(0, 1), Int(500, 120000))
_TIMEOUT_MS = Int(3000, 120000)
_SWITCH_DEFAULTS = {"+CIPHEAD": 1, "+CIPSRIP": 1, "+CIPMODE": 0}    # what the form without "=" sets


class Simcom(Servers):
    """Everything both modules have."""

    MANUFACTURER = "SIMCOM INCORPORATED"
    LOCAL_ADDRESS = "10.148.0.17"
    TIMEOUTS_AT_LEAST = 1       # values AT+CIPTIMEOUT needs

    QUIRKS = {
        "netclose-names-links": "AT+NETCLOSE reports every open link with +CIPCLOSE before its result",
        "netopen-error": "AT+NETOPEN answers a bare ERROR, always",
        "netopen-error-once": "the first AT+NETOPEN after a start answers a bare ERROR",
        "netopen-two-values": "the result of AT+NETOPEN has a second number (A7600 6.4.2)",
        "numeric-errors": "+IP ERROR carries a number although AT+CIPCCFG asks for text",
        "service-open": "the socket service is open at the start, as when only the host has restarted",
    }

    def reset(self):
        super().reset()
        self._opened_by_host = False
        self._netopen_tries = 0
        if self.quirk("service-open") and self.activate(_CID):
            self.service = OPEN

    def restart(self, off_words=None, silence_ms=None):
        super().restart(off_words, silence_ms)
        silence = self.BOOT_MS if silence_ms is None else silence_ms
        self.after(silence + _SIM_REPORT_MS, self._report_sim)

    def _report_sim(self):
        if self.sim_ready:
            self.urc("+CPIN: READY")

    # ---- the socket service -------------------------------------------------------------------------

    @at("+NETOPEN")
    def netopen(self, form, args):
        del args
        self.only(form, "read", "exec")
        if form == "read":
            self.check_nothing_owed()
            self.info(f"+NETOPEN: {int(self.service in (OPEN, LOST))}")
            self.ok()
            return
        self.check_owed(SERVICE)
        self._netopen_tries += 1
        if self.service in (OPENING, CLOSING) or self.quirk("netopen-error"):
            self.error()
        elif self.service == OPEN:
            self.ip_error("Network is already opened")
        elif self._netopen_tries == 1 and self.quirk("netopen-error-once"):
            self.error()
        else:
            self.service = OPENING
            self._opened_by_host = True
            self.ok()
            self.owe(SERVICE, "+NETOPEN")
            self.after(_NETOPEN_MS if self.network_ready else _NETOPEN_FAIL_MS, self._netopen_result)

    def _netopen_result(self):
        if self._family_fits() and self.activate(_CID):
            self.service = OPEN
            err = SUCCESS
        else:
            self.service = CLOSED
            err = NETWORK_FAILURE
        second = ",0" if self.quirk("netopen-two-values") else ""
        self.pay(SERVICE, f"+NETOPEN: {err}{second}")

    def _family_fits(self):
        """IPv6 needs a context that has it (SIM7028 3.1.2, 3.1.3)."""
        return self.context(_CID).kind in (("IPV6", "IPV4V6") if self.family == 6 else ("IP", "IPV4V6"))

    @at("+NETCLOSE")
    def netclose(self, form, args):
        del args
        self._no_test(form)
        if form == "test":
            self.ok()
            return
        self.check_owed(SERVICE)
        if self.service not in (OPEN, LOST):
            self.info(f"+NETCLOSE: {BUSY if self.service == OPENING else NETWORK_NOT_OPENED}")
            self.error()
            return
        self.service = CLOSING
        self.ok()
        self.owe(SERVICE, "+NETCLOSE")
        self.after(_NETCLOSE_MS, self._netclose_result)

    def _netclose_result(self):
        for link in self.links:
            if link.state == OPEN and (link.transparent or self.quirk("netclose-names-links")):
                link.endpoint.close()
                self.release(link)
                if link.transparent:
                    self.urc("CLOSED")
                self.urc(f"+CIPCLOSE: {link.number},{SUCCESS}")
                self.unsent(link)
        self.drop_links(FREE)
        self.stop_servers()
        self.deactivate(_CID)
        self.service = CLOSED
        self._opened_by_host = False
        self.pay(SERVICE, f"+NETCLOSE: {SUCCESS}")

    @at("+IPADDR")
    def ipaddr(self, form, args):
        del args
        self._no_test(form)
        if form == "test":
            self.ok()
        elif self.service == OPEN:
            self.info(f"+IPADDR: {self.LOCAL_ADDRESS6 if self.family == 6 else self.LOCAL_ADDRESS}")
            self.ok()
        else:
            self.ip_error("Network not opened")

    def _no_test(self, form):
        """NETCLOSE and IPADDR have a test form on SIM7028 only."""
        self.only(form, "exec")

    def deactivate(self, cid):
        super().deactivate(cid)
        if cid == _CID and self.service == OPEN:
            self.service = LOST
            self.stop_servers()
            self.drop_links(ENDED)
            self.urc("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")

    def network_lost(self):
        """The network goes away: every link is dead, AT+NETOPEN fails until set_searching(False)."""
        self.set_searching(True)
        self.deactivate(_CID)

    # ---- settings -----------------------------------------------------------------------------------

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
                self._too_late()
                return
            self.switches[name] = value
        self.ok()

    def _too_late(self):
        """Refuse a setting that must be made before AT+NETOPEN (2.10, SIM7028 2.1.18)."""
        if self._opened_by_host:
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


class A7600(Simcom):
    MODEL = "A7600"
    REVISION = "A7600C1_B01V01"
    ATI_LINES = (f"Manufacturer: {Simcom.MANUFACTURER}", f"Model: {MODEL}", f"Revision: {REVISION}",
                 f"IMEI: {Simcom.IMEI}")
    BOOT_WORDS = ((0, "*ATREADY: 1"), (1500, "SMS DONE"), (1800, "PB DONE"))
    SIGNAL = "25,99"
    CPSI = "LTE,Online,460-00,0x1816,27593483,139,EUTRAN-BAND39,38400,5,5,-88,-868,-578,18"


class SIM7028(Simcom):
    MODEL = "SIM7028"
    REVISION = "2110B07SIM7028"
    ATI_LINES = (f"Manufacturer: {Simcom.MANUFACTURER}", f"Model: {MODEL}", f"Revision: {REVISION}",
                 f"IMEI: {Simcom.IMEI}")
    BOOT_WORDS = ((0, "*ATREADY: 1"),)
    ACCESS_TECHNOLOGY = 9           # E-UTRAN (NB-S1 mode), 27.007 7.3
    CPSI = "NB-IOT,Online,460-00,0x1816,27593483,139,EUTRAN-BAND8,3738,0,0,-11,-82,-71,14"
    LOCAL_ADDRESS6 = "2409:8960:1e64:94d8:1:0:3b3b:7118"
    LINKS = 2
    SERVERS = 2
    MODE_ERROR_INFO = True
    TIMEOUTS_AT_LEAST = 3
    UDP_NAMES = True
    UDP_ONE_COMMA = True
    SEND_TRAILING_COMMA = True
    UDP_RESUMED_BY_OPEN = True
    ATO_RESUMES_UDP = False
    ACKNOWLEDGED_SHOWN = False
    ADDRESS_LINES = {"TCP": "RCV FROM", "UDP": "RECV FROM"}     # 3.2.1 and 3.3.1 differ

    def reset(self):
        super().reset()
        self.keep_alive = (0, 120, 9, 1)    # start values are not printed
        self.dns_servers = {4: ("183.230.126.224", "183.230.126.225"),
                            6: ("2409:8060:20EA:101::1", "2409:8060:20EA:201::1")}

    def _no_test(self, form):
        self.only(form, "test", "exec")

    @at("+CSOCKSETPN")
    def csocksetpn(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CSOCKSETPN: 1,(1,6)")
        elif form == "read":
            self.info(f"+CSOCKSETPN: {_CID},{self.ip_family}")
        else:
            _, family = self.match(args, Int(_CID, _CID), Optional(Int(1, 6), 1))
            if family not in (1, 6):
                raise BadArguments(f"the IP family is 1 or 6, not {family}")
            if self.service != CLOSED:
                self._too_late()
                return
            self.ip_family = family
        self.ok()

    @at("+CTCPKA")
    def ctcpka(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "read":
            self.info("+CTCPKA: {},{},{},{}".format(*self.keep_alive))
        elif form == "write":
            values = self.match(args, Int(0, 1), Int(1, 120), Int(1, 10), Int(1, 65535))
            if not self.check_service():    # "set after NETOPEN" (2.1.19)
                self.error()
                return
            self.keep_alive = tuple(values)
        self.ok()

    @at("+CDNSCFG")
    def cdnscfg(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info('+CDNSCFG: ("Primary DNS"),("Secondary DNS"),type')
        elif form == "read":
            for family, (first, second) in self.dns_servers.items():
                self.info(f"Primary IPv{family} DNS: {first},Secondary IPv{family} DNS: {second}")
        else:
            self._set_dns_servers(args)
        self.ok()

    def _set_dns_servers(self, args):
        if len(args) == 2 and isinstance(args[1], int):
            args = [args[0], None, args[1]]     # the second server left out, the type given
        first, second, kind = self.match(args, Text(45, bare=True), Optional(Text(45, bare=True), hole=True),
                                         Optional(Int(0, 1)))
        try:
            versions = {ipaddress.ip_address(text).version for text in (first, second) if text}
        except ValueError as problem:
            raise BadArguments(str(problem)) from problem
        family = versions.pop()
        if versions or kind is not None and family != (4, 6)[kind]:
            raise BadArguments("addresses of different families")
        self.dns_servers[family] = (str(first), str(second or ""))
