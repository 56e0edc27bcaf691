"""What the tests of this folder share: running a program on an interpreter against a simulated module, and its
peers.
"""

import json
import os
import socket
import socketserver
import sys
import threading
import time
from pathlib import Path

from atsock_host.simulator import Simulator
from running import DEADLINE_S, Running

ROOT = Path(__file__).resolve().parents[2]
BOARD = Path(__file__).resolve().parent / "board"
DIALECTS = ("bg96", "a7600", "sim7028", "nl668", "l610")
LINKS = {"bg96": 12, "a7600": 10, "sim7028": 2, "nl668": 6, "l610": 6}
ACCESS = ("buffer", "push", "hex")
INTERPRETERS = {
    "cpython": sys.executable,
    "micropython": str(Path(sys.executable).parent / "micropython"),
}


class Program(Running):
    """A program of the folder board/ at work."""

    def __init__(self, interpreter, name, module, dialect, access, *arguments):
        paths = [ROOT / "lib", ROOT / "boards" / "unix", ROOT / "host", BOARD]
        path = os.pathsep.join(map(str, paths))
        super().__init__(
            [INTERPRETERS[interpreter], str(BOARD / name), module.port, dialect, access, *map(str, arguments)],
            dict(os.environ, PYTHONPATH=path, MICROPYPATH=path + ":.frozen", PYTHONUNBUFFERED="1"),
        )

    def result(self):
        """What it gave to result()."""
        value = json.loads(self.line("result "))
        self.ended()
        return value


def run(interpreter, name, dialect, access, *arguments, hosts=None, **options):
    """The result of a program that needs nobody to talk to in between; the module's strict checker saw nothing
    wrong.
    """
    with Simulator(dialect, hosts=hosts, **options) as module:
        with Program(interpreter, name, module, dialect, access, *arguments) as program:
            value = program.result()
        assert module.violations() == []
    return value


class Server(socketserver.ThreadingTCPServer):
    """A TCP server of this machine on a free port, a thread per connection; a context manager."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, handle):
        """handle(socket) serves one connection; errors in it are kept in `errors`."""
        self._handle = handle
        self.errors = []
        super().__init__(("127.0.0.1", 0), None)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def finish_request(self, request, client_address):
        self._handle(request)

    def handle_error(self, request, client_address):
        self.errors.append(sys.exc_info()[1])

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)


def echo(connection):
    """Sends back what comes until the peer ends."""
    while data := connection.recv(4096):
        connection.sendall(data)


def exchange(port, data):
    """What a server on `port` sends back for `data`.  Tries again while nobody listens: a module may have one place."""
    give_up = time.monotonic() + DEADLINE_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
                connection.sendall(data)
                got = b""
                while len(got) < len(data):
                    piece = connection.recv(4096)
                    if not piece:
                        break
                    got += piece
                return got
        except ConnectionError:
            assert time.monotonic() < give_up, "nobody listens"
