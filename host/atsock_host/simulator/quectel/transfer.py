"""Sending and receiving in buffer and push mode (2.1.7 to 2.1.9, 2.2.2) with dataformat and viewmode (2.1.15)."""

import binascii

from ..arguments import Int, Optional, Text
from ..module import at
from . import errors
from .socket import BUFFER, PUSH, TCP_LISTENER, TRANSPARENT, UDP_SERVICE

_SEND_MAX = 1460
_READ_MAX = 1500
_HEX_MAX = 512              # hex digits of +QISENDEX
_ID = Int(0, 11)


class TransferCommands:
    QUIRKS = {
        "prompt-bare": "the prompt has no blank behind its >",
        "push-no-crlf": "no CR LF behind pushed data",
        "push-shared-crlf": "no CR LF behind pushed data that ends with CR LF itself",
        "push-small": "pushed data comes in pieces of at most 100 bytes",
        "recv-length": "the recv line of buffer mode carries the length, as newer firmware writes it",
        "recv-rearm-at-zero": "the next recv line comes only after AT+QIRD has answered +QIRD: 0",
        "send-fail": "every third AT+QISEND answers SEND FAIL and takes nothing",
    }

    def reset(self):
        super().reset()
        self._sends = 0         # for the quirk send-fail

    # ---- sending

    @at("+QISEND")
    def qisend(self, form, args):
        if form == "test":
            self.info("+QISEND: (0-11),(0-1460)")
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        number, length, address, port = self.match(
            args, _ID, Optional(Int(0, _SEND_MAX)), Optional(Text()), Optional(Int(1, 65535)))
        query = length == 0
        sock = self.usable(number, closed=query)
        if sock is None:
            return
        if query:
            self._send_counters(sock)
            return
        problem = ""
        if sock.kind == TCP_LISTENER:
            problem = "a listener cannot send"
        elif sock.kind == UDP_SERVICE and (length is None or port is None):
            problem = "a UDP SERVICE needs length, address and port"
        elif sock.kind != UDP_SERVICE and address is not None:
            problem = "only a UDP SERVICE takes an address"
        elif address is not None and not self._is_address(address):
            problem = "the address must be numeric"
        if problem:
            self.violation(problem)
            self.fail(errors.INVALID_PARAMETERS)
            return
        per_byte = 2 if self.send_format else 1
        self.prompt(lambda data: self._send(sock, data, address, port),
                    text="\r\n>" if self.quirk("prompt-bare") else "\r\n> ",
                    count=None if length is None else length * per_byte,
                    limit=_SEND_MAX * per_byte, echo=bool(self.data_echo))

    def _send(self, sock, data, address=None, port=None):
        """Give the payload to the stack and answer."""
        if data is None:
            self.last_error = errors.CANCEL_SEND
            self.final("OK")        # the answer to ESC is not printed in the manual
            return
        if self.send_format:
            data = self._unhex(data.decode("latin-1"))
            if data is None:
                self.fail(errors.INVALID_PARAMETERS)
                return
        self._transmit(sock, data, address, port)

    def _unhex(self, digits):
        """The bytes of hex digits, or None after a violation was noted."""
        try:
            return binascii.unhexlify(digits)
        except (binascii.Error, ValueError):
            self.violation("payload that is not pairs of hex digits")
            return None

    def _transmit(self, sock, data, address=None, port=None):
        if sock.endpoint is None or sock.broken or (sock.is_stream and sock.endpoint.closed):
            self.fail(errors.SOCKET_CLOSED)
            return
        self._sends += 1
        if not data:
            self.violation("no data to send")
            taken = False
        elif self.strikes("send-fail"):
            taken = False
        elif self.quirk("send-fail") and self._sends % 3 == 0:
            taken = False
        elif sock.is_stream:
            taken = sock.endpoint.send(data)
        else:
            taken = sock.endpoint.send(data, address, port)
        self.last_error = 0 if taken else errors.WRITE_FAILED
        self.final("SEND OK" if taken else "SEND FAIL")

    def _send_counters(self, sock):
        if sock.kind == TCP_LISTENER:
            self.fail(errors.NOT_SUPPORTED)
            return
        total = sock.endpoint.total_sent
        waiting = min(total, sock.endpoint.unacked()) if sock.is_stream else 0
        self.info(f"+QISEND: {total},{total - waiting},{waiting}")
        self.success()

    @at("+QISENDEX")
    def qisendex(self, form, args):
        if form == "test":
            self.info("+QISENDEX: (0-11),<hex_string>")
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        number, digits = self.match(args, _ID, Text(limit=_HEX_MAX))
        sock = self.usable(number)
        if sock is None:
            return
        if sock.kind in (UDP_SERVICE, TCP_LISTENER):
            self.violation(f"+QISENDEX on a {sock.kind}")
            self.fail(errors.NOT_SUPPORTED)
            return
        data = self._unhex(digits)
        if data is None:
            self.fail(errors.INVALID_PARAMETERS)
        else:
            self._transmit(sock, data)

    # ---- reading

    @at("+QIRD")
    def qird(self, form, args):
        if form == "test":
            self.info("+QIRD: (0-11),(0-1500)")
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        number, length = self.match(args, _ID, Optional(Int(0, _READ_MAX)))
        sock = self.usable(number, closed=True)
        if sock is None:
            return
        if sock.kind == TCP_LISTENER:
            self.violation("a listener has no data")
            self.fail(errors.NOT_SUPPORTED)
        elif length == 0:
            total, waiting = sock.endpoint.total_received, sock.available()
            self.info(f"+QIRD: {total},{total - waiting},{waiting}")
            self.success()
        elif sock.mode != BUFFER:
            self.violation("+QIRD outside buffer mode")
            self.fail(errors.NOT_ALLOWED)
        elif sock.kind == UDP_SERVICE and length is not None:
            self.violation("+QIRD of a UDP SERVICE takes no length")
            self.fail(errors.INVALID_PARAMETERS)
        else:
            self._read(sock, length or _READ_MAX)

    def _read(self, sock, length):
        if not sock.available():
            sock.armed = True
            self.info("+QIRD: 0")
            self.success()
            return
        data, address, port = sock.read(length)
        header = f"+QIRD: {len(data)}"
        if sock.kind == UDP_SERVICE:
            header += f',"{address}",{port}'
        self._info_with_data(header, data)
        if not sock.available() and not self.quirk("recv-rearm-at-zero"):
            sock.armed = True
        self.success()

    def _info_with_data(self, header, data):
        shown = self._shown(data)
        if self.view_mode:
            self.info(header + ",", shown, inline=True)
        else:
            self.info(header, shown)

    def _shown(self, data):
        """Received data as dataformat wants it; lengths count its bytes, not its digits."""
        return data.hex().upper().encode("ascii") if self.receive_format else data

    # ---- unsolicited

    def on_data(self, stream):
        self.announce(stream.link)

    def on_datagram(self, endpoint):
        sock = endpoint.link
        if sock.kind != UDP_SERVICE and endpoint.available():
            self._drop_strangers(sock)
        self.announce(sock)

    @staticmethod
    def _drop_strangers(sock):
        """A UDP client hears its peer only; datagrams of others are thrown away where they stand."""
        waiting = []
        while (datagram := sock.endpoint.recv()) is not None:
            waiting.append(datagram)
        for data, address, port in waiting:
            if (address, port) == (sock.address, sock.remote_port):
                sock.endpoint.put_back(data, address, port)

    def announce(self, sock):
        """Tell the host about data and the end of a socket, as its access mode wants it."""
        if sock.kind == TCP_LISTENER or self.sockets.get(sock.number) is not sock:
            return
        if sock.mode == BUFFER:
            if sock.armed and sock.available():
                sock.armed = False
                length = f",{sock.available()}" if self.quirk("recv-length") else ""
                self.urc(f'+QIURC: "recv",{sock.number}{length}')
        elif sock.mode == PUSH:
            sock.armed = True   # as in pour()
            self._push(sock)
        elif sock.mode == TRANSPARENT and self.in_data_mode:
            self.pour(sock)
        if sock.closed_pending and (sock.mode == BUFFER or not sock.available()):
            if sock.mode == TRANSPARENT and self.in_data_mode:
                sock.closed_pending = False
                self.leave_transparent(sock, "NO CARRIER")
            else:
                self.report_closed(sock)

    def _push(self, sock):
        while sock.available() and self.line_free and not self.output_full:
            data, address, port = sock.read(100 if self.quirk("push-small") else _READ_MAX)
            header = f'+QIURC: "recv",{sock.number},{len(data)}'
            if sock.kind == UDP_SERVICE:
                header += f',"{address}",{port}'
            tail = not (self.quirk("push-no-crlf")
                        or (self.quirk("push-shared-crlf") and data.endswith(b"\r\n")))
            if self.view_mode:
                self.urc(header + ",", self._shown(data), inline=True, tail=tail)
            else:
                self.urc(header, self._shown(data), tail=tail)

    def line_ready(self):
        for sock in list(self.sockets.values()):
            if sock.mode != BUFFER:
                self.announce(sock)
