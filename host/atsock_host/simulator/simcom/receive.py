"""Received data of SIMCom modules: direct push, and the buffer that AT+CIPRXGET reads.

Owns the address line and the length header of pushed data (A7600 2.5, 2.8, 2.9, 2.13), the notice of the
buffer and its reading, and the pace: nothing is pushed while much of the output has not left yet.  Does not
know how a link is opened; what a transparent link does is transparent.py.
"""

from ..arguments import Int, Optional
from ..module import at
from .state import DEAD, ENDED, FREE, OPEN, SimcomState

BLOCK = 1500                        # longest pushed block (A7600 2.5 note 3, SIM7028 2.1.5)
READ_LIMITS = {2: 1500, 3: 750}     # AT+CIPRXGET=<mode>: longest read, also the default


class ReceivedData(SimcomState):
    ADDRESS_LINES = {"TCP": "RECV FROM", "UDP": "RECV FROM"}

    QUIRKS = {
        "address-plus": "the address line of pushed data begins with a plus: +RECV FROM (A7600 1.2)",
        "hex-blank-line": "AT+CIPRXGET=3: an empty line stands between the header and the data",
        "notice-in-reply": "+CIPRXGET: 1 comes between AT+CIPRXGET=2, 3 or 4 and its answer, for every open link",
        "query-not-open-error": "AT+CIPRXGET=4 of a link that is not open gets +IP ERROR instead of 0",
        "receive-colon": "the header +RECEIVE,<link>,<length> ends with a colon",
        "udp-joined": "one AT+CIPRXGET=2 or 3 reads across the borders of datagrams",
    }

    # ---- network ------------------------------------------------------------------------------------

    def on_data(self, stream):
        if stream.link is not None:
            self.received(stream.link)

    def on_datagram(self, sock):
        self.received(sock.link)

    def received(self, link):
        """Bytes of the peer are in the buffer of a link."""
        if not self.current(link) or link.state not in (OPEN, DEAD, ENDED):
            return
        if self.buffered and not link.transparent:
            self._notice(link)
        elif self.config[1]:
            self.after(self.config[1], lambda: self.pump(link))     # <DelayTm>
        else:
            self.pump(link)

    def _notice(self, link):
        """Report that the buffer is not empty, once until it has been emptied (A7600 2.5 note 1)."""
        if link.available() and not link.noticed:
            link.noticed = True
            self.urc(f"+CIPRXGET: 1,{link.number}")

    def pump(self, link):
        """Write what a link has received, as far as the output takes it."""
        if not self.current(link):
            return
        while link.available() and self._goes_out(link):
            if self.output_full or not self._may_write(link):
                return      # line_ready() goes on
            self._write_received(link)
        if link.ending and not link.available():
            link.ending = False
            self.peer_gone(link)

    def line_ready(self):
        super().line_ready()
        for link in list(self.links):
            self.pump(link)

    def _goes_out(self, link):
        """True when what the link receives goes to the host without being asked for."""
        return link.state in (OPEN, DEAD, ENDED) and not self.buffered

    def _may_write(self, link):
        del link
        return self.line_free

    def _write_received(self, link):
        data, address, port = link.read(BLOCK)
        head = "\r\n"
        if self.switches["+CIPSRIP"]:
            plus = "+" if self.quirk("address-plus") else ""
            head += f"{plus}{self.ADDRESS_LINES[link.kind]}:{address}:{port}\r\n"
        if self.switches["+CIPHEAD"]:
            if self.config[4]:      # <HeaderType>
                colon = ":" if self.quirk("receive-colon") else ""
                head += f"+RECEIVE,{link.number},{len(data)}{colon}\r\n"
            else:
                head += f"+IPD{len(data)}\r\n"
        self.urc_raw(head.encode() + data)

    def peer_gone(self, link):
        """The peer has closed and everything pushed is out."""
        raise TypeError("the layer that opens links ends them")

    # ---- AT+CIPRXGET --------------------------------------------------------------------------------

    @at("+CIPRXGET")
    def ciprxget(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info(f"+CIPRXGET: (0-4),(0-{self.LINKS - 1}),(1-1500)")
            self.ok()
        elif form == "read":
            self.info(f"+CIPRXGET: {self.buffered}")
            self.ok()
        elif args[0] in (2, 3):
            self._read_buffer(args)
        elif args[0] == 4:
            self._query_buffer(args)
        else:
            (self.buffered,) = self.match(args, Int(0, 1))
            self.ok()
            for link in self.links:
                link.noticed = False
                self.pump(link)     # A7600 2.5 note 3: what was buffered is pushed

    def _buffer_of(self, number):
        """The link whose buffer is asked for, or None when the command is refused."""
        link = self.link(number, last=self.READ_LINK_MAX)
        if not self.buffered:
            self.violation("AT+CIPRXGET=2, 3 or 4 while AT+CIPRXGET is 0")      # A7600 2.5 note 2
            self.ip_error("Operation not supported")
            return None
        self.check_in_use(link)
        if self.quirk("notice-in-reply"):
            for other in self.links:
                if other.state == OPEN:
                    self.urc(f"+CIPRXGET: 1,{other.number}")
        return link

    def _read_buffer(self, args):
        limit = READ_LIMITS[args[0]]
        mode, number, wanted = self.match(args, Int(2, 3), Int(0, self.READ_LINK_MAX), Optional(Int(1, limit), limit))
        link = self._buffer_of(number)
        if link is None:
            return
        if not link.available():
            self.ip_error("No data")
            return
        data = self._take(link, wanted)
        rest = link.available()
        link.noticed = rest > 0
        shown = data
        if mode == 3:
            blank_line = b"\r\n" if self.quirk("hex-blank-line") else b""
            shown = blank_line + data.hex().upper().encode()
        self.info(f"+CIPRXGET: {mode},{number},{len(data)},{rest}", shown)
        self.ok()

    def _take(self, link, wanted):
        data = link.read(wanted)[0]
        while self.quirk("udp-joined") and len(data) < wanted and link.available():
            data += link.read(wanted - len(data))[0]
        return data

    def _query_buffer(self, args):
        _, number = self.match(args, Int(4, 4), Int(0, self.READ_LINK_MAX))
        link = self._buffer_of(number)
        if link is None:
            return
        if link.state in (FREE, ENDED) and not link.available() and self.quirk("query-not-open-error"):
            self.ip_error("Connection is not created")
            return
        self.info(f"+CIPRXGET: 4,{number},{link.available()}")
        self.ok()
