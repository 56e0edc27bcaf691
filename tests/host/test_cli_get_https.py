"""atsock get and socks over virtual modules: https, and clients one after the other and at once."""

import http.server
import socket
import ssl
import subprocess
import sys
import threading

import pytest
import trustme

PAGE = bytes(range(256)) * 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *args):
        """Silent."""


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """(port, file of the authority) of an HTTPS server of server.example."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("server.example").configure_cert(context)
    file = tmp_path_factory.mktemp("get") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port, str(file)
    server.shutdown()
    server.server_close()


def atsock(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "atsock_host", *arguments], capture_output=True, stdin=subprocess.DEVNULL, timeout=60)


@pytest.mark.parametrize("dialect", ["bg96", "sim7028", "l610"])
def test_https(dialect, secure):
    port, authority = secure
    done = atsock("get", "--sim", dialect, "--host", "server.example=127.0.0.1", "--cafile", authority, "-o", "-",
                  f"https://server.example:{port}/")
    assert (done.returncode, done.stdout) == (0, PAGE), done.stderr


def test_a_certificate_that_nobody_vouches_for(secure):
    done = atsock("get", "--sim", "a7600", "--host", "server.example=127.0.0.1", "-o", "-",
                  f"https://server.example:{secure[0]}/")
    assert done.returncode == 1 and done.stdout == b""
    assert b"certificate" in done.stderr and done.stderr.count(b"\n") == 1


def fetch(proxy, port):
    """What curl does: one request of a server that keeps the connection, the body by its length, and away."""
    with socket.create_connection(("127.0.0.1", proxy), 30) as sock:
        sock.settimeout(30)
        sock.sendall(b"CONNECT server.example:%d HTTP/1.1\r\n\r\n" % port)
        assert sock.recv(1000) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        sock.sendall(b"GET / HTTP/1.1\r\nHost: server.example\r\n\r\n")
        data = b""
        while not data.endswith(PAGE):
            more = sock.recv(5000)
            assert more
            data += more


@pytest.mark.slow
def test_more_clients_than_the_module_has_connections():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    process = subprocess.Popen(
        [sys.executable, "-m", "atsock_host", "socks", "--sim", "sim7028", "--host", "server.example=127.0.0.1",
         "--listen", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        proxy = int(process.stdout.readline().split(":")[1].split(",")[0])
        for _ in range(6):
            fetch(proxy, server.server_port)
        failed = []

        def one():
            try:
                fetch(proxy, server.server_port)
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=one) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
    finally:
        process.terminate()
        said = process.communicate(timeout=20)[0]
        server.shutdown()
        server.server_close()
    assert said == ""
