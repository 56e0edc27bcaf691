"""What drivers ask a SIMCom module beside TCP/IP: network, SIM card, power, ping and time (A7600 AT Command Manual).

Owns the tables and the few commands of that kind which do something.
"""

from ..arguments import Host, Int, Optional, Text
from ..hosts import is_address
from ..module import at
from ..tables import CARD_IN, CARD_OPEN, Accepted, Info, Options, Stored

_MODES = (2, 13, 14, 22, 38, 39, 48, 51, 54, 59, 60, 63, 67)    # <mode> of AT+CNMP
_SYSTEM_MODES = {0: 1, 3: 1, 2: 4, 7: 8, 8: 8, 9: 17}           # <AcT> of 27.007 -> <system_mode> of AT+CNSMOD
_PING_GAP_MS = 10
_GNSS_READY_MS = 2000       # from the OK of AT+CGNSSPWR=1 to its line
_NTP_ERROR, _NTP_NO_NETWORK = 1, 4


class _Ping:
    def __init__(self, address, count, size, interval_ms, timeout_ms):
        self.address, self.count, self.size = address, count, size
        self.interval_ms, self.timeout_ms = interval_ms, timeout_ms
        self.sent = 0
        self.times_ms = []


class AnswerTables:
    CBC = "+CBC: {m.volts}V"
    TABLE: "dict[str, object]" = {
        "+CICCID": Info("+ICCID: {m.ICCID}", read="+ICCID: {m.ICCID}", card=CARD_IN),
        "+CNMP": Stored(Int(2, 109), start=(2,), test=f"({','.join(map(str, _MODES))})", saved=True),
        "+CNSMOD": Stored(Int(0, 1), start=(0,), test="(0,1)", read="+CNSMOD: {v[0]},{m.system_mode}"),
        "+CNAOP": Stored(Int(0, 4), start=(0,), test="(0-4)", saved=True),
        "+CNBP": Accepted(), "+CMNB": Stored(Int(1, 3), start=(3,), test="(1-3)", saved=True),
        "+SIMCOMATI": Info(("Manufacturer: {m.MANUFACTURER}", "Model: {m.MODEL}", "Revision: {m.REVISION}",
                            "IMEI: {m.IMEI}")),
        "+SIMEI": Info(read="+SIMEI: {m.IMEI}"),
        "+CSUB": Info("+CSUB: B01V01"),
        "+CSPN": Info(read='+CSPN: "{m.OPERATOR}",0', card=CARD_OPEN),
        "+CPMUTEMP": Info("+CPMUTEMP: 30", read="+CPMUTEMP: 30"),
        "+CSCLK": Stored(Int(0, 2), start=(0,), test="(0-2)"),
        "+CFGRI": Stored(Int(0, 1), *[Optional(Int(0, 5000))] * 2, start=(0, 60, 120), test="(0,1)"),
        "+CSGS": Stored(Int(0, 2), start=(1,), test="(0-2)"), "+CLED": Accepted(),
        "+UIMHOTSWAPON": Stored(Int(0, 1), start=(0,), test="(0,1)", saved=True),
        "+UIMHOTSWAPLEVEL": Stored(Int(0, 1), start=(0,), test="(0,1)", saved=True),
        "+CSIMLOCK": Accepted(), "+CGPIO": Accepted(), "+CGDRT": Accepted(), "+CGSETV": Accepted(),
        "+CGPS": Stored(Int(0, 1), Optional(Int(1, 3)), start=(0, 1), test="(0,1)"),
        "+CGPSINFO": Info("+CGPSINFO: ,,,,,,,,", read="+CGPSINFO: ,,,,,,,,"),
        "+CGNSSINFO": Info("+CGNSSINFO: ,,,,,,,,,,,,,,,", write="+CGNSSINFO: ,,,,,,,,,,,,,,,"),
        # TLS: no session can be opened, its commands stand in another manual
        "+CSSLCFG": Options({}, keys=2, others=True), "+CCHSET": Accepted("(0,1),(0,1)"), "+CCHSTOP": Accepted(),
        "+CCHCLOSE": Accepted(),
    }

    def reset(self):
        super().reset()
        self._time_server = ("", 0)
        self._pinging = None
        self._gnss_on = False

    @property
    def volts(self):
        return f"{self.VOLTAGE_MV / 1000:.3f}"

    @property
    def system_mode(self):
        return _SYSTEM_MODES.get(self.ACCESS_TECHNOLOGY, 8) if self.registered else 0

    # ---- power

    @at("+CRESET")
    def reset_module(self, form, args):
        del args
        self.ok()
        if form == "exec":
            self.restart()

    @at("+CPOF")
    def power_down(self, form, args):
        del args
        self.ok()
        if form == "exec":
            self.power_off()

    # ---- GNSS

    @at("+CGNSSPWR")
    def gnss_power(self, form, args):
        if form == "test":
            self.info("+CGNSSPWR: (0,1)")
        elif form == "write":
            wanted, *_ = self.match(args, Int(0, 1), *[Optional(Int(0, 1), 0)] * 2)
            if wanted and not self._gnss_on:
                self.after(_GNSS_READY_MS, self._gnss_ready)
            self._gnss_on = wanted == 1
        else:
            self.info(f"+CGNSSPWR: {int(self._gnss_on)},0,0")
        self.ok()

    def _gnss_ready(self):
        if self._gnss_on:
            self.urc("+CGNSSPWR: READY!")

    # ---- ping

    @at("+CPING")
    def ping_command(self, form, args):
        if form == "test":
            self.info("+CPING: IP address,(1,2),(1-100),(4-188),(1000-10000),(10000-100000),(16-255)")
            self.ok()
            return
        if form != "write":
            self.unknown()
            return
        host, _, count, size, interval, timeout, _ = self.match(
            args, Host(255), Optional(Int(1, 2), 1), Optional(Int(1, 100), 4, hole=True),
            Optional(Int(4, 1460), 64, hole=True), Optional(Int(1000, 10_000), 1000, hole=True),
            Optional(Int(10_000, 100_000), 10_000, hole=True), Optional(Int(16, 255), 255, hole=True))
        if not self.network_ready or self._pinging is not None:
            self.error()
            return
        self._pinging = ping = _Ping(str(host), count, size, interval, timeout)
        self.ok()
        if is_address(ping.address):
            self._send_ping(ping)
        else:
            self.network.resolve(ping.address, lambda found: self._ping_resolved(ping, found), self.family)

    def _ping_resolved(self, ping, found):
        if self._pinging is not ping:
            return
        if found:
            ping.address = found[0]
            self._send_ping(ping)
        else:
            ping.sent = ping.count
            self._ping_done(ping)

    def _send_ping(self, ping):
        if self._pinging is ping:
            ping.sent += 1
            self.network.ping(ping.address, ping.size, ping.timeout_ms,
                              lambda ms, ttl: self._ping_answer(ping, ms, ttl))

    def _ping_answer(self, ping, ms, ttl):
        if self._pinging is not ping:
            return
        if ms is None:
            self.urc("+CPING: 2")
        else:
            ping.times_ms.append(ms)
            self.urc(f"+CPING: 1,{ping.address},{ping.size},{ms},{ttl}")
        if ping.sent < ping.count:
            self.after(ping.interval_ms, lambda: self._send_ping(ping))
        else:
            self.after(_PING_GAP_MS, lambda: self._ping_done(ping))

    def _ping_done(self, ping):
        if self._pinging is not ping:
            return
        self._pinging = None
        times = ping.times_ms or [0]
        got = len(ping.times_ms)
        self.urc(f"+CPING: 3,{ping.sent},{got},{ping.sent - got},{min(times)},{max(times)},{sum(times) // len(times)}")

    @at("+CPINGSTOP")
    def stop_ping(self, form, args):
        del form, args
        if self._pinging is not None:
            self._ping_done(self._pinging)
        self.ok()

    # ---- time

    @at("+CNTP")
    def time_command(self, form, args):
        server, zone = self._time_server
        if form == "test":
            self.info('+CNTP: "HOST",(-96~96)')
            self.ok()
        elif form == "read":
            self.info(f'+CNTP: "{server}",{zone}')
            self.ok()
        elif form == "write":
            server, zone = self.match(args, Text(255), Optional(Int(-96, 96), 0))
            self._time_server = (str(server), zone)
            self.ok()
        else:
            self.ok()
            if not server or not self.network_ready:
                self.urc(f"+CNTP: {_NTP_NO_NETWORK if server else _NTP_ERROR}")
            else:
                self.network.ntp(server, 123, lambda moment: self._time_answer(moment, zone))

    def _time_answer(self, moment, zone):
        if moment is None:
            self.urc(f"+CNTP: {_NTP_NO_NETWORK}")
        else:
            self.set_utc(moment, zone)
            self.urc("+CNTP: 0")
