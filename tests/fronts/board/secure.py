"""What the TLS programs of this folder share: contexts and wrapping in the words of either interpreter."""

import ssl
import sys

MICROPYTHON = sys.implementation.name == "micropython"
NAME = "server.example"  # in the certificate
OTHER = "other.example"  # has the same address, and is not in it


def client_context(ca):
    """Checks the server's certificate against the authority in the file `ca`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca)
    return context


def server_context(chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def wrap(sock, context, **options):
    if MICROPYTHON:
        return context.wrap_socket(sock, **options)
    from atsock_host import tls

    return tls.wrap_socket(sock, context, **options)


def reason(error):
    """A word for what was wrong with a certificate, a handshake or the end of a stream: the texts are the
    interpreters' own.
    """
    text = str(error).lower()
    for word, known in (
        ("authority", ("unable to get local issuer", "not correctly signed by the trusted ca")),
        ("name", ("hostname mismatch", "does not match with the expected cn")),
        ("cut", ("before tls did", "conn_eof", "-29312")),
    ):
        if any(part in text for part in known):
            return word
    return text
