"""The accumulating buffer of a Fibocom module's sockets: +MIPSETS, +MIPPUSH, +MIPFLUSH, +MIPXOFF, +MIPXON.

Owns the way of a byte from the buffer to the network.  Sections 1.1.4, 1.1.7, 1.1.8, 1.1.19 and 1.1.20 of
the NL668 and L610 TCP&UDP manuals.

Flow control as read from 1.1.6, 1.1.7 and 1.1.19: after a push that leaves the send buffer of the stack less
room than one accumulating buffer, +MIPXOFF comes; until +MIPXON, +MIPSEND answers status 1 and keeps nothing.
"""

from ..arguments import BadArguments, Int, Optional, Text
from .base import mip
from .socket import ACCUMULATOR_BYTES, ACTIVE, UDP, parse_address

SUCCESS, FLOWED_OFF, NOTHING = 0, 1, 2      # <Status> of +MIPSEND and +MIPPUSH
NOT_ALLOWED = 3                             # <Status> of +MIPSETS

XOFF_ROOM = ACCUMULATOR_BYTES   # less room than this in the stack: +MIPXOFF
XON_ROOM = 2 * ACCUMULATOR_BYTES
_WATCH_MS = 20


class FlowMixin:
    QUIRKS = {
        "push-ack": "+MIPPUSH: <id>,0,<bytes> comes unasked when the peer has acknowledged data",
        "push-short": "+MIPPUSH without <accumulated_sent_length>",
        "push-total": "<accumulated_sent_length> counts from the opening of the socket",
        "sets-no-timeout": "AT+MIPSETS with <Timeout> answers ERROR",
    }

    WATERMARK_SENDS_ALL = False     # passing the watermark sends the whole buffer, not just <Size> bytes
    PUSH_TEST = ""                  # arguments of the answer to AT+MIPPUSH=?

    # ---- +MIPSETS (1.1.4) ---------------------------------------------------------------------------

    @mip("+MIPSETS")
    def mipsets(self, form, args):
        if form == "test":
            self.info(f"+MIPSETS: (1-{self.SOCKETS}),(1-2048),(0-1000)")
            self.ok()
        elif form == "read":
            for socket in self.active_sockets():
                self.info(f"+MIPSETS: {socket.number},{socket.watermark},{socket.push_after_ms}")
            self.ok_or_none("+MIPSETS")
        elif form == "write":
            number, size, timeout_ms = self.match(args, Int(1, self.SOCKETS), Int(1, 2048), Optional(Int(0, 1000), 0))
            socket = self.live(number)
            if socket is None:
                return
            if len(args) == 3 and self.quirk("sets-no-timeout"):
                self.fail(2000)
                return
            if socket.accumulator:
                self.info(f"+MIPSETS: {NOT_ALLOWED}")
            else:
                socket.watermark, socket.push_after_ms = size, timeout_ms
                self.info(f"+MIPSETS: {SUCCESS}")
            self.ok()
        else:
            self.unknown()

    # ---- +MIPPUSH, +MIPFLUSH (1.1.7, 1.1.8) ---------------------------------------------------------

    @mip("+MIPPUSH")
    def mippush(self, form, args):
        if form == "test":
            self.info(f"+MIPPUSH: {self.PUSH_TEST}")
            self.ok()
        elif form == "read":
            self.list_sockets("+MIPPUSH", self.active_numbers())
        elif form == "write":
            number, host, port = self.match(args, Int(1, self.SOCKETS), Optional(Text(39)),
                                            Optional(Int(0, 65535)))
            if (host is None) != (port is None):
                raise BadArguments("<Destination_IP> and <Destination_Port> belong together")
            socket = self.live(number)
            if socket:
                self._push_command(socket, host, port)
        else:
            self.unknown()

    def _push_command(self, socket, host, port):
        if host is not None:
            socket.target = self._checked_target(socket, str(host), port)
        if socket.kind == UDP and socket.target is None:
            self.violation(f"socket {socket.number} has no target")
            self.fail(2000)
            return
        length = len(socket.accumulator)
        status = self.push(socket)
        tail = ""
        if status == SUCCESS and not self.quirk("push-short"):
            tail = f",{socket.endpoint.total_sent if self.quirk('push-total') else length}"
        self.info(f"+MIPPUSH: {socket.number},{status}{tail}")
        self.ok()
        self.check_room(socket)

    @staticmethod
    def _checked_target(socket, host, port):
        if socket.is_stream:
            raise BadArguments("a destination is for UDP only")
        try:
            family, address = parse_address(host)
        except ValueError as problem:
            raise BadArguments(str(problem)) from problem
        if family != socket.family:
            raise BadArguments(f"<Destination_IP> {host!r} is no IPv{socket.family} address")
        return address, port

    @mip("+MIPFLUSH")
    def mipflush(self, form, args):
        if form == "test":
            self.info(f"+MIPFLUSH: (1-{self.SOCKETS})")
            self.ok()
        elif form == "read":
            self.list_sockets("+MIPFLUSH", self.active_numbers())
        elif form == "write":
            (number,) = self.match(args, Int(1, self.SOCKETS))
            socket = self.live(number)
            if socket:
                socket.accumulator.clear()
                socket.push_wanted = False
                self.info(f"+MIPFLUSH: {number}")
                self.ok()
        else:
            self.unknown()

    # ---- accumulating buffer ------------------------------------------------------------------------

    def apply_watermark(self, socket):
        """Push by itself: NL668 sends <Size> bytes and keeps the rest, L610 sends all (1.1.4.1)."""
        while len(socket.accumulator) >= socket.watermark:
            if self.push(socket, None if self.WATERMARK_SENDS_ALL else socket.watermark) != SUCCESS:
                return

    def start_countdown(self, socket):
        """New data, or a rest left by a push, starts the time to the next push by itself."""
        if socket.push_timer:
            socket.push_timer.cancel()
        if socket.accumulator and socket.push_after_ms:
            socket.push_timer = self.after(socket.push_after_ms, lambda: self._push_by_time(socket))

    def _push_by_time(self, socket):
        self.push(socket)
        self.check_room(socket)

    def push(self, socket, size=None):
        """Move the accumulating buffer, or its first `size` bytes, into the stack."""
        data = bytes(socket.accumulator[:size])
        if not data or (socket.kind == UDP and socket.target is None):
            return NOTHING
        if socket.kind == UDP:
            socket.endpoint.send(data, *socket.target)      # what cannot be sent is lost, as datagrams may be
        elif socket.flowed_off or not socket.endpoint.send(data):
            socket.push_wanted = True
            return FLOWED_OFF
        del socket.accumulator[:len(data)]
        if not socket.accumulator:
            socket.push_wanted = False
        self._watch(socket)
        return SUCCESS

    # ---- flow control and acknowledgement -----------------------------------------------------------

    def check_room(self, socket):
        """+MIPXOFF when the stack has no room for another full buffer."""
        if socket.state != ACTIVE or not socket.is_stream or socket.flowed_off:
            return
        if socket.push_wanted or socket.endpoint.room() < XOFF_ROOM:
            socket.flowed_off = self.notice(f"+MIPXOFF: {socket.number}")
            self._watch(socket)

    def reports_acknowledged(self, socket):
        """<is_nack_ind_req> of +MIPCONF was on when the socket was opened."""
        return socket.is_stream and socket.nack_indication > 0

    def _watch(self, socket):
        if socket.is_stream and not socket.watching:
            socket.watching = True
            self.after(_WATCH_MS, lambda: self._look(socket))

    def _look(self, socket):
        socket.watching = False
        if socket.state != ACTIVE:
            return
        stream = socket.endpoint
        tells = socket.nack_indication == 2 or self.quirk("push-ack")
        if tells and not stream.unacked() and stream.total_sent > socket.acked_told:
            fresh, socket.acked_told = stream.total_sent - socket.acked_told, stream.total_sent
            if socket.nack_indication == 2:
                self.urc(f"+MIPSTAT: {socket.number},0,{stream.total_sent}")
            if self.quirk("push-ack"):
                self.urc(f"+MIPPUSH: {socket.number},0,{fresh}")
        if socket.flowed_off and stream.room() >= XON_ROOM:
            socket.flowed_off = None
            if socket.push_wanted:
                self.push(socket)
            if not socket.push_wanted:
                self.urc(f"+MIPXON: {socket.number}")
            self.check_room(socket)
        if socket.flowed_off or (tells and stream.total_sent > socket.acked_told):
            self._watch(socket)
