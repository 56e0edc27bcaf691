"""TLS on CPython over the modem's sockets, which the ssl module itself does not take.

    from atsock_host import tls

    sock = modem.socket()
    sock.connect(("example.com", 443))
    sock = tls.wrap_socket(sock, server_hostname="example.com")

For libraries that want an SSLContext and call its wrap_socket(): tls.create_default_context() and tls.SSLContext.  The
socket itself is tlssocket.py; asyncio needs nothing of this (Modem.open_connection takes any ssl.SSLContext).
"""

import ssl
from _socket import socket as SystemSocket     # the name socket.socket may be that of the modem's by now

from .tlssocket import TlsSocket, is_connected

__all__ = ["SSLContext", "TlsSocket", "create_default_context", "wrap_socket"]


class SSLContext(ssl.SSLContext):
    """ssl.SSLContext whose wrap_socket() takes the modem's sockets, too."""

    def wrap_socket(self, sock, server_side=False, do_handshake_on_connect=True, suppress_ragged_eofs=None,
                    server_hostname=None, session=None):
        """TLS over a socket: a TlsSocket, or an ssl.SSLSocket over a socket of the operating system.

        suppress_ragged_eofs: for the modem's sockets False when it is not given, see TlsSocket.
        """
        if isinstance(sock, SystemSocket):
            ragged = True if suppress_ragged_eofs is None else suppress_ragged_eofs
            return super().wrap_socket(sock, server_side, do_handshake_on_connect, ragged, server_hostname, session)
        return wrap_socket(sock, self, server_side=server_side, server_hostname=server_hostname,
                           do_handshake_on_connect=do_handshake_on_connect,
                           suppress_ragged_eofs=bool(suppress_ragged_eofs))


def create_default_context(purpose=ssl.Purpose.SERVER_AUTH, *, cafile=None, capath=None, cadata=None):
    """As ssl.create_default_context(): checks the certificate of a server and its name, against the system's
    authorities unless others are given."""
    client = purpose == ssl.Purpose.SERVER_AUTH
    context = SSLContext(ssl.PROTOCOL_TLS_CLIENT if client else ssl.PROTOCOL_TLS_SERVER)
    if cafile or capath or cadata:
        context.load_verify_locations(cafile, capath, cadata)
    elif client:
        context.load_default_certs(purpose)
    return context


def wrap_socket(sock, context=None, *, server_side=False, server_hostname=None, do_handshake_on_connect=True,
                suppress_ragged_eofs=False):
    """A TlsSocket over a socket of the modem; closing it closes that.

    A socket that is not connected yet gets its handshake from connect() of the TlsSocket.

    context: an ssl.SSLContext, None for ssl.create_default_context(), which checks the certificate of a server and its
    name, `server_hostname`.  A server needs a context with its certificate.
    Raises ssl.SSLError (an OSError; ssl.SSLCertVerificationError for a certificate), what the socket raises, ValueError
    for arguments that do not go together.
    """
    if context is None:
        if server_side:
            raise ValueError("a TLS server needs an SSLContext with its certificate")
        context = ssl.create_default_context()
    if server_side and server_hostname is not None:
        raise ValueError("server_hostname: the name of a client's peer, a server has none")
    tls = TlsSocket(sock, context, server_side, server_hostname, suppress_ragged_eofs)
    if do_handshake_on_connect and not is_connected(sock):
        tls.handshake_on_connect = True
    elif do_handshake_on_connect:
        tls.do_handshake()
    return tls
