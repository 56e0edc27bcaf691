"""Modem: a cellular module on a UART, and everything that a program asks of it.

The public face: checks arguments, chooses the generator of commands that does the work (bringup.py, sockets/,
services.py, recovery.py, aio/, manual/), and lets its Session (core/session.py) run it.
"""

from errno import EIO

from . import bringup, checks, dialects, registration
from .constants import AF_INET, SOCK_STREAM
from .core.command import number_at, query
from .core.jobs import run_command
from .core.movers import const
from .core.session import Session
from .dialects.table import VENDORS_SECRETS
from .errors import ModemError, Timeout, printable
from .sockets import opening

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from ssl import SSLContext
    from typing import Any, Literal, Protocol, Self

    from .aio.streams import Server, Stream
    from .dialects.table import Table
    from .recovery import Keeper
    from .services import Ping
    from .sockets.base import Socket
    from .sockets.module import SocketModule

    Access = Literal["buffer", "push", "hex", "transparent"]
    Dialect = Literal["bg96", "a7600", "sim7028", "nl668", "l610"]

    class SerialStream(Protocol):
        """What Modem needs of machine.UART."""

        def any(self) -> int: ...
        def readinto(self, __buf: bytearray, __n: int) -> "int | None": ...
        def write(self, __buf: bytearray, __start: int, __n: int) -> "int | None": ...


_ATTACH_MS = const(240_000)  # boot, registration and the slowest context (BG96: 150 s)
_COMMAND_MS = 60_000
_TELLING = (b"AT+CSQ", b"AT+CGMI", b"AT+CGMM", b"AT+CGMR", b"AT+CGSN", b"AT+CIMI")  # whose answer has a line
_LINGER_MS = 30_000  # for what close() leaves to the background


class Modem:
    """A cellular module on a UART.

    stream: machine.UART, atsock_host.SerialPort or what has their any(), readinto(buf, n) and write(buf, start, n).
    dialect: "bg96", "a7600", "sim7028", "nl668", "l610", a name given to dialects.register(), or None to ask the module
    in attach().  apn: for attach(); context: PDP context id, 1 to 16; access: of sockets that are not given another
    one, "buffer", "push", "hex" or "transparent".  reset: a function that resets the module by hardware, for recover().
    on_event(event, sock, value): called from poll() and from calls that wait; event is one of atsock's EVENT_...

    Sends nothing.  Raises ValueError, TypeError for arguments that cannot be.
    """

    def __init__(
        self,
        stream: "SerialStream",
        dialect: "Dialect | None" = None,
        *,
        apn: "str | None" = None,
        context: int = 1,
        access: "Access" = "buffer",
        reset: "Callable[[], object] | None" = None,
        on_event: "Callable[[int, Socket | None, Any], object] | None" = None,
    ) -> None:
        if not isinstance(context, int) or not 1 <= context <= 16:
            raise ValueError("context: 1 to 16, not %r" % (context,))
        for name, function in (("reset", reset), ("on_event", on_event)):
            if function is not None and not callable(function):
                raise TypeError("%s: a function, not %r" % (name, function))
        table = None if dialect is None else dialects.get(dialect)
        self._session = Session(stream, context, checks.access(access), on_event)
        if table is None:
            from .dialects.identify import identify

            self._session.identify = identify
        self._engine = self._session.engine
        self._session.use(table, access)
        self._session.reset = reset
        self._session.explain = _explain
        self._session.secrets = VENDORS_SECRETS
        self._session.check_attached = bringup.check_attached
        self.set_apn(apn)

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    # -- the context

    def attach(
        self,
        apn: "str | None" = None,
        *,
        user: "str | None" = None,
        password: "str | None" = None,
        auth: "int | None" = None,
        family: int = AF_INET,
        pin: "str | None" = None,
        timeout_ms: "int | None" = None,
        on_progress: "Callable[[str, str], object] | None" = None,
    ) -> str:
        """Bring the module up and return the local address; when attached already, only return it.

        Synchronises, switches echo off, waits for SIM and registration, configures and activates the context.
        apn: up to 99 characters, None: the one given to Modem, or what the module has stored.  user, password: up to
        64; auth: 0 none, 1 PAP, 2 CHAP, 3 either (default with a user; PAP where the dialect has no 3).  pin: 4 to 8
        digits; a PIN that the SIM has refused is not sent again.  on_progress(step, detail): told each step ("sync",
        "identify", "sim", "register", "context") and what changes in it ("busy", "searching", "denied", ...); attach()
        and recover() say EBUSY to it.
        Waits at most timeout_ms (0 or more); a network that refuses the SIM (EACCES), or that the module does not
        search for (ENETDOWN), for 25 s.  None: 240 s, but a network that is not found for 25 s, too: a module that is
        new to its SIM or place may search for minutes (and goes on between two calls).  Allocates.  Raises ValueError
        before a byte is sent; Timeout, ModemError, CommandError, which name the step and the last detail.
        """
        session = self._session
        patient = checks.timeout(timeout_ms, 0) is not None
        if bringup.is_up(session):
            return session.address
        steps = bringup.attach(session, apn, user, password, auth, family, pin, patient, on_progress)
        return session.run(steps, _ATTACH_MS if timeout_ms is None else timeout_ms, "attach")

    def attach_async(
        self,
        apn: "str | None" = None,
        *,
        user: "str | None" = None,
        password: "str | None" = None,
        auth: "int | None" = None,
        family: int = AF_INET,
        pin: "str | None" = None,
        timeout_ms: "int | None" = None,
        on_progress: "Callable[[str, str], object] | None" = None,
    ) -> "Coroutine[Any, Any, str]":
        """attach() for asyncio: to be awaited."""
        from .aio import waiter

        patient = checks.timeout(timeout_ms, 0) is not None
        steps = bringup.attach(self._session, apn, user, password, auth, family, pin, patient, on_progress)
        return waiter.of(self._session).run(steps, _ATTACH_MS if timeout_ms is None else timeout_ms, "attach")

    def detach(self) -> None:
        """Deactivate the context; all its connections end.  Detaching twice is fine.

        Does nothing as long as the dialect is not known.  Waits for the module.  Allocates.  Raises CommandError,
        Timeout, OSError EBUSY while a connection has the port (data mode), which goes on then.
        """
        session = self._session
        if session.table is not None:
            session.run(bringup.detach(session), session.table.DEACTIVATE[1], "detach")

    def isconnected(self) -> bool:
        """True while the context is active as far as the module has said.  Sends nothing."""
        return self._session.is_connected()

    def local_address(self) -> "str | None":
        """The address that attach() returned, None when not attached.  Sends nothing."""
        return self._session.address if self._session.is_connected() else None

    def recover(self) -> "list[str]":
        """Bring a hung, restarted or detached module back to attached; returns the names of the steps it took.

        "attach": as attach(), with its arguments; "deactivate": the context first; "restart": the module by command;
        "reset": by the `reset` given to Modem.  Each is bounded, by one to three minutes.  Where the last recover() did
        not help (no connection has been opened since) it begins one step higher.  Sockets that were open raise
        ECONNRESET.  local_address() is the address then.  Raises the first error when nothing helps, OSError EAGAIN
        when the module was restarted too often lately (BG96 manual 1.1).
        """
        from .recovery import recover

        return self._session.run(recover(self._session), -1, "recover")

    def recover_async(self) -> "Coroutine[Any, Any, list[str]]":
        """recover() for asyncio: to be awaited."""
        from .aio import waiter
        from .recovery import recover

        return waiter.of(self._session).run(recover(self._session), -1, "recover")

    def keep(
        self,
        on_up: "Callable[[str], object] | None" = None,
        on_down: "Callable[[str], object] | None" = None,
    ) -> "Keeper":
        """A Keeper, which holds the module attached: call its poll() in a loop, or run its run() as a task of asyncio.

        It attaches with what the last attach() was given, at first with the APN of Modem or set_apn().  on_up(address)
        is called when the module is attached, on_down(reason) when it is not any more; the Keeper's is_up tells it,
        too.  Connections do not come back by themselves: the program opens new ones.  Sends nothing.
        """
        from .recovery import Keeper

        return Keeper(self._session, on_up, on_down)

    def set_apn(self, apn: "str | None") -> None:
        """The APN that the next attach() takes when it is given none.  Raises ValueError.  Sends nothing."""
        self._session.apn = None if apn is None else checks.quoted(apn, "APN", 99).decode()

    def apn(self) -> "str | None":
        """What set_apn() or Modem were given."""
        return self._session.apn

    @property
    def dialect(self) -> "str | None":
        """The name of the dialect in use, None as long as it is not known."""
        table = self._session.table
        return None if table is None else table.NAME

    @property
    def model(self) -> "str | None":
        """The model that the module calls itself, None as long as it was not asked (identity(), attach() without
        dialect).
        """
        return self._session.model

    # -- sockets

    def socket(
        self,
        family: "int | None" = None,
        type: int = SOCK_STREAM,
        proto: int = 0,
        *,
        access: "Access | None" = None,
        tls: bool = False,
    ) -> "Socket":
        """A socket that is not connected yet.  Sends nothing; allocates.

        family: AF_INET, AF_INET6 or None, the one that attach() was given; type: SOCK_STREAM or SOCK_DGRAM; access:
        "buffer", "push", "hex" or "transparent" (default: the modem's); tls: the module's own TLS, where the dialect
        has it.  Raises ValueError, TypeError for what cannot be.
        """
        return opening.make_socket(self._session, family, type, proto, access, tls)

    def socket_module(self) -> "SocketModule":
        """An object to be used as the socket module: sys.modules["socket"] = modem.socket_module()."""
        from .sockets.module import SocketModule

        return SocketModule(self)

    def getaddrinfo(
        self, host: str, port: int, af: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> "list[tuple[int, int, int, str, tuple[str, int]]]":
        """A list of (family, type, proto, "", (address, port)), as MicroPython's; the module looks the name up.

        af: AF_INET, AF_INET6, or 0 for that of the context; flags are ignored.  Waits, allocates and raises as
        resolve().
        """
        from .services import getaddrinfo, lookup_ms

        session = self._session
        return session.run(getaddrinfo(session, host, port, af, type, proto), lookup_ms(session), "getaddrinfo")

    def resolve(self, host: str, family: int = AF_INET) -> "list[str]":
        """The addresses (str) of a host name, asked of the module's DNS; a numeric address is returned as it is.

        family: AF_INET or AF_INET6.  Waits for the module, in all as long as its manual allows (60 s; SIMCom: 30 s).
        Allocates.
        Raises CommandError, Timeout; OSError ENETDOWN (not attached), EAFNOSUPPORT; ValueError.
        Source: the RESOLVE, RESOLVE_6 commands of the dialect tables.
        """
        from .services import addresses, lookup_ms

        return self._session.run(addresses(self._session, host, family), lookup_ms(self._session), "resolve")

    def ping(self, host: str, count: int = 4, size: int = 32, timeout_ms: int = 4000) -> "Ping":
        """The outcome of a ping: sent, received, min_ms, avg_ms, max_ms, replies.

        count: requests; size: bytes of each; timeout_ms: for each reply.  Waits for all replies, and 62 s at most
        before the first one.  Allocates.
        Raises OSError EOPNOTSUPP where the manual has no ping (SIMCom), ENETDOWN (not attached); CommandError, Timeout,
        ValueError.  Source: AT+QPING (BG96 2.1.11), AT+MPING (NL668 1.1.15).
        """
        from .services import ping, ping_ms

        session = self._session
        return session.run(ping(session, host, count, size, timeout_ms), ping_ms(count, timeout_ms), "ping")

    def ntp(self, server: str, port: int = 123) -> str:
        """Set the module's clock by NTP; returns the time as the module reports it (str).

        Waits for the server, as long as the manual allows (BG96: 125 s, Fibocom: 60 s).  Allocates.
        Raises OSError EOPNOTSUPP where the manual has no NTP (SIMCom), ENETDOWN (not attached); CommandError, Timeout,
        ValueError.  Source: AT+QNTP (BG96 2.1.12), AT+MIPNTP (NL668 1.1.22).
        """
        from .services import limit_ms, ntp

        session = self._session
        return session.run(ntp(session, server, port), limit_ms(session.table and session.table.NTP), "ntp")

    # -- asyncio

    def open_connection(
        self, host: str, port: int, ssl: "SSLContext | bool | None" = None, server_hostname: "str | None" = None
    ) -> "Coroutine[Any, Any, tuple[Stream, Stream]]":
        """Connect, for asyncio: await it for (reader, writer), with the methods of asyncio's StreamReader and
        StreamWriter.

        ssl: an SSLContext for TLS, or True: CPython checks the certificate, MicroPython does not; server_hostname: the
        name in the certificate, if it is not host.  Raises as connect(), ssl's errors (MicroPython: in the first read
        or drain()).
        """
        from .aio import streams

        return streams.open_connection(self._session, host, port, ssl, server_hostname)

    def start_server(
        self,
        callback: "Callable[[Stream, Stream], object]",
        port: int,
        backlog: int = 5,
        ssl: "SSLContext | None" = None,
    ) -> "Coroutine[Any, Any, Server]":
        """Listen on port, for asyncio: await it for a server with close() and wait_closed().

        callback(reader, writer), a function or a coroutine function, is called for each connection; ssl: an SSLContext.
        Raises as listen().
        """
        from .aio import streams

        return streams.start_server(self._session, callback, port, backlog, ssl)

    # -- any AT command

    def command(
        self, text: "str | bytes", prefix: "str | bytes | None" = None, timeout_ms: "int | None" = None
    ) -> "list[bytes]":
        """Send any AT command; returns its information lines as a list of bytes, without line ends.

        prefix: only lines that begin with it; else those that begin with a name in the command or with no "+".
        timeout_ms: 1 or more, 60000 unless given.  Counted payload in the answer becomes one bytearray.  Works before
        attach().  Allocates.  Raises CommandError when the module refuses, Timeout, ValueError for control characters
        in the text, for more than 2560 of others, and for a time below 1 ms.
        """
        line = checks.line(text)
        limit_ms = checks.timeout(timeout_ms, 1) or _COMMAND_MS
        command = query(line, limit_ms, None if prefix is None else checks.line(prefix))
        command.asks = line.upper() in _TELLING
        self._session.run(run_command(self._session, command), limit_ms, "command")
        bringup.note_raw_command(self._session, line)
        return command.lines

    def call(self, name: str, *args: "int | str | bytes | None") -> "Any":
        """Any command of the dialect's manual by its name; returns its answer as Python values.

        The write form, or the exec form without arguments.  args: the manual's parameters in order, numbers as int,
        texts as str without quotes, None for a field left empty; payload for a prompt comes last, as bytes (None
        cancels the send where the manual knows ESC).  They are checked against the manual before a byte is sent:
        ValueError (what was wrong), TypeError (bool, float).
        Returns None; a tuple of the fields of the information line (int, str, None; payload as bytes); or a list of
        tuples where the answer is a list.  What the manual announces for later (+QIOPEN:, +CIPOPEN:, ...) is waited
        for and is the value; "CONNECT" when data mode begins, left by call("+++").  Raises CommandError, also for
        a result that tells a failure, and Timeout.
        Goes behind the sockets' back: what they have open is better left alone.
        """
        from .manual import catalogue

        return self._session.run(catalogue.call(self._session, name, args), -1, "call")

    def query(self, name: str) -> "Any":
        """The read form ("?") of a command of the manual; returns and raises as call()."""
        from .manual import catalogue

        return self._session.run(catalogue.query(self._session, name), -1, "query")

    def test(self, name: str) -> "Any":
        """The test form ("=?"): its fields as a list of str, a list of such lists when it has several lines.

        Raises as call().
        """
        from .manual import catalogue

        return self._session.run(catalogue.test(self._session, name), -1, "test")

    def identity(self) -> "tuple[str, str, str]":
        """(manufacturer, model, revision), as the module tells them (27.007 5.1-5.3).

        Waits 60 s at most.  Raises CommandError, Timeout; ModemError EIO when it answers and does not tell them.
        """
        told = []
        give_up = self._engine.after_ms(_COMMAND_MS)
        for text in ("AT+CGMI", "AT+CGMM", "AT+CGMR"):
            lines = self.command(text, None, max(1, self._engine.until_ms(give_up)))
            if not lines:
                raise ModemError(EIO, "the module did not tell what it is (%s)" % text)
            told.append(printable(b" ".join(lines)))
        self._session.model = told[1]
        return told[0], told[1], told[2]

    def signal(self) -> "tuple[int | None, int | None]":
        """(RSSI in dBm, BER class 0-7); None for what is not known (27.007 8.5).  Raises as identity()."""
        lines = self.command("AT+CSQ", "+CSQ:")
        if not lines:
            raise ModemError(EIO, "the module did not tell its signal (AT+CSQ)")
        ber = number_at(lines[0], 1)
        return (registration.rssi_dbm(lines[0]), ber if 0 <= ber <= 7 else None)

    def registration(self) -> str:
        """State of registration: "home", "roaming", "searching", "denied", "not searching" or "unknown" (27.007
        7.2).  Raises as identity().
        """
        return self._session.run(registration.state(self._session), _COMMAND_MS, "registration")

    # -- service

    def poll(self, timeout_ms: int = 0) -> None:
        """Take in what the module sent and run events; waits at most timeout_ms for something to come.

        Raises what on_event raises, and OSError when the port is gone.
        """
        self._session.poll(timeout_ms)

    def close(self) -> None:
        """Close all sockets; the context stays active.  Raises the first error of a close after closing the others.

        A connection that a task is opening is closed when the module has told its outcome, and the task gets EBADF;
        Timeout is raised when that takes more than 30 s.  When the module does not answer to the first close, the
        others have these 30 s together.
        """
        session = self._session
        error: "OSError | None" = None
        for _ in range(2):  # a connection that had no id yet has one when nothing is on its way any more
            for opened in _sockets(self._engine):
                try:
                    if isinstance(error, Timeout):
                        steps = opened.close_steps()
                        if steps is not None:
                            session.spawn(steps)
                    else:
                        type(opened).close(opened)  # CPython: also where a file of makefile() would keep it open
                except OSError as caught:
                    error = error or caught
            session.start_later()
            if not session.is_idle():
                session.run(_until_idle(session), _LINGER_MS, "close")
        if error:
            raise error


def _sockets(engine):
    found = [server.socket for server in engine.servers.values()]
    return found + [link.socket for link in engine.links.values() if link.socket is not None]


def _until_idle(session: "Session"):
    yield session.is_idle


def _explain(table: "type[Table] | None", source: bytes, code: int) -> str:
    # What the manual says of an error code; a board may do without the texts.
    try:
        from .manual import texts
    except ImportError:
        return ""
    return texts.find(table, source, code)
