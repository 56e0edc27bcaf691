"""TLS over the modem's sockets, both interpreters, against ssl of this machine: clients and servers,
certificates, ends.
"""

import asyncio
import base64
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import trustme
from freeport import free_port
from fronts import ACCESS, DEADLINE_S, DIALECTS, INTERPRETERS, LINKS, Program, Server

import atsock
from atsock.aio import streams
from atsock_host import SerialPort
from atsock_host.simulator import Simulator

pytestmark = pytest.mark.slow

SIZE = 65536
HEX_IS_PUSHED = (("nl668", "hex"), ("l610", "hex"))
HOSTS = {"server.example": "127.0.0.1", "other.example": "127.0.0.1"}
# MicroPython's ssl takes the end of the connection for the end of TLS.
CUT = {"cpython": "cut", "micropython": "end"}


class Papers:
    """An authority, a certificate of server.example by it, and an authority that has nothing to do with it."""

    def __init__(self, folder):
        authority = trustme.CA()
        certificate = authority.issue_cert("server.example")
        self.client = ssl.create_default_context()
        authority.configure_trust(self.client)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.server)
        self._folder = folder
        self._write("ca", authority.cert_pem)
        self._write("stranger", trustme.CA().cert_pem)
        self._write("chain", certificate.cert_chain_pems[0])
        self._write("key", certificate.private_key_pem)

    def _write(self, name, blob):
        # As PEM for CPython and as DER, which MicroPython's ports always know.
        text = blob.bytes().decode()
        (self._folder / (name + ".pem")).write_text(text)
        inside = "".join(line for line in text.splitlines() if "-----" not in line)
        (self._folder / (name + ".der")).write_bytes(base64.b64decode(inside))

    def files(self, interpreter):
        """The paths of the authority, the other one, the certificate and its key."""
        kind = "pem" if interpreter == "cpython" else "der"
        return [self._folder / f"{name}.{kind}" for name in ("ca", "stranger", "chain", "key")]


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def peer(papers):
    """A TLS server that does as the lines say which it gets: HOW SIZE."""

    def serve(connection):
        with papers.server.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as stream:
            file = stream.makefile("rwb", buffering=0)
            while line := file.readline():
                how, size = line.split()
                if how in (b"keep", b"echo"):
                    stream.sendall(_read(file, int(size)))
                    continue
                stream.sendall(bytes(int(size)))
                if how == b"end":
                    stream.unwrap()
                stream.shutdown(socket.SHUT_RDWR)
                return

    with Server(serve) as server:
        yield server


def _read(file, size):
    got = b""
    while len(got) < size:
        piece = file.read(size - len(got))
        assert piece, "the stream ends after %d of %d bytes" % (len(got), size)
        got += piece
    return got


def talk(papers, port, data):
    """What a TLS server of the module sends back; tries again while nobody listens."""
    give_up = time.monotonic() + DEADLINE_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
                with papers.client.wrap_socket(connection, server_hostname="server.example") as stream:
                    stream.sendall(data)
                    return _read(stream.makefile("rb"), len(data))
        except ConnectionError:
            assert time.monotonic() < give_up, "nobody listens"


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_blocking(interpreter, dialect, access, papers, peer):
    port = free_port()
    data = bytes(range(256)) * (SIZE // 256)
    with Simulator(dialect, hosts=HOSTS) as module:
        with Program(
            interpreter, "tls_blocking.py", module, dialect, access, peer.port, port, SIZE, *papers.files(interpreter)
        ) as program:
            program.line("listening")
            assert talk(papers, port, data) == data
            value = program.result()
        assert module.violations() == []
    assert value == [SIZE, "authority", "name", [5000, "end"], [5000, CUT[interpreter]], SIZE]


@pytest.fixture(scope="module")
def silent_port():
    """Connections are taken, and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_asyncio(interpreter, dialect, access, papers, peer, silent_port):
    size, together = _load(dialect, access)
    with Simulator(dialect, hosts=HOSTS) as module:
        ports = peer.port, silent_port, free_port()
        arguments = *ports, size, together, *papers.files(interpreter)
        with Program(interpreter, "tls_asyncio.py", module, dialect, access, *arguments) as program:
            program.line("listening")
            _babble(ports[-1])
            _talk_together(papers, ports[-1], size, together)
            value = program.result()
        assert [text for text in module.violations() if "SERVERSTOP" not in text] == []
    sizes = [size] * together
    assert value == [sizes, "authority", "name", [5000, "end"], [5000, CUT[interpreter]], True, sizes]


def _load(dialect, access):
    """(bytes each way, how many at once).

    Nothing holds a pushing module back: not more than MicroPython's ring takes.
    """
    pushed = access == "push" or (dialect, access) in HEX_IS_PUSHED
    return 6400 if pushed else 16384, min(LINKS[dialect] - 1, 3)


def _babble(port):
    """A client that speaks no TLS: the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        try:
            while connection.recv(4096):
                pass
        except ConnectionResetError:
            return


def _talk_together(papers, port, size, together):
    data = bytes(range(256)) * (size // 256)
    with ThreadPoolExecutor(together) as clients:
        assert list(clients.map(lambda _: talk(papers, port, data), range(together))) == [data] * together


@pytest.mark.parametrize("dialect", DIALECTS)
def test_micropythons_own_asyncio(dialect, papers, peer):
    size, together = _load(dialect, "buffer")
    with Simulator(dialect, hosts=HOSTS) as module:
        port = free_port()
        arguments = peer.port, port, size, together, *papers.files("micropython")
        with Program("micropython", "native_tls.py", module, dialect, "buffer", *arguments) as program:
            program.line("listening")
            _talk_together(papers, port, size, together)
            value = program.result()
        assert [text for text in module.violations() if "SERVERSTOP" not in text] == []
    sizes = [size] * together
    assert value == [sizes, "authority", sizes]


def test_asyncio_gives_up_a_handshake(monkeypatch, papers, silent_port):
    monkeypatch.setattr(streams, "_HANDSHAKE_MS", 100)

    async def use(modem):
        await modem.attach_async("internet")
        with pytest.raises(atsock.Timeout, match="TLS handshake: timed out"):
            await modem.open_connection("server.example", silent_port, ssl=papers.client)

    with Simulator("bg96", hosts=HOSTS) as module, SerialPort(module.port) as port:
        modem = atsock.Modem(port, "bg96")
        asyncio.run(use(modem))
        modem.close()
        assert [link.must_close for link in modem._engine.links.values()] == [False]
        assert module.violations() == []


def test_a_server_of_asyncio_wants_a_context():
    with pytest.raises(ValueError, match="an SSLContext with its certificate"):
        asyncio.run(streams.start_server(None, print, 443, ssl=True))
