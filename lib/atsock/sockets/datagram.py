"""UDP sockets.

Borders of datagrams are kept where the module tells them: BG96 and all "push" and "hex" access.  Buffer access of
SIMCom and Fibocom reads what the module's buffer holds, up to one read (SIMCom "hex": 750 bytes): their manuals say
nothing about borders there, and the sender is not told (recvfrom() then gives the connected peer).
"""

from errno import EAGAIN, EINPROGRESS, ENOTCONN, EOPNOTSUPP

from ..checks import eight_groups, is_address, room, source
from ..core.link import Link
from ..core.movers import const, field, put
from ..core.words import BECOMES
from ..errors import EMSGSIZE, ENETDOWN, CommandError, ModemError
from ..services import lookup_ms, resolve
from .base import Socket
from .endpoint import free_port, parse_sender
from .opening import UDP, UDP_ANY

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    from ..core.engine import Engine
    from ..core.jobs import Job
    from ..dialects.table import Table

    Bytes = bytes | bytearray | memoryview

_RAW_FROM = const(6)  # the first kind of payload whose header tells the sender (words.py)

# What match() leaves in Engine.matched (movers.py)
_KIND = const(4)
_FIELDS = const(5)
_AUX_FIELD = const(7)

_SEND = const(0)  # of Table.ACCESS
_CHUNK = const(1)
_SEND_TO = const(8)

_READ = const(3)
_OPEN = const(2)  # Link.state (words.py)
_SENDER_ROOM = const(64)  # bytes of a sender's text
_FETCHES = const(16)  # reads of what waits when the link is changed

_MSG_PEEK = const(2)
_MSG_DONTWAIT = const(64)
_READ_MAX = const(2048)  # of read() without a count: the longest datagram

# A received datagram stands in the ring behind a header: its length (2 bytes), the length of its sender's text
# (1 byte), and that text as the module wrote it.
_HEADER = const(3)
_UNFINISHED = const(255)  # first byte of the length while the datagram is still coming in; real ones are shorter


class DatagramLink(Link):
    """A link whose ring keeps the borders of datagrams, and their senders."""

    keeps_borders = True

    def __init__(self, id):
        super().__init__(id)
        self.begun = -1  # a datagram is coming in: the ring's count before it, -1: none
        self.engine: "Engine" = None  # whose last line has announced it
        self.lost = 0  # datagrams that did not come whole, or found no room
        self.discarding = False  # it is dropped; or all are
        self._header = bytearray((_UNFINISHED, 0, 0))

    # -- the sink of the tokenizer

    def write(self, src, start, n):
        """Payload of the datagram that comes in; what has no room is dropped with all of it."""
        if not self.discarding and self.count == self.size:
            self.overflow()
        return n if self.discarding else put(self, src, start, n)

    def begin(self, engine: "Engine"):
        """A datagram follows the engine's line: its sender stands in that, in the address line before, or nowhere."""
        self.engine = engine
        if self.buf is None:  # the first one, and its header is damaged
            self.make_ring()
        if self.begun >= 0:  # another one that has never ended
            self.count = self.begun
            self.lost += 1
        line = engine.sender
        pos = 0
        end = engine.sender_n
        if engine.matched[_KIND] >= _RAW_FROM:
            line = engine.tokens.line
            end = engine.tokens.n
            pos = field(line, engine.matched[_FIELDS], end, engine.matched[_AUX_FIELD])
            if field(line, pos, end, 2) > 0:  # behind the sender's port
                end = field(line, pos, end, 2) - 1
        self.begun = self.count
        if self.size - self.count < _HEADER + end - pos:
            self.discarding = True  # as overflow(): the stack is deep here
            return
        self._header[2] = end - pos
        put(self, self._header, 0, _HEADER)
        put(self, line, pos, end - pos)

    def end(self, n):
        """It has ended after n bytes; False when it had to be dropped."""
        begun = self.begun
        self.begun = -1
        if self.discarding:
            self.discarding = False
            self.lost += 1
            return False
        self.buf[self.place(begun)] = n >> 8
        self.buf[self.place(begun + 1)] = n & 255
        return True

    def overflow(self):
        """No room for the one that is coming in: drop it, and say so.  Returns True."""
        self.count = self.begun
        self.discarding = True
        return True

    # -- what the ring holds

    def has_datagram(self):
        """True when a whole one waits in the ring."""
        return self.count > 0 and self._byte(0) != _UNFINISHED

    def take_datagram(self, dst, pos, n):
        """The oldest datagram's first n bytes to dst[pos:], the rest of it is lost; returns the count."""
        size = self._byte(0) << 8 | self._byte(1)
        if self.begun >= 0:  # the one that is coming in stands behind it
            self.begun -= self._byte(2) + _HEADER + size
        self.skip(self._byte(2) + _HEADER)
        if n > size:
            n = size
        self.get(dst, pos, n)
        self.skip(size - n)
        return n

    def peek_datagram(self, n):
        """Its first n bytes as bytes; it stays.  Allocates."""
        size = self._byte(0) << 8 | self._byte(1)
        return self.peek(_HEADER + self._byte(2), min(n, size))

    def sender(self):
        """The oldest datagram's sender as the module wrote it.  Allocates."""
        return self.peek(_HEADER, self._byte(2))

    def _byte(self, i):
        return self.buf[self.place(i)]


class DatagramSocket(Socket):
    """UDP: towards the peer of connect(), or from the port of bind() and sendto() towards anybody."""

    _link_kind = DatagramLink
    _link: "DatagramLink" = None
    _name = None  # the last host that a send was told (bytes), and
    _address = None  # its numeric address
    _last = None  # (address, port, template) of the last datagram that named its address
    _template = None  # of the send on its way
    _search: "Job | None" = None  # non-blocking look-up on its way, or not fetched yet, of
    _searched: "bytes | None" = None  # this host
    _kept: "DatagramLink" = None  # link of before connect(), whose datagrams the next one is given
    _refused = False  # the module did not open the port of bind() without a peer
    _sent_elsewhere = False  # the module's default may be the last target from then on (Fibocom 1.1.7)

    # -- opening

    def connect(self, address: "tuple[str, int]") -> None:
        """Send to, and receive from, (host, port) only; another time: from now on to that one.

        What has come before can still be received.  SIMCom's modules let the datagrams of others through.  Waits for
        the module also when non-blocking.  Allocates.
        Raises as StreamSocket.connect().
        Source: the OPEN_UDP, OPEN_UDP_ANY commands of the dialect tables.
        """
        host, port = self.check_address(address)
        timeout_ms = self._timeout_ms
        try:
            self._connect_to(host, port)
        finally:
            self._timeout_ms = timeout_ms

    def _use_up(self, until):
        # One stage of a call is over: those that follow have what is left of the timeout, whose end is `until`.
        if self._timeout_ms > 0:
            self._timeout_ms = max(1, self._engine.until_ms(until))

    def _connect_to(self, host, port):
        # Leaves in _timeout_ms what is left of it: the caller gives that back.
        until = self._engine.after_ms(self._timeout_ms)
        self._await_opening(until)
        if self._table_of_dialect().OPEN_UDP is not None:
            if self._link is not None:  # bound, or connected to another peer
                self._keep(self._link)
                self._close_first(until)
                self._sent_elsewhere = False
                self._use_up(until)
            self._connect(UDP, host, port, self._timeout_ms or -1)
        else:  # SIMCom: the peer is named in each send
            if self._link is None:  # as _open_any(): the stack is deep below
                self._local = self._local or free_port(self._session)
                self._connect(UDP_ANY, None, 0, self._timeout_ms or -1)
                self._use_up(until)
            if host != self._name:
                self._look_up(host, True)
            host = self._address
        self._peer = (host, port)

    def _close_first(self, until):
        # For another connection; the socket stays open also when that takes too long.
        limit = self._close_limit_ms()
        if self._timeout_ms > 0:
            left = max(1, self._engine.until_ms(until))
            limit = left if limit < 0 else min(left, limit)
        try:
            self._session.run(self.close_steps(), limit, "connect")
        finally:
            self._open = True

    def _keep(self, link):
        # This link is closed, and another one opened: what waits is received from that.
        if link.rx.template is not None and link.state == _OPEN:
            self._session.run(self._fetch_steps(link), self._timeout_ms or -1, "connect")
        self._kept = link

    def _fetch_steps(self, link):
        # Read what the module holds of this link into its ring.
        rx = link.rx
        if self._reading:
            yield lambda: rx.done
            self._reading = 0
        room = self._table[_READ] + _HEADER + _SENDER_ROOM
        for _ in range(_FETCHES):
            if link.buf is None:
                link.make_ring()
            if link.room() < room:
                link.resize(link.count + room)
            rx.n = self._table[_READ]
            yield rx
            if rx.errno or not rx.count:
                return

    def _adopt(self, link, row):
        super()._adopt(link, row)
        kept = self._kept
        if kept is None:
            return
        self._kept = None
        link.lost = kept.lost
        if kept.count:
            kept.resize(max(link.size, kept.count))
            link.size = kept.size
            link.buf = kept.buf
            link.count = kept.count

    @property
    def lost(self) -> int:
        """How many datagrams were dropped: they found no room (SO_RCVBUF), or did not come whole."""
        return 0 if self._link is None else self._link.lost

    def bind(self, address: "tuple[str, int]") -> None:
        """Receive at the local port of address (host, port), 0: any.  Waits for the module where that opens the socket.

        Fibocom: what is sent from there without connect() has 1023 bytes at most.
        Allocates.  Raises OSError: EADDRINUSE, EMFILE, EINVAL, ENETDOWN, EBADF; ValueError, TypeError.
        """
        self._check_open()
        table = self._table_of_dialect()
        super().bind(address)
        if table.OPEN_UDP_ANY is None:
            return
        try:
            self._open_any()
        except CommandError as error:
            # Fibocom's manuals have this in half a sentence (1.1.2); firmware without it still opens towards a peer.
            if table.SERVERS != BECOMES or error.code is not None:
                raise
            self._refused = True

    def _open_any(self):
        self._local = self._local or free_port(self._session)
        self._connect(UDP_ANY, None, 0, self._timeout_ms or -1)

    def _table_of_dialect(self) -> "type[Table]":
        table = self._session.table
        if table is None:
            raise ModemError(ENETDOWN, "not attached: call attach() first")
        return table

    def listen(self, backlog: int = 1) -> None:
        """Datagrams have no connections: raises OSError EOPNOTSUPP, EBADF."""
        self._check_open()
        raise ModemError(EOPNOTSUPP, "datagrams: no listen(), no accept()")

    def accept(self) -> "Any":
        """As listen()."""
        self.listen()

    # -- receiving

    def recv_into(self, buf: "bytearray | memoryview", n: int = 0) -> int:
        """One datagram into buf; returns how much of it fitted, the rest of it is lost (BSD).

        Waits at most the timeout.  Allocates nothing.  Raises OSError: ETIMEDOUT, EAGAIN, ENOTCONN, EBADF.
        Source: the READ command, the PUSH rows of the dialect tables.
        """
        if type(buf) is not bytearray:
            buf = room(buf)
        if n <= 0 or n > len(buf):
            n = len(buf)
        self._start_clock()
        got = self._receive(None, 0, 0)
        return self._link.take_datagram(buf, 0, n) if got >= 0 else self._fail(-got)

    def readinto(self, buf: "Any", n: int = 0) -> "int | None":
        """As recv_into(); None instead of EAGAIN.  Allocates nothing."""
        if type(buf) is not bytearray:
            buf = room(buf)
        if n <= 0 or n > len(buf):
            n = len(buf)
        self._start_clock()
        got = self._receive(None, 0, 0)
        return self._link.take_datagram(buf, 0, n) if got >= 0 else self._none_or_fail(got)

    def recv(self, n: int, flags: int = 0) -> bytes:
        """One datagram, its first n bytes.  flags: MSG_PEEK leaves it where it is, MSG_DONTWAIT does not wait.

        Waits and raises as recv_into().  Allocates.
        """
        return self.recvfrom(n, flags)[0]

    def read(self, n: "int | None" = _READ_MAX) -> "bytes | None":
        """As recv(n), without n (None, below 0) all of it; None instead of EAGAIN.  Allocates."""
        if n is None or n < 0:
            n = _READ_MAX
        self._start_clock()
        got = self._receive(None, 0, 0)
        if got < 0:
            return self._none_or_fail(got)
        buf = bytearray(n)
        return bytes(buf[: self._link.take_datagram(buf, 0, n)])

    def recvfrom(self, n: int, flags: int = 0) -> "tuple[bytes, tuple[str, int]]":
        """One datagram: (bytes, (address, port)); the sender is the connected peer where the module does not tell.

        flags, waiting and errors as recv().  Allocates.
        """
        if n < 0:
            raise ValueError("negative size of recvfrom()")
        self._start_clock()
        timeout_ms = self._timeout_ms
        if flags & _MSG_DONTWAIT:
            self._timeout_ms = 0
        try:
            got = self._receive(None, 0, 0)
            if got < 0:
                self._fail(-got)
        finally:
            self._timeout_ms = timeout_ms
        link = self._link
        sender = parse_sender(link.sender())
        if sender is None and self._peer is not None:
            sender = (self._peer[0].decode(), self._peer[1])
        sender = sender or ("0.0.0.0", 0)
        if flags & _MSG_PEEK:
            return link.peek_datagram(n), sender
        buf = bytearray(n)
        got = link.take_datagram(buf, 0, n)
        return bytes(buf[:got]), sender

    def _recv_step(self, buf, pos, n):
        # 1: a datagram waits in the ring; there is no end of a stream.
        link = self._link
        if link is None:
            return self._why_unopened()
        if self._reading:
            got = self._read_result(link)
            if got < 0:
                return got
        if link.has_datagram():
            return 1
        return self._next_step(b"", 0, 0) or -ENOTCONN

    def _why_unopened(self):
        if self._open and (self._refused or self._table_of_dialect().OPEN_UDP_ANY is None):
            raise ModemError(EOPNOTSUPP, "this module opens UDP towards one peer: connect() or sendto() first")
        return self._no_link()

    def _holds(self, link):
        return link.has_datagram()

    # -- sending

    def send(self, buf: "Bytes") -> int:
        """Send buf as one datagram to the connected peer; returns its length.

        Waits at most the timeout.  Non-blocking: it goes out in the background; EAGAIN until the module has accepted
        it.  Allocates nothing.  Raises OSError: EMSGSIZE when it is longer than the module takes, EOPNOTSUPP when it is
        empty, ENOTCONN, ETIMEDOUT, EAGAIN, EBADF.
        Source: the SEND, SEND_TO commands of the dialect tables.
        """
        if self._peer is None:
            self._fail(-self._no_link())
        sent = self._send(buf, self._peer_template())
        return sent if sent >= 0 else self._fail(-sent)

    def write(self, buf: "Any", pos: "int | None" = None, n: "int | None" = None) -> "int | None":
        """As send(); with n for buf[:n], with pos and n for buf[pos:pos + n]; non-blocking: None instead of EAGAIN."""
        buf = source(buf)
        if pos is not None:
            if n is None:
                pos, n = 0, pos
            buf = memoryview(buf)[pos : pos + n]
        if self._peer is None:
            self._fail(-self._no_link())
        sent = self._send(buf, self._peer_template())
        return sent if sent >= 0 else self._none_or_fail(sent)

    def sendall(self, buf: "Bytes") -> None:
        """As send(); returns None."""
        self.send(buf)

    def sendto(self, buf: "Bytes", flags: "Any", address: "tuple[str, int] | None" = None) -> int:
        """Send buf as one datagram to the address (host, port), the last argument; returns its length.

        sendto(buf, address) or sendto(buf, flags, address); flags are ignored.
        Opens the socket where it was not bound.  Waits and raises as send(), and OSError EOPNOTSUPP where the access
        mode has no such send; a name is looked up once.  Non-blocking: EAGAIN also until the socket is open and the
        name found, which go on in the background.  Allocates.
        """
        host, port = self.check_address(flags if address is None else address)
        buf = source(buf)
        table = self._table_of_dialect()
        self._check_size(buf, table.UDP_MAX)
        timeout_ms = self._timeout_ms
        until = self._engine.after_ms(timeout_ms)
        try:
            if timeout_ms:
                self._await_opening(until)
            else:
                self._take_in()
            if self._link is None:
                # To another one than the peer some modules send shorter ones.
                any_peer = table.OPEN_UDP_ANY is not None and not table.STORE_MAX
                if not timeout_ms:
                    self._open_soon(any_peer, host, port)
                elif any_peer:
                    self._open_any()
                else:
                    self._connect_to(host, port)
                self._use_up(until)
            if self._peer == (host, port):
                template = self._peer_template()
            else:
                template = self._template_elsewhere(table, host, port)
            self._use_up(until)
            sent = self._send(buf, template)
        finally:
            self._timeout_ms = timeout_ms
        return sent if sent >= 0 else self._fail(-sent)

    def _take_in(self):
        # Non-blocking: what has come of an open or a look-up on its way; EAGAIN while nothing has.
        self._session.service()
        if self._job is not None:
            self._check_job(EAGAIN)

    def _await_opening(self, until):
        # A sendto() that did not wait may have begun to open the socket.
        job = self._job
        if job is not None:
            self._session.run(_until_done(job), self._timeout_ms or -1, "connect")
            self._check_job(EAGAIN)
            self._use_up(until)

    def _open_soon(self, any_peer, host, port):
        # Non-blocking: begins to open the socket, for anybody or towards this peer.
        self._local = self._local or (free_port(self._session) if any_peer else 0)
        if not any_peer:
            self._peer = (host, port)
        try:
            if any_peer:
                self._connect(UDP_ANY, None, 0, 0)
            else:
                self._connect(UDP, host, port, 0)
        except OSError as error:
            if error.args[0] != EINPROGRESS:
                raise
            self._fail(EAGAIN)

    def _template_elsewhere(self, table, host, port):
        if table.ACCESS[self._access][_SEND_TO] is None:
            raise ModemError(EOPNOTSUPP, "no sendto() in %s access of this module" % self._access)
        self._sent_elsewhere = True
        if host != self._name:
            self._look_up(host)
        return self._template_to(port)

    def _peer_template(self):
        table = self._session.table
        if not self._sent_elsewhere and (table.OPEN_UDP is not None or table.ACCESS[self._access][_SEND_TO] is None):
            return self._table[_SEND]
        if self._peer[0] != self._name:
            self._look_up(self._peer[0])
        return self._template_to(self._peer[1])

    def _template_to(self, port):
        # Of the send to what was looked up last; another one like the last allocates nothing.
        host = self._address
        last = self._last
        if last is None or last[0] != host or last[1] != port:
            last = self._last = (host, port, self._fill_template(host, port))
        return last[2]

    def _fill_template(self, host, port):
        send_to = self._session.table.ACCESS[self._access][_SEND_TO]
        return self._session.filled(send_to, host=host, port=port)

    def _found(self, host, family):
        # Non-blocking: what a look-up in the background has found; EAGAIN as long as it is on its way.
        search = self._search
        if self._searched != host:
            self._stop_search()
            self._searched = host
            search = self._search = self._session.spawn(resolve(self._session, host, family))
        if not search.done:
            self._fail(EAGAIN)
        self._searched = self._search = None
        return search.result()

    def _is_writable(self, link):
        return (self._search is None or self._search.done) and super()._is_writable(link)

    def close_steps(self):
        """As Socket.close_steps()."""
        self._stop_search()
        return super().close_steps()

    def _stop_search(self):
        if self._search is not None:
            self._search.cancel()
            self._search = self._searched = None

    def _look_up(self, host, waits=False):
        # The send commands take addresses; a name is looked up once.
        session = self._session
        table = session.table
        family = self._family if table.RESOLVE_6 is not None else 0  # else one command finds both
        if waits or self._timeout_ms or is_address(host):
            steps = resolve(session, host, family)
            found = session.run(steps, self._timeout_ms if self._timeout_ms > 0 else lookup_ms(session), "resolve")
        else:
            found = self._found(host, family)
        self._address = found[0]
        if table.EIGHT_GROUPS:
            self._address = eight_groups(self._address)
        self._name = host

    def _check_size(self, buf, limit):
        if not len(buf):
            raise ModemError(EOPNOTSUPP, "an empty datagram cannot be sent")
        if len(buf) > limit:
            raise ModemError(EMSGSIZE, "a datagram of %d bytes: this module takes %d" % (len(buf), limit))

    def _send(self, buf, template):
        # The count, or a negative errno.
        if type(buf) is not bytes:
            buf = source(buf)
        if self._link is None:
            self._fail(-self._no_link())
        self._check_size(buf, self._max_size(template))
        self._template = template
        sent = self._begin_sending(buf, 0, len(buf))
        if sent is None:
            sent = self._guarded_send(buf)
        return sent

    def _max_size(self, template):
        # Bytes of a datagram that is sent so; a template with another behind it stores first.
        table = self._session.table
        return min(table.STORE_MAX if len(template) > 4 else self._table[_CHUNK], table.UDP_MAX)

    def _send_step(self, buf, pos, n):
        link = self._link
        # Else the one before is on its way still.
        if link is not None and not self._writing and not self._send_timed_out:
            link.tx.template = self._template
        return super()._send_step(buf, pos, n)

    def _post(self, buf, pos, n):
        got = self._can_accept()  # which takes in what has come
        if got:
            return got
        self._link.tx.template = self._template
        return self._send_buffer.copy_in(self, buf, pos, n)


def _until_done(job):
    yield lambda: job.done
