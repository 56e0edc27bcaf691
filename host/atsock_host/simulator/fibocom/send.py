"""Sending with a Fibocom module: +MIPSEND in its four forms.

Owns the way of the payload from the command into the accumulating buffer; what happens to it there is
flow.py's.  Sections 1.1.6 and 1.2.1 to 1.2.3 of the NL668 and L610 TCP&UDP manuals.
"""

import re

from ..arguments import BadArguments, Int, Optional, Quoted, Text
from .base import mip
from .flow import FLOWED_OFF, NOTHING, SUCCESS
from .socket import ACCUMULATOR_BYTES, ACTIVE, ENDED, UDP

BASIC_MAX = 1023                # "smaller than 1024 characters" (1.1.4.1)
_PUSH_MS = 0                    # between the first OK of the HEX mode and its results
_HEX = re.compile(r"(?:[0-9A-F]{2})+\Z")


class SendMixin:
    QUIRKS = {
        "flow-kept": "HEX mode: data refused with status 1 stays in the accumulating buffer (<FreeSize> shrinks)",
        "no-mipsend-line": "HEX mode: no +MIPSEND line between +MIPPUSH and the second OK",
        "prompt-both": "the prompt is CR LF > CR LF",
        "prompt-crlf": "the prompt is > CR LF (text of 1.2.1-1.2.3)",
        "prompt-plain": "the prompt is CR LF > (examples of NL668 3.3)",
        "push-tables": "HEX mode: +MIPPUSH for TCP only (tables of 1.2.1-1.2.3)",
        "push-udp": "HEX mode: +MIPPUSH for UDP too (example NL668 3.5)",
        "send-error": "HEX mode: every third payload is answered with ERROR and not sent",
    }

    PROMPT = "\r\n>"           # of the HEX mode
    SEND_MAX = ACCUMULATOR_BYTES    # of AT+MIPSEND with a length
    PUSH_LINE_FOR_UDP = True    # +MIPPUSH in HEX mode: example NL668 3.5 against the tables

    _hex_sent = 0               # payloads of the HEX mode so far

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
            number, length = self.match(args, Int(1, self.SOCKETS), Optional(Int(0, self.SEND_MAX)))
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
            if socket.flowed_off and self.aware_of(socket.flowed_off):
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
        if self.strikes("send-fail"):
            self.fail(2019)
            return
        status = SUCCESS
        if socket.flowed_off:
            status = FLOWED_OFF
        else:
            socket.accumulator += data
            self.apply_watermark(socket)
            self.start_countdown(socket)
        self.info(f"+MIPSEND: {number},{status},{socket.free}")
        self.ok()
        self.check_room(socket)

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
        self._hex_sent += 1
        surplus = self.drop_input()
        if surplus.strip(b"\x1a" if counted else b""):
            self.violation(f"{len(surplus)} bytes more than announced")     # 1.2.3.1: "will be lost"
        if self.strikes("send-fail") or self._hex_sent % 3 == 0 and self.quirk("send-error"):
            self.fail(2019)
            return
        self.step("result")
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
        self.check_room(socket)

    def _push_line_for_udp(self):
        return (self.PUSH_LINE_FOR_UDP or self.quirk("push-udp")) and not self.quirk("push-tables")

    def _send_now(self, socket, data):
        """Status of sending `data` behind what the buffer holds; refused data is not kept."""
        if socket.flowed_off and not self.quirk("flow-kept"):
            return FLOWED_OFF
        before = len(socket.accumulator)
        socket.accumulator += data
        status = self.push(socket)
        if status == FLOWED_OFF and not self.quirk("flow-kept"):
            del socket.accumulator[before:]
            socket.push_wanted = before > 0
        return status
