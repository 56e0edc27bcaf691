"""Takes the tour (board/tour.py) against a virtual module and a peer of this machine; each one once in a test run."""

import functools
import json
import os
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

from atsock_host import Simulator

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).resolve().parent / "board" / "tour.py"
DIALECTS = ("bg96", "a7600", "sim7028", "nl668", "l610")
ACCESS = ("buffer", "push", "hex", "transparent")
INTERPRETERS = {"cpython": sys.executable, "micropython": str(Path(sys.executable).with_name("micropython"))}
_LIMIT_S = 120


class _Tcp(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            if data == b"Q":
                return
            self.request.sendall(data)


class _Udp(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data, self.client_address)


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


@functools.cache
def tour(interpreter, dialect, access):
    """[{"name": ..., ...} of each call], as board/tour.py says."""
    with _TcpServer(("127.0.0.1", 0), _Tcp) as tcp, \
            socketserver.ThreadingUDPServer(tcp.server_address, _Udp) as udp, \
            Simulator(dialect, hosts={"peer.example": "127.0.0.1"}) as module:
        for server in (tcp, udp):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            path = os.pathsep.join(map(str, (ROOT / "lib", ROOT / "boards" / "unix", ROOT / "host")))
            done = subprocess.run(
                [INTERPRETERS[interpreter], PROGRAM, module.port, dialect, access, str(tcp.server_address[1])],
                env={**os.environ, "PYTHONPATH": path, "MICROPYPATH": path + ":.frozen"}, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=_LIMIT_S)
        finally:
            for server in (tcp, udp):
                server.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("result "))[len("result "):])
