"""UDP over one link of the modem.

Borders of datagrams are kept where the module tells them: BG96 and all "push" and "hex" access.  Buffer access of
SIMCom and Fibocom reads what the module's buffer holds, up to one read (SIMCom "hex": 750 bytes): their manuals say
nothing about borders there, and the sender is not told (recvfrom() then gives the connected peer).
"""

from errno import ENOTCONN, EOPNOTSUPP, ETIMEDOUT

import atsock

from .errnos import EMSGSIZE, ENETDOWN
from .printable import printable
from .fast import const, field, put
from .lend import once
from .link import Link
from .ring import look, place, skip
from .sockets import Socket

_KIND = const(4)  # what match() finds (fast.py)
_AT = const(5)
_FIELD = const(7)
_RAW_FROM = const(6)  # kinds of payload (tables.py)
_AGAIN = const(-11)  # see sockets.py
_SEND = const(0)  # of a socket's access mode, see Table.socket()
_CHUNK = const(1)
# Where the address goes in a command that sends to one; no text of the application can hold them.
_HOST = b"\5"
_PORT = b"\6"
_MSG_PEEK = const(2)
_MSG_DONTWAIT = const(64)

# A received datagram stands in the ring behind a header: its length (2 bytes), the length of its sender's text
# (1 byte), and that text as the module wrote it.
_HEADER = const(3)
_UNFINISHED = const(255)  # first byte of the length while the datagram is still coming in; real ones are shorter
_begin = bytearray((_UNFINISHED, 0, 0))


class DatagramLink(Link):
    """A link whose ring keeps the borders of datagrams, and their senders."""

    datagram = True

    def __init__(self, id):
        super().__init__(id)
        self.begun = -1  # a datagram is coming in: the ring's count before it, -1: none
        self.dropping = False  # it is dropped

    def put(self, src, start, n):
        if not self.dropping and self.count == self.size:
            self.overflow()
        return n if self.dropping else put(self, src, start, n)

    def overflow(self):
        """No room for the one that is coming in: drop it, and say so.  Returns True."""
        self.count = self.begun
        self.dropping = True
        return True

    def begins(self, engine):
        """A datagram follows the engine's line: its sender stands in that, or in the address line before, or is not told."""
        if engine.found[_KIND] < _RAW_FROM:
            self.datagram_begins(engine.sender, 0, engine.sender_n)
        else:
            self._begins_in(engine.tokens, engine.found)

    def _begins_in(self, tokens, found):
        at = field(tokens.line, found[_AT], tokens.n, found[_FIELD])
        end = field(tokens.line, at, tokens.n, 2) - 1
        if end < 0:
            end = tokens.n
        self.datagram_begins(tokens.line, at, end)

    def datagram_begins(self, line, at, end):
        """A datagram follows, its sender's text is line[at:end]."""
        self.begun = self.count
        if self.size - self.count < _HEADER + end - at:
            self.overflow()
            return
        _begin[2] = end - at
        put(self, _begin, 0, _HEADER)
        put(self, line, at, end - at)

    def datagram_ends(self, n):
        """All of its n bytes have come; False when it had to be dropped."""
        begun = self.begun
        self.begun = -1
        if self.dropping:
            self.dropping = False
            return False
        self.buf[place(self, begun)] = n >> 8
        self.buf[place(self, begun + 1)] = n & 255
        return True

    def _byte(self, i):
        return self.buf[place(self, i)]

    def datagrams(self):
        """True when a whole one waits in the ring."""
        return self.count > 0 and self._byte(0) != _UNFINISHED

    def take_datagram(self, dst, at, n):
        """The oldest datagram's first n bytes to dst[at:], the rest of it is lost; returns the count."""
        size = self._byte(0) << 8 | self._byte(1)
        skip(self, self._byte(2) + _HEADER)
        if n > size:
            n = size
        self.get(dst, at, n)
        skip(self, size - n)
        return n

    def look_datagram(self, n):
        """Its first n bytes as bytes; it stays.  Allocates."""
        size = self._byte(0) << 8 | self._byte(1)
        return look(self, _HEADER + self._byte(2), min(n, size))

    def sender(self):
        """The oldest datagram's sender as the module wrote it.  Allocates."""
        return look(self, _HEADER, self._byte(2))


def parse_sender(text):
    """("address", port) from the module's bytes: "1.2.3.4",80 or 1.2.3.4:80; None when there is nothing."""
    text = text.replace(b'"', b"").replace(b" ", b"")
    cut = text.rfind(b",")
    if cut < 0:
        cut = text.rfind(b":")
    if cut < 0 or not text[cut + 1 :].isdigit():
        return None
    return printable(text[:cut].strip(b"[]")), int(text[cut + 1 :])


class _Udp:
    # What the dialect says of UDP.  Allocates.

    def __init__(self, table, access):
        self.connected = bool(table.cells(b"OPEN_UDP"))
        self.unconnected = bool(table.cells(b"OPEN_UDP_ANY"))
        self.most = table.number(b"UDP_MOST")
        self.stored_most = table.number(b"STORE_MOST")
        self.eight_groups = table.yes(b"EIGHT_GROUPS")
        self.asks_family = bool(table.cells(b"RESOLVE_6"))
        send_to = table.access(access)[8]
        self.send_to = table.command(send_to, host=_HOST, port=_PORT) if send_to else None

    def verb(self, host, port):
        """The command that sends to this address, and the one behind it."""
        return _addressed(self.send_to, host, b"%d" % port)


def _addressed(verb, host, port):
    filled = (verb[0].replace(_HOST, host).replace(_PORT, port),) + verb[1:4]
    return filled + (_addressed(verb[4], host, port),) if len(verb) > 4 else filled


class DatagramSocket(Socket):
    _peer = None  # (host, port) of connect()
    _name = None  # the last name that sendto() resolved, and
    _found = None  # what it got
    _last = None  # (address, port, command) of the last datagram that named its address
    _udp = None  # what the dialect says of UDP, see _Udp
    _strayed = False  # sent elsewhere: the module's default may be the last target from then on (Fibocom 1.1.7)

    def connect(self, address):
        """Send to, and receive from, (host, port) only; another time: from now on to that one.

        SIMCom's modules let the datagrams of others through.  Waits for the module also when non-blocking.  Raises as
        for TCP.
        """
        host, port = self._check_address(address)
        if self._rules().connected:
            if self._link is not None:  # bound, or connected to another peer
                self.close()
                self._open = True
                self._strayed = False
            self._connect(b"UDP", host, port, self._timeout_ms or -1)
        else:  # SIMCom: the peer is named in each send
            if self._link is None:
                self._open_any()
            host = self._numeric(host)
        self._peer = (host, port)

    def bind(self, address):
        """Receive at the local port of address (host, port), 0: any.  Raises OSError: EADDRINUSE, EMFILE."""
        once("opening", "bind", self, address)
        if self._rules().unconnected:
            self._open_any()

    def _open_any(self):
        self._local = self._local or self._modem._free_port()
        self._connect(b"UDP_ANY", None, 0, self._timeout_ms or -1)

    # -- receive

    def recv_into(self, buf, n=0):
        """One datagram into buf; returns how much of it fitted, the rest of it is lost (BSD).

        Waits at most the timeout.  Allocates nothing.  Raises OSError: ETIMEDOUT, EAGAIN, ENOTCONN.
        """
        if n <= 0 or n > len(buf):
            n = len(buf)
        self._await_datagram()
        return self._link.take_datagram(buf, 0, n)

    def readinto(self, buf, n=0):
        """As recv_into(); None instead of EAGAIN."""
        if n <= 0 or n > len(buf):
            n = len(buf)
        got = self._await_step()
        if got < 0:
            return self._fail_stream(-got)
        return self._link.take_datagram(buf, 0, n)

    def recv(self, n, flags=0):
        """One datagram, its first n bytes, as bytes.  flags: MSG_PEEK leaves it where it is, MSG_DONTWAIT does not wait."""
        return self.recvfrom(n, flags)[0]

    def read(self, n=2048):
        return self.recv(n)

    def recvfrom(self, n, flags=0):
        """One datagram: (bytes, (address, port)); the sender is the connected peer where the module does not tell."""
        if flags & _MSG_DONTWAIT:
            return self._at_once(self.recvfrom, n, flags)
        self._await_datagram()
        link = self._link
        sender = parse_sender(link.sender())
        if sender is None and self._peer is not None:
            sender = (self._peer[0].decode(), self._peer[1])
        sender = sender or ("0.0.0.0", 0)
        if flags & _MSG_PEEK:
            return link.look_datagram(n), sender
        buf = bytearray(n)
        got = link.take_datagram(buf, 0, n)
        return bytes(buf[:got]), sender

    def _await_datagram(self):
        got = self._await_step()
        if got < 0:
            self._fail(-got)

    def _await_step(self):
        if self._link is None:
            return self._unopened()
        self._start_clock()
        if self._timeout_ms == 0:
            self._modem._service()
        while True:
            got = self._step(self._link)
            if got != _AGAIN:
                return got
            if self._timeout_ms == 0:
                return self._look_again()
            if not self._wait():
                return -ETIMEDOUT

    def _unopened(self):
        if self._rules().unconnected:
            return -ENOTCONN
        raise atsock.ModemError(EOPNOTSUPP, "this module opens UDP towards one peer: connect() or sendto() first")

    def _step(self, link):
        # 1: a datagram waits; 0: never (a datagram socket has no end); else _AGAIN or -errno.
        if self._reading:
            got = self._read_result(link)
            if got < 0:
                return got
        if link.datagrams():
            return 1
        return self._next_step(b"", 0, 0) or -ENOTCONN

    def _holds(self, link):
        return link.datagrams()

    # -- send

    def send(self, buf):
        """Send buf as one datagram to the connected peer; returns its length.

        Raises OSError: EMSGSIZE when it is longer than the module takes, EOPNOTSUPP when it is empty, ENOTCONN, ETIMEDOUT.
        """
        if self._peer is None:
            self._fail(ENOTCONN)
        return self._send(buf, self._peers_verb())

    def write(self, buf, at=None, n=None):
        """As send(); with at and n for the part buf[at:at + n]."""
        if at is None:
            return self.send(buf)
        if n is None:
            at, n = 0, at
        return self.send(memoryview(buf)[at : at + n])

    def sendall(self, buf):
        self.send(buf)

    def sendto(self, buf, *args):
        """Send buf as one datagram to the address, the last argument: (host, port); returns its length."""
        host, port = self._check_address(args[-1])
        rules = self._rules()
        self._check_size(buf, rules.most)
        if self._link is None:
            if rules.unconnected:
                self._open_any()
            else:
                self.connect((host, port))
        if self._peer == (host, port):
            return self.send(buf)
        if rules.send_to is None:
            raise atsock.ModemError(EOPNOTSUPP, "no sendto() in %s access of this module" % self._access)
        self._strayed = True
        return self._send(buf, self._verb(host, port))

    def _peers_verb(self):
        rules = self._rules()
        if not self._strayed and (rules.send_to is None or rules.connected):
            return self._table[_SEND]
        return self._verb(self._peer[0], self._peer[1])

    def _verb(self, host, port):
        # The command for this address; another one like the last allocates nothing.
        host = self._numeric(host)
        last = self._last
        if last is None or last[0] != host or last[1] != port:
            last = self._last = (host, port, self._rules().verb(host, port))
        return last[2]

    def _rules(self):
        if self._udp is None:
            table = once("tables", "of", self._modem)
            if table is None:
                raise atsock.ModemError(ENETDOWN, "not attached: call attach() first")
            self._udp = _Udp(table, self._access)
        return self._udp

    def _numeric(self, host):
        # The send commands take addresses; a name is looked up once.
        if host != self._name:
            self._look_up(host)
        return self._found

    def _look_up(self, host):
        rules = self._rules()
        family = self._family if rules.asks_family else 0  # else there is one question for both
        self._found = self._modem._run(once("resolving", "resolve", self._modem, host, family), self._timeout_ms or -1, "resolve")[0]
        if rules.eight_groups:
            self._found = once("checks", "eight_groups", self._found)
        self._name = host

    def _check_size(self, buf, most):
        if not len(buf):
            raise atsock.ModemError(EOPNOTSUPP, "an empty datagram cannot be sent")
        if len(buf) > most:
            raise atsock.ModemError(EMSGSIZE, "a datagram of %d bytes: this module takes %d" % (len(buf), most))

    def _send(self, buf, verb):
        if self._link is None:
            self._fail(ENOTCONN)
        self._check_size(buf, self._most(verb))
        self._start_clock()
        if self._timeout_ms == 0:
            return self._post_datagram(buf, verb)
        while True:
            if not self._writing and not self._given_up:  # else the one before is on its way still
                self._link.tx.verb = verb
            got = self._send_step(buf, 0, len(buf))
            if got >= 0:
                return got
            if got != _AGAIN:
                self._fail(-got)
            if not self._wait():
                self._fail(-self._give_up(None))

    def _most(self, verb):
        # How many bytes a datagram may have that is sent so; a verb with another behind it stores first.
        rules = self._rules()
        return min(rules.stored_most if len(verb) > 4 else self._table[_CHUNK], rules.most)

    def _post_datagram(self, buf, verb):
        got = self._box().may_post()
        if got:
            self._fail(-got)
        self._link.tx.verb = verb
        return self._post(buf, 0, len(buf))
