"""Modem: the blocking front.  Runs commands and generators of commands on the engine until they are done."""

import sys

from . import bringup, checks, dialects
from .address import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM
from .background import Background, Job
from .clock import ticks_diff
from .command import Command
from .connection import ask_room, drop_link, resolve
from .engine import Engine
from .errors import (
    EAGAIN, ECONNRESET, EIO, ENETDOWN, ETIMEDOUT, CommandError, ModemError, Restarted, Timeout, os_error, printable,
)  # fmt: skip
from .fast import MISSING
from .link import NO, Link
from .port import Port
from .streams import StreamSocket
from .words import ARG, CONTEXT, LINK, N, OK, PAYLOAD

_ACCESS = ("buffer", "push", "hex", "transparent")
_ATTACH_MS = 240_000  # boot, registration and the slowest context (BG96: 150 s)
_COMMAND_MS = 60_000
_FOREVER_MS = 3_600_000
_LINGER_MS = 30_000  # for what close() leaves to the background
_RING = 2048  # one read of the largest chunk
# Nothing holds a pushing module back, so there is room for several chunks that come while the program sends.
_PUSH_RING = 8192 if sys.implementation.name == "micropython" else 65536


class Modem:
    """A cellular module on a UART.

    stream: machine.UART, atsock_host.SerialPort or what has their any(), readinto(buf, n) and write(buf, start, n).
    dialect: "bg96", "a7600", "sim7028", "nl668", "l610", or None to ask the module in attach().
    apn: for attach(); context: PDP context id, 1 to 16; access: of the sockets, "buffer", "push", "hex" or "transparent".
    reset: a function that resets the module by hardware; on_event(event, socket, value): see EVENT_...
    Sends nothing.  Raises ValueError, TypeError for arguments that cannot be.
    """

    def __init__(self, stream, dialect=None, *, apn=None, context=1, access="buffer", reset=None, on_event=None):
        if not isinstance(context, int) or not 1 <= context <= 16:
            raise ValueError("context: 1 to 16, not %r" % (context,))
        if access not in _ACCESS:
            raise ValueError("access: one of %s, not %r" % (", ".join(_ACCESS), access))
        self._set_apn(apn)
        self._restarts = 0  # by recover(), since it last succeeded
        self._restarted_at = 0  # ticks
        self._access = access
        self._reset = reset
        self._on_event = on_event
        self._engine = Engine(Port(stream), context)
        self._engine.new_link = self._link
        self._background = Background(self._engine)
        self._ear = None  # what asyncio's tasks wait with, see ear.py
        self._address = None  # local address while attached
        self._losses = 0  # engine.network_losses + restarts when it was attached
        self._access_now = None  # access mode the module is in
        self._opening = False  # somebody switches it, or takes a connection id
        self._attaching = False
        self._attached_with = (None, b"", b"", None, 4, None)  # arguments of the last attach, see bringup.py
        self._orphans = []  # links whose socket is gone and that the module still holds
        self._delivering = False
        self._next_port = 49152 + self._engine.port.ticks_ms() % 8192
        if on_event is not None:
            self._engine.events = []
        if dialect is not None:
            self._use(dialect)

    def _set_apn(self, apn):
        if apn is not None:
            checks.quoted(apn, "APN", 99)
        self._apn = apn

    def _use(self, name):
        dialect = dialects.load(name)
        if self._access not in dialect.ACCESS:
            raise ValueError("%s has no %s access" % (name, self._access))
        self._engine.use(dialect, dialect.ACCESS[self._access])

    # -- network

    def attach(
        self, apn=None, *, user=None, password=None, auth=None, family=AF_INET, pin=None, timeout_ms=_ATTACH_MS
    ):
        """Bring the module up and return the local address (str); when attached already, only return it.

        Synchronises, switches echo off, waits for SIM and registration, configures and activates the context.
        apn: up to 99 characters, None: the one given to Modem, or what the module has stored.  user, password: up to 64;
        auth: 0 none, 1 PAP, 2 CHAP, 3 either (default with a user; PAP where the dialect has no 3).  pin: digits.  Raises ValueError before a byte
        is sent, Timeout, ModemError, CommandError.
        """
        if self.isconnected() and not self._engine.lost:
            return self._address
        return self._run(self._attach_steps(apn, user, password, auth, family, pin), timeout_ms, "attach")

    def attach_async(
        self, apn=None, *, user=None, password=None, auth=None, family=AF_INET, pin=None, timeout_ms=_ATTACH_MS
    ):
        """attach() for asyncio: to be awaited."""
        from .ear import of

        return of(self).run(self._attach_steps(apn, user, password, auth, family, pin), timeout_ms, "attach")

    def _attach_steps(self, apn, user, password, auth, family, pin):
        # Checks the arguments at once; returns the steps.
        apn = self._apn if apn is None else apn
        if apn is not None:
            apn = checks.quoted(apn, "APN", 99)
        user_bytes = checks.quoted(user or "", "user", 64)
        password_bytes = checks.quoted(password or "", "password", 64)
        if auth not in (None, 0, 1, 2, 3):
            raise ValueError("auth: 0 none, 1 PAP, 2 CHAP, 3 either, not %r" % (auth,))
        dialect = self._engine.dialect
        if auth is not None and dialect is not None and auth not in dialect.AUTHS:
            raise ValueError("auth: %s for %s, not %d" % (dialect.AUTHS, dialect.NAME, auth))
        if pin is not None:
            pin = checks.quoted(pin, "PIN", 8)
            if not pin.isdigit() or len(pin) < 4:
                raise ValueError("PIN: 4 to 8 digits")
        if family not in (AF_INET, AF_INET6):
            raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
        return self._attach((apn, user_bytes, password_bytes, auth, 4 if family == AF_INET else 6, pin))

    def _attach(self, args):
        yield lambda: not self._attaching
        if self.isconnected():
            if not self._engine.lost:
                return self._address
            self._is_down()  # an open has shown it
        self._attaching = True
        try:
            self._attached_with = args
            self._access_now = None
            address = yield from bringup.attach(self, *args)
            self._losses = self._engine.network_losses + self._engine.restarts
            self._address = address
        finally:
            self._attaching = False
        return address

    def detach(self):
        """Deactivate the context; all its connections end.  Raises CommandError, Timeout."""
        if self._engine.dialect is None:
            return
        self._is_down()
        self._run(bringup.run(self, Command(None, self._engine.dialect.DEACTIVATE)), -1, "detach")

    def _is_down(self):
        self._engine._lose_all(ENETDOWN)
        self._address = None
        self._access_now = None

    def _heed(self, text):
        # A command that the program gave itself (bytes): it may have been what detach() does.
        dialect = self._engine.dialect
        if dialect is not None and text.upper() == self._text(Command(None, dialect.DEACTIVATE)).encode():
            self._is_down()

    def recover(self):
        """Bring a hung, restarted or detached module back; returns the local address as attach(), with its arguments.

        Sockets that were open raise ECONNRESET.  Attaches anew, then deactivates the context first, then restarts the
        module by command, then by the `reset` given to Modem; each bounded by one to three minutes.  Raises the first error when
        nothing helps, OSError EAGAIN when it was restarted too often lately (BG96 manual 1.1).
        """
        from .recovery import recover

        if self._attached_with[0] is None and self._apn is not None:
            self._attached_with = (checks.quoted(self._apn, "APN", 99),) + self._attached_with[1:]
        return self._run(recover(self), -1, "recover")

    def isconnected(self):
        """True while the context is active as far as the module has said."""
        engine = self._engine
        return self._address is not None and self._losses == engine.network_losses + engine.restarts

    def local_address(self):
        """The address that attach() returned, None when not attached."""
        return self._address if self.isconnected() else None

    # -- sockets

    def socket(self, family=None, type=SOCK_STREAM, proto=0, *, access=None, tls=False):
        """A socket that is not connected yet; sends nothing.

        family: AF_INET, AF_INET6 or None, the one that attach() was given; type: SOCK_STREAM or SOCK_DGRAM; access: "buffer", "push", "hex" or "transparent" (default: the modem's).
        Raises ValueError for what the dialect has not.
        """
        access = access or self._access
        family = family or self._family()
        dialect = self._engine.dialect
        if access not in _ACCESS or dialect is not None and access not in dialect.ACCESS:
            has = _ACCESS if dialect is None else sorted(dialect.ACCESS)
            raise ValueError("access: one of %s, not %r" % (", ".join(has), access))
        if family not in (AF_INET, AF_INET6):
            raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
        if type != SOCK_STREAM and type != SOCK_DGRAM:
            raise ValueError("type: SOCK_STREAM or SOCK_DGRAM, not %r" % (type,))
        if access == "transparent":
            from . import transparent

            kind = transparent.TransparentSocket if type == SOCK_STREAM else transparent.TransparentDatagrams
        elif type == SOCK_DGRAM:
            from .datagrams import DatagramSocket as kind
        else:
            kind = StreamSocket
        return kind(self, family, access, tls)

    def _family(self):
        # Of the context.
        return AF_INET6 if self._attached_with[4] == 6 else AF_INET

    def resolve(self, host, family=AF_INET):
        """The addresses (list of str) of a host name, asked of the module's DNS.  Raises CommandError, Timeout."""
        host = checks.host(host)
        self._check_attached()
        return [printable(address) for address in self._run(resolve(self, host, family), -1, "resolve")]

    def getaddrinfo(self, host, port, af=0, type=0, proto=0, flags=0):
        """As socket.getaddrinfo(): a list of (family, type, proto, name, (address, port)); the module resolves."""
        checks.port(port)
        found = []
        for address in self.resolve(host, af or self._family()):
            family = AF_INET6 if ":" in address else AF_INET
            if af in (0, family):
                found.append((family, type or SOCK_STREAM, proto, "", (address, port)))
        return found

    def ping(self, host, count=4, size=32, timeout_ms=4000):
        """Ping a host from the module; returns an object with sent, received, min_ms, avg_ms, max_ms and replies.

        A lost answer is no error.  Raises CommandError (no such name, ...), Timeout, OSError EOPNOTSUPP where the
        dialect has no ping (SIMCom).  BG96 has no size.  Source: AT+QPING 2.1.11, AT+MPING 1.1.15.
        """
        from .services import ping

        return self._run(ping(self, host, count, size, timeout_ms), -1, "ping")

    def ntp(self, server, port=123):
        """Set the module's clock from an NTP server; returns the time that the module reports (str).

        Raises CommandError, Timeout, OSError EOPNOTSUPP where the dialect has no NTP (SIMCom).
        Source: AT+QNTP 2.1.12, AT+MIPNTP 1.1.22.
        """
        from .services import ntp

        return self._run(ntp(self, server, port), -1, "NTP")

    def _check_attached(self):
        if not self.isconnected():
            raise ModemError(ENETDOWN, "not attached: call attach() first")

    # -- commands

    def command(self, text, prefix=None, timeout_ms=None):
        """Send any AT command; returns its information lines as a list of bytes, without line ends.

        prefix: only lines that begin with it (str or bytes); else those that begin with the command's own name or with no "+".
        timeout_ms: 60000 unless given.  Counted payload in the answer becomes one bytearray.  Raises CommandError when the module refuses, Timeout,
        ValueError for control characters in the text.  Works before attach().
        """
        text = checks.line(text)
        if prefix is not None:
            prefix = checks.line(prefix)
        command = bringup.ask(text, timeout_ms or _COMMAND_MS, prefix)
        self._run(bringup.run(self, command), -1, "command")
        self._heed(text)
        return command.lines

    def call(self, name, *args):
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
        from .catalogue import call

        return self._run(call(self, name, args), -1, "call")

    def query(self, name):
        """The read form ("?") of a command of the manual; returns and raises as call()."""
        from .catalogue import query

        return self._run(query(self, name), -1, "query")

    def test(self, name):
        """The test form ("=?"): its fields as a list of str, a list of such lists when it has several lines."""
        from .catalogue import test

        return self._run(test(self, name), -1, "test")

    def identity(self):
        """(manufacturer, model, revision) as str, as the module tells them (27.007 5.1-5.3)."""
        return tuple([printable(b" ".join(self.command(text))) for text in ("AT+CGMI", "AT+CGMM", "AT+CGMR")])

    def signal(self):
        """(RSSI in dBm, BER class 0-7); None for what is not known (27.007 8.5)."""
        line = self.command("AT+CSQ", "+CSQ:")[0]
        rssi, ber = bringup.value(line, 0), bringup.value(line, 1)
        return (2 * rssi - 113 if 0 <= rssi <= 31 else None, ber if 0 <= ber <= 7 else None)

    def registration(self):
        """State of registration: "home", "roaming", "searching", "denied", "not searching" or "unknown" (27.007 7.2)."""
        stat = MISSING
        questions = self._engine.dialect.REGISTRATION if self._engine.dialect else (b"AT+CREG?",)
        for question in questions:
            for line in self.command(question, question[2:-1] + b":"):
                stat = bringup.registered(line)
                if stat in (1, 5):
                    return bringup.describe(stat)
        return bringup.describe(stat)

    def socket_module(self):
        """An object to be used as the socket module: sys.modules["socket"] = modem.socket_module()."""
        from .socketmodule import SocketModule

        return SocketModule(self)

    # -- asyncio

    def open_connection(self, host, port, ssl=None, server_hostname=None):
        """Connect, for asyncio: await it for (reader, writer), with the methods of asyncio's StreamReader and StreamWriter.

        ssl: an SSLContext for TLS, or True: CPython checks the certificate, MicroPython does not; server_hostname: the name
        in the certificate, if it is not host.  Raises as connect(), ssl's errors (MicroPython: in the first read or drain()).
        """
        from .aio import open_connection

        return open_connection(self, host, port, ssl, server_hostname)

    def start_server(self, callback, port, backlog=5, ssl=None):
        """Listen on port, for asyncio: await it for a server with close() and wait_closed().

        callback(reader, writer), a function or a coroutine function, is called for each connection; ssl: an SSLContext.
        Raises as listen().
        """
        from .aio import start_server

        return start_server(self, callback, port, backlog, ssl)

    # -- housekeeping

    def poll(self, timeout_ms=0):
        """Take in what the module sent and run events; waits at most timeout_ms for something to come."""
        if not self._service() and timeout_ms > 0 and not self._engine.stalled:
            self._pause(timeout_ms)
            self._service()
        self._deliver()

    def close(self):
        """Close all sockets; the context stays active.  Raises the first error of a close after closing the others."""
        error = None
        engine = self._engine
        sockets = [server.socket for server in engine.servers.values()]
        sockets += [link.socket for link in engine.links.values() if link.socket is not None]
        for socket in sockets:
            try:
                socket.close()
            except OSError as e:
                error = error or e
        self._close_orphans()
        if not self._background.is_idle():
            self._run(self._rest(), _LINGER_MS, "close")
        if error:
            raise error

    def _rest(self):
        yield self._background.is_idle

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()

    # -- running

    def _wait(self, ms):
        # Take in what comes, at most ms milliseconds long; False when nothing came.  Allocates nothing.
        if self._service():
            return True
        if self._engine.stalled:
            self._engine.overflow()
            return True
        return self._pause(ms)

    def _pause(self, ms):
        # Until something comes, at most ms milliseconds; False when they have passed.
        engine = self._engine
        left = self._background.remaining_ms(ms)
        engine.port.wait(engine.remaining_ms(left), engine.out_left > 0 or engine.full)
        return self._service() or left < ms

    def _service(self):
        # Take in what has come and let the background go on; True when something did.  Allocates nothing by itself.
        engine = self._engine
        moved = engine.pump()
        if engine.events and not engine.state:
            self._deliver()
        moved = self._background.step() or moved
        if moved and self._ear is not None:
            self._ear.wake()
        return moved

    def _run(self, steps, timeout_ms, what):
        """Run a generator of commands (see connection.py) to its end; returns what it returns."""
        engine = self._engine
        give_up = engine.after_ms(timeout_ms) if timeout_ms >= 0 else None
        if self._orphans and not engine.silent:
            self._close_orphans()
        job = Job(self._background, steps)
        try:
            while not job.advance():
                self._wait_until(give_up, what, job)
        finally:
            job.cancel()
            if engine.events:
                self._deliver()
        return job.result()

    def _wait_until(self, give_up, what, job):
        left = _FOREVER_MS if give_up is None else self._engine.until_ms(give_up)
        if left <= 0:
            step = job.step
            where = "no answer to %s in time" % self._text(step) if isinstance(step, Command) else "timed out"
            raise Timeout("%s: %s" % (what, where))
        self._wait(job.remaining_ms(left))

    def _ask_room(self, link):
        # -EAGAIN until the module has told that it has room for more.
        if not link.asking and self._engine.dialect.ROOM is not None:
            link.asking = True
            self._background.run(self._room_steps(link))
        elif not link.asking:
            link.free = -1
        return -EAGAIN

    def _room_steps(self, link):
        try:
            yield from ask_room(self, link)
        finally:
            link.asking = False

    def _elapsed_ms(self, start):
        return ticks_diff(self._engine.port.ticks_ms(), start)

    def _close_orphans(self):
        # An error here belongs to no call of the program: the link stays held, and is closed again before its id is used.
        while self._orphans:
            self._background.run(drop_link(self, self._orphans.pop()))

    def _deliver(self):
        if self._delivering or not self._engine.events:
            return
        self._delivering = True
        try:
            while self._engine.events:
                event, link, value = self._engine.events.pop(0)
                self._on_event(event, link.socket if link is not None else None, value)
        finally:
            self._delivering = False

    def _link(self, id):
        link = self._engine.links.get(id)
        if link is None:
            link = self._engine.links[id] = Link(id)
        return link

    def _renew(self, link):
        # A new Link for an id whose connection is gone while its socket was not closed yet: that keeps the old one.
        engine = self._engine
        fresh = engine.links[link.id] = Link(link.id)
        fresh.held = link.held
        link.held = False
        link.ready = NO
        # Whatever is answered from now on is the new connection's.
        self._background.refuse(link.rx, EIO)
        self._background.refuse(link.tx, ECONNRESET)
        if engine.command is link.rx:
            link.rx.link = fresh
        return fresh

    def _free_port(self):
        # A local port for a UDP socket that needs one and was not bound (the dynamic ports, RFC 6335).
        self._next_port = 49152 if self._next_port >= 65535 else self._next_port + 1
        return self._next_port

    def _ring_size(self, socket, pushed):
        return socket._rcvbuf or (_PUSH_RING if pushed else _RING)

    # -- errors

    def _error(self, command, default=EIO):
        # What to raise for a command that failed.
        if command.errno == ETIMEDOUT:
            return Timeout("no answer to " + self._text(command))
        if command.errno == ECONNRESET:
            return Restarted()
        dialect = self._engine.dialect
        text = printable(command.text or b"")
        if command.code == MISSING:
            return CommandError(default, self._text(command), None, text)
        errno = default
        if dialect and command.told not in dialect.FOREIGN_CODES:
            errno = dialect.ERRNOS.get(command.code, default)
        if dialect and not text:
            text = self._meaning(dialect.NAME, command)
        return CommandError(errno, self._text(command), command.code, text)

    def _meaning(self, name, command):
        # A board may do without the texts of the codes.
        try:
            from .manual import texts
        except ImportError:
            return ""
        return texts.find(name, command.told, command.code)

    def _text(self, command):
        # The command line, for messages.
        out = b""
        for piece in command.verb[0]:
            if piece == LINK:
                piece = command.link.id
            elif piece == N:
                piece = command.n
            elif piece == CONTEXT:
                piece = self._engine.context
            elif piece == PAYLOAD:
                piece = b"..."
            elif isinstance(piece, int):
                piece = command.args[piece - ARG]
            out += b"%d" % piece if isinstance(piece, int) else piece
        return printable(out)

    def _link_error(self, link, errno):
        if errno == ECONNRESET and self._engine.restarts and not self.isconnected():
            return Restarted()
        return os_error(errno)
