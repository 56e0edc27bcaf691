"""The modules' own TLS and IPv6 in every access mode, with real servers on loopback, on both interpreters.

NL668 1.1.2: protocol 2; L610 1.1.2: 2, and 60, 61, 62 over IPv6; SIM7028 2.1.18: CSOCKSETPN=1,6.
"""

import json
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from atsock_host.simulator import Simulator

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CERTIFICATE = ROOT / "tests" / "simulator" / "tls_server.pem"
INTERPRETERS = {
    "cpython": [sys.executable],
    "micropython": [str(Path(sys.executable).parent / "micropython")],
}
LOOPBACK = {4: ("127.0.0.1", socket.AF_INET), 6: ("::1", socket.AF_INET6)}
ACCESS = ["buffer", "push", "hex"]
DEADLINE_S = 100


class Echo(socketserver.BaseRequestHandler):
    """Sends back what comes, and closes after a lone b"quit"."""

    def handle(self):
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        with self.request:
            while (data := self.request.recv(4096)) not in (b"", b"quit"):
                self.request.sendall(data)


class EchoDatagrams(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data, self.client_address)


class Servers:
    """Echo servers of one family; .ports: {"tcp": port, "tls": port, "udp": port, "udp2": port}.  A context manager."""

    def __init__(self, family):
        address, af = LOOPBACK[family]
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(CERTIFICATE)
        self.running = {}
        for kind, base, handler in (
            ("tcp", socketserver.ThreadingTCPServer, Echo), ("tls", socketserver.ThreadingTCPServer, Echo),
            ("udp", socketserver.ThreadingUDPServer, EchoDatagrams), ("udp2", socketserver.ThreadingUDPServer,
            EchoDatagrams),
        ):  # fmt: skip
            server = type(kind, (base,), {"address_family": af, "daemon_threads": True})((address, 0), handler)
            server.tls = tls if kind == "tls" else None
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            self.running[kind] = server
        self.ports = {kind: server.server_address[1] for kind, server in self.running.items()}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for server in self.running.values():
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module", params=[4, 6])
def servers(request):
    with Servers(request.param) as servers:
        servers.family = request.param
        yield servers


def wrong(interpreter, dialect, servers, kinds):
    """What ways.py complains about, and what the strict checker of the module saw."""
    path = os.pathsep.join([str(ROOT / "lib"), str(ROOT / "boards" / "unix"), str(ROOT / "host"), str(HERE)])
    environment = dict(os.environ, PYTHONPATH=path, MICROPYPATH=path)
    ports = {kind: servers.ports[kind] for kind in kinds}
    with Simulator(dialect, hosts={"peer.example": LOOPBACK[servers.family][0]}) as module:
        command = INTERPRETERS[interpreter] + [
            str(HERE / "ways.py"),
            module.port,
            dialect,
            str(servers.family),
            "peer.example",
        ]
        done = subprocess.run(
            command + [json.dumps(ports)] + ACCESS, env=environment, capture_output=True, text=True, timeout=DEADLINE_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.split("result ")[1]), module.violations()


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("dialect", ["nl668", "l610"])
@pytest.mark.parametrize("servers", [4], indirect=True)
def test_tls(servers, dialect, interpreter):
    assert wrong(interpreter, dialect, servers, ["tls"]) == ([], [])


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("dialect", ["sim7028", "l610"])
@pytest.mark.parametrize("servers", [6], indirect=True)
def test_ipv6(servers, dialect, interpreter):
    assert wrong(interpreter, dialect, servers, ["tcp", "udp", "udp2"] + ["tls"] * (dialect == "l610")) == ([], [])
