"""atsock socks: a proxy on this machine whose connections go through the module.

Owns the protocols that clients speak to it: SOCKS5 (RFC 1928: no authentication, CONNECT, UDP ASSOCIATE), HTTP CONNECT
and, for what has no TLS, HTTP requests with a whole URL (RFC 9110, 7.6).  relay.py opens the connections and carries
the bytes, datagrams.py those of UDP.
"""

import asyncio
import contextlib
import errno
import functools
import ipaddress
import signal
import urllib.parse

import click

from ..relay import Relay, abort, serving
from .datagrams import IPV4, IPV6, NAME, Association
from .session import failing, modem_options, opened_modem
from .words import say, sentence, with_advice

VERSION = 5
NO_AUTHENTICATION, NOTHING_ACCEPTABLE = 0x00, 0xFF
CONNECT, UDP_ASSOCIATE = 1, 3
OK, FAILED, NET_UNREACHABLE, HOST_UNREACHABLE, REFUSED, TIMED_OUT, NO_COMMAND, NO_ADDRESS_TYPE = 0, 1, 3, 4, 5, 6, 7, 8
_REPLIES = {
    errno.ENETDOWN: NET_UNREACHABLE, errno.ENETUNREACH: NET_UNREACHABLE, errno.EHOSTUNREACH: HOST_UNREACHABLE,
    errno.ECONNREFUSED: REFUSED, errno.ETIMEDOUT: TIMED_OUT,
}

HANDSHAKE_S = 30
HTTP_HEAD = 16384   # the longest head of an HTTP request


class Refused(Exception):
    """The client asked for what this proxy cannot do; `args[0]` is the reply (bytes)."""


class _Address(click.ParamType):
    name = "address"

    def convert(self, value, param, ctx):
        """(host, port) from [ADDR:]PORT."""
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        host = host.strip("[]") or "127.0.0.1"
        if not port.isdecimal() or int(port) > 65535:
            self.fail(f"[ADDR:]PORT, with a port of 0 to 65535, not {value}")
        return host, int(port)


@click.command("socks", short_help="A proxy (SOCKS5, HTTP) whose connections go through the module.")
@click.option("--listen", type=_Address(), default="1080", show_default=True, metavar="[ADDR:]PORT",
              help="Where clients connect to: 127.0.0.1 unless told otherwise; port 0 takes a free one.")
@modem_options
def socks_command(choice, listen):
    """Run a SOCKS5 and HTTP proxy on 127.0.0.1 until Ctrl-C; its connections go through the module.

    For example: curl --proxy socks5h://127.0.0.1:1080 http://example.com/ (socks5h lets the module resolve names), or
    curl --proxy http://127.0.0.1:1080 https://example.com/. UDP goes through it, too, for clients that ask for it.

    More connections than the module has wait for their turn, and those that nobody uses are ended for them; after a
    restart of the module or a loss of the network it attaches again by itself.
    """
    with opened_modem(choice) as modem, failing("the proxy ends"):
        asyncio.run(serve(modem, listen, say))


async def serve(modem, listen, say, until=None):
    """Serve on `listen`, (host, port), until SIGTERM, or until the asyncio.Event `until` is set.

    Ctrl-C comes as a cancellation, by asyncio.run().  Raises OSError when the module's port is gone.
    """
    until = until or asyncio.Event()
    with contextlib.suppress(NotImplementedError):      # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, until.set)
    relay = Relay(modem, say)
    async with serving(functools.partial(_serve_client, relay, say), *listen, limit=HTTP_HEAD) as (host, port, *_):
        say(f"SOCKS5 and HTTP proxy on {host}:{port}, Ctrl-C ends it")
        if not ipaddress.ip_address(host).is_loopback:
            say("whoever reaches this address can use the module's connection")
        await relay.keep(until)


async def _serve_client(relay, say, reader, writer):
    try:
        await _converse(relay, reader, writer, say)
    except asyncio.CancelledError:
        abort(writer)   # the proxy ends; a proper end would say that this was all
    finally:
        writer.close()


async def _converse(relay, reader, writer, say):
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            wish = await _handshake(reader, writer)
    except Refused as refusal:
        writer.write(refusal.args[0])
        return
    except (EOFError, asyncio.LimitOverrunError, OSError):
        return          # the client went away, or never was one, or took too long
    if isinstance(wish, _UdpWish):
        await _associate(relay, reader, writer, say)
        return
    try:
        async with relay.connection(wish.host, wish.port) as (far_reader, far_writer):
            writer.write(wish.granted)
            if wish.first:
                far_writer.write(wish.first)
            wish.is_open = True
            await relay.join(reader, writer, far_reader, far_writer)
    except (OSError, ValueError) as error:
        say(f"{wish.host}:{wish.port}: {with_advice(error)}")
        if wish.is_open:
            abort(writer)       # a proper end would say that this was all
        else:
            writer.write(wish.refusal(error))


class _Wish:
    """Where a client wants to be connected to, and how that is answered."""

    is_open = False
    granted = b""
    first = b""         # bytes for the far end that the handshake has taken

    def __init__(self, host, port):
        self.host, self.port = host, port


class _SocksWish(_Wish):
    # The address is one of zeros: the module does not tell the local end of its connections.
    granted = bytes((VERSION, OK, 0, IPV4)) + bytes(6)

    def refusal(self, error):
        return _reply(_REPLIES.get(getattr(error, "errno", None), FAILED))


class _UdpWish(_SocksWish):
    """Datagrams; host and port are where the client sends them from, and nearly always zeros."""


async def _associate(relay, reader, writer, say):
    home, owner = (writer.get_extra_info(name)[0] for name in ("sockname", "peername"))
    try:
        await Association(relay, owner, say).run(home, reader, lambda address: writer.write(_reply(OK, address)))
    except OSError as error:
        say(f"UDP: {sentence(error)}")
        writer.write(_reply(FAILED))


class _HttpWish(_Wish):
    def refusal(self, error):
        late = getattr(error, "errno", None) == errno.ETIMEDOUT
        return _http_reply("504 Gateway Timeout" if late else "502 Bad Gateway", with_advice(error))


class _TunnelWish(_HttpWish):
    granted = b"HTTP/1.1 200 Connection established\r\n\r\n"


async def _handshake(reader, writer):
    """The _Wish of a client; Refused with the reply when that cannot be."""
    first = await reader.readexactly(1)
    if first[0] == VERSION:
        return await _socks_handshake(reader, writer)
    if not first.isalpha():
        raise ConnectionError("neither SOCKS5 nor HTTP")
    head = first + await reader.readuntil(b"\r\n\r\n")
    return _http_wish(head.decode("latin-1"))


async def _socks_handshake(reader, writer):
    methods = await reader.readexactly((await reader.readexactly(1))[0])
    if NO_AUTHENTICATION not in methods:
        raise Refused(bytes((VERSION, NOTHING_ACCEPTABLE)))
    writer.write(bytes((VERSION, NO_AUTHENTICATION)))
    version, command, _, kind = await reader.readexactly(4)
    if kind == NAME:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii", "replace")
    elif kind in (IPV4, IPV6):
        host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == IPV4 else 16)))
    else:
        raise Refused(_reply(NO_ADDRESS_TYPE))
    port = int.from_bytes(await reader.readexactly(2), "big")
    if command not in (CONNECT, UDP_ASSOCIATE):
        raise Refused(_reply(NO_COMMAND))
    return (_SocksWish if command == CONNECT else _UdpWish)(host, port)


def _http_wish(head):
    request, *headers = head.removesuffix("\r\n\r\n").split("\r\n")
    method, _, rest = request.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not version.startswith("HTTP/1."):
        raise Refused(_http_reply("400 Bad Request", "this is a proxy for HTTP/1.1 and SOCKS5"))
    tunnel = method == "CONNECT"
    try:
        url = urllib.parse.urlsplit(f"//{target}" if tunnel else target)
        host, port = url.hostname, url.port or (0 if tunnel else 80)
    except ValueError:
        host, port = None, 0
    if not host or not port or not tunnel and url.scheme not in ("http", "ws"):
        raise Refused(_http_reply("400 Bad Request", "ask for CONNECT host:port, or for a whole http:// URL"))
    if tunnel:
        return _TunnelWish(host, port)
    # One request for each connection: the next one may be for another host.  A WebSocket has the whole connection.
    ending = [] if any(line.lower().startswith("upgrade:") for line in headers) else ["connection:", "keep-alive:"]
    kept = [line for line in headers if not line.lower().startswith(("proxy-", *ending))]
    kept += ["Connection: close"] if ending else []
    path = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
    wish = _HttpWish(host, port)
    wish.first = "\r\n".join([f"{method} {path} {version}", *kept, "", ""]).encode("latin-1")
    return wish


def _reply(code, address=("0.0.0.0", 0)):
    host = ipaddress.ip_address(address[0])
    return bytes((VERSION, code, 0, IPV4 if host.version == 4 else IPV6)) + host.packed + address[1].to_bytes(2, "big")


def _http_reply(status, text):
    body = text.encode() + b"\n"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
