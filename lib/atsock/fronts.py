"""What a Modem makes beside sockets: a socket module, asyncio's connections and servers; and close(), which ends them all.  Loaded for the call."""

from .address import SOCK_STREAM

_LINGER_MS = 30_000  # for what close() leaves to the background


def kind(access, type):
    """The class of sockets other than TCP's.  It stays."""
    if access != "transparent":
        from .datagrams import DatagramSocket

        return DatagramSocket
    from . import transparent

    return transparent.TransparentSocket if type == SOCK_STREAM else transparent.TransparentDatagrams


def close(modem):
    """Close all sockets; the context stays active.  Raises the first error of a close after closing the others."""
    error = None
    engine = modem._engine
    sockets = [server.socket for server in engine.servers.values()]
    sockets += [link.socket for link in engine.links.values() if link.socket is not None]
    for opened in sockets:
        try:
            opened.close()
        except OSError as e:
            error = error or e
    modem._close_orphans()
    if not _is_idle(modem):
        modem._run(_rest(modem), _LINGER_MS, "close")
    if error:
        raise error


def _is_idle(modem):
    return modem._jobs is None and modem._first is None


def _rest(modem):
    yield lambda: _is_idle(modem)


def socket_module(modem):
    """An object to be used as the socket module: sys.modules["socket"] = modem.socket_module()."""
    from .socketmodule import SocketModule

    return SocketModule(modem)


def open_connection(modem, host, port, ssl=None, server_hostname=None):
    """Connect, for asyncio: await it for (reader, writer), with the methods of asyncio's StreamReader and StreamWriter.

    ssl: an SSLContext for TLS, or True: CPython checks the certificate, MicroPython does not; server_hostname: the name
    in the certificate, if it is not host.  Raises as connect(), ssl's errors (MicroPython: in the first read or drain()).
    """
    from .aio import open_connection

    return open_connection(modem, host, port, ssl, server_hostname)


def start_server(modem, callback, port, backlog=5, ssl=None):
    """Listen on port, for asyncio: await it for a server with close() and wait_closed().

    callback(reader, writer), a function or a coroutine function, is called for each connection; ssl: an SSLContext.
    Raises as listen().
    """
    from .aio import start_server

    return start_server(modem, callback, port, backlog, ssl)
