"""What drivers ask a BG96 beside TCP/IP: configuration, network, SIM card, power (BG96 AT Commands Manual).

Owns the tables and the few commands of that kind which do something.  Values that a real module keeps in its flash are
kept over a restart.
"""

from ..arguments import BadArguments, Int, Optional, Text
from ..module import at
from ..tables import CARD_IN, Accepted, Info, Options, Stored

_NO_FIX, _GNSS_IS_ON, _GNSS_IS_OFF = 516, 504, 505      # <err> of +CME ERROR (GNSS AT Commands Manual)
_EFFECT = Optional(Int(0, 1))


def _mode(low, high, start, *more):
    """AT+QCFG="name",<mode>[,<effect>] and the like, kept over a restart."""
    return Stored(Int(low, high), *(more or (_EFFECT,)), start=(start,), test=f"({low}-{high})", saved=True)


class _Digits(Text):
    """Hexadecimal digits, kept as they were written."""

    def check(self, value, place):
        return _Bare(super().check(value, place))


class _Bands(Stored):
    """AT+QCFG="band": hexadecimal numbers, shown with 0x."""

    def store(self, module, key, args):
        values = [self.kinds[0].check(value, place) for place, value in enumerate(args[:3], 1)]
        try:
            numbers = [int(str(value), 16) for value in values]
        except ValueError as problem:
            raise BadArguments("a band is a hexadecimal number") from problem
        now = list(self.values(module, key))
        now[:len(numbers)] = [_Bare(f"0x{number:x}") for number in numbers]
        module.kept(True)[key] = tuple(now)

    def values(self, module, key):
        return module.kept(True).get(key, tuple(map(_Bare, ("0xf", "0x400a0e189f", "0xa0e189f"))))


class _Bare:
    """A text that is shown without quotes."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


_HEX = _Digits(32, bare=True)
_QCFG = Options({
    "band": _Bands(_HEX, start=(), test="(0-F),(0-400A0E189F),(0-A0E189F),(0,1)", saved=True),
    "nwscanmode": _mode(0, 3, 0), "nwscanseq": Stored(_HEX, _EFFECT, start=(_Bare("020301"),), saved=True),
    "iotopmode": _mode(0, 2, 0), "servicedomain": _mode(0, 2, 2), "roamservice": _mode(1, 255, 255),
    "nb1/bandprior": Stored(_HEX, start=("",), saved=True), "gprsattach": _mode(0, 1, 1),
    "risignaltype": Stored(Text(choices=("respective", "physical")), start=("respective",), saved=True),
    "urc/ri/ring": Stored(Text(bare=True), *[Int(0, 10000)] * 5, start=("pulse", 120), saved=True),
    "urc/ri/smsincoming": Stored(Text(bare=True), *[Int(0, 10000)] * 2, start=("pulse", 120), saved=True),
    "urc/ri/other": Stored(Text(bare=True), *[Int(0, 10000)] * 2, start=("pulse", 120), saved=True),
    "urc/delay": _mode(0, 1, 0), "urc/cache": _mode(0, 1, 0), "airplanecontrol": Stored(
        Int(0, 1), start=(0,), saved=True), "apready": Stored(*[Int(0, 3000)] * 3, start=(0, 0, 500), saved=True),
    "psm/urc": _mode(0, 1, 0), "psm/enter": _mode(0, 1, 0), "ledmode": _mode(0, 3, 0), "sim/onchip": _mode(0, 1, 0),
    "dbgctl": _mode(0, 1, 0), "cops_no_mode_change": _mode(0, 1, 0), "celevel": Stored(Int(0, 2), start=(0,)),
    "fast/poweroff": Stored(Int(0, 100), Int(0, 1), start=(0, 0), saved=True),
}, others=True)


class AnswerTables:
    ACCESS_NAME = "CAT-M1"
    TABLE: "dict[str, object]" = {
        "+QCFG": _QCFG,
        "+QCSQ": Info('+QCSQ: "{m.ACCESS_NAME}",{m.RSSI_DBM},{m.RSRP},{m.sinr_fifths},{m.RSRQ}',
                      read='+QCSQ: "{m.ACCESS_NAME}",{m.RSSI_DBM},{m.RSRP},{m.sinr_fifths},{m.RSRQ}',
                      unregistered='+QCSQ: "NOSERVICE"', test='+QCSQ: "NOSERVICE","GSM","CAT-M1","CAT-NB1"'),
        "+QNWINFO": Info('+QNWINFO: "{m.ACCESS_NAME}","{m.PLMN}","{m.BAND}",{m.CHANNEL}',
                         unregistered="+QNWINFO: No Service"),
        "+QSPN": Info('+QSPN: "{m.OPERATOR}","{m.OPERATOR_SHORT}","",0,"{m.PLMN}"',
                      read='+QSPN: "{m.OPERATOR}","{m.OPERATOR_SHORT}","",0,"{m.PLMN}"', unregistered=()),
        "+QSIMSTAT": Stored(Int(0, 1), start=(0,), test="(0,1)", read="+QSIMSTAT: {v[0]},{m.card_inserted}"),
        "+QSIMDET": Stored(Int(0, 1), Int(0, 1), start=(0, 0), test="(0,1),(0,1)", saved=True),
        "+QINISTAT": Info("+QINISTAT: 7", read="+QINISTAT: 7", test="+QINISTAT: (0-7)"),
        "+QCCID": Info("+QCCID: {m.ICCID}", read="+QCCID: {m.ICCID}", card=CARD_IN),
        "+QPINC": Info('+QPINC: "SC",3,10', write='+QPINC: "SC",3,10', test='+QPINC: ("SC","P2")'),
        "+QGMR": Info("{m.REVISION}_01.007.01.007"),
        "+QTEMP": Info("+QTEMP: 31,32,31", read="+QTEMP: 31,32,31"),
        "+QADC": Info(read="+QADC: 1,{m.VOLTAGE_MV}", write="+QADC: 1,{m.VOLTAGE_MV}", test="+QADC: (0,1)"),
        "+QSCLK": Stored(Int(0, 2), start=(0,), test="(0-2)"),
        "+QPSMS": Stored(Int(0, 2), *[Optional(Text(8))] * 4, start=(0,), saved=True),
        "+QPSMCFG": Stored(Int(20, 4294967295), Optional(Int(0, 15)), start=(60, 1), saved=True),
        "+QURCCFG": Options({"urcport": Stored(
            Text(choices=("usbat", "usbmodem", "uart1")), start=("uart1",), test='("usbat","usbmodem","uart1")',
            saved=True)}),
        "+QINDCFG": Options({}, others=True),
        "+QPRTPARA": Accepted("(1,3)"), "+QNITZ": Accepted("(0,1)"), "+QLEDMODE": Stored(Int(0, 3), start=(0,)),
        "+QGPSCFG": Options({}, others=True),
        # TLS: no session can be opened, its commands stand in another manual
        "+QSSLSTATE": Info((), read=(), write=()), "+QSSLCLOSE": Accepted(),
        "+QSSLCFG": Options({}, keys=2, others=True),
    }

    @property
    def RSSI_DBM(self):
        """<rssi> of AT+CSQ in dBm (27.007 8.5)."""
        rssi = int(self.SIGNAL.partition(",")[0])
        return -113 + 2 * rssi if rssi <= 31 else -113

    @property
    def sinr_fifths(self):
        """AT+QCSQ counts the signal to noise ratio from -20 dB in steps of 0.2 dB."""
        return max(0, min(250, 5 * (self.SINR + 20)))

    @at("+QPOWD")
    def power_down(self, form, args):
        if form == "test":
            self.info("+QPOWD: (0,1)")
            self.ok()
            return
        if form == "write":
            self.match(args, Optional(Int(0, 1), 1))
        self.ok()
        self.power_off()

    def reset(self):
        super().reset()
        self.gnss_on = False

    @at("+QGPS")
    def gnss(self, form, args):
        if form == "test":
            self.info("+QGPS: (1-4),(1-255),(1-1000),(0-1000),(1-65535)")
        elif form == "read":
            self.info(f"+QGPS: {int(self.gnss_on)}")
        elif form == "exec":
            self.unknown()
            return
        else:
            self.match(args, Int(1, 4), *[Optional(Int(0, 65535), hole=True)] * 4)
            if self.gnss_on:
                self.cme(_GNSS_IS_ON)
                return
            self.gnss_on = True
        self.ok()

    @at("+QGPSEND")
    def gnss_end(self, form, args):
        del args
        if form == "test" or self.gnss_on:
            self.gnss_on = self.gnss_on and form == "test"
            self.ok()
        else:
            self.cme(_GNSS_IS_OFF)

    @at("+QGPSLOC")
    def position(self, form, args):
        del args
        if form == "test":
            self.ok()
        else:
            self.cme(_NO_FIX if self.gnss_on else _GNSS_IS_OFF)     # there is no sky

    @at("+QLTS")
    def network_time(self, form, args):
        """The time that the network has told: as it came, as GMT or as local time."""
        (mode,) = self.match(args, Optional(Int(0, 2), 0))
        if form == "test":
            self.info("+QLTS: (0-2)")
        elif not self.registered:
            self.info('+QLTS: ""')
        else:
            shown = self.network.utc_now() + self.zone_offset(0 if mode == 1 else self.ZONE)
            self.info(f'+QLTS: "{shown:%Y/%m/%d,%H:%M:%S}{self.ZONE:+03d},0"')
        self.ok()

    @at("+QENG")
    def engineering_mode(self, form, args):
        if form == "test":
            self.info('+QENG: ("servingcell","neighbourcell")')
        elif form != "write":
            self.unknown()
            return
        else:
            (what,) = self.match(args[:1], Text(choices=("servingcell", "neighbourcell")))
            if what == "servingcell" and not self.registered:
                self.info('+QENG: "servingcell","SEARCH"')
            elif what == "servingcell":
                self.info(f'+QENG: "servingcell","NOCONN","{self.ACCESS_NAME}","FDD",{self.PLMN[:3]},{self.PLMN[3:]},'
                          f"{self.CELL},1,{self.CHANNEL},3,5,5,{self.TAC},{self.RSRP},{self.RSRQ},{self.RSSI_DBM},"
                          f"{self.sinr_fifths},20")
        self.ok()
