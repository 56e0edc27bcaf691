"""What a socket is beside its transfers: its link, opening and closing, waiting, its errors, its options.

opening.py has the generators that open and close.  Knows the link and the session; knows no vendor word: its templates
come filled in.  base.py adds the transfers.
"""

import io
import sys
from errno import EAGAIN, EALREADY, EBADF, ECONNRESET, EINPROGRESS, EINVAL, ENOTCONN, ETIMEDOUT

from ..checks import host as checked_host
from ..checks import is_address
from ..checks import port as checked_port
from ..constants import IPPROTO_TCP, SO_KEEPALIVE, SO_RCVBUF, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL
from ..core.link import Link
from ..core.movers import const
from ..errors import EISCONN, ModemError, Timeout, os_error, printable
from .opening import close_link, drop_link, end_link, open_link

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from io import RawIOBase as Stream

    from typing import Any, NoReturn, Self

    from ..core.jobs import Job
    from ..core.session import Session
    from .sendbuffer import SendBuffer
    from .server import Listener
else:
    # CPython: so that io.BufferedReader takes a socket; MicroPython: the stream protocol.
    Stream = getattr(io, "RawIOBase", io.IOBase)

# words.py
_AGAIN = const(-11)
_OPENING = const(1)
_GONE = const(4)

_MICROPYTHON = sys.implementation.name == "micropython"
_LINGER_MS = const(2000)  # a non-blocking close() waits so long for its command to go out

_KEEPALIVE = (7200, 75, 9)  # idle s, interval s, count: Linux's defaults
_RCVBUF_MIN = const(512)
_RCVBUF_MAX = const(1 << 20)
_DYNAMIC_PORT = const(61000)  # of RFC 6335, above those that Linux gives out, behind virtual modules
_LAST_PORT = const(65535)
_PORTS = const(4096)  # of them: the first one that is given out is among these


class Endpoint(Stream):
    """What a socket is beside its transfers: its link, its timeout, its errors, its options."""

    _link_kind: "type[Link]" = Link  # class of its links
    _link: "Link" = None  # from the open on
    _peer: "tuple[bytes, int] | None" = None  # (host, port) of connect()
    _listener: "Listener" = None  # after listen()
    _job: "Job" = None  # non-blocking connect() on its way, or failed and not told yet
    _send_buffer: "SendBuffer" = None  # from the first non-blocking send on
    _local = 0  # port, from bind()
    _is_bound = False  # by bind(), and no open has failed since
    _rcvbuf = 0  # bytes of the receive ring, from SO_RCVBUF; 0: as the access mode needs
    _keepalive: "tuple[int, ...]" = _KEEPALIVE
    _reading = 0  # what link.rx is doing: 0 nothing, _RING, _DIRECT
    _writing = False  # link.tx is in flight, or finished and not looked at
    _receiving = False  # a call that receives is on its way,
    _wanted = 0  # of so many bytes,
    _filled = 0  # of which so many are in the caller's buffer
    _came = 0  # and so many came last, or why none did
    _sending = False  # a call that sends is on its way
    _tx_pos = _tx_end = 0  # with what is left of the caller's buffer
    _send_timed_out: "int" = False  # it is what is left of a send() that ran out of time
    _retry_ms = 0  # pause before a refused send is offered again, 0: none was refused
    takes_in = True  # calls that do not wait service the UART; False: another front does that, see aio/streams.py
    _open = True
    _untold = False  # in data mode: something was sent, and no error has been told since; close() tells it
    _unconnected_events = 0  # what poll() says before connect(), beside POLLOUT
    _linger_ms = _LINGER_MS
    _close_extra_ms = 0  # for what goes before the command that closes

    def __init__(self, session: "Session", family: int, access: str, tls: bool):
        self._session = session
        self._engine = session.engine
        self._family = family
        self._access = access
        self._tls = tls
        self._timeout_ms = -1  # -1: wait for ever, 0: never wait

    if TYPE_CHECKING:
        # What every kind of socket has, in its own way.
        def connect(self, address: "tuple[str, int]") -> None: ...
        def listen(self, backlog: int = 1) -> None: ...
        def accept(self) -> "tuple[Self, tuple[str, int]]": ...
        def recv(self, n: int, flags: int = 0) -> bytes: ...
        def recv_into(self, buf: "bytearray | memoryview", n: int = 0) -> int: ...
        def recvfrom(self, n: int, flags: int = 0) -> "tuple[bytes, tuple[str, int]]": ...
        def send(self, buf: "bytes | bytearray | memoryview") -> int: ...
        def sendall(self, buf: "bytes | bytearray | memoryview") -> None: ...
        def sendto(self, buf: "bytes | bytearray | memoryview", *address: "Any") -> int: ...
        def read(self, n: "int | None" = -1) -> "bytes | None": ...
        def readinto(self, buf: "Any", n: int = -1) -> "int | None": ...
        def readline(self, n: "int | None" = -1) -> "bytes | None": ...
        def write(self, buf: "Any", pos: "int | None" = None, n: "int | None" = None) -> "int | None": ...
        def unacked(self) -> int: ...
        def escape(self) -> None: ...
        def resume(self) -> None: ...
        def fileno(self) -> int: ...  # io's, for those who ask a checker; there is none

    elif not _MICROPYTHON:

        @property
        def fileno(self) -> "Any":
            """Not there, whatever io.RawIOBase has: programs ask whether there is one before they call it."""
            raise AttributeError("a modem's socket has no fileno()")

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, kind: "Any", error: "Any", trace: "Any") -> None:
        self.close()

    def __del__(self) -> None:
        # CPython: dropped without close(): give the id back at the next opportunity; a finaliser sends nothing.
        if self._link is not None:
            self._release()

    def _release(self):
        # Give the link up: it is closed in the background, and what the module says to that is of no interest.
        link = self._link
        self._link = None
        self._is_bound = False
        if link is not None:
            link.socket = None
            self._session.later(drop_link(self._session, link))

    def _adopt(self, link: "Link", row: "tuple[Any, ...]") -> None:
        # The socket has this link from now on.  row: its access mode, see opening.access_row().
        self._link = link
        self._table = row
        self._reading = 0
        self._writing = False
        self._send_timed_out = False
        self._deadline = 0  # ticks when the timeout of the call is over
        self._retry_ms = 0
        self._retry_at = 0  # ticks
        self._checked = self._engine.port.ticks_ms()  # ticks of the last look into the module's buffer
        link.tx.template = row[0]

    # -- opening and closing

    def bind(self, address: "tuple[str, int]") -> None:
        """Take the local port of address (host, port); the host is the module's own whatever it says.  Sends nothing.

        Comes before connect() and listen(), and once, unless those have failed.  Raises OSError: EINVAL, EBADF;
        ValueError, TypeError for what is no port.
        """
        self._check_open()
        if self._link is not None or self._is_bound and self._listener is None:
            raise ModemError(EINVAL, "bind() comes once, before connect() and listen()")
        self._local = checked_port(_pair(address)[1], 0)
        self._is_bound = True

    def close(self) -> None:
        """Close the connection.  Waits for the module's word, whatever the timeout (BG96: 12 s, Fibocom: 15 s, SIMCom:
        125 s at most).

        What non-blocking sends have taken goes out first.  A non-blocking socket waits until the module has been told,
        what it answers is taken in later; so does one whose send() ran out of time and is unanswered still, but for 2 s
        only.  When it is interrupted (Ctrl-C) the rest is done in the background.  Closing twice is fine.  Allocates.
        Raises OSError when the module does not answer, or when something that was taken got lost; the socket is closed
        all the same.
        Source: the CLOSE command of the dialect tables.
        """
        steps = self.close_steps()
        if steps is None:
            return
        if self._timeout_ms and not self._send_timed_out:
            self._session.run(steps, self._close_limit_ms(), "close", True)
        else:
            self._close_in_background(self._session.spawn(steps))

    def _close_limit_ms(self):
        # How long a close() may take: the manual's time for the command; -1: a server closes several connections.
        table = self._session.table
        if table is None or self._listener is not None or self._send_buffer is not None and self._send_buffer.n:
            return -1
        return table.CLOSE[1] + self._close_extra_ms

    def close_steps(self):
        """The generator of commands behind close(), for other fronts; None when there is nothing to be done (any more).

        The socket counts as closed from now on.
        """
        if not self._open:
            return None
        self._open = False
        if self._job is not None:
            self._job.cancel()
            self._job = None
        link = self._link
        self._link = None
        if link is None:  # a listener whose ids are all in use has none
            return None if self._listener is None else self._listener.close()
        if self._reading and not self._session.withdraw(link.rx):
            self._engine.abandon(link.rx)
        return end_link(self, link)

    def _close_in_background(self, job):
        give_up = self._engine.after_ms(self._linger_ms)
        while not self._is_told(job) and not self._engine.is_past(give_up):
            self._session.wait(job.remaining_ms(max(0, self._engine.until_ms(give_up))))
        if job.done:
            job.result()

    def _is_told(self, job):
        # Has the module been told what this closing job wants?
        return job.is_sent() if self._listener is None else job.done

    def _close_steps(self, link):
        return close_link(self._session, link) if self._listener is None else self._listener.close()

    def _check_open(self):
        if not self._open:
            raise ModemError(EBADF, "the socket is closed")

    def has_link(self) -> bool:
        """True from the moment when an open has got its connection id to close(); the open may still fail."""
        return self._link is not None

    def check_address(self, address: "tuple[str, int]") -> "tuple[bytes, int]":
        """The (host, port) of an address, checked; host as bytes.  Raises ValueError, TypeError; OSError EBADF."""
        self._check_open()
        pair = _pair(address)
        return checked_host(pair[0], self._session.host_max), checked_port(pair[1])

    def _connect(self, what, host, port, timeout_ms):
        if self._job is not None:
            self._check_job(EALREADY)
        # A server whose ids are all in use has no link.
        if self._link is not None or self._listener is not None and self._listener.is_running():
            raise ModemError(EISCONN, "already connected")
        steps = open_link(self._session, self, what, host, port)
        if timeout_ms:
            self._session.run(steps, timeout_ms, "connect")
            return
        self._session.start_later()
        self._job = self._session.spawn(steps)
        self._check_job(EINPROGRESS)

    def _check_job(self, errno):
        # The outcome of a non-blocking connect(), told once; errno: as long as there is none.
        job = self._job
        if not job.done:
            raise os_error(errno)
        self._job = None
        job.result()

    # -- waiting

    def settimeout(self, seconds: "float | None") -> None:
        """Seconds to wait in each call: None for ever, 0 never (then OSError EAGAIN, or None from stream methods).

        Raises ValueError below 0, OSError EBADF.
        """
        self._check_open()
        if seconds is None:
            self._timeout_ms = -1
        elif seconds < 0:
            raise ValueError("timeout: None or seconds from 0 on, not %r" % (seconds,))
        else:
            self._timeout_ms = int(seconds * 1000) or (1 if seconds else 0)  # 0 would be: never wait

    def setblocking(self, flag: bool) -> None:
        """settimeout(None) or settimeout(0)."""
        self.settimeout(None if flag else 0)

    def gettimeout(self) -> "float | None":
        """What settimeout() was given, in seconds; None: wait for ever."""
        return None if self._timeout_ms < 0 else self._timeout_ms / 1000

    # -- errors

    def _no_link(self):
        # There is no connection: AGAIN while an open is on its way, else why, as a negative errno; _fail() raises what
        # a non-blocking connect() has failed with.
        link = self._link
        if self._is_connecting():
            return _AGAIN
        if link is not None:
            return -(link.errno or (ECONNRESET if link.state == _GONE else ENOTCONN))
        return -ENOTCONN if self._open else -EBADF

    def _is_connecting(self):
        # Also while it is being found out what becomes of the id of an open that has failed.
        link = self._link
        return link is not None and link.state == _OPENING or self._job is not None and not self._job.done

    def _fail(self, errno: int) -> "NoReturn":
        # Raise what stands behind a negative result.
        if errno == -_AGAIN:
            raise os_error(EAGAIN)
        if errno == ETIMEDOUT:
            raise Timeout()
        if self._job is not None and self._job.done:
            self._check_job(EALREADY)
        if self._send_buffer is not None:
            self._send_buffer.lost = False
        self._untold = False
        if self._timeout_ms and self._link is not None:  # the module may have restarted without a word
            self._session.await_verdict(self._deadline if self._timeout_ms > 0 else None)
        raise self._session.link_error(errno)

    def _none_or_fail(self, result: int) -> "Any":
        # What a stream's method returns for a negative result: None when it would have to wait, or it raises.
        return None if result == _AGAIN else self._fail(-result)

    # -- options, and what file-like objects are asked

    def setsockopt(self, level: int, option: int, value: "Any") -> None:
        """Set an option; those that are not named here are taken and ignored, as on MicroPython.  Allocates.

        SO_RCVBUF, before connect(): bytes of the receive ring, 512 to 1048576.  SO_KEEPALIVE, for all sockets of the
        module, with TCP_KEEPIDLE, TCP_KEEPINTVL (s) and TCP_KEEPCNT set before it: waits for the module.
        Raises ValueError, OSError EOPNOTSUPP where the dialect has no keep-alive, EBADF, CommandError.
        Source: AT+MIPKEEPCONF (NL668 1.1.14).
        """
        self._check_open()
        if option == SO_KEEPALIVE and level != IPPROTO_TCP:
            from ..services import keepalive, limit_ms

            session = self._session
            limit = limit_ms(session.table and session.table.KEEPALIVE)
            session.run(keepalive(session, value, self._keepalive), limit, "keep-alive")
        elif level == IPPROTO_TCP and option in (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT):
            values = list(self._keepalive)
            values[option - TCP_KEEPIDLE] = value
            self._keepalive = tuple(values)
        elif option == SO_RCVBUF:
            if not isinstance(value, int) or not _RCVBUF_MIN <= value <= _RCVBUF_MAX:
                raise ValueError("SO_RCVBUF: 512 to 1048576 bytes, not %r" % (value,))
            self._rcvbuf = value

    def makefile(self, mode: str = "rb", buffering: "int | None" = None, **text: "Any") -> "Any":
        """MicroPython: the socket itself.  CPython: a file of its io module, which keeps the connection open when the
        socket is closed; text: encoding, errors, newline.  Without the package atsock_host: the socket itself."""
        if not _MICROPYTHON:
            try:
                from atsock_host.files import makefile
            except ImportError:
                return self
            return makefile(self, mode, buffering, **text)
        return self

    def readable(self) -> bool:
        """True."""
        return True

    def writable(self) -> bool:
        """True."""
        return True


def free_port(session: "Session") -> int:
    """A local port for a UDP socket that needs one and was not bound."""
    last = session.last_port or _DYNAMIC_PORT + session.engine.port.ticks_ms() % _PORTS
    session.last_port = _DYNAMIC_PORT if last >= _LAST_PORT else last + 1
    return session.last_port


def _pair(address):
    is_pair = isinstance(address, (tuple, list)) and len(address) in (2, 4)  # 4: IPv6, as the system's getaddrinfo()
    if not is_pair or not isinstance(address[0], (str, bytes)):
        raise TypeError("address: (host, port), not %r" % (address,))
    return address


def parse_sender(text: bytes) -> "tuple[str, int] | None":
    """("address", port) from what the module wrote: "1.2.3.4",80 or 1.2.3.4:80; None when it is neither, or no address
    or port can be like that.  Allocates."""
    text = text.replace(b'"', b"").replace(b" ", b"")
    cut = text.rfind(b",")
    if cut < 0:
        cut = text.rfind(b":")
    address = text[: max(cut, 0)].strip(b"[]")
    port = text[cut + 1 :]
    if not is_address(address) or not port.isdigit() or int(port) > _LAST_PORT:
        return None
    return printable(address), int(port)
