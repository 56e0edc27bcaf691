"""Transparent mode of SIMCom modules: link 0 owns the line until `+++`, DTR or its end.

Owns the way of the bytes between line and link, leaving and resuming (A7600 1.2, 6.2.3, 6.3.3; SIM7028 1.3,
3.2.3, 3.3.3).  Does not know how the link is opened or closed.
"""

from ..arguments import Int, Optional
from ..module import at
from .receive import BLOCK, ReceivedData
from .state import FREE, OPEN

TRANSPARENT_LINK = 0
_UPLINK_LIMIT = 8192        # bytes for the peer that wait for room before the line is held
_SEGMENT = 1460
_GATHER_MS = 20             # a datagram ends when the host has been silent for this long


class Transparency(ReceivedData):
    ESCAPE_WINDOW_MS = 1800     # at most 900 ms between two characters of +++
    ATO_RESUMES_UDP = True

    QUIRKS = {
        "ato-no-carrier": "ATO with nothing to resume answers NO CARRIER instead of ERROR",
        "connect-plain": "CONNECT comes without the speed of the line",
    }

    def reset(self):
        super().reset()
        self._owner = None          # the link that has the line
        self._uplink = bytearray()  # bytes of the host that wait for room or for the end of a datagram
        self._gather_timer = None

    def connect_result(self):
        return "CONNECT" if self.quirk("connect-plain") else super().connect_result()

    # ---- entering and leaving -----------------------------------------------------------------------

    def go_transparent(self, link, *, unsolicited=False):
        """Give the line to a link, as the end of the command in progress or `unsolicited`."""
        link.transparent = True
        self._owner = link
        text = self.connect_result()
        self.data_mode(self._from_host, result=None if unsolicited else text, urc=text if unsolicited else None,
                       on_escape=self._escape_to_command)
        self.pump(link)

    def _escape_to_command(self):
        self._flush_datagram()
        self._owner = None
        self.command_mode("OK")

    def leave_line(self):
        """Take the line from the link that has it, without a word."""
        self._owner = None
        self._uplink.clear()
        if self.in_data_mode:
            self.command_mode()

    def dtr_off(self):
        """The host has switched DTR off: AT&D1 leaves data mode, AT&D2 ends the link (V.250 6.2.8)."""
        if not self.in_data_mode or self.dtr_mode == 0:
            return
        if self.dtr_mode == 1:
            self._escape_to_command()
        else:
            self.end_link(self._owner, 2)

    def end_link(self, link, reason):
        """A link is gone for `reason` of +IPCLOSE (0 local, 1 peer, 2 sending timeout or DTR)."""
        raise TypeError("the layer that opens links ends them")

    @at("O")
    def ato(self, form, args):
        del form
        self.match(args, Optional(Int(0, 0), 0))
        link = self.links[TRANSPARENT_LINK]
        self.check_owed(TRANSPARENT_LINK)
        if link.transparent and link.state == OPEN and (link.kind == "TCP" or self.ATO_RESUMES_UDP):
            self.go_transparent(link)
            return
        if link.state in (FREE, OPEN):      # an ended one: the host may not know yet
            self.violation("ATO without a link that it can resume")
        if self.quirk("ato-no-carrier"):
            self.final("NO CARRIER")
        else:
            self.error()

    # ---- to the peer --------------------------------------------------------------------------------

    def _from_host(self, data):
        self._uplink += data
        if self._owner.kind == "TCP":
            self._push_segments(self._owner)
            return
        while len(self._uplink) >= _SEGMENT:
            self._send_datagram()
        if self._gather_timer is not None:
            self._gather_timer.cancel()
        self._gather_timer = self.after(_GATHER_MS, self._flush_datagram)

    def _push_segments(self, link):
        while self._uplink and link.endpoint.send(bytes(self._uplink[:_SEGMENT])):
            del self._uplink[:_SEGMENT]
        if link.endpoint.closed:
            self._uplink.clear()
        self.input_paused = self.in_data_mode and len(self._uplink) > _UPLINK_LIMIT

    def _send_datagram(self):
        self._owner.endpoint.send(bytes(self._uplink[:_SEGMENT]))
        del self._uplink[:_SEGMENT]

    def _flush_datagram(self):
        if self._owner is not None and self._owner.kind == "UDP" and self._uplink:
            self._send_datagram()

    def on_room(self, stream):
        """The peer has acknowledged something: go on with what waited for that."""
        if stream.link is not None and stream.link.transparent:
            self._push_segments(stream.link)

    # ---- to the host --------------------------------------------------------------------------------

    def _goes_out(self, link):
        if link.transparent:
            return link is self._owner
        return super()._goes_out(link)

    def _may_write(self, link):
        return link is self._owner or super()._may_write(link)

    def _write_received(self, link):
        if link.transparent:
            self.raw(link.read(BLOCK)[0])
        else:
            super()._write_received(link)
