"""Identity, errors, SIM card and registration: commands of V.250 6.1 and 3GPP TS 27.007 5, 7.1 to 7.3, 8 and 9.

Owns what the radio side of a module knows.  Knows neither contexts nor sockets.
"""

from .arguments import Int, Optional, Text
from .errors import CME_TEXTS
from .module import at

_SIM_BUSY_MS = 3000             # with the quirk sim-busy, after each start
_REGISTRATION_MS = 3000         # with the quirk slow-registration, after each start


class RadioCommands:
    SIM_PIN = "1234"
    IMEI = "860000000000017"
    IMEI_QUOTED = True          # in AT+CGSN=1 (27.007 5.4)
    IMSI = "001010123456789"
    ICCID = "89860000000000000017"
    NUMBER = "+15550100017"
    OPERATOR, OPERATOR_SHORT, PLMN = "Simulated", "SIM", "00101"
    REGISTRATION: "tuple[tuple[int, int], ...]" = ((0, 1),)     # (milliseconds after a start, <stat>)
    TAC, CELL = "1A2B", "01C3D4E5"
    BAND, CHANNEL = "LTE BAND 3", 1650
    RSRP, RSRQ, SINR = -95, -9, 12
    VOLTAGE_MV = 3900
    ATI_LINES: "tuple[str, ...] | None" = None  # None: manufacturer, model, "Revision: ..."
    CMEE_START = 0
    ACCESS_TECHNOLOGY = 7       # E-UTRAN (27.007 7.3)
    SIGNAL = "23,0"             # text of AT+CSQ while the radio is on
    CPSI: "str | None" = None  # text of AT+CPSI? for the modules that have it
    CME_TEXTS = CME_TEXTS
    QUIRKS = {
        "cme-verbose": "errors come as text whatever AT+CMEE says",
        "not-registered": "the network is searched for ever",
        "sim-busy": "AT+CPIN? answers +CME ERROR: 14 for 3 s after a start, then +CPIN: READY comes by itself",
        "sim-missing": "no SIM card: +CME ERROR: 10",
        "sim-pin": "the SIM card wants its PIN (1234)",
        "slow-registration": "registered only 3 s after a start",
    }

    def reset(self):
        super().reset()
        self.cmee = self.CMEE_START
        self.pin_wanted = self.quirk("sim-pin")
        self.pin_tries = 3
        self.sim_busy = self.quirk("sim-busy")
        self.functionality = 1
        self.report = {"+CREG": 0, "+CGREG": 0, "+CEREG": 0}    # <n> of each
        self.deregistered = False           # AT+COPS=2
        self.registered_as, self.unregistered_as = 1, 2     # <stat> with and without a network
        self.searching = self.quirk("slow-registration") or self.quirk("not-registered")
        if self.quirk("slow-registration"):
            self.after(_REGISTRATION_MS, self._registered)
        elif not self.searching:
            self._start_course()
        if self.sim_busy:
            self.after(_SIM_BUSY_MS, self._sim_ready)

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
        """<stat> of 27.007 7.2: 0 off, 1 home network, 2 searching, 3 denied, 4 unknown, 5 roaming."""
        if self.functionality != 1 or not self.sim_ready or self.deregistered:
            return 0
        return self.unregistered_as if self.searching else self.registered_as

    @property
    def registered(self):
        return self.registration in (1, 5)

    def _start_course(self):
        """What the setting `registration` says of the time after a start."""
        for ms, stat in self.REGISTRATION:
            if ms:
                self.after(ms, lambda stat=stat: self.set_stat(stat))
            else:
                self._take_stat(stat)
                self.searching = stat not in (1, 5)

    def _take_stat(self, stat):
        if stat in (1, 5):
            self.registered_as = stat
        else:
            self.unregistered_as = stat

    def set_stat(self, stat):
        """The network gives another <stat>: contexts fall with the registration, unsolicited lines come."""
        before = self.registration
        self._take_stat(stat)
        if stat in (1, 5):
            self.searching = False
        elif not self.searching:
            self.network_lost()     # and says so
            return
        if self.registration != before:
            self._report_registration()

    def set_constant(self, attribute, value):
        super().set_constant(attribute, value)
        if attribute == "REGISTRATION" and hasattr(self, "searching"):
            for ms, stat in value:
                self.after(ms, lambda stat=stat: self.set_stat(stat))

    @property
    def card_inserted(self):
        return int(not self.quirk("sim-missing"))

    def card_serves(self, unlocked):
        """True when the SIM card answers, with `unlocked` only behind its PIN; else the command has got its error."""
        serves = self.card_inserted and not self.sim_busy and not (unlocked and self.pin_wanted)
        if not serves:
            self._sim_error()
        return bool(serves)

    @property
    def sim_ready(self):
        return not (self.quirk("sim-missing") or self.pin_wanted or self.sim_busy)

    def set_searching(self, searching):
        """Lose or find the network, with the unsolicited lines that were asked for."""
        if searching != self.searching:
            self.searching = searching
            self._report_registration()

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
        if form == "write":     # 27.007 5.4: <snt> 0 serial number, 1 IMEI, 2 IMEISV, 3 SVN
            (kind,) = self.match(args, Int(0, 3))
            shown = (self.IMEI, self.IMEI, f"{self.IMEI[:14]}01", "01")[kind]
            quote = '"' if self.IMEI_QUOTED else ""
            self.info(f"+CGSN: {quote}{shown}{quote}" if kind else shown)
            self.ok()
            return
        self._identity(form, args, self.IMEI)

    @at("+CIMI")
    def subscriber(self, form, args):
        if not self.sim_ready:
            self._sim_error()
            return
        self._identity(form, args, self.IMSI)

    def _identity(self, form, args, text):
        del args
        if form in ("exec", "read"):    # the read form is nobody's, but drivers send it and modules answer it
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
            elif given != self.SIM_PIN:
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
            self.deregistered = False
            self.urcs_behind_result()
            if value != 1:
                self.radio_off()
            self.ok()
            if (before == 1) != (value == 1):
                self._report_registration()

    @at("+CREG", "+CGREG", "+CEREG")
    def registration_command(self, form, args):
        name = self.command_name
        most = 3 if name == "+CREG" else 5
        if form == "read":
            n = self.report[name]
            self.info(f"{name}: {n},{self.registration}{self._place(name, n)}")
        elif form == "test":
            self.info(f"{name}: (0-{most})")
        else:
            (self.report[name],) = self.match(args, Optional(Int(0, most), 0))
        self.ok()

    def _place(self, name, n):
        """What <n> of AT+CREG and its kin shows behind <stat> (27.007 7.2, 10.1.20, 10.1.22)."""
        timers = self.power_saving_timers() if n >= 4 and name != "+CREG" else ""
        if n < 2:
            return ""
        if self.registered:
            place = f',"{self.TAC}","{self.CELL}",{self.ACCESS_TECHNOLOGY}'
            return place + ("," if timers else "") + timers
        if n in (3, 5) and self.registration == 3:      # <cause_type>,<reject_cause>: EMM, 15 no suitable cells
            return ",,,,0,15" + timers.removeprefix(",")
        return ""

    def _registered(self):
        self.searching = self.quirk("not-registered")
        self._report_registration()

    def _report_registration(self):
        self.note("state", what="registration", value=self.registration)
        for name, n in self.report.items():
            if n:
                self.urc(f"{name}: {self.registration}{self._place(name, n)}")

    @at("+CPSI")
    def system_information(self, form, args):
        del args
        if self.CPSI is None:
            self.unknown()
            return
        if form == "read":
            self.info(f"+CPSI: {self.CPSI}" if self.registered else "+CPSI: NO SERVICE,Online")
        self.ok()
