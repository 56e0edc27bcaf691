"""Bridge: libraries that want the system's sockets over a modem, here a stand-in for it and a virtual one."""

import asyncio
import http.client
import http.server
import socket
import ssl
import threading
import urllib.request

import pytest
import requests
import trustme
from atsock_host import Bridge, SerialPort, Simulator

import atsock

NAME = "server.example"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *args):
        """Silent."""


def serving(context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """(port, port of HTTPS, file of the authority) of the servers behind NAME."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(context)
    file = tmp_path_factory.mktemp("bridge") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    servers = [serving(), serving(context)]
    yield servers[0].server_port, servers[1].server_port, str(file)
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def modem():
    with Simulator("a7600", hosts={NAME: "127.0.0.1"}) as module, SerialPort(module.port) as port:
        with atsock.Modem(port, "a7600") as modem:
            modem.attach(apn="internet")
            yield modem


def test_requests_as_it_is(modem, web):
    port, tls_port, authority = web
    with Bridge(modem), requests.Session() as session:
        session.trust_env = False
        for turn in "ab":
            assert session.get(f"http://{NAME}:{port}/{turn}", timeout=20).text == f"/{turn}"
            assert session.get(f"https://{NAME}:{tls_port}/{turn}", timeout=20, verify=authority).text == f"/{turn}"
        with pytest.raises(requests.ConnectionError):
            session.get(f"http://{NAME}:1/", timeout=20)


def test_urllib_and_http_client(modem, web):
    with Bridge(modem):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        assert opener.open(f"http://{NAME}:{web[0]}/x", timeout=20).read() == b"/x"
        connection = http.client.HTTPConnection(NAME, web[0], timeout=20)
        for path in ("/1", "/2"):
            connection.request("GET", path)
            assert connection.getresponse().read() == path.encode()
        connection.close()


def test_asyncio_with_several_connections(modem, web):
    async def get(path):
        reader, writer = await asyncio.open_connection(NAME, web[0])
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        text = await reader.read()
        writer.close()
        return text.rpartition(b"\r\n")[2].decode()

    async def main():
        return await asyncio.gather(*[get(f"/{n}") for n in range(4)])

    with Bridge(modem):
        assert asyncio.run(main()) == ["/0", "/1", "/2", "/3"]


def test_the_modem_is_the_programs_again_afterwards(modem, web):
    connect = socket.socket.connect
    with Bridge(modem):
        assert socket.socket.connect is not connect
    assert socket.socket.connect is connect
    sock = modem.socket()
    sock.connect((NAME, web[0]))
    sock.sendall(b"GET /blocking HTTP/1.0\r\n\r\n")
    assert sock.read().endswith(b"/blocking")
    sock.close()


class Keeper:
    """Of a module that is attached and stays so."""

    def __init__(self, on_up):
        self.on_up = on_up

    async def run(self):
        self.on_up("10.0.0.1")
        await asyncio.Event().wait()

    async def ask(self):
        return True


class StandIn:
    """A modem that connects with the system's sockets."""

    def __init__(self, port):
        self.port, self.asked, self.failure = port, [], None

    def isconnected(self):
        return True

    def keep(self, on_up, on_down):
        return Keeper(on_up)

    async def open_connection(self, host, port):
        self.asked.append((host, port))
        if self.failure:
            raise self.failure
        return await asyncio.open_connection("127.0.0.1", self.port)


@pytest.fixture
def echo():
    """The port of a server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                while data := client.recv(100):
                    client.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


@pytest.mark.parametrize(
    "failure", [ConnectionRefusedError(111, "refused"), TimeoutError(110, "late"), OSError(113, "no route"),
                ValueError("a quote")])
def test_what_a_failed_connect_raises(echo, failure):
    modem = StandIn(echo)
    modem.failure = failure
    with Bridge(modem), socket.socket() as sock:
        sock.settimeout(10)
        with pytest.raises(type(failure)) as caught:
            sock.connect(("192.0.2.1", 7))
    assert caught.value.args == failure.args and modem.asked == [("192.0.2.1", 7)]


def test_connect_ex(echo):
    modem = StandIn(echo)
    with Bridge(modem):
        with socket.socket() as sock:
            assert sock.connect_ex(("192.0.2.1", 7)) == 0
            sock.sendall(b"hello")
            assert sock.recv(5) == b"hello"
        modem.failure = ConnectionRefusedError(111, "refused")
        with socket.socket() as sock:
            assert sock.connect_ex(("192.0.2.1", 7)) == 111


def test_a_timeout(echo):
    modem = StandIn(echo)
    gone = threading.Event()

    async def open_connection(host, port):
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()

    modem.open_connection = open_connection
    with Bridge(modem) as bridge, pytest.raises(TimeoutError):
        bridge.create_connection(("192.0.2.1", 7), 0.05)
    assert gone.is_set()


def test_names_and_addresses(echo):
    modem = StandIn(echo)
    with Bridge(modem):
        (_, _, _, _, address), *_ = socket.getaddrinfo("far.example", 7, type=socket.SOCK_STREAM)
        assert address[0].startswith("198.18.") and socket.gethostbyname("far.example") == address[0]
        assert socket.getaddrinfo(b"other.example", "8", type=socket.SOCK_STREAM)[0][4] == ("198.18.0.2", 8)
        assert socket.getaddrinfo("192.0.2.1", 7, type=socket.SOCK_STREAM)[0][4] == ("192.0.2.1", 7)
        assert socket.getaddrinfo("localhost", 7, socket.AF_INET, socket.SOCK_STREAM)[0][4] == ("127.0.0.1", 7)
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("far.example", 7, socket.AF_INET6)
        for target in (("far.example", 7), ("192.0.2.1", 7)):
            socket.create_connection(target, 10).close()
        with socket.socket(socket.AF_INET6) as sock:
            sock.connect(("2001:db8::1", 9))
        socket.create_connection(("127.0.0.1", echo), 10).close()       # not through the modem
    assert modem.asked == [("far.example", 7), ("192.0.2.1", 7), ("2001:db8::1", 9)]


def test_nobody_else_gets_in(echo):
    """A program of this computer that finds the bridge's port gets nothing from it."""
    modem = StandIn(echo)
    with Bridge(modem, patch=False) as bridge:
        with socket.create_connection(bridge._address) as stranger:
            stranger.sendall(b"hello")
            stranger.settimeout(0.05)
            with pytest.raises(TimeoutError):
                stranger.recv(1)
    assert modem.asked == []


def test_what_is_cut_is_no_proper_end(echo):
    """The far end is lost in the middle (the module restarts): the library must not take what came for everything."""

    class Writer:
        def write(self, data):
            pass

        async def drain(self):
            pass

        def close(self):
            pass

        async def wait_closed(self):
            pass

    class Reader:
        turns = [b"half of it"]

        async def read(self, n):
            if self.turns:
                return self.turns.pop()
            await asyncio.sleep(0.05)
            raise ConnectionResetError(104, "the module restarted")

    modem = StandIn(echo)

    async def open_connection(host, port):
        return Reader(), Writer()

    modem.open_connection = open_connection
    with Bridge(modem) as bridge:
        sock = bridge.create_connection(("192.0.2.1", 7), 10)
        assert sock.recv(100) == b"half of it"
        with pytest.raises(ConnectionResetError):
            sock.recv(100)
        sock.close()


def test_after_its_end(echo):
    bridge = Bridge(StandIn(echo), patch=False)
    with bridge:
        pass
    with pytest.raises(OSError, match="ended"):
        bridge.create_connection(("192.0.2.1", 7), 1)
