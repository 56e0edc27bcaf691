"""How many bytes a Quectel module has sent and received: AT+QGDCNT, and AT+QAUGDCNT which saves that by itself.

Owns the count since the start and the one in the flash, from which a start goes on.  What counts is what the sockets
carry: there are no headers of IP here.
"""

from ..arguments import BadArguments, Int
from ..module import at

_SHORTEST_S = 30        # of AT+QAUGDCNT; 0 switches it off
_SAVED = "+QGDCNT"


class DataCounter:
    def reset(self):
        super().reset()
        self._saves_every_s, self._saving = 0, None
        self._count_on(*self.nonvolatile.get(_SAVED, (0, 0)))

    def _count_on(self, sent, received):
        """From now on these bytes have been counted."""
        self._counted = sent - self.network.bytes_sent, received - self.network.bytes_received

    @property
    def data_count(self):
        """(sent, received)."""
        sent, received = self._counted
        return sent + self.network.bytes_sent, received + self.network.bytes_received

    def _save_count(self):
        self.nonvolatile[_SAVED] = self.data_count

    @at("+QGDCNT")
    def packet_data_counter(self, form, args):
        if form == "test":
            self.info("+QGDCNT: (0,1)")
        elif form == "read":
            self.info("+QGDCNT: {},{}".format(*self.data_count))
        elif form == "write":
            (saves,) = self.match(args, Int(0, 1))
            if saves:
                self._save_count()
            else:
                self._count_on(0, 0)
        else:
            self.unknown()
            return
        self.ok()

    @at("+QAUGDCNT")
    def save_counter_regularly(self, form, args):
        if form == "test":
            self.info(f"+QAUGDCNT: (0,{_SHORTEST_S}-65535)")
        elif form == "read":
            self.info(f"+QAUGDCNT: {self._saves_every_s}")
        elif form == "write":
            (seconds,) = self.match(args, Int(0, 65535))
            if 0 < seconds < _SHORTEST_S:
                raise BadArguments(f"argument 1 is {seconds}, allowed is 0 or {_SHORTEST_S} to 65535")
            self._saves_every_s = seconds
            if self._saving is not None:
                self._saving.cancel()
            self._saving = self.after(seconds * 1000, self._save_and_go_on) if seconds else None
        else:
            self.unknown()
            return
        self.ok()

    def _save_and_go_on(self):
        self._save_count()
        self._saving = self.after(self._saves_every_s * 1000, self._save_and_go_on)
