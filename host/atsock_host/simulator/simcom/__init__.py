"""The SIMCom modules A7600 and SIM7028, written from their TCP/IP manuals.

Sources: "A7600 Series TCPIP AT Command Manual"; "SIM7028 Series TCPIP Application Note" V1.04.  Sections in
comments are of the A7600 manual unless they say otherwise; SIM7028 has the same commands in its chapter 2.1.

Owns what distinguishes the two modules: data, and the commands only SIM7028 has.  What they share stands in
layers, each knowing only those below it: settings, service, servers, send, links, transparent, receive, state.  What
the A7600 and its kin do beside sockets stands on top: mqtt, http, sessions, appservices.
"""

import ipaddress

from ..arguments import BadArguments, Int, Optional, Text
from ..module import at
from ..tables import Stored
from .answers import AnswerTables
from .mqtt import Mqtt
from .settings import Settings
from .state import CLOSED

_SIM_REPORT_MS = 300        # +CPIN: READY after the first boot word
_PROFILE = 1                # the only context AT+CSOCKSETPN of SIM7028 can choose
_IDENTIFICATION = ("Manufacturer: {m.MANUFACTURER}", "Model: {m.MODEL}", "Revision: {m.REVISION}", "IMEI: {m.IMEI}")


class Simcom(AnswerTables, Settings):
    """What both modules are."""

    MANUFACTURER = "SIMCOM INCORPORATED"
    LOCAL_ADDRESS = "10.148.0.17"
    DNS = ("183.230.126.224", "183.230.126.225")
    KEEP_ALIVE_NEEDS_SERVICE = True     # AT+CTCPKA: "set after NETOPEN" (SIM7028 2.1.19)
    DNS6 = ("2409:8060:20EA:101::1", "2409:8060:20EA:201::1")

    def restart(self, off_words=None, silence_ms=None):
        super().restart(off_words, silence_ms)
        silence = self.BOOT_MS if silence_ms is None else silence_ms
        self.after(silence + _SIM_REPORT_MS, self._report_sim)

    def _report_sim(self):
        if self.sim_ready:
            self.urc("+CPIN: READY")

    def reset(self):
        super().reset()
        self.keep_alive = (0, 120, 9, 1)    # start values are not printed
        self.dns_servers = {4: self.DNS, 6: self.DNS6}

    @at("+CTCPKA")
    def ctcpka(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "read":
            self.info("+CTCPKA: {},{},{},{}".format(*self.keep_alive))
        elif form == "write":
            values = self.match(args, Int(0, 1), Int(1, 120), Int(1, 10), Int(1, 65535))
            if self.KEEP_ALIVE_NEEDS_SERVICE and not self.check_service():
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
            self.show_dns_servers()
        else:
            self._set_dns_servers(args)
        self.ok()

    def show_dns_servers(self):
        for family, servers in self.dns_servers.items():
            first, second = (*servers, "")[:2]
            self.info(f"Primary IPv{family} DNS: {first},Secondary IPv{family} DNS: {second}")

    def _set_dns_servers(self, args):
        if len(args) == 2 and isinstance(args[1], int):
            args = [args[0], None, args[1]]     # the second server left out, the type given
        first, second, kind = self.match(args, Text(45, bare=True), Optional(Text(45, bare=True), hole=True),
                                         Optional(Int(0, 1)))
        try:
            versions = {ipaddress.ip_address(text).version for text in (first, second) if text}
        except ValueError as problem:
            raise BadArguments(str(problem)) from problem
        if not versions:
            raise BadArguments("no address")
        family = versions.pop()
        if versions or kind is not None and family != (4, 6)[kind]:
            raise BadArguments("addresses of different families")
        self.dns_servers[family] = (str(first), str(second or ""))


class A7600(Mqtt, Simcom):
    MODEL = "A7600"
    REVISION = "A7600C1_B01V01"
    ATI_LINES = _IDENTIFICATION
    BOOT_WORDS = ((0, "*ATREADY: 1"), (1500, "SMS DONE"), (1800, "PB DONE"))
    SIGNAL = "25,99"
    TABLE: "dict[str, object]" = {"+CSOCKSETPN": Stored(Int(1, 16), start=(1,), test="(1-16)", saved=True)}
    CPSI = "LTE,Online,460-00,0x1816,27593483,139,EUTRAN-BAND39,38400,5,5,-88,-868,-578,18"

    KEEP_ALIVE_NEEDS_SERVICE = False

    @at("+CTCPKA")      # not in its TCP/IP manual, but drivers set it, some before AT+NETOPEN, and near kin take it
    def ctcpka(self, form, args):
        if form == "write":
            super().ctcpka(form, args)
        else:
            self.unknown()

    def show_dns_servers(self):
        for place, server in zip(("Primary", "Secondary"), (*self.dns_servers[4], "")):
            self.info(f"{place}Dns: {server}")


class SIM7028(Simcom):
    MODEL = "SIM7028"
    REVISION = "2110B07SIM7028"
    ATI_LINES = _IDENTIFICATION
    BOOT_WORDS = ((0, "*ATREADY: 1"),)
    ACCESS_TECHNOLOGY = 9           # E-UTRAN (NB-S1 mode), 27.007 7.3
    CPSI = "NB-IOT,Online,460-00,0x1816,27593483,139,EUTRAN-BAND8,3738,0,0,-11,-82,-71,14"
    LOCAL_ADDRESS6 = "2409:8960:1e64:94d8:1:0:3b3b:7118"
    LINKS = 2
    SERVERS = 2
    MODE_ERROR_INFO = True
    TEST_FORMS = True
    TIMEOUTS_AT_LEAST = 3
    UDP_NAMES = True
    UDP_ONE_COMMA = True
    SEND_TRAILING_COMMA = True
    UDP_RESUMED_BY_OPEN = True
    ATO_RESUMES_UDP = False
    ACKNOWLEDGED_SHOWN = False
    ADDRESS_LINES = {"TCP": "RCV FROM", "UDP": "RECV FROM"}     # 3.2.1 and 3.3.1 differ

    @at("+CSOCKSETPN")
    def csocksetpn(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CSOCKSETPN: 1,(1,6)")
        elif form == "read":
            self.info(f"+CSOCKSETPN: {_PROFILE},{self.ip_family}")
        else:
            _, family = self.match(args, Int(_PROFILE, _PROFILE), Optional(Int(1, 6), 1))
            if family not in (1, 6):
                raise BadArguments(f"the IP family is 1 or 6, not {family}")
            if self.service != CLOSED:
                self.too_late()
                return
            self.ip_family = family
        self.ok()
