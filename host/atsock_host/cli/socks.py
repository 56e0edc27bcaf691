"""atsock socks: a SOCKS5 proxy on this machine whose connections go through the module.

Owns the protocol (RFC 1928: no authentication, CONNECT) and the pumping of bytes.  The module's side is the
driver's asyncio interface.
"""

import asyncio
import contextlib
import errno
import ipaddress
import signal

import click

from .session import failing, modem_options, opened_modem, sentence

VERSION = 5
NO_AUTHENTICATION, NOTHING_ACCEPTABLE = 0x00, 0xFF
CONNECT = 1
IPV4, NAME, IPV6 = 1, 3, 4
OK, FAILED, NET_UNREACHABLE, HOST_UNREACHABLE, REFUSED, TIMED_OUT, NO_COMMAND, NO_ADDRESS_TYPE = 0, 1, 3, 4, 5, 6, 7, 8
_REPLIES = {
    errno.ENETDOWN: NET_UNREACHABLE, errno.ENETUNREACH: NET_UNREACHABLE, errno.EHOSTUNREACH: HOST_UNREACHABLE,
    errno.ECONNREFUSED: REFUSED, errno.ETIMEDOUT: TIMED_OUT,
}

BLOCK = 2048
HANDSHAKE_S = 30
LINGER_S = 10       # how long the far end may stay silent after the client has said all it had


class Refused(Exception):
    """The client asked for what this proxy cannot do; `args[0]` is the reply."""


@click.command("socks", short_help="A SOCKS5 proxy whose connections go through the module.")
@click.option("--listen", type=click.IntRange(0, 65535), default=1080, show_default=True, metavar="PORT",
              help="TCP port on 127.0.0.1; 0 takes a free one.")
@modem_options
def socks_command(choice, listen):
    """Run a SOCKS5 proxy on 127.0.0.1 until Ctrl-C; its connections go through the module.

    For example: curl --proxy socks5h://127.0.0.1:1080 http://example.com/ (socks5h lets the module resolve names).
    As many connections as the module has sockets.
    """
    with opened_modem(choice) as modem, failing("the proxy ends"):
        asyncio.run(serve(modem, listen, click.echo))


async def serve(modem, listen, say, until=None):
    """Serve on 127.0.0.1 until SIGINT or SIGTERM, or until the asyncio.Event `until` is set."""
    until = until or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, until.set)

    async def client(reader, writer):
        try:
            await _converse(modem, reader, writer, say)
        finally:
            writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", listen)
    say("SOCKS5 proxy on 127.0.0.1:%d, Ctrl-C ends it" % server.sockets[0].getsockname()[1])
    try:
        await until.wait()
    finally:
        server.close()      # asyncio.run() cancels the conversations; waiting for the clients would take for ever


async def _converse(modem, reader, writer, say):
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            host, port = await _handshake(reader, writer)
    except Refused as refusal:
        writer.write(_reply(refusal.args[0]))
        return
    except (asyncio.IncompleteReadError, TimeoutError, ConnectionError):
        return      # the client went away, or never was one
    try:
        far_reader, far_writer = await modem.open_connection(host, port)
    except (OSError, ValueError) as error:
        say(f"{host}:{port}: {sentence(error)}")
        writer.write(_reply(_REPLIES.get(getattr(error, "errno", None), FAILED)))
        return
    try:
        writer.write(_reply(OK))
        await _join(reader, writer, far_reader, far_writer)
    except OSError as error:
        say(f"{host}:{port}: {sentence(error)}")
    finally:
        far_writer.close()
        with contextlib.suppress(OSError):
            await far_writer.wait_closed()


async def _handshake(reader, writer):
    """(host, port) that the client wants; Refused with the reply when that cannot be."""
    version, count = await reader.readexactly(2)
    methods = await reader.readexactly(count)
    if version != VERSION:
        raise ConnectionError("not SOCKS5")
    if NO_AUTHENTICATION not in methods:
        writer.write(bytes((VERSION, NOTHING_ACCEPTABLE)))
        raise ConnectionError("the client insists on authentication")
    writer.write(bytes((VERSION, NO_AUTHENTICATION)))
    version, command, _, kind = await reader.readexactly(4)
    if kind == NAME:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii", "replace")
    elif kind in (IPV4, IPV6):
        host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == IPV4 else 16)))
    else:
        raise Refused(NO_ADDRESS_TYPE)
    port = int.from_bytes(await reader.readexactly(2), "big")
    if command != CONNECT:
        raise Refused(NO_COMMAND)
    return host, port


def _reply(code):
    """A reply with an address of zeros: the module does not tell the local end of its connections."""
    return bytes((VERSION, code, 0, IPV4)) + bytes(6)


async def _join(reader, writer, far_reader, far_writer):
    """Carry bytes both ways until the far end closes; the module cannot close one direction alone."""
    up = asyncio.create_task(_pump(reader, far_writer))
    down = asyncio.create_task(_pump(far_reader, writer))
    try:
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        if up.done() and not up.exception():
            await asyncio.wait({down}, timeout=LINGER_S)
        for task in (up, down):
            if task.done():
                task.result()
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)


async def _pump(reader, writer):
    while data := await reader.read(BLOCK):
        writer.write(data)
        await writer.drain()
