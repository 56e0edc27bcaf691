"""Sending on the links of SIMCom modules: AT+CIPSEND in its forms, AT+CIPSENDMODE's wait, AT+CIPACK.

Owns the prompt, the payload and the result with the length that was taken (A7600 2.4, 2.11, 2.16).
"""

from ..arguments import BadArguments, Host, Int, Optional, Quoted
from ..hosts import is_address
from ..module import at
from .links import NAME_LIMIT, Links
from .state import BUSY, DEAD, ENDED, FREE, NETWORK_NOT_OPENED, NOT_SUPPORTED, OPEN

SEND_LIMIT = 1500       # bytes of one AT+CIPSEND
_ACK_POLL_MS = 5        # AT+CIPSENDMODE=1 looks this often for the acknowledgement
_SPOILT_SEND = 3        # with the quirks send-lost and send-short: which send of a link
_DISCONNECTED = -1      # <cnfSendLength>


class Sending(Links):
    UDP_NAMES = False               # AT+CIPSEND takes a host name as destination
    SEND_TRAILING_COMMA = False     # AT+CIPSEND=<link>, and AT+CIPSEND=<link>,<length>, are tolerated
    UDP_ONE_COMMA = False           # AT+CIPSEND=<link>,<address>,<port> without length
    ACKNOWLEDGED_SHOWN = True       # AT+CIPACK counts acknowledged bytes; False: that field is reserved, 0

    QUIRKS = {
        "esc-ok": "ESC at the prompt of AT+CIPSEND answers OK instead of ERROR",
        "ipclose-unsent": "a failed AT+CIPSEND is followed by +IPCLOSE: <link>,2",
        "prompt-blank": "a blank follows the prompt",
        "send-lost": "the third AT+CIPSEND of a link fails: <cnfSendLength> -1",
        "send-short": "the third AT+CIPSEND of a link is taken in part: <cnfSendLength> is half of what was asked",
    }

    @at("+CIPSEND")
    def cipsend(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.info(f"+CIPSEND: (0-{self.LINKS - 1}),(1-{SEND_LIMIT})")
            self.ok()
            return
        number, length, target = self._send_arguments(args)
        link = self.link(number)
        if not self.check_service():
            self.cip_error(NETWORK_NOT_OPENED)
        elif link.sending is not None:
            self.cip_error(BUSY)
        elif not self._may_send(link):
            self.cip_error(NOT_SUPPORTED)
        else:
            if (target is None) != (link.kind == "TCP"):
                raise BadArguments("TCP takes no address, UDP needs one")
            if link.server >= 0 and length is None:
                self.violation("an accepted link sends with a length only")      # A7600 6.4.2, SIM7028 3.4.2
            blank = " " if self.quirk("prompt-blank") else ""
            self.prompt(lambda data: self._payload(link, data, target), text="\r\n>" + blank, count=length, etx=True,
                        limit=SEND_LIMIT, timeout_ms=self.timeouts_ms[2])

    def _send_arguments(self, args):
        """(link number, length or None, (host, port) or None)."""
        fields = list(args)
        if self.SEND_TRAILING_COMMA and len(fields) in (2, 3) and fields[-1] is None:
            fields.pop()
        if self.UDP_ONE_COMMA and len(fields) == 3 and isinstance(fields[1], Quoted):
            fields.insert(1, None)
        if len(fields) == 3:
            raise BadArguments("an address without a port")
        number, length, host, port = self.match(
            fields, Int(0, self.LINKS - 1), Optional(Int(1, SEND_LIMIT), hole=len(fields) == 4),
            Optional(Host(NAME_LIMIT)), Optional(Int(1, 65535)))
        if host is None:
            return number, length, None
        if not self.UDP_NAMES and not is_address(host):
            raise BadArguments(f"argument 3 must be an address, not {host!r}")
        return number, length, (str(host), port)

    def _may_send(self, link):
        if link.state == OPEN and not link.transparent:
            return True
        if link.transparent:
            self.violation("AT+CIPSEND on the link of the transparent mode")
        elif link.state == DEAD:
            self.violation(f"link {link.number} took a send in part only and serves no more")     # A7600 2.4
        else:
            self.check_in_use(link)
        return False

    def _payload(self, link, data, target):
        if not data:
            if data is not None:
                self.violation("a payload without any byte")
            if data is None and self.quirk("esc-ok"):
                self.ok()
            else:
                self.error()
            return
        link.sends += 1
        link.sending = len(data)
        self.owe(link.number, "+CIPSEND")
        self.ok()
        self.after(0, lambda: self._send(link, data, target))

    def _send(self, link, data, target):
        if link.sending is None:
            return
        if not self.current(link) or link.state != OPEN or (link.kind == "TCP" and link.endpoint.closed):
            self._sent(link, _DISCONNECTED)
        elif self.strikes("send-fail") or link.sends == _SPOILT_SEND and self.quirk("send-lost"):
            self._sent(link, _DISCONNECTED)
        elif link.sends == _SPOILT_SEND and self.quirk("send-short"):
            link.endpoint.send(data[:len(data) // 2], *(target or ()))
            self._sent(link, len(data) // 2)
        elif link.kind == "TCP":
            link.timer = self.after(self.timeouts_ms[2], lambda: self._sent(link, 0))
            self._send_stream(link, data)
        elif is_address(target[0]):
            self._send_datagram_to(link, data, [target[0]], target[1])
        else:
            self.network.resolve(target[0], lambda found: self._send_datagram_to(link, data, found, target[1]),
                                 self.family)

    def _send_stream(self, link, data):
        if not link.endpoint.send(data):
            link.unsent = data          # on_room() goes on
        elif self.switches["+CIPSENDMODE"]:
            self._await_acknowledgement(link)
        else:
            self._sent(link, len(data))

    def on_room(self, stream):
        super().on_room(stream)
        link = stream.link
        if link is not None and link.unsent and self.current(link) and link.sending is not None:
            data, link.unsent = link.unsent, b""
            self._send_stream(link, data)

    def _await_acknowledgement(self, link):
        """AT+CIPSENDMODE=1: the result comes when the peer has acknowledged (A7600 2.11)."""
        if link.sending is None:
            return
        if link.endpoint.unacked() == 0:
            self._sent(link, link.sending)
        else:
            self.after(_ACK_POLL_MS, lambda: self._await_acknowledgement(link))

    def _send_datagram_to(self, link, data, found, port):
        if link.sending is None:
            return
        sent = bool(found) and self.current(link) and link.endpoint.send(data, found[0], port)
        self._sent(link, len(data) if sent else 0)

    def _sent(self, link, taken):
        """Pay the result of the send in progress."""
        asked, link.sending = link.sending, None
        link.unsent = b""
        if link.timer is not None:
            link.timer.cancel()
        if self.current(link) and link.state == OPEN and taken != asked:
            link.state = DEAD
        self.pay(link.number, f"+CIPSEND: {link.number},{asked},{taken}")
        if link.state == DEAD and self.quirk("ipclose-unsent"):
            self.end_link(link, 2)

    def unsent(self, link):
        if link.sending is not None:
            self._sent(link, _DISCONNECTED)

    # ---- AT+CIPACK ----------------------------------------------------------------------------------

    @at("+CIPACK")
    def cipack(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.info(f"+CIPACK: (0-{self.LINKS - 1})")
            self.ok()
            return
        (number,) = self.match(args, Int(0, self.LINKS - 1))
        link = self.link(number)
        if not self.check_service():
            self.ip_error("Network not opened")
        elif link.state in (FREE, ENDED) or link.endpoint is None:
            self.check_in_use(link)
            self.ip_error("Connection is not created")
        elif link.kind != "TCP":
            self.violation("AT+CIPACK of a UDP link")
            self.ip_error("Operation not supported")
        else:
            stream = link.endpoint
            acknowledged = stream.total_sent - stream.unacked() if self.ACKNOWLEDGED_SHOWN else 0
            self.info(f"+CIPACK: {stream.total_sent},{acknowledged},{stream.total_received}")
            self.ok()
