"""Transparent access mode of the BG96: +QISWTMD, ATO, the escape, packets by size and time (1.2, 2.1.10)."""

from ..arguments import Int
from ..module import at
from . import errors
from .socket import BUFFER, CLOSING, TCP_LISTENER, TRANSPARENT, UDP_SERVICE


class TransparentCommands:
    QUIRKS = {"connect-speed": "CONNECT carries the speed of the line"}

    def reset(self):
        super().reset()
        self.left_socket = None     # the socket that ATO returns to

    @at("+QISWTMD")
    def qiswtmd(self, form, args):
        if form == "test":
            self.info("+QISWTMD: (0-11),(0-2)")
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        number, mode = self.match(args, Int(0, 11), Int(0, 2))
        sock = self.usable(number)
        if sock is None:
            return
        if mode == TRANSPARENT and sock.kind in (TCP_LISTENER, UDP_SERVICE):
            self.violation(f"a {sock.kind} cannot be transparent")
            self.fail(errors.NOT_SUPPORTED)
            return
        sock.mode = mode
        if mode == TRANSPARENT:
            self.enter_transparent(sock)
        else:
            self.success()
            self.announce(sock)

    @at("O")
    def online(self, form, args):
        del form, args
        sock = self.left_socket
        if sock is None or self.sockets.get(sock.number) is not sock or sock.state == CLOSING:
            self.final("NO CARRIER")
        else:
            sock.mode = TRANSPARENT
            self.enter_transparent(sock)

    def enter_transparent(self, sock):
        """Answer CONNECT and give the line to the socket."""
        self.last_error = 0
        self.left_socket = None
        self.data_mode(lambda data: self._from_host(sock, data),
                       result=self.connect_result() if self.quirk("connect-speed") else "CONNECT",
                       on_escape=lambda: self._escaped_from(sock))
        self.announce(sock)

    def leave_transparent(self, sock, word):
        """Back to command mode with `word`; does nothing when the socket has not got the line."""
        if sock.mode != TRANSPARENT or not self.in_data_mode:
            return
        self._send_packet(sock)
        sock.mode = BUFFER
        self.command_mode(word)

    def _escaped_from(self, sock):
        self.left_socket = sock
        self.leave_transparent(sock, "OK")
        self.announce(sock)

    def dtr_off(self):
        """The host has switched DTR off: AT&D1 leaves transparent mode (1.2)."""
        if self.in_data_mode and self.dtr_mode == 1:
            for sock in self.sockets.values():
                if sock.mode == TRANSPARENT:
                    self._escaped_from(sock)
                    return

    # ---- host to network

    def _from_host(self, sock, data):
        sock.packet += data
        self._send_full_packets(sock)
        if sock.packet and sock.packet_timer is None:
            sock.packet_timer = self.after(self.packet_wait * 100, lambda: self._packet_time(sock))

    def _packet_time(self, sock):
        sock.packet_timer = None
        self._send_packet(sock)

    def _send_full_packets(self, sock):
        while len(sock.packet) >= self.packet_size and self._send_packet(sock):
            pass

    def _send_packet(self, sock):
        """One packet of what the host has written; False when the stack has no room or there is nothing."""
        if sock.packet_timer is not None:
            sock.packet_timer.cancel()
            sock.packet_timer = None
        packet = bytes(sock.packet[:self.packet_size])
        if not packet or sock.endpoint is None or sock.state == CLOSING:
            sock.packet.clear()
            return False
        if not sock.endpoint.send(packet):
            self.input_paused = True        # as the flow control of a UART does
            return False
        del sock.packet[:len(packet)]
        return True

    def on_room(self, stream):
        sock = stream.link
        if sock.mode == TRANSPARENT and self.in_data_mode:
            self.input_paused = False
            while self._send_packet(sock):
                pass

    # ---- network to host

    def pour(self, sock):
        """Received bytes, as they are."""
        sock.armed = True       # an earlier notice is worth nothing when the host comes back to the buffer
        while sock.available() and not self.output_full:
            self.raw(sock.read(1500)[0])
