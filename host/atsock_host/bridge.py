"""The modem for libraries of CPython that want sockets of the operating system: requests, httpx, aiohttp, paho, ...

    with Bridge(modem):
        print(requests.get("https://example.com/").text)

A thread owns the modem meanwhile.  Each connection is a real socket, to a port of this computer that only the bridge
knows the purpose of, and the thread carries its bytes over the modem (relay.py); TLS is the library's own business,
end to end.  Inside the block getaddrinfo(), gethostbyname() and connect() of TCP sockets go through the modem, but for
addresses of this computer, and so do asyncio's event loops.  UDP is not carried.
"""

import asyncio
import asyncio.proactor_events
import asyncio.selector_events
import concurrent.futures
import contextlib
import errno
import functools
import ipaddress
import socket
import threading
from typing import Any

from .relay import Relay, abort, serving

_TICKET_S = 10          # between a socket's arrival and the word what it is for
_NAMES = ipaddress.ip_network("198.18.0.0/15")      # stand for host names, which the module resolves (RFC 2544)

_getaddrinfo, _gethostbyname = socket.getaddrinfo, socket.gethostbyname
_gethostbyname_ex = socket.gethostbyname_ex
_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex
_LOOPS: dict[Any, Any] = {      # asyncio's own loops, and how they connect
    kind: kind.sock_connect
    for kind in (asyncio.selector_events.BaseSelectorEventLoop, asyncio.proactor_events.BaseProactorEventLoop)
}


class Bridge:
    """Carries sockets of the operating system over `modem`, an attached Modem, inside a `with` block.

    It is attached again after a loss, with what attach() was given; say: is told of that (str).
    patch: False leaves the module socket alone; then create_connection() is the way.
    The modem is the bridge's inside the block: nothing else may use it.
    """

    def __init__(self, modem, say=lambda text: None, patch=True):
        self._relay_of = lambda: Relay(modem, say)
        self._patch = patch
        self._thread = None
        self._loop = None
        self._address = None        # of the listener
        self._stop = None
        self._error = None          # why it has ended by itself
        self._tickets = {}          # local port of a client: future of (host, port, future of the outcome)
        self._names = {}            # address that stands for a name: the name
        self._addresses = {}        # and the other way
        self._lock = threading.Lock()

    # -- the block

    def __enter__(self):
        started: "concurrent.futures.Future[None]" = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="atsock bridge", daemon=True)
        self._thread.start()
        started.result()
        if self._patch:
            self._put_in()
        return self

    def __exit__(self, *error):
        if self._patch:
            _put_back()
        with contextlib.suppress(RuntimeError):     # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self, started):
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise           # nobody waits for it: threading.excepthook() tells
            started.set_exception(error)

    async def _serve(self, started):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        relay = self._relay_of()
        async with serving(functools.partial(self._converse, relay), "127.0.0.1", 0) as self._address:
            started.set_result(None)
            try:
                await relay.keep(self._stop)
            except Exception as error:
                self._error = error     # whoever uses a connection is told of it

    # -- connections: in the thread

    def _ticket(self, port):
        return self._tickets.setdefault(port, self._loop.create_future())

    def _announce(self, port, host, to_port, outcome):
        ticket = self._ticket(port)
        if not ticket.done():
            ticket.set_result((host, to_port, outcome))

    async def _converse(self, relay, reader, writer):
        local = writer.get_extra_info("peername")[1]
        outcome, task = None, asyncio.current_task()
        try:
            async with asyncio.timeout(_TICKET_S):      # a stranger has none
                host, port, outcome = await self._ticket(local)
            outcome.add_done_callback(lambda given_up: given_up.cancelled() and self._soon(task.cancel))
            async with relay.connection(host, port) as (far_reader, far_writer):
                _settle(outcome)
                await relay.join(reader, writer, far_reader, far_writer)
        except asyncio.CancelledError:
            _settle(outcome, self._ended())
            abort(writer)
        except (OSError, ValueError) as error:
            _settle(outcome, error)
            abort(writer)
        finally:
            self._tickets.pop(local, None)
            writer.close()

    def _soon(self, call, *arguments):
        with contextlib.suppress(RuntimeError):     # the loop has ended
            self._loop.call_soon_threadsafe(call, *arguments)

    def _ended(self):
        why = f": {self._error}" if self._error else ""
        return OSError(errno.ENETDOWN, "the bridge has ended" + why)

    # -- connections: in the program's threads

    def create_connection(self, address, timeout=None):
        """A socket of the operating system that is connected to address (host, port) through the modem.

        timeout: in seconds, for the connect and, as the socket's own, afterwards; None: none.  Raises as connect() of
        the modem's sockets: ConnectionRefusedError, TimeoutError and other OSErrors; ValueError for what is no host or
        port.
        """
        sock = socket.socket()
        try:
            sock.settimeout(timeout)
            self._connect_through(sock, *address[:2])
        except BaseException:
            sock.close()
            raise
        return sock

    def _connect_through(self, sock, host, port):
        timeout = sock.gettimeout()
        status = _connect_ex(sock, self._home(sock))
        if status not in (0, errno.EINPROGRESS, getattr(errno, "WSAEWOULDBLOCK", 0)):
            raise OSError(status, "the bridge does not answer")
        outcome = self._asked_for(sock, host, port)
        if timeout == 0:        # whether it is connected shows in the first read or write
            raise BlockingIOError(errno.EINPROGRESS, "the connection is on its way")
        try:
            outcome.result(timeout)
        except concurrent.futures.TimeoutError:
            if not outcome.cancel():
                outcome.result(0)       # it has come at the last moment, or this is its own error
                return
            raise TimeoutError(errno.ETIMEDOUT, "timed out") from None

    def _home(self, sock):
        # Where the bridge listens, for this kind of socket.
        if self._loop is None or not self._thread.is_alive():
            raise self._ended()
        return self._address if sock.family == socket.AF_INET else ("::ffff:127.0.0.1", self._address[1])

    def _asked_for(self, sock, host, port):
        # Tell the thread what this socket, which is on its way to it, is for; a future of the outcome.
        outcome: "concurrent.futures.Future[None]" = concurrent.futures.Future()
        self._soon(self._announce, sock.getsockname()[1], host, port, outcome)
        return outcome

    # -- what stands in for the module socket's

    def getaddrinfo(self, host, port, family=0, type=0, proto=0, flags=0):
        """As socket.getaddrinfo(); a name of the network becomes an address of 198.18.0.0/15, which connect() knows."""
        if self._is_local(host) or isinstance(port, str) and not port.isdecimal():
            return _getaddrinfo(host, port, family, type, proto, flags)
        text = host.decode("idna") if isinstance(host, bytes) else host
        if family not in (0, socket.AF_INET) and not _is_numeric(text):
            raise socket.gaierror(socket.EAI_NONAME, f"{text}: the module looks names up when it connects")
        return _getaddrinfo(self._stand_in(text), port, family, type, proto, flags)

    def gethostbyname(self, host):
        """As socket.gethostbyname(), see getaddrinfo()."""
        return _gethostbyname(host) if self._is_local(host) else self._stand_in(host)

    def gethostbyname_ex(self, host):
        """As socket.gethostbyname_ex(), see getaddrinfo()."""
        return _gethostbyname_ex(host) if self._is_local(host) else (host, [], [self._stand_in(host)])

    def _stand_in(self, host):
        if _is_numeric(host):
            return host
        with self._lock:
            if host not in self._addresses:
                if len(self._names) == _NAMES.num_addresses - 1:
                    self._names.clear()
                    self._addresses.clear()
                address = str(_NAMES[len(self._names) + 1])
                self._names[address], self._addresses[host] = host, address
            return self._addresses[host]

    def _is_local(self, host):
        if threading.current_thread() is self._thread or not host:
            return True
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        if host in ("localhost", socket.gethostname()):
            return True
        return _is_numeric(host) and _is_of_this_computer(host)

    def _target(self, sock, address):
        # (host, port) behind the modem that this socket is to be connected to, None for what does not go through it.
        if sock.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            return None
        if self._is_local(address[0]):
            return None
        if sock.type != socket.SOCK_STREAM:
            if address[0] not in self._names:
                return None
            raise OSError(errno.EOPNOTSUPP, "the bridge carries TCP only")
        return self._names.get(address[0], address[0]), address[1]

    def _put_in(self):
        bridge, kind = self, vars(socket)["socket"]

        def connect(sock, address):
            target = bridge._target(sock, address)
            return _connect(sock, address) if target is None else bridge._connect_through(sock, *target)

        def connect_ex(sock, address):
            if bridge._target(sock, address) is None:
                return _connect_ex(sock, address)
            try:
                connect(sock, address)
            except OSError as error:
                return error.errno
            return 0

        def through(loop_connect):
            async def sock_connect(loop, sock, address):
                target = bridge._target(sock, address)
                if target is None:
                    return await loop_connect(loop, sock, address)
                await loop_connect(loop, sock, bridge._home(sock))
                return await asyncio.wrap_future(bridge._asked_for(sock, *target))

            return sock_connect

        socket.getaddrinfo, socket.gethostbyname = self.getaddrinfo, self.gethostbyname
        socket.gethostbyname_ex = self.gethostbyname_ex
        kind.connect, kind.connect_ex = connect, connect_ex
        for loop, loop_connect in _LOOPS.items():
            loop.sock_connect = through(loop_connect)


def _put_back():
    socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex = _getaddrinfo, _gethostbyname, _gethostbyname_ex
    vars(socket)["socket"].connect, vars(socket)["socket"].connect_ex = _connect, _connect_ex
    for loop, loop_connect in _LOOPS.items():
        loop.sock_connect = loop_connect


def _settle(outcome, error=None):
    if outcome is None or outcome.done():
        return
    with contextlib.suppress(concurrent.futures.InvalidStateError):     # given up at this very moment
        if error is None:
            outcome.set_result(None)
        else:
            outcome.set_exception(error)


def _is_numeric(host):
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_of_this_computer(host):
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified
