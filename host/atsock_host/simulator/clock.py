"""The module's own clock: +CCLK of 3GPP TS 27.007 8.15, and the time a vendor command sets."""

import datetime

from .arguments import Int, Text
from .module import at
from .tables import Stored

_CLOCK_START = datetime.datetime(1980, 1, 6)    # what the clock shows before anybody set it


class ClockCommands:
    ZONE = 0                            # time zone of the network, in quarters of an hour
    TABLE: "dict[str, object]" = {"+CTZR": Stored(Int(0, 3), start=(0,), test="(0-3)")}

    def reset(self):
        super().reset()
        self._clock_base = _CLOCK_START
        self._clock_base_ms = self.now_ms()
        self.zone_quarters = 0          # time zone in quarter hours

    def utc(self):
        """What the module's own clock shows, as UTC."""
        return self._clock_base + datetime.timedelta(milliseconds=self.now_ms() - self._clock_base_ms)

    def set_utc(self, moment, zone_quarters=0):
        self._clock_base = moment
        self._clock_base_ms = self.now_ms()
        self.zone_quarters = zone_quarters

    def local_time(self):
        return self.utc() + self.zone_offset(self.zone_quarters)

    @staticmethod
    def zone_offset(quarters):
        return datetime.timedelta(minutes=15 * quarters)

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

    @at("+CTZU")
    def time_zone(self, form, args):
        """27.007 8.40: the time of the network is taken over, here at once."""
        if form == "read":
            self.info(f"+CTZU: {self.kept(True).get('+CTZU', 0)}")
        elif form == "test":
            self.info("+CTZU: (0,1)")
        else:
            (wanted,) = self.match(args, Int(0, 3))
            self.kept(True)["+CTZU"] = wanted
            if wanted and self.registered:
                self.set_utc(self.network.utc_now(), self.ZONE)
        self.ok()
