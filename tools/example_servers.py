"""The servers that the programs of boards/examples talk to, all on this machine.

`NEEDS` says which example needs which; `Servers` runs those of one example and gives a virtual module the names under
which it finds them.  Knows no dialect.
"""

import base64
import hashlib
import http.server
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from pathlib import Path

import trustme

PAGE = b"It works: this page came through the module.\n"
FIRMWARE = hashlib.shake_256(b"firmware").digest(40_000)
CUT_AT = 15_000  # the first download of the firmware ends here
START_S = 20

# example: {name that it connects to: server}
NEEDS = {
    "asyncio_many": {"example.com": "web"},
    "coap": {"coap.me": "coap"},
    "first_light": {"example.com": "web"},
    "https_checked": {"example.com": "secure_web"},
    "mqtt_months": {"test.mosquitto.org": "broker"},
    "ota": {"updates.example.com": "web"},
    "requests_umqtt": {"example.com": "web", "test.mosquitto.org": "broker"},
    "sleep_wake": {"collector.example.com": "collector"},
    "tcp_server": {},
    "two_modems": {"example.com": "web"},
}


class _Web(http.server.BaseHTTPRequestHandler):
    """Any path: PAGE; /firmware.bin with Range, cut off the first time; /firmware.bin.sha256: its digest."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/firmware.bin":
            self._firmware()
        else:
            is_digest = self.path.endswith(".sha256")
            self._answer(200, hashlib.sha256(FIRMWARE).hexdigest().encode() + b"\n" if is_digest else PAGE)

    def _firmware(self):
        begin = int(self.headers.get("Range", "bytes=0-")[6:].partition("-")[0])
        if begin >= len(FIRMWARE):
            self._answer(416, b"")
            return
        end = CUT_AT if self.server.asked.count(self.path) == 1 else len(FIRMWARE)
        self._answer(206, FIRMWARE[begin:end], len(FIRMWARE) - begin)

    def _answer(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """`asked` has the paths."""


class _Coap(socketserver.BaseRequestHandler):
    """GET /hello (RFC 7252): the first datagram is lost, then 2.05 "world" with an option before it."""

    def handle(self):
        data, sock = self.request
        self.server.asked.append(data)
        if len(self.server.asked) > 1:
            options = b"\xc0" if data.endswith(b"\xb5hello") else b""  # 12: Content-Format, empty: text
            code = b"\x45" if options else b"\x84"
            payload = b"\xffworld" if options else b""
            sock.sendto(b"\x62" + code + data[2:6] + options + payload, self.client_address)


class _Collector(socketserver.StreamRequestHandler):
    """Keeps the lines that come."""

    def handle(self):
        self.server.asked.extend(line.decode().strip() for line in self.rfile)


class _Threaded(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Servers:
    """Those that `example` needs; a context manager.

    hosts: for Simulator(hosts=...).  asked: what the servers were asked so far.  authority: the certificate that the
    HTTPS server's can be checked with, in DER form.  broker_port: mosquitto's, None when there is none.
    """

    def __init__(self, example, folder):
        self.asked, self.hosts, self.broker_port = [], {}, None
        self._folder = Path(folder)
        self._authority = trustme.CA()
        self._ends = []  # functions that end what runs
        for name, server in NEEDS[example].items():
            self.hosts[name] = f"127.0.0.1:{getattr(self, '_' + server)()}"

    @property
    def authority(self):
        lines = self._authority.cert_pem.bytes().decode().splitlines()
        return base64.b64decode("".join(line for line in lines if "-----" not in line))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for end in self._ends:
            end()

    def _web(self):
        return self._serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Web))

    def _secure_web(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Web)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert("example.com").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        return self._serve(server)

    def _coap(self):
        return self._serve(socketserver.UDPServer(("127.0.0.1", 0), _Coap))

    def _collector(self):
        return self._serve(_Threaded(("127.0.0.1", 0), _Collector))

    def _serve(self, server):
        server.asked = self.asked
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self._ends += [server.shutdown, server.server_close]
        return server.server_address[1]

    def _broker(self):
        program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if program is None:
            raise FileNotFoundError("this example needs the MQTT broker mosquitto (apt-get install mosquitto)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.broker_port = probe.getsockname()[1]
        settings = self._folder / "mosquitto.conf"
        settings.write_text(f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\nlog_dest none\n")
        process = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
        self._ends += [process.terminate, process.wait]
        give_up = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.broker_port), 1).close()
                return self.broker_port
            except ConnectionRefusedError:
                if process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError("mosquitto does not start") from None
                time.sleep(0.02)
