"""Closing of a Fibocom module's sockets: +MIPCLOSE.

Section 1.1.3 of the NL668 and L610 TCP&UDP manuals.
"""

from ..arguments import Int, Optional
from .base import mip
from .socket import ACTIVE, CLOSING, OPENING

TIME_WAIT_MS = 240_000          # <Mode> 2: two maximum segment lives of RFC 793
_POLL_MS = 20
CLEAN, SILENT, OTHER = 0, 1, 2  # <close_type>


class CloseMixin:
    CLOSE_MS = 20                   # a close the peer acknowledges at once
    QUIRKS = {
        "close-cme3": "AT+MIPCLOSE of a socket that is not open answers +CME ERROR: 3",
    }

    @mip("+MIPCLOSE")
    def mipclose(self, form, args):
        if form == "test":
            self.info(f"+MIPCLOSE: (1-{self.SOCKETS}),(0-2)")
            self.ok()
        elif form == "read":
            self.check_query("+MIPCLOSE")
            self.list_sockets("+MIPCLOSE", self.active_numbers())
        elif form == "write":
            number, mode = self.match(args, Int(1, self.SOCKETS), Optional(Int(0, 2), 0))
            self._close(number, mode)
        else:
            self.unknown()

    def _close(self, number, mode):
        socket = self.sockets.get(number)
        if socket is None or socket.state == CLOSING:
            # no violation for a free one: closing it does no harm
            if socket is not None:
                self.violation(f"socket {number}: the result of AT+MIPCLOSE is outstanding")
            if self.quirk("close-cme3"):
                self.final("+CME ERROR: 3")
            else:
                self.fail(2024)
            return
        if socket.state == OPENING and self.now_ms() < socket.deadline_ms:
            self.violation(f"socket {number}: the result of AT{socket.pending} is outstanding")
        limit_ms = self.close_limit_ms(socket)
        tells = socket.state == ACTIVE and self.reports_acknowledged(socket)
        alive = socket.state == ACTIVE and socket.is_stream
        socket.cancel_timers()
        socket.tells_acknowledged = tells
        if socket is self.odm:
            self.odm = None
        socket.state, socket.pending = CLOSING, "+MIPCLOSE"
        self.accepted(socket)
        if alive and mode == 2:
            socket.timer = self.after(TIME_WAIT_MS, lambda: self.closed(socket, CLEAN))
        elif alive and mode == 0:
            self._wait_acknowledged(socket, self.now_ms() + limit_ms)
        else:
            socket.timer = self.after(self.CLOSE_MS, lambda: self.closed(socket, OTHER if socket.reset else CLEAN))

    def _wait_acknowledged(self, socket, limit):
        """<Mode> 0: the peer must have acknowledged everything within <max_close_delay>."""
        if self.now_ms() >= limit:
            socket.endpoint.abort()
            self.closed(socket, SILENT)
        elif socket.endpoint.unacked():
            socket.timer = self.after(_POLL_MS, lambda: self._wait_acknowledged(socket, limit))
        else:
            socket.timer = self.after(self.CLOSE_MS, lambda: self.closed(socket, CLEAN))

    def closed(self, socket, close_type):
        socket.cancel_timers()
        acked = f",{socket.acknowledged()}" if socket.tells_acknowledged else ""
        if socket.endpoint is not None:
            socket.endpoint.close()
        del self.sockets[socket.number]
        self.late("+MIPCLOSE", f"+MIPCLOSE: {socket.number}{acked},{close_type}", socket)
