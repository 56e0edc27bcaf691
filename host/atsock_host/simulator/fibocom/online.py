"""Online data mode of a Fibocom module: +MIPODM, `+++`, ATO, and +MIPDATA while suspended.

Owns the one socket that has the line.  Section 1.1.18 and 1.1.24 of the NL668 and L610 TCP&UDP manuals.
"""

from ..arguments import Int, Optional
from ..module import at
from .base import mip
from .flow import XON_ROOM
from .socket import ACTIVE, ENDED, shown_address

SPOOL_BYTES = 8192          # 1.1.18.1, modules of the third and fourth generation
SPOOL_MS = 5
_RETRY_MS = 5
_PIECE = 1024               # bytes handed to the host at once


class OdmMixin:
    QUIRKS = {
        "ato-connect": "ATO answers CONNECT before the data (the manuals name no answer)",
        "ato-ok": "ATO answers OK before the data",
        "odm-no-carrier": "NO CARRIER when a connection in online data mode ends",
    }

    ODM_PORT_MIN = 0        # 0: listening sockets too
    ODM_TEST = ""
    TELLS_SUSPENDED_DATA = False    # +MIPDATA (L610 1.1.24)

    def reset(self):
        super().reset()
        self.odm = None         # the MipSocket in online data mode, suspended or not

    @mip("+MIPODM")
    def mipodm(self, form, args):
        if form == "test":
            self.info(f"+MIPODM: {self.ODM_TEST}")
            self.ok()
        elif form == "read":
            self.check_query("+MIPODM")
            self.list_sockets("+MIPODM", self._free_numbers())
        elif form == "write":
            values = self.match(args, *self.open_kinds(self.ODM_PORT_MIN), Optional(Int(0, 1), 0))
            if any(each.opener == "+MIPODM" and each.state != ENDED for each in self.sockets.values()):
                self.fail(2004)     # "Only one socket is allowed at the same time in Online Data Mode"
            else:
                self.open_socket("+MIPODM", *values)
        else:
            self.unknown()

    # ---- into data mode -----------------------------------------------------------------------------

    def enter_data_mode(self, socket, peer=None):
        """The connection stands; it gets the line as soon as no command has it."""
        if self.busy or not self.line_free:
            self.after(_RETRY_MS, lambda: self._enter_later(socket, peer))
            return
        socket.state, socket.pending = ACTIVE, None
        self.odm = socket
        text = f"+MIPODM: {socket.number},1"
        if peer:
            text += f",{self.address_text(shown_address(peer[0]))},{peer[1]}"
        self._take_line(socket, urc=text)

    def _enter_later(self, socket, peer):
        if self.sockets.get(socket.number) is socket and socket.state not in (ACTIVE, ENDED):
            self.enter_data_mode(socket, peer)

    def _take_line(self, socket, urc=None):
        socket.suspended = False
        escape = self._suspend if socket.pseudo_command else self._not_an_escape
        self.data_mode(lambda data: self._spool(socket, data), urc=urc, on_escape=lambda: escape(socket))
        self.odm_arrived(socket)

    def _not_an_escape(self, socket):
        """Pseudo-command mode is disabled: `+++` is payload like anything else."""
        self._spool(socket, b"+++")

    # ---- host to network ----------------------------------------------------------------------------

    def _spool(self, socket, data):
        socket.spool += data
        if len(socket.spool) >= SPOOL_BYTES:
            self._send_spool(socket)
        elif not (socket.spool_timer and socket.spool_timer.active):
            socket.spool_timer = self.after(SPOOL_MS, lambda: self._send_spool(socket))

    def _send_spool(self, socket):
        if socket.state != ACTIVE:
            return
        if socket.spool_timer:
            socket.spool_timer.cancel()
        if not socket.is_stream:
            if socket.target is not None and socket.spool:
                socket.endpoint.send(bytes(socket.spool), *socket.target)
            socket.spool.clear()
        else:
            piece = bytes(socket.spool[:socket.endpoint.room()])
            socket.endpoint.send(piece)
            del socket.spool[:len(piece)]
        if socket.spool:
            socket.spool_timer = self.after(_RETRY_MS, lambda: self._send_spool(socket))
        # hardware flow control: the line holds back what the stack cannot take
        self.input_paused = self.in_data_mode and socket.is_stream and (
            len(socket.spool) >= SPOOL_BYTES or socket.endpoint.room() < XON_ROOM and bool(socket.spool))

    # ---- network to host ----------------------------------------------------------------------------

    def odm_arrived(self, socket):
        """Data or the end has come for the socket that owns the line, or owned it before `+++`."""
        if socket.suspended:
            if socket.unread() and self.TELLS_SUSPENDED_DATA:
                self._tell_suspended(socket)
        else:
            self._write_out(socket)
        if socket.ending and not socket.unread():
            self._odm_ended(socket)

    def _tell_suspended(self, socket):
        total = socket.endpoint.total_received
        if total > socket.told:
            self.urc(f"+MIPDATA: {socket.number},{total - socket.told}")
            socket.told = total

    def _write_out(self, socket):
        while socket.unread() and not self.output_full:
            self.raw(socket.read(_PIECE)[0])
        socket.told = socket.endpoint.total_received

    # ---- out of data mode ---------------------------------------------------------------------------

    def _suspend(self, socket):
        self._send_spool(socket)        # "data is pushed to the server" on leaving (NL668 3.9)
        socket.suspended = True
        self.command_mode("OK")

    @at("O")
    def resume(self, form, args):
        """ATO: back to online data mode (L610 1.1.24; V.250 6.3.7 for the answer without a connection)."""
        del form
        self.match(args, Optional(Int(0, 0), 0))
        socket = self.odm
        if socket is None:
            if not any(each.opener == "+MIPODM" and each.state == ENDED and not self.aware_of(each.ended_at)
                       for each in self.sockets.values()):
                self.violation("ATO without a connection to go back to")
            self.final("NO CARRIER")
            return
        if self.quirk("ato-connect"):
            self.final(self.connect_result())
        elif self.quirk("ato-ok"):
            self.ok()
        else:
            self.end_silently()
        self._take_line(socket)

    def dtr_off(self):
        """The host has switched DTR off: AT&D1 and AT&D2 leave online data mode (V.250 6.2.8)."""
        if self.in_data_mode and self.dtr_mode and self.odm is not None:
            self._suspend(self.odm)

    def leave_data_mode(self):
        """The socket of online data mode is gone: the line is for commands again."""
        socket, self.odm = self.odm, None
        if not socket.suspended:
            self.command_mode("NO CARRIER" if self.quirk("odm-no-carrier") else None)

    def _odm_ended(self, socket):
        self.leave_data_mode()
        if socket.state == ACTIVE:      # the line just became free: it may have been said already
            self.ended(socket)
