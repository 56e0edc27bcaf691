"""The real servers that the clients of this folder talk to: HTTP and HTTPS, a WebSocket echo, mosquitto."""

import base64
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import trustme
from freeport import free_port
from fronts import DEADLINE_S
from websockets.sync.server import serve

BOARD = Path(__file__).resolve().parent / "board"
IMAGES = 10
PAGE = f"""<!DOCTYPE html><title>page</title><body onload="document.body.append('loaded: ' +
[...document.images].filter(image => image.naturalWidth == 7).length)">
{''.join(f'<img src="/image?{n}">' for n in range(IMAGES))}"""
IMAGE = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"></svg>'
BIG = bytes(i * 7 & 255 for i in range(65536))


class _Handler(http.server.BaseHTTPRequestHandler):
    """GET /hello, /page (PAGE, with its images), /big (BIG), /chunked (its first 5000 bytes in chunks), /moved (to
    /hello); POST gives back what it got.
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece

    def do_GET(self):
        if self.path == "/moved":
            self._answer(302, b"", Location="/hello")
        elif self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, 5000, 1000):
                self.wfile.write(b"3e8\r\n" + BIG[at : at + 1000] + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        elif self.path == "/page":
            self._answer(200, PAGE.encode(), Content_Type="text/html")
        elif self.path.startswith("/image"):
            self._answer(200, IMAGE.encode(), Content_Type="image/svg+xml")
        else:
            self._answer(200, BIG if self.path == "/big" else b"hello")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201, body, X_Type=self.headers.get("Content-Type", ""))

    def _answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Nobody reads it."""


class Web:
    """An HTTP and an HTTPS server of server.example, each on a free port; a context manager."""

    def __init__(self, folder):
        authority = trustme.CA()
        certificate = authority.issue_cert("server.example")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        # PEM for CPython, DER for MicroPython, of which all ports know only that.
        text = authority.cert_pem.bytes().decode()
        self.authority = {"cpython": folder / "ca.pem", "micropython": folder / "ca.der"}
        self.authority["cpython"].write_text(text)
        lines = [line for line in text.splitlines() if "-----" not in line]
        self.authority["micropython"].write_bytes(base64.b64decode("".join(lines)))
        self._servers = [self._serve(False), self._serve(True)]
        self.port, self.tls_port = (server.server_address[1] for server in self._servers)

    def _serve(self, tls):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        if tls:
            server.socket = self.context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for server in self._servers:
            server.shutdown()
            server.server_close()


class WebSocketEcho:
    """Sends back every message, on a free port; a context manager."""

    def __init__(self):
        self._server = serve(self._echo, "127.0.0.1", 0, max_size=None)
        self.port = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _echo(self, connection):
        for message in connection:
            connection.send(message)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._server.shutdown()


class Broker:
    """mosquitto on a free port of this machine, without persistence; a context manager."""

    def __init__(self, folder):
        path = shutil.which(
            "mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:" + os.environ.get("PATH", "")
        )
        assert path, (
            "the MQTT tests need the broker mosquitto (Debian, Ubuntu: apt-get install mosquitto), which is not here"
        )
        self.port = free_port()
        settings = folder / "mosquitto.conf"
        settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\n"
        )
        self._log = open(folder / "mosquitto.log", "w+")
        self._process = subprocess.Popen([path, "-c", str(settings)], stdout=self._log, stderr=self._log)
        self._await()

    def _await(self):
        give_up = time.monotonic() + DEADLINE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except ConnectionRefusedError:
                assert self._process.poll() is None and time.monotonic() < give_up, self.log()

    def log(self):
        self._log.seek(0)
        return self._log.read()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.terminate()
        self._process.wait(DEADLINE_S)
        self._log.close()
