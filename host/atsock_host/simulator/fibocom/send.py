"""Sending with a Fibocom module: +MIPSEND in its four forms, +MIPPUSH, +MIPFLUSH, +MIPSETS and flow control.

Owns the way of a byte from the command to the network: accumulating buffer (1.1.4), push, +MIPXOFF and
+MIPXON.  Online data mode is online.py's.  Section numbers: NL668 and L610 TCP&UDP manuals.

Flow control as read from 1.1.6, 1.1.7 and 1.1.19: after a push that leaves the send buffer of the stack less
room than one accumulating buffer, +MIPXOFF comes; until +MIPXON, +MIPSEND answers status 1 and keeps nothing.
"""

import re

from ..arguments import BadArguments, Int, Optional, Quoted, Text
from .base import mip
from .socket import ACCUMULATOR_BYTES, ACTIVE, ENDED, UDP, parse_address

BASIC_MAX = 1023                # "smaller than 1024 characters" (1.1.4.1)
XOFF_ROOM = ACCUMULATOR_BYTES   # less room than this in the stack: +MIPXOFF
XON_ROOM = 2 * ACCUMULATOR_BYTES
_WATCH_MS = 20
_PUSH_MS = 5                    # between the first OK of the HEX mode and its results
_HEX = re.compile(r"(?:[0-9A-F]{2})+\Z")

SUCCESS, FLOWED_OFF, NOTHING = 0, 1, 2      # <Status> of +MIPSEND and +MIPPUSH
NOT_ALLOWED = 3                             # <Status> of +MIPSETS


class SendMixin:
    QUIRKS = {
        "flow-kept": "HEX mode: data refused with status 1 stays in the accumulating buffer (<FreeSize> shrinks)",
        "no-mipsend-line": "HEX mode: no +MIPSEND line between +MIPPUSH and the second OK",
        "prompt-both": "the prompt is CR LF > CR LF",
        "prompt-crlf": "the prompt is > CR LF (text of 1.2.1-1.2.3)",
        "prompt-plain": "the prompt is CR LF > (examples of NL668 3.3)",
        "push-ack": "+MIPPUSH: <id>,0,<bytes> comes unasked when the peer has acknowledged data",
        "push-short": "+MIPPUSH without <accumulated_sent_length>",
        "push-tables": "HEX mode: +MIPPUSH for TCP only (tables of 1.2.1-1.2.3)",
        "push-total": "<accumulated_sent_length> counts from the opening of the socket",
        "push-udp": "HEX mode: +MIPPUSH for UDP too (example NL668 3.5)",
        "sets-no-timeout": "AT+MIPSETS with <Timeout> answers ERROR",
    }

    PROMPT = "\r\n>"
    PUSH_LINE_FOR_UDP = True    # +MIPPUSH in HEX mode: example NL668 3.5 against the tables
    WATERMARK_SENDS_ALL = False
    PUSH_TEST = ""

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

    # ---- +MIPSEND -----------------------------------------------------------------------------------

    @mip("+MIPSEND")
    def mipsend(self, form, args):
        if form == "read":
            for socket in self.active_sockets():
                self.info(f"+MIPSEND: {socket.number},{socket.free}")
            self.ok_or_none("+MIPSEND")
        elif form != "write":
            self.unknown()
        elif len(args) > 1 and isinstance(args[1], Quoted):
            number, digits = self.match(args, Int(1, self.SOCKETS), Text(2 * ACCUMULATOR_BYTES))
            self._send_basic(number, str(digits))
        else:
            number, length = self.match(args, Int(1, self.SOCKETS), Optional(Int(0, ACCUMULATOR_BYTES)))
            self._send_hex(number, length)

    def sendable(self, number, length):
        """The socket when `length` bytes may be sent now; None when the command has been refused."""
        socket = self.live(number)
        if socket is None:
            return None
        if socket is self.odm:
            self.violation(f"socket {number} is in online data mode")
            self.fail(2004)
        elif length > socket.free:
            self.violation(f"{length} bytes for a buffer with {socket.free} free")
            self.fail(2020)
        else:
            if socket.flowed_off and socket.flowed_off.known():
                self.violation(f"socket {number} is flowed off by +MIPXOFF")
            return socket
        return None

    def _send_basic(self, number, digits):
        if not _HEX.match(digits.upper()):
            raise BadArguments("<Data> must be pairs of hexadecimal digits")
        if not _HEX.match(digits):
            self.violation("<Data> has small letters")
        data = bytes.fromhex(digits)
        if len(data) > BASIC_MAX:
            self.violation(f"{len(data)} bytes in one command, at most {BASIC_MAX} are allowed")
            self.fail(2006)
            return
        socket = self.sendable(number, len(data))
        if socket is None:
            return
        status = SUCCESS
        if socket.flowed_off:
            status = FLOWED_OFF
        else:
            socket.accumulator += data
            self._watermark(socket)
            self._countdown(socket)
        self.info(f"+MIPSEND: {number},{status},{socket.free}")
        self.ok()
        self._check_room(socket)

    def _send_hex(self, number, length):
        socket = self.sendable(number, length or 0)
        if socket is None:
            return
        if socket.kind == UDP and socket.target is None:
            self.violation(f"socket {number} has no target")
            self.fail(2000)
            return
        counted = length is not None
        if length == 0:
            self.violation("a length of 0")
        self.prompt(lambda data: self._hex_taken(socket, data, counted), text=self._prompt_text(), count=length,
                    limit=socket.free, escape=False, timeout_ms=1000 * self.nvram["SENDTIME"], on_timeout="send")

    def _prompt_text(self):
        for quirk, text in (("prompt-crlf", ">\r\n"), ("prompt-plain", "\r\n>"), ("prompt-both", "\r\n>\r\n")):
            if self.quirk(quirk):
                return text
        return self.PROMPT

    def _hex_taken(self, socket, data, counted):
        """The input of the HEX mode has ended: first OK, then the results, then the second OK."""
        surplus = self.drop_input()
        if surplus.strip(b"\x1a" if counted else b""):
            self.violation(f"{len(surplus)} bytes more than announced")     # 1.2.3.1: "will be lost"
        self.line("OK")
        self.after(_PUSH_MS, lambda: self._hex_results(socket, data))

    def _hex_results(self, socket, data):
        status = self._send_now(socket, data) if socket.state == ACTIVE else NOTHING
        if socket.state == ENDED or socket.number not in self.sockets:
            self.fail(2028)         # the peer ended it while the data came in
            return
        if socket.is_stream or self._push_line_for_udp():
            self.info(f"+MIPPUSH: {socket.number},{status}")
        if not self.quirk("no-mipsend-line"):
            self.info(f"+MIPSEND: {socket.number},{status},{socket.free}")
        self.ok()
        self._check_room(socket)

    def _push_line_for_udp(self):
        return (self.PUSH_LINE_FOR_UDP or self.quirk("push-udp")) and not self.quirk("push-tables")

    def _send_now(self, socket, data):
        before = len(socket.accumulator)
        refused = socket.flowed_off is not None
        if not refused or self.quirk("flow-kept"):
            socket.accumulator += data
        status = self._push(socket)
        if status == FLOWED_OFF and not refused and not self.quirk("flow-kept"):
            del socket.accumulator[before:]
        return status if data or status == FLOWED_OFF else NOTHING

    # ---- accumulating buffer ------------------------------------------------------------------------

    def _watermark(self, socket):
        """Push by itself: NL668 sends <Size> bytes and keeps the rest, L610 sends all (1.1.4.1)."""
        while len(socket.accumulator) >= socket.watermark:
            if self._push(socket, None if self.WATERMARK_SENDS_ALL else socket.watermark) != SUCCESS:
                return

    def _countdown(self, socket):
        """New data, or a rest left by a push, starts the time to the next push by itself."""
        if socket.push_timer:
            socket.push_timer.cancel()
        if socket.accumulator and socket.push_after_ms:
            socket.push_timer = self.after(socket.push_after_ms, lambda: self._push_by_time(socket))

    def _push_by_time(self, socket):
        self._push(socket)
        self._check_room(socket)

    def _push(self, socket, size=None):
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

    def _check_room(self, socket):
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
                self._push(socket)
            if not socket.push_wanted:
                self.urc(f"+MIPXON: {socket.number}")
            self._check_room(socket)
        if socket.flowed_off or (tells and stream.total_sent > socket.acked_told):
            self._watch(socket)

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
        status = self._push(socket)
        tail = ""
        if status == SUCCESS and not self.quirk("push-short"):
            tail = f",{socket.endpoint.total_sent if self.quirk('push-total') else length}"
        self.info(f"+MIPPUSH: {socket.number},{status}{tail}")
        self.ok()
        self._check_room(socket)

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
