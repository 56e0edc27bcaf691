"""The module's own clock: +CCLK of 3GPP TS 27.007 8.15, and the time a vendor command sets."""

import datetime

from .arguments import Int, Text
from .module import at

_CLOCK_START = datetime.datetime(1980, 1, 6)    # what the clock shows before anybody set it


class ClockCommands:
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
        return self.utc() + datetime.timedelta(minutes=15 * self.zone_quarters)

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
