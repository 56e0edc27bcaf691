"""Opening and listening of a Fibocom module's sockets (+MIPOPEN), their end by the peer (+MIPSTAT), and what
the network tells about them.

Owns the life of a MipSocket from the command to its end by the peer; the command that ends it is in close.py.
Section numbers: NL668 and L610 TCP&UDP manuals.
"""

from ..arguments import BadArguments, Int, Optional, Text
from ..endpoints import NetworkError
from ..tls import TlsStream
from .base import OneOf, mip
from .close import OTHER
from .socket import (
    ACTIVE, CLOSING, ENDED, IPV6_OFFSET, LISTENING, OPENING, SSL, UDP, MipSocket, parse_address, shown_address)

OPEN_LIMIT_MS = 60_000          # "returns in 60 sec" (1.1.2.1)
SELF_RESTART_MS = 2000          # with the quirk self-restart, after the first open
_DATAGRAM_MS = 20               # a UDP socket is open after this
_HOST_MAX = 255

BROKEN, CLOSED = 1, 2           # <Status> of +MIPSTAT


class OpenMixin:
    QUIRKS = {
        "fin-is-1": "an orderly end by the peer is +MIPSTAT: <id>,1",
        "list-blanks": "lists of sockets are separated by blanks: +MIPOPEN: 1 2 3",
        "list-lines": "lists of sockets come one number to a line",
        "listen-at-once": "+MIPOPEN: <id>,1 when listening begins, and again with the peer's address",
        "open-state-0": "a failed open is +MIPOPEN: <id>,0 instead of +MIPSTAT",
        "open-silent": "AT+MIPOPEN never gives its result",
        "quoted-addresses": "addresses in listen results, +MSDNS?, +MSV6DNS? and +MIPNTP? stand in quotes",
        "self-restart": "the module restarts 2 s after the first open, without a word",
        "stat-frees": "+MIPSTAT frees the socket by itself; AT+MIPCLOSE then answers ERROR",
    }

    PROTOCOLS: "tuple[int, ...]" = (0, 1, 2)
    SOURCE_PORT_MIN = 1
    OPEN_TEST = ""              # arguments of the answer to AT+MIPOPEN=?

    _has_restarted = False      # by the quirk self-restart

    # ---- commands -----------------------------------------------------------------------------------

    @mip("+MIPOPEN")
    def mipopen(self, form, args):
        if form == "test":
            self.info(f"+MIPOPEN: {self.OPEN_TEST}")
            self.ok()
        elif form == "read":
            self.check_query("+MIPOPEN")
            self.list_sockets("+MIPOPEN", self._free_numbers())
        elif form == "write":
            self.open_socket("+MIPOPEN", *self.match(args, *self.open_kinds(0)))
        else:
            self.unknown()

    # ---- for the other parts ------------------------------------------------------------------------

    def open_kinds(self, port_min):
        """What the first five arguments of +MIPOPEN and +MIPODM may be."""
        return (Int(1, self.SOCKETS), Optional(Int(self.SOURCE_PORT_MIN, 65535), 0, hole=True), Text(_HOST_MAX),
                Int(port_min, 65535), OneOf(*self.PROTOCOLS))

    def active_numbers(self):
        return sorted(number for number, socket in self.sockets.items() if socket.state == ACTIVE)

    def active_sockets(self):
        return [self.sockets[number] for number in self.active_numbers()]

    def _free_numbers(self):
        return [number for number in range(1, self.SOCKETS + 1) if number not in self.sockets]

    def list_sockets(self, name, numbers):
        """Answer of a read form: the numbers, or 0 when there are none."""
        if self.quirk("list-lines") and numbers:
            for number in numbers:
                self.info(f"{name}: {number}")
        else:
            separator = " " if self.quirk("list-blanks") else ","
            self.info(f"{name}: " + (separator.join(map(str, numbers)) or "0"))
        self.ok()

    def address_text(self, text):
        """An address whose quotes the manuals do not show."""
        return f'"{text}"' if self.quirk("quoted-addresses") else text

    def live(self, number, *, ended=False):
        """The open socket `number`; None when there is none, the command is refused then.

        `ended`: also one that the peer has ended.
        """
        socket = self.sockets.get(number)
        if socket is None or socket.state in (OPENING, LISTENING, CLOSING):
            if socket is not None and socket.state != LISTENING:
                self.violation(f"socket {number}: the result of AT{socket.pending} is outstanding")
            elif self.aware_of(self.lost_at) and self.aware_of(self.freed_at.get(number)):
                self.violation(f"socket {number} is not open")
            self.fail(2024)
            return None
        if socket.result_at is not None and not socket.result_at.seen():
            self.violation(f"socket {number}: its result has not been read yet")
        if socket.state == ENDED and not ended:
            if self.aware_of(socket.ended_at):
                self.violation(f"socket {number} has been ended by +MIPSTAT")
            self.fail(2028)
            return None
        return socket

    def drop_sockets(self):
        """The link is gone, and every socket with it."""
        for number, socket in sorted(self.sockets.items()):
            state, socket.state = socket.state, ENDED
            socket.drop()
            if socket is self.odm:
                self.leave_data_mode()
            if state == CLOSING:
                self.late("+MIPCLOSE", f"+MIPCLOSE: {number},{OTHER}", socket)
            elif state == OPENING:
                self.late(socket.opener, f"+MIPSTAT: {number},{BROKEN}", socket)
        self.sockets.clear()

    # ---- opening ------------------------------------------------------------------------------------

    def open_socket(self, opener, number, source, host, port, protocol, pseudo=0):
        family = 6 if protocol >= IPV6_OFFSET else 4
        try:
            literal, address = parse_address(str(host))
        except ValueError as problem:
            raise BadArguments(str(problem)) from problem
        if not host:
            raise BadArguments("<Remote_IP> is empty")
        if literal not in (None, family):
            raise BadArguments(f"an IPv{literal} address for protocol {protocol}")
        if literal == 6 and host.count(":") != 7:
            self.violation("an IPv6 address has eight groups in these manuals")
        if not self.link_up():
            return
        if number in self.sockets:
            if self.sockets[number].pending:
                self.violation(f"socket {number}: the result of AT{self.sockets[number].pending} is outstanding")
            self.fail(2017)
            return
        socket = MipSocket(number, protocol, opener, self.stack_settings[number].nack_indication)
        socket.pseudo_command = pseudo == 0
        if port == 0 and socket.kind != UDP:
            self._listen(socket, source)
            return
        self.sockets[number] = socket
        silent = opener == "+MIPOPEN" and self.quirk("open-silent")
        if opener == "+MIPODM" or silent:
            self.ok()           # the line changes hands at the late result, so OK always comes first
        else:
            self.accepted(socket)
        socket.deadline_ms = self.now_ms() + OPEN_LIMIT_MS
        if silent:
            return
        socket.timer = self.after(OPEN_LIMIT_MS, lambda: self._open_failed(socket))
        if literal or (socket.kind == UDP and port == 0):
            self._connect(socket, address, port, source, None)
        else:
            self.network.resolve(address, lambda found: self._resolved(socket, found, port, source, address), family)

    def _resolved(self, socket, found, port, source, name):
        if socket.state != OPENING:
            return
        if found:
            self._connect(socket, found[0], port, source, name)
        else:
            self._open_failed(socket)

    def _connect(self, socket, address, port, source, name):
        try:
            if socket.kind == UDP:
                socket.target = (address, port) if port else None
                socket.endpoint = self.network.datagram(source, socket.target, socket.family)
                socket.endpoint.link = socket
                self.after(_DATAGRAM_MS, lambda: self._opened(socket))
                return
            stream = self.reach(address, port, source)
        except NetworkError:
            self._open_failed(socket)
            return
        if socket.kind == SSL and self.network.secure:
            stream = TlsStream(stream, name)
        socket.endpoint = stream
        stream.link = socket

    def _opened(self, socket, peer=None):
        if socket.state not in (OPENING, LISTENING):
            return
        if socket.timer:
            socket.timer.cancel()
        if socket.opener == "+MIPODM":
            self.enter_data_mode(socket, peer)
            return
        socket.state, socket.pending = ACTIVE, None
        text = f"+MIPOPEN: {socket.number},1"
        if peer:
            text += f",{self.address_text(shown_address(peer[0]))},{peer[1]}"
        socket.result_at = self.late("+MIPOPEN", text, socket)
        self.read_out(socket)
        if self.quirk("self-restart") and not self._has_restarted:
            self._has_restarted = True
            self.after(SELF_RESTART_MS, lambda: self.restart(off_words=()))

    def _open_failed(self, socket):
        if socket.state != OPENING:
            return
        socket.drop()
        socket.pending = None
        status = f"+MIPSTAT: {socket.number},{BROKEN}"
        if self.quirk("open-state-0"):
            status = f"{socket.opener}: {socket.number},0"
        socket.state = ENDED
        socket.ended_at = socket.result_at = self.late(socket.opener, status, socket)
        self._free_if_quirk(socket)

    def _free_if_quirk(self, socket):
        if self.quirk("stat-frees"):
            socket.drop()
            del self.sockets[socket.number]
            self.freed_at[socket.number] = socket.ended_at

    def leave_open(self, number):
        """A datagram socket that is open since before the start (quirk host-restarted)."""
        socket = MipSocket(number, UDP, "+MIPOPEN", 0)
        socket.endpoint = self.network.datagram()
        socket.endpoint.link = socket
        socket.state, socket.pending = ACTIVE, None
        self.sockets[number] = socket

    # ---- listening (remote port 0) ------------------------------------------------------------------

    def _listen(self, socket, source):
        if socket.kind == SSL:
            self.fail(2021)
            return
        if not source:
            raise BadArguments("a listening socket needs a <Source_Port>")
        try:
            socket.endpoint = self.network.listen(source, socket.family)
        except NetworkError as problem:
            self.fail(2011 if problem.reason == "bind" else 2022)
            return
        socket.endpoint.link = socket
        socket.state = LISTENING
        self.sockets[socket.number] = socket
        self.ok()               # its result may never come, so OK cannot wait for it
        if self.quirk("listen-at-once"):
            self.urc(f"{socket.opener}: {socket.number},1")

    def on_accept(self, listener, stream):
        """One listening socket serves one peer: it becomes the connection."""
        socket = listener.link
        if socket.state != LISTENING:
            stream.abort()
            return
        listener.close()
        socket.endpoint = stream
        stream.link = socket
        self._opened(socket, stream.peer)

    # ---- what the network tells ---------------------------------------------------------------------

    def on_connected(self, stream, ok):
        if ok:
            self._opened(stream.link)
        else:
            self._open_failed(stream.link)

    def on_data(self, stream):
        self.arrived(stream.link)

    def on_datagram(self, sock):
        self.arrived(sock.link)

    def on_room(self, stream):
        """Nothing to do: flow.py looks for room from time to time."""

    def on_closed(self, stream, reset):
        socket = stream.link
        socket.reset = socket.reset or reset
        if socket.state == CLOSING:
            if reset:
                self.closed(socket, OTHER)
        elif socket.state in (ACTIVE, OPENING):
            socket.ending = True
            self.arrived(socket)

    def ended(self, socket):
        """All that came before the end has been written: say that the peer has ended the connection."""
        socket.ending = False
        socket.state = ENDED
        if socket.push_timer:
            socket.push_timer.cancel()
        status = BROKEN if socket.reset or self.quirk("fin-is-1") else CLOSED
        text = f"+MIPSTAT: {socket.number},{status}"
        if socket.reset and self.reports_acknowledged(socket):
            text += f",{socket.acknowledged()}"
        socket.ended_at = self.notice(text)
        self._free_if_quirk(socket)
