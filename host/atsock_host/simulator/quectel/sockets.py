"""Opening, closing and the status of BG96 sockets (2.1.4 to 2.1.6, 2.2.1, 2.2.3, 2.2.4)."""

import ipaddress

from ..arguments import Int, Optional, Text
from ..endpoints import NetworkError
from ..module import at
from . import errors
from .socket import (BUFFER, CLOSING, CONNECTED, LISTENING, OPENING, TCP, TCP_INCOMING, TCP_LISTENER,
                     TRANSPARENT, UDP, UDP_SERVICE, Socket)

_SOCKETS = 12
_OPEN_LIMIT_MS = 75_000         # no answer of the peer for so long is a failed connect
_NO_NETWORK_MS = 1000           # a connect without a radio network fails after this long
_OWN = "127.0.0.1"              # what stands for the own address in +QIOPEN


class SocketCommands:
    CLOSE_MS = 20                   # FIN and its ACK
    AT_PORT = "usbmodem"        # the port that the examples of the manual use
    QUIRKS = {
        "incoming-buffer": "accepted connections are in buffer mode whatever the mode of the listener",
        "qiclose-slow": "AT+QICLOSE takes its whole time limit",
        "qiclose-unknown-error": "AT+QICLOSE of an id that is not open answers ERROR instead of OK",
        "qiopen-552": "a refused connection reports 552 instead of 566",
        "qiopen-error-at-once": "AT+QIOPEN refuses with ERROR instead of OK and +QIOPEN: id,err",
        "qiopen-failed-free": "an id is free again after a failed AT+QIOPEN",
        "qiopen-silent": "AT+QIOPEN never gives its +QIOPEN line",
        "qistate-3": "AT+QISTATE reports state 3 for connected clients",
    }

    def reset(self):
        super().reset()
        self.sockets = {}       # connectID -> Socket

    # ---- opening

    @at("+QIOPEN")
    def qiopen(self, form, args):
        if form == "test":
            self.info(f'+QIOPEN: (1-{self.CONTEXTS}),(0-11),"TCP/UDP/TCP LISTENER/UDP SERVICE",'
                      '"<IP_address>/<domain_name>",<remote_port>,<local_port>,(0-2)')
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        cid, number, kind, address, remote, local, mode = self.match(
            args, Int(1, self.CONTEXTS), Int(0, _SOCKETS - 1), Text(choices=(TCP, UDP, TCP_LISTENER, UDP_SERVICE)),
            Text(), Int(0, 65535), Optional(Int(0, 65535), 0), Optional(Int(0, 2), BUFFER))
        problem = self._open_problem(kind, address, remote, local, mode)
        if problem:
            self.violation(problem)
            self.fail(errors.INVALID_PARAMETERS)
            return
        refusal = self.context_refusal(cid) or self._place_refusal(number, local)
        if refusal:
            if mode == TRANSPARENT or self.quirk("qiopen-error-at-once"):
                self.fail(refusal)
            else:
                self.success()
                self._open_result(number, refusal)
            return
        sock = Socket(number, cid, str(kind), mode)
        sock.address, sock.remote_port, sock.local_port = str(address), remote, local
        self.sockets[number] = sock
        if mode != TRANSPARENT:
            self.success()
        self._start(sock)

    @staticmethod
    def _open_problem(kind, address, remote, local, mode):
        """What is wrong with arguments that are each in their range, or ""."""
        if kind in (TCP, UDP):
            if not address:
                return "no address"
            if remote == 0:
                return "remote port 0"
            return ""
        if address != _OWN:
            return f'the address of a {kind} must be "{_OWN}"'
        if local == 0:
            return f"a {kind} needs a local port"
        if mode == TRANSPARENT:
            return f"a {kind} cannot be transparent"
        return ""

    def _place_refusal(self, number, local):
        if number in self.sockets:
            return errors.ID_USED
        ports = [sock.local_port for sock in self.sockets.values() if sock.kind != TCP_INCOMING]
        return errors.PORT_BUSY if local and local in ports else 0

    def _start(self, sock):
        if sock.kind in (TCP_LISTENER, UDP_SERVICE):
            self._start_service(sock)
            return
        sock.timer = self.after(_OPEN_LIMIT_MS, lambda: self._open_failed(sock, errors.CONNECT_FAILED))
        if self._is_address(sock.address):
            self._start_client(sock)
        else:
            self.network.resolve(sock.address, lambda found: self._resolved(sock, found))

    @staticmethod
    def _is_address(text):
        try:
            ipaddress.ip_address(text)
        except ValueError:
            return False
        return True

    def _resolved(self, sock, found):
        if self.sockets.get(sock.number) is not sock:
            return      # closed meanwhile
        if not found:
            self._open_failed(sock, errors.DNS_FAILED)
            return
        sock.address = found[0]
        self._start_client(sock)

    def _start_client(self, sock):
        if not self.network_ready:
            self.after(_NO_NETWORK_MS, lambda: self._open_failed(sock, errors.CONNECT_FAILED))
            return
        try:
            if sock.kind == TCP:
                sock.endpoint = self.reach(sock.address, sock.remote_port, sock.local_port)
            else:
                sock.endpoint = self.network.datagram(sock.local_port, (sock.address, sock.remote_port))
        except NetworkError:
            self._open_failed(sock, errors.BIND_FAILED)
            return
        sock.endpoint.link = sock
        if sock.kind == UDP:
            sock.local_port = sock.endpoint.local[1]
            self.after(0, lambda: self._opened(sock))

    def _start_service(self, sock):
        try:
            if sock.kind == TCP_LISTENER:
                sock.endpoint = self.network.listen(sock.local_port)
            else:
                sock.endpoint = self.network.datagram(sock.local_port)
        except NetworkError as problem:
            self._open_failed(sock, errors.LISTEN_FAILED if problem.reason == "listen" else errors.BIND_FAILED)
            return
        sock.endpoint.link = sock
        sock.server = sock.number
        sock.address = self.context(sock.context).address
        sock.remote_port = 0
        self.after(0, lambda: self._opened(sock))

    def on_connected(self, stream, ok):
        sock = stream.link
        if ok:
            sock.local_port = stream.local[1]
            self._opened(sock)
        else:
            code = errors.INVALID_PARAMETERS if self.quirk("qiopen-552") else errors.CONNECT_FAILED
            self._open_failed(sock, code)

    def _opened(self, sock):
        if self.sockets.get(sock.number) is not sock:
            return
        if sock.timer is not None:
            sock.timer.cancel()
        sock.state = LISTENING if sock.kind == TCP_LISTENER else CONNECTED
        self.last_error = 0
        if sock.mode == TRANSPARENT:
            self.enter_transparent(sock)
        else:
            self._open_result(sock.number, 0)
            self.announce(sock)

    def _open_failed(self, sock, code):
        if self.sockets.get(sock.number) is not sock or sock.state != OPENING:
            return      # closed meanwhile
        if sock.timer is not None:
            sock.timer.cancel()
        sock.release()
        sock.state = CLOSING        # the id stays taken until +QICLOSE
        if sock.mode == TRANSPARENT or self.quirk("qiopen-failed-free"):
            del self.sockets[sock.number]
        if sock.mode == TRANSPARENT:
            self.fail(code)
        else:
            self._open_result(sock.number, code)

    def _open_result(self, number, code):
        self.last_error = code
        if not self.quirk("qiopen-silent"):
            self.urc(f"+QIOPEN: {number},{code}")

    # ---- incoming connections

    def on_accept(self, listener, stream):
        server = listener.link
        free = [number for number in range(_SOCKETS) if number not in self.sockets]
        if not free:
            stream.abort()
            self.urc('+QIURC: "incoming full"')
            return
        mode = BUFFER if self.quirk("incoming-buffer") else server.mode
        sock = Socket(free[-1], server.context, TCP_INCOMING, mode)     # the module takes the highest id
        sock.state = CONNECTED
        sock.server = server.number
        sock.address, sock.remote_port = stream.peer
        sock.local_port = listener.port
        sock.endpoint = stream
        stream.link = sock
        self.sockets[sock.number] = sock
        self.urc(f'+QIURC: "incoming",{sock.number},{sock.server},"{sock.address}",{sock.remote_port}')
        self.announce(sock)

    # ---- closing

    def on_closed(self, stream, reset):
        del reset
        sock = stream.link
        if sock.broken:
            return
        sock.state = CLOSING
        sock.closed_pending = True
        self.announce(sock)

    def report_closed(self, sock):
        """The line that tells of the peer's close, once all that had to go before it is out."""
        sock.closed_pending = False
        self.urc(f'+QIURC: "closed",{sock.number}')

    @at("+QICLOSE")
    def qiclose(self, form, args):
        if form == "test":
            self.info("+QICLOSE: (0-11),(0-65535)")
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        number, limit_s = self.match(args, Int(0, _SOCKETS - 1), Optional(Int(1, 65535), 10))
        sock = self.sockets.get(number)
        if sock is None:
            if self.quirk("qiclose-unknown-error"):
                self.fail(errors.SOCKET_CLOSED)
            else:
                self.success()
            return
        sock.release()
        del self.sockets[number]
        if self.quirk("qiclose-slow"):
            self.after(limit_s * 1000 - 100, self.success)
        elif sock.is_stream and sock.state == CONNECTED:
            self.after(self.CLOSE_MS, self.success)
        else:
            self.success()

    def drop_sockets(self, cid):
        """+QIDEACT ends every socket of a context."""
        for sock in [sock for sock in self.sockets.values() if sock.context == cid]:
            sock.release()
            del self.sockets[sock.number]

    def break_sockets(self, cid):
        """The context is gone: its sockets cannot be used, but stay until they are closed."""
        for sock in self.sockets.values():
            if sock.context == cid and not sock.broken:
                sock.broken = True
                self.leave_transparent(sock, "NO CARRIER")
                opening = sock.state == OPENING
                sock.release()
                sock.state = CLOSING
                if opening and sock.mode != TRANSPARENT:
                    self._open_result(sock.number, errors.CONTEXT_BROKEN)
                elif opening:
                    self.fail(errors.CONTEXT_BROKEN)

    def end_sockets(self):
        """The network is gone and nothing says so: every stream ends as if its peer had closed."""
        for sock in self.sockets.values():
            if sock.is_stream and sock.state == CONNECTED:
                sock.endpoint.abort()
                sock.endpoint.closed = True
                self.on_closed(sock.endpoint, True)

    def usable(self, number, *, closed=False):
        """The socket `number` when a command may use it (`closed`: also one the peer has closed), else None
        after the command was answered."""
        sock = self.sockets.get(number)
        if sock is None:
            self.violation(f"connectID {number} is not open")
            self.fail(errors.SOCKET_CLOSED)
        elif sock.state == OPENING:
            self.violation(f"connectID {number} is still opening")
            self.fail(errors.NOT_ALLOWED)
        elif sock.broken:
            self.fail(errors.CONTEXT_BROKEN)
        elif sock.endpoint is None or (sock.state == CLOSING and not closed):
            self.fail(errors.SOCKET_CLOSED)
        else:
            return sock
        return None

    # ---- status

    @at("+QISTATE")
    def qistate(self, form, args):
        if form == "test":
            self.success()
            return
        wanted = list(self.sockets.values())
        if form == "write":
            query, number = self.match(args, Int(0, 1), Int(0, 16))
            if query == 0:
                self.match(args, Int(0, 1), Int(1, self.CONTEXTS))
                wanted = [sock for sock in wanted if sock.context == number]
            else:
                self.match(args, Int(0, 1), Int(0, _SOCKETS - 1))
                wanted = [sock for sock in wanted if sock.number == number]
        for sock in sorted(wanted, key=lambda sock: sock.number):
            state = sock.state
            if state == CONNECTED and sock.kind == TCP and self.quirk("qistate-3"):
                state = LISTENING
            self.info(f'+QISTATE: {sock.number},"{sock.kind}","{sock.address}",{sock.remote_port},'
                      f"{sock.local_port},{state},{sock.context},{sock.server},{sock.mode},"
                      f'"{self.AT_PORT}"')
        self.success()
