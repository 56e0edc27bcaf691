"""makefile() of the modem's sockets on CPython: real files, and http.client without any glue."""

import contextlib
import http.client
import http.server
import io
import socket
import threading

import pytest
from atsock_host import SerialPort, Simulator

import atsock

PAGE = bytes(range(256)) * 30


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections = 0

    def setup(self):
        super().setup()
        Handler.connections += 1

    def do_GET(self):
        body = PAGE if self.path == "/page" else self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Silent."""


@pytest.fixture(scope="module")
def port():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def attached(dialect):
    with Simulator(dialect) as module, SerialPort(module.port) as port, atsock.Modem(port, dialect) as modem:
        modem.attach(apn="internet")
        yield modem


@pytest.fixture(scope="module")
def modem():
    with attached("a7600") as modem:
        yield modem


def connected(modem, port):
    sock = modem.socket()
    sock.settimeout(10)
    sock.connect(("127.0.0.1", port))
    return sock


def test_http_client_keeps_one_connection(modem, port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    Handler.connections = 0
    connection.sock = connected(modem, port)
    for path in ("/one", "/page", "/three"):
        connection.request("GET", path)
        assert connection.getresponse().read() == (PAGE if path == "/page" else path.encode())
    assert Handler.connections == 1
    connection.close()


def test_an_answer_outlives_the_connection_object(modem, port):
    """http.client closes the socket of an answer that ends with the connection, and reads on from its file."""
    sock = connected(modem, port)
    file = sock.makefile("rb")
    sock.sendall(b"GET /page HTTP/1.0\r\n\r\n")
    sock.close()
    sock.close()
    assert file.read().endswith(PAGE)
    file.close()
    with pytest.raises(OSError) as error:
        sock.recv(1)
    assert error.value.errno == 9


def test_closing_a_file_leaves_the_connection(modem, port):
    sock = connected(modem, port)
    for path in ("/a", "/b"):
        with sock.makefile("rwb") as file:
            file.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            file.flush()
            while file.readline() != b"\r\n":
                pass
            assert file.read(2) == path.encode()
    sock.close()


def test_kinds_of_files(modem, port):
    sock = connected(modem, port)
    assert isinstance(sock.makefile("rb"), io.BufferedReader)
    assert isinstance(sock.makefile("wb"), io.BufferedWriter)
    assert isinstance(sock.makefile("rwb", 0), io.RawIOBase)
    text = sock.makefile("w", encoding="ascii", newline="\r\n")
    text.write("GET /text HTTP/1.0\n\n")
    text.flush()
    assert sock.makefile("r", encoding="ascii").read().endswith("\n/text")
    for mode, buffering in (("x", None), ("", None), ("r", 0)):
        with pytest.raises(ValueError):
            sock.makefile(mode, buffering)
    raw = sock.makefile("rb", 0)
    raw.close()
    with pytest.raises(ValueError):
        raw.read(1)
    sock.close()


def test_the_modem_closes_what_files_hold_open(port):
    with attached("sim7028") as modem:
        file = connected(modem, port).makefile("rb")
        modem.close()
        with pytest.raises(OSError):
            file.read(1)


def test_a_timeout_and_a_socket_that_does_not_wait(modem, port):
    sock = connected(modem, port)
    file = sock.makefile("rb")
    sock.settimeout(0.01)
    with pytest.raises(TimeoutError):
        file.read(1)
    file.close()
    sock.setblocking(False)
    file = sock.makefile("rb")
    assert file.read(1) in (None, b"")
    file.close()
    sock.close()


@pytest.mark.parametrize("how", [{}, {"buffering": 0}, {"encoding": "ascii", "mode": "r"}, {"mode": "rwb"}])
def test_a_line_that_times_out_is_not_cut_in_silence(modem, how):
    """What had come of the line is gone with the file's buffer, so the file reads no more, as socket.makefile()'s."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sock = connected(modem, server.getsockname()[1])
        client, _ = server.accept()
        file = sock.makefile(**{"mode": "rb"} | how)
        client.sendall(b"half of a li")
        sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            file.readline()
        client.sendall(b"ne\n")
        sock.settimeout(5)
        with pytest.raises(OSError, match="timed out"):
            file.readline()
        client.close()
        sock.close()
