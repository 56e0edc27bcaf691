"""How received data reaches the host of a Fibocom module: +MIPRTCP, +MIPRUDP, bare bytes, or +MIPREAD.

Owns the four formats of IPRFMT and +MIPDSETS.  Online data mode is online.py's.
Section numbers: NL668 and L610 TCP&UDP manuals.
"""

from ..arguments import Int, Optional
from .base import mip
from .socket import ACTIVE, shown_address

READ_MAX = 2048             # <ReadDataLen> has no stated limit; no buffer of these modules is longer


class ReceiveMixin:
    QUIRKS = {
        "notice-in-answer": "IPRFMT 5: a +MIPREAD notice stands between AT+MIPREAD and its answer",
        "raw-crlf": "IPRFMT 2: a CR LF behind the payload",
        "read-each": "IPRFMT 5: +MIPREAD at every arrival, not only when the buffer was empty",
        "udp-joined": "IPRFMT 5: one AT+MIPREAD may return the bytes of several datagrams",
    }

    @mip("+MIPDSETS")
    def mipdsets(self, form, args):
        if form == "test":
            self.info(f"+MIPDSETS: (1-{self.SOCKETS}),(1-2048),(0-1000)")
            self.ok()
        elif form == "read":
            for socket in self.active_sockets():
                self.info(f"+MIPDSETS: {socket.number},{socket.piece},{socket.span_ms}")
            self.ok_or_none("+MIPDSETS")
        elif form == "write":
            number, size, span_ms = self.match(args, Int(1, self.SOCKETS), Int(1, 2048), Optional(Int(0, 1000), 0))
            socket = self.live(number)
            if socket:
                socket.piece, socket.span_ms = size, span_ms
                self.info("+MIPDSETS: 0")
                self.ok()
        else:
            self.unknown()

    def ok_or_none(self, name):
        """End of a read form that lists active sockets: <name>: 0 when there is none."""
        if not self.active_numbers():
            self.info(f"{name}: 0")
        self.ok()

    # ---- data on its way to the host ----------------------------------------------------------------

    def arrived(self, socket):
        """The endpoint of `socket` has data, or its end."""
        if socket.state != ACTIVE:
            return
        if socket is self.odm:
            self.odm_arrived(socket)
            return
        if self.quirk("read-each"):
            socket.indicated = False
        self.read_out(socket)

    def line_ready(self):
        self.read_out_all()

    def read_out_all(self):
        """The line is free again or has room, or the format changed."""
        for socket in list(self.sockets.values()):
            if socket is not self.odm:
                self.read_out(socket)
            elif socket.state == ACTIVE:
                self.odm_arrived(socket)

    def read_out(self, socket):
        """Give the host what is due: data, the notice of it, or the end of the connection."""
        if socket.state != ACTIVE or socket is self.odm:
            return
        if self.receive_format == 5:
            if socket.unread() and not socket.indicated:
                socket.indicated = True
                self.urc(f"+MIPREAD: {socket.number},{socket.unread()}")
            done = not (socket.unread() and self.quirk("stat-frees"))
        else:
            self._push_out(socket)
            done = not socket.unread()
        if socket.ending and done:
            self.ended(socket)

    def _push_out(self, socket):
        socket.indicated = False
        while socket.unread() and self.line_free and not self.output_full:
            if socket.span_timer and socket.span_timer.active:
                return
            self._write_data(socket, *socket.read(socket.piece))
            if socket.span_ms:
                socket.span_timer = self.after(socket.span_ms, lambda: self.read_out(socket))

    def _write_data(self, socket, data, address, port, left):
        if self.receive_format == 1:
            self.urc_raw(data)
            return
        if socket.is_stream:
            header = f"+MIPRTCP: {socket.number}"
        else:
            header = f"+MIPRUDP: {shown_address(address)},{port},{socket.number}"
        if self.receive_format == 0:
            self.urc(f"{header},{left},{data.hex().upper()}")
        else:
            self.urc(f"{header},{len(data)},", data, inline=True, tail=self.quirk("raw-crlf"))

    # ---- buffered (IPRFMT 5) ------------------------------------------------------------------------

    @mip("+MIPREAD")
    def mipread(self, form, args):
        if form not in ("read", "write"):
            self.unknown()
            return
        number, length = self.match(args, Int(1, self.SOCKETS), Int(1, READ_MAX)) if form == "write" else (0, 0)
        if self.receive_format != 5:
            self.violation('AT+MIPREAD without AT+GTSET="IPRFMT",5')    # 1.1.23.1
            self.fail(2004)
        elif form == "write":
            self._notices_in_answer()
            self._read(number, length)
        else:
            self._notices_in_answer()
            for each in sorted(self.sockets):
                if self.sockets[each].unread() and self.sockets[each] is not self.odm:
                    self.info(f"{self.read_name('+MIPREAD')}{each},{self.sockets[each].unread()}")
            self.ok()

    def _notices_in_answer(self):
        for socket in self.active_sockets() if self.quirk("notice-in-answer") else ():
            if socket.unread() and socket is not self.odm:
                self.urc(f"+MIPREAD: {socket.number},{socket.unread()}")

    def _read(self, number, length):
        socket = self.live(number, ended=True)
        if socket is None:
            return
        if socket is self.odm:
            self.fail(2004)
            return
        data = b""
        while socket.unread() and len(data) < length:
            data += socket.read(length - len(data))[0]
            if not (socket.is_stream or self.quirk("udp-joined")):
                break
        if data:
            self.info(f"{self.read_name('+MIPDATA')}{number},{len(data)}", data)
        else:
            self.info(f"{self.read_name('+MIPREAD')}{number},0")
        if not socket.unread():
            socket.indicated = False
        self.ok()
        if socket.ending:
            self.read_out(socket)

    def read_name(self, name):
        """The name of an answer line of 1.1.23: the NL668 tables have no blank after its colon."""
        return f"{name}:" if self.quirk("read-tables") else f"{name}: "
