"""The commands of V.250 and 3GPP TS 27.007 that every one of the five modules has.

Owns SIM, registration, packet contexts, clock, identity and the verbosity of errors.  Knows no TCP/IP
command; the vendor files use `contexts`, `activate()` and `deactivate()`.
"""

import datetime

from .arguments import Int, Optional, Text
from .errors import CME_TEXTS
from .module import Module, at

SIM_PIN = "1234"
_SIM_BUSY_MS = 3000             # with the quirk sim-busy, after each start
_REGISTRATION_MS = 3000         # with the quirk slow-registration, after each start
_CLOCK_START = datetime.datetime(1980, 1, 6)    # what the clock shows before anybody set it


class Context:
    """One packet data context of AT+CGDCONT."""

    def __init__(self, cid, kind="IP", apn=""):
        self.cid = cid
        self.kind = kind            # "IP", "IPV6", "IPV4V6"
        self.apn = apn
        self.active = False
        self.address = ""           # local address while active
        self.username = ""
        self.password = ""
        self.authentication = 0


class CommonModule(Module):
    IMEI = "860000000000017"
    IMSI = "001010123456789"
    ICCID = "89860000000000000017"
    LOCAL_ADDRESS = "10.7.157.1"
    LOCAL_ADDRESS6 = "2001:db8:7::9d1"
    ATI_LINES = None            # None: manufacturer, model, "Revision: ..."
    CONTEXTS = 16
    CMEE_START = 0
    ACCESS_TECHNOLOGY = 7       # E-UTRAN (27.007 7.3)
    SIGNAL = "23,0"             # text of AT+CSQ while the radio is on
    CPSI = None                 # text of AT+CPSI? for the modules that have it
    CME_TEXTS = CME_TEXTS
    QUIRKS = {
        "cme-verbose": "errors come as text whatever AT+CMEE says",
        "echo-stays": "ATE0 answers OK, but the echo stays on",
        "not-registered": "the network is searched for ever",
        "sim-busy": "AT+CPIN? answers +CME ERROR: 14 for 3 s after a start, then +CPIN: READY comes by itself",
        "sim-missing": "no SIM card: +CME ERROR: 10",
        "sim-pin": f"the SIM card wants its PIN ({SIM_PIN})",
        "slow-registration": "registered only 3 s after a start",
    }

    def reset(self):
        super().reset()
        self.cmee = self.CMEE_START
        self.connect_text = True        # CONNECT carries the speed (ATX, AT\V)
        self.pin_wanted = self.quirk("sim-pin")
        self.pin_tries = 3
        self.sim_busy = self.quirk("sim-busy")
        self.functionality = 1
        self.attached = True
        self.report = {"+CREG": 0, "+CGREG": 0, "+CEREG": 0}    # <n> of each
        self.contexts = {}
        self.registers = {0: 0, 2: 43, 3: 13, 4: 10, 5: 8, 12: 50}
        self.flow_control = (0, 0)
        self.rate = 115200
        self.dtr_mode = 0
        self._clock_base = _CLOCK_START
        self._clock_base_ms = self.now_ms()
        self.zone_quarters = 0          # time zone in quarter hours
        self.searching = self.quirk("slow-registration") or self.quirk("not-registered")
        if self.quirk("slow-registration"):
            self.after(_REGISTRATION_MS, self._registered)
        if self.sim_busy:
            self.after(_SIM_BUSY_MS, self._sim_ready)

    # ---- for vendors --------------------------------------------------------------------------------

    def cme(self, code):
        """End the command with an error as AT+CMEE says: ERROR, +CME ERROR: <code> or its text."""
        if self.cmee == 2 or self.quirk("cme-verbose"):
            self.final(f"+CME ERROR: {self.CME_TEXTS.get(code, 'unknown')}")
        elif self.cmee == 1:
            self.final(f"+CME ERROR: {code}")
        else:
            self.error()

    @property
    def registration(self):
        """<stat> of 27.007 7.2: 0 off, 1 home network, 2 searching."""
        if self.functionality != 1 or not self.sim_ready:
            return 0
        return 2 if self.searching else 1

    @property
    def sim_ready(self):
        return not (self.quirk("sim-missing") or self.pin_wanted or self.sim_busy)

    @property
    def network_ready(self):
        """True when contexts can be activated and data can flow."""
        return self.registration == 1 and self.attached

    def context(self, cid):
        """The context `cid`, made with defaults when it is new."""
        return self.contexts.setdefault(cid, Context(cid))

    def activate(self, cid):
        """Bring a context up; False when the network does not allow it."""
        if not self.network_ready:
            return False
        context = self.context(cid)
        context.active = True
        context.address = self.LOCAL_ADDRESS6 if context.kind == "IPV6" else self.LOCAL_ADDRESS
        return True

    def deactivate(self, cid):
        context = self.context(cid)
        context.active = False
        context.address = ""

    def radio_off(self):
        """The radio went off or the network was left: vendors end what depends on it."""
        for cid in self.contexts:
            self.deactivate(cid)

    def network_lost(self):
        """The radio network is gone: contexts fall, the module searches."""
        self.radio_off()
        self.set_searching(True)

    def set_searching(self, searching):
        """Lose or find the network, with the unsolicited lines that were asked for."""
        if searching != self.searching:
            self.searching = searching
            self._report_registration()

    def utc(self):
        """What the module's own clock shows, as UTC."""
        return self._clock_base + datetime.timedelta(milliseconds=self.now_ms() - self._clock_base_ms)

    def set_utc(self, moment, zone_quarters=0):
        self._clock_base = moment
        self._clock_base_ms = self.now_ms()
        self.zone_quarters = zone_quarters

    def local_time(self):
        return self.utc() + datetime.timedelta(minutes=15 * self.zone_quarters)

    def connect_result(self):
        """CONNECT, with the speed of the line when ATX asks for it."""
        return f"CONNECT {self.rate}" if self.connect_text else "CONNECT"

    # ---- V.250 --------------------------------------------------------------------------------------

    @at("E")
    def echo_command(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 1), 0))
        self.echo = bool(value) or self.quirk("echo-stays")
        self.ok()

    @at("V")
    def verbose_command(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 1), 0))
        self.verbose = bool(value)
        self.ok()

    @at("Q")
    def quiet_command(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 1), 0))
        self.quiet = bool(value)
        self.ok()

    @at("X")
    def result_codes(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 4), 0))
        self.connect_text = value > 0
        self.ok()

    @at("\\V")
    def connect_report(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 1), 0))
        self.connect_text = value == 1
        self.ok()

    @at("&D")
    def dtr(self, form, args):
        del form
        (self.dtr_mode,) = self.match(args, Optional(Int(0, 2), 0))
        self.ok()

    @at("&C", "&E", "&W", "&K", "&S", "\\Q", "L", "M", "T", "P")
    def accepted(self, form, args):
        del form
        self.match(args, Optional(Int(0, 9), 0))
        self.ok()

    @at("&F", "Z")
    def defaults(self, form, args):
        del form
        self.match(args, Optional(Int(0, 0), 0))
        self.echo = self.verbose = True
        self.quiet = False
        self.cmee = self.CMEE_START
        for name in self.report:
            self.report[name] = 0
        self.ok()

    @at("I")
    def identification(self, form, args):
        del form, args
        lines = self.ATI_LINES
        if lines is None:
            lines = (self.MANUFACTURER, self.MODEL, f"Revision: {self.REVISION}")
        for text in lines:
            self.info(text)
        self.ok()

    @at("H")
    def hook(self, form, args):
        del form, args
        self.ok()

    @at(*(f"S{n}" for n in (0, 2, 3, 4, 5, 6, 7, 8, 10, 12)))
    def register(self, form, args):
        number = int(self.command_name[1:])
        if form == "read":
            self.info(f"{self.registers.get(number, 0):03d}")
        elif form == "write":
            self.registers[number] = args[0]
        self.ok()

    @at("+IPR")
    def rate_command(self, form, args):
        if form == "read":
            self.info(f"+IPR: {self.rate}")
        elif form == "write":
            (self.rate,) = self.match(args, Int(0, 4000000))
        else:
            self.info("+IPR: (),(9600,19200,38400,57600,115200,230400,460800,921600)")
        self.ok()

    @at("+IFC")
    def flow(self, form, args):
        if form == "read":
            self.info("+IFC: {},{}".format(*self.flow_control))
        elif form == "write":
            self.flow_control = tuple(self.match(args, Int(0, 2), Optional(Int(0, 2), 0)))
        else:
            self.info("+IFC: (0,2),(0,2)")
        self.ok()

    # ---- identity -----------------------------------------------------------------------------------

    @at("+GMI", "+CGMI")
    def manufacturer(self, form, args):
        self._identity(form, args, self.MANUFACTURER)

    @at("+GMM", "+CGMM")
    def model(self, form, args):
        self._identity(form, args, self.MODEL)

    @at("+GMR", "+CGMR")
    def revision(self, form, args):
        self._identity(form, args, self.REVISION)

    @at("+CGSN", "+GSN")
    def serial_number(self, form, args):
        self._identity(form, args, self.IMEI)

    @at("+CIMI")
    def subscriber(self, form, args):
        if not self.sim_ready:
            self._sim_error()
            return
        self._identity(form, args, self.IMSI)

    def _identity(self, form, args, text):
        del args
        if form == "exec":
            self.info(text)
        self.ok()

    # ---- errors, SIM, radio -------------------------------------------------------------------------

    @at("+CMEE")
    def error_reports(self, form, args):
        if form == "read":
            self.info(f"+CMEE: {self.cmee}")
        elif form == "test":
            self.info("+CMEE: (0,1,2)")
        else:
            (self.cmee,) = self.match(args, Optional(Int(0, 2), 0))
        self.ok()

    @at("+CPIN")
    def pin(self, form, args):
        if form == "test":
            self.ok()
        elif form == "read":
            if self.sim_ready:
                self.info("+CPIN: READY")
                self.ok()
            elif self.pin_wanted and not self.sim_busy:
                self.info("+CPIN: SIM PIN")
                self.ok()
            else:
                self._sim_error()
        else:
            given, _ = self.match(args, Text(limit=8, bare=True), Optional(Text(limit=8, bare=True)))
            if not self.pin_wanted:
                self.cme(3)
            elif given != SIM_PIN:
                self.pin_tries -= 1
                self.cme(16 if self.pin_tries > 0 else 12)
            else:
                self.pin_wanted = False
                self.ok()
                self.urc("+CPIN: READY")

    def _sim_error(self):
        self.cme(10 if self.quirk("sim-missing") else 14 if self.sim_busy else 11)

    def _sim_ready(self):
        self.sim_busy = False
        self.urc("+CPIN: READY")

    @at("+CSQ")
    def signal_quality(self, form, args):
        del args
        if form == "test":
            self.info("+CSQ: (0-31,99),(0-7,99)")
        else:
            self.info(f"+CSQ: {self.SIGNAL}" if self.functionality == 1 else "+CSQ: 99,99")
        self.ok()

    @at("+CFUN")
    def phone_functionality(self, form, args):
        if form == "read":
            self.info(f"+CFUN: {self.functionality}")
            self.ok()
        elif form == "test":
            self.info("+CFUN: (0,1,4),(0,1)")
            self.ok()
        else:
            value, restart = self.match(args, Int(0, 4), Optional(Int(0, 1), 0))
            if value not in (0, 1, 4):
                self.cme(50)
                return
            if restart:
                self.ok()
                self.restart()
                return
            before, self.functionality = self.functionality, value
            if value != 1:
                self.radio_off()
            self.ok()
            if (before == 1) != (value == 1):
                self._report_registration()

    @at("+COPS")
    def operator(self, form, args):
        del args
        if form == "read":
            known = self.registration == 1
            self.info(f'+COPS: 0,0,"Simulated",{self.ACCESS_TECHNOLOGY}' if known else "+COPS: 0")
        elif form == "test":
            self.info(f'+COPS: (2,"Simulated","SIM","00101",{self.ACCESS_TECHNOLOGY}),,(0-4),(0-2)')
        self.ok()

    @at("+CREG", "+CGREG", "+CEREG")
    def registration_command(self, form, args):
        name = self.command_name
        if form == "read":
            n = self.report[name]
            place = f',"1A2B","01C3D4E5",{self.ACCESS_TECHNOLOGY}' if n == 2 and self.registration == 1 else ""
            self.info(f"{name}: {n},{self.registration}{place}")
        elif form == "test":
            self.info(f"{name}: (0-2)")
        else:
            (self.report[name],) = self.match(args, Optional(Int(0, 2), 0))
        self.ok()

    def _registered(self):
        self.searching = self.quirk("not-registered")
        self._report_registration()

    def _report_registration(self):
        for name, n in self.report.items():
            place = f',"1A2B","01C3D4E5",{self.ACCESS_TECHNOLOGY}' if n == 2 and self.registration == 1 else ""
            if n:
                self.urc(f"{name}: {self.registration}{place}")

    @at("+CPSI")
    def system_information(self, form, args):
        del args
        if self.CPSI is None:
            self.unknown()
            return
        if form == "read":
            self.info(f"+CPSI: {self.CPSI}" if self.registration == 1 else "+CPSI: NO SERVICE,Online")
        self.ok()

    # ---- packet domain ------------------------------------------------------------------------------

    @at("+CGDCONT")
    def define_context(self, form, args):
        if form == "read":
            for cid, context in sorted(self.contexts.items()):
                address = context.address or "0.0.0.0"
                self.info(f'+CGDCONT: {cid},"{context.kind}","{context.apn}","{address}",0,0')
        elif form == "test":
            for kind in ("IP", "IPV6", "IPV4V6"):
                self.info(f'+CGDCONT: (1-{self.CONTEXTS}),"{kind}",,,(0-2),(0-4)')
        else:
            cid, kind, apn = self.match(args[:3], Int(1, self.CONTEXTS),
                                        Optional(Text(choices=("IP", "IPV6", "IPV4V6", "PPP"))),
                                        Optional(Text(limit=99), ""))
            if kind is None:
                self.contexts.pop(cid, None)
            else:
                context = self.context(cid)
                context.kind, context.apn = str(kind), str(apn)
        self.ok()

    @at("+CGATT")
    def attach_command(self, form, args):
        if form == "read":
            self.info(f"+CGATT: {int(self.attached and self.registration == 1)}")
        elif form == "test":
            self.info("+CGATT: (0,1)")
        else:
            (wanted,) = self.match(args, Int(0, 1))
            if wanted and self.registration != 1:
                self.cme(30)
                return
            self.attached = bool(wanted)
            if not wanted:
                self.radio_off()
        self.ok()

    @at("+CGACT")
    def activate_command(self, form, args):
        if form == "read":
            for cid, context in sorted(self.contexts.items()):
                self.info(f"+CGACT: {cid},{int(context.active)}")
        elif form == "test":
            self.info("+CGACT: (0,1)")
        else:
            wanted, cid = self.match(args, Int(0, 1), Optional(Int(1, self.CONTEXTS), 1))
            if wanted and not self.activate(cid):
                self.cme(30)
                return
            if not wanted:
                self.deactivate(cid)
        self.ok()

    @at("+CGPADDR")
    def context_address(self, form, args):
        if form == "test":
            self.info("+CGPADDR: ({})".format(",".join(str(cid) for cid in sorted(self.contexts))))
        else:
            (wanted,) = self.match(args, Optional(Int(1, self.CONTEXTS)))
            for cid, context in sorted(self.contexts.items()):
                if wanted in (None, cid):
                    self.info(f"+CGPADDR: {cid},{context.address or '0.0.0.0'}")
        self.ok()

    # ---- clock --------------------------------------------------------------------------------------

    @at("+CCLK")
    def clock_command(self, form, args):
        if form == "read":
            self.info(f'+CCLK: "{self.local_time():%y/%m/%d,%H:%M:%S}{self.zone_quarters:+03d}"')
        elif form == "write":
            (text,) = self.match(args, Text(limit=20))
            try:
                moment = datetime.datetime.strptime(text[:17], "%y/%m/%d,%H:%M:%S")
                zone = int(text[17:] or 0)
            except ValueError:
                self.cme(50)
                return
            self.set_utc(moment - datetime.timedelta(minutes=15 * zone), zone)
        self.ok()

    @at("+CTZU", "+CTZR")
    def time_zone(self, form, args):
        if form == "write":
            self.match(args, Int(0, 3))
        self.ok()
